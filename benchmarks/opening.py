"""Measures the time from `python workbook.py` to the first usable control, for one or more checkouts.

    .venv/bin/python -m benchmarks.opening FOLDER ... [--rounds N]

Each folder is a checkout that `python workbook.py` has set up. To compare versions, name a folder for each. The browser is
already running and has the page in its cache, as on a second visit. If a chapter doesn't run by itself, the benchmark chooses
Run All Cells as soon as the kernel is idle. The first round is a warm-up and doesn't count.
"""
# ruff: noqa: INP001, S603, T201 (a standalone command that starts the workbook and prints to a terminal)

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from backchannel_lib.cli.browser import find_chromium, launch_arguments
from benchmarks.machine import IDLE, machine_line

PATIENCE = 120_000  # ms
POLLING = 25  # ms between two checks of a page
CONTROL = """() => [...document.querySelectorAll('.bw [data-field] input, .bw [data-field] select')]
  .some(one => !one.disabled && one.checkVisibility())"""


def free_port() -> int:
    """Return a free port.

    Each folder keeps one port in all rounds, because a browser caches pages by port.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def seconds_to_control(context: BrowserContext, folder: Path, port: int) -> float:
    """Start a folder's workbook, open the page it asks for, and return the seconds until the first usable control."""
    starts_by_itself = (folder / "backchannel_lib" / "notebook" / "labextensions").is_dir()
    with tempfile.TemporaryDirectory() as place:
        address_file, browser = Path(place, "address"), Path(place, "browser")
        browser.write_text(
            f'#!/bin/sh\necho "$1" > "{address_file}.part"\nmv "{address_file}.part" "{address_file}"\n', encoding="utf-8"
        )
        browser.chmod(0o700)
        page = context.new_page()
        begun = time.perf_counter()
        command = [sys.executable, "workbook.py", "--port", str(port)]
        variables = os.environ | {"BROWSER": f"{browser} %s"}
        server = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not address_file.exists():
                time.sleep(0.005)
                if server.poll() is not None:
                    sys.exit(f"{folder}: the workbook did not start. Run `python workbook.py` there once.")
            page.goto(address_file.read_text(encoding="utf-8").strip(), wait_until="commit", timeout=PATIENCE)
            if not starts_by_itself:
                page.wait_for_function(IDLE, polling=POLLING, timeout=PATIENCE)
                page.click('.lm-MenuBar-itemLabel:text-is("Run")')
                page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
            page.wait_for_function(CONTROL, polling=POLLING, timeout=PATIENCE)
            return time.perf_counter() - begun
        finally:
            page.close()
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def main() -> None:
    """Print the median of each folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    found: dict[Path, list[float]] = {folder: [] for folder in args.folders}
    ports = {folder: free_port() for folder in found}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=find_chromium(), args=launch_arguments(), viewport={"width": 1366, "height": 768}
        )
        for number in range(args.rounds + 1):
            for folder, times in found.items():
                seconds = seconds_to_control(context, folder.resolve(), ports[folder])
                print(
                    f"{'warm-up' if number == 0 else number} {folder}: {seconds:.1f} s, load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
                if number:
                    times.append(seconds)
        context.close()
    for folder, times in found.items():
        print(f"{folder}: median {statistics.median(times):.1f} s")
    print(machine_line("jupyterlab", "anywidget", "playwright"))


if __name__ == "__main__":
    main()
