"""`backchannel benchmark`: the benchmarks one after the other, with what they found on one page at the end."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backchannel_lib.cli.project import ROOT, CommandError, environment, require_checkout

#: What runs without a name, shortest first, with arguments that keep the whole to about ten minutes.
USUAL: Final = {
    "startup": (),
    "frame": ("--rounds", "3"),
    "votes": (),
    "stage": ("--taps", "40"),
    "site": ("2",),
    "interaction": ("--rounds", "2", "--moves", "20"),
}
#: What runs only by name, since it takes long or needs more than the project installs.
BY_NAME: Final = {
    "chapters": ("--rounds", "1", "--moves", "10"),
    "class_list": (),
    "words": (),
    "peers": (),
}


def benchmark(names: Sequence[str]) -> int:
    """Run benchmarks one after the other, and print what each found; return 1 if one of them failed.

    Args:
        names: Which to run, out of `benchmarks/`; none for the usual ones.

    Raises:
        CommandError: There is no benchmark of that name.
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
    """Run one, in a process of its own, and return its exit code and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "printed.txt"
        with printed.open("wb") as out:
            command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
            done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=out, stderr=subprocess.STDOUT, check=False)
        return done.returncode, printed.read_text(encoding="utf-8", errors="replace")
