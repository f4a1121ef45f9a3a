"""Tables as people make them: which columns are found, which row an error names, and what is returned."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, CaseFileError, SheetError, judge, judge_frame, load_case, read_cases
from backchannel_lib.activities.planner.tables import Person, Program, rows_to_csv
from backchannel_lib.base.spreadsheet import to_csv
from backchannel_lib.base.texts import text
from backchannel_lib.model.case_files import case_from_text
from backchannel_lib.model.case_table import (
    CASE_COLUMNS,
    KnownColumns,
    clash_with_defaults,
    columns_found,
    is_summary,
    read_header,
    read_table,
)
from backchannel_lib.model.dataframe import CaseTableWarning
from tests.helpers.cases import cases

#: The ways to judge a table of cases, which must all give the same answer.
Way = Callable[[str, Path], pd.DataFrame]


def by_pandas(content: str, _: Path) -> pd.DataFrame:
    """Judge the table as pandas reads it."""
    return judge_frame(pd.read_csv(io.StringIO(content)))


def as_text(content: str, _: Path) -> pd.DataFrame:
    """Judge the table as pandas reads it, with every cell as text."""
    return judge_frame(pd.read_csv(io.StringIO(content), dtype="str", keep_default_na=False))


def as_objects(content: str, _: Path) -> pd.DataFrame:
    """Judge the table as pandas reads it, as Python objects."""
    return judge_frame(pd.read_csv(io.StringIO(content)).astype(object))


def as_csv(content: str, folder: Path) -> pd.DataFrame:
    """Judge a CSV file."""
    (folder / "class.csv").write_text(content, encoding="utf-8")
    return judge_frame(read_cases(folder / "class.csv"))


def as_xlsx(content: str, folder: Path) -> pd.DataFrame:
    """Judge an .xlsx file."""
    frame = pd.read_csv(io.StringIO(content))
    book = openpyxl.Workbook()
    for row in [list(frame.columns), *frame.astype(object).where(frame.notna(), None).to_numpy().tolist()]:
        book.active.append(row)
    book.save(folder / "class.xlsx")
    return judge_frame(read_cases(folder / "class.xlsx"))


WAYS: list[Way] = [by_pandas, as_text, as_objects, as_csv, as_xlsx]


def error_for(way: Way, content: str, folder: Path) -> str:
    with pytest.raises(SheetError) as caught:
        way(content, folder)
    return str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "Name,Step 2 CK\nA,240\n",
            "has none of the columns we recognize. Its columns are 'Name', 'Step 2 CK'. 'Step 2 CK' looks like score: ",
        ),
        ("Name,Step 2 CK\nA,240\n", "We know these: score, range_low, range_floor, "),
        ("Name,Recomender\nA,self\n", "'Recomender' looks like recommender: rename it. We know these: recommender, score, "),
        (
            "name,score\nA,240\nB,\n",
            "row 3, column score: must be filled in, but it is empty. Fill it in, or delete the row.",
        ),
        (
            "name,range_low\nA,215\n",
            "row 2, column range_low: must not be less than range_floor, which is 220 by default, but it is ",
        ),
        ("name,range_low\nA,215\n", "Give range_floor too: 215 or less, such as 200."),
        (
            "name,range_floor\nA,240\n",
            "row 2, column range_floor: must not be more than range_low, which is 235 by default, but it ",
        ),
        (
            "name,range_low,range_floor\nA,215,\nB,,200\n",
            "row 2, column range_low: must not be less than range_floor, which is 220 by ",
        ),
        (
            "name,Score,Range Low\nA,410,235\n",
            "row 2, column Score: must be a score from the same exam as range_low and range_floor, ",
        ),
        (
            "name,score\nA,520\n",
            "must be a score from the same exam as range_low (235 by default) and range_floor (220 by default)",
        ),
        (
            "name,score,range_low\nA,520,500\n",
            "must be a score from the same exam as range_floor (220 by default), but it is 520. Give ",
        ),
        (
            "name,recommender\nA,self\n",
            "row 2, column recommender: must come with the move direct_email, but it is 'self' and the ",
        ),
        ("name,score,recommender\nA,240,know dean\n", "row 2, column recommender: must be one of known_dean, trusted_peer, "),
        ("name,score,phase\nA,240,x\nB,240,x\nC,240,x\nD,240,x\n", "rows 2, 3, 4 and 1 more, column phase: must be one of "),
        ("score,Score \n240,241\n", "column score: appears more than once: 'score', 'Score"),
        ("score,Your score\n240,241\n", "column score: appears more than once: 'score', 'Your score'. Keep the right one"),
        (
            "name,score,scripted\nA,=1+1,no\n",
            "row 2, column score: must be a value, but it is the formula '=1+1'. In the spreads",
        ),
        (
            "name,score\nA,3-Jan\nB,240\n",
            "row 2, column score: must be a whole number, but it is '3-Jan', which the spreadsheet seems ",
        ),
        (
            "name,score\nA,240\nMean,240\n",
            "row 3: must be a row of the table, but it looks like a total or a note ('Mean'). Delete it, ",
        ),
        (
            "name,score\nA,240\nTotal: 1 student,\n",
            "row 3: must be a row of the table, but it looks like a total or a note ('Total: 1",
        ),
        (
            "name,Step 2 CK,specifics\nA,251,yes\n",
            "column score: is missing, but 'Step 2 CK' looks like it and has the same ",
        ),
        (
            "name,recomender,score\nA,known dean,251\n",
            "column recommender: is missing, but 'recomender' looks like it and has the ",
        ),
    ],
)
def test_the_error_for_an_invalid_table_gives_the_row_the_column_the_value_and_what_to_do(
    way: Way, content: str, words: str, tmp_path: Path
) -> None:
    assert words in error_for(way, content, tmp_path)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("score;range_low", "has a column named 'score;range_low': is the separator a semicolon?"),
        ("Name\tScore", "is the separator a tab?"),
        ("name|score", "is the separator a vertical bar?"),
        ("Score:Range Low", "is the separator a colon?"),
        ("score range_low", "is the separator a space?"),
        ("Name; Step 2 CK", "is the separator a semicolon?"),
        pytest.param("score," + "x" * 3994, "is the separator a comma?", id="4000 characters"),
    ],
)
def test_a_header_read_with_the_wrong_separator_is_recognized(header: str, words: str) -> None:
    with pytest.raises(SheetError) as caught:
        judge_frame(pd.DataFrame({header: ["240;235"]}))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("frame", "column"),
    [
        ({"Name": ["Lee"], " first;score;range_low": ["Ana;228;235"]}, "' first;score;range_low'"),
        ({"Name;score": ["Ana;228"], "range_low": [235]}, "'Name;score'"),
        ({"range_low": [235], "Score|Notes": ["228|x"]}, "'Score|Notes'"),
    ],
)
def test_no_default_stands_in_for_a_column_that_was_merged_into_another(frame: dict[str, Any], column: str) -> None:
    """A comma in a name can split a semicolon-separated table in the wrong place, so that only some columns are found."""
    with pytest.raises(SheetError) as caught:
        judge_frame(pd.DataFrame(frame))
    assert f"has a column named {column}: is the separator a" in str(caught.value)


@pytest.mark.parametrize(
    "header", ["Final score", "Final score needed", "Class list", pytest.param("score," + "x" * 3995, id="4001 characters")]
)
def test_words_in_a_header_are_columns_only_if_several_are_known(header: str) -> None:
    """A header of more than 4,000 characters isn't split at all."""
    with pytest.raises(SheetError, match="has none of the columns we recognize"):
        read_header([header], CASE_COLUMNS)


