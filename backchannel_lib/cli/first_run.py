"""The last step of the set-up: shows that what was installed works from where a notebook runs, and compiles it."""

from __future__ import annotations

import importlib
import subprocess
import sys

from backchannel_lib.cli.project import LOCAL, NOTEBOOKS, environment

#: What is imported once: a notebook's first cell then does not wait for it to be compiled.
FIRST_IMPORTS = ("jupyterlab.labapp", "ipykernel.kernelapp", "pandas", "plotly.graph_objects", "anywidget")


def main() -> int:
    """Import what the workbook needs, and sign the notebooks that came with it; return the exit code.

    JupyterLab shows no drawing of a notebook that it does not trust. A notebook that someone adds later is not trusted
    until it is run.
    """
    for name in FIRST_IMPORTS:
        importlib.import_module(name)
    LOCAL.mkdir(parents=True, exist_ok=True)
    notebooks = sorted(str(path) for path in NOTEBOOKS.glob("*.ipynb"))
    command = [sys.executable, "-m", "nbformat.sign", *notebooks]
    return subprocess.run(command, env=environment(), check=False).returncode if notebooks else 0


if __name__ == "__main__":
    sys.exit(main())
