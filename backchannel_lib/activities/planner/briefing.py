"""The briefing sheet: the facts that one person in a plan needs, but never a text to send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from backchannel_lib.activities.planner.plan import RULE_KINDS, SOAP, Plan, PlanRow
from backchannel_lib.activities.planner.tables import Person
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import NEEDS, Case
from backchannel_lib.model.exams import exam_of_range
from backchannel_lib.model.tables import load_flags


class BriefingProgram(NamedTuple):
    """One program on a briefing sheet, with its range and the score, prior contact, openings and needs as sentences."""

    name: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Briefing:
    """The facts that one person needs.

    It doesn't say how much weight this person has or which verdict to expect; only the student sees that.

    Args:
        person: The person's name.
        programs: Realistic programs, in the order of the plan.
        risks: The main risks in the file, each as a fact.
        rules: What the NRMP's rule says about when a contact can start.
        note: A sentence to read before anything else, or blank.

    Source:
        conduct.tell-recommender, conduct.no-script.
    """

    person: str
    programs: tuple[BriefingProgram, ...]
    risks: tuple[str, ...]
    rules: tuple[str, ...]
    note: str = ""

    @property
    def text(self) -> str:
        """The sheet as plain text."""
        lines = [self.note, ""] if self.note else []
        lines += [text("planner.briefing.title", person=self.person), "", text("planner.briefing.facts_only")]
        lines += ["", text("planner.briefing.rules"), *(f"- {rule}" for rule in self.rules)]
        lines += ["", text("planner.briefing.programs")]
        for program in self.programs:
            lines += [program.name, *(f"- {fact}" for fact in program.facts)]
        lines += ["", text("planner.briefing.risks"), *(f"- {risk}" for risk in self.risks)]
        return "\n".join(lines) + "\n"


def briefing(plan: Plan, person: Person | str) -> Briefing:
    """Collect the facts that one person in a plan needs.

    Args:
        plan: The plan.
        person: The person, or their name.

    Raises:
        CaseError: No row of the plan has this person.

    Examples:
        >>> from backchannel_lib.activities.planner.plan import plan
        >>> from backchannel_lib.activities.planner.tables import Program
        >>> dean = Person("Dr. Osei", "trusted_peer", None, "well")
        >>> briefing(plan(Case(failed_clerkship=True), [dean], [Program("Mercy", 230)]), "Dr. Osei").risks
        ('A failed clerkship.',)
    """
    name = person.name if isinstance(person, Person) else person
    rows = [row for row in plan.rows if row.person.name == name]
    if not rows:
        raise CaseError("person", "not_in_plan", name, people=", ".join(each.name for each in plan.people) or "-")
    by_kind = {kind: [row.program.name for row in rows if row.rule_kind == kind] for kind in RULE_KINDS}
    rules = [text(f"planner.briefing.rule.{kind}", names=", ".join(names)) for kind, names in by_kind.items() if names]
    return Briefing(
        person=name,
        programs=tuple(BriefingProgram(row.program.name, tuple(_facts(row))) for row in rows),
        risks=tuple(_risks(plan.student, rows)),
        rules=(*rules, text("soap.read_agreement")),
    )


def _facts(row: PlanRow) -> Iterator[str]:
    program, case = row.program, row.case
    exam = text(f"panel.exam.{exam_of_range(case).exam}")
    range_fact = "planner.briefing.below" if row.gap else "planner.briefing.in_range"
    yield text(range_fact, exam=exam, low=program.range_low, score=case.score, gap=row.gap)
    if program.prior_contact:  # an unchecked box doesn't mean no
        yield text("planner.briefing.known_there")
    if case.phase in SOAP:
        yield text(f"planner.opening.{program.openings or 'unknown'}")
    for need in NEEDS:
        if need in program.needs:
            met = "planner.briefing.need_met" if need in case.offers else "planner.briefing.need_open"
            yield text(met, need=text(f"level.need.{need}"))


def _risks(student: Case, rows: Sequence[PlanRow]) -> Iterator[str]:
    flags = [row.flag for row in load_flags() if getattr(student, row.flag)]
    for flag in flags:
        yield text(f"planner.risk.{flag}", times=int(getattr(student, flag)))
    below = [row.program.name for row in rows if row.gap]
    if below:
        yield text("planner.risk.below_range", names=", ".join(below))
    if not flags and not below:
        yield text("planner.risk.none")
