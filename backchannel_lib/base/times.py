"""Dates and times in American style: March 19, 2027, and 9:00 pm."""

from __future__ import annotations

from datetime import date, time

from backchannel_lib.base.texts import text


def time_words(at: time) -> str:
    """Return a time of day with am or pm, to the minute.

    Examples:
        >>> time_words(time(21)), time_words(time(0, 30))
        ('9:00 pm', '12:30 am')
    """
    return text("clock.am" if at.hour < 12 else "clock.pm", hour=f"{at.hour % 12 or 12}:{at.minute:02}")


def hours_words(start: time, end: time) -> str:
    """Return a range of times in one day, with am or pm only once if both are the same.

    Examples:
        >>> hours_words(time(9), time(11)), hours_words(time(11), time(14))
        ('9:00 to 11:00 am', '11:00 am to 2:00 pm')
    """
    first, last = time_words(start), time_words(end)
    if (start.hour < 12) == (end.hour < 12):
        first = first.rpartition(" ")[0]
    return text("clock.hours", start=first, end=last)


def date_words(day: date) -> str:
    """Return a date with the name of its month.

    Examples:
        >>> date_words(date(2027, 3, 19))
        'March 19, 2027'
    """
    return text("clock.date", month=text(f"month.{day.month}"), day=day.day, year=day.year)
