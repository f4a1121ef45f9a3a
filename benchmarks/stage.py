"""Measures whether the presenter's page stays responsive while a room votes by phone, and whether any vote is lost.

    .venv/bin/python -m benchmarks.stage [--voters N] [--seconds N] [--taps N] [--out file.json]

It starts the workshop as `python workbook.py present` does, opens a round to phones on loopback, and presses keys one by one:
first with nobody voting, then while the voters of benchmarks/votes.py vote from another process. A tap's time runs from the key
press until its count is on screen, and is reported as a ratio to a tap with nobody voting in the same run.
"""
# ruff: noqa: INP001, T201 (a standalone command that prints to a terminal)

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from backchannel_lib.cli.browser import find_chromium, launch_arguments
from backchannel_lib.model.verdict import Verdict
from benchmarks.machine import machine_line
from benchmarks.votes import p95, storm
from tests.helpers.stage import PATIENCE, Screen, opened, presented

ON: Final = "[data-on] "
HANDS: Final = f"{ON}[data-field=votes_backfires] input"
WATCH: Final = """selector => {
  const box = document.querySelector(selector);
  globalThis.taps = [];
  let pressed = 0, wanted = 0;
  addEventListener("keydown", () => { pressed = performance.now(); wanted = +box.value + 1; }, true);
  const look = () => {
    if (pressed && +box.value >= wanted) { globalThis.taps.push(performance.now() - pressed); pressed = 0; }
    setTimeout(look, 0);
  };
  look();
}"""


def taps(screen: Screen, count: int) -> list[float]:
    """Press Enter on the first verdict's button repeatedly, waiting for each count; return the ms of each press."""
    screen.page.evaluate("globalThis.taps.length = 0")
    for number in range(1, count + 1):
        screen.page.keyboard.press("Enter")
        screen.page.wait_for_function("number => globalThis.taps.length === number", arg=number, timeout=PATIENCE)
        screen.page.wait_for_timeout(40)
    times: list[float] = screen.page.evaluate("globalThis.taps")
    return times


def send_voters(url: str, voters: int, seconds: float, queue: Any) -> None:
    """Send the voters, and put the votes sent, the votes counted and up to three problems into a queue."""
    result = storm(url, voters, seconds)
    queue.put((result.sent, result.counted, result.problems[:3]))


def main() -> None:
    """Print the figures, and write them as JSON if ``--out`` is given."""
    parser = argparse.ArgumentParser(description="Measures the presenter's page while a room votes by phone.")
    parser.add_argument("--voters", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--taps", type=int, default=100)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as work,
        sync_playwright() as playwright,
        presented(Path(work)) as stage,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        screen = opened(browser, stage, "round")
        page = screen.page
        screen.press("m")
        page.fill(f"{ON}[data-field=people] input", str(args.voters))  # otherwise the vote would refuse some of them
        screen.press("Enter", "Escape", "ArrowRight", "ArrowRight")
        page.click(f"{ON}[data-action=phones_ask]")
        page.click(f"{ON}[data-action=phones_open][data-value='127.0.0.1']")
        page.wait_for_selector(f"{ON}.bw-phones-url", timeout=PATIENCE)
        url = "http://" + page.inner_text(f"{ON}.bw-phones-url")
        page.locator(f"{ON}[data-action=tap][data-value=backfires]").focus()
        page.evaluate(WATCH, HANDS)
        taps(screen, 10)  # a warm-up
        alone = taps(screen, args.taps)
        queue: Any = multiprocessing.get_context("spawn").Queue()
        room = multiprocessing.get_context("spawn").Process(target=send_voters, args=(url, args.voters, args.seconds, queue))
        room.start()
        page.wait_for_function(  # wait until votes arrive
            "taken => +document.querySelector('[data-on] [data-fragment=tally]').innerText.split(' ')[0] > taken",
            arg=10 + args.taps,
            timeout=PATIENCE,
        )
        crowded: list[float] = []
        while room.is_alive() and len(crowded) < 40 * args.taps:
            crowded += taps(screen, 5)
        sent, counted, problems = queue.get(timeout=30)
        room.join()
        page.wait_for_timeout(2500)  # time to read the store twice
        kept = json.loads((Path(work) / "workshop.json").read_text(encoding="utf-8"))["session"]
        seen = sum(kept["phones"])
        hands = kept["votes"][Verdict.BACKFIRES]
        browser.close()
    figures = {
        "voters": args.voters,
        "seconds": args.seconds,
        "sent": sent,
        "counted": counted,
        "on_screen": seen,
        "hands_pressed": 10 + len(alone) + len(crowded),
        "hands_counted": hands,
        "taps_under_load": len(crowded),
        "tap_ms_alone": round(statistics.median(alone), 1),
        "tap": round(statistics.median(crowded) / statistics.median(alone), 2),
        "tap_p95": round(p95(crowded) / p95(alone), 2),
    }
    machine = machine_line("tornado", "playwright")
    print(json.dumps(figures, indent=2), problems or "", machine, sep="\n")
    if args.out:
        args.out.write_text(json.dumps({"machine": machine, "figures": figures}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
