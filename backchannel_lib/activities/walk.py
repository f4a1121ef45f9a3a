"""Change one case step by step: readers predict whether the verdict rises, stays or falls, then see the result."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, Record, choice_field, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow, StepRow, case_of, load_steps
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import activity_page, answer_boxes, show_if, slot, static_page
from backchannel_lib.page.case_fragments import answer_line, fast_fragments
from backchannel_lib.page.components import blank_table, citations, description_list, unfolding
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios, toolbar
from backchannel_lib.page.rule_html import rule_line

DIRECTIONS: Final = ("up", "same", "down")


class Step(NamedTuple):
    """One step of a walk, with its case.

    Args:
        row: Its row in data/steps.csv.
        case: The case after this step.
        direction: Whether the verdict went ``up``, ``down`` or stayed the ``same``; blank at the start of a walk.
    """

    row: StepRow
    case: Case
    direction: str

    @property
    def text(self) -> str:
        """What the step changes."""
        return text(f"step.{self.row.step}.text")

    @property
    def verdict(self) -> Verdict:
        """The article's verdict after it."""
        return judge(self.case).verdict


def steps_of(activity: str) -> tuple[Step, ...]:
    """Return the steps of a walk in order, with their cases.

    Examples:
        >>> [step.direction for step in steps_of("fellow_walk")][:2]
        ['', 'same']
    """
    steps: list[Step] = []
    for row in load_steps():
        if row.activity != activity:
            continue
        before = None if row.start else steps[-1].case
        case = case_of(row.overrides, before)
        change = 0 if before is None else judge(case).verdict - judge(before).verdict
        direction = "" if before is None else "up" if change > 0 else "down" if change < 0 else "same"
        steps.append(Step(row, case, direction))
    return tuple(steps)


