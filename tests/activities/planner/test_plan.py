"""The plan: its choice is the best possible, its rows say what the rules say, and everything has a reason."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, Verdict, judge, rules_check
from backchannel_lib.activities.planner import tables as planner_tables
from backchannel_lib.activities.planner.briefing import briefing
from backchannel_lib.activities.planner.html import rows_html
from backchannel_lib.activities.planner.plan import ASSUMPTIONS, case_for, plan
from backchannel_lib.activities.planner.tables import (
    ACQUAINTANCE,
    MOST_ROWS,
    OPENINGS,
    UNKNOWN_IF_BLANK,
    Person,
    Program,
    limits_in_words,
    load_planner_limits,
    read_rows,
    rows_to_csv,
)
from backchannel_lib.base.texts import text
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.tables import ANSWERS, load_assumptions, load_claims, load_flags
from tests.helpers.cases import READINGS, cases, moments
from tests.helpers.planner import (
    MERCY,
    PEOPLE_NAMES,
    PROGRAM_NAMES,
    STUDENTS,
    TABLES,
    WELL,
    a_person,
    a_program,
    known,
    people_tables,
    program_tables,
)

# ---- the choice, compared with every possible choice ----


def worth(student: Case, rows: Sequence[tuple[Person, Program]]) -> tuple[int, ...]:
    """Return what a choice is worth according to the stated objective, without the planner's code."""
    judged = [case_for(student, person, program) for person, program in rows]
    verdicts = [judge(case).verdict for case in judged]
    each = [sum(person == one for person, _ in rows) for one in {person for person, _ in rows}]
    callers = ("unconnected_faculty", "random_dean", "known_dean", "subspecialist", "trusted_peer")
    return (
        *(verdicts.count(level) for level in (8, 7, 6, 5)),
        sum(student.score >= program.range_low for _, program in rows),
        -sum(max(0, 3 - number) for number in each),
        sum(callers.index(case.recommender) + 1 for case in judged),
        sum({"well": 3, "somewhat": 2, "barely": 1}[person.knows_work] for person, _ in rows),
        sum(program.prior_contact for _, program in rows),
    )


def worth_of_plan(student: Case, people: list[Person], programs: list[Program]) -> tuple[int, ...]:
    """Return what the plan for these tables is worth."""
    return worth(student, [(row.person, row.program) for row in plan(student, people, programs).rows])


def may_be_chosen(student: Case, person: Person, program: Program) -> bool:
    """Return whether a row can be in a plan at all."""
    in_soap = student.phase in {"soap_lists", "gap_filling"}
    return (
        not (in_soap and program.openings == "none")
        and program.range_low < 300  # the drawn scores are from Step 2 CK
        and judge(case_for(student, person, program)).verdict >= Verdict.FILE_READ
    )


def every_choice(student: Case, people: list[Person], programs: list[Program]) -> Iterator[list[tuple[Person, Program]]]:
    """List every choice that the limits allow."""
    able = [[None, *(person for person in people if may_be_chosen(student, person, program))] for program in programs]
    for choice in itertools.product(*able):
        rows = [(person, program) for person, program in zip(choice, programs, strict=True) if person is not None]
        asked = [person.name for person, _ in rows]
        if len(set(asked)) <= 3 and all(asked.count(name) <= 5 for name in asked):
            yield rows


@given(STUDENTS, TABLES)
def test_no_choice_is_better_than_the_plan(student: Case, tables: tuple[list[Person], list[Program]]) -> None:
    """Of all choices within the limits, none is worth more by the objective."""
    people, programs = tables
    best = max(worth(student, rows) for rows in every_choice(student, people, programs))
    assert worth_of_plan(student, people, programs) == best


@pytest.mark.slow
@given(STUDENTS, TABLES, st.data())
def test_one_more_row_never_makes_the_plan_worse(
    student: Case, tables: tuple[list[Person], list[Program]], data: st.DataObject
) -> None:
    """That's one more program or one more person."""
    people, programs = tables
    before = worth_of_plan(student, people, programs)
    assert worth_of_plan(student, people, [data.draw(a_program("One more")), *programs]) >= before
    assert worth_of_plan(student, [data.draw(a_person("One more")), *people], programs) >= before


@given(STUDENTS, TABLES, st.randoms(use_true_random=False))
def test_the_order_of_the_tables_does_not_change_what_the_plan_is_worth(
    student: Case, tables: tuple[list[Person], list[Program]], chance: Any
) -> None:
    people, programs = (list(table) for table in tables)
    before = worth_of_plan(student, people, programs)
    chance.shuffle(people)
    chance.shuffle(programs)
    assert worth_of_plan(student, people, programs) == before


def test_the_order_of_the_tables_breaks_ties() -> None:
    """Of people and programs that differ only in name, the first ones in the tables are chosen."""
    people = [Person(name, "trusted_peer", None, "well") for name in PEOPLE_NAMES]
    programs = [Program(f"Program {number}", 230) for number in range(20)]
    rows = plan(Case(phase="groundwork"), people, programs).rows
    assert {row.person.name for row in rows} == set(PEOPLE_NAMES[:3])
    assert {row.program.name for row in rows} == {f"Program {number}" for number in range(15)}


def test_equal_people_take_the_programs_in_the_tables_order() -> None:
    """Of people who differ only in name, the first takes the first five programs, and the next the next five."""
    people = [Person(name, "trusted_peer", None, "well") for name in PEOPLE_NAMES]
    found = plan(Case(phase="groundwork"), people, [Program(str(number), 230) for number in range(20)])
    taken = {person.name: [int(row.program.name) for row in found.rows_of(person)] for person in found.people}
    assert taken == {"Dr. Abe": [0, 1, 2, 3, 4], "Dr. Bao": [5, 6, 7, 8, 9], "Dr. Cruz": [10, 11, 12, 13, 14]}


