"""The reader's ratings next to ours: a few are enough, ours come later, and the reader's may be better."""

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
    """Return a new rating activity."""
    activity = make_activity("rating")
    assert isinstance(activity, Rating)
    return activity


def act(activity: Rating, **message: Any) -> dict[str, Any]:
    """Let the reader act, and return the first answer."""
    return next(iter(activity.handle({**message, "seq": 1, "view": "v"})))


def revealed(activity: Rating) -> set[str]:
    """List the claims with our rating shown."""
    parts = activity.fragments(activity.state)
    return {claim for claim in CLAIMS if parts[f"told.{claim}"]}


def test_every_claim_appears_once_under_its_topic() -> None:
    """Each of the 100 has its own control, and a mixed set of six comes first."""
    activity = opened()
    assert list(activity.groups) == [SAMPLE, *TOPICS]
    assert [claim for topic in TOPICS for claim in activity.groups[topic]] == sorted(
        CLAIMS, key=lambda one: TOPICS.index(one.partition(".")[0])
    )
    page = activity.page()
    assert all(page.count(f'data-field="{claim}"') == 1 for claim in CLAIMS)


def test_the_mixed_set_is_mixed() -> None:
    """It has six claims in the article's order, from six topics, which cover all our ratings."""
    assert list(MIXED) == [claim for claim in CLAIMS if claim in MIXED]
    assert len(MIXED) == 6
    counts = Counter(OURS[claim].support for claim in MIXED)
    assert set(counts) == set(LEVELS)
    assert max(counts.values()) <= 3
    assert len({claim.partition(".")[0] for claim in MIXED}) >= 6
    assert opened().state["topic"] == SAMPLE


def test_only_the_chosen_topics_claims_are_visible() -> None:
    """Ratings in other topics are kept."""
    activity = opened()
    act(activity, type="set", field="paper.checklist", value="agrees")
    act(activity, type="set", field="topic", value="timing")
    shown = activity.ui_state(activity.state)["open"]
    assert shown == [f"claim.{claim}" for claim in CLAIMS if claim.startswith("timing.")]
    assert activity.state["paper.checklist"] == "agrees"


def test_none_of_our_ratings_is_shown_before_the_reader_has_rated_a_claim() -> None:
    """None is anywhere on the page, and asking too early gets a friendly request."""
    activity = opened()
    whole = activity.page() + json.dumps(activity.fragments(activity.state))
    for row in OURS.values():
        if row.facts:
            assert text(f"support_why.{row.claim}") not in whole, row.claim
    assert text("support.one_view.why") not in whole
    assert act(activity, type="compare")["notice"] == text("rating.none")
    assert revealed(activity) == set()
    act(activity, type="set", field="topic", value="paper")
    act(activity, type="set", field="works.scoreboard", value="agrees")  # rated, but in another topic
    assert act(activity, type="compare")["notice"] == text("rating.none")


@pytest.mark.parametrize("topic", [SAMPLE, *TOPICS])
def test_comparing_shows_our_ratings_for_that_topic_only(topic: str) -> None:
    """One rating is enough."""
    activity = opened()
    act(activity, type="set", field="topic", value=topic)
    first = activity.groups[topic][0]
    act(activity, type="set", field=first, value="agrees")
    assert act(activity, type="compare")["focus"] == "summary"
    assert revealed(activity) == set(activity.groups[topic])
    assert rate({first: "agrees"}).sentence in activity.fragments(activity.state)["summary"]


@pytest.mark.parametrize("claim", MIXED)
@pytest.mark.parametrize("level", LEVELS)
def test_the_readers_rating_is_shown_next_to_ours(claim: str, level: str) -> None:
    """It's called the same, near or different, with the basis of ours. If it differs, it may be the better one."""
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


def test_a_claim_that_was_not_rated_shows_our_rating_but_is_not_counted() -> None:
    activity = opened()
    act(activity, type="set", field=MIXED[0], value="defines")
    act(activity, type="compare")
    parts = activity.fragments(activity.state)
    ours = OURS[MIXED[1]]
    assert text("rate.ours", ours=ours.name) in parts[f"told.{MIXED[1]}"]
    assert activity.result(activity.state).sentence == text("rating.counts", total=1, same=1, near=0, different=0)
    assert text("rate.rated", rated=1, total=len(MIXED)) == parts["rated"]


def test_counts_follow_a_change_and_leave_out_topics_not_compared() -> None:
    """Once a topic is compared, a new rating changes its count immediately."""
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
    assert revealed(activity) == set()
    assert activity.state[MIXED[0]] == "agrees"
    act(activity, type="undo")
    assert activity.state[MIXED[0]] == ""


@pytest.mark.parametrize(("field", "value"), [("topic", "weather"), ("paper.checklist", "true"), ("paper.checklist", 1)])
def test_an_unknown_topic_or_rating_is_rejected(field: str, value: object) -> None:
    """It gets a message at its control, and changes nothing."""
    activity = opened()
    start = activity.state
    act(activity, type="set", field=field, value=value)
    assert field in activity.errors
    assert activity.state == start
    with pytest.raises(CaseError):
        activity.from_file(json.dumps({field: value}))


def test_a_saved_state_is_restored() -> None:
    """It includes the topic, the ratings and which topics were compared. One with an unknown topic is rejected."""
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


def test_the_evidence_can_be_read_before_rating() -> None:
    """Every outside fact behind our ratings is there once."""
    page = opened().page()
    for fact in {fact for row in OURS.values() for fact in row.facts}:
        assert page.count(FACTS[fact].sentence.replace("&", "&amp;")) == 1, fact
