"""Your own scenes for a room: a story and a case, as for `own_scene`, which the round plays like any file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_table import CASE_COLUMNS, KnownColumns, TableRow
from backchannel_lib.workshop.own_cases.model import DETAILS, NEW_DETAILS, OwnCase, detail_cells, read_details
from backchannel_lib.workshop.own_cases.model import TEXTS as CASE_TEXTS
from backchannel_lib.workshop.own_cases.table import OwnTable
from backchannel_lib.workshop.topics import topic_names

#: The texts, each with the most characters that fit on a screen; the first two are required.
TEXTS: Final[Mapping[str, int]] = {"title": 60, "story": 600, "why": 600, "discuss": 300, "note": 600}
REQUIRED: Final = ("title", "story")
#: A scene doesn't need a topic, because only drawing by topic uses it.
TOPIC: Final = Field("topic", "choice", topic_names()[0], levels=tuple(topic_names()), label_ids=("topic.",))


def _make(key: str, row: TableRow, texts: Mapping[str, str]) -> OwnCase:
    return OwnCase(key, vignette_texts(texts), read_details(row), first=row.values.get("first", False))


def vignette_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Return a scene's texts as those of a case: its story becomes the file, and missing texts are blank.

    Examples:
        >>> texts = vignette_texts({"title": "June", "story": "A resident leaves."})
        >>> texts["title"], texts["file"], texts["contact"]
        ('June', 'A resident leaves.', '')
    """
    others = {name: words for name, words in texts.items() if name != "story"}
    return {**dict.fromkeys(CASE_TEXTS, ""), **others, "file": texts["story"]}


def _cells(scene: OwnCase) -> dict[str, object]:
    return {**scene.texts, "story": scene.texts["file"], **detail_cells(scene)}


#: Columns: ``title`` and ``story``, and optionally ``why``, ``discuss``, ``note``, ``id``, ``topic``, ``difficulty``,
#: ``first``, ``what_if``, ``claims`` and the fields of a case, as for your own cases.
SCENES: Final = OwnTable(
    "my_scenes.csv",
    KnownColumns(
        {**DETAILS, "topic": TOPIC, **Case.fields()},
        ("id", *TEXTS, "what_if", "claims"),
        REQUIRED,
        ("own_scene.column.{}", "own_case.column.{}", *CASE_COLUMNS.label_ids),
    ),
    TEXTS,
    REQUIRED,
    NEW_DETAILS,
    _make,
    _cells,
    "own_scene.in",
    "own__",  # with a second underscore, so that a scene and a case with the same name have different ids
)
