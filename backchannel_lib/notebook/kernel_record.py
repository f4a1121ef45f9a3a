"""What a kernel has shown, so that a notebook opened a second time shows the same widgets and runs nothing twice.

The kernel loads this as an IPython extension; `labextensions/` asks it. A chapter in a second tab, or loaded again, finds its
widgets in the state in which the reader left them.
"""

from __future__ import annotations

import time
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import JSON

from backchannel_lib.notebook import widget  # noqa: F401 - imported while the page still loads, so that no cell waits for it
from backchannel_lib.page.host import WIDGET_VIEW

#: How long a claim holds while nothing is run: a tab that was closed in between leaves the chapter to the next (seconds).
CLAIM_S: Final = 15.0


class KernelRecord:
    """Who may run the notebook, and which widgets stand in which cell.

    Args:
        shell: The kernel's shell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.claimed_at: float | None = None
        self.runs: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.shown: dict[str, list[dict[str, Any]]] = {}

    def claim(self) -> dict[str, Any]:
        """Give the right to run the notebook to the first who asks for it, if nothing has been run.

        Returns:
            What `state` returns, and under `claimed` whether it was given.
        """
        now = time.monotonic()
        free = self.claimed_at is None or now - self.claimed_at > CLAIM_S
        claimed = free and self.shell.execution_count == 1
        if claimed:
            self.claimed_at = now
        return {"claimed": claimed, **self.state()}

    def state(self) -> dict[str, Any]:
        """Return how many cells have been run, and by cell the widgets on show with their places among its outputs."""
        return {"executed": self.shell.execution_count - 1, "shown": self.shown}

    def hook(self, message: dict[str, Any]) -> dict[str, Any]:
        """Take note of a message that shows something; it is passed on as it is."""
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
    """Return `KernelRecord.claim` of this kernel as JSON; null where no record is kept.

    Examples:
        >>> claim().data is None
        True
    """
    return JSON(_record.claim() if _record else None)


def state() -> JSON:
    """Return `KernelRecord.state` of this kernel as JSON."""
    return JSON(_record.state() if _record else None)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Begin the record; IPython calls this when a kernel starts."""
    global _record  # noqa: PLW0603 - one kernel has one record
    _record = KernelRecord(shell)
    for shows in (shell.display_pub, shell.displayhook):
        if register := getattr(shows, "register_hook", None):
            register(_record.hook)
