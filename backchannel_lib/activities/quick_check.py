"""Ask nine short questions, then show the rule now, the article's view, three dated steps and a sheet."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import (
    Form,
    FormField,
    Record,
    boolean_field,
    choice_field,
    choices_field,
    latest_choice,
)
from backchannel_lib.activities.sheet_desk import line_field, sheet_actions, topics_field
from backchannel_lib.activities.tables import ActivityRow, case_settings_or_nothing
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.readers import WrongRowError, each_of, loader, one_of
from backchannel_lib.base.texts import optional_text, text
from backchannel_lib.model.advice import Advice, advise, load_not_covered
from backchannel_lib.model.calendar import eastern, week_start
from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.model.possible import UNKNOWN
from backchannel_lib.model.tables import Settings
from backchannel_lib.page.activity_page import activity_page, slot
from backchannel_lib.page.components import chosen_on_paper
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checks, go_button, radios, select, text_box, toolbar
from backchannel_lib.page.rule_html import INVENTED
from backchannel_lib.page.sheet import Sheet, SheetHead, moment_text, rule_now, rule_section, sheet_sections
from backchannel_lib.page.sheet_desk import sheet_desk, sheet_fragment, topics_control
from backchannel_lib.page.verdict_html import answer_strip, verdicts_label

NOW: Final = "now"
ASKED: Final = ("contacted", "caller", "inside", "message", "standing", "file", "program")  # the questions about the case
QUESTIONS: Final = tuple(question for question in ASKED if question != "caller")  # those with answers in the table
SEVERAL: Final = ("message", "file", "program")  # those with several answers at once

#: The other days to choose from, as time since the start of Match Week's Monday.
DAYS: Final = {
    "week_before": timedelta(days=-7, hours=12),
    "monday": timedelta(hours=20),
    "tuesday": timedelta(days=1, hours=12),
    "wednesday": timedelta(days=2, hours=12),
    "thursday": timedelta(days=3, hours=12),
    "thursday_night": timedelta(days=3, hours=22),
    "friday": timedelta(days=4, hours=12),
    "month_after": timedelta(days=30, hours=12),
}


class QuickAnswerRow(NamedTuple):
    """What each answer in the quick check says about the case, and which fields it leaves open.

    Only the order of the scores matters. Anything about a program that no checked box states is unknown.

    Examples:
        >>> answers_to("contacted")["unknown"].leaves_open
        ('program_contacted_first',)
    """

    question: Annotated[str, one_of(QUESTIONS)]
    answer: str
    overrides: Annotated[Settings, case_settings_or_nothing]
    leaves_open: Annotated[tuple[str, ...], each_of(tuple(Case.fields()))]

    @property
    def facts(self) -> dict[str, Any]:
        """The values of the fields that the answer states, by field."""
        return {field: Case.fields()[field].read(value) for field, value in self.overrides}


def _check_answers(rows: tuple[QuickAnswerRow, ...]) -> None:
    for index, row in enumerate(rows):
        if bool(row.overrides) == bool(row.leaves_open):
            raise WrongRowError(index, "leaves_open", row.leaves_open, "fields in either overrides or leaves_open")


load_quick_answers = loader(QuickAnswerRow, "quick_answers.csv", key=("question", "answer"), check=_check_answers)


@functools.cache
def answers_to(question: str) -> Mapping[str, QuickAnswerRow]:
    """Return the answers to a question by name, in the order on the page.

    Examples:
        >>> list(answers_to("inside"))
        ['yes', 'no', 'unknown']
    """
    return {row.answer: row for row in load_quick_answers() if row.question == question}


class QuickCheck(Form):
    """The questions, and the conclusions from the answers.

    Args:
        row: Its row in data/activities.csv.
        clock: Returns the current time.
    """

    def __init__(self, row: ActivityRow, clock: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> None:
        self.clock = clock
        super().__init__(
            row,
            {
                **{question: _field(question) for question in ("day", *ASKED)},
                "topics": topics_field("topics", text("quick.ask.topics")),
                "name": line_field("name", text("sheet_desk.name")),
                "program_name": line_field("program_name", text("sheet_desk.program")),
                "sheet": boolean_field("sheet"),
            },
        )

    def with_value(self, field: str, value: object) -> Record:
        """Return the state after one control moves; "I don't know" and other answers exclude each other."""
        before = self.state.get(field)
        return super().with_value(field, latest_choice(value, before) if isinstance(before, tuple) else value)

    # ---- conclusions from the answers ----

    def moment(self, state: Record) -> datetime:
        """Return the moment in question, on an Eastern clock: now, or a day of the next Match Week."""
        now = eastern(self.clock())
        if state["day"] == NOW:
            return now
        year = now.year if now < week_start(now.year) + timedelta(days=7) else now.year + 1
        return week_start(year) + DAYS[state["day"]]

    def known_and_unknown(self, state: Record) -> tuple[Case, list[str]]:
        """Return the case that the answers describe, and the fields that they leave open."""
        # The student could offer what the program needs. Only a checked box settles whether the program needs it.
        known: dict[str, Any] = {"offers": frozenset({"local"})}
        unknown: set[str] = set()
        for question in QUESTIONS:
            rows = [answers_to(question)[answer] for answer in _given(state, question)]
            if question == "program":
                rows.append(answers_to(question)[UNKNOWN])
            for row in rows:
                known |= row.facts
                unknown |= set(row.leaves_open)
        if state["caller"] == UNKNOWN:
            unknown.add("recommender")
        else:
            known["recommender"] = state["caller"]
        if state["caller"] == "self":
            del known["move"]  # what is left is how others make contact: a call, or speaking up where they work
        return Case().replace(**known), sorted(unknown - set(known))

    def has_answered(self, state: Record) -> bool:
        """Return whether the reader has answered anything about the case; the day alone only changes the rule."""
        return any(state[question] != self.start[question] for question in ASKED)

    def advice(self, state: Record) -> Advice:
        """Return the advice for some answers."""
        known, unknown = self.known_and_unknown(state)
        return advise(known, unknown, self.moment(state), state["topics"])

    def sheets(self, state: Record) -> list[Sheet]:
        """Return the sheet for some answers, with the student's entries at the top."""
        head, answered = SheetHead(state["name"], state["program_name"]), self.has_answered(state)
        return [Sheet(self.advice(state), head, entered=self.entered(state), has_article=answered)]

    def entered(self, state: Record) -> tuple[str, ...]:
        """Return the answers in words with short versions of the questions; unanswered checkboxes are left out."""
        answers = {question: [_label(question, one) for one in _given(state, question)] for question in ("day", *ASKED)}
        return tuple(
            text("take_home.value", what=text(f"quick.{question}.short"), value=", ".join(labels))
            for question, labels in answers.items()
            if labels
        )

    # ---- the page ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the answer: the rule first, then the article's view once it has a basis, the steps and the questions."""
        advice = self.advice(state)
        rule, rest = rule_now(advice), ("steps", "questions", "silent")
        if self.has_answered(state):
            verdicts = verdicts_label(advice.judgment.verdicts)
            sections = sheet_sections(advice, ("article", *rest))
            spoken = text("quick.live_text", rule=rule, verdict=verdicts)
        else:
            verdicts, first = "", text("quick.first")
            invitation = tag("section", tag("p", first, class_="bw-next"), class_="bw-plain bw-screen")
            sections = join(invitation, sheet_sections(advice, rest))
            spoken = text("quick.live_first", rule=rule, first=first)
        return {
            "moment": text("quick.moment", when=moment_text(advice.now)),
            # The answer for another day may not hold today.
            "answer": join(rule_section(advice, next_for=() if state["day"] == NOW else INVENTED), sections),
            "strip": answer_strip(rule, verdicts),
            "live_text": spoken,
        }

    def visible_outcome(self, state: Record) -> tuple[str, str]:
        """Return the verdict if only one is possible and the reader can see it, and the rule's answer."""
        advice = self.advice(state)
        settled = self.has_answered(state) and len(advice.judgment.verdicts) == 1
        verdict = advice.judgment.lowest.name.lower() if settled else ""
        return verdict, advice.rules[0].answer

    def page(self) -> str:
        """Return the whole page."""
        state, fragments = self.state, self.fragments(self.state)
        return activity_page(
            self.key,
            self.on_paper(tag("div", list(self._questions_on_paper()), class_="bw-paper-form")),
            slot("moment", fragments["moment"], "p", class_="bw-voice"),
            tag(
                "div",
                tag(
                    "div",
                    [self._control(question) for question in ("day", *ASKED)],
                    topics_control("topics", self.label("topics"), state["topics"]),
                ),
                tag(
                    "section",
                    tag("h3", text("quick.answer")),
                    slot("answer", fragments["answer"]),
                    class_="bw-answer bw-answer-stays",
                ),
                class_="bw-columns bw-halves",
            ),
            sheet_desk(
                self.sections(state),
                self._sheet(state),
                text_box("name", self.label("name"), state["name"], sends_while_typing=True),
                text_box("program_name", self.label("program_name"), state["program_name"], sends_while_typing=True),
                heading="h3",
            ),
            toolbar(button(text("panel.save"), "save"), alike=True),
            to_answer=go_button(text("quick.go"), "answer"),
        )

    def _control(self, question: str) -> Markup:
        asked = (question, self.label(question), _options(question))
        help_text = optional_text(f"quick.{question}_help")
        if question in SEVERAL:
            return checks(*asked, self.state[question], help_text=help_text)
        if question in {"day", "caller"}:
            return select(*asked, self.state[question])
        return radios(*asked, self.state[question], help_text=help_text, row=question != "standing")

    def _questions_on_paper(self) -> Iterator[Markup]:
        for question in ("day", *ASKED):
            options = [label for _, label in _options(question)]
            yield chosen_on_paper(self.label(question), options, several=question in SEVERAL)
        yield chosen_on_paper(
            self.label("topics"), [text(f"not_covered.{row.topic}.name") for row in load_not_covered()], several=True
        )

    # ---- buttons ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return sheet_actions(self, lambda state: self.with_(sheet=not state["sheet"]), self.sheets)

    def sections(self, state: Record) -> list[str]:
        """Return whether the sheet is visible."""
        return ["sheet"] if state["sheet"] else []

    def deferred_fragments(self, state: Record) -> dict[str, str]:
        """Return the sheet once the reader has entered something or asked for it."""
        return {"sheet": self._sheet(state)}

    def _sheet(self, state: Record) -> str:
        return sheet_fragment(self.sheets(state) if state != self.start else [])

    def transcript(self) -> str:
        """Return the result for each day and each caller, leaving out the current time, which always changes."""
        lines = []
        for day in DAYS:
            for contacted in ("no", "yes", UNKNOWN):
                advice = self.advice(self.with_(day=day, contacted=contacted))
                lines.append(
                    f"{_label('day', day)}, {_label('contacted', contacted)}: {advice.rules[0].label}. "
                    + " ".join(step.sentence for step in advice.steps)
                )
        for caller in RECOMMENDERS:
            advice = self.advice(self.with_(day="monday", caller=caller))
            lines.append(f"{_label('caller', caller)}: {verdicts_label(advice.judgment.verdicts)}.")
        return "\n".join(lines)


