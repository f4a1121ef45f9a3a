"""Chapter 10's panel in a real browser, with a keyboard: by itself, and in JupyterLab.

The tests in JupyterLab share one page, and cover only its keys, themes and widths, and a message's path to a kernel and back.
Without a browser they fail with a message that says how to get one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from backchannel_lib import MAY_BE_UNKNOWN, Case, Panel, judge
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import RECOMMENDERS
from backchannel_lib.model.sweep import sweep
from backchannel_lib.page.charts import CHARTS
from tests.helpers.accessibility import violations
from tests.helpers.lab import GLANCE, PATIENCE, SIZE, Lab, Opened
from tests.helpers.network import Network
from tests.helpers.panel_page import PanelPage

SCORE = "[data-field=score] input[type=range]"
#: A case with everything about the program stated.
STATED = '{"score": 240}'


# ---- by itself ----


@pytest.fixture(scope="module")
def panel(browser: Browser) -> Iterator[PanelPage]:
    """One page for all tests without JupyterLab."""
    context = browser.new_context(viewport=SIZE, accept_downloads=True)
    yield PanelPage(context.new_page())
    context.close()


@pytest.fixture
def fresh(panel: PanelPage) -> PanelPage:
    """The panel as in chapter 10, with everything about the program stated."""
    widget = Panel(unknown=MAY_BE_UNKNOWN)
    widget.activity.commit(widget.activity.from_file(STATED))
    panel.show(widget)
    assert panel.verdict() == "Skimmed"
    return panel


def test_the_mark_on_the_drawing_is_where_plotly_would_put_it(fresh: PanelPage) -> None:
    """After several moves the marker is where Plotly itself draws it."""
    page = fresh.page
    page.locator(".bw [data-chart=map]").scroll_into_view_if_needed()
    page.wait_for_selector(".bw [data-chart=map] .svg-container", timeout=PATIENCE)
    # The page itself records the marker's position right after its last move, because Plotly redraws it a moment later.
    page.evaluate(
        f"""() => {{
            const box = document.querySelector('.bw [data-chart=map]');
            new MutationObserver(() => box.dataset.at === '252 Unknown faculty' && (window.moved ??= ({MARK})()))
                .observe(box, {{ attributes: true, attributeFilter: ['data-at'] }});
        }}"""
    )
    page.focus(f".bw {SCORE}")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("window.moved", timeout=PATIENCE)
    moved = page.evaluate("moved")
    assert moved["shifted"]
    page.wait_for_function("document.querySelector('.bw [data-chart=map]').data.at(-1).x[0] === 252", timeout=PATIENCE)
    rested = page.evaluate(f"""async () => {{
        let [before, same] = ['', 0];
        while (same < 10) {{  // frames
            await new Promise(requestAnimationFrame);
            const now = JSON.stringify(({MARK})());
            same = now === before ? same + 1 : 0;
            before = now;
        }}
        return ({MARK})();
    }}""")
    assert not rested["shifted"]
    assert moved["at"] == pytest.approx(rested["at"], abs=1.0)


def test_a_drawing_made_beforehand_moves_its_mark_to_where_plotly_draws_it(panel: PanelPage) -> None:
    """As long as no chart is in view and only markers move, the page doesn't load Plotly."""
    page = panel.page
    page.evaluate("delete globalThis.backchannelPlotly")
    page.set_viewport_size({"width": SIZE["width"], "height": 300})
    panel.show(Panel())
    page.focus(f".bw {SCORE}")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".bw [data-chart=map][data-at='252 Unknown faculty']", timeout=PATIENCE)
    assert not page.evaluate("globalThis.backchannelPlotly")
    moved = page.evaluate(SHARES)
    for chart in CHARTS:
        page.locator(f".bw [data-chart={chart}]").scroll_into_view_if_needed()
        page.wait_for_selector(f".bw [data-chart={chart}] .svg-container", timeout=PATIENCE)
    page.set_viewport_size(SIZE)
    assert moved == [pytest.approx(there, abs=0.01) for there in page.evaluate(SHARES)]


