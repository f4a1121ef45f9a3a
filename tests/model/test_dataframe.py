"""A frame of cases gets the same answers as judging one case at a time, whatever the column types."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backchannel_lib import READINGS, Case, CaseError, SheetError, Verdict, judge, judge_frame
from backchannel_lib.model import dataframe, rules
from backchannel_lib.model.dataframe import CHUNK, judge_columns, read_columns
from backchannel_lib.model.tables import ReadingChange, load_rules
from tests.helpers.cases import READINGS as EVERY_READING
from tests.helpers.cases import STAGES, cases, many_cases

ANSWERS = ["verdict", *STAGES]
COLUMNS = ["verdict", "verdict_label", *STAGES]
CASES = many_cases(300, seed=7)
FIELDS = list(Case.fields())


def frame_of(some: list[Case]) -> pd.DataFrame:
    """Return cases as a frame in the specified format: sets as text, a missing track record as NA."""
    return pd.DataFrame([case.to_record() for case in some], columns=FIELDS)


def expected(some: list[Case], reading: str | None = None) -> list[list[int]]:
    """Judge cases one by one, and return each verdict's rank and the five caps."""
    judged = [judge(case, reading) for case in some]
    return [[int(judgment.verdict), *map(int, judgment.caps.values())] for judgment in judged]


def answers(frame: pd.DataFrame, reading: str | None = None) -> list[list[int]]:
    """Judge a frame, and return each row's verdict rank and the five caps."""
    return judge_frame(frame, reading)[ANSWERS].to_numpy().tolist()


@pytest.mark.slow
@pytest.mark.parametrize("reading", [*EVERY_READING, *(name for name, one in READINGS.items() if one.default)])
def test_a_frame_and_its_cases_give_the_same_answers(reading: str | None) -> None:
    """Law 7: under every reading, hundreds of rows get the same verdicts and caps as their cases."""
    assert answers(frame_of(CASES), reading) == expected(CASES, reading)


def texts(values: list[Any]) -> list[Any]:
    """Return values as text, leaving out missing ones."""
    return [None if value is None else str(value).lower() if isinstance(value, bool) else str(value) for value in values]


#: The types that a column of numbers, flags, words or sets can have.
WAYS: dict[str, dict[str, Callable[[list[Any]], Any]]] = {
    "number": {
        "int64 or float64": pd.Series,
        "int16": lambda values: pd.Series(values, dtype="float64" if None in values else "int16"),
        "uint32": lambda values: pd.Series(values, dtype="float64" if None in values else "uint32"),
        "float64": lambda values: pd.Series(values, dtype="float64"),
        "float32": lambda values: pd.Series(values, dtype="float32"),
        "object": lambda values: pd.Series(values, dtype=object),
        "Int64": lambda values: pd.Series(values, dtype="Int64"),
        "UInt16": lambda values: pd.Series(values, dtype="UInt16"),
        "Float64": lambda values: pd.Series(values, dtype="Float64"),
        "str": lambda values: pd.Series(texts(values), dtype="str"),
        "category": lambda values: pd.Series(values, dtype="category"),
    },
    "flag": {
        "bool": lambda values: pd.Series(values, dtype=bool),
        "boolean": lambda values: pd.Series(values, dtype="boolean"),
        "object": lambda values: pd.Series(values, dtype=object),
        "str": lambda values: pd.Series(texts(values), dtype="str"),
        "object text": lambda values: pd.Series(list(map(str, values)), dtype=object),
        "category": lambda values: pd.Series(values, dtype="category"),
        "category of text": lambda values: pd.Series(texts(values), dtype="category"),
    },
    "choice": {
        "object": lambda values: pd.Series(values, dtype=object),
        "str": lambda values: pd.Series(values, dtype="str"),
        "string": lambda values: pd.Series(values, dtype="string"),
        "category": lambda values: pd.Series(values, dtype="category"),
    },
    "set": {
        "str": lambda values: pd.Series(map("|".join, values), dtype="str"),
        "string, NA for none": lambda values: pd.Series(["|".join(one) or None for one in values], dtype="string"),
        "object, NaN for none": lambda values: pd.Series(["|".join(one) or np.nan for one in values], dtype=object),
        "overrides": lambda values: pd.Series(list(map(frozenset, values)), dtype=object),
        "lists": lambda values: pd.Series(list(map(list, values)), dtype=object),
        "category": lambda values: pd.Series(map("|".join, values), dtype="category"),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "way"), [(kind, way) for kind, ways in WAYS.items() for way in ways])
