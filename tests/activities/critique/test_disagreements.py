"""The places where the article disagrees with itself or with the rule: chosen and guessed before anything is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from backchannel_lib import READINGS, Verdict, judge
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.critique.collisions import Collisions
from backchannel_lib.activities.critique.disagreements import GUESSES, Disagreements
from backchannel_lib.activities.critique.model import collisions, disagreements
from backchannel_lib.activities.registry import activity_of
from backchannel_lib.activities.tables import load_reading_cases
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import say
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import load_assumptions

PLACES = list(Disagreements(activity_of("disagreements").part).places)  # type: ignore[attr-defined]


def opened() -> Disagreements:
    """Give the places at their beginning."""
    activity = activity_of("disagreements")
    assert isinstance(activity, Disagreements)
    return activity


def act(activity: Activity[Any], **message: Any) -> dict[str, Any]:
    """Let the reader act, and give the first answer."""
    return next(iter(activity.handle({**message, "seq": 1, "view": "v"})))


def at(choice: str, pick: str, guess: str) -> Disagreements:
    """Give the places with one of them chosen, guessed and seen."""
    activity = opened()
    for _ in range(PLACES.index(choice)):
        act(activity, do="next")
    act(activity, do="set", field=f"{choice}_pick", value=pick)
    act(activity, do="set", field=f"{choice}_guess", value=guess)
    act(activity, do="see")
    return activity


def test_each_place_where_the_article_leaves_room_is_asked_about_once() -> None:
    """The places are those of the readings, in their order, each with a case of its own and the reason for our choice."""
    assert [entry.choice for entry in disagreements()] == PLACES
    assert [row.reading for row in load_reading_cases()] == [entry.reading for entry in disagreements()]
    for choice in PLACES:
        assert say(f"disagree_why.{choice}")
        assert set(opened().ways(choice)) == {name for name, reading in READINGS.items() if reading.choice == choice}


def test_the_order_of_the_two_ways_does_not_tell_which_is_ours() -> None:
    """Ours stands first at some places and second at others."""
    activity = opened()
    assert {activity.ways(choice).index(activity.ours[choice]) for choice in PLACES} == {0, 1}


@pytest.mark.parametrize("choice", PLACES)
def test_nothing_is_told_of_a_place_before_both_questions_are_answered(choice: str) -> None:
    """Neither page nor parts hold our reading's reason or an outcome, and asking too early gets a kind request."""
    activity = opened()
    for _ in range(PLACES.index(choice)):
        act(activity, do="next")
    for field, value in (("pick", "open"), ("guess", "one")):
        assert act(activity, do="see")["notice"] == say("disagree.both_first")
        whole = activity.page() + json.dumps({**activity.parts(activity.state), **activity.later_parts(activity.state)})
        assert say(f"disagree_why.{choice}") not in whole
        assert say(f"reading_case.{activity.cases[choice].reading}") not in whole
        assert say("disagree.ours") + "<" not in whole
        act(activity, do="set", field=f"{choice}_{field}", value=value)
    assert act(activity, do="see")["focus"] == f"told.{choice}"
    assert say(f"disagree_why.{choice}") in activity.parts(activity.state)[f"told.{choice}"]


@pytest.mark.parametrize("choice", PLACES)
def test_the_case_of_a_place_hangs_on_it(choice: str) -> None:
    """The case comes out otherwise under the other reading, both verdicts stand there, and so does the rule's answer."""
    activity = opened()
    ours, other, check = activity.outcome(choice)
    assert ours != other
    told = at(choice, "open", "none")
    body = told.parts(told.state)[f"told.{choice}"]
    for words in (ours.words, other.words, check.words):
        assert f">{words}<" in body


