"""The specification's five stages, row by row and at every boundary, with expected values written by hand."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings

import backchannel_lib
from backchannel_lib import (
    READINGS,
    Case,
    CaseError,
    Changes,
    Verdict,
    amplify,
    judge,
    readings_agree,
    rules_check,
    what_would_change,
)
from backchannel_lib.model.conditions import scalar_function
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.tables import load_callers, load_claims, load_rules, load_verdicts
from backchannel_lib.page import figures
from tests.helpers.cases import ALL_CLEAR, CALLER_MOVES, CALLERS, CAPITAL, STAGES, cases

BACKFIRES, IGNORED, SKIMMED, DECLINED, FALLBACK, READ, MAYBE, PHONE, OFFER = range(9)

SELF = {"recommender": "self", "move": "direct_email"}
LESSER = ("known_dean", "random_dean", "unconnected_faculty")  # impact Moderate, Low, Very Low
TOP = ("trusted_peer", "subspecialist")  # impact Very High, High
BLANK = {"specifics": False}
NEED = {"needs": {"local"}, "offers": {"local"}}
EXPLAINED = {"addresses_flag": True, "specifics": True, "recommender": "known_dean"}
FLAGS = (
    {"failed_attempts": 1},
    {"failed_clerkship": True},
    {"leave_of_absence": True},
    {"specialty_switch": True},
    {"boards_pending": True},
)
PHASE_1 = {"phase": "soap_lists"}
PHASE_2 = {"phase": "gap_filling", "name_familiar": True, "file_in_system": True}
PHASE_3 = {"phase": "post_soap", "hears_first": True, "names_you": True, "outruns_hr": True, "deep_ties": True}
GROUNDWORK = {"phase": "groundwork"}

#: Changes to a contact without any obstacle, and the best verdict that the stage then allows.
MESSAGE: list[tuple[dict[str, Any], int]] = [
    ({}, OFFER),
    # how the contact is made
    ({"move": "targeted_call"}, OFFER),
    ({"move": "flag_explanation"}, OFFER),
    ({"move": "internal_push"}, OFFER),
    ({"move": "formal_email"}, OFFER),
    ({"move": "generic_letter"}, IGNORED),
    ({"move": "mass_blast"}, IGNORED),
    ({"move": "pressure"}, BACKFIRES),
    # a script counts as boilerplate
    ({"scripted": True}, IGNORED),
    ({"scripted": True, "move": "pressure"}, BACKFIRES),
    ({"scripted": True, **BLANK, "recommender": "random_dean"}, IGNORED),
    # the student's own email
    ({**SELF}, IGNORED),
    ({**SELF, "specifics": False}, IGNORED),
    ({**SELF, "prior_contact": True}, READ),
    ({**SELF, "introduced": True}, READ),
    ({**SELF, "prior_contact": True, "introduced": True}, READ),
    ({**SELF, "prior_contact": True, "specifics": False}, READ),  # the row on specifics is about a recommender
    ({**SELF, "prior_contact": True, "scripted": True}, IGNORED),
    # prior contact and an introduction don't matter to a recommender's message
    ({"prior_contact": True, "introduced": True}, OFFER),
    # specifics, by impact level
    *(({**BLANK, "recommender": caller}, SKIMMED) for caller in LESSER),
    *(({**BLANK, "recommender": caller}, READ) for caller in TOP),
    *(({"recommender": caller}, OFFER) for caller in CALLERS),
    *(({**BLANK, "recommender": caller, "move": "pressure"}, BACKFIRES) for caller in (*LESSER, *TOP)),
    *(({**BLANK, "recommender": caller, "move": "generic_letter"}, IGNORED) for caller in (*LESSER, *TOP)),
    # the warmth of the praise doesn't matter
    *(({"intensity": intensity}, OFFER) for intensity in (0, 10)),
    *(({**BLANK, "recommender": "known_dean", "intensity": intensity}, SKIMMED) for intensity in (0, 10)),
]

WEAK = {"recommender": "random_dean"}  # no capital
LEVERS: list[tuple[dict[str, Any], int]] = [
    ({}, OFFER),
    # a file in range is enough, whoever calls
    *(({"recommender": caller}, OFFER) for caller in CALLERS),
    ({**SELF}, OFFER),
    ({**WEAK, "score": 235}, OFFER),
    ({**WEAK, "score": 234}, IGNORED),
    ({**WEAK, "score": 219}, IGNORED),
    # each problem in the file takes away the first lever
    *(({**WEAK, **flag}, IGNORED) for flag in FLAGS),
    *(({**WEAK, **flag, "addresses_flag": True}, IGNORED) for flag in FLAGS),
    ({**WEAK, "professionalism_issue": True}, IGNORED),
    ({**WEAK, "chronic_poor_performance": True}, IGNORED),
    ({**WEAK, "failed_attempts": 1, "interviews_failures": False}, IGNORED),
    ({**WEAK, "interviews_failures": False}, OFFER),
    ({**WEAK, "needs_visa": True, "sponsors_visas": False}, IGNORED),
    ({**WEAK, "needs_visa": True}, OFFER),
    ({**WEAK, "sponsors_visas": False}, OFFER),
    ({**WEAK, "has_noncategorical_seat": True, "score": 219}, IGNORED),
    # a caller with capital is enough, whatever the file
    *(({"recommender": caller, "score": 234}, OFFER) for caller in CAPITAL),
    *(({"recommender": caller, "score": 234, "track_record": 0}, OFFER) for caller in CAPITAL),
    *(({"recommender": caller, "score": 234}, IGNORED) for caller in ("random_dean", "unconnected_faculty")),
    ({**SELF, "score": 234}, IGNORED),
    ({**SELF, "score": 234, "prior_contact": True, "introduced": True}, IGNORED),
    # a met need is enough
    ({**WEAK, "score": 234, **NEED}, OFFER),
    ({**SELF, "score": 234, **NEED}, OFFER),
    ({**WEAK, "score": 234, "needs": {"local", "track"}, "offers": {"track", "coverage"}}, OFFER),
    ({**WEAK, "score": 234, "needs": {"local"}}, IGNORED),
    ({**WEAK, "score": 234, "offers": {"local"}}, IGNORED),
    ({**WEAK, "score": 234, "needs": {"local"}, "offers": {"track"}}, IGNORED),
]

ATTENTION: list[tuple[dict[str, Any], int]] = [
    *(({"recommender": caller}, OFFER) for caller in TOP),
    *(({"recommender": caller, "track_record": worked}, OFFER) for caller in TOP for worked in (1, 2, 3)),
    *(({"recommender": caller, "track_record": 0}, SKIMMED) for caller in TOP),
    ({"recommender": "known_dean"}, READ),
    ({"recommender": "known_dean", "track_record": 0}, SKIMMED),
    ({"recommender": "known_dean", "track_record": 1}, READ),
    ({"recommender": "known_dean", "track_record": 2}, READ),
    ({"recommender": "known_dean", "track_record": 3}, PHONE),
    *(
        ({"recommender": caller, "track_record": worked}, SKIMMED)
        for caller in ("random_dean", "unconnected_faculty")
        for worked in (None, 0, 1, 2, 3)
    ),
    *(({"recommender": caller, "prior_contact": True, "introduced": True}, SKIMMED) for caller in LESSER[1:]),
    *(({**SELF, "track_record": worked}, SKIMMED) for worked in (None, 0, 3)),
    ({**SELF, "prior_contact": True}, READ),
    ({**SELF, "introduced": True}, READ),
    ({**SELF, "prior_contact": True, "introduced": True, "track_record": 0}, READ),
    # a met need lifts any caller to a phone interview, and lowers nobody
    *(({"recommender": caller, **NEED}, OFFER) for caller in TOP),
    *(({"recommender": caller, **NEED}, PHONE) for caller in LESSER),
    *(({"recommender": caller, **NEED, "track_record": 0}, PHONE) for caller in CALLERS),
    ({**SELF, **NEED}, PHONE),
    *(({**WEAK, "needs": {need}, "offers": {need}}, PHONE) for need in ("language", "local", "track", "coverage")),
    ({**WEAK, "needs": {"local"}, "offers": {"track"}}, SKIMMED),
    ({**WEAK, "needs": {"local"}}, SKIMMED),
    ({**WEAK, "offers": {"local"}}, SKIMMED),
]

PAPER: list[tuple[dict[str, Any], int]] = [
    # the score, at each edge of the program's range
    ({"score": 300}, OFFER),
    ({"score": 236}, OFFER),
    ({"score": 235}, OFFER),
    ({"score": 234}, MAYBE),
    ({"score": 221}, MAYBE),
    ({"score": 220}, MAYBE),
    ({"score": 219}, DECLINED),
    ({"score": 219, "has_noncategorical_seat": True}, FALLBACK),
    ({"score": 220, "has_noncategorical_seat": True}, MAYBE),
    ({"score": 235, "has_noncategorical_seat": True}, OFFER),
    ({"score": 1, "has_noncategorical_seat": True}, FALLBACK),
    ({"score": 234, "range_floor": 235}, DECLINED),  # floor and range are equal: nothing is borderline
    ({"score": 235, "range_floor": 235}, OFFER),
    # what cannot be overcome
    *(({flag: True}, DECLINED) for flag in ("professionalism_issue", "chronic_poor_performance")),
    *(({flag: True, **EXPLAINED}, DECLINED) for flag in ("professionalism_issue", "chronic_poor_performance")),
    # failed attempts, with either policy
    ({"failed_attempts": 0, "interviews_failures": False}, OFFER),
    ({"failed_attempts": 0, "interviews_failures": True}, OFFER),
    ({"failed_attempts": 1, "interviews_failures": True}, DECLINED),
    ({"failed_attempts": 1, "interviews_failures": True, **EXPLAINED}, MAYBE),
    ({"failed_attempts": 2, "interviews_failures": True, **EXPLAINED}, MAYBE),
    ({"failed_attempts": 1, "interviews_failures": False}, DECLINED),
    ({"failed_attempts": 1, "interviews_failures": False, **EXPLAINED}, DECLINED),
    # visas
    ({"needs_visa": True, "sponsors_visas": True}, OFFER),
    ({"needs_visa": True, "sponsors_visas": False}, DECLINED),
    ({"needs_visa": False, "sponsors_visas": False}, OFFER),
    ({"needs_visa": True, "sponsors_visas": False, **EXPLAINED}, DECLINED),
    # flags: unexplained, explained, and with each part of an explanation missing
    *((flag, DECLINED) for flag in FLAGS),
    *(({**flag, **EXPLAINED}, MAYBE) for flag in FLAGS),
    *(({**flag, **EXPLAINED, "addresses_flag": False}, DECLINED) for flag in FLAGS),
    *(({**flag, **EXPLAINED, "specifics": False}, DECLINED) for flag in FLAGS),
    *(({**FLAGS[1], **EXPLAINED, "recommender": caller}, MAYBE) for caller in CAPITAL),
    *(({**FLAGS[1], **EXPLAINED, "recommender": caller}, DECLINED) for caller in ("random_dean", "unconnected_faculty")),
    ({**FLAGS[1], "addresses_flag": True, **SELF, "prior_contact": True}, DECLINED),
    ({**FLAGS[1], **EXPLAINED, "track_record": 0}, MAYBE),  # the scoreboard only affects attention
    ({**FLAGS[1], **EXPLAINED, "move": "flag_explanation"}, MAYBE),
    ({**FLAGS[1], "move": "flag_explanation"}, DECLINED),  # the move alone explains nothing
    ({**FLAGS[0], **FLAGS[1], **FLAGS[2], **FLAGS[3], **FLAGS[4], **EXPLAINED}, MAYBE),
    # the lowest of the rows that hold counts
    ({**FLAGS[1], **EXPLAINED, "score": 234}, MAYBE),
    ({**FLAGS[1], **EXPLAINED, "score": 219}, DECLINED),
    ({**FLAGS[1], **EXPLAINED, "score": 219, "has_noncategorical_seat": True}, FALLBACK),
    ({**FLAGS[1], "score": 219, "has_noncategorical_seat": True}, DECLINED),
    ({"professionalism_issue": True, "score": 219, "has_noncategorical_seat": True}, DECLINED),
    # an explanation without a flag has no effect
    (EXPLAINED, OFFER),
]

TIMING: list[tuple[dict[str, Any], int]] = [
    (GROUNDWORK, PHONE),
    ({**GROUNDWORK, "lists_open": False}, PHONE),
    ({**PHASE_2, **PHASE_3, **GROUNDWORK}, PHONE),
    (PHASE_1, PHONE),
    ({**PHASE_1, "lists_open": False}, READ),
    ({**PHASE_2, **PHASE_3, **PHASE_1}, PHONE),
    (PHASE_2, OFFER),
    ({**PHASE_2, "lists_open": False}, OFFER),
    ({**PHASE_2, "name_familiar": False}, SKIMMED),
    ({**PHASE_2, "file_in_system": False}, SKIMMED),
    ({**PHASE_2, "name_familiar": False, "file_in_system": False}, SKIMMED),
    ({**PHASE_3, **PHASE_2, "name_familiar": False}, SKIMMED),
    (PHASE_3, OFFER),
    ({**PHASE_3, "name_familiar": False, "file_in_system": False, "lists_open": False}, OFFER),
    *(({**PHASE_3, missing: False}, SKIMMED) for missing in ("hears_first", "names_you", "outruns_hr", "deep_ties")),
    ({"phase": "post_soap"}, SKIMMED),
]


def written(value: object) -> object:
    """Return a set as text in a fixed order, because test ids must be the same in every process."""
    return "|".join(sorted(value)) if isinstance(value, (set, frozenset)) else value


def rows(stage: str, table: list[tuple[dict[str, Any], int]]) -> list[Any]:
    """Return the parameters for one stage's rows, each named after its changes."""
    return [
        pytest.param(stage, changes, cap, id=f"{stage}-{'-'.join(f'{k}={written(v)}' for k, v in changes.items()) or 'clear'}")
        for changes, cap in table
    ]