def test_three_programs_each_matter_more_than_the_stronger_caller() -> None:
    """If verdicts are equal, two people get three programs each, instead of five for the stronger one."""
    people = [Person("Dr. Abe", "known_dean", 3, "well"), Person("Dr. Bao", "trusted_peer", None, "well")]
    programs = [Program(name, 230) for name in PROGRAM_NAMES]
    six, five = plan(Case(), people, programs[:6]), plan(Case(), people, programs[:5])
    assert [len(six.rows_of(person)) for person in people] == [3, 3]
    assert [len(five.rows_of(person)) for person in people] == [0, 5]
    seven = plan(Case(), people, programs)
    assert [len(seven.rows_of(person)) for person in people] == [3, 4]


# ---- what is true of every plan ----


@pytest.mark.slow
@given(cases(), TABLES, st.none() | moments(), st.sampled_from(READINGS))
def test_every_plan_keeps_to_the_limits_and_agrees_with_judge(
    student: Case, tables: tuple[list[Person], list[Program]], when: datetime | None, reading: str | None
) -> None:
    """No program is in it twice, there are at most three people with five programs each, and every row agrees with `judge`."""
    people, programs = tables
    found = plan(student, people, programs, when=when, reading=reading)
    names = [row.program.name for row in found.rows]
    assert len(names) == len(set(names))
    assert len(found.people) <= 3
    assert all(1 <= len(found.rows_of(person)) <= 5 for person in found.people)
    assert tuple(dict.fromkeys(row.person for row in found.rows)) == found.people
    for row in found.rows:
        assert row.person in people
        assert row.program in programs
        assert row.case == case_for(found.student, row.person, row.program)
        assert row.verdict == rule_book(reading).outcome(row.case).verdict >= Verdict.FILE_READ
        assert row.rules == rules_check(row.case, when)
        assert row.reason
        assert not row.case.scripted
        assert row.case.move == ("internal_push" if row.program.name in row.person.inside_at else "targeted_call")
        assert row.gap == max(0, row.program.range_low - student.score)
    order = [(-row.verdict, -ANSWERS.index(row.rules.answer)) for row in found.rows]
    assert order == sorted(order)


@given(cases(), TABLES)
def test_everyone_is_in_the_plan_or_left_out_with_a_reason(student: Case, tables: tuple[list[Person], list[Program]]) -> None:
    """Each person and each program is either in a row or listed once among those left out, with a reason."""
    found = plan(student, *tables)
    left = [("person", person.name) for person in tables[0] if person not in found.people]
    placed = {row.program.name for row in found.rows}
    left += [("program", program.name) for program in tables[1] if program.name not in placed]
    assert [(one.what, one.name) for one in found.left_out] == left
    assert all(one.reason for one in found.left_out)
    assert found.summary
    for one in found.left_out:
        if one.kind == "verdict":
            assert one.verdict is not None
            assert one.verdict < Verdict.FILE_READ
        elif one.kind == "full":
            assert one.verdict is not None
            assert one.verdict >= Verdict.FILE_READ
        else:
            assert one.verdict is None


@given(STUDENTS, TABLES)
def test_each_warning_is_true_of_those_it_names(student: Case, tables: tuple[list[Person], list[Program]]) -> None:
    """Each kind of warning occurs at most once, names whom it's about, and cites claims that exist."""
    found = plan(student, *tables)
    kinds = [warning.kind for warning in found.warnings]
    assert len(kinds) == len(set(kinds))
    claims = {claim.id for claim in load_claims()}
    for warning in found.warnings:
        assert warning.names
        assert set(warning.claims) <= claims
        assert warning.kind == "volume" or any(name in warning.sentence for name in warning.names) or len(found.people) == 1
    forbidden = [row.program.name for row in found.rows if row.rules.answer == "not_allowed"]
    assert [list(warning.names) for warning in found.warnings[:1] if warning.kind == "not_allowed"] == [forbidden] * bool(
        forbidden
    )


# ---- the case of one row ----

DEAN = Person("Dr. Osei", "known_dean", 3, "well", ("Mercy",))
ELSEWHERE = Program("Lakeside", 230)


@pytest.mark.parametrize(
    ("kind", "elsewhere"),
    [
        ("trusted_peer", "unconnected_faculty"),
        ("subspecialist", "unconnected_faculty"),
        ("known_dean", "random_dean"),
        ("random_dean", "random_dean"),
        ("unconnected_faculty", "unconnected_faculty"),
    ],
)
def test_a_persons_standing_depends_on_where_they_are_known(kind: str, elsewhere: str) -> None:
    """Where they aren't known, they count as a dean without a history or as a stranger."""
    person = Person("Dr. Osei", kind, 3, "well", ("mercy",))
    there, not_there = case_for(Case(), person, MERCY), case_for(Case(), person, ELSEWHERE)
    assert (there.recommender, there.track_record) == (kind, 3)
    assert (not_there.recommender, not_there.track_record) == (elsewhere, None)
    everywhere = case_for(Case(), dataclasses.replace(person, known_at=()), ELSEWHERE)
    assert (everywhere.recommender, everywhere.track_record) == (kind, 3)


