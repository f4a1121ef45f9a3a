"""No cell goes unread: changing it changes an answer or a text, or the table is rejected."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from backchannel_lib.activities.tables import load_activities
from backchannel_lib.cli.mutation import ALL_TABLES
from tests.helpers.cells import all_cells, noticed_by, unsteady
from tests.helpers.laws import LAWS
from tests.helpers.tables import DATA

pytestmark = pytest.mark.slow


def of_kind(kind: str) -> str:
    """Return the activities of a kind."""
    return " ".join(row.activity for row in load_activities() if row.kind == kind)


#: The rules tables, including those of activities, each with the places where readers see what is in it.
RULES: Final = {
    "verdicts": "answers cards",
    "stages": "answers cards laws",
    "conditions": "answers",
    "rules": "answers",
    "readings": "readings",
    "reading_changes": "answers readings amplified calendar",
    "remedies": "changes",
    "soap_rule": "rule",
    "callers": "amplified callers_order",
    "phases": "calendar week_clock",
    "week_events": "calendar week_clock",
    "flags": "amplified",
    "exams": "controls",
    "percentiles": "scores",
    "score_anchors": "scores",
    "controls": "controls",
    "decides": "decides_shares",
    "week_contacts": "week_clock",
    "desk_decisions": "desk",
    "population_calls": "laws population",
    "draw": "population",
    "article_numbers": "inbox desk",
    "facts": "facts",
    "next_steps": "advice",
    "not_covered": "advice",
    "plan_tasks": "year year_plan",
    "quick_answers": "quick_answers",
    "planner_limits": "plans planner",
    "examples": "examples",
    "reading_cases": "disagreements",
    "assumptions": "laws disagreements amplified population plans emails year studies inbox drill reply",
    "reply_findings": "emails reply",
    "reply_points": "emails reply",
    "study_answers": "studies",
    "study_bars": "studies",
    "desk_files": "desk",
    "items": "forms needs_sorting",
}

#: Tables without rules whose rows are on a page, each with the activities that show them. Other tests go through these rows
#: too, so only `python workbook.py test --mutation data` changes every cell.
SHOWN: Final = {
    "article": "fellow_walk",
    "bets": "bets_returned",
    "choices": "forms needs_sorting",
    "claims": "rating",
    "options": of_kind("questions"),
    "questions": of_kind("questions"),
    "scenes": of_kind("scenes"),
    "support": "ratings rating collisions",
    "topics": "workshop_questions",
}

#: Other tables without rules, such as texts, with the tests that go through their rows.
NOT_RULES: Final = {
    "activities": "activities/test_activities.py",  # opens each one, in the order of its chapter
    "article_sections": "test_citations.py",
    "chapters": "activities/test_activities.py",
    "drill_files": "workshop/test_drill.py",
    "drill_turns": "workshop/test_drill.py",
    "inbox_pieces": "activities/test_inbox.py",
    "planner_example": "activities/planner/test_activity.py",
    "reply_contexts": "activities/reply/test_findings.py",  # with sentences in which a phrase is canceled, and others
    "reply_phrases": "activities/reply/test_findings.py",  # each is found in its own example
    "reply_words": "activities/reply/test_findings.py",  # with the examples of the phrases that name them
    "run_checks": "workshop/test_run_plans.py",
    "run_plans": "workshop/test_run_plans.py",
    "run_steps": "workshop/test_run_plans.py",
    "steps": "activities/test_activities.py",
    "vignettes": "workshop/test_deck.py",  # each verdict and answer matches the article's
}
VIEWS_OF: Final = RULES | SHOWN


@pytest.fixture(scope="module")
def tried() -> Iterator[Counter[str]]:
    """Count the cells and their changes, and print the totals, which `python workbook.py test --mutation data` shows."""
    counts: Counter[str] = Counter()
    yield counts
    print(f"\n{counts['cells']:,} cells changed in {counts['changes']:,} ways; {counts['unread']:,} cells survived.")


def unread(table: str, tried: Counter[str]) -> list[str]:
    """List the cells of a table that can change without any test noticing, with their replacements."""
    views = VIEWS_OF[table].split()
    found = []
    for cell, *others in all_cells(f"{table}.csv"):
        tried.update(cells=1, changes=1 + len(others))
        if not any(noticed_by(change, views) for change in (cell, *others)):
            tried.update(unread=1)
            found.append(
                f"{cell.file}, row {cell.line}, column {cell.column}: nothing changes if {cell.old!r} becomes {cell.new!r}"
            )
    return found


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_no_row_breaks_a_law(law: Callable[[], list[str]]) -> None:
    """The laws are about cells that no answer depends on, so an error in those breaks one."""
    assert law() == []


@pytest.mark.parametrize("table", VIEWS_OF if os.environ.get(ALL_TABLES) else RULES)
def test_every_cell_of_a_table_is_read(table: str, tried: Counter[str]) -> None:
    """If any cell is changed in memory, readers see something else, a law is broken, or the table is rejected."""
    assert unread(table, tried) == []
    assert unsteady(VIEWS_OF[table].split()) == []


def test_every_table_is_checked_cell_by_cell_or_by_other_tests() -> None:
    """A new table has to be listed here, with the tests that go through its rows if no page shows them all."""
    tables = sorted(path.stem for path in DATA.glob("*.csv"))
    assert sorted([*VIEWS_OF, *NOT_RULES]) == tables
    for table, tests in NOT_RULES.items():
        assert (Path(__file__).parents[1] / tests).is_file(), table
