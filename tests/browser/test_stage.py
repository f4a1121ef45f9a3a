"""The workshop in front of a room: a real browser, the page from `present`, only keys, and what can go wrong."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute

from backchannel_lib.base.texts import text
from backchannel_lib.cli import present
from backchannel_lib.cli.browser import find_chromium
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.room_questions import room_questions
from backchannel_lib.workshop.run_plan.activity import KEYS
from backchannel_lib.workshop.run_plan.model import steps_of, vignettes_of
from tests.helpers.accessibility import violations
from tests.helpers.lab import ANSWERED, GLANCE
from tests.helpers.stage import PATIENCE, Screen, Stage, opened, presented, wait_until_ready

FIRST = next(iter(vignettes_of("standard", 1).values()))
SIZES = [(1280, 720), (1920, 1080)]
ON = "[data-on] "
#: A custom question with the most and longest texts that the table accepts.
LONGEST = "\n".join(
    (
        ",".join(QUESTIONS.texts),
        ",".join(
            "1" if name == "answer" else f"{name} {'as long as it may be ' * 10}"[:most]
            for name, most in QUESTIONS.texts.items()
        ),
    )
)
#: The minimum font size of verdict, spread and clock, as a fraction of the screen's height.
LEGIBLE = 1 / 20


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The workshop, started once for all tests. Port 8866 is in use, so it has to report another one."""
    find_chromium()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", present.FIRST_PORT))
            taken.listen()
        except OSError:
            pass  # another program already uses it, which is just as good
        work = tmp_path_factory.mktemp("work")
        (work / QUESTIONS.name).write_text(LONGEST, encoding="utf-8")
        with presented(work) as stage:
            yield stage


@pytest.fixture
def own_stage(tmp_path: Path) -> Iterator[Stage]:
    """A workshop that the test can crash."""
    with presented(tmp_path) as stage:
        yield stage


@pytest.fixture(scope="module")
def presenter(browser: Browser) -> Iterator[BrowserContext]:
    """The presenter's browser, which caches the workshop's scripts after the first page."""
    context = browser.new_context(bypass_csp=True)  # for axe and for Playwright's conditions
    yield context
    context.close()


@pytest.fixture
def screen(presenter: BrowserContext, stage: Stage) -> Iterator[Screen]:
    """The round, before the first file of a new session."""
    with anew(presenter, stage) as screen:
        yield screen


@pytest.fixture
def lead(presenter: BrowserContext, stage: Stage, screen: Screen) -> Iterator[Screen]:
    """The window that a second person, or the same one, uses to control the screen."""
    page = presenter.new_page()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(stage.presenter)
    page.wait_for_selector("[data-activity=run_plan] .bw[data-ready]")
    yield Screen(page)
    page.close()


@contextlib.contextmanager
def anew(context: BrowserContext, stage: Stage, size: tuple[int, int] = (1280, 720)) -> Iterator[Screen]:
    """Open the round, and start a new session if one is running."""
    screen = opened(context, stage, "round", size)
    for part, key in (("run_plan", "p"), ("round", "r")):
        screen.press(key)
        is_menu_closed = screen.page.locator(f"{ON}[data-fragment=nav] [data-action=choose]").count()
        if part == "round" and is_menu_closed and not screen.page.locator(f"{ON}[data-open=welcome]:visible").count():
            screen.press("m")
        if screen.page.locator(f"{ON}[data-action=fresh]:visible").count():
            screen.page.click(f"{ON}[data-action=fresh]")
        else:
            screen.page.dispatch_event(f"{ON}.bw-foot [data-action=reset]", "click")  # it may have nothing to do
        screen.settle()
    if screen.page.locator(f"{ON}[data-open=setup]:visible").count():
        screen.press("m")
    yield screen
    screen.page.close()


def heights(screen: Screen, selector: str) -> list[float]:
    """Return the font sizes of the visible texts in a selector, as fractions of the screen's height."""
    sizes: list[float] = screen.page.evaluate(
        """selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility() && one.innerText.trim())
            .map(one => parseFloat(getComputedStyle(one).fontSize) / innerHeight)""",
        selector,
    )
    return sizes


def in_sight(screen: Screen, selector: str) -> bool:
    """Return whether everything in a selector is on screen without scrolling."""
    return bool(
        screen.page.evaluate(
            """selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility()).every(one => {
                const box = one.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight + 1
                && box.left >= 0 && box.right <= innerWidth + 1; })""",
            selector,
        )
    )


