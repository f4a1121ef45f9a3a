"""The planner: which two or three people approach which three to five programs each, and what each of them needs to know.

It proposes by the article's advice, explains each row, and says beside each row what the NRMP's rule says of it. It
never writes a message.
"""

from __future__ import annotations

import csv
import functools
import io
import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.calendar import phase_at
from backchannel_lib.model.case import RECOMMENDERS, Case, Field
from backchannel_lib.model.exams import exam_of, exam_of_range
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import ANSWERS, STAGES, load_flags
from backchannel_lib.model.verdict import Judgment, Verdict, judge

KINDS: Final = RECOMMENDERS[:-1]  # all but the student, best first
ACQUAINTANCE: Final = ("well", "somewhat", "barely")
OPENINGS: Final = ("categorical", "both", "noncategorical", "none")

# conduct.few-and-strong
MOST_PEOPLE: Final = 3
FEWEST_PEOPLE: Final = 2
MOST_PROGRAMS: Final = 5
ENOUGH_PROGRAMS: Final = 3

# Far more than anyone has; a table beyond it is a mistake, and would let the page wait.
LONGEST_PEOPLE: Final = 30
LONGEST_PROGRAMS: Final = 200

#: The choices of ours that every plan rests on, by their ids in data/assumptions.csv.
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

_NAMES_LISTED: Final = 8  # a sentence with more names than that is no longer read


# ---- the two tables ----


def _field(name: str, levels: tuple[str, ...], default: str | None) -> Field:
    return Field(name=name, kind="choice", default=default, levels=levels)


_PERSON: Final[Mapping[str, Field]] = {
    "kind": _field("kind", KINDS, None),
    "track_record": Case.fields()["track_record"],
    "knows_work": _field("knows_work", ACQUAINTANCE, "somewhat"),
}
_PROGRAM: Final[Mapping[str, Field]] = {
    "range_low": Field(name="range_low", kind="number", default=None, low=1, high=999),
    "range_floor": Field(name="range_floor", kind="number", default=None, low=1, high=999, optional=True),
    "needs": Case.fields()["needs"],
    "prior_contact": Case.fields()["prior_contact"],
    "openings": _field("openings", OPENINGS, "categorical"),
    "interviews_failures": Case.fields()["interviews_failures"],
    "sponsors_visas": Case.fields()["sponsors_visas"],
    "program_contacted_first": Case.fields()["program_contacted_first"],
}


def _name(field: str, value: object) -> str:
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if not 1 <= len(name) <= 80 or not name.isprintable() or "|" in name:
        raise CaseError(field, "row_name", value)
    return name


def _names(field: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part for part in value.split("|") if part.strip()]
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise CaseError(field, "row_name", value)
    by_key: dict[str, str] = {}
    for one in value:
        name = _name(field, one)
        by_key.setdefault(_key(name), name)
    return tuple(by_key.values())


def _key(name: str) -> str:
    return name.casefold()


@dataclass(frozen=True)
class Person:
    """Someone who could speak for the student.

    Args:
        name: What to call them, 1 to 80 characters, without ``|``.
        kind: Who they are to a director who knows them: one of ``KINDS``, best first.
        track_record: Of their last three residents at those programs, how many worked out, 0 to 3; None where not known.
        knows_work: How well they know the student's work: ``well``, ``somewhat`` or ``barely``.
        known_at: Names of the programs where they are what ``kind`` says, as names or as ``"A|B"``; none means everywhere.

    Raises:
        CaseError: A field breaks its rule; the message names the field, the rule and the value.

    Source:
        caller.level-trusted-peer to caller.level-unconnected-faculty, works.scoreboard, conduct.few-and-strong; the three
        steps of acquaintance are ours.

    Examples:
        >>> Person("Dr. Osei", "known_dean", 3, "well", "Lakeside|Mercy").known_at
        ('Lakeside', 'Mercy')
        >>> Person("Dr. Osei", "known_dean", track_record=5)
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseError: track_record: must be a whole number from 0 to 3, but it is 5.
    """

    name: str
    kind: str
    track_record: int | None = None
    knows_work: str = "somewhat"
    known_at: Collection[str] = ()

    def __post_init__(self) -> None:
        store = self.__dict__
        store["name"] = _name("name", self.name)
        for name, field in _PERSON.items():
            store[name] = field.check(store[name])
        store["known_at"] = _names("known_at", self.known_at)

    def related_to(self, program: Program) -> bool:
        """Whether they are what ``kind`` says to this program; upper and lower case are the same."""
        return not self.known_at or _key(program.name) in map(_key, self.known_at)

    def kind_at(self, program: Program) -> str:
        """What they are to this program: where they have no relation, a dean without history or a stranger."""
        if self.related_to(program):
            return self.kind
        return "random_dean" if self.kind in {"known_dean", "random_dean"} else "unconnected_faculty"


