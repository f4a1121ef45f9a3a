"""The planner: its choice is the best there is, its rows are what the engine says, and its sheets hold facts alone."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, Verdict, judge, rules_check
from backchannel_lib.activities.planner.model import (
    ACQUAINTANCE,
    ASSUMPTIONS,
    KINDS,
    LONGEST_PEOPLE,
    LONGEST_PROGRAMS,
    OPENINGS,
    Person,
    PlannerTableError,
    Program,
    briefing,
    case_for,
    choose,
    people_to_csv,
    plan,
    programs_to_csv,
    read_people,
    read_programs,
)
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import ANSWERS, load_assumptions, load_claims, load_flags
from tests.helpers.cases import NEEDS, READINGS, cases, moments

# ---- drawn tables ----

PEOPLE_NAMES = ("Dr. Abe", "Dr. Bao", "Dr. Cruz", "Dr. Diaz", "Dr. Eze")
PROGRAM_NAMES = ("Lakeside", "Mercy", "Northern", "St. Anne", "Valley", "Westport", "York")

#: A file that is neither hopeless nor without a fault, mostly at moments when something can happen.
STUDENTS = st.builds(
    Case,
    score=st.sampled_from((222, 234, 235, 240, 260)),
    failed_clerkship=st.booleans(),
    needs_visa=st.booleans(),
    offers=st.sets(st.sampled_from(NEEDS), max_size=2).map(frozenset),
    phase=st.sampled_from(("groundwork", "soap_lists", "soap_lists", "gap_filling")),
    lists_open=st.booleans(),
    name_familiar=st.just(True),
    file_in_system=st.just(True),
)


def a_person(name: str) -> st.SearchStrategy[Person]:
    """Draw a person of this name."""
    return st.builds(
        Person,
        name=st.just(name),
        kind=st.sampled_from(KINDS[:3] + KINDS),
        track_record=st.sampled_from((None, None, 0, 1, 3)),
        knows_work=st.sampled_from(("well", *ACQUAINTANCE)),
        known_at=st.just(()) | st.sets(st.sampled_from(PROGRAM_NAMES), max_size=4).map(tuple),
    )


def a_program(name: str) -> st.SearchStrategy[Program]:
    """Draw a program of this name."""
    return st.builds(
        Program,
        name=st.just(name),
        range_low=st.sampled_from((225, 235, 236, 250, 500)),
        range_floor=st.sampled_from((None, 220)),
        needs=st.sets(st.sampled_from(NEEDS), max_size=2).map(frozenset),
        prior_contact=st.booleans(),
        openings=st.sampled_from(("categorical", *OPENINGS)),
        interviews_failures=st.booleans(),
        sponsors_visas=st.booleans(),
        program_contacted_first=st.booleans(),
    )


def people_tables(least: int, most: int) -> st.SearchStrategy[list[Person]]:
    """Draw a table of people."""
    return st.integers(least, most).flatmap(lambda size: st.tuples(*map(a_person, PEOPLE_NAMES[:size])).map(list))


def program_tables(least: int, most: int) -> st.SearchStrategy[list[Program]]:
    """Draw a table of programs."""
    return st.integers(least, most).flatmap(lambda size: st.tuples(*map(a_program, PROGRAM_NAMES[:size])).map(list))


#: Few people with more programs than one may have, or more people than a plan may have with few programs.
TABLES = (
    st.tuples(people_tables(1, 2), program_tables(6, 7))
    | st.tuples(people_tables(4, 5), program_tables(1, 4))
    | st.tuples(people_tables(0, 3), program_tables(0, 5))
)


# ---- the choice against every choice there is ----


def worth(student: Case, rows: Sequence[tuple[Person, Program]]) -> tuple[int, ...]:
    """Say what a choice is worth, by the sentence of the objective and by nothing of the planner's."""
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


def may_be_chosen(student: Case, person: Person, program: Program) -> bool:
    """Tell whether a row may stand in a plan at all."""
    in_soap = student.phase in {"soap_lists", "gap_filling"}
    return (
        not (in_soap and program.openings == "none")
        and program.range_low < 300  # the drawn scores are Step 2 CK
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
    """Among all choices that the limits allow, none is worth more by the objective than the plan."""
    people, programs = tables
    best = max(worth(student, rows) for rows in every_choice(student, people, programs))
    found = plan(student, people, programs)
    assert worth(student, [(row.person, row.program) for row in found.rows]) == best
    assert found.value == best


GAINS = st.integers(1, 5).flatmap(
    lambda people: st.integers(1, 5).flatmap(
        lambda programs: st.lists(
            st.lists(st.none() | st.integers(1, 12), min_size=programs, max_size=programs), min_size=people, max_size=people
        )
    )
)


def total(gains: list[list[int | None]], owner: dict[int, int], few: int, enough: int) -> int:
    """Add up what an assignment brings."""
    number = [sum(one == p for one in owner.values()) for p in set(owner.values())]
    return sum(gains[p][q] or 0 for q, p in owner.items()) - few * sum(max(0, enough - count) for count in number)


@settings(max_examples=300)
@given(GAINS, st.integers(0, 9), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3))
def test_no_assignment_is_better_than_the_chosen_one(
    gains: list[list[int | None]], few: int, most_people: int, enough: int, most_programs: int
) -> None:
    """Under limits so tight that they bind, the assignment found is as good as the best of all."""
    enough = min(enough, most_programs)
    able = [[None, *(p for p in range(len(gains)) if gains[p][q] is not None)] for q in range(len(gains[0]))]
    best = 0
    for choice in itertools.product(*able):
        owner = {q: p for q, p in enumerate(choice) if p is not None}
        asked = list(owner.values())
        if len(set(asked)) <= most_people and all(asked.count(p) <= most_programs for p in asked):
            best = max(best, total(gains, owner, few, enough))
    found = choose(gains, few, most_people=most_people, enough=enough, most_programs=most_programs)
    assert total(gains, found, few, enough) == best
    asked = list(found.values())
    assert len(set(asked)) <= most_people
    assert all(asked.count(p) <= most_programs for p in asked)


