"""A class list as an office keeps it: what's unknown stays unknown, mistakes are listed, and the rest is judged."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pytest

from backchannel_lib import Case, CaseFileError, SheetError, Verdict, judge, judge_open
from backchannel_lib.activities.planner.tables import Program, rows_to_csv
from backchannel_lib.base.spreadsheet import to_csv
from backchannel_lib.base.texts import text
from backchannel_lib.model import class_list
from backchannel_lib.model.class_list import (
    UNKNOWN_IF_BLANK,
    ClassRow,
    Contact,
    Student,
    class_row,
    judge_class,
    judge_student,
    read_class,
)
from backchannel_lib.model.open_changes import open_changes
from backchannel_lib.model.open_judgment import open_field_names
from backchannel_lib.model.possible import MAY_BE_UNKNOWN, replace_known
from backchannel_lib.model.tables import load_remedies
from tests.helpers.cases import many_cases
from tests.helpers.classes import LEFT_OUT, MISTAKES, sixty

BEFORE, DURING = datetime(2027, 2, 1), datetime(2027, 3, 16, 9, 0)


def only(students: str, programs: str = "") -> Contact:
    """Return the only contact of a class without errors."""
    found = read_class(students, programs)
    assert found.problems == ()
    ((contact,),) = (student.contacts for student in found.students)
    return contact


def rows_of(students: str, programs: str = "", now: datetime = BEFORE) -> list[ClassRow]:
    """Return the judged contacts of a class."""
    return [
        class_row(one.name, judged) for one in read_class(students, programs).students for judged in judge_student(one, now)
    ]


def test_anything_not_stated_about_the_program_or_the_contact_is_unknown() -> None:
    """It can be a blank, a question mark, a missing column or a missing table."""
    everything = (
        *("range_low", "range_floor", "interviews_failures", "sponsors_visas", "has_noncategorical_seat", "needs"),
        *("recommender", "specifics", "lists_open"),
    )
    assert only("Name,Score\nAvery,251\n").unknown == everything
    contact = only("Name,Score,Programs\nAvery,251,Mercy\n", "Name,Range low,Sponsors visas,Needs\nMercy,230,?,\n")
    assert contact.unknown == tuple(name for name in everything if name not in {"range_low", "range_floor"})
    assert (contact.case.range_low, contact.case.range_floor) == (230, 215)


def test_in_a_students_own_file_a_question_mark_means_unknown_and_a_blank_means_no() -> None:
    assert "failed_clerkship" in only("Name,Score,Failed clerkship\nAvery,251,?\n").unknown
    blank = only("Name,Score,Failed clerkship\nAvery,251,\n")
    assert "failed_clerkship" not in blank.unknown
    assert blank.case.failed_clerkship is False


@pytest.mark.parametrize(("column", "field"), [("Specifics", "specifics"), ("Sponsors visas", "sponsors_visas")])
def test_a_question_mark_in_a_column_that_is_unknown_if_blank_means_unknown_too(column: str, field: str) -> None:
    assert field in only(f"Name,Score,{column}\nAvery,251,?\n").unknown
    assert field not in only(f"Name,Score,{column}\nAvery,251,yes\n").unknown


@pytest.mark.parametrize(
    ("caller", "kind", "kept"),
    [("Known dean", "trusted peer", "Known dean"), ("Trusted peer", "known dean", "Trusted peer"), ("Self", "self", "")],
)
def test_a_kind_of_caller_that_is_not_the_recommender_is_kept_as_a_name(caller: str, kind: str, kept: str) -> None:
    contact = only(f"Name,Score,Caller,Recommender\nAvery,251,{caller},{kind}\n")
    assert (contact.caller, contact.case.recommender) == (kept, kind.replace(" ", "_"))


@pytest.mark.parametrize("cell", ["Known dean", "known_dean", "A dean who knows them personally"])
def test_the_caller_column_has_a_name_or_a_kind_of_caller(cell: str) -> None:
    """A name is kept, but says nothing about what kind of caller it is."""
    contact = only(f"Name,Score,Caller\nAvery,251,{cell}\n")
    assert (contact.caller, contact.case.recommender) == ("", "known_dean")
    named = only("Name,Score,Caller\nAvery,251,Dr. Osei\n")
    assert (named.caller, "recommender" in named.unknown) == ("Dr. Osei", True)
    both = only("Name,Score,Caller,Recommender\nAvery,251,Dr. Osei,Known dean\n")
    assert (both.caller, both.case.recommender) == ("Dr. Osei", "known_dean")


def test_a_student_who_makes_the_contact_sends_an_email() -> None:
    assert only("Name,Score,Caller\nAvery,251,self\n").case.move == "direct_email"


@pytest.mark.parametrize(
    "students",
    [
        "Name,Score,Caller,Programs\nAvery,251,Known dean,Mercy; Lakeside\n",
        "Name;Score;Caller;Programs\nAvery;251;Known dean;Mercy, Lakeside\n",
        "Student,Score,Caller,Program\nAvery,251,Known dean,Mercy\navery,,Known dean,Lakeside\n",
        "Last name,First name,Score,Caller,Program\n,Avery,251,Known dean,Mercy\n,Avery,251,Known dean,Lakeside\n",
    ],
    ids=["semicolons", "commas", "a row for each", "two names"],
)
def test_programs_can_share_a_cell_or_have_a_row_each(students: str) -> None:
    """Only one of a student's rows needs the student's own facts."""
    found = read_class(students, "Program,Range Low\nMercy,230\nLakeside,222\n")
    (avery,) = found.students
    assert (avery.name, found.problems) == ("Avery", ())
    assert [(one.program, one.case.score, one.case.range_low) for one in avery.contacts] == [
        ("Mercy", 251, 230),
        ("Lakeside", 251, 222),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_fact_in_one_of_a_students_rows_applies_to_all_of_them(order: tuple[int, int]) -> None:
    """It can be a count, a question mark or a score, and the order of the rows doesn't matter."""
    rows = ["Avery,251,1,?,Mercy", "Avery,,,,Lakeside"]
    table = "\n".join(["Name,Score,Failed attempts,Needs visa,Program", *(rows[place] for place in order)]) + "\n"
    (avery,) = read_class(table).students
    assert [(one.case.score, one.case.failed_attempts, "needs_visa" in one.unknown) for one in avery.contacts] == [
        (251, 1, True)
    ] * 2


