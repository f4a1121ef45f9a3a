"""The article's advice for SOAP beside the NRMP's rule: one guesses how much of it is allowed, and then sees the list."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.critique.model import Collision, collisions
from backchannel_lib.activities.form import Form, Record, whole, yes_or_no
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.texts import say
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.components import basis, paired
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, slider

YEAR: Final = 2027  # the next Match whose days are known
#: What the rule leaves free while SOAP runs; each has its sentence.
FREE: Final = ("file", "answer", "talk")
FACTS: Final = (
    "soap_rule.no_first_contact",
    "soap_rule.covers_representatives",
    "soap_rule.penalty",
    "soap_rule.free_after_soap",
    "soap_rule.not_settled",
    "soap_rule.not_settled_representative",
    "soap_rule.not_settled_2027",
)


class Collisions(Form):
    """How many of the article's contacts in SOAP the rule allows.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/support.csv, data/soap_rule.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.found = collisions()
        total = len(self.found)
        guess = whole("guess", 0, total, total // 2, say("collide.ask", total=total))
        super().__init__(part, {"guess": guess, "seen": yes_or_no("seen")})

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"see": self._see}

    def _see(self, _: object) -> dict[str, Any]:
        self.go_with(seen=True)
        return {"focus": "told"}

    def parts(self, state: Record) -> dict[str, str]:
        """Give, once a guess was made, the counts and the list."""
        if not state["seen"]:
            return {"told": "", "spoken": ""}
        return {"told": self._answer_told(state), "spoken": self._summary()}

    def _summary(self) -> str:
        counts = Counter(entry.check.answer for entry in self.found)
        return say(
            "collide.summary",
            allowed=counts["allowed"],
            ask=counts["ask_first"],
            forbidden=counts["not_allowed"],
            total=len(self.found),
        )

    def _answer_told(self, state: Record) -> Markup:
        allowed = sum(entry.check.answer == "allowed" for entry in self.found)
        free = Collision.lawful_from(YEAR)
        topics = dict.fromkeys(entry.claim.topic for entry in self.found)
        ours = Collision.ours
        return join(
            paired((say("guess.yours"), state["guess"]), (say("collide.allows"), allowed)),
            tag("p", self._summary(), class_="bw-kind"),
            tag("p", say("collide.best_moment")),
            tag("p", say("collide.lawful", month=say(f"month.{free.month}"), day=free.day, year=free.year), class_="bw-next"),
            tag("h3", say("collide.free")),
            tag("ul", [tag("li", say(f"collide.free.{one}")) for one in FREE], class_="bw-list"),
            tag("h3", say("collide.list", total=len(self.found))),
            tag("p", say("collide.partly")),
            [self._topic(topic) for topic in topics],
            basis("collisions", (), (ours,), FACTS),
        )

    def _topic(self, topic: str) -> Markup:
        entries = [entry for entry in self.found if entry.claim.topic == topic]
        return tag(
            "details",
            tag("summary", say("collide.topic", topic=say(f"support_topic.{topic}"), count=len(entries))),
            [
                tag(
                    "div",
                    tag("p", entry.words),
                    paired(
                        (say("card.title"), Verdict[entry.verdict.upper()].words),
                        (say("collide.in_soap"), entry.check.words),
                    ),
                    tag("p", entry.earliest),
                    tag("p", entry.contacted_words),
                    class_="bw-item bw-spaced",
                )
                for entry in entries
            ],
            data_keep=f"collide-{topic}",
        )

    def about(self, state: Record) -> dict[str, Any]:
        """Tell which sections are in sight."""
        return {"open": ["seen"] if state["seen"] else []}

    def page(self) -> str:
        """Give the whole page."""
        parts, total = self.parts(self.state), len(self.found)
        return frame(
            self.part,
            slider("guess", say("collide.ask", total=total), (0, total), self.state["guess"]),
            tag("div", button(say("collide.see"), "see"), class_="bw-toolbar"),
            opening("seen", self.about(self.state)["open"], place("told", parts["told"], class_="bw-told")),
        )

    @property
    def text(self) -> str:
        """The title and what is asked."""
        return f"{say(f'part.{self.part.part}.title')}\n{say('collide.ask', total=len(self.found))}"

    def tour(self) -> str:
        """Guess both ends, and tell the whole list; then go back."""
        start, lines = self.state, []
        for guess in (0, len(self.found)):
            self.put(guess=guess)
            self._see({})
            lines.append(f"{guess}: {self.parts(self.state)['spoken']}")
        for entry in self.found:
            verdict = Verdict[entry.verdict.upper()].words
            lines.append(f"{entry.words}\n   {verdict} / {entry.check.words}. {entry.earliest}. {entry.contacted_words}")
        self.go(start)
        return "\n".join(lines)
