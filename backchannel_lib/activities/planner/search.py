"""The optimization behind a plan: a few people, a few programs each, no program twice, and the largest total gain."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]  # indexes of a person and a program


def best_choice(
    gains: Mapping[Pair, int], shortfall: int, *, most_people: int, enough_programs: int, most_programs: int
) -> dict[int, int]:
    """Return the assignment with the largest total gain; ties go to lower indexes.

    The search tries groups of people, the most promising first, until no remaining group can do better.

    Args:
        gains: The gain of each possible pair, 1 or more; all other pairs are impossible.
        shortfall: The cost of each program short of ``enough_programs``, for people with at least one program; 0 or more.
        most_people: The largest number of people.
        enough_programs: The number of programs each person should have.
        most_programs: The largest number of programs per person.

    Returns:
        The person for each assigned program.

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
    # An upper bound for a group: every program goes to the person who gains most from it.
    bounds = {
        group: sum(heapq.nlargest(room, (max(gains.get((person, program), 0) for person in group) for program in programs)))
        for group in itertools.combinations(sorted(offers), size)
    }
    best, chosen = 0, dict[int, int]()
    for group in sorted(bounds, key=lambda group: (-bounds[group], group)):
        if bounds[group] <= best:
            break
        # At least one of a person's `room` best programs is always free, so worse ones don't matter.
        worth_trying = sorted({program for person in group for program in offers[person][:room]})
        for counts, (total, owners) in _shared_out(group, worth_trying, gains, most_programs).items():
            net = total - shortfall * sum(enough_programs - count for count in counts if 0 < count < enough_programs)
            if net > best:
                best, chosen = net, dict(owners)
    return chosen


def _shared_out(
    group: Sequence[int], programs: Iterable[int], gains: Mapping[Pair, int], most: int
) -> dict[tuple[int, ...], tuple[int, tuple[Pair, ...]]]:
    """For each tuple of program counts, return the group's largest total gain and the pairs behind it.

    Programs are added one at a time, keeping only the best assignment for each tuple of counts.
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
