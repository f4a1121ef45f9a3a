"""The clock of Match Week: what it says about now, and about a moment that the reader chooses."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.week_clock import GUESSES, WeekClock
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import advise
from backchannel_lib.model.calendar import eastern, phase_at
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.sheet import moment_text, rule_now, sheet_text
from tests.helpers.activities import act


def clock_at(moment: datetime) -> WeekClock:
    """Make the clock at a given moment."""
    made = make_activity("week_clock")
    assert isinstance(made, WeekClock)
    made.clock = lambda: moment
    return made


def today(clock: WeekClock) -> str:
    """Return what it says about now, as plain text."""
    told = re.sub(r"<[^>]*>", "", clock.deferred_fragments(clock.state)["today"].partition("<details")[0])
    return told.replace("\N{NO-BREAK SPACE}", " ")


def eastern_time(*of: int) -> datetime:
    return datetime(*of)  # type: ignore[arg-type]


BEGINS, ENDS = "Monday, March 15, 2027, 10:00 am ET", "Thursday, March 18, 2027, 9:00 pm ET"
NEXT_YEAR = "Monday, March 13, 2028, 10:00 am ET"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (
            eastern_time(2026, 11, 27, 8, 5),
            ["Friday, November 27, 2026, 8:05 am ET", "Groundwork until noon on Monday of Match Week", "Allowed", BEGINS],
        ),
        (eastern_time(2027, 3, 15, 9, 59), ["9:59 am ET", "Allowed", BEGINS]),
        (eastern_time(2027, 3, 15, 10, 0), ["10:00 am ET", "Not allowed", ENDS]),
        (eastern_time(2027, 3, 18, 20, 59), ["8:59 pm ET", "Thursday and Friday", "Not allowed", ENDS]),
        (eastern_time(2027, 3, 18, 21, 0), ["9:00 pm ET", "Allowed", NEXT_YEAR]),
        (eastern_time(2027, 3, 20, 0, 0), ["12:00 am ET", "After SOAP", "Allowed", NEXT_YEAR]),
        (datetime(2027, 3, 16, 0, 30, tzinfo=UTC), ["Monday, March 15, 2027, 8:30 pm ET", "Not allowed"]),
    ],
)
def test_the_present_moment_is_described_before_any_guess(moment: datetime, said: list[str]) -> None:
    """It has the day, the phase and the rule's answer with its end, in Eastern Time with am and pm wherever the reader is."""
    clock = clock_at(moment)
    assert not clock.is_seen(clock.state)
    for words in said:
        assert words in today(clock)
        assert words in clock.page().replace("\N{NO-BREAK SPACE}", " ")
    assert "Not allowed" in said or "Not allowed" not in today(clock)


@given(
    moment=st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1))
    | st.builds(
        lambda year, minutes: datetime(year, 3, 12) + timedelta(minutes=minutes),
        st.integers(2025, 2034),
        st.integers(0, 12 * 24 * 60),
    )
)
def test_the_clock_the_quick_check_and_the_sheet_give_one_answer(moment: datetime) -> None:
    """At any moment they have the same phase, rule's answer and next change."""
    advice = advise({"program_contacted_first": False}, now=moment)
    told = today(clock_at(moment))
    assert moment_text(eastern(moment)) in told
    assert f": {text(f'level.phase.{phase_at(moment)}')}." in told
    allowed = advice.rules[0].answer == "allowed"
    assert told.startswith(f"{'✓' if allowed else '✕'} {text(f'soap_now.{advice.rules[0].answer}')}")
    assert f"until {moment_text(advice.until)}" in told
    assert rule_now(advice) in sheet_text(advice)
    assert rule_now(advice).endswith(moment_text(advice.until)) == allowed
    assert advice.until > moment


