"""The calendar: Match Week, and the phase for any moment."""

from __future__ import annotations

import functools
import operator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from backchannel_lib.base.errors import CaseError
from backchannel_lib.model.rules import check_reading
from backchannel_lib.model.tables import WEEKDAYS, YearTime, load_phases, load_reading_changes

EASTERN: Final = ZoneInfo("America/New_York")
FIRST_FRIDAY_YEAR: Final = 2012  # Match Day was a Thursday before that


def match_week(year: int) -> date:
    """Return the Monday of Match Week, the week whose Friday is the third Friday of March.

    Args:
        year: The year of the Match, 2012 to 9999; NumPy integers are fine.

    Raises:
        CaseError: ``year`` is outside that range or not a whole number. Until 2011 Match Day was a Thursday, so this rule may
            not hold for earlier years.

    Source:
        NRMP Match Day dates 2024-2027 and public calendars (facts calendar.*). We assume that later years follow the same
        pattern.

    Examples:
        >>> match_week(2027)
        datetime.date(2027, 3, 15)
    """
    try:
        number = None if isinstance(year, bool) else operator.index(year)
    except TypeError:
        number = None
    if number is None:
        raise CaseError("year", "year_type", year, type=_type_name(year), low=FIRST_FRIDAY_YEAR, high=9999)
    if 1 <= number < FIRST_FRIDAY_YEAR:
        raise CaseError("year", "year_of_thursday", number, first=FIRST_FRIDAY_YEAR)
    if not FIRST_FRIDAY_YEAR <= number <= 9999:
        raise CaseError("year", "range", number, low=FIRST_FRIDAY_YEAR, high=9999)
    first = date(number, 3, 1)
    third_friday = first + timedelta(days=(4 - first.weekday()) % 7 + 14)
    return third_friday - timedelta(days=4)


def week_start(year: int) -> datetime:
    """Return midnight at the start of Match Week's Monday, on an Eastern clock; arguments and errors as in `match_week`.

    Examples:
        >>> week_start(2027)
        datetime.datetime(2027, 3, 15, 0, 0)
    """
    return datetime.combine(match_week(year), time())


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def _plain(when: object) -> datetime:
    """Convert a moment from the standard library, pandas or NumPy to a plain datetime, rounded down to the microsecond."""
    found: Any = when
    if type(when).__module__ == "numpy" and type(when).__name__ == "datetime64":
        unit = found.dtype.str.partition("[")[2].rstrip("]").lstrip("0123456789")  # days and larger units aren't moments
        known = unit not in {"", "Y", "M", "W", "D"} and 0 < found.astype("datetime64[Y]").astype(int) + 1970 <= 9999
        found = found.astype("datetime64[us]").item() if known else None  # for nanoseconds, item() alone would return a number
    elif isinstance(when, datetime) and hasattr(when, "to_pydatetime"):
        found = found.to_pydatetime(warn=False) if when == when else None  # noqa: PLR0124 - only NaT differs from itself
    if not isinstance(found, datetime):
        raise CaseError("when", "moment", when, type=_type_name(when))
    return found


def eastern(when: datetime) -> datetime:
    """Convert a moment to Eastern Time.

    Args:
        when: A datetime from the standard library, pandas or NumPy; Eastern Time if it has no time zone.

    Returns:
        The same moment on an Eastern clock, without a time zone.

    Raises:
        CaseError: ``when`` is not a date with a time; the message names its type.

    Examples:
        >>> from datetime import timezone
        >>> eastern(datetime(2027, 3, 15, 14, 0, tzinfo=timezone.utc))
        datetime.datetime(2027, 3, 15, 10, 0)
    """
    moment = _plain(when)
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(EASTERN).replace(tzinfo=None)
    except OverflowError:  # within a day of the earliest or latest possible datetime
        raise CaseError("when", "moment", when, type=_type_name(when)) from None


def phase_at(when: datetime, reading: str | None = None) -> str:
    """Return the phase for a moment.

    Args:
        when: The moment; Eastern Time if it has no time zone.
        reading: ``friday_in_phase_3`` counts the Friday of Match Week as after SOAP; other readings don't matter here.

    Raises:
        CaseError: ``when`` is not a date with a time, or no reading has this name.

    Source:
        data/phases.csv: timing.phase1, timing.phase2, timing.phase3. Starting a new year on July 1 is our choice.

    Examples:
        >>> phase_at(datetime(2027, 3, 15, 12, 0)), phase_at(datetime(2027, 3, 15, 11, 59))
        ('soap_lists', 'groundwork')
        >>> phase_at(datetime(2027, 3, 19, 9, 0), reading="friday_in_phase_3")
        'post_soap'
    """
    moment = eastern(when)
    check_reading(reading)
    monday = match_week(moment.year)
    for change in load_reading_changes():
        if (change.reading, change.kind) == (reading, "calendar"):
            day = monday + timedelta(days=[name.lower() for name in WEEKDAYS].index(change.target))
            if moment.date() == day:
                return change.to
    starts = _starts(moment.year)
    begun = [start for start in starts if start <= moment]
    return starts[max(begun or starts)]  # before the year's first start, the phase that started last is still running


@functools.cache
def _starts(year: int) -> dict[datetime, str]:
    """Return the phases by when they start in a year."""
    return {_in_year(row.starts, year): row.phase for row in load_phases()}


def _in_year(when: YearTime, year: int) -> datetime:
    if when.month:
        return datetime(year, when.month, when.day)  # noqa: DTZ001 - an Eastern clock, as `eastern` gives it
    return week_start(year) + when.after_monday
