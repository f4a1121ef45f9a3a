"""Errors about what a person entered: each names the field, the rule and the value."""

from __future__ import annotations

from backchannel_lib.base.formatting import format_value


class CaseError(ValueError):
    """A field of a case, or an argument, breaks a rule; the message names the field, the rule and the value.

    Args:
        field: The field or argument that is wrong.
        rule: The id of the broken rule; its sentence stands in the words table under ``error.<rule>``.
        value: The value as it was given.
        **details: What the sentence fills in, such as the lowest and highest value.

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
        from backchannel_lib.base.texts import text  # here, so that an error costs nothing until one is shown

        return text(f"error.{self.rule}", value=format_value(self.value), **self.details)

    def __str__(self) -> str:
        return f"{self.field}: {self.sentence}"


class CaseFileError(CaseError):
    """A file that should hold a case cannot be read as one; the file is left as it was.

    Args:
        field: The file's name, or the field in it that is wrong.
        rule: The id of the broken rule.
        value: What was found.
        **details: What the sentence fills in.

    Examples:
        >>> print(CaseFileError("my_case.json", "newer_file", 9, known=1))
        my_case.json: was saved by a newer version of this workbook (format 9; this one reads up to 1), so it was left as it is.
    """
