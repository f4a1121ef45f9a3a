"""The targets of tests/fuzz.py accept right answers and notice wrong ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from backchannel_lib import CaseError
from backchannel_lib.activities.saved_answers import FOLDER
from backchannel_lib.workshop.own_cases.cases import CASES, SCENES
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from tests.helpers import fuzz_targets, plain_rules
from tests.helpers.fuzz_targets import READERS, TARGETS, damage, read_bytes


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_few_inputs_of_each_target_get_the_right_answers(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    for number in range(3):
        TARGETS[name].try_one(random.Random(f"{name} 1:{number}"))  # noqa: S311 - test data


@pytest.mark.parametrize("name", READERS)
def test_each_reader_accepts_its_undamaged_file(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Otherwise all damaged files would be rejected early, and nothing much would be tested."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    READERS[name][1](READERS[name][0])
    reads = {"own cases": CASES.read, "own scenes": SCENES.read, "own questions": QUESTIONS.read}
    if name in reads:
        assert reads[name](READERS[name][0]).problems == ()


def test_damage_changes_a_file_and_is_the_same_for_the_same_seed() -> None:
    content = READERS["case file"][0]
    damaged = [damage(random.Random(seed), content) for seed in range(20)]  # noqa: S311 - test data
    assert len(set(damaged)) > 15
    assert damaged == [damage(random.Random(seed), content) for seed in range(20)]  # noqa: S311 - test data


@pytest.mark.parametrize("name", ["cases", "frames", "open", "plans"])
def test_a_wrong_verdict_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the two implementations of the rules differ, the targets that judge say so within a few inputs."""
    answer = plain_rules.answer

    def off_by_one(case: plain_rules.Facts, reading: str | None = None) -> plain_rules.PlainAnswer:
        right = answer(case, reading)
        return right._replace(verdict=right.verdict + (right.verdict > 1))

    monkeypatch.setattr(plain_rules, "answer", off_by_one)

    def try_a_hundred() -> None:
        for number in range(100):
            TARGETS[name].try_one(random.Random(number))  # noqa: S311 - test data

    with pytest.raises(AssertionError):
        try_a_hundred()


def test_an_error_that_is_not_the_librarys_own_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(content: bytes) -> None:
        raise KeyError(content)

    def refuses(content: bytes) -> None:
        raise CaseError("score", "range", 0, low=1, high=999)

    monkeypatch.setattr(fuzz_targets, "READERS", {"one": (b"", stumbles), "two": (b"", refuses)})
    with pytest.raises(KeyError):
        read_bytes("one", b"x")
    read_bytes("two", b"x")
