"""The workshop's own server: Voilà for this computer alone, whose address on the screen holds no token.

`backchannel present` becomes this program, so that one process is all there is to stop.
"""

from __future__ import annotations

import contextlib
import os
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tornado.web import RequestHandler
from voila.app import Voila

from backchannel_lib.cli.run_jupyter import end_with_parent, end_with_terminal, leave_out_the_computers_folders

#: The names by which this computer's browsers may ask for the workshop. A page of another host cannot, under any name.
HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
#: The page that sends the browser to the workshop with its token, while it runs.
REDIRECT_PAGE: Final = "workshop.html"


class OnlyHere(RequestHandler):
    """What goes before every answer: the request is for this computer, and no token stays in sight."""

    async def prepare(self) -> None:
        """Refuse a foreign name, and take the token out of the address once the browser is known by its cookie."""
        if self.request.host_name.lower() not in HOSTS:
            self.set_status(403)
            await self.finish("This page is for this computer alone.\n")
            return
        waiting: Any = super().prepare()
        if waiting is not None:
            await waiting
        asked = self.request.query_arguments
        if self.request.method == "GET" and "token" in asked and self.current_user and "Upgrade" not in self.request.headers:
            rest = urlencode([(name, value) for name, values in asked.items() if name != "token" for value in values])
            self.redirect(self.request.path + (f"?{rest}" if rest else ""))


class WorkshopServer(Voila):  # type: ignore[misc] # Voilà ships no types
    """Voilà, which says where it is and opens a browser by a page that only its user can read."""

    name = "voila"  # by which it finds its settings

    def init_handlers(self) -> list[Any]:
        """Put `OnlyHere` before all that Voilà answers with."""
        return [(route[0], only_here(route[1]), *route[2:]) for route in super().init_handlers()]

    def listen(self) -> None:
        """Say where the workshop is as soon as it can be reached, and serve it until it is stopped."""
        page = Path(os.environ["JUPYTER_RUNTIME_DIR"]) / REDIRECT_PAGE
        opens: bool = self.open_browser  # type: ignore[has-type] # a trait
        self.open_browser = False

        def announce() -> None:
            address = f"http://{self.ip}:{self.port}/?token={self.identity_provider.token}"
            print(f"The workshop is at {address}", flush=True)
            if opens:
                webbrowser.open(redirect_page(page, address).as_uri())

        from tornado.ioloop import IOLoop

        IOLoop.current().add_callback(announce)
        try:
            super().listen()
        finally:
            page.unlink(missing_ok=True)

    def stop(self) -> None:
        """End all kernels, and with them the vote; another Ctrl+C meanwhile does not stop that."""
        with contextlib.suppress(KeyboardInterrupt):
            super().stop()


def only_here(handler: type[RequestHandler]) -> type[RequestHandler]:
    """Return a handler that first does what `OnlyHere` does.

    Examples:
        >>> only_here(RequestHandler).__mro__[1:3] == (OnlyHere, RequestHandler)
        True
    """
    return type(handler.__name__, (OnlyHere, handler), {})


def redirect_page(page: Path, address: str) -> Path:
    """Write a page that leads the browser to an address: on a command line, others here could read its token."""
    page.unlink(missing_ok=True)
    page.touch(mode=0o600)
    page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the workshop until it is stopped."""
    leave_out_the_computers_folders(ipython=False)
    end_with_terminal()
    end_with_parent(os.environ)
    WorkshopServer.launch_instance(None if arguments is None else list(arguments))


if __name__ == "__main__":
    main()
