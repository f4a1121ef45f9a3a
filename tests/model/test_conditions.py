"""Conditions that no parser takes are refused at their place, like any other wrong cell."""

from __future__ import annotations

import warnings

import pytest

from backchannel_lib import TableError
from backchannel_lib.model.conditions import parse


@pytest.mark.parametrize("text", ["(" * 3000 + "scripted" + ")" * 3000, "scripted\0", "[" * 5000, "not " * 20_000 + "scripted"])
def test_what_python_itself_cannot_parse_is_refused_in_short(text: str) -> None:
    """Nesting without end and zero bytes are no crash, and the sentence quotes only the beginning."""
    with pytest.raises(TableError, match=r"^conditions\.csv, row 2, column when: expected a condition such as") as caught:
        parse(text, {}, place=("conditions.csv", 2, "when"))
    assert len(str(caught.value)) < 400


def test_a_number_and_a_word_without_a_space_are_refused_and_nothing_is_printed() -> None:
    """Python itself takes "5and", with a warning that a reader of the tables could do nothing about."""
    with warnings.catch_warnings(record=True) as printed:
        warnings.simplefilter("always")
        with pytest.raises(TableError, match="such as"):
            parse("failed_attempts > 5and scripted", {}, place=("rules.csv", 2, "condition"))
    assert printed == []
