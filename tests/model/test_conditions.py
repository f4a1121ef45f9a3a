"""Conditions that don't parse are rejected with their location, like any other invalid cell."""

from __future__ import annotations

import warnings

import pytest

from backchannel_lib import TableError
from backchannel_lib.model.conditions import parse


@pytest.mark.parametrize("text", ["(" * 3000 + "scripted" + ")" * 3000, "scripted\0", "[" * 5000, "not " * 20_000 + "scripted"])
def test_a_condition_that_python_cannot_parse_gets_a_short_error(text: str) -> None:
    """Endless nesting and null bytes don't crash anything, and the message quotes only the beginning."""
    with pytest.raises(TableError, match=r"^conditions\.csv, row 2, column when: expected a condition such as") as caught:
        parse(text, {}, place=("conditions.csv", 2, "when"))
    assert len(str(caught.value)) < 400


def test_a_number_stuck_to_a_word_is_rejected_without_a_warning() -> None:
    """Python accepts "5and" with a warning, which would mean nothing to whoever edits the table."""
    with warnings.catch_warnings(record=True) as printed:
        warnings.simplefilter("always")
        with pytest.raises(TableError, match="such as"):
            parse("failed_attempts > 5and scripted", {}, place=("rules.csv", 2, "condition"))
    assert printed == []
