"""The questions and bets: what the loaders reject, that no answer can be guessed, and that each case is described in words."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib import Case, CaseError, TableError, Verdict, judge, rules_check
from backchannel_lib.activities import questions
from backchannel_lib.activities.questions import Bet, Question, load_bets, load_options, load_questions, questions_of
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.tables import load_activities, load_chapters
from backchannel_lib.base.texts import all_words
from backchannel_lib.model.tables import ANSWERS, load_examples

DATA = Path(__file__).resolve().parents[2] / "data"
CHAPTERS = [row.chapter for row in load_chapters() if row.audience != "teacher"]
QUESTIONS = load_questions()
CHOICES = [row for row in QUESTIONS if row.kind == "choice"]
CASES = [row for row in QUESTIONS if row.kind == "case"]
RULES = [row for row in QUESTIONS if row.kind == "rule"]
BETS = load_bets()
LOADERS: dict[str, Any] = {"questions.csv": load_questions, "options.csv": load_options, "bets.csv": load_bets}


class Table:
    """A changed copy of a table that is never written to a disk."""

    def __init__(self, file: str) -> None:
        self.name = file
        with (DATA / file).open(encoding="utf-8", newline="") as lines:
            self.rows = list(csv.DictReader(lines))

    def line(self, key: str) -> int:
        """Return the line number of the row with this id."""
        return 2 + [next(iter(row.values())) for row in self.rows].index(key)

    def update(self, key: str, **cells: str) -> Table:
        """Change cells in the row with this id."""
        self.rows[self.line(key) - 2].update(cells)
        return self

    def read_text(self, encoding: str) -> str:
        """Return the table as a file's text."""
        assert encoding == "utf-8"
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(self.rows[0]))
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue()

    def refusal(self) -> str:
        """Load the table, and return the error message."""
        with pytest.raises(TableError) as caught:
            LOADERS[self.name](self)
        return str(caught.value)


# ---- what the loaders reject ----


def test_an_unchanged_copy_is_accepted() -> None:
    """So an error in the other tests is about their change."""
    assert all(loader(Table(file)) == loader() for file, loader in LOADERS.items())


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"chapter": "06_timng"}, "column chapter: expected one of 06_timing, "),
        ({"kind": "cases"}, "column kind: expected one of case, choice, rule, found 'cases'"),
        ({"answer": ""}, "column answer: expected some text, found ''"),
        (
            {"answer": "maybe"},
            "column answer: expected one of its options, skimmed, file_read, phone_interview, offer_in_play, ",
        ),
        ({"answer": "skimmed"}, "column answer: expected 'file_read', which its case comes to, found 'skimmed'"),
        ({"overrides": ""}, "column overrides: expected a case for a question about one, and nothing for a choice, found ()"),
        ({"kind": "choice"}, "column overrides: expected a case for a question about one, and nothing for a choice, found (("),
        ({"kind": "rule"}, "column question: expected options out of not_allowed, ask_first, allowed, in this order, found"),
        ({"overrides": "scoer=240"}, "column overrides: expected 'field=value' pairs of fields of a case, found 'scoer=240'"),
        ({"overrides": "score=240; score=250"}, "column overrides: expected each field once, found 'score=240; score=250'"),
        (
            {"overrides": "score=1200"},
            "column overrides: expected a case that can be (score: must be a whole number from 1 to 999, but it is 1200.)",
        ),
        (
            {"overrides": "recommender=self; move=pressure"},
            "column overrides: expected a case that can be (move: direct_email is ",
        ),
        (
            {"overrides": "score=255; range_low=245"},
            "column answer: expected 'skimmed', which its case comes to, found 'file_read'",
        ),
        ({"claims": "timing.phase9"}, "column claims: expected one of timing.phase"),
        ({"facts": "soap_rule.nobody"}, "column facts: expected one of "),
        ({"assumption": "lists_chosn"}, "column assumption: expected one of share_lists_chosen, "),
        ({"claims": "", "assumption": ""}, "column claims: expected a claim, a fact or an assumption of ours, found ''"),
        ({"question": "time_lists"}, "column question: expected 3 or 4 options in options.csv and not 0, found 'time_lists'"),
        ({"question": "time_four"}, "column question: expected an id that no other row has, found 'time_four'"),
    ],
)
def test_a_broken_question_is_rejected(cells: dict[str, str], said: str) -> None:
    """The error has the line, and says what the column accepts."""
    table = Table("questions.csv")
    line = table.line("time_four" if cells.get("question") == "time_four" else "time_lists_made")
    assert table.update("time_lists_made", **cells).refusal().startswith(f"questions.csv, row {line}, {said}")


