"""The state of a workshop session: one immutable value that includes its rounds and can be saved and restored."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.form import FormField, choice_field, integer_field, text_field
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import check_one_exam
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Judgment, Verdict, judge
from backchannel_lib.page.case_controls import load_controls
from backchannel_lib.workshop.deck import OWN, Vignette, all_files, draw, first_files, vignettes
from backchannel_lib.workshop.run_plan.model import load_run_plans, load_run_steps, vignettes_of
from backchannel_lib.workshop.topics import HARDEST, topic_names

STEPS: Final = ("setup", "file", "vote", "links", "spread", "rules", "what_if", "close")
MAX_VOTES: Final = 999  # for one verdict; no room has more people
MAX_GROUP: Final = 60  # characters
MAX_ROUNDS: Final = 500  # no session lasts this long
NO_VOTES: Final = (0,) * len(Verdict)
VOTE_FIELDS: Final = {f"votes_{verdict.name.lower()}": verdict for verdict in Verdict}

Votes = tuple[int, ...]


@functools.cache
def settings() -> Mapping[str, FormField]:
    """Return the settings before the first file: plan, topic, difficulty, seed, people and group."""
    return MappingProxyType(
        {
            "plan": choice_field("plan", ["", *(row.plan for row in load_run_plans())], default="standard"),
            "topic": choice_field("topic", ["", *topic_names()]),
            "difficulty": integer_field("difficulty", 0, HARDEST, 0),
            "seed": integer_field("seed", 1, 9999, 1),
            "people": integer_field("people", 1, MAX_VOTES, 40),
            "group": text_field("group", MAX_GROUP),
        }
    )


class PlayedRound(NamedTuple):
    """A finished round.

    Args:
        vignette: The file.
        votes: Raised hands for each verdict, lowest first.
        phones: Phone votes for each verdict.
        first: If the room voted twice, the first vote, hands and phones combined.
    """

    vignette: str
    votes: Votes = NO_VOTES
    phones: Votes = NO_VOTES
    first: Votes = NO_VOTES

    @property
    def counted(self) -> Votes:
        """Hands and phones combined, for each verdict, lowest first."""
        return tuple(hands + phones for hands, phones in zip(self.votes, self.phones, strict=True))

    @property
    def file(self) -> Vignette:
        """The file itself, which must exist."""
        return vignettes()[self.vignette]

    @property
    def judgment(self) -> Judgment:
        """What the article says about the file."""
        return judge(self.file.case)

    @property
    def agreement(self) -> str:
        """How many of the votes agree with the article's verdict, in words."""
        return text("round.same_of", same=self.counted[self.judgment.verdict], total=sum(self.counted))


