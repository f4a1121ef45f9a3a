"""Distribute a hundred points among what decides, then see how the article's chart distributes them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from backchannel_lib.activities.form import Record, integer_field
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import load_decides
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.charts import Figure, bars_of_two
from backchannel_lib.page.components import chart_panel, citations, table
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.inputs import button, slider, toolbar

WHOLE = 100


class Shares(GuessForm):
    """The reader's shares for what decides (data/decides.csv).

    Args:
        row: The activity's row.
    """

    action, focus, section = "compare", "compared", "compared"

    def __init__(self, row: ActivityRow) -> None:
        self.rows = load_decides()
        even = WHOLE // len(self.rows)
        labels = {one.factor: text(f"factor.{one.factor}") for one in self.rows}
        super().__init__(row, {factor: integer_field(factor, 0, WHOLE, even, label) for factor, label in labels.items()})

    def _sum(self, state: Record) -> int:
        return sum(state[row.factor] for row in self.rows)

    def missing(self, state: Record, _step: str = "") -> str:
        """Return what is wrong, or how many points are left to distribute, not counting rejected entries."""
        if self.errors:
            return next(iter(self.errors.values()))
        return "" if self._sum(state) == WHOLE else self._left(state)

    def _left(self, state: Record) -> str:
        left = WHOLE - self._sum(state)
        if left == 0:
            return text("shares.whole")
        return text("shares.left", left=left) if left > 0 else text("shares.over", over=-left)

    def fragments(self, state: Record) -> dict[str, str]:
        """Return how many points are left to distribute and, once the reader compares, the article's shares."""
        left = self._left(state)
        return {"left": left, "live_text": left, "compared": self._compared(state) if self.is_seen(state) else ""}

    def deferred_fragments(self, state: Record) -> dict[str, str]:
        """Return the two charts side by side."""
        if not self.is_seen(state):
            return {}
        return {"base_figure.shares": json.dumps(self._figure(state)), "alt_text.shares": self._alt_text(state)}

    def _figure(self, state: Record) -> Figure:
        return bars_of_two(
            [self.label(row.factor) for row in self.rows],
            (text("lesson.you"), [state[row.factor] for row in self.rows]),
            (text("guess.article"), [row.share for row in self.rows]),
            text("shares.axis"),
        )

    def _alt_text(self, state: Record) -> str:
        pairs = [f"{self.label(row.factor)}: {state[row.factor]}, {row.share}" for row in self.rows]
        return text("shares.spoken", pairs="; ".join(pairs))

    def _compared(self, state: Record) -> str:
        rows = [(self.label(row.factor), state[row.factor], row.share) for row in self.rows]
        furthest = max(self.rows, key=lambda row: abs(state[row.factor] - row.share))
        gap = state[furthest.factor] - furthest.share
        word = "shares.same" if gap == 0 else "shares.more" if gap > 0 else "shares.less"
        return join(
            tag("p", text(word, factor=self.label(furthest.factor), gap=abs(gap)), class_="bw-kind"),
            tag("div", table(text("shares.title"), (text("table.what"), text("lesson.you"), text("guess.article")), rows)),
            tag("p", text("shares.caution"), class_="bw-ours"),
            citations("shares", [claim for row in self.rows for claim in row.claims]),
        )

    def page(self) -> str:
        """Return the whole page."""
        parts = self.fragments(self.state)
        return activity_page(
            self.key,
            [
                slider(row.factor, self.label(row.factor), (0, WHOLE), self.state[row.factor], is_guess=True)
                for row in self.rows
            ],
            slot("left", parts["left"], "p", class_="bw-summary"),
            toolbar(button(text("lesson.compare"), "compare")),
            show_if(
                "compared",
                self.sections(self.state),
                slot("compared", parts["compared"], class_="bw-told"),
                chart_panel("shares", text("shares.title"), text("shares.caption"), self._alt_text(self.state), ""),
            ),
        )

    def transcript_lines(self) -> Iterator[str]:
        """Move every slider to both ends and to the article's share, compare, and yield the answers."""
        for row in self.rows:
            for share in (0, WHOLE, row.share):
                self.update(**{row.factor: share})
                yield f"{self.label(row.factor)} {share}: {self._left(self.state)}"
        self.see()
        yield text("shares.same") if text("shares.same") in self.fragments(self.state)["compared"] else "?"
