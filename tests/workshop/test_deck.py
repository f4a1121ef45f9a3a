"""The deck of vignettes: what it covers, the rules' answers, neutral wording, and how vignettes are drawn."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, TableError, Verdict, judge, rules_check
from backchannel_lib.model.tables import ANSWERS, STAGES
from backchannel_lib.page.case_controls import shown_fields
from backchannel_lib.page.verdict_html import stages_on_screen
from backchannel_lib.workshop.deck import Vignette, draw, link_order, load_vignettes, vignettes
from backchannel_lib.workshop.topics import load_topics
from tests.helpers.tables import error_for, with_cell

DECK = vignettes()
TOPICS = [row.topic for row in load_topics()]
JUDGED = {name: judge(vignette.case) for name, vignette in DECK.items()}
VERDICT = {name: judgment.verdict for name, judgment in JUDGED.items()}
LEVELS = {name: field.levels for name, field in Case.fields().items()}
ALL = tuple(STAGES)

#: Each vignette's verdict, weakest links and rule's answer, found by hand from the article.
EXPECTED: dict[str, tuple[str, tuple[str, ...], str]] = {
    "nadia": ("phone_interview", ("timing",), "not_allowed"),
    "hannah": ("skimmed", ("attention",), "not_allowed"),
    "ruth": ("file_read", ("message",), "not_allowed"),
    "owen": ("declined", ("paper",), "not_allowed"),
    "joel": ("maybe", ("paper",), "not_allowed"),
    "piotr": ("ignored", ("levers",), "not_allowed"),
    "marisol": ("phone_interview", ("attention", "timing"), "not_allowed"),
    "camille": ("skimmed", ("message",), "not_allowed"),
    "teresa": ("ignored", ("levers",), "not_allowed"),
    "leila": ("maybe", ("paper",), "not_allowed"),
    "simone": ("file_read", ("attention",), "not_allowed"),
    "ingrid": ("declined", ("paper",), "not_allowed"),
    "samir": ("skimmed", ("timing",), "not_allowed"),
    "andre": ("offer_in_play", ALL, "not_allowed"),
    "felix": ("backfires", ("message",), "not_allowed"),
    "grace": ("backfires", ("message",), "not_allowed"),
    "julia": ("phone_interview", ("attention", "timing"), "ask_first"),
    "elena": ("skimmed", ("attention",), "not_allowed"),
    "victor": ("ignored", ("message",), "not_allowed"),
    "martin": ("file_read", ("message", "attention"), "allowed"),
    "walter": ("fallback_seat", ("paper",), "not_allowed"),
    "daniel": ("ignored", ("message",), "not_allowed"),
    "caleb": ("phone_interview", ("attention", "timing"), "not_allowed"),
    "aisha": ("phone_interview", ("timing",), "ask_first"),
    "noor": ("file_read", ("timing",), "ask_first"),
    "yasmin": ("declined", ("paper",), "ask_first"),
    "ben": ("offer_in_play", ALL, "allowed"),
    "amir": ("skimmed", ("timing",), "allowed"),
    "tomas": ("fallback_seat", ("paper",), "allowed"),
    "dev": ("offer_in_play", ALL, "allowed"),
    "ravi": ("declined", ("paper",), "allowed"),
    "luke": ("fallback_seat", ("paper",), "allowed"),
    "kyle": ("declined", ("paper",), "allowed"),
    "nate": ("backfires", ("message",), "allowed"),
    "irene": ("ignored", ("message",), "allowed"),
    "odile": ("maybe", ("paper",), "allowed"),
    "mona": ("offer_in_play", ALL, "allowed"),
    "paula": ("maybe", ("paper",), "allowed"),
}

#: The verdict that the explanation gives for the case with one change.
PROMISED: dict[str, tuple[dict[str, object], str]] = {
    "nadia": ({"phase": "gap_filling"}, "skimmed"),
    "hannah": ({"recommender": "trusted_peer"}, "phone_interview"),
    "ruth": ({"specifics": True}, "phone_interview"),
    "owen": ({"interviews_failures": True}, "maybe"),
    "joel": ({"addresses_flag": False}, "declined"),
    "piotr": ({"recommender": "trusted_peer"}, "maybe"),
    "marisol": ({"offers": ()}, "file_read"),
    "camille": ({"specifics": True}, "phone_interview"),
    "teresa": ({"score": 235}, "skimmed"),
    "leila": ({"recommender": "known_dean"}, "file_read"),
    "simone": ({"track_record": 3}, "maybe"),
    "ingrid": ({"addresses_flag": True}, "maybe"),
    "samir": ({"phase": "soap_lists"}, "phone_interview"),
    "andre": ({"file_in_system": False}, "skimmed"),
    "felix": ({"move": "targeted_call"}, "offer_in_play"),
    "grace": ({"move": "targeted_call"}, "phone_interview"),
    "julia": ({"lists_open": False}, "file_read"),
    "elena": ({"track_record": 3}, "phone_interview"),
    "victor": ({"prior_contact": True}, "file_read"),
    "martin": ({"introduced": False}, "ignored"),
    "walter": ({"offers": ()}, "ignored"),
    "daniel": ({"move": "formal_email"}, "skimmed"),
    "caleb": ({"needs": ()}, "skimmed"),
    "aisha": ({"lists_open": False}, "file_read"),
    "noor": ({"lists_open": True}, "phone_interview"),
    "yasmin": ({"professionalism_issue": False}, "phone_interview"),
    "ben": ({"deep_ties": False}, "skimmed"),
    "amir": ({"outruns_hr": True}, "offer_in_play"),
    "tomas": ({"score": 236}, "offer_in_play"),
    "dev": ({"hears_first": False}, "skimmed"),
    "ravi": ({"boards_pending": False}, "offer_in_play"),
    "luke": ({"score": 240}, "file_read"),
    "kyle": ({"has_noncategorical_seat": True}, "fallback_seat"),
    "nate": ({"move": "targeted_call"}, "fallback_seat"),
    "irene": ({"move": "formal_email"}, "file_read"),
    "odile": ({"score": 236}, "phone_interview"),
    "mona": ({"names_you": False}, "skimmed"),
    "paula": ({"addresses_flag": False}, "declined"),
}

#: The words that an explanation uses for a verdict.
NAMED = {
    "backfires": r"backfires",
    "ignored": r"ignored",
    "skimmed": r"skimmed",
    "declined": r"declined",
    "fallback_seat": r"fallback seat",
    "file_read": r"file read|file is (then )?read|file would be read",
    "maybe": r"maybe",
    "phone_interview": r"phone interview",
    "offer_in_play": r"offer (is |would be )?in play",
}


def told(vignette: Vignette) -> str:
    """Return everything that a room sees before it votes."""
    return f"{vignette.title} {vignette.file} {vignette.contact}"


def words(text: str) -> set[str]:
    """List a text's words."""
    return set(re.findall(r"[a-z]+", text.lower()))