@pytest.mark.parametrize(
    ("headers", "places"),
    [
        ([], {}),
        ([2027, "score"], {"score": 1}),
        (["Needs, visa"], {"needs_visa": 0}),
        # pandas adds .1 to a second column of the same name.
        (["score.1", "range_low"], {"range_low": 1}),
        (["score", "score.x"], {"score": 0}),
        (["Score.x", "range_low"], {"range_low": 1}),
        # Nobody's column has a name of 200 characters.
        (["Score" + " " * 194, "phase"], {"score": 0, "phase": 1}),
        (["Score" + " " * 195, "phase"], {"phase": 1}),
        (["Score" + " " * 196, "phase"], {"phase": 1}),
    ],
)
def test_a_header_names_a_column_or_is_left_alone(headers: list[object], places: dict[str, int]) -> None:
    assert read_header(headers, CASE_COLUMNS).places == places


@pytest.mark.parametrize(("length", "found"), [(199, "score"), (200, None), (201, None)])
def test_a_sentence_above_a_column_is_not_taken_for_its_name(length: int, found: str | None) -> None:
    assert CASE_COLUMNS.looks_like("Please enter a score " + "x" * (length - 21)) == found


def test_a_second_column_of_the_same_name_is_rejected_even_if_pandas_renamed_it() -> None:
    with pytest.raises(SheetError, match=r"appears more than once: 'score', 'score\.1'"):
        read_header(["score", "score.1"], CASE_COLUMNS)


