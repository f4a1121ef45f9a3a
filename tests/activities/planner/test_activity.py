"""The planner at work: its two tables, a guess before the proposal, its files, and restoring a saved state."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, rules_check
from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.messages import ShowMessage
from backchannel_lib.activities.planner.activity import PlannerActivity
from backchannel_lib.activities.planner.briefing import briefing
from backchannel_lib.activities.planner.html import plan_to_csv
from backchannel_lib.activities.planner.state import PersonRow, PlannerState, ProgramRow, empty, example, guesses
from backchannel_lib.activities.planner.tables import (
    MOST_ROWS,
    TABLES,
    limits_in_words,
    read_rows,
    rows_to_csv,
)
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import load_planner_example
from backchannel_lib.base.texts import text
from backchannel_lib.model.possible import possible
from backchannel_lib.page.activity_page import PAPER


def planner() -> PlannerActivity:
    """Open a new planner."""
    made = make_activity("planner")
    assert isinstance(made, PlannerActivity)
    return made


def act(one: PlannerActivity, action: str, **more: Any) -> ShowMessage:
    """Perform one action, and return the first answer."""
    return next(iter(one.handle({"type": action, "view": "v", "seq": 1, **more})))


def update(one: PlannerActivity, field: str, value: Any) -> str:
    """Change one control, and return the message at its field, if there is one."""
    act(one, "set", field=field, value=value)
    return one.errors.get(field, "")


def shown(guess: str = "2") -> PlannerActivity:
    """Open a planner with the proposal for the example showing."""
    one = planner()
    act(one, "set", field="guess", value=guess)
    act(one, "see")
    return one


def on_screen(one: PlannerActivity) -> str:
    """Return everything that is on screen or in the page's HTML."""
    return "\n".join(
        [
            one.page(),
            one.text,
            one.static_html(),
            *one.fragments(one.state).values(),
            *one.deferred_fragments(one.state).values(),
        ]
    )


# ---- the example ----


def test_the_example_comes_from_its_table_and_is_called_an_example() -> None:
    """All of its rows are complete, and the page says that they're made up."""
    one = planner()
    rows = load_planner_example()
    for table in TABLES:
        names = [text(f"planner_example.{row.row}") for row in rows if row.table == table]
        assert [row.name for row in one.state.rows(table)] == names
    assert len(one.state.ready_people) == len(one.state.people)
    assert len(one.state.ready_programs) == len(one.state.programs)
    assert one.fragments(one.state)["example"] == text("planner_board.is_example")
    assert one.state.file.phase == "groundwork"


def test_the_example_has_something_of_everything() -> None:
    """There are rows for two people with three programs each, warnings, and both a person and a program left out."""
    found = example().plan
    assert [len(found.rows_of(person)) for person in found.people] == [3, 3]
    assert {"volume", "overlap", "below_range", "far_below", "barely"} == {notice.kind for notice in found.warnings}
    assert {left.what for left in found.left_out} == {"person", "program"}


def test_whoever_is_not_under_who_knows_whom_is_named_with_the_reason() -> None:
    """Only people whom some director knows have boxes there."""
    one = planner()
    known = one.fragments(one.state)["known"]
    boxes = known.partition("<details")[0]
    asked = [row.name for row in one.state.people if text("planner_board.known_at", name=row.name) in boxes]
    (left,) = [row.name for row in one.state.people if row.name not in asked]
    assert text("planner_board.strangers", names=left) in boxes
    row = next(row for row in one.state.people if row.name == left)
    act(one, "set", field=f"people.{row.id}.kind", value="known_dean")
    boxes = one.fragments(one.state)["known"].partition("<details")[0]
    assert text("planner_board.known_at", name=left) in boxes
    assert text("planner_board.strangers", names="").partition(":")[0] not in boxes
    act(one, "clear")
    assert one.fragments(one.state)["known"].count("<p") == 1


