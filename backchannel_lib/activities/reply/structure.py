"""Find an email's structure (header, greeting, sentences and signature) and the phrases in it."""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Annotated, Final, NamedTuple

from backchannel_lib.activities.reply.phrases import ROLES, Word, ends_of, load_reply_phrases, patterns_among, words_of
from backchannel_lib.activities.reply.reading import GREETINGS, HEADER, header_of
from backchannel_lib.base.readers import integer, loader, one_of

#: Equivalent characters, replaced one for one so that all positions stay the same.
_ALIKE: Final = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "\u00a0": " ", "\u202f": " ", "…": ".", "\r": " "})
_RECIPIENT: Final = re.compile(r"[^\s@,;<>:]{1,100}@([\w.-]{3,100})")
#: The end of a sentence. The match starts only at the first of several marks and never backtracks, so a long row of marks
#: takes linear time.
_END: Final = re.compile(r"(?<![.!?。！？])[.!?。！？]++[\"')\]”»]*+(?=\s|$)|\n[ \t]*+\n")
_POSTSCRIPT: Final = re.compile(r"(?m)^[ \t]*P ?S ", re.IGNORECASE)
#: A signature begins at this line (RFC 3676, 4.3; the space after it often gets lost) or at a farewell.
_SIGNATURE_LINE: Final = re.compile(r"(?m)^--[ \t]?$")
_FAREWELL_ENDS: Final = re.compile(
    r"[ \t]*[,!.–—]*[ \t]*(?:\n|$)|[ \t]*[,–—][ \t]*(?:[^\W\d_a-z][\w.'-]*[ \t]*){1,4}[.]?[ \t]*(?:\n|$)"
)
_OWN_WORD: Final = re.compile(r"(?i)\b(?:i|me|my|mine|myself)\b")
_GREETING_LENGTH: Final = 100
_SHORTEST_SENTENCE: Final = 5
#: If one of these follows "Dr. Osei,", the words begin a sentence about Dr. Osei and aren't a greeting.
_GOES_ON: Final = re.compile(
    r"[ \t]*(?:who|whom|whose|from|of|an?|the|my|your|one|chair|director|formerly|now)\b", re.IGNORECASE
)
_TITLES: Final = ("dr", "drs", "dra", "prof", "professor", "doctor", "dean")
_LINKS: Final = ("introducer", "prior_contact", "they_wrote")
_OWN_LINE: Final = 7  # a line with this many words and an "I" isn't part of a signature


class ReplyContextRow(NamedTuple):
    """Words that cancel a phrase shortly after them: "there is *no need* to reply today", "our *study on* debt".

    Examples:
        >>> [(row.taken_back_by, row.within) for row in load_reply_contexts() if row.role == "plea"]
        [('negation', 4), ('topic', 10)]
    """

    role: Annotated[str, one_of(ROLES), "the phrases that it cancels"]
    taken_back_by: Annotated[str, one_of(("negation", "wish", "topic", "reported")), "the role of the words before them"]
    within: Annotated[int, integer(1, 20), "the most words allowed between them, in the same clause"]


load_reply_contexts = loader(ReplyContextRow, "reply_contexts.csv", key=("role", "taken_back_by"))


@functools.cache
def _contexts(role: str) -> tuple[ReplyContextRow, ...]:
    return tuple(row for row in load_reply_contexts() if row.role == role)


class Part(NamedTuple):
    """A stretch of text up to the end of a sentence; ``kind`` is header, greeting, sentence, signature or rest."""

    start: int
    end: int
    kind: str


