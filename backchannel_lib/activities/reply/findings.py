"""The reply checker: what the article would warn of in a student's own short email.

It points at words and gives the article's reason. It never writes a sentence for the email. What it looks for are rows of
data/reply_findings.csv and data/reply_phrases.csv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

from backchannel_lib.activities.reply.phrases import ROLES, WORD
from backchannel_lib.activities.reply.structure import Email, own_words, plain_text, recipients
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.readers import each_of, integer, loader, one_of, required_text
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.tables import assumption_id, claim_ids

KINDS: Final = ("missing", "present")


def _roles(cell: str) -> tuple[str, ...]:
    """One or more roles of phrases, separated by spaces."""
    return tuple(each_of(ROLES)(required_text(cell)))


class ReplyFindingRow(NamedTuple):
    """What the checker can find, in the order in which it is shown.

    Source:
        conduct.brief-reply, conduct.reply-template and the others that the rows name.

    Examples:
        >>> [row.finding for row in load_reply_findings() if row.kind == "missing"]
        ['no_introducer', 'no_cv', 'no_eras_id']
    """

    finding: str
    kind: Annotated[str, one_of(KINDS)]
    looks_for: Annotated[tuple[str, ...], _roles, "the phrases that it goes by"]
    allowed: Annotated[int, integer(0, 9), "in how many sentences such phrases are welcome; 0 for what is missing"]
    not_with: Annotated[tuple[str, ...], each_of(ROLES), "phrases that make the question idle"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]


load_reply_findings = loader(ReplyFindingRow, "reply_findings.csv")


def read_up_to() -> int:
    """Return how many characters of an email are read."""
    return int(assumption("reply_read_up_to"))


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
    plain, quoted = own_words(plain_text(text))
    email = Email(text, plain)
    sentences = sum(part.kind == "sentence" for part in email.parts)
    if not email.words or not re.search("[A-Za-z]", plain):
        state = "other_script" if email.words else "empty"
        return ReplyCheck((), Counts(sentences, 0, len(WORD.findall(plain))), state, quoted, cut)
    interest = {email.sentence_of(place) for place in email.found("interest")}
    findings = tuple(found for row in load_reply_findings() if (found := _finding(row, email, plain)))
    return ReplyCheck(findings, Counts(sentences, len(interest), len(WORD.findall(plain))), "read", quoted, cut)


def _finding(row: ReplyFindingRow, email: Email, plain: str) -> Finding | None:
    if any(email.found(role) for role in row.not_with):
        return None
    places = sorted(place for role in row.looks_for for place in email.found(role))
    if "several_programs" in row.looks_for:
        places = sorted(places + recipients(plain, email.parts))
    if row.kind == "missing":
        return None if places else Finding(row.finding, row.kind, (), row.claims, row.assumption)
    if row.allowed:  # too many of what is welcome once or twice: the sentences are the finding, and not the phrases
        places = sorted({email.sentence_of(place) for place in places})
    if len(places) <= row.allowed:
        return None
    seen = tuple(Seen(start, end, email.text[start:end]) for start, end in places)
    return Finding(row.finding, row.kind, seen, row.claims, row.assumption)
