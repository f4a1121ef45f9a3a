"""The workbook's folder, and the environment for running Jupyter and the checks from it."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from backchannel_lib.activities import saved_answers
from backchannel_lib.base.files import FOLDER_PROBLEMS, close_to_others, make_folder_for_owner
from backchannel_lib.cli.settings import python_settings, without_foreign

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
JUPYTER = ROOT / "jupyter"
#: The folder for Jupyter's files. It isn't hidden, because it contains the page that opens the workshop with its token, and
#: browsers installed as snaps can't read hidden folders.
LOCAL = JUPYTER / "local"


class CommandError(Exception):
    """An error that the user can fix; the message says how."""


def is_checkout() -> bool:
    """Return whether the library is in the workbook's folder, with the notebooks."""
    return NOTEBOOKS.is_dir() and JUPYTER.is_dir()


def require_checkout() -> None:
    """Reject a command that needs the notebooks or the tests, which an installed package doesn't have.

    Raises:
        CommandError: The library isn't in a checkout of the workbook.
    """
    if not is_checkout():
        raise CommandError("This is the library alone: the notebooks are in the workbook's own folder, run the command there.")


def environment() -> dict[str, str]:
    """Return the environment for every program that a command starts.

    Jupyter keeps everything in the workbook's folder and looks for nothing outside it. An extension installed for another
    project might contact other hosts, and would see the learner's answers here.

    Raises:
        CommandError: The workbook's folder isn't writable, or no folder can keep a secret.
    """
    return {
        **without_foreign(os.environ),
        **python_settings(),
        "IPYTHONDIR": str(LOCAL / "ipython"),
        "JUPYTER_CONFIG_DIR": str(LOCAL / "config"),
        "JUPYTER_CONFIG_PATH": str(JUPYTER),
        "JUPYTER_DATA_DIR": str(LOCAL / "data"),
        "JUPYTER_PATH": str(JUPYTER / "share"),
        "JUPYTER_RUNTIME_DIR": str(runtime_folder()),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "VIRTUAL_ENV": sys.prefix,
    }


def runtime_folder() -> Path:
    """Return the folder for tokens and keys, which no other user can read.

    Jupyter refuses to start if everyone can read its files. If the file system doesn't support permissions (a USB stick, or a
    Windows disk under WSL), the folder is in the system's temporary folder. Outside a checkout, it is with the saved files.

    Raises:
        CommandError: The folder isn't writable, or neither folder can keep a secret.
    """
    local = LOCAL if is_checkout() else saved_answers.folder()
    try:
        make_folder_for_owner(local)
        close_to_others(local)  # an earlier version left it open
    except OSError as error:
        raise CommandError(folder_problem(error)) from None
    user = os.getuid() if hasattr(os, "getuid") else "me"
    elsewhere = f"backchannel-{user}-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]}"
    places = [local / "runtime", Path(tempfile.gettempdir()) / elsewhere]
    for place in places:
        if keeps_secrets(place):
            return place
    raise CommandError(
        f"Others on this computer could read the key to your notebooks in {places[0]} and in {places[1]}, so nothing was "
        "started. Move the workbook to a folder in your own home."
    )


def keeps_secrets(folder: Path) -> bool:
    """Return whether a folder belongs to this user and can hide a file from everyone else.

    Examples:
        >>> with tempfile.TemporaryDirectory() as place:
        ...     keeps_secrets(Path(place) / "runtime")
        True
    """
    try:
        make_folder_for_owner(folder)
        close_to_others(folder)
        if os.name != "posix":
            return True  # Windows protects a user's files from others by default
        found = folder.lstat()
        with tempfile.NamedTemporaryFile(dir=folder) as trial:
            trial_mode = os.stat(trial.name).st_mode  # noqa: PTH116 - as Jupyter checks it
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not (found.st_mode | trial_mode) & 0o077
    except OSError:
        return False


def folder_problem(error: OSError) -> str:
    """Return a sentence that says which file or folder can't be used, and what to do.

    Examples:
        >>> print(folder_problem(OSError(30, "Read-only file system", str(ROOT / "my_work"))).replace(str(ROOT), "/workbook"))
        /workbook/my_work cannot be written: Read-only file system. Copy the workbook's folder, /workbook, to a place
        that you can write to, and start it there.
    """
    problem = error.strerror or str(error) or type(error).__name__
    if error.errno not in FOLDER_PROBLEMS:
        return f"{problem}: {error.filename}" if error.filename else problem
    return (
        f"{error.filename or ROOT} cannot be written: {problem}. Copy the workbook's folder, {ROOT}, to a place\n"
        "that you can write to, and start it there."
    )


def start_clean(arguments: Sequence[str]) -> int | None:
    """Rerun this command with clean settings and return its exit code; return None if its settings are already clean.

    `workbook.py` starts commands with clean settings, but `backchannel` inherits the shell's variables.

    Args:
        arguments: The arguments after the command's name.
    """
    settings = {name: value for name, value in os.environ.items() if name.upper().startswith("PYTHON")}
    if settings == python_settings() or not NOTEBOOKS.is_dir():
        return None
    return exec_process([sys.executable, "-P", "-m", "backchannel_lib.cli", *arguments], Path.cwd())


def exec_process(command: list[str], folder: Path = ROOT) -> int:
    """Replace this process with a program, so that keys and signals reach it directly; return its exit code."""
    if os.name == "posix":
        os.chdir(folder)
        os.execve(command[0], command, environment())
    # Windows can't replace a running program, so the new one watches this one and ends with it.
    process = subprocess.Popen(command, env=environment() | {"BACKCHANNEL_PARENT": str(os.getpid())}, cwd=folder)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # Ctrl+C also reaches the program, which stops or asks whether to


def is_taken(port: int) -> bool:
    """Return whether a program uses a port on this computer.

    Examples:
        >>> is_taken(0)
        False
    """
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
