"""The topics and the difficulties by which files are drawn for a room."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from backchannel_lib.base.readers import loader
from backchannel_lib.model.tables import claim_ids

HARDEST: Final = 3


class TopicRow(NamedTuple):
    """A topic that vignettes are drawn by, in the order of the article's parts.

    Source:
        The claims that the rows name; that they make seven topics is our assumption.

    Examples:
        >>> load_topics()[0].topic
        'paper'
    """

    topic: Annotated[str, "its id; its name is the text ``topic.<topic>``"]
    claims: Annotated[tuple[str, ...], claim_ids, "what it is about"]


load_topics = loader(TopicRow, "topics.csv")


def topic_names() -> list[str]:
    """List the topics in their order."""
    return [row.topic for row in load_topics()]
