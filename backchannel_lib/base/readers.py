"""The tables of ``data/``: a row class declares the columns, `loader` reads and checks the table, and readers read cells.

Readers that depend on another table look it up when they are called, so importing a module reads no files. A broken table is
rejected with the file, the row, the column and the value (`TableError`).
"""

from __future__ import annotations

import csv
import inspect
import io
import pathlib
import re
import sys
from collections.abc import Callable, Collection, Iterator
from typing import Annotated, Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from backchannel_lib.base.formatting import suggestions

Path: TypeAlias = Any  # a str, or anything with read_text() and .open() such as a pathlib.Path
Reader: TypeAlias = Callable[[str], Any]
Known: TypeAlias = Collection[str] | Callable[[], Collection[str]]  # words, or a function that looks them up on demand
Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)


MOST_QUOTED: Final = 200  # characters of a wrong value, which may be a whole file


class TableError(ValueError):
    """A table in ``data/`` is broken; the message names the file, the row, the column and the value.

    Args:
        file: The table's file name.
        row: Line number in the file, where the header is line 1; None for the whole file.
        column: The column; None for the whole row.
        value: The value found.
        rule: What was expected.

    Examples:
        >>> print(TableError("callers.csv", 3, "weight", "ninety", "a number"))
        callers.csv, row 3, column weight: expected a number, found 'ninety'
    """

    def __init__(self, file: str, row: int | None, column: str | None, value: object, rule: str) -> None:
        self.file = file
        self.row = row
        self.column = column
        self.value = value
        self.rule = rule
        super().__init__(file, row, column, value, rule)

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: expected {self.rule}, found {_in_short(repr(self.value))}"


def _in_short(value: str) -> str:
    return value if len(value) <= MOST_QUOTED else f"{value[: MOST_QUOTED - 1]}…"


def data_root() -> pathlib.Path:
    """Return the folder with the tables, which is inside an installed package, or next to the package in a checkout.

    Examples:
        >>> (data_root() / "rules.csv").is_file()
        True
    """
    package = pathlib.Path(__file__).resolve().parents[1]
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def loader(
    row_class: type[Row],
    file: str,
    *,
    key: tuple[str, ...] = (),
    check: Callable[[tuple[Row, ...]], None] | None = None,
) -> Loader[Row]:
    """Return the function that loads one table; its docstring is the data dictionary, made from the row class.

    Args:
        row_class: A ``NamedTuple`` with one annotated field per column: a plain ``str`` (required text) or ``bool`` (yes or
            no), or ``Annotated[type, reader, "what the column holds"]``. The file can't have any other columns.
        file: The table's name in ``data/``.
        key: The columns that identify a row; by default the first one.
        check: Checks all rows together, and raises `WrongRowError`.

    Examples:
        >>> class Score(NamedTuple):
        ...     exam: str
        ...     points: Annotated[int, integer(1, 300), "on the exam's own scale"]
        >>> load_scores = loader(Score, "scores.csv")
        >>> "points: on the exam's own scale; a whole number from 1 to 300" in load_scores.__doc__
        True
    """
    columns = _columns(row_class)

    def load(path: Path = None) -> tuple[Row, ...]:
        if path is None and load in _loaded:
            return _loaded[load]
        source: Any = data_root() / file if path is None else path if hasattr(path, "read_text") else pathlib.Path(path)
        name = str(source.name)
        rows = tuple(row_class(**values) for values in _read(source, columns, key or (next(iter(columns)),)))
        if check is not None:
            try:
                check(rows)
            except WrongRowError as wrong:
                number = None if wrong.index is None else wrong.index + 2
                raise TableError(name, number, wrong.column, wrong.value, wrong.rule) from None
        if path is None:
            _loaded[load] = rows
        return rows

    load.__doc__ = _data_dictionary(row_class, file, columns)
    load.__module__ = row_class.__module__
    load.__name__ = load.__qualname__ = "load_" + file.removesuffix(".csv")
    return load


class Loader(Protocol[Row_co]):
    """Loads a table from ``data/``, or from another file in the same format."""

    def __call__(self, path: Path = None) -> tuple[Row_co, ...]:
        """Return the rows in the order of the file."""


class _Column(NamedTuple):
    read: Reader
    text: str


_loaded: Final[dict[Any, tuple[Any, ...]]] = {}  # the workbook's own tables don't change while it runs


def _columns(row_class: type) -> dict[str, _Column]:
    columns = {}
    names = vars(sys.modules[row_class.__module__])  # lets a lambda in an annotation refer to names defined later
    for name, hint in get_type_hints(row_class, names, include_extras=True).items():
        plain, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        readers = [extra for extra in extras if callable(extra)]
        reader = readers[0] if readers else {str: required_text, bool: yes_no}.get(plain)
        if reader is None:
            raise TypeError(f"{row_class.__name__}.{name} needs a reader: Annotated[{plain}, reader]")
        described = [extra for extra in extras if isinstance(extra, str)]
        if expects := (reader.__doc__ or "").partition("\n")[0]:
            described.append(expects[0].lower() + expects[1:].rstrip("."))
        columns[name] = _Column(reader, "; ".join(described))
    return columns