def test_either_basis_is_enough() -> None:
    """A question needs a claim, a fact or an assumption."""
    for cells in ({"assumption": ""}, {"claims": ""}, {"claims": "", "assumption": "", "facts": "soap_rule.penalty"}):
        assert len(load_questions(Table("questions.csv").update("time_lists_made", **cells))) == len(QUESTIONS)


@given(st.sampled_from(CASES + RULES), st.data())
def test_only_the_computed_answer_is_accepted(row: Question, data: st.DataObject) -> None:
    """If a question about a case gives another option as right, the error names the computed one."""
    wrong = data.draw(st.sampled_from([option.option for option in row.options if option.option != row.answer]))
    said = Table("questions.csv").update(row.question, answer=wrong).refusal()
    assert said.endswith(f"column answer: expected '{row.answer}', which its case comes to, found '{wrong}'")


@pytest.mark.parametrize(
    "word",
    [
        "question.time_lists_made.text",
        "option.time_lists_made.skimmed.why",
        "option.time_after_nine.dean.why",
        "option.time_after_nine.dean.text",
    ],
)
def test_a_question_without_one_of_its_texts_is_rejected(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """It needs its own text, and each option's text and feedback."""
    monkeypatch.setattr(questions, "all_words", lambda: {key: text for key, text in all_words().items() if key != word})
    question = word.split(".")[1]
    line = Table("questions.csv").line(question)
    with pytest.raises(TableError) as caught:
        load_questions(Table("questions.csv"))
    place = f"questions.csv, row {line}, column question"
    assert str(caught.value) == f"{place}: expected a text with the id '{word}', found {question!r}"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [{"question": "time_four", "option": "skimmed"}],
            "column option: expected an id that no other row has, found 'skimmed'",
        ),
        ([{"question": "time_for", "option": "maybe"}], "column question: expected one of time_four, "),
        ([{"question": "time_four", "option": " "}], "column option: expected some text, found ' '"),
    ],
)
def test_a_broken_option_is_rejected(rows: list[dict[str, str]], said: str) -> None:
    """The error has the line of an option that is duplicate, or has no question or id."""
    table = Table("options.csv")
    table.rows += rows
    assert table.refusal().startswith(f"options.csv, row {len(table.rows) + 1}, {said}")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["skimmed", "file_read"], "3 or 4 options in options.csv and not 2"),
        (["backfires", "ignored", "skimmed", "file_read", "maybe"], "3 or 4 options in options.csv and not 5"),
        (["skimmed", "maybe", "file_read"], "options out of backfires, ignored, skimmed, declined, fallback_seat, "),
        (["skimmed", "file_raed", "maybe"], "options out of backfires, ignored, skimmed, declined, fallback_seat, "),
    ],
)
def test_unsuitable_options_are_rejected(monkeypatch: pytest.MonkeyPatch, options: list[str], said: str) -> None:
    """A question about a case needs three or four verdicts, from low to high, and nothing else."""
    changed = [questions.Option("time_lists_made", option) for option in options]
    changed += [option for option in load_options() if option.question != "time_lists_made"]
    monkeypatch.setattr(questions, "load_options", lambda: changed)
    with pytest.raises(TableError) as caught:
        load_questions(Table("questions.csv"))
    assert f", column question: expected {said}" in str(caught.value)


