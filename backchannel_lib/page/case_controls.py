"""The controls of a case: which ones exist (data/controls.csv), when each one is shown, and their HTML."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple

from backchannel_lib.base.readers import WrongRowError, loader, one_of, optional_text
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.possible import MAY_BE_UNKNOWN, UNKNOWN
from backchannel_lib.model.rules import rows_that_hold
from backchannel_lib.model.tables import STAGES, field_name, load_exams
from backchannel_lib.page import inputs
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.page.scores_html import score_orientation

ON_SHEET = ("always", "if_set", "never")
CONTROLS = ("slider", "checkbox", "radio", "select", "checks")


class ControlRow(NamedTuple):
    """The controls of the panel in order.

    Examples:
        >>> load_controls()[0].control
        'slider'
    """

    field: Annotated[str, field_name]
    group: Annotated[str, one_of(STAGES), "the stage that it is shown with"]
    control: Annotated[str, one_of(CONTROLS)]
    heading: Annotated[str, optional_text, "the id of the text above it"]
    shown_when: Annotated[
        str, "always, or an expression as in the conditions; a control whose value is not its default is always shown"
    ]
    on_sheet: Annotated[
        str, one_of(ON_SHEET), "whether the sheet lists the entry: always, if no is an answer too; if_set; or never"
    ]


def _check_controls(rows: tuple[ControlRow, ...]) -> None:
    for index, row in enumerate(rows):
        if row.on_sheet == "always" and row.control not in {"checkbox", "select"}:
            raise WrongRowError(
                index, "on_sheet", row.on_sheet, "if_set or never, unless the control is a checkbox or a select"
            )


load_controls = loader(ControlRow, "controls.csv", check=_check_controls)


def shown_fields(case: Case) -> list[str]:
    """Return the fields with visible controls: those that matter for the case, and those that differ from their defaults.

    Source:
        data/controls.csv.

    Examples:
        >>> "sponsors_visas" in shown_fields(Case()), "sponsors_visas" in shown_fields(Case(needs_visa=True))
        (False, True)
    """
    relevant = {row.field for row in _row_finder()(SimpleNamespace(**case.__dict__, always=True))}
    fields = Case.fields()
    return [
        row.field
        for row in load_controls()
        if row.field in relevant
        or (getattr(case, row.field) != fields[row.field].default and row.field != "move" and row.control != "slider")
    ]


@functools.cache
def _row_finder() -> Callable[[Any], list[ControlRow]]:
    return rows_that_hold(load_controls(), "controls.csv", column="shown_when", flags=("always",))


def is_example(case: Case, unknown: Collection[str] = ()) -> bool:
    """Return whether a case is the one a panel starts with, because nobody has entered anything yet.

    Args:
        case: The case.
        unknown: Its unknown fields; a panel starts with none or all of them.

    Examples:
        >>> is_example(Case()), is_example(Case(score=228)), is_example(Case(), ["needs"])
        (True, False, False)
    """
    return case == Case() and set(unknown) in (set(), set(MAY_BE_UNKNOWN))


def slider_ends(case: Case, field: str) -> tuple[int, int]:
    """Return the ends of a field's slider; the box next to it accepts any allowed number.

    Args:
        case: The case, whose exam sets the ends for scores.
        field: The field's name.

    Source:
        data/exams.csv; the ends are our choice.

    Examples:
        >>> slider_ends(Case(), "score"), slider_ends(Case(), "failed_attempts")
        ((190, 300), (0, 5))
    """
    if field in {"score", "range_low", "range_floor"}:
        exam = exam_of(case) or load_exams()[0]
        return exam.low, exam.high
    known = Case.fields()[field]
    return known.low or 0, 5 if known.high is None else known.high


def field_options(field: str) -> list[tuple[Any, str]]:
    """Return the values that a field offers, with their labels.

    Examples:
        >>> field_options("track_record")[:2]
        [(None, 'not known'), (0, '0 of 3')]
    """
    if field == "track_record":
        return [(None, text("panel.not_known")), *((count, text("panel.of_three", count=count)) for count in range(4))]
    group = {"needs": "level.need", "offers": "offer"}.get(field, f"level.{field}")
    return [(level, text(f"{group}.{level}")) for level in Case.fields()[field].levels]


def case_control(row: ControlRow, case: Case, *, shown: bool, unknown: Collection[str] | None = None) -> Markup:
    """Return the control of one field of a case.

    Args:
        row: Its row in data/controls.csv.
        case: The case.
        shown: Whether the control is visible.
        unknown: The unknown fields; None if every field must be known, so that no control offers "not known".

    Examples:
        >>> "Your score" in case_control(load_controls()[0], Case(), shown=True)
        True
    """
    field, value = row.field, getattr(case, row.field)
    label = text(f"field.{field}.label")
    more: dict[str, Any] = {"help_text": all_words().get(f"field.{field}.help", ""), "hidden": not shown}
    is_unknown = field in unknown if unknown is not None and field in MAY_BE_UNKNOWN else None  # None if it must be known
    not_known = [] if is_unknown is None else [(UNKNOWN, text("panel.unknown"))]
    match row.control:
        case "slider":
            return inputs.slider(field, label, slider_ends(case, field), value, unknown=is_unknown, **more)
        case "checkbox" if is_unknown is not None:
            answers = [("true", text("panel.yes")), ("false", text("panel.no")), *not_known]
            return inputs.radios(field, label, answers, UNKNOWN if is_unknown else str(value).lower(), row=True, **more)
        case "checkbox":
            return inputs.checkbox(field, label, value, **more)
        case "select":
            options = field_options(field)
            if is_unknown is not None:
                options = [*not_known, *((level, text("panel.none_yet") if level is None else name) for level, name in options)]
            return inputs.select(field, label, options, UNKNOWN if is_unknown else value, **more)
        case "checks":
            chosen = {UNKNOWN} if is_unknown else value
            return inputs.checks(field, label, [*field_options(field), *not_known], chosen, **more)
    # The student's own email appears and disappears with the recommender "self".
    options = [(level, name) for level, name in field_options(field) if level != "direct_email"]
    return inputs.radios(field, label, options, value, **more)


def control_group(stage: str, case: Case, fields: Iterable[str] = (), unknown: Collection[str] | None = None) -> Markup | None:
    """Return the controls of one stage, or None if the stage has none of the given fields.

    Args:
        stage: The stage's name.
        case: The case.
        fields: The fields to show; all fields of the stage if empty.
        unknown: As in `case_control`.

    Examples:
        >>> control_group("timing", Case(), ["score"]) is None
        True
    """
    shown, wanted = set(shown_fields(case)), set(fields or Case.fields())
    controls: list[Markup] = []
    for row in load_controls():
        if row.group != stage or row.field not in wanted:
            continue
        if row.heading:
            controls.append(tag("p", text(row.heading), class_="bw-subhead"))
        controls.append(case_control(row, case, shown=row.field in shown, unknown=unknown))
        if row.field == "range_floor":
            controls.append(tag("div", score_orientation(case), data_fragment="orientation", class_="bw-orientation"))
    return tag("fieldset", tag("legend", text(f"panel.group.{stage}")), controls, class_="bw-group") if controls else None
