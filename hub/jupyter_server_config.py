"""What a learner's own JupyterLab on a hub does otherwise than one at home; read with ../jupyter/jupyter_server_config.py.

Both folders stand in JUPYTER_CONFIG_PATH, this one first. The address, the prefix and who may come in are the hub's to say:
JupyterHub's own extension sets them last. Binder uses this file too.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: The learner's own folder: everything they change is here, and the workbook itself can belong to the host.
LEARNER = Path.home() / "backchannel"

c: Any = get_config()  # type: ignore[name-defined] # noqa: F821 (Jupyter puts get_config into this file)

LEARNER.mkdir(mode=0o700, parents=True, exist_ok=True)
shutil.copytree(ROOT / "notebooks", LEARNER / "notebooks", ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
c.ServerApp.root_dir = str(LEARNER)
os.environ["BACKCHANNEL_WORK"] = str(LEARNER / "my_work")  # where kernels keep what a learner saves

# At home a kernel is started while the page still loads. Here that would be a kernel of memory for each learner who goes on
# to another chapter.
c.ServerApp.jpserver_extensions = {
    "backchannel_lib.notebook.warm_kernel": False,
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "notebook_shim": False,
}
# A kernel that nobody has open is ended after 20 minutes, and after an hour without anybody the server too. A chapter that is
# still open keeps its kernel: its reader may only be reading.
c.MappingKernelManager.cull_idle_timeout = 20 * 60
c.MappingKernelManager.cull_interval = 2 * 60
c.ServerApp.shutdown_no_activity_timeout = 60 * 60
# On a full machine a kernel takes longer to say that it is there.
c.MappingKernelManager.kernel_info_timeout = 120
