"""The rules check: what the NRMP's SOAP communication rule says, always separate from the article's verdict."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, Final

from backchannel_lib.base.readers import TableError
from backchannel_lib.base.rich_display import RichDisplay
from backchannel_lib.base.texts import optional_text, text
from backchannel_lib.base.times import time_words
from backchannel_lib.model.calendar import eastern, week_start
from backchannel_lib.model.case import Case, case_from
from backchannel_lib.model.rules import rows_that_hold
from backchannel_lib.model.tables import SoapRuleRow, facts, load_phases, load_soap_rule, load_week_events

#: Facts about the newest version of the rule that we know of.
NEWEST: Final = ("soap_rule.newest", "soap_rule.not_settled_2027")


@dataclass(frozen=True)
class RulesCheck(RichDisplay):
    """What the NRMP rule says about one contact.

    Args:
        answer: ``not_allowed``, ``ask_first`` or ``allowed``.
        row: Id of the row in data/soap_rule.csv that applies.
        facts: Ids of the outside facts behind the answer.
        changes_later: Whether the window starts or ends during the phase and changes the answer.

    Source:
        data/soap_rule.csv.

    Examples:
        >>> check = rules_check(Case(phase="gap_filling"))
        >>> check.answer, check.changes_later
        ('not_allowed', True)
        >>> rules_check(Case(phase="groundwork")).label
        'Allowed until Match Week, Monday 10:00 am ET'
    """

    answer: str
    row: str
    facts: tuple[str, ...]
    changes_later: bool

    @property
    def label(self) -> str:
        """The answer in a few words, including when it changes during the phase."""
        if not self.changes_later:
            return text(f"soap.answer.{self.answer}")
        return text(f"soap_until.{self.answer}", when=_edge_words(opening=self._is_before))

    def label_until(self, when: str) -> str:
        """Return the answer in a few words, with the moment at which it changes.

        Args:
            when: The moment in words; blank if the next change of the window makes no difference.

        Examples:
            >>> rules_check(Case(phase="groundwork")).label_until("March 15")
            'Allowed until March 15'
        """
        if not when:
            return text(f"soap.answer.{self.answer}")
        return text("soap_until.allowed_on" if self.answer == "allowed" else f"soap_until.{self.answer}", when=when)

    @property
    def headline(self) -> str:
        """The answer with the part of the season it's about, in a few words.

        Examples:
            >>> rules_check(Case(phase="groundwork")).headline, rules_check(Case(phase="gap_filling")).headline
            ('Allowed before Match Week', 'Not allowed during SOAP')
        """
        return text(f"soap_headline.{'before_window' if self._is_before else self.row}")

    @property
    def _is_before(self) -> bool:
        """Whether the window starts during the phase."""
        return self.changes_later and self.answer == "allowed"

    def ends(self, until: str = "") -> str:
        """Return when the answer changes, in words that continue the headline; blank if it doesn't change.

        Args:
            until: The moment in words; blank to go by the case's phase.

        Examples:
            >>> rules_check(Case(phase="gap_filling")).ends(), rules_check(Case()).ends()
            ('until Thursday 9:00 pm ET, then allowed', '')
        """
        if until:
            return text(f"soap_ends.{self.answer}", when=until)
        if not self.changes_later:
            return ""
        key = "before_window" if self._is_before else self.answer
        return text(f"soap_ends.{key}", when=_edge_words(opening=self._is_before))

    @property
    def short_reason(self) -> str:
        """The reason in a sentence, without the times that `ends` and `next_step` have."""
        return optional_text(f"soap_short.{self.row}") or text(f"soap.{self.row}")

    @property
    def reason(self) -> str:
        """The reason as a sentence for a reader, including when the answer changes during the phase."""
        reason = text(f"soap.{self.row}")
        if not self.changes_later:
            return reason
        if self._is_before:
            later = text("soap_window.starts_binding", starts=_edge_words(opening=True), ends=_edge_words(opening=False))
        else:
            later = text("soap_window.stops_binding", ends=_edge_words(opening=False))
        return f"{reason} {later}"

    @property
    def source(self) -> str:
        """The rule's source with year and grade, the newest source, and a note that we haven't seen this year's agreement."""
        return rule_source(self.facts)

    @property
    def next_step(self) -> str:
        """What a reader can do now, as a sentence."""
        return optional_text(f"soap.next.{self.row}") or text(f"soap.next.{self.answer}")

    @property
    def note(self) -> str:
        """A reminder to read this year's agreement."""
        return text("soap.read_agreement")


