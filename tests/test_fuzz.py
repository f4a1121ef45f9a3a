"""The targets of tests/fuzz.py work: a few inputs each, and each notices a wrong answer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from backchannel_lib import CaseError
from backchannel_lib.activities.saved_answers import FOLDER
from backchannel_lib.workshop.own_cases.model import CASES
from backchannel_lib.workshop.own_cases.questions import QUESTIONS
from backchannel_lib.workshop.own_cases.scenes import SCENES
from tests.helpers import fuzz_targets, plain_rules
from tests.helpers.fuzz_targets import READERS, TARGETS, damage, read_bytes


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_few_inputs_of_each_target_are_answered_rightly(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    for number in range(3):
        TARGETS[name].try_one(random.Random(f"{name} 1:{number}"))  # noqa: S311 - test data


@pytest.mark.parametrize("name", READERS)
def test_each_reader_takes_its_file_as_it_is(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Otherwise damaged files would all be refused at once, and nothing would be tried."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    READERS[name][1](READERS[name][0])
    reads = {"own cases": CASES.read, "own scenes": SCENES.read, "own questions": QUESTIONS.read}
    if name in reads:
        assert reads[name](READERS[name][0]).problems == ()


def test_a_damaged_file_differs_and_is_the_same_for_the_same_seed() -> None:
    content = READERS["case file"][0]
    damaged = [damage(random.Random(seed), content) for seed in range(20)]  # noqa: S311 - test data
    assert len(set(damaged)) > 15
    assert damaged == [damage(random.Random(seed), content) for seed in range(20)]  # noqa: S311 - test data


@pytest.mark.parametrize("name", ["cases", "frames", "open", "plans"])
def test_a_wrong_verdict_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the two accounts of the rules differ anywhere, the targets that judge say so within a few inputs."""
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


def test_an_error_that_is_none_of_the_librarys_own_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(content: bytes) -> None:
        raise KeyError(content)

    def refuses(content: bytes) -> None:
        raise CaseError("score", "range", 0, low=1, high=999)

    monkeypatch.setattr(fuzz_targets, "READERS", {"one": (b"", stumbles), "two": (b"", refuses)})
    with pytest.raises(KeyError):
        read_bytes("one", b"x")
    read_bytes("two", b"x")
