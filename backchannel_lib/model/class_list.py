"""A class: students and programs as a dean's office keeps them, and for each pair the verdict, what is unknown, and what helps.

A blank cell about a program, about who makes the contact and about what is said in it is unknown, and stays so. Rows that
are wrong are listed, and the rest goes on.
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

from backchannel_lib.base.errors import CaseError, CaseFileError, SheetError, SheetProblem
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

#: What belongs to a student, and so is the same in all rows of that student.
PERSONAL: Final = ("score", "offers", *(row.flag for row in load_flags()))
#: What a program's row may say; a student's own row goes before it.
POLICIES: Final = (
    "range_low",
    "range_floor",
    "interviews_failures",
    "sponsors_visas",
    "has_noncategorical_seat",
    "needs",
    "lists_open",
    "program_contacted_first",
)
#: What is unknown where no cell says it; every other field then takes its default, as in `judge_frame`.
UNKNOWN_IF_BLANK: Final = (*(name for name in POLICIES if name in MAY_BE_UNKNOWN), "recommender", "specifics")

NAMES: Final = ("name", "first_name", "last_name")  # a student's name, in one column or in two
CHANGES_SHOWN: Final = 2
MOST_SUGGESTED: Final = 3  # names of programs that a misspelled one may stand for


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
)
PROGRAM_COLUMNS: Final = KnownColumns(
    {**_blank_is_none(*POLICIES), "openings": OPENINGS},
    ("name",),
    ("name",),
    _labels("class_program", "class_program_too"),
)


class Contact(NamedTuple):
    """One contact for a student, as the tables have it.

    Args:
        row: The row of the students' table that it stands in.
        program: The program's name; blank where none is named.
        caller: The name of whoever makes the contact; blank where none is given.
        case: The case.
        unknown: Its unknown fields.
        entered: The fields that somebody entered.
    """

    row: int
    program: str
    caller: str
    case: Case
    unknown: tuple[str, ...]
    entered: frozenset[str]


class Student(NamedTuple):
    """A student and the contacts that are thought of."""

    name: str
    contacts: tuple[Contact, ...]


class ClassProblem(NamedTuple):
    """What is wrong in one row of a table: the row is left out, or what it names is not known."""

    table: str
    row: object
    column: str
    value: str
    sentence: str


class ClassList(NamedTuple):
    """A class as it was read.

    Args:
        students: Those who can be judged, in the order of the table.
        problems: What is wrong, by table and row.
        notes: What the reader should know about how the tables were read.
        assumed: The fields without a column, for which a case's default was taken.
    """

    students: tuple[Student, ...]
    problems: tuple[ClassProblem, ...]
    notes: tuple[str, ...]
    assumed: tuple[str, ...]


def read_class(students: Path | str | bytes, programs: Path | str | bytes = b"") -> ClassList:
    r"""Read a class from its tables: files, or their content (a text of several lines), as `read_table` takes them.

    Args:
        students: The students: ``name`` (or first and last name) and ``score``, any other field of a case by its name or label,
            ``caller`` (a name, or a level such as known dean), and either ``program`` with a row for each, or ``programs``
            with semicolons between them.
        programs: The programs: ``name`` and what is known of each; blank for none.

    Raises:
        CaseError: One of them is neither a file nor the content of one.
        CaseFileError: A file cannot be read.
        SheetError: One of them is no such table at all.

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
    if not isinstance(source, Path):
        return source, name
    try:
        return source.read_bytes(), source.name
    except (OSError, ValueError) as error:  # ValueError: such as a NUL in its name
        raise CaseFileError(source.name, "unreadable", getattr(error, "strerror", None) or str(error)) from None


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
    """List problems by row; what is wrong with a student at several programs stands there once."""
    each = [
        ClassProblem(table, row, one.column, _shown(one.value), str(one._replace(rows=(), column="")))
        for one in problems
        for row in one.rows
    ]
    return sorted(dict.fromkeys(each), key=lambda problem: int(str(problem.row)))


def _shown(value: object) -> str:
    return "" if value is None else " ".join(str(value)[:80].split())


def _tidy(cell: str) -> str:
    return " ".join(squeeze(cell).split())


def _name_of(row: TableRow) -> str:
    cells = [_tidy(row.values.get(column, "")) for column in NAMES]
    name = cells[0] or " ".join(filter(None, cells[1:]))
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise CaseError("name", "class_name", name or None)
    return name


def _student(rows: list[TableRow], policies: Mapping[str, dict[str, Any]], wrong: Problems, table: Table) -> Student | None:
    """Put together the rows of one student; a row that says otherwise than those above it is left out."""
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
    doubted = {field for row in kept for field in _doubted(row) if field in PERSONAL}
    contacts: list[Contact] = []
    for row in kept:
        for program in _programs_of(row, policies) or [""]:
            try:
                contacts.append(_contact(row, personal, doubted, program, policies.get(program.casefold(), {})))
            except CaseError as error:
                wrong.add(row.number, headers.get(error.field, error.field), error)
                continue
            if program and policies and program.casefold() not in policies:
                near = difflib.get_close_matches(program, [one["name"] for one in policies.values()], MOST_SUGGESTED, 0)
                column = next(column for column in ("program", "programs") if column in headers)
                wrong.add(row.number, headers[column], CaseError("program", "class_program", program, known=", ".join(near)))
    return Student(name, tuple(contacts)) if contacts else None


