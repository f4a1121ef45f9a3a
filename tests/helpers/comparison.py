"""Comparisons of the library's answers with the plain rules; each fails with the case for which the two differ."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd

from backchannel_lib import Case, judge, judge_frame, judge_open, phase_at, rules_check, what_would_change
from tests.helpers import plain_rules
from tests.helpers.cases import STAGES

#: Fields with few values: the plain rules try all of them, so only these can be unknown together.
FEW_VALUES: Final = sorted(set(Case.fields()) - {"score", "range_low", "range_floor", "intensity", "needs", "offers"})
MANY_VALUES: Final = ("score", "range_low", "range_floor", "intensity", "needs", "offers")


def some_unknown(chance: random.Random) -> list[str]:
    """Draw fields that are unknown: up to three with few values, or one with many."""
    if chance.randrange(4) == 0:
        return [chance.choice(MANY_VALUES)]
    return chance.sample(FEW_VALUES, chance.randint(0, 3))


def check_frame(some: Sequence[Case], reading: str | None) -> None:
    """Compare the verdict and the caps of every row of a frame."""
    judged = judge_frame(pd.DataFrame([case.to_record() for case in some]), reading)
    for case, found in zip(some, judged[["verdict", *STAGES]].to_numpy().tolist(), strict=True):
        plain = plain_rules.answer(case.__dict__, reading)
        assert found == [plain.verdict, *plain.caps.values()], (case, reading)


def check_judgment(case: Case, reading: str | None) -> None:
    """Compare verdict, caps, limiting links and rules of one case, and what the NRMP's rule says about it."""
    plain = plain_rules.answer(case.__dict__, reading)
    judgment = judge(case, reading)
    assert int(judgment.verdict) == plain.verdict, (case, reading)
    assert {link: int(cap) for link, cap in judgment.caps.items()} == plain.caps, (case, reading)
    assert set(judgment.binding) == plain.limiting, (case, reading)
    found = {reason.stage: {reason.rule, *(other.rule for other in reason.also)} for reason in judgment.reasons}
    assert found == plain.rules, (case, reading)
    assert rules_check(case).answer == plain_rules.allowed(case.__dict__), case


def check_moment(when: datetime, case: Case, reading: str | None) -> None:
    """Compare the phase at a moment, and what the NRMP's rule says about a contact then."""
    assert phase_at(when, reading) == plain_rules.phase(when, reading), (when, reading)
    assert rules_check(case, when).answer == plain_rules.allowed(case.__dict__, when), (when, case)


def check_open(case: Case, unknown: Sequence[str], reading: str | None) -> None:
    """Compare the possible verdicts, their examples, and what each answer about an unknown field leaves."""
    about = (case, unknown, reading)
    judgment = judge_open(case, unknown, reading)
    assert {int(verdict) for verdict in judgment.verdicts} == plain_rules.open_verdicts(case.__dict__, unknown, reading), about
    for verdict, example in judgment.examples.items():
        assert plain_rules.answer(example.__dict__, reading).verdict == verdict, about
        assert all(getattr(example, name) == getattr(case, name) for name in Case.fields() if name not in unknown), about
    for name in unknown:
        plain = plain_rules.left_by(case.__dict__, unknown, name, reading)
        if name not in judgment.worth_asking:
            assert all(left == judgment.verdicts for left in plain.values()), (name, about)
            continue
        answers = judgment.worth_asking[name]
        for value, expected in plain.items():
            (found,) = [left for said, left in answers.items() if (value in said if isinstance(said, range) else value == said)]
            assert found == expected, (name, value, about)


def check_promises(case: Case, reading: str | None) -> None:
    """Compare what each change on offer promises with what the plain rules say of the changed case."""
    for change in what_would_change(case, reading=reading):
        plain = plain_rules.answer(change.case.__dict__, reading)
        assert plain.verdict == change.verdict, (case, reading, change.remedies)
        assert plain.verdict > plain_rules.answer(case.__dict__, reading).verdict, (case, reading, change.remedies)
        assert change.rules.answer == plain_rules.allowed(change.case.__dict__), (case, reading, change.remedies)
