"""A class of sixty as an office keeps it, mistakes included, and its two tables as files."""

from __future__ import annotations

import random
from pathlib import Path

from openpyxl import Workbook

from backchannel_lib.base.spreadsheet import to_csv

PROGRAMS = [
    ["Program", "Range low", "Interviews failures", "Sponsors visas", "Needs", "Openings"],
    ["Mercy Internal Medicine", "235", "no", "yes", "", ""],
    ["Lakeside Family Medicine", "222", "yes", "yes", "local", "both"],
    ["St. Anne Pediatrics", "", "yes", "", "language", ""],
    ["University Hospital", "248", "no", "no", "", "none"],
    ["Riverbend Psychiatry", "2x8", "", "", "", ""],
]
HEADER = ["Student", "Score", "Failed attempts", "Needs visa", "Specifics", "Offers", "Caller", "Recommender", "Programs"]
#: The rows of the sheet with mistakes, by column; the title and the header are above row 3.
MISTAKES = [
    (5, "Score", "24l"),
    (9, "Score", ""),
    (14, "Student", ""),
    (21, "Offers", "lingo"),
    (30, "Recommender", "uncle"),
    (38, "Score", "512"),  # from the other exam
    (44, "Programs", "Lakside Family Medicine"),
]
LEFT_OUT = 6  # students without a sheet; a wrong program name doesn't count


def sixty() -> list[list[str]]:
    """Return the rows of a class of sixty, with the mistakes."""
    draw = random.Random(7)  # noqa: S311 - a class, not a secret
    callers = [("Dean Okafor", "known dean"), ("Dr. Lind", "trusted peer"), ("Dr. Osei", "subspecialist"), ("", "")]
    known = [row[0] for row in PROGRAMS[1:5]]
    rows = []
    for number in range(60):
        caller = draw.choices(callers, [6, 2, 2, 2])[0]
        programs = "; ".join(draw.sample(known, draw.randint(1, 4)))
        flags = [draw.choice(["", "", "1"]), draw.choice(["no", "yes", "?"]), draw.choice(["", "yes", "no"])]
        rows.append(
            [f"Student {number:02}", f"{draw.randint(205, 265)}", *flags, draw.choice(["", "local"]), *caller, programs]
        )
    for row, column, value in MISTAKES:
        rows[row - 3][HEADER.index(column)] = value
    rows[57][0] = '=HYPERLINK("https://example.org")'
    return [["Class of 2027", *[""] * 8], HEADER, *rows]


def write_tables(folder: Path, kind: str) -> tuple[Path, Path]:
    """Write the class and its programs as ``csv`` or ``xlsx``, and return the files."""
    files = []
    for name, rows in (("students", sixty()), ("programs", PROGRAMS)):
        file = folder / f"{name}.{kind}"
        if kind == "csv":
            file.write_text(to_csv(rows[0], rows[1:]), encoding="utf-8", newline="")
        else:
            book = Workbook()
            for row in rows:
                book.active.append([int(cell) if cell.isdecimal() else cell or None for cell in row])
            for cells in book.active.iter_rows():
                for cell in cells:
                    cell.data_type = "s" if str(cell.value).startswith("=") else cell.data_type
            book.save(file)
        files.append(file)
    return files[0], files[1]
