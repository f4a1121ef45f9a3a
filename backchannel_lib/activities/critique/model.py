"""Find what supports each of the article's claims, and where the article contradicts itself or the rule."""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import WrongRowError, each_of, integer, loader, one_of, optional_text
from backchannel_lib.base.texts import text
from backchannel_lib.model.amplifier import assumption
from backchannel_lib.model.calendar import match_week
from backchannel_lib.model.case import RECOMMENDERS, Case
from backchannel_lib.model.readings import readings_agree
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.tables import (
    Claim,
    assumption_id,
    case_settings,
    claim_ids,
    fact_ids,
    facts,
    load_callers,
    load_claims,
    load_examples,
)
from backchannel_lib.model.verdict import Verdict, judge

LEVELS: Final = ("one_view", "agrees", "against", "collides", "defines")
RELATIONS: Final = ("same", "near", "different")  # how a reader's rating compares with ours
RESTS_ON_FACTS: Final = ("agrees", "against", "collides")  # ratings that need facts to back them up
SOURCES: Final = ("article", "ophthalmology")
SURVEYED: Final = ("known_mentor", "unknown_mentor", "applicant")
STUDY_QUESTIONS: Final = ("measured", "advocates")
STANDINGS: Final = ("known", "open", "unknown", "student")

# ---- what supports each claim ----


def case_or_nothing(cell: str) -> Case | None:
    """Pairs ``field=value`` that make a case, or nothing."""
    return Case.from_record(dict(case_settings(cell))) if cell else None


class SupportRow(NamedTuple):
    """Our rating of the support for each of the article's claims.

    Texts: ``support.<support>.name`` and, where facts bear on the claim, ``support_why.<claim>``.

    One view: only the author's experience. Agrees: an outside source points the same way; studies are always in a
    neighboring setting. Against: an outside source points the other way, or measured no effect. Collides: following the
    claim in SOAP conflicts with the NRMP's rule. Defines: there is nothing to support or refute.

    Source:
        Our judgment, from data/facts.csv.

    Examples:
        >>> {row.claim: row.support for row in load_support()}["timing.phase1-early-is-best"]
        'collides'
    """

    claim: Annotated[str, one_of(lambda: [claim.id for claim in load_claims()])]
    support: Annotated[str, one_of(LEVELS)]
    near: Annotated[tuple[str, ...], each_of(LEVELS), "the other ratings that we almost chose"]
    facts: Annotated[tuple[str, ...], fact_ids, "its sources"]
    case: Annotated[Case | None, case_or_nothing, "the contact during SOAP that the claim describes or advises"]
    assumption: Annotated[str, assumption_id]

    @property
    def name(self) -> str:
        """The rating in one or two words."""
        return text(f"support.{self.support}.name")

    @property
    def why(self) -> str:
        """The reason for the rating in plain sentences; a general one if no fact bears on the claim."""
        return text(f"support_why.{self.claim}") if self.facts else text(f"support.{self.support}.why")


def _check_support(rows: tuple[SupportRow, ...]) -> None:
    for index, row in enumerate(rows):
        if row.support in RESTS_ON_FACTS and not row.facts:
            raise WrongRowError(index, "facts", "", f"ids of facts, since the rating is '{row.support}'")
        if row.facts and not {row.support, *row.near} & set(RESTS_ON_FACTS):
            rule = f"nothing, since '{row.support}' rests on no facts"
            raise WrongRowError(index, "facts", " ".join(row.facts), rule)
        if row.support in row.near:
            raise WrongRowError(index, "near", row.support, "other ratings than the one that is given")


load_support = loader(SupportRow, "support.csv", check=_check_support)


def levels() -> tuple[tuple[str, str, str], ...]:
    """Return the id, name and meaning of each rating.

    Examples:
        >>> [name for _, name, _ in levels()][:2]
        ['One view', 'Agrees']
    """
    return tuple((level, text(f"support.{level}.name"), text(f"support.{level}.meaning")) for level in LEVELS)


def support_of(claim: str) -> SupportRow:
    """Return our rating of one claim.

    Raises:
        CaseError: The article has no such claim.

    Examples:
        >>> support_of("works.internal-push").support
        'collides'
    """
    rows = {row.claim: row for row in load_support()}
    if not isinstance(claim, str) or claim not in rows:
        known = ", ".join(suggestions(claim, rows).split(", ")[:3])
        raise CaseError("claim", "unknown_claim", claim, known=known)
    return rows[claim]


