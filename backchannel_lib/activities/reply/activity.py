"""Check a short reply: readers say what might be missing, see what the checker found, and go through a checklist.

The checker never writes a word of the email or says that it is right. The reader decides, point by point.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from typing import Final, Unpack

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, FormField, Record, choice_field, choices_field, latest_choice
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.reply.findings import (
    Finding,
    Point,
    ReplyCheck,
    ReplyPointRow,
    check_reply,
    load_reply_findings,
    load_reply_points,
    read_up_to,
)
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.components import bullets, citations, facts_by_source, table, to_check
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checks, radios, text_box, toolbar

CONTACTED: Final = ("yes", "no", "outside")  # whether the program has reached out, or SOAP isn't running
LINES: Final = 8  # to write on, on paper
NOTHING: Final = "nothing"  # chosen by a reader who expects no findings

checked = functools.lru_cache(maxsize=32)(check_reply)


class ReplyActivity(Form):
    """A text, what the reader expects the checker to find, and what it finds.

    Args:
        row: Its row in data/activities.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.rows = {row.finding: row for row in load_reply_findings()}
        self.points = {row.point: row for row in load_reply_points()}
        label = text("reply_board.text")
        entries = {
            "contacted": choice_field("contacted", CONTACTED, text("reply_board.contacted")),
            "text": FormField("", _read_text, label),
            "guess": choices_field("guess", [*self.rows, NOTHING], text("reply_board.guess")),
            "ticks": choices_field("ticks", self.points, text("reply_board.ticks")),
            "first": FormField("", _read_text),  # the text when it was first checked; blank before that
        }
        super().__init__(row, entries)

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {
            "example": lambda _: self._replace(example_email(), notice=text("reply_board.example_shown")),
            "clear": lambda _: self._replace(""),
            "see": self._see,
        }

    def _replace(self, email: str, **more: Unpack[ActionResult]) -> ActionResult:
        """Start over with another email."""
        self.commit_values(text=email, guess=(), ticks=(), first="")
        return {"values": self.values(self.state), **more, "focus": "text"}

    def _see(self, _: object) -> ActionResult:
        if not self.state["text"].strip():
            return {"notice": text("reply.empty")}
        if not self.state["contacted"]:
            return {"notice": text("reply_board.contacted_first"), "focus": "contacted"}
        if not self.state["guess"]:
            return {"notice": text("guess.first")}
        if not self.state["first"]:
            self.commit_values(first=self.state["text"])
        return {"focus": "beside"}

    # ---- what is on screen ----

    def with_value(self, field: str, value: object) -> Record:
        """Return the state after one control moves; "nothing" and a finding exclude each other."""
        to = super().with_value(field, value)
        if field != "guess":
            return to
        return super().with_value(field, latest_choice(self.values(to)[field], self.state[field], NOTHING))

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the checker's findings once the reader has said what they expect."""
        points = {f"point_{name}": "" for name in self.points}
        if not state["first"]:
            return {"beside": "", "found": "", "live_text": "", **points}
        check = checked(state["text"])
        points |= {f"point_{one.row.point}": tag("span", _answer(one, check.state)) for one in check.points}
        return {"beside": self._beside(state), "found": self._found(state, check), "live_text": check.sentence, **points}

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        return ["seen"] if state["first"] else ["ask"]

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts, now = self.fragments(state), self.sections(state)
        return activity_page(
            self.key,
            tag(
                "section",
                tag("h3", text("rules.title")),
                tag("p", checked("").contact_rule),
                facts_by_source("rule", text("rules.source"), checked("").facts),
                class_="bw-rule",
            ),
            tag(
                "div",
                self.on_paper(
                    tag("p", tag("b", text("reply_board.contacted"))),
                    to_check([label for _, label in _contacts()], several=False),
                    tag("p", tag("b", text("reply_board.text"))),
                    tag("div", [tag("p") for _ in range(LINES)], class_="bw-ruled"),
                    tag("p", tag("b", text("paper.reply"))),
                    to_check([label for _, label in self._options()]),
                ),
                tag(
                    "div",
                    tag(
                        "div",
                        toolbar(
                            button(text("reply_board.example"), "example"),
                            button(text("reply_board.clear"), "clear"),
                            alike=True,
                        ),
                        text_box(
                            "text", text("reply_board.text"), state["text"], long=True, help_text=text("reply_board.text_help")
                        ),
                        class_="bw-stays",
                    ),
                    tag(
                        "div",
                        radios("contacted", text("reply_board.contacted"), _contacts(), state["contacted"]),
                        show_if(
                            "ask",
                            now,
                            checks("guess", text("reply_board.guess"), self._options(), state["guess"]),
                            toolbar(button(text("reply_board.see"), "see")),
                        ),
                        show_if(
                            "seen",
                            now,
                            slot("beside", parts["beside"], class_="bw-beside"),
                            slot("found", parts["found"], class_="bw-spaced"),
                            class_="bw-spaced",
                        ),
                    ),
                    class_="bw-columns bw-halves",
                ),
            ),
            show_if(
                "seen",
                now,
                tag(
                    "div",
                    tag("h3", text("reply_board.checklist")),
                    checks(
                        "ticks",
                        text("reply_board.ticks"),
                        [(name, self._point(row, parts)) for name, row in self.points.items()],
                        state["ticks"],
                        help_text=text("reply_board.ticks_help"),
                    ),
                    citations("points", dict.fromkeys(claim for row in self.points.values() for claim in row.claims)),
                ),
                tag(
                    "div",
                    tag("h3", text("reply_board.limits")),
                    bullets(checked("").limits),
                ),
                class_="bw-columns bw-halves",
            ),
        )

    @staticmethod
    def _point(row: ReplyPointRow, parts: Mapping[str, str]) -> Markup:
        """Return a point of the checklist with the sentence that answers it, which both label the checkbox."""
        name = f"point_{row.point}"
        return tag("span", row.label, " ", slot(name, parts[name], element="span", class_="bw-small"))

    def _options(self) -> list[tuple[str, str]]:
        return [*((name, text(f"reply.{name}.words")) for name in self.rows), (NOTHING, text("reply_board.nothing"))]

    def _beside(self, state: Record) -> Markup:
        """Compare what the reader noticed with the findings in the first version of the text."""
        expected = set(state["guess"])
        found = {one.finding for one in checked(state["first"]).findings}
        more = [text(f"reply.{name}.words") for name in self.rows if name in expected - found]
        return join(
            tag("p", self._difference(expected, found), class_="bw-kind"),
            tag("p", text("reply_board.more", names="; ".join(more))) if more else None,
            tag("p", text("reply_board.first_version"), class_="bw-small"),
        )

    @staticmethod
    def _difference(expected: set[str], found: set[str]) -> str:
        if expected - {NOTHING} == found:
            return text("reply_board.same" if found else "reply_board.both_nothing")
        both = len(expected & found)
        return text("reply_board.alike", alike=both, total=len(found)) if found else text("reply_board.found_none")

    def _found(self, state: Record, check: ReplyCheck) -> Markup:
        before, guess = len(checked(state["first"]).findings), state["guess"]
        return join(
            # The rule comes before every finding.
            tag("p", text(f"reply_board.rule.{state['contacted']}"), class_="bw-rule-line bw-kind")
            if state["contacted"]
            else None,
            tag("h3", text("reply_board.found")),
            tag("p", check.sentence, class_="bw-summary"),
            tag("p", text("reply_board.before_now", before=before, now=len(check.findings)))
            if state["text"] != state["first"]
            else None,
            [tag("p", note, class_="bw-note") for note in check.notes],
            bullets((_finding(one, guess) for one in check.findings), "bw-dated") if check.findings else None,
            _counts(check),
            citations("checker", ("conduct.brief-reply", "conduct.reply-template"), ("reply_phrases_stand_for",)),
        )

    @property
    def text(self) -> str:
        """Title, introduction and rule, and the findings once the reader asks for them."""
        lines = [super().text, checked("").contact_rule]
        return "\n".join([*lines, *(_lines(checked(self.state["text"])) if self.state["first"] else [])])

    def transcript_lines(self) -> Iterator[str]:
        """Yield the findings for the example after each guess, and for other versions of it."""
        yield self._see({})["notice"]
        self._replace(example_email())
        yield self.state["text"]
        yield self._see({})["notice"]
        self.update(contacted="yes")
        yield self._see({})["notice"]
        for guess in ((NOTHING,), ("no_cv",), tuple(self.rows)):
            self.update(guess=guess)
            self._see({})
            found = {one.finding for one in checked(self.state["first"]).findings}
            yield self._difference(set(self.state["guess"]), found)
            self.undo()
        self.update(guess="no_cv")
        self._see({})
        yield from _lines(checked(self.state["text"]))
        for contacted in CONTACTED:
            self.update(contacted=contacted)
            yield text(f"reply_board.rule.{contacted}")
        for email in (text("reply_board.tour_script"), text("reply_board.tour_other"), "…"):
            self.update(text=email)
            yield from [email, *_lines(checked(email))]


