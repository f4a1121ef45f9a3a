"""Random cases and moments for property tests, and names that several tests share.

Nothing here uses the rules: what a test expects of a random case has to come from the specification, not from the library.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from backchannel_lib import Case

NEEDS: Final = ("language", "local", "track", "coverage")
CAPITAL: Final = ("trusted_peer", "subspecialist", "known_dean")
CALLERS: Final = (*CAPITAL, "random_dean", "unconnected_faculty")  # everyone but the student, best first
CALLER_MOVES: Final = (
    "targeted_call",
    "flag_explanation",
    "internal_push",
    "formal_email",
    "generic_letter",
    "mass_blast",
    "pressure",
)
PHASES: Final = ("groundwork", "soap_lists", "gap_filling", "post_soap")
STAGES: Final = ("message", "levers", "attention", "paper", "timing")
OTHER_READINGS: Final = (
    "range_and_credible",
    "explanation_first",
    "home_dean_is_any_dean",
    "scripted_is_embarrassment",
    "vouch_is_enough",
    "seat_catches_flags",
    "friday_in_phase_3",
)
READINGS: Final = (None, *OTHER_READINGS)

#: A contact without any obstacle: every stage allows everything. Each test breaks one thing in it.
ALL_CLEAR: Final[Mapping[str, Any]] = {
    "recommender": "trusted_peer",
    "move": "targeted_call",
    "specifics": True,
    "phase": "gap_filling",
    "name_familiar": True,
    "file_in_system": True,
}

#: The flags of a case, and how many times in eight they are true. Most problems are rare, so that no single stage hides the
#: others behind its "declined".
FLAGS: Final[Mapping[str, int]] = {
    "boards_pending": 1,
    "specialty_switch": 1,
    "leave_of_absence": 1,
    "failed_clerkship": 1,
    "needs_visa": 2,
    "professionalism_issue": 1,
    "chronic_poor_performance": 1,
    "interviews_failures": 4,
    "sponsors_visas": 5,
    "has_noncategorical_seat": 4,
    "specifics": 5,
    "addresses_flag": 5,
    "scripted": 1,
    "prior_contact": 3,
    "introduced": 3,
    "lists_open": 5,
    "name_familiar": 6,
    "file_in_system": 6,
    "hears_first": 6,
    "names_you": 6,
    "outruns_hr": 6,
    "deep_ties": 6,
    "program_contacted_first": 4,
}

_CONTACTS: Final = [(caller, move) for caller in CALLERS for move in CALLER_MOVES]
_CONTACTS += [(caller, move) for caller in CALLERS for move in CALLER_MOVES[:4]] * 4  # reasonable contacts are drawn more often
_CONTACTS += [("self", "direct_email")] * 20


def _scores(low: int, gap: int, place: str, off: int) -> dict[str, int]:
    """Return three scores from one exam; scores from two exams have no verdict."""
    bottom, top = (1, 300) if low <= 300 else (301, 999)
    floor = max(bottom, low - gap)
    score = {"floor": floor, "low": low, "anywhere": (bottom + top) // 2}[place] + off
    return {"range_low": low, "range_floor": floor, "score": min(top, max(bottom, score))}


_SCORES: Final = st.builds(
    _scores,
    low=st.integers(1, 999) | st.integers(200, 260),
    gap=st.sampled_from((0, 1, 15)) | st.integers(0, 998),
    place=st.sampled_from(("floor", "low", "low", "low", "anywhere")),
    off=st.sampled_from((-1, 0, 0, 1, 20)) | st.integers(-499, 499),
)
_SETS: Final = st.sampled_from((frozenset[str](), frozenset[str](), *(frozenset({need}) for need in NEEDS))) | st.sets(
    st.sampled_from(NEEDS)
).map(frozenset)
_OTHERS: Final = st.fixed_dictionaries(
    {
        "failed_attempts": st.sampled_from((0, 0, 0, 0, 1, 2, 40)),
        "needs": _SETS,
        "offers": _SETS,
        "contact": st.sampled_from(_CONTACTS),
        "intensity": st.integers(0, 10),
        "track_record": st.sampled_from((None, None, 0, 1, 2, 3)),
        "phase": st.sampled_from(PHASES),
        **{flag: st.sampled_from((False,) * (8 - often) + (True,) * often) for flag, often in FLAGS.items()},
    }
)


def records() -> st.SearchStrategy[dict[str, Any]]:
    """Draw the fields of a valid case: all of them at random, or a few of them in a contact without obstacles."""
    few = st.lists(st.sampled_from(["scores", *_CLEAR]), max_size=5, unique=True)
    return st.builds(_joined, _SCORES, _OTHERS, st.none() | few)


_CLEAR: Final[Mapping[str, Any]] = {
    **{flag: flag in {"interviews_failures", "sponsors_visas", "lists_open"} for flag in FLAGS},
    "failed_attempts": 0,
    "needs": frozenset(),
    "offers": frozenset(),
    "intensity": 5,
    "track_record": None,
    **{key: value for key, value in ALL_CLEAR.items() if key not in {"recommender", "move"}},
    "contact": (ALL_CLEAR["recommender"], ALL_CLEAR["move"]),
}


def _joined(scores: dict[str, int], others: dict[str, Any], few: list[str] | None) -> dict[str, Any]:
    fields = {**scores, **others}
    if few is not None:
        fields = {**_CLEAR, **{name: others[name] for name in few if name != "scores"}}
        fields |= scores if "scores" in few else {"score": 240, "range_low": 235, "range_floor": 220}
    fields["recommender"], fields["move"] = fields.pop("contact")
    return fields


def cases(**fixed: object) -> st.SearchStrategy[Case]:
    """Draw valid cases over all fields, with scores mostly at the edges of the program's range.

    Args:
        **fixed: Fields with a fixed value; recommender and move follow each other as in `Case.replace`.
    """
    return records().map(lambda fields: Case(**fields).replace(**fixed) if fixed else Case(**fields))


def many_cases(number: int, seed: int = 0) -> list[Case]:
    """Return many cases quickly, the same ones for the same seed; for tables of cases, where shrinking isn't needed."""
    chance = random.Random(seed)  # noqa: S311 - test data
    return [a_case(chance) for _ in range(number)]


