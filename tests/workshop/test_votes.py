"""The vote by phone: each ballot counts once, only in the open round, and only counts are saved."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Route

from backchannel_lib import CaseError, CaseFileError, Verdict
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.workshop.votes import server as server_module
from backchannel_lib.workshop.votes.ballots import Ballots, RateLimiter
from backchannel_lib.workshop.votes.process import CODE_LETTERS, OpenVote, VoteServer, addresses, sort_addresses
from backchannel_lib.workshop.votes.server import VoteService, most_connections, most_votes, page
from backchannel_lib.workshop.votes.store import APPLICATION_ID, VoteStore
from benchmarks.votes import storm
from tests.helpers.accessibility import violations

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HERE = "127.0.0.1"
ALL_OF_THEM = "0.0.0.0"  # noqa: S104 - it is what has to be refused
YES_NO = [("yes", "Yes"), ("no", "No")]
TRIES = 12  # tries for one vote, as in votes/page.js
VERDICTS = [(verdict.name.lower(), verdict.label) for verdict in Verdict]


class Phone:
    """A phone, which keeps its cookie and can misbehave."""

    def __init__(self, opened: OpenVote) -> None:
        self.opened = opened
        self.cookie = ""

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request; a header given as None is left out."""
        host = f"{self.opened.address}:{self.opened.port}"
        sent: dict[str, str | None] = {"Host": host, "Cookie": self.cookie or None}
        if method == "POST":
            sent |= {"Origin": f"http://{host}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(http.client.HTTPConnection(self.opened.address, self.opened.port, timeout=20)) as line:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    line.putheader(name, value)
            if body is not None:
                line.putheader("Content-Length", str(len(body)))
            line.endheaders(body)
            answer = line.getresponse()
            content = answer.read()
            got = {name.lower(): value for name, value in answer.getheaders()}
        if "set-cookie" in got:
            self.cookie = got["set-cookie"].partition(";")[0]
        return answer.status, got, content

    @property
    def path(self) -> str:
        """The page's path."""
        return f"/{self.opened.code}"

    def state(self) -> dict[str, Any]:
        """Request the current question."""
        status, _, content = self.ask("GET", f"{self.path}/state")
        assert status == 200
        return dict(json.loads(content))

    def vote(self, round_id: object, choice: object, **headers: str | None) -> tuple[int, str]:
        """Vote, and return the status and the message."""
        status, _, content = self.ask(
            "POST", f"{self.path}/vote", json.dumps({"round": round_id, "choice": choice}).encode(), **headers
        )
        return status, json.loads(content)["sentence"] if content else ""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoteServer]:
    """One server for all tests that leave it running."""
    server = VoteServer(tmp_path_factory.mktemp("votes") / "shared.sqlite")
    server.open(HERE)
    yield server
    server.close()


@pytest.fixture
def in_memory() -> Path:
    """A folder in memory for stores that several processes write to at once, because writes to a disk are slow."""
    return Path(tempfile.mkdtemp(dir=os.environ["BACKCHANNEL_WORK"]))


@pytest.fixture
def store(request: pytest.FixtureRequest, in_memory: Path) -> Iterator[VoteStore]:
    """An empty store: the shared server's if a test needs an open vote but not its own server, otherwise a new one."""
    shares = "opened" in request.fixturenames and "server" not in request.fixturenames
    path = request.getfixturevalue("shared").store_path if shares else in_memory / "kept" / "votes.sqlite"
    with VoteStore(path) as store:
        if shares:
            store.clear()
        yield store


@pytest.fixture
def server(store: VoteStore) -> Iterator[VoteServer]:
    """A vote server for one test, with the same store."""
    server = VoteServer(store.path)
    yield server
    server.close()
    assert not server.running


@pytest.fixture
def opened(request: pytest.FixtureRequest, store: VoteStore) -> OpenVote:
    """A vote that's open on this computer only, with the same store."""
    own = "server" in request.fixturenames
    opened: OpenVote = request.getfixturevalue("server").open(HERE) if own else request.getfixturevalue("shared").opened
    return opened


class Served(NamedTuple):
    """An open vote and its store."""

    opened: OpenVote
    store: VoteStore


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for tests of rejected requests, with the round "one" open."""
    with VoteStore(tmp_path_factory.mktemp("votes") / "votes.sqlite") as store:
        server = VoteServer(store.path)
        try:
            opened = server.open(HERE)
            store.open_round("one", "First?", YES_NO)
            yield Served(opened, store)
        finally:
            server.close()


# ---- the store ----


def test_the_store_counts_only_votes_in_the_open_round(store: VoteStore) -> None:
    """A vote counts if its round is open and has that choice. A closed round keeps its counts, and continues with them."""
    assert store.current() is None
    assert store.counts("one") == {}
    assert not store.add("one", "yes")
    store.open_round("one", "First?", YES_NO)
    info = store.current()
    assert info is not None
    assert info[:4] == ("one", "First?", (("yes", "Yes"), ("no", "No")), True)
    assert store.add("one", "yes")
    assert not store.add("one", "perhaps")
    store.open_round("two", "Second?", YES_NO)
    assert not store.add("one", "yes")
    assert store.add("two", "no")
    store.close_round()
    assert not store.add("two", "no")
    closed = store.current()
    assert closed is not None
    assert (closed.round_id, closed.is_open) == ("two", False)
    assert store.counts("one") == {"yes": 1, "no": 0}
    assert store.counts("two") == {"yes": 0, "no": 1}
    store.open_round("one", "First, again?", [("no", "No"), ("yes", "Yes")])
    again = store.current()
    assert again is not None
    assert (again.round_id, again.title, again.number) == ("one", "First, again?", info.number)
    assert list(store.counts("one").items()) == [("no", 0), ("yes", 1)]


def test_clearing_leaves_nothing(store: VoteStore) -> None:
    """After `clear` no round, count or text is in any of the store's files, and a new round with an old id starts at zero."""
    store.open_round("round-of-old", "A question of old?", [("choice-of-old", "Words of old")])
    store.add("round-of-old", "choice-of-old")
    before = store.current()
    store.clear()
    assert store.current() is None
    assert store.counts("round-of-old") == {}
    assert not any(b"of old" in file.read_bytes() or b"of-old" in file.read_bytes() for file in store.path.parent.iterdir())
    store.open_round("round-of-old", "A question of old?", [("choice-of-old", "Words of old")])
    after = store.current()
    assert before is not None
    assert after is not None
    assert after.number != before.number


@pytest.mark.parametrize("choices", [[], [("a", "A"), ("a", "B")], [(str(number), "x") for number in range(21)]])
def test_a_round_needs_choices_that_differ(store: VoteStore, choices: list[tuple[str, str]]) -> None:
    """No choices, duplicates and far too many get a message, and the previous round stays open."""
    store.open_round("one", "First?", YES_NO)
    with pytest.raises(CaseError) as caught:
        store.open_round("two", "Second?", choices)
    assert caught.value.rule == "votes_choices"
    assert "\n" not in str(caught.value)
    assert store.add("one", "yes")


def other_base(path: Path) -> None:
    """Write an unrelated SQLite file."""
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE letters (text)")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"no database at all, but text that is long enough to be taken for one" * 20),
        lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000),
        other_base,
    ],
    ids=["text", "torn", "another's"],
)
def test_a_corrupt_store_gets_an_error_message(tmp_path: Path, spoil: Any) -> None:
    """Every call on an invalid store raises a calm error. Clearing repairs an unreadable store, and counting continues."""
    path = tmp_path / "votes.sqlite"
    spoil(path)
    before = path.read_bytes()
    with VoteStore(path) as store:
        for call in (
            store.current,
            store.close_round,
            lambda: store.counts("one"),
            lambda: store.add("one", "yes"),
            lambda: store.open_round("one", "First?", YES_NO),
        ):
            with pytest.raises(CaseFileError) as caught:
                call()
            assert str(caught.value).startswith("votes.sqlite: couldn't be used to count votes: ")
            assert "Typed counts" in caught.value.sentence
        assert path.read_bytes() == before
        with pytest.raises(CaseFileError):
            VoteServer(path).open(HERE)
        if spoil is other_base:
            with pytest.raises(CaseFileError):
                store.clear()  # another program's file isn't ours to delete
            assert path.read_bytes() == before
            return
        store.clear()
        store.open_round("one", "First?", YES_NO)
        assert store.add("one", "yes")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((column, value) for column in ("choice", "words", "title") for value in (None, b"x")),
        *((column, value) for column in ("votes", "people") for value in (None, b"x", 0.5, -1, "seven")),
    ],
)
def test_a_store_with_one_damaged_value_gets_an_error_message_and_clearing_fixes_it(
    tmp_path: Path, column: str, value: object
) -> None:
    """A disk error can change one value in a file that SQLite still reads. No wrong count comes of it."""
    path = tmp_path / "votes.sqlite"
    with VoteStore(path) as store:
        store.open_round("one", "First?", YES_NO)
        assert store.add("one", "yes")
    table = "rounds" if column in {"title", "people"} else "counts"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute(f"CREATE TABLE other AS SELECT * FROM {table}")  # noqa: S608 - it has none of the first one's rules
        base.execute(f"UPDATE other SET {column} = ?", (value,))  # noqa: S608
        base.execute(f"DROP TABLE {table}")
        base.execute(f"ALTER TABLE other RENAME TO {table}")
    with VoteStore(path) as store:
        with pytest.raises(CaseFileError, match="damaged"):
            store.current()
        if column in {"choice", "votes"}:
            with pytest.raises(CaseFileError, match="damaged"):
                store.counts("one")
        store.clear()
        assert (store.current(), store.counts("one")) == (None, {})


