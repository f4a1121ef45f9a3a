"""The run plans: their minutes add up, being late costs as little as possible, and the page shows the current step."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import CaseError, TableError
from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.page.host import HOST_VARIABLE
from backchannel_lib.workshop.deck import draw, vignettes
from backchannel_lib.workshop.round.state import WorkshopState
from backchannel_lib.workshop.run_plan.activity import (
    HYBRID,
    PRESENTER_KEYS,
    RunPlan,
    checklist,
    hybrid,
    keys,
    markers,
    when_late,
)
from backchannel_lib.workshop.run_plan.model import (
    RunStepRow,
    catch_up,
    load_run_checks,
    load_run_plans,
    load_run_steps,
    starts,
    steps_of,
    vignettes_of,
)

DATA = Path(__file__).resolve().parents[2] / "data"
PLANS = [row.plan for row in load_run_plans()]
PLACES = [(plan, at) for plan in PLANS for at in range(len(steps_of(plan)))]


def act(activity: RunPlan, **message: Any) -> dict[str, Any]:
    """Perform an action, and return the first answer."""
    return next(iter(activity.handle({**message, "seq": 1, "view": "v"})))


def run_plan(**values: Any) -> RunPlan:
    """Return the page with some values entered."""
    page = make_activity("run_plan")
    assert isinstance(page, RunPlan)
    page.update(**values)
    return page


class Clock:
    """A clock that tests can advance."""

    minutes = 29_000_000

    def __call__(self) -> float:
        """Return the seconds since 1970."""
        return 60.0 * self.minutes + 1


def with_clock() -> tuple[RunPlan, Clock]:
    """Return the page and its clock."""
    clock = Clock()
    return RunPlan(next(row for row in load_activities() if row.activity == "run_plan"), clock), clock


# ---- the tables ----


@pytest.mark.parametrize("plan", PLANS)
def test_the_minutes_of_a_plan_add_up(plan: str) -> None:
    """Steps follow each other without a gap, and the last one ends when the plan does."""
    steps, begins = steps_of(plan), starts(plan)
    assert begins[0] == 0
    for at in range(1, len(steps)):
        assert begins[at] == begins[at - 1] + steps[at - 1].minutes
    assert begins[-1] + steps[-1].minutes == next(row.minutes for row in load_run_plans() if row.plan == plan)


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_begins_with_a_checklist_and_ends_kindly(plan: str) -> None:
    """Each plan starts before people arrive and closes with the rule and with help. Neither is ever skipped."""
    steps = steps_of(plan)
    assert (steps[0].step, steps[0].minutes, steps[-1].step) == ("before", 0, "close")
    assert steps[0].skip is steps[1].skip is steps[-1].skip is None
    sentence = text("run_step.close.say")
    assert "988" in sentence
    assert "Thursday, 9:00 pm" in sentence
    assert [row.minutes for row in load_run_checks()] == sorted((row.minutes for row in load_run_checks()), reverse=True)


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_has_a_round_on_the_rule_that_stays_in(plan: str) -> None:
    """However late it gets, one round is about the moment and the rule."""
    assert any(row.topic == "timing" and row.skip is None for row in steps_of(plan))


def test_the_plans_have_the_expected_steps() -> None:
    """Twenty minutes have two rounds. Forty-five have four, including an easy and a hard one. Ninety add more and the desk."""
    levels = {plan: [row.difficulty for row in steps_of(plan) if row.topic] for plan in PLANS}
    assert len(levels["short"]) == 2
    assert len(levels["standard"]) == 4
    assert {"1", "3"} <= set(levels["standard"])
    assert len(levels["long"]) > 4
    assert any(row.activity == "drill" for row in steps_of("long"))


@pytest.mark.parametrize("plan", PLANS)
@given(seed=st.integers(1, 9999))
def test_every_round_gets_a_vignette_of_its_own(plan: str, seed: int) -> None:
    """With any number, each round has a vignette with its topic and difficulty, and no two are the same."""
    drawn = vignettes_of(plan, seed)
    rounds = {row.step: row for row in steps_of(plan) if row.topic}
    assert list(drawn) == list(rounds)
    assert len(set(drawn.values())) == len(drawn)
    seen: list[str] = []
    for step, name in drawn.items():
        row = vignettes()[name]
        assert (row.topic, str(row.difficulty)) == (rounds[step].topic, rounds[step].difficulty)
        rule = rounds[step].rule
        fits = [
            one
            for one in draw(row.topic, row.difficulty, seed, seen)
            if rule in {"", rules_check(vignettes()[one].case).answer}
        ]
        assert fits[0] == name, "the round on screen draws it with the same number"
        if step == "round_rule":
            assert rules_check(row.case).answer == "not_allowed", "the round on the rule plays outside SOAP"
        seen.append(name)


@pytest.mark.parametrize(
    ("step", "plan", "cells", "said"),
    [
        ("close", "short", {"minutes": "6"}, "column minutes: expected steps of plan 'short' that take 20 minutes, found 21"),
        ("talk", "long", {"skip": "6"}, "column skip: expected an order from 1 on in plan 'long', each place once, found ["),
        ("close", "long", {"shorter": "8"}, "column shorter: expected less than its 8 minutes, found 8"),
        ("talk", "standard", {"shorter": "0"}, "column shorter: expected a whole number from 1 to 240 or nothing, found '0'"),
        ("talk", "standard", {"skip": "last"}, "column skip: expected a whole number from 1 to 240 or nothing, found 'last'"),
        ("talk", "standard", {"topic": "paper"}, "column difficulty: expected a topic and a difficulty, or neither, found ''"),
        ("round_rule", "short", {"topic": "timin"}, "column topic: expected one of timing, "),
        ("talk", "long", {"activity": "rond"}, "column activity: expected one of round, "),
        ("talk", "long", {"plan": "longer"}, "column plan: expected one of long, "),
    ],
)
def test_a_broken_step_is_rejected(tmp_path: Path, step: str, plan: str, cells: dict[str, str], said: str) -> None:
    """If the minutes don't add up or a step breaks a column's rule, the error says what the column accepts."""
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
    """Return how many minutes the coming steps can save at most."""
    return sum(row.minutes if row.skip is not None else row.can_lose for row in coming)


@given(st.sampled_from(PLACES), st.integers(-10, 120))
def test_lost_time_is_made_up_if_possible(place: tuple[str, int], late: int) -> None:
    """The time saved and the remaining delay add up, and there's a remaining delay only if nothing more can be saved."""
    plan, at = place
    steps = steps_of(plan)
    catching_up = catch_up(plan, steps[at].step, late)
    saved = sum(saving.saved for saving in catching_up.changes)
    assert saved + catching_up.minutes_left >= max(0, late)
    assert catching_up.minutes_left == max(0, late - most_that_can_be_saved(steps[at + 1 :]))
    if late <= 0:
        assert catching_up.changes == ()


