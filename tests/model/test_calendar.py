"""Match Week, the phases, and what the NRMP's rule says about a contact at a moment."""

from __future__ import annotations

import dataclasses
from array import array
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, RulesCheck, match_week, phase_at, rules_check
from backchannel_lib.base.texts import text
from backchannel_lib.model.calendar import eastern
from backchannel_lib.model.soap_rule import soap_window
from backchannel_lib.page.components import citations
from tests.helpers.cases import CALLER_MOVES, CALLERS, ZONES, cases, moments

EASTERN = ZoneInfo("America/New_York")
PACIFIC = ZoneInfo("America/Los_Angeles")


def at(text: str) -> datetime:
    """Return a moment without a time zone, which means Eastern Time."""
    return datetime.fromisoformat(text)


# ---- Match Week ----


@pytest.mark.parametrize(
    ("year", "monday"),
    [
        (2024, date(2024, 3, 11)),
        (2025, date(2025, 3, 17)),
        (2026, date(2026, 3, 16)),
        (2027, date(2027, 3, 15)),
        (2030, date(2030, 3, 11)),  # March begins on a Friday, so its third Friday is as early as possible
        (2029, date(2029, 3, 12)),
        (2031, date(2031, 3, 17)),  # March begins on a Saturday, so its third Friday is as late as possible
    ],
)
def test_match_week_of_known_years(year: int, monday: date) -> None:
    """Match Week begins on the Monday before Match Day, the third Friday of March from 2024 to 2027."""
    assert match_week(year) == monday


@given(year=st.integers(2012, 9999))
def test_match_week_ends_on_the_third_friday(year: int) -> None:
    """In every year, the week begins on a Monday, and its Friday is the third one in March."""
    monday = match_week(year)
    friday = monday + timedelta(days=4)
    assert type(monday) is date
    assert (monday.weekday(), friday.weekday(), friday.year, friday.month) == (0, 4, year, 3)
    assert len([day for day in range(1, friday.day + 1) if date(year, 3, day).weekday() == 4]) == 3


@pytest.mark.parametrize(
    ("year", "found"),
    [
        (0, "0"),
        (10000, "10000"),
        (True, "True, of type bool"),
        ("2027", "'2027', of type str"),
        (2027.0, "2027.0, of type float"),
        (np.float64(2027), "2027.0, of type numpy.float64"),
        (np.True_, "True, of type numpy.bool"),
        (None, "empty, of type NoneType"),
        (date(2027, 3, 1), "datetime.date(2027, 3, 1), of type datetime.date"),
        (pd.Timestamp("2027-03-15"), "Timestamp('2027-03-15 00:00:00'), of type pandas.Timestamp"),
    ],
)
def test_a_value_that_is_not_a_year_is_rejected(year: object, found: str) -> None:
    """A year is a whole number from 2012 to 9999. The error for anything else gives its type."""
    with pytest.raises(CaseError) as caught:
        match_week(year)  # type: ignore[arg-type]
    assert str(caught.value) == f"year: must be a whole number from 2012 to 9999, but it is {found}."


@pytest.mark.parametrize("whole", [np.int64, np.int16, np.uint32])
def test_a_numpy_integer_is_a_year(whole: Any) -> None:
    assert match_week(whole(2027)) == date(2027, 3, 15)


@pytest.mark.parametrize("year", [1, 1999, 2005, 2011, np.int64(2011)])
def test_a_year_with_match_day_on_a_thursday_gets_an_error_that_says_so(year: Any) -> None:
    """That's every year before 2012, whether it is given as a year or as a moment."""
    for ask in (lambda: match_week(year), lambda: phase_at(datetime(int(year), 3, 16, 12, 0))):
        with pytest.raises(CaseError) as caught:
            ask()
        assert str(caught.value) == (
            f"year: must be 2012 or later, but it is {year}: through 2011 Match Day was a Thursday, "
            "so the third-Friday rule may not apply."
        )


# ---- phases ----

