"""`backchannel test --mutation`: change the model in one place at a time, and see whether a test fails.

cosmic-ray makes the changes and stores the session. For each change, tests that reach the changed function run before others.
"""

from __future__ import annotations

import argparse
import ast
import csv
import difflib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from backchannel_lib.cli.mutant_trial import FOLDER, LONGEST, MODEL, OUTPUT, Plugin, Trial, preload
from backchannel_lib.cli.project import ROOT, CommandError, environment

if TYPE_CHECKING:
    from cosmic_ray.work_db import WorkDB
    from cosmic_ray.work_item import WorkItem

EQUIVALENT: Final = ROOT / "tests" / "model" / "equivalent_mutants.csv"
#: The name that stands for the tables instead of a module.
DATA: Final = "data"
TABLES: Final = "tests/model/test_every_cell.py"
#: The environment variable that makes it change the tables without rules too, which takes too long for every run of the tests.
ALL_TABLES: Final = "BACKCHANNEL_ALL_TABLES"
#: The tests to run against mutants. The model's fast tests come first, and only mutants that survive them get the others, so
#: that a complete run fits into one night.
FOLDERS: Final = ("tests/model", "tests/test_examples.py", "tests/activities", "tests/page")
SLOW_SECONDS: Final = 60.0  # the assumed time of a test marked as slow, because those aren't measured
NEAR, NEAR_SECONDS = ("tests/model/", "tests/test_examples.py"), 3.0
CACHES: Final = ("functools.cache", "functools.lru_cache")
#: Mutations to skip: for names and small numbers, `==` and `is` mostly mean the same in Python.
SAME: Final = ("Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq")
#: Mutations to skip in comparisons with a string, because alphabetical order means nothing in the model.
ORDERED: Final = ("_Lt", "_LtE", "_Gt", "_GtE")


class Place(NamedTuple):
    """What a mutant changes, described without line numbers so that it stays valid when lines move.

    Args:
        module: The module of the model.
        function: The function or ``Class.method`` that contains the change; empty outside of any.
        before: The original lines, joined into one line, without their indentation.
        after: The changed lines, in the same form.
    """

    module: str
    function: str
    before: str
    after: str


@dataclass(frozen=True, eq=False)
class Mutant:
    """One change of a module.

    Args:
        session: The session that stores its outcome.
        item: The change, as cosmic-ray describes it.
        path: The module's file.
        line: The line where the change begins.
        function: The function or ``Class.method`` around it; empty outside of any.
    """

    session: WorkDB
    item: WorkItem
    path: Path
    line: int
    function: str

    @property
    def key(self) -> str:
        """The function's name as in `Tried.reached`."""
        return f"{self.path.stem}:{self.function}"

    @cached_property
    def source(self) -> str:
        """The module's source with this change."""
        from cosmic_ray import plugins
        from cosmic_ray.mutating import mutate_code

        (spec,) = self.item.mutations
        operator = plugins.get_operator(spec.operator_name)(**spec.operator_args)
        return str(mutate_code(self.path.read_text(encoding="utf-8"), operator, spec.occurrence))

    @cached_property
    def place(self) -> Place:
        """The place of the change."""
        before, after = changed_lines(self.path.read_text(encoding="utf-8"), self.source)
        return Place(self.path.stem, self.function, before, after)

    def where(self) -> str:
        """Return the file and the line."""
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}"


def changed_lines(before: str, after: str) -> tuple[str, str]:
    r"""Return the lines that differ between two texts, joined into one line each.

    Examples:
        >>> changed_lines("a = 1\nif a:\n    b = 2\n", "a = 1\nif a:\n    b = 3\n")
        ('b = 2', 'b = 3')
    """
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    removed, added = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return removed, added


