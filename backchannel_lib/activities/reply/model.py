"""The reply checker: what the article would warn of in a student's own short email.

It reads, points at words, and gives the article's reason. It never writes a sentence for the email. What it looks for are
rows of ``data/reply_findings.csv`` and ``data/reply_phrases.csv``.
"""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.readers import (
    Path,
    Reader,
    WrongCellError,
    each_of,
    integer,
    one_of,
    optional_text,
    read_table,
    required_text,
)
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import assumption_id, claim_ids, load_assumptions

#: What a phrase can speak for. The last four say how an email is built and are no matter of a finding.
ROLES: Final = (
    *("introducer", "prior_contact", "they_wrote", "cv", "eras_id", "interest"),
    *("life_story", "lifelong_dream", "plea", "pressure", "several_programs", "script_for_other"),
    *("greeting", "address", "sign_off", "abbreviation"),
)
FORMS: Final = ("counts", "cancels")
KINDS: Final = ("missing", "present")


class ReplyFindingRow(NamedTuple):
    """One thing that the checker can find; see `load_reply_findings`."""

    finding: str
    kind: str
    looks_for: tuple[str, ...]
    allowed: int
    not_with: tuple[str, ...]
    claims: tuple[str, ...]
    assumption: str


class ReplyPhraseRow(NamedTuple):
    """One phrase; see `load_reply_phrases`."""

    phrase: str
    counts_for: str
    form: str
    note: str


class Seen(NamedTuple):
    """Words of the email that a finding rests on: ``text[start:end] == words``."""

    start: int
    end: int
    words: str


class Counts(NamedTuple):
    """How long the email is: its sentences, those of them that state interest, and its words."""

    sentences: int
    interest: int
    words: int


@dataclass(frozen=True)
class Finding:
    """One thing that the article warns of, or that it asks for and the email lacks.

    Args:
        finding: Its id in data/reply_findings.csv.
        kind: ``missing`` or ``present``.
        seen: The words it rests on, in their order; empty for what is missing.
        claims: Ids of the article's claims.
        assumption: The id of our assumption in it, else an empty text.

    Source:
        data/reply_findings.csv.

    Examples:
        >>> found = check_reply("I beg you, Dr. Hale.").findings[-1]
        >>> found.finding, found.seen[0].words, found.claims[0]
        ('plea', 'I beg you', 'noise.cold-email-why')
    """

    finding: str
    kind: str
    seen: tuple[Seen, ...]
    claims: tuple[str, ...]
    assumption: str

    @property
    def label(self) -> str:
        """What it is, in a few words for a reader."""
        return text(f"reply.{self.finding}.words")

    @property
    def reason(self) -> str:
        """Why the article warns of it, as a sentence for a reader."""
        return text(f"reply.{self.finding}.reason")

    @property
    def suggestion(self) -> str:
        """What a reader can do about it; never a sentence to paste."""
        return text(f"reply.{self.finding}.suggestion")


