"""A case's fields as ipywidgets."""

from __future__ import annotations

import ipywidgets
import pytest

from backchannel_lib import Case, CaseError, controls, judge
from backchannel_lib.base.texts import text


def case_of(made: dict[str, ipywidgets.Widget]) -> Case:
    return Case(**{field: control.value for field, control in made.items()})


def test_all_fields_together_make_the_opening_case() -> None:
    made = controls()
    assert set(made) == set(Case.fields())
    assert case_of(made) == Case()
    assert judge(**{field: control.value for field, control in made.items()}) == judge(Case())


def test_controls_open_with_a_case() -> None:
    case = Case(score=228, needs={"local", "track"}, track_record=3, recommender="known_dean", phase="post_soap")
    assert case_of(controls(case=case)) == case


@pytest.mark.parametrize("field", Case.fields())
def test_every_control_has_its_label_and_every_value_is_accepted(field: str) -> None:
    control = controls(field)[field]
    assert control.description == text(f"field.{field}.label")
    known = Case.fields()[field]
    if known.kind == "number" and not known.optional:
        values = [control.min, control.max]
    elif known.kind == "flag":
        values = [False, True]
    elif known.kind == "set":
        values = [(), known.levels]
    else:
        values = [value for _, value in control.options]
        assert all(label for label, _ in control.options)
        assert values == list(known.levels) or field == "track_record"
    for value in values:
        control.value = value
        assert Case(range_low=300, range_floor=190).replace(**{field: control.value})


def test_interact_takes_them() -> None:
    seen = []
    made = controls("score", "recommender")
    box = ipywidgets.interactive(lambda score, recommender: seen.append(judge(score=score, recommender=recommender)), **made)
    made["recommender"].value = "trusted_peer"
    box.update()
    assert seen[-1] == judge(recommender="trusted_peer")
    assert [child.description for child in box.children[:2]] == [text(f"field.{field}.label") for field in made]


def test_an_unknown_field_is_rejected_with_suggestions() -> None:
    with pytest.raises(CaseError, match="score"):
        controls("scor")