@given(st.sampled_from(PLACES), st.integers(1, 120))
def test_only_optional_steps_are_skipped(place: tuple[str, int], late: int) -> None:
    """Past and current steps don't change, required steps stay, and no step is shorter than its minimum."""
    plan, at = place
    steps = steps_of(plan)
    for saving in catch_up(plan, steps[at].step, late).changes:
        assert saving.step in steps[at + 1 :]
        assert saving.saved == saving.step.minutes - saving.minutes > 0
        if saving.minutes == 0:
            assert saving.step.skip is not None
        else:
            assert saving.step.shorter is not None
            assert saving.minutes >= saving.step.shorter


@given(st.sampled_from(PLACES), st.integers(1, 120))
def test_no_more_is_left_out_than_needed(place: tuple[str, int], late: int) -> None:
    """Steps are skipped in the plan's order, and skipping one fewer wouldn't make up the delay."""
    plan, at = place
    coming = steps_of(plan)[at + 1 :]
    catching_up = catch_up(plan, steps_of(plan)[at].step, late)
    gone = [saving.step for saving in catching_up.changes if saving.minutes == 0]
    order = sorted((row for row in coming if row.skip is not None), key=lambda row: row.skip or 0)
    assert sorted(gone, key=lambda row: row.skip or 0) == order[: len(gone)]
    if gone:
        fewer = order[: len(gone) - 1]
        assert sum(row.minutes for row in fewer) + sum(row.can_lose for row in coming if row not in fewer) < late


@given(st.sampled_from(PLACES), st.integers(0, 60))
def test_being_later_never_saves_less(place: tuple[str, int], late: int) -> None:
    """Another minute of delay never brings back a skipped step, and never promises an earlier end."""
    plan, at = place
    step = steps_of(plan)[at].step
    before, after = catch_up(plan, step, late), catch_up(plan, step, late + 1)
    gone = [{one.step.step for one in told.changes if one.minutes == 0} for told in (before, after)]
    assert gone[0] <= gone[1]
    assert before.minutes_left <= after.minutes_left


