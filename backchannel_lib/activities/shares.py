"""A hundred points to share out, before one sees how the article's chart shares them."""

from __future__ import annotations

import json
from typing import Any

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Form, Record, whole, yes_or_no
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.texts import say
from backchannel_lib.model.tables import load_decides
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.charts import Figure, bars_of_two
from backchannel_lib.page.components import basis, picture, table
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.inputs import button, slider

WHOLE = 100


class Shares(Form):
    """What decides, in the reader's shares.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/decides.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.rows = load_decides()
        even = WHOLE // len(self.rows)
        shares = {row.factor: whole(row.factor, 0, WHOLE, even, say(f"factor.{row.factor}")) for row in self.rows}
        super().__init__(part, {**shares, "seen": yes_or_no("seen")})

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"compare": self._compare}

    def _sum(self, state: Record) -> int:
        return sum(int(state[row.factor]) for row in self.rows)

    def _compare(self, _: object) -> dict[str, Any]:
        if self.errors:  # what stands in a box is not what is counted
            return {"notice": next(iter(self.errors.values()))}
        if self._sum(self.state) != WHOLE:
            return {"notice": self._left(self.state)}
        self.go_with(seen=True)
        return {"focus": "compared"}

    def _left(self, state: Record) -> str:
        left = WHOLE - self._sum(state)
        if left == 0:
            return say("shares.whole")
        return say("shares.left", left=left) if left > 0 else say("shares.over", over=-left)

    def parts(self, state: Record) -> dict[str, str]:
        """Give what is left to share, and once the reader compares, the article's shares beside."""
        left = self._left(state)
        return {"left": left, "spoken": left, "compared": self._compared(state) if state["seen"] else ""}

    def later_parts(self, state: Record) -> dict[str, str]:
        """Give the two charts beside each other."""
        if not state["seen"]:
            return {}
        return {"ground.shares": json.dumps(self._figure(state)), "name.shares": self._spoken(state)}

    def about(self, state: Record) -> dict[str, Any]:
        """Tell which sections are in sight."""
        return {"open": ["compared"] if state["seen"] else []}

    def _figure(self, state: Record) -> Figure:
        return bars_of_two(
            [say(f"factor.{row.factor}") for row in self.rows],
            (say("lesson.you"), [int(state[row.factor]) for row in self.rows]),
            (say("guess.article"), [row.share for row in self.rows]),
            say("shares.axis"),
        )

    def _spoken(self, state: Record) -> str:
        pairs = [f"{say(f'factor.{row.factor}')}: {state[row.factor]}, {row.share}" for row in self.rows]
        return say("shares.spoken", pairs="; ".join(pairs))

    def _compared(self, state: Record) -> str:
        rows = [(say(f"factor.{row.factor}"), state[row.factor], row.share) for row in self.rows]
        furthest = max(self.rows, key=lambda row: abs(int(state[row.factor]) - row.share))
        gap = int(state[furthest.factor]) - furthest.share
        word = "shares.same" if gap == 0 else "shares.more" if gap > 0 else "shares.less"
        return join(
            tag("p", say(word, factor=say(f"factor.{furthest.factor}"), gap=abs(gap)), class_="bw-kind"),
            tag("div", table(say("shares.title"), (say("table.what"), say("lesson.you"), say("guess.article")), rows)),
            tag("p", say("shares.caution"), class_="bw-ours"),
            basis("shares", [claim for row in self.rows for claim in row.claims]),
        )

    def page(self) -> str:
        """Give the whole page."""
        parts = self.parts(self.state)
        return frame(
            self.part,
            [slider(row.factor, say(f"factor.{row.factor}"), (0, WHOLE), self.state[row.factor]) for row in self.rows],
            place("left", parts["left"], "p", class_="bw-summary"),
            tag("div", button(say("lesson.compare"), "compare"), class_="bw-toolbar"),
            opening(
                "compared",
                self.about(self.state)["open"],
                place("compared", parts["compared"], class_="bw-told"),
                picture("shares", say("shares.title"), say("shares.caption"), self._spoken(self.state), ""),
            ),
        )

    def tour(self) -> str:
        """Move every slider to both ends and to the article's share, compare, and tell what is said; then go back."""
        start, lines = self.state, []
        for row in self.rows:
            for share in (0, WHOLE, row.share):
                self.put(**{row.factor: share})
                lines.append(f"{say(f'factor.{row.factor}')} {share}: {self._left(self.state)}")
        self._compare({})
        lines.append(say("shares.same") if say("shares.same") in self.parts(self.state)["compared"] else "?")
        self.go(start)
        return "\n".join(lines)
