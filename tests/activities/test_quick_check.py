"""The quick check: nine questions that can all be skipped, and an answer that claims no more than the model."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import Verdict, judge
from backchannel_lib.activities.quick_check import DAYS, QUESTIONS, QuickCheck, answers_to
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.texts import text
from backchannel_lib.page.sheet import rule_now, sheets_text
from tests.helpers.activities import act

ROW = next(row for row in load_activities() if row.activity == "quick_check")
TUESDAY = datetime(2027, 3, 16, 13, 30, tzinfo=UTC)  # 9:30 am in New York


def quick_check(now: datetime = TUESDAY) -> QuickCheck:
    """Make the activity with a stopped clock."""
    return QuickCheck(ROW, lambda: now)


def plain(fragment: str) -> str:
    """Return a fragment's words, with each run of spaces as one."""
    return " ".join(re.sub(r"<[^>]*>", " ", fragment).replace("\N{NO-BREAK SPACE}", " ").split())


def test_an_answer_for_another_day_warns_a_reader_who_is_in_soap_today() -> None:
    """The answer for today needs no such warning."""
    check = quick_check()
    assert text("soap.next.allowed") in check.fragments(check.with_(day="month_after"))["answer"]
    before = quick_check(datetime(2026, 11, 28, 14, 0, tzinfo=UTC))
    assert text("soap.next.allowed") not in before.fragments(before.state)["answer"]


def test_it_starts_from_the_clock_and_says_so() -> None:
    """What's allowed now is there without any entry."""
    check = quick_check()
    fragments = check.fragments(check.state)
    assert "Tuesday, March 16, 2027, 9:30 am ET" in fragments["moment"]
    assert text("soap_now.not_allowed") in fragments["answer"]
    assert "until Thursday, March 18, 2027, 9:00 pm ET, then allowed" in plain(fragments["answer"])


def test_nothing_of_the_article_appears_before_an_answer_about_the_case() -> None:
    """The rule depends only on the date; the article's range would only scare a reader who has content nothing yet."""
    check = quick_check()
    for before in (check.state, check.with_(day="friday", name="Zoë")):
        fragments = check.fragments(before)
        assert text("quick.first") in fragments["answer"]
        assert text("quick.first") in fragments["live_text"]
        assert text("strip.article") not in fragments["strip"]
        sheet = sheets_text(check.sheets(before))
        for shown in (*fragments.values(), sheet):
            assert "Between" not in shown
            assert "eakest link" not in shown
        assert text("take_home.article_title").upper() not in sheet
        assert "NEXT STEPS" in sheet
    content = check.fragments(check.with_(file=("needs_visa",)))
    assert "Between" in content["answer"]
    assert "Between" in content["strip"]
    assert "Between" in content["live_text"]
    assert text("quick.first") not in content["answer"]
    assert text("take_home.article_title").upper() in sheets_text(check.sheets(check.with_(file=("needs_visa",))))


def test_an_answer_that_ends_says_until_when_in_its_heading_and_in_the_bar() -> None:
    """The word "Allowed" alone could be read as allowed for good."""
    check = quick_check(datetime(2026, 11, 28, 14, 0, tzinfo=UTC))
    until = "Allowed until Monday, March 15, 2027, 10:00 am ET"
    fragments = check.fragments(check.state)
    assert f"{text('soap_now.allowed')} until Monday, March 15, 2027, 10:00 am ET" in plain(fragments["answer"])
    for part in ("strip", "live_text"):
        assert until in fragments[part]
    assert "This changes on" not in fragments["answer"]


@pytest.mark.parametrize("field", ["message", "file"])
def test_not_knowing_and_another_answer_take_turns(field: str) -> None:
    """Whatever was checked last counts."""
    check = quick_check()
    answer = next(iter(answers_to(field)))
    for value, left in (("unknown", "unknown"), (f"unknown|{answer}", answer), (f"{answer}|unknown", "unknown")):
        act(check, type="set", field=field, value=value)
        assert check.values(check.state)[field] == left


def test_the_sheet_lists_the_answers_it_is_based_on() -> None:
    """It uses the page's words, including "I don't know"."""
    check = quick_check()
    act(check, type="set", field="caller", value="known_dean")
    act(check, type="set", field="file", value="needs_visa")
    entered = check.sheets(check.state)[0].entered
    assert "who would speak up for me: A dean who knows them personally" in entered
    assert "my file: I need a visa" in entered
    assert "my scores: I don't know" in entered


def test_every_question_starts_unknown_or_empty() -> None:
    """Nothing is filled in for the student, especially nothing that would help them."""
    check = quick_check()
    case, unknown = check.known_and_unknown(check.state)
    assert set(answers_to("program")["unknown"].leaves_open) <= set(unknown)
    assert {"recommender", "range_low", "range_floor", "specifics", "addresses_flag", "program_contacted_first"} <= set(unknown)
    assert not case.specifics
    advice = check.advice(check.state)
    assert advice.judgment.lowest < advice.judgment.highest


