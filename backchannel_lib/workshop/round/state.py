"""Where a session before a room stands: one value that never changes, its rounds, and how it is written and read again."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.form import integer_field
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import STAGES
from backchannel_lib.model.verdict import Verdict, judge
from backchannel_lib.page.case_controls import load_controls
from backchannel_lib.workshop.deck import draw, load_topics, vignettes
from backchannel_lib.workshop.run_plan.model import load_run_plans, vignettes_of

STEPS: Final = ("setup", "file", "vote", "links", "spread", "rules", "what_if", "close")
MOST_VOTES: Final = 999
NOBODY: Final = (0,) * len(Verdict)
PLANS: Final = ("", *(row.plan for row in load_run_plans()))
TOPICS: Final = ("", *(row.topic for row in load_topics()))
NUMBERS: Final = {  # what is chosen as a number before the first file
    "difficulty": integer_field("difficulty", 0, 3, 0),
    "seed": integer_field("seed", 1, 9999, 1),
    "people": integer_field("people", 1, MOST_VOTES, 40),
}

Votes = tuple[int, ...]


def vote_field(verdict: Verdict) -> str:
    """Name the field in which the votes for a verdict stand.

    Args:
        verdict: The verdict.

    Returns:
        The field.

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


class WorkshopState(NamedTuple):
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
    difficulty: int = NUMBERS["difficulty"].default
    seed: int = NUMBERS["seed"].default
    people: int = NUMBERS["people"].default
    came: str = ""

    @property
    def counted(self) -> Votes:
        """Hands and phones together, for each verdict, lowest first."""
        return tuple(hands + phones for hands, phones in zip(self.votes, self.phones, strict=True))


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
    used = {one.what_if for one in vignettes().values()}
    return tuple(row.field for row in load_controls() if row.field in used)


def files(state: WorkshopState) -> tuple[str, ...]:
    """List the files that come one after the other: those of the plan, or a free draw.

    Args:
        state: Where the session stands.

    Returns:
        Ids of vignettes, in their order.

    Source:
        data/run_steps.csv, data/vignettes.csv.

    Examples:
        >>> files(WorkshopState(plan="standard")) == tuple(vignettes_of("standard", 1).values())
        True
    """
    if state.plan:
        return tuple(vignettes_of(state.plan, state.seed).values())
    return draw(state.topic, state.difficulty, state.seed)


def following(state: WorkshopState) -> tuple[str, ...]:
    """List the files that are still to come: of a plan those after the furthest one, of a draw those not yet seen.

    Args:
        state: Where the session stands.

    Returns:
        Ids of vignettes, in their order.

    Examples:
        >>> plan = files(WorkshopState())
        >>> following(opened(WorkshopState(), plan[1])) == plan[2:]
        True
    """
    shown = {one.vignette for one in state.played} | {state.vignette}
    drawn = files(state)
    if state.plan:
        return drawn[max((place for place, name in enumerate(drawn, start=1) if name in shown), default=0) :]
    return tuple(name for name in drawn if name not in shown)


def number_of(state: WorkshopState) -> int:
    """Number the round on screen: of a plan as on its printed sheet, else as it was played.

    Args:
        state: Where the session stands.

    Returns:
        The number, from 1.

    Examples:
        >>> number_of(opened(WorkshopState(), files(WorkshopState())[2]))
        3
    """
    drawn = files(state)
    return drawn.index(state.vignette) + 1 if state.plan and state.vignette in drawn else len(state.played) + 1


def opened(state: WorkshopState, vignette: str) -> WorkshopState:
    """Put a file on screen, with no vote, no answer and nothing moved.

    Args:
        state: Where the session stands.
        vignette: The file's id.

    Returns:
        Where it stands then.

    Examples:
        >>> opened(WorkshopState(), "nadia").step
        'file'
    """
    return state._replace(step="file", vignette=vignette, shown=0, votes=NOBODY, phones=NOBODY, case=None, came="")


def over(state: WorkshopState) -> WorkshopState:
    """Put the file on screen with the rounds that are over, if the room has voted on it or seen its answer.

    Args:
        state: Where the session stands.

    Returns:
        Where it stands then.

    Examples:
        >>> (
        ...     len(over(opened(WorkshopState(), "nadia")).played),
        ...     len(over(opened(WorkshopState(), "nadia")._replace(shown=1)).played),
        ... )
        (0, 1)
    """
    if not state.vignette or not (state.shown or sum(state.counted)):
        return state
    return state._replace(played=(*state.played, Played(state.vignette, state.votes, state.phones)))


