"""The planner at work: one's own people and programs in two tables, a guess, and then the proposal and the facts to hand over.

The proposal is made by `backchannel_lib.activities.planner.model`; here stand the tables, what a reader does to them, and the page.
"""

from __future__ import annotations

import csv
import functools
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, Unpack

from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Action, Activity
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.planner.model import (
    ACQUAINTANCE,
    ASSUMPTIONS,
    KINDS,
    MOST_PEOPLE,
    OPENINGS,
    Briefing,
    Person,
    Plan,
    PlannerTableError,
    Program,
    Row,
    briefing,
    people_to_csv,
    plan,
    programs_to_csv,
    read_people,
    read_programs,
)
from backchannel_lib.activities.tables import ActivityRow, load_planner_example
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import ControlRow, load_controls
from backchannel_lib.page.activity_page import activity_page, show_if, slot, static_page
from backchannel_lib.page.case_html import control, shown_fields, slider_ends
from backchannel_lib.page.components import citations, paired
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, checks, radios, select, text_box

TABLES: Final = ("people", "programs")
MOST_ROWS: Final[Mapping[str, int]] = {"people": 10, "programs": 60}
GUESSES: Final = tuple(str(count) for count in range(MOST_PEOPLE + 1))
#: Those whose word counts by their relation to a program, so that one asks where they have it.
BY_RELATION: Final = KINDS[:3]
ABOUT_SIZE: Final = ("conduct.few-and-strong", "conduct.fit-beats-volume", "conduct.overlapping-emails")


class PersonRow(NamedTuple):
    """A row of the table of people, as far as it is filled in; ``known_at`` names rows of programs."""

    id: int
    name: str = ""
    kind: str = ""
    knows_work: str = "somewhat"
    track_record: int | None = None
    known_at: tuple[int, ...] = ()


class ProgramRow(NamedTuple):
    """A row of the table of programs, as far as it is filled in."""

    id: int
    name: str = ""
    range_low: int | None = None
    range_floor: int | None = None
    openings: str = "categorical"
    prior_contact: bool = False
    needs: frozenset[str] = frozenset()
    interviews_failures: bool = True
    sponsors_visas: bool = True
    program_contacted_first: bool = False


TableRow: TypeAlias = PersonRow | ProgramRow
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {"people": PersonRow._fields[1:], "programs": ProgramRow._fields[1:]}


class PlannerState(NamedTuple):
    """The student's file, the two tables, and what was guessed; ``told`` is what the plan said when it was first shown."""

    file: Case
    people: tuple[PersonRow, ...] = ()
    programs: tuple[ProgramRow, ...] = ()
    guess: str = ""
    told: str = ""

    def rows(self, table: str) -> tuple[Any, ...]:
        """Give the rows of a table."""
        return self.people if table == "people" else self.programs

    def with_rows(self, table: str, rows: tuple[Any, ...]) -> PlannerState:
        """Give the state with other rows in a table."""
        return self._replace(people=rows) if table == "people" else self._replace(programs=rows)

    def with_row(self, table: str, row: TableRow) -> PlannerState:
        """Give the state with one row changed, or added where it is new; a row that clashes with others raises `CaseError`."""
        before = self.rows(table)
        if any(row.name and other.id != row.id and other.name.casefold() == row.name.casefold() for other in before):
            raise CaseError("name", "name_twice", row.name)
        if isinstance(row, ProgramRow) and None not in (row.range_low, row.range_floor):
            Program("-", row.range_low or 0, row.range_floor)  # which tells if the floor lies above the range
        known = any(other.id == row.id for other in before)
        rows = tuple(row if other.id == row.id else other for other in before) + (() if known else (row,))
        return self.with_rows(table, rows)

    def without(self, table: str, number: int) -> PlannerState:
        """Give the state without one row; whoever was known at a program that goes is no longer."""
        left = self.with_rows(table, tuple(row for row in self.rows(table) if row.id != number))
        if table == "people":
            return left
        people = tuple(row._replace(known_at=tuple(one for one in row.known_at if one != number)) for row in left.people)
        return left._replace(people=people)


def is_ready(row: TableRow) -> bool:
    """Tell whether a row says enough to be planned with: a name, and who it is or where its range begins.

    Args:
        row: A row of either table.

    Returns:
        Whether it does.

    Examples:
        >>> is_ready(PersonRow(1, "Dr. Osei")), is_ready(ProgramRow(1, "Alder", 230))
        (False, True)
    """
    return bool(row.name) and (row.kind != "" if isinstance(row, PersonRow) else row.range_low is not None)


def people_of(state: PlannerState) -> tuple[Person, ...]:
    """Give the people whose rows are ready, as the planner takes them.

    Args:
        state: The tables.

    Returns:
        The people. Who is known at none of the programs is known at a place that is none of them, since to the planner no
        name at all means everywhere.

    Examples:
        >>> people_of(PlannerState(Case(), (PersonRow(1, "Dr. Osei", "known_dean"),)))[0].kind
        'known_dean'
    """
    names = {row.id: row.name for row in state.programs if row.name}
    people = []
    for row in filter(is_ready, state.people):
        known = tuple(names[one] for one in row.known_at if one in names)
        elsewhere = known or (text("planner_board.nowhere"),)
        at = elsewhere if row.kind in BY_RELATION else ()
        people.append(Person(row.name, row.kind, row.track_record, row.knows_work, at))
    return tuple(people)


