"""Python on the site answers as the kernel does, and saves files in the browser."""

from __future__ import annotations

import ast
import codecs
import contextlib
import importlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
import zipimport
from pathlib import Path

import pytest

from backchannel_lib.site import worker
from backchannel_lib.site.build import EMPTY_ZIP, library_source


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser with nothing saved."""
    monkeypatch.setenv("BACKCHANNEL_WORK", str(tmp_path / "saved"))
    monkeypatch.setattr(worker, "_opened", {})
    monkeypatch.setattr(worker, "_sessions", [])
    monkeypatch.setattr(worker, "_saved", {})


def ask(name: str, **message: object) -> list[dict[str, object]]:
    """Send a message, and return the activity's answers."""
    told = [json.loads(answer) for answer in worker.answers(name, json.dumps(message))]
    return [answer for part, answer in told if part == name]


def test_an_activity_stays_open_from_one_message_to_the_next() -> None:
    ask("case", type="hello")
    ask("case", type="set", field="score", value=251)
    assert ask("case", type="hello")[0]["values"]["score"] == 251  # type: ignore[index]


def test_a_deferred_answer_follows_once_and_covers_all_messages_before_it() -> None:
    ask("case", type="hello")
    ask("case", type="set", field="recommender", value="trusted_peer")
    [(name, answer)] = [json.loads(told) for told in worker.deferred("case")]
    assert name == "case"
    assert {"changes", "base_figure.map"} <= answer["fragments"].keys()
    assert not list(worker.deferred("case"))


def test_parts_of_the_workshop_move_each_other_along() -> None:
    for part in ("run_plan", "round"):
        ask(part, type="hello")
    told = [json.loads(answer) for answer in worker.answers("round", '{"type": "next"}')]
    assert {part for part, _ in told} == {"run_plan", "round"}
    shown = [answer["fragments"].get("now") for part, answer in told if part == "run_plan"]
    assert any(number is not None for number in shown), "the plan stays where it was"


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


def test_every_encoding_that_the_library_names_is_imported_before_the_snapshot() -> None:
    """Nothing can be imported later in the browser. Other encodings need charset-normalizer, which isn't there."""
    named = set()
    for package in worker.PACKAGES:
        for path in (Path(worker.__file__).parents[1] / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Constant(str(name)) if re.fullmatch(r"utf-?\d+[\w-]*|mac_\w+|cp1252|latin-?1", name):
                        with contextlib.suppress(LookupError):
                            named.add(codecs.lookup(name).name)
    assert named - {codecs.lookup(name).name for name in worker.ENCODINGS} == {"utf-8"}


def test_what_the_standard_librarys_archive_no_longer_holds_is_simply_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the snapshot the archive is empty, and handling an error that looks into it must not raise another one."""
    archive = tmp_path / "library.zip"
    with zipfile.ZipFile(archive, "w") as full:
        full.writestr("here_before.py", "")
        full.writestr("not_imported.py", "")
    monkeypatch.syspath_prepend(str(archive))
    importlib.import_module("here_before")
    archive.write_bytes(EMPTY_ZIP)
    with pytest.raises((EOFError, zipimport.ZipImportError)):
        importlib.import_module("not_imported")
    worker.forget_archive()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("not_imported")


def test_what_a_page_gets_of_the_library_imports_nothing_else_of_it() -> None:
    """All top-level imports of the packed modules are packed too. Otherwise no page would start."""
    with zipfile.ZipFile(io.BytesIO(library_source())) as packed:
        sources = {name: packed.read(name) for name in packed.namelist() if name.endswith(".py")}
    modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in sources}
    imported = {
        node.module
        for source in sources.values()
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("backchannel_lib.")
    }
    assert len(imported) > 50
    assert sorted(imported - modules) == []


def test_a_page_can_save_the_workshops_results_without_any_file(tmp_path: Path) -> None:
    """The browser's Python starts from a snapshot that was taken after `warm_up`, and has no files."""
    with zipfile.ZipFile(io.BytesIO(library_source())) as packed:
        packed.extractall(tmp_path)
    code = """
from pathlib import Path
from backchannel_lib.site import worker
worker.warm_up()
for file in [path for path in Path().rglob("*") if path.is_file()]:
    file.unlink()
saved = [answer.get("file") for _, answer in worker._handle("round", {"type": "results", "value": ""})]
print(saved[0]["name"])
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "BACKCHANNEL_WORK": str(tmp_path / "saved")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "workshop.html\n"
