"""One case seen for every value of a field: what the verdict map shows."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.model.exams import exam_of, exam_of_range
from backchannel_lib.model.rules import rule_book


class Band(NamedTuple):
    """Scores that share a verdict.

    Args:
        low: The lowest of them, in points.
        high: The highest of them.
        verdict: The verdict's rank, 0 to 8.
    """

    low: int
    high: int
    verdict: int


def score_bands(case: Case, reading: str | None = None) -> Mapping[str, tuple[Band, ...]]:
    """Judge a case for every score and every caller, all else unchanged.

    Args:
        case: The case.
        reading: The name of a reading; None for every default.

    Returns:
        By recommender, best first, the bands of scores with one verdict each; together they cover the slider of the
        case's exam, and reach the case's own score where that lies beyond it. Where the numbers are of two exams the
        case has no verdict: the map then covers the slider of the program's range and leaves the case's score out.

    Raises:
        CaseError: No reading has this name.

    Source:
        data/rules.csv.

    Examples:
        >>> score_bands(Case(specifics=True))["trusted_peer"]
        (Band(low=190, high=219, verdict=3), Band(low=220, high=234, verdict=6), Band(low=235, high=300, verdict=7))
    """
    exam = exam_of(case)
    if exam is None:
        # Reaching for a score of another exam would lay that exam's scores against a range which is not in their unit.
        exam = exam_of_range(case)
        low, high = exam.low, exam.high
    else:
        low, high = min(exam.low, case.score), max(exam.high, case.score)
    # The map is the same wherever on it the case lies.
    return _bands(case.replace(score=exam.score, recommender="trusted_peer"), reading, low, high)


@functools.lru_cache(maxsize=256)
def _bands(case: Case, reading: str | None, low: int, high: int) -> Mapping[str, tuple[Band, ...]]:
    book = rule_book(reading)
    found: dict[str, tuple[Band, ...]] = {}
    for recommender in RECOMMENDERS:
        called = case.replace(recommender=recommender)
        bands: list[Band] = []
        for score in range(low, high + 1):
            verdict = book.outcome(called.replace(score=score)).verdict
            if bands and bands[-1].verdict == verdict:
                bands[-1] = bands[-1]._replace(high=score)
            else:
                bands.append(Band(score, score, verdict))
        found[recommender] = tuple(bands)
    return MappingProxyType(found)
