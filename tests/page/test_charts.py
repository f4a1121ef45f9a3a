"""The three charts: Plotly accepts them, their markers are in the right place, and they never mention chances."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, Verdict, amplify, judge
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.amplifier import caller_weights
from backchannel_lib.model.case import RECOMMENDERS
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.sweep import sweep
from backchannel_lib.model.tables import load_exams
from backchannel_lib.page.case_controls import slider_ends
from backchannel_lib.page.case_fragments import deferred_fragments
from backchannel_lib.page.charts import CHARTS, VERDICT_COLORS, alt_text, base_figure, figure, mark, snapshot
from tests.helpers.cases import READINGS, cases

SHORT = {caller: text(f"short.recommender.{caller}") for caller in RECOMMENDERS}
readings = st.sampled_from(READINGS)
ON_SLIDERS = st.sampled_from(load_exams()).flatmap(
    lambda exam: st.tuples(st.integers(exam.low, exam.high), st.integers(exam.low, exam.high)).map(
        lambda scores: {"score": scores[0], "range_low": scores[1], "range_floor": max(1, scores[1] - 15)}
    )
)


def texts_in(value: Any) -> list[str]:
    """List every text in a figure except colors, fonts and keys."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        skipped = {"color", "family", "fillcolor", "paper_bgcolor", "plot_bgcolor", "fgcolor"}
        return [text for key, each in value.items() if key not in skipped for text in texts_in(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts_in(each)]
    return []


@pytest.mark.slow
@settings(max_examples=20)
@given(case=cases(), reading=readings)
@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_is_a_figure_of_plotly(chart: str, case: Case, reading: str | None) -> None:
    """Plotly's Python library accepts each chart and checks every attribute."""
    drawn = figure(chart, case, reading)
    checked = go.Figure(drawn)
    assert len(checked.data) == len(drawn["data"])
    assert {trace.type for trace in checked.data} <= {"bar", "scatter"}, "the bundle beside the panel draws no others"


@pytest.mark.parametrize("chart", CHARTS)
def test_no_chart_offers_to_send_itself_anywhere(chart: str) -> None:
    """The upload button is removed, and no text or link in a chart names a host."""
    drawn = figure(chart, Case())
    assert drawn["layout"]["modebar"]["remove"] == ["sendChartToCloud"]
    assert "http" not in json.dumps(drawn)


@given(case=cases(), reading=readings)
def test_praise_never_moves_the_mark_to_another_caller(case: Case, reading: str | None) -> None:
    """However warm the praise, the marker stays nearest to its own caller's bar."""
    weights = caller_weights(reading)
    at = mark("callers", case, reading).x
    own = abs(at - weights[case.recommender])
    others = {weight for weight in weights.values() if weight != weights[case.recommender]}
    assert all(own < abs(at - weight) for weight in others)


@given(case=cases(), reading=readings)
def test_the_last_trace_is_the_mark_at_the_case_s_place(case: Case, reading: str | None) -> None:
    """The last trace is one labeled point, at the case's position."""
    picture = amplify(case, reading)
    places = {
        "callers": (round(picture.weight, 1), SHORT[case.recommender]),
        "amplifier": (round(picture.signal, 1), round(picture.shown, 1)),
        "map": (case.score, SHORT[case.recommender]),
    }
    for chart in CHARTS:
        assert tuple(mark(chart, case, reading)) == places[chart]
        *others, last = figure(chart, case, reading)["data"]
        assert (last["x"], last["y"]) == ([places[chart][0]], [places[chart][1]])
        assert last["mode"] == "markers+text"
        assert all(text for text in last["text"])
        assert others
        without = json.loads(base_figure(chart, case, reading))
        assert (without["data"][-1]["x"], without["data"][-1]["y"]) == ([], [])


@given(case=cases(), scores=st.tuples(st.integers(190, 300), st.integers(190, 300)), reading=readings)
def test_cases_that_differ_in_score_share_their_charts(case: Case, scores: tuple[int, int], reading: str | None) -> None:
    """Moving the score along its slider changes only the marker."""
    here, there = (case.replace(range_floor=220, range_low=235, score=score) for score in scores)
    for chart in CHARTS:
        assert base_figure(chart, here, reading) == base_figure(chart, there, reading)


@given(case=cases(), scores=ON_SLIDERS, reading=readings)
def test_the_map_is_the_verdict_of_every_score_and_caller(case: Case, scores: dict[str, int], reading: str | None) -> None:
    """Each caller's bands cover the exam's slider without gaps or overlaps, and match `judge` at every score."""
    case = case.replace(**scores)
    exam = next(row for row in load_exams() if row.low <= case.range_low <= row.high)
    bands = sweep(case, reading).bands
    assert tuple(bands) == RECOMMENDERS
    for caller, row in bands.items():
        assert (row[0].low, row[-1].high) == (exam.low, exam.high)
        for before, after in itertools.pairwise(row):
            assert before.high + 1 == after.low
            assert before.verdict != after.verdict
        for band in row:
            # A band is most likely to be wrong at its edges.
            for score in {band.low, band.high, (band.low + band.high) // 2}:
                own = case.replace(recommender=caller, score=score)
                assert judge(own, reading).verdict == band.verdict
    assert any(band.low <= case.score <= band.high for band in bands[case.recommender])


#: Score, bottom of the range and floor, and the scores that the map covers.
ENDS = [
    # one exam, everything on the slider
    ((240, 235, 220), (190, 300)),
    ((530, 500, 400), (350, 850)),
    # one exam, and a typed score beyond the slider: the map extends to it
    ((100, 235, 220), (100, 300)),
    ((189, 235, 220), (189, 300)),
    ((301, 500, 400), (301, 850)),
    ((999, 500, 400), (350, 999)),
    # one exam, and a typed range beyond the slider: the map is still that exam's
    ((520, 340, 310), (350, 850)),
    ((240, 100, 90), (190, 300)),
    ((520, 900, 870), (350, 850)),
    # the boundary between the exams
    ((300, 300, 300), (190, 300)),
    ((301, 301, 301), (301, 850)),
    ((301, 300, 300), (190, 300)),
    # score and range from different exams: the range's map, without the score
    ((520, 235, 220), (190, 300)),
    ((999, 235, 220), (190, 300)),
    ((240, 500, 400), (350, 850)),
    ((240, 340, 310), (350, 850)),
    # floor and bottom of the range from different exams
    ((530, 500, 220), (350, 850)),
    ((240, 500, 220), (350, 850)),
]


@pytest.mark.parametrize(("numbers", "ends"), ENDS)
def test_which_scores_the_map_covers(numbers: tuple[int, int, int], ends: tuple[int, int]) -> None:
    """The map covers its exam's slider and extends to the case's score, but never into the other exam."""
    score, range_low, range_floor = numbers
    bands = sweep(Case(score=score, range_low=range_low, range_floor=range_floor)).bands
    assert {(row[0].low, row[-1].high) for row in bands.values()} == {ends}


@given(case=cases(), reading=readings)
def test_the_map_lies_in_one_exam(case: Case, reading: str | None) -> None:
    """Every score on the map is from the range's exam. If all three numbers are, the case is on the map."""
    bands = sweep(case, reading).bands
    exam = exam_of(case)
    for row in bands.values():
        assert (row[0].low > 300) == (row[-1].high > 300) == (case.range_low > 300)
        if exam is not None:
            low, high = slider_ends(case, "score")
            assert (row[0].low, row[-1].high) == (min(low, case.score), max(high, case.score))


@given(scores=ON_SLIDERS, other=ON_SLIDERS, case=cases(), reading=readings)
def test_a_score_of_another_exam_leaves_the_map_as_it_is(
    scores: dict[str, int], other: dict[str, int], case: Case, reading: str | None
) -> None:
    """A score from the other exam has no verdict, doesn't extend the map and isn't marked on it."""
    own = case.replace(**scores)
    mixed = own.replace(score=other["score"])
    assume(exam_of(mixed) is None)
    bands = sweep(mixed, reading).bands
    assert bands == sweep(own, reading).bands
    assert not any(band.low <= mixed.score <= band.high for row in bands.values() for band in row)


@given(case=cases(range_low=235, range_floor=220), reading=readings)
def test_the_map_draws_its_bands(case: Case, reading: str | None) -> None:
    """Each band is one bar in its color, from half a point below its lowest score to half a point above its highest."""
    case = case.replace(score=240)
    *bars, _ = figure("map", case, reading)["data"]
    drawn = [(bar["y"][0], bar["base"][0], bar["x"][0], bar["text"][0], bar["marker"]["color"]) for bar in bars]
    expected = [
        (
            SHORT[caller],
            band.low - 0.5,
            band.high - band.low + 1,
            Verdict(band.verdict).label,
            VERDICT_COLORS[band.verdict][0],
        )
        for caller, row in sweep(case, reading).bands.items()
        for band in row
    ]
    assert drawn == expected


def test_the_callers_chart_holds_the_article_s_weights() -> None:
    """Each caller's bar has its weight. The caller that the article leaves out is hatched and labeled as ours."""
    bars = figure("callers", Case())["data"][0]
    assert dict(zip(bars["y"], bars["x"], strict=True)) == {SHORT[key]: value for key, value in caller_weights().items()}
    ours = RECOMMENDERS.index("random_dean")
    assert [bool(shape) for shape in bars["marker"]["pattern"]["shape"]] == [place == ours for place in range(6)]
    assert text("chart.callers.ours") in bars["text"][ours]


@given(case=cases(), reading=readings)
def test_the_amplifier_s_line_runs_through_the_mark(case: Case, reading: str | None) -> None:
    """The marker is on this contact's line, or at the edge of the plot if it would be outside."""
    line = figure("amplifier", case, reading)["data"][1]
    point = mark("amplifier", case, reading)
    x, y = line["x"], line["y"]
    assert x == sorted(x)
    at = next(place for place in range(1, len(x)) if point.x <= x[place])
    share = (point.x - x[at - 1]) / max(x[at] - x[at - 1], 1e-9)
    assert y[at - 1] + share * (y[at] - y[at - 1]) == pytest.approx(point.y, abs=0.2)


#: Words that no chart may use, because it shows the author's view and not anyone's chances.
CHANCES = re.compile(r"probab|percent|\bodds\b|likelihood|%", re.IGNORECASE)


@pytest.mark.slow
@given(case=cases(), reading=readings)
def test_no_chart_speaks_of_probability(case: Case, reading: str | None) -> None:
    """No text on a chart or about it, and no table of its numbers, mentions probability or has a percent sign."""
    tables = deferred_fragments(case, reading)
    for chart in CHARTS:
        said = [*texts_in(figure(chart, case, reading)), alt_text(chart, case, reading), tables[f"table.{chart}"]]
        assert [text for text in said if CHANCES.search(text)] == []


def test_no_words_of_the_charts_speak_of_probability() -> None:
    """The titles, captions and labels next to the charts don't mention it either."""
    words = {word: text for word, text in all_words().items() if word.startswith(("chart.", "charts.", "table.", "short."))}
    assert len(words) > 20
    assert [word for word, text in words.items() if CHANCES.search(text)] == []


@given(case=cases(), reading=readings)
def test_the_alternative_text_holds_the_numbers(case: Case, reading: str | None) -> None:
    """Each chart's sentence has the caller and the weight, both signals, or the score and the verdict."""
    caller = SHORT[case.recommender]
    picture = amplify(case, reading)
    told = {
        "callers": [caller, str(caller_weights(reading)[case.recommender])],
        "amplifier": [f"{picture.signal:.0f}", f"{picture.shown:.0f}", "50"],
        "map": [
            *(caller, str(case.score)),
            text("card.no_verdict") if exam_of(case) is None else judge(case, reading).verdict.label,
        ],
    }
    for chart in CHARTS:
        sentence = alt_text(chart, case, reading)
        assert sentence.endswith(".")
        for what in told[chart]:
            assert re.search(rf"(?<![\w.]){re.escape(what)}(?![\w])", sentence), (what, sentence)


@given(case=cases(), reading=readings)
def test_the_table_next_to_a_chart_has_the_same_numbers(case: Case, reading: str | None) -> None:
    """The tables have every caller's weight, both signals and every band."""
    tables = deferred_fragments(case, reading)
    for caller, weight in caller_weights(reading).items():
        assert text(f"level.recommender.{caller}") in tables["table.callers"]
        assert re.search(rf"<td>{weight}\b", tables["table.callers"])
    picture = amplify(case, reading)
    for number in (f"{picture.signal:.0f}", f"{picture.weight:g}", f"{picture.share:g}", f"{picture.shown:.0f}"):
        assert f"<td>{number}</td>" in tables["table.amplifier"]
    for row in sweep(case, reading).bands.values():
        for band in row:
            span = str(band.low) if band.low == band.high else f"{band.low}–{band.high}"
            assert f"{span}: {Verdict(band.verdict).label}" in tables["table.map"]


def luminance(color: str) -> float:
    """Return a color's relative luminance, as WCAG defines it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_words_on_the_bands_can_be_read() -> None:
    """A verdict's name has a contrast of at least 4.5:1 with its color, and higher verdicts are lighter."""
    for fill, words in VERDICT_COLORS:
        dark, light = sorted((luminance(fill), luminance(words)))
        assert (light + 0.05) / (dark + 0.05) >= 4.5
    lights = [luminance(fill) for fill, _ in VERDICT_COLORS]
    assert lights == sorted(lights)
    assert len(lights) == len(Verdict)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_still_is_shown_only_of_its_own_picture(chart: str) -> None:
    """The opening chart has its prepared drawing, and a chart that differs from it has none."""
    svg = snapshot(chart, Case())
    assert svg is not None, "the chart has changed: run tests/execute_notebooks.py"
    assert svg.startswith("<svg")
    assert "<script" not in svg
    assert snapshot(chart, Case(recommender="known_dean", score=228)) is None


@pytest.mark.parametrize("what", [figure, base_figure])
def test_an_unknown_chart_is_an_error(what: Any) -> None:
    with pytest.raises(KeyError, match="pie"):
        what("pie", Case())


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_of_the_example_does_not_call_it_the_reader_s(chart: str) -> None:
    """Until something is entered, nothing is about the reader. Then the drawing stays the same, and only its mark moves."""
    assert not [one for one in texts_in(json.loads(base_figure(chart, Case()))) if re.search(r"\byou(rs|r)?\b", one)]
    assert base_figure(chart, Case()) == base_figure(chart, Case(score=241))
    for whose, other, case in (("example", "yours", Case()), ("yours", "example", Case(score=241))):
        shown = deferred_fragments(case)[f"table.{chart}"]
        assert (f" {text(f'table.{whose}')}</span>" in shown) == (chart != "amplifier")
        assert f" {text(f'table.{other}')}</span>" not in shown
