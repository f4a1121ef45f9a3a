"""What the first chapter says about the workbook is right: the map, the order of the verdicts, the links and the voices."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest

from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.sorting import Sorting
from backchannel_lib.activities.tables import load_activities, load_chapters
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Verdict
from tests.execute_notebooks import NOTEBOOKS

NOTEBOOK: Any = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4)
CELLS: dict[str, str] = {cell.id: cell.source for cell in NOTEBOOK.cells}
CHAPTERS = load_chapters()
HALF_HOUR = ("06_timing", "10_your_case")


def rows_of(text: str) -> list[list[str]]:
    """Return the cells of a text's tables, without headers and separators."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if row[1] not in {"minutes", "verdict", "mark in the text", "---"}]


def test_the_map_names_every_chapter_with_its_minutes() -> None:
    """It has the table's chapters in order, with their minutes, and links to all but itself."""
    rows = rows_of(CELLS["the-map"])
    assert [(row[0].strip("[")[:2], row[1]) for row in rows] == [(one.chapter[:2], str(one.minutes)) for one in CHAPTERS]
    linked = [re.findall(r"\((.*?)\)", row[0]) for row in rows]
    assert linked == [[], *([f"{one.chapter}.ipynb"] for one in CHAPTERS[1:])]


@pytest.mark.parametrize("chapter", [row.chapter for row in CHAPTERS if f"chapter.{row.chapter}" in all_words()])
def test_the_map_names_a_chapter_as_it_names_itself(chapter: str) -> None:
    """A chapter has the same title in the map and in its heading."""
    assert f"{chapter[:2]} · {text(f'chapter.{chapter}')}" in CELLS["the-map"]


def test_the_map_says_of_a_chapter_what_the_sites_list_says() -> None:
    """What you do in a chapter has the same words in both."""
    said = {row[0].strip("[")[:2]: row[2] for row in rows_of(CELLS["the-map"])}
    listed = {one.chapter[:2]: text(f"chapter_list.{one.chapter}") for one in CHAPTERS if one.audience == "student"}
    assert listed == {chapter: said[chapter] for chapter in listed}


def test_the_hours_in_the_map_are_the_sum_of_its_minutes() -> None:
    """The total and the half-hour path add up from the chapters' minutes."""
    assert "about two hours in all" in CELLS["the-map"]
    assert 110 <= sum(row.minutes for row in CHAPTERS if row.audience == "student") <= 130
    linked = [f"[{name[:2]}]({name}.ipynb)" for name in HALF_HOUR]
    assert f"Read {', '.join(linked[:-1])} and {linked[-1]}" in CELLS["the-map"]
    questions = 3  # a few minutes for each chapter's optional questions
    assert sum(row.minutes - questions for row in CHAPTERS if row.chapter in HALF_HOUR) <= 30


def test_the_verdicts_are_listed_lowest_to_highest() -> None:
    """The first answer draws each verdict at its step under the card's name, and an unrun notebook lists them."""
    activity = make_activity("first_verdict")
    drawn = re.findall(r"<b>(\d) · (.*?)</b>: ", activity.page())
    on_screen_and_on_paper = 2
    assert drawn == [(str(rank), verdict.label) for rank, verdict in enumerate(Verdict, start=1)] * on_screen_and_on_paper
    assert re.findall(r"<li><b>(.*?)</b>: ", activity.static_html()) == [verdict.label for verdict in Verdict]
    assert "nine outcomes, drawn below" in CELLS["how-to-read"]


def test_the_links_and_the_marks_are_named_as_they_look() -> None:
    """The five links and the three voices have the same names as next to an answer."""
    told = CELLS["how-to-read"]
    links = told.partition("**Five links**")[2].partition("Each allows")[0].lower()
    assert [stage for stage in STAGES if text(f"stage.{stage}.name").lower() not in links] == []
    assert len(STAGES) == 5
    for mark in (
        text("rules.title"),
        f"✎ {text('card.ours')}",
        text("card.article_lines", lines=text("card.line", lines="…")),
    ):
        assert mark in told


def test_the_rule_comes_before_anything_else() -> None:
    """The first page says when the rule applies, to whom, and whom to ask."""
    assert list(CELLS)[:2] == ["opening", "today"]
    for word in ("Monday 10:00 am", "Thursday 9:00 pm ET", "neither you nor anyone acting for you", "dean's office", "[NRMP]"):
        assert word in CELLS["today"], word


def test_no_answer_about_the_forms_is_shown_before_a_choice() -> None:
    """No group or reason is in the page or its parts until the reader has chosen and compared."""
    forms = Sorting(next(row for row in load_activities() if row.activity == "forms"))
    assert len(forms.items) >= 5
    assert {fit for row in forms.items.values() for fit in row.fits} == set(forms.choices), "a heap that nothing fits is a trap"
    reasons = [text(f"item.{row.item}.why") for row in forms.items.values()]
    assert not any(reason in forms.page() for reason in reasons)
    assert forms.actions()["compare"]({}) == {"notice": text("lesson.choose_first")}
    assert {part for part, content in forms.fragments(forms.state).items() if content} == {"placed"}
    forms.update(form_mentor_text="influential")
    forms.actions()["compare"]({})
    content = forms.fragments(forms.state)
    assert all(
        text(f"item.{row.item}.why") in content[f"told.{row.item}"].replace("&#x27;", "'") for row in forms.items.values()
    )
