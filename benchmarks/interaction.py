"""Measures how fast a control's new position is answered on screen, as ratios to the fastest that Jupyter can be.

    .venv/bin/python -m benchmarks.interaction [--rounds N] [--moves N] [--out file.json]

It starts JupyterLab with the workbook's settings, on a free port and in a temporary folder, and drives it with Chromium and
real key presses. The variants take turns, in a new order each round, each with a new page, notebook and kernel:

* echo: an ipywidgets slider linked to a label, which measures only one key press's round trip to the kernel;
* kernel: the panel without prefetching, so the kernel answers each move;
* ahead: the panel as shipped, which prefetches the answers for the active control's other positions;
* opening: the panel as chapter 10 makes it, which is only opened.

A move is a key press on the score slider that changes the verdict (the bottom of the program's range is between the two scores)
and the markers on the charts. The next key follows once the answer is painted. All times are measured in the page. Other load
on the machine affects all variants equally, so compare the ratios; only the echo is also reported in milliseconds.
"""
# ruff: noqa: INP001, T201 (a standalone command that prints to a terminal)

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from playwright.sync_api import Browser, Page, sync_playwright

from backchannel_lib.cli.browser import find_chromium, launch_arguments
from backchannel_lib.cli.open_lab import lab_command
from backchannel_lib.cli.project import ROOT, environment
from benchmarks.machine import IDLE, machine_line

Trial: TypeAlias = dict[str, Any]

PATIENCE: Final = 60_000  # ms; a busy machine isn't a failure
KEYS: Final = 60  # repeats of a held key
KEYS_PER_SECOND: Final = 30  # a keyboard's usual repeat rate

ECHO: Final = """
import ipywidgets
slider, label = ipywidgets.IntSlider(value=239, min=190, max=300), ipywidgets.Label("239")
slider.add_class("bench-slider"), label.add_class("bench-label")
slider.observe(lambda change: setattr(label, "value", str(change["new"])), "value")
ipywidgets.VBox([slider, label])
"""
PANEL: Final = """
from backchannel_lib import Case
from backchannel_lib.notebook.widget import Panel
panel = Panel(Case(score=239, range_low=240, recommender="trusted_peer", specifics=True), prefetch={prefetch})
panel
"""
# As in notebooks/10_your_case.ipynb.
OPENING: Final = """
from backchannel_lib.notebook.widget import Panel
panel = Panel()
panel
"""

# Runs in the page and checks for an answer after every change to the document. An answer is painted two frames later.
WATCH: Final = r"""
(() => {
  const bench = (globalThis.bench = { pressed: 0, released: 0 });
  const now = () => performance.now();
  const all = (selector) => [...document.querySelectorAll(`.jp-OutputArea ${selector}`)];
  const verdict = () => all(".bw-verdict-name, .bench-label")[0]?.textContent ?? "";
  const panel = () => all(".bw").length > 0;
  // The marker's score and caller on the map, then its position on the amplifier. Both are updated when a marker moves.
  const charts = () => all("[data-chart=map], [data-chart=amplifier]").map((box) => box.dataset.at ?? "");
  const isHere = () => charts().some((at) => at.startsWith(all("[data-field=score] [type=range]")[0].value + " "));
  const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(() => then(now())));

  addEventListener("keydown", () => { bench.pressed = now(); bench.held?.keys.push(bench.pressed); }, true);
  // JupyterLab's menus act when the mouse button is released, and stop the event.
  for (const event of ["pointerup", "mouseup"]) addEventListener(event, () => { bench.released = now(); }, true);

  function look() {
    if (bench.opening) lookOpening(bench.opening);
    if (bench.move && bench.pressed > bench.move.armed) lookMove(bench.move);
  }

  function lookOpening(opening) {
    const seen = {
      verdict: verdict() !== "",
      chart: all("[data-chart=callers] svg").length > 0,
      plotly: charts().length === 2 && charts().every(Boolean),
    };
    for (const [name, there] of Object.entries(seen)) if (there) opening[name] ??= now() - bench.released;
  }

  function lookMove(move) {
    if (verdict() !== move.was) move.verdict ??= now() - bench.pressed;
    const here = !panel() || (isHere() && charts().every((at, place) => at !== move.charts[place]));
    if (!move.verdict || !here) return;
    const { verdict: answered, done } = move;
    const all = now() - bench.pressed;
    bench.move = null;
    painted((at) => done({ verdict: answered, all, painted: at - bench.pressed }));
  }

  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-at"],
  });

  bench.open = () => { bench.opening = {}; };
  bench.arm = () => {
    bench.answer = new Promise((done) => {
      const move = (bench.move = { armed: now(), was: verdict(), charts: charts(), done });
      setTimeout(() => bench.move === move && done(null), 10000);
    });
  };
  bench.hold = () => {
    const held = (bench.held = { keys: [], verdicts: [verdict()], places: [panel() ? charts()[0] : verdict()], last: 0 });
    const note = (list, what) => { if (list.at(-1) !== what) { list.push(what); held.last = now(); } };
    const frame = () => {
      if (bench.held !== held) return;
      note(held.verdicts, verdict());
      note(held.places, panel() ? charts().find((at) => / \D/.test(at)) : verdict());
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };
  bench.letGo = () => {
    const { keys, verdicts, places, last } = bench.held;
    bench.held = null;
    return {
      keys: keys.length, span: keys.at(-1) - keys[0], changes: verdicts.length - 1,
      positions: new Set(places.slice(1)).size, late: last - keys.at(-1), right: !panel() || isHere(),
    };
  };
})();
"""