class Email:
    """One email: its words, in one line per sentence and with their positions in the text, and its parts.

    Args:
        text: The original email.
        plain: The student's own words from `plain_text`, with all positions unchanged.
    """

    def __init__(self, text: str, plain: str) -> None:
        self.text = text
        self._plain = plain
        self.words = words_of(plain)
        self.parts = _kinds(plain, _parts(plain, self.words), self.words)
        self._known = {word.lower() for word, _, _ in self.words}
        self._starts = [start for _, start, _ in self.words]
        self._ends = [part.end for part in self.parts]
        self._found: dict[str, list[tuple[int, int]]] = {}
        self._offsets: list[int] = []  # the position of each word in the line
        line: list[str] = []
        place = number_before = 0
        for word, start, _ in self.words:
            number = bisect_right(self._ends, start)
            if number != number_before:  # every sentence gets a new line, because phrases don't cross lines
                line.append("\n")
                place += 1
            self._offsets.append(place)
            line.append(f"{word} ")
            place += len(word) + 1
            number_before = number
        self._line = "".join(line)
        self._greeted = {word.lower() for word, start, _ in self.words if self._part_at(start).kind == "greeting"}

    def found(self, role: str) -> list[tuple[int, int]]:
        """Return the positions of a role's phrases in the text, in order and merged if they overlap."""
        if role not in self._found:
            counted = self._places(patterns_among(role, "counts", self._known))
            cancelled = _joined(self._places(patterns_among(role, "cancels", self._known))) if counted else []
            left = [place for place in counted if not _touches(place, cancelled) and not self._taken_back(role, place)]
            self._found[role] = _joined([place for place in left if role != "introducer" or self._is_another(place)])
        return self._found[role]

    def kind_at(self, place: int) -> str:
        """Return the kind of the part at a position."""
        return self._part_at(place).kind

    def _taken_back(self, role: str, place: tuple[int, int]) -> bool:
        """Return whether earlier words in the same clause cancel a phrase, because it is negated or only a topic."""
        first = bisect_right(self._starts, place[0] - 1)
        for row in _contexts(role):
            start = self._starts[max(0, first - row.within)]
            start = max(start, self._part_at(place[0]).start)
            inside = row.taken_back_by == "negation" and role in _LINKS  # "I have not rotated with you"
            for before in self.found(row.taken_back_by):
                if inside and place[0] <= before[0] < place[1]:
                    return True
                crossed = self._plain[before[1] : place[0]]
                if start <= before[0] < place[0] and not re.search(
                    r"[;:]|,\s+(?:and\s+|but\s+)?(?:i|you|we)\b|\b(?:why|because|if|when|how|until|unless|but)\b",
                    crossed,
                    re.IGNORECASE,
                ):
                    if row.taken_back_by == "topic" and re.match(r"(?i)(?:i|we)\b", self._plain[place[0] : place[1]]):
                        continue
                    return True
        return False

    def _places(self, patterns: Iterable[re.Pattern[str]]) -> list[tuple[int, int]]:
        places = set()
        for pattern in patterns:
            for found in pattern.finditer(self._line):
                first = bisect_right(self._offsets, found.start()) - 1
                last = bisect_right(self._offsets, found.end() - 1) - 1
                places.add((self.words[first][1], self.words[last][2]))
        return sorted(places)

    def _part_at(self, place: int) -> Part:
        return self.parts[bisect_right(self._ends, place)]

    def _is_another(self, place: tuple[int, int]) -> bool:
        """Return whether words about an introduction name someone other than the person being greeted."""
        inside = self.words[bisect_right(self._starts, place[0] - 1) : bisect_right(self._starts, place[1] - 1)]
        named = [name for (title, _, _), (name, _, _) in itertools.pairwise(inside) if title.lower() in _TITLES]
        return not named or any(name.lower() not in self._greeted for name in named)

    def sentence_of(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return the sentence around a position, from its first word to its last mark."""
        part = self._part_at(place[0])
        stretch = self.text[part.start : part.end]
        start = part.start + len(stretch) - len(stretch.lstrip())
        return start, part.start + len(stretch.rstrip())


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge overlapping positions, which must be in order."""
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _touches(place: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    """Return whether a position overlaps one of several others, which are in order and don't overlap each other."""
    after = bisect_right(others, (place[0], place[1]))
    return any(other[0] < place[1] and place[0] < other[1] for other in others[max(0, after - 1) : after + 1])


def plain_text(text: str) -> str:
    """Return the text with one kind of apostrophe and no periods in abbreviations, keeping all positions."""
    short = "|".join(row.phrase for row in load_reply_phrases() if row.counts_for == "abbreviation")
    stops = re.compile(rf"(?i)\b(?:(?:{short})|[^\W\d_])\.")
    return stops.sub(lambda found: found[0][:-1] + " ", text.translate(_ALIKE))


def _parts(plain: str, words: Sequence[Word]) -> list[Part]:
    """Split the text into header lines, greeting, and stretches up to the ends of sentences."""
    parts = []
    place = 0
    for line in header_of(plain):
        parts.append(Part(place, place + len(line), "header"))
        place += len(line)
    if greeting := _greeting_end(plain, place, words):
        parts.append(Part(place, greeting, "greeting"))
        place = greeting
    for found in _END.finditer(plain, place):
        parts.append(Part(place, found.end(), "rest"))
        place = found.end()
    parts.append(Part(place, len(plain) + 1, "rest"))
    return parts


def _greeting_end(plain: str, place: int, words: Sequence[Word]) -> int | None:
    """Return the end of the greeting that begins at ``place``, or None if there is none."""
    first = [word for word in words if word[1] >= place][:12]
    for role in GREETINGS:
        until = re.compile(r"[^,:!\n.?–—]*[,:!\n–—]" if role == "greeting" else r"[ \t]*[,:\n–—]")
        for after in ends_of([role], first):
            end = until.match(plain, after, min(len(plain), after + _GREETING_LENGTH))
            if end and not (role == "address" and _GOES_ON.match(plain, end.end())):
                return end.end()
    return None


def _kinds(plain: str, parts: Sequence[Part], words: Sequence[Word]) -> list[Part]:
    """Classify parts as sentences, signature, or stray words."""
    starts = [start for _, start, _ in words]
    kinds = []
    signature = _signature(plain, parts, words)
    for part in _split_at(parts, signature):
        number = bisect_right(starts, part.end - 1) - bisect_right(starts, part.start - 1)
        stretch = plain[part.start : part.end].rstrip()
        sentence = number >= _SHORTEST_SENTENCE or (number > 0 and stretch[-1] in ".!?。！？\"')]”»")
        kind = "signature" if signature[0] <= part.start < signature[1] else "sentence" if sentence else "rest"
        kinds.append(part._replace(kind=kind) if part.kind == "rest" else part)
    return kinds


def _split_at(parts: Iterable[Part], places: Sequence[int]) -> Iterable[Part]:
    """Split parts at the beginning and the end of a signature."""
    for part in parts:
        start = part.start
        for place in places:
            if start < place < part.end:
                yield Part(start, place, part.kind)
                start = place
        yield Part(start, part.end, part.kind)


def _signature(plain: str, parts: Sequence[Part], words: Sequence[Word]) -> tuple[int, int]:
    """Return the start and end of the signature, which are equal if there is none.

    It begins at a line ``--``, or else at the first farewell without any of the student's own words after it, and ends at a
    postscript.
    """
    postscript = _POSTSCRIPT.search(plain)
    until = postscript.start() if postscript else len(plain) + 1
    marked = _SIGNATURE_LINE.search(plain)
    farewells = [part.start for part in parts if part.kind == "rest"]
    farewells += [line.start() for line in re.finditer(r"(?m)^(?=[ \t]*\S)", plain)]
    starts = [start for _, start, _ in words]
    body = next(
        (start for start in starts if any(part.kind == "rest" and part.start <= start < part.end for part in parts)), until
    )
    for place in sorted(set(farewells)):
        if not body < place < until or not plain[body:place].strip():  # an email that is only a farewell has no signature
            continue
        first = bisect_right(starts, place - 1)
        for after in ends_of(["sign_off"], words[first : first + 10]):
            ends = _FAREWELL_ENDS.match(plain, after, min(until, len(plain)))
            if ends and not _is_own(plain[ends.end() : marked.start() if marked and marked.start() > place else until]):
                return place, until
    return (marked.start(), len(plain) + 1) if marked else (len(plain) + 1, len(plain) + 1)


def _is_own(text: str) -> bool:
    """Return whether the text after a farewell includes a line of the student's own, so that it isn't a signature."""
    return any(len(line.split()) >= _OWN_LINE and _OWN_WORD.search(line) for line in text.split("\n"))


def recipients(plain: str, parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Return the addresses in the To line if they belong to more than one institution."""
    found = [
        address
        for part in parts
        if part.kind == "header" and (header := HEADER.match(plain, part.start)) and header[1].lower() == "to"
        for address in _RECIPIENT.finditer(plain, part.start, part.end)
    ]
    institutions = {".".join(address[1].lower().strip(".").split(".")[-2:]) for address in found}
    return [address.span() for address in found] if len(institutions) > 1 else []
