"""Put the callers in order, then compare your order with the article's table and chart."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record, choices_field
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import RECOMMENDERS
from backchannel_lib.model.tables import load_callers
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.components import bullets, citations, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, toolbar

#: The starting order, which is neither the article's order nor alphabetical.
FIRST: Final = ("random_dean", "self", "known_dean", "unconnected_faculty", "trusted_peer", "subspecialist")


class CallersOrder(GuessForm):
    """The six callers of data/callers.csv in the reader's order.

    Args:
        row: The activity's row.
    """

    action, focus, section = "compare", "compared", "compared"

    def __init__(self, row: ActivityRow) -> None:
        super().__init__(row, {"order": choices_field("order", FIRST, default=FIRST)})

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        up, down = (functools.partial(self._shift, by=by) for by in (-1, 1))
        return {**super().actions(), "up": up, "down": down}

    def _shift(self, message: Mapping[str, Any], by: int) -> ActionResult:
        order = list(self.state["order"])
        caller = known_word("order", message["value"], order)
        to = order.index(caller) + by
        if 0 <= to < len(order):
            order.remove(caller)
            order.insert(to, caller)
            self.commit_values(order=tuple(order))
        return {}

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the order and, once the reader compares, the article's two tables next to it."""
        order = state["order"]
        moved = text("order.spoken", order=", ".join(text(f"short.recommender.{name}") for name in order))
        return {
            "order": tag("ol", [self._line(name, at, len(order)) for at, name in enumerate(order)], class_="bw-order bw-guess"),
            "compared": self._compared(order) if self.is_seen(state) else "",
            "live_text": moved,
        }

    @staticmethod
    def _line(name: str, at: int, count: int) -> Markup:
        caller = text(f"level.recommender.{name}")
        return tag(
            "li",
            tag("span", f"{at + 1}", class_="bw-count"),
            tag("span", caller, class_="bw-order-name"),
            button("↑", "up", name, name=text("order.up", name=caller), disabled=at == 0),
            button("↓", "down", name, name=text("order.down", name=caller), disabled=at == count - 1),
        )

    @staticmethod
    def _compared(order: tuple[str, ...]) -> Markup:
        rows, sources = [], []
        for at, row in enumerate(load_callers()):
            caller, mine = text(f"level.recommender.{row.recommender}"), order.index(row.recommender)
            place = text("order.place", place=mine + 1) + (" ✓" if mine == at else "")
            rows.append((caller, place, row.in_table, row.in_chart))
            sources.append((caller, citations(f"order-{row.recommender}", row.claims, (row.assumption,))))
        head = (text("table.caller"), text("order.yours"), text("table.impact"), text("table.weight"))
        return join(
            tag("p", _alike(order), class_="bw-kind"),
            tag("div", table(text("chart.callers.title"), head, rows), class_="bw-numbers"),
            tag("h3", text("order.mismatch")),
            bullets(row.sentence for row in load_callers() if row.relation != "same"),
            bullets(sources),
        )

    def page(self) -> str:
        """Return the whole page."""
        parts = self.fragments(self.state)
        return activity_page(
            self.key,
            tag("p", text("paper.order", count=len(RECOMMENDERS)), class_="bw-on-paper", hidden=True),
            slot("order", parts["order"]),
            toolbar(button(text("lesson.compare"), "compare")),
            show_if("compared", self.sections(self.state), slot("compared", parts["compared"], class_="bw-told")),
        )

    @property
    def text(self) -> str:
        """The title and the current order."""
        order = [f"{at}. {text(f'level.recommender.{name}')}" for at, name in enumerate(self.state["order"], start=1)]
        return "\n".join([self.title, *order])

    def transcript_lines(self) -> Iterator[str]:
        """Move every caller to the article's position, and report how many are in the right place."""
        for at, name in enumerate(RECOMMENDERS):
            while self.state["order"].index(name) > at:
                self._shift({"value": name}, -1)
            yield f"{text(f'level.recommender.{name}')}: {_alike(self.state['order'])}"


def _alike(order: tuple[str, ...]) -> str:
    """Say how many callers are where the article has them."""
    in_place = sum(mine == theirs for mine, theirs in zip(order, RECOMMENDERS, strict=True))
    return text("order.alike", alike=in_place, total=len(RECOMMENDERS))
