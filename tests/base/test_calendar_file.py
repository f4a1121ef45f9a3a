"""Calendar programs can read the calendar files, whatever text is in them."""

from __future__ import annotations

from datetime import date

import pytest
from icalendar import Calendar

from backchannel_lib.base.calendar_file import CalendarEvent, calendar_file

DAY = date(2027, 3, 15)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("a\x00b\x0bc\x1bd\x7fe", "abcde"),
        ('a\tb; c, d: \\n "e"', 'a\tb; c, d: \\n "e"'),
        ("é" * 80, "é" * 80),
    ],
)
def test_any_text_is_read_back_as_it_was_written(text: str, read: str) -> None:
    """Every kind of line ending becomes a line break, and control characters, which a calendar file can't hold, are dropped."""
    content = calendar_file([CalendarEvent("a", DAY, DAY, text, text)], "Test", text, text)
    assert content.count("\r") == content.count("\r\n") == content.count("\n")
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (read, read)
