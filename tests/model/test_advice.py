"""What to do now: the rule at this moment, dated steps in the future, and questions that match the unknown fields."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, judge_open, phase_at, rules_check
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import SLOTS, NextStep, advise, load_next_steps, load_not_covered
from backchannel_lib.model.calendar import eastern
from backchannel_lib.model.case import PHASES
from backchannel_lib.page.sheet import sheet_sections
from tests.helpers.cases import cases, moments

POLICIES = ("interviews_failures", "sponsors_visas", "has_noncategorical_seat", "lists_open", "program_contacted_first")
unknowns = st.lists(st.sampled_from(POLICIES), unique=True)

FEBRUARY, SOAP = datetime(2027, 2, 1), datetime(2027, 3, 16, 9, 0)
# Match Week 2027 begins on Monday, March 15.
MOMENTS = [
    (datetime(2027, 3, 15, 9, 59), "allowed", datetime(2027, 3, 15, 10, 0)),
    (datetime(2027, 3, 15, 10, 0), "not_allowed", datetime(2027, 3, 18, 21, 0)),
    (datetime(2027, 3, 18, 20, 59), "not_allowed", datetime(2027, 3, 18, 21, 0)),
    (datetime(2027, 3, 18, 21, 0), "allowed", datetime(2028, 3, 13, 10, 0)),
    (datetime(2027, 12, 31, 23, 59), "allowed", datetime(2028, 3, 13, 10, 0)),
]


@pytest.mark.parametrize(("now", "answer", "until"), MOMENTS)
def test_advice_says_what_the_rule_is_now_and_until_when(now: datetime, answer: str, until: datetime) -> None:
    """It changes at the exact minute when the window opens or closes."""
    advice = advise(Case(), now=now)
    assert ([check.answer for check in advice.rules], advice.until) == ([answer], until)


@pytest.mark.parametrize(
    ("now", "contacted", "steps"),
    [
        (datetime(2027, 3, 15, 9, 59), False, ["find_a_caller", "before_results", "ask_for_history"]),
        (datetime(2027, 3, 15, 10, 0), False, ["hold_everyone", "soap_is_over", "year_of_work"]),
        (datetime(2027, 3, 15, 10, 0), True, ["answer_them", "soap_is_over", "year_of_work"]),
        (datetime(2027, 3, 15, 10, 0), None, ["find_out", "soap_is_over", "year_of_work"]),
        (datetime(2027, 3, 18, 21, 0), None, ["one_program", "year_of_work", "list_closes"]),
        (datetime(2027, 4, 30, 23, 59), None, ["one_program", "list_closes", "year_of_work"]),
        (datetime(2027, 5, 1, 0, 0), None, ["one_program", "year_of_work", "new_season"]),
        (datetime(2027, 6, 20, 12, 0), False, ["one_program", "new_season", "year_of_work"]),
        (datetime(2027, 7, 1, 0, 0), False, ["find_a_caller", "ask_for_history", "before_results"]),
    ],
)
def test_the_steps_fit_the_moment_and_whether_the_program_made_contact(
    now: datetime, contacted: bool | None, steps: list[str]
) -> None:
    """The earliest step comes first, from the days before Match Week to the new academic year."""
    unknown = ("program_contacted_first",) if contacted is None else ()
    advice = advise(Case(program_contacted_first=bool(contacted)), unknown, now)
    assert [step.row.step for step in advice.steps] == steps


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2027, 1, 31, 8, 0), datetime(2027, 2, 28)),
        (datetime(2028, 1, 30, 8, 0), datetime(2028, 2, 29)),
        (datetime(2027, 10, 31, 8, 0), datetime(2027, 11, 30)),
        (datetime(2027, 11, 30, 8, 0), datetime(2027, 12, 30)),
        (datetime(2027, 12, 31, 8, 0), datetime(2028, 1, 31)),
    ],
)
def test_a_month_later_is_the_same_day_of_the_next_month_or_its_last_day(now: datetime, then: datetime) -> None:
    """The month after December is January of the next year."""
    (step,) = [one for one in advise(Case(), now=now).steps if one.row.at == "month_later"]
    assert (step.when, step.whole_day) == (then, True)


@given(cases(), unknowns, moments())
def test_there_are_three_steps_and_none_is_in_the_past(case: Case, unknown: list[str], now: datetime) -> None:
    """There's one step per slot, ordered by date, and the rule's next change is also in the future."""
    advice = advise(case, unknown, now)
    assert sorted(step.row.slot for step in advice.steps) == sorted(SLOTS)
    dates = [step.when for step in advice.steps]
    assert dates == sorted(dates)
    assert advice.now == eastern(now)
    assert dates[0].date() >= advice.now.date()
    assert advice.until is None or advice.until > advice.now


@given(cases(), moments())
def test_the_rule_changes_at_the_stated_moment_and_not_before(case: Case, now: datetime) -> None:
    """A new call is allowed on one side of the change but not on the other."""
    case = case.replace(recommender="known_dean", move="targeted_call", program_contacted_first=False)
    until = advise(case, now=now).until
    assert until is not None
    answers = {rules_check(case, when=when).answer for when in (eastern(now), until - timedelta(minutes=1))}
    assert len(answers) == 1
    assert rules_check(case, when=until).answer not in answers


@given(cases(), unknowns, moments())
def test_a_rule_change_is_mentioned_only_if_the_answer_changes(case: Case, unknown: list[str], now: datetime) -> None:
    """A student whose program called first can reply both before and after the window opens or closes."""
    advice = advise(case, unknown, now)
    if advice.until is not None:
        before = [check.answer for check in advice.rules]
        assert [check.answer for check in advise(case, unknown, advice.until).rules] != before
    answering = case.replace(recommender="self", move="direct_email", program_contacted_first=True)
    assert advise(answering, now=now).until is None


def test_a_planned_moment_gets_the_stricter_answer_too() -> None:
    """If it's unknown whether the program made contact, advice never says that a contact planned for SOAP is allowed."""
    case = Case(phase="gap_filling", recommender="self", move="direct_email", program_contacted_first=True)
    advice = advise(case, ("program_contacted_first",), datetime(2027, 2, 1), keep_phase=True)
    assert advice.planned is not None
    assert advice.planned.answer == rules_check(case.replace(program_contacted_first=False)).answer == "not_allowed"


