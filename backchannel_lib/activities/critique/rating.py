"""Rate how well each claim is supported: readers rate as many as they like, then see our ratings and reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from backchannel_lib.activities.critique.model import LEVELS, Rated, RatingResult, levels, load_support, rate
from backchannel_lib.activities.form import Record, choice_field, choices_field
from backchannel_lib.activities.guess import Items
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import facts, load_claims
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.components import blank_table, bullets, citations, facts_by_source, lines_of
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, select, toolbar

SAMPLE: Final = "sample"
#: Six claims that cover every kind of support, in the article's order, for readers without time for a hundred.
MIXED: Final = (
    "meaning.dean-call",
    "caller.level-trusted-peer",
    "noise.cold-email-90-10",
    "works.political-cover",
    "timing.phase1-early-is-best",
    "after.reputation",
)


class Rating(Items):
    """The reader's ratings, topic by topic, next to ours (data/support.csv).

    Args:
        row: The activity's row.
    """

    nothing_chosen = "rating.none"

    def __init__(self, row: ActivityRow) -> None:
        self.claims = {claim.id: claim for claim in load_claims()}
        self.ours = {ours.claim: ours for ours in load_support()}
        self.groups: dict[str, tuple[str, ...]] = {SAMPLE: MIXED}
        for claim in self.claims.values():
            self.groups[claim.topic] = (*self.groups.get(claim.topic, ()), claim.id)
        more = {
            "topic": choice_field("topic", self.groups, text("rate.topic"), SAMPLE),
            "shown": choices_field("shown", self.groups),
        }
        super().__init__(row, {claim: text(f"claim.{claim}") for claim in self.claims}, LEVELS, more, steps=())

    def missing(self, state: Record, _step: str = "") -> str:
        """Return a request to rate something in the group, or an empty string if the reader already has."""
        return "" if self.chosen(state, self.groups[state["topic"]]) else text(self.nothing_chosen)

    def believed(self, state: Record) -> Record:
        """Return a saved state, in which a group counts as compared only if it has a rating."""
        shown = tuple(group for group in state["shown"] if self.chosen(state, self.groups[group]))
        return MappingProxyType({**state, "shown": shown})

    def see(self, step: str = "") -> ActionResult:
        """Show our ratings of the visible group."""
        if missing := self.missing(self.state, step):
            return {"notice": missing}
        group = self.state["topic"]
        if group not in self.state["shown"]:
            self.commit_values(shown=(*self.state["shown"], group))
        return {"focus": self.focus}

    def revealed(self, state: Record) -> set[str]:
        """Return the claims in all compared groups, whose ratings the reader can see."""
        return {claim for group in state["shown"] for claim in self.groups[group]}

    def result(self, state: Record) -> RatingResult:
        """Compare the reader's ratings in compared groups with ours."""
        return rate(self.chosen(state, [claim for claim in self.claims if claim in self.revealed(state)]))

    # ---- what is on the page ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return our rating of each claim in a compared group, and the counts."""
        revealed = self.revealed(state)
        group = state["topic"]
        summary = self._summary(state)
        return {
            **self.answers(state),
            "rated": text("rate.rated", rated=len(self.chosen(state, self.groups[group])), total=len(self.groups[group])),
            "summary": summary,
            "live_text": self.result(state).sentence if revealed else "",
        }

    def _summary(self, state: Record) -> str:
        result = self.result(state)
        if not result.rated:
            return ""
        alone = sum(row.support == "one_view" for row in self.ours.values())
        return join(
            tag("p", result.sentence, class_="bw-summary"),
            bullets(topic.sentence for topic in result.topics),
            tag("p", text("rate.no_score", alone=alone, total=len(self.ours))),
            citations("rating", (), ("support_rating_is_ours",)),
        )

    def answer(self, name: str, state: Record) -> str:
        """Return our rating of a claim next to the reader's."""
        mine, ours = state[name], self.ours[name]
        words = Rated(self.claims[name], mine, ours).sentence if mine else f"{text('rate.ours', ours=ours.name)} {ours.why}"
        return join(tag("p", words), citations(f"rated-{name}", (), (), ours.facts))

    def sections(self, state: Record) -> list[str]:
        """Return the visible claims, which are those of the current topic."""
        return [f"claim.{claim}" for claim in self.groups[state["topic"]]]

    def page(self) -> str:
        """Return the whole page."""
        parts, now = self.fragments(self.state), self.sections(self.state)
        topics = [(group, self._name(group)) for group in self.groups]
        ratings = tag(
            "dl", [tag("div", tag("dt", name), tag("dd", meaning)) for _, name, meaning in levels()], class_="bw-meanings"
        )
        return activity_page(
            self.key,
            self.on_paper(
                ratings, blank_table(text("paper.claim"), [text("paper.rating")], [self._claim(claim) for claim in MIXED])
            ),
            tag("h3", text("rate.levels")),
            ratings,
            _evidence(),
            select("topic", text("rate.topic"), topics, self.state["topic"], help_text=text("rate.topic_help")),
            [self._item(claim, self.state, parts, now) for claim in self.claims],
            slot("rated", parts["rated"], "p", class_="bw-small"),
            toolbar(button(text("rate.compare"), "compare")),
            slot("summary", parts["summary"]),
        )

    def _name(self, group: str) -> str:
        name = text("rate.sample") if group == SAMPLE else text(f"support_topic.{group}")
        return text("rate.group", name=name, count=len(self.groups[group]))

    @staticmethod
    def _claim(claim: str) -> str:
        return text("rate.claim", claim=text(f"claim.{claim}"), lines=lines_of(claim).replace(" ", "\N{NO-BREAK SPACE}"))

    @classmethod
    def _item(cls, claim: str, state: Record, parts: Mapping[str, str], now: list[str]) -> Markup:
        options = [("", text("rate.not_yet")), *((level, name) for level, name, _ in levels())]
        return show_if(
            f"claim.{claim}",
            now,
            select(claim, cls._claim(claim), options, state[claim]),
            slot(f"told.{claim}", parts[f"told.{claim}"], class_="bw-told"),
            class_="bw-item bw-rate",
        )

    @property
    def text(self) -> str:
        """The title and the choices."""
        chosen = "\n".join(f"- {name}: {meaning}" for _, name, meaning in levels())
        return f"{self.title}\n{text('rate.levels')}\n{chosen}"

    def transcript_lines(self) -> Iterator[str]:
        """Rate every claim in every way, topic by topic, and yield our ratings."""
        start = self.state
        for group, claims in self.groups.items():
            self.update(topic=group)
            yield self._name(group)
            for claim in claims:
                relations: dict[str, list[str]] = {}
                for level in LEVELS:
                    self.update(**{claim: level})
                    relation = Rated(self.claims[claim], level, self.ours[claim]).relation
                    relations.setdefault(relation, []).append(text(f"support.{level}.name"))
                if group != SAMPLE:
                    near = text("rate.nearly", near=", ".join(relations["near"])) if "near" in relations else ""
                    yield f"   {text(f'claim.{claim}')} {', '.join(relations['same'])}. {near}".rstrip()
            self.see()
            yield f"   {self.result(self.state).sentence}"
            self.commit(start)


def _evidence() -> Markup:
    """Return every outside fact behind our ratings in table order, so that readers can use them."""
    used = {fact for row in load_support() for fact in row.facts}
    return facts_by_source("evidence", text("rate.evidence"), [fact for fact in facts() if fact in used])
