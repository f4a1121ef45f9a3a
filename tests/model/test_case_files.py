"""Saved cases load unchanged, other files get an error, and no file is ever half written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from backchannel_lib import Case, CaseError, CaseFileError, load_case, load_saved_case, save_case
from backchannel_lib.model.case_files import (
    NEWEST_FORMAT,
    SavedCase,
    case_from_table,
    case_from_text,
    case_to_text,
    saved_case_from_text,
    saved_case_to_text,
)
from tests.helpers.cases import cases

NOT_JSON = "mine.json: is not a case file: it does not contain readable JSON. It begins with {}. It was left as it is."
NO_RECORD = "mine.json: is not a case file: it should hold one record with named fields, but it holds {}. It was left as it is."
NO_FORMAT = "mine.json: does not say what format it is in: a whole number was expected, but it says {}. It was left as it is."
NEWER = "mine.json: was saved by a newer version of this workbook (format {}; this one reads up to 2), so it was left as it is."


@given(case=cases())
def test_a_case_survives_a_round_trip_through_text(case: Case) -> None:
    """The text is JSON, and states its format."""
    text = case_to_text(case)
    assert case_from_text(text) == case
    assert json.loads(text) == {"backchannel_case": 1, **case.to_record()}
    assert text.endswith("}\n")


@pytest.mark.parametrize("unknown", [(), ("range_low", "sponsors_visas")])
@pytest.mark.parametrize("sheet", [{}, {"sheet_name": "Ana"}, {"sheet_name": "Ana", "sheet_topics": "img couples"}])
def test_a_saved_case_survives_a_round_trip_with_what_is_unknown_and_what_is_for_the_sheet(
    unknown: tuple[str, ...], sheet: dict[str, str]
) -> None:
    """Only a case without either is in the format that older versions read. Blank entries aren't saved."""
    saved = SavedCase(Case(score=251), unknown, sheet)
    text = saved_case_to_text(saved._replace(sheet={**sheet, "sheet_program": ""}))
    assert text.startswith(f'{{\n  "backchannel_case": {2 if unknown or sheet else 1},\n  "score": 251,\n  "range_low": ')
    assert text.endswith('"\n}\n' if sheet else "false\n}\n")
    assert saved_case_from_text(text) == saved
    assert {name for name, value in saved.record.items() if value == "unknown"} == set(unknown)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"sponsors_visas": "unknown", "scoer": 3}', "scoer: isn't a field of a case"),
        ('{"sponsors_visas": "unknown", "score": "unknown"}', "score: must be filled in, but it is 'unknown'"),
        ('{"specifics": "unknown"}', "specifics: must be something we can judge"),
        ('{"sponsors_visas": "unknown", "sheet_name": 3}', "holds 3 where text for the sheet was expected"),
        ('{"sheet_name": null}', "holds empty where text for the sheet was expected"),
        # Neither JSON nor a table, but with something of both.
        ('[\n"score",\n"range_low"\n]', "it should hold one record with named fields"),
        ("score;range_low", "it does not contain readable JSON"),
        ("my\ncase", "it does not contain readable JSON"),
    ],
)
def test_an_invalid_saved_case_is_rejected_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        saved_case_from_text(text)


def test_a_table_of_one_case_has_exactly_one_row() -> None:
    """What it doesn't say takes its default."""
    assert case_from_table("Score;Recommender\n228;Known dean\n") == Case(score=228, recommender="known_dean")
    for rows in (0, 2, 3):
        with pytest.raises(CaseError, match=f"must hold one case, but it has {rows} rows"):
            case_from_table("Score;Recommender\n" + "228;Known dean\n" * rows)


def test_a_case_survives_a_round_trip_through_a_file(tmp_path: Path) -> None:
    """The path can be a string or a Path, and a second save replaces the first."""
    path = tmp_path / "a case of mine – ü.json"
    case = Case(score=251, needs={"local", "track"}, track_record=None, recommender="self", move="direct_email")
    save_case(Case(), path)
    save_case(case, str(path))
    assert load_case(path) == load_case(str(path)) == case
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text(encoding="utf-8") == case_to_text(case)


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("{}", Case()),
        ('{"score": 228}', Case(score=228)),  # a bare record, from before formats were numbered
        ('{"backchannel_case": 0, "score": 228}', Case(score=228)),
        ('{"backchannel_case": 1}', Case()),
        ('{"backchannel_case": 1, "needs": "local|track"}', Case(needs={"local", "track"})),
        ('{"needs": ["local", "track"], "offers": []}', Case(needs={"local", "track"})),
        ('{"track_record": null, "score": 251.0}', Case(score=251)),
        ('{"score": "251", "scripted": "true", "track_record": ""}', Case(score=251, scripted=True)),
    ],
)
def test_an_older_file_loads(tmp_path: Path, text: str, case: Case) -> None:
    """Whether it's a bare record, an older format or lacks newer fields, what's missing gets its default."""
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="utf-8")
    assert load_case(path) == case


