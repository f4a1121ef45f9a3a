"""Your own cases for a room: the columns of their table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.spreadsheet import squeeze
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_table import CASE_COLUMNS, KnownColumns, TableRow, clash_with_defaults
from backchannel_lib.model.cells import is_blank
from backchannel_lib.model.exams import check_one_exam, usual_floor
from backchannel_lib.model.tables import load_claims
from backchannel_lib.workshop.own_cases.table import OwnTable
from backchannel_lib.workshop.topics import HARDEST, topic_names

NAME: Final = "my_cases.csv"
#: The texts, each with the most characters that fit on a screen; only the last text is optional.
TEXTS: Final[Mapping[str, int]] = {"title": 60, "file": 600, "contact": 600, "discuss": 300, "why": 600, "note": 600}
REQUIRED: Final = tuple(TEXTS)[:-1]
CHANGED_FIRST: Final = "recommender"  # the default for the field to change afterward
#: A new case's details, by column.
NEW_DETAILS: Final[Mapping[str, Any]] = {
    "topic": topic_names()[0],
    "difficulty": 1,
    "first": False,
    "what_if": CHANGED_FIRST,
    "claims": "",
}
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
    """The details of your own vignette, in addition to its texts."""

    topic: str
    difficulty: int
    what_if: str
    claims: tuple[str, ...]
    case: Case


class OwnCase(NamedTuple):
    """Your own case, as a row of the table.

    Args:
        key: Its id in the deck, which begins with ``own_``.
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


def _make(key: str, row: TableRow, texts: Mapping[str, str]) -> OwnCase:
    return OwnCase(key, texts, read_details(row), first=row.values.get("first", False))


def detail_cells(case: OwnCase) -> dict[str, object]:
    """Return the cells that `read_details` reads, without the fields of the case, and whether the case comes first.

    Examples:
        >>> details = OwnDetails(topic_names()[0], 2, "score", ("paper.in-range",), Case())
        >>> cells = detail_cells(OwnCase("own_june", {}, details))
        >>> cells["difficulty"], cells["what_if"], cells["first"], cells["claims"]
        (2, 'score', False, 'paper.in-range')
    """
    details = {name: getattr(case.details, name) for name in ("topic", "difficulty", "what_if")}
    return {**details, "first": case.first, "claims": " ".join(case.details.claims)}


def read_details(row: TableRow) -> OwnDetails:
    """Read the details of a row, which is everything except its texts.

    Raises:
        CaseError: A field, a claim or the case is invalid.
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
    """Return the case of a row, adapting blank fields that depend on a given value."""
    given = {name: row.values[name] for name in Case.fields() if not is_blank(row.cells.get(name))}
    if "range_low" in given and "range_floor" not in given:
        given["range_floor"] = usual_floor(given["range_low"])
    try:
        case = Case().replace(**given)
        check_one_exam(case)
    except CaseError as error:
        raise clash_with_defaults({**Case().to_record(), **given}, given.keys()) or error from None
    return case


#: Columns: ``title``, ``file``, ``contact``, ``discuss``, ``why`` and ``topic``, and optionally ``id``, ``note``,
#: ``difficulty`` (1 to 3), ``first`` (yes or no), ``what_if`` (the field to change afterward), ``claims`` and the fields of
#: a case, by name or label. A blank cell means the default.
CASES: Final = OwnTable(
    NAME,
    COLUMNS,
    TEXTS,
    REQUIRED,
    NEW_DETAILS,
    _make,
    lambda case: {**case.texts, **detail_cells(case)},
    "own_case.in",
)
