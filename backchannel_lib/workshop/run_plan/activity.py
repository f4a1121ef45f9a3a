"""A session's run plan: the current step, the next one, and what to skip to end on time."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record, boolean_field, choice_field, choices_field, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.persistent_form import PersistentForm
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.activity_page import activity_page, show_if, slot, static_page
from backchannel_lib.page.components import citations, description_list, linked_text, scrollable, table, unfolding
from backchannel_lib.page.host import host
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checks, radios
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.round.state import WorkshopState
from backchannel_lib.workshop.run_plan.model import (
    CatchUp,
    RunStepRow,
    catch_up,
    files_of,
    load_run_checks,
    load_run_plans,
    plan_of,
    starts,
    steps_of,
)

LAST_MINUTE: Final = 240
LAST_START: Final = 999_999_999
OPENS_WITH: Final = "standard"
HYBRID: Final = ("share", "helper", "people", "hands", "phones", "private", "sheets")
CLOSE: Final = "close"
QUESTIONS: Final = "room_questions"
KEYS: Final = ("on", "back", "vote", "second", "undo", "clock", "what_if", "pages", "full", "blank", "tab", "help")
#: The keys of the presenter's window, where letters belong to the plan.
PRESENTER_KEYS: Final = (
    *("on", "back", "vote", "second", "undo", "clock", "what_if"),
    *("steps", "windows", "blank", "tab", "help"),
)


def step_name(row: RunStepRow) -> str:
    """Return a step's title, with the round's difficulty.

    Examples:
        >>> step_name(steps_of("short")[1])
        'Welcome'
    """
    if not row.topic:
        return row.title
    return text("run_plan.round_named", step=row.title, difficulty=row.difficulty)


def when_late(row: RunStepRow) -> str:
    """Say what to do with a step when time is short: keep, shorten or skip it.

    Examples:
        >>> when_late(steps_of("short")[1]).split()
        ['cut', 'to', '2', 'min']
    """
    ways = []
    if row.skip is not None:
        ways.append(text("run_plan.cell_skip", place=text("run_plan.places").split()[row.skip - 1]))
    if row.shorter is not None:
        ways.append(text("run_plan.cell_shorter", minutes=row.shorter))
    return text("run_plan.cell_or").join(ways) or text("run_plan.cell_never")


def _late_cell(row: RunStepRow, skipped: Collection[str]) -> str:
    """Return what to do about a step when you run late, or that it's already skipped."""
    return text("run_plan.cell_skipped") if row.step in skipped else when_late(row)


def markers(plan: str, at: int, skipped: tuple[str, ...] = ()) -> str:
    """Return a step's start and end minute in words.

    Examples:
        >>> markers("short", 1)
        'Minutes 0 to 3'
    """
    row, start = steps_of(plan)[at], starts(plan, skipped)[at]
    if not row.minutes:
        return text("run_plan.marks_before")
    return text("run_plan.marks", start=start, end=start + row.minutes)