@given(cases(), unknowns, moments())
def test_advice_agrees_with_judge_and_the_rules_check(case: Case, unknown: list[str], now: datetime) -> None:
    """The phase is the moment's, and the verdicts and the rule's answers are the model's."""
    advice = advise(case, unknown, now)
    phased = case.replace(phase=phase_at(now))
    assert advice.judgment.verdicts == judge_open(phased, unknown).verdicts
    contacts = (False, True) if "program_contacted_first" in unknown else (case.program_contacted_first,)
    assert set(advice.rules) == {rules_check(phased.replace(program_contacted_first=one), when=now) for one in contacts}


@pytest.mark.parametrize("keep_phase", [True, False])
@pytest.mark.parametrize("phase", PHASES)
def test_only_a_kept_phase_that_is_not_the_moments_gets_an_answer_of_its_own(phase: str, keep_phase: bool) -> None:
    planned = advise(Case(phase=phase), now=FEBRUARY, keep_phase=keep_phase).planned
    if keep_phase and phase != "groundwork":
        assert planned == rules_check(Case(phase=phase))
    else:
        assert planned is None


def test_a_step_has_a_time_of_day_only_if_an_event_has_one() -> None:
    """For a step that is due now, and for one that is due on a date, only the day counts."""
    steps = [*advise(Case(), now=FEBRUARY).steps, *advise(Case(), now=datetime(2027, 6, 20, 12, 0)).steps]
    assert {step.row.step: (step.when, step.whole_day) for step in steps if step.row.slot != "next_month"} == {
        "find_a_caller": (FEBRUARY, True),
        "before_results": (datetime(2027, 3, 15, 10, 0), False),
        "one_program": (datetime(2027, 6, 20, 12, 0), True),
        "new_season": (datetime(2027, 7, 1), True),
    }


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2027, 7, 1), datetime(2028, 3, 13, 10, 0)),
        (datetime(2027, 12, 31, 23, 59), datetime(2028, 3, 13, 10, 0)),
        (datetime(2028, 1, 1), datetime(2028, 3, 13, 10, 0)),
    ],
)
def test_the_next_match_week_is_that_of_the_next_march(now: datetime, then: datetime) -> None:
    assert [step.when for step in advise(Case(), now=now).steps if step.row.step == "before_results"] == [then]


@given(cases(), moments())
def test_while_contact_is_unknown_the_stricter_answer_comes_first(case: Case, now: datetime) -> None:
    """Advice never tells someone that they can call because the program might have called them."""
    order = ("not_allowed", "ask_first", "allowed")
    answers = [order.index(check.answer) for check in advise(case, ("program_contacted_first",), now).rules]
    assert answers == sorted(answers)


