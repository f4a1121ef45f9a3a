"""What's possible while a program's fields are unknown: exactly the result of judging every value, stage by stage."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from backchannel_lib import MAY_BE_UNKNOWN, Case, CaseError, Judgment, Verdict, judge, judge_open, what_would_change
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.open_changes import open_changes
from backchannel_lib.model.open_judgment import certain_rules, fields_asked
from backchannel_lib.model.possible import check_unknown, possible, replace_known, worst_and_best
from backchannel_lib.model.sweep import Band, sweep
from backchannel_lib.model.tables import STAGES
from tests.helpers.cases import ALL_CLEAR, CALLERS, NEEDS, PHASES, READINGS, cases, many_cases

readings = st.sampled_from(READINGS)
some_unknown = st.sets(st.sampled_from(MAY_BE_UNKNOWN))
VALUES: dict[str, list[Any]] = {
    "interviews_failures": [False, True],
    "sponsors_visas": [False, True],
    "has_noncategorical_seat": [False, True],
    "lists_open": [False, True],
    "track_record": [None, 0, 1, 2, 3],
    "needs": [frozenset(some) for size in range(5) for some in itertools.combinations(NEEDS, size)],
}


def every_case(case: Case, unknown: Collection[str]) -> Iterator[Case]:
    """Yield the case with all values of the unknown fields, or for a range, those near what it is compared with."""
    ends = {name: [getattr(case, name)] for name in ("range_low", "range_floor")}
    around = {case.score + step for step in (-2, -1, 0, 1, 2)} | {1, 300, 301, 999}
    around |= {getattr(case, name) + step for name in ends if name not in unknown for step in (-1, 0, 1)}
    ends |= {name: sorted(around) for name in ends if name in unknown}
    others = [name for name in unknown if name not in ends]
    for low, floor, *values in itertools.product(*ends.values(), *(VALUES[name] for name in others)):
        if 1 <= floor <= low <= 999:
            one = case.replace(range_low=low, range_floor=floor, **dict(zip(others, values, strict=True)))
            if exam_of(one) is not None:
                yield one


def brute_force(case: Case, unknown: Collection[str], reading: str | None) -> list[Judgment]:
    """Return the judgments for all values."""
    return [judge(one, reading) for one in every_case(case, unknown)]


@pytest.mark.slow
@settings(max_examples=max(5, settings().max_examples // 2))  # each example judges all values of the unknown fields
@given(cases(), readings, some_unknown)
def test_verdicts_caps_and_weakest_links_match_judging_every_value(case: Case, reading: str | None, unknown: set[str]) -> None:
    """No verdict or cap is missing or made up, and no stage is called the weakest unless it must be."""
    found, judged = possible(case, unknown, reading), brute_force(case, unknown, reading)
    assert set(found.verdicts) == {one.verdict for one in judged}
    all_caps = [one.caps for one in judged]
    weakest = [one.binding if one.verdict < max(Verdict) else () for one in judged]
    for stage in STAGES:
        caps = {one[stage] for one in all_caps}
        assert {reason.cap for reason in found.stages[stage].reasons} == caps
        rules = {row.rule for one in judged for row in one.outcome.rows[STAGES.index(stage)]}
        assert {one.rule for reason in found.stages[stage].reasons for one in (reason, *reason.also)} == rules
        assert (found.stages[stage].lowest, found.stages[stage].highest) == (min(caps), max(caps))
        binding = [stage in stages for stages in weakest]
        assert (stage in found.always_binding) == all(binding)
        assert (stage in found.sometimes_binding) == (any(binding) and not all(binding))
    assert found.is_settled or len({one.caps for one in found.outcomes}) > 1 or len(found.outcomes) > 1


@given(cases(), readings, some_unknown)
def test_it_says_what_judge_open_says(case: Case, reading: str | None, unknown: set[str]) -> None:
    """The verdicts are the same, and the result depends on exactly the fields that are worth asking about."""
    found, judgment = possible(case, unknown, reading), judge_open(case, unknown, reading)
    assert set(found.verdicts) == judgment.verdicts
    assert set(found.depends_on) == set(judgment.worth_asking)


@given(cases(), readings)
def test_with_nothing_unknown_it_agrees_with_judge(case: Case, reading: str | None) -> None:
    """There's one outcome, the judgment's own."""
    found = possible(case, (), reading)
    assert found.is_settled
    assert found.outcomes[0] == judge(case, reading).outcome
    assert not found.depends_on


@given(cases(), some_unknown, st.sampled_from(MAY_BE_UNKNOWN), readings)
def test_knowing_more_never_adds_possible_verdicts(case: Case, unknown: set[str], name: str, reading: str | None) -> None:
    """Once a field is known, a subset remains."""
    wide, narrow = possible(case, unknown | {name}, reading), possible(case, unknown - {name}, reading)
    assert set(narrow.verdicts) <= set(wide.verdicts)


@given(cases(), some_unknown, readings)
def test_the_worst_and_best_cases_get_the_lowest_and_highest_verdicts(
    case: Case, unknown: set[str], reading: str | None
) -> None:
    """They differ from the case only in unknown fields."""
    found = possible(case, unknown, reading)
    for one, verdict in zip(worst_and_best(case, unknown, reading), (found.lowest, found.highest), strict=True):
        assert judge(one, reading).verdict == verdict
        assert {name for name, value in one.__dict__.items() if value != getattr(case, name)} <= unknown


def test_the_worst_and_best_cases_keep_an_unknown_range_that_cannot_matter() -> None:
    """A file that is declined anyway isn't shown with another range, even while something else is open."""
    beyond = Case(professionalism_issue=True, has_noncategorical_seat=True, recommender="trusted_peer", specifics=True)
    worst, best = worst_and_best(beyond, ["range_low", "range_floor", "lists_open"])
    assert (worst.lists_open, best.lists_open) == (False, True)
    assert worst.replace(lists_open=True) == best == beyond