@pytest.mark.parametrize(("phase", "answer"), [("groundwork", "allowed"), ("soap_lists", "ask_first")])
@pytest.mark.parametrize("contacted", [False, True])
def test_an_advocate_inside_the_hospital_has_to_ask_first(phase: str, answer: str, contacted: bool) -> None:
    """Someone who works at a hospital is known there and speaks up inside. During SOAP the rule says to ask first, and why."""
    inside = known("Dr. Abe", "Lakeside", kind="subspecialist")
    inside = dataclasses.replace(inside, inside_at=("mercy",))
    found = plan(Case(phase=phase), [inside], [dataclasses.replace(MERCY, program_contacted_first=contacted)])
    (row,) = found.rows
    assert (row.case.recommender, row.case.move, row.rules.answer) == ("subspecialist", "internal_push", answer)
    warnings = {warning.kind: warning for warning in found.warnings}
    assert ("ask_first_inside" in warnings) == (answer == "ask_first")
    assert not warnings.keys() & {"ask_first", "not_allowed"}
    if answer == "ask_first":
        assert warnings["ask_first_inside"].sentence == text("planner.warn_rule.ask_first_inside", names="Mercy")
        assert text("planner.summary.ask_first") in found.summary
        assert briefing(found, inside).rules[0] == text("planner.briefing.rule.ask_first_inside", names="Mercy")


@pytest.mark.parametrize("knows", ACQUAINTANCE)
@pytest.mark.parametrize(
    ("flags", "to_explain"),
    [
        ({}, False),
        ({"needs_visa": True}, False),
        ({"professionalism_issue": True}, False),
        ({"failed_attempts": 1}, True),
        ({"failed_clerkship": True}, True),
        ({"leave_of_absence": True}, True),
        ({"specialty_switch": True}, True),
        ({"boards_pending": True}, True),
    ],
)
def test_only_someone_who_knows_the_work_gives_specifics(knows: str, flags: dict[str, Any], to_explain: bool) -> None:
    """They also explain a flag, if there's one to explain."""
    case = case_for(Case(**flags), dataclasses.replace(DEAN, knows_work=knows), MERCY)
    assert case.specifics == (knows == "well")
    assert case.addresses_flag == (knows == "well" and to_explain)


@given(cases(), a_person("Dr. Osei"), a_program("Mercy"))
def test_the_file_and_the_moment_are_the_students(student: Case, person: Person, program: Program) -> None:
    """A row's case takes everything else from the two tables."""
    case = case_for(student, person, program)
    kept = (
        *("score", "offers", "needs_visa", "intensity", "phase", "lists_open", "name_familiar", "file_in_system"),
        *("hears_first", "names_you", "outruns_hr", "deep_ties", *(row.flag for row in load_flags())),
    )
    for field in kept:
        assert getattr(case, field) == getattr(student, field)
    for field in ("range_low", "needs", "prior_contact", "interviews_failures", "sponsors_visas", "program_contacted_first"):
        assert getattr(case, field) == getattr(program, field)
    assert case.range_floor == program.floor
    assert case.has_noncategorical_seat == (program.openings in {"both", "noncategorical"})
    assert not case.introduced


def test_a_row_is_an_honest_call_whatever_the_students_case_was() -> None:
    """A script, pressure, the student's own email or an introduction in the case don't get into a plan."""
    for spoiled in ({"scripted": True}, {"move": "pressure"}, {"recommender": "self"}, {"introduced": True, "track_record": 0}):
        assert case_for(Case().replace(**spoiled), WELL, MERCY) == case_for(Case(), WELL, MERCY)


@pytest.mark.parametrize(
    ("low", "floor", "used"),
    [(235, None, 220), (235, 235, 235), (235, 1, 1), (195, None, 190), (100, None, 100), (500, None, 400), (400, None, 350)],
)
def test_an_unknown_floor_is_as_far_below_the_range_as_in_a_new_case(low: int, floor: int | None, used: int) -> None:
    """The new case is from the same exam, and the floor isn't below the end of the slider."""
    assert Program("Mercy", low, floor).floor == used


# ---- people and programs that are left out ----


@pytest.mark.parametrize("phase", ["groundwork", "soap_lists", "gap_filling", "post_soap"])
@pytest.mark.parametrize("openings", OPENINGS)
def test_a_program_without_an_opening_is_left_out_during_soap(phase: str, openings: str) -> None:
    """Before Match Week and after SOAP nobody can know, so it stays."""
    opened = dict.fromkeys(("hears_first", "names_you", "outruns_hr", "deep_ties", "name_familiar", "file_in_system"), True)
    found = plan(Case(phase=phase, **opened), [WELL], [Program("Mercy", 230, openings=openings)])
    out = openings == "none" and phase in {"soap_lists", "gap_filling"}
    assert len(found.rows) == (not out)
    assert [left.kind for left in found.left_out if left.what == "program"] == ["no_opening"] * out


@pytest.mark.parametrize(
    ("student", "person", "proposed"),
    [
        (Case(), WELL, True),
        (Case(lists_open=False), WELL, True),  # file read, which is just enough
        (Case(), dataclasses.replace(WELL, knows_work="somewhat"), True),  # a trusted voice without specifics: file read
        (Case(), dataclasses.replace(WELL, kind="unconnected_faculty"), False),  # skimmed
        (Case(score=229), WELL, True),  # below the range: maybe
        (Case(score=214), WELL, False),  # far below
        (Case(professionalism_issue=True), WELL, False),
        (Case(phase="gap_filling"), WELL, False),
        (Case(phase="post_soap"), WELL, False),
    ],
)
def test_a_row_is_proposed_if_it_gets_the_file_read(student: Case, person: Person, proposed: bool) -> None:
    """That's if its verdict is at least file_read. Otherwise it's left out, with what limits it."""
    found = plan(student, [person], [MERCY])
    assert len(found.rows) == proposed
    if not proposed:
        judgment = judge(case_for(student, person, MERCY))
        reason = next(reason for reason in judgment.reasons if reason.stage == judgment.binding[0])
        assert [left.kind for left in found.left_out] == ["verdict", "verdict"]
        assert all(reason.sentence in left.reason and judgment.verdict.label in left.reason for left in found.left_out)
        assert reason.sentence in found.summary


