"""Measures judging ten million generated rows: in one process, by hand in NumPy, and on a Dask cluster of two processes.

    .venv/bin/python -m benchmarks.class_list [--rows N] [--part N] [--out file.json]

Each variant makes the rows partition by partition, judges them and counts the verdicts; one variant only makes them. The table
has rows per second as ratios, by wall-clock time and by processor time, and each process's peak memory. In a separate run, one
worker is killed when a third of the partitions are done. All counts have to be equal.
"""
# ruff: noqa: INP001, T201 (a standalone command that prints to a terminal)

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
    """Summarize a partition's verdicts in one row: the count of each verdict, and the sum of each stage's caps."""
    ranks = np.bincount(judged["verdict"].to_numpy(), minlength=9)
    sums = {stage: int(judged[stage].sum()) for stage in STAGES}
    return pd.DataFrame([{**{f"verdict_{rank}": int(count) for rank, count in enumerate(ranks)}, **sums}])


def answer(seed: int, rows: int, judge: Judge | None) -> pd.DataFrame:
    """Make a partition, judge it and summarize the verdicts; without ``judge``, only make it."""
    frame = make_frame(rows, seed)
    return counts(judge(frame)) if judge else pd.DataFrame([{"rows": len(frame)}])


class Watch:
    """Records the peak memory and the processor time of this process and its children."""

    def __init__(self) -> None:
        self.most: dict[int, int] = {}  # bytes by process id
        self.busy: dict[int, tuple[float, float]] = {}  # seconds by process id: at the first look, and at the last
        self.running = True

    def look(self) -> None:
        """Look once a second until `running` is false, and then once more."""
        this_process, again = psutil.Process(), True
        while again:
            again = self.running
            for process in (this_process, *this_process.children(recursive=True)):
                try:
                    memory, times = process.memory_info().rss, process.cpu_times()
                except psutil.Error:
                    continue
                busy = times.user + times.system
                self.most[process.pid] = max(self.most.get(process.pid, 0), memory)
                self.busy[process.pid] = (self.busy.get(process.pid, (busy, 0))[0], busy)
            time.sleep(1)  # listing child processes takes time itself


@contextmanager
def measured() -> Iterator[dict[str, Any]]:
    """Yield a dict that gets the block's wall-clock seconds, processor seconds and peak memory."""
    figures: dict[str, Any] = {}
    watch = Watch()
    looking = threading.Thread(target=watch.look, daemon=True)
    looking.start()
    started = time.perf_counter()
    yield figures
    figures["seconds"] = time.perf_counter() - started
    watch.running = False
    looking.join()
    figures["processor_seconds"] = sum(now - before for before, now in watch.busy.values())
    figures["megabytes"] = sorted((held / 1e6 for held in watch.most.values()), reverse=True)[: WORKERS + 1]


def here(parts: list[int], rows: int, judge: Judge | None) -> pd.Series[Any]:
    """Judge the partitions one by one in this process."""
    return pd.concat([answer(seed, rows, judge) for seed in parts]).sum()


def on_cluster(client: Any, parts: list[int], rows: int, *, kill: bool = False) -> pd.Series[Any]:
    """Judge the partitions on a cluster; with ``kill``, kill one worker once a third of them are done."""
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
    """Print a table of ratios, and write it as JSON if ``--out`` is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--part", type=int, default=100_000, help="rows per partition")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()
    parts = list(range(args.rows // args.part))
    rows = len(parts) * args.part
    judge_frame(make_frame(10))  # loads the tables

    found: dict[str, dict[str, Any]] = {}
    answers: dict[str, pd.Series[Any]] = {}
    for name, judge in (("making the rows alone", None), ("one process", judge_frame), ("by hand in numpy", judge_by_hand)):
        with measured() as figures:
            answers[name] = here(parts, args.part, judge)
        found[name] = figures
    logging.getLogger("distributed").setLevel(logging.ERROR)  # one run kills a worker on purpose
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        on_cluster(client, parts[:WORKERS], 1000)
        for name, kill in ((f"Dask, {WORKERS} processes", False), ("the same, one killed", True)):
            with measured() as figures:
                answers[name] = on_cluster(client, parts, args.part, kill=kill)
            found[name] = figures
    first = answers["one process"]
    for name, one in answers.items():
        if name != "making the rows alone" and not one.equals(first):
            raise SystemExit(f"{name} differs from one process:\n{one}\n{first}")

    machine = machine_line("numpy", "pandas", "dask")
    print(f"{machine}\n{rows:,} rows in {len(parts)} partitions, all with equal counts. Ratios are of rows per second:\n")
    head = ("", "seconds", "one process = 1", "by hand = 1", "the same by processor time", "peak MB of each process")
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for name, figures in found.items():
        for other in ("one process", "by hand in numpy"):
            figures[f"rows_per_second_to_{other}"] = found[other]["seconds"] / figures["seconds"]
            figures[f"per_processor_to_{other}"] = found[other]["processor_seconds"] / figures["processor_seconds"]
        by_clock, by_processor = (
            [figures[f"{what}_to_{other}"] for other in ("one process", "by hand in numpy")]
            for what in ("rows_per_second", "per_processor")
        )
        held = ", ".join(f"{each:.0f}" for each in figures["megabytes"])
        cells = [f"{figures['seconds']:.1f}", *(f"{each:.2f}" for each in by_clock)]
        print(f"| {' | '.join([name, *cells, ', '.join(f'{each:.2f}' for each in by_processor), held])} |")
    if args.out:
        args.out.write_text(json.dumps({"machine": machine, "rows": rows, "figures": found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
