"""A Dask DataFrame gets the same answers as a pandas one, partition by partition, even if a worker dies."""

from __future__ import annotations

import os
import pickle
import signal
import time

import dask.dataframe as dd
import pandas as pd
import pytest

from backchannel_lib import CaseError, SheetError, judge_frame
from benchmarks.frame import make_frame

PARTS, ROWS = 20, 10_000


def typed() -> pd.DataFrame:
    """Return a small table as people type it, including a blank row."""
    rows = [("Avery", "251", "Trusted Peer", "Yes"), ("", "", "", ""), ("Blake", "210", "known dean", "no")]
    return pd.DataFrame(rows * 10, columns=["Name", "Score", "Recommender", "specifics"])


@pytest.mark.parametrize("frame", [typed(), make_frame(999)], ids=["typed", "made"])
@pytest.mark.parametrize("scheduler", ["sync", "threads"])
def test_a_dask_frame_gets_the_same_answers(frame: pd.DataFrame, scheduler: str) -> None:
    """The columns, dtypes and row labels are the same too."""
    judged: pd.DataFrame = judge_frame(dd.from_pandas(frame, npartitions=4))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(judged.compute(scheduler=scheduler), judge_frame(frame), check_dtype=frame.shape[1] > 4)
    assert list(judged.dtypes[-5:]) == ["int8"] * 5


def test_a_reading_is_passed_on_and_an_unknown_one_is_rejected_at_once() -> None:
    parts = dd.from_pandas(make_frame(500), npartitions=2)
    judged: pd.DataFrame = judge_frame(parts, "range_and_credible")  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(judged.compute(), judge_frame(make_frame(500), "range_and_credible"))
    with pytest.raises(CaseError, match="no_such"):
        judge_frame(parts, "no_such")  # type: ignore[arg-type]


def test_a_table_without_case_columns_is_rejected_before_anything_is_computed() -> None:
    with pytest.raises(SheetError, match="none of the columns we recognize"):
        judge_frame(dd.from_pandas(pd.DataFrame({"Name": ["Avery"], "Town": ["Erie"]}), npartitions=1))  # type: ignore[arg-type]


def test_an_error_in_a_partition_or_another_process_keeps_its_location() -> None:
    """It also keeps its message when it is pickled."""
    frame = typed().assign(Score=["250"] * 29 + ["2500"])
    with pytest.raises(SheetError, match="row 31, column Score: must be a whole number from 1 to 999") as caught:
        judge_frame(dd.from_pandas(frame, npartitions=4)).compute(scheduler="sync")  # type: ignore[arg-type, operator]
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made in the line itself
    assert str(again) == str(caught.value)
    assert (again.row, again.column) == (31, "Score")


@pytest.mark.slow
def test_no_rows_are_lost_if_a_worker_is_killed() -> None:
    """Of two processes that judge generated rows, one is killed halfway, and the answers are still the same as in pandas."""
    from distributed import Client, LocalCluster, futures_of

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        made = dd.from_map(make_frame, [ROWS] * PARTS, range(PARTS), meta=make_frame(0))
        judged = judge_frame(made)[["verdict", "verdict_label", "paper"]].persist()  # type: ignore[operator]
        until = time.monotonic() + 60
        while sum(future.done() for future in futures_of(judged)) < PARTS // 4 and time.monotonic() < until:
            time.sleep(0.01)
        (victim, *_) = client.run(os.getpid).values()
        os.kill(victim, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        found = judged.compute()
        assert victim not in client.run(os.getpid).values()
    here = pd.concat([judge_frame(make_frame(ROWS, seed)) for seed in range(PARTS)])
    pd.testing.assert_frame_equal(found, here[["verdict", "verdict_label", "paper"]])
