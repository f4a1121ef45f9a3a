"""One clock through Match Week and on to July 1: the article's phases, the official clock and the rule above each other."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Form, Record, one_word, whole, yes_or_no
from backchannel_lib.activities.tables import PartRow, WeekContactRow, case_of, load_week_contacts, load_week_events
from backchannel_lib.base.texts import say
from backchannel_lib.model.calendar import match_week, phase_at
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check, soap_window
from backchannel_lib.model.tables import load_phases
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.charts import Figure, bands_over_time
from backchannel_lib.page.components import basis, fact_source, facts, paired, picture, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, radios, select, slider

YEARS: Final = tuple(str(year) for year in range(2024, 2036))
#: The days of the clock: as days after the Monday of Match Week, or as a date of the year.
DAYS: Final[dict[str, int | tuple[int, int]]] = {
    "sunday": -1,
    "monday": 0,
    "tuesday": 1,
    "wednesday": 2,
    "thursday": 3,
    "friday": 4,
    "saturday": 5,
    "april_15": (4, 15),
    "june_15": (6, 15),
    "june_30": (6, 30),
    "july_1": (7, 1),
}
#: The moments among which the reader looks for the first at which the rule lets anyone call.
GUESSES: Final = (("monday", 12), ("tuesday", 8), ("wednesday", 23), ("thursday", 21), ("friday", 12))
WEEK: Final = 6 * 24  # hours that the picture shows, from the Sunday's midnight on
OPEN_YEAR: Final = "2027"


class WeekClock(Form):
    """A moment, and what the article and the rule say of several contacts at it.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/phases.csv, data/week_events.csv, data/soap_rule.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.contacts = load_week_contacts()
        super().__init__(
            part,
            {
                "guess": one_word("guess", [f"{day}_{hour}" for day, hour in GUESSES], say("clock.ask")),
                "seen": yes_or_no("seen"),
                "year": one_word("year", YEARS, say("clock.year"), OPEN_YEAR),
                "day": one_word("day", DAYS, say("clock.day"), "monday"),
                "hour": whole("hour", 0, 23, 12, say("clock.hour")),
                "lists_open": yes_or_no("lists_open", say("field.lists_open.label"), default=True),
                "friday_after": yes_or_no("friday_after", say("clock.friday_after")),
            },
        )

    # ---- the moment ----

    @staticmethod
    def _date(state: Record) -> date:
        day = DAYS[state["day"] or "monday"]
        year = int(state["year"] or OPEN_YEAR)
        return date(year, *day) if isinstance(day, tuple) else match_week(year) + timedelta(days=day)

    def _when(self, state: Record) -> datetime:
        return datetime.combine(self._date(state), time(int(state["hour"])))

    @staticmethod
    def _reading(state: Record) -> str | None:
        return "friday_in_phase_3" if state["friday_after"] else None

    def _case(self, contact: WeekContactRow, state: Record) -> Case:
        phase = phase_at(self._when(state), self._reading(state))
        return case_of(contact.sets).but(phase=phase, lists_open=bool(state["lists_open"]))

    def _earliest(self, state: Record) -> str:
        """Find the first of the guessed moments at which the rule lets a call be started."""
        for day, hour in GUESSES:
            when = datetime.combine(self._date({**state, "day": day}), time(hour))
            if rules_check(Case(), when).answer == "allowed":
                return f"{day}_{hour}"
        return ""

    # ---- acts ----

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"see": self._see, "later": lambda _: self._step(1), "earlier": lambda _: self._step(-1), "jump": self._jump}

    def _see(self, _: object) -> dict[str, Any]:
        if not self.state["guess"]:
            return {"notice": say("guess.first")}
        self.go_with(seen=True)
        return {"focus": "beside"}

    def _step(self, by: int) -> dict[str, Any]:
        """Move on by one hour, over midnight too; the clock stops at its two ends."""
        days = list(DAYS)
        at = days.index(self.state["day"] or "monday") * 24 + int(self.state["hour"]) + by
        if 0 <= at < len(days) * 24:
            self.go_with(day=days[at // 24], hour=at % 24)
        return {}

    def _jump(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Go to a moment of the official clock."""
        for event in load_week_events():
            if event.event == message["value"]:
                self.go_with(day=list(DAYS)[event.day + 1], hour=int(event.starts[:2]))
        return {"focus": "now"}

    # ---- what is on screen ----

    def parts(self, state: Record) -> dict[str, str]:
        """Give, once a guess was made, the moment, what holds at it, and what each contact is worth."""
        if not state["seen"]:
            return {"beside": "", "now": "", "worth": "", "spoken": ""}
        now = self._now_part(state)
        return {"beside": self._beside(state), "now": now, "worth": self._worth(state), "spoken": self._moment(state)}

    def later_parts(self, state: Record) -> dict[str, str]:
        """Give the picture of the week."""
        if not state["seen"]:
            return {}
        return {
            "ground.week": _week(int(state["year"] or OPEN_YEAR), self._reading(state)),
            "name.week": say("clock.spoken", moment=self._moment(state)),
            "table.week": self._events(),
        }

    def marks(self, state: Record) -> dict[str, Any]:
        """Tell where the moment stands on the picture; what comes after the week stands at its edge."""
        if not state["seen"]:
            return {}
        first = datetime.combine(match_week(int(state["year"] or OPEN_YEAR)), time()) - timedelta(days=1)
        hours = (self._when(state) - first) / timedelta(hours=1)
        return {"week": (min(hours, WEEK + 18), say("clock.band.now"))}

    def marks_ahead(self, field: str) -> tuple[str, ...]:
        """Tell that day and hour move the mark alone."""
        return ("week",) if field in {"hour", "day"} else ()

    def about(self, state: Record) -> dict[str, Any]:
        """Tell which sections are in sight, and which controls mean something at this moment."""
        phase = phase_at(self._when(state), self._reading(state))
        here = {"lists_open": phase == "soap_lists", "friday_after": state["day"] == "friday"}
        shown = [field for field in self.fields() if here.get(field, True)]
        return {"open": ["seen"] if state["seen"] else ["ask"], "shown": shown}

    def _moment(self, state: Record) -> str:
        return say(
            "clock.moment",
            day=say(f"weekday.{self._date(state).weekday()}"),
            date=_date_words(self._date(state)),
            hour=_hour_words(int(state["hour"])),
        )

    def _beside(self, state: Record) -> Markup:
        right = self._earliest(state)
        names = dict(_guess_options())
        return join(
            paired((say("guess.yours"), names[state["guess"]]), (say("clock.rule_says"), names[right])),
            tag("p", say("clock.right" if state["guess"] == right else "clock.other"), class_="bw-kind"),
            basis("clock", (), (), ("soap_rule.ends_thursday", "soap_rule.free_after_soap", "soap_rule.no_first_contact")),
        )

    def _now_part(self, state: Record) -> Markup:
        when = self._when(state)
        phase = phase_at(when, self._reading(state))
        row = next(row for row in load_phases() if row.phase == phase)
        check = rules_check(case_of(self.contacts[0].sets), when)
        return join(
            tag("p", self._moment(state), class_="bw-moment"),
            paired(
                (say("clock.band.phases"), say(f"level.phase.{phase}")),
                (say("clock.band.official"), self._official(state)),
                (say("clock.band.rule"), check.words),
            ),
            tag("p", check.next_step, class_="bw-next"),
            basis("clock-phase", row.claims, (row.ours,) if row.ours else ()),
        )

    def _official(self, state: Record) -> str:
        """Name what the official clock shows: an event under way, or the last one passed."""
        monday = datetime.combine(match_week(int(state["year"] or OPEN_YEAR)), time())
        when, told = self._when(state), say("clock.before")
        if when >= monday + timedelta(days=5):
            return say("clock.after")
        for event in load_week_events():
            day = monday + timedelta(days=event.day)
            start = datetime.combine(day.date(), time.fromisoformat(event.starts))
            if start <= when:
                over = event.ends and datetime.combine(day.date(), time.fromisoformat(event.ends)) <= when
                told = say("clock.over", event=say(f"event.{event.event}")) if over else say(f"event.{event.event}")
        return told

    def _worth(self, state: Record) -> Markup:
        rows = []
        for contact in self.contacts:
            case = self._case(contact, state)
            verdict = judge(case, self._reading(state)).verdict
            check = rules_check(case, self._when(state))
            # Whether to answer a program that has written is no question, so no verdict may put anyone off it.
            told = say("clock.just_answer") if case.recommender == "self" else verdict.words
            rows.append((say(f"contact.{contact.contact}"), told, check.words))
        claims = dict.fromkeys(claim for contact in self.contacts for claim in contact.claims)
        head = (say("clock.contact"), say("card.title"), say("rules.title"))
        return join(table(say("clock.worth"), head, rows), basis("worth", claims))

    @staticmethod
    def _events() -> Markup:
        rows = [
            (
                say(f"event.{event.event}"),
                join(
                    say(f"weekday.{event.day}"), " ", event.starts, f"–{event.ends}" if event.ends else "", " ", say("clock.et")
                ),
            )
            for event in load_week_events()
        ]
        sources = dict.fromkeys(fact_source(facts()[event.fact]) for event in load_week_events())
        return join(
            table(say("clock.band.official"), (say("table.what"), say("clock.when")), rows),
            tag("details", tag("summary", say("rules.source")), list(sources), class_="bw-basis", data_keep="clock-sources"),
        )

    def page(self) -> str:
        """Give the whole page."""
        state = self.state
        parts, now = self.parts(state), self.about(state)["open"]
        days = [(day, say(f"clock.day.{day}")) for day in DAYS]
        return frame(
            self.part,
            opening(
                "ask",
                now,
                radios("guess", say("clock.ask"), _guess_options(), state["guess"]),
                tag("div", button(say("clock.see"), "see"), class_="bw-toolbar"),
            ),
            opening("seen", now, place("beside", parts["beside"], class_="bw-beside")),
            opening(
                "seen",
                now,
                tag(
                    "div",
                    tag(
                        "div",
                        select("day", say("clock.day"), days, state["day"]),
                        slider("hour", say("clock.hour"), (0, 23), int(state["hour"]), help_text=say("clock.hour_help")),
                        tag(
                            "div",
                            button(say("clock.earlier"), "earlier"),
                            button(say("clock.later"), "later"),
                            class_="bw-toolbar",
                        ),
                        checkbox("lists_open", say("field.lists_open.label"), bool(state["lists_open"])),
                        checkbox("friday_after", say("clock.friday_after"), bool(state["friday_after"])),
                        select("year", say("clock.year"), [(year, year) for year in YEARS], state["year"]),
                        class_="bw-controls",
                    ),
                    tag(
                        "div",
                        tag("section", place("now", parts["now"]), class_="bw-card"),
                        tag("section", tag("h3", say("clock.worth")), place("worth", parts["worth"], class_="bw-numbers")),
                        class_="bw-answer",
                    ),
                    class_="bw-columns",
                ),
                picture("week", say("clock.title"), say("clock.caption"), say("clock.title"), ""),
            ),
        )

    @property
    def text(self) -> str:
        """The title, and what is asked or what holds at the moment."""
        title = say(f"part.{self.part.part}.title")
        if not self.state["seen"]:
            return f"{title}\n{say('clock.ask')}\n" + "\n".join(f"- {words}" for _, words in _guess_options())
        return f"{title}\n{self._line(self.state)}"

    def _line(self, state: Record) -> str:
        """Tell a moment and what each contact is worth at it, in one line."""
        worth = []
        for contact in self.contacts:
            case = self._case(contact, state)
            answer = rules_check(case, self._when(state)).words
            verdict = judge(case, self._reading(state)).verdict.words
            verdict = say("clock.just_answer") if case.recommender == "self" else verdict
            worth.append(f"{say(f'contact.{contact.contact}')}: {verdict} ({answer})")
        phase = say(f"level.phase.{phase_at(self._when(state), self._reading(state))}")
        return f"{self._moment(state)} | {phase} | {self._official(state)} | " + " | ".join(worth)

    def tour(self) -> str:
        """Go through every day of the clock at the hours where something changes, and tell what holds; then go back."""
        start = self.state
        self.put(guess=f"{GUESSES[0][0]}_{GUESSES[0][1]}")
        self._see({})
        lines = []
        for day in DAYS:
            hours = {12, *(int(event.starts[:2]) for event in load_week_events() if list(DAYS)[event.day + 1] == day)}
            for hour in sorted(hours):
                self.put(day=day, hour=hour)
                lines.append(self._line(self.state))
        self.put(day="friday", hour=12, friday_after=True)
        lines.append(f"{say('clock.friday_after')}: {self._line(self.state)}")
        self.put(day="tuesday", friday_after=False, lists_open=False, year="2026")
        lines.append(f"{say('field.lists_open.label')}, {say('scene.off')}: {self._line(self.state)}")
        self.go(start)
        return "\n".join(lines)


def _guess_options() -> list[tuple[str, str]]:
    return [(f"{day}_{hour}", say("clock.guess", day=say(f"clock.day.{day}"), hour=_hour_words(hour))) for day, hour in GUESSES]


def _hour_words(hour: int) -> str:
    if hour in {0, 12}:
        return say("clock.noon" if hour else "clock.midnight")
    return say("clock.am" if hour < 12 else "clock.pm", hour=hour % 12 or 12)


def _date_words(day: date) -> str:
    return say("clock.date", month=say(f"month.{day.month}"), day=day.day, year=day.year)


@functools.lru_cache(maxsize=32)
def _week(year: int, reading: str | None) -> str:
    """Draw the three bands of a year's Match Week, without the mark."""
    first = datetime.combine(match_week(year), time()) - timedelta(days=1)
    start, end = ((moment - first) / timedelta(hours=1) for moment in soap_window(year))
    moments = [first + timedelta(hours=hour) for hour in range(WEEK + 24)]
    phases: list[tuple[str, float, float]] = []
    for hour, moment in enumerate(moments):
        phase = phase_at(moment, reading)
        if not phases or phases[-1][0] != phase:
            phases.append((phase, hour, hour))
        phases[-1] = (phase, phases[-1][1], hour + 1)
    official = []
    for event in load_week_events():
        begin = 24 * (event.day + 1) + int(event.starts[:2])
        until = 24 * (event.day + 1) + int(event.ends[:2]) if event.ends else begin + 0.6
        official.append((say(f"event_short.{event.event}"), begin, until))
    not_allowed, allowed = say("soap.answer.not_allowed"), say("soap.answer.allowed")
    rule = [(allowed, 0.0, start), (not_allowed, start, end), (allowed, end, float(WEEK + 24))]
    figure: Figure = bands_over_time(
        {
            say("clock.band.phases"): [(say(f"phase_short.{phase}"), low, high) for phase, low, high in phases],
            say("clock.band.official"): official,
            say("clock.band.rule"): rule,
        },
        say("clock.band.now"),
        [(24.0 * day + 12, say(f"weekday_short.{(day - 1) % 7}")) for day in range(7)],
        WEEK + 24,
    )
    return json.dumps(figure)