#: Each boundary of 2027, with the phase from that minute on.
BOUNDARIES = [
    ("2027-01-01T00:00", "groundwork"),
    ("2027-03-14T12:00", "groundwork"),  # the Sunday when daylight saving time starts
    ("2027-03-15T00:00", "groundwork"),
    ("2027-03-15T10:00", "groundwork"),  # applicants have learned that they didn't match, but the article's phase hasn't begun
    ("2027-03-15T11:59", "groundwork"),
    ("2027-03-15T11:59:59.999999", "groundwork"),
    ("2027-03-15T12:00", "soap_lists"),
    ("2027-03-16T08:00", "soap_lists"),
    ("2027-03-17T23:59", "soap_lists"),
    ("2027-03-18T00:00", "gap_filling"),
    ("2027-03-18T21:00", "gap_filling"),  # SOAP ends, but the article's phase continues
    ("2027-03-18T23:59", "gap_filling"),
    ("2027-03-19T00:00", "gap_filling"),
    ("2027-03-19T23:59:59", "gap_filling"),
    ("2027-03-20T00:00", "post_soap"),
    ("2027-06-30T00:00", "post_soap"),
    ("2027-06-30T23:59:59.999999", "post_soap"),
    ("2027-07-01T00:00", "groundwork"),
    ("2027-12-31T23:59", "groundwork"),
    ("2028-03-12T23:59", "groundwork"),  # the next year's March has its own Match Week
    ("2028-03-13T12:00", "soap_lists"),
]


@pytest.mark.parametrize(("moment", "phase"), BOUNDARIES)
def test_phases_at_every_boundary(moment: str, phase: str) -> None:
    """Each phase begins and ends at the specified minute in Eastern Time, whether or not the moment has a time zone."""
    assert phase_at(at(moment)) == phase
    assert phase_at(at(moment).replace(tzinfo=EASTERN)) == phase


@pytest.mark.parametrize(
    ("moment", "zone", "phase"),
    [
        ("2027-03-15T15:59", UTC, "groundwork"),  # Match Week is in daylight saving time: Eastern is 4 hours behind UTC
        ("2027-03-15T16:00", UTC, "soap_lists"),
        ("2027-03-15T08:59", PACIFIC, "groundwork"),
        ("2027-03-15T09:00", PACIFIC, "soap_lists"),
        ("2027-03-17T20:59", PACIFIC, "soap_lists"),  # Wednesday both there and in the East
        ("2027-03-17T21:00", PACIFIC, "gap_filling"),  # Wednesday there, Thursday in the East
        ("2027-03-20T03:59", UTC, "gap_filling"),
        ("2027-03-20T04:00", UTC, "post_soap"),
        ("2027-07-01T03:59", UTC, "post_soap"),
        ("2027-07-01T04:00", UTC, "groundwork"),
        ("2028-01-01T04:59", UTC, "groundwork"),
        ("2025-03-17T15:59", UTC, "groundwork"),
        ("2025-03-17T16:00", UTC, "soap_lists"),
    ],
)
def test_phases_across_time_zones(moment: str, zone: Any, phase: str) -> None:
    """A moment with a time zone is converted to Eastern Time, with daylight saving time if Match Week has it."""
    assert phase_at(at(moment).replace(tzinfo=zone)) == phase


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        ("2027-03-18T23:59:59", "gap_filling"),
        ("2027-03-19T00:00", "post_soap"),
        ("2027-03-19T12:00", "post_soap"),
        ("2027-03-19T23:59:59", "post_soap"),
        ("2027-03-20T00:00", "post_soap"),
        ("2027-03-12T12:00", "groundwork"),  # other Fridays don't change
        ("2027-07-02T12:00", "groundwork"),
    ],
)
def test_under_the_other_reading_of_friday_match_day_comes_after_soap(moment: str, phase: str) -> None:
    """`friday_in_phase_3` moves all of Match Day, from midnight to midnight, and nothing else."""
    assert phase_at(at(moment), reading="friday_in_phase_3") == phase