def seen(state: WorkshopState) -> list[Played]:
    """List the rounds that are over, the one on screen with them once its whole answer was shown.

    Args:
        state: Where the session stands.

    Returns:
        The rounds in their order.

    Examples:
        >>> [one.vignette for one in seen(opened(WorkshopState(), "nadia")._replace(shown=5))]
        ['nadia']
    """
    told = state.vignette and state.shown == len(STAGES)  # with a link still hidden, the menu must not give it away
    here = [Played(state.vignette, state.votes, state.phones)] if told else []
    return [*state.played, *here]


def table_of(state: WorkshopState) -> tuple[list[str], list[list[object]]]:
    """Give the session as a table for a file: a row for each round whose answer was shown.

    Args:
        state: Where the session stands.

    Returns:
        The head, and the rows.

    Examples:
        >>> table_of(opened(WorkshopState(), "nadia")._replace(shown=5))[1][0][:2]
        [1, 'nadia']
    """
    head = ["round", "vignette", "title", "article", "rule", *(one.name.lower() for one in Verdict), "from_phones", "people"]
    rows: list[list[object]] = []
    for number, one in enumerate(seen(state), start=1):
        judgment = judge(vignettes()[one.vignette].case)
        total = [hands + phones for hands, phones in zip(one.votes, one.phones, strict=True)]
        rows.append(
            [
                number,
                one.vignette,
                text(f"vignette.{one.vignette}.title"),
                judgment.verdict.name.lower(),
                rules_check(judgment.case).answer,
                *total,
                sum(one.phones),
                state.people,
            ]
        )
    return head, rows


# ---- a session as a record ----


def to_record(state: WorkshopState) -> dict[str, Any]:
    """Write where a session stands as what JSON can hold.

    Args:
        state: Where it stands.

    Returns:
        The record, which `from_record` reads.

    Examples:
        >>> from_record(to_record(WorkshopState(people=12))).people
        12
    """
    return {
        **state._asdict(),
        "votes": list(state.votes),
        "phones": list(state.phones),
        "case": state.case.to_record() if state.case else None,
        "played": [{"vignette": one.vignette, "votes": list(one.votes), "phones": list(one.phones)} for one in state.played],
    }


def from_record(value: object) -> WorkshopState:
    """Read where a session stands; what is not valid is refused whole, so that nothing is shown that never was.

    Args:
        value: What `to_record` gave.

    Returns:
        The state.

    Raises:
        CaseError: It is no such record.

    Examples:
        >>> from_record({"step": "setup"}).seed
        1
    """
    if not isinstance(value, Mapping):
        raise CaseError("session", "mapping", value)
    start, known = WorkshopState(), vignettes()
    played = value.get("played", [])
    if not isinstance(played, list) or not all(isinstance(one, Mapping) for one in played):
        raise CaseError("session", "not_a_record", played)
    gone = tuple(
        Played(one_of("vignette", one.get("vignette"), known), _votes(one.get("votes")), _votes(one.get("phones", [*NOBODY])))
        for one in played
    )
    vignette = value.get("vignette", "")
    step = one_of("step", value.get("step", start.step), STEPS)
    if vignette != "" or step != "setup":
        vignette = one_of("vignette", vignette, known)
    case = value.get("case")
    return WorkshopState(
        step=step,
        vignette=vignette,
        shown=integer_field("shown", 0, len(STAGES), 0).read(value.get("shown", 0)) or (1 if step == "links" else 0),
        votes=_votes(value.get("votes", [*NOBODY])),
        phones=_votes(value.get("phones", [*NOBODY])),
        case=Case.from_record(case) if isinstance(case, Mapping) and vignette else None,
        played=gone,
        plan=one_of("plan", value.get("plan", start.plan), PLANS),
        topic=one_of("topic", value.get("topic", ""), TOPICS),
        **{name: entry.read(value.get(name, entry.default)) for name, entry in NUMBERS.items()},
        came=one_of("came", value.get("came", ""), ("", *STEPS[1:])) if step == "setup" and vignette else "",
    )


def one_of(field: str, value: object, known: Iterable[str]) -> str:
    """Read one of some names.

    Args:
        field: What it is, for an error.
        value: What was given.
        known: The names.

    Returns:
        The name.

    Raises:
        CaseError: It is none of them; the nearest stands first.

    Examples:
        >>> one_of("step", "vote", STEPS)
        'vote'
    """
    names = list(known)
    if value not in names:
        raise CaseError(field, "level", value, levels=suggestions(str(value), names))
    return str(value)


def _votes(value: object) -> Votes:
    if not isinstance(value, list) or len(value) != len(Verdict):
        raise CaseError("votes", "not_a_record", value)
    return tuple(integer_field("votes", 0, MOST_VOTES, 0).read(count) for count in value)
