"""The workshop before a room: a real browser, the page that `present` serves, keys alone, and what may go wrong on a stage."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

from backchannel_lib.base.texts import text
from backchannel_lib.cli import present
from backchannel_lib.cli.browser import find_chromium
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.run_plan.model import vignettes_of
from tests.helpers.lab import GLANCE
from tests.helpers.stage import PATIENCE, Screen, Stage, opened, presented, wait_until_ready

FIRST = next(iter(vignettes_of("standard", 1).values()))
SIZES = [(1280, 720), (1920, 1080)]
ON = "[data-on] "
#: The share of the screen's height that verdict, spread and clock have at least.
LEGIBLE = 1 / 20


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The workshop, started once for all tests; port 8866 is taken, so that it has to say that it takes another."""
    find_chromium()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", present.FIRST_PORT))
            taken.listen()
        except OSError:
            pass  # somebody else has it, which will do
        with presented(tmp_path_factory.mktemp("work")) as stage:
            yield stage


@pytest.fixture(scope="module")
def presenter(browser: Browser) -> Iterator[BrowserContext]:
    """The presenter's browser, which has the workshop's scripts in its cache after the first page."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def screen(presenter: BrowserContext, stage: Stage) -> Iterator[Screen]:
    """The round, before the first file of a new session."""
    begin_anew(stage)
    screen = opened(presenter, stage, "round")
    yield screen
    screen.page.close()


def begin_anew(stage: Stage) -> None:
    """Forget what earlier tests have kept."""
    for name in ("workshop*", "run_plan.json", "drill.json"):
        for left in stage.work.glob(name):
            left.unlink()


def heights(screen: Screen, selector: str) -> list[float]:
    """Give the letter sizes of the visible texts that a selector finds, as shares of the screen's height."""
    sizes: list[float] = screen.page.evaluate(
        """selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility() && one.innerText.trim())
            .map(one => parseFloat(getComputedStyle(one).fontSize) / innerHeight)""",
        selector,
    )
    return sizes


def in_sight(screen: Screen, selector: str) -> bool:
    """Tell whether all that a selector finds lies within the screen, without scrolling."""
    return bool(
        screen.page.evaluate(
            """selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility()).every(one => {
                const box = one.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight + 1
                && box.left >= 0 && box.right <= innerWidth + 1; })""",
            selector,
        )
    )


def axe(screen: Screen) -> list[tuple[str, list[str]]]:
    """List what axe has to say about the whole page."""
    found: dict[str, Any] = Axe().run(screen.page).response
    assert len(found["passes"]) > 10
    return [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found["violations"]]


def test_a_port_that_is_taken_is_said_and_another_named(stage: Stage) -> None:
    """The command says which port is in use, and the address that it gives has another."""
    assert f"Port {present.FIRST_PORT} is in use by another program" in stage.said
    port = re.search(r":(\d+)/", stage.address)
    assert port is not None
    assert int(port[1]) != present.FIRST_PORT
    assert f"port {port[1]} instead" in stage.said