@given(moment=moments())
def test_only_the_reading_about_friday_changes_any_phase(moment: datetime) -> None:
    """It changes phase 2 to phase 3."""
    phase = phase_at(moment)
    for reading in ("range_and_credible", "any_lever", "friday_in_phase_2", "explanation_first"):
        assert phase_at(moment, reading) == phase
    other = phase_at(moment, "friday_in_phase_3")
    assert other == phase or (phase, other) == ("gap_filling", "post_soap")


@given(moment=moments(), zone=st.sampled_from(ZONES[1:]))
def test_a_moment_has_one_phase_in_every_time_zone(moment: datetime, zone: Any) -> None:
    """The same instant in another zone has the same phase and the same answer from the rule."""
    instant = moment if moment.tzinfo else moment.replace(tzinfo=EASTERN)
    assert phase_at(instant.astimezone(zone)) == phase_at(moment)
    assert rules_check(Case(), instant.astimezone(zone)) == rules_check(Case(), moment)


MARCH_TO_JUNE = st.integers(0, 17 * 24 * 60) | st.integers(0, 110 * 24 * 60)


@given(year=st.integers(2012, 2099), minutes=st.tuples(MARCH_TO_JUNE, MARCH_TO_JUNE))
def test_phases_come_in_order(year: int, minutes: tuple[int, int]) -> None:
    """From March to the end of June, a later moment is never in an earlier phase."""
    order = ("groundwork", "soap_lists", "gap_filling", "post_soap")
    earlier, later = (phase_at(at(f"{year}-03-11") + timedelta(minutes=minute)) for minute in sorted(minutes))
    assert order.index(earlier) <= order.index(later)


def test_a_moment_without_an_eastern_date_is_rejected() -> None:
    """At the start of the year 1 in UTC, an Eastern clock would show the year 0."""
    with pytest.raises(CaseError):
        phase_at(datetime(1, 1, 1, tzinfo=UTC))


# ---- the rules check ----


def test_the_rules_window_runs_from_monday_morning_to_thursday_evening() -> None:
    """It opens Monday of Match Week at 10:00 am ET and closes Thursday at 9:00 pm ET."""
    assert soap_window(2027) == (at("2027-03-15T10:00"), at("2027-03-18T21:00"))
    assert soap_window(2024) == (at("2024-03-11T10:00"), at("2024-03-14T21:00"))


SELF = {"recommender": "self", "move": "direct_email"}
INSIDER = {"recommender": "subspecialist", "move": "internal_push"}
CONTACTED = {"program_contacted_first": True}

#: Who makes the contact, and the rule's answer inside the window.
INSIDE: list[tuple[dict[str, Any], str, str]] = [
    (SELF, "not_allowed", "not_contacted_yet"),
    *(({"recommender": caller}, "not_allowed", "not_contacted_yet") for caller in CALLERS),
    *(({"move": move}, "not_allowed", "not_contacted_yet") for move in CALLER_MOVES if move != "internal_push"),
    ({**SELF, "introduced": True, "prior_contact": True}, "not_allowed", "not_contacted_yet"),
    ({**SELF, **CONTACTED}, "allowed", "student_replies"),
    *(({"recommender": caller, **CONTACTED}, "ask_first", "someone_else_calls") for caller in CALLERS),
    *(({"move": move, **CONTACTED}, "ask_first", "someone_else_calls") for move in CALLER_MOVES if move != "internal_push"),
    (INSIDER, "ask_first", "inside_colleague"),
    ({**INSIDER, **CONTACTED}, "ask_first", "inside_colleague"),
    ({**INSIDER, "recommender": "unconnected_faculty"}, "ask_first", "inside_colleague"),
]


@pytest.mark.parametrize(("contact", "answer", "row"), INSIDE)
def test_inside_the_window_each_contact_gets_the_specified_answer(contact: dict[str, Any], answer: str, row: str) -> None:
    """This is so whether the rule goes by the case's phase or by the moment."""
    for phase in ("soap_lists", "gap_filling"):
        check = rules_check(Case(phase=phase, **contact))
        assert (check.answer, check.row) == (answer, row)
        assert check.changes_later == (phase == "gap_filling" and answer != "allowed")
    check = rules_check(Case(phase="post_soap", **contact), at("2027-03-17T09:00"))
    assert (check.answer, check.row, check.changes_later) == (answer, row, False)


