"""Settings that somebody else might leave on a computer, each of which would expose or break the workbook."""

from __future__ import annotations

import json
import sys
from pathlib import Path

#: Turns off every protection, in any program that reads it.
OPEN = {
    "IdentityProvider": {"token": ""},
    "PasswordIdentityProvider": {"token": "", "hashed_password": ""},
    "ServerApp": {
        "token": "",
        "password": "",
        "allow_origin": "*",
        "allow_remote_access": True,
        "disable_check_xsrf": True,
        "terminals_enabled": True,
        "jpserver_extensions": {"planted_extension": True, "jupyter_server_terminals": True},
    },
}
#: Leaves a trace wherever it runs.
TRACE = "open({trace!r}, 'a').write(__file__ + '\\n')\n"
#: Runs a module as if this computer's folders were the planted ones, because a test can't write to /etc.
DRIVER = """
import runpy, sys
from pathlib import Path
planted, module, sys.argv = Path(sys.argv[1]), sys.argv[2], sys.argv[2:]
from jupyter_core import paths
paths.SYSTEM_CONFIG_PATH[:] = [str(planted / "etc")]
paths.SYSTEM_JUPYTER_PATH[:] = [str(planted / "share")]
from IPython.core import application
application.SYSTEM_CONFIG_DIRS[:] = [str(planted / "ipython")]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def plant(folder: Path) -> Path:
    """Fill a folder with a computer's system and home settings; return the file for the traces."""
    trace = folder / "trace"
    for place in (folder / "etc", folder / "home" / ".jupyter"):
        (place / "jupyter_server_config.d").mkdir(parents=True)
        (place / "labconfig").mkdir()
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_lab_config", "jupyter_notebook_config"):
            (place / f"{name}.json").write_text(json.dumps(OPEN), encoding="utf-8")
            (place / f"{name}.py").write_text(TRACE.format(trace=str(trace)), encoding="utf-8")
        (place / "jupyter_server_config.d" / "planted.json").write_text(json.dumps(OPEN), encoding="utf-8")
        (place / "labconfig" / "page_config.json").write_text('{"planted": "yes"}', encoding="utf-8")
    for place in (folder / "share", folder / "home" / ".local" / "share" / "jupyter"):
        extension = place / "labextensions" / "planted"
        (extension / "static").mkdir(parents=True)
        described = {"name": "planted", "version": "1.0.0", "jupyterlab": {"_build": {"load": "static/remoteEntry.js"}}}
        (extension / "package.json").write_text(json.dumps(described), encoding="utf-8")
        kernel = place / "kernels" / "planted"
        kernel.mkdir(parents=True)
        kernel.joinpath("kernel.json").write_text('{"argv": ["false"], "display_name": "planted", "language": "python"}')
    for place in (folder / "ipython", folder / "home" / ".ipython" / "profile_default"):
        (place / "startup").mkdir(parents=True)
        for name in ("ipython_config.py", "ipython_kernel_config.py", "startup/00.py"):
            (place / name).write_text(TRACE.format(trace=str(trace)), encoding="utf-8")
    (folder / "modules").mkdir()
    for name in ("json.py", "backchannel_lib.py", "sitecustomize.py"):
        (folder / "modules" / name).write_text(TRACE.format(trace=str(trace)), encoding="utf-8")
    return trace


def variables(folder: Path) -> dict[str, str]:
    """Return environment variables that each break or expose any program that reads them."""
    planted = str(folder / "etc")
    return {
        "HOME": str(folder / "home"),
        "IPYTHONDIR": str(folder / "home" / ".ipython"),
        "JUPYTERLAB_DIR": "/nowhere",
        "JUPYTERLAB_SETTINGS_DIR": "/nowhere",
        "JUPYTER_ALLOW_INSECURE_WRITES": "1",
        "JUPYTER_CONFIG_DIR": planted,
        "JUPYTER_CONFIG_PATH": planted,
        "JUPYTER_DATA_DIR": str(folder / "share"),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PATH": str(folder / "share"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "JUPYTER_TOKEN": "known",
        "JUPYTER_TOKEN_FILE": "/nowhere",
        "MYPY_CACHE_DIR": "/nowhere",
        "PIP_TARGET": "/nowhere",
        "PIP_USER": "1",
        "PLOTLY_RENDERER": "browser",
        "PYTEST_ADDOPTS": "--no-such-option",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "7",
        "PYTHONINSPECT": "1",
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": str(folder / "modules"),
        "PYTHONSTARTUP": str(folder / "ipython" / "startup" / "00.py"),
        "PYTHONWARNINGS": "error",
        "UV_OFFLINE": "1",
        "UV_SYSTEM_PYTHON": "1",
        "VIRTUAL_ENV": "/nowhere",
    }


def on_such_a_computer(folder: Path, command: list[str]) -> list[str]:
    """Return a command that runs a Python module with -m, changed so that the computer's folders are the planted ones."""
    at = command.index("-m")
    assert command[0] == sys.executable
    return [*command[:at], "-c", DRIVER, str(folder), *command[at + 1 :]]