def best_by_counting(gains: list[list[int | None]], few: int) -> int:
    """Find the best total at the real limits in another way: program by program, over how many each person has."""
    best = 0
    for group in itertools.combinations(range(len(gains)), min(3, len(gains))):
        reached = {(0,) * len(group): 0}
        for q in range(len(gains[0])):
            after = dict(reached)
            for counts, value in reached.items():
                for place, p in enumerate(group):
                    gain = gains[p][q]
                    if gain is not None and counts[place] < 5:
                        more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
                        after[more] = max(after.get(more, 0), value + gain)
            reached = after
        for counts, value in reached.items():
            best = max(best, value - few * sum(3 - count for count in counts if 0 < count < 3))
    return best


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(3, 5), st.integers(9, 18), st.sampled_from((0, 3, 60)))
def test_at_the_real_limits_too(chance: Any, people: int, programs: int, few: int) -> None:
    """With more programs than a plan can hold, the assignment found is worth what counting through finds."""
    gains: list[list[int | None]] = [
        [chance.choice((None, chance.randint(1, 9), chance.randint(50, 59))) for _ in range(programs)] for _ in range(people)
    ]
    found = choose(gains, few, most_people=3, enough=3, most_programs=5)
    assert total(gains, found, few, 3) == best_by_counting(gains, few)


@given(STUDENTS, TABLES, st.data())
def test_one_more_row_never_makes_the_plan_worse(
    student: Case, tables: tuple[list[Person], list[Program]], data: st.DataObject
) -> None:
    """One more program, or one more person, never lowers what the plan is worth."""
    people, programs = tables
    before = plan(student, people, programs).value
    assert plan(student, people, [data.draw(a_program("One more")), *programs]).value >= before
    assert plan(student, [data.draw(a_person("One more")), *people], programs).value >= before


@given(STUDENTS, TABLES, st.randoms(use_true_random=False))
def test_the_order_of_the_tables_does_not_change_the_worth(
    student: Case, tables: tuple[list[Person], list[Program]], chance: Any
) -> None:
    """Shuffled tables give a plan that is worth the same."""
    people, programs = (list(table) for table in tables)
    before = plan(student, people, programs).value
    chance.shuffle(people)
    chance.shuffle(programs)
    assert plan(student, people, programs).value == before


def test_among_equals_the_order_of_the_tables_decides() -> None:
    """Of people and programs that differ in nothing but the name, the first of the tables are taken."""
    people = [Person(name, "trusted_peer", None, "well") for name in PEOPLE_NAMES]
    programs = [Program(f"Program {number}", 230) for number in range(20)]
    rows = plan(Case(phase="groundwork"), people, programs).rows
    assert {row.person.name for row in rows} == set(PEOPLE_NAMES[:3])
    assert {row.program.name for row in rows} == {f"Program {number}" for number in range(15)}


def test_three_programs_each_come_before_the_stronger_caller() -> None:
    """Where verdicts are equal, two people get three programs each, and the stronger one does not take five."""
    people = [Person("Dr. Abe", "known_dean", 3, "well"), Person("Dr. Bao", "trusted_peer", None, "well")]
    programs = [Program(name, 230) for name in PROGRAM_NAMES]
    six, five = plan(Case(), people, programs[:6]), plan(Case(), people, programs[:5])
    assert [len(six.rows_of(person)) for person in people] == [3, 3]
    assert [len(five.rows_of(person)) for person in people] == [0, 5]
    seven = plan(Case(), people, programs)
    assert [len(seven.rows_of(person)) for person in people] == [3, 4]


# ---- what holds for every plan ----


@given(cases(), TABLES, st.none() | moments(), st.sampled_from(READINGS))
def test_the_laws_of_a_plan(
    student: Case, tables: tuple[list[Person], list[Program]], when: datetime | None, reading: str | None
) -> None:
    """No program twice, three people and five programs at most, and every row says what the engine says of its case."""
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
        assert row.verdict == judge(row.case, reading).verdict >= Verdict.FILE_READ
        assert row.rules == rules_check(row.case, when)
        assert row.reason
        assert not row.case.scripted
        assert row.case.move == "targeted_call"
        assert row.gap == max(0, row.program.range_low - student.score)
    order = [(-row.verdict, -ANSWERS.index(row.rules.answer)) for row in found.rows]
    assert order == sorted(order)


