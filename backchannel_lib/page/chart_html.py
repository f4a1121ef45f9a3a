"""The charts of a case as HTML, each with a table of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Final

from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import amplify, caller_weights
from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.model.sweep import sweep
from backchannel_lib.model.tables import CallerRow, FlagRow, load_assumptions, load_callers, load_flags
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page import charts
from backchannel_lib.page.case_controls import is_example
from backchannel_lib.page.components import chart_panel, citations, listed, table
from backchannel_lib.page.html import Markup, join, tag

#: Prefixes of the assumptions behind the amplifier chart of every case.
AMPLIFIER_ASSUMPTIONS: Final = ("neutral_intensity", "intensity_reach", "signal_", "share_")


def case_chart(chart: str, case: Case, reading: str | None, numbers: str, unknown: Collection[str]) -> Markup:
    """Return a chart of a case with its numbers.

    Args:
        chart: One of ``charts.CHARTS``.
        case: The case.
        reading: Name of a reading, or None for the defaults.
        numbers: A table of its numbers, as HTML.
        unknown: The unknown fields.

    Examples:
        >>> 'role="img"' in case_chart("map", Case(), None, "", ())
        True
    """
    return chart_panel(
        chart,
        text(f"chart.{chart}.title"),
        caption(chart, case, reading, unknown),
        charts.alt_text(chart, case, reading, unknown),
        numbers,
        charts.snapshot(chart, case, reading, unknown),
        shown=not charts.missing_for(chart, case, reading, unknown),
    )


def caption(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str:
    """Say what to look for in a chart, and whether unknown fields affect it.

    Examples:
        >>> caption("amplifier", Case(), None, ["range_low"]) == caption("amplifier", Case())
        False
    """
    if reason := charts.why_not_drawn(chart, case, reading, unknown):
        return reason
    if chart == "map" and (matter := sweep(case, reading, unknown).depends_on):
        return text("chart_least.map", fields=listed([text(f"open.{field}") for field in matter]))
    return text(f"chart.{chart}.caption")


def _callers(case: Case, reading: str | None, unknown: Collection[str] = ()) -> Markup:
    weights = caller_weights(reading)
    callers = load_callers()
    rows: list[tuple[object, ...]] = [
        (
            join(text(f"level.recommender.{row.recommender}"), _here(row.recommender, case, unknown)),
            text(f"level.impact.{row.impact}"),
            weights[row.recommender] if row.chart_row else f"{weights[row.recommender]} {text('table.ours_mark')}",
        )
        for row in callers
    ]
    head = (text("table.caller"), text("table.impact"), text("table.weight"))
    claims = [claim for row in callers for claim in row.claims]
    assumptions = dict.fromkeys(row.assumption for row in callers if row.assumption)
    numbers = table(text("chart.callers.title"), head, rows, RECOMMENDERS.index(case.recommender))
    return join(numbers, citations("callers", claims, assumptions))


def _amplifier(case: Case, reading: str | None, unknown: Collection[str] = ()) -> Markup:
    if charts.missing_for("amplifier", case, reading, unknown):
        return Markup()
    amplified = amplify(case, reading)
    rows: list[tuple[object, ...]] = [
        (text("table.signal"), f"{amplified.signal:.0f}"),
        (text("table.caller_weight"), f"{amplified.weight:g}"),
        (text("table.share"), f"{amplified.share:g}"),
        (text("table.amplified"), f"{amplified.shown:.0f}"),
    ]
    head = (text("table.what"), join(text("table.value"), " ", text("table.ours_mark")))
    # This case adds its caller's weight and its flags to the chart.
    own: list[CallerRow | FlagRow] = [row for row in load_callers() if row.recommender == case.recommender]
    own += [row for row in load_flags() if getattr(case, row.flag)]
    claims = [
        "multiplier.amplifier",
        "caller.source-over-intensity",
        *(claim for row in own for claim in row.claims),
    ]
    assumptions = [row.assumption for row in load_assumptions() if row.assumption.startswith(AMPLIFIER_ASSUMPTIONS)]
    assumptions += [row.assumption for row in own]
    numbers = table(text("chart.amplifier.title"), head, rows)
    return join(numbers, citations("amplifier", dict.fromkeys(claims), dict.fromkeys(assumptions)))


def _map(case: Case, reading: str | None, unknown: Collection[str] = ()) -> Markup:
    rows: list[tuple[object, ...]] = [
        (
            join(text(f"short.recommender.{recommender}"), _here(recommender, case, unknown)),
            ", ".join(f"{_span(band.low, band.high)}: {Verdict(band.verdict).label}" for band in bands),
        )
        for recommender, bands in sweep(case, reading, unknown).bands.items()
    ]
    head = (text("table.caller"), f"{text('table.scores')}: {text('table.verdict')}")
    return table(text("chart.map.title"), head, rows, RECOMMENDERS.index(case.recommender))


def _here(recommender: str, case: Case, unknown: Collection[str]) -> Markup | None:
    if recommender != case.recommender:
        return None
    return tag("span", " ◀ ", text("table.example" if is_example(case, unknown) else "table.yours"), class_="bw-here")


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}–{high}"


#: For each of ``charts.CHARTS``, a function from a case, a reading and the unknown fields to the table of numbers.
NUMBERS: Final[Mapping[str, Callable[..., Markup]]] = MappingProxyType(
    {"callers": _callers, "amplifier": _amplifier, "map": _map}
)
