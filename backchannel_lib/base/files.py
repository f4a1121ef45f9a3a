"""Writing a file so that a full disk, a crash or a closed lid never leaves half of one, and nobody else here can read it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from backchannel_lib.base.errors import CaseFileError

#: How long a file waits for another window that is writing it, and how often it looks again (seconds).
LOCK_TIMEOUT_S: Final = 5.0
LOCK_INTERVAL_S: Final = 0.02

#: Causes that lie in the folder, where another file name would not help.
FOLDER_PROBLEMS: Final = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_file(target: Path, text: str, *, make_folder: bool = False, previous: Path | None = None) -> None:
    """Write a text file whole or not at all: what was there stays until the new text is on the disk.

    Args:
        target: The file. Only its owner can read it.
        text: Its new content, written as UTF-8 with its line ends as they are.
        make_folder: Whether to make the file's folder, for its owner alone, where it is missing.
        previous: Where to keep what was there before; None to keep nothing. At no time is the file itself missing.

    Raises:
        CaseFileError: The file cannot be written.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_file(Path(folder) / "a.txt", "Hello")
        ...     (Path(folder) / "a.txt").read_text()
        'Hello'
    """
    drafts: list[Path] = []

    def draft(name: str) -> tuple[int, Path]:
        handle, path = tempfile.mkstemp(dir=target.parent, prefix=f".{name}.", suffix=".part")
        drafts.append(Path(path))
        return handle, Path(path)

    try:
        if make_folder:
            make_folder_for_owner(target.parent)
        handle, new = draft(target.name)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if previous is not None and target.exists():
            handle, copy = draft(previous.name)
            with target.open("rb") as old, os.fdopen(handle, "wb") as out_copy:
                shutil.copyfileobj(old, out_copy)
                out_copy.flush()
                os.fsync(out_copy.fileno())
            copy.replace(previous)
        new.replace(target)
    except OSError as error:
        raise unwritable(target, error) from None
    finally:
        for left in drafts:
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)  # gone already where all went well


def unwritable(target: Path, error: OSError) -> CaseFileError:
    """Return the error that says why a file could not be written, and what to do.

    Examples:
        >>> print(unwritable(Path("/a/b.txt"), OSError(errno.ENOSPC, "No space left on device")))
        b.txt: could not be written: No space left on device. Nothing was changed.
    """
    problem = error.strerror or type(error).__name__
    if error.errno in FOLDER_PROBLEMS:
        return CaseFileError(target.name, "unwritable_folder", None, folder=target.parent, problem=problem)
    return CaseFileError(target.name, "unwritable", None, problem=problem)


def make_folder_for_owner(folder: Path) -> None:
    """Make a folder that its owner alone can open. Folders above it are made as any others; one that exists stays as it is.

    Raises:
        OSError: The folder cannot be made.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     make_folder_for_owner(Path(folder) / "mine")
        ...     oct((Path(folder) / "mine").stat().st_mode & 0o077)
        '0o0'
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def close_to_others(path: Path) -> None:
    """Take from everybody but its owner the right to use a file or folder, where there is such a right and it can be taken.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "a.txt"
        ...     file.touch(0o644)
        ...     close_to_others(file)
        ...     oct(file.stat().st_mode & 0o077)
        '0o0'
    """
    with contextlib.suppress(OSError):  # missing, somebody else's, or on a file system without permissions
        mode = path.stat().st_mode
        if os.name == "posix" and mode & 0o077:
            path.chmod(mode & 0o700)


@contextlib.contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold a file against other windows of the workbook: what is read inside is still so when it is written.

    A lock ends with the process that held it, however that ended. Where a file system has no locks, nothing is held.

    Args:
        target: The file. The lock is a file of its own beside it, which stays.

    Raises:
        CaseFileError: The folder cannot be written, or another window holds the file for more than a few seconds.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder) / "a.txt"):
        ...     [path.name for path in Path(folder).iterdir()]
        ['.a.txt.lock']
    """
    try:
        make_folder_for_owner(target.parent)
        handle = os.fdopen(os.open(target.with_name(f".{target.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        raise unwritable(target, error) from None
    with handle:
        until = time.monotonic() + LOCK_TIMEOUT_S
        while not _try_lock(handle):
            if time.monotonic() > until:
                raise unwritable(target, OSError(errno.EBUSY, "another window is writing it"))
            time.sleep(LOCK_INTERVAL_S)
        yield  # closing the handle lets go of the lock


def _try_lock(handle: IO[bytes]) -> bool:
    """Lock an open file if nobody else has it locked; return whether it is safe to go on."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return True  # in a browser there is one window
    except OSError as error:
        return error.errno not in {errno.EACCES, errno.EAGAIN}
    return True
