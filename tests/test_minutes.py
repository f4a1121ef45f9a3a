"""A chapter's stated minutes match its words at 200 per minute, and are never more than twelve."""

from __future__ import annotations

import re

import pytest

from backchannel_lib.activities.tables import ChapterRow, load_chapters
from benchmarks.words import InSight, count, count_chapter, prose

MOST = 12
#: The chapters for reading from beginning to end; the others are tools, or have their own pace.
READ = [row for row in load_chapters() if row.audience == "student"]


@pytest.mark.slow
@pytest.mark.parametrize("row", READ, ids=lambda row: row.chapter)
def test_the_stated_minutes_are_true(row: ChapterRow) -> None:
    """A chapter states the minutes that its words take, rounded, and at most twelve."""
    assert row.minutes <= MOST
    assert abs(count_chapter(row.chapter).minutes - row.minutes) < 1


@pytest.mark.slow
def test_the_workshop_states_the_minutes_to_read_it() -> None:
    """Its minutes in the table are a session's; its own first sentences say how long it takes to read."""
    stated = re.search(r"About (\d+) minutes to read", prose("12_workshop")[0])
    assert stated is not None
    assert abs(count_chapter("12_workshop").minutes - int(stated[1])) < 1


def test_what_is_out_of_sight_is_not_counted() -> None:
    """Hidden, folded and later texts don't count, and only the weakest link of a chain does."""
    page = (
        "<div><p>Seen here</p><p hidden>not this</p><details><summary>nor</summary>this</details><button>nor this</button>"
        '<div class="bw-answer"><p>A verdict</p><ol><li class="bw-link">strong</li>'
        '<li class="bw-link bw-link-weak">the weakest</li></ol></div></div>'
    )
    assert (InSight(page).told, InSight(page).answers) == (["Seen here"], ["A verdict", "the weakest"])
    assert count(["It's 10:00 am.", "Not allowed"]) == 5