@given(cases(), TABLES)
def test_everybody_is_in_the_plan_or_left_out_with_a_reason(student: Case, tables: tuple[list[Person], list[Program]]) -> None:
    """Each person and each program stands either in a row or once among those left out, with a reason in words."""
    found = plan(student, *tables)
    left = [("person", person.name) for person in tables[0] if person not in found.people]
    placed = {row.program.name for row in found.rows}
    left += [("program", program.name) for program in tables[1] if program.name not in placed]
    assert [(one.what, one.name) for one in found.left_out] == left
    assert all(one.words for one in found.left_out)
    assert found.words
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
def test_the_warnings_are_about_what_they_name(student: Case, tables: tuple[list[Person], list[Program]]) -> None:
    """Each kind of warning comes at most once, names whom it is about, and rests on claims that exist."""
    found = plan(student, *tables)
    kinds = [notice.kind for notice in found.warnings]
    assert len(kinds) == len(set(kinds))
    claims = {claim.id for claim in load_claims()}
    for notice in found.warnings:
        assert notice.about
        assert set(notice.claims) <= claims
        assert notice.kind == "volume" or any(name in notice.words for name in notice.about) or len(found.people) == 1
    forbidden = [row.program.name for row in found.rows if row.rules.answer == "not_allowed"]
    assert [list(notice.about) for notice in found.warnings[:1] if notice.kind == "not_allowed"] == [forbidden] * bool(
        forbidden
    )


# ---- the case of one row ----

DEAN = Person("Dr. Osei", "known_dean", 3, "well", ("Mercy",))
MERCY = Program("Mercy", 230)
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
def test_standing_belongs_to_a_relation(kind: str, elsewhere: str) -> None:
    """Where someone has a relation they count as what they are; elsewhere as a dean without history or a stranger."""
    person = Person("Dr. Osei", kind, 3, "well", ("mercy",))
    there, not_there = case_for(Case(), person, MERCY), case_for(Case(), person, ELSEWHERE)
    assert (there.recommender, there.track_record) == (kind, 3)
    assert (not_there.recommender, not_there.track_record) == (elsewhere, None)
    everywhere = case_for(Case(), dataclasses.replace(person, known_at=()), ELSEWHERE)
    assert (everywhere.recommender, everywhere.track_record) == (kind, 3)


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
def test_who_can_be_specific(knows: str, flags: dict[str, Any], to_explain: bool) -> None:
    """Only someone who knows the work well states specifics, and explains a flag where there is one to explain."""
    case = case_for(Case(**flags), dataclasses.replace(DEAN, knows_work=knows), MERCY)
    assert case.specifics == (knows == "well")
    assert case.addresses_flag == (knows == "well" and to_explain)


@given(cases(), a_person("Dr. Osei"), a_program("Mercy"))
def test_the_file_and_the_moment_are_the_student_s(student: Case, person: Person, program: Program) -> None:
    """The case of a row keeps the student's file and moment, and takes all else from the two tables."""
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


def test_a_row_is_one_honest_call_whatever_the_student_s_case_was() -> None:
    """A script, pressure, an own email or an introduction in the student's case do not find their way into a plan."""
    for spoiled in ({"scripted": True}, {"move": "pressure"}, {"recommender": "self"}, {"introduced": True, "track_record": 0}):
        assert case_for(Case().replace(**spoiled), WELL, MERCY) == case_for(Case(), WELL, MERCY)


@pytest.mark.parametrize(
    ("low", "floor", "used"),
    [(235, None, 220), (235, 235, 235), (235, 1, 1), (195, None, 190), (100, None, 100), (500, None, 400), (400, None, 350)],
)
def test_a_floor_that_is_not_known(low: int, floor: int | None, used: int) -> None:
    """A floor that is not given lies as far under the range as in a new case of that exam, and not under the slider's end."""
    assert Program("Mercy", low, floor).floor == used


# ---- who and what is left out ----

WELL = Person("Dr. Abe", "trusted_peer", None, "well")


@pytest.mark.parametrize("phase", ["groundwork", "soap_lists", "gap_filling", "post_soap"])
@pytest.mark.parametrize("openings", OPENINGS)
def test_a_program_without_an_opening(phase: str, openings: str) -> None:
    """In SOAP a program without a seat is left out; before Match Week and after SOAP nobody can know, and it stays."""
    opened = dict.fromkeys(("hears_first", "names_you", "outruns_hr", "deep_ties", "name_familiar", "file_in_system"), True)
    found = plan(Case(phase=phase, **opened), [WELL], [Program("Mercy", 230, openings=openings)])
    out = openings == "none" and phase in {"soap_lists", "gap_filling"}
    assert len(found.rows) == (not out)
    assert [left.kind for left in found.left_out if left.what == "program"] == ["no_opening"] * out


