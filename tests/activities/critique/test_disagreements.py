"""Where the article contradicts itself or the rule: readers choose and guess before they see anything."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from backchannel_lib import READINGS, Verdict, judge
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.critique.collisions import Collisions
from backchannel_lib.activities.critique.disagreements import GUESSES, Disagreements
from backchannel_lib.activities.critique.model import collisions, examples_changed, grid_count
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import load_reading_cases
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.soap_rule import rules_check, soap_window
from backchannel_lib.model.tables import load_assumptions, load_examples

PLACES = list(Disagreements(make_activity("disagreements").row).places)  # type: ignore[attr-defined]


def opened() -> Disagreements:
    """Return a new activity."""
    activity = make_activity("disagreements")
    assert isinstance(activity, Disagreements)
    return activity


def act(activity: Activity[Any], **message: Any) -> dict[str, Any]:
    """Let the reader act, and return the first answer."""
    return next(iter(activity.handle({**message, "seq": 1, "view": "v"})))


def at(choice: str, pick: str, guess: str) -> Disagreements:
    """Return the activity after a choice, a guess and a look at one of the places."""
    activity = opened()
    for _ in range(PLACES.index(choice)):
        act(activity, type="next")
    act(activity, type="set", field=f"{choice}_pick", value=pick)
    act(activity, type="set", field=f"{choice}_guess", value=guess)
    act(activity, type="see")
    return activity


@pytest.mark.slow
def test_each_place_where_the_article_leaves_room_comes_up_once() -> None:
    """They're those of the readings, in that order, each with its own case and the reason for our choice."""
    others = [reading for reading in READINGS.values() if not reading.default]
    assert [reading.choice for reading in others] == PLACES
    assert [row.reading for row in load_reading_cases()] == [reading.name for reading in others]
    for choice in PLACES:
        assert text(f"disagree_why.{choice}")
        assert set(opened().ways(choice)) == {name for name, reading in READINGS.items() if reading.choice == choice}


def test_the_order_of_the_two_readings_does_not_give_ours_away() -> None:
    """Ours comes first in some places and second in others."""
    activity = opened()
    assert {activity.ways(choice).index(activity.ours[choice]) for choice in PLACES} == {0, 1}


@pytest.mark.parametrize("choice", PLACES)
def test_nothing_about_a_place_is_shown_before_both_questions_are_answered(choice: str) -> None:
    """Neither our reason nor any outcome is on the page, and asking too early gets a friendly request."""
    activity = opened()
    for _ in range(PLACES.index(choice)):
        act(activity, type="next")
    for field, value in (("pick", "open"), ("guess", "one")):
        assert act(activity, type="see")["notice"] == text("disagree.both_first")
        whole = activity.page() + json.dumps(
            {**activity.fragments(activity.state), **activity.deferred_fragments(activity.state)}
        )
        assert text(f"disagree_why.{choice}") not in whole
        assert text(f"reading_case.{activity.cases[choice].reading}") not in whole
        assert text("disagree.ours") + "<" not in whole
        act(activity, type="set", field=f"{choice}_{field}", value=value)
    assert act(activity, type="see")["focus"] == f"told.{choice}"
    assert text(f"disagree_why.{choice}") in activity.fragments(activity.state)[f"told.{choice}"]


@pytest.mark.parametrize("choice", PLACES)
def test_the_outcome_of_a_places_case_depends_on_the_reading(choice: str) -> None:
    """Both verdicts and the rule's answer are shown."""
    activity = opened()
    ours, other, check = activity.outcome(choice)
    assert ours != other
    told = at(choice, "open", "none")
    body = told.fragments(told.state)[f"told.{choice}"]
    for words in (ours.label, other.label, check.label):
        assert f">{words}<" in body


