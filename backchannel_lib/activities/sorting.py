"""Things to sort onto heaps, before one sees what the article makes of them."""

from __future__ import annotations

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, Record, boolean_field, choice_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow, ItemRow, load_choices, load_items
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import activity_page, slot
from backchannel_lib.page.components import citations, paired
from backchannel_lib.page.html import tag
from backchannel_lib.page.inputs import button, radios


class Sorting(Form):
    """Items and heaps; each item may fit several heaps.

    Args:
        part: Its row in data/activities.csv.

    Source:
        data/items.csv, data/choices.csv.
    """

    def __init__(self, part: ActivityRow) -> None:
        self.items = [row for row in load_items() if row.activity == part.activity]
        self.choices = [row.choice for row in load_choices() if row.activity == part.activity]
        labels = {row.item: text(f"item.{row.item}.text") for row in self.items}
        entries = {row.item: choice_field(row.item, self.choices, labels[row.item]) for row in self.items}
        super().__init__(part, {**entries, "seen": boolean_field("seen")})

    def actions(self) -> dict[str, Action]:
        """Give what the buttons do."""
        return {"compare": self._compare}

    def _compare(self, _: object) -> ActionResult:
        if not any(self.state[row.item] for row in self.items):
            return {"notice": text("lesson.choose_first")}
        self.commit_values(seen=True)
        return {"focus": "summary"}

    def fragments(self, state: Record) -> dict[str, str]:
        """Give what is told of each item once the reader has compared."""
        told = {f"told.{row.item}": self._told_of(row, state) if state["seen"] else "" for row in self.items}
        alike = sum(state[row.item] in row.fits for row in self.items)
        summary = text("sorting.summary", alike=alike, total=len(self.items)) if state["seen"] else ""
        return {**told, "summary": summary, "live_text": summary}

    def _told_of(self, row: ItemRow, state: Record) -> str:
        mine = state[row.item]
        ours = text("lesson.or").join(self._name(choice) for choice in row.fits)
        verdict = "lesson.unsaid" if not mine else "lesson.alike" if mine in row.fits else "lesson.unlike"
        if row.rule and verdict == "lesson.unlike":
            verdict = "lesson.by_rule"
        return tag(
            "div",
            paired(
                (text("lesson.you"), self._name(mine) if mine else text("lesson.nothing_yet")),
                (text("lesson.article_or_ours"), ours),
                (text("lesson.so"), text(verdict)),
            ),
            tag("p", text(f"item.{row.item}.why")),
            citations(f"item-{row.item}", row.claims, (row.assumption,) if row.assumption else ()),
            class_="bw-told",
        )

    def _name(self, choice: str) -> str:
        return text(f"choice_of.{self.row.activity}.{choice}")

    def page(self) -> str:
        """Give the whole page."""
        parts = self.fragments(self.state)
        options = [(choice, self._name(choice)) for choice in self.choices]
        return activity_page(
            self.key,
            slot("summary", parts["summary"], "p", class_="bw-summary"),
            [
                tag(
                    "div",
                    radios(row.item, text(f"item.{row.item}.text"), options, self.state[row.item], row=True),
                    slot(f"told.{row.item}", parts[f"told.{row.item}"]),
                    class_="bw-item",
                )
                for row in self.items
            ],
            tag("div", button(text("lesson.compare"), "compare"), class_="bw-toolbar"),
        )

    @property
    def text(self) -> str:
        """Title, lead, the items and the heaps."""
        lines = [super().text, text("sorting.heaps", heaps=", ".join(self._name(choice) for choice in self.choices))]
        return "\n".join(lines + [f"- {text(f'item.{row.item}.text')}" for row in self.items])

    def transcript(self) -> str:
        """Put every item on every heap, compare, and tell what comes out."""
        lines = []
        for row in self.items:
            fitting = []
            for choice in self.choices:
                self.update(**{row.item: choice, "seen": True})
                told = self.fragments(self.state)[f"told.{row.item}"]
                if text("lesson.alike") in told:
                    fitting.append(self._name(choice))
                self.undo()
            lines.append(
                f"{text(f'item.{row.item}.text')}\n   {text('lesson.or').join(fitting)}. {text(f'item.{row.item}.why')}"
            )
        return "\n".join(lines)