# ---- a reader's ratings next to ours ----


@dataclass(frozen=True)
class Rated:
    """One claim as a reader rated it, next to our rating.

    Args:
        claim: The claim.
        yours: The reader's rating, one of ``LEVELS``.
        ours: Our row.

    Source:
        data/support.csv.

    Examples:
        >>> rate({"truths.student-noise": "one_view"}).rated[0].relation
        'near'
    """

    claim: Claim
    yours: str
    ours: SupportRow

    @property
    def relation(self) -> str:
        """How the ratings compare: ``same``, ``near`` (we almost chose the reader's) or ``different``."""
        if self.yours == self.ours.support:
            return "same"
        return "near" if self.yours in self.ours.near else "different"

    @property
    def sentence(self) -> str:
        """Both ratings and the reasons for ours."""
        if self.relation == "same":
            return f"{text('rating.same', ours=self.ours.name)} {self.ours.why}"
        differs = "rating.near" if self.relation == "near" else "rating.different"
        chosen = text(differs, yours=text(f"support.{self.yours}.name"), ours=self.ours.name)
        return f"{chosen} {text('rating.kind')} {self.ours.why}"


@dataclass(frozen=True)
class RatingResult:
    """A reader's ratings next to ours, in the whole article or in one part of it.

    Args:
        rated: One entry per rating, in the article's order.
        topic: The part of the article; blank for all of it.

    Source:
        data/support.csv.

    Examples:
        >>> result = rate({"meaning.informal": "defines", "works.one-call-effect": "agrees"})
        >>> result.counts
        {'same': 1, 'near': 0, 'different': 1}
    """

    rated: tuple[Rated, ...]
    topic: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many ratings match ours, are ones that we almost chose, or differ."""
        return {relation: sum(rated.relation == relation for rated in self.rated) for relation in RELATIONS}

    @property
    def topics(self) -> tuple[RatingResult, ...]:
        """The ratings in each part of the article with a rated claim."""
        by_topic: dict[str, list[Rated]] = {}
        for rated in self.rated:
            by_topic.setdefault(rated.claim.topic, []).append(rated)
        return tuple(RatingResult(tuple(rated), topic) for topic, rated in by_topic.items())

    @property
    def sentence(self) -> str:
        """The counts in one sentence."""
        if not self.rated:
            return text("rating.none")
        if self.topic:
            return text("rating.topic", topic=text(f"support_topic.{self.topic}"), **self.counts)
        return text("rating.counts", total=len(self.rated), **self.counts)


def rate(ratings: Mapping[str, str]) -> RatingResult:
    """Compare a reader's ratings with ours.

    Args:
        ratings: One of ``LEVELS`` for each claim that the reader rated, by claim id.

    Raises:
        CaseError: ``ratings`` is not a mapping, the article has no such claim, or a rating is not in ``LEVELS``.

    Source:
        data/support.csv. We chose which ratings count as near.

    Examples:
        >>> rate({"noise.one-of-100": "one_view"}).rated[0].relation
        'same'
    """
    if not isinstance(ratings, Mapping):
        raise CaseError("ratings", "not_ratings", ratings)
    rows = {claim: support_of(claim) for claim in ratings}
    for claim, level in ratings.items():
        known_word(claim, level, LEVELS)
    return RatingResult(tuple(Rated(claim, ratings[claim.id], rows[claim.id]) for claim in load_claims() if claim.id in rows))


# ---- the article's chart next to a survey ----


class StudyBarRow(NamedTuple):
    """The bars of the article's chart of callers and of the ophthalmology survey, for display side by side.

    Texts: ``study_bar.<bar>``, ``study_source.<source>``.

    Source:
        works.weight-trusted-peer to works.weight-self-email; facts studies.ophtho_*. The pairing is our choice.

    Examples:
        >>> [row.value for row in load_study_bars() if row.source == "ophthalmology"]
        [41, 14, 3]
    """

    bar: str
    source: Annotated[str, one_of(SOURCES)]
    caller: Annotated[str, one_of((*RECOMMENDERS, *SURVEYED)), "a recommender, or a caller of the survey"]
    standing: Annotated[str, one_of(STANDINGS), "who the caller is to the director; only equal values can be compared"]
    value: Annotated[int, integer(0, 100)]
    unit: Annotated[str, optional_text, "blank for the article, which has none"]
    facts: Annotated[tuple[str, ...], fact_ids, "the source of a survey value"]
    claims: Annotated[tuple[str, ...], claim_ids, "the source of an article value"]
    assumption: Annotated[str, assumption_id]

    @property
    def label(self) -> str:
        """The label of the callers that the bar is about."""
        return text(f"study_bar.{self.bar}")

    @property
    def source_label(self) -> str:
        """The source of the bar, and its unit."""
        return text(f"study_source.{self.source}")


def _check_bars(rows: tuple[StudyBarRow, ...]) -> None:
    weights = {row.recommender: row.weight for row in load_callers()}
    for index, row in enumerate(rows):
        if row.source == "article" and row.value != weights.get(row.caller):
            raise WrongRowError(index, "value", row.value, f"the weight of {row.caller} in callers.csv")


load_study_bars = loader(StudyBarRow, "study_bars.csv", check=_check_bars)


class StudyAnswerRow(NamedTuple):
    """The results that readers might expect from a study, and the one that it found. Text: ``studies.<question>.<answer>``.

    Source:
        facts studies.oto_* and studies.jama_advocacy_gap.

    Examples:
        >>> answers_to("measured")
        ('more', 'little', 'none', 'fewer')
    """

    question: Annotated[str, one_of(STUDY_QUESTIONS)]
    answer: str
    found: Annotated[bool, "whether the study found it"]


def _check_answers(rows: tuple[StudyAnswerRow, ...]) -> None:
    for question in STUDY_QUESTIONS:
        if sum(row.found for row in rows if row.question == question) != 1:
            raise WrongRowError(None, "found", question, "one answer that was found for each question")


load_study_answers = loader(StudyAnswerRow, "study_answers.csv", key=("question", "answer"), check=_check_answers)


def answers_to(question: str, *, found: bool = False) -> tuple[str, ...]:
    """Return the answers to one of ``STUDY_QUESTIONS``, or only the one that the study found."""
    return tuple(row.answer for row in load_study_answers() if row.question == question and (row.found or not found))


def study_bars() -> tuple[tuple[str, tuple[StudyBarRow, ...], tuple[StudyBarRow, ...]], ...]:
    """Return the bars that can be compared.

    Returns:
        For each pair: its name, the article's bars and the survey's bars, highest first. One side is empty if only the other
        one has such a bar.

    Source:
        data/study_bars.csv; the pairing is our choice.

    Examples:
        >>> [(name, [bar.value for bar in chart], [bar.value for bar in survey]) for name, chart, survey in study_bars()]
        [('known', [90, 80], [41]), ('open', [50], []), ('unknown', [25], [14]), ('student', [5], [3])]
    """
    return tuple((standing, _bars("article", standing), _bars("ophthalmology", standing)) for standing in STANDINGS)


def _bars(source: str, standing: str) -> tuple[StudyBarRow, ...]:
    found = [row for row in load_study_bars() if (row.source, row.standing) == (source, standing)]
    return tuple(sorted(found, key=lambda row: -row.value))


@dataclass(frozen=True)
class Ratio:
    """The ratio between two bars, in the chart and in the survey.

    Args:
        upper: The pair with the higher bar.
        lower: The pair with the lower bar.
        article_low: The lowest ratio of the article's bars in these pairs.
        article_high: The highest such ratio.
        survey: The ratio in the survey.
        survey_low: The survey's ratio if one director in each group had answered differently, in the direction that lowers it.
        survey_high: The same in the other direction; infinite if nobody would be left in the lower group.

    Source:
        data/study_bars.csv, facts studies.ophtho_sample.

    Examples:
        >>> ratio = order_agrees().ratios[0]
        >>> ratio.upper, ratio.lower, ratio.article_low, ratio.article_high, round(ratio.survey, 1)
        ('known', 'unknown', 3.2, 3.6, 2.9)
    """

    upper: str
    lower: str
    article_low: float
    article_high: float
    survey: float
    survey_low: float
    survey_high: float

    @property
    def same(self) -> bool:
        """Whether the survey's ratio is within the article's."""
        return self.article_low <= self.survey <= self.article_high

    @property
    def within_one_answer(self) -> bool:
        """Whether one different answer in each group could make them equal, so that the survey can't tell."""
        return self.article_low <= self.survey_high and self.survey_low <= self.article_high

    @property
    def sentence(self) -> str:
        """A sentence with both ratios and how certain the difference is."""
        values: dict[str, Any] = {
            "upper": text(f"standing.{self.upper}"),
            "lower": text(f"standing.{self.lower}"),
            "article": f"{self.article_low:.1f}",
            "survey": f"{self.survey:.1f}",
        }
        ratios = (
            text("study_ratio.article_one", **values)
            if self.article_low == self.article_high
            else text("study_ratio.article_two", most=f"{self.article_high:.1f}", **values)
        )
        span: dict[str, Any] = {"sample": _sample(), "low": f"{self.survey_low:.1f}", "high": f"{self.survey_high:.1f}"}
        return f"{ratios} {text('study_ratio.within' if self.within_one_answer else 'study_ratio.outside', **span)}"


