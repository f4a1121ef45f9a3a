"""The README is accurate: its example runs, its files exist, and the benchmarks' figures are the measured ones."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.cli.main import parse

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BENCHMARKS_README = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
MEASURED: dict[str, Any] = json.loads((ROOT / "benchmarks" / "measured.json").read_text(encoding="utf-8"))


def test_the_examples_give_the_output_shown() -> None:
    """This runs all Python in the README."""
    example = doctest.DocTestParser().get_doctest(README, {}, "README.md", "README.md", 0)
    outcome = doctest.DocTestRunner().run(example)
    assert outcome.attempted >= 5
    assert outcome.failed == 0


@pytest.mark.parametrize("place", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_points_to_a_file(place: str) -> None:
    """Pictures are included."""
    assert (ROOT / place).is_file()


def tree() -> dict[Path, str]:
    """Return the README's folder tree: the description of each path."""
    (block,) = re.findall(r"## Where things are\n\n```\n(.*?)```", README, re.DOTALL)
    found: dict[Path, str] = {}
    top = Path()
    for line in block.splitlines():
        indent, name, words = re.fullmatch(r"( {4})?(\w+/|\w+\.py) +(\S.*)", line).groups()  # type: ignore[union-attr]
        top = top if indent else Path(name)
        found[top / name if indent else top] = words
    return found


def folders_in(place: Path) -> set[str]:
    """List a folder's subfolders, except hidden and generated ones."""
    return {one.name for one in place.iterdir() if one.is_dir() and not one.name.startswith((".", "_"))} - {"my_work"}


def test_everything_in_the_folder_tree_exists_and_has_a_description() -> None:
    for place, words in tree().items():
        assert (ROOT / place).exists(), place
        assert len(words.split()) >= 2, place
        for name in re.findall(r"\w+\.(?:csv|py|css|js|html)\b", words):
            assert [*(ROOT / place).rglob(name)], f"{place}: {name}"


@pytest.mark.parametrize("top", ["", "backchannel_lib"])
def test_no_folder_is_left_out(top: str) -> None:
    """The tree has every top-level folder and every package of the library."""
    listed = {place.name for place in tree() if place.parent == Path(top) and (ROOT / place).is_dir()}
    assert listed == folders_in(ROOT / top)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"python workbook\.py ?([\w.]*(?: \w+\.\w+)?)", README))))
def test_every_command_exists(command: str) -> None:
    """The README's commands are those of `backchannel`, which workbook.py runs."""
    asked, rest = parse(command.split())
    assert asked.command == (command.partition(" ")[0] or "open")
    assert rest == []


def ratio(variant: str, name: str, to: str | None = None) -> str:
    """Return one measured figure as a ratio to the echo's."""
    figures = MEASURED["interaction"]["figures"]
    return f"{figures[variant][name] / figures['echo'][to or name]:.2f}"


def test_the_figures_are_the_measured_ones() -> None:
    """The ratios in benchmarks/README.md match benchmarks/measured.json."""
    rows = [
        ("A move answered by the kernel: verdict", ratio("kernel", "verdict"), ratio("kernel", "verdict_p95")),
        ("the same: verdict and charts", ratio("kernel", "all", "verdict"), ratio("kernel", "all_p95", "verdict_p95")),
        (
            "A move of the control in hand, as shipped: verdict",
            ratio("ahead", "verdict"),
            ratio("ahead", "verdict_p95"),
        ),
        ("the same: verdict and charts", ratio("ahead", "all", "verdict"), ratio("ahead", "all_p95", "verdict_p95")),
        ("Run All Cells to the first verdict and chart", ratio("opening", "opening_chart", "opening_verdict"), ""),
        ("Run All Cells to charts that move", ratio("opening", "opening_plotly", "opening_verdict"), ""),
    ]
    for row in rows:
        assert f"| {' | '.join(row)} |".replace("|  |", "| |") in BENCHMARKS_README, row
    for chapter, of in MEASURED["chapters"]["figures"].items():
        assert f"| {chapter[:2]} | {of['field']} | {of['move']} | {of['move_p95']} | {of['awake']} |" in BENCHMARKS_README, (
            chapter
        )
    figures = MEASURED["interaction"]["figures"]
    held = f"{min(60, figures['ahead']['run_positions']):.0f} of 60"
    assert held in BENCHMARKS_README
    assert MEASURED["interaction"]["machine"] in BENCHMARKS_README


def test_the_stages_figures_are_the_measured_ones() -> None:
    """benchmarks/README.md reports what benchmarks/stage.py measured for a room that votes by phone without losing a vote."""
    of = MEASURED["stage"]["figures"]
    assert of["sent"] == of["counted"] == of["on_screen"] == of["voters"]
    assert of["hands_pressed"] == of["hands_counted"]
    page = re.sub(r"\s+", " ", BENCHMARKS_README)
    assert f"{of['voters']} phones vote within {of['seconds']:.0f} seconds" in page
    assert f"takes {of['tap']} times as long as with nobody voting (95th of 100: {of['tap_p95']})" in page
    assert MEASURED["stage"]["machine"] in BENCHMARKS_README
