"""Save a workshop session on this machine after every action, and restore it after a crash.

There are two files in the folder of `backchannel_lib.activities.saved_answers`: ``workshop.json``, from which a session
continues, and ``workshop.csv``, with one row per round for a spreadsheet. The previous version stays as
``workshop.previous.json`` until the next action, so a damaged file costs at most one action.
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

FORMAT: Final = 1  # goes up when a value in the session changes its meaning
FORMAT_KEY: Final = "backchannel_workshop"
NAME: Final = "workshop"


class SavedSession(NamedTuple):
    """What could be restored from an earlier session.

    Args:
        record: The session; None if no version is readable.
        problem: Id of a sentence about what went wrong, or blank.
        archived_as: The new name of an unreadable file, or blank.
        saved_at: When the session was saved, by this machine's clock, as text.

    Examples:
        >>> SavedSession(None, "record.unreadable").archived_as
        ''
    """

    record: dict[str, Any] | None
    problem: str = ""
    archived_as: str = ""
    saved_at: str = ""


class SessionWriter:
    """Saves a session for one page at a time, so that two windows don't overwrite each other.

    After a restore, the first page to save takes over the session; the other one gets an error at its next action.
    """

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.has_written = False

    def save(self, record: Mapping[str, Any], header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Save a session atomically.

        Args:
            record: The session, in values that JSON can hold.
            header: The columns of the table.
            rows: One row per round.

        Raises:
            CaseFileError: A file can't be written, or another page has taken over the session; the old content stays.
        """
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        content = json.dumps({FORMAT_KEY: FORMAT, "saved": now, "writer": self.id, **record}, indent=1) + "\n"
        place = prepared_folder()
        main = place / f"{NAME}.json"
        with locked(main):  # from checking who saved last to the end of the write
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
    """Load the last saved session, and report any problem with reading it.

    An unreadable file is archived under another name and the previous version is used instead; nothing is deleted.
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
    """Add the current time to the name of a session's file, so that a new session doesn't overwrite it.

    Args:
        path: The file; None for the last session and its table.

    Returns:
        The new name; blank if there was no file or renaming failed.
    """
    main = folder() / f"{NAME}.json"
    try:
        with locked(main):
            return _archive([path] if path else [main, main.with_suffix(".csv")])
    except CaseFileError:  # the folder isn't writable
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
