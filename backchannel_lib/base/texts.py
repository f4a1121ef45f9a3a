"""Texts for readers, by id, from ``data/words/``. All code gets them here."""

from __future__ import annotations

import functools
import string
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
    """Load all texts for readers by id; each file in ``data/words/en/`` holds some of them.

    Args:
        path: A single file in the same format; None for the workbook's own files.

    Returns:
        Texts by id; a text can have placeholders such as ``{value}`` or ``{count:vote|votes}``, which `text` fills in.

    Raises:
        TableError: A table is broken, or two files have the same id.

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
        TableError: A table of texts is broken.

    Examples:
        >>> "verdict.ignored.name" in all_words()
        True
    """
    return MappingProxyType(load_words())


def text(word_id: str, **values: object) -> str:
    """Return one text with its placeholders filled in.

    Raises:
        KeyError: No text has this id (the message suggests similar ids), or a placeholder has no value.

    Examples:
        >>> text("verdict.ignored.name")
        'Ignored'
        >>> text("round.more_links", count=1), text("round.more_links", count=2)
        ('1 link to go.', '2 links to go.')
    """
    words = _added if word_id in _added else all_words()
    if word_id not in words:
        raise KeyError(f"no text has the id {word_id!r}; near it: {', '.join(suggestions(word_id, words).split(', ')[:1])}")
    template = words[word_id]
    if not values:
        return template
    return _WITH_PLURALS.vformat(template, (), values) if "|" in template else template.format(**values)


class _WithPlurals(string.Formatter):
    """Fills in placeholders; ``{count:vote|votes}`` is the first word if the number is 1, and otherwise the second."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, bar, more = format_spec.partition("|")
        return (one if value == 1 else more) if bar else str(super().format_field(value, format_spec))


_WITH_PLURALS = _WithPlurals()


def add_texts(texts: Mapping[str, str]) -> None:
    """Add your own texts, or replace some of the workbook's, until Python exits.

    Args:
        texts: Texts by id.

    Examples:
        >>> add_texts({"activity.mine.title": "An activity of my own"})
        >>> text("activity.mine.title")
        'An activity of my own'
    """
    _added.update(texts)


_added: dict[str, str] = {}
