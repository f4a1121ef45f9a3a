"""A file is written completely or not at all."""

from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.files import close_to_others, locked, write_file


def full(_: int) -> None:
    """Fail like a full disk."""
    raise OSError(28, "No space left on device")


def test_a_file_is_written_with_its_line_endings_unchanged(tmp_path: Path) -> None:
    """This is so on every system, and non-ASCII characters are written as UTF-8."""
    write_file(tmp_path / "a.txt", "é\n\r\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\n\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_missing_folder_is_created_only_on_request(tmp_path: Path) -> None:
    """Otherwise there's an error with the file's name and the cause."""
    with pytest.raises(CaseFileError, match=r"^a\.txt: could not be written: No such file or directory\."):
        write_file(tmp_path / "below" / "a.txt", "x")
    write_file(tmp_path / "below" / "a.txt", "x", make_folder=True)
    assert (tmp_path / "below" / "a.txt").read_text(encoding="utf-8") == "x"


def test_the_previous_version_is_kept_as_a_backup(tmp_path: Path) -> None:
    """The first write has nothing to back up. Each later one backs up the version before it."""
    target, previous = tmp_path / "a.txt", tmp_path / "a.previous.txt"
    write_file(target, "one", previous=previous)
    assert not previous.exists()
    write_file(target, "two", previous=previous)
    assert (target.read_text(encoding="utf-8"), previous.read_text(encoding="utf-8")) == ("two", "one")


def test_a_full_disk_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The file and its backup stay, with no half-written file next to them."""
    target, previous = tmp_path / "a.txt", tmp_path / "a.previous.txt"
    write_file(target, "one", previous=previous)
    write_file(target, "two", previous=previous)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CaseFileError, match="No space left on device"):
        write_file(target, "three", previous=previous)
    assert (target.read_text(encoding="utf-8"), previous.read_text(encoding="utf-8")) == ("two", "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.previous.txt", "a.txt"]


def test_the_file_is_never_missing_while_it_is_being_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Between any two steps of a write, either the old file or the new one is there."""
    target, previous = tmp_path / "a.txt", tmp_path / "a.previous.txt"
    write_file(target, "one", previous=previous)
    seen = []
    replace = Path.replace

    def watched(path: Path, to: Path) -> Path:
        seen.append(target.read_text(encoding="utf-8"))
        result = replace(path, to)
        seen.append(target.read_text(encoding="utf-8"))
        return result

    monkeypatch.setattr(Path, "replace", watched)
    write_file(target, "two", previous=previous)
    assert seen == ["one", "one", "one", "two"]
    assert previous.read_text(encoding="utf-8") == "one"


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's files from others by itself")
def test_only_the_owner_can_read_a_file_and_the_folder_created_for_it(tmp_path: Path) -> None:
    """Whatever the umask, nobody else on a shared computer can read what a student wrote."""
    before = os.umask(0o000)
    try:
        target = tmp_path / "mine" / "a.txt"
        write_file(target, "one", make_folder=True, previous=target.with_name("b.txt"))
        write_file(target, "two", previous=target.with_name("b.txt"))
        with locked(target):
            modes = {path.name: path.stat().st_mode & 0o777 for path in target.parent.iterdir()}
    finally:
        os.umask(before)
    assert target.parent.stat().st_mode & 0o777 == 0o700
    assert modes == {"a.txt": 0o600, "b.txt": 0o600, ".a.txt.lock": 0o600}


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's files from others by itself")
def test_access_for_others_is_taken_away(tmp_path: Path) -> None:
    """The owner's own permissions don't change, and a missing file isn't an error."""
    (tmp_path / "a.sh").touch()
    (tmp_path / "a.sh").chmod(0o755)
    close_to_others(tmp_path / "a.sh")
    close_to_others(tmp_path / "missing")
    assert (tmp_path / "a.sh").stat().st_mode & 0o777 == 0o700


def test_half_an_emoji_is_written_as_a_question_mark(tmp_path: Path) -> None:
    """UTF-8 can't represent it, but the rest of the text is kept."""
    write_file(tmp_path / "a.txt", "one \ud83d two")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "one ? two"


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_the_error_for_an_unwritable_folder_names_it_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int
) -> None:
    """A bare `[Errno 30]` would help nobody."""

    def refuse(**_: object) -> tuple[int, str]:
        raise OSError(code, os.strerror(code), str(tmp_path / "a.txt"))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(CaseFileError) as caught:
        write_file(tmp_path / "a.txt", "x")
    said = str(caught.value)
    assert f"in the folder {tmp_path}: {os.strerror(code)}." in said
    assert "move the workbook to a folder that you can write to" in said
    assert "Errno" not in said


def test_two_windows_take_turns_with_a_file(tmp_path: Path) -> None:
    """The second waits until the first is done, and gets an error message if that takes too long."""
    target = tmp_path / "a.txt"
    order = []

    def second() -> None:
        with locked(target):
            order.append("second")

    with locked(target):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.2)
        order.append("first")
    waiting.join(5)
    assert order == ["first", "second"]


def test_a_file_that_stays_locked_gives_an_error_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody waits forever for a window that hangs."""
    monkeypatch.setattr("backchannel_lib.base.files.LOCK_TIMEOUT_S", 0.1)
    with (
        locked(tmp_path / "a.txt"),
        pytest.raises(CaseFileError, match="another window is writing it"),
        locked(tmp_path / "a.txt"),
    ):
        pass
