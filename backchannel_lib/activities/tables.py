"""The tables of the chapters: which there are, what one does in each, and what is told, asked and sorted there.

They follow the same rules as the tables of `backchannel_lib.model.tables`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final, NamedTuple

from backchannel_lib.base.readers import (
    Path,
    TableError,
    WrongCellError,
    article_lines,
    clock_time,
    each_of,
    integer,
    one_of,
    read_table,
    required_text,
    yes_no,
)
from backchannel_lib.model.case import Case
from backchannel_lib.model.tables import assumption_id, claim_ids, load_facts, load_readings, load_verdicts, settings

AUDIENCES: Final = ("student", "facilitator")
INBOX_PLACES: Final = ("given", "initial", "subject", "opening", "reason", "plea")
SHOWS: Final = ("chain", "rules", "changes", "readings", "callers", "amplifier", "map")


class ChapterRow(NamedTuple):
    """One chapter; see `load_chapters`."""

    chapter: str
    minutes: int
    lines: str
    audience: str


class ActivityRow(NamedTuple):
    """One thing to do in a chapter; see `load_activities`."""

    activity: str
    chapter: str
    kind: str
    fields: tuple[str, ...]
    shows: tuple[str, ...]
    own: bool


class SceneRow(NamedTuple):
    """One described student; see `load_scenes`."""

    scene: str
    activity: str
    overrides: tuple[tuple[str, str], ...]
    claims: tuple[str, ...]
    assumption: str


class StepRow(NamedTuple):
    """One step of a walk; see `load_steps`."""

    step: str
    activity: str
    start: bool
    overrides: tuple[tuple[str, str], ...]
    claims: tuple[str, ...]
    assumption: str


class ChoiceRow(NamedTuple):
    """One heap to sort onto; see `load_choices`."""

    choice: str
    activity: str


class ItemRow(NamedTuple):
    """One thing to sort; see `load_items`."""

    item: str
    activity: str
    fits: tuple[str, ...]
    claims: tuple[str, ...]
    assumption: str
    rule: bool


class InboxPieceRow(NamedTuple):
    """One piece of an email; see `load_inbox_pieces`."""

    piece: str
    place: str
    flag: bool


@functools.cache
def _parts_of(*kinds: str) -> tuple[str, ...]:
    return tuple(row.activity for row in load_activities() if row.kind in kinds)


def load_chapters(path: Path = None) -> tuple[ChapterRow, ...]:
    """Load the chapters in their order.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``chapter``, the notebook's name without its ending; ``minutes`` that it takes; ``lines`` of the article
        that it teaches; the ``audience`` it is for. Its title stands in the words table as ``chapter.<chapter>``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> load_chapters()[0].chapter
        '00_start_here'
    """
    return read_table(
        ChapterRow,
        "chapters.csv",
        {"chapter": required_text, "minutes": integer(1, 60), "lines": article_lines, "audience": one_of(AUDIENCES)},
        path=path,
    )


def load_activities(path: Path = None) -> tuple[ActivityRow, ...]:
    """Load what one does in the chapters, in the order of the page.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``activity``; ``chapter``; ``kind`` of activity; ``fields`` of a case that can be moved in it; what its panel
        ``shows`` beside the verdict; ``own``, whether the reader can enter a case of their own there. Title and lead
        stand in the words table as ``part.<part>.title`` and ``part.<part>.lead``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> load_activities()[0].chapter
        '00_start_here'
    """
    return read_table(
        ActivityRow,
        "activities.csv",
        {
            "activity": required_text,
            "chapter": one_of([row.chapter for row in load_chapters()]),
            "kind": required_text,
            "fields": each_of(tuple(Case.fields())),
            "shows": each_of(SHOWS),
            "own": yes_no,
        },
        path=path,
    )


def load_scenes(path: Path = None) -> tuple[SceneRow, ...]:
    """Load the students whose outcome is predicted before it is shown.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``scene``; ``activity`` it belongs to; ``overrides``, pairs ``field=value`` of what is special about the case;
        ``claims`` that its explanation rests on; ``assumption``, an assumption in it or blank. Words: ``scene.<scene>.title``,
        ``.story`` and ``.why``.

    Raises:
        TableError: The table is broken.

    Source:
        ours; the claims that the rows name.

    Examples:
        >>> len(load_scenes()) > 5
        True
    """
    return read_table(
        SceneRow,
        "scenes.csv",
        {
            "scene": required_text,
            "activity": one_of(_parts_of("scenes")),
            "overrides": settings,
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_steps(path: Path = None) -> tuple[StepRow, ...]:
    """Load the walks: one case changed step by step.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``step``; ``activity`` it belongs to; ``start``, whether it begins anew from the default case; ``overrides``, pairs
        ``field=value`` that it changes; ``claims``; ``assumption``. Words: ``step.<step>.text`` and, where the reader predicts
        it, ``step.<step>.why``.

    Raises:
        TableError: The table is broken.

    Source:
        ours; the claims that the rows name.

    Examples:
        >>> load_steps()[0].start
        True
    """
    return read_table(
        StepRow,
        "steps.csv",
        {
            "step": required_text,
            "activity": one_of(_parts_of("walk")),
            "start": yes_no,
            "overrides": settings,
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )


def load_choices(path: Path = None) -> tuple[ChoiceRow, ...]:
    """Load the heaps that things are sorted onto.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``choice``; ``activity`` it belongs to. Its name stands in the words table as ``choice_of.<part>.<choice>``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> len(load_choices()) > 3
        True
    """
    return read_table(
        ChoiceRow,
        "choices.csv",
        {"choice": required_text, "activity": one_of(_parts_of("sorting"))},
        path=path,
        key=("activity", "choice"),
    )


def load_items(path: Path = None) -> tuple[ItemRow, ...]:
    """Load the things that are sorted.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``item``; ``activity`` it belongs to; the heaps that it ``fits``; ``claims``; ``assumption``; ``rule``,
        whether the NRMP's rule settles it, so that no other view is as good. Words:
        ``item.<item>.text`` and ``item.<item>.why``.

    Raises:
        TableError: The table is broken.

    Source:
        ours; the claims that the rows name.

    Examples:
        >>> all(row.fits for row in load_items())
        True
    """
    return read_table(
        ItemRow,
        "items.csv",
        {
            "item": required_text,
            "activity": one_of(_parts_of("sorting")),
            "fits": each_of({row.choice for row in load_choices()}),
            "claims": claim_ids,
            "assumption": assumption_id,
            "rule": yes_no,
        },
        path=path,
    )


def load_inbox_pieces(path: Path = None) -> tuple[InboxPieceRow, ...]:
    """Load the pieces that the emails of the inbox are put together from.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``piece``; its ``place`` in an email: the sender's ``given`` name and ``initial``, the ``subject``, and the
        ``opening``, ``reason`` and ``plea`` of its first lines; ``flag``, whether a director would hold it against the
        writer. Its text stands in the words table as ``inbox_piece.<piece>``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> {row.place for row in load_inbox_pieces()} == set(INBOX_PLACES)
        True
    """
    return read_table(
        InboxPieceRow,
        "inbox_pieces.csv",
        {"piece": required_text, "place": one_of(INBOX_PLACES), "flag": yes_no},
        path=path,
    )


def case_of(sets: Iterable[tuple[str, str]], before: Case | None = None) -> Case:
    """Make the case that pairs of a table describe.

    Args:
        sets: Pairs of a field and its value as text.
        before: The case they change; None for the default case.

    Returns:
        The case.

    Raises:
        CaseError: A value breaks its field's rule.

    Examples:
        >>> case_of([("score", "251")]).score
        251
    """
    fields = Case.fields()
    return (before or Case()).replace(**{name: fields[name].read(text) for name, text in sets})


class WeekEventRow(NamedTuple):
    """One moment of the official clock of Match Week; see `load_week_events`."""

    event: str
    day: int
    starts: str
    ends: str
    fact: str


class WeekContactRow(NamedTuple):
    """One contact whose worth is watched over the week; see `load_week_contacts`."""

    contact: str
    overrides: tuple[tuple[str, str], ...]
    claims: tuple[str, ...]


def load_week_events(path: Path = None) -> tuple[WeekEventRow, ...]:
    """Load the official clock of Match Week.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``event``; ``day`` after the Monday, 0 to 4; when it ``starts`` and, where it lasts, ``ends``, on an Eastern
        clock as HH:MM; ``fact`` that tells it. Words: ``event.<event>``.

    Raises:
        TableError: The table is broken.

    Source:
        NRMP and AAMC schedules, as data/facts.csv has them.

    Examples:
        >>> load_week_events()[0].event
        'results'
    """
    known = [fact.id for fact in load_facts()]
    return read_table(
        WeekEventRow,
        "week_events.csv",
        {"event": required_text, "day": integer(0, 4), "starts": clock_time, "ends": clock_time, "fact": one_of(known)},
        path=path,
    )


def load_week_contacts(path: Path = None) -> tuple[WeekContactRow, ...]:
    """Load the contacts that are compared at every moment of the week.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``contact``; ``overrides``, pairs ``field=value``; ``claims``. Words: ``contact.<contact>``.

    Raises:
        TableError: The table is broken.

    Source:
        The claims that the rows name.

    Examples:
        >>> load_week_contacts()[0].contact
        'first_call'
    """
    return read_table(
        WeekContactRow, "week_contacts.csv", {"contact": required_text, "overrides": settings, "claims": claim_ids}, path=path
    )


class DeskFileRow(NamedTuple):
    """One file on the director's desk; see `load_desk_files`."""

    file: str
    overrides: tuple[tuple[str, str], ...]
    claims: tuple[str, ...]
    assumption: str


