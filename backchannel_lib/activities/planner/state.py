"""What a reader has entered in the planner: both tables, the student's file, and a guess."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from backchannel_lib.activities.planner.plan import BY_RELATION, Plan, plan
from backchannel_lib.activities.planner.tables import (
    MOST_ROWS,
    PERSON_FIELDS,
    PROGRAM_FIELDS,
    RELATIONS,
    TABLES,
    Person,
    Program,
    cell_value,
    check_name,
    limit,
    read_rows,
)
from backchannel_lib.activities.sheet_desk import SheetEntries, sheet_fields
from backchannel_lib.activities.tables import load_planner_example
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case


class PersonRow(NamedTuple):
    """A row of the table of people, possibly incomplete; ``known_at`` and ``inside_at`` refer to program rows by number."""

    id: int
    name: str = ""
    kind: str = ""
    knows_work: str = "somewhat"
    track_record: int | None = None
    known_at: tuple[int, ...] = ()
    inside_at: tuple[int, ...] = ()

    def moved(self, to: Mapping[int, int]) -> PersonRow:
        """Return the row with its program numbers replaced, dropping programs that have no new number."""
        known, inside = (tuple(to[at] for at in getattr(self, column) if at in to) for column in RELATIONS)
        return self._replace(known_at=known, inside_at=inside)

    @property
    def is_ready(self) -> bool:
        """Whether the row has enough for the plan: a name and a kind."""
        return bool(self.name and self.kind)


class ProgramRow(NamedTuple):
    """A row of the table of programs, possibly incomplete."""

    id: int
    name: str = ""
    range_low: int | None = None
    range_floor: int | None = None
    openings: str | None = None
    prior_contact: bool = False
    needs: frozenset[str] = frozenset()
    interviews_failures: bool | None = None
    sponsors_visas: bool | None = None
    program_contacted_first: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether the row has enough for the plan: a name and the bottom of its range."""
        return bool(self.name) and self.range_low is not None


TableRow: TypeAlias = PersonRow | ProgramRow
ROWS: Final[Mapping[str, type[TableRow]]] = {"people": PersonRow, "programs": ProgramRow}
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {table: row._fields[1:] for table, row in ROWS.items()}
ON_SHEETS: Final = ("topics", "name")  # asked only for the sheets; the programs come from the table


class PlannerState(NamedTuple):
    """The student's file, the two tables, and the guess; ``planned`` is the first plan that the reader saw."""

    file: Case
    people: tuple[PersonRow, ...] = ()
    programs: tuple[ProgramRow, ...] = ()
    guess: str = ""
    planned: str = ""
    sheet: SheetEntries = SheetEntries()  # for all sheets

    def rows(self, table: str) -> tuple[Any, ...]:
        """Return the rows of a table."""
        return tuple(getattr(self, table))

    def with_rows(self, table: str, rows: Iterable[TableRow]) -> PlannerState:
        """Return the state with new rows in a table."""
        changed: dict[str, Any] = {table: tuple(rows)}
        return self._replace(**changed)

    def with_row(self, table: str, row: TableRow) -> PlannerState:
        """Return the state with one row changed or added; raise `CaseError` if it conflicts with other rows."""
        rows = {other.id: other for other in self.rows(table)}
        if any(row.name and other.id != row.id and other.name.casefold() == row.name.casefold() for other in rows.values()):
            raise CaseError("name", "name_twice", row.name)
        if isinstance(row, ProgramRow) and None not in (row.range_low, row.range_floor):
            Program("-", row.range_low or 0, row.range_floor)  # rejects a floor above the range
        return self.with_rows(table, {**rows, row.id: row}.values())

    def without(self, table: str, number: int) -> PlannerState:
        """Return the state without one row, and without references to it."""
        left = self.with_rows(table, (row for row in self.rows(table) if row.id != number))
        if table == "people":
            return left
        return left._replace(people=tuple(row.moved({row.id: row.id for row in left.programs}) for row in left.people))

    @property
    def ready_people(self) -> tuple[Person, ...]:
        """The people with complete rows, as the planner expects them."""
        names = {row.id: row.name for row in self.programs if row.is_ready}
        people = []
        for row in self.people:
            if row.is_ready:
                # An empty list would mean everywhere, so a person who isn't known at any program gets a placeholder.
                known_at = tuple(names[at] for at in row.known_at if at in names) or (text("planner_board.nowhere"),)
                known_at = known_at if row.kind in BY_RELATION else ()
                inside_at = tuple(names[at] for at in row.inside_at if at in names)
                people.append(Person(row.name, row.kind, row.track_record, row.knows_work, known_at, inside_at))
        return tuple(people)

    @property
    def ready_programs(self) -> tuple[Program, ...]:
        """The programs with complete rows, as the planner expects them."""
        columns = COLUMNS["programs"]
        return tuple(Program(**{name: getattr(row, name) for name in columns}) for row in self.programs if row.is_ready)

    @property
    def plan(self) -> Plan:
        """The plan for the complete rows."""
        return _plan(self.file, self.ready_people, self.ready_programs)


_plan = functools.lru_cache(maxsize=16)(plan)


def guesses() -> tuple[str, ...]:
    """Return the numbers of people that a reader can guess."""
    return tuple(str(count) for count in range(limit("most_people").value + 1))


# ---- reading input and saved files ----

_FIELDS: Final = {**PERSON_FIELDS, **PROGRAM_FIELDS}
_NOT_YET: Final = {"name": "", "kind": "", "range_low": None, "range_floor": None}  # can stay empty for a while


