"""How notebooks display values: a class inherits from `RichDisplay`, and a higher layer registers its HTML."""

from __future__ import annotations

import functools
import importlib
from typing import Any, Final

PROVIDERS: Final[list[str]] = []  # modules that register HTML, imported when a value is first displayed


@functools.singledispatch
def to_html(value: object) -> str | None:  # noqa: ARG001 - the classes that are registered use it
    """Return a value as HTML, or None if no HTML is registered for its class.

    Register a function with ``@to_html.register`` in a module listed in ``PROVIDERS``.

    Examples:
        >>> to_html(3) is None
        True
    """
    return None


class RichDisplay:
    """A value that notebooks display as HTML, while other programs show its ``repr``."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        for module in PROVIDERS:
            importlib.import_module(module)
        html: Any = to_html(self)
        return None if html is None else str(html)
