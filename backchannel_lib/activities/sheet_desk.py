"""Add the one-page sheet to activities: readers view, print or copy it, or save it as a page, as text or as a calendar."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.activity import Action, Activity, State, saved_file
from backchannel_lib.activities.form import FormField, choices_field, text_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import load_not_covered
from backchannel_lib.model.case_files import SHEET_PREFIX
from backchannel_lib.page.html import Markup
from backchannel_lib.page.inputs import text_box
from backchannel_lib.page.sheet import Sheet, sheets_calendar, sheets_html, sheets_text
from backchannel_lib.page.sheet_desk import topics_control

LONGEST: Final = 80  # characters in a name

#: The name and format of each file, by the button that saves it.
FILES: Final[Mapping[str, tuple[str, Callable[[Sequence[Sheet]], str]]]] = {
    "save_page": ("my_sheet.html", sheets_html),
    "save_text": ("my_sheet.txt", sheets_text),
    "save_calendar": ("my_next_steps.ics", sheets_calendar),
}


def line_field(field: str, label: str = "") -> FormField:
    """Return a field for one short line of text, with extra spaces removed.

    Examples:
        >>> line_field("name").read("  A.   Student ")
        'A. Student'
    """
    return text_field(field, LONGEST, label)


def topics_field(field: str, label: str = "") -> FormField:
    """Return a field for the topics outside the article that the student has checked.

    Examples:
        >>> topics_field("topics").read("img|couples")
        ('img', 'couples')
    """
    return choices_field(field, [row.topic for row in load_not_covered()], label)


@functools.cache
def sheet_fields(*names: str) -> Mapping[str, FormField]:
    """Return the fields that only a sheet uses, by the names of their controls.

    Args:
        *names: Any of ``topics``, ``name`` and ``program``; all of them if empty.

    Examples:
        >>> list(sheet_fields()), list(sheet_fields("name"))
        (['sheet_topics', 'sheet_name', 'sheet_program'], ['sheet_name'])
    """
    make = {"topics": topics_field, "name": line_field, "program": line_field}
    return {SHEET_PREFIX + name: make[name](SHEET_PREFIX + name, text(f"sheet_desk.{name}")) for name in names or make}


class SheetEntries(NamedTuple):
    """The entries that only a sheet uses, as part of an activity's state.

    Args:
        topics: The topics outside the article that the student has checked.
        name: The student's name.
        program: The program's name.
        in_sight: Whether the sheet is visible.

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
        """The sections of the page that are open for the sheet."""
        return ["sheet"] if self.in_sight else []

    @property
    def toggled(self) -> SheetEntries:
        """The same entries with the sheet shown or hidden again."""
        return self._replace(in_sight=not self.in_sight)

    def with_value(self, field: str, value: object) -> SheetEntries:
        """Return the entries after one control moves."""
        changed: dict[str, Any] = {field.removeprefix(SHEET_PREFIX): sheet_fields()[field].read(value)}
        return self._replace(**changed)

    def with_record(self, record: Mapping[str, object], fields: Iterable[str]) -> SheetEntries:
        """Return the entries with some fields replaced from a saved record."""
        entries = self
        for field in fields:
            if field in record:
                entries = entries.with_value(field, record[field])
        return entries

    def values(self, *names: str) -> dict[str, str]:
        """Return the values of the controls, by the names in `sheet_fields`."""
        values = {**self._asdict(), "topics": "|".join(self.topics)}
        return {field: values[field.removeprefix(SHEET_PREFIX)] for field in sheet_fields(*names)}

    def controls(self, *names: str) -> list[Markup]:
        """Return the controls, by the names in `sheet_fields`."""
        return [
            topics_control(field, one.label, self.topics)
            if field == "sheet_topics"
            else text_box(field, one.label, getattr(self, field.removeprefix(SHEET_PREFIX)), sends_while_typing=True)
            for field, one in sheet_fields(*names).items()
        ]


def sheet_actions(
    activity: Activity[State], toggled: Callable[[State], State], sheets: Callable[[State], Sequence[Sheet]]
) -> dict[str, Action]:
    """Return the actions of a sheet's buttons.

    Args:
        activity: The sheet's activity; its ``ui_state`` lists the section ``sheet`` as open while the sheet is visible.
        toggled: Returns a state with the sheet shown or hidden again.
        sheets: Returns the sheets for a state; none if the reader hasn't entered anything.

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
