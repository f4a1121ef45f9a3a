"""`backchannel test`: every check, two at a time where that is safe, with one summary at the end."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from backchannel_lib.cli.browser import BrowserMissingError, find_chromium
from backchannel_lib.cli.project import ROOT, CommandError, environment, require_checkout

NBVAL: Final = ("--nbval", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg", "--nbval-cell-timeout", "120")
#: Tests of one group stay in one process, in their order: those of a file, where they name no smaller group.
PARALLEL: Final = ("--numprocesses", str(max(2, os.cpu_count() or 2)), "--dist", "loadgroup", "--no-loadscope-reorder")
NO_TESTS: Final = 5  # pytest's exit code where nothing was collected


@dataclass(frozen=True)
class Outcome:
    """What one check has shown.

    Args:
        name: The check.
        passed: How many of its tests passed.
        failed: How many failed, or could not be run.
        skipped: How many were skipped.
        seconds: How long it took.
    """

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def run_checks(arguments: Sequence[str], *, quick: bool) -> int:
    """Run every check, print what came of each, and return 1 if anything failed.

    Args:
        arguments: Passed on to pytest. Where one of them is a path, only what it names is run.
        quick: Leave out what needs a browser or a kernel, and what is marked as slow.

    Raises:
        CommandError: The packages that the checks need are not installed.
    """
    require_checkout()
    if importlib.util.find_spec("xdist") is None:
        raise CommandError("The checks need packages that are not installed yet: python workbook.py test installs them.")
    if any((ROOT / argument.partition("::")[0]).exists() for argument in arguments):
        return summarize([run_pytest("pytest", *NBVAL, *arguments)])
    started = time.monotonic()
    types = start_tool("mypy")  # beside the tests
    outcomes = [
        run_tool("ruff check", "ruff", "check", "."),
        run_tool("ruff format", "ruff", "format", "--check", "."),
    ]
    chosen = bool(arguments)
    if quick:
        fast = ("tests", "-m", "not browser and not slow")
        os.environ.setdefault("HYPOTHESIS_PROFILE", "quick")  # fewer drawn cases of each law
        outcomes.append(run_pytest("quick tests", *fast, *PARALLEL, *arguments, may_be_empty=chosen))
    else:
        offer_browser()
        outcomes += [
            run_pytest("tests", "tests", "-m", "not browser", *PARALLEL, *arguments, may_be_empty=chosen),
            run_pytest("browser", "tests", "-m", "browser", *PARALLEL, *arguments, may_be_empty=chosen),
            # A call of its own: Playwright's event loop in the same process would be in the way of nbval's, which also
            # leaves a file open for each kernel. The notebooks' own warnings are outputs, and are compared.
            run_pytest(
                *("notebooks", *NBVAL, "-W", "ignore::ResourceWarning", "notebooks", *PARALLEL, *arguments),
                may_be_empty=chosen,
            ),
        ]
    printed, _ = types.communicate()
    print(f"\n=== mypy\n{printed}", end="")
    outcomes.append(tool_outcome("mypy", types.returncode, time.monotonic() - started))
    return summarize(outcomes)


def offer_browser() -> None:
    """If no browser is to be found, let Playwright try to fetch one. Without one, the browser tests fail and say so."""
    try:
        find_chromium()
    except BrowserMissingError as error:
        print(f"{error}\nTrying: playwright install chromium", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        tried = subprocess.run(command, env=environment(), capture_output=True, check=False)
        print("It is installed." if tried.returncode == 0 else "That failed, so the browser tests will fail.", flush=True)


def start_tool(module: str) -> subprocess.Popen[str]:
    """Start a checker that prints only once it is asked for."""
    command = [sys.executable, "-m", module]
    return subprocess.Popen(
        command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )


def run_tool(name: str, module: str, *arguments: str) -> Outcome:
    """Run a checker, which counts as one test."""
    return tool_outcome(name, *run_module(name, [module, *arguments]))


def tool_outcome(name: str, code: int, seconds: float) -> Outcome:
    """Return a checker's exit code as the outcome of one test.

    Examples:
        >>> tool_outcome("mypy", 1, 2.5)
        Outcome(name='mypy', passed=0, failed=1, skipped=0, seconds=2.5)
    """
    return Outcome(name, passed=int(code == 0), failed=int(code != 0), skipped=0, seconds=seconds)


def run_pytest(name: str, *arguments: str, may_be_empty: bool = False) -> Outcome:
    """Run pytest and count what it reports; no test at all is a failure, unless someone chose the tests."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code, seconds = run_module(name, ["pytest", "--quiet", f"--junit-xml={report}", *arguments])
        suites = list(ET.parse(report).getroot()) if report.exists() else []  # noqa: S314 (pytest just wrote it)
    tests, failures, errors, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    passed = tests - failed - skipped
    if failed == 0 and code != 0 and not (code == NO_TESTS and may_be_empty):
        failed = 1  # pytest itself failed, or was stopped
    return Outcome(name, passed, failed, skipped, seconds)


def run_module(name: str, arguments: Sequence[str]) -> tuple[int, float]:
    """Run a module under a heading; return its exit code and how many seconds it took."""
    visible = " ".join(argument for argument in arguments if not argument.startswith("--junit-xml"))
    print(f"\n=== {name}: {visible}", flush=True)
    started = time.monotonic()
    code = subprocess.run([sys.executable, "-m", *arguments], env=environment(), cwd=ROOT, check=False).returncode
    return code, time.monotonic() - started


def summarize(outcomes: Sequence[Outcome]) -> int:
    """Print the summary, with all counts in the last line; return 1 if anything failed.

    Examples:
        >>> summarize([Outcome("ruff check", 1, 0, 0, 0.25), Outcome("tests", 40, 1, 0, 9.0)])
        <BLANKLINE>
        === summary
        ruff check   ok      1 passed, 0 failed, 0 skipped               0.2 s
        tests        FAILED  40 passed, 1 failed, 0 skipped              9.0 s
        41 passed, 1 failed
        1
    """
    print("\n=== summary")
    for outcome in outcomes:
        word = "FAILED" if outcome.failed else "ok"
        counts = f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
        print(f"{outcome.name:12} {word:7} {counts:40} {outcome.seconds:6.1f} s")
    passed, failed, skipped = (sum(getattr(one, key) for one in outcomes) for key in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return int(failed > 0)