# ---- what the loaders reject ----


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("topic", "caller", "one of callers, paper, needs, noise, works, timing, limits"),
        ("difficulty", "4", "a whole number from 1 to 3"),
        ("overrides", "scoer=240", "'field=value' pairs of fields of a case"),
        ("overrides", "score=240; score=241", "each field once"),
    ],
)
def test_a_broken_vignette_is_rejected(tmp_path: Any, column: str, cell: str, expected: str) -> None:
    """A cell that breaks its column's rule is rejected, and the error says what the column accepts."""
    rows = with_cell("vignettes.csv", column, cell)
    assert (
        error_for(tmp_path, "vignettes.csv", rows)
        == f"vignettes.csv, row 3, column {column}: expected {expected}, found {cell!r}"
    )


def test_an_impossible_case_is_rejected(tmp_path: Any) -> None:
    """Values that can't go together are rejected with the case's own message."""
    message = error_for(tmp_path, "vignettes.csv", with_cell("vignettes.csv", "overrides", "recommender=self; move=pressure"))
    assert message.startswith("vignettes.csv, row 3, column overrides: expected a case that can be (move: direct_email is ")


def test_a_what_if_that_is_not_a_field_is_rejected(tmp_path: Any) -> None:
    """The field to change afterward has to be a field of a case, and the error suggests the most similar one first."""
    message = error_for(tmp_path, "vignettes.csv", with_cell("vignettes.csv", "what_if", "recomender"))
    assert message.startswith("vignettes.csv, row 3, column what_if: expected one of recommender, score, ")


