"""The store of the vote: which rounds there were, and how many votes each choice got. Nothing else is ever written.

Two processes have it open at once: the presenter's, which opens and closes rounds and reads the counts, and the vote's
server, which adds votes. SQLite keeps them apart.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

from backchannel_lib.base.errors import CaseError, CaseFileError

OURS: Final = 0x62636876  # SQLite's application_id: without it, a file with tables in it is somebody else's
BUSY: Final = 0.5  # seconds to wait for the other process, which writes for a thousandth of one
TRIES: Final = 20  # to set a new file up
MOST_CHOICES: Final = 20

ROUNDS: Final = """
CREATE TABLE rounds (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    round TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    turn INTEGER NOT NULL,
    is_open INTEGER NOT NULL
)"""
COUNTS: Final = """
CREATE TABLE counts (
    number INTEGER NOT NULL,
    choice TEXT NOT NULL,
    words TEXT NOT NULL,
    place INTEGER NOT NULL,
    votes INTEGER NOT NULL,
    PRIMARY KEY (number, choice)
)"""


class RoundInfo(NamedTuple):
    """The round that was opened last.

    Args:
        round_id: Its id.
        title: What is asked.
        choices: The id and the words of each choice.
        is_open: Whether votes are taken.
        number: Its number in the store; after `VoteStore.forget`, a round of the same id has another.
    """

    round_id: str
    title: str
    choices: tuple[tuple[str, str], ...]
    is_open: bool
    number: int


class VoteStore:
    """Rounds and counts in one file, which several processes may have open.

    Args:
        path: The file; it and its folder are made when first needed.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, VoteStore(Path(folder) / "votes.sqlite") as store:
        ...     store.open_round("one", "What happens?", [("yes", "Yes"), ("no", "No")])
        ...     store.add("one", "yes"), store.add("one", "maybe"), store.add("two", "yes")
        ...     store.counts("one")
        (True, False, False)
        {'yes': 1, 'no': 0}
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._held: sqlite3.Connection | None = None
        self._lock = threading.RLock()

    def open_round(self, round_id: str, title: str, choices: Sequence[tuple[str, str]]) -> None:
        """Take votes for a round, and for no other; a round that was open before goes on with the counts it had.

        Args:
            round_id: Its id.
            title: What is asked.
            choices: The id and the words of each choice, in the order of the page.

        Raises:
            CaseError: There is no choice, too many, or one that stands twice.
            CaseFileError: The file cannot be used.
        """
        names = [choice for choice, _ in choices]
        if not 0 < len(names) <= MOST_CHOICES or len(set(names)) < len(names):
            raise CaseError("choices", "votes_choices", ", ".join(names), most=MOST_CHOICES)
        with self._writing() as base:
            base.execute("UPDATE rounds SET is_open = 0")
            base.execute(
                "INSERT INTO rounds (round, title, turn, is_open)"
                " VALUES (?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM rounds), 1)"
                " ON CONFLICT (round) DO UPDATE SET title = excluded.title, turn = excluded.turn, is_open = 1",
                (round_id, title),
            )
            (number,) = base.execute("SELECT number FROM rounds WHERE round = ?", (round_id,)).fetchone()
            had = dict(base.execute("SELECT choice, votes FROM counts WHERE number = ?", (number,)))
            base.execute("DELETE FROM counts WHERE number = ?", (number,))
            base.executemany(
                "INSERT INTO counts (number, choice, words, place, votes) VALUES (?, ?, ?, ?, ?)",
                [(number, choice, words, place, had.get(choice, 0)) for place, (choice, words) in enumerate(choices)],
            )

    def close_round(self) -> None:
        """Take no more votes; the counts stay.

        Raises:
            CaseFileError: The file cannot be used.
        """
        with self._writing() as base:
            base.execute("UPDATE rounds SET is_open = 0")

    def current(self) -> RoundInfo | None:
        """Give the round that was opened last, whether or not it still takes votes.

        Returns:
            The round; None where none was opened yet.

        Raises:
            CaseFileError: The file cannot be used.
        """
        rows = self._rows(
            "SELECT round, title, is_open, rounds.number, choice, words FROM rounds JOIN counts USING (number)"
            " WHERE turn = (SELECT max(turn) FROM rounds) ORDER BY place"
        )
        if not rows:
            return None
        round_id, title, is_open, number, *_ = rows[0]
        choices = tuple((str(row[4]), str(row[5])) for row in rows)
        return RoundInfo(str(round_id), str(title), choices, bool(is_open), int(str(number)))

    def counts(self, round_id: str) -> dict[str, int]:
        """Give the votes of a round.

        Args:
            round_id: Its id.

        Returns:
            Votes by choice, choices without any among them; empty where there was no such round.

        Raises:
            CaseFileError: The file cannot be used.
        """
        rows = self._rows(
            "SELECT choice, votes FROM counts JOIN rounds USING (number) WHERE round = ? ORDER BY place", (round_id,)
        )
        return {str(choice): int(str(votes)) for choice, votes in rows}

    def add(self, round_id: str, choice: str) -> bool:
        """Count one vote, if its round is the one that is open and has this choice.

        Args:
            round_id: The round it is meant for.
            choice: The choice.

        Returns:
            Whether it was counted.

        Raises:
            CaseFileError: The file cannot be used; the vote is then not counted.
        """
        with self._writing() as base:
            done = base.execute(
                "UPDATE counts SET votes = votes + 1"
                " WHERE number = (SELECT number FROM rounds WHERE round = ? AND is_open = 1) AND choice = ?",
                (round_id, choice),
            )
            return done.rowcount == 1

    def forget(self) -> None:
        """Delete every round and count; a file that cannot be read any more is deleted whole.

        Raises:
            CaseFileError: Neither can be done.
        """
        try:
            with self._writing() as base:
                base.execute("DELETE FROM counts")
                base.execute("DELETE FROM rounds")
            with self._using() as base:  # what was deleted is not to linger in the file beside it either
                base.execute("VACUUM")
                base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except CaseFileError as error:
            if not self._is_broken():
                raise
            self.close()
            try:
                for end in ("", "-wal", "-shm"):
                    Path(f"{self.path}{end}").unlink(missing_ok=True)
            except OSError:
                raise error from None

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._lock:
            held, self._held = self._held, None
            if held is not None:
                with contextlib.suppress(sqlite3.Error):
                    held.close()

    def __enter__(self) -> VoteStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_held"):
            self.close()

    def _rows(self, asked: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._using() as base:
            return base.execute(asked, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: all of it is kept, or nothing."""
        with self._using() as base:
            base.execute("BEGIN IMMEDIATE")
            try:
                yield base
                base.execute("COMMIT")
            except BaseException:
                _take_back(base)
                raise

    @contextlib.contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """Give the open file, and turn whatever SQLite or the disk says into a sentence."""
        with self._lock:
            try:
                yield self._open()
            except (sqlite3.Error, OSError, OverflowError) as error:
                self.close()  # the next call starts afresh: by then the disk may have room again
                problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise CaseFileError(self.path.name, "votes_store", None, problem=problem) from None

    def _open(self) -> sqlite3.Connection:
        if self._held is not None and not self.path.exists():
            self.close()  # deleted under our hands: what would be written to it now, nobody would find
        if self._held is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            base = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            try:
                _prepare_in_turn(base)
            except BaseException:
                base.close()
                raise
            self._held = base
        return self._held

    def _is_broken(self) -> bool:
        """Tell whether the file is there and is not one of ours that can be read."""
        try:
            with contextlib.closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY)) as base:
                base.execute("SELECT count(*) FROM rounds").fetchall()
                base.execute("SELECT count(*) FROM counts").fetchall()
                return [str(row[0]) for row in base.execute("PRAGMA quick_check")] != ["ok"]
        except sqlite3.OperationalError:  # locked, or not allowed: nothing is said of what is in it
            return False
        except sqlite3.DatabaseError:
            return self.path.is_file()


def _prepare_in_turn(base: sqlite3.Connection) -> None:
    """Set a file up while others may be doing the same: where SQLite does not wait by itself, this does."""
    left = TRIES
    while left:
        left -= 1
        try:
            _prepare(base)
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not left:
                raise
            time.sleep(0.05)


def _prepare(base: sqlite3.Connection) -> None:
    """Set a file up as a store, or refuse one that is somebody else's."""
    if not _is_ours(base):
        base.execute("PRAGMA journal_mode = WAL").fetchall()  # lasts, and cannot be set within a transaction
        base.execute("BEGIN IMMEDIATE")
        try:
            if not _is_ours(base):  # the other process may have been quicker
                for table in (ROUNDS, COUNTS):
                    base.execute(table)
                # Rounds are numbered from anywhere, so that no round of another store has the same number: who has voted
                # is remembered by the number.
                base.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('rounds', ?)", (secrets.randbelow(1 << 48),))
                base.execute(f"PRAGMA application_id = {OURS}")
            base.execute("COMMIT")
        except BaseException:
            _take_back(base)
            raise
    base.execute("PRAGMA synchronous = NORMAL")  # safe against a killed process; only a power cut may cost the last votes
    base.execute("PRAGMA secure_delete = ON").fetchall()


def _take_back(base: sqlite3.Connection) -> None:
    """End a transaction as if it had never begun, where SQLite has not done so by itself, as it does on a full disk."""
    if base.in_transaction:
        base.execute("ROLLBACK")


def _is_ours(base: sqlite3.Connection) -> bool:
    """Tell whether a file is a store already, and not an empty one; one that holds anything else is refused."""
    (tables,) = base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    # Read after the tables: whoever made them meanwhile made the mark with them.
    (mark,) = base.execute("PRAGMA application_id").fetchone()
    if tables and mark != OURS:
        raise sqlite3.DatabaseError("it holds something else")
    return bool(tables)
