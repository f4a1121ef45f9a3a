"""Judge a class for a dean's office: for each student and program, the verdict, what is unknown, and what would help.

A blank cell about a program, a recommender or a message means unknown, and stays unknown. Rows with errors are listed and left
out.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError, SheetError, SheetProblem
from backchannel_lib.base.files import read_bytes
from backchannel_lib.base.spreadsheet import squeeze
from backchannel_lib.model.advice import Advice, advise
from backchannel_lib.model.calendar import eastern
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_table import KnownColumns, Problems, Table, TableRow, read_table
from backchannel_lib.model.cells import is_blank, levels_by_key, word_key
from backchannel_lib.model.exams import usual_floor
from backchannel_lib.model.open_changes import open_changes
from backchannel_lib.model.open_judgment import certain_rules, judge_open, open_field_names
from backchannel_lib.model.possible import MAY_BE_UNKNOWN, replace_known
from backchannel_lib.model.remedies import Change
from backchannel_lib.model.tables import load_flags
from backchannel_lib.model.verdict import Verdict, judge

#: Fields that belong to a student, so all of a student's rows must agree on them.
PERSONAL: Final = ("score", "offers", *(row.flag for row in load_flags()))
#: Fields that a program's row can give; the student's own row overrides them. A track record is the caller's.
POLICIES: Final = (*(name for name in MAY_BE_UNKNOWN if name != "track_record"), "program_contacted_first")
#: Fields that are unknown if no cell gives them. All others take their defaults, as in `judge_frame`.
UNKNOWN_IF_BLANK: Final = (*(name for name in POLICIES if name in MAY_BE_UNKNOWN), "recommender", "specifics")

NAMES: Final = ("name", "first_name", "last_name")  # a student's name, in one column or in two
CHANGES_SHOWN: Final = 2
MOST_SUGGESTED: Final = 3  # suggestions for a misspelled program


def _blank_is_none(*names: str) -> dict[str, Field]:
    fields = Case.fields()
    return {name: replace(fields[name], default=None, optional=True, blank_is_default=True) for name in names}


OPENINGS: Final = Field(
    "openings",
    "choice",
    None,
    levels=("both", "noncategorical", "categorical", "none"),
    optional=True,
    label_ids=("planner.opening.", "planner_opening."),
)


def _labels(*families: str) -> tuple[str, ...]:
    return (*(f"{family}.{{}}" for family in families), "field.{}.label", "planner_column.{}")


STUDENT_COLUMNS: Final = KnownColumns(
    _blank_is_none(*Case.fields()),
    (*NAMES, "program", "programs", "caller"),
    ("score",),
    _labels("class_column", "class_column_too"),
    {"name": ("Last name, first name", "First name, last name", "Last, first", "Name (last, first)", "Full name")},
)
PROGRAM_COLUMNS: Final = KnownColumns(
    {**_blank_is_none(*POLICIES), "openings": OPENINGS},
    ("name",),
    ("name",),
    _labels("class_program", "class_program_too"),
)


class Contact(NamedTuple):
    """One contact for a student, as the tables describe it.

    Args:
        row: Row number in the students' table.
        program: The program's name; blank if the row names none.
        caller: The caller's name; blank if the row names none.
        case: The case.
        unknown: Its unknown fields.
        entered: The fields that the tables give.
    """

    row: int
    program: str
    caller: str
    case: Case
    unknown: tuple[str, ...]
    entered: frozenset[str]


class Student(NamedTuple):
    """A student and the contacts under consideration."""

    name: str
    contacts: tuple[Contact, ...]


class ClassProblem(NamedTuple):
    """An error in one row of a table, or in several, which are either left out or refer to something unknown."""

    table: str
    row: object
    column: str
    value: str
    sentence: str


class ClassList(NamedTuple):
    """A class, as read from its tables.

    Args:
        students: The students who can be judged, in the order of the table.
        problems: The errors, by table and row.
        notes: How the tables were read, as sentences for the reader.
        assumed: The fields without a column, which took their defaults.
    """

    students: tuple[Student, ...]
    problems: tuple[ClassProblem, ...]
    notes: tuple[str, ...]
    assumed: tuple[str, ...]


def read_class(students: Path | str | bytes, programs: Path | str | bytes = b"") -> ClassList:
    r"""Read a class from its tables: paths, or their content (multi-line text or bytes), as in `read_table`.

    Args:
        students: The students: ``name`` (or first and last name) and ``score``, any other field of a case by name or label,
            ``caller`` (a name, or a level such as known dean), and either ``program`` with one row per program, or ``programs``
            separated by semicolons.
        programs: The programs: ``name`` and what is known about each; empty if there is no such table.

    Raises:
        CaseError: An argument is neither a path nor a table's content.
        CaseFileError: A file can't be read.
        SheetError: An argument isn't a table of this kind.

    Examples:
        >>> found = read_class(
        ...     "Name;Score;Caller;Programs\nAvery;251;Known dean;Mercy\nBlake;25l;;\n", "Program,Sponsors Visas\nMercy,no\n"
        ... )
        >>> found.students[0].contacts[0].unknown[:3]
        ('range_low', 'range_floor', 'interviews_failures')
        >>> [(problem.row, problem.column, problem.value) for problem in found.problems]
        [(3, 'Score', '25l')]
    """
    (content, first_name), (more, second_name) = _content(students, "students"), _content(programs, "programs")
    policies, second = _read_programs(more, second_name)
    table = read_table(content, STUDENT_COLUMNS, first_name, keep_going=True)
    if not set(NAMES) & table.header.places.keys():
        details = {"columns": ", ".join(map(repr, table.header.headers.values())), "hint": ""}
        raise SheetError(first_name, [SheetProblem("sheet_missing", None, (), "name", details, "name")])
    by_name: dict[str, list[TableRow]] = defaultdict(list)
    wrong = Problems(first_name)
    for row in table.rows:
        try:
            by_name[_name_of(row).casefold()].append(row)
        except CaseError as error:
            wrong.add(row.number, table.header.headers.get("name", "name"), error)
    found = [student for rows in by_name.values() if (student := _student(rows, policies, wrong, table))]
    problems = [*_listed(first_name, (*table.problems, *wrong.listed())), *_listed(second_name, second.problems)]
    columns = {*table.header.places, *second.header.places}
    assumed = [name for name in Case.fields() if name not in columns and name not in (*UNKNOWN_IF_BLANK, "phase", "intensity")]
    return ClassList(tuple(found), tuple(problems), (*table.notes, *second.notes), tuple(assumed))


def _content(source: Path | str | bytes, name: str) -> tuple[str | bytes, str]:
    """Return a table's content and its name."""
    if not isinstance(source, (str, bytes, Path)):
        raise CaseError(name, "not_a_table", source)
    if isinstance(source, str) and source.strip() and "\n" not in source:
        source = Path(source)
    return (read_bytes(source), source.name) if isinstance(source, Path) else (source, name)


