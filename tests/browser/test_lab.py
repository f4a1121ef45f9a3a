"""JupyterLab as a reader sees it: what is in its toolbar and its address."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from tests.helpers.lab import Lab, open_and_run


def test_lab_offers_no_voila_no_terminal_and_shows_no_token(reader: BrowserContext, lab: Lab) -> None:
    """Voilà's stock page asks other hosts for scripts, so its button is gone; the address may be on a projector."""
    opened = open_and_run(reader, lab, "00_start_here.ipynb")
    page = opened.page
    toolbar = page.locator(".jp-NotebookPanel-toolbar [data-jp-item-name]")
    names = [name for name in toolbar.evaluate_all("all => all.map(one => one.dataset.jpItemName)") if name]
    assert {"save", "run"} <= set(names)
    assert not [name for name in names if "voila" in name.lower()]
    assert page.locator("[data-command*=voila], [title*='Voil']").count() == 0
    assert "token" not in page.url
    page.click('.lm-MenuBar-itemLabel:text-is("File")')
    page.hover('.lm-Menu-itemLabel:text-is("New")')
    page.wait_for_selector('.lm-Menu-itemLabel:text-is("Notebook")')
    assert page.locator('.lm-Menu-itemLabel:text-is("Terminal"):visible').count() == 0
    assert opened.hosts - {"-"} == {lab.address.split("/")[2]}
    page.close()