def test_the_address_on_the_projector_holds_no_token(screen: Screen, stage: Stage) -> None:
    """Whoever photographs the screen cannot open the workshop: the browser is known by its cookie."""
    page = screen.page
    assert page.evaluate("location.href") == f"{stage.address.partition('?')[0]}#round"
    assert stage.address.partition("token=")[2] not in page.evaluate("JSON.stringify([document.cookie, document.referrer])")
    page.reload()
    wait_until_ready(screen)
    assert "token" not in page.evaluate("location.href")


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_round_is_played_by_keys_and_read_from_the_last_row(  # noqa: PLR0915 - a round is one story
    presenter: BrowserContext, stage: Stage, size: tuple[int, int]
) -> None:
    """File, vote, links, spread, rule, one slider, next file: by keys, in sight, large enough; axe and network are silent."""
    begin_anew(stage)
    screen = opened(presenter, stage, "round", size)
    page = screen.page
    judgment = judge(vignettes()[FIRST].case)
    assert axe(screen) == []

    screen.press("ArrowRight")
    screen.wait_for_step(text("round.step.file"))
    assert vignettes()[FIRST].title in screen.fragment("head")
    assert min(heights(screen, f"{ON}[data-clock-face]")) >= LEGIBLE
    assert in_sight(screen, f"{ON}[data-fragment=file] td, {ON}[data-fragment=story], {ON}[data-fragment=nav] button")

    screen.press("PageDown")
    screen.wait_for_step(text("round.step.vote"))
    screen.press("1", "3", "3", "3", "9")
    page.wait_for_function("() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('5 ')")
    assert min(heights(screen, f"{ON}.bw-votes button, {ON}[data-clock-face]")) >= LEGIBLE
    assert in_sight(screen, f"{ON}.bw-votes button, {ON}[data-fragment=nav] button")
    screen.press("u")
    page.wait_for_function("() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('4 ')")
    assert judgment.verdict.sentence not in page.content()
    assert axe(screen) == []

    screen.press("ArrowRight", *["ArrowRight"] * (len(STAGES) - 1))
    page.wait_for_selector(f"{ON}[data-fragment=verdict] .bw-verdict-name")
    assert page.inner_text(f"{ON}[data-fragment=verdict] .bw-verdict-name") == judgment.verdict.label
    assert min(heights(screen, f"{ON}[data-fragment=verdict] .bw-verdict-name")) >= LEGIBLE
    weakest = page.locator(f"{ON}[data-fragment=links] li").last
    assert text("card.weakest") in weakest.inner_text()
    assert in_sight(screen, f"{ON}[data-fragment=links] li, {ON}[data-fragment=verdict], {ON}[data-fragment=nav] button")

    screen.press("ArrowRight")
    screen.wait_for_step(text("round.step.spread"))
    assert [int(content) for content in page.locator(f"{ON}.bw-count-cell").all_inner_texts()] == [1, 0, 3, 0, 0, 0, 0, 0, 0]
    assert min(heights(screen, f"{ON}.bw-spread :is(th, td.bw-count-cell), {ON}.bw-verdict-name")) >= LEGIBLE
    assert in_sight(screen, f"{ON}.bw-spread tr, {ON}[data-fragment=verdict], {ON}[data-fragment=nav] button")
    assert axe(screen) == []

    screen.press("ArrowRight")
    screen.wait_for_step(text("round.step.rules"))
    assert page.locator(f"{ON}[data-fragment=rules] [data-answer]").count() == 1
    assert in_sight(screen, f"{ON}[data-fragment=rules] .bw-rule-answer, {ON}[data-fragment=nav] button")

    screen.press("ArrowRight")
    screen.wait_for_step(text("round.step.what_if"))
    assert min(heights(screen, f"{ON}[data-fragment=what_if] .bw-verdict-name")) >= LEGIBLE
    field = vignettes()[FIRST].what_if
    page.locator(f"{ON}[data-field={field}] :is(input, select)").first.focus()
    seen = set()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Space"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
        seen.add(page.inner_text(f"{ON}[data-fragment=what_if] .bw-verdict-name"))
    assert screen.fragment("head").count(text("round.step.what_if")) == 1, "a key in the control turned the page"
    assert seen <= {verdict.label for verdict in Verdict}
    assert page.locator(f"{ON}[data-fragment=what_if_rule] [data-answer]").count() == 1
    screen.press("Escape", "ArrowRight")
    screen.wait_for_step("Round 2")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert screen.hosts - {"-"} == {stage.address.split("/")[2]}
    assert screen.complaints == []
    page.close()


def test_keys_inside_a_control_never_turn_the_page(screen: Screen) -> None:
    """In a menu, a box and on a slider arrows, digits, letters and Page Down belong to the control; Escape leads out of it."""
    page = screen.page
    page.focus(f"{ON}[data-field=seed] input")
    for key in ("ArrowRight", "PageDown", "PageUp", "ArrowLeft", "p", "d", "m", "u", "3"):
        page.keyboard.press(key)
    page.wait_for_timeout(400)
    assert text("round.setup") in screen.fragment("head")
    assert page.evaluate("location.hash") == "#round"
    page.fill(f"{ON}[data-field=seed] input", "1")
    page.focus(f"{ON}[data-field=plan] select")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    assert text("round.setup") in screen.fragment("head")
    page.keyboard.press("ArrowUp")
    screen.press("Escape", "ArrowRight")
    screen.wait_for_step(text("round.step.file"))
    screen.press("ArrowRight")
    page.focus(f"{ON}[data-field=votes_maybe] input")
    page.keyboard.type("17")
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('17 ')")
    screen.wait_for_step(text("round.step.vote"))