def test_a_folder_that_takes_no_file_gets_an_error_message(tmp_path: Path) -> None:
    """If the store can't be written, there's a message. Once it can, the same store works."""
    (tmp_path / "kept").write_text("a file where the folder should be", encoding="utf-8")
    with VoteStore(tmp_path / "kept" / "votes.sqlite") as store:
        with pytest.raises(CaseFileError, match="couldn't be used to count votes"):
            store.open_round("one", "First?", YES_NO)
        (tmp_path / "kept").unlink()
        store.open_round("one", "First?", YES_NO)
        assert store.add("one", "yes")


def test_a_full_disk_gets_an_error_message_and_loses_no_count(store: VoteStore) -> None:
    """Existing counts stay, and counting continues once there's space."""
    store.open_round("one", "First?", YES_NO)
    assert store.add("one", "yes")
    assert store._connection is not None
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CaseFileError, match="full"):
        store.open_round("two", "Second? " * 2000, YES_NO)
    assert store.counts("one") == {"yes": 1, "no": 0}
    assert store.add("one", "yes")  # the previous round is still open, and nothing of the other one was saved
    store.open_round("two", "Second? " * 2000, YES_NO)


def test_a_store_that_is_deleted_in_between_starts_afresh(store: VoteStore) -> None:
    """Deleting an open store's files loses the counts and nothing else."""
    store.open_round("one", "First?", YES_NO)
    for file in list(store.path.parent.iterdir()):
        file.unlink()
    assert store.current() is None
    store.open_round("one", "First?", YES_NO)
    assert store.add("one", "yes")


ADDING = """
import sys
import tempfile
from backchannel_lib.workshop.votes.store import VoteStore
with VoteStore(sys.argv[1]) as store:
    for number in range(200):
        if sys.argv[2] == "add":
            assert store.add("one", "yes")
        elif number % 10 == 0:
            store.open_round("one", f"First, {number}?", [("yes", "Yes"), ("no", "No")])
"""


def test_two_processes_share_a_store(store: VoteStore) -> None:
    """Two processes vote at once while a third repeatedly reopens the round. No vote is lost or rejected."""
    store.open_round("one", "First?", YES_NO)
    running = [
        subprocess.Popen([sys.executable, "-c", ADDING, str(store.path), what], cwd=ROOT, stderr=subprocess.PIPE)
        for what in ("add", "open", "add")
    ]
    for process in running:
        _, complaint = process.communicate(timeout=60)
        assert (process.returncode, complaint) == (0, b"")
    assert store.counts("one") == {"yes": 400, "no": 0}


MAKING = """
import sys
import tempfile
from backchannel_lib.workshop.votes.store import VoteStore
VoteStore(sys.argv[1]).open_round("one", "x", [("a", "A")])
"""


@pytest.mark.slow
def test_two_processes_may_make_a_store_at_once(in_memory: Path) -> None:
    """Several processes that find no store create it together, and it's valid."""
    for turn in range(3):
        path = in_memory / f"{turn}.sqlite"
        running = [
            subprocess.Popen([sys.executable, "-c", MAKING, str(path)], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)
        ]
        for process in running:
            _, complaint = process.communicate(timeout=60)
            assert (process.returncode, complaint) == (0, b"")
        with VoteStore(path) as store:
            assert store.counts("one") == {"a": 0}


# ---- ballots ----


def test_a_ballot_that_was_made_elsewhere_is_invalid() -> None:
    """A ballot needs this key's signature. Another key, a changed character or garbage is rejected."""
    ballots = Ballots(lambda: b"k" * 32)
    cookie = ballots.new()
    assert ballots.read(cookie) is not None
    assert Ballots(lambda: b"l" * 32).read(cookie) is None
    for place in range(len(cookie)):
        for sign in "A0.-":
            changed = cookie[:place] + sign + cookie[place + 1 :]
            assert (ballots.read(changed) is None) == (changed != cookie)
    token, signed = cookie.split(".")
    for changed in (token, f"{token}.", f"{token}.0.{signed}", f"{token}=.{signed}", f"{token}.{signed}0"):
        assert ballots.read(changed) is None


@given(st.text(max_size=120))
def test_no_text_is_mistaken_for_a_ballot_or_breaks_the_reader(text: str) -> None:
    """Reading any other cookie gives None without an error."""
    assert Ballots(lambda: b"k" * 32).read(text) is None


def test_what_is_remembered_of_requests_is_limited() -> None:
    """The server remembers a limited number of clients."""
    limiter = RateLimiter(1, 1, max_keys=10, clock=lambda: 0.0)
    for number in range(100):
        limiter.acquire(b"%d" % number)
    assert len(limiter) == 10


def service(store: VoteStore) -> VoteService:
    """Make a vote's service without a server."""
    return VoteService(store, Ballots(store.key, clock=lambda: 0.0), HERE, 8888, "k7w3xz")


def votes_from(room: VoteService, address: str, count: int, choice: str = "yes") -> int:
    """Vote repeatedly, each time with a new ballot, and return how many votes were counted."""
    ballots = [room.ballots.read(room.ballots.new()) for _ in range(count)]
    return [room.vote(one, {"round": "one", "choice": choice}, address)[0] for one in ballots if one].count(200)


@pytest.mark.parametrize("people", [1, 12, 40, 120])
def test_a_device_that_keeps_voting_is_stopped_and_locks_nobody_out(store: VoteStore, people: int) -> None:
    """One address can vote 1.5 times as often as there are people. All others can still vote from their own addresses."""
    store.open_round("one", "First?", YES_NO, people)
    room = service(store)
    most = most_votes(people)
    assert votes_from(room, "192.168.1.66", most + 100) == most
    assert most <= people * 1.5 + 20
    assert sum(votes_from(room, f"192.168.1.{number}", 2, "no") for number in range(min(people, 60))) == min(people, 60)
    ballot = room.ballots.read(room.ballots.new())
    assert ballot is not None
    assert room.vote(ballot, {"round": "one", "choice": "yes"}, "192.168.1.66") == (507, text("votes.refused.full"))
    assert sum(votes_from(room, f"10.0.{number // 250}.{number % 250}", 1) for number in range(2 * most)) < most
    assert sum(store.counts("one").values()) == 2 * most
    store.open_round("two", "Second?", YES_NO, people)
    assert room.vote(ballot, {"round": "two", "choice": "yes"}, "192.168.1.66")[0] == 200  # another round has its own limit


def test_more_people_make_room_for_more_votes(store: VoteStore) -> None:
    """A higher number of people raises the same round's limit, up to 999."""
    room = service(store)
    store.open_round("one", "First?", YES_NO, 10)
    assert votes_from(room, "192.168.1.66", 50) == 30
    store.open_round("one", "First?", YES_NO, 60)
    assert votes_from(room, "192.168.1.66", 100) == 60
    assert room.people == 60
    for people, believed in ((10**30, 999), (0, 1)):
        store.open_round("one", "First?", YES_NO, people)
        info = store.current()
        assert info is not None
        assert (info.people, info.votes) == (believed, 90)


def test_a_ballot_is_used_only_when_it_votes(store: VoteStore) -> None:
    """Ten thousand phones that get a ballot but don't vote leave nothing in files or in memory."""
    store.open_round("one", "First?", YES_NO)
    room = service(store)
    room.state(None)
    before = dict(vars(room))
    for _ in range(10_000):
        room.ballots.new()
    room.state(None)
    assert vars(room) == before
    assert len(room.ballots._requests) == 0
    with contextlib.closing(sqlite3.connect(store.path)) as base:
        assert base.execute("SELECT count(*) FROM marks").fetchone() == (0,)
    assert votes_from(room, HERE, 1) == 1


def test_an_old_cookie_votes_once_whatever_was_killed(tmp_path: Path) -> None:
    """Even if the server, the presenter's process or both are killed, every cookie that a phone ever had counts as used."""
    path = tmp_path / "votes.sqlite"
    with VoteStore(path) as store:
        store.open_round("one", "First?", YES_NO)
        cookie = service(store).ballots.new()
    for turn in range(4):
        with VoteStore(path) as store:  # each time, only the file is left
            room = service(store)
            ballot = room.ballots.read(cookie)
            assert ballot is not None
            assert room.vote(ballot, {"round": "one", "choice": "yes"}, HERE)[0] == (200 if turn == 0 else 409)
            assert room.state(ballot)["voted"]
            assert store.counts("one") == {"yes": 1, "no": 0}
            if turn == 2:  # another round, then back to this one
                store.open_round("two", "Second?", YES_NO)
                assert room.vote(ballot, {"round": "two", "choice": "no"}, HERE)[0] == 200
                store.open_round("one", "First?", YES_NO)


