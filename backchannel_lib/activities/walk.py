"""One case changed step by step: the reader predicts whether the verdict rises, stays or falls, then sees."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Form, Record, choice_field, integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow, StepRow, case_of, load_steps
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.activity_page import activity_page, rule_box, show_if, slot, static_page, verdict_card
from backchannel_lib.page.case_fragments import fast_fragments
from backchannel_lib.page.components import citations, description_list
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios
from backchannel_lib.page.rule_html import rule_line
from backchannel_lib.page.verdict_html import weakest_sentence

WAYS: Final = ("up", "same", "down")


class Stop(NamedTuple):
    """One step of a walk, made into a case.

    Args:
        row: Its row in data/steps.csv.
        case: The case as it is then.
        way: Whether the verdict went ``up``, ``down`` or stayed the ``same``; blank where a walk begins.
    """

    row: StepRow
    case: Case
    way: str


def stops_of(part: str) -> tuple[Stop, ...]:
    """Give the steps of a walk as cases.

    Args:
        part: The walk's part.

    Returns:
        Its steps in order.

    Source:
        data/steps.csv; the way is computed by `judge`.

    Examples:
        >>> [stop.way for stop in stops_of("fellow_walk")][:2]
        ['', 'same']
    """
    stops: list[Stop] = []
    for row in load_steps():
        if row.activity != part:
            continue
        before = None if row.start else stops[-1].case
        case = case_of(row.overrides, before)
        gained = 0 if before is None else judge(case).verdict - judge(before).verdict
        way = "" if before is None else "up" if gained > 0 else "down" if gained < 0 else "same"
        stops.append(Stop(row, case, way))
    return tuple(stops)


class Walk(Form):
    """A walk and how far the reader has come.

    Args:
        part: Its row in data/activities.csv.

    Source:
        data/steps.csv.
    """

    def __init__(self, part: ActivityRow) -> None:
        self.stops = stops_of(part.activity)
        asked = {stop.row.step: choice_field(stop.row.step, WAYS) for stop in self.stops if stop.way}
        last = len(self.stops) - 1
        super().__init__(
            part, {"guess": choice_field("guess", WAYS, text("walk.ask")), "at": integer_field("at", 0, last, 0), **asked}
        )

    def actions(self) -> dict[str, Action]:
        """Give what the buttons do."""
        return {"see": self._see, "on": self._on}

    def _see(self, _: object) -> ActionResult:
        """Show what the next step does, beside the prediction."""
        next_stop = self._next(self.state)
        if next_stop is None or not next_stop.way:
            return {}
        if not self.state["guess"]:
            return {"notice": text("guess.first")}
        self.commit_values(at=self.state["at"] + 1, guess="", **{next_stop.row.step: self.state["guess"]})
        return {"focus": "now"}

    def _on(self, _: object) -> ActionResult:
        """Begin the next walk of the same part, where there is one."""
        if self._next(self.state) is not None:
            self.commit_values(at=self.state["at"] + 1, guess="")
        return {"focus": "now"}

    def _next(self, state: Record) -> Stop | None:
        place_after = state["at"] + 1
        return self.stops[place_after] if place_after < len(self.stops) else None

    def _from(self, state: Record) -> int:
        """Tell where the walk that the reader is on began."""
        return max(place for place in range(state["at"] + 1) if self.stops[place].row.start)

    def fragments(self, state: Record) -> dict[str, str]:
        """Give the way so far, the case as it is, and the next step."""
        now, coming = self.stops[state["at"]], self._next(state)
        card = fast_fragments(now.case)
        asks = coming is not None and coming.way != ""
        return {
            "trail": self._trail(state),
            "now": self._now_told(state["at"], state),
            "verdict": card["verdict"],
            "rules": card["rules"],
            "rule_line": rule_line(now.case),
            "strip": card["strip"],
            "next": tag("p", tag("b", text("walk.next"), " "), text(f"step.{coming.row.step}.text")) if coming and asks else "",
            "end": tag("p", text("walk.new_start" if coming else f"walk.{self.row.activity}.end")) if not asks else "",
            "live_text": card["live_text"],
        }

    def ui_state(self, state: Record) -> dict[str, Any]:
        """Tell which sections are in sight."""
        return {"open": self._open(state)}

    def _open(self, state: Record) -> list[str]:
        coming = self._next(state)
        return ["ask"] if coming and coming.way else ["on"] if coming else []

    def _trail(self, state: Record) -> Markup:
        """Give the last step passed, and those before it folded."""
        passed = [self._passed(at, state) for at in range(self._from(state), state["at"])]
        folded = tag(
            "details",
            tag("summary", text("walk.before", count=len(passed) - 1)),
            tag("ol", passed[:-1], class_="bw-trail"),
            data_details="trail",
        )
        return join(folded if len(passed) > 1 else None, tag("ol", passed[-1:], class_="bw-trail") if passed else None)

    def _passed(self, at: int, state: Record) -> Markup:
        stop = self.stops[at]
        mine = state[stop.row.step] if stop.way else ""
        told = text("walk.passed", verdict=judge(stop.case).verdict.label)
        guess = tag("span", text("walk.you_said", way=text(f"way.{mine}")), class_="bw-badge") if mine else None
        return tag("li", tag("p", text(f"step.{stop.row.step}.text")), tag("p", tag("b", told), " ", guess))

    def _now_told(self, at: int, state: Record) -> Markup:
        stop = self.stops[at]
        mine = state[stop.row.step] if stop.way else ""
        beside = (
            join(
                description_list((text("guess.yours"), text(f"way.{mine}")), (text("guess.article"), text(f"way.{stop.way}"))),
                tag("p", text("walk.right" if mine == stop.way else "walk.other"), class_="bw-kind"),
                tag("p", text(f"step.{stop.row.step}.why")),
            )
            if mine
            else None
        )
        return join(
            tag("h3", text(f"step.{stop.row.step}.text")),
            beside,
            citations(f"step-{stop.row.step}", stop.row.claims, (stop.row.assumption,) if stop.row.assumption else ())
            if stop.row.claims or stop.row.assumption
            else None,
        )

    def page(self) -> str:
        """Give the whole page."""
        parts, now = self.fragments(self.state), self._open(self.state)
        ways = [(way, text(f"way.{way}")) for way in WAYS]
        return activity_page(
            self.key,
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
                        radios("guess", text("walk.ask"), ways, self.state["guess"], row=True),
                        tag("div", button(text("walk.see"), "see"), class_="bw-toolbar"),
                    ),
                    slot("end", parts["end"], class_="bw-kind"),
                    show_if("on", now, button(text("walk.on"), "on"), class_="bw-toolbar"),
                ),
                tag(
                    "div",
                    verdict_card(
                        slot("verdict", parts["verdict"]), slot("rule_line", parts["rule_line"], "p", class_="bw-rule-line")
                    ),
                    rule_box(slot("rules", parts["rules"])),
                    class_="bw-answer",
                ),
                class_="bw-columns bw-halves",
            ),
        )

    def static_html(self) -> str:
        """Give the first step, for a notebook that has not been run."""
        return static_page(self.key, tag("p", text(f"step.{self.stops[0].row.step}.text")))

    @property
    def text(self) -> str:
        """Title, the step one is at and its verdict."""
        stop = self.stops[self.state["at"]]
        told = text("walk.passed", verdict=judge(stop.case).verdict.label)
        return "\n".join([text(f"activity.{self.row.activity}.title"), text(f"step.{stop.row.step}.text"), told])

    def transcript(self) -> str:
        """Walk from the beginning to the end, predicting, and tell each outcome; then go back."""
        start, lines = self.state, []
        for at, stop in enumerate(self.stops):
            if at:
                self.update(guess="same")
                (self._see if stop.way else self._on)({})
            judgment = judge(self.stops[self.state["at"]].case)
            lines.append(text(f"step.{stop.row.step}.text"))
            lines.append(
                text(
                    "example.answer",
                    verdict=judgment.verdict.label,
                    held=weakest_sentence(judgment),
                    answer=rules_check(stop.case).label,
                )
            )
        self.commit(start)
        return "\n".join(lines)