def test_clearing_the_example_leaves_empty_tables_and_a_plain_explanation() -> None:
    """There are no rows, no guess and no mention of an example, and the plan says what to start with."""
    one = shown()
    answer = act(one, "clear")
    assert one.state == empty()
    assert answer["focus"] == "people"
    parts = one.fragments(one.state)
    assert parts["example"] == parts["plan"] == parts["beside"] == ""
    assert text("planner_board.no_people") in parts["people"]
    act(one, "set", field="guess", value="0")
    act(one, "see")
    assert text("planner.empty.both") in one.fragments(one.state)["plan"]
    assert text("planner_board.told_nobody") in one.fragments(one.state)["beside"]
    act(one, "example")
    assert one.state == example()


# ---- a guess comes first ----

ANSWERS = [row.reason for row in example().plan.rows] + [notice.sentence for notice in example().plan.warnings]


@pytest.mark.parametrize("action", [None, "see", "guess_again", "save_plan", "save_sheet", "undo", "reset"])
def test_no_part_of_the_proposal_is_shown_before_a_guess(action: str | None) -> None:
    """No action shows rows, warnings or sheets, on screen or in the page's HTML, or saves them to a file."""
    one = planner()
    if action:
        assert "file" not in act(one, action, value="1")
    assert [answer for answer in ANSWERS if answer in on_screen(one).replace("&#x27;", "'")] == []
    assert one.ui_state(one.state)["open"] == ["ask", "example", PAPER]
    if action in {"see", "save_plan", "save_sheet"}:
        assert act(one, action, value="1")["notice"] == text("guess.first")


@pytest.mark.parametrize("guess", guesses())
def test_the_guess_is_shown_next_to_the_plan(guess: str) -> None:
    """Both numbers come with a friendly sentence, and the focus moves there."""
    one = planner()
    update(one, "guess", guess)
    assert act(one, "see")["focus"] == "beside"
    beside = one.fragments(one.state)["beside"]
    word = {"0": "told_more", "1": "told_more", "2": "told_same", "3": "told_fewer"}[guess]
    assert text(f"planner_board.{word}", **limits_in_words()) in beside
    assert re.findall(r"<dd><b>(\d)</b>", beside) == [guess, "2"]


def test_the_comparison_stays_if_the_tables_change_and_can_be_redone() -> None:
    """The guess is compared with the plan as it was then. Guessing again closes the proposal."""
    one = shown()
    update(one, "people.2.knows_work", "barely")
    assert len(one.state.plan.people) == 1
    assert one.state.planned == "2"
    act(one, "guess_again")
    assert set(one.ui_state(one.state)["open"]) - {PAPER} == {"ask", "own"}
    assert one.fragments(one.state)["plan"] == ""


# ---- the proposal ----


def test_every_row_has_person_program_verdict_reason_rule_and_moment() -> None:
    """It does so on screen and as text, followed by the warnings and by who or what is left out and why."""
    one = shown()
    part, content = one.fragments(one.state)["plan"].replace("&#x27;", "'"), one.text
    found = one.state.plan
    for row in found.rows:
        for word in (row.person.name, row.program.name, row.verdict.label, row.rules.label, row.reason):
            assert word in part
            assert word in content
        assert text(f"level.phase.{row.case.phase}") in content
    for message in (*(warning.sentence for warning in found.warnings), *(left.reason for left in found.left_out)):
        assert message.replace("'", "") in part.replace("'", "")
    assert text("planner.objective", **limits_in_words()).replace("'", "") in part.replace("'", "")


@pytest.mark.parametrize("phase", Case.fields()["phase"].levels)
def test_the_rule_is_shown_before_any_guess_and_in_each_row(phase: str) -> None:
    """During SOAP it says no, and otherwise contact is allowed."""
    one = planner()
    update(one, "phase", phase)
    in_soap = phase in {"soap_lists", "gap_filling"}
    answer = "not_allowed" if in_soap else "allowed"
    assert f'data-answer="{answer}"' in one.fragments(one.state)["rule"]
    assert f'data-answer="{answer}"' in one.page()
    update(one, "guess", "1")
    act(one, "see")
    assert {row.rules.answer for row in one.state.plan.rows} <= {answer}


