"""Compares `judge_frame` on a million rows with the same rules written by hand in NumPy and with a loop over `judge`.

    .venv/bin/python -m benchmarks.frame [--rows N] [--rounds N] [--loop N] [--out file.json]

All variants judge the same DataFrame and have to agree. They are timed in turn, in a new order each round, so that other load
on the machine affects all of them equally. Compare the ratios of the medians.
"""
# ruff: noqa: INP001, T201 (a standalone command that prints to a terminal)

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from backchannel_lib import Case, judge, judge_frame
from backchannel_lib.model.case import MOVES, NEEDS, PHASES, RECOMMENDERS
from backchannel_lib.model.dataframe import judge_columns, read_columns
from backchannel_lib.model.tables import STAGES
from benchmarks.machine import machine_line

Column: TypeAlias = npt.NDArray[Any]

#: The share of rows in which each flag is set. Some are rarer in reality, but here every rule has to decide some rows.
FLAGS = {
    "boards_pending": 0.05,
    "specialty_switch": 0.05,
    "leave_of_absence": 0.05,
    "failed_clerkship": 0.05,
    "needs_visa": 0.25,
    "professionalism_issue": 0.02,
    "chronic_poor_performance": 0.03,
    "interviews_failures": 0.6,
    "sponsors_visas": 0.7,
    "has_noncategorical_seat": 0.3,
    "specifics": 0.5,
    "addresses_flag": 0.4,
    "scripted": 0.1,
    "prior_contact": 0.25,
    "introduced": 0.15,
    "lists_open": 0.6,
    "name_familiar": 0.5,
    "file_in_system": 0.6,
    "hears_first": 0.6,
    "names_you": 0.7,
    "outruns_hr": 0.6,
    "deep_ties": 0.6,
    "program_contacted_first": 0.1,
}


def make_frame(rows: int, seed: int = 1) -> pd.DataFrame:
    """Make random cases in the dtypes of a real cohort: categories, booleans, integers and one column with missing values."""
    draw = np.random.default_rng(seed)
    low = draw.integers(215, 256, rows)
    recommender = draw.integers(0, len(RECOMMENDERS), rows)
    by_self = recommender == RECOMMENDERS.index("self")
    move = np.where(by_self, MOVES.index("direct_email"), draw.integers(0, len(MOVES) - 1, rows))
    track = pd.array(draw.integers(0, 4, rows), dtype="Int64")
    track[draw.random(rows) < 0.6] = pd.NA
    sets = ["|".join(need for bit, need in enumerate(NEEDS) if chosen >> bit & 1) for chosen in range(1 << len(NEEDS))]
    columns: dict[str, Any] = {
        "score": np.clip(draw.normal(240, 15, rows).round(), 190, 300).astype(np.int64),
        "range_low": low,
        "range_floor": low - draw.integers(5, 26, rows),
        "failed_attempts": draw.choice(np.arange(4), rows, p=[0.85, 0.1, 0.04, 0.01]),
        "needs": pd.Categorical.from_codes(draw.integers(0, len(sets), rows), pd.Index(sets)),
        "offers": pd.Categorical.from_codes(draw.integers(0, len(sets), rows), pd.Index(sets)),
        "recommender": pd.Categorical.from_codes(recommender, pd.Index(RECOMMENDERS)),
        "move": pd.Categorical.from_codes(move, pd.Index(MOVES)),
        "intensity": draw.integers(0, 11, rows),
        "track_record": track,
        "phase": pd.Categorical.from_codes(draw.integers(0, len(PHASES), rows), pd.Index(PHASES)),
    }
    columns |= {name: draw.random(rows) < share for name, share in FLAGS.items()}
    return pd.DataFrame({name: columns[name] for name in Case.fields()})


def flag(frame: pd.DataFrame, name: str) -> Column:
    """Return a boolean column as an array."""
    return frame[name].to_numpy()


def level(frame: pd.DataFrame, name: str) -> tuple[Column, dict[str, int]]:
    """Return a categorical column's codes, and the code of each category."""
    categories = frame[name].cat
    return categories.codes.to_numpy(), {word: code for code, word in enumerate(categories.categories)}


