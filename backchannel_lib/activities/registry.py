"""What one does in the chapters: a kind of activity per module, found by the part's name."""

from __future__ import annotations

from typing import Any

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.tables import ActivityRow, load_activities
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions


def make_activity(part: str) -> Activity[Any]:
    """Make the activity of a part.

    Args:
        part: Its name in data/activities.csv.

    Returns:
        A new activity at its beginning.

    Raises:
        CaseError: There is no such part; the nearest names are told.

    Source:
        data/activities.csv.

    Examples:
        >>> make_activity("forms").key
        'forms'
    """
    rows = {row.activity: row for row in load_activities()}
    if part not in rows:
        raise CaseError("part", "level", part, levels=suggestions(part, rows))
    return _made(rows[part])


def _made(row: ActivityRow) -> Activity[Any]:  # noqa: C901, PLR0912 - one line of a table per kind, imported late
    """Make an activity of its kind; a kind is imported when it is first asked for."""
    match row.kind:
        case "scenes":
            from backchannel_lib.activities.scenes import Scenes

            return Scenes(row)
        case "walk":
            from backchannel_lib.activities.walk import Walk

            return Walk(row)
        case "sorting":
            from backchannel_lib.activities.sorting import Sorting

            return Sorting(row)
        case "questions":
            from backchannel_lib.activities.quiz import Quiz

            return Quiz(row)
        case "callers_order":
            from backchannel_lib.activities.callers_order import CallersOrder

            return CallersOrder(row)
        case "bets" | "bets_returned":
            from backchannel_lib.activities.bets import Bets

            return Bets(row, returned=row.kind == "bets_returned")
        case "shares":
            from backchannel_lib.activities.shares import Shares

            return Shares(row)
        case "week_clock":
            from backchannel_lib.activities.week_clock import WeekClock

            return WeekClock(row)
        case "desk":
            from backchannel_lib.activities.desk import Desk

            return Desk(row)
        case "inbox":
            from backchannel_lib.activities.inbox import Inbox

            return Inbox(row)
        case "population":
            from backchannel_lib.activities.population.activity import PopulationActivity

            return PopulationActivity(row)
        case "year_plan":
            from backchannel_lib.activities.year_plan.activity import YearPlanActivity

            return YearPlanActivity(row)
        case "disagreements":
            from backchannel_lib.activities.critique.disagreements import Disagreements

            return Disagreements(row)
        case "collisions":
            from backchannel_lib.activities.critique.collisions import Collisions

            return Collisions(row)
        case "studies":
            from backchannel_lib.activities.critique.studies import Studies

            return Studies(row)
        case "rating":
            from backchannel_lib.activities.critique.rating import Rating

            return Rating(row)
        case "planner":
            from backchannel_lib.activities.planner.activity import PlannerActivity

            return PlannerActivity(row)
        case "reply":
            from backchannel_lib.activities.reply.activity import ReplyActivity

            return ReplyActivity(row)
        case "run_plan":
            from backchannel_lib.workshop.run_plan.activity import RunPlan

            return RunPlan(row)
        case "round":
            from backchannel_lib.workshop.round.activity import Round

            return Round(row)
        case "drill":
            from backchannel_lib.workshop.drill import Drill

            return Drill(row)
    raise NotImplementedError(row.kind)


def transcript_of(chapter: str) -> str:
    """Move every control of a chapter to named places, and tell each outcome.

    Args:
        chapter: The chapter, as in data/chapters.csv.

    Returns:
        The outcomes as plain text, part by part.
    """
    rows = [row for row in load_activities() if row.chapter == chapter]
    return "\n\n".join(f"== {row.activity} ==\n{_made(row).transcript()}" for row in rows)