def test_the_number_of_missing_points_is_stated() -> None:
    """A program that is far out of range is left out with that number."""
    found = plan(Case(score=214), [WELL], [Program("Mercy", 230)])
    assert text("planner.out.gap", score=214, gap=16) in found.left_out[1].reason


def test_a_worthwhile_contact_without_room_is_left_out_as_full() -> None:
    people = [dataclasses.replace(WELL, name=name) for name in PEOPLE_NAMES]
    found = plan(Case(), people, [Program(f"Program {number}", 230) for number in range(16)])
    assert len(found.rows) == 15
    assert [(left.what, left.kind) for left in found.left_out] == [("person", "full")] * 2 + [("program", "full")]


def test_changing_the_limits_changes_the_plan_and_every_sentence_about_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """With two people and two programs each in the table of limits, that's what the plan has and says."""
    limits = tuple(row._replace(value=2) for row in load_planner_limits())
    monkeypatch.setattr(planner_tables, "load_planner_limits", lambda: limits)
    people = [dataclasses.replace(WELL, name=name) for name in PEOPLE_NAMES]
    found = plan(Case(), people, [Program(f"Program {number}", 230) for number in range(6)])
    assert [len(found.rows_of(person)) for person in found.people] == [2, 2]
    reasons = {left.what: left.reason for left in found.left_out}
    assert "a plan has two people at most" in reasons["person"]
    assert "at most two people with two programs each" in reasons["program"]


def test_a_program_with_a_range_from_another_exam_is_left_out() -> None:
    """The reason says so. A score of 300 is still from Step 2 CK."""
    found = plan(Case(score=240), [WELL], [Program("Mercy", 500), Program("Lakeside", 230)])
    assert [(left.name, left.kind) for left in found.left_out] == [("Mercy", "other_exam")]
    assert len(plan(Case(score=520, range_low=500, range_floor=400), [WELL], [Program("Mercy", 400, 300)]).rows) == 1
    assert plan(Case(score=240), [WELL], [Program("Mercy", 500)]).summary == text("planner.other_exam")


# ---- reasons and words ----


def test_a_row_says_why_it_was_chosen_and_what_limits_it() -> None:
    """The reason says that nobody would do better there."""
    row = plan(Case(), [WELL], [MERCY]).rows[0]
    assert row.reason == f"{text('planner.row.best')} {text('rule.lists_open')}"
    top = Case(phase="gap_filling", name_familiar=True, file_in_system=True)
    assert plan(top, [WELL], [MERCY]).rows[0].reason == f"{text('planner.row.best')} {text('planner.row.nothing')}"


def test_a_row_says_who_would_do_better_there() -> None:
    """It names a person who would achieve more but has no room left."""
    weak = Person("Dr. Bao", "trusted_peer", None, "somewhat")  # without specifics: the file is read
    found = plan(Case(phase="groundwork"), [weak, WELL], [Program(f"Program {number}", 230) for number in range(6)])
    assert [row.person.name for row in found.rows] == ["Dr. Abe"] * 5 + ["Dr. Bao"]
    assert (
        found.rows[-1].reason
        == f"{text('planner.row.better', names='Dr. Abe', **limits_in_words())} {text('rule.short_vouch')}"
    )


@pytest.mark.parametrize(
    ("people", "programs", "word"),
    [([], [], "both"), ([], [MERCY], "people"), ([WELL], [], "programs")],
)
def test_an_empty_table_gets_a_next_step(people: list[Person], programs: list[Program], word: str) -> None:
    """There's no error, but a plan without rows that says what to enter first."""
    found = plan(Case(), people, programs)
    assert (found.rows, found.people) == ((), ())
    texts = {name: text(f"planner.empty.{name}") for name in ("both", "people", "programs")}
    assert found.summary == texts[word]
    assert {left.kind for left in found.left_out} <= {"nobody_to_meet"}


STRANGER = Person("Dr. Abe", "unconnected_faculty", None, "well")
VAGUE = Person("Dr. Abe", "known_dean", None, "somewhat")


@pytest.mark.parametrize(
    ("student", "person", "stage"),
    [
        (Case(), VAGUE, "message"),
        (Case(score=229), dataclasses.replace(STRANGER, knows_work="well"), "levers"),
        (Case(), STRANGER, "attention"),
        (Case(score=200), WELL, "paper"),
        (Case(phase="post_soap"), WELL, "timing"),
    ],
)
def test_an_empty_plan_says_what_stands_in_the_way(student: Case, person: Person, stage: str) -> None:
    """If no contact achieves enough, it states the verdict, what limits it and a next step for that stage."""
    found = plan(student, [person], [MERCY])
    judgment = judge(case_for(student, person, MERCY))
    assert judgment.binding[0] == stage
    assert not found.rows
    link = " ".join(reason.sentence for reason in judgment.reasons if reason.stage in judgment.binding)
    assert found.summary == text(f"planner.nothing.{stage}", verdict=judgment.verdict.label, link=link)


