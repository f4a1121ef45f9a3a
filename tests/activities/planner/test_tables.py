"""The tables of people and programs read back as written, and an invalid cell is rejected with its location."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.activities.planner.tables import (
    Person,
    Program,
    read_rows,
    rows_to_csv,
)
from backchannel_lib.base.errors import SheetError
from tests.helpers.planner import a_person, a_program

# ---- the tables as text ----

ROW_NAMES = st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(' ,;"'), min_size=1, max_size=12).filter(
    lambda name: name.strip() and "|" not in name
)


def distinct(names: list[str]) -> list[str]:
    """Drop names that differ from another one only in spaces or case."""
    return list({" ".join(name.split()).casefold(): name for name in names}.values())


def tables_of(one: Any) -> st.SearchStrategy[list[Any]]:
    """Draw tables whose rows have any names."""
    return st.lists(ROW_NAMES, max_size=4).map(distinct).flatmap(lambda names: st.tuples(*map(one, names)).map(list))


@given(tables_of(a_person), st.lists(ROW_NAMES, max_size=3))
def test_people_read_back_from_a_table_unchanged(people: list[Person], at: list[str]) -> None:
    people = [dataclasses.replace(person, known_at=at or person.known_at) for person in people]
    assert read_rows("people", rows_to_csv("people", people))[0] == tuple(people)


@given(tables_of(a_program))
def test_programs_read_back_from_a_table_unchanged(programs: list[Program]) -> None:
    assert read_rows("programs", rows_to_csv("programs", programs))[0] == tuple(programs)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_table_from_a_spreadsheet_is_read(delimiter: str, line_end: str) -> None:
    """It can have commas, semicolons or tabs, a byte order mark, blank lines, capitalized headers and columns in any order."""
    rows = [["Range low", "NAME", "prior_contact"], ["230", " St.  Anne ", "Yes"], ["", "", ""], ["245", "Mercy", ""]]
    text = "\ufeff" + line_end + line_end.join(delimiter.join(row) for row in rows) + line_end
    assert read_rows("programs", text)[0] == (Program("St. Anne", 230, prior_contact=True), Program("Mercy", 245))


@pytest.mark.parametrize("text", ["", "\n", " \n,,\n", "\ufeff", "name,kind\n"])
def test_a_table_without_rows_is_empty(text: str) -> None:
    """The text can be blank or only a header."""
    assert read_rows("people", text)[0] == ()


HEAD = "name,kind,track_record,knows_work,known_at\n"
NAME_RULE = "must be a name of 1 to 80 characters without the character |, but it is ''."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "A,known_dean,,,\nB,known_deen,,,\n", "people, row 3, column kind: must be one of known_dean, "),
        (HEAD + "A,,,,\n", "people, row 2, column kind: must be one of "),
        (HEAD + ",known_dean,,,\n", f"people, row 2, column name: {NAME_RULE}"),
        (HEAD + "A,known_dean,5,,\n", "people, row 2, column track_record: must be a whole number from 0 to 3, but it is 5."),
        (HEAD + "A,known_dean,x,,\n", "people, row 2, column track_record: must be a whole number from 0 to 3, but it is 'x'."),
        (
            HEAD + "A,known_dean,,very,\n",
            "people, row 2, column knows_work: must be one of well, somewhat, barely, but it is 'very'.",
        ),
        (
            HEAD + "A,known_dean,,,\n\na,known_dean,,,\n",
            "people, row 4, column name: must be in the table only once, but 'a' appears ",
        ),
        (
            HEAD + "A,known_dean\n",
            "people, row 2: must have 5 cells, like the header, but it has 2. Look for a cell that holds a separator without",
        ),
        (HEAD + '"A,known_dean\n', "people, row 2: must be a table, but a quotation mark is missing or in the wrong "),
        ("name,kind,Kind\n", "people, column kind: appears more than once: 'kind', 'Kind'. Keep the right one, and "),
        ("name\n", "people, column kind: is missing, and every row needs one. The columns found are 'name'."),
        (
            "Pet,Kin\n",
            "The table people has none of the columns we recognize. Its columns are 'Pet', 'Kin'. 'Kin' looks like kind: ",
        ),
    ],
)
def test_an_invalid_cell_in_the_table_of_people_is_rejected_with_its_location(text: str, said: str) -> None:
    """The error also says what is accepted, and quotes the value."""
    with pytest.raises(SheetError) as caught:
        read_rows("people", text)[0]
    assert str(caught.value).startswith(said)
    assert caught.value.table == "people"
    assert caught.value.row is None or f"row {caught.value.row}" in said
    assert caught.value.column == "" or f"column {caught.value.column}:" in said


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"range_low": ""}, "programs, row 2, column range_low: must be a whole number from 1 to 999, but it is empty."),
        ({"range_low": "high"}, "programs, row 2, column range_low: must be a whole number from 1 to 999, but it is 'high'."),
        ({"range_low": "230", "range_floor": "240"}, "programs, row 2, column range_floor: must not be above the bottom of "),
        ({"range_low": "230", "needs": "local|icu"}, "programs, row 2, column needs: must hold only "),
        (
            {"range_low": "230", "prior_contact": "maybe"},
            "programs, row 2, column prior_contact: must be yes or no, but it is ",
        ),
        ({"range_low": "230", "openings": "open"}, "programs, row 2, column openings: must be one of "),
    ],
)
def test_an_invalid_cell_in_the_table_of_programs_is_rejected_with_its_location(cells: dict[str, str], said: str) -> None:
    """The errors have the same form."""
    with pytest.raises(SheetError) as caught:
        read_rows("programs", ",".join(("name", *cells)) + "\n" + ",".join(("Mercy", *cells.values())) + "\n")[0]
    assert str(caught.value).startswith(said)
