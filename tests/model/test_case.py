"""The fields of a case: their allowed values, and the errors for other values."""

from __future__ import annotations

import copy
import csv
import dataclasses
import importlib
import io
import json
import pickle
import pkgutil
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, judge, model
from backchannel_lib.model.case import MOVES, NEEDS, PHASES, RECOMMENDERS, Field
from tests.helpers.cases import CALLER_MOVES, CALLERS, FLAGS, cases, records

NEED_LIST = "language, local, track, coverage"
CALLER_LIST = "trusted_peer, subspecialist, known_dean, random_dean, unconnected_faculty, self"
MOVE_LIST_NEAR_FORMAL_EMAIL = (
    "formal_email, targeted_call, flag_explanation, internal_push, generic_letter, mass_blast, pressure, direct_email"
)
PHASE_LIST = "groundwork, soap_lists, gap_filling, post_soap"
ALL_FIELDS = (
    "score, range_low, range_floor, failed_attempts, boards_pending, specialty_switch, leave_of_absence, "
    "failed_clerkship, needs_visa, professionalism_issue, chronic_poor_performance, interviews_failures, "
    "sponsors_visas, has_noncategorical_seat, needs, offers, recommender, move, specifics, addresses_flag, scripted, "
    "intensity, track_record, prior_contact, introduced, phase, lists_open, name_familiar, file_in_system, hears_first, "
    "names_you, outruns_hr, deep_ties, program_contacted_first"
)

#: The record of a default case, from the specification.
DEFAULTS: dict[str, Any] = {
    "score": 240,
    "range_low": 235,
    "range_floor": 220,
    "failed_attempts": 0,
    "boards_pending": False,
    "specialty_switch": False,
    "leave_of_absence": False,
    "failed_clerkship": False,
    "needs_visa": False,
    "professionalism_issue": False,
    "chronic_poor_performance": False,
    "interviews_failures": True,
    "sponsors_visas": True,
    "has_noncategorical_seat": False,
    "needs": "",
    "offers": "",
    "recommender": "unconnected_faculty",
    "move": "formal_email",
    "specifics": False,
    "addresses_flag": False,
    "scripted": False,
    "intensity": 5,
    "track_record": None,
    "prior_contact": False,
    "introduced": False,
    "phase": "soap_lists",
    "lists_open": True,
    "name_familiar": False,
    "file_in_system": False,
    "hears_first": False,
    "names_you": False,
    "outruns_hr": False,
    "deep_ties": False,
    "program_contacted_first": False,
}


def test_a_case_has_the_specified_defaults() -> None:
    """Its fields are in the specified order, and there are no others."""
    assert list(Case().to_record().items()) == list(DEFAULTS.items())
    assert ", ".join(Case.fields()) == ALL_FIELDS
    assert Case().fields() is Case.fields()


def test_the_levels_are_the_specified_ones() -> None:
    """Callers, moves, needs and phases have the specified names, in order."""
    assert ", ".join(RECOMMENDERS) == CALLER_LIST
    assert (*CALLER_MOVES, "direct_email") == MOVES
    assert ", ".join(NEEDS) == NEED_LIST
    assert ", ".join(PHASES) == PHASE_LIST
    assert {name: field.levels for name, field in Case.fields().items() if field.levels} == {
        "needs": NEEDS,
        "offers": NEEDS,
        "recommender": RECOMMENDERS,
        "move": MOVES,
        "phase": PHASES,
    }


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("score", 999, 999),
        ("score", np.int16(251), 251),
        ("score", 251.0, 251),
        ("score", np.float64(251), 251),
        ("range_low", 999, 999),
        ("range_floor", 1, 1),
        ("range_floor", 235, 235),  # as high as range_low, and no higher
        ("failed_attempts", 0, 0),
        ("failed_attempts", 10**6, 10**6),
        ("failed_attempts", 10**9, 10**9),
        ("intensity", 0, 0),
        ("intensity", 10, 10),
        ("track_record", None, None),
        ("track_record", 0, 0),
        ("track_record", 3, 3),
        ("scripted", True, True),
        ("scripted", np.True_, True),
        ("needs", {"local"}, frozenset({"local"})),
        ("needs", ["local", "local"], frozenset({"local"})),
        ("needs", "local| language", frozenset({"local", "language"})),
        ("needs", "", frozenset()),
        ("offers", NEEDS, frozenset(NEEDS)),
        ("phase", "post_soap", "post_soap"),
    ],
)
def test_a_valid_value_is_stored_in_its_plain_form(field: str, value: object, stored: object) -> None:
    """Both ends of each range are valid, and the stored value is a plain int, bool, str, frozenset or None."""
    held = getattr(Case(**{field: value}), field)
    assert held == stored
    assert type(held) is type(stored)


