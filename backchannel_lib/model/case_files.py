"""Saving a case as JSON and loading it again, also from a table with one row."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from backchannel_lib.base.errors import CaseError, CaseFileError
from backchannel_lib.base.files import write_file
from backchannel_lib.model.case import Case
from backchannel_lib.model.case_table import CASE_COLUMNS, clash_with_defaults, columns_found, read_table
from backchannel_lib.model.cells import is_blank

FORMAT: Final = 1  # raised when a field changes its meaning; a new field with a default needs no new format


def case_to_text(case: Case) -> str:
    """Write a case as the text of a case file.

    Args:
        case: The case.

    Returns:
        JSON: the format's number, and one flat record.

    Examples:
        >>> case_from_text(case_to_text(Case(score=251))).score
        251
    """
    return json.dumps({"backchannel_case": FORMAT, **case.to_record()}, indent=2) + "\n"


def case_from_text(text: str, name: str = "case file") -> Case:
    """Read a case from the text of a case file.

    A file of an older format loads: a record without a format's number is the oldest one, and a field that is not in it
    takes its default.

    Args:
        text: The text.
        name: What to call the file in an error.

    Returns:
        The case.

    Raises:
        CaseFileError: The text is no case file, or one of a newer format.
        CaseError: A field in it breaks a rule.

    Examples:
        >>> case_from_text('{"score": 228}').score
        228
    """
    head = text.strip("\ufeff \t\r\n")
    if not head.startswith(("{", "[")) and "\n" in head and columns_found(text, CASE_COLUMNS):
        return case_from_table(text, name)
    try:
        record = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise CaseFileError(name, "not_json", text) from None
    if not isinstance(record, dict):
        raise CaseFileError(name, "not_a_record", record)
    version = record.pop("backchannel_case", 0)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise CaseFileError(name, "bad_format", version)
    if version > FORMAT:
        raise CaseFileError(name, "newer_file", version, known=FORMAT)
    return Case.from_record(record)


def case_from_table(source: str | bytes, name: str = "case file") -> Case:
    r"""Read a case from a table with one row below its header.

    Args:
        source: The content of a CSV or .xlsx file.
        name: What to call the file in an error.

    Raises:
        SheetError: It is no table of cases, or a cell breaks its rule.
        CaseError: It has more rows or none, or its values do not go together.

    Examples:
        >>> case_from_table("Score;Recommender\n228;Known dean\n").recommender
        'known_dean'
    """
    table = read_table(source, CASE_COLUMNS, name)
    if len(table.rows) != 1:
        raise CaseError(name, "not_one_row", len(table.rows))
    row = table.rows[0]
    given = {column for column in row.values if not is_blank(row.cells[column])}
    values = {**{column: field.default for column, field in Case.fields().items()}, **row.values}
    clash = clash_with_defaults(values, given)
    if clash is not None:
        raise clash
    return Case(**values)


def _no_constant(word: str) -> Any:
    raise ValueError(word)  # JSON has no NaN or Infinity


def file_path(path: str | os.PathLike[str]) -> Path:
    """Return a path as a `Path`; what names no file raises `CaseError`."""
    try:
        file = Path(path)
    except TypeError:
        raise CaseError("path", "path", path) from None
    if "\0" in str(file):  # no file's name has one, and the system refuses it with a trace
        raise CaseError("path", "path", path)
    return file


def load_case(path: str | os.PathLike[str]) -> Case:
    """Load a case from a file; the file is never changed.

    Args:
        path: The file.

    Returns:
        The case.

    Raises:
        CaseFileError: The file cannot be read, is no case file, or was saved by a newer version.
        CaseError: ``path`` names no file, or a field in the file breaks a rule.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_case(Case(score=251), Path(folder) / "mine.json")
        ...     load_case(Path(folder) / "mine.json").score
        251
    """
    file = file_path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CaseFileError(file.name, "unreadable", error.strerror or str(error)) from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        if columns_found(content, CASE_COLUMNS):
            return case_from_table(content, file.name)
        raise CaseFileError(file.name, "not_json", "bytes that are no text") from None
    return case_from_text(text, file.name)


def save_case(case: Case, path: str | os.PathLike[str]) -> None:
    """Save a case to a file, whole or not at all: what was there before stays until the new text is complete.

    Args:
        case: The case.
        path: The file; an existing one is replaced.

    Raises:
        CaseError: ``case`` is no case, or ``path`` names no file.
        CaseFileError: The file cannot be written.

    Examples:
        >>> save_case(Case(), "/no/such/folder/mine.json")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseFileError: mine.json: could not be written: ...
    """
    if not isinstance(case, Case):
        raise CaseError("case", "not_a_case", case)
    write_file(file_path(path), case_to_text(case))
