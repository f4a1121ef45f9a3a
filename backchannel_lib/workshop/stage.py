"""The stage: the workshop as a full-screen page that shows one part at a time, from the room's server or on the site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.texts import text
from backchannel_lib.page.frontend import STATIC
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.workshop.run_plan.activity import KEYS, keys

CHAPTER: Final = "12_workshop"
#: Its styles, and the script that switches between its pages.
STYLE: Final = STATIC / "stage.css"
SCRIPT: Final = STATIC / "stage.js"


def stage_parts() -> list[str]:
    """Return the activities for the room in order, leaving out the forms and the questions, which are for the facilitator.

    Examples:
        >>> stage_parts()
        ['run_plan', 'round', 'drill', 'room_questions']
    """
    rows = [row for row in load_activities() if row.chapter == CHAPTER and row.kind != "questions"]
    return [row.activity for row in rows if not row.kind.startswith("own_")]


def stage_bar(opens: str, *beside: object) -> Markup:
    """Return the bar at the top: the title, and a button with its key for each page and for full screen.

    Args:
        opens: The part on screen at first.
        *beside: Elements between the title and the buttons.

    Examples:
        >>> stage_bar("round").count("<button"), stage_bar("round").count("aria-current")
        (5, 1)
    """
    buttons = [
        _bar_button(
            text(f"stage.page.{part}"),
            text(f"stage.key.{part}"),
            data_part=part,
            aria_current="page" if part == opens else None,
        )
        for part in stage_parts()
    ]
    fill = _bar_button(text("stage.fill"), text("stage.fill_key"))
    return tag(
        "header",
        tag("h1", text("stage.title"), class_="stage-title"),
        *beside,
        tag("nav", buttons, fill, class_="stage-pages", aria_label=text("stage.pages")),
        class_="stage-bar",
    )


def keys_dialog(shown: Iterable[str] = KEYS) -> Markup:
    """Return the list of all keys of a window, which ``?`` opens and closes.

    Examples:
        >>> keys_dialog().startswith('<dialog id="stage-keys"')
        True
    """
    close = tag("button", text("stage.keys_close"), type="button", id="stage-keys-close")
    return tag(
        "dialog", tag("h2", text("run_plan.keys")), keys(shown), close, id="stage-keys", aria_label=text("run_plan.keys")
    )


def _bar_button(name: str, key: str, **attributes: object) -> Markup:
    """Return a button with a key, like the panels' buttons."""
    hint = tag("kbd", key, aria_hidden="true")
    return tag("button", name, hint, type="button", data_key=key, aria_keyshortcuts=key, **attributes)
