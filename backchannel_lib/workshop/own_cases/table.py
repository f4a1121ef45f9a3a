"""A facilitator's own table, checked completely and written atomically, so that nothing is missing during a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from backchannel_lib.activities.own import key_of
from backchannel_lib.activities.saved_answers import folder, prepared_folder
from backchannel_lib.base.errors import CaseError, SheetError, SheetProblem
from backchannel_lib.base.files import locked, write_file
from backchannel_lib.base.spreadsheet import squeeze, to_csv
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.case_table import KnownColumns, Problems, TableRow, read_table
from backchannel_lib.model.cells import is_blank
from backchannel_lib.model.exams import check_one_exam

#: The most rows in a table.
MOST_ROWS: Final = 200


class OwnRow(Protocol):
    """The attributes that rows of every kind have: an id, and a name that is unique in the table."""

    @property
    def key(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """Its name."""

    @property
    def first(self) -> bool:
        """Whether it comes before the workbook's own cases or questions."""


Row = TypeVar("Row", bound=OwnRow)


class FoundRows(NamedTuple, Generic[Row]):
    """The content of a table, as far as it could be read.

    Args:
        rows: The rows without errors, in the order of the table.
        problems: The errors, each as a sentence with row, column and value. If there are any, rows are missing.
        notes: How the table was read, as sentences for the reader.
    """

    rows: tuple[Row, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Draft(NamedTuple):
    """A row that somebody is still writing.

    Args:
        key: The id of the saved row to change; blank for a new row.
        texts: Its texts by column. A text that repeats another one contains that text's column (see `OwnTable.repeats`).
        details: The values of its other columns, without the fields of a case.
        case: Its case; the default case in a table without cases.
    """

    key: str
    texts: Mapping[str, str]
    details: Mapping[str, Any]
    case: Case = Case()

    @property
    def first(self) -> bool:
        """Whether it comes before the workbook's own cases or questions."""
        return bool(self.details["first"])


@dataclass(frozen=True)
class OwnTable(Generic[Row]):
    """A kind of table, in the folder where the workbook saves its files.

    Args:
        name: The file's name.
        columns: Its columns.
        texts: The texts of a row, each with the most characters that fit on a screen; the first is the row's name.
        required: The texts that can't be blank.
        details: The other columns with their values in a new row, without the fields of a case.
        make: Makes a row from an id, the checked cells and the checked texts; raises `CaseError` for an invalid value.
        cells: Returns a row's texts and details by column.
        count_text: The id of the text that says how many rows there are.
        prefix: The prefix of its ids.
        repeats: Columns that must repeat the text of one of several other columns.
    """

    name: str
    columns: KnownColumns
    texts: Mapping[str, int]
    required: tuple[str, ...]
    details: Mapping[str, Any]
    make: Callable[[str, TableRow, Mapping[str, str]], Row]
    cells: Callable[[Row], Mapping[str, Any]]
    count_text: str
    prefix: str = "own_"
    repeats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The column with the row's name."""
        return next(iter(self.texts))

    @property
    def has_case(self) -> bool:
        """Whether each row has a case."""
        return Case.fields().keys() <= self.columns.fields.keys()

    # ---- checking ----

    def checked_text(self, name: str, value: object) -> str:
        """Return a text without extra spaces; raise `CaseError` if it is missing or too long for a screen.

        Args:
            name: Its column, from ``texts``.
            value: The text as entered.
        """
        written = " ".join(squeeze(value).split()) if isinstance(value, str) else ""
        if len(written) > self.texts[name]:
            raise CaseError(name, "own_case_long", f"{written[:30]}…", most=self.texts[name], count=len(written))
        if name in self.required and is_blank(written):
            raise CaseError(name, "own_case_blank", written or None)
        return "" if is_blank(written) else written

    def _checked_texts(self, written: Mapping[str, object]) -> tuple[dict[str, str], dict[str, CaseError]]:
        """Return a row's texts by column, blank where there are none, and the errors in them by column."""
        texts, wrong = dict.fromkeys(self.texts, ""), dict[str, CaseError]()
        for name in [name for name in self.texts if name in written]:
            try:
                texts[name] = self.checked_text(name, written[name])
            except CaseError as error:
                wrong[name] = error
        return texts, wrong

    def _key(self, named: str, title: str) -> str:
        """Return an id: the given one, or one made from the row's name."""
        key = key_of(named.removeprefix(self.prefix) or title)
        if key == "own_":
            raise CaseError(self.title, "own_case_no_letter", title)
        return key.replace("own_", self.prefix, 1)

    # ---- reading ----

    def read(self, source: str | bytes) -> FoundRows[Row]:
        """Read the content of a CSV or .xlsx file. Invalid content of any kind is listed in ``problems`` and never raises."""
        try:
            table = read_table(source, self.columns, self.name, MOST_ROWS, keep_going=True)
        except SheetError as error:
            return FoundRows((), tuple(map(self._sentence, error.problems)))
        problems, rows, numbers = Problems(self.name), dict[str, Row](), dict[str, int]()
        headers = table.header.headers
        for row in table.rows:
            texts, wrong = self._checked_texts(row.values)
            for name, problem in wrong.items():
                problems.add(row.number, headers[name], problem)
            if wrong:
                continue
            named = row.values.get("id", "")
            try:
                made = self.make(self._key("" if is_blank(named) else named, texts[self.title]), row, texts)
            except CaseError as error:
                problems.add(row.number, headers.get(error.field, error.field), error)
                continue
            if made.key in numbers:
                twice = CaseError(self.title, "own_case_twice", made.title, row=numbers[made.key])
                problems.add(row.number, headers[self.title], twice)
                continue
            numbers[made.key], rows[made.key] = row.number, made
        found = sorted((*table.problems, *problems.listed()), key=_first_row)
        return FoundRows(tuple(rows.values()), tuple(map(self._sentence, found)), table.notes)

    def saved(self) -> FoundRows[Row]:
        """Return the table saved on this machine, which is empty if there is no file."""
        try:
            return self.read((folder() / self.name).read_bytes())
        except FileNotFoundError:
            return FoundRows()
        except OSError as error:
            problem = error.strerror or type(error).__name__
            return FoundRows((), (text("own_case.unreadable", name=self.name, problem=problem),))

    def _sentence(self, problem: SheetProblem) -> str:
        return f"{self.name}, {problem}" if problem.rows or problem.column else f"{self.name} {problem}"

    # ---- drafts ----

    def new(self) -> Draft:
        """Return a row without texts."""
        texts = dict.fromkeys(self.texts, "") | {name: others[0] for name, others in self.repeats.items()}
        return Draft("", texts, dict(self.details))

    def draft_of(self, row: Row) -> Draft:
        """Return a saved row as a draft."""
        cells = self.cells(row)
        texts = {name: cells[name] for name in self.texts}
        for name, others in self.repeats.items():
            texts[name] = next(other for other in others if texts[other] == texts[name])
        return Draft(row.key, texts, {name: cells[name] for name in self.details}, getattr(row, "case", Case()))

    def problems_of(self, draft: Draft) -> dict[str, CaseError]:
        """Return the errors that prevent saving a draft, by column. Valid columns are then checked against each other."""
        return self.checked(draft)[1]

    def checked(self, draft: Draft) -> tuple[Row | None, dict[str, CaseError]]:
        """Return the row that a draft describes, or None and its errors by column."""
        texts, found = self._checked_texts({name: one for name, one in draft.texts.items() if name not in self.repeats})
        for name in self.repeats:
            repeated = draft.texts[name]
            texts[name] = texts[repeated]
            if not texts[name] and repeated not in found:
                found[name] = CaseError(name, "own_answer_blank", None)
        case = draft.case if self.has_case else None
        try:
            if case is not None:
                check_one_exam(case)
            key = "" if self.title in found else self._key(draft.key, texts[self.title])
            if not found:
                values = {name: getattr(case, name) for name in Case.fields()} if case is not None else {}
                cells = {name: "" if value in (None, frozenset()) else str(value) for name, value in values.items()}
                return self.make(key, TableRow(0, {**draft.details, **values}, {}, cells), texts), found
        except CaseError as error:
            found[error.field] = error
        return None, found

    # ---- writing ----

    def save(self, draft: Draft) -> Row:
        """Save a draft as a new row, or in place of the row with its id, and return the saved row.

        Raises:
            CaseError: The draft has an error, another row has its name, or the table has an error, in which case it stays
                unchanged.
            CaseFileError: The file can't be written; its old content stays.
        """
        row, problems = self.checked(draft)
        if row is None:
            raise next(iter(problems.values()))
        with locked(prepared_folder() / self.name):
            rows = self._on_disk()
            if row.key in rows and not draft.key:
                raise CaseError(self.title, "own_case_named", row.title)
            if len(rows) >= MOST_ROWS and row.key not in rows:
                raise CaseError(self.title, "own_case_full", row.title, most=MOST_ROWS)
            self._write({**rows, row.key: row})
        return row

    def delete(self, key: str) -> None:
        """Delete a row from the table, if it exists.

        Raises:
            CaseError: The table has an error, so it stays unchanged.
            CaseFileError: The file can't be written; its old content stays.
        """
        with locked(prepared_folder() / self.name):
            rows = self._on_disk()
            if rows.pop(key, None):
                self._write(rows)

    def _on_disk(self) -> dict[str, Row]:
        found = self.saved()
        if found.problems:  # writing the table would lose the rows that couldn't be read
            raise CaseError(self.name, "own_case_problems", None, count=len(found.problems))
        return {row.key: row for row in found.rows}

    def _write(self, rows: Mapping[str, Row]) -> None:
        place = folder()
        write_file(place / self.name, self.to_csv(rows.values()), previous=place / f"{Path(self.name).stem}.previous.csv")

    def to_csv(self, rows: Iterable[Row]) -> str:
        """Return rows as a table that `read` can read and every spreadsheet opens safely."""
        title, *texts = self.texts
        header = ["id", title, *self.details, *texts, *(Case.fields() if self.has_case else ())]
        records = []
        for row in rows:
            record = {"id": row.key.removeprefix(self.prefix), **self.cells(row)}
            records.append([{**record, **_case_cells(row)}[name] for name in header])
        return to_csv(header, records)


def _case_cells(row: OwnRow) -> dict[str, object]:
    """Return a row's case as cells, with "none" for an empty set, because a blank cell means the default."""
    case = getattr(row, "case", None)
    if case is None:
        return {}
    record = case.to_record()
    return {name: "none" if one.kind == "set" and not record[name] else record[name] for name, one in Case.fields().items()}


def _first_row(problem: SheetProblem) -> int:
    return next((row for row in problem.rows if isinstance(row, int)), 0)
