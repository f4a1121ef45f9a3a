"""The command that writes a saved case's sheet, which is the same as in chapter 10, unknown fields included."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from backchannel_lib.cli.main import main

SAVED = """{"backchannel_case": 2, "failed_attempts": 1, "interviews_failures": "unknown", "recommender": "trusted_peer",
"move": "flag_explanation", "specifics": true, "addresses_flag": true, "sheet_name": "Zoë", "sheet_topics": "img"}"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A case saved in chapter 10."""
    file = tmp_path / "my_case.json"
    file.write_text(SAVED, encoding="utf-8")
    return file


def test_the_sheet_is_printed_as_text(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has the range, the given moment and what was saved for the sheet, and no file is written."""
    assert main(["sheet", str(saved), "--text", "--program", "Mercy"]) == 0
    output = capsys.readouterr().out
    for words in ("Between Declined and Maybe", "Name: Zoë", "Program: Mercy", "interview IMGs"):
        assert words in output
    assert list(saved.parent.iterdir()) == [saved]


def test_the_given_moment_is_when_the_contact_happens(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After SOAP everything is allowed, and the case is judged in that phase."""
    assert main(["sheet", str(saved), "--text", "--at", "2027-04-01T09:00"]) == 0
    output = capsys.readouterr().out
    assert "THE NRMP'S RULE\nAllowed until Monday, March 13, 2028, 10:00 am ET\n" in output
    assert "Skimmed" in output
    assert "contact you have in mind" not in output


def test_the_page_is_written_beside_the_case(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints its path."""
    assert main(["sheet", str(saved)]) == 0
    page = saved.with_suffix(".html")
    assert str(page) in capsys.readouterr().out
    assert "Between Declined and Maybe" in page.read_text(encoding="utf-8")


def test_a_field_that_has_to_be_known_is_rejected_with_a_message(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a word that isn't a field, nothing is written."""
    assert main(["sheet", str(saved), "--unknown", "mood"]) == 1
    assert "mood" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "encoding"), [("Zo\\ud83d", "utf-8"), ("\u674e", "cp1252"), ("\u674e", "ascii")])
def test_an_unprintable_character_costs_only_that_character(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, encoding: str
) -> None:
    """The rest is printed despite half an emoji in the file, or a name with letters that the terminal lacks."""
    case = tmp_path / "mine.json"
    case.write_text(f'{{"score": 228, "sheet_name": "{name}"}}', encoding="utf-8")
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding=encoding))
    assert main(["sheet", str(case), "--text"]) == 0
    sys.stdout.flush()
    assert b"QUESTIONS FOR" in printed.getvalue()