@pytest.mark.parametrize("options", [["not_allowed", "allowed", "ask_first"], ["not_allowed", "ask_first", "maybe"]])
def test_a_rule_has_its_three_answers(monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    """A question about the rule has the rule's three answers, in order."""
    changed = [questions.Option("after_autumn_call", option) for option in options]
    changed += [option for option in load_options() if option.question != "after_autumn_call"]
    monkeypatch.setattr(questions, "load_options", lambda: changed)
    with pytest.raises(TableError) as caught:
        load_questions(Table("questions.csv"))
    said = "expected options out of not_allowed, ask_first, allowed, in this order, found 'after_autumn_call'"
    assert str(caught.value).endswith(said)


def test_an_unknown_chapter_is_named() -> None:
    """The error lists the existing chapters, with the most similar one first."""
    with pytest.raises(CaseError) as caught:
        questions_of("06_timng")
    assert str(caught.value).startswith("chapter: must be one of 06_timing, 00_start_here, ")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"overrides": ""}, "column overrides: expected 'field=value' pairs of fields of a case, found ''"),
        (
            {"overrides": "score=0"},
            "column overrides: expected a case that can be (score: must be a whole number from 1 to 999",
        ),
        ({"claims": ""}, "column claims: expected a claim that decides, found ''"),
        ({"claims": "need.locl"}, "column claims: expected one of need.local, "),
        ({"overrides": "specifics=true"}, "column overrides: expected a verdict that no other bet has, found 'skimmed'"),
        ({"bet": "who_stays"}, "column bet: expected a text with the id 'bet.who_stays.title', found 'who_stays'"),
    ],
)
def test_a_broken_bet_is_rejected(cells: dict[str, str], said: str) -> None:
    """The error has the line of a bet without a case, claim or text, or with another bet's verdict."""
    table = Table("bets.csv")
    line = table.line("who_will_stay")
    assert table.update("who_will_stay", **cells).refusal().startswith(f"bets.csv, row {line}, {said}")