@pytest.mark.parametrize(
    ("student", "person", "proposed"),
    [
        (Case(), WELL, True),
        (Case(lists_open=False), WELL, True),  # file read, just enough
        (Case(), dataclasses.replace(WELL, knows_work="somewhat"), True),  # a trusted voice without specifics: file read
        (Case(), dataclasses.replace(WELL, kind="unconnected_faculty"), False),  # skimmed
        (Case(score=229), WELL, True),  # below the range: maybe
        (Case(score=214), WELL, False),  # far below
        (Case(professionalism_issue=True), WELL, False),
        (Case(phase="gap_filling"), WELL, False),
        (Case(phase="post_soap"), WELL, False),
    ],
)
def test_what_is_proposed_gets_the_file_read(student: Case, person: Person, proposed: bool) -> None:
    """A row is proposed where its verdict is at least file_read; below that it is left out, with what holds it down."""
    found = plan(student, [person], [Program("Mercy", 230)])
    assert len(found.rows) == proposed
    if not proposed:
        judgment = judge(case_for(student, person, Program("Mercy", 230)))
        reason = next(reason for reason in judgment.reasons if reason.stage == judgment.binding[0])
        assert [left.kind for left in found.left_out] == ["verdict", "verdict"]
        assert all(reason.sentence in left.words and judgment.verdict.label in left.words for left in found.left_out)
        assert reason.sentence in found.words


def test_the_gap_is_named() -> None:
    """A program far out of range is left out with the points that are missing."""
    found = plan(Case(score=214), [WELL], [Program("Mercy", 230)])
    assert text("planner.out.gap", score=214, gap=16) in found.left_out[1].words


def test_what_finds_no_room_is_left_out_as_full() -> None:
    """Of what is worth a contact, that which finds no room is left out with this reason."""
    people = [dataclasses.replace(WELL, name=name) for name in PEOPLE_NAMES]
    found = plan(Case(), people, [Program(f"Program {number}", 230) for number in range(16)])
    assert len(found.rows) == 15
    assert [(left.what, left.kind) for left in found.left_out] == [("person", "full")] * 2 + [("program", "full")]


def test_another_exam_is_seen() -> None:
    """A program whose range is in another exam's points than the score is left out, and said to be so; 300 is no trap."""
    found = plan(Case(score=240), [WELL], [Program("Mercy", 500), Program("Lakeside", 230)])
    assert [(left.name, left.kind) for left in found.left_out] == [("Mercy", "other_exam")]
    assert len(plan(Case(score=520, range_low=500, range_floor=400), [WELL], [Program("Mercy", 400, 300)]).rows) == 1
    assert plan(Case(score=240), [WELL], [Program("Mercy", 500)]).words == text("planner.other_exam")


# ---- reasons and words ----


def test_a_row_says_why_and_what_it_stops_at() -> None:
    """A row's reason says that nobody does better there, and repeats what holds the verdict down."""
    row = plan(Case(), [WELL], [MERCY]).rows[0]
    assert row.reason == f"{text('planner.row.best')} {text('rule.lists_open')}"
    top = Case(phase="gap_filling", name_familiar=True, file_in_system=True)
    assert plan(top, [WELL], [MERCY]).rows[0].reason == f"{text('planner.row.best')} {text('planner.row.nothing')}"


def test_a_row_says_who_would_do_better_there() -> None:
    """Where somebody would reach more but has no room left, the row says who."""
    weak = Person("Dr. Bao", "trusted_peer", None, "somewhat")  # without specifics: the file is read
    found = plan(Case(phase="groundwork"), [weak, WELL], [Program(f"Program {number}", 230) for number in range(6)])
    assert [row.person.name for row in found.rows] == ["Dr. Abe"] * 5 + ["Dr. Bao"]
    assert found.rows[-1].reason == f"{text('planner.row.better', names='Dr. Abe')} {text('rule.short_vouch')}"


@pytest.mark.parametrize(
    ("people", "programs", "word"),
    [([], [], "both"), ([], [MERCY], "people"), ([WELL], [], "programs")],
)
def test_an_empty_table_gets_a_next_step(people: list[Person], programs: list[Program], word: str) -> None:
    """Empty tables give no error, but a plan without rows that says what to enter first."""
    found = plan(Case(), people, programs)
    assert (found.rows, found.people) == ((), ())
    texts = {name: text(f"planner.empty.{name}") for name in ("both", "people", "programs")}
    assert found.words == texts[word]
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
def test_a_plan_that_cannot_be_says_what_is_in_the_way(student: Case, person: Person, stage: str) -> None:
    """Where no contact does enough, the words name the verdict, what holds it down, and a next step of that stage."""
    found = plan(student, [person], [MERCY])
    judgment = judge(case_for(student, person, MERCY))
    assert judgment.binding[0] == stage
    assert not found.rows
    link = " ".join(reason.sentence for reason in judgment.reasons if reason.stage in judgment.binding)
    assert found.words == text(f"planner.nothing.{stage}", verdict=judgment.verdict.label, link=link)


def test_no_open_seat_anywhere_is_said() -> None:
    """Where no program has a seat, that is what the words say."""
    assert plan(Case(), [WELL], [Program("Mercy", 230, openings="none")]).words == text("planner.nothing_open")


@pytest.mark.parametrize(
    ("student", "contacted", "word"),
    [
        (Case(phase="groundwork"), (False, False), None),
        (Case(), (False, False), "not_now"),
        (Case(), (True, False), "not_all_now"),
        (Case(), (True, True), "ask_first"),
    ],
)
def test_the_plan_in_short_says_what_the_rule_says(student: Case, contacted: tuple[bool, bool], word: str | None) -> None:
    """Beside people, programs and best verdict, the plan in short never leaves out what the NRMP's rule does not allow."""
    programs = [Program(f"Program {number}", 230, program_contacted_first=first) for number, first in enumerate(contacted)]
    found = plan(student, [WELL], programs)
    start = text("planner.summary", people=1, programs=2, best=Verdict.PHONE_INTERVIEW.label)
    ends = {name: text(f"planner.summary.{name}") for name in ("not_now", "not_all_now", "ask_first")}
    assert found.words == (f"{start} {ends[word]}" if word else start)


