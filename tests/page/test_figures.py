"""The panel's charts as Plotly figures."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from backchannel_lib import Case, figures
from backchannel_lib.page import charts

FIGURES = {"callers": figures.callers, "amplifier": figures.amplifier, "map": figures.verdict_map}
CASES = (Case(), Case(score=228, recommender="known_dean", phase="groundwork", intensity=9))


def test_every_chart_has_its_figure() -> None:
    assert FIGURES.keys() == set(charts.CHARTS)


@pytest.mark.parametrize("chart", charts.CHARTS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reading", [None, "range_and_credible"])
def test_a_figure_carries_the_very_traces_of_the_panel(chart: str, case: Case, reading: str | None) -> None:
    figure = json.loads(FIGURES[chart](case, reading).to_json())
    drawn = charts.figure(chart, case, reading)
    assert figure["data"] == drawn["data"]
    own = {"template", "paper_bgcolor", "plot_bgcolor"}
    assert {name: value for name, value in figure["layout"].items() if name not in own} == {
        name: value for name, value in drawn["layout"].items() if name not in own
    }


@pytest.mark.parametrize("chart", charts.CHARTS)
def test_a_figure_is_the_same_every_time_and_offers_no_upload(chart: str) -> None:
    figure = FIGURES[chart](Case())
    assert figure.to_json() == FIGURES[chart](Case()).to_json()
    assert "sendChartToCloud" in figure.layout.modebar.remove
    assert not figure.layout.template.data.to_plotly_json()


def test_plotly_is_imported_only_when_a_figure_is_drawn() -> None:
    code = "import sys; from backchannel_lib import figures, Case; assert 'plotly' not in sys.modules; figures.callers(Case())"
    subprocess.run([sys.executable, "-c", code], check=True)