@dataclass(frozen=True)
class OrderCheck:
    """Whether the article's chart and the survey agree on the order of callers and on their ratios.

    Args:
        order: Whether all pairs are in the same order in both.
        ratios: The ratio for each combination of two pairs.

    Source:
        data/study_bars.csv.

    Examples:
        >>> order_agrees().order, order_agrees().ratios_agree
        (True, False)
    """

    order: bool
    ratios: tuple[Ratio, ...]

    @property
    def ratios_agree(self) -> bool:
        """Whether all ratios are the same in both."""
        return all(ratio.same for ratio in self.ratios)

    @property
    def sentence(self) -> str:
        """The answer in a sentence."""
        order = text("study_order.same" if self.order else "study_order.differs")
        return f"{order} {text('study_order.ratios_same' if self.ratios_agree else 'study_order.ratios_differ')}"


def order_agrees() -> OrderCheck:
    """Compare the order of callers and their ratios in the article's chart with the ophthalmology survey.

    Ratios have no unit, so they are comparable even if the values aren't. The survey's ratio comes with the range that one
    different answer in each group would give.

    Source:
        data/study_bars.csv, facts studies.ophtho_sample; the pairing and the one different answer are our choice.

    Examples:
        >>> [ratio.within_one_answer for ratio in order_agrees().ratios]
        [True, True, True]
    """
    both = [(standing, chart, survey[0]) for standing, chart, survey in study_bars() if chart and survey]
    order = True
    ratios = []
    for (upper, chart_upper, survey_upper), (lower, chart_lower, survey_lower) in itertools.combinations(both, 2):
        survey_says = survey_upper.value > survey_lower.value
        pairs = list(itertools.product(chart_upper, chart_lower))
        order = order and all((above.value > below.value) == survey_says for above, below in pairs)
        article = [above.value / below.value for above, below in pairs]
        low, high = _one_answer_either_way(survey_upper.value, survey_lower.value)
        survey = survey_upper.value / survey_lower.value
        ratios.append(Ratio(upper, lower, min(article), max(article), survey, low, high))
    return OrderCheck(order, tuple(ratios))


