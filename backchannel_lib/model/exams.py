"""Which exam a case's numbers are in: Step 2 CK or COMLEX-USA Level 2."""

from __future__ import annotations

import functools

from backchannel_lib.model.case import Case
from backchannel_lib.model.tables import ExamRow, load_exams, load_facts


def exam_of(case: Case) -> ExamRow | None:
    """Tell which exam a case's numbers are in, or None where they are mixed.

    Args:
        case: The case.

    Returns:
        The row of data/exams.csv: Step 2 CK ends at 300, and COMLEX-USA Level 2 scores lie above it.

    Source:
        facts scores.step2_scale_high; that higher numbers mean Level 2 is ours.

    Examples:
        >>> exam_of(Case()).exam, exam_of(Case(score=520))
        ('step2ck', None)
    """
    one, *others = (_exam_of_number(number) for number in (case.score, case.range_low, case.range_floor))
    return one if all(other == one for other in others) else None


def exam_of_range(case: Case) -> ExamRow:
    """Tell which exam the bottom of the program's range is in, whatever the other two numbers are in.

    Args:
        case: The case.

    Returns:
        The row of data/exams.csv.

    Source:
        As `exam_of`.

    Examples:
        >>> exam_of_range(Case(score=520)).exam, exam_of_range(Case(range_low=400)).exam
        ('step2ck', 'level2')
    """
    return _exam_of_number(case.range_low)


def _exam_of_number(number: int) -> ExamRow:
    step2ck, level2 = load_exams()
    return level2 if number > _step2_top() else step2ck


@functools.cache
def _step2_top() -> int:
    return int({fact.id: fact.value for fact in load_facts()}["scores.step2_scale_high"])
