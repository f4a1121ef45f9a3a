"""A chapter's stated minutes match its length at 200 words per minute, and are never more than twelve."""

from __future__ import annotations

import re

import pytest

from backchannel_lib.activities.tables import ChapterRow, load_chapters
from benchmarks.words import VisibleText, count, count_chapter, prose

MOST = 12
#: The chapters to read from beginning to end; the others are tools or have their own pace.
READ = [row for row in load_chapters() if row.audience == "student"]


@pytest.mark.slow
@pytest.mark.parametrize("row", READ, ids=lambda row: row.chapter)
def test_the_stated_minutes_match_the_length(row: ChapterRow) -> None:
    """They're rounded, and the measured ones are at most twelve."""
    minutes = count_chapter(row.chapter).minutes
    assert minutes <= MOST
    assert abs(minutes - row.minutes) < 1


@pytest.mark.slow
def test_the_workshop_says_how_long_it_takes_to_read() -> None:
    """Its minutes in the table are those of a session, so its opening gives the reading time."""
    stated = re.search(r"About (\d+) minutes to read", prose("12_workshop")[0])
    assert stated is not None
    assert abs(count_chapter("12_workshop").minutes - int(stated[1])) < 1


def test_hidden_text_is_not_counted() -> None:
    """Hidden, folded and later text doesn't count, and of a chain only the weakest link does."""
    page = (
        "<div><p>Seen here</p><p hidden>not this</p><details><summary>nor</summary>this</details><button>nor this</button>"
        '<div class="bw-answer"><p>A verdict</p><ol><li class="bw-link">strong</li>'
        '<li class="bw-link bw-link-weak">the weakest</li></ol></div></div>'
    )
    assert (VisibleText(page).texts, VisibleText(page).answers) == (["Seen here"], ["A verdict", "the weakest"])
    assert count(["It's 10:00 am.", "Not allowed"]) == 5