def test_a_comma_in_a_programs_name_is_not_a_separator() -> None:
    found = read_class('Name,Score,Programs\nAvery,251,"Mercy, Erie; Lakeside"\n', 'Name\n"Mercy, Erie"\nLakeside\n')
    assert [one.program for one in found.students[0].contacts] == ["Mercy, Erie", "Lakeside"]


def test_a_comma_separates_only_programs_that_are_in_the_table() -> None:
    """A semicolon separates them in any case, unless it's part of a name in the table."""
    found = read_class('Name,Score,Programs\nAvery,251,"Mercy, Erie; Lakeside"\n')
    assert [one.program for one in found.students[0].contacts] == ["Mercy, Erie", "Lakeside"]
    assert only('Name,Score,Programs\nAvery,251,"Mercy; Erie"\n', 'Name\n"Mercy; Erie"\n').program == "Mercy; Erie"


def test_a_program_that_does_not_fit_the_score_leaves_the_others() -> None:
    """Nor does a student without a program have an unknown one."""
    students = "Name,Score,Programs\nAvery,251,Mercy; Lakeside\nBlake,251,\n"
    found = read_class(students, "Name,Range low\nMercy,500\nLakeside,222\n")
    assert [(one.row, one.column) for one in found.problems] == [(2, "Score")]
    assert [[one.program for one in each.contacts] for each in found.students] == [["Lakeside"], [""]]


