"""A session in front of a room, which keeps the run plan, the round and the drill in step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.messages import PrefetchedMessage, ShowMessage
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.workshop.deck import vignettes
from backchannel_lib.workshop.drill import Drill
from backchannel_lib.workshop.room_questions import RoomQuestions
from backchannel_lib.workshop.round.activity import Round
from backchannel_lib.workshop.round.state import WorkshopState
from backchannel_lib.workshop.run_plan.activity import CLOSE, RunPlan, next_place, place_of, step_name
from backchannel_lib.workshop.run_plan.model import files_of, steps_of
from backchannel_lib.workshop.stage import stage_parts

Answer: TypeAlias = ShowMessage | PrefetchedMessage
Place: TypeAlias = tuple[str, str, tuple[str, ...]]  # the plan, its step and the skipped steps


class Session:
    """The activities of one room, by name, without any windows or connections.

    Args:
        opened: Activities that already exist, by name, including the plan and the round; None to create all of them.

    Examples:
        >>> session = Session()
        >>> [part for part, _ in session.handle("run_plan", {"type": "next"})]
        ['run_plan', 'run_plan']
        >>> session.run_plan.state["at"], session.on_screen
        (1, 'round')
    """

    def __init__(self, opened: Mapping[str, Activity[Any]] | None = None) -> None:
        self.parts = {name: make_activity(name) for name in stage_parts()} if opened is None else dict(opened)
        self.run_plan: RunPlan = self._part(RunPlan)
        self.round: Round = self._part(Round)
        # The place that the plan last left, and what the room has seen since; None if the room's screen didn't change.
        self._left: tuple[Place, WorkshopState] | None = None
        self.run_plan.room = self.round.state
        self.round.next_part = self._next_part
        self.run_plan.next_file = self._next_file
        for part in self.parts.values():
            if isinstance(part, Drill):
                self.round.drill_results = part.results
            elif isinstance(part, RoomQuestions):
                part.after_last = self.run_plan.leave_questions

    def _part(self, kind: type[Activity[Any]]) -> Any:
        return next(part for part in self.parts.values() if isinstance(part, kind))

    def handle(self, part: str, message: Mapping[str, Any]) -> Iterator[tuple[str, Answer]]:
        """Pass a message to one part, and update the others.

        Args:
            part: The part's name; messages for unknown parts are ignored.
            message: As in `Activity.handle`.

        Yields:
            Answers, each with the name of the part that it is for.
        """
        if part not in self.parts:
            return
        place, room, plan = self._place(), self.round.state, self.run_plan.state
        for answer in self.parts[part].handle(message):
            yield part, answer
        # A page that opens can restore saved state, which already includes each part's position.
        moved = message.get("type") != "hello"
        if moved and part != self.round.key and self._place() != place:
            self._follow_plan(place, undo=message.get("type") == "undo")
        elif part == self.round.key and message.get("type") in {"fresh", "reset"}:
            self.run_plan.begin_anew()
            self.run_plan.follow(self.round.state)  # starting over also brings back the usual plan
        elif moved and self.round.state != room:
            self.run_plan.follow(self.round.state)
        if self.round.state != room or (self.run_plan.state != plan and part != self.run_plan.key) or self._place() != place:
            self.run_plan.room = self.round.state
            for other in (self.run_plan, self.round):
                if other.delivery.greeted:
                    for answer in other.handle({"type": "refresh"}):
                        yield other.key, answer

    def _follow_plan(self, place: Place, *, undo: bool) -> None:
        """Show the room the plan's step; if the plan undoes its last move, bring back what the room saw then, votes and all."""
        room = self.round.state
        if undo and (self._place(), room) == self._left:
            self.round.undo()
            self._left = None
            return
        self.round.follow(*self._place())
        now = self.round.state
        self._left = (place, now) if (now.vignette, now.step) != (room.vignette, room.step) else None

    def _place(self) -> Place:
        """Return the plan, its step, and the skipped steps."""
        state = self.run_plan.state
        return state["plan"], steps_of(state["plan"])[state["at"]].step, state["skipped"]

    def _next_part(self, room: WorkshopState) -> str:
        """Go to the plan's next step and return its name, unless it is a file or the close; then return an empty string."""
        state = self.run_plan.state
        at = next_place(state)
        if at is None or room.plan != state["plan"] or place_of(room, state["plan"]) != state["at"]:
            return ""
        plan = state["plan"]
        files = files_of(plan, room.seed, room.skipped).get(steps_of(plan)[state["at"]].step, ())
        if room.vignette in files[:-1]:
            return ""  # your own case is on screen, and this step's file is still to come
        step = steps_of(plan)[at]
        if step.topic or step.step == CLOSE:
            return ""
        self.run_plan.commit_values(at=at)
        return step_name(step)

    def _next_file(self) -> str:
        """Show the file that comes after your own in this step, and return its title; blank if there is none."""
        room = self.round.state
        plan, step, skipped = self._place()
        files = files_of(plan, room.seed, skipped).get(step, ())
        if room.plan != plan or room.vignette not in files[:-1]:
            return ""
        played = {one.vignette for one in room.played}
        file = next((file for file in files[files.index(room.vignette) + 1 :] if file not in played), "")
        if file:
            self.round.show_file(file)
        return vignettes()[file].title if file else ""

    @property
    def on_screen(self) -> str:
        """The part that the room sees at this step of the plan; blank if the screen stays as it is."""
        return self.run_plan.on_screen if self.run_plan.on_screen in self.parts else ""
