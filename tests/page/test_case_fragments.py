"""Wherever the NRMP's rule and the article's verdict appear together, the rule comes first."""

from __future__ import annotations

import html
import re

import pytest

from backchannel_lib import MAY_BE_UNKNOWN, Case
from backchannel_lib.base.texts import text
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.open_changes import open_changes
from backchannel_lib.model.possible import possible
from backchannel_lib.model.remedies import what_would_change
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.page.case_controls import load_controls
from backchannel_lib.page.case_fragments import answer_line, case_static_html, case_text, deferred_fragments, fast_fragments
from backchannel_lib.page.case_page import case_form, case_page
from backchannel_lib.page.changes_html import changes_list, open_changes_list
from backchannel_lib.page.html import tag
from backchannel_lib.workshop.deck import vignettes

CASES = {
    "settled": (Case(recommender="trusted_peer", specifics=True), ()),
    "unknown": (Case(), MAY_BE_UNKNOWN),
    "allowed": (Case(phase="groundwork"), ()),
    "two exams": (Case(score=520), ()),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rule_comes_before_the_verdict_in_every_form(name: str) -> None:
    """This covers text, unrun notebooks, screen readers, the line that stays in view, and the page."""
    case, unknown = CASES[name]
    assert (exam_of(case) is None) == (name == "two exams")
    rule = rules_check(case).label
    verdict = text("card.no_verdict") if exam_of(case) is None else possible(case, unknown).lowest.label
    fragments = fast_fragments(case, unknown=unknown)
    forms = {
        "text": case_text(case, unknown=unknown),
        "static": case_static_html(case, unknown=unknown),
        "strip": fragments["strip"],
        "page": case_page(case, unknown=unknown),
    }
    if exam_of(case) is not None:
        forms["spoken"] = fragments["live_text"]
        forms |= {"line": answer_line(case)} if not unknown else {}
    for form, told in forms.items():
        words = html.unescape(re.sub(r"<[^>]+>", " ", told))
        answer = rules_check(case).headline if form == "page" else rule
        assert 0 <= words.index(answer) < words.index(verdict), form


@pytest.mark.parametrize("case", [Case(phase="groundwork"), Case(phase="gap_filling"), Case(phase="post_soap"), Case()])
def test_the_rules_box_says_each_time_once(case: Case) -> None:
    """A reader looks for one thing in it: until when. The sources may repeat a time."""
    shown = fast_fragments(case, invented=False)["rules"].partition("<details")[0].replace("\N{NO-BREAK SPACE}", " ")
    times = re.findall(r"\d+:\d\d [ap]m", shown)
    assert len(times) == len(set(times)) == {"groundwork": 2, "gap_filling": 1, "post_soap": 1}.get(case.phase, 0)


def test_an_example_is_marked_above_the_rule_and_says_when_it_happens() -> None:
    """Its "Not allowed" is about a call in Match Week, and the reader may be months away from that."""
    page = case_page(Case())
    assert page.index(html.escape(text("card.example"), quote=False)) < page.index('class="bw-rule"')
    assert "Match Week" in text("card.example")
    assert text("card.example") not in case_page(Case(score=241))


def test_what_a_reader_in_soap_has_to_know_stands_right_below_an_answer_about_another_time() -> None:
    """A large "Allowed" about January would otherwise read as permission."""
    answer, ends, warning, *_ = re.findall(r"<p[^>]*>(.*?)</p>", fast_fragments(Case(phase="groundwork"))["rules"])
    assert answer.endswith(rules_check(phase="groundwork").headline)
    assert "before Match Week" in answer
    assert "until Monday" in ends
    assert warning == text("soap.next.allowed")


@pytest.mark.parametrize("unknown", [(), ("lists_open",)])
def test_the_rule_comes_before_the_verdict_of_a_change(unknown: tuple[str, ...]) -> None:
    case = Case(recommender="trusted_peer")
    changes = open_changes_list(open_changes(case, unknown)) if unknown else changes_list(what_would_change(case))
    cards = re.findall(r'<li class="bw-change".*?</ul>', changes)
    assert cards
    assert all(card.index("bw-voice-rule") < card.index("bw-reaches") for card in cards)


@pytest.mark.parametrize("unknown", [(), ("lists_open",)])
@pytest.mark.parametrize(
    "case",
    [
        Case(score=210, recommender="trusted_peer", move="targeted_call", specifics=True),  # the same person and time for all
        Case(score=210, recommender="known_dean", move="targeted_call"),  # the same time for all
        Case(recommender="trusted_peer", move="targeted_call", specifics=True),  # a single change
        vignettes()["noor"].case,  # the rule answers differently
    ],
)
def test_what_is_true_of_every_change_is_said_once_above_them(case: Case, unknown: tuple[str, ...]) -> None:
    """Who acts, when, and whose account it is: no such line is on every card, and none is lost. Each card has the rule."""
    changes = open_changes(case, unknown).changes if unknown else what_would_change(case)
    reach = [change for change in (getattr(one, "change", one) for one in changes) if change.within_reach]
    told = open_changes_list(open_changes(case, unknown)) if unknown else changes_list(what_would_change(case))
    above, *cards = told.split('<li class="bw-change"')
    assert len(cards) == len(reach)
    assert all("bw-voice-rule" in card for card in cards)
    lines = [tag("li", line) for one in reach for line in (text("changes.who", who=text(f"who.{one.who}")), one.when)]
    account, sentence = text("changes.article_account"), text("changes.none_allowed_yet")
    for line in (*lines, account):
        assert sum(line in card for card in cards) < max(len(cards), 2), line
        assert line in told or line == account
        assert (line in above) <= (not any(line in card for card in cards)), line
    forbidden = [change for change in reach if change.rules.answer == "not_allowed"]
    assert told.count(account) == (len(forbidden) if sentence not in above else 0)
    assert (text("changes.shared") in above) is any(line in above for line in lines)


@pytest.mark.parametrize("unknown", [(), MAY_BE_UNKNOWN])
def test_until_something_is_entered_the_bar_the_card_and_the_spoken_text_say_example(unknown: tuple[str, ...]) -> None:
    """A verdict about nobody must not look like one about the reader."""
    mark = text("card.example_mark")
    parts = fast_fragments(Case(), unknown=unknown)
    assert parts["strip"].startswith(f'<b class="bw-strip-mark">{mark}</b>')
    assert parts["live_text"].startswith(f"{mark}. ")
    assert parts["example"].startswith(f"<b>{mark}</b>")
    assert text("soap.next.not_allowed") not in parts["rules"]
    page = case_page(Case(), unknown=unknown)
    assert page.index(parts["example"]) < page.index(parts["verdict"])
    entered = [fast_fragments(Case(score=241), unknown=unknown), fast_fragments(Case(), unknown=unknown[1:] or ["needs"])]
    for told in entered:
        assert told["example"] == ""
        assert text("soap.next.not_allowed") in told["rules"]
        assert mark not in told["strip"] + told["live_text"]
    for invented in (True, False):  # a chapter's student, or the reader's own case there
        assert mark not in fast_fragments(Case(), invented=invented)["strip"]


def test_a_case_prints_as_a_form_with_every_question_until_someone_begins() -> None:
    """On paper, each field that the sheet can list has a blank or something to check, whatever it depends on."""
    form = html.unescape(case_form())
    for row in load_controls():
        assert (text(f"field.{row.field}.label") in form) == (row.on_sheet != "never")
    begun, new = case_page(Case(), begun=True), case_page(Case(), begun=False)
    assert '<div data-open="paper" hidden>' in begun
    assert '<div data-open="paper">' in new


def test_what_to_find_out_and_how_far_a_link_goes_are_said_in_full() -> None:
    """A bare "Up to 240" doesn't say what is up to 240, and "Declined to Offer in play at best" isn't English."""
    asked = deferred_fragments(Case(), only=["ask"], unknown=MAY_BE_UNKNOWN)["ask"]
    assert text("find_out.range_low.up_to", high=240) in asked
    chain = fast_fragments(Case(), unknown=MAY_BE_UNKNOWN)["chain"]
    assert "anywhere from Declined to Offer in play" in chain
    assert not re.search(r" to [A-Z][a-z ]+ at best", chain)
