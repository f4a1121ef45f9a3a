"""One reader working on one case: the activity behind `Your case`, and the base of the chapters' panels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Action, Activity
from backchannel_lib.activities.form import latest_choice
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.sheet_desk import SheetEntries, sheet_actions, sheet_fields
from backchannel_lib.base.errors import CaseError, SheetError, known_word
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import advise
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_files import SavedCase, saved_case_from_text, saved_case_to_text
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.open_changes import open_changes
from backchannel_lib.model.possible import MAY_BE_UNKNOWN, UNKNOWN, check_unknown, possible, replace_known
from backchannel_lib.model.rules import check_reading
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import load_examples, load_exams
from backchannel_lib.page import charts
from backchannel_lib.page.case_controls import shown_fields, slider_ends
from backchannel_lib.page.case_fragments import answer_line, case_static_html, case_text, deferred_fragments, fast_fragments
from backchannel_lib.page.case_page import case_page
from backchannel_lib.page.components import lines_of_all
from backchannel_lib.page.html import tag
from backchannel_lib.page.sheet import Sheet, SheetHead
from backchannel_lib.page.sheet_desk import sheet_desk, sheet_fragment

FILE_NAME: Final = "my_case.json"
SCORES: Final = ("score", "range_low", "range_floor")
#: The charts on which a field moves only the mark.
FIXED_FIGURES: Final = {"score": charts.CHARTS, "range_low": ("callers", "amplifier"), "intensity": ("callers", "map")}
KNOWN: Final = "known"  # sent when the reader unchecks "I don't know" before entering anything


class CaseState(NamedTuple):
    """The state of a session, including values to restore when the reader moves a control back."""

    case: Case
    reading: str | None
    move: str  # the last move chosen, other than the student's own email
    floor: int  # the last floor that the reader set, even if a lower range has lowered it since
    unknown: tuple[str, ...] = ()  # the unknown fields; the case has placeholders for them
    # Only for the chapters' panels:
    scene: str = ""  # the current student
    guesses: tuple[tuple[str, str], ...] = ()  # predictions by student
    seen: tuple[str, ...] = ()  # the scenes whose answer the reader has seen
    sheet: SheetEntries = SheetEntries()  # only for the panel of the whole case


def state_of(
    case: Case, reading: str | None = None, before: CaseState | None = None, unknown: Collection[str] | None = None
) -> CaseState:
    """Return the state of a session after it changes to a case.

    Args:
        case: The case.
        reading: Name of a reading, or None for the defaults.
        before: The previous state; None at the start.
        unknown: Its unknown fields; None to keep those of the previous state.

    Examples:
        >>> state_of(Case()).move
        'formal_email'
    """
    before = before or CaseState(case, reading, "formal_email", case.range_floor)
    names = before.unknown if unknown is None else check_unknown(unknown)
    compatible = replace_known(case, names)
    move = before.move if case.move == "direct_email" else case.move
    return before._replace(case=compatible, reading=reading, move=move, floor=compatible.range_floor, unknown=names)


class CaseActivity(Activity[CaseState]):
    """A case that a reader is editing, with its errors, its reading and its history.

    Args:
        case: The case it starts with and returns to on reset; None for the defaults.
        reading: Name of a reading, or None for the defaults.
        unknown: Fields of `MAY_BE_UNKNOWN` that start as "I don't know".
        clock: Returns the current time, for the sheet.

    Examples:
        >>> session = CaseActivity()
        >>> _ = list(session.handle({"type": "set", "field": "recommender", "value": "trusted_peer"}))
        >>> session.case.recommender
        'trusted_peer'
        >>> answer = next(session.handle({"type": "set", "field": "score", "value": "abc", "seq": 1}))
        >>> answer["errors"]["score"]
        "Your score: must be a whole number from 1 to 999, but it is 'abc'."
        >>> session.undo(), session.case.recommender
        (True, 'unconnected_faculty')
    """

    has_sheet = True  # whether its page includes the one-page sheet
    may_be_unknown: Sequence[str] = MAY_BE_UNKNOWN  # the fields whose controls offer "I don't know"

    def __init__(
        self,
        case: Case | None = None,
        reading: str | None = None,
        unknown: Collection[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        super().__init__("case", state_of(case or Case(), check_reading(reading), unknown=unknown))
        self.clock = clock
        self._has_saved = False  # whether saved input from the chapters can be restored; checked when a page says hello

    @property
    def case(self) -> Case:
        """The current case."""
        return self.state.case

    @property
    def reading(self) -> str | None:
        """The name of the current reading; None for the defaults."""
        return self.state.reading

    @property
    def unknown(self) -> tuple[str, ...]:
        """The unknown fields."""
        return self.state.unknown

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the actions of a case's buttons, in addition to those of every activity."""
        sheet = sheet_actions(self, lambda state: state._replace(sheet=state.sheet.toggled), self.sheets)
        return {
            "exam": self._exam,
            "apply": self._apply,
            "read": self._read,
            "restore_case": self._restore_case,
            "delete_case": self._delete_case,
            **(sheet if self.has_sheet else {}),
        }

    def update(self, **values: object) -> None:
        """Change fields as a reader would with the controls; a floor that isn't among them adapts to the range.

        Args:
            **values: New values by field.

        Raises:
            CaseError: A field does not exist, or a value breaks a rule; the case is then unchanged.

        Examples:
            >>> session = CaseActivity()
            >>> session.update(score=251)
            >>> session.case.score
            251
            >>> session.update(sponsors_visas="unknown")
            >>> session.unknown
            ('sponsors_visas',)
        """
        self.commit(self._with(values))
        self.clear_errors()

    def _with(self, values: Mapping[str, Any]) -> CaseState:
        """Return the state with some fields changed or set to unknown; changing an unknown field makes it known."""
        to_unknown = [name for name, value in values.items() if name in self.may_be_unknown and is_unknown(value)]
        known = {name: value for name, value in values.items() if name not in to_unknown}
        adapts = isinstance(known.get("range_low"), int) and "range_floor" not in {*values, *self.unknown}
        if adapts:
            known["range_floor"] = self._floor_under(known["range_low"])
        unknown = check_unknown({*self.unknown, *to_unknown} - known.keys())
        moved = state_of(replace_known(self.case, unknown, **known), self.reading, self.state, unknown)
        return moved._replace(floor=self.state.floor) if adapts else moved

    def apply(self, remedies: str) -> None:
        """Carry out one of the changes from `what_would_change`.

        Args:
            remedies: Ids of its acts, separated by spaces.

        Raises:
            CaseError: This change isn't available.

        Source:
            data/remedies.csv.

        Examples:
            >>> session = CaseActivity(Case(recommender="trusted_peer"))
            >>> session.apply("give_specifics")
            >>> session.case.specifics
            True
        """
        wanted = tuple(remedies.split())
        for one in open_changes(self.case, self.unknown, self.reading).changes:
            if one.change.remedies == wanted:
                self.commit(state_of(one.change.case, self.reading, self.state, one.unknown))
                self.clear_errors()
                return
        raise CaseError("apply", "level", remedies, levels="")

    def read_as(self, reading: str | None) -> None:
        """Switch to another reading.

        Args:
            reading: Its name, or None for the defaults.

        Raises:
            CaseError: No reading has this name.

        Source:
            data/readings.csv.

        Examples:
            >>> session = CaseActivity()
            >>> session.read_as("range_and_credible")
            >>> session.reading
            'range_and_credible'
        """
        self.commit(self.state._replace(reading=check_reading(reading)))

    def _floor_under(self, range_low: int) -> int:
        """Lower the floor when the range moves below it, and restore it when the range moves back up."""
        exam = exam_of(self.case) or load_exams()[0]
        floor = self.state.floor
        return floor if floor <= range_low else max(1, range_low - (exam.range_low - exam.range_floor))

    def _exam(self, message: Mapping[str, Any]) -> ActionResult:
        exams = {row.exam: row for row in load_exams()}
        exam = exams[known_word("exam", message["value"], exams)]
        scores = {name: getattr(exam, name) for name in SCORES if name not in self.unknown}
        self.update(**scores)
        return {"notice": text("panel.exam_changed")}

    def _apply(self, message: Mapping[str, Any]) -> ActionResult:
        self.apply(str(message["value"]))
        return {"notice": text("panel.applied")}

    def _read(self, message: Mapping[str, Any]) -> ActionResult:
        self.read_as(str(message["value"]) or None)
        return {}

    def opened(self) -> ActionResult:
        """Look up whether input from the chapters can be restored."""
        self._has_saved = bool(saved_answers.saved(saved_answers.CASE))
        return super().opened()

    def _restore_case(self, _: Mapping[str, Any]) -> ActionResult:
        """Put the reader's saved input from the chapters into the case."""
        record = saved_answers.saved(saved_answers.CASE)
        # Chapters don't offer "I don't know", so a program's field that still has its default was probably never looked up.
        begun = Case().to_record()
        record = {name: value for name, value in record.items() if name not in self.unknown or value != begun[name]}
        case = saved_answers.with_saved(self.case, record)
        unknown = [name for name in self.unknown if name not in record]
        self.commit(state_of(case, self.reading, self.state, unknown))
        self.clear_errors()
        self._has_saved = False
        names = ", ".join(text(f"field.{name}.label") for name in Case.fields() if name in record)
        return {"notice": text("kept.brought", names=names), "values": self.values(self.state)}

    def _delete_case(self, _: Mapping[str, Any]) -> ActionResult:
        """Delete the reader's saved input from the chapters."""
        saved_answers.delete(saved_answers.CASE)
        self._has_saved = False
        return {"notice": text("kept.forgotten")}

    # ---- the sheet ----

    def sheets(self, state: CaseState) -> list[Sheet]:
        """Return the sheet for the reader's input; none for the unchanged example case or for scores from two exams."""
        if exam_of(state.case) is None or not self.has_begun(state):
            return []
        advice = advise(state.case, state.unknown, self.clock(), state.sheet.topics, reading=state.reading, keep_phase=True)
        head = SheetHead(state.sheet.name, state.sheet.program)
        return [Sheet(advice, head)]

    def has_begun(self, state: CaseState) -> bool:
        """Return whether the reader has entered anything, about the case or only for its sheet."""
        entered = (state.case, state.unknown) != (self.start.case, self.start.unknown)
        return entered or any(state.sheet.values().values())

    def _sheet_fragment(self, state: CaseState) -> str:
        if exam_of(state.case) is None:
            return tag("p", text("sheet_desk.mixed"))
        return sheet_fragment(self.sheets(state))

    # ---- what is on screen ----

    def fields(self) -> Iterable[str]:
        """Return the fields of a case and of its sheet."""
        return (*Case.fields(), *(sheet_fields() if self.has_sheet else ()))

    def label(self, field: str) -> str:
        """Return a field's label."""
        return sheet_fields()[field].label if field in sheet_fields() else text(f"field.{field}.label")

    def linked_fields(self, field: str) -> Iterable[str]:
        """Return all three scores for any one of them, because fixing one can fix an error that involves two."""
        return SCORES if field in SCORES else (field,)

    def with_value(self, field: str, value: object) -> CaseState:
        """Return the state after one control moves."""
        if self.has_sheet and field in sheet_fields():
            return self.state._replace(sheet=self.state.sheet.with_value(field, value))
        was_unknown = field in self.unknown
        if field in self.may_be_unknown and Case.fields()[field].kind == "set":
            value = latest_choice(value, (UNKNOWN,) if was_unknown else ())
        if field in self.may_be_unknown and is_unknown(value):
            return self._with({field: UNKNOWN})
        if was_unknown and value == KNOWN:
            return self._with({field: getattr(self.case, field)})
        value = _typed(Case.fields()[field], value)
        if field == "recommender" and value != "self" and self.case.move == "direct_email":
            return self._with({field: value, "move": self.state.move})  # the contact before "you, yourself"
        return self._with({field: value})

    def values(self, state: CaseState) -> dict[str, Any]:
        """Return the case as a flat record, and the entries for its sheet."""
        return {**self.public_values(state), **(state.sheet.values() if self.has_sheet else {})}

    def public_values(self, state: CaseState) -> dict[str, Any]:
        """Return the case as a flat record, with ``unknown`` as the value of unknown fields."""
        return {**state.case.to_record(), **dict.fromkeys(state.unknown, UNKNOWN)}

    def visible_outcome(self, state: CaseState) -> tuple[str, str]:
        """Return the case's verdict, blank unless exactly one is possible, and the rule's answer."""
        verdicts = self.possible_verdicts(state)
        return verdicts[0] if len(verdicts) == 1 else "", rules_check(state.case).answer

    def possible_verdicts(self, state: CaseState) -> tuple[str, ...]:
        """Return the possible verdicts, lowest first; none for scores from two exams."""
        if exam_of(state.case) is None:
            return ()
        return tuple(verdict.name.lower() for verdict in possible(state.case, state.unknown, state.reading).verdicts)

    def fragments(self, state: CaseState) -> dict[str, str]:
        """Return verdict, chain and rule."""
        return fast_fragments(state.case, state.reading, state.unknown)

    def deferred_fragments(self, state: CaseState) -> dict[str, str]:
        """Return the changes that would raise the verdict, the readings, and the charts with their numbers."""
        parts = deferred_fragments(state.case, state.reading, unknown=state.unknown)
        return {**parts, "sheet": self._sheet_fragment(state), **self._figures(state)}

    def _figures(self, state: CaseState) -> dict[str, str]:
        """Return the fragments of the charts that can be drawn."""
        parts = {}
        for chart in self._drawn(state):
            parts[f"base_figure.{chart}"] = charts.base_figure(chart, state.case, state.reading, state.unknown)
            parts[f"alt_text.{chart}"] = charts.alt_text(chart, state.case, state.reading, state.unknown)
        return parts

    def _charts(self) -> Sequence[str]:
        """Return the charts on the page."""
        return charts.CHARTS

    def _drawn(self, state: CaseState) -> list[str]:
        """Return the charts that can be drawn without the unknown fields."""
        return [chart for chart in self._charts() if not charts.missing_for(chart, state.case, state.reading, state.unknown)]

    def markers(self, state: CaseState) -> dict[str, Any]:
        """Return the case's position on each chart."""
        return {chart: charts.mark(chart, state.case, state.reading) for chart in self._drawn(state)}

    def marker_only_fields(self, field: str) -> Iterable[str]:
        """Return the charts whose base figure doesn't depend on this field."""
        return FIXED_FIGURES.get(field, ())

    def sections(self, state: CaseState) -> list[str]:
        """Return which sections are visible."""
        drawn = [f"chart.{chart}" for chart in self._drawn(state)]
        return [*(["kept"] if self._has_saved else []), *state.sheet.open_now, *drawn]

    def ui_state(self, state: CaseState) -> dict[str, Any]:
        """Return the visible sections and controls, which exam the scores belong to, and where their sliders end."""
        exam = exam_of(state.case)
        return {
            **super().ui_state(state),
            "shown": [*shown_fields(state.case), *sheet_fields()],
            "exam": exam.exam if exam else None,
            "ends": {name: slider_ends(state.case, name) for name in SCORES},
        }

    def positions(self, field: str) -> Iterable[Any]:
        """Return the positions of a field's control."""
        if field in sheet_fields():
            return ()
        known = Case.fields()[field]
        more = [UNKNOWN] if field in self.may_be_unknown else []
        if known.kind == "flag":
            return (False, True, *more)
        if known.kind == "choice":
            return known.levels
        if known.kind == "number":
            low, high = slider_ends(self.case, field)
            return (*range(low, high + 1), *more)
        sizes = range(len(known.levels) + 1)
        sets = ["|".join(some) for size in sizes for some in itertools.combinations(known.levels, size)]
        return (*sets, *more)

    def page(self) -> str:
        """Return the complete panel."""
        state = self.state
        desk = sheet_desk(state.sheet.open_now, self._sheet_fragment(state), *state.sheet.controls())
        return case_page(state.case, state.reading, state.unknown, desk, begun=self.has_begun(state))

    def static_html(self) -> str:
        """Return the rule's answer, the verdict and the chain, for a notebook that hasn't run."""
        return case_static_html(self.case, self.reading, self.unknown)

    @property
    def text(self) -> str:
        """The complete answer as plain text."""
        return case_text(self.case, self.reading, self.unknown)

    def transcript_lines(self) -> Iterator[str]:
        """Yield the answers to the article's own examples.

        Source:
            data/examples.csv.

        Examples:
            >>> print(CaseActivity().transcript().splitlines()[1])
               NRMP's rule: Not allowed. The article: Phone interview. Limited by: Timing.
        """
        fields = Case.fields()
        for example in load_examples():
            values = {name: field.default for name, field in fields.items()}
            self.update(**values | {name: fields[name].read(value) for name, value in example.overrides})
            lines = text("card.article_lines", lines=lines_of_all(example.claims))
            yield f"{text(f'example.{example.example}')} ({lines})"
            yield answer_line(self.case)

    # ---- files ----

    def to_file(self, state: CaseState) -> tuple[str, str]:
        """Return a case file."""
        return FILE_NAME, saved_case_to_text(SavedCase(state.case, state.unknown, state.sheet.values()))

    def from_file(self, text: str) -> CaseState:
        """Return the state in a case file."""
        saved = saved_case_from_text(text)
        sheet = SheetEntries(in_sight=self.state.sheet.in_sight).with_record(saved.sheet, sheet_fields())
        return state_of(saved.case, self.reading, unknown=saved.unknown)._replace(sheet=sheet)

    def file_problem(self, error: CaseError) -> str:
        """Return a sentence that tells the reader what is wrong with a case file."""
        if isinstance(error, SheetError):
            return str(error)
        if error.field in self.fields():
            return text("panel.load_field", problem=error.sentence_at(self.label(error.field)))
        return text("panel.newer_case" if error.rule == "newer_file" else "panel.not_a_case")


def is_unknown(value: object) -> bool:
    """Return whether a value from a control or a file means that the field is unknown.

    Examples:
        >>> is_unknown("unknown"), is_unknown("")
        (True, False)
    """
    return isinstance(value, str) and value == UNKNOWN


def _typed(field: Field, value: object) -> Any:
    """Read typed input. Unlike a blank in a file, which means the default, an empty box is an error."""
    if field.kind == "number" and not field.optional and str(value).strip() == "":
        raise CaseError(field.name, "number_missing", value)
    return field.read(value)
