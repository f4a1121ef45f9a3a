"""The year plan's board: checking tasks, entering a date, saving, the NRMP's rule, and kind messages for invalid dates."""

from __future__ import annotations

import html
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from backchannel_lib import CaseError, match_week
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.year_plan.activity import FIRST_DAY, TO_BEGIN, YearPlanActivity
from backchannel_lib.activities.year_plan.model import GROUPS, load_plan_tasks, plan_for
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import PAPER
from backchannel_lib.page.components import linked_text
from backchannel_lib.page.html import tag

TASKS = {row.task: row for row in load_plan_tasks()}


def board(**values: object) -> YearPlanActivity:
    """Open the board with some fields set."""
    made = make_activity("year_plan")
    assert isinstance(made, YearPlanActivity)
    made.update(**values)
    return made


def everything() -> dict[str, str]:
    """Return every task as checked, by group."""
    return {group: "|".join(row.task for row in TASKS.values() if row.group == group) for group in GROUPS}


def do(made: YearPlanActivity, what: str, **more: Any) -> dict[str, Any]:
    """Press a button and return everything sent to the screen, merged."""
    told: dict[str, Any] = {}
    for answer in made.handle({"type": what, "seq": 1, "view": "v", **more}):
        told |= answer
    return told


def plan(made: YearPlanActivity) -> str:
    """Return the plan on screen."""
    return made.fragments(made.state)["made"]


def test_it_opens_on_a_fixed_day_outside_soap_with_nothing_ticked() -> None:
    """It's a Friday of Match Week on every computer, and the empty plan has a kind message."""
    made = board()
    day = date.fromisoformat(FIRST_DAY)
    assert day == match_week(day.year) + timedelta(days=4)
    assert text("plan.empty") in plan(made)
    assert made.ui_state(made.state)["open"] == [PAPER]


def test_on_paper_an_empty_plan_has_blanks_for_its_dates_and_names_no_day() -> None:
    """The default first day isn't the student's choice. Once one thing is checked, their own plan prints."""
    page = board().page()
    sheet = page[page.index('class="bw-on-paper"') : page.index("bw-columns")]
    assert text("paper.first_day") in sheet
    assert sheet.count(f'<th scope="col">{text("paper.dates")}</th>') == len(GROUPS)
    assert [row.title for row in TASKS.values() if f"□ {html.escape(row.title, quote=False)}" not in sheet] == []
    assert not re.search(r"\d/\d+/2027", sheet)
    begun = board(first_days="rest")
    assert PAPER not in begun.ui_state(begun.state)["open"]


def test_every_task_can_be_ticked_under_its_group() -> None:
    """Each task is on the page once, in its group's field."""
    page = board().page()
    for row in TASKS.values():
        assert page.count(f'value="{row.task}"') == 1
        group = page[page.index(f'data-field="{row.group}"') :]
        assert f'value="{row.task}"' in group[: group.index("</fieldset>")]


def test_the_later_groups_are_folded_until_something_in_them_is_checked() -> None:
    """On a phone, 21 boxes would fill two screens. What a file brings back or a button checks is never hidden in a fold."""

    def folds(page: str) -> list[tuple[str, str]]:
        return re.findall(r'<details class="bw-group-fold"( open)? data-details="\w+" data-fold="(\w+)">', page)

    assert folds(board().page()) == [("", "two_months"), ("", "year")]
    made = board(year=next(row.task for row in TASKS.values() if row.group == "year"))
    assert folds(made.page()) == [("", "two_months"), (" open", "year")]
    assert made.ui_state(made.state)["open"] == ["year", "save"]
    for row in (row for row in TASKS.values() if row.task in TO_BEGIN):
        assert row.group == "first_days"


@pytest.mark.parametrize("task", TASKS)
def test_a_checked_task_is_in_the_plan_with_its_days_and_its_source(task: str) -> None:
    """It has a title, days, a reason and whose advice it is, and the rule if that applies."""
    row = TASKS[task]
    made = board(start="2027-03-15", **{row.group: task})
    item = plan_for(date(2027, 3, 15), [task]).items[0]
    html = plan(made)
    for words in (row.title, item.days, *item.sentences):
        assert tag("i", words)[3:-4] in html
    assert (text("plan.waits") in html) is row.rule
    assert made.ui_state(made.state)["open"] == [row.group, "save"]