def test_the_same_vote_sent_twice_at_once_is_counted_once(store: VoteStore) -> None:
    """This holds even for two servers with one store, if the old one hasn't stopped yet."""
    store.open_round("one", "First?", YES_NO)
    with VoteStore(store.path) as other:
        rooms = [service(store), service(other)]
        ballot = rooms[0].ballots.read(rooms[0].ballots.new())
        assert ballot is not None
        vote = {"round": "one", "choice": "yes"}
        with ThreadPoolExecutor(8) as many:
            statuses = list(many.map(lambda turn: rooms[turn % 2].vote(ballot, vote, HERE)[0], range(24)))
    assert sorted(set(statuses)) == [200, 409]
    assert statuses.count(200) == 1
    assert store.counts("one") == {"yes": 1, "no": 0}


def test_a_store_from_an_earlier_version_is_recreated(tmp_path: Path) -> None:
    """A store without marks and people is emptied and used. One from a later version isn't touched, with a message."""
    path = tmp_path / "votes.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("CREATE TABLE rounds (number INTEGER PRIMARY KEY AUTOINCREMENT, round TEXT)")
        base.execute("CREATE TABLE counts (number INTEGER)")
        base.execute("INSERT INTO rounds (round) VALUES ('of old')")
        base.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        base.commit()
    with VoteStore(path) as store:
        assert store.current() is None
        store.open_round("one", "First?", YES_NO)
        assert store.add("one", "yes")
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA user_version = 99")
    with VoteStore(path) as store, pytest.raises(CaseFileError):
        store.current()


def test_a_store_that_is_replaced_under_a_server_gets_its_votes(tmp_path: Path) -> None:
    """If the presenter's process deletes and recreates the store, no vote goes to the deleted file."""
    path = tmp_path / "votes.sqlite"
    with VoteStore(path) as old:
        old.open_round("one", "First?", YES_NO)
        with VoteStore(tmp_path / "new.sqlite") as new:
            new.open_round("one", "First?", YES_NO)
        (tmp_path / "new.sqlite").replace(path)
        assert old.add("one", "yes")
    with VoteStore(path) as found:
        assert found.counts("one") == {"yes": 1, "no": 0}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(["yes", "no", "perhaps"]), st.booleans())))
def test_counts_are_the_ballots_that_voted(acts: list[tuple[int, int, str, bool]]) -> None:
    """Whoever votes in whichever rounds, even with old ballots, each ballot counts at most once per round."""
    VoteRun().check(acts)


class VoteRun:
    """A room without a server, for the test above."""

    def check(self, acts: list[tuple[int, int, str, bool]]) -> None:
        """Carry out actions: a phone, its round, its choice, and whether that round is opened first."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder, VoteStore(Path(folder) / "votes.sqlite") as store:
            room = service(store)
            phones = [room.ballots.new() for _ in range(4)]
            accepted: set[tuple[int, str]] = set()
            tally: dict[tuple[str, str], int] = {}
            for phone, number, choice, opens in acts:
                if opens:
                    store.open_round(f"round {number}", "What happens?", YES_NO)
                for again in (False, True):
                    if again:
                        room = service(store)  # killed and restarted
                    ballot = room.ballots.read(phones[phone])
                    assert ballot is not None
                    info = store.current()
                    should = (
                        info is not None
                        and info.round_id == f"round {number}"
                        and choice != "perhaps"
                        and (phone, info.round_id) not in accepted
                    )
                    status, sentence = room.vote(ballot, {"round": f"round {number}", "choice": choice})
                    assert (status == 200) == should
                    assert sentence
                    if should:
                        accepted.add((phone, f"round {number}"))
                        tally[f"round {number}", choice] = tally.get((f"round {number}", choice), 0) + 1
            for number in range(3):
                counted = store.counts(f"round {number}")
                assert sum(counted.values()) == len({phone for phone, round_id in accepted if round_id == f"round {number}"})
                assert all(votes == tally.get((f"round {number}", choice), 0) for choice, votes in counted.items())


# ---- what is served ----


def test_the_page_is_served_whole_and_strict(served: Served) -> None:
    """The page exists only under its code. Its headers allow only its own script and style, and no caching."""
    phone = Phone(served.opened)
    status, headers, content = phone.ask("GET", phone.path)
    assert (status, content) == (200, page(served.opened.code)[0])
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert {"server", "set-cookie", "etag"} & set(headers) == set()
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    text = content.decode()
    sums = {
        name: [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in re.findall(pattern, text, re.DOTALL)]
        for name, pattern in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>"))
    }
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'sha256-{sums['script-src'][0]}'",
        "style-src": f"'sha256-{sums['style-src'][0]}'",
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert [len(each) for each in sums.values()] == [1, 1]
    assert "style=" not in text
    assert not re.search(r"\son\w+=", text)
    assert len(content) < 17_000


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/favicon.ico"),
        ("GET", "/state"),
        ("GET", "/{code}x"),
        ("GET", "/{code}/page.js"),
        ("GET", "/{code}/vote"),
        ("GET", "/{code}/../state"),
        ("GET", "/{code}//state"),
        ("GET", "/wrong2/state"),
        ("GET", "/wrong2"),
        ("GET", "/%ff%fe"),
        ("GET", "//example.org/{code}"),
        ("HEAD", "/{code}"),
        ("POST", "/{code}"),
        ("POST", "/{code}/state"),
        ("PUT", "/{code}/vote"),
        ("DELETE", "/{code}/vote"),
        ("OPTIONS", "/{code}/vote"),
        ("TRACE", "/{code}"),
        ("STRANGE", "/{code}"),
    ],
)
def test_any_other_request_gets_nothing(served: Served, method: str, path: str) -> None:
    """Every other path and method gets an empty 404."""
    body = b"{}" if method in {"POST", "PUT"} else None
    status, headers, content = Phone(served.opened).ask(method, path.format(code=served.opened.code), body)
    assert (status, content) == (404, b"")
    assert {"content-type", "server", "location", "set-cookie", "allow"} & set(headers) == set()


def test_a_path_typed_in_capitals_leads_to_the_page(served: Served) -> None:
    """Capital letters and a trailing slash redirect to the page's own path."""
    phone = Phone(served.opened)
    for path in (phone.path.upper(), f"{phone.path}/"):
        status, headers, content = phone.ask("GET", path)
        assert (status, content) == (308, b"")
        assert urljoin(path, headers["location"]) == phone.path


@pytest.mark.parametrize(
    "host", ["example.org", "example.org:{port}", "127.0.0.1", "127.0.0.2:{port}", "127.0.0.1:1", "", None]
)
def test_a_foreign_host_gets_nothing(served: Served, host: str | None) -> None:
    """A request with a different host, as in DNS rebinding, or without one gets nothing."""
    phone = Phone(served.opened)
    named = host and host.format(port=served.opened.port)
    for method, path in (("GET", ""), ("GET", "/state"), ("POST", "/vote")):
        status, headers, content = phone.ask(method, phone.path + path, b"{}" if method == "POST" else None, Host=named)
        assert status in {400, 404}
        assert content == b""
        assert "set-cookie" not in headers