@given(STUDENTS, TABLES)
def test_an_empty_plans_headline_agrees_with_the_list_below_it(
    student: Case, tables: tuple[list[Person], list[Program]]
) -> None:
    """The verdict that it says no contact exceeds is the best one of those left out."""
    people = [dataclasses.replace(person, kind="random_dean") for person in tables[0]]
    found = plan(student.replace(score=232, failed_attempts=1), people, tables[1])
    verdicts = [left.verdict for left in found.left_out if left.verdict is not None]
    if not found.rows and verdicts:
        start = text("planner.nothing.message").partition("{")[0]
        assert found.summary.startswith(f"{start}{max(verdicts).label}.")


def test_a_headline_names_the_better_of_two_verdicts() -> None:
    """With Declined at one program and Ignored at two others, the headline says Declined, as the list does."""
    student = Case(score=232, failed_attempts=1, offers={"local"})
    people = [Person("Dr. Abe", "unconnected_faculty", None, "well")]
    programs = [Program("Mercy", 230, needs={"local"}), Program("Lakeside", 240), Program("Valley", 240)]
    found = plan(student, people, programs)
    assert {left.verdict for left in found.left_out} == {Verdict.IGNORED, Verdict.DECLINED}
    assert f"would get further than {Verdict.DECLINED.label}." in found.summary


def test_the_plan_says_if_no_program_has_an_open_seat() -> None:
    assert plan(Case(), [WELL], [Program("Mercy", 230, openings="none")]).summary == text("planner.nothing_open")


@pytest.mark.parametrize(
    ("student", "contacted", "word"),
    [
        (Case(phase="groundwork"), (False, False), None),
        (Case(), (False, False), "not_now"),
        (Case(), (True, False), "not_all_now"),
        (Case(), (True, True), "ask_first"),
    ],
)
def test_the_summary_says_what_the_rule_does_not_allow(student: Case, contacted: tuple[bool, bool], word: str | None) -> None:
    """It also has the people, the programs and the best verdict."""
    programs = [Program(f"Program {number}", 230, program_contacted_first=first) for number, first in enumerate(contacted)]
    found = plan(student, [WELL], programs)
    start = text("planner.summary", people=1, programs=2, best=Verdict.PHONE_INTERVIEW.label)
    ends = {name: text(f"planner.summary.{name}") for name in ("not_now", "not_all_now", "ask_first")}
    assert found.summary == (f"{start} {ends[word]}" if word else start)


def test_the_moment_decides_the_phase() -> None:
    """If a moment is given, it also decides the rules check, whatever the student's case says."""
    inside, after = datetime(2027, 3, 16, 9, 0), datetime(2027, 3, 18, 21, 0)
    known = Case(name_familiar=True, file_in_system=True)
    assert plan(known, [WELL], [MERCY], when=inside).rows[0].rules.answer == "not_allowed"
    row = plan(known, [WELL], [MERCY], when=after).rows[0]
    assert (row.case.phase, row.verdict, row.rules.answer) == ("gap_filling", Verdict.OFFER_IN_PLAY, "allowed")


def test_a_reading_can_change_the_plan() -> None:
    """It changes what is proposed just as it changes the verdict."""
    dean = Person("Dr. Abe", "random_dean", None, "well")
    assert not plan(Case(), [dean], [MERCY]).rows
    (row,) = plan(Case(), [dean], [MERCY], reading="home_dean_is_any_dean").rows
    assert row.verdict == judge(row.case, "home_dean_is_any_dean").verdict == Verdict.FILE_READ


def test_the_page_names_every_assumption_about_plans() -> None:
    """Those are the ones whose names begin with planner."""
    ours = {row.assumption for row in load_assumptions() if row.assumption.startswith("planner_")}
    assert ours <= set(ASSUMPTIONS)


# ---- warnings ----


def warned(found: Any) -> dict[str, tuple[str, ...]]:
    """Return the names in each kind of warning."""
    return {warning.kind: warning.names for warning in found.warnings}


BEFORE = Case(phase="groundwork")
THREE = [Program(name, 230) for name in ("Lakeside", "Mercy", "Northern")]
SIX = [Program(name, 230) for name in PROGRAM_NAMES[:6]]


def test_a_good_plan_gets_no_warnings() -> None:
    """It has two people who know the work, each with three programs of their own that are in range."""
    people = [known("Dr. Abe", *PROGRAM_NAMES[:3]), known("Dr. Bao", *PROGRAM_NAMES[3:6])]
    dim = [dataclasses.replace(person, kind="known_dean") for person in people]
    found = plan(BEFORE, dim, SIX)
    assert len(found.rows) == 6
    assert found.warnings == ()


def test_a_single_person_or_too_few_programs_get_a_warning() -> None:
    """There's one warning for a single person, and another for a person with fewer than three programs."""
    assert warned(plan(BEFORE, [known("Dr. Abe", *PROGRAM_NAMES[:3], kind="known_dean")], THREE)) == {
        "few_people": ("Dr. Abe",)
    }
    found = plan(BEFORE, [known("Dr. Abe", *PROGRAM_NAMES[:2], kind="known_dean")], THREE)
    assert warned(found) == {"few_people": ("Dr. Abe",), "few_programs": ("Dr. Abe",)}


def test_overlap_gets_a_warning() -> None:
    """It names a program that two of the people could approach, which is in only one row."""
    people = [
        known("Dr. Abe", "Lakeside", "Mercy", "Northern", kind="known_dean"),
        known("Dr. Bao", "Northern", "St. Anne", "Valley", "Westport", kind="known_dean"),
    ]
    found = plan(BEFORE, people, SIX)
    assert warned(found) == {"overlap": ("Northern",)}
    assert sum(row.program.name == "Northern" for row in found.rows) == 1
    assert text("planner.pair", program="Northern", person="Dr. Abe") in found.warnings[0].sentence


