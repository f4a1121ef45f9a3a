"""`backchannel print`: the workshop's sheets as HTML and, if there is a browser, as PDF."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from backchannel_lib.activities import saved_answers
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.files import close_to_others
from backchannel_lib.base.texts import text
from backchannel_lib.cli.browser import BrowserMissingError, find_chromium, launch_arguments
from backchannel_lib.cli.own_cases import check_own_cases
from backchannel_lib.cli.project import CommandError
from backchannel_lib.workshop.handouts import longer_sheet, write_handouts
from backchannel_lib.workshop.run_plan.model import load_run_plans

#: How many seconds a browser has to make a PDF, and what to do if it fails.
PDF_TIMEOUT = 120
PRINT_BY_HAND = "Open the sheets above in any browser and choose Print; there, Save as PDF makes a file of them."


def print_sheets(minutes: int, seed: int, folder: Path | None) -> int:
    """Write a workshop's sheets and print their paths; return the exit code.

    Raises:
        CommandError: No plan has that many minutes, one of your own cases has an error, or nothing could be written.
    """
    plans = {row.minutes: row.plan for row in load_run_plans()}
    if minutes not in plans:
        raise CommandError(text("sheet.no_plan", value=minutes, known=", ".join(map(str, plans))))
    check_own_cases()
    try:
        target = folder.expanduser().absolute() if folder else saved_answers.prepared_folder() / "sheets"
        pages = write_handouts(plans[minutes], seed, target)
    except CaseError as error:  # a folder that isn't writable, or an invalid seed
        raise CommandError(f"The sheets were not written.\n{error}") from None
    for page in pages:
        print(page)
    if longer := longer_sheet(plans[minutes]):
        print(longer, file=sys.stderr)
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
    """Print a page to PDF with a headless browser; return whether the PDF is complete, and delete an incomplete one.

    Examples:
        >>> make_pdf("/no/browser", Path.cwd() / "page.html", Path.cwd() / "page.pdf")
        False
    """
    draft = pdf.with_name(f"{pdf.stem}_part.pdf")
    # Use a separate profile next to the sheets: otherwise a browser that is already open would take over the job and print
    # nothing, and a browser installed as a snap can't use the system's folder for temporary files.
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