@pytest.mark.parametrize("origin", ["http://example.org", "null", "", None, "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_a_vote_from_another_page_is_rejected(served: Served, origin: str | None) -> None:
    phone, before = Phone(served.opened), served.store.counts("one")
    phone.state()
    status, sentence = phone.vote("one", "yes", Origin=origin and origin.format(port=served.opened.port))
    assert (status, sentence) == (403, text("votes.refused.origin"))
    assert served.store.counts("one") == before
    assert phone.vote("one", "yes")[0] == 200


def test_a_vote_counts_once(opened: OpenVote, store: VoteStore) -> None:
    """A second vote in the same round is rejected with any of the phone's cookies. The next round accepts a new one."""
    phone = Phone(opened)
    nothing = {"round": None, "number": 0, "title": "", "choices": [], "open": False, "voted": False}
    assert phone.state() == {**nothing, "known": False}
    assert phone.state() == {**nothing, "known": True}
    store.open_round("one", "First?", YES_NO)
    info = store.current()
    assert info is not None
    assert phone.state() == {
        "round": "one",
        "number": info.number,
        "title": "First?",
        "choices": [["yes", "Yes"], ["no", "No"]],
        "open": True,
        "voted": False,
        "known": True,
    }
    assert phone.vote("one", "yes") == (200, text("votes.page.counted"))
    assert phone.state()["voted"]
    assert phone.vote("one", "no") == (409, text("votes.refused.voted"))
    assert store.counts("one") == {"yes": 1, "no": 0}
    store.open_round("two", "Second?", YES_NO)
    assert not phone.state()["voted"]
    assert phone.vote("two", "no")[0] == 200
    store.open_round("one", "First?", YES_NO)  # the presenter goes back
    assert phone.state()["voted"]
    assert phone.vote("one", "no")[0] == 409
    assert store.counts("one") == {"yes": 1, "no": 0}


def test_anything_but_a_vote_for_the_open_round_is_rejected(opened: OpenVote, store: VoteStore) -> None:
    """Another round, a closed one, an unknown choice, and a missing or forged ballot each have their own message."""
    phone = Phone(opened)
    assert phone.vote("one", "yes") == (403, text("votes.refused.ballot"))
    phone.state()
    assert phone.vote("one", "yes") == (410, text("votes.refused.other_round"))
    store.open_round("one", "First?", YES_NO)
    store.open_round("two", "Second?", YES_NO)
    assert phone.vote("one", "yes") == (410, text("votes.refused.other_round"))
    assert phone.vote("two", "perhaps") == (400, text("votes.refused.not_a_vote"))
    stranger = Phone(opened)
    stranger.cookie = "ballot=AAAAAAAAAAAAAAAAAAAAAA.00000000000000000000000000000000"
    assert stranger.vote("two", "yes") == (403, text("votes.refused.ballot"))
    store.close_round()
    assert not phone.state()["open"]
    assert phone.vote("two", "yes") == (410, text("votes.refused.closed"))
    assert store.counts("one") == store.counts("two") == {"yes": 0, "no": 0}


def test_the_ballot_is_the_pages_own(served: Served) -> None:
    """The cookie is hidden from scripts, limited to this page, gone when the browser closes, and set only once."""
    phone = Phone(served.opened)
    _, headers, _ = phone.ask("GET", f"{phone.path}/state")
    _, *attributes = (part.strip() for part in headers["set-cookie"].split(";"))
    assert sorted(attributes) == ["HttpOnly", "SameSite=Strict"], "with a path it would not fit behind a proxy's own path"
    _, headers, _ = phone.ask("GET", f"{phone.path}/state")
    assert "set-cookie" not in headers


RUBBISH = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"one"',
    b"7",
    b"NaN",
    b"\xff\xfe\x00",
    b'{"round": "one", "choice": "\xff"}',
    b'{"round": "one", "choice": "\\ud800"}',
    b'{"round": "\\ud800", "choice": "yes"}',
    b'{"round": "one\\u0000", "choice": "yes"}',
    b'{"round": ["one"], "choice": {"yes": 1}}',
    b'{"round": null, "choice": null}',
    b'{"round": "one"}',
    b"[" * 1000,
    b'{"a":' * 200,
    b"1" * 1000,
]


@pytest.mark.parametrize("body", RUBBISH, ids=lambda body: repr(body[:24]))
def test_garbage_is_neither_a_vote_nor_a_failure(served: Served, body: bytes) -> None:
    """Any other body is rejected with a calm message."""
    phone = Phone(served.opened)
    phone.state()
    status, _, content = phone.ask("POST", f"{phone.path}/vote", body)
    assert status in {400, 410}
    assert json.loads(content)["sentence"] in all_words().values()
    assert phone.vote("one", "yes")[0] == 200


@pytest.mark.parametrize(
    "cookie",
    ["ballot=", "ballot", "=", ";;;", "ballot=\xff\xfe", 'ballot="\\777"', "ballot=..", "a" * 5000, "ballot=%00; ballot=x"],
)
def test_garbage_in_a_cookie_is_not_a_failure(served: Served, cookie: str) -> None:
    """The phone gets its own ballot."""
    phone = Phone(served.opened)
    status, headers, _ = phone.ask("GET", f"{phone.path}/state", Cookie=cookie)
    assert (status, "set-cookie" in headers) == (200, True)


def raw(opened: OpenVote, text: bytes) -> bytes:
    """Send bytes, and return the answer."""
    with socket.create_connection((opened.address, opened.port), timeout=20) as line:
        got = b""
        with contextlib.suppress(ConnectionError):
            line.sendall(text)
            with contextlib.suppress(OSError):  # the server has closed the connection, but its answer can be read
                line.shutdown(socket.SHUT_WR)
            while more := line.recv(65536):
                got += more
    return got


def test_too_much_is_cut_off_and_the_server_stays(served: Served) -> None:
    """Oversized bodies and headers, and data that isn't HTTP, are cut off even around a valid vote. The server continues."""
    phone, before = Phone(served.opened), served.store.counts("one")
    phone.state()
    host = f"{HERE}:{served.opened.port}"
    head = f"POST {phone.path}/vote HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {phone.cookie}\r\n".encode()
    good = b'{"round": "one", "choice": "yes"}'
    padded = good + b" " * 5000
    for request in (
        head + b"Content-Length: %d\r\n\r\n" % len(padded) + padded,
        head + b"Content-Length: 99999999999999999999\r\n\r\n" + good,
        head + b"Content-Length: -1\r\n\r\n" + good,
        head + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(padded) + padded + b"\r\n0\r\n\r\n",
        head + b"A: " + b"x" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01 hello in another tongue\r\n\r\n",
        b"GET\r\n\r\n",
        b"",
    ):
        assert re.fullmatch(rb"(?:HTTP/1\.1 4\d\d .*)?", raw(served.opened, request), re.DOTALL), request[:80]
    assert served.store.counts("one") == before
    assert raw(served.opened, head + b"Content-Length: %d\r\n\r\n" % len(good) + good).startswith(b"HTTP/1.1 200 ")
    assert served.store.counts("one") == {**before, "yes": before["yes"] + 1}


def test_a_flood_from_one_ballot_is_slowed_and_others_pass(opened: OpenVote, store: VoteStore) -> None:
    """A phone that sends requests nonstop gets a wait time, while every other phone votes."""
    store.open_round("one", "First?", YES_NO)
    flood = Phone(opened)
    flood.state()
    with ThreadPoolExecutor(8) as many:
        asked = many.map(lambda _: flood.ask("GET", f"{flood.path}/state"), range(200))
        honest = [Phone(opened) for _ in range(20)]
        for phone in honest:
            phone.state()
            assert phone.vote("one", "yes")[0] == 200
        refused = [(headers, content) for status, headers, content in asked if status == 429]
    assert len(refused) > 100
    assert all(int(headers["retry-after"]) >= 1 for headers, _ in refused)
    assert {json.loads(content)["sentence"] for _, content in refused} == {text("votes.refused.busy")}
    assert store.counts("one") == {"yes": 20, "no": 0}


def test_a_whole_room_votes_at_once(opened: OpenVote, store: VoteStore) -> None:
    """Three hundred phones that vote at the same moment are all counted."""
    store.open_round("one", "What happens?", VERDICTS, 300)
    with ThreadPoolExecutor(1) as thread:  # a browser that is open for other tests has an event loop in this one
        done = thread.submit(storm, opened.url, voters=300, seconds=0).result()
    assert (done.sent, done.counted, done.problems) == (300, 300, [])
    assert sum(store.counts("one").values()) == 300


def test_sixty_phones_behind_one_address_all_vote_at_once(opened: OpenVote, store: VoteStore) -> None:
    """Phones that share an address can all open the page, request the state and vote at the same moment."""
    store.open_round("one", "What happens?", YES_NO, 40)

    def comes(phone: Phone) -> int:
        phone.ask("GET", phone.path)
        phone.state()
        return phone.vote("one", "yes")[0]

    with ThreadPoolExecutor(60) as many:
        assert list(many.map(comes, [Phone(opened) for _ in range(60)])) == [200] * 60
    assert store.counts("one") == {"yes": 60, "no": 0}


def test_reading_the_state_never_slows_a_vote(opened: OpenVote, store: VoteStore) -> None:
    """After hundreds of anonymous requests, a phone at the same address gets a ballot and votes without waiting."""
    store.open_round("one", "First?", YES_NO)
    with ThreadPoolExecutor(8) as many:
        assert set(many.map(lambda _: len(Phone(opened).state()), range(800))) == {7}
    phone = Phone(opened)
    phone.state()
    assert phone.vote("one", "yes")[0] == 200
    assert store.counts("one") == {"yes": 1, "no": 0}


def test_endless_connections_lock_nobody_out(opened: OpenVote, store: VoteStore) -> None:
    """If an address opens many silent connections, its oldest are closed. Phones there and elsewhere can vote."""
    store.open_round("one", "First?", YES_NO)
    Phone(opened).state()  # the server knows how many people there are
    most = most_connections(40)
    with contextlib.ExitStack() as held:
        lines = [held.enter_context(socket.create_connection((opened.address, opened.port), 20)) for _ in range(most + 40)]
        for _ in range(3):
            phone = Phone(opened)
            phone.state()
            assert phone.vote("one", "yes")[0] == 200
        closed = []
        for line in lines:
            line.setblocking(False)
            try:
                closed.append(line.recv(1) == b"")
            except BlockingIOError:
                closed.append(False)
            except ConnectionResetError:
                closed.append(True)
        assert closed[:40] == [True] * 40
        assert not any(closed[-(most - 20) :])
    assert store.counts("one") == {"yes": 3, "no": 0}


def test_when_all_connections_are_in_use_the_heaviest_user_loses_one(monkeypatch: pytest.MonkeyPatch, store: VoteStore) -> None:
    """If several addresses hold all connections, a phone from another address is still served."""
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 12)
    monkeypatch.setattr(server_module, "most_connections", lambda _: 10)
    store.open_round("one", "First?", YES_NO)

    async def visits() -> tuple[bytes, list[int]]:
        with server_module.listen(HERE, 0) as listening:
            port = listening.getsockname()[1]
            room = VoteService(store, Ballots(store.key), HERE, port, "k7w3xz")
            stop = asyncio.Event()
            serving = asyncio.create_task(server_module.serve(room, listening, stop))
            held = []
            for place, count in (("127.0.0.2", 8), ("127.0.0.3", 4)):
                for _ in range(count):
                    held.append(await asyncio.open_connection(HERE, port, local_addr=(place, 0)))
                    await asyncio.sleep(0)
            await asyncio.sleep(0.05)
            reader, writer = await asyncio.open_connection(HERE, port, local_addr=("127.0.0.4", 0))
            writer.write(f"GET /k7w3xz/state HTTP/1.1\r\nHost: {HERE}:{port}\r\n\r\n".encode())
            content = await asyncio.wait_for(reader.read(), 20)
            gone = [place for place, (one, _) in enumerate(held) if one.at_eof() or one.exception()]
            for _, one in [*held, (reader, writer)]:
                one.close()
            stop.set()
            await serving
            return content, gone

    with ThreadPoolExecutor(1) as thread:  # a browser that is open for other tests has an event loop in this one
        content, gone = thread.submit(asyncio.run, visits()).result()
    assert content.startswith(b"HTTP/1.1 200 ")
    assert gone == [0], "the oldest connection of the address that has most"


