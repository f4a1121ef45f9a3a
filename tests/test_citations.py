"""Every citation of the article names it as the table does, and every citation of the NRMP's rule names the newest source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.activities.week_clock import WeekClock
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import advise, load_not_covered
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import NEWEST, rules_check
from backchannel_lib.model.tables import facts, load_article, load_article_sections, load_claims, load_facts
from backchannel_lib.page.case_fragments import deferred_fragments, fast_fragments
from backchannel_lib.page.components import article_name, citations, facts_by_source, find_in_article
from backchannel_lib.page.sheet import sheet_html, sheet_text
from backchannel_lib.workshop.handouts import sheet

ROOT = Path(__file__).resolve().parent.parent
ARTICLE = {row.part: row.value for row in load_article()}
MARCH = datetime(2027, 3, 15, 20)
#: What a sentence about the newest source has to contain, in prose that doesn't use the table's text.
NEWEST_WORDS = ("2026 SOAP schedule and applicant guide", "agreement for the 2027 Match")


def plain(html: str) -> str:
    """Return the readable text of a page."""
    return " ".join(re.sub(r"&#x27;|&#39;", "'", re.sub(r"<[^>]*>", " ", html)).replace("&quot;", '"').split())


def test_neighboring_lines_are_cited_as_one_range() -> None:
    """Eleven single lines in a row are hard to read, and harder to look up."""
    found = [claim.id for claim in load_claims() if claim.lines in {"144", "145", "146", "151"}]
    cited = plain(citations("x", reversed(found)))
    assert "lines 144–146 and 151" in cited
    assert "The article, line 144" in cited  # which claim is on which line is in the list below


def test_a_statement_without_sources_shows_no_empty_list_of_them() -> None:
    assert citations("x", (), ("",)) == ""


def prose(notebook: str) -> str:
    """Return the prose of a notebook on one line."""
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    return " ".join(" ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown").split())


@pytest.mark.parametrize("place", ["00_start_here", "11_reading_it_critically", "README"])
def test_prose_names_the_article_as_the_table_does_and_the_rules_newest_source(place: str) -> None:
    content = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split()) if place == "README" else prose(place)
    for part in ("title", "site", "section", "address"):
        assert ARTICLE[part] in content, part
    assert "unsigned" in content
    for words in NEWEST_WORDS:
        assert words in content


def test_citations_of_lines_name_the_article_and_its_headings() -> None:
    content = plain(citations("x", ["timing.phase1", "opening.opposed-goals"]))
    assert article_name() in content
    assert ARTICLE["title"] in content
    assert ARTICLE["site"] in content
    assert "unsigned" in content
    assert f'under {text("article.opening")}; "Timing".' in content
    assert ARTICLE["title"] not in citations("x", (), (), ["scores.step2_sd"])


def test_every_claim_is_under_one_heading_and_every_heading_has_a_claim() -> None:
    lines = [section.line for section in load_article_sections()]
    assert lines == sorted(set(lines))
    told = {find_in_article([claim.id]) for claim in load_claims()}
    assert len(told) == len(lines) + 1
    assert not any("; " in one.partition(" look under ")[2] for one in told)
    headings = {claim.topic: set() for claim in load_claims()}  # type: dict[str, set[str]]
    for claim in load_claims():
        headings[claim.topic].update(re.findall('"(.*?)"', find_in_article([claim.id])))
    assert headings["timing"] == {"Timing"}
    assert headings["conduct"] == {"How to Use Backchannel"}
    assert headings["truths"] == {"If You Remember Nothing Else"}
    assert headings["opening"] == set()


@pytest.mark.parametrize("kind", ["participants", "facilitator"])
def test_printed_sheets_name_the_article_and_the_newest_source(kind: str) -> None:
    content = plain(sheet(kind, "short", 1))
    assert article_name() in content
    assert "look under" in content
    for fact in NEWEST:
        assert facts()[fact].sentence in content


def test_the_one_page_sheet_names_the_article_and_the_newest_source() -> None:
    advice = advise(Case(failed_clerkship=True), now=MARCH)
    for told in (plain(sheet_html(advice)), " ".join(sheet_text(advice).split())):
        assert article_name() in told
        assert "look under" in told
        for fact in NEWEST:
            assert facts()[fact].sentence in told


RULE = [fact.id for fact in load_facts() if fact.id.startswith("soap_rule.")]


@pytest.mark.parametrize("fact", RULE)
def test_whatever_cites_the_rule_names_its_newest_source(fact: str) -> None:
    for cited in (citations("x", (), (), [fact]), facts_by_source("x", "Sources", [fact, "scores.step2_sd"])):
        for newest in NEWEST:
            assert facts()[newest].sentence in plain(cited)
    assert facts()[NEWEST[0]].sentence not in plain(facts_by_source("x", "Sources", ["scores.step2_sd"]))


@pytest.mark.parametrize("phase", ["groundwork", "soap_lists", "gap_filling", "post_soap"])
def test_every_answer_from_the_rule_names_its_newest_source(phase: str) -> None:
    for fact in NEWEST:
        assert facts()[fact].sentence in rules_check(Case(phase=phase)).source


@pytest.mark.parametrize("name", [row.activity for row in load_activities()])
def test_an_activity_that_shows_a_fact_about_the_rule_names_its_newest_source(name: str) -> None:
    """Any page with such a fact also has the newest source."""
    activity = make_activity(name)
    if isinstance(activity, WeekClock):
        activity.clock = lambda: MARCH
    content = plain(" ".join([activity.page(), *activity.deferred_fragments(activity.state).values()]))
    if any(facts()[fact].sentence in content for fact in RULE):
        assert facts()[NEWEST[0]].sentence in content
        assert facts()[NEWEST[1]].sentence in content


# ---- every fact ----


def what_readers_see() -> Iterator[str]:
    """Yield what readers see, page after page: the sheet, the panel, the printed sheets, and each activity."""
    topics = [row.topic for row in load_not_covered()]
    for month, day, hour in ((1, 12, 9), (3, 15, 20), (3, 18, 22), (4, 15, 9)):
        when = datetime(2027, month, day, hour)
        for unknown in ((), ("program_contacted_first",)):
            yield sheet_html(advise(Case(), unknown, when, topics))
    for case in (Case(), Case(score=520, range_low=500, range_floor=450)):
        yield " ".join({**fast_fragments(case), **deferred_fragments(case)}.values())
    yield from (sheet(kind, "short", 1) for kind in ("participants", "facilitator"))
    long = {"population", "reply", "quick_check"}  # takes seconds and has no facts of its own
    for row in sorted(load_activities(), key=lambda row: row.activity in long):
        yield from on_the_way(row.activity)


def on_the_way(name: str) -> Iterator[str]:
    """Yield what an activity shows in each state of its own transcript, including everything that readers can request."""
    activity: Any = make_activity(name)
    states = []
    commit, restore = activity.commit, activity.restore
    activity.commit = lambda to, **more: (states.append(to), commit(to, **more))[1]
    activity.restore = lambda to: (states.append(to), restore(to))[1]
    yield activity.page() + activity.transcript()
    for state in states[-60:]:
        yield " ".join({**activity.fragments(state), **activity.deferred_fragments(state)}.values())


@pytest.mark.slow
def test_every_fact_is_shown_somewhere() -> None:
    """A new fact in data/facts.csv has to appear where a reader needs it."""
    left = {fact.id: fact.sentence for fact in load_facts()}
    for page in what_readers_see():
        content = plain(page)
        left = {name: sentence for name, sentence in left.items() if sentence not in content}
        if not left:
            break
    assert left == {}
