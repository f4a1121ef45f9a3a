"""Show a file as a director sees it, in a table that the desk, the drill and the round share."""

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

Fact: TypeAlias = tuple[str, str, str]  # the fact's name, the file's value, the program's value
OWN_ROWS: Final = ("failed_attempts", "needs_visa")  # flags shown next to the program's policy
INSIDE: Final = ("hears_first", "names_you", "outruns_hr", "deep_ties")


def file_facts(case: Case, *, contact: bool = True, moment: bool = True) -> list[Fact]:
    """List what a director sees in a file, and what the program wants.

    Args:
        case: The case.
        contact: Whether to include who spoke up.
        moment: Whether to include when they did.

    Returns:
        For each fact, its name, the file's value, and what the program has or wants.

    Source:
        paper.checklist, need.match-gives-traction; the selection is our choice.

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
        *([(text("file_sheet.moment"), text(f"level.phase.{case.phase}"), _joined(_moment(case)))] if moment else []),
    ]


def file_sheet(case: Case, caption: str, *, contact: bool = True, moment: bool = True) -> Markup:
    """Return a file as a director sees it, as an HTML table.

    Args:
        case: The case.
        caption: A description for screen readers.
        contact: As in `file_facts`.
        moment: As in `file_facts`.

    Examples:
        >>> "From 235; far below: under 220" in file_sheet(Case(), "A file")
        True
    """
    head = (text("desk.fact"), text("desk.this_file"), text("desk.your_program"))
    return table(caption, head, file_facts(case, contact=contact, moment=moment))


def file_brief(case: Case, *, contact: bool = True) -> str:
    """Describe a file in one line, so that a reader can recognize it later.

    Args:
        case: The case.
        contact: Whether to include the caller.

    Examples:
        >>> file_brief(Case(score=251, leave_of_absence=True, recommender="known_dean"))
        '251 · A leave of absence · Dean you know'
    """
    attempts = [f"{text('desk.attempts')}: {case.failed_attempts}"] if case.failed_attempts else []
    visa = [f"{text('desk.visa')}: {text('desk.visa_needed')}"] if case.needs_visa else []
    return " · ".join([str(case.score), *attempts, *flags_of(case), *visa, *([caller_of(case)] if contact else [])])


def flags_of(case: Case) -> list[str]:
    """Return the labels of a file's red flags, except attempts and visa, which have their own rows.

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
    """Say briefly who spoke up, in a director's words.

    Source:
        data/callers.csv.

    Examples:
        >>> caller_of(Case().replace(recommender="self"))
        'The student'
    """
    return text(f"file_sheet.caller.{case.recommender}")


def is_known(case: Case) -> bool:
    """Return whether the director knows the person who makes the contact.

    That is true if the caller has standing there, or if the student was there before or was introduced.

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
    """List each need that the program has or that the file would meet."""
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
    return _joined([known, *introduced, *record])


def _joined(phrases: list[str]) -> str:
    """Join phrases with semicolons, capitalizing only the first one."""
    return "; ".join([phrases[0], *(one[:1].lower() + one[1:] for one in phrases[1:])])


def _moment(case: Case) -> list[str]:
    """Say what the moment means for this file."""
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
