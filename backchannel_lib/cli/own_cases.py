"""Check your own cases before `backchannel present` and `backchannel print` start."""

from __future__ import annotations

import sys

from backchannel_lib.base.texts import text
from backchannel_lib.cli.project import CommandError
from backchannel_lib.workshop.own_cases.model import NAME, saved_own_cases


def check_own_cases() -> None:
    """Print the number of your own cases in the deck, if there are any.

    Raises:
        CommandError: The table has errors; the message lists them all.
    """
    found = saved_own_cases()
    if found.problems:
        raise CommandError("\n".join([text("own_case.fix_first", name=NAME), *found.problems]))
    for note in found.notes:
        print(note, file=sys.stderr)
    if found.cases:
        print(text("own_case.in", count=len(found.cases), first=sum(case.first for case in found.cases)), flush=True)