def test_a_plan_or_a_step_that_does_not_exist_is_named() -> None:
    """The error for a misspelled plan or step suggests similar names."""
    with pytest.raises(CaseError, match="standard"):
        steps_of("standart")
    with pytest.raises(CaseError, match="welcome"):
        catch_up("short", "welcom", 3)


# ---- the page ----


@pytest.mark.parametrize(("plan", "at"), PLACES)
def test_the_page_shows_the_current_step_and_the_next_one(plan: str, at: int) -> None:
    """It has the step's name, minutes and words, and the step after it. The whole plan marks the current step."""
    page = run_plan(plan=plan)
    for _ in range(at):
        act(page, type="next")
    row, parts = steps_of(plan)[at], page.fragments(page.state)
    for content in (row.title, markers(plan, at), *(text(f"run_step.{row.step}.{what}") for what in ("do", "say", "late"))):
        assert content in html.unescape(re.sub("<[^>]*>", "", parts["now"]))
    assert ('<a href="tel:988">call</a>' in parts["now"]) is (row.step == "close"), "on the presenter's phone, too"
    after = steps_of(plan)[at + 1].title if at + 1 < len(steps_of(plan)) else text("run_plan.nothing_next")
    assert after in parts["next"]
    assert parts["plan"].count("bw-marked") == parts["plan"].count(text("run_plan.here")) == 1
    assert f"{starts(plan)[at]}" in parts["plan"]


@pytest.mark.parametrize("plan", PLANS)
def test_the_whole_plan_can_be_read_on_a_phone(plan: str) -> None:
    """There its rows are paragraphs, so each cell names its column. The roles say that it's a table all the same."""
    whole = run_plan(plan=plan).fragments(run_plan(plan=plan).state)["plan"]
    rows = re.findall(r'<tr role="row".*?</tr>', whole)[1:]
    assert len(rows) == len(steps_of(plan))
    for row, step in zip(rows, steps_of(plan), strict=True):
        assert re.findall(r' role="(\w+)"', row) == ["row", "rowheader", "cell", "cell", "cell", "cell"]
        cells = re.findall(r"<t[hd]([^>]*)>(.*?)</t[hd]>", row)
        labels = [(re.findall('data-label="([^"]*)"', attributes) or [""])[0] for attributes, _ in cells]
        timed = [text("run_plan.minute"), "", text("run_plan.lasts")] if step.minutes else ["", "", ""]
        assert [html.unescape(label) for label in labels] == [*timed, text("run_plan.shows"), text("run_plan.when_late")]
        assert [content for _, content in cells if content == "–"] == ([] if step.minutes else ["–"] * 2)


@pytest.mark.parametrize("plan", PLANS)
def test_paper_has_the_words_of_every_step(plan: str) -> None:
    """On screen there's only one step at a time, so paper has the whole script, whatever step it is."""
    page = run_plan(plan=plan)
    for _ in range(2):
        script = html.unescape(re.sub("<[^>]*>", "", page.fragments(page.state)["script"]))
        for at, row in enumerate(steps_of(plan)):
            assert row.title in script
            assert f"{markers(plan, at)}. " in script
            assert [what for what in ("say", "do", "late") if text(f"run_step.{row.step}.{what}") not in script] == []
        assert text("run_plan.here") not in script
        act(page, type="next")
    assert f"hidden>{page.fragments(page.state)['script']}</div>" in page.page()
    start = run_plan(plan=plan)
    optional = [row for row in steps_of(plan) if row.skip is not None]
    if optional:
        act(start, type="start")
        act(start, type="skip")
        assert text("run_plan.cell_skipped") in start.fragments(start.state)["script"]


@pytest.mark.parametrize("plan", PLANS)
def test_what_to_skip_is_in_order_and_in_words(plan: str) -> None:
    optional = sorted((row for row in steps_of(plan) if row.skip is not None), key=lambda row: row.skip or 0)
    places = text("run_plan.places").split()
    for row, place in zip(optional, places, strict=False):
        assert when_late(row).startswith(text("run_plan.cell_skip", place=place))


