"""JupyterHub's settings for a course with this workbook; docs/course.md says how to start it.

Decide two things in your own file, which begins with `load_subconfig("/path/to/hub/jupyterhub_config.py")`: who can sign in,
and where each learner's server runs. By default, learners sign in with this machine's accounts, nobody is allowed in, and
each server runs under its learner's account.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Memory limit for a learner's server and for each of its kernels, in bytes. docs/course.md says how much a chapter needs.
MEMORY = int(os.environ.get("BACKCHANNEL_HUB_MEMORY_MB", "1024")) * 1024 * 1024

c: Any = get_config()  # type: ignore[name-defined] # noqa: F821 (JupyterHub puts get_config into this file)

# Start JupyterLab with the workbook's own settings, as `python workbook.py` does. `prlimit` (from util-linux, which every Linux
# has) keeps each process below the limit, so that no learner can take the others' memory. Spawners for containers use mem_limit
# instead, for server and kernels together; for servers on this machine, there is no other way.
c.Spawner.cmd = ["prlimit", f"--data={MEMORY}", "--", sys.executable, "-P", "-m", "backchannel_lib.cli.run_jupyter"]
c.Spawner.args = ["jupyterhub.singleuser"]
c.Spawner.mem_limit = MEMORY
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": os.pathsep.join([str(ROOT / "hub"), str(ROOT / "jupyter")]),
    "JUPYTER_PATH": str(ROOT / "jupyter" / "share"),
    # numpy would keep buffers for one thread per core, but nothing here needs more than one thread.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
}
# When a class begins, all servers start at once: on two cores, the last of 20 takes a minute.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180

# Only the hub's own account can read its database and secrets.
os.umask(0o077)
# Only the proxy can be reached from outside. It speaks HTTP, so put it behind the web server that has your certificate.
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.bind_url = "http://127.0.0.1:8000" + os.environ.get("BACKCHANNEL_HUB_PREFIX", "/")
proxy = ROOT / "hub" / "node_modules" / ".bin" / "configurable-http-proxy"  # from `npm ci --prefix hub`
if proxy.exists():
    c.ConfigurableHTTPProxy.command = [str(proxy)]
# Restarting the hub doesn't interrupt learners.
c.JupyterHub.cleanup_servers = False
