"""`backchannel test`: every check, side by side where that is safe, with one summary at the end."""

from __future__ import annotations

import contextlib
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
CORES: Final = max(2, os.cpu_count() or 2)
#: A lower priority, as Unix counts niceness (0 is ordinary, 19 the lowest): it runs when the browser tests leave it time.
LOW_PRIORITY: Final = 5
#: Plugins that no test of ours uses, and that each process would import.
UNUSED_PLUGINS: Final = ("-p", "no:nbval", "-p", "no:anyio")
NO_TESTS: Final = 5  # pytest's exit code where nothing was collected


def parallel(processes: int) -> tuple[str, ...]:
    """Return pytest's options for several processes.

    Tests of one group stay in one process, in their order: those of a file, where they name no smaller group.
    """
    return "--numprocesses", str(processes), "--dist", "loadgroup", "--no-loadscope-reorder"


@dataclass(frozen=True)
class Check:
    """A checker and what it is told.

    Args:
        name: What the summary calls it.
        arguments: The module to run, and its arguments.
        live: Whether its output is shown while it runs; otherwise at its end.
        nice: Above 0, it runs at a lower priority (a Unix niceness, at most 19): other checks get the processor first.
        may_be_empty: Whether it is no failure that pytest found no test.
    """

    name: str
    arguments: tuple[str, ...]
    live: bool = False
    nice: int = 0
    may_be_empty: bool = False


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
        return summarize(run_together([Check("pytest", ("pytest", *NBVAL, *arguments), live=True)]))
    outcomes = run_together(
        [Check("ruff check", ("ruff", "check", ".")), Check("ruff format", ("ruff", "format", "--check", "."))]
    )
    chosen = bool(arguments)
    checks = [Check("mypy", ("mypy",), nice=LOW_PRIORITY)]
    if quick:
        os.environ.setdefault("HYPOTHESIS_PROFILE", "quick")  # fewer drawn cases of each law
        fast = ("tests", *UNUSED_PLUGINS, "-m", "not browser and not slow", *parallel(CORES))
        checks.append(Check("quick tests", ("pytest", *fast, *arguments), live=True, may_be_empty=chosen))
    else:
        offer_browser()
        # A call each: Playwright's event loop in the same process would be in the way of others and of nbval's, which also
        # leaves a file open for each kernel. The notebooks' own warnings are outputs, and are compared. Beside browsers the
        # other tests would take twice as long, and the browsers with them.
        browser = ("tests", *UNUSED_PLUGINS, "-m", "browser", *parallel(CORES + 1))
        notebooks = (*NBVAL, "-W", "ignore::ResourceWarning", "notebooks", *parallel(1))
        checks += [
            Check("browser", ("pytest", *browser, *arguments), live=True, may_be_empty=chosen),
            Check("notebooks", ("pytest", *notebooks, *arguments), nice=LOW_PRIORITY, may_be_empty=chosen),
        ]
        outcomes += run_together(checks)
        tests = ("tests", *UNUSED_PLUGINS, "-m", "not browser", *parallel(CORES))
        checks = [Check("tests", ("pytest", *tests, *arguments), live=True, may_be_empty=chosen)]
    return summarize(outcomes + run_together(checks))


def offer_browser() -> None:
    """If no browser is to be found, let Playwright try to fetch one. Without one, the browser tests fail and say so."""
    try:
        find_chromium()
    except BrowserMissingError as error:
        print(f"{error}\nTrying: playwright install chromium", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        tried = subprocess.run(command, env=environment(), capture_output=True, check=False)
        print("It is installed." if tried.returncode == 0 else "That failed, so the browser tests will fail.", flush=True)


class Running:
    """A check that was started.

    Args:
        check: The check.
        folder: Where its output and pytest's report go.
    """

    def __init__(self, check: Check, folder: Path) -> None:
        self.check = check
        self.report = folder / f"{check.name}.xml"
        self.printed = folder / f"{check.name}.txt"
        self.started = time.monotonic()
        module, *arguments = check.arguments
        more = ["--quiet", f"--junit-xml={self.report}"] if module == "pytest" else []
        with contextlib.nullcontext() if check.live else self.printed.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *more, *arguments],
                env=environment(),
                cwd=ROOT,
                stdout=out,
                stderr=None if check.live else subprocess.STDOUT,
            )
        if check.nice and os.name == "posix":
            with contextlib.suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self.process.pid, check.nice)

    def outcome(self) -> Outcome | None:
        """Return what it has shown; None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        seconds = time.monotonic() - self.started
        if self.check.arguments[0] != "pytest":
            return Outcome(self.check.name, passed=int(code == 0), failed=int(code != 0), skipped=0, seconds=seconds)
        return pytest_outcome(self.check, code, self.report, seconds)


def run_together(checks: Sequence[Check]) -> list[Outcome]:
    """Run checks side by side; print the output of each under a heading, those that are not live after those that are."""
    with tempfile.TemporaryDirectory() as folder:
        waiting = []
        for check in checks:
            if check.live:
                print(f"\n=== {check.name}: {' '.join(check.arguments)}", flush=True)
            waiting.append(Running(check, Path(folder)))
        outcomes: dict[str, Outcome] = {}
        unprinted = [running for running in waiting if not running.check.live]
        while waiting or unprinted:
            for running in list(waiting):
                if outcome := running.outcome():
                    outcomes[running.check.name] = outcome
                    waiting.remove(running)
            if not any(running.check.live for running in waiting):
                for running in [one for one in unprinted if one not in waiting]:
                    printed = running.printed.read_text(encoding="utf-8", errors="replace")
                    print(f"\n=== {running.check.name}: {' '.join(running.check.arguments)}\n{printed}", end="", flush=True)
                    unprinted.remove(running)
            time.sleep(0.05)
        return [outcomes[check.name] for check in checks]


def pytest_outcome(check: Check, code: int, report: Path, seconds: float) -> Outcome:
    """Count what pytest reports; no test at all is a failure, unless someone chose the tests.

    Examples:
        >>> pytest_outcome(Check("tests", ("pytest",)), NO_TESTS, Path("none.xml"), 0.5)
        Outcome(name='tests', passed=0, failed=1, skipped=0, seconds=0.5)
    """
    suites = list(ET.parse(report).getroot()) if report.exists() else []  # noqa: S314 (pytest just wrote it)
    tests, failures, errors, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    if failed == 0 and code != 0 and not (code == NO_TESTS and check.may_be_empty):
        failed = 1  # pytest itself failed, or was stopped
    return Outcome(check.name, tests - failures - errors - skipped, failed, skipped, seconds)


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
