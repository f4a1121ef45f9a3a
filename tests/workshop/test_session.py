"""A session's parts stay in step, whichever of them moves and however it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib.activities import saved_answers
from backchannel_lib.base.texts import text
from backchannel_lib.workshop.results import results_table
from backchannel_lib.workshop.room_questions import room_questions
from backchannel_lib.workshop.run_plan.activity import place_of
from backchannel_lib.workshop.run_plan.model import load_run_plans, steps_of, vignettes_of
from backchannel_lib.workshop.session import Session

PARTS = ("run_plan", "round", "drill")


def session() -> Session:
    """Open a session with nothing saved, on pages that have said hello."""
    for name in ("workshop", "run_plan", "drill"):
        for left in saved_answers.folder().glob(f"{name}*"):
            left.unlink()
    opened = Session()
    for part in PARTS:
        send(opened, part, type="hello")
    return opened


def send(opened: Session, part: str, **message: Any) -> list[tuple[str, Any]]:
    """Perform an action in a window."""
    return list(opened.handle(part, {**message, "view": "v"}))


ACTS = st.one_of(
    st.tuples(st.just("run_plan"), st.sampled_from(["next", "next", "back", "skip", "start", "undo", "poll", "reset"])),
    st.tuples(st.just("round"), st.sampled_from(["next"] * 6 + ["back", "undo", "choose", "fresh", "second_vote", "reset"])),
    st.tuples(st.just("drill"), st.sampled_from(["undo", "reset"])),
).map(lambda act: {"part": act[0], "type": act[1]})
CHOICES = st.sampled_from([row.plan for row in load_run_plans()]).map(
    lambda plan: {"part": "run_plan", "type": "set", "field": "plan", "value": plan}
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(ACTS | CHOICES, max_size=40))
def test_plan_and_round_agree_after_any_sequence_of_acts(acts: list[dict[str, Any]]) -> None:
    """If the plan's step has a file or is the close, the room sees it."""
    opened = session()
    for act in acts:
        send(opened, **act)
        room, plan = opened.round.state, opened.run_plan.state
        step = steps_of(plan["plan"])[plan["at"]]
        if step.step == "close":
            assert room.step in {"close", "setup"}, act
        elif step.topic:
            assert room.vignette == vignettes_of(plan["plan"], room.seed)[step.step], act
            assert room.step != "close", act
        if room.plan:
            assert room.plan == plan["plan"], act
        assert not set(room.skipped) - set(plan["skipped"]), act


@pytest.mark.parametrize("plan", [row.plan for row in load_run_plans()])
def test_one_key_in_the_round_goes_through_the_whole_plan(plan: str) -> None:
    """Pressed repeatedly, it plays every round, stops at steps without a round, and ends at the close."""
    opened = session()
    send(opened, "run_plan", type="set", field="plan", value=plan)
    send(opened, "run_plan", type="start")
    seen = []
    for _ in range(200):
        at = steps_of(plan)[opened.run_plan.state["at"]].step
        if not seen or seen[-1] != at:
            seen.append(at)
        send(opened, "round", type="next")
    assert opened.round.state.step == "close"
    rounds = [row.step for row in steps_of(plan) if row.topic]
    assert [step for step in seen if step in rounds] == rounds
    assert seen[-1] == "close"
    middle = [row.step for row in steps_of(plan)[2:-1] if not row.topic]
    assert [step for step in seen if step in middle] == [step for step in middle if step not in {"year"}] or plan != "long"


def test_a_step_that_is_left_out_is_never_played() -> None:
    opened = session()
    send(opened, "run_plan", type="start")
    send(opened, "run_plan", type="skip")
    (skipped,) = opened.run_plan.state["skipped"]
    left_out = vignettes_of("standard", 1)[skipped]
    for _ in range(100):
        assert opened.round.state.vignette != left_out
        send(opened, "round", type="next")
    assert opened.round.state.step == "close"


def test_going_back_in_the_plan_brings_the_votes_of_that_round_back() -> None:
    opened = session()
    send(opened, "run_plan", type="start")
    send(opened, "run_plan", type="next")
    send(opened, "round", type="next")
    send(opened, "round", type="set", field="votes_maybe", value="12")
    send(opened, "run_plan", type="next")
    assert sum(opened.round.state.votes) == 0
    send(opened, "run_plan", type="back")
    assert sum(opened.round.state.votes) == 12
    assert opened.round.state.played == ()


def test_a_session_is_fully_restored_after_a_restart() -> None:
    opened = session()
    for part, act in (("run_plan", "start"), ("run_plan", "next"), ("round", "next"), ("run_plan", "skip")):
        send(opened, part, type=act)
    again = Session()
    for part in PARTS:
        send(again, part, type="hello")
    assert again.round.state == opened.round.state
    assert again.run_plan.state == opened.run_plan.state
    assert place_of(again.round.state, "standard") == again.run_plan.state["at"]


def test_starting_over_in_the_round_leaves_one_plan_for_both() -> None:
    opened = session()
    send(opened, "run_plan", type="set", field="plan", value="short")
    send(opened, "round", type="reset")
    assert opened.round.state.plan == opened.run_plan.state["plan"]


def test_a_message_for_no_part_changes_nothing() -> None:
    opened = session()
    assert send(opened, "nobody", type="next") == []


