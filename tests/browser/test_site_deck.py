"""The workshop deck on the site: one presenter, with keys and a projector, and maybe without a network."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, Route

from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import judge
from backchannel_lib.site import pages
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.run_plan.model import steps_of, vignettes_of
from tests.helpers.accessibility import LOOKS, violations
from tests.helpers.site import Site, page_of, wait_until_live

PROJECTORS = [(1024, 768), (1280, 720), (1920, 1080)]
PHONES = [(390, 844), (360, 740)]
#: What stands out of the bar, or has several lines.
IN_THE_BAR = """() => {
  const bar = document.querySelector('.stage-bar').getBoundingClientRect();
  return [...document.querySelectorAll('.stage-bar :is(a, button)')].filter(one => one.checkVisibility()).filter(one => {
    const { top, bottom, left, right, height } = one.getBoundingClientRect();
    const lines = height / parseFloat(getComputedStyle(one).lineHeight);
    return top < bar.top || bottom > bar.bottom || left < bar.left || right > bar.right || lines > 1.9;
  }).map(one => one.innerText);
}"""
FIRST = vignettes()[next(iter(vignettes_of("standard", 1).values()))]


def press(page: Page, *keys: str) -> None:
    """Press keys one after another, each once the previous one has its answer."""
    for key in keys:
        page.keyboard.press(key)
        wait_until_live(page)


def part(page: Page, name: str) -> str:
    """Return the text of a part of the page on screen."""
    return page.locator(f"[data-on] [data-fragment={name}]").inner_text()


def overflow(page: Page) -> tuple[int, int]:
    """Return by how many pixels the page is too wide and too high for its window."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    across, down = page.evaluate(
        "() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    return max(0, across), max(0, down)


def test_nothing_in_the_bar_is_cut_off_or_broken(browser: Browser, site: Site) -> None:
    """Every link and button in it has one line, inside the bar, in a window of any shape."""
    with page_of(browser) as page:
        page.goto(f"{site.address}{pages.DECK}")
        for width, height in [*PROJECTORS, (768, 900), (768, 1024), (1366, 900), (1440, 900)]:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(IN_THE_BAR) == [], (width, height)


def test_on_a_phone_the_buttons_leave_room_for_the_vote(browser: Browser, site: Site) -> None:
    """They take less than a seventh of its screen, the bar above has two lines, and the file's text keeps its distance."""
    parts = ("[data-on] .bw-nav", ".stage-bar", "[data-on] .bw-ballot > :nth-child(1)", "[data-on] .bw-ballot > :nth-child(2)")
    with page_of(browser, has_touch=True, is_mobile=True) as page:
        page.goto(f"{site.address}{pages.DECK}")
        wait_until_live(page)
        press(page, "ArrowRight", "ArrowRight", "5", "Enter", "Escape")
        sizes = "names => names.map(one => document.querySelector(one).getBoundingClientRect().toJSON())"
        nav, bar, vote, file = page.evaluate(sizes, list(parts))
        assert nav["height"] < PHONES[0][1] / 7
        assert bar["height"] < 100
        assert file["top"] - vote["bottom"] >= 16
        small = page.evaluate(
            "() => [...document.querySelectorAll('.stage-bar :is(a, button), [data-on] .bw-nav button')]"
            ".filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44).map(one => one.innerText)"
        )
        assert small == []


