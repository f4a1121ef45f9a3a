"""JupyterLab as readers see it: a chapter runs when it opens, with little around it, and stray keys don't change it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext
from pypdf import PdfReader

from tests.helpers.lab import CLOSE, GLANCE, OPEN, PATIENCE, SIZE, Lab, Opened, open_and_run

CHAPTER = "05_what_moves_the_needle.ipynb"
RECIPES = "13_build_your_own.ipynb"
#: The types and sources of a notebook's cells, from its model, so before anything is saved.
CELLS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
  .map(one => [one.type, one.sharedModel.getSource()])"""
#: How many cells the visible notebook's kernel has run.
EXECUTED = """async () => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const asked = { code: '', silent: true, user_expressions: { count: 'get_ipython().execution_count - 1' } };
  return Number((await kernel.requestExecute(asked).done).content.user_expressions.count.data['text/plain']);
}"""
SIDE_BARS = ".jp-SideBar:visible, #jp-left-stack:visible, #jp-right-stack:visible"
FILE_NAME = "#jp-title-panel-title:visible"
#: Whether all of a notebook's activities are on the page.
ALL_THERE = "count => document.querySelectorAll('.jp-Notebook .bw').length === count"


@pytest.fixture(scope="module")
def opened(reader: BrowserContext, lab: Lab) -> Iterator[Opened]:
    """A chapter that was just opened."""
    opened = open_and_run(reader, lab, CHAPTER)
    opened.page.wait_for_function(ALL_THERE, arg=3, polling=GLANCE, timeout=PATIENCE)
    opened.wait_until_idle()
    yield opened
    opened.page.close()


def move(opened: Opened) -> None:
    """Choose the first answer."""
    opened.page.locator(".bw input[type=radio]").first.check()
    opened.settle()


def test_a_chapter_is_live_when_it_is_opened_and_was_run_once(opened: Opened) -> None:
    """Its first control works, the view is at the top, and each cell was run once."""
    page = opened.page
    assert page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop") == 0
    assert page.evaluate(EXECUTED) == sum(kind == "code" for kind, _ in page.evaluate(CELLS))
    move(opened)
    assert opened.complaints == []


def test_lab_shows_the_chapter_and_little_else(opened: Opened, lab: Lab) -> None:
    """There's no code, toolbar, sidebar, Voilà or terminal, and no token, because the address may be on a projector."""
    page = opened.page
    for name in (".jp-InputArea", ".jp-Placeholder", ".jp-InputPrompt", ".jp-NotebookPanel-toolbar", ".jp-cell-toolbar"):
        assert page.locator(f".jp-NotebookPanel .jp-CodeCell {name}:visible, {name}.jp-Toolbar:visible").count() == 0, name
    assert page.locator(SIDE_BARS).count() == 0
    assert "token" not in page.url
    page.click('.lm-MenuBar-itemLabel:text-is("File")')
    page.hover('.lm-Menu-itemLabel:text-is("New")')
    page.wait_for_selector('.lm-Menu-itemLabel:text-is("Notebook")')
    assert page.locator('.lm-Menu-itemLabel:text-is("Terminal"):visible').count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert opened.hosts - {"-"} == {lab.address.removeprefix("http://")}


def test_prose_and_activities_have_one_look(opened: Opened) -> None:
    """Text has one size, headings one weight and everything one left edge; an exercise's title is smaller than a section's.

    Above it are only menus, without a file name.
    """
    page = opened.page
    sizes = page.evaluate("""() => ['.jp-MarkdownOutput p', '.bw-lead', '.jp-MarkdownOutput h2', '.bw-title'].map(one => {
      const style = getComputedStyle(document.querySelector(one));
      const left = document.createRange();
      left.selectNodeContents(document.querySelector(one));
      return [style.fontSize, style.fontWeight, left.getBoundingClientRect().x];
    })""")
    assert sizes[0] == sizes[1]
    assert sizes[2][1:] == sizes[3][1:]
    assert float(sizes[2][0].removesuffix("px")) > float(sizes[3][0].removesuffix("px")) > float(sizes[0][0].removesuffix("px"))
    assert sizes[0][2] == sizes[2][2]
    assert page.locator(".lm-MenuBar-itemLabel").all_inner_texts() == ["File", "View", "Run", "Kernel", "Settings", "Help"]
    assert page.locator(FILE_NAME).count() == 0
    sources = ".jp-MarkdownOutput strong:text-matches('^\\\\[article')"
    assert page.locator(sources).count() > 5
    assert {*page.locator(sources).evaluate_all("all => all.map(one => getComputedStyle(one).fontWeight)")} == {"400"}
    top = "one => document.querySelector(one).getBoundingClientRect()"
    assert page.evaluate(f"({top})('.jp-WindowedPanel-outer').top") == page.evaluate(f"({top})('#jp-menu-panel').bottom")


