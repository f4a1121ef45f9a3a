"""Says what a benchmark was measured on."""
# ruff: noqa: INP001 (the commands next to it are no package)

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

#: Lab's own line about the kernel, which is there even where the status bar is out of sight.
IDLE = "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')"


def machine_line(*packages: str) -> str:
    """Return processor, cores, load and versions in a line.

    Args:
        *packages: The packages whose versions are shown.

    Returns:
        The line.
    """
    try:
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip()
    except (OSError, IndexError):  # no Linux, or a processor that names itself otherwise
        cpu = platform.processor() or platform.machine()
    load = f"load {os.getloadavg()[0]:.1f}, " if hasattr(os, "getloadavg") else ""
    versions = [f"Python {platform.python_version()}", *(f"{name} {importlib.metadata.version(name)}" for name in packages)]
    return f"{cpu}, {os.cpu_count()} cores, {load}{', '.join(versions)}"