def test_a_port_in_use_is_reported_and_another_one_used(stage: Stage) -> None:
    """The command names the port in use, and its address has another one."""
    assert f"Port {present.FIRST_PORT} is in use by another program" in stage.said
    port = re.search(r":(\d+)/", stage.address)
    assert port is not None
    assert int(port[1]) != present.FIRST_PORT
    assert f"port {port[1]} instead" in stage.said


def test_the_address_on_the_projector_holds_no_token(screen: Screen, stage: Stage) -> None:
    """A photo of the screen can't open the workshop, because it needs the browser's cookie."""
    page = screen.page
    assert page.evaluate("location.href") == f"{stage.address.partition('?')[0]}#round"
    assert stage.address.partition("token=")[2] not in page.evaluate("JSON.stringify([document.cookie, document.referrer])")
    page.reload()
    wait_until_ready(screen)
    assert "token" not in page.evaluate("location.href")


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_round_is_played_by_keys_and_read_from_the_last_row(
    presenter: BrowserContext, stage: Stage, size: tuple[int, int]
) -> None:
    """From one file to the next, everything is visible and large enough, and axe and the network report nothing."""
    with anew(presenter, stage, size) as screen:
        play_a_round(screen, stage)


def play_a_round(screen: Screen, stage: Stage) -> None:  # noqa: PLR0915 - a round is one story
    """Play the first round with keys."""
    page = screen.page
    judgment = judge(vignettes()[FIRST].case)
    assert violations(screen.page) == []

    screen.press("ArrowRight")
    screen.wait_for_step(text("round.step.file"))
    assert vignettes()[FIRST].title in screen.fragment("head")
    assert min(heights(screen, f"{ON}[data-clock-face]")) >= LEGIBLE
    assert in_sight(screen, f"{ON}[data-fragment=file] td, {ON}[data-fragment=story], {ON}[data-fragment=nav] button")

    screen.press("PageDown")
    screen.wait_for_step(text("round.step.vote"))
    screen.press("1", "Enter", "Enter", "3", "Enter", "1", "2", "Escape")
    page.wait_for_function("() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('16 ')")
    assert min(heights(screen, f"{ON}.bw-votes button, {ON}[data-clock-face]")) >= LEGIBLE
    assert in_sight(screen, f"{ON}.bw-votes button, {ON}[data-fragment=nav] button")
    screen.press("u")
    page.wait_for_function("() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('4 ')")
    assert page.content().count(judgment.verdict.sentence) == 1, "in the list of what the verdicts mean, and nowhere else"
    assert violations(screen.page) == []

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
    assert min(heights(screen, f"{ON}.bw-spread tbody :is(th, td.bw-count-cell), {ON}.bw-verdict-name")) >= LEGIBLE
    assert in_sight(screen, f"{ON}.bw-spread tr, {ON}[data-fragment=verdict], {ON}[data-fragment=nav] button")
    assert violations(screen.page) == []

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


#: Elements covered by a round's buttons, which stay at the bottom of the screen.
BEHIND_BUTTONS = """selector => {
    const { top } = document.querySelector('[data-on] .bw-round > .bw-nav').getBoundingClientRect();
    return [...document.querySelectorAll(selector)].filter(one => one.checkVisibility())
        .filter(one => one.getBoundingClientRect().bottom > top + 1).map(one => one.innerText); }"""


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768)])
def test_the_rules_longest_answer_leaves_room_for_the_links_and_the_rooms_votes(
    presenter: BrowserContext, stage: Stage, size: tuple[int, int]
) -> None:
    """Neither the links nor the spread are behind the buttons or cut off, and rule and verdict are complete."""
    longest = max(vignettes(), key=lambda name: len(rules_check(vignettes()[name].case).label))
    with anew(presenter, stage, size) as screen:
        screen.press("m")
        screen.page.click(f"{ON}[data-details=deck] summary")
        screen.page.click(f"{ON}[data-action=open_file][data-value={longest}]")
        screen.settle()
        for keys, shown in ((1 + len(STAGES), "[data-fragment=links] li"), (1, ".bw-spread tr")):
            screen.press(*["ArrowRight"] * keys)
            told = f"{ON}{shown}, {ON}[data-fragment=rule_first] > p, {ON}[data-fragment=verdict]"
            assert screen.page.locator(f"{ON}[data-fragment=rule_first] [data-answer]").count() == 1
            assert screen.page.evaluate(BEHIND_BUTTONS, told) == []
            assert in_sight(screen, told)


