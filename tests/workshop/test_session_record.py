"""The session on this computer: two windows, files that only their owner can read, and unreadable files."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from backchannel_lib.activities import saved_answers
from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.workshop import session_record
from backchannel_lib.workshop.session_record import SessionWriter
from backchannel_lib.workshop.votes.store import VoteStore


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for saved files that doesn't exist yet."""
    monkeypatch.setenv(saved_answers.FOLDER, str(tmp_path / "my_work"))
    return tmp_path / "my_work"


def test_a_rejected_window_never_writes(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This holds even if the older window checks between the newer one's two renames."""
    older, newer = SessionWriter(), SessionWriter()
    older.save({"by": "older"}, ["round"], [])
    newer.save({"by": "newer"}, ["round"], [])
    outcomes: list[str] = []
    replace = Path.replace

    def in_between(path: Path, to: Path) -> Path:
        result = replace(path, to)
        if threading.current_thread() is threading.main_thread() and not outcomes:
            outcomes.append("started")
            other.start()
            other.join(0.3)  # without the lock it would be finished by now
        return result

    def write_as_older() -> None:
        try:
            older.save({"by": "older again"}, ["round"], [])
        except CaseFileError as error:
            outcomes.append(error.rule)

    other = threading.Thread(target=write_as_older)
    monkeypatch.setattr(Path, "replace", in_between)
    newer.save({"by": "newer again"}, ["round"], [])
    other.join(10)
    assert outcomes == ["started", "other_window"]
    found = session_record.load()
    assert found.record is not None
    assert found.record["by"] == "newer again"


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's files from others by itself")
def test_only_the_owner_can_read_what_a_workshop_saves(work: Path) -> None:
    """The folder has mode 0700 and every file 0600, whatever the umask."""
    before = os.umask(0o022)
    try:
        writer = SessionWriter()
        for number in (1, 2):
            writer.save({"round": number}, ["round"], [[number]])
        saved_answers.save("bets", {"one": 1})
        with VoteStore(work / "workshop.votes") as store:
            store.open_round("one", "What happens?", [("yes", "Yes")])
            files = {path.name: oct(path.stat().st_mode & 0o777) for path in work.iterdir()}
    finally:
        os.umask(before)
    assert oct(work.stat().st_mode & 0o777) == "0o700"
    assert len(files) >= 5
    assert set(files.values()) == {"0o600"}, files


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's files from others by itself")
def test_a_my_work_folder_of_an_earlier_version_is_closed_to_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Earlier versions left it readable for everyone. A folder that the user named stays shared if they shared it."""
    monkeypatch.delenv(saved_answers.FOLDER)
    monkeypatch.setattr(saved_answers, "folder", lambda: tmp_path / "my_work")
    (tmp_path / "my_work").mkdir(mode=0o755)
    saved_answers.save("bets", {"one": 1})
    assert (tmp_path / "my_work").stat().st_mode & 0o777 == 0o700
    (tmp_path / "my_work").chmod(0o755)
    monkeypatch.setenv(saved_answers.FOLDER, str(tmp_path / "my_work"))
    saved_answers.save("bets", {"one": 2})
    assert (tmp_path / "my_work").stat().st_mode & 0o777 == 0o755


def test_saved_answers_that_are_nested_too_deeply_count_as_none(work: Path) -> None:
    """A file full of brackets doesn't cause an error on every page."""
    work.mkdir()
    (work / "bets.json").write_text("[" * 100_000, encoding="utf-8")
    assert saved_answers.saved("bets") == {}
