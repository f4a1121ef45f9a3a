"""The small language for conditions in tables, and its two evaluators: for one case and for columns.

A condition is written once, as text in a table. This module parses and checks it. `scalar_function` compiles a list of
conditions to one plain Python function of a case, and `judge_columns` evaluates the same trees on NumPy arrays. The language is
a subset of Python's expressions, so the parser is Python's own:

* a flag or a named condition by itself: ``scripted``;
* ``and``, ``or``, ``not`` and parentheses;
* ``recommender is self``, ``move is not pressure``, ``recommender in (trusted_peer, subspecialist)``;
* ``score < range_low``, ``failed_attempts > 0``;
* ``track_record == 0``, ``track_record != 0``: an unknown value equals no number and can't be ordered, so a field that can be
  unknown doesn't allow ``<``, ``<=``, ``>`` and ``>=``;
* ``needs & offers``: the two sets share a member; ``offers`` alone: the set is not empty.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import TableError
from backchannel_lib.model.case import Case

_ORDERED: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_COMPARISONS: Final = (*_ORDERED, ast.Eq, ast.NotEq)


def parse(
    text: str, known: Mapping[str, ast.expr], *, place: tuple[str, int | None, str], flags: Iterable[str] = ()
) -> ast.expr:
    """Parse and check one condition, and expand the named conditions in it.

    Args:
        text: The condition as written in the table.
        known: The named conditions that it can use.
        place: File, row and column for the error.
        flags: More names that count as flags, in addition to the fields of a case.

    Returns:
        A tree that refers only to fields and flags.

    Raises:
        TableError: The text isn't a condition, or uses a name that doesn't exist.

    Examples:
        >>> ast.unparse(
        ...     parse("not known_there", {"known_there": ast.parse("introduced", mode="eval").body}, place=("x", 1, "y"))
        ... )
        'not introduced'
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)  # Python reads "5and" as a number and a word, and only warns
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # also for NUL bytes and for endless nesting
        raise TableError(*place, text, "a condition such as 'score < range_low and not scripted'") from None
    return _Checker(text, known, place, frozenset(flags)).check(tree)


