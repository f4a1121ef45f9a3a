"""How far is each claim supported? One rates as many as one likes, and then sees our rating and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.critique.model import LEVELS, Rated, RatingResult, levels, load_support
from backchannel_lib.activities.form import Form, Record, one_word, words_of
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.texts import say
from backchannel_lib.model.tables import load_claims
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.components import basis, facts, facts_by_source, lines_of
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, select

SAMPLE: Final = "sample"
#: Ten claims of every kind of support, in the article's order, for those who have no time for a hundred.
MIXED: Final = (
    "meaning.dean-call",
    "paper.checklist",
    "caller.source-over-intensity",
    "caller.level-trusted-peer",
    "noise.cold-email-90-10",
    "works.history-call",
    "works.political-cover",
    "timing.phase1-early-is-best",
    "multiplier.tips-tie",
    "after.reputation",
)


class Rating(Form):
    """The reader's ratings, topic by topic, and ours beside them.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/support.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.claims = {claim.id: claim for claim in load_claims()}
        self.ours = {row.claim: row for row in load_support()}
        self.groups: dict[str, tuple[str, ...]] = {SAMPLE: MIXED}
        for claim in self.claims.values():
            self.groups[claim.topic] = (*self.groups.get(claim.topic, ()), claim.id)
        rated = {claim: one_word(claim, LEVELS, say(f"claim.{claim}")) for claim in self.claims}
        super().__init__(
            part,
            {
                "topic": one_word("topic", self.groups, say("rate.topic"), SAMPLE),
                **rated,
                "shown": words_of("shown", self.groups),
            },
        )

    def _group(self, state: Record) -> str:
        return state["topic"] or SAMPLE

    # ---- acts ----

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"compare": self._compare}

    def _compare(self, _: object) -> dict[str, Any]:
        group = self._group(self.state)
        if not any(self.state[claim] for claim in self.groups[group]):
            return {"notice": say("rating.none")}
        shown = [one for one in str(self.state["shown"]).split("|") if one]
        if group not in shown:
            self.go_with(shown="|".join([*shown, group]))
        return {"focus": "summary"}

    def _told_claims(self, state: Record) -> set[str]:
        """Give the claims whose rating of ours may be seen: those of every group that was compared."""
        return {claim for group in str(state["shown"]).split("|") if group for claim in self.groups[group]}

    def result(self, state: Record) -> RatingResult:
        """Set beside ours what the reader has rated and compared."""
        told = self._told_claims(state)
        rated = [name for name in self.claims if name in told and state[name]]
        return RatingResult(tuple(Rated(self.claims[name], state[name], self.ours[name]) for name in rated))

    # ---- what is on screen ----

    def parts(self, state: Record) -> dict[str, str]:
        """Give our rating of each claim that may be seen, and the counts."""
        told = self._told_claims(state)
        group = self._group(state)
        rated = sum(bool(state[claim]) for claim in self.groups[group])
        summary = self._summary(state)
        return {
            **{f"told.{claim}": self._answer_told(claim, state[claim]) if claim in told else "" for claim in self.claims},
            "rated": say("rate.rated", rated=rated, total=len(self.groups[group])),
            "summary": summary,
            "spoken": self.result(state).words if told else "",
        }

    def _summary(self, state: Record) -> str:
        result = self.result(state)
        if not result.rated:
            return ""
        alone = sum(row.support == "one_view" for row in self.ours.values())
        return join(
            tag("p", result.words, class_="bw-summary"),
            tag("ul", [tag("li", count.words) for count in result.topics], class_="bw-list"),
            tag("p", say("rate.no_score", alone=alone, total=len(self.ours))),
            basis("rating", (), ("support_rating_is_ours",)),
        )

    def _answer_told(self, claim: str, mine: str) -> Markup:
        ours = self.ours[claim]
        words = Rated(self.claims[claim], mine, ours).words if mine else f"{say('rate.ours', ours=ours.name)} {ours.why}"
        return join(tag("p", words), basis(f"rated-{claim}", (), (), ours.facts) if ours.facts else None)

    def about(self, state: Record) -> dict[str, Any]:
        """Tell which claims are in sight: those of the topic."""
        return {"open": self._open(state)}

    def _open(self, state: Record) -> list[str]:
        return [f"claim.{claim}" for claim in self.groups[self._group(state)]]

    def page(self) -> str:
        """Give the whole page."""
        parts, now = self.parts(self.state), self._open(self.state)
        topics = [(group, self._name(group)) for group in self.groups]
        return frame(
            self.part,
            tag("h3", say("rate.levels")),
            tag("dl", [tag("div", tag("dt", name), tag("dd", meaning)) for _, name, meaning in levels()], class_="bw-meanings"),
            _evidence(),
            select("topic", say("rate.topic"), topics, self._group(self.state), help_text=say("rate.topic_help")),
            [self._item(claim, self.state, parts, now) for claim in self.claims],
            place("rated", parts["rated"], "p", class_="bw-small"),
            tag("div", button(say("rate.compare"), "compare"), class_="bw-toolbar"),
            place("summary", parts["summary"]),
        )

    def _name(self, group: str) -> str:
        name = say("rate.sample") if group == SAMPLE else say(f"support_topic.{group}")
        return say("rate.group", name=name, count=len(self.groups[group]))

    @staticmethod
    def _item(claim: str, state: Record, parts: Mapping[str, str], now: list[str]) -> Markup:
        label = say("rate.claim", claim=say(f"claim.{claim}"), lines=lines_of(claim))
        options = [("", say("rate.not_yet")), *((level, name) for level, name, _ in levels())]
        return opening(
            f"claim.{claim}",
            now,
            select(claim, label, options, state[claim]),
            place(f"told.{claim}", parts[f"told.{claim}"], class_="bw-told"),
            class_="bw-item bw-rate",
        )

    @property
    def text(self) -> str:
        """The title and the choices."""
        chosen = "\n".join(f"- {name}: {meaning}" for _, name, meaning in levels())
        return f"{say(f'part.{self.part.part}.title')}\n{say('rate.levels')}\n{chosen}"

    def tour(self) -> str:
        """Rate every claim in every way, topic by topic, compare, and tell ours; then go back."""
        start, lines = self.state, []
        for group, claims in self.groups.items():
            self.put(topic=group)
            lines.append(self._name(group))
            for claim in claims:
                relations: dict[str, list[str]] = {}
                for level in LEVELS:
                    self.put(**{claim: level})
                    relation = Rated(self.claims[claim], level, self.ours[claim]).relation
                    relations.setdefault(relation, []).append(say(f"support.{level}.name"))
                if group != SAMPLE:
                    near = say("rate.nearly", near=", ".join(relations["near"])) if "near" in relations else ""
                    lines.append(f"   {say(f'claim.{claim}')} {', '.join(relations['same'])}. {near}".rstrip())
            self._compare({})
            lines.append(f"   {self.result(self.state).words}")
            self.go(start)
        return "\n".join(lines)


def _evidence() -> Markup:
    """List every outside fact that a rating of ours rests on, in the order of their table, so that one can rate with it."""
    used = {fact for row in load_support() for fact in row.facts}
    return facts_by_source("evidence", say("rate.evidence"), [fact for fact in facts() if fact in used])