def test_the_lowest_scores_are_allowed_together() -> None:
    """The score, the bottom of the range and the floor can all be 1."""
    case = Case(score=1, range_low=1, range_floor=1)
    assert (case.score, case.range_low, case.range_floor) == (1, 1, 1)


def integer_field(low: int, high: int, found: str) -> str:
    """Return the error for a number outside its range."""
    return f"must be a whole number from {low} to {high}, but it is {found}."


def too_large(found: str) -> str:
    """Return the error for a count that is too large."""
    return f"must be a whole number no higher than 1000000000, but it is {found}."


BAD_VALUES: list[tuple[str, object, str]] = [
    *((field, 0, integer_field(1, 999, "0")) for field in ("score", "range_low", "range_floor")),
    *((field, 1000, integer_field(1, 999, "1000")) for field in ("score", "range_low", "range_floor")),
    ("score", -240, integer_field(1, 999, "-240")),
    ("score", True, integer_field(1, 999, "True")),
    ("score", 1.5, integer_field(1, 999, "1.5")),
    ("score", float("nan"), integer_field(1, 999, "nan")),
    ("score", float("inf"), integer_field(1, 999, "inf")),
    ("score", "240", integer_field(1, 999, "'240'")),
    ("score", None, integer_field(1, 999, "empty")),
    ("score", [240], integer_field(1, 999, "[240]")),
    ("score", np.array([240, 250]), integer_field(1, 999, "array([240, 250])")),
    ("failed_attempts", -1, "must be a whole number of 0 or more, but it is -1."),
    ("failed_attempts", 0.5, "must be a whole number of 0 or more, but it is 0.5."),
    ("failed_attempts", False, "must be a whole number of 0 or more, but it is False."),
    ("failed_attempts", 10**9 + 1, too_large("1000000001")),
    # A text is no number, but digits that can only be a larger number get the error about that.
    *(("failed_attempts", digits, too_large(repr(digits))) for digits in ("9" * 11, " 10000000000 ", "9" * 20, "0" + "9" * 11)),
    *(
        ("failed_attempts", digits, f"must be a whole number of 0 or more, but it is {digits!r}.")
        for digits in ("9" * 9, "9" * 10, "0" * 12 + "3", "nine attempts")
    ),
    ("score", "9" * 11, integer_field(1, 999, repr("9" * 11))),
    ("intensity", -1, integer_field(0, 10, "-1")),
    ("intensity", 11, integer_field(0, 10, "11")),
    ("track_record", -1, integer_field(0, 3, "-1")),
    ("track_record", 4, integer_field(0, 3, "4")),
    ("track_record", True, integer_field(0, 3, "True")),
    *((flag, 1, "must be true or false, but it is 1.") for flag in FLAGS),
    ("scripted", None, "must be true or false, but it is empty."),
    ("scripted", "true", "must be true or false, but it is 'true'."),
    (
        "recommender",
        "know_dean",
        f"must be one of known_dean, {CALLER_LIST.replace('known_dean, ', '')}, but it is 'know_dean'.",
    ),
    ("recommender", "", f"must be one of {CALLER_LIST}, but it is ''."),
    ("recommender", None, f"must be one of {CALLER_LIST}, but it is empty."),
    ("recommender", 3, f"must be one of {CALLER_LIST}, but it is 3."),
    ("move", "form_email", f"must be one of {MOVE_LIST_NEAR_FORMAL_EMAIL}, but it is 'form_email'."),
    (
        "phase",
        "soap_list",
        "must be one of soap_lists, groundwork, gap_filling, post_soap, but it is 'soap_list'.",
    ),
    ("needs", {"visa"}, f"must hold only {NEED_LIST}, but it holds 'visa'."),
    ("needs", "locals", "must hold only local, language, track, coverage, but it holds 'locals'."),
    ("needs", ["local", 7], f"must hold only {NEED_LIST}, but it holds 7."),
    ("needs", None, f"must hold only {NEED_LIST}, but it holds empty."),
    ("needs", 3, f"must hold only {NEED_LIST}, but it holds 3."),
    ("offers", {"local": True}, f"must hold only {NEED_LIST}, but it holds {{'local': True}}."),
    ("offers", True, f"must hold only {NEED_LIST}, but it holds True."),
]


