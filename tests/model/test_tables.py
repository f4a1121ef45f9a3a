"""The tables in data/: a broken one gets an error with its location, and everything they refer to exists and is used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from backchannel_lib import Case, TableError, judge
from backchannel_lib.base import texts
from backchannel_lib.base.readers import Reader, WrongCellError
from backchannel_lib.base.texts import all_words, load_words, text
from backchannel_lib.model import advice, rules, soap_rule, tables
from backchannel_lib.model.conditions import parse, scalar_function
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.tables import (
    ANSWERS,
    STAGES,
    ReadingChange,
    load_assumptions,
    load_callers,
    load_claims,
    load_examples,
    load_exams,
    load_facts,
    load_remedies,
    load_rules,
    load_soap_rule,
)
from backchannel_lib.page.case_controls import load_controls
from tests.helpers.tables import (
    DATA,
    FILES,
    LOADERS,
    MODULES,
    NO_TABLES,
    ROOT,
    TABLE_LOADERS,
    cells,
    error_for,
    with_cell,
    write,
)


def test_every_table_has_one_loader_made_by_loader() -> None:
    """It's named after the file, and reads all of its rows."""
    assert {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.csv")} == set(LOADERS)
    made: dict[str, set[int]] = {}
    for module in MODULES:
        for name, load in vars(module).items():
            if name.startswith("load_") and name not in NO_TABLES:
                made.setdefault(name, set()).add(id(load))
    assert {name: len(loaders) for name, loaders in made.items()} == dict.fromkeys(made, 1)
    for file, load in TABLE_LOADERS.items():
        assert load.__code__ is load_claims.__code__, file  # type: ignore[attr-defined]
        assert load.__name__ == f"load_{file.removesuffix('.csv')}"
        assert load() == load(path=DATA / file)
    for file, load in LOADERS.items():
        assert len(load(DATA / file)) == len(cells(file)) - 1


@pytest.mark.parametrize("file", sorted(TABLE_LOADERS))
def test_the_docstring_of_a_loader_names_every_column(file: str) -> None:
    """The docstring is the table's data dictionary, with a line for each column."""
    described = re.findall(r"^    - (\w+): .", str(TABLE_LOADERS[file].__doc__), re.MULTILINE)
    assert sorted(described) == sorted(cells(file)[0])


# ---- errors from every loader ----


@pytest.mark.parametrize("file", FILES)
def test_a_duplicate_id_is_rejected(tmp_path: Path, file: str) -> None:
    """The error gives its row, its column and its value."""
    rows = cells(file)
    column = {
        "percentiles.csv": "score",
        "reading_changes.csv": "target",
        "reply_contexts.csv": "taken_back_by",
        "options.csv": "option",
        "choices.csv": "choice",
        "study_answers.csv": "answer",
        "quick_answers.csv": "answer",
    }.get(file, rows[0][0])
    value = rows[2][rows[0].index(column)]
    message = error_for(tmp_path, file, [*rows, rows[2]])
    assert message == (
        f"{Path(file).name}, row {len(rows) + 1}, column {column}: expected an id that no other row has, found {value!r}"
    )


# ---- errors in columns ----

#: Columns that accept any text, and columns that can be blank; all others reject a "?" and a blank.
LOOSE = {
    "activities.csv": ("activity kind", "fields shows"),
    "article_numbers.csv": ("number", "claims"),
    "assumptions.csv": ("assumption", "value"),
    "bets.csv": ("", ""),
    "callers.csv": ("table_row chart_row", "claims assumption"),
    "chapters.csv": ("chapter", "part"),
    "choices.csv": ("choice", ""),
    "claims.csv": ("id topic", ""),
    "conditions.csv": ("condition when", ""),
    "controls.csv": ("heading shown_when", "heading"),
    "decides.csv": ("factor", "claims"),
    "desk_decisions.csv": ("decision", "assumption"),
    "desk_files.csv": ("file", "claims assumption"),
    "draw.csv": ("setting", "assumption"),
    "drill_files.csv": ("file", ""),
    "drill_turns.csv": ("turn", "overrides claims assumption"),
    "examples.csv": ("example", "claims"),
    "exams.csv": ("exam", ""),
    "facts.csv": ("id source year", "value"),
    "article.csv": ("value", ""),
    "article_sections.csv": ("heading", ""),
    "flags.csv": ("", "claims assumption"),
    "inbox_pieces.csv": ("piece", ""),
    "items.csv": ("item", "fits claims assumption"),
    "next_steps.csv": ("step when", "facts claims assumption"),
    "not_covered.csv": ("topic", "facts"),
    "options.csv": ("option", ""),
    "percentiles.csv": ("", ""),
    "phases.csv": ("", "claims assumption"),
    "plan_tasks.csv": ("task", "claims facts assumption needs"),
    "planner_example.csv": ("row", ""),
    "planner_limits.csv": ("limit", "claims"),
    "population_calls.csv": ("name", "assumption"),
    "questions.csv": ("", "facts assumption"),
    "quick_answers.csv": ("answer", "leaves_open"),
    "reading_cases.csv": ("", "facts assumption"),
    "reading_changes.csv": ("target to", ""),
    "readings.csv": ("reading choice", "claims"),
    "remedies.csv": ("remedy when", "claims assumption"),
    "reply_contexts.csv": ("", ""),
    "reply_findings.csv": ("finding", "not_with claims assumption"),
    "reply_phrases.csv": ("example", "claims"),
    "reply_points.csv": ("point", "looks_for against claims"),
    "reply_words.csv": ("name words", ""),
    "rules.csv": ("rule", "claims assumption"),
    "run_checks.csv": ("check", ""),
    "run_plans.csv": ("plan", ""),
    "run_steps.csv": ("step", "activity topic difficulty rule skip shorter"),
    "scenes.csv": ("scene", "claims assumption"),
    "score_anchors.csv": ("specialty", ""),
    "soap_rule.csv": ("row when", "facts"),
    "stages.csv": ("", ""),
    "steps.csv": ("step", "claims assumption"),
    "study_answers.csv": ("answer", ""),
    "study_bars.csv": ("bar unit", "unit facts claims assumption"),
    "support.csv": ("", "near facts case assumption"),
    "topics.csv": ("topic", ""),
    "verdicts.csv": ("verdict", "claims"),
    "vignettes.csv": ("vignette", "claims assumption"),
    "week_contacts.csv": ("contact", "claims"),
    "week_events.csv": ("event", "starts ends"),
} | {file: ("id text", "") for file in FILES if file.startswith("words/")}


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_every_column_except_those_listed_rejects_an_invalid_cell(tmp_path: Path, file: str) -> None:
    """Only the columns listed above accept any text or a blank. All others give an error that names the file."""
    accepted: dict[str, list[str]] = {"?": [], "": []}
    for column in cells(file)[0]:
        for value, columns in accepted.items():
            path = write(tmp_path / Path(file).name, with_cell(file, column, value))
            try:
                LOADERS[file](path)
            except TableError as error:
                assert error.file == path.name  # noqa: PT017 - a table that is accepted isn't a failure here
                continue
            columns.append(column)
    assert tuple(" ".join(columns) for columns in accepted.values()) == LOOSE[file]


@pytest.mark.parametrize(
    ("read", "known"),
    [
        (tables.claim_ids, [row.id for row in load_claims()]),
        (tables.fact_ids, [row.id for row in load_facts()]),
        (tables.assumption_id, [row.assumption for row in load_assumptions()]),
    ],
)
def test_the_error_for_an_unknown_id_lists_the_known_ones_in_the_order_of_their_table(read: Reader, known: list[str]) -> None:
    """So the same error always reads the same."""
    with pytest.raises(WrongCellError) as caught:
        read("?")
    assert str(caught.value) == f"one of {', '.join(known)}"


#: Number columns, with the lowest and highest value of each.
NUMBERS = [
    ("verdicts.csv", "rank", 0, 8),
    ("callers.csv", "weight", 0, 100),
    ("decides.csv", "share", 0, 100),
    ("article_sections.csv", "line", 1, 999),
    ("week_events.csv", "day", 0, 4),
    ("percentiles.csv", "score", 1, 300),
    ("percentiles.csv", "percentile", 0, 100),
    ("score_anchors.csv", "low", 1, 300),
    ("score_anchors.csv", "high", 1, 300),
    *(("exams.csv", column, 1, 999) for column in ("low", "high", "score", "range_low", "range_floor")),
]


@pytest.mark.parametrize(("file", "column", "low", "high"), NUMBERS)
def test_an_invalid_number_is_rejected(tmp_path: Path, file: str, column: str, low: int, high: int) -> None:
    """A number column accepts only whole numbers in its range."""
    for cell_text in (str(low - 1), str(high + 1), "ninety", "1.5", "", " 5", "-", "1e1", "²"):
        message = error_for(tmp_path, file, with_cell(file, column, cell_text))
        rule = f"expected a whole number from {low} to {high}, found {cell_text!r}"
        assert message == f"{file}, row 3, column {column}: {rule}"
    for cell_text in (str(low), str(high)):
        path = write(tmp_path / file, with_cell(file, column, cell_text))
        assert getattr(LOADERS[file](path)[1], column) == int(cell_text)


@pytest.mark.parametrize(
    ("column", "place", "row", "rule"),
    [
        (1, "0", 2, "a whole number from 1 to 5"),
        (1, "6", 2, "a whole number from 1 to 5"),
        (3, "1", 4, "a place that no other stage has"),
        (5, "3", 6, "a place that no other stage has"),
    ],
)
def test_each_stage_has_its_own_position_on_screen_from_1_to_5(
    tmp_path: Path, column: int, place: str, row: int, rule: str
) -> None:
    rows = cells("stages.csv")
    for number, one in enumerate(rows[1:], start=1):
        one[rows[0].index("shown")] = place if number == column else str(number)
    message = error_for(tmp_path, "stages.csv", rows)
    assert message == f"stages.csv, row {row}, column shown: expected {rule}, found {message.rpartition(' ')[2]}"


@pytest.mark.parametrize("year", ["2026", "unknown"])
def test_a_fact_that_nothing_was_found_has_no_year(tmp_path: Path, year: str) -> None:
    rows = cells("facts.csv")
    grade, at = rows[0].index("grade"), rows[0].index("year")
    number = next(number for number, row in enumerate(rows) if row[grade] == "none")
    rows[number][at] = year
    message = error_for(tmp_path, "facts.csv", rows)
    assert message.startswith(f"facts.csv, row {number + 1}, column year: expected undated, ")


@pytest.mark.parametrize(
    ("fact", "value", "rule"),
    [
        ("soap_rule.free_after_soap", "12", "nothing, since its wording has no place for it"),
        ("calendar.applications_max", "", "a figure, since its wording has a place for one"),
    ],
)
def test_a_fact_has_a_figure_exactly_if_its_wording_has_a_place_for_one(
    tmp_path: Path, fact: str, value: str, rule: str
) -> None:
    """Otherwise the figure would appear nowhere, or the sentence would have a hole."""
    rows = cells("facts.csv")
    number = next(number for number, row in enumerate(rows) if row[0] == fact)
    rows[number][rows[0].index("value")] = value
    message = error_for(tmp_path, "facts.csv", rows)
    assert message == f"facts.csv, row {number + 1}, column value: expected {rule}, found {value!r}"


@pytest.mark.parametrize(
    ("source", "year", "grade", "citation", "graded"),
    [
        ("NRMP", "2026", "A", "NRMP (2026)", True),
        ("NRMP 2026", "2026", "A", "NRMP 2026", True),
        ("NRMP 2025", "2026", "B", "NRMP 2025 (2026)", True),
        ("Our search", "undated", "none", "Our search", False),
    ],
)
def test_a_citation_names_the_year_once_and_the_grade_if_there_is_one(
    source: str, year: str, grade: str, citation: str, graded: bool
) -> None:
    fact = load_facts()[0]._replace(source=source, year=year, grade=grade)
    assert fact.citation == citation
    how = f". How we got it: {text(f'grade.{grade}')}" if graded else "."
    assert fact.graded_citation == citation + how


def test_a_phase_can_turn_the_year_within_one_month(tmp_path: Path) -> None:
    """It then ends on an earlier date than it starts."""
    rows = cells("phases.csv")
    starts, ends = rows[0].index("starts"), rows[0].index("ends")
    rows[1][ends], rows[2][starts] = "July 19", "July 20"
    rows[2][ends], rows[3][starts] = "July 10", "July 11"
    assert len(LOADERS["phases.csv"](write(tmp_path / "phases.csv", rows))) == 4


def test_a_caller_in_both_the_table_and_the_chart_says_how_they_were_matched(tmp_path: Path) -> None:
    """A caller in only one of them doesn't."""
    rows = cells("callers.csv")
    rows[4][rows[0].index("joined")] = "same"
    assert "row 5, column joined" in error_for(tmp_path, "callers.csv", rows)
    assert "row 3, column joined" in error_for(tmp_path, "callers.csv", with_cell("callers.csv", "joined", ""))


#: Columns with fixed words, with an invalid word and the valid ones.
WORDS = [
    ("stages.csv", "stage", "mesage", "message, levers, attention, paper, timing"),
    ("stages.csv", "counts", "highst", "highest, lowest"),
    ("rules.csv", "stage", "papers", "paper, message, levers, attention, timing"),
    ("readings.csv", "default", "Yes", "yes, no"),
    ("reading_changes.csv", "kind", "alows", "allows, condition, weight, calendar"),
    ("remedies.csv", "who", "nobdy", "nobody, student_now, recommender_now, other_program_or_caller, year_of_work"),
    ("soap_rule.csv", "answer", "alowed", "allowed, not_allowed, ask_first"),
    ("callers.csv", "impact", "hihg", "high, very_high, moderate, low, very_low"),
    ("callers.csv", "joined", "guess", "same, order"),
    ("phases.csv", "phase", "post_sopa", "post_soap, groundwork, soap_lists, gap_filling"),
    ("flags.csv", "kind", "polcy", "policy, explainable, not_overcome"),
    ("facts.csv", "grade", "D", "A, B, C, none"),
    ("controls.csv", "control", "dial", "radio, slider, checkbox, select, checks"),
    ("controls.csv", "group", "file", "message, levers, attention, paper, timing"),
]


@pytest.mark.parametrize(("file", "column", "text", "listed"), WORDS)
def test_an_unknown_word_is_rejected(tmp_path: Path, file: str, column: str, text: str, listed: str) -> None:
    """If a column accepts only certain words, the error lists them."""
    message = error_for(tmp_path, file, with_cell(file, column, text))
    start, found = message.split("expected one of ")
    assert start == f"{file}, row 3, column {column}: "
    assert found.endswith(f", found {text!r}")
    assert sorted(found.removesuffix(f", found {text!r}").split(", ")) == sorted(listed.split(", "))


#: Columns that refer to another table or to a case, with a name that doesn't exist there and the closest one that does.
NAMES = [
    ("rules.csv", "condition", "pressure_usd", "pressure_used"),
    ("rules.csv", "allows", "file_raed", "file_read"),
    ("examples.csv", "verdict", "mabye", "maybe"),
    ("reading_changes.csv", "reading", "vouch_is_enogh", "vouch_is_enough"),
    ("soap_rule.csv", "facts", "soap_rule.not_setled", "soap_rule.not_settled"),
    ("callers.csv", "recommender", "random_dan", "random_dean"),
    ("flags.csv", "flag", "needs_vsa", "needs_visa"),
    ("controls.csv", "field", "intensty", "intensity"),
]


@pytest.mark.parametrize(("file", "column", "text", "closest"), NAMES)
def test_a_name_that_does_not_exist_is_rejected_with_a_suggestion(
    tmp_path: Path, file: str, column: str, text: str, closest: str
) -> None:
    """It can be the name of a verdict, a condition, a fact or a field."""
    message = error_for(tmp_path, file, with_cell(file, column, text))
    assert message.startswith(f"{file}, row 3, column {column}: expected one of {closest}, ")
    assert message.endswith(f", found {text!r}")


@pytest.mark.parametrize("file", ["remedies.csv", "examples.csv"])
@pytest.mark.parametrize("text", ["", "score", "score 240", "scoer=240", "score=240; recomender=self", "score=240;"])
def test_a_change_that_is_not_of_a_field_is_rejected(tmp_path: Path, file: str, text: str) -> None:
    """Remedies and examples have pairs of a case's field and its value."""
    message = error_for(tmp_path, file, with_cell(file, "overrides", text))
    assert message == f"{file}, row 3, column overrides: expected 'field=value' pairs of fields of a case, found {text!r}"


def test_a_text_id_in_two_files_is_rejected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error names the second file."""
    folder = tmp_path / "words" / "en"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("id,text\nhello,Hello.\n", encoding="utf-8")
    (folder / "b.csv").write_text("id,text\nbye,Bye.\nhello,Hi.\n", encoding="utf-8")
    monkeypatch.setattr(texts, "data_root", lambda: tmp_path)
    with pytest.raises(TableError) as caught:
        load_words()
    assert str(caught.value) == "b.csv, column id: expected an id that no other file has, found 'hello'"


@pytest.mark.parametrize(
    ("kind", "target", "to", "column", "closest"),
    [
        ("weight", "random_dan", "50", "target", "one of random_dean, "),
        ("weight", "random_dean", "101", "to", "a whole number from 0 to 100,"),
        ("weight", "random_dean", "-1", "to", "a whole number from 0 to 100,"),
        ("weight", "random_dean", "", "to", "some text,"),
        ("calendar", "fridy", "gap_filling", "target", "one of friday, "),
        ("calendar", "friday", "gap_fillin", "to", "one of gap_filling, "),
        ("calendar", "friday", "", "to", "some text,"),
    ],
)
def test_an_invalid_change_of_a_weight_or_a_day_is_rejected_with_its_location(
    tmp_path: Path, kind: str, target: str, to: str, column: str, closest: str
) -> None:
    """A reading can change a recommender's weight, or a weekday's phase in the calendar."""
    rows = cells("reading_changes.csv")
    rows[2][rows[0].index("kind") :] = [kind, target, to]
    message = error_for(tmp_path, "reading_changes.csv", rows)
    assert message.startswith(f"reading_changes.csv, row 3, column {column}: expected {closest}")


@pytest.mark.parametrize("column", ["starts", "ends"])
def test_an_invalid_time_of_a_phase_is_rejected_with_its_location(tmp_path: Path, column: str) -> None:
    """A phase starts and ends either at an hour of Match Week or on a date."""
    for value in ("", "Thursday", "Thursday 9:00", "Thursday 25:00", "Thursdy 09:00", "July 32", "July"):
        message = error_for(tmp_path, "phases.csv", with_cell("phases.csv", column, value))
        rule = "a day and hour of Match Week such as Thursday 09:00, or a date such as July 1"
        assert message == f"phases.csv, row 3, column {column}: expected {rule}, found {value!r}"


@pytest.mark.parametrize("starts", ["Wednesday 23:00", "Thursday 01:00"])
def test_a_phase_must_end_when_the_next_one_starts(tmp_path: Path, starts: str) -> None:
    rows = cells("phases.csv")
    rows[3][rows[0].index("starts")] = starts
    message = error_for(tmp_path, "phases.csv", rows)
    assert message.startswith("phases.csv, row 3, column ends: expected the moment at which gap_filling starts, ")


@pytest.mark.parametrize(
    ("table", "chart", "joined", "relation"),
    [
        ("Dean", "Dean", "same", "same"),
        ("Dean", "A dean", "order", "other_name"),
        ("Dean", "", "", "only_table"),
        ("", "Dean", "", "only_chart"),
    ],
)
def test_a_caller_says_where_the_article_has_it(table: str, chart: str, joined: str, relation: str) -> None:
    row = load_callers()[0]._replace(impact="high", weight=80, table_row=table, chart_row=chart, joined=joined)
    assert row.relation == relation
    assert row.in_table == (f"{table}: {text('level.impact.high')}" if table else text("order.not_there"))
    assert row.in_chart == (f"{chart}: 80" if chart else text("order.not_there"))


@pytest.mark.parametrize("ends", ["Monday 11:00", "Monday 12:00"])
def test_a_phase_that_ends_when_it_starts_or_before_is_rejected(tmp_path: Path, ends: str) -> None:
    """That's so even if the next phase starts at that moment."""
    rows = cells("phases.csv")
    rows[2][rows[0].index("ends")] = rows[3][rows[0].index("starts")] = ends
    message = error_for(tmp_path, "phases.csv", rows)
    assert message.startswith("phases.csv, row 3, column ends: expected a moment after it starts")


@pytest.mark.parametrize(
    ("cell", "starts", "ends"),
    [
        ("Wednesday 24:00", tables.YearTime(0, 0, timedelta(days=3)), tables.YearTime(0, 0, timedelta(days=3))),
        (
            "Thursday 09:30",
            tables.YearTime(0, 0, timedelta(days=3, hours=9.5)),
            tables.YearTime(0, 0, timedelta(days=3, hours=9.5)),
        ),
        ("June 30", tables.YearTime(6, 30), tables.YearTime(7, 1)),
    ],
)
def test_a_time_of_the_year_is_an_hour_of_match_week_or_a_date(
    cell: str, starts: tables.YearTime, ends: tables.YearTime
) -> None:
    assert tables.year_time(cell) == starts
    assert tables.end_of_year_time(cell) == ends


# ---- the language of the conditions ----

CONDITION = "a condition such as 'score < range_low and not scripted'"
PARTS = "only and, or, not, is, in, & and comparisons"
CALLERS = "trusted_peer, subspecialist, known_dean, random_dean, unconnected_faculty, self"
REFUSED = [
    # not an expression at all
    *((text, CONDITION) for text in ("", "score <", "not", "if scripted", "a = b", "score < 240)", "scripted;")),
    # calls and other Python that the language doesn't include
    *(
        (text, PARTS)
        for text in (
            "print(score)",
            "__import__('os')",
            "case.score",
            "needs[0]",
            "1",
            "'yes'",
            "score + 1",
            "-score",
            "score < range_low < 240",
            "lambda: scripted",
            "[scripted]",
            "scripted if specifics else introduced",
            "(x := scripted)",
            "f'{score}'",
            "not print(score)",
            "scripted and open('x')",
        )
    ),
    # levels
    ("recommender is know_dean", f"a level of recommender: known_dean, {CALLERS.replace('known_dean, ', '')}"),
    ("recommender is 'self'", f"a level of recommender: self, {CALLERS.replace(', self', '')}"),
    ("phase in (groundwork, soap_list)", "a level of phase: soap_lists, groundwork, gap_filling, post_soap"),
    ("phase is post_soap()", "a level of phase: post_soap, groundwork, soap_lists, gap_filling"),
    ("phase in groundwork", "'in' followed by levels in parentheses"),
    ("phase in [groundwork]", "'in' followed by levels in parentheses"),
    # less or greater than a value that can be missing
    *(
        (text, "each number that is meant, such as 'track_record == 0 or track_record == 1', since track_record may be unknown")
        for text in (
            "track_record > 0",
            "track_record >= 1",
            "track_record < 3",
            "track_record <= 2",
            "0 < track_record",
            "3 >= track_record",
            "track_record < failed_attempts",
            "failed_attempts <= track_record",
            "not track_record > 0",
            "scripted or specifics and track_record > 0",
        )
    ),
]


@pytest.mark.parametrize(("text", "rule"), REFUSED)
def test_text_that_is_not_a_condition_is_rejected(text: str, rule: str) -> None:
    """A misspelled condition, or one that could do more than read a case, gets an error with its location and full text."""
    with pytest.raises(TableError) as caught:
        parse(text, {}, place=("rules.csv", 7, "when"))
    assert str(caught.value) == f"rules.csv, row 7, column when: expected {rule}, found {text!r}"


@pytest.mark.parametrize(
    ("text", "kind", "closest"),
    [
        ("scritped", "flag or set", "scripted"),
        ("scripted and not introdced", "flag or set", "introduced"),
        ("has_capitol", "flag or set", ""),
        ("score", "flag or set", ""),  # a number alone isn't a condition
        ("recommender", "flag or set", ""),
        ("scoer < 240", "number", "score"),
        ("scripted < 240", "number", ""),
        ("phase == 1", "number", ""),
        ("score < rnge_low", "number", "range_low"),
        ("recomender is self", "choice", "recommender"),
        ("score is 240", "choice", ""),
        ("scripted in (self, other)", "choice", ""),
        ("needs & offer", "set", "offers"),
        ("needs & scripted", "set", ""),
    ],
)
def test_a_field_that_is_unknown_or_of_the_wrong_kind_is_rejected(text: str, kind: str, closest: str) -> None:
    """The error lists the fields of the right kind."""
    with pytest.raises(TableError) as caught:
        parse(text, {}, place=("rules.csv", 7, "when"))
    message = str(caught.value)
    assert message.startswith(f"rules.csv, row 7, column when: expected a {kind} in place of '")
    assert f"', such as {closest}" in message
    assert message.endswith(f", found {text!r}")


@pytest.mark.parametrize("text", ["score < 240.0", "score < True", "score < '240'", "score < print(1)", "1 < 2 < 3"])
def test_comparisons_only_accept_whole_numbers(text: str) -> None:
    with pytest.raises(TableError) as caught:
        parse(text, {}, place=("rules.csv", 7, "when"))
    assert str(caught.value).startswith("rules.csv, row 7, column when: expected ")


MEANINGS: list[tuple[str, dict[str, Any], bool]] = [
    ("scripted", {"scripted": True}, True),
    ("scripted", {}, False),
    ("not scripted and specifics", {"specifics": True}, True),
    ("not scripted and specifics", {"scripted": True}, False),
    ("not (scripted and specifics)", {"scripted": True}, True),
    ("scripted or specifics and introduced", {"scripted": True}, True),
    ("(scripted or specifics) and introduced", {"scripted": True}, False),
    ("recommender is self", {"recommender": "self", "move": "direct_email"}, True),
    ("recommender is not self", {}, True),
    ("recommender in (known_dean, random_dean)", {"recommender": "random_dean"}, True),
    ("recommender in (known_dean, random_dean)", {}, False),
    ("recommender not in (known_dean,)", {}, True),
    ("score < range_low", {"score": 234}, True),
    ("score < range_low", {"score": 235}, False),
    ("score <= 235", {"score": 235}, True),
    ("score > 235", {"score": 235}, False),
    ("score >= range_floor", {"score": 220}, True),
    ("score != 240", {}, False),
    ("track_record == 0", {"track_record": 0}, True),
    ("track_record == 0", {}, False),
    ("track_record != 0", {}, True),
    ("0 == track_record", {}, False),
    ("track_record == failed_attempts", {}, False),
    ("track_record == failed_attempts", {"track_record": 2, "failed_attempts": 2}, True),
    ("track_record == 1 or track_record == 2", {"track_record": 2}, True),
    ("track_record == 1 or track_record == 2", {"track_record": 3}, False),
    ("track_record == 1 or track_record == 2", {}, False),
    ("needs & offers", {"needs": {"local"}, "offers": {"local", "track"}}, True),
    ("needs & offers", {"needs": {"local"}, "offers": {"track"}}, False),
    ("needs", {"needs": {"local"}}, True),
    ("not needs", {}, True),
    ("met and scripted", {"scripted": True, "needs": {"local"}, "offers": {"local"}}, True),
]


@pytest.mark.parametrize(("text", "fields", "holds"), MEANINGS)
def test_what_a_condition_means(text: str, fields: dict[str, Any], holds: bool) -> None:
    """Every construct means what it says, and a condition can use the ones above it."""
    above = {"met": parse("needs & offers", {}, place=("x", 1, "y"))}
    which = scalar_function([parse("not scripted", {}, place=("x", 1, "y")), parse(text, above, place=("x", 2, "y"))])
    case = Case(**fields)
    assert which(case) == 2 * holds + (not case.scripted)


def test_a_reading_that_changes_something_nonexistent_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes when the rules are combined."""
    for kind, target, to, message in (
        ("allows", "scriptd", "skimmed", "expected a rule's id, found 'scriptd'"),
        ("condition", "no_levr", "scripted", "expected one of no_lever, "),
        ("condition", "no_lever", "scriptd", "expected a flag or set in place of 'scriptd', such as scripted, "),
    ):
        monkeypatch.setattr(
            rules, "load_reading_changes", lambda row=("vouch_is_enough", kind, target, to): (ReadingChange(*row),)
        )
        with pytest.raises(TableError) as caught:
            rule_book.__wrapped__("vouch_is_enough")
        assert message in str(caught.value)


def test_a_reading_that_allows_a_nonexistent_verdict_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """This error, too, comes when the rules are combined."""
    row = ReadingChange("vouch_is_enough", "allows", "short_vouch", "offer_in_ply")
    monkeypatch.setattr(rules, "load_reading_changes", lambda: (row,))
    with pytest.raises(TableError):
        rule_book.__wrapped__("vouch_is_enough").outcome(Case(recommender="trusted_peer"))


def test_rules_that_leave_a_stage_without_an_answer_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case needs an answer in every stage."""
    kept = tuple(rule for rule in load_rules() if rule.rule != "in_range")
    monkeypatch.setattr(rules, "load_rules", lambda: kept)
    with pytest.raises(TableError) as caught:
        rule_book.__wrapped__(None).outcome(Case())
    assert str(caught.value) == (
        "rules.csv, column stage: expected a rule that holds for every case in each stage, found 'paper'"
    )


# ---- the content of the tables ----


def test_the_table_has_the_articles_100_claims() -> None:
    """Their ids and lines are the specified ones, in the article's order, and each one has its wording."""
    claims = load_claims()
    assert len(claims) == 100
    listed = "\n".join(f"{claim.id} {claim.lines}" for claim in claims)
    # The checksum of the specification's list, which catches accidental changes.
    digest = hashlib.sha256(listed.encode()).hexdigest()
    assert digest == "6c8d41ccba274b79f4a833a7c59b0272d58a23239b7f84459cec060b2914d38d"
    last = 0
    for claim in claims:
        first, _, end = claim.lines.partition("-")
        assert last < int(first) <= int(end or first) <= 221, claim.id
        last = int(end or first)
        assert claim.id.startswith(f"{claim.topic}.")
    assert {word for word in all_words() if word.startswith("claim.")} == {f"claim.{claim.id}" for claim in claims}


@pytest.mark.parametrize("row", load_examples(), ids=lambda row: row.example)
def test_the_articles_own_examples_get_the_verdicts_it_gives(row: Any) -> None:
    """This covers each situation that the article describes."""
    case = Case(**{name: Case.fields()[name].read(cell_text) for name, cell_text in row.overrides})
    assert judge(case).verdict.name.lower() == row.verdict


def test_every_act_sets_a_valid_value() -> None:
    """An act sets a field to another field's value, to `none` or to an allowed value."""
    for row in load_remedies():
        for name, cell_text in row.overrides:
            field = Case.fields()[name]
            if cell_text in Case.fields():
                assert Case.fields()[cell_text].kind == field.kind, row.remedy
            elif cell_text == "none":
                assert field.optional, row.remedy
            else:
                assert field.read(cell_text) != "", row.remedy


def test_the_tables_are_complete() -> None:
    """Every caller, phase, flag, stage and control is in its table exactly once, in the specified order."""
    fields = Case.fields()
    assert tuple(row.recommender for row in load_callers()) == fields["recommender"].levels
    assert tuple(row.phase for row in tables.load_phases()) == fields["phase"].levels
    assert tuple(row.stage for row in tables.load_stages()) == STAGES
    assert sorted(row.shown for row in tables.load_stages()) == [1, 2, 3, 4, 5]
    assert {row.field for row in load_controls()} == set(fields)
    assert {row.answer for row in load_soap_rule()} == set(ANSWERS)
    assert {row.stage for row in load_rules()} == set(STAGES)
    weights = [row.weight for row in load_callers()]
    assert weights == sorted(set(weights), reverse=True)
    for row in load_exams():
        assert row.low <= row.range_floor <= row.range_low <= row.score <= row.high


# ---- what they refer to ----

ASKING = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "backchannel_lib").rglob("*.py"))