def test_a_rule_that_holds_for_every_contact_is_shown_once_and_otherwise_in_each_row() -> None:
    """Six badges with the same two lines would bury the programs."""
    one = shown()
    rules = [
        text("planner_board.row_rule", answer=row.rules.label, moment=text(f"level.phase.{row.case.phase}"))
        for row in one.state.plan.rows
    ]
    assert (len(rules), len(set(rules))) == (6, 1)
    part = one.fragments(one.state)["plan"].replace("&#x27;", "'")
    assert part.count(rules[0]) == 1
    assert part.index(rules[0]) < part.index(one.state.plan.people[0].name)
    update(one, "phase", "soap_lists")
    update(one, "programs.1.program_contacted_first", True)
    answers = [row.rules.label for row in one.state.plan.rows]
    part = one.fragments(one.state)["plan"].replace("&#x27;", "'")
    assert part.count("bw-voice-rule") == (1 if len(set(answers)) == 1 and len(answers) > 1 else len(answers))


def test_an_incomplete_row_is_set_aside_and_named() -> None:
    """A person without a kind and a program without a range aren't in the plan, and the page says that they're waiting."""
    one = shown()
    act(one, "add", value="people")
    act(one, "add", value="programs")
    update(one, "programs.8.name", "Hazel")
    update(one, "people.4.kind", "")
    assert len(one.state.ready_people) == 3
    assert len(one.state.ready_programs) == 7
    names = ", ".join(["Dr. Tran", text("planner_board.person", number=5), "Hazel"])
    assert text("planner_board.waiting", names=names) in one.fragments(one.state)["plan"]


def test_a_person_with_no_program_checked_is_a_stranger_everywhere() -> None:
    """Without any check mark, a dean counts as one without a history, and no warning names a program."""
    one = shown()
    update(one, "people.1.known_at", "")
    update(one, "people.2.known_at", "")
    rows = one.state.plan.rows
    assert {row.case.recommender for row in rows} <= {"random_dean", "unconnected_faculty"}
    assert text("planner_board.nowhere") not in one.fragments(one.state)["plan"]
    update(one, "people.2.known_at", "3|1")
    assert one.state.ready_people[1].known_at == ("Alder", "Cedar")


def test_where_a_person_is_known_is_asked_only_if_it_matters() -> None:
    """Callers with standing and a name get a checkbox for each named program, and the checkboxes follow the names."""
    one = planner()
    known = one.fragments(one.state)["known"]
    assert re.findall(r'data-field="people\.(\d)\.known_at"', known) == ["1", "2", "3"]
    update(one, "programs.1.name", "Aspen")
    update(one, "people.4.kind", "known_dean")
    update(one, "people.1.name", "")
    known = one.fragments(one.state)["known"]
    assert re.findall(r'data-field="people\.(\d)\.known_at"', known) == ["2", "3", "4"]
    assert "Aspen" in known
    assert "Alder" not in known
    assert one.state.people[0].known_at == (1, 2, 3, 5, 6)


def test_everyone_with_a_name_can_be_marked_as_working_at_a_hospital() -> None:
    """Even a stranger to the director can work there. Then the rows and the warning say to ask first during SOAP."""
    one = shown()
    assert re.findall(r'data-field="people\.(\d)\.inside_at"', one.fragments(one.state)["known"]) == ["1", "2", "3", "4"]
    update(one, "phase", "soap_lists")
    update(one, "people.2.known_at", "")
    assert update(one, "people.2.inside_at", "4") == ""
    row = next(row for row in one.state.plan.rows if row.program.name == "Dogwood")
    assert (row.person.name, row.case.recommender, row.rules.answer) == ("Dr. Lind", "trusted_peer", "ask_first")
    assert text("planner.warn_rule.ask_first_inside", names="Dogwood") in one.fragments(one.state)["plan"].replace(
        "&#x27;", "'"
    )
    act(one, "remove", value="programs.4")
    assert one.state.people[1].inside_at == ()
    assert update(one, "people.2.inside_at", "4").startswith("Person 2, Works at:")


# ---- the sheets ----