# ---- what the deck covers ----


def test_the_deck_is_large_enough() -> None:
    """There are vignettes for several sessions, at least five cite an example of the article, and no case occurs twice."""
    assert len(DECK) >= 28
    assert sum(any("example" in claim for claim in vignette.claims) for vignette in DECK.values()) >= 5
    assert len({vignette.case for vignette in DECK.values()}) == len(DECK)
    assert len({vignette.title for vignette in DECK.values()}) == len(DECK)


def test_every_verdict_is_an_answer() -> None:
    """Each verdict is the answer to at least two vignettes, and to at most one in six."""
    answers = Counter(VERDICT.values())
    assert all(2 <= answers[verdict] <= len(DECK) / 6 for verdict in Verdict)


def test_every_stage_is_the_weakest() -> None:
    """Each stage is the only limit of at least two vignettes."""
    alone = Counter(judgment.binding[0] for judgment in JUDGED.values() if len(judgment.binding) == 1)
    assert all(alone[stage] >= 2 for stage in STAGES)


def test_every_moment_caller_move_and_answer_occurs() -> None:
    """Each phase has at least three vignettes. Every caller, move, rule's answer and kind of met need occurs."""
    cases = [vignette.case for vignette in DECK.values()]
    phases = Counter(case.phase for case in cases)
    assert all(phases[phase] >= 3 for phase in LEVELS["phase"])
    assert {case.recommender for case in cases} == set(LEVELS["recommender"])
    assert {case.move for case in cases} == set(LEVELS["move"])
    assert {rules_check(case).answer for case in cases} == set(ANSWERS)
    assert sum(bool(case.needs) for case in cases) >= 3
    assert sum(bool(case.needs & case.offers) for case in cases) >= 3