def programs_of(state: PlannerState) -> tuple[Program, ...]:
    """Give the programs whose rows are ready, as the planner takes them.

    Args:
        state: The tables.

    Returns:
        The programs.

    Examples:
        >>> programs_of(PlannerState(Case(), (), (ProgramRow(1, "Alder"), ProgramRow(2, "Birch", 230))))[0].name
        'Birch'
    """
    return tuple(
        Program(**{name: getattr(row, name) for name in COLUMNS["programs"]}) for row in filter(is_ready, state.programs)
    )


@functools.lru_cache(maxsize=16)
def _planned(file: Case, people: tuple[Person, ...], programs: tuple[Program, ...]) -> Plan:
    return plan(file, people, programs)


def plan_of(state: PlannerState) -> Plan:
    """Make the plan of the tables as they are.

    Args:
        state: The tables.

    Returns:
        The plan.

    Source:
        As `backchannel_lib.activities.planner.model.plan`.

    Examples:
        >>> plan_of(PlannerState(Case())).rows
        ()
    """
    return _planned(state.file, people_of(state), programs_of(state))


# ---- reading cells ----


def _name(value: object) -> str:
    if isinstance(value, str) and not value.strip():
        return ""
    return Person(value, KINDS[0]).name  # type: ignore[arg-type]  # what is no name is refused there


def _kind(value: object) -> str:
    return "" if value == "" else Person("-", value).kind  # type: ignore[arg-type]


def _points(value: object) -> int | None:
    blank = value is None or (isinstance(value, str) and not value.strip())
    return None if blank else int(Case.fields()["range_low"].read(value))


READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": _name,
    "kind": _kind,
    "knows_work": lambda value: Person("-", KINDS[0], None, value).knows_work,
    "openings": lambda value: Program("-", 1, openings=value).openings,
    "range_low": _points,
    "range_floor": _points,
}


def _read(column: str, value: object, programs: Iterable[ProgramRow]) -> Any:
    if column == "known_at":
        known = {str(row.id): row.id for row in programs}
        wanted = [one for one in str(value).split("|") if one]
        if not set(wanted) <= set(known):
            raise CaseError(column, "set", value, levels=", ".join(known))
        return tuple(known[one] for one in known if one in wanted)
    if column in READERS:
        return READERS[column](value)
    return Case.fields()[column].read(value)


def _written(value: object) -> Any:
    """Write a cell as its control and a file hold it."""
    if isinstance(value, frozenset):
        return "|".join(level for level in Case.fields()["needs"].levels if level in value)
    return "|".join(map(str, value)) if isinstance(value, tuple) else value


def _in_file(field: str, value: object) -> Any:
    known = Case.fields()[field]
    if known.kind == "number" and str(value).strip() == "":
        raise CaseError(field, "number_missing", value)
    return known.read(value)


def example() -> PlannerState:
    """Give the made-up student, people and programs with which the planner opens.

    Returns:
        The tables.

    Source:
        data/planner_example.csv.

    Examples:
        >>> len(example().people), example().file.phase
        (4, 'groundwork')
    """
    rows = load_planner_example()
    numbers = {row.row: str(number) for table in TABLES for number, row in enumerate(_of(rows, table), start=1)}
    file = Case.from_record(dict(pair for row in _of(rows, "file") for pair in row.overrides))
    state = PlannerState(file)
    for table in reversed(TABLES):  # the programs first, since people are known at them
        for row in _of(rows, table):
            cells = dict(row.overrides)
            if "known_at" in cells:
                cells["known_at"] = "|".join(numbers[name] for name in cells["known_at"].split("|"))
            values = {column: _read(column, value, state.programs) for column, value in cells.items()}
            made: TableRow = (PersonRow if table == "people" else ProgramRow)(
                int(numbers[row.row]), text(f"planner_example.{row.row}"), **values
            )
            state = state.with_row(table, made)
    return state


def _of(rows: Iterable[Any], table: str) -> list[Any]:
    return [row for row in rows if row.table == table]


def empty() -> PlannerState:
    """Give tables without rows, and a file without anything special, before Match Week.

    Returns:
        The tables.

    Examples:
        >>> empty().people
        ()
    """
    return PlannerState(Case(phase=example().file.phase))


# ---- the activity ----


