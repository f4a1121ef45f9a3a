"""Make a dated plan for a year from a list of tasks, to save as text or as a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from backchannel_lib.activities.activity import Action, saved_file
from backchannel_lib.activities.form import Form, FormField, Record, choices_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.activities.year_plan.model import GROUPS, PlanItem, YearPlan, check_first_day, load_plan_tasks, plan_for
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.components import asked_on_paper, blank_table, bullets, citations, linked_text
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checks, text_box, toolbar

#: The Friday of Match Week 2027: SOAP is over, so anything planned now can begin.
FIRST_DAY: Final = "2027-03-19"
TO_BEGIN: Final = ("rest", "talk_to_someone", "honest_with_mentors")
#: A day as 2027-03-22, or as Americans write it, 3/22/2027.
_WRITTEN: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"|(?P<us_month>[0-9]{1,2})/(?P<us_day>[0-9]{1,2})/(?P<us_year>[0-9]{4})"
)


class YearPlanActivity(Form):
    """A first day, the checked tasks, and the resulting plan.

    Args:
        row: Its row in data/activities.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.offered = {group: tuple(row for row in load_plan_tasks() if row.group == group) for group in GROUPS}
        ticks = {
            group: choices_field(group, [row.task for row in rows], text(f"plan.group.{group}"))
            for group, rows in self.offered.items()
        }
        super().__init__(
            row, {"start": FormField(_as_written(date.fromisoformat(FIRST_DAY)), _read_day, text("plan_board.start")), **ticks}
        )

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {"begin": self._begin, "clear": self._clear, "text": self._save_plan, "calendar": self._save_plan}

    def _begin(self, _: object) -> ActionResult:
        """Check the three starter tasks, in addition to those already checked."""
        chosen = {*self._checked(self.state), *TO_BEGIN}
        self.commit_values(
            **{group: tuple(row.task for row in rows if row.task in chosen) for group, rows in self.offered.items()}
        )
        return {"values": self.values(self.state), "notice": text("plan_board.begun")}

    def _clear(self, _: object) -> ActionResult:
        self.commit_values(**dict.fromkeys(GROUPS, ()))
        return {"values": self.values(self.state)}

    def _save_plan(self, message: Mapping[str, Any]) -> ActionResult:
        plan = self._plan(self.state)
        if not plan.items:
            return {"notice": text("plan_board.nothing")}
        ending, content = ("txt", plan.text) if message["type"] == "text" else ("ics", plan.ics)
        return saved_file(f"my-plan-{plan.start.isoformat()}.{ending}", content)

    # ---- the plan ----

    @staticmethod
    def _checked(state: Record) -> list[str]:
        return [task for group in GROUPS for task in state[group]]

    def _plan(self, state: Record) -> YearPlan:
        return plan_for(_day(state["start"]), self._checked(state))

    # ---- what is on screen ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the plan, and its warnings."""
        plan = self._plan(state)
        return {"made": _plan_part(plan), "live_text": text("plan_board.count", count=len(plan.items))}

    def sections(self, state: Record) -> list[str]:
        """Return each group with a checked task, and the save buttons once there is something to save."""
        return [*(group for group in GROUPS if state[group]), *(["save"] if self._plan(state).items else [])]

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        return activity_page(
            self.key,
            tag("p", linked_text("plan.crisis"), class_="bw-lifeline"),
            self.on_paper(
                asked_on_paper(text("paper.first_day")),
                tag("p", linked_text("plan.crisis"), class_="bw-lifeline"),
                tag("p", text("paper.plan")),
                [
                    blank_table(text(f"plan.group.{group}"), [text("paper.dates")], [f"□ {row.title}" for row in rows])
                    for group, rows in self.offered.items()
                ],
            ),
            tag(
                "div",
                tag(
                    "div",
                    text_box("start", text("plan_board.start"), state["start"], help_text=text("plan_board.start_help")),
                    toolbar(button(text("plan_board.begin"), "begin"), button(text("plan_board.clear"), "clear")),
                    [self._group(group) for group in GROUPS],
                    citations("plan-begin", ("after.honest-with-mentors",), ("plan_three_to_begin", "plan_dates")),
                    class_="bw-controls",
                ),
                tag(
                    "div",
                    show_if(
                        "save",
                        self.sections(state),
                        toolbar(
                            button(text("plan_board.save_text"), "text"), button(text("plan_board.save_calendar"), "calendar")
                        ),
                        tag("p", text("plan_board.saved_where"), class_="bw-small"),
                        class_="bw-saving",
                    ),
                    tag("section", slot("made", self.fragments(state)["made"]), class_="bw-today bw-plan"),
                ),
                class_="bw-columns bw-halves",
            ),
        )

    def _group(self, group: str) -> Markup:
        """Return a group's checkboxes, folded unless it is the first one or has a checked task: 21 boxes would be too many."""
        title, checked = text(f"plan.group.{group}"), self.state[group]
        tasks = [(row.task, row.title) for row in self.offered[group]]
        if group == GROUPS[0]:
            return checks(group, title, tasks, checked)
        return tag(
            "details",
            tag("summary", text("plan_board.group", title=title, count=len(tasks))),
            checks(group, tag("span", title, class_="bw-hidden"), tasks, checked),
            class_="bw-group-fold",
            open=bool(checked),
            data_details=group,
            data_fold=group,
        )

    @property
    def text(self) -> str:
        """The title, and the plan in short."""
        plan = self._plan(self.state)
        return "\n".join([self.title, *(_lines(plan) or [text("plan.empty")])])

    def transcript_lines(self) -> Iterator[str]:
        """Check three tasks, then all of them with several first days, and yield days and warnings."""
        self._begin({})
        yield from _lines(self._plan(self.state))
        self.update(**{group: tuple(row.task for row in rows) for group, rows in self.offered.items()})
        for day in (FIRST_DAY, "2027-03-16", "6/20/2027", "2028-02-29"):
            self.update(start=day)
            plan = self._plan(self.state)
            yield from [plan.title, *_lines(plan), *plan.warnings]
        try:
            self.update(start="March 19")
        except CaseError as error:
            yield error.sentence
        self._clear({})
        yield text("plan.empty")


