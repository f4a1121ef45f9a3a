"""The one way to a text that a reader sees: by its id, from ``data/words/``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from backchannel_lib.errors import nearest
from backchannel_lib.tables import load_words


@functools.cache
def all_words(language: str = "en") -> Mapping[str, str]:
    """Give every text by its id.

    Args:
        language: The folder of ``data/words/``.

    Returns:
        A read-only mapping.

    Raises:
        TableError: A words table is broken.

    Source:
        ours.

    Examples:
        >>> "verdict.ignored.name" in all_words()
        True
    """
    return MappingProxyType(load_words(language))


def say(word_id: str, **values: object) -> str:
    """Give one text, its places filled in.

    Args:
        word_id: The text's id.
        **values: What stands in its places.

    Returns:
        The text.

    Raises:
        KeyError: No text has this id, or a place was not filled; the nearest ids are named.

    Source:
        ours.

    Examples:
        >>> say("verdict.ignored.name")
        'Ignored'
    """
    words = all_words()
    if word_id not in words:
        raise KeyError(f"no text has the id {word_id!r}; near it: {', '.join(nearest(word_id, words).split(', ')[:1])}")
    text = words[word_id]
    return text.format(**values) if values else text
