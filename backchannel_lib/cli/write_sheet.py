"""`backchannel sheet`: a saved case's one-page sheet, as a page to print or as plain text."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.files import write_file
from backchannel_lib.cli.project import CommandError
from backchannel_lib.model.advice import advise
from backchannel_lib.model.case_files import load_saved_case
from backchannel_lib.page.sheet import SheetHead, sheet_html, sheet_text


def write_sheet(
    case: Path, out: Path | None, at: str | None, unknown: str, *, name: str = "", program: str = "", as_text: bool = False
) -> int:
    """Write the sheet and print its path, or print the sheet itself as text; return the exit code.

    Args:
        case: A case file.
        out: The output: plain text if its name ends in .txt, otherwise a page; None for a page next to the case.
        at: The moment of the contact, as for `datetime.fromisoformat`; None for a sheet for now, with the case's phase.
        unknown: Names of unknown fields in addition to those in the file, separated by commas.
        name: The student's name; blank to use the one in the file.
        program: The program's name; blank to use the one in the file.
        as_text: Print the sheet as plain text instead of writing it.

    Raises:
        CommandError: The case, the moment or a field's name isn't valid, or the sheet can't be written.
    """
    target = out or case.with_suffix(".html")
    if target.suffix.lower() not in {".html", ".htm", ".txt"}:
        raise CommandError(f"--out: must end in .html or .txt, but it is {target.name}. Nothing was written.")
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError:
        raise CommandError(f"--at: must be a date and time such as 2027-03-15T20:40, but it is {at}.") from None
    try:
        saved = load_saved_case(case)
        fields = [*saved.unknown, *(field.strip() for field in unknown.split(",") if field.strip())]
        topics = saved.sheet.get("sheet_topics", "").split("|")
        advice = advise(saved.case, fields, moment, [topic for topic in topics if topic], keep_phase=moment is None)
        head = SheetHead(name or saved.sheet.get("sheet_name", ""), program or saved.sheet.get("sheet_program", ""))
        if as_text:
            print(sheet_text(advice, head), end="")
            return 0
        write = sheet_text if target.suffix.lower() == ".txt" else sheet_html
        write_file(target, write(advice, head))
    except CaseError as error:
        raise CommandError(f"The sheet was not written.\n{error}") from None
    print(target)
    return 0
