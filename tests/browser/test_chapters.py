"""Every chapter in a real browser, walked by keyboard alone: predict, reveal, move, answer.

Each notebook is opened and run, and then only keys are pressed. What is tested is what a reader meets: that
everything can be reached and worked, that answers come, that nothing complains, asks another host, or is cut off.
"""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from backchannel_lib.activities.tables import load_activities, load_chapters
from backchannel_lib.base.texts import text
from tests.helpers.lab import GLANCE, PATIENCE, Lab, Opened, Window

CHAPTERS = [row.chapter for row in load_chapters() if any(part.chapter == row.chapter for part in load_activities())]
#: Buttons that a walk does not press, since they take back what it is about, leave files on the machine, or open it to phones.
NOT_PRESSED = {
    "undo",
    "reset",
    "restore",
    "save_case",
    "delete_case",
    "save_bets",
    "delete_bets",
    "save",
    "text",
    "calendar",
    "earlier",
}
NOT_PRESSED |= {"choose", "fresh", "table", "phones_ask", "phones_open", "phones_close"}
#: Buttons that lead through an activity when they are pressed again and again, by its kind.
AGAIN = {"round": "next"}
#: Where each kind of activity tells its answer: at least one of these places has to be filled after the walk.
ANSWERS = ", ".join(
    f"[data-fragment{name}]"
    for name in ("=beside", "^='told.'", "=compared", "=now", "=made", "=told", "=tally", "=why", "=answer", "=missing")
)
#: The key that works each kind of control.
KEYS = {
    "radio": "Space",
    "checkbox": "Space",
    "range": "ArrowRight",
    "select": "ArrowDown",
    "button": "Enter",
    "summary": "Enter",
    "textarea": "x",
}

#: A text is sent DEBOUNCE_MS of the page's settings.js after its last key; the page itself waits, so a busy one waits longer.
WRITTEN = "() => new Promise(done => setTimeout(done, 320))"

LOOK = """() => {
  const one = document.activeElement;
  const part = one.closest('.bw-lesson');
  if (!part) return null;
  const group = one.type === 'radio' ? one.name : '';
  return {
    part: [...document.querySelectorAll('.bw-lesson')].indexOf(part),
    kind: one.localName === 'input' ? one.type : one.localName,
    does: one.dataset.action ?? '', value: one.dataset.value ?? '', clock: one.dataset.clockAction ?? '',
    field: one.closest('[data-field]')?.dataset.field ?? '',
    checked: group ? !!part.querySelector(`input[name="${CSS.escape(group)}"]:checked`) : one.checked === true,
    seen: one.checkVisibility(),
  };
}"""


def walk(opened: Opened, part: int, again: str = "") -> tuple[list[str], bool]:
    """Go through one part by Tab, working each control once by its own key, and one button whenever it comes.

    Returns:
        What was worked, and whether an answer stood there at any time.
    """
    page = opened.page
    opened.settle()
    # An answer that arrives late draws the title anew and takes the focus along, so it has to stay for some frames.
    page.wait_for_function(
        """async part => {
          const title = document.querySelectorAll('.bw-lesson')[part].querySelector('h2');
          title.tabIndex = -1;
          title.focus();
          title.scrollIntoView();
          for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
          return document.activeElement === title;
        }""",
        arg=part,
        polling=GLANCE,
        timeout=PATIENCE,
    )
    worked: list[str] = []
    found = False
    for _ in range(140):
        page.keyboard.press("Tab")
        at = page.evaluate(LOOK)
        if at is None or at["part"] != part:
            break
        assert at["seen"], f"the focus is on something out of sight: {at}"
        name = f"{at['kind']} {at['does'] or at['field'] or at['clock']} {at['value']}".strip()
        if (name in worked and at["does"] != (again or None)) or at["does"] in NOT_PRESSED:
            continue
        worked.append(name)
        if at["kind"] in KEYS and not (at["kind"] == "radio" and at["checked"]):
            # Sliders go to and fro, so that shares that have to add up still do.
            back = at["kind"] == "range" and sum(one.startswith("range") for one in worked) % 2 == 0
            page.keyboard.press("ArrowLeft" if back else KEYS[at["kind"]])
            if at["kind"] == "textarea":
                page.evaluate(WRITTEN)
            opened.settle()
            found = found or answered(page, part)
    return worked, found


def answered(page: Page, part: int) -> bool:
    """Tell whether a part shows an answer."""
    found: bool = page.evaluate(
        """([part, answers]) => [...document.querySelectorAll('.bw-lesson')[part].querySelectorAll(answers)]
            .some(one => one.checkVisibility() && one.innerText.trim() !== "")""",
        [part, ANSWERS],
    )
    return found


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_is_worked_by_keyboard_alone(window: Window, lab: Lab, chapter: str) -> None:
    """Every part of the chapter is reached, worked and answered by keys; axe, console and network are silent."""
    with window.notebook(f"{chapter}.ipynb") as opened:
        work(opened, lab, chapter)


def work(opened: Opened, lab: Lab, chapter: str) -> None:
    """Walk through a chapter, and look at it with axe and at each width."""
    page = opened.page
    parts = [row for row in load_activities() if row.chapter == chapter]
    page.wait_for_function(
        "count => document.querySelectorAll('.bw-lesson').length === count", arg=len(parts), timeout=PATIENCE
    )
    opened.wait_until_idle()
    for number, row in enumerate(parts):
        heading = page.locator(".bw-lesson").nth(number).locator("h2").first
        assert heading.text_content() == text(f"activity.{row.activity}.title")
        assert not (row.kind in {"scenes", "sorting", "questions"} and answered(page, number)), "an answer before a prediction"
        worked, found = walk(opened, number, AGAIN.get(row.kind, ""))
        assert len(worked) >= 3, f"{row.activity}: {worked}"
        assert found, f"{row.activity}: no answer after {worked}"
    opened.wait_until_idle()
    page.evaluate("document.querySelectorAll('.bw details').forEach(one => one.open = true)")
    found: dict[str, Any] = Axe().run(page, context=".bw", options={"resultTypes": ["violations"]}).response
    assert [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found["violations"]] == []
    assert len(found["passes"]) > 15, "axe looked at next to nothing"
    for width in (360, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        for number in range(len(parts)):
            assert opened.cut_off(number) == [], f"{parts[number].activity}: cut off at {width}"
    notices = page.evaluate("[...document.querySelectorAll('[data-notice]')].map(one => one.innerText)")
    assert text("panel.disconnected") not in notices
    assert text("panel.not_understood") not in notices
    assert opened.hosts - {"-"} == {lab.address.removeprefix("http://")}
    assert [told for told in opened.complaints if "404" not in told] == []
