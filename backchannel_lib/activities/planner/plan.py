"""Make the plan: judge every pair of a person and a program, choose the best pairs, and give reasons and warnings.

It follows the article's advice, explains each row, and shows what the NRMP's rule says about it. It never writes a message.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.planner.search import best_choice
from backchannel_lib.activities.planner.tables import (
    ACQUAINTANCE,
    KINDS,
    MOST_ROWS,
    YES_NO_COLUMNS,
    Person,
    Program,
    limit,
    limits_in_words,
)
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.calendar import phase_at
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import exam_of
from backchannel_lib.model.possible import Possible, possible, worst_and_best
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import ANSWERS, STAGES, load_flags
from backchannel_lib.model.verdict import Judgment, Verdict
from backchannel_lib.page.components import listed
from backchannel_lib.page.verdict_html import held_sentence, range_label

#: The assumptions behind every plan, by their ids in data/assumptions.csv.
ASSUMPTIONS: Final = (
    "planner_least_verdict",
    "planner_order_of_plans",
    "planner_one_targeted_call",
    "planner_knows_well",
    "planner_relation_elsewhere",
    "planner_no_opening",
    "planner_one_moment",
    "floor_marks_far_below",
)
SOAP: Final = ("soap_lists", "gap_filling")
#: Fields about the contact itself that `case_for` sets, because nobody enters them.
ASSUMED_OF_A_CALL: Final = ("move", "specifics", "addresses_flag", "scripted", "introduced")

#: The rule's answers, strictest first; "ask first" has two reasons: the program made contact, or the caller works there.
RULE_KINDS: Final = ("not_allowed", "ask_first", "ask_first_inside", "allowed")
#: The kinds of people whose word counts only if they have a relationship with the program.
BY_RELATION: Final = KINDS[:3]
_NAMES_LISTED: Final = 8  # nobody reads a sentence with more names


def case_for(student: Case, person: Person, program: Program) -> Case:
    """Return the case of one person approaching one program with an honest call, or by speaking up at their own hospital.

    Args:
        student: The student's file and the moment; its fields for program and contact don't matter.
        person: Who calls.
        program: Who is called.

    Returns:
        The case, in the caller's own words. Only someone who knows the work well gives specifics and explains a flag.

    Source:
        conduct.no-script, noise.specifics-change-risk, works.explain-flag. We chose who can give specifics.

    Examples:
        >>> case = case_for(Case(), Person("Dr. Osei", "known_dean", known_at=["Mercy"]), Program("Lakeside", 230))
        >>> case.recommender, case.specifics, case.range_floor
        ('random_dean', False, 215)
    """
    knows_well = person.knows_work == ACQUAINTANCE[0]
    fields = Case.fields()
    policies = {
        name: fields[name].default if getattr(program, name) is None else getattr(program, name) for name in YES_NO_COLUMNS
    }  # the values of unknown fields, which `Program.unknown` lists, don't matter
    return student.replace(
        range_low=program.range_low,
        range_floor=program.floor,
        **policies,
        has_noncategorical_seat=program.openings in {"both", "noncategorical"},
        needs=program.needs,
        recommender=person.kind_at(program),
        move="internal_push" if person.is_inside(program) else "targeted_call",
        specifics=knows_well,
        addresses_flag=knows_well and any(getattr(student, row.flag) for row in load_flags() if row.kind == "explainable"),
        scripted=False,
        track_record=person.track_record if person.related_to(program) else None,
        prior_contact=program.prior_contact,
        introduced=False,
        program_contacted_first=program.program_contacted_first,
    )


class PlanWarning(NamedTuple):
    """A warning about a plan.

    Args:
        kind: One of ``RULE_KINDS`` except the last, ``few_people``, ``few_programs``, ``volume``, ``overlap``, ``below_range``,
            ``far_below``, ``noncategorical``, ``barely``, ``known_everywhere`` or ``unknown_program``.
        sentence: The warning for a reader.
        names: The people or programs that it is about.
        claims: Ids of the article's claims behind it; empty if it comes from the NRMP's rule or from us.
    """

    kind: str
    sentence: str
    names: tuple[str, ...]
    claims: tuple[str, ...]


class LeftOut(NamedTuple):
    """A person or a program that is not in the plan.

    Args:
        what: ``person`` or ``program``.
        name: Their name.
        kind: ``no_opening``, ``other_exam``, ``verdict`` (no contact achieves enough), ``full`` (others are better) or
            ``nobody_to_meet`` (the other table has no match).
        reason: Why, for a reader.
        verdict: The best verdict within reach; None if there is none to judge.
    """

    what: str
    name: str
    kind: str
    reason: str
    verdict: Verdict | None = None


@dataclass(frozen=True)
class PlanRow:
    """One row of a plan: who calls which program, what the article and the NRMP's rule say about it, and why it was chosen.

    Args:
        person: Who calls.
        program: Who is called.
        case: The case of this call.
        reason: Why this row was chosen, and what limits it.
        rules: What the rule says about the call.
        found: Everything that remains possible.
    """

    person: Person
    program: Program
    case: Case
    reason: str
    rules: RulesCheck
    found: Possible

    @property
    def verdict(self) -> Verdict:
        """The verdict the article would predict; the lowest one if several remain possible."""
        return self.found.lowest

    @property
    def label(self) -> str:
        """The label of the verdict, or of the lowest and highest possible ones."""
        return range_label(self.found)

    @property
    def rule_kind(self) -> str:
        """The rule's answer, and the reason if the answer is to ask first: one of ``RULE_KINDS``."""
        return "ask_first_inside" if self.rules.row == "inside_colleague" else self.rules.answer

    @property
    def gap(self) -> int:
        """How many points the score is below the program's usual range; 0 if it isn't."""
        return max(0, self.program.range_low - self.case.score)