@pytest.mark.parametrize("first", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x80\x2e\x01", b"\x00", b"\x05\x01\x00"])
def test_a_connection_that_is_not_http_is_closed_at_once(served: Served, first: bytes) -> None:
    """A client that uses https or anything else doesn't wait: the connection ends after its first bytes."""
    with socket.create_connection((served.opened.address, served.opened.port), timeout=5) as line:
        line.sendall(first)
        with contextlib.suppress(ConnectionResetError):
            assert line.recv(1) == b""
    assert Phone(served.opened).state()["round"] == "one"


def test_a_browser_that_tries_https_gets_an_error_at_once(served: Served) -> None:
    """A real TLS handshake fails immediately."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((served.opened.address, served.opened.port), timeout=5) as line,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(line, server_hostname="localhost")


def test_a_store_that_fails_in_between_says_so_to_phones(opened: OpenVote, store: VoteStore) -> None:
    """While the store is unusable, a vote isn't counted and the phone says so. Afterward the same vote counts."""
    store.open_round("one", "First?", YES_NO)
    phone = Phone(opened)
    phone.state()
    assert store._connection is not None
    store._connection.execute("BEGIN EXCLUSIVE")  # locked by the other process
    status, headers, content = phone.ask("POST", f"{phone.path}/vote", b'{"round": "one", "choice": "yes"}')
    store._connection.execute("ROLLBACK")
    assert (status, json.loads(content)["sentence"]) == (503, text("votes.refused.store"))
    assert headers["retry-after"] == "1"
    assert phone.vote("one", "yes")[0] == 200
    assert store.counts("one") == {"yes": 1, "no": 0}


def test_nothing_is_stored_but_rounds_and_counts(opened: OpenVote, store: VoteStore) -> None:
    """No table or column could identify a person, and no file has a cookie, an address or a header from a phone."""
    store.open_round("one", "First?", YES_NO)
    phone = Phone(opened)
    cookies = set()
    phone.ask("GET", phone.path, User_Agent="a-phone-of-someone")
    phone.state()
    cookies.add(phone.cookie)
    phone.vote("one", "yes", User_Agent="a-phone-of-someone", X_Forwarded_For="192.168.7.7")
    cookies.add(phone.cookie)
    assert len(cookies) == 1
    with contextlib.closing(sqlite3.connect(store.path)) as base:
        tables = {str(name) for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = {name: [row[1] for row in base.execute(f"PRAGMA table_info({name})")] for name in tables}
        rows = {name: base.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 - our own names
    info = store.current()
    assert info is not None
    assert columns == {
        "rounds": ["number", "round", "title", "turn", "is_open", "people"],
        "marks": ["number", "mark"],
        "key": ["key"],
        "counts": ["number", "choice", "words", "place", "votes"],
        "sqlite_sequence": ["name", "seq"],
    }
    ((_, mark),) = rows.pop("marks")
    ((key,),) = rows.pop("key")
    assert (type(mark), len(mark), type(key), len(key)) == (bytes, 16, bytes, 32)
    assert rows == {
        "rounds": [(info.number, "one", "First?", 1, 1, 40)],
        "counts": [(info.number, "yes", "Yes", 0, 1), (info.number, "no", "No", 1, 0)],
        "sqlite_sequence": [("rounds", info.number)],
    }
    tokens = {cookie.partition("=")[2].partition(".")[0] for cookie in cookies}
    private = [HERE, "192.168.7.7", "a-phone-of-someone", opened.code, *tokens]
    raw_tokens = [base64.urlsafe_b64decode(token + "==") for token in tokens]
    files = list(store.path.parent.iterdir())
    assert store.path in files
    store.close_round()
    log = Path(f"{store.path}-wal")
    assert not log.exists() or log.stat().st_size == 0, "in which order ballots and votes came can be read"
    for file in files:
        held = file.read_bytes()
        assert not any(text in held for text in [*(one.encode() for one in private), *raw_tokens]), file.name


def test_marks_reveal_neither_their_order_nor_their_vote(store: VoteStore) -> None:
    """The store has its marks sorted by their bytes, and nothing connects one to a choice or a time."""
    store.open_round("one", "First?", YES_NO)
    room = service(store)
    for number in range(12):
        assert votes_from(room, HERE, 1, "yes" if number % 3 else "no") == 1
    store.close_round()
    with contextlib.closing(sqlite3.connect(store.path)) as base:
        marks = [mark for (mark,) in base.execute("SELECT mark FROM marks")]
        with pytest.raises(sqlite3.OperationalError, match="rowid"):
            base.execute("SELECT rowid FROM marks")
    assert marks == sorted(marks)
    assert len(marks) == 12


#: Runs the server in a Python that blocks and reports every attempt to reach out.
WATCHED = """
import sys
import tempfile
from backchannel_lib.workshop.votes.server import main
tried = []
def watch(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo",
                 "socket.sendto", "socket.sendmsg", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork",
                 "urllib.Request", "http.client.connect", "webbrowser.open"}:
        tried.append(event)
    if event == "socket.bind":
        tried.append(f"bind {args[1][0]}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        tried.append(f"write {args[0]}")
sys.addaudithook(watch)
main(sys.argv[1:])
print(tried)
"""


def test_the_server_reaches_out_to_nobody_and_writes_no_log(store: VoteStore) -> None:
    """It opens no connection, resolves no name, starts no process, writes no other file, and prints two lines."""
    store.open_round("one", "First?", YES_NO)
    arguments = ["--store", str(store.path), "--host", HERE, "--port", "0", "--code", "k7w3xz"]
    server = subprocess.Popen(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("no key\n")
    server.stdin.flush()
    port = json.loads(server.stdout.readline())["port"]
    phone = Phone(OpenVote("", HERE, port, "k7w3xz", ""))
    phone.state()
    assert phone.vote("one", "yes")[0] == 200
    assert phone.ask("GET", "/wrong")[0] == 404
    raw(phone.opened, b"rubbish\r\n\r\n")
    out, complaint = server.communicate(timeout=30)
    assert (out, complaint, server.returncode) == (f"['bind {HERE}']\n", "", 0)


# ---- the page in a phone's browser ----


def wait_for(phone: Page, kind: str) -> None:
    """Wait until the page's status is of this kind. Its policy blocks the scripts of `wait_for_function`."""
    phone.wait_for_selector(f"#said[data-kind={kind}]", timeout=60_000)


def wait_to_read(phone: Page, word_id: str, **values: object) -> None:
    """Wait until the page shows a text."""
    phone.wait_for_selector(f"#said:text-is({json.dumps(text(word_id, **values))})", timeout=60_000)


def wait_for_request(phone: Page, event: Any, path: str) -> None:
    """Wait until one of the page's own requests has finished or failed."""
    phone.wait_for_event(event, lambda request: request.url.endswith(path), timeout=60_000)


def votes_for(phone: Page, choice: str) -> None:
    """Select a choice and send it."""
    phone.click(f"[data-choice={choice}]")
    phone.click("#send")


def press(phone: Page, *keys: str) -> None:
    """Press keys one after another."""
    for key in keys:
        phone.keyboard.press(key)


def look_at(phone: Page) -> None:
    """Check the page with axe, and that nothing is cut off or too small for a finger."""
    assert violations(phone) == []
    wide, sizes = phone.evaluate(
        """() => [document.documentElement.scrollWidth - innerWidth,
        [...document.querySelectorAll('button')].filter(one => one.checkVisibility())
            .map(one => one.getBoundingClientRect()).map(one => [one.height, one.right - innerWidth])]"""
    )
    assert wide <= 0
    assert all(height >= 48 and over <= 0 for height, over in sizes)


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "light"), (360, 640, "dark"), (320, 480, "light")])
def test_a_phone_votes_by_keyboard_and_sees_each_state(
    browser: Browser, opened: OpenVote, store: VoteStore, width: int, height: int, scheme: Any
) -> None:
    """Waiting, nine numbered buttons, Send, thanks and closed are all announced in one status element. Axe finds nothing."""
    with browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme) as context:
        phone = context.new_page()
        complaints: list[str] = []
        hosts: set[str] = set()
        phone.on("console", lambda message: complaints.append(message.text))
        phone.on("pageerror", lambda error: complaints.append(str(error)))
        phone.on("request", lambda request: hosts.add(request.url.rpartition("/")[0]))
        phone.goto(opened.url)
        wait_for(phone, "waiting")
        status = phone.query_selector("[role=status]")
        assert status is not None
        look_at(phone)

        store.open_round("one", "A failed clerkship, and a dean who is known there calls. What happens?", VERDICTS)
        wait_for(phone, "choose")
        numbered = [f"{number} {words}" for number, (_, words) in enumerate(VERDICTS, start=1)]
        assert phone.locator("button").all_inner_texts() == [*numbered, text("votes.page.send")]
        assert phone.inner_text("#question") == text("votes.page.question")
        assert phone.inner_text("#said") == text("votes.page.choose")
        assert phone.inner_text("#privacy") == text("votes.page.privacy")
        look_at(phone)
        tops = "[...document.querySelectorAll('button')].map(one => one.getBoundingClientRect().top)"
        before = phone.evaluate(tops)
        press(phone, *["Tab"] * 3, "Enter")
        wait_for(phone, "chosen")
        assert phone.evaluate(tops) == before  # the buttons don't move under the thumb
        assert phone.inner_text("#said") == text("votes.page.chosen", choice=numbered[2])
        look_at(phone)
        if height >= 640:  # all nine and Send are visible at once
            assert phone.evaluate("document.querySelector('#send').getBoundingClientRect().bottom <= innerHeight")
        press(phone, *["Tab"] * 7)
        assert sum(store.counts("one").values()) == 0
        press(phone, "Enter")
        wait_for(phone, "counted")
        assert store.counts("one")["skimmed"] == sum(store.counts("one").values()) == 1
        assert phone.evaluate("document.activeElement.id") == "said"
        assert phone.locator("button:visible").count() == 0
        look_at(phone)
        phone.reload()
        wait_for(phone, "counted")
        status = phone.query_selector("[role=status]")
        assert status is not None

        store.open_round("two", "And now?", VERDICTS)
        wait_for(phone, "choose")
        store.close_round()
        wait_for(phone, "closed")
        assert status.inner_text().split("\n\n") == ["And now?", text("votes.page.closed")]
        look_at(phone)
        assert complaints == []
        assert hosts == {opened.url.rpartition("/")[0], opened.url}


