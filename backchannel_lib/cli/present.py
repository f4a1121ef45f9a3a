"""`backchannel present`: the workshop as a full-screen page, served by Voilà."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
import webbrowser
from pathlib import Path

from backchannel_lib.cli.project import LOCAL, NOTEBOOKS, ROOT, CommandError, environment, is_taken, require_checkout

#: The port that the workshop takes if it is free, and how many ports it looks at in all.
FIRST_PORT = 8866
PORTS_TRIED = 50
#: The page that sends the browser to the workshop with its token, while it runs.
REDIRECT_PAGE = LOCAL / "workshop.html"


def present(port: int | None, *, browser: bool) -> int:
    """Start the workshop, and stay until it is stopped; return its exit code.

    Args:
        port: Its port; None for 8866. Where that is in use, the next free one.
        browser: Whether to open a browser.

    Raises:
        CommandError: No port is free, or there are no notebooks.
    """
    require_checkout()
    wanted = FIRST_PORT if port is None else port
    free = free_port(wanted)
    if free != wanted:
        print(f"Port {wanted} is in use by another program, so the workshop takes port {free} instead.", flush=True)
    print("Starting the workshop. To stop it, press Ctrl+C here.", flush=True)
    token = secrets.token_hex(16)
    address = f"http://127.0.0.1:{free}/?token={token}"
    command = [sys.executable, "-m", "voila", str(NOTEBOOKS / "12_workshop.ipynb"), f"--port={free}", "--no-browser"]
    server = subprocess.Popen(command, env=environment() | {"JUPYTER_TOKEN": token}, cwd=ROOT)
    try:
        while server.poll() is None and not is_taken(free):
            time.sleep(0.1)
        if server.poll() is None:
            print(f"The workshop is at {address}", flush=True)
            if browser:
                webbrowser.open(redirect_page(address).as_uri())
        code = server.wait()
    except KeyboardInterrupt:  # Ctrl+C reaches the server too, which ends by itself
        code = server.wait() and 0
    finally:
        server.terminate()
        REDIRECT_PAGE.unlink(missing_ok=True)
    return code


def redirect_page(address: str) -> Path:
    """Write a page that leads the browser to an address: on a command line, others here could read its token."""
    REDIRECT_PAGE.touch(mode=0o600)
    REDIRECT_PAGE.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
    return REDIRECT_PAGE


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