class PlanContact(NamedTuple):
    """A contact with a program: who would call, the resulting case, and everything that remains possible."""

    person: Person
    program: Program
    case: Case
    found: Possible

    @property
    def verdict(self) -> Verdict:
        """The lowest verdict that remains possible, because a plan never counts on anything unknown."""
        return self.found.lowest

    @property
    def worth(self) -> tuple[int, ...]:
        """What decides between equal verdicts: in range, caller, knowledge of the work, prior contact; higher is better."""
        return (
            int(self.case.score >= self.case.range_low),
            len(KINDS) - KINDS.index(self.case.recommender),
            len(ACQUAINTANCE) - ACQUAINTANCE.index(self.person.knows_work),
            int(self.case.prior_contact),
        )

    @property
    def order(self) -> tuple[int, ...]:
        """What decides between contacts; higher is better."""
        return (self.verdict, self.found.highest, *self.worth)


@dataclass(frozen=True)
class Plan:
    """Who approaches whom, why, and with what warnings.

    Args:
        student: The student's file and the moment.
        rows: The rows, by verdict (best first), then by the NRMP rule's answer, then in the order of the tables.
        people: The people in those rows, by first appearance.
        warnings: The warnings; those about the NRMP's rule come first.
        left_out: Every person and program without a row, with the reason.
        summary: The plan in brief, or why there is none.
        questions: What to find out about each program; only what would change a verdict.
        contacts: For each program that can be approached, its contact in the plan, or else the best one.
    """

    student: Case
    rows: tuple[PlanRow, ...]
    people: tuple[Person, ...]
    warnings: tuple[PlanWarning, ...]
    left_out: tuple[LeftOut, ...]
    summary: str
    contacts: tuple[PlanContact, ...] = ()
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def rows_of(self, person: Person) -> tuple[PlanRow, ...]:
        """Return the rows of one person."""
        return tuple(row for row in self.rows if row.person == person)


def plan(
    student: Case,
    people: Iterable[Person],
    programs: Iterable[Program],
    *,
    when: datetime | None = None,
    reading: str | None = None,
) -> Plan:
    """Choose a few people and a few programs for each, no program twice, within the limits of data/planner_limits.csv.

    The result is the best of all such choices: as many programs as possible with the highest verdict, then with the next one,
    and so on. Ties are decided by, in this order: programs whose range the score reaches, fewest programs short of three per
    person, stronger callers, better knowledge of the work, prior contact, and the order of the tables.

    Args:
        student: The student's file and the moment; its fields for program and contact don't matter.
        people: People who could speak up for the student, at most 10, with distinct names.
        programs: Programs that could be approached, at most 60, with distinct names.
        when: The moment of the contacts, in Eastern Time if it has no time zone; it sets the phase. None to use the student's
            phase.
        reading: Name of a reading, or None for the defaults.

    Returns:
        The plan. If there is nothing to propose, it has no rows, and its summary explains why and what to do next.

    Raises:
        CaseError: ``student`` is not a `Case`, a name occurs twice, a table is too long, ``when`` is not a date with a time, or
            no reading has this name.

    Source:
        conduct.few-and-strong, conduct.fit-beats-volume, conduct.overlapping-emails. We chose how ties are broken.

    Examples:
        >>> people = [Person("Dr. Osei", "known_dean", 3, "well"), Person("Dr. Lind", "trusted_peer", None, "well", ["Mercy"])]
        >>> programs = [Program("Lakeside", 230), Program("Mercy", 235), Program("St. Anne", 262)]
        >>> found = plan(Case(phase="groundwork"), people, programs)
        >>> [(row.person.name, row.program.name, row.verdict.name) for row in found.rows]
        [('Dr. Osei', 'Lakeside', 'PHONE_INTERVIEW'), ('Dr. Osei', 'Mercy', 'PHONE_INTERVIEW')]
        >>> [left.name for left in found.left_out]
        ['Dr. Lind', 'St. Anne']
    """
    if not isinstance(student, Case):
        raise CaseError("case", "not_a_case", student)
    who = _checked("people", people, Person)
    where = _checked("programs", programs, Program)
    if when is not None:
        student = student.replace(phase=phase_at(when, reading))
    return _Planner(student, who, where, when, reading).plan()