def test_nothing_is_offered_that_cannot_be_done_yet() -> None:
    """Before the first step there is no way back, and nothing to catch up before the clock starts."""
    page, _ = with_clock()
    assert page.fragments(page.state)["late"] == ""
    assert page.sections(page.state) == ["waiting"]
    act(page, type="start")
    assert 'data-action="skip"' in page.fragments(page.state)["late"]
    assert page.sections(page.state) == ["running", "back"]


def test_the_checklist_is_checked_off_and_saved() -> None:
    """Every instruction has a box with its time, and a session that begins anew has none checked."""
    page = run_plan()
    content = html.unescape(re.sub("<[^>]*>", "", page.page()))
    for row in load_run_checks():
        assert f"{text('run_plan.check_when', minutes=row.minutes)} {row.text}" in content
    assert content.index(load_run_checks()[-1].text) < content.index(text("run_plan.ask")), "it comes before the plan"
    first = load_run_checks()[0].check
    act(page, type="set", field="ready", value=first)
    assert page.state["ready"] == (first,)
    act(page, type="set", field="plan", value="short")
    assert page.from_file(json.dumps(page.record()))["ready"] == (first,)
    page.begin_anew()
    assert page.state["ready"] == ()


@pytest.mark.parametrize(
    ("minute", "late"),
    [(0, -4), (3, -1), (4, 0), (7, 0), (10, 0), (11, 1), (16, 6), (25, 15)],
)
@pytest.mark.parametrize("minute_first", [True, False])
def test_the_page_says_how_late_it_is(minute: int, late: int, minute_first: bool) -> None:
    """It says on time within a step's minutes, late after them and early before them, whichever was entered first."""
    page, clock = with_clock()
    act(page, type="set", field="plan", value="standard")
    moves: list[dict[str, Any]] = [{"type": "next"}, {"type": "poll"}]
    act(page, type="start")
    clock.minutes += minute
    for move in reversed(moves) if minute_first else moves:
        act(page, **move)
    assert page.state["at"] == 2  # the first round, minutes 4 to 10
    assert page.late(page.state) == late
    expected = text("run_plan.late" if late > 0 else "run_plan.early", minutes=abs(late)) if late else text("run_plan.on_time")
    assert expected in page.fragments(page.state)["late"]
    assert all(
        saving.text in page.fragments(page.state)["late"] for saving in catch_up("standard", "round_caller", late).changes
    )


@given(st.sampled_from(PLACES), st.integers(0, 120))
def test_lateness_depends_only_on_the_step_and_the_minute(place: tuple[str, int], minute: int) -> None:
    """It's on time from a step's first minute to its last, and each minute outside counts as one."""
    plan, at = place
    start = starts(plan)[at]
    end = start + steps_of(plan)[at].minutes
    page = run_plan(plan=plan, minute=minute)
    for _ in range(at):
        act(page, type="next")
    content = page.late(page.state)
    assert (content == 0) == (start <= minute <= end)
    assert content == (minute - end if minute > end else minute - start if minute < start else 0)


class Screen:
    """A stand-in for a browser's page: contents by number, and prefetched answers for the active control."""

    def __init__(self, activity: RunPlan) -> None:
        self.activity = activity
        self.bodies: dict[int, str] = {}
        self.told: dict[str, int] = {}
        self.send(type="hello")

    def keep(self, answer: dict[str, Any]) -> None:
        """Store the contents of an answer."""
        if answer.get("forget"):
            self.bodies.clear()
        self.bodies.update(answer.get("contents", {}))

    def send(self, **message: Any) -> dict[str, str]:
        """Perform an action, and return what's on screen afterward."""
        for answer in self.activity.handle({**message, "seq": 1, "view": "v"}):
            self.keep(answer)
            self.told.update(answer.get("fragments", {}))
        return {part: self.bodies[number] for part, number in self.told.items()}

    def ahead(self, field: str) -> dict[str, dict[str, str]]:
        """Focus a control, and return what the page would show at each of its positions."""
        (answer,) = self.activity.handle({"type": "prefetch", "field": field, "view": "v", "prefetch_version": 0})
        self.keep(answer)
        return {at: {part: self.bodies[number] for part, number in told[0].items()} for at, told in answer["at"].items()}


def afresh(state: Mapping[str, Any]) -> dict[str, str]:
    """Return what a newly opened page shows in a given state."""
    page = RunPlan(next(row for row in load_activities() if row.activity == "run_plan"))
    page.update(**state)
    return page.fragments(page.state)