def test_nothing_that_the_rule_touches_falls_into_soap() -> None:
    """With any start around Match Week, such tasks have no day from Monday to Thursday of that week."""
    monday = match_week(2027)
    for offset in range(-20, 6):
        made = board(start=(monday + timedelta(days=offset)).isoformat(), **everything())
        for item in made._plan(made.state).items:
            if item.task.rule:
                assert item.ends < monday or item.begins > monday + timedelta(days=3)


def test_warnings_are_shown() -> None:
    """There's one for too much in the first week, and one for tasks without a day."""
    made = board(**everything())
    shown = made._plan(made.state)
    assert len(shown.warnings) > 1
    for warning in shown.warnings:
        assert tag("i", warning)[3:-4] in plan(made)
    assert text("plan_board.notes") in plan(made)
    assert text("plan_board.notes") not in plan(board(first_days="rest"))


def test_a_plan_with_only_undated_tasks_says_so() -> None:
    """If the only checked task has no day left, the plan says why, and there's nothing to save."""
    made = board(first_days="soap_applications")
    assert text("plan.left_out", title=TASKS["soap_applications"].title) in plan(made)
    assert do(made, "calendar")["notice"] == text("plan_board.nothing")


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("tomorrow", "day_as_text"),
        ("19.3.2027", "day_as_text"),
        ("2027-3-19", "day_as_text"),
        ("3/22/27", "day_as_text"),
        ("3-22-2027", "day_as_text"),
        ("22/3/2027", "calendar_day"),
        ("2/29/2027", "calendar_day"),
        ("3/22/1999", "calendar_day"),
        ("20270319", "day_as_text"),
        ("", "day_as_text"),
        ("２０２７-03-19", "day_as_text"),
        ("2027-02-29", "calendar_day"),
        ("2027-13-01", "calendar_day"),
        ("1999-12-31", "calendar_day"),
        ("2101-01-01", "calendar_day"),
    ],
)
def test_an_invalid_date_gets_a_friendly_message(typed: str, rule: str) -> None:
    """The field's message has an example or the valid years, and the plan stays the same."""
    made = board(first_days="rest")
    before = made.state
    with pytest.raises(CaseError) as caught:
        made.with_value("start", typed)
    assert caught.value.rule == rule
    answer = do(made, "set", field="start", value=typed)
    assert answer["errors"]["start"].startswith(text("plan_board.start"))
    assert made.state == before


@pytest.mark.parametrize("typed", ["2013-01-01", "2100-12-31", " 2028-02-29 "])
def test_the_first_and_last_days_are_accepted(typed: str) -> None:
    """This covers the first and last year, and spaces around a date."""
    made = board(start=typed, **everything())
    assert made._plan(made.state).start == date.fromisoformat(typed.strip())
    assert plan(made)


@pytest.mark.parametrize("typed", ["3/2/2027", "03/02/2027", " 3/02/2027 ", "2027-03-02"])
def test_a_day_as_it_is_written_in_the_us_is_understood(typed: str) -> None:
    """Month/day/year gives the same day as year-month-day."""
    made = board(start=typed)
    assert made.state["start"] == "3/2/2027"
    assert made._plan(made.state).start == date(2027, 3, 2)


def test_the_line_to_call_is_named_once_in_normal_size_before_anything_to_do() -> None:
    """One sentence has 988, on screen and on paper, with nothing checked or with everything, and not in small print."""
    line = tag("p", linked_text("plan.crisis"), class_="bw-lifeline")
    assert '<b><a href="tel:988">call</a></b> or <b><a href="sms:988">text 988</a></b>, day or night.' in line
    for made in (board(), board(**everything())):
        before_inputs = made.page().partition("<input")[0]
        assert made.page().count(line) == before_inputs.count(line) == 2
        words = re.sub("<[^>]*>", "", made.page())
        assert words.count("988") == 2 * text("plan.crisis").count("988")


