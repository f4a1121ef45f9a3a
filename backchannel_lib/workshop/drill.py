"""The drill: twenty decisions against the clock, eight of them on a file seen before, and what changed the reader's mind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.desk import assumptions_behind, decision_of, weakest_of
from backchannel_lib.activities.form import Record, choice_field
from backchannel_lib.activities.messages import ActionResult, ClockRecord
from backchannel_lib.activities.persistent_form import PersistentForm
from backchannel_lib.activities.tables import (
    ActivityRow,
    DrillTurnRow,
    case_of,
    load_desk_decisions,
    load_drill_files,
    load_drill_turns,
)
from backchannel_lib.activities.timed_deck import TimedDeck, is_left
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.activity_page import activity_page, rule_box, show_if, slot, static_page
from backchannel_lib.page.components import citations, description_list, scrollable, table
from backchannel_lib.page.file_sheet import caller_of, file_brief, file_facts, file_sheet, is_known
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, radios, toolbar
from backchannel_lib.page.pictures import sheet_of_paper

WAYS: Final = ("up", "down", "not", "open")
STANDS: Final = ("yes", "no")


class Drill(PersistentForm, TimedDeck):
    """The incoming files and messages ("pings"), and the decisions on them.

    Args:
        row: Its row in data/activities.csv.

    Source:
        data/drill_turns.csv, data/drill_files.csv, paper.ninety-seconds; the sequence is our choice.
    """

    time_up = "drill.time_up"

    def __init__(self, row: ActivityRow) -> None:
        files = {row.file: case_of(row.overrides) for row in load_drill_files()}
        self.turns = {row.turn: row for row in load_drill_turns()}
        order = list(self.turns)
        self.first_turns = {row.file: row.turn for row in self.turns.values() if not row.is_ping}
        self.pings = [turn for turn, row in self.turns.items() if row.is_ping]
        files_with_pings = {self.turns[turn].file for turn in self.pings}
        self.quiet = [turn for file, turn in self.first_turns.items() if file not in files_with_pings]
        self.cases = {turn: case_of(row.overrides, files[row.file]) for turn, row in self.turns.items()}
        self.judgments = {turn: judge(case) for turn, case in self.cases.items()}
        self.decisions = [row.decision for row in load_desk_decisions()]
        self.seconds = self._left = int(assumption("drill_seconds"))
        self._paused = False  # whether a restored drill's clock still waits for the room
        self.neutral = assumption("neutral_intensity")
        decided = {f"decided.{turn}": choice_field(f"decided.{turn}", self.decisions) for turn in order}
        stands = {f"stands.{turn}": choice_field(f"stands.{turn}", STANDS, text("drill.stands")) for turn in self.pings}
        super().__init__(row, order, {**decided, **stands})

    # ---- decisions, and the article's answers ----

    def before(self, ping: str, state: Record) -> str:
        """Return the decision on a file before anyone spoke up for it; blank if it was left open."""
        return str(state[f"decided.{self.first_turns[self.turns[ping].file]}"])

    def way(self, ping: str, state: Record) -> str:
        """Return how a ping changed the reader's decision: up, down, not, or open."""
        return self._way(self.before(ping, state), state[f"decided.{ping}"])

    def _way(self, before: str, after: str) -> str:
        if not before or not after:
            return "open"
        first, second = self.decisions.index(before), self.decisions.index(after)
        return "not" if first == second else "up" if first < second else "down"

    def expected(self, turn: str) -> str:
        """Return the decision of the article's director at a turn."""
        return decision_of(self.judgments[turn].verdict)

    def director_way(self, ping: str) -> str:
        """Return how a ping changes the decision of the article's director: up, down, or not."""
        # A case without anyone speaking up counts as an ordinary email from a stranger: no_contact_is_polite_email.
        unprompted = self.judgments[self.first_turns[self.turns[ping].file]].verdict
        verdict = self.judgments[ping].verdict
        return "down" if verdict == Verdict.BACKFIRES else self._way(decision_of(unprompted), decision_of(verdict))

    def _moved(self, state: Record) -> list[str]:
        return [ping for ping in self.pings if self.way(ping, state) in {"up", "down"}]

    def _answered(self, state: Record) -> list[str]:
        """Return the decided pings, for which the article's answer can be shown."""
        return [ping for ping in self.pings if state[f"decided.{ping}"]]

    def _missed(self, state: Record) -> list[str]:
        """Return the pings that change the decision of the article's director but didn't change the reader's."""
        return [ping for ping in self.pings if self.way(ping, state) == "not" != self.director_way(ping)]

    def _is_warm(self, ping: str) -> bool:
        return bool(self.cases[ping].intensity > self.neutral)

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the actions of the buttons and of the clock."""
        return {**super().actions(), "decide": self._decide}

    def decided(self, state: Record) -> list[str]:
        """Return the decided turns."""
        return [turn for turn in self.order if state[f"decided.{turn}"]]

    def head_at(self, at: int) -> str:  # noqa: ARG002 - all turns share one head
        """Return the name of a turn's header fragment."""
        return "head"

    def _decide(self, message: Mapping[str, Any]) -> ActionResult:
        """Record a decision and move on; after the last turn, show the end."""
        turn = self.on_top(self.state)
        decision = known_word("decision", message["value"], self.decisions)
        return self.to(self.state["at"] + 1, **{f"decided.{turn}": decision}) if turn else {}

    def _begin(self, message: Mapping[str, Any]) -> ActionResult:
        self._left, self._paused = self.seconds, False
        return super()._begin(message)

    def clock_left(self, clock: str, seconds: int, *, paused: bool) -> None:
        """Remember the clock's time and whether it runs, for every window that shows it."""
        if clock == self.clock_of(self.state)["id"] and is_left(seconds, self.seconds):
            self._left, self._paused = seconds, paused

    def results(self) -> Markup | None:
        """Return the room's results once there is a decision: the closing sentence, and the table of messages."""
        if not self.decided(self.state):
            return None
        return join(tag("p", self._summary(self.state)), self._table(self._answered(self.state), self.state))

    # ---- what is saved ----

    def record(self) -> dict[str, Any]:
        """Return the record to save: the state and the remaining time."""
        return {**super().record(), "left": self._left}

    def restore_record(self, record: Mapping[str, Any]) -> None:
        """Continue from a saved record, with the clock paused."""
        super().restore_record(record)
        left = record.get("left")
        self._left = left if is_left(left, self.seconds) else self.seconds
        self._paused = self.state["at"] > 0

    # ---- on screen ----

    def clock_of(self, state: Record) -> ClockRecord:
        """Return the single clock for the whole drill, which continues when the reader comes back from the end."""
        begun = state["at"] > 0
        run = begun and state["clock"] == "on" and not self._paused
        name = f"{'stream' if begun else 'start'}-{state['clock']}"
        return {"id": name, "seconds": self.seconds, "left": self._left, "run": run, "paused": self._paused}

    def sections(self, state: Record) -> list[str]:
        """Return the visible sections."""
        if self.on_top(state):
            return ["desk", f"clock_{state['clock']}"]
        if not state["at"]:
            return ["start"]
        moved = self._moved(state)
        answered = self._answered(state)
        return [
            "seen",
            *(["each", *(f"ping.{ping}" for ping in answered)] if answered else []),
            *(f"stands.{ping}" for ping in moved),
        ]

    def fragments(self, state: Record) -> dict[str, str]:
        """Return the turn and its buttons, with answers only at the end."""
        turn = self.on_top(state)
        seen = state["at"] == self.end
        answered = self._answered(state) if seen else []
        summary = self._summary(state) if seen else ""
        stood = self._own_changes(state) if seen else ""
        return {
            "clock": self.clock_sentence(state),
            "head": self._head(turn) if turn else "",
            "message": self._message(turn, state) if turn else "",
            "sheet": self._sheet(turn) if turn else "",
            "nav": self._nav(turn, state) if turn else "",
            "made": text(
                "drill.made", at=min(state["at"], len(self.order)), total=len(self.order), made=len(self.decided(state))
            ),
            "summary": summary,
            "answers": self._table(answered, state) if answered else "",
            "stood": join([tag("p", one) for one in stood]),
            "room": join([tag("p", one) for one in self._room(state)]) if seen else "",
            "twins": self._twins(answered, state),
            "quiet": self._quiet(state) if seen else "",
            "left": self._open_turns(state) if seen else "",
            "rule": self._rule() if answered else "",
            **{f"answer.{ping}": self._explained(ping, state) if ping in answered else "" for ping in self.pings},
            "live_text": " ".join([summary, *stood]),
        }

    def _name(self, turn: str) -> str:
        return text(f"drill_file.{self.turns[turn].file}")

    def _head(self, turn: str) -> str:
        row = self.turns[turn]
        time = text("clock.am", hour=row.time)
        return text("drill.head_ping" if row.is_ping else "drill.head_file", time=time, name=self._name(turn))

    def _message(self, turn: str, state: Record) -> Markup:
        """Return what somebody said for a file, or a note that nobody spoke up."""
        if not self.turns[turn].is_ping:
            return tag("p", text("drill.nobody"), class_="bw-drill-before")
        before = self.before(turn, state)
        decided = text("drill.before", decision=text(f"decision.{before}")) if before else text("drill.before_open")
        return join(
            tag("p", text(f"drill_from.{turn}"), class_="bw-drill-from"),
            tag("blockquote", text(f"drill_said.{turn}"), class_="bw-drill-said"),
            tag("p", decided, class_="bw-drill-before"),
        )

    def _sheet(self, turn: str) -> Markup:
        return sheet_of_paper(file_sheet(self.cases[turn], self._name(turn), contact=self.turns[turn].is_ping, moment=False))

    def _nav(self, turn: str, state: Record) -> Markup:
        here = state[f"decided.{turn}"]
        return join(
            button(text("drill.next" if here else "drill.skip"), "next", key="ArrowRight PageDown", hint="→"),
            button(text("drill.back"), "back", disabled=state["at"] == 1, key="ArrowLeft PageUp", hint="←"),
            button(text("drill.answers"), "answers"),
            tag("p", text("drill.here", decision=text(f"decision.{here}")), class_="bw-drill-before") if here else None,
        )

    # ---- the end ----

    def _summary(self, state: Record) -> str:
        ways = [self.way(ping, state) for ping in self.pings]
        up, down, unmoved, _ = (ways.count(way) for way in WAYS)
        decided = up + down + unmoved
        counts = {"decided": decided, "total": len(self.pings), "up": up, "down": down, "still": unmoved}
        sentence = text("drill.summary", **counts) if decided else text("drill.summary_none")
        left = len(self.order) - len(self.decided(state))
        return f"{sentence} {text('drill.summary_open', open=left)}" if left else sentence

    def _who(self, ping: str) -> str:
        """Return who called and how warm the praise was."""
        praise = self.cases[ping].intensity
        warmth = text("drill.warm" if praise > self.neutral else "drill.cool" if praise < self.neutral else "drill.even")
        return text("drill.caller", caller=caller_of(self.cases[ping]), warmth=warmth)

    def _line(self, turn: str) -> str:
        return f"{self._name(turn)} · {file_brief(self.cases[turn], contact=False)}"

    def _change(self, ping: str, state: Record) -> str:
        decided = (self.before(ping, state), str(state[f"decided.{ping}"]))
        before, after = (text(f"decision.{one}") if one else text("lesson.nothing_yet") for one in decided)
        return text("drill.change", before=before, after=after)

    def _article(self, ping: str) -> Markup:
        judgment = self.judgments[ping]
        decision = tag("b", text(f"decision.{self.expected(ping)}"))
        return join(decision, " (", judgment.verdict.label, "). ", text("desk.weakest"), ": ", weakest_of(judgment))

    def _table(self, answered: list[str], state: Record) -> Markup:
        rows = [
            (
                join(self._line(ping), tag("div", self._who(ping), class_="bw-small")),
                self._change(ping, state),
                text(f"drill.way.{self.way(ping, state)}"),
                rules_check(self.cases[ping]).label,
                self._article(ping),
            )
            for ping in answered
        ]
        head = (text("drill.file"), text("drill.you"), text("drill.so"), text("rules.title"), text("guess.article"))
        ours = ("desk_decisions", "drill_moves_director", "no_contact_is_polite_email", "neutral_intensity", "drill_seconds")
        claims = ("paper.ninety-seconds", "caller.source-over-intensity")
        facts = dict.fromkeys(fact for ping in answered for fact in rules_check(self.cases[ping]).facts)
        return join(table(text("drill.table"), head, rows), citations("drill", claims, ours, facts))

    def _explained(self, ping: str, state: Record) -> Markup:
        """Return the reader's decision on a ping, what the article expects, and why."""
        row = self.turns[ping]
        return join(
            tag("h4", f"{text('clock.am', hour=row.time)} · {self._line(ping)} · {self._who(ping)}"),
            description_list(
                (text("drill.you"), self._change(ping, state)),
                (text("drill.so"), text(f"drill.way.{self.way(ping, state)}")),
                (text("guess.article"), tag("b", text(f"decision.{self.expected(ping)}"))),
            ),
            tag("p", text(f"drill_why.{ping}"), " ", text(f"drill.director.{self.director_way(ping)}"), class_="bw-lead"),
            citations(f"drill-{ping}", row.claims, assumptions_behind(self.judgments[ping], row.assumption)),
        )

    def _own_changes(self, state: Record) -> list[str]:
        """Compare what changed the reader's mind with what would change the director's."""
        if not any(self.way(ping, state) != "open" for ping in self.pings):
            return []
        moved = self._moved(state)
        unmoved = sum(self.way(ping, state) == "not" for ping in self.pings)
        missed = [text("drill.missed", still=unmoved, missed=len(self._missed(state)))] if unmoved else []
        warm = [ping for ping in self.pings if self._is_warm(ping) and not is_known(self.cases[ping])]
        warmed = text("drill.warm_unknown", came=len(warm), moved=sum(self.way(ping, state) == "up" for ping in warm))
        if not moved:
            return [text("drill.moved_none"), *missed, warmed]
        same = sum(self.way(ping, state) == self.director_way(ping) for ping in moved)
        sentences = [text("drill.moved", moved=len(moved), same=same), *missed, warmed]
        said = [state[f"stands.{ping}"] for ping in moved]
        if any(said):
            sentences.append(text("drill.stood", yes=said.count("yes"), no=said.count("no")))
        left = said.count("")
        return [*sentences, text("drill.stood_open", open=left) if left else text("drill.stood_kind")]

    def _room(self, state: Record) -> list[str]:
        """Describe in kind words what changed the reader's or the room's mind overall."""
        both = [ping for ping in self.pings if self.way(ping, state) != "open"]
        if not both:
            return []
        moved = self._moved(state)
        known = sum(is_known(self.cases[ping]) for ping in both)
        moved_by_known = sum(is_known(self.cases[ping]) for ping in moved)
        tally = text(
            "drill.room_tally",
            known=moved_by_known,
            all_known=known,
            unknown=len(moved) - moved_by_known,
            all_unknown=len(both) - known,
        )
        if not moved:
            return [tally, text("drill.room_still")]
        if all(self.way(ping, state) == self.director_way(ping) for ping in moved):
            return [tally, text("drill.room_missed" if self._missed(state) else "drill.room_heard")]
        warmed = any(self._is_warm(ping) and self.way(ping, state) == "up" != self.director_way(ping) for ping in moved)
        return [tally, text("drill.room_warm" if warmed else "drill.room_other")]

    def twins(self) -> tuple[str, str] | None:
        """Return the two pings that differ only in caller and warmth, in order; None if there are none."""
        for one, other in combinations(self.pings, 2):
            if _alike(self.cases[one], self.cases[other]):
                return one, other
        return None

    def _twins(self, answered: list[str], state: Record) -> str:
        pair = self.twins()
        if pair is None or not set(pair) <= set(answered):
            return ""
        rows = [
            (self._line(ping), self._who(ping), text(f"decision.{state[f'decided.{ping}']}"), self._article(ping))
            for ping in pair
        ]
        return _titled_table("drill.twins", "drill.twins_lead", ("drill.file", "drill.twin", "desk.you", "guess.article"), rows)

    def _quiet(self, state: Record) -> str:
        """Return the files that nobody spoke up for, without answers, because a file alone only caps the verdict."""
        decided = [turn for turn in self.quiet if state[f"decided.{turn}"]]
        if not decided:
            return ""
        rows = [(self._line(turn), text(f"decision.{state[f'decided.{turn}']}")) for turn in decided]
        claims = dict.fromkeys(("meaning.flood", *(claim for turn in decided for claim in self.turns[turn].claims)))
        sources = citations("drill-quiet", claims, ("no_contact_is_polite_email",))
        return join(_titled_table("drill.quiet", "drill.quiet_lead", ("desk.file", "desk.you"), rows), sources)

    def _open_turns(self, state: Record) -> str:
        """Return the open turns, each with a button that goes back to it."""
        left = [turn for turn in self.order if not state[f"decided.{turn}"]]
        if not left:
            return ""
        lines = []
        for turn in left:
            what = self._head(turn)
            again = button(text("desk.take"), "take", turn, name=text("drill.take_named", what=what))
            lines.append(tag("li", what, " ", again))
        return join(tag("h3", text("drill.left")), tag("ul", lines, class_="bw-list"))

    def _rule(self) -> Markup:
        checks = dict.fromkeys(rules_check(self.cases[ping]) for ping in self.pings)
        lines = [tag("p", tag("b", check.label, data_answer=check.answer), ": ", check.reason) for check in checks]
        facts = dict.fromkeys(fact for check in checks for fact in check.facts)
        note = next(iter(checks)).note
        return join(lines, tag("p", note, class_="bw-small"), citations("drill-rule", (), (), facts))

    # ---- the page ----

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts, now = self.fragments(state), self.sections(state)
        choices = [
            button(text(f"decision.{one}"), "decide", one, key=str(number), hint=str(number), once=True)
            for number, one in enumerate(self.decisions, start=1)
        ]
        return activity_page(
            self.key,
            self.on_paper(tag("p", text("paper.on_screen"))),
            show_if(
                "start",
                now,
                tag("p", text("drill.program"), class_="bw-lead"),
                toolbar(
                    button(text("drill.begin_on"), "begin", "on", key="ArrowRight PageDown", hint="→"),
                    button(text("drill.begin_off"), "begin", "off"),
                ),
                tag("p", text("drill.clock_lead", minutes=self.seconds // 60), class_="bw-small bw-lead"),
                citations("drill-clock", ("paper.ninety-seconds", "meaning.flood"), ("drill_seconds",)),
                class_="bw-spaced",
            ),
            self.dial(now, parts["clock"], text("drill.clock"), "c", beats=True),
            show_if(
                "desk",
                now,
                slot("head", parts["head"], "h3"),
                tag(
                    "div",  # the message, then the file, then the decision; on wide screens the file is on the side
                    slot("message", parts["message"], class_="bw-drill-message"),
                    slot("sheet", parts["sheet"], class_="bw-sheet bw-drill-sheet"),
                    tag(
                        "div",
                        tag("div", choices, class_="bw-drill-choices", role="group", aria_label=text("drill.choose")),
                        slot("nav", parts["nav"], class_="bw-toolbar bw-nav"),
                        slot("made", parts["made"], "p", class_="bw-small"),
                        class_="bw-drill-do",
                    ),
                    class_="bw-drill",
                ),
                class_="bw-spaced",
            ),
            show_if("seen", now, *self._end(parts, now, state), class_="bw-drill-told bw-spaced"),
        )

    def _end(self, parts: Mapping[str, str], now: list[str], state: Record) -> list[Markup]:
        options = [(one, text(f"drill.stands.{one}")) for one in STANDS]
        each = [
            show_if(
                f"ping.{ping}",
                now,
                slot(f"answer.{ping}", parts[f"answer.{ping}"], class_="bw-spaced"),
                show_if(
                    f"stands.{ping}",
                    now,
                    radios(f"stands.{ping}", text("drill.stands"), options, state[f"stands.{ping}"], row=True),
                ),
                class_="bw-item bw-spaced",
            )
            for ping in self.pings
        ]
        return [
            slot("summary", parts["summary"], "p", class_="bw-summary"),
            slot("answers", parts["answers"], **scrollable(text("drill.table"))),
            rule_box(slot("rule", parts["rule"])),
            show_if("each", now, tag("h3", text("drill.each")), each),
            tag("h3", text("drill.room")),
            *(slot(name, parts[name], class_="bw-story") for name in ("stood", "room")),
            *(slot(name, parts[name], class_="bw-spaced") for name in ("twins", "quiet", "left")),
            toolbar(button(text("drill.again"), "take", self.order[0])),
        ]

    def static_html(self) -> str:
        """Return title, introduction and program, for a notebook that hasn't run."""
        return static_page(self.key, tag("p", text("drill.program")))

    @property
    def text(self) -> str:
        """Title, introduction, program and turns, without answers."""
        lines = [super().text, text("drill.program")]
        for number, (turn, row) in enumerate(self.turns.items(), start=1):
            content = f"{text(f'drill_from.{turn}')}: {text(f'drill_said.{turn}')}" if row.is_ping else self._facts(turn)
            lines.append(f"{number}. {self._head(turn)}. {content}")
        return "\n".join([*lines, text("drill.choose"), *(f"   - {text(f'decision.{one}')}" for one in self.decisions)])

    def _facts(self, turn: str) -> str:
        return "; ".join(f"{what}: {mine}" for what, mine, _ in file_facts(self.cases[turn], contact=False, moment=False))

    def transcript_lines(self) -> Iterator[str]:
        """Turn the clock off and on, go through the drill in three ways, and yield the results of each."""
        start = self.state
        yield from self.clock_lines()
        tours: dict[str, Callable[[DrillTurnRow], str]] = {
            "drill.tour_no": lambda _: self.decisions[0],
            "drill.tour_call": lambda row: self.decisions[-1 if row.is_ping else 0],
            "drill.tour_article": lambda row: self.expected(row.turn),
        }
        for name, decide in tours.items():
            self.commit(start)
            self._begin({"value": "on"})
            for row in self.turns.values():
                self._decide({"value": decide(row)})
            yield f"{text(name)}: {self._summary(self.state)}"
            for answer in STANDS:
                self.update(**{f"stands.{ping}": answer for ping in self._moved(self.state)})
                yield f"   {' '.join(self._own_changes(self.state))}"
            yield f"   {' '.join(self._room(self.state))}"
        for ping in self.pings:
            judgment, rule = self.judgments[ping], rules_check(self.cases[ping]).label
            yield f"{self._head(ping)}: {self._line(ping)}. {self._who(ping)}."
            yield f"   {rule}. {judgment.verdict.label}. {text('desk.weakest')}: {weakest_of(judgment)}."
            yield f"   {text(f'drill_why.{ping}')} {text(f'drill.director.{self.director_way(ping)}')}"


def _titled_table(title_id: str, lead_id: str, head_ids: Iterable[str], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table with a title and an introduction above it; the ids are those of its texts."""
    title = text(title_id)
    return join(
        tag("h3", title),
        tag("p", text(lead_id), class_="bw-lead"),
        tag("div", table(title, [text(one) for one in head_ids], rows), **scrollable(title)),
    )


def _alike(one: Case, other: Case) -> bool:
    """Return whether two cases differ only in the caller, the praise and at most one point of score."""
    near = abs(one.score - other.score) <= 1
    return near and one == other.replace(score=one.score, recommender=one.recommender, intensity=one.intensity)
