"""How notebooks display judgments, cases and similar objects."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from backchannel_lib import Case, judge, readings_agree, rules_check, what_would_change
from backchannel_lib.model.possible import possible
from backchannel_lib.page.changes_html import changed_by_readings, changes_list, readings_list
from backchannel_lib.page.rule_html import rule_answer
from backchannel_lib.page.verdict_html import verdict_fragments

CASE = Case(recommender="trusted_peer", needs={"local"}, failed_attempts=1)
SHOWN = {
    "judgment": (judge(CASE), verdict_fragments(possible(CASE))["verdict"]),
    "chain": (judge(CASE), verdict_fragments(possible(CASE))["chain"]),
    "rules": (rules_check(CASE), rule_answer(rules_check(CASE))),
    "changes": (what_would_change(CASE), changes_list(what_would_change(CASE))),
    "readings": (readings_agree(CASE), readings_list(changed_by_readings(CASE, ()))),
    "case": (CASE, "<td>"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_an_answer_is_shown_with_the_html_of_the_panel(name: str) -> None:
    value, fragment = SHOWN[name]
    html = value._repr_html_()
    assert html is not None
    assert fragment in html
    assert "<script" not in html
    assert "§" not in html, "an id that only the panel makes unique"
    assert "<style>" in html
    parser = HTMLParser()
    parser.feed(html)
    parser.close()


def test_the_style_hides_what_only_a_panel_can_do() -> None:
    """Buttons wouldn't do anything, and drawings need the panel's style sheet."""
    html = what_would_change(CASE)._repr_html_() or ""
    style = re.search(r"<style>(.*?)</style>", html)
    assert style
    assert "<button" in html
    assert ".bw-display :is(button, svg" in style[1]


def test_a_case_shows_every_field_in_words() -> None:
    html = CASE._repr_html_() or ""
    assert html.count("<tr>") == len(Case.fields()) + 1
    for field in Case.fields():
        assert f"field.{field}" not in html
    assert "not known" in html
