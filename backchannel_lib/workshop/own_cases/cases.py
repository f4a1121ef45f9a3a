"""Your own cases and scenes for a room, which a round plays like any file. A scene is a case told in one story."""

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
#: The texts of a scene; only the first two are required.
SCENE_TEXTS: Final[Mapping[str, int]] = {"title": 60, "story": 600, "why": 600, "discuss": 300, "note": 600}
SCENE_REQUIRED: Final = ("title", "story")
CHANGED_FIRST: Final = "recommender"  # the default for the field to change afterward
#: The details of a new case or scene, by column.
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
#: A scene doesn't need a topic, because only drawing by topic uses it.
TOPIC: Final = Field("topic", "choice", topic_names()[0], levels=tuple(topic_names()), label_ids=("topic.",))


class OwnCase(NamedTuple):
    """Your own case or scene, as a row of its table.

    Args:
        key: Its id in the deck, which begins with ``own_``.
        texts: Its texts by the names in ``TEXTS``.
        topic: Its topic.
        difficulty: Its difficulty.
        what_if: The field to change afterward.
        claims: Its sources.
        case: The case that is judged.
        first: Whether it comes before a plan's files.
    """

    key: str
    texts: Mapping[str, str]
    topic: str
    difficulty: int
    what_if: str
    claims: tuple[str, ...]
    case: Case
    first: bool = False

    @property
    def title(self) -> str:
        """Its title."""
        return self.texts["title"]


def _make(key: str, row: TableRow, texts: Mapping[str, str]) -> OwnCase:
    values = {**NEW_DETAILS, **row.values}
    what_if, claims = _read_what_if(values["what_if"]), _read_claims(values["claims"])
    return OwnCase(key, texts, values["topic"], values["difficulty"], what_if, claims, _read_case(row), values["first"])


def _cells(case: OwnCase) -> dict[str, object]:
    details = {name: getattr(case, name) for name in ("topic", "difficulty", "first", "what_if")}
    return {**case.texts, **details, "claims": " ".join(case.claims)}


def _make_scene(key: str, row: TableRow, texts: Mapping[str, str]) -> OwnCase:
    return _make(key, row, vignette_texts(texts))


def _scene_cells(scene: OwnCase) -> dict[str, object]:
    return {**_cells(scene), "story": scene.texts["file"]}


def vignette_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a scene's texts as those of a case: its story becomes the file, and missing texts are blank.

    Examples:
        >>> texts = vignette_texts({"title": "June", "story": "A resident leaves."})
        >>> texts["title"], texts["file"], texts["contact"]
        ('June', 'A resident leaves.', '')
    """
    others = {name: words for name, words in texts.items() if name != "story"}
    return {**dict.fromkeys(TEXTS, ""), **others, "file": texts["story"]}


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
CASES: Final = OwnTable(NAME, COLUMNS, TEXTS, REQUIRED, NEW_DETAILS, _make, _cells, "own_case.in")
#: Columns: ``title`` and ``story``, and optionally ``why``, ``discuss``, ``note``, ``topic`` and the others of your own cases.
SCENES: Final = OwnTable(
    "my_scenes.csv",
    KnownColumns(
        {**DETAILS, "topic": TOPIC, **Case.fields()},
        ("id", *SCENE_TEXTS, "what_if", "claims"),
        SCENE_REQUIRED,
        ("own_scene.column.{}", *COLUMNS.label_ids),
    ),
    SCENE_TEXTS,
    SCENE_REQUIRED,
    NEW_DETAILS,
    _make_scene,
    _scene_cells,
    "own_scene.in",
    "own__",  # with a second underscore, so that a scene and a case with the same name have different ids
)
