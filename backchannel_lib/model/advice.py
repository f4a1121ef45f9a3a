"""What to do now: the rule at this moment, the article's view, three dated steps, and questions to ask.

``data/next_steps.csv`` decides which step applies when. This module only works out the dates.
"""

from __future__ import annotations

import calendar
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Annotated, Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import WrongCellError, each_of, loader, one_of
from backchannel_lib.base.texts import text
from backchannel_lib.model.calendar import eastern, phase_at, week_start
from backchannel_lib.model.case import Case
from backchannel_lib.model.open_judgment import OpenJudgment, fields_asked, judge_open, known_case, open_field_names
from backchannel_lib.model.rules import rows_that_hold
from backchannel_lib.model.soap_rule import RulesCheck, next_change, rules_check, soap_window
from backchannel_lib.model.tables import assumption_id, claim_ids, fact_ids, load_week_events, year_time

SLOTS: Final = ("tonight", "next_moment", "next_month")
WHO: Final = ("student", "caller", "deans_office")
KINDS: Final = ("do", "do_not")

#: Policies that can stop a student's file. They're always worth asking about, even if another link is weaker.
ASK_ANYWAY: Final = ("interviews_failures", "sponsors_visas", "has_noncategorical_seat")

#: Names that a step's condition can use in addition to the fields of a case.
_FLAGS: Final = ("inside_window", "before_window", "contact_unknown")


def step_time(cell: str) -> str:
    """When a step is due: now, month_later, an event of Match Week such as soap_ends, or a date such as July 1."""
    if cell in {"now", "month_later", *(row.event for row in load_week_events())}:
        return cell
    try:
        year_time(cell)
    except WrongCellError:
        events = ", ".join(row.event for row in load_week_events())
        raise WrongCellError(f"now, month_later, a date such as July 1, or one of {events}") from None
    return cell


class NextStepRow(NamedTuple):
    """The steps for a student, three at a time: for each slot, the row that applies and comes due first.

    Source:
        The facts and claims in each row; the order of the steps is our choice.

    Examples:
        >>> [row.slot for row in load_next_steps()][0]
        'tonight'
    """

    step: str
    slot: Annotated[str, one_of(SLOTS)]
    kind: Annotated[str, one_of(KINDS), "whether it is something to do or something the rule forbids"]
    when: Annotated[
        str, "an expression like those of the conditions, which can also use inside_window, before_window and contact_unknown"
    ]
    who: Annotated[str, one_of(WHO), "who does it"]
    at: Annotated[str, step_time]
    facts: Annotated[tuple[str, ...], fact_ids]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]


load_next_steps = loader(NextStepRow, "next_steps.csv")


class NotCoveredRow(NamedTuple):
    """Topics the article doesn't cover; their texts are ``not_covered.<topic>.name``, ``.note`` and ``.question``.

    Source:
        The facts in each row.

    Examples:
        >>> [row.topic for row in load_not_covered()][:2]
        ['do_comlex', 'img']
    """

    topic: str
    facts: Annotated[tuple[str, ...], fact_ids]


load_not_covered = loader(NotCoveredRow, "not_covered.csv")


@dataclass(frozen=True)
class NextStep:
    """One step: what to do, who does it, and when.

    Args:
        row: Its row of data/next_steps.csv.
        when: The time on an Eastern clock; midnight at the start of the day if the step has no time.
        whole_day: Whether only the day matters, not the time.
    """

    row: NextStepRow
    when: datetime
    whole_day: bool

    @property
    def sentence(self) -> str:
        """What to do, in a sentence or two."""
        return text(f"next_step.{self.row.step}")

    @property
    def who(self) -> str:
        """Who does it."""
        return text(f"next_step.who.{self.row.who}")


@dataclass(frozen=True)
class Advice:
    """What a student can take away: the rule first, then the article's view, then what to do.

    Args:
        now: The time this advice is for, on an Eastern clock.
        rules: What the rule says now. If it is unknown whether the program has made contact, both answers, the stricter one
            first.
        until: When the rule's answer changes, on an Eastern clock; None if the next change of the window makes no difference.
        judgment: What the article predicts, with unknown fields left open.
        steps: Three steps, the earliest first.
        questions: What to ask the dean's office, the most useful question first.
        topics: Ids of the topics outside the article that the student checked.
        planned: What the rule says about a contact in the case's own phase, if that isn't the phase of ``now``.

    Source:
        data/next_steps.csv, data/not_covered.csv.

    Examples:
        >>> advice = advise(Case(), now=datetime(2027, 3, 15, 20, 40))
        >>> advice.rules[0].answer, advice.until
        ('not_allowed', datetime.datetime(2027, 3, 18, 21, 0))
        >>> [step.row.step for step in advice.steps]
        ['hold_everyone', 'soap_is_over', 'year_of_work']
    """

    now: datetime
    rules: tuple[RulesCheck, ...]
    until: datetime | None
    judgment: OpenJudgment
    steps: tuple[NextStep, ...]
    questions: tuple[str, ...]
    topics: tuple[str, ...]
    planned: RulesCheck | None = None

    @property
    def case(self) -> Case:
        """The case that was judged."""
        return self.judgment.known


