"""Run strict nbval over all notebooks again and again, to see whether an output ever differs.

Each run has a different order, time zone and hash seeds, and runs several notebooks at once, each in its own
kernel: `.venv/bin/python tests/repeat_notebooks.py --times 20`. One run takes minutes, so this isn't part of the tests.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, this file would find only its own folder

from backchannel_lib.cli.run_checks import NBVAL  # noqa: E402 - after the line above

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
QUIET = ("-q", "--no-header", "-p", "no:anyio", "-p", "no:cacheprovider", "-W", "ignore::ResourceWarning")


def run(seed: int, processes: int) -> bool:
    """Run all notebooks once, in an order drawn from the seed; print the result, and return whether all outputs matched."""
    draw = random.Random(seed)  # noqa: S311 - an order, not a secret
    notebooks = sorted(str(path) for path in (ROOT / "notebooks").glob("*.ipynb"))
    draw.shuffle(notebooks)
    zone = draw.choice(ZONES)
    began = time.monotonic()
    parallel = ("--numprocesses", str(processes), "--dist", "loadfile")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *NBVAL, *QUIET, *parallel, *notebooks],
        cwd=ROOT,
        env={**os.environ, "TZ": zone, "PYTHONHASHSEED": str(draw.randrange(2**32))},
        capture_output=True,
        text=True,
        check=False,
    )
    result = ran.stdout if ran.returncode else ran.stdout.strip().rpartition("\n")[2]
    print(f"seed {seed}, {zone}, {time.monotonic() - began:.0f} s: {result}", flush=True)
    return ran.returncode == 0


def main() -> int:
    """Run them the given number of times, and return 1 if any output differed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="how many runs")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; each run uses the next one")
    parser.add_argument("--processes", type=int, default=2, help="how many notebooks to run at once")
    chosen = parser.parse_args()
    same = [run(seed, chosen.processes) for seed in range(chosen.seed, chosen.seed + chosen.times)]
    print(f"{sum(same)} of {len(same)} runs gave exactly the committed outputs.")
    return int(not all(same))


if __name__ == "__main__":
    sys.exit(main())
