"""JupyterLab's settings for this workbook: it stays on this machine, asks nobody for news, and answers at once.

`workbook.py` names this folder in JUPYTER_CONFIG_PATH, so that Jupyter reads this file.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from backchannel_lib.notebook import chapter_copies

if TYPE_CHECKING:
    import asyncio

ROOT = Path(__file__).resolve().parent.parent
FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A kernel connection that sends each message at once.

    jupyter_server leaves Nagle's algorithm on, which holds small messages back until the last one is confirmed: with a
    key held on a slider, 40 of 60 positions were drawn. With TCP_NODELAY it is 60 of 60.
    """

    def connect(self) -> asyncio.Future[None] | None:
        """Turn Nagle's algorithm off, then connect as usual."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


class OwnToken(PasswordIdentityProvider):
    """Knows readers by the token below, and shows it at the start: Jupyter hides one that it has not drawn itself."""

    token_generated = True


c: Any = get_config()  # type: ignore[name-defined] # noqa: F821 (Jupyter puts get_config into this file)

# Only this machine can reach the server, and only with a new token at each start. What Jupyter would do by itself is said
# here too, so that no other file of settings can say otherwise.
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.identity_provider_class = OwnToken
c.IdentityProvider.token = secrets.token_hex(24)
c.PasswordIdentityProvider.hashed_password = ""
c.PasswordIdentityProvider.allow_password_change = False
c.ServerApp.allow_unauthenticated_access = False
c.ServerApp.allow_remote_access = False
c.ServerApp.local_hostnames = ["localhost"]
c.ServerApp.allow_origin = c.ServerApp.allow_origin_pat = ""
c.ServerApp.allow_credentials = False
c.ServerApp.disable_check_xsrf = False
# No terminals, which the workbook does not need.
c.ServerApp.terminals_enabled = False
c.ServerApp.jpserver_extensions = {
    "backchannel_lib.notebook.warm_kernel": True,
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "notebook_shim": False,
}
# Jupyter warns root off because a public server run by root is a danger; this one is not public, and in a container
# root is often the only user.
c.ServerApp.allow_root = True
# What goes between JupyterLab's server and a kernel is encrypted, so that no other program here can listen in.
c.KernelManager.transport_encryption = "auto"

# No request to another host: no news, no check for updates, no catalogue of extensions. That nobody is
# asked about news either stands in labconfig/default_setting_overrides.json.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

# Nothing is built, so nobody needs to look whether something should be.
c.ServerApp.tornado_settings = {"page_config_data": {"buildAvailable": False, "buildCheck": False}}

# The whole workbook is in the file browser, with the first notebook open.
c.ServerApp.root_dir = str(ROOT)
c.LabApp.default_url = f"/lab/tree/{FIRST_NOTEBOOK}"

# Reading changes no file of the workbook, and a chapter that is opened is live.
c.ServerApp.contents_manager_class = chapter_copies.ChapterCopies
c.LabApp.extra_labextensions_path = [str(Path(chapter_copies.__file__).with_name("labextensions"))]

c.ServerApp.kernel_websocket_connection_class = PromptConnection

# The terminal shows the address and errors. Warnings are left out: each start would print one about an interval that
# tornado mends by itself, and one for each notebook whose drawings wait until it is run.
c.ServerApp.log_level = c.LabApp.log_level = "ERROR"
