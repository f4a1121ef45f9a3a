"""Checks that run in parallel: what is counted, and what is printed when."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from backchannel_lib.cli import run_checks
from backchannel_lib.cli.run_checks import Check, run_together, summarize
from tests.conftest import names_browser

SLOW = "import time; time.sleep(0.3); print('slow says this')"
PASSING = "def test_a(): pass\ndef test_b(): pass\n"
FAILING = "import pytest\ndef test_a(): pass\ndef test_b(): assert False\ndef test_c(): pytest.skip('not here')\n"


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files can be run as modules."""
    monkeypatch.setattr(run_checks, "ROOT", tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # these tests need no plugin
    for name, code in {"slow": SLOW, "broken": "print('broken says this'); raise SystemExit(3)"}.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    (tmp_path / "test_passing.py").write_text(PASSING, encoding="utf-8")
    (tmp_path / "test_failing.py").write_text(FAILING, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_the_summary_lists_the_checks_in_the_given_order(modules: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The order in which they finish makes no difference, and each check's output is printed in one piece."""
    checks = [
        Check("slow", ("slow",), nice=5),
        Check("broken", ("broken",)),
        Check("failing", ("pytest", "test_failing.py")),
        Check("none", ("pytest", "test_passing.py", "-k", "nothing")),
        Check("chosen", ("pytest", "test_passing.py", "-k", "nothing"), may_be_empty=True),
        Check("live", ("pytest", "test_passing.py"), live=True, nice=5),
    ]
    outcomes = run_together(checks)
    assert [(one.name, one.passed, one.failed, one.skipped) for one in outcomes] == [
        ("slow", 1, 0, 0),
        ("broken", 0, 1, 0),
        ("failing", 1, 1, 1),
        ("none", 0, 1, 0),
        ("chosen", 0, 0, 0),
        ("live", 2, 0, 0),
    ]
    assert outcomes[0].seconds > 0.3
    printed = capfd.readouterr().out
    blocks = dict(re.findall(r"^=== (\w+): .*\n([\s\S]*?)(?=^=== \w+: |\Z)", printed, re.M))
    assert next(iter(blocks)) == "live"
    assert set(blocks) == {check.name for check in checks}
    for name, words in {"slow": "slow says", "broken": "broken says", "failing": "1 failed", "live": "2 passed"}.items():
        assert words in blocks[name]
    assert summarize(outcomes) == 1
    assert summarize(outcomes[-1:]) == 0


def test_only_files_that_mention_a_browser_are_searched_for_browser_tests() -> None:
    here = Path(__file__)
    assert not names_browser(here)
    assert names_browser(here.parents[1] / "browser" / "test_chapters.py")
    assert names_browser(Path(sys.modules["tests.conftest"].__file__ or ""))


def test_all_tests_in_a_file_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """Otherwise each process would start its own Lab, stage and site for only a few tests."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@tests/cli/test_run_checks.py")
