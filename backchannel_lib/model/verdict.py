"""The verdicts, and `judge`, which gives a case its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from backchannel_lib.base.rich_display import RichDisplay
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case, case_from
from backchannel_lib.model.exams import check_one_exam
from backchannel_lib.model.rules import Outcome, check_reading, rule_book
from backchannel_lib.model.tables import STAGES, RuleRow, load_verdicts


class Verdict(IntEnum):
    """How far into the director's funnel a contact gets the student, lowest to highest.

    Source:
        The claims in data/verdicts.csv. Putting the verdicts on a single scale is our choice.

    Examples:
        >>> Verdict.MAYBE > Verdict.FILE_READ, Verdict.MAYBE.label
        (True, 'Maybe')
    """

    BACKFIRES = 0
    IGNORED = 1
    SKIMMED = 2
    DECLINED = 3
    FALLBACK_SEAT = 4
    FILE_READ = 5
    MAYBE = 6
    PHONE_INTERVIEW = 7
    OFFER_IN_PLAY = 8

    def __str__(self) -> str:
        return self.label

    def __format__(self, spec: str) -> str:
        return format(self.label, spec)

    @property
    def label(self) -> str:
        """The verdict's short name for a reader."""
        return text(f"verdict.{self.name.lower()}.name")

    @property
    def sentence(self) -> str:
        """The verdict as one plain sentence for a reader."""
        return text(f"verdict.{self.name.lower()}.sentence")

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of the article's claims about this outcome."""
        return next(row.claims for row in load_verdicts() if row.rank == self)


@dataclass(frozen=True)
class Reason:
    """Why a stage's cap isn't higher.

    Args:
        stage: The stage, one of ``STAGES``.
        rule: The id of the rule that sets the cap.
        cap: The best verdict that the stage still allows.
        claims: Ids of the article's claims behind the rule.
        ours: Whether the rule is partly our assumption.
        assumption: Id of that assumption, or an empty string.
        also: Other rules of the stage that set the same cap, each as a reason.

    Source:
        data/rules.csv.

    Examples:
        >>> reason = judge(Case(scripted=True)).reasons[0]
        >>> reason.rule, reason.ours, reason.claims[0]
        ('scripted', True, 'conduct.no-script')
    """

    stage: str
    rule: str
    cap: Verdict
    claims: tuple[str, ...]
    ours: bool
    assumption: str
    also: tuple[Reason, ...] = ()

    @property
    def sentence(self) -> str:
        """The reason as a sentence for a reader."""
        return text(f"rule.{self.rule}")


@dataclass(frozen=True)
class Judgment(RichDisplay):
    """What the article says would happen in one case.

    Args:
        case: The case.
        reading: Name of the reading it was judged under, or None for the defaults.
        outcome: The rules' result in numbers.

    Source:
        data/rules.csv.

    Examples:
        >>> judgment = judge(Case(recommender="trusted_peer", specifics=True))
        >>> judgment.verdict.name, judgment.binding
        ('PHONE_INTERVIEW', ('timing',))
    """

    case: Case
    reading: str | None
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        """The lowest of the five caps."""
        return Verdict(self.outcome.verdict)

    @property
    def caps(self) -> Mapping[str, Verdict]:
        """The best verdict that each stage still allows, by stage."""
        return MappingProxyType({stage: Verdict(cap) for stage, cap in zip(STAGES, self.outcome.caps, strict=True)})

    @property
    def binding(self) -> tuple[str, ...]:
        """The stages whose cap is the verdict. Raising it takes fixing all of them."""
        return tuple(stage for stage, cap in zip(STAGES, self.outcome.caps, strict=True) if cap == self.outcome.verdict)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """One reason per stage, in the order of the stages."""
        return tuple(
            _reason(rows[0], cap, tuple(_reason(row, cap) for row in rows[1:]))
            for rows, cap in zip(self.outcome.rows, self.outcome.caps, strict=True)
        )

    @property
    def binding_reasons(self) -> tuple[Reason, ...]:
        """The reasons from the binding stages."""
        return tuple(reason for reason in self.reasons if reason.stage in self.binding)


def _reason(row: RuleRow, cap: int, also: tuple[Reason, ...] = ()) -> Reason:
    return Reason(row.stage, row.rule, Verdict(cap), row.claims, bool(row.assumption), row.assumption, also)


def judge(case: Case | None = None, reading: str | None = None, **fields: object) -> Judgment:
    """Return what the article says would happen in a case.

    Args:
        case: The case.
        reading: Name of a reading in `READINGS`, or None for the defaults.
        **fields: Fields that differ from the defaults, instead of ``case``; see `Case.replace`.

    Raises:
        CaseError: ``case`` is not a `Case` or comes with fields as well; a field breaks its rule; the scores come from two
            exams; or no reading has this name.

    Source:
        The claims in data/rules.csv. Letting the weakest link decide is our choice.

    Examples:
        >>> judge(Case()).verdict.name
        'SKIMMED'
        >>> judge(score=210, recommender="trusted_peer", specifics=True).binding
        ('paper',)
    """
    judged = case_from(case, fields)
    check_reading(reading)
    check_one_exam(judged)
    return Judgment(judged, reading, rule_book(reading).outcome(judged))
