"""The year plan: checked tasks get days that fit the year and the NRMP's rule, as text and as a calendar file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backchannel_lib import CaseError, TableError, match_week
from backchannel_lib.activities.year_plan.model import (
    GROUPS,
    PEOPLE,
    _clear_of_soap,
    load_plan_tasks,
    match_week_of,
    plan_for,
)
from backchannel_lib.base.calendar_file import _escaped, _folded
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption

TASKS = {row.task: row for row in load_plan_tasks()}
TABLE = Path(__file__).resolve().parents[3] / "data" / "plan_tasks.csv"
DAY = timedelta(days=1)


def starts() -> st.SearchStrategy[date]:
    """Draw a plan's first days, mostly within a month of a Match Week."""
    near = st.builds(lambda year, days: match_week(year) + timedelta(days=days), st.integers(2014, 2099), st.integers(-30, 30))
    return near | st.dates(date(2013, 1, 1), date(2100, 12, 31))


def choices() -> st.SearchStrategy[list[str]]:
    """Draw checked tasks in any order, some of them twice."""
    return st.lists(st.sampled_from(sorted(TASKS)), max_size=30)


def soap_days(first: date, last: date) -> set[date]:
    """List the Mondays to Thursdays of Match Weeks between two days, computed only from the third Friday of March."""
    days = set()
    for year in range(first.year, last.year + 1):
        friday = next(date(year, 3, day) for day in range(15, 22) if date(year, 3, day).weekday() == 4)
        days |= {friday - back * DAY for back in (1, 2, 3, 4)}
    return {day for day in days if first <= day <= last}


# ---- the table ----


def test_the_tasks_are_marked_as_whose_they_are() -> None:
    """A task with the article's advice cites claims. Every task says which part is ours, and whom it involves."""
    for row in TASKS.values():
        assert row.assumption
        assert row.claims or row.advice_is_ours
        assert row.needs
        assert row.title
        assert row.why.endswith(".")
    assert {row.group for row in TASKS.values()} == set(GROUPS)
    assert {person for row in TASKS.values() for person in row.needs} == set(PEOPLE)


def test_the_kind_tasks_are_there() -> None:
    """Sleep, someone to talk to with the number to call, and the school's support are there, marked as ours."""
    for name in ("rest", "talk_to_someone", "school_support"):
        assert TASKS[name].advice_is_ours
        assert not TASKS[name].rule
        assert TASKS[name].group == "first_days"
    assert "988" in text("plan.crisis")
    assert not any("988" in row.why for row in TASKS.values())  # the number appears once, in plain text


def test_whatever_involves_a_program_waits_for_the_rule() -> None:
    """The NRMP's rule applies to exactly the tasks that involve a program."""
    assert {row.task for row in TASKS.values() if row.rule} == {row.task for row in TASKS.values() if "program" in row.needs}


