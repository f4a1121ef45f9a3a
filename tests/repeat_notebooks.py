"""Runs strict nbval over all notebooks again and again, to see whether an output ever differs.

Each run has the notebooks in another order, several at once, each in a kernel of its own, with another time zone and other
hash seeds: `.venv/bin/python tests/repeat_notebooks.py --times 20`. It takes minutes each time, so it is no part of the tests.
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
    """Run all notebooks once, in an order drawn from the seed; print what came of it, and return whether nothing differed."""
    draw = random.Random(seed)  # noqa: S311 - an order, no secret
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
    told = ran.stdout if ran.returncode else ran.stdout.strip().rpartition("\n")[2]
    print(f"seed {seed}, {zone}, {time.monotonic() - began:.0f} s: {told}", flush=True)
    return ran.returncode == 0


def main() -> int:
    """Run them as often as asked, and return 1 if any run differed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20, help="how often")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; each run has the next one")
    parser.add_argument("--processes", type=int, default=2, help="how many notebooks at once")
    chosen = parser.parse_args()
    same = [run(seed, chosen.processes) for seed in range(chosen.seed, chosen.seed + chosen.times)]
    print(f"{sum(same)} of {len(same)} runs had every output as it is committed.")
    return int(not all(same))


if __name__ == "__main__":
    sys.exit(main())
