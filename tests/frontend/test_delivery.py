"""The real store and the real Python side, connected by a network that loses, duplicates and delays messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import make_activity
from tests.helpers.delivery import LOSSES, VIEWS, Stores, World, check_delivery, lose, moves, plays, tally


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    stores = Stores()
    yield stores
    stores.close()


MAKERS: dict[str, Callable[[], Activity[Any]]] = {
    "tally": tally,
    "forms": lambda: make_activity("forms"),
    "case": CaseActivity,
}


@pytest.mark.parametrize("kind", [pytest.param("case", marks=pytest.mark.slow), "forms", "tally"])
def test_whatever_the_network_does_no_view_shows_a_mixture_and_one_action_corrects_all_views(stores: Stores, kind: str) -> None:
    """A view always shows a state that was correct after some answer. After the next action that arrives, it's up to date."""

    # Shrinking would take minutes.
    @settings(max_examples=max(3, settings().max_examples // (20 if kind == "case" else 1)), phases=[Phase.generate])
    @given(play=plays())
    def holds(play: tuple[bool, list[tuple[Any, ...]]]) -> None:
        check_delivery(World(stores, MAKERS[kind]()), *play)

    holds()


@given(steps=moves())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("how", LOSSES)
def test_an_action_whose_answer_is_lost_is_shown_correctly_or_reported_as_unanswered(
    stores: Stores, how: str, steps: list[tuple[Any, ...]]
) -> None:
    """After any single loss, a view either matches Python or says that an answer is missing."""
    lose(World(stores, tally()), how, steps)


def test_two_views_and_one_save_make_one_file(stores: Stores) -> None:
    """A file goes to the view that requested it, even if that view then asks for everything again."""
    world = World(stores, tally())
    world.settle()
    world.do("press", "two", action="save")
    world.settle()
    assert world.files == {"one": 0, "two": 1}
    world.handle({"type": "refresh"})
    for view in VIEWS:
        del world.down[view][0]
    world.do("press", "two", action="save")
    world.settle()
    assert world.files == {"one": 0, "two": 2}
    world.check()
