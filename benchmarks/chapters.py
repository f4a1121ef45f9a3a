"""Measures how fast each chapter answers a key press and how fast it starts, as ratios to the echo.

    .venv/bin/python -m benchmarks.chapters [--rounds N] [--moves N] [--only 02,06] [--out file.json]

The echo comes from benchmarks/interaction.py: an ipywidgets slider linked to a label, in the same JupyterLab, browser and run.
Each chapter is a copy of the project's notebook, opened in an empty folder, and runs by itself as it does for readers. Its
start time begins when the notebook is on screen (for the echo, with the click on Run All Cells) and ends when its first
activity answers. A move is one key press on a control of an activity whose answer has been revealed. It counts as answered when
any text or marker of that activity changes. A move between callers is between a known and a random dean, which changes the
verdict.
"""
# ruff: noqa: INP001, T201 (a standalone command that prints to a terminal)

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import statistics
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from backchannel_lib.cli.browser import find_chromium, launch_arguments
from backchannel_lib.cli.project import NOTEBOOKS
from benchmarks.interaction import PATIENCE, VARIANTS, ForeignHosts, Lab, Variant, p95, run_trial, running_lab
from benchmarks.machine import IDLE, machine_line

RADIO: Final = ("ArrowDown", "ArrowUp")
RANGE: Final = ("ArrowRight", "ArrowLeft")
MENU: Final = ("ArrowDown", "ArrowUp")
BOX: Final = ("Space", "Space")
KNOWN_DEAN: Final = "[value=known_dean]"


@dataclass(frozen=True)
class Probe:
    """The control to move in one chapter.

    Args:
        chapter: The notebook's name.
        part: The activity's position on the page, from 0.
        field: The field whose control is moved.
        keys: The keys that move it there and back.
        guess: A selector for the prediction to choose first; blank if the activity asks for none.
        see: The action of the button that reveals the answer.
    """

    chapter: str
    part: int
    field: str
    keys: tuple[str, str]
    guess: str = "[data-field=guess] input[value=maybe]"
    see: str = "see"


PROBES: Final = (
    Probe("00_start_here", 1, "recommender", RADIO),
    Probe("01_the_paper_bar", 1, "failed_clerkship", BOX),
    Probe("02_who_calls", 2, "recommender", RADIO),
    Probe("03_their_pain", 1, "recommender", RADIO),
    Probe("04_what_does_not_help", 1, "prior_contact", BOX),
    Probe("05_what_moves_the_needle", 1, "recommender", RADIO),
    Probe("06_timing", 0, "hour", MENU, "[data-field=guess] input[value=tuesday_8]"),
    Probe("08_the_amplifier", 0, "score", RANGE),
    Probe("09_after_the_match", 0, "prior_performance", RANGE, "", ""),
)

WATCH: Final = r"""
(() => {
  const bench = (globalThis.chapters = {});
  const now = () => performance.now();
  addEventListener("keydown", () => (bench.pressed = now()), true);
  const shown = (part) => [...part.querySelectorAll("[data-fragment], [data-chart]")]
    .map((one) => one.dataset.at ?? one.textContent).join("|");
  new MutationObserver(() => {
    if (document.querySelector(".jp-Notebook .jp-Cell")) bench.opened ??= now();
    if (document.querySelector(".bw-lesson[data-ready]")) bench.awake ??= now() - bench.opened;
    const move = bench.move;
    if (!move || !(bench.pressed > move.armed) || shown(move.part) === move.was) return;
    bench.move = null;
    move.done(now() - bench.pressed);
  }).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-at", "data-ready"],
  });
  bench.arm = (number) => {
    const part = document.querySelectorAll(".bw-lesson")[number];
    bench.answer = new Promise((done) => {
      const move = (bench.move = { armed: now(), part, was: shown(part), done });
      setTimeout(() => bench.move === move && done(null), 10000);
    });
  };
})();
"""