@pytest.mark.parametrize(
    ("openings", "given", "seat"),
    [
        *(("both", "", True), ("noncategorical", "", True), ("categorical", "", False), ("none", "", False), ("", "", None)),
        *(("both", "no", False), ("none", "yes", True), ("", "yes", True)),
    ],
)
def test_the_planners_openings_say_whether_there_is_a_seat_unless_its_own_column_does(
    openings: str, given: str, seat: bool | None
) -> None:
    contact = only(
        "Name,Score,Programs\nAvery,251,Mercy\n", f"Name,Openings,Has noncategorical seat\nMercy,{openings},{given}\n"
    )
    unknown = "has_noncategorical_seat" in contact.unknown
    assert (None if unknown else contact.case.has_noncategorical_seat) is seat


@pytest.mark.parametrize(("low", "floor"), [(230, 210), (230, 230), (230, None), (None, 200)])
def test_a_program_can_have_any_floor_up_to_the_bottom_of_its_range(low: int | None, floor: int | None) -> None:
    """Whichever is missing is unknown, except a floor, which is the usual one."""
    program = f"Name,Range low,Range floor\nMercy,{low or ''},{floor or ''}\n"
    contact = only("Name,Score,Programs\nAvery,251,Mercy\n", program)
    assert ("range_low" in contact.unknown, "range_floor" in contact.unknown) == (low is None, False)
    assert contact.case.range_floor == (floor or 215)
    assert low in {None, contact.case.range_low}


def test_a_program_can_have_two_rows_only_if_they_say_the_same() -> None:
    students, head = "Name,Score,Programs\nAvery,251,Mercy\n", "Name,Sponsors visas\n"
    assert only(students, f"{head}Mercy,yes\nMercy,yes\n").case.sponsors_visas is True
    assert len(read_class(students, f"{head}Mercy,yes\nMercy,no\n").problems) == 1


def test_a_students_row_takes_precedence_over_the_programs_table() -> None:
    contact = only("Name,Score,Programs,Sponsors visas\nAvery,251,Mercy,yes\n", "Name,Sponsors visas\nMercy,no\n")
    assert contact.case.sponsors_visas is True


def test_the_planners_table_of_programs_is_accepted() -> None:
    table = rows_to_csv(
        "programs", [Program("Mercy", 230, openings="noncategorical"), Program("Lakeside", 230, openings="none")]
    )
    found = read_class("Name,Score,Programs\nAvery,251,Mercy; Lakeside\n", table)
    assert [one.case.has_noncategorical_seat for one in found.students[0].contacts] == [True, False]
    assert all("has_noncategorical_seat" not in one.unknown for one in found.students[0].contacts)


@pytest.mark.parametrize("header", ["Last name, first name", "Name (Last, First)", "LAST, FIRST", "Full Name"])
def test_the_name_column_can_have_any_header_that_offices_use(header: str) -> None:
    """A comma in the header or in the names isn't taken for a separator."""
    found = read_class(f'"{header}",Score\n"Okafor, Ana",251\n')
    assert ([one.name for one in found.students], found.problems) == (["Okafor, Ana"], ())


def test_a_program_whose_row_has_an_error_is_not_reported_as_missing() -> None:
    found = read_class("Name,Score,Programs\nAna,251,Mercy\n", "Program,Range Low\nMercy,x\nLakeside,222\n")
    (message,) = (one.sentence for one in found.problems if one.value == "Mercy")
    assert "a correct row in the programs table" in message


def test_a_program_that_many_students_list_is_reported_once_with_all_their_rows() -> None:
    """A dean's office fixes one row of the programs, and reads about it once."""
    students = "Name,Score,Programs\n" + "".join(f"{name},251,Mercy; Lakeside\n" for name in ("Ana", "Ben", "Cy"))
    found = read_class(students, "Program,Range Low\nMercy,x\nLakeside,222\n")
    assert [(one.row, one.column, one.value) for one in found.problems] == [
        ("2, 3, 4", "Programs", "Mercy"),
        (2, "Range Low", "x"),
    ]


