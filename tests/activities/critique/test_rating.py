"""The reader's ratings next to ours: a few are enough, none of ours is shown before, and theirs may be the better one."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from backchannel_lib.activities.critique.model import LEVELS, Rated, load_support, rate
from backchannel_lib.activities.critique.rating import MIXED, SAMPLE, Rating
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import load_claims, load_facts

OURS = {row.claim: row for row in load_support()}
CLAIMS = [claim.id for claim in load_claims()]
FACTS = {fact.id: fact for fact in load_facts()}
TOPICS = list(dict.fromkeys(claim.topic for claim in load_claims()))


def opened() -> Rating:
    """Return the rating at its start."""
    activity = make_activity("rating")
    assert isinstance(activity, Rating)
    return activity


def act(activity: Rating, **message: Any) -> dict[str, Any]:
    """Let the reader act, and give the first answer."""
    return next(iter(activity.handle({**message, "seq": 1, "view": "v"})))


def told(activity: Rating) -> set[str]:
    """List the claims with our rating shown."""
    parts = activity.fragments(activity.state)
    return {claim for claim in CLAIMS if parts[f"told.{claim}"]}


def test_every_claim_is_there_once_and_belongs_to_its_topic() -> None:
    """The topics hold the 100 claims, each once, each with a control of its own; six mixed ones come first."""
    activity = opened()
    assert list(activity.groups) == [SAMPLE, *TOPICS]
    assert [claim for topic in TOPICS for claim in activity.groups[topic]] == sorted(
        CLAIMS, key=lambda one: TOPICS.index(one.partition(".")[0])
    )
    page = activity.page()
    assert all(page.count(f'data-field="{claim}"') == 1 for claim in CLAIMS)


def test_the_mixed_ones_are_mixed() -> None:
    """Six claims in the article's order, of every rating of ours, from at least six topics."""
    assert list(MIXED) == [claim for claim in CLAIMS if claim in MIXED]
    assert len(MIXED) == 6
    counts = Counter(OURS[claim].support for claim in MIXED)
    assert set(counts) == set(LEVELS)
    assert max(counts.values()) <= 3
    assert len({claim.partition(".")[0] for claim in MIXED}) >= 6
    assert opened().state["topic"] == SAMPLE


def test_only_the_claims_of_the_topic_are_in_sight() -> None:
    """A topic shows its own claims; the ratings of another stay."""
    activity = opened()
    act(activity, type="set", field="paper.checklist", value="agrees")
    act(activity, type="set", field="topic", value="timing")
    shown = activity.ui_state(activity.state)["open"]
    assert shown == [f"claim.{claim}" for claim in CLAIMS if claim.startswith("timing.")]
    assert activity.state["paper.checklist"] == "agrees"


def test_none_of_our_ratings_is_shown_before_one_was_rated() -> None:
    """Before that neither the page nor a part tells one of ours, and asking gets a kind request."""
    activity = opened()
    whole = activity.page() + json.dumps(activity.fragments(activity.state))
    for row in OURS.values():
        if row.facts:
            assert text(f"support_why.{row.claim}") not in whole, row.claim
    assert text("support.one_view.why") not in whole
    assert act(activity, type="compare")["notice"] == text("rating.none")
    assert told(activity) == set()
    act(activity, type="set", field="topic", value="paper")
    act(activity, type="set", field="works.scoreboard", value="agrees")  # rated, but in another topic
    assert act(activity, type="compare")["notice"] == text("rating.none")


@pytest.mark.parametrize("topic", [SAMPLE, *TOPICS])
def test_comparing_shows_ours_for_that_topic_alone(topic: str) -> None:
    """One rating is enough to see ours for its topic, and no more than that topic."""
    activity = opened()
    act(activity, type="set", field="topic", value=topic)
    first = activity.groups[topic][0]
    act(activity, type="set", field=first, value="agrees")
    assert act(activity, type="compare")["focus"] == "summary"
    assert told(activity) == set(activity.groups[topic])
    assert rate({first: "agrees"}).sentence in activity.fragments(activity.state)["summary"]


