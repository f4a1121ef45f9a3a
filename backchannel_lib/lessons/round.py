"""The round: a file, a vote, the links one by one, the room beside the article, the rule, and one slider; then the next file.

Where a session stands is one value that never changes, so undo, going back, and going on after a crash are the same thing: an
earlier value. It is written to this machine after every act (`backchannel_lib.workshop_record`). Votes from phones are
counted by a process of their own (`backchannel_lib.votes`); this module only reads the counts, and goes on without them.
"""

from __future__ import annotations

import functools
import itertools
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from backchannel_lib import workshop_record as record
from backchannel_lib.activity import Act, Activity, Message
from backchannel_lib.case import Case
from backchannel_lib.controls import button, number_box, select
from backchannel_lib.deck import draw, link_order, load_topics, vignettes
from backchannel_lib.errors import CaseError, nearest
from backchannel_lib.lesson_tables import PartRow
from backchannel_lib.lessons.desk import SECONDS
from backchannel_lib.lessons.file_sheet import file_sheet
from backchannel_lib.lessons.form import whole
from backchannel_lib.lessons.frame import frame, opening, place, still_of
from backchannel_lib.lessons.phones import Phones
from backchannel_lib.lessons.scenes import span
from backchannel_lib.markup import Markup, join, tag
from backchannel_lib.pieces import basis, lines_of, paired, table
from backchannel_lib.run_plans import load_run_plans, vignettes_of
from backchannel_lib.session import SCORES, Session
from backchannel_lib.soap_rule import rules_check
from backchannel_lib.tables import STAGES, load_controls
from backchannel_lib.verdict import Judgment, Verdict, judge
from backchannel_lib.view import control, fast_parts, held_down, slider_ends
from backchannel_lib.words import say

STEPS: Final = ("setup", "file", "vote", "links", "spread", "rules", "what_if")
MOST_VOTES: Final = 999
NOBODY: Final = (0,) * len(Verdict)
PLANS: Final = ("", *(row.plan for row in load_run_plans()))
TOPICS: Final = ("", *(row.topic for row in load_topics()))
FORWARD: Final = "ArrowRight PageDown"
BACK: Final = "ArrowLeft PageUp"

Votes = tuple[int, ...]


def vote_field(verdict: Verdict) -> str:
    """Name the field in which the votes for a verdict stand.

    Args:
        verdict: The verdict.

    Returns:
        The field.

    Source:
        ours.

    Examples:
        >>> vote_field(Verdict.MAYBE)
        'votes_maybe'
    """
    return f"votes_{verdict.name.lower()}"


class Played(NamedTuple):
    """One round that is over.

    Args:
        vignette: The file that was on screen.
        votes: The hands for each verdict, lowest first.
        phones: The phones' votes for each verdict.
    """

    vignette: str
    votes: Votes
    phones: Votes


class Show(NamedTuple):
    """Where a session stands.

    Args:
        step: One of ``STEPS``.
        vignette: The file on screen; blank before the first.
        shown: How many links are revealed.
        votes: The hands for each verdict, lowest first.
        phones: The phones' votes for each verdict.
        case: The case as the slider has moved it.
        played: The rounds that are over.
        plan: The run plan whose files come one after the other; blank to draw freely.
        topic: What files are drawn from without a plan; blank for all.
        difficulty: What files are drawn from; 0 for all.
        seed: The number of the draw.
        people: How many people are in the room.
        came: The step from which the menu was opened; blank where it was not.
    """

    step: str = "setup"
    vignette: str = ""
    shown: int = 0
    votes: Votes = NOBODY
    phones: Votes = NOBODY
    case: Case | None = None
    played: tuple[Played, ...] = ()
    plan: str = "standard"
    topic: str = ""
    difficulty: int = 0
    seed: int = 1
    people: int = 40
    came: str = ""

    @property
    def counted(self) -> Votes:
        """Hands and phones together, for each verdict, lowest first."""
        return tuple(hands + phones for hands, phones in zip(self.votes, self.phones, strict=True))


