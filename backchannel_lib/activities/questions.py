"""The questions and the bets of the chapters, which are tables: checked when they are loaded, with a word on every answer.

The answer to a question about a case stands in the table and is computed as well; where the two differ, the table is
refused. Questions and options are two tables, so each is checked against the workbook's own copy of the other.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, Final, NamedTuple, TypeAlias

from backchannel_lib.activities.tables import load_chapters
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import Path, Reader, TableError, each_of, one_of, read_table, required_text
from backchannel_lib.base.texts import all_words, text
from backchannel_lib.model.case import Case
from backchannel_lib.model.soap_rule import rules_check
from backchannel_lib.model.tables import ANSWERS, assumption_id, case_settings, claim_ids, load_facts, load_verdicts
from backchannel_lib.model.verdict import Verdict, judge

KINDS: Final = ("choice", "case", "rule")
CHAPTERS: Final = tuple(row.chapter for row in load_chapters())
Sets: TypeAlias = tuple[tuple[str, str], ...]
_Place: TypeAlias = tuple[str, int]  # a file and the line in it


class Option(NamedTuple):
    """One answer that a question offers; see `load_options`.

    Source:
        data/options.csv.

    Examples:
        >>> option = questions_of("00_start_here")[2].options[0]
        >>> option.option, option.text
        ('ignored', 'Ignored')
    """

    question: str
    option: str

    @property
    def text(self) -> str:
        """The answer for a reader: a verdict's or a rule's answer by its own name, any other by its text."""
        match _kinds()[self.question]:
            case "case":
                return Verdict[self.option.upper()].label
            case "rule":
                return text(f"soap.answer.{self.option}")
        return text(f"option.{self.question}.{self.option}.text")

    @property
    def why(self) -> str:
        """What a reader is told who chose it."""
        return text(f"option.{self.question}.{self.option}.why")


class Question(NamedTuple):
    """One question of a chapter; see `load_questions`.

    Source:
        data/questions.csv.

    Examples:
        >>> question = questions_of("01_the_paper_bar")[2]
        >>> question.kind, question.answer, judge(question.case).verdict.label
        ('case', 'fallback_seat', 'Fallback seat')
    """

    question: str
    chapter: str
    kind: str
    overrides: Sets
    answer: str
    claims: tuple[str, ...]
    facts: tuple[str, ...]
    assumption: str

    @property
    def text(self) -> str:
        """The question as a reader sees it."""
        return text(f"question.{self.question}.text")

    @property
    def options(self) -> tuple[Option, ...]:
        """The answers to choose from, in the order in which they are shown."""
        return tuple(option for option in load_options() if option.question == self.question)

    @property
    def case(self) -> Case | None:
        """The case that is asked about; None where the question is about none."""
        return Case.from_record(dict(self.overrides)) if self.overrides else None


class Bet(NamedTuple):
    """One described student, whose verdict a reader predicts before the first chapter; see `load_bets`.

    Source:
        data/bets.csv.

    Examples:
        >>> bet = load_bets()[1]
        >>> bet.title, judge(bet.case).binding
        ('Three warm pages', ('attention',))
    """

    bet: str
    overrides: Sets
    claims: tuple[str, ...]

    @property
    def case(self) -> Case:
        """The student's case."""
        return Case.from_record(dict(self.overrides))

    @property
    def title(self) -> str:
        """The bet's name for a reader."""
        return text(f"bet.{self.bet}.title")

    @property
    def story(self) -> str:
        """The student and the contact, as a reader is told of them."""
        return text(f"bet.{self.bet}.story")

    @property
    def why(self) -> str:
        """What decided, to be told when the bets are returned."""
        return text(f"bet.{self.bet}.why")


def load_questions(path: Path = None) -> tuple[Question, ...]:
    """Load the questions of all chapters, each checked against its options, its texts and what the engine answers.

    Args:
        path: Another file of the same form; None for the workbook's own. Its options are those of the workbook.

    Returns:
        Rows of: ``question``, its id; ``chapter``, one of ``CHAPTERS``; ``kind``: choice (the answer is stated), case (it is
        what `judge` says of the case) or rule (what `rules_check` says); ``overrides``, pairs ``field=value`` of what is special
        about the case, blank for a choice; ``answer``, the right one of its options; ``claims`` and ``facts``, ids;
        ``assumption``, the id of our assumption, or blank. Of these last three, one at least is given.

    Raises:
        TableError: The table is broken, a text is missing, or a stated answer is not the computed one.

    Source:
        The claims, facts and assumptions in each row; the cases are ours.

    Examples:
        >>> len(load_questions())
        65
    """
    rows: tuple[Question, ...] = _question_rows(path)
    for number, row in enumerate(rows, start=2):
        place = (_name(path, "questions.csv"), number)
        _check_basis(place, row)
        _check_options(place, row)
        _check_answer(place, row)
        _check_texts(place, "question", row.question, _texts_of(row))
    return rows