@pytest.mark.parametrize(
    ("part", "plan"), [("run_plan", "standard"), ("round", "standard"), ("round", "long"), ("round", "short")]
)
def test_the_clock_starts_by_itself_when_the_session_leaves_the_preparations(part: str, plan: str) -> None:
    """It starts with whichever key moves on. Before that, nothing is early or late."""
    opened = session()
    send(opened, "run_plan", type="set", field="plan", value=plan)
    said = opened.run_plan.fragments(opened.run_plan.state)["live_text"]
    assert opened.run_plan.state["started"] == 0
    assert said.endswith("Before people come in.")
    send(opened, part, type="next")
    begun = opened.run_plan.state["started"]
    assert begun > 0
    assert (
        "minute" in opened.run_plan.fragments(opened.run_plan.state)["live_text"]
        or opened.run_plan.late(opened.run_plan.state) == 0
    )
    opened.run_plan.restore(opened.run_plan.with_(started=begun - 5))
    send(opened, part, type="back")
    send(opened, part, type="next")
    assert opened.run_plan.state["started"] == begun - 5, "it goes on where it was"


def ask_all(opened: Session) -> None:
    """Go through all questions and one key further, using the key of each screen's button."""
    for _ in range(2 * len(room_questions()) + 1):
        questions = opened.parts["room_questions"]
        assert 'data-key="ArrowRight PageDown"' in questions.fragments(questions.state)["nav"]
        send(opened, "room_questions", type="next")


def test_after_the_last_question_the_same_key_leads_on(own_folder: Path) -> None:
    """The discussion leads to the plan's next step, and earlier questions back to theirs. Without a plan, questions stay on."""
    opened = session()
    send(opened, "room_questions", type="hello")
    send(opened, "run_plan", type="next")
    place = opened.run_plan.state["at"]
    send(opened, "run_plan", type="questions")
    assert opened.on_screen == "room_questions"
    ask_all(opened)
    assert (opened.on_screen, opened.run_plan.state["at"]) == ("round", place)
    while opened.on_screen != "room_questions":
        send(opened, "run_plan", type="next")
    place = opened.run_plan.state["at"]
    send(opened, "room_questions", type="list")
    ask_all(opened)
    assert opened.run_plan.state["at"] == place + 1
    assert opened.on_screen != "room_questions"


def play_to_the_close(opened: Session) -> None:
    """Play the standard plan with one vote in each round, using → in the round and through the questions."""
    send(opened, "room_questions", type="hello")
    send(opened, "run_plan", type="start")
    while opened.on_screen != "room_questions":
        if opened.round.state.step == "vote" and not any(opened.round.state.counted):
            send(opened, "round", type="tap", value="maybe")
        send(opened, "round", type="next")
    ask_all(opened)
    assert opened.round.state.step == "close"


def test_each_round_is_in_the_results_once_after_the_discussion(own_folder: Path) -> None:
    """The discussion comes between the last round and the close, which must not count that round again."""
    opened = session()
    play_to_the_close(opened)
    rounds = list(vignettes_of("standard", 1).values())
    assert [row[3] for row in results_table(opened.round.state)[1]] == rounds
    send(opened, "round", type="choose")
    assert [row[3] for row in results_table(opened.round.state)[1]] == rounds
    send(opened, "round", type="open_file", value="marisol")
    assert [one.vignette for one in opened.round.state.played] == rounds


def test_the_menu_at_the_close_leaves_the_plan_there(own_folder: Path) -> None:
    """Results are saved from that menu, which doesn't move the plan back to the last round."""
    opened = session()
    play_to_the_close(opened)
    place = opened.run_plan.state["at"]
    send(opened, "round", type="choose")
    assert opened.run_plan.state["at"] == place
    send(opened, "round", type="next")
    assert (opened.round.state.step, opened.run_plan.state["at"]) == ("close", place)


@pytest.mark.parametrize(
    ("act", "step"),
    [([], "file"), ([{"type": "next"}, {"type": "tap", "value": "maybe"}], "vote"), ([{"type": "next"}] * 3, "links")],
)
def test_going_back_in_the_plan_from_the_close_shows_the_last_round_again(act: list[dict[str, Any]], step: str) -> None:
    """The room sees the round as far as it got, instead of the close. A vote that was left open is in the results."""
    opened = session()
    send(opened, "run_plan", type="start")
    while not opened.round.state.vignette or opened.round.state.files_left():
        send(opened, "run_plan", type="next")
    last = opened.round.state.vignette
    for one in act:
        send(opened, "round", **one)
    while opened.round.state.step != "close":
        send(opened, "run_plan", type="next")
    voted = [row[3] for row in results_table(opened.round.state)[1]]
    assert voted == ([last] if act else [])
    while not steps_of("standard")[opened.run_plan.state["at"]].topic:
        send(opened, "run_plan", type="back")
    assert (opened.round.state.vignette, opened.round.state.step) == (last, step)


def test_going_back_in_the_plan_during_a_vote_says_that_the_votes_are_off_and_undo_restores_them() -> None:
    """A step back without a vote, or one that keeps the file, says nothing."""
    opened = session()
    while opened.round.state.round_number() < 2:
        send(opened, "round", type="next")
    said = [notice for _, answer in send(opened, "run_plan", type="back") if (notice := answer.get("notice"))]
    assert said == []
    send(opened, "run_plan", type="undo")
    send(opened, "round", type="next")
    send(opened, "round", type="tap", value="maybe")
    voted = opened.round.state
    assert (voted.step, sum(voted.counted)) == ("vote", 1)
    said = [notice for _, answer in send(opened, "run_plan", type="back") if (notice := answer.get("notice"))]
    assert said == [text("run_plan.off_screen", title=voted.file.title)]
    assert opened.round.state.vignette != voted.vignette
    send(opened, "run_plan", type="undo")
    assert opened.round.state == voted
