"""Find the verdicts that remain possible if a student can't know everything about a program, and what each stage can allow.

`judge_open` works for any field. `possible` works only for those in `MAY_BE_UNKNOWN`, but it is fast enough to run at every
position of a slider, and it reports which stages can limit the verdict and what each of them depends on. Nothing is guessed or
averaged.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final, NamedTuple, TypeAlias

from backchannel_lib.base.errors import CaseError
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import step2_top, usual_floor
from backchannel_lib.model.open_judgment import Truth, all_values, comparisons, fields_asked, known_truth
from backchannel_lib.model.rules import Outcome, rule_book
from backchannel_lib.model.tables import STAGES, load_exams
from backchannel_lib.model.verdict import Judgment, Reason, Verdict

#: The fields that a student often can't know, in the order of a case.
MAY_BE_UNKNOWN: Final = (
    "range_low",
    "range_floor",
    "interviews_failures",
    "sponsors_visas",
    "has_noncategorical_seat",
    "needs",
    "track_record",
    "lists_open",
)
RANGE: Final = ("range_low", "range_floor")
UNKNOWN: Final = "unknown"  # the value of an unknown field in a control or a saved case

Values: TypeAlias = Mapping[str, Any]


def check_unknown(unknown: Collection[str]) -> tuple[str, ...]:
    """Return unknown fields in the order of a case; raise `CaseError` for a field that must be known.

    Examples:
        >>> check_unknown(["sponsors_visas", "range_low"])
        ('range_low', 'sponsors_visas')
    """
    names = (unknown,) if isinstance(unknown, str) else tuple(unknown)
    for name in names:
        if name not in MAY_BE_UNKNOWN:
            raise CaseError("unknown", "level", name, levels=", ".join(MAY_BE_UNKNOWN))
    return tuple(name for name in MAY_BE_UNKNOWN if name in names)


def replace_known(case: Case, unknown: Collection[str], **changes: object) -> Case:
    """Return the case with some fields changed, and its unknown fields set to compatible values.

    Args:
        case: The case.
        unknown: Its unknown fields; a change makes its field known.
        **changes: New values by field, as in `Case.replace`.

    Examples:
        >>> replace_known(Case(), ["range_low", "range_floor"], score=500).range_low
        500
        >>> replace_known(Case(), ["range_low"], range_floor=240).range_low
        240
    """
    fields = Case.fields()
    values: dict[str, Any] = {name: changes.get(name, getattr(case, name)) for name in fields}
    still = [name for name in unknown if name not in changes]
    hidden: dict[str, Any] = {name: fields[name].default for name in still if name not in RANGE}
    scores = [values[name] for name in ("score", *RANGE) if name not in still]
    if all(isinstance(score, int) for score in scores):  # otherwise `Case.replace` raises the error
        step2ck, level2 = load_exams()
        exam = level2 if scores[0] > step2_top() else step2ck
        low, floor = values["range_low"], values["range_floor"]
        if "range_low" in still:
            hidden["range_low"] = low = exam.range_low if "range_floor" in still else max(exam.range_low, floor)
        if "range_floor" in still:
            hidden["range_floor"] = usual_floor(low)
    return case.replace(**changes, **hidden)


class StageRange(NamedTuple):
    """What one stage can allow.

    Args:
        reasons: A reason for each rule that can set the stage's cap, the strictest first; at least one of them applies.
        depends_on: The unknown fields that decide which one applies.
    """

    reasons: tuple[Reason, ...]
    depends_on: tuple[str, ...]

    @property
    def lowest(self) -> Verdict:
        """The lowest cap that the stage can have."""
        return self.reasons[0].cap

    @property
    def highest(self) -> Verdict:
        """The highest cap that the stage can have."""
        return self.reasons[-1].cap


@dataclass(frozen=True, eq=False)
class Possible:
    """Everything that remains possible. Cases that the rules treat alike share one instance, so its HTML can be cached.

    Args:
        reading: Name of the reading it was judged under, or None for the defaults.
        outcomes: Every possible outcome, lowest verdict first.
        depends_on: The unknown fields whose answer would narrow the verdict.
        stages: What each stage can allow, by stage.

    Examples:
        >>> found = possible(Case(needs_visa=True, specifics=True), ["sponsors_visas"])
        >>> found.lowest.name, found.depends_on, found.stages["paper"].depends_on
        ('IGNORED', ('sponsors_visas',), ('sponsors_visas',))
    """

    reading: str | None
    outcomes: tuple[Outcome, ...]
    depends_on: tuple[str, ...]
    stages: Mapping[str, StageRange]

    @property
    def lowest(self) -> Verdict:
        """The lowest verdict that remains possible."""
        return Verdict(self.outcomes[0].verdict)

    @property
    def highest(self) -> Verdict:
        """The highest verdict that remains possible."""
        return Verdict(self.outcomes[-1].verdict)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every verdict that remains possible, lowest first."""
        return tuple(dict.fromkeys(Verdict(outcome.verdict) for outcome in self.outcomes))

    @property
    def is_settled(self) -> bool:
        """Whether the unknown fields make no difference, so that there is only one judgment."""
        return len(self.outcomes) == 1

    @property
    def always_binding(self) -> tuple[str, ...]:
        """The stages that limit the verdict whatever the unknown fields turn out to be."""
        return tuple(stage for stage, bound in self._binding() if all(bound))

    @property
    def sometimes_binding(self) -> tuple[str, ...]:
        """The stages that limit the verdict for some values of the unknown fields but not for others."""
        return tuple(stage for stage, bound in self._binding() if any(bound) and not all(bound))

    def _binding(self) -> Iterator[tuple[str, list[bool]]]:
        top = max(Verdict)  # nothing limits the highest verdict
        for number, stage in enumerate(STAGES):
            yield stage, [outcome.caps[number] == outcome.verdict < top for outcome in self.outcomes]