@pytest.mark.parametrize(
    ("choice", "ours", "other", "answer"),
    [
        ("levers", "SKIMMED", "IGNORED", "not_allowed"),
        ("failures", "DECLINED", "MAYBE", "not_allowed"),
        ("callers", "SKIMMED", "FILE_READ", "not_allowed"),
        ("scripted", "IGNORED", "SKIMMED", "not_allowed"),
        ("vouch", "FILE_READ", "PHONE_INTERVIEW", "not_allowed"),
        ("seat", "DECLINED", "FALLBACK_SEAT", "not_allowed"),
        ("friday", "OFFER_IN_PLAY", "SKIMMED", "allowed"),
    ],
)
def test_each_case_gets_the_expected_verdicts_under_both_readings(choice: str, ours: str, other: str, answer: str) -> None:
    """On Friday the rule no longer applies."""
    outcome = opened().outcome(choice)
    assert (outcome[0], outcome[1], outcome[2].answer) == (Verdict[ours], Verdict[other], answer)


@pytest.mark.slow
@pytest.mark.parametrize("choice", PLACES)
@pytest.mark.parametrize("guess", GUESSES)
def test_a_guess_is_compared_with_the_count(choice: str, guess: str) -> None:
    """A guess is right if its range contains the count. Otherwise the answer says that there are more or fewer."""
    low, high = GUESSES[guess]
    count = len(examples_changed(opened().cases[choice].reading))
    expected = "as_guessed" if low <= count <= high else "more" if count > high else "fewer"
    told = at(choice, "open", guess)
    body = told.fragments(told.state)[f"told.{choice}"]
    keys = ("disagree.as_guessed", "disagree.more", "disagree.fewer")
    assert [key for key in keys if text(key) in body] == [f"disagree.{expected}"]
    assert text("disagree.examples", changed=count, total=len(load_examples())) in body.replace("&#x27;", "'")


@pytest.mark.parametrize("choice", PLACES)
def test_each_choice_gets_a_friendly_answer(choice: str) -> None:
    """Our reading, the other one and leaving it open get a sentence each, which never says "wrong"."""
    ours = opened().ours[choice]
    (other,) = set(opened().ways(choice)) - {ours}
    for pick, key in ((ours, "disagree.alike"), (other, "disagree.other"), ("open", "disagree.left_open")):
        told = at(choice, pick, "none")
        body = told.fragments(told.state)[f"told.{choice}"]
        assert text(key) in body
        assert " wrong" not in body


def test_the_count_over_our_cases_comes_a_moment_later() -> None:
    """Counting takes a moment, so it's in a deferred part, for places that were looked at, and marked as ours."""
    activity = at("failures", "open", "one")
    later = activity.deferred_fragments(activity.state)
    changed = grid_count().changed[activity.cases["failures"].reading]
    assert text("disagree.cases", cases=changed, total=grid_count().cases) in later["counts.failures"]
    assert text("assumption.grid_is_ours") in later["counts.failures"]
    assert {name for name, body in later.items() if body} == {"counts.failures"}


def test_next_and_back_stop_at_both_ends() -> None:
    """One place is visible at a time."""
    activity = opened()
    seen = []
    act(activity, type="back")
    for _ in range(len(PLACES) + 2):
        seen.append(next(name for name in activity.ui_state(activity.state)["open"] if name.startswith("place.")))
        act(activity, type="next")
    assert seen == [*(f"place.{choice}" for choice in PLACES), seen[-1], seen[-1]]
    assert "last" in activity.ui_state(activity.state)["open"]
    act(activity, type="back")
    assert f"place.{PLACES[-2]}" in activity.ui_state(activity.state)["open"]
    assert act(activity, type="next")["focus"] == f"head.{PLACES[-1]}"


def test_undo_hides_what_was_shown() -> None:
    """The reader's answers stay."""
    activity = at("levers", "open", "one")
    act(activity, type="undo")
    assert activity.fragments(activity.state)["told.levers"] == ""
    assert activity.state["levers_pick"] == "open"


