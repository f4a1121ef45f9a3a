"""Reading critically: every rating is supported by what it cites, and every stated count is a real count."""

from __future__ import annotations

import csv
import io
import math
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import READINGS, Case, CaseError, TableError, judge, match_week, phase_at, rules_check
from backchannel_lib.activities.critique import model as support
from backchannel_lib.activities.critique.model import (
    LEVELS,
    STANDINGS,
    collisions,
    examples_changed,
    grid_cases,
    grid_count,
    levels,
    load_study_bars,
    load_support,
    order_agrees,
    rate,
    study_bars,
    support_of,
)
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.soap_rule import soap_window
from backchannel_lib.model.tables import load_assumptions, load_callers, load_claims, load_examples, load_facts

DATA = Path(__file__).resolve().parents[3] / "data"
ROWS = load_support()
CLAIMS = [claim.id for claim in load_claims()]
FACTS = {fact.id: fact for fact in load_facts()}
OTHER_READINGS = [name for name, reading in READINGS.items() if not reading.default]


# ---- the ratings ----


def test_every_claim_is_rated_once() -> None:
    """All 100 claims are rated, in the article's order, and every rating is marked as ours."""
    assert [row.claim for row in ROWS] == CLAIMS
    assert len(set(CLAIMS)) == 100
    assert {row.assumption for row in ROWS} == {"support_rating_is_ours"}
    assert {row.support for row in ROWS} == set(LEVELS)


def test_a_rating_that_can_be_checked_cites_facts() -> None:
    """That's every rating of agrees, against or collides. A definition cites none."""
    for row in ROWS:
        assert set(row.facts) <= set(FACTS), row.claim
        assert len(set(row.facts)) == len(row.facts), row.claim
        if row.support in {"agrees", "against", "collides"}:
            assert row.facts, row.claim
        if row.support == "defines":
            assert not row.facts, row.claim


def test_a_rating_with_facts_explains_them_in_its_own_sentence() -> None:
    """Ratings without facts share a sentence."""
    own = {word.removeprefix("support_why.") for word in all_words() if word.startswith("support_why.")}
    assert own == {row.claim for row in ROWS if row.facts}
    assert {row.support for row in ROWS if not row.facts} == {"one_view", "defines"}
    for row in ROWS:
        assert row.why == text(f"support_why.{row.claim}" if row.facts else f"support.{row.support}.why")
        assert row.why.endswith(".")


def test_no_study_is_presented_as_a_study_of_soap() -> None:
    """Any rating based on a study also cites that none is about SOAP, and says so if the study counts for or against."""
    for row in ROWS:
        if any(fact.startswith("studies.") for fact in row.facts):
            assert "studies.scope" in row.facts, row.claim
            if row.support in {"agrees", "against"}:
                assert "SOAP" in row.why, row.claim
    assert "none is about SOAP" in text("support.agrees.meaning")


def test_a_belief_that_measurements_contradict_is_rated_against() -> None:
    """If a survey finds belief in an effect and a measurement finds none, the sentence of the rating mentions both."""
    beliefs = {"studies.oto_belief", "studies.obgyn_known_mentor"}
    measured = {"studies.oto_p_before", "studies.oto_p_after", "studies.surgery_phone_call"}
    told = [row for row in ROWS if beliefs & set(row.facts) and measured & set(row.facts) and row.support != "one_view"]
    assert {row.support for row in told} == {"against"}
    assert {"caller.level-trusted-peer", "works.one-call-effect", "multiplier.tips-tie"} <= {row.claim for row in told}
    for row in told:
        assert "elieve" in row.why or "say that they would" in row.why, row.claim
        assert "easured" in row.why, row.claim


def test_every_rating_has_its_own_name_and_meaning() -> None:
    """No two ratings have the same name."""
    assert [level for level, _, _ in levels()] == list(LEVELS)
    assert len({name for _, name, _ in levels()}) == len(LEVELS)
    assert [meaning for _, _, meaning in levels()] == [text(f"support.{level}.meaning") for level in LEVELS]
    assert {row.name for row in ROWS} == {text(f"support.{level}.name") for level in LEVELS}


def test_our_choices_in_this_chapter_are_listed() -> None:
    """Each one is an assumption with its reason."""
    ours = ("support_rating_is_ours", "collision_case_is_ours", "bar_pairing_is_ours", "one_answer_either_way", "grid_is_ours")
    assert set(ours) <= {row.assumption for row in load_assumptions()}
    assert all(text(f"assumption.{name}") for name in ours)


