"""The three errors that a caller of the library can meet, each naming what was wrong, the rule and the value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CaseError(ValueError):
    """A field of a case, or an argument, breaks a rule; the message names the field, the rule and the value.

    Args:
        field: The field or argument that is wrong.
        rule: The id of the broken rule; its sentence stands in the words table under ``error.<rule>``.
        value: The value as it was given.
        **details: What the sentence fills in, such as the lowest and highest value.

    Source:
        ours.

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
        """The rule and the value as one calm sentence, without the field's name."""
        from backchannel_lib.words import say  # here, so that an error costs nothing until one is shown

        return say(f"error.{self.rule}", value=shown(self.value), **self.details)

    def __str__(self) -> str:
        return f"{self.field}: {self.sentence}"


class CaseFileError(CaseError):
    """A file that should hold a case cannot be read as one; the file is left as it was.

    Args:
        field: The file's name, or the field in it that is wrong.
        rule: The id of the broken rule.
        value: What was found.
        **details: What the sentence fills in.

    Source:
        ours.

    Examples:
        >>> print(CaseFileError("my_case.json", "newer_file", 9, known=1))
        my_case.json: was saved by a newer version of this workbook (format 9; this one reads up to 1), so it was left as it is.
    """


class TableError(ValueError):
    """A table of ``data/`` is broken; the message names the file, the row, the column and the value.

    Args:
        file: The table's file name.
        row: The line in the file, the header being line 1; None where the whole file is meant.
        column: The column; None where the whole row is meant.
        value: What stands there.
        rule: What should stand there.

    Source:
        ours.

    Examples:
        >>> print(TableError("callers.csv", 3, "weight", "ninety", "a number"))
        callers.csv, row 3, column weight: expected a number, found 'ninety'
    """

    def __init__(self, file: str, row: int | None, column: str | None, value: object, rule: str) -> None:
        self.file = file
        self.row = row
        self.column = column
        self.value = value
        self.rule = rule
        super().__init__(file, row, column, value, rule)

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: expected {self.rule}, found {self.value!r}"


def shown(value: object) -> str:
    """Give a value as a reader should see it in a sentence, cut where it is long.

    Args:
        value: Anything.

    Returns:
        Its text: words in quotation marks, at most 60 characters.

    Source:
        ours.

    Examples:
        >>> shown("dean"), shown(12), shown(None)
        ("'dean'", '12', 'empty')
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():  # a scalar of numpy, which names its type in its repr
        value = item()
    try:
        text = "empty" if value is None else repr(value)
    except ValueError:  # Python does not write an integer of thousands of digits
        text = f"a very long {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(word: object, known: Iterable[str]) -> str:
    """List the known names, the likeliest meant one first.

    Args:
        word: What was written.
        known: The names that exist.

    Returns:
        The names, separated by commas; a close spelling of ``word`` stands first.

    Source:
        ours.

    Examples:
        >>> nearest("know_dean", ["self", "known_dean"])
        'known_dean, self'
    """
    names = list(known)
    close = difflib.get_close_matches(str(word), names, n=1)
    return ", ".join(close + [name for name in names if name not in close])