@dataclass(frozen=True)
class Variant:
    """A notebook with one cell, to compare with others.

    Args:
        name: Its name in the table.
        code: The cell's code.
        slider: A selector for its slider; blank if the notebook is only opened.
    """

    name: str
    code: str
    slider: str

    def notebook(self) -> str:
        """Return the notebook file's content."""
        cell = {"cell_type": "code", "id": "cell", "metadata": {}, "source": self.code.strip(), "outputs": []}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        return json.dumps(
            {
                "cells": [cell | {"execution_count": None}],
                "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
                "nbformat": 4,
                "nbformat_minor": 5,
            }
        )


SCORE: Final = ".bw [data-field=score] input[type=range]"
VARIANTS: Final = (
    Variant("echo", ECHO, ".bench-slider .noUi-handle"),
    Variant("kernel", PANEL.format(prefetch=False), SCORE),
    Variant("ahead", PANEL.format(prefetch=True), SCORE),
    Variant("opening", OPENING, ""),
)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Args:
        address: Its address, without the token.
        token: The token for signing in.
        root: The folder it serves.
    """

    address: str
    token: str
    root: Path

    def ask(self, path: str, method: str = "GET") -> Any:
        """Send a request to its REST API, and return the JSON answer."""
        request = urllib.request.Request(  # noqa: S310 (our own address)
            f"{self.address}/api/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (the same)
            return json.loads(answer.read() or "null")


@contextlib.contextmanager
def running_lab() -> Iterator[Lab]:
    """Run JupyterLab with the workbook's settings, isolated from the user's own Jupyter files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Windows can't delete a folder while a log file in it is open, so leave the cleanup to the system there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        temporary = Path(folder)
        lab = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(8), temporary / "root")
        lab.root.mkdir()
        own = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        own_environment = environment() | {name: str(temporary / name) for name in own}
        command = [
            *lab_command(port, browser=False),
            f"--IdentityProvider.token={lab.token}",
            f"--ServerApp.root_dir={lab.root}",
        ]
        log = temporary / "lab.log"
        with log.open("wb") as out:
            server = subprocess.Popen(command, cwd=ROOT, env=own_environment, stdout=out, stderr=out)  # noqa: S603
            try:
                wait_until_up(lab, server, log)
                yield lab
            finally:
                server.terminate()
                server.wait(30)


