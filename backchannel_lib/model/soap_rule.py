"""The rules check: what the NRMP's SOAP communication rule says, beside the article's verdict and never in it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, Final

from backchannel_lib.base.readers import TableError
from backchannel_lib.base.rich_display import RichDisplay
from backchannel_lib.base.texts import text
from backchannel_lib.model.calendar import eastern, match_week
from backchannel_lib.model.case import Case, case_from
from backchannel_lib.model.conditions import parse, scalar_function
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.tables import SoapRuleRow, load_facts, load_soap_rule, load_week_events

#: The facts that say how new what we know of the rule is.
NEWEST: Final = ("soap_rule.newest", "soap_rule.not_settled_2027")


@dataclass(frozen=True)
class RulesCheck(RichDisplay):
    """What the NRMP's rule says of one contact.

    Args:
        answer: ``not_allowed``, ``ask_first`` or ``allowed``.
        row: The id of the row of data/soap_rule.csv that answered.
        facts: Ids of the outside facts it rests on.
        changes_later: Whether the answer changes on Thursday 9:00 pm ET because the phase straddles that moment.
        window_ends: When the window ends, on an Eastern clock, where the moment of the contact is known and inside it.

    Source:
        data/soap_rule.csv.

    Examples:
        >>> check = rules_check(Case(phase="gap_filling"))
        >>> check.answer, check.changes_later
        ('not_allowed', True)
    """

    answer: str
    row: str
    facts: tuple[str, ...]
    changes_later: bool
    window_ends: datetime | None

    @property
    def label(self) -> str:
        """The answer in a few words for a reader; it says where the answer changes within the phase."""
        return text(f"soap.answer.{self.answer}_until" if self.changes_later else f"soap.answer.{self.answer}")

    @property
    def reason(self) -> str:
        """Why, as a sentence for a reader; it says where the answer changes within the phase."""
        reason = text(f"soap.{self.row}")
        return f"{reason} {text('soap.changes_thursday')}" if self.changes_later else reason

    @property
    def source(self) -> str:
        """Where the rule stands, with year and grade; the newest source, and that this year's agreement was not seen."""
        rows = {fact.id: fact for fact in load_facts()}
        sources = "; ".join(
            dict.fromkeys(
                text(
                    "soap.source",
                    source=rows[fact].source,
                    year=rows[fact].year,
                    grade=text(f"grade.{rows[fact].grade}"),
                )
                for fact in self.facts
            )
        )
        return " ".join([sources, *(rows[fact].sentence for fact in NEWEST)])

    @property
    def next_step(self) -> str:
        """What a reader can do now, as a sentence."""
        return text(f"soap.next.{self.answer}")

    @property
    def note(self) -> str:
        """The reminder to read this year's agreement."""
        return text("soap.read_agreement")


def soap_window(year: int) -> tuple[datetime, datetime]:
    """Give the window in which the rule binds.

    Args:
        year: The year of the Match.

    Returns:
        Its start, Monday 10:00 am, and its end, Thursday 9:00 pm, on an Eastern clock.

    Source:
        data/week_events.csv: results and soap_ends.

    Examples:
        >>> soap_window(2027)[1]
        datetime.datetime(2027, 3, 18, 21, 0)
    """
    monday = match_week(year)
    moments = {
        row.event: datetime.combine(monday + timedelta(days=row.day), time.fromisoformat(row.starts))
        for row in load_week_events()
    }
    return moments["results"], moments["soap_ends"]


def rules_check(case: Case | None = None, when: datetime | None = None, **fields: object) -> RulesCheck:
    """Return whether the NRMP's SOAP communication rule allows a contact.

    Args:
        case: The case.
        when: The moment of the contact, one without a time zone being Eastern; None to go by the case's phase, of which
            ``soap_lists`` and ``gap_filling`` count as inside the window.
        **fields: In place of ``case``, the fields that are special about it, as in `Case.replace`.

    Raises:
        CaseError: ``case`` is no case, or is given together with fields; a field breaks its rule; or ``when`` is no moment.

    Source:
        data/soap_rule.csv; meaning.mixed-reception is all that the article says of it.

    Examples:
        >>> rules_check(Case()).answer, rules_check(phase="post_soap").answer
        ('not_allowed', 'allowed')
        >>> rules_check(Case(), when=datetime(2027, 3, 18, 21, 0)).answer
        'allowed'
    """
    case = case_from(case, fields)
    ends = None
    if when is None:
        inside = case.phase in {"soap_lists", "gap_filling"}
    else:
        moment = eastern(when)
        start, end = soap_window(moment.year)
        inside = start <= moment < end
        ends = end if inside else None
    rows, which = _table()
    held = which(SimpleNamespace(**case.__dict__, inside_window=inside))
    if not held:
        raise TableError("soap_rule.csv", None, "when", case.move, "a row that holds for every contact")
    row = rows[(held & -held).bit_length() - 1]  # the lowest bit that is set: the first row that holds
    later = when is None and case.phase == "gap_filling" and row.answer != "allowed"
    return RulesCheck(row.answer, row.row, row.facts, later, ends)


@functools.cache
def _table() -> tuple[tuple[SoapRuleRow, ...], Callable[[Any], int]]:
    rows = load_soap_rule()
    trees: list[ast.expr] = [
        parse(row.when, rule_book(None).conditions, place=("soap_rule.csv", number, "when"), flags=("inside_window",))
        for number, row in enumerate(rows, start=2)
    ]
    return rows, scalar_function(trees)
