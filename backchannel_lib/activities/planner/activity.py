"""The planner's activity: two tables of people and programs, a guess, then the plan and the sheets to hand out."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Unpack

from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Action, Activity, file_content, saved_file
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.planner.briefing import Briefing, briefing
from backchannel_lib.activities.planner.html import (
    difference,
    guess_beside_plan,
    plan_html,
    plan_in_short,
    plan_lines,
    plan_to_csv,
    planner_page,
    relations,
    row_line,
    row_title,
    rows_html,
    sheet_html,
    warnings_of,
)
from backchannel_lib.activities.planner.plan import ASSUMED_OF_A_CALL
from backchannel_lib.activities.planner.state import (
    COLUMNS,
    ON_SHEETS,
    ROWS,
    PlannerState,
    empty,
    example,
    from_record,
    guesses,
    read_cell,
    read_file_field,
    read_guess,
    to_record,
    with_spreadsheet,
)
from backchannel_lib.activities.planner.tables import (
    ACQUAINTANCE,
    KINDS,
    MOST_ROWS,
    OPENINGS,
    TABLES,
    UNKNOWN_IF_BLANK,
    YES_NO_COLUMNS,
    limits_in_words,
    rows_to_csv,
    table_of,
)
from backchannel_lib.activities.sheet_desk import sheet_actions, sheet_fields
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError, SheetError, known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import advise
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.page.activity_page import lead_text, static_page
from backchannel_lib.page.case_controls import shown_fields, slider_ends
from backchannel_lib.page.html import join
from backchannel_lib.page.rule_html import rule_answer
from backchannel_lib.page.sheet import Sheet, SheetHead, case_in_words
from backchannel_lib.page.sheet_desk import sheet_fragment


class PlannerActivity(Activity[PlannerState]):
    """The tables, the guess, the plan and the sheets.

    Args:
        row: Its row in data/activities.csv; its fields are those of the student's file and the moment.
    """

    def __init__(self, row: ActivityRow, clock: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> None:
        self.row = row
        self.clock = clock
        super().__init__(row.activity, example())

    # ---- the controls ----

    def fields(self) -> Iterable[str]:
        """Return the controls: the guess, the file, and the current cells of both tables."""
        cells = [f"{table}.{row.id}.{name}" for table in TABLES for row in self.state.rows(table) for name in COLUMNS[table]]
        return ("guess", *self.row.fields, *cells, *sheet_fields(*ON_SHEETS))

    def _cell(self, field: str, value: object = None) -> tuple[str, Any, str]:
        """Return the table, row and column of a cell; raise `CaseError` if there is none."""
        table, _, rest = field.partition(".")
        number, _, column = rest.partition(".")
        if column in COLUMNS.get(table, ()):
            for row in self.state.rows(table):
                if str(row.id) == number:
                    return table, row, column
        raise CaseError(field, "unknown_field", value, known=suggestions(field, self.row.fields))

    def label(self, field: str) -> str:
        """Return a control's label; a cell's label includes its row."""
        if field == "guess":
            return text("planner_board.guess")
        if field in sheet_fields(*ON_SHEETS):
            return sheet_fields()[field].label
        if field in self.row.fields:
            return text(f"field.{field}.label")
        table, row, column = self._cell(field)
        number = self.state.rows(table).index(row) + 1
        return text("planner_board.cell", row=row_title(table, number), column=text(f"planner_column.{column}"))

    def linked_fields(self, field: str) -> Iterable[str]:
        """Return both scores of a program for either of them."""
        stem, _, column = field.rpartition(".")
        return (f"{stem}.range_low", f"{stem}.range_floor") if column in {"range_low", "range_floor"} else (field,)

    def with_value(self, field: str, value: object) -> PlannerState:
        """Return the state after one control moves."""
        state = self.state
        if field == "guess":
            return state._replace(guess=read_guess(field, value))
        if field in sheet_fields(*ON_SHEETS):
            return state._replace(sheet=state.sheet.with_value(field, value))
        if field in self.row.fields:
            return state._replace(file=state.file.replace(**{field: read_file_field(field, value)}))
        table, row, column = self._cell(field, value)
        return state.with_row(table, row._replace(**{column: read_cell(column, value, state.programs)}))

    def values(self, state: PlannerState) -> dict[str, Any]:
        """Return the values of all controls, and the existing rows."""
        return to_record(state, self.row.fields)

    # ---- files ----

    def to_file(self, state: PlannerState) -> tuple[str, str]:
        """Return the name and content of a file with both tables, the student's file and the guess."""
        return "my_planner.json", json.dumps(self.values(state), indent=1)

    def from_file(self, text: str) -> PlannerState:
        """Return the state in a saved file, or the current state with one table replaced from a spreadsheet."""
        return self._read(text)[0]

    def _read(self, content: str | bytes) -> tuple[PlannerState, tuple[str, ...]]:
        """Return the state in a file, and notes on how a spreadsheet was read."""
        if isinstance(content, bytes) or not content.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
            table = table_of(content)
            if table:
                return with_spreadsheet(self.state, content, table)
        record = self.read_record(content if isinstance(content, str) else "")
        if not set(TABLES) & set(record):
            raise CaseError(self.key, "not_a_record", record)
        return from_record(record, self.row.fields), ()

    def file_problem(self, error: CaseError) -> str:
        """Return a sentence that tells the reader what is wrong with a file."""
        if isinstance(error, SheetError) or error.rule == "too_many_rows":
            return text("planner_board.bad_file", problem=str(error))
        return text("planner_board.not_a_file")

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {
            "load": self._open,
            "save_table": self._save_table,
            "save_plan": self._save_plan,
            "save_sheet": self._save_sheet,
            "add": self._add,
            "remove": self._remove,
            "clear": lambda _: self._replace(empty(), focus="people", notice=text("planner_board.cleared")),
            "example": lambda _: self._replace(example(), notice=text("planner_board.example_again")),
            "restore_case": self._restore_case,
            "see": self._see,
            "guess_again": self._guess_again,
            **sheet_actions(self, lambda state: state._replace(sheet=state.sheet.toggled), self.sheets),
        }

    def _replace(self, to: PlannerState, **more: Unpack[ActionResult]) -> ActionResult:
        """Switch to other rows, and drop the rejected entries of the previous ones."""
        self.commit(to)
        self.clear_errors()
        return {"values": self.values(self.state), **more}

    def _open(self, message: Mapping[str, Any]) -> ActionResult:
        try:
            to, notes = self._read(file_content(str(message["value"])))
        except CaseError as error:
            return {"notice": text("planner_board.load_failed", problem=self.file_problem(error))}
        return self._replace(to, notice=" ".join([text("planner_board.loaded"), *notes]))

    def _add(self, message: Mapping[str, Any]) -> ActionResult:
        table = known_word("table", message["value"], TABLES)
        rows = self.state.rows(table)
        if len(rows) >= MOST_ROWS[table]:
            return {"notice": text("planner_board.full", most=MOST_ROWS[table])}
        number = 1 + max((row.id for row in rows), default=0)
        return self._replace(self.state.with_row(table, ROWS[table](number)), focus=f"{table}.{number}.name")

    def _remove(self, message: Mapping[str, Any]) -> ActionResult:
        table, _, number = str(message["value"]).partition(".")
        rows = self.state.rows(known_word("table", table, TABLES))
        ids = [str(row.id) for row in rows]
        place = ids.index(known_word("remove", number, ids))
        ids.remove(number)
        focus = f"line.{table}.{ids[min(place, len(ids) - 1)]}" if ids else table
        notice = text("planner_board.removed", row=rows[place].name or row_title(table, place + 1))
        return self._replace(self.state.without(table, int(number)), focus=focus, notice=notice)

    def _restore_case(self, _: object) -> ActionResult:
        """Put the reader's saved input from the chapters into the student's file; the tables stay."""
        record = {name: value for name, value in saved_answers.saved(saved_answers.CASE).items() if name in self.row.fields}
        if not record:
            return {"notice": text("planner_board.nothing_kept")}
        names = ", ".join(text(f"field.{name}.label") for name in self.row.fields if name in record)
        to = self.state._replace(file=saved_answers.with_saved(self.state.file, record))
        return self._replace(to, notice=text("kept.brought", names=names))

    def _see(self, _: object) -> ActionResult:
        if not self.state.guess:
            return {"notice": text("guess.first")}
        self.commit(self.state._replace(planned=str(len(self.state.plan.people))))
        return {"focus": "beside"}

    def _guess_again(self, _: object) -> ActionResult:
        self.commit(self.state._replace(guess="", planned=""))
        return {"values": self.values(self.state), "focus": "guess"}

    def _save_table(self, message: Mapping[str, Any]) -> ActionResult:
        table = known_word("table", message["value"], TABLES)
        rows = self.state.ready_people if table == "people" else self.state.ready_programs
        return saved_file(f"my_{table}.csv", rows_to_csv(table, rows))

    def _save_plan(self, _: object) -> ActionResult:
        if not self.state.planned:
            return {"notice": text("guess.first")}
        return saved_file("my_plan.csv", plan_to_csv(self.state.plan))

    def _save_sheet(self, message: Mapping[str, Any]) -> ActionResult:
        if not self.state.planned:
            return {"notice": text("guess.first")}
        sheets = {str(number): sheet for number, sheet in self._sheets(self.state)}
        number = known_word("save_sheet", message["value"], sheets)
        return saved_file(f"facts_{number}.txt", sheets[number].text)

    # ---- the sheets ----

    def sheets(self, state: PlannerState) -> list[Sheet]:
        """Return a sheet for each program that someone can approach; none for the unchanged example tables."""
        if is_example(state):
            return []
        found = []
        for contact in state.plan.contacts:
            caller = text(
                "planner_board.contact", name=contact.person.name, kind=text(f"level.recommender.{contact.case.recommender}")
            )
            with contextlib.suppress(CaseError):  # such as a floor from another exam, which no single case can have
                advice = advise(contact.case, contact.program.unknown, self.clock(), state.sheet.topics, keep_phase=True)
                assumed = [*ASSUMED_OF_A_CALL, *(["range_floor"] if contact.program.range_floor is None else [])]
                entered = case_in_words(contact.case, contact.program.unknown, assumed)
                found.append(Sheet(advice, SheetHead(state.sheet.name, contact.program.name), caller, entered))
        return found

    def deferred_fragments(self, state: PlannerState) -> dict[str, str]:
        """Return the sheets once the reader asks for them, because there can be sixty."""
        return {"sheet": sheet_fragment(self.sheets(state)) if state.sheet.in_sight else ""}

    # ---- what is on screen ----

    def fragments(self, state: PlannerState) -> dict[str, str]:
        """Return the tables, the rule and, once the reader has guessed, the plan next to the guess and the sheets."""
        people = tuple((row.id, row.name, row.kind) for row in state.people if row.name)
        programs = tuple((row.id, row.name) for row in state.programs if row.name)
        fragments = {
            "example": text("planner_board.is_example") if is_example(state) else "",
            "no_sheet": text("planner_board.no_sheet") if is_example(state) else "",
            "rule": rule_answer(rules_check(state.file), next_for=("not_allowed", "ask_first")),
            **{table: rows_html(table, tuple(row.id for row in state.rows(table))) for table in TABLES},
            "known": relations(people, programs),
            **{f"line.{table}.{number}": line for table in TABLES for number, line in _lines(state, table).items()},
            **dict.fromkeys(("beside", "plan", "sheets"), ""),
            "live_text": text("planner_board.counts", people=len(state.people), programs=len(state.programs)),
        }
        if state.planned:
            fragments |= {
                "beside": guess_beside_plan(state),
                "plan": plan_html(state),
                "sheets": join([sheet_html(number, sheet) for number, sheet in self._sheets(state)]),
                "live_text": state.plan.summary,
            }
        return fragments

    @staticmethod
    def _sheets(state: PlannerState) -> list[tuple[int, Briefing]]:
        """Return the sheet of each person in the plan, with the number of their row."""
        numbers = {row.name: row.id for row in state.people}
        note = text("planner_board.is_example") if is_example(state) else ""
        return [(numbers[person.name], replace(briefing(state.plan, person), note=note)) for person in state.plan.people]

    def sections(self, state: PlannerState) -> list[str]:
        """Return which sections are visible."""
        return [
            "seen" if state.planned else "ask",
            "example" if is_example(state) else "own",
            *state.sheet.open_now,
            *(["sheets"] if state.planned and state.plan.rows else []),
        ]

    def ui_state(self, state: PlannerState) -> dict[str, Any]:
        """Return which controls and sections are visible, and where the score's slider ends."""
        mine = [name for name in shown_fields(state.file) if name in self.row.fields]
        cells = [name for name in self.fields() if name not in Case.fields()]
        # The slider uses the exam of the first program's range.
        low = next((row.range_low for row in state.programs if row.range_low is not None), None)
        case = state.file if low is None else state.file.replace(range_low=low, range_floor=low)
        return {**super().ui_state(state), "shown": [*mine, *cells], "ends": {"score": slider_ends(case, "score")}}

    def page(self) -> str:
        """Return the whole page."""
        fragments = {**self.fragments(self.state), **self.deferred_fragments(self.state)}
        for table in TABLES:
            lines = _lines(self.state, table)
            fragments[table] = rows_html(table, tuple(lines), tuple(lines.values()))
        return planner_page(self.row, self.state, fragments, self.ui_state(self.state)["open"])

    def static_html(self) -> str:
        """Return title and introduction, for a notebook that hasn't run."""
        return static_page(self.key)

    @property
    def text(self) -> str:
        """Title, introduction and rule, the number of rows, and the plan once the reader has seen it."""
        state = self.state
        check = rules_check(state.file)
        return "\n".join(
            [
                self.title,
                lead_text(self.row.activity),
                text("text.rules", answer=check.label, reason=check.reason),
                text("planner_board.counts", people=len(state.people), programs=len(state.programs)),
                *(plan_lines(state.plan) if state.planned else [text("planner_board.guess_text", **limits_in_words())]),
            ]
        )

    # ---- the transcript ----

    def transcript_lines(self) -> Iterator[str]:
        """Guess, see the plan, change the moment, the file and cells of both tables, and yield each result."""
        for guess in guesses():
            self._guess_again({})
            self.update(guess=guess)
            self._see({})
            yield text("planner_board.tour", what=guess, words=difference(self.state))
        shown = self.state
        yield from plan_lines(shown.plan)
        yield from [f"! {warning.sentence}" for warning in warnings_of(shown.plan)]
        yield from [text("planner_board.tour_out", name=left.name, words=left.reason) for left in shown.plan.left_out]
        yield from [sheet.text for _, sheet in self._sheets(shown)]
        for field, values in self._positions_to_visit():
            for value in values:
                self.commit(shown)
                self.update(**{field: value})
                what = text("planner_board.tour_move", label=self.label(field), value=_value_label(field, value))
                yield text("planner_board.tour", what=what, words=plan_in_short(self.state.plan))
        self.commit(shown)
        try:
            self.update(**{"programs.1.range_low": "high"})
        except CaseError as error:
            yield error.sentence
        for table in TABLES:
            yield shown.with_rows(table, ()).plan.summary
        yield empty().plan.summary

    def _positions_to_visit(self) -> Iterable[tuple[str, tuple[Any, ...]]]:
        known = Case.fields()
        yield "phase", known["phase"].levels
        yield "score", (225, 250)
        for name in self.row.fields:
            if known[name].kind == "flag" and name != "lists_open":
                yield name, (True,)
        yield "failed_attempts", (1,)
        yield "offers", ("", "local|language")
        yield "people.2.kind", KINDS
        yield "people.2.knows_work", ACQUAINTANCE
        yield "people.2.track_record", ("", 0, 3)
        yield "people.2.known_at", ("", "1|2")
        yield "people.2.inside_at", ("1|2",)
        yield "programs.1.range_low", ("220", "245", "")
        yield "programs.1.openings", (*OPENINGS, "")
        for name in ("prior_contact", "program_contacted_first"):
            yield f"programs.1.{name}", (False, True)
        for name in YES_NO_COLUMNS:
            yield f"programs.1.{name}", (False, True, "")
        yield "programs.1.needs", ("", "language")


def is_example(state: PlannerState) -> bool:
    """Return whether the tables are the example that the planner starts with.

    Examples:
        >>> is_example(example()), is_example(empty())
        (True, False)
    """
    return (state.people, state.programs) == (example().people, example().programs)


def _lines(state: PlannerState, table: str) -> dict[int, str]:
    """Return each row of a table in one line, by its number."""
    return {row.id: row_line(table, place, row) for place, row in enumerate(state.rows(table), start=1)}


#: How the ids of the texts for a column's values begin.
_VALUE_TEXTS: Final = {
    "kind": "short.recommender",
    "phase": "level.phase",
    "knows_work": "planner_knows",
    "openings": "planner.opening",
}


def _value_label(field: str, value: object) -> str:
    column = field.rpartition(".")[2]
    if value in ("", None):
        return text("panel.unknown" if column in UNKNOWN_IF_BLANK else "planner_board.nothing")
    if isinstance(value, bool):
        return text("scene.on") if value else text("scene.off")
    return text(f"{_VALUE_TEXTS[column]}.{value}") if column in _VALUE_TEXTS else str(value)
