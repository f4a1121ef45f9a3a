"""The questions of a chapter: one answers, checks, and reads why, as often as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Form, Record, one_word
from backchannel_lib.activities.questions import Question, questions_of
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import say
from backchannel_lib.page.activity_page import frame, place, rule_line
from backchannel_lib.page.components import basis
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.inputs import button, radios


class Quiz(Form):
    """Questions with an answer each, chosen and checked apart, so that arrow keys give nothing away.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/questions.csv, data/options.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.questions = {row.question: row for row in questions_of(part.chapter)}
        options = {name: [option.option for option in row.options] for name, row in self.questions.items()}
        chosen = {name: one_word(name, options[name], row.text) for name, row in self.questions.items()}
        checked = {f"checked.{name}": one_word(name, options[name]) for name in self.questions}
        super().__init__(part, {**chosen, **checked})

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"check": self._check}

    def _check(self, message: Mapping[str, Any]) -> dict[str, Any]:
        name = str(message["value"])
        if name not in self.questions:
            raise CaseError("check", "level", name, levels=", ".join(self.questions))
        if not self.state[name]:
            return {"notice": say("lesson.choose_first")}
        self.go_with(**{f"checked.{name}": self.state[name]})
        return {"focus": f"told.{name}"}

    def parts(self, state: Record) -> dict[str, str]:
        """Give the feedback to each checked answer, and how many were checked."""
        told = {f"told.{name}": self._feedback(row, state) for name, row in self.questions.items()}
        checked = sum(bool(state[f"checked.{name}"]) for name in self.questions)
        return {**told, "count": say("quiz.count", checked=checked, total=len(self.questions))}

    @staticmethod
    def _feedback(row: Question, state: Record) -> str:
        checked = state[f"checked.{row.question}"]
        if not checked:
            return ""
        option = next(option for option in row.options if option.option == checked)
        right = checked == row.answer
        return join(
            tag("p", tag("b", say("quiz.right") if right else say("quiz.other", answer=option.text)), class_="bw-kind"),
            tag("p", option.why),
            tag("p", rule_line(row.case), class_="bw-rule-line") if row.case and row.kind == "case" else None,
            basis(f"question-{row.question}", row.claims, (row.ours,) if row.ours else (), row.facts),
        )

    def page(self) -> str:
        """Give the whole page."""
        parts = self.parts(self.state)
        return frame(
            self.part,
            [
                tag(
                    "div",
                    radios(
                        name,
                        join(tag("span", say("quiz.number", number=number), class_="bw-count"), " ", row.text),
                        [(option.option, option.text) for option in row.options],
                        self.state[name],
                    ),
                    tag(
                        "div",
                        button(say("quiz.check"), "check", name, name=say("quiz.check_named", number=number)),
                        class_="bw-toolbar",
                    ),
                    place(f"told.{name}", parts[f"told.{name}"], class_="bw-told", role="status"),
                    class_="bw-item",
                )
                for number, (name, row) in enumerate(self.questions.items(), start=1)
            ],
            place("count", parts["count"], "p", class_="bw-summary"),
        )

    @property
    def text(self) -> str:
        """The title and every question with its options."""
        lines = [say(f"part.{self.part.part}.title")]
        for number, row in enumerate(self.questions.values(), start=1):
            lines.append(f"{number}. {row.text}")
            lines += [f"   - {option.text}" for option in row.options]
        return "\n".join(lines)

    def tour(self) -> str:
        """Give every answer to every question, check it, and tell the feedback; then go back."""
        start, lines = self.state, []
        for number, (name, row) in enumerate(self.questions.items(), start=1):
            lines.append(f"{number}. {row.text}")
            for option in row.options:
                self.put(**{name: option.option})
                self._check({"value": name})
                right = say("quiz.right") in self.parts(self.state)[f"told.{name}"]
                lines.append(f"   {'+' if right else '-'} {option.text}: {option.why}")
        self.go(start)
        return "\n".join(lines)
