"""The laws that hold for all cases, each as a property of random cases and, if possible, under every reading.

Two laws have exceptions under other readings, which are tested here too:

* law 1, a better recommender: under `home_dean_is_any_dean` a dean without a history gets the file read, while a caller
  whose last three residents there all failed is skimmed, so with `track_record` 0 the better caller can do worse;
* law 4, the policy against failures: `explanation_first` is there to lift it to `maybe`, and `seat_catches_flags` to
  `fallback_seat` where such a seat is open.
"""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from backchannel_lib import (
    READINGS,
    Amplified,
    Case,
    CaseError,
    Change,
    Verdict,
    amplify,
    judge,
    readings_agree,
    rules_check,
    what_would_change,
)
from backchannel_lib.model import amplifier
from backchannel_lib.model.amplifier import caller_weights
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.remedies import order_of
from backchannel_lib.model.tables import ANSWERS, WHO, load_flags, load_remedies
from backchannel_lib.page.case_fragments import case_text, fast_fragments
from tests.helpers.cases import CALLER_MOVES, CALLERS, CAPITAL, NEEDS, OTHER_READINGS, cases, many_cases, moments
from tests.helpers.cases import READINGS as EVERY_READING

readings = st.sampled_from(EVERY_READING)
MANY = settings(max_examples=2 * settings().max_examples)

FLAG_NAMES = (
    "boards_pending",
    "specialty_switch",
    "leave_of_absence",
    "failed_clerkship",
    "needs_visa",
    "professionalism_issue",
    "chronic_poor_performance",
)


def verdict(case: Case, reading: str | None = None) -> Verdict:
    """Return a case's verdict."""
    return judge(case, reading).verdict


BETTER = list(itertools.combinations(CALLERS, 2))  # each caller with a lower one


def higher_scores(case: Case) -> list[Case]:
    """Yield the case with higher scores: at each edge of the program's range, one point above it, and the highest of all."""
    top = 300 if case.score <= 300 else 999  # within the case's exam
    edges = {case.range_floor - 1, case.range_floor, case.range_low - 1, case.range_low, case.score + 1, top}
    return [case.replace(score=score) for score in sorted(edges) if case.score < score <= top]


def with_another_flag(case: Case) -> list[Case]:
    """Yield the case with each additional flag."""
    return [
        case.replace(failed_attempts=case.failed_attempts + 1),
        *(case.replace(**{flag: True}) for flag in FLAG_NAMES if not getattr(case, flag)),
    ]


# ---- law 1 ----


@MANY
@given(case=cases(), reading=readings)
def test_a_higher_score_never_lowers_the_verdict(case: Case, reading: str | None) -> None:
    """Law 1: under every reading, a higher score keeps the verdict or raises it."""
    assert all(verdict(higher, reading) >= verdict(case, reading) for higher in higher_scores(case))


@MANY
@given(case=cases(), move=st.sampled_from(CALLER_MOVES), callers=st.sampled_from(BETTER), reading=readings)
def test_a_better_recommender_never_lowers_the_verdict(
    case: Case, move: str, callers: tuple[str, str], reading: str | None
) -> None:
    """Law 1: with the same move, a better recommender keeps the verdict or raises it (with one exception)."""
    better, lesser = (case.replace(recommender=caller, move=move) for caller in callers)
    if reading == "home_dean_is_any_dean" and callers[1] == "random_dean":
        better, lesser = (each.replace(track_record=each.track_record or None) for each in (better, lesser))
    assert verdict(better, reading) >= verdict(lesser, reading)


@pytest.mark.parametrize("better", CAPITAL)
def test_the_exception_to_the_order_of_callers(better: str) -> None:
    """Under `home_dean_is_any_dean`, and only then, a caller with a bad record does worse than a dean without a history."""
    case = Case(recommender="random_dean", specifics=True, track_record=0)
    burned = case.replace(recommender=better)
    assert verdict(case, "home_dean_is_any_dean") == Verdict.FILE_READ
    assert verdict(burned, "home_dean_is_any_dean") == Verdict.SKIMMED
    assert verdict(burned) >= verdict(case)


@MANY
@given(case=cases(), reading=readings)
def test_a_met_need_never_lowers_the_verdict(case: Case, reading: str | None) -> None:
    """Law 1: under every reading, another met need keeps the verdict or raises it."""
    for need in NEEDS:
        met = case.replace(needs=case.needs | {need}, offers=case.offers | {need})
        assert verdict(met, reading) >= verdict(case, reading)