# ---- the rule ----


def test_a_claim_that_collides_with_the_rule_really_does() -> None:
    """It describes a contact and cites the rule's facts, and the rules check says not allowed or ask first."""
    told = {entry.claim.id: entry for entry in collisions()}
    for row in ROWS:
        if row.support == "collides":
            assert told[row.claim].check.answer in {"not_allowed", "ask_first"}, row.claim
            assert any(fact.startswith("soap_rule.") for fact in row.facts), row.claim
    for entry in told.values():
        assert entry.check == rules_check(entry.case)
        assert entry.check.answer in {"not_allowed", "ask_first"}, entry.claim.id
        assert entry.verdict == judge(entry.case).verdict
        assert entry.case.phase in {"soap_lists", "gap_filling"}


@pytest.mark.parametrize(
    ("claim", "answer", "once_contacted"),
    [
        ("timing.phase1-early-is-best", "not_allowed", "ask_first"),
        ("works.history-call", "not_allowed", "ask_first"),
        ("caller.example-former-fellow", "not_allowed", "ask_first"),
        ("timing.phase2-second-call", "not_allowed", "ask_first"),
        ("need.example-local-rotator", "not_allowed", "ask_first"),
        ("works.internal-push", "ask_first", "ask_first"),
        ("conduct.brief-reply", "not_allowed", "allowed"),
        ("noise.exception-prior-contact", "not_allowed", "allowed"),
    ],
)
def test_the_articles_advice_for_soap_gets_the_rules_answer(claim: str, answer: str, once_contacted: str) -> None:
    """This covers both before and after the program has made contact."""
    entry = {entry.claim.id: entry for entry in collisions()}[claim]
    assert (entry.check.answer, entry.if_contacted.answer) == (answer, once_contacted)
    assert entry.earliest == text({"not_allowed": "when.after_soap", "ask_first": "when.ask"}[answer])
    assert entry.if_contacted.label in entry.contacted_words
    assert text(f"claim.{claim}") in entry.sentence
    assert entry.claim.lines in entry.sentence


@pytest.mark.parametrize("year", [2026, 2027])
def test_the_earliest_allowed_moment_is_correct(year: int) -> None:
    """From that moment on every contact here is allowed, and a minute earlier none is."""
    for entry in collisions():
        _, free = soap_window(year)
        assert rules_check(entry.case, free).answer == "allowed"
        assert rules_check(entry.case, free - timedelta(minutes=1)).answer == entry.check.answer


def test_a_claim_with_an_example_uses_the_examples_case() -> None:
    """This is so for every claim that one of the article's examples is based on."""
    examples = {claim: row for row in load_examples() for claim in row.claims}
    shared = [row for row in ROWS if row.case is not None and row.claim in examples]
    assert len(shared) >= 6
    for row in shared:
        assert row.case == Case.from_record(dict(examples[row.claim].overrides)), row.claim


# ---- the bars ----


def test_the_bars_have_the_articles_and_the_surveys_values() -> None:
    """Every value comes from where its row says, and the article's have no unit."""
    weights = {row.recommender: row.weight for row in load_callers() if row.chart_row}
    bars = load_study_bars()
    assert {bar.caller: bar.value for bar in bars if bar.source == "article"} == weights
    for bar in bars:
        assert bar.assumption == "bar_pairing_is_ours"
        assert bar.label
        assert bar.source_label
        if bar.source == "article":
            (claim,) = bar.claims
            assert (bar.unit, bar.facts) == ("", ())
            assert str(bar.value) in text(f"claim.{claim}")
        else:
            (fact,) = (FACTS[fact] for fact in bar.facts)
            assert str(bar.value) == fact.value
            assert bar.claims == ()
    assert {fact for bar in bars for fact in bar.facts} == {
        "studies.ophtho_known_mentor",
        "studies.ophtho_unknown_mentor",
        "studies.ophtho_applicant",
    }


@pytest.mark.parametrize(
    ("column", "value", "caller"), [("value", "89", "trusted_peer"), ("caller", "known_dean", "known_dean")]
)
def test_a_bar_of_the_article_has_the_weight_of_its_caller(tmp_path: Path, column: str, value: str, caller: str) -> None:
    message = _error_for(tmp_path, "study_bars.csv", "article_trusted_peer", **{column: value})
    found = value if column == "value" else "90"
    assert message == f"study_bars.csv, row 2, column value: expected the weight of {caller} in callers.csv, found {found}"


