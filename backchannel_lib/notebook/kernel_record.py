"""Record what a kernel has shown, so that reopening a notebook shows the same widgets without rerunning it.

The kernel loads this as an IPython extension, and `labextensions/` queries it. A chapter in a second tab, or after a reload,
shows its widgets as the reader left them.
"""

from __future__ import annotations

import time
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import JSON

from backchannel_lib.notebook import widget  # noqa: F401 - imported while the page loads, so that no cell has to wait
from backchannel_lib.page.host import WIDGET_VIEW

#: How long a claim lasts if nothing runs, so that a closed tab releases the chapter to the next one (seconds).
CLAIM_S: Final = 15.0


class KernelRecord:
    """Tracks which tab may run the notebook, and which widgets each cell shows.

    Args:
        shell: The kernel's IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.claimed_at: float | None = None
        self.runs: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.shown: dict[str, list[dict[str, Any]]] = {}

    def claim(self) -> dict[str, Any]:
        """Grant the first caller the right to run the notebook, unless something has already run.

        Returns:
            The result of `state`, plus `claimed`: whether this caller has the right.
        """
        now = time.monotonic()
        free = self.claimed_at is None or now - self.claimed_at > CLAIM_S
        claimed = free and self.shell.execution_count == 1
        if claimed:
            self.claimed_at = now
        return {"claimed": claimed, **self.state()}

    def state(self) -> dict[str, Any]:
        """Return the number of executed cells, and each cell's visible widgets with their positions in its output."""
        return {"executed": self.shell.execution_count - 1, "shown": self.shown}

    def hook(self, message: dict[str, Any]) -> dict[str, Any]:
        """Record a message that displays something, and pass it on unchanged."""
        kind = message["header"]["msg_type"]
        parent = self.shell.kernel.get_parent()
        cell = parent.get("metadata", {}).get("cellId", "")
        if not cell or kind not in {"display_data", "execute_result"}:
            return message
        run = parent["header"]["msg_id"]
        if self.runs.get(cell) != run:
            self.runs[cell], self.places[cell], self.shown[cell] = run, 0, []
        content = message["content"]
        if WIDGET_VIEW in content["data"]:
            output = {"output_type": kind, "data": content["data"], "metadata": content["metadata"]}
            if kind == "execute_result":
                output["execution_count"] = content["execution_count"]
            self.shown[cell].append({"place": self.places[cell], "output": output})
        self.places[cell] += 1
        return message


_record: KernelRecord | None = None


def claim() -> JSON:
    """Return this kernel's `KernelRecord.claim` as JSON; null if there is no record.

    Examples:
        >>> claim().data is None
        True
    """
    return JSON(_record.claim() if _record else None)


def state() -> JSON:
    """Return this kernel's `KernelRecord.state` as JSON."""
    return JSON(_record.state() if _record else None)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Start the record; IPython calls this when a kernel starts."""
    global _record  # noqa: PLW0603 - one kernel has one record
    _record = KernelRecord(shell)
    for shows in (shell.display_pub, shell.displayhook):
        if register := getattr(shows, "register_hook", None):
            register(_record.hook)