@MANY
@given(case=cases(specifics=False), reading=readings)
def test_specifics_never_lower_the_verdict(case: Case, reading: str | None) -> None:
    """Law 1: under every reading, specifics keep the verdict or raise it."""
    assert verdict(case.replace(specifics=True), reading) >= verdict(case, reading)


@MANY
@given(case=cases(lists_open=False), reading=readings)
def test_an_earlier_moment_within_a_phase_never_lowers_the_verdict(case: Case, reading: str | None) -> None:
    """Law 1: under every reading, a contact while lists are open does no worse than a later one."""
    assert verdict(case.replace(lists_open=True), reading) >= verdict(case, reading)


# ---- laws 2 to 6 ----


@MANY
@given(case=cases(), reading=readings)
def test_an_added_flag_never_raises_the_verdict(case: Case, reading: str | None) -> None:
    """Law 2: under every reading, another flag keeps the verdict or lowers it."""
    assert all(verdict(flagged, reading) <= verdict(case, reading) for flagged in with_another_flag(case))


@given(case=cases(), intensity=st.integers(0, 10), reading=readings)
def test_intensity_never_changes_the_verdict(case: Case, intensity: int, reading: str | None) -> None:
    """Law 3: under every reading, praise changes no stage's cap."""
    assert judge(case.replace(intensity=intensity), reading).caps == judge(case, reading).caps


@MANY
@given(case=cases(), flag=st.sampled_from(("professionalism_issue", "chronic_poor_performance")), reading=readings)
def test_with_an_insurmountable_flag_the_verdict_is_never_above_declined(case: Case, flag: str, reading: str | None) -> None:
    """Law 4, under every reading."""
    assert verdict(case.replace(**{flag: True}), reading) <= Verdict.DECLINED


@MANY
@given(case=cases(interviews_failures=False), failures=st.integers(1, 5), reading=readings)
def test_a_policy_against_failures_is_never_overcome(case: Case, failures: int, reading: str | None) -> None:
    """Law 4: a failure at a program that interviews none allows at most `declined` (with one exception)."""
    most = Verdict.MAYBE if reading == "explanation_first" else Verdict.DECLINED
    if reading == "seat_catches_flags" and case.has_noncategorical_seat:
        most = Verdict.FALLBACK_SEAT
    assert verdict(case.replace(failed_attempts=failures), reading) <= most


def test_the_exception_to_the_policy_against_failures() -> None:
    """Under `explanation_first`, an explained failure reaches `maybe` whatever the policy; an unexplained one doesn't."""
    case = Case(
        failed_attempts=1,
        interviews_failures=False,
        recommender="trusted_peer",
        specifics=True,
        addresses_flag=True,
    )
    assert verdict(case) == Verdict.DECLINED
    assert verdict(case, "explanation_first") == Verdict.MAYBE
    assert verdict(case.replace(addresses_flag=False), "explanation_first") == Verdict.DECLINED


@MANY
@example(case=Case(needs_visa=True))  # sponsored, so there's nothing for the seat to catch and nothing to lower
@example(case=Case(failed_attempts=1, specifics=True, addresses_flag=True, recommender="known_dean"))
@given(case=cases())
def test_a_seat_that_catches_flags_lifts_a_file_to_a_fallback_seat_at_most(case: Case) -> None:
    """The reading only lifts files from `declined` to `fallback_seat`, if a seat is open, and lowers nothing."""
    before, since = judge(case), judge(case, "seat_catches_flags")
    assert since.verdict >= before.verdict
    assert {**since.caps, "paper": None} == {**before.caps, "paper": None}
    if since.caps["paper"] != before.caps["paper"]:
        assert case.has_noncategorical_seat
        assert (before.caps["paper"], since.caps["paper"]) == (Verdict.DECLINED, Verdict.FALLBACK_SEAT)


