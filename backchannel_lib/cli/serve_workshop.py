"""The workshop's server as a program of its own.

`backchannel present` becomes it, so that one process is all there is to stop.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import webbrowser
from pathlib import Path
from typing import Final

from backchannel_lib.cli.run_jupyter import end_with_parent, end_with_terminal
from backchannel_lib.workshop.room.server import Room, serve

#: The page that sends the browser to the workshop with its key, while it runs.
REDIRECT_PAGE: Final = "workshop-{role}.html"


def redirect_page(page: Path, address: str) -> Path:
    """Write a page that leads the browser to an address: on a command line, others here could read its key."""
    page.unlink(missing_ok=True)
    page.touch(mode=0o600)
    page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
    return page


def main() -> None:
    """Serve the workshop until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m backchannel_lib.cli.serve_workshop", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--no-browser", action="store_true", help="print the addresses, and open no browser")
    told = parser.parse_args()
    end_with_terminal()
    end_with_parent(os.environ)
    folder = Path(os.environ["JUPYTER_RUNTIME_DIR"])
    pages = [folder / REDIRECT_PAGE.format(role=role) for role in ("projector", "presenter")]

    def announce(room: Room) -> None:
        projector, presenter = room.address("projector"), room.address("presenter")
        print(f"The workshop is at {projector}", flush=True)
        print(f"To lead it from a second window that the room doesn't see, open {presenter}", flush=True)
        if not told.no_browser:
            webbrowser.open(redirect_page(pages[0], projector).as_uri())

    try:
        serve(told.port, folder, announce)
    finally:
        for page in pages:
            with contextlib.suppress(OSError):
                page.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