@pytest.mark.parametrize(
    ("stage", "changes", "cap"),
    [
        *rows("message", MESSAGE),
        *rows("levers", LEVERS),
        *rows("attention", ATTENTION),
        *rows("paper", PAPER),
        *rows("timing", TIMING),
    ],
)
def test_each_row_of_the_specification_sets_its_stages_cap(stage: str, changes: dict[str, Any], cap: int) -> None:
    """The lowest cap is the verdict, and the stages with that cap are binding."""
    judgment = judge(Case(**{**ALL_CLEAR, **changes}))
    assert judgment.caps[stage] == cap
    assert judgment.verdict == min(judgment.caps.values())
    assert judgment.binding == tuple(name for name in STAGES if judgment.caps[name] == judgment.verdict)


#: Complete cases: the stages' caps in order, and the stages that decide.
WHOLE: list[tuple[dict[str, Any], tuple[int, int, int, int, int], tuple[str, ...]]] = [
    ({}, (SKIMMED, OFFER, SKIMMED, OFFER, PHONE), ("message", "attention")),
    (ALL_CLEAR, (OFFER, OFFER, OFFER, OFFER, OFFER), STAGES),
    ({**ALL_CLEAR, **PHASE_1}, (OFFER, OFFER, OFFER, OFFER, PHONE), ("timing",)),
    ({**ALL_CLEAR, "score": 234}, (OFFER, OFFER, OFFER, MAYBE, OFFER), ("paper",)),
    ({**ALL_CLEAR, "move": "pressure"}, (BACKFIRES, OFFER, OFFER, OFFER, OFFER), ("message",)),
    ({**ALL_CLEAR, **WEAK, "score": 200}, (OFFER, IGNORED, SKIMMED, DECLINED, OFFER), ("levers",)),
    ({**SELF, "score": 200}, (IGNORED, IGNORED, SKIMMED, DECLINED, PHONE), ("message", "levers")),
    (
        {"recommender": "known_dean", "specifics": True, "lists_open": False},
        (OFFER, OFFER, READ, OFFER, READ),
        ("attention", "timing"),
    ),
]


