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

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from backchannel_lib.cli.project import ROOT
from tests.helpers.lab import ANSWERED, GLANCE, PATIENCE

BUILD_S: Final = 600.0  # for a build on a busy machine
LOOK_S: Final = 0.2
PHONE: Final = (390, 844)
LIVE: Final = "document.querySelector('html[data-python] .bw[data-ready]')"
SETTLED: Final = f"{ANSWERED} && !document.querySelector('[data-waiting]')"
LOOKS: Final[list[dict[str, Any]]] = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "active"},
]
#: Asks axe about the contrast of texts with a new look. The result depends only on their colors, size and weight, and on the
#: colors behind them. Checking every text on every page would take longer than all other tests here.
CONTRAST: Final = """async seen => {
  const known = new Set(seen);
  const asked = [];
  for (const one of document.body.querySelectorAll('*')) {
    const written = [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!(written || one.matches('input, select, textarea')) || !one.checkVisibility()) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    const look = [color, fontSize, fontWeight, textShadow];
    for (let box = one; box; box = box.parentElement) {
      const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(box);
      look.push(`${backgroundColor} ${backgroundImage} ${opacity} ${filter}`.replace('rgba(0, 0, 0, 0) none 1 none', ''));
    }
    const text = look.filter(Boolean).join();
    if (!known.has(text)) asked.push(one);
    known.add(text);
  }
  const options = { resultTypes: ['violations'], runOnly: { type: 'tag', values: ['cat.color'] } };
  const { violations } = asked.length ? await axe.run({ include: asked }, options) : { violations: [] };
  return [[...known], violations];
}"""


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


def violations(page: Page, seen: dict[int, list[str]] | None = None) -> list[tuple[Any, str, list[str]]]:
    """List axe's findings for a page in light, dark and forced colors; the page must allow injected scripts.

    Args:
        page: The page.
        seen: Texts whose contrast was checked before, by look; this call adds to it.
    """
    page.emulate_media(**LOOKS[0])
    found = [(LOOKS[0], one) for one in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]]
    # Only axe's contrast rules depend on the look. At this point axe is already on the page.
    seen = {} if seen is None else seen
    for number, look in enumerate(LOOKS[1:]):
        page.emulate_media(**look)
        seen[number], more = page.evaluate(CONTRAST, seen.get(number, []))
        found += [(look, one) for one in more]
    return [(look, one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for look, one in found]
