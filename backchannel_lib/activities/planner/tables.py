"""The planner's two tables: the people who could speak for a student, and the programs that could be approached."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import integer, loader
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import RECOMMENDERS, Case, Field
from backchannel_lib.model.exams import exam_of_range
from backchannel_lib.model.tables import claim_ids

KINDS: Final = RECOMMENDERS[:-1]  # all but the student, best first
ACQUAINTANCE: Final = ("well", "somewhat", "barely")
OPENINGS: Final = ("categorical", "both", "noncategorical", "none")
TABLES: Final = ("people", "programs")
RELATIONS: Final = ("known_at", "inside_at")  # columns of people that hold names of programs
#: More rows than anyone needs: a longer table is a mistake, and would make the page wait.
MOST_ROWS: Final[Mapping[str, int]] = {"people": 10, "programs": 60}


class LimitRow(NamedTuple):
    """A limit on the size of a plan, as the article gives it.

    The limits are ``fewest_people`` and ``most_people`` in a plan, and ``fewest_programs`` and ``most_programs`` for each one.
    """

    limit: str
    value: Annotated[int, integer(1, 99)]
    claims: Annotated[tuple[str, ...], claim_ids, "what a sentence about this limit cites"]


load_planner_limits = loader(LimitRow, "planner_limits.csv")


def limit(name: str) -> LimitRow:
    """Return one limit on the size of a plan.

    Examples:
        >>> limit("most_people").value
        3
    """
    return {row.limit: row for row in load_planner_limits()}[name]


def limits_in_words() -> dict[str, str]:
    """Return the limits by their names, as a sentence says them: in words up to nine.

    Examples:
        >>> limits_in_words()["most_people"]
        'three'
    """
    words = text("planner.numbers").split()
    return {row.limit: words[row.value] if row.value < len(words) else str(row.value) for row in load_planner_limits()}


# ---- people and programs ----


def _choice(name: str, levels: tuple[str, ...], default: str | None) -> Field:
    return Field(name=name, kind="choice", default=default, levels=levels)


_CASE: Final = Case.fields()
PERSON_FIELDS: Final[Mapping[str, Field]] = {
    "kind": _choice("kind", KINDS, None),
    "track_record": _CASE["track_record"],
    "knows_work": _choice("knows_work", ACQUAINTANCE, "somewhat"),
}
PROGRAM_FIELDS: Final[Mapping[str, Field]] = {
    "range_low": Field(name="range_low", kind="number", default=None, low=1, high=999),
    "range_floor": Field(name="range_floor", kind="number", default=None, low=1, high=999, optional=True),
    "needs": _CASE["needs"],
    "prior_contact": _CASE["prior_contact"],
    "openings": _choice("openings", OPENINGS, "categorical"),
    "interviews_failures": _CASE["interviews_failures"],
    "sponsors_visas": _CASE["sponsors_visas"],
    "program_contacted_first": _CASE["program_contacted_first"],
}


def check_name(field: str, value: object) -> str:
    """Return a name without needless spaces; 1 to 80 printable characters without ``|``, else `CaseError`."""
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if not 1 <= len(name) <= 80 or not name.isprintable() or "|" in name:
        raise CaseError(field, "row_name", value)
    return name


@dataclass(frozen=True)
class Person:
    """Someone who could speak for the student; a field that breaks its rule raises `CaseError`.

    Args:
        name: 1 to 80 characters, without ``|``.
        kind: Who they are to a director who knows them: one of ``KINDS``, best first.
        track_record: Of their last three residents at those programs, how many worked out, 0 to 3; None where not known.
        knows_work: How well they know the student's work: ``well``, ``somewhat`` or ``barely``.
        known_at: Names of the programs where they are what ``kind`` says; none means everywhere.
        inside_at: Names of the programs at whose hospital they work: they are known there, and speak up inside.

    Source:
        caller.level-trusted-peer to caller.level-unconnected-faculty, works.scoreboard, conduct.few-and-strong.

    Examples:
        >>> Person("Dr. Osei", "known_dean", track_record=5)
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseError: track_record: must be a whole number from 0 to 3, but it is 5.
    """

    name: str
    kind: str
    track_record: int | None = None
    knows_work: str = "somewhat"
    known_at: Sequence[str] = ()
    inside_at: Sequence[str] = ()

    def __post_init__(self) -> None:
        store = self.__dict__
        store["name"] = check_name("name", self.name)
        store |= {name: field.check(store[name]) for name, field in PERSON_FIELDS.items()}
        for column in RELATIONS:
            if not isinstance(store[column], (list, tuple)):
                raise CaseError(column, "row_name", store[column])
            names: dict[str, str] = {}
            for name in store[column]:
                checked = check_name(column, name)
                names.setdefault(checked.casefold(), checked)
            store[column] = tuple(names.values())

    def is_inside(self, program: Program) -> bool:
        """Whether they work at this program's hospital; upper and lower case are the same."""
        return program.name.casefold() in map(str.casefold, self.inside_at)

    def related_to(self, program: Program) -> bool:
        """Whether they are what ``kind`` says to this program; upper and lower case are the same."""
        return not self.known_at or self.is_inside(program) or program.name.casefold() in map(str.casefold, self.known_at)

    def kind_at(self, program: Program) -> str:
        """What they are to this program: where they have no relation, a dean without history or a stranger."""
        if self.related_to(program):
            return self.kind
        return "random_dean" if self.kind in {"known_dean", "random_dean"} else "unconnected_faculty"


