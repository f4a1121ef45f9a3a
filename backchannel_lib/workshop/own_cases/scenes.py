"""Scenes of your own for a room: a story and a case, as `own_scene` takes them, which the round plays like any file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from backchannel_lib.activities.own import key_of
from backchannel_lib.base.errors import CaseError
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_table import CASE_COLUMNS, KnownColumns, TableRow
from backchannel_lib.model.cells import is_blank
from backchannel_lib.workshop.own_cases.model import DETAILS, OwnCase, read_details
from backchannel_lib.workshop.own_cases.model import TEXTS as CASE_TEXTS
from backchannel_lib.workshop.own_cases.table import OwnTable
from backchannel_lib.workshop.topics import topic_names

#: The texts, each with the most characters that fit on a screen; the first two have to be there.
TEXTS: Final[Mapping[str, int]] = {"title": 60, "story": 600, "why": 600, "discuss": 300, "note": 600}
REQUIRED: Final = ("title", "story")
#: A topic is for draws by topic alone, so a scene need not have one.
TOPIC: Final = Field("topic", "choice", topic_names()[0], levels=tuple(topic_names()), label_ids=("topic.",))


def _make(row: TableRow, texts: Mapping[str, str]) -> OwnCase:
    named = row.values.get("id", "")
    key = key_of(texts["title"] if is_blank(named) else named)
    if key == "own_":
        raise CaseError("title", "own_case_no_letter", texts["title"])
    told = {**dict.fromkeys(CASE_TEXTS, ""), **{name: words for name, words in texts.items() if name != "story"}}
    # The second underscore, which no case's id has, keeps it from any case of the same name.
    key = key.replace("own_", "own__", 1)
    return OwnCase(key, {**told, "file": texts["story"]}, read_details(row), first=row.values.get("first", False))


#: Columns: ``title`` and ``story``, and optionally ``why``, ``discuss``, ``note``, ``id``, ``topic``, ``difficulty``,
#: ``first``, ``what_if``, ``claims`` and the fields of a case, as for cases of your own.
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
    _make,
    "own_scene.in",
)
