"""How well the reply checker does on four sets of fictional emails, and that readers get the same figures."""

from __future__ import annotations

import re

import pytest

from backchannel_lib.activities.reply.findings import check_reply, load_reply_findings
from backchannel_lib.base.texts import text
from benchmarks.reply_checker import SETS, Figures, figures, load_letters


def measure(name: str) -> Figures:
    """Have this checker read a set."""
    letters = load_letters(name)
    return figures(
        letters, {str(one["id"]): [found.finding for found in check_reply(str(one["text"])).findings] for one in letters}
    )


@pytest.mark.parametrize(("name", "number"), [("tuning", 40), ("heldout", 40), ("fresh", 24), ("untouched", 40)])
def test_a_set_is_half_harmless_and_names_known_findings(name: str, number: int) -> None:
    """Half of each set's letters have no problem, every finding is among the others' problems, and no text is in two sets."""
    letters = load_letters(name)
    assert len({str(one["id"]) for one in letters}) == len(letters) == number
    assert sum(not one["problems"] for one in letters) == number / 2
    known = {row.finding for row in load_reply_findings()}
    assert {problem for one in letters for problem in one["problems"]} == known  # type: ignore[attr-defined]
    others = {str(one["text"]) for other in SETS if other != name for one in load_letters(other)}
    assert others.isdisjoint(str(one["text"]) for one in letters)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tuning", "heldout", "fresh"])
def test_the_large_sets_are_read_well(name: str) -> None:
    """At least 95% of the problems are found, and at most one of ten harmless letters gets a false alarm."""
    measured = measure(name)
    assert measured.found >= 0.95 * measured.problems
    assert measured.alarms <= 0.1 * measured.harmless
    assert measured.alarms_elsewhere <= 3


def test_readers_are_told_no_more_than_the_untouched_letters_show() -> None:
    """They are of letters from which no phrase was made: at least 85% are found, with at most 1 false alarm in 10."""
    measured = measure("untouched")
    told = text("reply.limit.measured")
    assert re.findall(r"\d+", told) == ["40", "39", str(measured.problems), "2"]
    assert measured.found >= 39 >= 0.85 * measured.problems
    assert measured.alarms <= 2 <= 0.1 * measured.harmless


def test_the_counts_are_right() -> None:
    """What is found of the problems, false alarms in harmless letters, and findings next to the problems are counted apart."""
    letters = [{"id": "a", "problems": ["plea", "pressure"]}, {"id": "b", "problems": []}, {"id": "c", "problems": []}]
    assert figures(letters, {"a": ["plea", "no_cv"], "b": ["plea", "no_cv"], "c": []}) == Figures(1, 2, 2, 2, 1)
