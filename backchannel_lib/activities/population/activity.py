"""Six hundred made-up files, given every kind of call: guessed first, then seen, then drawn anew on other assumptions."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from backchannel_lib.activities.activity import Act
from backchannel_lib.activities.form import Entry, Form, Record, one_word, whole, yes_or_no
from backchannel_lib.activities.population.model import DrawRow, Outcome, calls, compare, draw, load_draw, notes, outcome
from backchannel_lib.activities.tables import PartRow
from backchannel_lib.base.texts import say
from backchannel_lib.model.case import PHASES, Case
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.activity_page import frame, opening, place
from backchannel_lib.page.charts import stacked_bars
from backchannel_lib.page.components import basis, paired, picture, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, radios, select, slider

FILES: Final = 600
STRONG: Final = "targeted_trusted_peer"
LETTER: Final = "generic_letter"
#: The contacts of the headline, by their columns.
HEADLINE: Final = {"without": "polite_email", "strong": STRONG, "explained": "flag_explanation"}
#: The first of a guess's bands is none at all, the others run up to these numbers.
ENDS: Final = (0, 100, 300, 500, FILES)
GUESSES: Final = ("guess_look", "guess_talk", "guess_letter")
#: Verdicts that share a piece of a bar, by the highest of each piece, lowest first.
BANDS: Final = {
    "hurts": Verdict.BACKFIRES,
    "noise": Verdict.SKIMMED,
    "no": Verdict.DECLINED,
    "fallback": Verdict.FALLBACK_SEAT,
    "read": Verdict.MAYBE,
    "talk": Verdict.OFFER_IN_PLAY,
}
#: The pieces that tell of a file that somebody looked at.
LOOKED: Final = ("no", "fallback", "read", "talk")
#: Which settings are in sight together.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "scores": ("score_gap", "score_spread"),
    "flags": ("failed_attempts", "failed_clerkship", "leave_of_absence"),
    "beyond": ("professionalism_issue", "chronic_poor_performance"),
    "programs": ("interviews_failures", "has_noncategorical_seat", "need_met"),
    "messages": ("specifics",),
    "moment": ("phase", "good_moment"),
}
BEYOND: Final = ("chronic_poor_performance", "professionalism_issue", "far_below")
MOST_SEEDS: Final = 9999


class PopulationBoard(Form):
    """A draw of files, its assumptions as sliders, and what every kind of call does to it.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/draw.csv, data/rules.csv; the population is ours.
    """

    def __init__(self, part: PartRow) -> None:
        self.settings: dict[str, DrawRow] = {row.setting: row for row in load_draw()}
        guesses = {name: one_word(name, map(str, ENDS), _question(name)) for name in GUESSES}
        sliders = {name: whole(name, row.low, row.high, row.value, row.label) for name, row in self.settings.items()}
        moment: dict[str, Entry] = {
            "phase": one_word("phase", PHASES, say("field.phase.label"), "soap_lists"),
            "good_moment": yes_or_no("good_moment", say("crowd.good_moment"), default=True),
        }
        super().__init__(
            part,
            {
                **guesses,
                "seen": yes_or_no("seen"),
                "group": one_word("group", GROUPS, say("crowd.group"), "scores"),
                **sliders,
                **moment,
                "seed": whole("seed", 1, MOST_SEEDS, 1),
            },
        )

    # ---- acts ----

    def acts(self) -> dict[str, Act]:
        """Give what the buttons do."""
        return {"see": self._see, "another": self._another, "ours": self._ours}

    def _see(self, _: object) -> dict[str, Any]:
        if not all(self.state[name] for name in GUESSES):
            return {"notice": say("crowd.first")}
        self.go_with(seen=True)
        return {"focus": "beside"}

    def _another(self, _: object) -> dict[str, Any]:
        self.go_with(seed=self.state["seed"] % MOST_SEEDS + 1)
        return {}

    def _ours(self, _: object) -> dict[str, Any]:
        """Set every assumption back to where it was, and the first draw; guesses stay."""
        names = (*self.settings, "phase", "good_moment", "seed")
        self.go_with(**{name: self.entries[name].default for name in names})
        return {"values": self.values(self.state), "notice": say("crowd.is_ours_again")}

    # ---- the draw ----

    def _drawn(self, state: Record) -> tuple[Outcome, ...]:
        return _compared(self._key(state))

    def _key(self, state: Record) -> _Key:
        settings = tuple((name, int(state[name])) for name in self.settings)
        return (int(state["seed"]), state["phase"] or "soap_lists", bool(state["good_moment"]), settings)

    def _numbers(self, state: Record) -> dict[str, int]:
        """Give what was guessed and what it is compared with, as counts of files."""
        ends = self._headline(state)
        letter = next(result for result in self._drawn(state) if result.call.name == LETTER)
        return {
            **ends["strong"],
            "without_look": ends["without"]["look"],
            "without_talk": ends["without"]["talk"],
            "letter": _ends(letter)["look"],
        }

    def _headline(self, state: Record) -> dict[str, dict[str, int]]:
        """Count where the files end up, by the columns of the headline."""
        by_call = {result.call.name: result for result in self._drawn(state)}
        return {column: _ends(by_call[name]) for column, name in HEADLINE.items()}

    # ---- what is on screen ----

    def positions(self, field: str) -> Iterable[Any]:
        """List no positions of the draw's sliders: a draw for each would keep the kernel from answering the reader."""
        return () if field in self.settings else super().positions(field)

    def parts(self, state: Record) -> dict[str, str]:
        """Give, once guesses were made, what was drawn beside them, and the draw as it is now."""
        if not state["seen"]:
            return dict.fromkeys(("beside", "now", "spoken"), "")
        numbers = self._numbers(state)
        return {"beside": self._beside(state), "now": self._now_told(state), "spoken": say("crowd.spoken", **numbers)}

    def later_parts(self, state: Record) -> dict[str, str]:
        """Give the chart, its numbers, what each call moves, and what none overcomes."""
        if not state["seen"]:
            return {"moves": "", "beyond": ""}
        results = self._drawn(state)
        return {
            "ground.crowd": json.dumps(_figure(results)),
            "name.crowd": _spoken(results),
            "table.crowd": _ends_table(results),
            "moves": _moves_table(results, _files(self._key(state))[0]),
            "beyond": _beyond_table(self._key(state)),
        }

    def about(self, state: Record) -> dict[str, Any]:
        """Tell which controls and sections are in sight."""
        shown = ["group", *GROUPS[state["group"] or "scores"]] if state["seen"] else GUESSES
        return {"open": ["seen"] if state["seen"] else ["ask"], "shown": list(shown)}

    @functools.cached_property
    def _first(self) -> Mapping[str, int]:
        """The numbers of the first draw, which the guesses are about."""
        return MappingProxyType(self._numbers(self._start))

    def _beside(self, state: Record) -> Markup:
        counts = dict(zip(GUESSES, (self._first["look"], self._first["talk"], self._first["letter"]), strict=True))
        right = [int(state[name]) == _end_of(counts[name]) for name in GUESSES]
        told = [
            (
                _question(name),
                join(
                    tag("p", say("crowd.yours", guess=_range(int(state[name])))),
                    tag("p", tag("b", say("crowd.drawn", count=counts[name]))),
                ),
            )
            for name in GUESSES
        ]
        return join(
            tag("h3", say("crowd.beside")),
            paired(*told),
            tag("p", say("crowd.all_right"), class_="bw-kind") if all(right) else None,
            tag("p", say("crowd.why", count=FILES, **self._first)),
            tag("p", say("crowd.joins")),
            basis(
                "crowd-beside",
                ("multiplier.amplifier", "multiplier.cannot-rescue", "noise.generic-letters"),
                ("drawn_files", "specific_calls_by_each_caller", "no_contact_is_polite_email"),
            ),
        )

    def _now_told(self, state: Record) -> Markup:
        return join(
            _headline_table(self._headline(state)),
            tag("p", self._rule_told(state), class_="bw-rule-line"),
            tag("p", say("crowd.seed", seed=state["seed"]), class_="bw-small"),
        )

    def _rule_told(self, state: Record) -> str:
        """Say what the NRMP's rule says of the twelve contacts inside SOAP, and whether the moment lies outside."""
        example = _files(self._key(state))[0]
        inside = {call.name: call.rule(example.but(phase="soap_lists")).answer for call in calls()}
        allowed = ", ".join(_short(name) for name, answer in inside.items() if answer == "allowed")
        told = say(
            "crowd.rule",
            allowed=allowed or say("crowd.rule_none"),
            asked=", ".join(_short(name) for name, answer in inside.items() if answer == "ask_first"),
        )
        outside = all(call.rule(example).answer == "allowed" for call in calls())
        return f"{told} {say('crowd.rule_outside')}" if outside else told

    def page(self) -> str:
        """Give the whole page."""
        state = self.state
        parts, about = self.parts(state), self.about(state)
        now, shown = about["open"], about["shown"]
        made_up, no_contact, up_is_not_in, rule = notes(FILES)
        return frame(
            self.part,
            opening(
                "ask",
                now,
                tag("p", say("crowd.who"), class_="bw-next-step"),
                [radios(name, _question(name), _options(), state[name], row=True) for name in GUESSES],
                tag("div", button(say("crowd.see"), "see"), class_="bw-toolbar"),
            ),
            opening("seen", now, place("beside", parts["beside"], class_="bw-beside")),
            opening(
                "seen",
                now,
                tag("p", made_up, class_="bw-ours"),
                tag("p", tag("b", say("crowd.try"))),
                tag(
                    "div",
                    self._controls(state, shown),
                    tag(
                        "div",
                        tag("section", tag("h3", say("crowd.now")), place("now", parts["now"]), class_="bw-card"),
                        picture("crowd", say("crowd.title"), say("crowd.caption"), say("crowd.title"), ""),
                    ),
                    class_="bw-columns bw-halves",
                ),
                tag(
                    "section",
                    tag("h3", say("crowd.moves")),
                    tag("p", no_contact, " ", tag("b", up_is_not_in)),
                    _scrolling("moves", say("crowd.moves")),
                    tag("p", rule, class_="bw-note"),
                ),
                tag(
                    "section",
                    tag("h3", say("crowd.beyond")),
                    tag("p", say("crowd.beyond_caption")),
                    _scrolling("beyond", say("crowd.beyond")),
                ),
                class_="bw-crowd",
            ),
        )

    def _controls(self, state: Record, shown: Collection[str]) -> Markup:
        """Write the assumptions; they stay in sight while a reader looks at what they move."""
        return tag(
            "div",
            radios(
                "group", say("crowd.group"), [(name, say(f"crowd.group.{name}")) for name in GROUPS], state["group"], row=True
            ),
            [self._slider(name, state, hidden=name not in shown) for name in self.settings],
            select(
                "phase",
                say("field.phase.label"),
                [(phase, say(f"level.phase.{phase}")) for phase in PHASES],
                state["phase"],
                hidden="phase" not in shown,
            ),
            checkbox(
                "good_moment",
                say("crowd.good_moment"),
                bool(state["good_moment"]),
                help_text=say("crowd.good_moment_help"),
                hidden="good_moment" not in shown,
            ),
            tag("div", button(say("crowd.another"), "another"), button(say("crowd.ours_again"), "ours"), class_="bw-toolbar"),
            class_="bw-controls bw-stays",
        )

    def _slider(self, name: str, state: Record, *, hidden: bool) -> Markup:
        row = self.settings[name]
        because = say("crowd.because", why=row.why)
        return slider(name, row.label, (row.low, row.high), int(state[name]), help_text=because, hidden=hidden)

    @property
    def text(self) -> str:
        """The title, and what is asked or what the draw shows."""
        title = say(f"part.{self.part.part}.title")
        if not self.state["seen"]:
            return "\n".join([title, say("crowd.who"), *(f"- {_question(name)}" for name in GUESSES)])
        return "\n".join([title, say("population.made_up", count=FILES), self._line(self.state)])

    def _line(self, state: Record) -> str:
        return "; ".join(
            say("crowd.line", what=say(f"crowd.column.{column}"), **ends) for column, ends in self._headline(state).items()
        )

    def tour(self) -> str:
        """Guess, see, tell each call, move every assumption to its ends and back, and draw others; then go back."""
        start = self.state
        self.put(**dict.fromkeys(GUESSES, "0"))
        self._see({})
        lines = [say("crowd.why", count=FILES, **self._first), self._rule_told(self.state)]
        lines += [say("crowd.tour", what=one.call.label, line=_moves_line(one)) for one in self._drawn(self.state)]
        for name, row in self.settings.items():
            for value in (row.low, row.high):
                self.put(**{name: value})
                told = say("crowd.is", label=row.label, value=value)
                lines.append(say("crowd.tour", what=told, line=self._line(self.state)))
            self.put(**{name: row.value})
        for phase in PHASES:
            for good in (True, False):
                self.put(phase=phase, good_moment=good)
                told = say("crowd.is", label=say(f"level.phase.{phase}"), value=say("scene.on" if good else "scene.off"))
                lines.append(say("crowd.tour", what=told, line=self._line(self.state)))
        self._ours({})
        self._another({})
        lines.append(say("crowd.tour", what=say("crowd.seed", seed=self.state["seed"]), line=self._line(self.state)))
        self.go(start)
        return "\n".join(lines)


