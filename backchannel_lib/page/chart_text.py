"""Describe a chart in words and numbers, from the same figure that Plotly draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backchannel_lib.base.texts import text


def figure_in_words(figure: Mapping[str, Any], mark: Sequence[float | str] | None = None) -> str:
    """Describe a chart with every number in it, leaving out bars of length zero.

    Args:
        figure: A Plotly figure: horizontal bars, lines, and the mark of a case last, if there is one.
        mark: Where that mark is, as (x, y); None for a chart without one.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.page.charts import figure
        >>> figure_in_words(figure("callers", Case()), (25, "Unknown faculty"))[:41]
        'Trusted PD/APD at 90, Subspecialist at 80'
    """
    parts: dict[str, list[str]] = {}  # by name of a group of bars or a line
    for trace in figure["data"]:
        if trace["type"] == "bar":
            for at, (name, length) in enumerate(zip(trace["y"], trace["x"], strict=True)):
                if "base" in trace:  # a band: labeled with its own name, and grouped by row
                    low = trace["base"][at]
                    span = text("chart_text.span", what=trace["text"][at], low=f"{low:g}", high=f"{low + length:g}")
                    parts.setdefault(name, []).append(span)
                elif length:
                    parts.setdefault(trace.get("name", ""), []).append(text("chart_text.bar", what=name, length=f"{length:g}"))
        elif trace["mode"] == "lines":
            points = [f"({x:.3g}, {y:.3g})" for x, y in zip(trace["x"], trace["y"], strict=True)]
            parts.setdefault(trace["name"], []).append(" ".join(points))
    if mark is not None:
        parts.setdefault(text("chart_text.mark"), []).append(f"({mark[0]}, {mark[1]})")
    return "; ".join(f"{name}: {', '.join(drawn)}" if name else ", ".join(drawn) for name, drawn in parts.items())
