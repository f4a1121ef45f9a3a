"""Workshop files with any content give a session or an error message, and nothing fails later.

`HYPOTHESIS_PROFILE=thorough` tries a thousand of each, and `HYPOTHESIS_PROFILE=fuzz` 20,000.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import CaseFileError, Verdict
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.texts import text
from backchannel_lib.workshop.drill import Drill
from backchannel_lib.workshop.round.activity import Round
from backchannel_lib.workshop.round.state import PlayedRound, WorkshopState
from backchannel_lib.workshop.run_plan.activity import RunPlan
from backchannel_lib.workshop.votes.store import VoteStore
from tests.helpers.saved_files import answers, files, folder_with, without_failure

ROWS = {row.activity: row for row in load_activities()}
#: What a reader can do next, whatever the file had.
NEXT: list[dict[str, Any]] = [
    {"type": "next"},
    {"type": "choose"},
    {"type": "back"},
    {"type": "tap", "value": "maybe"},
    {"type": "decide", "value": "interview"},
    {"type": "set", "field": "people", "value": "12"},
    {"type": "clock_left", "value": "clock", "left": 5},
    {"type": "poll"},
    {"type": "answers"},
    {"type": "table"},
    {"type": "save"},
    {"type": "undo"},
    {"type": "refresh"},
    {"type": "fresh"},
    {"type": "next"},
    {"type": "reset"},
]
STEPS = st.lists(st.sampled_from(NEXT), min_size=1, max_size=5)


# ---- what may be in a file ----

PLAYED = WorkshopState(
    step="links",
    vignette="nadia",
    shown=2,
    votes=(1,) * len(Verdict),
    phones=(2,) * len(Verdict),
    played=(PlayedRound("hannah", (0,) * len(Verdict), (3,) * len(Verdict)),),
)
SESSION = {
    "backchannel_workshop": 1,
    "saved": "2027-03-15T12:00:00-04:00",
    "writer": "0123456789abcdef",
    "id": "01234567",
    "session": {**PLAYED.to_record(), "case": PLAYED.file.case.to_record()},
    "clock": 40,
    "phones": {"address": "127.0.0.1", "port": 8123, "code": "k7w3xz"},
}
FORMS = {
    "run_plan": RunPlan(ROWS["run_plan"]).record(),
    "drill": Drill(ROWS["drill"]).record(),
}


# ---- what always holds ----


@pytest.mark.slow
@given(main=files(SESSION), previous=st.none() | files(SESSION), steps=STEPS)
def test_any_session_file_gives_a_session_or_an_error_message(
    main: bytes, previous: bytes | None, steps: list[dict[str, Any]]
) -> None:
    """With any content in the session's files, the page opens with at most one message, and works."""
    with (
        folder_with({"workshop.json": main} | ({} if previous is None else {"workshop.previous.json": previous})),
        without_failure(),
    ):
        board = Round(ROWS["round"])
        fast, _ = answers(board, {"type": "hello"})
        assert fast["fragments"]
        assert "\n" not in fast.get("notice", "")
        if board.state == WorkshopState() and main != b"" and not fast.get("notice"):
            value = json.loads(main.decode("utf-8-sig"))
            assert isinstance(value["session"], dict), "a file is passed over in silence"
        for message in steps:
            answers(board, message)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
@given(data=st.data())
def test_any_file_of_a_form_is_a_state_or_nothing(name: str, data: st.DataObject) -> None:
    """With any content in the file, the plan or the drill opens and works."""
    with folder_with({f"{name}.json": data.draw(files(FORMS[name]))}), without_failure():
        form: Activity[Any] = (RunPlan if name == "run_plan" else Drill)(ROWS[name])
        for message in ({"type": "hello"}, *data.draw(STEPS)):
            answers(form, message)


@pytest.mark.slow
@given(data=st.data())
def test_loading_gives_a_value_or_an_error_message_and_otherwise_changes_nothing(data: st.DataObject) -> None:
    """If a page sends anything at all to the round, the plan or the drill, it's loaded or rejected with a message."""
    name = data.draw(st.sampled_from(["round", *FORMS]))
    kind = {"round": Round, "run_plan": RunPlan, "drill": Drill}[name]
    good = FORMS.get(name) or {"session": json.dumps(SESSION["session"])}
    content = data.draw(files(good)).decode("utf-8", data.draw(st.sampled_from(["replace", "surrogateescape"])))
    with folder_with({}), without_failure():
        activity: Activity[Any] = kind(ROWS[name])
        for message in ({"type": "hello"}, {"type": "next"}, {"type": "next"}):
            answers(activity, message)
        before = activity.state
        fast, _ = answers(activity, {"type": "load", "value": content})
        assert fast["notice"]
        assert "\n" not in fast["notice"]
        if fast["notice"] != text("panel.loaded"):
            assert activity.state == before
        for message in data.draw(STEPS):
            answers(activity, message)


@pytest.mark.slow
@given(content=st.binary(max_size=300), at=st.integers(0, 30_000), cut=st.none() | st.integers(0, 30_000))
def test_any_store_of_votes_opens_or_gets_an_error_message(content: bytes, at: int, cut: int | None) -> None:
    """A store with changed or missing bytes anywhere is used, or rejected with a message."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "votes.sqlite"
        with VoteStore(path) as store:
            store.open_round("one", "First?", [("yes", "Yes"), ("no", "No")])
            store.add("one", "yes", b"m" * 16)
        written = path.read_bytes()
        place = at % len(written)
        path.write_bytes((written[:place] + content + written[place + len(content) :])[:cut])
        with VoteStore(path) as store:
            for call in (
                store.current,
                store.key,
                lambda: store.has_voted(1, b"m" * 16),
                lambda: store.open_round("two", "Second?", [("yes", "Yes")]),
                lambda: store.add("two", "yes", b"n" * 16),
                lambda: store.counts("one"),
                store.close_round,
                store.clear,
            ):
                with contextlib.suppress(CaseFileError):
                    call()


def test_a_name_that_cannot_be_written_gets_an_error_message(tmp_path: Path) -> None:
    """An unpaired surrogate in a round's name or title is rejected, and the store keeps working."""
    with VoteStore(tmp_path / "votes.sqlite") as store:
        with pytest.raises(CaseFileError):
            store.open_round("\ud800", "\ud800", [("yes", "Yes")])
        store.open_round("one", "First?", [("yes", "Yes")])
        assert store.add("one", "yes")
    with contextlib.closing(sqlite3.connect(tmp_path / "votes.sqlite")) as base:
        assert base.execute("SELECT count(*) FROM rounds").fetchone() == (1,)