_Key = tuple[int, str, bool, tuple[tuple[str, int], ...]]


@functools.lru_cache(maxsize=2)
def _files(key: _Key) -> tuple[Case, ...]:
    seed, phase, good_moment, settings = key
    return draw(FILES, seed, phase=phase, good_moment=good_moment, **dict(settings))


@functools.lru_cache(maxsize=256)
def _compared(key: _Key) -> tuple[Outcome, ...]:
    return compare(_files(key))


def _question(name: str) -> str:
    return say(f"crowd.ask.{name}")


def _end_of(count: int) -> int:
    """Find the band of a guess in which a count lies."""
    return next(end for end in ENDS if count <= end)


def _range(end: int) -> str:
    at = ENDS.index(end)
    return say("crowd.range", low=ENDS[at - 1] + 1, high=end) if at else say("crowd.none")


def _options() -> list[tuple[str, str]]:
    return [(str(end), _range(end)) for end in ENDS]


def _scrolling(name: str, label: str) -> Markup:
    return place(name, class_="bw-numbers", tabindex="0", role="group", aria_label=label)


def _banded(result: Outcome) -> dict[str, int]:
    """Count the files of each piece of a bar."""
    counts, low = {}, 0
    for name, high in BANDS.items():
        counts[name] = sum(result.counts[Verdict(rank)] for rank in range(low, high + 1))
        low = high + 1
    return counts


