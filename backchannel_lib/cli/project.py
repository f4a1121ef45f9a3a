"""The workbook's folder, and the environment in which Jupyter and the checks run from it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
JUPYTER = ROOT / "jupyter"
#: What Jupyter writes. Not a hidden folder: where browsers come as snaps, they may not read hidden ones, and the page
#: that sends the browser to the workshop with its token lies here.
LOCAL = JUPYTER / "local"

#: Settings of another Python or Jupyter that would bring in what is not the workbook's.
FOREIGN_SETTINGS = ("JUPYTER_PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH")


class CommandError(Exception):
    """Something a person at the keyboard can repair; the message says what and how."""


def require_checkout() -> None:
    """Refuse a command that needs the notebooks or the tests, which an installed package does not bring.

    Raises:
        CommandError: The library lies in no folder of the workbook.
    """
    if not (NOTEBOOKS.is_dir() and JUPYTER.is_dir()):
        raise CommandError("This is the library alone: the notebooks are in the workbook's own folder, run the command there.")


def environment() -> dict[str, str]:
    """Return the environment of every program that a command starts.

    Jupyter keeps everything in the workbook's folder and looks for nothing outside it: an extension that someone has
    installed for another project might call other hosts, and would find the learner's answers here.
    """
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_SETTINGS}
    return kept | {
        "IPYTHONDIR": str(LOCAL / "ipython"),
        "JUPYTER_CONFIG_DIR": str(LOCAL / "config"),
        "JUPYTER_CONFIG_PATH": str(JUPYTER),
        "JUPYTER_DATA_DIR": str(LOCAL / "data"),
        "JUPYTER_PATH": str(JUPYTER / "share"),
        "JUPYTER_RUNTIME_DIR": str(LOCAL / "runtime"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "VIRTUAL_ENV": sys.prefix,
    }


def is_taken(port: int) -> bool:
    """Return whether a program listens on a port of this computer.

    Examples:
        >>> is_taken(0)
        False
    """
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
