"""Measures how many problems the reply checker finds in four sets of fictional emails, and how many false alarms it raises.

    .venv/bin/python -m benchmarks.reply_checker [--against COMMIT] [--set tuning|heldout|fresh|untouched] [--list]

`letters_tuning.toml` was used to develop the phrases. `letters_heldout.toml` was written beforehand and set aside, but the
author of the phrases knew it. `letters_fresh.toml` was written after the phrases were finished, and later used to add more. No
phrase comes from `letters_untouched.toml`, so it's the best estimate for new emails.

With `--against`, another commit's checker reads the same letters in a separate Python process.
`--list` names each missed problem and each false alarm.
"""
# ruff: noqa: INP001, S603, T201 (a standalone command that starts only Python and git, and prints to a terminal)

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LETTERS = ROOT / "tests" / "activities" / "reply"
SETS = ("tuning", "heldout", "fresh", "untouched")

#: Reads letters as JSON from its input, and prints the ids of the findings in each.
READ = """
import json, sys
sys.path.insert(0, sys.argv[1])
from backchannel_lib.activities.reply.findings import check_reply
letters = json.load(sys.stdin).items()
print(json.dumps({name: [found.finding for found in check_reply(text).findings] for name, text in letters}))
"""


class Figures(NamedTuple):
    """A checker's counts for a set of letters."""

    found: int
    problems: int
    alarms: int
    harmless: int
    alarms_elsewhere: int  # wrong findings in letters that have other problems

    @property
    def line(self) -> str:
        """The counts as one line of the table."""
        share = f"{100 * self.found / self.problems:.0f}%"
        rate = f"{10 * self.alarms / self.harmless:.1f} per 10"
        return f"{self.found:3}/{self.problems} {share:>5}{self.alarms:9} ({rate}){self.alarms_elsewhere:12}"


def load_letters(name: str) -> list[dict[str, object]]:
    """Return the letters of a set."""
    letters: list[dict[str, object]] = tomllib.loads((LETTERS / f"letters_{name}.toml").read_text(encoding="utf-8"))["letter"]
    return letters


def read_by(folder: Path, letters: Iterable[Mapping[str, object]]) -> dict[str, list[str]]:
    """Run the checker from a folder on letters, in a separate Python process; return the ids of its findings by letter."""
    texts = {str(letter["id"]): letter["text"] for letter in letters}
    command = [sys.executable, "-c", READ, str(folder)]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True, cwd=folder)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def figures(letters: Iterable[Mapping[str, object]], found: Mapping[str, Iterable[str]]) -> Figures:
    """Count the problems found and the false alarms."""
    right = problems = alarms = harmless = elsewhere = 0
    for letter in letters:
        expected, reported = set(letter["problems"]), set(found[str(letter["id"])])  # type: ignore[call-overload]
        right += len(expected & reported)
        problems += len(expected)
        harmless += not expected
        alarms += 0 if expected else len(reported)
        elsewhere += len(reported - expected) if expected else 0
    return Figures(right, problems, alarms, harmless, elsewhere)


def main() -> None:
    """Print a line for each set and checker."""
    parser = argparse.ArgumentParser(description="Measure the reply checker on made-up emails.")
    parser.add_argument("--against", metavar="COMMIT", help="also run the checker of another commit on the same letters")
    parser.add_argument("--set", choices=SETS, action="append", help="only this set")
    parser.add_argument("--list", action="store_true", help="list what was missed and the false alarms")
    args = parser.parse_args()
    checkers = {"this checker": ROOT}
    with tempfile.TemporaryDirectory() as folder:
        if args.against:
            command = ["git", "archive", args.against, "backchannel_lib", "data"]
            with tarfile.open(
                fileobj=BytesIO(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
            ) as archive:
                archive.extractall(folder, filter="data")
            checkers = {args.against: Path(folder), **checkers}
        print(f"{'set':9}{'checker':14}{'problems found':>15}{'false alarms in harmless letters':>34}{'in others':>11}")
        for name in args.set or SETS:
            letters = load_letters(name)
            for checker, place in checkers.items():
                found = read_by(place, letters)
                print(f"{name:9}{checker:14}{figures(letters, found).line}")
                for letter in letters if args.list else ():
                    missed = set(letter["problems"]) - set(found[str(letter["id"])])  # type: ignore[call-overload]
                    wrong = set(found[str(letter["id"])]) - set(letter["problems"])  # type: ignore[call-overload]
                    if missed or wrong:
                        print(f"    {letter['id']}: missed {sorted(missed)}, false {sorted(wrong)}")


if __name__ == "__main__":
    main()
