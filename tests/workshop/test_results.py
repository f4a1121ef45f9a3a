"""The results that a room takes home: the same counts as on screen, hands and phones separately, and both of two votes."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.results import results_html, results_table
from backchannel_lib.workshop.round.state import NO_VOTES, PlayedRound, WorkshopState
from backchannel_lib.workshop.session import Session

VOTES = st.lists(st.integers(0, 999), min_size=9, max_size=9).map(tuple)
ROUNDS = st.lists(
    st.builds(PlayedRound, st.sampled_from(sorted(vignettes())), VOTES, VOTES, VOTES | st.just(NO_VOTES)), max_size=4
)


@given(ROUNDS, st.text(max_size=20))
def test_every_count_is_on_the_page_and_in_the_table(rounds: list[PlayedRound], group: str) -> None:
    state = WorkshopState(played=tuple(rounds), group=group, date="2027-03-15")
    page, (head, rows) = results_html(state), results_table(state)
    assert len(rows) == len(rounds)
    cells = {cell.get_text() for cell in BeautifulSoup(page, "html.parser").find_all(["td", "th"])}
    for number, (one, row) in enumerate(zip(rounds, rows, strict=True), start=1):
        named = dict(zip(head, row, strict=True))
        for verdict in Verdict:
            name = verdict.name.lower()
            assert (named[f"hands_{name}"], named[f"phones_{name}"]) == (one.votes[verdict], one.phones[verdict])
            assert named[f"first_{name}"] == (one.first[verdict] if any(one.first) else "")
            assert {str(one.votes[verdict]), str(one.phones[verdict])} <= cells
        assert named["article"] == judge(vignettes()[one.vignette].case).verdict.name.lower()
        assert f"{number}. {vignettes()[one.vignette].title}" in cells
        assert (named["date"], named["group"]) == ("2027-03-15", group)
    assert page.count("<section") == 1 + len(rounds)


def test_the_page_is_self_contained_and_a_group_cannot_inject_anything() -> None:
    page = results_html(WorkshopState(group="<script>alert(1)</script>").with_file("nadia")._replace(shown=len(STAGES)))
    assert "<script" not in page
    soup = BeautifulSoup(page, "html.parser")
    assert soup.find_all(src=True) == soup.find_all("link") == []
    assert re.findall(r"url\(|@import", page) == []


def test_a_session_saves_its_results_under_its_day_and_group_and_with_the_desk() -> None:
    session = Session()

    def send(part: str, **message: object) -> dict[str, object]:
        return dict(next(iter(session.handle(part, {**message, "view": "v"})))[1])

    send("round", type="set", field="group", value="Tuesday / noon")
    for _ in range(2 + len(STAGES)):
        send("round", type="next")
    date = session.round.state.date
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", date)
    saved = send("round", type="results")["file"]
    assert isinstance(saved, dict)
    assert saved["name"] == f"workshop_{date}_Tuesday_noon.html"
    assert text("activity.drill.title") not in saved["text"]
    send("drill", type="begin", value="on")
    send("drill", type="decide", value="read")
    again = send("round", type="results")["file"]
    assert isinstance(again, dict)
    assert text("activity.drill.title") in again["text"]
    table = send("round", type="table")["file"]
    assert isinstance(table, dict)
    assert table["name"] == f"workshop_{date}_Tuesday_noon.csv"
    send("round", type="fresh")
    assert session.round.state.group == "", "the next group of the day has the name of the last"
