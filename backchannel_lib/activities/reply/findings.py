"""The reply checker, which finds what the article would warn about in a student's own short email.

It points at words and gives the article's reason, but never writes a sentence for the email. What it looks for is in
data/reply_findings.csv and data/reply_phrases.csv.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

from backchannel_lib.activities.reply.phrases import ROLES, WORD
from backchannel_lib.activities.reply.placeholders import placeholders
from backchannel_lib.activities.reply.reading import Reading, read_email
from backchannel_lib.activities.reply.structure import Email, plain_text, recipients
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.readers import WrongRowError, each_of, integer, loader, one_of, required_text
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.tables import assumption_id, claim_ids

KINDS: Final = ("missing", "present")
#: What the checker can't judge, in the order on the page.
LIMITS: Final = ("meaning", "attachments", "people", "measured")
ANYWHERE: Final = ("cv", "eras_id", "placeholder")  # these count even in a signature


def _roles(cell: str) -> tuple[str, ...]:
    """One or more roles of phrases, separated by spaces."""
    return tuple(each_of((*ROLES, "placeholder"))(required_text(cell)))


class ReplyFindingRow(NamedTuple):
    """What the checker can find, in the order on the page.

    Source:
        conduct.brief-reply, conduct.reply-template and the other claims in the rows.

    Examples:
        >>> [row.finding for row in load_reply_findings() if row.kind == "missing"]
        ['no_introducer', 'no_cv', 'no_eras_id']
    """

    finding: str
    kind: Annotated[str, one_of(KINDS)]
    looks_for: Annotated[tuple[str, ...], _roles, "the phrases that it looks for"]
    allowed: Annotated[int, integer(0, 9), "the number of sentences in which such phrases are welcome; 0 for something missing"]
    not_with: Annotated[tuple[str, ...], each_of(ROLES), "phrases that make the finding irrelevant"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]


def _check_findings(rows: tuple[ReplyFindingRow, ...]) -> None:
    for index, row in enumerate(rows):
        if row.kind == "missing" and row.allowed:
            raise WrongRowError(index, "allowed", row.allowed, "0, since what is missing is in no sentence")


load_reply_findings = loader(ReplyFindingRow, "reply_findings.csv", check=_check_findings)


def read_up_to() -> int:
    """Return the number of characters that the checker reads."""
    return int(assumption("reply_read_up_to"))


def _finding_ids() -> tuple[str, ...]:
    return tuple(row.finding for row in load_reply_findings())


class ReplyPointRow(NamedTuple):
    """The points of the article's short reply, for the student's checklist.

    Source:
        conduct.brief-reply, conduct.reply-template and the other claims in the rows.

    Examples:
        >>> [row.point for row in load_reply_points()][:3]
        ['link', 'cv', 'eras_id']
    """

    point: str
    looks_for: Annotated[tuple[str, ...], each_of(ROLES), "the phrases that seem to answer it; none if no phrase can"]
    against: Annotated[tuple[str, ...], each_of(_finding_ids), "the findings that seem to contradict it"]
    claims: Annotated[tuple[str, ...], claim_ids]

    @property
    def label(self) -> str:
        """The point as a sentence for the checklist."""
        return text(f"reply_point.{self.point}")


load_reply_points = loader(ReplyPointRow, "reply_points.csv")


class Seen(NamedTuple):
    """Words of the email behind a finding: ``check.text[start:end] == words``."""

    start: int
    end: int
    words: str


class Counts(NamedTuple):
    """The length of the email: its sentences, the sentences that state interest, and its words."""

    sentences: int
    interest: int
    words: int


@dataclass(frozen=True)
class Finding:
    """Something the article warns about, or something it asks for that the email lacks.

    Args:
        finding: Its id in data/reply_findings.csv.
        kind: ``missing`` or ``present``.
        seen: The words behind it, in order; empty for something missing.
        claims: Ids of the article's claims.
        assumption: Id of our assumption behind it, or an empty string.

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
        """The finding in a few words."""
        return text(f"reply.{self.finding}.words")

    @property
    def reason(self) -> str:
        """Why the article warns about it, as a sentence."""
        return text(f"reply.{self.finding}.reason")

    @property
    def suggestion(self) -> str:
        """What the reader can do about it; never a sentence to paste."""
        return text(f"reply.{self.finding}.suggestion")


class Point(NamedTuple):
    """One point of the article's short reply, with the email's sentence that seems to answer it.

    Args:
        row: Its row in data/reply_points.csv.
        sentence: The sentence, or an empty string if there is none.
        against: Whether the sentence seems to contradict the point.
    """

    row: ReplyPointRow
    sentence: str = ""
    against: bool = False