class Round(Activity[Show]):
    """A session before a room, round by round.

    Args:
        part: Its row in data/parts.csv.

    Source:
        data/vignettes.csv, paper.ninety-seconds.
    """

    def __init__(self, part: PartRow) -> None:
        super().__init__(part.part, Show())
        self.part = part
        self.phones = Phones()
        self._session = secrets.token_hex(4)
        self._left = SECONDS
        self._paused = False  # a session that was brought back waits until the room is ready
        self._trouble = ""
        self._looked = False

    # ---- where it stands ----

    @property
    def case(self) -> Case:
        """The case of the file on screen, as the vignette tells it."""
        return vignettes()[self.state.vignette].case

    @staticmethod
    def _judgment(state: Show) -> Judgment:
        return judge(vignettes()[state.vignette].case)

    @staticmethod
    def _links(state: Show) -> tuple[str, ...]:
        return link_order(Round._judgment(state))

    def round_id(self, state: Show) -> str:
        """Name a round, so that a late vote for another one is known, and one for another session too."""
        return f"{self._session}-{len(state.played) + 1}-{state.vignette}"

    # ---- acts ----

    def acts(self) -> dict[str, Act]:
        """Give what the buttons, the clock and the looks at the phones do."""
        return {
            "next": self._next,
            "back": self._back,
            "open_file": self._open_file,
            "tap": self._tap,
            "choose": self._menu,
            "again": self._again,
            "fresh": self._fresh,
            "time_up": self._time_up,
            "beat": self._beat,
            "look": self._look,
            "table": self._table_file,
            "phones_ask": self._phones_ask,
            "phones_open": self._phones_open,
            "phones_close": self._phones_close,
        }

    def _to(self, state: Show, focus: str = "head") -> Message:
        if state.vignette != self.state.vignette:
            self._left, self._paused = SECONDS, False
        self.go(state)
        return {"focus": focus, "values": self.values(self.state)}

    def _menu(self, _: object) -> Message:
        """Open the menu, from which → leads back to where it was opened."""
        if self.state.step == "setup":
            return {}
        return self._to(self.state._replace(step="setup", came=self.state.step))

    def _next(self, _: object) -> Message:
        state = self.state
        match state.step:
            case "setup":
                return self._to(state._replace(step=state.came or "file", came="")) if state.vignette else self._drawn()
            case "links" if state.shown < len(STAGES):
                return self._to(state._replace(shown=state.shown + 1), focus="link")
            case "what_if":
                return self._drawn()
        following = STEPS[STEPS.index(state.step) + 1]
        if state.step == "vote":
            state = state._replace(phones=self.phones.counts(self.round_id(state)) or state.phones)
        shown = {"links": 1}.get(following, state.shown)
        told = self._to(state._replace(step=following, shown=shown, case=None))
        if following == "links" and not sum(state.counted):
            told["notice"] = say("round.nobody_voted")
        return told

    def _back(self, _: object) -> Message:
        state = self.state
        match state.step:
            case "setup":
                return self._next({}) if state.vignette else {"notice": say("round.first")}
            case "links" if state.shown > 1:
                return self._to(state._replace(shown=state.shown - 1), focus="link")
        return self._to(state._replace(step=STEPS[STEPS.index(state.step) - 1], case=None))

    def _drawn(self) -> Message:
        """Draw the next file, and put the round that is over with the others."""
        state = self._over(self.state)
        played = {one.vignette for one in state.played} | ({state.vignette} - {""})
        left = [name for name in self._files(state) if name not in played]
        if not left:
            return {"notice": say("round.plan_done" if state.plan else "round.none_left")}
        return self._to(_opened(state, left[0]))

    @staticmethod
    def _files(state: Show) -> tuple[str, ...]:
        """List the files that come one after the other: those of the plan, or a free draw."""
        if state.plan:
            return tuple(vignettes_of(state.plan, state.seed).values())
        return draw(state.topic, state.difficulty, state.seed)

    @staticmethod
    def _over(state: Show) -> Show:
        """Put the file on screen with the rounds that are over, if the room has seen its answer."""
        if not state.vignette or not (state.shown or sum(state.counted)):
            return state
        return state._replace(played=(*state.played, Played(state.vignette, state.votes, state.phones)))

    def _open_file(self, message: Mapping[str, Any]) -> Message:
        name = str(message["value"])
        if name not in vignettes():
            raise CaseError("vignette", "level", name, levels=nearest(name, vignettes()))
        return self._to(_opened(self._over(self.state), name))

    def _tap(self, message: Mapping[str, Any]) -> Message:
        """Count one more hand."""
        if self.state.step != "vote":
            return {}
        place = [verdict.name.lower() for verdict in Verdict].index(str(message["value"]))
        votes = list(self.state.votes)
        votes[place] = min(MOST_VOTES, votes[place] + 1)
        self.go(self.state._replace(votes=tuple(votes)))
        return {}

    def _again(self, _: object) -> Message:
        self.go(self.state._replace(case=None))
        return {"values": self.values(self.state), "notice": say("scene.is_again")}

    def _fresh(self, _: object) -> Message:
        """Begin a new session; what there was of the old one is put aside, and nothing is deleted."""
        aside = record.set_aside()
        self.phones.forget()
        self._session = secrets.token_hex(4)
        now = self.state
        self._to(Show(plan=now.plan, topic=now.topic, difficulty=now.difficulty, people=now.people))
        told = say("round.set_aside", name=aside) if aside else say("round.is_fresh")
        return {"notice": told, "values": self.values(self.state), "focus": "head"}

    def _time_up(self, message: Mapping[str, Any]) -> Message:
        """Say so and change nothing: a director would have moved on, and the room need not."""
        if self.state.step not in {"file", "vote"} or message["value"] != self._clock(self.state)["id"]:
            return {}
        self._left = 0
        self._keep()
        return {"notice": say("round.time_up")}

    def _beat(self, message: Mapping[str, Any]) -> Message:
        """Take down how far the clock is."""
        left = message["left"]
        if message["value"] == self._clock(self.state)["id"] and isinstance(left, int) and 0 <= left <= SECONDS:
            self._left = left
            self._keep()
        return {}

    def _table_file(self, _: object) -> Message:
        name = f"{record.NAME}.csv"
        return {"file": {"name": name, "text": record.as_csv(*self._table())}, "notice": say("panel.saved", name=name)}

    # ---- phones ----

    def _look(self, _: object) -> Message:
        """See what the phones have said since; this is no step that undo takes back."""
        if self.state.step != "vote" or self.phones.state != "on":
            return {}
        counts = self.phones.counts(self.round_id(self.state))
        if self.phones.state == "lost":
            return {"notice": say("phones.lost")}
        if counts and counts != self.state.phones:
            self._now = self.state._replace(phones=counts)
            self._keep()
        return {}

    def _phones_ask(self, _: object) -> Message:
        self.phones.ask()
        return {"focus": "phones"}

    def _phones_open(self, message: Mapping[str, Any]) -> Message:
        told = self.phones.open(str(message["value"] or ""))
        self._ask_phones(self.state)
        self._keep()
        return {"notice": told, "focus": "phones"} if told else {"focus": "phones"}

    def _phones_close(self, _: object) -> Message:
        self.phones.close()
        self._keep()
        return {"notice": say("phones.closed"), "focus": "phones"}

    def _ask_phones(self, state: Show) -> None:
        """Put the vote before the phones while it is open here, and close it when it is not."""
        if state.step == "vote":
            title = say(f"vignette.{state.vignette}.title")
            self.phones.put(self.round_id(state), title, [(one.name.lower(), one.words) for one in Verdict])
        else:
            self.phones.rest()

    # ---- keeping ----

    def go(self, to: Show, *, field: str | None = None) -> None:
        """Move on, keep the session, and open or close the vote."""
        before = self.state
        super().go(to, field=field)
        self._moved(before)

    def undo(self) -> bool:
        """Take the last change back, and keep the session as it is then."""
        before = self.state
        done = super().undo()
        if done:
            self._moved(before)
        return done

    def _moved(self, before: Show) -> None:
        if self.state == before:
            return
        if self.state.vignette != before.vignette:
            self._left, self._paused = SECONDS, False
        self._ask_phones(self.state)
        self._keep()

    def _keep(self) -> None:
        """Write the session to this machine; where that fails, the round goes on and a line stands on screen."""
        kept = {"id": self._session, "session": to_record(self.state), "clock": self._left, "phones": self.phones.kept()}
        try:
            record.save(kept, *self._table())
        except CaseError as error:
            self._trouble = say("round.not_kept", problem=str(error))
        else:
            self._trouble = ""

    def _hello(self, message: Mapping[str, Any]) -> Message:
        """A screen is new. The first one finds the session that was kept, and goes on where it was."""
        told = ""
        if not self._looked:
            self._looked = True
            told = self._found(record.load())
        return {**super()._hello(message), **({"notice": told} if told else {})}

    def _found(self, found: record.Found) -> str:
        problem = say(found.problem, name=found.aside) if found.problem else ""
        if found.record is None or self.state != self._start:
            return problem
        try:
            state = from_record(found.record["session"])
        except (CaseError, KeyError):
            return say("record.broken", name=record.set_aside())
        self._session = str(found.record.get("id", self._session))
        left = found.record.get("clock")
        self._left = left if isinstance(left, int) and 0 <= left <= SECONDS else SECONDS
        self._paused = True
        self.phones.bring(found.record.get("phones"))
        if state == self._start:
            return problem
        self._now = state
        back = say("round.brought_back", number=len(state.played) + 1, saved=found.saved.replace("T", " ")[:16])
        return f"{problem} {back}".strip()

    # ---- controls ----

    def fields(self) -> Iterable[str]:
        """Name the controls: what is drawn from, the votes, and the one slider."""
        return ("plan", "topic", "difficulty", "seed", "people", *map(vote_field, Verdict), *what_if_fields())

    def label(self, field: str) -> str:
        """Give a control's label."""
        for verdict in Verdict:
            if field == vote_field(verdict):
                return say("round.votes_for", verdict=verdict.words)
        return say(f"round.field.{field}") if field in Show._fields else say(f"field.{field}.label")

    def positions(self, field: str) -> Iterable[Any]:
        """List the positions of the one slider, where they are few enough to answer ahead."""
        if field in what_if_fields() and self.state.step == "what_if":
            return self._inner().positions(field)
        return ()

    def _inner(self) -> Session:
        """Make a session of the case as it stands, which knows what a move of a control does."""
        return Session(self.state.case or self.case)

    def moved(self, field: str, value: object) -> Show:
        """Tell where a move of one control leads."""
        state = self.state
        for verdict in Verdict:
            if field == vote_field(verdict):
                count = whole(field, 0, MOST_VOTES, 0).read(0 if str(value).strip() == "" else value)
                return state._replace(votes=(*state.votes[:verdict], count, *state.votes[verdict + 1 :]))
        match field:
            case "plan":
                return state._replace(plan=_one_of(field, value, PLANS))
            case "topic":
                return state._replace(topic=_one_of(field, value, TOPICS))
            case "difficulty":
                return state._replace(difficulty=whole(field, 0, 3, 0).read(value or 0))
            case "seed":
                return state._replace(seed=whole(field, 1, 9999, 1).read(value))
            case "people":
                return state._replace(people=whole(field, 1, MOST_VOTES, 40).read(value))
        if field in what_if_fields() and state.step == "what_if" and state.vignette:
            return state._replace(case=self._inner().moved(field, value).case)
        raise CaseError(field, "unknown_field", value, known=nearest(field, self.fields()))

    def values(self, state: Show) -> dict[str, Any]:
        """Give what stands in the controls, and the session as text."""
        case = state.case or (vignettes()[state.vignette].case if state.vignette else Case())
        moved = {name: value for name, value in case.to_record().items() if name in what_if_fields()}
        votes = {vote_field(verdict): count for verdict, count in zip(Verdict, state.votes, strict=True)}
        drawn = {
            "plan": state.plan,
            "topic": state.topic,
            "difficulty": state.difficulty,
            "seed": state.seed,
            "people": state.people,
        }
        return {**drawn, **votes, **moved, "session": json.dumps(to_record(state))}

    def loaded(self, text: str) -> Show:
        """Read what `values` gave."""
        try:
            return from_record(json.loads(json.loads(text)["session"]))
        except (ValueError, KeyError, TypeError):
            raise CaseError(self.key, "not_json", text[:40]) from None

    # ---- what is on screen ----

    def about(self, state: Show) -> dict[str, Any]:
        """Tell what is in sight, the clock, and which control is the one slider."""
        shown = ["plan", *([] if state.plan else ["topic", "difficulty"]), "seed", "people", *map(vote_field, Verdict)]
        if state.step == "what_if":
            shown.append(vignettes()[state.vignette].row.what_if)
        told: dict[str, Any] = {"open": self._open(state), "shown": shown, "clock": self._clock(state)}
        if state.vignette:
            case = state.case or vignettes()[state.vignette].case
            told["ends"] = {name: slider_ends(case, name) for name in SCORES if name in what_if_fields()}
        return told

    def _open(self, state: Show) -> list[str]:
        phones = [f"phones_{self.phones.state}"] if state.step in {"setup", "vote"} else []
        timed = ["clock"] if state.step in {"file", "vote"} else []
        begun = ["begun"] if state.step == "setup" and state != self._start else []
        return [state.step, *timed, *phones, *begun, *([] if state.step == "setup" else ["round"])]

    def _clock(self, state: Show) -> dict[str, Any]:
        """Tell which clock runs; it stands still outside file and vote, and after a session was brought back."""
        runs = state.step in {"file", "vote"}
        run = runs and not self._paused
        return {"id": f"clock-{self.round_id(state)}", "seconds": SECONDS, "left": self._left, "run": run}

    def parts(self, state: Show) -> dict[str, str]:
        """Give what this step shows; of an answer only what the room has been shown."""
        at = STEPS.index(state.step)
        blank = dict.fromkeys(
            ("file", "story", "brief", "tally", "links", "told", "spread", "rules", "what", "note", "log", "trouble"), ""
        )
        parts = {**blank, "head": self._head(state), "nav": self._nav(state), "trouble": self._trouble}
        parts |= {f"bar.{verdict.name.lower()}": "" for verdict in Verdict}
        parts |= self.phones.parts(state.people) if state.step in {"setup", "vote"} else self.phones.blank()
        if state.step == "setup":
            parts["log"] = self._log(state)
        elif at <= STEPS.index("vote"):
            parts |= self._asked(state)
        else:
            parts |= self._answered(state)
        parts["spoken"] = self._spoken(state, parts)
        return parts

    def _asked(self, state: Show) -> dict[str, str]:
        case = vignettes()[state.vignette].case
        return {
            "file": file_sheet(case, say("round.sheet")) if state.step == "file" else "",
            "story": _story(state.vignette) if state.step == "file" else "",
            "brief": tag("p", say(f"vignette.{state.vignette}.contact")) if state.step == "vote" else "",
            "tally": self._tally(state) if state.step == "vote" else "",
            **({f"bar.{name}": bar for name, bar in self._bars(state)} if state.step == "vote" else {}),
        }

    def _answered(self, state: Show) -> dict[str, str]:
        judgment = self._judgment(state)
        whole_chain = state.step != "links" or state.shown == len(STAGES)
        parts = {"note": self._note(state) if whole_chain else ""}
        match state.step:
            case "links":
                parts |= {"links": self._chain(state, judgment), "told": _told(judgment) if whole_chain else ""}
            case "spread":
                parts |= {"told": _told(judgment, line=True), "spread": self._spread(state, judgment)}
            case "rules":
                parts |= {"rules": fast_parts(judgment.case)["rules"], "told": _told(judgment, line=True)}
            case "what_if":
                parts["what"] = self._what(state, judgment)
        return parts

    def _head(self, state: Show) -> Markup:
        if state.step == "setup":
            return join(say("round.setup"))
        title = say(f"vignette.{state.vignette}.title")
        return join(
            tag("span", say("round.number", number=len(state.played) + 1), class_="bw-round-number"),
            " ",
            tag("b", title),
            " ",
            tag("span", say(f"round.step.{state.step}"), class_="bw-round-step"),
        )

    def _nav(self, state: Show) -> Markup:
        onward = {
            "setup": "round.go_on" if state.vignette else "round.draw",
            "links": "round.next_link" if state.shown < len(STAGES) else "round.to_spread",
        }.get(state.step, f"round.from.{state.step}")
        return join(
            button(say(onward), "next", key=FORWARD, hint="→"),
            button(say("scene.back"), "back", key=BACK, hint="←") if state.step != "setup" else None,
            button(say("round.choose"), "choose", key="m", hint="M") if state.step != "setup" else None,
            button(say("scene.again"), "again") if state.step == "what_if" else None,
        )

    def _tally(self, state: Show) -> str:
        return say("round.tally", voted=sum(state.counted), people=state.people)

    def _bars(self, state: Show) -> Iterator[tuple[str, Markup]]:
        most = max(*state.counted, 1)
        for verdict, hands, phones in zip(Verdict, state.votes, state.phones, strict=True):
            name = verdict.name.lower()
            more = say("round.and_phones", count=phones) if phones else ""
            yield name, join(_bar(hands + phones, most), tag("span", more, class_="bw-small") if more else None)

    def _chain(self, state: Show, judgment: Judgment) -> Markup:
        order = self._links(state)
        items = []
        for number, stage in enumerate(order):
            name = say(f"stage.{stage}.name")
            if number >= state.shown:
                items.append(tag("li", tag("b", name), " ", tag("span", "?", class_="bw-cap"), class_="bw-link bw-link-hidden"))
                continue
            reason = judgment.reasons[STAGES.index(stage)]
            weakest = stage in judgment.binding and judgment.verdict is not max(Verdict) and state.shown == len(STAGES)
            items.append(
                tag(
                    "li",
                    tag(
                        "div",
                        tag("b", name),
                        tag("span", "◆ ", say("card.weakest"), class_="bw-badge bw-badge-weak") if weakest else None,
                        tag("span", say("card.allows", verdict=reason.cap.words), class_="bw-cap"),
                        class_="bw-link-head",
                    ),
                    tag("p", reason.words) if number == state.shown - 1 or state.shown == len(STAGES) else None,
                    class_="bw-link" + (" bw-link-weak" if weakest else ""),
                )
            )
        return tag("ol", items, class_="bw-stage-chain")

    def _spread(self, state: Show, judgment: Judgment) -> Markup:
        most = max(*state.counted, 1)
        rows = []
        for verdict, count in zip(Verdict, state.counted, strict=True):
            here = verdict is judgment.verdict
            rows.append(
                tag(
                    "tr",
                    tag("th", verdict.words, scope="row"),
                    tag("td", count, class_="bw-count-cell"),
                    tag("td", _bar(count, most), tag("b", "◀ ", say("round.article"), class_="bw-here") if here else None),
                    class_="bw-spread-here" if here else None,
                )
            )
        head = [tag("th", say(f"round.column.{name}"), scope="col") for name in ("verdict", "votes", "bar")]
        return join(
            tag(
                "table",
                tag("caption", say("round.spread_caption"), class_="bw-hidden"),
                tag("thead", tag("tr", head), class_="bw-hidden"),
                tag("tbody", rows),
                class_="bw-spread",
            ),
            tag("p", spread_sentence(state.counted, judgment.verdict), class_="bw-kind"),
        )

    def _what(self, state: Show, judgment: Judgment) -> Markup:
        now = judge(state.case or judgment.case)
        same = say("round.what_same") if now.verdict is judgment.verdict else ""
        moved = say("round.what_moved", before=judgment.verdict.words, after=now.verdict.words)
        rule = rules_check(now.case)
        return join(
            tag("p", now.verdict.words, class_="bw-verdict-name"),
            tag("p", now.verdict.sentence, class_="bw-verdict-sentence"),
            tag("p", held_down(now), class_="bw-held"),
            tag("p", same or moved, class_="bw-kind"),
            tag("p", say("rules.title"), ": ", tag("b", rule.words, data_answer=rule.answer), class_="bw-rule-line"),
        )

    def _note(self, state: Show) -> Markup:
        """Write what the facilitator may want at hand, folded, since the room sees it too."""
        row = vignettes()[state.vignette].row
        return tag(
            "details",
            tag("summary", say("round.note")),
            paired((say("round.discuss"), say(f"vignette.{row.vignette}.discuss"))),
            tag("p", say(f"vignette.{row.vignette}.why")),
            tag("p", tag("b", say("round.for_you")), " ", say(f"vignette.{row.vignette}.note")),
            basis(f"vignette-{row.vignette}", row.claims, (row.ours,) if row.ours else ()),
            class_="bw-basis",
            data_keep="note",
        )

    def _log(self, state: Show) -> Markup:
        """Write the session so far, and the deck to choose from."""
        head, rows = _log_rows(state)
        played = {one.vignette for one in state.played} | ({state.vignette} - {""})
        deck, files = vignettes(), self._files(state)
        others = [name for name in deck if name not in files] if state.plan else []
        listed = [
            tag(
                "li",
                button(say(f"vignette.{name}.title"), "open_file", name),
                " ",
                tag(
                    "span",
                    say("round.of_deck", topic=say(f"topic.{deck[name].row.topic}"), difficulty=deck[name].row.difficulty),
                    class_="bw-small",
                ),
                tag("span", " ✓ ", say("round.was_played"), class_="bw-small") if name in played else None,
            )
            for name in (*files, *others)
        ]
        return join(
            join(tag("h4", say("round.so_far")), tag("div", table(say("round.so_far"), head, rows), class_="bw-numbers"))
            if rows
            else None,
            tag(
                "details",
                tag("summary", say("round.deck", count=len(listed))),
                tag("ul", listed, class_="bw-deck"),
                data_keep="deck",
            ),
        )

    def _table(self) -> tuple[list[str], list[list[object]]]:
        """Give the session as a table for a file: a row for each round whose vote was seen."""
        head = [
            "round",
            "vignette",
            "title",
            "article",
            "rule",
            *(one.name.lower() for one in Verdict),
            "from_phones",
            "people",
        ]
        rows: list[list[object]] = []
        for number, one in enumerate(_seen(self.state), start=1):
            judgment = judge(vignettes()[one.vignette].case)
            total = [hands + phones for hands, phones in zip(one.votes, one.phones, strict=True)]
            rows.append(
                [
                    number,
                    one.vignette,
                    say(f"vignette.{one.vignette}.title"),
                    judgment.verdict.name.lower(),
                    rules_check(judgment.case).answer,
                    *total,
                    sum(one.phones),
                    self.state.people,
                ]
            )
        return head, rows

    def _spoken(self, state: Show, parts: Mapping[str, str]) -> str:
        if state.step == "vote":
            return parts["tally"]
        if state.step == "links":
            stage = self._links(state)[state.shown - 1]
            reason = self._judgment(state).reasons[STAGES.index(stage)]
            return f"{say(f'stage.{stage}.name')}. {say('card.allows', verdict=reason.cap.words)}. {reason.words}"
        if state.step == "spread":
            return spread_sentence(state.counted, self._judgment(state).verdict)
        if state.step == "what_if":
            return fast_parts(state.case or self._judgment(state).case)["spoken"]
        return ""

    # ---- the page ----

    def page(self) -> str:
        """Give the whole page."""
        parts, now = self.parts(self.state), self._open(self.state)
        plans = [(plan, say(f"run_plan.{plan}.title") if plan else say("round.no_plan")) for plan in (*PLANS[1:], "")]
        topics = [(topic, say(f"topic.{topic}") if topic else say("round.any")) for topic in TOPICS]
        levels = [(0, say("round.any")), *((level, say(f"round.level.{level}")) for level in (1, 2, 3))]
        return frame(
            self.part,
            tag(
                "div",
                place("head", parts["head"], "h3", class_="bw-round-head"),
                place("tally", parts["tally"], "p", class_="bw-tally"),
                self._dial(now),
                class_="bw-round-top",
            ),
            place("trouble", parts["trouble"], "p", class_="bw-trouble", role="alert"),
            opening(
                "setup",
                now,
                tag(
                    "div",
                    select("plan", say("round.field.plan"), plans, self.state.plan),
                    select("topic", say("round.field.topic"), topics, self.state.topic),
                    select("difficulty", say("round.field.difficulty"), levels, self.state.difficulty),
                    number_box("people", say("round.field.people"), self.state.people),
                    number_box("seed", say("round.field.seed"), self.state.seed),
                    class_="bw-cells",
                ),
            ),
            opening(
                "file",
                now,
                place("file", parts["file"], class_="bw-file-facts"),
                place("story", parts["story"], class_="bw-story"),
                class_="bw-sheet bw-file-sheet",
            ),
            tag(
                "div",
                opening("vote", now, tag("ol", [self._row(verdict, parts) for verdict in Verdict], class_="bw-votes")),
                tag(
                    "div",
                    opening("vote", now, place("brief", parts["brief"]), class_="bw-brief"),
                    self.phones.page(now, parts),
                    class_="bw-phones",
                ),
                class_="bw-ballot",
            ),
            opening("links", now, place("links", parts["links"])),
            opening(
                "round",
                now,
                place("told", parts["told"], class_="bw-told-verdict"),
                class_="bw-told-place",
            ),
            opening("spread", now, place("spread", parts["spread"])),
            opening(
                "rules",
                now,
                tag(
                    "section", tag("p", say("rules.voice"), class_="bw-voice"), place("rules", parts["rules"]), class_="bw-rule"
                ),
            ),
            opening(
                "what_if",
                now,
                tag(
                    "div",
                    [control(row, Case(), shown=False) for row in load_controls() if row.field in what_if_fields()],
                    class_="bw-controls",
                ),
                tag("section", tag("p", say("card.voice"), class_="bw-voice"), place("what", parts["what"]), class_="bw-card"),
                class_="bw-what-if",
            ),
            place("nav", parts["nav"], class_="bw-toolbar bw-nav"),
            opening("round", now, place("note", parts["note"])),
            opening(
                "setup",
                now,
                opening(
                    "begun",
                    now,
                    button(say("round.table_file"), "table"),
                    button(say("round.fresh"), "fresh"),
                    class_="bw-toolbar bw-alike",
                ),
                place("log", parts["log"], class_="bw-spaced"),
                tag("p", say("round.kept_where"), class_="bw-small"),
                tag("p", say("round.keys"), class_="bw-small"),
                class_="bw-spaced",
            ),
            look="bw-round",
        )

    @staticmethod
    def _row(verdict: Verdict, parts: Mapping[str, str]) -> Markup:
        name, key = verdict.name.lower(), str(int(verdict) + 1)
        return tag(
            "li",
            button(
                verdict.words,
                "tap",
                name,
                key=key,
                hint=key,
                name=say("round.one_more", verdict=verdict.words, key=key),
            ),
            number_box(vote_field(verdict), say("round.votes_for", verdict=verdict.words), 0, bare=True),
            place(f"bar.{name}", parts[f"bar.{name}"], class_="bw-bar-place"),
        )

    @staticmethod
    def _dial(now: list[str]) -> Markup:
        return opening(
            "clock",
            now,
            tag("span", class_="bw-clock-face", data_clock_face=True, role="timer", aria_label=say("round.clock")),
            clock_button(say("desk.pause"), "pause"),
            clock_button(say("desk.go"), "go", hidden=True),
            class_="bw-round-clock",
            data_clock="on",
            data_beats=True,
            role="group",
            aria_label=say("round.clock"),
        )

    def still(self) -> str:
        """Give title, lead and the keys, for a notebook that has not been run."""
        return still_of(self.part, tag("p", say("round.keys")))

    @property
    def text(self) -> str:
        """The title, and where the session stands."""
        state = self.state
        lines = [say(f"part.{self.part.part}.title"), say(f"round.step.{state.step}")]
        if state.vignette:
            lines.append(say(f"vignette.{state.vignette}.title"))
            lines.append(say(f"vignette.{state.vignette}.contact"))
        if STEPS.index(state.step) >= STEPS.index("spread"):
            lines.append(spread_sentence(state.counted, self._judgment(state).verdict))
        if state.step == "what_if":
            lines.append(judge(state.case or self.case).verdict.words)
        return "\n".join([*lines, say("round.keys")])

    def tour(self) -> str:
        """Play every vignette of the deck as a room would, and tell each outcome; nothing of it is kept."""
        lines = []
        for name, one in vignettes().items():
            judgment = judge(one.case)
            order = [say(f"stage.{stage}.name") for stage in link_order(judgment)]
            lines.append(
                say(
                    "scene.tour",
                    title=say(f"vignette.{name}.title"),
                    verdict=judgment.verdict.words,
                    held=held_down(judgment),
                    answer=rules_check(one.case).words,
                )
            )
            lines.append(f"   {', '.join(order)}; {', '.join(lines_of(claim) for claim in one.row.claims)}")
            lines.append(f"   {say(f'field.{one.row.what_if}.label')}: {_sweep(one.case, one.row.what_if)}")
        return "\n".join(lines)


