"""The base class of all activities: it carries out a reader's actions and works out what the page needs to know.

An activity doesn't know about widgets or browsers. Messages come in and go out as dictionaries (see `messages`), so you can
test it without a browser and use it with any front end.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from backchannel_lib.activities.delivery import Delivery, Shown
from backchannel_lib.activities.messages import (
    ActionResult,
    ClockMessage,
    LoadMessage,
    PrefetchedMessage,
    PrefetchMessage,
    SetMessage,
    ShowMessage,
    read_message,
)
from backchannel_lib.base.errors import CaseError, CaseFileError
from backchannel_lib.base.formatting import printable
from backchannel_lib.base.spreadsheet import decode
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import PAPER, on_paper
from backchannel_lib.page.html import Markup, plain, tag

Action: TypeAlias = Callable[[Mapping[str, Any]], ActionResult]  # takes an `ActionMessage`
State = TypeVar("State")

MOST_KNOWN: Final = 4000  # contents that a page stores before it has to discard them
MOST_UNDO: Final = 200

logger = logging.getLogger("backchannel_lib")


class _PendingAnswer(NamedTuple):
    """A deferred answer that hasn't been built yet."""

    before: Mapping[str, Any]  # the attributes to restore after a failure
    request: Mapping[str, Any]
    view: object


