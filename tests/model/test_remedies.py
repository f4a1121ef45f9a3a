"""What would change a verdict: no smallest set of acts is missing, and their order and sentence are the promised ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from datetime import datetime
from typing import Any

import pytest

from backchannel_lib import Case, CaseError, Changes, Verdict, judge, what_would_change
from backchannel_lib.base.readers import TableError
from backchannel_lib.model import remedies
from backchannel_lib.model.conditions import parse, scalar_function
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.tables import ANSWERS, WHO, load_remedies
from tests.helpers.cases import ALL_CLEAR, many_cases

CASES = [case for case in many_cases(50, seed=23) if exam_of(case)]
#: With so many problems, two acts raise the verdict, or else it takes five.
HARD = Case(
    score=228,
    failed_attempts=1,
    failed_clerkship=True,
    needs_visa=True,
    interviews_failures=False,
    sponsors_visas=False,
    recommender="random_dean",
    scripted=True,
)


def changed_by(case: Case, overrides: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the fields that an act sets."""
    fields = Case.fields()
    return {
        name: getattr(case, text) if text in fields else None if text == "none" else fields[name].read(text)
        for name, text in overrides
    }


def smallest_sets(case: Case, reading: str | None, most: int) -> Iterator[frozenset[str]]:
    """Try every set of acts that the case allows, and yield those that raise the verdict although no part of them does."""
    book, rows = rule_book(reading), load_remedies()
    holds = scalar_function([parse(row.when, rule_book(None).conditions, place=("", 0, "")) for row in rows])(case)
    acts = {row.remedy: changed_by(case, row.overrides) for bit, row in enumerate(rows) if holds >> bit & 1}
    start, found = judge(case, reading).verdict, list[frozenset[str]]()
    for size in range(1, most + 1):
        for names in itertools.combinations(acts, size):
            settings = {item for name in names for item in acts[name].items()}
            if len(dict(settings)) < len(settings) or any(part <= set(names) for part in found):
                continue
            if book.outcome(case.replace(**dict(settings))).verdict > start:
                found.append(frozenset(names))
                yield found[-1]


@pytest.mark.parametrize("reading", [None, "vouch_is_enough"])
def test_no_smallest_set_of_acts_is_missing(reading: str | None) -> None:
    """Trying all sets of acts finds the same ones, including those with acts that the weakest stages don't look at."""
    for case in (HARD, *CASES):
        expected = set(smallest_sets(case, reading, 3))
        assert {frozenset(change.remedies) for change in what_would_change(case, reading=reading, most_acts=3)} == expected, (
            case
        )


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_no_change_has_more_acts_than_asked_for(most: int) -> None:
    """The others stay, in the same order, and a set may have as many."""
    longest = 0
    for case in (HARD, *CASES):
        found = list(what_would_change(case, most_acts=most))
        assert found == [change for change in what_would_change(case) if len(change.remedies) <= most]
        longest = max(longest, *(len(change.remedies) for change in found), 0)
    assert longest == most


@pytest.mark.parametrize("most", [0, 5])
def test_the_error_for_another_number_of_acts_names_the_lowest_and_highest(most: int) -> None:
    """One act is the smallest change, and more than four are no answer."""
    with pytest.raises(CaseError, match=r"\b1\b.*\b4\b"):
        what_would_change(HARD, most_acts=most)


def test_the_changes_are_in_the_promised_order() -> None:
    """First what the rule allows and someone can do, then fewer acts, then who is easier to reach, then the better verdict."""

    def order(change: Any) -> tuple[object, ...]:
        answer = {"allowed": 0, "ask_first": 1, "not_allowed": 2}[change.rules.answer]
        return change.who == "nobody", answer, len(change.remedies), WHO.index(change.who), 8 - change.verdict

    assert set(ANSWERS) == {"allowed", "ask_first", "not_allowed"}
    told_apart: set[int] = set()
    for case in CASES:
        keys = [order(change) for change in what_would_change(case)]
        assert keys == sorted(keys)
        for one, after in itertools.pairwise(keys):
            told_apart |= {place for place in range(5) if one[:place] == after[:place] and one[place] != after[place]}
    assert told_apart == {0, 1, 2, 3, 4}  # each part of the order decides somewhere


@pytest.mark.parametrize("verdict", Verdict)
def test_without_changes_the_sentence_depends_on_how_high_the_verdict_is(verdict: Verdict) -> None:
    """From a file that is read on, a contact has gone as far as the article lets it."""
    start = "This is as far" if verdict >= 5 else "Nothing we can list"
    assert Changes((), verdict).sentence.startswith("This is the highest verdict" if verdict == 8 else start)


def test_the_moment_of_the_contact_does_not_apply_to_an_act_that_moves_it_to_another_phase() -> None:
    """That's true of a later phase and of an earlier one. An act within the phase is checked at that moment."""
    monday = datetime(2027, 3, 15, 20, 0)
    phases = set()
    call = Case(**ALL_CLEAR)
    for case in (call.replace(phase="soap_lists"), call.replace(phase="post_soap"), call.replace(name_familiar=False)):
        for change in what_would_change(case, when=monday):
            moved = change.case.phase != case.phase
            phases |= {(case.phase, change.case.phase)} if moved else set()
            assert change.rules == remedies.rules_check(change.case, None if moved else monday)
    assert phases == {("soap_lists", "gap_filling"), ("post_soap", "groundwork"), ("gap_filling", "groundwork")}


def test_a_change_cannot_be_changed() -> None:
    """Its promise was worked out for exactly these acts."""
    change: Any = what_would_change(HARD)[0]
    with pytest.raises(FrozenInstanceError):
        change.verdict = Verdict.OFFER_IN_PLAY


def test_an_error_in_an_acts_condition_names_the_line_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first act is in line 2, below the header."""
    first, *others = load_remedies()
    monkeypatch.setattr(remedies, "load_remedies", lambda: (first._replace(when="mood is good"), *others))
    remedies._row_finder.cache_clear()
    try:
        with pytest.raises(TableError, match=r"remedies\.csv, (line|row) 2\b"):
            what_would_change(HARD)
    finally:
        remedies._row_finder.cache_clear()