MOVES = st.one_of(
    st.sampled_from(["next", "back", "undo", "reset", "show", "hello"]).map(lambda action: {"type": action}),
    st.sampled_from(["next", "next", "back"]).map(lambda action: {"type": action}),
    st.sampled_from(["start", "poll", "skip"]).map(lambda action: {"type": action}),
    st.sampled_from([*PLANS, "longer"]).map(lambda plan: {"type": "set", "field": "plan", "value": plan}),
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(MOVES, min_size=1, max_size=14))
def test_the_screen_shows_what_a_fresh_page_would(moves: list[dict[str, Any]]) -> None:
    """This holds after every message, and for every prefetched position of a control."""
    saved_answers.delete("run_plan")
    page, clock = with_clock()
    screen = Screen(page)
    for move in moves:
        clock.minutes += 3
        shown, state = screen.send(**move), page.state
        assert shown == afresh(state)
    for plan, parts in screen.ahead("plan").items():
        assert parts == afresh(page.with_value("plan", plan))


def test_the_clock_runs_by_itself_and_stops_long_after_the_session() -> None:
    """Once started, it needs no input. On another day the plan waits for a new start."""
    page, clock = with_clock()
    act(page, type="poll")
    assert (page.state["minute"], page.state["at"]) == (0, 0)
    act(page, type="start")
    assert page.state["at"] == 1, "the clock runs, and the plan still waits for people to come in"
    clock.minutes += 12
    act(page, type="poll")
    assert page.state["minute"] == 12
    assert act(page, type="undo")["notice"] == text("panel.undone")
    assert (page.state["minute"], page.state["started"]) == (0, 0)
    act(page, type="start")
    again, later = with_clock()
    later.minutes = clock.minutes + 24 * 60
    act(again, type="hello")
    assert (again.state["started"], again.state["minute"]) == (0, 0)


@pytest.mark.parametrize("plan", PLANS)
def test_one_key_skips_what_the_plan_lets_go_first(plan: str) -> None:
    """Each press names the skipped step, and the plan jumps over it. If nothing more can be skipped, the page says so."""
    page, clock = with_clock()
    act(page, type="set", field="plan", value=plan)
    act(page, type="start")
    optional = sorted((row for row in steps_of(plan) if row.skip is not None), key=lambda row: row.skip or 0)
    for row in optional:
        assert row.title in page.fragments(page.state)["late"]
        assert act(page, type="skip")["notice"] == text("run_plan.is_skipped", step=row.title)
    assert act(page, type="skip")["notice"] == text("run_plan.nothing_to_skip")
    assert page.state["skipped"] == tuple(row.step for row in optional)
    walked = []
    while True:
        walked.append(steps_of(plan)[page.state["at"]].step)
        at = page.state["at"]
        act(page, type="next")
        if page.state["at"] == at:
            break
    assert walked == [row.step for row in steps_of(plan)[1:] if row not in optional]
    if optional:
        late = steps_of(plan)[1].minutes + optional[0].minutes
        again, clock = with_clock()
        act(again, type="set", field="plan", value=plan)
        act(again, type="start")
        clock.minutes += late
        act(again, type="poll")
        act(again, type="skip")
        assert text("run_plan.regained") in again.fragments(again.state)["late"]


# ---- what is saved ----


def test_the_place_is_there_again_after_a_restart() -> None:
    """Step, clock and skipped steps are restored when the page is opened again, and undo doesn't go back further."""
    page, clock = with_clock()
    act(page, type="hello")
    act(page, type="set", field="plan", value="long")
    act(page, type="start")
    clock.minutes += 5
    act(page, type="poll")
    act(page, type="skip")
    again, clock_again = with_clock()
    clock_again.minutes = clock.minutes + 2
    answer = act(again, type="hello")
    assert (again.state["plan"], again.state["at"], again.state["minute"]) == ("long", 1, 7)
    assert again.state["skipped"] == page.state["skipped"] != ()
    assert answer["values"] == {**page.values(page.state), "minute": 7}
    assert act(again, type="undo")["notice"] == text("panel.nothing_to_undo")
    act(page, type="undo")
    third, third_clock = with_clock()
    third_clock.minutes = clock.minutes
    act(third, type="hello")
    assert third.state == page.state
    assert third.state["skipped"] == ()