class PlannerActivity(Activity[PlannerState]):
    """The tables, the guess, the proposal and the facts to hand over.

    Args:
        part: Its row in data/activities.csv; its fields are those of the student's own file and of the moment.

    Source:
        data/planner_example.csv; the plan as in `backchannel_lib.activities.planner.model`.
    """

    def __init__(self, part: ActivityRow) -> None:
        self.row = part
        super().__init__(part.activity, example())

    # ---- the controls ----

    def fields(self) -> Iterable[str]:
        """Name the controls: the file, the cells of both tables as they are now, and the guess."""
        cells = [f"{table}.{row.id}.{name}" for table in TABLES for row in self.state.rows(table) for name in COLUMNS[table]]
        return ("guess", *self.row.fields, *cells)

    def _cell(self, field: str) -> tuple[str, Any, str] | None:
        """Find the table, the row and the column that a field is about."""
        table, _, rest = field.partition(".")
        number, _, column = rest.partition(".")
        if table not in TABLES or column not in COLUMNS[table]:
            return None
        return next(((table, row, column) for row in self.state.rows(table) if str(row.id) == number), None)

    def label(self, field: str) -> str:
        """Give a control's label; that of a cell says in which row it is."""
        if field == "guess":
            return text("planner_board.guess")
        if field in self.row.fields:
            return text(f"field.{field}.label")
        cell = self._cell(field)
        if cell is None:
            return field
        table, row, column = cell
        number = self.state.rows(table).index(row) + 1
        return text("planner_board.cell", row=_row_title(table, number), column=text(f"planner_column.{column}"))

    def linked_fields(self, field: str) -> Iterable[str]:
        """Name both scores of a program together."""
        stem, _, column = field.rpartition(".")
        return (f"{stem}.range_low", f"{stem}.range_floor") if column in {"range_low", "range_floor"} else (field,)

    def with_value(self, field: str, value: object) -> PlannerState:
        """Tell where a move of one control leads."""
        state = self.state
        if field == "guess":
            if value not in GUESSES:
                raise CaseError("guess", "level", value, levels=suggestions(str(value), GUESSES))
            return state._replace(guess=str(value))
        if field in self.row.fields:
            return state._replace(file=state.file.replace(**{field: _in_file(field, value)}))
        cell = self._cell(field)
        if cell is None:
            raise CaseError(field, "unknown_field", value, known=suggestions(field, self.row.fields))
        table, row, column = cell
        return state.with_row(table, row._replace(**{column: _read(column, value, state.programs)}))

    def values(self, state: PlannerState) -> dict[str, Any]:
        """Give every control's value, and which rows there are."""
        record = state.file.to_record()
        values: dict[str, Any] = {name: record[name] for name in self.row.fields}
        for table in reversed(TABLES):
            values[table] = "|".join(str(row.id) for row in state.rows(table))
            for row in state.rows(table):
                values |= {f"{table}.{row.id}.{name}": _written(getattr(row, name)) for name in COLUMNS[table]}
        return {**values, "guess": state.guess, "told": state.told}

    # ---- files ----

    def to_file(self, state: PlannerState) -> tuple[str, str]:
        """Give the name and the text of a file that keeps both tables, the file and the guess."""
        return "my_planner.json", json.dumps(self.values(state), indent=1)

    def from_file(self, text: str) -> PlannerState:
        """Read what `saved` wrote, or one of the two tables as a spreadsheet keeps it."""
        head = text.lstrip("\ufeff \t\r\n").partition("\n")[0].lower()
        if not head.startswith(("{", "[")) and "name" in head:
            return self._from_spreadsheet(text, "people" if "kind" in head else "programs")
        try:
            record = json.loads(text)
        except ValueError:
            raise CaseError(self.key, "not_json", text[:40]) from None
        if not isinstance(record, dict) or not set(TABLES) & set(record):
            raise CaseError(self.key, "not_a_record", text[:40])
        return self._from_record(record)

    def _from_record(self, record: Mapping[str, Any]) -> PlannerState:
        file = empty().file.replace(**{name: _in_file(name, record[name]) for name in self.row.fields if name in record})
        state = PlannerState(file)
        for table in reversed(TABLES):
            for number in _numbers(table, record.get(table, "")):
                given = {name: record.get(f"{table}.{number}.{name}", ...) for name in COLUMNS[table]}
                cells = {name: _read(name, value, state.programs) for name, value in given.items() if value is not ...}
                state = state.with_row(table, (PersonRow if table == "people" else ProgramRow)(number, **cells))
        for name in ("guess", "told"):
            word = record.get(name, "")
            if word != "" and word not in GUESSES:
                raise CaseError(name, "level", word, levels=", ".join(GUESSES))
        guess = str(record.get("guess", ""))
        return state._replace(guess=guess, told=str(record.get("told", "")) if guess else "")

    def _from_spreadsheet(self, text: str, table: str) -> PlannerState:
        """Put a spreadsheet's people or programs in the place of the table's rows."""
        rows: tuple[Any, ...] = read_people(text) if table == "people" else read_programs(text)
        _refuse_too_many(table, len(rows))
        state = self.state.with_rows(table, ())
        by_name = {row.name.casefold(): row.id for row in state.programs}
        for number, row in enumerate(rows, start=1):
            cells = {name: getattr(row, name) for name in COLUMNS[table]}
            if table == "people":
                at = (by_name.get(name.casefold()) for name in row.known_at)
                cells["known_at"] = tuple(one for one in at if one) if row.known_at else tuple(by_name.values())
                state = state.with_row(table, PersonRow(number, **cells))
            else:
                state = state.with_row(table, ProgramRow(number, **cells))
        if table == "people":
            return state
        # Programs of the same name stay the same programs to those who are known there.
        before = {row.id: row.name.casefold() for row in self.state.programs}
        now = {row.name.casefold(): row.id for row in state.programs}
        people = tuple(
            row._replace(known_at=tuple(now[before[one]] for one in row.known_at if before.get(one) in now))
            for row in state.people
        )
        return state._replace(people=people)

    def file_problem(self, error: CaseError) -> str:
        """Say in a sentence for a reader what is wrong with a file."""
        if isinstance(error, PlannerTableError) or error.rule == "too_many_rows":
            return text("planner_board.bad_file", problem=str(error))
        return text("planner_board.not_a_file")

    # ---- acts ----

    def actions(self) -> dict[str, Action]:
        """Give what the buttons do."""
        files: dict[str, Action] = {"load": self._open, "save_table": self._save_table, "save_plan": self._save_plan}
        sheets: dict[str, Action] = {"save_sheet": self._save_sheet}
        tables: dict[str, Action] = {"add": self._add, "remove": self._remove, "clear": self._clear, "example": self._example}
        return {**files, **sheets, **tables, "bring": self._bring, "see": self._see, "again": self._again}

    def _afresh(self, to: PlannerState, **more: Unpack[ActionResult]) -> ActionResult:
        """Move to other rows; what was typed in vain belongs to those that were there."""
        self.commit(to)
        self.clear_errors()
        return {"values": self.values(self.state), **more}

    def _open(self, message: Mapping[str, Any]) -> ActionResult:
        try:
            to = self.from_file(str(message["value"]))
        except CaseError as error:
            return {"notice": text("planner_board.load_failed", problem=self.file_problem(error))}
        return self._afresh(to, notice=text("planner_board.loaded"))

    def _add(self, message: Mapping[str, Any]) -> ActionResult:
        table = _table(message["value"])
        rows = self.state.rows(table)
        if len(rows) >= MOST_ROWS[table]:
            return {"notice": text("planner_board.full", most=MOST_ROWS[table])}
        number = 1 + max((row.id for row in rows), default=0)
        row: TableRow = PersonRow(number) if table == "people" else ProgramRow(number)
        return self._afresh(self.state.with_row(table, row), focus=f"{table}.{number}.name")

    def _remove(self, message: Mapping[str, Any]) -> ActionResult:
        table, _, number = str(message["value"]).partition(".")
        rows = self.state.rows(_table(table))
        at = [str(row.id) for row in rows].index(number) if number in {str(row.id) for row in rows} else -1
        if at < 0:
            raise CaseError("remove", "level", number, levels="")
        left = [row.id for row in rows if str(row.id) != number]
        focus = f"{table}.{left[min(at, len(left) - 1)]}.name" if left else table
        notice = text("planner_board.removed", row=rows[at].name or _row_title(table, at + 1))
        return self._afresh(self.state.without(table, int(number)), focus=focus, notice=notice)

    def _clear(self, _: object) -> ActionResult:
        return self._afresh(empty(), focus="people", notice=text("planner_board.cleared"))

    def _example(self, _: object) -> ActionResult:
        return self._afresh(example(), notice=text("planner_board.example_again"))

    def _bring(self, _: object) -> ActionResult:
        """Put what the reader kept in the chapters into the file; the tables stay."""
        record = {name: value for name, value in saved_answers.saved(saved_answers.CASE).items() if name in self.row.fields}
        if not record:
            return {"notice": text("planner_board.nothing_kept")}
        names = ", ".join(text(f"field.{name}.label") for name in self.row.fields if name in record)
        to = self.state._replace(file=saved_answers.with_saved(self.state.file, record))
        return self._afresh(to, notice=text("kept.brought", names=names))

    def _see(self, _: object) -> ActionResult:
        if not self.state.guess:
            return {"notice": text("guess.first")}
        self.commit(self.state._replace(told=str(len(plan_of(self.state).people))))
        return {"focus": "beside"}

    def _again(self, _: object) -> ActionResult:
        self.commit(self.state._replace(guess="", told=""))
        return {"values": self.values(self.state), "focus": "guess"}

    @staticmethod
    def _file(name: str, content: str) -> ActionResult:
        return {"file": {"name": name, "text": content}, "notice": text("panel.saved", name=name)}

    def _save_table(self, message: Mapping[str, Any]) -> ActionResult:
        if _table(message["value"]) == "people":
            return self._file("my_people.csv", people_to_csv(people_of(self.state)))
        return self._file("my_programs.csv", programs_to_csv(programs_of(self.state)))

    def _save_plan(self, _: object) -> ActionResult:
        if not self.state.told:
            return {"notice": text("guess.first")}
        return self._file("my_plan.csv", plan_to_csv(plan_of(self.state)))

    def _save_sheet(self, message: Mapping[str, Any]) -> ActionResult:
        if not self.state.told:
            return {"notice": text("guess.first")}
        sheets = {str(number): sheet for number, sheet in self._sheets(self.state)}
        number = str(message["value"])
        if number not in sheets:
            raise CaseError("save_sheet", "level", number, levels=", ".join(sheets))
        return self._file(f"facts_{number}.txt", sheets[number].text)

    # ---- what is on screen ----

    def fragments(self, state: PlannerState) -> dict[str, str]:
        """Give the tables, the rule, and once a guess was made, the proposal beside it and the facts to hand over."""
        known = tuple((row.id, row.name) for row in state.people if row.name and row.kind in BY_RELATION)
        parts = {
            "example": text("planner_board.is_example") if _is_example(state) else "",
            "rule": _rule(rules_check(state.file)),
            "people": _people(tuple(row.id for row in state.people)),
            "programs": _programs(tuple(row.id for row in state.programs)),
            "known": _sent_contents(known, tuple((row.id, row.name) for row in state.programs if row.name)),
            **dict.fromkeys(("beside", "plan", "sheets"), ""),
        }
        if not state.told:
            return {**parts, "spoken": text("planner_board.counts", people=len(state.people), programs=len(state.programs))}
        found = plan_of(state)
        parts["beside"] = _beside(state)
        parts["plan"] = _plan_part(state, found)
        parts["sheets"] = join([_sheet(number, sheet) for number, sheet in self._sheets(state)])
        return {**parts, "spoken": found.words}

    @staticmethod
    def _sheets(state: PlannerState) -> list[tuple[int, Briefing]]:
        """Give the facts for each person of the plan, with the number of their row."""
        found = plan_of(state)
        numbers = {row.name: row.id for row in state.people}
        return [(numbers[person.name], briefing(found, person)) for person in found.people]

    def ui_state(self, state: PlannerState) -> dict[str, Any]:
        """Tell which controls and sections are in sight, and where the score's slider ends."""
        open_now = ["seen"] if state.told else ["ask"]
        if state.told and plan_of(state).rows:
            open_now.append("sheets")
        mine = [name for name in shown_fields(state.file) if name in self.row.fields]
        cells = [name for name in self.fields() if name not in Case.fields()]
        return {"open": open_now, "shown": [*mine, *cells], "ends": {"score": _ends(state)}}

    def page(self) -> str:
        """Give the whole page."""
        state = self.state
        parts, about = self.fragments(state), self.ui_state(state)
        return activity_page(
            self.key,
            slot("example", parts["example"], "p", class_="bw-kind"),
            tag(
                "div",
                button(text("planner_board.clear"), "clear"),
                button(text("planner_board.example"), "example"),
                button(text("planner_board.bring"), "bring"),
                class_="bw-toolbar bw-alike",
            ),
            self._file_section(parts["rule"]),
            [
                tag(
                    "section",
                    tag("h3", text(f"planner_table.{table}.title")),
                    tag("p", text(f"planner_table.{table}.lead")),
                    slot(table, parts[table], class_="bw-rows", data_rows=True),
                    tag("div", button(text(f"planner_table.{table}.add"), "add", table), class_="bw-toolbar bw-alike"),
                    class_="bw-wide",
                )
                for table in TABLES
            ],
            tag(
                "section",
                tag("h3", text("planner_board.known")),
                tag("p", text("planner_board.known_lead")),
                slot("known", parts["known"], class_="bw-rows", data_rows=True),
                class_="bw-wide",
            ),
            show_if(
                "ask",
                about["open"],
                tag("h3", text("planner_board.ask")),
                radios("guess", text("planner_board.guess"), [(one, one) for one in GUESSES], state.guess, row=True),
                tag("div", button(text("planner_board.see"), "see"), class_="bw-toolbar"),
                element="section",
                class_="bw-wide",
            ),
            show_if("seen", about["open"], slot("beside", parts["beside"], class_="bw-beside")),
            show_if(
                "seen",
                about["open"],
                tag("h3", text("planner_board.plan")),
                tag("p", text("planner_board.plan_voice"), class_="bw-voice"),
                slot("plan", parts["plan"], class_="bw-spaced"),
                tag("div", button(text("planner_board.again"), "again"), class_="bw-toolbar bw-alike"),
                element="section",
                class_="bw-wide bw-plan",
            ),
            show_if(
                "sheets",
                about["open"],
                tag("h3", text("planner_board.sheets")),
                tag("p", text("planner_board.sheets_lead")),
                tag("p", text("planner.briefing.before_you_share")),
                slot("sheets", parts["sheets"], class_="bw-spaced"),
                citations("sheets", ("conduct.no-script", "conduct.tell-recommender")),
                element="section",
                class_="bw-wide",
            ),
            self._files_section(about["open"]),
        )

    def _file_section(self, rule: str) -> Markup:
        """Write the controls of the student's own file: what always counts, and the rest folded."""
        state = self.state
        rows = {row.field: row for row in load_controls() if row.field in self.row.fields}
        shown = set(shown_fields(state.file))

        def controls_of(fields: Iterable[str]) -> list[Markup]:
            return [_control(rows[name], state, shown=name in shown) for name in fields if name in rows]

        always = ("score", "phase")
        folded = [name for name in self.row.fields if name not in always and rows[name].group != "timing"]
        moment = [name for name in self.row.fields if name not in always and rows[name].group == "timing"]
        return tag(
            "section",
            tag("h3", text("planner_board.file")),
            tag(
                "div",
                tag(
                    "div",
                    controls_of(("score",)),
                    tag("details", tag("summary", text("planner_board.more_file")), controls_of(folded), data_keep="file"),
                    controls_of(("phase", *moment)),
                    class_="bw-controls",
                ),
                tag(
                    "section",
                    tag("h3", text("rules.title")),
                    tag("p", text("rules.voice"), class_="bw-voice"),
                    slot("rule", rule),
                    class_="bw-rule",
                ),
                class_="bw-columns bw-halves",
            ),
        )

    @staticmethod
    def _files_section(open_now: Iterable[str]) -> Markup:
        chooser = tag(
            "label",
            tag("span", text("planner_board.open")),
            tag(
                "input",
                type="file",
                accept=".json,.csv,application/json,text/csv",
                data_load=True,
                aria_label=text("planner_board.open"),
            ),
            class_="bw-file",
        )
        return tag(
            "details",
            tag("summary", text("planner_board.files")),
            tag("p", text("planner_board.files_lead"), class_="bw-small"),
            tag(
                "div",
                button(text("planner_board.save"), "save"),
                chooser,
                button(text("planner_board.save_people"), "save_table", "people"),
                button(text("planner_board.save_programs"), "save_table", "programs"),
                show_if("seen", open_now, button(text("planner_board.save_plan"), "save_plan")),
                class_="bw-toolbar bw-alike",
            ),
            data_keep="files",
        )

    def static_html(self) -> str:
        """Give title and lead, for a notebook that has not been run."""
        return static_page(self.key)

    @property
    def text(self) -> str:
        """Title, lead and rule, the number of rows, and the plan once it was shown."""
        state = self.state
        head = [text(f"activity.{self.row.activity}.title"), text(f"activity.{self.row.activity}.lead")]
        check = rules_check(state.file)
        head.append(text("text.rules", answer=check.label, reason=check.reason))
        head.append(text("planner_board.counts", people=len(state.people), programs=len(state.programs)))
        return "\n".join([*head, *(_lines(plan_of(state)) if state.told else [text("planner_board.guess_text")])])

    def transcript(self) -> str:
        """Guess, look, move the moment, the file and cells of both tables, and tell each outcome; then go back."""
        start, lines = self.state, []
        for guess in GUESSES:
            self._again({})
            self.update(guess=guess)
            self._see({})
            lines.append(text("planner_board.tour", what=guess, words=_difference(self.state)))
        lines += _lines(plan_of(self.state))
        lines += [f"! {notice.words}" for notice in _warnings(plan_of(self.state))]
        lines += [text("planner_board.tour_out", name=left.name, words=left.words) for left in plan_of(self.state).left_out]
        lines += [sheet.text for _, sheet in self._sheets(self.state)]
        shown = self.state
        for field, values in self._stops():
            for value in values:
                self.commit(shown)
                self.update(**{field: value})
                what = text("planner_board.tour_move", label=self.label(field), value=_spoken(field, value))
                lines.append(text("planner_board.tour", what=what, words=_in_short(plan_of(self.state))))
        self.commit(shown)
        try:
            self.update(**{"programs.1.range_low": "high"})
        except CaseError as error:
            lines.append(error.sentence)
        for table in TABLES:
            self.commit(shown)
            for row in shown.rows(table):
                self._remove({"value": f"{table}.{row.id}"})
            lines.append(plan_of(self.state).words)
        self._clear({})
        lines.append(plan_of(self.state).words)
        self.commit(start)
        return "\n".join(lines)

    def _stops(self) -> Iterable[tuple[str, tuple[Any, ...]]]:
        """List the places to which the tour moves each control."""
        yield "phase", Case.fields()["phase"].levels
        yield "score", (225, 250)
        for name in self.row.fields:
            if Case.fields()[name].kind == "flag" and name != "lists_open":
                yield name, (True,)
        yield "failed_attempts", (1,)
        yield "offers", ("", "local|language")
        yield "people.2.kind", KINDS
        yield "people.2.knows_work", ACQUAINTANCE
        yield "people.2.track_record", ("", 0, 3)
        yield "people.2.known_at", ("", "1|2")
        yield "programs.1.range_low", ("220", "245", "")
        yield "programs.1.openings", OPENINGS
        for name in ("prior_contact", "interviews_failures", "sponsors_visas", "program_contacted_first"):
            yield f"programs.1.{name}", (False, True)
        yield "programs.1.needs", ("", "language")


