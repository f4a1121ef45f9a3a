"""Settings for a learner's JupyterLab on a hub that differ from those at home (../jupyter/jupyter_server_config.py).

Both folders are in JUPYTER_CONFIG_PATH, this one first. The hub decides the address, the prefix and who can sign in:
JupyterHub's own extension sets them last. Binder uses this file, too.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: The learner's own folder. Everything they change is here, so the workbook itself can be read-only.
LEARNER = Path.home() / "backchannel"

c: Any = get_config()  # type: ignore[name-defined] # noqa: F821 (Jupyter puts get_config into this file)

LEARNER.mkdir(mode=0o700, parents=True, exist_ok=True)
(LEARNER / "notebooks").mkdir(mode=0o700, exist_ok=True)
# What a learner changes in a chapter is saved in my_work, so a new version of the workbook can replace the chapters. Learners
# edit tables such as 13_students.csv in place, so copy those only once.
for original in (ROOT / "notebooks").glob("[!.]*.*"):
    own = LEARNER / "notebooks" / original.name
    if original.suffix == ".ipynb" or not own.exists():
        shutil.copyfile(original, own)
c.ServerApp.root_dir = str(LEARNER)
os.environ["BACKCHANNEL_WORK"] = str(LEARNER / "my_work")  # where kernels keep what a learner saves

# At home, a kernel starts while the page is still loading. Here, each learner who goes straight to another chapter would waste
# a kernel's memory.
c.ServerApp.jpserver_extensions = {
    "backchannel_lib.notebook.warm_kernel": False,
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "notebook_shim": False,
}
# Stop kernels that nobody has open after 20 minutes, and servers that nobody uses after an hour. An open chapter keeps its
# kernel, because its reader may just be reading.
c.MappingKernelManager.cull_idle_timeout = 20 * 60
c.MappingKernelManager.cull_interval = 2 * 60
c.ServerApp.shutdown_no_activity_timeout = 60 * 60
# On a busy machine, a kernel takes longer to start.
c.MappingKernelManager.kernel_info_timeout = 120