def wait_until_up(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until JupyterLab answers; exit with its log if it never does."""
    for _ in range(300):
        with contextlib.suppress(OSError):
            lab.ask("status")
            return
        if server.poll() is not None:
            break
        time.sleep(0.2)
    raise SystemExit(f"JupyterLab does not answer:\n{log.read_text(errors='replace')}")


class ForeignHosts(set[str]):
    """The hosts, other than this computer, that pages contacted."""

    def watch(self, page: Page) -> None:
        """Record the host of every request and websocket of a page."""
        page.on("request", lambda request: self.note(request.url))
        page.on("websocket", lambda opened: self.note(opened.url))

    def note(self, url: str) -> None:
        """Record the host of a URL, unless it is this computer or the URL has no host."""
        scheme, _, rest = url.partition("://")
        host = rest.partition("/")[0].partition(":")[0]
        if scheme in {"http", "https", "ws", "wss"} and host != "127.0.0.1":
            self.add(host)


def run_trial(lab: Lab, browser: Browser, variant: Variant, moves: int, foreign_hosts: ForeignHosts) -> Trial:
    """Open one variant in a new browser context, and measure it."""
    notebook = lab.root / f"{variant.name}.ipynb"
    notebook.write_text(variant.notebook(), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        foreign_hosts.watch(page)
        trial: Trial = {"name": variant.name, "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None}
        trial["opening"] = open_notebook(lab, page, notebook.name, panel=variant.name != "echo")
        if variant.slider:
            page.focus(variant.slider)
            page.wait_for_timeout(700)  # for prefetched answers to arrive; all variants wait the same
            trial["moves"] = [move_once(page, number) for number in range(moves + 4)][4:]  # the first four are a warm-up
            page.wait_for_timeout(1000)
            trial["turns"] = hold_keys(page, ["ArrowRight", "ArrowLeft"])
            page.keyboard.press("Home")
            page.wait_for_timeout(1000)
            trial["run"] = hold_keys(page, ["ArrowRight"])
        return trial
    finally:
        context.close()
        notebook.unlink()
        with contextlib.suppress(OSError):  # if JupyterLab has crashed, an earlier error says so
            for session in lab.ask("sessions"):
                lab.ask(f"sessions/{session['id']}", "DELETE")


def open_notebook(lab: Lab, page: Page, name: str, *, panel: bool) -> dict[str, float]:
    """Open a notebook, run it from the menu, and return the ms from the click until each part was on screen."""
    page.goto(f"{lab.address}/lab/tree/{name}?token={lab.token}&reset", timeout=PATIENCE)
    # Until the kernel is idle, JupyterLab would open a dialog instead of running the cells.
    page.wait_for_function(IDLE, timeout=PATIENCE)
    page.wait_for_timeout(700)
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.evaluate("bench.open()")
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    page.wait_for_function(f"bench.opening.{'plotly' if panel else 'verdict'}", timeout=PATIENCE)
    page.wait_for_timeout(800)
    opening: dict[str, float] = page.evaluate("bench.opening")
    page.evaluate("bench.opening = null")
    return opening


def move_once(page: Page, number: int) -> dict[str, float]:
    """Press an arrow key, right for even numbers and left for odd ones, and return the ms until each part was on screen."""
    page.evaluate("bench.arm()")
    page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
    answer: dict[str, float] | None = page.evaluate("bench.answer")
    if answer is None:
        raise SystemExit(f"A move was not answered: {page.evaluate('JSON.stringify(bench.move)')}")
    page.wait_for_timeout(60 + random.random() * 30)  # noqa: S311 (avoids staying in step with the page's own timers)
    return answer


def hold_keys(page: Page, keys: Sequence[str]) -> dict[str, float]:
    """Press keys as fast as a keyboard repeats them, and report how many answers were on screen."""
    page.evaluate("bench.hold()")
    started = time.perf_counter()
    for number in range(KEYS):
        time.sleep(max(0, started + number / KEYS_PER_SECOND - time.perf_counter()))
        page.keyboard.down(keys[number % len(keys)])
        if len(keys) > 1:
            page.keyboard.up(keys[number % len(keys)])
    page.keyboard.up(keys[0])
    page.wait_for_timeout(1500)
    held: dict[str, float] = page.evaluate("bench.letGo()")
    return held


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def figures_of(trials: Sequence[Trial]) -> dict[str, float]:
    """Return a variant's medians and 95th percentiles over all rounds, in ms, and its counts."""
    figures: dict[str, float] = {}
    moves = [move for trial in trials for move in trial.get("moves", [])]
    for name in moves[0] if moves else ():
        figures[name] = statistics.median(move[name] for move in moves)
        figures[f"{name}_p95"] = p95([move[name] for move in moves])
    for name in trials[0]["opening"]:
        figures[f"opening_{name}"] = statistics.median(trial["opening"][name] for trial in trials)
    for hold in ("turns", "run"):
        held = [trial[hold] for trial in trials if hold in trial]
        for name in held[0] if held else ():
            figures[f"{hold}_{name}"] = statistics.median(float(one[name]) for one in held)
    return figures


def print_tables(figures: dict[str, dict[str, float]]) -> None:
    """Print all figures as ratios to the echo."""
    echo = figures["echo"]

    def ratio(of: dict[str, float], name: str, to: str = "") -> str:
        return f"{of[name] / echo[to or name]:.2f}" if name in of else "-"

    print("\nA move, as ratios to the echo (median, 95th of 100); with a key held, how many of 60 were on screen:\n")
    print("| | verdict | p95 | verdict and charts | p95 | painted | p95 | verdicts | positions | last one late by |")
    print("|" + " --- |" * 10)
    for name, of in figures.items():
        if "verdict" in of:
            cells = [
                *(ratio(of, "verdict"), ratio(of, "verdict_p95")),
                *(ratio(of, "all", "verdict"), ratio(of, "all_p95", "verdict_p95")),
                *(ratio(of, "painted"), ratio(of, "painted_p95")),
                *(f"{of['turns_changes']:.0f}", f"{of['run_positions']:.0f}", ratio(of, "run_late")),
            ]
            print(f"| {name} | {' | '.join(cells)} |")
    print("\nFrom the click on Run All Cells, as ratios to the echo's label:\n")
    print("| | verdict | first chart shown | charts drawn by plotly |\n| --- | --- | --- | --- |")
    for name, of in figures.items():
        cells = [ratio(of, f"opening_{what}", "opening_verdict") for what in ("verdict", "chart", "plotly")]
        print(f"| {name} | {' | '.join(cells)} |")
    times = ", ".join(f"{name} {echo[name]:.0f}" for name in ("verdict", "verdict_p95", "painted", "opening_verdict"))
    print(f"\nThe echo, in ms: {times}, last one late by {echo['run_late']:.0f}")


def main() -> None:
    """Print tables of ratios, and write everything as JSON if ``--out`` is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--moves", type=int, default=40, help="key presses per variant and round")
    parser.add_argument("--seed", type=int, default=1, help="seed for the order of the variants")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()

    order = random.Random(args.seed)  # noqa: S311 (not for security)
    trials: dict[str, list[Trial]] = defaultdict(list)
    foreign_hosts = ForeignHosts()
    with running_lab() as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        for variant in VARIANTS:  # a warm-up, so that compiling and first reads from disk don't count
            run_trial(lab, browser, variant, 2, foreign_hosts)
        packages = ("jupyterlab", "ipywidgets", "anywidget", "playwright")
        machine = f"{machine_line(*packages)}, Chromium {browser.version}"
        print(f"{machine}\n{args.rounds} rounds of {args.moves} moves")
        for number in range(args.rounds):
            for variant in order.sample(VARIANTS, len(VARIANTS)):
                started = time.monotonic()
                trials[variant.name].append(run_trial(lab, browser, variant, args.moves, foreign_hosts))
                print(f"round {number + 1}: {variant.name}, {time.monotonic() - started:.0f} s", flush=True)
        browser.close()
    figures = {variant.name: figures_of(trials[variant.name]) for variant in VARIANTS}
    print_tables(figures)
    wrong = sum(
        not trial[hold]["right"] for each in trials.values() for trial in each for hold in ("turns", "run") if hold in trial
    )
    print(f"Hosts contacted besides 127.0.0.1: {', '.join(sorted(foreign_hosts)) or 'none'}.")
    print(f"After a held key, the screen showed a position other than the last one {wrong} times.")
    if args.out:
        report = {"machine": machine, "figures": figures, "foreign_hosts": sorted(foreign_hosts), "trials": trials}
        args.out.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
