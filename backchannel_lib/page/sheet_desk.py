"""The part of a page that shows the one-page sheet, with its buttons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import load_not_covered
from backchannel_lib.page.components import unfolding
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checks, toolbar
from backchannel_lib.page.sheet import Sheet, sheet_pages, sheets_text


def sheet_desk(open_now: Iterable[str], fragment: str, *controls: object, heading: str = "h2", leads_on: bool = True) -> Markup:
    """Return the section for making, viewing, printing, copying and saving a sheet.

    Args:
        open_now: The sections that are open at first; this one is called ``sheet``.
        fragment: The content of the fragment ``sheet``.
        *controls: Questions that only the sheet asks.
        heading: The tag of its heading.
        leads_on: Whether its button is the page's main button, which is filled.

    Examples:
        >>> sheet_desk([], "").count("<button")
        6
    """
    is_open = "sheet" in open_now
    return tag(
        "section",
        tag(heading, text("sheet_desk.title")),
        tag("p", text("sheet_desk.lead"), class_="bw-lead"),
        *controls,
        toolbar(button(text("sheet_desk.show"), "sheet"), alike=not leads_on),
        tag(
            "div",
            toolbar(
                _page_button("print", text("sheet_desk.print")),
                _page_button(
                    "copy", text("sheet_desk.copy"), done=text("sheet_desk.copied"), failed=text("sheet_desk.not_copied")
                ),
                button(text("sheet_desk.save_page"), "save_page"),
                button(text("sheet_desk.save_text"), "save_text"),
                button(text("sheet_desk.save_calendar"), "save_calendar"),
                alike=True,
            ),
            tag("div", Markup(fragment), data_fragment="sheet"),
            data_open="sheet",
            hidden=not is_open,
        ),
        class_="bw-wide bw-sheet-desk",
    )


def _page_button(does: str, label: str, *, done: str = "", failed: str = "") -> Markup:
    """Return a button that the page handles without Python; it then shows ``done`` or ``failed``."""
    return tag("button", label, type="button", data_page_action=does, data_done=done or None, data_failed=failed or None)


def sheet_fragment(sheets: Sequence[Sheet]) -> Markup:
    """Return sheets for display, with their text to copy, or a sentence if nothing has been entered yet.

    Examples:
        >>> "bw-paper" in sheet_fragment([])
        False
    """
    if not sheets:
        example = tag("span", text("sheet_desk.example"), class_="bw-screen")  # the example doesn't print
        return tag("p", text("sheet_desk.nothing_yet"), " ", example, class_="bw-nothing-yet")
    label = text("sheet_desk.as_text")
    box = tag(
        "textarea",
        sheets_text(sheets),
        readonly=True,
        rows=12,
        class_="bw-text",
        data_sheet_text=True,
        aria_label=label,
        data_lm_suppress_shortcuts="true",
    )
    return join(tag("div", sheet_pages(sheets), class_="bw-paper"), unfolding("sheet-text", label, box))


def topics_control(field: str, label: str, value: Sequence[str]) -> Markup:
    """Return checkboxes for the topics that the article doesn't cover.

    Examples:
        >>> "COMLEX" in topics_control("topics", "Any of these?", ())
        True
    """
    return checks(field, label, [(row.topic, text(f"not_covered.{row.topic}.name")) for row in load_not_covered()], value)
