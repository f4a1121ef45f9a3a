"""Writing a file so that a full disk, a crash or a closed lid never leaves half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from backchannel_lib.base.errors import CaseFileError


def write_file(target: Path, text: str, *, make_folder: bool = False, previous: Path | None = None) -> None:
    """Write a text file whole or not at all: what was there stays until the new text is on the disk.

    Args:
        target: The file.
        text: Its new content, written as UTF-8 with its line ends as they are.
        make_folder: Whether to make the file's folder where it is missing.
        previous: Where to move what was there before; None to replace it.

    Raises:
        CaseFileError: The file cannot be written.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_file(Path(folder) / "a.txt", "Hello")
        ...     (Path(folder) / "a.txt").read_text()
        'Hello'
    """
    draft = None
    try:
        if make_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if previous is not None and target.exists():
            target.replace(previous)
        Path(draft).replace(target)
    except OSError as error:
        raise CaseFileError(target.name, "unwritable", None, problem=error.strerror or type(error).__name__) from None
    finally:
        if draft is not None:
            with contextlib.suppress(OSError):
                Path(draft).unlink(missing_ok=True)  # gone already where all went well
