"""The one way to a text that a reader sees: by its id, from ``data/words/``."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import Path, TableError, data_root, loader


class _TextRow(NamedTuple):
    """A text by its id."""

    id: str
    text: str


_load_file = loader(_TextRow, "words.csv")


def load_words(path: Path = None) -> dict[str, str]:
    """Load every text that a reader sees, by id; each file of ``data/words/en/`` holds one part.

    Args:
        path: Another single file of the same form; None for the workbook's own files.

    Returns:
        Texts by id; a text may hold places such as ``{value}``, which `text` fills in.

    Raises:
        TableError: A table is broken, or an id stands in two files.

    Examples:
        >>> load_words()["verdict.ignored.name"]
        'Ignored'
    """
    files: Iterable[Path] = [path]
    if path is None:
        folder = data_root() / "words" / "en"
        files = sorted((file for file in folder.iterdir() if file.name.endswith(".csv")), key=lambda file: str(file.name))
    texts: dict[str, str] = {}
    for file in files:
        for row_id, text in _load_file(file):
            if row_id in texts:
                raise TableError(getattr(file, "name", str(file)), None, "id", row_id, "an id that no other file has")
            texts[row_id] = text
    return texts


@functools.cache
def all_words() -> Mapping[str, str]:
    """Return every text by its id, read-only.

    Raises:
        TableError: A words table is broken.

    Examples:
        >>> "verdict.ignored.name" in all_words()
        True
    """
    return MappingProxyType(load_words())


def text(word_id: str, **values: object) -> str:
    """Return one text, its places filled in.

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
