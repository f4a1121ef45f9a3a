"""The sheet in a real browser: printed from its page, and copied as text."""

from __future__ import annotations

import io
import unicodedata

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from backchannel_lib.base.texts import text
from tests.helpers.lab import PATIENCE, SIZE, Opened
from tests.helpers.network import Network


@pytest.fixture
def opened(your_case: tuple[Opened, Network]) -> Opened:
    """Chapter 10 in JupyterLab."""
    opened, network = your_case
    network.restore()
    opened.page.set_viewport_size(SIZE)
    return opened


def printed(page: Page, paper: str) -> list[str]:
    """Print the page, and return the words on each sheet of paper."""
    return [
        " ".join(unicodedata.normalize("NFKC", sheet.extract_text()).split())
        for sheet in PdfReader(io.BytesIO(page.pdf(format=paper))).pages
    ]


def test_the_example_is_never_printed(opened: Opened) -> None:
    """Before the reader enters anything, a form prints in place of the example, and the chapter's prose prints completely."""
    opened.page.dispatch_event(".bw [data-action=reset]", "click")  # it may have nothing to do
    opened.wait_for_verdict("Between Ignored and Skimmed")
    words = " ".join(printed(opened.page, "Letter"))
    assert "Between Ignored and Skimmed" not in words
    assert text("field.range_low.label") in words
    opened.page.click(".bw [data-action=sheet]")
    opened.page.wait_for_selector(".bw-sheet-desk .bw-nothing-yet", timeout=PATIENCE)
    assert not opened.page.locator(".bw-sheet-desk [data-page-action=print]").is_visible(), "there is nothing to print"
    opened.page.click(".bw [data-action=sheet]")
    assert "Three sentences to take with you" in words
    assert "Everything as text" in words


@pytest.mark.parametrize("paper", ["Letter", "A4"])
def test_the_printed_page_is_the_sheet_of_the_student_s_own_case(opened: Opened, paper: str) -> None:
    """It's one page with the entered case, the rule first, and nothing from JupyterLab or the chapter."""
    page = opened.page
    page.dispatch_event(".bw [data-action=reset]", "click")  # it may have nothing to do
    opened.settle()  # a box that is already checked wouldn't change
    page.check(".bw [data-field=recommender] input[value=known_dean]")
    page.check(".bw [data-field=specifics] input")
    page.check(".bw [data-field=sheet_topics] input[value=img]")
    page.fill(".bw [data-field=sheet_name] input", "Zoë Student")
    page.fill(".bw [data-field=sheet_program] input", "Mercy General")  # and prints while the box still has the focus
    page.wait_for_function("document.querySelector('.bw-print')?.textContent.includes('Mercy General')", timeout=PATIENCE)
    page.wait_for_function("document.querySelector('.bw-print')?.textContent.includes('IMGs')", timeout=PATIENCE)
    opened.wait_until_idle()
    verdict = opened.verdict()
    (words,) = printed(page, paper)
    assert words.startswith("One page for my dean's office")
    for part in ("Zoë Student", "Mercy General", verdict, "interview IMGs", "residencyadvisor.com"):
        assert part in words
    assert words.index("The NRMP's rule") < words.index("What the article would expect")
    assert "Three sentences" not in words


def test_the_sheet_is_shown_in_place_and_copied_as_text(opened: Opened) -> None:
    """The clipboard has the sheet's plain text."""
    page = opened.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.check(".bw [data-field=recommender] input[value=subspecialist]")
    page.click(".bw [data-action=sheet]")
    page.wait_for_selector(".bw-sheet-desk .bw-paper", timeout=PATIENCE)
    page.click(".bw [data-page-action=copy]")
    page.wait_for_function("document.querySelector('.bw [data-notice]').innerText.startsWith('Copied')", timeout=PATIENCE)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.replace("\r", "") == page.input_value(".bw [data-sheet-text]")
    assert "NEXT STEPS" in copied
    with page.expect_download() as download:
        page.click(".bw [data-action=save_calendar]")
    assert download.value.suggested_filename.endswith(".ics")
    assert "BEGIN:VEVENT" in download.value.path().read_text()


def test_a_copy_made_right_after_a_change_has_the_change(opened: Opened) -> None:
    """It waits for the change's answer instead of taking the sheet from before."""
    page = opened.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.check(".bw [data-field=recommender] input[value=subspecialist]")
    opened.settle()
    if not page.locator(".bw-sheet-desk .bw-paper").is_visible():
        page.click(".bw [data-action=sheet]")
        page.wait_for_selector(".bw-sheet-desk .bw-paper", timeout=PATIENCE)
    opened.settle()
    page.evaluate("""() => {
      document.querySelector('.bw [data-field=recommender] input[value=known_dean]').click();
      document.querySelector('.bw [data-page-action=copy]').click();
    }""")
    page.wait_for_function("document.querySelector('.bw [data-notice]').innerText.startsWith('Copied')", timeout=PATIENCE)
    opened.settle()
    copied = page.evaluate("navigator.clipboard.readText()").replace("\r", "")
    assert text("level.recommender.known_dean") in copied
    assert copied == page.input_value(".bw [data-sheet-text]")
