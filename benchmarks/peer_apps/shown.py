"""What every app shows: the verdict on a case, and the chart of its callers."""
# ruff: noqa: INP001 (each framework runs its app as a script)

from __future__ import annotations

import plotly.graph_objects as go

from backchannel_lib import Case, figures, judge


def shown(score: int) -> tuple[str, go.Figure]:
    """Return the verdict's sentence and the chart for a score."""
    case = Case(score=score, range_low=240, recommender="trusted_peer", specifics=True)
    return f"Verdict: {judge(case).verdict}", figures.callers(case)
