"""The built wheel on its own: library, tables, panel and commands work without a checkout."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ALONE = """
import sys
from pathlib import Path
import backchannel_lib as b
place = Path(b.__file__).parent
assert place.is_relative_to(sys.argv[1]), place
assert b.judge(b.Case(score=228, recommender="trusted_peer", specifics=True)).verdict.label == "Maybe"
assert list((place / "notebook" / "labextensions").glob("*/static/remoteEntry.js"))
assert list((place / "page" / "static").glob("*.css")) and list((place / "page" / "static" / "vendor").glob("*.gz"))
print("works")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the unpacked wheel first on its path."""
    bare = {"PYTHONPATH": str(installed), "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=bare, capture_output=True, text=True, check=False)


def test_the_wheel_judges_and_shows_a_panel(installed: Path, tmp_path: Path) -> None:
    """So it contains the rules, the texts, the tables and the panel's files."""
    done = run(installed, tmp_path, "-c", ALONE, str(installed))
    assert (done.stdout, done.returncode) == ("works\n", 0), done.stderr


@pytest.mark.slow
def test_the_wheel_installs_the_command(installed: Path, tmp_path: Path) -> None:
    """`backchannel` is its entry point, `print` works, and `open` says where to get the notebooks."""
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "backchannel = backchannel_lib.cli.main:main" in points.read_text(encoding="utf-8")
    opened = run(installed, tmp_path, "-m", "backchannel_lib.cli", "open", "--no-browser")
    assert opened.returncode == 1
    assert opened.stderr.strip().startswith("This is the library alone")
    assert "Traceback" not in opened.stderr
    printed = run(installed, tmp_path, "-m", "backchannel_lib.cli", "print", "--out", str(tmp_path / "sheets"))
    assert printed.returncode == 0, printed.stderr
    assert len(list((tmp_path / "sheets").glob("*.html"))) == 2


@pytest.mark.slow
def test_the_wheel_presents_the_workshop_without_the_workbooks_folder(installed: Path, tmp_path: Path) -> None:
    """In an environment of its own, `present` serves the room and keeps its keys in the user's home."""
    venv.create(tmp_path / "venv", symlinks=os.name == "posix")
    places = {"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")}
    site = Path(sysconfig.get_path("purelib", "venv", places))
    (site / "wheel.pth").write_text(f"{installed}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    python = Path(sysconfig.get_path("scripts", "venv", places)) / Path(sys.executable).name
    home = tmp_path / "home"
    home.mkdir()
    with socket.socket() as free:  # the first free one could be taken by another test's workshop at the same moment
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [python, "-m", "backchannel_lib.cli", "present", "--no-browser", f"--port={port}"],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = ""
    while line := process.stdout.readline():
        output += line
        if re.search(r"/presenter\?token=\w+", line):
            break
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert f"The workshop is at http://127.0.0.1:{port}" in output, output
    (keys,) = home.rglob("room-*.json")
    assert keys.stat().st_mode & 0o077 == 0
    assert not list(installed.glob("jupyter*")), "it writes into the installed packages"
