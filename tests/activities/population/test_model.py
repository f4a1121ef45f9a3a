"""The made-up population: the draw follows its settings, and a call's effect is what `judge` says about each file."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, Verdict, judge
from backchannel_lib.activities.population import model as population
from backchannel_lib.activities.population.model import (
    Call,
    DrawRow,
    compare,
    draw,
    load_draw,
    load_population_calls,
    outcome,
)
from backchannel_lib.base.texts import text
from tests.helpers.cases import READINGS, many_cases

CALLS = load_population_calls()
ROWS = {row.setting: row for row in load_draw()}
SHARES = [name for name in ROWS if not name.startswith("score_")]
BETTER_FIRST = [f"targeted_{caller}" for caller in Case.fields()["recommender"].levels if caller != "self"]

#: The field of a case that each share is about, and its value in that share of the files.
SEEN: dict[str, tuple[str, Any]] = {
    **{name: (name, True) for name in SHARES},
    "failed_attempts": ("failed_attempts", 1),
    "need_met": ("needs", frozenset({"local"})),
}


def settings() -> st.SearchStrategy[dict[str, int]]:
    """Draw settings within the ranges of their sliders."""
    return st.fixed_dictionaries({}, optional={name: st.integers(row.low, row.high) for name, row in ROWS.items()})


def happens(case: Case, name: str) -> bool:
    """Return whether a file has a share's attribute."""
    field, value = SEEN[name]
    return bool(case.__dict__[field] == value)


# ---- the draw ----


def test_every_setting_starts_within_its_range_and_has_its_texts() -> None:
    """It is marked as ours, and has a label and a reason."""
    for row in ROWS.values():
        assert row.low <= row.value <= row.high
        assert row.assumption == "drawn_files"
        assert row.label
        assert row.why.endswith(".")
    assert all((ROWS[name].low, ROWS[name].high) == (0, 100) for name in SHARES)


def test_the_draw_is_the_same_everywhere() -> None:
    """On any machine and Python, the first draw is byte for byte the one made when this test was written."""
    records = json.dumps([case.to_record() for case in draw()], sort_keys=True)
    assert hashlib.sha256(records.encode()).hexdigest() == "b268219ccaebaecbd963d9bc83ad217d5e71d69245f6f54b1874c7fd0f409ad7"


@given(count=st.integers(0, 40), seed=st.integers(0, 10**9), chosen=settings())
def test_one_seed_gives_the_same_files(count: int, seed: int, chosen: dict[str, int]) -> None:
    """A larger draw begins with the same files as a smaller one."""
    files = draw(count, seed, **chosen)
    assert files == draw(count, seed, **chosen)
    assert draw(count + 7, seed, **chosen)[:count] == files
    assert len(files) == count


def test_another_seed_gives_other_files() -> None:
    """So two seeds give two populations."""
    assert draw(seed=1) != draw(seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0, 1, 10, 50, 90, 100])
@pytest.mark.parametrize("name", SHARES)
def test_shares_agree_with_the_settings(name: str, share: int) -> None:
    """Of many files, the share with an attribute is within four standard deviations of its setting."""
    files = draw(4000, seed=3, **{name: share})
    off = 4 * math.sqrt(4000 * share / 100 * (1 - share / 100))
    assert abs(sum(happens(case, name) for case in files) - 40 * share) <= off


@pytest.mark.slow
@pytest.mark.parametrize(("gap", "spread"), [(0, 15), (-20, 8), (10, 3), (0, 0)])
def test_scores_agree_with_the_settings(gap: int, spread: int) -> None:
    """Their mean is the bottom of the range plus the gap, with the given spread."""
    scores = [case.score for case in draw(4000, seed=3, score_gap=gap, score_spread=spread)]
    mean = sum(scores) / 4000
    assert abs(mean - (235 + gap)) <= 4 * spread / math.sqrt(4000)
    measured = math.sqrt(sum((score - mean) ** 2 for score in scores) / 4000)
    assert abs(measured - spread) <= 0.05 * spread + 0.05


