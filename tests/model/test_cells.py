"""Cells: everything that people and spreadsheets write for a value is read, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError
from backchannel_lib.activities.planner.tables import PERSON_FIELDS, PROGRAM_FIELDS
from backchannel_lib.base.texts import all_words
from backchannel_lib.model.cells import is_blank, levels_by_key, nearest, plain, word_key
from backchannel_lib.page.case_controls import field_options
from tests.helpers.cases import cases

FIELDS = Case.fields()
EVERY_FIELD = [*FIELDS.values(), *PERSON_FIELDS.values(), *PROGRAM_FIELDS.values()]

READ: list[tuple[str, Any, Any]] = [
    # numbers
    *(
        ("score", cell, 240)
        for cell in ("240", " 240 ", "240.0", "240.00", "240,0", "+240", '"240"', "'240", "\u00a0240\u200b")
    ),
    *(("score", cell, 240) for cell in (240, 240.0, np.int16(240), np.float32(240), "２４０")),
    ("failed_attempts", "1,000", 1000),
    ("failed_attempts", "1'000", 1000),
    ("failed_attempts", "12 000.0", 12000),
    ("failed_attempts", "none", 0),
    ("failed_attempts", "", 0),
    ("range_low", "N/A", 235),
    ("track_record", "2 of 3", 2),
    ("track_record", "0 out of 3", 0),
    *(
        ("track_record", cell, None)
        for cell in ("", "-", "—", "n/a", "NaN", "?", "Unknown", "not known", "Don’t know", None, pd.NA)
    ),
    # flags
    *(
        ("scripted", cell, True)
        for cell in ("yes", "Yes", "Y", "y", "TRUE", "True", "t", "1", "1.0", "1,0", 1, 1.0, True, np.True_)
    ),
    *(("interviews_failures", cell, False) for cell in ("no", "No", "N", "FALSE", "f", "0", "0.0", 0, 0.0, False, np.False_)),
    *(("interviews_failures", cell, True) for cell in ("", " ", "n/a", None, float("nan"))),
    # words
    *(
        ("recommender", cell, "trusted_peer")
        for cell in ("trusted_peer", "Trusted Peer", " trusted peer ", "TRUSTED-PEER", "trusted\u00a0peer", "“Trusted peer”")
    ),
    ("recommender", "Trusted PD/APD", "trusted_peer"),
    ("recommender", "Dean, no ties", "random_dean"),
    ("move", "A targeted phone call", "targeted_call"),
    ("phase", "After SOAP", "post_soap"),
    ("phase", None, "soap_lists"),
    # sets
    *(
        ("needs", cell, {"language", "local"})
        for cell in (
            "language|local",
            "language, local",
            "Local; Language",
            "language / local",
            "language and local",
            "local & language,",
            "['language', 'local']",
            "A language their patients speak; Someone local who will stay",
        )
    ),
    ("offers", "Local roots", {"local"}),
    *(("needs", cell, set()) for cell in ("", "none", "None", "-", "N/A", None, float("nan"))),
]


@pytest.mark.parametrize(("field", "cell", "value"), READ)
def test_a_cell_is_read_as_a_value(field: str, cell: object, value: object) -> None:
    read = FIELDS[field].read(cell)
    assert read == value
    assert type(read) is type(FIELDS[field].check(value))


@pytest.mark.parametrize("cell", [0, 1])
def test_a_number_in_place_of_a_level_is_reported_unchanged(cell: int) -> None:
    """Only a flag reads 0 and 1 as no and yes."""
    with pytest.raises(CaseError) as caught:
        FIELDS["recommender"].read(cell)
    assert type(caught.value.value) is int
    assert caught.value.value == cell


REJECTED: list[tuple[str, Any, str]] = [
    *(("score", cell, "cell_blank") for cell in ("", "  ", "-", "N/A", "unknown", "?", None, float("nan"), pd.NA)),
    *(
        ("score", cell, "range")
        for cell in ("-0", -0.0, "1.5", "240,5", "1,000", "2.4E+02", "1e400", "240²", "24O", "240/260", "~240")
    ),
    *(
        ("score", cell, "range")
        for cell in (float("inf"), float("-inf"), True, "9" * 400, 10**400, "240 points", "two", "x" * 10**6)
    ),
    *(("failed_attempts", cell, "at_least") for cell in ("-0", -0.0, "-1", "0.5", "nothing")),
    *(("score", cell, "cell_date") for cell in ("3-Jan", "Jan-40", "2-Apr-2027", "2027-03-15", "3/15/2027", "15.3.27", "2/40")),
    *(("score", cell, "cell_date") for cell in (datetime(2027, 3, 15, tzinfo=UTC), pd.Timestamp("2027-03-15"))),
    *((field, "=B2*2", "cell_formula") for field in ("score", "scripted", "phase", "needs")),
    *((field, "#REF!", "cell_error") for field in ("score", "scripted", "phase", "needs")),
    *(("score", cell, "cell_error") for cell in ("#N/A", "#DIV/0!", "#VALUE!", "#####")),
    ("track_record", "none", "range"),
    *(("track_record", cell, "range") for cell in ("2 of 4", "2 of 2")),
    ("score", " " * 50, "cell_blank"),
    *(("scripted", cell, "yes_no") for cell in ("perhaps", "ja", "oui", "x", "✓", "2", "yes and no")),
    ("scripted", 2, "flag"),
    *(("interviews_failures", cell, "cell_unknown") for cell in ("unknown", "?", "not sure", "TBD")),
    *(("recommender", cell, "level") for cell in ("dean", "none", "trusted", "0", "peer trusted")),
    *(("needs", cell, "set") for cell in ("icu", "local|lokal", "yes", "1")),
    ("needs", 3, "set"),
]


@pytest.mark.parametrize(("field", "cell", "rule"), REJECTED)
def test_a_cell_that_is_not_a_value_is_rejected(field: str, cell: object, rule: str) -> None:
    with pytest.raises(CaseError) as caught:
        FIELDS[field].read(cell)
    assert (caught.value.field, caught.value.rule) == (field, rule)
    assert str(caught.value).startswith(f"{field}: must ")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("\uff01\uff5e", "!~"),
        ("\uff00\uff5f", "\uff00\uff5f"),  # just outside of the full-width characters
        ('"', '"'),
        ('""', ""),
        ('5"', '5"'),
        ('"5', '"5'),
    ],
)
def test_only_full_width_characters_and_pairs_of_quotation_marks_are_replaced(cell: str, text: str) -> None:
    assert plain(cell) == text


@pytest.mark.parametrize(("cell", "found"), [("-1", "-1"), (-1.0, "-1.0"), ("-0", "'-0'"), (-0.0, "'-0.0'")])
def test_the_error_for_a_negative_number_shows_the_number(cell: object, found: str) -> None:
    with pytest.raises(CaseError) as caught:
        FIELDS["failed_attempts"].read(cell)
    assert str(caught.value).endswith(f"but it is {found}.")


@pytest.mark.parametrize(("letters", "level"), [(75, "known_dean"), (76, "trusted_peer")])
def test_only_the_first_80_characters_of_a_word_are_compared_with_the_levels(letters: int, level: str) -> None:
    assert nearest(FIELDS["recommender"], "x" * letters + " dean").startswith(f"{level}, ")


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("know dean", "known_dean"),
        ("a trusted PD or APD", "trusted_peer"),
        ("dean", "known_dean"),
        ("unknown facultie", "unconnected_faculty"),
    ],
)
def test_the_error_for_an_unknown_word_suggests_the_most_similar_level(cell: str, level: str) -> None:
    with pytest.raises(CaseError) as caught:
        FIELDS["recommender"].read(cell)
    assert f"must be one of {level}, " in str(caught.value)


@pytest.mark.parametrize("field", [field for field in EVERY_FIELD if field.levels], ids=lambda field: field.name)
def test_every_level_has_its_own_names_which_no_other_level_shares(field: Any) -> None:
    keys = levels_by_key(field)
    assert [keys[word_key(level)] for level in field.levels] == list(field.levels)
    ids = {f"{prefix}{level}": level for prefix in field.label_ids for level in field.levels}
    labels = {word_key(words): level for one, level in ids.items() if (words := all_words().get(one))}
    assert len(labels) >= len(field.levels)
    assert {label: keys[label] for label in labels} == labels


@given(case=cases())
def test_a_value_can_be_written_as_its_label_on_screen(case: Case) -> None:
    for name, field in FIELDS.items():
        if field.levels or name == "track_record":
            labels = dict(field_options(name))
            value = getattr(case, name)
            cell = "; ".join(labels[one] for one in value) if field.kind == "set" else labels[value]
            assert field.read(cell) == value, cell


@given(case=cases(), data=st.data())
def test_a_case_written_like_a_spreadsheet_is_read_back_unchanged(case: Case, data: st.DataObject) -> None:
    for name, field in FIELDS.items():
        value = getattr(case, name)
        cell = data.draw(st.sampled_from(spellings(field.kind, value)))
        assert field.read(cell) == value, cell


def spellings(kind: str, value: Any) -> list[object]:
    """Return ways to write a value."""
    if value is None:
        return ["", "unknown", "n/a", None]
    if kind == "number":
        return [value, float(value), f"{value}.0", f" {value}", f"{value:,}", f"'{value}"]
    if kind == "flag":
        return [value, ("no", "yes")[value], ("N", "Y")[value], str(value).upper(), int(value), f"{int(value)}.0"]
    if kind == "set":
        return [between.join(sorted(value)) for between in ("|", ", ", ";", " and ", "\n")]
    return [value, value.replace("_", " ").title(), value.upper(), f"\u00a0{value} "]


@given(st.text() | st.floats() | st.integers() | st.none() | st.booleans() | st.binary())
def test_any_cell_gives_an_allowed_value_or_an_error_message(cell: object) -> None:
    for field in EVERY_FIELD:
        try:
            value = field.read(cell)
        except CaseError as error:
            message = str(error)
        else:
            message = f"{field.name}: must be {value}"
            assert field.check(value) == value
        assert message.startswith(f"{field.name}: must ")
    is_blank(cell)
