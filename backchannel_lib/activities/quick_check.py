"""Eight short questions, each with "I don't know": the rule now, the article's view, three dated steps, and a sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from backchannel_lib.activities.activity import Action, saved_file
from backchannel_lib.activities.form import Form, FormField, Record, choice_field, choices_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.advice import Advice, advise, load_not_covered
from backchannel_lib.model.calendar import eastern, match_week
from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.page.activity_page import activity_page, slot
from backchannel_lib.page.html import tag
from backchannel_lib.page.inputs import button, checks, radios, select, text_box, toolbar
from backchannel_lib.page.sheet import SheetHead, moment_text, sheet_html, sheet_sections, sheet_text

NOW: Final = "now"
UNKNOWN: Final = "unknown"

#: The other days to choose from: how long after the Monday of Match Week begins.
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

#: What a box that is checked says of the case.
MESSAGE: Final[dict[str, dict[str, Any]]] = {"specifics": {"specifics": True}, "addresses_flag": {"addresses_flag": True}}
FILE: Final[dict[str, dict[str, Any]]] = {
    "failed_attempts": {"failed_attempts": 1},
    "failed_clerkship": {"failed_clerkship": True},
    "leave_of_absence": {"leave_of_absence": True},
    "specialty_switch": {"specialty_switch": True},
    "boards_pending": {"boards_pending": True},
    "needs_visa": {"needs_visa": True},
    "professionalism_issue": {"professionalism_issue": True},
    "chronic_poor_performance": {"chronic_poor_performance": True},
}
PROGRAM: Final[dict[str, dict[str, Any]]] = {
    "interviews_failures": {"interviews_failures": True},
    "no_failures": {"interviews_failures": False},
    "sponsors_visas": {"sponsors_visas": True},
    "no_visas": {"sponsors_visas": False},
    "prelim_seat": {"has_noncategorical_seat": True},
    "no_prelim_seat": {"has_noncategorical_seat": False},
    "needs_what_i_bring": {"needs": frozenset({"local"})},
    "lists_done": {"lists_open": False},
    "knows_me": {"prior_contact": True, "name_familiar": True},
    "has_my_file": {"file_in_system": True},
}
#: Where a score stands against the program's range; the numbers only have to stand in that order.
STANDING: Final[dict[str, dict[str, Any]]] = {
    "in_range": {"score": 240, "range_low": 235, "range_floor": 220},
    "below": {"score": 230, "range_low": 235, "range_floor": 220},
    "far_below": {"score": 210, "range_low": 235, "range_floor": 220},
}
#: What nobody can know unless they have been told: open until a box says otherwise.
OPEN: Final = (
    "interviews_failures",
    "sponsors_visas",
    "has_noncategorical_seat",
    "needs",
    "lists_open",
    "track_record",
    "name_familiar",
    "file_in_system",
    "hears_first",
    "names_you",
    "outruns_hr",
    "deep_ties",
)
CONTRADICTIONS: Final = (
    ("interviews_failures", "no_failures"),
    ("sponsors_visas", "no_visas"),
    ("prelim_seat", "no_prelim_seat"),
)


class QuickCheck(Form):
    """The questions, and what follows from the answers.

    Args:
        row: Its row in data/activities.csv.
        clock: Returns the present moment.
    """

    def __init__(self, row: ActivityRow, clock: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> None:
        self.clock = clock
        topics = [topic.topic for topic in load_not_covered()]
        super().__init__(
            row,
            {
                "day": choice_field("day", (NOW, *DAYS), text("quick.day"), NOW),
                "contacted": choice_field("contacted", ("yes", "no", UNKNOWN), text("quick.contacted"), UNKNOWN),
                "caller": choice_field("caller", (*RECOMMENDERS, UNKNOWN), text("quick.caller"), UNKNOWN),
                "inside": choice_field("inside", ("yes", "no"), text("quick.inside"), "no"),
                "message": choices_field("message", (*MESSAGE, UNKNOWN), text("quick.message"), (UNKNOWN,)),
                "standing": choice_field("standing", (*STANDING, UNKNOWN), text("quick.standing"), UNKNOWN),
                "file": choices_field("file", (*FILE, UNKNOWN), text("quick.file")),
                "program": FormField((), _read_program, text("quick.program")),
                "topics": choices_field("topics", topics, text("quick.topics")),
                "name": FormField("", _read_line("name"), text("quick.name")),
                "program_name": FormField("", _read_line("program_name"), text("quick.program_name")),
            },
        )

    # ---- what follows from the answers ----

    def moment(self, state: Record) -> datetime:
        """Return the moment that is asked about, on an Eastern clock: now, or a day of the nearest Match Week ahead."""
        now = eastern(self.clock())
        if state["day"] == NOW:
            return now
        year = (
            now.year if now < datetime.combine(match_week(now.year), datetime.min.time()) + timedelta(days=7) else now.year + 1
        )
        return datetime.combine(match_week(year), datetime.min.time()) + DAYS[state["day"]]

    def known_and_unknown(self, state: Record) -> tuple[Case, list[str]]:
        """Return the case that the answers describe, and the fields that they leave open."""
        # Whatever the student brings, it may be what the program needs: that stays open until a box says so.
        known: dict[str, Any] = {"offers": frozenset({"local"})}
        unknown = set(OPEN)
        boxes = {**MESSAGE, **FILE, **PROGRAM}
        for name in (*state["message"], *state["file"], *state["program"]):
            known |= boxes.get(name, {})
            unknown -= set(boxes.get(name, {}))
        if state["standing"] == UNKNOWN:
            unknown |= {"range_low", "range_floor"}
        else:
            known |= STANDING[state["standing"]]
        if UNKNOWN in state["message"]:
            unknown |= {"specifics", "addresses_flag"} - set(known)
        if UNKNOWN in state["file"]:
            unknown |= {"boards_pending", "professionalism_issue", "chronic_poor_performance"} - set(known)
        if state["contacted"] == UNKNOWN:
            unknown.add("program_contacted_first")
        known["program_contacted_first"] = state["contacted"] == "yes"
        if state["caller"] == UNKNOWN:
            unknown.add("recommender")
        else:
            known["recommender"] = state["caller"]
        if state["caller"] != "self":
            known["move"] = "internal_push" if state["inside"] == "yes" else "targeted_call"
        return Case().replace(**known), sorted(unknown)

    def advice(self, state: Record) -> Advice:
        """Return the advice for some answers."""
        known, unknown = self.known_and_unknown(state)
        return advise(known, unknown, self.moment(state), state["topics"])

    def head(self, state: Record) -> SheetHead:
        """Return what the student wrote for the head of the sheet."""
        return SheetHead(state["name"], state["program_name"])

    # ---- the page ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the answer: the rule first, then the article's view, the steps and the questions."""
        advice = self.advice(state)
        rule = advice.rules[0]
        return {
            "moment": text("quick.moment", when=moment_text(advice.now)),
            "answer": sheet_sections(advice),
            "strip": text("quick.strip", rule=rule.label, verdict=_between(advice)),
            "live_text": text("quick.live_text", rule=rule.label, verdict=_between(advice)),
        }

    def visible_outcome(self, state: Record) -> tuple[str, str]:
        """Return the verdict, if only one is possible, and the rule's answer."""
        advice = self.advice(state)
        verdict = advice.judgment.lowest.name.lower() if len(advice.judgment.verdicts) == 1 else ""
        return verdict, advice.rules[0].answer

    def page(self) -> str:
        """Return the whole page."""
        state, fragments = self.state, self.fragments(self.state)
        return activity_page(
            self.key,
            slot("moment", fragments["moment"], "p", class_="bw-voice"),
            select("day", self.label("day"), _options("day", (NOW, *DAYS)), state["day"]),
            radios(
                "contacted",
                self.label("contacted"),
                _options("contacted", ("yes", "no", UNKNOWN)),
                state["contacted"],
                row=True,
            ),
            select("caller", self.label("caller"), self._callers(), state["caller"]),
            radios("inside", self.label("inside"), _options("inside", ("yes", "no")), state["inside"], row=True),
            checks("message", self.label("message"), _options("message", (*MESSAGE, UNKNOWN)), state["message"]),
            radios("standing", self.label("standing"), _options("standing", (*STANDING, UNKNOWN)), state["standing"]),
            checks("file", self.label("file"), _options("file", (*FILE, UNKNOWN)), state["file"]),
            checks(
                "program",
                self.label("program"),
                _options("program", PROGRAM),
                state["program"],
                help_text=text("quick.program_help"),
            ),
            checks(
                "topics",
                self.label("topics"),
                [(row.topic, text(f"not_covered.{row.topic}.name")) for row in load_not_covered()],
                state["topics"],
            ),
            tag("h3", text("quick.answer")),
            slot("answer", fragments["answer"]),
            tag("h3", text("quick.take_away")),
            text_box("name", self.label("name"), state["name"]),
            text_box("program_name", self.label("program_name"), state["program_name"]),
            toolbar(
                button(text("quick.save_sheet"), "save_sheet"),
                button(text("quick.save_text"), "save_text"),
                button(text("panel.save"), "save"),
            ),
        )

    def _callers(self) -> list[tuple[str, str]]:
        callers = [(caller, text(f"level.recommender.{caller}")) for caller in RECOMMENDERS]
        return [*callers, (UNKNOWN, text("quick.unknown"))]

    # ---- buttons ----

    def actions(self) -> dict[str, Action]:
        """Return what the buttons do."""
        return {"save_sheet": self._save_sheet, "save_text": self._save_text}

    def _save_sheet(self, _: Mapping[str, Any]) -> ActionResult:
        return saved_file("my_sheet.html", sheet_html(self.advice(self.state), self.head(self.state)))

    def _save_text(self, _: Mapping[str, Any]) -> ActionResult:
        return saved_file("my_sheet.txt", sheet_text(self.advice(self.state), self.head(self.state)))

    def transcript(self) -> str:
        """Return what each day and each caller lead to; the present moment is left out, since it never is the same."""
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
            lines.append(f"{text(f'level.recommender.{caller}')}: {_between(advice)}.")
        return "\n".join(lines)


def _between(advice: Advice) -> str:
    lowest, highest = advice.judgment.lowest, advice.judgment.highest
    return lowest.label if lowest == highest else text("take_home.between", lowest=lowest.label, highest=highest.label)


def _options(question: str, answers: Any) -> list[tuple[str, str]]:
    return [(answer, _label(question, answer)) for answer in answers]


def _label(question: str, answer: str) -> str:
    return text("quick.unknown") if answer == UNKNOWN else text(f"quick.{question}.{answer}")


def _read_program(value: object) -> tuple[str, ...]:
    read: tuple[str, ...] = choices_field("program", PROGRAM).read(value)
    for one, other in CONTRADICTIONS:
        if one in read and other in read:
            raise CaseError("program", "contradiction", text(f"quick.program.{one}"), other=text(f"quick.program.{other}"))
    return read


def _read_line(field: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        line = " ".join(str(value).split())
        if not isinstance(value, str) or len(line) > 80:
            raise CaseError(field, "too_long", value, high=80)
        return line

    return read