def test_nothing_is_called_ours_twice() -> None:
    """If a sentence says that the advice is ours, no badge repeats it."""
    badge = text("card.ours")
    assert badge not in plan(board(first_days="rest|talk_to_someone|read_agreement"))
    assert badge in plan(board(first_days="honest_with_mentors"))


def test_saving_reminds_of_a_shared_computer() -> None:
    """The text next to the buttons and the notice both say to delete the file there."""
    made = board(first_days="rest")
    assert "Shared computer?" in do(made, "text")["notice"]
    assert "Shared computer?" in do(made, "calendar")["notice"]
    assert "Shared computer?" in text("plan_board.saved_where")


def test_the_start_button_checks_three_more_tasks() -> None:
    """It keeps the other tasks, and one undo takes it back."""
    made = board(first_days="name_risks", year="fresh_list")
    answer = do(made, "begin")
    assert set(made._checked(made.state)) == {"name_risks", "fresh_list", *TO_BEGIN}
    assert set(answer["values"]["first_days"].split("|")) == {"name_risks", *TO_BEGIN}
    assert made.undo()
    assert made._checked(made.state) == ["name_risks", "fresh_list"]
    assert len(TO_BEGIN) == 3


def test_unticking_everything_can_be_undone() -> None:
    made = board(**everything())
    do(made, "clear")
    assert made._checked(made.state) == []
    assert made.undo()
    assert set(made._checked(made.state)) == set(TASKS)


def without_ids(ics: str) -> str:
    """Remove the parts of a calendar file that differ each time."""
    return re.sub(r"(UID:\w+-|DTSTAMP:)[0-9a-fTZ-]+", r"\1", ics.replace("\r\n ", ""))


def test_both_files_are_those_of_the_library_with_the_day_in_their_name() -> None:
    """Text and calendar match the plan, and the notice names the file."""
    made = board(start="2027-03-22", first_days="rest", two_months="open_seats")
    wanted = plan_for(date(2027, 3, 22), ["rest", "open_seats"])
    for do_what, ending, content in (("text", "txt", wanted.text), ("calendar", "ics", wanted.ics)):
        answer = do(made, do_what)
        assert answer["file"]["name"] == f"my-plan-2027-03-22.{ending}"
        assert without_ids(answer["file"]["text"]) == without_ids(content)
        assert answer["file"]["name"] in answer["notice"]


@pytest.mark.parametrize("what", ["text", "calendar"])
def test_an_empty_plan_saves_no_file(what: str) -> None:
    """With nothing checked there's a message instead."""
    answer = do(board(), what)
    assert "file" not in answer
    assert answer["notice"] == text("plan_board.nothing")


@pytest.mark.parametrize(
    ("field", "value"), [("first_days", "rset"), ("first_days", "rest|rest"), ("year", "rest"), ("month", "")]
)
def test_an_unknown_task_cannot_be_checked(field: str, value: str) -> None:
    """A group accepts only its own tasks, each once."""
    with pytest.raises(CaseError):
        board().with_value(field, value)


def test_a_saved_state_restores_the_same_plan() -> None:
    """A new kernel gets it from the page."""
    made = board(start="2027-06-20", **everything())
    again = make_activity("year_plan")
    again.commit(again.from_file(json.dumps(made.values(made.state))))
    assert again.state == made.state
    assert again.fragments(again.state) == made.fragments(made.state)


@pytest.mark.parametrize("text", ["", "3", '{"start": "soon"}', '{"year": "rest"}'])
def test_a_broken_saved_state_is_rejected(text: str) -> None:
    """A state that the board never saved changes nothing."""
    made = board(first_days="rest")
    before = made.state
    assert "notice" in do(made, "load", value=text)
    assert made.state == before


def test_the_tour_is_the_same_each_time_and_leaves_no_trace() -> None:
    """It names every task, doesn't depend on today's date, and ends where it began."""
    made = board(first_days="rest")
    before = made.state
    transcript = made.transcript()
    assert transcript == made.transcript()
    assert made.state == before
    assert all(row.title in transcript for row in TASKS.values())
    assert set(re.findall(r"\b20\d\d\b", transcript)) <= {"2027", "2028", "2029"}
