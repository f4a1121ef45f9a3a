"""Programs that keep saving something, and meanwhile are killed or run out of disk space.

Each story is a series of steps. The same must hold for all: whatever happens, the disk has the state after the last
finished step or after the one that was in progress, and nothing else, and the next step works.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from backchannel_lib import Case, load_case, save_case
from backchannel_lib.activities import saved_answers
from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.model.case import CaseError
from backchannel_lib.workshop.own_cases.cases import CASES, TEXTS
from backchannel_lib.workshop.room.server import Room, load_keys
from backchannel_lib.workshop.session import Session
from backchannel_lib.workshop.votes.store import VoteStore
from tests.helpers.power import Disk

STEPS: Final = 12  # of a story


class Story(NamedTuple):
    """A program that saves something.

    Args:
        start: Prepares it, and returns a function that carries out step 1, 2 and so on.
        found: Reads what is on the disk, as a new program would: the number of the last step that it holds.
    """

    start: Callable[[], Callable[[int], None]]
    found: Callable[[], int]


# ---- a case, answers, and the user's own cases ----


def _case_story() -> Callable[[int], None]:
    return lambda step: save_case(Case(score=200 + step), saved_answers.prepared_folder() / "mine.json")


def _case_found() -> int:
    path = saved_answers.folder() / "mine.json"
    return load_case(path).score - 200 if path.exists() else 0


def _answers_story() -> Callable[[int], None]:
    return lambda step: saved_answers.save("bets", {"step": step, "long": "x" * 5000})


def _save_own(step: int) -> None:
    """Save one of the user's own files, with a number in its title."""
    CASES.save(CASES.new()._replace(texts={**dict.fromkeys(TEXTS, "Some words."), "title": f"File {step}"}))


def _own_story() -> Callable[[int], None]:
    return _save_own


def _own_found() -> int:
    found = CASES.saved()
    assert not found.problems, found.problems
    assert [case.texts["title"] for case in found.rows] == [f"File {step + 1}" for step in range(len(found.rows))]
    return len(found.rows)


# ---- a round, in a page and in the room's server ----


def _message(step: int) -> dict[str, Any]:
    if step <= 2:
        return {"type": "next"}
    return {"type": "set", "field": "votes_maybe", "value": str(step)}


def _votes_of(session: Session) -> int:
    for part in ("run_plan", "round"):
        for answer in session.parts[part].handle({"type": "hello", "view": "v"}):
            assert "\n" not in str(answer.get("notice", ""))
    state = session.round.state
    names = ("setup", "file", "vote")
    return max(state.votes) if any(state.votes) else names.index(state.step)


def _round_story() -> Callable[[int], None]:
    session = Session()
    _votes_of(session)
    return lambda step: _carry_out(session.handle("round", {**_message(step), "view": "v"}))


def _carry_out(answers: Iterator[Any]) -> None:
    for _, answer in answers:
        assert "saved" not in str(answer.get("notice", "")), answer["notice"]


class _Presenter:
    """A stand-in for a window."""

    role = "presenter"

    def write_message(self, content: str) -> None:
        """Show nothing."""


def _room_story() -> Callable[[int], None]:
    room = Room(8866, load_keys(saved_answers.prepared_folder(), 8866))
    window: Any = _Presenter()
    room.windows.add(window)
    for part in ("run_plan", "round"):
        room.take(window, part, {"type": "hello", "view": "v", "number": 1})
    return lambda step: room.take(window, "round", {**_message(step), "view": "v", "number": step + 1})


def _room_found() -> int:
    first = load_keys(saved_answers.prepared_folder(), 8866)
    assert first == load_keys(saved_answers.folder(), 8866)
    return _votes_of(Room(8866, first).session)


# ---- votes ----


def _votes_story() -> Callable[[int], None]:
    store = VoteStore(saved_answers.prepared_folder() / "votes.sqlite")
    store.open_round("one", "First?", [("yes", "Yes"), ("no", "No")])

    def vote(step: int) -> None:
        assert store.add("one", "yes" if step % 2 else "no", bytes([step]) * 16)
        assert not store.add("one", "no", bytes([step]) * 16)  # sent twice

    return vote


