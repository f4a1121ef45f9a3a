"""The search on plain numbers: nothing within the limits is better than what it finds."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib.activities.planner.search import best_choice

GAINS = st.integers(1, 5).flatmap(
    lambda people: st.integers(1, 5).flatmap(
        lambda programs: st.lists(
            st.lists(st.none() | st.integers(1, 12), min_size=programs, max_size=programs), min_size=people, max_size=people
        )
    )
)


def total(gains: list[list[int | None]], owner: dict[int, int], few: int, enough: int) -> int:
    """Add up an assignment's gains."""
    number = [sum(one == p for one in owner.values()) for p in set(owner.values())]
    return sum(gains[p][q] or 0 for q, p in owner.items()) - few * sum(max(0, enough - count) for count in number)


def pairs(gains: list[list[int | None]]) -> dict[tuple[int, int], int]:
    """Return a table of gains in the form that `best_choice` takes."""
    return {(p, q): gain for p, row in enumerate(gains) for q, gain in enumerate(row) if gain is not None}


@pytest.mark.slow
@settings(max_examples=300)
@given(GAINS, st.integers(0, 9), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3))
def test_no_assignment_is_better_than_the_chosen_one(
    gains: list[list[int | None]], few: int, most_people: int, enough: int, most_programs: int
) -> None:
    """This uses limits that are tight enough to matter."""
    enough = min(enough, most_programs)
    able = [[None, *(p for p in range(len(gains)) if gains[p][q] is not None)] for q in range(len(gains[0]))]
    best = 0
    for choice in itertools.product(*able):
        owner = {q: p for q, p in enumerate(choice) if p is not None}
        asked = list(owner.values())
        if len(set(asked)) <= most_people and all(asked.count(p) <= most_programs for p in asked):
            best = max(best, total(gains, owner, few, enough))
    found = best_choice(pairs(gains), few, most_people=most_people, enough_programs=enough, most_programs=most_programs)
    assert total(gains, found, few, enough) == best
    asked = list(found.values())
    assert len(set(asked)) <= most_people
    assert all(asked.count(p) <= most_programs for p in asked)


def best_by_counting(gains: list[list[int | None]], few: int) -> int:
    """Find the best total at the real limits another way: program by program, by how many each person has."""
    best = 0
    for group in itertools.combinations(range(len(gains)), min(3, len(gains))):
        reached = {(0,) * len(group): 0}
        for q in range(len(gains[0])):
            after = dict(reached)
            for counts, value in reached.items():
                for place, p in enumerate(group):
                    gain = gains[p][q]
                    if gain is not None and counts[place] < 5:
                        more = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
                        after[more] = max(after.get(more, 0), value + gain)
            reached = after
        for counts, value in reached.items():
            best = max(best, value - few * sum(3 - count for count in counts if 0 < count < 3))
    return best


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(3, 5), st.integers(9, 18), st.sampled_from((0, 3, 60)))
def test_no_assignment_is_better_at_the_real_limits_either(chance: Any, people: int, programs: int, few: int) -> None:
    """With more programs than fit in a plan, its total is what exhaustive counting finds."""
    gains: list[list[int | None]] = [
        [chance.choice((None, chance.randint(1, 9), chance.randint(50, 59))) for _ in range(programs)] for _ in range(people)
    ]
    found = best_choice(pairs(gains), few, most_people=3, enough_programs=3, most_programs=5)
    assert total(gains, found, few, 3) == best_by_counting(gains, few)