def load_options(path: Path = None) -> tuple[Option, ...]:
    """Load the options of all questions, in the order in which they are shown; `load_questions` checks them as a whole.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``question``, the id of a question; ``option``, an id of its own among that question's options: for a case
        the name of a verdict, for a rule one of its three answers.

    Raises:
        TableError: The table is broken.

    Examples:
        >>> [row.option for row in load_options() if row.question == "start_dean_calls"]
        ['not_allowed', 'ask_first', 'allowed']
    """
    questions = [row.question for row in _question_rows(None)]
    rows: tuple[Option, ...] = read_table(
        Option,
        "options.csv",
        {"question": one_of(questions), "option": required_text},
        path=path,
        key=("question", "option"),
    )
    return rows


def load_bets(path: Path = None) -> tuple[Bet, ...]:
    """Load the bets: described students, no two of whom get the same verdict.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``bet``, its id; ``overrides``, pairs ``field=value`` of what is special about the case; ``claims``, ids of
        what decides.

    Raises:
        TableError: The table is broken, a text is missing, or two bets get one verdict.

    Source:
        The claims in each row; the students are ours.

    Examples:
        >>> [judge(bet.case).verdict.label for bet in load_bets()]
        ['Ignored', 'Skimmed', 'Fallback seat', 'File read', 'Phone interview']
    """
    readers: dict[str, Reader] = {"bet": required_text, "overrides": case_settings, "claims": claim_ids}
    rows: tuple[Bet, ...] = read_table(Bet, "bets.csv", readers, path=path)
    seen: set[Verdict] = set()
    for number, row in enumerate(rows, start=2):
        place = (_name(path, "bets.csv"), number)
        verdict = judge(row.case).verdict
        if verdict in seen:
            raise TableError(*place, "overrides", verdict.name.lower(), "a verdict that no other bet has")
        seen.add(verdict)
        if not row.claims:
            raise TableError(*place, "claims", "", "a claim that decides")
        _check_texts(place, "bet", row.bet, [f"bet.{row.bet}.{part}" for part in ("title", "story", "why")])
    return rows


def questions_of(chapter: str) -> tuple[Question, ...]:
    """Give the questions of one chapter in their order.

    Args:
        chapter: One of ``CHAPTERS``.

    Returns:
        Its questions.

    Raises:
        CaseError: No chapter has this name.
        TableError: The questions are broken.

    Source:
        data/questions.csv.

    Examples:
        >>> [question.answer for question in questions_of("06_timing")]
        ['free', 'skimmed', 'file_read', 'offer_in_play', 'allowed']
    """
    if chapter not in CHAPTERS:
        raise CaseError("chapter", "level", chapter, levels=suggestions(chapter, CHAPTERS))
    return tuple(row for row in _checked() if row.chapter == chapter)


@functools.cache
def _checked() -> tuple[Question, ...]:
    return load_questions()


@functools.cache
def _kinds() -> dict[str, str]:
    return {row.question: row.kind for row in _question_rows(None)}


def _question_rows(path: Path) -> tuple[Any, ...]:
    """Read the questions cell by cell; the options need their ids before the questions can be checked as a whole."""
    return read_table(
        Question,
        "questions.csv",
        {
            "question": required_text,
            "chapter": one_of(CHAPTERS),
            "kind": one_of(KINDS),
            "overrides": _case_settings_or_none,
            "answer": required_text,
            "claims": claim_ids,
            "facts": each_of({fact.id for fact in load_facts()}),
            "assumption": assumption_id,
        },
        path=path,
    )


def _case_settings_or_none(cell: str) -> Sets:
    return case_settings(cell) if cell else ()


def _check_basis(place: _Place, row: Question) -> None:
    if not (row.claims or row.facts or row.assumption):
        raise TableError(*place, "claims", "", "a claim, a fact or an assumption of ours")
    if (row.kind == "choice") != (row.overrides == ()):
        raise TableError(*place, "overrides", row.overrides, "a case for a question about one, and nothing for a choice")


def _check_options(place: _Place, row: Question) -> None:
    options = [option.option for option in row.options]
    if not 3 <= len(options) <= 4:
        raise TableError(*place, "question", row.question, f"3 or 4 options in options.csv and not {len(options)}")
    ladder = {"case": [verdict.verdict for verdict in load_verdicts()], "rule": list(ANSWERS)}.get(row.kind, options)
    # From low to high, so that the place of an answer tells nothing about it.
    if options != [step for step in ladder if step in options]:
        raise TableError(*place, "question", row.question, f"options out of {', '.join(ladder)}, in this order")
    if row.answer not in options:
        raise TableError(*place, "answer", row.answer, f"one of its options, {suggestions(row.answer, options)}")


def _check_answer(place: _Place, row: Question) -> None:
    if row.case is None:
        return
    computed = judge(row.case).verdict.name.lower() if row.kind == "case" else rules_check(row.case).answer
    if row.answer != computed:
        raise TableError(*place, "answer", row.answer, f"'{computed}', which its case comes to")


def _texts_of(row: Question) -> Iterable[str]:
    yield f"question.{row.question}.text"
    for option in row.options:
        yield f"option.{row.question}.{option.option}.why"
        if row.kind == "choice":
            yield f"option.{row.question}.{option.option}.text"


def _check_texts(place: _Place, column: str, value: str, texts: Iterable[str]) -> None:
    for text_id in texts:
        if text_id not in all_words():
            raise TableError(*place, column, value, f"a text with the id '{text_id}'")


def _name(path: Path, own: str) -> str:
    return own if path is None else str(path.name if hasattr(path, "name") else PurePath(path).name)
