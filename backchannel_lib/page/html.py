"""A few lines that write HTML safely; what is no markup is escaped."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterable
from typing import Final

_VOID: Final = {"input", "br", "hr", "meta"}
#: The attributes in which the sign § stands for what makes an id unique on the page. Anywhere else it is a reader's own.
_IDS: Final = {"id", "for_", "name", "aria_labelledby", "aria_describedby", "aria_controls"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Write one element.

    Args:
        name: The element's name.
        *children: Markup as it is, anything else escaped; None is left out, and lists are written one by one.
        **attributes: ``class_`` stands for ``class``, and an underscore for a hyphen; None and False are left out, True
            stands for an attribute without a value.

    Returns:
        The element as HTML.

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
    """Write several pieces one after the other.

    Args:
        *children: As in `tag`.

    Returns:
        HTML.

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


#: A § of a reader's own is written so that the page does not take it for the beginning of an id.
_IN_TEXT: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("§", "&#167;"))
_IN_VALUE: Final = (*_IN_TEXT, ('"', "&quot;"), ("'", "&#x27;"))


def escape(content: object, *, quote: bool = True) -> str:
    """Write anything as text in HTML, with a § that the page does not take for the beginning of an id.

    Examples:
        >>> escape("a < b, § 5")
        'a &lt; b, &#167; 5'
    """
    written = str(content)
    for sign, entity in _IN_VALUE if quote else _IN_TEXT:
        if sign in written:  # most texts hold none, and this is asked hundreds of times a page
            written = written.replace(sign, entity)
    return written


def standalone_page(title: str, style: str, *children: object, class_: str | None = None) -> str:
    """Return a whole HTML page that needs no other file.

    Args:
        title: Its title.
        style: Its style sheet.
        *children: What stands in ``main``.
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
