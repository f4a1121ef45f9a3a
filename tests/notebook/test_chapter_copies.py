"""Readers work on copies of the chapters, and only an unchanged copy runs by itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.notebook.chapter_copies import MARK, ChapterCopies
from backchannel_lib.page.host import WIDGET_VIEW
from tests.helpers.notebooks import PATHS

READING, RECIPES = "notebooks/05_what_moves_the_needle.ipynb", "notebooks/13_build_your_own.ipynb"


@pytest.fixture
def workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all chapters as a reader has it, and with its own record of trusted notebooks."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "notebooks").mkdir()
    for path in PATHS:
        (tmp_path / "notebooks" / path.name).write_bytes(path.read_bytes())
    return tmp_path


def served(workbook: Path) -> ChapterCopies:
    """A Jupyter server's contents manager, as after a restart."""
    return ChapterCopies(root_dir=str(workbook))


def content(files: ChapterCopies, path: str) -> Any:
    """Open a notebook, and return its model."""
    return asyncio.run(files.get(path))["content"]


def save(files: ChapterCopies, path: str, notebook: Any) -> None:
    """Save a notebook as JupyterLab does."""
    asyncio.run(files.save({"type": "notebook", "format": "json", "content": notebook}, path))


def test_opening_and_saving_every_chapter_leaves_its_file_as_it_was(workbook: Path) -> None:
    """This is so even while widgets are on screen, because their views aren't saved."""
    files = served(workbook)
    for path in PATHS:
        notebook = content(files, f"notebooks/{path.name}")
        assert notebook["metadata"][MARK]["run"]
        for cell in notebook["cells"]:
            assert cell["metadata"]["deletable"] is False
            for output in cell.get("outputs", []):
                output.get("data", {})[WIDGET_VIEW] = {"model_id": "gone"}
        save(files, f"notebooks/{path.name}", notebook)
        assert (workbook / "notebooks" / path.name).read_bytes() == path.read_bytes()
        assert WIDGET_VIEW not in (workbook / "my_work" / "chapters" / path.name).read_text(encoding="utf-8")
        assert content(files, f"notebooks/{path.name}")["metadata"][MARK]["run"]


def test_only_teachers_code_can_be_edited(workbook: Path) -> None:
    """Readers' chapters have no editable cell. In the recipes, all code cells are editable and no prose is."""
    for path, editable in ((READING, set()), (RECIPES, {"code"})):
        notebook = content(served(workbook), path)
        assert {cell["cell_type"] for cell in notebook["cells"] if cell["metadata"].get("editable", True)} == editable


@pytest.mark.parametrize(("kind", "runs"), [("code", False), ("markdown", True)])
def test_what_a_teacher_changes_is_there_after_a_new_start(workbook: Path, kind: str, runs: bool) -> None:
    """A chapter with changed code no longer runs by itself. An unchanged copy is updated from the workbook's own file."""
    files = served(workbook)
    notebook = content(files, RECIPES)
    next(cell for cell in notebook["cells"] if cell["cell_type"] == kind)["source"] = "mine = 1"
    save(files, RECIPES, notebook)
    save(files, READING, content(files, READING))
    update = workbook / READING
    newer = json.loads(update.read_text(encoding="utf-8"))
    newer["cells"][0]["source"] = "# A new version"
    update.write_text(json.dumps(newer), encoding="utf-8")
    again = served(workbook)
    kept = content(again, RECIPES)
    assert "mine = 1" in [cell["source"] for cell in kept["cells"]]
    assert kept["metadata"][MARK]["run"] is runs
    assert content(again, READING)["cells"][0]["source"] == "# A new version"


def test_a_chapter_under_another_name_is_its_owners(workbook: Path) -> None:
    """It isn't marked as a chapter, so it never runs by itself, and every cell can be edited and deleted."""
    files = served(workbook)
    save(files, "notebooks/mine.ipynb", content(files, READING))
    written = json.loads((workbook / "notebooks" / "mine.ipynb").read_text(encoding="utf-8"))
    assert MARK not in written["metadata"]
    assert not [cell for cell in written["cells"] if {"editable", "deletable"} & set(cell["metadata"])]


def test_a_copy_is_trusted_until_someone_else_changes_it(workbook: Path) -> None:
    """JupyterLab shows a trusted copy's drawings and runs it. It does neither after another program changes the file."""
    notebook = content(served(workbook), RECIPES)
    assert all(cell["metadata"]["trusted"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    copy = workbook / "my_work" / "chapters" / Path(RECIPES).name
    changed = json.loads(copy.read_text(encoding="utf-8"))
    changed["metadata"][MARK]["edited"] = True
    code = next(cell for cell in changed["cells"] if cell["cell_type"] == "code")
    code["source"] = "import os"
    copy.write_text(json.dumps(changed), encoding="utf-8")
    notebook = content(served(workbook), RECIPES)
    assert not all(cell["metadata"].get("trusted") for cell in notebook["cells"] if cell["cell_type"] == "code")
