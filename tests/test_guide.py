"""The guide *Write your own activity* works: the tests run its code as a newcomer would, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.activities.registry import KINDS
from backchannel_lib.cli import main

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "write_your_own_activity.md").read_text(encoding="utf-8")
MODULE, TEST, CELL = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the guide's two files, importable, and cleaned up afterward."""
    (tmp_path / "how_low.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "test_how_low.py").write_text(TEST, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("how_low", None)
    KINDS.pop("how_low", None)


def test_a_newcomer_writes_fewer_than_eighty_lines() -> None:
    """The activity, its test and the notebook cell together are as short as the guide says."""
    lines = [line for code in (MODULE, TEST, CELL) for line in code.splitlines() if line.strip()]
    assert len(lines) < 80


@pytest.mark.slow
def test_the_guides_own_tests_pass(folder: Path) -> None:
    """The guide's command finds both of them."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_how_low.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_guides_test_notices_an_answer_that_is_given_away(folder: Path) -> None:
    """It fails for an activity that shows its answer too early."""
    broken = MODULE.replace(' if state["seen"] else ""', "")
    assert broken != MODULE
    (folder / "how_low.py").write_text(broken, encoding="utf-8")
    names: dict[str, Any] = {}
    exec(TEST, names)  # noqa: S102 - the guide's own code
    with pytest.raises(AssertionError):
        names["test_the_answer_appears_only_after_the_button_and_undo_hides_it"]()
    names["test_a_guess_that_makes_no_sense_gets_a_sentence_and_changes_nothing"]()


def test_the_guides_cell_opens_a_widget_that_works(folder: Path) -> None:
    """The cell ends with a widget that has its title, can be set, and shows its answer on request."""
    *_, last = CELL.splitlines()
    names: dict[str, Any] = {}
    exec(CELL.replace(last, f"view = {last}"), names)  # noqa: S102 - the guide's own code
    view = names["view"]
    assert "How low can it go?" in view.text
    assert "How low can it go?" in view.html
    view.value = {"guess": 250}
    list(view.activity.handle({"type": "reveal"}))
    assert "You guessed 250" in view.activity.page()


PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("docs/write_your_own_activity.md", "CONTRIBUTING.md")}


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_the_pages_for_developers_exists(page: str) -> None:
    """The pages' links point to files."""
    places = set(re.findall(r"(?<![\w/.])((?:backchannel_lib|data|tests|notebooks|\.ci)/[\w./]*\w)", PAGES[page]))
    links = {str((ROOT / page).parent / link) for link in re.findall(r"\]\(([^)#:]+)\)", PAGES[page])}
    assert len(places) >= 4
    for place in places | links:
        assert (ROOT / place).exists(), place


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_the_pages_for_developers_exists(page: str) -> None:
    """Its options exist too."""
    for command, rest in re.findall(r"python workbook\.py(?: (\w+))?((?: [-\w/.]+)*)", PAGES[page]):
        asked, passed_on = main.parse([command, *rest.split()] if command else [])
        assert asked.command == (command or "open")
        known = {"tests/model", "tests/frontend", "-k", "calendar", "notebooks/06_timing.ipynb", "--upgrade"}
        assert not set(passed_on) - known


def test_the_layers_on_the_page_are_the_packages() -> None:
    """CONTRIBUTING.md has a row for each package of the library."""
    rows = re.findall(r"^\| `(\w+)` \|", PAGES["CONTRIBUTING.md"], re.MULTILINE)
    assert sorted(rows) == sorted(path.parent.name for path in (ROOT / "backchannel_lib").glob("*/__init__.py"))
