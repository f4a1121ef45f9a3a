"""`backchannel open`: JupyterLab at the first notebook."""

from __future__ import annotations

import shutil
import sys

from backchannel_lib.cli.project import JUPYTER, LOCAL, CommandError, exec_process, is_taken, require_checkout

#: JupyterLab's layout when it first opens: side bars closed, so that the notebook gets the full width.
FIRST_LAYOUT = JUPYTER / "workspace.json"
#: Where JupyterLab keeps its window's last layout; it makes this name from "default".
LAST_LAYOUT = LOCAL / "config" / "lab" / "workspaces" / "default-37a8.jupyterlab-workspace"


def open_lab(port: int | None, *, browser: bool) -> int:
    """Start JupyterLab, and wait until someone stops it.

    Args:
        port: Its port; None for 8888 or the next free one.
        browser: Whether to open a browser.

    Raises:
        CommandError: The port is in use, or there are no notebooks.
    """
    require_checkout()
    if port is not None and is_taken(port):
        raise CommandError(f"Port {port} is in use by another program. Name another, or none: then a free one is found.")
    print("Starting JupyterLab. To stop it, press Ctrl+C here twice.", flush=True)
    return exec_process(lab_command(port, browser=browser))


def lab_command(port: int | None = None, *, browser: bool = True) -> list[str]:
    """Return the command that starts JupyterLab; its settings are in jupyter/jupyter_server_config.py.

    Examples:
        >>> lab_command(8899, browser=False)[8:]
        ['jupyterlab', '--ServerApp.port=8899', '--ServerApp.port_retries=0', '--no-browser']
    """
    LAST_LAYOUT.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FIRST_LAYOUT, LAST_LAYOUT)  # otherwise JupyterLab would reopen and rerun the notebooks from last time
    # Warnings for Jupyter's own developers would only worry readers.
    ignored = ("-W", "ignore::DeprecationWarning", "-W", "ignore:Extension endpoints without")
    command = [sys.executable, "-P", *ignored, "-m", "backchannel_lib.cli.run_jupyter", "jupyterlab"]
    if port is not None:
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        command.append("--no-browser")
    return command
