"""Every chapter in JupyterLab: it starts by itself, fits every width, and contacts no other host.

test_activities.py tests the activities themselves.
"""

from __future__ import annotations

import pytest

from backchannel_lib.activities.tables import load_activities, load_chapters
from backchannel_lib.base.texts import text
from tests.helpers.accessibility import violations
from tests.helpers.lab import PATIENCE, Lab, Window

CHAPTERS = [row.chapter for row in load_chapters() if any(part.chapter == row.chapter for part in load_activities())]
#: Controls of the first activity that one key changes, by kind.
FIRST_CONTROL = ".bw-lesson :is(input[type=radio]:not(:checked), input[type=range], input[type=checkbox], select, summary)"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_comes_alive_and_fits_every_width(window: Window, lab: Lab, chapter: str) -> None:
    """Every activity is there and answers, and axe, the console and the network report nothing."""
    with window.notebook(f"{chapter}.ipynb") as opened:
        page = opened.page
        parts = [row for row in load_activities() if row.chapter == chapter]
        page.wait_for_function(
            "count => document.querySelectorAll('.bw-lesson').length === count", arg=len(parts), timeout=PATIENCE
        )
        opened.wait_until_idle()
        for number, row in enumerate(parts):
            heading = page.locator(".bw-lesson").nth(number).locator("h2").first
            assert heading.text_content() == text(f"activity.{row.activity}.title")
        page.locator(FIRST_CONTROL).first.press("Space")
        opened.settle()
        opened.wait_until_idle()
        page.evaluate("document.querySelectorAll('.bw details').forEach(one => one.open = true)")
        assert violations(page, ".bw") == []
        for width in (360, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            assert opened.cut_off() == [], f"cut off at {width}"
        notices = page.evaluate("[...document.querySelectorAll('[data-notice]')].map(one => one.innerText)")
        assert text("panel.disconnected") not in notices
        assert text("panel.not_understood") not in notices
        assert opened.hosts - {"-"} == {lab.address.removeprefix("http://")}
        assert [error for error in opened.complaints if "404" not in error] == []
