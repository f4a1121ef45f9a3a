"""The amplifier's numbers: how far each part of a case moves the signal and the weight."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backchannel_lib import Case, amplify
from backchannel_lib.model.amplifier import assumption, praised_weight

FLAG, EXPLAINED = assumption("signal_lost_per_flag"), assumption("signal_lost_per_explained_flag")
#: An explanation of a flag that the rules accept.
EXPLANATION: dict[str, Any] = {"recommender": "known_dean", "addresses_flag": True, "specifics": True}


@pytest.mark.parametrize(
    ("fields", "signal"),
    [
        ({"score": 235}, 50),
        ({"score": 220}, 25),
        ({"score": 241}, 60),
        ({"score": 265}, 100),
        ({"score": 266}, 100),
        ({"score": 1}, 0),
        ({"score": 236, "range_low": 235, "range_floor": 235}, 75),
        ({"score": 236, "range_low": 235, "range_floor": 234}, 75),
        ({"score": 236, "range_low": 235, "range_floor": 233}, 62.5),
        ({"score": 280, "failed_clerkship": True}, 45),  # 100 - 12 is more than a declined file can have
        ({"score": 235, "failed_clerkship": True}, 50 - FLAG),
        ({"score": 235, "failed_attempts": 2}, 50 - 2 * FLAG),
        ({"score": 235, "failed_attempts": 3}, 50 - 3 * FLAG),
        ({"score": 235, "failed_clerkship": True, "leave_of_absence": True}, 50 - 2 * FLAG),
        ({"score": 250, "failed_clerkship": True, **EXPLANATION}, 75 - EXPLAINED),
        ({"score": 250, "failed_attempts": 3, **EXPLANATION}, 75 - 3 * EXPLAINED),
        ({"score": 280, "failed_clerkship": True, **EXPLANATION}, 100 - EXPLAINED),
        ({"score": 280, "needs_visa": True}, 100),
        ({"score": 280, "needs_visa": True, "sponsors_visas": False}, 45),
        ({"score": 235, "professionalism_issue": True}, 10),
        ({"score": 235, "professionalism_issue": True, "chronic_poor_performance": True}, 0),
    ],
)
def test_the_score_and_the_flags_add_up_to_the_signal(fields: dict[str, Any], signal: float) -> None:
    """A point counts for more in a narrow range, flags count even above the scale, and a declined file stays below the bar."""
    assert amplify(Case(**fields)).signal == pytest.approx(signal)


@pytest.mark.parametrize(("intensity", "moved"), [(0, -4.5), (2, -2.7), (5, 0), (6, 0.9), (10, 4.5)])
def test_each_step_of_praise_moves_the_weight_as_far_as_the_last(intensity: int, moved: float) -> None:
    assert praised_weight(Case(recommender="known_dean", intensity=intensity)) == pytest.approx(50 + moved)


@pytest.mark.parametrize(
    ("fields", "share"),
    [
        ({"phase": "groundwork"}, 1),
        ({"phase": "soap_lists"}, 1),
        ({"phase": "soap_lists", "lists_open": False}, 0.5),
        ({"phase": "gap_filling", "name_familiar": True, "file_in_system": True}, 0.8),
        ({"phase": "gap_filling"}, 0.2),
        ({"phase": "post_soap", "hears_first": True, "names_you": True, "outruns_hr": True, "deep_ties": True}, 1),
        ({"phase": "post_soap"}, 0.2),
    ],
)
def test_the_timing_lets_a_share_of_the_weight_through(fields: dict[str, Any], share: float) -> None:
    picture = amplify(Case(score=250, recommender="known_dean", **fields))
    assert (picture.share, picture.amplified) == (share, pytest.approx(50 + 25 * (1 + 0.5 * share)))


@given(width=st.integers(1, 200), above=st.integers(-200, 50))
def test_the_bar_and_the_floor_are_as_far_apart_in_every_range(width: int, above: int) -> None:
    """What counts is how many times the width of the range a score is above or below the bar."""
    assume(above >= -width)  # a lower score is declined
    case = Case(score=250 + above, range_low=250, range_floor=250 - width)
    assert amplify(case).signal == pytest.approx(min(100, 50 + 25 * above / width))
