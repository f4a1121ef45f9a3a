"""A workshop's session on this machine: written whole after every action, and restored after a crash.

Two files in the folder of `backchannel_lib.activities.saved_answers`: ``workshop.json``, from which a session continues, and
``workshop.csv``, a row per round for a spreadsheet. The version before stays as ``workshop.previous.json`` until the next
action, so that a damaged file costs one action at most.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.saved_answers import folder, prepared_folder
from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.files import locked, write_file
from backchannel_lib.base.spreadsheet import to_csv
from backchannel_lib.base.texts import text

FORMAT: Final = 1  # raised when a value in the session changes its meaning
FORMAT_KEY: Final = "backchannel_workshop"
NAME: Final = "workshop"


class SavedSession(NamedTuple):
    """What was found of an earlier session.

    Args:
        record: The session; None if there is none that can be read.
        problem: The id of a sentence on what went wrong, or blank.
        archived_as: The new name of a file that cannot be read, or blank.
        saved_at: When the session was written, by the clock of this machine, for a reader.

    Examples:
        >>> SavedSession(None, "record.unreadable").archived_as
        ''
    """

    record: dict[str, Any] | None
    problem: str = ""
    archived_as: str = ""
    saved_at: str = ""


class SessionWriter:
    """Writes a session for one page at a time, so that two windows do not overwrite each other.

    The page that writes first after a session was restored takes it over; the other one learns it at its next action.
    """

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.has_written = False

    def save(self, record: Mapping[str, Any], header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write a session, whole or not at all.

        Args:
            record: The session; what JSON can hold.
            header: The columns of the table.
            rows: A row per round.

        Raises:
            CaseFileError: A file cannot be written, or another page has taken the session over; what was written before
                is still there.
        """
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        content = json.dumps({FORMAT_KEY: FORMAT, "saved": now, "writer": self.id, **record}, indent=1) + "\n"
        place = prepared_folder()
        main = place / f"{NAME}.json"
        with locked(main):  # from the look at who wrote last to the end of the writing
            self._check_not_taken_over(main)
            write_file(main, content, previous=place / f"{NAME}.previous.json")
            self.has_written = True
            write_file(place / f"{NAME}.csv", to_csv(header, rows))

    def _check_not_taken_over(self, path: Path) -> None:
        try:
            current = _parse(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return  # there is nothing to lose
        if self.has_written and current is not None and current.get("writer") != self.id:
            raise CaseFileError(path.name, "other_window", None)


def load() -> SavedSession:
    """Find the session that was written last, and what went wrong on the way to it.

    A file that cannot be read is archived under another name, and the version before it is used; nothing is deleted.
    """
    main, previous = folder() / f"{NAME}.json", folder() / f"{NAME}.previous.json"
    problem = archived_as = ""
    for path in (main, previous):
        try:
            content = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError:
            content = ""
        except OSError:
            problem = problem or "record.unreadable"
            continue
        value = _parse(content)
        if value is not None and value[FORMAT_KEY] <= FORMAT:
            problem = problem or ("record.previous" if path is previous else "")
            return SavedSession(value, problem, archived_as, _saved_at(value.get("saved")))
        problem = problem or ("record.broken" if value is None else "record.newer")
        archived_as = archived_as or archive(path)
    return SavedSession(None, problem, archived_as)


def _saved_at(written: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(written)):%Y-%m-%d %H:%M}"
    except ValueError:
        return text("record.some_time")


def _parse(content: str) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    version = value.get(FORMAT_KEY) if isinstance(value, dict) else None
    return value if isinstance(version, int) and not isinstance(version, bool) and version > 0 else None


def archive(path: Path | None = None) -> str:
    """Rename a session's file after the current time, so that a new session does not overwrite it.

    Args:
        path: The file; None for the last session together with its table.

    Returns:
        The new name, or blank if there was nothing or it could not be renamed.
    """
    main = folder() / f"{NAME}.json"
    try:
        with locked(main):
            return _archive([path] if path else [main, main.with_suffix(".csv")])
    except CaseFileError:  # the folder cannot be written
        return ""


def _archive(paths: list[Path]) -> str:
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    archived_as = ""
    for one in paths:
        numbered = (one.with_name(f"{NAME}-{stamp}{number}{one.suffix}") for number in ("", *range(-1, -100, -1)))
        target = next(path for path in numbered if not path.exists())
        try:
            one.replace(target)
        except OSError:
            continue
        archived_as = archived_as or target.name
    return archived_as
