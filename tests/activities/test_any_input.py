"""Every activity gets arbitrary messages and files: nothing raises, nothing is half done, and no answer precedes its guess.

The everyday profile draws few of them. `HYPOTHESIS_PROFILE=thorough` gives every kind of activity 20,000 messages and as many
files.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import backchannel_lib.workshop  # noqa: F401 - adds the workshop's kinds
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.messages import FROM_PAGE
from backchannel_lib.activities.registry import activity_of, make_activity
from backchannel_lib.activities.scenes import Scenes
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.activities.timed_deck import TimedDeck
from backchannel_lib.activities.walk import Walk
from backchannel_lib.base.texts import text
from backchannel_lib.notebook.widget import ActivityView

NAMES = [row.activity for row in load_activities()]
KINDS = {row.kind: row for row in load_activities()}

#: Parts of a page that are blank until the reader has guessed and asks.
ANSWERS = (
    "told",
    "beside",
    "compared",
    "counts",
    "verdict",
    "chain",
    "rule",
    "summary",
    "answers",
    "why",
    "ours",
    "live_text",
    "strip",
)

MANY = settings().max_examples >= 1000


def made(kind: str) -> Activity[Any]:
    """Make an activity of a kind."""
    return CaseActivity() if kind == "case" else activity_of(KINDS[kind])


# ---- no answer before its guess ----


def guarded(activity: Activity[Any]) -> bool:
    """Whether an activity hides something until the reader has guessed."""
    if isinstance(activity, GuessForm):
        return any(activity.missing(activity.state, step) for step in activity.answered or ("",))
    return isinstance(activity, (Walk, TimedDeck, Scenes))


GUARDED = [name for name in NAMES if guarded(make_activity(name))]


def forged(activity: Activity[Any]) -> Iterable[dict[str, Any]]:
    """Yield messages and files that no page sends before a guess."""
    values = activity.values(activity.state)
    words = ["", "on", "off", *values, *getattr(activity, "order", ()), *getattr(activity, "questions", ()), "9", "true"]
    for action in activity.actions():
        for word in words:
            yield {"type": action, "value": word}
    for field in (*activity.fields(), *values):
        yield {"type": "prefetch", "field": field}
        if field.startswith(("seen", "at", "shown", "checked", "step")) or "seen" in field:
            for value in (True, 1, 99, "true", "|".join(words[3:])):
                yield {"type": "set", "field": field, "value": value}
    flags = {field: True for field, value in values.items() if value is False}
    for at in range(30):
        yield {"type": "load", "value": json.dumps({**values, **flags, "at": at})}
    places = "|".join(str(one) for one in getattr(activity, "order", getattr(activity, "groups", ())))
    for name in ("seen", "shown"):
        yield {"type": "load", "value": json.dumps({**values, **flags, name: places})}
        yield {"type": "load", "value": json.dumps({**values, name: places, "guesses": "{}"})}


def answer_parts(activity: Activity[Any]) -> dict[str, str]:
    """Return the parts with answers that aren't blank."""
    parts = {**activity.fragments(activity.state), **activity.deferred_fragments(activity.state)}
    return {name: body for name, body in parts.items() if name.split(".")[0] in ANSWERS and body}


def free(activity: Activity[Any]) -> set[str]:
    """Return the parts that need no guess, or whose guess has been made."""
    steps = activity.answered if isinstance(activity, GuessForm) else ()
    open_steps = [step for step in steps if not activity.missing(activity.state, step)]
    return {"live_text", *(f"told.{step}" for step in open_steps), *(["beside"] if open_steps else [])}