def test_each_person_in_the_plan_has_a_fact_sheet_that_can_be_saved() -> None:
    """On screen and in the file, it's the planner's own briefing, and an example's says so. Nobody else has one."""
    one = shown()
    found, note = one.state.plan, text("planner_board.is_example")
    for number, person in ((1, found.people[0]), (2, found.people[1])):
        content = f"{note}\n\n{briefing(found, person).text}"
        assert content.replace("'", "") in one.fragments(one.state)["sheets"].replace("&#x27;", "").replace("'", "")
        file = act(one, "save_sheet", value=str(number))["file"]
        assert file == {"name": f"facts_{number}.txt", "text": content}
    assert act(one, "save_sheet", value="3")["notice"] == text("panel.not_understood")
    assert one.ui_state(one.state)["open"] == ["seen", "example", "sheets"]
    update(one, "professionalism_issue", True)
    assert one.ui_state(one.state)["open"] == ["seen", "example"]


def test_a_fact_sheet_about_the_readers_own_people_has_no_note() -> None:
    one = shown()
    update(one, "people.1.name", "Dr. Ash")
    content = act(one, "save_sheet", value="1")["file"]["text"]
    assert content == briefing(one.state.plan, "Dr. Ash").text
    assert text("planner_board.is_example") not in content


# ---- the rows' lines ----


def test_each_row_says_in_one_line_what_was_entered() -> None:
    """It's there before Python answers, and follows every change."""
    one = planner()
    lines = {name: part for name, part in one.fragments(one.state).items() if name.startswith("line.")}
    assert list(lines) == [f"line.{table}.{row.id}" for table in TABLES for row in one.state.rows(table)]
    page = one.page()
    assert [name for name, part in lines.items() if f'<span data-fragment="{name}">{part}</span>' not in page] == []
    assert lines["line.people.1"] == "<b>Dr. Osei</b> · Dean they know personally · knows you well · record 3 of 3"
    update(one, "people.1.knows_work", "barely")
    update(one, "people.1.track_record", "")
    update(one, "programs.1.openings", "noncategorical")
    update(one, "programs.1.name", "")
    parts = one.fragments(one.state)
    assert parts["line.people.1"] == "<b>Dr. Osei</b> · Dean they know personally · hardly knows you"
    words = ("<b>Program 1</b>", "range from 228", "seats: only prelim or other", "you've been there")
    assert parts["line.programs.1"] == " · ".join(words)
    act(one, "add", value="people")
    assert one.fragments(one.state)["line.people.5"] == "<b>Person 5</b>"


def test_the_example_can_only_be_cleared_while_it_is_there_and_shown_once_it_is_gone() -> None:
    """While it's there, the take-home sheet's place says why there's none."""
    one = planner()
    for is_there, change in ((True, ""), (False, "clear"), (True, "example"), (False, "add")):
        if change:
            act(one, change, value="people")
        assert [name for name in ("example", "own") if name in one.ui_state(one.state)["open"]] == [
            "example" if is_there else "own"
        ]
        assert one.fragments(one.state)["no_sheet"] == (text("planner_board.no_sheet") if is_there else "")


# ---- adding and removing rows ----


@pytest.mark.parametrize("table", TABLES)
def test_a_new_row_is_added_at_the_end_and_gets_the_focus(table: str) -> None:
    """Its name field does. The table is rewritten, and undo removes the row."""
    one = planner()
    before = one.state
    number = len(before.rows(table)) + 1
    answer = act(one, "add", value=table)
    assert answer["focus"] == f"{table}.{number}.name"
    assert f'data-field="{table}.{number}.name"' in one.fragments(one.state)[table]
    assert f"{table}.{number}.name" in list(one.fields())
    assert f"{table}.{number}.name" in one.ui_state(one.state)["shown"]
    act(one, "undo")
    assert one.state == before


@pytest.mark.parametrize("table", TABLES)
def test_a_removed_row_passes_the_focus_to_its_neighbor(table: str) -> None:
    """That's the row that takes its place, otherwise the one before it, otherwise the empty table."""
    one = planner()
    numbers = [row.id for row in one.state.rows(table)]
    assert act(one, "remove", value=f"{table}.{numbers[1]}")["focus"] == f"line.{table}.{numbers[2]}"
    assert act(one, "remove", value=f"{table}.{numbers[-1]}")["focus"] == f"line.{table}.{numbers[-2]}"
    for row in one.state.rows(table)[:-1]:
        act(one, "remove", value=f"{table}.{row.id}")
    assert act(one, "remove", value=f"{table}.{one.state.rows(table)[0].id}")["focus"] == table
    assert one.state.rows(table) == ()


