"""The sheet to take away, as activities offer it: shown in place, printed, copied, saved as a page, as text and as calendar."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.activity import Action, Activity, State, saved_file
from backchannel_lib.activities.form import FormField, choices_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import load_not_covered
from backchannel_lib.model.case_files import SHEET_PREFIX
from backchannel_lib.page.html import Markup
from backchannel_lib.page.inputs import text_box
from backchannel_lib.page.sheet import Sheet, sheets_calendar, sheets_html, sheets_text
from backchannel_lib.page.sheet_desk import topics_control

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


@functools.cache
def sheet_fields(*names: str) -> Mapping[str, FormField]:
    """Return what is asked for a sheet alone, by the names of the controls.

    Args:
        *names: Which of ``topics``, ``name`` and ``program``; all of them where none is named.

    Examples:
        >>> list(sheet_fields()), list(sheet_fields("name"))
        (['sheet_topics', 'sheet_name', 'sheet_program'], ['sheet_name'])
    """
    make = {"topics": topics_field, "name": line_field, "program": line_field}
    return {SHEET_PREFIX + name: make[name](SHEET_PREFIX + name, text(f"sheet_desk.{name}")) for name in names or make}


class SheetEntries(NamedTuple):
    """What was entered for a sheet alone, as part of an activity's state.

    Args:
        topics: What the article does not cover and the student has checked.
        name: The student's name.
        program: The program's name.
        in_sight: Whether the sheet is shown.

    Examples:
        >>> SheetEntries().with_value("sheet_name", "  Zoë ").values()
        {'sheet_topics': '', 'sheet_name': 'Zoë', 'sheet_program': ''}
    """

    topics: tuple[str, ...] = ()
    name: str = ""
    program: str = ""
    in_sight: bool = False

    @property
    def open_now(self) -> list[str]:
        """The sections of the page that are open because of it."""
        return ["sheet"] if self.in_sight else []

    @property
    def toggled(self) -> SheetEntries:
        """The same with the sheet shown, or taken away again."""
        return self._replace(in_sight=not self.in_sight)

    def with_value(self, field: str, value: object) -> SheetEntries:
        """Return what a move of one control leads to."""
        changed: dict[str, Any] = {field.removeprefix(SHEET_PREFIX): sheet_fields()[field].read(value)}
        return self._replace(**changed)

    def with_record(self, record: Mapping[str, object], fields: Iterable[str]) -> SheetEntries:
        """Return what a saved record holds of some fields; the others stay."""
        entries = self
        for field in fields:
            if field in record:
                entries = entries.with_value(field, record[field])
        return entries

    def values(self, *names: str) -> dict[str, str]:
        """Return the values of the controls, as `sheet_fields` names them."""
        values = {**self._asdict(), "topics": "|".join(self.topics)}
        return {field: values[field.removeprefix(SHEET_PREFIX)] for field in sheet_fields(*names)}

    def controls(self, *names: str) -> list[Markup]:
        """Return the controls, as `sheet_fields` names them."""
        return [
            topics_control(field, one.label, self.topics)
            if field == "sheet_topics"
            else text_box(field, one.label, getattr(self, field.removeprefix(SHEET_PREFIX)), sends_while_typing=True)
            for field, one in sheet_fields(*names).items()
        ]


def sheet_actions(
    activity: Activity[State], toggled: Callable[[State], State], sheets: Callable[[State], Sequence[Sheet]]
) -> dict[str, Action]:
    """Return what the buttons of a sheet do.

    Args:
        activity: Whose sheet it is; in its ``ui_state`` the section ``sheet`` is open while the sheet is in sight.
        toggled: Returns a state with the sheet shown, or taken away again.
        sheets: Returns the sheets of a state; none while nothing was entered.

    Examples:
        >>> list(sheet_actions(Activity("mine", SheetEntries()), lambda state: state.toggled, lambda _: []))
        ['sheet', 'save_page', 'save_text', 'save_calendar']
    """

    def show(_: object) -> ActionResult:
        activity.commit(toggled(activity.state))
        return {"focus": "sheet"} if "sheet" in activity.ui_state(activity.state)["open"] else {}

    def save(message: Mapping[str, Any]) -> ActionResult:
        made = sheets(activity.state)
        name, write = FILES[str(message["type"])]
        return saved_file(name, write(made)) if made else {"notice": text("sheet_desk.nothing_yet")}

    return {"sheet": show, **dict.fromkeys(FILES, save)}
