"""The tables of data/, their loaders, and a loader's error for a broken copy."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backchannel_lib import TableError
from backchannel_lib.base.texts import load_words

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
MODULES = [
    importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for path in sorted((ROOT / "backchannel_lib").rglob("*.py"))
    if "load_" in path.read_text(encoding="utf-8")
]
#: Functions that are named like loaders but load something else.
NO_TABLES = frozenset({"load_words", "load_case", "load_keys", "load_saved_case", "load_ipython_extension"})
#: The loaders of the tables directly in data/, by file.
TABLE_LOADERS: dict[str, Callable[..., Any]] = {
    f"{name.removeprefix('load_')}.csv": load
    for module in MODULES
    for name, load in vars(module).items()
    if name.startswith("load_") and name not in NO_TABLES and load.__module__.startswith("backchannel_lib")
}
#: The loaders of all tables, including texts.
LOADERS = TABLE_LOADERS | {
    f"words/en/{path.name}": lambda path=None: load_words(path=path) for path in (DATA / "words" / "en").glob("*.csv")
}
FILES = sorted(LOADERS)


def cells(file: str) -> list[list[str]]:
    """Return a table in data/ as plain cells, starting with its header."""
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def with_cell(file: str, column: str, value: str) -> list[list[str]]:
    """Return the cells of a table with one cell of its second row changed."""
    rows = cells(file)
    rows[2][rows[0].index(column)] = value
    return rows


def write(path: Path, rows: list[list[str]]) -> Path:
    """Write cells as CSV and return the path."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


def error_for(tmp_path: Path, file: str, rows: list[list[str]]) -> str:
    """Load changed rows of one table, and return the error message."""
    path = write(tmp_path / Path(file).name, rows)
    with pytest.raises(TableError) as caught:
        LOADERS[file](path)
    return str(caught.value)
