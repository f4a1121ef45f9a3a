"""Write files atomically and for their owner only: a full disk, a crash or a closed laptop never leaves a partial file."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from backchannel_lib.base.errors import CaseFileError

#: How long to wait while another window writes the file, and how often to check again (seconds).
LOCK_TIMEOUT_S: Final = 5.0
LOCK_INTERVAL_S: Final = 0.02

#: Errors that affect the whole folder, so that a different file name wouldn't help.
FOLDER_PROBLEMS: Final = {errno.EACCES, errno.EPERM, errno.EROFS}


def write_file(target: Path, text: str, *, make_folder: bool = False, previous: Path | None = None) -> None:
    """Write a text file atomically: the old content stays until the new text is on disk.

    Args:
        target: The file. Only its owner can read it.
        text: Its new content, written as UTF-8 with unchanged line endings.
        make_folder: Whether to create a missing folder, for its owner only.
        previous: Where to keep the old content; None to discard it. The file itself always exists.

    Raises:
        CaseFileError: The file can't be written.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_file(Path(folder) / "a.txt", "Hello")
        ...     (Path(folder) / "a.txt").read_text()
        'Hello'
    """
    drafts: list[Path] = []

    def draft(name: str, content: bytes) -> Path:
        handle, path = tempfile.mkstemp(dir=target.parent, prefix=f".{name}.", suffix=".part")
        drafts.append(Path(path))
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        return drafts[-1]

    try:
        if make_folder:
            make_folder_for_owner(target.parent)
        new = draft(target.name, text.encode(errors="replace"))
        if previous is not None and target.exists():
            draft(previous.name, target.read_bytes()).replace(previous)
        new.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise unwritable(target, error) from None
    finally:
        for left in drafts:
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)  # already gone if all went well


def _sync_folder(folder: Path) -> None:
    """Flush a folder to disk, so that new file names in it survive a power failure; does nothing where that isn't possible."""
    with contextlib.suppress(OSError):  # Windows and some file systems can't; the file's content is safe anyway
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_bytes(file: Path) -> bytes:
    """Return a file's content.

    Raises:
        CaseFileError: The file can't be read.

    Examples:
        >>> read_bytes(Path("/no/such/file.csv"))
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseFileError: file.csv: could not be read: 'No such file or directory'.
    """
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: for example a NUL in the name
        raise CaseFileError(file.name, "unreadable", getattr(error, "strerror", None) or str(error)) from None


def unwritable(target: Path, error: OSError) -> CaseFileError:
    """Return an error that explains why a file couldn't be written, and what to do.

    Examples:
        >>> print(unwritable(Path("/a/b.txt"), OSError(errno.ENOSPC, "No space left on device")))
        b.txt: could not be written: No space left on device. Nothing was changed.
    """
    problem = error.strerror or type(error).__name__
    if error.errno in FOLDER_PROBLEMS:
        return CaseFileError(target.name, "unwritable_folder", None, folder=target.parent, problem=problem)
    return CaseFileError(target.name, "unwritable", None, problem=problem)


def make_folder_for_owner(folder: Path) -> None:
    """Create a folder that only its owner can open. Parent folders get default permissions; an existing folder is unchanged.

    Raises:
        OSError: The folder can't be created.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     make_folder_for_owner(Path(folder) / "mine")
        ...     oct((Path(folder) / "mine").stat().st_mode & 0o077)
        '0o0'
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def close_to_others(path: Path) -> None:
    """Remove everyone else's permissions on a file or folder, where the system allows it.

    Examples:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "a.txt"
        ...     file.touch(0o644)
        ...     close_to_others(file)
        ...     oct(file.stat().st_mode & 0o077)
        '0o0'
    """
    with contextlib.suppress(OSError):  # missing, owned by someone else, or on a file system without permissions
        mode = path.stat().st_mode
        if os.name == "posix" and mode & 0o077:
            path.chmod(mode & 0o700)


@contextlib.contextmanager
def locked(target: Path) -> Iterator[None]:
    """Lock a file against other windows of the workbook, so that what you read is still current when you write.

    A lock ends with its process, even after a crash. On a file system without locks, this does nothing.

    Args:
        target: The file. The lock is a separate file next to it, which stays.

    Raises:
        CaseFileError: The folder isn't writable, or another window holds the lock for more than a few seconds.

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
        yield  # closing the handle releases the lock


def _try_lock(handle: IO[bytes]) -> bool:
    """Try to lock an open file; return whether it is safe to go on."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return True  # in a browser there is only one window
    except OSError as error:
        return error.errno not in {errno.EACCES, errno.EAGAIN}
    return True
