"""Sort things into groups, then see what the article says about them."""

from __future__ import annotations

from collections.abc import Iterator

from backchannel_lib.activities.form import Record
from backchannel_lib.activities.guess import Items
from backchannel_lib.activities.tables import ActivityRow, load_choices, load_items
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import activity_page, slot
from backchannel_lib.page.components import blank_table, citations, description_list
from backchannel_lib.page.html import tag
from backchannel_lib.page.inputs import button, radios, toolbar


class Sorting(Items):
    """Items to sort (data/items.csv) into groups (data/choices.csv); several groups can be right for an item.

    Args:
        row: The activity's row.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.items = {item.item: item for item in load_items() if item.activity == row.activity}
        self.choices = [choice.choice for choice in load_choices() if choice.activity == row.activity]
        super().__init__(row, {name: text(f"item.{name}.text") for name in self.items}, self.choices)

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the answer to each item once the reader has compared."""
        same = sum(state[name] in item.fits for name, item in self.items.items())
        summary = text("sorting.summary", alike=same, total=len(self.items)) if self.is_seen(state) else ""
        placed = text("sorting.made", made=len(self.chosen(state)), total=len(self.items))
        return {**self.answers(state), "summary": summary, "placed": placed, "live_text": summary}

    def answer(self, name: str, state: Record) -> str:
        """Return the reader's choice next to the article's, with the reason."""
        item, mine = self.items[name], state[name]
        verdict = "lesson.unsaid" if not mine else "lesson.alike" if mine in item.fits else "lesson.unlike"
        if item.rule and verdict == "lesson.unlike":
            verdict = "lesson.by_rule"
        return tag(
            "div",
            description_list(
                (text("lesson.you"), self._name(mine) if mine else text("lesson.nothing_yet")),
                (text("lesson.article_or_ours"), text("lesson.or").join(self._name(choice) for choice in item.fits)),
                (text("lesson.so"), text(verdict)),
            ),
            tag("p", text(f"item.{name}.why")),
            citations(f"item-{name}", item.claims, (item.assumption,)),
            class_="bw-told",
        )

    def _name(self, choice: str) -> str:
        return text(f"choice_of.{self.key}.{choice}")

    def page(self) -> str:
        """Return the whole page."""
        options = [(choice, self._name(choice)) for choice in self.choices]
        parts = self.fragments(self.state)
        return activity_page(
            self.key,
            self.on_paper(
                blank_table("", [self._name(choice) for choice in self.choices], [self.label(name) for name in self.items])
            ),
            slot("summary", parts["summary"], "p", class_="bw-summary"),
            [self.item(name, radios(name, self.label(name), options, self.state[name], row=True)) for name in self.items],
            slot("placed", parts["placed"], "p", class_="bw-summary"),
            toolbar(button(text("lesson.compare"), "compare")),
            look="bw-sorting",
        )

    @property
    def text(self) -> str:
        """Title, introduction, the items and the groups."""
        lines = [super().text, text("sorting.heaps", heaps=", ".join(self._name(choice) for choice in self.choices))]
        return "\n".join(lines + [f"- {self.label(name)}" for name in self.items])

    def transcript_lines(self) -> Iterator[str]:
        """Put every item into every group, compare, and yield the results."""
        for name in self.items:
            fitting = []
            for choice in self.choices:
                self.update(**{name: choice, "seen": True})
                if text("lesson.alike") in self.answer(name, self.state):
                    fitting.append(self._name(choice))
            yield f"{self.label(name)}\n   {text('lesson.or').join(fitting)}. {text(f'item.{name}.why')}"
