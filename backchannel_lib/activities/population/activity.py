"""Simulate 600 files with every kind of call: readers guess, see the result, then change the assumptions."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from backchannel_lib.activities.activity import Action
from backchannel_lib.activities.form import Record, boolean_field, choice_field, integer_field
from backchannel_lib.activities.guess import GuessForm
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.population.model import (
    DrawRow,
    Outcome,
    compare,
    draw,
    load_draw,
    load_population_calls,
    outcome,
)
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import PHASES, Case
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.activity_page import activity_page, show_if, slot
from backchannel_lib.page.charts import stacked_bars
from backchannel_lib.page.components import chart_panel, citations, description_list, scrollable, table
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, checkbox, radios, select, slider, toolbar

FILES: Final = 600
STRONG: Final = "targeted_trusted_peer"
LETTER: Final = "generic_letter"
#: The headline's columns, with their contacts.
HEADLINE: Final = {"without": "polite_email", "strong": STRONG, "explained": "flag_explanation"}
#: The first band of a guess is zero; the others end at these numbers.
ENDS: Final = (0, 100, 300, 500, FILES)
#: The guesses, each with the number that it is about, as `_numbers` names it.
GUESSES: Final = {"guess_look": "look", "guess_talk": "talk", "guess_letter": "letter"}
#: The segments of a bar, lowest first, each with its highest verdict.
BANDS: Final = {
    "hurts": Verdict.BACKFIRES,
    "noise": Verdict.SKIMMED,
    "no": Verdict.DECLINED,
    "fallback": Verdict.FALLBACK_SEAT,
    "read": Verdict.MAYBE,
    "talk": Verdict.OFFER_IN_PLAY,
}
#: The segments for files that somebody looked at.
LOOKED: Final = ("no", "fallback", "read", "talk")
#: Settings that are visible together.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "scores": ("score_gap", "score_spread"),
    "flags": ("failed_attempts", "failed_clerkship", "leave_of_absence"),
    "beyond": ("professionalism_issue", "chronic_poor_performance"),
    "programs": ("interviews_failures", "has_noncategorical_seat", "need_met"),
    "messages": ("specifics",),
    "moment": ("phase", "good_moment"),
}
#: What a call does to the files, as ids of texts.
MOVES: Final = ("crowd.rises", "crowd.stays", "crowd.falls", "crowd.interview")
BEYOND: Final = ("chronic_poor_performance", "professionalism_issue", "far_below")
MOST_SEEDS: Final = 9999


class PopulationActivity(GuessForm):
    """A sample of files, its assumptions as sliders, and the effect of every kind of call on it.

    Args:
        row: Its row in data/activities.csv.
    """

    focus = "beside"

    def __init__(self, row: ActivityRow) -> None:
        self.settings: dict[str, DrawRow] = {row.setting: row for row in load_draw()}
        guesses = {name: choice_field(name, map(str, ENDS), text(f"crowd.ask.{name}")) for name in GUESSES}
        sliders = {name: integer_field(name, row.low, row.high, row.value, row.label) for name, row in self.settings.items()}
        super().__init__(
            row,
            {
                **guesses,
                "seen": boolean_field("seen"),  # this position keeps the order in saved files
                "group": choice_field("group", GROUPS, text("crowd.group"), "scores"),
                **sliders,
                "phase": choice_field("phase", PHASES, text("field.phase.label"), "soap_lists"),
                "good_moment": boolean_field("good_moment", text("crowd.good_moment"), default=True),
                "seed": integer_field("seed", 1, MOST_SEEDS, 1),
            },
        )

    # ---- actions ----

    def actions(self) -> dict[str, Action]:
        """Return the buttons' actions."""
        return {**super().actions(), "another": self._another, "ours": self._defaults}

    def missing(self, state: Record, _step: str = "") -> str:
        """Return the request to guess first, or an empty string."""
        return "" if all(state[name] for name in GUESSES) else text("crowd.first")

    def _another(self, _: object) -> ActionResult:
        self.commit_values(seed=self.state["seed"] % MOST_SEEDS + 1)
        return {}

    def _defaults(self, _: object) -> ActionResult:
        """Reset all assumptions and the random seed; guesses stay."""
        names = (*self.settings, "phase", "good_moment", "seed")
        self.commit_values(**{name: self.entries[name].default for name in names})
        return {"values": self.values(self.state), "notice": text("crowd.is_ours_again")}

    # ---- the sample ----

    def _sample(self, state: Record) -> dict[str, Any]:
        """Return the arguments with which `draw` draws the sample."""
        return {name: state[name] for name in ("seed", "phase", "good_moment", *self.settings)}

    def _numbers(self, state: Record) -> dict[str, int]:
        """Return the numbers that the guesses are compared with, as counts of files."""
        ends = self._ends_by_call(state)
        without, letter = ends[HEADLINE["without"]], ends[LETTER]
        return {
            **ends[STRONG],
            "without_look": without["look"],
            "without_talk": without["talk"],
            "letter": letter["look"],
        }

    def _ends_by_call(self, state: Record) -> dict[str, dict[str, int]]:
        """Count how many files somebody looks at, and what happens to them, by call."""
        return {result.call.name: _ends(result) for result in _compared(**self._sample(state))}

    def _headline(self, state: Record) -> dict[str, dict[str, int]]:
        """Count where the files end up, by the headline's columns."""
        ends = self._ends_by_call(state)
        return {column: ends[name] for column, name in HEADLINE.items()}

    # ---- what is on screen ----

    def positions(self, field: str) -> Iterable[Any]:
        """Return nothing for sliders, because drawing a sample for every position would block the kernel."""
        return () if field in self.settings else super().positions(field)

    def fragments(self, state: Record) -> dict[str, str]:
        """Return, once the reader has guessed, the first sample's result next to the guess, and the current sample."""
        if not state["seen"]:
            return dict.fromkeys(("beside", "now", "live_text"), "")
        numbers = self._numbers(state)
        return {"beside": self._beside(state), "now": self._now(state), "live_text": text("crowd.spoken", **numbers)}

    def deferred_fragments(self, state: Record) -> dict[str, str]:
        """Return the chart, its numbers, the effect of each call, and what no call overcomes."""
        if not state["seen"]:
            return {"moves": "", "beyond": ""}
        results = _compared(**self._sample(state))
        return {
            "base_figure.crowd": json.dumps(_figure(results)),
            "alt_text.crowd": _alt_text(results),
            "table.crowd": _ends_table(results),
            "moves": _moves_table(results, _files(**self._sample(state))[0]),
            "beyond": _beyond_table(**self._sample(state)),
        }

    def sections(self, state: Record) -> list[str]:
        """Return which sections are visible."""
        return super().sections(state) or ["ask"]

    def ui_state(self, state: Record) -> dict[str, Any]:
        """Return which controls and sections are visible."""
        shown = ["group", *GROUPS[state["group"]]] if state["seen"] else [*GUESSES]
        return {**super().ui_state(state), "shown": shown}

    @functools.cached_property
    def _first(self) -> Mapping[str, int]:
        """The numbers of the first sample, which the guesses are about."""
        return MappingProxyType(self._numbers(self.start))

    def _beside(self, state: Record) -> Markup:
        counts = {name: self._first[number] for name, number in GUESSES.items()}
        right = [int(state[name]) == _end_of(count) for name, count in counts.items()]
        answers = [
            (
                self.label(name),
                join(
                    tag("p", text("crowd.yours", guess=_range(int(state[name])))),
                    tag("p", tag("b", text("crowd.drawn", count=count))),
                ),
            )
            for name, count in counts.items()
        ]
        return join(
            tag("h3", text("crowd.beside")),
            description_list(*answers),
            tag("p", text("crowd.all_right"), class_="bw-kind") if all(right) else None,
            tag("p", text("crowd.why", count=FILES, **self._first)),
            tag("p", text("crowd.joins")),
            citations(
                "crowd-beside",
                ("multiplier.amplifier", "multiplier.cannot-rescue", "noise.generic-letters"),
                ("drawn_files", "specific_calls_by_each_caller", "no_contact_is_polite_email"),
            ),
        )

    def _now(self, state: Record) -> Markup:
        return join(
            _headline_table(self._headline(state)),
            tag("p", self._rule_sentence(state), class_="bw-rule-line"),
            tag("p", text("crowd.seed", seed=state["seed"]), class_="bw-small"),
        )

    def _rule_sentence(self, state: Record) -> str:
        """Return what the NRMP's rule says about each call during SOAP, and whether the moment is outside SOAP."""
        example = _files(**self._sample(state))[0]
        inside = {call.name: call.rule(example.replace(phase="soap_lists")).answer for call in load_population_calls()}
        allowed = ", ".join(_short(name) for name, answer in inside.items() if answer == "allowed")
        sentence = text(
            "crowd.rule",
            allowed=allowed or text("crowd.rule_none"),
            asked=", ".join(_short(name) for name, answer in inside.items() if answer == "ask_first"),
        )
        now = [call.rule(example) for call in load_population_calls()]
        if any(check.answer != "allowed" for check in now):
            return sentence
        label = next((check.label for check in now if check.changes_later), now[0].label)
        return f"{sentence} {text('crowd.rule_outside', answer=label)}"

    def page(self) -> str:
        """Return the whole page."""
        state = self.state
        parts, about = self.fragments(state), self.ui_state(state)
        now, shown = about["open"], about["shown"]
        return activity_page(
            self.key,
            show_if(
                "ask",
                now,
                tag("p", text("crowd.who"), class_="bw-next-step"),
                [radios(name, self.label(name), _options(), state[name], row=True) for name in GUESSES],
                toolbar(button(text("crowd.see"), "see")),
            ),
            show_if("seen", now, slot("beside", parts["beside"], class_="bw-beside")),
            show_if(
                "seen",
                now,
                tag("p", text("population.made_up", count=FILES), class_="bw-ours"),
                tag("p", tag("b", text("crowd.try"))),
                tag(
                    "div",
                    self._controls(state, shown),
                    tag(
                        "div",
                        tag("section", tag("h3", text("crowd.now")), slot("now", parts["now"]), class_="bw-card"),
                        chart_panel("crowd", text("crowd.title"), text("crowd.caption")),
                    ),
                    class_="bw-columns bw-halves",
                ),
                tag(
                    "section",
                    tag("h3", text("crowd.moves")),
                    tag("p", text("population.no_contact"), " ", tag("b", text("population.up_is_not_in"))),
                    slot("moves", **scrollable(text("crowd.moves"))),
                    tag("p", text("population.rule"), class_="bw-note"),
                ),
                tag(
                    "section",
                    tag("h3", text("crowd.beyond")),
                    tag("p", text("crowd.beyond_caption")),
                    slot("beyond", **scrollable(text("crowd.beyond"))),
                ),
                class_="bw-crowd",
            ),
        )

    def _controls(self, state: Record, shown: Collection[str]) -> Markup:
        """Return the assumptions as controls, which stay visible while the reader watches the result."""
        groups = [(name, text(f"crowd.group.{name}")) for name in GROUPS]
        phases = [(phase, text(f"level.phase.{phase}")) for phase in PHASES]
        return tag(
            "div",
            radios("group", self.label("group"), groups, state["group"], row=True),
            [self._slider(name, state, hidden=name not in shown) for name in self.settings],
            select("phase", self.label("phase"), phases, state["phase"], hidden="phase" not in shown),
            checkbox(
                "good_moment",
                self.label("good_moment"),
                state["good_moment"],
                help_text=text("crowd.good_moment_help"),
                hidden="good_moment" not in shown,
            ),
            toolbar(button(text("crowd.another"), "another"), button(text("crowd.ours_again"), "ours")),
            class_="bw-controls bw-stays",
        )

    def _slider(self, name: str, state: Record, *, hidden: bool) -> Markup:
        row = self.settings[name]
        because = text("crowd.because", why=row.why)
        return slider(name, row.label, (row.low, row.high), state[name], help_text=because, hidden=hidden)

    @property
    def text(self) -> str:
        """The title, and the question or the sample's result."""
        title = self.title
        if not self.state["seen"]:
            return "\n".join([title, text("crowd.who"), *(f"- {self.label(name)}" for name in GUESSES)])
        return "\n".join([title, text("population.made_up", count=FILES), self._line(self.state)])

    def _line(self, state: Record) -> str:
        return "; ".join(
            text("crowd.line", what=text(f"crowd.column.{column}"), **ends) for column, ends in self._headline(state).items()
        )

    def transcript_lines(self) -> Iterator[str]:
        """Guess, see the result, list each call, move every assumption to its ends and back, and draw other samples."""
        self.update(**dict.fromkeys(GUESSES, "0"))
        self.see()
        yield from [text("crowd.why", count=FILES, **self._first), self._rule_sentence(self.state)]
        yield from [
            text("crowd.tour", what=one.call.label, line=_moves_line(one)) for one in _compared(**self._sample(self.state))
        ]
        for name, row in self.settings.items():
            for value in (row.low, row.high):
                self.update(**{name: value})
                what = text("crowd.is", label=row.label, value=value)
                yield text("crowd.tour", what=what, line=self._line(self.state))
            self.update(**{name: row.value})
        for phase in PHASES:
            for good in (True, False):
                self.update(phase=phase, good_moment=good)
                what = text("crowd.is", label=text(f"level.phase.{phase}"), value=text("scene.on" if good else "scene.off"))
                yield text("crowd.tour", what=what, line=self._line(self.state))
        self._defaults({})
        self._another({})
        yield text("crowd.tour", what=text("crowd.seed", seed=self.state["seed"]), line=self._line(self.state))


