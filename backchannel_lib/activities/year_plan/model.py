"""Make a dated plan for the next two months and the year from checked tasks, as text and as a calendar file.

A task that the NRMP's rule affects never gets a day from Monday to Thursday of a Match Week.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, NamedTuple

from backchannel_lib.base.calendar_file import CalendarEvent, calendar_file
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import WrongCellError, each_of, loader, one_of, yes_no
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.calendar import match_week
from backchannel_lib.model.tables import assumption_id, claim_ids, fact_ids

ANCHORS: Final = ("start", "match_monday", "soap_ends", "july_1", "coming_match")
GROUPS: Final = ("first_days", "two_months", "year")
PEOPLE: Final = ("you", "friend", "mentor", "school", "program")
FIRST_YEAR: Final = 2013  # the year before the first Match Week with known dates
LAST_YEAR: Final = 2100

_ONE_DAY: Final = timedelta(days=1)


class Day(NamedTuple):
    """A day of the plan relative to an anchor, such as ``start+7``."""

    anchor: str
    days: int


def _day(cell: str) -> Day:
    """An anchor, and days before or after it, such as start+7."""
    found = re.fullmatch(r"([a-z_0-9]+?)([+-][0-9]{1,3})?", cell)
    if not found or found[1] not in ANCHORS:
        raise WrongCellError(f"a day such as start+7; the days to count from are {suggestions(cell, ANCHORS)}")
    return Day(found[1], int(found[2] or 0))


class PlanTaskRow(NamedTuple):
    """The tasks for a plan, in the order on the page. Texts: ``task.<task>.title`` and ``.why``.

    The anchors: ``start`` is the reader's first day; ``match_monday`` and ``soap_ends`` are the Monday and Thursday of the
    plan's Match Week; ``july_1`` is the plan's first July 1; ``coming_match`` is the Monday of the next Match Week.

    Examples:
        >>> load_plan_tasks()[0].task, load_plan_tasks()[0].ends
        ('rest', Day(anchor='start', days=7))
    """

    task: str
    starts: Annotated[Day, _day, "its first day"]
    ends: Annotated[Day, _day, "its last day"]
    group: Annotated[str, one_of(GROUPS), "the heading that it is under"]
    claims: Annotated[tuple[str, ...], claim_ids]
    facts: Annotated[tuple[str, ...], fact_ids]
    assumption: Annotated[str, assumption_id, "``plan_advice`` if the advice itself is ours, not just its days"]
    needs: Annotated[tuple[str, ...], each_of(PEOPLE), "who it involves"]
    rule: Annotated[bool, yes_no, "whether the NRMP's SOAP communication rule affects it"]

    @property
    def title(self) -> str:
        """What to do, in a few words."""
        return text(f"task.{self.task}.title")

    @property
    def why(self) -> str:
        """Why, in one to three sentences."""
        return text(f"task.{self.task}.why")

    @property
    def advice_is_ours(self) -> bool:
        """Whether the advice itself is ours, and not just its days."""
        return self.assumption == "plan_advice"


load_plan_tasks = loader(PlanTaskRow, "plan_tasks.csv")


@dataclass(frozen=True)
class PlanItem:
    """One task with its days.

    Args:
        task: The row of data/plan_tasks.csv.
        begins: Its first day.
        ends: Its last day.
        group: Where it is shown, one of ``GROUPS``, based on its first day.
        moved: Whether the NRMP's rule delays its start.
        in_soap: Whether it involves talking to a mentor during SOAP or just before it.

    Examples:
        >>> plan_for(date(2027, 3, 19), ["rest"]).items[0].days
        'Fri, Mar 19, 2027 to Fri, Mar 26, 2027'
    """

    task: PlanTaskRow
    begins: date
    ends: date
    group: str
    moved: bool
    in_soap: bool

    @property
    def days(self) -> str:
        """Its days as text."""
        if self.begins == self.ends:
            return text("plan.one_day", day=_shown(self.begins))
        return text("plan.days", first=_shown(self.begins), last=_shown(self.ends))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Sentences about why and with whom to do it, whose advice it is, and how the NRMP's rule affects it."""
        people = ", ".join(text(f"plan.who.{person}") for person in self.task.needs)
        return (
            self.task.why,
            text("plan.with", people=people),
            text("plan.ours" if self.task.advice_is_ours else "plan.article"),
            *([text("plan.waits")] if self.task.rule else []),
            *([text("plan.advice_only")] if self.in_soap else []),
        )


