"""The kernel records which tab runs a notebook and which widgets are shown, so a second tab can show them too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from backchannel_lib.notebook import kernel_record
from backchannel_lib.notebook.kernel_record import CLAIM_S, KernelRecord
from backchannel_lib.page.host import WIDGET_VIEW


class Shell:
    """A stand-in for a kernel's shell."""

    def __init__(self) -> None:
        self.execution_count = 1
        self.parent: dict[str, Any] = {}
        self.kernel = SimpleNamespace(get_parent=lambda: self.parent)


def show(record: KernelRecord, shell: Shell, cell: str, run: str, data: dict[str, Any]) -> None:
    """Run a cell that shows something."""
    shell.parent = {"header": {"msg_id": run}, "metadata": {"cellId": cell}}
    message = {"header": {"msg_type": "display_data"}, "content": {"data": data, "metadata": {}}}
    assert record.hook(message) is message


def test_only_the_first_who_asks_may_run_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """If that tab never runs it, the next one can. Once a cell has run, no tab can."""
    shell, clock = Shell(), [100.0]
    monkeypatch.setattr(kernel_record.time, "monotonic", lambda: clock[0])
    record = KernelRecord(shell)
    assert [record.claim()["claimed"] for _ in range(3)] == [True, False, False]
    clock[0] += CLAIM_S + 1
    assert record.claim()["claimed"]
    clock[0] += CLAIM_S + 1
    shell.execution_count = 2
    assert not record.claim()["claimed"]


def test_displayed_widgets_are_reported_with_their_positions_until_the_cell_reruns() -> None:
    """A position counts all outputs of one run of a cell, including those without a widget."""
    shell = Shell()
    record = KernelRecord(shell)
    show(record, shell, "a", "1", {"text/plain": "first"})
    show(record, shell, "a", "1", {"text/plain": "x", WIDGET_VIEW: {"model_id": "m"}})
    show(record, shell, "b", "2", {"text/plain": "none"})
    told = record.state()["shown"]
    assert [(one["place"], one["output"]["data"][WIDGET_VIEW]["model_id"]) for one in told["a"]] == [(1, "m")]
    assert told["b"] == []
    show(record, shell, "a", "3", {"text/plain": "again"})
    assert record.state()["shown"]["a"] == []
