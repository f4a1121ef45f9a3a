"""A simulated network between the page's real store and the real Python side, which loses, duplicates and delays messages."""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from playwright._impl._driver import compute_driver_executable

from backchannel_lib.activities.activity import Activity
from backchannel_lib.base.errors import CaseError

NODE = compute_driver_executable()[0]  # the Node that ships with Playwright
SCRIPT = Path(__file__).resolve().parent.parent / "frontend" / "store_process.mjs"
VIEWS = ("one", "two")


class _Tally:
    """Two numbers that can each grow by one; their sum is sent immediately, their product a moment later."""

    state: Any
    commit: Callable[[Any], None]

    def with_value(self, field: str, value: object) -> Any:
        if not isinstance(value, int):
            raise CaseError(field, "flag", value)
        return MappingProxyType({**self.state, field: value})

    def values(self, state: Any) -> dict[str, Any]:
        return dict(state)

    def fragments(self, state: Any) -> dict[str, str]:
        return {"sum": f"{state['left'] + state['right']}", "title": "A tally", "left": f"left {state['left']}"}

    def deferred_fragments(self, state: Any) -> dict[str, str]:
        return {"product": f"{state['left']} x {state['right']}"}

    def markers(self, state: Any) -> dict[str, Any]:
        return {"chart": [state["left"], 0]}

    def positions(self, field: str) -> Iterator[int]:
        yield from range(5)

    def actions(self) -> dict[str, Any]:
        return {"grow": self._grow}

    def _grow(self, _: object) -> dict[str, Any]:
        self.commit(MappingProxyType({name: value + 1 for name, value in self.state.items()}))
        return {}


def tally(base: type[Activity[Any]] = Activity) -> Activity[Any]:
    """Return an activity with two numbers.

    Args:
        base: The base class of activities, which can be a broken one.
    """
    made: Any = type("Tally", (_Tally, base), {})
    return made("tally", MappingProxyType({"left": 1, "right": 2}))  # type: ignore[no-any-return]