def _read_programs(programs: str | bytes, name: str) -> tuple[dict[str, dict[str, Any]], Table]:
    policies: dict[str, dict[str, Any]] = {}

    def check(values: dict[str, Any]) -> None:
        key = _tidy(values.pop("name"))
        if not key:
            raise CaseError("name", "row_name", key)
        low, floor = values.get("range_low"), values.get("range_floor")
        if low is not None and floor is not None and floor > low:
            raise CaseError("range_floor", "floor_above_low", floor, range_low=low)
        if (opening := values.pop("openings", None)) and values.get("has_noncategorical_seat") is None:
            values["has_noncategorical_seat"] = opening in {"both", "noncategorical"}
        known = {field: value for field, value in values.items() if value is not None}
        if policies.setdefault(key.casefold(), {"name": key, **known}) != {"name": key, **known}:
            raise CaseError("name", "name_twice", key)

    table = read_table(programs, PROGRAM_COLUMNS, name, check=check, keep_going=True)
    return policies, table


def _listed(table: str, problems: Iterable[SheetProblem]) -> list[ClassProblem]:
    """List errors by row, each once; an error about a program is one for all rows that list the program."""
    first_rows: dict[ClassProblem, int] = {}
    for one in problems:
        for rows in [one.rows] if one.rule == "class_program" else [(row,) for row in one.rows]:
            row = rows[0] if len(rows) == 1 else ", ".join(map(str, rows))
            problem = ClassProblem(table, row, one.column, _shown(one.value), str(one._replace(rows=(), column="")))
            first_rows.setdefault(problem, int(str(rows[0])))
    return sorted(first_rows, key=first_rows.__getitem__)


def _shown(value: object) -> str:
    return "" if value is None else " ".join(str(value)[:80].split())


def _tidy(cell: str) -> str:
    return " ".join(squeeze(cell).split())


def _name_of(row: TableRow) -> str:
    cells = [_tidy(row.values.get(column, "")) for column in NAMES]
    name = cells[0] or " ".join(filter(None, cells))
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise CaseError("name", "class_name", name or None)
    return name