class Activity(Generic[State]):
    """One thing to do on a page, with its state, its errors and its history.

    A new kind must implement `with_value`, `values`, `fragments` and `page`. Everything else has a default; most kinds also
    define their buttons in `actions`, their labels in `label`, and what is visible in `sections`. `Form` implements
    `with_value` and `values` for a state made of named values.

    The lifecycle of an activity:

    1. **Open.** `page` is the initial HTML. When it opens, the page sends a hello, `opened` can restore what was saved,
       and the answer contains everything: every fragment, every value, and every visible control.
    2. **Action.** The reader moves a control (`with_value`) or presses a button (`actions`). The message is checked
       against its record, the action runs, and the answer is built. If any of this fails, everything is rolled back:
       state, undo history, errors, the record of what was sent, and every other attribute. An invalid message gets a
       polite notice; a bug is logged with its traceback.
    3. **Fast answer.** Whatever in `fragments`, `values`, `markers` and `ui_state` of the new state differs from what the
       page was sent. Each content is sent once, and later answers refer to it by its number.
    4. **Deferred answer.** `deferred_fragments`, built once the fast answer is on its way. While messages keep coming, a
       front end can skip it until after the last one.
    5. **Prefetch.** When the reader starts using a control, the page asks for the `fragments` of its other `positions`,
       which it can then paint immediately. The state doesn't change, and the answer to the action itself has the last word.
    6. **Undo.** `commit` remembers the previous state; consecutive moves of one control are one step. Errors aren't part
       of the history: the first undo replaces rejected entries with the state's values.

    Args:
        key: Its id among all activities; the page saves the reader's input under it.
        start: The state it starts with and returns to on reset; states are immutable.
    """

    def __init__(self, key: str, start: State) -> None:
        self.key = key
        self.start = self._state = start
        self.errors: dict[str, str] = {}
        self._past: list[State] = []
        self._last_field: str | None = None
        self.delivery = Delivery()
        self._show_again: set[str] = set()  # fields whose controls still show a rejected entry
        self._pending: _PendingAnswer | None = None  # the deferred answer, until it is built

    # ---- what a new kind must implement ----

    def with_value(self, field: str, value: object) -> State:
        """Return the state after one control moves; raise `CaseError` for a value that breaks a rule."""
        raise NotImplementedError

    def values(self, state: State) -> dict[str, Any]:
        """Return the values of the controls, and anything else that is needed to restore this state."""
        raise NotImplementedError

    def fragments(self, state: State) -> dict[str, str]:
        """Return the parts of the page that update immediately, as HTML; screen readers announce ``live_text``."""
        raise NotImplementedError

    def page(self) -> str:
        """Return the complete page as HTML; ``§`` in an id stands for a prefix that makes it unique."""
        raise NotImplementedError

    # ---- what a new kind can override ----

    def fields(self) -> Iterable[str]:
        """Return the names of the controls."""
        return self.values(self.start)

    def label(self, field: str) -> str:
        """Return the label of a control."""
        return field

    def positions(self, field: str) -> Iterable[Any]:
        """Return all positions of a control, if they are few enough to prefetch their answers."""
        return ()

    def actions(self) -> dict[str, Action]:
        """Return the actions of the buttons by name, in addition to those of every activity."""
        return {}

    def linked_fields(self, field: str) -> Iterable[str]:
        """Return the fields whose errors go away when this field is fixed."""
        return (field,)

    def deferred_fragments(self, state: State) -> dict[str, str]:
        """Return the parts that can update a moment later; ``base_figure.X`` and ``alt_text.X`` are for chart X."""
        return {}

    def markers(self, state: State) -> dict[str, Any]:
        """Return the marker's position on each chart that has one, as (x, y)."""
        return {}

    def marker_only_fields(self, field: str) -> Iterable[str]:
        """Return the charts on which this control moves only the marker."""
        return ()

    def visible_outcome(self, state: State) -> tuple[str, str]:
        """Return the short names of the verdict and of the rule's answer, blank if the reader can't see one yet."""
        return "", ""

    def public_values(self, state: State) -> dict[str, Any]:
        """Return the values for code that uses the widget, without those that only the page has to save."""
        return self.values(state)

    def possible_verdicts(self, state: State) -> tuple[str, ...]:
        """Return the short names of the possible verdicts that the reader can see, lowest first."""
        verdict, _ = self.visible_outcome(state)
        return (verdict,) if verdict else ()

    def sections(self, state: State) -> list[str]:
        """Return the names of the sections that are visible (see `backchannel_lib.page.activity_page.show_if`)."""
        return []

    def has_begun(self, state: State) -> bool:
        """Return whether the reader has changed anything."""
        return bool(state != self.start)

    def on_paper(self, *exercise: object) -> Markup:
        """Return the exercise as it prints until the reader begins it."""
        return on_paper(*exercise, begun=self.has_begun(self.state))

    def ui_state(self, state: State) -> dict[str, Any]:
        """Return the visible sections, and any of ``shown``, ``clock``, ``ends``, ``exam`` of `ShowMessage`."""
        return {"open": [*self.sections(state), *([] if self.has_begun(state) else [PAPER])]}

    def opened(self) -> ActionResult:
        """Run when a page opens; override this to restore saved input (see `restore`)."""
        return {}

    def rolled_back(self) -> None:
        """Run after a failed action is rolled back; override this to save the restored state again."""

    def clock_left(self, clock: str, seconds: int, *, paused: bool) -> None:
        """Run when the page reports the seconds left on the clock with this id, and whether it is paused."""

    def to_file(self, state: State) -> tuple[str, str]:
        """Return the name and content of a file that stores a state."""
        return f"{self.key}.json", json.dumps(self.values(state))

    def from_file(self, text: str) -> State:
        """Return the state stored in a file; raise `CaseError` if there is none."""
        record = self.read_record(text)
        return self._after({field: record[field] for field in self.fields() if field in record}, self.start)

    def read_record(self, text: str) -> dict[str, Any]:
        """Return the named values stored in a file; raise `CaseError` if there are none."""
        try:
            record = printable(json.loads(text.removeprefix("\ufeff")))
        except (ValueError, RecursionError):
            raise CaseError(self.key, "not_json", text[:40]) from None
        if not isinstance(record, dict):
            raise CaseError(self.key, "not_a_record", text[:40])
        return record

    def file_problem(self, error: CaseError) -> str:
        """Return a sentence that tells the reader what is wrong with a file."""
        return text("panel.not_a_case")

    def static_html(self) -> str:
        """Return HTML for a notebook that hasn't run; it needs no style sheet or script."""
        return tag("pre", self.text)

    @property
    def title(self) -> str:
        """The title of an activity in data/activities.csv."""
        return text(f"activity.{self.key}.title")

    @property
    def text(self) -> str:
        """The content of the page as plain text."""
        return "\n".join(map(plain, self.fragments(self.state).values()))

    def transcript_lines(self) -> Iterator[str]:
        """Use the activity as readers would, and yield its answers as plain text; `transcript` restores the state afterward."""
        start = self.state
        for field in self.fields():
            for value in self.positions(field):
                self.restore(self.with_value(field, value))
                yield f"{self.label(field)}, {value}: {self.text}"
                self.restore(start)

    def transcript(self) -> str:
        """Return the answers to all kinds of input as plain text; state and history stay unchanged."""
        state, past = self.state, self._past.copy()
        try:
            return "\n".join(self.transcript_lines())
        finally:
            self._state, self._past = state, past

    # ---- the state ----

    @property
    def state(self) -> State:
        """The current state."""
        return self._state

    def commit(self, to: State, *, field: str | None = None) -> None:
        """Switch to a new state, as a step that can be undone.

        Args:
            to: The new state.
            field: The field that moved, so that consecutive moves of it are one undo step; None for any other action.
        """
        if to == self._state:
            return
        if field is None or field != self._last_field:
            self._past.append(self._state)
            del self._past[:-MOST_UNDO]
        self._last_field = field
        self._state = to

    def restore(self, to: State) -> None:
        """Replace the state without an undo step, for saved input or input from elsewhere."""
        self._state = to

    def undo(self) -> bool:
        """Take back the last change, and return whether there was one."""
        if not self._past:
            return False
        self._state = self._past.pop()
        self._last_field = None
        self.clear_errors()
        return True

    def reset(self) -> None:
        """Go back to the starting state; undo can take this back."""
        self.commit(self.start)
        self.clear_errors()

    def update(self, **values: object) -> None:
        """Change fields one after another, as a reader would with the controls.

        Args:
            **values: New values by field.

        Raises:
            CaseError: A field does not exist, or a value breaks a rule; then nothing changes.
        """
        self.commit(self._after(values, self._state))
        self.clear_errors()

    def _after(self, values: Mapping[str, object], start: State) -> State:
        """Return the state after some controls move one after another."""
        before, self._state = self._state, start
        try:
            for field, value in values.items():
                self._state = self.with_value(field, value)
            return self._state
        finally:
            self._state = before

    def clear_errors(self, names: Iterable[str] = ()) -> None:
        """Discard the rejected entries of some fields, or of all fields, and show the state's values again."""
        for name in names or tuple(self.errors):
            if self.errors.pop(name, None) is not None:
                self._show_again.add(name)

    def _idle(self) -> list[str]:
        """Return which of undo and reset would change nothing now."""
        rejected = bool(self.errors)
        does = {"undo": rejected or bool(self._past), "reset": rejected or self._state != self.start}
        return [action for action, changes in does.items() if not changes]

    # ---- messages ----

    def handle(self, message: Mapping[str, Any]) -> Iterator[ShowMessage | PrefetchedMessage]:
        """Carry out a message and yield the answers, the most urgent one first.

        Args:
            message: A record from `messages`; anything else gets a polite notice.

        Yields:
            Answers, each built on request, so that the first can be sent while the second is being built. Requesting the next
            answer confirms that the previous one was sent; if sending fails, stop iterating.
        """
        yield from self.first_answers(message)
        yield from self.deferred_answers()

    def first_answers(self, message: Mapping[str, Any]) -> Iterator[ShowMessage | PrefetchedMessage]:
        """Carry out a message and yield the answers that can't wait, as `handle` does.

        `deferred_answers` has to follow, but not after every message: one that follows several covers them all.

        Args:
            message: As in `handle`.
        """
        message = message if isinstance(message, Mapping) else {}
        request = read_message(message, self.actions()) or {}
        kind = request.get("type", "")
        if kind == "prefetch":
            yield from self._prefetched(request)  # type: ignore[arg-type]  # `read_message` checked it
            return
        arrival = self.delivery.arrival(request)
        if arrival == "outdated" and kind != "hello":
            request["type"] = kind = "refresh"  # it was carried out before, or a later message arrived first
        everything = kind == "hello" or arrival != "in_order" or bool(request.get("everything"))
        known = self.delivery.shown
        if everything or not known.complete or len(known.contents) > MOST_KNOWN:
            self.delivery.shown = Shown()  # even if a later step fails
        before = self._snapshot()
        shown = self.delivery.shown.copy()
        try:
            if everything and not self.delivery.greeted and kind != "hello":
                self._say_hello(None)  # the hello was lost, and saved input must not be overwritten
            result = self._run(request, before)
            fast: ShowMessage = {**self._answer(shown), **result}
        except Exception:
            logger.exception("Activity %s: %s failed and was rolled back", self.key, kind)
            shown = self.delivery.shown.copy()
            fast = self._recover(before, request, shown)
        except BaseException:  # for example an interrupted kernel
            self._roll_back(before)
            raise
        if kind == "hello":
            fast["hello"] = True
        fast["more"] = True
        yield self.delivery.stamp(fast, message)
        self._was_sent(shown)
        # If the deferred answer fails, everything since the last successful one is rolled back.
        self._pending = _PendingAnswer(self._pending.before if self._pending else before, request, message.get("view"))

    def deferred_answers(self) -> Iterator[ShowMessage]:
        """Yield the deferred answer to what `first_answers` has carried out, if there is one pending."""
        if self._pending is None:
            return
        pending, self._pending = self._pending, None
        shown = self.delivery.shown.copy()
        try:
            deferred = self._answer_with(self.deferred_fragments(self._state), shown)
        except Exception:
            kind = pending.request.get("type", "")
            logger.exception("Activity %s: the deferred answer to %s failed; rolled back", self.key, kind)
            shown = self.delivery.shown.copy()
            deferred = self._recover(pending.before, pending.request, shown)
            self._pending = None
        yield self.delivery.stamp(deferred, {"view": pending.view})
        self._was_sent(shown)

    def _say_hello(self, _: object) -> ActionResult:
        self.delivery.greeted = True
        return self.opened()

    def _run(self, request: Mapping[str, Any], before: Mapping[str, Any]) -> ActionResult:
        """Run the action of a message; an invalid one changes nothing."""
        common: dict[str, Callable[[Any], ActionResult]] = {
            "hello": self._say_hello,
            "refresh": lambda _: {},
            "set": self._set,
            "undo": self._undo,
            "reset": self._reset,
            "save": self._save,
            "load": self._load,
            "clock_left": self._clock_left,
        }
        if request:
            try:
                return {**common, **self.actions()}[request["type"]](request)
            except CaseFileError as error:  # such as a file that can't be written, which the reader may be able to fix
                self._roll_back(before)
                return {"notice": str(error)}
            except CaseError:  # well-formed, but not available now
                self._roll_back(before)
        return {"notice": text("panel.not_understood")}

    def _set(self, message: SetMessage) -> ActionResult:
        field = message["field"]
        if field not in self.fields():
            raise CaseError(field, "unknown_field", message["value"], known="")
        try:
            moved = self.with_value(field, message["value"])
        except CaseError as error:
            self.errors[field] = error.sentence_at(self.label(field))
            return {}
        self.clear_errors((field, *self.linked_fields(field)))
        self.commit(moved, field=field)
        return {}

    def _undo(self, _: object) -> ActionResult:
        if self.errors:  # rejected entries aren't in the state, so undoing them means showing the state again
            self.clear_errors()
            return {"notice": text("panel.undone")}
        return {"notice": text("panel.undone" if self.undo() else "panel.nothing_to_undo")}

    def _reset(self, _: object) -> ActionResult:
        self.reset()
        return {"notice": text("panel.was_reset"), "values": self.values(self._state)}

    def _save(self, _: object) -> ActionResult:
        return saved_file(*self.to_file(self._state))

    def _load(self, message: LoadMessage) -> ActionResult:
        try:
            content = file_content(message["value"])
            whole = content if isinstance(content, str) else decode(content)
            self.commit(self.from_file(whole.removeprefix("\ufeff")))
        except CaseError as error:
            return {"notice": text("panel.load_failed", problem=self.file_problem(error))}
        self.clear_errors()
        notice = text("panel.brought_back" if message.get("restored") else "panel.loaded")
        return {"notice": notice, "values": self.values(self._state)}

    def _clock_left(self, message: ClockMessage) -> ActionResult:
        self.clock_left(message["value"], message["left"], paused=message.get("paused", False))
        return {}

    # ---- answers ----

    def _was_sent(self, shown: Shown) -> None:
        """Record an answer that was sent."""
        self.delivery.shown = shown
        self._show_again.clear()

    def _answer(self, shown: Shown) -> ShowMessage:
        """Build the fast answer: everything that differs from what the page already has."""
        state, forget = self._state, not shown.complete
        answer = self._answer_with(self.fragments(state), shown)
        if forget:
            answer["forget"] = shown.complete = True
        values = {
            field: value
            for field, value in self.values(state).items()
            if shown.is_new(f"value.{field}", value) or field in self._show_again
        }
        if values:
            answer["values"] = values
        others = {"errors": dict(self.errors), "marks": self.markers(state), "idle": self._idle(), **self.ui_state(state)}
        answer.update({name: value for name, value in others.items() if shown.is_new(name, value)})  # type: ignore[typeddict-item]
        return answer

    def _answer_with(self, fragments: Mapping[str, str], shown: Shown) -> ShowMessage:
        """Build an answer with the fragments that differ from what the page already has."""
        answer: ShowMessage = {"type": "show", "fragments": {}, "contents": {}}
        for name, body in fragments.items():
            if shown.is_new(f"fragment.{name}", number := self.delivery.number_of(body, shown, answer["contents"])):
                answer["fragments"][name] = number
        return answer

    def _prefetched(self, message: PrefetchMessage) -> Iterator[PrefetchedMessage]:
        """Build the fast fragments for every other position of a control."""
        field, before, shown = message["field"], self._snapshot(), self.delivery.shown.copy()
        if field not in self.fields():
            return
        contents: dict[int, str] = {}
        number_of = self.delivery.number_of
        at: dict[str, Any] = {}
        try:
            moving = set(self.marker_only_fields(field))
            for value in self.positions(field):
                try:
                    state = self.with_value(field, value)
                except CaseError:
                    continue  # an invalid position gets its error message from the answer itself
                numbers = {name: number_of(body, shown, contents) for name, body in self.fragments(state).items()}
                at[_key(value)] = [numbers, {chart: mark for chart, mark in self.markers(state).items() if chart in moving}]
        except Exception:
            logger.exception("Activity %s: no answers could be prefetched for %s", self.key, field)
            self._roll_back(before)
            return
        yield {
            "type": "prefetched",
            "number": self.delivery.next_number(),
            "field": field,
            "at": at,
            "contents": contents,
            "view": message.get("view"),
            "prefetch_version": message.get("prefetch_version"),
        }
        self.delivery.shown = shown

    # ---- failures ----

    def _snapshot(self) -> dict[str, Any]:
        """Return a copy of every attribute; objects of other classes are shared, not copied."""
        return {name: value.copy() if isinstance(value, (dict, list, set)) else value for name, value in vars(self).items()}

    def _roll_back(self, before: Mapping[str, Any]) -> None:
        vars(self).update({name: v.copy() if isinstance(v, (dict, list, set)) else v for name, v in before.items()})
        self.rolled_back()

    def _recover(self, before: Mapping[str, Any], request: Mapping[str, Any], shown: Shown) -> ShowMessage:
        """Roll back after a bug, and return an answer that shows the previous state."""
        self._roll_back(before)
        if request.get("type") == "set":
            self._show_again.add(request["field"])
        try:
            answer = self._answer(shown)
        except Exception:
            logger.exception("Activity %s: the page cannot be shown", self.key)
            self._roll_back(before)
            vars(shown).update(vars(Shown()))  # nothing was sent, so the next answer has to contain everything
            answer = self._answer_with({}, shown)
        answer["notice"] = text("panel.failed")
        return answer


def file_content(value: str) -> str | bytes:
    r"""Return the content of a file that the page sent: text, or bytes if it isn't UTF-8.

    Examples:
        >>> file_content("name,kind\n"), file_content("data:;base64,TfxsbGVy")
        ('name,kind\n', b'M\xfcller')
    """
    start, _, encoded = value.partition(",")
    if start != "data:;base64":
        return value
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return value


def saved_file(name: str, content: str) -> ActionResult:
    """Return the answer that makes the page save a file.

    Examples:
        >>> saved_file("plan.txt", "Call the dean's office.")["file"]
        {'name': 'plan.txt', 'text': "Call the dean's office."}
    """
    return {"file": {"name": name, "text": content}, "notice": text("panel.saved", name=name)}


def _key(value: object) -> str:
    """Return a control's position as the page writes it."""
    return json.dumps(value) if isinstance(value, bool) else str(value)
