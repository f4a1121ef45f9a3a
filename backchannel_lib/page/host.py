"""Find out where the workbook runs. This is the only module that checks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

#: The MIME type of the widget's id in a notebook's output.
WIDGET_VIEW: Final = "application/vnd.jupyter.widget-view+json"
#: The environment variable that sets the host while the site is built, when it can't be detected.
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