def test_keys_inside_a_control_never_turn_the_page(screen: Screen) -> None:
    """In a menu, a box or a slider, arrows, digits and letters belong to the control. Escape leaves it."""
    page = screen.page
    screen.press("m")
    page.focus(f"{ON}[data-field=seed] input")
    for key in ("ArrowRight", "ArrowLeft", "p", "d", "m", "u", "3"):
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
    screen.press("ArrowRight", "ArrowRight", "1", "Escape")
    for letter, part in (("p", "run_plan"), ("d", "drill"), ("q", "room_questions"), ("r", "round")):
        page.keyboard.press(letter)
        page.wait_for_function(
            "title => document.querySelector('[data-on] .bw h2').textContent === title", arg=text(f"activity.{part}.title")
        )
        assert page.evaluate("document.querySelectorAll('[data-on]').length") == 1
        assert violations(screen.page) == []
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
    """A Russian P and C, and a French 3 without Shift, do what their buttons show."""
    page = screen.page
    screen.press("ArrowRight", "ArrowRight")
    page.evaluate(PRESS, ["&", "Digit1", False])
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('1 ')")
    page.evaluate(PRESS, ["с", "KeyC", False])
    page.wait_for_selector(f"{ON}[data-clock-action=go]")
    page.evaluate(PRESS, ["з", "KeyP", False])
    page.wait_for_function("() => location.hash === '#run_plan'")


def test_a_clicker_turns_the_page_whatever_has_the_focus(screen: Screen) -> None:
    """Page Down and Page Up from a clicker change neither the menu of files nor a count of hands."""
    page = screen.page
    screen.press("m")
    page.focus(f"{ON}[data-field=plan] select")
    before = page.input_value(f"{ON}[data-field=plan] select")
    screen.press("PageDown")
    screen.wait_for_step(text("round.step.file"))
    assert page.input_value(f"{ON}[data-field=plan] select") == before
    screen.press("PageDown", "7")
    screen.wait_for_step(text("round.step.vote"))
    screen.press("PageUp")
    screen.wait_for_step(text("round.step.file"))
    screen.press("PageUp")
    assert text("round.first") in page.inner_text(f"{ON}[data-notice]")
    screen.wait_for_step(text("round.step.file"))


def test_the_screen_goes_dark_and_the_keys_are_listed(screen: Screen) -> None:
    """B and the period key darken the screen, Escape brings it back, and a question mark lists every key."""
    page = screen.page
    for on, off in (("b", "b"), (".", "Escape")):
        page.keyboard.press(on)
        page.wait_for_selector(".stage-dark:visible")
        page.keyboard.press(off)
        page.wait_for_selector(".stage-dark", state="hidden")
    page.keyboard.press("?")
    shown = page.locator("#stage-keys:visible").inner_text()
    assert all(text(f"run_plan.key_{key}") in shown for key in KEYS)
    page.keyboard.press("ArrowRight")  # belongs to the list while that is open
    page.keyboard.press("Escape")
    page.wait_for_selector("#stage-keys", state="hidden")
    assert text("round.setup") in screen.fragment("head")


@pytest.mark.parametrize("key", ["Escape", "Enter"])
def test_a_count_is_sent_as_soon_as_a_key_leaves_its_box(screen: Screen, key: str) -> None:
    """Otherwise the next key would act on a vote without this count."""
    screen.press("ArrowRight", "ArrowRight", "0", *["Enter"] * (len(Verdict) - 1))
    left, sent = screen.page.evaluate(
        """key => {
          const box = document.activeElement
          document.execCommand("insertText", false, "5")
          box.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))
          return [document.activeElement !== box, "pending" in box.closest(".bw").dataset]
        }""",
        key,
    )
    assert left
    assert sent
    screen.settle()
    assert screen.fragment("tally").startswith("5 ")