def test_the_moment_decides_the_phase() -> None:
    """A moment that is given decides phase and rules check, whatever the student's case says."""
    inside, after = datetime(2027, 3, 16, 9, 0), datetime(2027, 3, 18, 21, 0)  # noqa: DTZ001 - Eastern by the contract
    known = Case(name_familiar=True, file_in_system=True)
    assert plan(known, [WELL], [MERCY], when=inside).rows[0].rules.answer == "not_allowed"
    row = plan(known, [WELL], [MERCY], when=after).rows[0]
    assert (row.case.phase, row.verdict, row.rules.answer) == ("gap_filling", Verdict.OFFER_IN_PLAY, "allowed")


def test_a_reading_is_used() -> None:
    """A reading changes what is proposed, as it changes the verdict."""
    dean = Person("Dr. Abe", "random_dean", None, "well")
    assert not plan(Case(), [dean], [MERCY]).rows
    (row,) = plan(Case(), [dean], [MERCY], reading="home_dean_is_any_dean").rows
    assert (row.verdict, row.judgment.reading) == (Verdict.FILE_READ, "home_dean_is_any_dean")


def test_the_objective_and_what_is_ours_can_be_told() -> None:
    """A plan tells what it was chosen for, and every choice of ours that it rests on."""
    found = plan(Case(), [WELL], [MERCY])
    assert found.objective == text("planner.objective")
    assert found.assumptions == tuple(text(f"assumption.{name}") for name in ASSUMPTIONS)
    ours = {row.assumption for row in load_assumptions() if row.assumption.startswith("planner_")}
    assert ours <= set(ASSUMPTIONS)


# ---- warnings ----


def warned(found: Any) -> dict[str, tuple[str, ...]]:
    """Give whom each kind of warning is about."""
    return {notice.kind: notice.about for notice in found.warnings}


def known(name: str, *programs: str, kind: str = "trusted_peer", knows: str = "well") -> Person:
    """Make a person who is known at these programs."""
    return Person(name, kind, None, knows, programs)


BEFORE = Case(phase="groundwork")
THREE = [Program(name, 230) for name in ("Lakeside", "Mercy", "Northern")]
SIX = [Program(name, 230) for name in PROGRAM_NAMES[:6]]


def test_a_plan_with_nothing_to_warn_of() -> None:
    """Two people who know the work, each with three programs of their own in range: nothing to beware of."""
    people = [known("Dr. Abe", *PROGRAM_NAMES[:3]), known("Dr. Bao", *PROGRAM_NAMES[3:6])]
    dim = [dataclasses.replace(person, kind="known_dean") for person in people]
    found = plan(BEFORE, dim, SIX)
    assert len(found.rows) == 6
    assert found.warnings == ()


def test_one_person_or_few_programs_are_told() -> None:
    """One person alone, and a person with fewer than three programs, are told apart."""
    assert warned(plan(BEFORE, [known("Dr. Abe", *PROGRAM_NAMES[:3], kind="known_dean")], THREE)) == {
        "few_people": ("Dr. Abe",)
    }
    found = plan(BEFORE, [known("Dr. Abe", *PROGRAM_NAMES[:2], kind="known_dean")], THREE)
    assert warned(found) == {"few_people": ("Dr. Abe",), "few_programs": ("Dr. Abe",)}


def test_overlap_is_told() -> None:
    """A program that two of the people could approach is named, and stands in one row."""
    people = [
        known("Dr. Abe", "Lakeside", "Mercy", "Northern", kind="known_dean"),
        known("Dr. Bao", "Northern", "St. Anne", "Valley", "Westport", kind="known_dean"),
    ]
    found = plan(BEFORE, people, SIX)
    assert warned(found) == {"overlap": ("Northern",)}
    assert sum(row.program.name == "Northern" for row in found.rows) == 1
    assert text("planner.pair", program="Northern", person="Dr. Abe") in found.warnings[0].words


@pytest.mark.parametrize(("score", "kind"), [(230, None), (229, "below_range"), (215, "below_range"), (214, "far_below")])
def test_a_program_out_of_range_is_told_with_the_gap(score: int, kind: str | None) -> None:
    """A score below the range is told with the points that are missing; below the floor it is told to be far below."""
    found = plan(BEFORE.replace(score=score), [WELL], [MERCY])
    assert [notice.kind for notice in found.warnings if notice.kind in {"below_range", "far_below"}] == [kind] * bool(kind)
    if kind:
        assert text("planner.gap", program="Mercy", gap=230 - score) in next(
            notice.words for notice in found.warnings if notice.kind == kind
        )