@pytest.mark.parametrize("seat", [False, True])
@pytest.mark.parametrize(
    ("fields", "caught"),
    [
        ({"leave_of_absence": True}, True),
        ({"failed_attempts": 1}, True),
        ({"failed_attempts": 1, "interviews_failures": False, "specifics": True, "addresses_flag": True}, True),
        ({"needs_visa": True, "sponsors_visas": False}, True),
        ({"leave_of_absence": True, "score": 219}, True),
        ({"leave_of_absence": True, "professionalism_issue": True}, False),
        ({"chronic_poor_performance": True}, False),
    ],
)
def test_an_open_seat_catches_flags_and_policies(fields: dict[str, Any], caught: bool, seat: bool) -> None:
    """Only under this reading does an open seat catch flags and policies, and never anything insurmountable."""
    case = Case(recommender="trusted_peer", has_noncategorical_seat=seat, **fields)
    assert judge(case).caps["paper"] == Verdict.DECLINED
    assert judge(case).reasons[3].rule != "flagged_with_seat"
    expected = Verdict.FALLBACK_SEAT if caught and seat else Verdict.DECLINED
    assert judge(case, "seat_catches_flags").caps["paper"] == expected


@MANY
@given(case=cases(), reading=readings)
def test_far_below_the_bar_is_never_above_a_fallback_seat(case: Case, reading: str | None) -> None:
    """Law 4: under every reading, a score far below the bar allows at most a fallback seat."""
    assume(case.range_floor > 1)
    below = case.replace(score=case.range_floor - 1)
    assume(exam_of(below) is not None)  # a score below the lowest one of an exam is from the other exam
    assert verdict(below, reading) <= Verdict.FALLBACK_SEAT


@MANY
@given(data=st.data(), case=cases(), caller=st.sampled_from(("random_dean", "unconnected_faculty", "self")))
def test_without_a_lever_a_contact_is_ignored(data: st.DataObject, case: Case, caller: str) -> None:
    """Law 5: under every reading, no file in range, no capital and no met need allow at most `ignored`."""
    weak = case.replace(recommender=caller, offers=case.offers - case.needs)
    faults: list[dict[str, Any]] = [{name: True} for name in FLAG_NAMES if name != "needs_visa"]
    faults += [{"failed_attempts": 1}, {"needs_visa": True, "sponsors_visas": False}]
    if case.range_low > 1:
        faults.append({"score": case.range_low - 1})
    weak = weak.replace(**data.draw(st.sampled_from(faults)))
    assert all(verdict(weak, reading) <= Verdict.IGNORED for reading in EVERY_READING)


@given(case=cases(), caller=st.sampled_from(CALLERS), reading=readings)
def test_pressure_always_backfires(case: Case, caller: str, reading: str | None) -> None:
    """Law 5, under every reading."""
    assert verdict(case.replace(recommender=caller, move="pressure"), reading) == Verdict.BACKFIRES


@MANY
@given(case=cases(phase="soap_lists"), reading=readings)
def test_phase_1_is_never_above_a_phone_interview(case: Case, reading: str | None) -> None:
    """Law 6: under every reading, phase 1 gets a student looked at, not chosen."""
    assert verdict(case, reading) <= Verdict.PHONE_INTERVIEW


@MANY
@given(
    case=cases(phase="post_soap"),
    missing=st.sampled_from(("hears_first", "names_you", "outruns_hr", "deep_ties")),
    reading=readings,
)
def test_after_soap_all_four_conditions_are_needed(case: Case, missing: str, reading: str | None) -> None:
    """Law 6: under every reading, if one of them is missing after SOAP, at most `skimmed` is left."""
    assert verdict(case.replace(**{missing: False}), reading) <= Verdict.SKIMMED


# ---- law 7 is the subject of test_frame.py ----

# ---- law 8 ----

RULE_FIELDS = ("phase", "recommender", "move", "program_contacted_first")


@given(case=cases(), contacted=st.booleans(), reading=readings)
def test_the_rules_check_never_changes_the_verdict(case: Case, contacted: bool, reading: str | None) -> None:
    """Law 8: whether the program made contact first matters only to the rule, and changes no stage's cap."""
    assert judge(case.replace(program_contacted_first=contacted), reading).caps == judge(case, reading).caps


@MANY
@given(one=cases(), other=cases(), when=st.none() | moments())
def test_the_verdict_never_changes_the_rules_check(one: Case, other: Case, when: datetime | None) -> None:
    """Law 8: two cases with the same contact and moment get the same answer from the rule, whatever their verdicts."""
    alike = other.replace(**{name: getattr(one, name) for name in RULE_FIELDS})
    assert rules_check(one, when) == rules_check(alike, when)