_files = functools.lru_cache(maxsize=2)(functools.partial(draw, FILES))


@functools.lru_cache(maxsize=256)
def _compared(**sample: Any) -> tuple[Outcome, ...]:
    return compare(_files(**sample))


def _end_of(count: int) -> int:
    """Return the upper end of the band that contains a count."""
    return next(end for end in ENDS if count <= end)


def _range(end: int) -> str:
    at = ENDS.index(end)
    return text("crowd.range", low=ENDS[at - 1] + 1, high=end) if at else text("crowd.none")


def _options() -> list[tuple[str, str]]:
    return [(str(end), _range(end)) for end in ENDS]


def _banded(result: Outcome) -> dict[str, int]:
    """Count the files in each segment of a bar."""
    counts, low = {}, 0
    for name, high in BANDS.items():
        counts[name] = sum(result.counts[Verdict(rank)] for rank in range(low, high + 1))
        low = high + 1
    return counts


def _ends(result: Outcome) -> dict[str, int]:
    """Count how many files somebody looks at, and what happens to them."""
    counts = _banded(result)
    return {"look": sum(counts[name] for name in LOOKED), **{name: counts[name] for name in LOOKED}}


def _headline_table(headline: Mapping[str, Mapping[str, int]]) -> Markup:
    caption = text("crowd.now_caption", count=FILES)
    numbers = table(
        caption,
        (text("crowd.of_these", count=FILES), *(text(f"crowd.column.{column}") for column in headline)),
        [(text(f"crowd.end.{end}"), *(ends[end] for ends in headline.values())) for end in ("look", *LOOKED)],
    )
    return tag("div", numbers, **scrollable(caption))


