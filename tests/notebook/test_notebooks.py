"""What must be true of every notebook file, so that strict nbval compares everything and readers see something."""

from __future__ import annotations

from pathlib import Path

import pytest

from backchannel_lib import Case
from backchannel_lib.activities.tables import load_chapters
from backchannel_lib.page import charts
from tests.helpers.notebook_checks import CHECKS
from tests.helpers.notebooks import PATHS, read


@pytest.mark.parametrize("chart", charts.CHARTS)
def test_every_chart_of_the_opening_case_has_its_still(chart: str) -> None:
    """The drawing that is shown while Plotly loads has exactly the same picture."""
    assert charts.snapshot(chart, Case()), "run tests/execute_notebooks.py"


def test_every_chapter_has_its_notebook_and_every_notebook_its_chapter() -> None:
    """A missing or misplaced notebook would be compared with nothing."""
    assert [path.stem for path in PATHS] == [row.chapter for row in load_chapters()]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_notebook_holds(path: Path, check: str) -> None:
    """Each check's docstring says what it requires and which gap in nbval it closes."""
    assert list(CHECKS[check](path.stem, read(path))) == [], "most of these go away with: python tests/execute_notebooks.py"