def clock_button(text: str, does: str, *, hidden: bool = False) -> Markup:
    """Write a button of the clock, which the page works by itself.

    Args:
        text: What stands on it.
        does: ``pause`` or ``go``.
        hidden: Whether it is out of sight.

    Returns:
        HTML.

    Source:
        ours.

    Examples:
        >>> 'data-key="c"' in clock_button("Pause", "pause")
        True
    """
    hint = tag("kbd", "C", class_="bw-key", aria_hidden="true")
    return tag("button", text, hint, type="button", data_clock_do=does, data_key="c", aria_keyshortcuts="c", hidden=hidden)


@functools.cache
def what_if_fields() -> tuple[str, ...]:
    """Name the fields that some vignette moves, in the order of the controls.

    Returns:
        Fields of a case.

    Source:
        data/vignettes.csv.

    Examples:
        >>> "score" in what_if_fields()
        True
    """
    used = {one.row.what_if for one in vignettes().values()}
    return tuple(row.field for row in load_controls() if row.field in used)


def _opened(state: Show, vignette: str) -> Show:
    """Put a file on screen, with no vote, no answer and nothing moved."""
    return state._replace(step="file", vignette=vignette, shown=0, votes=NOBODY, phones=NOBODY, case=None, came="")


def _story(vignette: str) -> Markup:
    return join(
        tag("p", say(f"vignette.{vignette}.file")),
        tag("p", tag("b", say("round.contact")), " ", say(f"vignette.{vignette}.contact")),
    )