def test_every_difficulty_and_topic_has_its_share() -> None:
    """There are at least seven of each difficulty and three of each topic."""
    difficulties = Counter(vignette.difficulty for vignette in DECK.values())
    assert all(difficulties[difficulty] >= 7 for difficulty in (1, 2, 3))
    topics = Counter(vignette.topic for vignette in DECK.values())
    assert all(topics[topic] >= 3 for topic in TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_reveals_nothing_about_the_verdict(topic: str) -> None:
    """A topic's vignettes have at least three verdicts, none of them for more than half."""
    answers = Counter(VERDICT[name] for name in draw(topic))
    assert len(answers) >= 3
    assert max(answers.values()) <= answers.total() / 2


@pytest.mark.parametrize("difficulty", [1, 2, 3])
def test_a_difficulty_reveals_nothing_about_the_verdict(difficulty: int) -> None:
    """A difficulty's vignettes have at least five verdicts."""
    assert len({VERDICT[name] for name in draw(difficulty=difficulty)}) >= 5


def test_each_vignette_rests_on_the_article() -> None:
    """Each one cites a claim. If a deciding link is based on our assumption, the vignette names that, too."""
    for name, vignette in DECK.items():
        assert vignette.claims, name
        if VERDICT[name] is Verdict.OFFER_IN_PLAY:
            continue  # nothing limits the verdict
        deciding = {reason.assumption for reason in JUDGED[name].reasons if reason.stage in JUDGED[name].binding} - {""}
        # Most flags are the article's own, and these two are ours.
        if not (vignette.case.specialty_switch or vignette.case.boards_pending):
            deciding.discard("which_flags_count")
        assert deciding <= {vignette.assumption}, name


# ---- what the rules answer ----


def test_the_table_of_answers_is_of_this_deck() -> None:
    """There are answers and promised changes for each vignette and no other."""
    assert list(EXPECTED) == list(PROMISED) == list(DECK)


@pytest.mark.parametrize("name", DECK)
def test_the_rules_answer_as_the_article_does(name: str) -> None:
    """Verdict, weakest links and the rule's answer match the ones found by hand."""
    judgment = JUDGED[name]
    assert (judgment.verdict.name.lower(), judgment.binding, rules_check(judgment.case).answer) == EXPECTED[name]


@pytest.mark.parametrize("name", DECK)
def test_an_explanation_is_true(name: str) -> None:
    """It names the verdict, and the rules confirm what it says about a changed case. It names no third verdict."""
    changes, other = PROMISED[name]
    assert judge(DECK[name].case.replace(**changes)).verdict.name.lower() == other
    named = {verdict for verdict, how in NAMED.items() if re.search(how, DECK[name].why)}
    assert named == {EXPECTED[name][0], other}


@pytest.mark.parametrize("name", DECK)
def test_moving_one_thing_changes_the_verdict(name: str) -> None:
    """The control that moves afterward belongs to this case, and one of its positions gives another verdict."""
    vignette = DECK[name]
    assert vignette.what_if in shown_fields(vignette.case)
    moved = {judge(vignette.case.replace(**{vignette.what_if: to})).verdict for to in positions(vignette)}
    assert len(moved | {VERDICT[name]}) >= 2


def positions(vignette: Vignette) -> list[Any]:
    """List the positions of the control that moves afterward."""
    field = Case.fields()[vignette.what_if]
    match field.kind:
        case "flag":
            return [False, True]
        case "choice":
            return [level for level in field.levels if level not in {"self", "direct_email"}]
        case "set":
            return [set(some) for size in range(5) for some in itertools.combinations(field.levels, size)]
    if field.optional:
        return [None, 0, 1, 2, 3]
    return list(range(190, 301)) if field.name in {"score", "range_low", "range_floor"} else [0, 1, 2, 3]


# ---- the wording gives nothing away ----

#: Words from names of verdicts and caps. "File", "seat", "phone" and "interview" are ordinary terms of the field.
OUTCOMES = (
    "backfire backfires ignore ignored skim skimmed decline declined fallback read maybe offer offers play delete deleted "
    "discarded overlooked bookmarked glance glanced courtesy noise boilerplate buried lost rejected refused accepted invited"
)
#: Words that pass judgment.
JUDGING = (
    "unfortunately sadly luckily fortunately glowing desperate desperately strong strongly weak excellent outstanding superb "
    "poor bad great good best better worst solid impressive remarkable genuine honest clearly obviously merely only just even "
    "still yet however although despite nevertheless hopeless promising risky late early too"
)


def test_the_story_of_a_vignette_is_neutral() -> None:
    """Nothing shown before the vote names an outcome or passes judgment."""
    for name, vignette in DECK.items():
        assert words(told(vignette)) & (set(OUTCOMES.split()) | set(JUDGING.split())) == set(), name


WORDS = {name: words(told(vignette)) for name, vignette in DECK.items()}
SPREAD = Counter(word for expected in WORDS.values() for word in expected)
RARE = {word: math.log(len(DECK) / times) for word, times in SPREAD.items()}


def shared(one: set[str], other: set[str]) -> float:
    """Return the share of words that two texts have in common, from 0 to 1."""
    return len(one & other) / len(one | other)


def shared_by_weight(one: set[str], other: set[str]) -> float:
    """Return how similar two texts are, giving more weight to words that few texts have."""
    lengths = [math.sqrt(sum(RARE[word] ** 2 for word in expected)) for expected in (one, other)]
    return sum(RARE[word] ** 2 for word in one & other) / math.prod(lengths)


@pytest.mark.parametrize("alike", [shared, shared_by_weight])
@pytest.mark.parametrize("twins", [True, False])
def test_the_most_likely_text_does_not_give_the_answer_away(alike: Callable[[set[str], set[str]], float], twins: bool) -> None:
    """Copying the answer of the most similar vignette is right at most one time in four, with and without twins."""
    right = 0
    for name, expected in WORDS.items():
        others = [other for other in DECK if other != name and (twins or shared(expected, WORDS[other]) < 0.5)]
        right += VERDICT[max(others, key=lambda other: alike(expected, WORDS[other]))] == VERDICT[name]
    assert right <= len(DECK) / 4


def test_most_vignettes_have_a_twin() -> None:
    """Its twin shares at least half its words but has a different verdict."""
    for name, expected in WORDS.items():
        twins = [other for other in DECK if other != name and shared(expected, WORDS[other]) >= 0.5]
        assert twins, name
        assert all(VERDICT[other] != VERDICT[name] for other in twins), name


def test_a_naive_bayes_classifier_cannot_tell_the_verdict_from_the_words() -> None:
    """A naive Bayes classifier trained on all other vignettes is right at most one time in four."""
    right = sum(naive(name) == VERDICT[name] for name in DECK)
    assert right <= len(DECK) / 4


def naive(name: str) -> Verdict:
    """Guess a verdict as a naive Bayes classifier trained on all other vignettes would."""
    scores: dict[Verdict, float] = {}
    for verdict in Verdict:
        known = [WORDS[other] for other in DECK if other != name and VERDICT[other] == verdict]
        scores[verdict] = math.log(len(known))
        for word in SPREAD:
            share = (sum(word in expected for expected in known) + 1) / (len(known) + 2)
            scores[verdict] += math.log(share if word in WORDS[name] else 1 - share)
    return max(scores, key=scores.__getitem__)


def test_no_single_word_gives_the_answer_away() -> None:
    """A word in three or more vignettes goes with one verdict at most two times in three; a word in two has two verdicts."""
    for word, times in SPREAD.items():
        most = max(Counter(VERDICT[name] for name, expected in WORDS.items() if word in expected).values())
        assert times == 1 or (most <= 2 * times / 3 if times > 2 else most == 1), word


def ranks(values: Sequence[float]) -> list[float]:
    """Return each value's rank; equal values share the mean of their ranks."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) - 1) / 2 for value in values]


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Spearman's rank correlation of two lists, from -1 to 1."""
    pairs = list(zip(ranks(one), ranks(other), strict=True))
    middle = (len(pairs) - 1) / 2
    products = [sum((pair[a] - middle) * (pair[b] - middle) for pair in pairs) for a, b in ((0, 1), (0, 0), (1, 1))]
    return products[0] / math.sqrt(products[1] * products[2])


MEASURES: dict[str, Callable[[Vignette], float]] = {
    "file": lambda vignette: len(vignette.file),
    "contact": lambda vignette: len(vignette.contact),
    "both": lambda vignette: len(vignette.file) + len(vignette.contact),
    "praise": lambda vignette: vignette.case.intensity,
    "place in the deck": lambda vignette: list(DECK).index(vignette.vignette),
}


@pytest.mark.parametrize("measure", MEASURES)
def test_neither_length_nor_warmth_nor_position_gives_the_answer_away(measure: str) -> None:
    """Text lengths, warmth of praise and position in the deck don't correlate with the verdict."""
    of = [MEASURES[measure](vignette) for vignette in DECK.values()]
    assert abs(spearman(of, [float(verdict) for verdict in VERDICT.values()])) < 0.35


def test_texts_are_of_one_size() -> None:
    """The text is short enough for a screen and about the same length in every vignette."""
    for name, vignette in DECK.items():
        assert 25 <= len(vignette.file.split()) <= 45, name
        assert 25 <= len(vignette.contact.split()) <= 50, name
        assert vignette.discuss.endswith("?"), name
        assert 15 <= len(vignette.note.split()) <= 30, name
        assert 20 <= len(vignette.why.split()) <= 35, name


# ---- the texts say what the case sets ----

#: For a field, its value or a test of it, and words that the contact or the file has only then.
SAID: list[tuple[str, Callable[[Case], bool], str]] = [
    ("before Match Week", lambda case: case.phase == "groundwork", r"\bin (January|February)\b"),
    ("lists", lambda case: case.phase == "soap_lists", r"\bon (Monday|Tuesday|Wednesday)\b"),
    ("gaps", lambda case: case.phase == "gap_filling", r"\bon Thursday\b"),
    ("after SOAP", lambda case: case.phase == "post_soap", r"\bOn (April|May|June) \d"),
    ("lists made", lambda case: not case.lists_open, r"after you've chosen whom to interview"),
    ("warm", lambda case: case.move != "direct_email" and case.intensity >= 7, r"Warmly:"),
    ("measured", lambda case: case.move != "direct_email" and 4 <= case.intensity <= 6, r"Plainly:"),
    ("dry", lambda case: case.move != "direct_email" and case.intensity <= 3, r"In a flat tone:"),
    ("own email", lambda case: case.move == "direct_email", r"writes to you himself"),
    ("to everyone", lambda case: case.move == "mass_blast", r"to each director in the specialty"),
    ("form letter", lambda case: case.move == "generic_letter", r"the same lines to all three"),
    (
        "inside",
        lambda case: case.move == "internal_push",
        r"walks over to your office|stand in your office|gives you (his|her|\w+'s) name",
    ),
    ("demand", lambda case: case.move == "pressure", r"you owe her|is due a fourth|counting on you to take"),
    ("all three", lambda case: case.track_record == 3, r"three earlier residents all finished"),
    ("none of three", lambda case: case.track_record == 0, r"none of the three earlier residents finished"),
    ("introduced", lambda case: case.introduced, r"of your cardiology division suggested"),
    ("wrote first", lambda case: case.program_contacted_first, r"(once|after) your office has (written|asked)"),
    ("name known", lambda case: case.name_familiar, r"you heard the name from her on Tuesday"),
    ("has the file", lambda case: case.file_in_system, r"the application reached you on Monday"),
    ("hears first", lambda case: case.hears_first, r"first to hear|know before anyone else|learns before anyone else"),
    ("names", lambda case: case.names_you, r"names? (him|her)\.|gives you (his|her|\w+'s) name"),
    ("ahead of HR", lambda case: case.outruns_hr, r"before HR posts|ahead of HR"),
    ("explains", lambda case: case.addresses_flag, r"met him weekly|supervised the repeat|which he watched"),
    (
        "was there",
        lambda case: case.prior_contact,
        r"rotations|on your wards|your prelim intern|transitional year at your hospital",
    ),
    ("ties", lambda case: case.deep_ties, r"known him since his second year|intern for \w+ months|a year in its"),
    ("calls", lambda case: case.move == "targeted_call", r"\bcalls\b"),
]


@pytest.mark.parametrize(("what", "holds", "pattern"), SAID, ids=[row[0] for row in SAID])
def test_texts_state_what_the_case_sets(what: str, holds: Callable[[Case], bool], pattern: str) -> None:
    """The text states what the case sets, and no text states anything else (but a call can also be a demand)."""
    assert any(holds(vignette.case) for vignette in DECK.values())
    for name, vignette in DECK.items():
        found = re.search(pattern, f"{vignette.file} {vignette.contact}") is not None
        if what in {"gaps", "lists"}:
            found = re.search(pattern, vignette.contact.split(";")[0]) is not None
        if what == "calls" and vignette.case.move == "pressure":
            continue
        assert found == holds(vignette.case), name


def test_texts_leave_the_numbers_to_the_table() -> None:
    """No text shown before the vote has a score, so none can contradict the case."""
    assert [name for name, vignette in DECK.items() if re.search(r"\d{3}", told(vignette))] == []


def test_a_message_without_specifics_holds_none() -> None:
    """Only contacts with specifics mention a length of time, which could be checked."""
    for name, vignette in DECK.items():
        expected = re.split(r"Warmly: |Plainly: |Dryly: ", vignette.contact)[-1]
        if vignette.case.move not in {"direct_email", "mass_blast"}:  # neither is judged by its specifics
            assert (re.search(r"\b(weeks|weekly|months|years?|both)\b", expected) is not None) == vignette.case.specifics, name


# ---- drawing ----

SEEDS = st.integers(0, 2**40)
SOME = st.sets(st.sampled_from(list(DECK)))


@given(SEEDS)
def test_a_draw_gives_each_vignette_once(seed: int) -> None:
    """Drawing the whole deck gives every vignette exactly once."""
    assert sorted(draw(seed=seed)) == sorted(DECK)


@given(st.sampled_from(["", *TOPICS]), st.integers(0, 3), SEEDS, SOME)
def test_a_draw_keeps_to_what_was_asked(topic: str, difficulty: int, seed: int, but: set[str]) -> None:
    """It gives all matching vignettes and no others, in the order of the full draw, and the same ones every time."""
    drawn = draw(topic, difficulty, seed, but)
    assert drawn == draw(topic, difficulty, seed, sorted(but))
    assert drawn == tuple(
        name
        for name in draw(seed=seed)
        if topic in {"", DECK[name].topic} and difficulty in {0, DECK[name].difficulty} and name not in but
    )


def test_a_seed_gives_one_order_everywhere() -> None:
    """The expected order is written here, so a machine or a Python version with another order fails."""
    assert draw("timing", seed=7) == ("felix", "ben", "samir", "amir", "andre")
    assert len({draw(seed=seed) for seed in range(50)}) == 50


def test_each_vignette_comes_first_now_and_then() -> None:
    """Over two thousand seeds each vignette comes first, and none much too often."""
    first = Counter(draw(seed=seed)[0] for seed in range(2000))
    assert set(first) == set(DECK)
    assert max(first.values()) <= 2 * 2000 / len(DECK)


def test_what_is_not_in_the_deck_can_be_left_out() -> None:
    """A seen id from an older deck is ignored, and a deck that was seen completely gives nothing."""
    assert draw(exclude=["of_last_year"]) == draw()
    assert draw(exclude=DECK) == ()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (
            {"topic": "timming"},
            "topic: must be one of timing, paper, callers, needs, noise, works, limits, but it is 'timming'.",
        ),
        ({"difficulty": 4}, "difficulty: must be a whole number from 0 to 3, but it is 4."),
        ({"difficulty": -1}, "difficulty: must be a whole number from 0 to 3, but it is -1."),
        ({"difficulty": True}, "difficulty: must be a whole number from 0 to 3, but it is True."),
        ({"difficulty": "2"}, "difficulty: must be a whole number from 0 to 3, but it is '2'."),
        ({"seed": -1}, "seed: must be a whole number of 0 or more, but it is -1."),
        ({"seed": 1.0}, "seed: must be a whole number of 0 or more, but it is 1.0."),
        ({"seed": True}, "seed: must be a whole number of 0 or more, but it is True."),
    ],
)
def test_what_cannot_be_drawn_gets_a_message(asked: dict[str, Any], expected: str) -> None:
    """An unknown topic, difficulty or seed gets a calm message."""
    with pytest.raises(CaseError) as caught:
        draw(**asked)
    assert str(caught.value) == expected