@pytest.mark.parametrize("contact", [contact for contact, _, _ in INSIDE])
def test_outside_the_window_the_rule_forbids_no_contact(contact: dict[str, Any]) -> None:
    """This is so whether the check goes by the case's phase or by the moment."""
    outside = RulesCheck("allowed", "outside_window", ("soap_rule.ends_thursday",), False)
    assert rules_check(Case(phase="post_soap", **contact)) == outside
    before = rules_check(Case(phase="groundwork", **contact))
    bound = rules_check(Case(**contact), at("2027-03-15T10:00")).answer
    assert before == dataclasses.replace(outside, changes_later=bound != "allowed")
    assert rules_check(Case(phase="soap_lists", **contact), at("2027-03-18T21:00")) == outside
    assert rules_check(Case(phase="gap_filling", **contact), at("2026-08-01T12:00")) == outside


@pytest.mark.parametrize(
    ("moment", "zone", "inside"),
    [
        ("2027-03-15T09:59", None, False),
        ("2027-03-15T09:59:59.999999", None, False),
        ("2027-03-15T10:00", None, True),
        ("2027-03-18T20:59", None, True),
        ("2027-03-18T20:59:59.999999", None, True),
        ("2027-03-18T21:00", None, False),
        ("2027-03-15T09:59", EASTERN, False),
        ("2027-03-15T10:00", EASTERN, True),
        ("2027-03-15T13:59", UTC, False),
        ("2027-03-15T14:00", UTC, True),
        ("2027-03-19T00:59", UTC, True),
        ("2027-03-19T01:00", UTC, False),
        ("2027-03-15T06:59", PACIFIC, False),
        ("2027-03-15T07:00", PACIFIC, True),
        ("2027-03-18T17:59", PACIFIC, True),
        ("2027-03-18T18:00", PACIFIC, False),
        ("2027-03-08T12:00", None, False),
        ("2027-03-22T12:00", None, False),
        ("2026-03-18T12:00", None, True),
        ("2026-03-20T12:00", None, False),
    ],
)
@pytest.mark.parametrize("phase", ["groundwork", "soap_lists", "gap_filling", "post_soap"])
def test_if_a_moment_is_given_it_decides(moment: str, zone: Any, inside: bool, phase: str) -> None:
    """The window opens and closes to the minute, whatever the case's phase."""
    check = rules_check(Case(phase=phase), at(moment).replace(tzinfo=zone))
    assert check.answer == ("not_allowed" if inside else "allowed")
    assert not check.changes_later


def test_an_answer_has_a_reason_a_source_and_a_reminder_to_read_the_agreement() -> None:
    """The source has its year and grade, and the reminder is about this year's agreement."""
    check = rules_check(Case())
    assert check.label == "Not allowed"
    assert check.reason == (
        "During SOAP, neither you nor anyone acting for you may contact a program until it has your application and has "
        "contacted you first. A call by someone else counts against you too."
    )
    assert check.note == "Rules change, so read this year's Match Participation Agreement before you act."
    first, second = check.source.split(" NRMP, applicant FAQ")
    assert first.startswith("NRMP, Match Participation Agreement for Applicants 2022, SOAP section 9.2")
    assert first.endswith(text("grade.C"))
    assert "2013" in second
    assert text("grade.B") in second


def test_an_answer_for_phase_2_says_that_it_changes_on_thursday() -> None:
    """If the moment is known, it doesn't need to."""
    later = " This changes on Thursday 9:00 pm ET, when SOAP ends."
    assert rules_check(Case(phase="gap_filling")).reason.endswith(later)
    assert later not in rules_check(Case(phase="gap_filling"), at("2027-03-18T12:00")).reason
    assert later not in rules_check(Case(phase="soap_lists")).reason
    assert later not in rules_check(Case(phase="gap_filling", **SELF, **CONTACTED)).reason


