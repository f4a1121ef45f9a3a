"""Makes mistakes in copies of the delivery code, one at a time, and checks that the delivery tests would catch each one.

Mistakes that other code makes up for aren't in the list. Two that make up for each other are made together.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from backchannel_lib.activities.activity import Activity
from tests.helpers.broken import broken_activity, broken_store
from tests.helpers.delivery import LOSSES, NODE, Stores, World, check_delivery, lose, moves, plays, tally

DRAWS = 600  # plays to try for each break; most breaks show within a few, a gap in the messages after a few hundred


def played(stores: Stores, make: Callable[[], Activity[Any]], draws: int = DRAWS) -> None:
    """Play random sequences until a check fails."""

    @settings(max_examples=draws, phases=[Phase.generate], database=None)
    @given(play=plays(), how=st.sampled_from(LOSSES), steps=moves())
    def holds(play: tuple[bool, list[tuple[Any, ...]]], how: str, steps: list[tuple[Any, ...]]) -> None:
        lose(World(stores, make()), how, steps)
        check_delivery(World(stores, make()), *play)

    holds()


PYTHON = {
    "a gap in the page's messages is passed over": (
        "delivery",
        ('return "in_order" if number == last + 1 else "after_gap"', 'return "in_order"'),
    ),
    "a message that came before is carried out": ("delivery", ("        if outdated:\n", "        if False:\n")),
    "the messages of all views are counted as one": (
        "delivery",
        ('message.get("view"), message.get("number")\n', '"", message.get("number")\n'),
    ),
    "an older message sets the count back": (
        "delivery",
        ("self._received[view] = last if outdated else number", "self._received[view] = number"),
    ),
    "few views are counted": ("delivery", ("MOST_VIEWS: Final = 64", "MOST_VIEWS: Final = 1")),
    "answers are not numbered": ("delivery", ('        answer["number"] = self.next_number()\n', "")),
    "an answer does not say for which action it is": ("delivery", ("if isinstance(seq, int):", "if False:")),
    "an answer does not say for which view it is": ("delivery", ("if isinstance(view, str):", "if False:")),
    "the page is taken to have everything at first": ("delivery", ("complete: bool = False", "complete: bool = True")),
    "whatever was once sent counts as known": (
        "delivery",
        ("known = self.values.get(name, ...) == value", "known = name in self.values"),
    ),
    "a content is named but not sent": ("delivery", ("            contents[number] = printable(body)\n", "")),
    "a copy of what was sent changes with it": (
        "delivery",
        ("Shown(self.contents.copy(), self.values.copy(), self.complete)", "Shown(self.contents, self.values, self.complete)"),
    ),
    "the first answer is recorded before it is sent": (
        "activity",
        (
            "        yield self.delivery.stamp(fast, message)\n        self._was_sent(shown)\n",
            "        self._was_sent(shown)\n        yield self.delivery.stamp(fast, message)\n",
        ),
    ),
    "the second answer is recorded before it is sent": (
        "activity",
        (
            '        yield self.delivery.stamp(deferred, {"view": pending.view})\n        self._was_sent(shown)\n',
            '        self._was_sent(shown)\n        yield self.delivery.stamp(deferred, {"view": pending.view})\n',
        ),
    ),
    "a page that asks for everything gets what is new": ("activity", (' or bool(request.get("everything"))', "")),
    "a new view gets what is new": ("activity", ('kind == "hello" or arrival', "arrival")),
    "after a gap the page gets what is new": ("activity", (' or arrival != "in_order" or', " or")),
    "nothing says that more is coming": ("activity", ('        fast["more"] = True\n', "")),
    "what was refused stays where it was typed": ("activity", (" or field in self._show_again", "")),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PYTHON)
def test_a_break_of_the_python_side_is_found(name: str, stores: Stores) -> None:
    module, *edits = PYTHON[name]
    base = broken_activity(module, *edits)
    with pytest.raises((AssertionError, KeyError)):
        played(stores, lambda: tally(base))


@pytest.fixture(scope="module")
def stores() -> Any:
    stores = Stores()
    yield stores
    stores.close()


def test_without_a_break_nothing_is_found(stores: Stores) -> None:
    """An unchanged copy passes."""
    played(stores, lambda: tally(broken_activity("delivery")), 10)


#: How an answer is known to be for the latest action of this view.
MINE = "const mine = message.view === this.#options.view && message.seq === this.seq;"

JAVASCRIPT = {
    "answers that do not follow are shown": [("if (!everything && number !== this.number + 1) {", "if (false) {")],
    "an older answer is shown": [
        ("const twice = message.number !== undefined && message.number <= this.number;", "const twice = false;"),
        ("    if (number <= this.number) return false;\n", "    if (number <= this.number) return true;\n"),
    ],
    "an answer counts twice": [("here: here && !twice", "here")],
    "an unknown content is passed over": [("every((number) => this.contents.has(number))", "every(() => true)")],
    "after a disconnect nothing more is asked for": [
        ("  #loseAnswer() {\n    this.#incomplete = true;\n", "  #loseAnswer() {\n"),
    ],
    "what wakes up is taken to have missed nothing": [("(slept && !mine) || ", "")],
    "everything is never asked for": [("...(this.#incomplete ? { everything: true } : {})", "")],
    "a change that was not answered is forgotten": [("this.lost.set(this.#change.field, this.#change.value);", "{}")],
    "a change that was not answered comes after a newer one": [
        ("    this.lost.delete(field);\n    this.queue.set", "    this.queue.set"),
        ("this.lost.size ? this.lost : this.queue", "this.queue.size ? this.queue : this.lost"),
        ("if (this.#change && !this.queue.has(this.#change.field)) this.lost", "if (this.#change) this.lost"),
        ("      if (this.#change) this.lost.delete(this.#change.field);\n", ""),
    ],
    "a change that was not answered outlives what Python says": [
        ("for (const field of Object.keys(values)) this.lost.delete(field);", ""),
    ],
    "a later answer that was not shown is forgotten": [("(this.number < this.#highest && !this.pending)", "false")],
    "a second answer that does not come is not missed": [("if (message.more && !this.pending)", "if (false)")],
    "messages are not numbered": [("    this.#sent += 1;\n", "")],
    "any answer ends the wait": [
        (MINE, "const mine = true;"),
    ],
    "another view's answer ends the wait": [
        (
            MINE,
            "const mine = message.seq === this.seq;",
        ),
    ],
    "a file is for every view": [("message.view === undefined || message.view === this.#options.view", "true")],
    "an outdated prefetched answer is shown": [("&& message.prefetch_version === this.prefetchVersion", "")],
    "what was prefetched outlives what it names": [("      this.discardPrefetched(); // its", "      // its")],
    "a move of another field leaves what was prefetched": [
        ("if (Object.keys(values).some((field) => field !== this.activeField)) this.discardPrefetched();", ""),
    ],
    "a field that is being moved is set back": [("typing: ahead ? active : null", "typing: null")],
    "a lost answer of a kernel that answers counts as its end": [
        ("if (!this.#heard) return this.disconnect();", "return this.disconnect();")
    ],
    "a late answer is not told": [("this.#lateTimer = setTimeout(() => onLate((this.#late = true)), late);", "")],
    "an answer that came stays late": [("if (this.#late) onLate((this.#late = false));", "")],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", JAVASCRIPT)
def test_a_break_of_the_page_is_found(name: str, tmp_path: Path) -> None:
    script = broken_store(tmp_path, *JAVASCRIPT[name])
    unit = subprocess.run(
        [NODE, "--test", str(script.with_name("store.test.mjs"))], capture_output=True, timeout=60, check=False
    )
    if unit.returncode:
        return
    stores = Stores(script)
    try:
        with pytest.raises(AssertionError):
            played(stores, tally)
    finally:
        stores.close()
