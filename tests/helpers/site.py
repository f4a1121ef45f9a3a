"""The static site as its own command builds and serves it, and a browser that has never been there."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from backchannel_lib.cli.project import ROOT
from tests.helpers.lab import ANSWERED, GLANCE, PATIENCE

PHONE: Final = (390, 844)
LIVE: Final = "document.querySelector('html[data-python] .bw[data-ready]')"
SETTLED: Final = f"{ANSWERED} && !document.querySelector('[data-waiting]')"
LOOKS: Final[list[dict[str, Any]]] = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "active"},
]
CONTRAST: Final = "axe.run({ resultTypes: ['violations'], runOnly: { type: 'tag', values: ['cat.color'] } })"


class Site:
    """A built site, and where it is served."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.assets = next((folder / "assets").iterdir())


@contextlib.contextmanager
def built_and_served(folder: Path) -> Iterator[Site]:
    """Build the site into a folder and serve it, by its own command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "backchannel_lib.cli.main", "site", "--out", str(folder), "--serve", "--no-browser"]
    command += ["--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line)
            if f"http://localhost:{port}/" in line:
                break
        else:
            raise AssertionError("".join(printed))
        yield Site(folder, f"http://localhost:{port}/")
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextlib.contextmanager
def page_of(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of a browser that has never been here."""
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, **options)
    context.set_default_timeout(2 * PATIENCE)  # Python takes long to start without its snapshot
    try:
        yield context.new_page()
    finally:
        context.close()


def wait_until_live(page: Page) -> None:
    """Wait until Python has answered for every part of the page."""
    page.wait_for_selector("html[data-python] .bw[data-ready]", state="attached")
    page.wait_for_function(f"() => {SETTLED} && !document.querySelector('.bw:not([data-ready])')", polling=GLANCE)


def violations(page: Page) -> list[tuple[Any, str, list[str]]]:
    """List what axe has to say about a page, in light, dark and forced colors; the page must not mind scripts from outside."""
    found = []
    for look in LOOKS:
        page.emulate_media(**look)
        # Of axe's rules, only those on contrast depend on the look; after the first, axe is in the page.
        all_rules = look == LOOKS[0]
        response = Axe().run(page, options={"resultTypes": ["violations"]}).response if all_rules else page.evaluate(CONTRAST)
        found += [(look, one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in response["violations"]]
    return found