def test_one_letter_leads_to_each_page_where_the_round_stays_as_it_was_and_nothing_moves_if_asked(screen: Screen) -> None:
    """P, D and R change what is on screen; what was played is there on the way back.

    Where a reader asked for less motion, nothing on any of these pages moves by itself but the digits of the clock.
    """
    page = screen.page
    screen.press("ArrowRight", "ArrowRight", "8")
    for letter, part in (("p", "run_plan"), ("d", "drill"), ("r", "round")):
        page.keyboard.press(letter)
        page.wait_for_function(
            "title => document.querySelector('[data-on] .bw h2').textContent === title", arg=text(f"activity.{part}.title")
        )
        assert page.evaluate("document.querySelectorAll('[data-on]').length") == 1
        assert axe(screen) == []
    assert screen.fragment("tally").startswith("1 ")
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(one => { const style = getComputedStyle(one);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0; }).map(one => one.className)"""
    )
    assert moving == []


PRESS = """([key, code, shiftKey]) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true }))"""


def test_keys_work_on_keyboards_of_other_languages(screen: Screen) -> None:
    """A Russian P and C, and a French 3 without Shift, do what is printed on the buttons."""
    page = screen.page
    screen.press("ArrowRight", "ArrowRight")
    page.evaluate(PRESS, ['"', "Digit3", False])
    page.wait_for_function("() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('1 ')")
    page.evaluate(PRESS, ["с", "KeyC", False])
    page.wait_for_selector(f"{ON}[data-clock-action=go]")
    page.evaluate(PRESS, ["з", "KeyP", False])
    page.wait_for_function("() => location.hash === '#run_plan'")


def test_after_a_killed_kernel_the_round_goes_on_exactly_where_it_was(screen: Screen, stage: Stage) -> None:
    """Kill Python in the middle of a vote: a sentence within seconds, Enter, and file, votes and clock are there again."""
    page = screen.page
    screen.press("ArrowRight", "ArrowRight", "2", "7")
    screen.press("c", "7")  # Python takes one message after the other, so it also knows what the clock shows
    clock, votes = page.inner_text(f"{ON}[data-clock-face]"), screen.fragment("tally")
    stage.kill_kernels()
    page.keyboard.press("4")
    page.wait_for_function(
        "told => document.querySelector('[data-on] [data-notice]').innerText === told",
        arg=text("stage.asleep"),
        timeout=PATIENCE,
    )
    assert "Traceback" not in page.inner_text("body")
    assert page.evaluate("document.activeElement.innerText") == text("stage.reload")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    wait_until_ready(screen)
    screen.wait_for_step(text("round.step.vote"))
    assert screen.fragment("tally") == votes
    assert page.inner_text(f"{ON}[data-clock-face]") == clock
    assert page.locator(f"{ON}[data-clock-action=go]").is_visible()
    assert "goes on" in page.inner_text(f"{ON}[data-notice]")
    screen.press("4")
    assert screen.fragment("tally").startswith("4 ")
    screen.press("c")
    page.wait_for_timeout(6500)  # longer than the page takes to tell how far the clock is
    assert page.locator(f"{ON}[data-clock-action=pause]").is_visible(), "the clock stopped by itself"


#: Counts what is asked of Python from now on.
NOTE_QUESTIONS = """() => {
  window.asked = 0;
  const root = document.querySelector('[data-on] .bw');
  new MutationObserver(() => { window.asked += 1; }).observe(root, { attributeFilter: ['data-pending'] });
}"""


def test_a_presenter_who_opens_the_lid_learns_at_once_that_the_engine_is_gone(browser: Browser, stage: Stage) -> None:
    """The kernel has ended while the computer slept: no key is pressed, and the page says so and how to go on."""
    begin_anew(stage)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.clock.install()
    screen = Screen(page)
    page.goto(f"{stage.address}#round", timeout=PATIENCE)
    wait_until_ready(screen)
    screen.press("ArrowRight", "ArrowRight", "4")
    page.evaluate(NOTE_QUESTIONS)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 20 * 60)  # a slow engine has all the time it needs
    page.wait_for_function("window.asked > 0", polling=GLANCE)
    screen.settle()
    assert not page.locator(f"{ON}[data-reload]").is_visible(), "the engine is there, and the page says that it is not"
    page.clock.resume()
    stage.kill_kernels()
    page.clock.fast_forward(20 * 60_000)
    page.wait_for_selector(f"{ON}[data-reload]:visible", timeout=PATIENCE)
    assert text("stage.asleep") in page.inner_text(f"{ON}[data-notice]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    wait_until_ready(screen)
    screen.wait_for_step(text("round.step.vote"))
    assert screen.fragment("tally").startswith("1 ")
    page.close()


def test_a_page_that_is_loaded_again_takes_the_phones_vote_over(screen: Screen, browser: Browser, stage: Stage) -> None:
    """F5 ends the old vote's server with its page; opened again it is at the same address, and its votes are counted."""
    page = screen.page
    screen.press("ArrowRight", "ArrowRight")
    page.click(f"{ON}[data-action=phones_ask]")
    page.click(f"{ON}[data-action=phones_open][data-value='127.0.0.1']")
    page.wait_for_selector(f"{ON}.bw-phones-url", timeout=PATIENCE)
    address = page.inner_text(f"{ON}.bw-phones-url")
    page.reload()
    wait_until_ready(screen)
    page.click(f"{ON}[data-open=phones_lost] [data-action=phones_open]")
    page.wait_for_selector(f"{ON}.bw-phones-url", timeout=PATIENCE)
    assert page.inner_text(f"{ON}.bw-phones-url") == address
    phone = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    phone.goto(f"http://{address}")
    phone.click("[data-choice=maybe]")
    phone.click("#send")
    page.wait_for_function(
        "() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('1 ')", timeout=PATIENCE
    )
    phone.context.close()


