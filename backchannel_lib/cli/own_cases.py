"""Check your own cases, scenes and questions before `backchannel present` and `backchannel print` start."""

from __future__ import annotations

import sys

from backchannel_lib.base.texts import text
from backchannel_lib.cli.project import CommandError
from backchannel_lib.workshop.own_cases.tables import TABLES


def check_own_cases() -> None:
    """Print the number of your own cases, scenes and questions, if there are any.

    Raises:
        CommandError: A table has errors; the message lists them all, table by table.
    """
    found = [(table, table.saved()) for table in TABLES.values()]
    wrong = [(text("own_case.fix_first", name=table.name), *rows.problems) for table, rows in found if rows.problems]
    if wrong:
        raise CommandError("\n".join(line for lines in wrong for line in lines))
    for table, rows in found:
        for note in rows.notes:
            print(note, file=sys.stderr)
        if rows.rows:
            print(text(table.count_text, count=len(rows.rows), first=sum(row.first for row in rows.rows)), flush=True)