def test_attributes_are_independent() -> None:
    """If two shares are one half each, a quarter of the files has both, within the same bounds."""
    files = draw(4000, seed=3, **dict.fromkeys(SHARES, 50))
    off = 4 * math.sqrt(4000 * 0.25 * 0.75)
    for one in SHARES:
        for other in SHARES:
            if one < other:
                both = sum(happens(case, one) and happens(case, other) for case in files)
                assert abs(both - 1000) <= off, (one, other)


@given(chosen=settings(), name=st.sampled_from(sorted(ROWS)), data=st.data())
def test_a_setting_affects_only_its_own_attribute(chosen: dict[str, int], name: str, data: st.DataObject) -> None:
    """Raising one leaves every file's other attributes unchanged, and takes the attribute from no file."""
    row = ROWS[name]
    low, high = sorted(data.draw(st.tuples(*[st.integers(row.low, row.high)] * 2)))
    for before, after in zip(draw(40, **chosen | {name: low}), draw(40, **chosen | {name: high}), strict=True):
        fields = {"score"} if name.startswith("score_") else {SEEN[name][0]} | ({"offers"} if name == "need_met" else set())
        assert {field for field in Case.fields() if before.__dict__[field] != after.__dict__[field]} <= fields
        if name in SHARES:
            assert happens(before, name) <= happens(after, name)
        elif name == "score_gap":
            assert after.score == min(300, before.score + high - low) or before.score == after.score == 300


@given(spread=st.integers(0, 30))
def test_every_score_is_on_the_exams_scale(spread: int) -> None:
    """That holds however large the spread is."""
    scores = [case.score for gap in (-40, 40) for case in draw(300, score_gap=gap, score_spread=spread)]
    assert min(scores) >= 1
    assert max(scores) <= 300


MOMENTS = [
    ("groundwork", True, Verdict.PHONE_INTERVIEW),
    ("groundwork", False, Verdict.PHONE_INTERVIEW),
    ("soap_lists", True, Verdict.PHONE_INTERVIEW),
    ("soap_lists", False, Verdict.FILE_READ),
    ("gap_filling", True, Verdict.OFFER_IN_PLAY),
    ("gap_filling", False, Verdict.SKIMMED),
    ("post_soap", True, Verdict.OFFER_IN_PLAY),
    ("post_soap", False, Verdict.SKIMMED),
]


@pytest.mark.parametrize(("phase", "good", "timing"), MOMENTS)
def test_every_file_is_drawn_at_the_given_phase(phase: str, good: bool, timing: Verdict) -> None:
    """The timing within the phase is as good or as bad as possible."""
    for case in draw(5, phase=phase, good_moment=good):
        assert case.phase == phase
        assert judge(case).caps["timing"] == timing
    assert [case.score for case in draw(5, phase=phase)] == [case.score for case in draw(5)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"count": -1}, "count: must be a whole number from 0 to 100000, but it is -1."),
        ({"count": 1.5}, "count: must be a whole number from 0 to 100000, but it is 1.5."),
        ({"count": True}, "count: must be a whole number from 0 to 100000, but it is True."),
        ({"count": 100_001}, "count: must be a whole number from 0 to 100000, but it is 100001."),
        ({"seed": -1}, "seed: must be a whole number of 0 or more, but it is -1."),
        ({"seed": "x"}, "seed: must be a whole number of 0 or more, but it is 'x'."),
        ({"good_moment": 1}, "good_moment: must be true or false, but it is 1."),
        ({"score_spread": 31}, "score_spread: must be a whole number from 0 to 30, but it is 31."),
        ({"need_met": -1}, "need_met: must be a whole number from 0 to 100, but it is -1."),
        ({"need_met": "10"}, "need_met: must be a whole number from 0 to 100, but it is '10'."),
    ],
)
def test_an_invalid_setting_is_rejected(arguments: dict[str, Any], said: str) -> None:
    """The error gives the setting, what it accepts and the value."""
    with pytest.raises(CaseError) as caught:
        draw(**arguments)
    assert str(caught.value) == said


