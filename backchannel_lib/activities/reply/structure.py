"""How an email is built: what is header, greeting, sentence, signature and quoted text, and where phrases are in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from backchannel_lib.activities.reply.phrases import load_reply_phrases, patterns, words_of

#: Characters that stand for one another, one for one, so that every place in the text stays where it is.
_ALIKE: Final = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "\u00a0": " ", "\u202f": " ", "…": ".", "\r": " "})
_QUOTED_LINE: Final = re.compile(r"(?m)^[ \t]*>[^\n]*")
_OLDER: Final = (
    re.compile(r"(?im)^[ \t]*on\b[^\n]{1,200}(?:\n[^\n]{0,200})?\bwrote:[ \t]*$"),
    re.compile(r"(?im)^[ \t]*--+[ \t]*(?:original|forwarded)[ \t]+message"),
    re.compile(r"(?im)^[ \t]*from:[^\n]*\n[ \t]*(?:sent|date):"),
)
_HEADER: Final = re.compile(r"[ \t]*(to|cc|bcc|subject|from|sent|date):[^\n]*", re.IGNORECASE)
_RECIPIENT: Final = re.compile(r"[^\s@,;<>:]{1,100}@([\w.-]{3,100})")
#: The end of a sentence. It begins where no such mark stands before, and gives nothing back, so that a long row of marks
#: costs no more than its length.
_END: Final = re.compile(r"(?<![.!?。！？])[.!?。！？]++[\"')\]”»]*+(?=\s|$)|\n[ \t]*+\n")
_POSTSCRIPT: Final = re.compile(r"(?m)^[ \t]*P ?S ", re.IGNORECASE)
_GREETING_LENGTH: Final = 100
_SIGNATURE_WORDS: Final = 25
_SHORTEST_SENTENCE: Final = 5


class Part(NamedTuple):
    """A stretch of the text that ends as a sentence does; ``kind``: header, greeting, sentence or rest."""

    start: int
    end: int
    kind: str


class Email:
    """One email: its words in one line per sentence, each with its place in the text, and its parts.

    Args:
        text: The email as it stands.
        plain: The same from `own_words`, every character in its place.
    """

    def __init__(self, text: str, plain: str) -> None:
        self.text = text
        self.words = words_of(plain)
        self.parts = _kinds(plain, _parts(plain, self.words), self.words)
        self._starts = [start for _, start, _ in self.words]
        self._ends = [part.end for part in self.parts]
        self._found: dict[str, list[tuple[int, int]]] = {}
        self._offsets: list[int] = []  # where each word stands in the line
        line: list[str] = []
        place = number_before = 0
        for word, start, _ in self.words:
            number = bisect_right(self._ends, start)
            if number != number_before:  # a new sentence is a new line, which no phrase crosses
                line.append("\n")
                place += 1
            self._offsets.append(place)
            line.append(f"{word} ")
            place += len(word) + 1
            number_before = number
        self._line = "".join(line)
        self._greeted = {word.lower() for word, start, _ in self.words if self._part_at(start).kind == "greeting"}

    def found(self, role: str) -> list[tuple[int, int]]:
        """Return where a role's phrases are in the text, in order, joined where they overlap."""
        if role not in self._found:
            counted = self._places(patterns(role))
            cancelled = self._places(patterns(role, "cancels"))
            left = [place for place in counted if not _touches(place, cancelled)]
            self._found[role] = [place for place in left if self._is_another(place)] if role == "introducer" else left
        return self._found[role]

    def _places(self, patterns: Iterable[re.Pattern[str]]) -> list[tuple[int, int]]:
        joined: list[tuple[int, int]] = []
        for first, end in sorted(match.span() for pattern in patterns for match in pattern.finditer(self._line)):
            start = self.words[bisect_right(self._offsets, first) - 1][1]
            until = self.words[bisect_right(self._offsets, end - 1) - 1][2]
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
            else:
                joined.append((start, until))
        return joined

    def _part_at(self, place: int) -> Part:
        return self.parts[bisect_right(self._ends, place)]

    def _is_another(self, place: tuple[int, int]) -> bool:
        """Whether a name is in a sentence of the email, and is not the name that the email greets."""
        inside = self.words[bisect_right(self._starts, place[0] - 1) : bisect_right(self._starts, place[1] - 1)]
        only_greeted = len(inside) == 2 and inside[1][0].lower() in self._greeted
        return self._part_at(place[0]).kind == "sentence" and not only_greeted

    def sentence_of(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return the sentence around a place, from its first word to its last mark."""
        part = self._part_at(place[0])
        stretch = self.text[part.start : part.end]
        start = part.start + len(stretch) - len(stretch.lstrip())
        return start, part.start + len(stretch.rstrip())


def _touches(place: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    """Whether a place overlaps one of others, which are in order and apart."""
    after = bisect_right(others, (place[0], place[1]))
    return any(other[0] < place[1] and place[0] < other[1] for other in others[max(0, after - 1) : after + 1])


def plain_text(text: str) -> str:
    """Return the text with one kind of apostrophe and no periods in abbreviations; every character keeps its place."""
    short = "|".join(row.phrase for row in load_reply_phrases() if row.counts_for == "abbreviation")
    stops = re.compile(rf"(?i)\b(?:(?:{short})|[^\W\d_])\.")
    return stops.sub(lambda found: found[0][:-1] + " ", text.translate(_ALIKE))


def own_words(plain: str) -> tuple[str, bool]:
    """Blank out quoted older messages, and say whether there were any.

    Examples:
        >>> own_words("> Are you free?")
        ('               ', True)
    """
    own = plain
    first = re.search(r"\S", plain)
    for older in _OLDER:
        found = older.search(own)
        if found and (first is None or found.start() > first.start() or "wrote" in found[0].lower()):
            own = own[: found.start()] + re.sub(r"[^\n]", " ", own[found.start() :])
    own = _QUOTED_LINE.sub(lambda found: " " * len(found[0]), own)
    return own, own != plain


def _parts(plain: str, words: Sequence[tuple[str, int, int]]) -> list[Part]:
    """Split the text into header lines, greeting, and stretches that end as a sentence does."""
    parts = []
    place = 0
    for line in plain.splitlines(keepends=True):
        if line.strip() and not _HEADER.match(line):
            break
        parts.append(Part(place, place + len(line), "header"))
        place += len(line)
    greeting = _greeting_end(plain, place, words)
    if greeting:
        parts.append(Part(place, greeting, "greeting"))
        place = greeting
    for found in _END.finditer(plain, place):
        parts.append(Part(place, found.end(), "rest"))
        place = found.end()
    parts.append(Part(place, len(plain) + 1, "rest"))
    return parts


def _greeting_end(plain: str, place: int, words: Sequence[tuple[str, int, int]]) -> int | None:
    """Return where the greeting that begins at ``place`` ends; None if there is none."""
    first = [word for word in words if word[1] >= place][:12]
    line = "".join(f"{word} " for word, _, _ in first)
    for role in ("greeting", "address"):
        for pattern in patterns(role):
            found = pattern.match(line)
            if found:
                after = first[found[0].count(" ") - 1][2]
                until = re.compile(r"[^,:!\n.?–—]*[,:!\n–—]" if role == "greeting" else r"[ \t]*[,:\n–—]")
                end = until.match(plain, after, min(len(plain), after + _GREETING_LENGTH))
                if end:
                    return end.end()
    return None


def _kinds(plain: str, parts: Sequence[Part], words: Sequence[tuple[str, int, int]]) -> list[Part]:
    """Mark the parts that are sentences of the email: neither its signature nor a stray few words."""
    starts = [start for _, start, _ in words]
    signature = _signature(plain, parts, words)
    kinds = []
    for part in parts:
        number = bisect_right(starts, part.end - 1) - bisect_right(starts, part.start - 1)
        stretch = plain[part.start : part.end].rstrip()
        sentence = number >= _SHORTEST_SENTENCE or (number > 0 and stretch[-1] in ".!?。！？\"')]”»")
        inside = signature[0] <= part.start < signature[1]
        kinds.append(part._replace(kind="sentence") if part.kind == "rest" and sentence and not inside else part)
    return kinds


def _signature(plain: str, parts: Sequence[Part], words: Sequence[tuple[str, int, int]]) -> tuple[int, int]:
    """Return where the signature, from the words of farewell on, begins and ends; an empty stretch if there is none."""
    postscript = _POSTSCRIPT.search(plain)
    until = postscript.start() if postscript else len(plain) + 1
    starts = [start for _, start, _ in words]
    for part in reversed(parts):
        tail = words[bisect_right(starts, part.start - 1) : bisect_right(starts, until - 1)]
        if len(tail) > _SIGNATURE_WORDS:
            break
        if part.kind != "rest" or not tail:
            continue
        line = "".join(f"{word} " for word, _, _ in tail)
        for pattern in patterns("sign_off"):
            found = pattern.match(line)
            after = tail[found[0].count(" ") - 1][2] if found else 0
            if found and re.match(r"[ \t]*(?:[,!\n–—]|$)", plain[after:until]):
                return part.start, until
    return len(plain) + 1, len(plain) + 1


def recipients(plain: str, parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Return the addresses in the To line if they belong to more than one institution."""
    found = [
        address
        for part in parts
        if part.kind == "header" and (header := _HEADER.match(plain, part.start)) and header[1].lower() == "to"
        for address in _RECIPIENT.finditer(plain, part.start, part.end)
    ]
    houses = {".".join(address[1].lower().strip(".").split(".")[-2:]) for address in found}
    return [address.span() for address in found] if len(houses) > 1 else []
