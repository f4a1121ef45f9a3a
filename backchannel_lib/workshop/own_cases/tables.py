"""The tables that a facilitator may keep: cases, scenes and questions."""

from __future__ import annotations

from typing import Any, Final

from backchannel_lib.workshop.own_cases.model import CASES
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.own_cases.scenes import SCENES
from backchannel_lib.workshop.own_cases.table import OwnTable

TABLES: Final[tuple[OwnTable[Any], ...]] = (CASES, SCENES, QUESTIONS)
