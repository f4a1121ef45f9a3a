"""Answers saved in earlier chapters, whatever their files contain, are used or ignored, and nothing fails later.

`HYPOTHESIS_PROFILE=thorough` tries a thousand files for each kind of activity, and `HYPOTHESIS_PROFILE=fuzz` 20,000.
"""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import backchannel_lib.workshop  # noqa: F401 - adds the workshop's kinds
from backchannel_lib import Case
from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.bets import load_bets
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.scenes import Scenes
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.texts import text
from tests.helpers.saved_files import answers, files, folder_with, without_failure

CASE: dict[str, Any] = {**Case().to_record(), "score": 228, "needs": "local|track"}
BETS: dict[str, Any] = {row.bet: "maybe" for row in load_bets()}


def reads(name: str) -> bool:
    """Return whether an activity's module reads saved answers."""
    return hasattr(inspect.getmodule(type(make_activity(name))), "saved_answers")


def after(activity: Activity[Any]) -> list[dict[str, Any]]:
    """List the actions that load saved answers, and some more to try afterward."""
    buttons = [{"type": name, "value": value} for name in activity.actions() for value in ("", "own")]
    return [{"type": "hello"}, *buttons, {"type": "refresh"}, {"type": "undo"}]


#: One activity of each kind that reads saved answers. For scenes, it's one where readers enter their own case.
ROWS = sorted(load_activities(), key=lambda row: row.own)
READERS = ["case", *{row.kind: row.activity for row in ROWS if reads(row.activity)}.values()]


def test_several_kinds_of_activity_read_what_was_saved() -> None:
    kinds = {type(make_activity(name)).__name__ for name in READERS if name != "case"}
    assert kinds >= {"Bets", "BetsReturned", "Scenes", "PlannerActivity"}


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_any_saved_answers_are_used_or_ignored(name: str, data: st.DataObject) -> None:
    """With any content in the files, the page opens, each button answers, and the page can be drawn again."""
    activity: Activity[Any] = CaseActivity() if name == "case" else make_activity(name)
    contents = {"case.json": data.draw(files(CASE)), "bets.json": data.draw(files(BETS))}
    messages = [{"type": "hello"}, *data.draw(st.lists(st.sampled_from(after(activity)), min_size=1, max_size=6))]
    with folder_with(contents), without_failure():
        for message in messages:
            answers(activity, message)
        activity.page().encode()
        assert activity.text is not None


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_byte_order_mark_loses_no_saved_answers(start: str) -> None:
    """Some Windows editors add one."""
    with folder_with({"bets.json": f'{start}{{"one": 1}}'.encode()}):
        assert saved_answers.saved("bets") == {"one": 1}


@pytest.mark.parametrize("guess", [["maybe"], {}, None, 7, "no verdict"])
def test_an_invalid_saved_bet_is_ignored(guess: object) -> None:
    bets = list(BETS)
    with folder_with({"bets.json": json.dumps({bets[0]: guess, bets[1]: "maybe"}).encode()}), without_failure():
        activity = make_activity("bets_returned")
        answers(activity, {"type": "restore_bets"})
        assert activity.values(activity.state)[bets[1]] == "maybe"
        assert activity.values(activity.state)[bets[0]] == ""


SCENES = [row.activity for row in load_activities() if row.kind == "scenes" and "score" in row.fields]


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("saved", [{"score": 520}, {"range_low": 500}, {"score": 520, "range_low": 500, "range_floor": 220}])
def test_scores_of_two_exams_get_a_sentence_in_every_chapter(name: str, saved: dict[str, int]) -> None:
    """Typed or loaded, they have no verdict and no picture. Changing one control fixes it."""
    with folder_with({"case.json": json.dumps(saved).encode()}), without_failure():
        activity = make_activity(name)
        assert isinstance(activity, Scenes)
        where = [{"type": "scene", "value": "own"}] if "own" in activity.order else []
        guess: list[dict[str, Any]] = [{"type": "set", "field": "guess", "value": "maybe"}, {"type": "see"}]
        fields = [field for field in saved if field in activity.fields()]
        moves = [{"type": "set", "field": field, "value": str(saved[field])} for field in fields]
        for message in ({"type": "hello"}, *where, *guess, *moves):
            answers(activity, message)
        parts = {**activity.fragments(activity.state), **activity.deferred_fragments(activity.state)}
        assert (text("orientation.mixed") in parts["live_text"]) == bool(moves)
        if moves:
            assert not {"base_figure.amplifier", "alt_text.amplifier"} & parts.keys()
            assert parts.get("table.amplifier", "") == ""
        activity.page().encode()
        for field in fields:
            answers(activity, {"type": "set", "field": field, "value": str(Case.fields()[field].default)})
        assert activity.fragments(activity.state)["live_text"] != text("orientation.mixed")
