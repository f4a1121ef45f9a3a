"""The last step of the setup: check that notebooks can use the installation, and compile it."""

from __future__ import annotations

import importlib
import subprocess
import sys

from backchannel_lib.cli.project import NOTEBOOKS, environment

#: Import these once to compile them, so that a notebook's first cell doesn't have to wait.
FIRST_IMPORTS = ("jupyterlab.labapp", "ipykernel.kernelapp", "pandas", "plotly.graph_objects", "anywidget")
#: The code in a chapter's first cell.
AS_A_KERNEL = "import backchannel_lib.notebook.widget as widget; widget.Panel()"


def main() -> int:
    """Show a panel as a notebook does, import everything else, and sign the notebooks; return the exit code.

    JupyterLab doesn't show drawings in an untrusted notebook. A notebook that someone adds later becomes trusted when it
    runs.
    """
    kernel = [sys.executable, "-P", "-c", AS_A_KERNEL]
    if code := subprocess.run(kernel, env=environment(), cwd=NOTEBOOKS, check=False).returncode:
        return code
    for name in FIRST_IMPORTS:
        importlib.import_module(name)
    notebooks = sorted(str(path) for path in NOTEBOOKS.glob("*.ipynb"))
    command = [sys.executable, "-m", "nbformat.sign", *notebooks]
    return subprocess.run(command, env=environment(), check=False).returncode if notebooks else 0


if __name__ == "__main__":
    sys.exit(main())
