"""How messages show a value and a list of known names."""

from __future__ import annotations

import difflib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.base import formatting
from backchannel_lib.base.formatting import suggestions

NAMES = ["self", "known_dean", "random_dean", "trusted_peer"]


@given(
    st.one_of(
        st.text("abcdefkmnoprstuw_", max_size=40),
        st.builds(lambda name, more: name + more, st.sampled_from(NAMES), st.text("denrs_", max_size=40)),
    ),
    st.lists(st.sampled_from(NAMES), unique=True),
)
def test_the_first_name_is_the_closest_spelling_whatever_its_length(word: str, names: list[str]) -> None:
    close = difflib.get_close_matches(word, names, n=1)
    assert suggestions(word, names).split(", ")[: len(close)] == close


@pytest.mark.parametrize("word", ["[" * 1_000_000, {"a": "b" * 1_000_000}, ["known_dean"] * 100_000])
def test_a_pasted_page_is_quickly_found_to_match_no_name(word: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole file in place of a word isn't compared letter by letter."""
    monkeypatch.setattr(formatting.difflib, "get_close_matches", lambda *_, **__: pytest.fail("compared"))
    assert suggestions(word, NAMES) == ", ".join(NAMES)


@pytest.mark.parametrize("value", [pd.Series([1, 2]), pd.DataFrame({"a": [1]}), np.array([[1], [2]]), "two\nlines", ["\n"]])
def test_a_value_in_a_message_is_one_short_line(value: object) -> None:
    shown = formatting.format_value(value)
    assert "\n" not in shown
    assert len(shown) <= 60