def test_an_unknown_setting_or_phase_is_rejected() -> None:
    """The error suggests the most similar one."""
    with pytest.raises(CaseError, match=r"^need_meet: isn't a setting of the draw \(you gave 5\); .* are need_met, "):
        draw(need_meet=5)
    with pytest.raises(CaseError, match=r"^phase: must be one of soap_lists, "):
        draw(phase="soap_list")


# ---- the calls ----


def test_every_kind_of_contact_is_compared() -> None:
    """All moves and all callers are among the calls, each with its texts and our assumption."""
    assert {dict(call.overrides)["move"] for call in CALLS} == set(Case.fields()["move"].levels)
    assert {dict(call.overrides)["recommender"] for call in CALLS} == set(Case.fields()["recommender"].levels)
    assert len({call.name for call in CALLS}) == len({call.label for call in CALLS}) == len(CALLS)
    assert all(text(f"assumption.{call.assumption}").endswith(".") for call in CALLS)


def test_during_soap_no_call_is_simply_allowed() -> None:
    """For every call, the NRMP's rule says that it's not allowed or that the caller has to ask first."""
    case = draw(1)[0]
    answers = {call.name: call.rule(case).answer for call in CALLS}
    assert answers == {call.name: "ask_first" if call.name == "internal_push" else "not_allowed" for call in CALLS}
    assert {call.rule(case.replace(phase="post_soap")).answer for call in CALLS} == {"allowed"}


# ---- what the calls do ----


@pytest.mark.slow
@pytest.mark.parametrize("reading", READINGS)
def test_the_counts_match_judging_every_file(reading: str | None) -> None:
    """Judging files by kind gives the same numbers as judging each one, for any cases and any reading."""
    files = (*many_cases(400, seed=5), *draw(100))
    before = [judge(CALLS[0].apply(case), reading).verdict for case in files]
    for result in compare(files, reading):
        after = [judge(result.call.apply(case), reading) for case in files]
        verdicts = Counter(judgment.verdict for judgment in after)
        assert dict(result.counts) == {verdict: verdicts[verdict] for verdict in Verdict}
        moved = [(now.verdict > then) - (now.verdict < then) for then, now in zip(before, after, strict=True)]
        assert (result.moved_up, result.moved_down, result.same) == (moved.count(1), moved.count(-1), moved.count(0))
        assert result.reach_interview == sum(now.verdict >= Verdict.PHONE_INTERVIEW for now in after)
        held = Counter(stage for now, way in zip(after, moved, strict=True) if not way for stage in now.binding)
        assert dict(result.held) == {stage: held[stage] for stage in judge(Case()).caps}
        assert result == outcome(files, result.call.name, reading)


def test_a_custom_call_is_judged_correctly_too() -> None:
    """It can set a field that none of ours sets, and still gets each file's own answer."""
    files = [Case(phase="post_soap"), Case(phase="gap_filling"), Case(phase="gap_filling", name_familiar=True)]
    good = {"recommender": "trusted_peer", "move": "targeted_call", "specifics": "true", "file_in_system": "true"}
    result = outcome(files, Call("mine", tuple(good.items()), ""))
    assert [result.counts[rank] for rank in (Verdict.SKIMMED, Verdict.OFFER_IN_PLAY)] == [2, 1]