@given(case=cases(), reading=readings)
def test_the_verdict_never_hides_the_rules_check(case: Case, reading: str | None) -> None:
    """Law 8: whatever the verdict, the rule's answer, reason and reminder are next to it."""
    check = rules_check(case)
    parts = fast_fragments(case, reading)
    assert all(text in parts["rules"] for text in (check.headline, check.note))
    assert check.label in parts["strip"]
    assert f"NRMP's rule: {check.label}. {check.reason}" in case_text(case, reading).splitlines()


# ---- law 9, and what would change a verdict ----

SETS = {row.remedy: row.overrides for row in load_remedies()}


def after(case: Case, remedies: tuple[str, ...]) -> Case | None:
    """Carry out acts according to their table, without the library's code; return None if two of them conflict."""
    fields: dict[str, Any] = {}
    for remedy in remedies:
        for field, text in SETS[remedy]:
            value = getattr(case, text) if text in Case.fields() else None if text == "none" else text
            if fields.setdefault(field, value) != value:
                return None
    return case.replace(
        **{
            field: value if value is None else Case.fields()[field].read(str(value) if value in (0, 1) else value)
            for field, value in fields.items()
        }
    )


#: A call while lists are being made: what's allowed takes a year, and what would help right away isn't allowed.
LATE_CALL = Case(recommender="trusted_peer", move="targeted_call", specifics=True, lists_open=False)
#: A student who isn't known at a program replies after it made contact first. An introduction is allowed, while a call
#: is something to ask about first.
UNKNOWN_VOICE = Case(recommender="self", move="direct_email", program_contacted_first=True)


def test_allowed_changes_come_first_and_impossible_ones_last() -> None:
    """In between are the changes to ask about, and then those that aren't allowed."""
    assert [(change.remedies, change.rules.answer, change.who) for change in offered(LATE_CALL, None)] == [
        (("start_a_year_early",), "allowed", "year_of_work"),
        (("second_call",), "not_allowed", "recommender_now"),
        (("call_earlier",), "not_allowed", "nobody"),
    ]
    answers = [change.rules.answer for change in offered(UNKNOWN_VOICE, None)]
    assert answers == ["allowed", *["ask_first"] * 4]


def test_when_a_change_can_be_made_depends_on_the_rule() -> None:
    """An allowed act can be done now or takes the year. The others wait for an answer, or for the end of SOAP."""
    waits = {(change.rules.answer, change.who == "year_of_work", change.when) for change in offered(LATE_CALL, None)}
    waits |= {(change.rules.answer, change.who == "year_of_work", change.when) for change in offered(UNKNOWN_VOICE, None)}
    assert waits == {
        ("allowed", False, "When: now"),
        ("allowed", True, "When: over the months to come"),
        ("ask_first", False, "When: after you have asked your dean's office or the NRMP"),
        ("not_allowed", False, "When: not before Thursday of Match Week, 9:00 pm ET, when SOAP ends"),
    }


def offered(case: Case, reading: str | None, when: datetime | None = None) -> list[Change]:
    """Return what would change a case's verdict."""
    return list(what_would_change(case, when, reading))


@given(case=cases(), reading=readings)
def test_every_change_keeps_its_promise(case: Case, reading: str | None) -> None:
    """Law 9: carrying out a change gives its case, with exactly the promised verdict."""
    for change in offered(case, reading):
        assert after(case, change.remedies) == change.case
        assert verdict(change.case, reading) == change.verdict > verdict(case, reading)


@given(case=cases(), reading=readings)
def test_every_change_is_minimal(case: Case, reading: str | None) -> None:
    """No part of it raises the verdict by itself, and no change occurs twice."""
    start = verdict(case, reading)
    changes = offered(case, reading)
    assert len({frozenset(change.remedies) for change in changes}) == len(changes)
    for change in changes:
        for size in range(1, len(change.remedies)):
            for part in itertools.combinations(change.remedies, size):
                changed = after(case, part)
                assert changed is None or verdict(changed, reading) <= start, part


@given(case=cases(), reading=readings)
def test_no_change_makes_the_student_write_the_message(case: Case, reading: str | None) -> None:
    assert all(("scripted", "true") not in sets for sets in SETS.values())
    assert all(case.scripted or not change.case.scripted for change in offered(case, reading))


