"""A director's inbox with a hundred cold emails: readers work through some, then see what the author reports."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, FormField, Record, boolean_field, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import (
    INBOX_PLACES,
    ActivityRow,
    InboxPieceRow,
    article_number,
    article_number_claims,
    load_inbox_pieces,
)
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.components import asked_on_paper, blank_table, bullets, citations, table, unfolding
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, slider, toolbar

NUMBERS: Final = ("cold_emails", "cold_emails_deleted")
DELETE, SKIM = "d", "s"  # what the reader did with an email, as saved


class Email(NamedTuple):
    """One of the hundred emails.

    Args:
        name: The sender.
        subject: The subject line.
        line: The first line.
        flag: Whether a director who skims it would find something to hold against the sender.
    """

    name: str
    subject: str
    line: str
    flag: bool


@functools.cache
def emails() -> tuple[Email, ...]:
    """Build the hundred emails, the same ones every time and all different.

    Source:
        data/inbox_pieces.csv; the emails are ours.

    Examples:
        >>> len(emails())
        100
    """
    pieces = {place: [row for row in load_inbox_pieces() if row.place == place] for place in INBOX_PLACES}
    return tuple(_email(number, pieces) for number in range(article_number(NUMBERS[0])))


def _email(number: int, pieces: Mapping[str, Sequence[InboxPieceRow]]) -> Email:
    # The lists for the slots have different lengths, so each cycles on its own and no two emails are the same.
    at = dict.fromkeys(pieces, number)
    at["initial"] += number // len(pieces["given"])  # otherwise a name would always get the same initial
    picked = {place: rows[at[place] % len(rows)] for place, rows in pieces.items()}
    words = {place: text(f"inbox_piece.{row.piece}") for place, row in picked.items()}
    flag = any(row.flag for row in picked.values())
    return Email(text("inbox.from", **words), words["subject"], text("inbox.opening_line", **words), flag)


def _decisions(most: int) -> FormField:
    """Return a field for the decisions so far, one letter each."""

    def read(value: object) -> str:
        text = str(value)
        if not isinstance(value, str) or len(text) > most or set(text) - {DELETE, SKIM}:
            raise CaseError("done", "set", value, levels=f"{DELETE}, {SKIM}")
        return text

    return FormField("", read)


class Inbox(Form):
    """An inbox, a guess about it, and the author's numbers.

    Args:
        row: The activity's row.

    Source:
        noise.cold-email-90-10, noise.one-of-100; the emails are ours.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.first = int(assumption("inbox_first"))
        self.total, self.deleted = map(article_number, NUMBERS)
        entries = {
            "guess": integer_field("guess", 0, self.total, self.total // 2, text("inbox.guess")),
            "begun": boolean_field("begun"),
            "done": _decisions(self.first),
            "rest": boolean_field("rest"),
        }
        super().__init__(row, entries)

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {
            "open": self._open_inbox,
            "delete": lambda _: self._decide(DELETE),
            "skim": lambda _: self._decide(SKIM),
            "rest": self._delete_rest,
        }

    def _open_inbox(self, _: object) -> ActionResult:
        self.commit_values(begun=True)
        return {"focus": "mail"}

    def _decide(self, what: str) -> ActionResult:
        if self._stage(self.state) != "sort":
            return {}
        self.commit_values(done=self.state["done"] + what)
        # The buttons stay in place and keep the focus until they disappear.
        return {} if self._stage(self.state) == "sort" else {"focus": "mail"}

    def _delete_rest(self, _: object) -> ActionResult:
        if not self.state["begun"]:
            return {"notice": text("guess.first")}
        self.commit_values(rest=True)
        return {"focus": "tally"}

    def _stage(self, state: Record) -> str:
        """Return the reader's progress: ``ask``, ``sort``, ``pause`` or ``told``."""
        if not state["begun"]:
            return "ask"
        if state["rest"]:
            return "told"
        return "sort" if len(state["done"]) < self.first else "pause"

    # ---- what is on the page ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the current email, the result of the last one, and at the end the author's numbers."""
        stage = self._stage(state)
        at_work = stage in {"sort", "pause"}
        last = self._last(state) if at_work else ""
        email = emails()[len(state["done"])]
        spoken = {
            "ask": "",
            "sort": f"{last} {email.name}: {email.subject} {email.line}",
            "pause": f"{last} {self._paused()}",
            "told": self._grid_in_words(),
        }
        return {
            "last": last,
            "mail": self._mail(state) if stage == "sort" else tag("p", self._paused()) if stage == "pause" else "",
            "so_far": self._so_far(state) if at_work else "",
            "tally": self._tally(state) if stage == "told" else "",
            "live_text": spoken[stage].strip(),
        }

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        stage = self._stage(state)
        return [stage, "desk"] if stage in {"sort", "pause"} else [stage]

    def _last(self, state: Record) -> str:
        """Return what the reader did with the last email or, at the start, what to do."""
        done = state["done"]
        if not done:
            return text("inbox.welcome")
        email = emails()[len(done) - 1]
        if done[-1] == DELETE:
            return text("inbox.was_deleted", name=email.name)
        return text("inbox.was_flagged" if email.flag else "inbox.was_clean", name=email.name)

    def _mail(self, state: Record) -> Markup:
        at = len(state["done"])
        email = emails()[at]
        return join(
            tag("h3", tag("span", text("inbox.number", number=at + 1, total=self.total), class_="bw-count")),
            tag("p", text("inbox.sender", name=email.name)),
            tag("p", tag("b", text("inbox.subject", subject=email.subject))),
            tag("p", email.line, class_="bw-letter-line"),
        )

    def _paused(self) -> str:
        return text("inbox.paused", first=self.first, left=self.total - self.first)

    def _so_far(self, state: Record) -> str:
        done = state["done"]
        left = self.first - len(done)
        return text("inbox.so_far", deleted=done.count(DELETE), skimmed=done.count(SKIM), left=left, first=self.first)

    def _grid_in_words(self) -> str:
        return text("inbox.grid", deleted=self.deleted, skimmed=self.total - self.deleted)

    def _tally(self, state: Record) -> Markup:
        """Return the author's hundred emails as a picture with numbers, the reader's next to them, and the reason."""
        numbers = [claim for number in NUMBERS for claim in article_number_claims(number)]
        return join(
            tag("h3", text("inbox.tally")),
            tag("div", self._picture(), tag("div", self._numbers(state), class_="bw-numbers"), class_="bw-hundreds"),
            tag("p", self._compared(state), class_="bw-kind"),
            tag("p", self._at_the_desk(state)) if state["done"] else None,
            tag("h3", text("inbox.why_title")),
            bullets([text("inbox.why_soap"), text("inbox.why_after"), text("inbox.why_plea")]),
            tag("p", text("inbox.example")),
            tag("p", text("inbox.person"), class_="bw-kind"),
            tag("p", text("inbox.rule"), class_="bw-note"),
            citations(
                "inbox",
                (*numbers, "noise.cold-email-why", "noise.cold-email-example"),
                ("inbox_is_made_up", "inbox_first"),
                ("soap_rule.no_first_contact",),
            ),
            unfolding(
                "all-emails",
                text("inbox.all", total=self.total),
                tag("ol", [tag("li", line) for line in _all_lines()], class_="bw-letters"),
            ),
        )

    def _picture(self) -> Markup:
        interval = self.total // (self.total - self.deleted)
        is_skimmed = [number % interval == interval - 1 for number in range(self.total)]
        return tag(
            "div",
            tag(
                "div",
                [tag("span", "◯" if skimmed else "✕", class_="bw-skimmed" if skimmed else None) for skimmed in is_skimmed],
                class_="bw-hundred",
                role="img",
                aria_label=self._grid_in_words(),
            ),
            tag(
                "ul",
                tag("li", "✕ ", text("inbox.key_deleted", count=self.deleted)),
                tag("li", "◯ ", text("inbox.key_skimmed", count=self.total - self.deleted)),
                tag("li", text("inbox.key_read")),
            ),
        )

    def _numbers(self, state: Record) -> Markup:
        done = state["done"]
        deleted = done.count(DELETE)
        mine = (
            (text("inbox.your_desk", deleted=deleted, done=len(done)), round(self.total * deleted / len(done)))
            if done
            else (text("inbox.your_desk_empty"), text("inbox.nobody_asked"))
        )
        rows = [(text("inbox.your_guess"), state["guess"]), mine, (text("guess.article"), self.deleted)]
        return table(text("inbox.tally"), (text("table.what"), text("inbox.of_hundred")), rows)

    def _compared(self, state: Record) -> str:
        gap = state["guess"] - self.deleted
        if gap == 0:
            return text("inbox.guess_same")
        return text("inbox.guess_more" if gap > 0 else "inbox.guess_less", gap=abs(gap))

    def _at_the_desk(self, state: Record) -> str:
        done = state["done"]
        deleted_fewer = done.count(DELETE) < round(self.deleted * len(done) / self.total)  # rounded to whole emails
        return text("inbox.desk_gentler" if deleted_fewer else "inbox.desk_alike")

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts, now = self.fragments(state), self.sections(state)
        return activity_page(
            self.key,
            self.on_paper(
                asked_on_paper(text("inbox.guess")),
                blank_table(
                    text("paper.inbox", first=self.first),
                    [text("inbox.delete"), text("inbox.skim")],
                    _all_lines()[: self.first],
                ),
            ),
            show_if(
                "ask",
                now,
                slider("guess", text("inbox.guess"), (0, self.total), state["guess"], is_guess=True),
                toolbar(button(text("inbox.open"), "open")),
            ),
            show_if(
                "desk",
                now,
                slot("last", parts["last"], "p", class_="bw-lead"),
                slot("mail", parts["mail"], class_="bw-letter"),
                show_if(
                    "sort",
                    now,
                    button(text("inbox.delete"), "delete"),
                    button(text("inbox.skim"), "skim"),
                    button(text("inbox.enough"), "rest"),
                    class_="bw-toolbar bw-alike",
                ),
                show_if("pause", now, button(text("inbox.rest"), "rest"), class_="bw-toolbar"),
                slot("so_far", parts["so_far"], "p", class_="bw-small"),
            ),
            show_if("told", now, slot("tally", parts["tally"], class_="bw-told")),
        )

    @property
    def text(self) -> str:
        """Title, introduction, the question, and the progress."""
        stage, done = self._stage(self.state), self.state["done"]
        lines = [super().text, text("inbox.guess")]
        if stage != "ask":
            lines.append(text("inbox.text_state", deleted=done.count(DELETE), skimmed=done.count(SKIM)))
        if stage == "told":
            lines.append(self._grid_in_words())
        return "\n".join(lines)

    def transcript_lines(self) -> Iterator[str]:
        """Guess high and low, delete and skim emails, skip the rest, and yield the answers."""
        for guess in (0, self.total // 2, self.deleted, self.total):
            self.update(guess=guess)
            yield f"{text('inbox.guess')} {guess}: {self._compared(self.state)}"
        self._open_inbox({})
        for _ in range(self.first):
            email = emails()[len(self.state["done"])]
            yield text("inbox.line", number=len(self.state["done"]) + 1, **email._asdict())
            for what in (SKIM, DELETE):
                self._decide(what)
                yield f"   {self._last(self.state)}"
                if what == SKIM:
                    self.undo()
        yield self._so_far(self.state)
        self._delete_rest({})
        yield from [self._at_the_desk(self.state), self._grid_in_words(), text("inbox.key_read")]


@functools.cache
def _all_lines() -> tuple[str, ...]:
    return tuple(text("inbox.line", number=number, **email._asdict()) for number, email in enumerate(emails(), start=1))
