"""The model's tables: each row class declares its columns, and `loader` makes the function that reads the table.

A loader returns a tuple of rows in file order. It rejects a broken table with the file, the row, the column and the value
(`TableError`). Every loader takes an optional ``path`` to read another file in the same format.
"""

from __future__ import annotations

import functools
import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.readers import (
    Reader,
    WrongCellError,
    WrongRowError,
    article_lines,
    clock_time,
    each_of,
    integer,
    loader,
    number_or_blank,
    one_of,
    optional_text,
)
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.base.times import date_words, hours_words, time_words
from backchannel_lib.model.case import PHASES, RECOMMENDERS, Case

STAGES: Final = ("message", "levers", "attention", "paper", "timing")
WHO: Final = ("student_now", "recommender_now", "other_program_or_caller", "year_of_work", "nobody")
ANSWERS: Final = ("not_allowed", "ask_first", "allowed")
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Settings = tuple[tuple[str, str], ...]


@functools.cache
def _claim_ids() -> tuple[str, ...]:
    return tuple(claim.id for claim in load_claims())


@functools.cache
def _assumption_ids() -> tuple[str, ...]:
    return tuple(row.assumption for row in load_assumptions())


@functools.cache
def _fact_ids() -> tuple[str, ...]:
    return tuple(fact.id for fact in load_facts())


@functools.cache
def _verdict_names() -> tuple[str, ...]:
    return tuple(row.verdict for row in load_verdicts())


claim_ids: Final = each_of(_claim_ids, what="Ids of claims")
fact_ids: Final = each_of(_fact_ids, what="Ids of facts from outside the article")
assumption_id: Final = one_of(_assumption_ids, blank=True, what="The id of one of our assumptions")
verdict_name: Final = one_of(_verdict_names, what="The name of a verdict")
field_name: Final = one_of(Case.fields, what="The name of a field of a case")


def settings(cell: str) -> Settings:
    """Pairs ``field=value`` of fields of a case, separated by semicolons."""
    pairs = []
    for part in cell.split(";"):
        field, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or field not in Case.fields():
            raise WrongCellError("'field=value' pairs of fields of a case")
        pairs.append((field, value))
    return tuple(pairs)


def case_settings(cell: str) -> Settings:
    """Pairs ``field=value`` that make a case, separated by semicolons: each field once, each value allowed."""
    pairs = settings(cell)
    if len(dict(pairs)) < len(pairs):
        raise WrongCellError("each field once")
    try:
        Case.from_record(dict(pairs))
    except CaseError as error:
        raise WrongCellError(f"a case that can be ({error})") from None
    return pairs


class Claim(NamedTuple):
    """The article's 100 claims; their wording is the text ``claim.<id>``.

    Source:
        The article, all claims.

    Examples:
        >>> len(load_claims())
        100
    """

    id: str
    lines: Annotated[str, article_lines, "where it is in the article"]
    topic: Annotated[str, "the article's part"]


load_claims = loader(Claim, "claims.csv")


class ArticleRow(NamedTuple):
    """The article: its address, and when we read it. The page names no author and no date.

    Source:
        The page's address; its title is as in the address.

    Examples:
        >>> {row.part: row.value for row in load_article()}["site"]
        'Residency Advisor'
    """

    part: Annotated[str, one_of(("title", "site", "section", "address"))]
    value: Annotated[str, "as on the page; the address without https://"]


load_article = loader(ArticleRow, "article.csv")


class ArticleSectionRow(NamedTuple):
    """The article's headings, for finding a line on its page.

    Source:
        The article: the line on which each part begins, and the first words of its heading.

    Examples:
        >>> load_article_sections()[7].heading
        'Timing'
    """

    line: Annotated[int, integer(1, 999), "the line of the heading, counted as in the claims"]
    heading: Annotated[str, "its first words, enough to find it"]


load_article_sections = loader(ArticleSectionRow, "article_sections.csv")


class VerdictRow(NamedTuple):
    """The nine verdicts, lowest first.

    Source:
        The claims in each row. Putting the verdicts on a single scale is our choice.

    Examples:
        >>> load_verdicts()[8].verdict
        'offer_in_play'
    """

    verdict: str
    rank: Annotated[int, integer(0, 8)]
    claims: Annotated[tuple[str, ...], claim_ids]


load_verdicts = loader(VerdictRow, "verdicts.csv")


