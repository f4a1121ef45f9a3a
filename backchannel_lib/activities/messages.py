"""The messages between Python and the page, in both directions. This is their only documentation.

Every message is a JSON object whose ``type`` identifies its record. ``page/static/js/messages.js`` mirrors these
records for the page, and a test compares the two.
"""

# Don't add `from __future__ import annotations`, because then `__required_keys__` ignores `NotRequired` (Python 3.11).
import functools
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, NotRequired, TypeAlias, TypedDict, get_args, get_origin, get_type_hints

from backchannel_lib.base.formatting import printable

Value: TypeAlias = str | int | float | bool | None  # what a control or a file can contain

# ---- from the page to Python ----


class FromPage(TypedDict):
    """The keys that every message from the page can include; the answer repeats ``seq`` and ``view``."""

    seq: NotRequired[int]  # counts the actions of one view
    view: NotRequired[str]  # which view of the widget the reader used
    number: NotRequired[int]  # counts all messages of one view that change something, so that Python notices a missing one
    everything: NotRequired[bool]  # the page may have missed something: answer with everything


class HelloMessage(FromPage):
    """A page has opened and has nothing yet, so the answer contains everything."""

    type: Literal["hello"]


class RefreshMessage(FromPage):
    """Code changed the state; the answer contains what differs."""

    type: Literal["refresh"]


class SetMessage(FromPage):
    """The reader moved a control."""

    type: Literal["set"]
    field: str
    value: Value


class PrefetchMessage(FromPage):
    """The reader started using a control; answered with `PrefetchedMessage`, and nothing changes."""

    type: Literal["prefetch"]
    field: str
    prefetch_version: NotRequired[int]  # the answer repeats it, so that the page can discard an outdated one


class UndoMessage(FromPage):
    """Take back the last change."""

    type: Literal["undo"]


class ResetMessage(FromPage):
    """Go back to the starting state."""

    type: Literal["reset"]


class SaveMessage(FromPage):
    """Save the state to the reader's file; answered with ``file``."""

    type: Literal["save"]


class LoadMessage(FromPage):
    """Open a file, or what this browser tab saved."""

    type: Literal["load"]
    value: str  # the file's text, or a base64 data: URL if its bytes aren't UTF-8
    restored: NotRequired[bool]  # it was saved in the tab before the kernel or the page restarted


class ClockMessage(FromPage):
    """The time left on the page's clock, for sessions that outlive the page."""

    type: Literal["clock_left"]
    value: str  # the clock's id
    left: int  # seconds
    paused: NotRequired[bool]  # whether it is paused


class ActionMessage(FromPage):
    """The reader pressed a button of this kind of activity, or its clock ran out; ``type`` is the action's name."""

    type: str
    value: str  # the button's value, or blank


class PlotlyMessage(FromPage):
    """The page has charts but not plotly.js; the widget answers with the same type and the gzipped library."""

    type: Literal["plotly"]


# ---- from Python to the page ----


class FileRecord(TypedDict):
    """A file for the reader to download."""

    name: str
    text: str


class ClockRecord(TypedDict):
    """The clock that belongs to the state."""

    id: str
    seconds: int  # where it starts
    left: NotRequired[int]  # the time left; all of it if missing
    run: bool
    paused: NotRequired[bool]  # whether someone paused it, in any window; missing if each page keeps its own clock


class ActionResult(TypedDict, total=False):
    """What an action adds to its answer."""

    notice: str  # a sentence for the reader
    focus: str  # the fragment or field where the focus goes
    values: dict[str, Any]  # by field, to show even if they haven't changed
    file: FileRecord


class ShowMessage(ActionResult, total=False):
    """An answer, which contains only what differs from what the page already has, unless ``forget`` is true.

    The fast answer to an action carries the action's ``seq``; the deferred one does not.
    """

    type: Literal["show"]
    number: int  # counts all answers, including prefetched ones: a page that misses one asks for everything
    more: bool  # a deferred answer follows
    contents: dict[int, str]  # HTML or text by number: sent once, then kept by the page
    fragments: dict[str, int]  # fragment of the page -> number of its content
    errors: dict[str, str]  # all error messages, by field
    marks: dict[str, Any]  # the marker on each chart, as (x, y)
    shown: list[str]  # the fields whose controls are visible
    open: list[str]  # the sections that are visible
    idle: list[str]  # which of undo and reset would change nothing, so that their buttons are disabled
    ends: dict[str, Any]  # lowest and highest position of sliders, by field
    exam: str | None  # the exam that the scores belong to
    clock: ClockRecord
    forget: bool  # discard everything: this answer and the deferred one contain it all
    hello: bool  # the answer to a hello
    seq: int
    view: str  # the view whose action this answers; notice, focus and file are only for that view


class PrefetchedMessage(TypedDict):
    """What every other position of a control would show, so that the page can paint it without delay."""

    type: Literal["prefetched"]
    number: int  # as in `ShowMessage`
    field: str
    at: dict[str, Any]  # position -> [fragments as in `ShowMessage`, markers that move with it]
    contents: dict[int, str]
    view: str | None
    prefetch_version: int | None


MOST_BITS: Final = 1024  # in a number; Python can't even print one with thousands of digits

FROM_PAGE: Final[dict[str, type]] = {
    "hello": HelloMessage,
    "refresh": RefreshMessage,
    "set": SetMessage,
    "prefetch": PrefetchMessage,
    "undo": UndoMessage,
    "reset": ResetMessage,
    "save": SaveMessage,
    "load": LoadMessage,
    "clock_left": ClockMessage,
}


def read_message(message: Mapping[str, Any], actions: Collection[str]) -> dict[str, Any] | None:
    """Check a message from the page against its record.

    Args:
        message: Anything that comes from the page.
        actions: The names of the activity's own actions.

    Returns:
        The message; None if its type is unknown, or a key is missing or has the wrong type.

    Examples:
        >>> read_message({"type": "set", "field": "score", "value": 240}, [])
        {'type': 'set', 'field': 'score', 'value': 240}
        >>> read_message({"type": "set", "value": 240}, []) is None
        True
        >>> read_message({"type": "reveal"}, ["reveal"])
        {'type': 'reveal', 'value': ''}
    """
    name = message.get("type")
    if not isinstance(name, str):
        return None
    record = FROM_PAGE.get(name, ActionMessage if name in actions else None)
    if record is None:
        return None
    read = {key: printable(value) if isinstance(value, str) else value for key, value in message.items()}
    if record is ActionMessage and read.get("value") is None:
        read["value"] = ""
    required, kinds = _keys_of(record)
    if not required <= set(read) or not all(_is_a(read[key], kind) for key, kind in kinds.items() if key in read):
        return None
    return read


@functools.cache
def _keys_of(record: type) -> tuple[frozenset[str], dict[str, Any]]:
    return record.__required_keys__, get_type_hints(record)  # type: ignore[attr-defined]


def _is_a(value: object, kind: Any) -> bool:
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return False
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)