def _data_dictionary(row_class: type, file: str, columns: dict[str, _Column]) -> str:
    summary, _, more = (inspect.getdoc(row_class) or "").partition("\n")
    return "\n".join(
        [
            f"Load data/{file}: {summary[:1].lower()}{summary[1:]}",
            "",
            "Args:",
            "    path: Another file of the same form; None for the workbook's own.",
            "",
            "Returns:",
            f"    A `{row_class.__name__}` for each row, in the order of the file:",
            "",
            *(f"    - {name}: {column.text}" for name, column in columns.items()),
            "",
            "Raises:",
            "    TableError: The table is broken; the message names the file, the row, the column and the value.",
            more.rstrip(),
        ]
    )


def _read(source: Any, columns: dict[str, _Column], key: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Check each cell of a file, and that each row's key is unique."""
    name = str(source.name)
    lines = csv.reader(io.StringIO(_text_of(source), newline=""), strict=True)
    seen: set[tuple[str, ...]] = set()
    try:
        header = next(lines, [])
        _check_header(name, header, columns)
        for cells in lines:
            if len(cells) != len(header):
                raise TableError(name, lines.line_num, None, cells, f"{len(header)} cells")
            raw = dict(zip(header, cells, strict=True))
            yield _row(name, lines.line_num, raw, columns)
            identity = tuple(raw[column] for column in key)
            if identity in seen:
                raise TableError(name, lines.line_num, key[-1], raw[key[-1]], "an id that no other row has")
            seen.add(identity)
    except csv.Error as error:
        raise TableError(name, lines.line_num, None, str(error), "well-formed CSV") from None


def _text_of(source: Any) -> str:
    try:
        text: str = source.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TableError(source.name, None, None, "bytes that are no UTF-8", "text in UTF-8") from None
    except OSError as error:
        raise TableError(source.name, None, None, error.strerror, "a file that can be read") from None
    return text.removeprefix("\ufeff")


def _check_header(name: str, header: list[str], columns: dict[str, _Column]) -> None:
    for column in columns:
        if column not in header:
            raise TableError(name, 1, column, header, f"a column '{column}'")
    for column in header:
        if column not in columns or header.count(column) > 1:
            raise TableError(name, 1, column, column, f"each of the columns {suggestions(column, columns)} once")


def _row(name: str, number: int, raw: dict[str, str], columns: dict[str, _Column]) -> dict[str, Any]:
    values = {}
    for column, (read, _) in columns.items():
        try:
            values[column] = read(raw[column])
        except WrongCellError as wrong:
            raise TableError(name, number, column, raw[column], str(wrong)) from None
    return values


class WrongCellError(ValueError):
    """A cell breaks its column's rule; the message says what was expected."""


class WrongRowError(ValueError):
    """A row breaks a rule that involves other columns or rows.

    Args:
        index: Index of the row, from 0; None for the whole table.
        column: The column with the error.
        value: The value found.
        rule: What was expected.
    """

    def __init__(self, index: int | None, column: str, value: object, rule: str) -> None:
        super().__init__(index, column, value, rule)
        self.index, self.column, self.value, self.rule = index, column, value, rule


def required_text(cell: str) -> str:
    """Some text."""
    if cell.strip() == "":
        raise WrongCellError("some text")
    return cell


def optional_text(cell: str) -> str:
    """Some text, or nothing."""
    return cell


def one_of(known: Known, *, blank: bool = False, what: str = "") -> Reader:
    """Return a reader for one of the known words, or for a blank if ``blank`` allows it.

    ``what`` describes the word in the data dictionary.
    """

    def read(cell: str) -> str:
        words = known() if callable(known) else known
        if cell in words or (blank and cell == ""):
            return cell
        raise WrongCellError(f"one of {suggestions(cell, words)}")

    read.__doc__ = (what or f"One of {_listed(known)}") + ", or nothing" * blank
    return read


def each_of(known: Known, *, what: str = "") -> Reader:
    """Return a reader for known words separated by spaces, which gives a tuple.

    ``what`` describes the words in the data dictionary.
    """
    one = one_of(known)

    def read(cell: str) -> tuple[str, ...]:
        return tuple(one(word) for word in cell.split())

    read.__doc__ = (what or f"Any of {_listed(known)}") + ", separated by spaces"
    return read


def integer(low: int, high: int, *, blank: bool = False) -> Reader:
    """Return a reader for whole numbers from ``low`` to ``high``, or for a blank (None) if ``blank`` allows it."""

    def read(cell: str) -> int | None:
        if blank and cell == "":
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", cell) or not low <= int(cell) <= high:
            raise WrongCellError(f"a whole number from {low} to {high}" + " or nothing" * blank)
        return int(cell)

    read.__doc__ = f"A whole number from {low} to {high}" + ", or nothing" * blank
    return read


def number_or_blank(cell: str) -> float | None:
    """A finite number, or nothing."""
    if cell == "":
        return None
    try:
        number = float(cell)
    except ValueError:
        raise WrongCellError("a number or nothing") from None
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN differs from itself
        raise WrongCellError("a finite number or nothing")
    return number


def yes_no(cell: str) -> bool:
    """Yes or no."""
    return bool(one_of(("yes", "no"))(cell) == "yes")


def clock_time(cell: str) -> str:
    """A time of day as HH:MM, or nothing."""
    if cell and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", cell):
        raise WrongCellError("a time of day such as 09:30, or nothing")
    return cell


def article_lines(cell: str) -> str:
    """A line of the article, or a range of lines such as 25-29."""
    found = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", cell)
    if not found or not 1 <= int(found[1]) < int(found[2] or 9999):
        raise WrongCellError("a line, or a range of lines such as 25-29")
    return cell


def _listed(known: Known) -> str:
    return "the names in another table" if callable(known) else ", ".join(known)
