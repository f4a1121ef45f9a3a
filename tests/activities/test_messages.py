"""Messages: none raises, invalid ones change nothing, and a bug is rolled back and logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.activities.activity import Action, Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.messages import FROM_PAGE, read_message
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = [*FROM_PAGE, "plotly", "exam", "apply", "read", "restore_case", "fly", ""]


def any_message() -> st.SearchStrategy[dict[str, Any]]:
    """Draw a dictionary: any at all, or one with a message's keys and any values."""
    keys = {
        "type": st.sampled_from(KINDS) | JSON,
        "field": st.sampled_from(["score", "move", "mood"]) | JSON,
        "value": st.sampled_from(["240", "", "step2ck", "score", True]) | JSON,
        "left": JSON,
        "seq": JSON,
        "view": JSON,
        "prefetch_version": JSON,
        "restored": JSON,
    }
    return st.dictionaries(st.text(max_size=6), JSON, max_size=4) | st.fixed_dictionaries({}, optional=keys)


@given(messages=st.lists(any_message(), max_size=4))
def test_any_dictionary_is_answered_and_only_a_valid_one_changes_the_state(messages: list[dict[str, Any]]) -> None:
    """No message raises or is logged as a bug, and an invalid one changes nothing."""
    activity = CaseActivity()
    list(activity.handle({"type": "hello"}))
    for message in messages:
        before = (activity.state, dict(activity.errors))
        answers: list[Any] = list(activity.handle(message))
        for answer in answers:
            json.dumps(answer)
            assert answer.get("notice") != text("panel.failed")
        if read_message(message, activity.actions()) is None:
            assert (activity.state, activity.errors) == before
            assert answers[0]["notice"] == text("panel.not_understood")


@pytest.mark.parametrize(
    ("message", "well_formed"),
    [
        ({"type": "undo"}, True),
        ({"type": "undo", "seq": "1"}, False),
        ({"type": "undo", "view": 7}, False),
        ({"type": "set", "field": "score", "value": 1.5}, True),
        ({"type": "set", "field": "score", "value": None}, True),
        ({"type": "set", "field": "score", "value": [240]}, False),
        ({"type": "set", "field": 3, "value": 1}, False),
        ({"type": "load", "value": "{}", "restored": True}, True),
        ({"type": "load", "value": "{}", "restored": 1}, False),
        ({"type": "load"}, False),
        ({"type": "clock_left", "value": "c", "left": 5}, True),
        ({"type": "clock_left", "value": "c", "left": True}, False),
        ({"type": "clock_left", "value": "c"}, False),
        ({"type": "prefetch"}, False),
        ({"type": "reveal"}, True),
        ({"type": "reveal", "value": None}, True),
        ({"type": "reveal", "value": 3}, False),
        ({"type": "conceal"}, False),
    ],
    ids=str,
)
def test_a_message_is_checked_against_its_record(message: dict[str, Any], well_formed: bool) -> None:
    """Required keys are there, every key has its type, and unknown keys do no harm."""
    assert (read_message(message, ["reveal"]) is not None) == well_formed
    assert (read_message({**message, "more": []}, ["reveal"]) is not None) == well_formed


# ---- the shortest kind of activity, with bugs that can be switched on ----


class Counter(Activity["MappingProxyType[str, int]"]):
    """A number that can be set and doubled."""

    broken = ""  # the method with a bug
    wrote: tuple[int, ...] = ()  # what it would save

    def __init__(self) -> None:
        super().__init__("counter", MappingProxyType({"count": 1}))
        self.notes = ["opened"]

    def _may_break(self, name: str) -> None:
        if self.broken == name:
            self.notes.append("half done")
            raise KeyError(name)

    def with_value(self, field: str, value: object) -> MappingProxyType[str, int]:
        """Set the count."""
        self._may_break("with_value")
        if not isinstance(value, int):
            raise CaseError(field, "flag", value)
        return MappingProxyType({"count": value})

    def values(self, state: MappingProxyType[str, int]) -> dict[str, Any]:
        """Return the count."""
        self._may_break("values")
        return dict(state)

    def fragments(self, state: MappingProxyType[str, int]) -> dict[str, str]:
        """Show the count."""
        if state["count"] > 1:
            self._may_break("fragments")
        return {"shown": f"<p>It is <b>{state['count']}</b> &amp; no more.</p>"}

    def deferred_fragments(self, state: MappingProxyType[str, int]) -> dict[str, str]:
        """Show more about the count."""
        if state["count"] > 1:
            self._may_break("deferred_fragments")
        return {"more": f"<p>Twice: {2 * state['count']}</p>"}

    def positions(self, field: str) -> Iterator[int]:
        """Return two counts."""
        yield from (1, 2)

    def actions(self) -> dict[str, Action]:
        """Return the action that doubles it."""
        return {"double": self._double}

    def _double(self, _: object) -> Any:
        self.notes.append("doubled")
        self.errors["count"] = "half done"
        self.commit(MappingProxyType({"count": 2 * self.state["count"]}))
        self._may_break("action")
        return {"notice": "Doubled."}

    def page(self) -> str:
        """Return a minimal page."""
        return "<div></div>"

    def rolled_back(self) -> None:
        """Record what would be saved again."""
        self.wrote = (*self.wrote, self.state["count"])


