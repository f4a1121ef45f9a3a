"""What the NRMP's rule says about a contact, as HTML: always in its own box, next to the verdict and never part of it."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Final

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.page.components import unfolding
from backchannel_lib.page.html import Markup, join, tag, unbroken_times

SIGNS: Final = {"not_allowed": "✕", "ask_first": "?", "allowed": "✓"}
ANSWERS: Final = tuple(SIGNS)
INVENTED: Final = ("allowed",)  # what to do for the other answers depends on today's date


@functools.lru_cache(maxsize=64)
def rule_label(check: RulesCheck, until: str = "") -> Markup:
    """Return the rule's answer with its sign and what it's about, and below it when the answer changes.

    Args:
        check: The answer, about the case's phase.
        until: If the answer is about one moment instead, the moment at which it changes, in words.

    Examples:
        >>> rule_label(rules_check(Case())).count("✕")
        1
        >>> "until Thursday, then allowed" in rule_label(rules_check(Case()), "Thursday")
        True
    """
    sign = tag("span", SIGNS[check.answer], aria_hidden="true")
    ends = check.ends(until)
    answer = text(f"soap_now.{check.answer}") if until else check.headline
    return join(
        tag("p", sign, " ", answer, class_="bw-rule-answer", data_answer=check.answer),
        tag("p", unbroken_times(ends), class_="bw-rule-ends") if ends else None,
    )


def rule_answer(
    check: RulesCheck,
    *,
    until: str = "",
    next_for: Collection[str] = ANSWERS,
    reason: str = "",
    more: object = None,
    source: str = "",
) -> Markup:
    """Return the rule's answer with its reason, the next step and the source.

    Args:
        check: The answer.
        until: As in `rule_label`.
        next_for: The answers that come with what a reader can do now. `INVENTED` is for a case that isn't the reader's own,
            whose time isn't today.
        reason: The reason, if it isn't the answer's own.
        more: What else there is to say about this answer.
        source: The sources, if they aren't only the answer's own.

    Examples:
        >>> "Not allowed" in rule_answer(rules_check(Case()))
        True
    """
    why = tag("p", reason or check.short_reason)
    now = tag("p", check.next_step, class_="bw-next") if check.answer in next_for else None
    # What is allowed at another time may not be allowed today, so that comes first.
    return join(
        rule_label(check, until),
        [now, why] if check.answer == "allowed" else [why, now],
        more,
        tag("p", check.note, class_="bw-small"),
        unfolding("rules", text("rules.source"), tag("p", source or check.source), class_="bw-basis"),
    )


def rule_line(case: Case) -> Markup:
    """Return the rule's answer in one line, to go below a verdict that can hide the rule's own box.

    Examples:
        >>> "Not allowed" in rule_line(Case())
        True
    """
    check = rules_check(case)
    return join(text("rules.title"), ": ", tag("b", check.label, data_answer=check.answer))