def _told(judgment: Judgment, *, line: bool = False) -> Markup:
    """Write the verdict large, with its sentence or in one line."""
    name = tag("p", judgment.verdict.words, class_="bw-verdict-name")
    voice = tag("p", say("card.title"), class_="bw-voice")
    return tag("div", voice, name, class_="bw-told-line") if line else join(voice, name, tag("p", judgment.verdict.sentence))


def _bar(count: int, most: int) -> Markup:
    return tag("span", class_="bw-bar", style=f"width: calc({count} / {most} * var(--bw-bar, 100%))", aria_hidden="true")


def _seen(state: Show) -> list[Played]:
    """List the rounds whose vote is over, the one on screen with them once its answer is being told."""
    seen = list(state.played)
    if state.vignette and state.shown:
        seen.append(Played(state.vignette, state.votes, state.phones))
    return seen


def _log_rows(state: Show) -> tuple[list[str], list[tuple[object, ...]]]:
    head = [say(f"round.log.{name}") for name in ("file", "article", "same", "rule")]
    rows: list[tuple[object, ...]] = []
    for number, one in enumerate(_seen(state), start=1):
        judgment = judge(vignettes()[one.vignette].case)
        counted = [hands + phones for hands, phones in zip(one.votes, one.phones, strict=True)]
        rows.append(
            (
                f"{number}. {say(f'vignette.{one.vignette}.title')}",
                judgment.verdict.words,
                say("round.same_of", same=counted[judgment.verdict], total=sum(counted)),
                rules_check(judgment.case).words,
            )
        )
    return head, rows


