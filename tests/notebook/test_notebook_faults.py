"""Whether a fault in a notebook would be noticed: each of tests/notebook_faults is put into a copy, and has to be found.

What is broken in a notebook's file alone is found without a kernel. What only a run can show is put into the cells of one
notebook, so that a single kernel shows all of it: each of its cells has to fail, and for the reason that its fault names.
Faults of the library and its tables are put into a copy of them, which that notebook's kernel finds first.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import notebook_checks
from tests.helpers.notebook_faults import FAULTS, ROOT, Fault, copy_library, run_nbval, write_notebook

WITHOUT_KERNEL = [fault for fault in FAULTS if fault.caught_by != "nbval"]
BY_NBVAL = [fault for fault in FAULTS if fault.caught_by == "nbval"]
#: One notebook each, whose cells show these faults.
TOGETHER = {
    "cells": [fault for fault in BY_NBVAL if not fault.file],
    **{name: [fault for fault in BY_NBVAL if fault.file and fault.copy == name] for name in ("library", "rules")},
}


def test_every_check_has_a_fault_that_it_finds() -> None:
    """A check that nothing breaks would prove nothing."""
    assert {fault.caught_by for fault in FAULTS} == {*notebook_checks.CHECKS, "nbval"}


@pytest.mark.parametrize("fault", WITHOUT_KERNEL, ids=lambda fault: fault.name)
def test_a_fault_of_the_file_is_found(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a kernel, by the check it names, and in the words it names."""
    if fault.file:
        assert ROOT / fault.file == notebook_checks.SANITIZE
        copy = tmp_path / "sanitize.cfg"
        copy.write_text(fault.in_text(notebook_checks.SANITIZE.read_text(encoding="utf-8")), encoding="utf-8")
        monkeypatch.setattr(notebook_checks, "SANITIZE", copy)
    found = notebook_checks.problems(fault.notebook, fault.in_notebook())
    assert any(fault.because in sentence for sentence in found.get(fault.caught_by, [])), found


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What nbval says of each fault's cell: one run for all of them, since a kernel takes seconds."""
    folder = tmp_path_factory.mktemp("faults")
    for name, faults in TOGETHER.items():
        write_notebook(folder / name, faults)
        copy_library(folder / name, [fault for fault in faults if fault.file])
    said = run_nbval(*(folder / name for name in TOGETHER))
    return {fault.name: report for name in TOGETHER for fault, report in zip(TOGETHER[name], said[name], strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("fault", BY_NBVAL, ids=lambda fault: fault.name)
def test_a_fault_fails_strict_nbval(fault: Fault, said: dict[str, str]) -> None:
    """And for its own reason, so that it is no other fault that fails the cell."""
    assert fault.because in said[fault.name]
