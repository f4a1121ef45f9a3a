"""An exercise that nobody has begun prints as a sheet to fill in: every question, no answer, and nothing about the screen."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

import backchannel_lib.workshop  # noqa: F401 - registers its kinds of activity
from backchannel_lib.activities.inbox import emails
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.reply.activity import CONTACTED
from backchannel_lib.activities.tables import load_activities, load_scenes, load_steps
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.readings import READINGS
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.activity_page import PAPER, lead_text
from backchannel_lib.page.frontend import STATIC
from backchannel_lib.page.inputs import radios

PRINT = (STATIC / "panel.css").read_text(encoding="utf-8").rpartition("@media print {")[2]

#: Kinds of which only a part is on the page at first, so that paper needs its own version.
ONE_AT_A_TIME = {
    "desk",
    "disagreements",
    "drill",
    "inbox",
    "planner",
    "rating",
    "reply",
    "scenes",
    "sorting",
    "studies",
    "walk",
    "week_clock",
}
NAMES = [row.activity for row in load_activities() if row.kind in ONE_AT_A_TIME]
#: What some of them ask, by the ids of the texts.
WORDS = {
    "planner": [
        *("paper.person", "paper.program", "paper.speaker", "paper.dates"),
        *(f"planner_column.{one}" for one in ("kind", "knows_work", "track_record", "known_at")),
        *(f"planner_column.{one}" for one in ("range_low", "openings", "prior_contact")),
    ],
    "reply": ["reply_board.text", "reply_board.contacted", *(f"reply_board.contacted.{one}" for one in CONTACTED)],
    "studies": [f"studies.{one}" for one in ("survey_ask", "belief", "measured", "advocates", "ban")],
}


def words_of(page: str) -> str:
    """Return the text of some HTML on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def sheet_of(activity: Any) -> str:
    """Return what an activity prints in place of its controls."""
    _, begin, rest = activity.page().partition('<div class="bw-on-paper" hidden>')
    assert begin
    depth = 1
    for part in re.finditer(r"<(/?)div\b", rest):
        depth += -1 if part[1] else 1
        if depth == 0:
            return words_of(rest[: part.start()])
    raise AssertionError


def asked(name: str) -> Iterator[str]:
    """Yield what an activity asks about, as far as tables say it."""
    for scene in load_scenes():
        if scene.activity == name:
            yield text(f"scene.{scene.scene}.story")
    for step in load_steps():
        if step.activity == name:
            yield text(f"step.{step.step}.text")
    yield from (text(one) for one in WORDS.get(name, ()))
    match name:
        case "desk":
            yield from (text(f"desk.{file}.said") for file in make_activity("desk").files)
            yield from (text(f"decision.{one}") for one in make_activity("desk").decisions)
        case "inbox":
            yield from (one.line for one in emails()[: make_activity("inbox").first])
        case "disagreements":
            yield from (
                READINGS[way].sentence for choice in make_activity(name).places for way in make_activity(name).ways(choice)
            )
        case "forms" | "needs_sorting":
            yield from (make_activity(name).label(item) for item in make_activity(name).items)


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_asks_everything_that_the_exercise_asks(name: str) -> None:
    sheet = sheet_of(make_activity(name))
    assert [one for one in asked(name) if " ".join(one.split()) not in sheet] == []
    if name == "drill":
        assert sheet == text("paper.on_screen")


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_prints_only_until_someone_begins(name: str) -> None:
    activity = make_activity(name)
    assert PAPER in activity.ui_state(activity.state)["open"]
    assert f'<div data-open="{PAPER}">' in activity.page()
    field = next(field for field in activity.fields() if any(True for _ in activity.positions(field)) or field == "guess")
    choice = next(iter(activity.positions(field)), "1" if name == "planner" else "ignored")
    activity.update(**{field: choice})
    assert activity.state != activity.start
    assert PAPER not in activity.ui_state(activity.state)["open"]
    assert f'<div data-open="{PAPER}" hidden>' in activity.page()


