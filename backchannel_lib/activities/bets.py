"""Five bets on five students: made in the first chapter, kept if the reader wishes, and returned in the last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backchannel_lib.activities import saved_answers as keep
from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Form, Record, one_word, yes_or_no
from backchannel_lib.activities.questions import Bet, load_bets
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import say
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import difference, frame, place, verdict_options
from backchannel_lib.page.case_html import held_down
from backchannel_lib.page.components import basis, paired
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.inputs import button, radios

KEPT: Final = "bets"


class Bets(Form):
    """The five students and what the reader bets on each.

    Args:
        part: Its row in data/parts.csv.
        returned: Whether the answers can be seen here.

    Source:
        data/bets.csv.
    """

    def __init__(self, part: PartRow, *, returned: bool = False) -> None:
        self.bets = {row.bet: row for row in load_bets()}
        self.returned = returned
        verdicts = [name for name, _ in verdict_options()]
        entries = {name: one_word(name, verdicts, say(f"bet.{name}.title")) for name in self.bets}
        super().__init__(part, {**entries, "seen": yes_or_no("seen")})

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        here = {"compare": self._compare, "bring": self._bring} if self.returned else {"keep": self._keep}
        return {**here, "forget": self._forget}

    def _keep(self, _: object) -> dict[str, Any]:
        made = {name: self.state[name] for name in self.bets if self.state[name]}
        if not made:
            return {"notice": say("guess.first")}
        return self._trying(lambda: keep.keep(KEPT, made), say("bets.kept", count=len(made)))

    def _forget(self, _: object) -> dict[str, Any]:
        return self._trying(lambda: keep.forget(KEPT), say("bets.forgotten"))

    def _bring(self, _: object) -> dict[str, Any]:
        made = self._valid(keep.kept(KEPT))
        if not made:
            return {"notice": say("bets.none")}
        self.go_with(**made)
        return {"notice": say("bets.brought", count=len(made))}

    def _valid(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Pass over what is no bet; a file that someone has changed must not stop anyone."""
        known = {name for name, _ in verdict_options()}
        return {name: str(guess) for name, guess in record.items() if name in self.bets and guess in known}

    @staticmethod
    def _trying(act: Any, done: str) -> dict[str, Any]:
        try:
            act()
        except CaseError as error:
            return {"notice": str(error)}
        return {"notice": done}

    def _compare(self, _: object) -> dict[str, Any]:
        if not any(self.state[name] for name in self.bets):
            return {"notice": say("guess.first")}
        self.go_with(seen=True)
        return {"focus": "summary"}

    def parts(self, state: Record) -> dict[str, str]:
        """Give what became of each bet once the reader asks for it."""
        seen = bool(state["seen"]) and self.returned
        told = {f"told.{name}": self._outcome(row, state[name]) if seen else "" for name, row in self.bets.items()}
        alike = sum(state[name] == judge(row.case).verdict.name.lower() for name, row in self.bets.items())
        summary = say("bets.summary", alike=alike, total=len(self.bets)) if seen else ""
        made = sum(bool(state[name]) for name in self.bets)
        return {**told, "summary": summary, "made": say("bets.made", made=made, total=len(self.bets)), "spoken": summary}

    @staticmethod
    def _outcome(row: Bet, guess: str) -> str:
        judgment = judge(row.case)
        mine = Verdict[guess.upper()] if guess else None
        return join(
            paired(
                (say("guess.yours"), tag("b", mine.words if mine else say("lesson.nothing_yet"))),
                (say("guess.article"), tag("b", judgment.verdict.words)),
                (say("rules.title"), rules_check(row.case).words),
            ),
            tag("p", difference(mine, judgment.verdict), class_="bw-kind") if mine else None,
            tag("p", say(f"bet.{row.bet}.why")),
            basis(f"bet-{row.bet}", row.claims),
        )

    def page(self) -> str:
        """Give the whole page."""
        parts = self.parts(self.state)
        options = verdict_options()
        buttons = (
            [button(say("bets.bring"), "bring"), button(say("bets.see"), "compare"), button(say("bets.forget"), "forget")]
            if self.returned
            else [button(say("bets.keep"), "keep"), button(say("bets.forget"), "forget")]
        )
        return frame(
            self.part,
            tag("div", buttons[0], class_="bw-toolbar") if self.returned else None,
            [
                tag(
                    "div",
                    tag("h3", tag("span", f"{number}.", class_="bw-count"), " ", say(f"bet.{name}.title")),
                    tag("p", say(f"bet.{name}.story")),
                    radios(name, say("guess.ask"), options, self.state[name], row=True),
                    place(f"told.{name}", parts[f"told.{name}"], class_="bw-told"),
                    class_="bw-item",
                )
                for number, name in enumerate(self.bets, start=1)
            ],
            place("made", parts["made"], "p", class_="bw-summary"),
            tag("div", buttons[1:] if self.returned else buttons, class_="bw-toolbar"),
            None if self.returned else tag("p", say("bets.rule"), class_="bw-rule-line"),
            tag("p", say("bets.where"), class_="bw-small"),
            place("summary", parts["summary"], "p", class_="bw-summary"),
        )

    @property
    def text(self) -> str:
        """The title and the five stories."""
        told = [f"{number}. {say(f'bet.{name}.story')}" for number, name in enumerate(self.bets, start=1)]
        return "\n".join([say(f"part.{self.part.part}.title"), *told])

    def tour(self) -> str:
        """Bet every verdict on every student; where answers can be seen, tell them."""
        start, lines = self.state, []
        for name, row in self.bets.items():
            for guess, _ in verdict_options():
                self.put(**{name: guess})
            if not self.returned:
                lines.append(f"{say(f'bet.{name}.title')}: {self.parts(self.state)['made']}")
                continue
            self._compare({})
            judgment = judge(row.case)
            answer = rules_check(row.case).words
            told = say("example.answer", verdict=judgment.verdict.words, held=held_down(judgment), answer=answer)
            shown = say(f"bet.{name}.why") if self.parts(self.state)[f"told.{name}"] else ""
            lines.append(f"{say(f'bet.{name}.title')}\n{told}\n   {shown}")
        self.go(start)
        return "\n".join(lines)