@given(case=cases(), when=st.none() | moments(), reading=readings)
@example(case=LATE_CALL, when=None, reading=None)
@example(case=UNKNOWN_VOICE, when=None, reading=None)
def test_what_is_allowed_comes_first(case: Case, when: datetime | None, reading: str | None) -> None:
    """That's among changes within reach. Then come the ones to ask about, and then the rest."""
    order = [(not change.within_reach, -ANSWERS.index(change.rules.answer)) for change in offered(case, reading, when)]
    assert order == sorted(order)


@given(case=cases(), when=st.none() | moments(), reading=readings)
def test_every_change_says_who_can_make_it_when_and_why(case: Case, when: datetime | None, reading: str | None) -> None:
    """It names its stages and claims, and what the rule says about the changed case."""
    binding = judge(case, reading).binding
    rows = {row.remedy: row for row in load_remedies()}
    for change in offered(case, reading, when):
        acts = [rows[remedy] for remedy in change.remedies]
        caps = judge(change.case, reading).caps
        assert change.stages == binding
        assert all(caps[stage] > verdict(case, reading) for stage in change.stages)
        assert change.who == WHO[max(WHO.index(act.who) for act in acts)]
        assert change.within_reach == (change.who != "nobody")
        assert set(change.claims) == {claim for act in acts for claim in act.claims} != set()
        assert set(change.assumptions) == {act.assumption for act in acts} - {""}
        assert change.rules == rules_check(change.case, when if change.case.phase == case.phase else None)
        assert len(change.sentences) == len(acts)
        assert all(words.endswith(".") for words in change.sentences)


@given(case=cases(), reading=readings)
def test_if_nothing_helps_the_answer_says_so(case: Case, reading: str | None) -> None:
    """Either nothing within reach raises the verdict, or it's already the highest."""
    changes = what_would_change(case, reading=reading)
    if changes.verdict == Verdict.OFFER_IN_PLAY:
        assert len(changes) == 0
        assert changes.sentence == "This is the highest verdict there is. Nothing needs to change."
    elif not any(change.who != "nobody" for change in changes):
        assert not changes.within_reach
        kind = (
            "Nothing we can list would change" if changes.verdict < Verdict.FILE_READ else "This is as far as the article lets"
        )
        assert changes.sentence.startswith(kind)
    else:
        assert changes.within_reach
        allowed = any(change.within_reach and change.rules.answer != "not_allowed" for change in changes)
        start = "The smallest changes" if allowed else "This is the article's account of what works."
        assert changes.sentence.startswith(start)


def test_nobody_can_undo_an_insurmountable_flag() -> None:
    """With a professionalism issue, the only change left is one that nobody can make."""
    case = Case(professionalism_issue=True, recommender="trusted_peer", specifics=True)
    assert [(change.remedies, change.who) for change in offered(case, None)] == [(("undo_professionalism",), "nobody")]


# ---- readings ----


@given(case=cases(), name=st.sampled_from([name for name, reading in READINGS.items() if reading.default]))
def test_a_default_reading_changes_nothing(case: Case, name: str) -> None:
    """No cap, no weight and no possible change is different."""
    assert judge(case, name).caps == judge(case).caps
    assert amplify(case, name) == amplify(case)
    assert [change.remedies for change in offered(case, name)] == [change.remedies for change in offered(case, None)]


@given(case=cases(), when=st.none() | moments())
def test_every_case_gets_a_verdict_under_every_reading(case: Case, when: datetime | None) -> None:
    """The agreement counts exactly the readings that aren't defaults."""
    agreement = readings_agree(case, when)
    assert tuple(agreement.verdicts) == OTHER_READINGS
    assert agreement.total == len(OTHER_READINGS)
    assert agreement.stands + len(agreement.changed) == agreement.total
    if when is None:
        assert agreement.verdict == verdict(case)
        assert all(agreement.verdicts[name] == verdict(case, name) for name in OTHER_READINGS)
    for name in READINGS:
        assert isinstance(amplify(case, name), Amplified)
        assert isinstance(case_text(case, name), str)


