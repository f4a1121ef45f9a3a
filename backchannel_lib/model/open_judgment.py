"""Judge a case with unknown fields: every verdict that remains possible, and what is worth finding out.

Nothing is guessed or averaged. The rules are tried on every combination of values that the open fields can take. Values that no
rule distinguishes are tried once, so this takes milliseconds.
"""

from __future__ import annotations

import ast
import functools
import itertools
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.model.case import Case, Field, case_from
from backchannel_lib.model.conditions import names_in, scalar_function
from backchannel_lib.model.exams import SCORES, check_one_exam, exam_of, step2_top
from backchannel_lib.model.rules import check_reading, rank_of, rule_book
from backchannel_lib.model.tables import STAGES, RuleRow
from backchannel_lib.model.verdict import Verdict

#: An answer about one field: a value, or a range of numbers.
Answer: TypeAlias = "bool | int | str | frozenset[str] | range | None"

#: Fields that `Case` checks against each other, so their values are tried together.
_CHECKED_TOGETHER: Final = (frozenset(SCORES), frozenset({"recommender", "move"}))

Values: TypeAlias = dict[str, Any]
Truth: TypeAlias = "frozenset[tuple[str, bool]]"  # comparisons, each with its result


@dataclass(frozen=True)
class OpenJudgment:
    """What the article says about a case with unknown fields.

    Args:
        known: The case; ignore its values in the open fields.
        unknown: The open fields, in the order of a case.
        reading: Name of the reading it was judged under, or None for the defaults.
        examples: Each verdict that remains possible, lowest first, with a case that gets it.
        worth_asking: The open fields whose answer would narrow the outcome, starting with the one that narrows it most. Each
            maps its possible answers to the verdicts that they would leave. A ``range`` covers all numbers in it.

    Source:
        data/rules.csv. All answers about a field have equal weight in "narrows it most", which is our choice.

    Examples:
        >>> judgment = judge_open(Case(failed_attempts=1), unknown=("interviews_failures",))
        >>> judgment.lowest.name, judgment.highest.name, judgment.worth_asking
        ('IGNORED', 'IGNORED', mappingproxy({}))
    """

    known: Case
    unknown: tuple[str, ...]
    reading: str | None
    examples: Mapping[Verdict, Case]
    worth_asking: Mapping[str, Mapping[Answer, frozenset[Verdict]]]

    @property
    def verdicts(self) -> frozenset[Verdict]:
        """Every verdict that remains possible."""
        return frozenset(self.examples)

    @property
    def lowest(self) -> Verdict:
        """The lowest verdict that remains possible."""
        return min(self.examples)

    @property
    def highest(self) -> Verdict:
        """The highest verdict that remains possible."""
        return max(self.examples)


def judge_open(
    known: Case | Mapping[str, object] | None = None,
    unknown: Iterable[str] = (),
    reading: str | None = None,
    **fields: object,
) -> OpenJudgment:
    """Return every verdict that a case with unknown fields can get, and which fields are worth finding out.

    Args:
        known: The case, or its known fields by name.
        unknown: Names of the unknown fields; any value that ``known`` holds for them is ignored.
        reading: Name of a reading in `READINGS`, or None for the defaults.
        **fields: The known fields, instead of ``known``; see `Case.replace`.

    Raises:
        CaseError: As in `judge`; or ``unknown`` names a field that doesn't exist; or no values of the open fields are
            compatible with the known ones.

    Source:
        data/rules.csv.

    Examples:
        >>> open_case = judge_open(
        ...     failed_attempts=1,
        ...     recommender="trusted_peer",
        ...     move="flag_explanation",
        ...     specifics=True,
        ...     addresses_flag=True,
        ...     unknown=("interviews_failures", "sponsors_visas"),
        ... )
        >>> sorted(verdict.label for verdict in open_case.verdicts), list(open_case.worth_asking)
        (['Declined', 'Maybe'], ['interviews_failures'])
        >>> open_case.worth_asking["interviews_failures"][False] == {Verdict.DECLINED}
        True
    """
    open_fields = open_field_names(unknown)
    case = known_case(known, open_fields, **fields)
    check_reading(reading)
    _check_known_scores(case, open_fields)
    return _judge_open(case, open_fields, reading)


