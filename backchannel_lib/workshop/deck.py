"""The workshop's deck of students to present to a room, drawn by topic, by difficulty or at random.

Most come in groups of two or three that read almost the same but end differently, so that the wording gives nothing away.
"""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

from backchannel_lib.activities.own import check_texts, key_of
from backchannel_lib.activities.tables import case_of
from backchannel_lib.base.errors import CaseError, known_word
from backchannel_lib.base.readers import integer, loader, one_of
from backchannel_lib.base.texts import add_texts, text
from backchannel_lib.model.case import Case
from backchannel_lib.model.exams import check_one_exam
from backchannel_lib.model.tables import Settings, assumption_id, case_settings, claim_ids, load_claims
from backchannel_lib.model.verdict import Judgment
from backchannel_lib.page.verdict_html import stages_on_screen
from backchannel_lib.workshop.own_cases.cases import CASES, SCENES, TEXTS, OwnCase
from backchannel_lib.workshop.own_cases.questions import saved_own_questions
from backchannel_lib.workshop.topics import HARDEST, topic_names


class Vignette(NamedTuple):
    """A student to present to a room, with everything that the room and its facilitator read.

    Source:
        Our own examples; the claims in each row.

    Examples:
        >>> vignette = vignettes()["hannah"]
        >>> vignette.title, vignette.difficulty, vignette.case.recommender
        ('Hannah B., Tuesday noon', 1, 'unconnected_faculty')
    """

    vignette: Annotated[str, "its id; its texts are ``vignette.<vignette>.title``, ``.file``, ``.contact`` and so on"]
    topic: Annotated[str, one_of(topic_names)]
    difficulty: Annotated[
        int,
        integer(1, HARDEST),
        "ours: 1, one link decides, in plain sight; 2, a strong link draws the eye away from the weak one; 3, several links"
        " look strong, and the one that decides takes the whole file or the exact moment",
    ]
    overrides: Annotated[Settings, case_settings, "the fields that differ from the defaults"]
    what_if: Annotated[str, one_of(lambda: tuple(Case.fields())), "the field to change afterward"]
    claims: Annotated[tuple[str, ...], claim_ids, "its sources"]
    assumption: Annotated[str, assumption_id]

    @property
    def case(self) -> Case:
        """The case that is judged."""
        return _case_of(self.overrides)

    @property
    def title(self) -> str:
        """A name that doesn't hint at the outcome."""
        return text(f"vignette.{self.vignette}.title")

    @property
    def file(self) -> str:
        """The student as a director first sees them; numbers and policies are in a table next to it."""
        return text(f"vignette.{self.vignette}.file")

    @property
    def contact(self) -> str:
        """Who makes contact, how, when, and what they say."""
        return text(f"vignette.{self.vignette}.contact")

    @property
    def note(self) -> str:
        """What a room tends to overlook and how to handle it kindly; only for the facilitator."""
        return text(f"vignette.{self.vignette}.note")

    @property
    def discuss(self) -> str:
        """An open question for the room."""
        return text(f"vignette.{self.vignette}.discuss")

    @property
    def why(self) -> str:
        """The reason for the verdict, to read after the answer."""
        return text(f"vignette.{self.vignette}.why")


@functools.cache
def _case_of(overrides: Settings) -> Case:
    return case_of(overrides)  # cached, because every key press in a round needs the cases of all files played


load_vignettes = loader(Vignette, "vignettes.csv")


@functools.cache
def vignettes() -> Mapping[str, Vignette]:
    """Return the whole deck by id, in the order of data/vignettes.csv, with your own at the end; it is read-only.

    Examples:
        >>> next(iter(vignettes()))
        'nadia'
    """
    rows = (*load_vignettes(), *_own, *map(make_vignette, saved_cases()))
    return MappingProxyType(_Deck({row.vignette: row for row in rows}))


class _Deck(dict[str, Vignette]):
    """The files by id, including any of your own that are no longer in the deck, because a round may still use them."""

    def __missing__(self, name: str) -> Vignette:
        return _made[name]


OWN: Final = "own_"  # prefix of the ids of your own files
_own: list[Vignette] = []
_made: dict[str, Vignette] = {}


@functools.cache
def saved_cases() -> tuple[OwnCase, ...]:
    """Return your own cases in ``my_cases.csv``, then your scenes in ``my_scenes.csv``, that have no errors."""
    return (*CASES.saved().rows, *SCENES.saved().rows)


def first_files() -> tuple[str, ...]:
    """Return the ids of your own cases that come before a plan's files."""
    return tuple(case.key for case in saved_cases() if case.first)


def read_own_again() -> None:
    """Reload your own cases, scenes and questions when a session begins, because they may have changed on disk."""
    saved_own_questions.cache_clear()
    saved_cases.cache_clear()
    vignettes.cache_clear()


def make_vignette(own: OwnCase) -> Vignette:
    """Create your own vignette, which can be looked up by id but isn't listed in the deck."""
    add_texts({f"vignette.{own.key}.{name}": words for name, words in own.texts.items()})
    overrides: Any = tuple(own.case.to_record().items())
    made = Vignette(own.key, own.topic, own.difficulty, overrides, own.what_if, own.claims, assumption="")
    _made[own.key] = made
    return made


def all_files() -> Collection[str]:
    """Return the ids of every file that can be looked up: the deck, and any of your own that a session still uses."""
    return vignettes().keys() | {name for name in _made if name.startswith(OWN)}


