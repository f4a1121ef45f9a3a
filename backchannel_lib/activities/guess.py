"""Guess first, then see: forms that hold back an answer until the reader has guessed and asks for it."""

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
    """A form that remembers whether the reader has seen the answer, as a whole or step by step.

    A kind implements `missing`, which says what the reader still has to do, and shows the answer only if `is_seen`.

    Args:
        row: The activity's row.
        fields: Its values by name.
        steps: The steps with separate answers; by default there is one for the whole form.
    """

    action = "see"  # the button's action
    focus = "told"  # the fragment that gets the focus
    section = "seen"  # the section that appears with the answer

    def __init__(self, row: ActivityRow, fields: Mapping[str, FormField], steps: Iterable[str] = ("",)) -> None:
        self.answered = tuple(steps)
        seen = [self.seen_field(step) for step in self.answered]
        super().__init__(row, {**fields, **{field: boolean_field(field) for field in seen}})

    def seen_field(self, step: str = "") -> str:
        """Return the name of the value that records whether a step's answer was shown."""
        return f"seen_{step}" if step else "seen"

    def is_seen(self, state: Record, step: str = "") -> bool:
        """Whether the answer to a step can be shown."""
        return bool(state.get(self.seen_field(step)))

    def missing(self, _state: Record, _step: str = "") -> str:
        """Return a sentence that says what the reader has to do first, or an empty string."""
        return ""

    def believed(self, state: Record) -> Record:
        """Return a saved state, in which an answer counts as seen only if nothing is missing for it."""
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
        """Return the action of the button."""
        return {self.action: lambda _: self.see()}

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        return [self.section] if self.is_seen(state) else []


class Items(GuessForm):
    """Items that each have options and an answer, revealed all at once or as `revealed` decides.

    A kind provides the `answer` to an item.

    Args:
        row: The activity's row.
        labels: The label of each item's control.
        options: The options of each item, or of all items.
        fields: Its other values.
        steps: As in `GuessForm`; empty if each item is revealed separately.
    """

    action, focus = "compare", "summary"
    nothing_chosen = "lesson.choose_first"  # the id of the sentence for a reader who hasn't chosen anything

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
        """Return the items whose answers can be shown."""
        return self.names if self.is_seen(state) else ()

    def answers(self, state: Record) -> dict[str, str]:
        """Return the fragment of each item's answer."""
        revealed = self.revealed(state)
        return {f"told.{name}": self.answer(name, state) if name in revealed else "" for name in self.names}

    def chosen(self, state: Record, names: Iterable[str] | None = None) -> dict[str, str]:
        """Return the reader's choices for all or some items, leaving out items without one."""
        return {name: state[name] for name in (self.names if names is None else names) if state[name]}

    def missing(self, state: Record, _step: str = "") -> str:
        """Return a request to choose first if the reader hasn't chosen anything, or an empty string."""
        return "" if self.chosen(state) else text(self.nothing_chosen)

    def item(self, name: str, *body: object, **attributes: Any) -> Markup:
        """Return an item with its answer below it.

        Args:
            name: The item's name.
            *body: The content above the answer.
            **attributes: Attributes of the answer's element.
        """
        answer = self.answers(self.state)[f"told.{name}"]
        return tag("div", *body, slot(f"told.{name}", answer, **attributes), class_="bw-item")
