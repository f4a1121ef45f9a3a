"""The three charts as Plotly figures in plain dictionaries, so that building one doesn't need Plotly in Python.

Each chart has a *base figure* that many cases share and a *mark*, the point for this case. Moving the score usually only moves
the mark, so that is all a panel sends.
"""

from __future__ import annotations

import functools
import hashlib
import html
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import amplify, assumption, caller_weights, praised_weight
from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.model.exams import SCORES, exam_of
from backchannel_lib.model.possible import RANGE, check_unknown, possible
from backchannel_lib.model.sweep import Band, sweep
from backchannel_lib.model.tables import load_callers
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.components import listed
from backchannel_lib.page.frontend import STATIC
from backchannel_lib.page.verdict_html import range_label

Figure: TypeAlias = dict[str, Any]

CHARTS: Final = ("callers", "amplifier", "map")

# One color per verdict, dark to light, from cividis, which stays in order for every kind of color vision and in gray. The
# second color is for text on the first, with a contrast of at least 4.5 to 1.
VERDICT_COLORS: Final = (
    ("#00224e", "#ffffff"),
    ("#123570", "#ffffff"),
    ("#3b496c", "#ffffff"),
    ("#575d6d", "#ffffff"),
    ("#6a6c72", "#ffffff"),
    ("#a59c74", "#000000"),
    ("#c3b369", "#000000"),
    ("#e1cc55", "#000000"),
    ("#fee838", "#000000"),
)
INK: Final = "#3a7fc1"
MARK: Final = "#d55e00"


class Mark(NamedTuple):
    """A case's point on a chart.

    Args:
        x: Its position on the x axis, a number or a category.
        y: Its position on the y axis.
    """

    x: float | str
    y: float | str