@dataclass(frozen=True)
class ReplyCheck:
    """What the checker found in one email.

    Args:
        findings: What it found, in the order of data/reply_findings.csv.
        counts: How long the email is.
        state: ``read``, ``empty`` (nothing of the student's own), or ``other_script`` (no word in Latin letters).
        quoted: Whether an older message below was left out.
        cut: Whether the text was too long and only its beginning was read.

    Source:
        data/reply_findings.csv; the facts in ``facts`` for the NRMP's rule.

    Examples:
        >>> check_reply("").sentence
        'There is nothing to read yet. Put your own email here and run this once more.'
    """

    findings: tuple[Finding, ...]
    counts: Counts
    state: str
    quoted: bool
    cut: bool

    @property
    def sentence(self) -> str:
        """What came out, as one sentence for a reader."""
        if self.state != "read":
            return text("reply.empty" if self.state == "empty" else "reply.other_script")
        if not self.findings:
            return text("reply.nothing_found")
        return text("reply.found_one" if len(self.findings) == 1 else "reply.found_more", number=len(self.findings))

    @property
    def contact_rule(self) -> str:
        """The reminder that the NRMP's rule on contact comes before any email; every result carries it."""
        return text("reply.contact_rule")

    @property
    def facts(self) -> tuple[str, ...]:
        """Ids of the facts on which that reminder rests."""
        return ("soap_rule.no_first_contact", "soap_rule.no_contact_if_silent", "soap_rule.not_settled_2027")

    @property
    def limits(self) -> str:
        """What the checker cannot do, as a sentence for a reader."""
        return text("reply.limits")

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not read, as sentences for a reader; mostly none."""
        quoted = (text("reply.quoted_left_out"),) if self.quoted else ()
        return quoted + ((text("reply.was_cut", number=read_up_to()),) if self.cut else ())


# ---- the tables ----


def load_reply_findings(path: Path = None) -> tuple[ReplyFindingRow, ...]:
    """Load what the checker can find, in the order in which it is shown.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``finding``, its id; ``kind``: missing or present; ``looks_for``, the roles of phrases it goes by, at least
        one, parted by blanks; ``allowed``, 0 to 9, how many sentences may have such a phrase before a ``present`` one is
        found (0 for a ``missing`` one); ``not_with``, roles one of whose phrases makes the question idle, or blank; ``claims``,
        ids; ``assumption``, the id of our assumption, or blank.

    Raises:
        TableError: The table is broken.

    Source:
        conduct.brief-reply, conduct.reply-template and the others that the rows name.

    Examples:
        >>> [row.finding for row in load_reply_findings() if row.kind == "missing"]
        ['no_introducer', 'no_cv', 'no_eras_id']
    """
    return read_table(
        ReplyFindingRow,
        "reply_findings.csv",
        {
            "finding": required_text,
            "kind": one_of(KINDS),
            "looks_for": _one_or_more(ROLES),
            "allowed": integer(0, 9),
            "not_with": each_of(ROLES),
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_reply_phrases(path: Path = None) -> tuple[ReplyPhraseRow, ...]:
    """Load the phrases that the checker goes by.

    A phrase is plain words, found in capitals and small letters alike and never across the end of a sentence. In it
    ``(a|b c|)`` stands for one of several, here also for nothing; ``*`` at a word's end for any ending, alone for any one
    word; ``...`` for a few words or none; ``#`` for a number; ``<doctor>`` for a title with a name; ``<name>`` for a name
    with a capital letter that does not begin the sentence; ``<place>`` for a hospital's name. A hyphen counts as a blank.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``phrase``; ``counts_for``, the role it speaks for; ``form``: ``counts``, or ``cancels`` where the phrase
        takes back what others of the role found in the same words; ``note``, for maintainers, or blank.

    Raises:
        TableError: The table is broken, or a phrase is not of this form.

    Source:
        The article's examples in our own words, and ours: assumption reply_phrases_stand_for.

    Examples:
        >>> [row.phrase for row in load_reply_phrases() if row.counts_for == "address"]
        ['<doctor>', '<doctor> *']
    """
    return read_table(
        ReplyPhraseRow,
        "reply_phrases.csv",
        {"phrase": _phrase, "counts_for": one_of(ROLES), "form": one_of(FORMS), "note": optional_text},
        path=path,
        key=("counts_for", "phrase"),
    )


def _one_or_more(known: Collection[str]) -> Reader:
    some = each_of(known)

    def read(cell: str) -> tuple[str, ...]:
        required_text(cell)
        return tuple(some(cell))

    return read


def _phrase(cell: str) -> str:
    phrase_pattern(cell)
    return cell


@functools.cache
def _number(name: str) -> int:
    return next(int(row.value) for row in load_assumptions() if row.assumption == name and row.value is not None)


def read_up_to() -> int:
    """Give how many characters of an email are read.

    Source:
        ours: assumption reply_read_up_to.

    Examples:
        >>> read_up_to()
        20000
    """
    return _number("reply_read_up_to")


# ---- phrases ----

_WORD: Final = re.compile(r"[^\W_]+")
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
    """Make the pattern of one phrase, or refuse it.

    Args:
        phrase: As described in `load_reply_phrases`.

    Returns:
        The pattern, for a line of words each of which is followed by a blank.

    Raises:
        WrongCellError: The phrase is not of this form.

    Examples:
        >>> bool(phrase_pattern("i (beg|plead) ... you").search("I plead with all of you "))
        True
        >>> phrase_pattern("(a+)+")
        Traceback (most recent call last):
        backchannel_lib.base.readers.WrongCellError: a phrase of plain words with *, ..., #, (a|b) and <doctor>, at most two ... \
and none at an end or beside *
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
        gap = _number("reply_gap")
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
    words = [word for word, _, _ in _words(piece.replace("-", " "))]
    if piece.endswith("*"):
        return "".join(f"{word} " for word in words[:-1]) + rf"{words[-1]}\S* "
    return "".join(f"{word} " for word in words)


