"""Set up the workbook and run it: `python workbook.py`. Needs only Python 3.11 or later, on any system.

The first run creates the folder .venv next to this file and installs exactly the packages in requirements.lock. Later runs find
it ready and immediately start the installed command: `python workbook.py --help`.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":  # PYTHONPATH adds paths for other work, and PYTHONSAFEPATH removes one we need
    _foreign = [os.path.abspath(one) for one in os.environ.get("PYTHONPATH", "").split(os.pathsep)]  # noqa: PTH100
    sys.path[:] = [os.path.dirname(os.path.abspath(__file__)), *(one for one in sys.path if one not in _foreign)]  # noqa: PTH100, PTH120

import hashlib
import json
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "workbook-stamp.json"
#: What installs: uv, its downloads, and the output of each step of the setup.
TOOLS = ROOT / ".venv-tools"
LOGS = TOOLS / "logs"
READER_LOCK, TEST_LOCK, UV_LOCK = "requirements.lock", "requirements-test.lock", "requirements-uv.lock"
#: Nothing is built here, except for one pure Python package that is published only as source.
WHEELS = ("--only-binary", ":all:", "--no-binary", "quotequail")
#: The Python below any virtual environment, because one inside .venv can't recreate .venv.
BASE_PYTHON: str = getattr(sys, "_base_executable", None) or sys.executable
#: What pip and uv print when an installation fails, by cause. The first cause with a match is reported.
SIGNS = {
    "disk": "No space left|Errno 28|os error 28|os error 112|not enough space|quota exceeded",
    "venv": "ensurepip|No module named '?venv",
    "folder": "No module named '?backchannel_lib",
    "proxy": "ProxyError|Cannot connect to proxy|Tunnel connection failed|tunnel error|proxy connect",
    "certificate": "CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError|invalid peer certificate",
    "network": "connection broken by|NewConnectionError|Connection re(fused|set)|Network is unreachable|name resolution|"
    "getaddrinfo failed|timed out|IncompleteRead|dns error|error sending request|Failed to fetch",
    "hash": "DO NOT MATCH THE HASHES|Hash mismatch",
    "python": "No matching distribution found|Could not find a version|no wheels with|has no usable wheels",
    "rights": r"Permission denied|Read-only|Errno (1|13|30)\b|Access is denied|WinError (5|19|32)\b|os error (5|13|19|30|32)\b",
}
#: What the user can do about each cause.
ADVICE = {
    "disk": "The disk is full. Make about 2 GB of room.",
    "folder": f"Python does not find what was installed in {ROOT}. Move the workbook to a folder with plain letters.",
    "proxy": "The network goes through a proxy that refused the connection. Set the environment variable HTTPS_PROXY to "
    "your proxy's address, or ask whoever runs the network for it.",
    "certificate": "The connection's certificate was not accepted, as happens behind some firewalls of schools and hospitals. "
    "Set the environment variable PIP_CERT to the certificate file of your network, or use another network.",
    "network": "The packages could not be fetched from the network. Check that this computer is online; behind a proxy, set "
    "the environment variable HTTPS_PROXY to its address.",
    "hash": "A package that arrived is not the one that this workbook was tested with, so it was not installed. Use "
    "another network; if it happens there too, tell the workbook's authors.",
    "python": f"A package is not available for Python {platform.python_version()} on this system ({platform.platform()}). "
    "Run workbook.py with one of Python 3.11 to 3.14, 64 bits.",
    "rights": f"The folder {ROOT} could not be written to. Close JupyterLab and every other program that uses it; if that does "
    "not help, copy it to a folder that you can write to, and run the command there.",
    "venv": "This Python comes without its venv module. On Debian or Ubuntu: sudo apt-get install python3-venv.",
}


class SetupError(Exception):
    """An error that the user can fix; the message says how."""

    def __init__(self, message: str, cause: str | None = None) -> None:
        super().__init__(message)
        self.cause = cause


def set_up(*, tests: bool) -> None:
    """Make .venv ready: immediately if it is, by installing if it is missing, incomplete or outdated."""
    found = read_stamp()
    wanted = wanted_stamp(TEST_LOCK if tests or found.get("lock") == TEST_LOCK else READER_LOCK)
    if found == wanted and VENV_PYTHON.exists():
        return
    if os.path.realpath(VENV) != str(VENV):
        raise SetupError(f".venv is a link to {os.path.realpath(VENV)}, which is left as it is: remove the link.")
    print("Setting the workbook up in .venv. This takes about a minute, once.", flush=True)
    started = time.monotonic()
    STAMP.unlink(missing_ok=True)  # from here on .venv is incomplete, and the next run must know
    fresh = not VENV_PYTHON.exists() or any(found.get(key) != wanted[key] for key in ("python", "base", "folder"))
    LOGS.mkdir(parents=True, exist_ok=True)
    uv = find_uv()
    try:
        install_with_uv(uv, wanted["lock"], fresh=fresh)
    except SetupError as error:
        if error.cause in {"disk", "hash", "rights", "venv"}:
            raise  # pip would have the same problem
        print("uv could not install the packages. Trying pip, which takes longer.", flush=True)
        install_with_pip(wanted["lock"], fresh=fresh or found.get("packages") != wanted["packages"])
    # from where notebooks run, the way they run
    run_logged([str(VENV_PYTHON), "-P", "-m", "backchannel_lib.cli.first_run"], "first_run", cwd=ROOT / "notebooks")
    STAMP.write_text(json.dumps(wanted, indent=2), encoding="utf-8")
    print(f"Set up in {time.monotonic() - started:.0f} s.", flush=True)


def wanted_stamp(lock: str) -> dict[str, str]:
    """Return what a usable .venv must have been made from."""
    return {
        "lock": lock,
        "packages": hashlib.sha256((ROOT / lock).read_bytes()).hexdigest(),
        "project": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
        "python": f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}",
        "base": sys.base_prefix,
        "folder": repr(os.fsencode(ROOT)),  # a virtual environment contains its path, so moving it breaks it
    }


def read_stamp() -> dict[str, str]:
    """Return what .venv was made from; empty if it is missing or incomplete."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def find_uv() -> str | None:
    """Return the path of uv, installed by pip in its own folder; None if uv doesn't exist for this system."""
    folder = TOOLS / f"uv-{hashlib.sha256((ROOT / UV_LOCK).read_bytes()).hexdigest()[:12]}"
    uv = str(folder / "bin" / ("uv.exe" if os.name == "nt" else "uv"))
    if runs([uv, "--version"]):
        return uv
    shutil.rmtree(folder, ignore_errors=True)
    try:
        pip = [BASE_PYTHON, "-m", "pip"]
        if not runs([*pip, "--version"]):
            make_environment()  # which includes pip
            pip = [str(VENV_PYTHON), "-m", "pip"]
        run_logged([*pip, *pip_install(UV_LOCK), "--target", str(folder)], "uv")
    except SetupError as error:
        if error.cause not in {"python", None}:
            raise
    return uv if runs([uv, "--version"]) else None


