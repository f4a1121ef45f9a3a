"""Saved cases: they load as saved, other files get an error, and no file is ever half written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from backchannel_lib import Case, CaseError, CaseFileError, load_case, load_saved_case, save_case
from backchannel_lib.model.case_files import NEWEST_FORMAT, SavedCase, case_from_text, case_to_text, saved_case_to_text
from tests.helpers.cases import cases

NOT_JSON = "mine.json: is not a case file: it does not contain readable JSON. It begins with {}. It was left as it is."
NO_RECORD = "mine.json: is not a case file: it should hold one record with named fields, but it holds {}. It was left as it is."
NO_FORMAT = "mine.json: does not say which format it has: a whole number was expected, but it says {}. It was left as it is."
NEWER = "mine.json: was saved by a newer version of this workbook (format {}; this one reads up to 2), so it was left as it is."


@given(case=cases())
def test_a_case_goes_through_its_text_unchanged(case: Case) -> None:
    """A case's file is JSON, names its format, and loads as the same case."""
    text = case_to_text(case)
    assert case_from_text(text) == case
    assert json.loads(text) == {"backchannel_case": 1, **case.to_record()}
    assert text.endswith("}\n")


def test_a_case_goes_through_a_file_unchanged(tmp_path: Path) -> None:
    """A saved case loads unchanged, from a path as text or as an object, and a second save replaces the first."""
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
        ('{"score": 228}', Case(score=228)),  # a bare record, older than the format's number
        ('{"backchannel_case": 0, "score": 228}', Case(score=228)),
        ('{"backchannel_case": 1}', Case()),
        ('{"backchannel_case": 1, "needs": "local|track"}', Case(needs={"local", "track"})),
        ('{"needs": ["local", "track"], "offers": []}', Case(needs={"local", "track"})),
        ('{"track_record": null, "score": 251.0}', Case(score=251)),
        ('{"score": "251", "scripted": "true", "track_record": ""}', Case(score=251, scripted=True)),
    ],
)
def test_an_older_file_loads(tmp_path: Path, text: str, case: Case) -> None:
    """A bare record, an older format, and a file without newer fields load with defaults for what is missing."""
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="utf-8")
    assert load_case(path) == case


def test_every_field_may_be_missing(tmp_path: Path) -> None:
    """A file from before any one field existed loads with that field's default."""
    case = Case(score=228, specifics=True, needs={"local"})
    for name, field in Case.fields().items():
        record = {key: value for key, value in case.to_record().items() if key != name}
        assert case_from_text(json.dumps(record)) == case.replace(**{name: field.default})


BAD_FILES: list[tuple[bytes, str]] = [
    # a newer format
    (b'{"backchannel_case": 3, "score": 228}', NEWER.format(3)),
    (b'{"backchannel_case": 9, "mood": "good"}', NEWER.format(9)),
    # no format
    (b'{"backchannel_case": "1"}', NO_FORMAT.format("'1'")),
    (b'{"backchannel_case": 1.0}', NO_FORMAT.format("1.0")),
    (b'{"backchannel_case": -1}', NO_FORMAT.format("-1")),
    (b'{"backchannel_case": true}', NO_FORMAT.format("True")),
    (b'{"backchannel_case": null}', NO_FORMAT.format("empty")),
    # no JSON
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
    # no record
    (b"[]", NO_RECORD.format("[]")),
    (b'"score"', NO_RECORD.format("'score'")),
    (b"228", NO_RECORD.format("228")),
    (b"null", NO_RECORD.format("empty")),
    (b'[{"score": 228}]', NO_RECORD.format("[{'score': 228}]")),
    # a field that breaks its rule
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
            "move: direct_email is the student's own contact: it goes with the recommender self and with nobody else, "
            "but here the recommender is 'self' and the move is 'formal_email'."
        ),
    ),
]


