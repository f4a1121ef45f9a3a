"""Keep track of the messages that an activity has received from its page and sent to it.

Messages can get lost. They are numbered in both directions, so either side notices a missing one when the next one arrives. An
answer is recorded only after it was sent, so the content of a failed answer is sent again.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from backchannel_lib.activities.messages import ShowMessage
from backchannel_lib.base.formatting import printable

Arrival: TypeAlias = Literal["in_order", "after_gap", "outdated"]

OLDEST: Final = 1000  # how far behind a message can be; a number even further behind starts a new count
MOST_VIEWS: Final = 64  # how many views to keep count of; a view that drops out gets everything again


@dataclass
class Shown:
    """What we have sent to the page.

    Args:
        contents: The number of each content that the page stores.
        values: The last value of each key in an answer; fragments and values have prefixes.
        complete: Whether everything was sent; otherwise the next answer includes everything.
    """

    contents: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    complete: bool = False

    def copy(self) -> Shown:
        """Return a copy to modify while building an answer."""
        return Shown(self.contents.copy(), self.values.copy(), self.complete)

    def is_new(self, name: str, value: object) -> bool:
        """Record a value, and return whether it differs from the previous one.

        Examples:
            >>> shown = Shown()
            >>> shown.is_new("exam", "step2ck"), shown.is_new("exam", "step2ck")
            (True, False)
        """
        known = self.values.get(name, ...) == value
        self.values[name] = value
        return not known


class Delivery:
    """Counts the messages of each view and the answers, and records what the page has.

    Examples:
        >>> delivery = Delivery()
        >>> [delivery.arrival({"type": "undo", "view": "v", "number": number}) for number in (1, 2, 2, 4)]
        ['in_order', 'in_order', 'outdated', 'after_gap']
    """

    def __init__(self) -> None:
        self.shown = Shown()
        self.greeted = False  # whether a page has sent a hello
        self._numbers = itertools.count(1)
        self._contents = itertools.count()
        self._received: dict[str, int] = {}  # view -> number of its latest message

    def arrival(self, message: Mapping[str, Any]) -> Arrival:
        """Return whether a message follows the previous one from the same view.

        Args:
            message: A message checked by `backchannel_lib.activities.messages.read_message`.

        Returns:
            ``outdated`` for a repeat or a message that arrives after a later one; ``after_gap`` if an earlier one is missing.
        """
        view, number = message.get("view"), message.get("number")
        if view is None or number is None:
            return "in_order"
        last = self._received.pop(view, 0)
        outdated = last - OLDEST < number <= last
        self._received[view] = last if outdated else number
        if len(self._received) > MOST_VIEWS:
            del self._received[next(iter(self._received))]
        if outdated:
            return "outdated"
        return "in_order" if number == last + 1 else "after_gap"

    def number_of(self, body: str, shown: Shown, contents: dict[int, str]) -> int:
        """Return the number of a content, adding a new one to ``contents``. Numbers are never reused."""
        number = shown.contents.get(body)
        if number is None:
            number = shown.contents[body] = next(self._contents)
            contents[number] = printable(body)
        return number

    def stamp(self, answer: ShowMessage, message: Mapping[str, Any]) -> ShowMessage:
        """Number an answer, and add the action and the view that it answers."""
        answer["number"] = self.next_number()
        seq, view = message.get("seq"), message.get("view")
        if isinstance(seq, int):
            answer["seq"] = seq
        if isinstance(view, str):
            answer["view"] = printable(view)
        if "notice" in answer:
            answer["notice"] = printable(answer["notice"])
        return answer

    def next_number(self) -> int:
        """Return the number of the next answer; if that answer isn't sent, the page sees a gap."""
        return next(self._numbers)
