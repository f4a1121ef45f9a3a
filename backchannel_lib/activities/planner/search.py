"""The choice behind a plan, as numbers: a few people, a few programs each, no program twice, and the largest sum."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]  # a person and a program, by their numbers


def best_choice(
    gains: Mapping[Pair, int], shortfall: int, *, most_people: int, enough_programs: int, most_programs: int
) -> dict[int, int]:
    """Return the assignment with the largest sum of gains.

    Every group of people is tried, the most promising first, until no group that is left can do better.

    Args:
        gains: What each possible pair adds, 1 or more; other pairs are not possible.
        shortfall: What each program short of ``enough_programs`` costs a person of the group; 0 or more.
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
    for person, program in sorted(gains, key=gains.__getitem__, reverse=True):
        offers.setdefault(person, []).append(program)
    # What a person would add if nobody else wanted the same programs: no group can do better than the sum of these.
    alone = {
        person: sum(gains[person, program] for program in programs[:most_programs])
        - shortfall * max(0, enough_programs - len(programs))
        for person, programs in offers.items()
    }
    groups = [group for size in range(1, most_people + 1) for group in itertools.combinations(sorted(offers), size)]
    best, chosen = 0, dict[int, int]()
    for group in sorted(groups, key=lambda group: (-sum(map(alone.__getitem__, group)), group)):
        if sum(map(alone.__getitem__, group)) <= best:
            break
        total = -shortfall * enough_programs * len(group)
        owners: dict[int, int] = {}
        while True:
            count = Counter(owners.values())
            steps = [
                (gain + shortfall * (count[person] < enough_programs), -person, moves)
                for person, (gain, moves) in _one_more(group, gains, offers, owners).items()
                if count[person] < most_programs
            ]
            gain, _, moves = max(steps, key=lambda step: step[:2], default=(0, 0, {}))
            if gain <= 0:
                break
            total += gain
            owners |= moves
        if total > best:
            best, chosen = total, owners
    return chosen


def _one_more(
    group: Iterable[int], gains: Mapping[Pair, int], offers: Mapping[int, list[int]], owners: Mapping[int, int]
) -> dict[int, tuple[int, dict[int, int]]]:
    """Return for each person the best way to one program more, as what it gains and who then has which programs.

    The program is a free one, or one of somebody else in the group, who then finds another one in the same way. Growing an
    assignment by the best such step each time never misses the best assignment.
    """
    people = tuple(group)
    best = {}
    for person in people:
        free = next((program for program in offers[person] if program not in owners), None)
        if free is not None:
            best[person] = gains[person, free], {free: person}
    for _ in people[1:]:  # as many hand-overs as there are others
        for person, (program, owner) in itertools.product(people, owners.items()):
            if person != owner and owner in best and (person, program) in gains:
                gain = gains[person, program] - gains[owner, program] + best[owner][0]
                if person not in best or gain > best[person][0]:
                    best[person] = gain, {**best[owner][1], program: person}
    return best