@pytest.mark.parametrize(("count", "shown"), [(1, "'A'"), (8, ", ".join(["'A'"] * 8)), (9, ", ".join(["'A'"] * 8) + ", ...")])
def test_eight_headers_are_listed_if_none_is_known(count: int, shown: str) -> None:
    """The row of the headers is named unless it's the first."""
    messages = []
    for row in ({}, {"row": 1}, {"row": 2}, {"row": 3}):
        with pytest.raises(SheetError) as caught:
            read_header(["A"] * count, CASE_COLUMNS, **row)
        messages.append(str(caught.value))
        assert f" Its columns are {shown}. We know these: " in messages[-1]
    assert [message.partition(" none")[0] for message in messages] == ["The table has"] * 2 + ["row 2: has", "row 3: has"]


@pytest.mark.parametrize("header", ["Advisor, program", "Score, final"])
def test_a_separator_in_a_header_and_its_cells_does_not_matter_if_no_column_is_missing(header: str) -> None:
    assert read_header(["score", header], CASE_COLUMNS, first=["240", "Ana, Mercy"]).places == {"score": 0}


def test_only_the_first_row_tells_whether_columns_were_merged() -> None:
    content = 'Name;score,range_low\n"Ana;228",235\nBen,235\n'
    with pytest.raises(SheetError, match="is the separator a semicolon"):
        read_table(content, CASE_COLUMNS)


def test_the_separator_is_the_one_that_gives_known_columns() -> None:
    for content in ("Last, first, middle, suffix;Score\nA,,,;240\n", "a;b;c;d,Score\n1;2;3;4,240\n"):
        assert columns_found(content, CASE_COLUMNS) == {"score"}


@pytest.mark.parametrize("header", ["Name, phase", "Visa, needs", "Comments (needs, offers)", "Advisor | recommender"])
def test_a_separator_in_a_header_does_not_matter_if_the_cells_have_none(header: str) -> None:
    with pytest.warns(CaseTableWarning, match="is kept as it is"):
        assert len(judge_frame(pd.DataFrame({"score": [240], "range_low": [235], header: ["Ana"]}))) == 1


@pytest.mark.parametrize(
    "scores", [[240, None], ["240", ""], ["240", None], [240, float("nan")], pd.array([240, None], dtype="Int64")]
)
def test_every_kind_of_blank_score_gets_the_same_error(scores: Any) -> None:
    with pytest.raises(SheetError) as caught:
        judge_frame(pd.DataFrame({"score": scores}))
    assert str(caught.value) == "row 3, column score: must be filled in, but it is empty. Fill it in, or delete the row."


MESSY = (
    "\ufeffName,Score,Range Low,The contact comes from,scripted,Specifics,Sponsors visas,offers,move\n"
    'A,240.0,230, trusted peer ,N,Yes,,"language, local",\n'
    "B,228,,Known dean,FALSE,Y,no,Local roots,A targeted phone call\n"
    ",,,,,,,,\n"
    "C,251,235,TRUSTED_PEER,0,1,TRUE,,formal email\n"
    " ,,,,,,,,\n"
)