def spread_sentence(votes: Votes, verdict: Verdict) -> str:
    """Say in a sentence how a room's votes lie beside the article's verdict.

    Args:
        votes: The votes for each verdict, lowest first.
        verdict: The article's verdict.

    Returns:
        The sentence.

    Source:
        ours.

    Examples:
        >>> "1 of 3" in spread_sentence((0, 0, 1, 2, 0, 0, 0, 0, 0), Verdict.SKIMMED)
        True
    """
    total = sum(votes)
    if not total:
        return say("round.spread_nobody", verdict=verdict.words)
    above = sum(count for place, count in zip(Verdict, votes, strict=True) if place > verdict)
    below = sum(count for place, count in zip(Verdict, votes, strict=True) if place < verdict)
    return say("round.spread_sentence", same=votes[verdict], total=total, verdict=verdict.words, hopeful=above, sober=below)


def _sweep(case: Case, field: str) -> str:
    """Tell the verdict at every position of one control, positions of the same verdict together."""
    inner = Session(case)
    told = ((value, judge(inner.moved(field, value).case).verdict.words) for value in inner.positions(field))
    runs = itertools.groupby(told, lambda pair: pair[1])
    return "; ".join(f"{span(field, [value for value, _ in run])}: {verdict}" for verdict, run in runs)


