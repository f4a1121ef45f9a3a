"""The article's advice for SOAP next to the NRMP's rule: readers guess how much of it is allowed, then see the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from backchannel_lib.activities.critique.model import collisions
from backchannel_lib.activities.form import Record, integer_field
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import soap_window
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.components import bullets, citations, description_list, unfolding
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, slider, toolbar

YEAR: Final = 2027  # the next Match with published dates
#: What the rule allows during SOAP; each has its own sentence.
FREE: Final = ("file", "answer", "talk")
FACTS: Final = (
    "soap_rule.no_first_contact",
    "soap_rule.covers_representatives",
    "soap_rule.schools_barred",
    "soap_rule.who_and_when",
    "soap_rule.program_must_refuse",
    "soap_rule.penalty",
    "soap_rule.violation_weight",
    "soap_rule.free_after_soap",
    "soap_rule.not_settled",
    "soap_rule.not_settled_representative",
    "soap_rule.not_settled_2027",
)


class Collisions(GuessForm):
    """How many of the article's contacts during SOAP (data/support.csv) the rule allows.

    Args:
        row: The activity's row.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.found = collisions()
        total = len(self.found)
        ask = text("collide.ask", total=total)
        super().__init__(row, {"guess": integer_field("guess", 0, total, total // 2, ask)})

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the counts and the list once the reader has guessed."""
        if not self.is_seen(state):
            return {"told": "", "live_text": ""}
        return {"told": self._answer_html(state), "live_text": self._summary()}

    def _summary(self) -> str:
        counts = Counter(entry.check.answer for entry in self.found)
        return text(
            "collide.summary",
            allowed=counts["allowed"],
            ask=counts["ask_first"],
            forbidden=counts["not_allowed"],
            total=len(self.found),
        )

    def _answer_html(self, state: Record) -> Markup:
        allowed = sum(entry.check.answer == "allowed" for entry in self.found)
        _, free = soap_window(YEAR)
        topics = dict.fromkeys(entry.claim.topic for entry in self.found)
        return join(
            description_list((text("guess.yours"), state["guess"]), (text("collide.allows"), allowed)),
            tag("p", self._summary(), class_="bw-kind"),
            tag("p", text("collide.best_moment")),
            tag("p", text("collide.lawful", month=text(f"month.{free.month}"), day=free.day, year=free.year), class_="bw-next"),
            tag("h3", text("collide.free")),
            bullets(text(f"collide.free.{one}") for one in FREE),
            tag("h3", text("collide.list", total=len(self.found))),
            tag("p", text("collide.partly")),
            [self._topic(topic) for topic in topics],
            citations("collisions", (), ("collision_case_is_ours",), FACTS),
        )

    def _topic(self, topic: str) -> Markup:
        entries = [entry for entry in self.found if entry.claim.topic == topic]
        return unfolding(
            f"collide-{topic}",
            text("collide.topic", topic=text(f"support_topic.{topic}"), count=len(entries)),
            [
                tag(
                    "div",
                    tag("p", entry.sentence),
                    description_list(
                        (text("collide.in_soap"), entry.check.label),
                        (text("card.title"), entry.verdict.label),
                    ),
                    tag("p", entry.earliest),
                    tag("p", entry.contacted_words),
                    class_="bw-item bw-spaced",
                )
                for entry in entries
            ],
        )

    def page(self) -> str:
        """Return the whole page."""
        parts, total = self.fragments(self.state), len(self.found)
        return activity_page(
            self.key,
            slider("guess", text("collide.ask", total=total), (0, total), self.state["guess"], is_guess=True),
            toolbar(button(text("collide.see"), "see")),
            show_if("seen", self.sections(self.state), slot("told", parts["told"], class_="bw-told")),
        )

    @property
    def text(self) -> str:
        """The title and the question."""
        return f"{self.title}\n{text('collide.ask', total=len(self.found))}"

    def transcript_lines(self) -> Iterator[str]:
        """Guess both extremes, and yield the whole list."""
        for guess in (0, len(self.found)):
            self.update(guess=guess)
            self.see()
            yield f"{guess}: {self.fragments(self.state)['live_text']}"
        for entry in self.found:
            answers = f"{entry.check.label} / {entry.verdict.label}"
            yield f"{entry.sentence}\n   {answers}. {entry.earliest}. {entry.contacted_words}"