@pytest.mark.parametrize(("score", "kind"), [(230, None), (229, "below_range"), (215, "below_range"), (214, "far_below")])
def test_a_program_out_of_range_gets_a_warning_with_the_gap(score: int, kind: str | None) -> None:
    """It says how many points are missing, or that the score is far below if it's below the floor."""
    found = plan(BEFORE.replace(score=score), [WELL], [MERCY])
    assert [warning.kind for warning in found.warnings if warning.kind in {"below_range", "far_below"}] == [kind] * bool(kind)
    if kind:
        assert text("planner.gap", program="Mercy", gap=230 - score) in next(
            warning.sentence for warning in found.warnings if warning.kind == kind
        )


@pytest.mark.parametrize(("entered", "expected"), [(3, False), (4, True)])
def test_too_many_people_get_a_warning(entered: int, expected: bool) -> None:
    """More than three in the table are too many, and the warning names those who needn't be asked."""
    people = [known(name, "Lakeside", "Mercy", "Northern") for name in PEOPLE_NAMES[:entered]]
    found = plan(BEFORE, people, THREE)
    assert ("volume" in warned(found)) == expected
    if expected:
        assert set(warned(found)["volume"]) == {person.name for person in people} - {person.name for person in found.people}


@pytest.mark.parametrize(
    ("person", "programs", "kinds"),
    [
        (known("Dr. Abe", "Mercy", knows="somewhat"), THREE, {"few_people", "few_programs"}),
        (known("Dr. Abe", "Mercy", knows="barely"), THREE, {"few_people", "few_programs", "barely"}),
        (known("Dr. Abe"), THREE, {"few_people", "known_everywhere"}),
        (known("Dr. Abe"), [MERCY], {"few_people", "few_programs"}),
        (known("Dr. Abe", "MERCY"), [MERCY], {"few_people", "few_programs"}),
        (known("Dr. Abe", "Mercy", "Mercey"), [MERCY], {"few_people", "few_programs", "unknown_program"}),
        (dataclasses.replace(WELL, inside_at=("Mercey",)), [MERCY], {"few_people", "few_programs", "unknown_program"}),
        (
            known("Dr. Abe"),
            [Program("Mercy", 230, openings="noncategorical")],
            {"few_people", "few_programs", "noncategorical"},
        ),
    ],
)
def test_other_risks_get_a_warning(person: Person, programs: list[Program], kinds: set[str]) -> None:
    """Those are a slight acquaintance, standing claimed everywhere, an unknown program name and a seat that is only prelim."""
    assert set(warned(plan(BEFORE, [person], programs))) == kinds


def test_the_nrmps_rule_is_the_first_warning() -> None:
    """During SOAP, what it forbids comes first, then what to ask about, then all other warnings."""
    first = Program("Mercy", 230, program_contacted_first=True)
    found = plan(Case(), [WELL], [ELSEWHERE, first])
    assert [warning.kind for warning in found.warnings[:2]] == ["not_allowed", "ask_first"]
    assert (found.warnings[0].names, found.warnings[1].names) == (("Lakeside",), ("Mercy",))
    assert [row.program.name for row in found.rows] == ["Mercy", "Lakeside"]  # of equal verdicts, the less restricted one first


def test_a_long_list_in_a_warning_is_shortened() -> None:
    """It names at most eight and counts the rest."""
    people = [dataclasses.replace(WELL, name=name) for name in PEOPLE_NAMES[:2]]
    found = plan(Case(), people, [Program(f"P{number:02}", 230) for number in range(10)])
    assert len(found.rows) == 10
    names = ", ".join(row.program.name for row in found.rows[:8])
    assert text("list.and", first=names, last=text("list.more", count=2)) in found.warnings[0].sentence


