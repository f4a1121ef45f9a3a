"""Compares how fast this workbook and other Python tools for interactive pages answer a move of the same slider.

    python workbook.py benchmark peers

The other tools are ipywidgets' `interact` in JupyterLab, Dash, Panel, Streamlit and marimo. The apps in benchmarks/peer_apps
follow each tool's own tutorial and show a slider for the score, its verdict and the chart of callers. pip installs the latest
versions into .venv-peers, and the benchmark prints them. Each app opens in Chromium, and a key moves the slider back and forth
between two scores with different verdicts. A move's time runs from the key press until the new verdict is on the page. The
opening time runs from the request for the page until its first verdict, with the server already running and an empty browser
cache; in JupyterLab it includes starting a kernel. All figures are ratios to `interact`.
"""
# ruff: noqa: INP001, S603, T201 (a standalone command that starts the apps and prints to a terminal)

from __future__ import annotations

import argparse
import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from backchannel_lib.cli.browser import find_chromium, launch_arguments
from backchannel_lib.cli.project import ROOT
from benchmarks.interaction import PANEL, Variant, p95, running_lab
from benchmarks.machine import IDLE, machine_line

PATIENCE: Final = 120_000  # ms
APPS: Final = ROOT / "benchmarks" / "peer_apps"
VENV: Final = ROOT / ".venv-peers"
PACKAGES: Final = ("dash", "panel", "streamlit", "marimo", "plotly", "pandas", "anywidget")
SERVERS: Final = {
    "Dash": ("{python}", "dash_app.py", "{port}"),
    "Panel": ("{python}", "-m", "panel", "serve", "panel_app.py", "--port", "{port}"),
    "Streamlit": (
        *("{python}", "-m", "streamlit", "run", "streamlit_app.py", "--server.port", "{port}", "--server.address", "127.0.0.1"),
        *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
    ),
    "marimo": ("{python}", "-m", "marimo", "run", "marimo_app.py", "--headless", "--no-token", "--port", "{port}"),
}
PATHS: Final = {"Panel": "panel_app"}
INTERACT: Final = """
import sys
sys.path.insert(0, APPS)
from ipywidgets import IntSlider, interact
from shown import shown
def show(score):
    verdict, chart = shown(score)
    print(verdict)
    return chart
_ = interact(show, score=IntSlider(value=239, min=190, max=300))
"""
NOTEBOOKS: Final = {
    "interact": INTERACT.replace("APPS", repr(str(APPS))),
    "workbook: each move answered by the kernel": PANEL.format(prefetch=False),
    "workbook: as shipped": PANEL.format(prefetch=True),
}
#: Finds the verdict, including in shadow trees. Each search begins with the element that had it last.
WATCH: Final = r"""
(() => {
  const found = { at: null, pressed: 0 };
  const say = (node) => node.classList?.contains("bw-verdict-name") ? node.textContent
    : (/^Verdict: /.test(node.textContent.trim()) && node.textContent.length < 60 ? node.textContent.trim() : "");
  function* every(root) {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) yield* every(node.shadowRoot);
      else if (!node.childElementCount || node.classList.contains("bw-verdict-name")) yield node;
    }
  }
  const verdict = () => {
    if (found.at?.isConnected && say(found.at)) return say(found.at);
    for (const node of every(document)) if (say(node)) return say(found.at = node);
    return "";
  };
  addEventListener("keydown", () => (found.pressed = performance.now()), true);
  globalThis.peer = {
    verdict,
    arm() {
      const was = verdict();
      found.pressed = 0;
      peer.answer = new Promise((done) => {
        const until = performance.now() + 10000;
        const look = () => {
          const now = verdict();
          if (found.pressed && now && now !== was) done(performance.now() - found.pressed);
          else if (performance.now() > until) done(null);
          else setTimeout(look, 1);
        };
        look();
      });
    },
  };
})();
"""


def install() -> None:
    """Install the other tools into .venv-peers."""
    python = peer_python()
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)