def test_the_rules_answer_for_now_is_the_first_line_with_its_sign_and_its_end() -> None:
    """It looks like the answer in every rule box, because it's what a reader came for."""
    clock = clock_at(eastern_time(2026, 11, 28, 8, 5))
    content = clock.deferred_fragments(clock.state)["today"]
    first, ends, rest = content.split("</p>", 2)
    assert 'class="bw-rule-answer" data-answer="allowed"' in first
    assert first.endswith(text("soap_now.allowed"))
    assert ends.replace("\N{NO-BREAK SPACE}", " ").endswith(f"until {BEGINS}")
    assert rest.index(text("soap.read_agreement")) < rest.index("<details")
    assert "Saturday, November 28, 2026, 8:05 am ET" in rest


def test_the_present_moment_is_updated_with_every_answer() -> None:
    clock = clock_at(eastern_time(2027, 3, 18, 20, 59))
    act(clock, type="hello")
    clock.clock = lambda: eastern_time(2027, 3, 18, 21, 0)
    (_, deferred) = act(clock, type="refresh")
    (number,) = [number for name, number in deferred["fragments"].items() if name == "today"]
    assert "9:00 pm ET" in deferred["contents"][number]


def test_the_chosen_moment_says_until_when_its_answer_holds_and_names_the_newest_source() -> None:
    clock = clock_at(eastern_time(2026, 11, 27))
    clock.update(guess="monday_12", day="tuesday", hour=8)
    clock.see()
    now = clock.fragments(clock.state)["now"]
    assert "This changes on Thursday, March 18, 2027, 9:00 pm ET." in now
    assert text("fact.soap_rule.not_settled_2027").partition(".")[0] in now


def test_only_the_present_moment_is_marked_as_now() -> None:
    """A moment that the reader chose may be months away."""
    clock = clock_at(eastern_time(2026, 11, 27))
    assert f"<b>{text('week.now')}</b>" in clock.deferred_fragments(clock.state)["today"]
    clock.update(guess="monday_12", day="tuesday", hour=8)
    clock.see()
    chosen = clock.fragments(clock.state)["now"]
    assert f"<b>{text('clock.mark')}</b>" in chosen
    assert text("week.now") not in re.sub(r"<[^>]*>", " ", chosen).split()
    assert clock.markers(clock.state)["week"][1] == text("clock.mark")


def test_at_none_of_the_times_to_choose_from_is_a_first_call_both_allowed_and_helpful() -> None:
    """Each is right by one clock only, so neither the rule above the question nor the article's phases give it away."""
    clock = make_activity("week_clock")
    never = text("clock.never")
    for day, hour in GUESSES:
        clock.update(day=day, hour=hour)
        moment = clock.deferred_fragments(clock.state)["today"]
        assert never not in moment
        contact, verdict, answer = next(iter(clock._rows(clock.state)))
        assert contact == text("contact.first_call")
        helps = verdict == Verdict.PHONE_INTERVIEW.label
        assert helps or verdict == Verdict.SKIMMED.label
        assert helps != answer.startswith("Allowed"), (day, hour)
    for guess, words in (("never", "clock.right"), ("thursday_21", "clock.other"), ("monday_12", "clock.other")):
        clock.update(guess=guess)
        clock.see()
        beside = html.unescape(clock.fragments(clock.state)["beside"])
        assert text(words) in beside
        assert never in beside
        assert text("clock.why") in beside


def test_hours_are_chosen_in_words() -> None:
    """The menu has hours with am and pm instead of 0 to 23."""
    page = make_activity("week_clock").page()
    start = page.index('data-field="hour"')
    options = re.findall(r"<option[^>]*>([^<]*)</option>", page[start : page.index("</select>", start)])
    assert len(options) == len(set(options)) == 24
    assert options[0] == "midnight"
    assert options[9] == "9 am"
    assert options[12] == "noon"
    assert options[21] == "9 pm"


def test_without_a_guess_the_answer_is_hidden_again(caplog: pytest.LogCaptureFixture) -> None:
    """Code can take the guess back, as no page can."""
    clock = clock_at(eastern_time(2027, 3, 15, 9, 59))
    clock.update(guess="never")
    act(clock, type="see")
    act(clock, type="set", field="guess", value="")
    assert clock.fragments(clock.state)["beside"] == ""
    assert not caplog.records
