"""A file as a director sees it: one table, the same at the desk, in the drill and in the round."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from backchannel_lib.base.texts import text
from backchannel_lib.model.case import NEEDS, Case
from backchannel_lib.model.conditions import scalar_function
from backchannel_lib.model.rules import rule_book
from backchannel_lib.model.tables import load_flags
from backchannel_lib.page.components import table
from backchannel_lib.page.html import Markup

Fact: TypeAlias = tuple[str, str, str]  # what it is, the file's, the program's
OWN_ROWS: Final = ("failed_attempts", "needs_visa")  # flags that the sheet shows beside the program's policy
INSIDE: Final = ("hears_first", "names_you", "outruns_hr", "deep_ties")


def file_facts(case: Case, *, contact: bool = True, moment: bool = True) -> list[Fact]:
    """List what a director sees of a file, and what the program brings to it.

    Args:
        case: The case.
        contact: Whether somebody spoke up, so that it is told who.
        moment: Whether it is told when.

    Returns:
        For each fact what it is, what this file has, and what the program has or wants.

    Source:
        paper.checklist, need.match-gives-traction; that these make the sheet is ours.

    Examples:
        >>> [mine for _, mine, _ in file_facts(Case(score=251, failed_attempts=1), contact=False, moment=False)][:2]
        ['251', '1']
    """
    return [
        (text("desk.score"), str(case.score), text("desk.range", low=case.range_low, floor=case.range_floor)),
        (
            text("desk.attempts"),
            str(case.failed_attempts) if case.failed_attempts else text("desk.none"),
            text("desk.failures_yes" if case.interviews_failures else "desk.failures_no"),
        ),
        (text("file_sheet.flags"), ", ".join(flags_of(case)) or text("desk.none"), text("desk.no_policy")),
        (
            text("desk.visa"),
            text("desk.visa_needed" if case.needs_visa else "desk.visa_not_needed"),
            text("desk.visa_sponsored" if case.sponsors_visas else "desk.visa_not_sponsored"),
        ),
        *_needs(case),
        (
            text("desk.seats"),
            text("desk.seat_sought"),
            text("desk.seat_prelim" if case.has_noncategorical_seat else "desk.seat_categorical"),
        ),
        *([(text("file_sheet.before"), text("file_sheet.was_here"), text("file_sheet.met"))] if case.prior_contact else []),
        *([(text("desk.caller"), caller_of(case), _standing(case))] if contact else []),
        *([(text("file_sheet.moment"), text(f"level.phase.{case.phase}"), "; ".join(_moment(case)))] if moment else []),
    ]


def file_sheet(case: Case, caption: str, *, contact: bool = True, moment: bool = True) -> Markup:
    """Write a file as a director sees it.

    Args:
        case: The case.
        caption: What the table shows, for a screen reader.
        contact: As in `file_facts`.
        moment: As in `file_facts`.

    Returns:
        HTML: a table.

    Examples:
        >>> "From 235; far below: under 220" in file_sheet(Case(), "A file")
        True
    """
    head = (text("desk.fact"), text("desk.this_file"), text("desk.your_program"))
    return table(caption, head, file_facts(case, contact=contact, moment=moment))


def file_brief(case: Case, *, contact: bool = True) -> str:
    """Write a file in a line, so that it is known again.

    Args:
        case: The case.
        contact: Whether the caller belongs to it.

    Returns:
        The line.

    Examples:
        >>> file_brief(Case(score=251, leave_of_absence=True, recommender="known_dean"))
        '251 · A leave of absence · Dean whom you know'
    """
    attempts = [f"{text('desk.attempts')}: {case.failed_attempts}"] if case.failed_attempts else []
    visa = [f"{text('desk.visa')}: {text('desk.visa_needed')}"] if case.needs_visa else []
    return " · ".join([str(case.score), *attempts, *flags_of(case), *visa, *([caller_of(case)] if contact else [])])


def flags_of(case: Case) -> list[str]:
    """Name the red flags of a file; attempts and visa have rows of their own.

    Args:
        case: The case.

    Returns:
        Their names for a reader.

    Source:
        data/flags.csv.

    Examples:
        >>> flags_of(Case(boards_pending=True, needs_visa=True))
        ['A required board result is still missing']
    """
    return [
        text(f"field.{row.flag}.label") for row in load_flags() if row.flag not in OWN_ROWS and getattr(case, row.flag) is True
    ]


def caller_of(case: Case) -> str:
    """Name in few words who spoke up, as the director would.

    Args:
        case: The case.

    Returns:
        The words.

    Source:
        data/callers.csv.

    Examples:
        >>> caller_of(Case().replace(recommender="self"))
        'The student'
    """
    return text(f"file_sheet.caller.{case.recommender}")


def is_known(case: Case) -> bool:
    """Tell whether the director knows who makes the contact.

    Args:
        case: The case.

    Returns:
        Whether the caller has standing there, or the student was there before or was introduced.

    Source:
        data/conditions.csv: has_capital, student_known_there.

    Examples:
        >>> is_known(Case(recommender="known_dean")), is_known(Case(recommender="random_dean"))
        (True, False)
    """
    return _sent_contents()(case) != 0


@functools.cache
def _sent_contents() -> Callable[[Any], int]:
    conditions = rule_book(None).conditions
    return scalar_function([conditions["has_capital"], conditions["student_known_there"]])


def _needs(case: Case) -> list[Fact]:
    """List each need that the program has or the file would meet; where there is none, nothing is said of it."""
    return [
        (
            text(f"file_sheet.{need}.name"),
            text(f"file_sheet.{need}.{'brought' if need in case.offers else 'not_brought'}"),
            text(f"file_sheet.{need}.needed") if need in case.needs else text("file_sheet.not_needed"),
        )
        for need in NEEDS
        if need in case.needs | case.offers
    ]


def _standing(case: Case) -> str:
    known = text("desk.caller_known" if is_known(case) else "file_sheet.caller_unknown")
    introduced = [text("file_sheet.introduced")] if case.introduced else []
    record = [] if case.track_record is None else [text("file_sheet.record", worked=case.track_record)]
    return "; ".join([known, *introduced, *record])


def _moment(case: Case) -> list[str]:
    """Tell what the moment means for this file."""
    first = [text("file_sheet.program_first")] if case.program_contacted_first else []
    match case.phase:
        case "soap_lists":
            return [text("file_sheet.lists_open" if case.lists_open else "file_sheet.lists_chosen"), *first]
        case "gap_filling":
            return [
                text("file_sheet.name_familiar" if case.name_familiar else "file_sheet.name_new"),
                text("file_sheet.file_here" if case.file_in_system else "file_sheet.file_not_here"),
                *first,
            ]
        case "post_soap":
            inside = [text(f"file_sheet.{what}") for what in INSIDE if getattr(case, what)]
            return [*(inside or [text("file_sheet.nobody_inside")]), *first]
    return [text("file_sheet.no_lists"), *first]