def _sample() -> int:
    return int(facts()["studies.ophtho_sample"].value)


def _one_answer_either_way(upper: int, lower: int) -> tuple[float, float]:
    # The study gives percentages, but only a director's answer can change, so convert the percentages to answers.
    above, below = (round(percent * _sample() / 100) for percent in (upper, lower))
    one = assumption("one_answer_either_way")
    return (above - one) / (below + one), (above + one) / (below - one) if below > one else math.inf


# ---- where the article contradicts itself ----


class GridCount(NamedTuple):
    """How many cases of our grid get a different verdict, by the name of the reading, and how many cases it has."""

    changed: Mapping[str, int]
    cases: int


@functools.cache
def grid_count() -> GridCount:
    """Count the cases whose verdict depends on how the article is read.

    Source:
        data/readings.csv. The grid of cases is our choice (assumption grid_is_ours).

    Examples:
        >>> grid_count().cases
        4032
    """
    changed = [readings_agree(case, when).changed for case, when in grid_cases()]
    return GridCount(Counter(itertools.chain.from_iterable(changed)), len(changed))


@functools.cache
def examples_changed(reading: str) -> tuple[str, ...]:
    """Return the article's own examples whose verdict a reading changes.

    Examples:
        >>> examples_changed("explanation_first")
        ('failed_step_policy',)
    """
    agreements = {row.example: readings_agree(Case.from_record(dict(row.overrides))) for row in load_examples()}
    return tuple(example for example, agreement in agreements.items() if reading in agreement.changed)