#: Each marker's position within its plot, from 0 to 1.
SHARES = """() => [...document.querySelectorAll('.bw [data-chart]')].map((box) => {
    const bounds = (one) => one.getBoundingClientRect();
    const point = bounds([...box.querySelectorAll('.scatterlayer .trace')].at(-1).querySelector('path'));
    const plot = bounds(box.querySelector('.bglayer .bg'));
    const middle = { x: point.x + point.width / 2, y: point.y + point.height / 2 };
    return [(middle.x - plot.x) / plot.width, (middle.y - plot.y) / plot.height];
})"""


#: The map's texts that its mark and the mark's words cover, and whether either leaves the drawing.
COVERED = """() => {
    const box = document.querySelector('.bw [data-chart=map]');
    const bounds = (one) => one.getBoundingClientRect();
    const all = bounds(box.querySelector('.main-svg'));
    const you = [...box.querySelectorAll('.scatterlayer .trace')].at(-1);
    const found = [];
    for (const [part, beyond] of [['path', 8], ['text', 0]]) {  // at the last score, half of the point is beyond the axis
        const own = bounds(you.querySelector(part));
        if (own.left < all.left || own.right > all.right + beyond || own.top < all.top) found.push('the edge');
        for (const text of box.querySelectorAll('.barlayer text, .yaxislayer-above text')) {
            const { left, right, top, bottom } = bounds(text);
            if (left < own.right && own.left < right && top < own.bottom && own.top < bottom) found.push(text.textContent);
        }
    }
    return found;
}"""


#: Whether Plotly has drawn the map's mark at a score.
DRAWN_AT = """score => {
    const box = document.querySelector('.bw [data-chart=map]');
    const you = [...box.querySelectorAll('.scatterlayer .trace')].at(-1);
    return box.querySelector('.svg-container') && box.data.at(-1).x[0] === score && !you.hasAttribute('transform');
}"""


@pytest.mark.parametrize("width", [390, 1366])
def test_the_mark_covers_no_text_of_the_map(panel: PanelPage, width: int) -> None:
    """In every caller's row the mark stands above the row: over a verdict's name and at both ends of the scores."""
    page = panel.page
    page.set_viewport_size({"width": width, "height": SIZE["height"]})
    for caller in RECOMMENDERS:
        own = Case(recommender=caller, move="direct_email" if caller == "self" else Case().move)
        bands = sweep(own).bands[caller]
        widest = max(bands, key=lambda band: band.high - band.low)
        widget = Panel(own)
        panel.show(widget)
        page.locator(".bw [data-chart=map]").scroll_into_view_if_needed()
        for score in (bands[0].low, (widest.low + widest.high) // 2, bands[-1].high):
            widget.value = {**widget.value, "score": score}
            page.wait_for_function(DRAWN_AT, arg=score, polling=GLANCE, timeout=PATIENCE)
            assert page.evaluate(COVERED) == [], (caller, score)
    page.set_viewport_size(SIZE)


def test_a_panel_closed_while_its_charts_move_and_change_size_leaves_no_error(fresh: PanelPage) -> None:
    """Pending drawing is canceled with the view."""
    page = fresh.page
    fresh.complaints.clear()
    page.focus(f".bw {SCORE}")
    page.keyboard.press("ArrowRight")  # the marker is drawn a moment after the key
    page.set_viewport_size({"width": SIZE["width"] - 300, "height": SIZE["height"]})  # and the charts, after resizing
    page.evaluate("new Promise((resized) => requestAnimationFrame(() => requestAnimationFrame(resized)))")
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.evaluate("show()")
    page.wait_for_selector(".bw[data-ready]")
    page.evaluate(f"new Promise((drawn) => setTimeout(drawn, {LONGEST_WAIT}))")
    page.set_viewport_size(SIZE)
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert fresh.complaints == []


#: In ms; longer than placement.js waits before it draws a resized chart.
LONGEST_WAIT = 300


#: The marker's position, and whether it was moved there or drawn there by Plotly.
MARK = """() => {
    const trace = [...document.querySelectorAll('.bw [data-chart=map] .scatterlayer .trace')].at(-1);
    const point = trace.querySelector('path').getBoundingClientRect();
    return { at: [point.x, point.y], shifted: trace.hasAttribute('transform') };
}"""


def test_on_a_phone_the_line_that_stays_in_sight_is_low_and_has_rule_verdict_and_weakest_link(panel: PanelPage) -> None:
    """With any answer it takes at most 100 of 740 pixels, the rule comes first, and the button is next to it."""
    page = panel.page
    page.set_viewport_size({"width": 360, "height": 740})
    for case in (Case(recommender="known_dean"), Case(phase="groundwork")):
        panel.show(Panel(case, unknown=MAY_BE_UNKNOWN))
        page.focus(".bw [data-field=failed_attempts] input")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".bw[data-away] .bw-strip", timeout=PATIENCE)
        words = page.inner_text(".bw-strip [data-fragment=strip]")
        parts = [page.inner_text(f".bw-strip-{part}") for part in ("rule", "article", "weakest")]
        assert all(parts)
        assert [*map(words.index, parts)] == sorted(map(words.index, parts))
        assert page.evaluate("document.querySelector('.bw-strip').getBoundingClientRect().height") <= 100, words
        assert page.is_visible(".bw-strip [data-go=changes]")
        marks = """() => [...document.querySelectorAll('.bw-strip [data-fragment=strip] > span')].map(one => [
          one.clientHeight, parseFloat(getComputedStyle(one, '::before').height)])"""
        assert all(0 < mark < line for line, mark in page.evaluate(marks)), "one voice's mark would touch the next one's"
    page.set_viewport_size(SIZE)


