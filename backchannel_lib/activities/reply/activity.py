"""One's own short reply: the reader says what may be missing or too much, and then sees what the checker points at.

The checking is done by `backchannel_lib.activities.reply.model`; nothing here writes a word of the email.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, Final

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Entry, Form, Record, one_word, words_of
from backchannel_lib.activities.reply.model import Finding, ReplyCheck, check_reply, load_reply_findings, read_up_to
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import say
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.components import basis, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checks, radios, text_box

CONTACTED: Final = ("yes", "no", "outside")  # whether the program has reached out, or SOAP is not running
NOTHING: Final = "nothing"  # what one ticks who expects no finding
#: What is kept of a text that is longer than what is read: enough for the checker to say that it was cut.
LONGEST: Final = read_up_to() + 1

checked = functools.lru_cache(maxsize=32)(check_reply)


class ReplyBoard(Form):
    """A text, what the reader expects of it, and what the checker finds.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/reply_findings.csv, data/reply_phrases.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.rows = {row.finding: row for row in load_reply_findings()}
        label = say("reply_board.text")
        entries = {
            "contacted": one_word("contacted", CONTACTED, say("reply_board.contacted")),
            "text": Entry("", _read_text, label),
            "guess": words_of("guess", [*self.rows, NOTHING])._replace(label=say("reply_board.guess")),
            "first": Entry("", _read_text),  # the text as it was when it was first checked; blank before
        }
        super().__init__(part, entries)

    # ---- acts ----

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"example": self._example, "clear": self._clear, "see": self._see}

    def _example(self, _: object) -> dict[str, Any]:
        self.go_with(text=example_email(), guess="", first="")
        return {"values": self.values(self.state), "notice": say("reply_board.example_shown"), "focus": "text"}

    def _clear(self, _: object) -> dict[str, Any]:
        self.go_with(text="", guess="", first="")
        return {"values": self.values(self.state), "focus": "text"}

    def _see(self, _: object) -> dict[str, Any]:
        if not self.state["text"].strip():
            return {"notice": say("reply.empty")}
        if not self.state["contacted"]:
            return {"notice": say("reply_board.contacted_first"), "focus": "contacted"}
        if not self.state["guess"]:
            return {"notice": say("guess.first")}
        if not self.state["first"]:
            self.go_with(first=self.state["text"])
        return {"focus": "beside"}

    # ---- what is on screen ----

    def moved(self, field: str, value: object) -> Record:
        """Tell where a move of one control leads; who ticks a finding expects something, and the other way round."""
        to = super().moved(field, value)
        if field != "guess":
            return to
        now, before = to["guess"].split("|"), self.state["guess"].split("|")
        if NOTHING in now and len(now) > 1:
            now = [one for one in now if one != NOTHING] if NOTHING in before else [NOTHING]
        return self.with_(guess="|".join(now))

    def parts(self, state: Record) -> dict[str, str]:
        """Give what the checker finds, once the reader said what they expect."""
        if not state["first"]:
            return {"beside": "", "found": "", "spoken": ""}
        check = checked(state["text"])
        return {"beside": self._beside(state), "found": self._found(state, check), "spoken": check.words}

    def about(self, state: Record) -> dict[str, Any]:
        """Tell which sections are in sight."""
        return {"open": ["seen"] if state["first"] else ["ask"]}

    def page(self) -> str:
        """Give the whole page."""
        state = self.state
        parts, now = self.parts(state), self.about(state)["open"]
        return frame(
            self.part,
            tag(
                "section",
                tag("h3", say("rules.title")),
                tag("p", checked("").contact_rule),
                basis("rule", (), given=checked("").facts),
                class_="bw-rule",
            ),
            tag(
                "div",
                tag(
                    "div",
                    tag(
                        "div",
                        button(say("reply_board.example"), "example"),
                        button(say("reply_board.clear"), "clear"),
                        class_="bw-toolbar bw-alike",
                    ),
                    text_box("text", say("reply_board.text"), state["text"], long=True, help_text=say("reply_board.text_help")),
                    class_="bw-stays",
                ),
                tag(
                    "div",
                    radios(
                        "contacted",
                        say("reply_board.contacted"),
                        [(one, say(f"reply_board.contacted.{one}")) for one in CONTACTED],
                        state["contacted"],
                    ),
                    opening(
                        "ask",
                        now,
                        checks("guess", say("reply_board.guess"), self._options(), state["guess"].split("|")),
                        tag("div", button(say("reply_board.see"), "see"), class_="bw-toolbar"),
                    ),
                    opening(
                        "seen",
                        now,
                        place("beside", parts["beside"], class_="bw-beside"),
                        place("found", parts["found"], class_="bw-spaced"),
                        class_="bw-spaced",
                    ),
                ),
                class_="bw-columns bw-halves",
            ),
        )

    def _options(self) -> list[tuple[str, str]]:
        return [*((name, say(f"reply.{name}.words")) for name in self.rows), (NOTHING, say("reply_board.nothing"))]

    def _beside(self, state: Record) -> Markup:
        """Set what the reader noticed beside what was found in the text as it first was."""
        expected = set(state["guess"].split("|"))
        found = {one.finding for one in checked(state["first"]).findings}
        more = [say(f"reply.{name}.words") for name in self.rows if name in expected - found]
        return join(
            tag("p", self._difference(expected, found), class_="bw-kind"),
            tag("p", say("reply_board.more", names="; ".join(more))) if more else None,
            tag("p", say("reply_board.first_version"), class_="bw-small"),
        )

    @staticmethod
    def _difference(expected: set[str], found: set[str]) -> str:
        if expected - {NOTHING} == found:
            return say("reply_board.same")
        alike = len(expected & found)
        return say("reply_board.alike", alike=alike, total=len(found)) if found else say("reply_board.found_none")

    def _found(self, state: Record, check: ReplyCheck) -> Markup:
        before = len(checked(state["first"]).findings)
        return join(
            # What the rule says comes before every finding, and in place of an all-clear that it would take back.
            tag("p", say(f"reply_board.rule.{state['contacted']}"), class_="bw-rule-line bw-kind")
            if state["contacted"]
            else None,
            tag("h3", say("reply_board.found")),
            tag("p", _summary(state, check), class_="bw-summary"),
            tag("p", check.limits, class_="bw-small"),
            tag("p", say("reply_board.before_now", before=before, now=len(check.findings)))
            if state["text"] != state["first"]
            else None,
            [tag("p", note, class_="bw-note") for note in check.notes],
            tag("ul", [tag("li", _finding(one, state["guess"])) for one in check.findings], class_="bw-dated")
            if check.findings
            else None,
            self._good(check),
            _counts(check),
            basis("checker", ("conduct.brief-reply", "conduct.reply-template"), ("reply_phrases_stand_for",)),
        )

    def _good(self, check: ReplyCheck) -> Markup | None:
        """Say what is there already, of what the article asks for; what was never looked for is no praise."""
        if check.state != "read":
            return None
        found = {one.finding for one in check.findings}
        there = {
            "no_introducer": say("reply_board.good.introducer"),
            "no_cv": say("reply_board.good.cv"),
            "no_eras_id": say("reply_board.good.eras_id"),
        }
        good = [text for name, text in there.items() if name not in found and not found & set(self.rows[name].not_with)]
        if 1 <= check.counts.interest <= self.rows["much_interest"].allowed:
            good.append(say("reply_board.good.interest"))
        if not any(self.rows[name].kind == "present" for name in found):
            good.append(say("reply_board.good.nothing_to_leave_out"))
        if not good:
            return None
        return join(tag("h4", say("reply_board.good")), tag("ul", [tag("li", text) for text in good], class_="bw-list"))

    @property
    def text(self) -> str:
        """Title, lead and the rule, and what was found once it was asked for."""
        lines = [super().text, checked("").contact_rule]
        return "\n".join([*lines, *(_lines(checked(self.state["text"])) if self.state["first"] else [])])

    def tour(self) -> str:
        """Check the example after each guess, then other versions of it, and tell what is found; then go back."""
        start, lines = self.state, []
        lines.append(self._see({})["notice"])
        self._example({})
        lines += [self.state["text"], self._see({})["notice"]]
        self.put(contacted="yes")
        lines.append(self._see({})["notice"])
        for guess in (NOTHING, "no_cv", "|".join(self.rows)):
            self.put(guess=guess)
            self._see({})
            found = {one.finding for one in checked(self.state["first"]).findings}
            lines.append(self._difference(set(self.state["guess"].split("|")), found))
            self.undo()
        self.put(guess="no_cv")
        self._see({})
        lines += _lines(checked(self.state["text"]))
        for contacted in CONTACTED:
            self.put(contacted=contacted)
            lines.append(say(f"reply_board.rule.{contacted}"))
        for text in (say("reply_board.tour_script"), say("reply_board.tour_other"), "…"):
            self.put(text=text)
            lines += [text, *_lines(checked(text))]
        self.go(start)
        return "\n".join(lines)


