"""The workshop's server as a separate program.

`backchannel present` turns into it, so that there is only one process to stop.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import webbrowser
from pathlib import Path
from typing import Final

import segno

from backchannel_lib.cli.run_jupyter import end_with_parent, end_with_terminal
from backchannel_lib.workshop.public_address import read_public_address
from backchannel_lib.workshop.room.server import Door, Room, serve

#: The page that opens the workshop in a browser with its key, while the server is running.
REDIRECT_PAGE: Final = "workshop-{role}.html"


def redirect_page(page: Path, address: str) -> Path:
    """Write a page that redirects the browser to an address, so that its key isn't on a command line that others can read."""
    page.unlink(missing_ok=True)
    page.touch(mode=0o600)
    page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
    return page


def phone_invitation(address: str) -> str:
    """Return an address as a QR code for the terminal, and what it opens.

    Examples:
        >>> print(phone_invitation("http://192.168.1.20:8866/presenter?token=abc").splitlines()[-2])
        Or open http://192.168.1.20:8866/presenter?token=abc on it. It works once.
    """
    drawn = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(drawn, compact=True, border=2)
    code = drawn.getvalue()
    encoding = sys.stdout.encoding or "ascii"
    if code.encode(encoding, "replace").decode(encoding) != code:
        code = ""  # the terminal has no block characters
    return (
        f"{code}To lead it from your phone, scan this code before the room can see it.\n"
        f"Or open {address} on it. It works once.\n"
        "The phone needs the same network, and others on it could listen in: a hotspot of your own is best."
    )


def main() -> None:
    """Serve the workshop until someone stops it."""
    parser = argparse.ArgumentParser(prog="python -m backchannel_lib.cli.serve_workshop", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--no-browser", action="store_true", help="print the addresses, and open no browser")
    parser.add_argument("--phone", metavar="ADDRESS", help="this computer's address, for the presenter's window on a phone")
    parser.add_argument("--base-url", type=read_public_address, help="the address at which a reverse proxy offers the workshop")
    options = parser.parse_args()
    end_with_terminal()
    end_with_parent(os.environ)
    folder = Path(os.environ["JUPYTER_RUNTIME_DIR"])
    pages = [folder / REDIRECT_PAGE.format(role=role) for role in ("projector", "presenter")]

    def announce(room: Room, door: Door | None) -> None:
        projector, presenter = room.address("projector"), room.address("presenter")
        print(f"The workshop is at {projector}", flush=True)
        print(f"To lead it from a second window that the room doesn't see, open {presenter}", flush=True)
        if door is not None:
            print(phone_invitation(room.address("presenter", door)), flush=True)
        if not options.no_browser:
            webbrowser.open(redirect_page(pages[0], projector).as_uri())

    try:
        serve(options.port, folder, announce, options.phone, options.base_url)
    except OSError as error:
        where = f"port {options.port}" if options.phone is None else f"port {options.port} of 127.0.0.1 and {options.phone}"
        sys.exit(f"The workshop can't answer on {where}: {error.strerror}. Name another port with --port N.")
    finally:
        for page in pages:
            with contextlib.suppress(OSError):
                page.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
