"""The static site in three engines, used as a student would: from a link, on a phone."""

from __future__ import annotations

import pytest

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.open_judgment import judge_open
from backchannel_lib.model.possible import MAY_BE_UNKNOWN
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import judge
from backchannel_lib.site import pages
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.run_plan.model import vignettes_of
from tests.helpers.engines import ENTER, PAGE_DOWN, RIGHT, Engine, NoAnswerError, ask, wait_for
from tests.helpers.site import LIVE, SETTLED, Site

#: Nothing scrolls sideways, once the charts have their width.
FITS = "document.documentElement.scrollWidth <= innerWidth"


def choose(engine: Engine, field: str, value: str) -> None:
    """Choose an option, or move a slider, as a reader does."""
    engine.run(
        f"""(() => {{
        const place = document.querySelector('[data-field="{field}"]');
        const radio = place.querySelector('input[value="{value}"]');
        if (radio) return radio.click();
        const input = place.querySelector('select, input');
        input.focus(); input.value = "{value}";
        for (const kind of ['input', 'change']) input.dispatchEvent(new Event(kind, {{ bubbles: true }}));
        }})()"""
    )
    wait_for(engine, SETTLED)


def fragment(engine: Engine, name: str) -> str:
    """Return the text of a part of the page."""
    return " ".join(str(ask(engine, f"document.querySelector('[data-fragment=\"{name}\"]').innerText")).split())


def test_the_front_page_begins_with_what_the_rule_allows_and_leads_to_the_sheet(engine: Engine, site: Site) -> None:
    engine.goto(site.address)
    wait_for(engine, LIVE)
    choose(engine, "day", "monday")
    choose(engine, "caller", "trusted_peer")
    engine.click('[data-field="contacted"] input[value="no"]')
    wait_for(engine, SETTLED)
    answer = fragment(engine, "answer")
    rule = text(f"soap.answer.{rules_check(phase='soap_lists', program_contacted_first=False).answer}")
    assert rule in answer[:200]
    assert answer.index(rule) < answer.index(text("take_home.article_title"))
    engine.click('[data-action="sheet"]')
    wait_for(engine, SETTLED)
    sheet = fragment(engine, "sheet")
    assert rule in sheet
    assert text("take_home.article_title") in sheet
    engine.click('[data-action="save_calendar"]')
    wait_for(engine, "document.querySelector('[data-notice]').textContent.includes('my_next_steps.ics')")
    wait_for(engine, FITS)


def test_your_case_gives_the_librarys_own_verdict_and_python_starts_from_its_snapshot(engine: Engine, site: Site) -> None:
    engine.goto(f"{site.address}{pages.CASE}")
    wait_for(engine, LIVE)
    assert ask(engine, "document.documentElement.dataset.python") == "snapshot"
    choose(engine, "score", "228")
    choose(engine, "recommender", "trusted_peer")
    expected = judge_open(Case(score=228, recommender="trusted_peer"), unknown=MAY_BE_UNKNOWN)
    shown = fragment(engine, "verdict")
    assert expected.lowest != expected.highest
    assert all(str(verdict) in shown for verdict in (expected.lowest, expected.highest)), shown
    wait_for(engine, FITS)


def test_a_chapter_asks_for_a_guess_and_then_answers(engine: Engine, site: Site) -> None:
    engine.goto(f"{site.address}02_who_calls.html")
    wait_for(engine, LIVE)
    scene = '[data-activity="warmth_scenes"]'
    assert engine.run(f"!document.querySelector('{scene} .bw-card')?.checkVisibility()")
    engine.click(f'{scene} [data-field="guess"] input[value="skimmed"]')
    wait_for(engine, SETTLED)
    engine.click(f'{scene} [data-action="see"]')
    wait_for(engine, f"document.querySelector('{scene} .bw-card').checkVisibility()")


def test_the_workshop_is_led_by_keys_up_to_the_verdict(engine: Engine, site: Site) -> None:
    first = vignettes()[next(iter(vignettes_of("standard", 1).values()))]

    def press(key: str) -> None:
        engine.keys(key)
        wait_for(engine, SETTLED)

    def part(name: str) -> str:
        return str(ask(engine, f"document.querySelector('[data-on] [data-fragment={name}]').innerText"))

    engine.goto(site.address + pages.DECK)
    wait_for(engine, LIVE)
    press(RIGHT)
    assert first.title in part("head")
    for key in (PAGE_DOWN, "4", ENTER, "2", ENTER):
        press(key)
    assert part("tally").startswith("6 ")
    engine.click("[data-on] [data-field=votes_maybe] input")
    for key in ("1", "2", ENTER):
        press(key)
    assert part("tally").startswith("18 "), "what is typed replaces the zero in the box"
    for _ in STAGES:
        press(PAGE_DOWN)
    wait_for(
        engine,
        f"document.querySelector('[data-on] [data-fragment=verdict]').innerText.includes({judge(first.case).verdict.label!r})",
    )
    wait_for(engine, FITS)


def test_a_question_is_asked_again_if_its_page_was_replaced_and_a_script_that_fails_is_a_failure(
    engine: Engine, site: Site
) -> None:
    """The tests above rely on this in each engine."""
    engine.goto(f"{site.address}{pages.CHAPTERS}")
    leaves = "new Promise(() => { sessionStorage.asked = 1; location.reload(); })"
    with pytest.raises(NoAnswerError):
        engine.run(leaves)
    assert ask(engine, f"sessionStorage.asked === '2' || {leaves.replace('1', '2')}") is True
    wait_for(engine, f"sessionStorage.asked === '3' || {leaves.replace('1', '3')}")
    for fails in ("Promise.reject(new Error('mine'))", "nobody.mine"):
        with pytest.raises(AssertionError, match="mine"):
            wait_for(engine, fails)
    with pytest.raises(AssertionError, match="not in 0 s: 1 > 2"):
        wait_for(engine, "1 > 2", seconds=0)
