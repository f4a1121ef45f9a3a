"""One reader for every table of cases: a class list, the planner's people and programs, a frame, a case as a row.

It finds the columns by their names, finds out what a spreadsheet did to them, and reads each cell by its field. What it
cannot take it refuses with the spreadsheet's row, the column, the value and what to do; it never guesses a score.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError, SheetError, SheetProblem
from backchannel_lib.base.formatting import format_value, suggestions
from backchannel_lib.base.spreadsheet import Sheet, read_head, read_sheet
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.case import Case, Field, refuse_default_clash
from backchannel_lib.model.cells import is_blank, word_key
from backchannel_lib.model.exams import SCORES, step2_top

#: What people call a column that we know by another name. It is suggested, and never taken for granted.
OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "score": ("step_2", "step2", "level_2", "level2", "usmle", "comlex", "scores", "board_score", "exam_score"),
    "recommender": ("kind", "caller", "advocate", "letter_writer"),
    "range_low": ("range", "cutoff", "cut_off", "minimum_score", "program_range"),
    "needs_visa": ("visa",),
    "has_noncategorical_seat": ("openings", "prelim", "prelim_seat"),
    "phase": ("when", "moment"),
}
_ENDING: Final = re.compile(r"(?:ing|ed|es|er|s|e)$")
#: Signs that may stand between cells, as a sentence calls them. The last two stand inside names as well.
SIGNS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon", " ": "space"}
INSIDE_NAMES: Final = (":", " ")
LONGEST_HEADER: Final = 4000  # of all the columns in one
ALIKE: Final = 0.8  # of 1: how like two names have to be to be mixed up
#: Columns that only the planner's tables have.
PLANNERS_OWN: Final = frozenset({"kind", "knows_work", "known_at", "inside_at", "openings"})
#: First words of a row below the table that sums it up.
SUMMARIES: Final = frozenset(
    {"total", "totals", "grand_total", "sum", "average", "averages", "avg", "mean", "median", "count", "note", "notes"}
    | {"minimum", "min", "maximum", "max", "std", "sd"}
)
LAST_ROWS: Final = 5  # where sums and notes stand


@dataclass(frozen=True, eq=False)
class KnownColumns:
    """The columns that a kind of table may have.

    Args:
        fields: By name, what their cells may hold.
        texts: The names of further columns, whose cells are taken as they are.
        required: The columns without which the table makes no sense.
        label_ids: Under which ids the texts have the names of the columns on screen, with ``{}`` for the column's own name.
    """

    fields: Mapping[str, Field]
    texts: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    label_ids: tuple[str, ...] = ("field.{}.label",)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns."""
        return (*self.texts, *self.fields)

    @functools.cached_property
    def by_key(self) -> Mapping[str, str]:
        """The names by everything that a header may call them."""
        words = all_words()
        keys: dict[str, str] = {}
        for label_id in reversed(self.label_ids):
            keys |= {_key(words[label_id.format(name)]): name for name in self.names if label_id.format(name) in words}
        return keys | {_key(name): name for name in self.names}

    def name_of(self, header: object) -> str | None:
        """Return the column that a header stands for, whatever its capitals, blanks and hyphens; None for no known one."""
        return self.by_key.get(_key(header)) if isinstance(header, str) and len(header) < 200 else None

    def looks_like(self, header: object) -> str | None:
        """Return the column that a header might be meant for, by its spelling or by another usual name.

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
        places: By the names that are known, the place of the column.
        headers: By the same names, what the table calls it.
        near: The columns that look like a known one, which the table may have or not: their place, and its name.
        others: The places of all columns that are not known.
    """

    places: Mapping[str, int]
    headers: Mapping[str, str]
    near: Mapping[int, str]
    others: tuple[int, ...]


def read_header(
    headers: Sequence[object], known: KnownColumns, table: str = "", row: object = 1, first: Sequence[object] = ()
) -> Header:
    """Find the known columns among the headers of a table.

    Args:
        headers: The headers.
        known: The columns that the table may have.
        table: What to call the table in an error.
        row: The number of the headers' row.
        first: The cells of the first row below them.

    Raises:
        SheetError: No column is known, or one is there twice.

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
            if like := known.looks_like(header):
                near[place] = like
        elif places.setdefault(name, place) != place:
            both = f"{format_value(headers[places[name]])}, {format_value(header)}"
            twice.append(SheetProblem("sheet_twice", _Bare(both), (), name, field=name))
    if twice:
        raise SheetError(table, twice)
    joined = _only_column(headers[0], known) if len(headers) == 1 else _joined_column(headers, first, known, places)
    if joined is not None:
        header, sign = joined
        details = {"separator": text(f"sheet.separator.{sign}")}
        raise SheetError(table, [SheetProblem("sheet_no_column.separator", header, details=details)])
    if not places and len(headers):
        raise SheetError(table, [_no_column(headers, known, row)])
    return Header(places, {name: str(headers[place]) for name, place in places.items()}, near, tuple(others))


class _Bare(str):
    """A text that stands in a sentence without quotation marks of its own."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _without_number(header: object, headers: Sequence[object]) -> str | None:
    """Return "score" for "score.1", as pandas calls a second column of one name."""
    stem, dot, number = header.rpartition(".") if isinstance(header, str) else ("", "", "")
    return stem if dot and number.isdecimal() and stem in headers else None


def _only_column(header: object, known: KnownColumns) -> tuple[str, str] | None:
    """Find the separator in the only header, which may hold all columns, because the table was read with another separator."""
    for like in (known.name_of, known.looks_like):
        for separator, sign in SIGNS.items():
            names = _names_in(header, separator, known, like)
            # A colon or a space may well be part of one name.
            enough = len(names) > 1 and like == known.name_of if separator in INSIDE_NAMES else bool(names)
            if isinstance(header, str) and enough:
                return header, sign
    return None