def possible(case: Case, unknown: Collection[str] = (), reading: str | None = None) -> Possible:
    """Return what remains possible for a case while some fields of `MAY_BE_UNKNOWN` are unknown.

    Args:
        case: The case; its values in the unknown fields are ignored.
        unknown: The unknown fields.
        reading: Name of a reading, or None for the defaults.

    Raises:
        CaseError: One of the fields must be known, no reading has this name, or an end of the range is unknown
            and the known scores come from two exams.

    Source:
        data/rules.csv.

    Examples:
        >>> found = possible(Case(score=230), ["range_low", "range_floor"])
        >>> found.lowest.name, found.highest.name, found.depends_on
        ('IGNORED', 'SKIMMED', ('range_low', 'range_floor'))
    """
    names = check_unknown(unknown)
    groups = tuple(_groups(case, names, reading))
    return _found(_Question(reading, names, known_truth(case, names, reading), groups, case))


def worst_and_best(case: Case, unknown: Collection[str], reading: str | None = None) -> tuple[Case, Case]:
    """Return the worst and the best case that the unknown fields can turn out to be.

    Examples:
        >>> worst, best = worst_and_best(Case(needs_visa=True), ["sponsors_visas"])
        >>> worst.sponsors_visas, best.sponsors_visas
        (False, True)
    """
    book = rule_book(reading)
    names = check_unknown(unknown)
    found = []
    for chosen in itertools.product(*(group.values for group in _groups(case, names, reading))):
        one = case.replace(**{name: value for values in chosen for name, value in values.items()})
        outcome = book.outcome(one)
        # among equal verdicts, the case whose stages together allow the least, or the most
        found.append(((outcome.verdict, sum(outcome.caps)), one))
    return min(found, key=lambda pair: pair[0])[1], max(found, key=lambda pair: pair[0])[1]


#: For each field, one set per answer: the indexes of the values that remain possible with it.
_Answers: TypeAlias = tuple[tuple[str, frozenset[frozenset[int]]], ...]


@dataclass(frozen=True)
class _Group:
    """The values that an unknown field or range can take, one for each combination of comparison results."""

    values: tuple[Values, ...] = field(compare=False)
    held: tuple[int, ...]  # the comparisons that hold for each value, as bits
    answers: tuple[int, _Answers]  # the number of values, and the `_Answers`


@dataclass(frozen=True)
class _Question:
    """A case as the rules see it. Most positions of a slider have equal ones, so they share a cached answer."""

    reading: str | None
    names: tuple[str, ...]
    truth: Truth
    groups: tuple[_Group, ...]
    case: Case = field(compare=False)


@functools.lru_cache(maxsize=4096)
def _found(question: _Question) -> Possible:
    book, groups = rule_book(question.reading), question.groups
    record = SimpleNamespace(**question.case.__dict__)
    outcomes = []
    for chosen in itertools.product(*(group.values for group in groups)):
        for values in chosen:
            record.__dict__.update(values)
        outcomes.append(book.settled(book.which(record)))
    if len(set(outcomes)) == 1:  # no answer matters, so all cases with this outcome share one instance
        return _possible(question.reading, (), (outcomes[0],))
    return _possible(question.reading, tuple(group.answers for group in groups), tuple(outcomes))


def _groups(case: Case, names: tuple[str, ...], reading: str | None) -> list[_Group]:
    asked = fields_asked(case, names, reading)
    ends = tuple(name for name in RANGE if name in names)
    # Even if no rule asks about the range, known scores from two exams are rejected.
    ranges = [_range_group(reading, ends, case.score, case.range_low, case.range_floor)] if ends else []
    groups = ranges if asked & set(RANGE) else []
    for name in names:
        if name in asked and name not in RANGE:
            partners = _partners(reading, name)
            groups.append(_group(reading, name, tuple((other, getattr(case, other)) for other in partners)))
    return groups