def test_the_most_useful_questions_come_first() -> None:
    """The dean's office gets the questions that would narrow the outcome, then the topics that the article doesn't cover."""
    case = Case(failed_attempts=1, recommender="known_dean", specifics=True, addresses_flag=True)
    advice = advise(case, ("interviews_failures", "sponsors_visas"), datetime(2027, 2, 1), ["couples", "img"])
    assert advice.questions == (
        text("ask.interviews_failures"),
        text("not_covered.couples.question"),
        text("not_covered.img.question"),
    )


FAR_BELOW = Case(score=200, recommender="known_dean", specifics=True)
CALLED = Case(score=250, recommender="known_dean", specifics=True, program_contacted_first=True)


@pytest.mark.parametrize(
    ("case", "unknown", "now", "asked"),
    [
        # What can't change the verdict isn't worth asking, nor is a policy that doesn't concern this student.
        (FAR_BELOW, ("specifics", "lists_open", "sponsors_visas"), FEBRUARY, ["specifics"]),
        (FAR_BELOW, ("lists_open", "has_noncategorical_seat"), SOAP, ["has_noncategorical_seat"]),
        # Whether the program has been in touch comes first, but only if the rule depends on it.
        (
            FAR_BELOW.replace(needs_visa=True),
            ("sponsors_visas", "lists_open", "has_noncategorical_seat", "program_contacted_first"),
            SOAP,
            ["program_contacted_first", "sponsors_visas", "has_noncategorical_seat", "someone_else_calls"],
        ),
        (
            FAR_BELOW.replace(needs_visa=True),
            ("sponsors_visas", "lists_open", "has_noncategorical_seat", "program_contacted_first"),
            FEBRUARY,
            ["sponsors_visas", "has_noncategorical_seat"],
        ),
        # The rule itself can be unclear, and if there's nothing else to ask, there's still one question.
        (CALLED, (), SOAP, ["someone_else_calls"]),
        (CALLED.replace(move="internal_push"), (), SOAP, ["inside_colleague"]),
        (CALLED, (), FEBRUARY, ["who_is_heard_there"]),
        (CALLED.replace(phase="gap_filling"), (), FEBRUARY, ["someone_else_calls"]),
        (CALLED.replace(phase="gap_filling", program_contacted_first=False), (), FEBRUARY, ["who_is_heard_there"]),
        (
            CALLED.replace(phase="gap_filling"),
            ("program_contacted_first",),
            FEBRUARY,
            ["program_contacted_first"],
        ),
    ],
)
def test_only_what_makes_a_difference_is_asked(case: Case, unknown: tuple[str, ...], now: datetime, asked: list[str]) -> None:
    keep = case.phase != "soap_lists"
    assert advise(case, unknown, now, keep_phase=keep).questions == tuple(text(f"ask.{name}") for name in asked)


def test_every_field_step_and_topic_has_its_texts() -> None:
    """There's also a question for every field that can be unknown."""
    for name in Case.fields():
        if name != "intensity":  # no rule depends on the warmth of the praise
            assert text(f"ask.{name}").endswith("?")
        assert text(f"open.{name}")
    for row in load_next_steps():
        step = NextStep(row, FEBRUARY, whole_day=True)
        assert (step.sentence, step.who) == (text(f"next_step.{row.step}"), text(f"next_step.who.{row.who}"))
    for row in load_not_covered():
        assert text(f"not_covered.{row.topic}.question").endswith("?")
        assert text(f"not_covered.{row.topic}.name")
        assert text(f"not_covered.{row.topic}.note")


def test_what_the_rule_forbids_does_not_look_like_something_to_do() -> None:
    assert [row.step for row in load_next_steps() if row.kind == "do_not"] == ["hold_everyone", "before_results"]
    advice = advise(Case(), now=FEBRUARY)
    (forbidden,) = [step for step in advice.steps if step.row.kind == "do_not"]
    for item in re.findall(r"<li[^>]*>.*?</li>", sheet_sections(advice, ["steps"])):
        assert ('class="bw-step-not"' in item) == item.endswith(f"{forbidden.sentence}</li>")


@pytest.mark.parametrize("topics", [["couple"], ["couples", "x"]])
def test_an_unknown_topic_is_rejected_with_a_suggestion(topics: list[str]) -> None:
    """The error lists the topics, as errors about other names do."""
    with pytest.raises(CaseError, match=r"topics: must be one of .*couples"):
        advise(Case(), topics=topics)
