"""Crashes, full disks, power failures, two windows, a clock set back: nothing saved is lost or counted twice.

These are samples; `python tests/faults.py` does the same as often as you like. The vote page without a network and a server
that is killed while phones vote are in tests/workshop/test_votes.py, and lost messages in tests/browser/test_lost_messages.py.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.base import files
from backchannel_lib.workshop.room.server import KEYS_LAST_S, load_keys
from backchannel_lib.workshop.votes.store import VoteStore
from tests.helpers.crashes import STEPS, STORIES, empty_folder
from tests.helpers.power import Disk, Operation

ROOT = Path(__file__).resolve().parent.parent
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems fork no process, or name no open file")


@LINUX
@pytest.mark.slow
def test_nothing_is_lost_if_a_program_is_killed_or_runs_out_of_space() -> None:
    """This plays each story in tests/helpers/crashes.py twice, and two windows at once. It takes four seconds."""
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "faults.py", "--times", "2"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("0 failed") == 2 * len(STORIES) + 1 + len(POWER)


POWER = ("case", "answers", "own cases", "round")


@LINUX
@pytest.mark.parametrize("name", POWER)
def test_a_power_failure_between_any_two_writes_leaves_the_old_or_new_state(name: str, tmp_path: Path) -> None:
    """Every prefix of the file operations is replayed, and whatever was reported as saved is there."""
    from tests.helpers.crashes import check_power

    assert check_power(name, tmp_path, steps=3 if name == "round" else 5) > 10


def test_a_file_that_was_not_synced_before_a_move_is_lost() -> None:
    """Otherwise the test above would pass for a program that syncs nothing."""
    disk = Disk(Path())
    disk.operations = [Operation("move", "a.part", "a"), Operation("sync_folder"), Operation("step")]
    assert (1, {"a": b""}) in list(disk.states())
    disk.operations = [Operation("sync", "a.part", content=b"new"), Operation("move", "a.part", "a"), Operation("step")]
    assert (1, {"a.part": b"new"}) in list(disk.states())
    disk.operations.insert(2, Operation("sync_folder"))
    assert [files for steps, files in disk.states() if steps] == [{"a": b"new"}]


def test_a_vote_that_was_counted_survives_a_power_failure(tmp_path: Path) -> None:
    """SQLite waits for the disk before it confirms a vote."""
    with VoteStore(tmp_path / "votes.sqlite") as store:
        store.open_round("one", "First?", [("yes", "Yes")])
        assert store._connection is not None
        (synchronous,) = store._connection.execute("PRAGMA synchronous").fetchone()
    assert synchronous == 2  # FULL
    assert sqlite3.sqlite_version_info >= (3, 7)


@pytest.mark.parametrize("hours", [-1, -11, 1, 11])
def test_a_wrong_clock_does_not_close_the_rooms_windows(hours: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The room's addresses stay the same after a restart, whether the clock was set ahead or back."""
    before = load_keys(tmp_path, 8866)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 3600 * hours)
    assert load_keys(tmp_path, 8866) == before
    monkeypatch.setattr("time.time", lambda: now - KEYS_LAST_S - 2)
    assert load_keys(tmp_path, 8866) != before


def test_a_round_continues_if_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The order of saved entries doesn't depend on the clock."""
    now = time.time()
    with empty_folder(tmp_path):
        act = STORIES["round"].start()
        for step in range(1, STEPS + 1):
            monkeypatch.setattr("time.time", lambda step=step: now - 3600 * step)
            act(step)
        assert STORIES["round"].found() == STEPS


def test_a_file_is_written_even_if_its_folder_cannot_be_synced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Some systems can't open a folder."""
    opens = os.open

    def no_folders(path: Any, flags: int, *mode: int) -> int:
        if Path(path).is_dir():
            raise PermissionError(13, "Permission denied")
        return opens(path, flags, *mode)

    monkeypatch.setattr("os.open", no_folders)
    files.write_file(tmp_path / "a.json", json.dumps({"a": 1}))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"a": 1}
