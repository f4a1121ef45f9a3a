"""The static site, built and served by its own command, and a browser that has never visited it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

from backchannel_lib.cli.project import ROOT
from tests.helpers.lab import ANSWERED, GLANCE, PATIENCE

BUILD_S: Final = 600.0  # for a build on a busy machine
LOOK_S: Final = 0.2
PHONE: Final = (390, 844)
LIVE: Final = "document.querySelector('html[data-python] .bw[data-ready]')"
SETTLED: Final = f"{ANSWERED} && !document.querySelector('[data-waiting]')"
#: The second half of `backchannel site --serve`: serves what another process has built.
SERVE: Final = """
import asyncio, pathlib, sys
from backchannel_lib.cli.build_site import serve_folder
asyncio.run(serve_folder(pathlib.Path(sys.argv[1]), int(sys.argv[2]), browser=False))
"""


class Site:
    """A built site and its address."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.assets = next((folder / "assets").iterdir())


@contextlib.contextmanager
def built_and_served(folder: Path) -> Iterator[Site]:
    """Build the site into a folder and serve it with its own command; if another process builds it, wait and only serve it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    built = folder.with_name(f"{folder.name}-built")
    try:
        folder.with_name(f"{folder.name}-begun").mkdir()
        command = [
            "-m",
            "backchannel_lib.cli.main",
            "site",
            "--out",
            str(folder),
            "--serve",
            "--no-browser",
            "--port",
            str(port),
        ]
    except FileExistsError:
        until = time.monotonic() + BUILD_S
        while not built.exists():
            assert time.monotonic() < until, "another process builds the site, and has not finished"
            time.sleep(LOOK_S)
        command = ["-c", SERVE, str(folder), str(port)]
    process = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line)
            if f"http://localhost:{port}/" in line:
                break
        else:
            raise AssertionError("".join(printed))
        built.touch()
        yield Site(folder, f"http://localhost:{port}/")
    finally:
        built.touch()  # a failed build also fails everyone who waits for it
        process.terminate()
        process.communicate(timeout=20)


@contextlib.contextmanager
def page_of(browser: Browser, **options: Any) -> Iterator[Page]:
    """Yield a page in a browser that has never visited the site."""
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, **options)
    context.set_default_timeout(2 * PATIENCE)  # Python starts slowly without its snapshot
    try:
        yield context.new_page()
    finally:
        context.close()


def wait_until_live(page: Page) -> None:
    """Wait until Python has answered for every part of the page."""
    page.wait_for_selector("html[data-python] .bw[data-ready]", state="attached")
    page.wait_for_function(f"() => {SETTLED} && !document.querySelector('.bw:not([data-ready])')", polling=GLANCE)