def _check_known_scores(case: Case, open_fields: tuple[str, ...]) -> None:
    """Reject known scores from two exams, even if no rule would look at the open score."""
    open_scores = [name for name in SCORES if name in open_fields]
    if not open_scores:
        check_one_exam(case)
    elif len({getattr(case, name) > step2_top() for name in SCORES if name not in open_scores}) > 1:
        raise CaseError(open_scores[0], "nothing_fits", getattr(case, open_scores[0]))


@functools.lru_cache(maxsize=256)
def _judge_open(case: Case, open_fields: tuple[str, ...], reading: str | None) -> OpenJudgment:
    rules = _Rules(reading, case, open_fields)
    examples = rules.examples()
    return OpenJudgment(case, open_fields, reading, MappingProxyType(examples), rules.worth_asking(frozenset(examples)))


def open_field_names(unknown: Iterable[str]) -> tuple[str, ...]:
    """Return the names of open fields in the order of a case; raise `CaseError` for a name that isn't a field.

    Examples:
        >>> open_field_names(["sponsors_visas", "range_low"])
        ('range_low', 'sponsors_visas')
    """
    known_fields = Case.fields()
    if not isinstance(unknown, Iterable):
        raise CaseError("unknown", "set", unknown, levels=suggestions("", known_fields))
    names = [unknown] if isinstance(unknown, str) else list(unknown)
    for name in names:
        if not isinstance(name, str) or name not in known_fields:
            raise CaseError(str(name), "unknown_field", name, known=suggestions(str(name), known_fields))
    return tuple(name for name in known_fields if name in names)


def known_case(known: Case | Mapping[str, object] | None, unknown: Sequence[str], **fields: object) -> Case:
    """Return the case made from a case or its known fields, with any compatible value in the open fields.

    Raises:
        CaseError: As in `judge_open`.

    Examples:
        >>> known_case({"range_low": 200}, ["range_floor"]).range_floor
        200
    """
    if known is not None and fields:
        raise CaseError("known", "case_and_fields", known, fields=", ".join(fields))
    if isinstance(known, Case):
        return known
    if known is not None and not isinstance(known, Mapping):
        raise CaseError("known", "not_a_case", known)
    given = {name: value for name, value in (known or fields).items() if name not in unknown}
    low, floor = given.get("range_low"), given.get("range_floor")
    if "range_floor" in unknown and isinstance(low, int):
        given["range_floor"] = min(Case().range_floor, low)  # the field is open, so any compatible value will do
    if "range_low" in unknown and isinstance(floor, int):
        given["range_low"] = max(Case().range_low, floor)
    return case_from(None, given) if given else Case()


class _Stage(NamedTuple):
    """A stage whose rules are partly undecided.

    Args:
        highest: Whether the highest of the rows that hold counts, instead of the lowest.
        rows: The undecided rows: the rank that each allows, and its condition.
        otherwise: The rank that the stage allows if no row holds; None if a row always does.
        cap: The rank that the rows known to hold allow; None if there is none yet.
    """

    highest: bool
    rows: tuple[tuple[int, Any], ...]
    otherwise: int | None
    cap: int | None = None

    def settle(self, truth: Truth) -> _Stage:
        """Return the stage with these comparisons decided, without rows that no longer matter."""
        rows = []
        cap = self.cap
        for allows, row in self.rows:
            simpler = _simplify(row, truth)
            if simpler is True:
                cap = allows if cap is None else max(cap, allows) if self.highest else min(cap, allows)
            elif simpler is not False:
                rows.append((allows, simpler))
        if cap is not None:
            rows = [(allows, row) for allows, row in rows if (allows > cap if self.highest else allows < cap)]
        elif not rows:
            cap = self.otherwise
        return self._replace(rows=tuple(rows), cap=cap)

    def matters(self, best: int) -> bool:
        """Whether the undecided rows can lower the verdict below the best that the other stages allow."""
        if self.highest:
            return self.cap is None or self.cap < best
        lowest = [allows for allows, _ in self.rows]
        if self.cap is None and self.otherwise is not None:
            lowest.append(self.otherwise)
        return min(lowest) < best


