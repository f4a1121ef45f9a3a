"""The one way to a text that a reader sees: by its id, from ``data/words/``."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import Path, TableError, data_root, read_table, required_text


def load_words(language: str = "en", path: Path = None) -> dict[str, str]:
    """Load every text that a reader sees, by id; each file of ``data/words/<language>/`` holds one part.

    Args:
        language: The folder's name.
        path: Another single file of the same form; None for the workbook's own files.

    Returns:
        Texts by id; a text may hold places such as ``{value}``, which `say` fills in.

    Raises:
        TableError: A table is broken, or an id stands in two files.

    Examples:
        >>> load_words()["verdict.ignored.name"]
        'Ignored'
    """
    files: Iterable[Path] = [path]
    if path is None:
        folder = data_root() / "words" / language
        files = sorted((file for file in folder.iterdir() if file.name.endswith(".csv")), key=lambda file: str(file.name))
    texts: dict[str, str] = {}
    for file in files:
        for row_id, text in read_table(
            lambda **row: (row["id"], row["text"]), "", {"id": required_text, "text": required_text}, path=file
        ):
            if row_id in texts:
                raise TableError(getattr(file, "name", str(file)), None, "id", row_id, "an id that no other file has")
            texts[row_id] = text
    return texts


@functools.cache
def all_words(language: str = "en") -> Mapping[str, str]:
    """Give every text by its id.

    Args:
        language: The folder of ``data/words/``.

    Returns:
        A read-only mapping.

    Raises:
        TableError: A words table is broken.

    Examples:
        >>> "verdict.ignored.name" in all_words()
        True
    """
    return MappingProxyType(load_words(language))


def text(word_id: str, **values: object) -> str:
    """Give one text, its places filled in.

    Args:
        word_id: The text's id.
        **values: What stands in its places.

    Returns:
        The text.

    Raises:
        KeyError: No text has this id, or a place was not filled; the nearest ids are named.

    Examples:
        >>> text("verdict.ignored.name")
        'Ignored'
    """
    words = _added if word_id in _added else all_words()
    if word_id not in words:
        raise KeyError(f"no text has the id {word_id!r}; near it: {', '.join(suggestions(word_id, words).split(', ')[:1])}")
    template = words[word_id]
    return template.format(**values) if values else template


def add_texts(texts: Mapping[str, str]) -> None:
    """Add texts of your own, or replace some of the workbook's, for as long as Python runs.

    Args:
        texts: Texts by id.

    Examples:
        >>> add_texts({"activity.mine.title": "An activity of my own"})
        >>> text("activity.mine.title")
        'An activity of my own'
    """
    _added.update(texts)


_added: dict[str, str] = {}
