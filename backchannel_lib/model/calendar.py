"""The calendar: Match Week, and which phase a moment falls in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from backchannel_lib.base.errors import CaseError
from backchannel_lib.model.rules import check_reading
from backchannel_lib.model.tables import WEEKDAYS, YearTime, load_phases, load_reading_changes

EASTERN: Final = ZoneInfo("America/New_York")


def match_week(year: int) -> date:
    """Give the Monday of Match Week: of the week whose Friday is the third Friday of March.

    Args:
        year: The year of the Match, 1 to 9999.

    Returns:
        The Monday.

    Raises:
        CaseError: ``year`` is no such number.

    Source:
        NRMP Match Day dates 2024-2027 (facts calendar.*); that other years follow them is ours.

    Examples:
        >>> match_week(2027)
        datetime.date(2027, 3, 15)
    """
    if isinstance(year, bool) or not isinstance(year, int) or not 1 <= year <= 9999:
        raise CaseError("year", "range", year, low=1, high=9999)
    first = date(year, 3, 1)
    third_friday = first + timedelta(days=(4 - first.weekday()) % 7 + 14)
    return third_friday - timedelta(days=4)


def eastern(when: datetime) -> datetime:
    """Give a moment in Eastern Time.

    Args:
        when: A moment; one without a time zone is taken as Eastern.

    Returns:
        The same moment on an Eastern clock, without a time zone.

    Raises:
        CaseError: ``when`` is no date with a time.

    Examples:
        >>> from datetime import timezone
        >>> eastern(datetime(2027, 3, 15, 14, 0, tzinfo=timezone.utc))
        datetime.datetime(2027, 3, 15, 10, 0)
    """
    if not isinstance(when, datetime):
        raise CaseError("when", "moment", when)
    if when.tzinfo is None:
        return when
    try:
        return when.astimezone(EASTERN).replace(tzinfo=None)
    except OverflowError:  # within a day of the first or last moment that a calendar has
        raise CaseError("when", "moment", when) from None


def phase_at(when: datetime, reading: str | None = None) -> str:
    """Return the phase that a moment falls in.

    Args:
        when: The moment; one without a time zone is taken as Eastern Time.
        reading: ``friday_in_phase_3`` counts the Friday of Match Week as after SOAP; other readings change nothing.

    Raises:
        CaseError: ``when`` is no date with a time, or no reading has this name.

    Source:
        data/phases.csv: timing.phase1, timing.phase2, timing.phase3; that July 1 turns the year is ours.

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
    starts = {_in_year(row.starts, moment.year): row.phase for row in load_phases()}
    begun = [start for start in starts if start <= moment]
    return starts[max(begun or starts)]  # before the year's first start, the phase that began last goes on


def _in_year(when: YearTime, year: int) -> datetime:
    if when.month:
        return datetime(year, when.month, when.day)  # noqa: DTZ001 - an Eastern clock, as `eastern` gives it
    return datetime.combine(match_week(year), time()) + when.after_monday