def test_any_field_can_be_missing(tmp_path: Path) -> None:
    """A file from before a field existed loads with that field's default."""
    case = Case(score=228, specifics=True, needs={"local"})
    for name, field in Case.fields().items():
        record = {key: value for key, value in case.to_record().items() if key != name}
        assert case_from_text(json.dumps(record)) == case.replace(**{name: field.default})


BAD_FILES: list[tuple[bytes, str]] = [
    # a newer format
    (b'{"backchannel_case": 3, "score": 228}', NEWER.format(3)),
    (b'{"backchannel_case": 9, "mood": "good"}', NEWER.format(9)),
    # without a format
    (b'{"backchannel_case": "1"}', NO_FORMAT.format("'1'")),
    (b'{"backchannel_case": 1.0}', NO_FORMAT.format("1.0")),
    (b'{"backchannel_case": -1}', NO_FORMAT.format("-1")),
    (b'{"backchannel_case": true}', NO_FORMAT.format("True")),
    (b'{"backchannel_case": null}', NO_FORMAT.format("empty")),
    # not JSON
    (b"", NOT_JSON.format("''")),
    (b"my case", NOT_JSON.format("'my case'")),
    (b'{"score": 228', NOT_JSON.format("'{\"score\": 228'")),
    (b"{'score': 228}", NOT_JSON.format("\"{'score': 228}\"")),
    (b'{"score": NaN}', NOT_JSON.format("'{\"score\": NaN}'")),
    (b'{"score": -Infinity}', NOT_JSON.format("'{\"score\": -Infinity}'")),
    (b"[" * 100_000, NOT_JSON.format("'" + "[" * 56 + "...")),
    (b'{"a":' * 100_000, NOT_JSON.format("'" + ('{"a":' * 20)[:56] + "...")),
    (b'{"score": ' + b"9" * 5000 + b"}", NOT_JSON.format('\'{"score": ' + "9" * 46 + "...")),
    (b"\x89PNG\r\n\x1a\n\x00\xff", NOT_JSON.format("'bytes that are no text'")),
    (b"\xff\xfe{\x00}\x00", NOT_JSON.format("'bytes that are no text'")),
    (b"\x00\x01", NOT_JSON.format("'\\x00\\x01'")),
    # not a record
    (b"[]", NO_RECORD.format("[]")),
    (b'"score"', NO_RECORD.format("'score'")),
    (b"228", NO_RECORD.format("228")),
    (b"null", NO_RECORD.format("empty")),
    (b'[{"score": 228}]', NO_RECORD.format("[{'score': 228}]")),
    # a field with an invalid value
    (b'{"score": 1200}', "score: must be a whole number from 1 to 999, but it is 1200."),
    (b'{"score": 228.5}', "score: must be a whole number from 1 to 999, but it is 228.5."),
    (b'{"score": true}', "score: must be a whole number from 1 to 999, but it is True."),
    (b'{"score": null}', "score: must be filled in, but it is empty. Fill it in, or delete the row."),
    (b'{"score": [228]}', "score: must be a whole number from 1 to 999, but it is [228]."),
    (b'{"scripted": 2}', "scripted: must be true or false, but it is 2."),
    (b'{"needs": {"local": 1}}', "needs: must hold only language, local, track, coverage, but it holds {'local': 1}."),
    (b'{"needs": [["local"]]}', "needs: must hold only local, language, track, coverage, but it holds ['local']."),
    (
        b'{"range_low": 210}',
        (
            "range_low: must not be less than range_floor, which is 220 by default, but it is 210. "
            "Give range_floor too: 210 or less, such as 195."
        ),
    ),
    (
        b'{"backchannel_case": 1, "recommender": "self"}',
        (
            "move: direct_email is the student's own contact: it can be used only with the recommender 'self', "
            "but here the recommender is 'self' and the move is 'formal_email'."
        ),
    ),
]


