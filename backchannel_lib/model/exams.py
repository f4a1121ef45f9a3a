"""Which exam a case's scores belong to: Step 2 CK or COMLEX-USA Level 2."""

from __future__ import annotations

import functools

from backchannel_lib.base.errors import CaseError
from backchannel_lib.model.case import Case
from backchannel_lib.model.tables import ExamRow, facts, load_exams

SCORES = ("score", "range_low", "range_floor")


def exam_of(case: Case) -> ExamRow | None:
    """Return the exam of a case's three scores, or None if they come from two exams.

    Source:
        facts scores.step2_scale_high: Step 2 CK ends at 300. We assume that higher numbers are Level 2 scores.

    Examples:
        >>> exam_of(Case()).exam, exam_of(Case(score=520))
        ('step2ck', None)
    """
    top = step2_top()
    level2 = case.score > top
    return exam_of_range(case) if level2 == (case.range_low > top) == (case.range_floor > top) else None


def exam_of_range(case: Case) -> ExamRow:
    """Return the exam that the bottom of the program's range belongs to, even if the case mixes two exams.

    Source:
        As in `exam_of`.

    Examples:
        >>> exam_of_range(Case(score=520)).exam, exam_of_range(Case(range_low=400)).exam
        ('step2ck', 'level2')
    """
    step2ck, level2 = load_exams()
    return level2 if case.range_low > step2_top() else step2ck


@functools.cache
def usual_floor(range_low: int) -> int:
    """Return the default floor for a program's range: as far below it as in a new case, but never off the exam's scale.

    Examples:
        >>> usual_floor(230), usual_floor(500)
        (215, 400)
    """
    exam = exam_of_range(Case(range_low=range_low, range_floor=1))
    return min(range_low, max(exam.low, range_low - (exam.range_low - exam.range_floor)))


def check_one_exam(case: Case) -> None:
    """Reject a case whose scores come from two exams, because a verdict on it would mean nothing.

    Raises:
        CaseError: Names the score that comes from a different exam than the other two.

    Examples:
        >>> check_one_exam(Case(score=520))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseError: score: must be a score from the same exam as ...
    """
    if exam_of(case) is None:
        high = {name: getattr(case, name) > step2_top() for name in SCORES}
        odd = next(name for name in SCORES if list(high.values()).count(high[name]) == 1)
        raise CaseError(odd, "two_exams", getattr(case, odd), others=others_than(odd))


def others_than(score: str) -> str:
    """Return the names of the other two scores of a case."""
    return " and ".join(name for name in SCORES if name != score)


@functools.cache
def step2_top() -> int:
    """Return the highest score of Step 2 CK."""
    return int(facts()["scores.step2_scale_high"].value)