# ---- what is rejected ----


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Person("", "known_dean"), "name: must be a name of 1 to 80 characters without the character |, but it is ''."),
        (
            lambda: Person("a|b", "known_dean"),
            "name: must be a name of 1 to 80 characters without the character |, but it is 'a|b'.",
        ),
        (lambda: Person("a\0b", "known_dean"), "name: must be a name of 1 to 80 characters"),
        (lambda: Person("a" * 81, "known_dean"), "name: must be a name of 1 to 80 characters"),
        (lambda: Person(7, "known_dean"), "name: must be a name of 1 to 80 characters without the character |, but it is 7."),
        (lambda: Person("A", "self"), "kind: must be one of "),
        (lambda: Person("A", "known_dean", 4), "track_record: must be a whole number from 0 to 3, but it is 4."),
        (lambda: Person("A", "known_dean", None, "wel"), "knows_work: must be one of well, somewhat, barely, but it is 'wel'."),
        (lambda: Person("A", "known_dean", None, "well", 5), "known_at: must be a name of 1 to 80 characters"),
        (lambda: Person("A", "known_dean", None, "well", ["B", 5]), "known_at: must be a name of 1 to 80 characters"),
        (lambda: Program("B", 0), "range_low: must be a whole number from 1 to 999, but it is 0."),
        (lambda: Program("B", None), "range_low: must be a whole number from 1 to 999, but it is empty."),
        (
            lambda: Program("B", 230, 231),
            (
                "range_floor: must not be above the bottom of the program's range, 230, but it is 231. "
                "Lower it to 230 or less, or raise the bottom of the range to 231 or more."
            ),
        ),
        (lambda: Program("B", 230, needs="ICU"), "needs: must hold only language, local, track, coverage, but it holds 'ICU'."),
        (lambda: Program("B", 230, openings="some"), "openings: must be one of "),
        (lambda: Program("B", 230, prior_contact="yes"), "prior_contact: must be true or false, but it is 'yes'."),
        (lambda: plan("me", [], []), "case: must be a Case, but it is 'me'."),
        (lambda: plan(Case(), WELL, [MERCY]), None),
        (lambda: plan(Case(), [MERCY], []), "people: must contain only rows of its own kind, but it contains "),
        (lambda: plan(Case(), [], [WELL]), "programs: must contain only rows of its own kind, but it contains "),
        (lambda: plan(Case(), "abc", []), "people: must contain only rows of its own kind, but it contains 'abc'."),
        (lambda: plan(Case(), None, []), "people: must contain only rows of its own kind, but it contains empty."),
        (
            lambda: plan(Case(), [WELL, dataclasses.replace(WELL, name="dr. abe")], []),
            "people: must be in the table only once, but 'dr. abe' appears twice.",
        ),
        (lambda: plan(Case(), [], [MERCY, MERCY]), "programs: must be in the table only once, but 'Mercy' appears twice."),
        (
            lambda: plan(Case(), [known(f"P{number}") for number in range(MOST_ROWS["people"] + 1)], []),
            f"people: may have at most {MOST_ROWS['people']} rows, but there are {MOST_ROWS['people'] + 1}.",
        ),
        (
            lambda: plan(Case(), [], [Program(f"P{number}", 230) for number in range(MOST_ROWS["programs"] + 1)]),
            f"programs: may have at most {MOST_ROWS['programs']} rows, but there are {MOST_ROWS['programs'] + 1}.",
        ),
        (lambda: plan(Case(), [], [], reading="no such"), "reading: must be one of "),
        (lambda: plan(Case(), [], [], when="Monday"), "when: must be a date with a time of day"),
    ],
)
def test_invalid_input_is_rejected(make: Any, said: str | None) -> None:
    """The error gives the field, what it accepts and the value. A single person doesn't need to be in a list."""
    if said is None:
        assert make().rows
        return
    with pytest.raises(CaseError) as caught:
        make()
    assert str(caught.value).startswith(said)


# ---- what isn't known about a program ----

POLICIES = {
    "interviews_failures": (True, False),
    "sponsors_visas": (True, False),
    "openings": ("categorical", "both"),
}


