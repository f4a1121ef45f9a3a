"""A chart's text alternative has every number that Plotly draws."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from backchannel_lib import Case
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.page import charts
from backchannel_lib.page.chart_text import figure_in_words
from tests.helpers.activities import act


def figure_of(activity: Activity[Any], chart: str) -> Any:
    """Return the figure of an activity after it has been answered."""
    return json.loads(activity.deferred_fragments(activity.state)[f"base_figure.{chart}"])


def of_shares() -> Any:
    """Return the article's shares next to the reader's."""
    activity = make_activity("decides_shares")
    act(activity, type="compare")
    return figure_of(activity, "shares")


def of_crowd() -> Any:
    """Return the outcomes of 600 files."""
    activity = make_activity("population")
    for guess in ("guess_look", "guess_talk", "guess_letter"):
        act(activity, type="set", field=guess, value="0")
    act(activity, type="see")
    return figure_of(activity, "crowd")


FIGURES = {
    **{chart: charts.figure(chart, Case(recommender="known_dean", specifics=True)) for chart in charts.CHARTS},
    "shares": of_shares(),
    "crowd": of_crowd(),
}


@pytest.mark.parametrize("chart", FIGURES)
def test_whichever_number_of_a_chart_changes_its_words_change(chart: str) -> None:
    """It tries the lengths, starting points and names of bars, bands and lines."""
    figure = FIGURES[chart]
    words = figure_in_words(figure)
    for at, trace in enumerate(figure["data"]):
        if trace.get("mode") == "markers+text":  # the marker, whose position isn't part of the figure
            continue
        for key in ("x", "y", "base"):
            for place, value in enumerate(trace.get(key, [])):
                changed = copy.deepcopy(figure)
                changed["data"][at][key][place] = value + 1 if isinstance(value, int | float) else f"{value}?"
                if trace["type"] == "bar" and key == "y" and trace["x"][place] == 0:
                    continue  # bars of length 0 aren't drawn
                assert figure_in_words(changed) != words, (at, key, place)


def test_the_text_states_where_the_mark_is() -> None:
    """A chart without a marker doesn't mention one."""
    figure = charts.figure("amplifier", Case())
    assert figure_in_words(figure, (58.0, 60.2)).endswith("mark: (58.0, 60.2)")
    assert "mark" not in figure_in_words(figure)