def _student(rows: list[TableRow], policies: Mapping[str, dict[str, Any]], wrong: Problems, table: Table) -> Student | None:
    """Combine one student's rows; leave out a row that contradicts an earlier one."""
    headers = table.header.headers
    name, personal, kept = _name_of(rows[0]), dict[str, Any](), list[TableRow]()
    for row in rows:
        own = {field: value for field in PERSONAL if (value := row.values.get(field)) is not None}
        differing = next((field for field, value in own.items() if personal.get(field, value) != value), None)
        if differing:
            wrong.add(row.number, headers[differing], CaseError(differing, "class_differs", row.cells[differing], name=name))
        else:
            personal |= own
            kept.append(row)
    unsure = {field for row in kept for field in _marked_unknown(row) if field in PERSONAL}
    contacts: list[Contact] = []
    for row in kept:
        for program in _programs_of(row, policies) or [""]:
            try:
                contacts.append(_contact(row, personal, unsure, program, policies.get(program.casefold(), {})))
            except CaseError as error:
                wrong.add(row.number, headers.get(error.field, error.field), error)
                continue
            if program and policies and program.casefold() not in policies:
                near = difflib.get_close_matches(program, [one["name"] for one in policies.values()], MOST_SUGGESTED, 0)
                column = next(column for column in ("program", "programs") if column in headers)
                wrong.add(row.number, headers[column], CaseError("program", "class_program", program, known=", ".join(near)))
    return Student(name, tuple(contacts)) if contacts else None


def _marked_unknown(row: TableRow) -> set[str]:
    """Return the fields that a row explicitly marks as unknown, for example with a question mark."""
    fields = Case.fields()
    return {name for name, cell in row.cells.items() if name in fields and row.values[name] is None and not is_blank(cell)}


def _programs_of(row: TableRow, policies: Mapping[str, object]) -> list[str]:
    cells = [row.values.get(column, "") for column in ("program", "programs")]
    names: dict[str, str] = {}
    for cell in cells:
        # A comma can be part of a name, so it only separates names that we know.
        parts = [cell] if _tidy(cell).casefold() in policies else re.split(r"[;|\n]", cell)
        for part in parts:
            inner = [_tidy(one) for one in part.split(",")]
            split = _tidy(part).casefold() not in policies and all(one.casefold() in policies for one in inner)
            names |= {one.casefold(): one for one in (inner if split else [_tidy(part)]) if not is_blank(one)}
    return list(names.values())


def _contact(row: TableRow, personal: Mapping[str, Any], unsure: set[str], program: str, policy: Mapping[str, Any]) -> Contact:
    own = {name: value for name, value in row.values.items() if value is not None and name in Case.fields()}
    given = {**{name: value for name, value in policy.items() if name != "name"}, **personal, **own}
    caller = "" if is_blank(row.values.get("caller", "")) else _tidy(row.values["caller"])
    level = levels_by_key(Case.fields()["recommender"]).get(word_key(caller))
    if level and given.setdefault("recommender", level) == level:
        caller = ""
    if "score" not in given:
        raise CaseError("score", "cell_blank", None)
    names = (unsure | _marked_unknown(row) | {*UNKNOWN_IF_BLANK}) - given.keys()
    entered = frozenset(given)
    if "range_low" in given and "range_floor" in names:
        given["range_floor"] = usual_floor(given["range_low"])
        names.remove("range_floor")
    unknown = open_field_names(names - {"phase"})
    case = replace_known(Case(), [name for name in unknown if name in MAY_BE_UNKNOWN], **given)
    judge_open(case, unknown)  # raises an error for scores from two exams
    return Contact(row.number, program, caller, case, unknown, entered)


class ReachedChange(NamedTuple):
    """A change, and every verdict that remains possible after it."""

    change: Change
    verdicts: tuple[Verdict, ...]


class JudgedContact(NamedTuple):
    """A contact with its advice and the changes that would help.

    Args:
        contact: The contact.
        advice: What to do now.
        changes: What would raise the verdict, the most useful change first; calculated from the worst case if fields are
            unknown.
    """

    contact: Contact
    advice: Advice
    changes: tuple[ReachedChange, ...]


def judge_student(student: Student, now: datetime | None = None) -> tuple[JudgedContact, ...]:
    r"""Judge each of a student's contacts, as if it happened now unless the table names a phase.

    Args:
        student: The student and their contacts.
        now: The time; Eastern Time if it has no time zone, and this machine's clock if None.

    Examples:
        >>> (student,) = read_class("Name,Score,Caller,Specifics\nAvery,228,Known dean,yes\n").students
        >>> (judged,) = judge_student(student, datetime(2027, 2, 1))
        >>> [verdict.label for verdict in sorted(judged.advice.judgment.verdicts)][:2]
        ['Declined', 'Fallback seat']
    """
    return tuple(_judged(contact, now) for contact in student.contacts)