def functions(tree: ast.AST, names: str = "") -> Iterator[tuple[int, int, str]]:
    """Yield the first line (of decorators, if any), last line and name of each function and method, except inner functions.

    Examples:
        >>> list(functions(ast.parse("def add(a, b): return a + b")))
        [(1, 1, 'add')]
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min(each.lineno for each in (*node.decorator_list, node))
            yield first, node.end_lineno or 0, names + node.name
        elif isinstance(node, ast.ClassDef):
            yield from functions(node, f"{names}{node.name}.")
        else:
            yield from functions(node, names)


def without_effect(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that can change without changing what the workbook does.

    These are caches, which only save time; `zip`'s check that lengths agree, which never fails; and type hints, except those of
    a table's rows, which decide how cells are read.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    rows = {ast.unparse(call.args[0]) for call in calls if ast.unparse(call.func) == "loader"}
    read = {id(line) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name in rows for line in node.body}
    for call in calls:
        if ast.unparse(call.func) == "zip":
            yield from (keyword.value for keyword in call.keywords)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and id(node) not in read:
            yield node.annotation
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            every = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            found = [node.returns, *(each.annotation for each in (*every, node.args.vararg, node.args.kwarg) if each)]
            found += [each for each in node.decorator_list if ast.unparse(each).partition("(")[0] in CACHES]
            yield from (each for each in found if each is not None)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield node.test


def string_comparisons(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield the span of each operator that compares with a string, from the end of its left operand to the right one.

    Examples:
        >>> list(string_comparisons(ast.parse("kind == 'set'")))
        [((1, 4), (1, 8))]
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for left, right in pairwise([node.left, *node.comparators]):
                if isinstance(right, ast.Constant) and isinstance(right.value, str):
                    yield (left.end_lineno or 0, left.end_col_offset or 0), (right.lineno, right.col_offset)


def open_session(path: Path) -> WorkDB:
    """Open a module's session; if it is new or the module has changed, list the mutants."""
    from cosmic_ray.commands import init
    from cosmic_ray.work_db import WorkDB

    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}.sqlite"
    for old in set(FOLDER.glob(f"{path.stem}-*.sqlite")) - {file}:
        old.unlink()
    session = WorkDB(file, WorkDB.Mode.create)
    if not session.num_work_items:
        print(f"listing the mutants of {path.stem}", flush=True)
        init([path], session, {})
    return session


def mutants_of(path: Path) -> list[Mutant]:
    """Return the mutants that can change what a module does."""
    session = open_session(path)
    source = path.read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    places = list(functions(tree))
    # Start one column early, to include a decorator's @.
    left_out = [
        ((each.lineno, each.col_offset - 1), (each.end_lineno or 0, each.end_col_offset or 0)) for each in without_effect(tree)
    ]
    alphabetical = list(string_comparisons(tree))
    mutants = []
    for item in session.work_items:
        (spec,) = item.mutations
        start = tuple(spec.start_pos)
        if spec.operator_name.endswith(SAME) or any(begin <= start < end for begin, end in left_out):
            continue
        if lines[start[0] - 1].startswith("*,", start[1]):  # not a multiplication, but the start of keyword-only parameters
            continue
        if spec.operator_name.endswith(ORDERED) and any(begin <= start < end for begin, end in alphabetical):
            continue
        function = next((name for first, last, name in places if first <= start[0] <= last), "")
        mutants.append(Mutant(session, item, path, start[0], function))
    return mutants


# ---- which tests to run against a mutant ----


@dataclass
class Tests:
    """The tests, how long each takes, and which functions of the model it calls.

    Args:
        seconds: The CPU seconds that each test takes.
        reached: The functions that each test calls; tests marked as slow are missing.
        version: A value that changes when a test changes, so that survivors are tried again.
        failures: How often each test caught a mutant in a function, and in a module.
    """

    seconds: dict[str, float]
    reached: dict[str, set[str]]
    version: str
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)

    def rounds(self, mutant: Mutant) -> list[dict[str, float]]:
        """Return the tests that reach a mutant, in rounds; each round runs only if the previous ones didn't catch it.

        Importing all test files takes longer than running most tests, so the first round uses only two files. The module's own
        test file always runs, because a function called during an import seems to be reached only by the test that imports it.
        """
        module, key = mutant.path.stem, mutant.key
        called = bool(mutant.function) and any(key in names for names in self.reached.values())
        slow = [test for test in self.seconds if test not in self.reached and test.startswith("tests/model/")]
        own = f"tests/model/test_{module}.py"
        tests = [test for test, names in self.reached.items() if key in names or not called or file_of(test) == own] + slow

        def place(test: str) -> tuple[object, ...]:
            return -self.failures[test, key], -self.failures[test, module], file_of(test) != own, self.seconds[test]

        near = sorted((test for test in tests if test.startswith(NEAR) and self.seconds[test] < NEAR_SECONDS), key=place)
        files = list(dict.fromkeys(map(file_of, near)))[:2]
        first = [test for test in near if file_of(test) in files]
        rest, others = [test for test in near if test not in first], sorted(set(tests) - set(near), key=place)
        return [{test: self.seconds[test] for test in each} for each in (first, rest, others) if each]

    def caught(self, mutant: Mutant, test: str) -> None:
        """Record that a test caught a mutant, because it is likely to catch others nearby."""
        self.failures.update([(test, mutant.key), (test, mutant.path.stem)])


def file_of(test: str) -> str:
    """Return the file that a test is in."""
    return test.partition("::")[0]


