"""How a value and a list of known names are written in a message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def format_value(value: object) -> str:
    """Give a value as a reader should see it in a sentence, cut where it is long.

    Args:
        value: Anything.

    Returns:
        Its text: words in quotation marks, at most 60 characters.

    Examples:
        >>> format_value("dean"), format_value(12), format_value(None)
        ("'dean'", '12', 'empty')
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():  # a scalar of numpy, which names its type in its repr
        value = item()
    try:
        text = "empty" if value is None else repr(value)
    except ValueError:  # Python does not write an integer of thousands of digits
        text = f"a very long {type(value).__name__}"
    except RecursionError:
        text = f"a deeply nested {type(value).__name__}"
    text = " ".join(text.split()) if "\n" in text else text  # a table of pandas, inside a sentence
    return text if len(text) <= 60 else text[:57] + "..."


def printable(value: Any) -> Any:
    r"""Put the replacement character in place of each half of a letter, which no page and no file can take.

    Args:
        value: A text, or records and lists of texts as JSON has them; anything else in them stays as it is.

    Examples:
        >>> printable({"name": "Zo\ud83d", "votes": [1, "a"]})
        {'name': 'Zo\ufffd', 'votes': [1, 'a']}
    """
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                # Two halves that belong together become the letter that they are.
                return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {printable(name): printable(item) for name, item in value.items()}
        case list() | tuple():
            return type(value)(map(printable, value)) if type(value) in {list, tuple} else value
    return value


def suggestions(word: object, known: Iterable[str]) -> str:
    """List the known names, the likeliest meant one first.

    Args:
        word: What was written.
        known: The names that exist.

    Returns:
        The names, separated by commas; a close spelling of ``word`` stands first.

    Examples:
        >>> suggestions("know_dean", ["self", "known_dean"])
        'known_dean, self'
    """
    names = list(known)
    written = str(word)
    # Beyond this length no name is close, and to look for one in a pasted page takes seconds.
    may_be_close = len(written) <= 3 * max(map(len, names), default=0)
    close = difflib.get_close_matches(written, names, n=1) if may_be_close else []
    return ", ".join(close + [name for name in names if name not in close])
