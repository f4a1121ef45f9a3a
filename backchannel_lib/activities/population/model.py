"""Simulate a population of files under every kind of call, to count how many verdicts move at all.

The files are random, and all settings of the sample (data/draw.csv) are our choice. `judge` decides what a call does.
"""

from __future__ import annotations

import ast
import functools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import integer, loader
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.conditions import names_in, scalar_function
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import STAGES, Settings, assumption_id, case_settings, load_exams
from backchannel_lib.model.verdict import Verdict, judge

MOST_FILES: Final = 100_000

#: The conditions under which a contact has its best chance in each phase.
_GOOD_MOMENT: Final = (
    "lists_open",
    "name_familiar",
    "file_in_system",
    "hears_first",
    "names_you",
    "outruns_hr",
    "deep_ties",
)


_NUMBER: Final = integer(-100, 100)


class DrawRow(NamedTuple):
    """The settings of the sample, all of them our choice: nobody publishes the files of students who didn't match.

    ``score_gap`` is the median score minus the bottom of the program's range and ``score_spread`` one standard deviation, both
    in points; every other setting is the percentage of files in which something is true. Texts: ``draw.<setting>.label`` and
    ``.why``.

    Examples:
        >>> {row.setting: row.value for row in load_draw()}["score_spread"]
        15
    """

    setting: str
    value: Annotated[int, _NUMBER, "where it starts"]
    low: Annotated[int, _NUMBER, "where its slider begins"]
    high: Annotated[int, _NUMBER, "where its slider ends"]
    assumption: Annotated[str, assumption_id]

    @property
    def label(self) -> str:
        """The setting's label."""
        return text(f"draw.{self.setting}.label")

    @property
    def why(self) -> str:
        """Our reason for its starting value."""
        return text(f"draw.{self.setting}.why")

    def check(self, value: object) -> int:
        """Return a valid value of this setting, or raise `CaseError`."""
        return _whole(self.setting, value, self.low, self.high)


load_draw = loader(DrawRow, "draw.csv")


def draw(
    count: int = 600, seed: int = 1, *, phase: str = "soap_lists", good_moment: bool = True, **settings: int
) -> tuple[Case, ...]:
    """Draw files of students at one program; the same arguments give the same files on every machine.

    Each attribute has its own random stream, and each file has its own position in it. So moving a setting changes only its
    attribute, and a larger sample starts with the files of a smaller one.

    Args:
        count: Number of files, 0 to 100000.
        seed: Random seed, a whole number of 0 or more.
        phase: The phase, one of ``PHASES``.
        good_moment: Whether everything the article asks of that phase holds: lists still open, a familiar name and a file in
            the system, or the four conditions after SOAP.
        **settings: Settings of data/draw.csv by name, each between its ``low`` and ``high``; the rest keep their values.

    Returns:
        The files, as cases with only the weakest contact.

    Raises:
        CaseError: An argument breaks its rule, or no setting has this name.

    Source:
        The number 600 is from caller.example-former-fellow; the rest is our choice.

    Examples:
        >>> [case.score for case in draw(3)] == [case.score - 5 for case in draw(3, score_gap=5)]
        True
        >>> draw(score_gap=100)
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseError: score_gap: must be a whole number from -40 to 40, but it is 100.
    """
    _whole("count", count, 0, MOST_FILES)
    _whole("seed", seed, 0)
    Field("good_moment", "flag", True).check(good_moment)
    rows = {row.setting: row for row in load_draw()}
    for name, value in settings.items():
        if name not in rows:
            raise CaseError(name, "unknown_setting", value, known=suggestions(name, rows))
    chosen = {name: row.check(settings.get(name, row.value)) for name, row in rows.items()}
    moment: dict[str, Any] = dict.fromkeys(_GOOD_MOMENT, good_moment)
    base = Case(phase=phase, **moment)
    scores = _scores(count, seed, base.range_low + chosen.pop("score_gap"), chosen.pop("score_spread"))
    flags = {name: [chance < share for chance in _chances(count, seed, name)] for name, share in chosen.items()}
    needs_met, failed = flags.pop("need_met"), flags.pop("failed_attempts")
    local = frozenset({"local"})
    files = []
    for number in range(count):
        changes: dict[str, object] = {name: happens[number] for name, happens in flags.items()}
        if needs_met[number]:
            changes |= {"needs": local, "offers": local}
        files.append(base.replace(score=scores[number], failed_attempts=int(failed[number]), **changes))
    return tuple(files)


