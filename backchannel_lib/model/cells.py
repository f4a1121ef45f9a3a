"""Read table cells: numbers, flags, words and sets, as people and spreadsheets write them.

Tables, case files and controls all read values through `backchannel_lib.model.case.Field.read`, which calls `read_cell`, so a
value means the same thing everywhere.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.spreadsheet import squeeze
from backchannel_lib.base.texts import all_words

if TYPE_CHECKING:
    from backchannel_lib.model.case import Field

YES: Final = frozenset({"yes", "y", "true", "t", "1", "1.0", "1,0"})
NO: Final = frozenset({"no", "n", "false", "f", "0", "0.0", "0,0"})
#: Ways to leave a cell blank, including words that pandas reads as missing.
BLANK: Final = frozenset({"", "-", "--", "–", "—", "n/a", "n.a.", "na", "nan", "null", "<na>"})
#: Ways to say "not known". We never guess what such a cell means.
UNKNOWN: Final = frozenset(
    {"?", "??", "unknown", "not known", "unsure", "not sure", "don't know", "dont know", "tbd", "pending"}
)

_MONTH: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
_DATE: Final = re.compile(
    rf"\d{{1,4}}[-/. ](?:{_MONTH})[a-z]*\.?(?:[-/. ,]+\d{{2,4}})?|(?:{_MONTH})[a-z]*\.?[-/. ]\d{{1,4}}(?:[-/. ,]+\d{{2,4}})?"
    r"|\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}/\d{1,2}",
    re.IGNORECASE,
)
_SHEET_ERROR: Final = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|#+)", re.IGNORECASE)
_WHOLE: Final = re.compile(r"([+-]?[0-9]{1,18})(?:[.,](?:0{1,2}|0{4,12}))?")
_THOUSANDS: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[,.' ’][0-9]{3}){1,5}(?:\.0{1,2})?")
_OF_SO_MANY: Final = re.compile(r"([0-9]) (?:out )?of ([0-9])")  # the wording of the track record menu
_BETWEEN_WORDS: Final = re.compile(r"[|,;/&+\n]|\band\b", re.IGNORECASE)


#: Full-width forms from East Asian keyboards. Other variants stay as they are: a superscript 2 could be a footnote.
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def plain(cell: str) -> str:
    r"""Return a cell's text without surrounding spaces and quotation marks, with full-width characters made ordinary.

    Examples:
        >>> plain(' "\uff12\uff14\uff10" '), plain("'240"), plain("Trusted\u00a0 Peer")
        ('240', '240', 'Trusted Peer')
    """
    word = " ".join(squeeze(cell.translate(_FULL_WIDTH)).split())
    while len(word) > 1 and word[0] + word[-1] in {'""', "''", "“”", "‘’"}:
        word = word[1:-1].strip()
    return word.removeprefix("'")


@functools.lru_cache(maxsize=4096)
def word_key(word: str) -> str:
    """Return the key for comparing names: lower-case letters and digits, with an underscore for anything between.

    Examples:
        >>> word_key(" Trusted-Peer "), word_key("Dean, no ties")
        ('trusted_peer', 'dean_no_ties')
    """
    return re.sub(r"[\W_]+", "_", plain(word).casefold()).strip("_")


def is_blank(cell: object) -> bool:
    """Return whether a cell is empty: blank text, a word for blank such as N/A, or a missing value in Python or pandas.

    Examples:
        >>> is_blank(" "), is_blank("N/A"), is_blank(float("nan")), is_blank(0)
        (True, True, True, False)
    """
    if isinstance(cell, str):
        return plain(cell).casefold() in BLANK
    if cell is None:
        return True
    try:
        return bool(cell != cell)  # noqa: PLR0124 - NaN differs from itself
    except (TypeError, ValueError):
        return type(cell).__name__ == "NAType"  # from pandas: neither equal nor unequal to anything


def read_cell(field: Field, cell: object) -> Any:
    """Return the value that a cell holds.

    Args:
        field: The field that the cell belongs to.
        cell: Its text, or a typed value. A blank means the field's default if ``field.blank_is_default`` allows it.

    Raises:
        CaseError: The cell doesn't hold an allowed value.
    """
    if is_blank(cell):
        if not field.blank_is_default:
            raise CaseError(field.name, "cell_blank", cell if isinstance(cell, str) and squeeze(cell) else None)
        return field.check(field.default)
    if not isinstance(cell, str):
        return field.check(_typed(field, cell))
    word = plain(cell)
    if word.startswith("=") or _SHEET_ERROR.fullmatch(word):
        raise CaseError(field.name, "cell_formula" if word.startswith("=") else "cell_error", cell)
    if word.casefold().replace("’", "'") in UNKNOWN:
        return _unknown(field, cell)
    match field.kind:
        case "number":
            return _number(field, cell, word)
        case "flag":
            return _flag(field, cell, word)
        case "choice":
            return _word(field, cell, word, "level")
        case _:
            return _set(field, cell, word)


def _unknown(field: Field, cell: str) -> None:
    if not field.optional:
        rule = "cell_unknown" if field.blank_is_default else "cell_blank"
        raise CaseError(field.name, rule, cell, default=default_text(field))


def default_text(field: Field) -> str:
    """Return a field's default as you would write it in a cell.

    Examples:
        >>> from backchannel_lib import Case
        >>> [default_text(Case.fields()[name]) for name in ("sponsors_visas", "needs", "phase", "failed_attempts")]
        ['yes', 'none', 'soap_lists', '0']
    """
    if isinstance(field.default, bool):
        return "yes" if field.default else "no"
    return str(field.default) if field.default or field.default == 0 else "none"


def _typed(field: Field, cell: object) -> object:
    """Turn 1 and 0 into flags, as spreadsheets write them, and reject dates and negative zero."""
    if getattr(cell, "shape", None) == ():  # a NumPy scalar
        cell = cell.item()  # type: ignore[attr-defined]
    if field.kind == "flag" and isinstance(cell, (int, float)) and cell in (0, 1):
        return bool(cell)
    if field.kind == "number" and hasattr(cell, "isoformat"):
        raise CaseError(field.name, "cell_date", str(cell))
    if field.kind == "number" and isinstance(cell, float) and str(cell) == "-0.0":
        return field.check(str(cell))
    return cell


def _number(field: Field, cell: str, word: str) -> Any:
    if found := _WHOLE.fullmatch(word):
        word = found[1]
    elif _THOUSANDS.fullmatch(word):
        word = re.sub(r"[^0-9+-]", "", re.sub(r"\.0{1,2}\Z", "", word))
    elif found := _OF_SO_MANY.fullmatch(word):
        return field.check(int(found[1]) if int(found[2]) == field.high else cell)
    elif word.casefold() in {"none", "nil"} and field.default == 0:
        return field.check(0)
    elif _DATE.fullmatch(word):
        raise CaseError(field.name, "cell_date", cell)
    else:
        return field.check(cell)  # raises the error that says what a number must be
    number = int(word)
    if number == 0 and word.startswith("-"):
        return field.check(cell)
    return field.check(number)


def _flag(field: Field, cell: str, word: str) -> bool:
    key = word.casefold()
    if key in YES:
        return True
    if key in NO:
        return False
    raise CaseError(field.name, "yes_no", cell)


def _word(field: Field, cell: object, word: str, rule: str) -> str:
    """Return the level that a word names, by its short name or by its label on screen."""
    level = levels_by_key(field).get(word_key(word))
    if level is None:
        raise CaseError(field.name, rule, cell, levels=nearest(field, word))
    return level


def nearest(field: Field, word: object) -> str:
    """List a field's levels, starting with the one whose name or label is most similar to a word.

    Examples:
        >>> from backchannel_lib import Case
        >>> nearest(Case.fields()["recommender"], "a trusted pd")[:24]
        'trusted_peer, subspecial'
    """
    keys = levels_by_key(field)
    key = word_key(str(word)[:80])
    alike = difflib.get_close_matches(key, keys, n=1) or [
        other for other in keys if set(key.split("_")) & set(other.split("_"))
    ]
    close = [keys[alike[0]]] if key and alike else []
    return ", ".join(dict.fromkeys(close + list(field.levels)))


def _set(field: Field, cell: str, word: str) -> frozenset[str]:
    if word.casefold() in {"none", "nil"}:
        return frozenset()
    if word_key(word) in levels_by_key(field):
        return frozenset({_word(field, cell, word, "set")})
    parts = [plain(part) for part in _BETWEEN_WORDS.split(word.strip("[](){}"))]
    return frozenset(_word(field, part, part, "set") for part in parts if word_key(part))


@functools.cache
def levels_by_key(field: Field) -> Mapping[str, str]:
    """Return a field's levels, by their names and by their labels on screen."""
    keys = {word_key(level): level for level in field.levels}
    for level, label in _labels(field):
        keys.setdefault(word_key(label), level)
    return keys


def _labels(field: Field) -> Iterator[tuple[str, str]]:
    words = all_words()
    for prefix in field.label_ids:
        for level in field.levels:
            if f"{prefix}{level}" in words:
                yield level, words[f"{prefix}{level}"]