@pytest.mark.parametrize(
    ("now", "day", "moment"),
    [
        (datetime(2026, 11, 26, 23, 0, tzinfo=UTC), "monday", datetime(2027, 3, 15, 20, 0)),
        (datetime(2027, 3, 19, 12, 0, tzinfo=UTC), "monday", datetime(2027, 3, 15, 20, 0)),
        (datetime(2027, 3, 23, 12, 0, tzinfo=UTC), "thursday_night", datetime(2028, 3, 16, 22, 0)),
    ],
)
def test_a_day_of_match_week_is_one_of_the_week_at_hand_or_the_next(now: datetime, day: str, moment: datetime) -> None:
    """During Match Week it's this week's day, and afterward next year's."""
    check = quick_check(now)
    assert check.moment(check.with_(day=day)) == moment


answers = st.fixed_dictionaries(
    {
        "day": st.sampled_from(["now", *DAYS]),
        "contacted": st.sampled_from(["yes", "no", "unknown"]),
        "caller": st.sampled_from(["trusted_peer", "known_dean", "unconnected_faculty", "self", "unknown"]),
        "inside": st.sampled_from(["yes", "no"]),
        "message": st.sets(st.sampled_from([*answers_to("message")])).map(tuple),
        "standing": st.sampled_from([*answers_to("standing")]),
        "file": st.sets(st.sampled_from([*answers_to("file")]), max_size=3).map(tuple),
        "program": st.sets(
            st.sampled_from(["interviews_failures", "no_visas", "prelim_seat", "lists_done", "has_my_file"])
        ).map(tuple),
    }
)


@settings(max_examples=max(5, settings().max_examples // 3))
@given(answers)
def test_any_answers_get_an_answer_and_every_verdict_named_can_come_of_it(given_answers: dict[str, Any]) -> None:
    """The verdict on the answers' own case is among the possible ones."""
    check = quick_check()
    state = check.with_(**given_answers)
    advice = check.advice(state)
    assert judge(advice.case).verdict in advice.judgment.verdicts
    fragments = check.fragments(state)
    assert rule_now(advice) in fragments["strip"]
    assert (advice.judgment.lowest.label in fragments["strip"]) == check.has_answered(state)


@settings(max_examples=max(5, settings().max_examples // 3))
@given(
    answers,
    st.sampled_from([("standing", "unknown", "below"), ("caller", "unknown", "known_dean"), ("contacted", "unknown", "yes")]),
)
def test_an_answer_never_widens_what_is_possible(given_answers: dict[str, Any], question: tuple[str, str, str]) -> None:
    name, unknown, known = question
    check = quick_check()
    wide = check.advice(check.with_(**{**given_answers, "inside": "no", name: unknown})).judgment.verdicts
    narrow = check.advice(check.with_(**{**given_answers, "inside": "no", name: known})).judgment.verdicts
    assert narrow <= wide


def test_two_contradictory_boxes_are_rejected_with_a_message() -> None:
    """The state stays the same."""
    check = quick_check()
    fast, _ = act(check, type="set", field="program", value="interviews_failures|no_failures")
    one, other = (f'"{text(f"quick.program.{name}")}"' for name in ("interviews_failures", "no_failures"))
    assert fast["errors"]["program"].startswith(f"{text('quick.ask.program')} {one} and {other} can't both be checked.")
    assert check.state["program"] == ()


def test_the_sheet_holds_the_student_s_own_answers() -> None:
    """Another caller gives another sheet, so it isn't the example's."""
    check = quick_check()
    sheets = set()
    for caller in ("trusted_peer", "self"):
        act(check, type="set", field="caller", value=caller)
        act(check, type="set", field="name", value="  Zoë   M. ")
        fast, _ = act(check, type="save_page")
        assert fast["file"]["name"].endswith(".html")
        assert "Zoë M." in fast["file"]["text"]
        plain, _ = act(check, type="save_text")
        assert "NEXT STEPS" in plain["file"]["text"]
        sheets.add(plain["file"]["text"])
    assert len(sheets) == 2


def test_widgets_get_a_verdict_only_if_there_is_exactly_one() -> None:
    """With several possible verdicts it's blank."""
    check = quick_check()
    assert check.visible_outcome(check.state) == ("", "not_allowed")
    sure = check.with_(caller="self", message=(), standing="far_below", program=("no_prelim_seat",))
    assert check.visible_outcome(sure) == (Verdict.IGNORED.name.lower(), "not_allowed")


def test_every_answer_has_a_text_and_the_other_days_lie_in_order() -> None:
    """Each option has a label, and each question can be left open."""
    for question in QUESTIONS:
        for answer in answers_to(question):
            assert answer == "unknown" or text(f"quick.{question}.{answer}")
        assert question == "inside" or answers_to(question)["unknown"].leaves_open
    assert list(DAYS.values()) == sorted(DAYS.values())


@pytest.mark.parametrize(
    ("question", "answer", "field", "value"),
    [
        (question, row.answer, field, value)
        for question in QUESTIONS
        for row in answers_to(question).values()
        for field, value in row.facts.items()
    ],
)
def test_an_answer_says_what_its_row_says(question: str, answer: str, field: str, value: object) -> None:
    """A field that an answer sets is no longer unknown."""
    check = quick_check()
    several = isinstance(check.state[question], tuple)
    case, unknown = check.known_and_unknown(check.with_(**{question: (answer,) if several else answer}))
    assert getattr(case, field) == value
    assert field not in unknown
