"""The fields of a case as ipywidgets with labels, levels and ranges, ready for ``interact``."""

from __future__ import annotations

from typing import Any

import ipywidgets

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.page.case_controls import ControlRow, field_options, load_controls, slider_ends


def controls(*fields: str, case: Case | None = None) -> dict[str, Any]:
    """Return an ipywidgets control for each of some fields of a case.

    Args:
        *fields: Names of fields; all of them if empty.
        case: The case to start with; None for the defaults.

    Returns:
        A widget by field, with a ``value`` that `Case` and `judge` accept: ``interact(f, **controls("score", "recommender"))``.

    Raises:
        CaseError: No field has this name; the message suggests similar ones.

    Examples:
        >>> from backchannel_lib import judge
        >>> made = controls("score", "recommender", "needs")
        >>> judge(Case(**{field: control.value for field, control in made.items()})).verdict.name
        'SKIMMED'
    """
    rows = {row.field: row for row in load_controls()}
    for field in fields:
        if field not in rows:
            raise CaseError(field, "unknown_field", field, known=suggestions(field, rows))
    return {field: _control(rows[field], case or Case()) for field in fields or rows}


def _control(row: ControlRow, case: Case) -> Any:
    label, value = text(f"field.{row.field}.label"), getattr(case, row.field)
    common: dict[str, Any] = {
        "description": label,
        "style": {"description_width": "initial"},
        "layout": ipywidgets.Layout(width="auto", max_width="44em"),
    }
    match row.control:
        case "slider":
            # ipywidgets sliders have no accessible name. Its number box does, and shows the same value.
            low, high = slider_ends(case, row.field)
            return ipywidgets.BoundedIntText(value=value, min=min(low, value), max=max(high, value), **common)
        case "checkbox":
            return ipywidgets.Checkbox(value=value, indent=False, **common)
    options = [(label, level) for level, label in field_options(row.field)]
    if row.control == "checks":
        chosen = tuple(level for _, level in options if level in value)
        return ipywidgets.SelectMultiple(options=options, value=chosen, rows=len(options), **common)
    return ipywidgets.Dropdown(options=options, value=value, **common)
