"""Plans for presenters: when each step comes, and what to skip to end on time."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from itertools import accumulate
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple

from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.readers import WrongRowError, integer, loader, one_of
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import load_soap_rule
from backchannel_lib.page.host import host
from backchannel_lib.workshop.deck import draw, first_files, load_vignettes, vignettes
from backchannel_lib.workshop.topics import HARDEST, topic_names

MAX_MINUTES: Final = 240


class RunPlanRow(NamedTuple):
    """The plans for a session, the shortest first.

    Examples:
        >>> [row.minutes for row in load_run_plans()]
        [20, 45, 90]
    """

    plan: Annotated[str, "its id; its texts are ``run_plan.<plan>.title`` and ``.for``"]
    minutes: Annotated[int, integer(1, MAX_MINUTES), "the total of its steps"]

    @property
    def title(self) -> str:
        """The plan's title."""
        return text(f"run_plan.{self.plan}.title")


load_run_plans = loader(RunPlanRow, "run_plans.csv")


def _rule_answers() -> list[str]:
    return sorted({row.answer for row in load_soap_rule()})


class RunStepRow(NamedTuple):
    """The steps of all plans, in order.

    Examples:
        >>> load_run_steps()[0].step
        'before'
    """

    step: Annotated[str, "its id; its texts are ``run_step.<step>.title``, ``.do``, ``.say`` and ``.late``"]
    plan: Annotated[str, one_of(lambda: [row.plan for row in load_run_plans()])]
    minutes: Annotated[int, integer(0, MAX_MINUTES), "0 for steps before people come in"]
    activity: Annotated[str, one_of(lambda: [row.activity for row in load_activities()], blank=True), "what is on screen"]
    topic: Annotated[str, one_of(topic_names, blank=True), "the topic of the vignette that a round plays"]
    difficulty: Annotated[str, one_of([str(level) for level in range(1, HARDEST + 1)], blank=True), "its difficulty"]
    rule: Annotated[str, one_of(_rule_answers, blank=True), "the rule's required answer for that vignette"]
    skip: Annotated[int | None, integer(1, MAX_MINUTES, blank=True), "its position in the order of skipping steps"]
    shorter: Annotated[int | None, integer(1, MAX_MINUTES, blank=True), "the fewest minutes it can take"]

    @property
    def title(self) -> str:
        """The step's title."""
        return text(f"run_step.{self.step}.title")

    @property
    def can_lose(self) -> int:
        """The minutes by which it can be shortened."""
        return 0 if self.shorter is None else self.minutes - self.shorter


def _check_steps(rows: tuple[RunStepRow, ...]) -> None:
    """Check the plans' minutes, the order in which steps are skipped, and that each round says what it plays."""
    for index, row in enumerate(rows):
        if row.shorter is not None and row.shorter >= row.minutes:
            raise WrongRowError(index, "shorter", row.shorter, f"less than its {row.minutes} minutes")
        if (row.topic == "") != (row.difficulty == ""):
            raise WrongRowError(index, "difficulty", row.difficulty, "a topic and a difficulty, or neither")
    for plan in load_run_plans():
        own = [row for row in rows if row.plan == plan.plan]
        total = sum(row.minutes for row in own)
        if total != plan.minutes:
            raise WrongRowError(None, "minutes", total, f"steps of plan '{plan.plan}' that take {plan.minutes} minutes")
        order = sorted(row.skip for row in own if row.skip is not None)
        if order != list(range(1, len(order) + 1)):
            raise WrongRowError(None, "skip", order, f"an order from 1 on in plan '{plan.plan}', each place once")


load_run_steps = loader(RunStepRow, "run_steps.csv", key=("plan", "step"), check=_check_steps)


class RunCheckRow(NamedTuple):
    """The checklist for the time before people come in, in order of time.

    Examples:
        >>> load_run_checks()[-1].check
        'plan_b'
    """

    check: Annotated[str, "its id; its text is ``run_check.<check>``"]
    minutes: Annotated[int, integer(0, MAX_MINUTES), "before the start"]
    own_text_on_site: Annotated[bool, "whether the site, without commands and phones, says ``run_check.<check>.site``"]

    @property
    def text(self) -> str:
        """The instruction, worded for the site if it runs there."""
        return text(f"run_check.{self.check}{'.site' * (self.own_text_on_site and host() == 'browser')}")


load_run_checks = loader(RunCheckRow, "run_checks.csv")


class ShortenedStep(NamedTuple):
    """A step to skip or shorten.

    Args:
        step: The step.
        minutes: Its remaining minutes; 0 if it is skipped.
        saved: The minutes saved.
    """

    step: RunStepRow
    minutes: int
    saved: int

    @property
    def text(self) -> str:
        """What to do."""
        if self.minutes == 0:
            return text("run_plan.skip", step=self.step.title, saved=self.saved)
        return text("run_plan.shorten", step=self.step.title, minutes=self.minutes, saved=self.saved)