@pytest.mark.parametrize(
    ("choice", "ours", "other", "answer"),
    [
        ("levers", "SKIMMED", "IGNORED", "not_allowed"),
        ("failures", "DECLINED", "MAYBE", "not_allowed"),
        ("callers", "SKIMMED", "FILE_READ", "not_allowed"),
        ("scripted", "IGNORED", "SKIMMED", "not_allowed"),
        ("vouch", "FILE_READ", "PHONE_INTERVIEW", "not_allowed"),
        ("friday", "OFFER_IN_PLAY", "SKIMMED", "allowed"),
    ],
)
def test_what_each_case_comes_to(choice: str, ours: str, other: str, answer: str) -> None:
    """Under both readings each case gets the verdict that is told here; on the Friday the rule is over."""
    outcome = opened().outcome(choice)
    assert (outcome[0], outcome[1], outcome[2].answer) == (Verdict[ours], Verdict[other], answer)


@pytest.mark.parametrize("choice", PLACES)
@pytest.mark.parametrize("guess", GUESSES)
def test_a_guess_is_compared_with_what_was_counted(choice: str, guess: str) -> None:
    """A guess that holds the count is right, one below it is told more, one above it fewer."""
    (entry,) = [entry for entry in disagreements() if entry.choice == choice]
    low, high = GUESSES[guess]
    count = len(entry.examples_changed)
    expected = "as_guessed" if low <= count <= high else "more" if count > high else "fewer"
    told = at(choice, "open", guess)
    body = told.parts(told.state)[f"told.{choice}"]
    keys = ("disagree.as_guessed", "disagree.more", "disagree.fewer")
    assert [key for key in keys if say(key) in body] == [f"disagree.{expected}"]
    assert say("disagree.examples", changed=count, total=entry.examples) in body.replace("&#x27;", "'")


@pytest.mark.parametrize("choice", PLACES)
def test_each_answer_is_met_kindly(choice: str) -> None:
    """Our way, the other way and leaving it open get a sentence each, and never the word wrong."""
    ours = opened().ours[choice]
    (other,) = set(opened().ways(choice)) - {ours}
    for pick, key in ((ours, "disagree.alike"), (other, "disagree.other"), ("open", "disagree.left_open")):
        told = at(choice, pick, "none")
        body = told.parts(told.state)[f"told.{choice}"]
        assert say(key) in body
        assert " wrong" not in body


def test_the_count_over_our_cases_follows_a_moment_later() -> None:
    """What takes a moment to count comes with the later parts, for the places that were seen alone, and is marked as ours."""
    activity = at("failures", "open", "one")
    later = activity.later_parts(activity.state)
    (entry,) = [entry for entry in disagreements() if entry.choice == "failures"]
    assert say("disagree.cases", cases=entry.grid_changed, total=entry.grid) in later["counts.failures"]
    assert say("assumption.grid_is_ours") in later["counts.failures"]
    assert {name for name, body in later.items() if body} == {"counts.failures"}


def test_one_goes_forward_and_back_and_no_further() -> None:
    """One place at a time is in sight; before the first and after the last there is nothing."""
    activity = opened()
    seen = []
    act(activity, do="back")
    for _ in range(len(PLACES) + 2):
        seen.append(next(name for name in activity.about(activity.state)["open"] if name.startswith("place.")))
        act(activity, do="next")
    assert seen == [*(f"place.{choice}" for choice in PLACES), seen[-1], seen[-1]]
    assert "last" in activity.about(activity.state)["open"]
    act(activity, do="back")
    assert f"place.{PLACES[-2]}" in activity.about(activity.state)["open"]
    assert act(activity, do="next")["focus"] == f"head.{PLACES[-1]}"


def test_undo_takes_back_what_was_shown() -> None:
    """After undo nothing is told any more; the answers still stand."""
    activity = at("levers", "open", "one")
    act(activity, do="undo")
    assert activity.parts(activity.state)["told.levers"] == ""
    assert activity.state["levers_pick"] == "open"


