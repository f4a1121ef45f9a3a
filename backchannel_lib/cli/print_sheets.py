"""`backchannel print`: the workshop's sheets as HTML and, where a browser is here, as PDF."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from backchannel_lib.activities import saved_answers
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.files import close_to_others
from backchannel_lib.base.texts import text
from backchannel_lib.cli.browser import BrowserMissingError, find_chromium, launch_arguments
from backchannel_lib.cli.own_cases import check_own_cases
from backchannel_lib.cli.project import CommandError
from backchannel_lib.workshop.handouts import write_handouts
from backchannel_lib.workshop.run_plan.model import load_run_plans

#: How many seconds a browser may take to make a PDF, and what to do where none comes of it.
PDF_TIMEOUT = 120
PRINT_BY_HAND = "Open the sheets above in any browser and choose Print; there, Save as PDF makes a file of them."


def print_sheets(minutes: int, seed: int, folder: Path | None) -> int:
    """Write the sheets of a workshop and print their paths; return the exit code.

    Raises:
        CommandError: There is no plan of that many minutes, a case of your own has a problem, or nothing could be written.
    """
    plans = {row.minutes: row.plan for row in load_run_plans()}
    if minutes not in plans:
        raise CommandError(text("sheet.no_plan", value=minutes, known=", ".join(map(str, plans))))
    check_own_cases()
    try:
        target = folder.expanduser().absolute() if folder else saved_answers.prepared_folder() / "sheets"
        pages = write_handouts(plans[minutes], seed, target)
    except CaseError as error:  # a folder that cannot be written, or a seed that is none
        raise CommandError(f"The sheets were not written.\n{error}") from None
    for page in pages:
        print(page)
    try:
        browser = find_chromium()
    except BrowserMissingError:
        print("No Chromium, Chrome or Edge was found here, so no PDF was made.", PRINT_BY_HAND, sep="\n", flush=True)
        return 0
    for page in pages:
        pdf = page.with_suffix(".pdf")
        if make_pdf(browser, page, pdf):
            print(pdf, flush=True)
        else:
            print(f"{pdf.name} could not be made.", PRINT_BY_HAND, sep="\n", flush=True)
    return 0


def make_pdf(browser: str, page: Path, pdf: Path) -> bool:
    """Let a browser without a window print a page; return whether a whole PDF came of it, which alone is then left.

    Examples:
        >>> make_pdf("/no/browser", Path.cwd() / "page.html", Path.cwd() / "page.pdf")
        False
    """
    draft = pdf.with_name(f"{pdf.stem}_part.pdf")
    # A profile of its own, beside the sheets: a browser that is open already would take the work over and print nothing,
    # and one that came as a snap may not use the system's folder for such things.
    with tempfile.TemporaryDirectory(dir=page.parent, prefix="browser-", ignore_cleanup_errors=True) as profile:
        command = [browser, *launch_arguments(), f"--user-data-dir={profile}", "--no-pdf-header-footer"]
        try:
            subprocess.run(
                [*command, f"--print-to-pdf={draft}", page.as_uri()], capture_output=True, check=False, timeout=PDF_TIMEOUT
            )
            whole = draft.is_file() and draft.read_bytes().rstrip().endswith(b"%%EOF")
            if whole:
                close_to_others(draft)
                draft.replace(pdf)
        except (OSError, subprocess.TimeoutExpired):
            whole = False
        finally:
            draft.unlink(missing_ok=True)
    return whole