@pytest.mark.parametrize(("entered", "told"), [(3, False), (4, True)])
def test_volume_is_told(entered: int, told: bool) -> None:
    """More than three people in the table are told to be too many, with those who need not be asked."""
    people = [known(name, "Lakeside", "Mercy", "Northern") for name in PEOPLE_NAMES[:entered]]
    found = plan(BEFORE, people, THREE)
    assert ("volume" in warned(found)) == told
    if told:
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
        (
            known("Dr. Abe"),
            [Program("Mercy", 230, openings="noncategorical")],
            {"few_people", "few_programs", "noncategorical"},
        ),
    ],
)
def test_what_else_is_told(person: Person, programs: list[Program], kinds: set[str]) -> None:
    """Thin acquaintance, standing claimed everywhere, a name that no program has, and a seat that is only prelim are told."""
    assert set(warned(plan(BEFORE, [person], programs))) == kinds


def test_the_nrmp_s_rule_is_the_first_warning() -> None:
    """Inside SOAP the rule stands before all other warnings: what it forbids, then what has to be asked first."""
    first = Program("Mercy", 230, program_contacted_first=True)
    found = plan(Case(), [WELL], [ELSEWHERE, first])
    assert [notice.kind for notice in found.warnings[:2]] == ["not_allowed", "ask_first"]
    assert (found.warnings[0].about, found.warnings[1].about) == (("Lakeside",), ("Mercy",))
    assert [row.program.name for row in found.rows] == ["Mercy", "Lakeside"]  # of equal verdicts, the less forbidden first


def test_a_long_list_is_cut() -> None:
    """A warning names eight at most and counts the rest."""
    people = [dataclasses.replace(WELL, name=name) for name in PEOPLE_NAMES[:2]]
    found = plan(Case(), people, [Program(f"P{number:02}", 230) for number in range(10)])
    assert len(found.rows) == 10
    names = ", ".join(row.program.name for row in found.rows[:8])
    assert text("planner.more", names=names, count=2) in found.warnings[0].words


# ---- the briefing ----

FLAGS = [row.flag for row in load_flags()]


def test_a_briefing_holds_the_facts() -> None:
    """A sheet names the person's programs with range, prior contact and seats, the risks, and when a contact may start."""
    programs = [
        Program("Mercy", 230, prior_contact=True, needs={"local", "track"}),
        Program("Lakeside", 245, openings="both"),
        Program("Elsewhere", 230),
    ]
    person = known("Dr. Abe", "Mercy", "Lakeside")
    found = plan(Case(failed_clerkship=True, needs_visa=True, offers={"local"}), [person], programs)
    sheet = briefing(found, person)
    assert sheet == briefing(found, "Dr. Abe")
    assert [program.name for program in sheet.programs] == ["Mercy", "Lakeside"]
    assert [program.gap for program in sheet.programs] == [0, 5]
    assert [program.prior_contact for program in sheet.programs] == [True, False]
    step2 = text("panel.exam.step2ck")
    need = {name: text(f"level.need.{name}") for name in NEEDS}
    assert sheet.programs[0].facts == (
        text("planner.briefing.in_range", exam=step2, low=230, score=240),
        text("planner.briefing.known_there"),
        text("planner.opening.categorical"),
        text("planner.briefing.need_met", need=need["local"]),
        text("planner.briefing.need_open", need=need["track"]),
    )
    assert sheet.programs[1].facts == (
        text("planner.briefing.below", exam=step2, low=245, score=240, gap=5),
        text("planner.opening.both"),
    )
    assert sheet.risks == (
        text("planner.risk.failed_clerkship"),
        text("planner.risk.needs_visa"),
        text("planner.risk.below_range", names="Lakeside"),
    )
    assert sheet.rules == (text("planner.briefing.rule.not_allowed", names="Mercy, Lakeside"), text("soap.read_agreement"))
    for part in (sheet.facts_only, *sheet.rules, *sheet.risks, *sheet.programs[0].facts, *sheet.programs[1].facts):
        assert part in sheet.text
    assert "Elsewhere" not in sheet.text
    assert sheet.before_you_share not in sheet.text


@given(STUDENTS, TABLES, st.none() | moments())
def test_a_briefing_is_no_script_and_no_verdict(
    student: Case, tables: tuple[list[Person], list[Program]], when: datetime | None
) -> None:
    """A sheet says that it holds facts alone and what the rule says of each row; it tells no verdict and no rank of callers."""
    found = plan(student, *tables, when=when)
    for person in found.people:
        sheet = briefing(found, person)
        rows = found.rows_of(person)
        assert [program.name for program in sheet.programs] == [row.program.name for row in rows]
        assert [program.answer for program in sheet.programs] == [row.rules.answer for row in rows]
        for answer in ANSWERS:
            names = ", ".join(row.program.name for row in rows if row.rules.answer == answer)
            assert (text(f"planner.briefing.rule.{answer}", names=names) in sheet.rules) == bool(names)
        assert sheet.facts_only in sheet.text
        for verdict in Verdict:
            assert verdict.label not in sheet.text
        for kind in KINDS:
            assert text(f"level.recommender.{kind}") not in sheet.text
        for row in rows:
            assert row.reason not in sheet.text


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag not in {"professionalism_issue", "chronic_poor_performance"}])
def test_every_flag_that_a_plan_can_have_is_a_risk(flag: str) -> None:
    """Each flag of the file stands on the sheet as one fact; without any, and with a score in range, that is said."""
    value = 2 if flag == "failed_attempts" else True
    student = Case(**{flag: value})
    sheet = briefing(plan(student, [WELL], [MERCY]), WELL)
    assert sheet.risks == (text(f"planner.risk.{flag}", times=int(value)),)
    assert briefing(plan(Case(), [WELL], [MERCY]), WELL).risks == (text("planner.risk.none"),)
    assert briefing(plan(Case(score=229), [WELL], [MERCY]), WELL).risks == (text("planner.risk.below_range", names="Mercy"),)


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_has_its_fact(flag: str) -> None:
    """Each flag in the table of flags has a text."""
    assert text(f"planner.risk.{flag}", times=2)