def test_every_assumption_is_used_somewhere() -> None:
    """It's in the `assumption` column of a table, or the library refers to it by name or by its rule."""
    in_tables = {
        row.assumption
        for file in FILES
        if "assumption" in cells(file)[0] and file != "assumptions.csv"
        for row in LOADERS[file]()
    }
    shares = {f"share_{row.rule}" for row in load_rules() if row.stage == "timing"}
    assert 'assumption(f"share_{' in ASKING
    left = [
        row.assumption
        for row in load_assumptions()
        if row.assumption not in in_tables | shares | ABOUT_THE_WHOLE and f'"{row.assumption}"' not in ASKING
    ]
    assert left == []


#: Choices that belong to no row of a table, because they are about verdicts, stages or the floor in general.
ABOUT_THE_WHOLE = {"verdicts_form_one_line", "weakest_link_decides", "floor_marks_far_below"}


def test_our_general_choices_are_shown_somewhere_too() -> None:
    """Readers can see them like all our other choices."""
    assert [name for name in sorted(ABOUT_THE_WHOLE) if name not in ASKING] == []


def test_facts_have_a_source_a_year_and_a_grade() -> None:
    """The year can be `undated`, and every fact has a wording."""
    for fact in load_facts():
        assert re.fullmatch(r"(19|20)\d\d|undated", fact.year), fact.id
        assert fact.source
        assert fact.sentence.endswith(".")