def a_case(chance: random.Random) -> Case:
    """Return one random case, faster than hypothesis draws it."""
    low = chance.choice((chance.randint(1, 999), chance.randint(200, 260)))
    place, off = chance.choice(("floor", "low", "low", "anywhere")), chance.choice((-1, 0, 0, 1, 15, -200, 300))
    recommender, move = chance.choice(_CONTACTS)
    return Case(
        **_scores(low, chance.choice((0, 1, 15, chance.randint(0, 998))), place, off),
        failed_attempts=chance.choice((0, 0, 0, 1, 2, 40)),
        needs=chance.sample(NEEDS, chance.choice((0, 0, 1, 1, 2, 4))),
        offers=chance.sample(NEEDS, chance.choice((0, 0, 1, 1, 2, 4))),
        recommender=recommender,
        move=move,
        intensity=chance.randint(0, 10),
        track_record=chance.choice((None, None, 0, 1, 2, 3)),
        phase=chance.choice(PHASES),
        **{flag: chance.randrange(8) < often for flag, often in FLAGS.items()},
    )


ZONES: Final = (
    None,
    UTC,
    timezone(timedelta(hours=5, minutes=30)),
    ZoneInfo("America/New_York"),
    ZoneInfo("America/Los_Angeles"),
    ZoneInfo("Pacific/Auckland"),
)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Draw moments from a hundred years, mostly in or near Match Week, in several time zones or none."""
    year = draw(st.integers(2012, 2099))
    if draw(st.integers(0, 4)):
        at = datetime(year, 3, 11) + timedelta(minutes=draw(st.integers(0, 17 * 24 * 60)))
    else:
        at = draw(st.datetimes(datetime(year, 1, 1), datetime(year, 12, 31)))
    return at.replace(tzinfo=draw(st.sampled_from(ZONES)))


def a_moment(chance: random.Random) -> datetime:
    """Return one random moment as `moments` draws them, often just at an edge of Match Week."""
    year = chance.randint(2012, 2099)
    near = timedelta(minutes=chance.randint(0, 17 * 24 * 60))
    if chance.randrange(2):
        near = timedelta(days=chance.randint(0, 17), hours=chance.choice((0, 9, 10, 12, 21)), seconds=chance.choice((-1, 0, 1)))
    at = datetime(year, 3, 11) + near
    if not chance.randrange(5):
        at = datetime(year, 1, 2) + timedelta(days=chance.randint(0, 363), minutes=chance.randint(0, 1439))
    return at.replace(tzinfo=chance.choice(ZONES))