@pytest.mark.parametrize(("fields", "caps", "binding"), WHOLE)
def test_the_weakest_link_decides(
    fields: dict[str, Any], caps: tuple[int, int, int, int, int], binding: tuple[str, ...]
) -> None:
    """The verdict is the lowest of the five caps, and the stages with that cap are binding."""
    judgment = judge(Case(**fields))
    assert tuple(judgment.caps.items()) == tuple(zip(STAGES, caps, strict=True))
    assert judgment.verdict == min(caps)
    assert judgment.binding == binding


def test_the_verdicts_are_the_specified_ones() -> None:
    """The nine verdicts have the specified names and ranks, in Python and in the table."""
    names = [
        *("BACKFIRES", "IGNORED", "SKIMMED", "DECLINED", "FALLBACK_SEAT"),
        *("FILE_READ", "MAYBE", "PHONE_INTERVIEW", "OFFER_IN_PLAY"),
    ]
    assert [(verdict.name, int(verdict)) for verdict in Verdict] == [(name, rank) for rank, name in enumerate(names)]
    assert [(row.verdict, row.rank) for row in load_verdicts()] == [(name.lower(), n) for n, name in enumerate(names)]
    assert all(verdict.label and verdict.sentence.endswith(".") for verdict in Verdict)


def test_the_impact_level_decides_what_a_message_without_specifics_allows() -> None:
    """With High or Very High in data/callers.csv the file gets opened, and with Moderate or lower it doesn't."""
    for row in load_callers():
        if row.recommender == "self":
            assert row.impact == ""
            continue
        cap = judge(Case(recommender=row.recommender, specifics=False)).caps["message"]
        assert cap == (READ if row.impact in {"high", "very_high"} else SKIMMED), row.recommender
    assert [row.impact for row in load_callers()] == ["very_high", "high", "moderate", "low", "very_low", ""]


