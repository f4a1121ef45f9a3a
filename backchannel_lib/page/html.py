"""Helpers for safe HTML: anything that isn't markup is escaped."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterable
from typing import Final

_VOID: Final = {"input", "br", "hr", "meta"}
#: Attributes in which § stands for a prefix that makes an id unique. Anywhere else, § is ordinary text.
_IDS: Final = {"id", "for_", "name", "aria_labelledby", "aria_describedby", "aria_controls"}


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return one element.

    Args:
        name: The tag.
        *children: Markup is used as it is and anything else is escaped; None is skipped, and lists are flattened.
        **attributes: ``class_`` means ``class``, and an underscore means a hyphen; None and False are skipped, and True makes
            an attribute without a value.

    Examples:
        >>> tag("p", "a < b", tag("b", "!"), class_="note", hidden=False)
        '<p class="note">a &lt; b<b>!</b></p>'
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        parts.append(_attribute(key))
        if value is not True:
            parts.append(f'="{html.escape(str(value)) if key in _IDS else escape(value)}"')
    parts.append(">")
    if name not in _VOID:
        _add(parts, children)
        parts.append(f"</{name}>")
    return Markup("".join(parts))


@functools.cache
def _attribute(key: str) -> str:
    return " " + key.rstrip("_").replace("_", "-")


def join(*children: object) -> Markup:
    """Concatenate markup and text.

    Args:
        *children: As in `tag`.

    Examples:
        >>> join("1 & 2", [tag("i", "x")], None)
        '1 &amp; 2<i>x</i>'
    """
    parts: list[str] = []
    _add(parts, children)
    return Markup("".join(parts))


def _add(parts: list[str], children: Iterable[object]) -> None:
    for child in children:
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, (list, tuple)):
            _add(parts, child)
        elif child is not None:
            parts.append(escape(child, quote=False))


#: Replacements that include §, which the page would otherwise mistake for the start of an id.
_IN_TEXT: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("§", "&#167;"))
_IN_VALUE: Final = (*_IN_TEXT, ('"', "&quot;"), ("'", "&#x27;"))


def escape(content: object, *, quote: bool = True) -> str:
    """Escape anything for HTML, including a § that the page would mistake for the start of an id.

    Examples:
        >>> escape("a < b, § 5")
        'a &lt; b, &#167; 5'
    """
    written = str(content)
    for sign, entity in _IN_VALUE if quote else _IN_TEXT:
        if sign in written:  # most texts have none, and a page calls this hundreds of times
            written = written.replace(sign, entity)
    return written


def plain(body: str) -> str:
    """Return HTML as one line of plain text.

    Examples:
        >>> plain("<b>Show</b> me &amp; you")
        'Show me & you'
    """
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def unbroken_times(words: str) -> str:
    """Return words in which no line can break within a time of day.

    Examples:
        >>> unbroken_times("until Monday 10:00 am ET").split(" ")[-1].split()
        ['10:00', 'am', 'ET']
    """
    return _TIME.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), words)


_TIME: Final = re.compile(r"\d+:\d\d [ap]m ET")


def standalone_page(title: str, style: str, *children: object, class_: str | None = None) -> str:
    """Return a complete HTML page that needs no other file.

    Args:
        title: Its title.
        style: Its CSS.
        *children: The content of ``main``.
        class_: The class of ``main``.

    Examples:
        >>> standalone_page("A class", "", "<3").count("&lt;3")
        1
    """
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", title),
            tag("style", Markup(style)),
        ),
        tag("body", tag("main", *children, class_=class_)),
        lang="en",
    )
    return f"<!doctype html>\n{page}\n"
