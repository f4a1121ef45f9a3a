"""Describe how a widget answers a page's messages, so that a notebook's outputs show whether the widget works."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.scenes import span
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.possible import UNKNOWN
from backchannel_lib.page.chart_text import figure_in_words
from backchannel_lib.page.html import plain

#: The buttons to press, without those that make sense only on a page, such as saving a file.
BUTTONS: Final = (
    "see",
    "see_survey",
    "see_measured",
    "see_advocates",
    "compare",
    "check",
    "up",
    "on",
    "open",
    "skim",
    "example",
)
#: Guesses for activities that don't list possible ones; for all others, the guess is a verdict.
GUESSES: Final = {"planner": "2", "reply": "no_cv"}
GUESS: Final = "file_read"


class StandIn:
    """A stand-in for a page, which receives a widget's messages instead of a browser.

    It follows the same protocol as a page: every message is numbered JSON, and an answer counts only if it has that number.

    Attributes:
        fragments: Every part of the page, as HTML or text.
        values: The values of the controls.
        marks: The marker's position on each chart, as (x, y).
        answer: The answer to the last message; empty if there was none.

    Examples:
        >>> page = StandIn()
        >>> page.on_msg(lambda _: None)
        >>> page.act(type="hello"), page.told()
        ({}, '')
    """

    comm_id = "stand-in"  # ipywidgets needs this and the methods below

    def __init__(self) -> None:
        self.fragments: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.marks: dict[str, Any] = {}
        self.answer: dict[str, Any] = {}
        self._contents: dict[str, str] = {}
        self._sent = 0
        self._receive: Callable[[dict[str, Any]], None]

    def on_msg(self, receive: Callable[[dict[str, Any]], None]) -> None:
        """Store the function that receives the page's messages."""
        self._receive = receive

    def on_close(self, _: object) -> None:
        """Do nothing, because there is nothing to clean up."""

    def close(self, *_: object, **__: object) -> None:
        """Do nothing, because there is no connection to close."""

    def send(self, data: dict[str, Any], **_: object) -> None:
        """Receive a message from the widget."""
        if data["method"] != "custom":
            return
        message = json.loads(json.dumps(data["content"]))
        if message.get("forget"):
            self.fragments, self.values, self.marks = {}, {}, {}
        self._contents |= message["contents"]
        self.fragments |= {name: self._contents[str(number)] for name, number in message["fragments"].items()}
        self.values |= message.get("values", {})
        self.marks = message.get("marks", self.marks)
        if message.get("seq") == self._sent and message.get("view") == self.comm_id:
            self.answer = message

    def act(self, **message: Any) -> dict[str, Any]:
        """Send a message as a page would, and return the answer; empty if there is none."""
        self._sent += 1
        self.answer = {}
        whole = {**message, "seq": self._sent, "number": self._sent, "view": self.comm_id}
        self._receive({"content": {"data": {"method": "custom", "content": json.loads(json.dumps(whole))}}, "buffers": []})
        return self.answer

    def told(self) -> str:
        """Return the last answer's notice, or its text for screen readers; blank if it has neither."""
        number = self.answer.get("fragments", {}).get("live_text")
        said = self.answer.get("notice") or (self._contents[str(number)] if number is not None else "")
        return plain(said)


def page_lines(activity: Activity[Any], page: StandIn, opening: str) -> Iterator[str]:
    """Move every control and press the buttons of an open activity, using a page's messages, and yield the results.

    Guesses come first, then the buttons that reveal answers. Buttons that did nothing are pressed again at the end.

    Args:
        activity: The activity behind the widget.
        page: The stand-in for the widget's page.
        opening: The HTML that the page opens with.

    Yields:
        The text for screen readers after each move, the content of each chart, and how many controls kept their new values.
    """
    page.act(type="hello")
    guesses = [field for field in activity.fields() if re.search(r"(^|_)guess(_|$)", field)]
    moves = {field: next(iter(activity.positions(field)), GUESSES.get(activity.key, GUESS)) for field in guesses}
    kept = []
    for field, value in moves.items():
        yield from _moved(activity, page, field, value)
        kept.append(page.values.get(field) == value)
    refused = set()
    for button in BUTTONS:
        if not (yield from _pressed(page, opening, button)):
            refused.add(button)
    drawn = dict(_charts(page))
    yield from drawn.values()
    for field in activity.fields():
        others = [value for value in activity.positions(field) if value != page.values.get(field)]
        if field not in moves and others:
            yield from _moved(activity, page, field, others[0])
            kept.append(page.values.get(field) == others[0])
    for button in BUTTONS:
        if button in refused:
            yield from _pressed(page, opening, button)
    yield from [line for chart, line in _charts(page) if line != drawn.get(chart)]
    if kept:
        yield text("page_tour.kept", kept=sum(kept), moved=len(kept))


def _moved(activity: Activity[Any], page: StandIn, field: str, value: object) -> Iterator[str]:
    page.act(type="set", field=field, value=value)
    if announced := page.told():
        yield text("page_tour.moved", label=activity.label(field).rstrip("?"), value=_in_words(field, value), told=announced)


def _in_words(field: str, value: object) -> str:
    return span(field, [value]) if field in Case.fields() and value != UNKNOWN else str(value).replace("_", " ")


def _pressed(page: StandIn, opening: str, name: str) -> Generator[str, None, bool]:
    """Press the last button with this action, if the page has one, and return whether it did something."""
    whole = opening + "".join(page.fragments.values())
    button = next(reversed(re.findall(rf'<button[^>]*data-action="{name}".*?</button>', whole)), "")
    if not button:
        return False
    value, label = (re.search(rf'{attribute}="([^"]*)"', button) for attribute in ("data-value", "aria-label"))
    answer = page.act(type=name, value=html.unescape(value[1]) if value else "")
    changed = len(answer.get("fragments", {}))
    announced = page.told() or text("page_tour.changed", count=changed)
    yield text(
        "page_tour.pressed", label=plain(label[1] if label else button), told=announced if answer else text("page_tour.silent")
    )
    return changed > 0


def _charts(page: StandIn) -> Iterator[tuple[str, str]]:
    """Yield each chart that the page can draw, with its content in words."""
    for name, body in page.fragments.items():
        chart = name.removeprefix("base_figure.")
        if chart != name and body:
            yield chart, text("page_tour.drawn", words=figure_in_words(json.loads(body), page.marks.get(chart)))