def _figure(results: tuple[Outcome, ...]) -> dict[str, Any]:
    bands = [_banded(result) for result in results]
    return stacked_bars(
        [_short(result.call.name) for result in results],
        [(text(f"crowd.band.{name}"), [counts[name] for counts in bands]) for name in BANDS],
        text("crowd.axis"),
        FILES,
    )


def _short(call: str) -> str:
    return text(f"crowd.short.{call}")


def _alt_text(results: tuple[Outcome, ...]) -> str:
    bars = []
    for result in results:
        numbers = ", ".join(f"{text(f'crowd.band.{name}')} {count}" for name, count in _banded(result).items() if count)
        bars.append(text("crowd.bar", call=_short(result.call.name), numbers=numbers))
    return text("crowd.name", bars=" ".join(bars))


def _ends_table(results: tuple[Outcome, ...]) -> Markup:
    head = (text("crowd.call"), *(text(f"crowd.band.{name}") for name in BANDS))
    rows = [(_short(result.call.name), *_banded(result).values()) for result in results]
    return join(table(text("crowd.title"), head, rows), citations("crowd-bands", (), ("population_bands", "drawn_files")))


def _holds(result: Outcome) -> str:
    if not result.same:
        return text("crowd.nobody_stays")
    return ", ".join(text(f"stage.{stage}.name") for stage in result.held_most)