def test_a_chapter_prints_as_wide_as_the_paper(opened: Opened) -> None:
    """On paper, an activity is as wide as the prose, without any part of JupyterLab around it."""
    page = opened.page
    page.emulate_media(media="print")
    prose, activity = (
        page.evaluate("one => document.querySelector(one).getBoundingClientRect().width", one)
        for one in (".jp-MarkdownCell", ".bw-lesson")
    )
    page.emulate_media(media="screen")
    assert activity == prose
    printed = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="Letter"))).pages]
    assert len(printed) <= 10
    assert "Skip to" not in "".join(printed)


def test_no_stray_key_and_no_double_click_changes_a_chapter(opened: Opened) -> None:
    """Clicking or double-clicking prose and typing leaves everything unchanged."""
    page = opened.page
    before = page.evaluate(CELLS)
    prose = page.locator(".jp-MarkdownCell p").nth(1)
    prose.click()
    for key in ("a", "b", "v", "d", "d", "x", "m", "y", "r", "1", "z", "Shift+M", "Enter", "q"):
        page.keyboard.press(key)
        assert page.evaluate(CELLS) == before, key
        assert page.locator(".jp-Dialog").count() == 0, key
    prose.dblclick()
    page.keyboard.type("oh")
    page.locator(".bw h2").first.dblclick()
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert page.evaluate(CELLS) == before
    assert page.locator(".jp-MarkdownCell:not(.jp-mod-rendered)").count() == 0
    assert page.locator(".jp-NotebookPanel .cm-editor:visible").count() == 0


def test_a_second_tab_shows_the_same_widgets_and_runs_nothing(opened: Opened, reader: BrowserContext, lab: Lab) -> None:
    """The reader's work is in the second tab, even after the chapter was saved and reloaded."""
    page = opened.page
    done = page.evaluate(EXECUTED)
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    second = open_and_run(reader, lab, CHAPTER)
    second.page.wait_for_function(ALL_THERE, arg=3, polling=GLANCE, timeout=PATIENCE)
    second.wait_until_idle()
    assert second.page.evaluate(EXECUTED) == done
    assert "model not found" not in second.page.inner_text("body")
    assert "auto" in second.page.url, "it has a workspace of its own"
    assert second.page.locator(SIDE_BARS).count() == 0
    assert second.page.locator(FILE_NAME).count() == 0
    move(second)
    second.page.reload()
    second.page.wait_for_function(ALL_THERE, arg=3, polling=GLANCE, timeout=PATIENCE)
    assert second.page.evaluate(EXECUTED) == done
    assert "model not found" not in second.page.inner_text("body")
    second.page.close()


def test_a_dead_kernel_gets_a_message(opened: Opened, lab: Lab) -> None:
    """After the kernel has died, a move gets a calm message that says what to do, and nothing breaks."""
    page = opened.page
    status = page.evaluate(
        """async address => {
      const { id } = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
      const headers = { 'X-XSRFToken': document.cookie.match(/_xsrf=([^;]*)/)?.[1] ?? '' };
      return (await fetch(`${address}/api/kernels/${id}?token=test`, { method: 'DELETE', headers })).status;
    }""",
        lab.address,
    )
    assert status == 204
    page.locator(".bw input[type=radio]:not(:checked)").first.check()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.bw [data-notice]')].some(one => one.innerText.includes('Run All Cells'))",
        polling=GLANCE,
        timeout=PATIENCE,
    )
    assert [error for error in opened.complaints if "kernel" not in error.lower() and "404" not in error] == []


