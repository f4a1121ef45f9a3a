"""What has to hold of every notebook file, so that strict nbval really compares something and a reader sees something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backchannel_lib import Case
from backchannel_lib.activities.tables import load_chapters
from backchannel_lib.page import charts
from tests.execute_notebooks import METADATA, WIDGET
from tests.helpers.notebooks import PATHS, read


@pytest.mark.parametrize("chart", charts.CHARTS)
def test_every_chart_of_the_opening_case_has_its_still(chart: str) -> None:
    """The drawing that stands in while plotly starts is of exactly the picture that plotly will draw."""
    assert charts.snapshot(chart, Case()), "run tests/execute_notebooks.py"


def test_there_are_notebooks() -> None:
    """A guard over no notebooks would guard nothing."""
    assert PATHS


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_code_cell_was_run_and_shows_something(path: Path) -> None:
    """A cell without output is compared with nothing by strict nbval, so there is none."""
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert cell.execution_count, f"{path.name}, cell {cell.id}: run tests/execute_notebooks.py"
            assert cell.outputs, f"{path.name}, cell {cell.id}: shows nothing, so nothing is tested"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_no_error_is_baked_in(path: Path) -> None:
    """No output of a committed notebook is an error or a stack trace."""
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.id
            assert "Traceback (most recent call last)" not in str(output), cell.id


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_widget_has_text_beside_it(path: Path) -> None:
    """What is displayed is there as plain text that says something, and no state of a widget is stored."""
    notebook = read(path)
    assert dict(notebook.metadata) == METADATA, f"{path.name}: run tests/execute_notebooks.py"
    for cell in notebook.cells:
        assert "execution" not in cell.metadata, cell.id
        for output in cell.get("outputs", []):
            assert WIDGET not in output.get("data", {}), cell.id
            if output.output_type == "execute_result":
                text = output.data["text/plain"]
                assert len(text) > 40, cell.id
                assert not re.search(r"object at 0x|Widget\(|^<|^\w+\(", text), f"{cell.id} shows {text[:80]!r}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_no_answers_stand_open_on_the_page(path: Path) -> None:
    """The chapter as text is folded in its own HTML: what JupyterLab alone hides is unfolded as soon as its cell runs."""
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            html = "" if output.output_type == "stream" else output.data.get("text/html", "")
            page = html or str(output.get("text") or output.data.get("text/plain", ""))
            open_text = re.sub(r"<[^>]+>", "", re.sub(r"<(details|style|svg)\b(?! open).*?</\1>", "", page, flags=re.DOTALL))
            assert len(open_text) < 2_500, cell.id
        shows = cell.cell_type == "code" and "import transcript" in cell.source
        assert not shows or "<details" in cell.outputs[0].data["text/html"], cell.id


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_no_code_is_in_sight_and_every_cell_has_a_name(path: Path) -> None:
    """Readers' chapters hide their code, recipes show it; a notebook opens with words, and ids are names, not numbers."""
    is_chapter = path.stem in {row.chapter for row in load_chapters() if row.audience != "teacher"}
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert len({cell.id for cell in cells}) == len(cells)
    for cell in cells:
        assert re.fullmatch(r"[a-z][a-z0-9-]*[a-z]", cell.id), cell.id
        assert not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,4}", cell.id), cell.id
        if cell.cell_type == "code":
            assert cell.metadata.get("jupyter", {}).get("source_hidden", False) is is_chapter, cell.id
