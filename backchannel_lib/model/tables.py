"""The tables of ``data/``: one loader per table, whose docstring is the table's data dictionary.

A loader returns a tuple of rows in file order. A broken table is refused with the file, the row, the column and the
value (`TableError`). Every loader takes an optional ``path`` to read another file by the same rules.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.readers import (
    Path,
    WrongCellError,
    article_lines,
    each_of,
    integer,
    number_or_blank,
    one_of,
    optional_text,
    read_table,
    required_text,
    yes_no,
)
from backchannel_lib.model.case import MOVES, NEEDS, PHASES, RECOMMENDERS, Case

STAGES: Final = ("message", "levers", "attention", "paper", "timing")
WHO: Final = ("student_now", "recommender_now", "other_program_or_caller", "year_of_work", "nobody")
ANSWERS: Final = ("not_allowed", "ask_first", "allowed")


class Claim(NamedTuple):
    """One claim of the article; see `load_claims`."""

    id: str
    lines: str
    topic: str
    kind: str


class VerdictRow(NamedTuple):
    """One verdict; see `load_verdicts`."""

    verdict: str
    rank: int
    claims: tuple[str, ...]


class StageRow(NamedTuple):
    """One stage; see `load_stages`."""

    stage: str
    counts: str
    shown: int


class ConditionRow(NamedTuple):
    """One named condition; see `load_conditions`."""

    condition: str
    when: str


class RuleRow(NamedTuple):
    """One rule; see `load_rules`."""

    rule: str
    stage: str
    condition: str
    allows: str
    claims: tuple[str, ...]
    assumption: str


class ReadingRow(NamedTuple):
    """One reading; see `load_readings`."""

    reading: str
    choice: str
    default: bool
    claims: tuple[str, ...]


class ReadingChange(NamedTuple):
    """One thing that a reading changes; see `load_reading_changes`."""

    reading: str
    kind: str
    target: str
    to: str


class RemedyRow(NamedTuple):
    """One act that changes a case; see `load_remedies`."""

    remedy: str
    stage: str
    when: str
    overrides: tuple[tuple[str, str], ...]
    who: str
    claims: tuple[str, ...]
    assumption: str


class SoapRuleRow(NamedTuple):
    """One row of the NRMP rule; see `load_soap_rule`."""

    row: str
    when: str
    answer: str
    facts: tuple[str, ...]


class CallerRow(NamedTuple):
    """One kind of recommender; see `load_callers`."""

    recommender: str
    impact: str
    weight: int
    table_row: str
    chart_row: str
    joined: str
    claims: tuple[str, ...]
    assumption: str


class MoveRow(NamedTuple):
    """One kind of contact; see `load_moves`."""

    move: str
    by: str
    claims: tuple[str, ...]


class PhaseRow(NamedTuple):
    """One phase; see `load_phases`."""

    phase: str
    starts: str
    ends: str
    claims: tuple[str, ...]
    assumption: str


class FlagRow(NamedTuple):
    """One red flag; see `load_flags`."""

    flag: str
    kind: str
    claims: tuple[str, ...]
    assumption: str


class NeedRow(NamedTuple):
    """One kind of need; see `load_needs`."""

    need: str
    claims: tuple[str, ...]


class DecidesRow(NamedTuple):
    """One slice of what decides; see `load_decides`."""

    factor: str
    share: int
    claims: tuple[str, ...]


class AssumptionRow(NamedTuple):
    """One choice of ours; see `load_assumptions`."""

    assumption: str
    value: float | None
    unit: str


class FactRow(NamedTuple):
    """One fact from outside the article; see `load_facts`."""

    id: str
    topic: str
    value: str
    unit: str
    source: str
    year: str
    grade: str


class PercentileRow(NamedTuple):
    """One point of a score's distribution; see `load_percentiles`."""

    exam: str
    score: int
    percentile: int


class AnchorRow(NamedTuple):
    """One specialty's usual scores; see `load_score_anchors`."""

    specialty: str
    low: int
    high: int


class ExampleRow(NamedTuple):
    """One of the article's own examples; see `load_examples`."""

    example: str
    overrides: tuple[tuple[str, str], ...]
    verdict: str
    claims: tuple[str, ...]


class ControlRow(NamedTuple):
    """One control of the panel; see `load_controls`."""

    field: str
    group: str
    control: str
    heading: str
    shown_when: str


class ExamRow(NamedTuple):
    """One exam's slider; see `load_exams`."""

    exam: str
    low: int
    high: int
    score: int
    range_low: int
    range_floor: int


