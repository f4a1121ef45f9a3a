"""Find unfilled placeholders of a template: ``[Name]``, ``{{program}}``, ``____``, ``XXX``, ``(name of hospital)``."""

from __future__ import annotations

import re
from typing import Final

from backchannel_lib.activities.reply.phrases import words_named

#: These are never part of a finished letter, whatever is inside them.
_ALWAYS: Final = re.compile(
    r"""
    \{\{[^{}\n]{0,60}\}\} | \$\{[^{}\n]{0,60}\} | \$[A-Z][A-Z_]{3,} | \{%[^%\n]{0,60}%\} |  # fields of mail merge
    «[^«»\n]{1,60}» | %[A-Z_]{3,40}% |
    (?<![^\W_])_{2,}(?![^\W_]) | \[[ _.…*-]*\] | \(\s*[_.…]{2,}\s*\) |  # a line to fill in
    (?<![A-Za-z])[Xx]{3,}(?![^\W_]) | (?<=Dr\ )[Xx]{2,}(?![^\W_]) | (?<=Dr\.\ )[Xx]{2,}(?![^\W_]) |  # XXX
    (?<=\ (?:in|at)\ )XX(?=\ of|\ last|,|\.) |
    (?<![\w#])\#{3,} | \?{3,} | (?<=Dr\.)[ ]\.{3,} | (?<=Dr)[ ]\.{3,} |
    \b(?:INSERT|ENTER|ADD)\s(?:[A-Z]+\s?){1,4}\b |
    \b(?:PROGRAM|HOSPITAL|INSTITUTION|SCHOOL|FIRST|LAST|DOCTOR|YOUR|MENTOR)[ _]NAME\b |
    \b(?:DD|MM)[/.-](?:DD[/.-]|MM[/.-])?YY(?:YY)?\b | \bXYZ\b |
    \b(?:TBD|TODO|FIXME)\b | \b(?i:first\s?name\s+last\s?name|lastname|firstname|lorem\ ipsum|so-and-so)\b
    """,
    re.VERBOSE,
)
#: A line for a signature: alone on its line, with text below it.
_RULE_ABOVE_NAME: Final = re.compile(r"(?m)^_{4,}[ \t]*\n\s*[^\W_]")
#: Form words in capitals, in a letter that isn't all in capitals.
_CAPITALS: Final = re.compile(
    r"\b(?:MONTH|YEAR|DATE|PROGRAM|HOSPITAL|SPECIALTY|INSTITUTION|NAME)(?:[ /]+(?:MONTH|YEAR|DATE|NAME))*\b"
)
#: These are placeholders only if the words inside are form words.
_BRACKETS: Final = (
    re.compile(r"\[([^\[\]\n]{1,80})\]"),
    re.compile(r"(?<!\{)\{([^{}\n]{1,80})\}(?!\})"),
    re.compile(r"<([^<>\n@/:]{1,60})>"),
    re.compile(r"\(([^()\n]{1,80})\)"),
    re.compile(r"(?<![*\w])\*{1,2}([^*\n]{1,40})\*{1,2}(?![*\w])"),
)
#: A greeting without a name.
_NO_NAME: Final = re.compile(
    r"(?im)^[ \t]*(?:dear|hi|hello|good (?:morning|afternoon|evening))[ \t]+(?:dr|prof|mr|ms|mrs)?\.?[ \t]*(?=[,:]|$)"
)
#: Words that begin a placeholder in square brackets, but a remark in parentheses or between asterisks.
_REMARKS: Final = ("your", "their", "add", "type", "change", "edit", "example", "specific", "something", "whatever", "mention")
#: Without one of these, form words in parentheses or between asterisks are a remark.
_FIELDS: Final = {
    *("name", "lastname", "title", "month", "date", "year"),
    *("hospital", "program", "specialty", "institution", "school", "city"),
}
_WORD: Final = re.compile(r"[^\W_]+(?:['_][^\W_]+)*")


def placeholders(text: str) -> list[tuple[int, int]]:
    """Return the unfilled placeholders in a text, in order and without overlaps.

    Args:
        text: A student's own words.

    Examples:
        >>> text = "Dear Dr. [Name], I rotated with you in ____ (see my CV [attached])."
        >>> [text[start:end] for start, end in placeholders(text)]
        ['[Name]', '____']
    """
    found = [match.span() for match in _ALWAYS.finditer(text) if not _RULE_ABOVE_NAME.match(text, match.start())]
    found += [match.span() for shape in _BRACKETS for match in shape.finditer(text) if _is_blank(match[1], text[match.start()])]
    if sum(letter.islower() for letter in text) > sum(letter.isupper() for letter in text):
        found += [match.span() for match in _CAPITALS.finditer(text)]
    found += [match.span() for match in _NO_NAME.finditer(text) if _names_nobody(match[0])]
    separate: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda place: (place[0], -place[1])):
        if not separate or start >= separate[-1][1]:
            separate.append((start, end))
    return separate


def _names_nobody(greeting: str) -> bool:
    """Return whether a greeting stops after "Dear" or a title; "Hi," and "Good morning," are complete."""
    return (len(greeting.split()) > 1 and not greeting.lower().startswith("good")) or greeting.lower().split()[0] == "dear"


def _is_blank(inside: str, bracket: str) -> bool:
    """Return whether the words in brackets are form words, as opposed to a remark."""
    words = [word.lower() for word in _WORD.findall(inside)]
    if not words or any(word.isdigit() and len(word) > 1 for word in words) or words[0] in words_named("blank_never"):
        return False
    parts = [part for word in words for part in word.split("_")]
    plain = " ".join(parts)
    round_or_star = bracket in "(*"
    begins = any(f"{plain} ".startswith(f"{start} ") for start in words_named("blank_begins"))
    begins = begins and not (round_or_star and words[0] in _REMARKS)
    form = set(parts) <= set(words_named("blank_words"))
    if round_or_star and form:  # "(in May)" and "(my mentor)" are remarks
        return parts[0] not in {"in", "at", "to", "my", "and", "or"} and bool(_FIELDS & set(parts))
    return begins or form
