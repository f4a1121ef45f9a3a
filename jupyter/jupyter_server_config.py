"""JupyterLab's settings for this workbook: reachable only from this machine, no requests to other hosts, fast answers.

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
    """A kernel connection that sends each message immediately.

    jupyter_server leaves Nagle's algorithm on, which delays small messages until the previous one is acknowledged. With a
    key held on a slider, 40 of 60 positions were drawn; with TCP_NODELAY, all 60 are.
    """

    def connect(self) -> asyncio.Future[None] | None:
        """Turn Nagle's algorithm off, then connect as usual."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


class OwnToken(PasswordIdentityProvider):
    """Accepts the token below, and prints it at startup: Jupyter only prints tokens that it generated itself."""

    token_generated = True


c: Any = get_config()  # type: ignore[name-defined] # noqa: F821 (Jupyter puts get_config into this file)

# Only this machine can reach the server, and each start has a new token. Jupyter's defaults are repeated here, so that no other
# settings file can change them.
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
# The workbook needs no terminals.
c.ServerApp.terminals_enabled = False
c.ServerApp.jpserver_extensions = {
    "backchannel_lib.notebook.warm_kernel": True,
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "notebook_shim": False,
}
# Jupyter refuses to run as root because a public server would be a risk. This one isn't public, and in a container root is
# often the only user.
c.ServerApp.allow_root = True
# Encrypt messages between JupyterLab's server and its kernels, so that no other program on this machine can read them.
c.KernelManager.transport_encryption = "auto"

# No requests to other hosts: no news, no check for updates, no catalog of extensions. labconfig/default_setting_overrides.json
# turns off the question about news.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

# Nothing is built, so don't check whether a build is needed.
c.ServerApp.tornado_settings = {"page_config_data": {"buildAvailable": False, "buildCheck": False}}

# The file browser shows the whole workbook, and the first notebook is open.
c.ServerApp.root_dir = str(ROOT)
c.LabApp.default_url = f"/lab/tree/{FIRST_NOTEBOOK}"

# Reading never changes the workbook's files, and chapters are live as soon as they are open.
c.ServerApp.contents_manager_class = chapter_copies.ChapterCopies
c.LabApp.extra_labextensions_path = [str(Path(chapter_copies.__file__).with_name("labextensions"))]

c.ServerApp.kernel_websocket_connection_class = PromptConnection

# The terminal shows the address and errors, but no warnings: each start would print one about an interval that tornado corrects
# by itself, and one for each notebook whose widgets wait until it runs.
c.ServerApp.log_level = c.LabApp.log_level = "ERROR"
