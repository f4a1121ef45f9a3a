"""Format a value or a list of known names for a message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def format_value(value: object) -> str:
    """Return a value as it appears in a sentence for a reader, shortened if it is long.

    Returns:
        At most 60 characters; strings are in quotation marks.

    Examples:
        >>> format_value("dean"), format_value(12), format_value(None)
        ("'dean'", '12', 'empty')
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():  # a NumPy scalar, whose repr includes its type
        value = item()
    try:
        text = "empty" if value is None else repr(value)
    except ValueError:  # Python refuses to print an integer with thousands of digits
        text = f"a very long {type(value).__name__}"
    except RecursionError:
        text = f"a deeply nested {type(value).__name__}"
    text = " ".join(text.split()) if "\n" in text else text  # a pandas table inside a sentence
    return text if len(text) <= 60 else text[:57] + "..."


def printable(value: Any) -> Any:
    r"""Replace every unpaired surrogate (half of a character), because UTF-8 can't encode one.

    Args:
        value: A string, or nested dicts and lists of strings as in JSON; any other values stay unchanged.

    Examples:
        >>> printable({"name": "Zo\ud83d", "votes": [1, "a"]})
        {'name': 'Zo\ufffd', 'votes': [1, 'a']}
    """
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                # Two matching halves become the character that they encode.
                return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {printable(name): printable(item) for name, item in value.items()}
        case list() | tuple():
            return type(value)(map(printable, value)) if type(value) in {list, tuple} else value
    return value


def suggestions(word: object, known: Iterable[str]) -> str:
    """List the known names, the most similar one first.

    Args:
        word: What the person wrote.
        known: The existing names.

    Returns:
        The names, separated by commas.

    Examples:
        >>> suggestions("know_dean", ["self", "known_dean"])
        'known_dean, self'
    """
    names = list(known)
    written = str(word)
    # Nothing this long is close to a name, and comparing a pasted page would take seconds.
    may_be_close = len(written) <= 3 * max(map(len, names), default=0)
    close = difflib.get_close_matches(written, names, n=1) if may_be_close else []
    return ", ".join(close + [name for name in names if name not in close])