def _spoken(field: str, value: object) -> str:
    """Write a value in the tour as a reader would name it."""
    if value in ("", None):
        return text("planner_board.nothing")
    if isinstance(value, bool):
        return text("scene.on") if value else text("scene.off")
    match field.rpartition(".")[2]:
        case "kind":
            return text(f"short.recommender.{value}")
        case "phase":
            return text(f"level.phase.{value}")
        case "knows_work":
            return text(f"planner_knows.{value}")
        case "openings":
            return text(f"planner.opening.{value}")
    return str(value)


def _numbers(table: str, listed: object) -> list[int]:
    """Read which rows a table has."""
    words = [word for word in str(listed).split("|") if word]
    if not all(word.isascii() and word.isdecimal() and int(word[:6]) >= 1 and len(word) <= 6 for word in words):
        raise CaseError(table, "not_a_row", listed)
    if len(set(words)) != len(words):
        raise CaseError(table, "name_twice", listed)
    _refuse_too_many(table, len(words))
    return [int(word) for word in words]


def _refuse_too_many(table: str, count: int) -> None:
    if count > MOST_ROWS[table]:
        raise CaseError(text(f"planner.table.{table}"), "too_many_rows", count, most=MOST_ROWS[table])


def _table(value: object) -> str:
    if value not in TABLES:
        raise CaseError("table", "level", value, levels=", ".join(TABLES))
    return str(value)


