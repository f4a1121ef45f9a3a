"""The faults of tests/notebook_faults, each put into a copy of a notebook, of a table or of the library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import nbformat

from backchannel_lib.cli.run_checks import NBVAL
from tests.helpers.notebooks import NOTEBOOKS, read

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "tests" / "notebook_faults"


@dataclass(frozen=True)
class Fault:
    """Something that could go wrong.

    Args:
        name: A short name for what it breaks.
        notebook: The chapter where it shows.
        cell: The cell where it shows; blank for the whole file.
        file: The file to change, relative to the project's folder; blank for the cell itself.
        change: What to replace, and its replacement.
        caught_by: ``nbval``, or one of the checks in `notebook_checks`.
        because: Part of the message that is then reported.
        copy: The copy of the library that gets this fault; a changed rule needs its own, because it hides other faults.
    """

    name: str
    notebook: str
    caught_by: str
    because: str
    cell: str = ""
    file: str = ""
    change: tuple[tuple[str, str], ...] = ()
    copy: str = "library"

    def in_text(self, text: str) -> str:
        """Return text with the fault in it."""
        for old, new in self.change:
            assert old in text, f"{self.name}: {old!r} is no longer there"
            text = text.replace(old, new, 1)
        return text

    def in_notebook(self) -> Any:
        """Return the notebook, with the fault in it unless the fault is in another file."""
        whole = read(NOTEBOOKS / f"{self.notebook}.ipynb")
        if self.file:
            return whole
        if not self.cell:
            return nbformat.from_dict(json.loads(self.in_text(json.dumps(whole, indent=1, ensure_ascii=False))))
        whole.cells = [self.in_cell() if cell.id == self.cell else cell for cell in whole.cells]
        return whole

    def in_cell(self) -> Any:
        """Return its cell, with the fault in it unless the fault is in another file."""
        (cell,) = [cell for cell in read(NOTEBOOKS / f"{self.notebook}.ipynb").cells if cell.id == self.cell]
        text = json.dumps(cell, indent=1, ensure_ascii=False)
        return nbformat.from_dict(json.loads(text if self.file else self.in_text(text)))


def load(path: Path) -> Fault:
    """Read a fault's file."""
    described = tomllib.loads(path.read_text(encoding="utf-8"))
    described["change"] = tuple((one["from"], one["to"]) for one in described["change"])
    return Fault(path.stem, **described)


FAULTS: Final = tuple(load(path) for path in sorted(FOLDER.glob("*.toml")))


def write_notebook(folder: Path, faults: Sequence[Fault]) -> None:
    """Write a notebook with each fault's cell, and the tables that recipes read, to a folder."""
    folder.mkdir()
    for table in NOTEBOOKS.glob("*.csv"):
        shutil.copy(table, folder)
    notebook: Any = nbformat.v4.new_notebook(metadata=read(NOTEBOOKS / f"{faults[0].notebook}.ipynb").metadata)
    for number, fault in enumerate(faults):
        cell = fault.in_cell()
        cell.id = f"cell-{number}"  # two faults can be in the same cell
        notebook.cells.append(cell)
    nbformat.write(notebook, folder / "faults.ipynb")


def copy_library(folder: Path, faults: Sequence[Fault]) -> None:
    """Copy the library and its tables, with the faults in them, to where a notebook in this folder finds them first."""
    if not faults:
        return
    for name in ("backchannel_lib", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for fault in faults:
        path = folder / fault.file
        path.write_text(fault.in_text(path.read_text(encoding="utf-8")), encoding="utf-8")


def run_nbval(*folders: Path) -> dict[str, list[str]]:
    """Run strict nbval, as `backchannel test` does, on the notebook in each folder; return its output for each cell."""
    report = folders[0].parent / "nbval.xml"
    files = [str(folder / "faults.ipynb") for folder in folders]
    # Don't use our own kernel, which looks for the library where it is installed instead of next to the notebook.
    known = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER_")}
    options = ["-p", "no:anyio", "-p", "no:cacheprovider", "-W", "ignore::ResourceWarning", "--color=no"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *NBVAL, *options, f"--rootdir={folders[0].parent}", f"--junit-xml={report}", *files],
        cwd=ROOT,
        env={**known, "BACKCHANNEL_WORK": str(folders[0].parent / "work")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), ran.stdout + ran.stderr
    said: dict[str, list[str]] = {folder.name: [] for folder in folders}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest just wrote it
        folder = next(name for name in said if name in case.get("classname", "").split("."))
        said[folder].append("\n".join(found.text or "" for found in case if found.tag != "properties"))
    return said