def own_vignettes(names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return records of your own vignettes, from which `remember_vignettes` can restore them.

    Args:
        names: Ids; those that aren't your own are ignored.
    """
    return {
        name: {
            **{text_name: text(f"vignette.{name}.{text_name}") for text_name in TEXTS},
            **{part: getattr(_made[name], part) for part in ("topic", "difficulty", "what_if", "claims")},
            "case": _made[name].case.to_record(),
        }
        for name in sorted(names)
        if name.startswith(OWN) and name in _made
    }


def remember_vignettes(records: object) -> None:
    """Restore a saved session's vignettes that aren't in any table anymore, so that its votes keep their files.

    Args:
        records: What `own_vignettes` returned; anything that isn't a complete record is ignored.
    """
    for name, one in records.items() if isinstance(records, Mapping) else ():
        if isinstance(name, str) and name.startswith(OWN) and name not in vignettes() and isinstance(one, Mapping):
            with contextlib.suppress(CaseError):
                make_vignette(_read_own(name, one))


def _any_text(value: object) -> str:
    if not isinstance(value, str):
        raise CaseError("text", "not_text", value)
    return value[: max(TEXTS.values())]


def _check_difficulty(difficulty: Any, low: int = 1) -> int:
    if isinstance(difficulty, bool) or difficulty not in range(low, HARDEST + 1):
        raise CaseError("difficulty", "range", difficulty, low=low, high=HARDEST)
    return int(difficulty)


def _read_own(name: str, record: Mapping[str, Any]) -> OwnCase:
    claims, case = record.get("claims"), record.get("case")
    if not isinstance(claims, (list, tuple)) or not isinstance(case, Mapping):
        raise CaseError("vignette", "not_a_record", claims)
    known = [claim.id for claim in load_claims()]
    read = Case.from_record(case)
    check_one_exam(read)
    return OwnCase(
        name,
        {text_name: _any_text(record.get(text_name)) for text_name in TEXTS},
        known_word("topic", record.get("topic"), topic_names()),
        _check_difficulty(record.get("difficulty", 1)),
        known_word("what_if", record.get("what_if"), list(Case.fields())),
        tuple(known_word("claims", claim, known) for claim in claims),
        read,
    )


def own_vignette(
    title: str,
    file: str,
    contact: str,
    case: Case,
    *,
    topic: str,
    difficulty: int = 1,
    what_if: str = "recommender",
    note: str = "",
    discuss: str = "",
    why: str = "",
) -> Vignette:
    """Add your own vignette to the deck until Python exits, replacing one with the same title.

    Args:
        title: A name that doesn't give away the outcome.
        file: The student as a director first sees them.
        contact: Who makes contact, how, when, and what they say.
        case: The case that is judged.
        topic: A topic of data/topics.csv.
        difficulty: 1 to 3.
        what_if: The field to change afterward.
        note: Only for the facilitator.
        discuss: An open question for the room.
        why: The reason for the verdict, to read after the answer.

    Raises:
        CaseError: A text isn't a string, ``case`` isn't a `Case` or has scores from two exams, or the topic, the difficulty or
            the field does not exist.
    """
    required, optional = {"title": title, "file": file, "contact": contact}, {"note": note, "discuss": discuss, "why": why}
    check_texts(required, optional)
    if not isinstance(case, Case):
        raise CaseError("case", "not_a_case", case)
    check_one_exam(case)
    known_word("topic", topic, topic_names())
    known_word("what_if", what_if, Case.fields())
    _check_difficulty(difficulty)
    key = key_of(title)
    made = make_vignette(OwnCase(key, {**required, **optional}, topic, difficulty, what_if, (), case))
    _own[:] = [*(one for one in _own if one.vignette != key), made]
    vignettes.cache_clear()
    return made


def draw(topic: str = "", difficulty: int = 0, seed: int = 0, exclude: Collection[str] = ()) -> tuple[str, ...]:
    """Return the matching vignettes, each once, in random order.

    Excluding vignettes or narrowing the topic doesn't change the order of the remaining ones.

    Args:
        topic: A topic of data/topics.csv; blank for all.
        difficulty: 1 to 3; 0 for all.
        seed: Random seed, 0 or more; the same seed gives the same order on every machine.
        exclude: Ids to leave out, such as those the room has seen; unknown ids are ignored.

    Raises:
        CaseError: The topic, the difficulty or the seed does not exist.

    Examples:
        >>> sorted(draw("needs", 2))
        ['marisol']
        >>> draw("timing", seed=7) == draw("timing", seed=7)
        True
    """
    if topic != "":
        known_word("topic", topic, topic_names())
    _check_difficulty(difficulty, 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise CaseError("seed", "at_least", seed, low=0)
    # Draw numbers for the whole deck first. Use only random(), because Python promises that it will stay the same.
    generator = random.Random(seed)  # noqa: S311 - this isn't a secret
    order = {name: generator.random() for name in vignettes()}
    fits = [
        name
        for name, vignette in vignettes().items()
        if topic in {"", vignette.topic} and difficulty in {0, vignette.difficulty} and name not in exclude
    ]
    return tuple(sorted(fits, key=order.__getitem__))


def link_order(judgment: Judgment) -> tuple[str, ...]:
    """Return the five stages in the order in which they're revealed: as on screen, but with the weakest last.

    Examples:
        >>> from backchannel_lib import judge
        >>> link_order(judge(vignettes()["yasmin"].case))
        ('attention', 'levers', 'message', 'timing', 'paper')
    """
    return tuple(sorted(stages_on_screen(), key=lambda stage: stage in judgment.binding))
