"""Runs a program of Jupyter that reads the settings of the workbook and of .venv, and no others.

`python -m backchannel_lib.cli.run_jupyter jupyterlab` is `python -m jupyterlab` without the folders of the whole computer, such
as /etc/jupyter and /etc/ipython. Jupyter's variables only add folders to these, and whatever lies in them would be read: an
empty token, an open address, an extension that calls other hosts.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping

import psutil

#: The variable with the number of the process that a program is to end with, where it cannot take that process's place.
PARENT = "BACKCHANNEL_PARENT"
KERNEL = "ipykernel_launcher"
LAB = "jupyterlab"


def leave_out_the_computers_folders(*, ipython: bool) -> None:
    """Take the folders of the whole computer from those in which Jupyter looks.

    Args:
        ipython: Whether to do the same for IPython, which only a kernel reads.
    """
    from jupyter_core import paths

    paths.SYSTEM_CONFIG_PATH.clear()
    paths.SYSTEM_JUPYTER_PATH.clear()
    if ipython:
        from IPython.core import application

        application.SYSTEM_CONFIG_DIRS.clear()


def leave_node_alone() -> None:
    """Keep JupyterLab from starting Node at each start, where there is one, to ask for settings of builds that never happen."""
    from jupyterlab import commands

    commands._yarn_config = lambda _logger: {"yarn config": {}, "npm config": {}}  # noqa: SLF001 - it has no setting for that


def end_with_terminal() -> None:
    """End in order when the terminal is closed, unless somebody asked for the program to go on then (`nohup`)."""
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def end_with_parent(environment: Mapping[str, str]) -> threading.Thread | None:
    """End when the process does that this one stands for, where that is another.

    Args:
        environment: Names that process, or none.
    """
    named = environment.get(PARENT, "")
    if not named.isdecimal() or int(named) == os.getpid():
        return None

    def wait() -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(int(named)).wait()
        os.kill(os.getpid(), signal.SIGTERM)

    waiting = threading.Thread(target=wait, name="end-with-parent", daemon=True)
    waiting.start()
    return waiting


def main() -> None:
    """Run the program that is named first, with the arguments after it."""
    program, sys.argv = sys.argv[1], sys.argv[1:]
    if program != KERNEL:  # which watches its server by itself
        end_with_terminal()
        end_with_parent(os.environ)
    leave_out_the_computers_folders(ipython=program == KERNEL)
    if program == LAB:
        leave_node_alone()
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