@pytest.mark.parametrize(("phase", "told"), [("groundwork", False), ("soap_lists", True)])
def test_seats_are_told_in_soap_alone(phase: str, told: bool) -> None:
    """Before Match Week a sheet says nothing of open seats, since nobody can know."""
    facts = briefing(plan(Case(phase=phase), [WELL], [MERCY]), WELL).programs[0].facts
    assert (text("planner.opening.categorical") in facts) == told


def test_a_briefing_for_somebody_else_is_refused() -> None:
    """Only someone with a row has a sheet; the error says who has."""
    found = plan(Case(), [WELL], [MERCY])
    with pytest.raises(CaseError) as caught:
        briefing(found, "Dr. Nobody")
    assert str(caught.value) == "person: must be someone in this plan (Dr. Abe), but it is 'Dr. Nobody'."
    with pytest.raises(CaseError, match=r"in this plan \(-\)"):
        briefing(plan(Case(), [], []), WELL)


# ---- what is refused ----


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Person("", "known_dean"), "name: must be a name of 1 to 80 characters without the sign |, but it is ''."),
        (
            lambda: Person("a|b", "known_dean"),
            "name: must be a name of 1 to 80 characters without the sign |, but it is 'a|b'.",
        ),
        (lambda: Person("a\0b", "known_dean"), "name: must be a name of 1 to 80 characters"),
        (lambda: Person("a" * 81, "known_dean"), "name: must be a name of 1 to 80 characters"),
        (lambda: Person(7, "known_dean"), "name: must be a name of 1 to 80 characters without the sign |, but it is 7."),
        (lambda: Person("A", "self"), "kind: must be one of "),
        (lambda: Person("A", "known_dean", 4), "track_record: must be a whole number from 0 to 3, but it is 4."),
        (lambda: Person("A", "known_dean", None, "wel"), "knows_work: must be one of well, somewhat, barely, but it is 'wel'."),
        (lambda: Person("A", "known_dean", None, "well", 5), "known_at: must be a name of 1 to 80 characters"),
        (lambda: Person("A", "known_dean", None, "well", ["B", 5]), "known_at: must be a name of 1 to 80 characters"),
        (lambda: Program("B", 0), "range_low: must be a whole number from 1 to 999, but it is 0."),
        (lambda: Program("B", None), "range_low: must be a whole number from 1 to 999, but it is empty."),
        (
            lambda: Program("B", 230, 231),
            "range_floor: must not lie above the bottom of the program's range, 230, but it is 231.",
        ),
        (lambda: Program("B", 230, needs="ICU"), "needs: must hold only language, local, track, coverage, but it holds 'ICU'."),
        (lambda: Program("B", 230, openings="some"), "openings: must be one of "),
        (lambda: Program("B", 230, prior_contact="yes"), "prior_contact: must be true or false, but it is 'yes'."),
        (lambda: plan("me", [], []), "case: must be a Case, but it is 'me'."),
        (lambda: plan(Case(), WELL, [MERCY]), None),
        (lambda: plan(Case(), [MERCY], []), "people: must hold only rows of its own kind, but it holds "),
        (lambda: plan(Case(), [], [WELL]), "programs: must hold only rows of its own kind, but it holds "),
        (lambda: plan(Case(), "abc", []), "people: must hold only rows of its own kind, but it holds 'abc'."),
        (lambda: plan(Case(), None, []), "people: must hold only rows of its own kind, but it holds empty."),
        (
            lambda: plan(Case(), [WELL, dataclasses.replace(WELL, name="dr. abe")], []),
            "people: must stand in the table once, but 'dr. abe' is there twice.",
        ),
        (lambda: plan(Case(), [], [MERCY, MERCY]), "programs: must stand in the table once, but 'Mercy' is there twice."),
        (
            lambda: plan(Case(), [known(f"P{number}") for number in range(LONGEST_PEOPLE + 1)], []),
            f"people: may have at most {LONGEST_PEOPLE} rows, but there are {LONGEST_PEOPLE + 1}.",
        ),
        (
            lambda: plan(Case(), [], [Program(f"P{number}", 230) for number in range(LONGEST_PROGRAMS + 1)]),
            f"programs: may have at most {LONGEST_PROGRAMS} rows, but there are {LONGEST_PROGRAMS + 1}.",
        ),
        (lambda: plan(Case(), [], [], reading="no such"), "reading: must be one of "),
        (lambda: plan(Case(), [], [], when="Monday"), "when: must be a date with a time of day, but it is 'Monday'."),
    ],
)
def test_what_cannot_be_is_refused(make: Any, said: str | None) -> None:
    """Bad input is refused with the field, the rule and the value; one person alone, not in a list, is taken as one."""
    if said is None:
        assert make().rows
        return
    with pytest.raises(CaseError) as caught:
        make()
    assert str(caught.value).startswith(said)