@dataclass(frozen=True)
class Program:
    """A program that could be approached.

    Args:
        name: What to call it, 1 to 80 characters, without ``|``.
        range_low: Bottom of the scores that it usually interviews for a categorical seat, 1 to 999 points.
        range_floor: Below it a file is far below the bar; 1 to 999 points, at most ``range_low``; None where not known.
        needs: What it urgently lacks, any of the needs of a case, as names or as ``"language|local"``.
        prior_contact: The student rotated or interviewed there.
        openings: The seats it has open: ``categorical``, ``noncategorical``, ``both`` or ``none``.
        interviews_failures: It still interviews applicants with a failed attempt.
        sponsors_visas: It sponsors visas.
        program_contacted_first: It has already contacted the student or their school (rules check only).

    Raises:
        CaseError: A field breaks its rule; the message names the field, the rule and the value.

    Source:
        conduct.few-and-strong, conduct.tell-recommender, need.match-gives-traction, paper.checklist.

    Examples:
        >>> Program("Lakeside", 230, needs="local").floor
        215
        >>> Program("Lakeside", 500).floor
        400
    """

    name: str
    range_low: int
    range_floor: int | None = None
    needs: Collection[str] = frozenset()
    prior_contact: bool = False
    openings: str = "categorical"
    interviews_failures: bool = True
    sponsors_visas: bool = True
    program_contacted_first: bool = False

    def __post_init__(self) -> None:
        store = self.__dict__
        store["name"] = _name("name", self.name)
        for name, field in _PROGRAM.items():
            store[name] = field.check(store[name])
        if self.range_floor is not None and self.range_floor > self.range_low:
            raise CaseError("range_floor", "floor_above_low", self.range_floor, range_low=self.range_low)

    @property
    def floor(self) -> int:
        """The floor; where it is not known, as far under the range as in a new case, but not off the exam's slider."""
        if self.range_floor is not None:
            return self.range_floor
        return _usual_floor(self.range_low)


@functools.cache
def _usual_floor(range_low: int) -> int:
    exam = exam_of_range(Case(range_low=range_low, range_floor=1))
    return min(range_low, max(exam.low, range_low - (exam.range_low - exam.range_floor)))


def case_for(student: Case, person: Person, program: Program) -> Case:
    """Give the case of one person who approaches one program by one honest phone call, in their own words.

    Args:
        student: The student's own file and the moment, taken to be the same at every program; what it says of program and
            contact does not count.
        person: Who calls.
        program: Who is called.

    Returns:
        The case: never scripted; with specifics, and with an explanation of a flag, only from someone who knows the
        work well.

    Source:
        conduct.no-script, noise.specifics-change-risk, works.explain-flag; who can give specifics is ours.

    Examples:
        >>> case = case_for(Case(), Person("Dr. Osei", "known_dean", known_at="Mercy"), Program("Lakeside", 230))
        >>> case.recommender, case.specifics, case.range_floor
        ('random_dean', False, 215)
    """
    well = person.knows_work == ACQUAINTANCE[0]
    return student.replace(
        range_low=program.range_low,
        range_floor=program.floor,
        interviews_failures=program.interviews_failures,
        sponsors_visas=program.sponsors_visas,
        has_noncategorical_seat=program.openings in {"both", "noncategorical"},
        needs=program.needs,
        recommender=person.kind_at(program),
        move="targeted_call",
        specifics=well,
        addresses_flag=well and any(getattr(student, flag) for flag in _explainable()),
        scripted=False,
        track_record=person.track_record if person.related_to(program) else None,
        prior_contact=program.prior_contact,
        introduced=False,
        program_contacted_first=program.program_contacted_first,
    )


@functools.cache
def _explainable() -> tuple[str, ...]:
    return tuple(row.flag for row in load_flags() if row.kind == "explainable")


# ---- the plan ----


class Notice(NamedTuple):
    """Something that the planner warns of.

    Args:
        kind: What it is about: ``not_allowed``, ``ask_first``, ``few_people``, ``few_programs``, ``overlap``,
            ``below_range``, ``far_below``, ``noncategorical``, ``volume``, ``barely``, ``known_everywhere`` or
            ``unknown_program``.
        words: The warning for a reader.
        about: The names of the people or programs it is about.
        claims: Ids of the article's claims that it rests on; none where it is the NRMP's rule or ours.

    Source:
        The claims in each.

    Examples:
        >>> plan(Case(), [Person("Dr. Osei", "trusted_peer", known_at="Mercy")], [Program("Mercy", 230)]).warnings[0].kind
        'not_allowed'
    """

    kind: str
    words: str
    about: tuple[str, ...]
    claims: tuple[str, ...]


class LeftOut(NamedTuple):
    """A person or a program that is not in the plan.

    Args:
        what: ``person`` or ``program``.
        name: Their name.
        kind: Why: ``no_opening``, ``other_exam``, ``verdict`` (no contact does enough by the article),
            ``full`` (others take the place) or ``nobody_to_meet`` (the other table has nobody for it).
        words: Why, for a reader.
        verdict: The best verdict that was to be had; None where none was asked for.

    Examples:
        >>> plan(Case(), [Person("Dr. Osei", "trusted_peer")], [Program("Mercy", 230, openings="none")]).left_out[-1].kind
        'no_opening'
    """

    what: str
    name: str
    kind: str
    words: str
    verdict: Verdict | None


@dataclass(frozen=True)
class Row:
    """One line of a plan: this person, this program.

    Args:
        person: Who calls.
        program: Who is called.
        case: The case of that call.
        judgment: What the article says of it.
        reason: Why this row, and what it stops at, for a reader.
        rules: What the NRMP's rule says of it.

    Source:
        conduct.few-and-strong; data/rules.csv; data/soap_rule.csv.

    Examples:
        >>> row = plan(Case(), [Person("Dr. Osei", "trusted_peer", None, "well")], [Program("Mercy", 230)]).rows[0]
        >>> row.verdict.name, row.rules.answer
        ('PHONE_INTERVIEW', 'not_allowed')
    """

    person: Person
    program: Program
    case: Case
    judgment: Judgment
    reason: str
    rules: RulesCheck

    @property
    def verdict(self) -> Verdict:
        """What the article would expect of it."""
        return self.judgment.verdict

    @property
    def gap(self) -> int:
        """How many points the score lies below the program's usual range; 0 where it reaches it."""
        return max(0, self.program.range_low - self.case.score)


