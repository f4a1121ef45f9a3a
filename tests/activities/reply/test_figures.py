"""How well the reply checker does on four sets of fictional emails, and whether readers see those figures."""

from __future__ import annotations

import re

import pytest

from backchannel_lib.activities.reply.findings import check_reply, load_reply_findings
from backchannel_lib.base.texts import text
from benchmarks.reply_checker import SETS, Figures, figures, load_letters


def measure(name: str) -> Figures:
    """Run the checker on a set."""
    letters = load_letters(name)
    return figures(
        letters, {str(one["id"]): [found.finding for found in check_reply(str(one["text"])).findings] for one in letters}
    )


@pytest.mark.parametrize(("name", "number"), [("tuning", 40), ("heldout", 40), ("fresh", 24), ("untouched", 40)])
def test_half_of_each_set_is_harmless_and_the_rest_have_known_problems(name: str, number: int) -> None:
    """Together the rest have every kind of problem, and no text is in two sets."""
    letters = load_letters(name)
    assert len({str(one["id"]) for one in letters}) == len(letters) == number
    assert sum(not one["problems"] for one in letters) == number / 2
    known = {row.finding for row in load_reply_findings()}
    assert {problem for one in letters for problem in one["problems"]} == known  # type: ignore[attr-defined]
    others = {str(one["text"]) for other in SETS if other != name for one in load_letters(other)}
    assert others.isdisjoint(str(one["text"]) for one in letters)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tuning", "heldout", "fresh"])
def test_the_checker_does_well_on_the_large_sets(name: str) -> None:
    """It finds at least 95% of the problems, and at most one in ten harmless letters gets a false alarm."""
    measured = measure(name)
    assert measured.found >= 0.95 * measured.problems
    assert measured.alarms <= 0.1 * measured.harmless
    assert measured.alarms_elsewhere <= 3


def test_readers_see_the_figures_for_the_untouched_letters() -> None:
    """No phrase was taken from these letters. At least 85% of their problems are found, with at most 1 false alarm in 10."""
    measured = measure("untouched")
    limits = text("reply.limit.measured")
    assert re.findall(r"\d+", limits) == ["40", "39", str(measured.problems), "2"]
    assert measured.found >= 39 >= 0.85 * measured.problems
    assert measured.alarms <= 2 <= 0.1 * measured.harmless


def test_the_counts_are_right() -> None:
    """Problems found, false alarms in harmless letters and extra findings in the others are counted separately."""
    letters = [{"id": "a", "problems": ["plea", "pressure"]}, {"id": "b", "problems": []}, {"id": "c", "problems": []}]
    assert figures(letters, {"a": ["plea", "no_cv"], "b": ["plea", "no_cv"], "c": []}) == Figures(1, 2, 2, 2, 1)
