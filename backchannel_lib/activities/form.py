"""An activity whose state is a few named values, which is the base of sorting, ordering, questions and others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.formatting import printable, suggestions
from backchannel_lib.model.possible import UNKNOWN
from backchannel_lib.page.activity_page import lead_text, static_page

Record: TypeAlias = Mapping[str, Any]


class FormField(NamedTuple):
    """One named value of a form.

    Args:
        default: Its value at the start.
        read: Converts a value from a control or a file; raises `CaseError`.
        label: The label of its control; blank if it has none.
        positions: All positions of its control, if they are few enough to prefetch their answers.
    """

    default: Any
    read: Callable[[object], Any]
    label: str = ""
    positions: tuple[Any, ...] = ()


def choice_field(field: str, choices: Iterable[str], label: str = "", default: str = "") -> FormField:
    """Return a field for one of several words; without a default, it starts empty.

    Args:
        field: Its name, for errors.
        choices: The words.
        label: The label of its control.
        default: Its value at the start.

    Examples:
        >>> choice_field("side", ["left", "right"]).read("left")
        'left'
    """
    known = (*choices,)

    def read(value: object) -> str:
        return default if value == default else known_word(field, value, known)

    return FormField(default, read, label, known)


def integer_field(field: str, low: int, high: int, default: int, label: str = "") -> FormField:
    """Return a field for a whole number from ``low`` to ``high``, which can also come as text.

    Examples:
        >>> integer_field("share", 0, 100, 25).read("40")
        40
    """

    def read(value: object) -> int:
        text = str(value).strip()
        if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,9}", text) or not low <= int(text) <= high:
            raise CaseError(field, "range", value, low=low, high=high)
        return int(text)

    return FormField(default, read, label, tuple(range(low, high + 1)) if high - low <= 400 else ())


def text_field(field: str, longest: int, label: str = "") -> FormField:
    """Return a field for one line of text with at most ``longest`` characters.

    Examples:
        >>> text_field("group", 60).read("  Monday  ")
        'Monday'
    """

    def read(value: object) -> str:
        line = " ".join(printable(str(value)).split())
        if not isinstance(value, str) or len(line) > longest:
            raise CaseError(field, "too_long", value, high=longest)
        return line

    return FormField("", read, label)


def boolean_field(field: str, label: str = "", *, default: bool = False) -> FormField:
    """Return a field that is true or false.

    Examples:
        >>> boolean_field("seen").read(True)
        True
    """

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        raise CaseError(field, "flag", value)

    return FormField(default, read, label, (False, True))


def choices_field(field: str, choices: Iterable[str], label: str = "", default: tuple[str, ...] = ()) -> FormField:
    """Return a field for several words in order, as a tuple; controls and files separate them with ``|``.

    Examples:
        >>> choices_field("seen", ["a", "b"]).read("b|a")
        ('b', 'a')
    """
    known = (*choices,)

    def read(value: object) -> tuple[str, ...]:
        words = value if isinstance(value, tuple) else tuple(word for word in str(value).split("|") if word)
        if len(set(words)) != len(words) or not set(words) <= set(known):
            raise CaseError(field, "set", value, levels=", ".join(known))
        return words

    return FormField(default, read, label)


def latest_choice(value: object, before: Collection[str], alone: str = UNKNOWN) -> object:
    """Return the boxes that stay checked if one excludes the rest, such as "I don't know": the latest choice wins.

    Args:
        value: The boxes checked now, separated by ``|``.
        before: The boxes checked before.
        alone: The box that excludes the rest.

    Examples:
        >>> latest_choice("specifics|unknown", ["unknown"]), latest_choice("specifics|unknown", ["specifics"])
        ('specifics', 'unknown')
    """
    parts = value.split("|") if isinstance(value, str) else []
    if alone not in parts or len(parts) == 1:
        return value
    return "|".join(part for part in parts if part != alone) if alone in before else alone


class Form(Activity[Record]):
    """An activity made of named values.

    Args:
        row: The activity's row.
        entries: Its fields by name; a field without a label has no control.
    """

    def __init__(self, row: ActivityRow, entries: Mapping[str, FormField]) -> None:
        self.row = row
        self.entries = dict(entries)
        super().__init__(row.activity, MappingProxyType({name: entry.default for name, entry in entries.items()}))

    def with_(self, **values: Any) -> Record:
        """Return the state with some values changed."""
        return MappingProxyType({**self.state, **values})

    def commit_values(self, **values: Any) -> None:
        """Change some values as one undo step."""
        self.commit(self.with_(**values))

    def fields(self) -> Iterable[str]:
        """Return the names of the controls."""
        return [name for name, entry in self.entries.items() if entry.label]

    def label(self, field: str) -> str:
        """Return a control's label."""
        return self.entries[field].label

    def with_value(self, field: str, value: object) -> Record:
        """Return the state after one control moves."""
        if field not in self.entries:
            raise CaseError(field, "unknown_field", value, known=suggestions(field, self.entries))
        return self.with_(**{field: self.entries[field].read(value)})

    def positions(self, field: str) -> Iterable[Any]:
        """Return the positions of a control."""
        return self.entries[field].positions

    def values(self, state: Record) -> dict[str, Any]:
        """Return all values as controls and files write them, with several words joined by ``|``."""
        return {name: "|".join(value) if isinstance(value, tuple) else value for name, value in state.items()}

    def from_file(self, text: str) -> Record:
        """Return the state in a file, ignoring names that no longer exist."""
        record = self.read_record(text)
        read = {name: entry.read(record[name]) for name, entry in self.entries.items() if name in record}
        return self.believed(MappingProxyType({name: read.get(name, entry.default) for name, entry in self.entries.items()}))

    def believed(self, state: Record) -> Record:
        """Return a saved state without impossible values, such as an answer seen before the guess."""
        return state

    def static_html(self) -> str:
        """Return title and introduction, for a notebook that hasn't run."""
        return static_page(self.key)

    @property
    def text(self) -> str:
        """Title and introduction."""
        return f"{self.title}. {lead_text(self.key)}"
