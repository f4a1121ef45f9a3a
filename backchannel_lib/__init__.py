"""The engine of the Backchannel Workbook: what one insider's article says about backchannel contacts, case by case.

Importing it needs only the standard library; `judge_frame` imports pandas on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from backchannel_lib.base.rich_display import PROVIDERS

if TYPE_CHECKING:
    from backchannel_lib.activities.class_plan import plan_class
    from backchannel_lib.activities.own import own_question, own_scene
    from backchannel_lib.base.errors import CaseError, CaseFileError, SheetError
    from backchannel_lib.base.readers import TableError
    from backchannel_lib.model.amplifier import Amplified, amplify
    from backchannel_lib.model.calendar import match_week, phase_at
    from backchannel_lib.model.case import Case, Field
    from backchannel_lib.model.case_files import SavedCase, load_case, load_saved_case, save_case
    from backchannel_lib.model.class_list import judge_class, read_class
    from backchannel_lib.model.dataframe import judge_frame, read_cases
    from backchannel_lib.model.open_judgment import OpenJudgment, judge_open
    from backchannel_lib.model.possible import MAY_BE_UNKNOWN
    from backchannel_lib.model.readings import READINGS, Agreement, Reading, readings_agree
    from backchannel_lib.model.remedies import Change, Changes, what_would_change
    from backchannel_lib.model.soap_rule import RulesCheck, rules_check
    from backchannel_lib.model.verdict import Judgment, Reason, Verdict, judge
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
    "judge_class",
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
    "plan_class",
    "read_cases",
    "read_class",
    "readings_agree",
    "rules_check",
    "save_case",
    "transcript",
    "what_would_change",
]


PROVIDERS.append("backchannel_lib.page.rich_display")

# Names are imported on first use, so that a command or a cell waits only for what it uses.
_MODULES = {
    "activities.class_plan": ("plan_class",),
    "activities.own": ("own_question", "own_scene"),
    "base.errors": ("CaseError", "CaseFileError", "SheetError"),
    "base.readers": ("TableError",),
    "model.amplifier": ("Amplified", "amplify"),
    "model.calendar": ("match_week", "phase_at"),
    "model.case": ("Case", "Field"),
    "model.case_files": ("SavedCase", "load_case", "load_saved_case", "save_case"),
    "model.class_list": ("judge_class", "read_class"),
    "model.dataframe": ("judge_frame", "read_cases"),
    "model.open_judgment": ("OpenJudgment", "judge_open"),
    "model.possible": ("MAY_BE_UNKNOWN",),
    "model.readings": ("Agreement", "READINGS", "Reading", "readings_agree"),
    "model.remedies": ("Change", "Changes", "what_would_change"),
    "model.soap_rule": ("RulesCheck", "rules_check"),
    "model.verdict": ("Judgment", "Reason", "Verdict", "judge"),
    "notebook.controls": ("controls",),
    "notebook.widget": ("Panel", "open_activity", "transcript"),
    "page.figures": ("figures",),
    "workshop.deck": ("own_vignette",),
}
_LAZY = {name: f"backchannel_lib.{module}" for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module = importlib.import_module(_LAZY[name])
        globals()[name] = value = getattr(module, name, module)  # `figures` is itself a module
        return value
    raise AttributeError(f"module 'backchannel_lib' has no attribute {name!r}")
