"""The sheet to take away, as activities offer it: shown in place, printed, copied, saved as a page, as text and as calendar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from backchannel_lib.activities.activity import Action, saved_file
from backchannel_lib.activities.form import FormField, choices_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import load_not_covered
from backchannel_lib.page.sheet import Sheet, sheets_calendar, sheets_html, sheets_text

LONGEST: Final = 80  # characters of a name

#: What a file is called and how it is written, by the button that saves it.
FILES: Final[Mapping[str, tuple[str, Callable[[Sequence[Sheet]], str]]]] = {
    "save_page": ("my_sheet.html", sheets_html),
    "save_text": ("my_sheet.txt", sheets_text),
    "save_calendar": ("my_next_steps.ics", sheets_calendar),
}


def line_field(field: str, label: str = "") -> FormField:
    """Make a field that holds one short line of text, without needless spaces.

    Examples:
        >>> line_field("name").read("  A.   Student ")
        'A. Student'
    """

    def read(value: object) -> str:
        line = " ".join(str(value).split())
        if not isinstance(value, str) or len(line) > LONGEST:
            raise CaseError(field, "too_long", value, high=LONGEST)
        return line

    return FormField("", read, label)


def topics_field(field: str, label: str = "") -> FormField:
    """Make a field that holds what the article does not cover and the student has checked.

    Examples:
        >>> topics_field("topics").read("img|couples")
        ('img', 'couples')
    """
    return choices_field(field, [row.topic for row in load_not_covered()], label)


def sheet_actions(show: Action, sheets: Callable[[], Sequence[Sheet]]) -> dict[str, Action]:
    """Return what the buttons of a sheet do.

    Args:
        show: Shows the sheet, or takes it away again.
        sheets: Returns the sheets; none while nothing was entered.

    Examples:
        >>> list(sheet_actions(lambda _: {}, list))
        ['sheet', 'save_page', 'save_text', 'save_calendar']
    """

    def save(message: Mapping[str, Any]) -> ActionResult:
        made = sheets()
        name, write = FILES[str(message["type"])]
        return saved_file(name, write(made)) if made else {"notice": text("sheet_desk.nothing_yet")}

    return {"sheet": show, **dict.fromkeys(FILES, save)}
