"""What a widget answers to the messages that a page sends, as text: so that a notebook's outputs show whether it answers."""

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

#: The buttons that are pressed: those that only a page has any use for, such as to save a file, are left out.
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
#: A guess, where an activity does not list them: for all others it is a verdict.
GUESSES: Final = {"planner": "2", "reply": "no_cv"}
GUESS: Final = "file_read"


class StandIn:
    """Stands in for a page: a widget's messages come here instead of to a browser.

    It speaks as a page does: every message is JSON and has a number, and an answer counts only if it names that number.

    Attributes:
        fragments: Every part of the page, as HTML or text.
        values: The values of the controls.
        marks: Where the marker of each chart is, as (x, y).
        answer: What came as the answer to the last message; blank if nothing came.
    """

    comm_id = "stand-in"  # what ipywidgets asks of a connection, with the methods below

    def __init__(self) -> None:
        self.fragments: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.marks: dict[str, Any] = {}
        self.answer: dict[str, Any] = {}
        self._contents: dict[str, str] = {}
        self._sent = 0
        self._receive: Callable[[dict[str, Any]], None]

    def on_msg(self, receive: Callable[[dict[str, Any]], None]) -> None:
        """Take note of where the page's messages go."""
        self._receive = receive

    def on_close(self, _: object) -> None:
        """Nothing is to be done when the widget closes."""

    def close(self, *_: object, **__: object) -> None:
        """Nothing is to be closed."""

    def send(self, data: dict[str, Any], **_: object) -> None:
        """Take a message from the widget."""
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
        """Send a message, as a page would, and return its answer; blank if none came."""
        self._sent += 1
        self.answer = {}
        whole = {**message, "seq": self._sent, "number": self._sent, "view": self.comm_id}
        self._receive({"content": {"data": {"method": "custom", "content": json.loads(json.dumps(whole))}}, "buffers": []})
        return self.answer

    def told(self) -> str:
        """Return what the last answer reads out, or why nothing was done; blank if nothing is said."""
        number = self.answer.get("fragments", {}).get("live_text")
        said = self.answer.get("notice") or (self._contents[str(number)] if number is not None else "")
        return plain(said)


def page_lines(activity: Activity[Any], page: StandIn, opening: str) -> Iterator[str]:
    """Move every control and press the buttons of an open activity, with a page's messages, and yield what came of it.

    Guesses come first, and then the buttons that show what was guessed; a button that was refused is pressed again at the end.

    Args:
        activity: The activity, whose widget answers.
        page: What stands in for the page of that widget.
        opening: The HTML that the page opens with.

    Yields:
        What is read out after each move, what each chart draws, and how many controls kept what they were set to.
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
    if told := page.told():
        yield text("page_tour.moved", label=activity.label(field).rstrip("?"), value=_in_words(field, value), told=told)


def _in_words(field: str, value: object) -> str:
    return span(field, [value]) if field in Case.fields() and value != UNKNOWN else str(value).replace("_", " ")


def _pressed(page: StandIn, opening: str, name: str) -> Generator[str, None, bool]:
    """Press the last button of this name, if the page has one, and say whether it did something."""
    whole = opening + "".join(page.fragments.values())
    button = next(reversed(re.findall(rf'<button[^>]*data-action="{name}".*?</button>', whole)), "")
    if not button:
        return False
    value, label = (re.search(rf'{attribute}="([^"]*)"', button) for attribute in ("data-value", "aria-label"))
    answer = page.act(type=name, value=html.unescape(value[1]) if value else "")
    changed = len(answer.get("fragments", {}))
    told = page.told() or text("page_tour.changed", count=changed)
    yield text(
        "page_tour.pressed", label=plain(label[1] if label else button), told=told if answer else text("page_tour.silent")
    )
    return changed > 0


def _charts(page: StandIn) -> Iterator[tuple[str, str]]:
    """Yield each chart that the page can draw, with all that it draws."""
    for name, body in page.fragments.items():
        chart = name.removeprefix("base_figure.")
        if chart != name and body:
            yield chart, text("page_tour.drawn", words=figure_in_words(json.loads(body), page.marks.get(chart)))


def plain(body: str) -> str:
    """Return HTML as plain text in a line.

    Examples:
        >>> plain("<b>Show</b> me &amp; you")
        'Show me & you'
    """
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())