# ---- the reveal ----


def in_parts(order: Sequence[str], last: Sequence[str]) -> Iterator[list[str]]:
    """Split an order into the first links and the last ones."""
    yield [stage for stage in order if stage not in last]
    yield [stage for stage in order if stage in last]


@pytest.mark.parametrize("name", DECK)
def test_the_weakest_link_is_revealed_last(name: str) -> None:
    """All five stages appear in order, except that those that limit the verdict come last."""
    binding = JUDGED[name].binding
    order = link_order(JUDGED[name])
    assert order == tuple(itertools.chain(*in_parts(stages_on_screen(), binding)))
    assert order[-1] in binding


def test_the_deck_is_in_the_order_of_its_table() -> None:
    """The mapping has the table's rows in order and is read-only."""
    assert list(DECK.values()) == list(load_vignettes())
    with pytest.raises(TypeError):
        DECK["nadia"] = DECK["hannah"]  # type: ignore[index]


def test_a_broken_table_of_topics_is_rejected(tmp_path: Any) -> None:
    """The error gives the location of a topic without a name."""
    path = tmp_path / "topics.csv"
    path.write_text('topic\n""\n', encoding="utf-8")
    with pytest.raises(TableError, match=r"^topics\.csv, row 2, column topic: expected some text"):
        load_topics(path)
