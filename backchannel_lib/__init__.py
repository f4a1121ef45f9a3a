"""The engine of the Backchannel Workbook: what one insider's article says of a backchannel contact, case by case.

Importing it costs only the standard library; `judge_frame`, which needs pandas, comes in when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backchannel_lib.amplifier import Amplified, amplify
from backchannel_lib.case import Case, Field
from backchannel_lib.errors import CaseError, CaseFileError, TableError
from backchannel_lib.files import load_case, save_case
from backchannel_lib.phases import match_week, phase_at
from backchannel_lib.readings import READINGS, Agreement, Reading, readings_agree
from backchannel_lib.remedies import Change, Changes, what_would_change
from backchannel_lib.soap_rule import RulesCheck, rules_check
from backchannel_lib.verdict import Judgment, Reason, Verdict, judge

if TYPE_CHECKING:
    from backchannel_lib.frame import judge_frame as judge_frame

__all__ = [
    "READINGS",
    "Agreement",
    "Amplified",
    "Case",
    "CaseError",
    "CaseFileError",
    "Change",
    "Changes",
    "Field",
    "Judgment",
    "Reading",
    "Reason",
    "RulesCheck",
    "TableError",
    "Verdict",
    "amplify",
    "judge",
    "judge_frame",
    "load_case",
    "match_week",
    "phase_at",
    "readings_agree",
    "rules_check",
    "save_case",
    "what_would_change",
]


def __getattr__(name: str) -> Any:
    if name == "judge_frame":
        from backchannel_lib.frame import judge_frame

        return judge_frame
    raise AttributeError(f"module 'backchannel_lib' has no attribute {name!r}")