def _contacts() -> list[tuple[str, str]]:
    return [(one, text(f"reply_board.contacted.{one}")) for one in CONTACTED]


def example_email() -> str:
    """Return a fictional student's email that needs work; in the table of texts, ¶ stands for a blank line.

    Examples:
        >>> len(check_reply(example_email()).findings)
        7
    """
    return text("reply_board.example_text").replace(" ¶ ", "\n\n")


def _answer(point: Point, state: str) -> str:
    """Return the checker's answer for one point: a sentence of the email, or that it found none."""
    if state != "read":
        return text("reply_board.point.not_read")
    if point.sentence:
        return text("reply_board.point.against" if point.against else "reply_board.point.sentence", words=point.sentence)
    if point.row.looks_for:
        return text("reply_board.point.none")
    return text("reply_board.point.none_against" if point.row.against else "reply_board.point.yours")


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise CaseError("text", "not_text", value)
    # Keep one character more than the checker reads, so that it can report the cut.
    return value.replace("\r\n", "\n")[: read_up_to() + 1]


def _quoted(found: Finding) -> str:
    """Return the words behind a finding, each one once, in quotation marks."""
    words = dict.fromkeys(" ".join(one.words.split()) for one in found.seen)
    return ", ".join(text("reply_board.quote", words=one) for one in words)


