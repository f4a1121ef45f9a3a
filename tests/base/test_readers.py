"""Reading tables: a made-up table with every kind of column, and every way a table can be broken."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import pytest

from backchannel_lib.base.readers import (
    TableError,
    WrongRowError,
    article_lines,
    clock_time,
    each_of,
    integer,
    loader,
    number_or_blank,
    one_of,
    optional_text,
    yes_no,
)


class Row(NamedTuple):
    """A row with a column for each reader."""

    name: str
    note: Annotated[str, optional_text, "anything"]
    color: Annotated[str, one_of(("red", "green"))]
    maybe: Annotated[str, one_of(("red", "green"), blank=True)]
    later: Annotated[str, one_of(lambda: ["alpha", "beta"])]
    many: Annotated[tuple[str, ...], each_of(("red", "green"))]
    count: Annotated[int, integer(-1, 10)]
    count_or_blank: Annotated[int | None, integer(1, 10, blank=True)]
    number: Annotated[float | None, number_or_blank]
    flag: bool
    explicit: Annotated[bool, yes_no]
    time: Annotated[str, clock_time]
    lines: Annotated[str, article_lines]


class Pair(NamedTuple):
    """A row identified by two columns."""

    exam: str
    score: Annotated[int, integer(1, 300)]


def _check(rows: tuple[Row, ...]) -> None:
    for index, row in enumerate(rows):
        if row.name == "wrong":
            raise WrongRowError(index, "count", row.count, "a count that fits the name")
    if len(rows) > 3:
        raise WrongRowError(None, "name", len(rows), "three rows at most")


load_rows = loader(Row, "rows.csv", check=_check)
load_pairs = loader(Pair, "pairs.csv", key=("exam", "score"))

HEADER = list(Row._fields)
FIRST = ["first", "", "red", "", "alpha", "", "0", "", "", "yes", "no", "", "25"]
SECOND = ["second", "a note", "green", "red", "beta", "red green", "10", "1", "1.5", "no", "yes", "09:30", "25-29"]


def csv_of(*rows: list[str]) -> str:
    """Return rows as CSV, every cell quoted."""
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)


def error_for(tmp_path: Path, content: str | bytes, load: object = load_rows) -> str:
    """Load a file with this content, which must fail, and return the error message."""
    path = tmp_path / "broken.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TableError) as caught:
        load(path)  # type: ignore[operator]
    return str(caught.value)


def with_cell(column: str, cell: str) -> list[str]:
    """Return the second row with one cell changed."""
    return [cell if name == column else old for name, old in zip(HEADER, SECOND, strict=True)]


def test_every_kind_of_cell_is_read(tmp_path: Path) -> None:
    """A valid table is read into its row class, in the file's order."""
    path = tmp_path / "rows.csv"
    path.write_text(csv_of(HEADER, FIRST, SECOND), encoding="utf-8")
    assert (
        load_rows(path)
        == load_rows(str(path))
        == (
            Row("first", "", "red", "", "alpha", (), 0, None, None, True, False, "", "25"),
            Row("second", "a note", "green", "red", "beta", ("red", "green"), 10, 1, 1.5, False, True, "09:30", "25-29"),
        )
    )


def test_a_table_from_another_editor_is_read_too(tmp_path: Path) -> None:
    """A byte order mark, Windows line endings and a different column order make no difference."""
    plain, other = tmp_path / "plain.csv", tmp_path / "other.csv"
    plain.write_text(csv_of(HEADER, FIRST, SECOND), encoding="utf-8")
    turned = csv_of(*(row[::-1] for row in (HEADER, FIRST, SECOND))).replace("\n", "\r\n")
    other.write_bytes(b"\xef\xbb\xbf" + turned.encode())
    assert load_rows(other) == load_rows(plain)