@pytest.mark.parametrize("row", [row for row in load_activities() if row.kind == "scenes"], ids=lambda row: row.activity)
def test_the_answers_are_not_on_the_sheet(row: Any) -> None:
    """Neither the reasons nor, apart from the list of all nine, a verdict."""
    activity = make_activity(row.activity)
    sheet = sheet_of(activity)
    reasons = [text(f"scene.{scene}.why") for scene in activity.scenes]
    assert [one for one in reasons if one and one in sheet] == []
    assert sheet.count(text("verdict.backfires.name")) == 1


def test_paper_says_nothing_about_the_moment_it_was_printed() -> None:
    """Someone may read it in another week, when another answer is right."""
    clock = make_activity("week_clock")
    sheet = sheet_of(clock)
    for word_id in ("week.now", "clock.today_rule", "rules.title"):
        assert text(word_id) not in sheet
    assert "202" not in sheet
    assert text("clock.ask") in sheet
    assert text("clock.never") in sheet
    assert text("week.day.0") in sheet, "the week itself prints"
    assert re.search(rf'class="[^"]*bw-screen"><h3>{text("clock.today_title")}</h3>', clock.page())
    assert ".bw-screen" in PRINT


def test_the_files_print_next_to_each_other() -> None:
    """Each fact is a row, with the program first. What was said comes below, with the decisions by number."""
    desk = make_activity("desk")
    page = desk.page()
    (table,) = re.findall(r'<div class="bw-small"><table>.*?</table></div>', page.partition('data-open="start"')[0])
    head = words_of(table.partition("</thead>")[0])
    names = " ".join(text("desk.short_number", number=number) for number in range(1, len(desk.order) + 1))
    assert head.endswith(f"{text('desk.fact')} {text('desk.your_program')} {names}")
    for row in re.findall(r"<tr>(.*?)</tr>", table):
        assert len(re.findall(r"<t[dh]\b", row)) == len(desk.order) + 2
    for number, one in enumerate(desk.decisions, start=1):
        assert f"{number} {text(f'decision.{one}')}" in sheet_of(desk)


def test_a_guess_is_written_as_a_number_in_a_wide_column() -> None:
    sheet = sheet_of(make_activity("paper_scenes"))
    for number, verdict in enumerate(Verdict, start=1):
        assert f"{number} {verdict.label}" in sheet
    width = re.search(r"\.bw-blanks tr > :nth-child\(2\):last-child \{ width: (\d+)em", PRINT)
    assert width
    assert int(width[1]) >= 12


@pytest.mark.parametrize(("letters", "short"), [(15, True), (16, False)])
def test_only_short_choices_print_on_one_line(letters: int, short: bool) -> None:
    """As soon as one of them would wrap, each has its own line."""
    group = radios("who", "Who?", [(f"{place}", "x" * letters) for place in range(4)], "")
    assert (" bw-one-line" in group) == short
    assert re.search(r"\.bw-item \.bw-one-line, [^{]*\{ display: flex", PRINT)
    assert ".bw-item .bw-radio, " not in PRINT


def test_what_only_a_screen_can_do_does_not_print() -> None:
    """Sentences about checking, moving and pressing are apart from the introduction, and marked."""
    about_screens = re.compile(
        r"\b(check it|arrow buttons?|guess first|then move|then change|start the clock|put in your own)\b", re.I
    )
    leads = {row.activity: all_words().get(f"activity.{row.activity}.lead", "") for row in load_activities()}
    assert [name for name, lead in leads.items() if about_screens.search(lead)] == []
    marked = [name for name in leads if f"activity.{name}.on_screen" in all_words()]
    assert len(marked) > 20
    for name in marked:
        (printed,) = re.findall(r'<p class="(bw-lead(?: bw-screen)?)">(.*?)</p>', make_activity(name).page())[:1]
        on_screen = text(f"activity.{name}.on_screen")
        assert words_of(printed[1]) == lead_text(name)
        if printed[0] == "bw-lead":
            assert html.unescape(printed[1]).endswith(f' <span class="bw-screen">{on_screen}</span>')
        else:
            assert words_of(printed[1]) == on_screen