def advise(
    known: Case | Mapping[str, object],
    unknown: Iterable[str] = (),
    now: datetime | None = None,
    topics: Iterable[str] = (),
    *,
    reading: str | None = None,
    keep_phase: bool = False,
) -> Advice:
    """Return what a student can do now.

    Args:
        known: The case, or its known fields by name.
        unknown: Names of the unknown fields, as in `judge_open`.
        now: The time; Eastern Time if it has no time zone, and this machine's clock if None.
        topics: Ids of topics that the article doesn't cover, from data/not_covered.csv.
        reading: Name of a reading, or None for the defaults.
        keep_phase: Judge the contact in the case's own phase, as a panel does, instead of in the phase of ``now``.

    Raises:
        CaseError: As in `judge_open` and `phase_at`, or for an unknown topic.

    Examples:
        >>> advise({"score": 228}, unknown=("program_contacted_first",), now=datetime(2027, 3, 16, 9, 0)).steps[0].row.step
        'find_out'
    """
    moment = eastern(datetime.now().astimezone() if now is None else now)
    chosen = _check_topics(topics)
    open_fields = [name for name in open_field_names(unknown) if name != "phase"]
    given = known_case(known, open_fields)
    case = given.replace(phase=phase_at(moment))  # as if the contact happened now
    judgment = judge_open(given if keep_phase else case, open_fields, reading)
    start, end = soap_window(moment.year)
    inside = start <= moment < end
    contact_unknown = "program_contacted_first" in judgment.unknown
    answers = (False, True) if contact_unknown else (case.program_contacted_first,)

    def checked(one: Case, when: datetime | None) -> tuple[RulesCheck, ...]:
        """Return the rule's answer for each possible value of ``program_contacted_first``, the stricter one first."""
        each = (rules_check(one.replace(program_contacted_first=contacted), when=when) for contacted in answers)
        return tuple(dict.fromkeys(each))

    rules = checked(case, moment)
    edge = next_change(moment)
    after = checked(case.replace(phase=phase_at(edge)), edge)
    until = edge if [rule.answer for rule in after] != [rule.answer for rule in rules] else None
    planned = checked(given, None)[0] if keep_phase and given.phase != case.phase else None
    before = not inside and case.phase == "groundwork"
    flags = {"inside_window": inside, "before_window": before, "contact_unknown": contact_unknown}
    rows = _row_finder()(SimpleNamespace(**{**case.__dict__, **flags}))
    dated = sorted((_dated(row, moment) for row in rows), key=lambda step: step.when)
    first = {step.row.slot: step for step in reversed(dated)}  # if several are due at once, the table's first wins
    steps = tuple(step for step in dated if first[step.row.slot] is step)
    asked = rules if planned is None else (*rules, planned)
    return Advice(moment, rules, until, judgment, steps, _questions(judgment, asked, chosen), chosen, planned=planned)


def _check_topics(topics: Iterable[str]) -> tuple[str, ...]:
    known = [row.topic for row in load_not_covered()]
    try:
        return tuple(each_of(known)(" ".join(topics)))
    except WrongCellError:
        wrong = next(topic for topic in topics if topic not in known)
        raise CaseError("topics", "level", wrong, levels=suggestions(wrong, known)) from None


def _questions(judgment: OpenJudgment, rules: tuple[RulesCheck, ...], topics: tuple[str, ...]) -> tuple[str, ...]:
    asked = fields_asked(judgment.known, judgment.unknown, judgment.reading)
    policies = [name for name in judgment.unknown if name in ASK_ANYWAY and name in asked]  # worth asking regardless
    questions = [text(f"ask.{name}") for name in dict.fromkeys([*judgment.worth_asking, *policies])]
    if "program_contacted_first" in judgment.unknown and len({check.row for check in rules}) > 1:
        questions.insert(0, text("ask.program_contacted_first"))
    questions += [text(f"ask.{row}") for row in dict.fromkeys(check.row for check in rules if check.answer == "ask_first")]
    if not questions:
        questions.append(text("ask.who_is_heard_there"))
    return (*questions, *(text(f"not_covered.{topic}.question") for topic in topics))


def _dated(row: NextStepRow, moment: datetime) -> NextStep:
    if row.at == "now":
        return NextStep(row, moment, whole_day=True)
    if row.at == "month_later":
        year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
        day = min(moment.day, calendar.monthrange(year, month)[1])
        return NextStep(row, datetime(year, month, day), whole_day=True)  # noqa: DTZ001 - an Eastern clock, as `moment`
    events = {event.event: event for event in load_week_events()}
    if row.at in events:
        after_monday = events[row.at].after_monday
        return NextStep(row, _next(lambda year: week_start(year) + after_monday, moment), whole_day=False)
    date = year_time(row.at)
    return NextStep(row, _next(lambda year: datetime(year, date.month, date.day), moment), whole_day=True)  # noqa: DTZ001


def _next(in_year: Callable[[int], datetime], moment: datetime) -> datetime:
    """Return the next occurrence of a yearly event after a moment."""
    return next(when for when in (in_year(moment.year), in_year(moment.year + 1)) if when > moment)


@functools.cache
def _row_finder() -> Callable[[Any], list[NextStepRow]]:
    return rows_that_hold(load_next_steps(), "next_steps.csv", flags=_FLAGS)