def test_an_answer_before_match_week_says_that_it_changes_on_monday() -> None:
    """It says when the rule takes effect, unless the moment is known."""
    check = rules_check(Case(phase="groundwork"))
    assert check.label == "Allowed until Match Week, Monday 10:00 am ET"
    later = " This changes during Match Week, on Monday 10:00 am ET: the rule applies from then until Thursday 9:00 pm ET."
    assert check.reason.endswith(later)
    assert "Monday 10:00 am ET" in check.label
    assert rules_check(Case(phase="groundwork"), at("2027-03-15T09:59")).label == "Allowed"
    assert rules_check(Case(phase="groundwork"), at("2027-03-15T10:00")).label == "Not allowed"
    assert rules_check(Case(phase="groundwork", **SELF, **CONTACTED)).label == "Allowed"  # a student may always reply


def test_a_headline_continues_with_the_end_of_its_answer() -> None:
    """Before Match Week that's the start of the rule, during SOAP its end; a reply has none, and a known moment replaces it."""
    before, during = rules_check(Case(phase="groundwork")), rules_check(Case(phase="gap_filling"))
    assert (before.headline, before.ends()) == ("Allowed before Match Week", "until Monday 10:00 am ET of that week")
    assert (during.headline, during.ends()) == ("Not allowed during SOAP", "until Thursday 9:00 pm ET, then allowed")
    assert (before.ends("March 15"), during.ends("9 pm")) == ("until March 15", "until 9 pm, then allowed")
    assert rules_check(Case(phase="groundwork", **SELF, **CONTACTED)).ends() == ""
    assert before.short_reason == "The rule forbids contact only during SOAP."
    assert during.short_reason == text(f"soap.{during.row}")


@given(case=cases(), when=moments(), near=st.sampled_from((0, 1)), minutes=st.integers(-300, 300))
def test_phase_and_moment_never_disagree_about_the_rule(case: Case, when: datetime, near: int, minutes: int) -> None:
    """The phase's answer is right at each moment of the phase, at least until the time when it says it changes."""
    for moment in (eastern(when), soap_window(2027)[near] + timedelta(minutes=minutes)):
        case = case.replace(phase=phase_at(moment))
        by_phase, by_moment = rules_check(case), rules_check(case, moment)
        starts, ends = soap_window(moment.year)
        edge, words = (starts, "Monday 10:00 am ET") if by_phase.answer == "allowed" else (ends, "Thursday 9:00 pm ET")
        if not by_phase.changes_later:
            assert by_moment.answer == by_phase.answer
        else:
            assert words in by_phase.label
            assert words in by_phase.reason
            assert phase_at(edge) == case.phase
            assert rules_check(case, edge - timedelta(minutes=1)).answer == by_phase.answer != rules_check(case, edge).answer
            if case.phase != "groundwork" or moment < edge.replace(month=7, day=1, hour=0):
                changed = moment >= edge
                assert (by_moment.answer != by_phase.answer) == changed
            else:  # from July 1 on, the next year's week counts
                assert by_moment.answer == by_phase.answer


@given(case=cases(), when=st.none() | moments())
def test_every_case_gets_a_complete_answer(case: Case, when: datetime | None) -> None:
    """For any case and moment, it is one of three, with a label, a reason, a source, facts and a note."""
    check = rules_check(case, when)
    assert check.answer in {"not_allowed", "ask_first", "allowed"}
    assert all((check.label, check.reason, check.source, check.facts, check.note))


def test_only_a_case_can_be_checked() -> None:
    with pytest.raises(CaseError) as caught:
        rules_check(None)  # type: ignore[arg-type]
    assert str(caught.value) == "case: must be a Case, but it is empty."


