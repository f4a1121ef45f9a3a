"""Save a case as JSON, and load it again from JSON or from a one-row table."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError, CaseFileError
from backchannel_lib.base.files import read_bytes, write_file
from backchannel_lib.base.formatting import printable, suggestions
from backchannel_lib.model.case import Case
from backchannel_lib.model.case_table import CASE_COLUMNS, clash_with_defaults, columns_found, read_table
from backchannel_lib.model.cells import is_blank
from backchannel_lib.model.possible import MAY_BE_UNKNOWN, UNKNOWN, check_unknown, replace_known

NEWEST_FORMAT: Final = 2  # goes up when a field changes its meaning; a new field with a default doesn't need a new format
SHEET_PREFIX: Final = "sheet_"  # marks the fields that only the sheet asks for
SHEET_FIELDS: Final = tuple(SHEET_PREFIX + name for name in ("name", "program", "topics"))  # those that a file can hold
FORMAT_WITHOUT_UNKNOWN: Final = 1  # for a case with no unknown fields, so that older versions can read it too


class SavedCase(NamedTuple):
    """A case as stored in a file.

    Args:
        case: The case, with a placeholder that passes its checks in each unknown field.
        unknown: The unknown fields, from `MAY_BE_UNKNOWN`.
        sheet: What the student entered only for the sheet; the keys are `SHEET_FIELDS`.

    Examples:
        >>> saved_case_from_text('{"backchannel_case": 2, "sponsors_visas": "unknown"}').unknown
        ('sponsors_visas',)
    """

    case: Case
    unknown: tuple[str, ...] = ()
    sheet: Mapping[str, str] = MappingProxyType({})

    @property
    def record(self) -> dict[str, Any]:
        """The case as a flat record, with ``unknown`` as the value of each unknown field."""
        return {**self.case.to_record(), **dict.fromkeys(self.unknown, UNKNOWN)}


def saved_case_to_text(saved: SavedCase) -> str:
    """Return the content of a case file, including the unknown fields and the student's entries for the sheet.

    Examples:
        >>> saved_case_from_text(saved_case_to_text(SavedCase(Case(score=251), ("needs",)))).unknown
        ('needs',)
    """
    sheet = {name: value for name, value in saved.sheet.items() if value}
    if not saved.unknown and not sheet:
        return case_to_text(saved.case)
    record = {"backchannel_case": NEWEST_FORMAT, **saved.record, **sheet}
    return json.dumps(record, indent=2) + "\n"


def case_to_text(case: Case) -> str:
    """Return the content of a case file for a case.

    Returns:
        JSON with the format number and one flat record.

    Examples:
        >>> case_from_text(case_to_text(Case(score=251))).score
        251
    """
    return json.dumps({"backchannel_case": FORMAT_WITHOUT_UNKNOWN, **case.to_record()}, indent=2) + "\n"


def case_from_text(text: str, name: str = "case file") -> Case:
    """Read a case from the content of a case file.

    Files in older formats load too: a record without a format number is the oldest format, and missing fields take their
    defaults.

    Args:
        text: The file's content.
        name: The file's name in error messages.

    Raises:
        CaseFileError: The text isn't a case file, or its format is newer than this version.
        CaseError: A field breaks a rule or is unknown; `saved_case_from_text` reads files with unknown fields.

    Examples:
        >>> case_from_text('{"score": 228}').score
        228
    """
    saved = saved_case_from_text(text, name)
    if saved.unknown:
        raise CaseError(saved.unknown[0], "case_is_open", UNKNOWN, fields=", ".join(saved.unknown))
    return saved.case


def saved_case_from_text(text: str, name: str = "case file") -> SavedCase:
    """Read a case from the content of a case file, with its unknown fields and the student's entries for the sheet.

    Args:
        text: The file's content; every value in an older format counts as known.
        name: The file's name in error messages.

    Raises:
        CaseFileError: The text isn't a case file, or its format is newer than this version.
        CaseError: A field breaks a rule.

    Examples:
        >>> saved_case_from_text('{"score": 228}').unknown
        ()
    """
    head = text.strip("\ufeff \t\r\n")
    if not head.startswith(("{", "[")) and "\n" in head and columns_found(text, CASE_COLUMNS):
        return SavedCase(case_from_table(text, name))
    try:
        record = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise CaseFileError(name, "not_json", text) from None
    if not isinstance(record, dict):
        raise CaseFileError(name, "not_a_record", record)
    version = record.pop("backchannel_case", 0)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise CaseFileError(name, "bad_format", version)
    if version > NEWEST_FORMAT:
        raise CaseFileError(name, "newer_file", version, known=NEWEST_FORMAT)
    sheet = {key: record.pop(key) for key in SHEET_FIELDS if key in record}
    for value in sheet.values():
        if not isinstance(value, str):
            raise CaseFileError(name, "bad_sheet", value)
    return SavedCase(*case_from_open_record(record), MappingProxyType(printable(sheet)))


def case_from_open_record(record: Mapping[str, object]) -> tuple[Case, tuple[str, ...]]:
    """Read a case from a flat record that can have unknown fields; return it with their names.

    Raises:
        CaseError: A field does not exist or breaks a rule.

    Examples:
        >>> case_from_open_record({"range_low": "unknown", "range_floor": 240})[0].range_low
        240
    """
    unknown = check_unknown([field for field, value in record.items() if value == UNKNOWN and field in MAY_BE_UNKNOWN])
    known = {field: value for field, value in record.items() if field not in unknown}
    if not unknown:
        return Case.from_record(known), ()
    fields = Case.fields()
    for field in known.keys() - fields.keys():
        raise CaseError(field, "unknown_field", known[field], known=suggestions(field, fields))
    values = {field: fields[field].read(value) for field, value in known.items()}
    rest = {field: fields[field].default for field in fields if field not in unknown}
    return replace_known(Case(), unknown, **{**rest, **values}), unknown


def case_from_table(source: str | bytes, name: str = "case file") -> Case:
    r"""Read a case from a table with exactly one row below its header.

    Args:
        source: The content of a CSV or .xlsx file.
        name: The file's name in error messages.

    Raises:
        SheetError: The content isn't a table of cases, or a cell breaks its rule.
        CaseError: The table doesn't have exactly one row, or its values conflict.

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
    """Return a path as a `Path`; raise `CaseError` if it can't name a file."""
    try:
        file = Path(path)
    except TypeError:
        raise CaseError("path", "path", path) from None
    if "\0" in str(file) or not file.name:  # a file name can't contain a NUL, and the system would fail with a traceback
        raise CaseError("path", "path", path)
    return file