#: A case for each reading, with the verdict without it and with it.
CHANGED = [
    ("range_and_credible", {"specifics": True}, Verdict.SKIMMED, Verdict.IGNORED),
    (
        "range_and_credible",
        {"specifics": True, "recommender": "known_dean", "score": 234},
        Verdict.FILE_READ,
        Verdict.IGNORED,
    ),
    ("home_dean_is_any_dean", {"specifics": True, "recommender": "random_dean"}, Verdict.SKIMMED, Verdict.FILE_READ),
    ("scripted_is_embarrassment", {"scripted": True}, Verdict.IGNORED, Verdict.SKIMMED),
    (
        "seat_catches_flags",
        {"specifics": True, "recommender": "trusted_peer", "leave_of_absence": True, "has_noncategorical_seat": True},
        Verdict.DECLINED,
        Verdict.FALLBACK_SEAT,
    ),
    ("vouch_is_enough", {"recommender": "subspecialist"}, Verdict.FILE_READ, Verdict.PHONE_INTERVIEW),
]


@pytest.mark.parametrize(("reading", "fields", "before", "since"), CHANGED)
def test_each_reading_changes_the_verdict_as_specified(
    reading: str, fields: dict[str, Any], before: Verdict, since: Verdict
) -> None:
    case = Case(**fields)
    assert (verdict(case), verdict(case, reading)) == (before, since)
    assert reading in readings_agree(case).changed


def test_the_reading_about_friday_changes_a_verdict_through_the_calendar() -> None:
    """A second call on Friday can lead to an offer in phase 2, but is skimmed in phase 3."""
    case = Case(recommender="trusted_peer", specifics=True, name_familiar=True, file_in_system=True)
    friday = datetime(2027, 3, 19, 9, 0)
    agreement = readings_agree(case, friday)
    assert agreement.verdict == Verdict.OFFER_IN_PLAY
    assert agreement.verdicts["friday_in_phase_3"] == Verdict.SKIMMED
    assert readings_agree(case).verdicts["friday_in_phase_3"] == readings_agree(case).verdict


def test_the_readings_are_the_specified_ones() -> None:
    """Wherever the article leaves room, there's a default and at least one other reading, each with its texts."""
    by_choice: dict[str, list[bool]] = {}
    for reading in READINGS.values():
        by_choice.setdefault(reading.choice, []).append(reading.default)
        assert reading.sentence.endswith(".")
        assert reading.claims
    assert tuple(name for name, reading in READINGS.items() if not reading.default) == OTHER_READINGS
    assert all(defaults.count(True) == 1 and len(defaults) > 1 for defaults in by_choice.values())


# ---- the amplifier ----


@given(case=cases(), reading=readings)
def test_signal_and_weight_are_within_their_scales(case: Case, reading: str | None) -> None:
    """Signal, weight and the displayed value are within 0 to 100, the share within 0 to 1, and the formula is as specified."""
    picture = amplify(case, reading)
    assert all(0 <= number <= 100 for number in (picture.signal, picture.weight, picture.shown))
    assert 0 < picture.share <= 1
    assert picture.amplified == pytest.approx(50 + (picture.signal - 50) * (1 + picture.weight / 100 * picture.share), abs=1e-9)
    assert picture.shown == min(100, max(0, picture.amplified))


def test_the_displayed_value_is_clipped_and_the_amplified_signal_is_not() -> None:
    """At both ends of the scale, the amplified signal can go beyond it, but the displayed value can't."""
    high = amplify(Case(score=290, recommender="trusted_peer"))
    low = amplify(Case(score=1, recommender="trusted_peer"))
    assert (high.shown, low.shown) == (100, 0)
    assert high.amplified > 100
    assert low.amplified < 0


@pytest.mark.parametrize("reading", EVERY_READING)
def test_praise_never_crosses_a_tier(reading: str | None) -> None:
    """Even if the weaker caller's praise is warm and the stronger one's is cool, the stronger one weighs more."""
    weights = caller_weights(reading)

    def weight(caller: str, intensity: int) -> float:
        return amplify(Case(score=250).replace(recommender=caller, intensity=intensity), reading).weight

    for better, lesser in itertools.combinations(weights, 2):
        if weights[better] > weights[lesser]:
            assert weight(better, 0) > weight(lesser, 10)
    for caller, own in weights.items():
        assert weight(caller, 5) == own
        praised = [weight(caller, intensity) for intensity in range(11)]
        assert praised == sorted(set(praised))