def test_every_kind_of_column_gives_the_same_answers(kind: str, way: str) -> None:
    """Numbers, flags, words and sets can have any dtype that represents them."""
    some = CASES[:100]
    frame = frame_of(some)
    for name, field in Case.fields().items():
        if field.kind == kind:
            frame[name] = WAYS[kind][way]([getattr(case, name) for case in some])
    assert answers(frame) == expected(some)


@pytest.mark.slow
@given(data=st.data(), some=st.lists(cases(), min_size=1, max_size=3), reading=st.sampled_from(EVERY_READING))
def test_random_frames_give_the_same_answers(data: st.DataObject, some: list[Case], reading: str | None) -> None:
    """Law 7: each row of a random frame, with random column types and order, is judged like its case."""
    kinds = {field.kind: data.draw(st.sampled_from(sorted(WAYS[field.kind]))) for field in Case.fields().values()}
    names = data.draw(st.permutations(FIELDS)) if data.draw(st.booleans()) else FIELDS
    frame = pd.DataFrame(
        {
            name: WAYS[Case.fields()[name].kind][kinds[Case.fields()[name].kind]]([getattr(case, name) for case in some])
            for name in names
        }
    )
    assert answers(frame, reading) == expected(some, reading)


@given(data=st.data(), case=cases())
def test_a_field_without_a_column_has_its_default(data: st.DataObject, case: Case) -> None:
    """A frame without some of the fields is judged or rejected like cases without them."""
    kept = data.draw(st.lists(st.sampled_from(FIELDS), min_size=1, unique=True))
    record = case.to_record()
    frame = pd.DataFrame([{name: record[name] for name in kept}] * 2)
    error_alone = None
    try:
        alone = Case(**{name: getattr(case, name) for name in kept})
        judge(alone)
    except CaseError as error:
        error_alone = error
    if error_alone is None:
        assert answers(frame) == expected([alone] * 2)
    else:
        with pytest.raises(CaseError) as caught:
            judge_frame(frame)
        by_default = caught.value.rule.startswith("default_")
        assert caught.value.field in kept
        assert by_default or (caught.value.field, caught.value.rule) == (error_alone.field, error_alone.rule)


def test_rows_without_columns_are_default_cases() -> None:
    assert answers(pd.DataFrame(index=range(3))) == expected([Case()] * 3)


def test_an_empty_frame_gives_an_empty_frame() -> None:
    """It gets the new columns, whether or not it had any."""
    for frame in (pd.DataFrame(), frame_of([]), frame_of(CASES[:2]).iloc[:0]):
        judged = judge_frame(frame)
        assert list(judged.columns) == [*frame.columns, *COLUMNS]
        assert len(judged) == 0


def test_other_columns_and_the_index_stay_unchanged() -> None:
    """So does the order of the columns, and the index can have duplicate labels."""
    frame = frame_of(CASES[:4]).set_index(pd.Index(["a", "b", "a", "c"], name="who"))
    frame.insert(0, "note", ["x", None, "y", "z"])
    frame["program"] = pd.Categorical(["north", "south", "north", "east"])
    judged = judge_frame(frame)
    assert list(judged.columns) == [*frame.columns, *COLUMNS]
    pd.testing.assert_frame_equal(judged[list(frame.columns)], frame)
    assert judged[ANSWERS].to_numpy().tolist() == expected(CASES[:4])


