"""The run plan of a session: what is on now, what comes next, and what to leave out so that it ends on time."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record, choice_field, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.persistent_form import PersistentForm
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import activity_page, slot, static_page
from backchannel_lib.page.components import citations, description_list, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios, slider
from backchannel_lib.workshop.deck import HARDEST
from backchannel_lib.workshop.run_plan.model import (
    CatchUp,
    RunStepRow,
    catch_up,
    load_run_checks,
    load_run_plans,
    starts,
    steps_of,
)

LAST_MINUTE: Final = 120
OPENS_WITH: Final = "standard"
KEYS: Final = ("on", "back", "vote", "undo", "clock", "what_if", "pages", "full", "tab")


def step_name(row: RunStepRow) -> str:
    """Return a step's title, for a round with the topic and difficulty that it plays.

    Examples:
        >>> step_name(steps_of("short")[1])
        'Welcome'
    """
    if not row.topic:
        return row.title
    topic = text(f"topic.{row.topic}")
    return text("run_plan.round_named", step=row.title, topic=topic, difficulty=row.difficulty, hardest=HARDEST)


def when_late(row: RunStepRow) -> str:
    """Return what may be done with a step when time is short: keep it, cut it short, or leave it out.

    Examples:
        >>> when_late(steps_of("short")[1])
        'stays in; can be cut to 2'
    """
    goes = text("run_plan.cell_never") if row.skip is None else text("run_plan.cell_skip", place=row.skip)
    return goes if row.shorter is None else "; ".join((goes, text("run_plan.cell_shorter", minutes=row.shorter)))


def markers(plan: str, at: int) -> str:
    """Return from which minute to which a step of a plan goes, in words.

    Examples:
        >>> markers("short", 1)
        'Minute 0 to 3'
    """
    row, start = steps_of(plan)[at], starts(plan)[at]
    if not row.minutes:
        return text("run_plan.marks_before")
    return text("run_plan.marks", start=start, end=start + row.minutes)


class RunPlan(PersistentForm):
    """The chosen plan, the current step, and the current minute.

    Args:
        row: Its row in data/activities.csv.

    Source:
        data/run_plans.csv, data/run_steps.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        plans = [plan.plan for plan in load_run_plans()]
        most = max(len(steps_of(plan)) for plan in plans) - 1
        super().__init__(
            row,
            {
                "plan": choice_field("plan", plans, text("run_plan.ask"), OPENS_WITH),
                "minute": integer_field("minute", 0, LAST_MINUTE, 0, text("run_plan.minute")),
                "at": integer_field("at", 0, most, 0),
            },
        )

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return what the buttons do."""
        return {"next": lambda _: self._to(self.state["at"] + 1), "back": lambda _: self._to(self.state["at"] - 1)}

    def _to(self, at: int) -> ActionResult:
        if 0 <= at < len(steps_of(self.state["plan"])):
            self.commit_values(at=at)
        return {}

    def with_value(self, field: str, value: object) -> Record:
        """Return the state that a move of one control leads to; another plan begins at its first step."""
        moved = super().with_value(field, value)
        if field == "plan":
            return self._fitting({**moved, "at": 0} if moved["plan"] != self.state["plan"] else moved)
        return self._fitting(moved)

    def from_file(self, text: str) -> Record:
        """Return the state that a file holds."""
        return self._fitting(super().from_file(text))

    @staticmethod
    def _fitting(state: Mapping[str, Any]) -> Record:
        """Make sure that there is a plan, and that it has the step."""
        plan = state["plan"] or OPENS_WITH
        return MappingProxyType({**state, "plan": plan, "at": min(state["at"], len(steps_of(plan)) - 1)})

    @staticmethod
    def late(state: Record) -> int:
        """Return by how many minutes the current step is late; below 0 if it is early.

        Within its minutes in the plan a step is on time. When it really began is not asked: nobody who leads a room knows.
        """
        plan, at, minute = state["plan"], state["at"], int(state["minute"])
        start = starts(plan)[at]
        return min(0, minute - start) + max(0, minute - start - steps_of(plan)[at].minutes)

    # ---- what is on screen ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return what is on, what comes next, how late it is, and the whole plan."""
        plan, at = state["plan"], state["at"]
        return {
            "for": text(f"run_plan.{plan}.for"),
            "now": _now(plan, at),
            "next": _next(plan, at),
            "late": join(text("run_plan.at_minute", minute=state["minute"]), _late(plan, at, self.late(state))),
            "plan": _whole(plan, at),
            "live_text": self._live_text(state),
        }

    def _live_text(self, state: Record) -> str:
        row = steps_of(state["plan"])[state["at"]]
        return f"{text('run_plan.now')}: {step_name(row)}. {_punctual(self.late(state))}"

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts = self.fragments(state)
        plans = [(row.plan, row.title) for row in load_run_plans()]
        return activity_page(
            self.key,
            tag(
                "div",
                tag(
                    "div",
                    radios("plan", text("run_plan.ask"), plans, state["plan"]),
                    slot("for", parts["for"], "p", class_="bw-small"),
                    slider(
                        "minute",
                        text("run_plan.minute"),
                        (0, LAST_MINUTE),
                        state["minute"],
                        help_text=text("run_plan.minute_help"),
                    ),
                    tag("h3", text("run_plan.late_title")),
                    slot("late", parts["late"], class_="bw-story"),
                    class_="bw-spaced",
                ),
                tag(
                    "div",
                    tag("h3", text("run_plan.now")),
                    slot("now", parts["now"], class_="bw-item"),
                    tag(
                        "div",
                        button(text("run_plan.on"), "next", key="ArrowRight PageDown", hint="→"),
                        button(text("run_plan.back"), "back", key="ArrowLeft PageUp", hint="←"),
                        class_="bw-toolbar bw-nav",
                    ),
                    tag("h3", text("run_plan.next")),
                    slot("next", parts["next"], class_="bw-story"),
                    class_="bw-spaced",
                ),
                class_="bw-columns bw-halves",
            ),
            tag("h3", text("run_plan.whole")),
            slot("plan", parts["plan"], class_="bw-numbers", tabindex="0", role="group", aria_label=text("run_plan.caption")),
            tag(
                "div",
                tag("div", tag("h3", text("run_plan.head_check")), checklist()),
                tag("div", tag("h3", text("run_plan.keys")), keys()),
                class_="bw-columns bw-halves",
            ),
            citations("run_plan", (), ("run_plans", "room_advice")),
        )

    def static_html(self) -> str:
        """Return the plans, for a notebook that has not been run."""
        return static_page(
            self.key, tag("ul", [tag("li", tag("b", row.title), ". ", _for(row.plan)) for row in load_run_plans()])
        )

    @property
    def text(self) -> str:
        """Title, lead, and the steps of the plan with their times."""
        plan = self.state["plan"]
        lines = [f"- {markers(plan, at)}: {step_name(row)}" for at, row in enumerate(steps_of(plan))]
        return "\n".join([super().text, *lines])

    def transcript_lines(self) -> Iterator[str]:
        """Go through each plan ten minutes late, and return each step and what to leave out."""
        for row in load_run_plans():
            self.update(plan=row.plan, minute=0)
            yield f"{row.title}: {_for(row.plan)}"
            for at, step in enumerate(steps_of(row.plan)):
                self.update(minute=min(LAST_MINUTE, starts(row.plan)[at] + step.minutes + 10))
                if at:
                    self._to(at)
                adjusted = catch_up(row.plan, step.step, self.late(self.state))
                yield f"   {markers(row.plan, at)}: {step_name(step)} ({when_late(step)})"
                yield f"      {_punctual(self.late(self.state))} {' '.join(_changes(adjusted))}"


