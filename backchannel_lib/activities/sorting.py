"""Things to sort onto heaps, before one sees what the article makes of them."""

from __future__ import annotations

from typing import Any

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Form, Record, one_word, yes_or_no
from backchannel_lib.activities.tables import ItemRow, PartRow, load_choices, load_items
from backchannel_lib.base.texts import say
from backchannel_lib.page.activity_page import frame, place
from backchannel_lib.page.components import basis, paired
from backchannel_lib.page.html import tag
from backchannel_lib.page.inputs import button, radios


class Sorting(Form):
    """Items and heaps; each item may fit several heaps.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/items.csv, data/choices.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.items = [row for row in load_items() if row.part == part.part]
        self.choices = [row.choice for row in load_choices() if row.part == part.part]
        labels = {row.item: say(f"item.{row.item}.text") for row in self.items}
        entries = {row.item: one_word(row.item, self.choices, labels[row.item]) for row in self.items}
        super().__init__(part, {**entries, "seen": yes_or_no("seen")})

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"compare": self._compare}

    def _compare(self, _: object) -> dict[str, Any]:
        if not any(self.state[row.item] for row in self.items):
            return {"notice": say("lesson.choose_first")}
        self.go_with(seen=True)
        return {"focus": "summary"}

    def parts(self, state: Record) -> dict[str, str]:
        """Give what is told of each item once the reader has compared."""
        told = {f"told.{row.item}": self._told_of(row, state) if state["seen"] else "" for row in self.items}
        alike = sum(state[row.item] in row.fits for row in self.items)
        summary = say("sorting.summary", alike=alike, total=len(self.items)) if state["seen"] else ""
        return {**told, "summary": summary, "spoken": summary}

    def _told_of(self, row: ItemRow, state: Record) -> str:
        mine = state[row.item]
        ours = say("lesson.or").join(self._name(choice) for choice in row.fits)
        verdict = "lesson.unsaid" if not mine else "lesson.alike" if mine in row.fits else "lesson.unlike"
        if row.rule and verdict == "lesson.unlike":
            verdict = "lesson.by_rule"
        return tag(
            "div",
            paired(
                (say("lesson.you"), self._name(mine) if mine else say("lesson.nothing_yet")),
                (say("lesson.article_or_ours"), ours),
                (say("lesson.so"), say(verdict)),
            ),
            tag("p", say(f"item.{row.item}.why")),
            basis(f"item-{row.item}", row.claims, (row.ours,) if row.ours else ()),
            class_="bw-told",
        )

    def _name(self, choice: str) -> str:
        return say(f"choice_of.{self.part.part}.{choice}")

    def page(self) -> str:
        """Give the whole page."""
        parts = self.parts(self.state)
        options = [(choice, self._name(choice)) for choice in self.choices]
        return frame(
            self.part,
            place("summary", parts["summary"], "p", class_="bw-summary"),
            [
                tag(
                    "div",
                    radios(row.item, say(f"item.{row.item}.text"), options, self.state[row.item], row=True),
                    place(f"told.{row.item}", parts[f"told.{row.item}"]),
                    class_="bw-item",
                )
                for row in self.items
            ],
            tag("div", button(say("lesson.compare"), "compare"), class_="bw-toolbar"),
        )

    @property
    def text(self) -> str:
        """Title, lead, the items and the heaps."""
        lines = [super().text, say("sorting.heaps", heaps=", ".join(self._name(choice) for choice in self.choices))]
        return "\n".join(lines + [f"- {say(f'item.{row.item}.text')}" for row in self.items])

    def tour(self) -> str:
        """Put every item on every heap, compare, and tell what comes out."""
        lines = []
        for row in self.items:
            fitting = []
            for choice in self.choices:
                self.put(**{row.item: choice, "seen": True})
                told = self.parts(self.state)[f"told.{row.item}"]
                if say("lesson.alike") in told:
                    fitting.append(self._name(choice))
                self.undo()
            lines.append(f"{say(f'item.{row.item}.text')}\n   {say('lesson.or').join(fitting)}. {say(f'item.{row.item}.why')}")
        return "\n".join(lines)
