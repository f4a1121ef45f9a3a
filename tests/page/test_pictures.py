"""The small pictures: each one's meaning is also in words, and none has its own colors."""

from __future__ import annotations

import html
import re
from datetime import datetime

import pytest

from backchannel_lib import Case, Verdict, judge
from backchannel_lib.base.texts import text
from backchannel_lib.page.case_fragments import fast_fragments
from backchannel_lib.page.html import tag
from backchannel_lib.page.pictures import (
    ChainLink,
    chain_picture,
    labeled_outcomes,
    outcomes_picture,
    sheet_of_paper,
    week_picture,
)

PICTURES = {
    "chain": chain_picture([ChainLink("The file", "Maybe"), ChainLink("The caller", "Skimmed", weakest=True)]),
    "outcomes": outcomes_picture([Verdict.MAYBE]),
    "nine outcomes": labeled_outcomes(Verdict.MAYBE),
    "week": week_picture(datetime(2027, 3, 16, 9)),
    "paper": sheet_of_paper(tag("p", "240")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_drawing_is_hidden_from_screen_readers_and_takes_its_colors_from_the_page(name: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", PICTURES[name])
    assert drawings
    for one in drawings:
        assert 'aria-hidden="true"' in one
        assert not re.search(r"#[0-9a-f]{3}|\b(?:fill|stroke)=", one)
        assert "<text" not in one  # text in a drawing would shrink with it


@pytest.mark.parametrize(
    ("when", "day"),
    [
        (datetime(2027, 3, 14, 23, 59), "before"),
        (datetime(2027, 3, 15, 0), "day.0"),
        (datetime(2027, 3, 19, 23, 59), "day.4"),
        (datetime(2027, 3, 20, 0), "after"),
        (datetime(2027, 6, 30, 12), "after"),
        (datetime(2027, 7, 1, 0), "before"),
    ],
)
def test_now_is_marked_on_the_line_of_the_week(when: datetime, day: str) -> None:
    """From July 1 on, it's next year's week."""
    marked = re.findall(r'<li aria-current="time"><b>(.*?)</b>', week_picture(when))
    assert marked == [text(f"week.{day}")]


@pytest.mark.parametrize("case", [Case(), Case(scripted=True), Case(failed_attempts=1)])
def test_the_broken_links_are_the_weakest(case: Case) -> None:
    """A broken link is drawn in two halves, and its name says that it's the weakest."""
    card = fast_fragments(case)["verdict"]
    weakest = len(judge(case).binding)
    assert card.count("bw-picture-weak") == 2 * weakest
    assert card.count(f"({text('card.weakest')})") == card.count("bw-chain-weak") == weakest


def test_the_chain_says_what_the_outcome_at_each_link_means() -> None:
    """A link that says "Timing: Phone interview" in a card that says "Skimmed" would otherwise look wrong."""
    assert PICTURES["chain"].index(text("card.links")) < PICTURES["chain"].index("<svg")


def test_only_what_is_possible_is_filled() -> None:
    """One outcome is marked as certain, several as possible. Lower ones aren't filled, as they'd be in a bar of percentages."""
    one = outcomes_picture([Verdict.DECLINED])
    assert [one.count(f'class="bw-tier{kind}"') for kind in ("", " bw-tier-here", " bw-tier-may-be")] == [8, 1, 0]
    two = outcomes_picture([Verdict.IGNORED, Verdict.DECLINED])
    assert [two.count(f'class="bw-tier{kind}"') for kind in ("", " bw-tier-here", " bw-tier-may-be")] == [7, 0, 2]


@pytest.mark.parametrize("case", [Case(), Case(scripted=True)])
def test_the_step_is_next_to_the_verdicts_name_not_under_a_tier(case: Case) -> None:
    """Under the middle of the scale it would label the wrong tier."""
    card = html.unescape(fast_fragments(case)["verdict"])
    verdict = judge(case).verdict
    step = text("card.rank", rank=verdict + 1, top=len(Verdict))
    assert f'{verdict.label}</p><p class="bw-rank">{step}</p>' in card
    under = re.search(r'<p class="bw-ladder-ends">(.*?)</p>', card)
    assert under is not None
    assert re.findall(r"<span>(.*?)</span>", under[1]) == [min(Verdict).label, max(Verdict).label]


def test_the_large_steps_name_and_explain_all_nine_and_point_at_one() -> None:
    """The verdict is marked in words as well as by color."""
    drawn = labeled_outcomes(Verdict.FILE_READ)
    rows = re.findall(r"<li.*?</li>", drawn)
    assert len(rows) == len(Verdict)
    for verdict, row in zip(Verdict, rows, strict=True):
        assert f"<b>{verdict + 1} · {verdict.label}</b>: {text(f'outcome.{verdict.name.lower()}')}" in html.unescape(row)
        assert (text("outcome.here") in html.unescape(row)) is (verdict is Verdict.FILE_READ)
    assert text("outcome.here") not in html.unescape(labeled_outcomes())


@pytest.mark.parametrize(("name", "side"), [("outcomes", "height"), ("nine outcomes", "width")])
def test_the_steps_grow_from_worst_to_best(name: str, side: str) -> None:
    """If they tapered, the best outcome would look like the least."""
    sizes = [int(size) for size in re.findall(rf'<rect[^>]* {side}="(\d+)"', PICTURES[name])]
    assert len(sizes) == len(Verdict)
    assert sizes == sorted(set(sizes))