@pytest.mark.parametrize(("content", "message"), BAD_FILES, ids=[repr(content[:30]) for content, _ in BAD_FILES])
def test_an_invalid_file_is_rejected_with_a_message_and_left_unchanged(tmp_path: Path, content: bytes, message: str) -> None:
    """That's so for a file that isn't a case and for one in a newer format."""
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(CaseError) as caught:
        load_case(path)
    assert str(caught.value) == message
    assert isinstance(caught.value, CaseFileError) == message.startswith("mine.json: ")
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_field_in_a_file_is_named(tmp_path: Path) -> None:
    """The error gives its name, its value and the existing fields."""
    path = tmp_path / "mine.json"
    path.write_text('{"backchannel_case": 1, "scoer": 228}', encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    fields = ", ".join(Case.fields())  # score, the most similar, comes first in any case
    assert str(caught.value) == f"scoer: isn't a field of a case (you gave 228); the fields are {fields}."


def test_a_case_with_unknown_fields_is_rejected_where_all_must_be_known() -> None:
    """The error lists them all, in the order of a case's fields."""
    content = saved_case_to_text(SavedCase(Case(), ("range_low", "sponsors_visas")))
    with pytest.raises(CaseError) as caught:
        case_from_text(content)
    assert caught.value.field == "range_low"
    assert "range_low, sponsors_visas" in str(caught.value)


def test_a_file_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    """The error for a missing file, or for a folder, gives its name and the cause."""
    for path, cause in ((tmp_path / "none.json", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(CaseFileError) as caught:
            load_case(path)
        assert str(caught.value) == f"{path.name}: could not be read: '{cause}'."


def test_a_file_that_cannot_be_written_gives_an_error(tmp_path: Path) -> None:
    """The error for a missing folder, or for a folder instead of a file, gives the name and the cause, and no file is left."""
    with pytest.raises(CaseFileError) as caught:
        save_case(Case(), tmp_path / "nowhere" / "mine.json")
    assert str(caught.value) == "mine.json: could not be written: No such file or directory. Nothing was changed."
    (tmp_path / "folder").mkdir()
    with pytest.raises(CaseFileError) as caught:
        save_case(Case(), tmp_path / "folder")
    assert str(caught.value) == "folder: could not be written: Is a directory. Nothing was changed."
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_only_a_case_can_be_saved(tmp_path: Path) -> None:
    """Anything else is rejected before any file changes."""
    with pytest.raises(CaseError) as caught:
        save_case({"score": 228}, tmp_path / "mine.json")  # type: ignore[arg-type]
    assert str(caught.value) == "case: must be a Case, but it is {'score': 228}."
    assert list(tmp_path.iterdir()) == []


def full_disk(*_: object) -> Any:
    """Fail like a call on a full disk."""
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["os.replace", "os.fsync"])
def test_a_failed_save_keeps_the_old_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str) -> None:
    """Whether the writing fails or the final step does, the old file is intact and no half-written one is left."""
    path = tmp_path / "mine.json"
    save_case(Case(score=228), path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(step, full_disk)
        with pytest.raises(CaseFileError) as caught:
            save_case(Case(score=251), path)
    assert str(caught.value) == "mine.json: could not be written: No space left on device. Nothing was changed."
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stays_until_the_new_one_is_complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By the time the new file gets the old one's name, it's complete."""
    path = tmp_path / "mine.json"
    save_case(Case(score=228), path)
    replace = os.replace

    def watch(source: str, target: Path) -> None:
        assert load_case(path).score == 228
        assert load_case(source).score == 251
        assert Path(source).parent == path.parent  # on the same disk, where renaming is atomic
        replace(source, target)

    monkeypatch.setattr("os.replace", watch)
    save_case(Case(score=251), path)
    assert load_case(path).score == 251


def test_an_interrupted_save_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Even after Ctrl+C, no unfinished file is left."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_case(Case(), tmp_path / "mine.json")
    assert list(tmp_path.iterdir()) == []


def test_the_file_format_is_still_number_2() -> None:
    """Whoever raises it has to handle files in format 2, and update the messages above."""
    assert NEWEST_FORMAT == 2


@pytest.mark.parametrize("path", ["", ".", "/", "a\0b", 3, None])
def test_something_that_is_not_a_path_is_rejected_with_a_message(path: Any) -> None:
    for use in (load_case, lambda one: save_case(Case(), one)):
        with pytest.raises(CaseError, match=r"^path: must be the name of a file"):
            use(path)


def test_an_error_about_half_an_emoji_in_a_name_can_be_printed(tmp_path: Path) -> None:
    """The field's name comes from the file, and the message about it has to reach the reader."""
    (tmp_path / "mine.json").write_bytes(b'{"backchannel_case": 1, "\\ud83dntroduced": false}')
    for load in (load_case, load_saved_case):
        with pytest.raises(CaseError, match="ntroduced: isn't a field of a case") as caught:
            load(tmp_path / "mine.json")
        assert str(caught.value).encode().startswith("\ufffdntroduced:".encode())
