"""The article's chart next to what others found: readers guess first, then see units, sources and limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backchannel_lib.activities.critique.model import answers_to, order_agrees
from backchannel_lib.activities.critique.studies import MIDDLE, STEPS, Studies, facts_of
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.tables import facts
from backchannel_lib.page.activity_page import PAPER
from backchannel_lib.page.charts import bars

SURVEY = {"known_mentor": 41, "unknown_mentor": 14, "applicant": 3}
NUMBERS = [*SURVEY, "belief", "ban"]


def opened() -> Studies:
    """Return a new studies activity."""
    activity = make_activity("studies")
    assert isinstance(activity, Studies)
    return activity


def act(activity: Studies, **message: Any) -> dict[str, Any]:
    """Let the reader act, and return the first answer."""
    return next(iter(activity.handle({**message, "seq": 1, "view": "v"})))


def all_seen(**guesses: object) -> Studies:
    """Return the activity with every step guessed and seen."""
    activity = opened()
    activity.update(**{"measured": "none", "advocates": "half", **guesses})
    for step in STEPS:
        act(activity, type=f"see_{step}")
    return activity


def test_nothing_from_the_studies_is_on_the_page_before_a_guess() -> None:
    """There's no part, chart or number from a study, and only the first step is visible."""
    activity = opened()
    parts = {**activity.fragments(activity.state), **activity.deferred_fragments(activity.state)}
    assert {name for name, body in parts.items() if body} == set()
    assert activity.ui_state(activity.state)["open"] == [PAPER]
    page = activity.page()
    for step in STEPS:
        for fact in facts_of(step):
            assert facts()[fact].sentence not in page, fact
    assert "81.8" not in page
    assert "45.5" not in page
    assert 'value="41"' not in page


def test_each_step_opens_only_the_next_one() -> None:
    """It shows its own answer and the next question, but no later answer."""
    activity = opened()
    act(activity, type="see_survey")
    assert set(activity.ui_state(activity.state)["open"]) == {"survey", "ask.measured"}
    assert activity.fragments(activity.state)["told.measured"] == ""
    act(activity, type="set", field="measured", value="more")
    act(activity, type="see_measured")
    assert "ask.advocates" in activity.ui_state(activity.state)["open"]
    assert activity.fragments(activity.state)["told.advocates"] == ""


@pytest.mark.parametrize("step", ["measured", "advocates"])
def test_a_question_has_to_be_answered_before_its_study_is_shown(step: str) -> None:
    """Without an answer there's only a friendly request."""
    activity = opened()
    assert act(activity, type=f"see_{step}")["notice"] == text("guess.first")
    assert activity.fragments(activity.state)[f"told.{step}"] == ""
    assert activity.state[f"seen_{step}"] is False


def test_the_survey_has_its_own_chart_and_unit() -> None:
    """The survey is shown next to the guess in percent. The article's bars are separate, and said to have no unit."""
    activity = all_seen(known_mentor=70, unknown_mentor=20, applicant=10)
    later = activity.deferred_fragments(activity.state)
    survey, article = (json.loads(later[f"base_figure.{chart}"]) for chart in ("survey", "article"))
    drawn = {trace["name"]: trace["x"] for trace in survey["data"]}
    assert drawn == {text("lesson.you"): [70, 20, 10], text("studies.directors"): [41, 14, 3]}
    assert [trace["x"] for trace in article["data"]] == [[90, 80, 50, 25, 5]]
    assert survey["layout"]["xaxis"]["title"]["text"] != article["layout"]["xaxis"]["title"]["text"]
    assert "no unit" in article["layout"]["xaxis"]["title"]["text"]
    for chart, numbers in (("survey", (41, 14, 3, 70, 20, 10)), ("article", (90, 80, 50, 25, 5))):
        for number in numbers:
            assert str(number) in later[f"alt_text.{chart}"]
            assert f"<td>{number}</td>" in later[f"table.{chart}"]


def test_the_home_dean_has_no_counterpart_and_no_strong_contrast_is_claimed() -> None:
    """The page says that the survey has no such caller, that the order agrees, and what the ratios can't show."""
    beside = all_seen().fragments(all_seen().state)["beside"]
    row = next(row for row in beside.split("<tr>") if "Home dean 50" in row)
    assert f"<td>{text('order.not_there')}</td>" in row
    assert order_agrees().sentence in beside
    for ratio in order_agrees().ratios:
        assert ratio.within_one_answer
        assert ratio.sentence in beside