@functools.cache
def _claim_ids() -> frozenset[str]:
    return frozenset(claim.id for claim in load_claims())


@functools.cache
def _assumption_ids() -> frozenset[str]:
    return frozenset(row.assumption for row in load_assumptions())


@functools.cache
def _fact_ids() -> frozenset[str]:
    return frozenset(fact.id for fact in load_facts())


def settings(cell: str) -> tuple[tuple[str, str], ...]:
    """Read pairs ``field=value`` of fields of a case, parted by semicolons."""
    pairs = []
    for part in cell.split(";"):
        field, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or field not in Case.fields():
            raise WrongCellError("'field=value' pairs of fields of a case")
        pairs.append((field, value))
    return tuple(pairs)


def case_settings(cell: str) -> tuple[tuple[str, str], ...]:
    """Read pairs that make a case: each field once, each value one that the field allows."""
    pairs = settings(cell)
    if len(dict(pairs)) < len(pairs):
        raise WrongCellError("each field once")
    try:
        Case.from_record(dict(pairs))
    except CaseError as error:
        raise WrongCellError(f"a case that can be ({error})") from None
    return pairs


def claim_ids(cell: str) -> tuple[str, ...]:
    """Read ids of claims, parted by blanks."""
    return tuple(each_of(_claim_ids())(cell))


def assumption_id(cell: str) -> str:
    """Read the id of an assumption of ours, or nothing."""
    return str(one_of(_assumption_ids(), blank=True)(cell))


def load_claims(path: Path = None) -> tuple[Claim, ...]:
    """Load the article's 100 claims; their wording stands in the words table as ``claim.<id>``.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``id``; ``lines``, where it stands in the article, one line or a range; ``topic``, the article's part;
        ``kind``: thesis, definition, example, warning, number, rule, verdict, rationale or advice.

    Raises:
        TableError: A column is missing, an id stands twice, or a cell breaks its column's rule.

    Source:
        The article, all claims.

    Examples:
        >>> len(load_claims())
        100
    """
    kinds = ("thesis", "definition", "example", "warning", "number", "rule", "verdict", "rationale", "advice")
    return read_table(
        Claim,
        "claims.csv",
        {"id": required_text, "lines": article_lines, "topic": required_text, "kind": one_of(kinds)},
        path=path,
    )


def load_verdicts(path: Path = None) -> tuple[VerdictRow, ...]:
    """Load the nine verdicts, lowest first.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``verdict``, its name; ``rank``, 0 to 8; ``claims``, ids of the claims it comes from.

    Raises:
        TableError: The table is broken.

    Source:
        The claims in each row; that they form one line is ours.

    Examples:
        >>> load_verdicts()[8].verdict
        'offer_in_play'
    """
    return read_table(
        VerdictRow, "verdicts.csv", {"verdict": required_text, "rank": integer(0, 8), "claims": claim_ids}, path=path
    )


def load_stages(path: Path = None) -> tuple[StageRow, ...]:
    """Load the five stages in the order in which they are judged.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``stage``; ``counts``, which of the rules that hold counts, ``lowest`` or ``highest``; ``shown``, 1 to 5,
        its place on screen, which is the order of the article's parts.

    Raises:
        TableError: The table is broken.

    Source:
        ours; the parts are the article's.

    Examples:
        >>> [row.stage for row in load_stages() if row.counts == "highest"]
        ['attention']
    """
    return read_table(
        StageRow,
        "stages.csv",
        {"stage": one_of(STAGES), "counts": one_of(("lowest", "highest")), "shown": integer(1, 5)},
        path=path,
    )


def load_conditions(path: Path = None) -> tuple[ConditionRow, ...]:
    """Load the named conditions that the rules speak of.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``condition``, its name; ``when``, an expression over the fields of a case and the conditions above it,
        written with ``and``, ``or``, ``not``, ``is``, ``in``, comparisons, and ``&`` for "have something in common".

    Raises:
        TableError: The table is broken. (An expression is checked where the rules are put together.)

    Source:
        The article; each rule names its claims.

    Examples:
        >>> {row.condition: row.when for row in load_conditions()}["need_met"]
        'needs & offers'
    """
    return read_table(ConditionRow, "conditions.csv", {"condition": required_text, "when": required_text}, path=path)