@pytest.mark.parametrize("text", ["", "7", "start7", "start+", "starts+7", "start + 7", "start+1000", "start+7 ", "2027-03-15"])
@pytest.mark.parametrize("column", ["starts", "ends"])
def test_an_invalid_day_is_rejected(tmp_path: Path, column: str, text: str) -> None:
    """A day has to be one of the anchors and a number of days."""
    header, first, *rest = TABLE.read_text(encoding="utf-8").splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True)) | {column: text}
    path = tmp_path / "plan_tasks.csv"
    path.write_text("\n".join([header, ",".join(cells.values()), *rest]), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_plan_tasks(path)
    assert str(caught.value).startswith(f"plan_tasks.csv, row 2, column {column}: expected a day such as start+7; the days")
    assert str(caught.value).endswith(f", found {text!r}")


# ---- the days ----


@given(start=starts(), chosen=choices())
@example(start=date(2027, 3, 15), chosen=sorted(TASKS))
@example(start=date(2100, 12, 31), chosen=sorted(TASKS))
@example(start=date(2028, 2, 29), chosen=sorted(TASKS))
def test_every_task_has_its_days_in_the_year(start: date, chosen: list[str]) -> None:
    """A checked task is either in the plan once or listed as left out, and its days are in the year and in order."""
    plan = plan_for(start, chosen)
    placed = [item.task.task for item in plan.items]
    left_out = [row.task for row in plan.left_out]
    assert sorted(placed + left_out) == sorted(set(chosen))
    assert plan.last == start + 365 * DAY
    for item in plan.items:
        assert start <= item.begins <= item.ends <= plan.last
        days = (item.begins - start).days
        assert item.group == ("first_days" if days < 7 else "two_months" if days < 61 else "year")
    assert [item.begins for item in plan.items] == sorted(item.begins for item in plan.items)


@given(start=starts())
def test_no_task_of_the_rule_has_a_day_in_soap(start: date) -> None:
    """No such task has a day from Monday to Thursday of any Match Week."""
    plan = plan_for(start, TASKS)
    forbidden = soap_days(start, plan.last)
    for item in plan.items:
        if item.task.rule:
            assert not any(item.begins <= day <= item.ends for day in forbidden), item
        else:
            assert not item.moved


@given(start=starts(), chosen=choices())
def test_the_order_of_ticking_changes_nothing(start: date, chosen: list[str]) -> None:
    """Another order or duplicates give the same plan, and a task's days don't depend on the other tasks."""
    plan = plan_for(start, chosen)
    assert plan == plan_for(start, [*reversed(chosen), *chosen])
    whole = {item.task.task: item for item in plan_for(start, TASKS).items}
    assert all(whole[item.task.task] == item for item in plan.items)


MATCH_WEEKS = [
    (date(2027, 2, 28), date(2026, 3, 16)),  # more than two weeks ahead, so still about the last one
    (date(2027, 3, 1), date(2027, 3, 15)),
    (date(2027, 3, 15), date(2027, 3, 15)),
    (date(2027, 12, 31), date(2027, 3, 15)),
    (date(2028, 1, 1), date(2027, 3, 15)),
    (date(2013, 1, 1), date(2012, 3, 12)),
]


@pytest.mark.parametrize(("start", "monday"), MATCH_WEEKS)
def test_which_match_week_a_plan_is_about(start: date, monday: date) -> None:
    """It's the next Match Week if that is at most two weeks ahead, otherwise the last one that has begun."""
    assert match_week_of(start) == monday


#: First day, task, and the task's days or None.
DATED = [
    ("2027-03-15", "soap_applications", ("2027-03-15", "2027-03-18"), False),
    ("2027-03-17", "soap_applications", ("2027-03-17", "2027-03-18"), False),
    ("2027-03-18", "soap_applications", ("2027-03-18", "2027-03-18"), False),
    ("2027-03-19", "soap_applications", None, False),
    ("2027-03-10", "soap_applications", ("2027-03-15", "2027-03-18"), False),
    ("2027-03-15", "open_seats", ("2027-03-19", "2027-04-08"), False),
    ("2027-03-18", "open_seats", ("2027-03-19", "2027-04-08"), False),
    ("2027-03-25", "open_seats", ("2027-03-25", "2027-04-08"), False),
    ("2027-04-08", "open_seats", ("2027-04-08", "2027-04-08"), False),
    ("2027-04-09", "open_seats", None, False),
    ("2027-03-19", "inside_ear", ("2027-03-19", "2027-07-01"), False),
    ("2027-07-01", "inside_ear", ("2027-07-01", "2027-07-01"), False),
    ("2027-07-02", "inside_ear", ("2027-07-02", "2028-03-12"), False),  # cut on the Sunday before the next Match Week
    ("2027-02-01", "role_near_specialty", ("2027-02-08", "2027-03-14"), False),
    ("2027-02-12", "role_near_specialty", ("2027-02-19", "2027-03-14"), False),
    ("2027-02-13", "role_near_specialty", ("2027-02-20", "2027-03-14"), False),  # more days before SOAP than after
    ("2027-02-14", "role_near_specialty", ("2027-03-19", "2027-04-11"), True),  # more days after
    ("2027-03-07", "role_near_specialty", ("2027-03-19", "2027-05-02"), True),
    ("2027-03-08", "role_near_specialty", ("2027-03-19", "2027-05-03"), True),
    ("2027-03-11", "role_near_specialty", ("2027-03-19", "2027-05-06"), True),
    ("2027-03-12", "role_near_specialty", ("2027-03-19", "2027-05-07"), False),
    ("2027-03-19", "before_next_match", ("2028-02-14", "2028-03-10"), False),
    ("2028-03-10", "before_next_match", ("2028-03-10", "2028-03-10"), False),
    ("2028-03-11", "before_next_match", None, False),
    ("2028-03-13", "before_next_match", ("2029-02-12", "2029-03-09"), False),
    ("2027-03-19", "year_with_a_team", ("2027-05-19", "2028-03-18"), False),
    ("2027-03-19", "rest", ("2027-03-19", "2027-03-26"), False),
]


@pytest.mark.parametrize(("start", "task", "days", "moved"), DATED)
def test_the_days_of_a_task(start: str, task: str, days: tuple[str, str] | None, moved: bool) -> None:
    """It tries the edges of Match Week and of the year, and whether the rule moves the task."""
    plan = plan_for(date.fromisoformat(start), [task])
    found = [(item.begins.isoformat(), item.ends.isoformat()) for item in plan.items]
    assert found == ([days] if days else [])
    assert [item.moved for item in plan.items] == ([moved] if days else [])
    assert [row.task for row in plan.left_out] == ([] if days else [task])


#: A task's days in March 2027, and which of them remain. SOAP is from the 15th to the 18th.
CLEARED = [
    ((1, 14), (1, 14)),
    ((1, 15), (1, 14)),
    ((14, 18), (14, 14)),
    ((14, 19), (14, 14)),
    ((14, 20), (19, 20)),
    ((13, 20), (13, 14)),
    ((13, 21), (19, 21)),
    ((15, 19), (19, 19)),
    ((18, 30), (19, 30)),
    ((19, 30), (19, 30)),
    ((15, 18), None),
    ((16, 16), None),
]


@pytest.mark.parametrize(("days", "left"), CLEARED)
def test_what_the_rule_leaves_of_a_task(days: tuple[int, int], left: tuple[int, int] | None) -> None:
    """If a task has days before and after SOAP, the longer part stays. If all its days are in SOAP, none do."""
    begins, ends = _clear_of_soap(date(2027, 3, days[0]), date(2027, 3, days[1]))
    assert (begins, ends) == tuple(date(2027, 3, day) for day in left) if left else ends < begins


#: First day, task, and whether the task starts before SOAP (March 15 to 18) ends.
IN_SOAP = [
    ("2027-03-03", "honest_with_mentors", False),  # over on the 13th
    ("2027-03-05", "honest_with_mentors", True),  # over on the Monday
    ("2027-03-16", "honest_with_mentors", True),
    ("2027-03-17", "honest_with_mentors", True),  # begins on the Thursday
    ("2027-03-18", "honest_with_mentors", False),  # begins on the Friday
    ("2027-03-19", "honest_with_mentors", False),
    ("2027-03-01", "weigh_pivot", True),
    ("2027-03-16", "rest", False),  # no mentor involved
    ("2027-03-01", "role_near_specialty", False),  # excluded by the rule itself
    ("2027-03-19", "year_with_a_team", False),  # a different Match Week from the plan's
]


@pytest.mark.parametrize(("start", "task", "said"), IN_SOAP)
def test_only_tasks_that_begin_before_soap_ends_say_to_ask_only_for_advice(start: str, task: str, said: bool) -> None:
    """Until SOAP ends, a talk with a mentor says that mentors may not be asked to contact a program."""
    item = plan_for(date.fromisoformat(start), [task]).items[0]
    assert (text("plan.advice_only") in item.sentences) is said


def test_the_text_warns_that_a_violation_can_bar_you_from_soap() -> None:
    """The consequences are stated as plainly as the NRMP does, with the policy to read."""
    assert "bar you from SOAP in next year's Match" in TASKS["read_agreement"].why
    assert "policy on violations" in TASKS["read_agreement"].why


@pytest.mark.parametrize(
    "start",
    [None, "2027-03-15", 2027, datetime(2027, 3, 15, 9, 0), date(2012, 12, 31), date(2101, 1, 1)],
)
def test_an_invalid_first_day_is_rejected(start: Any) -> None:
    """Something that isn't a date, or is far from the present, is rejected."""
    with pytest.raises(CaseError, match=r"^start: must be a date between 2013 and 2100, but it is "):
        plan_for(start, [])


@pytest.mark.parametrize(("chosen", "value"), [(["rest", "slep"], "'slep'"), ("rest", "'rest'"), (None, "empty"), ([7], "7")])
def test_an_unknown_task_is_rejected(chosen: Any, value: str) -> None:
    """The error lists the existing tasks."""
    with pytest.raises(CaseError, match=rf"^chosen: must be one of .*fresh_list.*, but it is {value}\.$"):
        plan_for(date(2027, 3, 15), chosen)


# ---- the warnings ----


def test_too_much_in_the_first_week_gets_a_warning() -> None:
    """One task more than our limit gives a warning, and later tasks don't count."""
    first = [name for name, row in TASKS.items() if row.group == "first_days"]
    later = [name for name, row in TASKS.items() if row.group == "year"]
    most = int(assumption("plan_first_week_at_most"))
    start = date(2027, 3, 15)
    assert plan_for(start, [*first[:most], *later]).warnings == ()
    assert plan_for(start, first[: most + 1]).warnings == (text("plan.warning.many", count=most + 1, most=most),)
    assert plan_for(start, first[: most + 1]).warnings[0] in unwrapped(plan_for(start, first[: most + 1]).text)


def test_what_the_rule_moves_and_what_has_no_day_get_warnings() -> None:
    """The warning names a moved task with its new day, or a task that is left out."""
    role, soap = TASKS["role_near_specialty"].title, TASKS["soap_applications"].title
    moved = text("plan.warning.moved", day="Fri, Mar 19, 2027", title=role)
    assert plan_for(date(2027, 3, 10), ["role_near_specialty", "rest"]).warnings == (moved,)
    assert plan_for(date(2027, 3, 22), ["soap_applications"]).warnings == (text("plan.left_out", title=soap),)


# ---- as text ----


def unwrapped(text: str) -> str:
    """Return a text with all whitespace as single spaces."""
    return " ".join(text.split())


@given(start=starts(), chosen=choices())
def test_the_text_has_the_whole_plan(start: date, chosen: list[str]) -> None:
    """Each task has a checkbox, its days, its reason and whose advice it is, and no line is too long."""
    plan = plan_for(start, chosen)
    told = unwrapped(plan.text)
    assert re.findall(r"^\[ \] (.*)$", plan.text, re.MULTILINE) == [item.task.title for item in plan.items]
    for item in plan.items:
        assert item.days in told
        assert item.task.why in told
        assert (text("plan.ours") in item.sentences) == item.task.advice_is_ours
        assert (text("plan.article") in item.sentences) != item.task.advice_is_ours
        assert (text("plan.waits") in item.sentences) == item.task.rule
        assert (text("plan.advice_only") in item.sentences) == item.in_soap
        assert all(sentence in told for sentence in item.sentences)
    assert all(warning in told for warning in plan.warnings)
    assert [text(f"plan.group.{group}") in plan.text.splitlines() for group in GROUPS] == [
        any(item.group == group for item in plan.items) for group in GROUPS
    ]
    assert all(len(line) <= 78 and line == line.rstrip() for line in plan.text.splitlines())
    assert told.endswith(text("plan.crisis"))


def test_a_plan_with_nothing_checked_is_one_plain_sentence() -> None:
    """An empty plan has a kind sentence, no calendar and no warning. Other plans don't have that sentence."""
    plan = plan_for(date(2027, 3, 15), [])
    assert unwrapped(plan.text) == " ".join(
        [
            text("plan.title", first="Mon, Mar 15, 2027", last="Tue, Mar 14, 2028"),
            text("plan.empty"),
            text("plan.crisis"),
        ]
    )
    assert (plan.items, plan.left_out, plan.warnings, plan.ics) == ((), (), (), "")
    assert text("plan.empty") not in unwrapped(plan_for(date(2027, 3, 15), ["rest"]).text)


def test_a_single_day_is_shown_as_one() -> None:
    assert plan_for(date(2027, 3, 18), ["soap_applications"]).items[0].days == "Thu, Mar 18, 2027"


# ---- as a calendar ----


def parsed(ics: str) -> list[dict[str, str]]:
    """Parse a calendar file by the standard: unfold lines, unescape text, and return one record per event."""
    assert ics.endswith("\r\n")
    assert "\n" not in ics.replace("\r\n", "")
    lines = ics.replace("\r\n ", "").split("\r\n")[:-1]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert {"VERSION:2.0", "CALSCALE:GREGORIAN"} < set(lines)
    assert sum(line.startswith("PRODID:") for line in lines) == 1
    events: list[dict[str, str]] = []
    inside = False
    for line in lines[1:-1]:
        name, value = line.split(":", 1)
        if name == "BEGIN":
            assert (inside, value) == (False, "VEVENT")
            events.append({})
        elif name == "END":
            assert (inside, value) == (True, "VEVENT")
        elif inside:
            assert name not in events[-1]
            assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", value)
            events[-1][name] = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)
        inside = name == "BEGIN" or (inside and name != "END")
    return events