def members(frame: pd.DataFrame, name: str) -> Column:
    """Return a column of sets of needs as bit masks."""
    codes, words = level(frame, name)
    masks = [sum(1 << bit for bit, need in enumerate(NEEDS) if need in word.split("|")) for word in words]
    return np.array(masks, dtype=np.uint8)[codes]


def judge_by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same result as `judge_frame`, with the rules of data/rules.csv written out in NumPy.

    Unlike `judge_frame`, it doesn't check any value.
    """
    who, callers = level(frame, "recommender")
    track = frame["track_record"].to_numpy(dtype=np.float64, na_value=np.nan)
    score, range_low = frame["score"].to_numpy(), frame["range_low"].to_numpy()
    failed_attempts = frame["failed_attempts"].to_numpy() > 0

    known_there = flag(frame, "prior_contact") | flag(frame, "introduced")
    top_impact = (who == callers["trusted_peer"]) | (who == callers["subspecialist"])
    known_dean = who == callers["known_dean"]
    has_capital = top_impact | known_dean
    need_met = (members(frame, "needs") & members(frame, "offers")) != 0
    below_range = score < range_low
    far_below = score < frame["range_floor"].to_numpy()
    ruled_out = flag(frame, "professionalism_issue") | flag(frame, "chronic_poor_performance")
    ruled_out |= failed_attempts & ~flag(frame, "interviews_failures")
    ruled_out |= flag(frame, "needs_visa") & ~flag(frame, "sponsors_visas")
    has_flag = failed_attempts | flag(frame, "failed_clerkship") | flag(frame, "leave_of_absence")
    has_flag |= flag(frame, "specialty_switch") | flag(frame, "boards_pending")
    explained = flag(frame, "addresses_flag") & flag(frame, "specifics") & has_capital

    competitive = ~(ruled_out | below_range | has_flag)
    levers = np.where(competitive | has_capital | need_met, np.int8(8), np.int8(1))

    bad_record = track == 0
    attention = np.full(len(frame), 2, dtype=np.int8)  # any caller gets at least this far
    attention = np.where(known_dean & ~bad_record, np.int8(5), attention)
    attention = np.where((who == callers["self"]) & known_there, np.int8(5), attention)
    attention = np.where((known_dean & (track == 3)) | need_met, np.int8(7), attention)
    attention = np.where(top_impact & ~bad_record, np.int8(8), attention)

    seat = flag(frame, "has_noncategorical_seat")
    paper = np.where(below_range | (has_flag & explained), np.int8(6), np.int8(8))
    paper = np.where(far_below & seat, np.int8(4), paper)
    paper = np.where(ruled_out | (has_flag & ~explained) | (far_below & ~seat), np.int8(3), paper)

    caps = {
        "message": message_by_hand(frame, known_there, top_impact),
        "levers": levers,
        "attention": attention,
        "paper": paper,
        "timing": timing_by_hand(frame),
    }
    judged = frame.copy(deep=False)
    judged["verdict"] = np.minimum.reduce(list(caps.values()))
    for stage in STAGES:
        judged[stage] = caps[stage]
    return judged


def message_by_hand(frame: pd.DataFrame, known_there: Column, top_impact: Column) -> Column:
    """Return the ``message`` stage's caps."""
    move, moves = level(frame, "move")
    own_email = move == moves["direct_email"]
    no_specifics = ~own_email & ~flag(frame, "specifics")
    ignored = (move == moves["mass_blast"]) | (move == moves["generic_letter"]) | flag(frame, "scripted")
    ignored |= own_email & ~known_there
    message = np.where((own_email & known_there) | (no_specifics & top_impact), np.int8(5), np.int8(8))
    message = np.where(no_specifics & ~top_impact, np.int8(2), message)
    message = np.where(ignored, np.int8(1), message)
    return np.where(move == moves["pressure"], np.int8(0), message)