def test_a_users_own_notebook_is_not_run(opened: Opened, lab: Lab) -> None:
    """That's a new one, or a renamed copy of a chapter, which can be edited freely."""
    page = opened.page
    copied: dict[str, Any] = page.evaluate(
        """async path => {
      const { contents } = window.jupyterapp.serviceManager;
      const copy = await contents.copy(path, 'notebooks');
      await window.jupyterapp.commands.execute('docmanager:open', { path: copy.path });
      await window.jupyterapp.shell.currentWidget.sessionContext.ready;
      return copy;
    }""",
        f"notebooks/{CHAPTER}",
    )
    page.wait_for_timeout(1500)
    assert page.evaluate(EXECUTED) == 0
    written = json.loads((Path(lab.folder) / copied["path"]).read_text(encoding="utf-8"))
    assert "backchannel" not in written["metadata"]
    assert not [cell for cell in written["cells"] if {"editable", "deletable"} & set(cell["metadata"])]
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    moved = lab.folder / "notebooks" / "moved.ipynb"  # with everything in it, like a file manager's copy
    moved.write_bytes((lab.folder / "my_work" / "chapters" / CHAPTER).read_bytes())
    page.evaluate("window.jupyterapp.commands.execute('docmanager:open', { path: 'notebooks/moved.ipynb' })")
    page.wait_for_function("window.jupyterapp.shell.currentWidget?.context?.path === 'notebooks/moved.ipynb'")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.ready")
    page.wait_for_timeout(1000)
    assert page.evaluate(EXECUTED) == 0
    assert not page.evaluate("window.jupyterapp.shell.currentWidget.hasClass('bw-reading')")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def test_a_saved_chapter_opens_the_next_day_static_and_then_comes_alive(opened: Opened, lab: Lab) -> None:
    """With a new kernel the saved outputs show their static version, never an error, and the workbook's file is unchanged."""
    original = lab.folder / "notebooks" / CHAPTER
    before = original.read_bytes()
    saved = lab.folder / "my_work" / "chapters" / CHAPTER
    assert original.read_bytes() == before
    notebook = json.loads(saved.read_text(encoding="utf-8"))
    kinds = {kind for cell in notebook["cells"] for one in cell.get("outputs", []) for kind in one.get("data", {})}
    assert "text/html" in kinds
    assert "application/vnd.jupyter.widget-view+json" not in kinds
    page = opened.page
    page.add_init_script(
        "new MutationObserver(() => { window.seen ||= document.body?.innerText.includes('model not found'); })"
        ".observe(document, { childList: true, subtree: true });"
    )
    page.evaluate(CLOSE)
    page.goto(f"{lab.address}/lab/tree/notebooks/{CHAPTER}?token=test")
    page.wait_for_function(ALL_THERE, arg=3, polling=GLANCE, timeout=PATIENCE)
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.reload()
    page.wait_for_function(ALL_THERE, arg=3, polling=GLANCE, timeout=PATIENCE)
    assert not page.evaluate("window.seen")


def test_recipes_keep_their_code_and_a_teachers_change(opened: Opened, lab: Lab) -> None:
    """Chapter 13 runs too, with visible code. A teacher's edit is saved, and doesn't run by itself later."""
    original = (lab.folder / "notebooks" / RECIPES).read_bytes()
    page = opened.page
    page.evaluate(CLOSE)
    page.evaluate(OPEN, f"notebooks/{RECIPES}")
    opened.wait_until_live()
    assert page.locator(".jp-CodeCell .cm-editor:visible").count() > 0
    opened.wait_until_idle()
    page.evaluate("""async () => {
      const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
      [...content.model.cells].find(one => one.type === 'code').sharedModel.setSource('mine = 1');
      await window.jupyterapp.commands.execute('docmanager:save');
      await sessionContext.shutdown();
    }""")
    page.reload()
    page.wait_for_selector(".jp-CodeCell .cm-editor:has-text('mine = 1')", timeout=PATIENCE)
    opened.wait_until_idle()
    page.wait_for_timeout(1000)
    assert page.evaluate(EXECUTED) == 0
    assert (lab.folder / "notebooks" / RECIPES).read_bytes() == original


def test_recipes_can_be_read_on_a_phone(opened: Opened) -> None:
    """No line of code or output is cut off, and no word that would fit on a line is broken."""
    page = opened.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(CLOSE)
    page.evaluate(OPEN, "notebooks/14_a_class.ipynb")
    recipes = sum(kind == "code" for kind, _ in page.evaluate(CELLS))
    page.wait_for_function(f"async count => await ({EXECUTED})() === count", arg=recipes, polling=GLANCE, timeout=PATIENCE)
    opened.wait_until_idle()
    # JupyterLab takes cells out of the page while they are out of sight, so all three must be there at once.
    look = page.wait_for_function(
        """parts => {
          const found = parts.map(part => document.querySelector(part));
          if (!found.every(Boolean)) return null;
          const [output, cell, prompt] = found.map(one => getComputedStyle(one));
          return [output.wordBreak, cell.textAlign, prompt.display];
        }""",
        arg=[".jp-OutputArea-output pre", ".dataframe td", ".jp-CodeCell .jp-InputPrompt"],
        polling=GLANCE,
        timeout=PATIENCE,
    ).json_value()
    assert look == ["normal", "left", "none"]
    cut = page.evaluate("""() => [...document.querySelectorAll('.jp-CodeCell .cm-scroller, .jp-OutputArea-output pre')]
      .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText.slice(0, 80))""")
    assert cut == []
    page.set_viewport_size(SIZE)
