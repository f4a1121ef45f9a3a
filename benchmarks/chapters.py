"""Measures, chapter by chapter, how soon a move is answered and how soon a chapter is awake, as ratios to the echo.

    .venv/bin/python -m benchmarks.chapters [--rounds N] [--moves N] [--only 02,06] [--out file.json]

The echo is that of benchmarks/interaction.py: ipywidgets' own slider, observed into a label, in the same JupyterLab and
browser and in the same run. Each chapter is opened from a copy of the project's own notebook, in an empty folder, and runs by
itself, as it does for readers. It is awake when its first part answers, counted from when the notebook is on screen; for the
echo, that is the time from the click on Run All Cells to the label. A move is one key press
on a control of a part whose answer has been revealed; it is answered when any text or mark of that part has changed. A move
between callers is one between a known and a random dean, which changes the verdict.
"""
# ruff: noqa: INP001, T201 (a command of its own, which talks to a person at a terminal)

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
from benchmarks.interaction import CONTESTANTS, PATIENCE, Contestant, Lab, Strangers, p95, run_trial, running_lab
from benchmarks.machine import IDLE, machine_line

RADIO: Final = ("ArrowDown", "ArrowUp")
RANGE: Final = ("ArrowRight", "ArrowLeft")
MENU: Final = ("ArrowDown", "ArrowUp")
BOX: Final = ("Space", "Space")
KNOWN_DEAN: Final = "[value=known_dean]"


@dataclass(frozen=True)
class Tried:
    """One control of one chapter.

    Args:
        chapter: The notebook's name.
        part: The part's title is found by its place on the page; this is its place, from 0.
        field: The field whose control is moved.
        keys: The keys to and fro.
        guess: The radio that is chosen first, as a selector within the part; empty where nothing is predicted.
        see: The act of the button that reveals.
    """

    chapter: str
    part: int
    field: str
    keys: tuple[str, str]
    guess: str = "[data-field=guess] input[value=maybe]"
    see: str = "see"


TRIED: Final = (
    Tried("00_start_here", 1, "recommender", RADIO),
    Tried("01_the_paper_bar", 1, "failed_clerkship", BOX),
    Tried("02_who_calls", 2, "recommender", RADIO),
    Tried("03_their_pain", 1, "recommender", RADIO),
    Tried("04_what_does_not_help", 1, "prior_contact", BOX),
    Tried("05_what_moves_the_needle", 1, "recommender", RADIO),
    Tried("06_timing", 0, "hour", MENU, "[data-field=guess] input[value=tuesday_8]"),
    Tried("08_the_amplifier", 0, "score", RANGE),
    Tried("09_after_the_match", 0, "prior_performance", RANGE, "", ""),
)

WATCH: Final = r"""
(() => {
  const bench = (globalThis.chapters = {});
  const now = () => performance.now();
  addEventListener("keydown", () => (bench.pressed = now()), true);
  const told = (part) => [...part.querySelectorAll("[data-fragment], [data-chart]")]
    .map((one) => one.dataset.at ?? one.textContent).join("|");
  new MutationObserver(() => {
    if (document.querySelector(".jp-Notebook .jp-Cell")) bench.opened ??= now();
    if (document.querySelector(".bw-lesson[data-ready]")) bench.awake ??= now() - bench.opened;
    const move = bench.move;
    if (!move || !(bench.pressed > move.armed) || told(move.part) === move.was) return;
    bench.move = null;
    move.done(now() - bench.pressed);
  }).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-at", "data-ready"],
  });
  bench.arm = (number) => {
    const part = document.querySelectorAll(".bw-lesson")[number];
    bench.answer = new Promise((done) => {
      const move = (bench.move = { armed: now(), part, was: told(part), done });
      setTimeout(() => bench.move === move && done(null), 10000);
    });
  };
})();
"""