@pytest.mark.parametrize("claim", MIXED)
@pytest.mark.parametrize("level", LEVELS)
def test_yours_and_ours_stand_beside_each_other(claim: str, level: str) -> None:
    """Each rating is shown as the same, near or different, with what ours rests on; where it differs, yours may be better."""
    activity = opened()
    act(activity, type="set", field=claim, value=level)
    act(activity, type="compare")
    parts = activity.fragments(activity.state)
    body = parts[f"told.{claim}"]
    (expected,) = rate({claim: level}).rated
    assert expected.sentence in body
    assert (text("rating.kind") in body) == (level != OURS[claim].support)
    for fact in OURS[claim].facts:
        assert FACTS[fact].sentence in body, fact
    (result,) = activity.result(activity.state).rated
    assert result == Rated(expected.claim, level, OURS[claim])
    assert " wrong" not in body


def test_what_was_left_out_is_told_and_not_counted() -> None:
    """A claim that one did not rate gets our rating, and is in no count."""
    activity = opened()
    act(activity, type="set", field=MIXED[0], value="defines")
    act(activity, type="compare")
    parts = activity.fragments(activity.state)
    ours = OURS[MIXED[1]]
    assert text("rate.ours", ours=ours.name) in parts[f"told.{MIXED[1]}"]
    assert activity.result(activity.state).sentence == text("rating.counts", total=1, same=1, near=0, different=0)
    assert text("rate.rated", rated=1, total=len(MIXED)) == parts["rated"]


def test_counts_follow_a_change_and_leave_out_topics_not_compared() -> None:
    """After comparing, another rating changes the count at once; a topic that was not compared is in none."""
    activity = opened()
    for claim in MIXED:
        act(activity, type="set", field=claim, value=OURS[claim].support)
    act(activity, type="set", field="levers.none-is-noise", value="one_view")
    act(activity, type="compare")
    assert activity.result(activity.state).sentence == text("rating.counts", total=6, same=6, near=0, different=0)
    act(activity, type="set", field=MIXED[0], value="against")
    assert activity.result(activity.state).sentence == text("rating.counts", total=6, same=5, near=0, different=1)
    act(activity, type="set", field=MIXED[0], value="")
    assert activity.result(activity.state).sentence == text("rating.counts", total=5, same=5, near=0, different=0)


def test_undo_takes_the_comparison_back_and_then_the_rating() -> None:
    """The last act is undone first."""
    activity = opened()
    act(activity, type="set", field=MIXED[0], value="agrees")
    act(activity, type="compare")
    act(activity, type="undo")
    assert told(activity) == set()
    assert activity.state[MIXED[0]] == "agrees"
    act(activity, type="undo")
    assert activity.state[MIXED[0]] == ""


@pytest.mark.parametrize(("field", "value"), [("topic", "weather"), ("paper.checklist", "true"), ("paper.checklist", 1)])
def test_what_cannot_be_chosen_is_refused(field: str, value: object) -> None:
    """A topic or a rating that does not exist gets a sentence at its control and changes nothing."""
    activity = opened()
    start = activity.state
    act(activity, type="set", field=field, value=value)
    assert field in activity.errors
    assert activity.state == start
    with pytest.raises(CaseError):
        activity.from_file(json.dumps({field: value}))


def test_it_comes_back_as_it_was() -> None:
    """A kept record brings topic, ratings and what was compared; an unknown topic among these is rejected."""
    activity = opened()
    act(activity, type="set", field="topic", value="need")
    act(activity, type="set", field="need.local", value="one_view")
    act(activity, type="compare")
    _, kept = activity.to_file(activity.state)
    again = opened()
    assert dict(again.from_file(kept)) == dict(activity.state)
    assert again.fragments(again.from_file(kept)) == activity.fragments(activity.state)
    with pytest.raises(CaseError):
        again.from_file(json.dumps({"shown": "need|weather"}))


def test_the_evidence_is_there_to_rate_with() -> None:
    """Every outside fact that a rating of ours rests on can be read before rating, each once."""
    page = opened().page()
    for fact in {fact for row in OURS.values() for fact in row.facts}:
        assert page.count(FACTS[fact].sentence.replace("&", "&amp;")) == 1, fact
