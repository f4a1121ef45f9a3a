"""The form for your own cases in a real browser: errors appear at their fields, and a saved case can be played."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from backchannel_lib import open_activity
from backchannel_lib.base.texts import text
from backchannel_lib.workshop import deck
from backchannel_lib.workshop.own_cases.cases import CASES, NAME, REQUIRED, TEXTS
from tests.helpers.accessibility import violations
from tests.helpers.lab import GLANCE, SIZE
from tests.helpers.panel_page import PanelPage

#: Each test has its own folder for a facilitator's files.
pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.mark.slow
def test_a_case_is_written_rejected_completed_saved_and_changed_by_keyboard(browser: Browser, own_folder: Path) -> None:
    """Each missing text has its message, the first gets the focus, the preview follows, and the file has what was typed."""
    context = browser.new_context(viewport=SIZE)
    form = PanelPage(context.new_page())
    page = form.page
    form.show(open_activity("own_cases"))
    page.press(".bw-own-fold > summary", "Enter")

    def write(name: str, words: str) -> None:
        page.focus(f"[data-field={name}] :is(input, textarea)")
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(words)
        page.keyboard.press("Tab")
        form.settle()

    def says(notice: str) -> None:
        page.wait_for_function(
            "words => document.querySelector('[data-notice]').innerText.includes(words)", arg=notice, polling=GLANCE
        )

    write("title", "The night shift")
    write("file", "She asked for nights.")
    page.focus("[data-action=save_own]")
    page.keyboard.press("Enter")
    says(text("own_case.column.contact"))
    form.settle()
    for name in REQUIRED:
        error = page.inner_text(f"[data-field={name}] .bw-error")
        assert ("is blank" in error) == (name not in {"title", "file"}), name
    assert page.evaluate("document.activeElement.closest('[data-field]').dataset.field") == "contact"
    assert not (own_folder / NAME).exists()

    for name in REQUIRED[2:]:
        write(name, f"{name.title()} <i>& more</i>.")
    assert "She asked for nights." in page.inner_text("[data-fragment=story]")
    assert "Contact <i>& more</i>." in page.inner_text("[data-fragment=story]")
    page.check("[data-field=first] input")
    page.focus("[data-action=save_own]")
    page.keyboard.press("Enter")
    says("The night shift")
    form.settle()
    (case,) = CASES.saved().rows
    assert (case.title, case.texts["contact"], case.first) == ("The night shift", "Contact <i>& more</i>.", True)
    assert deck.first_files() == (case.key,)
    assert page.locator("[data-field] .bw-error").filter(has_text="is blank").count() == 0

    write("title", "x" * (TEXTS["title"] + 1))
    page.click("[data-action=save_own]")
    says(text("own_case.column.title"))
    assert CASES.saved().rows == (case,)
    page.click(".bw-own-fold > summary")
    page.click(f"[data-action=edit][data-value={case.key}]")
    form.settle()
    assert page.evaluate("document.activeElement.checkVisibility()"), "the form opens for what is edited"
    assert page.input_value("[data-field=title] input") == "The night shift"
    assert violations(page, skipped=["page-has-heading-one"]) == []  # the chapter has the title
    assert form.cut_off() == []
    assert form.complaints == []
    context.close()
