"""The static site's pages: what can go wrong before an answer, and how they look and work on every screen."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route
from playwright.sync_api import TimeoutError as TooLateError
from pypdf import PdfReader

from backchannel_lib.activities.questions import load_bets
from backchannel_lib.activities.tables import load_activities, load_steps
from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import judge
from backchannel_lib.site import pages
from backchannel_lib.site.chapters import chapter_rows
from backchannel_lib.site.node import find_node
from backchannel_lib.site.worker import PANEL, open_by_name
from backchannel_lib.workshop.room_questions import room_questions
from tests.helpers.accessibility import LOOKS, violations
from tests.helpers.lab import PATIENCE
from tests.helpers.site import LIVE, PHONE, SETTLED, Site, page_of, wait_until_live

SELF = '[data-field="recommender"] input[value="self"]'
PAGES = [pages.HOME, pages.CHAPTERS, pages.SAVED, *(f"{row.chapter}.html" for row in chapter_rows())]

Scheme = Literal["light", "dark"]

#: Each one opens its own page, so it can run in any process, except for those that share a live one.
pytestmark = pytest.mark.independent

NO_PYTHON: Final = "window.Worker = class extends EventTarget { postMessage() {} terminate() {} }"


class LivePage(NamedTuple):
    """A page of the site that Python has answered.

    Args:
        name: Its file.
        page: The page.
        hosts: All hosts that it sent requests to.
    """

    name: str
    page: Page
    hosts: set[str]


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser on a phone that finds most files in its cache, and allows scripts that a test injects."""
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, bypass_csp=True)
    context.set_default_timeout(2 * PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(visitor: BrowserContext) -> Iterator[Page]:
    """A new tab in that browser."""
    page = visitor.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def tab(visitor: BrowserContext) -> Iterator[Page]:
    """A tab for one page after another, which saves compiling their scripts again."""
    tab = visitor.new_page()
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def live_page(tab: Page, site: Site, request: pytest.FixtureRequest) -> Iterator[LivePage]:
    """A page, opened once for all tests that only look at it, because each start of Python takes seconds."""
    live = LivePage(request.param, tab, set())

    def record(one: Request) -> None:
        if one.url.startswith("http"):
            live.hosts.add(one.url.split("/")[2])

    tab.on("request", record)
    tab.goto(site.address + live.name)
    if live.name not in {pages.CHAPTERS, pages.SAVED}:
        wait_until_live(tab)
    yield live
    tab.remove_listener("request", record)


@pytest.fixture
def live(live_page: LivePage) -> Iterator[LivePage]:
    """The same, on a phone, in light colors and at the top."""
    yield live_page
    live_page.page.emulate_media(media="null", color_scheme="light", forced_colors="none")
    live_page.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    live_page.page.evaluate("(document.documentElement.style.fontSize = '', scrollTo(0, 0))")


def pages_of(*chapters: str) -> pytest.MarkDecorator:
    """Run a test on these pages, by their names without `.html`; all tests of a page run in one process."""
    each = [pytest.param(f"{name}.html", id=name, marks=pytest.mark.xdist_group(name)) for name in chapters]
    return pytest.mark.parametrize("live_page", each, indirect=True)


#: Run a test on every page.
on_every_page = pages_of(*(name.removesuffix(".html") for name in PAGES))


# ---- what can go wrong ----


def test_later_visits_need_no_network(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        page.goto(site.address)
        wait_until_live(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        page.context.set_offline(True)
        asked: list[str] = []
        page.on(
            "response", lambda one: None if one.from_service_worker or one.url.startswith("blob:") else asked.append(one.url)
        )
        page.goto(f"{site.address}{pages.CASE}")
        wait_until_live(page)
        assert page.locator("html").get_attribute("data-python") == "snapshot"
        # All pages start the same Python, so once is enough.
        page.add_init_script(NO_PYTHON)
        for name in PAGES:
            page.goto(site.address + name)
            assert page.locator("h1").first.inner_text()
        assert asked == []


@pytest.mark.browser  # it opens none, but the site is built only once this way
def test_a_first_visit_with_everything_kept_for_later_is_at_most_10_mb(site: Site) -> None:
    kept = re.search(r"JSON\.parse\('(\[.*?\])'\)", (site.folder / "service-worker.js").read_text(encoding="utf-8"))
    assert kept is not None
    sizes = {name: len(gzip.compress((site.folder / name).read_bytes(), 6)) for name in json.loads(kept[1])}
    assert len(sizes) > len(PAGES)
    assert sum(sizes.values()) <= 10_000_000, sorted(sizes.items(), key=lambda one: -one[1])[:5]


def test_neither_a_page_nor_its_worker_can_reach_another_host(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        page.goto(f"{site.address}{pages.CHAPTERS}")
        # The same server under another name counts as another host.
        other = site.address.replace("localhost", "127.0.0.1")
        tried = page.evaluate(
            """async other => {
          const ask = `fetch('${other}', { mode: 'no-cors' }).then(() => 'reached', () => 'refused')`;
          const script = new Blob([`${ask}.then(postMessage)`], { type: 'text/javascript' });
          const worker = new Worker(URL.createObjectURL(script), { type: 'module' });
          const there = await new Promise(done => {
            worker.onmessage = event => done(event.data);
            worker.onerror = () => done('no worker');
          });
          return [await fetch(other, { mode: 'no-cors' }).then(() => 'reached', () => 'refused'), there];
        }""",
            other,
        )
        assert tried == ["refused", "refused"]


def test_a_change_made_before_python_is_ready_is_kept_and_no_other_answer_is_shown_for_it(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        held: list[Route] = []
        page.context.route("**/snapshot.bin", lambda route: held.append(route))  # noqa: PLW0108 - Playwright looks at a function itself
        page.goto(f"{site.address}{pages.CASE}")
        page.wait_for_selector("[data-activity=case] .bw")
        page.check(SELF)
        assert page.locator(".bw-card").first.evaluate("one => getComputedStyle(one).visibility") == "hidden"
        assert page.locator("#status").inner_text() == text("site.status.starting")
        while not held:
            page.wait_for_timeout(50)
        held[0].continue_()
        wait_until_live(page)
        page.wait_for_function(f"() => {SETTLED}")
        assert page.locator(SELF).is_checked()
        assert page.locator('[data-fragment="verdict"]').inner_text().startswith(str(judge(recommender="self").verdict))
        assert page.locator(".bw-card").first.evaluate("one => getComputedStyle(one).visibility") == "visible"


def test_a_start_that_stops_halfway_is_repeated_and_nothing_entered_meanwhile_is_lost(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        page.clock.install()
        held: list[Route] = []
        page.context.route("**/snapshot.bin", lambda route: route.continue_() if held else held.append(route))
        page.goto(f"{site.address}{pages.CASE}")
        page.wait_for_selector("[data-activity=case] .bw")
        page.check(SELF)
        while not held:
            page.wait_for_timeout(50)
        page.wait_for_timeout(500)
        page.clock.fast_forward(31_000)
        wait_until_live(page)
        page.wait_for_function(f"() => {SETTLED}")
        assert page.locator(SELF).is_checked()
        assert page.locator('[data-fragment="verdict"]').inner_text().startswith(str(judge(recommender="self").verdict))


def test_a_damaged_snapshot_is_replaced_by_the_ordinary_start(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        damaged = bytearray(gzip.decompress((site.assets / "snapshot.bin").read_bytes()))
        damaged[len(damaged) // 2] ^= 1
        packed = gzip.compress(bytes(damaged), 1)
        page.context.route("**/snapshot.bin", lambda route: route.fulfill(body=packed))
        page.goto(f"{site.address}{pages.CASE}")
        wait_until_live(page)
        assert page.locator("html").get_attribute("data-python") == "plain"
        page.check(SELF)
        page.wait_for_function(f"() => {SETTLED}")
        assert page.locator('[data-fragment="verdict"]').inner_text().startswith(str(judge(recommender="self").verdict))


def test_a_damaged_copy_in_the_browser_is_not_used_either(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        page.goto(f"{site.address}{pages.CASE}")
        wait_until_live(page)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        page.evaluate(
            """async () => {
          const [name] = await caches.keys();
          const cache = await caches.open(name);
          const [file] = (await cache.keys()).filter(one => one.url.endsWith('snapshot.bin'));
          const through = (body, stream) => new Response(body.pipeThrough(stream)).arrayBuffer();
          const bytes = new Uint8Array(await through((await cache.match(file)).body, new DecompressionStream('gzip')));
          bytes[bytes.length >> 1] ^= 1;
          const packed = await through(new Blob([bytes]).stream(), new CompressionStream('gzip'));
          await cache.put(file, new Response(packed));
        }"""
        )
        # The ordinary start that follows is covered by the previous test.
        with page.expect_console_message(lambda said: "Python starts without its snapshot" in said.text) as said:
            page.reload()
        assert "damaged on its way here" in said.value.text
        assert page.locator("html").get_attribute("data-python") is None


def test_without_python_the_page_says_so_and_can_be_read(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        page.context.route("**/pyodide/**", lambda route: route.abort())
        page.goto(f"{site.address}{pages.CASE}")
        page.wait_for_selector("html[data-python=failed]")
        assert page.locator("#status").inner_text() == text("site.status.failed")


def test_every_page_can_be_read_without_scripts(browser: Browser, site: Site) -> None:
    with page_of(browser, java_script_enabled=False) as page:
        for row in chapter_rows():
            page.goto(f"{site.address}{row.chapter}.html")
            assert text("site.no_script") in page.locator("noscript").inner_text()
            assert len(page.locator("main").inner_text()) > 2000


def test_entries_are_restored_on_the_next_page_in_the_same_tab(page: Page, site: Site) -> None:
    page.goto(f"{site.address}{pages.CASE}")
    wait_until_live(page)
    page.check(SELF)
    page.wait_for_function(f"() => {SETTLED}")
    page.goto(f"{site.address}{pages.CHAPTERS}")
    page.goto(f"{site.address}{pages.CASE}")
    wait_until_live(page)
    page.wait_for_function(f"() => {SETTLED}")
    assert page.locator(SELF).is_checked()
    assert page.locator('[data-fragment="verdict"]').inner_text().startswith(str(judge(recommender="self").verdict))


def test_saved_bets_are_in_this_browser_until_they_are_deleted(browser: Browser, site: Site) -> None:
    with page_of(browser) as page:
        page.goto(f"{site.address}00_start_here.html")
        wait_until_live(page)
        page.locator('[data-field="full_list"] input[value="skimmed"]').check()
        page.locator('[data-activity="bets"] [data-action="save_bets"]').click()
        page.wait_for_function("() => localStorage.getItem('backchannel-saved/bets.json')")
        page.goto(f"{site.address}{pages.SAVED}")
        assert "bets" in page.locator("#saved-now").inner_text()
        with page.expect_download() as download:
            page.locator("#saved-export").click()
        record = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
        page.locator("#saved-delete").click()
        assert page.locator("#saved-now").inner_text() == text("site.saved.deleted")
        assert page.evaluate("localStorage.length") == 0
        assert page.evaluate("document.activeElement.id") == "saved-now", "the button can't keep the focus"
        page.locator("#saved-import").set_input_files(
            {"name": "back.json", "mimeType": "application/json", "buffer": json.dumps(record).encode()}
        )
        page.wait_for_function("() => localStorage.getItem('backchannel-saved/bets.json')")
        page.locator("#saved-import").set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b'{"a": 1}'})
        page.wait_for_function(
            "told => document.querySelector('#saved-now').textContent === told", arg=text("site.saved.bad_file")
        )


def test_the_snapshot_gives_the_same_answers_as_python_on_this_computer(site: Site, browser: Browser) -> None:
    """It compares every activity's transcript in Node.js without the library's files, so the snapshot needs everything."""
    names = [PANEL, *(row.activity for row in load_activities() if row.activity not in NOT_THE_SAME)]
    script = Path(__file__).parents[1] / "frontend" / "site_transcripts.mjs"
    command = [find_node().node, str(script), str(site.assets), *names]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    different = [name for name in names if found[name] != open_by_name(name).transcript()]
    assert different == []


#: Activities whose transcript differs: the quick check shows the time, and the reply checker lacks its libraries in a
#: browser, and says what it skipped.
NOT_THE_SAME = {"quick_check", "reply"}


# ---- for all readers ----

#: The round uses a stage's sizes.
ROUNDS: Final = "12_workshop.html"
TEXT_SIZES: Final = """() => new Set([...document.querySelectorAll('body *')]
    .filter(one => one.checkVisibility() && !one.closest('svg, .bw-paper, option, .bw-hidden'))
    .filter(one => [...one.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.textContent.trim()))
    .map(one => getComputedStyle(one).fontSize)).size"""
FILLED_BUTTONS: Final = """() => [...document.querySelectorAll('.bw')].map(root => [...root.querySelectorAll('button')]
    .filter(one => one.checkVisibility() && getComputedStyle(one).borderStyle === 'solid')
    .filter(one => getComputedStyle(one).backgroundColor !== getComputedStyle(root).backgroundColor)
    .filter(one => !one.matches('.bw-go'))
    .map(one => one.innerText))"""
#: Which of these elements are completely visible and uncovered.
IN_SIGHT: Final = """selector => [...document.querySelectorAll(selector)].filter(one => {
    const { top, bottom, left, right } = one.getBoundingClientRect();
    const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return one.checkVisibility() && top >= 0 && bottom <= innerHeight && (one.contains(seen) || seen?.contains(one));
}).map(one => one.innerText)"""
ANSWER: Final = {
    "rule": (".bw-rule-answer, .bw-strip-rule", "Not allowed"),
    "verdict": (".bw-verdict-name, .bw-strip-article", "Ignored"),
    "weakest link": (".bw-held, .bw-strip-weakest", "Limited by: Levers"),
}


def test_a_control_that_moves_has_its_answer_and_cause_on_the_same_screen(page: Page, site: Site) -> None:
    """Rule, verdict and weakest link are visible next to every control. What would change it is one press away."""
    page.goto(site.address + pages.CASE)
    wait_until_live(page)
    for width, height in ((1366, 768), PHONE):
        page.set_viewport_size({"width": width, "height": height})
        for control in ("failed_attempts", "score", "move", "phase"):
            page.focus(f"[data-field={control}] :is(input:checked, input[type=range], select)")
            if control in {"failed_attempts", "score"}:
                page.keyboard.press("ArrowRight")
            page.wait_for_function(f"() => {SETTLED}")
            for what, (selector, words) in ANSWER.items():
                page.wait_for_function(f"words => ({IN_SIGHT})({selector!r}).join().includes(words)", arg=words)
                assert words in "".join(page.evaluate(IN_SIGHT, selector)), (width, control, what)
        page.locator("[data-go=changes]").locator("visible=true").first.click()
        assert page.evaluate("document.activeElement.innerText") == text("changes.title")
        assert page.evaluate(IN_SIGHT, "[data-fragment=changes] > :first-child")
        page.locator("[data-go=controls]").click()
        assert page.evaluate("document.activeElement.closest('[data-field]').dataset.field") == "score"


@pages_of("10_your_case")
def test_an_answer_that_scrolls_by_itself_shows_it_and_can_be_scrolled_with_keys(live: LivePage) -> None:
    """It fades out at the cut, never over its last line. The rule's small heading stands above the answer, not next to it."""
    page = live.page
    page.set_viewport_size({"width": 1366, "height": 768})
    answer = page.locator(".bw-answer").first
    assert answer.evaluate("one => one.scrollHeight > 1.5 * one.clientHeight")
    assert "linear-gradient" in answer.evaluate("one => getComputedStyle(one).maskImage")
    heading, content = (page.locator(f".bw-answer .bw-rule {one}").first for one in ("> h2", ".bw-rule-answer"))
    above, below = heading.bounding_box(), content.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    assert heading.evaluate(FONT_SIZE) < content.evaluate(FONT_SIZE)
    page.focus(".bw-answer .bw-rule summary")
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('.bw-answer').scrollTop > 300")
    left = answer.evaluate(
        """one => {
        one.scrollTop = one.scrollHeight;
        const last = [...one.children].filter(part => part.checkVisibility()).at(-1);
        return one.getBoundingClientRect().bottom - last.getBoundingClientRect().bottom;
    }"""
    )
    assert left >= 32


def test_saved_answers_are_restored_without_moving_the_page(page: Page, site: Site) -> None:
    """While Python starts, the content below the answer is already where it will be with the reader's own answer."""
    height = "document.querySelector('[data-action=sheet]').getBoundingClientRect().top + scrollY"
    page.goto(site.address)
    wait_until_live(page)
    example = page.evaluate(height)
    page.select_option("[data-field=day] select", "tuesday")
    page.check("[data-field=file] input >> nth=0")
    page.wait_for_function(f"() => {SETTLED}")
    own = page.evaluate(height)
    assert own != example
    page.reload()
    page.wait_for_selector("[data-waiting]")
    assert page.evaluate(height) == pytest.approx(own, abs=2)
    page.wait_for_function(f"() => {LIVE} && {SETTLED}")
    assert page.evaluate(height) == pytest.approx(own, abs=2)


@on_every_page
def test_a_page_is_accessible_in_each_look_fits_a_phone_and_asks_its_own_host_alone(live: LivePage, site: Site) -> None:
    """Axe finds nothing in light, dark and forced colors. Nothing scrolls sideways at 360 and 390 px or with text at 200%."""
    page = live.page
    assert page.evaluate(TEXT_SIZES) <= 5 or live.name == ROUNDS
    assert [filled for filled in page.evaluate(FILLED_BUTTONS) if len(filled) > 1] == []
    assert violations(page, looks=LOOKS) == []
    page.emulate_media(color_scheme="light", forced_colors="none")
    for width, text_size in ((360, 100), (390, 100), (390, 200)):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("size => (document.documentElement.style.fontSize = `${size}%`)", text_size)
        with contextlib.suppress(TooLateError):  # charts get their new width a moment later
            page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth", timeout=5000)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (width, text_size)
    assert (
        page.locator(".bw").count() == 0
        or page.evaluate("parseFloat(getComputedStyle(document.querySelector('.bw')).fontSize)") == 32
    )
    assert live.hosts == {site.address.split("/")[2]}


#: Elements that overflow their card, overlap something else, or are next to their heading instead of below it.
OUT_OF_PLACE: Final = """() => {
    const box = one => one.getBoundingClientRect();
    const across = (one, other) => one.right > other.left && other.right > one.left;
    const meet = (one, other) => across(one, other) && one.bottom > other.top && other.bottom > one.top;
    const between = (one, other) => one.left >= other.left && one.right <= other.right;
    const within = (one, other) => between(one, other) && one.top >= other.top && one.bottom <= other.bottom;
    const found = [];
    for (const card of document.querySelectorAll('.bw-row-card')) {
        const all = card.querySelectorAll('button, label, summary, input:not([type=checkbox]), select');
        const parts = [...all].filter(one => one.checkVisibility());
        for (const part of parts) {
            const covers = part.matches('button') && parts.some(one => one !== part && meet(box(one), box(part)));
            if (covers || !within(box(part), box(card))) found.push(part.outerHTML);
        }
    }
    for (const heading of document.querySelectorAll('.bw-rows > .bw-checks > legend'))
        for (const label of heading.parentElement.querySelectorAll('label'))
            if (box(label).top < box(heading).bottom - 1) found.push(label.innerText);
    return found;
}"""
#: Cards whose four parts aren't two lines of two, with their left edges below each other and controls at the same height.
NOT_TWO_BY_TWO: Final = """() => [...document.querySelectorAll('.bw-row-card > fieldset > .bw-cells')].filter(cells => {
    const boxes = [...cells.children].map(part => part.getBoundingClientRect());
    const [one, two, three, four] = boxes;
    const tops = [...cells.querySelectorAll('input:not([type=checkbox]), select')].map(one => one.getBoundingClientRect().top);
    const even = Math.abs(tops[0] - tops[1]) <= 1 && (tops.length < 4 || Math.abs(tops[2] - tops[3]) <= 1);
    const below = Math.max(one.bottom, two.bottom) <= Math.min(three.top, four.top);
    const aligned = one.left === three.left && two.left === four.left && one.right < two.left;
    return boxes.length !== 4 || !even || !below || !aligned;
}).map(one => one.innerText)"""
CUT_OFF: Final = """() => [...document.querySelectorAll('.bw-row-card > fieldset > .bw-cells select')].filter(one => {
    const copy = one.cloneNode(true);
    copy.style.cssText = 'width: auto; max-width: none; position: absolute; visibility: hidden';
    one.after(copy);
    const needed = copy.getBoundingClientRect().width;
    copy.remove();
    return needed > one.getBoundingClientRect().width + 1;
}).length"""


def test_the_planners_cards_keep_their_parts_together(browser: Browser, site: Site) -> None:
    with page_of(browser, has_touch=True, is_mobile=True) as page:
        page.goto(f"{site.address}07_doing_it_well.html")
        wait_until_live(page)
        assert page.locator(".bw-row-card[open]").count() == 0
        page.evaluate("() => document.querySelectorAll('.bw-row-card').forEach(one => { one.open = true; })")
        for width in (390, 768, 1366):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(OUT_OF_PLACE) == [], width
            assert page.evaluate(CUT_OFF) == 0, width
            if width > 390:
                assert page.evaluate(NOT_TWO_BY_TWO) == []


def test_a_new_row_opens_and_every_row_keeps_its_line(page: Page, site: Site) -> None:
    """Adding a row moves the focus into it, and removing it moves the focus to its neighbor's line without opening it."""
    page.goto(f"{site.address}07_doing_it_well.html")
    wait_until_live(page)
    cards = page.locator("[data-fragment=people] > .bw-row-card")
    lines = cards.locator("summary > [data-fragment]").all_inner_texts()
    assert len(lines) == 4
    assert all(lines)
    page.click("[data-action=add][data-value=people]")
    page.wait_for_function("() => document.activeElement.closest('[data-field]')?.dataset.field === 'people.5.name'")
    page.keyboard.type("Dr. Ash")
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.querySelector('[data-fragment=\"line.people.5\"]').innerText === 'Dr. Ash'")
    assert cards.locator("summary > [data-fragment]").all_inner_texts() == [*lines, "Dr. Ash"]
    assert page.locator("[data-fragment=people] > .bw-row-card[open]").count() == 1
    page.click('[data-action=remove][data-value="people.5"]')
    page.wait_for_function("() => document.activeElement.matches('.bw-row-card:last-child > summary')")
    assert cards.locator("summary > [data-fragment]").all_inner_texts() == lines
    assert page.locator("[data-fragment=people] > .bw-row-card[open]").count() == 0


@pages_of("01_the_paper_bar")
def test_many_choices_are_in_columns(live: LivePage) -> None:
    for width, columns in ((390, 1), (768, 3), (1366, 3)):
        live.page.set_viewport_size({"width": width, "height": 800})
        lefts = live.page.evaluate(
            """() => {
            const rows = [...document.querySelectorAll('.bw-choices')].filter(one => one.checkVisibility());
            const choices = rows.find(one => one.children.length === 9);
            return [...choices.children].map(one => Math.round(one.getBoundingClientRect().left));
        }"""
        )
        assert len(set(lefts)) == columns, width
        assert lefts == [lefts[place % columns] for place in range(9)], "they are read line by line"


@pages_of("05_what_moves_the_needle", "10_your_case")
def test_what_stands_next_to_a_heading_is_in_one_piece(live: LivePage) -> None:
    """The rule's answer, and whose experience the verdict is, each stay on one line: next to their heading or below it."""
    for width in (768, 1024, 1366):
        live.page.set_viewport_size({"width": width, "height": 800})
        lines = live.page.evaluate(
            """() => [...document.querySelectorAll('.bw-answer :is(.bw-rule .bw-rule-answer, .bw-card > .bw-voice)')]
            .filter(one => one.checkVisibility()).map(one => {
                const words = document.createRange();
                words.selectNodeContents(one);
                return new Set([...words.getClientRects()].map(line => Math.round(line.top / 8))).size;
            })"""
        )
        assert len(lines) >= 2
        assert set(lines) == {1}, width


def test_prose_takes_most_of_the_pages_width_and_everything_has_the_same_edges(page: Page, site: Site) -> None:
    page.add_init_script(NO_PYTHON)
    for name in ("index", "chapters", "07_doing_it_well", "saved"):
        page.goto(f"{site.address}{name}.html")
        for width in (768, 1366, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            prose, *edges = page.evaluate(
                """() => [document.querySelector('.site-prose').getBoundingClientRect().width,
                ...['header', 'main', 'footer'].map(name => document.querySelector(name)).map(one => {
                    const [box, style] = [one.getBoundingClientRect(), getComputedStyle(one)];
                    return [box.left + parseFloat(style.paddingLeft), box.right - parseFloat(style.paddingRight)];
                })]"""
            )
            left, right = edges[0]
            assert edges == [[left, right]] * 3, (name, width)
            assert left == width - right, "the page stands in the middle"
            assert prose > 0.6 * (right - left), (name, width)


#: Links whose mark or name takes several lines, and texts that touch each other.
TANGLED: Final = """value => {
    const [found, undo] = [[], []];
    for (const chain of [...document.querySelectorAll('.bw-chain-labels')].filter(one => one.checkVisibility())) {
        const parts = [];
        for (const link of chain.children) {
            const [name, allows] = link.children;
            const before = [...allows.childNodes];
            allows.textContent = value;
            const range = document.createRange();
            range.selectNodeContents(name);
            const lines = [...range.getClientRects()];
            const middles = lines.map(one => (one.top + one.bottom) / 2);
            if (Math.max(...middles) - Math.min(...middles) > 2) found.push(`${name.innerText} takes several lines`);
            parts.push([name.innerText, lines]);
            range.selectNodeContents(allows);
            parts.push([`${value} next to ${name.innerText}`, [...range.getClientRects()]]);
            undo.push(() => allows.replaceChildren(...before));
        }
        parts.forEach(([one, boxes], at) => parts.slice(at + 1).forEach(([other, others]) => {
            if (boxes.some(box => others.some(next => box.right + 4 > next.left && next.right + 4 > box.left
                && box.bottom - 2 > next.top && next.bottom - 2 > box.top))) found.push(`${one} touches ${other}`);
        }));
    }
    undo.forEach(one => one());
    return found;
}"""


@pages_of("02_who_calls", "10_your_case")
def test_the_chains_links_stay_apart_at_every_width(live: LivePage) -> None:
    """Even with the longest value, each mark is on its name's line and no texts touch. No name looks like a link to press."""
    value = text("card.allows_from_to", lowest="Fallback seat", highest="Phone interview")
    assert live.page.locator(".bw-chain-labels b > span").locator("visible=true").count() > 0
    for width in (360, 390, 500, 768, 800, 1366):
        live.page.set_viewport_size({"width": width, "height": 800})
        assert live.page.evaluate(TANGLED, value) == [], width
    lines = "[...document.querySelectorAll('.bw-chain-labels b')].map(one => getComputedStyle(one).textDecorationLine)"
    assert {*live.page.evaluate(lines)} == {"none"}


#: Fieldsets whose first choice is less than 8 px below the question, and headings less than 24 px below buttons.
JAMMED: Final = """() => {
    const seen = selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility());
    const top = one => one.getBoundingClientRect().top;
    const above = one => [...one.children].slice(0, [...one.children].findIndex(part => part.querySelector('input')))
        .filter(part => part.checkVisibility()).at(-1)?.getBoundingClientRect().bottom;
    const first = seen('fieldset.bw-field:not(.bw-rows > *)').filter(one => top(one.querySelector('input')) - above(one) < 8);
    const headings = seen('.bw-toolbar + section > h3:first-child')
        .filter(one => top(one) - one.parentElement.previousElementSibling.getBoundingClientRect().bottom < 24);
    return [...first, ...headings].map(one => one.innerText);
}"""
#: Short sources that take two lines.
BROKEN_SOURCES: Final = """() => [...document.querySelectorAll('.site-source')]
    .filter(one => one.textContent.length <= 24 && one.getClientRects().length > 1).map(one => one.textContent)"""
FONT_SIZE: Final = "one => parseFloat(getComputedStyle(one).fontSize)"


@on_every_page
def test_a_phones_page_has_room_a_title_above_its_headings_and_whole_sources(live: LivePage) -> None:
    assert live.page.evaluate(JAMMED) == []
    assert live.page.evaluate(BROKEN_SOURCES) == []
    title = live.page.locator("h1").first.evaluate(FONT_SIZE)
    assert all(size < title for size in live.page.locator("main h2").evaluate_all(f"all => all.map({FONT_SIZE})"))


@pages_of("10_your_case")
def test_a_box_or_circle_that_is_not_checked_does_not_look_disabled(live: LivePage) -> None:
    """It has the page's color, and the same ring as a button's."""
    page = live.page
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(
            """() => [...document.querySelectorAll('.bw :is([type=radio], [type=checkbox]):not(:checked)')].map(one => {
                const { appearance, backgroundColor, borderColor, borderWidth } = getComputedStyle(one);
                return [appearance, backgroundColor, borderColor, borderWidth];
            })"""
        )
        paper = page.evaluate("getComputedStyle(document.querySelector('.bw')).backgroundColor")
        assert len(found) > 10
        ring = page.locator(".bw .bw-toolbar button").last.evaluate("one => getComputedStyle(one).borderColor")
        assert {tuple(one) for one in found} == {("none", paper, ring, "2px")}, scheme
    page.emulate_media(forced_colors="active")  # the system's own, because its colors would hide ours
    assert page.locator(".bw [type=radio]").first.evaluate("one => getComputedStyle(one).appearance") == "auto"


def test_a_thumb_can_reach_every_control(browser: Browser, site: Site) -> None:
    """The navigation's links are in line with each other: none of them stands next to the workbook's name."""
    with page_of(browser, has_touch=True, is_mobile=True) as page:
        page.goto(f"{site.address}00_start_here.html")  # with the home page's quick check and the map
        wait_until_live(page)
        small = page.evaluate(
            """() => [...document.querySelectorAll('main :is(button, select, label:has(input), td > a), nav a')]
            .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44)
            .map(one => one.outerHTML.slice(0, 100) + one.getBoundingClientRect().height)"""
        )
        assert small == []
        above = page.evaluate(
            """() => [...document.querySelectorAll('nav li a')].map(one => one.getBoundingClientRect().top
            - document.querySelector('.site-name').getBoundingClientRect().bottom)"""
        )
        assert len(above) == 5
        assert min(above) >= 0


PAPERS: Final = ("Letter", "A4")


def printed(page: Page, paper: str = "Letter") -> list[str]:
    """Print the page, and return the words on each sheet of paper."""
    sheets = PdfReader(io.BytesIO(page.pdf(format=paper))).pages
    return [" ".join(unicodedata.normalize("NFKC", one.extract_text()).split()) for one in sheets]


@pages_of("02_who_calls")
def test_paper_says_whose_view_it_is_and_that_it_permits_nothing(live: LivePage) -> None:
    """Every page has its chapter's and the workbook's name and its number, and the last one the footer's two warnings."""
    sheets = printed(live.page)
    for number, sheet in enumerate(sheets, start=1):
        assert f"02 · Who calls · {text('site.name')}" in sheet, number
        assert text("site.print_page", page=number, pages=len(sheets)) in sheet
    assert text("site.address", address=live.page.url) in sheets[-1]
    assert "It is one insider's view, not a prediction." in sheets[-1]
    assert text("site.foot") in sheets[-1]
    assert text("site.foot_private") not in " ".join(sheets), "nothing on paper can be sent"


@pages_of("chapters")
def test_the_list_of_chapters_is_one_page_on_paper(live: LivePage) -> None:
    assert [len(printed(live.page, paper)) for paper in PAPERS] == [1, 1]


@pages_of("saved")
def test_your_data_prints_without_controls_and_shows_those_that_do_something(live: LivePage) -> None:
    """With nothing saved, there is nothing to save or delete; a file can be opened, with a target for thumbs."""
    assert live.page.locator("#saved-export, #saved-delete").filter(visible=True).count() == 0
    box = live.page.locator("#saved-import").bounding_box()
    assert box
    assert box["height"] >= 44
    assert text("site.saved.import") not in " ".join(printed(live.page))


def test_paper_has_nothing_that_only_a_screen_can_do(page: Page, site: Site) -> None:
    """Counts of nothing, a closed transcript and the deck's bar stay off it, and closed sources print with what they say."""
    page.goto(f"{site.address}02_who_calls.html")
    wait_until_live(page)
    assert page.locator("[data-fragment=count]").inner_text() == text("quiz.count", checked=0, total=3)
    words = " ".join(printed(page))
    assert " of 3 checked" not in words
    assert text("activity.callers_order.on_screen") not in words, "paper has no arrow buttons"
    assert text("activity.callers_questions.on_screen") not in words
    steps = [text(f"step.{step.step}.text") for step in load_steps() if step.activity == "fellow_walk"]
    assert [step for step in steps if step not in words] == [], "everything to answer"
    assert "Everything as text" not in words
    page.check('[data-activity="fellow_walk"] input[value="same"]')
    page.wait_for_selector('[data-activity="fellow_walk"] [data-open="paper"][hidden]', state="attached")
    words = " ".join(printed(page))
    assert text("claim.caller.example-unknown-clerkship-director") in words, "what a step rests on"
    assert "NRMP, applicant FAQ (undated)" in words, "the rule's source"
    assert [step for step in steps if step not in words] != [], "the reader's own page, once it has an answer"
    page.check('[data-field="calls_second_voice"] input[value="ask_first"]')
    page.click('[data-action="check"][data-value="calls_second_voice"]')
    page.wait_for_selector('[data-fragment="told.calls_second_voice"]:not(:empty)')
    page.locator(".site-output > details > summary").click()
    words = " ".join(printed(page))
    assert text("quiz.count", checked=1, total=3) in words
    assert "Everything as text" in words
    page.goto(site.address + pages.DECK)
    wait_until_live(page)
    words = " ".join(printed(page))
    assert text("round.welcome.one_view") in words
    assert text("site.deck.back") not in words
    assert text("round.field.seed") not in words


def test_paper_has_the_rooms_questions_and_no_blank_forms(page: Page, site: Site) -> None:
    """The questions, which are buttons on screen, print with their answers; a form prints once something is written in it.

    The checklist prints before the plan, because it comes first.
    """
    page.goto(f"{site.address}{pages.WORKSHOP}")
    wait_until_live(page)
    sheets = printed(page)
    words = " ".join(sheets)
    assert [one.ask for one in room_questions() if one.ask not in words or one.answer not in words] == []
    assert words.index(text("run_plan.head_check")) < words.index(text("run_plan.whole"))
    page.emulate_media(media="print")
    answer, source = page.evaluate(
        """['.bw-on-paper li', '.bw-on-paper li .small']
        .map(one => parseFloat(getComputedStyle(document.querySelector(one)).fontSize))"""
    )
    assert source < answer
    page.emulate_media(media="null")
    for label in ("own_case.which_new", "own_scene.which_new", "own_case.preview", "activity.own_scenes.lead"):
        assert text(label) not in words, label
    assert len(sheets) < 12
    page.click('[data-activity="own_scenes"] .bw-own-fold > summary')
    page.fill('[data-activity="own_scenes"] [data-field="title"] input', "Rosa on a Tuesday")
    assert "Rosa on a Tuesday" in " ".join(printed(page)), "even while its box still has the focus"
    page.keyboard.press("Tab")
    page.wait_for_selector('[data-activity="own_scenes"] [data-open="preview"]:not([hidden])', state="attached")
    assert "Rosa on a Tuesday" in " ".join(printed(page))


@pages_of("11_reading_it_critically")
def test_the_bets_print_with_their_stories(live: LivePage) -> None:
    assert not live.page.get_by_text(next(iter(load_bets())).story).is_visible()
    sheets = printed(live.page)
    words = " ".join(sheets)
    assert [bet.story for bet in load_bets() if bet.story not in words] == []
    assert "Gaps we filled" not in words, "a closed list can't be opened on paper"
    assert "Your next step." in sheets[-1], "the warnings at the end don't stand alone on a page"


def test_a_guess_that_nobody_made_is_a_blank_on_paper(page: Page, site: Site) -> None:
    """A slider's first value, or the first order of a list, would look like an answer."""
    page.goto(f"{site.address}09_after_the_match.html")
    wait_until_live(page)
    assert not re.search(r"Prior performance 25\b", " ".join(printed(page)))
    page.fill('[data-field="prior_performance"] .bw-number', "40")
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.querySelector('[data-fragment=left]').innerText.startsWith('15 points')")
    assert re.search(r"Prior performance 40\b", " ".join(printed(page)))
    page.goto(f"{site.address}02_who_calls.html")
    wait_until_live(page)
    numbers = page.locator(".bw-order .bw-count")
    printed(page)
    page.emulate_media(media="print")
    assert {one.evaluate("one => getComputedStyle(one).color") for one in numbers.all()} == {"rgba(0, 0, 0, 0)"}
    page.emulate_media(media="screen")
    page.locator('[data-action="up"]:enabled').first.click()
    page.wait_for_function("() => document.querySelector('.bw-order-name').innerText === 'You yourself'")
    printed(page)
    page.emulate_media(media="print")
    assert "rgba(0, 0, 0, 0)" not in {one.evaluate("one => getComputedStyle(one).color") for one in numbers.all()}


@pages_of("index")
def test_the_home_page_prints_its_questions_on_one_page_and_no_answer(live: LivePage) -> None:
    """An answer from no input is about nobody. Once there is input, the sheet prints instead."""
    for paper in PAPERS:
        (words,) = printed(live.page, paper)
        for question in ("day", "contacted", "caller", "inside", "message", "standing", "file", "program", "topics"):
            assert text(f"quick.ask.{question}") in words
        assert text("quick.answer") not in words
        assert text("site.home.more") not in words, "its links lead nowhere"


@pages_of("index")
def test_the_quick_check_s_answer_is_one_press_away_from_every_question_on_a_phone(live: LivePage) -> None:
    """Below forty choices, nobody would see it change."""
    page = live.page
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.locator("[data-field=standing]").scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({IN_SIGHT})('.bw-strip-rule').length")
    page.locator(".bw-strip [data-go=answer]").click()
    page.wait_for_function(f"() => ({IN_SIGHT})('.bw-rule-answer').length && !({IN_SIGHT})('.bw-strip').length")
    assert page.evaluate("document.activeElement.innerText") == text("quick.answer")


def test_the_sheet_is_one_page_on_paper(page: Page, site: Site) -> None:
    """It prints instead of the page around it, and has its own margins without the chapter's name."""
    page.goto(f"{site.address}{pages.CASE}")
    wait_until_live(page)
    for paper in PAPERS:
        (form,) = printed(page, paper)
        assert "Three sentences" not in form, "what is about the panel on screen doesn't print"
        for what in ("field.range_low.label", "level.recommender.known_dean", "panel.group.timing"):
            assert text(what) in form, "it's a page to fill in"
        assert text("card.title") not in form, "the example doesn't print"
    page.check('[data-field="recommender"] input[value="known_dean"]')
    page.wait_for_selector(".bw-print", state="attached")
    for paper in PAPERS:
        (sheet,) = printed(page, paper)
        assert sheet.startswith(text("take_home.title"))
        assert text("site.name") not in sheet


@pages_of("07_doing_it_well", "11_reading_it_critically")
def test_no_heading_stands_alone_at_the_foot_of_a_printed_page(live: LivePage) -> None:
    """It and what begins below it start the next page together."""
    headings = {" ".join(one.split()) for one in live.page.locator("main :is(h1, h2, h3)").all_text_contents()}
    for paper in PAPERS:
        sheets = PdfReader(io.BytesIO(live.page.pdf(format=paper))).pages
        ends = [[" ".join(line.split()) for line in one.extract_text().splitlines() if line.strip()][-3:] for one in sheets]
        assert len(ends) > 3
        assert [line for end in ends[:-1] for line in end if line in headings] == [], paper
