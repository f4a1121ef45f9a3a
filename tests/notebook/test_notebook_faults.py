"""Puts each fault from tests/notebook_faults into a copy, and checks that the notebook tests would catch it.

Faults in a notebook file are found without a kernel. Faults that only running shows are put into the cells of one notebook, so
a single kernel is enough: each cell has to fail for the reason that its fault states. Faults in the library and its tables go
into a copy, which that notebook's kernel imports.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import notebook_checks
from tests.helpers.notebook_faults import FAULTS, ROOT, Fault, copy_library, run_nbval, write_notebook

WITHOUT_KERNEL = [fault for fault in FAULTS if fault.caught_by != "nbval"]
BY_NBVAL = [fault for fault in FAULTS if fault.caught_by == "nbval"]
#: The faults that one notebook each shows in its cells, by the notebook's name.
TOGETHER = {
    "cells": [fault for fault in BY_NBVAL if not fault.file],
    **{name: [fault for fault in BY_NBVAL if fault.file and fault.copy == name] for name in ("library", "rules")},
}


def test_every_check_has_a_fault_that_it_finds() -> None:
    """A check that never fails proves nothing."""
    assert {fault.caught_by for fault in FAULTS} == {*notebook_checks.CHECKS, "nbval"}


@pytest.mark.parametrize("fault", WITHOUT_KERNEL, ids=lambda fault: fault.name)
def test_a_fault_of_the_file_is_found(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check that the fault names finds it without a kernel, and reports it in the stated words."""
    if fault.file:
        assert ROOT / fault.file == notebook_checks.SANITIZE
        copy = tmp_path / "sanitize.cfg"
        copy.write_text(fault.in_text(notebook_checks.SANITIZE.read_text(encoding="utf-8")), encoding="utf-8")
        monkeypatch.setattr(notebook_checks, "SANITIZE", copy)
    found = notebook_checks.problems(fault.notebook, fault.in_notebook())
    assert any(fault.because in sentence for sentence in found.get(fault.caught_by, [])), found


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The output of nbval for each fault's cell, from one run because starting a kernel takes seconds."""
    folder = tmp_path_factory.mktemp("faults")
    for name, faults in TOGETHER.items():
        write_notebook(folder / name, faults)
        copy_library(folder / name, [fault for fault in faults if fault.file])
    said = run_nbval(*(folder / name for name in TOGETHER))
    return {fault.name: report for name in TOGETHER for fault, report in zip(TOGETHER[name], said[name], strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("fault", BY_NBVAL, ids=lambda fault: fault.name)
def test_a_fault_fails_strict_nbval(fault: Fault, said: dict[str, str]) -> None:
    """It fails for its own reason, so no other fault is the cause."""
    assert fault.because in said[fault.name]