class Walk(Form):
    """A walk and the reader's progress.

    Args:
        row: The activity's row.

    Source:
        data/steps.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.steps = steps_of(row.activity)
        asked = {step.row.step: choice_field(step.row.step, DIRECTIONS) for step in self.steps if step.direction}
        last = len(self.steps) - 1
        super().__init__(
            row, {"guess": choice_field("guess", DIRECTIONS, text("walk.ask")), "at": integer_field("at", 0, last, 0), **asked}
        )

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {"see": self._see, "on": self._on}

    def _see(self, _: object) -> ActionResult:
        """Show the effect of the next step next to the prediction."""
        next_step = self._next(self.state)
        if next_step is None or not next_step.direction:
            return {}
        if not self.state["guess"]:
            return {"notice": text("guess.first")}
        self.commit_values(at=self.state["at"] + 1, guess="", **{next_step.row.step: self.state["guess"]})
        return {"focus": "now"}

    def _on(self, _: object) -> ActionResult:
        """Start the next walk of the same activity, if there is one."""
        coming = self._next(self.state)
        if coming is not None and coming.direction:
            return {"notice": text("guess.first")}  # the next step needs a prediction first
        if coming is not None:
            self.commit_values(at=self.state["at"] + 1, guess="")
        return {"focus": "now"}

    def believed(self, state: Record) -> Record:
        """Return a saved state, in which every completed step has a prediction."""
        passed = self.steps[1 : state["at"] + 1]
        predicted = itertools.takewhile(lambda step: not step.direction or state[step.row.step], passed)
        return MappingProxyType({**state, "at": sum(1 for _ in predicted)})

    def _next(self, state: Record) -> Step | None:
        place_after = state["at"] + 1
        return self.steps[place_after] if place_after < len(self.steps) else None

    def _from(self, state: Record) -> int:
        """Return where the current walk began."""
        return max(place for place in range(state["at"] + 1) if self.steps[place].row.start)

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the steps so far, the current case, and the next step."""
        now, coming = self.steps[state["at"]], self._next(state)
        card = fast_fragments(now.case, invented=True)
        predict = coming is not None and coming.direction != ""
        return {
            "trail": self._trail(state),
            "now": self._now_html(state),
            "verdict": card["verdict"],
            "rules": card["rules"],
            "rule_line": rule_line(now.case),
            "strip": card["strip"],
            "next": tag("p", tag("b", text("walk.next"), " "), coming.text) if coming and predict else "",
            "end": tag("p", text("walk.new_start" if coming else f"walk.{self.row.activity}.end")) if not predict else "",
            "live_text": card["live_text"],
        }

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        coming = self._next(state)
        return ["ask"] if coming and coming.direction else ["on"] if coming else []

    def _trail(self, state: Record) -> Markup:
        """Return the last completed step, with earlier ones collapsed."""
        passed = [self._passed(at, state) for at in range(self._from(state), state["at"])]
        folded = unfolding("trail", text("walk.before", count=len(passed) - 1), tag("ol", passed[:-1], class_="bw-trail"))
        return join(folded if len(passed) > 1 else None, tag("ol", passed[-1:], class_="bw-trail") if passed else None)

    def _passed(self, at: int, state: Record) -> Markup:
        step = self.steps[at]
        mine, verdict = state.get(step.row.step), text("walk.passed", verdict=step.verdict.label)
        guess = tag("span", text("walk.you_said", way=text(f"way.{mine}")), class_="bw-badge") if mine else None
        return tag("li", tag("p", step.text), tag("p", tag("b", verdict), " ", guess))

    def _now_html(self, state: Record) -> Markup:
        at, start = state["at"], self._from(state)
        end = next((place for place in range(at + 1, len(self.steps)) if self.steps[place].row.start), len(self.steps))
        step = self.steps[at]
        beside: list[Markup] = []
        if mine := state.get(step.row.step):
            guess, answer = text(f"way.{mine}"), text(f"way.{step.direction}")
            beside = [
                description_list((text("guess.yours"), guess), (text("guess.article"), answer)),
                tag("p", text("walk.right" if mine == step.direction else "walk.other"), class_="bw-kind"),
                tag("p", text(f"step.{step.row.step}.why")),
            ]
        return join(
            tag("h3", text("walk.at", number=at - start + 1, total=end - start), class_="bw-count"),
            tag("p", step.text),
            beside,
            citations(f"step-{step.row.step}", step.row.claims, (step.row.assumption,)),
            tag("p", self._standing(step), class_="bw-standing"),
        )

    @staticmethod
    def _standing(step: Step) -> Markup:
        """Return verdict and rule in one line, for screens on which their boxes are below the question."""
        rank = text("walk.rank", rank=int(step.verdict) + 1, top=len(Verdict))
        return join(text("walk.standing"), " ", tag("b", step.verdict.label), " ", tag("span", rank), " ", rule_line(step.case))

    def page(self) -> str:
        """Return the whole page."""
        parts, now = self.fragments(self.state), self.sections(self.state)
        directions = [(one, text(f"way.{one}")) for one in DIRECTIONS]
        return activity_page(
            self.key,
            self._on_paper(),
            tag(
                "div",
                tag(
                    "div",
                    slot("trail", parts["trail"]),
                    slot("now", parts["now"], class_="bw-story"),
                    show_if(
                        "ask",
                        now,
                        slot("next", parts["next"], class_="bw-next-step"),
                        radios("guess", text("walk.ask"), directions, self.state["guess"], row=True),
                        toolbar(button(text("walk.see"), "see")),
                    ),
                    slot("end", parts["end"], class_="bw-kind"),
                    show_if("on", now, button(text("walk.on"), "on"), class_="bw-toolbar"),
                ),
                tag("div", answer_boxes(parts), class_="bw-answer"),
                class_="bw-columns bw-halves",
            ),
        )

    def _on_paper(self) -> Markup:
        """Return every step with blanks; where a walk starts, its verdict and the rule's answer instead."""
        starts = [place for place, step in enumerate(self.steps) if not step.direction]
        rows = [[tag("p", step.text), None if step.direction else self._first_verdict(step)] for step in self.steps]
        return self.on_paper(blank_table(text("walk.ask"), [text(f"way.{one}") for one in DIRECTIONS], rows, starts))

    @staticmethod
    def _first_verdict(step: Step) -> Markup:
        return tag("p", text("paper.first_verdict", verdict=step.verdict.label), " ", rule_line(step.case))

    def static_html(self) -> str:
        """Return the first step, for a notebook that hasn't run."""
        return static_page(self.key, tag("p", self.steps[0].text))

    @property
    def text(self) -> str:
        """Title, the current step and its verdict."""
        step = self.steps[self.state["at"]]
        return "\n".join([self.title, step.text, text("walk.passed", verdict=step.verdict.label)])

    def transcript_lines(self) -> Iterator[str]:
        """Predict every step from beginning to end, and yield each result."""
        for at, step in enumerate(self.steps):
            if at:
                self.update(guess="same")
                (self._see if step.direction else self._on)({})
            yield step.text
            yield answer_line(step.case)
