"""Load the chapters' questions and bets, with feedback for every answer, and check them.

The answer to a question about a case is in the table and is also computed; if they differ, the table is rejected. Questions and
options are two tables, so each is checked against the workbook's own copy of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

from backchannel_lib.activities.tables import case_settings_or_nothing, load_chapters
from backchannel_lib.base.errors import known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import WrongRowError, loader, one_of, required_text
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import ANSWERS, Settings, assumption_id, case_settings, claim_ids, fact_ids, load_verdicts
from backchannel_lib.model.verdict import Verdict, judge

KINDS: Final = ("choice", "case", "rule")


class Option(NamedTuple):
    """The options of all questions, in the order on the page.

    Texts: ``option.<question>.<option>.why``, and ``.text`` unless the answer is a verdict or an answer of the rule.

    Examples:
        >>> option = questions_of("00_start_here")[2].options[0]
        >>> option.option, option.text
        ('not_allowed', 'Not allowed')
    """

    question: Annotated[str, one_of(lambda: [row.question for row in _unchecked_questions()])]
    option: Annotated[str, required_text, "the name of a verdict, one of the rule's answers, or a new id"]

    @property
    def text(self) -> str:
        """The answer's text: a verdict or the rule's answer by its own label, anything else by its text."""
        kind = next(row.kind for row in _unchecked_questions() if row.question == self.question)
        if kind == "case":
            return Verdict[self.option.upper()].label
        return text(f"soap.answer.{self.option}" if kind == "rule" else f"option.{self.question}.{self.option}.text")

    @property
    def why(self) -> str:
        """The feedback for readers who choose it."""
        return text(f"option.{self.question}.{self.option}.why")


load_options = loader(Option, "options.csv", key=("question", "option"))


class Question(NamedTuple):
    """The questions of all chapters, checked against their options, their texts and the computed answers.

    Each question is based on a claim, a fact or an assumption. Text: ``question.<question>.text``.

    Source:
        The claims, facts and assumptions in each row; the cases are our own.

    Examples:
        >>> question = questions_of("01_the_paper_bar")[2]
        >>> question.kind, question.answer, judge(question.case).verdict.label
        ('case', 'maybe', 'Maybe')
    """

    question: str
    chapter: Annotated[str, one_of(lambda: [row.chapter for row in load_chapters()])]
    kind: Annotated[str, one_of(KINDS), "``case``: the answer of `judge` on the case; ``rule``: the answer of `rules_check`"]
    overrides: Annotated[Settings, case_settings_or_nothing, "the fields that differ from the defaults; blank for a choice"]
    answer: Annotated[str, required_text, "its correct option"]
    claims: Annotated[tuple[str, ...], claim_ids]
    facts: Annotated[tuple[str, ...], fact_ids]
    assumption: Annotated[str, assumption_id]

    @property
    def text(self) -> str:
        """The question itself."""
        return text(f"question.{self.question}.text")

    @property
    def options(self) -> tuple[Option, ...]:
        """The answers to choose from, in the order on the page."""
        return tuple(option for option in load_options() if option.question == self.question)

    @property
    def case(self) -> Case | None:
        """The case in the question; None if it isn't about one."""
        return Case.from_record(dict(self.overrides)) if self.overrides else None


_unchecked_questions = loader(Question, "questions.csv")  # loading the options requires the ids


@dataclass(frozen=True)
class OwnOption:
    """One answer to your own question."""

    option: str
    text: str
    why: str


@dataclass(frozen=True)
class OwnQuestion:
    """Your own question, which `backchannel_lib.activities.quiz.Quiz` asks like a row of data/questions.csv."""

    question: str
    text: str
    options: tuple[OwnOption, ...]
    answer: str
    kind: str = "choice"
    case: None = None
    claims: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    assumption: str = ""