@pytest.mark.parametrize(
    ("guesses", "key"),
    [
        ({"known_mentor": 42, "unknown_mentor": 15, "applicant": 4}, "studies.hoped"),
        ({"known_mentor": 42, "unknown_mentor": 14, "applicant": 4}, "studies.mixed"),
        ({"known_mentor": 41, "unknown_mentor": 14, "applicant": 4}, "studies.mixed"),
        (SURVEY, "studies.feared"),
        ({"known_mentor": 0, "unknown_mentor": 0, "applicant": 0}, "studies.feared"),
    ],
)
def test_the_answer_says_how_the_guess_compares(guesses: dict[str, int], key: str) -> None:
    """It's above the survey in every line, in some or in none, and the survey's numbers are shown."""
    body = all_seen(**guesses).fragments(all_seen(**guesses).state)["told.survey"]
    assert [one for one in ("studies.hoped", "studies.mixed", "studies.feared") if text(one) in body] == [key]
    assert text("studies.found", known=41, unknown=14, student=3) in body


@pytest.mark.parametrize("answer", answers_to("measured"))
def test_everyone_sees_what_was_measured(answer: str) -> None:
    """Whatever they expected, they see the belief, the measurement, what a P value is, and that it's no proof."""
    activity = all_seen(measured=answer, belief=33)
    body = activity.fragments(activity.state)["told.measured"]
    assert text("studies.as_found" if answer == "none" else "studies.not_found") in body
    assert "81.8%" in body
    assert "<dd>33</dd>" in body
    assert text("studies.no_proof") in body
    assert text("studies.what_p_is", before="0.62", after="0.78", of_hundred=62) in body


@pytest.mark.parametrize("answer", answers_to("advocates"))
def test_who_gets_advocates_is_explained_with_care(answer: str) -> None:
    """Everyone sees the finding, that it doesn't measure anyone's worth, and that none of it was about SOAP."""
    activity = all_seen(advocates=answer)
    body = activity.fragments(activity.state)["told.advocates"]
    assert text("studies.half_right" if answer == "half" else "studies.half_other") in body
    assert text("studies.not_you") in body
    assert text("fact.studies.scope") in body
    assert "45.5%" in body


def test_each_step_has_the_facts_of_its_studies() -> None:
    """None is missing or shown twice. Only the NRMP's survey of directors isn't in any step."""
    shown = [fact for step in STEPS for fact in facts_of(step)]
    assert len(shown) == len(set(shown))
    left_out = {fact for fact in facts() if fact.startswith("studies.")} - set(shown)
    assert {fact.partition("_")[0] for fact in left_out} == {"studies.pd2021"}


def test_every_number_has_its_source_its_year_and_its_grade() -> None:
    """This holds for every fact in every step."""
    parts = all_seen().fragments(all_seen().state)
    for step in STEPS:
        for fact in facts_of(step):
            row = facts()[fact]
            body = parts[f"told.{step}"].replace("&quot;", '"')
            assert facts()[fact].sentence in body, fact
            assert text("orientation.source", citation=row.graded_citation) in body, fact
    assert facts()["studies.oto_belief"].value == "81.8"


@pytest.mark.parametrize("field", NUMBERS)
def test_a_guess_has_to_be_from_0_to_100(field: str) -> None:
    """Anything else gets a message at its control, and changes nothing."""
    activity = opened()
    for value in ("-1", "101", "half", True, None):
        act(activity, type="set", field=field, value=value)
        assert field in activity.errors
        assert activity.state[field] == MIDDLE
    for value in ("0", "100"):
        act(activity, type="set", field=field, value=value)
        assert activity.state[field] == int(value)


def test_a_saved_state_is_restored_and_a_broken_one_rejected() -> None:
    """A record with an unknown answer is broken."""
    activity = all_seen(belief=7, ban=9, measured="fewer")
    _, kept = activity.to_file(activity.state)
    assert dict(opened().from_file(kept)) == dict(activity.state)
    for broken in ({"measured": "much"}, {"belief": 101}, {"seen_survey": "yes"}):
        with pytest.raises(CaseError):
            opened().from_file(json.dumps(broken))


def test_undo_goes_back_step_by_step() -> None:
    """Each undo takes back one step that was seen."""
    activity = all_seen()
    for step in reversed(STEPS):
        assert activity.fragments(activity.state)[f"told.{step}"]
        act(activity, type="undo")
        assert activity.fragments(activity.state)[f"told.{step}"] == ""


def test_one_row_of_bars_shows_each_number() -> None:
    """Each bar has its number as text, and the first is on top."""
    figure = bars(["a", "b"], [1, 2.5], "points", high=10)
    assert figure["data"][0]["text"] == ["1", "2.5"]
    assert figure["layout"]["yaxis"]["categoryarray"] == ["b", "a"]
    assert figure["layout"]["xaxis"]["range"] == [0, 11.5]
