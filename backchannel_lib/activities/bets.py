"""Three bets on three students: made in the first chapter, saved if the reader wants, and settled in chapter 11."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record
from backchannel_lib.activities.guess import Items
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.questions import load_bets
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import activity_page, difference, show_if, slot, verdict_options, verdict_radios
from backchannel_lib.page.case_fragments import answer_line
from backchannel_lib.page.components import citations, description_list, unfolding
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, toolbar

SAVED: Final = "bets"


class Bets(Items):
    """The students in data/bets.csv and the reader's bet on each; `BetsReturned` shows the answers.

    Args:
        row: The activity's row.
    """

    nothing_chosen = "guess.first"
    returned = False  # whether this page shows the answers

    def __init__(self, row: ActivityRow) -> None:
        self.bets = {bet.bet: bet for bet in load_bets()}
        self.judgments = {name: judge(bet.case) for name, bet in self.bets.items()}
        super().__init__(row, {name: bet.title for name, bet in self.bets.items()}, [name for name, _ in verdict_options()])

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {"save_bets": self._save_bets, "delete_bets": self._delete_bets}

    def _save_bets(self, _: object) -> ActionResult:
        made = self.chosen(self.state)
        if not made:
            return {"notice": text(self.nothing_chosen)}
        saved_answers.save(SAVED, made)
        return {"notice": text("bets.kept", count=len(made), where=saved_answers.saved_place())}

    def _delete_bets(self, _: object) -> ActionResult:
        saved_answers.delete(SAVED)
        return {"notice": text("bets.forgotten"), "focus": "made"}

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the result of each bet once the reader asks for it."""
        right = sum(state[name] == judgment.verdict.name.lower() for name, judgment in self.judgments.items())
        summary = text("bets.summary", alike=right, total=len(self.bets)) if self.is_seen(state) else ""
        made = text("bets.made", made=len(self.chosen(state)), total=len(self.bets))
        return {**self.answers(state), "summary": summary, "made": made, "live_text": summary}

    def sections(self, state: Record) -> list[str]:
        """Return which buttons are visible: nobody can save or delete what isn't there."""
        saved = ["saved"] if saved_answers.saved(SAVED) else []
        return [*(["chosen"] if self.chosen(state) else []), *saved]

    def is_seen(self, state: Record, step: str = "") -> bool:
        """Whether the answers can be shown."""
        return self.returned and super().is_seen(state, step)

    def answer(self, name: str, state: Record) -> str:
        """Return the bet next to the article's verdict and the rule."""
        bet, verdict = self.bets[name], self.judgments[name].verdict
        mine = Verdict[state[name].upper()] if state[name] else None
        return join(
            description_list(
                (text("guess.yours"), tag("b", mine.label if mine else text("lesson.nothing_yet"))),
                (text("rules.title"), rules_check(bet.case).label),
                (text("guess.article"), tag("b", verdict.label)),
            ),
            tag("p", difference(mine, verdict), class_="bw-kind") if mine else None,
            tag("p", bet.why),
            citations(f"bet-{name}", bet.claims),
        )

    def page(self) -> str:
        """Return the whole page."""
        parts, now = self.fragments(self.state), self.sections(self.state)
        keep = show_if(
            "chosen",
            now,
            toolbar(button(text("bets.keep"), "save_bets")),
            tag("p", text("bets.where", where=saved_answers.saved_place()), class_="bw-small bw-screen"),
        )
        return activity_page(
            self.key,
            toolbar(button(text("bets.bring"), "restore_bets"), alike=True) if self.returned else None,
            [
                self.item(
                    name,
                    tag("h3", tag("span", f"{number}.", class_="bw-count"), " ", bet.title),
                    self._bet(name, bet.story),
                    class_="bw-told",
                )
                for number, (name, bet) in enumerate(self.bets.items(), start=1)
            ],
            None if self.returned else tag("p", text("bets.rule"), class_="bw-rule-line"),
            slot("made", parts["made"], "p", class_="bw-summary"),
            toolbar(button(text("bets.see"), "compare")) if self.returned else keep,
            show_if("saved", now, toolbar(button(text("bets.forget"), "delete_bets"), alike=True)),
            slot("summary", parts["summary"], "p", class_="bw-summary"),
        )

    def _bet(self, name: str, story: str) -> Markup:
        """Return a student's story and the bet on it, collapsed if the reader has probably seen and made them before."""
        asked = join(tag("p", story), verdict_radios(name, self.state[name]))
        if not self.returned:
            return asked
        return unfolding(f"story-{name}", text("bets.story"), asked, class_="bw-spaced")

    @property
    def text(self) -> str:
        """The title and the stories."""
        stories = [f"{number}. {bet.story}" for number, bet in enumerate(self.bets.values(), start=1)]
        return "\n".join([self.title, *stories])

    def transcript_lines(self) -> Iterator[str]:
        """Bet on every verdict for every student, and yield the number of bets made."""
        for name, bet in self.bets.items():
            for guess, _ in verdict_options():
                self.update(**{name: guess})
            yield self.outcome(name) if self.returned else f"{bet.title}: {self.fragments(self.state)['made']}"

    def outcome(self, name: str) -> str:
        """Ask for the answers, and return one of them as text."""
        self.see()
        bet = self.bets[name]
        return f"{bet.title}\n{answer_line(bet.case)}\n   {bet.why if self.answers(self.state)[f'told.{name}'] else ''}"


class BetsReturned(Bets):
    """The saved bets with their answers."""

    returned = True

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {"compare": lambda _: self.see(), "restore_bets": self._restore_bets, "delete_bets": self._delete_bets}

    def _restore_bets(self, _: object) -> ActionResult:
        verdicts = [name for name, _ in verdict_options()]
        # Drop invalid entries, so that an edited file doesn't block the reader.
        made = {name: bet for name, bet in saved_answers.saved(SAVED).items() if name in self.bets and bet in verdicts}
        if not made:
            return {"notice": text("bets.none")}
        self.commit_values(**made)
        return {"notice": text("bets.brought", count=len(made))}