@functools.cache
def _partners(reading: str | None, name: str) -> tuple[str, ...]:
    """Return the fields that appear in a comparison with this one."""
    fields_of, _ = comparisons(reading)
    return tuple({other: None for names in fields_of if name in names for other in sorted(names - {name})})


@functools.lru_cache(maxsize=256)
def _group(reading: str | None, name: str, beside: tuple[tuple[str, Any], ...]) -> _Group:
    record = SimpleNamespace(**Case().__dict__ | dict(beside))
    return _keep_distinct(reading, (name,), [{name: value} for value in all_values(Case.fields()[name])], record)


@functools.lru_cache(maxsize=4096)
def _range_group(reading: str | None, ends: tuple[str, ...], score: int, low: int, floor: int) -> _Group:
    record = SimpleNamespace(**Case().__dict__ | {"score": score, "range_low": low, "range_floor": floor})
    known = [score, *(getattr(record, name) for name in RANGE if name not in ends)]
    level2 = score > step2_top()
    span = range(step2_top() + 1, 1000) if level2 else range(1, step2_top() + 1)
    # Rules compare each end of the range only with the score and the other end, so only the order of the three matters.
    near = sorted(number for number in {number + step for number in known for step in (-1, 0, 1)} if number in span)
    if any(number not in span for number in known):
        raise CaseError(ends[0], "nothing_fits", getattr(record, ends[0]))
    found = []
    for one in near if "range_low" in ends else [low]:
        found += [
            {name: value for name, value in (("range_low", one), ("range_floor", other)) if name in ends}
            for other in (near if "range_floor" in ends else [floor])
            if other <= one
        ]
    return _keep_distinct(reading, ends, found, record)


def _keep_distinct(reading: str | None, names: tuple[str, ...], found: list[dict[str, Any]], record: SimpleNamespace) -> _Group:
    """Keep one value for each combination of comparisons that hold."""
    _, which = comparisons(reading)
    kept: dict[int, Values] = {}
    by_answer: dict[str, dict[Any, set[int]]] = {name: {} for name in names}
    for values in found:
        record.__dict__.update(values)
        held = which(record)
        kept.setdefault(held, values)
        for name, value in values.items():
            by_answer[name].setdefault(value, set()).add(held)
    places = {held: place for place, held in enumerate(sorted(kept))}
    answers = tuple(
        (name, frozenset(frozenset(places[held] for held in left) for left in by_answer[name].values())) for name in names
    )
    return _Group(tuple(kept[held] for held in places), tuple(places), (len(places), answers))


@functools.lru_cache(maxsize=4096)
def _possible(reading: str | None, groups: tuple[tuple[int, _Answers], ...], outcomes: tuple[Outcome, ...]) -> Possible:
    """Combine the results for all combinations of values, in the order of the groups' product."""
    places = list(itertools.product(*(range(size) for size, _ in groups)))
    verdicts = [outcome.verdict for outcome in outcomes]
    stages = {}
    rules = [row.rule for row in rule_book(reading).rules]
    for number, stage in enumerate(STAGES):
        shown = [tuple(row.rule for row in outcome.rows[number]) for outcome in outcomes]
        sure = len(set(shown)) == 1  # otherwise list each rule separately, since any one can hold or not
        found = [Judgment(Case(), reading, outcome).reasons[number] for outcome in dict.fromkeys(outcomes)]
        each = found if sure else [replace(one, also=()) for reason in found for one in (reason, *reason.also)]
        reasons = tuple(sorted(dict.fromkeys(each), key=lambda reason: (reason.cap, rules.index(reason.rule))))
        stages[stage] = StageRange(reasons, _narrowed_by(groups, places, shown))
    distinct = sorted(set(outcomes), key=lambda outcome: (outcome.verdict, outcome.caps))
    return Possible(reading, tuple(distinct), _narrowed_by(groups, places, verdicts), MappingProxyType(stages))


def _narrowed_by(groups: tuple[tuple[int, _Answers], ...], places: list[tuple[int, ...]], found: list[Any]) -> tuple[str, ...]:
    """Return the fields for which some answer narrows the results."""
    everything = set(found)
    narrowing = set()
    for at, (_, answers) in enumerate(groups):
        for name, lefts in answers:
            if any(
                {one for one, place in zip(found, places, strict=True) if place[at] in left} != everything for left in lefts
            ):
                narrowing.add(name)
    return tuple(name for name in MAY_BE_UNKNOWN if name in narrowing)