@settings(max_examples=4 * settings().max_examples)
@given(case=cases())
def test_a_file_is_competitive_if_the_paper_stage_allows_everything(case: Case) -> None:
    """The first lever exists exactly if it does so without any flag being explained."""
    competitive = scalar_function([rule_book(None).conditions["competitive_on_paper"]])
    unexplained = case.replace(addresses_flag=False)
    assert bool(competitive(case)) == (judge(unexplained).caps["paper"] == OFFER)


@settings(max_examples=2 * settings().max_examples)
@given(case=cases())
def test_every_judgment_has_one_reason_per_stage(case: Case) -> None:
    """A reason has a text, known claims, a cap and a mark if it is ours. Rows that tie are listed with it."""
    known = {claim.id for claim in load_claims()}
    by_id = {rule.rule: rule for rule in load_rules()}
    judgment = judge(case)
    assert tuple(reason.stage for reason in judgment.reasons) == STAGES
    for reason in judgment.reasons:
        assert reason.cap == judgment.caps[reason.stage]
        for each in (reason, *reason.also):
            assert each.stage == reason.stage
            assert each.cap == reason.cap
            assert each.sentence.endswith(".")
            assert each.claims
            assert set(each.claims) <= known
            assert each.ours == (each.assumption != "") == (by_id[each.rule].assumption != "")
            assert each.claims == by_id[each.rule].claims