@given(start=starts(), chosen=choices().filter(bool))
@example(start=date(2027, 3, 15), chosen=sorted(TASKS))
def test_the_calendar_is_read_back_as_the_plan(start: date, chosen: list[str]) -> None:
    """Each item is on its days, with its title, its reasons and its own id."""
    plan = plan_for(start, chosen)
    events = parsed(plan.ics) if plan.items else []
    assert len(events) == len(plan.items)
    assert len({event["UID"] for event in events}) == len(events)
    for event, item in zip(events, plan.items, strict=True):
        assert event["SUMMARY"] == item.task.title
        begins, after = (datetime.strptime(event[f"{end};VALUE=DATE"], "%Y%m%d").date() for end in ("DTSTART", "DTEND"))  # noqa: DTZ007
        assert begins == item.begins
        told = event["DESCRIPTION"].split("\n")
        assert told[: len(item.sentences)] == list(item.sentences)
        if (item.ends - item.begins).days < 14:
            assert after - DAY == item.ends
            assert len(told) == len(item.sentences)
        else:  # a long one is only on its first day, and names its last one
            assert after - DAY == item.begins
            assert told[-1].startswith("Until ")
            assert f"{item.ends.day}, {item.ends.year}" in told[-1]


@given(start=starts(), chosen=choices())
def test_no_line_of_the_calendar_is_too_long(start: date, chosen: list[str]) -> None:
    """No line has more than 75 octets."""
    ics = plan_for(start, chosen).ics
    assert all(len(line.encode()) <= 75 for line in ics.split("\r\n"))


