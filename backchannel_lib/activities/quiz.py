"""The questions of a chapter: one answers, checks, and reads why, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, Record, choice_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.questions import OwnQuestion, Question, questions_of
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import activity_page, rule_line, slot
from backchannel_lib.page.components import citations
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.inputs import button, radios


class Quiz(Form):
    """Questions with an answer each, chosen and checked apart, so that arrow keys give nothing away.

    Args:
        row: The activity's row.
        questions: What is asked; None for its chapter's questions in data/questions.csv.
    """

    def __init__(self, row: ActivityRow, questions: Iterable[Question | OwnQuestion] | None = None) -> None:
        self.questions = {one.question: one for one in (questions_of(row.chapter) if questions is None else questions)}
        options = {name: [option.option for option in one.options] for name, one in self.questions.items()}
        chosen = {name: choice_field(name, options[name], one.text) for name, one in self.questions.items()}
        checked = {f"checked.{name}": choice_field(name, options[name]) for name in self.questions}
        super().__init__(row, {**chosen, **checked})

    def actions(self) -> dict[str, Action]:
        """Give what the buttons do."""
        return {"check": self._check}

    def _check(self, message: Mapping[str, Any]) -> ActionResult:
        name = str(message["value"])
        if name not in self.questions:
            raise CaseError("check", "level", name, levels=", ".join(self.questions))
        if not self.state[name]:
            return {"notice": text("lesson.choose_first")}
        self.commit_values(**{f"checked.{name}": self.state[name]})
        return {"focus": f"told.{name}"}

    def fragments(self, state: Record) -> dict[str, str]:
        """Give the feedback to each checked answer, and how many were checked."""
        told = {f"told.{name}": self._feedback(row, state) for name, row in self.questions.items()}
        checked = sum(bool(state[f"checked.{name}"]) for name in self.questions)
        return {**told, "count": text("quiz.count", checked=checked, total=len(self.questions))}

    @staticmethod
    def _feedback(row: Question | OwnQuestion, state: Record) -> str:
        checked = state[f"checked.{row.question}"]
        if not checked:
            return ""
        option = next(option for option in row.options if option.option == checked)
        right = checked == row.answer
        return join(
            tag("p", tag("b", text("quiz.right") if right else text("quiz.other", answer=option.text)), class_="bw-kind"),
            tag("p", option.why),
            tag("p", rule_line(row.case), class_="bw-rule-line") if row.case and row.kind == "case" else None,
            citations(f"question-{row.question}", row.claims, (row.assumption,) if row.assumption else (), row.facts)
            if row.claims or row.assumption or row.facts
            else None,
        )

    def page(self) -> str:
        """Give the whole page."""
        parts = self.fragments(self.state)
        return activity_page(
            self.key,
            [
                tag(
                    "div",
                    radios(
                        name,
                        join(tag("span", text("quiz.number", number=number), class_="bw-count"), " ", row.text),
                        [(option.option, option.text) for option in row.options],
                        self.state[name],
                    ),
                    tag(
                        "div",
                        button(text("quiz.check"), "check", name, name=text("quiz.check_named", number=number)),
                        class_="bw-toolbar",
                    ),
                    slot(f"told.{name}", parts[f"told.{name}"], class_="bw-told", role="status"),
                    class_="bw-item",
                )
                for number, (name, row) in enumerate(self.questions.items(), start=1)
            ],
            slot("count", parts["count"], "p", class_="bw-summary"),
        )

    @property
    def text(self) -> str:
        """The title and every question with its options."""
        lines = [text(f"activity.{self.row.activity}.title")]
        for number, row in enumerate(self.questions.values(), start=1):
            lines.append(f"{number}. {row.text}")
            lines += [f"   - {option.text}" for option in row.options]
        return "\n".join(lines)

    def transcript(self) -> str:
        """Give every answer to every question, check it, and tell the feedback; then go back."""
        start, lines = self.state, []
        for number, (name, row) in enumerate(self.questions.items(), start=1):
            lines.append(f"{number}. {row.text}")
            for option in row.options:
                self.update(**{name: option.option})
                self._check({"value": name})
                right = text("quiz.right") in self.fragments(self.state)[f"told.{name}"]
                lines.append(f"   {'+' if right else '-'} {option.text}: {option.why}")
        self.commit(start)
        return "\n".join(lines)