class StageRow(NamedTuple):
    """The five stages, in the order in which they are judged.

    Source:
        The parts are the article's; the stages are our choice.

    Examples:
        >>> [row.stage for row in load_stages() if row.counts == "highest"]
        ['attention']
    """

    stage: Annotated[str, one_of(STAGES)]
    counts: Annotated[str, one_of(("lowest", "highest")), "which of the rules that hold sets the cap"]
    shown: Annotated[int, integer(1, 5), "its position on screen, in the order of the article's parts"]


def _check_stages(rows: tuple[StageRow, ...]) -> None:
    for index, row in enumerate(rows):
        if row.shown in {other.shown for other in rows[:index]}:
            raise WrongRowError(index, "shown", row.shown, "a place that no other stage has")


load_stages = loader(StageRow, "stages.csv", check=_check_stages)


class ConditionRow(NamedTuple):
    """The named conditions that rules use; their expressions are checked when the rules are combined.

    Source:
        The article; each rule names its claims.

    Examples:
        >>> {row.condition: row.when for row in load_conditions()}["need_met"]
        'needs & offers'
    """

    condition: str
    when: Annotated[
        str,
        "an expression over the fields of a case and the conditions above it, written with and, or, not, is, in, "
        "comparisons, and & for 'have something in common'",
    ]


load_conditions = loader(ConditionRow, "conditions.csv")


class RuleRow(NamedTuple):
    """The rules: the best verdict that each condition allows. The reason is the text ``rule.<rule>``.

    Source:
        The article; each row names its claims.

    Examples:
        >>> {row.rule: row.allows for row in load_rules()}["failure_policy"]
        'declined'
    """

    rule: str
    stage: Annotated[str, one_of(STAGES)]
    condition: Annotated[
        str,
        one_of(lambda: [row.condition for row in load_conditions()] + ["otherwise"]),
        "a named condition, or otherwise, which applies if no other row of the stage holds",
    ]
    allows: Annotated[str, verdict_name, "the best verdict that it allows"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id, "our choice where the article is ambiguous"]


load_rules = loader(RuleRow, "rules.csv")


class ReadingRow(NamedTuple):
    """The readings: two or more for each place where the article is ambiguous.

    Source:
        levers.any-of-three, truths.in-range-and-credible and the other claims in the rows.

    Examples:
        >>> [row.reading for row in load_readings() if row.choice == "levers"]
        ['any_lever', 'range_and_credible']
    """

    reading: str
    choice: Annotated[str, "the place where the article is ambiguous"]
    default: bool
    claims: Annotated[tuple[str, ...], claim_ids, "the claims that support it"]


load_readings = loader(ReadingRow, "readings.csv")


class ReadingChange(NamedTuple):
    """What each reading changes.

    Source:
        Our choices, from the claims of each reading.

    Examples:
        >>> load_reading_changes()[0].kind
        'condition'
    """

    reading: Annotated[str, one_of(lambda: [row.reading for row in load_readings()])]
    kind: Annotated[str, one_of(("condition", "allows", "weight", "calendar"))]
    target: Annotated[str, "by kind: a condition, a rule, a recommender, or a day of Match Week such as friday"]
    to: Annotated[str, "by kind: its new expression, a verdict, a weight of 0 to 100, or a phase"]


def _check_reading_changes(rows: tuple[ReadingChange, ...]) -> None:
    days = tuple(day.lower() for day in WEEKDAYS)
    readers: dict[str, tuple[Reader, Reader]] = {
        "weight": (one_of(RECOMMENDERS), integer(0, 100)),
        "calendar": (one_of(days), one_of(PHASES)),
    }
    for index, row in enumerate(rows):
        for column, read in zip(("target", "to"), readers.get(row.kind, ()), strict=False):
            value = getattr(row, column)
            try:
                read(value)
            except WrongCellError as wrong:
                raise WrongRowError(index, column, value, str(wrong)) from None


load_reading_changes = loader(
    ReadingChange, "reading_changes.csv", key=("reading", "kind", "target"), check=_check_reading_changes
)


class RemedyRow(NamedTuple):
    """The acts that `what_would_change` chooses from.

    Source:
        The article; each row names its claims.

    Examples:
        >>> {row.remedy: row.who for row in load_remedies()}["give_specifics"]
        'recommender_now'
    """

    remedy: str
    when: Annotated[str, "when it applies, as an expression like those of the conditions"]
    overrides: Annotated[Settings, settings, "a value can be another field's name"]
    who: Annotated[str, one_of(WHO), "who can do it"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]