def _judged(contact: Contact, now: datetime | None) -> JudgedContact:
    advice = advise(contact.case, contact.unknown, now, keep_phase="phase" in contact.entered)
    judgment = advice.judgment
    reached = []
    for one in open_changes(advice.case, [name for name in contact.unknown if name in MAY_BE_UNKNOWN]).changes:
        after = one.change.case
        settled = {name for name in Case.fields() if getattr(after, name) != getattr(advice.case, name)}
        left = [name for name in contact.unknown if name in one.unknown or name not in {*settled, *MAY_BE_UNKNOWN}]
        verdicts = tuple(sorted(judge_open(after, left).verdicts))
        ends = ((verdicts[0], judgment.lowest), (verdicts[-1], judgment.highest))
        raises = any(changed > before for changed, before in ends)
        if one.change.within_reach and raises and verdicts[-1] > Verdict.DECLINED:
            reached.append(ReachedChange(one.change, verdicts))
    return JudgedContact(contact, advice, tuple(reached[:CHANGES_SHOWN]))


class ClassRow(NamedTuple):
    """One contact in a class's results, with values that JSON can hold.

    Args:
        student: The student's name.
        program: The program's name, or blank.
        caller: The caller's name, or blank.
        recommender: The caller's level in a case; blank if unknown.
        rule: The NRMP rule's answer; the stricter one if it is unknown whether the program has made contact.
        lowest: The lowest possible verdict, 0 to 8.
        highest: The highest possible verdict, 0 to 8.
        weakest: The stages that limit the lowest verdict.
        certain: The stages in ``weakest`` that limit it whatever the unknown fields turn out to be.
        ask: The unknown fields worth finding out, the most useful first.
        change: The first change that would help, in sentences; blank if there is none.
        change_verdict: The verdict that it leads to.
        change_when: When it is allowed.
    """

    student: str
    program: str
    caller: str
    recommender: str
    rule: str
    lowest: int
    highest: int
    weakest: tuple[str, ...]
    certain: tuple[str, ...]
    ask: tuple[str, ...]
    change: str = ""
    change_verdict: int = 0
    change_when: str = ""


def class_row(student: str, judged: JudgedContact) -> ClassRow:
    r"""Return a contact as a row of the class's results.

    Examples:
        >>> (student,) = read_class("Name,Score,Caller\nAvery,251,Trusted peer\n").students
        >>> (judged,) = judge_student(student, datetime(2027, 2, 1))
        >>> class_row(student.name, judged).recommender
        'trusted_peer'
    """
    contact, advice = judged.contact, judged.advice
    judgment = advice.judgment
    worst = judge(judgment.examples[judgment.lowest])
    rules = certain_rules(judgment.known, judgment.unknown, None)
    first = judged.changes[0] if judged.changes else None
    return ClassRow(
        student,
        contact.program,
        contact.caller,
        "" if "recommender" in contact.unknown else contact.case.recommender,
        (advice.planned or advice.rules[0]).answer,
        int(judgment.lowest),
        int(judgment.highest),
        worst.binding,
        tuple(reason.stage for reason in worst.reasons if reason.stage in worst.binding and reason.rule in rules),
        tuple(judgment.worth_asking),
        " ".join(first.change.sentences) if first else "",
        int(first.verdicts[-1]) if first else 0,
        first.change.when if first else "",
    )


def judge_class(found: ClassList, when: datetime | None = None) -> tuple[ClassRow, ...]:
    r"""Judge every contact of a class, as `judge_student` does.

    Args:
        found: The result of `read_class`.
        when: The time; Eastern Time if it has no time zone, and this machine's clock if None.

    Raises:
        CaseError: ``found`` isn't a `ClassList`, or ``when`` is not a date with a time.

    Examples:
        >>> rows = judge_class(read_class("Name,Score,Caller,Programs\nAvery,251,self,Mercy; Lakeside\n"))
        >>> [(row.student, row.program) for row in rows]
        [('Avery', 'Mercy'), ('Avery', 'Lakeside')]
    """
    if not isinstance(found, ClassList):
        raise CaseError("found", "not_a_class", found)
    moment = None if when is None else eastern(when)
    return tuple(class_row(one.name, judged) for one in found.students for judged in judge_student(one, moment))


class CallerPlan(NamedTuple):
    """What a whole class asks of one caller.

    Args:
        name: The caller's name; blank if the table has none, in which case this can be several people.
        recommender: The caller's level.
        asked: How many contacts the table asks for.
        students: How many students those are for.
        contacts: The contacts worth making, the best first.
        most: How many of them one person should make.
    """

    name: str
    recommender: str
    asked: int
    students: int
    contacts: tuple[ClassRow, ...]
    most: int

    @property
    def too_many(self) -> int:
        """How many contacts worth making exceed the limit; 0 for callers without a name."""
        return max(0, len(self.contacts) - self.most) if self.name else 0