class CatchUp(NamedTuple):
    """The changes with which a late session can still end on time.

    Args:
        changes: What to skip or shorten, in the order of the plan.
        minutes_left: The minutes that can't be saved.
    """

    changes: tuple[ShortenedStep, ...]
    minutes_left: int


def plan_of(plan: str) -> RunPlanRow:
    """Return a plan by its id.

    Raises:
        CaseError: There is no such plan.

    Examples:
        >>> plan_of("standard").minutes
        45
    """
    rows = {row.plan: row for row in load_run_plans()}
    return rows[known_word("plan", plan, rows)]


def steps_of(plan: str) -> tuple[RunStepRow, ...]:
    """Return the steps of a plan in order.

    Raises:
        CaseError: There is no such plan.

    Examples:
        >>> [row.step for row in steps_of("short")]
        ['before', 'welcome', 'round_caller', 'round_rule', 'close']
    """
    chosen = plan_of(plan).plan
    return tuple(row for row in load_run_steps() if row.plan == chosen)


def starts(plan: str, skipped: Collection[str] = ()) -> tuple[int, ...]:
    """Return the starting minute of each step in a plan; a skipped step takes no time.

    Raises:
        CaseError: There is no such plan.

    Examples:
        >>> starts("short"), starts("short", ["round_caller"])
        ((0, 0, 3, 9, 15), (0, 0, 3, 3, 9))
    """
    return tuple(accumulate((0 if row.step in skipped else row.minutes for row in steps_of(plan)[:-1]), initial=0))


def catch_up(plan: str, step: str, minutes_late: int, skipped: Collection[str] = ()) -> CatchUp:
    """Find what to skip or shorten after a step so that a late session ends on time.

    Steps are shortened before any are skipped, and as few as possible are skipped, in the order that the plan sets.

    Args:
        plan: The plan.
        step: The current step; it and earlier ones stay unchanged.
        minutes_late: How late the session will be at the end of this step.
        skipped: Steps that are already skipped.

    Raises:
        CaseError: There is no such plan, or it has no such step.

    Examples:
        >>> [(change.step.step, change.saved) for change in catch_up("short", "welcome", 3).changes]
        [('round_caller', 2), ('round_rule', 1)]
        >>> catch_up("short", "close", 3).minutes_left
        3
    """
    steps = steps_of(plan)
    names = [row.step for row in steps]
    known_word("step", step, names)
    late = max(0, minutes_late)
    after = [row for row in steps[names.index(step) + 1 :] if row.step not in skipped]
    coming = sorted(after, key=lambda row: MAX_MINUTES if row.skip is None else row.skip)
    optional = [row for row in coming if row.skip is not None]
    for count in range(len(optional) + 1):
        left_out, remaining = optional[:count], [row for row in coming if row not in optional[:count]]
        if sum(row.minutes for row in left_out) + sum(row.can_lose for row in remaining) >= late:
            break
    changes = [ShortenedStep(row, 0, row.minutes) for row in left_out]
    late = max(0, late - sum(row.minutes for row in left_out))
    for row in remaining:
        saved = min(row.can_lose, late)
        late -= saved
        if saved:
            changes.append(ShortenedStep(row, row.minutes - saved, saved))
    return CatchUp(tuple(sorted(changes, key=lambda change: names.index(change.step.step))), late)


@functools.lru_cache(maxsize=256)
def vignettes_of(plan: str, seed: int) -> Mapping[str, str]:
    """Draw a different vignette for each round of a plan, and return its id by step.

    Raises:
        CaseError: There is no such plan.

    Examples:
        >>> list(vignettes_of("short", 1))
        ['round_caller', 'round_rule']
    """
    drawn: dict[str, str] = {}
    # Leave out your own vignettes, because with them different machines would draw different files.
    own = vignettes().keys() - {row.vignette for row in load_vignettes()}
    for row in steps_of(plan):
        if row.topic:
            fits = draw(row.topic, int(row.difficulty), seed, (*own, *drawn.values()))
            drawn[row.step] = next(one for one in fits if row.rule in {"", rules_check(vignettes()[one].case).answer})
    return MappingProxyType(drawn)


def files_of(plan: str, seed: int, skipped: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the files of each round: any of your own that come first, then the drawn one.

    Args:
        plan: The plan.
        seed: The random seed.
        skipped: The skipped steps; your own files go with the first round that isn't skipped.

    Raises:
        CaseError: There is no such plan.

    Examples:
        >>> [len(files) for files in files_of("short", 1).values()]
        [1, 1]
    """
    drawn = vignettes_of(plan, seed)
    opening = next((step for step in drawn if step not in skipped), None)
    return {step: (*first_files(), file) if step == opening else (file,) for step, file in drawn.items()}
