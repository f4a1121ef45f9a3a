"""Judge whole tables with `judge_frame`: the same rules applied to columns, for a class or for a million rows.

It uses the same rule rows as `judge`, so no rule is written twice. The conditions are compiled once to NumPy expressions on
whole columns, and a subexpression that several conditions share is computed only once. Columns are processed in chunks that
stay in the CPU cache.
"""

from __future__ import annotations

import ast
import functools
import os
import warnings
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any, Final, NamedTuple, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from backchannel_lib.base.errors import CaseError, SheetError, SheetProblem
from backchannel_lib.base.files import read_bytes
from backchannel_lib.base.spreadsheet import read_sheet, squeeze
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_files import file_path
from backchannel_lib.model.case_table import (
    CASE_COLUMNS,
    LAST_ROWS,
    Header,
    Problems,
    clash_with_defaults,
    is_summary,
    read_header,
    refuse_lookalikes,
    refuse_planners_own,
)
from backchannel_lib.model.cells import is_blank
from backchannel_lib.model.exams import SCORES, check_one_exam, step2_top
from backchannel_lib.model.rules import check_reading, rank_of, rule_book
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Verdict

Array: TypeAlias = npt.NDArray[Any]

CHUNK: Final = 16_384  # rows at a time, so that intermediate results stay in the CPU cache
BEST: Final = max(Verdict).value


class CaseTableWarning(UserWarning):
    """Warns that a column is ignored although its name resembles a field's."""


def judge_frame(frame: pd.DataFrame, reading: str | None = None) -> pd.DataFrame:
    """Judge every row of a frame from a spreadsheet or from Python.

    Args:
        frame: One row per case and one column per field, named after the field (``range_low``, ``Range Low``) or by its label
            on screen. A missing column or a blank cell means the default, but a blank score is an error. Flags can be yes or
            no, sets ``"language, local"``. Other columns are kept, and a warning names those that look like a field. A Dask
            DataFrame is judged one partition at a time, each as its own table, by any scheduler.
        reading: Name of a reading, or None for the defaults.

    Returns:
        A new frame: the same columns, then ``verdict`` (a rank, 0 to 8), ``verdict_label`` (an ordered categorical of the nine
        labels, lowest first) and one column per stage with its cap (0 to 8), named after the stage. Existing columns with these
        names are replaced, and empty rows are dropped.

    Raises:
        SheetError: No column is a field, or values break a field's rule, conflict with a default, or are scores from two exams.
            The message names the spreadsheet's row (the header is row 1), the column, the value and what to do.
        CaseError: ``frame`` isn't a DataFrame, or no reading has this name.

    Source:
        data/rules.csv, as in `judge`.

    Examples:
        >>> frame = pd.DataFrame(
        ...     {
        ...         "Score": [250, 210],
        ...         "recommender": ["Trusted Peer", "self"],
        ...         "specifics": ["yes", "no"],
        ...         "move": ["targeted_call", "direct_email"],
        ...     }
        ... )
        >>> judge_frame(frame)[["verdict", "verdict_label"]].values.tolist()
        [[7, 'Phone interview'], [1, 'Ignored']]
    """
    checked = check_reading(reading)
    if type(frame).__module__.startswith("dask."):
        parts: Any = frame
        judged = parts.map_partitions(judge_frame, checked, meta=judge_frame(parts._meta, checked))  # noqa: SLF001
        return cast("pd.DataFrame", judged)
    if not isinstance(frame, pd.DataFrame):
        raise CaseError("frame", "frame_type", type(frame).__name__)
    judged = _without_blank_rows(frame)
    verdict, caps = judge_columns(read_columns(judged), len(judged), checked)
    judged["verdict"] = verdict
    judged["verdict_label"] = pd.Categorical.from_codes(verdict, pd.Index([each.label for each in Verdict]), ordered=True)
    for stage, cap in zip(STAGES, caps, strict=True):
        judged[stage] = cap
    return judged