@dataclass(frozen=True)
class Plan:
    """Who approaches whom, why, and what to beware of.

    Args:
        student: The student's file and the moment that was judged.
        rows: The rows, best verdict first, then what the NRMP's rule allows, then in the order of the tables.
        people: The people of those rows, in the order in which they first appear.
        warnings: What to beware of; what the NRMP's rule says stands first.
        left_out: Every person and program that is in no row, with the reason.
        words: The plan in short, or a plain explanation where there is none.
        value: What `plan` made as large as it can be, compared from the left; see `objective`.

    Source:
        conduct.few-and-strong, conduct.fit-beats-volume, conduct.overlapping-emails.

    Examples:
        >>> plan(Case(), [], []).rows
        ()
    """

    student: Case
    rows: tuple[Row, ...]
    people: tuple[Person, ...]
    warnings: tuple[Notice, ...]
    left_out: tuple[LeftOut, ...]
    words: str
    value: tuple[int, ...]

    @property
    def objective(self) -> str:
        """What the plan was chosen for, as a sentence for a reader."""
        return text("planner.objective")

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The choices of ours that it rests on, as sentences for a reader."""
        return tuple(text(f"assumption.{name}") for name in ASSUMPTIONS)

    def rows_of(self, person: Person) -> tuple[Row, ...]:
        """The rows of one person."""
        return tuple(row for row in self.rows if row.person == person)


class _Pair(NamedTuple):
    """One person at one program, judged."""

    person: int
    program: int
    case: Case
    verdict: int
    worth: tuple[int, ...]  # in range, caller, acquaintance, prior contact: each higher is better

    @property
    def order(self) -> tuple[int, ...]:
        return (self.verdict, *self.worth, -self.program, -self.person)


def plan(
    student: Case,
    people: Iterable[Person],
    programs: Iterable[Program],
    *,
    when: datetime | None = None,
    reading: str | None = None,
) -> Plan:
    """Choose at most three people and at most five programs for each, no program twice.

    Of all such choices it finds the best one, not merely a good one: as many programs as possible at the highest verdict,
    then at the next one, and so on down to the lowest that is proposed at all; among equal choices, as many as possible whose
    range the score reaches, as few people as possible with less than three programs, the stronger callers, the better
    acquaintance with the work, prior contact, and last the order of the tables.

    Args:
        student: The student's own file and the moment; what it says of program and contact does not count.
        people: Those who could speak for the student, at most 30, each name once.
        programs: Those that could be approached, at most 200, each name once.
        when: The moment of the contacts, one without a time zone being Eastern; it decides the phase. None to go by the
            student's phase.
        reading: The name of a reading; None for every default.

    Returns:
        The plan. Where there is nothing to propose it has no rows, and its words say why and what could come next.

    Raises:
        CaseError: ``student`` is no case, a name stands twice, a table is too long, ``when`` is no moment, or no reading
            has this name.

    Source:
        conduct.few-and-strong, conduct.fit-beats-volume, conduct.overlapping-emails; the order of equal choices is ours.

    Examples:
        >>> people = [Person("Dr. Osei", "known_dean", 3, "well"), Person("Dr. Lind", "trusted_peer", None, "well", "Mercy")]
        >>> programs = [Program("Lakeside", 230), Program("Mercy", 235), Program("St. Anne", 262)]
        >>> found = plan(Case(phase="groundwork"), people, programs)
        >>> [(row.person.name, row.program.name, row.verdict.name) for row in found.rows]
        [('Dr. Osei', 'Lakeside', 'PHONE_INTERVIEW'), ('Dr. Osei', 'Mercy', 'PHONE_INTERVIEW')]
        >>> [left.name for left in found.left_out]
        ['Dr. Lind', 'St. Anne']
    """
    if not isinstance(student, Case):
        raise CaseError("case", "not_a_case", student)
    who = _table_of("people", people, Person, LONGEST_PEOPLE)
    where = _table_of("programs", programs, Program, LONGEST_PROGRAMS)
    if when is not None:
        student = student.replace(phase=phase_at(when, reading))
    return _Planning(student, who, where, when, reading).plan()


def _table_of(field: str, rows: Iterable[Any], kind: type, longest: int) -> tuple[Any, ...]:
    table = tuple(rows) if isinstance(rows, Iterable) and not isinstance(rows, str) else (rows,)
    if len(table) > longest:
        raise CaseError(field, "too_many_rows", len(table), most=longest)
    seen: set[str] = set()
    for row in table:
        if not isinstance(row, (Person, Program)) or not isinstance(row, kind):
            raise CaseError(field, "not_a_row", row)
        if _key(row.name) in seen:
            raise CaseError(field, "name_twice", row.name)
        seen.add(_key(row.name))
    return table


class _Planning:
    """The making of one plan: every pair judged, the choice made, and the words for it."""

    def __init__(
        self,
        student: Case,
        people: tuple[Person, ...],
        programs: tuple[Program, ...],
        when: datetime | None,
        reading: str | None,
    ) -> None:
        self.student = student
        self.people = people
        self.programs = programs
        self.when = when
        self.reading = reading
        self.least = int(assumption("planner_least_verdict"))
        in_soap = student.phase in {"soap_lists", "gap_filling"}
        self.closed = {q for q, program in enumerate(programs) if in_soap and program.openings == "none"}
        self.other_exam = {q for q, program in enumerate(programs) if not _same_exam(student, program)} - self.closed
        self.considered = [q for q in range(len(programs)) if q not in self.closed | self.other_exam]
        outcome = rule_book(reading).outcome
        self.pairs: dict[tuple[int, int], _Pair] = {}
        for q in self.considered:
            for p, person in enumerate(people):
                case = case_for(student, person, programs[q])
                worth = (
                    int(student.score >= case.range_low),
                    len(KINDS) - KINDS.index(case.recommender),
                    len(ACQUAINTANCE) - ACQUAINTANCE.index(person.knows_work),
                    int(case.prior_contact),
                )
                self.pairs[p, q] = _Pair(p, q, case, outcome(case).verdict, worth)
        self.useful = {at: pair for at, pair in self.pairs.items() if pair.verdict >= self.least}
        self.owner = self._choose()
        self.chosen = [self.pairs[p, q] for q, p in self.owner.items()]

    # ---- the choice ----

    def _choose(self) -> dict[int, int]:
        levels = range(max(Verdict), self.least - 1, -1)
        base = 1 + MOST_PEOPLE * MOST_PROGRAMS * max(len(KINDS), len(self.people), len(self.programs))

        def packed(digits: Iterable[int]) -> int:
            # Sums of such numbers compare like the sums of their digits, from the left: no digit's sum reaches the base.
            return functools.reduce(lambda sum_, digit: sum_ * base + digit, digits, 0)

        gains: list[list[int | None]] = [[None] * len(self.programs) for _ in self.people]
        for (p, q), pair in self.useful.items():
            in_range, *rest = pair.worth
            reached = [int(pair.verdict == level) for level in levels]
            places = [len(self.programs) - 1 - q, len(self.people) - 1 - p]
            gains[p][q] = packed([*reached, in_range, 0, *rest, *places])
        few = packed([*(0 for _ in levels), 0, 1, 0, 0, 0, 0, 0])
        return choose(gains, few, most_people=MOST_PEOPLE, enough=ENOUGH_PROGRAMS, most_programs=MOST_PROGRAMS)

    def value(self) -> tuple[int, ...]:
        levels = range(max(Verdict), self.least - 1, -1)
        in_range, *rest = (sum(pair.worth[place] for pair in self.chosen) for place in range(4))
        missing = sum(max(0, ENOUGH_PROGRAMS - self._count(p)) for p in set(self.owner.values()))
        return (*(sum(pair.verdict == level for pair in self.chosen) for level in levels), in_range, -missing, *rest)

    def _count(self, p: int) -> int:
        return sum(owner == p for owner in self.owner.values())

    # ---- the plan in words ----

    def plan(self) -> Plan:
        in_order = sorted(self.chosen, key=lambda pair: (pair.person, pair.program))
        rows = sorted(map(self._row, in_order), key=lambda row: (-row.verdict, -ANSWERS.index(row.rules.answer)))
        people = tuple(dict.fromkeys(row.person for row in rows))
        return Plan(
            student=self.student,
            rows=tuple(rows),
            people=people,
            warnings=tuple(self._warnings(rows, people)),
            left_out=(*self._people_left_out(), *self._programs_left_out()),
            words=self._summary(rows, people) if rows else self._nothing(),
            value=self.value(),
        )

    def _row(self, pair: _Pair) -> Row:
        judgment = judge(pair.case, self.reading)
        better = [
            person.name
            for p, person in enumerate(self.people)
            if (other := self.useful.get((p, pair.program))) and other.verdict > pair.verdict
        ]
        why = text("planner.row.better", names=_listed(better)) if better else text("planner.row.best")
        stops = text("planner.row.nothing") if judgment.verdict == max(Verdict) else self._link(pair)
        return Row(
            person=self.people[pair.person],
            program=self.programs[pair.program],
            case=pair.case,
            judgment=judgment,
            reason=f"{why} {stops}",
            rules=rules_check(pair.case, self.when),
        )

    def _link(self, pair: _Pair) -> str:
        """Say what holds a pair's verdict down: the reason of every stage that does."""
        judgment = judge(pair.case, self.reading)
        return " ".join(reason.sentence for reason in judgment.reasons if reason.stage in judgment.binding)

    def _best(self, *, p: int | None = None, q: int | None = None) -> _Pair:
        """Give the best pair of one person or of one program."""
        who = range(len(self.people)) if p is None else (p,)
        where = self.considered if q is None else (q,)
        return max((self.pairs[at] for at in itertools.product(who, where)), key=_by_order)

    def _summary(self, rows: Sequence[Row], people: Sequence[Person]) -> str:
        parts = [text("planner.summary", people=len(people), programs=len(rows), best=rows[0].verdict.label)]
        answers = {row.rules.answer for row in rows}
        if "not_allowed" in answers:
            parts.append(text("planner.summary.not_now" if len(answers) == 1 else "planner.summary.not_all_now"))
        elif "ask_first" in answers:
            parts.append(text("planner.summary.ask_first"))
        return " ".join(parts)

    def _nothing(self) -> str:
        if not self.people or not self.programs:
            which = "programs" if self.people else "people" if self.programs else "both"
            return {
                "people": text("planner.empty.people"),
                "programs": text("planner.empty.programs"),
                "both": text("planner.empty.both"),
            }[which]
        if not self.considered:
            return text("planner.nothing_open") if self.closed else text("planner.other_exam")
        best = [self._best(q=q) for q in self.considered]
        stages = [judge(pair.case, self.reading).binding[0] for pair in best]
        stage = max(STAGES, key=stages.count)
        pair = max((pair for pair, held in zip(best, stages, strict=True) if held == stage), key=_by_order)
        return text(f"planner.nothing.{stage}", verdict=Verdict(pair.verdict).label, link=self._link(pair))

    def _people_left_out(self) -> Iterable[LeftOut]:
        for p, person in enumerate(self.people):
            if p in self.owner.values():
                continue
            if not self.considered:
                yield LeftOut("person", person.name, "nobody_to_meet", text("planner.out.no_program"), None)
                continue
            best = self._best(p=p)
            full = (p, best.program) in self.useful
            words = text("planner.out.person_full") if full else self._too_little(best)
            yield LeftOut("person", person.name, "full" if full else "verdict", words, Verdict(best.verdict))

    def _programs_left_out(self) -> Iterable[LeftOut]:
        for q, program in enumerate(self.programs):
            if q in self.owner:
                continue
            if q in self.closed:
                yield LeftOut("program", program.name, "no_opening", text("planner.out.no_opening"), None)
            elif q in self.other_exam:
                yield LeftOut("program", program.name, "other_exam", text("planner.out.other_exam"), None)
            elif not self.people:
                yield LeftOut("program", program.name, "nobody_to_meet", text("planner.out.no_people"), None)
            else:
                best = self._best(q=q)
                full = (best.person, q) in self.useful
                words = text("planner.out.program_full") if full else self._too_little(best)
                yield LeftOut("program", program.name, "full" if full else "verdict", words, Verdict(best.verdict))

    def _too_little(self, pair: _Pair) -> str:
        words = text(
            "planner.out.verdict",
            person=self.people[pair.person].name,
            program=self.programs[pair.program].name,
            verdict=Verdict(pair.verdict).label,
            link=self._link(pair),
        )
        gap = pair.case.range_low - pair.case.score
        return f"{words} {text('planner.out.gap', score=pair.case.score, gap=gap)}" if gap > 0 else words

    # ---- what to beware of ----

    def _warnings(self, rows: Sequence[Row], people: Sequence[Person]) -> Iterable[Notice]:
        yield from self._of_the_rule(rows)
        yield from self._of_size(rows, people)
        yield from self._of_overlap(rows)
        yield from self._of_programs(rows)
        yield from self._of_people()

    @staticmethod
    def _of_the_rule(rows: Sequence[Row]) -> Iterable[Notice]:
        for answer in ("not_allowed", "ask_first"):
            names = tuple(row.program.name for row in rows if row.rules.answer == answer)
            if names:
                words = text(f"planner.warn_rule.{answer}", names=_listed(names))
                yield Notice(answer, words, names, ())

    def _of_size(self, rows: Sequence[Row], people: Sequence[Person]) -> Iterable[Notice]:
        few_and_strong = ("conduct.few-and-strong", "conduct.fit-beats-volume")
        if 0 < len(people) < FEWEST_PEOPLE:
            yield Notice("few_people", text("planner.warn.few_people"), (people[0].name,), few_and_strong)
        thin = tuple(person.name for person in people if sum(row.person == person for row in rows) < ENOUGH_PROGRAMS)
        if thin:
            yield Notice("few_programs", text("planner.warn.few_programs", names=_listed(thin)), thin, few_and_strong)
        if len(self.people) > MOST_PEOPLE:
            asked = tuple(person.name for person in self.people if person not in people)
            words = text("planner.warn.volume", count=len(self.people))
            yield Notice("volume", words, asked, ("conduct.overlapping-emails", "conduct.maturity-noticed"))

    def _of_overlap(self, rows: Sequence[Row]) -> Iterable[Notice]:
        shared = [row for row in rows if sum((p, self._place(row)) in self.useful for p in range(len(self.people))) > 1]
        if shared:
            names = tuple(row.program.name for row in shared)
            each = [text("planner.pair", program=row.program.name, person=row.person.name) for row in shared]
            yield Notice("overlap", text("planner.warn.overlap", names=_listed(each)), names, ("conduct.overlapping-emails",))

    def _place(self, row: Row) -> int:
        return self.programs.index(row.program)

    def _of_programs(self, rows: Sequence[Row]) -> Iterable[Notice]:
        score = self.student.score
        below = [self.programs[q] for q in self.considered if score < self.programs[q].range_low]
        for kind, far in (("below_range", False), ("far_below", True)):
            found = [program for program in below if (score < program.floor) == far]
            if found:
                each = [text("planner.gap", program=program.name, gap=program.range_low - score) for program in found]
                words = text(f"planner.warn.{kind}", score=score, names=_listed(each))
                yield Notice(kind, words, tuple(program.name for program in found), ("conduct.few-and-strong",))
        prelim = tuple(row.program.name for row in rows if row.program.openings == "noncategorical")
        if prelim:
            yield Notice("noncategorical", text("planner.warn.noncategorical", names=_listed(prelim)), prelim, ())

    def _of_people(self) -> Iterable[Notice]:
        barely = tuple(person.name for person in self.people if person.knows_work == "barely")
        if barely:
            claims = ("conduct.few-and-strong", "conduct.overlapping-emails")
            yield Notice("barely", text("planner.warn.barely", names=_listed(barely)), barely, claims)
        everywhere = tuple(
            person.name for person in self.people if person.kind in KINDS[:3] and not person.known_at and len(self.programs) > 1
        )
        if everywhere:
            words = text("planner.warn.known_everywhere", names=_listed(everywhere))
            yield Notice("known_everywhere", words, everywhere, ())
        known = {_key(program.name): program.name for program in self.programs}
        unknown = tuple(dict.fromkeys(name for person in self.people for name in person.known_at if _key(name) not in known))
        if unknown and known:
            yield Notice("unknown_program", text("planner.warn.unknown_program", names=_listed(unknown)), unknown, ())


