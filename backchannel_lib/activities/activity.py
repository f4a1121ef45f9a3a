"""One thing to do on a page: what each act of the reader does to it, and what has to be sent to the screen for it.

It knows no widget: acts come in as small dictionaries and answers go out as such, so it is tested without a browser and
serves any front end. Every content is sent once and named by a number afterwards; the screen keeps what it has seen.

A kind of activity says what its state is, what a move of a control does to it and what is on screen for it. Undo, errors
at their field, answers ahead of a move, and telling the screen only what changed are the same for all and stand here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text

Message: TypeAlias = dict[str, Any]
Action: TypeAlias = Callable[[Mapping[str, Any]], Message]
State = TypeVar("State")

MOST_KNOWN: Final = 4000  # contents that a screen is taken to remember before it is told to start afresh
MOST_UNDO: Final = 200


class Activity(Generic[State]):
    """The state of one thing to do, its errors and its past.

    Args:
        key: Its name among all activities, under which a page keeps what was entered.
        start: The state it opens with, and returns to on reset; states are values that never change.
    """

    def __init__(self, key: str, start: State) -> None:
        self.key = key
        self._start = self._now = start
        self.errors: dict[str, str] = {}
        self._past: list[State] = []
        self._last_field: str | None = None
        self._sent_contents: dict[str, int] = {}
        self._last_sent: dict[str, Any] = {}

    # ---- what a kind of activity says ----

    def fields(self) -> Iterable[str]:
        """Name the controls."""
        raise NotImplementedError

    def label(self, field: str) -> str:
        """Give a control's label."""
        raise NotImplementedError

    def with_value(self, field: str, value: object) -> State:
        """Tell where a move of one control leads; a value that breaks a rule raises `CaseError`."""
        raise NotImplementedError

    def positions(self, field: str) -> Iterable[Any]:
        """List the positions of a control, where they are few enough to answer ahead."""
        return ()

    def values(self, state: State) -> dict[str, Any]:
        """Give what stands in the controls, and whatever else a page has to keep to come back to this state."""
        raise NotImplementedError

    def fragments(self, state: State) -> dict[str, str]:
        """Give the parts of the page that answer a move at once, as HTML."""
        raise NotImplementedError

    def deferred_fragments(self, state: State) -> dict[str, str]:
        """Give the parts that may follow a moment later; ``ground.<chart>`` and ``name.<chart>`` draw and name a chart."""
        return {}

    def markers(self, state: State) -> dict[str, Any]:
        """Tell where the mark stands on each chart that has one."""
        return {}

    def marker_only_fields(self, field: str) -> Iterable[str]:
        """Name the charts on which a move of this control moves the mark alone."""
        return ()

    def ui_state(self, state: State) -> dict[str, Any]:
        """Tell what else the page needs: ``shown`` controls, ``open`` sections, ``clock``, ``ends`` of sliders, ``exam``."""
        return {}

    def page(self) -> str:
        """Give the whole page as HTML, its parts filled in; ``§`` stands for what makes an id unique."""
        raise NotImplementedError

    def static_html(self) -> str:
        """Give HTML for a notebook that has not been run yet; it stands by itself, without style or script."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """What is on screen, as plain text."""
        raise NotImplementedError

    def transcript(self) -> str:
        """Move every control to named places and back, and tell each outcome as plain text."""
        raise NotImplementedError

    def actions(self) -> dict[str, Action]:
        """Give what the buttons of this kind do, beside those that all have."""
        return {}

    def linked_fields(self, field: str) -> Iterable[str]:
        """Name the fields whose errors are gone as soon as this one is mended."""
        return (field,)

    def to_file(self, state: State) -> tuple[str, str]:
        """Give the name and the text of a file that keeps a state."""
        return f"{self.key}.json", json.dumps(self.values(state))

    def from_file(self, text: str) -> State:
        """Read a state from the text of such a file; what it is not raises `CaseError`."""
        raise NotImplementedError

    def file_problem(self, error: CaseError) -> str:
        """Say in a sentence for a reader what is wrong with a file."""
        return text("panel.not_a_case")

    # ---- acts ----

    @property
    def state(self) -> State:
        """The state as it is now."""
        return self._now

    def handle(self, message: Mapping[str, Any]) -> Iterator[Message]:
        """Carry out one act of the reader and give what the screen needs, the most urgent first.

        Args:
            message: ``do`` names the act: ``hello``, ``show``, ``set`` (``field``, ``value``), ``hold`` (``field``), ``undo``,
                ``reset``, ``save``, ``load`` (a file's text), or one of this kind's `acts`; further keys, such as ``seq``,
                come back with the answer.

        Returns:
            Messages for the screen, made one by one, so that the first can be on its way while the second is made.
        """
        acts: dict[str, Action] = {
            "hello": self._hello,
            "show": lambda _: {},
            "set": self._set,
            "undo": self._undo,
            "reset": self._reset,
            "save": self._save,
            "load": self._load,
            **self.actions(),
        }
        if message.get("type") == "prefetch":
            ahead = self._hold(str(message.get("field")))
            if ahead:
                yield {**ahead, "view": message.get("view"), "prefetch_version": message.get("prefetch_version")}
            return
        before = self._now
        try:
            more = acts[str(message.get("type"))](message)
        except (CaseError, KeyError, TypeError):
            self._now = before
            more = {"notice": text("panel.not_understood")}
        yield {**self._answer(fast=True), **more, "seq": message.get("seq"), "view": message.get("view")}
        yield self._answer(fast=False)

    def undo(self) -> bool:
        """Take the last change back.

        Returns:
            Whether there was one.
        """
        if not self._past:
            return False
        self._now = self._past.pop()
        self._last_field = None
        self._forgive()
        return True

    def reset(self) -> None:
        """Go back to the state that it opened with; undo brings the other one back."""
        self.commit(self._start)
        self._forgive()

    def commit(self, to: State, *, field: str | None = None) -> None:
        """Move on, remembering what was before; a run of moves of one field is one step of undo.

        Args:
            to: The new state.
            field: The field that was moved; None for any other act.
        """
        if to == self._now:
            return
        if field is None or field != self._last_field:
            self._past.append(self._now)
            del self._past[:-MOST_UNDO]
        self._last_field = field
        self._now = to

    def update(self, **values: object) -> None:
        """Change fields one after the other, as a reader would with the controls.

        Args:
            **values: New values by field.

        Raises:
            CaseError: A field does not exist, or a value breaks a rule; nothing is then changed.
        """
        before = self._now
        try:
            for field, value in values.items():
                self._now = self.with_value(field, value)
        except CaseError:
            self._now = before
            raise
        self._now, to = before, self._now
        self.commit(to)
        self._forgive()

    def _forgive(self, names: Iterable[str] = ()) -> None:
        """Forget what was typed in vain, and show the state's own values in its place."""
        for name in names or tuple(self.errors):
            if self.errors.pop(name, None) is not None:
                self._last_sent.pop(f"value.{name}", None)

    def _hello(self, _: Mapping[str, Any]) -> Message:
        """A screen is new: it has seen nothing yet."""
        self._sent_contents.clear()
        self._last_sent.clear()
        return {"forget": True, "hello": True, "values": self.values(self._now)}

    def _set(self, message: Mapping[str, Any]) -> Message:
        field = str(message["field"])
        try:
            moved = self.with_value(field, message["value"])
        except CaseError as error:
            self.errors[field] = text("error.at_field", label=self.label(field), sentence=error.sentence)
            return {}
        self.errors.pop(field, None)
        self._forgive(self.linked_fields(field))
        self.commit(moved, field=field)
        return {}

    def _undo(self, _: Mapping[str, Any]) -> Message:
        if self.errors:  # what was typed last never reached the state: undoing it means showing the state again
            self._forgive()
            return {"notice": text("panel.undone")}
        return {"notice": text("panel.undone" if self.undo() else "panel.nothing_to_undo")}

    def _reset(self, _: Mapping[str, Any]) -> Message:
        self.reset()
        return {"notice": text("panel.was_reset"), "values": self.values(self._now)}

    def _save(self, _: Mapping[str, Any]) -> Message:
        name, content = self.to_file(self._now)
        return {"file": {"name": name, "text": content}, "notice": text("panel.saved", name=name)}

    def _load(self, message: Mapping[str, Any]) -> Message:
        try:
            self.commit(self.from_file(str(message["value"])))
        except CaseError as error:
            return {"notice": text("panel.load_failed", problem=self.file_problem(error))}
        self._forgive()
        told = text("panel.brought_back" if message.get("restored") else "panel.loaded")
        return {"notice": told, "values": self.values(self._now)}

    # ---- answers ----

    def _answer(self, *, fast: bool) -> Message:
        """Give what differs from what the screen was last told."""
        state = self._now
        new: dict[str, Any] = {}
        bodies: dict[int, str] = {}
        answer: Message = {"type": "show", "fragments": {}, "contents": bodies}
        if fast and len(self._sent_contents) > MOST_KNOWN:
            self._sent_contents.clear()
            self._last_sent = {name: told for name, told in self._last_sent.items() if not name.startswith("fragment.")}
            answer["forget"] = True
        for name, body in (self.fragments(state) if fast else self.deferred_fragments(state)).items():
            new[f"fragment.{name}"] = self._number_of(body, bodies)
        if fast:
            new.update({f"value.{name}": value for name, value in self.values(state).items()})
            new["errors"] = dict(self.errors)
            new["marks"] = self.markers(state)
            new.update(self.ui_state(state))
        for name, value in new.items():
            if self._last_sent.get(name, ...) == value:
                continue
            self._last_sent[name] = value
            kind, dot, rest = name.partition(".")
            if dot:
                answer.setdefault({"fragment": "fragments", "value": "values"}[kind], {})[rest] = value
            else:
                answer[name] = value
        return answer

    def _number_of(self, body: str, bodies: dict[int, str]) -> int:
        number = self._sent_contents.get(body)
        if number is None:
            number = self._sent_contents[body] = len(self._sent_contents)
            bodies[number] = body
        return number

    def _hold(self, field: str) -> Message | None:
        """Answer a control that was taken in hand: what the fast parts will be at each of its other positions."""
        if field not in self.fields():
            return None
        bodies: dict[int, str] = {}
        at: dict[str, Any] = {}
        follows = set(self.marker_only_fields(field))
        for value in self.positions(field):
            try:
                state = self.with_value(field, value)
            except CaseError:
                continue  # such a position gets its sentence from the answer itself
            parts = {part: self._number_of(body, bodies) for part, body in self.fragments(state).items()}
            at[_key(value)] = [parts, {chart: mark for chart, mark in self.markers(state).items() if chart in follows}]
        return {"type": "prefetched", "field": field, "at": at, "contents": bodies}


def _key(value: object) -> str:
    """Write a position as the screen reads it from its control."""
    return json.dumps(value) if isinstance(value, bool) else str(value)