@pytest.mark.parametrize("broken", ["action", "fragments", "deferred_fragments", "values"])
def test_a_bug_is_rolled_back_logged_and_reported_calmly(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    """State, history, errors and all other attributes are restored, the page is correct, and the log has the stack trace."""
    counter = Counter()
    shown: dict[str, Any] = {}
    contents: dict[int, str] = {}

    def act(**message: Any) -> list[Any]:
        answers: list[Any] = list(counter.handle({**message, "seq": 1, "view": "v"}))
        for answer in answers:
            if answer.get("forget"):
                contents.clear()
            contents.update(answer["contents"])
            shown.update(answer["fragments"])
        return answers

    act(type="hello")
    before = {name: value.copy() if isinstance(value, (list, dict)) else value for name, value in vars(counter).items()}
    seen = {name: contents[number] for name, number in shown.items()}
    counter.broken = broken
    with caplog.at_level(logging.ERROR, "backchannel_lib"):
        answers = act(type="double")
    counter.broken = ""
    assert text("panel.failed") in [answer.get("notice") for answer in answers]
    assert answers[0]["seq"] == 1
    assert {name: contents[number] for name, number in shown.items()} == seen
    assert counter.state == {"count": 1}
    assert (counter._past, counter.errors, counter.notes) == (before["_past"], {}, ["opened"])
    assert counter.undo() is False
    assert caplog.records[0].name == "backchannel_lib"
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[0] is KeyError
    assert "double" in caplog.records[0].getMessage()
    assert counter.wrote[-1] == 1, "what is saved elsewhere is written again"
    assert act(type="double")[0]["notice"] == "Doubled."
    assert contents[shown["shown"]] == "<p>It is <b>2</b> &amp; no more.</p>"


def test_a_control_whose_move_met_a_bug_shows_the_old_value_again() -> None:
    """The page gets the state's value, because its control has the new one."""
    counter = Counter()
    list(counter.handle({"type": "hello"}))
    counter.broken = "with_value"
    fast: Any = next(counter.handle({"type": "set", "field": "count", "value": 5}))
    assert (fast["values"], fast["notice"]) == ({"count": 1}, text("panel.failed"))


def test_a_page_that_opens_during_a_bug_gets_everything_afterward() -> None:
    """The failed hello counts as a hello, and nothing counts as sent that the page hasn't seen."""
    counter = Counter()
    list(counter.handle({"type": "hello"}))
    counter.broken = "values"
    fast: Any = next(counter.handle({"type": "hello"}))
    assert (fast["hello"], fast["contents"], fast["notice"]) == (True, {}, text("panel.failed"))
    counter.broken = ""
    fast, _ = counter.handle({"type": "refresh"})
    assert (fast["forget"], fast["values"], list(fast["fragments"])) == (True, {"count": 1}, ["shown"])


def test_a_bug_while_prefetching_is_logged_and_nothing_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    """The answer to the move itself follows, and the failed answer's contents don't count as sent."""
    counter = Counter()
    list(counter.handle({"type": "hello"}))
    sent = counter.delivery.shown.copy()
    counter.broken = "fragments"
    assert list(counter.handle({"type": "prefetch", "field": "count"})) == []
    assert counter.delivery.shown == sent
    assert len(caplog.records) == 1


def test_an_invalid_value_is_not_reported_as_a_bug(caplog: pytest.LogCaptureFixture) -> None:
    """Readers make mistakes, and maintainers needn't hear about them."""
    for message in ({"type": "set", "field": "score", "value": "many"}, {"type": "exam", "value": "mcat"}, {"type": "fly"}):
        list(CaseActivity(Case()).handle(message))
    assert caplog.records == []


def test_four_methods_make_a_kind_of_activity() -> None:
    """With nothing else, it has a label, a text, standalone HTML, a transcript, and files that it can read back."""
    counter = Counter()
    assert list(counter.fields()) == ["count"]
    assert counter.label("count") == "count"
    assert counter.text == "It is 1 & no more."
    assert counter.static_html() == "<pre>It is 1 &amp; no more.</pre>"
    assert counter.transcript().splitlines() == ["count, 1: It is 1 & no more.", "count, 2: It is 2 & no more."]
    counter.update(count=7)
    name, content = counter.to_file(counter.state)
    assert name == "counter.json"
    assert Counter().from_file(content) == {"count": 7}
    assert counter.state == {"count": 7}
    for wrong in ("{", "[]"):
        with pytest.raises(CaseError):
            counter.from_file(wrong)