def load_rules(path: Path = None) -> tuple[RuleRow, ...]:
    """Load the rules: what each condition allows at best.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``rule``, its id, under which its reason stands in the words table; ``stage``; ``condition``, a named
        condition, or ``otherwise`` where no other row of the stage holds; ``allows``, the best verdict it allows;
        ``claims``, ids; ``assumption``, the id of our assumption where the article leaves room, else blank.

    Raises:
        TableError: The table is broken.

    Source:
        The article; each row names its claims.

    Examples:
        >>> {row.rule: row.allows for row in load_rules()}["failure_policy"]
        'declined'
    """
    return read_table(
        RuleRow,
        "rules.csv",
        {
            "rule": required_text,
            "stage": one_of(STAGES),
            "condition": one_of([row.condition for row in load_conditions()] + ["otherwise"]),
            "allows": one_of([row.verdict for row in load_verdicts()]),
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_readings(path: Path = None) -> tuple[ReadingRow, ...]:
    """Load the readings: two or more for each place where the article leaves room.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``reading``, its name; ``choice``, the place where the article leaves room; ``default``, yes or no;
        ``claims``, ids of the claims that speak for it.

    Raises:
        TableError: The table is broken.

    Source:
        levers.any-of-three, truths.in-range-and-credible and the others that the rows name.

    Examples:
        >>> [row.reading for row in load_readings() if row.choice == "levers"]
        ['any_lever', 'range_and_credible']
    """
    return read_table(
        ReadingRow,
        "readings.csv",
        {"reading": required_text, "choice": required_text, "default": yes_no, "claims": claim_ids},
        path=path,
    )


def load_reading_changes(path: Path = None) -> tuple[ReadingChange, ...]:
    """Load what each reading changes.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``reading``; ``kind``: ``condition`` (``target`` is a condition, ``to`` its new expression), ``allows``
        (``target`` is a rule, ``to`` a verdict), ``weight`` (``target`` is a recommender, ``to`` 0 to 100) or
        ``calendar`` (``target`` is a day, ``to`` a phase).

    Raises:
        TableError: The table is broken.

    Source:
        ours, from the claims that the reading names.

    Examples:
        >>> load_reading_changes()[0].kind
        'condition'
    """
    return read_table(
        ReadingChange,
        "reading_changes.csv",
        {
            "reading": one_of([row.reading for row in load_readings()]),
            "kind": one_of(("condition", "allows", "weight", "calendar")),
            "target": required_text,
            "to": required_text,
        },
        path=path,
        key=("reading", "kind", "target"),
    )


def load_remedies(path: Path = None) -> tuple[RemedyRow, ...]:
    """Load the acts that change a case, from which `what_would_change` chooses.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``remedy``, its id; ``stage`` that it mends; ``when`` it applies, an expression as in the conditions;
        ``overrides``, pairs ``field=value`` parted by ``;``, where the value may be another field's name; ``who`` can do it,
        one of ``WHO``; ``claims``, ids; ``assumption``, the id of our assumption, or blank.

    Raises:
        TableError: The table is broken.

    Source:
        The article; each row names its claims.

    Examples:
        >>> {row.remedy: row.who for row in load_remedies()}["give_specifics"]
        'recommender_now'
    """
    return read_table(
        RemedyRow,
        "remedies.csv",
        {
            "remedy": required_text,
            "stage": one_of(STAGES),
            "when": required_text,
            "overrides": settings,
            "who": one_of(WHO),
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_soap_rule(path: Path = None) -> tuple[SoapRuleRow, ...]:
    """Load the NRMP's SOAP communication rule as rows, of which the first that holds answers.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``row``, its id; ``when``, an expression as in the conditions, which may also name ``inside_window``;
        ``answer``, one of ``ANSWERS``; ``facts``, ids of the outside facts it rests on.

    Raises:
        TableError: The table is broken.

    Source:
        NRMP Match Participation Agreement for Applicants 2022, section 9.2, and the facts that the rows name.

    Examples:
        >>> load_soap_rule()[0].answer
        'allowed'
    """
    return read_table(
        SoapRuleRow,
        "soap_rule.csv",
        {"row": required_text, "when": required_text, "answer": one_of(ANSWERS), "facts": each_of(_fact_ids())},
        path=path,
    )


def load_callers(path: Path = None) -> tuple[CallerRow, ...]:
    """Load the kinds of recommender, best first, with the article's table and chart joined.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``recommender``; ``impact``, the table's level: very_high, high, moderate, low or very_low, blank where the
        table leaves it out; ``weight``, the chart's 0 to 100; ``table_row`` and ``chart_row``, the labels there, blank
        where left out; ``joined``, how the two were put together: same (one name in both), order (by their order) or ours;
        ``claims``, ids; ``assumption``, the id of our assumption, or blank.

    Raises:
        TableError: The table is broken.

    Source:
        caller.level-trusted-peer to caller.level-unconnected-faculty; works.weight-trusted-peer to works.weight-self-email.

    Examples:
        >>> [row.weight for row in load_callers()]
        [90, 80, 50, 37, 25, 5]
    """
    return read_table(
        CallerRow,
        "callers.csv",
        {
            "recommender": one_of(RECOMMENDERS),
            "impact": one_of(("very_high", "high", "moderate", "low", "very_low"), blank=True),
            "weight": integer(0, 100),
            "table_row": optional_text,
            "chart_row": optional_text,
            "joined": one_of(("same", "order", "ours")),
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_moves(path: Path = None) -> tuple[MoveRow, ...]:
    """Load the kinds of contact.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``move``; ``by``, who makes it: recommender, school or student; ``claims``, ids.

    Raises:
        TableError: The table is broken.

    Source:
        noise.cold-email-90-10 to noise.pressure-backfires; works.history-call to works.internal-push.

    Examples:
        >>> [row.move for row in load_moves() if row.by == "student"]
        ['direct_email']
    """
    return read_table(
        MoveRow,
        "moves.csv",
        {"move": one_of(MOVES), "by": one_of(("recommender", "school", "student")), "claims": claim_ids},
        path=path,
    )


def load_phases(path: Path = None) -> tuple[PhaseRow, ...]:
    """Load the four phases in their order.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``phase``; ``starts`` and ``ends``, in Eastern Time, as a day and hour of Match Week or a date; ``claims``,
        ids; ``assumption``, the id of our assumption, or blank.

    Raises:
        TableError: The table is broken.

    Source:
        timing.phase1, timing.phase2, timing.phase3; that groundwork is a phase is ours.

    Examples:
        >>> [row.phase for row in load_phases()]
        ['groundwork', 'soap_lists', 'gap_filling', 'post_soap']
    """
    return read_table(
        PhaseRow,
        "phases.csv",
        {
            "phase": one_of(PHASES),
            "starts": required_text,
            "ends": required_text,
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_flags(path: Path = None) -> tuple[FlagRow, ...]:
    """Load the red flags of a file.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``flag``, a field of a case; ``kind``: ``explainable``, ``policy`` (the program's rule decides) or
        ``not_overcome``; ``claims``, ids; ``assumption``, the id of our assumption, or blank.

    Raises:
        TableError: The table is broken.

    Source:
        paper.checklist, works.explain-flag, multiplier.cannot-rescue.

    Examples:
        >>> [row.flag for row in load_flags() if row.kind == "not_overcome"]
        ['professionalism_issue', 'chronic_poor_performance']
    """
    return read_table(
        FlagRow,
        "flags.csv",
        {
            "flag": one_of(tuple(Case.fields())),
            "kind": one_of(("explainable", "policy", "not_overcome")),
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_needs(path: Path = None) -> tuple[NeedRow, ...]:
    """Load the kinds of need that a program may have.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``need``; ``claims``, ids.

    Raises:
        TableError: The table is broken.

    Source:
        need.own-pain, need.language, need.local, need.track.

    Examples:
        >>> [row.need for row in load_needs()]
        ['language', 'local', 'track', 'coverage']
    """
    return read_table(NeedRow, "needs.csv", {"need": one_of(NEEDS), "claims": claim_ids}, path=path)


def load_decides(path: Path = None) -> tuple[DecidesRow, ...]:
    """Load the article's chart of what decides.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``factor``; ``share``, 0 to 100 of a whole of 100; ``claims``, ids.

    Raises:
        TableError: The table is broken.

    Source:
        after.share-performance, after.share-advocacy, after.share-timing, after.share-outreach.

    Examples:
        >>> sum(row.share for row in load_decides())
        100
    """
    return read_table(
        DecidesRow, "decides.csv", {"factor": required_text, "share": integer(0, 100), "claims": claim_ids}, path=path
    )


def load_assumptions(path: Path = None) -> tuple[AssumptionRow, ...]:
    """Load every number and choice that is ours; the reason stands in the words table as ``assumption.<id>``.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``assumption``, its id; ``value``, a number where it is one; ``unit``, blank where there is no number.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> {row.assumption: row.value for row in load_assumptions()}["intensity_reach"]
        4.5
    """
    return read_table(
        AssumptionRow,
        "assumptions.csv",
        {"assumption": required_text, "value": number_or_blank, "unit": optional_text},
        path=path,
    )


def load_facts(path: Path = None) -> tuple[FactRow, ...]:
    """Load the facts from outside the article; none of them changes a verdict.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``id``, under which its wording stands in the words table as ``fact.<id>``; ``topic``; ``value``, a figure,
        a day or an hour as text, blank for a statement; ``unit``; ``source``, a short citation; ``year`` of the source, or
        ``undated``; ``grade``: A the
        official page itself, B a peer-reviewed abstract or contract text quoted by a law firm, C a transcription.

    Raises:
        TableError: The table is broken.

    Source:
        The citation in each row.

    Examples:
        >>> {row.id: row.value for row in load_facts()}["scores.step2_mean"]
        '251'
    """
    return read_table(
        FactRow,
        "facts.csv",
        {
            "id": required_text,
            "topic": required_text,
            "value": optional_text,
            "unit": optional_text,
            "source": required_text,
            "year": required_text,
            "grade": one_of(("A", "B", "C")),
        },
        path=path,
    )


def load_percentiles(path: Path = None) -> tuple[PercentileRow, ...]:
    """Load a few points of the national distribution of Step 2 CK.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``exam``, ``step2ck``; ``score``, 1 to 300 points; ``percentile``, 0 to 100.

    Raises:
        TableError: The table is broken.

    Source:
        USMLE percentile table 2026, as transcribed (grade C).

    Examples:
        >>> load_percentiles()[-1]
        PercentileRow(exam='step2ck', score=275, percentile=98)
    """
    return read_table(
        PercentileRow,
        "percentiles.csv",
        {"exam": one_of(("step2ck",)), "score": integer(1, 300), "percentile": integer(0, 100)},
        path=path,
        key=("exam", "score"),
    )


def load_score_anchors(path: Path = None) -> tuple[AnchorRow, ...]:
    """Load the usual scores of a few specialties, which say nothing of any one program.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``specialty``; ``low`` and ``high``, Step 2 CK points between which the middle half of the matched US MD
        seniors lay.

    Raises:
        TableError: The table is broken.

    Source:
        NRMP Charting Outcomes 2026, as transcribed (grade C).

    Examples:
        >>> load_score_anchors()[0].specialty
        'internal_medicine'
    """
    return read_table(
        AnchorRow,
        "score_anchors.csv",
        {"specialty": required_text, "low": integer(1, 300), "high": integer(1, 300)},
        path=path,
    )


def load_controls(path: Path = None) -> tuple[ControlRow, ...]:
    """Load the controls of the panel in their order.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``field`` of a case; ``group``, the stage it stands with; ``control``: slider, checkbox, radio, select or
        checks; ``heading``, the id of the text above it, or blank; ``shown_when``, ``always`` or an expression as in the
        conditions. A control whose value is not its default
        is shown in any case, so that nothing that counts is hidden.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> load_controls()[0].control
        'slider'
    """
    kinds = ("slider", "checkbox", "radio", "select", "checks")
    return read_table(
        ControlRow,
        "controls.csv",
        {
            "field": one_of(tuple(Case.fields())),
            "group": one_of(STAGES),
            "control": one_of(kinds),
            "heading": optional_text,
            "shown_when": required_text,
        },
        path=path,
    )


def load_exams(path: Path = None) -> tuple[ExamRow, ...]:
    """Load the exams whose scores can be entered.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``exam``; ``low`` and ``high``, the ends of the score sliders in points; ``score``, ``range_low`` and
        ``range_floor``, where they start.

    Raises:
        TableError: The table is broken.

    Source:
        ours, around the facts scores.*.

    Examples:
        >>> [row.exam for row in load_exams()]
        ['step2ck', 'level2']
    """
    points = integer(1, 999)
    return read_table(
        ExamRow,
        "exams.csv",
        {"exam": required_text, "low": points, "high": points, "score": points, "range_low": points, "range_floor": points},
        path=path,
    )


def load_examples(path: Path = None) -> tuple[ExampleRow, ...]:
    """Load the article's own examples as cases.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``example``, its id; ``overrides``, pairs ``field=value`` of what is special about the case; ``verdict`` that
        the article tells; ``claims``, ids.

    Raises:
        TableError: The table is broken.

    Source:
        caller.example-former-fellow and the others that the rows name.

    Examples:
        >>> load_examples()[0].verdict
        'phone_interview'
    """
    return read_table(
        ExampleRow,
        "examples.csv",
        {
            "example": required_text,
            "overrides": settings,
            "verdict": one_of([row.verdict for row in load_verdicts()]),
            "claims": claim_ids,
        },
        path=path,
    )