@pytest.mark.parametrize("way", WAYS)
def test_a_messy_table_is_judged_like_the_cases_it_means(way: Way, tmp_path: Path) -> None:
    intended = [
        Case(score=240, range_low=230, recommender="trusted_peer", specifics=True, offers={"language", "local"}),
        Case(score=228, recommender="known_dean", specifics=True, sponsors_visas=False, offers={"local"}, move="targeted_call"),
        Case(score=251, recommender="trusted_peer", specifics=True),
    ]
    judged = way(MESSY, tmp_path)
    assert judged["verdict"].tolist() == [int(judge(case).verdict) for case in intended]
    assert list(judged.columns[:9]) == MESSY.lstrip("\ufeff").partition("\n")[0].split(",")
    assert list(judged["Name"]) == ["A", "B", "C"]


@given(table=st.lists(cases(), min_size=1, max_size=4), separator=st.sampled_from(",;\t"))
def test_a_written_table_of_cases_reads_back_as_the_same_cases(table: list[Case], separator: str) -> None:
    header = list(Case.fields())
    content = to_csv(["name", *header], [[f"=S{at}", *case.to_record().values()] for at, case in enumerate(table)])
    if separator != ",":
        content = content.replace(",", separator)
    found = read_table(content, CASE_COLUMNS)
    assert [Case(**row.values) for row in found.rows] == table
    assert [row.others for row in found.rows] == [{"name": f"=S{at}"} for at in range(len(table))]
    assert [row.number for row in found.rows] == list(range(2, len(table) + 2))


@pytest.mark.slow
@settings(max_examples=20)
@given(table=st.lists(cases(), min_size=1, max_size=4))
def test_a_judged_frame_gets_the_same_verdicts_after_a_round_trip_through_csv(table: list[Case]) -> None:
    judged = judge_frame(pd.DataFrame([case.to_record() for case in table]))
    rows = judged.astype(object).where(judged.notna(), None).to_numpy().tolist()
    again = judge_frame(pd.read_csv(io.StringIO(to_csv(list(judged.columns), rows))))
    assert again["verdict"].tolist() == judged["verdict"].tolist()


@pytest.mark.parametrize("name", [*Case.fields(), *map(str.upper, Case.fields())])
def test_a_column_is_found_by_its_name_or_its_label_on_screen(name: str) -> None:
    field = name.lower()
    for header in (name, name.replace("_", " "), f" {name.replace('_', '-')}\u00a0", text(f"field.{field}.label")):
        assert CASE_COLUMNS.name_of(header) == field


@pytest.mark.parametrize(
    "header", ["Name", "ID", "Email", "Program", "School", "Specialty", "Notes", "Year", "Unnamed: 0", "Verdict", ""]
)
def test_unrelated_columns_look_like_none_of_ours(header: str) -> None:
    assert CASE_COLUMNS.name_of(header) is CASE_COLUMNS.looks_like(header) is None


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Score 2027", "score"),
        ("Final score", "score"),
        ("needed", "needs"),
        ("offering", "offers"),
        ("Phase of training", "phase"),
        ("Needs visa?", "needs_visa"),
        ("Range low (2026)", "range_low"),
    ],
)
def test_a_header_that_contains_a_known_name_looks_like_it(header: str, name: str) -> None:
    assert name in {CASE_COLUMNS.looks_like(header), CASE_COLUMNS.name_of(header)}


def test_the_default_score_is_not_used_if_a_column_looks_like_scores() -> None:
    with pytest.raises(SheetError, match="column score: is missing, but 'Score 2027' looks like it"):
        judge_frame(pd.DataFrame({"Score 2027": [228, 251], "range_low": [235, 235]}))


def test_a_column_that_only_looks_like_a_known_one_is_kept_with_a_hint() -> None:
    frame = pd.DataFrame({"offer": ["yes"], "score": [240], "Moved": ["2027-01-01"], "offers": ["local"]})
    with pytest.warns(CaseTableWarning) as hints:
        judged = judge_frame(frame)
    assert list(judged.columns[:4]) == ["offer", "score", "Moved", "offers"]
    assert [str(one.message).partition(",")[0] for one in hints] == [
        "'offer' is kept as it is. It looks like offers",
        "'Moved' is kept as it is. It looks like move",
    ]


