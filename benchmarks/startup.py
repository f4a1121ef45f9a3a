"""Measures how long the library takes to import, as ratios to starting Python alone.

    python workbook.py benchmark startup

It starts a new process for each of these in turn: Python alone, the rules, an activity without Jupyter, the widgets that a
chapter's first cell imports, and pandas, which a chapter loads later.
"""
# ruff: noqa: INP001, S603, T201 (a standalone command that prints to a terminal)

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from typing import Final

from benchmarks.machine import machine_line

VARIANTS: Final = {
    "Python alone": "pass",
    "import the library": "import backchannel_lib",
    "judge a case": "from backchannel_lib import judge; judge(score=228)",
    "an activity's page": (
        "from backchannel_lib.activities.registry import make_activity; make_activity('first_verdict').page()"
    ),
    "what a chapter's first cell imports": "import backchannel_lib.notebook.widget",
    "pandas": "import pandas",
}


def seconds(code: str) -> float:
    """Run code in a new process, and return the seconds that it took."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
    return time.perf_counter() - began


def main() -> None:
    """Print a table of median start times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for number in range(rounds + 1):
        for name, code in VARIANTS.items():
            taken = seconds(code)
            if number:  # the first round fills the file system's cache
                times[name].append(taken)
    medians = {name: statistics.median(each) for name, each in times.items()}
    alone = medians["Python alone"]
    print(machine_line())
    print("\n| in a new process | Python alone = 1 | more than Python alone, ms |\n| --- | --- | --- |")
    for name, median in medians.items():
        print(f"| {name} | {median / alone:.2f} | {1000 * (median - alone):.0f} |")


if __name__ == "__main__":
    main()