# ---- a session as a record ----


def to_record(state: Show) -> dict[str, Any]:
    """Write where a session stands as what JSON can hold.

    Args:
        state: Where it stands.

    Returns:
        The record, which `from_record` reads.

    Source:
        ours.

    Examples:
        >>> from_record(to_record(Show(people=12))).people
        12
    """
    return {
        **state._asdict(),
        "votes": list(state.votes),
        "phones": list(state.phones),
        "case": state.case.to_record() if state.case else None,
        "played": [{"vignette": one.vignette, "votes": list(one.votes), "phones": list(one.phones)} for one in state.played],
    }


def from_record(value: object) -> Show:
    """Read where a session stands; what is not valid is refused whole, so that nothing is shown that never was.

    Args:
        value: What `to_record` gave.

    Returns:
        The state.

    Raises:
        CaseError: It is no such record.

    Source:
        ours.

    Examples:
        >>> from_record({"step": "setup"}).seed
        1
    """
    if not isinstance(value, Mapping):
        raise CaseError("session", "mapping", value)
    start, known = Show(), vignettes()
    played = value.get("played", [])
    if not isinstance(played, list) or not all(isinstance(one, Mapping) for one in played):
        raise CaseError("session", "not_a_record", played)
    over = tuple(
        Played(_one_of("vignette", one.get("vignette"), known), _votes(one.get("votes")), _votes(one.get("phones", [*NOBODY])))
        for one in played
    )
    vignette = value.get("vignette", "")
    step = _one_of("step", value.get("step", start.step), STEPS)
    if vignette != "" or step != "setup":
        vignette = _one_of("vignette", vignette, known)
    case = value.get("case")
    return Show(
        step=step,
        vignette=vignette,
        shown=whole("shown", 0, len(STAGES), 0).read(value.get("shown", 0)) or (1 if step == "links" else 0),
        votes=_votes(value.get("votes", [*NOBODY])),
        phones=_votes(value.get("phones", [*NOBODY])),
        case=Case.from_record(case) if isinstance(case, Mapping) and vignette else None,
        played=over,
        plan=_one_of("plan", value.get("plan", start.plan), PLANS),
        topic=_one_of("topic", value.get("topic", ""), TOPICS),
        difficulty=whole("difficulty", 0, 3, 0).read(value.get("difficulty", 0)),
        seed=whole("seed", 1, 9999, 1).read(value.get("seed", 1)),
        people=whole("people", 1, MOST_VOTES, 40).read(value.get("people", 40)),
        came=_one_of("came", value.get("came", ""), ("", *STEPS[1:])) if step == "setup" and vignette else "",
    )


def _one_of(field: str, value: object, known: Iterable[str]) -> str:
    names = list(known)
    if value not in names:
        raise CaseError(field, "level", value, levels=nearest(str(value), names))
    return str(value)


def _votes(value: object) -> Votes:
    if not isinstance(value, list) or len(value) != len(Verdict):
        raise CaseError("votes", "not_a_record", value)
    return tuple(whole("votes", 0, MOST_VOTES, 0).read(count) for count in value)
