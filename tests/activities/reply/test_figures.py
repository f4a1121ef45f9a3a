"""How well the reply checker does on two sets of made-up emails; the figures that readers are told are the held-out set's."""

from __future__ import annotations

import pytest

from backchannel_lib.activities.reply.findings import check_reply, load_reply_findings
from benchmarks.reply_checker import SETS, Figures, figures, load_letters


def measure(name: str) -> Figures:
    """Have this checker read a set."""
    letters = load_letters(name)
    return figures(
        letters, {str(one["id"]): [found.finding for found in check_reply(str(one["text"])).findings] for one in letters}
    )


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_half_harmless_and_names_known_findings(name: str) -> None:
    """Each set has 40 letters, half of them without any problem, and no text stands in both."""
    letters = load_letters(name)
    assert len({str(one["id"]) for one in letters}) == len(letters) == 40
    assert sum(not one["problems"] for one in letters) == 20
    known = {row.finding for row in load_reply_findings()}
    assert {problem for one in letters for problem in one["problems"]} == known  # type: ignore[attr-defined]
    others = {str(one["text"]) for other in SETS if other != name for one in load_letters(other)}
    assert others.isdisjoint(str(one["text"]) for one in letters)


def test_the_tuning_set_is_read_well() -> None:
    """At least 95% of its problems are found, and at most one of ten harmless letters gets a false alarm."""
    measured = measure("tuning")
    assert measured.found >= 0.95 * measured.problems
    assert measured.alarms <= 0.1 * measured.harmless
    assert measured.alarms_elsewhere <= 2


def test_the_counts_are_right() -> None:
    """What is found of the problems, false alarms in harmless letters, and findings beside the problems are counted apart."""
    letters = [{"id": "a", "problems": ["plea", "pressure"]}, {"id": "b", "problems": []}, {"id": "c", "problems": []}]
    assert figures(letters, {"a": ["plea", "no_cv"], "b": ["plea", "no_cv"], "c": []}) == Figures(1, 2, 2, 2, 1)