@pytest.mark.parametrize(("field", "value", "sentence"), BAD_VALUES)
def test_an_invalid_value_is_rejected_with_its_field_and_the_reason(field: str, value: object, sentence: str) -> None:
    """The message from `Case` and `replace` gives the field, what it accepts and the value."""
    for attempt in (lambda: Case(**{field: value}), lambda: Case().replace(**{field: value})):
        with pytest.raises(CaseError) as caught:
            attempt()
        assert str(caught.value) == f"{field}: {sentence}"
        assert caught.value.sentence == sentence
        assert caught.value.field == field


def test_a_field_allows_none_only_if_it_says_so() -> None:
    """A blank cell means its default unless it says otherwise."""
    seat = Field("seat", "flag", default=False)
    assert (seat.read(""), dataclasses.replace(seat, default=None, optional=True).check(None)) == (False, None)
    with pytest.raises(CaseError, match="seat: must be true or false, but it is empty"):
        seat.check(None)
    with pytest.raises(CaseError, match="seat: must be filled in"):
        dataclasses.replace(seat, blank_is_default=False).read("")


def test_a_long_value_is_truncated_in_the_message() -> None:
    """At most 60 characters of it are quoted."""
    with pytest.raises(CaseError) as caught:
        Case(phase="x" * 500)
    assert str(caught.value) == f"phase: must be one of {PHASE_LIST}, but it is '{'x' * 56}...."


def test_the_floor_cannot_be_above_the_bottom_of_the_range() -> None:
    """One point above it is too much, whichever of the two was given."""
    message = "range_floor: must not be above the bottom of the program's range, {low}, but it is {floor}."
    message += " Lower it to {low} or less, or raise the bottom of the range to {floor} or more."
    for values, low, floor in (
        ({"range_floor": 236}, 235, 236),
        ({"range_low": 219}, 219, 220),
        ({"range_low": 300, "range_floor": 301}, 300, 301),
    ):
        with pytest.raises(CaseError) as caught:
            Case(**values)
        assert str(caught.value) == message.format(low=low, floor=floor)


DIRECT = (
    "move: direct_email is the student's own contact: it can be used only with the recommender 'self', "
    "but here the recommender is '{}' and the move is '{}'."
)


@pytest.mark.parametrize("move", CALLER_MOVES)
def test_the_student_can_only_send_their_own_email(move: str) -> None:
    """`self` works only with `direct_email`."""
    with pytest.raises(CaseError) as caught:
        Case(recommender="self", move=move)
    assert str(caught.value) == DIRECT.format("self", move)


@pytest.mark.parametrize("recommender", CALLERS)
def test_nobody_else_can_send_the_students_own_email(recommender: str) -> None:
    """`direct_email` works only with `self`."""
    with pytest.raises(CaseError) as caught:
        Case(recommender=recommender, move="direct_email")
    assert str(caught.value) == DIRECT.format(recommender, "direct_email")
    assert Case(recommender="self", move="direct_email").move == "direct_email"


def test_replace_changes_only_the_named_fields() -> None:
    """It returns a new case, and the old one stays the same."""
    case = Case(score=228)
    other = case.replace(scripted=True, needs={"track"})
    assert other == Case(score=228, scripted=True, needs={"track"})
    assert case == Case(score=228)
    assert case.replace() == case


@pytest.mark.parametrize(
    ("before", "changes", "recommender", "move"),
    [
        ({}, {"recommender": "self"}, "self", "direct_email"),
        ({}, {"move": "direct_email"}, "self", "direct_email"),
        ({"recommender": "self", "move": "direct_email"}, {"recommender": "known_dean"}, "known_dean", "formal_email"),
        (
            {"recommender": "self", "move": "direct_email"},
            {"move": "targeted_call"},
            "unconnected_faculty",
            "targeted_call",
        ),
        ({"recommender": "self", "move": "direct_email"}, {"score": 250}, "self", "direct_email"),
        ({"move": "pressure"}, {"recommender": "known_dean"}, "known_dean", "pressure"),
        ({}, {"recommender": "self", "move": "direct_email"}, "self", "direct_email"),
    ],
)
def test_replace_keeps_recommender_and_move_consistent(
    before: dict[str, str], changes: dict[str, Any], recommender: str, move: str
) -> None:
    """If only one of them is changed to or from the student's own email, the other one follows."""
    case = Case(**before).replace(**changes)
    assert (case.recommender, case.move) == (recommender, move)


