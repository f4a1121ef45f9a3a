"""A few lines that write HTML safely; what is no markup is escaped."""

from __future__ import annotations

import html
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
        parts.append(" " + key.rstrip("_").replace("_", "-"))
        if value is not True:
            parts.append(f'="{html.escape(str(value)) if key in _IDS else escape(value)}"')
    parts.append(">")
    if name not in _VOID:
        parts.append(join(*children))
        parts.append(f"</{name}>")
    return Markup("".join(parts))


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
    out: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            out.append(child)
        elif isinstance(child, (list, tuple)):
            out.append(join(*child))
        else:
            out.append(escape(child, quote=False))
    return Markup("".join(out))


def escape(content: object, *, quote: bool = True) -> str:
    """Write anything as text in HTML, with a § that the page does not take for the beginning of an id.

    Examples:
        >>> escape("a < b, § 5")
        'a &lt; b, &#167; 5'
    """
    return html.escape(str(content), quote=quote).replace("§", "&#167;")