def test_a_calendar_program_reads_it_and_two_files_never_share_an_id() -> None:
    """`icalendar` finds each item on its days, and the file has its creation time and unique ids."""
    plan = plan_for(date(2027, 3, 17), sorted(TASKS))
    before = datetime.now(UTC).replace(microsecond=0)
    files = [icalendar.Calendar.from_ical(plan.ics).walk("VEVENT") for _ in range(2)]
    after = datetime.now(UTC)
    for events in files:
        assert [(str(event["SUMMARY"]), event.decoded("DTSTART")) for event in events] == [
            (item.task.title, item.begins) for item in plan.items
        ]
        assert all(before <= event.decoded("DTSTAMP") <= after for event in events)
    ids = [str(event["UID"]) for events in files for event in events]
    assert len(set(ids)) == len(ids) == 2 * len(plan.items)


#: Characters that a calendar file can hold; tests/base/test_calendar_file.py has the others.
WRITABLE = st.characters(codec="utf-8", exclude_categories=("Cc",), include_characters="\t\n")


@given(text=st.text(WRITABLE, min_size=1, max_size=300))
@example(text="é" * 200)
@example(text="\U0001f642" * 100)
@example(text="a, b; c\\n\nd" * 20)
@example(text=" " * 200)
def test_any_text_survives_the_calendar(text: str) -> None:
    """Any words in any language can be read back from folded and escaped lines."""
    folded = _folded(f"SUMMARY:{_escaped(text)}")
    assert all(0 < len(line.encode()) <= 75 for line in folded.split("\r\n"))
    value = folded.replace("\r\n ", "").removeprefix("SUMMARY:")
    assert "\n" not in value
    assert re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value) == text


SMALL = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Backchannel Workbook//Year plan//EN
CALSCALE:GREGORIAN
X-WR-CALNAME:My plan
X-WR-CALDESC:988 Suicide & Crisis Lifeline (US): call or text 988\\, day or
  night. Your school's student mental health service can help too.
BEGIN:VEVENT
UID:soap_applications-...@backchannel-workbook
DTSTAMP:...
DTSTART;VALUE=DATE:20270317
DTEND;VALUE=DATE:20270319
"""


def test_the_rest_of_the_calendar_depends_only_on_the_plan() -> None:
    """Except for ids and the creation time, the file is exactly this text on every day and computer."""
    ics = plan_for(date(2027, 3, 17), ["soap_applications"]).ics.replace("\r\n ", "")
    ics = re.sub(r"(UID:soap_applications-|DTSTAMP:)[0-9a-fTZ-]+", r"\1...", ics)
    assert ics.startswith(SMALL.replace("\n ", "").replace("\n", "\r\n"))