def test_a_vote_sent_while_the_server_is_gone_is_counted_when_it_is_back(
    browser: Browser, server: VoteServer, opened: OpenVote, store: VoteStore
) -> None:
    """Until it's sent, the page offers a raised hand. Afterward it doesn't, and the vote counts once."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        phone = context.new_page()
        phone.goto(opened.url)
        store.open_round("three", "Still there?", VERDICTS)
        wait_for(phone, "choose")
        assert server._process is not None
        server._process.kill()
        server._process.wait(20)
        wait_for(phone, "trouble")
        assert phone.inner_text("#said") == text("votes.page.unreached")
        look_at(phone)
        votes_for(phone, "maybe")
        wait_to_read(phone, "votes.page.again")
        wait_for_request(phone, "requestfailed", "/vote")
        assert phone.inner_text("#said") == text("votes.page.again"), "asks for a hand while it sends by itself"
        look_at(phone)
        assert server.open() == opened
        wait_for(phone, "counted")
        assert store.counts("three")["maybe"] == sum(store.counts("three").values()) == 1


def test_a_phone_is_not_asked_twice_after_the_presenter_crashed(
    browser: Browser, opened: OpenVote, server: VoteServer, store: VoteStore
) -> None:
    """A new server with the same code and port takes over its phones, and an open page remembers its answer."""
    store.open_round("one", "First?", YES_NO)
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        phone = context.new_page()
        phone.goto(opened.url)
        wait_for(phone, "choose")
        votes_for(phone, "yes")
        wait_for(phone, "counted")
        server.close()
        wait_to_read(phone, "votes.page.counted_unreached")
        other = VoteServer(store.path, code=opened.code)
        try:
            assert other.open(HERE, opened.port) == opened
            old = Phone(opened)
            old.cookie = next(f"{one['name']}={one['value']}" for one in context.cookies())  # type: ignore[typeddict-item]
            assert old.state()["voted"]
            assert old.vote("one", "no")[0] == 409
            wait_to_read(phone, "votes.page.counted")
            store.clear()
            store.open_round("one", "First?", YES_NO)  # in a new session, the same question is a different one
            wait_for(phone, "choose")
        finally:
            other.close()


def test_a_vote_that_is_rejected_says_why(browser: Browser, opened: OpenVote, store: VoteStore) -> None:
    """A vote for a closed round isn't counted, and the page says so even above the next question. Many taps are one vote."""
    store.open_round("one", "First?", YES_NO)
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        phone = context.new_page()
        phone.goto(opened.url)
        wait_for(phone, "choose")
        phone.route("**/state", lambda route: route.abort())  # the page can't see the next round
        store.open_round("two", "Second?", YES_NO)
        votes_for(phone, "yes")
        wait_for(phone, "trouble")
        assert phone.inner_text("#said") == text("votes.refused.other_round")
        assert phone.locator("button:visible").count() == 0
        phone.unroute("**/state")
        wait_for(phone, "choose")
        assert phone.inner_text("h1") == "Second?"
        assert phone.inner_text("#before") == text("votes.page.late", title="First?")
        look_at(phone)
        phone.evaluate(
            "for (let tap = 0; tap < 50; tap += 1) for (const one of ['[data-choice=no]', '#send'])"
            " document.querySelector(one).click()"
        )
        wait_for(phone, "counted")
        assert not phone.is_visible("#before")
    assert store.counts("one") == {"yes": 0, "no": 0}
    assert store.counts("two") == {"yes": 0, "no": 1}


def test_a_slip_of_the_thumb_can_be_corrected_before_it_is_sent(browser: Browser, opened: OpenVote, store: VoteStore) -> None:
    """A tap only selects a choice, another tap selects another, and Send does nothing before that."""
    store.open_round("one", "First?", YES_NO)
    with browser.new_context(viewport={"width": 360, "height": 640}) as context:
        phone = context.new_page()
        phone.goto(opened.url)
        wait_for(phone, "choose")
        assert phone.get_attribute("#send", "aria-disabled") == "true"
        phone.click("#send", force=True)
        assert phone.inner_text("#said") == text("votes.page.choose")
        for marked, other in (("yes", "no"), ("no", "yes")):
            phone.click(f"[data-choice={marked}]")
            assert phone.get_attribute(f"[data-choice={marked}]", "aria-pressed") == "true"
            assert phone.get_attribute(f"[data-choice={other}]", "aria-pressed") == "false"
        assert phone.get_attribute("#send", "aria-disabled") == "false"
        for _ in range(2):  # the page has meanwhile requested the state again and processed the first answer
            wait_for_request(phone, "requestfinished", "/state")
        assert phone.get_attribute("[data-choice=no]", "aria-pressed") == "true"
        assert store.counts("one") == {"yes": 0, "no": 0}
        phone.click("#send")
        wait_for(phone, "counted")
    assert store.counts("one") == {"yes": 0, "no": 1}


def test_someone_who_has_voted_is_never_asked_to_raise_a_hand(
    browser: Browser, server: VoteServer, opened: OpenVote, store: VoteStore
) -> None:
    """If the phone is offline or the server gone, only those who haven't voted are asked to."""
    with browser.new_context() as context, browser.new_context() as offline, browser.new_context() as quiet:
        voter, away, silent = context.new_page(), offline.new_page(), quiet.new_page()
        store.open_round("one", "First?", YES_NO)
        for phone in (voter, away, silent):
            phone.goto(opened.url)
            wait_for(phone, "choose")
        votes_for(voter, "yes")
        votes_for(away, "yes")
        wait_for(voter, "counted")
        wait_for(away, "counted")
        offline.set_offline(True)
        wait_to_read(away, "votes.page.counted_unreached")
        store.close_round()
        wait_for(silent, "closed")
        server.close()
        wait_to_read(voter, "votes.page.counted_unreached")
        wait_to_read(silent, "votes.page.apart")
        for phone in (voter, away):
            assert "hand" not in phone.inner_text("main").lower()
            assert phone.get_attribute("#said", "data-kind") == "counted"
        look_at(voter)
        look_at(silent)


