"""A notebook's outputs include a widget's answers to a page's messages, and show if one doesn't answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.delivery import Delivery
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.saved_answers import folder, save
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.notebook.widget import ActivityView, on_the_page


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder for saved files."""
    monkeypatch.setenv("BACKCHANNEL_WORK", str(tmp_path))


def tour(name: str) -> str:
    """Go through an activity with a page's messages, and return what the tour prints."""
    return on_the_page(make_activity(name))


@pytest.mark.parametrize("name", [row.activity for row in load_activities()])
def test_every_control_keeps_what_the_page_sets_and_every_button_answers(name: str) -> None:
    """This covers every activity in every chapter."""
    lines = tour(name)
    *_, last = lines.splitlines()
    if "Controls" in last:
        kept, moved = last.rstrip(".").partition(": ")[2].split(" of ")
        assert kept == moved
    assert "No answer." not in lines


@pytest.mark.parametrize("name", ["run_plan", "drill", "bets", "round", "room_questions"])
def test_what_a_reader_has_saved_is_neither_read_nor_written(name: str) -> None:
    """Running a whole chapter leaves a facilitator's plan, drill and session unchanged."""
    before = tour(name)
    assert [path.name for path in folder().glob("*")] == []
    save("run_plan", {"plan": "long", "step": "welcome", "minute": 3})
    save("bets", {"full_list": "maybe"})
    kept = {path.name: path.read_bytes() for path in folder().glob("*")}
    assert tour(name) == before
    assert {path.name: path.read_bytes() for path in folder().glob("*")} == kept


def test_controls_that_do_nothing_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Activity, "_set", lambda _self, _message: {})
    assert "sets: 0 of 5." in tour("forms")


def test_a_widget_that_gets_no_messages_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its controls and its buttons then do nothing."""
    monkeypatch.setattr(ActivityView, "_receive", lambda *_: None)
    assert "sets: 0 of 5." in tour("forms")
    assert "[Compare] No answer." in tour("forms")


def test_an_answer_to_another_message_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page waits for the answer with its own action's number."""
    whole = Delivery.stamp

    def stale(self: Delivery, answer: Any, message: Any) -> Any:
        return whole(self, answer, {**message, "seq": message["seq"] - 1} if "seq" in message else message)

    monkeypatch.setattr(Delivery, "stamp", stale)
    assert "[Compare] No answer." in tour("forms")


def test_an_action_that_fails_is_logged_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Readers get a calm notice. In a notebook, the log becomes an additional output."""

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Activity, "commit", fails)
    assert "sets: 0 of 5." in tour("forms")
    assert "set failed and was rolled back" in caplog.text


@pytest.mark.parametrize("name", ["week_clock", "quick_check", "planner"])
def test_the_page_tour_does_not_depend_on_the_clock(name: str) -> None:
    """This includes activities that mention the current time."""
    activity = make_activity(name)
    vars(activity)["clock"] = None  # raises an error if anything reads the time
    assert on_the_page(activity) == tour(name)
