"""Move a clock through Match Week and on to July 1, with the article's phases, the official schedule and the rule."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record, boolean_field, choice_field, integer_field
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow, WeekContactRow, case_of, load_week_contacts
from backchannel_lib.base.texts import text
from backchannel_lib.base.times import date_words, hours_words, time_words
from backchannel_lib.model.calendar import eastern, match_week, phase_at, week_start
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import next_change, rules_check, soap_window
from backchannel_lib.model.tables import WeekEventRow, load_phases, load_week_events
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.charts import Figure, bands_over_time
from backchannel_lib.page.components import chart_panel, citations, description_list, facts_by_source, table, to_check
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, radios, select, toolbar
from backchannel_lib.page.pictures import week_picture
from backchannel_lib.page.rule_html import rule_answer
from backchannel_lib.page.sheet import moment_text

YEARS: Final = tuple(str(year) for year in range(2024, 2036))
#: The clock's days: as days after the Monday of Match Week, or as dates.
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
#: The moments to choose from when readers guess at which one a first call is allowed and still helps.
GUESSES: Final = (("monday", 12), ("tuesday", 8), ("wednesday", 23), ("thursday", 21), ("friday", 12))
NEVER: Final = "never"  # the guess that there is none
#: Ids of facts about the days themselves, in addition to the facts in data/week_events.csv.
DAY_FACTS: Final = (
    "calendar.monday_list",
    "calendar.match_day_rule",
    *(f"calendar.match_day_{year}" for year in range(2024, 2028)),
    "calendar.thursday_before_2012",
    "soap_rule.list_until_may",
)
WEEK: Final = 6 * 24  # hours in the picture, starting at midnight before Sunday
HOUR: Final = timedelta(hours=1)
OPEN_YEAR: Final = "2027"


class WeekClock(GuessForm):
    """A moment, and what the article and the rule say about several contacts at that time.

    Args:
        row: The activity's row.
        clock: Returns the current time with its time zone; replaced in tests.

    Source:
        data/phases.csv, data/week_events.csv, data/soap_rule.csv.
    """

    focus = "beside"

    def __init__(self, row: ActivityRow, clock: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> None:
        self.clock = clock
        self.contacts = load_week_contacts()
        super().__init__(
            row,
            {
                "guess": choice_field("guess", [name for name, _ in _guess_options()], text("clock.ask")),
                "year": choice_field("year", YEARS, text("clock.year"), OPEN_YEAR),
                "day": choice_field("day", DAYS, text("clock.day"), "monday"),
                "hour": integer_field("hour", 0, 23, 12, text("clock.hour")),
                "lists_open": boolean_field("lists_open", text("field.lists_open.label"), default=True),
                "friday_after": boolean_field("friday_after", text("clock.friday_after")),
            },
        )

    # ---- the moment ----

    @staticmethod
    def _date(state: Record) -> date:
        day = DAYS[state["day"]]
        year = int(state["year"])
        return date(year, *day) if isinstance(day, tuple) else match_week(year) + timedelta(days=day)

    def _when(self, state: Record) -> datetime:
        return datetime.combine(self._date(state), time(state["hour"]))

    @staticmethod
    def _reading(state: Record) -> str | None:
        return "friday_in_phase_3" if state["friday_after"] else None

    def _case(self, contact: WeekContactRow, state: Record) -> Case:
        phase = phase_at(self._when(state), self._reading(state))
        return case_of(contact.overrides).replace(phase=phase, lists_open=state["lists_open"])

    def _both(self, state: Record) -> str:
        """Return the first of the guessed moments at which the rule allows a first call and the article expects it to help."""
        for day, hour in GUESSES:
            then = {**state, "day": day, "hour": hour}
            case = self._case(self.contacts[0], then)
            if rules_check(case, self._when(then)).answer == "allowed" and judge(case).verdict >= Verdict.FILE_READ:
                return f"{day}_{hour}"
        return NEVER

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {**super().actions(), "later": lambda _: self._step(1), "earlier": lambda _: self._step(-1)}

    def missing(self, state: Record, _step: str = "") -> str:
        """Return the request to guess first, or an empty string."""
        return "" if state["guess"] else text("guess.first")

    def with_value(self, field: str, value: object) -> Record:
        """Return the state after one control moves; without a guess there is no answer."""
        return self.believed(super().with_value(field, value))

    def _step(self, by: int) -> ActionResult:
        """Move by one hour, across midnight if necessary; the clock stops at both ends."""
        days = list(DAYS)
        at = days.index(self.state["day"]) * 24 + self.state["hour"] + by
        if 0 <= at < len(days) * 24:
            self.commit_values(day=days[at // 24], hour=at % 24)
        return {}

    # ---- what is on the page ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return, once the reader has guessed, the moment, what applies then, and the value of each contact."""
        if not self.is_seen(state):
            return {"beside": "", "now": "", "worth": "", "live_text": ""}
        now = self._now_part(state)
        return {"beside": self._beside(state), "now": now, "worth": self._worth(state), "live_text": self._moment(state)}

    def deferred_fragments(self, state: Record) -> dict[str, str]:
        """Return the picture of the week."""
        today: dict[str, str] = {"today": self._today()}
        if not self.is_seen(state):
            return today
        return {
            **today,
            "base_figure.week": _week(int(state["year"]), self._reading(state)),
            "alt_text.week": text("clock.spoken", moment=self._moment(state)),
            "table.week": self._events(),
        }

    def markers(self, state: Record) -> dict[str, Any]:
        """Return the moment's position in the picture; anything after the week is at its edge."""
        if not self.is_seen(state):
            return {}
        hours = (self._when(state) - _sunday(int(state["year"]))) / HOUR
        return {"week": (min(hours, WEEK + 18), text("clock.mark"))}

    def marker_only_fields(self, field: str) -> tuple[str, ...]:
        """Return the chart on which day and hour only move the marker."""
        return ("week",) if field in {"hour", "day"} else ()

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        return super().sections(state) or ["ask"]

    def ui_state(self, state: Record) -> dict[str, Any]:
        """Return which sections are visible, and which controls matter at this moment."""
        phase = phase_at(self._when(state), self._reading(state))
        here = {"lists_open": phase == "soap_lists", "friday_after": state["day"] == "friday"}
        shown = [field for field in self.fields() if here.get(field, True)]
        return {**super().ui_state(state), "shown": shown}

    def _moment(self, state: Record) -> str:
        return text(
            "clock.moment",
            day=text(f"weekday.{self._date(state).weekday()}"),
            date=date_words(self._date(state)),
            hour=_hour_words(state["hour"]),
        )

    def _today(self) -> Markup:
        """Return what the rule says now and until when, then the time and its phase; readers see this without guessing."""
        now = eastern(self.clock())
        phase, check = text(f"level.phase.{phase_at(now)}"), rules_check(Case(), now)
        return rule_answer(
            check,
            until=moment_text(next_change(now)),
            next_for=(),  # it's about today, and below it a reader can look at any other moment
            reason=text("clock.today_rule"),
            more=[week_picture(now), tag("p", text("clock.today", when=moment_text(now), phase=phase))],
        )

    def _beside(self, state: Record) -> Markup:
        right = self._both(state)
        names = dict(_guess_options())
        return join(
            description_list((text("guess.yours"), names[state["guess"]]), (text("clock.answer"), names[right])),
            tag("p", text("clock.right" if state["guess"] == right else "clock.other"), class_="bw-kind"),
            tag("p", text("clock.why")),
            citations(
                "clock",
                self.contacts[0].claims,
                (),
                ("soap_rule.ends_thursday", "soap_rule.free_after_soap", "soap_rule.no_first_contact"),
            ),
        )

    def _now_part(self, state: Record) -> Markup:
        when = self._when(state)
        phase = phase_at(when, self._reading(state))
        row = next(row for row in load_phases() if row.phase == phase)
        check = rules_check(case_of(self.contacts[0].overrides), when)
        return join(
            tag("p", self._moment(state), class_="bw-moment"),
            week_picture(when, mark="clock.mark"),
            description_list(
                (text("clock.band.phases"), text(f"level.phase.{phase}")),
                (text("clock.band.official"), self._official(state)),
                (text("clock.band.rule"), check.label),
            ),
            tag("p", text("take_home.until", when=moment_text(next_change(when)))),
            tag("p", check.next_step, class_="bw-next"),
            citations("clock-phase", row.claims, (row.assumption,), check.facts),
        )

    def _official(self, state: Record) -> str:
        """Return the event that is under way in the official schedule, or the last one before."""
        when = self._when(state)
        since_monday = when - week_start(int(state["year"]))
        begun = [event for event in load_week_events() if event.after_monday <= since_monday]
        if not begun or since_monday >= timedelta(days=5):
            return text("clock.after" if begun else "clock.before")
        event, name = begun[-1], text(f"event.{begun[-1].event}")
        is_over = event.ends and (since_monday.days, when.time()) >= (event.day, time.fromisoformat(event.ends))
        return text("clock.over", event=name) if is_over else name

    def _rows(self, state: Record) -> Iterator[tuple[str, str, str]]:
        """Yield each contact with its value at the moment and what the rule says about it."""
        for contact in self.contacts:
            case = self._case(contact, state)
            # Students should always answer a program that has written to them, so no verdict may discourage it.
            own = case.recommender == "self"
            verdict = text("clock.just_answer") if own else judge(case, self._reading(state)).verdict.label
            yield text(f"contact.{contact.contact}"), verdict, rules_check(case, self._when(state)).label

    def _worth(self, state: Record) -> Markup:
        claims = dict.fromkeys(claim for contact in self.contacts for claim in contact.claims)
        head = (text("clock.contact"), text("card.title"), text("rules.title"))
        return join(table(text("clock.worth"), head, list(self._rows(state))), citations("worth", claims))

    @staticmethod
    def _events() -> Markup:
        rows = [
            (text(f"event.{event.event}"), join(text(f"weekday.{event.day}"), ", ", _event_hours(event), " ", text("clock.et")))
            for event in load_week_events()
        ]
        return join(
            table(text("clock.band.official"), (text("table.what"), text("clock.when")), rows),
            facts_by_source("clock-sources", text("rules.source"), [*(event.fact for event in load_week_events()), *DAY_FACTS]),
        )

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts, now = self.fragments(state), self.sections(state)
        days = [(day, text(f"clock.day.{day}")) for day in DAYS]
        return activity_page(
            self.key,
            self.on_paper(self._on_paper()),
            tag("section", tag("h3", text("clock.today_title")), slot("today", self._today()), class_="bw-rule bw-screen"),
            show_if(
                "ask",
                now,
                radios("guess", text("clock.ask"), _guess_options(), state["guess"]),
                toolbar(button(text("clock.see"), "see")),
            ),
            show_if("seen", now, slot("beside", parts["beside"], class_="bw-beside")),
            show_if(
                "seen",
                now,
                tag(
                    "div",
                    tag(
                        "div",
                        select("day", text("clock.day"), days, state["day"]),
                        select("hour", text("clock.hour"), [(hour, _hour_words(hour)) for hour in range(24)], state["hour"]),
                        toolbar(button(text("clock.earlier"), "earlier"), button(text("clock.later"), "later")),
                        checkbox("lists_open", text("field.lists_open.label"), state["lists_open"]),
                        checkbox("friday_after", text("clock.friday_after"), state["friday_after"]),
                        select("year", text("clock.year"), [(year, year) for year in YEARS], state["year"]),
                        class_="bw-controls",
                    ),
                    tag(
                        "div",
                        tag("section", slot("now", parts["now"]), class_="bw-card"),
                        tag("section", tag("h3", text("clock.worth")), slot("worth", parts["worth"], class_="bw-numbers")),
                        class_="bw-answer",
                    ),
                    class_="bw-columns",
                ),
                chart_panel("week", text("clock.title"), text("clock.caption"), text("clock.title"), ""),
            ),
        )

    @staticmethod
    def _on_paper() -> Markup:
        """Return the week without today's mark and answer, which would be wrong by the time someone reads it."""
        picture, choices = week_picture(week_start(int(OPEN_YEAR)), mark=None), [words for _, words in _guess_options()]
        return join(picture, tag("p", tag("b", text("clock.ask"))), to_check(choices, several=False))

    @property
    def text(self) -> str:
        """The title, and the question or what applies at the moment."""
        title = self.title
        if not self.is_seen(self.state):
            return f"{title}\n{text('clock.ask')}\n" + "\n".join(f"- {words}" for _, words in _guess_options())
        return f"{title}\n{self._line(self.state)}"

    def _line(self, state: Record) -> str:
        """Return a moment and the value of each contact in one line."""
        worth = [f"{contact}: {verdict} ({answer})" for contact, verdict, answer in self._rows(state)]
        phase = text(f"level.phase.{phase_at(self._when(state), self._reading(state))}")
        return f"{self._moment(state)} | {phase} | {self._official(state)} | " + " | ".join(worth)

    def transcript_lines(self) -> Iterator[str]:
        """Go through every day of the clock at the hours when something changes, and yield what applies."""
        self.update(guess=f"{GUESSES[0][0]}_{GUESSES[0][1]}")
        self.see()
        for day in DAYS:
            hours = {12, *(int(event.starts[:2]) for event in load_week_events() if event.day == DAYS[day])}
            for hour in sorted(hours):
                self.update(day=day, hour=hour)
                yield self._line(self.state)
        self.update(day="friday", hour=12, friday_after=True)
        yield f"{text('clock.friday_after')}: {self._line(self.state)}"
        self.update(day="tuesday", friday_after=False, lists_open=False, year="2026")
        yield f"{text('field.lists_open.label')}, {text('scene.off')}: {self._line(self.state)}"