class RunPlan(PersistentForm):
    """The chosen plan, the current step, the skipped steps, and the time since the session started.

    Args:
        row: Its row in data/activities.csv.
        now: Returns the seconds since 1970.

    Source:
        data/run_plans.csv, data/run_steps.csv.
    """

    def __init__(self, row: ActivityRow, now: Callable[[], float] = time.time) -> None:
        plans = [plan.plan for plan in load_run_plans()]
        most = max(len(steps_of(plan)) for plan in plans) - 1
        self._now = now
        super().__init__(
            row,
            {
                "plan": choice_field("plan", plans, text("run_plan.ask"), OPENS_WITH),
                "minute": integer_field("minute", 0, LAST_MINUTE, 0),
                "at": integer_field("at", 0, most, 0),
                "started": integer_field("started", 0, LAST_START, 0),  # minutes since 1970; 0 while the clock is stopped
                "skipped": choices_field("skipped", {step.step for plan in plans for step in steps_of(plan)}),
                "ready": choices_field("ready", [one.check for one in load_run_checks()], text("run_plan.head_check")),
                "asking": boolean_field("asking"),  # whether the room sees the questions instead of the step
            },
        )

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the actions of the buttons and of the clock."""
        return {
            "next": self._next,
            "back": self._back,
            "start": self._start,
            "skip": self._skip,
            "questions": self._questions,
            "poll": self._poll,
        }

    def _next(self, _: object) -> ActionResult:
        """Go to the next step, unless this one has another file, because your own can come before the plan's."""
        if title := self.next_file():
            if self.state["asking"]:
                self.commit_values(asking=False)
            return {"notice": text("run_plan.next_file_first", title=title)}
        return self._to(next_place(self.state))

    def _back(self, _: object) -> ActionResult:
        """Go back one step; if that takes the current file and its votes off the screen, say so."""
        at, room = next_place(self.state, -1), self.room
        before = room.round_before() if room else None
        result = self._to(at)
        if at is not None and room and before and sum(room.counted):
            plan = self.state["plan"]
            files = files_of(plan, room.seed, self.state["skipped"]).get(steps_of(plan)[at].step, ())
            if before.vignette in files and room.vignette not in files:
                return {**result, "notice": text("run_plan.off_screen", title=room.file.title)}
        return result

    def _to(self, at: int | None) -> ActionResult:
        if at is not None:
            self.commit_values(at=at, asking=False, started=self._started(self.state, at))
        return {}

    def _started(self, state: Record, at: int) -> int:
        """Return when the clock started, starting it now if this step is the first one after the preparations."""
        steps = steps_of(state["plan"])
        begins = not steps[state["at"]].minutes and steps[at].minutes and not _has_clock(state)
        return int(self._now() // 60) if begins else int(state["started"])

    def _questions(self, _: object) -> ActionResult:
        """Show the room its questions, or go back to the current step."""
        if not self._asks_anyway(self.state):
            self.commit_values(asking=not self.state["asking"])
        return {}

    def _start(self, _: object) -> ActionResult:
        """Start the clock, moving from the preparations to the session's first step."""
        at = self.state["at"] if step_of(self.state).minutes else next_place(self.state)
        self.commit_values(started=int(self._now() // 60), minute=0, at=at)
        return {"focus": "now"}

    def _skip(self, _: object) -> ActionResult:
        """Skip the first step that the plan allows skipping."""
        step = self.may_go(self.state)
        if step is None:
            return {"notice": text("run_plan.nothing_to_skip")}
        self.commit_values(skipped=(*self.state["skipped"], step.step))
        return {"notice": text("run_plan.is_skipped", step=step.title)}

    def _poll(self, _: object) -> ActionResult:
        """Update the clock; this is not an undo step."""
        if self.state["started"]:
            minute = int(self._now() // 60) - self.state["started"]
            self.restore(self.with_(minute=min(LAST_MINUTE, max(0, minute))))
        return {}

    def restore_record(self, record: Mapping[str, Any]) -> None:
        """Continue from a saved record; if its session must have ended long ago, stop the clock."""
        super().restore_record(record)
        self._poll({})
        if self.state["started"] and self.state["minute"] == LAST_MINUTE:
            self.restore(self.with_(started=0, minute=0))

    def with_value(self, field: str, value: object) -> Record:
        """Return the state after one control moves; a new plan begins at its first step."""
        moved = super().with_value(field, value)
        if moved["plan"] != self.state["plan"]:
            moved = {**moved, "at": 0, "skipped": (), "asking": False}
        return self.believed(moved)

    def believed(self, state: Record) -> Record:
        """Return a state with a step that its plan has, and without skipped steps that can't be skipped."""
        steps = steps_of(state["plan"])
        optional = {row.step for row in steps if row.skip is not None}
        skipped = tuple(step for step in state["skipped"] if step in optional)
        return MappingProxyType({**state, "at": min(state["at"], len(steps) - 1), "skipped": skipped})

    @staticmethod
    def late(state: Record) -> int:
        """Return how many minutes late the current step is; negative if it is early.

        A step is on time during its planned minutes. When it actually began doesn't matter, because no presenter tracks that.
        """
        since_start = int(state["minute"]) - starts(state["plan"], state["skipped"])[state["at"]]
        return min(0, since_start) + max(0, since_start - step_of(state).minutes)

    def behind(self, state: Record) -> int:
        """Return how many minutes late the session will end unless more is skipped; negative if it can end early."""
        minutes_saved = sum(row.minutes for row in steps_of(state["plan"])[state["at"] + 1 :] if row.step in state["skipped"])
        return self.late(state) - minutes_saved

    def may_go(self, state: Record) -> RunStepRow | None:
        """Return the next step to skip, in the plan's order; None if nothing more can be skipped."""
        coming = [row for row in steps_of(state["plan"])[state["at"] + 1 :] if row.step not in state["skipped"]]
        return min((row for row in coming if row.skip is not None), key=lambda row: row.skip or 0, default=None)

    # ---- following the round ----

    def follow(self, room: WorkshopState) -> None:
        """Go to the step of the plan that the room has reached; this is not an undo step."""
        state = self.state
        if room.plan and room.plan != state["plan"]:
            state = self.with_value("plan", room.plan)
        step, at = step_of(state), place_of(room, state["plan"])
        if at is None and not room.vignette and (step.topic or step.step == CLOSE):  # back before the first file
            at = next_place({**state, "at": 0})
        at = state["at"] if at is None else at
        self.restore(self.believed({**state, "at": at, "skipped": room.skipped, "started": self._started(state, at)}))

    def begin_anew(self) -> None:
        """Go back to the beginning of the same plan; this is not an undo step."""
        self.restore(MappingProxyType({**self.start, "plan": self.state["plan"]}))

    #: What the room sees and how it votes, for the presenter.
    room: WorkshopState | None = None
    #: Puts the next file of the current step on the room's screen and returns its title; blank if there is none.
    next_file: Callable[[], str] = staticmethod(lambda: "")

    @staticmethod
    def _asks_anyway(state: Record) -> bool:
        """Return whether the step itself shows the questions."""
        return step_of(state).activity == QUESTIONS

    def leave_questions(self) -> bool:
        """Go to the step after the questions, or back to the one during which they were opened; return whether there is one."""
        opened_at = self.state["at"] if self.state["asking"] else None
        at = next_place(self.state) if self._asks_anyway(self.state) else opened_at
        if at is not None:
            self.commit_values(at=at, asking=False)
        return at is not None

    @property
    def on_screen(self) -> str:
        """The activity that the room sees: the questions, or this step's activity, or else the last one before it."""
        if self.state["asking"]:
            return QUESTIONS
        steps = [row for row in steps_of(self.state["plan"])[: self.state["at"] + 1] if row.step not in self.state["skipped"]]
        return next((row.activity for row in reversed(steps) if row.activity), "")

    # ---- on screen ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the current step, the next one, how late it is, and the whole plan."""
        plan, at, skipped = state["plan"], state["at"], state["skipped"]
        clock, late = text("run_plan.not_started"), Markup("")
        if _has_clock(state):
            clock = text("run_plan.at_minute", minute=state["minute"], minutes=plan_of(plan).minutes)
            late = join(_late(plan, at, self.late(state), self.behind(state), skipped), _skip(self.may_go(state)))
        return {
            "for": _for(plan),
            "now": _now(plan, at, skipped),
            "next": _next(plan, next_place(state), skipped),
            "clock": clock,
            "late": late,
            "plan": _whole(plan, at, skipped),
            "script": _script(plan, skipped),
            "asking": "" if self._asks_anyway(state) else _asking(on=state["asking"]),
            "room": _room(self.room) if self.room else "",
            "live_text": self._live_text(state),
        }

    def sections(self, state: Record) -> list[str]:
        """Return the names of the visible sections."""
        return ["running" if state["started"] else "waiting", *(["back"] if next_place(state, -1) is not None else [])]

    def _live_text(self, state: Record) -> str:
        late = _how_late(self.late(state)) if _has_clock(state) else ""
        return f"{text('run_plan.now')}: {step_name(step_of(state))}. {late}".strip()

    def page(self) -> str:
        """Return the whole page."""
        parts = self.fragments(self.state)
        return activity_page(
            self.key,
            unfolding(
                "ready",
                text("run_plan.head_check"),
                checks("ready", tag("span", text("run_plan.head_check"), class_="bw-hidden"), _checks(), self.state["ready"]),
                class_="bw-group-fold",
            ),
            tag(
                "div",
                tag(
                    "div",
                    self._plans(parts),
                    tag("h3", text("run_plan.late_title")),
                    self._clock(parts),
                    class_="bw-spaced",
                ),
                tag("div", *self._steps(parts), class_="bw-spaced"),
                class_="bw-columns bw-halves bw-screen",
            ),
            tag("h3", text("run_plan.whole")),
            slot("plan", parts["plan"], **scrollable(text("run_plan.caption"), class_="bw-numbers bw-screen")),
            slot("script", parts["script"], class_="bw-script", hidden=True),  # for paper, where the steps can't change
            tag("section", tag("h3", text("run_plan.keys")), keys(), class_="bw-spaced bw-wide"),
            unfolding("hybrid", text("run_plan.hybrid"), hybrid()),
            citations("run_plan", (), ("run_plans", "room_advice")),
        )

    def presenter_page(self) -> str:
        """Return the presenter's page: the step, the clock, the room, and then the plan."""
        parts = self.fragments(self.state)
        return activity_page(
            self.key,
            self._clock(parts),
            tag("div", *self._steps(parts, arrows=False), class_="bw-spaced"),
            slot("asking", parts["asking"], class_="bw-toolbar bw-alike"),
            unfolding("checklist", text("run_plan.head_check"), checklist()),
            tag("h3", text("run_plan.room")),
            slot("room", parts["room"], class_="bw-spaced"),
            unfolding("plan", text("run_plan.whole"), self._plans(parts), slot("plan", parts["plan"], class_="bw-numbers")),
            unfolding("hybrid", text("run_plan.hybrid"), hybrid()),
            unfolding("keys", text("run_plan.keys"), keys(PRESENTER_KEYS)),
            look="bw-presenter",
        )

    def _plans(self, parts: Mapping[str, str]) -> list[Markup]:
        """Return the choice of a plan, and whom it is for."""
        plans = [(row.plan, row.title) for row in load_run_plans()]
        return [
            radios("plan", text("run_plan.ask"), plans, self.state["plan"]),
            slot("for", parts["for"], "p", class_="bw-small"),
        ]

    def _clock(self, parts: Mapping[str, str]) -> Markup:
        """Return the clock: its start, the minute, how late it is, and what can be skipped."""
        visible = self.sections(self.state)
        return tag(
            "div",
            slot("clock", parts["clock"], "p", class_="bw-plan-clock"),
            show_if("waiting", visible, button(text("run_plan.start"), "start", key="t", hint="T")),
            show_if("running", visible, data_poll=True),
            slot("late", parts["late"], class_="bw-story"),
            class_="bw-spaced",
        )

    def _steps(self, parts: Mapping[str, str], *, arrows: bool = True) -> Iterable[Markup]:
        """Yield the current and the next step; in the presenter's window, the arrow keys control the round instead."""
        on, back = ("ArrowRight PageDown", "ArrowLeft PageUp") if arrows else ("n", "p")
        on_hint, back_hint = ("→", "←") if arrows else ("N", "P")
        return (
            tag("h3", text("run_plan.now")),
            slot("now", parts["now"], class_="bw-item"),
            tag(
                "div",
                button(text("run_plan.on"), "next", key=on, hint=on_hint),
                show_if("back", self.sections(self.state), button(text("run_plan.back"), "back", key=back, hint=back_hint)),
                # In the presenter's window, the round has the main button.
                class_="bw-toolbar bw-nav" if arrows else "bw-toolbar bw-nav bw-alike",
            ),
            tag("h3", text("run_plan.next")),
            slot("next", parts["next"], class_="bw-story"),
        )

    def static_html(self) -> str:
        """Return the plans, for a notebook that hasn't run."""
        return static_page(
            self.key, tag("ul", [tag("li", tag("b", row.title), ". ", _for(row.plan)) for row in load_run_plans()])
        )

    @property
    def text(self) -> str:
        """Title, introduction, and the plan's steps with their times."""
        plan = self.state["plan"]
        lines = [f"- {markers(plan, at)}: {step_name(row)}" for at, row in enumerate(steps_of(plan))]
        return "\n".join([super().text, *lines])

    def transcript_lines(self) -> Iterator[str]:
        """Go through each plan ten minutes late, and yield each step and what to skip."""
        for row in load_run_plans():
            self.update(plan=row.plan, minute=0)
            yield f"{row.title}: {_for(row.plan)}"
            for at, step in enumerate(steps_of(row.plan)):
                self.update(minute=min(LAST_MINUTE, starts(row.plan)[at] + step.minutes + 10))
                if at:
                    self._to(at)
                savings = catch_up(row.plan, step.step, self.behind(self.state))
                yield f"   {markers(row.plan, at)}: {step_name(step)} ({when_late(step)})"
                changes = [change.text for change in savings.changes]
                yield f"      {' '.join([_how_late(self.late(self.state)), *changes, *_left(savings)])}"


def checklist() -> Markup:
    """Return the checklist for the time before people come in.

    Examples:
        >>> checklist().count("<tr") == len(load_run_checks()) + 1
        True
    """
    rows = [(row.minutes, row.text) for row in load_run_checks()]
    head = (text("run_plan.head_check_when"), text("run_plan.do"))
    return tag("div", table(text("run_plan.head_check"), head, rows), class_="bw-checklist")


def _checks() -> list[tuple[str, Markup]]:
    """Return the checklist's ids, and each instruction with its time."""
    return [
        (row.check, tag("span", tag("b", text("run_plan.check_when", minutes=row.minutes)), " ", row.text))
        for row in load_run_checks()
    ]


def hybrid() -> Markup:
    """Return advice for rooms with people on a video call; on the site, there are no phones and no second window.

    Examples:
        >>> hybrid().count("<li") == len(HYBRID)
        True
    """
    on_site = host() == "browser"
    names = [f"{name}.site" if on_site and name == "share" else name for name in HYBRID if not on_site or name != "phones"]
    return tag("ul", [tag("li", text(f"run_plan.hybrid.{name}")) for name in names], class_="bw-list")


def keys(shown: Iterable[str] = KEYS) -> Markup:
    """Return the list of a round's keys, or of the given ones.

    Examples:
        >>> keys().count("<li") == len(KEYS)
        True
    """
    return tag("ul", [tag("li", text(f"run_plan.key_{key}")) for key in shown], class_="bw-list")


def _for(plan: str) -> str:
    return text(f"run_plan.{plan}.for")


def step_of(state: Mapping[str, Any]) -> RunStepRow:
    """Return the current step.

    Examples:
        >>> step_of({"plan": "short", "at": 1}).title
        'Welcome'
    """
    return steps_of(state["plan"])[int(state["at"])]


def _has_clock(state: Mapping[str, Any]) -> bool:
    """Return whether the minute is known, because the clock runs or somebody has set it."""
    return bool(state["started"] or state["minute"])


def _screen(row: RunStepRow) -> str:
    return text(f"activity.{row.activity}.title") if row.activity else text("run_plan.no_part")


def next_place(state: Mapping[str, Any], onward: int = 1) -> int | None:
    """Return the index of the next step that isn't skipped, or of the previous one for -1; None at the end.

    Examples:
        >>> next_place({"plan": "long", "at": 3, "skipped": ("round_works",)})
        5
    """
    steps, at = steps_of(state["plan"]), state["at"] + onward
    while 0 <= at < len(steps):
        if steps[at].step not in state["skipped"]:
            return int(at)
        at += onward
    return None


def place_of(room: WorkshopState, plan: str) -> int | None:
    """Return the index of the plan's step on the room's screen; None if that can't be determined.

    Examples:
        >>> room = WorkshopState()
        >>> place_of(room, "standard"), place_of(room.with_file(room.files()[1]), "standard")
        (None, 3)
    """
    names = [row.step for row in steps_of(plan)]
    if room.is_closed:
        return names.index(CLOSE)
    steps = files_of(plan, room.seed, room.skipped).items()
    return next((names.index(step) for step, files in steps if room.vignette in files), None)


@functools.cache
def _now(plan: str, at: int, skipped: tuple[str, ...]) -> Markup:
    row = steps_of(plan)[at]
    return join(
        tag("h4", step_name(row)),
        tag("p", markers(plan, at, skipped), class_="bw-small"),
        description_list(
            (text("run_plan.say"), linked_text(f"run_step.{row.step}.say")),
            (text("run_plan.do"), text(f"run_step.{row.step}.do")),
            (text("run_plan.if_late"), text(f"run_step.{row.step}.late")),
            (text("run_plan.head_screen"), _screen(row)),
        ),
    )


@functools.cache
def _next(plan: str, at: int | None, skipped: tuple[str, ...]) -> Markup:
    if at is None:
        return tag("p", text("run_plan.nothing_next"))
    return tag("p", tag("b", step_name(steps_of(plan)[at])), ". ", markers(plan, at, skipped))


def _how_late(late: int) -> str:
    if late == 0:
        return text("run_plan.on_time")
    return text("run_plan.late" if late > 0 else "run_plan.early", minutes=abs(late))


@functools.cache
def _late(plan: str, at: int, late: int, behind: int, skipped: tuple[str, ...]) -> Markup:
    savings = catch_up(plan, steps_of(plan)[at].step, behind, skipped)
    back_on_time = text("run_plan.regained") if late > 0 >= behind else None
    return join(
        tag("p", tag("b", _how_late(late)), f" {text('run_plan.catch_up')}" if savings.changes else None, " ", back_on_time),
        tag("ul", [tag("li", saving.text) for saving in savings.changes], class_="bw-list") if savings.changes else None,
        [tag("p", sentence) for sentence in _left(savings)],
    )


def _asking(*, on: bool) -> Markup:
    """Return the button that shows the room its questions or goes back to the step."""
    return button(text("room_questions.back" if on else "room_questions.show"), "questions", key="q", hint="Q")


def _skip(step: RunStepRow | None) -> Markup:
    """Return the button that skips the first step that can be skipped."""
    return button(text("run_plan.skip_do", step=step.title), "skip", key="s", hint="S") if step else Markup("")


def _left(savings: CatchUp) -> list[str]:
    """Return a sentence about the minutes that can't be saved, if there are any."""
    which = "run_plan.not_all" if savings.changes else "run_plan.nothing_to_save"
    return [text(which, left=savings.minutes_left)] if savings.minutes_left else []


@functools.cache
def _script(plan: str, skipped: tuple[str, ...]) -> Markup:
    """Return every step with its words, to hold in the hand."""
    steps = [tag("li", _in_script(plan, at, skipped)) for at in range(len(steps_of(plan)))]
    return join(tag("p", tag("b", plan_of(plan).title), ". ", _for(plan)), tag("ol", steps))


def _in_script(plan: str, at: int, skipped: tuple[str, ...]) -> Markup:
    row = steps_of(plan)[at]
    words = (
        (text("run_plan.say"), text(f"run_step.{row.step}.say")),
        (text("run_plan.do"), text(f"run_step.{row.step}.do")),
        (text("run_plan.script_late", late=_late_cell(row, skipped)), text(f"run_step.{row.step}.late")),
    )
    return join(
        tag("h4", step_name(row)),
        tag("p", text("run_plan.script", when=markers(plan, at, skipped), screen=_screen(row))),
        tag("dl", [tag("div", tag("dt", label), " ", tag("dd", content)) for label, content in words], class_="bw-meanings"),
    )


#: The columns of the whole plan, each with what a phone shows before its cells, because it lays out the rows as paragraphs.
COLUMNS: Final = {
    "when": "run_plan.minute",
    "step": "",
    "minutes": "run_plan.lasts",
    "screen": "run_plan.shows",
    "late": "run_plan.when_late",
}


@functools.cache
def _whole(plan: str, at: int, skipped: tuple[str, ...]) -> Markup:
    """Return the plan as a table. Its roles are explicit, because some browsers drop them if rows are laid out differently."""
    begins = starts(plan, skipped)
    rows = []
    for place, row in enumerate(steps_of(plan)):
        begin = begins[place] if row.minutes and row.step not in skipped else "–"
        now = tag("span", text("run_plan.here"), class_="bw-badge") if place == at else None
        step = join(step_name(row), " ", now) if now else step_name(row)
        cells = zip(COLUMNS.values(), (begin, step, row.minutes or "–", _screen(row), _late_cell(row, skipped)), strict=True)
        rows.append(tag("tr", [_cell(*cell) for cell in cells], role="row", class_="bw-marked" if place == at else None))
    heads = [tag("th", text(f"run_plan.head_{name}"), scope="col", role="columnheader") for name in COLUMNS]
    return tag(
        "table",
        tag("caption", text("run_plan.caption"), class_="bw-hidden"),
        tag("thead", tag("tr", heads, role="row"), role="rowgroup"),
        tag("tbody", rows, role="rowgroup"),
        role="table",
        class_="bw-whole-plan",
    )


def _cell(label: str, content: object) -> Markup:
    known: dict[str, object] = {"data_label": text(label)} if label and content != "–" else {}
    known["class_"] = "bw-dash" if content == "–" else None
    if label == COLUMNS["when"]:
        return tag("th", content, scope="row", role="rowheader", **known)
    return tag("td", content, role="cell", **known)


def _room(room: WorkshopState) -> Markup:
    """Return what only the presenter sees: the next file, and the votes as they arrive."""
    left = room.files_left()
    upcoming = vignettes()[left[0]] if left else None
    next_file = f"{upcoming.title} ({text(f'topic.{upcoming.topic}')})" if upcoming else text("run_plan.no_file_next")
    counted = text("round.tally", voted=sum(room.counted), people=room.people)
    head = [text(f"run_plan.votes_{name}") for name in ("verdict", "hands", "phones")]
    rows = [(one.label, room.votes[one], room.phones[one]) for one in Verdict if room.counted[one]]
    return join(
        tag("p", tag("b", text("run_plan.next_file")), " ", next_file),
        tag("p", counted) if room.vignette else None,
        table(text("run_plan.votes"), head, rows) if rows else None,
    )