load_remedies = loader(RemedyRow, "remedies.csv")


class SoapRuleRow(NamedTuple):
    """The NRMP's SOAP communication rule; the first row whose condition holds gives the answer.

    Source:
        NRMP Match Participation Agreement for Applicants 2022, section 9.2, and the facts in the rows.

    Examples:
        >>> load_soap_rule()[0].answer
        'allowed'
    """

    row: str
    when: Annotated[str, "an expression like those of the conditions, which can also use inside_window"]
    answer: Annotated[str, one_of(ANSWERS)]
    facts: Annotated[tuple[str, ...], fact_ids, "the sources of the answer"]


load_soap_rule = loader(SoapRuleRow, "soap_rule.csv")


class CallerRow(NamedTuple):
    """The kinds of recommender, best first, from the article's table and chart. Text: ``tables_differ.<recommender>``.

    Source:
        caller.level-trusted-peer to caller.level-unconnected-faculty; works.weight-trusted-peer to works.weight-self-email.

    Examples:
        >>> [row.weight for row in load_callers()]
        [90, 80, 50, 37, 25, 5]
    """

    recommender: Annotated[str, one_of(RECOMMENDERS)]
    impact: Annotated[
        str,
        one_of(("very_high", "high", "moderate", "low", "very_low"), blank=True),
        "the level in the article's table; blank if the table leaves the caller out",
    ]
    weight: Annotated[int, integer(0, 100), "the weight in the article's chart"]
    table_row: Annotated[str, optional_text, "the label in the article's table"]
    chart_row: Annotated[str, optional_text, "the label in the article's chart"]
    joined: Annotated[
        str,
        one_of(("same", "order"), blank=True),
        "joined by one name in both, or by their order; blank where one of the two leaves the caller out",
    ]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]

    @property
    def relation(self) -> str:
        """``same`` (one caller in table and chart), ``other_name``, ``only_table`` or ``only_chart``."""
        if not self.table_row or not self.chart_row:
            return "only_table" if self.table_row else "only_chart"
        return "same" if self.joined == "same" else "other_name"

    @property
    def sentence(self) -> str:
        """How the labels in table and chart differ, as sentences for a reader."""
        return text(f"tables_differ.{self.recommender}")

    @property
    def in_table(self) -> str:
        """The label and level in the article's table, or a note that the table leaves the caller out."""
        return f"{self.table_row}: {text(f'level.impact.{self.impact}')}" if self.table_row else text("order.not_there")

    @property
    def in_chart(self) -> str:
        """The label and weight in the article's chart, or a note that the chart leaves the caller out."""
        return f"{self.chart_row}: {self.weight}" if self.chart_row else text("order.not_there")


def _check_callers(rows: tuple[CallerRow, ...]) -> None:
    for index, row in enumerate(rows):
        if (row.impact == "") == bool(row.table_row):
            raise WrongRowError(index, "impact", row.impact, "a level where the table has the caller, and nothing elsewhere")
        if (row.joined == "") == bool(row.table_row and row.chart_row):
            raise WrongRowError(index, "joined", row.joined, "a word where both have the caller, and nothing elsewhere")


load_callers = loader(CallerRow, "callers.csv", check=_check_callers)


class YearTime(NamedTuple):
    """A yearly time on an Eastern clock: a moment of Match Week or, if it has a month, midnight at the start of a day.

    Args:
        month: 1 to 12, or 0 in Match Week.
        day: Day of the month, or 0 in Match Week.
        after_monday: Time since midnight at the start of Match Week's Monday.
    """

    month: int
    day: int
    after_monday: timedelta = timedelta()


def year_time(cell: str, *, ends: bool = False) -> YearTime:
    """A day and hour of Match Week such as Wednesday 24:00, or a date such as July 1, in Eastern Time."""
    day, _, rest = cell.partition(" ")
    clock = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", rest)
    if day in WEEKDAYS and clock:
        hours, minutes = (int(part) for part in rest.split(":"))
        return YearTime(0, 0, timedelta(days=WEEKDAYS.index(day), hours=hours, minutes=minutes))
    try:
        date = datetime.strptime(f"2023 {cell}", "%Y %B %d") + timedelta(days=ends)  # noqa: DTZ007 - a day of any year
    except ValueError:
        raise WrongCellError("a day and hour of Match Week such as Thursday 09:00, or a date such as July 1") from None
    return YearTime(date.month, date.day)


