"""The network between the page's real store and the real Python side, played by a test that loses, doubles and delays."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright._impl._driver import compute_driver_executable

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.base.errors import CaseError

NODE = compute_driver_executable()[0]  # the Node that ships with Playwright
VIEWS = ("one", "two")


class Tally(Activity["MappingProxyType[str, int]"]):
    """Two numbers, their sum at once, and their product a moment later."""

    def __init__(self) -> None:
        super().__init__("tally", MappingProxyType({"left": 1, "right": 2}))

    def with_value(self, field: str, value: object) -> MappingProxyType[str, int]:
        """Take a number."""
        if not isinstance(value, int):
            raise CaseError(field, "flag", value)
        return MappingProxyType({**self.state, field: value})

    def values(self, state: MappingProxyType[str, int]) -> dict[str, Any]:
        """Return both."""
        return dict(state)

    def fragments(self, state: MappingProxyType[str, int]) -> dict[str, str]:
        """Return the sum, and what never changes."""
        return {"sum": f"{state['left'] + state['right']}", "title": "A tally", "left": f"left {state['left']}"}

    def deferred_fragments(self, state: MappingProxyType[str, int]) -> dict[str, str]:
        """Return the product."""
        return {"product": f"{state['left']} x {state['right']}"}

    def markers(self, state: MappingProxyType[str, int]) -> dict[str, Any]:
        """Mark the left one."""
        return {"chart": [state["left"], 0]}

    def positions(self, field: str) -> Iterator[int]:
        """Offer five."""
        yield from range(5)


class Stores:
    """Views in a Node process: what is done to one, and what it sent and shows then."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("store_process.mjs")
        self.process = subprocess.Popen(
            [NODE, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def act(self, op: str, view: str = "", **more: Any) -> dict[str, dict[str, Any]]:
        """Do something, and return every view."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"op": op, "view": view, **more}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())  # type: ignore[no-any-return]

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    stores = Stores()
    yield stores
    stores.close()


class World:
    """One activity, its views, and all that is on its way between them."""

    def __init__(self, stores: Stores, activity: Activity[Any]) -> None:
        self.stores = stores
        self.activity = activity
        self.up: list[dict[str, Any]] = []  # to Python
        self.down: dict[str, list[dict[str, Any]]] = {view: [] for view in VIEWS}
        self.page: dict[str, Any] = {"fragments": {}, "contents": {}, "marks": {}, "errors": {}}  # one that misses nothing
        self.right: dict[int, dict[str, Any]] = {}  # what is right after each answer
        self.files: dict[str, int] = dict.fromkeys(VIEWS, 0)
        self.shows: dict[str, dict[str, Any]] = {}
        self.take(stores.act("begin", views=VIEWS))

    # ---- the page ----

    def take(self, shows: dict[str, dict[str, Any]]) -> None:
        """Note what the views sent, and check what they show."""
        self.shows = shows
        for view, shown in shows.items():
            self.up += shown.pop("sent")
            self.files[view] += len(shown.pop("files"))
            if shown["number"]:
                assert {name: shown[name] for name in ("fragments", "marks", "errors")} == self.right[shown["number"]]

    def do(self, op: str, view: str = "", **more: Any) -> None:
        """Do something in a view."""
        self.take(self.stores.act(op, view, **more))

    # ---- Python ----

    def handle(self, message: dict[str, Any], sent: int = 2) -> None:
        """Let Python answer; after so many answers no more can be sent."""
        answers = self.activity.handle(message)
        for count, answer in enumerate(answers):
            told = json.loads(json.dumps(answer))
            if count >= sent:
                answers.close()  # type: ignore[attr-defined]
                break
            self._update_page(told)
            for queue in self.down.values():
                queue.append(told)

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
        """Let everything that is on its way arrive, and time run out."""
        for _ in range(400):
            if self.up:
                self.handle(self.up.pop(0))
            elif some := [view for view in VIEWS if self.down[view]]:
                self.do("receive", some[0], message=self.down[some[0]].pop(0))
            else:
                return
        pytest.fail("messages go round without end")

    def check(self) -> None:
        """Everything that is shown is right."""
        state = self.activity.state
        fragments = {**self.activity.fragments(state), **self.activity.deferred_fragments(state)}
        for view, shown in self.shows.items():
            assert shown["fragments"] == fragments, view
            values = json.loads(json.dumps(self.activity.values(state)))
            refused = {field: shown["values"][field] for field in self.activity.errors}  # it stays where it was typed
            assert shown["values"] == values | refused, view
            assert shown["errors"] == self.activity.errors, view
            assert shown["marks"] == json.loads(json.dumps(self.activity.markers(state))), view
            assert (shown["pending"], shown["disconnected"], shown["waiting"]) == (False, False, 0), view


def step() -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw something that a reader, a program or the network does."""
    view, small = st.sampled_from(VIEWS), st.integers(0, 4)
    network = st.sampled_from(["arrives", "arrives", "lost", "twice", "late"])
    return st.one_of(
        st.tuples(st.just("set"), view, small, small),
        st.tuples(st.just("set"), view, small, small),
        st.tuples(st.just("press"), view, st.sampled_from(["undo", "reset", "save"])),
        st.tuples(st.just("hold"), view, small),
        st.tuples(st.just("code"), small, small),
        st.tuples(st.just("up"), network, st.sampled_from([2, 2, 2, 1, 0])),
        st.tuples(st.just("up"), network, st.just(2)),
        st.tuples(st.just("down"), network, view),
        st.tuples(st.just("down"), network, view),
        st.tuples(st.just("timeout")),
    )


def play(world: World, steps: list[tuple[Any, ...]]) -> None:
    """Do the steps, one after the other."""
    fields = [*world.activity.fields()]

    def position(index: int, at: int) -> tuple[str, Any]:
        field = fields[index % len(fields)]
        positions = [*world.activity.positions(field)][:5]
        return field, positions[at % len(positions)] if positions else "?"

    def move(view: str, index: int, at: int) -> None:
        field, value = position(index, at)
        world.do("hold", view, field=field)
        world.do("set", view, field=field, value="nonsense" if at == 4 else value)

    def change_by_code(index: int, at: int) -> None:
        field, value = position(index, at)
        with contextlib.suppress(CaseError):
            world.activity.update(**{field: value})
        world.handle({"type": "refresh"})

    do: dict[str, Callable[..., None]] = {
        "set": move,
        "press": lambda view, action: world.do("press", view, action=action),
        "hold": lambda view, index: world.do("hold", view, field=position(index, 0)[0]),
        "code": change_by_code,
        "timeout": lambda: world.do("timeout"),
        "up": lambda how, sent: pass_on(world.up, how, lambda message: world.handle(message, sent)),
        "down": lambda how, view: pass_on(world.down[view], how, lambda message: world.do("receive", view, message=message)),
    }
    for what, *more in steps:
        do[what](*more)


def pass_on(queue: list[dict[str, Any]], how: str, receive: Callable[[dict[str, Any]], None]) -> None:
    """Let the next message arrive, or not, or twice, or a later one before it."""
    if not queue:
        return
    message = queue[-1 if how == "late" else 0]
    if how != "twice":
        queue.remove(message)
    if how != "lost":
        receive(message)


MAKERS: dict[str, Callable[[], Activity[Any]]] = {
    "tally": Tally,
    "forms": lambda: make_activity("forms"),
    "case": CaseActivity,
}


@pytest.mark.parametrize("kind", [pytest.param("case", marks=pytest.mark.slow), "forms", "tally"])
def test_whatever_the_network_does_no_view_shows_a_mixture_and_one_action_makes_all_views_right(
    stores: Stores, kind: str
) -> None:
    """What a view shows is always what was right after some answer; after the next action that arrives, it is right now."""

    # Without shrinking, which would take minutes here.
    @settings(max_examples=max(3, settings().max_examples // (20 if kind == "case" else 1)), phases=[Phase.generate])
    @given(steps=st.lists(step(), min_size=20, max_size=60))
    def holds(steps: list[tuple[Any, ...]]) -> None:
        world = World(stores, MAKERS[kind]())
        play(world, steps)
        world.settle()
        world.do("timeout")
        world.settle()
        world.do("press", "one", action="undo")
        world.settle()
        world.check()

    holds()


@given(steps=st.lists(st.tuples(st.just("set"), st.just("one"), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("how", ["message", "first answer", "both answers", "second answer"])
def test_an_action_whose_answer_is_lost_is_shown_rightly_or_said_to_be_unanswered(
    stores: Stores, how: str, steps: list[tuple[Any, ...]]
) -> None:
    """No single loss leaves a view that shows something else than Python has, and says nothing."""
    world = World(stores, Tally())
    world.settle()
    for one in steps:
        play(world, [one])
        if how == "message":
            world.up.clear()
        while world.up:
            world.handle(world.up.pop(0))
            lost = {"first answer": slice(0, 1), "second answer": slice(1, 2), "both answers": slice(0, 2)}.get(
                how, slice(0, 0)
            )
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


def test_two_views_and_one_save_make_one_file(stores: Stores) -> None:
    """A file is for the view that asked for it, even where it asks for everything again."""
    world = World(stores, Tally())
    world.settle()
    world.do("press", "two", action="save")
    world.settle()
    assert world.files == {"one": 0, "two": 1}
    world.handle({"type": "refresh"})
    for view in VIEWS:
        del world.down[view][0]
    world.do("press", "two", action="save")
    world.settle()
    assert world.files == {"one": 0, "two": 2}
    world.check()
