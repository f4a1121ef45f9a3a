"""Where the workbook runs. All other modules ask this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

#: The MIME type with which a notebook's output names its widget.
WIDGET_VIEW: Final = "application/vnd.jupyter.widget-view+json"
#: The environment variable that names the host if neither Python nor Jupyter can tell, while the site is built.
HOST_VARIABLE: Final = "BACKCHANNEL_HOST"


def host(environment: Mapping[str, str] | None = None) -> str:
    """Return what kind of page the panels are on.

    Args:
        environment: Environment variables; None for those of this process.

    Returns:
        ``browser`` on a page of the site, where Python itself runs in the browser, and ``computer`` everywhere else.

    Examples:
        >>> host({}), host({HOST_VARIABLE: "browser"})
        ('computer', 'browser')
    """
    known = os.environ if environment is None else environment
    return "browser" if sys.platform == "emscripten" or known.get(HOST_VARIABLE) == "browser" else "computer"