def test_each_bar_appears_once() -> None:
    """The home dean, who isn't in the survey, has no counterpart."""
    shown = [bar for _, chart, survey in study_bars() for bar in (*chart, *survey)]
    assert sorted(shown) == sorted(load_study_bars())
    assert [standing for standing, _, _ in study_bars()] == list(STANDINGS)
    assert [standing for standing, chart, survey in study_bars() if not (chart and survey)] == ["open"]


def test_the_article_and_the_survey_agree_on_the_order_but_not_on_the_ratios() -> None:
    """In both it's known, unknown, student. The chart's ratios are larger, but a single answer could change that."""
    check = order_agrees()
    assert check.order
    assert not check.ratios_agree
    got = [(ratio.upper, ratio.lower, ratio.article_low, ratio.article_high, ratio.survey) for ratio in check.ratios]
    assert got == [
        ("known", "unknown", 80 / 25, 90 / 25, 41 / 14),
        ("known", "student", 80 / 5, 90 / 5, 41 / 3),
        ("unknown", "student", 25 / 5, 25 / 5, 14 / 3),
    ]
    # of 63 directors, 41, 14 and 3 percent are 26, 9 and 2
    spans = [(ratio.survey_low, ratio.survey_high) for ratio in check.ratios]
    assert spans == [(25 / 10, 27 / 8), (25 / 3, 27 / 1), (8 / 3, 10 / 1)]
    assert all(ratio.within_one_answer for ratio in check.ratios)
    assert check.sentence == f"{text('study_order.same')} {text('study_order.ratios_differ')}"
    assert "3.2 to 3.6 times" in check.ratios[0].sentence
    assert "2.5 to 3.4, so" in check.ratios[0].sentence
    assert " 5.0 times" in check.ratios[2].sentence


def _with_values(monkeypatch: pytest.MonkeyPatch, **values: int) -> None:
    bars = tuple(bar._replace(value=values.get(bar.bar, bar.value)) for bar in load_study_bars())
    monkeypatch.setattr(support, "load_study_bars", lambda: bars)


