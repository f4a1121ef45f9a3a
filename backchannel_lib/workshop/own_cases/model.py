"""Your own cases for a room, in one table on this machine, which is always checked and written as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from backchannel_lib.activities.own import key_of
from backchannel_lib.activities.saved_answers import folder, prepared_folder
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.files import locked, write_file
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.spreadsheet import squeeze, to_csv
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_table import CASE_COLUMNS, KnownColumns, TableRow, clash_with_defaults
from backchannel_lib.model.cells import is_blank
from backchannel_lib.model.exams import check_one_exam, usual_floor
from backchannel_lib.model.tables import load_claims
from backchannel_lib.workshop.own_cases.table import MOST_ROWS, OwnTable
from backchannel_lib.workshop.topics import HARDEST, topic_names

NAME: Final = "my_cases.csv"
#: The texts, each with the most characters that fit on a screen; only the last one is optional.
TEXTS: Final[Mapping[str, int]] = {"title": 60, "file": 600, "contact": 600, "discuss": 300, "why": 600, "note": 600}
REQUIRED: Final = tuple(TEXTS)[:-1]
CHANGED_FIRST: Final = "recommender"  # the field to change afterward, if none is named
DETAILS: Final[Mapping[str, Field]] = {
    "topic": Field("topic", "choice", None, levels=tuple(topic_names()), blank_is_default=False, label_ids=("topic.",)),
    "difficulty": Field("difficulty", "number", 1, low=1, high=HARDEST),
    "first": Field("first", "flag", default=False),
}
COLUMNS: Final = KnownColumns(
    {**DETAILS, **Case.fields()},
    ("id", *TEXTS, "what_if", "claims"),
    (*REQUIRED, "topic"),
    ("own_case.column.{}", *CASE_COLUMNS.label_ids),
)


class OwnDetails(NamedTuple):
    """The details of a vignette of your own, in addition to its texts."""

    topic: str
    difficulty: int
    what_if: str
    claims: tuple[str, ...]
    case: Case


class OwnCase(NamedTuple):
    """A case of your own, as a row of the table; an unfinished one can lack texts.

    Args:
        key: Its id in the deck, which begins with ``own_``; blank if it was never saved.
        texts: Its texts by the names in ``TEXTS``.
        details: Its topic, difficulty, field to change, claims and case.
        first: Whether it comes before a plan's files.
    """

    key: str
    texts: Mapping[str, str]
    details: OwnDetails
    first: bool = False

    @property
    def title(self) -> str:
        """Its title."""
        return self.texts["title"]

    @property
    def case(self) -> Case:
        """The case that is judged."""
        return self.details.case


class OwnCases(NamedTuple):
    """The content of the table.

    Args:
        cases: The cases without errors, in table order.
        problems: The errors, as sentences with row, column and value; if there are any, some cases are missing.
        notes: How the table was read, as sentences.
    """

    cases: tuple[OwnCase, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def new_case() -> OwnCase:
    """Return a case without texts, for the start.

    Examples:
        >>> new_case().title, new_case().details.difficulty
        ('', 1)
    """
    return OwnCase("", dict.fromkeys(TEXTS, ""), OwnDetails(topic_names()[0], 1, CHANGED_FIRST, (), Case()))


# ---- checking ----


def checked_text(name: str, value: object) -> str:
    """Return a text without extra spaces; raise `CaseError` if it is missing or doesn't fit on a screen.

    Args:
        name: The text's name, from ``TEXTS``.
        value: The input.

    Examples:
        >>> checked_text("title", " The quiet  file ")
        'The quiet file'
    """
    return CASES.checked_text(name, value)


def problems_of(case: OwnCase) -> dict[str, CaseError]:
    """Return the errors that keep a case from being saved, by the name of the text or field.

    Examples:
        >>> list(problems_of(new_case()))
        ['title', 'file', 'contact', 'discuss', 'why']
    """
    found: dict[str, CaseError] = {}
    for name, written in case.texts.items():
        try:
            checked_text(name, written)
        except CaseError as error:
            found[name] = error
    try:
        check_one_exam(case.case)
        if "title" not in found:
            _key(case.key, case.title)
    except CaseError as error:
        found[error.field] = error
    return found


def _key(named: str, title: str) -> str:
    """Return the id in the deck: the given one, or one made from the title."""
    key = key_of(named.removeprefix("own_") or title)
    if key == "own_":
        raise CaseError("title", "own_case_no_letter", title)
    return key


# ---- reading ----


def _read_row(row: TableRow, texts: Mapping[str, str]) -> OwnCase:
    values = row.values
    named = values.get("id", "")
    return OwnCase(
        _key("" if is_blank(named) else named, texts["title"]), texts, read_details(row), first=values.get("first", False)
    )


def read_details(row: TableRow) -> OwnDetails:
    """Read what a row has besides its texts.

    Raises:
        CaseError: A field, a claim or the case is wrong.
    """
    values = row.values
    return OwnDetails(
        values.get("topic", topic_names()[0]),
        values.get("difficulty", 1),
        _read_what_if(values.get("what_if", "")),
        _read_claims(values.get("claims", "")),
        _read_case(row),
    )


def _read_what_if(cell: str) -> str:
    if is_blank(cell):
        return CHANGED_FIRST
    name = CASE_COLUMNS.name_of(squeeze(cell))
    if name is None:
        raise CaseError("what_if", "level", cell, levels=suggestions(cell, Case.fields()))
    return name


def _read_claims(cell: str) -> tuple[str, ...]:
    known = {claim.id for claim in load_claims()}
    named = () if is_blank(cell) else tuple(dict.fromkeys(cell.replace("|", " ").replace(",", " ").split()))
    for one in named:
        if one not in known:
            raise CaseError("claims", "level", one, levels=suggestions(one, known))
    return named


def _read_case(row: TableRow) -> Case:
    """Return the case of a row; blank fields that depend on a given value are set to fit."""
    given = {name: row.values[name] for name in Case.fields() if not is_blank(row.cells.get(name))}
    if "range_low" in given and "range_floor" not in given:
        given["range_floor"] = usual_floor(given["range_low"])
    try:
        case = Case().replace(**given)
        check_one_exam(case)
    except CaseError as error:
        raise clash_with_defaults({**Case().to_record(), **given}, given.keys()) or error from None
    return case


# ---- the file ----

#: Columns: ``title``, ``file``, ``contact``, ``discuss``, ``why`` and ``topic``, and optionally ``id``, ``note``,
#: ``difficulty`` (1 to 3), ``first`` (yes or no), ``what_if`` (the field to change afterward), ``claims`` and the fields of
#: a case, by name or label. A blank cell means the default.
CASES: Final = OwnTable(NAME, COLUMNS, TEXTS, REQUIRED, _read_row, "own_case.in")


def saved_own_cases() -> OwnCases:
    """Return your saved cases on this machine; none if the file is missing."""
    return OwnCases(*CASES.saved())


def save_own_case(case: OwnCase) -> OwnCase:
    """Save a case, as a new one or in place of the one with its key, and return it as saved.

    Raises:
        CaseError: The case lacks a text, another case has its title, or the table has an error and therefore stays unchanged.
        CaseFileError: The file can't be written; its old content stays.
    """
    for error in problems_of(case).values():
        raise error
    texts = {name: checked_text(name, written) for name, written in case.texts.items()}
    saved = case._replace(key=_key(case.key, texts["title"]), texts=texts)
    with locked(prepared_folder() / NAME):
        cases = _cases_on_disk()
        if saved.key in cases and not case.key:
            raise CaseError("title", "own_case_named", saved.title)
        if len(cases) >= MOST_ROWS and saved.key not in cases:
            raise CaseError("title", "own_case_full", saved.title, most=MOST_ROWS)
        _write({**cases, saved.key: saved})
    return saved


def delete_own_case(key: str) -> None:
    """Delete a case from the table, if it exists.

    Raises:
        CaseError: The table has an error and therefore stays unchanged.
        CaseFileError: The file can't be written; its old content stays.
    """
    with locked(prepared_folder() / NAME):
        cases = _cases_on_disk()
        if cases.pop(key, None):
            _write(cases)


def _cases_on_disk() -> dict[str, OwnCase]:
    found = saved_own_cases()
    if found.problems:  # writing the other rows would lose the unreadable ones
        raise CaseError(NAME, "own_case_problems", None, count=len(found.problems))
    return {case.key: case for case in found.cases}


def _write(cases: Mapping[str, OwnCase]) -> None:
    place = folder()
    content = own_cases_to_csv(tuple(cases.values()))
    write_file(place / NAME, content, previous=place / f"{Path(NAME).stem}.previous.csv")


def own_cases_to_csv(cases: tuple[OwnCase, ...]) -> str:
    r"""Return cases as a table that `CASES` can read and every spreadsheet opens safely.

    Examples:
        >>> own_cases_to_csv(()).split(",")[:3]
        ['\ufeffid', 'title', 'topic']
    """
    details = ("topic", "difficulty", "first", "what_if", "claims")
    header = ["id", "title", *details, *(name for name in TEXTS if name != "title"), *Case.fields()]
    rows = []
    for case in cases:
        record: dict[str, Any] = {"id": case.key.removeprefix("own_"), **case.texts, **case.details._asdict()}
        record |= {"first": case.first, "claims": " ".join(case.details.claims), **_cells(case.case)}
        rows.append([record[name] for name in header])
    return to_csv(header, rows)


def _cells(case: Case) -> dict[str, object]:
    """Return a case's fields as cells; an empty set is written out, because a blank cell means the default."""
    record = case.to_record()
    return {name: "none" if field.kind == "set" and not record[name] else record[name] for name, field in Case.fields().items()}
