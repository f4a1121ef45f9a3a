"""Files and tables with arbitrary content: each gives a value or an error message, and stays unchanged.

`HYPOTHESIS_PROFILE=thorough` tries a thousand of each, and `HYPOTHESIS_PROFILE=fuzz` 20,000.
"""

from __future__ import annotations

import csv
import io
import warnings
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, TableError, Verdict, judge, judge_frame, load_case, read_cases
from backchannel_lib.model.case_files import load_saved_case
from tests.helpers.cases import cases
from tests.helpers.saved_files import NASTY, files
from tests.helpers.tables import FILES, LOADERS, cells

RECORD: dict[str, Any] = {"backchannel_case": 2, **Case(needs={"local"}).to_record(), "range_low": "unknown", "sheet_name": "A"}
FIELDS = list(Case.fields())
#: Possible contents of a cell in a spreadsheet or a frame.
CELL = st.one_of(
    st.sampled_from(
        [
            None,
            "",
            " ",
            "240",
            "240.0",
            " 251 ",
            "yes",
            "No",
            "TRUE",
            "n/a",
            "unknown",
            "=1+1",
            "#REF!",
            "3-Jan",
            "Trusted Peer",
        ]
    ),
    st.sampled_from([True, False, 240, 240.0, 1.5, -1, 0, 10**30, float("nan"), float("inf"), Decimal("240"), b"240", (1,)]),
    st.sampled_from(
        [pd.NA, pd.NaT, np.int64(240), np.float32(240), np.bool_(True), np.str_("yes"), np.array(240), np.array([1])]
    ),
    st.sampled_from([date(2027, 3, 15), datetime(2027, 3, 15, tzinfo=UTC), pd.Timestamp("2027-03-15"), pd.Period("2027")]),
    st.sampled_from([level for field in Case.fields().values() for level in field.levels]),
    st.integers(1, 999),
    NASTY,
)


#: Numbers at the edges of what a field allows, and next to them.
NEARLY = st.sampled_from(
    [-1.0, -0.0, 0.0, 0.5, 1.0, 3.0, 4.0, 10.0, 11.0, 240.0, 240.5, 999.0, 1000.0, 1e9, 1e10, 1e300, -1, 1000]
)


def readable(error: Exception) -> str:
    """Return an error's message; check that it isn't blank or far too long."""
    message = str(error)
    assert message.strip()
    assert len(message) < 3000, message
    return message


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    content=files(RECORD) | st.builds(lambda rows: "\n".join(rows).encode("utf-8", "replace"), st.lists(st.text(max_size=20)))
)
@example(content=b'{"sheet_name": "Zo\\ud83d"}')
def test_any_case_file_gives_a_case_or_an_error_message(tmp_path: Path, content: bytes) -> None:
    """The file stays unchanged."""
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    for load in (load_case, load_saved_case):
        try:
            loaded = load(path)
        except CaseError as error:
            readable(error)
        else:
            "".join(getattr(loaded, "sheet", {}).values()).encode()  # no unpaired surrogates, which nothing can print
    assert path.read_bytes() == content


def sheets() -> st.SearchStrategy[bytes]:
    """Draw a class list as CSV in some encoding: known and unknown columns with arbitrary cells."""
    name = st.sampled_from([*FIELDS, "Name", "Range Low", "Score", ""]) | st.text(max_size=6)

    def written(names: list[str], rows: list[list[Any]], separator: str, encoding: str) -> bytes:
        out = io.StringIO()
        csv.writer(out, delimiter=separator).writerows([names, *(row[: len(names)] for row in rows)])
        return out.getvalue().encode(encoding, "replace")

    return st.builds(
        written,
        st.lists(name, min_size=1, max_size=5),
        st.lists(st.lists(CELL.map(lambda cell: "" if cell is None else repr(cell)[:50]), min_size=5, max_size=5), max_size=3),
        st.sampled_from(",;\t"),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"]),
    )


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=sheets() | st.binary(max_size=100))
def test_any_class_list_is_judged_or_rejected(tmp_path: Path, content: bytes) -> None:
    """It doesn't matter what wrote the file, which stays unchanged."""
    path = tmp_path / "class.csv"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            judged = judge_frame(read_cases(path))
        except CaseError as error:
            readable(error)
        else:
            assert judged.empty or judged["verdict"].between(min(Verdict), max(Verdict)).all()
    assert path.read_bytes() == content


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a frame of cases with arbitrary values in some cells."""
    rows = draw(st.lists(cases(), min_size=1, max_size=3))
    columns = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=6, unique=True))
    table: dict[str, list[Any]] = {name: [row.to_record()[name] for row in rows] for name in columns}
    for name in draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3)):
        near = NEARLY if Case.fields()[name].kind == "number" else CELL
        table[name][draw(st.integers(0, len(rows) - 1))] = draw(CELL | near)
    frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in table.items()})
    return frame.infer_objects() if draw(st.booleans()) else frame


@pytest.mark.slow
@given(frame=frames())
def test_any_cell_of_a_frame_is_read_as_a_case_reads_it_or_rejected(frame: pd.DataFrame) -> None:
    """Each row of a judged frame gets the verdict of its case. Other frames get an error, and no frame is changed."""
    before = frame.copy(deep=True)
    try:
        judged = judge_frame(frame)
    except CaseError as error:
        readable(error)
    else:
        assert len(judged) <= len(frame)
        for at, verdict in judged["verdict"].items():
            fields = {name: Case.fields()[name].read(frame.loc[at, name]) for name in frame.columns}
            assert judge(Case(**fields)).verdict == verdict, fields
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.slow
@given(data=st.data(), file=st.sampled_from(FILES))
def test_any_cell_of_a_workbook_table_is_read_or_rejected_with_its_location(data: st.DataObject, file: str) -> None:
    """Any cell, row or header is either read or gives an error with its file and location."""
    rows = cells(file)
    at, place = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, len(rows[0]) - 1))
    column = [row[place] for row in rows[1:]]
    new = data.draw(
        st.sampled_from(column)
        | st.sampled_from(
            ["", " ", "-1", "0", "1e9", "yes", "nan", "25-24", "99:99", "=1", "{x}", "{", "a b", "\ufeff", "9" * 30]
        )
        | st.text(max_size=8)
    )
    kind = data.draw(st.sampled_from(["cell", "cell", "cell", "more", "less", "twice"]))
    if kind == "cell":
        rows[at][place] = new
    elif kind == "more":
        rows[at].append(new)
    elif kind == "less":
        del rows[at][place]
    else:
        rows.append(list(rows[at]))
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    content = out.getvalue()
    if data.draw(st.integers(0, 9)) == 0:
        cut = data.draw(st.integers(0, len(content)))
        content = content[:cut] + data.draw(st.text(max_size=4)) + content[cut + data.draw(st.integers(0, 9)) :]
    name = Path(file).name
    try:
        LOADERS[file](SimpleNamespace(name=name, read_text=lambda encoding: content))
    except TableError as error:
        message = readable(error)
    else:
        message = name
    assert message.startswith(name)