def _votes_found() -> int:
    with VoteStore(saved_answers.prepared_folder() / "votes.sqlite") as store:
        if store.current() is None:
            return 0
        number = store.current().number  # type: ignore[union-attr]
        voted = [step for step in range(1, STEPS + 1) if store.has_voted(number, bytes([step]) * 16)]
        assert voted == list(range(1, len(voted) + 1))
        counts = store.counts("one")
        assert counts == {"yes": (len(voted) + 1) // 2, "no": len(voted) // 2}, counts
        return len(voted)


STORIES: Final[Mapping[str, Story]] = {
    "case": Story(_case_story, _case_found),
    "answers": Story(_answers_story, lambda: saved_answers.saved("bets").get("step", 0)),
    "own cases": Story(_own_story, _own_found),
    "round": Story(_round_story, lambda: _votes_of(Session())),
    "room": Story(_room_story, _room_found),
    "votes": Story(_votes_story, _votes_found),
}


# ---- what can go wrong ----


def kill_at_an_operation(number: int) -> None:
    """Kill this process just before it opens, moves or deletes a file for the nth time."""
    left = [number]

    def watch(event: str, _: object) -> None:
        if event in {"open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect"}:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def in_a_child(story: Story, before: Callable[[], None], kill_after: float | None = None) -> tuple[int, str]:
    """Play a story in a child process; return how many steps it finished, and what it reported.

    Args:
        story: The story.
        before: Called in the child once the story has been prepared.
        kill_after: Seconds after which the child is killed.
    """
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        said = b""
        try:
            act = story.start()
            before()
            os.write(writes, b"0\n")
            for step in range(1, STEPS + 1):
                act(step)
                os.write(writes, b"%d\n" % step)
        except (CaseFileError, CaseError) as error:
            said = b"said %s\n" % str(error).encode()
        except BaseException as error:  # noqa: BLE001 - the parent reports it
            said = b"failed %r\n" % error
        finally:
            os.write(writes, said)
            os._exit(0)
    os.close(writes)
    heard = b""
    if kill_after is not None:
        heard += os.read(reads, 10)  # it is ready
        time.sleep(kill_after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    while more := os.read(reads, 65536):
        heard += more
    os.close(reads)
    os.waitpid(child, 0)
    lines = heard.decode().split("\n")
    numbers = [int(line) for line in lines if line.isdecimal()]
    return max(numbers, default=0), " ".join(line for line in lines if line and not line.isdecimal())


@contextlib.contextmanager
def empty_folder(place: Path) -> Iterator[None]:
    """Save everything in a folder of its own for a while."""
    before = os.environ.get(saved_answers.FOLDER)
    os.environ[saved_answers.FOLDER] = str(place)
    try:
        yield
    finally:
        if before is None:
            del os.environ[saved_answers.FOLDER]
        else:
            os.environ[saved_answers.FOLDER] = before


def check_killed(name: str, place: Path, chance: random.Random) -> None:
    """Kill a story at a random moment, or just before a random file operation, and check what's on the disk."""
    story = STORIES[name]
    with empty_folder(place):
        if chance.randrange(2):
            done, said = in_a_child(story, lambda: kill_at_an_operation(chance.randint(1, 40)))
        else:
            done, said = in_a_child(story, lambda: None, kill_after=chance.random() * 0.03)
        assert not said, said
        found = story.found()
        assert found in {done, done + 1}, f"{name}: {done} steps were finished, but {found} are there"
        carried_on, said = in_a_child(story, lambda: None) if name in {"case", "answers"} else (STEPS, "")
        assert (carried_on, said) == (STEPS, "")


def check_full(name: str, place: Path, chance: random.Random) -> None:
    """Let no file grow beyond a random size, as on a full disk; check that nothing is lost and that there's a message."""
    story = STORIES[name]
    most = chance.randint(0, 9000 if name != "votes" else 60_000)

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    with empty_folder(place):
        done, said = in_a_child(story, limit)
        assert not said.startswith("failed"), said
        assert done == STEPS or said, "it stopped without a word"
        found = story.found()
        if name not in {"round", "room"}:  # a round continues without saving, and says so
            assert found == done, f"{name}: {done} steps were finished, but {found} are there"
        assert found <= STEPS
        parts = [left.name for left in place.rglob("*.part")]
        assert not parts, parts


def check_two_windows(place: Path) -> None:
    """Let two processes add files to the same table at the same time, and check that all of them are there."""
    with empty_folder(place):
        children = []
        for first in (100, 200):
            child = os.fork()
            if child == 0:
                for step in range(first, first + STEPS):
                    _save_own(step)
                os._exit(0)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
        titles = {case.texts["title"] for case in CASES.saved().rows}
        assert titles == {f"File {step}" for first in (100, 200) for step in range(first, first + STEPS)}, titles


def check_power(name: str, place: Path, steps: int = STEPS) -> int:
    """Play a story, and check every state in which a power failure can leave the disk; return how many there are."""
    story, count = STORIES[name], 0
    disk = Disk(place / "disk")
    with empty_folder(disk.folder), disk.recording():
        act = story.start()
        for step in range(1, steps + 1):
            act(step)
            disk.finish_step()
    for number, (done, left) in enumerate(disk.states()):
        folder = place / str(number)
        folder.mkdir()
        for file, content in left.items():
            (folder / file).write_bytes(content)
        with empty_folder(folder):
            found = story.found()
        assert found in {done, done + 1}, f"{name}: {done} steps were finished, but {found} are there: {sorted(left)}"
        count += 1
    return count