def test_removing_the_only_program_where_someone_is_known_leaves_them_known_nowhere() -> None:
    """It must not make them known everywhere."""
    one = planner()
    act(one, "remove", value="programs.1")
    assert one.state.people[2].known_at == ()
    assert one.state.ready_people[2].known_at == (text("planner_board.nowhere"),)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_a_limit_on_its_rows(table: str) -> None:
    """At the limit a message says so, and no row is added."""
    one = planner()
    act(one, "clear")
    for _ in range(MOST_ROWS[table]):
        assert "notice" not in act(one, "add", value=table)
    assert act(one, "add", value=table)["notice"] == text("planner_board.full", most=MOST_ROWS[table])
    assert len(one.state.rows(table)) == MOST_ROWS[table]


def test_typing_does_not_rewrite_the_rows() -> None:
    """So the focus isn't lost. Only a change of name rewrites the checkboxes."""
    one = planner()
    before = one.fragments(one.state)
    for field, value in (
        ("people.1.knows_work", "barely"),
        ("people.1.known_at", "1"),
        ("programs.1.range_low", "240"),
        ("programs.1.needs", "language"),
        ("programs.1.sponsors_visas", False),
    ):
        assert update(one, field, value) == ""
        parts = one.fragments(one.state)
        assert [parts[name] for name in (*TABLES, "known")] == [before[name] for name in (*TABLES, "known")], field
    update(one, "programs.1.name", "Aspen")
    assert one.fragments(one.state)["programs"] == before["programs"]
    assert one.fragments(one.state)["known"] != before["known"]
    update(one, "people.4.name", "Dr. Novak")
    assert one.fragments(one.state)["people"] == before["people"]


@pytest.mark.parametrize("value", ["people.9", "people", "programs.x", "nobody.1", "", "people.1.name"])
def test_removing_a_nonexistent_row_changes_nothing(value: str) -> None:
    """A calm message says that it didn't work."""
    one = planner()
    before = one.state
    assert act(one, "remove", value=value)["notice"] == text("panel.not_understood")
    assert one.state == before


# ---- invalid cells ----


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("people.1.name", "a|b", "1 to 80 characters"),
        ("people.1.name", "x" * 81, "1 to 80 characters"),
        ("people.1.name", "DR. LIND", "in the table only once"),
        ("people.1.kind", "self", "must be one of"),
        ("people.1.knows_work", "no", "must be one of"),
        ("people.1.track_record", "4", "from 0 to 3"),
        ("people.1.known_at", "1|99", "must hold only"),
        ("programs.1.range_low", "high", "from 1 to 999"),
        ("programs.1.range_low", "0", "from 1 to 999"),
        ("programs.1.range_floor", "229", "must not be above"),
        ("programs.1.openings", "many", "must be one of"),
        ("programs.1.needs", "luck", "must hold only"),
        ("programs.1.prior_contact", "perhaps", "must be yes or no"),
        ("score", "", "enter a number"),
        ("score", "1000", "from 1 to 999"),
        ("phase", "never", "Must be one of"),
        ("guess", "4", "Must be one of"),
    ],
)
def test_an_invalid_cell_gets_a_message_at_its_field(field: str, value: str, sentence: str) -> None:
    """The message begins with its row and column, or its question. The tables stay unchanged, and undo removes the message."""
    one = planner()
    before = one.state
    message = update(one, field, value)
    assert sentence in message
    label = one.label(field)
    assert message.startswith(f"{label} " if label.endswith("?") else f"{label}: ")
    if "." in field:
        number = text("planner_board.person" if field.startswith("people") else "planner_board.program", number=1)
        assert message.startswith(f"{number}, ")
    assert one.state == before
    act(one, "undo")
    assert one.errors == {}


def test_two_scores_that_conflict_can_be_fixed_by_changing_either() -> None:
    """An error about a program's range and floor goes away as soon as one of them is fixed."""
    one = planner()
    assert update(one, "programs.1.range_floor", "220") == ""
    assert update(one, "programs.1.range_low", "210") != ""
    assert update(one, "programs.1.range_floor", "200") == ""
    assert one.errors == {}


