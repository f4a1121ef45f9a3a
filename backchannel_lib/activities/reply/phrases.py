"""The reply checker's phrases, from data/reply_phrases.csv, and the patterns that find them in an email."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Annotated, Final, NamedTuple, TypeAlias

from backchannel_lib.base.readers import WrongCellError, loader, one_of, required_text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.tables import claim_ids

#: The roles of phrases: those behind findings, those that cancel a finding nearby, and those that mark an email's structure.
ROLES: Final = (
    *("introducer", "prior_contact", "they_wrote", "cv", "eras_id", "interest", "thanks"),
    *("life_story", "lifelong_dream", "plea", "pressure", "several_programs", "script_for_other"),
    *("negation", "wish", "topic", "reported"),
    *("greeting", "address", "sign_off", "footer", "abbreviation"),
)
FORMS: Final = ("counts", "cancels")

Word: TypeAlias = tuple[str, int, int]  # a word, with its start and end in the text
WORD: Final = re.compile(r"[^\W_]+")
#: What follows an apostrophe, as a full word, so that a phrase matches both "I'm" and "I am".
_SHORT: Final = {"m": "am", "ve": "have", "d": "would", "ll": "will", "re": "are", "t": "not"}
_CAPITAL: Final = r"(?-i:[^\W\d_a-z])"
#: Each part matches whole words with the space after them. Every repetition has a limit, so the search time is linear in the
#: length of the text.
_PARTS: Final = {
    "*": r"\S+ ",
    "#": r"[0-9]+ ",
    "<doctor>": rf"(?:(?:dr|drs|dra|prof) \S+|(?:professor|doctor|dean) {_CAPITAL}\S*) ",
    "<name>": rf"(?<=\S ){_CAPITAL}(?-i:[^\W\d_A-Z])\S* ",
    "<place>": rf"(?:{_CAPITAL}\S* (?:s )?){{1,4}}?(?:hospital|clinic|health|memorial|medical center|medical centre) ",
}
_PHRASE_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?\*?|'s")
_RULE: Final = "a phrase of plain words with *, ..., #, (a|b) and <doctor>, at most two ... and none at an end or beside *"


class ReplyWordRow(NamedTuple):
    """Named groups of interchangeable words for the checker's phrases.

    Examples:
        >>> "mother" in words_named("family")
        True
    """

    name: str
    words: Annotated[
        str, required_text, "separated by bars, each one or more plain words; ``*`` at a word's end for any ending"
    ]


load_reply_words = loader(ReplyWordRow, "reply_words.csv")


@functools.cache
def words_named(name: str) -> tuple[str, ...]:
    """Return a named group of words from data/reply_words.csv; empty if the name is unknown."""
    return next((tuple(row.words.split("|")) for row in load_reply_words() if row.name == name), ())


@functools.cache
def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Compile one phrase to a regular expression that searches a line of words, each followed by a space.

    Args:
        phrase: As described in `ReplyPhraseRow`; any other form raises `WrongCellError`.

    Examples:
        >>> bool(phrase_pattern("i (beg|plead) ... you").search("I plead with all of you "))
        True
    """
    return re.compile(_source(phrase), re.IGNORECASE)


def _source(phrase: str) -> str:
    """Return a phrase's regular expression as text; an invalid phrase raises `WrongCellError`."""
    pieces = re.findall(r"\([^()]*\)|[^\s()]+|[()]", phrase)
    wildcards = [index for index, piece in enumerate(pieces) if piece in {"...", "*"}]
    if (
        not pieces
        or pieces.count("...") > 2
        or pieces[0] in {"...", "*"}
        or pieces[-1] == "..."
        or any(after - before == 1 for before, after in itertools.pairwise(wildcards))
    ):
        raise WrongCellError(_RULE)
    return r"(?<!\S)" + "".join(_part(piece) for piece in pieces)


def _part(piece: str) -> str:
    if piece == "...":
        gap = int(assumption("reply_gap"))
        return rf"(?:\S+ ){{0,{gap}}}?"
    if piece in _PARTS:
        return _PARTS[piece]
    named = words_named(piece[1:-1]) if piece.startswith("<") else ()
    choices = named or (piece[1:-1].split("|") if piece.startswith("(") and "|" in piece else ())
    if not choices:
        return _plain_word(piece)
    if not any(choice.strip() for choice in choices):
        raise WrongCellError(_RULE)
    return "(?:" + "|".join("".join(_inside(word) for word in choice.split()) for choice in choices) + ")"


def _inside(word: str) -> str:
    return _part(word) if word == "#" or word.startswith("<") else _plain_word(word)