def test_existing_answer_columns_are_replaced() -> None:
    """Judging a frame a second time doesn't add a second set of columns."""
    judged = judge_frame(frame_of(CASES[:20]), "range_and_credible")
    again = judge_frame(judged)
    assert list(again.columns) == list(judged.columns)
    assert again[ANSWERS].to_numpy().tolist() == expected(CASES[:20])


def test_the_input_frame_is_unchanged() -> None:
    """The result doesn't share data with it either."""
    frame = frame_of(CASES)
    before = frame.copy(deep=True)
    judged = judge_frame(frame)
    pd.testing.assert_frame_equal(frame, before)
    judged.loc[:, "score"] = 1
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.slow
@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, len(CASES)), max_size=4))
def test_a_frame_judged_in_parts_gets_the_same_answers_as_a_whole(cuts: list[int]) -> None:
    """It can be cut anywhere, because judging keeps no state."""
    frame = frame_of(CASES)
    ends = [0, *sorted(cuts), len(CASES)]
    parts = [judge_frame(frame.iloc[start:end]) for start, end in itertools.pairwise(ends)]
    pd.testing.assert_frame_equal(pd.concat(parts), judge_frame(frame))


@pytest.mark.slow
@pytest.mark.parametrize("rows", [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 300])
def test_chunk_boundaries_of_a_long_frame_do_not_matter(rows: int) -> None:
    """The library judges a long frame in chunks, and rows at the boundaries are like any others."""
    frame = frame_of(CASES[:300])
    whole = np.array(expected(CASES[:300]))
    judged = judge_frame(frame.iloc[np.arange(rows) % 300])
    assert (judged[ANSWERS].to_numpy() == whole[np.arange(rows) % 300]).all()


def test_a_frame_read_from_csv_gets_the_same_answers() -> None:
    """It is written and read with pandas' defaults."""
    file = io.StringIO(frame_of(CASES).to_csv(index=False))
    assert answers(pd.read_csv(file)) == expected(CASES)


def test_answers_are_stored_in_one_byte_each() -> None:
    """The verdict and the caps are ranks."""
    assert set(judge_frame(frame_of(CASES))[ANSWERS].dtypes.astype(str)) == {"int8"}


def test_the_verdicts_label_is_an_ordered_category() -> None:
    """`verdict_label` has the nine labels, lowest first, and each row's label matches its rank."""
    judged = judge_frame(frame_of(CASES))
    names = judged["verdict_label"]
    assert names.cat.ordered
    assert list(names.cat.categories) == [verdict.label for verdict in Verdict]
    assert list(names) == [Verdict(rank).label for rank in judged["verdict"]]
    assert ((names >= "File read") == (judged["verdict"] >= Verdict.FILE_READ)).all()


@pytest.mark.parametrize(
    ("columns", "expected_message"),
    [
        (
            {"score": [240, 520]},
            (
                "row 3, column score: must be a score from the same exam as range_low (235 by default) and range_floor "
                "(220 by default), but it is 520. Give range_low and range_floor too."
            ),
        ),
        (
            {"score": [240, 410], "range_low": [235, 235]},
            "row 3, column score: must be a score from the same exam as range_low and range_floor, but it is 410.",
        ),
        (
            {"score": [240, 240], "range_low": [235, 500]},
            "row 3, column range_low: must be a score from the same exam as score and range_floor, but it is 500.",
        ),
        (
            {"score": [520, 530], "range_low": [500, 500], "range_floor": [400, 220]},
            "row 3, column range_floor: must be a score from the same exam as score and range_low, but it is 220.",
        ),
        (
            {"score": [520, 240], "range_low": [500, 500], "range_floor": [400, 400]},
            "row 3, column score: must be a score from the same exam as range_low and range_floor, but it is 240.",
        ),
    ],
)
def test_scores_from_two_exams_in_a_frame_are_rejected(columns: dict[str, list[int]], expected_message: str) -> None:
    """The error names the first such row and the score that doesn't fit, as in `judge`."""
    frame = pd.DataFrame(columns)
    with pytest.raises(CaseError) as caught:
        judge_frame(frame)
    assert str(caught.value) == expected_message
    with pytest.raises(CaseError) as alone:
        judge(Case(**{name: values[1] for name, values in columns.items()}))
    assert alone.value.field == caught.value.field


