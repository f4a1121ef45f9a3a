"""What the pages' Python does: answers as the kernel does, and files that the browser keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backchannel_lib.site import worker


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that knows nothing yet."""
    monkeypatch.setenv("BACKCHANNEL_WORK", str(tmp_path / "saved"))
    monkeypatch.setattr(worker, "_opened", {})
    monkeypatch.setattr(worker, "_saved", {})


def ask(name: str, **message: object) -> list[dict[str, object]]:
    """Send a message, and return the answers."""
    return [json.loads(answer) for answer in worker.answers(name, json.dumps(message))]


def test_an_activity_stays_open_from_one_message_to_the_next() -> None:
    ask("case", type="hello")
    ask("case", type="set", field="score", value=251)
    assert ask("case", type="hello")[0]["values"]["score"] == 251  # type: ignore[index]


def test_what_is_saved_is_reported_once_and_found_again_in_a_new_page(monkeypatch: pytest.MonkeyPatch) -> None:
    ask("bets", type="hello")
    assert json.loads(worker.changed_files()) == {}
    ask("bets", type="set", field="full_list", value="skimmed")
    ask("bets", type="save_bets", value="")
    changed = json.loads(worker.changed_files())
    assert list(changed) == ["bets.json"]
    assert json.loads(worker.changed_files()) == {}
    monkeypatch.setattr(worker, "_opened", {})
    worker.restore_files(json.dumps(changed))
    assert json.loads(worker.changed_files()) == {}
    assert "skimmed" in changed["bets.json"]


def test_a_file_deleted_here_or_in_another_tab_is_gone() -> None:
    worker.restore_files(json.dumps({"bets.json": "{}", "year.json": "{}"}))
    (worker.folder() / "bets.json").unlink()
    assert json.loads(worker.changed_files()) == {"bets.json": None}
    worker.restore_files(json.dumps({"year.json": None}))
    assert json.loads(worker.changed_files()) == {}
    assert list(worker.folder().iterdir()) == []


def test_a_message_that_makes_no_sense_is_answered_calmly() -> None:
    ask("case", type="hello")
    assert ask("case", type="set", field="score")[0]["notice"]
