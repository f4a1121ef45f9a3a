"""The class command: a class of sixty gets its sheets despite mistakes in the list, and an interrupted run picks up again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib.base.spreadsheet import read_sheet
from backchannel_lib.cli import class_list
from backchannel_lib.cli.main import main
from tests.helpers.classes import LEFT_OUT, MISTAKES, write_tables
from tests.helpers.signals import HEEDS_SIGNALS

AT = "2027-02-01T09:00"


def run(folder: Path, *more: str, kind: str = "csv") -> int:
    """Write the tables into a folder if they are missing, and run the command on them."""
    files = [folder / f"{name}.{kind}" for name in ("students", "programs")]
    if not files[0].exists():
        write_tables(folder, kind)
    return main(["class", str(files[0]), "--programs", str(files[1]), "--out", str(folder / "out"), "--at", AT, *more])


def cells_of(file: Path) -> list[tuple[str, ...]]:
    """Return the rows of a written table, without its header."""
    return [cells for _, cells in read_sheet(file.read_bytes()).rows]


@pytest.fixture
def judged_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the students in the order in which they are judged."""
    names: list[str] = []
    judge = class_list.judge_student

    def judge_student(student: Any, now: datetime | None = None) -> Any:
        names.append(student.name)
        return judge(student, now)

    monkeypatch.setattr(class_list, "judge_student", judge_student)
    return names


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_class_of_sixty_gets_its_sheets_despite_mistakes(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """There's a sheet for every student whose row can be read, a row for every contact, and every mistake with its location."""
    assert run(tmp_path, kind=kind) == 0
    out = tmp_path / "out"
    page = (out / "students.html").read_text(encoding="utf-8")
    assert page.count("<article") == page.count('href="#student-') == 60 - LEFT_OUT
    assert "http" not in re.sub(r"=HYPERLINK\(.*?\)", "", page)
    problems = cells_of(out / "problems.csv")
    assert {(int(row), column, value) for table, row, column, value, _ in problems if "students" in table} == {*MISTAKES}
    assert [row[1:4] for row in problems if "programs" in row[0]] == [("6", "Range low", "2x8")]
    names = {row[0] for row in cells_of(out / "class.csv")}
    assert len(names) == 60 - LEFT_OUT
    assert "'=HYPERLINK" in (out / "class.csv").read_text(encoding="utf-8")
    summary = (out / "class.html").read_text(encoding="utf-8")
    for words in ("Who should hear from whom", "too many", "Which links are most often weakest", "What to fix", "24l"):
        assert words in summary
    printed = capsys.readouterr()
    assert str(out / "students.html") in printed.out
    assert f"{60 - LEFT_OUT} of {60 - LEFT_OUT} students" in printed.err
    assert not any(name in printed.out + printed.err for name in names)


def test_only_the_owner_can_read_the_results(tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text("Name,Score\nAvery,251\n", encoding="utf-8")
    assert main(["class", str(tmp_path / "students.csv"), "--out", str(tmp_path / "out")]) == 0
    if os.name == "posix":
        assert {path.stat().st_mode & 0o077 for path in [tmp_path / "out", *(tmp_path / "out").iterdir()]} == {0}


def test_an_interrupted_run_picks_up_where_it_left_off(
    tmp_path: Path, judged_names: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Finished students are skipped, only changed rows are redone, and the files are the same as after an uninterrupted run."""
    students, out = tmp_path / "students.csv", tmp_path / "out"
    rows = [f"Student {letter},{score},known dean" for letter, score in zip("ABCDEFGH", range(230, 270, 5), strict=True)]

    def again(*rows: str) -> int:
        judged_names.clear()
        students.write_text("\n".join(["Name,Score,Caller", *rows]) + "\n", encoding="utf-8")
        return main(["class", str(students), "--out", str(out), "--at", AT])

    article = class_list.student_article

    def stop_after_five(name: str, judged: Any) -> Any:
        if len(judged_names) == 5:
            raise KeyboardInterrupt
        return article(name, judged)

    monkeypatch.setattr(class_list, "student_article", stop_after_five)
    assert again(*rows) == 130
    assert re.findall("Stopped[^.]*", capsys.readouterr().err) == ["Stopped after 4 of 8 students"]
    assert not (out / "students.html").exists()
    monkeypatch.setattr(class_list, "student_article", article)
    done = out / class_list.DONE_FILE
    done.write_text(done.read_text(encoding="utf-8")[:-100], encoding="utf-8")  # the last line was cut off
    assert again(*rows) == 0
    assert judged_names == [f"Student {letter}" for letter in "DEFGH"]
    resumed = {path.name: path.read_bytes() for path in out.iterdir()}
    assert again(*rows[:6], rows[6].replace("260", "261")) == 0
    assert judged_names == ["Student G"]
    assert "Student H" not in done.read_text(encoding="utf-8")  # nothing is kept about a student who was removed from the list
    out.rename(tmp_path / "before")
    assert again(*rows) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == resumed


@pytest.mark.parametrize("change", ["program", "moment", "library"])
def test_a_sheet_is_remade_when_something_it_depends_on_changes(
    tmp_path: Path, judged_names: list[str], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """That's a program's policy, the phase of Match Week or the rules themselves, but not the time of day."""
    (tmp_path / "students.csv").write_text("Name,Score,Program\nAvery,251,Mercy\nBlake,240,Lakeside\n", encoding="utf-8")
    programs = tmp_path / "programs.csv"
    programs.write_text("Name,Range low\nMercy,230\nLakeside,230\n", encoding="utf-8")
    assert run(tmp_path, "--at", "2027-03-15T08:00") == run(tmp_path, "--at", "2027-03-15T08:30") == 0
    assert judged_names == ["Avery", "Blake"]
    again = ["Avery", "Blake"]
    at = "2027-03-15T08:30"
    if change == "program":
        programs.write_text("Name,Range low\nMercy,230\nLakeside,231\n", encoding="utf-8")
        again = ["Blake"]
    elif change == "moment":
        at = "2027-03-15T10:00"
    else:
        monkeypatch.setattr(class_list, "library_hash", lambda: "another")
    assert run(tmp_path, "--at", at) == 0
    assert judged_names == ["Avery", "Blake", *again]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows sends no signal to one process")
def test_ctrl_c_stops_the_run_and_keeps_the_results_so_far(tmp_path: Path) -> None:
    """It prints a sentence instead of a traceback."""
    write_tables(tmp_path, "csv")
    command = ["class", "students.csv", "--programs", "programs.csv", "--out", "out", "--at", AT]
    program = [sys.executable, "-c", HEEDS_SIGNALS, "-m", "backchannel_lib.cli", *command]
    process = subprocess.Popen(program, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    done = tmp_path / "out" / class_list.DONE_FILE
    while process.poll() is None and not (done.exists() and done.read_text(encoding="utf-8").count("\n") > 3):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in printed) == (130, False)
    assert re.search(r"Stopped after \d+ of 54 students\. Run the same command", printed)
    assert all(len(json.loads(line)) == 3 for line in done.read_text(encoding="utf-8").splitlines() if line)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.csv"], "could not be read"),
        (["students.csv", "--at", "Monday"], "must be a date and time"),
        (["students.csv"], "column name: is missing"),
        (["empty.csv"], "column name: is missing"),
        (["programs.csv", "--programs", "students.csv"], "students.csv has none of the columns we recognize"),
    ],
)
def test_the_command_says_in_a_sentence_why_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("students.csv").write_text("Score,Caller\n251,self\n", encoding="utf-8")
    Path("programs.csv").write_text("Name,Score\nAvery,251\n", encoding="utf-8")
    Path("empty.csv").write_text("\n", encoding="utf-8")
    assert main(["class", *arguments, "--out", "out"]) == 1
    assert words in capsys.readouterr().err
    assert not Path("out").exists()