def _joined_column(
    headers: Sequence[object], first: Sequence[object], known: KnownColumns, places: Mapping[str, int]
) -> tuple[str, str] | None:
    """Find a header that holds the name of a column that is nowhere else, above cells with the same separator."""
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
    """Refuse a column that is a known one under another name, and return a note on each other column that looks like one.

    Args:
        header: What `read_header` found.
        headers: The headers.
        known: The columns that the table may have.
        values: Gives the different values of a column by its place.
        table: What to call the table in an error.

    Raises:
        SheetError: A field has no column, and one that looks like it holds values of its kind.
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
    """Return the cell by which a row below a table shows that it sums the table up, or None.

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
    """Collects what is wrong in a table, rows alike together, in the order of the rows."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._rows: dict[tuple[Any, ...], list[object]] = {}
        self._problems: dict[tuple[Any, ...], SheetProblem] = {}

    def add(self, row: object, column: str, error: CaseError) -> None:
        """Add what is wrong with one cell, or with one row where ``column`` is blank."""
        key = (column, error.rule, format_value(error.value))
        self._rows.setdefault(key, []).append(row)
        self._problems.setdefault(key, SheetProblem(error.rule, error.value, (), column, error.details, error.field))

    def only(self, row: object, error: CaseError) -> None:
        """Add what is wrong with a whole row, in place of what is wrong with its cells."""
        for key, rows in list(self._rows.items()):
            if row in rows:
                rows.remove(row)
                if not rows:
                    del self._rows[key], self._problems[key]
        self.add(row, "", error)

    def listed(self) -> tuple[SheetProblem, ...]:
        """Return what was added."""
        return tuple(each._replace(rows=tuple(self._rows[key])) for key, each in self._problems.items())

    def raise_any(self) -> None:
        """Raise `SheetError` if anything was added."""
        if self._problems:
            raise SheetError(self.table, self.listed())


class TableRow(NamedTuple):
    """A row of a table as it was read.

    Args:
        number: Its number in the spreadsheet, the header's being 1 as a rule.
        values: The checked values by the names of the columns that the table has.
        others: The cells of further columns, by their headers.
        cells: The cells of the known columns as they stand there.
    """

    number: int
    values: dict[str, Any]
    others: dict[str, str]
    cells: dict[str, str]


class Table(NamedTuple):
    """A table as it was read, with a sentence on everything that the reader should know about how.

    Args:
        rows: The rows.
        header: Which column is which.
        notes: The sentences.
        problems: What is wrong with the rows that were left out, where these were to be left out.
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
    r"""Read a table: the content of a CSV or .xlsx file, or text copied from a spreadsheet.

    Args:
        source: Its bytes or its text; blank rows in it are passed over.
        known: The columns that it may have; any others are kept beside them.
        name: What to call the table in an error.
        most_rows: More rows are refused, before they are read if the file is far too long.
        check: Raises `CaseError` for a row whose values do not go together.
        keep_going: Whether to leave out rows that are wrong and read the others, in place of refusing the table.

    Raises:
        SheetError: No column is known, one that is required is missing, or cells break their rules; all of them are listed.

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
    r"""Return the known columns that a file seems to have, without reading its rows; a file that is none has none.

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
    """Tell whether a row lacks what every row has, or holds its sum in a column that is not ours."""
    needed = [header.places[name] for name in (*known.required, "score") if name in header.places]
    return (
        any(is_blank(cells[place]) for place in needed)
        or not needed
        or is_summary([cells[p] for p in header.others]) is not None
    )


def refuse_planners_own(header: Header, headers: Sequence[object], table: str = "") -> None:
    """Refuse a table of the planner without a score in it, and say what to add.

    Raises:
        SheetError: The table has columns that only the planner's have, and no score.
    """
    found = {word_key(one) for one in headers if isinstance(one, str)} & PLANNERS_OWN
    if found and "score" not in header.places:
        more = text("error.sheet_planner.kind") if "kind" in found else ""
        raise SheetError(table, [SheetProblem("sheet_planner", None, details={"more": more}, field="score")])


def clash_with_defaults(values: Mapping[str, Any], given: Collection[str]) -> CaseError | None:
    """Return the error of a row whose values go against a default that the row does not name, or None.

    Args:
        values: The scores, the recommender and the move of the row, defaults included.
        given: Which of them the row gives itself.

    Examples:
        >>> print(clash_with_defaults({**Case().to_record(), "range_floor": 240}, {"range_floor"}))
        range_floor: must not be more than range_low, which is 235 by default, but it is 240. Give range_low too.
    """
    high = {name: values[name] > step2_top() for name in SCORES}
    if len(set(high.values())) > 1:
        for name in SCORES:
            others = [other for other in SCORES if other not in given and high[other] != high[name]]
            if name in given and others and all(high[one] == high[name] for one in given if one in SCORES):
                defaults = [text("sheet.by_default", name=other, value=values[other]) for other in others]
                names = {"others": " and ".join(defaults), "names": " and ".join(others)}
                return CaseError(name, "default_exam", values[name], **names)
    else:
        try:
            refuse_default_clash({name: values[name] for name in ("range_low", "range_floor") if name in given})
        except CaseError as error:
            return error
    for name, own, other, needed in (
        ("recommender", "self", "move", "direct_email"),
        ("move", "direct_email", "recommender", "self"),
    ):
        if values[name] == own and values[other] != needed and name in given and other not in given:
            return CaseError(name, "default_pair", own, other=other, needed=needed, default=values[other])
    return None
