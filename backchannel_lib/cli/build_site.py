"""`backchannel site`: write the static site, and show it on this computer."""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser
from pathlib import Path
from typing import Final

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler

from backchannel_lib.activities.saved_answers import prepared_folder
from backchannel_lib.cli.project import NOTEBOOKS, ROOT, CommandError, require_checkout
from backchannel_lib.site.build import build_site
from backchannel_lib.site.chapters import SiteError

CACHE: Final = ROOT / ".site-cache"
HOST: Final = "127.0.0.1"
PORT: Final = 8877


def site(out: Path | None, *, serve: bool, port: int | None, browser: bool) -> int:
    """Write the site and print its location; return the exit code.

    Args:
        out: The folder; None for ``my_work/site``.
        serve: Whether to serve it on this computer until Ctrl+C.
        port: The port to serve it on; None for 8877, or the next free one.
        browser: Whether to open a browser, too.

    Raises:
        CommandError: The build failed, or the port is in use.
    """
    require_checkout()
    print("Building the site. The first build takes about a minute.", flush=True)
    try:
        folder = build_site(out.expanduser() if out else prepared_folder() / "site", NOTEBOOKS, CACHE)
    except SiteError as error:
        raise CommandError(str(error)) from None
    print(f"The site is in {folder}: copy it to any static host.", flush=True)
    if serve:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve_folder(folder, port, browser=browser))
    return 0


class SiteFile(StaticFileHandler):
    """Serves a file of the site, with the headers that a good host would send."""

    def set_extra_headers(self, path: str) -> None:
        """Let browsers cache files named after their content, and revalidate everything else."""
        named = path.startswith("assets/")
        self.set_header("Cache-Control", "public, max-age=31536000, immutable" if named else "no-cache")
        self.set_header("X-Content-Type-Options", "nosniff")

    def get_content_type(self) -> str:
        """Return the content type, even if this computer doesn't know it."""
        kinds = {".wasm": "application/wasm", ".mjs": "text/javascript", ".js": "text/javascript"}
        kinds |= {".webmanifest": "application/manifest+json", ".bin": "application/octet-stream"}
        return kinds.get(Path(self.absolute_path or "").suffix) or super().get_content_type()


async def serve_folder(folder: Path, port: int | None, *, browser: bool) -> None:
    """Serve a folder to this computer only, until someone stops it.

    Raises:
        CommandError: The port is in use.
    """
    handler = (r"/(.*)", SiteFile, {"path": str(folder), "default_filename": "index.html"})
    server = HTTPServer(Application([handler]))
    taken: OSError | None = None
    for one in [port] if port else range(PORT, PORT + 50):
        try:
            server.add_sockets(bind_sockets(one, HOST))
        except OSError as error:
            taken = error
            continue
        address = f"http://localhost:{one}/"
        print(f"It is shown at {address} until you press Ctrl+C.", flush=True)
        if browser:
            webbrowser.open(address)
        await asyncio.Event().wait()
    raise CommandError(f"No port is free for the site ({taken}): name another one with --port.")
