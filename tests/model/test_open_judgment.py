"""A case with unknown fields: the possible verdicts are exactly those from judging every value."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, OpenJudgment, Verdict, judge, judge_open
from backchannel_lib.model import open_judgment
from backchannel_lib.model.conditions import parse
from backchannel_lib.model.exams import SCORES
from backchannel_lib.model.open_judgment import all_values, certain_rules, fields_asked
from backchannel_lib.model.rules import RuleBook, rule_book
from tests.helpers.cases import ALL_CLEAR, CALLER_MOVES, CALLERS, NEEDS, READINGS, cases

readings = st.sampled_from(READINGS)
SETS = [frozenset(members) for size in range(5) for members in itertools.combinations(NEEDS, size)]
VALUES: dict[str, list[Any]] = {
    "interviews_failures": [False, True],
    "sponsors_visas": [False, True],
    "has_noncategorical_seat": [False, True],
    "lists_open": [False, True],
    "needs_visa": [False, True],
    "program_contacted_first": [False, True],
    "track_record": [None, 0, 1, 2, 3],
    "needs": SETS,
    "offers": SETS,
    "phase": ["groundwork", "soap_lists", "gap_filling", "post_soap"],
    "range_low": [*range(1, 1000)],
    "range_floor": [*range(1, 1000)],
}
SMALL = sorted(set(VALUES) - {"range_low", "range_floor"})


def exam(score: int) -> bool:
    """Return whether a score is from Level 2."""
    return score > 300


def every_case(case: Case, unknown: tuple[str, ...]) -> Iterator[Case]:
    """Yield the case with every combination of values that the open fields can have."""
    for values in itertools.product(*(VALUES[name] for name in unknown)):
        fields = {**case.__dict__, **dict(zip(unknown, values, strict=True))}
        one_exam = exam(fields["score"]) == exam(fields["range_low"]) == exam(fields["range_floor"])
        if one_exam and fields["range_floor"] <= fields["range_low"]:
            yield Case(**fields)


def brute_force(case: Case, unknown: tuple[str, ...], reading: str | None = None) -> set[Verdict]:
    """Return the verdicts for all values."""
    return {judge(possible, reading).verdict for possible in every_case(case, unknown)}


def closed(judgment: OpenJudgment, name: str, value: object) -> frozenset[Verdict]:
    """Return the judgment once one field is known."""
    known = Case(**{**judgment.known.__dict__, name: value})
    others = [other for other in judgment.unknown if other != name]
    return judge_open(known, others, judgment.reading).verdicts


@given(cases(), readings)
def test_with_nothing_open_it_agrees_with_judge(case: Case, reading: str | None) -> None:
    """There's one verdict, the case's own, and nothing to ask."""
    judgment = judge_open(case, (), reading)
    assert judgment.verdicts == {judge(case, reading).verdict}
    assert judgment.lowest == judgment.highest == judge(case, reading).verdict
    assert not judgment.worth_asking


@given(cases(), readings, st.lists(st.sampled_from(SMALL), min_size=1, max_size=3, unique=True))
def test_it_agrees_with_judging_every_value(case: Case, reading: str | None, unknown: list[str]) -> None:
    """No verdict is missing or made up under any reading, and a rule is certain if it sets its stage's cap every time."""
    judgment = judge_open(case, unknown, reading)
    outcomes = {judge(possible, reading).outcome for possible in every_case(case, judgment.unknown)}
    assert judgment.verdicts == {outcome.verdict for outcome in outcomes}
    always = set.intersection(*({rule.rule for rows in outcome.rows for rule in rows} for outcome in outcomes))
    assert certain_rules(case, judgment.unknown, reading) == always
    assert (judgment.lowest, judgment.highest) == (min(judgment.verdicts), max(judgment.verdicts))


