"""The callers to put in order, before the article's table and its chart appear beside one's own order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.critique.model import tables_differ
from backchannel_lib.activities.form import Form, Record, words_of, yes_or_no
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import say
from backchannel_lib.model.case import RECOMMENDERS
from backchannel_lib.model.tables import load_callers
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.components import basis, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button

#: An order that is nobody's, to begin with: neither the article's nor the alphabet's.
FIRST: Final = ("random_dean", "self", "known_dean", "unconnected_faculty", "trusted_peer", "subspecialist")


class CallersOrder(Form):
    """Six callers in the reader's order.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/callers.csv.
    """

    def __init__(self, part: PartRow) -> None:
        order = words_of("order", FIRST)._replace(default="|".join(FIRST))
        super().__init__(part, {"order": order, "seen": yes_or_no("seen")})

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"up": self._up, "down": self._down, "compare": self._compare}

    def _up(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return self._shift(str(message["value"]), -1)

    def _down(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return self._shift(str(message["value"]), 1)

    def _shift(self, caller: str, by: int) -> dict[str, Any]:
        order = self._order(self.state)
        if caller not in order:
            raise CaseError("order", "level", caller, levels=", ".join(order))
        to = order.index(caller) + by
        if 0 <= to < len(order):
            order.remove(caller)
            order.insert(to, caller)
            self.go_with(order="|".join(order))
        return {}

    def _compare(self, _: object) -> dict[str, Any]:
        self.go_with(seen=True)
        return {"focus": "compared"}

    @staticmethod
    def _order(state: Record) -> list[str]:
        return [name for name in str(state["order"]).split("|") if name]

    def parts(self, state: Record) -> dict[str, str]:
        """Give the order, and once the reader compares, the article's two tables beside it."""
        order = self._order(state)
        moved = say("order.spoken", order=", ".join(say(f"short.recommender.{name}") for name in order))
        return {
            "order": tag("ol", [self._line(name, at, len(order)) for at, name in enumerate(order)], class_="bw-order"),
            "compared": self._compared(order) if state["seen"] else "",
            "spoken": moved,
        }

    @staticmethod
    def _line(name: str, at: int, count: int) -> Markup:
        text = say(f"level.recommender.{name}")
        return tag(
            "li",
            tag("span", f"{at + 1}", class_="bw-count"),
            tag("span", text, class_="bw-order-name"),
            button("↑", "up", name, name=say("order.up", name=text), disabled=at == 0),
            button("↓", "down", name, name=say("order.down", name=text), disabled=at == count - 1),
        )

    @staticmethod
    def _compared(order: list[str]) -> Markup:
        rows = []
        for at, row in enumerate(load_callers()):
            mine = order.index(row.recommender)
            rows.append(
                (
                    say(f"level.recommender.{row.recommender}"),
                    say("order.place", place=mine + 1) + (" ✓" if mine == at else ""),
                    f"{row.table_row}: {say(f'level.impact.{row.impact}')}" if row.table_row else say("order.not_there"),
                    f"{row.chart_row}: {row.weight}" if row.chart_row else say("order.not_there"),
                )
            )
        alike = sum(order.index(name) == at for at, name in enumerate(RECOMMENDERS))
        claims = dict.fromkeys(claim for row in load_callers() for claim in row.claims)
        ours = dict.fromkeys(row.ours for row in load_callers() if row.ours)
        head = (say("table.caller"), say("order.yours"), say("table.impact"), say("table.weight"))
        return join(
            tag("p", say("order.alike", alike=alike, total=len(RECOMMENDERS)), class_="bw-kind"),
            tag("div", table(say("chart.callers.title"), head, rows), class_="bw-numbers"),
            tag("h3", say("order.mismatch")),
            tag("ul", [tag("li", row.words) for row in tables_differ() if not row.same], class_="bw-list"),
            basis("order", claims, ours),
        )

    def page(self) -> str:
        """Give the whole page."""
        parts = self.parts(self.state)
        return frame(
            self.part,
            place("order", parts["order"]),
            tag("div", button(say("lesson.compare"), "compare"), class_="bw-toolbar"),
            opening("compared", ["compared"], place("compared", parts["compared"], class_="bw-told")),
        )

    @property
    def text(self) -> str:
        """The title and the order as it is."""
        order = [f"{at}. {say(f'level.recommender.{name}')}" for at, name in enumerate(self._order(self.state), start=1)]
        return "\n".join([say(f"part.{self.part.part}.title"), *order])

    def tour(self) -> str:
        """Move every caller to the article's place, telling how many stand where the article has them."""
        start, lines = self.state, []
        for at, name in enumerate(RECOMMENDERS):
            while self._order(self.state).index(name) > at:
                self._up({"value": name})
            order = self._order(self.state)
            alike = sum(order.index(one) == place for place, one in enumerate(RECOMMENDERS))
            lines.append(f"{say(f'level.recommender.{name}')}: {say('order.alike', alike=alike, total=len(RECOMMENDERS))}")
        self.go(start)
        return "\n".join(lines)