@given(cases(), cases(), some_unknown)
def test_the_value_in_an_unknown_field_does_not_matter(case: Case, other: Case, unknown: set[str]) -> None:
    """It's replaced with one that fits the rest, so there's no error and the exam stays the same."""
    kept = replace_known(case, unknown)
    swapped = {name: getattr(other, name) for name in unknown if name not in {"range_low", "range_floor"}}
    one, same = possible(kept, unknown), possible(case.replace(**swapped), unknown)
    assert (one.outcomes, one.depends_on, one.stages) == (same.outcomes, same.depends_on, same.stages)
    assert exam_of(kept) is not None
    known = set(Case.fields()) - unknown
    assert all(getattr(kept, name) == getattr(case, name) for name in known)


@pytest.mark.slow
@settings(max_examples=max(5, settings().max_examples // 4))
@given(cases(), some_unknown, readings)
@example(Case(score=1, range_low=1, range_floor=1, specifics=True), {"range_low", "range_floor", "lists_open"}, None)
def test_a_rule_is_certain_only_if_it_sets_a_cap_for_every_value(case: Case, unknown: set[str], reading: str | None) -> None:
    """Several open comparisons can't always come out the same way at once."""
    certain = certain_rules(case, check_unknown(unknown), reading)
    judged = brute_force(case, unknown, reading)
    always = set.intersection(*({reason.rule for first in one.reasons for reason in (first, *first.also)} for one in judged))
    assert certain == always


@pytest.mark.slow
@settings(max_examples=max(5, settings().max_examples // 4))
@given(cases(), some_unknown, readings)
def test_every_change_leads_to_the_promised_verdicts_and_lowers_none(
    case: Case, unknown: set[str], reading: str | None
) -> None:
    """With nothing unknown, the changes are those of the case."""
    now = possible(case, unknown, reading)
    found = open_changes(case, unknown, reading)
    for one in found.changes:
        after = {one.verdict for one in brute_force(one.change.case, one.unknown, reading)}
        assert (min(after), max(after)) == (one.found.lowest, one.found.highest)
        assert one.found.lowest >= now.lowest
        assert one.found.highest >= now.highest
        assert (one.found.lowest, one.found.highest) != (now.lowest, now.highest)
    if not unknown:
        assert [one.change for one in found.changes] == list(what_would_change(case, reading=reading))


@settings(max_examples=max(5, settings().max_examples // 2))
@given(
    case=st.builds(
        Case,
        score=st.sampled_from((228, 240)),
        recommender=st.sampled_from(CALLERS),
        specifics=st.booleans(),
        failed_clerkship=st.sampled_from((False, False, True)),
        phase=st.sampled_from(PHASES[:2]),
    ),
    unknown=st.sets(st.sampled_from(MAY_BE_UNKNOWN), min_size=1, max_size=2),
    reading=readings,
)
def test_a_change_is_omitted_only_if_part_of_it_does_as_much(case: Case, unknown: set[str], reading: str | None) -> None:
    """Every smallest change for the worst or the best case is offered if it raises either end further than its parts do."""

    def ends(one: Case, names: Collection[str]) -> tuple[Verdict, Verdict]:
        found = possible(one, names, reading)  # tests above check its value
        return found.lowest, found.highest

    now = ends(case, unknown)
    reached: dict[frozenset[str], tuple[Verdict, Verdict]] = {}
    for one in worst_and_best(case, unknown, reading):
        for change in what_would_change(one, reading=reading):
            changed = {name: value for name, value in change.case.__dict__.items() if value != getattr(one, name)}
            after = ends(replace_known(case, unknown, **changed), unknown - changed.keys())
            if after != now and after[0] >= now[0] and after[1] >= now[1]:
                reached[frozenset(change.remedies)] = after
    kept = {
        remedies
        for remedies, (low, high) in reached.items()
        if not any(part < remedies and reached[part][0] >= low and reached[part][1] >= high for part in reached)
    }
    assert {frozenset(one.change.remedies) for one in open_changes(case, unknown, reading).changes} == kept


def test_two_acts_are_offered_if_together_they_lead_further_than_one() -> None:
    """With only a history, a dean reaches Skimmed. With specifics too, it's at least Maybe."""
    found = {one.change.remedies: (one.found.lowest, one.found.highest) for one in open_changes(Case(), ["range_low"]).changes}
    assert found["ask_proven_dean",] == (Verdict.SKIMMED, Verdict.SKIMMED)
    assert found["give_specifics", "ask_proven_dean"] == (Verdict.MAYBE, Verdict.PHONE_INTERVIEW)


@settings(max_examples=max(5, settings().max_examples // 4))
@given(cases(), some_unknown, readings)
def test_the_map_shows_the_lowest_possible_verdict(case: Case, unknown: set[str], reading: str | None) -> None:
    """It does so for every score and caller, including the ends of the scale and both sides of the known range."""
    assume(unknown)
    shown = sweep(case, reading, unknown)
    for recommender, found in shown.bands.items():
        called = case.replace(recommender=recommender)
        telling = {band.low for band in found} | {band.high for band in found}
        telling |= {getattr(case, name) + step for name in ("range_low", "range_floor") for step in (-1, 0, 1)}
        for score in sorted(score for score in telling if found[0].low <= score <= found[-1].high):
            scored = called.replace(score=score)
            if exam_of(replace_known(scored, unknown)) is not None:
                left = possible(scored, unknown, reading)
                assert band_at(found, score).verdict == left.lowest
                assert set(left.depends_on) <= set(shown.depends_on)


@pytest.mark.parametrize(
    ("case", "low", "high"),
    [
        (Case(score=1, specifics=True), 1, 300),
        (Case(score=300, specifics=True), 190, 300),
        (Case(score=301, range_low=500, range_floor=400, specifics=True), 301, 850),
        (Case(score=998, range_low=500, range_floor=400, specifics=True), 350, 998),
        (Case(score=999, range_low=500, range_floor=400, specifics=True), 350, 999),
        (Case(score=998, range_low=235, specifics=True), 190, 300),  # scores from two exams
    ],
)
@pytest.mark.parametrize("unknown", [(), ("range_low",), ("range_floor",), ("range_low", "range_floor")])
def test_the_map_has_a_verdict_for_every_score_of_the_slider_and_the_case(
    case: Case, low: int, high: int, unknown: tuple[str, ...]
) -> None:
    """Each band begins where the verdict changes, at both ends of the scale too."""
    found = sweep(case, None, unknown).bands["trusted_peer"]
    assert (found[0].low, found[-1].high) == (low, high)
    for band, after in itertools.pairwise(found):
        assert band.high + 1 == after.low
        assert band.verdict != after.verdict
    called = replace_known(case, unknown, score=240 if high == 300 else 530, recommender="trusted_peer")
    for score in {low, low + 1, low + 2, high - 1, high, *(edge for band in found for edge in (band.low, band.high))}:
        left = possible(called.replace(score=score), unknown).lowest
        assert band_at(found, score).verdict == left, score


def test_a_result_is_settled_only_if_the_unknown_fields_make_no_difference() -> None:
    """Then there is only one judgment left."""
    assert not possible(Case(), ["range_low"]).is_settled
    assert possible(Case(), ["sponsors_visas"]).is_settled


def test_every_field_that_can_change_an_outcome_is_asked_about() -> None:
    """That includes one that can only lower a stage's cap, such as whether the program interviews anyone with a failure."""
    for case in (
        Case(score=260),
        Case(score=260, failed_attempts=1),
        Case(score=260, needs_visa=True),
        *many_cases(60, seed=7),
    ):
        for name in MAY_BE_UNKNOWN:
            if len({judge(case.replace(**{name: value})).outcome for value in VALUES.get(name, [])}) > 1:
                assert name in fields_asked(case, (name,), None)


@pytest.mark.parametrize("number", [1, 299, 300, 301, 998, 999])
def test_the_lowest_and_highest_scores_of_both_exams_work_like_any_others(number: int) -> None:
    """An unknown range can begin on either side of them, too."""
    case = Case(score=number, range_low=number, range_floor=number)
    assert possible(case, ["range_low"]).highest == judge(case).verdict
    case = case.replace(recommender="trusted_peer", specifics=True)
    for unknown in (["range_low"], ["range_floor"], ["range_low", "range_floor"]):
        found, judgment = possible(case, unknown), judge_open(case, unknown)
        assert set(found.verdicts) == judgment.verdicts
        assert set(found.depends_on) == set(judgment.worth_asking)
        for one, verdict in zip(worst_and_best(case, unknown), (found.lowest, found.highest), strict=True):
            assert exam_of(one) is exam_of(case)
            assert judge(one).verdict == verdict


@pytest.mark.parametrize(
    ("fields", "unknown"),
    [
        ({"range_low": 500, "range_floor": 400}, "range_floor"),
        ({"range_low": 500, "range_floor": 400}, "range_low"),
        ({"score": 500}, "range_floor"),
        ({"score": 500}, "range_low"),
        ({"score": 301, "range_low": 300}, "range_floor"),
        ({"score": 300, "range_low": 301}, "range_floor"),
        ({"score": 500, "professionalism_issue": True}, "range_low"),  # no rule asks about it
    ],
)
def test_no_range_fits_known_scores_from_two_exams(fields: dict[str, Any], unknown: str) -> None:
    """The error names the unknown end of the range."""
    for ask in (possible, judge_open):
        with pytest.raises(CaseError, match=rf"^{unknown}: .*fits"):
            ask(Case(**fields), [unknown])


def test_nothing_limits_the_highest_verdict() -> None:
    """Every stage allows an offer, so there's no weakest link."""
    found = possible(Case(**ALL_CLEAR), ["lists_open"])
    assert found.lowest == Verdict.OFFER_IN_PLAY
    assert found.always_binding == found.sometimes_binding == ()
    some = possible(Case(**ALL_CLEAR, needs_visa=True), ["sponsors_visas"])
    assert (some.always_binding, some.sometimes_binding) == ((), ("paper",))


def test_rules_that_may_or_may_not_hold_are_separate_reasons() -> None:
    """Only rules that hold together whatever the unknown fields turn out to be are one reason."""
    case = Case(failed_attempts=1, needs_visa=True, sponsors_visas=False)

    def reasons(unknown: str) -> list[tuple[str, list[str]]]:
        return [(one.rule, [each.rule for each in one.also]) for one in possible(case, [unknown]).stages["paper"].reasons]

    assert reasons("lists_open") == [("visa_policy", ["flag_unexplained"])]
    assert reasons("interviews_failures") == [("failure_policy", []), ("visa_policy", []), ("flag_unexplained", [])]


def test_cases_that_the_rules_treat_alike_share_a_result() -> None:
    """One point more or less rarely matters, so a slider mostly finds what is known already. The result can't be changed."""
    one: Any = possible(Case(score=240), ["lists_open"])
    assert possible(Case(score=241), ["lists_open"]) is one
    assert possible(Case(score=234), ["lists_open"]) is not one
    assert possible(Case(score=240), ["needs"]) is possible(Case(score=240))  # nothing is offered, so no need is met
    with pytest.raises(FrozenInstanceError):
        one.depends_on = ()


@pytest.mark.parametrize("score", [-1, 0, 1000])
def test_a_range_off_every_scale_is_rejected_even_if_its_floor_is_unknown(score: int) -> None:
    """There's no floor to fill in for it."""
    with pytest.raises(CaseError, match=r"^range_low: "):
        replace_known(Case(), ["range_floor"], range_low=score)


def test_needs_do_not_matter_to_a_student_who_can_meet_none() -> None:
    """Whatever the program needs, there's no lever in it for a student with nothing to offer."""
    assert "no_lever" in certain_rules(Case(score=228), ("needs",), None)


def test_the_map_depends_only_on_fields_that_narrow_it() -> None:
    """A program's visa policy doesn't matter to a student who doesn't need a visa."""
    assert sweep(Case(), None, ["sponsors_visas"]).depends_on == ()
    assert sweep(Case(needs_visa=True, specifics=True), None, ["sponsors_visas"]).depends_on == ("sponsors_visas",)


def band_at(bands: tuple[Band, ...], score: int) -> Band:
    """Return the band that contains a score."""
    return next(band for band in bands if band.low <= score <= band.high)


@pytest.mark.parametrize("name", ["score", "recommender", "mood"])
def test_a_field_that_students_always_know_cannot_be_unknown(name: str) -> None:
    """The error lists the fields that can be."""
    with pytest.raises(CaseError, match="range_low"):
        check_unknown([name])


@pytest.mark.parametrize(
    ("fields", "changes", "low", "floor"),
    [
        ({}, {"score": 500}, 500, 400),
        ({}, {"score": 301}, 500, 400),
        ({}, {"score": 300}, 235, 220),
        ({}, {}, 235, 220),
        ({"range_floor": 230}, {}, 235, 230),
        ({"range_floor": 230}, {"score": 500}, 500, 230),
        ({"score": 240}, {"range_low": 230}, 230, 215),
    ],
)
def test_the_range_filled_in_for_an_unknown_one_fits_the_exam(
    fields: dict[str, int], changes: dict[str, int], low: int, floor: int
) -> None:
    """Its numbers are from the score's exam, with the floor below the range."""
    unknown = [name for name in ("range_low", "range_floor") if name not in fields]
    kept = replace_known(Case(**fields), unknown, **changes)
    assert (kept.range_low, kept.range_floor) == (low, floor)