@pytest.mark.parametrize("part", ["title", "story", "why"])
def test_a_bet_without_one_of_its_texts_is_rejected(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """It needs a title, a story and the explanation."""
    gone = f"bet.full_list.{part}"
    monkeypatch.setattr(questions, "all_words", lambda: {key: text for key, text in all_words().items() if key != gone})
    with pytest.raises(TableError) as caught:
        load_bets(Table("bets.csv"))
    assert str(caught.value) == f"bets.csv, row 2, column bet: expected a text with the id '{gone}', found 'full_list'"


# ---- what the tables hold ----


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_its_questions(chapter: str) -> None:
    """A chapter has three to six questions, at least two of them with their own case."""
    asked = questions_of(chapter)
    assert 3 <= len(asked) <= 6
    assert sum(row.kind != "choice" for row in asked) >= 2


def test_the_questions_are_in_the_order_of_the_chapters() -> None:
    """The table has all chapters' questions in one pass."""
    assert tuple(row for chapter in CHAPTERS for row in questions_of(chapter)) == QUESTIONS
    assert [(option.question, option.option) for row in QUESTIONS for option in row.options] == [
        (option.question, option.option) for option in load_options()
    ]


def test_an_option_says_what_it_is() -> None:
    """Verdicts and the rule's answers have their own names, and other options have their own texts."""
    for row in QUESTIONS:
        for option in row.options:
            own = {
                "case": lambda name: Verdict[name.upper()].label,
                "rule": lambda name: all_words()[f"soap.answer.{name}"],
                "choice": lambda name, question=row.question: all_words()[f"option.{question}.{name}.text"],
            }[row.kind]
            assert option.text == own(option.option)
            assert option.why == all_words()[f"option.{row.question}.{option.option}.why"]


def test_every_case_is_new() -> None:
    """No question about a verdict and no bet has a case from the article, another question or another bet."""
    told = [Case.from_record(dict(row.overrides)) for row in load_examples()]
    told += [row.case for row in CASES] + [bet.case for bet in BETS]
    assert [case for case, times in Counter(told).items() if times > 1] == []
    asked = [row.case for row in RULES]
    assert len(set(asked)) == len(asked)


def test_questions_go_through_all_verdicts_answers_and_phases() -> None:
    """Each verdict and each of the rule's answers is right somewhere, and each phase occurs in both kinds of question."""
    assert {row.answer for row in CASES} == {verdict.name.lower() for verdict in Verdict}
    assert {row.answer for row in RULES} == set(ANSWERS)
    assert {row.case.phase for row in CASES if row.case} == set(Case.fields()["phase"].levels)
    assert {row.case.phase for row in RULES if row.case} >= {"groundwork", "soap_lists", "post_soap"}


# ---- no answer can be guessed ----


@pytest.mark.parametrize("kind", ["choice", "case", "rule"])
def test_the_right_answer_has_no_favorite_place(kind: str) -> None:
    """Within a kind of question, each position is right about equally often."""
    asked = [row for row in QUESTIONS if row.kind == kind]
    sizes = {len(row.options) for row in asked}
    for size in sizes:
        alike = [row for row in asked if len(row.options) == size]
        places = Counter([option.option for option in row.options].index(row.answer) for row in alike)
        even = len(alike) / size
        for place in range(size):
            assert 0.7 * even <= places[place] <= 1.4 * even, (kind, size, place)


def test_the_right_answer_has_no_favorite_length() -> None:
    """The right answer is the longest at most four times in ten, and the shortest at most four times in ten."""
    longest = shortest = 0
    for row in CHOICES:
        right = next(len(option.text) for option in row.options if option.option == row.answer)
        others = [len(option.text) for option in row.options if option.option != row.answer]
        longest += right > max(others)
        shortest += right < min(others)
    assert longest <= 0.4 * len(CHOICES)
    assert shortest <= 0.4 * len(CHOICES)


def test_only_the_right_answer_gets_a_yes() -> None:
    """The right answer's feedback begins with a yes, and no other does."""
    for row in QUESTIONS:
        for option in row.options:
            assert option.why.startswith(("Yes.", "Yes,", "Yes:")) == (option.option == row.answer), option


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_right_answer_gets_a_yes_once(chapter: str) -> None:
    """The yes has its own line, and the rest doesn't repeat it."""
    row = next(row for row in load_activities() if row.chapter == chapter and row.kind == "questions")
    quiz: Any = make_activity(row.activity)
    for name, one in quiz.questions.items():
        quiz.update(**{name: one.answer})
        quiz.actions()["check"]({"value": name})
        said = " ".join(re.sub(r"<[^>]*>", " ", quiz.answer(name, quiz.state)).split())
        assert re.match(r"Yes\. [A-Z0-9]", said), said
        assert not re.match(r"Yes\. Yes", said), said


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_check_button_looks_the_same(chapter: str) -> None:
    row = next(row for row in load_activities() if row.chapter == chapter and row.kind == "questions")
    quiz: Any = make_activity(row.activity)
    bars = re.findall(r'class="(bw-toolbar[^"]*)"><button[^>]*data-action="check"', quiz.page())
    assert bars == ["bw-toolbar bw-alike"] * len(quiz.questions)


def test_every_word_on_an_answer_is_its_own() -> None:
    """No feedback is used twice, and each has one to four sentences."""
    texts = [option.why for option in load_options()]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert text.endswith((".", "?")), text
        assert 1 <= len(re.findall(r"[.?](?:\s|$)", text)) <= 4, text
        assert 40 <= len(text) <= 330, text


# ---- a case is shown in words, and the three voices are kept apart ----

#: Words for each value that a case can set. At least one of them has to be in the text.
TOLD: dict[tuple[str, str], str] = {
    ("failed_clerkship", "true"): "failed clerkship",
    ("leave_of_absence", "true"): "leave of absence",
    ("boards_pending", "true"): "board result is still missing",
    ("needs_visa", "true"): "needs a visa",
    ("sponsors_visas", "false"): "sponsors none",
    ("professionalism_issue", "true"): "major professionalism issue",
    ("has_noncategorical_seat", "true"): "prelim seat open|offers a prelim year",
    (
        "recommender",
        "trusted_peer",
    ): "same-tier A?PD whom|PD from a same-tier program whom|APD whom the director trusts, from a program of the same tier",
    ("recommender", "subspecialist"): "well-known subspecialist",
    ("recommender", "known_dean"): r"dean[^.]* knows (a|the|this) PD personally",
    ("recommender", "random_dean"): "dean[^.]* no history",
    ("recommender", "self"): "email of their own|a direct email",
    ("move", "targeted_call"): "targeted (phone )?call",
    ("move", "flag_explanation"): "email to explain|explains it by email",
    ("move", "internal_push"): "from inside|inside the( same)? hospital|walk over to the PD",
    ("move", "mass_blast"): "to every PD",
    ("move", "pressure"): "hard to forgive",
    ("move", "direct_email"): "email",
    ("specifics", "true"): "specific",
    ("addresses_flag", "true"): "firsthand",
    ("scripted", "true"): "writes a fine formal email.*word for word",
    ("intensity", "10"): "as warm as",
    ("track_record", "0"): "last three residents.*none worked out",
    ("track_record", "3"): "last three residents.*all worked out",
    ("prior_contact", "true"): "rotat",
    ("lists_open", "false"): "finished choosing whom to interview",
    ("name_familiar", "true"): "knows? (the|her) name|name is familiar",
    ("file_in_system", "true"): "has the file|have her file",
    ("hears_first", "true"): "first to hear|hears first",
    ("names_you", "true"): "names the student (that same day|right away)",
    ("outruns_hr", "true"): "gets the PD and GME past the HR process in time",
    ("deep_ties", "true"): "deep ties",
    ("program_contacted_first", "true"): "emailed a student|emails a student",
    ("phase", "groundwork"): "before Match Week|applying again|after not matching",
    ("phase", "gap_filling"): "Thursday",
    ("phase", "post_soap"): "after SOAP",
    ("needs", "language"): "urgently needs (a language|someone who speaks a certain language)",
    ("needs", "local"): "wants (people who will stay in town|someone local)",
    ("needs", "track"): "rural track",
    ("needs", "coverage"): "cover for (its|the) (nights|ICU)",
    ("offers", "language"): "application shows (it|that they do|fluent Portuguese)",
    ("offers", "local"): "application shows (local roots|that she grew up in that city)",
    ("offers", "track"): "application shows two years in a rural clinic",
    ("offers", "coverage"): "application shows[^.]*read(y|iness)",
}
STORIES: list[tuple[str, Question | Bet, str]] = [
    *((row.question, row, row.text) for row in CASES + RULES),
    *((bet.bet, bet, bet.story) for bet in BETS),
]


@pytest.mark.parametrize(("name", "row", "text"), STORIES, ids=[story[0] for story in STORIES])
def test_the_text_states_every_field_that_a_case_sets(name: str, row: Question | Bet, text: str) -> None:
    """Each field is a fact in the text, numbers with their figures, and the moment is always stated."""
    for field, value in row.overrides:
        if field in {"score", "range_low", "range_floor"}:
            assert re.search(rf"\b{value}\b", text), (field, value)
        else:
            assert re.search(TOLD[field, value], text), (field, value)
    if dict(row.overrides).get("phase") is None:
        assert re.search("Monday|Tuesday|Wednesday", text)


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.question)
def test_the_text_states_the_defaults_that_matter(row: Question) -> None:
    """A question about a verdict has score and range, says if there are flags and, in SOAP, whether lists are open."""
    assert row.case is not None
    assert {"score", "range_low"} <= set(dict(row.overrides))
    flagged = row.case.failed_clerkship or row.case.professionalism_issue
    assert flagged or re.search("no (other )?flags?|nothing else in the file raises a doubt|is no other flag", row.text)
    if row.case.phase == "soap_lists":
        assert re.search("lists are (still )?open|finished choosing", row.text)
    if row.case.score < row.case.range_low:
        assert str(row.case.range_floor) in row.text
        assert "far below" in row.text


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.question)
def test_our_own_choices_are_called_ours(row: Question) -> None:
    """If the deciding rule is partly ours, the question names the assumption and some feedback says so."""
    assert row.case is not None
    judgment = judge(row.case)
    deciding = {reason.assumption for reason in judgment.reasons if reason.stage in judgment.binding} - {""}
    named = {"which_flags_count"} if row.case.failed_clerkship or row.case.leave_of_absence else set()
    assert deciding - named == ({row.assumption} - {""})  # the article itself calls a failed clerkship and a leave flags
    right = next(option.why for option in row.options if option.option == row.answer)
    assert ("our assumption" in right or bool(re.search(r"\b[Ww]e assume\b", right))) == bool(row.assumption)


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.question)
def test_every_contact_that_the_rule_forbids_says_so(row: Question) -> None:
    """If the rule doesn't simply allow a question's contact, the right answer's feedback says so."""
    assert row.case is not None
    right = next(option.why for option in row.options if option.option == row.answer)
    assert bool(re.search("[Tt]he NRMP's", right)) == (rules_check(row.case).answer != "allowed")


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.question)
def test_a_rule_rests_on_the_facts_of_its_answer(row: Question) -> None:
    """A question about the rule cites at least one of the facts that the rules check cites."""
    assert row.case is not None
    assert set(row.facts) & set(rules_check(row.case).facts)
    assert "the NRMP's" in row.text


