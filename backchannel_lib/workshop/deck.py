"""The deck of the workshop: students who are put before a room, drawn by topic, by difficulty or by chance.

Most stand in twos and threes that are told almost alike and come out differently, so that no wording gives an answer away.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from backchannel_lib.activities.tables import case_of
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import Path, integer, one_of, read_table, required_text, yes_no
from backchannel_lib.base.texts import text
from backchannel_lib.model.case import Case
from backchannel_lib.model.tables import assumption_id, case_settings, claim_ids
from backchannel_lib.model.verdict import Judgment
from backchannel_lib.page.case_html import stages_on_screen

HARDEST: Final = 3


class TopicRow(NamedTuple):
    """One topic that vignettes are drawn by; see `load_topics`."""

    topic: str
    claims: tuple[str, ...]

    @property
    def title(self) -> str:
        """The topic's name for a reader."""
        return text(f"topic.{self.topic}")


class VignetteRow(NamedTuple):
    """One student who is put before a room; see `load_vignettes`."""

    vignette: str
    topic: str
    difficulty: int
    overrides: tuple[tuple[str, str], ...]
    what_if: str
    claims: tuple[str, ...]
    assumption: str
    article: bool


@dataclass(frozen=True)
class Vignette:
    """One student with everything that a room and its facilitator are told.

    Args:
        row: The row of data/vignettes.csv.

    Source:
        data/vignettes.csv.

    Examples:
        >>> vignette = vignettes()["hannah"]
        >>> vignette.title, vignette.case.recommender
        ('Hannah B., Tuesday noon', 'unconnected_faculty')
    """

    row: VignetteRow

    @property
    def case(self) -> Case:
        """The case that is judged."""
        return case_of(self.row.overrides)

    @property
    def title(self) -> str:
        """A name for it that says nothing of the outcome."""
        return text(f"vignette.{self.row.vignette}.title")

    @property
    def file(self) -> str:
        """The student, as a director meets them; the numbers and policies stand in a table beside it."""
        return text(f"vignette.{self.row.vignette}.file")

    @property
    def contact(self) -> str:
        """Who makes contact, how, when, and what is said."""
        return text(f"vignette.{self.row.vignette}.contact")

    @property
    def note(self) -> str:
        """What a room tends to overlook and how to handle it kindly; for the facilitator alone."""
        return text(f"vignette.{self.row.vignette}.note")

    @property
    def discuss(self) -> str:
        """An open question for the room."""
        return text(f"vignette.{self.row.vignette}.discuss")

    @property
    def why(self) -> str:
        """What decided, to be told after the reveal."""
        return text(f"vignette.{self.row.vignette}.why")


def load_topics(path: Path = None) -> tuple[TopicRow, ...]:
    """Load the topics that vignettes are drawn by, in the order of the article's parts.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``topic``; ``claims`` that it is about. Its name stands in the words table as ``topic.<topic>``.

    Raises:
        TableError: The table is broken.

    Source:
        The claims that the rows name; that they make seven topics is ours.

    Examples:
        >>> load_topics()[0].topic
        'paper'
    """
    return read_table(TopicRow, "topics.csv", {"topic": required_text, "claims": claim_ids}, path=path)


def load_vignettes(path: Path = None) -> tuple[VignetteRow, ...]:
    """Load the deck.

    Args:
        path: Another file of the same form; None for the workbook's own.

    Returns:
        Rows of: ``vignette``; ``topic``; ``difficulty``, which is ours: 1, one link decides, in plain sight; 2, a strong link
        draws the eye away from the weak one; 3, several links look strong, and the one that decides takes the whole file or
        the exact moment; ``overrides``, pairs ``field=value`` of what is special about the case; ``what_if``, the one field
        that is moved afterwards; ``claims`` that it rests on; ``assumption``, an assumption in it or blank; ``article``, whether
        it retells an example of the article's own. Words: ``vignette.<vignette>.title``, ``.file``, ``.contact``, ``.note``,
        ``.discuss`` and ``.why``.

    Raises:
        TableError: The table is broken.

    Source:
        ours; the claims that the rows name.

    Examples:
        >>> sorted({row.difficulty for row in load_vignettes()})
        [1, 2, 3]
    """
    return read_table(
        VignetteRow,
        "vignettes.csv",
        {
            "vignette": required_text,
            "topic": one_of([row.topic for row in load_topics()]),
            "difficulty": integer(1, HARDEST),
            "overrides": case_settings,
            "what_if": one_of(tuple(Case.fields())),
            "claims": claim_ids,
            "assumption": assumption_id,
            "article": yes_no,
        },
        path=path,
    )


@functools.cache
def vignettes() -> Mapping[str, Vignette]:
    """Give the whole deck.

    Returns:
        A read-only mapping from id to vignette, in the order of the file.

    Raises:
        TableError: The table is broken.

    Source:
        data/vignettes.csv.

    Examples:
        >>> next(iter(vignettes()))
        'nadia'
    """
    return MappingProxyType({row.vignette: Vignette(row) for row in load_vignettes()})


def draw(topic: str = "", difficulty: int = 0, seed: int = 0, but: Collection[str] = ()) -> tuple[str, ...]:
    """Draw the vignettes that fit, in an order by chance.

    Each vignette keeps its place relative to the others whatever else is asked for: leaving some out moves none of the rest.

    Args:
        topic: A topic of data/topics.csv; blank for all.
        difficulty: 1 to 3; 0 for all.
        seed: A whole number of 0 or more; the same one gives the same order on every machine.
        but: Ids to leave out, such as those that a room has seen; an id that is not in the deck is let be.

    Returns:
        Ids, each once.

    Raises:
        CaseError: No topic has this name, there is no such difficulty, or the seed is no such number.

    Examples:
        >>> sorted(draw("needs", 2))
        ['marisol']
        >>> draw("timing", seed=7) == draw("timing", seed=7)
        True
    """
    topics = [row.topic for row in load_topics()]
    if topic != "" and topic not in topics:
        raise CaseError("topic", "level", topic, levels=suggestions(topic, topics))
    if isinstance(difficulty, bool) or difficulty not in range(HARDEST + 1):
        raise CaseError("difficulty", "range", difficulty, low=0, high=HARDEST)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise CaseError("seed", "at_least", seed, low=0)
    # Numbers for the whole deck first. Of `random`, this method alone is promised to stay the same in later versions.
    chance = random.Random(seed)  # noqa: S311 - it keeps no secret
    places = {name: chance.random() for name in vignettes()}
    fits = [
        name
        for name, vignette in vignettes().items()
        if topic in {"", vignette.row.topic} and difficulty in {0, vignette.row.difficulty} and name not in but
    ]
    return tuple(sorted(fits, key=places.__getitem__))


def link_order(judgment: Judgment) -> tuple[str, ...]:
    """Give the order in which the links are revealed: as on screen, the weakest last.

    Args:
        judgment: The judgment.

    Returns:
        The five stages.

    Examples:
        >>> from backchannel_lib import judge
        >>> link_order(judge(vignettes()["yasmin"].case))
        ('attention', 'levers', 'message', 'timing', 'paper')
    """
    return tuple(sorted(stages_on_screen(), key=lambda stage: stage in judgment.binding))