def test_a_saved_state_is_restored_but_reveals_nothing_early() -> None:
    """A record that claims a look without a choice reveals nothing, and nonsense is rejected."""
    activity = at("friday", activity_pick := opened().ours["friday"], "many")
    _, kept = activity.to_file(activity.state)
    assert activity_pick in kept
    again = opened()
    assert dict(again.from_file(kept)) == dict(activity.state)
    half = again.from_file(json.dumps({"levers_seen": True}))
    assert again.fragments(half)["told.levers"] == ""
    assert again.fragments(half)["live_text"] == ""
    with pytest.raises(CaseError):
        again.from_file(json.dumps({"levers_pick": "perhaps"}))


def test_the_page_lists_all_our_choices() -> None:
    """It lists every assumption once, and those behind a verdict come first."""
    page = opened().page()
    for row in load_assumptions():
        assert page.count(f"<li>{text(f'assumption.{row.assumption}')}</li>".replace("&", "&amp;")) == 1, row.assumption
    assert page.index(text("assumption.weakest_link_decides")) < page.index(text("assumption.neutral_intensity"))


# ---- the rule ----


def rule_beside() -> Collisions:
    """Return a new activity with the advice next to the rule."""
    activity = make_activity("collisions")
    assert isinstance(activity, Collisions)
    return activity


def test_none_of_the_rules_answers_is_on_the_page_before_a_guess() -> None:
    """The page has neither the counts nor any entry of the list."""
    activity = rule_beside()
    whole = activity.page() + json.dumps(activity.fragments(activity.state))
    assert text("collide.best_moment") not in whole
    assert text(f"claim.{collisions()[0].claim.id}") not in whole
    assert text("soap.answer.not_allowed") not in whole


@pytest.mark.parametrize("guess", [0, 10, 21])
def test_a_guess_is_shown_next_to_the_rules_answer(guess: int) -> None:
    """It has the number of contacts that are allowed, not allowed or to be asked about, and when each is first allowed."""
    activity = rule_beside()
    act(activity, type="set", field="guess", value=str(guess))
    assert act(activity, type="see")["focus"] == "told"
    body = activity.fragments(activity.state)["told"]
    assert f"<dd>{guess}</dd>" in body
    assert text("collide.summary", allowed=0, forbidden=20, ask=1, total=21) in body
    found = collisions()
    assert len(found) == 21
    for entry in found:
        assert body.count(entry.sentence.replace("&", "&amp;")) == 1, entry.claim.id
    assert body.count(text("when.after_soap")) == 20
    assert body.count(text("when.ask")) == 1
    assert text("fact.soap_rule.penalty") in body
    assert text("assumption.collision_case_is_ours") in body


def test_no_contact_on_the_list_is_called_allowed_too_early() -> None:
    """Each one is forbidden or to be asked about until the stated moment, and allowed from then on."""
    for entry in rule_beside().found:
        _, free = soap_window(2027)
        assert rules_check(entry.case, free).answer == "allowed"
        assert rules_check(entry.case, free - timedelta(minutes=1)).answer != "allowed"
        assert judge(entry.case).verdict == entry.verdict
    body = rule_beside().fragments(rule_beside().from_file('{"seen": true}'))["told"]
    assert "March 18" in body


@pytest.mark.parametrize("value", ["-1", "22", "many", True, None])
def test_an_invalid_guess_is_rejected(value: object) -> None:
    """It gets a message at its control, and changes nothing."""
    activity = rule_beside()
    act(activity, type="set", field="guess", value=value)
    assert "guess" in activity.errors
    assert activity.state["guess"] == 10
    with pytest.raises(CaseError):
        activity.from_file(json.dumps({"guess": value}))


def test_undo_hides_the_rules_answer_again() -> None:
    activity = rule_beside()
    act(activity, type="see")
    assert activity.ui_state(activity.state)["open"] == ["seen"]
    act(activity, type="undo")
    assert activity.fragments(activity.state) == {"told": "", "live_text": ""}