def read_cell(column: str, value: object, programs: Iterable[ProgramRow]) -> Any:
    """Read the value of a cell from a control or a file; columns in `RELATIONS` refer to ``programs``, as in ``"1|3"``."""
    if column in RELATIONS:
        known = {str(row.id): row.id for row in programs}
        wanted = {number for number in str(value).split("|") if number}
        if not wanted <= set(known):
            raise CaseError(column, "set", value, levels=", ".join(known))
        return tuple(known[number] for number in known if number in wanted)
    if column in _NOT_YET and (value is None or str(value).strip() == ""):
        return _NOT_YET[column]
    return check_name(column, value) if column == "name" else _FIELDS[column].read(value)


def read_file_field(field: str, value: object) -> Any:
    """Read the value of a field in the student's file; a number must not be blank."""
    known = Case.fields()[field]
    if known.kind == "number" and str(value).strip() == "":
        raise CaseError(field, "number_missing", value)
    return known.read(value)


@functools.cache
def example() -> PlannerState:
    """Return the example student, people and programs that the planner starts with.

    Source:
        data/planner_example.csv.

    Examples:
        >>> len(example().people), example().file.phase
        (4, 'groundwork')
    """
    names = {table: [row.row for row in load_planner_example() if row.table == table] for table in TABLES}
    numbers = {name: str(number) for rows in names.values() for number, name in enumerate(rows, start=1)}
    record = {table: "|".join(numbers[name] for name in rows) for table, rows in names.items()}
    for row in load_planner_example():
        if row.table == "file":
            record |= row.overrides
            continue
        cells = {"name": text(f"planner_example.{row.row}"), **dict(row.overrides)}
        cells |= {column: "|".join(numbers[name] for name in cells[column].split("|")) for column in cells.keys() & RELATIONS}
        record |= {f"{row.table}.{numbers[row.row]}.{column}": cell for column, cell in cells.items()}
    return from_record(record, Case.fields())


def empty() -> PlannerState:
    """Return tables without rows, and a default file before Match Week."""
    return PlannerState(Case(phase="groundwork"))


def to_record(state: PlannerState, fields: Iterable[str]) -> dict[str, Any]:
    """Return the values of all controls and the existing rows; ``fields`` are those of the student's file."""
    file = state.file.to_record()
    record: dict[str, Any] = {name: file[name] for name in fields}
    for table in reversed(TABLES):
        record[table] = "|".join(str(row.id) for row in state.rows(table))
        for row in state.rows(table):
            record |= {f"{table}.{row.id}.{name}": cell_value(getattr(row, name)) for name in COLUMNS[table]}
    return {**record, "guess": state.guess, "told": state.planned, **state.sheet.values(*ON_SHEETS)}


def from_record(record: Mapping[str, Any], fields: Iterable[str]) -> PlannerState:
    """Return the state described by `to_record`; raise `CaseError` for a value that breaks a rule."""
    file = {name: read_file_field(name, record[name]) for name in fields if name in record}
    state = PlannerState(empty().file.replace(**file))
    for table in reversed(TABLES):
        for number in _row_numbers(table, record.get(table, "")):
            cells = {name: f"{table}.{number}.{name}" for name in COLUMNS[table]}
            values = {name: read_cell(name, record[cell], state.programs) for name, cell in cells.items() if cell in record}
            state = state.with_row(table, ROWS[table](number, **values))
    guess, planned = (read_guess(name, record.get(name, "")) for name in ("guess", "told"))
    sheet = SheetEntries().with_record(record, sheet_fields(*ON_SHEETS))
    return state._replace(guess=guess, planned=planned if guess else "", sheet=sheet)


def read_guess(field: str, value: object) -> str:
    """Read a guessed number of people as text, or a blank; raise `CaseError` for anything else."""
    return "" if value == "" else known_word(field, value, guesses())


def _row_numbers(table: str, listed: object) -> list[int]:
    numbers = [number for number in str(listed).split("|") if number]
    if not all(number.isascii() and number.isdecimal() and len(number) <= 6 and int(number) for number in numbers):
        raise CaseError(table, "not_a_row", listed)
    if len(set(numbers)) != len(numbers):
        raise CaseError(table, "name_twice", listed)
    if len(numbers) > MOST_ROWS[table]:
        raise CaseError(text(f"planner.table.{table}"), "too_many_rows", len(numbers), most=MOST_ROWS[table])
    return [int(number) for number in numbers]


def with_spreadsheet(state: PlannerState, content: str | bytes, table: str) -> tuple[PlannerState, tuple[str, ...]]:
    """Return the state with a table's rows replaced from a spreadsheet, and notes on how it was read.

    People stay connected to programs that keep their names.
    """
    rows, notes = read_rows(table, content)
    after = state.with_rows(table, ())
    names = {row.name.casefold(): row.id for row in after.programs}
    for number, row in enumerate(rows, start=1):
        cells = {name: getattr(row, name) for name in COLUMNS[table]}
        if table == "people":
            for column in RELATIONS:
                named = [name.casefold() for one in cells[column] for name in _names_in(one, names)]
                cells[column] = tuple(names[name] for name in named if name in names)
            cells["known_at"] = cells["known_at"] if row.known_at else tuple(names.values())
        after = after.with_row(table, ROWS[table](number, **cells))
    if table == "people":
        return after, notes
    now = {row.name.casefold(): row.id for row in after.programs}
    moved = {row.id: now[row.name.casefold()] for row in state.programs if row.name.casefold() in now}
    return after._replace(people=tuple(row.moved(moved) for row in after.people)), notes


def _names_in(known: str, names: Collection[str]) -> list[str]:
    """Split a cell with several programs at commas or semicolons, unless they are part of a name."""
    parts = [part.strip() for part in re.split("[,;]", known)]
    return [known] if known.casefold() in names or not any(part.casefold() in names for part in parts) else parts
