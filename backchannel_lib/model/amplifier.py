"""The amplifier: the article's picture of how a contact changes a file's signal. It is never a probability."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from backchannel_lib.model.case import Case, case_from
from backchannel_lib.model.exams import check_one_exam
from backchannel_lib.model.rules import check_reading, rank_of, rule_book
from backchannel_lib.model.tables import STAGES, load_assumptions, load_callers, load_flags, load_reading_changes


@dataclass(frozen=True)
class Amplified:
    """The amplifier's result for one case, on scales from 0 to 100 that we chose.

    Args:
        signal: How the file compares with this program's bar, which is at 50.
        weight: The caller's weight, adjusted slightly for how warm the praise is.
        share: How much of the weight the timing lets through, 0 to 1.
        amplified: The signal after the contact; it can fall outside 0 to 100.

    Source:
        multiplier.amplifier; the scales are our choice.

    Examples:
        >>> amplify(Case(score=235)).signal
        50.0
    """

    signal: float
    weight: float
    share: float
    amplified: float

    @property
    def shown(self) -> float:
        """The amplified signal, clipped to 0 to 100 for display."""
        return min(100.0, max(0.0, self.amplified))


@functools.cache
def assumption(name: str) -> float:
    """Return the number that belongs to one of our assumptions.

    Raises:
        KeyError: ``data/assumptions.csv`` has no such id, or no number for it.

    Examples:
        >>> assumption("signal_at_bar")
        50.0
    """
    numbers = {row.assumption: row.value for row in load_assumptions() if row.value is not None}
    return numbers[name]


@functools.cache
def caller_weights(reading: str | None = None) -> dict[str, int]:
    """Return each recommender's weight, best recommender first.

    Args:
        reading: Name of a reading, or None for the defaults.

    Returns:
        Weights from 0 to 100 by recommender.

    Source:
        works.weight-trusted-peer to works.weight-self-email; the weight of a dean without history is our choice.

    Examples:
        >>> caller_weights()["self"], caller_weights("home_dean_is_any_dean")["random_dean"]
        (5, 50)
    """
    weights = {row.recommender: row.weight for row in load_callers()}
    for change in load_reading_changes():
        if change.reading == reading and change.kind == "weight":
            weights[change.target] = int(change.to)
    return weights


def amplify(case: Case | None = None, reading: str | None = None, **fields: object) -> Amplified:
    """Return how a contact changes the file's signal: it lifts a file above the bar and exposes one below it.

    Args:
        case: The case.
        reading: Name of a reading, or None for the defaults.
        **fields: Fields that differ from the defaults, instead of ``case``; see `Case.replace`.

    Raises:
        CaseError: ``case`` is not a `Case` or comes with fields as well; a field breaks its rule; its scores come from two
            exams; or no reading has this name.

    Source:
        multiplier.amplifier, works.weight-trusted-peer to works.weight-self-email; the scales are our choice.

    Examples:
        >>> strong = amplify(score=250, recommender="trusted_peer")
        >>> strong.amplified > strong.signal > 50
        True
        >>> weak = amplify(score=225, recommender="trusted_peer")
        >>> weak.amplified < weak.signal < 50
        True
    """
    case = case_from(case, fields)
    check_one_exam(case)
    outcome = rule_book(check_reading(reading)).outcome(case)
    signal = _signal(case, outcome.caps[STAGES.index("paper")])
    praised = praised_weight(case, reading)
    share = assumption(f"share_{outcome.rows[STAGES.index('timing')][0].rule}")
    bar = assumption("signal_at_bar")
    return Amplified(signal, praised, share, bar + (signal - bar) * (1 + praised / 100 * share))


def praised_weight(case: Case, reading: str | None = None) -> float:
    """Return the caller's weight, adjusted for how warm the praise is, by less than half the gap to the next caller.

    Source:
        caller.source-over-intensity; how little praise moves the weight is our choice.

    Examples:
        >>> praised_weight(Case(recommender="known_dean")), praised_weight(Case(recommender="known_dean", intensity=10)) > 50
        (50.0, True)
    """
    neutral = assumption("neutral_intensity")
    moved = (case.intensity - neutral) / neutral * assumption("intensity_reach")
    return caller_weights(reading)[case.recommender] + moved


def _signal(case: Case, paper_cap: int) -> float:
    bar, at_floor = assumption("signal_at_bar"), assumption("signal_at_floor")
    signal = bar + (case.score - case.range_low) * (bar - at_floor) / max(case.range_low - case.range_floor, 1)
    signal = min(2 * bar, signal)  # before the flags count, so that a flag always shows, however high the score
    declined = paper_cap <= rank_of("declined")
    per_flag = assumption("signal_lost_per_flag" if declined else "signal_lost_per_explained_flag")
    for flag in load_flags():
        times = int(getattr(case, flag.flag))
        if flag.kind == "explainable":
            signal -= per_flag * times
        elif flag.kind == "not_overcome":
            signal -= assumption("signal_lost_beyond_repair") * times
    if declined:
        signal = min(signal, assumption("signal_ceiling_when_declined"))
    return max(0.0, signal)