def test_other_values_would_change_both_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order and the ratios are computed from the table."""
    _with_values(monkeypatch, survey_unknown_mentor=60)
    assert not order_agrees().order
    assert order_agrees().sentence.startswith(text("study_order.differs"))
    _with_values(monkeypatch, article_subspecialist=25)  # no higher than an unknown caller, who is lower in the survey
    assert not order_agrees().order
    _with_values(monkeypatch, survey_known_mentor=90, survey_unknown_mentor=25, survey_applicant=5)
    assert order_agrees().order
    assert order_agrees().ratios_agree
    assert order_agrees().sentence.endswith(text("study_order.ratios_same"))
    _with_values(monkeypatch, survey_known_mentor=95, survey_unknown_mentor=90)
    assert not order_agrees().ratios[0].within_one_answer
    assert "Even if one of" in order_agrees().ratios[0].sentence
    _with_values(monkeypatch, survey_applicant=2)  # one director of 63
    assert order_agrees().ratios[1].survey_high == math.inf


# ---- where the article disagrees with itself ----


@pytest.mark.slow
@pytest.mark.parametrize("reading", OTHER_READINGS)
def test_the_counts_match_judging_every_case_twice(reading: str) -> None:
    """The verdicts that depend on a reading are found by judging each example and each case of the grid with and without it."""
    examples = {row.example: Case.from_record(dict(row.overrides)) for row in load_examples()}
    changed = tuple(name for name, case in examples.items() if judge(case).verdict != judge(case, reading).verdict)
    assert examples_changed(reading) == changed
    grid = list(grid_cases())
    count = 0
    for case, when in grid:
        before = judge(case.replace(phase=phase_at(when))).verdict
        count += before != judge(case.replace(phase=phase_at(when, reading)), reading).verdict
    assert (grid_count().changed[reading], grid_count().cases) == (count, len(grid))
    assert 0 < count < len(grid)


def test_the_grid_has_thousands_of_different_cases() -> None:
    """No case is in it twice, and each phase has the same number."""
    grid = list(grid_cases())
    assert 2000 < len(grid) == len({(case, when) for case, when in grid}) < 9000
    phases = [phase_at(when) for _, when in grid]
    assert phases.count("soap_lists") == phases.count("post_soap") == phases.count("gap_filling") / 2 == len(grid) / 4
    friday = datetime.combine(match_week(2027) + timedelta(days=4), time(13))
    assert friday in {when for _, when in grid}


def test_callers_are_matched_between_the_articles_table_and_chart() -> None:
    """Two have the same name in both, two have different names, the random dean has no bar and the student has no row."""
    assert [(row.recommender, row.relation) for row in load_callers()] == [
        ("trusted_peer", "same"),
        ("subspecialist", "same"),
        ("known_dean", "other_name"),
        ("random_dean", "only_table"),
        ("unconnected_faculty", "other_name"),
        ("self", "only_chart"),
    ]
    absent = text("order.not_there")
    assert [row.in_chart == absent for row in load_callers()] == [row.relation == "only_table" for row in load_callers()]
    assert [row.in_table == absent for row in load_callers()] == [row.relation == "only_chart" for row in load_callers()]
    assert load_callers()[0].in_chart.endswith(": 90")
    sentences = {row.sentence for row in load_callers()}
    assert len(sentences) == 6
    assert all(sentence.endswith(".") for sentence in sentences)


# ---- the reader's ratings ----


@pytest.mark.parametrize(
    ("claim", "yours", "relation"),
    [
        ("works.one-call-effect", "against", "same"),
        ("works.one-call-effect", "collides", "near"),
        ("works.one-call-effect", "agrees", "different"),
        ("meaning.informal", "defines", "same"),
        ("meaning.informal", "one_view", "different"),
        ("timing.phase1", "defines", "near"),
    ],
)
def test_a_rating_is_compared_with_ours(claim: str, yours: str, relation: str) -> None:
    """It's the same as ours, one that we nearly gave, or different, and the basis of ours is shown each time."""
    result = rate({claim: yours})
    (rated,) = result.rated
    assert rated.relation == relation
    assert result.counts == {**dict.fromkeys(("same", "near", "different"), 0), relation: 1}
    assert rated.sentence.endswith(support_of(claim).why)
    assert (text("rating.kind") in rated.sentence) == (relation != "same")
    assert (text(f"support.{yours}.name")) in rated.sentence


def test_our_own_ratings_are_the_same_as_ours() -> None:
    """All 100 are. With the ratings that we nearly gave, none is different and none the same."""
    assert rate({row.claim: row.support for row in ROWS}).counts["same"] == 100
    nearly = rate({row.claim: row.near[0] for row in ROWS if row.near})
    assert nearly.counts["near"] == len(nearly.rated) > 40
    assert rate({}).sentence == text("rating.none")
    assert rate({}).topics == ()


@given(st.dictionaries(st.sampled_from(CLAIMS), st.sampled_from(LEVELS), min_size=1))
def test_every_rating_is_counted_once(ratings: dict[str, str]) -> None:
    """The three counts add up to the number of ratings, and the topics' counts add up to the three."""
    result = rate(ratings)
    assert sum(result.counts.values()) == len(ratings)
    assert result.counts["same"] == sum(support_of(claim).support == level for claim, level in ratings.items())
    assert result.counts["near"] == sum(level in support_of(claim).near for claim, level in ratings.items())
    totals = [sum(column) for column in zip(*(topic.counts.values() for topic in result.topics), strict=True)]
    assert totals == [*result.counts.values()]
    assert [rated.claim.id for rated in result.rated] == [claim for claim in CLAIMS if claim in ratings]
    for topic in result.topics:
        assert sum(topic.counts.values()) == sum(claim.startswith(f"{topic.topic}.") for claim in ratings)
        assert text(f"support_topic.{topic.topic}") in topic.sentence
    assert str(len(ratings)) in result.sentence


@pytest.mark.parametrize(
    ("ratings", "field", "rule", "value"),
    [
        ({"works.histry-call": "agrees"}, "claim", "unknown_claim", "works.histry-call"),
        ({3: "agrees"}, "claim", "unknown_claim", 3),
        ({"works.history-call": "agree"}, "works.history-call", "level", "agree"),
        ({"works.history-call": None}, "works.history-call", "level", None),
        ({"works.history-call": ["agrees"]}, "works.history-call", "level", ["agrees"]),
        (["works.history-call"], "ratings", "not_ratings", ["works.history-call"]),
        (None, "ratings", "not_ratings", None),
    ],
)
def test_an_invalid_rating_is_rejected(ratings: Any, field: str, rule: str, value: object) -> None:
    """The error names the unknown claim or rating, or says that it's not a mapping."""
    with pytest.raises(CaseError) as caught:
        rate(ratings)
    assert (caught.value.field, caught.value.rule, caught.value.value) == (field, rule, value)
    assert caught.value.sentence