def missing_for(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> tuple[str, ...]:
    """Return the fields that prevent a chart from being drawn: unknown ones, or scores from two exams.

    Charts that can show the lowest possible verdict don't need any unknown field.

    Examples:
        >>> missing_for("amplifier", Case(), None, ["range_low", "needs"]), missing_for("map", Case(), None, ["range_low"])
        (('range_low',), ())
    """
    if chart != "amplifier":
        return ()
    if exam_of(case) is None:
        return SCORES
    if not unknown:
        return ()
    stages = possible(case, unknown, reading).stages
    asked = {*RANGE, *stages["paper"].depends_on, *stages["timing"].depends_on}
    return tuple(field for field in check_unknown(unknown) if field in asked)


def why_not_drawn(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str:
    """Return a sentence about why a chart can't be drawn, or an empty string if it can.

    Examples:
        >>> why_not_drawn("map", Case(), None, ["range_low"])
        ''
    """
    missing = missing_for(chart, case, reading, unknown)
    if missing and exam_of(case) is None:
        return text("orientation.mixed")
    return text(f"chart_needs.{chart}", fields=listed([text(f"open.{field}") for field in missing])) if missing else ""


def figure(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> Figure:
    """Return a case's chart, including its mark.

    Args:
        chart: One of ``CHARTS``.
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: Its unknown fields; the map then shows the lowest possible verdict.

    Returns:
        A Plotly figure with ``data`` and ``layout``; the last trace is the mark.

    Raises:
        KeyError: No chart has this name.

    Source:
        works.weight-trusted-peer and the related claims, multiplier.amplifier, data/rules.csv.

    Examples:
        >>> figure("map", Case())["data"][-1]["x"]
        [240]
    """
    drawn: Figure = json.loads(base_figure(chart, case, reading, unknown))
    point = mark(chart, case, reading)
    drawn["data"][-1].update(x=[point.x], y=[point.y])
    return drawn


def base_figure(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str:
    """Return a chart without the position of its mark, as JSON; cases with the same base figure get identical text.

    Args:
        chart: One of ``CHARTS``.
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: As in `figure`.

    Returns:
        A Plotly figure as JSON; its last trace, the mark, has no position yet.

    Raises:
        KeyError: No chart has this name.

    Source:
        As in `figure`.

    Examples:
        >>> base_figure("map", Case(score=240)) == base_figure("map", Case(score=231))
        True
    """
    if chart == "callers":
        return _callers(case.recommender, reading)
    if chart == "amplifier":
        picture = amplify(case, reading)
        return _amplifier(round(picture.weight, 2), picture.share)
    if chart == "map":
        return _map(tuple(sweep(case, reading, unknown).bands.items()))
    raise KeyError(chart)


def mark(chart: str, case: Case, reading: str | None = None) -> Mark:
    """Return a case's position on a chart.

    Args:
        chart: One of ``CHARTS``.
        case: The case.
        reading: Name of a reading, or None for the defaults.

    Source:
        As in `figure`.

    Examples:
        >>> mark("map", Case(score=231))
        Mark(x=231, y='Unknown faculty')
    """
    if chart == "amplifier":
        picture = amplify(case, reading)
        return Mark(round(picture.signal, 1), round(picture.shown, 1))
    name = text(f"short.recommender.{case.recommender}")
    # Praise moves the mark slightly, but never as far as the next caller.
    return Mark(round(praised_weight(case, reading), 1) if chart == "callers" else case.score, name)


def snapshot(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str | None:
    """Return Plotly's pre-rendered drawing of a chart, if there is one of exactly this figure.

    The page shows it until the chart scrolls into view, because Plotly takes longer to start than everything else combined.
    The drawing records which base figure it shows and where its mark is, so that the page can move the mark without Plotly.
    `tests/execute_notebooks.py` draws the charts of the opening case.

    Args:
        chart: One of ``CHARTS``.
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: As in `figure`.

    Returns:
        An SVG element, or None if there is no drawing of this figure.

    Source:
        As in `figure`.

    Examples:
        >>> snapshot("map", Case()).startswith("<svg"), snapshot("map", Case(specifics=True))
        (True, None)
    """
    if why_not_drawn(chart, case, reading, unknown):
        return None
    drawn, svg = _snapshot(chart)
    if drawn != figure_id(chart, case, reading, unknown):
        return None
    base = zlib.adler32(base_figure(chart, case, reading, unknown).encode())
    point = html.escape(json.dumps(mark(chart, case, reading)))
    return svg.replace("<svg ", f'<svg data-base="{base}" data-mark="{point}" ', 1)


@functools.cache
def _snapshot(chart: str) -> tuple[str, str]:
    file = STATIC / "charts" / f"{chart}.svg"
    first, _, svg = (file.read_text(encoding="utf-8") if file.is_file() else "").partition("\n")
    return first.removeprefix("<!-- ").removesuffix(" -->"), svg


def figure_id(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str:
    """Return an id that is the same for charts that look the same.

    Args:
        chart: One of ``CHARTS``.
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: As in `figure`.

    Returns:
        A checksum of the figure.

    Examples:
        >>> figure_id("callers", Case()) == figure_id("callers", Case(score=251))
        True
    """
    whole = json.dumps(figure(chart, case, reading, unknown), sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def alt_text(chart: str, case: Case, reading: str | None = None, unknown: Collection[str] = ()) -> str:
    """Describe a chart in one sentence for screen readers.

    Args:
        chart: One of ``CHARTS``.
        case: The case.
        reading: Name of a reading, or None for the defaults.
        unknown: As in `figure`.

    Source:
        As in `figure`.

    Examples:
        >>> alt_text("callers", Case(recommender="known_dean"))
        'Bar chart of six callers by weight. This contact: Known dean, 50 of 100.'
    """
    if reason := why_not_drawn(chart, case, reading, unknown):
        return reason
    numbers = {}
    if chart == "amplifier":
        picture = amplify(case, reading)
        numbers = {"signal": f"{picture.signal:.0f}", "amplified": f"{picture.shown:.0f}"}
    return text(
        f"chart.{chart}.name",
        **numbers,
        caller=text(f"short.recommender.{case.recommender}"),
        weight=caller_weights(reading)[case.recommender],
        score=case.score,
        verdict=text("card.no_verdict") if exam_of(case) is None else range_label(possible(case, unknown, reading)),
    )


def _layout(**more: Any) -> Figure:
    """Return the layout that all charts share; the page sets text and grid colors, because it can be light or dark."""
    layout: Figure = {
        "template": {"layout": {}},
        "font": {"size": 14, "family": "system-ui, sans-serif"},
        "margin": {"l": 8, "r": 16, "t": 24, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "modebar": {"remove": ["sendChartToCloud"]},
        "height": 320,
    }
    return {**layout, **more}


def _point(label: str, position: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [],
        "y": [],
        "text": [label],
        "textposition": position,
        "textfont": {"size": 14, "weight": 700},
        "marker": {"symbol": "diamond", "size": 16, "color": MARK, "line": {"color": "#ffffff", "width": 2}},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _names() -> list[str]:
    return [text(f"short.recommender.{recommender}") for recommender in RECOMMENDERS]


def _category_axis(names: Sequence[str]) -> Figure:
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(reversed(names)),
        "automargin": True,
        "fixedrange": True,
        "showgrid": False,
    }


def _number_axis(title: str, low: float, high: float) -> Figure:
    return {"title": {"text": title}, "range": [low, high], "zeroline": False, "fixedrange": True, "automargin": True}


def _bars(shape: Figure, labels: Sequence[str], marker: Figure, *, inside: str = "") -> Figure:
    """Return horizontal bars with their labels.

    Args:
        shape: Their rows (``y``), lengths (``x``) and, if there are any, their name and where they begin (``base``).
        labels: The label of each bar.
        marker: Their look.
        inside: The color of the labels inside the bars; blank for labels after the bars.
    """
    place: Figure = {"textposition": "outside", "cliponaxis": False}
    if inside:
        place = {"textposition": "inside", "insidetextanchor": "middle", "textangle": 0, "textfont": {"color": inside}}
    return {"type": "bar", "orientation": "h", **shape, "text": labels, **place, "marker": marker, "hoverinfo": "skip"}


@functools.lru_cache(maxsize=32)
def _callers(chosen: str, reading: str | None) -> str:
    weights = caller_weights(reading)
    rows = load_callers()
    labels = [
        # The mark already shows this caller's weight.
        ""
        if row.recommender == chosen
        else f"{weights[row.recommender]}" + ("" if row.chart_row else f" ({text('chart.callers.ours')})")
        for row in rows
    ]
    marker = {
        "color": [MARK if row.recommender == chosen else INK for row in rows],
        "pattern": {
            "shape": ["" if row.chart_row else "/" for row in rows],
            "bgcolor": INK,  # has no effect, but without it Plotly warns about the list of shapes
            "fgcolor": "#ffffff",
            "fillmode": "overlay",  # otherwise the bars would get the page's background color
        },
        "line": {"width": [3 if row.recommender == chosen else 0 for row in rows], "color": MARK},
    }
    bars = _bars({"y": _names(), "x": [weights[row.recommender] for row in rows]}, labels, marker)
    layout = _layout(xaxis=_number_axis(text("chart.callers.axis"), 0, 115), yaxis=_category_axis(_names()), bargap=0.3)
    you = _point(text("chart.callers.chosen", weight=weights[chosen]), "middle right")
    return json.dumps({"data": [bars, you], "layout": layout})


@functools.lru_cache(maxsize=256)
def _amplifier(weight: float, share: float) -> str:
    bar = assumption("signal_at_bar")
    gain = 1 + weight / 100 * share
    # Draw the line only within the visible area, so that its slope is recognizable.
    half_width = bar / gain
    reach = [0, bar - half_width, bar + half_width, 100]
    lines = [
        ("chart.amplifier.without", [0, 100], [0, 100], {"dash": "dot", "width": 2, "color": "#767676"}),
        ("chart.amplifier.with", reach, [0, 0, 100, 100], {"width": 4, "color": "#2f7fc1"}),
    ]
    data: list[Figure] = [
        {"type": "scatter", "mode": "lines", "name": text(name), "x": x, "y": y, "line": line, "hoverinfo": "skip"}
        for name, x, y, line in lines
    ]
    dashed = {"dash": "dash", "width": 1, "color": "#767676"}
    layout = _layout(
        xaxis=_number_axis(text("chart.amplifier.x"), 0, 100),
        yaxis={**_number_axis(text("chart.amplifier.y"), -4, 108), "showgrid": False},  # no grid lines through the labels
        shapes=[{"type": "line", "x0": bar, "x1": bar, "y0": 0, "y1": 100, "line": dashed}],
        annotations=[
            _note(bar, 4, "chart.amplifier.bar", "left", xshift=4),
            _note(22, 27, "chart.amplifier.without", "right", xshift=-4),
            _note(100, 100, "chart.amplifier.with", "right", yshift=14),
        ],
    )
    return json.dumps({"data": [*data, _point(text("chart.amplifier.mark"), "middle right")], "layout": layout})


def _note(x: float, y: float, word_id: str, anchor: str, **shift: int) -> Figure:
    return {"x": x, "y": y, "text": text(word_id), "showarrow": False, "xanchor": anchor, **shift}


@functools.lru_cache(maxsize=256)
def _map(rows: tuple[tuple[str, tuple[Band, ...]], ...]) -> str:
    low, high = rows[0][1][0].low, rows[0][1][-1].high
    data: list[Figure] = []
    for recommender, bands in rows:
        for band in bands:
            fill, words = VERDICT_COLORS[band.verdict]
            name = text(f"short.recommender.{recommender}")
            shape = {"y": [name], "base": [band.low - 0.5], "x": [band.high - band.low + 1]}
            marker = {"color": fill, "line": {"color": "#ffffff", "width": 1}}
            data.append(_bars(shape, [Verdict(band.verdict).label], marker, inside=words))
    layout = _layout(
        xaxis=_number_axis(text("chart.map.x"), low - 0.5, high + 0.5),
        yaxis=_category_axis(_names()),
        barmode="overlay",
        bargap=0.55,  # the mark and its label go into the gap above its row
        uniformtext={"mode": "hide", "minsize": 11},
        height=450,
    )
    # Above its row, so that it doesn't cover the row's verdicts; to the left, because on the right there is no room for words.
    you = _point(f"{text('chart.map.mark')}<br> ", "top left")
    you["marker"].update(symbol="triangle-up", angle=-180, size=18, standoff=27)
    del you["textfont"]["size"]
    return json.dumps({"data": [*data, you], "layout": layout})


def bars_of_two(
    names: Sequence[str], one: tuple[str, Sequence[float]], other: tuple[str, Sequence[float]], axis: str, high: float = 100
) -> Figure:
    """Return a chart of two sets of bars side by side, distinguished by pattern and label as well as color.

    Args:
        names: Labels of the rows, from the top.
        one: Name and numbers of the first set.
        other: Name and numbers of the second set.
        axis: The axis title.
        high: The end of the axis.

    Returns:
        A Plotly figure.

    Examples:
        >>> len(bars_of_two(["a"], ("you", [1]), ("article", [2]), "points")["data"])
        2
    """
    colors = (("#b9570c", "/"), (INK, ""))
    data = [
        _bars(
            {"name": name, "y": list(names), "x": list(numbers)},
            [f"{name}: {number:g}" for number in numbers],
            {"color": color, "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "#ffffff"}},
        )
        for (name, numbers), (color, pattern) in zip((one, other), colors, strict=True)
    ]
    return {
        "data": list(reversed(data)),  # Plotly stacks them from the bottom
        "layout": _layout(
            xaxis={**_number_axis(axis, 0, high * 1.25), "showgrid": False},  # no grid lines through the numbers
            yaxis=_category_axis(names),
            barmode="group",
            height=max(220, 80 + 70 * len(names)),
        ),
    }


def bars(names: Sequence[str], numbers: Sequence[float], axis: str, high: float = 100) -> Figure:
    """Return a chart of one set of bars, each with its number.

    Args:
        names: Labels of the bars, from the top.
        numbers: Their numbers.
        axis: The axis title.
        high: The end of the axis.

    Returns:
        A Plotly figure.

    Examples:
        >>> bars(["a", "b"], [1, 2], "points")["data"][0]["x"]
        [1, 2]
    """
    labels = [f"{number:g}" for number in numbers]
    return {
        "data": [_bars({"y": list(names), "x": list(numbers)}, labels, {"color": INK})],
        "layout": _layout(
            xaxis=_number_axis(axis, 0, high * 1.15),
            yaxis=_category_axis(names),
            height=max(220, 80 + 45 * len(names)),
        ),
    }


def bands_over_time(
    bands: Mapping[str, Sequence[tuple[str, float, float]]],
    mark_row: str,
    ticks: Sequence[tuple[float, str]],
    high: float,
) -> Figure:
    """Return a chart with rows of labeled periods over hours, and a row on top for a moving mark.

    Args:
        bands: Rows from the top; each period has a label, a start and an end in hours.
        mark_row: The label of the mark's row.
        ticks: Positions and labels on the axis.
        high: The end of the axis, in hours.

    Returns:
        A Plotly figure whose last trace is the mark, without a position yet.

    Examples:
        >>> len(bands_over_time({"day": [("night", 0, 6)]}, "now", [(3, "early")], 24)["data"])
        2
    """
    shades = ("#b9d4ee", "#f5d6b0", "#cfe3c6", "#e3cfe6")
    data = [
        _bars(
            {"y": [row], "base": [low], "x": [end - low]},
            [words],
            {"color": shades[place % len(shades)], "line": {"color": "#333333", "width": 1}},
            inside="#000000",
        )
        for row, stretches in bands.items()
        for place, (words, low, end) in enumerate(stretches)
    ]
    rows = [mark_row, *bands]
    axis = {**_number_axis("", 0, high), "tickvals": [place for place, _ in ticks], "ticktext": [words for _, words in ticks]}
    layout = _layout(
        xaxis=axis,
        yaxis=_category_axis(rows),
        barmode="overlay",
        bargap=0.25,
        uniformtext={"mode": "hide", "minsize": 11},
        height=300,
    )
    return {"data": [*data, _point("", "top center")], "layout": layout}


#: Segments of a bar from left to right: the fill, and the color of the number on it. Each is lighter than the one before,
#: so they also differ in gray. A number's background is only the fill.
_PIECES: Final = (
    ("#4a0010", "#ffffff"),
    ("#1f3a6e", "#ffffff"),
    ("#5f6470", "#ffffff"),
    ("#a9a498", "#000000"),
    ("#d3c48a", "#000000"),
    ("#fee838", "#000000"),
)


def stacked_bars(names: Sequence[str], pieces: Sequence[tuple[str, Sequence[int]]], axis: str, high: int) -> Figure:
    """Return a chart of bars with up to six segments, distinguished by shade, number and order as well as color.

    Args:
        names: Labels of the bars, from the top.
        pieces: The segments from left to right, each with its name and its count in every bar.
        axis: The axis title.
        high: The length of a full bar.

    Returns:
        A Plotly figure.

    Examples:
        >>> stacked_bars(["a"], [("no", [1]), ("yes", [2])], "files", 3)["data"][1]["x"]
        [2]
    """
    data = [
        _bars(
            {"name": name, "y": list(names), "x": list(counts)},
            # Only segments with enough room show their number; the table next to the chart has all of them.
            [f"{count}" if count >= high / 20 else "" for count in counts],
            {"color": fill, "line": {"color": "#ffffff", "width": 1}},
            inside=words,
        )
        for (name, counts), (fill, words) in zip(pieces, _PIECES, strict=False)
    ]
    return {
        "data": data,
        "layout": _layout(
            xaxis=_number_axis(axis, 0, high),
            yaxis=_category_axis(names),
            barmode="stack",
            bargap=0.25,
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
            height=160 + 30 * len(names),
        ),
    }
