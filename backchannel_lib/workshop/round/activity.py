"""Play a round: a file, a vote, the links one by one, the votes next to the article, the rule, a slider; then the next file.

A session is a single immutable value, so undo, going back, and continuing after a crash all just return to an earlier value. It
is saved on this machine after every action (`backchannel_lib.workshop.session_record`). A separate process counts votes from
phones (`backchannel_lib.workshop.votes`); the round only reads the counts, and works without them.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from backchannel_lib.activities.activity import Action, Activity, saved_file
from backchannel_lib.activities.case_panel import SCORES, CaseActivity
from backchannel_lib.activities.messages import ActionResult
from backchannel_lib.activities.scenes import sweep
from backchannel_lib.activities.tables import ActivityRow, article_number
from backchannel_lib.activities.timed_deck import is_left
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.spreadsheet import to_csv
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import check_one_exam
from backchannel_lib.model.verdict import judge
from backchannel_lib.page.activity_page import static_page
from backchannel_lib.page.case_controls import slider_ends
from backchannel_lib.page.case_fragments import answer_line
from backchannel_lib.page.components import lines_of_all
from backchannel_lib.page.html import Markup, tag
from backchannel_lib.workshop import session_record
from backchannel_lib.workshop.deck import link_order, own_vignettes, read_own_again, remember_vignettes, vignettes
from backchannel_lib.workshop.phones import Phones
from backchannel_lib.workshop.results import results_html, results_table
from backchannel_lib.workshop.round import html
from backchannel_lib.workshop.round.state import (
    MAX_VOTES,
    STEPS,
    VOTE_FIELDS,
    WorkshopState,
    from_record,
    read_votes,
    settings,
    what_if_fields,
    without_missing_files,
)
from backchannel_lib.workshop.run_plan.model import files_of

SESSION_ID: Final = re.compile("[0-9a-f]{8}")


class Round(Activity[WorkshopState]):
    """A session in front of a room, one round after another.

    Args:
        row: Its row in data/activities.csv.

    Source:
        data/vignettes.csv, paper.ninety-seconds.
    """

    def __init__(self, row: ActivityRow) -> None:
        read_own_again()
        super().__init__(row.activity, WorkshopState())
        self.phones = Phones()
        self._session_id = secrets.token_hex(4)
        self._writer = session_record.SessionWriter()
        self.seconds = self._seconds_left = article_number("seconds_per_file")
        self._paused = False  # whether a restored session's clock still waits for the room
        self._save_problem = ""
        self._was_opened = False
        self._is_setting_up = False  # whether the settings are open before the first file; the room sees the title alone
        self.drill_results: Callable[[], Markup | None] = lambda: None  # the room's results in the drill
        self.next_part: Callable[[WorkshopState], str] = lambda _: ""  # the plan's next step, if it isn't a round

    @property
    def case(self) -> Case:
        """The case on screen, as its vignette describes it."""
        return self.state.file.case

    def round_id(self, state: WorkshopState) -> str:
        """Return a unique id for the round, so that late votes for another round or session don't count."""
        again = "-again" if any(state.first) else ""
        return f"{self._session_id}-{len(state.played) + 1}-{state.vignette}{again}"

    # ---- going through the steps ----

    def actions(self) -> dict[str, Action]:
        """Return the actions of the buttons, the clock and the polling of the phones."""
        return {
            "next": self._next,
            "back": self._back,
            "open_file": self._open_file,
            "tap": self._tap,
            "second_vote": self._second_vote,
            "choose": self._menu,
            "again": self._again,
            "fresh": self._new_session,
            "time_up": self._time_up,
            "poll": self._poll_phones,
            "table": lambda _: saved_file(self._file_name("csv"), to_csv(*results_table(self.state))),
            "results": lambda _: saved_file(self._file_name("html"), results_html(self.state, self.drill_results())),
            "phones_ask": self._phones_ask,
            "phones_open": self._phones_open,
            "phones_close": self._phones_close,
        }

    def _go_to(self, state: WorkshopState, focus: str = "head") -> ActionResult:
        self.commit(state)
        return {"focus": focus, "values": self.values(self.state)}

    def _menu(self, _: object) -> ActionResult:
        """Open the menu, or close it and return to the step before it; before the first file, open or close the settings."""
        if self.state.step == "setup" and not self.state.vignette:
            self._is_setting_up = not self._is_setting_up
            return {"focus": "head"}
        if self.state.step == "setup":
            return self._next({})
        return self._go_to(self.state._replace(step="setup", menu_from=self.state.step))

    def _next(self, _: object) -> ActionResult:
        state = self.state
        match state.step:
            case "setup" if state.vignette:
                return self._go_to(state._replace(step=state.menu_from or "file", menu_from=""))
            case "setup" | "what_if":
                return self._next_file()
            case "links" if not state.all_shown:
                return self._go_to(state._replace(shown=state.shown + 1), focus="link")
            case "close":
                return {"notice": text("round.plan_done" if state.plan else "round.none_left")}
            case "vote":
                state = self._with_phones(state)._replace(shown=1)
        result = self._go_to(state._replace(step=STEPS[STEPS.index(state.step) + 1], case=None))
        if self.state.step == "links" and not sum(state.counted):
            result["notice"] = text("round.nobody_voted")
        return result

    def _back(self, _: object) -> ActionResult:
        state = self.state
        match state.step:
            case "setup":
                return self._next({}) if state.vignette else {"notice": text("round.first")}
            case "file":  # going back never opens the menu, because the room would see it
                before = state.round_before()
                return self._go_to(before) if before else {"notice": text("round.first")}
            case "links" if state.shown > 1:
                return self._go_to(state._replace(shown=state.shown - 1), focus="link")
            case "close":
                return self._go_to(state.from_close())
        return self._go_to(state._replace(step=STEPS[STEPS.index(state.step) - 1], case=None))

    def _next_file(self) -> ActionResult:
        """Finish the current round and show the next file or, after the last file, the close."""
        if self.state.step == "what_if" and (part := self.next_part(self.state)):
            return {"notice": text("round.plan_turns", step=part)}
        state = self.state.round_over()
        files = state.files_left()
        return self._go_to(state.with_file(files[0]) if files else self.state._replace(step="close", case=None))

    def _open_file(self, message: Mapping[str, Any]) -> ActionResult:
        return self._go_to(self.state.round_over().with_file(known_word("vignette", message["value"], vignettes())))

    def _tap(self, message: Mapping[str, Any]) -> ActionResult:
        """Count one more raised hand."""
        field = known_word("tap", f"votes_{message['value']}", VOTE_FIELDS)
        if self.state.step == "vote":
            self.commit(self.with_value(field, min(MAX_VOTES, self.state.votes[VOTE_FIELDS[field]] + 1)))
        return {}

    def _second_vote(self, _: object) -> ActionResult:
        """Let the room vote again after people have talked to their neighbors."""
        if not self.state.may_vote_again:
            return {"notice": text("round.no_second_vote")}
        return {**self._go_to(self._with_phones(self.state).second_vote()), "notice": text("round.is_second_vote")}

    def follow(self, plan: str, step: str, skipped: tuple[str, ...]) -> None:
        """Show what a step of the run plan needs; a step without a file or the close changes nothing.

        Args:
            plan: A plan of data/run_plans.csv.
            step: One of its steps.
            skipped: Its skipped steps.
        """
        state = self.state._replace(plan=plan, skipped=skipped)
        files = files_of(plan, state.seed, skipped).get(step, ())
        before, played = state.round_before(), {one.vignette for one in state.played}
        if files and state.vignette not in files:
            file = next((file for file in files if file not in played), files[-1])
            state = before if before and before.vignette in files else state.round_over().with_file(file)
        elif files and state.is_closed:
            state = state.from_close()
        elif step == "close" and state.step != "close":
            state = state._replace(step="close", case=None, menu_from="")
        if (state.vignette, state.step) == (self.state.vignette, self.state.step):
            self.restore(state)  # no undo step, because the room sees no change
            self._save_session()
            return
        self.commit(state)

    def show_file(self, vignette: str) -> None:
        """Finish the round on screen, and show another file."""
        self.commit(self.state.round_over().with_file(vignette))

    def _again(self, _: object) -> ActionResult:
        self.commit(self.state._replace(case=None))
        return {"values": self.values(self.state), "notice": text("scene.is_again")}

    def _new_session(self, _: object) -> ActionResult:
        """Start a new session; the old one's files are archived, and nothing is deleted."""
        archived_as = session_record.archive()
        read_own_again()
        self._writer = session_record.SessionWriter()
        self.phones.clear()
        self._session_id = secrets.token_hex(4)
        self._is_setting_up = False
        kept = {name: getattr(self.state, name) for name in ("plan", "topic", "difficulty")}
        result = self._go_to(WorkshopState(**kept))
        result["notice"] = text("round.set_aside", name=archived_as) if archived_as else text("round.is_fresh")
        return result

    def _file_name(self, kind: str) -> str:
        """Return the name of a results file, which includes the group because there can be several in one day."""
        group = re.sub(r"\W+", "_", self.state.group).strip("_")
        return "_".join(filter(None, (session_record.NAME, self.state.date, group))) + f".{kind}"

    # ---- the clock ----

    def _clock(self, state: WorkshopState) -> dict[str, Any]:
        """Return the clock for file and vote, which is paused after a session is restored."""
        run = state.step in {"file", "vote"} and not self._paused
        left, name = self._seconds_left, f"clock-{self.round_id(state)}"
        return {"id": name, "seconds": self.seconds, "left": left, "run": run, "paused": self._paused}

    def _reset_clock(self) -> None:
        self._seconds_left, self._paused = self.seconds, False

    def _time_up(self, message: Mapping[str, Any]) -> ActionResult:
        """Say that time is up without changing anything: a director would move on, but the room doesn't have to."""
        if self.state.step not in {"file", "vote"} or message["value"] != self._clock(self.state)["id"]:
            return {}
        self._seconds_left = 0
        self._save_session()
        return {"notice": text("round.time_up")}

    def clock_left(self, clock: str, seconds: int, *, paused: bool) -> None:
        """Remember the clock's time and whether it runs, for every window that shows it."""
        if clock == self._clock(self.state)["id"] and is_left(seconds, self.seconds):
            self._seconds_left, self._paused = seconds, paused
            self._save_session()

    # ---- phones ----

    def _poll_phones(self, _: object) -> ActionResult:
        """Read the phones' votes; this is not an undo step."""
        if self.state.step != "vote" or self.phones.state != "on":
            return {}
        counted = self._with_phones(self.state)
        if self.phones.state == "lost":
            return {"notice": text("phones.lost")}
        if counted != self.state:
            self.restore(counted)
            self._save_session()
        return {}

    def _with_phones(self, state: WorkshopState) -> WorkshopState:
        """Return a state with the phones' latest votes."""
        return state._replace(phones=self.phones.counts(self.round_id(state)) or state.phones)

    def _phones_ask(self, _: object) -> ActionResult:
        self.phones.ask()
        return {"focus": "phones.asks"}

    def _phones_open(self, message: Mapping[str, Any]) -> ActionResult:
        problem = self.phones.open(message["value"])
        self._update_phones()
        self._save_session()
        return {"notice": problem, "focus": "head"} if problem else {"focus": "phones.shows"}

    def _phones_close(self, _: object) -> ActionResult:
        self.phones.close()
        self._save_session()
        return {"notice": text("phones.closed"), "focus": "head"}

    def _update_phones(self) -> None:
        """Start the phones' vote when it opens here, and end it when it closes."""
        state = self.state
        if state.step == "vote":
            self.phones.open_round(self.round_id(state), state.file.title, state.people)
        else:
            self.phones.close_round()

    # ---- saving and restoring ----

    def commit(self, to: WorkshopState, *, field: str | None = None) -> None:
        """Move on, save the session, and open or close the vote."""
        before = self.state
        if to.vignette and not to.date:
            to = to._replace(date=datetime.now().astimezone().date().isoformat())
        super().commit(to, field=field)
        self._state_changed(before)

    def undo(self) -> bool:
        """Take back the last change, and save the session."""
        before = self.state
        undone = super().undo()
        self._state_changed(before)
        return undone

    def reset(self) -> None:
        """Go back to the title; undo can take this back."""
        self._is_setting_up = False
        super().reset()

    def rolled_back(self) -> None:
        """After a failed action, save the previous session and show it on the phones."""
        self._update_phones()
        self._save_session()

    def _state_changed(self, before: WorkshopState) -> None:
        if self.state.vignette:
            self._is_setting_up = False
        if self.state != before:
            if self.state.vignette != before.vignette:
                self._reset_clock()
            self._update_phones()
            self._save_session()

    def _save_session(self) -> None:
        """Save the session on this machine; if that fails, say so on screen and let the round continue."""
        record = {
            "id": self._session_id,
            "session": self.state.to_record(),
            "own": own_vignettes({self.state.vignette, *(one.vignette for one in self.state.played)}),
            "clock": self._seconds_left,
            "phones": self.phones.to_record(),
        }
        try:
            self._writer.save(record, *results_table(self.state))
        except CaseError as error:
            self._save_problem = text("round.not_kept", problem=str(error))
        else:
            self._save_problem = ""

    def opened(self) -> ActionResult:
        """Restore the saved session for the first page that opens."""
        was_opened, self._was_opened = self._was_opened, True
        notice = "" if was_opened else self._restore_session(session_record.load())
        return {"notice": notice} if notice else {}

    def _restore_session(self, saved: session_record.SavedSession) -> str:
        """Continue a saved session, and return a message about it."""
        problem = text(saved.problem, name=saved.archived_as) if saved.problem else ""
        if saved.record is None or self.state != self.start:
            return problem
        remember_vignettes(saved.record.get("own"))
        try:
            session, gone = without_missing_files(saved.record["session"])
            state = from_record(session)
        except (CaseError, KeyError):
            return text("record.broken", name=session_record.archive())
        if gone:
            problem = f"{problem} {text('record.files_gone', name=session_record.archive())}".strip()
        name, left = saved.record.get("id"), saved.record.get("clock")
        self._session_id = name if isinstance(name, str) and SESSION_ID.fullmatch(name) else self._session_id
        self._seconds_left = left if is_left(left, self.seconds) else self.seconds
        self._paused = True
        self.phones.restore(saved.record.get("phones"))
        if state == self.start:
            return problem
        self.restore(state)
        restored = text("round.brought_back", number=state.round_number(), saved=saved.saved_at)
        return f"{problem} {restored}".strip()

    # ---- controls ----

    def fields(self) -> Iterable[str]:
        """Return the controls: the settings, the votes, and the fields that a slider changes."""
        return (*settings(), *VOTE_FIELDS, *what_if_fields())

    def label(self, field: str) -> str:
        """Return the label of a control."""
        if field in VOTE_FIELDS:
            return text("round.votes_for", verdict=VOTE_FIELDS[field].label)
        return text(f"round.field.{field}") if field in settings() else text(f"field.{field}.label")

    def positions(self, field: str) -> Iterable[Any]:
        """Return the positions of the slider, if they are few enough to prefetch their answers."""
        return self._case_activity().positions(field) if field in what_if_fields() and self.state.step == "what_if" else ()

    def _case_activity(self) -> CaseActivity:
        """Return an activity for the case on screen, which handles the case's controls."""
        return CaseActivity(self.state.changed_case)

    def with_value(self, field: str, value: object) -> WorkshopState:
        """Return the state after one control moves."""
        state = self.state
        if field in VOTE_FIELDS:
            place, count = VOTE_FIELDS[field], read_votes(0 if str(value).strip() == "" else value)
            return state._replace(votes=(*state.votes[:place], count, *state.votes[place + 1 :]))
        if field in settings():
            return state._replace(**{field: settings()[field].read(value)})
        if field in what_if_fields() and state.step == "what_if":
            case = self._case_activity().with_value(field, value).case
            check_one_exam(case)
            return state._replace(case=case)
        raise CaseError(field, "unknown_field", value, known=suggestions(field, self.fields()))

    def values(self, state: WorkshopState) -> dict[str, Any]:
        """Return the values of the controls, and the session as text."""
        record = (state.changed_case if state.vignette else Case()).to_record()
        return {
            **{name: getattr(state, name) for name in settings()},
            **dict(zip(VOTE_FIELDS, state.votes, strict=True)),
            **{name: record[name] for name in record if name in what_if_fields()},
            "session": json.dumps(state.to_record()),
        }

    def from_file(self, text: str) -> WorkshopState:
        """Return the state described by `values`."""
        try:
            return from_record(json.loads(self.read_record(text)["session"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CaseError(self.key, "not_json", text[:40]) from None

    # ---- on screen ----

    def ui_state(self, state: WorkshopState) -> dict[str, Any]:
        """Return the visible sections and controls, the clock, and the ends of the slider."""
        shown = ["plan", *([] if state.plan else ["topic", "difficulty"]), "seed", "people", *VOTE_FIELDS]
        if state.step == "what_if":
            # The score has a slider in every round, because it's always worth seeing whether it changes the verdict.
            shown += dict.fromkeys(("score", state.file.what_if))
        ui_state: dict[str, Any] = {"open": self._visible(state), "shown": shown, "clock": self._clock(state)}
        if state.vignette:
            ui_state["ends"] = {name: slider_ends(state.changed_case, name) for name in SCORES if name in what_if_fields()}
        return ui_state

    def _visible(self, state: WorkshopState) -> list[str]:
        setup = state.step == "setup"
        sections = {
            state.step: not setup or bool(state.vignette) or self._is_setting_up,
            "clock": state.step in {"file", "vote"},
            f"phones_{self.phones.state}": state.step in {"setup", "vote"},
            "begun": setup and state != self.start,
            "welcome": setup and not state.vignette,
            "round": not setup,
        }
        return [name for name, visible in sections.items() if visible]

    def fragments(self, state: WorkshopState) -> dict[str, str]:
        """Return what this step shows, with only those parts of an answer that the room has seen."""
        phones = self.phones.fragments(state.people, visible=state.step in {"setup", "vote"})
        parts = html.fragments(state, setting_up=self._is_setting_up)
        return {**parts, **phones, "trouble": self._save_problem}

    def page(self) -> str:
        """Return the whole page."""
        return html.page(self.key, self.state, self.fragments(self.state), self._visible(self.state))

    def static_html(self) -> str:
        """Return title, introduction and the keys, for a notebook that hasn't run."""
        return static_page(self.key, tag("p", text("round.keys")))

    @property
    def text(self) -> str:
        """The title and the current step."""
        state = self.state
        lines = [text(f"activity.{self.key}.title"), text(f"round.step.{state.step}")]
        if state.vignette:
            lines += [state.file.title, state.file.contact or state.file.file]
        if STEPS.index(state.step) >= STEPS.index("spread"):
            lines.append(html.spread_sentence(state.counted, state.judgment.verdict))
        if state.step == "what_if":
            lines.append(judge(state.changed_case).verdict.label)
        return "\n".join([*lines, text("round.keys")])

    def transcript_lines(self) -> Iterator[str]:
        """Play every vignette in the deck as a room would, and yield each result without saving anything."""
        for vignette in vignettes().values():
            order = ", ".join(text(f"stage.{stage}.name") for stage in link_order(judge(vignette.case)))
            swept = sweep(CaseActivity(vignette.case), vignette.what_if)
            yield answer_line(vignette.case, vignette.title)
            yield f"   {order}; {lines_of_all(vignette.claims)}"
            yield f"   {text(f'field.{vignette.what_if}.label')}: {swept}"