def test_a_lookalike_of_a_column_that_is_there_is_kept_even_if_its_cells_could_be_read() -> None:
    with pytest.warns(CaseTableWarning, match="'Old score' is kept as it is. It looks like score"):
        assert judge_frame(pd.DataFrame({"score": [240], "Old score": [230]}))["score"].tolist() == [240]


def test_a_warning_about_a_table_points_to_the_line_that_read_it(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_text("Class of 2027,\nName,Score\nA,251\n", encoding="utf-8")
    with pytest.warns(CaseTableWarning) as of_file:
        read_cases(tmp_path / "class.csv")
    with pytest.warns(CaseTableWarning) as of_frame:
        judge_frame(pd.DataFrame({"score": [240], "Moved": ["2027-01-01"]}))
    assert [one.filename for one in (*of_file, *of_frame)] == [__file__] * 2


@pytest.mark.parametrize("first", [True, False])
def test_whether_columns_were_merged_shows_in_the_first_row(first: bool, tmp_path: Path) -> None:
    rows = [["Ana;228", "235"], ["Ben", "235"]] if first else [["Ben", "235"], ["Ana;228", "235"]]
    header = ["Name;score", "range_low"]
    (tmp_path / "class.csv").write_text("\n".join(map(",".join, [header, *rows])), encoding="utf-8")
    for read in (lambda: judge_frame(pd.DataFrame(rows, columns=header)), lambda: read_cases(tmp_path / "class.csv")):
        if first:
            with pytest.raises(SheetError, match="is the separator a semicolon"):
                read()
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the first header looks like score
                assert len(read()) == 2


def test_a_lookalike_column_with_lists_in_its_cells_is_kept_too() -> None:
    frame = pd.DataFrame({"specifics": [True], "scores": [[240, 250]]})
    with pytest.warns(CaseTableWarning, match="'scores' is kept as it is"):
        assert len(judge_frame(frame)) == 1


def test_a_last_row_is_a_total_only_if_it_lacks_what_every_row_needs() -> None:
    """A student can be called Max, but if there are no scores, the word alone decides."""
    known = KnownColumns(Case.fields(), texts=("name",))
    assert [row.number for row in read_table("Name,Score\nAvery,240\nMax,251\n", known).rows] == [2, 3]
    for table in ("Name,Score\nAvery,240\nMax,\n", "Name,Specifics\nAvery,yes\nMax,yes\n"):
        with pytest.raises(SheetError, match="row 3: must be a row of the table, but it looks like a total or a note"):
            read_table(table, known)


@pytest.mark.parametrize("place", range(12))
def test_only_one_of_the_last_five_rows_can_be_a_total(place: int) -> None:
    """Any other without a score lacks one. The rows after it are read."""
    rows = [f"S{number},240" for number in range(12)]
    rows[place] = "Total,"
    table = read_table("\n".join(["Name,Score", *rows]), KnownColumns(Case.fields(), ("name",), ("score",)), keep_going=True)
    (problem,) = table.problems
    assert (problem.rule, problem.rows) == ("sheet_summary" if place >= 7 else "cell_blank", (place + 2,))
    assert [row.number for row in table.rows] == [number + 2 for number in range(12) if number != place]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["", "Total"], "Total"),
        ([None, "Total"], "Total"),
        ([12, "Note: as of May"], "Note: as of May"),
        (["A", "Total"], None),
        (["", "", 3], None),
        # Of a long cell, only the beginning counts.
        (["Max" + " " * 196 + "x"], None),
        (["Max" + " " * 197 + "x"], "Max" + " " * 197 + "x"),
    ],
)
def test_the_first_filled_cell_marks_a_total(cells: list[object], found: str | None) -> None:
    assert is_summary(cells) == found


