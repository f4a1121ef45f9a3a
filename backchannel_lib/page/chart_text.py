"""What a chart draws, in words and numbers, from the very figure that plotly gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backchannel_lib.base.texts import text


def figure_in_words(figure: Mapping[str, Any], mark: Sequence[float | str] | None = None) -> str:
    """Say what a chart draws, with every number in it; bars of no length are left out.

    Args:
        figure: A plotly figure: horizontal bars, lines, and at the end the mark of a case, if it has one.
        mark: Where that mark is, as (x, y); None for a chart without one.

    Examples:
        >>> from backchannel_lib import Case
        >>> from backchannel_lib.page.charts import figure
        >>> figure_in_words(figure("callers", Case()), (25, "Unknown faculty"))[:41]
        'Trusted PD/APD at 90, Subspecialist at 80'
    """
    parts: dict[str, list[str]] = {}  # by the name of a group of bars, or of a line
    for trace in figure["data"]:
        if trace["type"] == "bar":
            for at, (name, length) in enumerate(zip(trace["y"], trace["x"], strict=True)):
                if "base" in trace:  # a band: its name is on it, and the row is its group
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