def test_rows_that_tie_are_all_listed() -> None:
    """If two rows of a stage set the same cap, the first is the reason, and the other is listed with it."""
    reason = judge(Case(**{**ALL_CLEAR, "scripted": True, "move": "generic_letter"})).reasons[0]
    assert reason.rule == "generic_letter"
    assert [also.rule for also in reason.also] == ["scripted"]
    paper = judge(Case(**{**ALL_CLEAR, "professionalism_issue": True, "score": 219, "leave_of_absence": True})).reasons[3]
    assert (paper.rule, *(also.rule for also in paper.also)) == ("beyond_repair", "far_below", "flag_unexplained")


#: The rows that are ours according to the specification, and `flag_explained`, which is about the same flags as
#: `flag_unexplained`; every other row is the article's.
OURS = {
    "scripted",
    "warm_email",
    "short_vouch",
    "burned_caller",
    "visa_policy",
    "flag_unexplained",
    "flagged_with_seat",
    "flag_explained",
    "borderline",
    "groundwork",
    "lists_chosen",
    "opening_missed",
}


def test_rows_that_are_our_own_choice_are_marked() -> None:
    """They are exactly the ones that the specification calls ours."""
    assert {rule.rule for rule in load_rules() if rule.assumption} == OURS


def test_judge_rejects_anything_but_a_case_and_a_known_reading() -> None:
    """The error gives the value and, for a reading, lists the known ones."""
    with pytest.raises(CaseError) as caught:
        judge({"score": 240})  # type: ignore[arg-type]
    assert str(caught.value) == "case: must be a Case, but it is {'score': 240}."
    with pytest.raises(CaseError) as caught:
        judge(Case(), reading="any_leaver")
    others = ", ".join(name for name in READINGS if name != "any_lever")
    assert str(caught.value) == f"reading: must be one of any_lever, {others}, but it is 'any_leaver'."