def test_hours_from_one_time_to_another_read_as_such() -> None:
    """A fact says "from 9:00 to 11:00 am", never "at 9:00 to 11:00 am"."""
    spans = [fact for fact in load_facts() if re.fullmatch(r"\d\d:\d\d-\d\d:\d\d", fact.value)]
    assert len(spans) >= 4
    assert [fact.id for fact in spans if not re.search(r"\bfrom \d+:\d\d( [ap]m)? to \d+:\d\d [ap]m", fact.sentence)] == []


@pytest.mark.parametrize(
    ("module", "loader", "build", "table"),
    [
        (rules, "load_conditions", lambda: rule_book.__wrapped__(None), "conditions.csv"),
        (soap_rule, "load_soap_rule", soap_rule._row_finder.__wrapped__, "soap_rule.csv"),
        (advice, "load_next_steps", advice._row_finder.__wrapped__, "next_steps.csv"),
    ],
)
def test_the_error_for_an_invalid_condition_names_its_row(
    module: ModuleType, loader: str, build: Callable[[], object], table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a spreadsheet, the header is row 1."""
    first, second, *others = getattr(module, loader)()
    monkeypatch.setattr(module, loader, lambda: (first, second._replace(when="no_such_field"), *others))
    with pytest.raises(TableError) as caught:
        build()
    assert str(caught.value).startswith(f"{table}, row 3, column when: ")