def test_problems_are_listed_by_their_first_row() -> None:
    """A long value is cut."""
    students = f"Name,Score,Programs\nAna,251,Lakeside\nBen,{'x' * 100},\nCy,251,Lakeside\n"
    found = read_class(students, "Name\nMercy\n")
    assert [(one.row, one.value) for one in found.problems] == [("2, 4", "Lakeside"), (3, "x" * 80)]


def test_invalid_rows_are_listed_with_row_column_and_value_and_the_rest_are_read() -> None:
    """All mistakes in a class of sixty are found, and nothing else is reported."""
    rows = sixty()
    found = read_class(to_csv(rows[0], rows[1:]), "Program\nMercy Internal Medicine\nLakeside Family Medicine\n")
    reported = {(one.row, one.column, one.value) for one in found.problems if one.sentence.find("programs table") < 0}
    assert reported == {mistake for mistake in MISTAKES if mistake[1] not in {"Programs"} and mistake[2] != "512"}
    assert (44, "Programs", "Lakside Family Medicine") in {(one.row, one.column, one.value) for one in found.problems}
    assert len(found.students) == 60 - LEFT_OUT + 1  # without ranges, a score from the other exam is fine


@pytest.mark.parametrize(
    ("students", "programs", "row", "column", "words"),
    [
        ("Name,Score\nAvery,251\nAvery,240\n", "", 3, "Score", "same in every row of Avery"),
        ("Name,Score\nAvery,240\nAvery,251\n", "", 3, "Score", "same in every row of Avery"),
        ("Name,Score\nAvery,251\n,240\n", "", 3, "Name", "1 to 80 characters, but it is empty"),
        ("Name,Score\nAvery,251\nB\x07,240\n", "", 3, "Name", "1 to 80 characters, but it is 'B"),
        ("First name,Last name,Score\nAvery,,251\n,,240\n", "", 3, "name", "1 to 80 characters"),
        ("Name,Score,Programs\nAvery,251,Mercy\n", "Name,Range low\nMercy,230\nMERCY,240\n", 3, "Name", "twice"),
        ("Name,Score\nAvery,251\n", "Name,Range low,Range floor\nMercy,230,240\n", 2, "Range floor", "240"),
        ("Name,Score,Programs\nAvery,251,Mercy\n", "Name,Range low\nMercy,500\n", 2, "Score", "same exam"),
        ("Name,Score,Programs\nAvery,251,Mersy\n", "Name\nMercy\n", 2, "Programs", "spelling against these: Mercy"),
        ("Name,Score\nAvery,251\nBlake,240,x\n", "", 3, "", "2 cells"),
        ("Name,Score\nAvery,251\nTotal,\n", "", 3, "", "a total or a note"),
    ],
)
def test_a_contradiction_is_listed_once(students: str, programs: str, row: int, column: str, words: str) -> None:
    (problem,) = read_class(students, programs).problems
    assert (problem.row, problem.column) == (row, column)
    assert words in problem.sentence


def test_a_table_without_a_required_column_is_rejected_with_one_message() -> None:
    with pytest.raises(SheetError, match="Step 2 CK"):
        read_class("Name,Step 2 CK\nAvery,251\n")
    with pytest.raises(SheetError, match="every row needs one"):
        read_class("Name,Score\nAvery,251\n", "Sponsors visas\nyes\n")


