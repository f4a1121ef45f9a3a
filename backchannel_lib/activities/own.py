"""Define your own scenes and questions in a cell, without editing the package or ``data/``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from backchannel_lib.activities.questions import OwnOption, OwnQuestion
from backchannel_lib.activities.quiz import Quiz
from backchannel_lib.activities.scenes import Scenes
from backchannel_lib.activities.tables import SHOWS, ActivityRow, SceneRow
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.texts import add_texts, text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import check_one_exam

MOST_OPTIONS: Final = 6


def own_scene(
    title: str,
    story: str,
    case: Case,
    *,
    fields: Collection[str] = ("score", "recommender"),
    shows: Collection[str] = ("chain",),
    why: str = "",
    lead: str = "",
) -> Scenes:
    """Return a panel that describes a student, asks for a prediction, and then lets readers change the case.

    Args:
        title: The panel's title.
        story: The student and the contact, in words.
        case: The student's case.
        fields: The fields of the case that readers can change.
        shows: What the panel shows besides verdict and rule: any of chain, rules, changes, readings, callers, amplifier, map.
        why: The reason for the verdict, shown with the answer.
        lead: Instructions below the title.

    Raises:
        CaseError: A text isn't a string, ``case`` isn't a `Case` or has scores from two exams, or a name is unknown.

    Examples:
        >>> scene = own_scene("A quiet file", "She scored 228, and nobody called.", Case(score=228))
        >>> scene.text.splitlines()
        ['A quiet file', 'A quiet file', 'She scored 228, and nobody called.', 'What would the article expect?']
    """
    check_texts({"title": title, "story": story}, {"why": why, "lead": lead})
    if not isinstance(case, Case):
        raise CaseError("case", "not_a_case", case)
    check_one_exam(case)
    _check_names("fields", fields, Case.fields())
    _check_names("shows", shows, SHOWS)
    key = key_of(title)
    add_texts({f"activity.{key}.title": title, f"activity.{key}.lead": lead or text("own.scene_lead")})
    add_texts({f"scene.{key}.title": title, f"scene.{key}.story": story, f"scene.{key}.why": why})
    overrides: Any = tuple(case.to_record().items())
    row = ActivityRow(key, "", "scenes", tuple(fields), tuple(shows))
    return Scenes(row, [SceneRow(key, key, overrides)])


def own_question(question: str, options: Mapping[str, str], answer: str, *, title: str = "", lead: str = "") -> Quiz:
    """Return a multiple-choice question; readers choose an answer, check it, and read why.

    Args:
        question: The question.
        options: The answers, 2 to 6, each with the feedback for readers who choose it.
        answer: The correct answer.
        title: The title above it.
        lead: Instructions below the title.

    Raises:
        CaseError: A text isn't a string, there are too few or too many options, or ``answer`` isn't one of them.

    Examples:
        >>> quiz = own_question("Who is heard best?", {"A peer": "Yes.", "A stranger": "Rarely."}, "A peer")
        >>> print(quiz.transcript())
        1. Who is heard best?
           + A peer: Yes.
           - A stranger: Rarely.
    """
    check_texts({"question": question}, {"title": title, "lead": lead})
    if not isinstance(options, Mapping):
        raise CaseError("options", "mapping", options)
    if not 2 <= len(options) <= MOST_OPTIONS:
        raise CaseError("options", "own_options", len(options), most=MOST_OPTIONS)
    for option, why in options.items():
        check_texts({"options": option, f"options[{option!r}]": why})
    known_word("answer", answer, options)
    key = key_of(title or question)
    add_texts({f"activity.{key}.title": title or text("own.question_title")})
    add_texts({f"activity.{key}.lead": lead or text("own.question_lead")})
    made = tuple(OwnOption(f"option_{number}", option, why) for number, (option, why) in enumerate(options.items(), start=1))
    right = next(option.option for option in made if option.text == answer)
    return Quiz(ActivityRow(key, "", "questions"), [OwnQuestion(key, question, made, right)])


def key_of(title: str) -> str:
    """Return the id of your own activity, made from its title.

    Examples:
        >>> key_of("A quiet file?")
        'own_a_quiet_file'
    """
    return "own_" + re.sub(r"\W+", "_", title.lower()).strip("_")[:60]


def check_texts(required: Mapping[str, object], optional: Mapping[str, object] = MappingProxyType({})) -> None:
    """Reject values that aren't strings, by name; a required text must not be blank."""
    for name, value in {**required, **optional}.items():
        if not isinstance(value, str) or (name in required and not value.strip()):
            raise CaseError(name, "not_text", value)


def _check_names(field: str, names: object, known: Collection[str]) -> None:
    if isinstance(names, str) or not isinstance(names, Collection):
        raise CaseError(field, "set", names, levels=", ".join(known))
    for name in names:
        if name not in known:
            raise CaseError(field, "set", name, levels=suggestions(name, known))