def test_start_over_restarts_the_session_and_saves_it() -> None:
    """After Start over, a newly opened page is at the start."""
    page = run_plan()
    act(page, type="hello")
    act(page, type="next")
    act(page, type="reset")
    again = run_plan()
    act(again, type="hello")
    assert again.state == page.state == run_plan().state


@pytest.mark.parametrize("text", ["{ broken", "[]", '{"at": "x"}', '{"plan": ["short"]}', '{"minute": 500, "at": 3}', "{}"])
def test_a_saved_position_that_cannot_be_read_is_ignored(text: str) -> None:
    """The plan starts over without a message."""
    saved_answers.folder().mkdir(parents=True, exist_ok=True)
    (saved_answers.folder() / "run_plan.json").write_text(text, encoding="utf-8")
    page = run_plan()
    assert "notice" not in act(page, type="hello")
    assert page.state == run_plan().state


def test_a_position_that_cannot_be_saved_is_harmless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The plan continues without a message."""
    blocked = tmp_path / "file"
    blocked.write_text("x")
    monkeypatch.setenv(saved_answers.FOLDER, str(blocked / "below"))
    page = run_plan()
    assert "notice" not in act(page, type="hello")
    assert "notice" not in act(page, type="next")
    assert page.state["at"] == 1


def test_a_tour_keeps_nothing() -> None:
    """A tour doesn't change the saved position."""
    run_plan().transcript()
    assert saved_answers.saved("run_plan") == {}


def test_restoring_a_position_does_not_undo_what_was_entered() -> None:
    """An entry made before the page is on screen stays, and the file isn't read a second time."""
    saved_answers.save("run_plan", {"plan": "long", "at": 4, "minute": 30})
    page = run_plan(plan="short")
    act(page, type="hello")
    assert (page.state["plan"], page.state["at"]) == ("short", 0)
    other = run_plan()
    act(other, type="hello")
    act(other, type="reset")
    act(other, type="hello")
    assert other.state["at"] == 0


def test_time_that_cannot_be_made_up_is_reported() -> None:
    """At the close nothing is left to skip, so the page says how late it will end."""
    page = run_plan(plan="short", minute=30)
    for _ in steps_of("short"):
        act(page, type="next")
    assert text("run_plan.nothing_to_save", left=10) in page.fragments(page.state)["late"]


def test_the_steps_have_an_end_on_both_sides() -> None:
    """Next after the last step and back before the first change nothing."""
    page = run_plan()
    act(page, type="back")
    assert page.state["at"] == 0
    for _ in range(30):
        act(page, type="next")
    assert page.state["at"] == len(steps_of("standard")) - 1


def test_another_plan_begins_at_its_first_step() -> None:
    """Undo restores the position in the previous plan."""
    page = run_plan()
    act(page, type="next")
    act(page, type="next")
    act(page, type="set", field="plan", value="short")
    assert (page.state["plan"], page.state["at"]) == ("short", 0)
    act(page, type="undo")
    assert (page.state["plan"], page.state["at"]) == ("standard", 2)


def test_a_saved_position_beyond_the_plan_is_its_last_step() -> None:
    """A position from a longer plan doesn't break a shorter one."""
    page = run_plan()
    act(page, type="load", value='{"plan": "short", "at": 11}')
    assert page.state["at"] == len(steps_of("short")) - 1


def test_the_arrow_keys_turn_the_steps() -> None:
    """Both buttons show their keys."""
    page = run_plan().page()
    assert 'data-key="ArrowRight PageDown"' in page
    assert 'data-key="ArrowLeft PageUp"' in page


# ---- the words are accurate ----


def test_the_round_on_the_rule_is_right_for_either_answer() -> None:
    """Contacts in that round can be allowed or not, so the words to say and do mention both."""
    answers = {rules_check(vignettes()[name].case).answer for name in draw("timing", 2)}
    assert {"allowed", "not_allowed"} <= answers
    for what in ("say", "do"):
        sentence = text(f"run_step.round_rule.{what}")
        assert re.search(r"\bnow\b", sentence) is None
        assert "llowed" in sentence
    assert "Thursday at 9:00 pm Eastern Time" in text("run_step.round_rule.say")
    assert [one for one in answers if text(f"soap.answer.{one}") not in text("run_step.round_rule.do")] == []


