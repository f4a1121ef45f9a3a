"""The one-page sheet: the rule comes first, paper and text say the same, and nothing is loaded from another host."""

from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import Advice, advise, load_not_covered
from backchannel_lib.model.tables import facts
from backchannel_lib.page.sheet import Sheet, SheetHead, case_in_words, moment_text, sheet_html, sheet_text, sheets_text
from tests.helpers.cases import cases, moments

if TYPE_CHECKING:
    from playwright.sync_api import Browser

POLICIES = ("interviews_failures", "sponsors_visas", "has_noncategorical_seat")
EVERYTHING = (*POLICIES, "range_low", "range_floor", "needs", "recommender")
TOPICS = [row.topic for row in load_not_covered()]


def longest() -> Advice:
    """Return the longest sheet: almost nothing known, every topic checked, in the middle of SOAP."""
    return advise(Case(failed_attempts=1, needs_visa=True), EVERYTHING, datetime(2027, 3, 16, 9, 0), TOPICS)


class Words(HTMLParser):
    """Collects a page's text, except its title and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        # A step's date is the beginning of its line.
        self.feed(re.sub(r'<span class="bw-step-head">(.*?)</span>', r"\1", page.partition("<body>")[2]))

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.said.append(data.strip())


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (datetime(2027, 3, 15, 0, 5), "Monday, March 15, 2027, 12:05 am ET"),
        (datetime(2027, 3, 15, 12, 0), "Monday, March 15, 2027, 12:00 pm ET"),
        (datetime(2027, 3, 18, 21, 0), "Thursday, March 18, 2027, 9:00 pm ET"),
    ],
)
def test_moments_are_written_with_am_and_pm(when: datetime, said: str) -> None:
    assert moment_text(when) == said


@given(cases(), st.lists(st.sampled_from(EVERYTHING), unique=True, max_size=4), moments())
def test_paper_and_text_say_the_same_with_the_rule_first(case: Case, unknown: list[str], now: datetime) -> None:
    """Every line of the text is on the page in the same order, and neither mentions probability."""
    advice = advise(case, unknown, now, ("img",))
    head = SheetHead("A. Student", "Mercy")
    page, plain = sheet_html(advice, head), sheet_text(advice, head)
    lines = [line.removeprefix("- ") for line in plain.splitlines() if line]
    assert [word.casefold() for word in Words(page).said if word] == [line.casefold() for line in lines]
    assert page.index('class="rule bw-rule"') < page.index('class="article bw-card"')
    assert not re.search(r"probab|chance of|likelihood|\d ?%", plain)


def test_what_is_unknown_about_a_person_or_a_program_is_not_stated_as_a_fact() -> None:
    """The link is named without a reason or an assumption that only applies in the worst case."""
    case = Case(recommender="known_dean", move="targeted_call", specifics=True)
    plain = sheet_text(advise(case, ["track_record", "sponsors_visas"], datetime(2027, 3, 16, 9, 0)))
    assert text("rule.burned_caller") not in plain
    assert (
        text("stage.attention.name")
        in plain.partition(text("take_home.weakest_uncertain", stages="").partition(":")[0])[2].partition("\n")[0]
    )
    known = sheet_text(advise(case.replace(track_record=0), [], datetime(2027, 3, 16, 9, 0)))
    assert text("rule.burned_caller") in known


def test_a_policy_that_may_stop_the_file_is_asked_for_even_where_another_link_is_weaker() -> None:
    """A student who needs a visa is told to ask about visas, and one who doesn't isn't."""
    unknown = ("sponsors_visas", "interviews_failures")
    asked = [text(f"ask.{field}") for field in unknown]
    for needs_visa, failed in ((True, 1), (False, 0)):
        case = Case(needs_visa=needs_visa, failed_attempts=failed, recommender="self", move="direct_email")
        questions = advise(case, unknown, datetime(2027, 2, 1)).questions
        assert [question in questions for question in asked] == [needs_visa, bool(failed)]


def test_the_sheet_says_what_it_is_based_on() -> None:
    """It starts with what was entered and what isn't known."""
    entered = case_in_words(Case(score=228, needs_visa=True, sponsors_visas=False), ["interviews_failures", "track_record"])
    assert entered[0] == "Your score: 228"
    assert "You need a visa" in entered
    assert "They sponsor visas: no" in entered
    assert any("0 of 3" in words for words in case_in_words(Case(recommender="known_dean", track_record=0)))
    assert not any("failed" in words.lower() for words in entered[:-1])
    assert not any("220" in words for words in case_in_words(Case(), without=["range_floor"]))
    plain = sheets_text([Sheet(longest(), entered=entered)])
    assert plain.index(text("take_home.entered", what="; ".join(entered))) < plain.index("THE NRMP'S RULE")
    assert f"Your score: {longest().case.score}" in sheet_text(longest())


def test_the_sources_of_every_answer_about_the_rule_are_named() -> None:
    """That includes the answer for another moment that the student entered."""
    case = Case(phase="gap_filling", recommender="known_dean", move="targeted_call")
    advice = advise(case, now=datetime(2027, 2, 1), keep_phase=True)
    assert advice.planned is not None
    plain = sheet_text(advice)
    for fact in (*advice.rules[0].facts, *advice.planned.facts):
        assert facts()[fact].citation in plain


def test_a_sheet_says_until_when_only_if_the_answer_changes() -> None:
    """Answering a program that called first is allowed before and after the window's edge."""
    case = Case(recommender="self", move="direct_email", program_contacted_first=True)
    plain = sheet_text(advise(case, now=datetime(2027, 3, 16, 9, 0)))
    assert "This changes on" not in plain


def test_what_a_student_wrote_is_text_and_never_markup() -> None:
    """That includes characters with a meaning in HTML or to the panel."""
    page = sheet_html(longest(), SheetHead("<b>Zoë</b> & Co.", '§ 5 " onload=x'))
    assert "<b>Zoë" not in page
    assert "&lt;b&gt;Zoë&lt;/b&gt; &amp; Co." in page


def test_a_sheet_without_a_name_has_no_blank_label() -> None:
    """The name and the program are optional."""
    assert "Name:" not in sheet_text(longest())
    assert "Program:" not in sheet_text(longest())


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """It has no script, no file addresses and no requests."""
    page = sheet_html(longest())
    assert not re.search(r"<script|<link|src=|url\(|@import|https?:", page)


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_it_fits_one_page(browser: Browser, paper: str) -> None:
    """A typical sheet fits on one page. The longest takes two, with no block split across them."""
    case = Case(
        score=232, failed_attempts=1, needs_visa=True, recommender="subspecialist", move="internal_push", specifics=True
    )
    usual = advise(case, ("interviews_failures", "sponsors_visas", "program_contacted_first"), datetime(2027, 3, 16), ["img"])
    page = browser.new_page()
    try:
        for advice, most in ((usual, 1), (longest(), 2)):
            page.set_content(sheet_html(advice, SheetHead("A. Student", "Mercy")))
            pdf = page.pdf(format=paper, prefer_css_page_size=False)
            assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= most
    finally:
        page.close()