class _Checker(NamedTuple):
    """Checks a parsed condition and rejects anything outside the language."""

    text: str
    known: Mapping[str, ast.expr]
    place: tuple[str, int | None, str]
    flags: frozenset[str]

    def refuse(self, rule: str) -> TableError:
        return TableError(*self.place, self.text, rule)

    def check(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.BoolOp(op=op, values=values):
                return ast.BoolOp(op=op, values=[self.check(value) for value in values])
            case ast.UnaryOp(op=ast.Not() as op, operand=operand):
                return ast.UnaryOp(op=op, operand=self.check(operand))
            case ast.BinOp(left=left, op=ast.BitAnd() as op, right=right):
                return ast.BinOp(left=self.field(left, "set"), op=op, right=self.field(right, "set"))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.comparison(left, op, right)
            case ast.Name(id=name) if name in self.known:
                return self.known[name]
            case ast.Name(id=name) if name in self.flags:
                return node
            case ast.Name():
                return self.field(node, "flag", "set")
            case _:
                raise self.refuse("only and, or, not, is, in, & and comparisons")

    def comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
        if isinstance(op, (ast.Is, ast.IsNot)):
            field = self.field(left, "choice")
            return ast.Compare(left=field, ops=[op], comparators=[self.level(field, right)])
        if isinstance(op, (ast.In, ast.NotIn)):
            field = self.field(left, "choice")
            if not isinstance(right, ast.Tuple):
                raise self.refuse("'in' followed by levels in parentheses")
            levels: list[ast.expr] = [self.level(field, item) for item in right.elts]
            return ast.Compare(left=field, ops=[op], comparators=[ast.Tuple(elts=levels, ctx=ast.Load())])
        if isinstance(op, _COMPARISONS):
            sides = [self.number(left), self.number(right)]
            if isinstance(op, _ORDERED):
                self.known_numbers(sides)
            return ast.Compare(left=sides[0], ops=[op], comparators=[sides[1]])
        raise self.refuse("one of is, is not, in, not in, <, <=, >, >=, ==, !=")

    def field(self, node: ast.expr, *kinds: str) -> ast.Name:
        if not isinstance(node, ast.Name):
            raise self.refuse("a field's name")
        field = Case.fields().get(node.id)
        if field is None or field.kind not in kinds:
            names = [name for name, known in Case.fields().items() if known.kind in kinds]
            raise self.refuse(f"a {' or '.join(kinds)} in place of '{node.id}', such as {suggestions(node.id, names)}")
        return node

    def level(self, field: ast.Name, node: ast.expr) -> ast.Name:
        levels = Case.fields()[field.id].levels
        if not isinstance(node, ast.Name) or node.id not in levels:
            raise self.refuse(f"a level of {field.id}: {suggestions(ast.unparse(node), levels)}")
        return node

    def number(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return node
        return self.field(node, "number")

    def known_numbers(self, nodes: Iterable[ast.expr]) -> None:
        # An order comparison would fail on one case and mean "below every number" in a frame, so we reject it.
        for node in nodes:
            field = Case.fields()[node.id] if isinstance(node, ast.Name) else None
            if field is not None and field.optional:
                low = field.low or 0
                numbers = f"'{field.name} == {low} or {field.name} == {low + 1}'"
                raise self.refuse(f"each number that is meant, such as {numbers}, since {field.name} may be unknown")


def names_in(tree: ast.expr) -> frozenset[str]:
    """Return the fields that a condition uses.

    Returns:
        Their names, including those of additional flags.

    Examples:
        >>> sorted(names_in(parse("move is pressure and scripted", {}, place=("x", 1, "y"))))
        ['move', 'scripted']
    """
    levels = {
        id(name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.IsNot, ast.In, ast.NotIn))
        for name in ast.walk(node.comparators[0])
    }
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in levels)


_SYMBOLS: Final[Mapping[type[ast.AST], str]] = {
    ast.And: " and ",
    ast.Or: " or ",
    ast.Is: "==",
    ast.IsNot: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def _python(node: ast.expr) -> str:
    """Return a checked condition as Python source that reads the fields of ``case``."""
    match node:
        case ast.BoolOp(op=op, values=values):
            return f"({_SYMBOLS[type(op)].join(map(_python, values))})"
        case ast.UnaryOp(operand=operand):
            return f"(not {_python(operand)})"
        case ast.BinOp(left=left, right=right):
            return f"({_python(left)} & {_python(right)})"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            is_level = isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn))
            return f"({_python(left)} {_SYMBOLS[type(op)]} {_level(right) if is_level else _python(right)})"
        case ast.Name(id=name):
            return f"case.{name}"
    return ast.unparse(node)


def _level(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple):
        return f"({''.join(f'{_level(one)}, ' for one in node.elts)})"
    return repr(node.id)  # type: ignore[attr-defined]


def scalar_function(trees: Iterable[ast.expr]) -> Callable[[Any], int]:
    """Compile conditions into one function that reports which of them hold for a case.

    Returns:
        A function from a case (or any object with its attributes) to an int whose bit ``i`` is set if condition ``i`` holds. It
        takes about 0.1 microseconds per condition.

    Examples:
        >>> which = scalar_function([parse("scripted", {}, place=("x", 1, "y")), parse("score > 200", {}, place=("x", 2, "y"))])
        >>> which(Case(scripted=False, score=230))
        2
    """
    lines = ["def which(case):", " held = 0"]
    lines += [f" if {_python(tree)}: held |= {1 << bit}" for bit, tree in enumerate(trees)]
    space: dict[str, Any] = {}
    exec("\n".join([*lines, " return held"]), space)  # noqa: S102 - checked trees from our own tables
    which: Callable[[Any], int] = space["which"]
    return which