def test_adding_or_removing_a_row_clears_the_errors() -> None:
    """The rows are rewritten with the state's own values."""
    one = planner()
    update(one, "programs.2.range_low", "high")
    act(one, "remove", value="programs.2")
    assert one.errors == {}


# ---- what was saved in other chapters ----


def test_a_case_saved_in_other_chapters_is_loaded_only_by_the_button() -> None:
    """The tables of people and programs stay unchanged, and only the student's own fields are used."""
    saved_answers.delete(saved_answers.CASE)
    one = planner()
    assert act(one, "restore_case")["notice"] == text("planner_board.nothing_kept")
    saved_answers.save(
        saved_answers.CASE, {"score": 251, "needs_visa": True, "recommender": "trusted_peer", "phase": "nonsense"}
    )
    try:
        assert planner().state == example()
        act(one, "restore_case")
        assert (one.state.file.score, one.state.file.needs_visa, one.state.file.phase) == (251, True, "groundwork")
        assert one.state.file.recommender == "unconnected_faculty"
        assert one.state.people == example().people
        act(one, "undo")
        assert one.state == example()
    finally:
        saved_answers.delete(saved_answers.CASE)


# ---- files ----

NAMES = st.text(st.characters(categories=("L", "Nd")), min_size=1, max_size=8)


@st.composite
def states(draw: st.DrawFn) -> PlannerState:
    """Draw tables, complete or not."""
    names = draw(st.lists(NAMES, max_size=4, unique_by=str.casefold))
    programs = tuple(
        ProgramRow(
            number,
            name,
            draw(st.none() | st.integers(200, 300)),
            draw(st.none() | st.integers(100, 199)),
            draw(st.sampled_from(("categorical", "both", "noncategorical", "none"))),
            draw(st.booleans()),
            draw(st.frozensets(st.sampled_from(Case.fields()["needs"].levels))),
        )
        for number, name in enumerate(names, start=1)
    )
    who = draw(st.lists(NAMES, max_size=3, unique_by=str.casefold))
    people = tuple(
        PersonRow(
            number * 2,
            name,
            draw(st.sampled_from(("", "trusted_peer", "known_dean", "unconnected_faculty"))),
            draw(st.sampled_from(("well", "somewhat", "barely"))),
            draw(st.none() | st.integers(0, 3)),
            tuple(row.id for row in programs if draw(st.booleans())),
            tuple(row.id for row in programs if draw(st.booleans())),
        )
        for number, name in enumerate(who, start=1)
    )
    file = Case(score=draw(st.integers(200, 280)), phase=draw(st.sampled_from(Case.fields()["phase"].levels)))
    guess = draw(st.sampled_from(("", *guesses())))
    return PlannerState(file, people, programs, guess, draw(st.sampled_from(guesses())) if guess else "")


@given(states())
def test_a_saved_file_restores_everything(state: PlannerState) -> None:
    """So does what the page keeps. It's the tables, the student's file and the guess, even after rows were removed."""
    one = planner()
    name, text = one.to_file(state)
    assert name.endswith(".json")
    assert one.from_file(text) == state
    stale = {**json.loads(text), "people.99.name": "Gone", "people.99.kind": "known_dean"}
    assert one.from_file(json.dumps(stale)) == state
    act(one, "load", value=text)
    assert one.state == state
    assert one.fragments(one.state) == planner().fragments(state)


@given(states())
def test_a_spreadsheet_of_the_tables_can_be_read_back(state: PlannerState) -> None:
    """The two CSV files give back the complete rows and who is known where, so the plan is the same."""
    one = planner()
    one.commit(state)
    files = [act(one, "save_table", value=table)["file"]["text"] for table in TABLES]
    assert files == [rows_to_csv("people", state.ready_people), rows_to_csv("programs", state.ready_programs)]
    assert read_rows("people", files[0])[0] == state.ready_people
    assert read_rows("programs", files[1])[0] == state.ready_programs
    again = planner()
    again.commit(empty()._replace(file=state.file))
    for content in reversed(files):
        act(again, "load", value=content)
    assert again.state.ready_programs == state.ready_programs
    assert again.state.plan.rows == state.plan.rows