def test_replace_rejects_an_inconsistent_recommender_and_move() -> None:
    """If both are given, neither one follows the other."""
    with pytest.raises(CaseError) as caught:
        Case().replace(recommender="self", move="pressure")
    assert str(caught.value) == DIRECT.format("self", "pressure")


UNKNOWN_SCORES = (
    "scores: isn't a field of a case (you gave {}); the fields are "
    + ALL_FIELDS  # score, the most similar name, comes first in any case
    + "."
)


def test_an_unknown_field_is_rejected_with_a_list_of_the_fields() -> None:
    """The errors from `replace` and `from_record` give the unknown field and its value, then the closest field first."""
    with pytest.raises(CaseError) as caught:
        Case().replace(scores=250)
    assert str(caught.value) == UNKNOWN_SCORES.format(250)
    with pytest.raises(CaseError) as caught:
        Case.from_record({"scores": "250"})
    assert str(caught.value) == UNKNOWN_SCORES.format("'250'")


def test_all_arguments_are_keyword_only() -> None:
    """With positional arguments it would be easy to swap two numbers."""
    with pytest.raises(TypeError, match="positional"):
        Case(240)  # type: ignore[misc]


def test_a_case_is_frozen() -> None:
    """No field of a case can be set or deleted, so cases can be shared and cached."""
    case = Case()
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.score = 250  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del case.score
    assert case == Case()
    with pytest.raises(TypeError):
        Case.fields()["score"] = Case.fields()["range_low"]  # type: ignore[index]


@given(fields=records())
def test_equal_fields_make_equal_cases(fields: dict[str, Any]) -> None:
    """They also have the same hash, even after copying and pickling."""
    case = Case(**fields)
    twins = (Case(**fields), copy.deepcopy(case), pickle.loads(pickle.dumps(case)), dataclasses.replace(case))  # noqa: S301
    assert all(twin == case and hash(twin) == hash(case) for twin in twins)
    assert case.replace(intensity=(case.intensity + 1) % 11) != case


@given(case=cases())
def test_a_case_survives_a_round_trip_through_its_record(case: Case) -> None:
    """The record can also go through JSON or a CSV row."""
    record = case.to_record()
    assert list(record) == list(Case.fields())
    assert Case.from_record(record) == case
    assert Case.from_record(json.loads(json.dumps(record))) == case
    file = io.StringIO(newline="")
    rows = csv.DictWriter(file, record)
    rows.writeheader()
    rows.writerow(record)
    file.seek(0)
    assert [Case.from_record(row) for row in csv.DictReader(file)] == [case]


@given(case=cases(), changes=records())
def test_replace_is_as_strict_as_case(case: Case, changes: dict[str, Any]) -> None:
    """Replacing every field of a case gives the case made from those fields."""
    assert case.replace(**changes) == Case(**changes)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("score", "251", 251),
        ("score", " 251 ", 251),
        ("range_low", "", 235),
        ("failed_attempts", "007", 7),
        ("track_record", "", None),
        ("track_record", "  ", None),
        ("track_record", "3", 3),
        ("track_record", float("nan"), None),
        ("track_record", 2.0, 2),
        ("interviews_failures", "", True),
        ("interviews_failures", "false", False),
        ("interviews_failures", "False", False),
        ("scripted", "TRUE", True),
        ("needs", "", frozenset()),
        ("needs", "language|local", frozenset({"language", "local"})),
        ("needs", " local | track ", frozenset({"local", "track"})),
        ("needs", ["local"], frozenset({"local"})),
        ("recommender", "", "unconnected_faculty"),
        ("recommender", " known_dean ", "known_dean"),
    ],
)
def test_text_in_a_csv_cell_is_read_as_a_value(field: str, text: object, value: object) -> None:
    """An empty cell means the default."""
    held = getattr(Case.from_record({field: text}), field)
    assert held == value
    assert type(held) is type(value)


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("score", "abc", integer_field(1, 999, "'abc'")),
        ("score", "0", integer_field(1, 999, "0")),
        ("score", "-5", integer_field(1, 999, "-5")),
        ("score", "1.5", integer_field(1, 999, "'1.5'")),
        ("score", "²", integer_field(1, 999, "'²'")),
        ("score", float("nan"), "must be filled in, but it is empty. Fill it in, or delete the row."),
        ("score", "-", "must be filled in, but it is '-'. Fill it in, or delete the row."),
        ("track_record", "none", integer_field(0, 3, "'none'")),
        ("scripted", "2", "must be yes or no, but it is '2'."),
        ("needs", "local, lokal", "must hold only local, language, track, coverage, but it holds 'lokal'."),
    ],
)
def test_text_that_is_not_a_value_is_rejected(field: str, text: object, sentence: str) -> None:
    """It gets the same error as any other invalid value."""
    with pytest.raises(CaseError) as caught:
        Case.from_record({field: text})
    assert str(caught.value) == f"{field}: {sentence}"