_GRID_FILES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"score": 230},
    {"score": 210},
    {"failed_attempts": 1, "has_noncategorical_seat": True},
    {"failed_attempts": 1, "addresses_flag": True},
    {"failed_attempts": 1, "interviews_failures": False},
    {"failed_attempts": 1, "interviews_failures": False, "addresses_flag": True},
)
_GRID_DAYS: Final = (1, 3, 4, 5)  # days after the Monday of Match Week: lists, gaps, the disputed Friday, after SOAP
_GRID_YEAR: Final = 2027  # any year works, because the phases only use days of Match Week
_GRID_TIES: Final = ((), ("name_familiar", "file_in_system"), ("hears_first", "names_you", "outruns_hr", "deep_ties"))


def grid_cases() -> Iterator[tuple[Case, datetime]]:
    """Yield all combinations of a few files, callers, messages, needs and days, each with its moment.

    Returns:
        Several thousand cases, always the same ones.

    Source:
        Our choice (assumption grid_is_ours).

    Examples:
        >>> sum(1 for _ in grid_cases())
        4032
    """
    flags = (False, True)
    for file, caller, ties, specifics, scripted, met in itertools.product(_GRID_FILES, RECOMMENDERS, _GRID_TIES, *[flags] * 3):
        tied: dict[str, Any] = dict.fromkeys(ties, True)
        case = Case(
            **file,
            recommender=caller,
            move="direct_email" if caller == "self" else "targeted_call",
            specifics=specifics,
            scripted=scripted,
            needs=frozenset({"local"}),
            offers=frozenset({"local"} if met else ()),
            **tied,
        )
        for day in _GRID_DAYS:
            yield case, datetime.combine(match_week(_GRID_YEAR) + timedelta(days=day), time(13))


# ---- where its advice conflicts with the NRMP's rule ----


@dataclass(frozen=True)
class Collision:
    """One piece of the article's advice for SOAP, and what the NRMP's rule says about it.

    Args:
        claim: The claim.
        case: The contact that it describes or advises.
        verdict: The article's verdict on it.
        check: What the rule says about it.
        if_contacted: What the rule says about it if the program made contact first.

    Source:
        data/support.csv. Turning the claim into a case is our assumption collision_case_is_ours.

    Examples:
        >>> {entry.claim.id: entry.check.answer for entry in collisions()}["works.internal-push"]
        'ask_first'
    """

    claim: Claim
    case: Case
    verdict: Verdict
    check: RulesCheck
    if_contacted: RulesCheck

    @property
    def sentence(self) -> str:
        """The claim with its lines."""
        return text("collision.lines", lines=self.claim.lines, claim=text(f"claim.{self.claim.id}"))

    @property
    def earliest(self) -> str:
        """When the rule first allows it, worded as in `what_would_change`."""
        if self.check.answer == "allowed":
            return text("when.now")
        return text("when.after_soap" if self.check.answer == "not_allowed" else "when.ask")

    @property
    def contacted_words(self) -> str:
        """What applies if the program made contact first."""
        return text("collision.if_contacted", answer=self.if_contacted.label)


def collisions() -> tuple[Collision, ...]:
    """Compare each piece of the article's advice for SOAP with the NRMP's rule.

    Returns:
        One entry for each claim that describes or advises a contact during SOAP, in the article's order.

    Source:
        data/support.csv, data/soap_rule.csv.

    Examples:
        >>> {entry.check.answer for entry in collisions()} <= {"not_allowed", "ask_first"}
        True
    """
    claims = {claim.id: claim for claim in load_claims()}
    return tuple(
        Collision(
            claim=claims[row.claim],
            case=row.case,
            verdict=judge(row.case).verdict,
            check=rules_check(row.case),
            if_contacted=rules_check(row.case.replace(program_contacted_first=True)),
        )
        for row in load_support()
        if row.case is not None
    )
