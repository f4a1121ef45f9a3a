"""Try one mutant: fork this process, import the changed module in place of the real one, and run tests until one fails.

A fork of a process that has already imported pytest and pandas starts immediately, and no file of the workbook changes.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import io
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Final

import pytest

from backchannel_lib.cli.project import ROOT

MODEL: Final = ROOT / "backchannel_lib" / "model"
#: The folder for the sessions and the data about the tests; Git ignores it.
FOLDER: Final = ROOT / ".mutation"
#: The output of the last run without a mutant.
OUTPUT: Final = FOLDER / "output.txt"
#: Options without unneeded plugins and reports, because all that matters is whether a test fails.
PYTEST: Final = (
    *("--quiet", "--exitfirst", "--assert=plain", "--tb=no", "--no-header", "--no-summary", "--capture=sys"),
    *("-p", "no:nbval", "-p", "no:anyio", "-p", "no:cacheprovider", "-p", "no:junitxml"),
    *("-m", "not browser"),
)
#: CPU seconds that a test may take in addition to ten times its usual time, and that collecting tests may take.
TEST_SECONDS, COLLECT_SECONDS = 5.0, 60.0
#: Seconds of real time after which to give up on a trial that uses no CPU time.
LONGEST: Final = 900.0
#: Bytes of memory that a mutant may use, because some mutants double a number endlessly.
MEMORY: Final = 8 * 1024**3


@dataclass
class Tried:
    """The result of a trial.

    Args:
        caught_by: The test that failed; ``import`` if the changed module can't be imported, ``time`` if a test took too long,
            and empty if all tests passed.
        seconds: The CPU seconds that each test took.
        reached: The functions of the model that each test called, as ``module:Class.method``; recorded only in the run
            without a mutant.
        failed: The tests that failed.
        slow: The tests that are marked as slow and weren't run.
    """

    caught_by: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    reached: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)


class TimeIsUpError(BaseException):
    """A test took far longer than usual. It isn't an `Exception`, so that no code in the workbook catches it."""


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module of the model from changed source instead of its file.

    Args:
        path: The module's file.
        source: The source to run instead.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.path, self.source = path, source

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for the changed module, and None for any other."""
        if name != f"backchannel_lib.model.{self.path.stem}":
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed source."""
        exec(compile(self.source, self.path, "exec"), vars(module))  # noqa: S102 - importing a module executes it


class Plugin:
    """A pytest plugin that orders the chosen tests, limits their time, and records which fail and what they call.

    Args:
        order: The chosen tests, the likeliest to fail first, each with the CPU seconds it usually takes. With ``watch``, these
            are files, and all of their tests run.
        known: The tests that exist without the mutant, so that tests in the same files that exist only with it run too; None
            to run only the chosen ones.
        watch: Whether to record which functions of the model each test calls, which takes longer.
    """

    def __init__(self, order: Mapping[str, float], known: Container[str] | None = None, *, watch: bool = False) -> None:
        self.order, self.known, self.watch = order, known, watch
        self.tried = Tried()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep only the chosen tests, in the given order."""
        if self.watch:
            # Slow tests aren't watched. They run only for mutants that survive all others.
            self.tried.slow = [item.nodeid for item in items if item.get_closest_marker("slow")]
            items[:] = [item for item in items if item.nodeid not in self.tried.slow]
        else:
            places = {test: place for place, test in enumerate(self.order)}
            items[:] = [item for item in items if item.nodeid in places or self.is_new(item.nodeid)]
            items.sort(key=lambda item: places.get(item.nodeid, len(places)))

    def is_new(self, test: str) -> bool:
        """Return whether a test exists only because of the mutant."""
        return self.known is not None and test not in self.known

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Run one test, including its setup, within its time limit."""
        called: set[CodeType] = set()
        prefix = str(MODEL)

        def trace(frame: FrameType, *_: object) -> None:
            called.add(frame.f_code)

        limit_time(TEST_SECONDS + 10 * self.order.get(item.nodeid, COLLECT_SECONDS))
        began = time.process_time()
        if self.watch:
            sys.settrace(trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.tried.seconds[item.nodeid] = round(time.process_time() - began, 4)
            self.tried.reached[item.nodeid] = sorted({name_of(code) for code in called if code.co_filename.startswith(prefix)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the tests that fail."""
        if report.failed:
            self.tried.failed.append(report.nodeid)


def name_of(code: CodeType) -> str:
    """Return the module and the function or method that code belongs to.

    Examples:
        >>> name_of(name_of.__code__)
        'mutant_trial:name_of'
    """
    return f"{Path(code.co_filename).stem}:{code.co_qualname.partition('.<locals>')[0]}"


def limit_time(seconds: float) -> None:
    """Set a limit on CPU time, which doesn't depend on what else runs on the computer."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def preload() -> None:
    """Import the packages that tests need and no mutant changes, once, before the first fork."""
    import anywidget  # noqa: F401
    import hypothesis.strategies  # noqa: F401
    import jupyter_server.serverapp  # noqa: F401
    import mistune  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas as pd  # noqa: F401

    with redirect_stdout(io.StringIO()):
        pytest.main([*PYTEST, "--version"])  # imports pytest's plugins
    gc.freeze()  # forks share this memory as long as nothing writes to it


class Trial:
    """One mutant being tried, in a separate process.

    Args:
        path: The changed module's file.
        source: The changed source; None to run the tests without a mutant.
        plugin: The plugin that selects the tests.
    """

    def __init__(self, path: Path, source: str | None, plugin: Plugin) -> None:
        context = multiprocessing.get_context("fork")
        self.receiver, sender = context.Pipe(duplex=False)
        files = list(dict.fromkeys(test.partition("::")[0] for test in plugin.order))
        self.process: BaseProcess = context.Process(target=run_tests, args=(sender, path, source, plugin, [*PYTEST, *files]))
        self.process.start()
        sender.close()

    def result(self) -> Tried:
        """Wait for the result."""
        try:
            return Tried(**self.receiver.recv()) if self.receiver.poll(LONGEST) else Tried("time")
        except EOFError:
            return Tried("import")  # the process died: out of memory or time, or the interpreter crashed
        finally:
            self.stop()

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.receiver.close()


def run_tests(sender: Connection, path: Path, source: str | None, plugin: Plugin, arguments: list[str]) -> None:
    """Import the changed module, run the tests and send the result; this runs in the forked process."""
    import resource

    os.setsid()  # Ctrl+C goes only to the command, which stops its trials
    printed = os.open(OUTPUT if plugin.watch else os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    seconds = int(COLLECT_SECONDS + 10 * sum(plugin.order.values()) + 60)
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, seconds)):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))

    def stop(*_: object) -> None:
        plugin.tried.caught_by = "time"
        raise TimeIsUpError

    signal.signal(signal.SIGPROF, stop)
    limit_time(COLLECT_SECONDS)
    for name in [name for name in sys.modules if name.partition(".")[0] == "backchannel_lib"]:
        del sys.modules[name]
    if source is not None:
        sys.meta_path.insert(0, Mutated(path, source))
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    code = pytest.main(arguments, plugins=[plugin])
    limit_time(0)
    tried = plugin.tried
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        tried.caught_by = tried.caught_by or next(iter(tried.failed), "import")
    if not plugin.watch:
        tried.reached, tried.seconds = {}, {}
    sender.send(asdict(tried))  # a dict, because the reimported library has another `Tried` class
    sender.close()
