"""Read every kind of table with cases: a class list, the planner's people and programs, a DataFrame, a single case.

The reader finds columns by their names, undoes what spreadsheets do to cells, and reads each cell as a value of its field. An
error names the spreadsheet's row, the column, the value and how to fix it. A score is never guessed.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError, SheetError, SheetProblem
from backchannel_lib.base.formatting import format_value, suggestions
from backchannel_lib.base.spreadsheet import Sheet, read_head, read_sheet
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.case import Case, Field, refuse_default_clash
from backchannel_lib.model.cells import is_blank, word_key
from backchannel_lib.model.exams import SCORES, step2_top

#: Other names that people use for our columns. Errors suggest them; nothing relies on them.
OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "score": ("step_2", "step2", "level_2", "level2", "usmle", "comlex", "scores", "board_score", "exam_score"),
    "recommender": ("kind", "caller", "advocate", "letter_writer"),
    "range_low": ("range", "cutoff", "cut_off", "minimum_score", "program_range"),
    "needs_visa": ("visa",),
    "has_noncategorical_seat": ("openings", "prelim", "prelim_seat"),
    "phase": ("when", "moment"),
}
_ENDING: Final = re.compile(r"(?:ing|ed|es|er|s|e)$")
#: Separators and their names in text ids. The last two also occur inside column names.
SIGNS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", " ": "space"}
INSIDE_NAMES: Final = (":", " ")
LONGEST_HEADER: Final = 4000  # for all columns joined in one header
ALIKE: Final = 0.8  # similarity from 0 to 1 at which people could mix up two names
#: Columns that only the planner's tables have.
PLANNERS_OWN: Final = frozenset({"kind", "knows_work", "known_at", "inside_at", "openings"})
#: First words of a summary row below the table.
SUMMARIES: Final = frozenset(
    (
        *("total", "totals", "grand_total", "sum", "average", "averages", "avg", "mean", "median", "count", "note", "notes"),
        *("minimum", "min", "maximum", "max", "std", "sd"),
    )
)
LAST_ROWS: Final = 5  # where totals and notes appear


@dataclass(frozen=True)
class KnownColumns:
    """The columns that one kind of table can have.

    Args:
        fields: The columns whose cells are read as fields, by name.
        texts: Names of other columns, whose cells are kept as they are.
        required: Columns that the table must have.
        label_ids: Text ids of the column labels on screen, with ``{}`` for the column's name.
        also: Other headers that people use for a column, by the column's name.
    """

    fields: Mapping[str, Field]
    texts: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    label_ids: tuple[str, ...] = ("field.{}.label",)
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns."""
        return (*self.texts, *self.fields)

    @functools.cached_property
    def by_key(self) -> Mapping[str, str]:
        """Column names by every name that a header can use for them."""
        words = all_words()
        keys: dict[str, str] = {}
        for label_id in reversed(self.label_ids):
            keys |= {_key(words[label_id.format(name)]): name for name in self.names if label_id.format(name) in words}
        others = {_key(header): name for name, headers in self.also.items() for header in headers}
        return others | keys | {_key(name): name for name in self.names}

    def name_of(self, header: object) -> str | None:
        """Return the column that a header names, ignoring case, spaces and hyphens; None if it names none."""
        return self.by_key.get(_key(header)) if isinstance(header, str) and len(header) < 200 else None

    def looks_like(self, header: object) -> str | None:
        """Return the column that a header probably means, judging by its spelling or another common name.

        Examples:
            >>> CASE_COLUMNS.looks_like("Step 2 CK"), CASE_COLUMNS.looks_like("Moved"), CASE_COLUMNS.looks_like("Name")
            ('score', 'move', None)
        """
        key = word_key(header) if isinstance(header, str) and len(header) < 200 else ""
        close = difflib.get_close_matches(key.replace("_", ""), [name.replace("_", "") for name in self.names], 1, ALIKE)
        if close:
            return self.by_key[close[0]]
        for name, others in OTHER_NAMES.items():
            if name in self.fields and any(f"_{other}_" in f"_{key}_" for other in others):
                return name
        inside = [name for name in self.fields if f"_{name}_" in f"_{key}_"]  # "Score 2027", "Moved (move)"
        inside += [name for name in self.fields if _ENDING.sub("", name) == _ENDING.sub("", key)]  # "needed" for needs
        return max(inside, key=len, default=None)


@functools.lru_cache(maxsize=4096)
def _key(header: str) -> str:
    return word_key(header).replace("_", "")


CASE_COLUMNS: Final = KnownColumns(Case.fields(), label_ids=("field.{}.label", "planner_column.{}"))


