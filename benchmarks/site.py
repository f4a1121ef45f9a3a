"""How fast the static site starts, and how much of it is sent: ratios from one run.

    .venv/bin/python benchmarks/site.py [VISITS]

Each round opens *Your case* three times in one browser that has been there before: from the snapshot, from the snapshot again,
and with Python started in the ordinary way. Run it on a quiet machine.
"""

# ruff: noqa: INP001, S101, S603, T201 (a command of its own, which starts the site and talks to a person at a terminal)

from __future__ import annotations

import gzip
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from backchannel_lib.cli.browser import find_chromium, launch_arguments
from backchannel_lib.cli.project import ROOT
from backchannel_lib.site import pages

PORT = 8899
#: What the front door loads before Python answers.
FIRST = (
    "index.html",
    "panel.css",
    "site.css",
    "page.js",
    "panel.js",
    "saved.js",
    "worker.js",
    "memory.js",
    "python.js",
    "nothing.zip",
)
FIRST_PYTHON = ("snapshot.bin", "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json")


def seconds_until_live(page: Page, address: str) -> tuple[float, float]:
    """Return the seconds from navigation to the first text, and to Python's first answer."""
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("html[data-python] .bw[data-ready]", timeout=120_000)
    live = time.perf_counter() - begun
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return paint / 1000, live


def packed(path: Path) -> int:
    """Return a file's bytes as a host sends them, gzipped."""
    return len(gzip.compress(path.read_bytes(), 6))


def main(visits: int) -> None:
    """Build the site, measure, and print one page."""
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name) / "site"
        command = [sys.executable, "-m", "backchannel_lib.cli.main", "site", "--out", str(folder), "--serve", "--no-browser"]
        server = subprocess.Popen([*command, "--port", str(PORT)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if str(PORT) in line:
                    break
            measure(folder, f"http://localhost:{PORT}/", visits)
        finally:
            server.terminate()
            server.communicate()


def measure(folder: Path, address: str, visits: int) -> None:
    """Print sizes and times of a site that is served."""
    kept = re.search(r"JSON\.parse\('(\[.*?\])'\)", (folder / "service-worker.js").read_text(encoding="utf-8"))
    assert kept is not None
    front = sum(packed(path) for path in folder.rglob("*") if path.is_file() and path.name in (*FIRST, *FIRST_PYTHON))
    everything = sum(packed(folder / name) for name in json.loads(kept[1]))
    sizes = f"{front / 1e6:.2f} MB to the first answer; {everything / 1e6:.2f} MB with all pages for later"
    print(f"first visit, gzipped: {sizes}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        first = []
        for _ in range(max(1, visits // 2)):
            context = browser.new_context()
            first.append(seconds_until_live(context.new_page(), address + pages.CASE))
            context.close()
        context = browser.new_context()
        page = context.new_page()
        seconds_until_live(page, address + pages.CASE)
        page.wait_for_timeout(8000)  # the service worker has everything now
        snapshot, plain, paints = [], [], []
        for _ in range(visits):
            for query, times in (("", snapshot), ("?plain", plain), ("", snapshot)):
                paint, live = seconds_until_live(page, address + pages.CASE + query)
                times.append(live)
                paints.append(paint)
        started = statistics.median(snapshot) / statistics.median(plain)
        print(f"first text: {statistics.median(paints):.2f} s")
        print(f"first visit: first answer after {statistics.median(live for _, live in first):.2f} s")
        later, plainly = statistics.median(snapshot), statistics.median(plain)
        print(f"later visits: {later:.2f} s, {started:.2f} of a plain start ({plainly:.2f} s)")
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