class _Left(NamedTuple):
    """What is left to decide: the best verdict still possible, and the stages that can still lower it."""

    best: int
    stages: tuple[_Stage, ...]

    def settle(self, truth: Truth) -> _Left:
        """Return what is left to decide once these comparisons are known."""
        stages = [stage.settle(truth) for stage in self.stages]
        # A stage that takes its lowest row allows at most its cap so far; one that takes its highest row can still allow more.
        caps = [stage.cap for stage in stages if stage.cap is not None and not (stage.highest and stage.rows)]
        best = min([self.best, *caps])
        return _Left(best, tuple(stage for stage in stages if stage.rows and stage.matters(best)))


class _Group(NamedTuple):
    """Fields that depend on each other, and their values, keyed by ``held``: the comparisons that hold, as bits.

    Args:
        names: The fields.
        values: Example values for each ``held``.
        truths: For each ``held``, every comparison and whether it holds.
        by_answer: For each field and value, every ``held`` that is possible with it.
    """

    names: tuple[str, ...]
    values: dict[int, Values]
    truths: dict[int, Truth]
    by_answer: dict[str, dict[Any, set[int]]]

    def only(self, kept: Collection[int]) -> _Group:
        """Return the group restricted to these values of ``held``."""
        return self._replace(truths={held: truth for held, truth in self.truths.items() if held in kept})


@functools.cache
def _conditions(reading: str | None) -> tuple[tuple[tuple[RuleRow, Any], ...], dict[str, ast.expr]]:
    """Return each rule with its condition (None for ``otherwise``), and every comparison in the conditions."""
    book = rule_book(reading)
    nodes: dict[str, ast.expr] = {}
    conditions = [None if tree is None else _expression(tree, nodes) for tree in book.trees]
    return tuple(zip(book.rules, conditions, strict=True)), nodes


@functools.cache
def _undecided(
    reading: str | None,
) -> tuple[dict[str, frozenset[str]], Callable[[Any], int], tuple[_Stage, ...]]:
    """Return the fields in each of the rules' comparisons, a function that reports which hold, and the undecided stages."""
    conditions, nodes = _conditions(reading)
    highest = rule_book(reading).highest
    stages = []
    for stage in STAGES:
        rows = [(rank_of(rule.allows), row) for rule, row in conditions if rule.stage == stage]
        otherwise = next((allows for allows, row in rows if row is None), None)
        undecided = tuple((allows, row) for allows, row in rows if row is not None)
        stages.append(_Stage(stage in highest, undecided, otherwise))
    fields_of = {atom: names_in(node) for atom, node in nodes.items()}
    return fields_of, scalar_function(nodes.values()), tuple(stages)


@functools.cache
def comparisons(reading: str | None) -> tuple[tuple[frozenset[str], ...], Callable[[Any], int]]:
    """Return the fields in each of the rules' comparisons, and a function that reports which comparisons hold, as bits.

    Examples:
        >>> fields_of, which = comparisons(None)
        >>> frozenset({"score", "range_low"}) in fields_of, which(Case()) > 0
        (True, True)
    """
    fields_of, which, _ = _undecided(reading)
    return tuple(fields_of.values()), which


def fields_asked(case: Case, unknown: tuple[str, ...], reading: str | None) -> frozenset[str]:
    """Return the unknown fields, and fields compared with them, that can change a stage's cap or its reasons.

    Examples:
        >>> sorted(fields_asked(Case(), ("interviews_failures", "lists_open", "sponsors_visas"), None))
        ['lists_open']
    """
    return _fields_asked(reading, known_truth(case, unknown, reading))


@functools.lru_cache(maxsize=4096)
def _fields_asked(reading: str | None, truth: Truth) -> frozenset[str]:
    fields_of, _, stages = _undecided(reading)
    asked: set[str] = set()
    for stage in stages:
        cap = stage.settle(truth).cap
        for allows, row in stage.rows:
            # A row that allows as much as one that already holds doesn't change the cap, but it is another reason for it.
            if cap is None or (allows >= cap if stage.highest else allows <= cap):
                left = _simplify(row, truth)
                asked.update(name for atom in _atoms_in(left) for name in fields_of[atom])
    return frozenset(asked)


