"""Judge a case for every score and every caller, for the verdict map."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.model.exams import exam_of, exam_of_range, step2_top
from backchannel_lib.model.possible import RANGE, check_unknown, possible, replace_known
from backchannel_lib.model.rules import rule_book


class Sweep(NamedTuple):
    """The data of a map of scores and callers.

    Args:
        bands: For each recommender, best first, the bands of scores with the same verdict.
        depends_on: The unknown fields whose answer would narrow a verdict somewhere on the map.
    """

    bands: Mapping[str, tuple[Band, ...]]
    depends_on: tuple[str, ...]


class Band(NamedTuple):
    """A band of scores with the same verdict.

    Args:
        low: The lowest score.
        high: The highest score.
        verdict: The verdict's rank, 0 to 8.
    """

    low: int
    high: int
    verdict: int


def sweep(case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> Sweep:
    """Judge a case for every score and every caller, with all other fields unchanged.

    Args:
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: Unknown fields, from `MAY_BE_UNKNOWN`; each verdict is then the lowest one possible.

    Returns:
        For each recommender, bands that cover the slider of the case's exam, extended to the case's score if that is off the
        slider. A case with scores from two exams has no verdict, so its map covers the slider of the program's exam and leaves
        out the case's score.

    Raises:
        CaseError: No reading has this name.

    Source:
        data/rules.csv.

    Examples:
        >>> sweep(Case(specifics=True)).bands["trusted_peer"]
        (Band(low=190, high=219, verdict=3), Band(low=220, high=234, verdict=6), Band(low=235, high=300, verdict=7))
    """
    exam = exam_of(case)
    if exam is None:
        # Including a score from another exam would compare it with a range in the wrong unit.
        exam = exam_of_range(case)
        low, high = exam.low, exam.high
    else:
        low, high = min(exam.low, case.score), max(exam.high, case.score)
    # Replace the case's own score and caller, because the map doesn't depend on them.
    everywhere = replace_known(case, unknown, score=exam.score, recommender="trusted_peer")
    return _sweep(everywhere, reading, low, high, check_unknown(unknown))


@functools.lru_cache(maxsize=256)
def _sweep(case: Case, reading: str | None, low: int, high: int, unknown: tuple[str, ...]) -> Sweep:
    book = rule_book(reading)
    found: dict[str, tuple[Band, ...]] = {}
    depends_on: set[str] = set()
    for recommender in RECOMMENDERS:
        called = case.replace(recommender=recommender)
        bands: list[Band] = []
        for score, until in _stretches(case, low, high, unknown):
            scored = called.replace(score=score)
            if unknown:
                left = possible(scored, unknown, reading)
                depends_on.update(left.depends_on)
                verdict = int(left.lowest)
            else:
                verdict = book.outcome(scored).verdict
            if bands and bands[-1].verdict == verdict:
                bands[-1] = bands[-1]._replace(high=until)
            else:
                bands.append(Band(score, until, verdict))
        found[recommender] = tuple(bands)
    return Sweep(MappingProxyType(found), tuple(name for name in unknown if name in depends_on))


def _stretches(case: Case, low: int, high: int, unknown: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return the first and last score of each stretch in which every answer is the same."""
    if not unknown:
        return [(score, score) for score in range(low, high + 1)]
    # Answers can change only at a known end of the range or at an end of the exam's scale, which no range can cross.
    known = [getattr(case, name) for name in RANGE if name not in unknown]
    starts = sorted({low, *(edge for edge in (step2_top(), 999, *known) if low < edge <= high)})
    return list(zip(starts, [*(start - 1 for start in starts[1:]), high], strict=True))