def install_with_uv(uv: str | None, lock: str, *, fresh: bool) -> None:
    """Put exactly the packages of a lock file into .venv, and the workbook's library as a link to this folder."""
    if uv is None:
        raise SetupError("uv cannot run here.")
    if fresh:
        run_logged([uv, "venv", "--quiet", "--clear", "--python", BASE_PYTHON, str(VENV)], "environment")
    here = ("--python", str(VENV_PYTHON))
    run_logged([uv, "pip", "sync", *here, "--require-hashes", *WHEELS, str(ROOT / lock)], "packages")
    run_logged([uv, "pip", "install", *here, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], "project")


def install_with_pip(lock: str, *, fresh: bool) -> None:
    """Do the same as `install_with_uv` with what Python includes, for systems without uv."""
    if fresh:
        make_environment()
    pip = [str(VENV_PYTHON), "-m", "pip"]
    # Uncompiled: the first run compiles what it uses, which is a small part of the installation.
    run_logged([*pip, *pip_install(lock), "--no-compile"], "packages")
    run_logged([*pip, "install", "--no-deps", "--no-build-isolation", "--no-input", "--editable", str(ROOT)], "project")


def pip_install(lock: str) -> list[str]:
    """Return the arguments for pip to install exactly what a lock file lists."""
    return [
        *("install", "--no-deps", "--retries", "2", "--no-input", "--disable-pip-version-check"),
        *("--require-hashes", *WHEELS, "--requirement", str(ROOT / lock)),
    ]


def make_environment() -> None:
    """Create an empty .venv with pip, replacing anything there."""
    run_logged([BASE_PYTHON, "-m", "venv", "--clear", str(VENV)], "environment")


def run_logged(command: Sequence[str], name: str, cwd: Path = ROOT) -> None:
    """Run a step of the setup with its output in a log; if it fails, raise a SetupError with the cause."""
    log = LOGS / f"{name}.log"
    with log.open("wb") as output:
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment(), cwd=cwd, check=False
        ).returncode
    if code == 0:
        return
    printed = log.read_text(encoding="utf-8", errors="replace")
    cause = cause_of(printed)
    advice = ADVICE[cause] if cause else "The cause is not one that this script knows:\n" + printed[-800:].strip()
    advice += "\nThen run the same command again: it continues where it stopped."
    raise SetupError(f"The packages could not be installed.\n{advice}\nThe complete output is in {log}", cause)


def cause_of(printed: str) -> str | None:
    """Return the first known cause that matches a command's output."""
    return next((cause for cause, signs in SIGNS.items() if re.search(signs, printed)), None)


def runs(command: Sequence[str]) -> bool:
    """Return whether a program exists and works."""
    try:
        return subprocess.run(command, capture_output=True, env=environment(), check=False).returncode == 0
    except OSError:
        return False


def environment() -> dict[str, str]:
    """Return the environment for installers, which keeps only this computer's network settings."""
    from backchannel_lib.cli.settings import installer_environment

    return installer_environment(BASE_PYTHON, TOOLS)


def main(arguments: Sequence[str]) -> int:
    """Set up what a command needs, and run it; return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - in words, before anything fails in a way that only programmers can read
        sys.exit(
            f"This is Python {platform.python_version()}; the workbook needs Python 3.11 or later. Install a newer "
            "one from python.org (or your system's store), and run workbook.py with it."
        )
    from backchannel_lib.cli.main import parse  # needs no packages, and rejects a wrong argument before a long installation
    from backchannel_lib.cli.project import CommandError, exec_process

    args, _ = parse(arguments)
    try:
        set_up(tests=args.command in {"test", "benchmark"})
        return exec_process([str(VENV_PYTHON), "-P", "-m", "backchannel_lib.cli", *arguments], Path.cwd())
    except (SetupError, CommandError, OSError) as error:
        cause = cause_of(str(error)) if isinstance(error, OSError) else None
        sys.exit(f"\n{ADVICE[cause] if cause else error}")
    except KeyboardInterrupt:
        print("\nStopped. Run the same command to start again.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