def test_programs_with_the_same_names_stay_checked_in_a_new_table() -> None:
    """Their position in the table doesn't matter."""
    one = planner()
    act(one, "load", value="name,range_low\nFir,250\nELM,240\n")
    assert [row.name for row in one.state.programs] == ["Fir", "ELM"]
    assert [row.known_at for row in one.state.people] == [(2,), (2,), (), ()]


def test_in_a_spreadsheet_a_blank_known_at_means_everywhere() -> None:
    """It checks every program in the table. Names that aren't in the table are ignored."""
    one = planner()
    act(
        one,
        "load",
        value="name,kind,known_at\nDr. A,trusted_peer,\nDr. B,trusted_peer,Elm|Nowhere\nDr. C,trusted_peer,Nowhere\n",
    )
    assert [row.known_at for row in one.state.people] == [(1, 2, 3, 4, 5, 6, 7), (5,), ()]
    act(one, "load", value="name,kind,inside_at\nDr. A,trusted_peer,\nDr. B,trusted_peer,ELM|Nowhere\n")
    assert [row.inside_at for row in one.state.people] == [(), (5,)]


def sent(content: bytes) -> str:
    """Encode bytes as the page sends them."""
    return f"data:;base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "Name;Their usual range begins at\nZoë Müller;230\n".encode("cp1252"),
            "Windows-1252. Check a name with an accent, such as Zoë",
        ),
        ("Name;Range Low\nZoë Müller;230\n".encode("mac_roman"), "Mac Roman"),
        ("Name\tRange Low\r\nZoë Müller\t230.0\r\n".encode("utf-16"), ""),
        ("Programs of 2027,\nName,Range Low\nZoë Müller,230\n".encode("utf-8-sig"), "The header is in row 2"),
        ("Name,Range Low,City,Region\nZoë Müller,230,Z,\n,,,\n".encode(), "Not used here: City, Region."),
    ],
)
def test_a_spreadsheet_in_any_encoding_keeps_its_letters_and_the_page_names_the_encoding(content: bytes, message: str) -> None:
    """The notice says what was guessed and what isn't used."""
    one = planner()
    notice = act(one, "load", value=sent(content))["notice"]
    assert [(row.name, row.range_low) for row in one.state.programs] == [("Zoë Müller", 230)]
    assert notice.startswith(text("planner_board.loaded"))
    assert message in notice


