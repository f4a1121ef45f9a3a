"""The vote's store: the rounds, the number of votes for each choice, and marks of the ballots that have voted.

A mark (see `backchannel_lib.workshop.votes.ballots`) records that some phone has voted, but not which one or for what. Marks
are stored in byte order, so their order of arrival is lost. They ensure that a phone votes only once per round, even if a
process is killed. The store contains nothing else.

Two processes use it at once: the presenter's opens and closes rounds and reads the counts, and the vote server adds votes.
SQLite coordinates them.
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
from typing import Final, NamedTuple

from backchannel_lib.base.errors import CaseError, CaseFileError
from backchannel_lib.base.files import close_to_others, make_folder_for_owner

APPLICATION_ID: Final = 0x62636876  # SQLite's application_id; a file with tables but another id isn't ours
BUSY_TIMEOUT_S: Final = 2.0  # how long to wait for the other process, which may be waiting for the disk
SETUP_ATTEMPTS: Final = 20
MAX_CHOICES: Final = 20
MAX_PEOPLE: Final = 999
PEOPLE: Final = 40  # if the number of people isn't known

SCHEMA: Final = (
    """CREATE TABLE rounds (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    round TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    turn INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    people INTEGER NOT NULL DEFAULT 40
)""",
    """CREATE TABLE counts (
    number INTEGER NOT NULL,
    choice TEXT NOT NULL,
    words TEXT NOT NULL,
    place INTEGER NOT NULL,
    votes INTEGER NOT NULL,
    PRIMARY KEY (number, choice)
)""",
    "CREATE TABLE marks (number INTEGER NOT NULL, mark BLOB NOT NULL, PRIMARY KEY (number, mark)) WITHOUT ROWID",
    "CREATE TABLE key (key BLOB NOT NULL)",
)
SCHEMA_VERSION: Final = 1  # goes up when the tables change; stores from older versions are discarded


class RoundInfo(NamedTuple):
    """The most recently opened round.

    Args:
        round_id: Its id.
        title: The question.
        choices: The id and the label of each choice.
        is_open: Whether it accepts votes.
        number: Its number in the store; after `VoteStore.clear`, a round with the same id gets a new number.
        people: Number of people in the room.
        votes: Number of votes counted.
    """

    round_id: str
    title: str
    choices: tuple[tuple[str, str], ...]
    is_open: bool
    number: int
    people: int
    votes: int


class VoteStore(contextlib.AbstractContextManager["VoteStore"]):
    """Rounds and counts in one file that several processes can open.

    Every method raises `CaseFileError` if the file can't be used.

    Args:
        path: The file; it and its folder are created on first use.

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
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None  # of the open file
        self._key = b""
        self._lock = threading.RLock()

    def open_round(self, round_id: str, title: str, choices: Sequence[tuple[str, str]], people: int = PEOPLE) -> None:
        """Accept votes for this round only. Earlier rounds close and keep their counts.

        Args:
            round_id: Its id.
            title: The question.
            choices: The id and the label of each choice, in the order of the page.
            people: Number of people in the room, 1 to 999; it sets the largest number of votes.

        Raises:
            CaseError: There are no choices, too many, or duplicates.
        """
        ids = [choice for choice, _ in choices]
        if not 0 < len(ids) <= MAX_CHOICES or len(set(ids)) < len(ids):
            raise CaseError("choices", "votes_choices", ", ".join(ids), most=MAX_CHOICES)
        with self._transaction() as database:
            database.execute("UPDATE rounds SET is_open = 0")
            database.execute(
                "INSERT INTO rounds (round, title, turn, is_open, people)"
                " VALUES (?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM rounds), 1, ?)"
                " ON CONFLICT (round) DO UPDATE SET title = excluded.title, turn = excluded.turn, is_open = 1,"
                " people = excluded.people",
                (round_id, title, max(1, min(people, MAX_PEOPLE))),
            )
            (number,) = database.execute("SELECT number FROM rounds WHERE round = ?", (round_id,)).fetchone()
            counted = database.execute("SELECT choice, votes FROM counts WHERE number = ?", (number,)).fetchall()
            votes = {choice: _whole(count) for choice, count in counted}
            database.execute("DELETE FROM counts WHERE number = ?", (number,))
            database.executemany(
                "INSERT INTO counts (number, choice, words, place, votes) VALUES (?, ?, ?, ?, ?)",
                [(number, choice, label, place, votes.get(choice, 0)) for place, (choice, label) in enumerate(choices)],
            )

    def close_round(self) -> None:
        """Stop accepting votes; the counts stay."""
        with self._transaction() as database:
            database.execute("UPDATE rounds SET is_open = 0")
        with self._database() as database:  # the write-ahead log would reveal the order of marks and votes
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def current(self) -> RoundInfo | None:
        """Return the most recently opened round, open or closed; None if there was none."""
        with self._database() as database:
            rows = database.execute(
                "SELECT round, title, is_open, rounds.number, people, choice, words, votes"
                " FROM rounds JOIN counts USING (number) WHERE turn = (SELECT max(turn) FROM rounds) ORDER BY place"
            ).fetchall()
            if not rows:
                return None
            round_id, title, is_open, number, people, *_ = rows[0]
            choices = tuple((_word(choice), _word(label)) for *_, choice, label, _ in rows)
            votes = sum(_whole(row[-1]) for row in rows)
            return RoundInfo(_word(round_id), _word(title), choices, bool(is_open), _whole(number), _whole(people), votes)

    def counts(self, round_id: str) -> dict[str, int]:
        """Return a round's votes by choice, including choices without votes; empty if there was no such round."""
        with self._database() as database:
            rows = database.execute(
                "SELECT choice, votes FROM counts JOIN rounds USING (number) WHERE round = ? ORDER BY place", (round_id,)
            ).fetchall()
            return {_word(choice): _whole(votes) for choice, votes in rows}

    def add(self, round_id: str, choice: str, mark: bytes | None = None) -> bool:
        """Count a vote if its round is open and has this choice; return whether it was counted.

        Args:
            round_id: The round.
            choice: The choice.
            mark: The ballot's mark, which is stored; a vote with a known mark isn't counted. None for a vote without a ballot.
        """
        with self._transaction() as database:
            found = database.execute("SELECT number FROM rounds WHERE round = ? AND is_open = 1", (round_id,)).fetchone()
            if found is None:
                return False
            if mark is not None and self._has_mark(database, found[0], mark):
                return False
            updated = database.execute(
                "UPDATE counts SET votes = votes + 1 WHERE number = ? AND choice = ?", (found[0], choice)
            )
            if updated.rowcount == 1 and mark is not None:
                database.execute("INSERT INTO marks (number, mark) VALUES (?, ?)", (found[0], mark))
            return updated.rowcount == 1

    def has_voted(self, number: int, mark: bytes) -> bool:
        """Return whether the ballot with this mark has voted in the round with this number."""
        with self._database() as database:
            return self._has_mark(database, number, mark)

    @staticmethod
    def _has_mark(database: sqlite3.Connection, number: int, mark: bytes) -> bool:
        return bool(database.execute("SELECT 1 FROM marks WHERE number = ? AND mark = ?", (number, mark)).fetchall())

    def key(self) -> bytes:
        """Return the key that signs ballots, which lasts as long as the store."""
        with self._database():
            return self._key

    def clear(self) -> None:
        """Delete every round and count; if the file isn't readable anymore, delete the file."""
        try:
            with self._transaction() as database:
                for table in ("marks", "counts", "rounds"):
                    database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            with self._database() as database:  # remove deleted rows from the files too
                database.execute("VACUUM")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except CaseFileError as error:
            if not self._is_damaged():
                raise
            self.close()
            try:
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            except OSError:
                raise error from None

    def close(self) -> None:
        """Close the file; the next call reopens it."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_connection"):
            self.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._database() as database, _transaction(database):
            yield database

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Yield the open file, and turn errors from SQLite or the disk into `CaseFileError`."""
        with self._lock:
            try:
                yield self._open()
            except (sqlite3.Error, OSError, OverflowError, UnicodeError) as error:
                self.close()  # the next call reopens it, and by then the disk may have space again
                problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise CaseFileError(self.path.name, "votes_store", None, problem=problem) from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and _identity(self.path) != self._identity:
            self.close()  # the file was deleted or replaced, so writes to the old one would be lost
        if self._connection is None:
            make_folder_for_owner(self.path.parent)
            with contextlib.suppress(FileExistsError):
                self.path.touch(mode=0o600, exist_ok=False)  # SQLite creates its own files next to it with the same permissions
            close_to_others(self.path)
            database = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            try:
                _set_up_with_retries(database)
                self._key = _key(database)
                self._identity = _identity(self.path)
            except BaseException:
                database.close()
                raise
            self._connection = database
        return self._connection

    def _is_damaged(self) -> bool:
        """Return whether the file exists and isn't a readable store."""
        uri = f"{self.path.resolve().as_uri()}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as database:
                database.execute("SELECT count(*) FROM rounds").fetchall()
                database.execute("SELECT count(*) FROM counts").fetchall()
                return [str(row[0]) for row in database.execute("PRAGMA quick_check")] != ["ok"]
        except sqlite3.OperationalError:  # locked or not permitted, which doesn't mean damaged
            return False
        except (sqlite3.DatabaseError, UnicodeError):  # UnicodeError: SQLite's error message itself can be garbled
            return self.path.is_file()


