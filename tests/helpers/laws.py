"""Laws that cells of the tables obey although no answer depends on them: each names what breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from backchannel_lib.activities.population.activity import HEADLINE
from backchannel_lib.activities.population.model import load_population_calls
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.tables import STAGES, load_assumptions, load_rules
from tests.helpers.cases import many_cases
from tests.helpers.tables import ROOT

_CASES: Final = many_cases(1000, seed=9)


def stages_that_count_highest_for_nothing() -> list[str]:
    """Return the stages that take the highest of their rules, although no two of them ever hold at once."""
    book = rule_book(None)
    held = {book.which(case) for case in _CASES}
    several = {
        stage
        for stage in STAGES
        if any(sum(rule.stage == stage and one >> bit & 1 for bit, rule in enumerate(book.rules)) > 1 for one in held)
    }
    return sorted(book.highest - several)


#: The assumptions whose numbers the library asks for by name.
_ASKED: Final = frozenset(
    name
    for path in (ROOT / "backchannel_lib").rglob("*.py")
    for call in re.findall(r"\bassumption\(([^()]*)\)", path.read_text(encoding="utf-8"))
    for name in re.findall(r'"(\w+)"', call)
)


def numbers_that_nothing_asks_for() -> list[str]:
    """Return our assumptions with a number that the library never asks for, and those without one that it does ask for."""
    asked = _ASKED | {f"share_{rule.rule}" for rule in load_rules() if rule.stage == "timing"}
    return sorted(row.assumption for row in load_assumptions() if (row.value is not None) != (row.assumption in asked))


def calls_with_another_reason() -> list[str]:
    """Return the simulated calls whose assumption isn't the one that is about such calls."""
    found = []
    for call in load_population_calls():
        case = dict(call.overrides)
        if call.name == HEADLINE["without"]:
            about = "no_contact_is_polite_email"
        elif case.get("addresses_flag") == "true":
            about = "explained_by_trusted_peer"
        elif case["move"] == "targeted_call":
            about = "specific_calls_by_each_caller"
        else:
            about = "who_makes_each_call"
        if call.assumption != about:
            found.append(call.name)
    return found


LAWS: Final[tuple[Callable[[], list[str]], ...]] = (
    stages_that_count_highest_for_nothing,
    numbers_that_nothing_asks_for,
    calls_with_another_reason,
)
