"""JupyterHub's settings for a course with this workbook. How to start it is in docs/course.md.

Two things are yours to say, in a file of your own that begins with `load_subconfig("/path/to/hub/jupyterhub_config.py")`: who
may sign in, and where each learner's server runs. As it stands, JupyterHub asks this machine's accounts, lets nobody in, and
starts each server under its learner's account.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Bytes that one learner's server, and each of its kernels, may take. What a chapter takes is in docs/course.md.
MEMORY = int(os.environ.get("BACKCHANNEL_HUB_MEMORY_MB", "1024")) * 1024 * 1024

c: Any = get_config()  # type: ignore[name-defined] # noqa: F821 (JupyterHub puts get_config into this file)

# JupyterLab with the workbook's own settings, as `python workbook.py` starts it; `prlimit` (of util-linux, which every Linux
# has) stops one learner's kernel at its limit, so that it cannot take the memory of the others. Where containers keep a
# limit, mem_limit does, for server and kernels together; a server on this machine knows no other way.
c.Spawner.cmd = ["prlimit", f"--data={MEMORY}", "--", sys.executable, "-P", "-m", "backchannel_lib.cli.run_jupyter"]
c.Spawner.args = ["jupyterhub.singleuser"]
c.Spawner.mem_limit = MEMORY
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": os.pathsep.join([str(ROOT / "hub"), str(ROOT / "jupyter")]),
    "JUPYTER_PATH": str(ROOT / "jupyter" / "share"),
    # numpy would keep buffers for a thread on each core, and nothing here needs a second thread.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
}
# A room that comes in at nine o'clock starts all its servers at once: on two cores the last of 20 takes a minute.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180

# The hub's database and secrets stay readable for the hub's own account alone.
os.umask(0o077)
# Only the proxy is reached from outside. It speaks HTTP: put it behind the web server that has your certificate.
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.bind_url = "http://127.0.0.1:8000" + os.environ.get("BACKCHANNEL_HUB_PREFIX", "/")
proxy = ROOT / "hub" / "node_modules" / ".bin" / "configurable-http-proxy"  # from `npm ci --prefix hub`
if proxy.exists():
    c.ConfigurableHTTPProxy.command = [str(proxy)]
# Who starts the hub anew does not end the chapters of those who are reading.
c.JupyterHub.cleanup_servers = False