@given(text=st.text() | st.from_regex(r"\A-?\d{0,4}\Z") | st.floats() | st.integers() | st.none() | st.booleans())
def test_reading_a_cell_gives_a_valid_value_or_a_case_error(text: object) -> None:
    """`CaseError` is the only error that readers can get."""
    for field in Case.fields().values():
        error_message = None
        try:
            value = field.read(text)
        except CaseError as error:
            error_message = str(error)
        if error_message is None:
            assert field.check(value) == value
        else:
            assert error_message.startswith(f"{field.name}: must ")


@pytest.mark.parametrize("text", ["--5", "9" * 5000], ids=["two hyphens", "5000 digits"])
def test_a_number_that_python_cannot_parse_is_rejected_too(text: str) -> None:
    """Text that only looks like a number gets the same error as any other invalid value."""
    with pytest.raises(CaseError) as caught:
        Case.from_record({"score": text})
    assert str(caught.value).startswith("score: must be a whole number from 1 to 999, but it is '")


def test_pandas_na_is_a_missing_value() -> None:
    """In a row from a nullable column, it means that the track record is unknown."""
    assert Case.from_record({"track_record": pd.NA}).track_record is None


def test_a_huge_number_can_be_shown_in_a_message() -> None:
    """Even if Python refuses to print it, the error message is a normal one."""
    with pytest.raises(CaseError) as caught:
        Case(score=10**5000)
    assert str(caught.value).startswith("score: must be a whole number from 1 to 999, but it is ")


@pytest.mark.parametrize(("low", "floor"), [(215, 200), (10, 1)])
def test_a_low_range_without_a_floor_is_rejected_and_a_floor_suggested(low: int, floor: int) -> None:
    """The suggestion is as far below the range as in a new case, but still on the scale."""
    with pytest.raises(CaseError) as caught:
        Case.from_record({"range_low": str(low)})
    assert caught.value.details["floor"] == floor


@pytest.mark.parametrize(
    ("record", "wrong"),
    [
        ({"range_low": 220}, ""),
        ({"range_low": 219}, "range_low"),
        ({"range_floor": 235}, ""),
        ({"range_floor": 236}, "range_floor"),
    ],
)
def test_one_end_of_the_range_has_to_fit_the_default_of_the_other(record: dict[str, object], wrong: str) -> None:
    """It can be the same as the default, and no further. If both are given, no default is used."""
    for read in (Case.from_record, lambda fields: judge(**fields).case):
        if not wrong:
            assert read(record).to_record().items() >= record.items()
            continue
        with pytest.raises(CaseError, match="by default") as caught:
            read(record)
        assert caught.value.field == wrong
    (end,) = record.values()
    assert Case.from_record({"range_low": end, "range_floor": end}).range_low == end


@pytest.mark.parametrize("recommender", ["known_dean", "random_dean", "trusted_peer"])
def test_changing_the_move_keeps_the_caller(recommender: str) -> None:
    """The caller changes only if the move becomes the student's own email, or stops being that."""
    assert Case(recommender=recommender).replace(move="targeted_call").recommender == recommender


def test_the_models_results_are_immutable() -> None:
    """They're cached and shared, so a change to one would affect everybody."""
    records = {
        value
        for module in pkgutil.iter_modules(model.__path__, f"{model.__name__}.")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    }
    assert Case in records
    assert [record.__name__ for record in records if not record.__dataclass_params__.frozen] == []
