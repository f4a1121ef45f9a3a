"""Errors about a person's input: each names the field, the rule and the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from backchannel_lib.base.formatting import format_value, printable, suggestions


class CaseError(ValueError):
    """A field of a case, or an argument, breaks a rule; the message names the field, the rule and the value.

    Args:
        field: The field or argument that is wrong.
        rule: Id of the broken rule; its sentence is the text ``error.<rule>``.
        value: The original value.
        **details: Values for the placeholders in the sentence, such as the lowest and highest value.

    Examples:
        >>> str(CaseError("score", "range", 1200, low=1, high=999))
        'score: must be a whole number from 1 to 999, but it is 1200.'
    """

    def __init__(self, field: str, rule: str, value: object, **details: object) -> None:
        self.field = field
        self.rule = rule
        self.value = value
        self.details = details
        super().__init__(field, rule, value)

    @property
    def sentence(self) -> str:
        """The rule and the value in one sentence for the reader, without the field's name."""
        from backchannel_lib.base.texts import text  # imported here to keep errors cheap: many are never shown

        return text(f"error.{self.rule}", value=format_value(self.value), **self.details)

    def sentence_at(self, label: str) -> str:
        """Return the sentence with the label of a control before it.

        A colon follows the label, unless it's a question.

        Examples:
            >>> error = CaseError("score", "number_missing", "")
            >>> error.sentence_at("Your score"), error.sentence_at("What's your score?")
            ('Your score: please enter a number.', "What's your score? Please enter a number.")
        """
        from backchannel_lib.base.texts import text  # as in `sentence`

        sentence = self.sentence
        if label.endswith("?"):
            return f"{label} {sentence[:1].upper()}{sentence[1:]}"
        return text("error.at_field", label=label, sentence=sentence)

    def __str__(self) -> str:
        return str(printable(f"{self.field}: {self.sentence}"))  # a field's name may come from a file


class CaseFileError(CaseError):
    """A file can't be read as a case; the file itself stays unchanged.

    Args:
        field: The file's name, or the field in it that is wrong.
        rule: Id of the broken rule.
        value: The value found.
        **details: Values for the placeholders in the sentence.

    Examples:
        >>> print(CaseFileError("my_case.json", "newer_file", 9, known=1))
        my_case.json: was saved by a newer version of this workbook (format 9; this one reads up to 1), so it was left as it is.
    """


class SheetProblem(NamedTuple):
    """One error in a spreadsheet, in one row or in several rows.

    Args:
        rule: Id of the broken rule.
        value: The value found.
        rows: Row numbers in the spreadsheet (the header is row 1) or row labels; empty if no single row is wrong.
        column: The column's name in the spreadsheet; blank if no single column is wrong.
        details: Values for the placeholders in the sentence.
        field: The field that the column holds, if any.
    """

    rule: str
    value: object
    rows: tuple[object, ...] = ()
    column: str = ""
    details: Mapping[str, Any] = MappingProxyType({})
    field: str = ""

    def __str__(self) -> str:
        from backchannel_lib.base.texts import text  # as in `CaseError`

        listed, more = ", ".join(map(str, self.rows[:ROWS_LISTED])), len(self.rows) - ROWS_LISTED
        places = []
        if more > 0:
            places.append(text("sheet.more_rows", rows=listed, count=more))
        elif self.rows:
            places.append(text("sheet.rows" if len(self.rows) > 1 else "sheet.row", rows=listed))
        if self.column:
            places.append(text("sheet.column", column=self.column))
        sentence = text(f"error.{self.rule}", value=format_value(self.value), **self.details)
        return f"{', '.join(places)}: {sentence}" if places else sentence


#: How many rows and how many problems a message lists; it only counts the rest.
ROWS_LISTED: Final = 3
PROBLEMS_LISTED: Final = 5


class SheetError(CaseError):
    """A spreadsheet can't be used; the message lists the first problems, one per line, each with its row and column.

    Args:
        table: The table's name; blank if it has none.
        problems: The problems, at least one.

    Examples:
        >>> problem = SheetProblem("range", 1200, (3,), "score", {"low": 1, "high": 999})
        >>> print(SheetError("students.csv", [problem]))
        students.csv, row 3, column score: must be a whole number from 1 to 999, but it is 1200.
    """

    def __init__(self, table: str, problems: Iterable[SheetProblem]) -> None:
        self.table = table
        self.problems = tuple(problems)
        first = self.problems[0]
        self.column = first.column
        self.row = first.rows[0] if first.rows else None
        super().__init__(first.field or first.column or table, first.rule, first.value, **first.details)

    def __reduce__(self) -> tuple[Any, ...]:
        """Make the error picklable, so that it can come from another process, such as one that judged part of a table."""
        return SheetError, (self.table, [each._replace(details=dict(each.details)) for each in self.problems])

    def __str__(self) -> str:
        from backchannel_lib.base.texts import text  # as in `CaseError`

        subject = " ".join(filter(None, [text("sheet.table"), self.table]))
        lines = []
        for each in self.problems[:PROBLEMS_LISTED]:
            placed = each.rows or each.column
            lines.append((f"{self.table}, {each}" if self.table else str(each)) if placed else f"{subject} {each}")
        more = len(self.problems) - PROBLEMS_LISTED
        return str(printable("\n".join(lines + [text("sheet.more_problems", count=more)] * (more > 0))))


def known_word(field: str, value: object, known: Iterable[str]) -> str:
    """Return a value if it is one of the known words; otherwise raise `CaseError`, listing the most similar word first.

    Examples:
        >>> known_word("plan", "shrot", ["long", "short"])
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseError: plan: must be one of short, long, but it is 'shrot'.
    """
    words = tuple(known)
    if not isinstance(value, str) or value not in words:
        raise CaseError(field, "level", value, levels=suggestions(value, words))
    return value
