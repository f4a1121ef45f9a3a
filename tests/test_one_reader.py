"""The same input gets the same answer wherever it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backchannel_lib import (
    Case,
    judge,
    judge_frame,
    judge_open,
    load_case,
    read_cases,
    rules_check,
)
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import advise
from backchannel_lib.notebook.widget import Panel
from tests.helpers.activities import act


def judged(case: Case) -> str:
    """Return the verdict, which must be that of the case's own fields."""
    assert case.range_floor <= case.range_low
    return judge(case).verdict.label


def from_file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def moved_in_panel(**fields: int) -> Case:
    """Move the panel's controls."""
    panel = CaseActivity()
    for field, value in fields.items():
        (fast, _) = act(panel, type="set", field=field, value=str(value))
        if fast.get("errors"):
            raise ValueError(fast["errors"][field])
    return panel.case


def set_in_panel(**fields: int) -> Case:
    panel = Panel()
    panel.value = fields
    activity = panel.activity
    assert isinstance(activity, CaseActivity)
    return activity.case


def opened_in_panel(**fields: int) -> Case:
    panel = CaseActivity()
    before = panel.state
    (fast, _) = act(panel, type="load", value=json.dumps(fields))
    if fast["notice"] != text("panel.loaded"):
        assert panel.state == before
        raise ValueError(fast["notice"])
    return panel.case


#: Every place that reads a case, from a folder and fields.
READERS: dict[str, Callable[..., Any]] = {
    "Case": lambda _, **fields: judged(Case(**fields)),
    "replace": lambda _, **fields: judged(Case().replace(**fields)),
    "judge": lambda _, **fields: judge(**fields).verdict.label,
    "judge_open": lambda _, **fields: max(judge_open(fields).verdicts).label,
    "rules_check": lambda _, **fields: rules_check(**fields).label and "",
    "advise": lambda _, **fields: judged(advise(fields).case) and "",
    "judge_frame": lambda _, **fields: judge_frame(pd.DataFrame([fields]))["verdict_label"].iloc[0],
    "a class list": lambda folder, **fields: judge_frame(
        read_cases(from_file(folder, "class.csv", f"{';'.join(fields)}\n{';'.join(map(str, fields.values()))}\n"))
    )["verdict_label"].iloc[0],
    "a case file": lambda folder, **fields: judged(load_case(from_file(folder, "case.json", json.dumps(fields)))),
    "a table of one case": lambda folder, **fields: judged(
        load_case(from_file(folder, "case.csv", f"{','.join(fields)}\n{','.join(map(str, fields.values()))}\n"))
    ),
    "the panel's controls": lambda _, **fields: judged(moved_in_panel(**fields)),
    "the panel's value": lambda _, **fields: judged(set_in_panel(**fields)),
    "a file opened in the panel": lambda _, **fields: judged(opened_in_panel(**fields)),
}
#: When a reader moves a control, the other one adapts; everywhere else, the error names the fix.
REPAIRS = {"the panel's controls", "the panel's value"}


@pytest.mark.parametrize("reader", READERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(low=st.integers(1, 219) | st.sampled_from([1, 215, 219]))
def test_a_range_below_the_default_floor_is_adjusted_or_rejected_with_the_fix(tmp_path: Path, reader: str, low: int) -> None:
    """The error's advice works in the place that gives it."""
    read = READERS[reader]
    if reader in REPAIRS:
        read(tmp_path, range_low=low)
        return
    with pytest.raises(ValueError, match="range") as caught:
        read(tmp_path, range_low=low)
    told = str(caught.value)
    assert f"Give range_floor too: {low} or less" in told or f"Lower it to {low} or less" in told
    given_floor = read(tmp_path, range_low=low, range_floor=low)
    assert given_floor in {"", judge(range_low=low, range_floor=low).verdict.label}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("floor", [221, 230])
def test_a_range_below_a_given_floor_is_rejected_with_the_fix(tmp_path: Path, reader: str, floor: int) -> None:
    if reader == "the panel's controls":
        with pytest.raises(ValueError, match="Lower it to 220 or less, or raise the bottom of the range to"):
            READERS[reader](tmp_path, range_low=220, range_floor=floor)
        return
    with pytest.raises(ValueError, match=f"Lower it to 220 or less, or raise the bottom of the range to {floor} or more"):
        READERS[reader](tmp_path, range_low=220, range_floor=floor)


@pytest.mark.parametrize("reader", READERS)
def test_scores_from_two_exams_get_no_verdict_anywhere(tmp_path: Path, reader: str) -> None:
    """Such a case can be saved, but not judged."""
    if reader in {"rules_check"}:
        return
    with pytest.raises(ValueError, match="same exam"):
        READERS[reader](tmp_path, score=410, range_low=235)