def test_an_unknown_reading_is_rejected() -> None:
    """The error is the same as for a single case."""
    with pytest.raises(CaseError) as caught:
        judge_frame(frame_of(CASES[:1]), "nope")
    with pytest.raises(CaseError) as alone:
        judge(CASES[0], "nope")
    assert str(caught.value) == str(alone.value)


# ---- errors ----


def objects(*values: object) -> pd.Series:
    """Return a column of exactly these objects."""
    return pd.Series(list(values), dtype=object)


BLANK_SCORE = "must be filled in, but it is empty. Fill it in, or delete the row."
NEED_LIST = "language, local, track, coverage"
BAD: list[tuple[dict[str, Any], str]] = [
    ({"score": objects(240, 0)}, "row 3, column score: must be a whole number from 1 to 999, but it is 0."),
    ({"score": objects(240, 1000)}, "row 3, column score: must be a whole number from 1 to 999, but it is 1000."),
    ({"score": objects(1.5, 240)}, "row 2, column score: must be a whole number from 1 to 999, but it is 1.5."),
    ({"score": objects(240, None)}, f"row 3, column score: {BLANK_SCORE}"),
    ({"score": objects(True)}, "row 2, column score: must be a whole number from 1 to 999, but it is True."),
    ({"score": ["240", "abc"]}, "row 3, column score: must be a whole number from 1 to 999, but it is 'abc'."),
    ({"range_low": objects(1000)}, "row 2, column range_low: must be a whole number from 1 to 999, but it is 1000."),
    ({"failed_attempts": objects(-1)}, "row 2, column failed_attempts: must be a whole number of 0 or more, but it is -1."),
    ({"intensity": objects(11)}, "row 2, column intensity: must be a whole number from 0 to 10, but it is 11."),
    ({"track_record": objects(None, 4)}, "row 3, column track_record: must be a whole number from 0 to 3, but it is 4."),
    ({"scripted": ["true", "perhaps"]}, "row 3, column scripted: must be yes or no, but it is 'perhaps'."),
    ({"scripted": objects(True, 2)}, "row 3, column scripted: must be true or false, but it is 2."),
    ({"scripted": [1, 2]}, "row 3, column scripted: must be true or false, but it is 2."),
    (
        {"range_floor": [220, 236], "range_low": 235, "recommender": ["known_dean", "self"], "move": "formal_email"},
        (
            "row 3, column range_floor: must not be above the bottom of the program's range, 235, but it is 236. "
            "Lower it to 235 or less, or raise the bottom of the range to 236 or more."
        ),
    ),
    (
        {"phase": ["soap_lists", "soap_list"]},
        "row 3, column phase: must be one of soap_lists, groundwork, gap_filling, post_soap, but it is 'soap_list'.",
    ),
    ({"needs": ["local", "visa"]}, f"row 3, column needs: must hold only {NEED_LIST}, but it holds 'visa'."),
    ({"offers": objects({"visa"})}, f"row 2, column offers: must hold only {NEED_LIST}, but it holds 'visa'."),
    (
        {"range_floor": objects(220, 236), "range_low": 235},
        (
            "row 3, column range_floor: must not be above the bottom of the program's range, 235, but it is 236. "
            "Lower it to 235 or less, or raise the bottom of the range to 236 or more."
        ),
    ),
    (
        {"range_floor": objects(220, 236)},
        (
            "row 3, column range_floor: must not be more than range_low, which is 235 by default, but it is 236. "
            "Give range_low too."
        ),
    ),
    (
        {"range_low": [220, 215]},
        (
            "row 3, column range_low: must not be less than range_floor, which is 220 by default, but it is 215. "
            "Give range_floor too: 215 or less, such as 200."
        ),
    ),
    (
        {"recommender": ["known_dean", "self"]},
        (
            "row 3, column recommender: must come with the move direct_email, but it is 'self' and the move is not given "
            "(formal_email by default). Give the move too."
        ),
    ),
    (
        {"move": ["direct_email"]},
        (
            "row 2, column move: must come with the recommender self, but it is 'direct_email' and the recommender is not "
            "given (unconnected_faculty by default). Give the recommender too."
        ),
    ),
    (
        {"move": ["direct_email"], "recommender": ["known_dean"]},
        (
            "row 2, column move: direct_email is the student's own contact: it can be used only with the recommender 'self', "
            "but here the recommender is 'known_dean' and the move is 'direct_email'."
        ),
    ),
    (
        {"scores": [250], "specifics": [True]},
        (
            "column score: is missing, but 'scores' looks like it and has the same kind of values. Rename that column to "
            "score, or to something completely different if it means something else."
        ),
    ),
]