@pytest.mark.parametrize(("content", "message"), BAD_FILES, ids=[repr(content[:30]) for content, _ in BAD_FILES])
def test_a_bad_file_is_refused_in_words_and_left_as_it_is(tmp_path: Path, content: bytes, message: str) -> None:
    """A file that isn't a case, or has a newer format, gets a complete sentence and doesn't change by a byte."""
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(CaseError) as caught:
        load_case(path)
    assert str(caught.value) == message
    assert isinstance(caught.value, CaseFileError) == message.startswith("mine.json: ")
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_field_of_a_file_is_named(tmp_path: Path) -> None:
    """The error for a field that does not exist gives its name, its value, and the existing fields."""
    path = tmp_path / "mine.json"
    path.write_text('{"backchannel_case": 1, "scoer": 228}', encoding="utf-8")
    with pytest.raises(CaseError) as caught:
        load_case(path)
    fields = ", ".join(Case.fields())  # score, the most similar, comes first in any case
    assert str(caught.value) == f"scoer: isn't a field of a case (you gave 228); the fields are {fields}."


def test_a_case_with_unknown_fields_is_refused_where_all_must_be_known() -> None:
    """The first of them is named, and all are listed, in the order of a case's fields."""
    content = saved_case_to_text(SavedCase(Case(), ("range_low", "sponsors_visas")))
    with pytest.raises(CaseError) as caught:
        case_from_text(content)
    assert caught.value.field == "range_low"
    assert "range_low, sponsors_visas" in str(caught.value)


def test_a_file_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    """A missing file, or a folder, gets an error with its name and the cause."""
    for path, cause in ((tmp_path / "none.json", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(CaseFileError) as caught:
            load_case(path)
        assert str(caught.value) == f"{path.name}: could not be read: '{cause}'."


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Saving into a missing folder, or over a folder, gets an error with its name and the cause, and leaves nothing behind."""
    with pytest.raises(CaseFileError) as caught:
        save_case(Case(), tmp_path / "nowhere" / "mine.json")
    assert str(caught.value) == "mine.json: could not be written: No such file or directory. Nothing was changed."
    (tmp_path / "folder").mkdir()
    with pytest.raises(CaseFileError) as caught:
        save_case(Case(), tmp_path / "folder")
    assert str(caught.value) == "folder: could not be written: Is a directory. Nothing was changed."
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_only_a_case_is_saved(tmp_path: Path) -> None:
    """Anything other than a case is rejected before a file changes."""
    with pytest.raises(CaseError) as caught:
        save_case({"score": 228}, tmp_path / "mine.json")  # type: ignore[arg-type]
    assert str(caught.value) == "case: must be a Case, but it is {'score': 228}."
    assert list(tmp_path.iterdir()) == []


def refuse(*_: object) -> Any:
    """Fail like a call on a full disk."""
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", ["os.replace", "os.fsync"])
def test_a_save_that_fails_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str) -> None:
    """If writing or the last step of a save fails, the old file is complete and no half-written one is left."""
    path = tmp_path / "mine.json"
    save_case(Case(score=228), path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(step, refuse)
        with pytest.raises(CaseFileError) as caught:
            save_case(Case(score=251), path)
    assert str(caught.value) == "mine.json: could not be written: No space left on device. Nothing was changed."
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_new_one_is_complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When the new file takes over the old one's name, it is already complete."""
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


def test_a_save_that_is_broken_off_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever interrupts a save, even Ctrl+C, no unfinished file is left."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_case(Case(), tmp_path / "mine.json")
    assert list(tmp_path.iterdir()) == []


def test_the_format_is_the_one_that_is_written_here() -> None:
    """The messages above mention format 2; raising it means handling older files, too."""
    assert NEWEST_FORMAT == 2


@pytest.mark.parametrize("path", ["", ".", "/", "a\0b"])
def test_what_names_no_file_is_refused_by_that(path: str) -> None:
    for use in (load_case, lambda one: save_case(Case(), one)):
        with pytest.raises(CaseError, match=r"^path: must be the name of a file"):
            use(path)


def test_an_error_about_half_an_emoji_in_a_name_can_be_printed(tmp_path: Path) -> None:
    """The name of a field comes from the file, and the sentence about it has to reach the reader."""
    (tmp_path / "mine.json").write_bytes(b'{"backchannel_case": 1, "\\ud83dntroduced": false}')
    for load in (load_case, load_saved_case):
        with pytest.raises(CaseError, match="ntroduced: isn't a field of a case") as caught:
            load(tmp_path / "mine.json")
        assert str(caught.value).encode().startswith("\ufffdntroduced:".encode())
