"""Every activity in a real browser, using only the keyboard: predict, reveal, move, answer.

Each has its own page, because keys are much slower in JupyterLab. test_chapters.py tests whole chapters there.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from backchannel_lib.activities.tables import ActivityRow, load_activities
from backchannel_lib.base.texts import text
from backchannel_lib.notebook.widget import open_activity
from tests.helpers.lab import SIZE
from tests.helpers.panel_page import PanelPage

#: Buttons not to press, because they undo the test's own steps, save files, or open the computer to phones.
NOT_PRESSED = {
    "undo",
    "reset",
    "restore",
    "save_case",
    "save_own",
    "delete_case",
    "save_bets",
    "delete_bets",
    "save",
    "text",
    "calendar",
    "earlier",
}
NOT_PRESSED |= {"choose", "fresh", "table", "phones_ask", "phones_open", "phones_close"}
#: Buttons that lead through an activity if pressed repeatedly, by its kind.
AGAIN = {"round": "next"}
#: The parts with each kind's answer. At least one of them has to be filled afterward.
ANSWERS = ", ".join(
    f"[data-fragment{name}]"
    for name in ("=beside", "^='told.'", "=compared", "=now", "=made", "=told", "=tally", "=why", "=answer", "=missing")
)
#: The key that changes each kind of control.
KEYS = {
    "radio": "Space",
    "checkbox": "Space",
    "range": "ArrowRight",
    "select": "ArrowDown",
    "button": "Enter",
    "summary": "Enter",
    "textarea": "x",
}

#: Text is sent DEBOUNCE_MS (in settings.js) after its last key. The page does the waiting, so a busy page waits longer.
WRITTEN = "() => new Promise(done => setTimeout(done, 320))"

LOOK = """() => {
  const one = document.activeElement;
  const part = one.closest('.bw-lesson');
  if (!part) return null;
  const group = one.type === 'radio' ? one.name : '';
  return {
    kind: one.localName === 'input' ? one.type : one.localName,
    does: one.dataset.action ?? '', value: one.dataset.value ?? '', clock: one.dataset.clockAction ?? '',
    field: one.closest('[data-field]')?.dataset.field ?? '',
    checked: group ? !!part.querySelector(`input[name="${CSS.escape(group)}"]:checked`) : one.checked === true,
    seen: one.checkVisibility(),
  };
}"""


def walk(opened: PanelPage, again: str = "") -> tuple[list[str], bool]:
    """Go through an activity with Tab, using each control once with its own key, and one button each time it appears.

    Returns:
        The controls used, and whether an answer was ever on screen.
    """
    page = opened.page
    opened.settle()
    worked: list[str] = []
    found = False
    for _ in range(140):
        page.keyboard.press("Tab")
        at = page.evaluate(LOOK)
        if at is None:
            break
        assert at["seen"], f"the focus is on something out of sight: {at}"
        name = f"{at['kind']} {at['does'] or at['field'] or at['clock']} {at['value']}".strip()
        if (name in worked and at["does"] != (again or None)) or at["does"] in NOT_PRESSED:
            continue
        worked.append(name)
        if at["kind"] in KEYS and not (at["kind"] == "radio" and at["checked"]):
            # Sliders move back and forth, so that shares still add up.
            back = at["kind"] == "range" and sum(one.startswith("range") for one in worked) % 2 == 0
            page.keyboard.press("ArrowLeft" if back else KEYS[at["kind"]])
            if at["kind"] == "textarea":
                page.evaluate(WRITTEN)
            opened.settle()
            found = found or answered(page)
    return worked, found


def answered(page: Page) -> bool:
    """Return whether the activity shows an answer."""
    found: bool = page.evaluate(
        "answers => [...document.querySelectorAll(answers)].some(one => one.checkVisibility() && one.innerText.trim() !== '')",
        ANSWERS,
    )
    return found


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[PanelPage]:
    """One page for all activities."""
    context = browser.new_context(viewport=SIZE, accept_downloads=True)
    yield PanelPage(context.new_page())
    context.close()


@pytest.mark.independent
@pytest.mark.parametrize("row", load_activities(), ids=lambda row: row.activity)
def test_an_activity_can_be_used_with_the_keyboard_alone(opened: PanelPage, row: ActivityRow) -> None:
    """Keys reach and work every control, and an answer appears, but never before a prediction."""
    opened.show(open_activity(row))
    page = opened.page
    assert page.locator(".bw-lesson h2").first.text_content() == text(f"activity.{row.activity}.title")
    assert not (row.kind in {"scenes", "sorting", "questions"} and answered(page)), "an answer before a prediction"
    worked, found = walk(opened, AGAIN.get(row.kind, ""))
    assert len(worked) >= 3, worked
    assert found, f"no answer after {worked}"
    notices = page.evaluate("[...document.querySelectorAll('[data-notice]')].map(one => one.innerText)")
    assert text("panel.disconnected") not in notices
    assert text("panel.not_understood") not in notices
    assert opened.complaints == []