def _by_order(pair: _Pair) -> tuple[int, ...]:
    return pair.order


def _same_exam(student: Case, program: Program) -> bool:
    # The floor is left aside: 300 is a floor of Level 2 as well as a score of Step 2 CK.
    return exam_of(student.replace(range_low=program.range_low, range_floor=program.range_low)) is not None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_LISTED])
    return shown if len(names) <= _NAMES_LISTED else text("planner.more", names=shown, count=len(names) - _NAMES_LISTED)


# ---- the choice, as numbers ----


def choose(
    gains: Sequence[Sequence[int | None]],
    few: int,
    *,
    most_people: int,
    enough: int,
    most_programs: int,
) -> dict[int, int]:
    """Find the assignment with the largest sum: a few people, a few programs each, no program twice.

    Every set of people is asked in turn, the most promising first, until none that is left can do better. Within a set the
    assignment grows by one program at a time along the path that gains most (a flow of least cost), which is exact.

    Args:
        gains: By person and program, what that row adds, 1 or more; None where there is no such row.
        few: What a person who is asked at all loses for each program short of ``enough``; 0 or more.
        most_people: How many people may be asked.
        enough: How many programs a person should have.
        most_programs: How many programs a person may have.

    Returns:
        The person of each program that has one.

    Examples:
        >>> choose([[3, 3], [4, None]], 0, most_people=2, enough=0, most_programs=5)
        {0: 1, 1: 0}
        >>> choose([[3, 3], [4, None]], 0, most_people=1, enough=0, most_programs=5)
        {0: 0, 1: 0}
    """
    ranked = [
        sorted((q for q, gain in enumerate(row) if gain is not None), key=lambda q: -_sent_contents(row[q])) for row in gains
    ]
    able = [p for p, programs in enumerate(ranked) if programs]
    # What a person would bring if nobody else wanted the same programs.
    alone = {
        p: sum(_sent_contents(gains[p][q]) for q in ranked[p][:most_programs]) - few * max(0, enough - len(ranked[p]))
        for p in able
    }
    sets = [group for size in range(1, most_people + 1) for group in itertools.combinations(able, size)]
    hopes = sorted(((sum(alone[p] for p in group), group) for group in sets), key=lambda hope: (-hope[0], hope[1]))
    best, owner = 0, dict[int, int]()
    for hope, group in hopes:
        if hope <= best:
            break
        value, found = _fill(group, gains, ranked, few, enough, most_programs)
        if value > best:
            best, owner = value, found
    return dict(sorted(owner.items()))


