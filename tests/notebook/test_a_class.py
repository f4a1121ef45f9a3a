"""The recipes of chapter 14 are short and independent, and keep working with other lists and dates."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.helpers.notebooks import NOTEBOOKS, read

CELLS = {cell.id: cell.source for cell in read(NOTEBOOKS / "14_a_class.ipynb").cells if cell.cell_type == "code"}
SEVERAL_PROGRAMS = "Name,Score,Caller,Programs\nZoë,251,trusted peer,Mercy Internal Medicine; University Hospital\nBad,x,,\n"


def run(name: str, source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a recipe in its notebook's folder, and return what it prints."""
    monkeypatch.chdir(NOTEBOOKS)
    exec(source, {})  # noqa: S102 - the notebook's own code
    return capsys.readouterr().out


@pytest.mark.parametrize("name", CELLS)
def test_a_recipe_is_at_most_ten_lines(name: str) -> None:
    assert len(CELLS) == 6
    assert len(CELLS[name].splitlines()) <= 10
    assert all(len(line) <= 130 for line in CELLS[name].splitlines())


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("read-code", "1 students can be judged."),
        ("judge-code", ""),
        ("weakest-code", "of 2 contacts"),
        ("callers-code", "University Hospital about Zoë"),
        ("sheets-code", "students.html"),
    ],
)
def test_a_recipe_works_with_another_list(
    tmp_path: Path, name: str, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It uses a different class list and a different date."""
    own = tmp_path / "own.csv"
    own.write_text(SEVERAL_PROGRAMS, encoding="utf-8")
    source = CELLS[name].replace('"14_students.csv"', repr(str(own))).replace("2027, 2, 1", "2028, 1, 15")
    assert source != CELLS[name]
    assert printed in run(name, source, monkeypatch, capsys)


def test_no_recipe_prints_progress_as_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """JupyterLab shows everything on stderr on red, even progress."""
    monkeypatch.chdir(NOTEBOOKS)
    exec(CELLS["sheets-code"], {})  # noqa: S102 - the notebook's own code
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "students.html" in printed.out


def test_without_dask_one_sentence_says_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "dask.dataframe", None)
    told = run("many-code", CELLS["many-code"], monkeypatch, capsys)
    assert told.count("\n") == 1
    assert "needs Dask" in told