def known_tests() -> Tests:
    """Return the data about the tests, after running tests in changed files once to see what each calls.

    Raises:
        CommandError: A test fails without any mutant.
    """
    kept = FOLDER / "tests.json"
    known: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    files = {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for name in FOLDERS
        for path in sorted((ROOT / name).rglob("test_*.py") if (ROOT / name).is_dir() else [ROOT / name])
    }
    del files[TABLES]
    for file, version in files.items():
        if known.get(file, {}).get("version") != version:
            print(f"running {file} once, to see what its tests call", flush=True)
            plugin = Plugin({file: 0.0}, watch=True)
            tried = Trial(MODEL, None, plugin).result()
            if tried.caught_by:
                raise CommandError(f"Without any mutant this fails: {', '.join(tried.failed) or file}. See {OUTPUT}.")
            seconds = tried.seconds | dict.fromkeys(tried.slow, SLOW_SECONDS)
            known[file] = {"version": version, "seconds": seconds, "reached": tried.reached}
            kept.write_text(json.dumps(known), encoding="utf-8")
    known = {file: known[file] for file in files}
    return Tests(
        {test: seconds for each in known.values() for test, seconds in each["seconds"].items()},
        {test: set(names) for each in known.values() for test, names in each["reached"].items()},
        hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:12],
    )


# ---- the command ----