def _is_example(state: PlannerState) -> bool:
    return (state.people, state.programs) == (example().people, example().programs)


def _ends(state: PlannerState) -> tuple[int, int]:
    """Tell where the score's slider ends, by the exam of the first program's range."""
    first = next((row.range_low for row in state.programs if row.range_low is not None), None)
    case = state.file if first is None else state.file.replace(range_low=first, range_floor=first)
    return slider_ends(case, "score")


# ---- pieces of the page ----


def _control(row: ControlRow, state: PlannerState, *, shown: bool) -> Markup:
    return control(row, state.file, shown=shown)


def _rule(check: RulesCheck) -> Markup:
    signs = {"not_allowed": "✕", "ask_first": "?", "allowed": "✓"}
    sign = tag("span", signs[check.answer], aria_hidden="true")
    return join(
        tag("p", sign, " ", check.label, class_="bw-rule-answer", data_answer=check.answer),
        tag("p", check.reason),
        tag("p", check.next_step, class_="bw-next") if check.answer != "allowed" else None,
        tag("p", check.note, class_="bw-small"),
        tag("details", tag("summary", text("rules.source")), tag("p", check.source), class_="bw-basis", data_keep="rules"),
    )


def _row_title(table: str, number: int) -> str:
    return text("planner_board.person", number=number) if table == "people" else text("planner_board.program", number=number)


