"""The engine of the Backchannel Workbook: what one insider's article says of a backchannel contact, case by case.

Importing it costs only the standard library; `judge_frame`, which needs pandas, comes in when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from backchannel_lib.base.errors import CaseError, CaseFileError, SheetError
from backchannel_lib.base.readers import TableError
from backchannel_lib.base.rich_display import PROVIDERS
from backchannel_lib.model.amplifier import Amplified, amplify
from backchannel_lib.model.calendar import match_week, phase_at
from backchannel_lib.model.case import Case, Field
from backchannel_lib.model.case_files import SavedCase, load_case, load_saved_case, save_case
from backchannel_lib.model.open_judgment import OpenJudgment, judge_open
from backchannel_lib.model.possible import MAY_BE_UNKNOWN
from backchannel_lib.model.readings import READINGS, Agreement, Reading, readings_agree
from backchannel_lib.model.remedies import Change, Changes, what_would_change
from backchannel_lib.model.soap_rule import RulesCheck, rules_check
from backchannel_lib.model.verdict import Judgment, Reason, Verdict, judge

if TYPE_CHECKING:
    from backchannel_lib.activities.own import own_question, own_scene
    from backchannel_lib.model.dataframe import judge_frame, read_cases
    from backchannel_lib.notebook.controls import controls
    from backchannel_lib.notebook.widget import Panel, open_activity, transcript
    from backchannel_lib.page import figures
    from backchannel_lib.workshop.deck import own_vignette

__all__ = [
    "MAY_BE_UNKNOWN",
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
    "OpenJudgment",
    "Panel",
    "Reading",
    "Reason",
    "RulesCheck",
    "SavedCase",
    "SheetError",
    "TableError",
    "Verdict",
    "amplify",
    "controls",
    "figures",
    "judge",
    "judge_frame",
    "judge_open",
    "load_case",
    "load_saved_case",
    "match_week",
    "open_activity",
    "own_question",
    "own_scene",
    "own_vignette",
    "phase_at",
    "read_cases",
    "readings_agree",
    "rules_check",
    "save_case",
    "transcript",
    "what_would_change",
]


PROVIDERS.append("backchannel_lib.page.rich_display")

# What needs a package beyond the standard library is imported when it is first asked for.
_LAZY = {
    "Panel": "backchannel_lib.notebook.widget",
    "controls": "backchannel_lib.notebook.controls",
    "figures": "backchannel_lib.page.figures",
    "judge_frame": "backchannel_lib.model.dataframe",
    "open_activity": "backchannel_lib.notebook.widget",
    "read_cases": "backchannel_lib.model.dataframe",
    "own_question": "backchannel_lib.activities.own",
    "own_scene": "backchannel_lib.activities.own",
    "own_vignette": "backchannel_lib.workshop.deck",
    "transcript": "backchannel_lib.notebook.widget",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module = importlib.import_module(_LAZY[name])
        return getattr(module, name, module)  # `figures` is a module itself
    raise AttributeError(f"module 'backchannel_lib' has no attribute {name!r}")