def test_the_error_for_a_total_replaces_those_for_its_cells() -> None:
    """Those of the other rows stay."""
    frame = pd.DataFrame({"name": ["A", "B", "C", "Total"], "score": ["240", "", "x", ""], "phase": ["", "", "", "no"]})
    with pytest.raises(SheetError) as caught:
        judge_frame(frame)
    assert [(one.rule, one.rows) for one in caught.value.problems] == [
        ("cell_blank", (3,)),
        ("range", (4,)),
        ("sheet_summary", (5,)),
    ]


def test_a_row_whose_values_conflict_is_left_out_if_the_others_are_wanted() -> None:
    """Its values are compared only if each of them is valid."""

    def check(values: dict[str, Any]) -> None:
        if values["score"] < 200:
            raise CaseError("score", "range", values["score"], low=200, high=300)

    table = read_table("Score\n240\n190\nx\n250\n", CASE_COLUMNS, check=check, keep_going=True)
    assert [row.number for row in table.rows] == [2, 5]
    assert [(one.rows, one.column) for one in table.problems] == [((3,), "Score"), ((4,), "Score")]


def test_a_table_has_at_most_100000_rows() -> None:
    with pytest.raises(SheetError, match="must hold at most 100000 rows, but there are 100001"):
        read_table("score\n" + "240\n" * 100_001, CASE_COLUMNS)


CLASHES = [
    ({"recommender": "self"}, "recommender: must come with the move direct_email"),
    ({"move": "direct_email"}, "move: must come with the recommender self"),
    ({"recommender": "self", "move": "direct_email"}, ""),
    ({"recommender": "known_dean"}, ""),
    ({"move": "formal_email"}, ""),
    ({"recommender": "self", "move": "formal_email"}, ""),  # no default is at fault
    ({"recommender": "trusted_peer"}, ""),
    ({"score": 300}, ""),
    ({"score": 301}, r"score: .* range_low \(235 by default\) and range_floor \(220 by default\), but it is 301"),
    ({"range_low": 500}, r"range_low: .* as score \(240 by default\) and range_floor \(220 by default\), but it is 500"),
    ({"range_floor": 400}, r"range_floor: .* as score \(240 by default\) and range_low \(235 by default\), but it is 400"),
    ({"score": 520, "range_low": 500}, r"score: .* as range_floor \(220 by default\), but it is 520"),
    ({"score": 520, "range_low": 500, "range_floor": 400}, ""),
    ({"score": 520, "range_low": 240}, ""),  # nor here
    ({"range_floor": 236}, "range_floor: must not be more than range_low, which is 235 by default"),
]


@pytest.mark.parametrize(("given", "words"), CLASHES)
def test_the_error_for_a_conflict_with_a_default_says_what_to_give_too(given: dict[str, Any], words: str) -> None:
    error = clash_with_defaults({**Case().to_record(), **given}, set(given))
    assert re.match(words, str(error)) if words else error is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (rows_to_csv("programs", [Program("Mercy", 230)]), "add a score column."),
        (
            rows_to_csv("people", [Person("Dr. Osei", "known_dean")]),
            "add a score column and a range_low column, and rename the kind column recom",
        ),
    ],
)
def test_the_error_for_a_planner_table_says_what_to_add(content: str, words: str) -> None:
    with pytest.raises(SheetError) as caught:
        judge_frame(pd.read_csv(io.StringIO(content)))
    assert words in str(caught.value)


def test_a_planner_table_with_a_score_is_judged() -> None:
    programs = pd.read_csv(
        io.StringIO(rows_to_csv("programs", [Program("Mercy", 230, 215, {"local"}, interviews_failures=False)]))
    )
    with pytest.warns(CaseTableWarning, match="'openings' is kept as it is"):
        judged = judge_frame(programs.assign(score=240, failed_attempts=1))
    assert judged["verdict"].tolist() == [
        int(judge(Case(score=240, range_low=230, range_floor=215, failed_attempts=1, interviews_failures=False)).verdict)
    ]


def test_of_many_problems_the_first_are_listed_and_the_rest_counted() -> None:
    frame = pd.DataFrame({"score": range(1000, 1020), "phase": ["never"] * 20})
    with pytest.raises(SheetError) as caught:
        judge_frame(frame)
    lines = str(caught.value).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "and 16 more problems."
    assert len(caught.value.problems) == 21


