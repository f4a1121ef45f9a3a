"""Measures how long it takes to import the library, as ratios to Python's own start.

    python workbook.py benchmark startup

The contestants take turns, each in a new process: Python alone, the rules, an activity without Jupyter, the widgets that a
chapter's first cell imports, and pandas, which a chapter doesn't wait for.
"""
# ruff: noqa: INP001, S603, T201 (a command of its own, which talks to a person at a terminal)

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from typing import Final

from benchmarks.machine import machine_line

CONTESTANTS: Final = {
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
    """Run code in a new process, and return how long that took."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for number in range(rounds + 1):
        for name, code in CONTESTANTS.items():
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
