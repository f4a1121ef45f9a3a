"""The places where the article can be read in two ways: one chooses a way, and then sees how much hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.critique.model import Disagreement, disagreements, tables_differ
from backchannel_lib.activities.form import Form, Record, one_word, yes_or_no
from backchannel_lib.activities.tables import PartRow, case_of, load_reading_cases
from backchannel_lib.base.texts import say
from backchannel_lib.model.calendar import match_week, phase_at
from backchannel_lib.model.case import Case
from backchannel_lib.model.readings import READINGS, readings_agree
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import load_assumptions, load_examples, load_rules
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.case_html import OURS_ON_THE_WHOLE
from backchannel_lib.page.components import basis, lines_of, paired, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios

YEAR: Final = 2027  # any year would do: the cases keep to the days of Match Week
HOUR: Final = 13
#: How many of the article's examples a way of reading may change, as one guesses it: words, the lowest, the highest.
GUESSES: Final = {"none": (0, 0), "one": (1, 1), "few": (2, 3), "many": (4, 99)}


class Disagreements(Form):
    """The places, one at a time.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/readings.csv, data/reading_cases.csv.
    """

    def __init__(self, part: PartRow) -> None:
        self.cases = {READINGS[row.reading].choice: row for row in load_reading_cases()}
        self.ours = {reading.choice: reading.name for reading in READINGS.values() if reading.default}
        self.places = tuple(self.cases)
        entries = {"at": one_word("at", self.places)}
        for choice in self.places:
            entries[f"{choice}_pick"] = one_word(f"{choice}_pick", (*self.ways(choice), "open"), say("disagree.ask"))
            entries[f"{choice}_guess"] = one_word(f"{choice}_guess", GUESSES, say("disagree.guess"))
            entries[f"{choice}_seen"] = yes_or_no(f"{choice}_seen")
        super().__init__(part, entries)

    def ways(self, choice: str) -> tuple[str, str]:
        """Give both readings of a place in an order that is nobody's: the alphabet's."""
        first, second = sorted((self.ours[choice], self.cases[choice].reading), key=lambda name: READINGS[name].words)
        return first, second

    def _at(self, state: Record) -> str:
        return state["at"] or self.places[0]

    @staticmethod
    def _may_see(choice: str, state: Record) -> bool:
        """Tell whether a place was seen; a kept record that says so without a choice and a guess is not believed."""
        return bool(state[f"{choice}_seen"] and state[f"{choice}_pick"] and state[f"{choice}_guess"])

    # ---- acts ----

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"see": self._see, "next": lambda _: self._turn(1), "back": lambda _: self._turn(-1)}

    def _see(self, _: object) -> dict[str, Any]:
        choice = self._at(self.state)
        if not (self.state[f"{choice}_pick"] and self.state[f"{choice}_guess"]):
            return {"notice": say("disagree.both_first")}
        self.go_with(**{f"{choice}_seen": True})
        return {"focus": f"told.{choice}"}

    def _turn(self, by: int) -> dict[str, Any]:
        to = self.places.index(self._at(self.state)) + by
        if not 0 <= to < len(self.places):
            return {}
        self.go_with(at=self.places[to])
        return {"focus": f"head.{self.places[to]}"}

    # ---- what is on screen ----

    def parts(self, state: Record) -> dict[str, str]:
        """Give what is told of each place once the reader has chosen and guessed."""
        told = {
            f"told.{choice}": self._answer_told(choice, state) if self._may_see(choice, state) else "" for choice in self.places
        }
        at = self._at(state)
        seen = sum(self._may_see(choice, state) for choice in self.places)
        return {
            **told,
            **{f"head.{choice}": self._head(choice) for choice in self.places},
            "seen": say("disagree.seen", seen=seen, total=len(self.places)),
            "spoken": self._spoken(at, state) if self._may_see(at, state) else "",
        }

    def later_parts(self, state: Record) -> dict[str, str]:
        """Give how many of some thousands of cases hang on a place, which takes a moment to count."""
        counted = [choice for choice in self.places if self._may_see(choice, state)]
        found = {entry.choice: entry for entry in disagreements()} if counted else {}
        return {f"counts.{choice}": self._counts(found[choice]) if choice in counted else "" for choice in self.places}

    def about(self, state: Record) -> dict[str, Any]:
        """Tell which place is in sight."""
        return {"open": self._open(state)}

    def _open(self, state: Record) -> list[str]:
        at = self._at(state)
        after = [f"counts.{at}"] if self._may_see(at, state) else []
        back = ["back"] if at != self.places[0] else []
        return [f"place.{at}", *after, *back, "next" if at != self.places[-1] else "last"]

    @staticmethod
    def _counts(entry: Disagreement) -> Markup:
        return join(tag("p", _over_many(entry)), basis(f"grid-{entry.choice}", (), (entry.ours,)))

    def _name(self, choice: str, pick: str) -> str:
        if pick == "open":
            return say("disagree.open")
        return say("disagree.first" if pick == self.ways(choice)[0] else "disagree.second")

    def changed(self, choice: str) -> list[str]:
        """List the article's own examples that come out otherwise if this place is read the other way."""
        other = self.cases[choice].reading
        return [row.example for row in load_examples() if other in readings_agree(Case.from_record(dict(row.sets))).changed]

    def outcome(self, choice: str) -> tuple[Verdict, Verdict, RulesCheck]:
        """Judge the example of a place under our reading and under the other, and ask the rule."""
        row = self.cases[choice]
        when = datetime.combine(match_week(YEAR) + timedelta(days=row.day), time(HOUR))
        case = case_of(row.sets)
        ours = case.but(phase=phase_at(when))
        other = case.but(phase=phase_at(when, row.reading))
        return judge(ours).verdict, judge(other, row.reading).verdict, rules_check(ours, when)

    def _spoken(self, choice: str, state: Record) -> str:
        return f"{self._alike(choice, state)} {self._examples(choice, state)}"

    def _alike(self, choice: str, state: Record) -> str:
        mine = state[f"{choice}_pick"]
        if mine == "open":
            return say("disagree.left_open")
        return say("disagree.alike" if mine == self.ours[choice] else "disagree.other")

    def _examples(self, choice: str, state: Record) -> str:
        changed, (low, high) = len(self.changed(choice)), GUESSES[state[f"{choice}_guess"]]
        verdict = "disagree.as_guessed" if low <= changed <= high else "disagree.fewer" if changed < low else "disagree.more"
        return f"{say('disagree.examples', changed=changed, total=len(load_examples()))} {say(verdict)}"

    def _answer_told(self, choice: str, state: Record) -> Markup:
        row, mine = self.cases[choice], state[f"{choice}_pick"]
        ours, other, check = self.outcome(choice)
        return join(
            paired(
                (say("disagree.yours"), self._name(choice, mine)), (say("disagree.ours"), self._name(choice, self.ours[choice]))
            ),
            tag("p", self._spoken(choice, state), class_="bw-kind"),
            self._changed(choice),
            tag("p", say(f"disagree_why.{choice}")),
            tag("h4", say("disagree.case")),
            tag("p", say(f"reading_case.{row.reading}")),
            paired(
                (self._name(choice, self.ours[choice]), tag("b", ours.words)),
                (self._name(choice, row.reading), tag("b", other.words)),
                (say("rules.title"), check.words),
            ),
            self._two_tables() if choice == "callers" else None,
            basis(f"place-{choice}", self._claims(choice), (row.ours,) if row.ours else (), row.facts),
        )

    def _changed(self, choice: str) -> Markup | None:
        changed = self.changed(choice)
        return tag("ul", [tag("li", say(f"example.{name}")) for name in changed], class_="bw-list") if changed else None

    def _claims(self, choice: str) -> Sequence[str]:
        return list(dict.fromkeys(claim for name in self.ways(choice) for claim in READINGS[name].claims))

    @staticmethod
    def _two_tables() -> Markup:
        rows = [
            (
                f"{pair.table_row}: {say(f'level.impact.{pair.impact}')}" if pair.table_row else say("order.not_there"),
                f"{pair.chart_row}: {pair.weight}" if pair.chart_row else say("order.not_there"),
                pair.words,
            )
            for pair in tables_differ()
        ]
        head = (say("table.impact"), say("table.weight"), say("disagree.how"))
        return tag(
            "details",
            tag("summary", say("disagree.row_by_row")),
            tag("div", table(say("disagree.row_by_row"), head, rows), class_="bw-numbers", tabindex="0", role="group",
                aria_label=say("disagree.row_by_row")),
            data_keep="two-tables",
        )  # fmt: skip

    def page(self) -> str:
        """Give the whole page."""
        parts, now = self.parts(self.state), self._open(self.state)
        return frame(
            self.part,
            [opening(f"place.{choice}", now, self._place(choice, parts, now), class_="bw-spaced") for choice in self.places],
            tag(
                "div",
                opening("next", now, button(say("disagree.next"), "next"), element="span"),
                opening("back", now, button(say("scene.back"), "back"), element="span"),
                opening("last", now, say("disagree.last"), element="span"),
                class_="bw-toolbar",
            ),
            place("seen", parts["seen"], "p", class_="bw-summary"),
            _filled_in(),
        )

    def _head(self, choice: str) -> Markup:
        number = say("scene.number", number=self.places.index(choice) + 1, total=len(self.places))
        return join(tag("span", number, class_="bw-count"), " ", say(f"choice.{choice}"))

    def _place(self, choice: str, parts: dict[str, str], now: Sequence[str]) -> Markup:
        first, second = self.ways(choice)
        picks = [(first, say("disagree.first")), (second, say("disagree.second")), ("open", say("disagree.open"))]
        guesses = [(guess, say(f"disagree.guess.{guess}")) for guess in GUESSES]
        return join(
            place(f"head.{choice}", parts[f"head.{choice}"], "h3"),
            tag(
                "div",
                [
                    tag(
                        "div",
                        tag("p", tag("b", self._name(choice, way), ":"), " ", READINGS[way].words),
                        [
                            tag("p", tag("b", say("card.article_lines", lines=lines_of(claim))), " ", say(f"claim.{claim}"))
                            for claim in READINGS[way].claims
                        ],
                        class_="bw-way",
                    )
                    for way in (first, second)
                ],
                class_="bw-ways",
            ),
            radios(f"{choice}_pick", say("disagree.ask"), picks, self.state[f"{choice}_pick"], row=True),
            radios(f"{choice}_guess", say("disagree.guess"), guesses, self.state[f"{choice}_guess"], row=True),
            tag("div", button(say("disagree.see"), "see"), class_="bw-toolbar"),
            place(f"told.{choice}", parts[f"told.{choice}"], class_="bw-told"),
            opening(f"counts.{choice}", now, tag("h4", say("disagree.counting")), place(f"counts.{choice}"), class_="bw-told"),
        )

    @property
    def text(self) -> str:
        """The title, and each place with both ways to read it."""
        lines = [say(f"part.{self.part.part}.title")]
        for number, choice in enumerate(self.places, start=1):
            lines.append(f"{number}. {say(f'choice.{choice}')}")
            lines += [f"   - {READINGS[way].words}" for way in self.ways(choice)]
        return "\n".join(lines)

    def tour(self) -> str:
        """Choose each way and make each guess at every place, and tell what is said; then go back."""
        start, lines = self.state, []
        found = {entry.choice: entry for entry in disagreements()}
        for choice in self.places:
            lines.append(say(f"choice.{choice}"))
            for pick in (*self.ways(choice), "open"):
                self.put(**{f"{choice}_pick": pick, f"{choice}_guess": "none"})
                self._see({})
                lines.append(f"   {self._name(choice, pick)}: {self._alike(choice, self.state)}")
            for guess in GUESSES:
                self.put(**{f"{choice}_guess": guess})
                lines.append(f"   {say(f'disagree.guess.{guess}')}: {self._examples(choice, self.state)}")
            ours, other, check = self.outcome(choice)
            case = say(f"reading_case.{self.cases[choice].reading}")
            lines.append(f"   {case} {ours.words} / {other.words}. {say('rules.title')}: {check.words}.")
            lines.append(f"   {_over_many(found[choice])}")
            self._turn(1)
        self.go(start)
        return "\n".join(lines)


def _over_many(entry: Disagreement) -> str:
    return say("disagree.cases", cases=entry.grid_changed, total=entry.grid)


def _filled_in() -> Markup:
    """List where we filled in what the article leaves open: first what a verdict rests on, then everything else."""
    rules = [*OURS_ON_THE_WHOLE, *dict.fromkeys(row.ours for row in load_rules() if row.ours)]
    rest = [row.assumption for row in load_assumptions() if row.assumption not in rules]
    return tag(
        "div",
        [
            tag(
                "details",
                tag("summary", say(title, count=len(names))),
                tag("p", say("disagree.filled_where"), class_="bw-small"),
                tag(
                    "ul",
                    [tag("li", say(f"assumption.{name}")) for name in names],
                    class_="bw-list",
                ),
                class_="bw-basis bw-ours",
                data_keep=title,
            )
            for title, names in (("disagree.filled_in", rules), ("disagree.filled_in_else", rest))
        ],
    )