@given(chosen=settings(), phase=st.sampled_from(Case.fields()["phase"].levels), good=st.booleans())
def test_the_laws_hold_for_every_draw(chosen: dict[str, int], phase: str, good: bool) -> None:
    """Counts add up, pressure helps nobody, and a better caller never lowers the number of interviews."""
    results = {result.call.name: result for result in compare(draw(60, phase=phase, good_moment=good, **chosen))}
    for result in results.values():
        assert sum(result.counts.values()) == result.moved_up + result.moved_down + result.same == 60
        assert 0 <= result.reach_interview <= 60
    assert results["polite_email"].same == 60
    assert results["pressure"].moved_up == 0
    assert results["pressure"].counts[Verdict.BACKFIRES] == 60
    reached = [results[name].reach_interview for name in BETTER_FIRST]
    assert reached == sorted(reached, reverse=True)
    assert results["flag_explanation"].reach_interview >= results["targeted_trusted_peer"].reach_interview


@given(chosen=settings(), phase=st.sampled_from(Case.fields()["phase"].levels), good=st.booleans())
def test_a_hopeless_file_never_gets_above_declined(chosen: dict[str, int], phase: str, good: bool) -> None:
    """It has an insurmountable flag, or a failure at a program that interviews nobody with one."""
    files = draw(60, phase=phase, good_moment=good, **{"professionalism_issue": 20, "failed_attempts": 30} | chosen)
    for_good = [
        case
        for case in files
        if case.professionalism_issue
        or case.chronic_poor_performance
        or (case.failed_attempts and not case.interviews_failures)
    ]
    for result in compare(for_good):
        assert all(count == 0 for verdict, count in result.counts.items() if verdict > Verdict.DECLINED)


def test_the_default_population_shows_what_the_chapter_says() -> None:
    """Some files get above Declined by no call, and some get an interview only by a good one."""
    results = {result.call.name: result for result in compare(draw())}
    assert results["targeted_trusted_peer"].counts[Verdict.DECLINED] > 50
    assert results["targeted_trusted_peer"].reach_interview > 5 * results["targeted_unconnected_faculty"].reach_interview > 0
    assert results["flag_explanation"].counts[Verdict.MAYBE] > results["targeted_trusted_peer"].counts[Verdict.MAYBE]


HELD = [
    ([Case(score=200)], "targeted_unconnected_faculty", ("levers",)),
    ([Case(professionalism_issue=True)], "targeted_trusted_peer", ()),  # from ignored to declined, so it moves
    ([Case()], "targeted_unconnected_faculty", ("attention",)),
    ([Case(), Case(), Case(score=200)], "targeted_unconnected_faculty", ("attention",)),
    ([Case(), Case(score=200)], "targeted_unconnected_faculty", ("levers", "attention")),
    ([Case()], "pressure", ()),
    ([], "pressure", ()),
]


@pytest.mark.parametrize(("files", "call", "stages"), HELD)
def test_the_stage_that_holds_back_most_files_is_named(files: list[Case], call: str, stages: tuple[str, ...]) -> None:
    """It's about the files that don't move. There are two stages in a tie, and none if every file moves."""
    assert outcome(files, call).held_most == stages


def test_few_judgments_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """For 600 files and every call, it's less than a seventh of judging each one separately."""
    asked = []
    monkeypatch.setattr(population, "judge", lambda case, reading: asked.append(case) or judge(case, reading))
    compare(draw())
    assert 0 < len(asked) < 600 * len(CALLS) / 7


def test_anything_but_cases_and_a_known_call_and_reading_is_rejected() -> None:
    """Each gets its own error."""
    with pytest.raises(CaseError, match=r"^population: must be a Case, but it is 7\.$"):
        compare([Case(), 7])  # type: ignore[list-item]
    with pytest.raises(
        CaseError, match=r"^call: must be one of the calls compared here \(pressure, .*\), but it is 'presure'\.$"
    ):
        outcome([Case()], "presure")
    with pytest.raises(CaseError, match=r"^reading: must be one of any_lever, "):
        compare([], "any_lver")


def test_a_setting_has_its_own_texts() -> None:
    """Its label and its reason are found by its name."""
    row = DrawRow("specifics", 1, 0, 2, "drawn_files")
    assert (row.label, row.why) == (text("draw.specifics.label"), text("draw.specifics.why"))
