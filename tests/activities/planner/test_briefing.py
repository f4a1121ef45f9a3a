"""The briefing sheets: only facts, and no message."""

from __future__ import annotations

import dataclasses
import functools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, Verdict
from backchannel_lib.activities.planner.briefing import briefing
from backchannel_lib.activities.planner.plan import RULE_KINDS, plan
from backchannel_lib.activities.planner.tables import (
    KINDS,
    Person,
    Program,
)
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.tables import load_flags
from tests.helpers.cases import NEEDS, moments
from tests.helpers.planner import MERCY, STUDENTS, TABLES, WELL, known

# ---- the briefing ----

FLAGS = [row.flag for row in load_flags()]


def test_a_briefing_has_the_facts() -> None:
    """It has the person's programs with range, prior contact and seats, the risks, and when contact is allowed."""
    programs = [
        dataclasses.replace(MERCY, prior_contact=True, needs={"local", "track"}),
        Program("Lakeside", 245, openings="both", interviews_failures=True, sponsors_visas=True),
        Program("Elsewhere", 230),
    ]
    person = known("Dr. Abe", "Mercy", "Lakeside")
    found = plan(Case(failed_clerkship=True, needs_visa=True, offers={"local"}), [person], programs)
    sheet = briefing(found, person)
    assert sheet == briefing(found, "Dr. Abe")
    assert [program.name for program in sheet.programs] == ["Mercy", "Lakeside"]
    step2 = text("panel.exam.step2ck")
    need = {name: text(f"level.need.{name}") for name in NEEDS}
    assert sheet.programs[0].facts == (
        text("planner.briefing.in_range", exam=step2, low=230, score=240),
        text("planner.briefing.known_there"),
        text("planner.opening.categorical"),
        text("planner.briefing.need_met", need=need["local"]),
        text("planner.briefing.need_open", need=need["track"]),
    )
    assert sheet.programs[1].facts == (
        text("planner.briefing.below", exam=step2, low=245, score=240, gap=5),
        text("planner.opening.both"),
    )
    assert sheet.risks == (
        text("planner.risk.failed_clerkship"),
        text("planner.risk.needs_visa"),
        text("planner.risk.below_range", names="Lakeside"),
    )
    assert sheet.rules == (text("planner.briefing.rule.not_allowed", names="Mercy, Lakeside"), text("soap.read_agreement"))
    for part in (
        text("planner.briefing.facts_only"),
        *sheet.rules,
        *sheet.risks,
        *sheet.programs[0].facts,
        *sheet.programs[1].facts,
    ):
        assert part in sheet.text
    assert "Elsewhere" not in sheet.text
    assert text("planner.briefing.before_you_share") not in sheet.text


@given(STUDENTS, TABLES, st.none() | moments())
def test_a_briefing_contains_no_script_and_no_verdict(
    student: Case, tables: tuple[list[Person], list[Program]], when: datetime | None
) -> None:
    """It says that it has only facts, and what the rule says about each row. It doesn't rank callers either."""
    found = plan(student, *tables, when=when)
    for person in found.people:
        sheet = briefing(found, person)
        rows = found.rows_of(person)
        assert [program.name for program in sheet.programs] == [row.program.name for row in rows]
        for kind in RULE_KINDS:
            names = ", ".join(row.program.name for row in rows if row.rule_kind == kind)
            assert (text(f"planner.briefing.rule.{kind}", names=names) in sheet.rules) == bool(names)
        assert text("planner.briefing.facts_only") in sheet.text
        for verdict in Verdict:
            assert verdict.label not in sheet.text
        for kind in KINDS:
            assert text(f"level.recommender.{kind}") not in sheet.text
        for row in rows:
            assert row.reason not in sheet.text


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag not in {"professionalism_issue", "chronic_poor_performance"}])
def test_every_flag_that_a_plan_can_have_is_a_risk(flag: str) -> None:
    """Each flag in the file is listed as one fact. If there's none and the score is in range, the sheet says so."""
    value = 2 if flag == "failed_attempts" else True
    student = Case(**{flag: value})
    sheet = briefing(plan(student, [WELL], [MERCY]), WELL)
    assert sheet.risks == (text(f"planner.risk.{flag}", times=int(value)),)
    assert briefing(plan(Case(), [WELL], [MERCY]), WELL).risks == (text("planner.risk.none"),)
    assert briefing(plan(Case(score=229), [WELL], [MERCY]), WELL).risks == (text("planner.risk.below_range", names="Mercy"),)


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_has_a_text_for_the_sheet(flag: str) -> None:
    assert text(f"planner.risk.{flag}", times=2)


@pytest.mark.parametrize(("phase", "told"), [("groundwork", False), ("soap_lists", True)])
def test_seats_are_mentioned_only_during_soap(phase: str, told: bool) -> None:
    """Before Match Week nobody can know about open seats."""
    facts = briefing(plan(Case(phase=phase), [WELL], [MERCY]), WELL).programs[0].facts
    assert (text("planner.opening.categorical") in facts) == told


def test_a_briefing_for_someone_without_a_row_is_rejected() -> None:
    """The error says who has one."""
    found = plan(Case(), [WELL], [MERCY])
    with pytest.raises(CaseError) as caught:
        briefing(found, "Dr. Nobody")
    assert str(caught.value) == "person: must be someone in this plan (Dr. Abe), but it is 'Dr. Nobody'."
    with pytest.raises(CaseError, match=r"in this plan \(-\)"):
        briefing(plan(Case(), [], []), WELL)


@functools.cache
def planner_words() -> tuple[str, ...]:
    """List the planner's own texts."""
    return tuple(text for word, text in all_words().items() if word.startswith(("planner.", "assumption.planner")))


def test_the_planner_never_writes_a_message() -> None:
    """None of its texts looks like the beginning or end of a letter."""
    for sentence in planner_words():
        lower = sentence.lower()
        assert not any(word in lower for word in ("dear ", "sincerely", "best regards", "thank you for")), sentence
