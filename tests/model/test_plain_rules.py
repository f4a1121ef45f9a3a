"""The library against the plain rules in `tests/helpers/plain_rules.py`, which share no code and no table with it.

`python tests/fuzz.py` does the same with as many cases as you like.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import random
from typing import Any

import pytest

from backchannel_lib import Case, CaseError, judge
from tests.helpers import plain_rules
from tests.helpers.cases import READINGS, a_case, a_moment, many_cases
from tests.helpers.comparison import check_frame, check_judgment, check_moment, check_open, check_promises, some_unknown


def test_the_plain_rules_know_nothing_of_the_library() -> None:
    """They import only from the standard library, and open no file."""
    tree = ast.parse(inspect.getsource(plain_rules))
    imported = {one.module for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    imported |= {alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names}
    assert imported == {"__future__", "itertools", "collections.abc", "datetime", "typing"}
    assert "open" not in {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}


def test_a_case_gets_the_plain_verdict_and_the_plain_reasons() -> None:
    """Verdict, caps, the links that limit it and the rules behind them, under every reading; and what the NRMP's rule says."""
    for case, reading in zip(many_cases(800, seed=14), itertools.cycle(READINGS), strict=False):
        check_judgment(case, reading)


@pytest.mark.parametrize("reading", READINGS[::3])  # building the look-up of each costs a moment
def test_every_row_of_a_frame_gets_the_plain_verdict(reading: str | None) -> None:
    check_frame(many_cases(150, seed=len(str(reading))), reading)


def test_a_case_with_unknown_fields_gets_every_plain_verdict() -> None:
    """Trying every value gives the same verdicts, and each answer about a field leaves the same ones."""
    chance = random.Random(14)  # noqa: S311 - test data
    for reading in READINGS * 3:
        check_open(a_case(chance), some_unknown(chance), reading)


def test_a_moment_has_the_plain_phase_and_the_plain_rule() -> None:
    chance = random.Random(14)  # noqa: S311 - test data
    for _ in range(500):
        check_moment(a_moment(chance), a_case(chance), chance.choice(READINGS))


def test_every_change_on_offer_reaches_the_plain_verdict_that_it_promises() -> None:
    chance = random.Random(14)  # noqa: S311 - test data
    for reading in READINGS * 3:
        check_promises(a_case(chance), reading)


def test_scores_have_a_verdict_where_the_plain_rules_have_one() -> None:
    """At every edge of the exams and of the range, judge gives a verdict or refuses where they do."""
    for scores in itertools.product((1, 220, 299, 300, 301, 999), repeat=3):
        fields: dict[str, Any] = dict(zip(("score", "range_low", "range_floor"), scores, strict=True))
        expected = plain_rules.is_a_case({**Case().__dict__, **fields})
        try:
            judge(**fields)
        except CaseError:
            assert not expected, fields
        else:
            assert expected, fields
