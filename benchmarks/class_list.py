"""Judges ten million rows that are made on the fly: in one process, by hand in numpy, and on a Dask cluster of two processes.

    .venv/bin/python -m benchmarks.class_list [--rows N] [--part N] [--out file.json]

Each contestant makes every part of the rows, judges it, and counts the verdicts; what making them alone costs is told too.
Told are rows per second as ratios, by the clock and by the processors' time, and the most memory that each process held. In a
run of its own a worker is killed when a third is done. All counts have to be equal.
"""
# ruff: noqa: INP001, T201 (a command of its own, which talks to a person at a terminal)

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import dask.dataframe as dd
import numpy as np
import pandas as pd
import psutil
from distributed import Client, LocalCluster

from backchannel_lib import judge_frame
from backchannel_lib.model.tables import STAGES
from benchmarks.frame import judge_by_hand, make_frame
from benchmarks.machine import machine_line

Judge: TypeAlias = Callable[[pd.DataFrame], pd.DataFrame]
WORKERS = 2


def counts(judged: pd.DataFrame) -> pd.DataFrame:
    """Return a part's answers in one row: how often each verdict, and the sum of each stage's caps."""
    ranks = np.bincount(judged["verdict"].to_numpy(), minlength=9)
    sums = {stage: int(judged[stage].sum()) for stage in STAGES}
    return pd.DataFrame([{**{f"verdict_{rank}": int(count) for rank, count in enumerate(ranks)}, **sums}])


def answer(seed: int, rows: int, judge: Judge | None) -> pd.DataFrame:
    """Make a part and judge it."""
    frame = make_frame(rows, seed)
    return counts(judge(frame)) if judge else pd.DataFrame([{"rows": len(frame)}])


class Watch:
    """Looks at this process and its children while something runs: the most memory that each held, and their processor time."""

    def __init__(self) -> None:
        self.most: dict[int, int] = {}
        self.busy: dict[int, tuple[float, float]] = {}  # by process: when the watch began, and now
        self.running = True

    def look(self) -> None:
        """Look until told to stop, and once more."""
        me, again = psutil.Process(), True
        while again:
            again = self.running
            for process in (me, *me.children(recursive=True)):
                try:
                    held, times = process.memory_info().rss, process.cpu_times()
                except psutil.Error:
                    continue
                busy = times.user + times.system
                self.most[process.pid] = max(self.most.get(process.pid, 0), held)
                self.busy[process.pid] = (self.busy.get(process.pid, (busy, 0))[0], busy)
            time.sleep(1)  # to list the children costs a while itself


@contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Measure what runs inside: seconds by the clock and of processors, and memory."""
    told: dict[str, Any] = {}
    watch = Watch()
    looking = threading.Thread(target=watch.look, daemon=True)
    looking.start()
    started = time.perf_counter()
    yield told
    told["seconds"] = time.perf_counter() - started
    watch.running = False
    looking.join()
    told["processor_seconds"] = sum(now - before for before, now in watch.busy.values())
    told["megabytes"] = sorted((held / 1e6 for held in watch.most.values()), reverse=True)[: WORKERS + 1]


def here(parts: list[int], rows: int, judge: Judge | None) -> pd.Series[Any]:
    """Answer part by part in this process."""
    return pd.concat([answer(seed, rows, judge) for seed in parts]).sum()


def on_cluster(client: Any, parts: list[int], rows: int, *, kill: bool = False) -> pd.Series[Any]:
    """Answer on a cluster, from a Dask DataFrame; if asked to, kill a worker once a third is done."""
    made = dd.from_map(make_frame, [rows] * len(parts), parts, meta=make_frame(0))
    judged: Any = judge_frame(made)
    answers = judged.map_partitions(counts, meta=counts(judge_frame(make_frame(1)))).to_delayed()
    futures = client.compute(answers)
    if kill:
        while sum(future.done() for future in futures) < len(parts) // 3:
            time.sleep(0.2)
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    return pd.concat(client.gather(futures)).sum()


def main() -> None:
    """Measure, print a table and, if asked to, write it as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--part", type=int, default=100_000, help="rows per partition")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    asked = parser.parse_args()
    parts = list(range(asked.rows // asked.part))
    rows = len(parts) * asked.part
    judge_frame(make_frame(10))  # makes the tables, once

    found: dict[str, dict[str, Any]] = {}
    answers: dict[str, pd.Series[Any]] = {}
    for name, judge in (("making the rows alone", None), ("one process", judge_frame), ("by hand in numpy", judge_by_hand)):
        with measured() as told:
            answers[name] = here(parts, asked.part, judge)
        found[name] = told
    logging.getLogger("distributed").setLevel(logging.ERROR)  # to kill a worker is what one run is about
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        on_cluster(client, parts[:WORKERS], 1000)
        for name, kill in ((f"Dask, {WORKERS} processes", False), ("the same, one killed", True)):
            with measured() as told:
                answers[name] = on_cluster(client, parts, asked.part, kill=kill)
            found[name] = told
    first = answers["one process"]
    for name, one in answers.items():
        if name != "making the rows alone" and not one.equals(first):
            raise SystemExit(f"{name} differs from one process:\n{one}\n{first}")

    machine = machine_line("numpy", "pandas", "dask")
    print(f"{machine}\n{rows:,} rows in {len(parts)} parts; all answers are equal. Rows per second, as a ratio:\n")
    head = ("", "seconds", "one process = 1", "by hand = 1", "the same per second of a processor", "most MB a process")
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for name, told in found.items():
        for other in ("one process", "by hand in numpy"):
            told[f"rows_per_second_to_{other}"] = found[other]["seconds"] / told["seconds"]
            told[f"per_processor_to_{other}"] = found[other]["processor_seconds"] / told["processor_seconds"]
        by_clock, by_processor = (
            [told[f"{what}_to_{other}"] for other in ("one process", "by hand in numpy")]
            for what in ("rows_per_second", "per_processor")
        )
        held = ", ".join(f"{each:.0f}" for each in told["megabytes"])
        cells = [f"{told['seconds']:.1f}", *(f"{each:.2f}" for each in by_clock)]
        print(f"| {' | '.join([name, *cells, ', '.join(f'{each:.2f}' for each in by_processor), held])} |")
    if asked.out:
        asked.out.write_text(json.dumps({"machine": machine, "rows": rows, "figures": found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