def _ends(result: Outcome) -> dict[str, int]:
    """Count how many files are looked at, and what becomes of those."""
    counts = _banded(result)
    return {"look": sum(counts[name] for name in LOOKED), **{name: counts[name] for name in LOOKED}}


def _headline_table(headline: Mapping[str, Mapping[str, int]]) -> Markup:
    caption = say("crowd.now_caption", count=FILES)
    numbers = table(
        caption,
        (say("crowd.of_these", count=FILES), *(say(f"crowd.column.{column}") for column in headline)),
        [(say(f"crowd.end.{end}"), *(ends[end] for ends in headline.values())) for end in ("look", *LOOKED)],
    )
    return tag("div", numbers, class_="bw-numbers", tabindex="0", role="group", aria_label=caption)


def _figure(results: tuple[Outcome, ...]) -> dict[str, Any]:
    bands = [_banded(result) for result in results]
    return stacked_bars(
        [_short(result.call.name) for result in results],
        [(say(f"crowd.band.{name}"), [counts[name] for counts in bands]) for name in BANDS],
        say("crowd.axis"),
        FILES,
    )


def _short(call: str) -> str:
    return say(f"crowd.short.{call}")


def _spoken(results: tuple[Outcome, ...]) -> str:
    bars = []
    for result in results:
        numbers = ", ".join(f"{say(f'crowd.band.{name}')} {count}" for name, count in _banded(result).items() if count)
        bars.append(say("crowd.bar", call=_short(result.call.name), numbers=numbers))
    return say("crowd.name", bars=" ".join(bars))


