"""The round: a file, a vote, the links one by one, the room beside the article, the rule, and one slider; then the next file.

Where a session stands is one value that never changes, so undo, going back, and going on after a crash are the same thing: an
earlier value. It is written to this machine after every act (`backchannel_lib.workshop.session_record`). Votes from phones are
counted by a process of their own (`backchannel_lib.workshop.votes`); this module only reads the counts, and goes on without them.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

from backchannel_lib.activities.activity import Action, Activity
from backchannel_lib.activities.case_panel import SCORES, CaseActivity
from backchannel_lib.activities.desk import SECONDS
from backchannel_lib.activities.form import integer_field
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.scenes import span
from backchannel_lib.activities.tables import ActivityRow
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Judgment, Verdict, judge
from backchannel_lib.page.activity_page import activity_page, show_if, slot, static_page
from backchannel_lib.page.case_controls import case_control, load_controls, slider_ends
from backchannel_lib.page.case_fragments import fast_fragments
from backchannel_lib.page.components import lines_of
from backchannel_lib.page.file_sheet import file_sheet
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, number_box, select
from backchannel_lib.page.verdict_html import weakest_sentence
from backchannel_lib.workshop import session_record as record
from backchannel_lib.workshop.deck import link_order, vignettes
from backchannel_lib.workshop.phones import Phones
from backchannel_lib.workshop.round import html as view
from backchannel_lib.workshop.round.state import (
    MOST_VOTES,
    NUMBERS,
    PLANS,
    STEPS,
    TOPICS,
    WorkshopState,
    following,
    from_record,
    number_of,
    one_of,
    opened,
    over,
    table_of,
    to_record,
    vote_field,
    what_if_fields,
)

PLACES: Final = (  # parts of the page that are filled at some steps only
    *("file", "story", "brief", "tally", "links", "told", "spread"),
    *("rules", "what", "what_rule", "note", "close", "log"),
)
FORWARD: Final = "ArrowRight PageDown"
BACK: Final = "ArrowLeft PageUp"


class Round(Activity[WorkshopState]):
    """A session before a room, round by round.

    Args:
        part: Its row in data/activities.csv.

    Source:
        data/vignettes.csv, paper.ninety-seconds.
    """

    def __init__(self, part: ActivityRow) -> None:
        super().__init__(part.activity, WorkshopState())
        self.row = part
        self.phones = Phones()
        self._session = secrets.token_hex(4)
        self._writer = record.Writer()
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
    def _judgment(state: WorkshopState) -> Judgment:
        return judge(vignettes()[state.vignette].case)

    def round_id(self, state: WorkshopState) -> str:
        """Name a round, so that a late vote for another one is known, and one for another session too."""
        return f"{self._session}-{len(state.played) + 1}-{state.vignette}"

    # ---- acts ----

    def actions(self) -> dict[str, Action]:
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
            "poll": self._poll,
            "table": self._table_file,
            "phones_ask": self._phones_ask,
            "phones_open": self._phones_open,
            "phones_close": self._phones_close,
        }

    def _to(self, state: WorkshopState, focus: str = "head") -> ActionResult:
        if state.vignette != self.state.vignette:
            self._left, self._paused = SECONDS, False
        self.commit(state)
        return {"focus": focus, "values": self.values(self.state)}

    def _menu(self, _: object) -> ActionResult:
        """Open the menu, or close it and go back to where it was opened."""
        if self.state.step == "setup":
            return self._next({}) if self.state.vignette else {}
        return self._to(self.state._replace(step="setup", came=self.state.step))

    def _next(self, _: object) -> ActionResult:
        state = self.state
        match state.step:
            case "setup":
                return self._to(state._replace(step=state.came or "file", came="")) if state.vignette else self._drawn()
            case "links" if state.shown < len(STAGES):
                return self._to(state._replace(shown=state.shown + 1), focus="link")
            case "what_if":
                return self._drawn()
            case "close":
                return {"notice": text("round.plan_done" if state.plan else "round.none_left")}
        following = STEPS[STEPS.index(state.step) + 1]
        if state.step == "vote":
            state = state._replace(phones=self.phones.counts(self.round_id(state)) or state.phones)
        shown = {"links": 1}.get(following, state.shown)
        told = self._to(state._replace(step=following, shown=shown, case=None))
        if following == "links" and not sum(state.counted):
            told["notice"] = text("round.nobody_voted")
        return told

    def _back(self, _: object) -> ActionResult:
        state = self.state
        match state.step:
            case "setup":
                return self._next({}) if state.vignette else {"notice": text("round.first")}
            case "links" if state.shown > 1:
                return self._to(state._replace(shown=state.shown - 1), focus="link")
        return self._to(state._replace(step=STEPS[STEPS.index(state.step) - 1], case=None))

    def _drawn(self) -> ActionResult:
        """Draw the next file, and put the round that is over with the others."""
        state = over(self.state)
        left = following(state)
        if not left:
            return self._to(self.state._replace(step="close", case=None))
        return self._to(opened(state, left[0]))

    def _open_file(self, message: Mapping[str, Any]) -> ActionResult:
        name = str(message["value"])
        if name not in vignettes():
            raise CaseError("vignette", "level", name, levels=suggestions(name, vignettes()))
        return self._to(opened(over(self.state), name))

    def _tap(self, message: Mapping[str, Any]) -> ActionResult:
        """Count one more hand."""
        if self.state.step != "vote":
            return {}
        place = [verdict.name.lower() for verdict in Verdict].index(str(message["value"]))
        votes = list(self.state.votes)
        votes[place] = min(MOST_VOTES, votes[place] + 1)
        self.commit(self.state._replace(votes=tuple(votes)))
        return {}

    def _again(self, _: object) -> ActionResult:
        self.commit(self.state._replace(case=None))
        return {"values": self.values(self.state), "notice": text("scene.is_again")}

    def _fresh(self, _: object) -> ActionResult:
        """Begin a new session; what there was of the old one is put aside, and nothing is deleted."""
        aside = record.set_aside()
        self._writer = record.Writer()
        self.phones.forget()
        self._session = secrets.token_hex(4)
        now = self.state
        self._to(WorkshopState(plan=now.plan, topic=now.topic, difficulty=now.difficulty, people=now.people))
        told = text("round.set_aside", name=aside) if aside else text("round.is_fresh")
        return {"notice": told, "values": self.values(self.state), "focus": "head"}

    def _time_up(self, message: Mapping[str, Any]) -> ActionResult:
        """Say so and change nothing: a director would have moved on, and the room need not."""
        if self.state.step not in {"file", "vote"} or message["value"] != self._clock(self.state)["id"]:
            return {}
        self._left = 0
        self._keep()
        return {"notice": text("round.time_up")}

    def clock_left(self, clock: str, seconds: int) -> None:
        """Remember how far the clock is."""
        if clock == self._clock(self.state)["id"] and 0 <= seconds <= SECONDS:
            self._left = seconds
            self._paused = False  # the page's own clock is in use again
            self._keep()

    def _table_file(self, _: object) -> ActionResult:
        name = f"{record.NAME}.csv"
        return {"file": {"name": name, "text": record.as_csv(*table_of(self.state))}, "notice": text("panel.saved", name=name)}

    # ---- phones ----

    def _poll(self, _: object) -> ActionResult:
        """See what the phones have said since; this is no step that undo takes back."""
        if self.state.step != "vote" or self.phones.state != "on":
            return {}
        counts = self.phones.counts(self.round_id(self.state))
        if self.phones.state == "lost":
            return {"notice": text("phones.lost")}
        if counts and counts != self.state.phones:
            self.restore(self.state._replace(phones=counts))
            self._keep()
        return {}

    def _phones_ask(self, _: object) -> ActionResult:
        self.phones.ask()
        return {"focus": "phones"}

    def _phones_open(self, message: Mapping[str, Any]) -> ActionResult:
        told = self.phones.open(str(message["value"] or ""))
        self._ask_phones(self.state)
        self._keep()
        return {"notice": told, "focus": "phones"} if told else {"focus": "phones"}

    def _phones_close(self, _: object) -> ActionResult:
        self.phones.close()
        self._keep()
        return {"notice": text("phones.closed"), "focus": "phones"}

    def _ask_phones(self, state: WorkshopState) -> None:
        """Put the vote before the phones while it is open here, and close it when it is not."""
        if state.step == "vote":
            title = text(f"vignette.{state.vignette}.title")
            self.phones.update(self.round_id(state), title, [(one.name.lower(), one.label) for one in Verdict])
        else:
            self.phones.rest()

    # ---- keeping ----

    def commit(self, to: WorkshopState, *, field: str | None = None) -> None:
        """Move on, keep the session, and open or close the vote."""
        before = self.state
        super().commit(to, field=field)
        self._moved(before)

    def undo(self) -> bool:
        """Take the last change back, and keep the session as it is then."""
        before = self.state
        done = super().undo()
        if done:
            self._moved(before)
        return done

    def _moved(self, before: WorkshopState) -> None:
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
            record.save(self._writer, kept, *table_of(self.state))
        except CaseError as error:
            self._trouble = text("round.not_kept", problem=str(error))
        else:
            self._trouble = ""

    def rolled_back(self) -> None:
        """Write the session, and what the phones are asked, as they were before the failed action."""
        self._ask_phones(self.state)
        self._keep()

    def opened(self) -> ActionResult:
        """A screen is new. The first one finds the session that was kept, and goes on where it was."""
        told = ""
        if not self._looked:
            self._looked = True
            told = self._found(record.load())
        return {"notice": told} if told else {}

    def _found(self, found: record.Found) -> str:
        problem = text(found.problem, name=found.aside) if found.problem else ""
        if found.record is None or self.state != self.start:
            return problem
        try:
            state = from_record(found.record["session"])
        except (CaseError, KeyError):
            return text("record.broken", name=record.set_aside())
        self._session = str(found.record.get("id", self._session))
        left = found.record.get("clock")
        self._left = left if isinstance(left, int) and 0 <= left <= SECONDS else SECONDS
        self._paused = True
        self.phones.bring(found.record.get("phones"))
        if state == self.start:
            return problem
        self.restore(state)
        back = text("round.brought_back", number=number_of(state), saved=found.saved.replace("T", " ")[:16])
        return f"{problem} {back}".strip()

    # ---- controls ----

    def fields(self) -> Iterable[str]:
        """Name the controls: what is drawn from, the votes, and the one slider."""
        return ("plan", "topic", "difficulty", "seed", "people", *map(vote_field, Verdict), *what_if_fields())

    def label(self, field: str) -> str:
        """Give a control's label."""
        for verdict in Verdict:
            if field == vote_field(verdict):
                return text("round.votes_for", verdict=verdict.label)
        return text(f"round.field.{field}") if field in WorkshopState._fields else text(f"field.{field}.label")

    def positions(self, field: str) -> Iterable[Any]:
        """List the positions of the one slider, where they are few enough to answer ahead."""
        if field in what_if_fields() and self.state.step == "what_if":
            return self._inner().positions(field)
        return ()

    def _inner(self) -> CaseActivity:
        """Make a session of the case as it stands, which knows what a move of a control does."""
        return CaseActivity(self.state.case or self.case)

    def with_value(self, field: str, value: object) -> WorkshopState:
        """Tell where a move of one control leads."""
        state = self.state
        for verdict in Verdict:
            if field == vote_field(verdict):
                count = integer_field(field, 0, MOST_VOTES, 0).read(0 if str(value).strip() == "" else value)
                return state._replace(votes=(*state.votes[:verdict], count, *state.votes[verdict + 1 :]))
        match field:
            case "plan":
                return state._replace(plan=one_of(field, value, PLANS))
            case "topic":
                return state._replace(topic=one_of(field, value, TOPICS))
            case "difficulty" | "seed" | "people":
                return state._replace(**{field: NUMBERS[field].read(value)})
        if field in what_if_fields() and state.step == "what_if" and state.vignette:
            return state._replace(case=self._inner().with_value(field, value).case)
        raise CaseError(field, "unknown_field", value, known=suggestions(field, self.fields()))

    def values(self, state: WorkshopState) -> dict[str, Any]:
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

    def from_file(self, text: str) -> WorkshopState:
        """Read what `values` gave."""
        try:
            return from_record(json.loads(json.loads(text)["session"]))
        except (ValueError, KeyError, TypeError):
            raise CaseError(self.key, "not_json", text[:40]) from None

    # ---- what is on screen ----

    def ui_state(self, state: WorkshopState) -> dict[str, Any]:
        """Tell what is in sight, the clock, and which control is the one slider."""
        shown = ["plan", *([] if state.plan else ["topic", "difficulty"]), "seed", "people", *map(vote_field, Verdict)]
        if state.step == "what_if":
            # The score stands beside whatever decides: that it moves a verdict, or cannot, is worth seeing in every round.
            shown += dict.fromkeys(("score", vignettes()[state.vignette].what_if))
        told: dict[str, Any] = {"open": self._open(state), "shown": shown, "clock": self._clock(state)}
        if state.vignette:
            case = state.case or vignettes()[state.vignette].case
            told["ends"] = {name: slider_ends(case, name) for name in SCORES if name in what_if_fields()}
        return told

    def _open(self, state: WorkshopState) -> list[str]:
        phones = [f"phones_{self.phones.state}"] if state.step in {"setup", "vote"} else []
        timed = ["clock"] if state.step in {"file", "vote"} else []
        begun = ["begun"] if state.step == "setup" and state != self.start else []
        begun += ["welcome"] if state.step == "setup" and not state.vignette else []
        return [state.step, *timed, *phones, *begun, *([] if state.step == "setup" else ["round"])]

    def _clock(self, state: WorkshopState) -> dict[str, Any]:
        """Tell which clock runs; it stands still outside file and vote, and after a session was brought back."""
        runs = state.step in {"file", "vote"}
        run = runs and not self._paused
        return {"id": f"clock-{self.round_id(state)}", "seconds": SECONDS, "left": self._left, "run": run}

    def fragments(self, state: WorkshopState) -> dict[str, str]:
        """Give what this step shows; of an answer only what the room has been shown."""
        at = STEPS.index(state.step)
        blank = dict.fromkeys(PLACES, "")
        parts = {**blank, "head": view.head(state), "nav": self._nav(state), "trouble": self._trouble}
        parts |= self.phones.fragments(state.people) if state.step in {"setup", "vote"} else self.phones.blank()
        if state.step == "setup":
            parts["log"] = view.log(state)
        elif state.step == "close":
            parts["close"] = view.close()
        elif at <= STEPS.index("vote"):
            parts |= self._asked(state)
        else:
            parts |= self._answered(state)
        parts["live_text"] = self._spoken(state, parts)
        return parts

    def _asked(self, state: WorkshopState) -> dict[str, str]:
        case = vignettes()[state.vignette].case
        return {
            "file": file_sheet(case, text("round.sheet")) if state.step == "file" else "",
            "story": view.story(state.vignette) if state.step == "file" else "",
            "brief": tag("p", text(f"vignette.{state.vignette}.contact")) if state.step == "vote" else "",
            "tally": view.tally(state) if state.step == "vote" else "",
        }

    def _answered(self, state: WorkshopState) -> dict[str, str]:
        judgment = self._judgment(state)
        whole_chain = state.step != "links" or state.shown == len(STAGES)
        parts = {"note": view.note(state) if whole_chain else ""}
        match state.step:
            case "links":
                parts |= {"links": view.chain(state, judgment), "told": view.told(judgment) if whole_chain else ""}
            case "spread":
                parts |= {"told": view.told(judgment, line=True), "spread": view.spread(state, judgment)}
            case "rules":
                parts |= {"rules": fast_fragments(judgment.case)["rules"], "told": view.told(judgment, line=True)}
            case "what_if":
                parts |= {"what": view.what(state, judgment), "what_rule": view.what_rule(state, judgment)}
        return parts

    def _nav(self, state: WorkshopState) -> Markup:
        last = state.step == "what_if" and not following(over(state))
        onward = {
            "setup": "round.go_on" if state.vignette else "round.draw",
            "links": "round.next_link" if state.shown < len(STAGES) else "round.to_spread",
        }.get(state.step, "round.to_close" if last else f"round.from.{state.step}")
        return join(
            button(text(onward), "next", key=FORWARD, hint="→") if state.step != "close" else None,
            button(text("scene.back"), "back", key=BACK, hint="←") if state.step != "setup" else None,
            button(text("round.choose"), "choose", key="m", hint="M") if state.step != "setup" else None,
            button(text("scene.again"), "again") if state.step == "what_if" else None,
            tag("span", text("round.what_keys"), class_="bw-small") if state.step == "what_if" else None,
        )

    def _spoken(self, state: WorkshopState, parts: Mapping[str, str]) -> str:
        """Say what has just come on screen to those who do not see it."""
        if state.step == "vote":
            return parts["tally"]
        if state.step not in {"links", "spread", "rules", "what_if"}:
            return ""
        judgment = self._judgment(state)
        if state.step == "links":
            return view.link_spoken(state, judgment)
        if state.step == "spread":
            return view.spread_sentence(state.counted, judgment.verdict)
        if state.step == "rules":
            check = rules_check(judgment.case)
            return f"{text('rules.title')}: {check.label}. {check.reason}"
        now = state.case or judgment.case
        return f"{fast_fragments(now)['live_text']} {text('rules.title')}: {rules_check(now).label}."

    # ---- the page ----

    def page(self) -> str:
        """Give the whole page."""
        parts, now = self.fragments(self.state), self._open(self.state)
        plans = [(plan, text(f"run_plan.{plan}.title") if plan else text("round.no_plan")) for plan in (*PLANS[1:], "")]
        topics = [(topic, text(f"topic.{topic}") if topic else text("round.any")) for topic in TOPICS]
        levels = [(0, text("round.any")), *((level, text(f"round.level.{level}")) for level in (1, 2, 3))]
        return activity_page(
            self.key,
            tag(
                "div",
                slot("head", parts["head"], "h3", class_="bw-round-head"),
                slot("tally", parts["tally"], "p", class_="bw-tally"),
                view.dial(now),
                class_="bw-round-top",
            ),
            slot("trouble", parts["trouble"], "p", class_="bw-trouble", role="alert"),
            show_if("welcome", now, view.welcome(), class_="bw-welcome"),
            show_if("close", now, slot("close", parts["close"]), class_="bw-close"),
            show_if(
                "setup",
                now,
                tag(
                    "div",
                    select("plan", text("round.field.plan"), plans, self.state.plan),
                    select("topic", text("round.field.topic"), topics, self.state.topic),
                    select("difficulty", text("round.field.difficulty"), levels, self.state.difficulty),
                    number_box("people", text("round.field.people"), self.state.people),
                    number_box("seed", text("round.field.seed"), self.state.seed),
                    class_="bw-cells",
                ),
            ),
            show_if(
                "file",
                now,
                slot("file", parts["file"], class_="bw-file-facts"),
                slot("story", parts["story"], class_="bw-story"),
                class_="bw-sheet bw-file-sheet",
            ),
            tag(
                "div",
                show_if("vote", now, tag("ol", [view.row(verdict) for verdict in Verdict], class_="bw-votes")),
                tag(
                    "div",
                    show_if("vote", now, slot("brief", parts["brief"]), class_="bw-brief"),
                    self.phones.page(now, parts),
                    class_="bw-phones",
                ),
                class_="bw-ballot",
            ),
            show_if("links", now, slot("links", parts["links"])),
            show_if(
                "round",
                now,
                slot("told", parts["told"], class_="bw-told-verdict"),
                class_="bw-told-place",
            ),
            show_if("spread", now, slot("spread", parts["spread"])),
            show_if(
                "rules",
                now,
                view.in_the_rule_s_voice("rules", parts),
            ),
            show_if(
                "what_if",
                now,
                tag(
                    "div",
                    [case_control(row, Case(), shown=False) for row in load_controls() if row.field in what_if_fields()],
                    class_="bw-controls",
                ),
                tag(
                    "div",
                    view.in_the_article_s_voice("what", parts),
                    view.in_the_rule_s_voice("what_rule", parts),
                    class_="bw-spaced",
                ),
                class_="bw-what-if",
            ),
            slot("nav", parts["nav"], class_="bw-toolbar bw-nav"),
            show_if("round", now, slot("note", parts["note"])),
            show_if(
                "setup",
                now,
                show_if(
                    "begun",
                    now,
                    button(text("round.table_file"), "table"),
                    button(text("round.fresh"), "fresh"),
                    class_="bw-toolbar bw-alike",
                ),
                slot("log", parts["log"], class_="bw-spaced"),
                tag("p", text("round.kept_where"), class_="bw-small"),
                tag("p", text("round.keys"), class_="bw-small"),
                class_="bw-spaced",
            ),
            look="bw-round",
        )

    def static_html(self) -> str:
        """Give title, lead and the keys, for a notebook that has not been run."""
        return static_page(self.key, tag("p", text("round.keys")))

    @property
    def text(self) -> str:
        """The title, and where the session stands."""
        state = self.state
        lines = [text(f"activity.{self.row.activity}.title"), text(f"round.step.{state.step}")]
        if state.vignette:
            lines.append(text(f"vignette.{state.vignette}.title"))
            lines.append(text(f"vignette.{state.vignette}.contact"))
        if STEPS.index(state.step) >= STEPS.index("spread"):
            lines.append(view.spread_sentence(state.counted, self._judgment(state).verdict))
        if state.step == "what_if":
            lines.append(judge(state.case or self.case).verdict.label)
        return "\n".join([*lines, text("round.keys")])

    def transcript(self) -> str:
        """Play every vignette of the deck as a room would, and tell each outcome; nothing of it is kept."""
        lines = []
        for name, one in vignettes().items():
            judgment = judge(one.case)
            order = [text(f"stage.{stage}.name") for stage in link_order(judgment)]
            lines.append(
                text(
                    "scene.tour",
                    title=text(f"vignette.{name}.title"),
                    verdict=judgment.verdict.label,
                    held=weakest_sentence(judgment),
                    answer=rules_check(one.case).label,
                )
            )
            lines.append(f"   {', '.join(order)}; {', '.join(lines_of(claim) for claim in one.claims)}")
            lines.append(f"   {text(f'field.{one.what_if}.label')}: {_sweep(one.case, one.what_if)}")
        return "\n".join(lines)


def _sweep(case: Case, field: str) -> str:
    """Tell the verdict at every position of one control, positions of the same verdict together."""
    inner = CaseActivity(case)
    told = ((value, judge(inner.with_value(field, value).case).verdict.label) for value in inner.positions(field))
    runs = itertools.groupby(told, lambda pair: pair[1])
    return "; ".join(f"{span(field, [value for value, _ in run])}: {verdict}" for verdict, run in runs)


# ---- a session as a record ----
