"""Checks that run side by side: what is counted, what is printed, and when."""

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
    for name, code in {"slow": SLOW, "broken": "print('broken says this'); raise SystemExit(3)"}.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    (tmp_path / "test_passing.py").write_text(PASSING, encoding="utf-8")
    (tmp_path / "test_failing.py").write_text(FAILING, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_every_check_is_counted_in_its_place(modules: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Whichever ends first, the summary has them in the order given, each with what it has shown."""
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
    for name, said in {"slow": "slow says", "broken": "broken says", "failing": "1 failed", "live": "2 passed"}.items():
        assert said in blocks[name]
    assert summarize(outcomes) == 1
    assert summarize(outcomes[-1:]) == 0


def test_a_file_is_looked_through_for_browser_tests_if_it_names_a_browser() -> None:
    here = Path(__file__)
    assert not names_browser(here)
    assert names_browser(here.parents[1] / "browser" / "test_chapters.py")
    assert names_browser(Path(sys.modules["tests.conftest"].__file__ or ""))


def test_the_tests_of_a_file_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """Otherwise each process would start a Lab, a stage and a site of its own for the few tests that it gets."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@tests/cli/test_run_checks.py")
