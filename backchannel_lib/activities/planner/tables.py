"""The planner's two tables: the people who could speak up for a student, and the programs to approach."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.readers import integer, loader
from backchannel_lib.base.spreadsheet import to_csv
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import RECOMMENDERS, Case, Field
from backchannel_lib.model.case_table import KnownColumns, columns_found, read_table
from backchannel_lib.model.exams import usual_floor
from backchannel_lib.model.tables import claim_ids

KINDS: Final = RECOMMENDERS[:-1]  # everyone except the student, best first
ACQUAINTANCE: Final = ("well", "somewhat", "barely")
OPENINGS: Final = ("categorical", "both", "noncategorical", "none")
TABLES: Final = ("people", "programs")
RELATIONS: Final = ("known_at", "inside_at")  # columns of people that contain program names
YES_NO_COLUMNS: Final = ("interviews_failures", "sponsors_visas")  # columns of programs with yes, no or unknown
#: Columns of programs in which a blank means unknown, with the field of a case that is then unknown.
UNKNOWN_IF_BLANK: Final[Mapping[str, str]] = {**{name: name for name in YES_NO_COLUMNS}, "openings": "has_noncategorical_seat"}
#: More rows than anyone needs. A longer table is a mistake and would slow down the page.
MOST_ROWS: Final[Mapping[str, int]] = {"people": 10, "programs": 60}


class LimitRow(NamedTuple):
    """A limit on the size of a plan, from the article.

    ``fewest_people`` and ``most_people`` apply to a plan, ``fewest_programs`` and ``most_programs`` to each person.
    """

    limit: str
    value: Annotated[int, integer(1, 99)]
    claims: Annotated[tuple[str, ...], claim_ids, "the claims that a sentence about this limit cites"]


load_planner_limits = loader(LimitRow, "planner_limits.csv")


def limit(name: str) -> LimitRow:
    """Return one of the limits on the size of a plan.

    Examples:
        >>> limit("most_people").value
        3
    """
    return {row.limit: row for row in load_planner_limits()}[name]


def limits_in_words() -> dict[str, str]:
    """Return the limits by name, written as words up to nine.

    Examples:
        >>> limits_in_words()["most_people"]
        'three'
    """
    words = text("planner.numbers").split()
    return {row.limit: words[row.value] if row.value < len(words) else str(row.value) for row in load_planner_limits()}


# ---- people and programs ----


def _choice(name: str, levels: tuple[str, ...], default: str | None, *label_ids: str) -> Field:
    return Field(name=name, kind="choice", default=default, levels=levels, label_ids=label_ids)


_CASE: Final = Case.fields()
PERSON_FIELDS: Final[Mapping[str, Field]] = {
    "kind": _choice("kind", KINDS, None, "level.recommender.", "short.recommender."),
    "track_record": _CASE["track_record"],
    "knows_work": _choice("knows_work", ACQUAINTANCE, "somewhat", "planner_knows."),
}
PROGRAM_FIELDS: Final[Mapping[str, Field]] = {
    "range_low": Field(name="range_low", kind="number", default=None, low=1, high=999),
    "range_floor": Field(name="range_floor", kind="number", default=None, low=1, high=999, optional=True),
    "needs": _CASE["needs"],
    "prior_contact": _CASE["prior_contact"],
    "openings": replace(_choice("openings", OPENINGS, None, "planner.opening.", "planner_opening."), optional=True),
    **{name: Field(name=name, kind="flag", default=None, optional=True) for name in YES_NO_COLUMNS},
    "program_contacted_first": _CASE["program_contacted_first"],
}


def check_name(field: str, value: object) -> str:
    """Return a name without extra spaces; raise `CaseError` unless it has 1 to 80 printable characters without ``|``."""
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if not 1 <= len(name) <= 80 or not name.isprintable() or "|" in name:
        raise CaseError(field, "row_name", value)
    return name


@dataclass(frozen=True)
class Person:
    """Someone who could speak up for the student; a field that breaks its rule raises `CaseError`.

    Args:
        name: 1 to 80 characters, without ``|``.
        kind: Who they are to a director who knows them, one of ``KINDS``, best first.
        track_record: How many of their last three residents at those programs worked out, 0 to 3; None if unknown.
        knows_work: How well they know the student's work: ``well``, ``somewhat`` or ``barely``.
        known_at: Names of the programs for which ``kind`` is true; empty means all.
        inside_at: Names of the programs at whose hospitals they work, where they are known and can speak up.

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
        """Whether they work at this program's hospital; upper and lower case in names don't matter."""
        return program.name.casefold() in map(str.casefold, self.inside_at)

    def related_to(self, program: Program) -> bool:
        """Whether ``kind`` is true for them at this program; upper and lower case in names don't matter."""
        return not self.known_at or self.is_inside(program) or program.name.casefold() in map(str.casefold, self.known_at)

    def kind_at(self, program: Program) -> str:
        """Who they are to this program; without a relationship, they are a dean without history or a stranger."""
        if self.related_to(program):
            return self.kind
        return "random_dean" if self.kind in {"known_dean", "random_dean"} else "unconnected_faculty"


