"""Measures how fast the static site starts and answers, and how much a browser downloads.

    .venv/bin/python -m benchmarks.site [VISITS]

Each round opens *Your case* three times in a browser that has visited the site before: from the snapshot, with an ordinary
start of Python, and from the snapshot again. Then it moves the score back and forth: once right after the slider gets the
focus, so Python has to answer, and once later, when the answer has been prefetched. Run it on an idle machine.
"""

# ruff: noqa: INP001, S101, S603, T201 (a standalone command that serves the site and prints to a terminal)

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
from backchannel_lib.model.case import Case
from backchannel_lib.model.case_files import case_to_text
from backchannel_lib.site import pages
from benchmarks.interaction import p95

PORT = 8899
#: What the front page loads before Python answers.
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
    """Return the seconds from navigation until the first text, and until Python's first answer."""
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("html[data-python] .bw[data-ready]", timeout=120_000)
    live = time.perf_counter() - begun
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return paint / 1000, live


#: A case in which one more point of score changes the verdict.
CASE = case_to_text(Case(score=239, range_low=240, recommender="trusted_peer", specifics=True)).encode()

#: Records when a key is pressed, and the ms until the verdict on screen changes.
WATCH = """
(() => {
  const bench = (globalThis.bench = { pressed: 0, took: 0 });
  addEventListener("keydown", () => { bench.pressed = performance.now(); bench.took = 0; }, true);
  new MutationObserver(() => {
    const name = document.querySelector(".bw-verdict-name")?.textContent;
    if (!name || name === bench.was) return;
    bench.was = name;
    if (bench.pressed) bench.took ||= performance.now() - bench.pressed;
  }).observe(document, { subtree: true, childList: true, characterData: true });
})();
"""
SCORE = "[data-field=score] input[type=range]"


def ms_until_answered(page: Page, key: str) -> float:
    """Press a key, and return the ms until the verdict changes."""
    page.keyboard.press(key)
    for _ in range(300):
        if took := float(page.evaluate("bench.took")):
            return took
        page.wait_for_timeout(20)
    raise SystemExit("A move was not answered.")


def moves_on_the_site(page: Page, address: str, moves: int) -> tuple[list[float], list[float]]:
    """Return the ms of each move that Python answers, and of each move whose answer was prefetched."""
    page.add_init_script(WATCH)
    seconds_until_live(page, address + pages.CASE)
    page.set_input_files("input[type=file]", files=[{"name": "case.json", "mimeType": "application/json", "buffer": CASE}])
    page.wait_for_selector(f"{SCORE}:not([disabled])")
    page.wait_for_timeout(1500)
    asked, prefetched = [], []
    for number in range(moves):
        there, back = ("ArrowRight", "ArrowLeft")
        page.focus("[data-field=failed_attempts] input:not([type=hidden])")
        page.wait_for_timeout(400)
        page.focus(SCORE)
        asked.append(ms_until_answered(page, there))
        page.wait_for_timeout(700)
        prefetched.append(ms_until_answered(page, back))
        page.wait_for_timeout(100 + number % 7)
    return asked, prefetched


def packed(path: Path) -> int:
    """Return a file's gzipped size in bytes, as a host sends it."""
    return len(gzip.compress(path.read_bytes(), 6))


def main(visits: int) -> None:
    """Build and serve the site, and measure it."""
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
    """Print the sizes and times of a served site."""
    kept = re.search(r"JSON\.parse\('(\[.*?\])'\)", (folder / "service-worker.js").read_text(encoding="utf-8"))
    assert kept is not None
    front = sum(packed(path) for path in folder.rglob("*") if path.is_file() and path.name in (*FIRST, *FIRST_PYTHON))
    everything = sum(packed(folder / name) for name in json.loads(kept[1]))
    sizes = f"{front / 1e6:.2f} MB until the first answer; {everything / 1e6:.2f} MB with all pages"
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
        page.wait_for_timeout(8000)  # for the service worker to store everything
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
        asked, prefetched = moves_on_the_site(context.new_page(), address, 30)
        for name, times in (("answered by Python", asked), ("prefetched", prefetched)):
            print(f"a move, {name}: {statistics.median(times):.0f} ms (p95 {p95(times):.0f})")
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