def _whole(value: object) -> int:
    """Return a stored count or number, checked because a faulty disk can turn it into anything."""
    if not isinstance(value, int) or value < 0:
        raise sqlite3.DatabaseError("a number in it is damaged")
    return value


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise sqlite3.DatabaseError("a text in it is damaged")
    return value


def _key(database: sqlite3.Connection) -> bytes:
    row = database.execute("SELECT key FROM key").fetchone()
    if row is None or not isinstance(row[0], bytes):
        raise sqlite3.DatabaseError("its key is missing")
    return row[0]


def _identity(path: Path) -> tuple[int, int] | None:
    """Return an identity that distinguishes a file from others of the same name; None if it doesn't exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Run a transaction, which makes all of its changes or none."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # on a full disk, SQLite has already rolled back
            database.execute("ROLLBACK")
        raise


def _set_up_with_retries(database: sqlite3.Connection) -> None:
    """Set up a file while other processes may do the same, because SQLite doesn't wait at every step."""
    for attempts_left in reversed(range(SETUP_ATTEMPTS)):
        try:
            _set_up(database)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not attempts_left:
                raise
            time.sleep(0.05)
        else:
            return


def _set_up(database: sqlite3.Connection) -> None:
    """Turn a file into a store, or reject one that belongs to another program."""
    database.execute("PRAGMA secure_delete = ON").fetchall()
    if not _is_store(database):
        database.execute("PRAGMA journal_mode = WAL").fetchall()  # permanent, and not allowed inside a transaction
        with _transaction(database):
            if not _is_store(database):  # check again, because the other process may have been faster
                for table in ("rounds", "counts"):  # from a store made by an earlier version
                    database.execute(f"DROP TABLE IF EXISTS {table}")
                for table in SCHEMA:
                    database.execute(table)
                # Start numbering at random, so that rounds in different stores have different numbers. Ballots' marks depend on
                # the number.
                database.execute("DELETE FROM sqlite_sequence")
                first = secrets.randbelow(1 << 48)
                database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('rounds', ?)", (first,))
                database.execute("INSERT INTO key (key) VALUES (?)", (secrets.token_bytes(32),))
                database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    database.execute("PRAGMA synchronous = FULL")  # a vote that was confirmed stays counted even if the power fails


def _is_store(database: sqlite3.Connection) -> bool:
    """Return True for a current store and False for an empty or outdated file; reject any other file."""
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    # Read these after the tables, because another process sets them in the same transaction as the tables.
    (application_id,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if tables and (application_id != APPLICATION_ID or version > SCHEMA_VERSION):
        raise sqlite3.DatabaseError("it holds something else")
    return bool(tables) and version == SCHEMA_VERSION
