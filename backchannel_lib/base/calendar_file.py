"""Write calendar files (iCalendar, RFC 5545)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

_ONE_DAY = timedelta(days=1)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class CalendarEvent(NamedTuple):
    """One event.

    Args:
        name: Its id, unique within the file.
        begins: Its first day, or the moment it begins, with a time zone.
        ends: Its last day, or the moment it ends; the same type as ``begins``.
        title: What it is.
        description: More about it; can have several lines.
    """

    name: str
    begins: date
    ends: date
    title: str
    description: str


def calendar_file(events: Iterable[CalendarEvent], product: str, name: str, description: str) -> str:
    """Return events as a calendar file; an empty text if there are none, because a calendar needs at least one event.

    The file records when it was made, and its event ids are unique, so that two files don't mix in one calendar.

    Args:
        events: The events in order.
        product: The program that wrote it, for the calendar's ``PRODID``.
        name: The calendar's name.
        description: What it is about.

    Examples:
        >>> calendar_file([], "Test", "Mine", "")
        ''
        >>> event = CalendarEvent("a", date(2027, 3, 15), date(2027, 3, 15), "Match Week", "It begins.")
        >>> "DTEND;VALUE=DATE:20270316" in calendar_file([event], "Test", "Mine", "")
        True
    """
    stamp, file = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", uuid.uuid4()
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Backchannel Workbook//{product}//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(name)}",
        f"X-WR-CALDESC:{_escaped(description)}",
    ]
    written = []
    for event in events:
        written += [
            "BEGIN:VEVENT",
            f"UID:{event.name}-{file}@backchannel-workbook",
            f"DTSTAMP:{stamp}",
            _when("DTSTART", event.begins),
            *_end(event),
            f"SUMMARY:{_escaped(event.title)}",
            f"DESCRIPTION:{_escaped(event.description)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, *written, "END:VCALENDAR"]) if written else ""


def _end(event: CalendarEvent) -> list[str]:
    """Return the line with the end, which has to be later than the beginning; a single moment has none."""
    if isinstance(event.ends, datetime):
        return [_when("DTEND", event.ends)] if event.ends > event.begins else []
    return [_when("DTEND", event.ends + _ONE_DAY)]  # DTEND is the first day after it


def _when(name: str, when: date) -> str:
    if isinstance(when, datetime):
        return f"{name}:{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};VALUE=DATE:{when.isoformat().replace('-', '')}"


def _escaped(text: str) -> str:
    # A calendar file's text knows one line end, and no control character but the tab.
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    # A line has at most 75 octets, including the space that starts a continued line, and must not split a character.
    lines, room = [""], 75
    for character in line:
        size = len(character.encode())
        if size > room:
            lines.append("")
            room = 74
        lines[-1] += character
        room -= size
    return "\r\n ".join(lines)
