"""No cell of a rules table goes unread: change any of them, and an answer or a text changes, or the table is refused."""

from __future__ import annotations

from typing import Final

import pytest

from tests.helpers.cells import all_cells, noticed_by, unsteady

pytestmark = pytest.mark.slow

#: The tables of rules, and those of activities that hold rules of their own; with each, where readers meet what is in it.
RULES: Final = {
    "verdicts": "answers cards",
    "stages": "answers cards",
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
    "population_calls": "population",
    "draw": "population",
    "article_numbers": "inbox desk",
    "facts": "facts",
    "next_steps": "advice",
    "not_covered": "advice",
    "plan_tasks": "year year_plan",
    "quick_answers": "quick_answers",
}

#: Blank where there is no number: the wording has no place for one.
MAY_BE_BLANK: Final = {("facts.csv", "value")}

#: Cells on which no answer can depend, with the reason.
ALLOWED: Final = {
    ("stages.csv", 3, "counts"): "levers has one rule and its otherwise, so the highest that holds is the lowest",
    **{
        (
            "population_calls.csv",
            line,
            "assumption",
        ): "the page tells each assumption once, and other calls name it too"
        for line in (4, 5, 6, 7, 10, 11, 12, 13)
    },
    ("stages.csv", 6, "counts"): "no two rules of timing hold at once, so the highest that holds is the lowest",
}


@pytest.mark.parametrize("table", RULES)
def test_every_cell_of_a_rules_table_is_read(table: str) -> None:
    """Each cell, changed by itself in memory, changes what readers are told or is refused where tables are read."""
    views = RULES[table].split()
    unread = [
        f"{cell.file}, row {cell.line}, column {cell.column}: {cell.old!r} may as well be {cell.new!r}"
        for cell, *others in all_cells(f"{table}.csv")
        if (cell.file, cell.line, cell.column) not in ALLOWED
        and not (cell.old == "" and (cell.file, cell.column) in MAY_BE_BLANK)
        and not any(noticed_by(change, views) for change in (cell, *others))
    ]
    assert unread == []
    assert unsteady(views) == []
