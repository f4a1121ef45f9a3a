"""The phrases that the reply checker goes by: rows of data/reply_phrases.csv, and the patterns that find them in an email."""

from __future__ import annotations

import functools
import itertools
import re
from typing import Annotated, Final, NamedTuple

from backchannel_lib.base.readers import WrongCellError, loader, one_of, optional_text
from backchannel_lib.model.amplifier import assumption

#: What a phrase can speak for. The last four say how an email is built and are no matter of a finding.
ROLES: Final = (
    *("introducer", "prior_contact", "they_wrote", "cv", "eras_id", "interest"),
    *("life_story", "lifelong_dream", "plea", "pressure", "several_programs", "script_for_other"),
    *("greeting", "address", "sign_off", "abbreviation"),
)
FORMS: Final = ("counts", "cancels")

WORD: Final = re.compile(r"[^\W_]+")
#: What follows an apostrophe, as a word of its own, so that a phrase finds "I'm" and "I am" alike.
_SHORT: Final = {"m": "am", "ve": "have", "d": "would", "ll": "will", "re": "are", "t": "not"}
_CAPITAL: Final = r"(?-i:[^\W\d_a-z])"
#: Each part takes whole words with the blank behind them. No part repeats without a bound, so that no text, however it
#: was made, can keep the search busy: the work grows with the length of the text alone.
_PARTS: Final = {
    "*": r"\S+ ",
    "#": r"[0-9]+ ",
    "<doctor>": rf"(?:(?:dr|drs|dra|prof) \S+|(?:professor|doctor|dean) {_CAPITAL}\S*) ",
    "<name>": rf"(?<=\S ){_CAPITAL}(?-i:[^\W\d_A-Z])\S* ",
    "<place>": rf"(?:{_CAPITAL}\S* (?:s )?){{1,4}}?(?:hospital|clinic|health|memorial|medical center|medical centre) ",
}
_PHRASE_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?\*?|'s")
_RULE: Final = "a phrase of plain words with *, ..., #, (a|b) and <doctor>, at most two ... and none at an end or beside *"


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Return the pattern of one phrase, for a line of words each of which is followed by a blank.

    Args:
        phrase: As described in `ReplyPhraseRow`; another form raises `WrongCellError`.

    Examples:
        >>> bool(phrase_pattern("i (beg|plead) ... you").search("I plead with all of you "))
        True
    """
    pieces = re.findall(r"\([^()]*\)|[^\s()]+|[()]", phrase)
    loose = [index for index, piece in enumerate(pieces) if piece in {"...", "*"}]
    if (
        not pieces
        or pieces.count("...") > 2
        or pieces[0] in {"...", "*"}
        or pieces[-1] == "..."
        or any(after - before == 1 for before, after in itertools.pairwise(loose))
    ):
        raise WrongCellError(_RULE)
    return re.compile(r"(?<!\S)" + "".join(_part(piece) for piece in pieces), re.IGNORECASE)


def _part(piece: str) -> str:
    if piece == "...":
        gap = int(assumption("reply_gap"))
        return rf"(?:\S+ ){{0,{gap}}}?"
    if piece in _PARTS:
        return _PARTS[piece]
    if piece.startswith("(") and piece.endswith(")") and "|" in piece:
        choices = [choice.split() for choice in piece[1:-1].split("|")]
        if not any(choices):
            raise WrongCellError(_RULE)
        return "(?:" + "|".join("".join(_inside(word) for word in choice) for choice in choices) + ")"
    return _plain_word(piece)


def _inside(word: str) -> str:
    return _PARTS[word] if word in _PARTS and word != "*" else _plain_word(word)


def _plain_word(piece: str) -> str:
    if not all(_PHRASE_WORD.fullmatch(word) for word in piece.split("-")):
        raise WrongCellError(_RULE)
    words = [word for word, _, _ in words_of(piece.replace("-", " "))]
    if piece.endswith("*"):
        return "".join(f"{word} " for word in words[:-1]) + rf"{words[-1]}\S* "
    return "".join(f"{word} " for word in words)


def words_of(plain: str) -> list[tuple[str, int, int]]:
    """Return the words with their start and end; an apostrophe makes two words, the second written out."""
    found: list[tuple[str, int, int]] = []
    for match in WORD.finditer(plain):
        word, start, end = match[0], match.start(), match.end()
        if start and plain[start - 1] == "'" and start > 1 and plain[start - 2].isalnum():
            if word.lower() == "t" and found and found[-1][0].lower().endswith("n") and len(found[-1][0]) > 1:
                before, where, until = found.pop()  # "don't" is "do" and "not"
                found.append((before[:-1], where, until))
                start = where  # so that a reader is shown "don't" and not a lone "t"
            word = _SHORT.get(word.lower(), word)
        found.append((word, start, end))
    return found


def _phrase(cell: str) -> str:
    """A phrase."""
    phrase_pattern(cell)
    return cell


class ReplyPhraseRow(NamedTuple):
    """The phrases that the checker goes by.

    A phrase is plain words, found in capitals and small letters alike and never across the end of a sentence. In it
    ``(a|b c|)`` stands for one of several, here also for nothing; ``*`` at a word's end for any ending, alone for any one
    word; ``...`` for a few words or none; ``#`` for a number; ``<doctor>`` for a title with a name; ``<name>`` for a name
    with a capital letter that does not begin the sentence; ``<place>`` for a hospital's name. A hyphen counts as a blank.

    Source:
        The article's examples in our own words, and ours: assumption reply_phrases_stand_for.

    Examples:
        >>> [row.phrase for row in load_reply_phrases() if row.counts_for == "address"]
        ['<doctor>', '<doctor> *']
    """

    phrase: Annotated[str, _phrase]
    counts_for: Annotated[str, one_of(ROLES), "the role it speaks for"]
    form: Annotated[str, one_of(FORMS), "``cancels`` where it takes back what others of the role found in the same words"]
    note: Annotated[str, optional_text, "for maintainers"]


load_reply_phrases = loader(ReplyPhraseRow, "reply_phrases.csv", key=("counts_for", "phrase"))


@functools.cache
def patterns(role: str, form: str = "counts") -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a role's phrases, of those that count or of those that cancel."""
    return tuple(phrase_pattern(row.phrase) for row in load_reply_phrases() if (row.counts_for, row.form) == (role, form))