def _doubted(row: TableRow) -> set[str]:
    """Return the fields that a row says are not known, such as by a question mark."""
    fields = Case.fields()
    return {name for name, cell in row.cells.items() if name in fields and row.values[name] is None and not is_blank(cell)}


def _programs_of(row: TableRow, policies: Mapping[str, object]) -> list[str]:
    cells = [row.values.get(column, "") for column in ("program", "programs")]
    names: dict[str, str] = {}
    for cell in cells:
        # A comma may well be part of a name, so it separates only names that are known.
        parts = [cell] if _tidy(cell).casefold() in policies else re.split(r"[;|\n]", cell)
        for part in parts:
            inner = [_tidy(one) for one in part.split(",")]
            split = _tidy(part).casefold() not in policies and all(one.casefold() in policies for one in inner)
            names |= {one.casefold(): one for one in (inner if split else [_tidy(part)]) if not is_blank(one)}
    return list(names.values())


def _contact(row: TableRow, personal: Mapping[str, Any], doubted: set[str], program: str, policy: Mapping[str, Any]) -> Contact:
    own = {name: value for name, value in row.values.items() if value is not None and name in Case.fields()}
    given = {**{name: value for name, value in policy.items() if name != "name"}, **personal, **own}
    caller = "" if is_blank(row.values.get("caller", "")) else _tidy(row.values["caller"])
    level = levels_by_key(Case.fields()["recommender"]).get(word_key(caller))
    if level and given.setdefault("recommender", level) == level:
        caller = ""
    if "score" not in given:
        raise CaseError("score", "cell_blank", None)
    names = (doubted | _doubted(row) | {*UNKNOWN_IF_BLANK}) - given.keys()
    entered = frozenset(given)
    if "range_low" in given and "range_floor" in names:
        given["range_floor"] = usual_floor(given["range_low"])
        names.remove("range_floor")
    unknown = open_field_names(names - {"phase"})
    case = replace_known(Case(), [name for name in unknown if name in MAY_BE_UNKNOWN], **given)
    judge_open(case, unknown)  # refuses scores of two exams
    return Contact(row.number, program, caller, case, unknown, entered)


class ReachedChange(NamedTuple):
    """A change, and every verdict that stays possible after it."""

    change: Change
    verdicts: tuple[Verdict, ...]


class JudgedContact(NamedTuple):
    """A contact with what there is to say of it.

    Args:
        contact: The contact.
        advice: What to do now.
        changes: What would change it, the most useful first; at worst, where something is unknown.
    """

    contact: Contact
    advice: Advice
    changes: tuple[ReachedChange, ...]


def judge_student(student: Student, now: datetime | None = None) -> tuple[JudgedContact, ...]:
    r"""Judge each contact of a student, as if it were made now where the table names no phase.

    Args:
        student: The student.
        now: The moment, one without a time zone being Eastern; None for the clock of this machine.

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
        left = [name for name in contact.unknown if getattr(after, name) == getattr(advice.case, name)]
        verdicts = tuple(sorted(judge_open(after, left).verdicts))
        raises = verdicts[0] > judgment.lowest or verdicts[-1] > judgment.highest
        if one.change.within_reach and raises and verdicts[-1] > Verdict.DECLINED:
            reached.append(ReachedChange(one.change, verdicts))
    return JudgedContact(contact, advice, tuple(reached[:CHANGES_SHOWN]))


class ClassRow(NamedTuple):
    """One contact as a row of the class's results; it holds only what a JSON file can.

    Args:
        student: The student's name.
        program: The program's name, or blank.
        caller: The caller's name, or blank.
        recommender: Who the caller is, one of a case's levels; blank where that is not known.
        rule: The NRMP's answer, the stricter one where it is not known whether the program has made contact.
        lowest: The lowest verdict that is possible, 0 to 8.
        highest: The highest.
        weakest: The stages that hold down the lowest.
        certain: Those of them that do so whatever is unknown.
        ask: The unknown fields that are worth finding out, the most telling first.
        change: What would change it first, as sentences; blank where nothing would.
        change_verdict: How far that leads.
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
        found: What `read_class` returned.
        when: The moment, one without a time zone being Eastern; None for the clock of this machine.

    Raises:
        CaseError: ``found`` is no class, or ``when`` is no date with a time.

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
    """What one caller is asked for, over the whole class.

    Args:
        name: The caller's name; blank where the table has none, so that several people may be meant.
        recommender: Who they are.
        asked: How many contacts the table asks of them.
        students: For how many students.
        contacts: The contacts that are worth making, the best first.
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
        """How many contacts beyond the limit are worth making; 0 for callers without a name."""
        return max(0, len(self.contacts) - self.most) if self.name else 0