class Stores:
    """Views in a Node.js process, which accept actions and report what they send and show.

    Args:
        script: The process's script.
    """

    def __init__(self, script: Path = SCRIPT) -> None:
        self.process = subprocess.Popen(
            [NODE, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def act(self, op: str, view: str = "", **more: Any) -> dict[str, dict[str, Any]]:
        """Perform an action, and return the state of every view."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"op": op, "view": view, **more}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


class World:
    """One activity, its views, and all messages in transit between them."""

    def __init__(self, stores: Stores, activity: Activity[Any]) -> None:
        self.stores = stores
        self.activity = activity
        self.up: list[dict[str, Any]] = []  # to Python
        self.down: dict[str, list[dict[str, Any]]] = {view: [] for view in VIEWS}
        self.page: dict[str, Any] = {"fragments": {}, "contents": {}, "marks": {}, "errors": {}}  # a view that misses nothing
        self.right: dict[int, dict[str, Any]] = {}  # the correct state after each answer
        self.latest: dict[str, int] = dict.fromkeys(
            VIEWS, 0
        )  # number of the latest message from each view that Python has processed
        self.files: dict[str, int] = dict.fromkeys(VIEWS, 0)
        self.shows: dict[str, dict[str, Any]] = {}
        self.take(stores.act("begin", views=VIEWS))

    # ---- the page ----

    def take(self, shows: dict[str, dict[str, Any]]) -> None:
        """Record what the views sent, and check what they show."""
        self.shows = shows
        for view, shown in shows.items():
            self.up += shown.pop("sent")
            self.files[view] += len(shown.pop("files"))
            if shown["number"]:
                assert {name: shown[name] for name in ("fragments", "marks", "errors")} == self.right[shown["number"]]

    def do(self, op: str, view: str = "", **more: Any) -> None:
        """Perform an action in a view."""
        self.take(self.stores.act(op, view, **more))

    # ---- Python ----

    def handle(self, message: dict[str, Any], sent: int = 2) -> None:
        """Process a message in Python, with at most ``sent`` answers reaching the network."""
        before, view, number = self.activity.state, message.get("view", ""), message.get("number", math.inf)
        last = self.latest.get(view, 0)
        old = number <= last
        missed = message["type"] == "hello" or message.get("everything") or last + 1 < number < math.inf
        if not old and number < math.inf:
            self.latest[view] = number
        answers = self.activity.handle(message)
        for count, answer in enumerate(answers):
            now = self.activity.state
            assert not old or now == before, "a message that came before, or was overtaken, is carried out"
            if message["type"] == "grow" and not old and "left" in before:
                assert now == {name: number + 1 for name, number in before.items()}, "an action is not carried out"
            assert count or not missed or answer.get("forget"), "a page that may have missed something gets what is new"
            message = json.loads(json.dumps(answer))
            if count >= sent:
                answers.close()  # type: ignore[attr-defined]
                recorded = self.activity.delivery.shown.values
                for name, content in answer.get("fragments", {}).items():
                    assert recorded.get(f"fragment.{name}") != content, "what was not sent is recorded"
                break
            self._update_page(message)
            for queue in self.down.values():
                queue.append(message)

    def _update_page(self, answer: dict[str, Any]) -> None:
        page = self.page
        if answer.get("forget"):
            page |= {"fragments": {}, "contents": {}, "marks": {}, "errors": {}}
        page["contents"].update(answer["contents"])
        for name in ("fragments", "marks", "errors"):
            if name == "fragments":
                page[name] = {**page[name], **answer.get(name, {})}
            else:
                page[name] = answer.get(name, page[name])
        fragments = {name: page["contents"][str(number)] for name, number in page["fragments"].items()}
        self.right[answer["number"]] = {"fragments": fragments, "marks": page["marks"], "errors": page["errors"]}

    # ---- the end ----

    def settle(self) -> None:
        """Deliver everything in transit, and let the timeouts expire."""
        for _ in range(400):
            if self.up:
                self.handle(self.up.pop(0))
            elif some := [view for view in VIEWS if self.down[view]]:
                self.do("receive", some[0], message=self.down[some[0]].pop(0))
            else:
                return
        raise AssertionError("messages go round without end")

    def check(self) -> None:
        """Check that everything on screen is correct."""
        state = self.activity.state
        fragments = {**self.activity.fragments(state), **self.activity.deferred_fragments(state)}
        for view, shown in self.shows.items():
            assert shown["fragments"] == fragments, view
            values = json.loads(json.dumps(self.activity.values(state)))
            refused = {field: shown["values"][field] for field in self.activity.errors}  # a rejected entry stays in its control
            assert shown["values"] == values | refused, view
            assert shown["errors"] == self.activity.errors, view
            assert shown["marks"] == json.loads(json.dumps(self.activity.markers(state))), view
            assert (shown["pending"], shown["disconnected"], shown["waiting"]) == (False, False, 0), view


def check_delivery(world: World, calm: bool, steps: list[tuple[Any, ...]]) -> None:
    """Check that no view ever shows a mixture, and that any action that arrives makes every view correct.

    Args:
        world: A new world.
        calm: Whether everything has arrived before the first step.
        steps: The steps to perform.
    """
    if calm:
        world.settle()
    play(world, steps)
    world.settle()
    world.do("timeout")
    world.settle()
    world.do("press", "one", action="undo")
    world.settle()
    world.check()


def plays() -> st.SearchStrategy[tuple[bool, list[tuple[Any, ...]]]]:
    """Draw many steps, or a few steps from a settled state."""
    wild = st.tuples(st.just(False), st.lists(step(), min_size=20, max_size=60))
    return wild | st.tuples(st.just(True), st.lists(step(), min_size=2, max_size=12))


def lose(world: World, how: str, steps: list[tuple[Any, ...]]) -> None:
    """Perform steps whose message or answer gets lost; check that view "one" is correct or reports a missing answer.

    Args:
        world: A new world.
        how: What gets lost: ``message``, ``first answer``, ``second answer`` or ``both answers``.
        steps: The steps in view "one".
    """
    lost = {"first answer": slice(0, 1), "second answer": slice(1, 2), "both answers": slice(0, 2)}.get(how, slice(0, 0))
    world.settle()
    for one in steps:
        play(world, [one])
        if how == "message":
            world.up.clear()
        while world.up:
            world.handle(world.up.pop(0))
            del world.down["one"][lost]
            while world.down["one"]:
                world.do("receive", "one", message=world.down["one"].pop(0))
        world.settle()
    world.do("timeout")
    if not world.shows["one"]["disconnected"]:
        world.settle()
        world.down["two"].clear()
        assert world.shows["one"]["fragments"] == world.right[max(world.right)]["fragments"]
        assert not world.shows["one"]["waiting"]


LOSSES = ("message", "first answer", "both answers", "second answer")


def moves() -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Draw changes in view "one"."""
    small = st.integers(0, 3)
    return st.lists(st.tuples(st.just("set"), st.just("one"), small, small), min_size=1, max_size=4)


def step() -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw something that a reader, a program or the network can do."""
    view, small = st.sampled_from(VIEWS), st.integers(0, 4)
    network = st.sampled_from(["arrives", "arrives", "lost", "twice", "late"])
    return st.one_of(
        st.tuples(st.just("set"), view, small, small),
        st.tuples(st.just("set"), view, small, small),
        st.tuples(st.just("press"), view, st.sampled_from(["undo", "reset", "save", "grow"])),
        st.tuples(st.just("hold"), view, small),
        st.tuples(st.just("code"), small, small),
        st.tuples(st.just("up"), network, st.sampled_from([2, 2, 2, 1, 0])),
        st.tuples(st.just("up"), network, st.just(2)),
        st.tuples(st.just("down"), network, view),
        st.tuples(st.just("down"), network, view),
        st.tuples(st.just("timeout")),
    )


def play(world: World, steps: list[tuple[Any, ...]]) -> None:
    """Perform the steps in order."""
    fields = [*world.activity.fields()]

    def position(index: int, at: int) -> tuple[str, Any]:
        field = fields[index % len(fields)]
        positions = [*world.activity.positions(field)][:5]
        return field, positions[at % len(positions)] if positions else "?"

    def move(view: str, index: int, at: int) -> None:
        field, value = position(index, at)
        world.do("hold", view, field=field)
        world.do("set", view, field=field, value="nonsense" if at == 4 else value)

    def press(view: str, action: str) -> None:
        has = action != "grow" or action in world.activity.actions()
        world.do("press", view, action=action if has else "undo")

    def change_by_code(index: int, at: int) -> None:
        field, value = position(index, at)
        with contextlib.suppress(CaseError):
            world.activity.update(**{field: value})
        world.handle({"type": "refresh"})

    do: dict[str, Callable[..., None]] = {
        "set": move,
        "press": press,
        "hold": lambda view, index: world.do("hold", view, field=position(index, 0)[0]),
        "code": change_by_code,
        "timeout": lambda: world.do("timeout"),
        "up": lambda how, sent: pass_on(world.up, how, lambda message: world.handle(message, sent)),
        "down": lambda how, view: pass_on(world.down[view], how, lambda message: world.do("receive", view, message=message)),
    }
    for what, *more in steps:
        do[what](*more)


def pass_on(queue: list[dict[str, Any]], how: str, receive: Callable[[dict[str, Any]], None]) -> None:
    """Deliver, lose, duplicate or overtake the next message."""
    if not queue:
        return
    message = queue[-1 if how == "late" else 0]
    if how != "twice":
        queue.remove(message)
    if how != "lost":
        receive(message)