class DeskDecisionRow(NamedTuple):
    """One thing that the director can do with a file; see `load_desk_decisions`."""

    decision: str
    at_least: str
    assumption: str


def load_desk_files(path: Path = None) -> tuple[DeskFileRow, ...]:
    """Load the files that come onto the director's desk, in their order.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``file``; ``overrides``, pairs ``field=value`` of the whole case, the program's own included, which is the same
        for all; ``claims`` that its explanation rests on; ``assumption``, an assumption in it or blank. Words:
        ``desk.<file>.said``, who made contact and what was said, and ``desk.<file>.why``.

    Raises:
        TableError: The table is broken.

    Source:
        ours; the claims that the rows name.

    Examples:
        >>> len(load_desk_files())
        6
    """
    return read_table(
        DeskFileRow,
        "desk_files.csv",
        {"file": required_text, "overrides": settings, "claims": claim_ids, "assumption": assumption_id},
        path=path,
    )


def load_desk_decisions(path: Path = None) -> tuple[DeskDecisionRow, ...]:
    """Load what the director can do with a file, the least first.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``decision``; ``at_least``, the lowest of the verdicts that it stands for, up to the next row's; ``assumption``,
        the assumption behind that. Its name stands in the words table as ``decision.<decision>``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> load_desk_decisions()[1].at_least
        'fallback_seat'
    """
    return read_table(
        DeskDecisionRow,
        "desk_decisions.csv",
        {
            "decision": required_text,
            "at_least": one_of([row.verdict for row in load_verdicts()]),
            "assumption": assumption_id,
        },
        path=path,
    )