# ---- the tables as text ----

ROW_NAMES = st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(' ,;"'), min_size=1, max_size=12).filter(
    lambda name: name.strip() and "|" not in name
)


def alike(names: list[str]) -> list[str]:
    """Leave out names that differ only in blanks or in upper and lower case."""
    return list({" ".join(name.split()).casefold(): name for name in names}.values())


def tables_of(one: Any) -> st.SearchStrategy[list[Any]]:
    """Draw tables whose rows have any names."""
    return st.lists(ROW_NAMES, max_size=4).map(alike).flatmap(lambda names: st.tuples(*map(one, names)).map(list))


@given(tables_of(a_person), st.lists(ROW_NAMES, max_size=3))
def test_people_come_back_from_a_table(people: list[Person], at: list[str]) -> None:
    """What is written as a table is read as the same people."""
    people = [dataclasses.replace(person, known_at=at or person.known_at) for person in people]
    assert read_people(people_to_csv(people)) == tuple(people)


@given(tables_of(a_program))
def test_programs_come_back_from_a_table(programs: list[Program]) -> None:
    """What is written as a table is read as the same programs."""
    assert read_programs(programs_to_csv(programs)) == tuple(programs)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_table_from_a_spreadsheet_is_read(delimiter: str, line_end: str) -> None:
    """Commas, semicolons or tabs, a byte order mark, blank lines, capital headers and columns in any order all do."""
    rows = [["Range low", "NAME", "prior_contact"], ["230", " St.  Anne ", "Yes"], ["", "", ""], ["245", "Mercy", ""]]
    text = "\ufeff" + line_end + line_end.join(delimiter.join(row) for row in rows) + line_end
    assert read_programs(text) == (Program("St. Anne", 230, prior_contact=True), Program("Mercy", 245))


@pytest.mark.parametrize("text", ["", "\n", " \n,,\n", "\ufeff", "name,kind\n"])
def test_a_table_without_rows_is_an_empty_one(text: str) -> None:
    """A blank text, and a header alone, are tables with nobody in them."""
    assert read_people(text) == ()


HEAD = "name,kind,track_record,knows_work,known_at\n"
NAME_RULE = "must be a name of 1 to 80 characters without the sign |, but it is ''."


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
            "people, row 4, column name: must stand in the table once, but 'a' is ",
        ),
        (
            HEAD + "A,known_dean\n",
            "people, row 2: should have 5 cells like the header, but it has 2. A cell that holds a comma needs quotation",
        ),
        (HEAD + '"A,known_dean\n', "people, row 2: cannot be read as a table: a quotation mark is missing or in the wrong "),
        ("name,kind,age\n", "people, row 1, column age: must be each of these columns at most once: name, kind, "),
        ("name,kind,kind\n", "people, row 1, column kind: must be each of these columns at most once: kind, name, "),
        ("name\n", "people, row 1, column kind: is a column that the table needs, but it has only 'name'."),
    ],
)
def test_a_bad_cell_of_people_is_told_at_its_place(text: str, said: str) -> None:
    """A table that cannot be read is refused with its row, its column, the rule and the value."""
    with pytest.raises(PlannerTableError) as caught:
        read_people(text)
    assert str(caught.value).startswith(said)
    assert (caught.value.table, f"row {caught.value.row}" in said) == ("people", True)
    assert caught.value.column == "" or f"column {caught.value.column}:" in said


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"range_low": ""}, "programs, row 2, column range_low: must be a whole number from 1 to 999, but it is empty."),
        ({"range_low": "high"}, "programs, row 2, column range_low: must be a whole number from 1 to 999, but it is 'high'."),
        ({"range_low": "230", "range_floor": "240"}, "programs, row 2, column range_floor: must not lie above the bottom of "),
        ({"range_low": "230", "needs": "local|icu"}, "programs, row 2, column needs: must hold only "),
        (
            {"range_low": "230", "prior_contact": "maybe"},
            "programs, row 2, column prior_contact: must be yes or no, but it is ",
        ),
        ({"range_low": "230", "openings": "open"}, "programs, row 2, column openings: must be one of "),
    ],
)
def test_a_bad_cell_of_programs_is_told_at_its_place(cells: dict[str, str], said: str) -> None:
    """The same for programs."""
    with pytest.raises(PlannerTableError) as caught:
        read_programs(",".join(("name", *cells)) + "\n" + ",".join(("Mercy", *cells.values())) + "\n")
    assert str(caught.value).startswith(said)


@functools.cache
def planner_words() -> tuple[str, ...]:
    """List the planner's own texts."""
    from backchannel_lib.base.texts import all_words

    return tuple(text for word, text in all_words().items() if word.startswith(("planner.", "assumption.planner")))


def test_the_planner_never_hands_over_a_message() -> None:
    """No text of the planner is the beginning or the end of a letter."""
    for text in planner_words():
        lower = text.lower()
        assert not any(word in lower for word in ("dear ", "sincerely", "best regards", "thank you for")), text
