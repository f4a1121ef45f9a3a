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
        title: Its title, as the calendar shows it.
        description: Details below the title; can have several lines.
    """

    name: str
    begins: date
    ends: date
    title: str
    description: str


def calendar_file(events: Iterable[CalendarEvent], product: str, name: str, description: str) -> str:
    """Return events as a calendar file, or an empty string if there are none, because a calendar needs at least one event.

    The file records when it was made, and every event id is unique, so you can import two files into the same calendar.

    Args:
        events: The events in order.
        product: The program that wrote it, for the calendar's ``PRODID``.
        name: The calendar's name.
        description: The calendar's description.

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
    """Return the event's ``DTEND`` line, or no line for a single moment, because an end must be later than its start."""
    if isinstance(event.ends, datetime):
        return [_when("DTEND", event.ends)] if event.ends > event.begins else []
    return [_when("DTEND", event.ends + _ONE_DAY)]  # DTEND is the day after the last one


def _when(name: str, when: date) -> str:
    if isinstance(when, datetime):
        return f"{name}:{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};VALUE=DATE:{when.isoformat().replace('-', '')}"


def _escaped(text: str) -> str:
    # RFC 5545 allows only one kind of line break in a text, and no control characters except tabs.
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    # A line holds at most 75 octets, including the space that starts a continuation line, and can't split a character.
    lines, room = [""], 75
    for character in line:
        size = len(character.encode())
        if size > room:
            lines.append("")
            room = 74
        lines[-1] += character
        room -= size
    return "\r\n ".join(lines)