def awake(lab: Lab, page: Page, chapter: str) -> float:
    """Open a chapter, and return the ms from the notebook's appearance to its first activity's answer."""
    page.goto(f"{lab.address}/lab/tree/notebooks/{chapter}.ipynb?token={lab.token}&reset", timeout=PATIENCE)
    page.wait_for_function("chapters.awake", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    page.wait_for_timeout(2500)
    return float(page.evaluate("chapters.awake"))


def moves_of(page: Page, probe: Probe, count: int) -> list[float]:
    """Predict, reveal, move the control back and forth, and return the ms until each answer."""
    part = page.locator(".bw-lesson").nth(probe.part)
    part.scroll_into_view_if_needed()
    if probe.guess:
        part.locator(probe.guess).check()
        part.locator(f"[data-action={probe.see}]").first.click()
        page.wait_for_timeout(1500)
    control = "select" if probe.keys == MENU else f"input{KNOWN_DEAN if probe.keys == RADIO else ''}"
    part.locator(f"[data-field={probe.field}] {control}").first.focus()
    page.wait_for_timeout(700)
    times = []
    for number in range(count + 4):
        page.evaluate("number => chapters.arm(number)", probe.part)
        page.keyboard.press(probe.keys[number % 2])
        answer = page.evaluate("chapters.answer")
        if answer is None:
            raise SystemExit(f"{probe.chapter}: a move of {probe.field} was not answered")
        times.append(float(answer))
        page.wait_for_timeout(60 + random.random() * 30)  # noqa: S311 (avoids staying in step with the page's own timers)
    return times[4:]


def run_chapter(lab: Lab, browser: Browser, probe: Probe, count: int, foreign_hosts: ForeignHosts) -> tuple[float, list[float]]:
    """Open one chapter in a new browser context, and return its start time and its answer times, in ms."""
    folder = lab.root / NOTEBOOKS.name  # JupyterLab treats notebooks in this folder as chapters
    folder.mkdir(exist_ok=True)
    shutil.copy(NOTEBOOKS / f"{probe.chapter}.ipynb", folder)
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        foreign_hosts.watch(page)
        return awake(lab, page, probe.chapter), moves_of(page, probe, count)
    finally:
        context.close()
        with contextlib.suppress(OSError):
            for session in lab.ask("sessions"):
                lab.ask(f"sessions/{session['id']}", "DELETE")


def main() -> None:
    """Print a table of ratios, and write it as JSON if ``--out`` is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--moves", type=int, default=30, help="key presses per chapter and round")
    parser.add_argument("--only", default="", help="chapter numbers, separated by commas (default: all)")
    parser.add_argument("--out", type=Path, help="where to write the ratios as JSON")
    args = parser.parse_args()
    chosen = [probe for probe in PROBES if not args.only or probe.chapter[:2] in args.only.split(",")]
    echo: Variant = VARIANTS[0]
    echoes: list[float] = []
    echo_open: list[float] = []
    moved: dict[str, list[float]] = defaultdict(list)
    opened: dict[str, list[float]] = defaultdict(list)
    foreign_hosts = ForeignHosts()
    order = random.Random(1)  # noqa: S311 (not for security)
    with running_lab() as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        run_trial(lab, browser, echo, 2, foreign_hosts)
        machine = f"{machine_line('jupyterlab', 'ipywidgets', 'anywidget', 'playwright')}, Chromium {browser.version}"
        for number in range(args.rounds):
            trial = run_trial(lab, browser, echo, args.moves, foreign_hosts)
            echoes += [move["verdict"] for move in trial["moves"]]
            echo_open.append(trial["opening"]["verdict"])
            for probe in order.sample(chosen, len(chosen)):
                start, times = run_chapter(lab, browser, probe, args.moves, foreign_hosts)
                opened[probe.chapter].append(start)
                moved[probe.chapter] += times
                print(f"round {number + 1}: {probe.chapter}", flush=True)
        browser.close()
    base, base_p95, base_open = statistics.median(echoes), p95(echoes), statistics.median(echo_open)
    figures = {
        probe.chapter: {
            "field": probe.field,
            "move": round(statistics.median(moved[probe.chapter]) / base, 2),
            "move_p95": round(p95(moved[probe.chapter]) / base_p95, 2),
            "awake": round(statistics.median(opened[probe.chapter]) / base_open, 2),
        }
        for probe in chosen
    }
    print(f"\n{machine}\n\n| chapter | control | a move | p95 | on screen to first answer |\n|" + " --- |" * 5)
    for name, of in figures.items():
        print(f"| {name} | {of['field']} | {of['move']} | {of['move_p95']} | {of['awake']} |")
    print(f"\nThe echo, in ms: {base:.0f}, p95 {base_p95:.0f}, opening {base_open:.0f}")
    print(f"Hosts contacted besides 127.0.0.1: {', '.join(sorted(foreign_hosts)) or 'none'}.")
    if args.out:
        args.out.write_text(json.dumps({"machine": machine, "figures": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