def awake(lab: Lab, page: Page, chapter: str) -> float:
    """Open a chapter, and tell when its first part answers, in ms from when the notebook is on screen."""
    page.goto(f"{lab.address}/lab/tree/notebooks/{chapter}.ipynb?token={lab.token}&reset", timeout=PATIENCE)
    page.wait_for_function("chapters.awake", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    page.wait_for_timeout(2500)
    return float(page.evaluate("chapters.awake"))


def moves_of(page: Page, tried: Tried, count: int) -> list[float]:
    """Predict, reveal, and move the control to and fro; tell how soon each move was answered, in ms."""
    part = page.locator(".bw-lesson").nth(tried.part)
    part.scroll_into_view_if_needed()
    if tried.guess:
        part.locator(tried.guess).check()
        part.locator(f"[data-action={tried.see}]").first.click()
        page.wait_for_timeout(1500)
    control = "select" if tried.keys == MENU else f"input{KNOWN_DEAN if tried.keys == RADIO else ''}"
    part.locator(f"[data-field={tried.field}] {control}").first.focus()
    page.wait_for_timeout(700)
    times = []
    for number in range(count + 4):
        page.evaluate("number => chapters.arm(number)", tried.part)
        page.keyboard.press(tried.keys[number % 2])
        answer = page.evaluate("chapters.answer")
        if answer is None:
            raise SystemExit(f"{tried.chapter}: a move of {tried.field} was not answered")
        times.append(float(answer))
        page.wait_for_timeout(60 + random.random() * 30)  # noqa: S311 (so that no rhythm of the page is met each time)
    return times[4:]


def run_chapter(lab: Lab, browser: Browser, tried: Tried, count: int, strangers: Strangers) -> tuple[float, list[float]]:
    """Open one chapter afresh and measure it."""
    folder = lab.root / NOTEBOOKS.name  # where JupyterLab takes them for chapters
    folder.mkdir(exist_ok=True)
    shutil.copy(NOTEBOOKS / f"{tried.chapter}.ipynb", folder)
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        strangers.watch(page)
        return awake(lab, page, tried.chapter), moves_of(page, tried, count)
    finally:
        context.close()
        with contextlib.suppress(OSError):
            for session in lab.ask("sessions"):
                lab.ask(f"sessions/{session['id']}", "DELETE")


def main() -> None:
    """Measure, print a table and, if asked to, write the ratios as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--moves", type=int, default=30, help="key presses per chapter and round")
    parser.add_argument("--only", default="", help="chapter numbers, separated by commas (default: all)")
    parser.add_argument("--out", type=Path, help="where to write the ratios as JSON")
    asked = parser.parse_args()
    chosen = [tried for tried in TRIED if not asked.only or tried.chapter[:2] in asked.only.split(",")]
    echo: Contestant = CONTESTANTS[0]
    echoes: list[float] = []
    echo_open: list[float] = []
    moved: dict[str, list[float]] = defaultdict(list)
    opened: dict[str, list[float]] = defaultdict(list)
    strangers = Strangers()
    order = random.Random(1)  # noqa: S311 (an order, no secret)
    with running_lab() as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        run_trial(lab, browser, echo, 2, strangers)
        machine = f"{machine_line('jupyterlab', 'ipywidgets', 'anywidget', 'playwright')}, Chromium {browser.version}"
        for number in range(asked.rounds):
            trial = run_trial(lab, browser, echo, asked.moves, strangers)
            echoes += [move["verdict"] for move in trial["moves"]]
            echo_open.append(trial["opening"]["verdict"])
            for tried in order.sample(chosen, len(chosen)):
                start, times = run_chapter(lab, browser, tried, asked.moves, strangers)
                opened[tried.chapter].append(start)
                moved[tried.chapter] += times
                print(f"round {number + 1}: {tried.chapter}", flush=True)
        browser.close()
    base, base_p95, base_open = statistics.median(echoes), p95(echoes), statistics.median(echo_open)
    figures = {
        tried.chapter: {
            "field": tried.field,
            "move": round(statistics.median(moved[tried.chapter]) / base, 2),
            "move_p95": round(p95(moved[tried.chapter]) / base_p95, 2),
            "awake": round(statistics.median(opened[tried.chapter]) / base_open, 2),
        }
        for tried in chosen
    }
    print(f"\n{machine}\n\n| chapter | control | a move | p95 | on screen to its first part |\n|" + " --- |" * 5)
    for name, of in figures.items():
        print(f"| {name} | {of['field']} | {of['move']} | {of['move_p95']} | {of['awake']} |")
    print(f"\nThe echo, in ms, for information: {base:.0f}, p95 {base_p95:.0f}, opening {base_open:.0f}")
    print(f"The pages asked {', '.join(sorted(strangers)) or 'no host but 127.0.0.1'}.")
    if asked.out:
        asked.out.write_text(json.dumps({"machine": machine, "figures": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