def _finding(found: Finding, guess: Collection[str]) -> Markup:
    noticed = tag("span", text("reply_board.noticed"), class_="bw-badge") if found.finding in guess else None
    seen = tag("p", text("reply_board.seen", words=_quoted(found))) if found.seen else None
    return join(
        tag("p", tag("b", found.label), " ", noticed),
        seen,
        tag("p", found.reason),
        tag("p", tag("b", text("reply_board.do")), " ", found.suggestion),
        citations(f"reply-{found.finding}", found.claims, (found.assumption,)),
    )


def _counts(check: ReplyCheck) -> Markup:
    labels = (text("reply_board.sentences"), text("reply_board.interest"), text("reply_board.words"))
    rows = zip(labels, check.counts, strict=True)
    return table(text("reply_board.counts"), (text("reply_board.counts"), text("reply_board.number")), rows)


def _lines(check: ReplyCheck) -> list[str]:
    """Return the findings as lines of text."""
    if check.state != "read":
        return [check.sentence, *check.notes]
    found = [
        text("reply_board.line", finding=one.label, seen=_quoted(one), suggestion=one.suggestion) for one in check.findings
    ]
    counted = text("reply_board.counted", **check.counts._asdict())
    points = [f"- {one.row.label} {_answer(one, check.state)}" for one in check.points]
    return [check.sentence, *check.notes, *(line.replace("  ", " ") for line in found), *points, counted, *check.limits]
