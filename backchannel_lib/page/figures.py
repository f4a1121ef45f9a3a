"""The panel's charts as plotly figures, for a cell of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backchannel_lib.model.case import Case
from backchannel_lib.page import charts

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def callers(case: Case, reading: str | None = None) -> Figure:
    """Draw the six kinds of caller by weight, the case's own marked.

    Examples:
        >>> callers(Case(recommender="known_dean")).data[-1].y
        ('Known dean',)
    """
    return _figure("callers", case, reading)


def amplifier(case: Case, reading: str | None = None) -> Figure:
    """Draw what the caller's weight does to the file's signal.

    Examples:
        >>> len(amplifier(Case()).data)
        3
    """
    return _figure("amplifier", case, reading)


def verdict_map(case: Case, reading: str | None = None) -> Figure:
    """Draw the verdict of every score and caller, the case's own marked.

    Examples:
        >>> verdict_map(Case(score=231)).data[-1].x
        (231,)
    """
    return _figure("map", case, reading)


def _figure(chart: str, case: Case, reading: str | None) -> Figure:
    from plotly.graph_objects import Figure

    figure = Figure(charts.figure(chart, case, reading))
    # Not plotly's own template, which depends on a setting; and a ground of its own, since only the panel adapts to dark pages.
    figure.layout.template = {"layout": {"paper_bgcolor": "white", "plot_bgcolor": "white", "font": {"color": "#1f1f1f"}}}
    figure.update_layout(paper_bgcolor="white", plot_bgcolor="white")
    return figure