def _checked(table: str, rows: Iterable[Any], row_class: type[Person | Program]) -> tuple[Any, ...]:
    found = tuple(rows) if isinstance(rows, Iterable) and not isinstance(rows, str) else (rows,)
    if len(found) > MOST_ROWS[table]:
        raise CaseError(table, "too_many_rows", len(found), most=MOST_ROWS[table])
    seen: set[str] = set()
    for row in found:
        if not isinstance(row, row_class):
            raise CaseError(table, "not_a_row", row)
        if row.name.casefold() in seen:
            raise CaseError(table, "name_twice", row.name)
        seen.add(row.name.casefold())
    return found


@dataclass
class _Planner:
    """Builds one plan; in keys, people and programs are their indexes in the tables."""

    student: Case
    people: tuple[Person, ...]
    programs: tuple[Program, ...]
    when: datetime | None
    reading: str | None

    def __post_init__(self) -> None:
        self.rules = rule_book(self.reading)
        self.least = int(assumption("planner_least_verdict"))
        self.no_contact = {q: kind for q, program in enumerate(self.programs) if (kind := self._ruled_out(program))}
        self.contacts = {
            (p, q): self._contact(person, program)
            for q, program in enumerate(self.programs)
            if q not in self.no_contact
            for p, person in enumerate(self.people)
        }
        self.useful = {pair: contact for pair, contact in self.contacts.items() if contact.verdict >= self.least}
        self.owners = self._choose()

    def _ruled_out(self, program: Program) -> str:
        if program.openings == "none" and self.student.phase in SOAP:
            return "no_opening"
        # Leave out the floor: 300 is a valid floor in Level 2 and a valid score in Step 2 CK.
        exam = exam_of(self.student.replace(range_low=program.range_low, range_floor=program.range_low))
        return "other_exam" if exam is None else ""

    def _contact(self, person: Person, program: Program) -> PlanContact:
        case = case_for(self.student, person, program)
        return PlanContact(person, program, case, possible(case, program.unknown, self.reading))

    def _link(self, contact: PlanContact) -> str:
        """Return what limits a contact, without stating anything unknown as fact."""
        found = contact.found
        certain = [found.stages[stage].reasons for stage in found.always_binding]
        if found.lowest == found.highest and not found.sometimes_binding and all(len(reasons) == 1 for reasons in certain):
            return " ".join(reasons[0].sentence for reasons in certain) or text("planner.row.nothing")
        # `judge` would reject a floor of 300 for Level 2; `_ruled_out` has already compared the exams.
        worst, _ = worst_and_best(contact.case, contact.program.unknown, self.reading)
        judgment = Judgment(worst, self.reading, self.rules.outcome(worst))
        return text("planner.row.at_worst", link=" ".join(reason.sentence for reason in judgment.binding_reasons))

    @staticmethod
    def _asked(contacts: Iterable[PlanContact]) -> tuple[str, ...]:
        """Return the questions whose answers would narrow the verdicts of some contacts."""
        return tuple(text(f"ask.{name}") for name in dict.fromkeys(name for one in contacts for name in one.found.depends_on))

    def _choose(self) -> dict[int, int]:
        most_people, most_programs = limit("most_people").value, limit("most_programs").value
        base = 1 + most_people * most_programs * len(KINDS)

        def packed(digits: Iterable[int]) -> int:
            # Adding these numbers adds their digits without carrying, because no digit's sum reaches the base.
            return functools.reduce(lambda total, digit: total * base + digit, digits, 0)

        levels = range(max(Verdict), self.least - 1, -1)
        gains = {}
        for (p, q), contact in self.useful.items():
            in_range, *rest = contact.worth
            gains[p, q] = packed([*(contact.verdict == level for level in levels), in_range, 0, *rest])
        return best_choice(
            gains,
            packed([*(0 for _ in levels), 0, 1, 0, 0, 0]),
            most_people=most_people,
            enough_programs=limit("fewest_programs").value,
            most_programs=most_programs,
        )

    # ---- the plan in words ----

    def plan(self) -> Plan:
        chosen = sorted((p, q) for q, p in self.owners.items())
        rows = sorted((self._row(self.contacts[p, q], q) for p, q in chosen), key=_by_verdict_and_rule)
        contacts = tuple(self._shown())
        people = tuple(dict.fromkeys(row.person for row in rows))
        return Plan(
            student=self.student,
            rows=tuple(rows),
            people=people,
            warnings=tuple(self._warnings(rows, people)),
            left_out=tuple(self._left_out()),
            summary=self._summary(rows, people) if rows else self._nothing(),
            contacts=contacts,
            questions=MappingProxyType({one.program.name: asked for one in contacts if (asked := self._asked([one]))}),
        )

    def _row(self, contact: PlanContact, q: int) -> PlanRow:
        better = [
            person.name
            for p, person in enumerate(self.people)
            if (other := self.useful.get((p, q))) and other.verdict > contact.verdict
        ]
        why = (
            text("planner.row.better", names=listed(better, _NAMES_LISTED), **limits_in_words())
            if better
            else text("planner.row.best")
        )
        return PlanRow(
            person=contact.person,
            program=contact.program,
            case=contact.case,
            reason=f"{why} {self._link(contact)}",
            rules=rules_check(contact.case, self.when),
            found=contact.found,
        )

    def _best(self, row: Person | Program, *, furthest: bool = False) -> PlanContact | None:
        """Return the best contact of a person or with a program, or the one that can achieve the most, or None."""
        contacts = [one for one in self.contacts.values() if row is one.person or row is one.program]
        return max(contacts, key=lambda one: (one.found.highest if furthest else 0, one.order), default=None)

    @staticmethod
    def _summary(rows: Sequence[PlanRow], people: Sequence[Person]) -> str:
        sentence = text("planner.summary", people=len(people), programs=len(rows), best=rows[0].label)
        answers = {row.rules.answer for row in rows}
        if "not_allowed" in answers:
            return f"{sentence} {text('planner.summary.not_now' if len(answers) == 1 else 'planner.summary.not_all_now')}"
        return f"{sentence} {text('planner.summary.ask_first')}" if "ask_first" in answers else sentence

    def _nothing(self) -> str:
        if not self.programs:
            return text("planner.empty.programs" if self.people else "planner.empty.both")
        if not self.people:
            return text("planner.empty.people")
        if not self.contacts:
            return text("planner.nothing_open" if "no_opening" in self.no_contact.values() else "planner.other_exam")
        highest = max(contact.found.highest for contact in self.contacts.values())
        if highest >= self.least:
            best = max(contact.verdict for contact in self.contacts.values())
            questions = " ".join(self._asked(one for one in self.contacts.values() if one.found.highest >= self.least))
            return text("planner.nothing_sure", verdict=Verdict(best).label, highest=highest.label, questions=questions)
        # The headline covers the contacts that can achieve the most, and the stage that limits the most of them.
        best_of_each = [self._best(program, furthest=True) for program in self.programs]
        furthest = [one for one in best_of_each if one and one.found.highest == highest]
        stages = [stage for one in furthest for stage in one.found.always_binding[:1]]
        stage = max(STAGES, key=stages.count)
        one = next((one for one in furthest if stage in one.found.always_binding[:1]), furthest[0])
        link = self._link(one) if one.found.lowest == highest else held_sentence(one.found)
        return text(f"planner.nothing.{stage if stages else 'open'}", verdict=highest.label, link=link)

    def _left_out(self) -> Iterator[LeftOut]:
        for p, person in enumerate(self.people):
            if p not in self.owners.values():
                yield self._not_chosen("person", person)
        for q, program in enumerate(self.programs):
            if kind := self.no_contact.get(q):
                reason = text("planner.out.no_opening" if kind == "no_opening" else "planner.out.other_exam")
                yield LeftOut("program", program.name, kind, reason)
            elif q not in self.owners:
                yield self._not_chosen("program", program)

    def _not_chosen(self, what: str, row: Person | Program) -> LeftOut:
        best = self._best(row)
        if best is None:
            nobody = text("planner.out.no_program" if what == "person" else "planner.out.no_people")
            return LeftOut(what, row.name, "nobody_to_meet", nobody)
        if best.verdict >= self.least:
            full = text("planner.out.person_full" if what == "person" else "planner.out.program_full", **limits_in_words())
            return LeftOut(what, row.name, "full", full, best.verdict)
        reason = text(
            "planner.out.verdict",
            person=best.person.name,
            program=best.program.name,
            verdict=range_label(best.found),
            link=self._link(best),
        )
        gap = best.case.range_low - best.case.score
        if gap > 0:
            reason = f"{reason} {text('planner.out.gap', score=best.case.score, gap=gap)}"
        return LeftOut(what, row.name, "verdict", reason, best.verdict)

    def _shown(self) -> Iterator[PlanContact]:
        """Yield the contact with each program that can be approached: the one in the plan, or else the best one."""
        for q, program in enumerate(self.programs):
            contact = self.contacts[self.owners[q], q] if q in self.owners else self._best(program)
            if contact:
                yield contact

    def _warnings(self, rows: Sequence[PlanRow], people: Sequence[Person]) -> Iterator[PlanWarning]:
        """Yield the warnings: the NRMP's rule, the size of the plan, its programs, and the people in the table."""
        for kind in RULE_KINDS[:-1]:
            if names := [row.program.name for row in rows if row.rule_kind == kind]:
                yield PlanWarning(kind, text(f"planner.warn_rule.{kind}", names=listed(names, _NAMES_LISTED)), tuple(names), ())
        for kind, names, claims, values in self._about(rows, people):
            if names:
                sentence = text(f"planner.warn.{kind}", **{"names": listed(names, _NAMES_LISTED), **values})
                yield PlanWarning(kind, sentence, tuple(names), claims)

    def _about(
        self, rows: Sequence[PlanRow], people: Sequence[Person]
    ) -> Iterator[tuple[str, list[str], tuple[str, ...], dict[str, Any]]]:
        """Yield every warning except the rule's: its kind, names, claims, and the values for its sentence."""
        fewest, most, fewest_programs = map(limit, ("fewest_people", "most_people", "fewest_programs"))
        yield "few_people", [person.name for person in people] if len(people) < fewest.value else [], fewest.claims, {}
        count = Counter(row.person for row in rows)
        few = [person.name for person in people if count[person] < fewest_programs.value]
        yield "few_programs", few, fewest_programs.claims, limits_in_words()
        if len(self.people) > most.value:
            asked = [person.name for person in self.people if person not in people]
            yield "volume", asked, most.claims, {"count": len(self.people)}
        caller_counts = Counter(self.programs[q] for _, q in self.useful)
        shared = [row for row in rows if caller_counts[row.program] > 1]
        pairs = [text("planner.pair", program=row.program.name, person=row.person.name) for row in shared]
        overlap = ("conduct.overlapping-emails",)
        yield "overlap", [row.program.name for row in shared], overlap, {"names": listed(pairs, _NAMES_LISTED)}

        score = self.student.score
        below = [program for q, program in enumerate(self.programs) if q not in self.no_contact and score < program.range_low]
        for kind, far in (("below_range", False), ("far_below", True)):
            found = [program for program in below if (score < program.floor) == far]
            gaps = [text("planner.gap", program=program.name, gap=program.range_low - score) for program in found]
            values = {"score": score, "names": listed(gaps, _NAMES_LISTED)}
            yield kind, [program.name for program in found], ("conduct.few-and-strong",), values
        yield "noncategorical", [row.program.name for row in rows if row.program.openings == "noncategorical"], (), {}

        barely = [person.name for person in self.people if person.knows_work == "barely"]
        yield "barely", barely, ("conduct.few-and-strong", *overlap), {}
        if len(self.programs) > 1:
            everywhere = [person.name for person in self.people if person.kind in BY_RELATION and not person.known_at]
            yield "known_everywhere", everywhere, (), {}
        if self.programs:
            known = {program.name.casefold() for program in self.programs}
            at = [
                name for person in self.people for name in (*person.known_at, *person.inside_at) if name.casefold() not in known
            ]
            yield "unknown_program", list(dict.fromkeys(at)), (), {}


def _by_verdict_and_rule(row: PlanRow) -> tuple[int, int]:
    return -row.verdict, -ANSWERS.index(row.rules.answer)