@pytest.mark.slow
@pytest.mark.parametrize("name", GUARDED)
def test_no_forged_message_or_file_reveals_an_answer_before_the_guess(name: str) -> None:
    """Parts that are blank before a guess stay blank, and a walk doesn't get past a step to predict."""
    view = ActivityView(make_activity(name))
    activity = view.activity
    before = answer_parts(activity)
    outcome = activity.visible_outcome(activity.state)
    for message in forged(activity):
        contents = [body for answer in activity.handle(message) for body in answer["contents"].values()]
        if isinstance(activity, Walk):
            passed = activity.steps[1 : activity.state["at"] + 1]
            assert not any(step.direction for step in passed), message
            hidden = [text(f"step.{step.row.step}.why") for step in activity.steps if step.direction]
            assert not [why for why in hidden for body in contents if why in body], message
        elif isinstance(activity, TimedDeck):
            assert activity.state["at"] < activity.end, message
        else:
            assert answer_parts(activity).keys() - before.keys() - free(activity) == set(), message
            assert activity.visible_outcome(activity.state) == outcome


def test_the_forged_messages_reach_every_kind_that_hides_something() -> None:
    kinds = {type(make_activity(name)).__name__ for name in GUARDED}
    hides = {
        "Scenes",
        "Walk",
        "Sorting",
        "Quiz",
        "BetsReturned",
        "Desk",
        "WeekClock",
        "PopulationActivity",
        "Studies",
        "Rating",
    }
    assert hides | {"Disagreements", "Drill"} <= kinds


# ---- any message ----

CHARACTERS = st.characters()  # including unpaired surrogates
STRANGE = [
    10**310,
    10**4000,
    -1,
    0,
    float("nan"),
    float("inf"),
    1e308,
    "\ud83d",
    "\udc80",
    "§",
    "\0",
    "<b>",
    "[" * 3000,
    "=1+1",
    True,
    None,
    "",
]
VALUE = st.sampled_from(STRANGE) | st.text(CHARACTERS, max_size=12) | st.integers(-5, 1000) | st.booleans() | st.floats()
JUNK = st.recursive(VALUE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3))


def messages(activity: Activity[Any]) -> st.SearchStrategy[Any]:
    """Draw a message to an activity: well-formed, nearly so, or anything at all."""
    types = st.sampled_from([*FROM_PAGE, *activity.actions(), "plotly", "fly"])
    values = activity.values(activity.state)
    known = sorted(
        {str(word) for value in values.values() for word in str(value).split("|")} | set(values) | {"on", "off", "2"}
    )
    fields = st.sampled_from(sorted({*activity.fields(), *values, "nothing"}))
    keys = {
        "field": fields | VALUE,
        "value": st.sampled_from(known) | VALUE | JUNK,
        "left": st.integers(-1, 2000) | VALUE,
        "seq": st.integers(0, 9) | VALUE,
        "view": st.sampled_from(["v", "w"]) | VALUE,
        "number": st.integers(0, 9) | VALUE,
        "everything": st.booleans() | VALUE,
        "prefetch_version": st.integers(0, 3) | VALUE,
        "restored": st.booleans() | VALUE,
    }
    well = st.builds(
        lambda kind, field, value: {"type": kind, "field": field, "value": value, "view": "v"},
        types,
        fields,
        st.sampled_from(known) | st.integers(0, 300) | st.integers(301, 999) | st.booleans(),
    )
    near = st.fixed_dictionaries({"type": types | VALUE}, optional=keys)
    return st.one_of(well, near, JUNK)


def checked(activity: Activity[Any], message: Any) -> list[Any]:
    """Let the activity answer, and check that the answer can be sent and isn't an apology for a bug."""
    answers: list[Any] = list(activity.handle(message))
    for answer in answers:
        json.dumps(answer, ensure_ascii=False).encode()
        assert answer.get("notice") != text("panel.failed"), message
    return answers


