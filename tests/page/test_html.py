"""Writing HTML leaves readers' text unchanged."""

from __future__ import annotations

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.page.html import escape, join, tag


@given(st.text(alphabet=st.sampled_from("§&<>\"'a 5")))
def test_a_section_sign_that_a_reader_typed_is_kept(name: str) -> None:
    """The page replaces each § that it finds, so a reader's § is escaped in texts and in values."""
    for written in (escape(name), join(name), tag("p", name)[3:-4], tag("input", value=name).partition('"')[2][:-2]):
        assert "§" not in written
        assert unescape(written) == name


def test_an_id_is_made_unique_by_the_page() -> None:
    """The § stays in attributes that hold ids, so that the page can replace it."""
    assert tag("label", "§ 5", for_="§score") == '<label for="§score">&#167; 5</label>'
    assert tag("p", id="§score-help", aria_describedby="§a §b").count("§") == 3
