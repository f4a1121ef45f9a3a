"""`backchannel lock`: write the lock files for the setup from pyproject.toml."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from backchannel_lib.cli.project import ROOT, CommandError, require_checkout

#: Each lock file with its sources: packages for readers, additional ones for a course's hub and for the checks, and uv, which
#: installs them all.
LOCKS = {
    "requirements.lock": ("--extra", "setup", "pyproject.toml"),
    "requirements-hub.lock": ("--extra", "setup", "--extra", "hub", "pyproject.toml"),
    "requirements-test.lock": ("--extra", "setup", "--extra", "test", "pyproject.toml"),
    "requirements-uv.lock": ("-",),
}


def write_locks(arguments: Sequence[str]) -> int:
    """Write the lock files, passing ``arguments`` to uv; versions stay the same unless these include `--upgrade`.

    Raises:
        CommandError: uv is missing or failed, or a lock file would name a host.
    """
    require_checkout()
    program = find_uv()
    for name, sources in LOCKS.items():
        command = [program, "pip", "compile", "--universal", "--generate-hashes", "--no-annotate", "--quiet"]
        command += ["--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"]
        command += ["--custom-compile-command", "python workbook.py lock", "--output-file", name, *arguments, *sources]
        done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, input="uv", text=True)
        if done.returncode:
            raise CommandError(f"uv could not write {name}.")
        named = hosts_in((ROOT / name).read_text(encoding="utf-8"))
        if named:
            raise CommandError(f"{name} names a host or a local path, which others do not have:\n" + "\n".join(named))
        print(f"{name} is written.")
    return 0


def hosts_in(lock: str) -> list[str]:
    r"""Return the lines of a lock file that name an index, an address or a local path.

    Examples:
        >>> hosts_in("anyio==4.16.0 --hash=sha256:59\n--index-url https://example.org/simple\n")
        ['--index-url https://example.org/simple']
    """
    return re.findall(r"(?m)^.*(?:://|file:|--(?:extra-)?index-url|--find-links).*$", lock)


def find_uv() -> str:
    """Return the path of uv: the setup's own, or one on the PATH.

    Raises:
        CommandError: There is none.
    """
    own = [str(path) for path in (ROOT / ".venv-tools").glob("uv-*/bin")]
    found = next((path for folder in own if (path := shutil.which("uv", path=folder))), None) or shutil.which("uv")
    if found is None:
        raise CommandError("Writing the locks needs uv, which is not here: pip install uv. Using them does not.")
    return str(Path(found))
