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
_LAZY = {
    "Agreement": "backchannel_lib.model.readings",
    "Amplified": "backchannel_lib.model.amplifier",
    "Case": "backchannel_lib.model.case",
    "CaseError": "backchannel_lib.base.errors",
    "CaseFileError": "backchannel_lib.base.errors",
    "Change": "backchannel_lib.model.remedies",
    "Changes": "backchannel_lib.model.remedies",
    "Field": "backchannel_lib.model.case",
    "Judgment": "backchannel_lib.model.verdict",
    "MAY_BE_UNKNOWN": "backchannel_lib.model.possible",
    "OpenJudgment": "backchannel_lib.model.open_judgment",
    "Panel": "backchannel_lib.notebook.widget",
    "READINGS": "backchannel_lib.model.readings",
    "Reading": "backchannel_lib.model.readings",
    "Reason": "backchannel_lib.model.verdict",
    "RulesCheck": "backchannel_lib.model.soap_rule",
    "SavedCase": "backchannel_lib.model.case_files",
    "SheetError": "backchannel_lib.base.errors",
    "TableError": "backchannel_lib.base.readers",
    "Verdict": "backchannel_lib.model.verdict",
    "amplify": "backchannel_lib.model.amplifier",
    "controls": "backchannel_lib.notebook.controls",
    "figures": "backchannel_lib.page.figures",
    "judge": "backchannel_lib.model.verdict",
    "judge_class": "backchannel_lib.model.class_list",
    "judge_frame": "backchannel_lib.model.dataframe",
    "judge_open": "backchannel_lib.model.open_judgment",
    "load_case": "backchannel_lib.model.case_files",
    "load_saved_case": "backchannel_lib.model.case_files",
    "match_week": "backchannel_lib.model.calendar",
    "open_activity": "backchannel_lib.notebook.widget",
    "own_question": "backchannel_lib.activities.own",
    "own_scene": "backchannel_lib.activities.own",
    "own_vignette": "backchannel_lib.workshop.deck",
    "phase_at": "backchannel_lib.model.calendar",
    "plan_class": "backchannel_lib.activities.class_plan",
    "read_cases": "backchannel_lib.model.dataframe",
    "read_class": "backchannel_lib.model.class_list",
    "readings_agree": "backchannel_lib.model.readings",
    "rules_check": "backchannel_lib.model.soap_rule",
    "save_case": "backchannel_lib.model.case_files",
    "transcript": "backchannel_lib.notebook.widget",
    "what_would_change": "backchannel_lib.model.remedies",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module = importlib.import_module(_LAZY[name])
        globals()[name] = value = getattr(module, name, module)  # `figures` is itself a module
        return value
    raise AttributeError(f"module 'backchannel_lib' has no attribute {name!r}")