def read_cases(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a class list from a CSV or .xlsx file into a frame for `judge_frame`.

    Args:
        path: The file; CSV in any common encoding, separated by commas, semicolons or tabs.

    Returns:
        The cells as text, with the file's own columns; the index, ``row``, is the spreadsheet's row number. A warning explains
        any guess about how to read the file.

    Raises:
        CaseFileError: The file can't be read.
        SheetError: The file doesn't contain a table of cases.

    Examples:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "students.csv"
        ...     _ = file.write_text("Name;Score\nAvery;251\n")
        ...     judge_frame(read_cases(file))[["Name", "verdict_label"]].values.tolist()
        [['Avery', 'Skimmed']]
    """
    file = file_path(path)
    sheet = read_sheet(read_bytes(file), name=file.name, known=lambda cell: CASE_COLUMNS.name_of(cell) is not None)
    read_header(sheet.header, CASE_COLUMNS, file.name, sheet.header_row, sheet.rows[0][1] if sheet.rows else ())
    for note in sheet.notes:
        warnings.warn(note, CaseTableWarning, stacklevel=2)
    index = pd.Index([number for number, _ in sheet.rows], dtype=int, name=ROW)
    return pd.DataFrame([cells for _, cells in sheet.rows], index=index, columns=list(sheet.header), dtype="str")


ROW: Final = "row"  # name of an index of spreadsheet rows


def read_columns(frame: pd.DataFrame) -> dict[str, Array | int]:
    """Check a frame's columns and return them as compact arrays.

    Args:
        frame: As in `judge_frame`.

    Returns:
        By field: integers for numbers (-1 for a missing ``track_record``), bytes 0 and 1 for flags, the level's index for
        choices, and a bitmask of the levels for sets; a single int if the field has no column.

    Raises:
        SheetError: As in `judge_frame`.

    Examples:
        >>> read_columns(pd.DataFrame({"needs": ["local|track", ""]}))["needs"].tolist()
        [6, 0]
    """
    header = _header_of(frame)
    columns: dict[str, Array | int] = {}
    problems = Problems("")
    for name, field in Case.fields().items():
        place = header.places.get(name)
        if place is None:
            columns[name] = _encode(field, field.default)
            continue
        column = frame.iloc[:, place]
        columns[name], bad = _read_column(field, column)
        if bad is not None and bad.any():
            at = np.flatnonzero(bad)
            known: dict[tuple[type, object], CaseError] = {}
            for row, value in zip(_rows_of(frame, at), column.iloc[at], strict=True):
                key = _known_as(value)
                if key not in known:
                    known[key] = _problem_of(field, value)
                problems.add(row, header.headers[name], known[key])
    _check_sums(frame, header, problems)
    problems.raise_any()
    _check_together(frame, header, columns, problems)
    problems.raise_any()
    return columns


def _header_of(frame: pd.DataFrame) -> Header:
    headers = list(frame.columns)
    try:
        header = read_header(headers, CASE_COLUMNS, first=[*frame.iloc[0]] if len(frame) else ())
    except SheetError as error:
        for at in range(min(len(frame), LAST_ROWS)):
            known = any(CASE_COLUMNS.name_of(cell) is not None for cell in frame.iloc[at])
            if known and error.rule == "sheet_no_column":  # the real header is below a title
                raise SheetError("", [SheetProblem("sheet_no_column.header", None, details={"row": at + 2})]) from None
        raise
    refuse_planners_own(header, headers)
    for note in refuse_lookalikes(header, headers, CASE_COLUMNS, lambda place: _different(frame.iloc[:, place])):
        warnings.warn(note, CaseTableWarning, stacklevel=4)
    return header


def _rows_of(frame: pd.DataFrame, places: Array) -> list[object]:
    """Number rows like a spreadsheet whose header is row 1, and add the row's label if it has one."""
    labels = frame.index[places].tolist()
    if frame.index.name == ROW:
        return labels
    if frame.index.dtype.kind in "iu":
        return [label + 2 for label in labels]
    return [f"{at + 2} ({label})" for at, label in zip(places.tolist(), labels, strict=True)]


def _row_of(frame: pd.DataFrame, at: int) -> object:
    (row,) = _rows_of(frame, np.array([at]))
    return row


def _without_blank_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop empty rows if the frame has scores or a column we don't know, since no real case leaves those blank."""
    names = set(map(CASE_COLUMNS.name_of, frame.columns))
    blank: Any = np.full(len(frame), len(frame.columns) > 1 and bool(names & {"score", None}))
    for place in sorted(range(frame.shape[1]), key=lambda place: frame.dtypes.iloc[place].kind not in "iub"):
        if not blank.any():
            break
        column = frame.iloc[:, place]
        missing = column.isna().to_numpy(dtype=bool)
        if column.dtype.kind == "O":
            spaces = (isinstance(cell, str) and not squeeze(cell) for cell in column)
            missing = np.logical_or(missing, np.fromiter(spaces, bool, len(column)))
        blank = np.logical_and(blank, missing)
    return (frame[~blank] if blank.any() else frame).copy(deep=False)


def _different(column: pd.Series[Any]) -> Iterable[object]:
    """Return the distinct values of a column, or all of them if they can't be hashed."""
    try:
        return cast("Iterable[object]", column.unique())
    except TypeError:  # lists or sets
        return column


def _encode(field: Field, value: object) -> int:
    if field.kind == "choice":
        return field.levels.index(cast("str", value))
    if field.kind == "set":
        return sum(1 << place for place, level in enumerate(field.levels) if level in cast("frozenset[str]", value))
    return -1 if value is None else int(cast("int", value))


def _problem_of(field: Field, value: object) -> CaseError:
    """Return the error for one cell, worded as `Case` would word it."""
    try:
        field.read(value)
    except CaseError as error:
        return error
    raise AssertionError("a cell was refused that a case would take")


def _read_column(field: Field, column: pd.Series[Any]) -> tuple[Array, Array | None]:
    """Read a column by its dtype, and report which rows break its rule; text is read once per distinct value."""
    dtype = column.dtype
    if field.kind == "flag" and isinstance(dtype, np.dtype) and dtype.kind == "b":
        return column.to_numpy().view(np.uint8), None
    if field.kind == "number" and dtype.kind in "iu":
        return _read_integers(field, column)
    if field.kind == "number" and dtype.kind == "f":
        return _read_floats(field, column)
    if isinstance(dtype, pd.CategoricalDtype):
        return _read_places(field, column.cat.codes.to_numpy(), list(column.cat.categories))
    if dtype.kind == "O":  # use keys that distinguish True from 1, although they are equal
        known: dict[tuple[type, object], int] = {}
        places = np.fromiter((known.setdefault(_known_as(value), len(known)) for value in column), np.intp, len(column))
        firsts = np.unique(places, return_index=True)[1]
        return _read_places(field, places, [column.iloc[at] for at in firsts])
    places, uniques = pd.factorize(column)
    return _read_places(field, places, list(uniques))


def _known_as(value: object) -> tuple[type, object]:
    try:
        hash(value)
    except TypeError:
        return type(value), repr(value)  # a list or a set
    return type(value), value


def _read_places(field: Field, places: Array, values: list[Any]) -> tuple[Array, Array | None]:
    """Read each distinct value of a column once; position -1 stands for a missing value."""
    codes = []
    for value in [*values, None]:
        try:
            codes.append(_encode(field, field.read(value)))
        except CaseError:
            codes.append(_BAD)
    read: Array = np.array(codes, dtype=np.int64 if field.kind == "number" else np.int8)[places]
    return read if field.kind == "number" else read.view(np.uint8), read == _BAD if _BAD in codes else None


_BAD: Final = np.iinfo(np.int8).min  # no field is ever encoded as this


def _read_integers(field: Field, column: pd.Series[Any]) -> tuple[Array, Array | None]:
    low, high = field.low, field.most
    # The largest unsigned numbers become negative, which isn't allowed either.
    numbers = column.to_numpy(dtype=np.int64, na_value=_BAD) if column.hasnans else column.to_numpy(dtype=np.int64)
    if not numbers.size or (numbers.min() >= low and numbers.max() <= high):  # cheaper than storing a million comparisons
        return numbers, None
    missing = np.logical_and(column.isna().to_numpy(), field.blank_is_default)
    bad = np.clip(numbers, low, high) != numbers
    bad[missing] = False
    return np.where(missing, _encode(field, field.default), numbers), bad


def _read_floats(field: Field, column: pd.Series[Any]) -> tuple[Array, Array | None]:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.logical_and(np.isnan(values), field.blank_is_default)
    bad = np.logical_or(np.clip(np.floor(values), field.low, field.most) != values, np.signbit(values))
    bad[missing] = False
    values = np.where(np.logical_or(missing, bad), _encode(field, field.default), values)
    return values.astype(np.int64), bad


def _check_sums(frame: pd.DataFrame, header: Header, problems: Problems) -> None:
    """Reject a row at the end that has a total in an unknown column."""
    for at in range(len(frame))[-LAST_ROWS:]:
        cells = [frame.iat[at, place] for place in header.others]  # noqa: PD009 (by position, because headers can repeat)
        found = is_summary([str(frame.index[at]) if frame.index.dtype.kind == "O" else None, *cells])
        if found is not None:
            problems.only(_row_of(frame, at), CaseError("", "sheet_summary", found))


def _check_together(frame: pd.DataFrame, header: Header, columns: dict[str, Array | int], problems: Problems) -> None:
    """Check the rules between fields that `Case` and `judge` check."""
    rows = len(frame)
    fields = Case.fields()
    level2 = {name: np.greater(columns[name], step2_top()) for name in SCORES}
    one, two, three = level2.values()
    above = np.greater(columns["range_floor"], columns["range_low"])
    own = np.equal(columns["recommender"], fields["recommender"].levels.index("self"))
    direct = np.equal(columns["move"], fields["move"].levels.index("direct_email"))
    bad = np.broadcast_to(functools.reduce(np.logical_or, (above, own != direct, one != two, two != three)), rows)
    for at in np.flatnonzero(bad).tolist():
        cells = {name: frame.iloc[at, place] for name, place in header.places.items() if name in _TOGETHER}
        given = {name for name, cell in cells.items() if not is_blank(cell)}
        values: dict[str, Any] = {
            name: fields[name].read(cells[name]) if name in given else fields[name].default for name in _TOGETHER
        }
        try:
            check_one_exam(Case(**values))
        except CaseError as error:
            clearest = clash_with_defaults(values, given) or error
        problems.add(_row_of(frame, at), header.headers.get(clearest.field, clearest.field), clearest)


_TOGETHER: Final = (*SCORES, "recommender", "move")


def judge_columns(
    columns: Mapping[str, Array | int], rows: int, reading: str | None
) -> tuple[npt.NDArray[np.int8], tuple[npt.NDArray[np.int8], ...]]:
    """Judge the columns from `read_columns`, statelessly, so that you can judge a frame in parts.

    Args:
        columns: By field, an array of ``rows`` numbers, or one number for all rows.
        rows: The number of rows.
        reading: Name of a reading, or None for the defaults.

    Returns:
        The verdicts and the caps of the five stages, as ranks from 0 to 8, each of shape ``(rows,)``.

    Source:
        data/rules.csv.

    Examples:
        >>> judge_columns(read_columns(pd.DataFrame({"score": [250]})), 1, None)[0].tolist()
        [2]
    """
    program = _program(reading)
    verdict = np.empty(rows, dtype=np.int8)
    caps = tuple(np.empty(rows, dtype=np.int8) for _ in STAGES)
    for start in range(0, rows, CHUNK):
        chunk = slice(start, min(start + CHUNK, rows))
        space: dict[str, Any] = {name: _part(name, columns[name], chunk) for name in program.fields}
        exec(program.code, {}, space)  # noqa: S102 - checked trees from our own tables
        for cap, stage in zip(caps, program.stages, strict=True):
            points: Any = np.zeros(chunk.stop - start, dtype=np.uint8)
            for name, priority in stage.rules:
                np.maximum(points, space[name].view(np.uint8) * np.uint8(priority), out=points)
            cap[chunk] = points - 1 if stage.highest else BEST + 1 - points
            np.copyto(cap[chunk], stage.otherwise, where=points == 0)
        np.minimum.reduce([cap[chunk] for cap in caps], out=verdict[chunk])
    return verdict, caps


class StageProgram(NamedTuple):
    """How a stage's cap follows from its conditions.

    Args:
        rules: For each rule, the name of its condition's result and its priority from 1, where the highest one decides the cap.
        highest: Whether the highest of the rules that hold decides, instead of the lowest.
        otherwise: The cap if no rule holds.
    """

    rules: tuple[tuple[str, int], ...]
    highest: bool
    otherwise: int


class Program(NamedTuple):
    """A rule book for columns.

    Args:
        code: Computes every condition from the columns of its fields, and each shared subexpression only once.
        fields: The fields that it reads.
        stages: How each stage's cap follows, in the order of ``STAGES``.
    """

    code: CodeType
    fields: tuple[str, ...]
    stages: tuple[StageProgram, ...]


@functools.cache
def _program(reading: str | None) -> Program:
    book = rule_book(reading)
    lines: dict[str, str] = {}
    stages = []
    for stage in STAGES:
        highest = stage in book.highest
        rules, otherwise = [], BEST
        for rule, tree in zip(book.rules, book.trees, strict=True):
            rank = rank_of(rule.allows)
            if rule.stage == stage and tree is None:
                otherwise = rank
            elif rule.stage == stage and tree is not None:
                rules.append((_on_columns(tree, lines), rank + 1 if highest else BEST + 1 - rank))
        stages.append(StageProgram(tuple(rules), highest, otherwise))
    code = compile("\n".join(f"{name} = {line}" for line, name in lines.items()), "<conditions>", "exec")
    read = {*code.co_names, *(name for stage in stages for name, _ in stage.rules)}
    return Program(code, tuple(name for name in Case.fields() if name in read), tuple(stages))


def _on_columns(node: ast.expr, lines: dict[str, str]) -> str:
    """Add a condition to a program unless it is already there, and return the name of its result."""
    match node:
        case ast.BoolOp(op=op, values=values):
            line = (" & " if isinstance(op, ast.And) else " | ").join(_on_columns(value, lines) for value in values)
        case ast.UnaryOp(operand=operand):
            line = f"~{_on_columns(operand, lines)}"
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() | ast.In() | ast.NotIn() as op], comparators=[right]
        ):
            levels = right.elts if isinstance(right, ast.Tuple) else [right]
            places = [Case.fields()[name].levels.index(cast("ast.Name", level).id) for level in levels]
            line = " | ".join(f"({name} == {place})" for place in places)
            if isinstance(op, ast.IsNot | ast.NotIn):
                line = f"~({line})"
        case ast.Name(id=name) if Case.fields()[name].kind == "flag":
            return name
        case ast.Name() | ast.BinOp():  # a set, or the intersection of two sets
            line = f"({ast.unparse(node)}) != 0"
        case _:
            line = ast.unparse(node)
    return lines.setdefault(line, f"_{len(lines)}")


def _part(name: str, column: Array | int, chunk: slice) -> Any:
    """Return a chunk of a column with the dtype that a program expects."""
    if Case.fields()[name].kind == "flag":
        return np.bool_(column) if isinstance(column, int) else column[chunk].view(np.bool_)
    return np.int64(column) if isinstance(column, int) else column[chunk]
