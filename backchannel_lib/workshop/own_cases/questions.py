"""Your own questions for a room, with the same arguments as `own_question`, shown like the workbook's own questions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final, NamedTuple

from backchannel_lib.activities.questions import OwnOption, OwnQuestion
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.model.case import Field
from backchannel_lib.model.case_table import KnownColumns, TableRow
from backchannel_lib.model.cells import word_key
from backchannel_lib.workshop.own_cases.table import OwnTable

FEWEST: Final = 2
MOST: Final = 4  # how many answers with their reasons fit on a screen
#: The texts, each with the most characters that fit on a screen.
TEXTS: Final[Mapping[str, int]] = {
    "question": 200,
    **{f"{name}_{number}": most for number in range(1, MOST + 1) for name, most in (("option", 90), ("why", 160))},
    "answer": 90,
}
REQUIRED: Final = ("question", *(f"{name}_{number}" for number in range(1, FEWEST + 1) for name in ("option", "why")), "answer")


class RoomOwnQuestion(NamedTuple):
    r"""Your own question for a room.

    Args:
        asked: The question with its answers.
        first: Whether it comes before the workbook's questions.

    Examples:
        >>> head = "question,option_1,why_1,option_2,why_2,answer"
        >>> QUESTIONS.read(f"{head}\nWho is heard best?,A peer,Yes.,A stranger,Rarely.,A peer").rows[0].asked.answer
        'option_1'
    """

    asked: OwnQuestion
    first: bool = False

    @property
    def key(self) -> str:
        """Its id."""
        return self.asked.question

    @property
    def title(self) -> str:
        """The text of the question, which must be unique."""
        return self.asked.text


def _make(key: str, row: TableRow, texts: Mapping[str, str]) -> RoomOwnQuestion:
    first = bool(row.values.get("first", False))
    options: list[OwnOption] = []
    for number in range(1, MOST + 1):
        option, why = texts[f"option_{number}"], texts[f"why_{number}"]
        if bool(option) != bool(why):
            raise CaseError(f"why_{number}" if option else f"option_{number}", "own_case_blank", None)
        if option and _same(option) in {_same(one.text) for one in options}:
            raise CaseError(f"option_{number}", "own_option_twice", option)
        if option:
            options.append(OwnOption(f"option_{number}", option, why))
    return RoomOwnQuestion(OwnQuestion(key, texts["question"], tuple(options), _right(texts["answer"], options)), first)


def _cells(row: RoomOwnQuestion) -> dict[str, object]:
    asked, cells = row.asked, {**dict.fromkeys(TEXTS, ""), "question": row.title, "first": row.first}
    for one in asked.options:
        cells |= {one.option: one.text, one.option.replace("option", "why"): one.why}
    return {**cells, "answer": next(one.text for one in asked.options if one.option == asked.answer)}


def _same(answer: str) -> str:
    """Return a key that different spellings of an answer share."""
    return word_key(answer) or answer


def _right(answer: str, options: list[OwnOption]) -> str:
    """Return the id of the correct option, which ``answer`` names by its text or its number."""
    known = {one.option.removeprefix("option_"): one.option for one in options}
    known |= {_same(one.text): one.option for one in options}
    if (right := known.get(_same(answer), known.get(answer.removesuffix(".0")))) is None:
        raise CaseError("answer", "own_answer", answer, known=suggestions(answer, [one.text for one in options]))
    return right


#: Columns: ``question``, ``answer`` (the text of an option, or its number), and ``option_1``, ``why_1`` and so on,
#: two to four of each; optionally ``id`` and ``first`` (yes or no).
QUESTIONS: Final = OwnTable(
    "my_questions.csv",
    KnownColumns(
        {"first": Field("first", "flag", default=False)},
        ("id", *TEXTS),
        REQUIRED,
        ("own_question.column.{}", "own_case.column.{}"),
    ),
    TEXTS,
    REQUIRED,
    {"first": False},
    _make,
    _cells,
    "own_question.in",
    repeats={"answer": tuple(f"option_{number}" for number in range(1, MOST + 1))},
)


@functools.cache
def saved_own_questions() -> tuple[RoomOwnQuestion, ...]:
    """Return your own questions in ``my_questions.csv`` that have no errors."""
    return QUESTIONS.saved().rows
