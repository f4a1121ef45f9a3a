"""Reading a table of ``data/``: one function that opens and checks it, and a reader for each kind of cell.

A broken table is refused with the file, the row, the column and the value (`TableError`).
"""

from __future__ import annotations

import csv
import importlib.resources
import io
import pathlib
import re
from collections.abc import Callable, Collection
from importlib.resources.abc import Traversable
from typing import Any, Final, TypeAlias

from backchannel_lib.base.formatting import suggestions

Path: TypeAlias = Any  # a str, a pathlib.Path or a Traversable: whatever open() or .open() can read
Reader: TypeAlias = Callable[[str], Any]


class TableError(ValueError):
    """A table of ``data/`` is broken; the message names the file, the row, the column and the value.

    Args:
        file: The table's file name.
        row: The line in the file, the header being line 1; None where the whole file is meant.
        column: The column; None where the whole row is meant.
        value: What stands there.
        rule: What should stand there.

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
        return f"{place}: expected {self.rule}, found {self.value!r}"


def data_root() -> Traversable:
    """Find the folder of the tables: inside an installed package, or beside it in a checkout.

    Returns:
        The folder, readable also from inside a wheel.

    Examples:
        >>> (data_root() / "rules.csv").is_file()
        True
    """
    package = importlib.resources.files("backchannel_lib")
    inside = package / "data"
    if inside.is_dir():
        return inside
    return package / ".." / "data"


def read_table(
    row_type: Callable[..., Any],
    file: str,
    readers: dict[str, Reader],
    *,
    path: Path = None,
    key: tuple[str, ...] = (),
) -> tuple[Any, ...]:
    """Read one table by its columns' readers; the one place where a table is opened and checked.

    Args:
        row_type: What makes a row of its cells, given by the columns' names.
        file: The table's name in ``data/``.
        readers: A reader for each column; no other column may be there.
        path: Another file of the same form; None for the workbook's own.
        key: The columns that tell rows apart; the first column if empty.

    Returns:
        The rows in the order of the file.

    Raises:
        TableError: The table is broken.
    """
    if path is None and file in _read_before:
        return _read_before[file]
    source: Any = data_root() / file if path is None else path if hasattr(path, "read_text") else pathlib.Path(path)
    name = str(source.name)
    lines = csv.reader(io.StringIO(_text_of(source), newline=""), strict=True)
    keys = key or (next(iter(readers)),)
    rows: list[Any] = []
    seen: set[tuple[str, ...]] = set()
    try:
        header = next(lines, [])
        _check_header(name, header, readers)
        for cells in lines:
            if len(cells) != len(header):
                raise TableError(name, lines.line_num, None, cells, f"{len(header)} cells")
            raw = dict(zip(header, cells, strict=True))
            rows.append(row_type(**_row(name, lines.line_num, raw, readers)))
            identity = tuple(raw[column] for column in keys)
            if identity in seen:
                raise TableError(name, lines.line_num, keys[-1], raw[keys[-1]], "an id that no other row has")
            seen.add(identity)
    except csv.Error as error:
        raise TableError(name, lines.line_num, None, str(error), "well-formed CSV") from None
    if path is None:
        _read_before[file] = tuple(rows)
    return tuple(rows)


def _text_of(source: Any) -> str:
    try:
        text: str = source.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TableError(source.name, None, None, "bytes that are no UTF-8", "text in UTF-8") from None
    except OSError as error:
        raise TableError(source.name, None, None, error.strerror, "a file that can be read") from None
    return text.removeprefix("\ufeff")


def _check_header(name: str, header: list[str], readers: dict[str, Reader]) -> None:
    for column in readers:
        if column not in header:
            raise TableError(name, 1, column, header, f"a column '{column}'")
    for column in header:
        if column not in readers or header.count(column) > 1:
            raise TableError(name, 1, column, column, f"each of the columns {suggestions(column, readers)} once")


def _row(name: str, number: int, raw: dict[str, str], readers: dict[str, Reader]) -> dict[str, Any]:
    values = {}
    for column, reader in readers.items():
        try:
            values[column] = reader(raw[column])
        except WrongCellError as wrong:
            raise TableError(name, number, column, raw[column], str(wrong)) from None
    return values


_read_before: Final[dict[str, tuple[Any, ...]]] = {}  # the workbook's own tables do not change while it runs


class WrongCellError(ValueError):
    """A cell breaks its column's rule; the text says what was expected."""


def required_text(cell: str) -> str:
    """Read a text that may not be blank."""
    if cell.strip() == "":
        raise WrongCellError("some text")
    return cell


def optional_text(cell: str) -> str:
    """Read a text, or nothing."""
    return cell


def one_of(known: Collection[str], *, blank: bool = False) -> Reader:
    """Make a reader of one of the known words, or of nothing where ``blank`` allows it."""

    def read(cell: str) -> str:
        if cell in known or (blank and cell == ""):
            return cell
        raise WrongCellError(f"one of {suggestions(cell, known)}")

    return read


def each_of(known: Collection[str]) -> Reader:
    """Make a reader of known words parted by blanks, into a tuple."""
    one = one_of(known)

    def read(cell: str) -> tuple[str, ...]:
        return tuple(one(part) for part in cell.split())

    return read


def integer(low: int, high: int) -> Reader:
    """Make a reader of whole numbers from ``low`` to ``high``."""

    def read(cell: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", cell) or not low <= int(cell) <= high:
            raise WrongCellError(f"a whole number from {low} to {high}")
        return int(cell)

    return read


def number_or_blank(cell: str) -> float | None:
    """Read a finite number, or nothing."""
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
    """Read yes or no."""
    return bool(one_of(("yes", "no"))(cell) == "yes")


def clock_time(cell: str) -> str:
    """Read a time of day as HH:MM, or nothing."""
    if cell and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", cell):
        raise WrongCellError("a time of day such as 09:30, or nothing")
    return cell


def article_lines(cell: str) -> str:
    """Read a line of the article, or a range of lines such as 25-29."""
    found = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", cell)
    if not found or not 1 <= int(found[1]) < int(found[2] or 9999):
        raise WrongCellError("a line, or a range of lines such as 25-29")
    return cell
