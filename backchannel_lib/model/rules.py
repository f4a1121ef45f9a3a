"""The rules: the tables in ``data/`` combined under one reading.

The rules themselves are in ``data/rules.csv`` and ``data/conditions.csv``. Nothing else in the library decides how a field
affects a verdict.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from backchannel_lib.base.errors import known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import TableError
from backchannel_lib.model.case import Case
from backchannel_lib.model.conditions import parse, scalar_function
from backchannel_lib.model.tables import (
    STAGES,
    RuleRow,
    load_conditions,
    load_reading_changes,
    load_readings,
    load_rules,
    load_stages,
    load_verdicts,
)

Row = TypeVar("Row")


class Outcome(NamedTuple):
    """The rules' result for a case, in numbers.

    Args:
        caps: The best rank, 0 to 8, that each stage still allows, in the order of ``STAGES``.
        verdict: The lowest of them.
        rows: For each stage, the rules that set its cap, in the order of the table.
    """

    caps: tuple[int, ...]
    verdict: int
    rows: tuple[tuple[RuleRow, ...], ...]


@dataclass(frozen=True)
class RuleBook:
    """The rules under one reading.

    Args:
        rules: Every row, in the order of the table, with the verdict that it allows under this reading.
        trees: The parsed condition of each row; None for ``otherwise``.
        conditions: Every named condition, parsed.
        which: A function from a case to the rows whose conditions hold, as bits.
        highest: The stages that take the highest of the rows that hold.

    Examples:
        >>> rule_book(None).outcome(Case()).verdict
        2
    """

    rules: tuple[RuleRow, ...]
    trees: tuple[ast.expr | None, ...]
    conditions: dict[str, ast.expr]
    which: Callable[[Any], int]
    highest: frozenset[str]

    def outcome(self, case: Case) -> Outcome:
        """Judge one case.

        Examples:
            >>> rule_book(None).outcome(Case(recommender="trusted_peer", specifics=True)).caps
            (8, 8, 8, 8, 7)
        """
        return self.settled(self.which(case))

    def settled(self, held: int) -> Outcome:
        """Return the result of `settle`, cached for each combination of rows."""
        known = self._outcomes.get(held)
        if known is None:
            known = self._outcomes[held] = self.settle(held)
        return known

    @functools.cached_property
    def _outcomes(self) -> dict[int, Outcome]:
        # Cases differ in many fields but only a few combinations of rows occur, so we settle each one once.
        return {}

    def settle(self, held: int) -> Outcome:
        """Find each stage's cap from the rows whose conditions hold.

        Args:
            held: Bit ``i`` is set if the condition of row ``i`` holds.

        Raises:
            TableError: No row of a stage holds.

        Source:
            The tables. Letting the weakest link decide is our choice.

        Examples:
            >>> rule_book(None).settle(rule_book(None).which(Case())).caps[0]
            2
        """
        caps: list[int] = []
        rows: list[tuple[RuleRow, ...]] = []
        for stage in STAGES:
            holding = [rule for bit, rule in enumerate(self.rules) if rule.stage == stage and held >> bit & 1]
            if not holding:
                holding = [rule for rule in self.rules if rule.stage == stage and rule.condition == "otherwise"]
            if not holding:
                raise TableError("rules.csv", None, "stage", stage, "a rule that holds for every case in each stage")
            pick = max if stage in self.highest else min
            cap = pick(rank_of(rule.allows) for rule in holding)
            caps.append(cap)
            rows.append(tuple(rule for rule in holding if rank_of(rule.allows) == cap))
        return Outcome(tuple(caps), min(caps), tuple(rows))


@functools.cache
def _ranks() -> dict[str, int]:
    return {row.verdict: row.rank for row in load_verdicts()}


def rank_of(verdict: str) -> int:
    """Return a verdict's rank, 0 to 8, from its name in the tables.

    Source:
        data/verdicts.csv.

    Examples:
        >>> rank_of("maybe")
        6
    """
    return _ranks()[verdict]


@functools.cache
def _reading_names() -> tuple[str, ...]:
    return tuple(row.reading for row in load_readings())


def check_reading(reading: str | None) -> str | None:
    """Return the reading's name, or raise an error if no reading has it.

    Raises:
        CaseError: No reading has this name.

    Source:
        data/readings.csv.

    Examples:
        >>> check_reading("range_and_credible")
        'range_and_credible'
    """
    return None if reading is None else known_word("reading", reading, _reading_names())


@functools.cache
def rule_book(reading: str | None) -> RuleBook:
    """Combine the rules under one reading; repeated calls return the same object.

    Raises:
        CaseError: No reading has this name.
        TableError: A table has an error.

    Examples:
        >>> rule_book("vouch_is_enough") is rule_book("vouch_is_enough")
        True
    """
    check_reading(reading)
    changes = [row for row in load_reading_changes() if row.reading == reading]
    conditions = _conditions({row.target: row.to for row in changes if row.kind == "condition"})
    allows = {row.target: row.to for row in changes if row.kind == "allows"}
    for verdict in allows.values():
        if verdict not in _ranks():
            raise TableError("reading_changes.csv", None, "to", verdict, f"one of {suggestions(verdict, _ranks())}")
    table = load_rules()
    for target in allows:
        if target not in {rule.rule for rule in table}:
            raise TableError("reading_changes.csv", None, "target", target, "a rule's id")
    rules = tuple(rule._replace(allows=allows.get(rule.rule, rule.allows)) for rule in table)
    trees = tuple(None if rule.condition == "otherwise" else conditions[rule.condition] for rule in rules)
    never = ast.parse("False", mode="eval").body
    return RuleBook(
        rules=rules,
        trees=trees,
        conditions=conditions,
        which=scalar_function([never if tree is None else tree for tree in trees]),
        highest=frozenset(row.stage for row in load_stages() if row.counts == "highest"),
    )


def rows_that_hold(
    rows: Sequence[Row], file: str, *, column: str = "when", flags: Iterable[str] = ()
) -> Callable[[Any], list[Row]]:
    """Return a function from a case to the rows of a table whose conditions hold, in the order of the table.

    Args:
        rows: The rows.
        file: The table's file name.
        column: The column with the conditions.
        flags: More names that the conditions can use, as in `parse`; the case must then be an object with these attributes too.

    Raises:
        TableError: A condition has an error.

    Examples:
        >>> from backchannel_lib.model.tables import load_remedies
        >>> [row.remedy for row in rows_that_hold(load_remedies(), "remedies.csv")(Case(scripted=True))][:1]
        ['own_words']
    """
    conditions = rule_book(None).conditions
    trees = [
        parse(getattr(row, column), conditions, place=(file, number, column), flags=flags)
        for number, row in enumerate(rows, start=2)
    ]
    which = scalar_function(trees)

    def holding(case: Any) -> list[Row]:
        held = which(case)
        return [row for bit, row in enumerate(rows) if held >> bit & 1]

    return holding


def _conditions(instead: dict[str, str]) -> dict[str, ast.expr]:
    conditions: dict[str, ast.expr] = {}
    for number, row in enumerate(load_conditions(), start=2):
        text = instead.pop(row.condition, row.when)
        conditions[row.condition] = parse(text, conditions, place=("conditions.csv", number, "when"))
    for target in instead:
        raise TableError("reading_changes.csv", None, "target", target, f"one of {suggestions(target, conditions)}")
    return conditions