class ReadingCaseRow(NamedTuple):
    """One case that comes out otherwise under another reading; see `load_reading_cases`."""

    reading: str
    day: int
    overrides: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    assumption: str


def load_reading_cases(path: Path = None) -> tuple[ReadingCaseRow, ...]:
    """Load one case for each reading that is no default, to show what hangs on it.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``reading``; ``day`` of the contact after the Monday of Match Week, 0 to 4, at 1 pm ET, from which the phase
        follows; ``overrides``, pairs ``field=value``; ``facts``, ids of outside facts that bear on the choice, or blank; ``assumption``,
        the id of our assumption, or blank. Words: ``reading_case.<reading>``, and why we chose as we did:
        ``disagree_why.<choice>``.

    Raises:
        TableError: The table is broken.

    Source:
        ours, to illustrate data/readings.csv.

    Examples:
        >>> load_reading_cases()[0].reading
        'range_and_credible'
    """
    return read_table(
        ReadingCaseRow,
        "reading_cases.csv",
        {
            "reading": one_of([row.reading for row in load_readings() if not row.default]),
            "day": integer(0, 4),
            "overrides": settings,
            "facts": each_of([fact.id for fact in load_facts()]),
            "assumption": assumption_id,
        },
        path=path,
    )


class PlannerExampleRow(NamedTuple):
    """One row of the planner's example; see `load_planner_example`."""

    row: str
    table: str
    overrides: tuple[tuple[str, str], ...]


