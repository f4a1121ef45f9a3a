"""The choice behind a plan, as numbers: a few people, a few programs each, no program twice, and the largest sum."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]  # a person and a program, by their numbers


def best_choice(
    gains: Mapping[Pair, int], shortfall: int, *, most_people: int, enough_programs: int, most_programs: int
) -> dict[int, int]:
    """Return the assignment with the largest sum of gains; among equal ones, lower numbers come first.

    Every group of people is tried, the most promising first, until no group that is left can do better.

    Args:
        gains: What each possible pair adds, 1 or more; other pairs are not possible.
        shortfall: What each program short of ``enough_programs`` costs a person who has at least one; 0 or more.
        most_people: How many people may be asked.
        enough_programs: How many programs a person should have.
        most_programs: How many programs a person may have.

    Returns:
        The person of each program that has one.

    Examples:
        >>> limits = {"enough_programs": 0, "most_programs": 5}
        >>> best_choice({(0, 0): 3, (0, 1): 3, (1, 0): 4}, 0, most_people=2, **limits) == {0: 1, 1: 0}
        True
        >>> best_choice({(0, 0): 3, (0, 1): 3, (1, 0): 4}, 0, most_people=1, **limits)
        {0: 0, 1: 0}
    """
    offers: dict[int, list[int]] = {}  # each person's programs, best first
    for person, program in sorted(gains, key=lambda pair: (-gains[pair], pair)):
        offers.setdefault(person, []).append(program)
    size = min(most_people, len(offers))
    room = size * most_programs
    programs = {program for _, program in gains}
    # No group gains more than it would if each program went to the one who gains most from it.
    bounds = {
        group: sum(heapq.nlargest(room, (max(gains.get((person, program), 0) for person in group) for program in programs)))
        for group in itertools.combinations(sorted(offers), size)
    }
    best, chosen = 0, dict[int, int]()
    for group in sorted(bounds, key=lambda group: (-bounds[group], group)):
        if bounds[group] <= best:
            break
        # Of each person's `room` best programs one is always free, so the others need not be looked at.
        worth_trying = sorted({program for person in group for program in offers[person][:room]})
        for counts, (total, owners) in _shared_out(group, worth_trying, gains, most_programs).items():
            net = total - shortfall * sum(enough_programs - count for count in counts if 0 < count < enough_programs)
            if net > best:
                best, chosen = net, dict(owners)
    return chosen


def _shared_out(
    group: Sequence[int], programs: Iterable[int], gains: Mapping[Pair, int], most: int
) -> dict[tuple[int, ...], tuple[int, tuple[Pair, ...]]]:
    """Return, for every number of programs that each of a group can have, the largest sum and who then has which program.

    It goes program by program: of all ways that give everyone the same number of programs, only the best goes on.
    """
    reached: dict[tuple[int, ...], tuple[int, tuple[Pair, ...]]] = {(0,) * len(group): (0, ())}
    for program in programs:
        for counts, (total, owners) in tuple(reached.items()):
            for place, person in enumerate(group):
                if (person, program) in gains and counts[place] < most:
                    more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
                    gained = total + gains[person, program]
                    if more not in reached or gained > reached[more][0]:
                        reached[more] = gained, (*owners, (program, person))
    return reached
