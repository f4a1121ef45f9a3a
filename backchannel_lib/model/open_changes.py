"""Find what would change a verdict while some fields are unknown, and every verdict each change leaves possible."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from backchannel_lib.model.case import Case
from backchannel_lib.model.possible import Possible, check_unknown, possible, replace_known, worst_and_best
from backchannel_lib.model.remedies import Change, Changes, fields_set_by, order_of, what_would_change


class OpenChange(NamedTuple):
    """A change to a case with unknown fields.

    Args:
        change: The change; its case is the one afterward, and its verdict is the lowest one possible then.
        unknown: The fields that are still unknown afterward.
        found: What is possible afterward.
    """

    change: Change
    unknown: tuple[str, ...]
    found: Possible


class OpenChanges(NamedTuple):
    """The changes, the most useful first, and a sentence on what to expect from them."""

    changes: tuple[OpenChange, ...]
    sentence: str


def open_changes(case: Case, unknown: Collection[str] = (), reading: str | None = None) -> OpenChanges:
    """Return changes that raise the lowest or the highest possible verdict and lower neither.

    The candidates are the smallest changes for the worst and the best possible case, without those that a smaller one matches.

    Args:
        case: The case.
        unknown: Its unknown fields; some changes, such as choosing another program, make a field known.
        reading: Name of a reading, or None for the defaults.

    Raises:
        CaseError: As in `possible`.

    Source:
        data/remedies.csv.

    Examples:
        >>> found = open_changes(Case(recommender="trusted_peer"), ["lists_open"])
        >>> [(one.change.remedies, one.found.lowest.name, one.found.highest.name) for one in found.changes][:1]
        [(('give_specifics', 'start_a_year_early'), 'PHONE_INTERVIEW', 'PHONE_INTERVIEW')]
    """
    names = check_unknown(unknown)
    now = possible(case, names, reading)
    sets: dict[tuple[str, ...], OpenChange] = {}
    for one in dict.fromkeys(worst_and_best(case, names, reading)):
        for change in what_would_change(one, reading=reading):
            chosen = fields_set_by(change.remedies)
            changed = {
                name: value for name, value in change.case.__dict__.items() if name in chosen or value != getattr(one, name)
            }
            left = tuple(name for name in names if name not in changed)
            after = replace_known(case, names, **changed)
            found = possible(after, left, reading)
            higher = found.lowest > now.lowest or found.highest > now.highest
            if higher and found.lowest >= now.lowest and found.highest >= now.highest:
                made = replace(change, case=after, verdict=found.lowest)
                sets.setdefault(change.remedies, OpenChange(made, left, found))
    worth_it = [one for one in sets.values() if not any(_does_as_much(part, one) for part in sets.values())]
    ordered = tuple(sorted(worth_it, key=lambda one: (order_of(one.change), -one.found.highest)))
    return OpenChanges(ordered, Changes(tuple(one.change for one in ordered), now.lowest).sentence)


def _does_as_much(part: OpenChange, whole: OpenChange) -> bool:
    """Return whether part of a change achieves as much as all of it, at worst and at best."""
    return (
        set(part.change.remedies) < set(whole.change.remedies)
        and part.found.lowest >= whole.found.lowest
        and part.found.highest >= whole.found.highest
    )