class Header(NamedTuple):
    """Which column of a table is which.

    Args:
        places: Position of each known column, by its name.
        headers: The table's own header of each known column, by its name.
        near: Position of each column that looks like a known one, with that one's name.
        others: Positions of all unknown columns.
    """

    places: Mapping[str, int]
    headers: Mapping[str, str]
    near: Mapping[int, str]
    others: tuple[int, ...]


def read_header(
    headers: Sequence[object], known: KnownColumns, table: str = "", row: object = 1, first: Sequence[object] = ()
) -> Header:
    """Find the known columns among a table's headers.

    Args:
        headers: The headers.
        known: The columns that the table can have.
        table: The table's name in error messages.
        row: Row number of the headers.
        first: Cells of the first row below the headers.

    Raises:
        SheetError: No column is known, or one appears twice.

    Examples:
        >>> read_header(["Name", "Range Low"], CASE_COLUMNS).places
        {'range_low': 1}
    """
    places: dict[str, int] = {}
    twice = []
    near: dict[int, str] = {}
    others = []
    for place, header in enumerate(headers):
        name = known.name_of(header) or known.name_of(_without_number(header, headers))
        if name is None:
            others.append(place)
            if similar := known.looks_like(header):
                near[place] = similar
        elif places.setdefault(name, place) != place:
            both = f"{format_value(headers[places[name]])}, {format_value(header)}"
            twice.append(SheetProblem("sheet_twice", _Bare(both), (), name, field=name))
    if twice:
        raise SheetError(table, twice)
    joined = _only_column(headers[0], known) if len(headers) == 1 else _joined_column(headers, first, known, places)
    if joined is not None:
        header, separator = joined
        details = {"separator": text(f"sheet.separator.{separator}")}
        raise SheetError(table, [SheetProblem("sheet_no_column.separator", header, details=details)])
    if not places and len(headers):
        raise SheetError(table, [_no_column(headers, known, row)])
    return Header(places, {name: str(headers[place]) for name, place in places.items()}, near, tuple(others))


class _Bare(str):
    """A text that appears in an error message without quotation marks."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _without_number(header: object, headers: Sequence[object]) -> str | None:
    """Return "score" for "score.1", which is what pandas calls a second column named "score"."""
    stem, dot, number = header.rpartition(".") if isinstance(header, str) else ("", "", "")
    return stem if dot and number.isdecimal() and stem in headers else None


def _only_column(header: object, known: KnownColumns) -> tuple[str, str] | None:
    """Find the separator in a table's only header, in case the table was read with the wrong one."""
    for name_of in (known.name_of, known.looks_like):
        for separator, sign in SIGNS.items():
            names = _names_in(header, separator, known, name_of)
            # A colon or a space can be part of a name.
            enough = len(names) > 1 and name_of == known.name_of if separator in INSIDE_NAMES else bool(names)
            if isinstance(header, str) and enough:
                return header, sign
    return None


def _joined_column(
    headers: Sequence[object], first: Sequence[object], known: KnownColumns, places: Mapping[str, int]
) -> tuple[str, str] | None:
    """Find a header that contains the name of a missing column, above cells with the same separator."""
    for header, cell in zip(headers, first, strict=False):
        for separator, sign in SIGNS.items():
            inside = separator in INSIDE_NAMES or separator not in str(cell)
            if isinstance(header, str) and not inside and _names_in(header, separator, known, known.name_of) - places.keys():
                return header, sign
    return None


def _names_in(header: object, separator: str, known: KnownColumns, like: Callable[[object], str | None]) -> set[str]:
    if not isinstance(header, str) or separator not in header or known.name_of(header) or len(header) > LONGEST_HEADER:
        return set()
    return {name for part in header.split(separator) if (name := like(part))}


def _no_column(headers: Sequence[object], known: KnownColumns, row: object) -> SheetProblem:
    likely = {header: name for header in headers if (name := known.looks_like(header))}
    hint = "".join(
        text("error.sheet_no_column.nearest", column=format_value(header), name=name) for header, name in likely.items()
    )
    columns = ", ".join(format_value(header) for header in headers[:8]) + ", ..." * (len(headers) > 8)
    return SheetProblem(
        "sheet_no_column",
        None,
        (row,) * (row != 1),
        details={"columns": columns, "known": suggestions(next(iter(likely.values()), ""), known.names), "hint": hint},
    )


def refuse_lookalikes(
    header: Header, headers: Sequence[object], known: KnownColumns, values: Callable[[int], Iterable[object]], table: str = ""
) -> tuple[str, ...]:
    """Reject a known column under another name, and return a note on every other lookalike.

    Args:
        header: The result of `read_header`.
        headers: The headers.
        known: The columns that the table can have.
        values: Returns the distinct values of the column at a position.
        table: The table's name in error messages.

    Raises:
        SheetError: A known column is missing, and a column that looks like it holds values of its kind.
    """
    bad, notes = [], []
    for place, name in header.near.items():
        field = known.fields.get(name)
        shown = format_value(headers[place])
        if name not in header.places and field is not None and _reads_all(field, values(place)):
            bad.append(SheetProblem("sheet_lookalike", None, (), name, {"column": shown, "name": name}, name))
        else:
            notes.append(text("sheet.note.near", column=shown, name=name))
    if bad:
        raise SheetError(table, bad)
    return tuple(notes)