JUDGES = [judge, rules_check, readings_agree, amplify, what_would_change]


@pytest.mark.parametrize("ask", JUDGES, ids=lambda ask: ask.__name__)
def test_fields_can_be_given_instead_of_a_case(ask: Callable[..., Any]) -> None:
    """They make a case, in which `self` also changes the move. Giving both a case and fields, or neither, is an error."""
    case = Case(score=228, recommender="known_dean", failed_clerkship=True)
    one, other = ask(case), ask(score=228, recommender="known_dean", failed_clerkship=True)
    assert list(one) == list(other) if isinstance(one, Changes) else one == other
    ask(recommender="self")
    with pytest.raises(CaseError) as caught:
        ask(case, score=228, specifics=True)
    assert str(caught.value) == "case: give either a case or fields of one (here score, specifics), not both."
    with pytest.raises(CaseError, match=r"^case: must be a Case, but it is empty\.$"):
        ask()
    with pytest.raises(CaseError, match=r"^scor: isn't a field of a case .* the fields are score,"):
        ask(scor=228)


@pytest.mark.parametrize(
    ("odd", "fields"),
    [
        ("score", {"score": 520}),
        ("score", {"score": 240, "range_low": 500, "range_floor": 400}),
        ("range_low", {"score": 240, "range_low": 500, "range_floor": 220}),
        ("range_floor", {"score": 520, "range_low": 500, "range_floor": 220}),
    ],
)
def test_scores_from_two_exams_get_no_verdict(odd: str, fields: dict[str, Any]) -> None:
    """Everything that judges, and the picture, rejects them and names the odd one. The rules check ignores them."""
    case = Case(**fields)
    others = " and ".join(name for name in ("score", "range_low", "range_floor") if name != odd)
    for ask in (judge, readings_agree, what_would_change, amplify, figures.amplifier):
        with pytest.raises(CaseError) as caught:
            ask(case)
        assert (caught.value.field, caught.value.rule) == (odd, "two_exams")
        assert str(caught.value) == f"{odd}: must be a score from the same exam as {others}, but it is {getattr(case, odd)}."
    assert rules_check(case) == rules_check(Case())


def test_scores_up_to_300_are_from_step_2_ck() -> None:
    """300 is the highest Step 2 CK score."""
    judge(score=300)
    judge(score=301, range_low=301, range_floor=301)
    with pytest.raises(CaseError, match="same exam"):
        judge(score=301)


def test_each_verdict_has_the_claims_of_its_row() -> None:
    assert {row.verdict: Verdict[row.verdict.upper()].claims for row in load_verdicts()} == {
        row.verdict: row.claims for row in load_verdicts()
    }
    assert len({verdict.claims for verdict in Verdict}) > 1


def test_a_verdict_reads_as_its_label() -> None:
    """As a number, it is its rank."""
    assert [str(verdict) for verdict in Verdict] == [verdict.label for verdict in Verdict]
    assert (str(Verdict.FILE_READ), f"{Verdict.FILE_READ:>10}", int(Verdict.FILE_READ)) == ("File read", " File read", 5)


