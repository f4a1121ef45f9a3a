"""`backchannel present`: the workshop as a full-screen page, with a second window for whoever leads it."""

from __future__ import annotations

import sys

from backchannel_lib.cli.own_cases import check_own_cases
from backchannel_lib.cli.project import CommandError, exec_process, is_taken, require_checkout

#: The port that the workshop takes if it is free, and how many ports it looks at in all.
FIRST_PORT = 8866
PORTS_TRIED = 50


def present(port: int | None, *, browser: bool) -> int:
    """Become the workshop's server, which stays until it is stopped; return its exit code.

    Args:
        port: Its port; None for 8866. Where that is in use, the next free one.
        browser: Whether to open a browser.

    Raises:
        CommandError: No port is free, there is no folder for the session, or a case of your own has a problem.
    """
    require_checkout()
    check_own_cases()
    wanted = FIRST_PORT if port is None else port
    free = free_port(wanted)
    if free != wanted:
        print(f"Port {wanted} is in use by another program, so the workshop takes port {free} instead.", flush=True)
    print("Starting the workshop. To stop it, press Ctrl+C here.", flush=True)
    return exec_process(workshop_command(free, browser=browser))


def workshop_command(port: int, *, browser: bool = True) -> list[str]:
    """Return the command that serves the workshop.

    Examples:
        >>> workshop_command(8866, browser=False)[-2:]
        ['--port=8866', '--no-browser']
    """
    command = [sys.executable, "-P", "-m", "backchannel_lib.cli.serve_workshop", f"--port={port}"]
    return command if browser else [*command, "--no-browser"]


def free_port(wanted: int) -> int:
    """Return a port that no program listens on: the wanted one, or else the next that is free.

    Raises:
        CommandError: None of the next 50 is free.

    Examples:
        >>> free_port(0)
        0
    """
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        if not is_taken(port):
            return port
    raise CommandError(f"No port from {wanted} to {wanted + PORTS_TRIED - 1} is free. Name another: present --port N.")