def test_it_comes_back_as_it_was_and_passes_over_what_cannot_be_told() -> None:
    """A kept record brings the same state; one that claims to have seen without a choice tells nothing; nonsense is refused."""
    activity = at("friday", activity_pick := opened().ours["friday"], "many")
    _, kept = activity.saved(activity.state)
    assert activity_pick in kept
    again = opened()
    assert dict(again.loaded(kept)) == dict(activity.state)
    half = again.loaded(json.dumps({"levers_seen": True}))
    assert again.parts(half)["told.levers"] == ""
    assert again.parts(half)["spoken"] == ""
    with pytest.raises(CaseError):
        again.loaded(json.dumps({"levers_pick": "perhaps"}))


def test_every_choice_of_ours_can_be_read_here() -> None:
    """The page lists every assumption once, those behind a verdict before the others."""
    page = opened().page()
    for row in load_assumptions():
        assert page.count(f"<li>{say(f'assumption.{row.assumption}')}</li>".replace("&", "&amp;")) == 1, row.assumption
    assert page.index(say("assumption.weakest_link_decides")) < page.index(say("assumption.neutral_intensity"))


# ---- the rule ----


def rule_beside() -> Collisions:
    """Give the advice beside the rule at its beginning."""
    activity = activity_of("collisions")
    assert isinstance(activity, Collisions)
    return activity


def test_no_answer_of_the_rule_is_on_the_page_before_a_guess() -> None:
    """Before one asks, page and parts hold neither the counts nor a place of the list."""
    activity = rule_beside()
    whole = activity.page() + json.dumps(activity.parts(activity.state))
    assert say("collide.best_moment") not in whole
    assert say(f"claim.{collisions()[0].claim.id}") not in whole
    assert say("soap.answer.not_allowed") not in whole


@pytest.mark.parametrize("guess", [0, 10, 21])
def test_a_guess_stands_beside_the_rule_s_answer(guess: int) -> None:
    """After a guess: how many are allowed, not allowed and to be asked about, every place with its earliest lawful moment."""
    activity = rule_beside()
    act(activity, do="set", field="guess", value=str(guess))
    assert act(activity, do="see")["focus"] == "told"
    body = activity.parts(activity.state)["told"]
    assert f"<dd>{guess}</dd>" in body
    assert say("collide.summary", allowed=0, forbidden=20, ask=1, total=21) in body
    found = collisions()
    assert len(found) == 21
    for entry in found:
        assert body.count(entry.words.replace("&", "&amp;")) == 1, entry.claim.id
    assert body.count(say("when.after_soap")) == 20
    assert body.count(say("when.ask")) == 1
    assert say("fact.soap_rule.penalty") in body


def test_nothing_on_the_list_is_told_to_be_free_while_it_is_not() -> None:
    """Each place of the list is forbidden or to be asked about until the moment that the page names, and free from it on."""
    for entry in rule_beside().found:
        free = entry.lawful_from(2027)
        assert rules_check(entry.case, free).answer == "allowed"
        assert rules_check(entry.case, free - timedelta(minutes=1)).answer != "allowed"
        assert judge(entry.case).verdict.name.lower() == entry.verdict
    body = rule_beside().parts(rule_beside().loaded('{"seen": true}'))["told"]
    assert "March 18" in body


@pytest.mark.parametrize("value", ["-1", "22", "many", True, None])
def test_a_guess_that_cannot_be_is_refused(value: object) -> None:
    """A guess outside of the number of places gets a sentence at its control and changes nothing."""
    activity = rule_beside()
    act(activity, do="set", field="guess", value=value)
    assert "guess" in activity.errors
    assert activity.state["guess"] == 10
    with pytest.raises(CaseError):
        activity.loaded(json.dumps({"guess": value}))


def test_undo_hides_the_rule_s_answer_again() -> None:
    """After undo nothing is told."""
    activity = rule_beside()
    act(activity, do="see")
    assert activity.about(activity.state)["open"] == ["seen"]
    act(activity, do="undo")
    assert activity.parts(activity.state) == {"told": "", "spoken": ""}
