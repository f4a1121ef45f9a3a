"""Draw the opening charts, run the notebooks and save their outputs; use the Python in .venv.

The snapshots of the charts are Plotly's own drawings of the opening case, shown while a page starts Plotly. A browser draws
them, and only if the chart has changed.

The outputs are what readers see before they run anything, and what strict nbval compares: texts, without timings, execution
metadata or widget state, which would be megabytes and different every time.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, this file would find only its own folder

from backchannel_lib import Case  # noqa: E402 - after the line above
from backchannel_lib.cli.browser import find_chromium, launch_arguments  # noqa: E402
from backchannel_lib.notebook.widget import plotly_js  # noqa: E402
from backchannel_lib.page import charts  # noqa: E402

NOTEBOOKS = ROOT / "notebooks"
STILLS = ROOT / "backchannel_lib" / "page" / "static" / "charts"
# Draw in unique placeholder colors, which the page then replaces with its own, light or dark.
INK = ("#010203", "currentColor")
GRID = ("#040506", "var(--bw-grid)")
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def bake(path: Path) -> None:
    """Run one notebook and save its outputs in it."""
    notebook: Any = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    notebook.metadata = METADATA
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


def draw_stills() -> None:
    """Draw each chart of the opening case that has changed."""
    stale = [chart for chart in charts.CHARTS if charts.snapshot(chart, Case()) is None]
    if not stale:
        return
    STILLS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        page = browser.new_page()
        page.evaluate(gzip.decompress(plotly_js()).decode())
        for chart in stale:
            figure = charts.figure(chart, Case())
            layout = figure["layout"]
            layout["font"]["color"] = INK[0]
            for axis in ("xaxis", "yaxis"):
                layout[axis].update(gridcolor=GRID[0], linecolor=GRID[0], tickcolor=GRID[0])
            size = {"format": "svg", "width": 640, "height": layout["height"], "imageDataOnly": True}
            svg = page.evaluate("([figure, size]) => globalThis.moduleName.toImage(figure, size)", [figure, size])
            for shade, name in (INK, GRID):
                red, green, blue = (int(shade[place : place + 2], 16) for place in (1, 3, 5))
                svg = svg.replace(f"rgb({red}, {green}, {blue})", name).replace(shade, name)
            (STILLS / f"{chart}.svg").write_text(f"<!-- {charts.figure_id(chart, Case())} -->\n{svg}\n", encoding="utf-8")
            print(f"{chart}.svg")
        browser.close()


def main(names: list[str]) -> None:
    """Draw the snapshots, and run the given notebooks, or all of them."""
    draw_stills()
    for path in [Path(name) for name in names] or sorted(NOTEBOOKS.glob("*.ipynb")):
        bake(path)
        print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
