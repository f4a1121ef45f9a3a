"""`backchannel test`: all checks, in parallel where that is safe, with one summary at the end."""

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

#: On a busy machine, a kernel can take minutes to start, which isn't the notebook's fault.
PATIENCE: Final = ("--nbval-cell-timeout", "120", "--nbval-kernel-startup-timeout", "180")
NBVAL: Final = ("--nbval", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg", *PATIENCE)
CORES: Final = max(2, os.cpu_count() or 2)
#: Processes for tests, more than there are cores: many wait for a server, a kernel or a timer.
PROCESSES: Final = CORES + 1
#: A lower priority, as a Unix niceness (0 is normal, 19 the lowest), for checks that fill the browser tests' gaps.
LOW_PRIORITY: Final = 5
#: Plugins that our tests don't use but every process would import.
UNUSED_PLUGINS: Final = ("-p", "no:nbval", "-p", "no:anyio")
#: Folders whose tests take about half of the time of all tests without a browser.
FIRST_HALF: Final = ("tests/model", "tests/activities")
NO_TESTS: Final = 5  # pytest's exit code if it found no tests


def parallel(processes: int) -> tuple[str, ...]:
    """Return pytest's options for running in several processes.

    Tests in one group run in order in one process. A group is a file unless its tests name a smaller one.
    """
    return "--numprocesses", str(processes), "--dist", "loadgroup", "--no-loadscope-reorder"


@dataclass(frozen=True)
class Check:
    """A checker with its arguments.

    Args:
        name: Its name in the summary.
        arguments: The module to run, and its arguments.
        live: Whether it prints to the terminal itself, which only one of several checks can do.
        nice: A Unix niceness from 0 to 19; above 0, other checks get the CPU first.
        may_be_empty: Whether it is fine if pytest finds no tests.
    """

    name: str
    arguments: tuple[str, ...]
    live: bool = False
    nice: int = 0
    may_be_empty: bool = False


@dataclass(frozen=True)
class Outcome:
    """The result of one check.

    Args:
        name: The check's name.
        passed: Number of tests passed.
        failed: Number of tests that failed or couldn't run.
        skipped: Number of tests skipped.
        seconds: Its duration.
    """

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def run_checks(arguments: Sequence[str], *, quick: bool) -> int:
    """Run all checks and print their results; return 1 if anything failed.

    Args:
        arguments: Arguments for pytest. If one is a path, only that path runs.
        quick: Leave out tests that need a browser or a kernel, and those marked as slow.

    Raises:
        CommandError: The packages for the checks aren't installed.
    """
    require_test_packages()
    if any((ROOT / argument.partition("::")[0]).exists() for argument in arguments):
        return summarize(run_together([Check("pytest", ("pytest", *NBVAL, *arguments), live=True)]))
    outcomes = run_together(
        [Check("ruff check", ("ruff", "check", ".")), Check("ruff format", ("ruff", "format", "--check", "."))]
    )
    chosen = bool(arguments)
    checks = [Check("mypy", ("mypy",), nice=LOW_PRIORITY)]
    if quick:
        os.environ.setdefault("HYPOTHESIS_PROFILE", "quick")  # fewer random cases for each property
        fast = ("tests", *UNUSED_PLUGINS, "-m", "not browser and not slow", *parallel(PROCESSES))
        checks.append(Check("quick tests", ("pytest", *fast, *arguments), live=True, may_be_empty=chosen))
    else:
        offer_browser()
        # Use a separate pytest call for each. Playwright's event loop would conflict with others in the same process, such as
        # nbval's, and nbval leaves a file open for each kernel. Ignoring warnings hides none from notebooks, because those are
        # compared as outputs.
        browser = ("tests", *UNUSED_PLUGINS, "-m", "browser", *parallel(PROCESSES))
        not_browser = (*UNUSED_PLUGINS, "-m", "not browser")
        notebooks = (*NBVAL, "-W", "ignore::ResourceWarning", "notebooks", *parallel(1))
        # Two processes that share nothing take less time than two that get their tests from a third.
        second_half = ("tests", *(f"--ignore={folder}" for folder in FIRST_HALF))
        checks += [
            Check("browser", ("pytest", *browser, *arguments), live=True, may_be_empty=chosen),
            Check("notebooks", ("pytest", *notebooks, *arguments), nice=LOW_PRIORITY, may_be_empty=chosen),
            *(
                Check(name, ("pytest", *paths, *not_browser, *arguments), nice=LOW_PRIORITY, may_be_empty=chosen)
                for name, paths in (("tests 1 of 2", FIRST_HALF), ("tests 2 of 2", second_half))
            ),
        ]
    return summarize(outcomes + run_together(checks))


def require_test_packages() -> None:
    """Reject a command that needs the tests and their packages if they aren't installed.

    Raises:
        CommandError: This isn't a checkout, or the packages for the tests aren't installed.
    """
    require_checkout()
    if any(importlib.util.find_spec(package) is None for package in ("xdist", "cosmic_ray")):
        raise CommandError(
            "This command needs packages that aren't installed yet. To install them: python workbook.py test --quick"
        )


def offer_browser() -> None:
    """Let Playwright try to download a browser if there is none; without one, the browser tests fail with a message."""
    try:
        find_chromium()
    except BrowserMissingError as error:
        print(f"{error}\nTrying: playwright install chromium", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        tried = subprocess.run(command, env=environment(), capture_output=True, check=False)
        print("It is installed." if tried.returncode == 0 else "That failed, so the browser tests will fail.", flush=True)


class Running:
    """A running check.

    Args:
        check: The check.
        folder: The folder for its output and pytest's report.
    """

    def __init__(self, check: Check, folder: Path) -> None:
        self.check = check
        self.report = folder / f"{check.name}.xml"
        self.printed = folder / f"{check.name}.txt"
        self.position = 0
        self.started = time.monotonic()
        if check.live:
            print_heading(check)
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
            with contextlib.suppress(OSError):  # the process has already ended
                os.setpriority(os.PRIO_PROCESS, self.process.pid, check.nice)

    def print_more(self) -> None:
        """Print what it has written since the last call, unless it prints to the terminal itself."""
        if not self.check.live:
            with self.printed.open(encoding="utf-8", errors="replace") as out:
                out.seek(self.position)
                print(out.read(), end="", flush=True)
                self.position = out.tell()

    def outcome(self) -> Outcome | None:
        """Return its result; None while it is running."""
        code = self.process.poll()
        if code is None:
            return None
        seconds = time.monotonic() - self.started
        if self.check.arguments[0] != "pytest":
            return Outcome(self.check.name, passed=int(code == 0), failed=int(code != 0), skipped=0, seconds=seconds)
        return pytest_outcome(self.check, code, self.report, seconds)


def print_heading(check: Check) -> None:
    """Print a check's name and arguments."""
    print(f"\n=== {check.name}: {' '.join(check.arguments)}", flush=True)


def run_together(checks: Sequence[Check]) -> list[Outcome]:
    """Run checks in parallel; print each one's output under a heading, the live one's first, then in the given order."""
    with tempfile.TemporaryDirectory() as folder:
        running = [Running(check, Path(folder)) for check in checks]
        outcomes: dict[str, Outcome] = {}
        for shown in sorted(running, key=lambda one: not one.check.live):
            if not shown.check.live:
                print_heading(shown.check)
            while shown.check.name not in outcomes:
                for one in running:
                    if one.check.name not in outcomes and (outcome := one.outcome()):
                        outcomes[one.check.name] = outcome
                shown.print_more()
                time.sleep(0.05)
            shown.print_more()
        return [outcomes[check.name] for check in checks]


def pytest_outcome(check: Check, code: int, report: Path, seconds: float) -> Outcome:
    """Count the results in pytest's report; finding no tests is a failure unless arguments select them.

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
    """Print the summary, with all totals in the last line; return 1 if anything failed.

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