def test_a_late_vote_gets_a_message_and_the_round_can_reopen(browser: Browser, opened: OpenVote, store: VoteStore) -> None:
    """A vote sent offline or not sent before closing doesn't count, and the page says so. A reopened round starts over."""
    store.open_round("one", "First?", YES_NO)
    with browser.new_context() as context, browser.new_context() as other:
        sent, unsent = context.new_page(), other.new_page()
        for phone in (sent, unsent):
            phone.goto(opened.url)
            wait_for(phone, "choose")
        unsent.click("[data-choice=no]")
        context.set_offline(True)
        votes_for(sent, "yes")
        wait_to_read(sent, "votes.page.again")
        store.close_round()
        wait_to_read(unsent, "votes.refused.closed")
        context.set_offline(False)
        wait_to_read(sent, "votes.refused.closed")
        for _ in range(2):
            wait_for_request(sent, "requestfinished", "/state")
        for phone in (sent, unsent):
            assert phone.inner_text("#said") == text("votes.refused.closed"), "what was said did not last"
            assert "not counted" in phone.inner_text("#said")
            look_at(phone)
        assert store.counts("one") == {"yes": 0, "no": 0}
        store.open_round("one", "First?", YES_NO)
        for phone in (sent, unsent):
            wait_to_read(phone, "votes.page.choose")
            assert phone.locator("[aria-pressed=true]").count() == 0
            votes_for(phone, "yes")
            wait_to_read(phone, "votes.page.counted")
        assert store.counts("one") == {"yes": 2, "no": 0}


def test_a_phone_without_cookies_gets_a_friendly_request_to_raise_a_hand(
    browser: Browser, opened: OpenVote, store: VoteStore
) -> None:
    """It can't choose and learns why. A phone that loses its cookie learns it when voting, and can't choose again."""
    store.open_round("one", "First?", YES_NO)

    def forgets(route: Route) -> None:
        request = route.request
        status, headers, content = Phone(opened).ask(request.method, urlsplit(request.url).path, request.post_data_buffer)
        route.fulfill(status=status, headers={"content-type": headers["content-type"]}, body=content)

    with browser.new_context() as context:
        phone = context.new_page()
        phone.route("**/state", forgets)
        phone.route("**/vote", forgets)
        phone.goto(opened.url)
        wait_to_read(phone, "votes.refused.ballot")
        assert phone.locator("button:visible").count() == 0
        look_at(phone)
        for _ in range(2):  # it stays so
            wait_for_request(phone, "requestfinished", "/state")
            assert phone.inner_text("#said") == text("votes.refused.ballot")
        store.close_round()
        wait_for(phone, "closed")
        phone.unroute("**/state")
        store.open_round("two", "Second?", YES_NO)
        wait_for(phone, "choose")
        votes_for(phone, "yes")
        wait_to_read(phone, "votes.refused.ballot")
        assert phone.locator("button:visible").count() == 0
    assert store.counts("one") == store.counts("two") == {"yes": 0, "no": 0}


def test_a_phone_whose_vote_does_not_fit_is_asked_to_raise_a_hand(browser: Browser, opened: OpenVote, store: VoteStore) -> None:
    """If its vote exceeds the limit, the page says that it isn't counted. The phone can vote on the next question."""
    store.open_round("one", "First?", YES_NO, 1)
    for _ in range(most_votes(1)):
        assert store.add("one", "no")
    other = Phone(opened)
    other.state()
    assert other.vote("one", "no")[0] == 200  # the first of this address
    with browser.new_context() as context:
        phone = context.new_page()
        phone.goto(opened.url)
        wait_for(phone, "choose")
        votes_for(phone, "yes")
        wait_to_read(phone, "votes.refused.full")
        for _ in range(2):
            wait_for_request(phone, "requestfinished", "/state")
        assert phone.inner_text("#said") == text("votes.refused.full")
        assert phone.locator("button:visible").count() == 0
        look_at(phone)
        store.open_round("two", "Second?", YES_NO, 1)
        wait_for(phone, "choose")
    assert store.counts("one")["yes"] == 0


def test_a_vote_that_is_given_up_says_so_and_asks_for_one_of_two(browser: Browser, opened: OpenVote, store: VoteStore) -> None:
    """After its last try the page offers a raised hand or another try, and the choice stays selected."""
    store.open_round("one", "First?", YES_NO)
    with browser.new_context() as context:
        phone = context.new_page()
        phone.clock.install()
        phone.goto(opened.url)
        wait_for(phone, "choose")
        tries: list[str] = []

        def fails(route: Route) -> None:
            tries.append(phone.inner_text("#said"))
            route.abort()

        phone.route("**/vote", fails)

        def wait_for_try(number: int) -> None:
            for _ in range(50):
                if len(tries) >= number:
                    break
                phone.wait_for_timeout(20)

        votes_for(phone, "yes")
        while not tries:  # before the page's clock moves on, or it would give up the first try
            wait_for_try(1)
        while len(tries) < TRIES:
            before = len(tries)
            phone.clock.fast_forward(25_000)
            wait_for_try(before + 1)
        # It says that it's still trying only while it is, and says immediately after the last try that it has stopped.
        phone.wait_for_selector(f"#said:text-is({json.dumps(text('votes.page.missed'))})", timeout=4000)
        assert tries == [text("votes.page.sending"), *[text("votes.page.again")] * (TRIES - 1)]
        assert phone.get_attribute("[data-choice=yes]", "aria-pressed") == "true"
        phone.unroute("**/vote")
        phone.click("#send")
        phone.clock.resume()
        wait_to_read(phone, "votes.page.counted")
    assert store.counts("one") == {"yes": 1, "no": 0}


def test_nobody_is_asked_to_raise_a_hand_while_a_vote_is_being_sent() -> None:
    """Only texts without a pending vote mention a hand, and those with two options say not to use both."""
    shown = {word: text for word, text in all_words().items() if word.startswith(("votes.page.", "votes.refused."))}
    asking = {word for word, text in shown.items() if re.search(r"[Rr]aise (a|your) hand", text)}
    assert asking == {
        *(f"votes.page.{one}" for one in ("again", "missed", "unreached", "apart", "noscript")),
        *(f"votes.refused.{one}" for one in ("ballot", "full")),  # no such vote is ever sent again
    }
    assert "don't raise your hand" in shown["votes.page.again"]
    assert all("don't do both" in shown[f"votes.page.{one}"] for one in ("missed", "unreached"))


@pytest.mark.parametrize("longest", [max((words for _, words in VERDICTS), key=len), "A verdict of an uncommonly long name"])
def test_a_phone_on_its_side_shows_all_names_whole(browser: Browser, opened: OpenVote, store: VoteStore, longest: str) -> None:
    """At 640 by 360 no name is cut off, however long. With today's names, all nine and Send are visible together."""
    store.open_round("one", "Elena Z. and the three before her", [*VERDICTS[:-1], ("long", longest)])
    with browser.new_context(viewport={"width": 640, "height": 360}) as context:
        phone = context.new_page()
        phone.goto(opened.url)
        wait_for(phone, "choose")
        look_at(phone)
        assert phone.evaluate(
            "[...document.querySelectorAll('button')].every(one => one.scrollWidth <= one.clientWidth"
            " && one.scrollHeight <= one.clientHeight)"
        )
        if longest in dict(VERDICTS).values():
            phone.click("[data-choice=phone_interview]")
            assert phone.evaluate("document.querySelector('#send').getBoundingClientRect().bottom <= innerHeight")


# ---- the server ----


def test_what_is_opened_is_one_address_and_a_code(server: VoteServer, opened: OpenVote) -> None:
    """The server uses only that address, the URL has a code that's easy to type, and the QR code is black on white."""
    assert server.running
    assert opened.url == f"http://{HERE}:{opened.port}/{opened.code}"
    assert len(opened.code) == 6
    assert set(opened.code) <= set(CODE_LETTERS)
    assert set("aeiou01l") & set(CODE_LETTERS) == set()
    assert server._process is not None
    lines = [line.laddr for line in psutil.Process(server._process.pid).net_connections(kind="inet") if line.status == "LISTEN"]
    assert [tuple(line) for line in lines] == [(HERE, opened.port)]
    assert opened.qr.startswith('<svg role="img" viewBox=')
    assert f"<title>{text('votes.qr', url=opened.url)}</title>" in opened.qr
    assert 'fill="#fff"' in opened.qr
    assert 'stroke="#000"' in opened.qr
    assert opened.sentence == text("votes.only_here", address=HERE, port=opened.port)
    assert server.open() is opened
    assert len({VoteServer(server.store_path)._code for _ in range(20)}) == 20
    for wrong in ("", "abc", "../../", "k7w3xzk7w3xz", "K7W3XZ"):
        assert VoteServer(server.store_path, code=wrong)._code != wrong
    assert VoteServer(server.store_path, code="k7w3xz")._code == "k7w3xz"


def test_the_sentence_says_what_is_opened_and_to_whom() -> None:
    """On a network, the message has the address and the port."""
    sentence = OpenVote("", "192.168.1.20", 8123, "k7w3xz", "").sentence
    assert "192.168.1.20" in sentence
    assert "8123" in sentence
    assert sentence == text("votes.opens", address="192.168.1.20", port=8123)


def test_the_servers_arguments_hold_no_key(server: VoteServer, opened: OpenVote, store: VoteStore) -> None:
    """The signing key isn't in this computer's list of processes."""
    assert server._process is not None
    assert store.key().hex() not in " ".join(psutil.Process(server._process.pid).cmdline())


