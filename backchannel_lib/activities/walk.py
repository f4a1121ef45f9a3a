"""One case changed step by step: the reader predicts whether the verdict rises, stays or falls, then sees."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Form, Record, one_word, whole
from backchannel_lib.activities.tables import PartRow, StepRow, case_of, load_steps
from backchannel_lib.base.texts import say
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.activity_page import frame, opening, place, rule_line, still_of
from backchannel_lib.page.case_html import fast_parts, held_down
from backchannel_lib.page.components import basis, paired
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios

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
        if row.part != part:
            continue
        before = None if row.start else stops[-1].case
        case = case_of(row.sets, before)
        gained = 0 if before is None else judge(case).verdict - judge(before).verdict
        way = "" if before is None else "up" if gained > 0 else "down" if gained < 0 else "same"
        stops.append(Stop(row, case, way))
    return tuple(stops)


class Walk(Form):
    """A walk and how far the reader has come.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/steps.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.stops = stops_of(part.part)
        asked = {stop.row.step: one_word(stop.row.step, WAYS) for stop in self.stops if stop.way}
        last = len(self.stops) - 1
        super().__init__(part, {"guess": one_word("guess", WAYS, say("walk.ask")), "at": whole("at", 0, last, 0), **asked})

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"see": self._see, "on": self._on}

    def _see(self, _: object) -> dict[str, Any]:
        """Show what the next step does, beside the prediction."""
        next_stop = self._next(self.state)
        if next_stop is None or not next_stop.way:
            return {}
        if not self.state["guess"]:
            return {"notice": say("guess.first")}
        self.go_with(at=self.state["at"] + 1, guess="", **{next_stop.row.step: self.state["guess"]})
        return {"focus": "now"}

    def _on(self, _: object) -> dict[str, Any]:
        """Begin the next walk of the same part, where there is one."""
        if self._next(self.state) is not None:
            self.go_with(at=self.state["at"] + 1, guess="")
        return {"focus": "now"}

    def _next(self, state: Record) -> Stop | None:
        place_after = state["at"] + 1
        return self.stops[place_after] if place_after < len(self.stops) else None

    def _from(self, state: Record) -> int:
        """Tell where the walk that the reader is on began."""
        return max(place for place in range(state["at"] + 1) if self.stops[place].row.start)

    def parts(self, state: Record) -> dict[str, str]:
        """Give the way so far, the case as it is, and the next step."""
        now, coming = self.stops[state["at"]], self._next(state)
        card = fast_parts(now.case)
        asks = coming is not None and coming.way != ""
        return {
            "trail": self._trail(state),
            "now": self._now_told(state["at"], state),
            "verdict": card["verdict"],
            "rules": card["rules"],
            "rule_line": rule_line(now.case),
            "strip": card["strip"],
            "next": tag("p", tag("b", say("walk.next"), " "), say(f"step.{coming.row.step}.text")) if coming and asks else "",
            "end": tag("p", say("walk.new_start" if coming else f"walk.{self.part.part}.end")) if not asks else "",
            "spoken": card["spoken"],
        }

    def about(self, state: Record) -> dict[str, Any]:
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
            tag("summary", say("walk.before", count=len(passed) - 1)),
            tag("ol", passed[:-1], class_="bw-trail"),
            data_keep="trail",
        )
        return join(folded if len(passed) > 1 else None, tag("ol", passed[-1:], class_="bw-trail") if passed else None)

    def _passed(self, at: int, state: Record) -> Markup:
        stop = self.stops[at]
        mine = state[stop.row.step] if stop.way else ""
        told = say("walk.passed", verdict=judge(stop.case).verdict.words)
        guess = tag("span", say("walk.you_said", way=say(f"way.{mine}")), class_="bw-badge") if mine else None
        return tag("li", tag("p", say(f"step.{stop.row.step}.text")), tag("p", tag("b", told), " ", guess))

    def _now_told(self, at: int, state: Record) -> Markup:
        stop = self.stops[at]
        mine = state[stop.row.step] if stop.way else ""
        beside = (
            join(
                paired((say("guess.yours"), say(f"way.{mine}")), (say("guess.article"), say(f"way.{stop.way}"))),
                tag("p", say("walk.right" if mine == stop.way else "walk.other"), class_="bw-kind"),
                tag("p", say(f"step.{stop.row.step}.why")),
            )
            if mine
            else None
        )
        return join(
            tag("h3", say(f"step.{stop.row.step}.text")),
            beside,
            basis(f"step-{stop.row.step}", stop.row.claims, (stop.row.ours,) if stop.row.ours else ())
            if stop.row.claims or stop.row.ours
            else None,
        )

    def page(self) -> str:
        """Give the whole page."""
        parts, now = self.parts(self.state), self._open(self.state)
        ways = [(way, say(f"way.{way}")) for way in WAYS]
        return frame(
            self.part,
            tag(
                "div",
                tag(
                    "div",
                    place("trail", parts["trail"]),
                    place("now", parts["now"], class_="bw-story"),
                    opening(
                        "ask",
                        now,
                        place("next", parts["next"], class_="bw-next-step"),
                        radios("guess", say("walk.ask"), ways, self.state["guess"], row=True),
                        tag("div", button(say("walk.see"), "see"), class_="bw-toolbar"),
                    ),
                    place("end", parts["end"], class_="bw-kind"),
                    opening("on", now, button(say("walk.on"), "on"), class_="bw-toolbar"),
                ),
                tag(
                    "div",
                    tag(
                        "section",
                        tag("h3", say("card.title")),
                        tag("p", say("card.voice"), class_="bw-voice"),
                        place("verdict", parts["verdict"]),
                        place("rule_line", parts["rule_line"], "p", class_="bw-rule-line"),
                        class_="bw-card",
                    ),
                    tag(
                        "section",
                        tag("h3", say("rules.title")),
                        tag("p", say("rules.voice"), class_="bw-voice"),
                        place("rules", parts["rules"]),
                        class_="bw-rule",
                    ),
                    class_="bw-answer",
                ),
                class_="bw-columns bw-halves",
            ),
        )

    def still(self) -> str:
        """Give the first step, for a notebook that has not been run."""
        return still_of(self.part, tag("p", say(f"step.{self.stops[0].row.step}.text")))

    @property
    def text(self) -> str:
        """Title, the step one is at and its verdict."""
        stop = self.stops[self.state["at"]]
        told = say("walk.passed", verdict=judge(stop.case).verdict.words)
        return "\n".join([say(f"part.{self.part.part}.title"), say(f"step.{stop.row.step}.text"), told])

    def tour(self) -> str:
        """Walk from the beginning to the end, predicting, and tell each outcome; then go back."""
        start, lines = self.state, []
        for at, stop in enumerate(self.stops):
            if at:
                self.put(guess="same")
                (self._see if stop.way else self._on)({})
            judgment = judge(self.stops[self.state["at"]].case)
            lines.append(say(f"step.{stop.row.step}.text"))
            lines.append(
                say(
                    "example.answer",
                    verdict=judgment.verdict.words,
                    held=held_down(judgment),
                    answer=rules_check(stop.case).words,
                )
            )
        self.go(start)
        return "\n".join(lines)