@pytest.mark.parametrize(("columns", "message"), BAD, ids=[message[:45] for _, message in BAD])
def test_the_error_for_an_invalid_value_gives_its_column_and_row(columns: dict[str, Any], message: str) -> None:
    """It also says what's allowed, and quotes the value."""
    with pytest.raises(CaseError) as caught:
        judge_frame(pd.DataFrame(columns))
    assert str(caught.value) == message


def test_the_error_names_a_row_by_its_label() -> None:
    """The label comes from the frame's own index, if there is one."""
    frame = pd.DataFrame({"phase": ["soap_lists", "never"]}, index=["ann", "ben"])
    with pytest.raises(CaseError, match=r"^row 3 \(ben\), column phase: must be one of "):
        judge_frame(frame)


def test_a_column_that_appears_twice_is_rejected() -> None:
    """If two columns are for the same field, neither is taken to be the right one."""
    with pytest.raises(CaseError) as caught:
        judge_frame(pd.DataFrame([[240, 250]], columns=["score", "score"]))
    assert str(caught.value) == (
        "column score: appears more than once: 'score', 'score'. Keep the right one, and rename or delete the others."
    )


@pytest.mark.parametrize(("what", "found"), [({"score": [240]}, "'dict'"), (Case(), "'Case'"), (None, "'NoneType'")])
def test_something_other_than_a_frame_is_rejected(what: object, found: str) -> None:
    """The error gives its type."""
    with pytest.raises(CaseError) as caught:
        judge_frame(what)  # type: ignore[arg-type]
    assert str(caught.value) == f"frame: must be a pandas DataFrame, but it is {found}."


@given(data=st.data(), some=st.lists(cases(), min_size=2, max_size=4))
def test_an_invalid_row_is_found_wherever_it_is(data: st.DataObject, some: list[Case]) -> None:
    """A single invalid value in a frame gets an error with its column and row, like that of its case."""
    name = data.draw(st.sampled_from(FIELDS))
    row = data.draw(st.integers(0, len(some) - 1))
    frame = frame_of(some).astype({name: object})
    frame.loc[row, name] = "spoilt"
    with pytest.raises(CaseError) as caught:
        judge_frame(frame)
    assert str(caught.value).startswith(f"row {row + 2}, column {name}: must ")
    assert str(caught.value).endswith("'spoilt'.")
    with pytest.raises(CaseError):
        Case.from_record(frame.loc[row].to_dict())


#: Values for an object column, which a frame must accept or reject like `Case.from_record`.
ODD: list[Any] = [
    ("score", 251),
    ("score", 251.0),
    ("score", "251"),
    ("score", "251.0"),
    ("score", "2.51e2"),
    ("score", "--5"),
    ("score", ""),
    ("score", float("nan")),
    ("score", float("inf")),
    ("score", [251]),
    ("score", np.int8(100)),
    ("score", np.float32(251)),
    ("score", np.True_),
    ("score", 10**30),
    ("failed_attempts", 3.0),
    ("failed_attempts", 2**40),
    pytest.param("failed_attempts", 10**30),
    ("failed_attempts", datetime(2027, 3, 15, tzinfo=UTC)),
    ("track_record", None),
    ("track_record", pd.NA),
    ("track_record", float("nan")),
    ("track_record", ""),
    ("scripted", True),
    ("scripted", np.False_),
    ("scripted", "False"),
    ("scripted", "TRUE"),
    ("scripted", ""),
    ("scripted", "yes"),
    ("scripted", 1),
    ("scripted", 0.0),
    ("scripted", {}),
    ("recommender", ""),
    ("recommender", " known_dean "),
    ("recommender", 3),
    ("recommender", {}),
    ("recommender", ["known_dean"]),
    ("needs", ["local", "track"]),
    ("needs", ("local",)),
    ("needs", "local | track"),
    ("needs", None),
    ("needs", 3),
    ("needs", {"local": 1}),
    ("needs", {"local|track"}),
]


