"""Plans for whoever leads a room: what comes when, and what to leave out so that the session ends on time.

The steps, their minutes and the order in which they go when time is short are tables; they are checked when they are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from pathlib import PurePath
from typing import Final, NamedTuple

from backchannel_lib.activities.tables import load_activities
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import Path, TableError, WrongCellError, integer, one_of, read_table, required_text
from backchannel_lib.base.texts import text
from backchannel_lib.workshop.deck import HARDEST, draw, load_topics

LONGEST: Final = 240  # minutes


class RunPlanRow(NamedTuple):
    """One plan for a session; see `load_run_plans`."""

    plan: str
    minutes: int

    @property
    def title(self) -> str:
        """The plan's name for a reader."""
        return text(f"run_plan.{self.plan}.title")


class RunStepRow(NamedTuple):
    """One step of a plan; see `load_run_steps`."""

    step: str
    plan: str
    minutes: int
    activity: str
    topic: str
    difficulty: str
    skip: int | None
    shorter: int | None

    @property
    def title(self) -> str:
        """The step's name for a reader."""
        return text(f"run_step.{self.step}.title")

    @property
    def can_lose(self) -> int:
        """By how many minutes it can be cut short."""
        return 0 if self.shorter is None else self.minutes - self.shorter


class RunCheckRow(NamedTuple):
    """One thing to see to before people come in; see `load_run_checks`."""

    check: str
    minutes: int

    @property
    def text(self) -> str:
        """What to do, for a reader."""
        return text(f"run_check.{self.check}")


class Saving(NamedTuple):
    """One step that is left out or cut short.

    Args:
        step: The step.
        minutes: The minutes it still takes; 0 where it is left out.
        saved: The minutes that are regained.
    """

    step: RunStepRow
    minutes: int
    saved: int

    @property
    def text(self) -> str:
        """What to do, for a reader."""
        if self.minutes == 0:
            return text("run_plan.skip", step=self.step.title, saved=self.saved)
        return text("run_plan.shorten", step=self.step.title, minutes=self.minutes, saved=self.saved)


class CatchUp(NamedTuple):
    """How a session that is late can still end on time.

    Args:
        savings: What to leave out or cut short, in the order of the plan.
        left: The minutes that nothing regains.
    """

    savings: tuple[Saving, ...]
    left: int


def load_run_plans(path: Path = None) -> tuple[RunPlanRow, ...]:
    """Load the plans, the shortest first.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``plan``, its id; ``minutes`` it takes, which its steps add up to. Words: ``run_plan.<plan>.title`` and
        ``.for``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> [row.minutes for row in load_run_plans()]
        [20, 45, 90]
    """
    rows: tuple[RunPlanRow, ...] = read_table(
        RunPlanRow, "run_plans.csv", {"plan": required_text, "minutes": integer(1, LONGEST)}, path=path
    )
    return rows


def load_run_steps(path: Path = None) -> tuple[RunStepRow, ...]:
    """Load the steps of all plans, in the order in which they are done.

    Args:
        path: Another file of the same form; None for the workbook's own. Its plans are those of the workbook.

    Returns:
        Rows of: ``step``; ``plan`` it belongs to; ``minutes`` it takes, 0 for what is done before people come in; ``activity`` to
        have on screen, or blank; ``topic`` and ``difficulty`` of the vignette that a round plays, else blank; ``skip``, its
        place in the order in which steps are left out, or blank where it never is; ``shorter``, the minutes it can be cut
        to, or blank. Words: ``run_step.<step>.title``, ``.do``, ``.say`` and ``.late``.

    Raises:
        TableError: The table is broken, or a plan's minutes do not add up.

    Examples:
        >>> load_run_steps()[0].step
        'before'
    """
    rows: tuple[RunStepRow, ...] = read_table(
        RunStepRow,
        "run_steps.csv",
        {
            "step": required_text,
            "plan": one_of([row.plan for row in load_run_plans()]),
            "minutes": integer(0, LONGEST),
            "activity": one_of([row.activity for row in load_activities()], blank=True),
            "topic": one_of([row.topic for row in load_topics()], blank=True),
            "difficulty": one_of([str(step) for step in range(1, HARDEST + 1)], blank=True),
            "skip": _number_or_blank,
            "shorter": _number_or_blank,
        },
        path=path,
        key=("plan", "step"),
    )
    _check_steps("run_steps.csv" if path is None else PurePath(str(getattr(path, "name", path))).name, rows)
    return rows


def load_run_checks(path: Path = None) -> tuple[RunCheckRow, ...]:
    """Load what to see to before people come in, the earliest first.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``check``; ``minutes`` before the start. Words: ``run_check.<check>``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> load_run_checks()[-1].check
        'plan_b'
    """
    rows: tuple[RunCheckRow, ...] = read_table(
        RunCheckRow, "run_checks.csv", {"check": required_text, "minutes": integer(0, LONGEST)}, path=path
    )
    return rows


def plan_of(plan: str) -> RunPlanRow:
    """Give a plan by its id.

    Args:
        plan: The plan.

    Returns:
        Its row.

    Raises:
        CaseError: There is no such plan.

    Source:
        data/run_plans.csv.

    Examples:
        >>> plan_of("standard").minutes
        45
    """
    rows = {row.plan: row for row in load_run_plans()}
    if plan not in rows:
        raise CaseError("plan", "level", plan, levels=suggestions(plan, rows))
    return rows[plan]


