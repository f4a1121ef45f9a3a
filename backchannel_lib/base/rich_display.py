"""How a value shows itself in a notebook: the value's class joins `RichDisplay`, and another package registers its HTML."""

from __future__ import annotations

import functools
import importlib
from typing import Any, Final

PROVIDERS: Final[list[str]] = []  # modules that register HTML; each is imported when a value is first displayed


@functools.singledispatch
def to_html(value: object) -> str | None:  # noqa: ARG001 - the classes that are registered use it
    """Return a value as HTML; None where no HTML is registered for its class.

    Register a function with ``@to_html.register``, in a module whose name is in ``PROVIDERS``.

    Examples:
        >>> to_html(3) is None
        True
    """
    return None


class RichDisplay:
    """A value that a notebook shows as HTML; everywhere else it is shown by its ``repr``."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        for module in PROVIDERS:
            importlib.import_module(module)
        html: Any = to_html(self)
        return None if html is None else str(html)