COLORS = "one of red, green"
COUNT = "a whole number from -1 to 10"
COUNT_OR_BLANK = "a whole number from 1 to 10 or nothing"
TIME = "a time of day such as 09:30, or nothing"
LINES = "a line, or a range of lines such as 25-29"
CELLS = [
    *(("name", cell, "some text") for cell in ("", "  ")),
    *(("color", cell, COLORS) for cell in ("", "rde", "Red", "red ", "red green")),
    *(("maybe", cell, COLORS) for cell in (" ", "rde")),
    *(("later", cell, "one of alpha, beta") for cell in ("", "alpa")),
    *(("many", cell, COLORS) for cell in ("rde", "red rde", "red,green")),
    *(("count", cell, COUNT) for cell in ("-2", "11", "", " 5", "5 ", "-", "--5", "+5", "1.5", "1e1", "ten", "²", "٢")),
    *(("count", cell, COUNT) for cell in ("9" * 19, "1_0")),
    *(("count_or_blank", cell, COUNT_OR_BLANK) for cell in ("0", "11", " ", "ten")),
    *(("number", cell, "a number or nothing") for cell in ("many", "1,5", " ")),
    *(("number", cell, "a finite number or nothing") for cell in ("nan", "inf", "-inf", "1e999")),
    *((column, cell, "one of yes, no") for column in ("flag", "explicit") for cell in ("", "Yes", "1", "true")),
    *(("time", cell, TIME) for cell in ("9:30", "24:00", "12:60", "0930", " 09:30", "09:30\t")),
    *(("lines", cell, LINES) for cell in ("", "0", "00", "-1", "+1", "12345", "25.5", "a", "²", "٢٥", "l.25", "9999")),
    *(("lines", cell, LINES) for cell in ("29-25", "10-9", "25-25", "0-5", "25-0", "0-0", "25-12345")),
    *(("lines", cell, LINES) for cell in ("1-", "-29", "-", "--", "25--29", "25-29-", "25-29-33", "25-a", "a-29")),
    *(("lines", cell, LINES) for cell in ("25 to 29", "25–29", "25 - 29", "25 29", "25,29", "25:29", " 25", "25 ", "25\t")),
]


@pytest.mark.parametrize("column", list(dict.fromkeys(column for column, _, _ in CELLS)))
def test_an_invalid_cell_is_rejected_with_its_location(tmp_path: Path, column: str) -> None:
    """The message gives the file, the row, the column, what was expected (the closest word first) and the cell."""
    for name, cell, rule in CELLS:
        if name == column:
            message = error_for(tmp_path, csv_of(HEADER, FIRST, with_cell(column, cell)))
            start, found = f"broken.csv, row 3, column {column}: expected ", f", found {cell!r}"
            assert message.startswith(start)
            assert message.endswith(found)
            expected = message.removeprefix(start).removesuffix(found)
            assert sorted(expected.removeprefix("one of ").split(", ")) == sorted(rule.removeprefix("one of ").split(", "))
            assert expected.startswith("one of ") == rule.startswith("one of ")


def test_the_closest_word_is_listed_first(tmp_path: Path) -> None:
    """The error for a misspelled word begins with the word most like it."""
    for cell, listed in (("grene", "green, red"), ("rde", "red, green")):
        message = error_for(tmp_path, csv_of(HEADER, FIRST, with_cell("color", cell)))
        assert message == f"broken.csv, row 3, column color: expected one of {listed}, found {cell!r}"


def test_both_ends_of_a_range_are_accepted(tmp_path: Path) -> None:
    """The lowest and highest numbers, and every form of lines and times, are read as written."""
    path = tmp_path / "rows.csv"
    accepted = [("count", "-1"), ("count", "10"), ("count_or_blank", "1"), ("count_or_blank", "10"), ("number", "-2e3")]
    accepted += [("time", "00:00"), ("time", "23:59")]
    accepted += [("lines", cell) for cell in ("1", "9", "219", "9998", "1-2", "9-10", "99-100")]
    for column, cell in accepted:
        path.write_text(csv_of(HEADER, FIRST, with_cell(column, cell)), encoding="utf-8")
        value = getattr(load_rows(path)[1], column)
        assert value == (cell if isinstance(value, str) else float(cell))


@pytest.mark.parametrize("column", HEADER)
def test_a_missing_column_is_rejected(tmp_path: Path, column: str) -> None:
    place = HEADER.index(column)
    header, row = ([*cells[:place], *cells[place + 1 :]] for cells in (HEADER, FIRST))
    assert error_for(tmp_path, csv_of(header, row)) == (
        f"broken.csv, row 1, column {column}: expected a column '{column}', found {header!r}"
    )