def load_case(path: str | os.PathLike[str]) -> Case:
    """Load a case from a file without changing the file.

    Raises:
        CaseFileError: The file can't be read, isn't a case file, or comes from a newer version.
        CaseError: ``path`` doesn't name a file, or a field breaks a rule or is unknown; `load_saved_case` reads files with
            unknown fields.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_case(Case(score=251), Path(folder) / "mine.json")
        ...     load_case(Path(folder) / "mine.json").score
        251
    """
    return case_from_text(*_content(path))


def load_saved_case(path: str | os.PathLike[str]) -> SavedCase:
    """Load a case and its unknown fields from a file, for use with `judge_open`.

    Raises:
        CaseFileError: As in `load_case`.
        CaseError: ``path`` doesn't name a file, or a field in the file breaks a rule.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "mine.json").write_text('{"score": 251, "sponsors_visas": "unknown"}')
        ...     load_saved_case(Path(folder) / "mine.json").unknown
        ('sponsors_visas',)
    """
    return saved_case_from_text(*_content(path))


def _content(path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return a file's content and name, converting a table to the content of a case file."""
    file = file_path(path)
    content = read_bytes(file)
    try:
        return content.decode("utf-8"), file.name
    except UnicodeDecodeError:
        if columns_found(content, CASE_COLUMNS):
            return case_to_text(case_from_table(content, file.name)), file.name
        raise CaseFileError(file.name, "not_json", "bytes that are no text") from None


def save_case(case: Case, path: str | os.PathLike[str]) -> None:
    """Save a case to a file atomically: the old content stays until the new one is complete.

    Args:
        case: The case.
        path: The file to write; an existing file is replaced.

    Raises:
        CaseError: ``case`` is not a `Case`, or ``path`` doesn't name a file.
        CaseFileError: The file can't be written.

    Examples:
        >>> save_case(Case(), "/no/such/folder/mine.json")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseFileError: mine.json: could not be written: ...
    """
    if not isinstance(case, Case):
        raise CaseError("case", "not_a_case", case)
    write_file(file_path(path), case_to_text(case))
