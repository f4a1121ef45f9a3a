"""Writing a file whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.files import write_file


def full(_: int) -> None:
    """Stand in for a disk that is full."""
    raise OSError(28, "No space left on device")


def test_a_file_is_written_with_its_line_ends_as_they_are(tmp_path: Path) -> None:
    """No system changes them, and letters beyond ASCII are UTF-8."""
    write_file(tmp_path / "a.txt", "é\n\r\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\n\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_missing_folder_is_made_only_when_asked(tmp_path: Path) -> None:
    """Without that, the file is refused by its name and the cause."""
    with pytest.raises(CaseFileError, match=r"^a\.txt: could not be written: No such file or directory\."):
        write_file(tmp_path / "below" / "a.txt", "x")
    write_file(tmp_path / "below" / "a.txt", "x", make_folder=True)
    assert (tmp_path / "below" / "a.txt").read_text(encoding="utf-8") == "x"


def test_what_was_there_before_is_moved_aside(tmp_path: Path) -> None:
    """The first write has nothing to move; each later one moves the one before."""
    target, previous = tmp_path / "a.txt", tmp_path / "a.previous.txt"
    write_file(target, "one", previous=previous)
    assert not previous.exists()
    write_file(target, "two", previous=previous)
    assert (target.read_text(encoding="utf-8"), previous.read_text(encoding="utf-8")) == ("two", "one")


def test_a_full_disk_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The old file and the one before it stay, and no half of a new one lies beside them."""
    target, previous = tmp_path / "a.txt", tmp_path / "a.previous.txt"
    write_file(target, "one", previous=previous)
    write_file(target, "two", previous=previous)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CaseFileError, match="No space left on device"):
        write_file(target, "three", previous=previous)
    assert (target.read_text(encoding="utf-8"), previous.read_text(encoding="utf-8")) == ("two", "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.previous.txt", "a.txt"]