def test_the_list_names_the_keys_that_there_are() -> None:
    """It has exactly the pages that a letter opens, and the what-if control has its keys."""
    sentence = text("run_plan.key_pages")
    assert [letter for letter in "RMDQP" if f"{letter}:" not in sentence] == []
    assert all(len(letter) > 1 or letter in "RMDQP" for letter in re.findall(r"(\w+):", sentence))
    for place in ("run_plan.key_what_if", "run_step.round_caller.do"):
        assert [word for word in ("Tab", "rrow keys", "Space", "Esc", "→") if word not in text(place)] == []


def test_the_presenters_window_lists_the_keys_and_the_checks_that_it_speaks_of() -> None:
    """P goes back in the plan, and R and D do nothing. The list has every button's key, and the checklist is there."""
    page = run_plan().presenter_page()
    listed = str(keys(PRESENTER_KEYS))
    for key in re.findall(r'data-key="([a-z])"', page):
        assert f"{key.upper()}:" in listed, key
    assert [letter for letter in "RDF" if f"{letter}:" in listed] == []
    assert "P: the plan" not in listed
    assert listed in page
    assert str(checklist()) in page


def test_nothing_has_to_be_zoomed() -> None:
    """Everything grows with the window, so no text asks for Ctrl and +."""
    assert [word for word in ("run_check.full_screen", "run_plan.key_full") if "Ctrl" in text(word)] == []
    assert "grows with the window" in text("run_check.full_screen")


def test_the_steps_for_a_file_by_hand_list_every_key() -> None:
    """The list says how to choose a file by hand, and uses the name that's on screen."""
    sentence = text("run_check.files")
    name = text("round.deck", count="").partition(" (")[0]
    assert re.search(rf"^Press M\. .*\bTab to {name}, Enter, Tab to (its|the) title, Enter", sentence)


def test_the_welcome_and_the_close_have_their_screens() -> None:
    """Both say which page is on screen and which key opens it. The close is on the round's page."""
    assert "three sentences" in text("run_step.welcome.do")
    assert "→ once more after the last file" in text("run_step.close.do")
    for step in ("welcome", "drill"):  # its letter works only on the projector's page, not in the presenter's window
        assert re.findall(r"With one screen, [^.]*press [RD]\b", text(f"run_step.{step}.do")), step
        assert len(re.findall(r"press [A-Z]\b", text(f"run_step.{step}.do"), re.IGNORECASE)) == 1
    for plan in PLANS:
        assert steps_of(plan)[0].activity == "round"  # the page that the projector opens first
        assert steps_of(plan)[1].activity == steps_of(plan)[-1].activity == "round"


#: Words that would single people out if the plan were on a wall.
HURTS = r"hard week|did not match|worst|had bad news|no match|unmatched"


def test_the_plan_can_be_posted_on_a_wall() -> None:
    """No text on the page, in any step, talks about people in the room who are struggling."""
    page = run_plan()
    content = [page.page(), page.text]
    for plan, at in PLACES:
        content += afresh({"plan": plan, "at": at}).values()
    found = re.search(HURTS, " ".join(content))
    assert found is None, found


def test_the_presenter_has_one_main_button_and_it_is_the_rooms() -> None:
    """The round next to the plan has the filled button, so all of the plan's buttons are outlined."""
    toolbars = re.findall(r'class="(bw-toolbar[^"]*)"', run_plan().presenter_page())
    assert len(toolbars) == 2
    assert all("bw-alike" in one.split() for one in toolbars)


def test_the_plan_says_how_people_on_a_video_call_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebook and presenter's window do. The site has no phones and no second window, so it mentions neither."""
    board = run_plan()
    for page in (board.page(), board.presenter_page()):
        content = html.unescape(page)
        assert [name for name in HYBRID if text(f"run_plan.hybrid.{name}") not in content] == []
    monkeypatch.setenv(HOST_VARIABLE, "browser")
    content = html.unescape(run_plan().page())
    assert text("run_plan.hybrid.share.site") in content
    assert text("run_plan.hybrid.phones") not in content
    assert "presenter's window" not in str(hybrid())


def test_hands_of_a_call_are_added_to_the_phones_of_the_room() -> None:
    """In a hybrid vote, typed hands and phones count together, as the plan promises."""
    room = WorkshopState(people=30).with_file("nadia")._replace(phones=(0, 9, *(0,) * 7), votes=(0, 4, *(0,) * 7))
    assert room.counted[1] == 13