def checklist() -> Markup:
    """Return the table of what to see to before people come in.

    Examples:
        >>> checklist().count("<tr") == len(load_run_checks()) + 1
        True
    """
    rows = [(row.minutes, row.text) for row in load_run_checks()]
    return table(text("run_plan.head_check"), (text("run_plan.head_check_when"), text("run_plan.do")), rows)


def keys() -> Markup:
    """Return the list of keys of a round.

    Examples:
        >>> keys().count("<li")
        9
    """
    return tag("ul", [tag("li", text(f"run_plan.key_{key}")) for key in KEYS], class_="bw-list")


def _for(plan: str) -> str:
    return text(f"run_plan.{plan}.for")


def _screen(row: RunStepRow) -> str:
    return text(f"activity.{row.activity}.title") if row.activity else text("run_plan.no_part")


@functools.cache
def _now(plan: str, at: int) -> Markup:
    row = steps_of(plan)[at]
    return join(
        tag("h4", step_name(row)),
        tag("p", markers(plan, at), class_="bw-small"),
        description_list(
            (text("run_plan.head_screen"), _screen(row)),
            (text("run_plan.do"), text(f"run_step.{row.step}.do")),
            (text("run_plan.say"), text(f"run_step.{row.step}.say")),
            (text("run_plan.if_late"), text(f"run_step.{row.step}.late")),
        ),
    )


@functools.cache
def _next(plan: str, at: int) -> Markup:
    steps = steps_of(plan)
    if at + 1 == len(steps):
        return tag("p", text("run_plan.nothing_next"))
    return tag("p", tag("b", step_name(steps[at + 1])), ". ", markers(plan, at + 1))


def _punctual(late: int) -> str:
    if late == 0:
        return text("run_plan.on_time")
    return text("run_plan.late" if late > 0 else "run_plan.early", minutes=abs(late))


@functools.cache
def _late(plan: str, at: int, late: int) -> Markup:
    adjusted = catch_up(plan, steps_of(plan)[at].step, late)
    return join(
        tag("p", tag("b", _punctual(late)), f" {text('run_plan.catch_up')}" if adjusted.changes else None),
        tag("ul", [tag("li", saving.text) for saving in adjusted.changes], class_="bw-list") if adjusted.changes else None,
        tag("p", _left(adjusted.minutes_left, bool(adjusted.changes))) if adjusted.minutes_left else None,
    )


def _left(left: int, saved: bool) -> str:
    return text("run_plan.not_all" if saved else "run_plan.nothing_to_save", left=left)


def _changes(adjusted: CatchUp) -> list[str]:
    return [
        *(change.text for change in adjusted.changes),
        *([_left(adjusted.minutes_left, bool(adjusted.changes))] if adjusted.minutes_left else []),
    ]


@functools.cache
def _whole(plan: str, at: int) -> Markup:
    rows = [
        (starts(plan)[place] if row.minutes else "–", step_name(row), row.minutes or "–", _screen(row), when_late(row))
        for place, row in enumerate(steps_of(plan))
    ]
    head = [text(f"run_plan.head_{name}") for name in ("when", "step", "minutes", "screen", "late")]
    return table(text("run_plan.caption"), head, rows, marked=at)
