"""Guess first, then see: forms that keep an answer back until the reader has guessed and asks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, FormField, Record, boolean_field, choice_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import slot
from backchannel_lib.page.html import Markup, tag


class GuessForm(Form):
    """A form that remembers whether the reader has asked for the answer, as a whole or step by step.

    A kind says in `missing` what has to be done first, and shows the answer in its fragments where `is_seen`.

    Args:
        row: The activity's row.
        fields: Its values by name.
        steps: The steps that are answered each by itself; by default there is one for the whole.
    """

    action = "see"  # what the button does
    focus = "told"  # the fragment to which the focus goes
    section = "seen"  # the section that is visible once the answer is

    def __init__(self, row: ActivityRow, fields: Mapping[str, FormField], steps: Iterable[str] = ("",)) -> None:
        self.answered = tuple(steps)
        seen = [self.seen_field(step) for step in self.answered]
        super().__init__(row, {**fields, **{field: boolean_field(field) for field in seen}})

    def seen_field(self, step: str = "") -> str:
        """Return the name of the value that says whether a step was answered."""
        return f"seen_{step}" if step else "seen"

    def is_seen(self, state: Record, step: str = "") -> bool:
        """Whether the answer to a step may be shown."""
        return bool(state.get(self.seen_field(step)))

    def missing(self, _state: Record, _step: str = "") -> str:
        """Return a sentence about what the reader has to do before the answer; blank where nothing is missing."""
        return ""

    def believed(self, state: Record) -> Record:
        """Return the state in a file; an answer counts as seen only if nothing was missing before it."""
        for step in self.answered:
            if self.is_seen(state, step) and self.missing(state, step):
                state = MappingProxyType({**state, self.seen_field(step): False})
        return state

    def see(self, step: str = "") -> ActionResult:
        """Show the answer to a step, unless something is missing."""
        if missing := self.missing(self.state, step):
            return {"notice": missing}
        self.commit_values(**{self.seen_field(step): True})
        return {"focus": f"{self.focus}.{step}" if step else self.focus}

    def actions(self) -> dict[str, Action]:
        """Return what the button does."""
        return {self.action: lambda _: self.see()}

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        return [self.section] if self.is_seen(state) else []


class Items(GuessForm):
    """Items with options each, and an answer to each: revealed to all at once, or to those in `revealed`.

    A kind gives the `answer` to an item.

    Args:
        row: The activity's row.
        labels: The label of each item's control.
        options: The options of each item, or of all alike.
        fields: What else it holds.
        steps: As in `GuessForm`; none where each item is revealed by itself.
    """

    action, focus = "compare", "summary"
    nothing_chosen = "lesson.choose_first"  # the id of the sentence where no item has a choice yet

    def __init__(
        self,
        row: ActivityRow,
        labels: Mapping[str, str],
        options: Mapping[str, Sequence[str]] | Sequence[str],
        fields: Mapping[str, FormField] | None = None,
        steps: Iterable[str] = ("",),
    ) -> None:
        self.names = tuple(labels)
        own = options if isinstance(options, Mapping) else dict.fromkeys(labels, options)
        chosen = {name: choice_field(name, own[name], label) for name, label in labels.items()}
        super().__init__(row, {**chosen, **(fields or {})}, steps)

    def answer(self, name: str, state: Record) -> str:
        """Return the answer to an item, as HTML."""
        raise NotImplementedError

    def revealed(self, state: Record) -> Collection[str]:
        """Return the items whose answer may be shown."""
        return self.names if self.is_seen(state) else ()

    def answers(self, state: Record) -> dict[str, str]:
        """Return the fragment of each item's answer."""
        revealed = self.revealed(state)
        return {f"told.{name}": self.answer(name, state) if name in revealed else "" for name in self.names}

    def chosen(self, state: Record, names: Iterable[str] | None = None) -> dict[str, str]:
        """Return the reader's choices, of all items or of some, without those that are still open."""
        return {name: state[name] for name in (self.names if names is None else names) if state[name]}

    def missing(self, state: Record, _step: str = "") -> str:
        """Return a sentence where nothing was chosen yet."""
        return "" if self.chosen(state) else text(self.nothing_chosen)

    def item(self, name: str, *body: object, **attributes: Any) -> Markup:
        """Write an item above its answer.

        Args:
            name: The item.
            *body: What stands above the answer.
            **attributes: Of the answer's element.
        """
        answer = self.answers(self.state)[f"told.{name}"]
        return tag("div", *body, slot(f"told.{name}", answer, **attributes), class_="bw-item")