@dataclass(frozen=True)
class Program:
    """A program that could be approached; a field that breaks its rule raises `CaseError`.

    Args:
        name: 1 to 80 characters, without ``|``.
        range_low: Bottom of the scores that it usually interviews for a categorical seat, 1 to 999 points.
        range_floor: Below it a file is far below the bar; 1 to 999 points, at most ``range_low``; None where not known.
        needs: What it urgently lacks, any of the needs of a case.
        prior_contact: The student rotated or interviewed there.
        openings: The seats it has open: ``categorical``, ``noncategorical``, ``both`` or ``none``.
        interviews_failures: It still interviews applicants with a failed attempt.
        sponsors_visas: It sponsors visas.
        program_contacted_first: It has already contacted the student or their school (rules check only).

    Source:
        conduct.few-and-strong, conduct.tell-recommender, need.match-gives-traction, paper.checklist.

    Examples:
        >>> Program("Lakeside", 230).floor, Program("Lakeside", 500).floor
        (215, 400)
    """

    name: str
    range_low: int
    range_floor: int | None = None
    needs: Collection[str] = frozenset()
    prior_contact: bool = False
    openings: str = "categorical"
    interviews_failures: bool = True
    sponsors_visas: bool = True
    program_contacted_first: bool = False

    def __post_init__(self) -> None:
        store = self.__dict__
        store["name"] = check_name("name", self.name)
        store |= {name: field.check(store[name]) for name, field in PROGRAM_FIELDS.items()}
        if self.range_floor is not None and self.range_floor > self.range_low:
            raise CaseError("range_floor", "floor_above_low", self.range_floor, range_low=self.range_low)

    @property
    def floor(self) -> int:
        """The floor; where it is not known, as far under the range as in a new case, but not off the exam's slider."""
        return _usual_floor(self.range_low) if self.range_floor is None else self.range_floor


@functools.cache
def _usual_floor(range_low: int) -> int:
    exam = exam_of_range(Case(range_low=range_low, range_floor=1))
    return min(range_low, max(exam.low, range_low - (exam.range_low - exam.range_floor)))


# ---- reading and writing the tables ----


class PlannerTableError(CaseError):
    """A table of people or programs cannot be read; the message names the table, the row, the column, the rule and the value.

    Args:
        table: ``people`` or ``programs``.
        row: The row, the header being row 1.
        column: The column; an empty text where the whole row is meant.
        rule: The id of the broken rule.
        value: What was found.
        **details: What the sentence fills in.

    Examples:
        >>> print(PlannerTableError("programs", 3, "range_low", "range", "high", low=1, high=999))
        programs, row 3, column range_low: must be a whole number from 1 to 999, but it is 'high'.
    """

    def __init__(self, table: str, row: int, column: str, rule: str, value: object, **details: object) -> None:
        super().__init__(column, rule, value, **details)
        self.table = table
        self.row = row
        self.column = column

    def __str__(self) -> str:
        name = text("planner.table.people" if self.table == "people" else "planner.table.programs")
        place = text("planner.cell" if self.column else "planner.line", table=name, row=self.row, column=self.column)
        return f"{place}: {self.sentence}"


def read_people(text: str) -> tuple[Person, ...]:
    r"""Read the people from a table.

    Args:
        text: CSV, with commas, semicolons or tabs, as a spreadsheet saves or copies it. Columns: ``name`` and ``kind``, and
            optionally ``track_record``, ``knows_work``, ``known_at`` and ``inside_at`` (names separated by ``|``). A blank
            cell means the default of `Person`; blank lines are ignored.

    Returns:
        The people in the order of the table; none where the text is blank.

    Raises:
        PlannerTableError: A column is missing or unknown, a name occurs twice, or a cell breaks its rule.

    Examples:
        >>> read_people("name,kind,knows_work,known_at\nDr. Osei,known_dean,well,Mercy|Lakeside\n")[0].known_at
        ('Mercy', 'Lakeside')
        >>> read_people("")
        ()
    """
    return _read("people", text, Person)


