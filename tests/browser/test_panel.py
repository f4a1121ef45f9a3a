"""The notebook in a real browser: JupyterLab as workbook.py starts it, Chromium, and a keyboard.

One browser for all tests and few tests, since each costs seconds. Without a browser they fail with the sentence that
says how to get one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext

from tests.helpers.lab import PATIENCE, Lab, Opened, open_and_run

NOTEBOOK = "10_your_case.ipynb"
SCORE = "[data-field=score] input[type=range]"


@pytest.fixture(scope="module")
def opened(reader: BrowserContext, lab: Lab) -> Iterator[Opened]:
    """The notebook, opened and run once for all tests of this file."""
    opened = open_and_run(reader, lab, NOTEBOOK)
    opened.page.wait_for_selector(".bw [data-chart=map] .svg-container", timeout=PATIENCE)
    opened.wait_until_idle()
    yield opened
    opened.page.close()


@pytest.fixture
def fresh(opened: Opened) -> Opened:
    """The notebook at the case that the panel opens with, with everything about the program stated."""
    opened.page.click(".bw [data-action=reset]")
    opened.page.set_input_files(".bw [data-load]", {"name": "case.json", "mimeType": "", "buffer": b'{"score": 240}'})
    opened.page.wait_for_selector(".bw [data-chart=map][data-at='240 Unknown faculty']", timeout=PATIENCE)
    opened.wait_for_verdict("Skimmed")
    opened.settle()
    return opened


def test_a_slider_moved_by_keyboard_changes_verdict_and_chart(fresh: Opened) -> None:
    """Arrow keys on the score slider move the score, the verdict and the mark on the charts, and nothing else of Lab."""
    page = fresh.page
    before = page.get_attribute(".bw [data-chart=amplifier]", "data-at")
    page.focus(f".bw {SCORE}")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    fresh.wait_for_verdict("Ignored")
    page.wait_for_selector(".bw [data-chart=map][data-at='234 Unknown faculty']", timeout=PATIENCE)
    assert page.input_value(".bw [data-field=score] .bw-number") == "234"
    assert page.get_attribute(".bw [data-chart=amplifier]", "data-at") != before
    page.wait_for_function(
        "document.querySelector('.bw [data-live-text]').textContent.startsWith('Ignored.')", timeout=PATIENCE
    )
    page.wait_for_function("document.querySelector('.bw [data-chart=map]').ariaLabel.includes('234')", timeout=PATIENCE)


def test_the_mark_on_the_drawing_stands_where_plotly_would_put_it(fresh: Opened) -> None:
    """After a run of moves the mark comes to rest at the place that plotly itself draws for it."""
    page = fresh.page
    place = """() => { const box = document.querySelector('.bw [data-chart=map]');
        const point = [...box.querySelectorAll('.scatterlayer .trace')].at(-1).querySelector('path').getBoundingClientRect();
        return [point.x, point.y]; }"""
    page.focus(f".bw {SCORE}")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".bw [data-chart=map][data-at='252 Unknown faculty']", timeout=PATIENCE)
    moved = page.evaluate(place)
    page.wait_for_function("document.querySelector('.bw [data-chart=map]').data.at(-1).x[0] === 252", timeout=PATIENCE)
    page.wait_for_timeout(100)
    rested = page.evaluate(place)
    assert moved == pytest.approx(rested, abs=1.0)


def test_a_change_is_applied_by_one_key_and_taken_back(fresh: Opened) -> None:
    """Enter on 'Try it' raises the verdict to what was promised; Undo brings the case back."""
    page = fresh.page
    promised = page.inner_text(".bw .bw-change >> nth=0 >> .bw-reaches").partition(": ")[2]
    page.focus(".bw .bw-change button >> nth=0")
    page.keyboard.press("Enter")
    fresh.wait_for_verdict(promised)
    assert page.evaluate("document.activeElement.closest('.bw') !== null"), "the focus fell out of the panel"
    page.focus(".bw [data-action=undo]")
    page.keyboard.press("Enter")
    fresh.wait_for_verdict("Skimmed")


def test_a_bad_entry_gets_a_sentence_at_its_field(fresh: Opened) -> None:
    """A word where a number belongs is answered beside the field, the verdict stays, and a good number clears it."""
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


def test_a_case_is_saved_and_opened_again(fresh: Opened, tmp_path: Path) -> None:
    """A saved copy brings the case back; a broken file gets a sentence and changes nothing."""
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


def test_what_nobody_knows_starts_as_unknown_and_can_be_told_and_taken_back(opened: Opened) -> None:
    """Each kind of control says "I don't know", gives the verdict when it is told, and goes back to not knowing."""
    page = opened.page
    page.click(".bw [data-action=reset]")
    opened.wait_for_verdict("Between Ignored and Skimmed")
    low = ".bw [data-field=range_low]"
    assert not page.is_visible(f"{low} input[type=range]")
    assert not page.is_visible(".bw [data-chart=amplifier]")
    for field in ("range_low", "range_floor"):
        page.uncheck(f".bw [data-field={field}] [data-is-unknown]")
        page.wait_for_selector(f".bw [data-field={field}] input[type=range]", timeout=PATIENCE)
    opened.wait_for_verdict("Skimmed")
    page.check(".bw [data-field=recommender] input[value=trusted_peer]")
    page.check(".bw [data-field=specifics] input")
    page.check(".bw [data-field=lists_open] input[value=false]")
    page.wait_for_selector(".bw [data-chart=amplifier] .svg-container", timeout=PATIENCE)
    page.check(".bw [data-field=needs] input[value=local]")
    page.wait_for_selector(".bw [data-field=needs] input[value=unknown]:not(:checked)", timeout=PATIENCE)
    page.check(".bw [data-field=needs] input[value=unknown]")
    page.wait_for_selector(".bw [data-field=needs] input[value=local]:not(:checked)", timeout=PATIENCE)
    page.select_option(".bw [data-field=track_record] select", "3")
    opened.wait_for_verdict("File read")
    page.check(f"{low} [data-is-unknown]")
    page.wait_for_selector(f"{low} input[type=range]", state="hidden", timeout=PATIENCE)
    page.wait_for_selector(".bw [data-chart=amplifier]", state="hidden", timeout=PATIENCE)


def test_every_control_is_reached_by_tab_alone(fresh: Opened) -> None:
    """From the first button, Tab visits every shown control of the case in the order of the page."""
    page = fresh.page
    shown = page.evaluate("[...document.querySelectorAll('.bw [data-field]:not([hidden])')].map(place => place.dataset.field)")
    page.focus(".bw [data-action=undo]")
    visited: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.closest('[data-field]')?.dataset.field")
        if name and (not visited or visited[-1] != name):
            visited.append(name)
        if visited[-1:] == shown[-1:]:
            break
    assert visited == shown


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_in_the_panel(fresh: Opened, theme: str) -> None:
    """axe-core has nothing to say of the panel, light or dark, with all its details open."""
    page = fresh.page
    page.click('.lm-MenuBar-itemLabel:text-is("Settings")')
    page.hover('.lm-Menu-itemLabel:text-is("Theme")')
    page.click(f'.lm-Menu-itemLabel:text-is("{theme}")')
    light = str(theme.endswith("Light")).lower()
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached", timeout=PATIENCE)
    page.evaluate("document.querySelectorAll('.bw details').forEach(one => one.open = true)")
    page.wait_for_timeout(300)
    found: dict[str, Any] = Axe().run(page, context=".bw").response
    told = [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found["violations"]]
    assert told == []
    assert len(found["passes"]) > 15, "axe looked at next to nothing"


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_nothing_is_cut_off_at_any_width(fresh: Opened, width: int) -> None:
    """From a phone to a projector, no content is wider than the panel."""
    page = fresh.page
    page.set_viewport_size({"width": width, "height": 800})
    wide = fresh.cut_off()
    page.set_viewport_size({"width": 1280, "height": 800})
    assert wide == []


#: Whether some of the element with the focus can be seen: nothing lies over all of it, and it is inside the window.
IN_SIGHT = """() => {
    const one = document.activeElement;
    const box = (one.closest('.bw-file') ?? one).getBoundingClientRect();
    for (const across of [0.1, 0.5, 0.9]) for (const down of [0.1, 0.5, 0.9]) {
        const top = document.elementFromPoint(box.x + across * box.width, box.y + down * box.height);
        if (!top) continue;
        const around = top.contains(one) && !top.matches('.bw') && top.closest('.bw');
        if (one.contains(top) || around || one.closest('label')?.contains(top)) return true;
    }
    return false;
}"""


@pytest.mark.parametrize(("width", "height"), [(320, 256), (640, 400)])
def test_at_400_percent_zoom_no_control_with_the_focus_is_covered(fresh: Opened, width: int, height: int) -> None:
    """With verdict out of sight and a notice on screen, Tab leads to nothing that lies under them (WCAG 2.4.11)."""
    page = fresh.page
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    page.focus(".bw [data-action=undo]")
    page.keyboard.press("Enter")  # "nothing to undo": a notice
    covered, stops = [], 0
    for _ in range(60):
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.closest('.bw') !== null"):
            break
        stops += 1
        page.evaluate("() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))")
        if not page.evaluate(IN_SIGHT):
            covered.append(page.evaluate("document.activeElement.outerHTML.slice(0, 100)"))
    page.set_viewport_size({"width": 1280, "height": 800})
    assert stops >= 30
    assert covered == []


def test_a_dead_kernel_is_told_in_a_sentence(opened: Opened, lab: Lab) -> None:
    """When the kernel is gone, a move is answered by a calm sentence that says what to do, and nothing breaks."""
    page = opened.page
    sessions = json.loads(page.evaluate(f"fetch('{lab.address}/api/sessions?token=test').then(told => told.text())"))
    (kernel,) = (one["kernel"]["id"] for one in sessions if one["path"].endswith("10_your_case.ipynb"))
    cookie = page.evaluate("document.cookie.match(/_xsrf=([^;]*)/)?.[1] ?? ''")
    page.evaluate(
        "([address, cookie]) => fetch(address, {method: 'DELETE', headers: {'X-XSRFToken': cookie}}).then(told => told.status)",
        [f"{lab.address}/api/kernels/{kernel}?token=test", cookie],
    )
    page.wait_for_timeout(500)
    page.evaluate("document.querySelectorAll('.jp-Dialog button').forEach(one => one.click())")
    page.focus(f".bw {SCORE}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.bw [data-notice]').innerText.includes('Run All Cells')", timeout=PATIENCE)


def test_nothing_left_this_machine_and_nothing_was_complained_of(opened: Opened, lab: Lab) -> None:
    """Through all the tests before, every request went to our own server, no chart could be shared, no error was told."""
    assert opened.hosts - {"-"} == {lab.address.removeprefix("http://")}
    assert opened.page.query_selector("[data-title*='Share' i], [data-title*='cloud' i]") is None
    ours = [told for told in opened.complaints if "kernel" not in told.lower() and "404" not in told]
    assert ours == []


def test_without_a_browser_the_sentence_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no browser, looking for one fails with a sentence, so that the tests fail and do not skip."""
    from backchannel_lib.cli import browser

    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    monkeypatch.setattr(browser, "_usual_places", list)
    with pytest.raises(browser.BrowserMissingError, match="apt-get install chromium"):
        browser.find_chromium()
    assert os.environ.get(browser.VARIABLE) is None
