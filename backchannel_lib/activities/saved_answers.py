"""What a reader asked to keep from one chapter to the next: small files on this machine and nowhere else.

Nothing is kept unless the reader presses the button that says so. Where there is no lasting file system, or it cannot be
written, keeping fails with a sentence and everything else goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from backchannel_lib.base.errors import CaseError, CaseFileError
from backchannel_lib.model.case import Case

FOLDER: Final = "BACKCHANNEL_WORK"  # the variable of the environment that names another folder
CASE: Final = "case"  # the name under which the fields of a case are kept


def folder() -> Path:
    """Tell where kept files lie: in ``my_work`` beside the notebooks' folder, or in the reader's home.

    Returns:
        The folder, which need not exist.

    Examples:
        >>> folder().name != ""
        True
    """
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    checkout = Path(__file__).resolve().parents[2]
    return checkout / "my_work" if (checkout / "notebooks").is_dir() else Path.home() / "backchannel_work"


def save(name: str, value: dict[str, Any]) -> None:
    """Keep a record under a name, in place of what was kept there before.

    Args:
        name: What it is, such as ``bets``.
        value: The record; what JSON can hold.

    Raises:
        CaseFileError: The file cannot be written; what was kept before is left as it is.
    """
    target = folder() / f"{name}.json"
    draft = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
        draft.replace(target)  # whole or not at all
    except OSError as error:
        raise CaseFileError(target.name, "unwritable", None, problem=error.strerror or type(error).__name__) from None


def saved(name: str) -> dict[str, Any]:
    """Give the record that was kept under a name.

    Args:
        name: What it is.

    Returns:
        The record; empty where nothing was kept, or where the file is no longer one that can be read.
    """
    try:
        value = json.loads((folder() / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def delete(name: str) -> None:
    """Delete what was kept under a name.

    Args:
        name: What it is.

    Raises:
        CaseFileError: The file cannot be deleted.
    """
    target = folder() / f"{name}.json"
    try:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise CaseFileError(target.name, "unwritable", None, problem=error.strerror or type(error).__name__) from None


def with_saved(case: Case, record: Mapping[str, Any]) -> Case:
    """Put what a reader kept into a case; what is not valid any more is passed over.

    Args:
        case: The case.
        record: Values by field, as they were kept.

    Returns:
        The case with them.

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
