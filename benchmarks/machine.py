"""Describes the machine that a benchmark ran on."""
# ruff: noqa: INP001 (not part of a package)

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

#: True once JupyterLab reports an idle kernel; works even if the status bar is hidden.
IDLE = "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')"


def machine_line(*packages: str) -> str:
    """Return the processor, the number of cores, the load and the versions, as one line.

    Args:
        *packages: Installed packages whose versions to include.
    """
    try:
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip()
    except (OSError, IndexError):  # not Linux, or a processor without a model name
        cpu = platform.processor() or platform.machine()
    load = f"load {os.getloadavg()[0]:.1f}, " if hasattr(os, "getloadavg") else ""
    versions = [f"Python {platform.python_version()}", *(f"{name} {importlib.metadata.version(name)}" for name in packages)]
    return f"{cpu}, {os.cpu_count()} cores, {load}{', '.join(versions)}"
