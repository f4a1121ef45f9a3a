"""Texts for readers, by id, from ``data/words/``. All code gets them here."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.readers import Path, TableError, data_root, loader

#: A phone number in a text that a phone can call or write to, marked as in Markdown: ``[call](tel:988)``.
_NUMBER: Final = re.compile(r"\[([^][]+)\]\(((?:tel|sms):[0-9]+)\)")


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
        Texts by id; a text can have placeholders such as ``{value}`` or ``{count:vote|votes}``, which `text` fills in, and
        phone numbers such as ``[call](tel:988)``, which `linked_parts` returns with their links.

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
    """Return every text by its id, read-only, in plain words without links.

    Raises:
        TableError: A table of texts is broken.

    Examples:
        >>> "verdict.ignored.name" in all_words()
        True
    """
    return MappingProxyType({word_id: _without_links(words) for word_id, words in _with_links().items()})


def _without_links(words: str) -> str:
    return _NUMBER.sub(r"\1", words) if "](" in words else words


_with_links = functools.cache(load_words)


def linked_parts(word_id: str) -> list[tuple[str, str]]:
    """Return a text without placeholders in parts, each with the address that it links to, or blank if it isn't a link.

    Joined, the parts are the same words as `text` returns.

    Raises:
        KeyError: No text has this id.

    Examples:
        >>> linked_parts("plan.crisis")[1:4]
        [('call', 'tel:988'), (' or ', ''), ('text 988', 'sms:988')]
        >>> linked_parts("verdict.ignored.name")
        [('Ignored', '')]
    """
    words = _added.get(word_id) or _with_links().get(word_id) or text(word_id)
    parts, end = [], 0
    for link in _NUMBER.finditer(words):
        parts += [(words[end : link.start()], ""), (link[1], link[2])]
        end = link.end()
    return [(part, address) for part, address in [*parts, (words[end:], "")] if part]


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
    template = _without_links(words[word_id]) if words is _added else words[word_id]
    if not values:
        return template
    return _WITH_PLURALS.vformat(template, (), values) if "|" in template else template.format(**values)


def optional_text(word_id: str) -> str:
    """Return one text without placeholders, or a blank if no text has this id.

    Examples:
        >>> optional_text("verdict.ignored.name"), optional_text("verdict.ignored.nickname")
        ('Ignored', '')
    """
    return text(word_id) if word_id in _added or word_id in all_words() else ""


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
