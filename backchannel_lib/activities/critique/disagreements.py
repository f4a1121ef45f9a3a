"""The places where the article can be read in two ways: readers choose a reading, then see how much depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.critique.model import examples_changed, grid_count
from backchannel_lib.activities.form import Record, choice_field
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.tables import ActivityRow, case_of, load_reading_cases
from backchannel_lib.base.texts import text
from backchannel_lib.model.calendar import match_week, phase_at
from backchannel_lib.model.readings import READINGS
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import load_assumptions, load_callers, load_examples, load_rules
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.components import (
    blank_table,
    bullets,
    citations,
    description_list,
    lines_of,
    scrollable,
    table,
    unfolding,
)
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios, toolbar
from backchannel_lib.page.verdict_html import VERDICT_ASSUMPTIONS

YEAR: Final = 2027  # any year works, because the cases only use days of Match Week
HOUR: Final = 13
#: Guesses about how many of the article's examples a reading changes, each with its lowest and highest number.
GUESSES: Final = {"none": (0, 0), "one": (1, 1), "few": (2, 3), "many": (4, 99)}


class Disagreements(GuessForm):
    """The article's ambiguous places, one at a time.

    Args:
        row: The activity's row.

    Source:
        data/readings.csv, data/reading_cases.csv.
    """

    def __init__(self, row: ActivityRow) -> None:
        self.cases = {READINGS[case.reading].choice: case for case in load_reading_cases()}
        self.ours = {reading.choice: reading.name for reading in READINGS.values() if reading.default}
        self.places = tuple(self.cases)
        entries = {"at": choice_field("at", self.places)}
        for choice in self.places:
            entries[f"{choice}_pick"] = choice_field(f"{choice}_pick", (*self.ways(choice), "open"), text("disagree.ask"))
            entries[f"{choice}_guess"] = choice_field(f"{choice}_guess", GUESSES, text("disagree.guess"))
        super().__init__(row, entries, self.places)

    def ways(self, choice: str) -> tuple[str, str]:
        """Return both readings of a place in alphabetical order, so that the order doesn't give ours away."""
        first, second = sorted((self.ours[choice], self.cases[choice].reading), key=lambda name: READINGS[name].sentence)
        return first, second

    def _at(self, state: Record) -> str:
        return state["at"] or self.places[0]

    def seen_field(self, step: str = "") -> str:
        """Return the name of the value that records whether a place was shown."""
        return f"{step}_seen"

    def is_seen(self, state: Record, step: str = "") -> bool:
        """Whether a place was shown; a saved record without a choice and a guess doesn't count."""
        return super().is_seen(state, step) and not self.missing(state, step)

    def missing(self, state: Record, step: str = "") -> str:
        """Return the request to choose and guess first."""
        return "" if state[f"{step}_pick"] and state[f"{step}_guess"] else text("disagree.both_first")

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        here = {"see": lambda _: self.see(self._at(self.state))}
        return {**here, "next": lambda _: self._turn(1), "back": lambda _: self._turn(-1)}

    def _turn(self, by: int) -> ActionResult:
        to = self.places.index(self._at(self.state)) + by
        if not 0 <= to < len(self.places):
            return {}
        self.commit_values(at=self.places[to])
        return {"focus": f"head.{self.places[to]}"}

    # ---- what is on the page ----

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the answer for each place once the reader has chosen and guessed."""
        answers = {
            f"told.{choice}": self._answer_html(choice, state) if self.is_seen(state, choice) else "" for choice in self.places
        }
        at = self._at(state)
        seen = sum(self.is_seen(state, choice) for choice in self.places)
        return {
            **answers,
            **{f"head.{choice}": self._head(choice) for choice in self.places},
            "seen": text("disagree.seen", seen=seen, total=len(self.places)),
            "live_text": self._live_text(at, state) if self.is_seen(state, at) else "",
        }

    def deferred_fragments(self, state: Record) -> dict[str, str]:
        """Return how many of several thousand cases depend on each place, deferred because counting takes a moment."""
        return {f"counts.{choice}": self._counts(choice) if self.is_seen(state, choice) else "" for choice in self.places}

    def sections(self, state: Record) -> list[str]:
        """Return which place is visible."""
        at = self._at(state)
        after = [f"counts.{at}"] if self.is_seen(state, at) else []
        back = ["back"] if at != self.places[0] else []
        return [f"place.{at}", *after, *back, "next" if at != self.places[-1] else "last"]

    def _counts(self, choice: str) -> Markup:
        return join(tag("p", self._over_many(choice)), citations(f"grid-{choice}", (), ("grid_is_ours",)))

    def _over_many(self, choice: str) -> str:
        return text("disagree.cases", cases=grid_count().changed[self.cases[choice].reading], total=grid_count().cases)

    def _name(self, choice: str, pick: str) -> str:
        if pick == "open":
            return text("disagree.open")
        return text("disagree.first" if pick == self.ways(choice)[0] else "disagree.second")

    def outcome(self, choice: str) -> tuple[Verdict, Verdict, RulesCheck]:
        """Judge a place's example under our reading and under the other one, and check the rule."""
        row = self.cases[choice]
        when = datetime.combine(match_week(YEAR) + timedelta(days=row.day), time(HOUR))
        case = case_of(row.overrides)
        ours = case.replace(phase=phase_at(when))
        other = case.replace(phase=phase_at(when, row.reading))
        return judge(ours).verdict, judge(other, row.reading).verdict, rules_check(ours, when)

    def _live_text(self, choice: str, state: Record) -> str:
        return f"{self._alike(choice, state)} {self._examples(choice, state)}"

    def _alike(self, choice: str, state: Record) -> str:
        mine = state[f"{choice}_pick"]
        if mine == "open":
            return text("disagree.left_open")
        return text("disagree.alike" if mine == self.ours[choice] else "disagree.other")

    def _examples(self, choice: str, state: Record) -> str:
        changed, (low, high) = len(examples_changed(self.cases[choice].reading)), GUESSES[state[f"{choice}_guess"]]
        verdict = "disagree.as_guessed" if low <= changed <= high else "disagree.fewer" if changed < low else "disagree.more"
        return f"{text('disagree.examples', changed=changed, total=len(load_examples()))} {text(verdict)}"

    def _answer_html(self, choice: str, state: Record) -> Markup:
        row, mine = self.cases[choice], state[f"{choice}_pick"]
        ours, other, check = self.outcome(choice)
        changed = examples_changed(row.reading)
        claims = dict.fromkeys(claim for name in self.ways(choice) for claim in READINGS[name].claims)
        return join(
            description_list(
                (text("disagree.yours"), self._name(choice, mine)),
                (text("disagree.ours"), self._name(choice, self.ours[choice])),
            ),
            tag("p", self._live_text(choice, state), class_="bw-kind"),
            bullets(text(f"example.{name}") for name in changed) if changed else None,
            tag("p", text(f"disagree_why.{choice}")),
            unfolding(
                f"case-{choice}",
                text("disagree.case"),
                tag("p", text(f"reading_case.{row.reading}")),
                description_list(
                    (self._name(choice, self.ours[choice]), tag("b", ours.label)),
                    (self._name(choice, row.reading), tag("b", other.label)),
                    (text("rules.title"), check.label),
                ),
            ),
            self._two_tables() if choice == "callers" else None,
            citations(f"place-{choice}", claims, (row.assumption,), row.facts),
        )

    @staticmethod
    def _two_tables() -> Markup:
        title = text("disagree.row_by_row")
        rows = [(row.in_table, row.in_chart, row.sentence) for row in load_callers()]
        head = (text("table.impact"), text("table.weight"), text("disagree.how"))
        return unfolding("two-tables", title, tag("div", table(title, head, rows), **scrollable(title)))

    def page(self) -> str:
        """Return the whole page."""
        parts, now = self.fragments(self.state), self.sections(self.state)
        return activity_page(
            self.key,
            self._on_paper(),
            [show_if(f"place.{choice}", now, self._place(choice, parts, now), class_="bw-spaced") for choice in self.places],
            toolbar(
                show_if("next", now, button(text("disagree.next"), "next"), element="span"),
                show_if("back", now, button(text("scene.back"), "back"), element="span"),
                show_if("last", now, text("disagree.last"), element="span"),
            ),
            slot("seen", parts["seen"], "p", class_="bw-summary"),
            _filled_in(),
        )

    def _on_paper(self) -> Markup:
        """Return every place with both readings, and blanks for the reader's choice and guess."""
        places = [
            join(
                tag("p", tag("b", text(f"choice.{choice}"))),
                [tag("p", self._name(choice, way), ": ", READINGS[way].sentence) for way in self.ways(choice)],
            )
            for choice in self.places
        ]
        return self.on_paper(
            tag("p", text("disagree.ask"), " ", text("disagree.guess")),
            blank_table(text("paper.place"), [text("paper.reading"), text("paper.examples")], places),
        )

    def _head(self, choice: str) -> Markup:
        number = text("scene.number", number=self.places.index(choice) + 1, total=len(self.places))
        return join(tag("span", number, class_="bw-count"), " ", text(f"choice.{choice}"))

    def _place(self, choice: str, parts: dict[str, str], now: Sequence[str]) -> Markup:
        ways = self.ways(choice)
        picks = [(pick, self._name(choice, pick)) for pick in (*ways, "open")]
        guesses = [(guess, text(f"disagree.guess.{guess}")) for guess in GUESSES]
        return join(
            slot(f"head.{choice}", parts[f"head.{choice}"], "h3"),
            tag(
                "div",
                [
                    tag(
                        "div",
                        tag("p", tag("b", self._name(choice, way), ":"), " ", READINGS[way].sentence),
                        _passages(choice, way),
                        class_="bw-way",
                    )
                    for way in ways
                ],
                class_="bw-ways",
            ),
            radios(f"{choice}_pick", text("disagree.ask"), picks, self.state[f"{choice}_pick"], row=True),
            radios(f"{choice}_guess", text("disagree.guess"), guesses, self.state[f"{choice}_guess"], row=True),
            toolbar(button(text("disagree.see"), "see")),
            slot(f"told.{choice}", parts[f"told.{choice}"], class_="bw-told"),
            show_if(
                f"counts.{choice}",
                now,
                unfolding(f"many-{choice}", text("disagree.counting"), slot(f"counts.{choice}")),
                class_="bw-told",
            ),
        )

    @property
    def text(self) -> str:
        """The title, and each place with both readings."""
        lines = [self.title]
        for number, choice in enumerate(self.places, start=1):
            lines.append(f"{number}. {text(f'choice.{choice}')}")
            lines += [f"   - {READINGS[way].sentence}" for way in self.ways(choice)]
        return "\n".join(lines)

    def transcript_lines(self) -> Iterator[str]:
        """Choose each reading and make each guess at every place, and yield the answers."""
        for choice in self.places:
            yield text(f"choice.{choice}")
            for pick in (*self.ways(choice), "open"):
                self.update(**{f"{choice}_pick": pick, f"{choice}_guess": "none"})
                self.see(choice)
                yield f"   {self._name(choice, pick)}: {self._alike(choice, self.state)}"
            for guess in GUESSES:
                self.update(**{f"{choice}_guess": guess})
                yield f"   {text(f'disagree.guess.{guess}')}: {self._examples(choice, self.state)}"
            ours, other, check = self.outcome(choice)
            case = text(f"reading_case.{self.cases[choice].reading}")
            yield f"   {case} {text('rules.title')}: {check.label}. {ours.label} / {other.label}."
            yield f"   {self._over_many(choice)}"
            self._turn(1)


def _passages(choice: str, way: str) -> Markup:
    """Return the passages of the article that support a reading, collapsed."""
    passages = [
        tag("p", tag("b", text("card.article_lines", lines=lines_of(claim))), " ", text(f"claim.{claim}"))
        for claim in READINGS[way].claims
    ]
    return unfolding(f"way-{choice}-{way}", text("disagree.passages"), passages)


def _filled_in() -> Markup:
    """Return the places where we filled gaps in the article: first those that verdicts depend on, then all others."""
    rules = [*VERDICT_ASSUMPTIONS, *dict.fromkeys(row.assumption for row in load_rules() if row.assumption)]
    rest = [row.assumption for row in load_assumptions() if row.assumption not in rules]
    return tag(
        "div",
        [
            unfolding(
                title,
                text(title, count=len(names)),
                tag("p", text("disagree.filled_where"), class_="bw-small"),
                bullets(text(f"assumption.{name}") for name in names),
                class_="bw-basis bw-ours",
            )
            for title, names in (("disagree.filled_in", rules), ("disagree.filled_in_else", rest))
        ],
    )
