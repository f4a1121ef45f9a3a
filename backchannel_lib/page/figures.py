"""The panel's charts as Plotly figures, for use in your own cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backchannel_lib.model.case import Case
from backchannel_lib.page import charts

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def callers(case: Case, reading: str | None = None) -> Figure:
    """Plot the six kinds of caller by weight, with the case's own caller marked.

    Examples:
        >>> callers(Case(recommender="known_dean")).data[-1].y
        ('Known dean',)
    """
    return _figure("callers", case, reading)


def amplifier(case: Case, reading: str | None = None) -> Figure:
    """Plot how the caller's weight changes the file's signal.

    Examples:
        >>> len(amplifier(Case()).data)
        3
    """
    return _figure("amplifier", case, reading)


def verdict_map(case: Case, reading: str | None = None) -> Figure:
    """Plot the verdict for every score and caller, with the case's own position marked.

    Examples:
        >>> verdict_map(Case(score=231)).data[-1].x
        (231,)
    """
    return _figure("map", case, reading)


def _figure(chart: str, case: Case, reading: str | None) -> Figure:
    from plotly.graph_objects import Figure

    figure = Figure(charts.figure(chart, case, reading))
    # Plotly's default template depends on a setting. We set the background because only the panel adapts to dark pages.
    figure.layout.template = {"layout": {"paper_bgcolor": "white", "plot_bgcolor": "white", "font": {"color": "#1f1f1f"}}}
    figure.update_layout(paper_bgcolor="white", plot_bgcolor="white")
    return figure
