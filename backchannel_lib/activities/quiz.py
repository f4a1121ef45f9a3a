"""Ask a chapter's questions: readers choose an answer, check it, and read why, as often as they like."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record, choice_field
from backchannel_lib.activities.guess import Items
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.questions import OwnQuestion, Question, questions_of
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.texts import text
from backchannel_lib.page.activity_page import activity_page, slot
from backchannel_lib.page.components import citations
from backchannel_lib.page.html import join, tag
from backchannel_lib.page.inputs import button, radios, toolbar
from backchannel_lib.page.rule_html import rule_line


class Quiz(Items):
    """Multiple-choice questions, checked with a button, so that moving through the options doesn't reveal the answer.

    Args:
        row: The activity's row.
        questions: The questions; None for its chapter's questions in data/questions.csv.
    """

    def __init__(self, row: ActivityRow, questions: Iterable[Question | OwnQuestion] | None = None) -> None:
        self.questions = {one.question: one for one in (questions_of(row.chapter) if questions is None else questions)}
        options = {name: [option.option for option in one.options] for name, one in self.questions.items()}
        checked = {f"checked.{name}": choice_field(f"checked.{name}", options[name]) for name in self.questions}
        super().__init__(row, {name: one.text for name, one in self.questions.items()}, options, checked, steps=())

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {"check": self._check}

    def _check(self, message: Mapping[str, Any]) -> ActionResult:
        name = known_word("check", message["value"], self.questions)
        if not self.state[name]:
            return {"notice": text(self.nothing_chosen)}
        self.commit_values(**{f"checked.{name}": self.state[name]})
        return {"focus": f"told.{name}"}

    def revealed(self, state: Record) -> Collection[str]:
        """Return the questions with a checked answer."""
        return [name for name in self.questions if state[f"checked.{name}"]]

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the feedback on each checked answer, and how many were checked."""
        return {
            **self.answers(state),
            "count": text("quiz.count", checked=len(self.revealed(state)), total=len(self.questions)),
        }

    def answer(self, name: str, state: Record) -> str:
        """Return whether the checked answer is correct, and why."""
        one, checked = self.questions[name], state[f"checked.{name}"]
        option, right = next(option for option in one.options if option.option == checked), checked == one.answer
        return join(
            tag("p", tag("b", text("quiz.right") if right else text("quiz.other", answer=option.text)), class_="bw-kind"),
            tag("p", _without_yes(option.why) if right else option.why),
            tag("p", rule_line(one.case), class_="bw-rule-line") if one.case and one.kind == "case" else None,
            citations(f"question-{name}", one.claims, (one.assumption,), one.facts),
        )

    def page(self) -> str:
        """Return the whole page."""
        return activity_page(
            self.key,
            [
                self.item(
                    name,
                    radios(
                        name,
                        join(tag("span", text("quiz.number", number=number), class_="bw-count"), " ", one.text),
                        [(option.option, option.text) for option in one.options],
                        self.state[name],
                    ),
                    # Questions can be answered in any order, so no button is more important than the others.
                    toolbar(
                        button(text("quiz.check"), "check", name, name=text("quiz.check_named", number=number)), alike=True
                    ),
                    class_="bw-told",
                    role="status",
                )
                for number, (name, one) in enumerate(self.questions.items(), start=1)
            ],
            slot("count", self.fragments(self.state)["count"], "p", class_="bw-summary"),
        )

    @property
    def text(self) -> str:
        """The title and every question with its options."""
        lines = [self.title]
        for number, one in enumerate(self.questions.values(), start=1):
            lines += [f"{number}. {one.text}", *(f"   - {option.text}" for option in one.options)]
        return "\n".join(lines)

    def transcript_lines(self) -> Iterator[str]:
        """Choose and check every answer to every question, and yield the feedback."""
        for number, (name, one) in enumerate(self.questions.items(), start=1):
            yield f"{number}. {one.text}"
            for option in one.options:
                self.update(**{name: option.option})
                self._check({"value": name})
                right = text("quiz.right") in self.answer(name, self.state)
                yield f"   {'+' if right else '-'} {option.text}: {option.why}"


def _without_yes(why: str) -> str:
    """Return the feedback on a correct answer without the leading "yes", which is on a line by itself."""
    rest = re.sub(r"^Yes[.,:] ", "", why)
    return rest[:1].upper() + rest[1:]