class WorkshopState(NamedTuple):
    """The state of a session.

    Args:
        step: One of ``STEPS``.
        vignette: The file on screen; blank before the first.
        shown: Number of links revealed.
        votes: Raised hands for each verdict, lowest first.
        phones: Phone votes for each verdict.
        case: The case with the slider's change.
        played: The finished rounds.
        plan: The run plan with the sequence of files; blank to draw freely.
        topic: The topic to draw from without a plan; blank for all.
        difficulty: The difficulty to draw from without a plan; 0 for all.
        seed: The random seed.
        people: Number of people in the room.
        menu_from: The step from which the menu was opened; blank if it is closed.
        first: The first vote, hands and phones combined, during or after a second vote.
        skipped: The skipped steps of the run plan.
        group: The facilitator's name for the people in the room.
        date: The day of the first file, as ``YYYY-MM-DD``; blank before that.
    """

    step: str = "setup"
    vignette: str = ""
    shown: int = 0
    votes: Votes = NO_VOTES
    phones: Votes = NO_VOTES
    case: Case | None = None
    played: tuple[PlayedRound, ...] = ()
    plan: str = "standard"
    topic: str = ""
    difficulty: int = 0
    seed: int = 1
    people: int = 40
    menu_from: str = ""
    first: Votes = NO_VOTES
    skipped: tuple[str, ...] = ()
    group: str = ""
    date: str = ""

    @property
    def this_round(self) -> PlayedRound:
        """The current round, as if it were finished."""
        return PlayedRound(self.vignette, self.votes, self.phones, self.first)

    @property
    def counted(self) -> Votes:
        """Hands and phones combined, for each verdict, lowest first."""
        return self.this_round.counted

    @property
    def file(self) -> Vignette:
        """The file on screen, which must exist."""
        return self.this_round.file

    @property
    def judgment(self) -> Judgment:
        """What the article says about the file on screen."""
        return self.this_round.judgment

    @property
    def changed_case(self) -> Case:
        """The case of the file on screen, with the slider's change."""
        return self.case or self.file.case

    @property
    def all_shown(self) -> bool:
        """Whether all links have been shown."""
        return self.shown == len(STAGES)

    @property
    def may_vote_again(self) -> bool:
        """Whether the room can vote a second time: it has voted, and only once."""
        return self.step == "vote" and any(self.counted) and not any(self.first)

    def with_file(self, vignette: str) -> WorkshopState:
        """Return the state with a new file on screen, without votes, answers or changes.

        Examples:
            >>> WorkshopState().with_file("nadia").step
            'file'
        """
        return self._replace(step="file", shown=0, case=None, menu_from="", **PlayedRound(vignette)._asdict())

    def second_vote(self) -> WorkshopState:
        """Return the state for a second vote, keeping the first one.

        Examples:
            >>> WorkshopState().with_file("nadia")._replace(votes=(1, *NO_VOTES[1:])).second_vote().first[0]
            1
        """
        return self._replace(first=self.counted, votes=NO_VOTES, phones=NO_VOTES)

    def round_before(self) -> WorkshopState | None:
        """Return the state at the end of the previous round, with its votes; None if there is none.

        Examples:
            >>> second = WorkshopState().with_file("nadia")._replace(shown=5).round_over().with_file("samir")
            >>> second.round_before().vignette
            'nadia'
        """
        if not self.played:
            return None
        *before, last = self.played
        restored = self.with_file(last.vignette)
        return restored._replace(step="what_if", shown=len(STAGES), played=tuple(before), **last._asdict())

    def round_over(self) -> WorkshopState:
        """Return the state with the current round finished, if the room has voted or seen an answer.

        Examples:
            >>> started = WorkshopState().with_file("nadia")
            >>> len(started.round_over().played), len(started._replace(shown=1).round_over().played)
            (0, 1)
        """
        if not self.vignette or not (self.shown or sum(self.counted)):
            return self
        return self._replace(played=(*self.played, self.this_round))

    def files(self) -> tuple[str, ...]:
        """Return the sequence of vignettes: your own that come first, then the plan's or a free draw.

        Examples:
            >>> WorkshopState(plan="standard").files() == tuple(vignettes_of("standard", 1).values())
            True
        """
        first = first_files()
        if self.plan:
            return (*first, *vignettes_of(self.plan, self.seed).values())
        return (*first, *draw(self.topic, self.difficulty, self.seed, first))

    def files_left(self) -> tuple[str, ...]:
        """Return the remaining vignettes: those after the last one reached in a plan, or those not yet seen in a draw.

        Examples:
            >>> plan = WorkshopState().files()
            >>> WorkshopState().with_file(plan[1]).files_left() == plan[2:]
            True
        """
        seen = {one.vignette for one in self.played} | {self.vignette}
        files = self.files()
        if self.plan:
            left_out = {file for step, file in vignettes_of(self.plan, self.seed).items() if step in self.skipped}
            place = max((place for place, name in enumerate(files, start=1) if name in seen), default=0)
            return tuple(name for name in files[place:] if name not in left_out)
        return tuple(name for name in files if name not in seen)

    def round_number(self) -> int:
        """Return the number of the current round, from 1: as on the printed sheet in a plan, otherwise in order of play.

        Examples:
            >>> WorkshopState().with_file(WorkshopState().files()[2]).round_number()
            3
        """
        files = self.files()
        return files.index(self.vignette) + 1 if self.plan and self.vignette in files else len(self.played) + 1

    def revealed_rounds(self) -> tuple[PlayedRound, ...]:
        """Return the finished rounds, and the current one once its complete answer was shown or the session was closed.

        Examples:
            >>> [one.vignette for one in WorkshopState().with_file("nadia")._replace(shown=5).revealed_rounds()]
            ['nadia']
        """
        # While a link is hidden, the menu must not give the answer away.
        return self.round_over().played if self.all_shown or self.is_closed else self.played

    @property
    def is_closed(self) -> bool:
        """Whether the closing screen is on, or the menu that was opened from it."""
        return "close" in {self.step, self.menu_from}

    def from_close(self) -> WorkshopState:
        """Return the state with the last round on screen again, as far as the room got.

        Examples:
            >>> voted = WorkshopState(step="close", votes=(1, *NO_VOTES[1:]), vignette="nadia")
            >>> voted.from_close().step, voted._replace(shown=5).from_close().step
            ('vote', 'what_if')
        """
        if self.shown:
            return self._replace(step="what_if" if self.all_shown else "links", menu_from="")
        return self._replace(step="vote" if any(self.counted) else "file", menu_from="")

    def to_record(self) -> dict[str, Any]:
        """Return the state as values that JSON can hold.

        Examples:
            >>> from_record(WorkshopState(people=12).to_record()).people
            12
        """
        return {
            **self._asdict(),
            "case": self.case.to_record() if self.case else None,
            "played": [one._asdict() for one in self.played],
        }


@functools.cache
def what_if_fields() -> tuple[str, ...]:
    """Return the fields that a vignette's last step can change, including your own vignettes', in the order of the controls.

    Examples:
        >>> "score" in what_if_fields()
        True
    """
    return tuple(row.field for row in load_controls())


