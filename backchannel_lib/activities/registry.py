"""From the name of an activity, or its row, to the activity: one table of the kinds there are."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.tables import ActivityRow, load_activities
from backchannel_lib.base.errors import known_word

Maker: TypeAlias = Callable[[ActivityRow], Activity[Any]]

#: What makes an activity of each kind: a class, or where to find it (``module:class``), so that a page imports what it shows.
KINDS: Final[dict[str, Maker | str]] = {
    kind: f"backchannel_lib.activities.{place}"
    for kind, place in {
        "scenes": "scenes:Scenes",
        "walk": "walk:Walk",
        "sorting": "sorting:Sorting",
        "callers_order": "callers_order:CallersOrder",
        "shares": "shares:Shares",
        "questions": "quiz:Quiz",
        "bets": "bets:Bets",
        "bets_returned": "bets:BetsReturned",
        "desk": "desk:Desk",
        "inbox": "inbox:Inbox",
        "quick_check": "quick_check:QuickCheck",
        "week_clock": "week_clock:WeekClock",
        "planner": "planner.activity:PlannerActivity",
        "reply": "reply.activity:ReplyActivity",
        "population": "population.activity:PopulationActivity",
        "year_plan": "year_plan.activity:YearPlanActivity",
        "disagreements": "critique.disagreements:Disagreements",
        "collisions": "critique.collisions:Collisions",
        "studies": "critique.studies:Studies",
        "rating": "critique.rating:Rating",
    }.items()
}


def register_kind(kind: str, maker: Maker | str) -> None:
    """Add a kind of activity, or replace one.

    Args:
        kind: Its name, as in the column ``kind`` of data/activities.csv.
        maker: A class, or anything else that makes an activity of its row; or where to find it, as ``module:class``.

    Examples:
        >>> from backchannel_lib.activities.sorting import Sorting
        >>> register_kind("sorting", Sorting)
    """
    KINDS[kind] = maker


def activity_of(row: ActivityRow) -> Activity[Any]:
    """Make the activity that a row describes.

    Raises:
        CaseError: Its kind does not exist; the message names those that do.
    """
    maker = KINDS[known_word("kind", row.kind, KINDS)]
    if isinstance(maker, str):
        module, _, name = maker.partition(":")
        maker = KINDS[row.kind] = getattr(importlib.import_module(module), name)
    return maker(row)


def make_activity(name: str) -> Activity[Any]:
    """Make an activity of the chapters.

    Args:
        name: Its name in data/activities.csv.

    Raises:
        CaseError: It does not exist; the message names those that do, the likeliest first.

    Examples:
        >>> make_activity("forms").key
        'forms'
    """
    rows = {row.activity: row for row in load_activities()}
    return activity_of(rows[known_word("activity", name, rows)])


def transcript_of(chapter: str) -> str:
    """Move every control of a chapter to named places, and tell each outcome as plain text, activity by activity.

    Args:
        chapter: The chapter, as in data/chapters.csv.
    """
    rows = [row for row in load_activities() if row.chapter == chapter]
    return "\n\n".join(f"== {row.activity} ==\n{activity_of(row).transcript()}" for row in rows)