@functools.lru_cache(maxsize=4096)
def certain_rules(case: Case, unknown: tuple[str, ...], reading: str | None) -> frozenset[str]:
    """Return the rules that set their stage's cap whatever the unknown fields turn out to be.

    Only their sentences can be stated as facts.

    Examples:
        >>> case = Case(failed_attempts=1)
        >>> rules = certain_rules(case, ("interviews_failures",), None)
        >>> "stranger" in rules, "flag_unexplained" in rules, "failure_policy" in rules
        (True, True, False)
    """
    truth, rules, certain = known_truth(case, unknown, reading), _Rules(reading, case, unknown), set[str]()
    for stage in STAGES:
        rows = [(rule, row) for rule, row in _conditions(reading)[0] if rule.stage == stage]
        best = max if stage in rule_book(reading).highest else min
        allows = [rank_of(rule.allows) for rule, _ in rows]
        # Every way the conditions can turn out: start with what is known, then try every outcome for the open fields.
        reached = {_holding([False if row is None else row for _, row in rows], truth, allows, best)}
        asked = {name for one in reached for row in one for atom in _atoms_in(row) for name in rules.fields_of[atom]}
        for names in rules.grouped(asked):
            truths = rules.group(names).truths.values()
            reached = {_holding(one, truth, allows, best) for one in reached for truth in truths}
        setting = [{rule.rule for (rule, _), held in zip(rows, one, strict=True) if held} for one in reached]
        otherwise = {rule.rule for rule, row in rows if row is None}
        certain |= set.intersection(*(one or otherwise for one in setting))
    return frozenset(certain)


def _holding(rows: Sequence[Any], truth: Truth, allows: Sequence[int], best: Callable[..., int]) -> tuple[Any, ...]:
    """Simplify a stage's conditions once some comparisons are known; a condition that fails or no longer matters is False."""
    simpler = [row if isinstance(row, bool) else _simplify(row, truth) for row in rows]
    caps = [cap for row, cap in zip(simpler, allows, strict=True) if row is True]
    if not caps:
        return tuple(simpler)
    cap = best(caps)
    return tuple(row if best(cap, other) == other else False for row, other in zip(simpler, allows, strict=True))


def known_truth(case: Case, unknown: tuple[str, ...], reading: str | None) -> Truth:
    """Return the result of every comparison that doesn't involve an unknown field."""
    return _truth(unknown, reading, comparisons(reading)[1](case) & _known_bits(unknown, reading))


@functools.lru_cache(maxsize=4096)
def _known_bits(unknown: tuple[str, ...], reading: str | None) -> int:
    return sum(1 << bit for bit, names in enumerate(comparisons(reading)[0]) if names.isdisjoint(unknown))


@functools.lru_cache(maxsize=4096)
def _truth(unknown: tuple[str, ...], reading: str | None, held: int) -> Truth:
    known, (atoms, _, _) = _known_bits(unknown, reading), _undecided(reading)
    return frozenset((atom, bool(held >> bit & 1)) for bit, atom in enumerate(atoms) if known >> bit & 1)