def _row(table: str, number: int, row: int, *cells: object) -> Markup:
    title = _row_title(table, number)
    remove = button(
        text("planner_board.remove"), "remove", f"{table}.{row}", name=text("planner_board.remove_named", row=title)
    )
    return tag("fieldset", tag("legend", title), cells, tag("p", remove), class_="bw-row-card")


@functools.lru_cache(maxsize=32)
def _people(ids: tuple[int, ...]) -> Markup:
    """Write the rows of people without what stands in them, so that only rows that come or go write them anew."""
    blank = PersonRow(0)
    kinds = [("", text("planner_board.choose")), *((kind, text(f"level.recommender.{kind}")) for kind in KINDS)]
    knows = [(step, text(f"planner_knows.{step}")) for step in ACQUAINTANCE]
    records = [(None, text("panel.not_known")), *((count, text("panel.of_three", count=count)) for count in range(4))]
    return join(
        [
            _row(
                "people",
                number,
                one,
                tag(
                    "div",
                    text_box(f"people.{one}.name", text("planner_column.name"), ""),
                    select(f"people.{one}.kind", text("planner_column.kind"), kinds, blank.kind),
                    select(f"people.{one}.knows_work", text("planner_column.knows_work"), knows, blank.knows_work),
                    select(f"people.{one}.track_record", text("planner_column.track_record"), records, None),
                    class_="bw-cells",
                ),
            )
            for number, one in enumerate(ids, start=1)
        ]
        or tag("p", text("planner_board.no_people"))
    )