EACH = 20  # messages or files an example
EXAMPLES = 1000 if MANY else 1
EVERY_KIND = [*(pytest.param(kind, marks=[pytest.mark.slow] if kind == "quick_check" else []) for kind in KINDS), "case"]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_any_messages_are_answered(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """No message causes an error, alone or after others, every answer can be sent, and the page can be drawn."""
    activity = made(kind)

    @settings(max_examples=EXAMPLES, phases=[Phase.generate])
    @given(some=st.lists(messages(activity), min_size=EACH, max_size=EACH))
    def holds(some: list[Any]) -> None:
        for message in some:
            checked(activity, message)
        activity.page().encode()
        assert activity.text is not None

    with caplog.at_level(logging.ERROR, "backchannel_lib"):
        holds()
    assert caplog.records == []


# ---- any file ----


def files(activity: Activity[Any]) -> st.SearchStrategy[str]:
    """Draw a file as a page sends it: any bytes, any JSON, or a file of this activity with something changed."""
    name, whole = activity.to_file(activity.state)
    assert name
    try:
        record = json.loads(whole)
    except ValueError:
        record = activity.values(activity.state)

    def changed(key: str, value: Any) -> str:
        try:
            return json.dumps({**record, key: value})
        except ValueError:  # Python refuses to print a number with thousands of digits
            return "9" * 5000

    def cut(at: int, junk: str) -> str:
        return whole[:at] + junk + whole[at:]

    def as_url(data: bytes) -> str:
        return f"data:;base64,{base64.b64encode(data).decode()}"

    keys = st.sampled_from([*record, "new"]) | st.text(CHARACTERS, max_size=6)
    return st.one_of(
        st.builds(changed, keys, JUNK),
        st.builds(cut, st.integers(0, len(whole)), st.text(CHARACTERS, max_size=5)),
        st.builds(lambda at: whole[:at], st.integers(0, len(whole))),
        st.binary(max_size=60).map(as_url),
        st.sampled_from(
            [
                "\ufeff" + whole,
                as_url(b"\xef\xbb\xbf" + whole.encode()),
                as_url(whole.encode("utf-16")),
                "[" * 100_000,
                '{"a":' * 50_000,
                "9" * 5000,
                '{"\\ud83d": "\\ud83d"}',
                "data:;base64,???",
                "",
                "NaN",
            ]
        ),
        st.text(CHARACTERS, max_size=40),
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_any_file_is_read_or_rejected_with_a_message(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """A rejected file leaves the state unchanged, and later messages are still answered."""
    activity = made(kind)

    @settings(max_examples=EXAMPLES, phases=[Phase.generate])
    @given(some=st.lists(files(activity), min_size=EACH, max_size=EACH), after=messages(activity))
    def holds(some: list[str], after: Any) -> None:
        for content in some:
            before = activity.state
            answers = checked(activity, {"type": "load", "value": content})
            notice = answers[0].get("notice", "")
            assert notice, content[:200]
            if "unchanged" in notice:
                assert activity.state == before
        checked(activity, after)
        activity.page().encode()

    with caplog.at_level(logging.ERROR, "backchannel_lib"):
        holds()
    assert caplog.records == []


@pytest.mark.parametrize("count", [10**9 + 1, 10**18, 10**309, 10**400])
def test_a_count_that_is_far_too_large_is_rejected_with_a_message(count: int) -> None:
    """That's so in a file and in its control. The case stays the same, and later messages are answered."""
    activity = CaseActivity()
    before = activity.state
    answer = checked(activity, {"type": "load", "value": json.dumps({"failed_attempts": count})})[0]
    assert "no higher than 1000000000" in answer["notice"]
    answer = checked(activity, {"type": "set", "field": "failed_attempts", "value": str(count)})[0]
    assert "no higher than 1000000000" in answer["errors"]["failed_attempts"]
    assert activity.state == before
    checked(activity, {"type": "refresh"})


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_byte_order_mark_changes_nothing(kind: str) -> None:
    activity, other = made(kind), made(kind)
    _, content = activity.to_file(activity.state)
    notices = [
        [answer.get("notice") for answer in checked(one, {"type": "load", "value": start + content})]
        for one, start in ((activity, ""), (other, "\ufeff"))
    ]
    assert notices[0] == notices[1]
    assert activity.values(activity.state) == other.values(other.state)
