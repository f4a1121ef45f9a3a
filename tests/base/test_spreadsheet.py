"""Spreadsheets: their files are read in any encoding and with any separator, and what we write reads back unchanged."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.base.errors import SheetError
from backchannel_lib.base.spreadsheet import (
    BOM,
    decode,
    find_separator,
    guarded,
    guess_encoding,
    read_head,
    read_sheet,
    to_csv,
    unguarded,
)

NAMES = ["Müller", "Zoë", "Núñez", "François", "Renée", "José", "Peña", "João", "Björn", "Ångström", "Jürgen", "Groß", "Siân"]


def known(cell: str) -> bool:
    return cell.strip().lower() in {"name", "score", "range low"}


def workbook(*sheets: list[list[Any]]) -> bytes:
    """Write sheets as an .xlsx file."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number + 1}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# ---- bytes ----


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_form_of_unicode_is_read_without_a_note(encoding: str) -> None:
    notes: list[str] = []
    assert decode("Name;Score\nMüller;240\n".encode(encoding), notes) == "Name;Score\nMüller;240\n"
    assert notes == []


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize("name", [*NAMES, "MÜLLER", "Zoë O’Brien"])
def test_old_windows_and_mac_encodings_are_recognized_and_named_in_a_note(encoding: str, name: str) -> None:
    content = f"Name;Score\n{name};240\n".encode(encoding)
    notes: list[str] = []
    assert decode(content, notes) == f"Name;Score\n{name};240\n"
    assert [{"cp1252": "Windows-1252", "mac_roman": "Mac Roman"}[encoding] in note for note in notes] == [True]


@pytest.mark.parametrize("text", ["doesn’t say;“quoted”;–;£5", "Smith–Jones", "20°C", "d’Angelo", "McDonald é"])
def test_windows_punctuation_is_not_mistaken_for_mac_letters(text: str) -> None:
    assert guess_encoding(text.encode("cp1252")) == "cp1252"


def test_other_alphabets_are_read_too() -> None:
    text = "Имя;Балл\nИван Петров;240\nАнна Смирнова;251\n"
    assert decode(text.encode("cp1251")) == text


def test_letters_lost_earlier_are_mentioned_in_a_note() -> None:
    assert "M\ufffdller" in read_sheet("name,score\nM\ufffdller,240\n").notes[0]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_an_error_message(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"name,score\n"):
        try:
            sheet = read_sheet(start + content, known=known)
        except SheetError as error:
            message = str(error)
        else:
            message = "read"
            assert all(len(cells) == len(sheet.header) for _, cells in sheet.rows)
        assert message
        with contextlib.suppress(SheetError):
            read_head(start + content, known)


# ---- separators, blank rows and titles ----


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_separator_and_line_ending_is_read(separator: str, end: str) -> None:
    rows = [["Name", "Score"], ["Smith; Jane, \tMD", "240"], ["", ""], ["Osei", "251"]]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    sheet = read_sheet(out.getvalue(), known=known)
    assert sheet.header == ("Name", "Score")
    assert sheet.rows == ((2, ("Smith; Jane, \tMD", "240")), (4, ("Osei", "251")))


def test_the_separator_is_found_from_column_names_and_not_from_what_is_inside_cells() -> None:
    assert find_separator("Score;Notes, remarks, ideas, plans\n240;a, b, c\n", known) == ";"
    assert find_separator('"Smith; Jane; MD; PhD",Score\n', known) == ","


def test_a_line_that_tells_excel_the_separator_is_not_a_row() -> None:
    assert read_sheet("sep=;\r\nName;Score\r\nA, B;240\r\n", known=known).rows == ((2, ("A, B", "240")),)


def test_titles_above_the_header_are_skipped_with_a_note() -> None:
    sheet = read_sheet("Class of 2027,\n,\nName,Score\nOsei,251\n", known=known)
    assert (sheet.header, sheet.rows, sheet.header_row) == (("Name", "Score"), ((4, ("Osei", "251")),), 3)
    assert "row 3" in sheet.notes[0]


def test_of_two_header_rows_the_one_with_the_column_names_is_used() -> None:
    assert read_sheet("Student,,Program\nName,Score,Range Low\nOsei,251,235\n", known=known).header == (
        "Name",
        "Score",
        "Range Low",
    )


def test_trailing_blank_columns_are_dropped() -> None:
    assert read_sheet("Name,Score,,\nOsei,251,,\n", known=known).header == ("Name", "Score")