def test_a_change_is_applied_with_one_key_and_undone(fresh: PanelPage) -> None:
    """Enter on "See it in my case" raises the verdict as promised, and Undo restores the case."""
    page = fresh.page
    promised = page.inner_text(".bw .bw-change >> nth=0 >> .bw-reaches").partition(": ")[2]
    page.focus(".bw .bw-change button >> nth=0")
    page.keyboard.press("Enter")
    fresh.wait_for_verdict(promised)
    assert page.evaluate("document.activeElement.closest('.bw') !== null"), "the focus fell out of the panel"
    page.focus(".bw [data-action=undo]")
    page.keyboard.press("Enter")
    fresh.wait_for_verdict("Skimmed")
    page.keyboard.press("Enter")  # nothing is left to undo, and the button with the focus can't keep it
    page.wait_for_selector(".bw .bw-toolbar:focus [data-action=undo]:disabled", timeout=PATIENCE)
    assert page.is_disabled(".bw [data-action=reset]")
    page.check(".bw [data-field=specifics] input")
    assert page.is_enabled(".bw [data-action=undo]"), "a change can be taken back before its answer"
    fresh.settle()
    assert page.is_enabled(".bw [data-action=reset]")


def test_a_bad_entry_gets_a_sentence_at_its_field(fresh: PanelPage) -> None:
    """A word instead of a number gets a message, the verdict stays, and a valid number clears the message."""
    page = fresh.page
    box = ".bw [data-field=score] .bw-number"
    page.fill(box, "abc")
    page.keyboard.press("Enter")
    error = page.wait_for_selector(".bw [data-field=score] .bw-error:not([hidden])", timeout=PATIENCE)
    assert error is not None
    assert error.inner_text() == "Your score: must be a whole number from 1 to 999, but it is 'abc'."
    assert page.get_attribute(box, "aria-invalid") == "true"
    assert fresh.verdict() == "Skimmed"
    page.fill(box, "231")
    page.keyboard.press("Enter")
    page.wait_for_selector(".bw [data-field=score] .bw-error", state="hidden", timeout=PATIENCE)
    fresh.wait_for_verdict("Ignored")


def test_a_case_is_saved_and_opened_again(fresh: PanelPage, tmp_path: Path) -> None:
    """Opening a saved file restores the case. A broken file gets a message and changes nothing."""
    page = fresh.page
    page.check(".bw [data-field=recommender] input[value=known_dean]")
    page.check(".bw [data-field=specifics] input")
    fresh.wait_for_verdict("File read")
    with page.expect_download() as download:
        page.click(".bw [data-action=save]")
    saved = tmp_path / "my_case.json"
    download.value.save_as(saved)
    assert json.loads(saved.read_text())["recommender"] == "known_dean"
    page.click(".bw [data-action=reset]")
    fresh.wait_for_verdict("Between Ignored and Skimmed")
    page.set_input_files(".bw [data-load]", saved)
    fresh.wait_for_verdict("File read")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    page.set_input_files(".bw [data-load]", broken)
    page.wait_for_function("document.querySelector('.bw [data-notice]').innerText.includes('unchanged')", timeout=PATIENCE)
    assert fresh.verdict() == "File read"