@functools.lru_cache(maxsize=32)
def _programs(ids: tuple[int, ...]) -> Markup:
    """Write the rows of programs without what stands in them."""
    seats = [(level, text(f"planner.opening.{level}")) for level in OPENINGS]
    needs = [(level, text(f"level.need.{level}")) for level in Case.fields()["needs"].levels]
    more = ("interviews_failures", "sponsors_visas", "program_contacted_first")
    return join(
        [
            _row(
                "programs",
                number,
                one,
                tag(
                    "div",
                    text_box(f"programs.{one}.name", text("planner_column.name"), ""),
                    text_box(f"programs.{one}.range_low", text("planner_column.range_low"), ""),
                    select(f"programs.{one}.openings", text("planner_column.openings"), seats, OPENINGS[0]),
                    checkbox(f"programs.{one}.prior_contact", text("planner_column.prior_contact"), False),
                    class_="bw-cells",
                ),
                tag(
                    "details",
                    tag(
                        "summary",
                        text("planner_board.more_program"),
                        tag("span", " ", _row_title("programs", number), class_="bw-hidden"),
                    ),
                    tag(
                        "div",
                        checks(f"programs.{one}.needs", text("planner_column.needs"), needs, ()),
                        tag(
                            "div",
                            [checkbox(f"programs.{one}.{name}", text(f"planner_column.{name}"), False) for name in more],
                            text_box(
                                f"programs.{one}.range_floor",
                                text("planner_column.range_floor"),
                                "",
                                help_text=text("planner_board.floor_help"),
                            ),
                        ),
                        class_="bw-cells",
                    ),
                    data_keep=f"program-{one}",
                ),
            )
            for number, one in enumerate(ids, start=1)
        ]
        or tag("p", text("planner_board.no_programs"))
    )


@functools.lru_cache(maxsize=32)
def _sent_contents(people: tuple[tuple[int, str], ...], programs: tuple[tuple[int, str], ...]) -> Markup:
    """Write for each person whose relations count a box to tick for each program."""
    if not people or not programs:
        return tag("p", text("planner_board.known_nobody"))
    return join(
        [checks(f"people.{one}.known_at", text("planner_board.known_at", name=name), programs, ()) for one, name in people]
    )