@dataclass(frozen=True)
class YearPlan:
    """A plan for a year, with its items in the order of their days.

    Args:
        start: Its first day.
        last: Its last day.
        items: The checked tasks with their days.
        left_out: The checked tasks that have no day in this year.

    Examples:
        >>> plan = plan_for(date(2027, 3, 15), ["open_seats", "rest"])
        >>> [(item.task.task, item.begins.isoformat()) for item in plan.items]
        [('rest', '2027-03-15'), ('open_seats', '2027-03-19')]
    """

    start: date
    last: date
    items: tuple[PlanItem, ...]
    left_out: tuple[PlanTaskRow, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about the plan: too much at once, tasks that the rule moved, and tasks without a day."""
        at_once = sum(item.group == "first_days" for item in self.items)
        most = int(assumption("plan_first_week_at_most"))
        moved = [item for item in self.items if item.moved]
        return (
            *([text("plan.warning.many", count=at_once, most=most)] if at_once > most else []),
            *(text("plan.warning.moved", day=_shown(item.begins), title=item.task.title) for item in moved),
            *(text("plan.left_out", title=task.title) for task in self.left_out),
        )

    @property
    def title(self) -> str:
        """The plan's title, with its first and last day."""
        return text("plan.title", first=_shown(self.start), last=_shown(self.last))

    @property
    def groups(self) -> Iterator[tuple[str, list[PlanItem]]]:
        """The items by group, each with its heading, without empty groups."""
        for group in GROUPS:
            if items := [item for item in self.items if item.group == group]:
                yield text(f"plan.group.{group}"), items

    @property
    def text(self) -> str:
        """The plan as a plain text file."""
        parts = [self.title]
        if not self.items:
            parts.append(_wrapped(text("plan.empty")))
        for heading, items in self.groups:
            parts.append(f"{heading}\n{'-' * len(heading)}")
            parts += [
                "\n".join([f"[ ] {item.task.title}", _wrapped(item.days, 4), _wrapped(" ".join(item.sentences), 4)])
                for item in items
            ]
        parts += [_wrapped(sentence) for sentence in (*self.warnings, text("plan.crisis"))]
        return "\n\n".join(parts) + "\n"

    @property
    def ics(self) -> str:
        """The plan as an iCalendar file (RFC 5545) of all-day events, or an empty string if there are none.

        The file records when it was made, and every event id is unique, so you can import two plans into the same calendar.
        """
        events = []
        for item in self.items:
            long = (item.ends - item.begins).days >= assumption("plan_banner")
            sentences = [*item.sentences, text("plan.until", day=_shown(item.ends))] if long else item.sentences
            until = item.begins if long else item.ends
            events.append(CalendarEvent(item.task.task, item.begins, until, item.task.title, "\n".join(sentences)))
        return calendar_file(events, "Year plan", text("plan.calendar_name"), text("plan.crisis"))


def plan_for(start: date, chosen: Iterable[str]) -> YearPlan:
    """Return the plan for the checked tasks.

    Args:
        start: The first day, in the years 2013 to 2100.
        chosen: Names of tasks in data/plan_tasks.csv, in any order; duplicates count once.

    Returns:
        The plan. A task with days before the first day starts on the first day, unless all its days are over. A task that the
        NRMP's rule affects gets no day from Monday to Thursday of a Match Week.

    Raises:
        CaseError: ``start`` is not such a day, or a chosen task doesn't exist.

    Source:
        after.take-what-you-get, after.stay-close, after.honest-with-mentors and the claims in the rows. We chose the days.

    Examples:
        >>> plan_for(date(2027, 3, 19), ["mentor_checkin"]).items[0].begins
        datetime.date(2027, 7, 17)
        >>> plan_for(date(2027, 3, 19), []).ics
        ''
    """
    check_first_day(start)
    rows = {row.task: row for row in load_plan_tasks()}
    if isinstance(chosen, str) or not isinstance(chosen, Iterable):
        raise CaseError("chosen", "level", chosen, levels=suggestions(chosen, rows))
    wanted = list(chosen)
    if unknown := [name for name in wanted if name not in rows]:
        raise CaseError("chosen", "level", unknown[0], levels=suggestions(unknown[0], rows))
    last = start + timedelta(days=int(assumption("plan_year")))
    anchors = _anchors(start)
    dated = [(row, _item(row, start, last, anchors)) for row in rows.values() if row.task in wanted]
    # For equal days, keep the order of the table.
    items = sorted((item for _, item in dated if item), key=lambda item: (item.begins, item.ends))
    return YearPlan(start, last, tuple(items), tuple(row for row, item in dated if item is None))


def check_first_day(day: object, given: object = None) -> date:
    """Return a plan's first day; raise `CaseError` with the original input if it isn't a date from 2013 to 2100."""
    if not isinstance(day, date) or isinstance(day, datetime) or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CaseError("start", "calendar_day", day if given is None else given, low=FIRST_YEAR, high=LAST_YEAR)
    return day


def match_week_of(start: date) -> date:
    """Return the Monday of a plan's Match Week: at most two weeks ahead, or else the last one that has begun.

    Examples:
        >>> match_week_of(date(2027, 3, 1)), match_week_of(date(2027, 2, 28))
        (datetime.date(2027, 3, 15), datetime.date(2026, 3, 16))
    """
    horizon = start + timedelta(days=int(assumption("plan_looks_ahead")))
    monday = match_week(horizon.year)
    return monday if monday <= horizon else match_week(horizon.year - 1)


def _anchors(start: date) -> dict[str, date]:
    monday = match_week_of(start)
    july = date(start.year, 7, 1)
    coming = match_week(start.year)
    return {
        "start": start,
        "match_monday": monday,
        "soap_ends": monday + timedelta(days=3),
        "july_1": july if july >= start else july.replace(year=start.year + 1),
        "coming_match": coming if coming > start else match_week(start.year + 1),
    }


def _item(row: PlanTaskRow, start: date, last: date, anchors: dict[str, date]) -> PlanItem | None:
    begins = max(start, anchors[row.starts.anchor] + timedelta(days=row.starts.days))
    ends = min(last, anchors[row.ends.anchor] + timedelta(days=row.ends.days))
    planned = begins
    if row.rule:
        begins, ends = _clear_of_soap(begins, ends)
    if ends < begins:  # its days are over, or all of them are during SOAP
        return None
    passed = (begins - start).days
    near = passed < assumption("plan_two_months")
    group = "first_days" if passed < assumption("plan_first_week") else "two_months" if near else "year"
    # During SOAP, the rule lets some people talk to a mentor but not ask for a call.
    in_soap = not row.rule and "mentor" in row.needs and begins <= anchors["soap_ends"] and ends >= anchors["match_monday"]
    return PlanItem(row, begins, ends, group, begins != planned, in_soap)


def _clear_of_soap(begins: date, ends: date) -> tuple[date, date]:
    # The rule applies from Monday 10 am to Thursday 9 pm. Tasks take whole days, so they avoid all four days. A task with
    # days on both sides keeps the longer side.
    for year in range(begins.year, ends.year + 1):
        monday = match_week(year)
        friday = monday + timedelta(days=4)
        if begins < friday and ends >= monday:
            if ends - friday >= monday - begins:
                begins = friday
            else:
                ends = monday - _ONE_DAY
    return begins, ends


def _shown(day: date) -> str:
    # strftime would name days and months in the machine's language.
    weekday, month = text(f"weekday_short.{day.weekday()}"), text(f"month_short.{day.month}")
    return text("plan.date", weekday=weekday, month=month, day=day.day, year=day.year)


def _wrapped(text: str, indent: int = 0) -> str:
    return textwrap.fill(text, 78, initial_indent=" " * indent, subsequent_indent=" " * indent)