def test_a_round_is_run_with_keys_and_continues_after_an_offline_reload(browser: Browser, site: Site) -> None:
    """From the front page to the deck: next, hands, reveal, back. Then the page is reloaded without a network."""
    with page_of(browser) as page:
        page.set_viewport_size({"width": 1280, "height": 720})
        page.goto(site.address)
        page.click(f"main a[href='{pages.DECK}']")
        wait_until_live(page)
        press(page, "ArrowRight")
        assert FIRST.title in part(page, "head")
        assert text("round.step.file") in part(page, "head")
        press(page, "PageDown", "1", "Enter", "2", "Enter", "9", "Escape", "u")
        assert part(page, "tally").startswith("3 ")
        page.fill("[data-on] [data-field=votes_maybe] input", "12")
        press(page, "Enter", "Escape")
        assert part(page, "tally").startswith("15 ")
        page.wait_for_function("() => document.querySelector('[data-on] [data-live-text]').innerText.startsWith('15 ')")
        verdict = judge(FIRST.case).verdict
        assert page.content().count(verdict.sentence) == 1, "in the list of what the nine verdicts mean, and nowhere else"
        press(page, *["ArrowRight"] * len(STAGES))
        assert page.locator("[data-on] [data-fragment=verdict] p").all_inner_texts()[1:] == [verdict.label, verdict.sentence]
        press(page, *["ArrowLeft"] * len(STAGES))
        assert text("round.step.vote") in part(page, "head")

        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        page.context.set_offline(True)
        page.reload()
        wait_until_live(page)
        assert text("round.step.vote") in part(page, "head")
        assert part(page, "tally").startswith("15 ")
        assert "is back" in page.locator("[data-on] [data-notice]").inner_text()
        press(page, "p")
        assert page.evaluate("location.hash") == "#run_plan"
        page.keyboard.press("f")
        page.wait_for_function("() => document.fullscreenElement !== null")
        page.keyboard.press("f")
        page.wait_for_function("() => document.fullscreenElement === null")
        page.click(".stage-bar a")
        assert page.url == site.address + pages.WORKSHOP


def test_the_first_slide_is_there_before_python_and_a_key_pressed_early_is_answered(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        held: list[Route] = []
        page.context.route("**/snapshot.bin", lambda route: held.append(route))  # noqa: PLW0108 - Playwright looks at a function itself
        page.goto(site.address + pages.DECK)
        assert text("round.welcome.made_up") in page.locator("main").inner_text()
        page.wait_for_selector("[data-on] .bw:not([data-ready])")
        page.keyboard.press("ArrowRight")
        assert page.locator("#status").inner_text() == text("site.status.starting")
        while not held:
            page.wait_for_timeout(50)
        held[0].continue_()
        wait_until_live(page)
        assert FIRST.title in part(page, "head")
        assert page.locator("#status").is_hidden()


def test_without_scripts_the_run_plan_can_be_read(browser: Browser, site: Site) -> None:
    with page_of(browser, java_script_enabled=False) as page:
        page.goto(site.address + pages.DECK)
        assert page.locator("noscript p").inner_text() == text("site.deck.no_script")
        shown = page.locator("main").inner_text()
        assert all(step.title in shown for step in steps_of("standard"))
        assert text("round.welcome.made_up") not in shown
        assert page.locator(".stage-bar button:visible").count() == 0


def test_every_step_fits_a_projector_and_a_phone_and_is_accessible(browser: Browser, site: Site) -> None:
    """Nothing is below a projector's screen or wider than a phone's, and axe finds nothing."""
    with page_of(browser, bypass_csp=True) as page:

        def look(step: str, *, one_screen: bool = True) -> None:
            for width, height in (*PROJECTORS, *PHONES):
                page.set_viewport_size({"width": width, "height": height})
                across, down = overflow(page)
                assert across == 0, (step, width)
                assert down == 0 or not one_screen or (width, height) in PHONES, (step, width, down)
            page.set_viewport_size({"width": 1280, "height": 720})
            if step not in {"file", STAGES[0], "spread"}:  # they have nothing that the others don't
                assert violations(page, looks=LOOKS) == [], step

        page.goto(site.address + pages.DECK)
        wait_until_live(page)
        look("welcome")
        press(page, "m")
        look("settings")
        for step in ("file", "vote", *STAGES, "spread", "rules", "what_if"):
            press(page, "ArrowRight")
            if step not in STAGES[1:-1]:
                look(step)
        press(page, "d")
        look("desk")
        press(page, "p")
        look("plan", one_screen=False)