def _field(question: str) -> FormField:
    answers, label = [answer for answer, _ in _options(question)], text(f"quick.ask.{question}")
    if question == "program":
        return FormField((), _read_program, label)
    if question in SEVERAL:
        return choices_field(question, answers, label, (UNKNOWN,) if question == "message" else ())
    return choice_field(question, answers, label, NOW if question == "day" else UNKNOWN)


def _options(question: str) -> list[tuple[str, str]]:
    """Return the answers to choose from, with their labels."""
    answers = {"day": (NOW, *DAYS), "caller": (*RECOMMENDERS, UNKNOWN)}.get(question) or tuple(answers_to(question))
    return [(answer, _label(question, answer)) for answer in answers if (question, answer) != ("program", UNKNOWN)]


def _given(state: Record, question: str) -> tuple[str, ...]:
    """Return the answers to a question, which are several if it has checkboxes."""
    given = state[question]
    return given if isinstance(given, tuple) else (given,)


def _label(question: str, answer: str) -> str:
    if answer == UNKNOWN:
        return text("panel.unknown")
    return text(f"level.recommender.{answer}" if question == "caller" else f"quick.{question}.{answer}")


def _read_program(value: object) -> tuple[str, ...]:
    boxes = [answer for answer, _ in _options("program")]
    read: tuple[str, ...] = choices_field("program", boxes).read(value)
    for one, other in itertools.combinations(read, 2):
        facts, others = answers_to("program")[one].facts, answers_to("program")[other].facts
        if any(facts[field] != others[field] for field in facts.keys() & others.keys()):
            words = {"one": text(f"quick.program.{one}"), "other": text(f"quick.program.{other}")}
            raise CaseError("program", "contradiction", value, **words)
    return read