def _sent_contents(gain: int | None) -> int:
    return 0 if gain is None else gain


def _fill(
    group: tuple[int, ...],
    gains: Sequence[Sequence[int | None]],
    ranked: Sequence[Sequence[int]],
    few: int,
    enough: int,
    most_programs: int,
) -> tuple[int, dict[int, int]]:
    """Give the best assignment to exactly these people; someone left without a program counts as short of them all."""
    owner: dict[int, int] = {}
    count = dict.fromkeys(group, 0)
    value = -few * enough * len(group)
    while True:
        paths = _paths(group, gains, ranked, owner)
        starts = [(paths[p][0] + few * (count[p] < enough), -p) for p in paths if count[p] < most_programs]
        if not starts or max(starts)[0] <= 0:
            return value, owner
        gain, first = max(starts)
        value += gain
        count[-first] += 1
        owner |= {program: person for person, program in paths[-first][1]}


_Path = tuple[int, tuple[tuple[int, int], ...]]


def _paths(
    group: tuple[int, ...], gains: Sequence[Sequence[int | None]], ranked: Sequence[Sequence[int]], owner: Mapping[int, int]
) -> dict[int, _Path]:
    """Give each person's best way to one program more: a free one, or another's, who then finds a way in turn."""
    paths: dict[int, _Path] = {}
    for p in group:
        free = next((q for q in ranked[p] if q not in owner), None)
        if free is not None:
            paths[p] = (_sent_contents(gains[p][free]), ((p, free),))
    for _ in group[1:]:
        for p in group:
            for q, other in owner.items():
                gain = gains[p][q]
                if other == p or gain is None or other not in paths:
                    continue
                gained = gain - _sent_contents(gains[other][q]) + paths[other][0]
                if p not in paths or gained > paths[p][0]:
                    paths[p] = (gained, ((p, q), *paths[other][1]))
    return paths


