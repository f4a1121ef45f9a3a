"""Voilà's settings for the workshop's full-screen page: this machine alone, its own template, its texts from the workbook.

`python workbook.py present` starts it; the folder is named in JUPYTER_CONFIG_PATH, so that Voilà reads this file. Which names
of this computer it answers to is in backchannel_lib/cli/serve_workshop.py.
"""

from __future__ import annotations

import logging
from typing import Any

from jupyter_core.paths import jupyter_runtime_dir

from backchannel_lib.base.texts import text
from backchannel_lib.workshop.stage import SCRIPT, STYLE, stage_bar, stage_parts

c: Any = get_config()  # type: ignore[name-defined] # noqa: F821 (Jupyter puts get_config into this file)

# The connection that sends each message at once is the one that JupyterLab has here.
load_subconfig("jupyter_server_config.py")  # type: ignore[name-defined] # noqa: F821 (Jupyter puts this here too)
c.Voila.kernel_websocket_connection_class = c.ServerApp.kernel_websocket_connection_class

# Only this machine can reach the page, and only with its token.
c.Voila.ip = "127.0.0.1"
c.Voila.identity_provider_class = c.ServerApp.identity_provider_class
c.Voila.auto_token = True  # the token is that of jupyter_server_config.py
c.Voila.tornado_settings = {
    "allow_origin": "",
    "allow_origin_pat": None,
    "allow_credentials": False,
    "allow_remote_access": False,
    "allow_unauthenticated_access": False,
    "local_hostnames": ["localhost"],
    "disable_check_xsrf": False,
    "terminals_available": False,
}
c.Voila.connection_dir_root = jupyter_runtime_dir()  # kernels' keys, in the folder that nobody else can read
c.Voila.port_retries = 0  # `present` has looked for a free port and said which; another would be a surprise

c.VoilaConfiguration.template = "stage"
c.VoilaConfiguration.allow_template_override = "NO"  # an address cannot ask for a template that calls other hosts
c.VoilaConfiguration.allow_theme_override = "NO"
c.VoilaConfiguration.show_tracebacks = False
c.VoilaConfiguration.file_allowlist = []  # the page needs no file of the folder
c.VoilaConfiguration.resources = {
    "stage": {
        "bar": stage_bar(stage_parts()[0]),
        "style": STYLE.read_text(encoding="utf-8"),
        "script": SCRIPT.read_text(encoding="utf-8"),
        "title": text("stage.title"),
        "starting": text("stage.starting"),
        "failed": text("stage.failed"),
        "no_script": text("stage.no_script"),
    }
}


def set_xsrf_cookie(handler: Any, notebook: object, cwd: str) -> None:  # noqa: ARG001 - Voilà calls it so
    """Give the page the cookie with which it may end its kernel when it is left; Voilà asks for it and never sets it.

    Without this a kernel outlives its page, and with it the vote that it had opened to phones.
    """
    _ = handler.xsrf_token  # asking for it sets the cookie


c.VoilaConfiguration.prelaunch_hook = set_xsrf_cookie

# A browser that is killed says no good-bye: a kernel that nobody looks at ends by itself, but not over a long break.
c.MappingKernelManager.cull_idle_timeout = 3 * 3600  # seconds
c.MappingKernelManager.cull_interval = 60
c.MappingKernelManager.cull_connected = False

# The window in which the workshop runs shows its address and errors, and no warnings of what it stands on.
c.Voila.log_level = "ERROR"
logging.getLogger("tornado").setLevel(logging.ERROR)