@pytest.mark.parametrize("column", ["mood", "name", "lines"])
def test_an_unknown_or_repeated_column_is_rejected(tmp_path: Path, column: str) -> None:
    """The error lists the columns that the table has."""
    message = error_for(tmp_path, csv_of([*HEADER, column], [*FIRST, "x"]))
    start, listed = message.split(": expected each of the columns ")
    assert start == f"broken.csv, row 1, column {column}"
    assert listed.endswith(f" once, found {column!r}")
    assert sorted(listed.removesuffix(f" once, found {column!r}").split(", ")) == sorted(HEADER)


@pytest.mark.parametrize("row", [[*SECOND, "x"], SECOND[:-1], []])
def test_a_row_of_the_wrong_length_is_rejected(tmp_path: Path, row: list[str]) -> None:
    """The error gives the line of a row with more or fewer cells than the header."""
    assert error_for(tmp_path, csv_of(HEADER, FIRST, row)) == f"broken.csv, row 3: expected 13 cells, found {row!r}"


def test_an_id_that_two_rows_share_is_rejected(tmp_path: Path) -> None:
    """A row's id is its first column, or all the columns of its key together."""
    assert error_for(tmp_path, csv_of(HEADER, FIRST, with_cell("name", "first"))) == (
        "broken.csv, row 3, column name: expected an id that no other row has, found 'first'"
    )
    pairs = [["exam", "score"], ["one", "1"], ["one", "2"], ["two", "1"]]
    path = tmp_path / "pairs.csv"
    path.write_text(csv_of(*pairs), encoding="utf-8")
    assert load_pairs(path) == (Pair("one", 1), Pair("one", 2), Pair("two", 1))
    assert error_for(tmp_path, csv_of(*pairs, ["one", "2"]), load_pairs) == (
        "broken.csv, row 5, column score: expected an id that no other row has, found '2'"
    )


def test_rows_that_contradict_each_other_are_rejected(tmp_path: Path) -> None:
    """The error from a check across rows names the row, or only the column if the whole table is at fault."""
    assert error_for(tmp_path, csv_of(HEADER, FIRST, with_cell("name", "wrong"))) == (
        "broken.csv, row 3, column count: expected a count that fits the name, found 10"
    )
    rows = [with_cell("name", name) for name in "abcd"]
    assert error_for(tmp_path, csv_of(HEADER, *rows)) == "broken.csv, column name: expected three rows at most, found 4"


def test_broken_quoting_is_rejected(tmp_path: Path) -> None:
    """The error gives the line of a quotation mark that never closes, or closes too early."""
    for end, problem in (('"open', "unexpected end of data"), ('"early"close', "',' expected after '\"'")):
        message = error_for(tmp_path, csv_of(HEADER, FIRST) + end)
        assert message == f"broken.csv, row 3: expected well-formed CSV, found {problem!r}"


def test_a_row_number_is_its_line_in_the_file(tmp_path: Path) -> None:
    """A row with a two-line cell is numbered by the line where it ends."""
    assert error_for(tmp_path, csv_of(HEADER, FIRST, with_cell("lines", "25-29\n"))) == (
        f"broken.csv, row 4, column lines: expected {LINES}, found '25-29\\n'"
    )


def test_a_file_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    """The error for a missing file, a wrong encoding or an empty file names the file."""
    with pytest.raises(TableError) as caught:
        load_rows(tmp_path / "missing.csv")
    assert str(caught.value) == "missing.csv: expected a file that can be read, found 'No such file or directory'"
    assert error_for(tmp_path, csv_of(HEADER, FIRST).encode("utf-16")) == (
        "broken.csv: expected text in UTF-8, found 'bytes that are no UTF-8'"
    )
    assert error_for(tmp_path, "") == "broken.csv, row 1, column name: expected a column 'name', found []"


def test_a_loaders_docstring_is_its_data_dictionary() -> None:
    """It lists each column with its description and the values it accepts."""
    assert "- name: some text\n" in str(load_rows.__doc__)
    assert "- note: anything; some text, or nothing\n" in str(load_rows.__doc__)
    assert "- count_or_blank: a whole number from 1 to 10, or nothing\n" in str(load_rows.__doc__)


def test_a_column_without_a_reader_is_rejected_when_its_loader_is_created() -> None:
    """Only text and yes/no columns have a default reader."""

    class Unread(NamedTuple):
        number: int

    with pytest.raises(TypeError, match=r"Unread\.number needs a reader"):
        loader(Unread, "unread.csv")