# ---- the briefing ----


class BriefingProgram(NamedTuple):
    """One program on a briefing sheet.

    Args:
        name: Its name.
        facts: What is known of it, each as a sentence: its range and the score, prior contact, seats open, needs.
        gap: How many points the score lies below its usual range; 0 where it reaches it.
        prior_contact: Whether the student rotated or interviewed there.
        answer: What the NRMP's rule says of a contact: ``not_allowed``, ``ask_first`` or ``allowed``.

    Source:
        conduct.tell-recommender.

    Examples:
        >>> dean = Person("Dr. Osei", "trusted_peer", None, "well")
        >>> briefing(plan(Case(), [dean], [Program("Mercy", 230)]), dean).programs[0].answer
        'not_allowed'
    """

    name: str
    facts: tuple[str, ...]
    gap: int
    prior_contact: bool
    answer: str


@dataclass(frozen=True)
class Briefing:
    """The facts that one person needs; never a text to send.

    Nothing in it says how strong a voice the person is, or what verdict is expected: that is for the student.

    Args:
        person: The person's name.
        programs: The realistic programs, in the order of the plan.
        risks: The main risks in the file, each as a fact.
        rules: What the NRMP's rule says about when a contact may start.

    Source:
        conduct.tell-recommender, conduct.no-script.

    Examples:
        >>> dean = Person("Dr. Osei", "trusted_peer", None, "well")
        >>> briefing(plan(Case(failed_clerkship=True), [dean], [Program("Mercy", 230)]), dean).risks
        ('A failed clerkship.',)
    """

    person: str
    programs: tuple[BriefingProgram, ...]
    risks: tuple[str, ...]
    rules: tuple[str, ...]

    @property
    def facts_only(self) -> str:
        """That these are facts, and not a text to send."""
        return text("planner.briefing.facts_only")

    @property
    def before_you_share(self) -> str:
        """What the student should know before handing it over; it stands on no sheet."""
        return text("planner.briefing.before_you_share")

    @property
    def text(self) -> str:
        """The sheet as plain text."""
        lines = [text("planner.briefing.title", person=self.person), "", self.facts_only]
        lines += ["", text("planner.briefing.rules"), *(f"- {rule}" for rule in self.rules)]
        lines += ["", text("planner.briefing.programs")]
        for program in self.programs:
            lines += [program.name, *(f"- {fact}" for fact in program.facts)]
        lines += ["", text("planner.briefing.risks"), *(f"- {risk}" for risk in self.risks)]
        return "\n".join(lines) + "\n"