def end_of_year_time(cell: str) -> YearTime:
    """As in starts; for a date, the end of that day."""
    return year_time(cell, ends=True)


class PhaseRow(NamedTuple):
    """The four phases in order; together they cover the year.

    Source:
        timing.phase1, timing.phase2, timing.phase3. Calling groundwork a phase is our choice.

    Examples:
        >>> [row.phase for row in load_phases()]
        ['groundwork', 'soap_lists', 'gap_filling', 'post_soap']
    """

    phase: Annotated[str, one_of(PHASES)]
    starts: Annotated[YearTime, year_time]
    ends: Annotated[YearTime, end_of_year_time]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]


def _check_phases(rows: tuple[PhaseRow, ...]) -> None:
    for index, row in enumerate(rows):
        following = rows[(index + 1) % len(rows)]
        if row.ends != following.starts:
            raise WrongRowError(index, "ends", row.ends, f"the moment at which {following.phase} starts")
        if row.starts.month == row.ends.month == 0 and row.ends <= row.starts:
            raise WrongRowError(index, "ends", row.ends, "a moment after it starts")


load_phases = loader(PhaseRow, "phases.csv", check=_check_phases)


class FlagRow(NamedTuple):
    """The red flags in a file.

    Source:
        paper.checklist, works.explain-flag, multiplier.cannot-rescue.

    Examples:
        >>> [row.flag for row in load_flags() if row.kind == "not_overcome"]
        ['professionalism_issue', 'chronic_poor_performance']
    """

    flag: Annotated[str, field_name]
    kind: Annotated[str, one_of(("explainable", "policy", "not_overcome")), "policy: the program's own rule decides"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]


load_flags = loader(FlagRow, "flags.csv")


class DecidesRow(NamedTuple):
    """The article's chart of what decides.

    Source:
        after.share-performance, after.share-advocacy, after.share-timing, after.share-outreach.

    Examples:
        >>> sum(row.share for row in load_decides())
        100
    """

    factor: str
    share: Annotated[int, integer(0, 100), "percent of the whole"]
    claims: Annotated[tuple[str, ...], claim_ids]


load_decides = loader(DecidesRow, "decides.csv")


class AssumptionRow(NamedTuple):
    """Every number and choice of our own; the reason is the text ``assumption.<id>``.

    Examples:
        >>> {row.assumption: row.value for row in load_assumptions()}["intensity_reach"]
        4.5
    """

    assumption: str
    value: Annotated[float | None, number_or_blank, "in the unit that its reason names; blank if there is no number"]


load_assumptions = loader(AssumptionRow, "assumptions.csv")


def fact_value(cell: str) -> str:
    """A figure, a day such as 2027-03-19, an hour such as 09:00, hours such as 09:00-11:00, or nothing."""
    try:
        _value_words(cell)
    except ValueError:
        raise WrongCellError("a figure, a day such as 2027-03-19, an hour such as 09:00, hours, or nothing") from None
    return cell


def _value_words(value: str) -> str:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date_words(date.fromisoformat(value))
    if ":" in value:
        start, *end = (time.fromisoformat(part) for part in value.split("-"))
        return hours_words(start, *end) if end else time_words(start)
    return f"{int(value):,}" if value.isdecimal() else value and f"{float(value)}".removeprefix("0")  # such as P = .62


UNDATED: Final = "undated"  # the year of a source that doesn't give one


class FactRow(NamedTuple):
    """The facts from outside the article; their wording is the text ``fact.<id>``, and none of them affects a verdict.

    Source:
        The citation in each row.

    Examples:
        >>> {row.id: row.value for row in load_facts()}["scores.step2_mean"]
        '251'
    """

    id: str
    value: Annotated[str, fact_value, "fills {value} in its wording; blank for a statement"]
    source: Annotated[str, "a short citation"]
    year: Annotated[str, "the source's year, or undated"]
    grade: Annotated[
        str,
        one_of(("A", "B", "C", "none")),
        "A: the official page itself, B: a peer-reviewed abstract or a contract quoted by a law firm, C: a transcription; "
        "none: the fact is that nothing was found",
    ]

    @property
    def sentence(self) -> str:
        """The fact as a sentence for a reader."""
        return text(f"fact.{self.id}", value=_value_words(self.value))

    @property
    def citation(self) -> str:
        """The source, with the year if the source doesn't name it."""
        if self.grade == "none" or self.year in re.findall("[0-9]{4}", self.source):
            return self.source
        return text("fact_source.of_year", source=self.source, year=self.year)

    @property
    def graded_citation(self) -> str:
        """The source and year, and how well we verified them."""
        if self.grade == "none":
            return text("fact_source.none", citation=self.citation)
        return text("fact_source.graded", citation=self.citation, grade=text(f"grade.{self.grade}"))


