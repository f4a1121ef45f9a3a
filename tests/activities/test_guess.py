"""Guess, then see: no answer before the reader asks for it, and none if a guess is missing."""

from __future__ import annotations

from collections.abc import Collection

from backchannel_lib.activities.form import Record, integer_field
from backchannel_lib.activities.guess import GuessForm, Items
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text

ROW = ActivityRow("forms", "", "sorting")


class Number(GuessForm):
    """A number to guess in two steps."""

    def __init__(self) -> None:
        super().__init__(ROW, {"number": integer_field("number", 0, 9, 0, "Number")}, steps=("low", "high"))

    def missing(self, state: Record, step: str = "") -> str:
        """Require a number for the high step."""
        return "Guess first." if step == "high" and not state["number"] else ""


class Pets(Items):
    """Two items with an answer each."""

    def __init__(self) -> None:
        super().__init__(ROW, {"cat": "Cat", "dog": "Dog"}, {"cat": ["meow"], "dog": ["woof", "meow"]})

    def answer(self, name: str, state: Record) -> str:
        """Return the choice in capital letters."""
        return f"{name}: {state[name].upper() or '?'}"


class OneByOne(Pets):
    """The same, but each item is revealed as soon as it has a choice."""

    def revealed(self, state: Record) -> Collection[str]:
        """Return the items with a choice."""
        return self.chosen(state)


def test_each_step_is_seen_by_itself_and_only_when_nothing_is_missing() -> None:
    """A step without its guess gets a message and stays closed, while the other one opens."""
    form = Number()
    assert form.see("high") == {"notice": "Guess first."}
    assert form.see("low") == {"focus": "told.low"}
    assert (form.is_seen(form.state, "low"), form.is_seen(form.state, "high")) == (True, False)
    form.update(number=3)
    assert form.see("high") == {"focus": "told.high"}
    assert form.is_seen(form.state, "high")
    assert form.undo()
    assert not form.is_seen(form.state, "high")


def test_items_are_revealed_all_at_once() -> None:
    """With at least one choice, asking reveals every answer. Without any, it reveals none."""
    pets = Pets()
    assert pets.actions()["compare"]({}) == {"notice": text("lesson.choose_first")}
    pets.update(dog="meow")
    assert pets.answers(pets.state) == {"told.cat": "", "told.dog": ""}
    assert pets.ui_state(pets.state) == {"open": []}
    assert pets.actions()["compare"]({}) == {"focus": "summary"}
    assert pets.answers(pets.state) == {"told.cat": "cat: ?", "told.dog": "dog: MEOW"}
    assert pets.ui_state(pets.state) == {"open": ["seen"]}
    assert pets.chosen(pets.state) == {"dog": "meow"}


def test_a_kind_may_reveal_items_one_by_one() -> None:
    """An item that isn't revealed has no answer on the page."""
    pets = OneByOne()
    pets.update(cat="meow")
    assert pets.answers(pets.state) == {"told.cat": "cat: MEOW", "told.dog": ""}
    assert "cat: MEOW" in pets.item("cat")
    assert "dog:" not in pets.item("dog")
