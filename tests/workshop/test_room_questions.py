"""Questions that a room is likely to ask: notebook, stage and sheet have the same answers, shown only on request."""

from __future__ import annotations

import html

import pytest

from backchannel_lib.activities.questions import questions_of
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import judge
from backchannel_lib.workshop.handouts import KINDS, sheet
from backchannel_lib.workshop.room.pages import room_page
from backchannel_lib.workshop.room_questions import RoomQuestions, room_questions
from backchannel_lib.workshop.run_plan.activity import QUESTIONS
from backchannel_lib.workshop.run_plan.model import load_run_plans, steps_of
from backchannel_lib.workshop.session import Session
from backchannel_lib.workshop.stage import CHAPTER, stage_parts

FIVE = 5


@pytest.fixture
def board() -> RoomQuestions:
    """The questions with nothing saved."""
    for left in folder().glob("room_questions*"):
        left.unlink()
    activity = make_activity("room_questions")
    assert isinstance(activity, RoomQuestions)
    list(activity.handle({"type": "hello", "view": "v"}))
    return activity


def act(board: RoomQuestions, kind: str, **more: object) -> str:
    """Perform an action, and return the answer."""
    return "".join(str(answer.get("notice", "")) for answer in board.handle({"type": kind, "view": "v", **more}))


def shown(board: RoomQuestions) -> str:
    """Return everything on screen."""
    return " ".join(board.fragments(board.state).values())


def test_the_stage_and_the_quiz_have_the_same_questions_and_the_rules_give_the_answers() -> None:
    """Each one is a row of the chapter's questions, and its short answer matches the model's answer for the row's case."""
    assert [one.key for one in room_questions()] == [row.question for row in questions_of(CHAPTER)]
    assert len(room_questions()) == FIVE
    for one in room_questions():
        assert one.row is not None
        if one.row.kind == "rule":
            assert one.row.case is not None
            assert (one.voice, one.short) == ("rule", rules_check(one.row.case).label)
        elif one.row.kind == "case":
            assert one.row.case is not None
            assert (one.voice, one.short) == ("article", judge(one.row.case).verdict.label)
        else:
            assert (one.voice, one.short) == ("ours", text("room_questions.advice"))
        assert one.row.claims or one.row.facts or one.row.assumption
        assert (one.source_line == "") == (one.row.claims == one.row.facts == ())


def test_one_key_goes_through_them_and_no_answer_comes_before_it_is_wanted(board: RoomQuestions) -> None:
    for one in room_questions():
        act(board, "next")
        assert html.unescape(board.fragments(board.state)["head"]) == one.ask
        assert board.fragments(board.state)["answer"] == ""
        assert board.fragments(board.state)["live_text"] == ""
        act(board, "next")
        assert one.answer in html.unescape(board.fragments(board.state)["answer"])
        assert one.source in board.fragments(board.state)["answer"]
        others = [each.answer for each in room_questions() if each != one]
        assert not [each for each in others if each in html.unescape(shown(board))]
    assert act(board, "next") == text("room_questions.last")
    act(board, "list")
    assert board.fragments(board.state)["answer"] == ""
    assert all(one.ask in html.unescape(shown(board)) for one in room_questions())


def test_the_facilitator_s_paper_has_every_answer_with_its_source(board: RoomQuestions) -> None:
    """It's hidden on screen, where the room would see it, whichever question is there."""
    act(board, "next")
    paper = html.unescape(board.page().partition('<ol data-fragment="paper" class="bw-on-paper" hidden>')[2])
    for one in room_questions():
        assert f"<b>{one.ask} {one.short}</b>. {one.answer}" in paper
        assert one.source_line in paper


def test_a_digit_opens_each_and_back_closes_it_again(board: RoomQuestions) -> None:
    for number, one in enumerate(room_questions(), start=1):
        assert f'data-value="{one.key}" data-key="{number}"' in board.fragments(board.state)["list"]
        act(board, "question", value=one.key)
        assert html.unescape(board.fragments(board.state)["head"]) == one.ask
        act(board, "list")
    act(board, "back")
    assert board.state["at"] == 0


def test_the_question_on_screen_is_back_after_a_crash_and_one_that_is_gone_is_not(board: RoomQuestions) -> None:
    act(board, "question", value="room_unmatched")
    again = make_activity("room_questions")
    list(again.handle({"type": "hello", "view": "v"}))
    assert again.state == board.state
    (folder() / "room_questions.json").write_text('{"at": 99}', encoding="utf-8")
    third = make_activity("room_questions")
    list(third.handle({"type": "hello", "view": "v"}))
    assert third.state["at"] == 0


# ---- on the stage ----


def led() -> Session:
    """Open a session with nothing saved."""
    for name in ("workshop", *stage_parts()):
        for left in folder().glob(f"{name}*"):
            left.unlink()
    session = Session()
    for part in stage_parts():
        list(session.handle(part, {"type": "hello", "view": "v"}))
    return session


@pytest.mark.parametrize("plan", [row.plan for row in load_run_plans()])
def test_one_key_brings_them_up_at_any_step_and_takes_the_room_back(plan: str) -> None:
    session = led()
    list(session.handle("run_plan", {"type": "set", "field": "plan", "value": plan, "view": "v"}))
    for step in steps_of(plan)[:-1]:
        before = session.on_screen
        assert before == QUESTIONS or step.activity != QUESTIONS
        room, place = session.round.state, session.run_plan.state["at"]
        list(session.handle("run_plan", {"type": "questions", "view": "v"}))
        assert session.on_screen == QUESTIONS
        list(session.handle("run_plan", {"type": "questions", "view": "v"}))
        assert session.on_screen == before
        assert (session.round.state, session.run_plan.state["at"]) == (room, place)
        list(session.handle("run_plan", {"type": "questions", "view": "v"}))
        list(session.handle("run_plan", {"type": "next", "view": "v"}))
        assert not session.run_plan.state["asking"], "the next step is what the room sees then"


def test_the_talk_shows_them_and_the_presenter_has_the_key() -> None:
    assert {step.activity for plan in load_run_plans() for step in steps_of(plan.plan) if step.step == "talk"} == {QUESTIONS}
    page = room_page(led(), "presenter")
    assert 'data-action="questions" data-key="q"' in page
    assert f'data-activity="{QUESTIONS}"' in page
    assert 'data-part="room_questions"' in room_page(led(), "projector")
    assert any(row.activity == QUESTIONS and row.chapter == CHAPTER for row in load_activities())


# ---- on paper ----


def test_the_sheet_with_the_answers_has_each_with_its_source_and_the_other_has_none() -> None:
    for row in load_run_plans():
        answers, everybody = (html.unescape(sheet(kind, row.plan, 1)) for kind in reversed(KINDS))
        for one in room_questions():
            assert one.ask in answers
            assert one.answer in answers
            assert one.source_line in answers
            assert one.ask not in everybody
            assert one.answer not in everybody
