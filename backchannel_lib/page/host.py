"""Where the workbook is running: the one place that asks, and that everything else asks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

#: Under which type an output of a notebook names the widget that it shows.
WIDGET_VIEW: Final = "application/vnd.jupyter.widget-view+json"
#: The variable that names the kind of page where neither Python nor Jupyter tells: while the site is built.
HOST_VARIABLE: Final = "BACKCHANNEL_HOST"


def host(environment: Mapping[str, str] | None = None) -> str:
    """Tell on what kind of page the panels stand.

    Args:
        environment: The variables of the environment; None for those of this process.

    Returns:
        ``browser`` on a page of the site, where Python itself runs in the browser; else ``computer``.

    Examples:
        >>> host({}), host({HOST_VARIABLE: "browser"})
        ('computer', 'browser')
    """
    known = os.environ if environment is None else environment
    return "browser" if sys.platform == "emscripten" or known.get(HOST_VARIABLE) == "browser" else "computer"