def _read_day(value: object) -> str:
    return _as_written(_day(value))


def _as_written(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def _day(value: object) -> date:
    text = str(value).strip()
    if not (found := _WRITTEN.fullmatch(text)):
        raise CaseError("start", "day_as_text", value)
    year, month, number = (int(found[name] or found[f"us_{name}"]) for name in ("year", "month", "day"))
    try:
        day = date(year, month, number)
    except ValueError:
        return check_first_day(None, value)
    return check_first_day(day, value)


def _lines(plan: YearPlan) -> list[str]:
    return [text("plan_board.tour_item", days=item.days, title=item.task.title) for item in plan.items]


def _plan_part(plan: YearPlan) -> Markup:
    if not plan.items and not plan.left_out:
        return tag("p", text("plan.empty"))
    notes = [tag("p", tag("b", text("plan_board.notes"))), bullets(plan.warnings)]
    return join(
        tag("h3", plan.title),
        tag("p", text("plan_board.count", count=len(plan.items))),
        tag("div", notes, class_="bw-note") if plan.warnings else None,
        [
            join(tag("h4", heading), tag("ol", [_item(item) for item in items], class_="bw-dated"))
            for heading, items in plan.groups
        ],
    )


def _item(item: PlanItem) -> Markup:
    task = item.task
    why, people, voice, *waits = item.sentences
    # A sentence above already says that the advice is ours.
    ours = () if task.advice_is_ours else (task.assumption,)
    return tag(
        "li",
        tag("p", item.days, class_="bw-small"),
        tag("p", tag("b", task.title)),
        tag("p", why),
        tag("p", people, " ", voice, class_="bw-small"),
        [tag("p", sentence, class_="bw-note") for sentence in waits],
        citations(f"plan-{task.task}", task.claims, ours, task.facts),
    )