def test_a_class_can_be_a_file_and_the_error_for_one_that_cannot_be_read_names_it(tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_text("Name,Score\nAvery,251\n,240\n", encoding="utf-8")
    for source in (file, str(file)):
        found = read_class(source)
        assert ([one.name for one in found.students], [one.table for one in found.problems]) == (["Avery"], ["class.csv"])
    for missing, cause in ((tmp_path / "none.csv", "No such file or directory"), ("a\0b", "embedded null byte")):
        with pytest.raises(CaseFileError) as caught:
            read_class(missing)
        assert str(caught.value).endswith(f": could not be read: '{cause}'.")
    for blank in ("", "  ", b""):
        with pytest.raises(SheetError, match="column name: is missing"):
            read_class(blank)


def test_a_table_needs_a_name_in_one_column_or_two() -> None:
    with pytest.raises(SheetError, match=r"column name: is missing, and every row needs one\. The columns found are 'Score'"):
        read_class("Score\n251\n")
    for columns, cells in (
        ("Last name", "Okafor"),
        ("Last name,First name", "Okafor,Ana"),
        ("Name,Last name", "Ana Okafor,Okafor"),
    ):
        (student,) = read_class(f"{columns},Score\n{cells},251\n").students
        assert student.name == ("Okafor" if columns == "Last name" else "Ana Okafor")


def test_fields_without_a_column_in_either_table_are_assumed_unless_they_stay_unknown() -> None:
    rest = ["track_record", "prior_contact", "introduced"]
    columns = [name for name in Case.fields() if name not in {*rest, *UNKNOWN_IF_BLANK, "phase", "intensity", "range_low"}]
    header = ",".join(["name", *columns, "program"])
    found = read_class(f"{header}\nAvery,251{',' * len(columns)}Mercy\n", "Name,Range low\nMercy,230\n")
    assert (list(found.assumed), found.problems) == (rest, ())


def test_notes_on_both_tables_are_kept() -> None:
    assert read_class("Name,Score,Track records\nAvery,251,\n", "Name,Needed\nMercy,\n").notes == (
        text("sheet.note.near", column="'Track records'", name="track_record"),
        text("sheet.note.near", column="'Needed'", name="needs"),
    )


def test_a_row_has_the_first_change_with_the_best_verdict_it_can_lead_to() -> None:
    """Without a change, there's nothing about one."""
    table = "Name,Score,Recommender,Specifics,Lists open\n{},251,trusted peer,{},yes\n"
    (student,) = read_class(table.format("Avery", "no")).students
    (judged,) = judge_student(student, BEFORE)
    first, second = judged.changes
    assert first.verdicts[0] < second.verdicts[-1] < first.verdicts[-2] < first.verdicts[-1]
    row = class_row("Avery", judged)
    assert (row.change, row.change_verdict) == (" ".join(first.change.sentences), first.verdicts[-1])
    (least,) = rows_of("Name,Score,Recommender,Professionalism issue,Range low\nAvery,251,trusted peer,yes,230\n", now=DURING)
    assert least == ClassRow(*least[:-3])


def test_the_stricter_answer_counts_while_it_is_unknown_whether_the_program_made_contact() -> None:
    """A class is judged at the time it's asked for."""
    found = read_class("Name,Score,Recommender,Program contacted first\nAvery,251,known dean,?\n")
    assert [[row.rule for row in judge_class(found, when)] for when in (BEFORE, DURING)] == [["allowed"], ["not_allowed"]]


def test_a_contact_without_unknown_fields_gets_the_verdict_from_judge() -> None:
    """One with unknown fields gets every verdict that `judge_open` finds possible."""
    head = (
        "Name,Score,Range low,Interviews failures,Sponsors visas,Has noncategorical seat,Needs,Recommender,Specifics,Lists open"
    )
    (row,) = rows_of(f"{head},Phase\nAvery,228,235,yes,yes,no,local,known dean,yes,yes,soap_lists\n")
    case = Case(score=228, recommender="known_dean", specifics=True, needs={"local"})
    assert row.lowest == row.highest == judge(case).verdict
    assert (row.weakest, row.certain, row.ask) == (judge(case).binding, judge(case).binding, ())
    (open_row,) = rows_of("Name,Score,Recommender\nAvery,228,known dean\n")
    contact = only("Name,Score,Recommender\nAvery,228,known dean\n")
    verdicts = judge_open(contact.case.replace(phase="groundwork"), contact.unknown).verdicts
    assert (open_row.lowest, open_row.highest) == (min(verdicts), max(verdicts))


def test_a_change_says_which_verdict_it_leads_to_and_when_it_is_allowed() -> None:
    """During SOAP it has to wait until SOAP ends."""
    table = "Name,Score,Range low,Recommender,Specifics,Lists open\nAvery,251,230,trusted peer,no,yes\n"
    (before,), (during,) = rows_of(table), rows_of(table, now=datetime(2027, 3, 15, 20, 0))
    assert (before.rule, during.rule) == ("allowed", "not_allowed")
    assert before.change_verdict > before.highest
    assert "now" in before.change_when
    (student,) = read_class(table).students
    (judged,) = judge_student(student, datetime(2027, 3, 15, 20, 0))
    assert any("Thursday" in one.change.when for one in judged.changes)


def test_a_phase_given_in_the_table_is_used() -> None:
    (row,) = rows_of("Name,Score,Recommender,Specifics,Phase\nAvery,251,trusted peer,yes,soap lists\n")
    assert row.rule == "not_allowed"
    assert row.highest <= Verdict.PHONE_INTERVIEW


def test_a_change_that_nobody_can_make_is_not_shown_for_a_student() -> None:
    """Once Match Week has begun, it's too late to become known to the program beforehand."""
    (student,) = read_class("Name,Score,Caller,Specifics,Phase\nAvery,250,Trusted peer,yes,gap_filling\n").students
    (judged,) = judge_student(student, BEFORE)
    assert [one.change.remedies for one in judged.changes] == [("start_a_year_early",)]


def test_only_changes_that_raise_the_lowest_or_highest_verdict_beyond_declined_are_shown() -> None:
    """Each is shown with every verdict that remains possible, because it makes only the fields that it sets known."""
    sets = {row.remedy: {field for field, _ in row.overrides} for row in load_remedies()}
    chance = random.Random(8)  # noqa: S311 - test data
    helped = 0
    for case in many_cases(30, seed=9):
        unknown = open_field_names(name for name in (*UNKNOWN_IF_BLANK, "track_record") if chance.random() < 0.5)
        known = replace_known(case, may_be := [name for name in unknown if name in MAY_BE_UNKNOWN])
        (judged,) = judge_student(Student("Avery", (Contact(2, "", "", known, unknown, frozenset({"phase"})),)), BEFORE)
        possible = judged.advice.judgment.verdicts
        expected = []
        for one in open_changes(known, may_be).changes:
            left = [name for name in unknown if all(name not in sets[remedy] for remedy in one.change.remedies)]
            then = judge_open(one.change.case, left).verdicts
            higher = min(then) > min(possible) or max(then) > max(possible)
            if one.change.who != "nobody" and higher and max(then) > Verdict.DECLINED:
                expected.append((one.change.remedies, tuple(sorted(then))))
        assert [(one.change.remedies, one.verdicts) for one in judged.changes] == expected[:2]
        helped += bool(expected)
    assert helped > 10


def test_a_change_that_only_rules_out_a_better_verdict_is_not_among_those_that_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller who isn't known yet could be better than a dean."""
    monkeypatch.setattr(class_list, "CHANGES_SHOWN", 100)
    case = Case(score=251, recommender="random_dean", specifics=True)
    contact = Contact(2, "", "", case, ("recommender", "specifics"), frozenset({"phase"}))
    (judged,) = judge_student(Student("Avery", (contact,)), BEFORE)
    assert [one.change.remedies for one in judged.changes] == [("ask_trusted_peer",), ("ask_subspecialist",)]


def test_a_name_has_1_to_80_characters() -> None:
    assert only(f"Name,Score\n{'A' * 80},251\n").case.score == 251
    assert only("Name,Score\nA,251\n").case.score == 251
    longer = read_class(f"Name,Score\n{'A' * 81},251\n")
    assert (len(longer.problems), longer.students) == (1, ())


def test_three_similar_programs_are_suggested_for_an_unknown_one() -> None:
    programs = "Name\n" + "".join(f"Mercy {place}\n" for place in ("North", "South", "East", "West"))
    (problem,) = read_class("Name,Score,Programs\nAvery,251,Mercy Nord\n", programs).problems
    assert "Mercy North" in problem.sentence
    assert problem.sentence.count("Mercy ") == 1 + 3