def _moved(result: Outcome) -> tuple[int, ...]:
    return result.moved_up, result.same, result.moved_down, result.reach_interview


def _moves_table(results: tuple[Outcome, ...], example: Case) -> Markup:
    head = (text("crowd.call"), *map(text, MOVES), text("crowd.holds"), text("rules.title"))
    rows = [(one.call.label, *_moved(one), _holds(one), one.call.rule(example).label) for one in results]
    return join(
        table(text("crowd.moves_caption"), head, rows),
        citations(
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
            dict.fromkeys(result.call.assumption for result in results),
            ("soap_rule.no_first_contact",),
        ),
    )


def _moves_line(result: Outcome) -> str:
    counts = [f"{text(word)} {count}" for word, count in zip(MOVES, _moved(result), strict=True)]
    return f"{', '.join(counts)}; {_holds(result)}"


def _is_beyond(name: str, case: Case) -> bool:
    return case.score < case.range_floor if name == "far_below" else bool(getattr(case, name))


@functools.lru_cache(maxsize=64)
def _beyond_table(**sample: Any) -> Markup:
    rows = []
    for name in BEYOND:
        files = [case for case in _files(**sample) if _is_beyond(name, case)]
        reached = [
            verdict for call in load_population_calls() for verdict, count in outcome(files, call).counts.items() if count
        ]
        best = max(reached).label if reached else text("crowd.beyond_none")
        rows.append((text(f"crowd.beyond.{name}"), len(files), best))
    head = (text("crowd.beyond_what"), text("crowd.beyond_count"), text("crowd.beyond_best"))
    return join(
        table(text("crowd.beyond"), head, rows),
        citations("crowd-beyond", ("multiplier.cannot-rescue", "paper.below-bar-cap"), ("floor_marks_far_below",)),
    )