def timing_by_hand(frame: pd.DataFrame) -> Column:
    """Return the ``timing`` stage's caps."""
    phase, phases = level(frame, "phase")
    lists_open = flag(frame, "lists_open")
    choosing, gaps = phase == phases["soap_lists"], phase == phases["gap_filling"]
    second = gaps & flag(frame, "name_familiar") & flag(frame, "file_in_system")
    secured = (phase == phases["post_soap"]) & flag(frame, "hears_first") & flag(frame, "names_you")
    secured &= flag(frame, "outruns_hr") & flag(frame, "deep_ties")
    timing = np.full(len(frame), 2, dtype=np.int8)
    timing = np.where((phase == phases["groundwork"]) | (choosing & lists_open), np.int8(7), timing)
    timing = np.where(choosing & ~lists_open, np.int8(5), timing)
    return np.where(second | secured, np.int8(8), timing)


def make_cases(frame: pd.DataFrame) -> list[Case]:
    """Return the case in each row."""
    # `Case.from_record` expects a missing number as an empty string, as in a CSV file.
    rows = frame.astype(object).where(frame.notna(), "").to_dict("records")
    return [Case.from_record({str(name): value for name, value in row.items()}) for row in rows]


def check(frame: pd.DataFrame, sample: pd.DataFrame, cases: list[Case]) -> None:
    """Exit unless all variants agree."""
    answers = ["verdict", *STAGES]
    judged, by_hand = judge_frame(frame)[answers], judge_by_hand(frame)[answers]
    for name in answers:
        apart = np.flatnonzero(judged[name].to_numpy() != by_hand[name].to_numpy())
        if apart.size:
            raise SystemExit(f"judge_frame and the rules by hand differ in {name}, first in row {apart[0]}")
    for row, case in zip(judge_frame(sample)[answers].to_numpy().tolist(), cases, strict=True):
        outcome = judge(case).outcome
        if row != [outcome.verdict, *outcome.caps]:
            raise SystemExit(f"judge_frame and judge differ in {case}")


def seconds_of(call: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def peak_bytes(call: Callable[[], object]) -> int:
    """Return the peak memory of a call including its result, in bytes, as tracemalloc counts it for NumPy's arrays."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - before


def main() -> None:
    """Print a table of speeds, and write it as JSON if ``--out`` is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--loop", type=int, default=20_000, help="rows for the loops over judge, whose time is scaled up")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()

    frame = make_frame(args.rows)
    sample = frame.head(min(args.loop, args.rows))
    cases = make_cases(sample)
    check(frame, sample, cases)
    columns = read_columns(frame)
    # Each variant, and how many rows it judges.
    variants: dict[str, tuple[Callable[[], object], int]] = {
        "judge_frame": (lambda: judge_frame(frame), len(frame)),
        "  of it read_columns": (lambda: read_columns(frame), len(frame)),
        "  of it judge_columns": (lambda: judge_columns(columns, len(frame), None), len(frame)),
        "by hand in numpy": (lambda: judge_by_hand(frame), len(frame)),
        "loop: judge(case)": (lambda: [judge(case).outcome for case in cases], len(sample)),
        "loop: row, Case, judge": (lambda: [judge(case).outcome for case in make_cases(sample)], len(sample)),
    }
    times: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(args.rounds):
        order = list(variants)
        random.Random(number).shuffle(order)  # noqa: S311 (not for security)
        for name in order:
            call, rows = variants[name]
            times[name].append(seconds_of(call) / rows)
    medians = {name: statistics.median(each) for name, each in times.items()}
    # Measured last, because the first calls also load the tables.
    peaks = {name: peak_bytes(variants[name][0]) / args.rows for name in ("judge_frame", "by hand in numpy")}

    machine = machine_line("numpy", "pandas")
    print(f"{machine}\n{args.rows:,} rows, {args.rounds} rounds, medians; all variants agree\n")
    print("| | M rows/s | judge_frame is x times as fast | peak memory, bytes a row (tracemalloc) |\n| --- | --- | --- | --- |")
    figures = {}
    for name, median in medians.items():
        ratio, peak = median / medians["judge_frame"], peaks.get(name)
        print(f"| {name} | {1e-6 / median:.2f} | {ratio:.2f} | {'' if peak is None else f'{peak:.0f}'} |")
        figures[name.strip()] = {"rows_per_second": 1 / median, "ratio": ratio, "peak_bytes_per_row": peak}
    if args.out:
        report = {"machine": machine, "rows": args.rows, "rounds": args.rounds, "figures": figures, "seconds": times}
        args.out.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
