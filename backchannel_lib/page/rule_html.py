"""What the NRMP's rule says about a contact, as HTML: always in its own box, next to the verdict and never part of it."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Final

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.page.html import Markup, join, tag

SIGNS: Final = {"not_allowed": "✕", "ask_first": "?", "allowed": "✓"}
ANSWERS: Final = tuple(SIGNS)
INVENTED: Final = ("allowed",)  # what to do for the other answers depends on today's date


@functools.lru_cache(maxsize=64)
def rule_label(check: RulesCheck, until: str = "") -> Markup:
    """Return the rule's answer in a few words, with its sign.

    Args:
        check: The answer.
        until: The moment at which it changes, in words; blank to go by the case's phase.

    Examples:
        >>> rule_label(rules_check(Case())).count("✕")
        1
    """
    sign = tag("span", SIGNS[check.answer], aria_hidden="true")
    return tag(
        "p", sign, " ", check.label_until(until) if until else check.label, class_="bw-rule-answer", data_answer=check.answer
    )


def rule_answer(check: RulesCheck, *, next_for: Collection[str] = ANSWERS) -> Markup:
    """Return the rule's answer with its reason, the next step and the source.

    Args:
        check: The answer.
        next_for: The answers that come with what a reader can do now; `INVENTED` for a made-up case, whose time isn't today.

    Examples:
        >>> "Not allowed" in rule_answer(rules_check(Case()))
        True
    """
    return join(
        rule_label(check),
        tag("p", check.reason),
        tag("p", check.next_step, class_="bw-next") if check.answer in next_for else None,
        tag("p", check.note, class_="bw-small"),
        tag("details", tag("summary", text("rules.source")), tag("p", check.source), class_="bw-basis", data_details="rules"),
    )


def rule_line(case: Case) -> Markup:
    """Return the rule's answer in one line, to go below a verdict that can hide the rule's own box.

    Examples:
        >>> "Not allowed" in rule_line(Case())
        True
    """
    check = rules_check(case)
    return join(text("rules.title"), ": ", tag("b", check.label, data_answer=check.answer))


def rule_box(fragment: str, body: str) -> Markup:
    """Put a fragment of an activity's page into the rule's box, below a level-3 heading.

    Args:
        fragment: The fragment's name.
        body: Its content, as HTML.

    Examples:
        >>> 'data-fragment="rules"' in rule_box("rules", "Ask first.")
        True
    """
    return tag(
        "section",
        tag("h3", text("rules.title")),
        tag("p", text("rules.voice"), class_="bw-voice"),
        tag("div", Markup(body), data_fragment=fragment),
        class_="bw-rule",
    )
