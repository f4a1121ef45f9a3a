"""The run plans: their minutes add up, being late costs as little as can be, and the page says where one is."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import CaseError, TableError
from backchannel_lib.deck import draw, vignettes
from backchannel_lib.lessons import activity_of
from backchannel_lib.lessons.run_plan import RunPlan, marks
from backchannel_lib.run_plans import (
    RunStepRow,
    catch_up,
    load_run_checks,
    load_run_plans,
    load_run_steps,
    starts,
    steps_of,
    vignettes_of,
)
from backchannel_lib.words import say

DATA = Path(__file__).resolve().parent.parent / "data"
PLANS = [row.plan for row in load_run_plans()]
PLACES = [(plan, at) for plan in PLANS for at in range(len(steps_of(plan)))]


def act(activity: RunPlan, **message: Any) -> dict[str, Any]:
    """Let the reader act, and give the first answer."""
    return next(iter(activity.handle({**message, "seq": 1, "view": "v"})))


def run_plan(**values: Any) -> RunPlan:
    """Give the page with some values entered."""
    page = activity_of("run_plan")
    assert isinstance(page, RunPlan)
    page.put(**values)
    return page


# ---- the tables ----


@pytest.mark.parametrize("plan", PLANS)
def test_the_minutes_of_a_plan_add_up(plan: str) -> None:
    """The steps follow one another without a gap and end when the plan does."""
    steps, begins = steps_of(plan), starts(plan)
    assert begins[0] == 0
    for at in range(1, len(steps)):
        assert begins[at] == begins[at - 1] + steps[at - 1].minutes
    assert begins[-1] + steps[-1].minutes == next(row.minutes for row in load_run_plans() if row.plan == plan)


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_begins_with_a_checklist_and_ends_kindly(plan: str) -> None:
    """Each plan opens before people come in and closes with the rule and with help, and neither is ever left out."""
    steps = steps_of(plan)
    assert (steps[0].step, steps[0].minutes, steps[-1].step) == ("before", 0, "close")
    assert steps[0].skip is steps[1].skip is steps[-1].skip is None
    told = say("run_step.close.say")
    assert "988" in told
    assert "Thursday, 9:00 pm" in told
    assert [row.minutes for row in load_run_checks()] == sorted((row.minutes for row in load_run_checks()), reverse=True)


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_has_a_round_on_the_rule_that_stays_in(plan: str) -> None:
    """However late it gets, one round is on the moment and the rule."""
    assert any(row.topic == "timing" and row.skip is None for row in steps_of(plan))


def test_what_the_plans_hold() -> None:
    """Twenty minutes hold two rounds, forty-five four with an easy and a hard one, ninety more and the desk."""
    levels = {plan: [row.difficulty for row in steps_of(plan) if row.topic] for plan in PLANS}
    assert len(levels["short"]) == 2
    assert len(levels["standard"]) == 4
    assert {"1", "3"} <= set(levels["standard"])
    assert len(levels["long"]) > 4
    assert any(row.part == "drill" for row in steps_of("long"))


@pytest.mark.parametrize("plan", PLANS)
@given(seed=st.integers(1, 9999))
def test_every_round_gets_a_vignette_of_its_own(plan: str, seed: int) -> None:
    """Whatever the number, each round plays a vignette of its topic and difficulty, and no two the same."""
    drawn = vignettes_of(plan, seed)
    rounds = {row.step: row for row in steps_of(plan) if row.topic}
    assert list(drawn) == list(rounds)
    assert len(set(drawn.values())) == len(drawn)
    seen: list[str] = []
    for step, name in drawn.items():
        row = vignettes()[name].row
        assert (row.topic, str(row.difficulty)) == (rounds[step].topic, rounds[step].difficulty)
        assert draw(row.topic, row.difficulty, seed, seen)[0] == name, "the round on screen draws it with the same number"
        seen.append(name)


@pytest.mark.parametrize(
    ("step", "plan", "cells", "said"),
    [
        ("close", "short", {"minutes": "6"}, "column minutes: expected steps of plan 'short' that take 20 minutes, found 21"),
        ("talk", "long", {"skip": "6"}, "column skip: expected an order from 1 on in plan 'long', each place once, found ["),
        ("close", "long", {"shorter": "8"}, "column shorter: expected less than its 8 minutes, found 8"),
        ("talk", "standard", {"shorter": "0"}, "column shorter: expected a whole number from 1 to 240, or nothing, found '0'"),
        ("talk", "standard", {"skip": "last"}, "column skip: expected a whole number from 1 to 240, or nothing, found 'last'"),
        ("talk", "standard", {"topic": "paper"}, "column difficulty: expected a topic and a difficulty, or neither, found ''"),
        ("round_rule", "short", {"topic": "timin"}, "column topic: expected one of timing, "),
        ("talk", "long", {"part": "rond"}, "column part: expected one of round, "),
        ("talk", "long", {"plan": "longer"}, "column plan: expected one of long, "),
    ],
)
def test_a_broken_step_is_refused(tmp_path: Path, step: str, plan: str, cells: dict[str, str], said: str) -> None:
    """A plan whose minutes do not add up, or a step that breaks a column's rule, is refused with what was expected."""
    with (DATA / "run_steps.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    next(row for row in rows if (row["step"], row["plan"]) == (step, plan)).update(cells)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / "run_steps.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_run_steps(path)
    assert str(caught.value).startswith("run_steps.csv")
    assert said in str(caught.value)


# ---- being late ----


def most_that_can_be_saved(coming: tuple[RunStepRow, ...]) -> int:
    """Count the minutes that the steps to come could give up at most."""
    return sum(row.minutes if row.skip is not None else row.can_lose for row in coming)


@given(st.sampled_from(PLACES), st.integers(-10, 120))
def test_being_late_is_made_up_where_it_can_be(place: tuple[str, int], late: int) -> None:
    """What is saved and what is left over make up the delay; something is left over only where nothing more can go."""
    plan, at = place
    steps = steps_of(plan)
    told = catch_up(plan, steps[at].step, late)
    saved = sum(saving.saved for saving in told.savings)
    assert saved + told.left >= max(0, late)
    assert told.left == max(0, late - most_that_can_be_saved(steps[at + 1 :]))
    if late <= 0:
        assert told.savings == ()


@given(st.sampled_from(PLACES), st.integers(1, 120))
def test_only_what_may_go_goes(place: tuple[str, int], late: int) -> None:
    """Nothing past or on now is touched, nothing that stays in is left out, nothing is cut below its shortest."""
    plan, at = place
    steps = steps_of(plan)
    for saving in catch_up(plan, steps[at].step, late).savings:
        assert saving.step in steps[at + 1 :]
        assert saving.saved == saving.step.minutes - saving.minutes > 0
        if saving.minutes == 0:
            assert saving.step.skip is not None
        else:
            assert saving.step.shorter is not None
            assert saving.minutes >= saving.step.shorter


@given(st.sampled_from(PLACES), st.integers(1, 120))
def test_no_more_is_left_out_than_needed(place: tuple[str, int], late: int) -> None:
    """Steps are left out in the plan's order, and with one fewer the delay could not be made up."""
    plan, at = place
    coming = steps_of(plan)[at + 1 :]
    told = catch_up(plan, steps_of(plan)[at].step, late)
    gone = [saving.step for saving in told.savings if saving.minutes == 0]
    order = sorted((row for row in coming if row.skip is not None), key=lambda row: row.skip or 0)
    assert sorted(gone, key=lambda row: row.skip or 0) == order[: len(gone)]
    if gone:
        fewer = order[: len(gone) - 1]
        assert sum(row.minutes for row in fewer) + sum(row.can_lose for row in coming if row not in fewer) < late


@given(st.sampled_from(PLACES), st.integers(0, 60))
def test_being_later_never_saves_less(place: tuple[str, int], late: int) -> None:
    """A minute more of delay never brings back a step that was left out, and never promises an earlier end."""
    plan, at = place
    step = steps_of(plan)[at].step
    before, after = catch_up(plan, step, late), catch_up(plan, step, late + 1)
    gone = [{one.step.step for one in told.savings if one.minutes == 0} for told in (before, after)]
    assert gone[0] <= gone[1]
    assert before.left <= after.left


def test_a_plan_or_a_step_that_does_not_exist_is_named() -> None:
    """A misspelt plan or step is refused with the nearest names."""
    with pytest.raises(CaseError, match="standard"):
        steps_of("standart")
    with pytest.raises(CaseError, match="welcome"):
        catch_up("short", "welcom", 3)


# ---- the page ----


@pytest.mark.parametrize(("plan", "at"), PLACES)
def test_the_page_says_what_is_on_and_what_comes_next(plan: str, at: int) -> None:
    """For each step: its name, its minutes, what to do and to say, and the step after it; the whole plan marks it."""
    page = run_plan(plan=plan)
    for _ in range(at):
        act(page, do="next")
    row, parts = steps_of(plan)[at], page.parts(page.state)
    for text in (row.title, marks(plan, at), *(say(f"run_step.{row.step}.{what}") for what in ("do", "say", "late"))):
        assert text.replace("&", "&amp;") in parts["now"]
    after = steps_of(plan)[at + 1].title if at + 1 < len(steps_of(plan)) else say("run_plan.nothing_next")
    assert after in parts["next"]
    assert parts["plan"].count("bw-marked") == 1
    assert f"{starts(plan)[at]}" in parts["plan"]


@pytest.mark.parametrize(
    ("minute", "told"),
    [(0, "early"), (3, "early"), (4, "on_time"), (10, "on_time"), (11, "late"), (25, "late")],
)
def test_the_page_says_how_late_it_is(minute: int, told: str) -> None:
    """A step that began when it should is on time until its end, and late after it; one that began too soon is early."""
    page = run_plan(plan="standard", minute=min(minute, 4))
    act(page, do="next")
    act(page, do="next")  # the first round, minutes 4 to 10
    page.put(minute=minute)
    late = page.late(page.state)
    expected = say(f"run_plan.{told}", minutes=abs(late)) if late else say("run_plan.on_time")
    assert expected in page.parts(page.state)["late"]
    assert (late > 0) == (told == "late")


def test_a_step_that_begins_late_is_late_at_once() -> None:
    """Who goes on to a step five minutes after its time is five minutes late, though the step has only begun."""
    page = run_plan(plan="standard", minute=9)
    act(page, do="next")
    act(page, do="next")
    assert page.late(page.state) == 5
    told = page.parts(page.state)["late"]
    assert all(saving.text in told for saving in catch_up("standard", "round_caller", 5).savings)


def test_what_cannot_be_made_up_is_said() -> None:
    """At the close nothing is left to leave out, and the page says how late it will be."""
    page = run_plan(plan="short", minute=30)
    for _ in steps_of("short"):
        act(page, do="next")
    assert say("run_plan.nothing_to_save", left=15) in page.parts(page.state)["late"]


def test_the_steps_have_an_end_on_both_sides() -> None:
    """Going on after the last step and back before the first change nothing."""
    page = run_plan()
    act(page, do="back")
    assert page.state["at"] == 0
    for _ in range(30):
        act(page, do="next")
    assert page.state["at"] == len(steps_of("standard")) - 1


def test_another_plan_begins_at_its_first_step() -> None:
    """Whoever chooses another plan is at its beginning, and undo brings the old place back."""
    page = run_plan()
    act(page, do="next")
    act(page, do="next")
    act(page, do="set", field="plan", value="short")
    assert (page.state["plan"], page.state["at"]) == ("short", 0)
    act(page, do="undo")
    assert (page.state["plan"], page.state["at"]) == ("standard", 2)


def test_a_kept_place_that_the_plan_does_not_have_is_its_last_step() -> None:
    """What a page kept of a longer plan does not break a shorter one."""
    page = run_plan()
    act(page, do="load", value='{"plan": "short", "at": 11}')
    assert page.state["at"] == len(steps_of("short")) - 1


def test_the_arrow_keys_turn_the_steps() -> None:
    """Both buttons name their keys."""
    page = run_plan().page()
    assert 'data-key="ArrowRight PageDown"' in page
    assert 'data-key="ArrowLeft PageUp"' in page