class _Rules:
    """The rules under one reading, simplified as far as the known fields allow."""

    def __init__(self, reading: str | None, case: Case, unknown: tuple[str, ...]) -> None:
        self.case = case
        self.unknown = frozenset(unknown)
        self.fields_of, self.which, stages = _undecided(reading)
        self.left = _Left(max(Verdict), stages).settle(known_truth(case, unknown, reading))

    @functools.cached_property
    def groups(self) -> list[_Group]:
        """The open fields that can still affect the verdict, in groups."""
        asked = {
            name
            for stage in self.left.stages
            for _, row in stage.rows
            for atom in _atoms_in(row)
            for name in self.fields_of[atom]
        }
        return [self.group(names) for names in self.grouped(asked)]

    def grouped(self, asked: Collection[str]) -> list[tuple[str, ...]]:
        """Group open fields that appear in the same comparison or in the same check of `Case`."""
        ties = [names & self.unknown for names in (*self.fields_of.values(), *_CHECKED_TOGETHER)]
        groups: list[set[str]] = []
        for name in [name for name in Case.fields() if name in self.unknown and name in asked]:
            if not any(name in group for group in groups):
                group = {name}
                while joined := {other for tie in ties if tie & group for other in tie} - group:
                    group |= joined
                groups.append(group)
        return [tuple(name for name in Case.fields() if name in group) for group in groups]

    def group(self, names: tuple[str, ...]) -> _Group:
        """Find the combined values that these fields can take, one for each set of comparisons that hold."""
        atoms = [(bit, atom) for bit, (atom, fields) in enumerate(self.fields_of.items()) if fields & set(names)]
        truths: dict[int, Truth] = {}
        values: dict[int, Values] = {}
        by_answer: dict[str, dict[Any, set[int]]] = {name: {} for name in names}
        mask = sum(1 << bit for bit, _ in atoms)
        for drawn in itertools.product(*(self.candidates(name, names) for name in names)):
            chosen = dict(zip(names, drawn, strict=True))
            case = self.fitting(chosen)
            if case is not None:
                held = self.which(case) & mask
                if held not in values:
                    values[held] = chosen
                    truths[held] = frozenset((atom, bool(held >> bit & 1)) for bit, atom in atoms)
                for name, value in chosen.items():
                    by_answer[name].setdefault(value, set()).add(held)
        return _Group(names, values, truths, by_answer)

    def fitting(self, values: Values) -> Case | None:
        """Return the case with these values, or None if the checks of `Case` or the two exams rule it out."""
        try:
            case = self.case.replace(**values)
        except CaseError:
            return None
        followed = any(getattr(case, name) != values.get(name, getattr(self.case, name)) for name in ("recommender", "move"))
        return None if followed or (set(values) & set(SCORES) and exam_of(case) is None) else case

    def candidates(self, name: str, group: tuple[str, ...]) -> list[Any]:
        """List values that cover every outcome of the comparisons; numbers are those at and around every threshold."""
        field = Case.fields()[name]
        if field.kind == "number" and not field.optional:
            numbers = [other for other in group if Case.fields()[other].kind == "number"]
            reach = range(-len(numbers), len(numbers) + 1)  # lets the open numbers come in any order between thresholds
            around = {step + distance for step in self.steps(name, field) for distance in reach}
            return sorted(number for number in around if (field.low or 0) <= number <= field.most)
        return list(all_values(field))

    def steps(self, name: str, field: Field) -> set[int]:
        """Return the numbers that this field is compared with, and the ends of its range."""
        beside = {other for names in (*self.fields_of.values(), *_CHECKED_TOGETHER) if name in names for other in names}
        steps = {field.low, field.high, *(getattr(self.case, other) for other in beside - self.unknown)}
        if name in SCORES:
            steps.add(step2_top())
        for atom, names in self.fields_of.items():
            if name in names:
                numbers = (node.value for node in ast.walk(ast.parse(atom)) if isinstance(node, ast.Constant))
                steps.update(number for number in numbers if isinstance(number, int))
        return {step for step in steps if step is not None}

    def examples(self) -> dict[Verdict, Case]:
        """Return each verdict that remains possible, lowest first, with a case that gets it."""
        reached: dict[_Left, Values] = {self.left: {}}
        for group in self.groups:
            further: dict[_Left, Values] = {}
            for left, before in reached.items():
                for held, truth in group.truths.items():
                    further.setdefault(left.settle(truth), {**before, **group.values[held]})
            reached = further
        found: dict[int, Values] = {}
        for left, values in reached.items():
            found.setdefault(left.best, values)
        return {Verdict(best): Case(**{**self.case.__dict__, **found[best]}) for best in sorted(found)}

    def verdicts(self, instead: _Group) -> frozenset[Verdict]:
        """Return the verdicts that remain possible if this group, with some values ruled out, replaces the full one."""
        reached = {self.left}
        # Settle this group first: it has the fewest values left, so there are fewer branches to follow.
        for group in (instead, *(group for group in self.groups if group.names != instead.names)):
            reached = {left.settle(truth) for left in reached for truth in group.truths.values()}
        return frozenset(Verdict(left.best) for left in reached)

    def worth_asking(self, now: frozenset[Verdict]) -> Mapping[str, Mapping[Answer, frozenset[Verdict]]]:
        """Return the verdicts that each answer would leave, for every open field whose answer would narrow the outcome."""
        asked: dict[str, dict[Answer, frozenset[Verdict]]] = {}
        for group in self.groups:
            for name in group.names:
                leaves = dict(self.leaves(group, name))
                if any(left != now for left in leaves.values()):
                    asked[name] = leaves
        order = list(Case.fields())
        kept = {
            name: Fraction(sum(len(left) for left in leaves.values()), len(leaves))  # verdicts that an answer leaves on average
            for name, leaves in asked.items()
        }
        ranked = sorted(asked, key=lambda name: (kept[name], order.index(name)))
        return MappingProxyType({name: MappingProxyType(asked[name]) for name in ranked})

    def leaves(self, group: _Group, name: str) -> Iterator[tuple[Answer, frozenset[Verdict]]]:
        """Pair each answer about one field with the verdicts that it would leave."""
        known: dict[frozenset[int], frozenset[Verdict]] = {}
        left: dict[Any, frozenset[Verdict]] = {}
        for value, held in group.by_answer[name].items():
            same = frozenset(held)
            if same not in known:
                known[same] = self.verdicts(group.only(same))
            left[value] = known[same]
        field = Case.fields()[name]
        if field.kind != "number" or field.optional:
            yield from left.items()
            return
        runs = [list(run) for _, run in itertools.groupby(sorted(left), key=left.__getitem__)]
        for number, run in enumerate(runs, start=1):
            endless = number == len(runs) and field.high is None
            yield range(run[0], sys.maxsize if endless else run[-1] + 1), left[run[0]]


