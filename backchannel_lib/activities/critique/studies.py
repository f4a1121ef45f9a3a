"""Guess the numbers that studies measured, then see them next to the article's chart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.critique.model import STUDY_QUESTIONS, answers_to, load_study_bars, order_agrees, study_bars
from backchannel_lib.activities.form import Record, choice_field, integer_field
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import facts
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.charts import bars, bars_of_two
from backchannel_lib.page.components import (
    asked_on_paper,
    blank_table,
    bullets,
    chart_panel,
    citations,
    description_list,
    facts_by_source,
    scrollable,
    table,
    to_check,
    unfolding,
)
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios, slider, toolbar

STEPS: Final = ("survey", "measured", "advocates")
MIDDLE: Final = 50  # the sliders' starting point, which isn't the result of any study
#: The studies of each step, by what the ids of their facts begin with after ``studies.``.
STUDIES: Final = {
    "survey": ("scope", "ophtho", "chart"),
    "measured": ("oto", "surgery"),
    "advocates": ("jama", "jgme", "obgyn"),
}


class Studies(GuessForm):
    """Three steps, each with guesses and then the study's results.

    Args:
        row: The activity's row.

    Source:
        data/study_bars.csv, data/facts.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.surveyed = [bar for _, _, survey in study_bars() for bar in survey]
        self.article = [bar for _, chart, _ in study_bars() for bar in chart]
        guesses = {bar.caller: integer_field(bar.caller, 0, 100, MIDDLE, bar.label) for bar in self.surveyed}
        super().__init__(
            row,
            {
                **guesses,
                "belief": integer_field("belief", 0, 100, MIDDLE, text("studies.belief")),
                "measured": choice_field("measured", answers_to("measured"), text("studies.measured")),
                "advocates": choice_field("advocates", answers_to("advocates"), text("studies.advocates")),
                "ban": integer_field("ban", 0, 100, MIDDLE, text("studies.ban")),
            },
            STEPS,
        )

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""

        def see(step: str) -> Action:
            return lambda _: self.see(step)

        return {f"see_{step}": see(step) for step in STEPS}

    def missing(self, state: Record, step: str = "") -> str:
        """Return the request to guess first if a question in this step or the step before has no answer."""
        before = STEPS[: STEPS.index(step)] if step in STEPS else ()
        open_before = any(not self.is_seen(state, one) for one in before)
        return text("guess.first") if open_before or (step in self.entries and not state[step]) else ""

    # ---- what is on the page ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the answer of each step once the reader has guessed."""
        tell = {"survey": self._survey, "measured": self._measured, "advocates": self._advocates}
        answers = {step: tell[step](state) if self.is_seen(state, step) else Markup("") for step in STEPS}
        seen = [step for step in STEPS if self.is_seen(state, step)]
        return {
            **{f"told.{step}": body for step, body in answers.items()},
            "beside": self._beside() if self.is_seen(state, "survey") else "",
            "live_text": self._line(seen[-1], state) if seen else "",
        }

    def deferred_fragments(self, state: Record) -> dict[str, str]:
        """Return the survey next to the guess, and the article's chart, which has a different unit."""
        if not self.is_seen(state, "survey"):
            return {}
        rows = [(bar.label, state[bar.caller], bar.value) for bar in self.surveyed]
        names, guesses, found = zip(*rows, strict=True)
        survey = bars_of_two(names, (text("lesson.you"), guesses), (text("studies.directors"), found), text("studies.axis"))
        head = (text("table.caller"), text("lesson.you"), text("studies.directors"))
        pairs = "; ".join(f"{name}: {guess}, {value}" for name, guess, value in rows)
        own = [(bar.label, bar.value) for bar in self.article]
        names, weights = zip(*own, strict=True)
        return {
            "base_figure.survey": json.dumps(survey),
            "alt_text.survey": text("studies.survey_spoken", pairs=pairs),
            "table.survey": table(text("studies.survey_title"), head, rows),
            "base_figure.article": json.dumps(bars(names, weights, text("studies.no_unit_axis"))),
            "alt_text.article": text("studies.article_spoken", pairs="; ".join(f"{name}: {weight}" for name, weight in own)),
            "table.article": table(text("studies.article_title"), (text("table.caller"), text("studies.no_unit")), own),
        }

    def sections(self, state: Record) -> list[str]:
        """Return the visible steps; finishing each step opens the next."""
        shown = [step for step in STEPS if self.is_seen(state, step)]
        asked = [f"ask.{after}" for step, after in pairwise(STEPS) if self.is_seen(state, step)]
        return [*shown, *asked]

    def _line(self, step: str, state: Record) -> str:
        """Compare a guess with the study's result in a sentence."""
        match step:
            case "survey":
                found = {bar.standing: bar.value for bar in self.surveyed}
                high = sum(state[bar.caller] > bar.value for bar in self.surveyed)
                word = "studies.hoped" if high == len(self.surveyed) else "studies.feared" if high == 0 else "studies.mixed"
                return f"{text('studies.found', **found)} {text(word)}"
            case "measured":
                return text("studies.as_found" if _is_found("measured", state) else "studies.not_found")
        return text("studies.half_right" if _is_found("advocates", state) else "studies.half_other")

    def _survey(self, state: Record) -> Markup:
        return join(
            tag("p", self._line("survey", state), class_="bw-kind"),
            tag("p", text("studies.survey_caution")),
            _step_facts("survey"),
        )

    @staticmethod
    def _beside() -> Markup:
        rows = [
            (
                text(f"standing.{standing}"),
                *(", ".join(f"{bar.label} {bar.value}{bar.unit}" for bar in side) or text("order.not_there") for side in sides),
            )
            for standing, *sides in study_bars()
        ]
        head = (text("table.caller"), text("study_source.article"), text("study_source.ophthalmology"))
        check = order_agrees()
        claims = [claim for bar in load_study_bars() for claim in bar.claims]
        given = [fact for bar in load_study_bars() for fact in bar.facts]
        return join(
            tag("h3", text("studies.beside")),
            tag("div", table(text("studies.beside"), head, rows), **scrollable(text("studies.beside"))),
            tag("p", check.sentence, class_="bw-kind"),
            unfolding("ratios", text("studies.ratios"), bullets(ratio.sentence for ratio in check.ratios)),
            citations("beside", claims, ("bar_pairing_is_ours", "one_answer_either_way"), given),
        )

    def _measured(self, state: Record) -> Markup:
        percent = facts()["studies.oto_belief"].value
        before, after = (facts()[f"studies.oto_p_{when}"].value for when in ("before", "after"))
        return join(
            description_list(
                (text("studies.your_belief"), state["belief"]),
                (text("studies.their_belief"), f"{percent}%"),
                (
                    text("studies.measured_was"),
                    tag("b", *(text(f"studies.measured.{one}") for one in answers_to("measured", found=True))),
                ),
            ),
            tag("p", self._line("measured", state), class_="bw-kind"),
            tag("p", text("studies.what_p_is", before=before, after=after, of_hundred=round(100 * float(before)))),
            tag("p", text("studies.no_proof")),
            _step_facts("measured"),
        )

    def _advocates(self, state: Record) -> Markup:
        return join(
            tag("p", self._line("advocates", state), class_="bw-kind"),
            tag("p", text("studies.not_you")),
            tag("p", text("studies.what_then")),
            description_list(
                (text("studies.your_ban"), state["ban"]), (text("studies.their_ban"), f"{facts()['studies.jgme_ban'].value}%")
            ),
            tag("p", text("studies.ban_why")),
            _step_facts("advocates"),
            tag("p", facts()["studies.scope"].sentence, class_="bw-note"),
        )

    def page(self) -> str:
        """Return the whole page."""
        state, parts, now = self.state, self.fragments(self.state), self.sections(self.state)
        sliders = [slider(bar.caller, bar.label, (0, 100), state[bar.caller], is_guess=True) for bar in self.surveyed]
        belief, ban = (slider(one, self.label(one), (0, 100), state[one], is_guess=True) for one in ("belief", "ban"))
        measured, advocates = (
            radios(step, self.label(step), _options(step), state[step]) for step in ("measured", "advocates")
        )
        return activity_page(
            self.key,
            self._on_paper(),
            _heading("survey"),
            tag("p", text("studies.survey_ask")),
            sliders,
            _button("survey"),
            show_if(
                "survey",
                now,
                slot("told.survey", parts["told.survey"], class_="bw-told"),
                [
                    chart_panel(chart, text(f"studies.{chart}_title"), text(f"studies.{chart}_caption"))
                    for chart in ("survey", "article")
                ],
                slot("beside", parts["beside"]),
                class_="bw-charts bw-spaced",
            ),
            [
                show_if(
                    f"ask.{step}",
                    now,
                    _heading(step),
                    controls,
                    _button(step),
                    slot(f"told.{step}", parts[f"told.{step}"], class_="bw-told"),
                    class_="bw-item",
                )
                for step, controls in (("measured", (belief, measured)), ("advocates", (advocates, ban)))
            ],
        )

    def _on_paper(self) -> Markup:
        """Return all three steps with blanks."""
        measured, advocates = ([label for _, label in _options(step)] for step in ("measured", "advocates"))
        return self.on_paper(
            _heading("survey"),
            blank_table(text("studies.survey_ask"), [text("paper.of_hundred")], [bar.label for bar in self.surveyed]),
            _heading("measured"),
            asked_on_paper(text("studies.belief")),
            tag("p", tag("b", text("studies.measured"))),
            to_check(measured, several=False),
            _heading("advocates"),
            tag("p", tag("b", text("studies.advocates"))),
            to_check(advocates, several=False),
            asked_on_paper(text("studies.ban")),
        )

    @property
    def text(self) -> str:
        """The title and the first question."""
        callers = "\n".join(f"- {bar.label}" for bar in self.surveyed)
        return f"{self.title}\n{text('studies.survey_ask')}\n{callers}"

    def transcript_lines(self) -> Iterator[str]:
        """Make low, high and correct guesses in every step, and yield the answers."""
        for guess in (0, 100, None):
            values = {bar.caller: bar.value if guess is None else guess for bar in self.surveyed}
            self.update(**values)
            self.see("survey")
            guessed = ", ".join(f"{bar.label}: {values[bar.caller]}" for bar in self.surveyed)
            yield f"{guessed}\n   {self._line('survey', self.state)}"
        yield from [f"{bar.source_label}: {bar.label} {bar.value}" for bar in (*self.article, *self.surveyed)]
        yield from [order_agrees().sentence, *(ratio.sentence for ratio in order_agrees().ratios)]
        for step in STUDY_QUESTIONS:
            for answer in answers_to(step):
                self.update(**{step: answer})
                self.see(step)
                yield f"{text(f'studies.{step}.{answer}')}: {self._line(step, self.state)}"
        yield from [facts()[fact].sentence for step in STEPS for fact in facts_of(step)]


def facts_of(step: str) -> list[str]:
    """Return the ids of the facts from a step's studies.

    Source:
        data/facts.csv.

    Examples:
        >>> facts_of("measured")[-1]
        'studies.surgery_phone_call'
    """
    return [fact for study in STUDIES[step] for fact in facts() if fact.startswith(f"studies.{study}")]


def _is_found(question: str, state: Record) -> bool:
    return state[question] in answers_to(question, found=True)


def _options(question: str) -> list[tuple[str, str]]:
    return [(one, text(f"studies.{question}.{one}")) for one in answers_to(question)]


def _heading(step: str) -> Markup:
    return tag("h3", tag("span", f"{STEPS.index(step) + 1}.", class_="bw-count"), " ", text(f"studies.step.{step}"))


def _button(step: str) -> Markup:
    return toolbar(button(text(f"studies.see.{step}"), f"see_{step}"))


def _step_facts(step: str) -> Markup:
    """Return the facts of a step, with each source once below its facts."""
    return facts_by_source(f"facts-{step}", text("studies.sources"), facts_of(step))