@dataclass(frozen=True)
class ReplyCheck:
    """The checker's findings in one email. Finding nothing never means that the email is right.

    Args:
        findings: The findings, in the order of data/reply_findings.csv.
        points: The article's points, each with the sentence that seems to answer it.
        counts: The length of the email.
        state: ``read``, ``empty`` (it contains none of the student's own words), or ``not_english``.
        reading: What was read, and what was left out.
        cut: Whether the text was too long, so that only its beginning was read.

    Source:
        data/reply_findings.csv and data/reply_points.csv. For the NRMP's rule, see ``facts``.

    Examples:
        >>> check_reply("").sentence
        "There's nothing of yours to read yet. Put your email here, above or below anything you quote, and check again."
    """

    findings: tuple[Finding, ...]
    points: tuple[Point, ...]
    counts: Counts
    state: str
    reading: Reading
    cut: bool

    @property
    def text(self) -> str:
        """The email as the checker read it, repaired and without HTML; `Seen` refers to positions in it."""
        return self.reading.text

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if self.state != "read":
            return text(f"reply.{self.state}")
        if not self.findings:
            return text("reply.nothing_found")
        return text("reply.found_one" if len(self.findings) == 1 else "reply.found_more", number=len(self.findings))

    @property
    def contact_rule(self) -> str:
        """The reminder in every result that the NRMP's rule on contact comes before any email."""
        return text("reply.contact_rule")

    @property
    def facts(self) -> tuple[str, ...]:
        """Ids of the facts behind that reminder."""
        return ("soap_rule.no_first_contact", "soap_rule.no_contact_if_silent", "soap_rule.not_settled_2027")

    @property
    def limits(self) -> tuple[str, ...]:
        """Sentences about what the checker can't judge."""
        return tuple(text(f"reply.limit.{limit}") for limit in LIMITS)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what was skipped; usually empty."""
        left_out = [text(f"reply.left_out.{name}") for name in self.reading.left_out]
        not_done = [text(f"reply.not_done.{name}") for name in self.reading.not_done]
        return (*left_out, *not_done, *((text("reply.was_cut", number=read_up_to()),) if self.cut else ()))


def check_reply(text: str) -> ReplyCheck:
    """Point out what the article would warn about in a student's own short email, without writing or changing anything.

    Args:
        text: The email as pasted: plain text or HTML, with or without its To and Subject lines. Quoted and forwarded messages,
            footers, and paragraphs in other languages are ignored. Only the first 20,000 characters and 500 lines are read.

    Returns:
        The findings with their words, the article's points with the sentences that seem to answer them, the counts, and the
        reminder of the NRMP's rule on contact. An email that isn't in English has no findings and no sentences.

    Raises:
        CaseError: ``text`` is not a string.

    Source:
        The claims in data/reply_findings.csv. The phrases are ours (assumption reply_phrases_stand_for).

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
    reading = read_email(text[: read_up_to()])
    plain = plain_text(reading.own)
    email = Email(reading.text, plain)
    sentences = sum(part.kind == "sentence" for part in email.parts)
    words = len(WORD.findall(plain))
    if not email.words or reading.english is False:
        nobody = tuple(map(Point, load_reply_points()))
        state = "not_english" if email.words else "empty"
        return ReplyCheck((), nobody, Counts(sentences, 0, words), state, reading, cut)
    interest = {email.sentence_of(place) for place in email.found("interest")}
    findings = tuple(found for row in load_reply_findings() if (found := _finding(row, email, reading)))
    by_name = {found.finding: found for found in findings}
    points = tuple(_point(row, email, reading, by_name) for row in load_reply_points())
    return ReplyCheck(findings, points, Counts(sentences, len(interest), words), "read", reading, cut)


def _places(role: str, email: Email, reading: Reading) -> list[tuple[int, int]]:
    """Return the positions of a role's phrases in the parts of an email that count for it."""
    if role == "placeholder":
        return placeholders(reading.own)
    places = email.found(role)
    return [place for place in places if role in ANYWHERE or email.kind_at(place[0]) != "signature"]


def _finding(row: ReplyFindingRow, email: Email, reading: Reading) -> Finding | None:
    if any(_places(role, email, reading) for role in row.not_with):
        return None
    places = sorted(place for role in row.looks_for for place in _places(role, email, reading))
    if "several_programs" in row.looks_for:
        places = sorted(places + recipients(plain_text(reading.own), email.parts))
    if row.kind == "missing":
        if places or (reading.answers and "they_wrote" in row.looks_for):
            return None
    else:
        if row.allowed:  # welcome once or twice, so the finding is about sentences, not phrases
            places = sorted({email.sentence_of(place) for place in places})
        if len(places) <= row.allowed:
            return None
    seen = tuple(Seen(start, end, email.text[start:end]) for start, end in places)
    return Finding(row.finding, row.kind, seen, row.claims, row.assumption)


def _point(row: ReplyPointRow, email: Email, reading: Reading, found: Mapping[str, Finding]) -> Point:
    """Return a point with the first sentence that seems to contradict it, or else to answer it."""
    against = [seen for name in row.against if name in found for seen in found[name].seen]
    places = sorted((seen.start, seen.end) for seen in against)
    places = places or sorted(place for role in row.looks_for for place in _places(role, email, reading))
    if places:
        start, end = email.sentence_of(places[0])
        return Point(row, " ".join(email.text[start:end].split()), bool(against))
    answer = text("reply.answers") if reading.answers and "they_wrote" in row.looks_for else ""
    return Point(row, answer)