def test_a_blank_file_is_an_empty_table() -> None:
    for blank in ("", "\n \n", b"", BOM, ",,\n,,\n"):
        assert read_sheet(blank)[:2] == ((), ())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Name,Score\nOsei\n", "row 2: must have 2 cells, like the header, but it has 1."),
        ("Name,Score\nA,1\nSmith, Jane,240\n", "row 3: must have 2 cells, like the header, but it has 3."),
        ('Name,Score\n"Osei,240\n', "row 2: must be a table, but a quotation mark is missing"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "class.csv is in the format of Excel 2003 or earlier."),
        (b"PK\x03\x04 and no more", "class.csv isn't an .xlsx file that can be read."),
    ],
)
def test_a_file_that_is_not_a_table_is_rejected_with_its_row_and_what_to_do(content: str | bytes, said: str) -> None:
    with pytest.raises(SheetError) as caught:
        read_sheet(content, name="class.csv", known=known)
    assert said in str(caught.value)


def test_a_million_rows_are_too_many() -> None:
    for content in ("Osei,240\n" * 1_000_000, b"Osei,240\n" * 1_000_000, "\n" * 1_000_000 + "x"):
        with pytest.raises(SheetError, match="must hold at most 60 rows"):
            read_sheet(content, most_rows=60)
    assert len(read_sheet("Name,Score\n" + "Osei,240\n" * 60, most_rows=60).rows) == 60
    with pytest.raises(SheetError, match="at most 60 rows, but there are 61"):
        read_sheet("Name,Score\n" + "Osei,240\n" * 61, most_rows=60)


# ---- .xlsx ----


def test_an_xlsx_file_is_read_like_its_csv() -> None:
    content = workbook(
        [["Name", "Score", "Scripted", "Seen"], ["Zoë", 240.0, True, date(2027, 3, 1)], [], [None, 251, False, None]]
    )
    sheet = read_sheet(content, known=known)
    assert sheet.rows == ((2, ("Zoë", "240", "True", "2027-03-01T00:00:00")), (4, ("", "251", "False", "")))


def test_the_sheet_with_known_columns_is_read_and_named_in_a_note() -> None:
    sheet = read_sheet(workbook([["Read me"]], [["Class"], ["Name", "Score"], ["Osei", 251]]), known=known)
    assert sheet.rows == ((3, ("Osei", "251")),)
    assert "Sheet 2" in " ".join(sheet.notes)


def test_a_formula_that_was_never_computed_stays_a_formula() -> None:
    assert read_sheet(workbook([["Name", "Score"], ["Osei", "=B1+1"]]), known=known).rows[0][1] == ("Osei", "=B1+1")


def test_a_small_xlsx_file_that_unzips_into_gigabytes_is_rejected() -> None:
    out = io.BytesIO(workbook([["Name", "Score"]]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"0" * 30_000_000)
    assert len(out.getvalue()) < 100_000
    with pytest.raises(SheetError, match="far too long"):
        read_sheet(out.getvalue(), known=known, most_rows=100)


# ---- what is written ----

CELLS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8) | st.text(
    st.sampled_from("'=+-@;\t\r\n＝a1 \""), max_size=6
)


@given(CELLS)
def test_guarded_text_starts_no_formula_and_reads_back_unchanged(cell: str) -> None:
    written = guarded(cell)
    assert unguarded(written) == cell
    if not cell.lstrip("+-").replace(".", "", 1).isdecimal():
        for part in [written, *written.split(";"), *written.splitlines()]:
            assert not part.startswith(("=", "+", "-", "@", "＝")), written


@pytest.mark.parametrize("cell", ["=1+1", "+1 555", "-x", "@SUM(A1)", "\t=1", "\r=1", "＝1", "a;=1+1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert "'" in guarded(cell)


@pytest.mark.parametrize(
    ("value", "written"), [(-5, "-5"), (2.5, "2.5"), ("-5", "-5"), (True, "yes"), (None, ""), (("a", "b"), "a|b")]
)
def test_numbers_stay_numbers_and_flags_become_yes_or_no(value: object, written: str) -> None:
    assert to_csv(["x", "y"], [[value, 1]]) == f"{BOM}x,y\r\n{written},1\r\n"


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_a_written_table_reads_back_unchanged(rows: list[tuple[str, str]]) -> None:
    """Each row has a number, because blank rows would be skipped."""
    content = to_csv(["name", "score", "row"], [(*row, f"row {number}") for number, row in enumerate(rows)])
    for source in (content, content.encode()):
        assert [cells[:2] for _, cells in read_sheet(source, known=known).rows] == rows
