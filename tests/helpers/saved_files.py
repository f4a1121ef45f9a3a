"""Files with arbitrary content, their folder, and an activity that must survive them."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from backchannel_lib.activities.activity import Activity, logger
from backchannel_lib.activities.saved_answers import FOLDER
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.model.tables import STAGES

NAMES = [row.activity for row in load_activities()]


class Failures(logging.Handler):
    """Collects what an activity logs on failures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Record a log message."""
        self.found.append(logging.Formatter().format(record))


@contextlib.contextmanager
def without_failure() -> Iterator[None]:
    """Fail if an activity has to roll anything back."""
    failures = Failures()
    logger.addHandler(failures)
    try:
        yield
    finally:
        logger.removeHandler(failures)
    assert failures.found == []


def answers(activity: Activity[Any], message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Send a message, and return the answers as the page gets them; they have to be serializable."""
    return [
        json.loads(json.dumps(one, ensure_ascii=False).encode()) for one in activity.handle({"seq": 1, "view": "v", **message})
    ]


NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 1200),
    st.integers(),
    st.sampled_from([10**30, -(10**30), 1e308, -0.0, 0.5, float("inf"), float("nan")]),
    st.sampled_from(["", " 7 ", "--5", "٣", "²", "1e3", "\ud800", "\x00", "§", "=1+1", "[" * 2000, "x" * 5000, "9" * 400]),
    st.text(max_size=12),
    st.sampled_from([*NAMES, *STAGES, "setup", "close", "file", "what_if", "nadia", "short", "yes", "on", "off"]),
    st.just([]),
    st.just({}),
    st.lists(st.integers(-1, 1000) | st.none() | st.text(max_size=2), min_size=8, max_size=10),
    st.lists(
        st.dictionaries(st.sampled_from(["vignette", "votes", "phones"]), st.just("nadia") | st.just([0] * 9)), max_size=3
    ),
)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths to all values inside another value."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def changed(value: Any, path: tuple[Any, ...], to: object) -> Any:
    """Return a copy of a value with one part replaced."""
    if not path:
        return to
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], to)
    return copy


@st.composite
def files(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """Draw a file: anything at all, a valid one with some values replaced, or a truncated one."""
    good = json.loads(json.dumps(good))
    kind = draw(st.sampled_from(["any", "value", "other", "other", "other", "torn"]))
    if kind == "any":
        return draw(
            st.binary(max_size=200) | st.sampled_from([b"", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 50_000, b"1" * 5000])
        )
    if kind == "value":
        value: Any = draw(NASTY)
    else:
        value = good
        for _ in range(draw(st.integers(0 if kind == "torn" else 1, 3))):
            value = changed(value, draw(st.sampled_from(list(places(value)))), draw(NASTY))
    written = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + json.dumps(value, ensure_ascii=draw(st.booleans())).encode(
        "utf-8", "surrogatepass"
    )
    if kind == "torn":
        at = draw(st.integers(0, len(written)))
        written = written[:at] + draw(st.binary(max_size=8)) + written[at + draw(st.integers(0, 40)) :]
    return written


@contextlib.contextmanager
def folder_with(contents: Mapping[str, bytes]) -> Iterator[Path]:
    """Create a folder of saved files with this content."""
    before = os.environ[FOLDER]
    with tempfile.TemporaryDirectory() as name:
        os.environ[FOLDER] = name
        for file, content in contents.items():
            (Path(name) / file).write_bytes(content)
        try:
            with mock.patch.object(os, "fsync"):  # thousands of files that don't have to survive a crash
                yield Path(name)
        finally:
            os.environ[FOLDER] = before
