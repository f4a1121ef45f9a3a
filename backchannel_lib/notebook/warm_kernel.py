"""A server extension that starts the first chapter's kernel while the browser is still loading JupyterLab."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any


def _load_jupyter_server_extension(server: Any) -> None:
    """Start the kernel as soon as the server runs. The page finds it by the chapter's path, like any running kernel."""

    async def start() -> None:
        path = server.default_url.partition("/tree/")[2]
        try:
            await server.session_manager.create_session(
                path=path, name=PurePosixPath(path).name, type="notebook", kernel_name="python3"
            )
        except Exception:
            server.log.debug("No kernel was started beforehand.", exc_info=True)

    server.io_loop.add_callback(start)