def _read_case(record: Mapping[str, Any]) -> Case:
    case = Case.from_record(record)
    check_one_exam(case)  # the page judges the case, which takes scores from one exam
    return case


def from_record(record: object) -> WorkshopState:
    """Read the result of `WorkshopState.to_record`, rejecting a record with any invalid part.

    Raises:
        CaseError: The record is not valid.

    Examples:
        >>> from_record({"step": "setup"}).seed
        1
    """
    if not isinstance(record, Mapping):
        raise CaseError("session", "mapping", record)
    played = record.get("played", [])
    if not isinstance(played, (list, tuple)) or not all(isinstance(one, Mapping) for one in played):
        raise CaseError("session", "not_a_record", played)
    if len(played) > MAX_ROUNDS:
        raise CaseError("session", "range", len(played), low=0, high=MAX_ROUNDS)
    step = known_word("step", record.get("step", "setup"), STEPS)
    vignette, case = record.get("vignette", ""), record.get("case")
    if vignette != "" or step != "setup":
        vignette = known_word("vignette", vignette, all_files())
    menu_from = record.get("menu_from", record.get("came", ""))  # its name in earlier versions
    return WorkshopState(
        step=step,
        vignette=vignette,
        shown=integer_field("shown", 0, len(STAGES), 0).read(record.get("shown", 0)) or int(step == "links"),
        **_read_round(record),
        case=_read_case(case) if isinstance(case, Mapping) and vignette else None,
        played=tuple(map(_read_played, played)),
        **{name: field.read(record.get(name, field.default)) for name, field in settings().items()},
        menu_from=known_word("menu_from", menu_from, ("", *STEPS[1:])) if step == "setup" and vignette else "",
        skipped=_read_skipped(record.get("skipped", ())),
        date=_read_date(record.get("date", "")),
    )


def without_missing_files(record: object) -> tuple[object, bool]:
    """Drop rounds from a saved session whose file no longer exists, such as your own deleted case.

    Returns:
        The record, and whether anything was dropped. Anything that isn't a record is returned unchanged.

    Examples:
        >>> record = WorkshopState().with_file("nadia").to_record() | {"played": [{"vignette": "own_gone"}]}
        >>> without_missing_files(record)[0]["played"], without_missing_files(record)[1]
        ([], True)
    """
    if not isinstance(record, Mapping) or not isinstance(played := record.get("played", []), (list, tuple)):
        return record, False
    left = [one for one in played if not (isinstance(one, Mapping) and _is_gone(one.get("vignette")))]
    changed: dict[str, Any] = {"vignette": "", **record, "played": left}
    if _is_gone(record.get("vignette")):
        begins = WorkshopState().to_record()
        changed |= {name: begins[name] for name in ("step", "shown", *PlayedRound._fields, "case", "menu_from")}
    return (changed, True) if len(left) < len(played) or changed["vignette"] != record.get("vignette", "") else (record, False)


def _is_gone(vignette: object) -> bool:
    return isinstance(vignette, str) and vignette.startswith(OWN) and vignette not in all_files()


#: Reads a number of votes from 0 to 999; raises `CaseError` for anything else.
read_votes: Final[Callable[[object], int]] = integer_field("votes", 0, MAX_VOTES, 0).read
#: The same for a first vote, which combines hands and phones.
_read_first: Final[Callable[[object], int]] = integer_field("first", 0, 2 * MAX_VOTES, 0).read


def _read_phones(value: object) -> int:
    """Return a number of phone votes, capped at 999 instead of rejected, because nobody typed it or can correct it."""
    return MAX_VOTES if isinstance(value, int) and value > MAX_VOTES else read_votes(value)


def _read_date(value: object) -> str:
    """Return a day as ``YYYY-MM-DD``, or an empty string for anything else."""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return ""


def _read_skipped(value: object) -> tuple[str, ...]:
    """Return the skipped steps, ignoring any that aren't in a plan."""
    if not isinstance(value, (list, tuple)):
        raise CaseError("skipped", "not_a_record", value)
    known = {row.step for row in load_run_steps()}
    return tuple(dict.fromkeys(step for step in value if isinstance(step, str) and step in known))


def _read_played(record: Mapping[str, Any]) -> PlayedRound:
    if "votes" not in record:  # only the current round can be without
        raise CaseError("votes", "not_a_record", None)
    return PlayedRound(known_word("vignette", record.get("vignette"), all_files()), **_read_round(record))


def _read_round(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a round's votes by name; hands, phones and the first vote have their own limits."""
    votes: dict[str, Votes] = {}
    for name, read in (("votes", read_votes), ("phones", _read_phones), ("first", _read_first)):
        value = record.get(name, NO_VOTES)
        if not isinstance(value, (list, tuple)) or len(value) != len(Verdict):
            raise CaseError("votes", "not_a_record", value)
        votes[name] = tuple(map(read, value))
    return votes