@pytest.mark.parametrize(("field", "value"), ODD)
def test_a_frame_accepts_the_same_values_as_a_record(field: str, value: object) -> None:
    """An object column rejects all others with a CaseError."""
    frame = pd.DataFrame({field: objects(value, value)})
    error_alone = None
    try:
        alone = Case.from_record({field: value})
    except CaseError as error:
        error_alone = error
    if error_alone is None:
        assert answers(frame) == expected([alone] * 2)
    else:
        with pytest.raises(CaseError):
            judge_frame(frame)


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pd.array([240, None], dtype="Int64"), id="Int64 with a missing one"),
        pytest.param(pd.array([240.0, None], dtype="Float64"), id="Float64 with a missing one"),
        pytest.param(np.array([240.0, np.nan]), id="float64 with a missing one"),
        pytest.param(np.array([True, False]), id="bool"),
        pytest.param(pd.array([True, False], dtype="boolean"), id="boolean"),
        pytest.param(pd.Categorical([True, True]), id="category of flags"),
        pytest.param(pd.to_datetime(["1970-01-01T00:00:00.000000240"] * 2), id="dates"),
        pytest.param(pd.to_timedelta([240, 240], unit="ns"), id="times"),
        pytest.param(np.array([240 + 1j] * 2), id="complex"),
        pytest.param(np.array([2**63 + 1] * 2, dtype="uint64"), id="uint64"),
        pytest.param(pd.array([2**64 - 1, None], dtype="UInt64"), id="UInt64"),
    ],
)
def test_a_typed_column_without_scores_is_rejected(column: Any) -> None:
    """Missing values, flags, dates and complex numbers aren't scores, whatever the dtype."""
    with pytest.raises(CaseError):
        judge_frame(pd.DataFrame({"score": column}))


@pytest.mark.parametrize(
    ("name", "column", "found"),
    [
        ("score", [240, 1000], "1000"),
        ("score", [240, 241.5], "241.5"),
        ("score", [True, True], "True"),
        ("range_low", [235, 1236], "1236"),
    ],
)
def test_a_number_in_a_message_is_written_plainly(name: str, column: list[Any], found: str) -> None:
    """A value from a typed column is shown the way a reader would write it."""
    with pytest.raises(CaseError) as caught:
        judge_frame(pd.DataFrame({name: column}))
    assert str(caught.value).endswith(f"but it is {found}.")


def test_an_empty_column_of_the_wrong_type_gives_an_empty_frame() -> None:
    """Without rows, any dtype will do."""
    assert len(judge_frame(pd.DataFrame({"score": pd.Series([], dtype=bool)}))) == 0


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(
            np.array([1e30, 0.0]),
            id="float64",
        ),
        pytest.param(np.array([2**63 + 1, 0], dtype="uint64"), id="uint64"),
        pytest.param(np.array([2**40, 0]), id="int64"),
    ],
)
def test_a_count_over_a_billion_is_rejected(column: Any) -> None:
    """A count has no limit of its own, so cases and frames share this one."""
    with pytest.raises(CaseError, match="row 2, column failed_attempts: must be a whole number no higher than 1000000000"):
        judge_frame(pd.DataFrame({"failed_attempts": column}))
    most = pd.DataFrame({"failed_attempts": np.array([10**9, 0]).astype(column.dtype)})
    assert answers(most) == expected([Case(failed_attempts=10**9), Case()])