def load_planner_example(path: Path = None) -> tuple[PlannerExampleRow, ...]:
    """Load the made-up student, people and programs with which the planner opens.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``row``, its id; ``table``: ``file`` for the student's own file, ``people`` or ``programs``; ``overrides``, pairs
        ``column=value``, of fields of a case or of the columns of `backchannel_lib.activities.planner.model.read_people` and
        `backchannel_lib.activities.planner.model.read_programs`; ``known_at`` names rows of programs by their ids. Words:
        ``planner_example.<row>``, its name.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> [row.table for row in load_planner_example()][:2]
        ['file', 'people']
    """
    return read_table(
        PlannerExampleRow,
        "planner_example.csv",
        {"row": required_text, "table": one_of(("file", "people", "programs")), "overrides": _columns},
        path=path,
    )


def _columns(cell: str) -> tuple[tuple[str, str], ...]:
    pairs = [tuple(piece.strip() for piece in part.partition("=")[::2]) for part in cell.split(";")]
    if not all(column and value for column, value in pairs):
        raise WrongCellError("'column=value' pairs")
    return tuple((column, value) for column, value in pairs)


class DrillFileRow(NamedTuple):
    """One file of the drill; see `load_drill_files`."""

    file: str
    overrides: tuple[tuple[str, str], ...]


class DrillTurnRow(NamedTuple):
    """One moment of the drill at which something comes in; see `load_drill_turns`."""

    turn: str
    time: str
    file: str
    overrides: tuple[tuple[str, str], ...]
    claims: tuple[str, ...]
    assumption: str

    @property
    def is_ping(self) -> bool:
        """Whether somebody speaks up for a file that came before."""
        return bool(self.overrides)


def load_drill_files(path: Path = None) -> tuple[DrillFileRow, ...]:
    """Load the files of the drill.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``file``; ``overrides``, pairs ``field=value`` of the student and the program, which is the same for all. Its
        name stands in the words table as ``drill_file.<file>``.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> len(load_drill_files())
        12
    """
    return read_table(DrillFileRow, "drill_files.csv", {"file": required_text, "overrides": settings}, path=path)


def load_drill_turns(path: Path = None) -> tuple[DrillTurnRow, ...]:
    """Load what comes in during the drill, in its order: each file once, and some of them once more with a ping.

    Args:
        path: Another file of the same form; None for the workbook's own. Its files are those of the workbook.

    Returns:
        Rows of: ``turn``; ``time`` on Tuesday; the ``file``; ``overrides``, pairs ``field=value`` of the contact, blank where the
        file comes in by itself; ``claims``; ``assumption``, an assumption behind it or blank. Words for a ping:
        ``drill_from.<turn>``, who it is from, ``drill_said.<turn>`` and ``drill_why.<turn>``.

    Raises:
        TableError: The table is broken, a ping comes before its file, or a file comes more often than once by itself and once
            with a ping.

    Source:
        ours; the claims that the rows name.

    Examples:
        >>> sum(row.is_ping for row in load_drill_turns())
        8
    """
    files = [row.file for row in load_drill_files()]
    rows: tuple[DrillTurnRow, ...] = read_table(
        DrillTurnRow,
        "drill_turns.csv",
        {
            "turn": required_text,
            "time": clock_time,
            "file": one_of(files),
            "overrides": lambda cell: settings(cell) if cell else (),
            "claims": claim_ids,
            "assumption": assumption_id,
        },
        path=path,
    )
    name = "drill_turns.csv" if path is None else PurePath(str(path)).name
    came: dict[str, int] = {}
    time = ""
    for number, row in enumerate(rows, start=2):
        before = came.get(row.file, 0)
        if before > 1 or row.is_ping != bool(before):
            raise TableError(name, number, "file", row.file, "a file that comes by itself first, then at most once with a ping")
        if row.time <= time:
            raise TableError(name, number, "time", row.time, "a time after the one above")
        came[row.file], time = before + 1, row.time
    if missing := [file for file in files if file not in came]:
        raise TableError(name, None, "file", missing[0], "each file of drill_files.csv")
    return rows