def _ends_table(results: tuple[Outcome, ...]) -> Markup:
    head = (say("crowd.call"), *(say(f"crowd.band.{name}") for name in BANDS))
    rows = [(_short(result.call.name), *_banded(result).values()) for result in results]
    return join(table(say("crowd.title"), head, rows), basis("crowd-bands", (), ("population_bands", "drawn_files")))


def _holds(result: Outcome) -> str:
    if not result.same:
        return say("crowd.nobody_stays")
    return ", ".join(say(f"stage.{stage}.name") for stage in result.held_most)


def _moves_table(results: tuple[Outcome, ...], example: Case) -> Markup:
    head = (
        say("crowd.call"),
        say("crowd.rises"),
        say("crowd.stays"),
        say("crowd.falls"),
        say("crowd.interview"),
        say("crowd.holds"),
        say("rules.title"),
    )
    rows = [
        (
            result.call.label,
            result.moved_up,
            result.same,
            result.moved_down,
            result.reach_interview,
            _holds(result),
            result.call.rule(example).words,
        )
        for result in results
    ]
    return join(
        table(say("crowd.moves_caption"), head, rows),
        basis(
            "crowd-moves",
            (
                "works.history-call",
                "works.internal-push",
                "works.explain-flag",
                "noise.generic-letters",
                "noise.mass-blast",
                "noise.pressure-backfires",
                "noise.cold-email-90-10",
            ),
            dict.fromkeys(result.call.ours for result in results),
            ("soap_rule.no_first_contact",),
        ),
    )


def _moves_line(result: Outcome) -> str:
    moved = ((say("crowd.rises"), result.moved_up), (say("crowd.stays"), result.same), (say("crowd.falls"), result.moved_down))
    told = [f"{word} {count}" for word, count in (*moved, (say("crowd.interview"), result.reach_interview))]
    return f"{', '.join(told)}; {_holds(result)}"


def _is_beyond(name: str, case: Case) -> bool:
    return case.score < case.range_floor if name == "far_below" else bool(getattr(case, name))


@functools.lru_cache(maxsize=64)
def _beyond_table(key: _Key) -> Markup:
    rows = []
    for name in BEYOND:
        files = [case for case in _files(key) if _is_beyond(name, case)]
        reached = [verdict for call in calls() for verdict, count in outcome(files, call).counts.items() if count]
        best = max(reached).words if reached else say("crowd.beyond_none")
        rows.append((say(f"crowd.beyond.{name}"), len(files), best))
    head = (say("crowd.beyond_what"), say("crowd.beyond_count"), say("crowd.beyond_best"))
    return join(
        table(say("crowd.beyond"), head, rows),
        basis("crowd-beyond", ("multiplier.cannot-rescue", "paper.below-bar-cap"), ("floor_marks_far_below",)),
    )
