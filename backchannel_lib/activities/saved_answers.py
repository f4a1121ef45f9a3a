"""Save what a reader enters in one chapter for the next ones, in small files on this machine and nowhere else.

Nothing is saved unless the reader presses the button for it. If the folder isn't writable, saving fails with an error message
and everything else keeps working.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.files import close_to_others, make_folder_for_owner, unwritable, write_file
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.page.host import host

FOLDER: Final = "BACKCHANNEL_WORK"  # environment variable for a different folder
CASE: Final = "case"  # name of the saved fields of a case
#: A temporary folder that only this thread uses; see `saving_elsewhere`.
_elsewhere: Final[ContextVar[str]] = ContextVar("_elsewhere", default="")


def folder() -> Path:
    """Return the folder of saved files, which may not exist yet: ``my_work`` next to the notebooks, or in the home folder.

    Examples:
        >>> folder().name != ""
        True
    """
    named = _elsewhere.get() or os.environ.get(FOLDER)
    if named:
        return Path(named)
    checkout = Path(__file__).resolve().parents[2]
    return checkout / "my_work" if (checkout / "notebooks").is_dir() else Path.home() / "backchannel_work"


@contextlib.contextmanager
def saving_elsewhere() -> Iterator[None]:
    """Use an empty temporary folder, so that nothing a reader has saved is read or written.

    Examples:
        >>> usual = folder()
        >>> with saving_elsewhere():
        ...     save("bets", {"full_list": "maybe"})
        ...     folder() == usual
        False
    """
    with tempfile.TemporaryDirectory() as place:
        before = _elsewhere.set(place)
        try:
            yield
        finally:
            _elsewhere.reset(before)


def saved_place() -> str:
    """Return the place of saved answers in words, for sentences such as "saved in {where}".

    Examples:
        >>> saved_place().startswith("the folder"), folder().name in saved_place()
        (True, True)
    """
    return text("saved.place.browser") if host() == "browser" else text("saved.place.computer", folder=folder().name)


def prepared_folder() -> Path:
    """Return the folder of saved files, creating it if necessary; on a shared computer, only its owner can open it.

    Raises:
        CaseFileError: The folder can't be created.
    """
    place = folder()
    try:
        make_folder_for_owner(place)
    except OSError as error:
        raise unwritable(place, error) from None
    if FOLDER not in os.environ:  # users who choose their own folder also choose who can open it
        close_to_others(place)
    return place


def save(name: str, record: Mapping[str, Any]) -> None:
    """Save a record under a name such as ``bets``, replacing the previous one.

    Raises:
        CaseFileError: The file can't be written; the previous record stays as it was.
    """
    write_file(prepared_folder() / f"{name}.json", json.dumps(record, indent=2) + "\n")


def saved(name: str) -> dict[str, Any]:
    """Return the record saved under a name; empty if there is none or its file can't be read anymore."""
    try:
        value = json.loads((folder() / f"{name}.json").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def delete(name: str) -> None:
    """Delete the record saved under a name.

    Raises:
        CaseFileError: The file can't be deleted.
    """
    target = folder() / f"{name}.json"
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(target, error) from None


def with_saved(case: Case, record: Mapping[str, Any]) -> Case:
    """Put a reader's saved values into a case, ignoring any that are no longer valid.

    Examples:
        >>> with_saved(Case(), {"score": 251, "unknown": 1}).score
        251
    """
    known = {name: value for name, value in record.items() if name in Case.fields()}
    try:
        return Case.from_record({**case.to_record(), **known})
    except CaseError:
        for name, value in known.items():
            with contextlib.suppress(CaseError):
                case = Case.from_record({**case.to_record(), name: value})
        return case