def peer_python() -> Path:
    """Return the Python in .venv-peers."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@contextlib.contextmanager
def running_app(name: str) -> Iterator[str]:
    """Run one of `SERVERS`, and yield its address once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [part.format(python=peer_python(), port=port) for part in SERVERS[name]]
    address = f"http://127.0.0.1:{port}/{PATHS.get(name, '')}"
    known = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{APPS}", "DO_NOT_TRACK": "1"}
    server = subprocess.Popen(command, cwd=APPS, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(address, timeout=5).close()
                break
            if server.poll() is not None:
                raise SystemExit(f"{name} did not start: {' '.join(command)}")
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def measure(page: Page, address: str, moves: int, *, notebook: bool) -> tuple[float, list[float]]:
    """Open a page and move its slider; return the ms until its first verdict, and the ms of each move."""
    page.set_default_timeout(PATIENCE)
    page.add_init_script(WATCH)
    began = time.perf_counter()
    page.goto(address, timeout=PATIENCE)
    if notebook:
        page.wait_for_function(IDLE, timeout=PATIENCE)
        page.click('.lm-MenuBar-itemLabel:text-is("Run")')
        page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    page.wait_for_function("peer.verdict()", polling=20, timeout=PATIENCE)
    opened = 1000 * (time.perf_counter() - began)
    page.wait_for_timeout(3000)  # for anything else that it loads
    sliders = page.locator("[data-field=score] [type=range], [role=slider], body:not(:has(.bw)) [type=range]")
    sliders.first.focus()
    page.wait_for_timeout(700)
    times = []
    for number in range(moves + 4):
        page.evaluate("peer.arm()")
        page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
        answer = page.evaluate("peer.answer")
        if answer is None:
            raise SystemExit(f"A move was not answered at {address}.")
        times.append(float(answer))
        page.wait_for_timeout(250 + random.random() * 60)  # noqa: S311 (avoids staying in step with the page's own timers)
    return opened, times[4:]


def trial(browser: Browser, address: str, moves: int, *, notebook: bool = False) -> tuple[float, list[float]]:
    """Measure a page with an empty browser cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        return measure(context.new_page(), address, moves, notebook=notebook)
    finally:
        context.close()


def run(rounds: int, moves: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Measure all tools in turn; return the opening times and the move times of each, in ms."""
    opened: dict[str, list[float]] = defaultdict(list)
    moved: dict[str, list[float]] = defaultdict(list)
    with sync_playwright() as playwright, running_lab() as lab, contextlib.ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        apps = {name: stack.enter_context(running_app(name)) for name in SERVERS}
        for _ in range(rounds):
            turns = [*NOTEBOOKS, *apps]
            random.shuffle(turns)
            for name in turns:
                if name in apps:
                    first, times = trial(browser, apps[name], moves)
                else:
                    file = lab.root / f"{list(NOTEBOOKS).index(name)}.ipynb"
                    file.write_text(Variant(name, NOTEBOOKS[name], "").notebook(), encoding="utf-8")
                    address = f"{lab.address}/lab/tree/{file.name}?reset&token={lab.token}"
                    first, times = trial(browser, address, moves, notebook=True)
                    for session in lab.ask("sessions"):
                        lab.ask(f"sessions/{session['id']}", "DELETE")
                print(f"{name}: open after {first / 1000:.1f} s", flush=True)
                opened[name].append(first)
                moved[name] += times
        browser.close()
    return opened, moved


def versions() -> str:
    """Return the installed versions of `PACKAGES`."""
    code = f"import importlib.metadata as m; print(', '.join(f'{{n}} {{m.version(n)}}' for n in {PACKAGES!r}))"
    return subprocess.run([str(peer_python()), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--moves", type=int, default=20)
    args = parser.parse_args(arguments)
    install()
    opened, moved = run(args.rounds, args.moves)
    base_open, base_move = statistics.median(opened["interact"]), statistics.median(moved["interact"])
    print(machine_line("jupyterlab", "ipywidgets"))
    print(f"{versions()}\n")
    print("| interact = 1 | a move | 95th of 100 | the first verdict |\n| --- | --- | --- | --- |")
    for name in sorted(moved, key=lambda one: statistics.median(moved[one])):
        middle, high = statistics.median(moved[name]) / base_move, p95(moved[name]) / base_move
        print(f"| {name} | {middle:.2f} | {high:.2f} | {statistics.median(opened[name]) / base_open:.2f} |")
    print(f"\nA move with interact took {base_move:.0f} ms, and its first verdict took {base_open / 1000:.1f} s.")


if __name__ == "__main__":
    main()
