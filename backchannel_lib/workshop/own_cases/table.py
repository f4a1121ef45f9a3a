"""A table that a facilitator keeps in a file of their own: read and checked whole, so that nothing is missing on stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.base.errors import CaseError, SheetError, SheetProblem
from backchannel_lib.base.spreadsheet import squeeze
from backchannel_lib.base.texts import text
from backchannel_lib.model.case_table import KnownColumns, Problems, TableRow, read_table
from backchannel_lib.model.cells import is_blank

#: Of each table.
MOST_ROWS: Final = 200


class OwnRow(Protocol):
    """What a row of any such table has: an id, and a name that no other row has."""

    @property
    def key(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """Its name."""

    @property
    def first(self) -> bool:
        """Whether it comes before the workbook's own."""


Row = TypeVar("Row", bound=OwnRow)


class FoundRows(NamedTuple, Generic[Row]):
    """What is in a table.

    Args:
        rows: Those with nothing wrong, in its order.
        problems: What is wrong, a sentence each, with row, column and value; where there is any, the table is not complete.
        notes: What to know about how it was read.
    """

    rows: tuple[Row, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnTable(Generic[Row]):
    """A kind of table, in a file beside what the workbook saves.

    Args:
        name: The file's name.
        columns: Its columns.
        texts: The texts of a row, each with the most characters that fit on a screen.
        required: The texts that have to be there.
        make: Makes a row of the checked cells and texts; raises `CaseError` for what is wrong.
        told: The id of the text that says how many there are.
        title: The column with the row's name.
    """

    name: str
    columns: KnownColumns
    texts: Mapping[str, int]
    required: tuple[str, ...]
    make: Callable[[TableRow, Mapping[str, str]], Row]
    told: str
    title: str = "title"

    def checked_text(self, name: str, value: object) -> str:
        """Return a text without needless blanks; raise `CaseError` if it is missing or does not fit on a screen.

        Args:
            name: Which text, of ``texts``.
            value: What was written.
        """
        written = " ".join(squeeze(value).split()) if isinstance(value, str) else ""
        if len(written) > self.texts[name]:
            raise CaseError(name, "own_case_long", f"{written[:30]}…", most=self.texts[name], count=len(written))
        if name in self.required and is_blank(written):
            raise CaseError(name, "own_case_blank", written or None)
        return "" if is_blank(written) else written

    def read(self, source: str | bytes) -> FoundRows[Row]:
        """Read the content of a CSV or .xlsx file. Whatever is in it, the result is rows or sentences."""
        try:
            table = read_table(source, self.columns, self.name, MOST_ROWS, keep_going=True)
        except SheetError as error:
            return FoundRows((), tuple(map(self._sentence, error.problems)))
        problems, rows, numbers = Problems(self.name), dict[str, Row](), dict[str, int]()
        headers = table.header.headers
        for row in table.rows:
            texts = self._texts(row, problems, headers)
            if texts is None:
                continue
            try:
                made = self.make(row, texts)
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
        """Return what is saved on this machine; nothing where there is no such file."""
        try:
            return self.read((folder() / self.name).read_bytes())
        except FileNotFoundError:
            return FoundRows()
        except OSError as error:
            problem = error.strerror or type(error).__name__
            return FoundRows((), (text("own_case.unreadable", name=self.name, problem=problem),))

    def _texts(self, row: TableRow, problems: Problems, headers: Mapping[str, str]) -> dict[str, str] | None:
        """Check the texts of a row; collect what is wrong with them, and return None if anything is."""
        texts, wrong = dict.fromkeys(self.texts, ""), False
        for name in self.texts.keys() & row.values.keys():
            try:
                texts[name] = self.checked_text(name, row.values[name])
            except CaseError as error:
                problems.add(row.number, headers[name], error)
                wrong = True
        return None if wrong else texts

    def _sentence(self, problem: SheetProblem) -> str:
        return f"{self.name}, {problem}" if problem.rows or problem.column else f"{self.name} {problem}"


def _first_row(problem: SheetProblem) -> int:
    return next((row for row in problem.rows if isinstance(row, int)), 0)
