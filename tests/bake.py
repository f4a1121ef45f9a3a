"""Runs the notebooks and writes their outputs into them: `python tests/bake.py` with the Python of .venv.

What is written is what a reader sees before running anything, and what strict nbval compares: texts, and no timings, no
execution metadata, and no state of widgets, which would be megabytes and different at every run.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def bake(path: Path) -> None:
    """Run one notebook and write its outputs into it."""
    notebook: Any = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    notebook.metadata = METADATA
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


def main(names: list[str]) -> None:
    """Bake the notebooks that are named, or all of them."""
    for path in [Path(name) for name in names] or sorted(NOTEBOOKS.glob("*.ipynb")):
        bake(path)
        print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