def briefing(plan: Plan, person: Person | str) -> Briefing:
    """Put together the facts that one person of a plan needs, to hand over.

    Args:
        plan: The plan.
        person: The person, or their name.

    Returns:
        The realistic programs, prior contact, the main risks, and when a contact may start.

    Raises:
        CaseError: The plan has no rows for this person.

    Source:
        conduct.tell-recommender, conduct.no-script; data/soap_rule.csv.

    Examples:
        >>> dean = Person("Dr. Osei", "trusted_peer", None, "well")
        >>> sheet = briefing(plan(Case(phase="groundwork"), [dean], [Program("Mercy", 230, prior_contact=True)]), "Dr. Osei")
        >>> sheet.programs[0].name, sheet.programs[0].prior_contact
        ('Mercy', True)
    """
    name = person.name if isinstance(person, Person) else person
    rows = [row for row in plan.rows if row.person.name == name]
    if not rows:
        raise CaseError("person", "not_in_plan", name, people=_listed([each.name for each in plan.people]) or "-")
    by_answer = {answer: [row.program.name for row in rows if row.rules.answer == answer] for answer in ANSWERS}
    rules = [text(f"planner.briefing.rule.{answer}", names=", ".join(names)) for answer, names in by_answer.items() if names]
    return Briefing(
        person=name,
        programs=tuple(_briefing_program(row) for row in rows),
        risks=tuple(_risks(plan.student, rows)),
        rules=(*rules, text("soap.read_agreement")),
    )


def _briefing_program(row: Row) -> BriefingProgram:
    program, score = row.program, row.case.score
    exam = text(f"panel.exam.{exam_of_range(row.case).exam}")
    facts = [
        text("planner.briefing.below", exam=exam, low=program.range_low, score=score, gap=row.gap)
        if row.gap
        else text("planner.briefing.in_range", exam=exam, low=program.range_low, score=score),
    ]
    if program.prior_contact:  # a box that was not ticked may only mean that nobody thought of it
        facts.append(text("planner.briefing.known_there"))
    if row.case.phase in {"soap_lists", "gap_filling"}:
        facts.append(text(f"planner.opening.{program.openings}"))
    for need in (need for need in Case.fields()["needs"].levels if need in program.needs):
        shows = need in row.case.offers
        content = text("planner.briefing.need_met" if shows else "planner.briefing.need_open", need=text(f"level.need.{need}"))
        facts.append(content)
    return BriefingProgram(program.name, tuple(facts), row.gap, program.prior_contact, row.rules.answer)


def _risks(student: Case, rows: Sequence[Row]) -> Iterable[str]:
    flags = [row.flag for row in load_flags() if getattr(student, row.flag)]
    for flag in flags:
        yield text(f"planner.risk.{flag}", times=int(getattr(student, flag)))
    below = [row.program.name for row in rows if row.gap]
    if below:
        yield text("planner.risk.below_range", names=", ".join(below))
    if not flags and not below:
        yield text("planner.risk.none")


# ---- reading and writing the tables ----


