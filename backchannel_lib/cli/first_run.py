"""The last step of the set-up: shows that what was installed works from where a notebook runs, and compiles it."""

from __future__ import annotations

import importlib
import subprocess
import sys

from backchannel_lib.cli.project import NOTEBOOKS, environment

#: What is imported once: a notebook's first cell then does not wait for it to be compiled.
FIRST_IMPORTS = ("jupyterlab.labapp", "ipykernel.kernelapp", "pandas", "plotly.graph_objects", "anywidget")
#: What the first cell of a chapter does.
AS_A_KERNEL = "import backchannel_lib.notebook.widget as widget; widget.Panel()"


def main() -> int:
    """Show a panel as a notebook does, import what else is needed, and sign the notebooks; return the exit code.

    JupyterLab shows no drawing of a notebook that it does not trust. A notebook that someone adds later is not trusted
    until it is run.
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
