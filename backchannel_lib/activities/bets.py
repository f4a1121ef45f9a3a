"""Five bets on five students: made in the first chapter, kept if the reader wishes, and returned in the last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, Record, boolean_field, choice_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.questions import Bet, load_bets
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import activity_page, difference, slot, verdict_options
from backchannel_lib.page.case_html import held_down
from backchannel_lib.page.components import citations, paired
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.inputs import button, radios

KEPT: Final = "bets"


class Bets(Form):
    """The five students and what the reader bets on each.

    Args:
        part: Its row in data/activities.csv.

    Source:
        data/bets.csv.
    """

    returned = False  # whether the answers can be seen here

    def __init__(self, part: ActivityRow) -> None:
        self.bets = {row.bet: row for row in load_bets()}
        verdicts = [name for name, _ in verdict_options()]
        entries = {name: choice_field(name, verdicts, text(f"bet.{name}.title")) for name in self.bets}
        super().__init__(part, {**entries, "seen": boolean_field("seen")})

    def actions(self) -> dict[str, Action]:
        """Give what the buttons do."""
        here = {"compare": self._compare, "bring": self._bring} if self.returned else {"keep": self._keep}
        return {**here, "forget": self._forget}

    def _keep(self, _: object) -> ActionResult:
        made = {name: self.state[name] for name in self.bets if self.state[name]}
        if not made:
            return {"notice": text("guess.first")}
        return self._trying(lambda: saved_answers.save(KEPT, made), text("bets.kept", count=len(made)))

    def _forget(self, _: object) -> ActionResult:
        return self._trying(lambda: saved_answers.delete(KEPT), text("bets.forgotten"))

    def _bring(self, _: object) -> ActionResult:
        made = self._valid(saved_answers.saved(KEPT))
        if not made:
            return {"notice": text("bets.none")}
        self.commit_values(**made)
        return {"notice": text("bets.brought", count=len(made))}

    def _valid(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Pass over what is no bet; a file that someone has changed must not stop anyone."""
        known = {name for name, _ in verdict_options()}
        return {name: str(guess) for name, guess in record.items() if name in self.bets and guess in known}

    @staticmethod
    def _trying(act: Any, done: str) -> ActionResult:
        try:
            act()
        except CaseError as error:
            return {"notice": str(error)}
        return {"notice": done}

    def _compare(self, _: object) -> ActionResult:
        if not any(self.state[name] for name in self.bets):
            return {"notice": text("guess.first")}
        self.commit_values(seen=True)
        return {"focus": "summary"}

    def fragments(self, state: Record) -> dict[str, str]:
        """Give what became of each bet once the reader asks for it."""
        seen = bool(state["seen"]) and self.returned
        told = {f"told.{name}": self._outcome(row, state[name]) if seen else "" for name, row in self.bets.items()}
        alike = sum(state[name] == judge(row.case).verdict.name.lower() for name, row in self.bets.items())
        summary = text("bets.summary", alike=alike, total=len(self.bets)) if seen else ""
        made = sum(bool(state[name]) for name in self.bets)
        return {**told, "summary": summary, "made": text("bets.made", made=made, total=len(self.bets)), "live_text": summary}

    @staticmethod
    def _outcome(row: Bet, guess: str) -> str:
        judgment = judge(row.case)
        mine = Verdict[guess.upper()] if guess else None
        return join(
            paired(
                (text("guess.yours"), tag("b", mine.label if mine else text("lesson.nothing_yet"))),
                (text("guess.article"), tag("b", judgment.verdict.label)),
                (text("rules.title"), rules_check(row.case).label),
            ),
            tag("p", difference(mine, judgment.verdict), class_="bw-kind") if mine else None,
            tag("p", text(f"bet.{row.bet}.why")),
            citations(f"bet-{row.bet}", row.claims),
        )

    def page(self) -> str:
        """Give the whole page."""
        parts = self.fragments(self.state)
        options = verdict_options()
        buttons = (
            [button(text("bets.bring"), "bring"), button(text("bets.see"), "compare"), button(text("bets.forget"), "forget")]
            if self.returned
            else [button(text("bets.keep"), "keep"), button(text("bets.forget"), "forget")]
        )
        return activity_page(
            self.key,
            tag("div", buttons[0], class_="bw-toolbar") if self.returned else None,
            [
                tag(
                    "div",
                    tag("h3", tag("span", f"{number}.", class_="bw-count"), " ", text(f"bet.{name}.title")),
                    tag("p", text(f"bet.{name}.story")),
                    radios(name, text("guess.ask"), options, self.state[name], row=True),
                    slot(f"told.{name}", parts[f"told.{name}"], class_="bw-told"),
                    class_="bw-item",
                )
                for number, name in enumerate(self.bets, start=1)
            ],
            slot("made", parts["made"], "p", class_="bw-summary"),
            tag("div", buttons[1:] if self.returned else buttons, class_="bw-toolbar"),
            None if self.returned else tag("p", text("bets.rule"), class_="bw-rule-line"),
            tag("p", text("bets.where"), class_="bw-small"),
            slot("summary", parts["summary"], "p", class_="bw-summary"),
        )

    @property
    def text(self) -> str:
        """The title and the five stories."""
        told = [f"{number}. {text(f'bet.{name}.story')}" for number, name in enumerate(self.bets, start=1)]
        return "\n".join([text(f"activity.{self.row.activity}.title"), *told])

    def transcript(self) -> str:
        """Bet every verdict on every student; where answers can be seen, tell them."""
        start, lines = self.state, []
        for name, row in self.bets.items():
            for guess, _ in verdict_options():
                self.update(**{name: guess})
            if not self.returned:
                lines.append(f"{text(f'bet.{name}.title')}: {self.fragments(self.state)['made']}")
                continue
            self._compare({})
            judgment = judge(row.case)
            answer = rules_check(row.case).label
            told = text("example.answer", verdict=judgment.verdict.label, held=held_down(judgment), answer=answer)
            shown = text(f"bet.{name}.why") if self.fragments(self.state)[f"told.{name}"] else ""
            lines.append(f"{text(f'bet.{name}.title')}\n{told}\n   {shown}")
        self.commit(start)
        return "\n".join(lines)


class BetsReturned(Bets):
    """The bets brought back, with their answers."""

    returned = True
