"""A disk that loses power: what a program did to its files, and every state in which that can leave the disk.

What's known about real disks: a file's content is safe once it has been synced. Before that, it can be empty. A new name, a
move or a deletion is safe once its folder has been synced. Before that, it may be lost, but the order is kept.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock


class Operation(NamedTuple):
    """One thing that a program did: ``sync`` a file, ``move`` or ``delete`` one, ``sync_folder``, or finish a ``step``."""

    kind: str
    path: str = ""
    to: str = ""
    content: bytes = b""


class Disk:
    """Records what happens in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.operations: list[Operation] = []

    def finish_step(self) -> None:
        """Note that a program told its reader that something is saved."""
        self.operations.append(Operation("step"))

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record while a program runs in this process."""
        fsync, replace, unlink = os.fsync, Path.replace, Path.unlink

        def synced(handle: int) -> None:
            fsync(handle)
            path = Path(f"/proc/self/fd/{handle}").readlink()
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                self.operations.append(Operation("sync_folder"))
            else:
                self.operations.append(Operation("sync", path.name, content=path.read_bytes()))

        def moved(path: Path, to: Any) -> Path:
            self.operations.append(Operation("move", path.name, Path(to).name))
            return replace(path, to)

        def deleted(path: Path, missing_ok: bool = False) -> None:
            self.operations.append(Operation("delete", path.name))
            unlink(path, missing_ok=missing_ok)

        with (
            mock.patch("os.fsync", synced),
            mock.patch.object(Path, "replace", moved),
            mock.patch.object(Path, "unlink", deleted),
        ):
            yield

    def states(self) -> Iterator[tuple[int, dict[str, bytes]]]:
        """Yield every state the disk can be in when the power fails, and how many steps were finished by then."""
        seen = set()
        for end in range(len(self.operations) + 1):
            before = self.operations[:end]
            steps = sum(one.kind == "step" for one in before)
            certain = max((number for number, one in enumerate(before) if one.kind == "sync_folder"), default=-1)
            for last in range(certain + 1, end + 1):  # how many of the moves since then have reached the disk
                files = _after([*before[:last], *(one for one in before[last:] if one.kind == "sync")])
                key = (steps, tuple(sorted(files.items())))
                if key not in seen:
                    seen.add(key)
                    yield steps, files


def _after(operations: list[Operation]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for one in operations:
        if one.kind == "sync":
            files[one.path] = one.content
        elif one.kind == "move":
            files[one.to] = files.pop(one.path, b"")  # never synced, so its content is lost
        elif one.kind == "delete":
            files.pop(one.path, None)
    return files