def _plain_word(piece: str) -> str:
    if not all(_PHRASE_WORD.fullmatch(word) for word in piece.split("-")):
        raise WrongCellError(_RULE)
    line = line_of(words_of(piece.replace("-", " ")))
    return rf"{line[:-1]}\S* " if piece.endswith("*") else line


def words_of(plain: str) -> list[Word]:
    """Return the words with their starts and ends; an apostrophe separates two words, and the second one is spelled out."""
    found: list[Word] = []
    for match in WORD.finditer(plain):
        word, start, end = match[0], match.start(), match.end()
        if start and plain[start - 1] == "'" and start > 1 and plain[start - 2].isalnum():
            if word.lower() == "t" and found and found[-1][0].lower().endswith("n") and len(found[-1][0]) > 1:
                before, where, until = found.pop()  # "don't" is "do" and "not"
                found.append((before[:-1], where, until))
                start = where  # so that the page shows "don't" instead of just "t"
            word = _SHORT.get(word.lower(), word)
        found.append((word, start, end))
    return found


def line_of(words: Iterable[Word]) -> str:
    """Return words as patterns read them, each followed by a space."""
    return "".join(f"{word} " for word, _, _ in words)


def _phrase(cell: str) -> str:
    """A phrase."""
    _source(cell)
    return cell


class ReplyPhraseRow(NamedTuple):
    """The phrases that the checker looks for.

    A phrase is plain words, matched in upper and lower case and never across the end of a sentence. ``(a|b c|)`` stands for any
    of several alternatives, here including nothing; ``*`` at the end of a word for any ending, and alone for any one word;
    ``...`` for a few words or none; ``#`` for a number; ``<doctor>`` for a title with a name; ``<name>`` for a capitalized name
    that doesn't begin the sentence; ``<place>`` for a hospital's name; any other word in angle brackets for the words with that
    name in data/reply_words.csv. A hyphen counts as a space.

    Source:
        The article's examples in our own words, and our own phrases: assumption reply_phrases_stand_for.

    Examples:
        >>> [row.phrase for row in load_reply_phrases() if row.counts_for == "address"]
        ['<doctor>', '<doctor> *']
    """

    phrase: Annotated[str, _phrase]
    counts_for: Annotated[str, one_of(ROLES), "its role"]
    form: Annotated[str, one_of(FORMS), "``cancels`` if it cancels what others of the role find in the same words"]
    claims: Annotated[tuple[str, ...], claim_ids, "the claims that it stands for; none for an email's structure"]
    example: Annotated[str, required_text, "an example that contains it"]


load_reply_phrases = loader(ReplyPhraseRow, "reply_phrases.csv", key=("counts_for", "phrase"))


def patterns(role: str, form: str = "counts") -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a role's phrases, either those that count or those that cancel."""
    return tuple(phrase_pattern(phrase) for phrase, _ in _phrases(role, form))


def ends_of(roles: Iterable[str], words: Sequence[Word]) -> Iterator[int]:
    """Yield the end of each phrase with one of these roles that begins at the first word.

    Examples:
        >>> list(ends_of(["greeting"], words_of("Good morning, Alex")))
        [12]
    """
    line = line_of(words)
    for pattern in (pattern for role in roles for pattern in patterns(role)):
        if found := pattern.match(line):
            yield words[found[0].count(" ") - 1][2]


def patterns_among(role: str, form: str, words: Set[str]) -> list[re.Pattern[str]]:
    """Return a role's patterns that could match a text with these lower-case words.

    Most phrases have a word that a short email lacks. Skipping those saves compiling them, which keeps the first check fast.
    """
    return [phrase_pattern(phrase) for phrase, needed in _phrases(role, form) if needed is None or not needed.isdisjoint(words)]


@functools.cache
def _phrases(role: str, form: str) -> tuple[tuple[str, frozenset[str] | None], ...]:
    rows = [row for row in load_reply_phrases() if (row.counts_for, row.form) == (role, form)]
    return tuple((row.phrase, _needed(row.phrase)) for row in rows)


def _needed(phrase: str) -> frozenset[str] | None:
    """Return words at least one of which must be in a text for the phrase to match; None if that can't be determined."""
    best: frozenset[str] | None = None
    for piece in re.findall(r"\([^()]*\)|\S+", phrase):
        choices = piece[1:-1].split("|") if piece.startswith("(") else list(words_named(piece.strip("<>"))) or [piece]
        first_words = {words_of(choice)[0][0].lower() if words_of(choice) else "" for choice in choices}
        has_words = all(choice.strip() and not set(choice.split()[0]) & set("*<#.") for choice in choices)
        if has_words and "" not in first_words and (best is None or len(first_words) <= len(best)):
            best = frozenset(first_words)
    return best