def rule_source(ids: Iterable[str]) -> str:
    """Cite facts about the rule: year and grade, the newest source, and a note that we haven't seen this year's agreement.

    Examples:
        >>> "2027" in rule_source(["soap_rule.penalty"])
        True
    """
    cited = [facts()[one].graded_citation for one in ids]
    return " ".join(dict.fromkeys([*cited, *newest_source()]))


def newest_source() -> list[str]:
    """Return sentences about the rule's newest source and about this year's agreement, which we haven't seen.

    Examples:
        >>> "2027" in newest_source()[1]
        True
    """
    return [facts()[one].sentence for one in NEWEST]


def soap_window(year: int) -> tuple[datetime, datetime]:
    """Return the start and end of the window in which the rule applies.

    Returns:
        Monday 10:00 am and Thursday 9:00 pm of that year's Match Week, on an Eastern clock.

    Source:
        data/week_events.csv: results and soap_ends.

    Examples:
        >>> soap_window(2027)[1]
        datetime.datetime(2027, 3, 18, 21, 0)
    """
    opens, closes = _edges()
    return week_start(year) + opens, week_start(year) + closes


def next_change(when: datetime) -> datetime:
    """Return when the window next starts or ends, on an Eastern clock.

    Args:
        when: A moment; Eastern Time if it has no time zone.

    Raises:
        CaseError: ``when`` is not a date with a time.

    Source:
        data/week_events.csv: results and soap_ends.

    Examples:
        >>> next_change(datetime(2027, 3, 15, 10, 0)), next_change(datetime(2027, 3, 18, 21, 0))
        (datetime.datetime(2027, 3, 18, 21, 0), datetime.datetime(2028, 3, 13, 10, 0))
    """
    moment = eastern(when)
    edges = (edge for year in (moment.year, moment.year + 1) for edge in soap_window(year))
    return next(edge for edge in edges if edge > moment)


@functools.cache
def _edges() -> tuple[timedelta, timedelta]:
    """Return the window's start and end as times since midnight on the Monday of Match Week."""
    starts = {row.event: row.after_monday for row in load_week_events()}
    return starts["results"], starts["soap_ends"]


def _edge_words(*, opening: bool) -> str:
    edge = _edges()[0 if opening else 1]
    clock = time(*divmod(edge.seconds // 60, 60))
    return text("soap_window.edge", day=text(f"weekday.{edge.days}"), time=time_words(clock))


@functools.cache
def _of_phase(phase: str) -> tuple[bool, bool]:
    """Return whether the rule applies when a phase starts, and whether that changes before the phase ends."""
    edges = _edges()
    row = next(row for row in load_phases() if row.phase == phase)
    # A phase edge that is a date, such as July 1, is far from Match Week, so there the phase counts as endless.
    begins = timedelta.min if row.starts.month else row.starts.after_monday
    ends = timedelta.max if row.ends.month else row.ends.after_monday
    return edges[0] <= begins < edges[1], any(begins < edge < ends for edge in edges)


def rules_check(case: Case | None = None, when: datetime | None = None, **fields: object) -> RulesCheck:
    """Return whether the NRMP's SOAP communication rule allows a contact.

    Args:
        case: The case.
        when: The moment of the contact; Eastern Time if it has no time zone. If None, the case's phase decides, and the answer
            is the one at the start of the phase.
        **fields: Fields that differ from the defaults, instead of ``case``; see `Case.replace`.

    Raises:
        CaseError: ``case`` is not a `Case` or comes with fields as well; a field breaks its rule; or ``when`` is not a date
            with a time.

    Source:
        data/soap_rule.csv. All that the article says about the rule is in meaning.mixed-reception.

    Examples:
        >>> rules_check(Case()).answer, rules_check(phase="post_soap").answer
        ('not_allowed', 'allowed')
        >>> rules_check(Case(), when=datetime(2027, 3, 18, 21, 0)).answer
        'allowed'
    """
    case = case_from(case, fields)
    straddles = False
    if when is None:
        inside, straddles = _of_phase(case.phase)
    else:
        moment = eastern(when)
        start, end = soap_window(moment.year)
        inside = start <= moment < end
    row = _row(case, inside=inside)
    later = straddles and _row(case, inside=not inside).answer != row.answer
    return RulesCheck(row.answer, row.row, row.facts, later)


def _row(case: Case, *, inside: bool) -> SoapRuleRow:
    rows = _row_finder()(SimpleNamespace(**case.__dict__, inside_window=inside))
    if not rows:
        raise TableError("soap_rule.csv", None, "when", case.move, "a row that holds for every contact")
    return rows[0]


@functools.cache
def _row_finder() -> Callable[[Any], list[SoapRuleRow]]:
    return rows_that_hold(load_soap_rule(), "soap_rule.csv", flags=("inside_window",))