def _reads_all(field: Field, values: Iterable[object]) -> bool:
    filled = [value for value in values if not is_blank(value)]
    try:
        for value in filled:
            field.read(value)
    except CaseError:
        return False
    return bool(filled)


def is_summary(cells: Iterable[object]) -> object:
    """Return the cell that marks a row as a summary below the table, or None.

    Examples:
        >>> is_summary(["Total:", "", "12"]), is_summary(["Avery", "251"])
        ('Total:', None)
    """
    for cell in cells:
        if isinstance(cell, str) and not is_blank(cell):
            key = word_key(cell[:200])
            return cell if key in SUMMARIES or key.startswith(("total_", "note_", "average_", "mean_")) else None
    return None


class Problems:
    """Collects the errors in a table, grouping rows that have the same one."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._rows: dict[tuple[Any, ...], list[object]] = {}
        self._problems: dict[tuple[Any, ...], SheetProblem] = {}

    def add(self, row: object, column: str, error: CaseError) -> None:
        """Add the error in one cell, or in a whole row if ``column`` is blank."""
        key = (column, error.rule, format_value(error.value))
        self._rows.setdefault(key, []).append(row)
        self._problems.setdefault(key, SheetProblem(error.rule, error.value, (), column, error.details, error.field))

    def only(self, row: object, error: CaseError) -> None:
        """Add the error in a whole row, replacing the errors in its cells."""
        for key, rows in list(self._rows.items()):
            if row in rows:
                rows.remove(row)
                if not rows:
                    del self._rows[key], self._problems[key]
        self.add(row, "", error)

    def listed(self) -> tuple[SheetProblem, ...]:
        """Return the collected errors in the order in which they were added."""
        return tuple(each._replace(rows=tuple(self._rows[key])) for key, each in self._problems.items())

    def raise_any(self) -> None:
        """Raise `SheetError` if anything was added."""
        if self._problems:
            raise SheetError(self.table, self.listed())


class TableRow(NamedTuple):
    """One row of a table.

    Args:
        number: Its number in the spreadsheet, where the header is usually row 1.
        values: Checked values of the known columns, by column name.
        others: Cells of the other columns, by header.
        cells: Unchanged cells of the known columns, by column name.
    """

    number: int
    values: dict[str, Any]
    others: dict[str, str]
    cells: dict[str, str]


class Table(NamedTuple):
    """A table, with notes for the reader on how it was read.

    Args:
        rows: The rows.
        header: Which column is which.
        notes: The notes, one sentence each.
        problems: The errors in rows that were left out, if `read_table` kept going.
    """

    rows: tuple[TableRow, ...]
    header: Header
    notes: tuple[str, ...]
    problems: tuple[SheetProblem, ...] = ()


def read_table(
    source: str | bytes,
    known: KnownColumns,
    name: str = "",
    most_rows: int = 100_000,
    check: Callable[[dict[str, Any]], object] | None = None,
    *,
    keep_going: bool = False,
) -> Table:
    r"""Read a table from a CSV or .xlsx file's content, or from text pasted from a spreadsheet.

    Args:
        source: The content as bytes or text; blank rows are skipped.
        known: The columns that the table can have; any others are kept unread.
        name: The table's name in error messages.
        most_rows: Largest number of rows allowed; a file that is far too long is rejected before it is read.
        check: Raises `CaseError` for a row whose values conflict.
        keep_going: Leave out rows with errors and read the others, instead of rejecting the table.

    Raises:
        SheetError: No column is known, a required one is missing, or cells break their rules; the error lists them all.

    Examples:
        >>> table = read_table("Score;Recommender;Nickname\n251,0;Known Dean;Av\n", CASE_COLUMNS)
        >>> table.rows[0].values, table.rows[0].others
        ({'score': 251, 'recommender': 'known_dean'}, {'Nickname': 'Av'})
    """
    sheet = read_sheet(
        source, name=name, known=lambda cell: known.name_of(cell) is not None, most_rows=most_rows, keep_going=keep_going
    )
    if not sheet.header:
        return Table((), Header({}, {}, {}, ()), sheet.notes)
    header = read_header(sheet.header, known, name, sheet.header_row, sheet.rows[0][1] if sheet.rows else ())
    notes = list(sheet.notes)
    notes += refuse_lookalikes(header, sheet.header, known, lambda place: {cells[place] for _, cells in sheet.rows}, name)
    _refuse_missing(header, sheet, known, name)
    rows, problems = [], Problems(name)
    for at, (number, cells) in enumerate(sheet.rows):
        if at >= len(sheet.rows) - LAST_ROWS and (found := is_summary(cells)) is not None and _lacks(header, cells, known):
            problems.add(number, "", CaseError("", "sheet_summary", found))
            continue
        others = {sheet.header[place]: cells[place] for place in header.others if sheet.header[place]}
        row = TableRow(number, {}, others, {column: cells[place] for column, place in header.places.items()})
        wrong = False
        for column, place in header.places.items():
            try:
                field = known.fields.get(column)
                row.values[column] = cells[place] if field is None else field.read(cells[place])
            except CaseError as error:
                problems.add(number, header.headers[column], error)
                wrong = True
        try:
            if check is not None and not wrong:
                check(row.values)
        except CaseError as error:
            problems.add(number, header.headers.get(error.field, error.field), error)
            wrong = True
        if not wrong:
            rows.append(row)
    if not keep_going:
        problems.raise_any()
    return Table(tuple(rows), header, tuple(notes), (*sheet.ragged, *problems.listed()))


def columns_found(source: str | bytes, known: KnownColumns) -> frozenset[str]:
    r"""Return the known columns that a file seems to have, without reading its rows; empty if it isn't a table.

    Examples:
        >>> sorted(columns_found("Name;Score;Range Low\nAvery;251;235\n", CASE_COLUMNS))
        ['range_low', 'score']
    """
    try:
        sheet = read_head(source, lambda cell: known.name_of(cell) is not None)
    except SheetError:
        return frozenset()
    return frozenset(name for cells in sheet for cell in cells if (name := known.name_of(cell)))


def _refuse_missing(header: Header, sheet: Sheet, known: KnownColumns, name: str) -> None:
    missing = [column for column in known.required if column not in header.places]
    if missing:
        columns = ", ".join(format_value(one) for one in sheet.header)
        hints = {
            like: text("error.sheet_no_column.nearest", column=format_value(sheet.header[place]), name=like)
            for place, like in header.near.items()
        }
        raise SheetError(
            name,
            [
                SheetProblem("sheet_missing", None, (), one, {"columns": columns, "hint": hints.get(one, "")}, one)
                for one in missing
            ],
        )


def _lacks(header: Header, cells: Sequence[str], known: KnownColumns) -> bool:
    """Return whether a row lacks a required value, or has a total in an unknown column."""
    needed = [header.places[name] for name in (*known.required, "score") if name in header.places]
    return (
        any(is_blank(cells[place]) for place in needed)
        or not needed
        or is_summary([cells[p] for p in header.others]) is not None
    )


def refuse_planners_own(header: Header, headers: Sequence[object], table: str = "") -> None:
    """Reject a planner table that has no scores, and say what to add.

    Raises:
        SheetError: The table has columns that only the planner uses, and no score.
    """
    found = {word_key(one) for one in headers if isinstance(one, str)} & PLANNERS_OWN
    if found and "score" not in header.places:
        more = text("error.sheet_planner.kind") if "kind" in found else ""
        raise SheetError(table, [SheetProblem("sheet_planner", None, details={"more": more}, field="score")])


def clash_with_defaults(values: Mapping[str, Any], given: Collection[str]) -> CaseError | None:
    """Return the error in a row whose values conflict with the default of a missing one, or None.

    Args:
        values: The row's scores, recommender and move, including defaults.
        given: The names of the values that the row contains.

    Examples:
        >>> print(clash_with_defaults({**Case().to_record(), "range_floor": 240}, {"range_floor"}))
        range_floor: must not be more than range_low, which is 235 by default, but it is 240. Give range_low too.
    """
    high = {name for name in SCORES if values[name] > step2_top()}
    ours, others = [name for name in SCORES if name in given], [name for name in SCORES if name not in given]
    if high and high != set(SCORES):
        if high == set(ours):  # the defaults are scores of Step 2 CK
            defaults = [text("sheet.by_default", name=other, value=values[other]) for other in others]
            names = {"others": " and ".join(defaults), "names": " and ".join(others)}
            return CaseError(ours[0], "default_exam", values[ours[0]], **names)
    else:
        try:
            refuse_default_clash({name: values[name] for name in ("range_low", "range_floor") if name in given})
        except CaseError as error:
            return error
    for name, own, other, needed in (
        ("recommender", "self", "move", "direct_email"),
        ("move", "direct_email", "recommender", "self"),
    ):
        if values[name] == own and name in given and other not in given:  # the other field's default never fits
            return CaseError(name, "default_pair", own, other=other, needed=needed, default=values[other])
    return None