def _difference(state: PlannerState) -> str:
    guess, told = int(state.guess or 0), int(state.told or 0)
    if told == 0:
        return text("planner_board.told_nobody")
    if guess == told:
        return text("planner_board.told_same")
    return text("planner_board.told_fewer") if told < guess else text("planner_board.told_more")


def _beside(state: PlannerState) -> Markup:
    return join(
        paired((text("guess.yours"), tag("b", state.guess)), (text("planner_board.planner"), tag("b", state.told))),
        tag("p", _difference(state), class_="bw-kind"),
        citations("beside", ABOUT_SIZE),
    )


def _warnings(found: Plan) -> list[Any]:
    # Here nobody misspells a program: where someone is known, is ticked.
    return [notice for notice in found.warnings if notice.kind != "unknown_program"]


def _plan_part(state: PlannerState, found: Plan) -> Markup:
    waiting = [
        row.name or _row_title(table, number)
        for table in TABLES
        for number, row in enumerate(state.rows(table), start=1)
        if not is_ready(row)
    ]
    warnings = _warnings(found)
    return join(
        tag("p", found.words, class_="bw-summary"),
        tag("p", text("planner_board.waiting", names=", ".join(waiting))) if waiting else None,
        [_of_person(found, person) for person in found.people],
        tag("h4", text("planner_board.warnings")) if warnings else None,
        tag(
            "ul",
            [
                tag("li", tag("p", notice.words), citations(f"notice-{notice.kind}", notice.claims) if notice.claims else None)
                for notice in warnings
            ],
            class_="bw-list",
        )
        if warnings
        else None,
        tag(
            "details",
            tag("summary", text("planner_board.left_out", count=len(found.left_out))),
            tag("ul", [tag("li", tag("b", left.name), ": ", left.words) for left in found.left_out], class_="bw-list"),
            data_keep="left-out",
        )
        if found.left_out
        else None,
        tag("details", tag("summary", text("planner_board.objective")), tag("p", found.objective), data_keep="objective"),
        citations("plan", ABOUT_SIZE, ASSUMPTIONS),
    )


def _of_person(found: Plan, person: Person) -> Markup:
    rows = found.rows_of(person)
    return tag(
        "div",
        tag("h4", text("planner_board.person_rows", name=person.name, count=len(rows))),
        tag("ul", [tag("li", _line(row)) for row in rows], class_="bw-dated"),
    )


def _line(row: Row) -> Markup:
    return join(
        tag(
            "p",
            tag("b", row.program.name),
            " ",
            tag("span", _rule_of(row), class_="bw-badge bw-voice-rule"),
            " ",
            tag("span", text("planner_board.expects", verdict=row.verdict.label), class_="bw-badge bw-voice-article"),
        ),
        tag("p", row.reason),
    )


def _rule_of(row: Row) -> str:
    return text("planner_board.row_rule", answer=row.rules.label, moment=text(f"level.phase.{row.case.phase}"))


def _sheet(number: int, sheet: Briefing) -> Markup:
    return tag(
        "details",
        tag("summary", text("planner_board.sheet", name=sheet.person)),
        tag(
            "textarea",
            sheet.text,
            readonly=True,
            rows=sheet.text.count("\n") + 4,
            class_="bw-text",
            aria_label=text("planner_board.sheet", name=sheet.person),
            data_lm_suppress_shortcuts="true",
        ),
        tag(
            "div",
            button(
                text("planner_board.save_sheet"),
                "save_sheet",
                str(number),
                name=text("planner_board.save_sheet_named", name=sheet.person),
            ),
            class_="bw-toolbar bw-alike",
        ),
        data_keep=f"sheet-{number}",
    )


def _in_short(found: Plan) -> str:
    """Give who approaches which programs, or why nobody does."""
    if not found.rows:
        return found.words
    return "; ".join(
        text(
            "planner_board.in_short",
            person=person.name,
            programs=", ".join(
                text("planner_board.in_short_row", program=row.program.name, verdict=row.verdict.label, answer=row.rules.label)
                for row in found.rows_of(person)
            ),
        )
        for person in found.people
    )


def _lines(found: Plan) -> list[str]:
    """Give a plan as lines of text."""
    rows = [
        text(
            "planner_board.line",
            person=row.person.name,
            program=row.program.name,
            verdict=row.verdict.label,
            rule=_rule_of(row),
            reason=row.reason,
        )
        for row in found.rows
    ]
    return [found.words, *rows]


def plan_to_csv(found: Plan) -> str:
    r"""Write the rows of a plan as a table.

    Args:
        found: The plan.

    Returns:
        CSV with a header.

    Examples:
        >>> plan_to_csv(plan_of(PlannerState(Case())))
        'person,program,verdict,nrmp_rule,moment,reason\n'
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("person", "program", "verdict", "nrmp_rule", "moment", "reason"))
    for row in found.rows:
        moment = text(f"level.phase.{row.case.phase}")
        writer.writerow((row.person.name, row.program.name, row.verdict.label, row.rules.label, moment, row.reason))
    return out.getvalue()
