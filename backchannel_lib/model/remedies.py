"""Find what would change a verdict: the smallest sets of acts that raise it, who can do them, and what the rule says."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, overload

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.rich_display import RichDisplay
from backchannel_lib.base.texts import text
from backchannel_lib.model.calendar import eastern
from backchannel_lib.model.case import Case, case_from
from backchannel_lib.model.conditions import names_in
from backchannel_lib.model.rules import rows_that_hold, rule_book
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import ANSWERS, WHO, RemedyRow, load_remedies
from backchannel_lib.model.verdict import Verdict, judge

MOST_ACTS: Final = 4  # a longer list wouldn't answer "what would change it" anymore


@dataclass(frozen=True)
class Change:
    """A set of acts that raises the verdict.

    Args:
        remedies: The acts, by their ids in data/remedies.csv.
        case: The case after the acts.
        verdict: The verdict after the acts.
        stages: The stages that limited the verdict.
        who: Who can do it, one of ``WHO``; if it takes several people, the one who is hardest to reach.
        claims: Ids of the article's claims behind the acts.
        assumptions: Ids of our assumptions behind the acts.
        rules: What the NRMP rule says about the contact after the acts.

    Source:
        data/remedies.csv.

    Examples:
        >>> change = what_would_change(Case(scripted=True, recommender="trusted_peer", specifics=True))[0]
        >>> change.remedies, change.verdict.name, change.who
        (('own_words',), 'PHONE_INTERVIEW', 'student_now')
    """

    remedies: tuple[str, ...]
    case: Case
    verdict: Verdict
    stages: tuple[str, ...]
    who: str
    claims: tuple[str, ...]
    assumptions: tuple[str, ...]
    rules: RulesCheck

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each act as a sentence for a reader."""
        return tuple(text(f"remedy.{remedy}") for remedy in self.remedies)

    @property
    def when(self) -> str:
        """When the acts are possible, in a few words; anything that the rule forbids waits until SOAP ends."""
        if self.rules.answer != "allowed":
            return text("when.after_soap" if self.rules.answer == "not_allowed" else "when.ask")
        return text("when.year" if self.who == "year_of_work" else "when.now")

    @property
    def within_reach(self) -> bool:
        """Whether anyone can do it."""
        return self.who != "nobody"


class Changes(RichDisplay, Sequence[Change]):
    """The changes that would raise a verdict, starting with those that are allowed and within reach.

    Args:
        changes: The changes in order.
        verdict: The verdict without them.

    Source:
        data/remedies.csv.

    Examples:
        >>> what_would_change(Case(professionalism_issue=True, recommender="trusted_peer", specifics=True)).within_reach
        False
    """

    def __init__(self, changes: tuple[Change, ...], verdict: Verdict) -> None:
        self._changes = changes
        self.verdict = verdict

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Change, ...]: ...
    def __getitem__(self, index: int | slice) -> Change | tuple[Change, ...]:
        return self._changes[index]

    def __len__(self) -> int:
        return len(self._changes)

    @property
    def within_reach(self) -> bool:
        """Whether anyone can do any of them."""
        return any(change.within_reach for change in self._changes)

    @property
    def sentence(self) -> str:
        """What to expect from the changes, as a sentence for a reader."""
        if self.verdict == max(Verdict):
            return text("changes.at_the_top")
        if not self.within_reach:
            return text("changes.out_of_reach_high" if self.verdict >= Verdict.FILE_READ else "changes.out_of_reach_low")
        if all(change.rules.answer == "not_allowed" for change in self._changes if change.within_reach):
            return text("changes.none_allowed_yet")
        return text("changes.some")


