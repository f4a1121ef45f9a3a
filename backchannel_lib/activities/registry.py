"""Create activities by name or by row, from a table of their kinds."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.tables import ActivityRow, load_activities
from backchannel_lib.base.errors import known_word

Maker: TypeAlias = Callable[[ActivityRow], Activity[Any]]

#: What creates each kind of activity: a class, or its location (``module:class``), so that a page imports only what it shows.
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
    """Add a kind of activity, or replace an existing one.

    Args:
        kind: Its name, as in the column ``kind`` of data/activities.csv.
        maker: A class or function that takes the activity's row; or its location, as ``module:class``.

    Examples:
        >>> from backchannel_lib.activities.sorting import Sorting
        >>> register_kind("sorting", Sorting)
    """
    KINDS[kind] = maker


def activity_of(row: ActivityRow) -> Activity[Any]:
    """Create the activity that a row describes.

    Raises:
        CaseError: There is no such kind; the message lists the existing ones.
    """
    maker = KINDS[known_word("kind", row.kind, KINDS)]
    if isinstance(maker, str):
        module, _, name = maker.partition(":")
        maker = KINDS[row.kind] = getattr(importlib.import_module(module), name)
    return maker(row)


def make_activity(name: str) -> Activity[Any]:
    """Create an activity from a chapter.

    Args:
        name: Its id in data/activities.csv.

    Raises:
        CaseError: There is no such activity; the message lists the existing ones, the most similar first.

    Examples:
        >>> make_activity("forms").key
        'forms'
    """
    rows = {row.activity: row for row in load_activities()}
    return activity_of(rows[known_word("activity", name, rows)])


def transcript_of(chapter: str, more: Callable[[Activity[Any]], str] | None = None) -> str:
    """Return the transcripts of a chapter's activities as plain text.

    Args:
        chapter: The chapter's id in data/chapters.csv.
        more: Takes a new activity and returns a text to add to its transcript; None to add nothing.
    """
    chapters = []
    for row in load_activities():
        if row.chapter == chapter:
            parts = [f"== {row.activity} ==", activity_of(row).transcript()]
            chapters.append("\n".join([*parts, more(activity_of(row))] if more else parts))
    return "\n\n".join(chapters)
