"""One reader working on one case: what each act does, and what has to be sent to the screen for it.

It knows no widget: acts come in as small dictionaries and answers go out as such, so it is tested without a browser and
serves any front end. Every content is sent once and named by a number afterwards; the screen keeps what it has seen.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from backchannel_lib import charts
from backchannel_lib.case import Case, Field
from backchannel_lib.errors import CaseError
from backchannel_lib.files import case_from_text, case_to_text
from backchannel_lib.remedies import what_would_change
from backchannel_lib.rules import check_reading
from backchannel_lib.tables import load_exams
from backchannel_lib.view import exam_of, fast_parts, shown_fields, slider_ends, slow_parts
from backchannel_lib.words import say

Message: TypeAlias = dict[str, Any]

FILE_NAME: Final = "my_case.json"
MOST_KNOWN: Final = 4000  # contents that a screen is taken to remember before it is told to start afresh
MOST_UNDO: Final = 200
SCORES: Final = ("score", "range_low", "range_floor")


class _State(NamedTuple):
    """Where a session stands, and what it gives back when a control that had taken something away lets go of it."""

    case: Case
    reading: str | None
    move: str  # the contact that was chosen last, other than the student's own
    floor: int  # the floor that was set last, before a range below it pushed it down


def _state(case: Case, reading: str | None, before: _State | None = None) -> _State:
    move = case.move
    if move == "direct_email":
        move = before.move if before else "formal_email"
    return _State(case, reading, move, case.range_floor)


class Session:
    """A case in the making, with its errors, its reading and its past.

    Args:
        case: The case it opens with, and returns to on reset; None for the defaults.
        reading: The name of a reading; None for every default.

    Source:
        ours.

    Examples:
        >>> session = Session()
        >>> _ = list(session.handle({"do": "set", "field": "recommender", "value": "trusted_peer"}))
        >>> session.case.recommender
        'trusted_peer'
    """

    def __init__(self, case: Case | None = None, reading: str | None = None) -> None:
        self._start = self._now = _state(case or Case(), check_reading(reading))
        self.errors: dict[str, str] = {}
        self._past: list[_State] = []
        self._last_field: str | None = None
        self._known: dict[str, int] = {}
        self._told: dict[str, Any] = {}
        self._ends: dict[str, tuple[int, int]] = {}

    @property
    def case(self) -> Case:
        """The case as it is now."""
        return self._now.case

    @property
    def reading(self) -> str | None:
        """The reading it is judged under; None for every default."""
        return self._now.reading

    # ---- acts ----

    def handle(self, message: Mapping[str, Any]) -> Iterator[Message]:
        """Carry out one act of the reader and give what the screen needs, the most urgent first.

        Args:
            message: ``do`` names the act: ``hello``, ``show``, ``set`` (``field``, ``value``), ``hold`` (``field``), ``exam``,
                ``apply`` (remedies parted by blanks), ``read`` (a reading, or blank), ``undo``, ``reset``, ``save``,
                ``load`` (a file's text); further keys, such as ``seq``, come back with the answer.

        Returns:
            Messages for the screen, made one by one, so that the first can be on its way while the second is made.

        Source:
            ours.

        Examples:
            >>> answer = next(Session().handle({"do": "set", "field": "score", "value": "abc", "seq": 1}))
            >>> answer["errors"]["score"]
            "Your score: must be a whole number from 1 to 999, but it is 'abc'."
        """
        acts: dict[str, Callable[[Mapping[str, Any]], Message]] = {
            "hello": self._hello,
            "show": lambda _: {},
            "set": self._set,
            "exam": self._exam,
            "apply": self._apply,
            "read": self._read,
            "undo": self._undo,
            "reset": self._reset,
            "save": self._save,
            "load": self._load,
        }
        if message.get("do") == "hold":
            ahead = self._hold(str(message.get("field")))
            if ahead:
                yield {**ahead, "view": message.get("view"), "epoch": message.get("epoch")}
            return
        before = self._now
        try:
            more = acts[str(message.get("do"))](message)
        except (CaseError, KeyError, TypeError):
            self._now = before
            more = {"notice": say("panel.not_understood")}
        yield {**self._answer(fast=True), **more, "seq": message.get("seq"), "view": message.get("view")}
        yield self._answer(fast=False)

    def put(self, **values: object) -> None:
        """Change fields as a reader would with the controls.

        Args:
            **values: New values by field.

        Raises:
            CaseError: A field does not exist, or a value breaks a rule; the case is then unchanged.

        Source:
            ours.

        Examples:
            >>> session = Session()
            >>> session.put(score=251)
            >>> session.case.score
            251
        """
        self._go(_state(self.case.but(**values), self.reading, self._now))
        self._forgive()

    def undo(self) -> bool:
        """Take the last change back.

        Returns:
            Whether there was one.

        Source:
            ours.

        Examples:
            >>> Session().undo()
            False
        """
        if not self._past:
            return False
        self._now = self._past.pop()
        self._last_field = None
        self._forgive()
        return True

    def apply(self, remedies: str) -> None:
        """Carry out one of the changes that `what_would_change` offers.

        Args:
            remedies: Its acts, parted by blanks.

        Raises:
            CaseError: No such change is on offer.

        Source:
            data/remedies.csv.

        Examples:
            >>> session = Session(Case(recommender="trusted_peer"))
            >>> session.apply("give_specifics")
            >>> session.case.specifics
            True
        """
        wanted = tuple(remedies.split())
        for change in what_would_change(self.case, reading=self.reading):
            if change.remedies == wanted:
                self._go(_state(change.case, self.reading, self._now))
                self._forgive()
                return
        raise CaseError("apply", "level", remedies, levels="")

    def read_as(self, reading: str | None) -> None:
        """Judge under another reading.

        Args:
            reading: Its name; None for every default.

        Raises:
            CaseError: No reading has this name.

        Source:
            data/readings.csv.

        Examples:
            >>> session = Session()
            >>> session.read_as("range_and_credible")
            >>> session.reading
            'range_and_credible'
        """
        self._go(self._now._replace(reading=check_reading(reading)))

    def reset(self) -> None:
        """Go back to the case that the session opened with; undo brings the other one back.

        Source:
            ours.

        Examples:
            >>> session = Session()
            >>> session.put(score=251)
            >>> session.reset()
            >>> session.case.score
            240
        """
        self._go(self._start)
        self._forgive()

    def _go(self, to: _State, *, field: str | None = None) -> None:
        """Move on, remembering what was before; a run of moves of one field is one step of undo."""
        if to == self._now:
            return
        if field is None or field != self._last_field:
            self._past.append(self._now)
            del self._past[:-MOST_UNDO]
        self._last_field = field
        self._now = to

    def _forgive(self, names: Iterable[str] = tuple(Case.fields())) -> None:
        """Forget what was typed in vain, and show the case's own values in its place."""
        for name in names:
            if self.errors.pop(name, None) is not None:
                self._told.pop(f"value.{name}", None)

    def _moved(self, name: str, value: object) -> _State:
        """Tell where a move of one control leads."""
        changes: dict[str, object] = {name: value}
        if name == "recommender" and value != "self" and self.case.move == "direct_email":
            changes["move"] = self._now.move  # whoever leaves "you, yourself" gets back the contact chosen before
        if name == "range_low" and isinstance(value, int):
            changes["range_floor"] = self._floor_under(value)
        moved = _state(self.case.but(**changes), self.reading, self._now)
        return moved._replace(floor=self._now.floor) if name == "range_low" else moved

    def _hello(self, _: Mapping[str, Any]) -> Message:
        """A screen is new: it has seen nothing yet."""
        self._known.clear()
        self._told.clear()
        self._ends.clear()
        return {"forget": True, "values": self.case.to_record()}

    def _set(self, message: Mapping[str, Any]) -> Message:
        name = str(message["field"])
        field = Case.fields()[name]
        try:
            moved = self._moved(name, _typed(field, message["value"]))
        except CaseError as error:
            self.errors[name] = say("error.at_field", label=say(f"field.{name}.label"), sentence=error.sentence)
            return {}
        self.errors.pop(name, None)
        if name in SCORES:  # an error between two scores is gone as soon as either is mended
            self._forgive(SCORES)
        self._go(moved, field=name)
        return {}

    def _floor_under(self, range_low: int) -> int:
        """Let the floor give way to a range that is moved below it, and come back to where it was set."""
        exam = exam_of(self.case) or load_exams()[0]
        floor = self._now.floor
        return floor if floor <= range_low else max(1, range_low - (exam.range_low - exam.range_floor))

    def _exam(self, message: Mapping[str, Any]) -> Message:
        exam = {row.exam: row for row in load_exams()}[str(message["value"])]
        self.put(score=exam.score, range_low=exam.range_low, range_floor=exam.range_floor)
        return {"notice": say("panel.exam_changed")}

    def _apply(self, message: Mapping[str, Any]) -> Message:
        self.apply(str(message["value"]))
        return {"notice": say("panel.applied")}

    def _read(self, message: Mapping[str, Any]) -> Message:
        self.read_as(str(message["value"]) or None)
        return {}

    def _undo(self, _: Mapping[str, Any]) -> Message:
        if self.errors:  # what was typed last never reached the case: undoing it means showing the case again
            self._forgive()
            return {"notice": say("panel.undone")}
        return {"notice": say("panel.undone" if self.undo() else "panel.nothing_to_undo")}

    def _reset(self, _: Mapping[str, Any]) -> Message:
        self.reset()
        return {"notice": say("panel.was_reset"), "values": self.case.to_record()}

    def _save(self, _: Mapping[str, Any]) -> Message:
        return {
            "file": {"name": FILE_NAME, "text": case_to_text(self.case)},
            "notice": say("panel.saved", name=FILE_NAME),
        }

    def _load(self, message: Mapping[str, Any]) -> Message:
        try:
            self._go(_state(case_from_text(str(message["value"])), self.reading))
        except CaseError as error:
            return {"notice": say("panel.load_failed", problem=_problem(error))}
        self._forgive()
        return {"notice": say("panel.loaded"), "values": self.case.to_record()}

    # ---- answers ----

    def _answer(self, *, fast: bool) -> Message:
        """Give what differs from what the screen was last told."""
        new: dict[str, Any] = {}
        bodies: dict[int, str] = {}
        parts = self._fast(self.case) if fast else self._slow()
        answer: Message = {"do": "show", "parts": {}, "bodies": bodies}
        if fast and len(self._known) > MOST_KNOWN:
            self._known.clear()
            self._told = {name: told for name, told in self._told.items() if not name.startswith("part.")}
            answer["forget"] = True
        for name, body in parts.items():
            new[f"part.{name}"] = self._number_of(body, bodies)
        if fast:
            record = self.case.to_record()
            new.update({f"value.{name}": value for name, value in record.items()})
            new["shown"] = shown_fields(self.case)
            new["errors"] = dict(self.errors)
            new["marks"] = self._marks(self.case)
            exam = exam_of(self.case)
            new["exam"] = exam.exam if exam else None
            new["ends"] = {name: slider_ends(self.case, name) for name in SCORES}
        for name, value in new.items():
            if self._told.get(name, ...) == value:
                continue
            self._told[name] = value
            kind, dot, rest = name.partition(".")
            if dot:
                answer.setdefault({"part": "parts", "value": "values"}[kind], {})[rest] = value
            else:
                answer[name] = value
        return answer

    def _number_of(self, body: str, bodies: dict[int, str]) -> int:
        number = self._known.get(body)
        if number is None:
            number = self._known[body] = len(self._known)
            bodies[number] = body
        return number

    def _fast(self, case: Case) -> dict[str, str]:
        return fast_parts(case, self.reading)

    def _slow(self) -> dict[str, str]:
        parts = slow_parts(self.case, self.reading)
        for chart in charts.CHARTS:
            parts[f"ground.{chart}"] = charts.ground(chart, self.case, self.reading)
            parts[f"name.{chart}"] = charts.spoken(chart, self.case, self.reading)
        return parts

    def _marks(self, case: Case) -> dict[str, charts.Mark]:
        return {chart: charts.mark(chart, case, self.reading) for chart in charts.CHARTS}

    def _hold(self, name: str) -> Message | None:
        """Answer a control that was taken in hand: what the fast parts will be at each of its other positions."""
        if name not in Case.fields():
            return None
        bodies: dict[int, str] = {}
        at: dict[str, Any] = {}
        grounds = {chart: charts.ground(chart, self.case, self.reading) for chart in charts.CHARTS}
        follows = _charts_that_keep_their_ground(name)
        for value in self._positions(name):
            try:
                case = self._moved(name, value).case
            except CaseError:
                continue  # such a position gets its sentence from the answer itself
            parts = {part: self._number_of(body, bodies) for part, body in self._fast(case).items()}
            marks = {chart: charts.mark(chart, case, self.reading) for chart in grounds if chart in follows}
            at[_key(value)] = [parts, marks]
        return {"do": "ahead", "field": name, "at": at, "bodies": bodies}

    def _positions(self, name: str) -> list[Any]:
        field = Case.fields()[name]
        if field.kind == "flag":
            return [False, True]
        if field.kind == "choice":
            return list(field.levels)
        if field.kind == "number":
            low, high = slider_ends(self.case, name)
            return list(range(low, high + 1))
        return []


@functools.cache
def _charts_that_keep_their_ground(field: str) -> tuple[str, ...]:
    """Tell on which charts a move of this field moves the mark alone."""
    return {"score": charts.CHARTS, "range_low": ("callers", "amplifier")}.get(field, ())


def _typed(field: Field, value: object) -> Any:
    """Read what was typed; an empty box is no number, though in a file it would mean the default."""
    if field.kind == "number" and not field.optional and str(value).strip() == "":
        raise CaseError(field.name, "number_missing", value)
    return field.read(value)


def _key(value: object) -> str:
    """Write a position as the screen reads it from its control."""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _problem(error: CaseError) -> str:
    """Say in a sentence for a reader what is wrong with a file."""
    if error.field in Case.fields():
        return say("panel.load_field", field=say(f"field.{error.field}.label"), sentence=error.sentence)
    return say("panel.newer_case" if error.rule == "newer_file" else "panel.not_a_case")
