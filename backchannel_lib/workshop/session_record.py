"""A workshop's session on this machine: written whole after every act, and found again after a crash.

Two files in the folder of `backchannel_lib.activities.saved_answers`: ``workshop.json``, from which a session goes on, and ``workshop.csv``, a
row for each round, for a spreadsheet. What was there before stays as ``workshop.previous.json`` until the next act, so
that a file that was damaged costs one act at the most.
"""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.files import write_file

FORMAT: Final = 1  # raised when a part of the session changes its meaning
MARK: Final = "backchannel_workshop"
NAME: Final = "workshop"


class Found(NamedTuple):
    """What was found of an earlier session.

    Args:
        record: The session; None where there is none that can be read.
        problem: The id of a sentence on what went wrong, or blank.
        aside: The name under which a file that cannot be read was put aside, or blank.
        saved: When the session was written, as an ISO time of this machine, or blank.
    """

    record: dict[str, Any] | None
    problem: str = ""
    aside: str = ""
    saved: str = ""


class Writer:
    """Who writes a session: one page at a time, so that two windows do not write over each other.

    Whoever writes first after a session was found takes it over; the other one is told at its next act.
    """

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self.has_written = False

    def check(self, target: Path) -> None:
        """Refuse to write over what another page has written since this one wrote."""
        try:
            there = _read(target.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return  # nothing is there that could be lost
        if self.has_written and there is not None and there.get("writer") != self.name:
            raise CaseFileError(target.name, "other_window", None)


def save(writer: Writer, record: Mapping[str, Any], head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a session, whole or not at all.

    Args:
        writer: Who writes it.
        record: The session; what JSON can hold.
        head: The columns of the table.
        rows: A row for each round.

    Raises:
        CaseFileError: A file cannot be written, or another page has taken the session over; what was written before is
            still there.
    """
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    text = json.dumps({MARK: FORMAT, "saved": now, "writer": writer.name, **record}, indent=1) + "\n"
    main = folder() / f"{NAME}.json"
    writer.check(main)
    write_file(main, text, make_folder=True, previous=folder() / f"{NAME}.previous.json")
    writer.has_written = True
    write_file(folder() / f"{NAME}.csv", as_csv(head, rows), make_folder=True)


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table for a spreadsheet.

    Args:
        head: The columns.
        rows: The cells by rows.

    Returns:
        CSV.

    Examples:
        >>> as_csv(["round", "votes"], [[1, 40]]).splitlines()
        ['round,votes', '1,40']
    """
    out = io.StringIO(newline="")
    csv.writer(out).writerows([head, *rows])
    return out.getvalue()


def load() -> Found:
    """Find the session that was written last.

    A file that cannot be read is put aside under another name, and the one before it is taken; nothing is deleted.

    Returns:
        The session, and what went wrong on the way to it.
    """
    main, previous = folder() / f"{NAME}.json", folder() / f"{NAME}.previous.json"
    problem = aside = ""
    for path in (main, previous):
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError:
            text = ""
        except OSError:
            problem = problem or "record.unreadable"
            continue
        value = _read(text)
        if value is not None and value[MARK] <= FORMAT:
            told = problem or ("record.previous" if path is previous else "")
            return Found(value, told, aside, str(value.get("saved", "")))
        problem = problem or ("record.broken" if value is None else "record.newer")
        aside = aside or set_aside(path)
    return Found(None, problem, aside)


def _read(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    version = value.get(MARK) if isinstance(value, dict) else None
    return value if isinstance(version, int) and not isinstance(version, bool) and version > 0 else None


def set_aside(path: Path | None = None) -> str:
    """Put a session's file aside under a name that says when, so that a new session does not write over it.

    Args:
        path: The file; None for the session that was written last, with its table.

    Returns:
        The new name, or blank where there was nothing or it could not be moved.
    """
    paths = [path] if path else [folder() / f"{NAME}.json", folder() / f"{NAME}.csv"]
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    named = ""
    for one in paths:
        for count in range(100):
            more = f"-{count}" if count else ""
            other = one.with_name(f"{NAME}-{stamp}{more}{one.suffix}")
            if not other.exists():
                break
        try:
            one.replace(other)
        except OSError:
            continue
        named = named or other.name
    return named