def _check_facts(rows: tuple[FactRow, ...]) -> None:
    for index, row in enumerate(rows):
        if row.grade == "none" and row.year != UNDATED:
            raise WrongRowError(index, "year", row.year, f"{UNDATED}, since what was not found has no year")
        place = "{value}" in all_words().get(f"fact.{row.id}", "")
        if bool(row.value) != place:
            rule = (
                "a figure, since its wording has a place for one" if place else "nothing, since its wording has no place for it"
            )
            raise WrongRowError(index, "value", row.value, rule)


load_facts = loader(FactRow, "facts.csv", check=_check_facts)


@functools.cache
def facts() -> dict[str, FactRow]:
    """Return the facts from outside the article by their ids.

    Source:
        data/facts.csv.

    Examples:
        >>> facts()["scores.step2_mean"].value
        '251'
    """
    return {fact.id: fact for fact in load_facts()}


class PercentileRow(NamedTuple):
    """Some points of the national distribution of Step 2 CK scores.

    Source:
        USMLE percentile table 2026, as transcribed (grade C).

    Examples:
        >>> load_percentiles()[-1]
        PercentileRow(score=275, percentile=98)
    """

    score: Annotated[int, integer(1, 300)]
    percentile: Annotated[int, integer(0, 100)]


load_percentiles = loader(PercentileRow, "percentiles.csv")


class AnchorRow(NamedTuple):
    """The usual scores in a few specialties, which say nothing about a particular program.

    Source:
        NRMP Charting Outcomes 2026, as transcribed (grade C).

    Examples:
        >>> load_score_anchors()[0].specialty
        'internal_medicine'
    """

    specialty: str
    low: Annotated[int, integer(1, 300), "low to high is the middle half of matched US MD seniors, in Step 2 CK"]
    high: Annotated[int, integer(1, 300)]


load_score_anchors = loader(AnchorRow, "score_anchors.csv")


_points = integer(1, 999)


class ExamRow(NamedTuple):
    """The exams whose scores you can enter.

    Source:
        Our choices, based on the facts scores.*.

    Examples:
        >>> [row.exam for row in load_exams()]
        ['step2ck', 'level2']
    """

    exam: str
    low: Annotated[int, _points, "the low end of the score sliders"]
    high: Annotated[int, _points, "their high end"]
    score: Annotated[int, _points, "where the slider starts"]
    range_low: Annotated[int, _points, "where the slider starts"]
    range_floor: Annotated[int, _points, "where the slider starts"]


load_exams = loader(ExamRow, "exams.csv")


class ExampleRow(NamedTuple):
    """The article's own examples as cases.

    Source:
        caller.example-former-fellow and the other claims in the rows.

    Examples:
        >>> load_examples()[0].verdict
        'phone_interview'
    """

    example: str
    overrides: Annotated[Settings, settings, "the fields that differ from the defaults"]
    verdict: Annotated[str, verdict_name, "the verdict in the article"]
    claims: Annotated[tuple[str, ...], claim_ids]


load_examples = loader(ExampleRow, "examples.csv")


class WeekEventRow(NamedTuple):
    """The official schedule of Match Week. Text: ``event.<event>``.

    Source:
        NRMP and AAMC schedules, as recorded in data/facts.csv.

    Examples:
        >>> load_week_events()[0].event
        'results'
    """

    event: str
    day: Annotated[int, integer(0, 4), "days after the Monday"]
    starts: Annotated[str, clock_time, "Eastern Time"]
    ends: Annotated[str, clock_time, "Eastern Time; blank for a moment"]
    fact: Annotated[str, one_of(_fact_ids), "its source"]

    @property
    def after_monday(self) -> timedelta:
        """When it starts, as the time since midnight at the start of Match Week's Monday."""
        start = time.fromisoformat(self.starts)
        return timedelta(days=self.day, hours=start.hour, minutes=start.minute)


load_week_events = loader(WeekEventRow, "week_events.csv")
