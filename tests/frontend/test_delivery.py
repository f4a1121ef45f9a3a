"""The page's real store and the real Python side, with a network between them that loses, doubles and delays."""

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
    """What a view shows is always what was right after some answer; after the next action that arrives, it is right now."""

    # Without shrinking, which would take minutes here.
    @settings(max_examples=max(3, settings().max_examples // (20 if kind == "case" else 1)), phases=[Phase.generate])
    @given(play=plays())
    def holds(play: tuple[bool, list[tuple[Any, ...]]]) -> None:
        check_delivery(World(stores, MAKERS[kind]()), *play)

    holds()


@given(steps=moves())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("how", LOSSES)
def test_an_action_whose_answer_is_lost_is_shown_rightly_or_said_to_be_unanswered(
    stores: Stores, how: str, steps: list[tuple[Any, ...]]
) -> None:
    """No single loss leaves a view that shows something else than Python has, and says nothing."""
    lose(World(stores, tally()), how, steps)


def test_two_views_and_one_save_make_one_file(stores: Stores) -> None:
    """A file is for the view that asked for it, even if it asks for everything again."""
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