def example_email() -> str:
    """Give the email of a made-up student that needs work.

    Returns:
        The text; in the table of words the sign ¶ stands for a blank line.

    Source:
        ours.

    Examples:
        >>> len(check_reply(example_email()).findings)
        7
    """
    return say("reply_board.example_text").replace(" ¶ ", "\n\n")


def _summary(state: Record, check: ReplyCheck) -> str:
    """Sum up what was found; what may not be sent is no reply, however well it is written."""
    clear = check.state == "read" and not check.findings
    return say("reply_board.clear_but") if clear and state["contacted"] != "yes" else check.words


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise CaseError("text", "not_text", value)
    return value.replace("\r\n", "\n")[:LONGEST]


def _quoted(found: Finding) -> str:
    """Quote the words that a finding rests on, each once."""
    words = dict.fromkeys(" ".join(one.words.split()) for one in found.seen)
    return ", ".join(say("reply_board.quote", words=one) for one in words)


def _finding(found: Finding, guess: str) -> Markup:
    noticed = tag("span", say("reply_board.noticed"), class_="bw-badge") if found.finding in guess.split("|") else None
    seen = tag("p", say("reply_board.seen", words=_quoted(found))) if found.seen else None
    return join(
        tag("p", tag("b", found.words), " ", noticed),
        seen,
        tag("p", found.reason),
        tag("p", tag("b", say("reply_board.do")), " ", found.suggestion),
        basis(f"reply-{found.finding}", found.claims, (found.assumption,) if found.assumption else ()),
    )


def _counts(check: ReplyCheck) -> Markup:
    counts = check.counts
    rows: Iterable[tuple[str, int]] = (
        (say("reply_board.sentences"), counts.sentences),
        (say("reply_board.interest"), counts.interest),
        (say("reply_board.words"), counts.words),
    )
    return table(say("reply_board.counts"), (say("reply_board.counts"), say("reply_board.number")), rows)


def _lines(check: ReplyCheck) -> list[str]:
    """Give what was found as lines of text."""
    found = [say("reply_board.line", finding=one.words, seen=_quoted(one), suggestion=one.suggestion) for one in check.findings]
    counts = check.counts
    told = say("reply_board.counted", sentences=counts.sentences, interest=counts.interest, words=counts.words)
    return [check.words, *check.notes, *(line.replace("  ", " ") for line in found), told]