@settings(max_examples=max(5, settings().max_examples // 3))
@given(
    student=STUDENTS,
    failed=st.integers(0, 1),
    tables=TABLES,
    known=st.lists(st.tuples(*(st.sampled_from((None, *values)) for values in POLICIES.values())), min_size=7, max_size=7),
)
def test_whatever_is_unknown_about_a_program_counts_as_the_worst_case(
    student: Case, failed: int, tables: tuple[list[Person], list[Program]], known: list[tuple[Any, ...]]
) -> None:
    """Nothing promises more than the worst of the possible policies allows, and the best is stated too."""
    student = student.replace(failed_attempts=failed, range_low=235, range_floor=220)
    people, programs = tables
    programs = [
        dataclasses.replace(program, range_floor=None, **dict(zip(POLICIES, some, strict=True)))
        for program, some in zip(programs, known, strict=False)
        if program.range_low <= 300
    ]
    found = plan(student, people, programs)
    for row in found.rows:
        unknown = [name for name in POLICIES if getattr(row.program, name) is None]
        possible = {
            judge(
                case_for(student, row.person, dataclasses.replace(row.program, **dict(zip(unknown, values, strict=True))))
            ).verdict
            for values in itertools.product(*(POLICIES[name] for name in unknown))
        }
        assert (row.verdict, row.found.highest) == (min(possible), max(possible))
        assert row.verdict >= Verdict.FILE_READ
        assert all(verdict.label in row.label for verdict in (min(possible), max(possible)))
        assert (row.program.name in found.questions) == (len(possible) > 1)


def test_a_program_that_may_rule_out_failures_is_not_proposed_but_to_be_asked() -> None:
    """Blank means unknown, never yes. The headline has the worst and best outcomes, and the question to ask."""
    student = Case(score=240, failed_attempts=1, phase="groundwork")
    (mercy,) = read_rows("programs", "name,range_low,openings\nMercy,230,categorical\n")[0]
    assert (mercy.interviews_failures, mercy.sponsors_visas) == (None, None)
    found = plan(student, [WELL], [mercy])
    assert not found.rows
    assert Verdict.DECLINED.label in found.summary
    assert Verdict.MAYBE.label in found.summary
    assert text("ask.interviews_failures") in found.summary
    assert found.questions == {"Mercy": (text("ask.interviews_failures"),)}
    assert all("Between Declined and Maybe" in left.reason and "At worst:" in left.reason for left in found.left_out)
    assert len(plan(student, [WELL], [dataclasses.replace(mercy, interviews_failures=True)]).rows) == 1


#: Only its range is known.
OPEN = Program("Mercy", 230)
VOUCHES = Person("Dr. Abe", "trusted_peer", None, "somewhat")


def sentence_of(rule: str) -> str:
    """Return a rule's reason as readers see it."""
    return text(f"rule.{rule}")


def test_an_uncertain_reason_is_not_stated_as_a_fact() -> None:
    """It's Declined in any case, but whether the program rules out failures is unknown, so that may not be why."""
    found = plan(Case(score=240, failed_attempts=1), [VOUCHES], [OPEN])
    assert {left.verdict for left in found.left_out} == {Verdict.DECLINED}
    assert f"would get further than {Verdict.DECLINED.label}." in found.summary
    before, policy, _ = found.summary.partition(sentence_of("failure_policy"))
    assert not policy or before.endswith("At worst: ")
    for interviews, rule in ((False, "failure_policy"), (True, "flag_unexplained")):
        program = dataclasses.replace(OPEN, interviews_failures=interviews)
        summary = plan(Case(score=240, failed_attempts=1), [VOUCHES], [program]).summary
        assert sentence_of(rule) in summary
        assert "At worst" not in summary


def test_questions_that_cannot_lead_to_a_plan_are_not_asked() -> None:
    """Far below the bar, a seat that may be open lifts the verdict, but not far enough for a plan."""
    found = plan(Case(score=200), [WELL], [OPEN])
    assert f"would get further than {Verdict.FALLBACK_SEAT.label}." in found.summary
    assert text("stage.paper.name") in found.summary
    assert "Find out first" not in found.summary
    assert text("ask.has_noncategorical_seat") not in found.summary


def test_every_link_that_may_be_the_weakest_is_named() -> None:
    """Whether the program sponsors visas decides between two links, so the next step isn't about either one."""
    found = plan(Case(score=240, needs_visa=True), [STRANGER], [OPEN])
    names = ", ".join(text(f"stage.{stage}.name") for stage in ("attention", "levers"))
    link = text("card.may_hold_down", stages=names)
    assert found.summary == text("planner.nothing.open", verdict=Verdict.SKIMMED.label, link=link)


def test_only_questions_that_may_lead_to_a_plan_are_asked() -> None:
    """An open seat at one program wouldn't be enough, but it would be if the other accepts a failure."""
    near, far = Program("Near", 240), Program("Far", 280, range_floor=260)
    found = plan(Case(score=245, failed_attempts=1), [WELL], [near, far])
    assert not found.rows
    assert text("ask.interviews_failures") in found.summary
    assert text("ask.has_noncategorical_seat") not in found.summary


@settings(max_examples=max(5, settings().max_examples // 3))
@given(
    student=STUDENTS,
    failed=st.integers(0, 1),
    score=st.sampled_from((200, 232, 240)),
    tables=st.tuples(people_tables(1, 2), program_tables(1, 2)),
    known=st.lists(st.tuples(*(st.sampled_from((None, *values)) for values in POLICIES.values())), min_size=2, max_size=2),
)
def test_an_empty_plans_headline_says_only_what_is_certain(
    student: Case, failed: int, score: int, tables: tuple[list[Person], list[Program]], known: list[tuple[Any, ...]]
) -> None:
    """It asks only if an answer may lead to a plan. Otherwise it has the best verdict, and no reason that may not apply."""
    student = student.replace(failed_attempts=failed, range_low=235, range_floor=220, score=score)
    people = tables[0]
    programs = [
        dataclasses.replace(program, range_floor=None, **dict(zip(POLICIES, some, strict=True)))
        for program, some in zip(tables[1], known, strict=False)
        if program.range_low <= 300
    ]
    found = plan(student, people, programs)
    assume(programs and not found.rows)
    judgments = {
        (person, program): [
            judge(case_for(student, person, dataclasses.replace(program, **dict(zip(unknown, values, strict=True)))))
            for values in itertools.product(*(POLICIES[name] for name in unknown))
        ]
        for person in people
        for program in programs
        for unknown in [[name for name in POLICIES if getattr(program, name) is None]]
    }
    highest = max(judgment.verdict for some in judgments.values() for judgment in some)
    may_lead = {pair for pair, some in judgments.items() if max(one.verdict for one in some) >= Verdict.FILE_READ}
    assert ("Find out first" in found.summary) == bool(may_lead)
    assert highest.label in found.summary
    if may_lead:
        asked = {question for _, program in may_lead for question in found.questions[program.name]}
        assert all(question in found.summary for question in asked)
        return
    assert f"would get further than {highest.label}" in found.summary
    if "At worst" not in found.summary:
        top = [some for some in judgments.values() if max(one.verdict for one in some) == highest]
        for sentence in {reason.sentence for some in top for one in some for reason in one.reasons}:
            if sentence in found.summary:
                assert any(
                    all(any(r.sentence == sentence for r in one.reasons if r.stage in one.binding) for one in some)
                    for some in top
                )


@pytest.mark.parametrize("column", UNKNOWN_IF_BLANK)
def test_a_column_that_can_be_unknown_starts_blank_and_says_so(column: str) -> None:
    """A blank cell of it leaves a field of the case unknown, and its control begins with "I don't know"."""
    assert UNKNOWN_IF_BLANK[column] in OPEN.unknown
    known = dataclasses.replace(OPEN, **{column: POLICIES[column][0]})
    assert set(OPEN.unknown) - set(known.unknown) == {UNKNOWN_IF_BLANK[column]}
    control = rows_html("programs", (1,)).partition(f'"programs.1.{column}"')[2].partition("</select>")[0]
    assert text("panel.unknown") in control


def test_unknown_values_are_written_and_read_as_blanks() -> None:
    """A cell can also say that it's unknown."""
    (mercy,) = read_rows("programs", "name,range_low,interviews_failures,sponsors_visas,openings\nMercy,230,unknown,yes,?\n")[0]
    assert mercy.unknown == ("interviews_failures", "has_noncategorical_seat")
    assert read_rows("programs", rows_to_csv("programs", [mercy]))[0] == (mercy,)
