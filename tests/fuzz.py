"""Try the library with random input for as long as you like, and compare its answers with a second, plain implementation.

    .venv/bin/python tests/fuzz.py                      every target, 10,000 inputs in all
    .venv/bin/python tests/fuzz.py --inputs 1000000     a million
    .venv/bin/python tests/fuzz.py files --minutes 30   damaged files for half an hour
    .venv/bin/python tests/fuzz.py files --seed 1:4711  repeat one input (the report has its seed)
    .venv/bin/python tests/fuzz.py --list

With `--guided FILE`, atheris looks for bytes that exercise new code in the reader of one kind of file. The lock file doesn't
include atheris, which has no wheel for Windows, so install it yourself.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, this file would find only its own folder


def guided(name: str, inputs: int, place: str) -> None:
    """Let atheris look for inputs to one reader. It ends the program, and prints the input if the reader fails."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["backchannel_lib"]):
        targets = importlib.import_module("tests.helpers.fuzz_targets")
    targets.use_a_folder_of_its_own(place)
    seeds = Path(place) / "seeds"
    seeds.mkdir()
    (seeds / "0").write_bytes(targets.READERS[name][0])
    atheris.Setup(
        [sys.argv[0], f"-runs={inputs}", "-max_len=4096", str(seeds)], lambda data: targets.read_bytes(name, bytes(data))
    )
    atheris.Fuzz()


def tried(name: str, inputs: int, until: float, seed: str) -> tuple[int, Counter[str]]:
    """Try one target; return the number of inputs, and the failures by error and the line that raised it."""
    from tests.helpers.fuzz_targets import TARGETS

    first, _, only = seed.partition(":")
    failed: Counter[str] = Counter()
    done = 0
    for number in [int(only)] if only else range(inputs):
        if time.monotonic() > until:
            break
        done += 1
        try:
            TARGETS[name].try_one(random.Random(f"{name} {first}:{number}"))  # noqa: S311 - test data
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            frame = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
            if not failed[what]:
                print(f"{name}: {what}; again with --seed {first}:{number}\n{traceback.format_exc()[-3000:]}", flush=True)
            failed[what] += 1
    return done, failed


def main() -> int:
    """Try the chosen targets, and return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", help="which target to try (default: all of them)")
    parser.add_argument("--inputs", type=int, default=10_000, help="how many inputs in total")
    parser.add_argument("--minutes", type=float, default=10**6, help="the most minutes in total")
    parser.add_argument("--seed", default="1", help="the first seed, or FIRST:NUMBER to repeat one input")
    parser.add_argument("--list", action="store_true", help="list the targets and exit")
    parser.add_argument("--guided", metavar="FILE", help="use atheris to look for inputs to the reader of one kind of file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place:  # noqa: S108 - one of its own
        if chosen.guided:
            guided(chosen.guided, chosen.inputs, place)
        from tests.helpers.fuzz_targets import TARGETS, use_a_folder_of_its_own

        use_a_folder_of_its_own(place)
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        if chosen.list:
            print("\n".join(f"{name:12} {target.about}" for name, target in TARGETS.items()))
            return 0
        names = [chosen.target] if chosen.target else list(TARGETS)
        if unknown := [name for name in names if name not in TARGETS]:
            parser.error(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
        whole = sum(TARGETS[name].share for name in names)
        until, total, bad = time.monotonic() + 60 * chosen.minutes, 0, 0
        with mock.patch("os.fsync"), contextlib.suppress(KeyboardInterrupt):  # nothing here has to survive a power failure
            for place_in_line, name in enumerate(names):
                began = time.monotonic()
                share = began + (until - began) / (len(names) - place_in_line)
                done, failed = tried(name, max(1, chosen.inputs * TARGETS[name].share // whole), share, chosen.seed)
                total, bad = total + done, bad + sum(failed.values())
                print(f"{name}: {done:,} inputs in {time.monotonic() - began:.0f} s, {sum(failed.values())} failed", flush=True)
        print(f"{total:,} inputs, {bad} failed")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