class Bet(NamedTuple):
    """Students whose verdict readers predict before the first chapter; no two students get the same verdict.

    Texts: ``bet.<bet>.title``, ``.story`` and ``.why``.

    Source:
        The claims in each row; the students are our own.

    Examples:
        >>> bet = load_bets()[1]
        >>> bet.title, judge(bet.case).binding
        ('Three warm pages', ('attention',))
    """

    bet: str
    overrides: Annotated[Settings, case_settings, "the fields that differ from the defaults"]
    claims: Annotated[tuple[str, ...], claim_ids, "what decides"]

    @property
    def case(self) -> Case:
        """The student's case."""
        return Case.from_record(dict(self.overrides))

    @property
    def title(self) -> str:
        """The bet's title."""
        return text(f"bet.{self.bet}.title")

    @property
    def story(self) -> str:
        """The student and the contact."""
        return text(f"bet.{self.bet}.story")

    @property
    def why(self) -> str:
        """The reason for the verdict, shown when the bets are settled."""
        return text(f"bet.{self.bet}.why")


def questions_of(chapter: str) -> tuple[Question, ...]:
    """Return the questions of one chapter in order.

    Raises:
        CaseError: No chapter has this name.
        TableError: The table of questions has an error.

    Examples:
        >>> [question.answer for question in questions_of("06_timing")]
        ['free', 'file_read', 'offer_in_play']
    """
    known_word("chapter", chapter, [row.chapter for row in load_chapters()])
    return tuple(row for row in load_questions() if row.chapter == chapter)


def _check_bets(rows: tuple[Bet, ...]) -> None:
    seen: set[Verdict] = set()
    for index, row in enumerate(rows):
        verdict = judge(row.case).verdict
        if verdict in seen:
            raise WrongRowError(index, "overrides", verdict.name.lower(), "a verdict that no other bet has")
        seen.add(verdict)
        if not row.claims:
            raise WrongRowError(index, "claims", "", "a claim that decides")
        _check_texts(index, "bet", row.bet, [f"bet.{row.bet}.{part}" for part in ("title", "story", "why")])


def _check_questions(rows: tuple[Question, ...]) -> None:
    for index, row in enumerate(rows):
        if not (row.claims or row.facts or row.assumption):
            raise WrongRowError(index, "claims", "", "a claim, a fact or an assumption of ours")
        if (row.kind == "choice") != (row.overrides == ()):
            rule = "a case for a question about one, and nothing for a choice"
            raise WrongRowError(index, "overrides", row.overrides, rule)
        _check_options(index, row)
        if row.case is not None:
            computed = judge(row.case).verdict.name.lower() if row.kind == "case" else rules_check(row.case).answer
            if row.answer != computed:
                raise WrongRowError(index, "answer", row.answer, f"'{computed}', which its case comes to")
        _check_texts(index, "question", row.question, _texts_of(row))


def _check_options(index: int, row: Question) -> None:
    options = [option.option for option in row.options]
    if not 3 <= len(options) <= 4:
        raise WrongRowError(index, "question", row.question, f"3 or 4 options in options.csv and not {len(options)}")
    ordered = {"case": [verdict.verdict for verdict in load_verdicts()], "rule": list(ANSWERS)}.get(row.kind, options)
    # Options go from low to high, so that an answer's position gives nothing away.
    if options != [step for step in ordered if step in options]:
        raise WrongRowError(index, "question", row.question, f"options out of {', '.join(ordered)}, in this order")
    if row.answer not in options:
        raise WrongRowError(index, "answer", row.answer, f"one of its options, {suggestions(row.answer, options)}")


def _texts_of(row: Question) -> Iterable[str]:
    yield f"question.{row.question}.text"
    for option in row.options:
        yield f"option.{row.question}.{option.option}.why"
        if row.kind == "choice":
            yield f"option.{row.question}.{option.option}.text"


def _check_texts(index: int, column: str, value: str, texts: Iterable[str]) -> None:
    for text_id in texts:
        if text_id not in all_words():
            raise WrongRowError(index, column, value, f"a text with the id '{text_id}'")


load_questions = loader(Question, "questions.csv", check=_check_questions)
load_bets = loader(Bet, "bets.csv", check=_check_bets)
