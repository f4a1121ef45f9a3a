"""What a reader asked to save from one chapter to the next: small files on this machine and nowhere else.

Nothing is saved unless the reader presses the button that says so. Where there is no lasting file system, or it cannot be
written, saving fails with a sentence and everything else goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.files import close_to_others, make_folder_for_owner, unwritable, write_file
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.page.host import host

FOLDER: Final = "BACKCHANNEL_WORK"  # the environment variable that names another folder
CASE: Final = "case"  # the name under which the fields of a case are saved


def folder() -> Path:
    """Return the folder of saved files, which need not exist: ``my_work`` beside the notebooks, or in the reader's home.

    Examples:
        >>> folder().name != ""
        True
    """
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    checkout = Path(__file__).resolve().parents[2]
    return checkout / "my_work" if (checkout / "notebooks").is_dir() else Path.home() / "backchannel_work"


def saved_place() -> str:
    """Say where saved answers are, for a sentence such as "saved in {where}".

    Examples:
        >>> saved_place().startswith("the folder"), folder().name in saved_place()
        (True, True)
    """
    return text("saved.place.browser") if host() == "browser" else text("saved.place.computer", folder=folder().name)


def prepared_folder() -> Path:
    """Return the folder of saved files, made where it is missing; on a shared computer nobody else can look into it.

    Raises:
        CaseFileError: The folder cannot be made.
    """
    place = folder()
    try:
        make_folder_for_owner(place)
    except OSError as error:
        raise unwritable(place, error) from None
    if FOLDER not in os.environ:  # a folder that someone named is theirs to share
        close_to_others(place)
    return place


def save(name: str, record: Mapping[str, Any]) -> None:
    """Save a record under a name such as ``bets``, in place of what was saved there before.

    Raises:
        CaseFileError: The file cannot be written; what was saved before is left as it is.
    """
    write_file(prepared_folder() / f"{name}.json", json.dumps(record, indent=2) + "\n")


def saved(name: str) -> dict[str, Any]:
    """Return the record saved under a name; empty where nothing was saved, or where its file can no longer be read."""
    try:
        value = json.loads((folder() / f"{name}.json").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def delete(name: str) -> None:
    """Delete what was saved under a name.

    Raises:
        CaseFileError: The file cannot be deleted.
    """
    target = folder() / f"{name}.json"
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(target, error) from None


def with_saved(case: Case, record: Mapping[str, Any]) -> Case:
    """Put what a reader saved into a case; what is no longer valid is passed over.

    Examples:
        >>> with_saved(Case(), {"score": 251, "unknown": 1}).score
        251
    """
    known = {name: value for name, value in record.items() if name in Case.fields()}
    try:
        return Case.from_record({**case.to_record(), **known})
    except CaseError:
        for name, value in known.items():
            try:
                case = Case.from_record({**case.to_record(), name: value})
            except CaseError:
                continue
        return case