def all_values(field: Field) -> Iterator[Any]:
    """List every value of a field that isn't an open-ended number.

    Examples:
        >>> list(all_values(Case.fields()["sponsors_visas"]))
        [False, True]
    """
    if field.kind == "flag":
        yield from (False, True)
    elif field.kind == "choice":
        yield from field.levels
    elif field.kind == "set":
        for size in range(len(field.levels) + 1):
            yield from map(frozenset, itertools.combinations(field.levels, size))
    else:
        yield None
        yield from range(field.low or 0, (field.high or 0) + 1)


# An expression is True, False, the text of a comparison, or a tuple of "and", "or" or "not" followed by expressions.
# Unlike Python's syntax trees, expressions compare by value and can be cached.
def _expression(node: ast.expr, atoms: dict[str, ast.expr]) -> Any:
    match node:
        case ast.BoolOp(op=op, values=values):
            return ("and" if isinstance(op, ast.And) else "or", *(_expression(value, atoms) for value in values))
        case ast.UnaryOp(operand=operand):
            return ("not", _expression(operand, atoms))
        case _:
            atom = ast.unparse(node)
            atoms.setdefault(atom, node)
            return atom


@functools.lru_cache(maxsize=65_536)
def _simplify(expression: Any, known: frozenset[tuple[str, bool]]) -> Any:
    """Simplify an expression once some comparisons are known."""
    if isinstance(expression, str):
        return True if (expression, True) in known else False if (expression, False) in known else expression
    operator, *parts = expression
    simpler = [part if isinstance(part, bool) else _simplify(part, known) for part in parts]
    if operator == "not":
        (part,) = simpler
        return not part if isinstance(part, bool) else ("not", part)
    deciding = operator == "or"  # one True decides an `or`, one False an `and`
    if any(part is deciding for part in simpler):
        return deciding
    left = [part for part in simpler if not isinstance(part, bool)]
    return (operator, *left) if left else not deciding


def _atoms_in(expression: Any) -> Iterator[str]:
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, tuple):
        for part in expression[1:]:
            yield from _atoms_in(part)