class PlannerTableError(CaseError):
    """A table of people or programs cannot be read; the message names the table, the row, the column, the rule and the value.

    Args:
        table: ``people`` or ``programs``.
        row: The row, the header being row 1.
        column: The column; an empty text where the whole row is meant.
        rule: The id of the broken rule.
        value: What stands there.
        **details: What the sentence fills in.

    Examples:
        >>> print(PlannerTableError("programs", 3, "range_low", "range", "high", low=1, high=999))
        programs, row 3, column range_low: must be a whole number from 1 to 999, but it is 'high'.
    """

    def __init__(self, table: str, row: int, column: str, rule: str, value: object, **details: object) -> None:
        super().__init__(column, rule, value, **details)
        self.table = table
        self.row = row
        self.column = column

    def __str__(self) -> str:
        table = text("planner.table.people" if self.table == "people" else "planner.table.programs")
        place = text("planner.cell" if self.column else "planner.line", table=table, row=self.row, column=self.column)
        return f"{place}: {self.sentence}"


def read_people(text: str) -> tuple[Person, ...]:
    r"""Read the people from a table.

    Args:
        text: CSV, with commas, semicolons or tabs, as a spreadsheet saves or copies it. Columns: ``name`` and ``kind``, and
            where wanted ``track_record``, ``knows_work`` and ``known_at`` (names parted by ``|``). A blank cell means the
            default of `Person`; blank lines are passed over.

    Returns:
        The people in the order of the table; none where the text is blank.

    Raises:
        PlannerTableError: A column is missing or unknown, a name stands twice, or a cell breaks its rule.

    Examples:
        >>> read_people("name,kind,knows_work,known_at\nDr. Osei,known_dean,well,Mercy|Lakeside\n")[0].knows_work
        'well'
        >>> read_people("")
        ()
    """
    return _read("people", text, {"name": None, **_PERSON, "known_at": None}, ("name", "kind"), Person)


def read_programs(text: str) -> tuple[Program, ...]:
    r"""Read the programs from a table.

    Args:
        text: CSV as for `read_people`. Columns: ``name`` and ``range_low``, and where wanted the other fields of `Program`;
            needs are parted by ``|``, and what is true or false may be written as yes or no.

    Returns:
        The programs in the order of the table; none where the text is blank.

    Raises:
        PlannerTableError: A column is missing or unknown, a name stands twice, or a cell breaks its rule.

    Examples:
        >>> read_programs("name,range_low,needs,prior_contact\nMercy,230,local|language,yes\n")[0].prior_contact
        True
    """
    return _read("programs", text, {"name": None, **_PROGRAM}, ("name", "range_low"), Program)


def _read(
    table: str,
    text: str,
    columns: Mapping[str, Field | None],
    required: Collection[str],
    make: Callable[..., Any],
) -> tuple[Any, ...]:
    text = text.removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1):
            if any(cell.strip() for cell in cells):
                lines.append((number, cells))
    except csv.Error:
        raise PlannerTableError(table, len(lines) + 1, "", "not_csv", first) from None
    if not lines:
        return ()
    (at, cells), *rest = lines
    header = [cell.strip().lower().replace(" ", "_") for cell in cells]
    _check_header(table, at, header, columns, required)
    made: list[Any] = []
    seen: set[str] = set()
    for number, cells in rest:
        if len(cells) != len(header):
            raise PlannerTableError(table, number, "", "cell_count", len(cells), count=len(header))
        try:
            row = make(**{name: _cell(name, cell, columns[name]) for name, cell in zip(header, cells, strict=True)})
        except CaseError as error:
            raise PlannerTableError(table, number, error.field, error.rule, error.value, **error.details) from None
        if _key(row.name) in seen:
            raise PlannerTableError(table, number, "name", "name_twice", row.name)
        seen.add(_key(row.name))
        made.append(row)
    return tuple(made)


def _check_header(
    table: str, at: int, header: list[str], columns: Mapping[str, Field | None], required: Collection[str]
) -> None:
    for name in header:
        if name not in columns or header.count(name) > 1:
            raise PlannerTableError(table, at, name, "table_column", name, known=suggestions(name, columns))
    for name in required:
        if name not in header:
            raise PlannerTableError(table, at, name, "table_column_missing", ", ".join(header))


def _cell(name: str, cell: str, field: Field | None) -> object:
    if field is None:
        return cell
    if field.kind == "flag" and cell.strip():
        word = cell.strip().lower()
        if word not in {"yes", "no", "true", "false"}:
            raise CaseError(name, "yes_no", cell)
        return word in {"yes", "true"}
    return field.read(cell)


def people_to_csv(people: Iterable[Person]) -> str:
    """Write people as a table that `read_people` reads.

    Args:
        people: The people.

    Returns:
        CSV with a header.

    Examples:
        >>> people_to_csv([Person("Dr. Osei", "known_dean", 3, "well", "Mercy|Lakeside")]).splitlines()[1]
        'Dr. Osei,known_dean,3,well,Mercy|Lakeside'
    """
    return _csv(("name", *_PERSON, "known_at"), people)


def programs_to_csv(programs: Iterable[Program]) -> str:
    """Write programs as a table that `read_programs` reads.

    Args:
        programs: The programs.

    Returns:
        CSV with a header.

    Examples:
        >>> programs_to_csv([Program("Mercy", 230, needs={"local"})]).splitlines()[1]
        'Mercy,230,,local,no,categorical,yes,yes,no'
    """
    return _csv(("name", *_PROGRAM), programs)


def _csv(columns: Sequence[str], rows: Iterable[Any]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_written(getattr(row, name)) for name in columns] for row in rows)
    return out.getvalue()


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return "|".join(level for level in Case.fields()["needs"].levels if level in value)
    return "|".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
