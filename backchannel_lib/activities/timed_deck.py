"""Go through sheets one by one against a clock, as the desk and the drill do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeGuard

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, FormField, Record, choice_field, integer_field
from backchannel_lib.activities.messages import ActionResult, ClockRecord
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import show_if, slot
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.page.inputs import button, clock_button

CLOCK: Final = ("on", "off")


def is_left(left: object, seconds: int) -> TypeGuard[int]:
    """Return whether ``left`` is a possible number of seconds left on a clock that started with ``seconds``.

    Examples:
        >>> is_left(90, 90), is_left(91, 90), is_left(True, 90), is_left("9", 90)
        (True, False, False, False)
    """
    return isinstance(left, int) and not isinstance(left, bool) and 0 <= left <= seconds


class TimedDeck(Form):
    """Sheets in order, the reader's position among them, and whether the clock is on.

    A kind returns the decisions so far in `decided`, implements `head_at`, `clock_of` and `sections`, and sets `time_up`.

    Args:
        row: The activity's row.
        order: The names of the sheets.
        entries: Its other values, by name.
    """

    time_up: str  # the id of the sentence to show when time is up

    def __init__(self, row: ActivityRow, order: list[str], entries: Mapping[str, FormField]) -> None:
        self.order = order
        self.end = len(order) + 1  # 0 is before the first sheet, and this is after the last one
        super().__init__(
            row, {"at": integer_field("at", 0, self.end, 0), "clock": choice_field("clock", CLOCK, default="on"), **entries}
        )

    def on_top(self, state: Record) -> str:
        """Return the current sheet; blank before the first and after the last."""
        return self.order[state["at"] - 1] if 0 < state["at"] < self.end else ""

    def to(self, at: int, **decided: str) -> ActionResult:
        """Go to a sheet and record decisions; going to the end requires at least one decision."""
        if not 0 < at <= self.end:
            return {}
        if at == self.end and not decided and not self.decided(self.state):
            return {"notice": text("lesson.choose_first")}
        self.commit_values(at=at, **decided)
        return {"focus": "summary" if at == self.end else self.head_at(at)}

    def believed(self, state: Record) -> Record:
        """Return a saved state, in which the end requires a decision."""
        if state["at"] == self.end and not self.decided(state):
            return MappingProxyType({**state, "at": 0})
        return state

    # ---- what a kind of deck must implement ----

    def decided(self, state: Record) -> list[str]:
        """Return the sheets with a decision."""
        raise NotImplementedError

    def head_at(self, at: int) -> str:
        """Return the name of a sheet's header fragment."""
        raise NotImplementedError

    def clock_of(self, state: Record) -> ClockRecord:
        """Return the running clock."""
        raise NotImplementedError

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the actions of the buttons and of the clock."""
        return {
            "begin": self._begin,
            "clock": self._clock,
            "next": lambda _: self.to(self.state["at"] + 1),
            "back": lambda _: self.to(self.state["at"] - 1),
            "take": self._take,
            "answers": lambda _: self.to(self.end),
            "time_up": self._time_up,
        }

    def _begin(self, message: Mapping[str, Any]) -> ActionResult:
        self.commit_values(at=1, clock=self.entries["clock"].read(message["value"]))
        return {"focus": self.head_at(1)}

    def _clock(self, message: Mapping[str, Any]) -> ActionResult:
        self.commit_values(clock=self.entries["clock"].read(message["value"]))
        return {"focus": "clock"}

    def _take(self, message: Mapping[str, Any]) -> ActionResult:
        """Put a sheet back on top."""
        return self.to(self.order.index(known_word("take", message["value"], self.order)) + 1)

    def _time_up(self, message: Mapping[str, Any]) -> ActionResult:
        """Say that time is up without changing anything, because time isn't scored."""
        clock = self.clock_of(self.state)
        is_over = clock["run"] and message["value"] == clock["id"] and self.on_top(self.state)
        return {"notice": text(self.time_up)} if is_over else {}

    def clock_lines(self) -> Iterator[str]:
        """Turn the clock off and on, let it run out, and yield the messages for a transcript."""
        for position in CLOCK[::-1]:
            self._begin({"value": position})
            yield self.fragments(self.state)["clock"]
        yield self._time_up({"value": self.clock_of(self.state)["id"]})["notice"]

    # ---- what is on the page ----

    def ui_state(self, state: Record) -> dict[str, Any]:
        """Return which sections are visible, and the clock."""
        return {**super().ui_state(state), "clock": self.clock_of(state)}

    @staticmethod
    def clock_sentence(state: Record) -> str:
        """Return a sentence that says whether the clock is running and that running out doesn't close anything."""
        return text("desk.clock_on" if state["clock"] == "on" else "desk.clock_off")

    @staticmethod
    def dial(now: Iterable[str], sentence: str, name: str, key: str = "", *, beats: bool = False) -> Markup:
        """Return the clock.

        Args:
            now: The visible sections.
            sentence: The sentence from `clock_sentence`.
            name: What the clock is for.
            key: The key that pauses and starts it, or blank.
            beats: Whether it reports its time to Python.
        """
        return show_if(
            "desk",
            now,
            show_if(
                "clock_on",
                now,
                tag("span", name, class_="bw-clock-label"),
                tag("span", class_="bw-clock-face", data_clock_face=True, role="timer", aria_label=name),
                clock_button(text("desk.pause"), "pause", key=key),
                clock_button(text("desk.go"), "go", hidden=True, key=key),
                button(text("desk.off"), "clock", "off"),
                class_="bw-clock-row",
            ),
            show_if("clock_off", now, button(text("desk.on"), "clock", "on")),
            slot("clock", sentence, "span", class_="bw-small"),
            show_if("clock_on", now, tag("div", class_="bw-clock-left"), class_="bw-clock-bar", aria_hidden="true"),
            class_="bw-clock",
            data_clock="on",
            data_saves_clock=beats,
            role="group",
            aria_label=name,
        )