def test_a_misspelled_claim_gets_a_suggestion() -> None:
    """The most similar claim comes first."""
    with pytest.raises(CaseError) as caught:
        support_of("works.histry-call")
    assert "Similar names: works.history-call, " in str(caught.value)


# ---- what the loaders reject ----


def _error_for(tmp_path: Path, file: str, row: str, **cells: str) -> str:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    key = next(iter(rows[0]))
    next(found for found in rows if found[key] == row).update(cells)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / file
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    with pytest.raises(TableError) as caught:
        {"support.csv": load_support, "study_bars.csv": load_study_bars}[file](path)
    return str(caught.value)


@pytest.mark.parametrize("level", ["agrees", "against", "collides"])
def test_a_rating_that_needs_facts_and_has_none_is_rejected(tmp_path: Path, level: str) -> None:
    """The error names its row."""
    message = _error_for(tmp_path, "support.csv", "opening.less-than-hoped", support=level, near="", facts="")
    assert message == f"support.csv, row 2, column facts: expected ids of facts, since the rating is '{level}', found ''"


def test_a_rating_that_rests_on_no_facts_and_has_some_is_rejected(tmp_path: Path) -> None:
    """No page would show them, unless we nearly gave a rating that does rest on them."""
    facts = "studies.scope"
    message = _error_for(tmp_path, "support.csv", "opening.opposed-goals", facts=facts)
    rule = "expected nothing, since 'one_view' rests on no facts"
    assert message == f"support.csv, row 3, column facts: {rule}, found '{facts}'"


def test_a_rating_cannot_be_one_that_we_nearly_gave_too(tmp_path: Path) -> None:
    message = _error_for(tmp_path, "support.csv", "opening.opposed-goals", near="agrees one_view")
    assert message == "support.csv, row 3, column near: expected other ratings than the one that is given, found 'one_view'"


@pytest.mark.parametrize(
    ("file", "row", "column", "text", "expected"),
    [
        ("support.csv", "opening.opposed-goals", "support", "agree", "one of agrees, "),
        ("support.csv", "opening.opposed-goals", "support", "", "one of "),
        ("support.csv", "opening.opposed-goals", "claim", "opening.oposed-goals", "one of opening.opposed-goals, "),
        ("support.csv", "opening.opposed-goals", "near", "aginst", "one of against, "),
        ("support.csv", "opening.opposed-goals", "facts", "studies.scop", "one of studies.scope, "),
        ("support.csv", "opening.opposed-goals", "case", "scoer=240", "'field=value' pairs"),
        ("support.csv", "opening.opposed-goals", "case", "score=1200", "a case that can be (score: "),
        ("support.csv", "opening.opposed-goals", "case", "recommender=self; move=pressure", "a case that can be (move: "),
        ("support.csv", "opening.opposed-goals", "assumption", "support_rating_is_our", "one of support_rating_is_ours, "),
        ("study_bars.csv", "article_subspecialist", "bar", "", "some text"),
        ("study_bars.csv", "article_subspecialist", "source", "articel", "one of article, "),
        ("study_bars.csv", "article_subspecialist", "caller", "known_mentr", "one of known_mentor, "),
        ("study_bars.csv", "article_subspecialist", "standing", "unknwn", "one of unknown, "),
        ("study_bars.csv", "article_subspecialist", "value", "101", "a whole number from 0 to 100"),
        ("study_bars.csv", "article_subspecialist", "facts", "studies.ophtho", "one of studies.ophtho_"),
    ],
)
def test_an_invalid_cell_of_these_tables_is_rejected_with_its_location(
    tmp_path: Path, file: str, row: str, column: str, text: str, expected: str
) -> None:
    """The error also says what the column accepts."""
    message = _error_for(tmp_path, file, row, **{column: text})
    assert message.startswith(f"{file}, row 3, column {column}: expected {expected}")
    assert message.endswith(f"found {text!r}")