def test_addresses_are_offered_in_the_order_of_their_use() -> None:
    """Private networks come first, then virtual machines' networks, then others. Loopback and 0.0.0.0 aren't offered."""
    found = [
        ("lo", "127.0.0.1"),
        ("eth2", "169.254.10.10"),
        ("docker0", "172.17.0.1"),
        ("eth1", "203.0.113.9"),
        ("wlan0", "192.168.1.20"),
        ("vEthernet (WSL)", "172.20.0.1"),
        ("eth0", "10.1.2.3"),
        ("bad", ALL_OF_THEM),
        ("alias", "192.168.1.20"),
        ("utun3", "100.100.1.1"),
    ]
    assert sort_addresses(found) == [
        "192.168.1.20",
        "10.1.2.3",
        "172.17.0.1",
        "172.20.0.1",
        "203.0.113.9",
        "100.100.1.1",
        "169.254.10.10",
    ]


def test_only_networks_that_are_up_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses on an inactive network and addresses of other kinds aren't offered."""

    class Stats:
        def __init__(self, isup: bool) -> None:
            self.isup = isup

    class Address:
        def __init__(self, family: str, address: str) -> None:
            self.family = getattr(socket, family)
            self.address = address

    monkeypatch.setattr(psutil, "net_if_stats", lambda: {"up": Stats(True), "down": Stats(False)})
    monkeypatch.setattr(
        psutil,
        "net_if_addrs",
        lambda: {
            "up": [Address("AF_INET6", "fe80::1"), Address("AF_INET", "192.168.1.20")],
            "down": [Address("AF_INET", "192.168.1.21")],
            "unknown": [Address("AF_INET", "192.168.1.22")],
        },
    )
    assert addresses() == ["192.168.1.20"]


def test_without_a_network_a_message_says_so(server: VoteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It also says what to do instead. Opening on this computer alone still works."""
    monkeypatch.setattr("backchannel_lib.workshop.votes.process.addresses", list)
    with pytest.raises(CaseError) as caught:
        server.open()
    assert caught.value.rule == "votes_no_network"
    assert "Typed counts" in caught.value.sentence or "typed counts" in caught.value.sentence
    assert not server.running
    assert "phones can't reach" in server.open(HERE).sentence


@pytest.mark.parametrize(
    "address", [ALL_OF_THEM, "::1", "::", "localhost", "example.org", "203.0.113.200", "224.0.0.1", "", "1.2.3"]
)
def test_no_other_address_can_be_opened(server: VoteServer, address: str) -> None:
    """All addresses at once, another address family, a name, and another computer's address each get a message."""
    with pytest.raises(CaseError) as caught:
        server.open(address)
    assert caught.value.rule == "votes_address"
    assert not server.running


@pytest.mark.parametrize("port", [-1, 80, 1023, 65536, True, "8888"])
def test_an_invalid_port_gets_an_error_message(server: VoteServer, port: Any) -> None:
    """An invalid port gets a message."""
    with pytest.raises(CaseError) as caught:
        server.open(HERE, port)
    assert caught.value.rule == "votes_port"


def test_a_port_in_use_is_reported_with_an_alternative(server: VoteServer) -> None:
    """The message suggests another port, and that one works."""
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CaseError) as caught:
            server.open(HERE, port)
        assert caught.value.rule == "votes_port_taken"
        assert str(port) in caught.value.sentence
        free = int(re.findall(r"Port (\d+) is free", caught.value.sentence)[0])
        assert free not in {0, port}
        assert not server.running
        assert server.open(HERE, free).port == free


def test_a_server_that_does_not_start_gets_an_error_message(server: VoteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever prevents it, there's a calm message and no process is left."""
    for program in ("/no/such/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", program)
        with pytest.raises(CaseError) as caught:
            server.open(HERE)
        assert caught.value.rule == "votes_not_started"
        assert not server.running


def test_a_killed_server_is_restored_completely(server: VoteServer, opened: OpenVote, store: VoteStore) -> None:
    """The counts stay. Reopened, it has the same address, and a phone's ballot still counts once."""
    store.open_round("one", "First?", YES_NO)
    voted, waiting = Phone(opened), Phone(opened)
    voted.state()
    waiting.state()
    assert voted.vote("one", "yes")[0] == 200
    assert server._process is not None
    server._process.kill()
    server._process.wait(20)
    assert not server.running
    assert store.counts("one") == {"yes": 1, "no": 0}
    again = server.open()
    assert again == opened
    assert server.running
    assert voted.state()["voted"]
    assert voted.vote("one", "no")[0] == 409
    assert not waiting.state()["voted"]
    assert waiting.vote("one", "no")[0] == 200
    assert store.counts("one") == {"yes": 1, "no": 1}


def test_if_its_port_is_taken_meanwhile_the_server_uses_another(server: VoteServer, opened: OpenVote) -> None:
    """The vote reopens on another port with the same code."""
    server.close()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HERE, opened.port))
        taken.listen()
        again = server.open()
    assert again.port != opened.port
    assert again.code == opened.code


def test_closing_ends_the_process(server: VoteServer, opened: OpenVote) -> None:
    """Nothing listens and no process is left. Closing again does nothing."""
    assert server._process is not None
    process = psutil.Process(server._process.pid)
    server.close()
    server.close()
    assert not server.running
    assert not process.is_running()
    with pytest.raises(OSError, match="refused"):
        Phone(opened).state()


PRESENTER = """
import sys, time
from backchannel_lib.workshop.votes.process import VoteServer
server = VoteServer(sys.argv[1])
opened = server.open("127.0.0.1")
print(server._process.pid, opened.port, opened.code, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_ends_with_the_presenter_and_not_with_an_interrupt(tmp_path: Path, how: signal.Signals) -> None:
    """Ctrl+C for the presenter's process doesn't affect it, but it stops when that process dies, however it dies."""
    presenter = subprocess.Popen(
        [sys.executable, "-c", PRESENTER, str(tmp_path / "votes.sqlite")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert presenter.stdout is not None
    with presenter.stdout:
        pid, port, code = presenter.stdout.readline().decode().split()
    server = psutil.Process(int(pid))
    assert os.getpgid(server.pid) != os.getpgid(presenter.pid)
    server.send_signal(signal.SIGINT)
    assert Phone(OpenVote("", HERE, int(port), code, "")).state()["round"] is None, "it still answers"
    presenter.send_signal(how)
    presenter.wait(20)
    psutil.wait_procs([server], timeout=20)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


HOLDING = """
import os, time
from backchannel_lib.workshop.votes import process
start = process.subprocess.Popen
def popen(*arguments, **options):  # a child of the presenter that outlives it, and has all its pipes
    started = start(*arguments, **options)
    if not os.fork():
        time.sleep(60)
        os._exit(0)
    return started
process.subprocess.Popen = popen
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_server_ends_with_the_presenter_although_a_child_of_it_lives_on(tmp_path: Path) -> None:
    """Even if another child process keeps the presenter's pipes open, the vote stops when the presenter dies."""
    presenter = subprocess.Popen(
        [sys.executable, "-c", HOLDING + PRESENTER, str(tmp_path / "votes.sqlite")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert presenter.stdout is not None
        with presenter.stdout:
            server = psutil.Process(int(presenter.stdout.readline().split()[0]))
        presenter.kill()
        presenter.wait(20)
        _, alive = psutil.wait_procs([server], timeout=20)
        assert not alive or server.status() == psutil.STATUS_ZOMBIE
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(presenter.pid, signal.SIGKILL)


STUCK = """
import asyncio, sys
from backchannel_lib.workshop.votes import server
async def stuck(*_):
    await asyncio.sleep(600)
server.serve, server.EXIT_TIMEOUT_S = stuck, 0.2
server.main(sys.argv[1:])
"""


def test_a_server_that_is_stuck_ends_all_the_same(tmp_path: Path) -> None:
    """If its standard input is closed and pending answers don't finish, the process exits without them."""
    arguments = ["--store", str(tmp_path / "votes.sqlite"), "--host", HERE, "--port", "0", "--code", "k7w3xz"]
    subprocess.run(
        [sys.executable, "-c", STUCK, *arguments], cwd=ROOT, input="", capture_output=True, text=True, check=True, timeout=60
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--host", ALL_OF_THEM, "--port", "0"], "no_address"),
        (["--host", "::1", "--port", "0"], "no_address"),
        (["--host", "203.0.113.200", "--port", "0"], "no_address"),
        (["--host", HERE, "--port", "99999"], "no_address"),
        (["--host", HERE, "--port", "0", "--code", "a/b"], "other"),
        (["--host", HERE, "--port", "0", "--store", "."], "store"),
    ],
)
def test_the_server_reports_a_problem_in_one_line(tmp_path: Path, arguments: list[str], problem: str) -> None:
    """If it can't serve, the command prints the reason on one line and exits, without a stack trace."""
    command = [
        sys.executable,
        "-m",
        "backchannel_lib.workshop.votes",
        "--store",
        str(tmp_path / "votes.sqlite"),
        "--code",
        "k7w3xz",
    ]
    done = subprocess.run([*command, *arguments], cwd=ROOT, input="", capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == (f'{{"problem": "{problem}"}}\n', "", 1)