def test_the_callers_weights_are_the_articles() -> None:
    """The chart has five of them. A dean without a history is between its dean and its stranger."""
    weights = caller_weights()
    assert {**weights, "random_dean": 0} == {
        "trusted_peer": 90,
        "subspecialist": 80,
        "known_dean": 50,
        "random_dean": 0,
        "unconnected_faculty": 25,
        "self": 5,
    }
    assert 25 < weights["random_dean"] < 50
    assert caller_weights("home_dean_is_any_dean")["random_dean"] == 50


@given(case=cases(intensity=5), reading=readings)
def test_a_weight_of_0_changes_nothing(case: Case, reading: str | None) -> None:
    """The amplified signal equals the signal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amplifier, "caller_weights", lambda _=None: dict.fromkeys(caller_weights(), 0))
        picture = amplify(case, reading)
    assert picture.weight == 0
    assert picture.amplified == pytest.approx(picture.signal, abs=1e-9)


@MANY
@given(case=cases(), reading=readings)
def test_a_contact_lifts_a_file_above_the_bar_and_exposes_one_below_it(case: Case, reading: str | None) -> None:
    """It moves a signal away from the bar, and doesn't move one that is exactly at the bar."""
    picture = amplify(case, reading)
    moved = picture.amplified - picture.signal
    assert (moved > 0, moved < 0) == (picture.signal > 50, picture.signal < 50)
    assert (picture.amplified > 50) == (picture.signal > 50)


def test_the_bar_is_at_the_bottom_of_the_range() -> None:
    """A clean file with that score is at the bar, and one point more or less is above or below it."""
    signals = [amplify(Case(score=score)).signal for score in (219, 220, 234, 235, 236)]
    assert signals == sorted(set(signals))
    assert signals[3] == 50
    assert signals[1] == 25


@MANY
@given(case=cases(), reading=readings)
def test_a_higher_score_never_lowers_the_signal(case: Case, reading: str | None) -> None:
    """Signal and amplified signal never fall as the score rises."""
    before = amplify(case, reading)
    for higher in higher_scores(case):
        assert amplify(higher, reading).signal >= before.signal
        assert amplify(higher, reading).amplified >= before.amplified


@MANY
@given(case=cases(), reading=readings)
def test_an_added_flag_never_raises_the_signal(case: Case, reading: str | None) -> None:
    """Another flag keeps the signal or lowers it."""
    signal = amplify(case, reading).signal
    assert all(amplify(flagged, reading).signal <= signal for flagged in with_another_flag(case))


@MANY
@given(case=cases(), reading=readings)
def test_a_file_that_would_be_declined_is_below_the_bar(case: Case, reading: str | None) -> None:
    """If the paper stage allows at most `declined`, the signal is below the bar whatever the score."""
    assume(judge(case, reading).caps["paper"] <= Verdict.DECLINED)
    assert amplify(case, reading).signal < 50


def test_an_unknown_reading_is_rejected_everywhere() -> None:
    """Every function that takes a reading gives the same message."""
    messages = set()
    for ask in (judge, amplify, lambda case, name: what_would_change(case, reading=name)):
        with pytest.raises(CaseError) as caught:
            ask(Case(), "nobody_s_reading")
        messages.add(str(caught.value).partition(" but it is ")[2])
    assert messages == {"'nobody_s_reading'."}


def test_each_kind_of_flag_takes_its_share_of_the_signal() -> None:
    """A flag that can be explained takes some, an insurmountable one takes more, and a program's policy takes none."""
    kinds: dict[str, set[float]] = {}
    for row in load_flags():
        flagged = Case.from_record({row.flag: "1"})
        kinds.setdefault(row.kind, set()).add(amplify(Case()).signal - amplify(flagged).signal)
    ((explainable,), (policy,), (not_overcome,)) = (kinds[kind] for kind in ("explainable", "policy", "not_overcome"))
    assert policy == 0 < explainable < not_overcome


def test_of_otherwise_equal_changes_the_one_that_raises_more_comes_first() -> None:
    """They're equal if they are as allowed, as small and made by the same person."""
    pairs = 0
    for case in many_cases(40, seed=5):
        for one, other in itertools.pairwise(offered(case, None)):
            if order_of(one)[:-1] == order_of(other)[:-1]:
                pairs += one.verdict != other.verdict
                assert one.verdict >= other.verdict
    assert pairs