def _words(plain: str) -> list[tuple[str, int, int]]:
    """List the words with their places; what an apostrophe parts are two words, the second written out."""
    found: list[tuple[str, int, int]] = []
    for match in _WORD.finditer(plain):
        word, start, end = match[0], match.start(), match.end()
        if start and plain[start - 1] == "'" and start > 1 and plain[start - 2].isalnum():
            if word.lower() == "t" and found and found[-1][0].lower().endswith("n") and len(found[-1][0]) > 1:
                before, where, until = found.pop()  # "don't" is "do" and "not"
                found.append((before[:-1], where, until))
                start = where  # so that a reader is shown "don't" and not a lone "t"
            word = _SHORT.get(word.lower(), word)
        found.append((word, start, end))
    return found


@functools.cache
def _patterns(role: str, form: str) -> tuple[re.Pattern[str], ...]:
    return tuple(phrase_pattern(row.phrase) for row in load_reply_phrases() if (row.counts_for, row.form) == (role, form))


# ---- reading an email ----

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


class _Part(NamedTuple):
    """A stretch of the text that ends as a sentence does; ``kind``: header, greeting, sentence or rest."""

    start: int
    end: int
    kind: str


class _Email:
    """One email, taken apart: its words in one line per sentence, each with its place in the text."""

    def __init__(self, text: str, plain: str) -> None:
        self.text = text
        self.words = _words(plain)
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
        self._greeted = {word.lower() for word, start, _ in self.words if self._part(start).kind == "greeting"}

    def found(self, role: str) -> list[tuple[int, int]]:
        """List the places of a role's phrases in the text, in their order and put together where they overlap."""
        if role not in self._found:
            counted = self._places(_patterns(role, "counts"))
            cancelled = self._places(_patterns(role, "cancels"))
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

    def _part(self, place: int) -> _Part:
        return self.parts[bisect_right(self._ends, place)]

    def _is_another(self, place: tuple[int, int]) -> bool:
        """Say whether a name stands in a sentence of the email and is not the one whom the email greets."""
        inside = self.words[bisect_right(self._starts, place[0] - 1) : bisect_right(self._starts, place[1] - 1)]
        only_greeted = len(inside) == 2 and inside[1][0].lower() in self._greeted
        return self._part(place[0]).kind == "sentence" and not only_greeted

    def sentence_of(self, place: tuple[int, int]) -> tuple[int, int]:
        """Give the stretch of the part in which a place stands, from its first word to its last mark."""
        part = self._part(place[0])
        stretch = self.text[part.start : part.end]
        start = part.start + len(stretch) - len(stretch.lstrip())
        return start, part.start + len(stretch.rstrip())