def what_would_change(
    case: Case | None = None,
    when: datetime | None = None,
    reading: str | None = None,
    most_acts: int = MOST_ACTS,
    **fields: object,
) -> Changes:
    """Find the smallest sets of acts that raise a case's verdict.

    No part of a smallest set raises the verdict by itself. Scripting the recommender is never suggested.

    Args:
        case: The case.
        when: The moment of the contact, for the rules check, as in `rules_check`.
        reading: Name of a reading, or None for the defaults.
        most_acts: Largest number of acts in a set, 1 to 4.
        **fields: Fields that differ from the defaults, instead of ``case``; see `Case.replace`.

    Returns:
        The changes: first those that the rule allows and someone can make, then fewer acts, then better verdicts. Changes that
        nobody can make come last. Empty if the verdict is already the highest or nothing raises it.

    Raises:
        CaseError: As in `judge`; or ``when`` is not a date with a time; or ``most_acts`` is out of range.

    Source:
        data/remedies.csv, each row with its claims.

    Examples:
        >>> changes = what_would_change(recommender="trusted_peer")
        >>> [(change.remedies, change.verdict.name) for change in changes if change.within_reach]
        [(('give_specifics',), 'PHONE_INTERVIEW')]
    """
    case = case_from(case, fields)
    judgment = judge(case, reading)
    if when is not None:
        eastern(when)  # check it here, because without changes the rules check isn't called
    if isinstance(most_acts, bool) or not isinstance(most_acts, int) or not 1 <= most_acts <= MOST_ACTS:
        raise CaseError("most_acts", "range", most_acts, low=1, high=MOST_ACTS)
    book = rule_book(reading)
    start = judgment.outcome.verdict
    relevant = _fields_of(reading, judgment.binding)
    offered = [(row, changed) for row, changed in _applicable(case) if not relevant.isdisjoint(changed)]
    found: list[Change] = []
    done: list[frozenset[str]] = []
    for size in range(1, most_acts + 1):
        for combination in itertools.combinations(offered, size):
            remedies = frozenset(row.remedy for row, _ in combination)
            if any(smaller <= remedies for smaller in done):
                continue
            joined = _merge([changed for _, changed in combination])
            if joined is None:
                continue
            changed_case = case.replace(**joined)
            if book.outcome(changed_case).verdict > start:
                done.append(remedies)
                found.append(_change(case, changed_case, [row for row, _ in combination], judgment.binding, when, reading))
    return Changes(tuple(sorted(found, key=order_of)), judgment.verdict)


def order_of(change: Change) -> tuple[object, ...]:
    """Return the sort key of a change; changes that are allowed and within reach come first.

    Examples:
        >>> changes = what_would_change(Case())
        >>> list(changes) == sorted(changes, key=order_of)
        True
    """
    return (
        change.who == "nobody",
        -ANSWERS.index(change.rules.answer),
        len(change.remedies),
        WHO.index(change.who),
        -change.verdict,
    )


@functools.cache
def fields_set_by(remedies: tuple[str, ...]) -> frozenset[str]:
    """Return the fields that some acts set, even to the value that they already have.

    Examples:
        >>> sorted(fields_set_by(("give_specifics", "ask_trusted_peer")))
        ['recommender', 'specifics', 'track_record']
    """
    return frozenset(field for row in load_remedies() if row.remedy in remedies for field, _ in row.overrides)


def _change(
    before: Case,
    after: Case,
    rows: list[RemedyRow],
    binding: tuple[str, ...],
    when: datetime | None,
    reading: str | None,
) -> Change:
    return Change(
        remedies=tuple(row.remedy for row in rows),
        case=after,
        verdict=judge(after, reading).verdict,
        stages=binding,
        who=max((row.who for row in rows), key=WHO.index),
        claims=tuple(dict.fromkeys(claim for row in rows for claim in row.claims)),
        assumptions=tuple(dict.fromkeys(row.assumption for row in rows if row.assumption)),
        # If an act moves the contact to another phase, the given moment no longer applies.
        rules=rules_check(after, when if after.phase == before.phase else None),
    )


def _merge(changes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Merge the settings of several acts; None if two of them set a field differently."""
    joined: dict[str, Any] = {}
    for change in changes:
        for field, value in change.items():
            if joined.setdefault(field, value) != value:
                return None
    return joined


def _applicable(case: Case) -> list[tuple[RemedyRow, dict[str, Any]]]:
    return [(row, {field: _value(case, field, text) for field, text in row.overrides}) for row in _row_finder()(case)]


def _value(case: Case, field: str, text: str) -> Any:
    if text in Case.fields():
        return getattr(case, text)
    return None if text == "none" else Case.fields()[field].read(text)


@functools.cache
def _row_finder() -> Callable[[Any], list[RemedyRow]]:
    return rows_that_hold(load_remedies(), "remedies.csv")


@functools.cache
def _fields_of(reading: str | None, stages: tuple[str, ...]) -> frozenset[str]:
    """Return the fields that the rules of these stages use."""
    book = rule_book(reading)
    return frozenset(
        name
        for rule, tree in zip(book.rules, book.trees, strict=True)
        if tree is not None and rule.stage in stages
        for name in names_in(tree)
    )
