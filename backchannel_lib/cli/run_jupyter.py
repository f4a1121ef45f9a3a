"""Run a Jupyter program that reads settings only from the workbook and from .venv.

`python -m backchannel_lib.cli.run_jupyter jupyterlab` is `python -m jupyterlab` without system-wide folders such as
/etc/jupyter and /etc/ipython. Jupyter's environment variables can only add folders, so settings in these would take effect,
such as an empty token, a public address, or an extension that contacts other hosts.
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

#: The environment variable with the id of the process to exit with, on systems where this program can't replace it.
PARENT = "BACKCHANNEL_PARENT"
KERNEL = "ipykernel_launcher"
LAB = "jupyterlab"


def leave_out_the_computers_folders(*, ipython: bool) -> None:
    """Remove system-wide folders from those that Jupyter searches.

    Args:
        ipython: Whether to do the same for IPython, which only kernels read.
    """
    from jupyter_core import paths

    paths.SYSTEM_CONFIG_PATH.clear()
    paths.SYSTEM_JUPYTER_PATH.clear()
    if ipython:
        from IPython.core import application

        application.SYSTEM_CONFIG_DIRS.clear()


def leave_node_alone() -> None:
    """Keep JupyterLab from running Node.js at every start, which it does to read settings for builds that never happen."""
    from jupyterlab import commands

    commands._yarn_config = lambda _logger: {"yarn config": {}, "npm config": {}}  # noqa: SLF001 - there is no setting for this


def end_with_terminal() -> None:
    """Exit cleanly when the terminal closes, unless the user asked to continue (`nohup`)."""
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def end_with_parent(environment: Mapping[str, str]) -> threading.Thread | None:
    """Exit when the parent process exits, if there is one to watch.

    Args:
        environment: Contains the id of that process, if there is one.
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
    """Run the program named by the first argument, with the remaining arguments."""
    program, sys.argv = sys.argv[1], sys.argv[1:]
    if program != KERNEL:  # a kernel already watches its server
        end_with_terminal()
        end_with_parent(os.environ)
    leave_out_the_computers_folders(ipython=program == KERNEL)
    if program == LAB:
        leave_node_alone()
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
