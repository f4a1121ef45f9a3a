"""The page of a case with its controls, verdict, rule, changes, readings and charts."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.possible import MAY_BE_UNKNOWN
from backchannel_lib.model.tables import load_exams
from backchannel_lib.page import charts
from backchannel_lib.page.activity_page import on_paper, strip
from backchannel_lib.page.case_controls import ControlRow, control_group, field_options, load_controls
from backchannel_lib.page.case_fragments import deferred_fragments, fast_fragments
from backchannel_lib.page.chart_html import case_chart
from backchannel_lib.page.components import asked_on_paper, chosen_on_paper, to_check
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, go_button, reset_button, undo_button
from backchannel_lib.page.pictures import sheet_of_paper
from backchannel_lib.page.verdict_html import stages_on_screen


def case_page(
    case: Case,
    reading: str | None = None,
    unknown: Collection[str] = (),
    sheet: Markup | None = None,
    *,
    begun: bool = True,
) -> str:
    """Return the complete page as HTML, including the content of its fragments.

    A ``§`` in an id stands for a prefix that makes the id unique; the code that displays the page fills it in.

    Args:
        case: The case to start with.
        reading: Name of a reading, or None for the defaults.
        unknown: Its unknown fields, from `MAY_BE_UNKNOWN`.
        sheet: The section with the one-page sheet, if there is one.
        begun: Whether the reader has entered anything; until then, it prints as a form to fill in.

    Examples:
        >>> case_page(Case()).count("<fieldset") > 5
        True
    """
    fragments = {**fast_fragments(case, reading, unknown), **deferred_fragments(case, reading, unknown=unknown)}

    def slot(name: str, element: str = "div", **attributes: object) -> Markup:
        return tag(element, Markup(fragments[name]), data_fragment=name, **attributes)

    return tag(
        "div",
        tag("p", role="status", class_="bw-hidden", data_live_text=True),
        on_paper(case_form(), begun=begun),
        tag(
            "div",
            tag(
                "form",
                _toolbar(),
                tag(
                    "div",
                    tag("p", text("kept.waits")),
                    button(text("kept.bring"), "restore_case"),
                    button(text("kept.forget"), "delete_case"),
                    class_="bw-toolbar bw-kept",
                    data_open="kept",
                    hidden=True,
                ),
                _exam(case),
                [_controls(stage, case, unknown) for stage in stages_on_screen()],
                class_="bw-controls",
                aria_label=text("panel.controls"),
            ),
            tag(
                "div",
                slot("example", "p", class_="bw-example"),
                _section("rules.title", "rules.voice", slot("rules"), class_="bw-rule"),
                _section(
                    "card.title",
                    "card.voice",
                    slot("verdict"),
                    go_button(text("changes.go"), "changes"),
                    class_="bw-card",
                ),
                _section("find_out.title", None, slot("ask", data_hides=True), class_="bw-ask"),
                _section("card.chain", None, slot("chain", data_hides=True), class_="bw-why"),
                class_="bw-answer",
            ),
            class_="bw-columns",
        ),
        _section("changes.title", None, slot("changes"), go_button(text("panel.to_controls"), "controls"), class_="bw-wide"),
        sheet,
        _section("readings.title", None, slot("readings"), class_="bw-wide"),
        _section(
            "charts.title",
            None,
            [case_chart(chart, case, reading, fragments[f"table.{chart}"], unknown) for chart in charts.CHARTS],
            class_="bw-wide bw-charts",
        ),
        strip(slot("strip", "p"), go_button(text("changes.go"), "changes"), undo_button()),
        class_="bw",
        role="region",
        aria_label=text("panel.name"),
        data_arrive=True,
    )


def case_form() -> Markup:
    """Return the questions about a case as a form to fill in on paper, in the order on screen.

    Source:
        data/controls.csv; what never goes on the sheet is left out.

    Examples:
        >>> case_form().count("bw-choose") > 10
        True
    """
    rows = [row for row in load_controls() if row.on_sheet != "never"]
    by_stage = [[row for row in rows if row.group == stage] for stage in stages_on_screen()]
    groups = [[tag("h3", text(f"panel.group.{group[0].group}")), *_fields_on_paper(group)] for group in by_stage]
    return join(
        tag("h2", text("panel.controls")),
        tag("p", text("paper.case")),
        tag(
            "div",
            [asked_on_paper(text(f"sheet_desk.{name}")) for name in ("name", "program")],
            chosen_on_paper(text("panel.exam"), [text(f"panel.exam.{row.exam}") for row in load_exams()]),
            groups,
            class_="bw-paper-form",
        ),
    )


def _fields_on_paper(rows: Sequence[ControlRow]) -> Iterator[Markup]:
    """Yield questions with blanks and boxes; facts that are either checked or not stand below each other."""
    for is_fact, run in itertools.groupby(rows, lambda row: row.control == "checkbox" and row.field not in MAY_BE_UNKNOWN):
        if is_fact:
            yield to_check([text(f"field.{row.field}.label") for row in run])
        else:
            yield from map(_field_on_paper, run)


def _field_on_paper(row: ControlRow) -> Markup:
    label = text(f"field.{row.field}.label")
    if row.control == "slider":
        return asked_on_paper(label)
    options = [text("panel.yes"), text("panel.no")]
    if row.control != "checkbox":
        options = [name for level, name in field_options(row.field) if level is not None]
    more = [text("panel.unknown")] if row.field in MAY_BE_UNKNOWN else []
    return chosen_on_paper(label, [*options, *more], several=row.control == "checks")


def _controls(stage: str, case: Case, unknown: Collection[str]) -> Markup | None:
    """Return the controls of a stage; the file's controls look like a sheet of paper."""
    group = control_group(stage, case, unknown=unknown)
    return sheet_of_paper(group) if stage == "paper" else group


def _section(title: str, voice: str | None, *children: object, class_: str) -> Markup:
    """Return a section with its heading and, as a line under it, the source of the statement."""
    heading = tag("h2", text(title), id=f"§{title}"), tag("p", text(voice), class_="bw-voice") if voice else None
    return tag("section", *heading, *children, class_=class_, aria_labelledby=f"§{title}")


def _toolbar() -> Markup:
    return tag(
        "div",
        [undo_button(), reset_button(), button(text("panel.save"), "save")],
        tag(
            "label",
            tag("span", text("panel.load")),
            tag(
                "input",
                type="file",
                accept=".json,.csv,application/json,text/csv",
                data_load=True,
                aria_label=text("panel.load_hint"),
            ),
            class_="bw-file",
        ),
        class_="bw-toolbar",
    )


def _exam(case: Case) -> Markup:
    chosen = exam_of(case) or load_exams()[0]
    radios = [
        tag(
            "label",
            tag(
                "input",
                type="radio",
                name="§exam",
                value=row.exam,
                checked=row.exam == chosen.exam,
                data_exam=True,
                data_lm_suppress_shortcuts="true",
            ),
            " ",
            text(f"panel.exam.{row.exam}"),
        )
        for row in load_exams()
    ]
    title = tag("b", text("panel.exam"), id="§exam")
    # The exams wrap to the next line together.
    return tag(
        "div", title, tag("div", radios, class_="bw-exams"), class_="bw-inline", role="radiogroup", aria_labelledby="§exam"
    )
