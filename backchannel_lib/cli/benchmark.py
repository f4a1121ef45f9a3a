"""`backchannel benchmark`: run the benchmarks one after the other, and summarize their results on one page at the end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backchannel_lib.cli.project import ROOT, CommandError, environment, require_checkout

#: Benchmarks that run by default, shortest first, with arguments that keep the total to about ten minutes.
USUAL: Final = {
    "startup": (),
    "frame": ("--rounds", "3"),
    "votes": (),
    "stage": ("--taps", "40"),
    "site": ("2",),
    "interaction": ("--rounds", "2", "--moves", "20"),
}
#: Benchmarks that run only by name, because they take long or need packages that the project doesn't install.
BY_NAME: Final = {
    "chapters": ("--rounds", "1", "--moves", "10"),
    "class_list": (),
    "words": (),
    "peers": (),
}


def benchmark(names: Sequence[str]) -> int:
    """Run benchmarks one after the other, and print the results of each; return 1 if any failed.

    Args:
        names: The benchmarks in `benchmarks/` to run; empty for the usual ones.

    Raises:
        CommandError: There is no benchmark with one of the names.
    """
    require_checkout()
    known = USUAL | BY_NAME
    if unknown := [name for name in names if name not in known]:
        raise CommandError(f"There is no benchmark {unknown[0]!r}. There are {', '.join(known)}.")
    chosen = list(names) or list(USUAL)
    found: dict[str, str] = {}
    failed = []
    for number, name in enumerate(chosen, start=1):
        print(f"{number} of {len(chosen)}: {name} ...", end="", flush=True)
        began = time.monotonic()
        code, found[name] = _run(name, known[name])
        print(f" {'failed' if code else 'done'} after {time.monotonic() - began:.0f} s", flush=True)
        if code:
            failed.append(name)
    for name, printed in found.items():
        print(f"\n=== {name}\n{printed.strip()}")
    return int(bool(failed))


def _run(name: str, arguments: Sequence[str]) -> tuple[int, str]:
    """Run a benchmark in a separate process, and return its exit code and output."""
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed.txt"
        with printed.open("wb") as out:
            command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
            done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=out, stderr=subprocess.STDOUT, check=False)
        return done.returncode, printed.read_text(encoding="utf-8", errors="replace")