def _whole(name: str, value: object, low: int, high: int | None = None) -> int:
    return int(Field(name, "number", None, low, high).check(value))


def _stream(seed: int, name: str) -> random.Random:
    # Use only random() and seed with a text, because Python promises to keep their results the same.
    return random.Random(f"{seed}:{name}")  # noqa: S311 - a made-up population, not a secret


@functools.lru_cache(maxsize=16)  # a moving slider asks for the same random numbers at every position
def _chances(count: int, seed: int, name: str) -> tuple[float, ...]:
    stream = _stream(seed, name)
    return tuple(stream.random() * 100 for _ in range(count))


_ONE: Final = 1 << 20  # one standard deviation of _bell


@functools.lru_cache(maxsize=4)
def _bell(count: int, seed: int) -> tuple[int, ...]:
    # The sum of twelve uniform numbers is a bell curve with a standard deviation of 1. We use integers because sums of floats
    # and logarithms can differ in the last bit between machines and Python versions.
    stream = _stream(seed, "score")
    return tuple(sum([int(stream.random() * _ONE) for _ in range(12)]) - 6 * _ONE for _ in range(count))


def _scores(count: int, seed: int, middle: int, spread: int) -> list[int]:
    top = load_exams()[0].high
    return [max(1, min(top, middle + (spread * offset + _ONE // 2) // _ONE)) for offset in _bell(count, seed)]


# ---- the calls ----


class Call(NamedTuple):
    """The kinds of call for every file; the first one is the baseline.

    A stranger's polite email counts as no contact at all. Texts: ``population.call.<name>``, ``crowd.short.<name>``.

    Source:
        works.history-call, works.internal-push, works.explain-flag, noise.generic-letters, noise.mass-blast,
        noise.pressure-backfires, noise.cold-email-90-10. The comparison and the callers are our choice.

    Examples:
        >>> load_population_calls()[0].name, load_population_calls()[0].apply(Case()).move
        ('polite_email', 'formal_email')
    """

    name: str
    overrides: Annotated[Settings, case_settings, "what it sets; the rest stays as drawn"]
    assumption: Annotated[str, assumption_id, "who makes it"]

    @property
    def label(self) -> str:
        """The call in a few words."""
        return text(f"population.call.{self.name}")

    def apply(self, case: Case) -> Case:
        """Return the case with this call in it."""
        return case.replace(**_changes(self))

    def rule(self, case: Case) -> RulesCheck:
        """Return what the NRMP's rule says about this call at the case's moment; it doesn't affect the counts."""
        return rules_check(self.apply(case))


load_population_calls = loader(Call, "population_calls.csv")


@functools.cache
def _changes(call: Call) -> dict[str, Any]:
    return {name: Case.fields()[name].read(value) for name, value in call.overrides}


# ---- what the calls do ----


@dataclass(frozen=True)
class Outcome:
    """The effect of one call on a population.

    Args:
        call: The call.
        counts: Number of files with each verdict, lowest verdict first, including zeros.
        moved_up: Number of files with a higher verdict than under the first of `calls`.
        moved_down: Number of files with a lower verdict.
        same: Number of files with the same verdict.
        reach_interview: Number of files with the verdict phone interview or better.
        held: For each stage, the number of unchanged files that it limits; two stages can limit the same file.

    Examples:
        >>> result = outcome((Case(), Case(score=200)), "pressure")
        >>> result.moved_up, result.moved_down, result.counts[Verdict.BACKFIRES]
        (0, 2, 2)
    """

    call: Call
    counts: Mapping[Verdict, int]
    moved_up: int
    moved_down: int
    same: int
    reach_interview: int
    held: Mapping[str, int]

    @property
    def held_most(self) -> tuple[str, ...]:
        """The stage that limits the most unchanged files; several if they tie, none if all files change."""
        most = max(self.held.values())
        return tuple(stage for stage, count in self.held.items() if count == most > 0)


def outcome(population: Iterable[Case], call: Call | str, reading: str | None = None) -> Outcome:
    """Return the effect of one call on a population.

    Args:
        population: The cases; the call replaces their caller and message.
        call: One of `calls`, or its name.
        reading: Name of a reading, or None for the defaults.

    Raises:
        CaseError: A file is not a `Case`, or no call or no reading has this name.

    Examples:
        >>> outcome(draw(), "own_email").reach_interview
        0
    """
    if not isinstance(call, Call):
        known = {one.name: one for one in load_population_calls()}
        if call not in known:
            raise CaseError("call", "not_a_call", call, known=suggestions(call, known))
        call = known[call]
    return _outcome(_kinds(population, reading, call), call, reading)


def compare(population: Iterable[Case], reading: str | None = None) -> tuple[Outcome, ...]:
    """Return the effect of every call on a population.

    Args:
        population: The cases.
        reading: Name of a reading, or None for the defaults.

    Returns:
        One outcome per call, in the order of `calls`.

    Raises:
        CaseError: A file is not a `Case`, or no reading has this name.

    Source:
        data/rules.csv. The result illustrates multiplier.cannot-rescue, multiplier.opens-file and multiplier.amplifier.

    Examples:
        >>> sum(compare(draw(50))[3].counts.values())
        50
    """
    kinds = _kinds(population, reading)
    return tuple(_outcome(kinds, call, reading) for call in load_population_calls())


class _Kind(NamedTuple):
    """Files that get the same verdict under every call, with one of them as the example."""

    case: Case
    files: int
    before: int  # the rank of their verdict under the first call


def _kinds(population: Iterable[Case], reading: str | None, *more: Call) -> tuple[_Kind, ...]:
    contact = tuple(sorted({name for call in (*load_population_calls(), *more) for name, _ in call.overrides}))
    conditions_of = _conditions_without(reading, contact)
    examples: dict[tuple[object, ...], Case] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for case in population:
        if not isinstance(case, Case):
            raise CaseError("population", "not_a_case", case)
        kind = (conditions_of(case), *(case.__dict__[name] for name in contact))
        examples.setdefault(kind, case)
        counts[kind] += 1
    first_call = load_population_calls()[0]
    return tuple(
        _Kind(case, counts[kind], judge(first_call.apply(case), reading).outcome.verdict) for kind, case in examples.items()
    )


@functools.lru_cache(maxsize=32)
def _conditions_without(reading: str | None, contact: tuple[str, ...]) -> Callable[[Case], int]:
    """Return a function that reports which of the call-independent parts of the rules' conditions hold.

    Files with the same result and the same original contact get the same verdict under every call.
    """
    parts: dict[str, ast.expr] = {}
    left = [tree for tree in rule_book(reading).trees if tree is not None]
    while left:
        tree = left.pop()
        if names_in(tree).isdisjoint(contact):
            parts[ast.unparse(tree)] = tree
        elif isinstance(tree, ast.BoolOp):
            left += tree.values
        elif isinstance(tree, ast.UnaryOp):
            left.append(tree.operand)
    return scalar_function(parts.values())


def _outcome(kinds: Iterable[_Kind], call: Call, reading: str | None) -> Outcome:
    counts = [0] * len(Verdict)
    held = dict.fromkeys(STAGES, 0)
    up = down = same = 0
    for case, files, before in kinds:
        judgment = judge(call.apply(case), reading)
        rank = judgment.outcome.verdict
        counts[rank] += files
        if rank > before:
            up += files
        elif rank < before:
            down += files
        else:
            same += files
            for stage in judgment.binding:
                held[stage] += files
    by_verdict = MappingProxyType(dict(zip(Verdict, counts, strict=True)))
    reach = sum(counts[Verdict.PHONE_INTERVIEW :])
    return Outcome(call, by_verdict, up, down, same, reach, MappingProxyType(held))
