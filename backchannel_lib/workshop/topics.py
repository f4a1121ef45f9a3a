"""The topics and difficulties for drawing a room's files."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from backchannel_lib.base.readers import loader

HARDEST: Final = 3


class TopicRow(NamedTuple):
    """The topics of vignettes, in the order of the article's parts; grouping these into seven topics is our choice.

    Examples:
        >>> load_topics()[0].topic
        'paper'
    """

    topic: Annotated[str, "its id; its name is the text ``topic.<topic>``"]


load_topics = loader(TopicRow, "topics.csv")


def topic_names() -> list[str]:
    """Return the topics in order."""
    return [row.topic for row in load_topics()]