def test_an_xlsx_file_of_people_can_be_opened() -> None:
    """It's sent as bytes, and the sheet with the table's columns is read."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (
        ["Name", "Who they are there", "Record, last 3 residents"],
        ["Dr. Osei", "Known dean", 3.0],
        [None, None, None],
    ):
        book.active.append(row)
    book.save(out)
    one = planner()
    act(one, "load", value=sent(out.getvalue()))
    assert [(row.name, row.kind, row.track_record) for row in one.state.people] == [("Dr. Osei", "known_dean", 3)]


def test_several_programs_can_share_a_cell_with_commas() -> None:
    """This applies if the parts are programs' names and the whole cell isn't."""
    one = planner()
    act(one, "load", value='name,range_low\nElm,230\n"Oak, North",240\n')
    act(
        one, "load", value='name,kind,known_at\nA,known_dean,"Elm, Fir"\nB,known_dean,"Oak, North"\nC,known_dean,Elm; Nowhere\n'
    )
    assert [row.known_at for row in one.state.people] == [(1,), (2,), (1,)]


def test_a_saved_table_opens_in_excel_and_runs_nothing() -> None:
    """It begins with a byte order mark, and a name that looks like a formula is written as text and read back unchanged."""
    one = planner()
    update(one, "programs.1.name", "=HYPERLINK(1)")
    content = act(one, "save_table", value="programs")["file"]["text"]
    assert content.startswith("\ufeffname,")
    assert "\n'=HYPERLINK(1)," in content
    act(one, "load", value=content)
    assert one.state.programs[0].name == "=HYPERLINK(1)"
    assert act(shown(), "save_plan")["file"]["text"].startswith("\ufeffperson,")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,range_low\nElm,high\n", "programs, row 2, column range_low"),
        ("name,kind\nDr. Osei,friend\n", "people, row 2, column kind"),
        ("name,range_low\n" + "".join(f"P{n},230\n" for n in range(61)), "at most 60 rows"),
        ("name,range_low\n" + "Elm,230\n" * 1_000_000, "at most 60 rows, but the file is far too long"),
        ("name,range_low\nElm,\nOak,high\n", "programs, row 3, column range_low"),
        (sent(b"\xd0\xcf\x11\xe0"), ""),
        (sent(b"PK\x03\x04"), ""),
        (sent(bytes(range(256))), ""),
        ("", ""),
        ("[]", ""),
        ("{}", ""),
        ('{"score": 240}', ""),
        *((json.dumps({"people": bad}), "") for bad in ("x", "0", "1|1", "-1", "²", "|".join(map(str, range(1, 12))))),
        (json.dumps({"people": "1", "people.1.name": 7}), ""),
        (json.dumps({"people": "1|2", "people.1.name": "A", "people.2.name": "a"}), ""),
        (json.dumps({"people": "1", "people.1.known_at": "1"}), ""),
        (json.dumps({"programs": "1", "programs.1.range_low": 230, "programs.1.range_floor": 240}), ""),
        (json.dumps({"people": "", "guess": "9"}), ""),
        (json.dumps({"people": "", "score": None}), ""),
    ],
)
def test_a_broken_file_is_rejected_with_a_message_and_changes_nothing(text: str, message: str) -> None:
    """For a CSV file the message names the row and column."""
    one = planner()
    before = one.state
    notice = act(one, "load", value=text)["notice"]
    assert one.state == before
    assert message in notice
    assert notice.endswith("Your tables here are unchanged.")
    with pytest.raises(CaseError):
        one.from_file(text)


def test_the_proposal_can_be_saved_as_a_table() -> None:
    """The file has a line for each row of the plan, including the rule and the moment."""
    one = shown()
    content = act(one, "save_plan")["file"]["text"]
    assert content == plan_to_csv(one.state.plan)
    assert len(content.splitlines()) == 1 + len(one.state.plan.rows)
    rule = rules_check(Case(phase="groundwork")).label
    rows = list(csv.reader(content.removeprefix("\ufeff").splitlines()))
    assert ["Dr. Osei", "Alder", "Maybe", rule, text("level.phase.groundwork")] in [row[:5] for row in rows]


# ---- the tour ----


def test_the_tour_tries_everything_and_ends_where_it_began() -> None:
    """It guesses, changes each control and empties both tables. It's the same every time and leaves no trace."""
    one = planner()
    before, message = one.state, one.transcript()
    assert one.state == before
    assert message == planner().transcript()
    for field in one.row.fields:
        if Case.fields()[field].kind != "flag" or field != "lists_open":
            assert one.label(field) in message, field
    for word in ("planner.empty.people", "planner.empty.programs", "planner.empty.both", "planner.nothing.timing"):
        assert text(word, verdict="-", link="-").partition(".")[0].partition(" -")[0] in message


# ---- the sheets to print ----


def test_a_comparison_of_the_programs_comes_before_a_sheet_for_each() -> None:
    """Each has who would call, its own verdict or range, and its own question. The fictional tables have no sheets."""
    activity = PlannerActivity(planner().row, clock=lambda: datetime(2027, 3, 15, 20, 40))
    assert activity.sheets(activity.state) == []
    activity.update(failed_attempts=1, sheet_name="Zoë", sheet_topics="img")
    activity.update(**{"programs.1.sponsors_visas": "true"})
    sheets = activity.sheets(activity.state)
    contacts = activity.state.plan.contacts
    assert [sheet.head.program for sheet in sheets] == [contact.program.name for contact in contacts]
    for sheet, contact in zip(sheets, contacts, strict=True):
        found = possible(contact.case, contact.program.unknown)
        assert sheet.advice.judgment.verdicts == set(found.verdicts)
        assert contact.person.name in sheet.contact
    list(activity.handle({"type": "sheet"}))
    shown = activity.deferred_fragments(activity.state)["sheet"]
    assert shown.count("<article") == len(sheets) + 1
    plain = next(activity.handle({"type": "save_text"}))["file"]["text"]
    assert plain.startswith(text("take_home.comparison"))
    assert plain.count("Name: Zoë") == len(sheets) + 1
    assert text("ask.interviews_failures") in plain
    assert text("not_covered.img.question") in plain
