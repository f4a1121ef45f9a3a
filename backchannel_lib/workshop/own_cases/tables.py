"""The tables that a facilitator can keep: cases, scenes and questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from backchannel_lib.workshop.own_cases.cases import CASES, SCENES
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.own_cases.table import OwnTable

#: The tables by the activities that edit them.
TABLES: Final[Mapping[str, OwnTable[Any]]] = {"own_cases": CASES, "own_scenes": SCENES, "own_questions": QUESTIONS}