def test_rows_are_numbered_as_in_a_spreadsheet() -> None:
    """The header is row 1, or the numbers are those in the file. A row's label is added if there is one."""
    frame = pd.DataFrame({"name": ["a", "b", "c"], "score": ["240", "240", "x"]})
    for one, row in ((frame, "row 4,"), (frame.iloc[1:], "row 4,"), (frame.set_index("name"), "row 4 (c),")):
        with pytest.raises(SheetError) as caught:
            judge_frame(one)
        assert str(caught.value).startswith(row)


def test_a_title_above_the_header_is_an_error_in_a_frame_and_is_skipped_in_a_file(tmp_path: Path) -> None:
    content = "Class of 2027,\nName,Score\nA,251\n"
    assert "but row 2 has some: the header seems to be there" in error_for(
        by_pandas, "Class of 2027,x\nName,Score\nA,251\n", tmp_path
    )
    with pytest.warns(CaseTableWarning, match="The header is in row 2"):
        assert as_csv(content, tmp_path)["verdict"].tolist() == [2]


def test_a_class_list_from_an_older_excel_keeps_its_letters_and_names_the_encoding(tmp_path: Path) -> None:
    (tmp_path / "class.csv").write_bytes("Name;Score\nMüller;251\n".encode("cp1252"))
    with pytest.warns(CaseTableWarning, match=r"not in UTF-8, so we read it as Windows-1252.*Müller"):
        assert list(read_cases(tmp_path / "class.csv")["Name"]) == ["Müller"]


def test_the_error_for_a_missing_class_list_names_it(tmp_path: Path) -> None:
    with pytest.raises(CaseFileError, match=r"none\.csv: could not be read.*No such file") as caught:
        read_cases(tmp_path / "none.csv")
    assert "Errno" not in str(caught.value)


@given(st.text(max_size=60) | st.text(st.sampled_from("score,;\n\t\"240|phase'= "), max_size=60))
def test_any_text_gives_a_table_or_an_error_message(content: str) -> None:
    columns_found(content, CASE_COLUMNS)
    for read, wrong in ((lambda: read_table(content, CASE_COLUMNS), SheetError), (lambda: case_from_text(content), CaseError)):
        try:
            message = str(read())
        except wrong as error:
            message = str(error)
        assert message


# ---- a case as a table of one row ----


def test_a_case_can_be_a_table_with_one_row(tmp_path: Path) -> None:
    content = "Score;The contact comes from;needs\n228;Known dean;local, language\n"
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        (tmp_path / "mine.csv").write_bytes(content.encode(encoding))
        assert load_case(tmp_path / "mine.csv") == Case(score=228, recommender="known_dean", needs={"local", "language"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("score\n240\n241\n", "mine.csv: must hold one case, but it has 2 rows."),
        ("score,phase\n240,never\n", "mine.csv, row 2, column phase: must be one of "),
        ("score,range_low\n240,215\n", "range_low: must not be less than range_floor, which is 220 by default"),
        ("score,range_low\n410,235\n", None),
    ],
)
def test_a_table_that_is_not_a_single_case_is_rejected(content: str, words: str | None) -> None:
    if words is None:  # such a case can be entered, but has no verdict
        with pytest.raises(CaseError, match="same exam"):
            judge(case_from_text(content, "mine.csv"))
        return
    with pytest.raises(CaseError) as caught:
        case_from_text(content, "mine.csv")
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("given_", [{"range_low": 215}, {"range_low": "215"}])
def test_the_error_for_a_record_that_conflicts_with_a_default_names_the_default(given_: dict[str, object]) -> None:
    with pytest.raises(CaseError, match="range_floor, which is 220 by default"):
        Case.from_record(given_)
    with pytest.raises(CaseError, match="range_floor, which is 220 by default"):
        judge(range_low=215)


def test_a_valid_table_is_judged_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge_frame(pd.read_csv(io.StringIO("name,school,score\nA,B,240\n")))