def test_a_second_vote_is_shown_next_to_the_first(screen: Screen) -> None:
    page = screen.page
    screen.press("ArrowRight", "ArrowRight", "5", "Escape", "v")
    assert screen.fragment("tally").startswith("Second vote: 0 ")
    screen.press("Enter", "2", "Escape", *["PageDown"] * (len(STAGES) + 1))
    screen.wait_for_step(text("round.step.spread"))
    first, second = (
        [int(count) for count in page.locator(f"{ON}.{column}").all_inner_texts()]
        for column in ("bw-first-cell", "bw-count-cell")
    )
    assert (first, second) == ([5, 0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0, 0])
    for width, height in ((1024, 768), (1280, 720), (1920, 1080), (1280 * 2 // 3, 720 * 2 // 3)):  # the last is 150% zoom
        page.set_viewport_size({"width": width, "height": height})
        assert in_sight(screen, f"{ON}.bw-spread tr, {ON}[data-fragment=nav] button"), (width, height)


def test_after_a_crash_the_same_command_brings_every_window_back_where_it_was(
    presenter: BrowserContext, own_stage: Stage
) -> None:
    """After a crash during a vote there's a message immediately, and restarting restores everything without any action."""
    stage = own_stage
    screen = opened(presenter, stage, "round")
    page = screen.page
    screen.press("ArrowRight", "ArrowRight", "c", "2", "Enter", "7", "Escape")  # the clock first, because the votes need a wait
    clock, votes = page.inner_text(f"{ON}[data-clock-face]"), screen.fragment("tally")
    assert votes.startswith("9 ")
    stage.crash()
    page.wait_for_selector("#status:visible")  # without any key
    assert page.inner_text("#status") == text("stage.asleep")
    assert "Traceback" not in page.inner_text("body")
    with page.expect_navigation(timeout=PATIENCE):
        stage.start_again()
    wait_until_ready(screen)
    screen.wait_for_step(text("round.step.vote"))
    assert screen.fragment("tally") == votes
    assert page.inner_text(f"{ON}[data-clock-face]") == clock
    assert page.locator(f"{ON}[data-clock-action=go]").is_visible()
    assert "is back" in page.inner_text(f"{ON}[data-notice]")
    screen.press("4", "Escape")
    assert screen.fragment("tally").startswith("11 "), "the first count is 4 now, and the second still 7"
    screen.press("c")
    page.wait_for_timeout(6500)  # longer than the page takes to report its clock
    assert page.locator(f"{ON}[data-clock-action=pause]").is_visible(), "the clock stopped by itself"
    stage.crash()
    (stage.work / "workshop.json").write_text("{ broken", encoding="utf-8")
    with page.expect_navigation(timeout=PATIENCE):
        stage.start_again()
    wait_until_ready(screen)
    assert "damaged" in page.inner_text(f"{ON}[data-notice]")
    assert "Traceback" not in page.inner_text("body")
    screen.wait_for_step(text("round.step.vote"))
    page.close()


def test_a_room_s_questions_come_one_at_a_time_and_nothing_is_cut_off(screen: Screen, lead: Screen) -> None:
    """Q opens them, a digit and the arrow show a question and its answer, and Q goes back to the file."""
    room, page = screen.page, lead.page
    room.wait_for_selector("body[data-led]")

    def wait(words: str) -> None:
        for window in (page, room):
            window.wait_for_function(
                "words => document.querySelector('[data-activity=room_questions][data-on]')?.innerText.includes(words)",
                arg=words,
                polling=GLANCE,
            )

    page.keyboard.press("q")
    wait(text("room_questions.list"))
    for number, one in enumerate(room_questions(), start=1):
        page.keyboard.press(str(number))
        wait(one.ask)
        assert one.answer not in room.inner_text("[data-on] [data-fragment=answer]")
        page.keyboard.press("ArrowRight")
        wait(one.answer)
        for width, height in ((1024, 768), (1280 * 2 // 3, 720 * 2 // 3)):  # an old projector, and a zoom of 150%
            room.set_viewport_size({"width": width, "height": height})
            assert in_sight(screen, f"{ON}[data-fragment=head], {ON}[data-fragment=answer]"), (one.key, width, height)
        assert min(heights(screen, f"{ON}.bw-question-answer")) >= LEGIBLE / 2
        page.keyboard.press("m")
        wait(text("room_questions.list"))
        for width, height in ((1280 * 2 // 3, 720 * 2 // 3), (1024, 768)):
            room.set_viewport_size({"width": width, "height": height})
            assert in_sight(screen, f"{ON}.bw-question-list button"), (width, height)
    page.keyboard.press(str(len(room_questions()) + 1))
    wait("question as long")
    page.keyboard.press("ArrowRight")
    wait("why_4 as long")
    for width, height in ((1024, 768), (1280 * 2 // 3, 720 * 2 // 3)):
        room.set_viewport_size({"width": width, "height": height})
        assert in_sight(screen, f"{ON}[data-fragment=head], {ON}.bw-question-options li"), (width, height)
    assert violations(screen.page) == []
    assert violations(page) == []
    page.keyboard.press("q")
    room.wait_for_selector("[data-activity=round][data-on]")
    page.wait_for_selector("[data-activity=round][data-on]")


def test_a_presenter_leads_from_a_second_window_and_the_room_sees_only_what_it_should(screen: Screen, lead: Screen) -> None:
    """One key moves both windows. Notes, the next file and phone counts are only in the presenter's, and either may crash."""
    room, page = screen.page, lead.page
    room.wait_for_selector("body[data-led]")
    assert room.locator(".stage-pages, .bw-nav:visible, .bw-foot:visible").filter(visible=True).count() == 0

    def wait(window: Page, words: str, within: str = "[data-activity=round] [data-fragment=head]") -> None:
        window.wait_for_function(
            "([within, words]) => document.querySelector(within).innerText.includes(words)", arg=[within, words], polling=GLANCE
        )

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)
            lead.page.wait_for_function(ANSWERED, polling=GLANCE)

    steps = steps_of("standard")
    now = "[data-activity=run_plan] [data-fragment=now]"
    press("t")
    wait(page, steps[1].title, now)
    assert text("run_plan.at_minute", minute=0, minutes=45) in page.inner_text("[data-fragment=clock]")
    press("n")
    for window in (page, room):
        wait(window, vignettes()[FIRST].title)
    assert text(f"run_step.{steps[2].step}.say") in page.inner_text(now)
    second = vignettes()[list(vignettes_of("standard", 1).values())[1]].title
    assert second in page.inner_text("[data-fragment=room]")
    assert second not in room.inner_text("body")
    press("ArrowRight", "1", "2", "Enter", "Escape")
    wait(room, "12 ", "[data-activity=round] [data-fragment=tally]")
    assert "12" in page.inner_text("[data-fragment=room] table")
    press("c")
    room.wait_for_selector("[data-activity=round] [data-clock-action=go]", state="attached")
    room.wait_for_function("() => document.querySelector('[data-activity=round] [data-clock-action=pause]').hidden")
    press("b")
    room.wait_for_selector(".stage-dark:visible")
    assert page.locator("body[data-dark]").count() == 1
    press("b")
    room.wait_for_selector(".stage-dark", state="hidden")
    press("s", *["PageDown"] * (len(STAGES) + 4))
    wait(room, "Round 3")
    wait(page, steps[4].title, now)
    page.click("[data-details=plan] summary")
    assert text("run_plan.cell_skipped") in page.inner_text("[data-fragment=plan] tbody tr:nth-child(4)")
    assert violations(page) == []
    page.reload()
    wait(page, steps[4].title, now)
    room.reload()
    wait(room, "Round 3")
    page.close()
    room.wait_for_selector("body:not([data-led])")
    wait_until_ready(screen)
    assert room.locator(".stage-pages").is_visible()


def test_the_room_sees_nothing_before_its_state_has_come(browser: Browser, stage: Stage) -> None:
    """Reloaded after a crash, the page doesn't briefly show the settings of a session that hasn't started."""
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.route("**/assets/room.js", lambda route: route.abort())
    page.goto(stage.address)
    assert page.locator("[data-on] .bw").count() == 1
    assert page.locator("[data-on] .bw :visible").count() == 0
    context.close()


def test_what_only_the_presenter_decides_stays_in_the_presenters_window(screen: Screen, lead: Screen) -> None:
    """That's what opening the phones means, more votes than people, and the clock's buttons. A key's message is in view."""
    room, page = screen.page, lead.page
    room.wait_for_selector("body[data-led]")
    lead.press("ArrowRight", "ArrowRight")
    room.wait_for_selector(f"{ON}[data-clock-face]:visible")
    assert room.locator("[data-clock-action]:visible").count() == 0
    page.set_viewport_size({"width": 1366, "height": 600})
    page.focus("[data-action=phones_ask]")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement?.dataset.fragment === 'phones.asks'", polling=GLANCE)
    assert in_sight(lead, "[data-fragment='phones.asks'] button")
    assert room.get_by_text(text("phones.would_open")[:40]).filter(visible=True).count() == 0
    lead.press("Tab", "Tab", "Tab", "Enter")
    page.wait_for_function("() => document.activeElement?.dataset.fragment === 'head'", polling=GLANCE)
    lead.press("9", "9", "Enter")
    page.wait_for_selector("[data-fragment=crowd]:visible")
    assert room.locator("[data-fragment=crowd]:visible").count() == 0
    lead.press("Escape", "ArrowLeft", "ArrowLeft")
    page.wait_for_function("words => document.body.innerText.includes(words)", arg=text("round.first"), polling=GLANCE)
    assert in_sight(lead, "[data-notice]:not(:empty)")


def test_undo_takes_back_what_the_presenter_did_last_in_the_plan_or_in_the_round(lead: Screen) -> None:
    """U works for both: after a count it takes back the count, and after a skipped step it restores the step."""
    page = lead.page
    tally, plan = "[data-activity=round] [data-fragment=tally]", "[data-fragment=plan]"

    def wait(words: str, within: str, *, there: bool = True) -> None:
        page.wait_for_function(
            "([within, words, there]) => document.querySelector(within).textContent.includes(words) === there",
            arg=[within, words, there],
            polling=GLANCE,
        )

    lead.press("t", "ArrowRight", "ArrowRight", "7", "Enter", "u")
    wait("0 of", tally)
    wait(steps_of("standard")[2].title, "[data-fragment=now]")
    lead.press("8", "Enter", "s")
    wait(text("run_plan.cell_skipped"), plan)
    lead.press("u")
    wait(text("run_plan.cell_skipped"), plan, there=False)
    wait("8 of", tally)
    page.reload()
    page.wait_for_selector("[data-activity=round] .bw[data-ready]")
    lead.press("u")
    wait("0 of", tally)


def test_the_room_follows_where_the_presenter_reads(screen: Screen, lead: Screen) -> None:
    """The desk's results are many screens long, and the room's window scrolls along with the presenter's."""
    room, page = screen.page, lead.page
    page.click("[data-details=plan] summary")
    page.check("[data-activity=run_plan] [data-field=plan] [value=long]")
    now = "() => document.querySelector('[data-activity=run_plan] [data-fragment=now]').innerText"
    lead.press("Escape", *"nnnnn")
    assert steps_of("long")[5].title in page.evaluate(now)
    page.wait_for_selector("[data-activity=drill][data-on]")
    lead.press("ArrowRight")
    for made in range(20):
        page.wait_for_function(
            "words => document.querySelector('[data-activity=drill]').innerText.includes(words)",
            arg=text("drill.made", at=made + 1, total=20, made=made),
            polling=GLANCE,
        )
        lead.press("12"[made % 2])
    room.wait_for_selector(f"{ON}[data-fragment=summary]:visible", timeout=10_000)
    title = page.locator("[data-activity=drill] h3").filter(has_text=text("drill.twins")).first
    title.evaluate("one => one.scrollIntoView({ block: 'start' })")
    room.wait_for_function(
        """words => { const one = [...document.querySelectorAll('[data-on] h3')].find((one) => one.innerText.includes(words));
            const { top } = one.getBoundingClientRect(); return top >= 0 && top < innerHeight / 2; }""",
        arg=text("drill.twins"),
        polling=GLANCE,
    )
    page.evaluate("scrollTo(0, 0)")
    room.wait_for_function("() => scrollY === 0", polling=GLANCE)


def test_a_proxy_that_connects_before_the_server_is_back_costs_no_window(browser: Browser, own_stage: Stage) -> None:
    """JupyterHub's proxy accepts connections before the server is back, and a reload at that moment would show its error."""
    stage, in_vain = own_stage, list[WebSocketRoute]()

    def connect(socket: WebSocketRoute) -> None:
        if is_up:
            socket.connect_to_server()
        else:
            in_vain.append(socket)  # open, for the page

    is_up = True
    context = browser.new_context(bypass_csp=True)
    context.route_web_socket("**/socket/projector", connect)
    screen = opened(context, stage, "round")
    screen.press("ArrowRight")
    title = screen.fragment("head")
    is_up = False
    stage.crash()
    screen.page.wait_for_selector("#status:visible")
    for number in range(2):
        while len(in_vain) <= number:
            screen.page.wait_for_timeout(GLANCE)
            assert screen.page.locator("#status").is_visible(), "the window was lost"
        screen.page.wait_for_timeout(300)
        in_vain[number].close()
    assert screen.fragment("head") == title
    is_up = True
    with screen.page.expect_navigation(timeout=PATIENCE):
        stage.start_again()
    wait_until_ready(screen)
    assert screen.fragment("head") == title
    context.close()


def test_a_page_that_is_loaded_again_keeps_the_phones_vote_open(screen: Screen, browser: Browser, stage: Stage) -> None:
    """After F5 the vote continues at the same address."""
    page = screen.page
    screen.press("ArrowRight", "ArrowRight")
    page.click(f"{ON}[data-action=phones_ask]")
    page.click(f"{ON}[data-action=phones_open][data-value='127.0.0.1']")
    page.wait_for_selector(f"{ON}.bw-phones-url", timeout=PATIENCE)
    address = page.inner_text(f"{ON}.bw-phones-url")
    page.reload()
    wait_until_ready(screen)
    assert page.inner_text(f"{ON}.bw-phones-url") == address
    phone = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    phone.goto(f"http://{address}")
    phone.click("[data-choice=maybe]")
    phone.click("#send")
    page.wait_for_function(
        "() => document.querySelector('[data-on] [data-fragment=tally]').innerText.startsWith('1 ')", timeout=PATIENCE
    )
    phone.context.close()
    page.click(f"{ON}.bw-phones summary")
    page.click(f"{ON}[data-fragment='phones.shows'] [data-action=phones_close]")
    screen.settle()


def test_after_the_last_count_every_key_leads_on_from_its_box(screen: Screen, stage: Stage) -> None:
    """The count in the focused box is sent, and the key does the same as elsewhere."""
    screen.press("ArrowRight", "ArrowRight", "3", "Enter", "1", "2", "b")
    screen.page.wait_for_selector("body[data-dark]")
    screen.press("b", "v")
    assert screen.page.locator(f"{ON}.bw-votes .bw-number").first.input_value() == "0", "a second vote"
    screen.press("4", "ArrowRight")
    screen.wait_for_step(text("round.step.links"))
    kept = json.loads((stage.work / "workshop.json").read_text(encoding="utf-8"))["session"]
    assert (kept["votes"][:2], kept["first"][:2]) == ([4, 0], [3, 12])


def test_a_phone_votes_once_and_the_room_sees_it(screen: Screen, browser: Browser, stage: Stage) -> None:
    """The phone's page accepts one vote, the presenter's screen counts it, and closing the vote ends it."""
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
    screen.press("1", "Escape", "ArrowRight")
    screen.wait_for_step(text("round.step.links"))
    other.wait_for_selector("#said[data-kind=closed]", timeout=PATIENCE)
    assert other.locator("button:visible").count() == 0, "votes after the vote"
    kept = json.loads((stage.work / "workshop.json").read_text(encoding="utf-8"))["session"]
    assert (kept["votes"][Verdict.BACKFIRES], kept["phones"][Verdict.MAYBE]) == (1, 1)
    screen.press("ArrowLeft")
    page.click(f"{ON}.bw-phones summary")
    page.click(f"{ON}[data-fragment='phones.shows'] [data-action=phones_close]")
    page.wait_for_selector(f"{ON}[data-action=phones_ask]")
    phone.context.close()
    other.context.close()


def test_without_its_token_nobody_gets_in(browser: Browser, stage: Stage) -> None:
    """Nothing opens without a token, and the room's token doesn't open the notes."""
    context = browser.new_context()
    page = context.new_page()
    for address in (stage.address.partition("?")[0], stage.presenter.partition("?")[0]):
        page.goto(address, timeout=PATIENCE)
        assert page.locator(".bw, [data-stage], [data-role]").count() == 0
    page.goto(stage.address)
    page.wait_for_selector("[data-on] .bw[data-ready]")  # with the page's own policy in force
    page.goto(stage.presenter.partition("?")[0])
    assert page.locator(".bw, [data-role]").count() == 0
    context.close()
