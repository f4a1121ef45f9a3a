"""Kill programs while they save, fill the disk and cut the power: `.venv/bin/python tests/faults.py --times 50`.

Afterward, the disk must hold the state after the last finished step or after the one in progress. For Linux only.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, this file would find only its own folder

from tests.helpers.crashes import STORIES, check_full, check_killed, check_power, check_two_windows  # noqa: E402 - after the line above


def tried(what: str, times: int, check: Callable[[Path, random.Random], Any], seed: int) -> int:
    """Try something this many times, print the result, and return how often it failed."""
    failed = 0
    for number in range(times):
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place:  # noqa: S108
            try:
                check(Path(place), random.Random(f"{what} {seed + number}"))  # noqa: S311 - test data
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
                failed += 1
                print(f"{what}, --seed {seed + number}: {error!r}")
    print(f"{what}: {times} times, {failed} failed", flush=True)
    return failed


def main() -> int:
    """Try everything, and return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50, help="how often to kill each program, and to fill its disk")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; each try uses the next one")
    chosen = parser.parse_args()
    failed = 0
    for name in STORIES:
        failed += tried(
            f"{name}, killed", chosen.times, lambda place, chance, name=name: check_killed(name, place, chance), chosen.seed
        )
        failed += tried(
            f"{name}, disk full", chosen.times, lambda place, chance, name=name: check_full(name, place, chance), chosen.seed
        )
    failed += tried("own cases, two windows", chosen.times, lambda place, _: check_two_windows(place), chosen.seed)
    for name in ("case", "answers", "own cases", "round"):
        failed += tried(
            f"{name}, power lost", 1, lambda place, _, name=name: print(check_power(name, place), "states"), chosen.seed
        )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
