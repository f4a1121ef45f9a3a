"""In a notebook the workshop's plan and round stay in step, as they do in front of a room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backchannel_lib import open_activity
from backchannel_lib.activities.saved_answers import FOLDER
from backchannel_lib.notebook import widget
from backchannel_lib.notebook.widget import ActivityView
from backchannel_lib.workshop.run_plan.model import vignettes_of
from backchannel_lib.workshop.stage import stage_parts

FIRST, SECOND = list(vignettes_of("standard", 1).values())[:2]


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, Any]]:
    """A notebook with nothing open yet, and the messages that its widgets send."""
    told: list[tuple[str, Any]] = []
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setattr(widget, "_workshop", {})
    monkeypatch.setattr(ActivityView, "send", lambda view, content, _=None: told.append((view.activity.key, content)))
    return told


def opened(name: str) -> ActivityView:
    """Run a cell that opens a part, with a page that says hello."""
    view = open_activity(name)
    act(view, "hello")
    return view


def act(view: ActivityView, kind: str, **more: Any) -> None:
    """Press a button on a widget's page."""
    view._receive(view, {"type": kind, "view": "v", **more}, [])


def test_the_plan_moves_the_round_and_the_round_the_plan(sent: list[tuple[str, Any]]) -> None:
    plan, play = opened("run_plan"), opened("round")
    act(plan, "start")
    sent.clear()
    act(plan, "next")
    assert play.activity.state.vignette == FIRST
    assert {part for part, _ in sent} == {"run_plan", "round"}, "both pages are told"
    place = plan.activity.state["at"]
    sent.clear()
    while play.activity.state.vignette == FIRST:
        act(play, "next")
    assert play.activity.state.vignette == SECOND
    assert plan.activity.state["at"] == place + 1
    assert {part for part, _ in sent} == {"run_plan", "round"}
    assert plan.value["at"] == place + 1, "Python sees it too"


def test_a_cell_that_is_run_again_is_connected_and_the_one_before_is_not() -> None:
    plan, before = opened("run_plan"), opened("round")
    act(plan, "start")
    act(plan, "next")
    again = opened("round")
    assert again.activity.state.vignette == FIRST, "it goes on where the round was"
    act(plan, "next")
    assert again.activity.state.vignette == SECOND
    assert before.activity.state.vignette == FIRST
    assert before.session is None


def test_a_part_works_alone_and_other_widgets_are_never_connected() -> None:
    alone = opened("round")
    assert alone.session is None
    act(alone, "next")
    assert alone.activity.state.vignette == FIRST
    assert [opened(name).session for name in ("own_cases", "own_scenes", "own_questions")] == [None] * 3
    assert opened("workshop_questions").session is None


def test_whatever_order_the_cells_are_run_in_every_part_is_in_one_session() -> None:
    for order in (stage_parts(), stage_parts()[::-1]):
        views = [opened(name) for name in order]
        assert len({id(view.session) for view in views}) == 1
        assert views[0].session is not None
        assert set(views[0].session.parts) == set(order)
