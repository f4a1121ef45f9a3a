"""The chapters' tables: the chapters, their activities, and what the activities show, ask and sort.

Each row class declares its table's columns; see `backchannel_lib.base.readers.loader`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Annotated, Final, NamedTuple

from backchannel_lib.base.readers import WrongCellError, WrongRowError, clock_time, each_of, integer, loader, one_of
from backchannel_lib.model.case import Case
from backchannel_lib.model.tables import (
    Settings,
    assumption_id,
    case_settings,
    claim_ids,
    fact_ids,
    load_readings,
    settings,
    verdict_name,
)

AUDIENCES: Final = ("student", "facilitator", "teacher")
PARTS: Final = ("begin", "levers", "contact", "beyond", "judge")
INBOX_PLACES: Final = ("given", "initial", "subject", "opening", "reason", "plea")
SHOWS: Final = ("outcomes", "chain", "rules", "changes", "readings", "callers", "amplifier", "map")


def case_of(overrides: Iterable[tuple[str, str]], before: Case | None = None) -> Case:
    """Build a case from a table's pairs of field and value.

    Args:
        overrides: Pairs of a field and its value as text.
        before: The case to change; None for the default case.

    Raises:
        CaseError: A value breaks its field's rule.

    Examples:
        >>> case_of([("score", "251")]).score
        251
    """
    fields = Case.fields()
    return (before or Case()).replace(**{name: fields[name].read(text) for name, text in overrides})


def activities_of(*kinds: str) -> Callable[[], Collection[str]]:
    """Return a function that lists the activities of some kinds, for a column that names one."""
    return lambda: [row.activity for row in load_activities() if row.kind in kinds]


def settings_or_nothing(cell: str) -> Settings:
    """Pairs ``field=value`` of fields of a case, or nothing."""
    return settings(cell) if cell else ()


def case_settings_or_nothing(cell: str) -> Settings:
    """Pairs ``field=value`` that make a case, separated by semicolons, or nothing."""
    return case_settings(cell) if cell else ()


class ChapterRow(NamedTuple):
    """The chapters in order. Texts: ``chapter.<chapter>`` and ``chapter_list.<chapter>``.

    Examples:
        >>> load_chapters()[0].chapter
        '00_start_here'
    """

    chapter: Annotated[str, "the notebook's name without its ending"]
    minutes: Annotated[int, integer(1, 60), "how long it takes"]
    audience: Annotated[str, one_of(AUDIENCES)]
    part: Annotated[str, one_of(PARTS, blank=True), "what it is listed under; text: ``chapter_part.<part>``"] = ""


load_chapters = loader(ChapterRow, "chapters.csv")


class ActivityRow(NamedTuple):
    """The activities of the chapters, in the order on the page.

    Texts: ``activity.<activity>.title``, ``.lead`` and ``.on_screen``, the part of the introduction that doesn't print.

    Examples:
        >>> load_activities()[0].chapter
        '00_start_here'
    """

    activity: str
    chapter: Annotated[str, one_of(lambda: [row.chapter for row in load_chapters()])]
    kind: Annotated[str, "one of the kinds in `backchannel_lib.activities.registry`"]
    fields: Annotated[tuple[str, ...], each_of(tuple(Case.fields())), "the fields of a case that have a control in it"] = ()
    shows: Annotated[tuple[str, ...], each_of(SHOWS), "what it shows next to the verdict"] = ()
    own: Annotated[bool, "whether readers can enter their own case"] = False


load_activities = loader(ActivityRow, "activities.csv")


class SceneRow(NamedTuple):
    """Students whose verdict readers predict before seeing it. Texts: ``scene.<scene>.title``, ``.story`` and ``.why``.

    Source:
        Our own examples; the claims in each row.

    Examples:
        >>> len(load_scenes()) > 5
        True
    """

    scene: str
    activity: Annotated[str, one_of(activities_of("scenes"))]
    overrides: Annotated[Settings, settings, "the fields that differ from the defaults"]
    claims: Annotated[tuple[str, ...], claim_ids, "the sources of its explanation"] = ()
    assumption: Annotated[str, assumption_id] = ""


load_scenes = loader(SceneRow, "scenes.csv")


class StepRow(NamedTuple):
    """The steps by which each walk changes a case. Texts: ``step.<step>.text``, and ``.why`` if readers predict the step.

    Source:
        Our own examples; the claims in each row.

    Examples:
        >>> load_steps()[0].start
        True
    """

    step: str
    activity: Annotated[str, one_of(activities_of("walk"))]
    start: Annotated[bool, "whether it starts again from the default case"]
    overrides: Annotated[Settings, settings, "what it changes"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]


load_steps = loader(StepRow, "steps.csv")


class ChoiceRow(NamedTuple):
    """The groups for sorting. Text: ``choice_of.<activity>.<choice>``.

    Examples:
        >>> len(load_choices()) > 3
        True
    """

    choice: str
    activity: Annotated[str, one_of(activities_of("sorting"))]


load_choices = loader(ChoiceRow, "choices.csv", key=("activity", "choice"))


class ItemRow(NamedTuple):
    """The things to sort. Texts: ``item.<item>.text`` and ``.why``.

    Source:
        Our own examples; the claims in each row.

    Examples:
        >>> all(row.fits for row in load_items())
        True
    """

    item: str
    activity: Annotated[str, one_of(activities_of("sorting"))]
    fits: Annotated[tuple[str, ...], each_of(lambda: {row.choice for row in load_choices()}), "the groups that it fits"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]
    rule: Annotated[bool, "whether the NRMP's rule settles it, so that other opinions don't count"]


load_items = loader(ItemRow, "items.csv")


class InboxPieceRow(NamedTuple):
    """The pieces of the inbox's emails. Text: ``inbox_piece.<piece>``.

    Examples:
        >>> {row.place for row in load_inbox_pieces()} == set(INBOX_PLACES)
        True
    """

    piece: str
    place: Annotated[str, one_of(INBOX_PLACES), "the sender's name, the subject, or a slot in the first lines"]
    flag: Annotated[bool, "whether a director would hold it against the writer"]


load_inbox_pieces = loader(InboxPieceRow, "inbox_pieces.csv")


class ArticleNumberRow(NamedTuple):
    """Numbers that the article states and an activity shows.

    Source:
        The claims in each row.

    Examples:
        >>> article_number("cold_emails")
        100
    """

    number: str
    value: Annotated[int, integer(1, 1000)]
    claims: Annotated[tuple[str, ...], claim_ids, "where the article states it"]


load_article_numbers = loader(ArticleNumberRow, "article_numbers.csv")


def article_number(name: str) -> int:
    """Return a number from data/article_numbers.csv by its name."""
    return _article_number(name).value


def article_number_claims(name: str) -> tuple[str, ...]:
    """Return the claims behind a number in data/article_numbers.csv.

    Examples:
        >>> article_number_claims("seconds_per_file")
        ('paper.ninety-seconds',)
    """
    return _article_number(name).claims


def _article_number(name: str) -> ArticleNumberRow:
    return next(row for row in load_article_numbers() if row.number == name)


class WeekContactRow(NamedTuple):
    """The contacts to compare at every moment of the week. Text: ``contact.<contact>``.

    Source:
        The claims in each row.

    Examples:
        >>> load_week_contacts()[0].contact
        'first_call'
    """

    contact: str
    overrides: Annotated[Settings, settings]
    claims: Annotated[tuple[str, ...], claim_ids]


load_week_contacts = loader(WeekContactRow, "week_contacts.csv")


class DeskFileRow(NamedTuple):
    """The files on the director's desk, in order. Texts: ``desk.<file>.said`` and ``.why``.

    Source:
        Our own examples; the claims in each row.

    Examples:
        >>> len(load_desk_files())
        5
    """

    file: str
    overrides: Annotated[Settings, settings, "the whole case; the program is the same in all"]
    claims: Annotated[tuple[str, ...], claim_ids, "the sources of its explanation"]
    assumption: Annotated[str, assumption_id]


load_desk_files = loader(DeskFileRow, "desk_files.csv")


class DeskDecisionRow(NamedTuple):
    """The director's possible decisions on a file, the weakest first. Text: ``decision.<decision>``.

    Examples:
        >>> load_desk_decisions()[1].at_least
        'fallback_seat'
    """

    decision: str
    at_least: Annotated[str, verdict_name, "its lowest verdict; it covers all verdicts up to the next row's"]
    assumption: Annotated[str, assumption_id]


load_desk_decisions = loader(DeskDecisionRow, "desk_decisions.csv")


class ReadingCaseRow(NamedTuple):
    """One example for each reading other than the defaults, to show its effect.

    Texts: ``reading_case.<reading>``, and the reason for our choice: ``disagree_why.<choice>``.

    Source:
        Our own examples for data/readings.csv.

    Examples:
        >>> load_reading_cases()[0].reading
        'range_and_credible'
    """

    reading: Annotated[str, one_of(lambda: [row.reading for row in load_readings() if not row.default])]
    day: Annotated[int, integer(0, 4), "days from the Monday of Match Week to the contact, at 1 pm ET; this sets the phase"]
    overrides: Annotated[Settings, settings]
    facts: Annotated[tuple[str, ...], fact_ids, "the facts that matter for the choice"]
    assumption: Annotated[str, assumption_id]


load_reading_cases = loader(ReadingCaseRow, "reading_cases.csv")


def column_settings(cell: str) -> Settings:
    """Pairs ``column=value``, separated by semicolons."""
    pairs = [tuple(piece.strip() for piece in part.partition("=")[::2]) for part in cell.split(";")]
    if not all(column and value for column, value in pairs):
        raise WrongCellError("'column=value' pairs")
    return tuple((column, value) for column, value in pairs)


class PlannerExampleRow(NamedTuple):
    """The example student, people and programs that the planner starts with. Text: ``planner_example.<row>``.

    Examples:
        >>> [row.table for row in load_planner_example()][:2]
        ['file', 'people']
    """

    row: str
    table: Annotated[str, one_of(("file", "people", "programs")), "``file`` for the student's own file"]
    overrides: Annotated[Settings, column_settings, "fields of a case, or columns of people or programs"]


load_planner_example = loader(PlannerExampleRow, "planner_example.csv")


class DrillFileRow(NamedTuple):
    """The files of the drill. Text: ``drill_file.<file>``.

    Examples:
        >>> len(load_drill_files())
        12
    """

    file: str
    overrides: Annotated[Settings, settings, "the student, and the program, which is the same for all"]


load_drill_files = loader(DrillFileRow, "drill_files.csv")


class DrillTurnRow(NamedTuple):
    """The events of the drill in order: each file once, and some of them again with a ping.

    Texts for a ping: ``drill_from.<turn>``, ``drill_said.<turn>`` and ``drill_why.<turn>``.

    Source:
        Our own examples; the claims in each row.

    Examples:
        >>> sum(row.is_ping for row in load_drill_turns())
        8
    """

    turn: str
    time: Annotated[str, clock_time, "its time on Tuesday"]
    file: Annotated[str, one_of(lambda: [row.file for row in load_drill_files()])]
    overrides: Annotated[Settings, settings_or_nothing, "the contact; blank if the file arrives on its own"]
    claims: Annotated[tuple[str, ...], claim_ids]
    assumption: Annotated[str, assumption_id]

    @property
    def is_ping(self) -> bool:
        """Whether somebody speaks up for an earlier file."""
        return bool(self.overrides)


def _check_turns(rows: tuple[DrillTurnRow, ...]) -> None:
    came: dict[str, int] = {}
    time = ""
    for index, row in enumerate(rows):
        before = came.get(row.file, 0)
        if before > 1 or row.is_ping != bool(before):
            raise WrongRowError(index, "file", row.file, "a file that comes by itself first, then at most once with a ping")
        if row.time <= time:
            raise WrongRowError(index, "time", row.time, "a time after the one above")
        came[row.file], time = before + 1, row.time
    if missing := [row.file for row in load_drill_files() if row.file not in came]:
        raise WrongRowError(None, "file", missing[0], "each file of drill_files.csv")


load_drill_turns = loader(DrillTurnRow, "drill_turns.csv", check=_check_turns)