def run_mutation(arguments: Sequence[str]) -> int:
    """Try every untried mutant of the model, then every cell of the rules tables; return 1 if any survive.

    Args:
        arguments: Modules of the model, or ``data`` for the tables; everything if none is named. Also the options below.

    Raises:
        CommandError: This computer can't fork processes, as on Windows.
    """
    modules = {path.stem: path for path in sorted(MODEL.glob("*.py")) if path.stem != "__init__"}
    parser = argparse.ArgumentParser(prog="backchannel test --mutation", allow_abbrev=False)
    parser.add_argument("what", nargs="*", metavar="MODULE", help="modules of the model, or data for the tables of rules")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="how many are tried at once")
    parser.add_argument("--minutes", type=float, default=float("inf"), metavar="N", help="stop after this time")
    args = parser.parse_args(arguments)
    if wrong := set(args.what) - {*modules, DATA}:
        parser.error(f"no module of the model: {', '.join(sorted(wrong))} (there are {', '.join(modules)}, and {DATA})")
    if not hasattr(os, "fork"):
        raise CommandError("Mutation testing copies a running process, which Windows cannot: use Linux, macOS or WSL.")
    FOLDER.mkdir(exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = str(FOLDER / "cache")  # for cosmic-ray's list of plugins
    failed = False
    chosen = [path for name, path in modules.items() if name in args.what or not args.what]
    if chosen:
        failed = try_mutants(chosen, args.processes, args.minutes * 60)
    if DATA in args.what or not args.what:
        command = [sys.executable, "-m", "pytest", TABLES, "--verbose", "--capture=no", "-p", "no:nbval"]
        failed |= subprocess.run(command, cwd=ROOT, env=environment() | {ALL_TABLES: "1"}, check=False).returncode != 0
    return int(failed)


def try_mutants(paths: Sequence[Path], processes: int, seconds: float) -> bool:
    """Try the untried mutants of some modules in random order, and print the survivors; return whether there are any.

    You can stop at any time. The next run continues from there, and the mutants tried so far are a fair sample of all.
    """
    preload()
    tests, equivalent = known_tests(), equivalent_mutants()
    mutants = [mutant for path in paths for mutant in mutants_of(path)]
    mutants.sort(key=lambda mutant: mutant.item.job_id)  # the ids are random
    outcomes = earlier_outcomes(mutants)
    # Survivors come first, because after writing a test you want to see what it catches.
    again = [
        m for m in mutants if (was := outcomes.get(m.item.job_id)) and was.survived(equivalent) and was.tests != tests.version
    ]
    queue = deque([*again, *(one for one in mutants if one.item.job_id not in outcomes)])
    running: dict[Any, tuple[Mutant, list[dict[str, float]], Trial]] = {}
    began, total, done = time.monotonic(), len(queue), 0

    def launch(mutant: Mutant, rounds: list[dict[str, float]]) -> None:
        trial = Trial(mutant.path, mutant.source, Plugin(rounds[0], tests.seconds))
        running[trial.receiver] = mutant, rounds[1:], trial

    def record(mutant: Mutant, caught_by: str) -> None:
        nonlocal done
        done += 1
        outcome = outcomes[mutant.item.job_id] = Outcome(mutant.place, caught_by, tests.version)
        outcome.save(mutant)
        word = f"caught by {caught_by}" if caught_by else "equivalent" if mutant.place in equivalent else "SURVIVED"
        print(f"{done}/{total}  {time.monotonic() - began:.0f} s  {mutant.where()}  {word}", flush=True)

    try:
        while running or (queue and time.monotonic() - began < seconds):
            while queue and len(running) < processes and time.monotonic() - began < seconds:
                mutant = queue.popleft()
                rounds = [] if mutant.place in equivalent else tests.rounds(mutant)
                if rounds:
                    launch(mutant, rounds)
                else:
                    record(mutant, "")
            for receiver in wait(list(running), timeout=LONGEST) or list(running):
                mutant, rounds, trial = running.pop(receiver)
                tried = trial.result()
                if tried.caught_by:
                    tests.caught(mutant, tried.caught_by)
                if rounds and not tried.caught_by:
                    launch(mutant, rounds)
                else:
                    record(mutant, tried.caught_by)
    finally:
        for _, _, trial in running.values():
            trial.stop()
    return summarize(mutants, outcomes, equivalent)


@dataclass(frozen=True)
class Outcome:
    """The outcome of trying a mutant.

    Args:
        place: The place of the change.
        caught_by: The test that failed, ``import`` or ``time``; empty if no test failed.
        tests: The version of the tests that ran.
    """

    place: Place
    caught_by: str
    tests: str

    def survived(self, equivalent: Container[Place]) -> bool:
        """Return whether no test caught it, unless it is listed as equivalent."""
        return not self.caught_by and self.place not in equivalent

    def save(self, mutant: Mutant) -> None:
        """Save it in the session."""
        from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

        what = TestOutcome.KILLED if self.caught_by else TestOutcome.SURVIVED
        mutant.session.set_result(
            mutant.item.job_id, WorkResult(WorkerOutcome.NORMAL, json.dumps([*self.place, self.caught_by, self.tests]), what)
        )


def earlier_outcomes(mutants: Sequence[Mutant]) -> dict[str, Outcome]:
    """Read the outcomes of earlier runs from the sessions."""
    outcomes = {}
    for session in {id(mutant.session): mutant.session for mutant in mutants}.values():
        for job, result in session.results:
            *place, caught_by, tests = json.loads(result.output or "")
            outcomes[job] = Outcome(Place(*place), caught_by, tests)
    return outcomes


def equivalent_mutants() -> dict[Place, str]:
    """Read the list of mutants that no test can catch, each with the reason."""
    with EQUIVALENT.open(encoding="utf-8", newline="") as file:
        return {Place(*row[:4]): row[4] for row in list(csv.reader(file))[1:]}


def summarize(mutants: Sequence[Mutant], outcomes: Mapping[str, Outcome], equivalent: Mapping[Place, str]) -> bool:
    """Print every survivor, then how many mutants of each module were tried and caught; return whether any survived."""
    survivors = [(m, was) for m in mutants if (was := outcomes.get(m.item.job_id)) and was.survived(equivalent)]
    for mutant, outcome in sorted(survivors, key=lambda pair: (pair[0].path, pair[0].line)):
        name = f" in {mutant.function}" if mutant.function else ""
        print(f"\n{mutant.where()}{name}\n    - {outcome.place.before}\n    + {outcome.place.after}")
    print(f"\n{'module':16}{'mutants':>9}{'tried':>9}{'caught':>9}{'equivalent':>12}{'survived':>10}")
    rows: dict[str, Counter[str]] = {}
    for mutant in mutants:
        for name in (mutant.path.stem, "all"):
            row = rows.setdefault(name, Counter())
            row["mutants"] += 1
            if was := outcomes.get(mutant.item.job_id):
                row.update(["tried", "caught" if was.caught_by else "survived" if was.survived(equivalent) else "equivalent"])
    for name in sorted(rows, key=lambda name: (name == "all", name)):
        row = rows[name]
        print(f"{name:16}{row['mutants']:9}{row['tried']:9}{row['caught']:9}{row['equivalent']:12}{row['survived']:10}")
    caught, survived = rows["all"]["caught"], rows["all"]["survived"]
    print(f"{100 * caught / (caught + survived or 1):.1f}% of the mutants that were tried and can be caught were caught.")
    found = {was.place for was in outcomes.values()}
    if rows["all"]["tried"] == rows["all"]["mutants"]:
        modules = {mutant.path.stem for mutant in mutants}
        for place in [place for place in equivalent if place.module in modules and place not in found]:
            print(f"{EQUIVALENT.name} names what is no mutant: {place}")
    return survived > 0