def _touches(place: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    """Say whether a place overlaps one of others, which are in their order and apart."""
    after = bisect_right(others, (place[0], place[1]))
    return any(other[0] < place[1] and place[0] < other[1] for other in others[max(0, after - 1) : after + 1])


def _plain(text: str) -> str:
    """Write the text with one kind of apostrophe, and without the stops of abbreviations; every place stays."""
    short = "|".join(row.phrase for row in load_reply_phrases() if row.counts_for == "abbreviation")
    stops = re.compile(rf"(?i)\b(?:(?:{short})|[^\W\d_])\.")
    return stops.sub(lambda found: found[0][:-1] + " ", text.translate(_ALIKE))


def _own_words(plain: str) -> tuple[str, bool]:
    """Blank out older messages that stand below or between; say whether there were any."""
    own = plain
    first = re.search(r"\S", plain)
    for older in _OLDER:
        found = older.search(own)
        if found and (first is None or found.start() > first.start() or "wrote" in found[0].lower()):
            own = own[: found.start()] + re.sub(r"[^\n]", " ", own[found.start() :])
    own = _QUOTED_LINE.sub(lambda found: " " * len(found[0]), own)
    return own, own != plain


def _parts(plain: str, words: Sequence[tuple[str, int, int]]) -> list[_Part]:
    """Cut the text at the ends of its sentences, its header lines and its greeting."""
    parts = []
    place = 0
    for line in plain.splitlines(keepends=True):
        if line.strip() and not _HEADER.match(line):
            break
        parts.append(_Part(place, place + len(line), "header"))
        place += len(line)
    greeting = _greeting_end(plain, place, words)
    if greeting:
        parts.append(_Part(place, greeting, "greeting"))
        place = greeting
    for found in _END.finditer(plain, place):
        parts.append(_Part(place, found.end(), "rest"))
        place = found.end()
    parts.append(_Part(place, len(plain) + 1, "rest"))
    return parts


def _greeting_end(plain: str, place: int, words: Sequence[tuple[str, int, int]]) -> int | None:
    """Give the place where a greeting ends that stands at ``place``, or None if there is none."""
    first = [word for word in words if word[1] >= place][:12]
    line = "".join(f"{word} " for word, _, _ in first)
    for role in ("greeting", "address"):
        for pattern in _patterns(role, "counts"):
            found = pattern.match(line)
            if found:
                after = first[found[0].count(" ") - 1][2]
                until = re.compile(r"[^,:!\n.?–—]*[,:!\n–—]" if role == "greeting" else r"[ \t]*[,:\n–—]")
                end = until.match(plain, after, min(len(plain), after + _GREETING_LENGTH))
                if end:
                    return end.end()
    return None


def _kinds(plain: str, parts: Sequence[_Part], words: Sequence[tuple[str, int, int]]) -> list[_Part]:
    """Say which of the parts are sentences of the email: neither its signature nor a stray few words."""
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


def _signature(plain: str, parts: Sequence[_Part], words: Sequence[tuple[str, int, int]]) -> tuple[int, int]:
    """Give the stretch of the last words of farewell and what stands under them, or an empty one."""
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
        for pattern in _patterns("sign_off", "counts"):
            found = pattern.match(line)
            after = tail[found[0].count(" ") - 1][2] if found else 0
            if found and re.match(r"[ \t]*(?:[,!\n–—]|$)", plain[after:until]):
                return part.start, until
    return len(plain) + 1, len(plain) + 1


def _recipients(plain: str, parts: Sequence[_Part]) -> list[tuple[int, int]]:
    """List the addresses of the To line if they belong to more than one institution."""
    found = [
        address
        for part in parts
        if part.kind == "header" and (header := _HEADER.match(plain, part.start)) and header[1].lower() == "to"
        for address in _RECIPIENT.finditer(plain, part.start, part.end)
    ]
    houses = {".".join(address[1].lower().strip(".").split(".")[-2:]) for address in found}
    return [address.span() for address in found] if len(houses) > 1 else []


# ---- the check ----


def check_reply(text: str) -> ReplyCheck:
    """Point at what the article warns of in a student's own short email; nothing in the email is written or changed.

    Args:
        text: The email as it stands, with or without its To and Subject lines; older messages below it are left out. Of a
            longer text the first 20,000 characters are read.

    Returns:
        The findings with the words they rest on, the counts, and the reminder of the NRMP's rule on contact.

    Raises:
        CaseError: ``text`` is no text.

    Source:
        The claims named in data/reply_findings.csv; the phrases are ours (assumption reply_phrases_stand_for).

    Examples:
        >>> check = check_reply("Dear Dr. Hale, Dr. Osei suggested I write. CV and ERAS ID are attached. It is my dream.")
        >>> [(found.finding, found.seen[0].words) for found in check.findings]
        [('lifelong_dream', 'dream')]
        >>> check.counts.sentences, check_reply("...").state
        (3, 'empty')
    """
    if not isinstance(text, str):
        raise CaseError("text", "not_text", text)
    cut = len(text) > read_up_to()
    text = text[: read_up_to()]
    plain, quoted = _own_words(_plain(text))
    email = _Email(text, plain)
    sentences = sum(part.kind == "sentence" for part in email.parts)
    if not email.words or not re.search("[A-Za-z]", plain):
        state = "other_script" if email.words else "empty"
        return ReplyCheck((), Counts(sentences, 0, len(_WORD.findall(plain))), state, quoted, cut)
    interest = {email.sentence_of(place) for place in email.found("interest")}
    findings = tuple(found for row in load_reply_findings() if (found := _finding(row, email, plain)))
    return ReplyCheck(findings, Counts(sentences, len(interest), len(_WORD.findall(plain))), "read", quoted, cut)


def _finding(row: ReplyFindingRow, email: _Email, plain: str) -> Finding | None:
    if any(email.found(role) for role in row.not_with):
        return None
    places = sorted(place for role in row.looks_for for place in email.found(role))
    if "several_programs" in row.looks_for:
        places = sorted(places + _recipients(plain, email.parts))
    if row.kind == "missing":
        return None if places else Finding(row.finding, row.kind, (), row.claims, row.assumption)
    if row.allowed:  # too many of what is welcome once or twice: the sentences are the finding, and not the phrases
        places = sorted({email.sentence_of(place) for place in places})
    if len(places) <= row.allowed:
        return None
    seen = tuple(Seen(start, end, email.text[start:end]) for start, end in places)
    return Finding(row.finding, row.kind, seen, row.claims, row.assumption)