def test_unknown_fields_can_be_entered_and_made_unknown_again(panel: PanelPage) -> None:
    """Each kind of control has "I don't know", and gives a verdict once it has a value."""
    page = panel.page
    panel.show(Panel(unknown=MAY_BE_UNKNOWN))
    assert panel.verdict() == "Between Ignored and Skimmed"
    low = ".bw [data-field=range_low]"
    assert not page.is_visible(f"{low} input[type=range]")
    assert not page.is_visible(".bw [data-chart=amplifier]")
    for field in ("range_low", "range_floor"):
        page.uncheck(f".bw [data-field={field}] [data-is-unknown]")
        page.wait_for_selector(f".bw [data-field={field}] input[type=range]", timeout=PATIENCE)
    panel.wait_for_verdict("Skimmed")
    page.check(".bw [data-field=recommender] input[value=trusted_peer]")
    page.check(".bw [data-field=specifics] input")
    page.check(".bw [data-field=lists_open] input[value=false]")
    page.wait_for_selector(".bw [data-chart=amplifier] .svg-container", timeout=PATIENCE)
    page.check(".bw [data-field=needs] input[value=local]")
    page.wait_for_selector(".bw [data-field=needs] input[value=unknown]:not(:checked)", timeout=PATIENCE)
    page.check(".bw [data-field=needs] input[value=unknown]")
    page.wait_for_selector(".bw [data-field=needs] input[value=local]:not(:checked)", timeout=PATIENCE)
    page.select_option(".bw [data-field=track_record] select", "3")
    panel.wait_for_verdict("File read")
    page.check(f"{low} [data-is-unknown]")
    page.wait_for_selector(f"{low} input[type=range]", state="hidden", timeout=PATIENCE)
    page.wait_for_selector(".bw [data-chart=amplifier]", state="hidden", timeout=PATIENCE)


def test_every_control_can_be_reached_with_tab(fresh: PanelPage) -> None:
    """From the first button, Tab visits every visible control in the order of the page."""
    page = fresh.page
    shown = page.evaluate("[...document.querySelectorAll('.bw [data-field]:not([hidden])')].map(place => place.dataset.field)")
    page.focus(".bw [data-action=save]")
    visited: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.closest('[data-field]')?.dataset.field")
        if name and (not visited or visited[-1] != name):
            visited.append(name)
        if visited[-1:] == shown[-1:]:
            break
    assert visited == shown


# ---- as JupyterLab shows it ----


@pytest.fixture
def fresh_in_lab(your_case: tuple[Opened, Network]) -> Opened:
    """The notebook with the same case."""
    opened, network = your_case
    network.restore()
    opened.page.set_viewport_size(SIZE)
    opened.page.dispatch_event(".bw [data-action=reset]", "click")  # it may have nothing to do
    opened.settle()
    opened.page.set_input_files(".bw [data-load]", {"name": "case.json", "mimeType": "", "buffer": STATED.encode()})
    opened.page.wait_for_selector(".bw [data-chart=map][data-at='240 Unknown faculty']", timeout=PATIENCE)
    opened.wait_for_verdict("Skimmed")
    opened.settle()
    return opened


def test_a_slider_moved_by_keyboard_changes_verdict_and_chart(fresh_in_lab: Opened) -> None:
    """Arrow keys move the score, the verdict and the markers, and nothing in JupyterLab."""
    page = fresh_in_lab.page
    before = page.get_attribute(".bw [data-chart=amplifier]", "data-at")
    page.focus(f".bw {SCORE}")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    fresh_in_lab.wait_for_verdict("Ignored")
    page.wait_for_selector(".bw [data-chart=map][data-at='234 Unknown faculty']", timeout=PATIENCE)
    assert page.input_value(".bw [data-field=score] .bw-number") == "234"
    assert page.get_attribute(".bw [data-chart=amplifier]", "data-at") != before
    page.wait_for_function(
        "document.querySelector('.bw [data-live-text]').textContent.startsWith(\"NRMP's rule: Not allowed. Ignored.\")",
        timeout=PATIENCE,
    )
    page.wait_for_function("document.querySelector('.bw [data-chart=map]').ariaLabel.includes('234')", timeout=PATIENCE)