def test_a_damaged_session_is_a_sentence_and_a_way_on(screen: Screen, stage: Stage) -> None:
    """Break the kept file, load the page again: it says so, the copy before it is on screen, and keys work."""
    page = screen.page
    screen.press("ArrowRight", "ArrowRight", "5")
    (stage.work / "workshop.json").write_text("{ broken", encoding="utf-8")
    page.reload()
    wait_until_ready(screen)
    assert "damaged" in page.inner_text(f"{ON}[data-notice]")
    assert "Traceback" not in page.inner_text("body")
    screen.wait_for_step(text("round.step.vote"))
    screen.press("5")
    assert screen.fragment("tally").startswith("1 ")


def test_a_phone_votes_once_and_the_room_sees_it(screen: Screen, browser: Browser, stage: Stage) -> None:
    """Opened on request, the phone's page takes one vote, the presenter's screen counts it, and closing the vote ends it."""
    page = screen.page
    screen.press("ArrowRight", "ArrowRight")
    page.click(f"{ON}[data-action=phones_ask]")
    page.wait_for_selector(f"{ON}[data-fragment='phones.asks'] button")
    assert text("phones.would_open") in page.inner_text(f"{ON}[data-fragment='phones.asks']")
    page.click(f"{ON}[data-action=phones_open][data-value='127.0.0.1']")
    page.wait_for_selector(f"{ON}.bw-qr svg", timeout=PATIENCE)
    address = "http://" + page.inner_text(f"{ON}.bw-phones-url")
    phone = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    hosts: set[str] = set()
    phone.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    phone.goto(address)
    other = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    other.goto(address)
    phone.click("[data-choice=maybe]")
    phone.click("#send")
    phone.wait_for_selector("#said[data-kind=counted]", timeout=PATIENCE)
    page.wait_for_function(
        "() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('1 ')", timeout=PATIENCE
    )
    phone.reload()
    phone.wait_for_selector("#said[data-kind=counted]", timeout=PATIENCE)
    assert phone.locator("button:visible").count() == 0, "a phone could vote twice"
    assert hosts == {address.split("/")[2]}
    screen.press("7", "ArrowRight")
    screen.wait_for_step(text("round.step.links"))
    other.wait_for_selector("#said[data-kind=closed]", timeout=PATIENCE)
    assert other.locator("button:visible").count() == 0, "votes after the vote"
    kept = json.loads((stage.work / "workshop.json").read_text(encoding="utf-8"))["session"]
    assert (kept["votes"][Verdict.MAYBE], kept["phones"][Verdict.MAYBE]) == (1, 1)
    screen.press("ArrowLeft")
    page.click(f"{ON}.bw-phones summary")
    page.click(f"{ON}[data-fragment='phones.shows'] [data-action=phones_close]")
    page.wait_for_selector(f"{ON}[data-action=phones_ask]")
    phone.context.close()
    other.context.close()


def test_without_its_token_nobody_gets_in(browser: Browser, stage: Stage) -> None:
    """The page belongs to whoever started it: without the token there is no workshop and no kernel."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(stage.address.partition("?")[0], timeout=PATIENCE)
    assert page.locator(".bw").count() == 0
    assert page.locator("[data-stage]").count() == 0
    context.close()