def _guess_options() -> list[tuple[str, str]]:
    moments = [
        (f"{day}_{hour}", text("clock.guess", day=text(f"clock.day.{day}"), hour=_hour_words(hour))) for day, hour in GUESSES
    ]
    return [*moments, (NEVER, text("clock.never"))]


def _sunday(year: int) -> datetime:
    """Return midnight before the Sunday before Match Week, where the picture starts."""
    return week_start(year) - timedelta(days=1)


def _event_hours(event: WeekEventRow) -> str:
    starts = time.fromisoformat(event.starts)
    return hours_words(starts, time.fromisoformat(event.ends)) if event.ends else time_words(starts)


def _hour_words(hour: int) -> str:
    if hour in {0, 12}:
        return text("clock.noon" if hour else "clock.midnight")
    return text("clock.am" if hour < 12 else "clock.pm", hour=hour % 12 or 12)


@functools.lru_cache(maxsize=32)
def _week(year: int, reading: str | None) -> str:
    """Draw the three bands of a year's Match Week, without the mark."""
    sunday = _sunday(year)
    start, end = ((moment - sunday) / HOUR for moment in soap_window(year))
    phases = []
    for phase, run in itertools.groupby(range(WEEK + 24), lambda hour: phase_at(sunday + hour * HOUR, reading)):
        hours = list(run)
        phases.append((text(f"phase_short.{phase}"), hours[0], hours[-1] + 1))
    official = []
    for event in load_week_events():
        begin = 24 + event.after_monday // HOUR
        until = 24 * (event.day + 1) + int(event.ends[:2]) if event.ends else begin + 0.6
        official.append((text(f"event_short.{event.event}"), begin, until))
    not_allowed, allowed = text("soap.answer.not_allowed"), text("soap.answer.allowed")
    rule = [(allowed, 0.0, start), (not_allowed, start, end), (allowed, end, float(WEEK + 24))]
    figure: Figure = bands_over_time(
        {
            text("clock.band.phases"): phases,
            text("clock.band.official"): official,
            text("clock.band.rule"): rule,
        },
        text("clock.mark"),
        [(24.0 * day + 12, text(f"weekday_short.{(day - 1) % 7}")) for day in range(7)],
        WEEK + 24,
    )
    return json.dumps(figure)
