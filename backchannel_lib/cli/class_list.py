"""`backchannel class`: a sheet for each student of a class, a table of all contacts, a summary, and a list of errors.

Each student's result is saved immediately, under a hash of the student's part of the tables. An interrupted run resumes where
it stopped, and a run after a change to the tables only redoes what changed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from backchannel_lib.activities import saved_answers
from backchannel_lib.activities.class_plan import plan_class
from backchannel_lib.activities.planner.tables import limit
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.files import close_to_others, locked, make_folder_for_owner, unwritable, write_file
from backchannel_lib.base.readers import data_root
from backchannel_lib.base.spreadsheet import to_csv
from backchannel_lib.base.texts import text
from backchannel_lib.cli.project import CommandError
from backchannel_lib.model.advice import advise
from backchannel_lib.model.calendar import eastern, week_start
from backchannel_lib.model.case import Case
from backchannel_lib.model.class_list import ClassList, ClassRow, Student, class_row, judge_student, read_class
from backchannel_lib.model.tables import load_week_events
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.class_html import class_page, student_article, students_page

DONE_FILE: Final = "done.jsonl"
COLUMNS: Final = (
    *("student", "program", "caller", "kind", "rule", "lowest_verdict", "highest_verdict", "weakest", "ask"),
    *("change", "change_verdict", "change_when"),
)


class Result(NamedTuple):
    """One student's result: the sheet, and a row for each contact."""

    article: str
    rows: tuple[ClassRow, ...]


def write_class(students: Path, programs: Path | None = None, out: Path | None = None, at: str | None = None) -> int:
    """Write the files of a class to a folder, and print their paths; return the exit code.

    Args:
        students: The table of students, CSV or .xlsx.
        programs: The table of programs; None if there is none.
        out: The folder; None for a new one in my_work.
        at: The moment, as for `datetime.fromisoformat`; None for now.

    Raises:
        CommandError: A table can't be read at all, the moment isn't valid, or nothing could be written.
    """
    try:
        now = eastern(datetime.fromisoformat(at) if at else datetime.now().astimezone())
    except ValueError:
        raise CommandError(f"--at: must be a date and time such as 2027-03-15T20:40, but it is {at}.") from None
    try:
        found = read_class(students, programs or b"")
        folder = out.expanduser().absolute() if out else saved_answers.prepared_folder() / "class" / students.stem
        make_folder_for_owner(folder)
        with locked(folder / DONE_FILE):
            results = _results(found.students, folder / DONE_FILE, now)
            _write_all(found, results, folder, now)
    except CaseError as error:
        raise CommandError(f"The class list was not written.\n{error}") from None
    for note in found.notes:
        print(note, file=sys.stderr)
    if found.problems:
        print(text("class.told_problems", count=len(found.problems)), file=sys.stderr)
    for name in ("students.html", "class.html", "class.csv", "problems.csv"):
        print(folder / name)
    return 0


def _results(students: Sequence[Student], file: Path, now: datetime) -> dict[str, Result]:
    """Judge each student without a result, and save each result immediately; return all results by name."""
    before = dict(_read_done(file))
    keys = {student.name: _key(student, now) for student in students}
    left = [student for student in students if keys[student.name] not in before]
    done = len(students) - len(left)
    try:
        file.touch(mode=0o600)
        close_to_others(file)
        with file.open("a", encoding="utf-8") as out:
            out.write("\n")  # ends a line that an interrupted run may have cut off
            for student in left:
                _print_progress(done, len(students))
                judged = judge_student(student, now)
                result = Result(student_article(student.name, judged), tuple(class_row(student.name, one) for one in judged))
                out.write(_line(keys[student.name], result))
                out.flush()
                before[keys[student.name]] = result
                done += 1
    except OSError as error:
        raise unwritable(file, error) from None
    except KeyboardInterrupt:
        raise KeyboardInterrupt(text("class.stopped", done=done, count=len(students))) from None
    _print_progress(done, len(students), last=True)
    write_file(file, "".join(_line(key, before[key]) for key in keys.values()))  # drops students no longer in the list
    return {name: before[key] for name, key in keys.items()}


def _line(key: str, result: Result) -> str:
    return json.dumps([key, *result]) + "\n"


def _read_done(file: Path) -> Iterator[tuple[str, Result]]:
    """Read the results of earlier runs; unreadable ones are computed again."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            key, article, rows = json.loads(line)
            yield key, Result(article, tuple(map(_row, rows)))
        except (ValueError, TypeError):
            continue


def _row(values: Iterable[Any]) -> ClassRow:
    return ClassRow._make(tuple(value) if isinstance(value, list) else value for value in values)


def _key(student: Student, now: datetime) -> str:
    """Return a hash of everything a student's sheet depends on: the tables' content, the library, and the relevant time."""
    passed = sum(week_start(now.year) + row.after_monday <= now for row in load_week_events())
    contacts = [
        [one.program, one.caller, sorted(map(str, one.case.to_record().items())), one.unknown, sorted(one.entered)]
        for one in student.contacts
    ]
    inputs = json.dumps([library_hash(), now.date().isoformat(), passed, student.name, contacts])
    return hashlib.sha256(inputs.encode()).hexdigest()


@functools.cache
def library_hash() -> str:
    """Return a hash of the library's tables, texts and code.

    Examples:
        >>> len(library_hash())
        64
    """
    found = hashlib.sha256()
    for folder, kind in ((data_root(), "*.csv"), (importlib.resources.files("backchannel_lib"), "*.py")):
        for path in sorted(Path(str(folder)).rglob(kind)):
            found.update(path.read_bytes())
    return found.hexdigest()


def _print_progress(done: int, count: int, *, last: bool = False) -> None:
    """Show the progress without any names, on a single updating line if this is a terminal."""
    if sys.stderr.isatty() or last:
        moving = "\r" * sys.stderr.isatty()
        print(
            f"{moving}{text('class.progress', done=done, count=count)}", end="\n" if last else "", file=sys.stderr, flush=True
        )


def _write_all(found: ClassList, results: dict[str, Result], folder: Path, now: datetime) -> None:
    rows = [row for result in results.values() for row in result.rows]
    page = class_page(found, rows, plan_class(rows), advise(Case(), now=now), limit("most_people").value)
    write_file(folder / "students.html", students_page({name: result.article for name, result in results.items()}))
    write_file(folder / "class.html", page)
    head = [text(f"class.head.{column}") for column in COLUMNS]
    write_file(folder / "class.csv", to_csv(head, map(_cells, rows)))
    head = [text(f"class.head.{column}") for column in ("table", "row", "column", "value", "problem")]
    write_file(folder / "problems.csv", to_csv(head, found.problems))


def _cells(row: ClassRow) -> list[object]:
    return [
        row.student,
        row.program,
        row.caller,
        text(f"short.recommender.{row.recommender}") if row.recommender else text("class.caller_unknown"),
        text(f"soap.answer.{row.rule}"),
        Verdict(row.lowest).label,
        Verdict(row.highest).label,
        "; ".join(text(f"stage.{stage}.name") for stage in row.weakest),
        "; ".join(text(f"open.{name}") for name in row.ask),
        row.change,
        Verdict(row.change_verdict).label if row.change else "",
        row.change_when,
    ]