@dataclass(frozen=True)
class Program:
    """A program to approach; a field that breaks its rule raises `CaseError`.

    Args:
        name: 1 to 80 characters, without ``|``.
        range_low: Bottom of the scores that it usually interviews for a categorical seat, 1 to 999 points.
        range_floor: A score below this is far below the bar; 1 to 999 points, at most ``range_low``; None if unknown.
        needs: What it urgently needs, any of the needs of a case.
        prior_contact: The student rotated or interviewed there.
        openings: Its open seats: ``categorical``, ``noncategorical``, ``both`` or ``none``; None if unknown.
        interviews_failures: Whether it still interviews applicants with a failed attempt; None if unknown.
        sponsors_visas: Whether it sponsors visas; None if unknown.
        program_contacted_first: It has already contacted the student or their school; only the rules check uses this.

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
    openings: str | None = None
    interviews_failures: bool | None = None
    sponsors_visas: bool | None = None
    program_contacted_first: bool = False

    def __post_init__(self) -> None:
        store = self.__dict__
        store["name"] = check_name("name", self.name)
        store |= {name: field.check(store[name]) for name, field in PROGRAM_FIELDS.items()}
        if self.range_floor is not None and self.range_floor > self.range_low:
            raise CaseError("range_floor", "floor_above_low", self.range_floor, range_low=self.range_low)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The fields of a case that are unknown for this program.

        Examples:
            >>> Program("Mercy", 230, openings="categorical", sponsors_visas=True).unknown
            ('interviews_failures',)
        """
        return tuple(field for column, field in UNKNOWN_IF_BLANK.items() if getattr(self, column) is None)

    @property
    def floor(self) -> int:
        """The floor; if unknown, it is as far below the range as in a new case, but never off the exam's slider."""
        return usual_floor(self.range_low) if self.range_floor is None else self.range_floor


# ---- reading and writing the tables ----

_LABELS: Final = ("planner_column.{}", "field.{}.label")
COLUMNS: Final[Mapping[str, KnownColumns]] = {
    "people": KnownColumns(PERSON_FIELDS, ("name", *RELATIONS), ("name", "kind"), _LABELS),
    "programs": KnownColumns(PROGRAM_FIELDS, ("name",), ("name", "range_low"), _LABELS),
}


def table_of(source: str | bytes) -> str:
    r"""Return which of the two tables a file's columns belong to; an empty string if neither.

    Examples:
        >>> table_of("Name;Kind\nDr. Osei;known_dean\n"), table_of("shopping list")
        ('people', '')
    """
    found = {table: columns_found(source, COLUMNS[table]) for table in TABLES}
    best = max(TABLES, key=lambda table: len(found[table]))
    return best if found[best] else ""


def read_rows(table: str, source: str | bytes) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    r"""Read people or programs from a file or from text pasted from a spreadsheet.

    Args:
        table: ``people`` or ``programs``. People have the columns ``name`` and ``kind``, and optionally ``track_record``,
            ``knows_work``, ``known_at`` and ``inside_at`` (names separated by ``|``); programs have ``name`` and ``range_low``,
            and optionally the other fields of `Program`. A blank cell means the default.
        source: CSV in any common encoding, with commas, semicolons or tabs, or .xlsx; blank rows are skipped.

    Returns:
        The people or programs in table order, and notes on how the table was read.

    Raises:
        SheetError: The table is too long, a column is missing, a name occurs twice, or cells break their rules.

    Examples:
        >>> read_rows("people", "Name,Kind,Phone\nDr. Osei,dean,5\n")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.SheetError: people, row 2, column Kind: must be one of known_dean, ..., but it is 'dean'.
    """
    row_class: Callable[..., Any] = Person if table == "people" else Program
    rows: dict[str, Any] = {}

    def check(values: dict[str, Any]) -> None:
        named = {name: re.split(r"[|\n]", values[name]) for name in RELATIONS if name in values}
        row = row_class(**values | {name: [one for one in names if one.strip()] for name, names in named.items()})
        if rows.setdefault(row.name.casefold(), row) is not row:
            raise CaseError("name", "name_twice", row.name)

    name = text(f"planner.table.{table}")
    found = read_table(source, COLUMNS[table], name, MOST_ROWS[table], check)
    notes = list(found.notes)
    left_out = list(found.rows[0].others) if found.rows else []
    if left_out:
        notes.append(text("sheet.note.extra", columns=", ".join(left_out)))
    return tuple(rows.values()), tuple(notes)


def rows_to_csv(table: str, rows: Iterable[Person | Program]) -> str:
    """Write people or programs as a CSV table that `read_rows` can read.

    Args:
        table: ``people`` or ``programs``.
        rows: The rows, all of that kind.

    Examples:
        >>> rows_to_csv("people", [Person("Dr. Osei", "known_dean", 3, "well", ["Mercy", "Lakeside"])]).splitlines()[1]
        'Dr. Osei,known_dean,3,well,Mercy|Lakeside,'
        >>> rows_to_csv("programs", [Program("Mercy", 230, needs={"local"})]).splitlines()[1]
        'Mercy,230,,local,no,,,,no'
    """
    header = ("name", *PERSON_FIELDS, *RELATIONS) if table == "people" else ("name", *PROGRAM_FIELDS)
    return to_csv(header, ([cell_value(getattr(row, name)) for name in header] for row in rows))


def cell_value(value: object) -> Any:
    """Return a value as a control or a file writes it, with several values joined by ``|``."""
    if isinstance(value, frozenset):
        value = tuple(level for level in _CASE["needs"].levels if level in value)
    return "|".join(map(str, value)) if isinstance(value, tuple) else value