def test_nothing_asks_for_a_chance() -> None:
    """No question asks how likely anything is."""
    for row in QUESTIONS:
        assert not re.search(r"\bchance|\blikely|\bprobab|\bodds\b", row.text.replace("due to chance", "")), row.question


def test_the_bets_differ_in_what_decides() -> None:
    """The three bets go from low to high, and each is limited by different links."""
    assert len(BETS) == 3
    judged = [judge(bet.case) for bet in BETS]
    verdicts = [judgment.verdict for judgment in judged]
    assert verdicts == sorted(set(verdicts))
    assert verdicts[0] <= Verdict.IGNORED
    assert verdicts[-1] >= Verdict.PHONE_INTERVIEW
    assert len({judgment.binding for judgment in judged}) == len(BETS)


def test_each_bet_is_decided_by_what_it_is_about() -> None:
    """Fixing a bet's subject raises its verdict, and a warm letter's warmth doesn't help."""
    mended = {
        "full_list": {"move": "targeted_call"},
        "warm_letter": {"recommender": "known_dean"},
    }
    for bet in BETS:
        if bet.bet in mended:
            assert judge(bet.case.replace(**mended[bet.bet])).verdict > judge(bet.case).verdict, bet.bet
        else:
            assert judge(bet.case.replace(offers=())).verdict < judge(bet.case).verdict, bet.bet
    warm = next(bet.case for bet in BETS if bet.bet == "warm_letter")
    assert {judge(warm.replace(intensity=praise)).verdict for praise in range(11)} == {Verdict.SKIMMED}


def test_no_bet_gives_its_verdict_away() -> None:
    """Its title and story have no word from any verdict's name."""
    words = {word for verdict in Verdict for word in verdict.label.lower().split()} - {
        "file",
        "in",
        "interview",
        "seat",
        "phone",
    }
    for bet in BETS:
        assert set(re.findall(r"[a-z]+", f"{bet.title} {bet.story}".lower())) & words == set(), bet.bet
