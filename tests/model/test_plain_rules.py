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


def test_the_plain_rules_do_not_use_the_library() -> None:
    """They import only from the standard library, and open no file."""
    tree = ast.parse(inspect.getsource(plain_rules))
    imported = {one.module for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    imported |= {alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names}
    assert imported == {"__future__", "itertools", "collections.abc", "datetime", "typing"}
    assert "open" not in {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}


def test_a_case_gets_the_same_verdict_and_reasons_as_under_the_plain_rules() -> None:
    """Under every reading, so are the caps, the weakest links, the rules behind them and what the NRMP's rule says."""
    for case, reading in zip(many_cases(800, seed=14), itertools.cycle(READINGS), strict=False):
        check_judgment(case, reading)


@pytest.mark.parametrize("reading", READINGS[::3])  # building each one's lookup table takes a moment
def test_every_row_of_a_frame_gets_the_same_verdict_as_under_the_plain_rules(reading: str | None) -> None:
    check_frame(many_cases(150, seed=len(str(reading))), reading)


def test_a_case_with_unknown_fields_gets_the_same_verdicts_as_under_the_plain_rules() -> None:
    """The plain rules try every value. Each answer about a field also leaves the same verdicts."""
    chance = random.Random(14)  # noqa: S311 - test data
    for reading in READINGS * 3:
        check_open(a_case(chance), some_unknown(chance), reading)


def test_a_moment_has_the_same_phase_and_rule_as_under_the_plain_rules() -> None:
    chance = random.Random(14)  # noqa: S311 - test data
    for _ in range(500):
        check_moment(a_moment(chance), a_case(chance), chance.choice(READINGS))


def test_every_change_gets_its_promised_verdict_under_the_plain_rules() -> None:
    chance = random.Random(14)  # noqa: S311 - test data
    for reading in READINGS * 3:
        check_promises(a_case(chance), reading)


def test_scores_get_a_verdict_exactly_if_the_plain_rules_give_one() -> None:
    """This is tried at every edge of the exams and of the range."""
    for scores in itertools.product((1, 220, 299, 300, 301, 999), repeat=3):
        fields: dict[str, Any] = dict(zip(("score", "range_low", "range_floor"), scores, strict=True))
        expected = plain_rules.is_a_case({**Case().__dict__, **fields})
        try:
            judge(**fields)
        except CaseError:
            assert not expected, fields
        else:
            assert expected, fields
