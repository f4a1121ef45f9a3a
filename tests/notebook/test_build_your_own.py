"""The recipes of chapter 13 are short, keep working when a teacher edits them, and give the same answers as the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import plotly.graph_objects as go
import pytest

from backchannel_lib import judge
from backchannel_lib.workshop import deck
from tests.helpers.notebooks import NOTEBOOKS, read

CELLS = {cell.id: cell.source for cell in read(NOTEBOOKS / "13_build_your_own.ipynb").cells if cell.cell_type == "code"}

#: Edits that a teacher might make: the cell, the old text, the new text, and the output after the edit.
EDITS = [
    (
        "two-controls-code",
        '"score", "recommender"',
        '"score", "recommender", "specifics", "needs", "track_record"',
        "File read",
    ),
    ("two-controls-code", '"trusted_peer"', '"self"', str(judge(recommender="self").verdict)),
    ("score-chart-code", "specifics=True", "specifics=True, failed_clerkship=True", "240: 'Declined'"),
    ("heat-map-code", '"score": 241', '"score": 200', "trusted_peer: Declined"),
    ("class-table-code", '"recommender", ', '"verdict", "paper", ', "Phone interview"),
    ("own-layout-code", '"trusted_peer"', '"known_dean"', "NRMP rule"),
    ("own-layout-code", "score=228", "score=228, program_contacted_first=True", "ask first"),
    (
        "own-scene-code",
        'fields=("recommender", "addresses_flag")',
        'fields=("score", "phase"), shows=("changes", "callers")',
        "",
    ),
    ("what-would-change-code", "changes[0]", "changes[-1]", "Avery: Phone interview"),
    ("figures-and-readings-code", "score=228", 'score=251, phase="groundwork"', "of 7 other readings"),
]


@pytest.fixture(autouse=True)
def own_deck(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the workshop's deck afterward, because one recipe adds a vignette."""
    monkeypatch.setattr(deck, "_own", [])
    yield
    deck.vignettes.cache_clear()


def run(source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a recipe in its notebook's folder, and return what it prints."""
    monkeypatch.chdir(NOTEBOOKS)
    displayed: list[object] = []
    exec(source, {"display": displayed.append})  # noqa: S102 - the notebook's own code
    return capsys.readouterr().out


@pytest.mark.parametrize("name", CELLS)
def test_a_recipe_is_at_most_ten_lines(name: str) -> None:
    """Each of the eight recipes is one cell with visible code that fits on a slide."""
    assert len(CELLS) == 8
    assert len(CELLS[name].splitlines()) <= 10
    assert all(len(line) <= 130 for line in CELLS[name].splitlines())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "before", "after", "printed"), EDITS)
def test_a_recipe_keeps_working_when_it_is_edited(
    name: str,
    before: str,
    after: str,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A different field, caller, score or column gives a different answer and no error."""
    assert before in CELLS[name]
    assert printed in run(CELLS[name].replace(before, after), monkeypatch, capsys)


def test_every_recipe_has_an_edit_that_is_tried() -> None:
    assert {name for name, *_ in EDITS} == set(CELLS)


def test_the_class_has_ten_students() -> None:
    """The table next to the notebook has a header and ten rows."""
    lines = Path(NOTEBOOKS / "13_students.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 11


def test_a_chart_fits_on_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No chart has a width of its own, and no letters in the heat map are wider than a cell on a phone."""
    shown: list[go.Figure] = []
    monkeypatch.chdir(NOTEBOOKS)
    for name in ("score-chart-code", "heat-map-code", "figures-and-readings-code"):
        exec(CELLS[name], {"display": shown.append})  # noqa: S102 - the notebook's own code
    assert len(shown) == 5
    assert [figure.layout.width for figure in shown] == [None] * 5
    lines = {line for row in shown[1].data[0].text for label in row for line in label.split("<br>")}
    assert max(map(len, lines)) <= len("interview")