def read_programs(text: str) -> tuple[Program, ...]:
    r"""Read the programs from a table.

    Args:
        text: CSV as for `read_people`. Columns: ``name`` and ``range_low``, and optionally the other fields of `Program`;
            needs are separated by ``|``, and flags may be written as yes or no.

    Returns:
        The programs in the order of the table; none where the text is blank.

    Raises:
        PlannerTableError: A column is missing or unknown, a name occurs twice, or a cell breaks its rule.

    Examples:
        >>> read_programs("name,range_low,needs,prior_contact\nMercy,230,local|language,yes\n")[0].prior_contact
        True
    """
    return _read("programs", text, Program)


#: Each table's columns in their order; the first two are required.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "people": ("name", *PERSON_FIELDS, *RELATIONS),
    "programs": ("name", *PROGRAM_FIELDS),
}


def _read(table: str, text: str, row_class: Callable[..., Any]) -> tuple[Any, ...]:
    text = text.removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1):
            if any(cell.strip() for cell in cells):
                lines.append((number, cells))
    except csv.Error:
        raise PlannerTableError(table, len(lines) + 1, "", "not_csv", first) from None
    if not lines:
        return ()
    (top, cells), *rest = lines
    header = [cell.strip().lower().replace(" ", "_") for cell in cells]
    _check_header(table, top, header)
    rows: dict[str, Any] = {}
    for number, cells in rest:
        if len(cells) != len(header):
            raise PlannerTableError(table, number, "", "cell_count", len(cells), count=len(header))
        try:
            row = row_class(**{name: _cell(name, cell) for name, cell in zip(header, cells, strict=True)})
        except CaseError as error:
            raise PlannerTableError(table, number, error.field, error.rule, error.value, **error.details) from None
        if rows.setdefault(row.name.casefold(), row) is not row:
            raise PlannerTableError(table, number, "name", "name_twice", row.name)
    return tuple(rows.values())


def _check_header(table: str, top: int, header: list[str]) -> None:
    for name in header:
        if name not in COLUMNS[table] or header.count(name) > 1:
            raise PlannerTableError(table, top, name, "table_column", name, known=suggestions(name, COLUMNS[table]))
    for name in COLUMNS[table][:2]:
        if name not in header:
            raise PlannerTableError(table, top, name, "table_column_missing", ", ".join(header))


def _cell(name: str, cell: str) -> object:
    field = {**PERSON_FIELDS, **PROGRAM_FIELDS}.get(name)
    if field is None:
        return [part for part in cell.split("|") if part.strip()] if name in RELATIONS else cell
    if field.kind == "flag" and cell.strip():
        word = cell.strip().lower()
        if word not in {"yes", "no", "true", "false"}:
            raise CaseError(name, "yes_no", cell)
        return word in {"yes", "true"}
    return field.read(cell)


def people_to_csv(people: Iterable[Person]) -> str:
    """Write people as a table with a header, which `read_people` reads.

    Examples:
        >>> people_to_csv([Person("Dr. Osei", "known_dean", 3, "well", ["Mercy", "Lakeside"])]).splitlines()[1]
        'Dr. Osei,known_dean,3,well,Mercy|Lakeside,'
    """
    return to_csv(COLUMNS["people"], ([getattr(person, name) for name in COLUMNS["people"]] for person in people))


def programs_to_csv(programs: Iterable[Program]) -> str:
    """Write programs as a table with a header, which `read_programs` reads.

    Examples:
        >>> programs_to_csv([Program("Mercy", 230, needs={"local"})]).splitlines()[1]
        'Mercy,230,,local,no,categorical,yes,yes,no'
    """
    return to_csv(COLUMNS["programs"], ([getattr(program, name) for name in COLUMNS["programs"]] for program in programs))


def to_csv(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write rows as CSV: a flag as yes or no, and several values with ``|`` between them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([("yes" if value else "no") if isinstance(value, bool) else cell_value(value) for value in row])
    return out.getvalue()


def cell_value(value: object) -> Any:
    """Return a value as a control or a file holds it: several values as one text with ``|`` between them."""
    if isinstance(value, frozenset):
        value = tuple(level for level in _CASE["needs"].levels if level in value)
    return "|".join(map(str, value)) if isinstance(value, tuple) else value