@settings(max_examples=max(5, settings().max_examples // 5))
@given(cases(), readings, st.sampled_from(("range_low", "range_floor")), st.sampled_from(SMALL[:4]))
def test_an_open_range_gets_the_same_answer_as_trying_every_score(
    case: Case, reading: str | None, score: str, flag: str
) -> None:
    """It's enough to try the numbers where a rule changes its answer."""
    judgment = judge_open(case, (score, flag), reading)
    assert judgment.verdicts == brute_force(case, judgment.unknown, reading)


@pytest.mark.parametrize("score", [1, 2, 230, 299, 300, 301, 302, 480, 998, 999])
def test_an_open_floor_and_range_are_tried_together(score: int) -> None:
    """Every valid pair from one exam counts, and no invalid pair does."""
    case = Case(score=score, recommender="trusted_peer", specifics=True)
    telling = sorted({1, 2, 298, 299, 300, 301, 302, 998, 999, *range(max(1, score - 3), min(999, score + 3))})
    pairs = [(low, floor) for low in telling for floor in telling if floor <= low and exam(low) == exam(floor) == exam(score)]
    judged = {judge(Case(**{**case.__dict__, "range_low": low, "range_floor": floor})).verdict for low, floor in pairs}
    assert judge_open(case, ("range_low", "range_floor")).verdicts == judged


@given(cases(), readings, st.lists(st.sampled_from(sorted(VALUES)), min_size=1, unique=True))
def test_every_verdict_has_a_case_that_gets_it(case: Case, reading: str | None, unknown: list[str]) -> None:
    """It differs from the known case only in open fields."""
    judgment = judge_open(case, unknown, reading)
    for verdict, example in judgment.examples.items():
        assert judge(example, reading).verdict == verdict
        changed = {name for name, value in example.__dict__.items() if value != case.__dict__[name]}
        assert changed <= set(unknown)


@settings(max_examples=max(5, settings().max_examples // 5))
@given(cases(), readings, st.lists(st.sampled_from(SMALL), min_size=1, max_size=4, unique=True))
def test_each_answer_leaves_what_it_promises(case: Case, reading: str | None, unknown: list[str]) -> None:
    """Once a field is known, the promised subset is left. A field that isn't listed wouldn't narrow anything."""
    judgment = judge_open(case, unknown, reading)
    for name in judgment.unknown:
        for value in VALUES[name]:
            left = closed(judgment, name, value)
            assert left <= judgment.verdicts
            promised = judgment.worth_asking[name][value] if name in judgment.worth_asking else judgment.verdicts
            assert left == promised


@settings(max_examples=max(5, settings().max_examples // 5))
@given(cases(), st.data())
def test_an_answer_about_a_range_covers_every_score(case: Case, data: st.DataObject) -> None:
    """The ranges of the answers are adjacent, and each score leaves what its range promises."""
    judgment = judge_open(case, ("range_low", "range_floor", "has_noncategorical_seat"))
    for name in {"range_low", "range_floor"} & set(judgment.worth_asking):
        answers = list(judgment.worth_asking[name])
        assert all(before.stop == after.start for before, after in itertools.pairwise(answers))
        assert (answers[0].start, answers[-1].stop) == ((301, 1000) if exam(case.score) else (1, 301))
        asked = data.draw(st.sampled_from(answers))
        for value in {asked[0], asked[-1], data.draw(st.sampled_from(asked))}:
            others = {"range_low": "range_floor", "range_floor": "range_low"}[name]
            known = Case(**{**case.__dict__, name: value, others: value})
            rest = judge_open(known, (others, "has_noncategorical_seat"))
            assert rest.verdicts == judgment.worth_asking[name][asked]


@settings(max_examples=max(5, settings().max_examples // 5))
@given(cases(), readings)
def test_the_most_useful_question_comes_first(case: Case, reading: str | None) -> None:
    """On average, an answer to an earlier question leaves no more verdicts than one to a later question."""
    judgment = judge_open(case, SMALL, reading)
    left = [sum(map(len, answers.values())) / len(answers) for answers in judgment.worth_asking.values()]
    assert left == sorted(left)


def test_a_policy_that_cannot_matter_is_never_worth_asking_about() -> None:
    """A student without failed attempts needn't ask about those, nor one who needs no visa about visas."""
    case = Case(recommender="trusted_peer", specifics=True, phase="soap_lists")
    judgment = judge_open(case, ("interviews_failures", "sponsors_visas", "lists_open"))
    assert list(judgment.worth_asking) == ["lists_open"]


def test_an_explained_failure_is_declined_or_maybe_depending_on_the_policy() -> None:
    """Nobody knows the program's policy."""
    case = Case(failed_attempts=1, recommender="trusted_peer", move="flag_explanation", specifics=True, addresses_flag=True)
    judgment = judge_open(case, ("interviews_failures", "sponsors_visas", "has_noncategorical_seat"))
    assert (judgment.lowest, judgment.highest) == (Verdict.DECLINED, Verdict.MAYBE)
    answers = judgment.worth_asking["interviews_failures"]
    assert answers == {False: {Verdict.DECLINED}, True: {Verdict.MAYBE}}
    assert next(iter(judgment.worth_asking)) == "interviews_failures"


def test_the_value_in_an_open_field_does_not_matter() -> None:
    """Cases with the same known fields get the same answer."""
    unknown = ("range_low", "range_floor", "interviews_failures")
    one = Case(score=225, failed_attempts=1)
    other = Case(score=225, failed_attempts=1, range_low=300, range_floor=10, interviews_failures=False)
    assert judge_open(one, unknown).verdicts == judge_open(other, unknown).verdicts
    assert judge_open(one, unknown).worth_asking == judge_open(other, unknown).worth_asking


def test_a_level_2_score_can_be_judged_without_a_range() -> None:
    """The range's defaults are from Step 2 CK, but an open range isn't compared with the score."""
    judgment = judge_open(score=480, recommender="trusted_peer", specifics=True, unknown=("range_low", "range_floor"))
    assert judgment.verdicts == {Verdict.DECLINED, Verdict.MAYBE, Verdict.PHONE_INTERVIEW}
    unknown = ("range_low", "range_floor", "lists_open")
    judgment = judge_open(score=480, recommender="trusted_peer", specifics=True, unknown=unknown)
    assert judgment.verdicts == {Verdict.DECLINED, Verdict.FILE_READ, Verdict.MAYBE, Verdict.PHONE_INTERVIEW}
    assert judgment.worth_asking["lists_open"][False] == {Verdict.DECLINED, Verdict.FILE_READ}


def test_a_range_below_the_default_floor_is_accepted_if_the_floor_is_open() -> None:
    """The reverse works too."""
    low = judge_open(range_low=200, unknown=("range_floor",))
    assert low.known.range_low == 200
    high = judge_open({"range_floor": 260}, ["range_low"])
    assert high.known.range_floor == 260


@pytest.mark.slow
def test_nearly_everything_can_be_open() -> None:
    """A case with only a known score still gets an answer: everything is possible."""
    judgment = judge_open(Case(), [name for name in Case.fields() if name != "score"])
    assert judgment.verdicts == set(Verdict)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"known": Case(), "unknown": ("sponsor_visas",)}, "sponsors_visas"),
        ({"known": Case(), "unknown": (), "score": 240}, "not both"),
        ({"known": 3}, "must be a Case"),
        ({"known": Case(), "unknown": 5}, "unknown: must hold only"),
        ({"known": Case(), "unknown": [["score"]]}, "isn't a field"),
        ({"known": Case(score=480), "unknown": ("sponsors_visas",)}, "same exam"),
        ({"known": Case(score=480), "unknown": ("range_low",)}, "fits"),
        ({"known": Case(score=480, scripted=True), "unknown": ("range_floor",)}, "fits"),  # whatever the rules then look at
        ({"known": Case(), "reading": "none such"}, "reading"),
    ],
)
def test_what_cannot_be_judged_is_rejected_with_a_message(arguments: dict[str, Any], complaint: str) -> None:
    """That includes names that aren't fields and scores from two exams."""
    with pytest.raises(CaseError, match=complaint):
        judge_open(**arguments)


@pytest.mark.parametrize(("score", "low", "fit"), [(300, 235, True), (301, 235, False), (300, 301, False), (301, 400, True)])
def test_known_scores_must_be_from_one_exam(score: int, low: int, fit: bool) -> None:
    """300 is the highest Step 2 CK score, and whatever the open floor is, it can't be from both exams."""
    try:
        judge_open(Case(score=score, range_low=low), ("range_floor",))
    except CaseError:
        assert not fit
    else:
        assert fit


@pytest.mark.parametrize("open_scores", [names for size in (1, 2, 3) for names in itertools.combinations(SCORES, size)])
@pytest.mark.parametrize("number", [1, 229, 300, 301, 999])
def test_open_scores_are_tried_in_every_order(open_scores: tuple[str, ...], number: int) -> None:
    """Scores just below and above each other and at the ends of both exams are enough to see every verdict."""
    case = Case(score=number, range_low=number, range_floor=number, recommender="trusted_peer", specifics=True)
    known = {} if len(open_scores) == 3 else {number}
    telling = {1, 2, 3, 298, 299, 300, 301, 302, 303, 997, 998, 999, *(one + step for one in known for step in range(-2, 3))}
    values = [sorted(telling) if name in open_scores else [number] for name in SCORES]
    every = [
        judge(case.replace(score=score, range_low=low, range_floor=floor)).verdict
        for score, low, floor in itertools.product(*values)
        if 1 <= floor <= low <= 999 and 1 <= score <= 999 and exam(score) == exam(low) == exam(floor)
    ]
    assert judge_open(case, open_scores).verdicts == set(every)


@pytest.mark.parametrize(
    ("case", "name", "values"),
    [
        *((Case(recommender="trusted_peer", move=move), "recommender", CALLERS) for move in CALLER_MOVES),
        (Case(recommender="self", move="direct_email", introduced=True), "recommender", ("self",)),
        *((Case(recommender=caller, move="formal_email", specifics=True), "move", CALLER_MOVES) for caller in CALLERS),
        (Case(recommender="self", move="direct_email", introduced=True), "move", ("direct_email",)),
    ],
)
def test_an_open_caller_fits_the_move_and_an_open_move_the_caller(case: Case, name: str, values: tuple[str, ...]) -> None:
    """Only students write their own email, and it's all that they do."""
    judgment = judge_open(case, [name])
    assert judgment.verdicts == {judge(Case(**{**case.__dict__, name: value})).verdict for value in values}
    assert set(judgment.worth_asking.get(name, values)) == set(values)


#: Open fields that can't matter, because the verdict is settled or something else allows just as much.
SETTLED = [
    (Case(scripted=True), ["score"]),  # no lever at all would be ignored, like the script
    (Case(scripted=True, recommender="trusted_peer", move="targeted_call", prior_contact=True), ["move", "prior_contact"]),
    (Case(recommender="known_dean", specifics=True, phase="gap_filling", needs={"track"}, offers={"local"}), ["needs"]),
    (Case(recommender="known_dean", specifics=True, lists_open=False, needs={"track"}, offers={"local"}), ["needs"]),
    (Case(**{**ALL_CLEAR, "recommender": "known_dean", "track_record": 3, "needs": {"track"}, "offers": {"local"}}), ["needs"]),
    (Case(**{**ALL_CLEAR, "needs": {"track"}, "offers": {"local"}}), ["needs"]),
    (
        Case(**{**ALL_CLEAR, "recommender": "known_dean", "track_record": 2, "needs": {"local"}, "offers": {"local"}}),
        ["track_record"],
    ),
]


@pytest.mark.parametrize(("case", "unknown"), SETTLED)
def test_an_example_keeps_what_an_open_field_holds_if_it_cannot_matter(case: Case, unknown: list[str]) -> None:
    """A reader isn't shown a change without a consequence."""
    held = {example.__dict__[unknown[-1]] for example in judge_open(case, unknown).examples.values()}
    assert held == {case.__dict__[unknown[-1]]}
    assert unknown[-1] not in judge_open(case, unknown).worth_asking


def test_a_number_without_an_upper_end_has_a_last_answer_without_an_end() -> None:
    """From one failed attempt on, all numbers of attempts are alike."""
    case = Case(recommender="trusted_peer", specifics=True, interviews_failures=False)
    assert dict(judge_open(case, ["failed_attempts"]).worth_asking["failed_attempts"]) == {
        range(1): {Verdict.PHONE_INTERVIEW},
        range(1, sys.maxsize): {Verdict.DECLINED},
    }


def plant(monkeypatch: pytest.MonkeyPatch, name: str, planted: RuleBook) -> None:
    """Add a reading with other rules."""
    monkeypatch.setattr(open_judgment, "rule_book", lambda reading: planted if reading == name else rule_book(reading))
    monkeypatch.setattr(open_judgment, "check_reading", lambda reading: reading)


def test_a_number_in_a_rule_separates_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the rules looked at more than two failed attempts, an answer of two and one of three would be told apart."""
    book = rule_book(None)
    stricter = parse("failed_attempts > 2 and not interviews_failures", book.conditions, place=("", 0, ""))
    trees = (stricter if row.rule == "failure_policy" else tree for row, tree in zip(book.rules, book.trees, strict=True))
    plant(monkeypatch, "stricter", replace(book, trees=tuple(trees)))
    case = Case(recommender="trusted_peer", specifics=True, addresses_flag=True, interviews_failures=False)
    assert dict(judge_open(case, ["failed_attempts"], "stricter").worth_asking["failed_attempts"]) == {
        range(1): {Verdict.PHONE_INTERVIEW},
        range(1, 3): {Verdict.MAYBE},
        range(3, sys.maxsize): {Verdict.DECLINED},
    }


def test_a_stage_can_be_strictest_if_none_of_its_rules_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """If scores in range were ignored, the range would matter to a vague call that is skimmed at best."""
    rules = tuple(row._replace(allows="ignored") if row.rule == "in_range" else row for row in rule_book(None).rules)
    plant(monkeypatch, "modest", replace(rule_book(None), rules=rules))
    case = Case(recommender="known_dean")
    assert judge_open(case, ["score"]).verdicts == {Verdict.SKIMMED}
    assert judge_open(case, ["score"], "modest").verdicts == {Verdict.IGNORED, Verdict.SKIMMED}


@pytest.mark.parametrize(("specifics", "sure"), [(False, "short_vouch"), (True, "message_clear")])
def test_a_row_for_everything_else_is_certain_only_if_no_other_row_holds(*, specifics: bool, sure: str) -> None:
    """Where a short vouch is enough, it allows as much as a clear message, but only one of the two is the reason."""
    certain = certain_rules(Case(recommender="trusted_peer", specifics=specifics), ("sponsors_visas",), "vouch_is_enough")
    assert certain & {"short_vouch", "message_clear"} == {sure}


@pytest.mark.parametrize(("score", "first", "last"), [(240, 1, 300), (480, 301, 999)])
@pytest.mark.parametrize("name", SCORES)
def test_the_answers_about_a_score_cover_the_whole_exam(name: str, score: int, first: int, last: int) -> None:
    """The first begins with the exam's lowest number, and the last ends with its highest."""
    case = Case(score=score, range_low=score, range_floor=score, recommender="trusted_peer", specifics=True)
    answers = list(judge_open(case, SCORES).worth_asking[name])
    assert (answers[0].start, answers[-1].stop - 1) == (1, 999)
    alone = list(judge_open(case, [name]).worth_asking.get(name, []))
    expected = {"score": (first, last), "range_low": (score, last), "range_floor": (first, score)}[name]
    assert not alone or (alone[0].start, alone[-1].stop - 1) == expected
    assert alone or name == "range_floor"


def test_another_reason_for_the_same_cap_is_asked_about() -> None:
    """A dean whose residents all did well gets as far as a student who meets a need."""
    case = Case(recommender="known_dean", track_record=3, offers={"local"})
    assert "needs" in fields_asked(case, ("needs",), None)
    assert "needs" not in fields_asked(case.replace(recommender="trusted_peer"), ("needs",), None)


@pytest.mark.parametrize(("name", "count"), [("sponsors_visas", 2), ("phase", 4), ("needs", 16), ("track_record", 5)])
def test_all_values_of_a_field_are_tried_once(name: str, count: int) -> None:
    """A set of needs can have each of four or not, and a track record is unknown or 0 to 3."""
    values = list(all_values(Case.fields()[name]))
    assert len(values) == len(set(values)) == count
    if name in VALUES:
        assert set(values) == set(VALUES[name])


def test_an_open_judgment_cannot_be_changed() -> None:
    """Everyone who asks the same gets the same object."""
    judgment: Any = judge_open(Case(), ["needs"])
    with pytest.raises(FrozenInstanceError):
        judgment.unknown = ()
