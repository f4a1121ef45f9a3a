"""Show what is most worth finding out about a program, as HTML."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

from backchannel_lib.base.texts import text
from backchannel_lib.model.open_judgment import Answer, OpenJudgment
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.components import bullets
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.verdict_html import verdicts_label

#: The highest score on any exam. For a reader, a range that reaches it has no upper end.
HIGHEST_SCORE: Final = 999


def worth_asking(judgment: OpenJudgment) -> Markup:
    """Return the question whose answer narrows the verdict most, the verdicts that each answer leaves, and the other questions.

    Examples:
        >>> from backchannel_lib import Case, judge_open
        >>> case = Case(failed_attempts=1, recommender="trusted_peer", specifics=True, addresses_flag=True)
        >>> "failed attempt?" in worth_asking(judge_open(case, ["interviews_failures"]))
        True
    """
    if not judgment.worth_asking:
        return tag("p", text("find_out.nothing"))
    first, *others = judgment.worth_asking
    answers = [
        text("find_out.answer", answer=answer, verdict=verdicts_label(left))
        for answer, left in answers_in_words(first, judgment.worth_asking[first], judgment.known.offers)
    ]
    return join(
        tag("p", text("find_out.lead")),
        tag("p", text(f"ask.{first}"), class_="bw-act"),
        bullets(answers),
        tag("p", text("find_out.then", questions=" ".join(text(f"ask.{field}") for field in others))) if others else None,
    )


def answers_in_words(
    field: str, leaves: Mapping[Answer, frozenset[Verdict]], offers: frozenset[str]
) -> Iterator[tuple[str, frozenset[Verdict]]]:
    """Pair each answer about a field, in words, with the verdicts that it leaves, and group answers that leave the same ones.

    Examples:
        >>> leaves = {None: frozenset({Verdict.SKIMMED}), 3: frozenset({Verdict.MAYBE})}
        >>> [answer for answer, _ in answers_in_words("track_record", leaves, frozenset())]
        ['none yet', '3 of 3']
    """
    if field == "needs":
        for met in (True, False):
            left = [verdicts for need, verdicts in leaves.items() if isinstance(need, frozenset) and bool(need & offers) is met]
            if left:
                yield text("find_out.needs_met" if met else "find_out.needs_unmet"), frozenset().union(*left)
        return
    answers = [(_answer_in_words(field, answer), left) for answer, left in leaves.items()]
    for left, run in itertools.groupby(answers, key=lambda pair: pair[1]):
        yield ", ".join(words for words, _ in run), left


def _answer_in_words(field: str, answer: Answer) -> str:
    if isinstance(answer, range):
        low, high = answer.start, answer.stop - 1
        if low <= 1:
            return text(f"find_out.{field}.up_to", high=high)
        open_ended = high >= HIGHEST_SCORE
        return text(f"find_out.{field}.from", low=low) if open_ended else text(f"find_out.{field}.from_to", low=low, high=high)
    if isinstance(answer, bool):
        return text("panel.yes" if answer else "panel.no")
    return text("panel.none_yet") if answer is None else text("panel.of_three", count=answer)