def steps_of(plan: str) -> tuple[RunStepRow, ...]:
    """Give the steps of a plan in their order.

    Args:
        plan: The plan.

    Returns:
        Its steps.

    Raises:
        CaseError: There is no such plan.

    Source:
        data/run_steps.csv.

    Examples:
        >>> [row.step for row in steps_of("short")]
        ['before', 'welcome', 'round_caller', 'round_rule', 'close']
    """
    return tuple(row for row in load_run_steps() if row.plan == plan_of(plan).plan)


def starts(plan: str) -> tuple[int, ...]:
    """Tell at which minute each step of a plan begins.

    Args:
        plan: The plan.

    Returns:
        A minute for each step.

    Raises:
        CaseError: There is no such plan.

    Source:
        data/run_steps.csv.

    Examples:
        >>> starts("short")
        (0, 0, 3, 9, 15)
    """
    return tuple(accumulate((row.minutes for row in steps_of(plan)[:-1]), initial=0))


def catch_up(plan: str, step: str, late_minutes: int) -> CatchUp:
    """Tell what to leave out or cut short after a step, so that a session that is late ends on time.

    As few steps as can be are left out, those first that the plan names first; cutting short comes before leaving out.

    Args:
        plan: The plan.
        step: The step that is on now; it and those before it stay as they are.
        late_minutes: How late the session will be when this step is over.

    Returns:
        What to do, and what cannot be regained.

    Raises:
        CaseError: There is no such plan, or it has no such step.

    Source:
        data/run_steps.csv.

    Examples:
        >>> [(saving.step.step, saving.saved) for saving in catch_up("short", "welcome", 3).savings]
        [('round_caller', 2), ('round_rule', 1)]
        >>> catch_up("short", "close", 3).left
        3
    """
    steps = steps_of(plan)
    names = [row.step for row in steps]
    if step not in names:
        raise CaseError("step", "level", step, levels=suggestions(step, names))
    late = max(0, late_minutes)
    coming = _in_order_of_sacrifice(steps[names.index(step) + 1 :])
    can_go = [row for row in coming if row.skip is not None]
    for count in range(len(can_go) + 1):
        gone, kept = can_go[:count], [row for row in coming if row not in can_go[:count]]
        if sum(row.minutes for row in gone) + sum(row.can_lose for row in kept) >= late:
            break
    savings = [Saving(row, 0, row.minutes) for row in gone]
    still = max(0, late - sum(row.minutes for row in gone))
    for row in kept:
        saved = min(row.can_lose, still)
        still -= saved
        if saved:
            savings.append(Saving(row, row.minutes - saved, saved))
    return CatchUp(tuple(sorted(savings, key=lambda saving: names.index(saving.step.step))), still)


def vignettes_of(plan: str, seed: int) -> dict[str, str]:
    """Draw the vignettes that the rounds of a plan play, no two alike.

    Args:
        plan: The plan.
        seed: A number that draws the same ones each time.

    Returns:
        A vignette's id for each step that is a round.

    Raises:
        CaseError: There is no such plan.

    Source:
        data/run_steps.csv, data/vignettes.csv.

    Examples:
        >>> list(vignettes_of("short", 1))
        ['round_caller', 'round_rule']
    """
    found: dict[str, str] = {}
    for row in steps_of(plan):
        if row.topic:
            found[row.step] = draw(row.topic, int(row.difficulty), seed, tuple(found.values()))[0]
    return found


def _in_order_of_sacrifice(steps: Iterable[RunStepRow]) -> list[RunStepRow]:
    return sorted(steps, key=lambda row: LONGEST if row.skip is None else row.skip)


def _number_or_blank(cell: str) -> int | None:
    """Read a whole number from 1, or nothing."""
    try:
        return None if cell == "" else int(integer(1, LONGEST)(cell))
    except WrongCellError as wrong:
        raise WrongCellError(f"{wrong}, or nothing") from None


def _check_steps(name: str, rows: tuple[RunStepRow, ...]) -> None:
    """Check what no cell shows alone: a plan's minutes, its order of leaving out, and that a round says what it plays."""
    for number, row in enumerate(rows, start=2):
        if row.shorter is not None and row.shorter >= row.minutes:
            raise TableError(name, number, "shorter", row.shorter, f"less than its {row.minutes} minutes")
        if (row.topic == "") != (row.difficulty == ""):
            raise TableError(name, number, "difficulty", row.difficulty, "a topic and a difficulty, or neither")
    for plan in load_run_plans():
        own = [row for row in rows if row.plan == plan.plan]
        total = sum(row.minutes for row in own)
        if total != plan.minutes:
            raise TableError(name, None, "minutes", total, f"steps of plan '{plan.plan}' that take {plan.minutes} minutes")
        order = sorted(row.skip for row in own if row.skip is not None)
        if order != list(range(1, len(order) + 1)):
            raise TableError(name, None, "skip", order, f"an order from 1 on in plan '{plan.plan}', each place once")