NO_CASE = ("x", None, {"score": 240}, 5, Case)
NO_READING = ("x", {}, 5, ["any_lever"])
NO_MOMENT = ("x", {}, 5, date(2027, 3, 15))
NO_PATH = (None, {}, 5, b"mine.json", "a\0b")
#: Invalid values by function and argument, with None only where it isn't allowed.
WRONG: dict[tuple[str, str], tuple[Any, ...]] = {
    **{(name, "case"): NO_CASE for name in ("amplify", "judge", "readings_agree", "rules_check", "save_case")},
    ("what_would_change", "case"): NO_CASE,
    **{
        (name, "reading"): NO_READING
        for name in ("amplify", "judge", "judge_frame", "judge_open", "phase_at", "what_would_change")
    },
    ("judge_open", "known"): ("x", 5, Case),
    **{(name, "when"): NO_MOMENT for name in ("readings_agree", "rules_check", "what_would_change")},
    ("phase_at", "when"): (*NO_MOMENT, None),
    ("what_would_change", "most_acts"): ("x", None, {}, 0, 5, True, 1.5),
    ("match_week", "year"): ("x", None, {}, 0, 2011, 10000, True, 2027.0),
    ("judge_frame", "frame"): ("x", None, {}, Case()),
    ("load_case", "path"): NO_PATH,
    ("load_saved_case", "path"): NO_PATH,
    ("save_case", "path"): NO_PATH,
    ("read_cases", "path"): NO_PATH,
    **{("read_class", argument): (None, {}, 5) for argument in ("students", "programs")},
    ("judge_class", "found"): ("x", None, {}, 5),
    ("judge_class", "when"): NO_MOMENT,
}
WRONG_ARGUMENTS = [
    pytest.param(*place, value, id=f"{'-'.join(place)}-{value!r:.20}") for place, values in WRONG.items() for value in values
]
PUBLIC = {
    name: each
    for name in backchannel_lib.__all__
    if inspect.isfunction(each := getattr(backchannel_lib, name)) and each.__module__.startswith("backchannel_lib.model")
}


def test_the_invalid_arguments_cover_every_public_function() -> None:
    """They cover each of its arguments."""
    assert len(PUBLIC) == 15
    assert set(WRONG) == {
        (name, argument)
        for name, each in PUBLIC.items()
        for argument in inspect.signature(each).parameters
        if argument not in {"fields", "unknown"}  # tested as fields of a case, and in the tests of open cases
    }


@pytest.mark.parametrize(("name", "argument", "value"), WRONG_ARGUMENTS)
def test_an_invalid_argument_is_rejected_by_name(name: str, argument: str, value: Any, tmp_path: Path) -> None:
    """The error names it, whatever the other arguments are."""
    right: dict[str, Any] = {
        "reading": "vouch_is_enough",
        "when": datetime(2027, 3, 16, 9, 0),
        "most_acts": 1,
        "year": 2027,
        "frame": pd.DataFrame({"score": [240]}),
        "path": tmp_path / "mine.json",
        "known": Case(),
        "unknown": (),
        "students": "Name,Score\nAvery,240\n",
        "programs": "",
        "found": backchannel_lib.read_class("Name,Score\nAvery,240\n"),
    }
    parameters = inspect.signature(PUBLIC[name]).parameters
    every = [other for other in parameters if other != "fields"]
    needed = [other for other in every if other == "case" or parameters[other].default is inspect.Parameter.empty]
    for case in (Case(), Case(**ALL_CLEAR)):  # the second one already has the highest verdict, so there's nothing to change
        for named in (needed, every):
            arguments = {other: case if other == "case" else right[other] for other in named} | {argument: value}
            with pytest.raises(CaseError) as caught:
                PUBLIC[name](**arguments)
            assert caught.value.field == argument
            assert str(caught.value).startswith(f"{argument}: ")
            if argument == "case":
                assert caught.value.rule == "not_a_case"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("move", CALLER_MOVES)
@pytest.mark.parametrize("caller", CALLERS)
def test_the_caller_and_the_move_affect_neither_the_file_nor_the_timing(caller: str, move: str) -> None:
    """The only exception is a flag that they explain."""
    judgment = judge(Case(recommender=caller, move=move))
    assert (judgment.caps["paper"], judgment.caps["timing"]) == (OFFER, PHONE)


def test_a_reading_and_an_agreement_cannot_be_changed() -> None:
    for one, name in ((READINGS["range_and_credible"], "default"), (readings_agree(Case()), "verdict")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, name, None)