def test_a_message_lost_on_the_way_to_the_kernel_or_back_is_noticed(
    fresh_in_lab: Opened, your_case: tuple[Opened, Network]
) -> None:
    """A lost answer is requested again. If nothing comes back, the next action fixes it."""
    opened, network = your_case
    page = opened.page
    network.prefetch = False
    count = len(network.passed)
    network.answers = ["lost", "arrives"]
    page.check(".bw [data-field=recommender] input[value=known_dean]")
    opened.wait_for_verdict(judge(recommender="known_dean").verdict.label)
    opened.settle()
    assert network.passed[count : count + 2] == ["lost", "arrives"]
    network.actions = False
    page.check(".bw [data-field=specifics] input")
    for notice in ("panel.late", "panel.disconnected"):
        opened.wait_for_notice(text(notice))
    assert opened.verdict() == judge(recommender="known_dean").verdict.label
    network.actions = True
    page.check(".bw [data-field=recommender] input[value=trusted_peer]")
    opened.wait_for_notice("")
    # The change that never arrived is included, too.
    opened.wait_for_verdict(judge(recommender="trusted_peer", specifics=True).verdict.label)
    opened.settle()


def test_axe_finds_nothing_in_the_panel(fresh_in_lab: Opened) -> None:
    """It's tested in light and dark, with all details open."""
    page = fresh_in_lab.page
    page.evaluate("document.querySelectorAll('.bw details').forEach(one => one.open = true)")
    assert violations(page, ".bw") == []
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.wait_for_function(
            """light => document.body.dataset.jpThemeLight === String(light)
              && parseInt(getComputedStyle(document.querySelector('.bw')).backgroundColor.match(/\\d+/)[0]) > 127 === light""",
            arg=theme.endswith("Light"),
            polling=GLANCE,
            timeout=PATIENCE,
        )
        assert violations(page, ".bw") == [], theme


def test_nothing_is_cut_off_at_any_width(fresh_in_lab: Opened) -> None:
    """From a phone to a projector, nothing is wider than the panel or the questions below it."""
    for width in (360, 768, 1280, 1920):
        fresh_in_lab.page.set_viewport_size({"width": width, "height": 800})
        assert fresh_in_lab.cut_off(".bw") == [], width


#: The focused element if it's completely hidden, because something covers it or it's outside the window.
#: Blank if it's visible, null if the focus isn't in a panel.
IN_SIGHT = """async () => {
    await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
    const one = document.activeElement;
    if (!one.closest('.bw')) return null;
    const box = (one.closest('.bw-file') ?? one).getBoundingClientRect();
    for (const across of [0.1, 0.5, 0.9]) for (const down of [0.1, 0.5, 0.9]) {
        const top = document.elementFromPoint(box.x + across * box.width, box.y + down * box.height);
        if (!top) continue;
        const around = top.contains(one) && !top.matches('.bw') && top.closest('.bw');
        if (one.contains(top) || around || one.closest('label')?.contains(top)) return '';
    }
    return one.outerHTML.slice(0, 100);
}"""


@pytest.mark.parametrize(("width", "height"), [(320, 256), (640, 400)])
def test_at_400_percent_zoom_no_control_with_the_focus_is_covered(fresh_in_lab: Opened, width: int, height: int) -> None:
    """With the verdict's line and a notice on screen, no control that Tab reaches is under them (WCAG 2.4.11)."""
    page = fresh_in_lab.page
    page.set_viewport_size({"width": width, "height": height})
    fresh_in_lab.cut_off(".bw")  # waits until the layout is stable
    page.focus(".bw [data-action=undo]")
    page.keyboard.press("Enter")
    fresh_in_lab.wait_for_notice(text("panel.undone"))
    covered, stops = [], 0
    for _ in range(60):
        page.keyboard.press("Tab")
        at = page.evaluate(IN_SIGHT)
        if at is None:
            break
        stops += 1
        if at:
            covered.append(at)
    assert stops >= 30
    assert covered == []


def test_nothing_left_this_machine_and_no_error_was_logged(your_case: tuple[Opened, Network], lab: Lab) -> None:
    """In all tests in JupyterLab, requests went only to our own server, no chart could be uploaded, and no error was logged."""
    opened, _ = your_case
    assert opened.hosts - {"-"} == {lab.address.removeprefix("http://")}
    assert opened.page.query_selector("[data-title*='Share' i], [data-title*='cloud' i]") is None
    ours = [error for error in opened.complaints if "kernel" not in error.lower() and "404" not in error]
    assert ours == []