def test_a_blank_row_is_skipped_even_if_its_name_is_only_spaces() -> None:
    """The other rows keep their labels."""
    frame = pd.DataFrame({"name": ["Avery", " ", "Blake"], "score": [250, None, 230]})
    assert judge_frame(frame).index.tolist() == [0, 2]


def test_a_blank_row_is_a_default_case_if_every_column_has_a_default() -> None:
    frame = pd.DataFrame({"phase": ["soap_lists", None], "scripted": ["yes", None]})
    assert answers(frame) == expected([Case(scripted=True), Case()])


@pytest.mark.parametrize("rows", [0, 2, 5, 12])
def test_a_total_in_the_last_row_is_rejected_however_long_the_table_is(rows: int) -> None:
    frame = pd.DataFrame({"name": [*["Avery"] * rows, "Total"], "score": [250] * (rows + 1)})
    with pytest.raises(CaseError, match=rf"^row {rows + 2}: must be a row of the table, but it looks like a total"):
        judge_frame(frame)


def test_only_the_last_five_rows_can_be_totals() -> None:
    """Further up, a student can have such a name."""
    names = ["Avery", "Total", "Blake", "Casey", "Drew", "Emery", "Finley"]
    assert len(judge_frame(pd.DataFrame({"name": names, "score": 250}))) == 7
    with pytest.raises(CaseError, match="row 3: must be a row of the table"):
        judge_frame(pd.DataFrame({"name": names[:-1], "score": 250}))


@pytest.mark.parametrize(
    ("rows", "columns", "rule", "words"),
    [
        ([["Score", "Move"]], "xy", "sheet_no_column.header", "row 2 has"),
        ([["a", "b"], ["Score", "Move"]], "xy", "sheet_no_column.header", "row 3 has"),
        ([["a", "b"], ["c", "d"], ["Score", "Move"]], "xy", "sheet_no_column.header", "row 4 has"),
        ([["a", "b"]], "xy", "sheet_no_column", "none of the columns we recognize"),
        ([["Score", "Move"]], ["score", "score"], "sheet_twice", "appears more than once"),
    ],
)
def test_the_error_points_to_a_header_below_a_title_only_if_there_is_one(
    rows: list[list[str]], columns: Any, rule: str, words: str
) -> None:
    """If no column is a case's, a row that contains such names could be the header."""
    with pytest.raises(SheetError, match=words) as caught:
        judge_frame(pd.DataFrame(rows, columns=list(columns)))
    assert caught.value.problems[0].rule == rule


def test_an_unknown_track_record_is_not_a_number_of_interviews() -> None:
    """It is written as -1, in a column of any type."""
    for column in ([None, "1"], [np.nan, 1.0], pd.array([None, 1], dtype="Int64")):
        read = read_columns(pd.DataFrame({"track_record": column}))["track_record"]
        assert np.asarray(read).tolist() == [-1, 1]


def test_changed_rules_mean_the_same_for_columns_as_for_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rule of ours has only a set as its condition, or anything but the best verdict where none of a stage's rules holds."""
    rows = [row._replace(allows="maybe") if row.rule == "some_lever" else row for row in load_rules()]
    changes = (ReadingChange("vouch_is_enough", "condition", "need_met", "needs"),)
    monkeypatch.setattr(rules, "load_rules", lambda: tuple(rows))
    monkeypatch.setattr(rules, "load_reading_changes", lambda: changes)
    book = rules.rule_book.__wrapped__("vouch_is_enough")
    monkeypatch.setattr(dataframe, "rule_book", lambda _: book)
    monkeypatch.setattr(dataframe, "_program", dataframe._program.__wrapped__)
    caps = judge_columns(read_columns(frame_of(CASES)), len(CASES), None)[1]
    assert np.transpose(caps).tolist() == [[int(cap) for cap in book.outcome(case).caps] for case in CASES]
    assert any(case.needs for case in CASES)