# ---- times from NumPy and pandas ----


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        (np.datetime64("2027-03-15T12:00"), "soap_lists"),
        (np.datetime64("2027-03-15T12", "h"), "soap_lists"),
        (np.datetime64("2027-03-15T11:59:59.999999999"), "groundwork"),
        (pd.Timestamp("2027-03-15T12:00"), "soap_lists"),
        (pd.Timestamp("2027-03-15T11:59:59.999999999"), "groundwork"),
        (pd.Timestamp("2027-03-15T16:00", tz="UTC"), "soap_lists"),
        (pd.Timestamp("2027-03-15T15:59:59.999999999", tz="UTC"), "groundwork"),
        (np.datetime64("9999-06-01T12:00"), "post_soap"),
        (pd.Timestamp.max, "post_soap"),  # April 2262
        (pd.Timestamp.max.tz_localize("UTC"), "post_soap"),
    ],
)
def test_moments_from_numpy_and_pandas_are_accepted(moment: Any, phase: str) -> None:
    """They count to the nanosecond, and are in Eastern Time if they have no time zone."""
    assert phase_at(moment) == phase
    plain = moment.to_pydatetime(warn=False) if isinstance(moment, pd.Timestamp) else moment.astype("datetime64[us]").item()
    assert rules_check(Case(), moment) == rules_check(Case(), plain)


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (pd.NaT, "pandas.NaTType"),
        (np.datetime64("NaT"), "numpy.datetime64"),
        (np.datetime64("NaT", "ns"), "numpy.datetime64"),
        (np.datetime64("2027-03-15"), "numpy.datetime64"),  # a day without a time
        (np.datetime64(10**17, "s"), "numpy.datetime64"),
        (np.datetime64(-(10**17), "s"), "numpy.datetime64"),
        (np.datetime64(-18_446_742_273_709, "s"), "numpy.datetime64"),  # in microseconds, it overflows to the year 2027
        (np.datetime64("10000-01-01T00:00"), "numpy.datetime64"),
        (np.datetime64("0000-12-31T23:59"), "numpy.datetime64"),
        (np.array(["2027-03-15T12:00"], dtype="datetime64[ns]"), "numpy.ndarray"),
        (pd.Period("2027-03-15"), "pandas.Period"),
        (np.int64(2027), "numpy.int64"),
        (date(2027, 3, 15), "datetime.date"),
        (array("d", [2027.0]), "array.array"),
        ("2027-03-15 12:00", "str"),
        (True, "bool"),
        (None, "NoneType"),
    ],
)
def test_a_value_that_is_not_a_moment_is_rejected_with_its_type(moment: Any, kind: str) -> None:
    """That includes a date, text, a missing time and whole columns."""
    with pytest.raises(CaseError) as caught:
        phase_at(moment)
    assert str(caught.value).startswith(
        "when: must be a date with a time of day, such as datetime(2027, 3, 15, 10, 0), but it is "
    )
    assert str(caught.value).endswith(f", of type {kind}.")


def test_a_moment_of_year_1_is_a_moment_too_early_for_the_calendar() -> None:
    """NumPy's first year that Python also has; the year before isn't a moment at all."""
    with pytest.raises(CaseError, match=r"^year: must be 2012 or later, but it is 1: "):
        phase_at(np.datetime64("0001-01-01T00:00"))


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"phase": "groundwork"}, "allowed"),
        ({"phase": "soap_lists"}, "not_allowed"),
        ({"phase": "soap_lists", "move": "internal_push"}, "ask_first"),
    ],
)
def test_an_answer_says_what_to_do_now(fields: dict[str, str], answer: str) -> None:
    check = rules_check(**fields)
    assert (check.answer, check.next_step) == (answer, text(f"soap.next.{answer}"))


def test_nobody_is_told_to_wait_before_answering_a_program() -> None:
    """The rule allows the reply during SOAP, and a program that gets none moves on."""
    check = rules_check(recommender="self", move="direct_email", program_contacted_first=True)
    assert check.answer == "allowed"
    assert "wait" not in check.next_step


@pytest.mark.parametrize("phase", ["groundwork", "soap_lists", "gap_filling", "post_soap"])
def test_the_source_is_the_newest_one_and_says_which_one_we_have_not_seen(phase: str) -> None:
    source = rules_check(Case(phase=phase)).source
    assert "2026 SOAP schedule and applicant guide" in source
    assert "We haven't seen the agreement for the 2027 Match" in source
    cited = citations("x", (), (), rules_check(Case(phase=phase)).facts)
    assert "2026 SOAP schedule" in cited
    assert "seen the agreement for the 2027 Match" in cited
