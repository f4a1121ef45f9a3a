"""Changes to a case with unknown fields: which are left out because part of them does as much, and their order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backchannel_lib import Case, Changes, Verdict, what_would_change
from backchannel_lib.model import open_changes as module
from backchannel_lib.model.open_changes import open_changes
from backchannel_lib.model.possible import worst_and_best
from backchannel_lib.model.remedies import order_of
from tests.helpers.cases import ALL_CLEAR, CALLERS

PROVEN = Case(recommender="known_dean", specifics=True)


@pytest.mark.parametrize(
    ("case", "unknown", "part", "another", "offered"),
    [
        (Case(scripted=True), "range_low", "own_words", "raise_score", False),  # it adds nothing
        (Case(recommender="trusted_peer"), "lists_open", "give_specifics", "start_a_year_early", True),  # better at worst
        (Case(recommender="known_dean"), "track_record", "give_specifics", "ask_unburned_caller", True),  # but not at best
        (Case(), "range_low", "ask_proven_dean", "give_specifics", True),  # better at worst and at best
        (PROVEN, "range_low track_record", "ask_trusted_peer", "second_call", True),  # better at best, as good at worst
    ],
)
def test_another_act_is_left_out_if_one_does_as_much_without_it(
    case: Case, unknown: str, part: str, another: str, offered: bool
) -> None:
    """Both sets are smallest ones, for the worst case or the best."""
    names = unknown.split()
    candidates = {frozenset(each.remedies) for one in worst_and_best(case, names) for each in what_would_change(one)}
    assert {frozenset({part}), frozenset({part, another})} <= candidates
    found = {frozenset(one.change.remedies) for one in open_changes(case, names).changes}
    assert frozenset({part}) in found
    assert (frozenset({part, another}) in found) == offered


def test_among_changes_alike_in_everything_else_the_one_that_leads_further_comes_first() -> None:
    """What counts first is the order of changes to a case without unknown fields."""
    told_apart = 0
    for caller in CALLERS:
        for unknown in (["range_low"], ["track_record"], ["lists_open"], ["range_low", "lists_open"]):
            for case in (Case(recommender=caller), Case(recommender=caller, specifics=True, score=228)):
                keys = [(order_of(one.change), 8 - one.found.highest) for one in open_changes(case, unknown).changes]
                assert keys == sorted(keys)
                told_apart += len({order for order, _ in keys}) < len(set(keys))
    assert told_apart


def test_a_set_that_does_worse_than_a_part_of_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our acts don't get in each other's way like this, but a table's could."""
    case = Case(recommender="trusted_peer")
    (change, *_) = what_would_change(case)
    far = replace(change, remedies=("own_words",), case=Case(**ALL_CLEAR))
    less_far = replace(change, remedies=("own_words", "give_specifics"), case=case.replace(specifics=True))
    monkeypatch.setattr(module, "what_would_change", lambda one, reading: Changes((less_far, far), Verdict.FILE_READ))
    (one,) = open_changes(case, ["sponsors_visas"]).changes
    assert (one.change.remedies, one.found.lowest, one.found.highest) == (far.remedies, 8, 8)
    monkeypatch.setattr(module, "what_would_change", lambda one, reading: Changes((less_far,), Verdict.FILE_READ))
    assert [one.change.remedies for one in open_changes(case, ["sponsors_visas"]).changes] == [less_far.remedies]
