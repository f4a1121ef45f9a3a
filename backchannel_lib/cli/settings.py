"""Pass only network settings from this computer to the programs that the workbook starts.

One rule replaces a list: a variable that belongs to Python, Jupyter, an installer or a checking tool is dropped unless the
workbook set it, and these tools' settings files aren't read, because they are for other work. What remains is what an
installation needs: the package source, the proxy and the certificate.

`workbook.py` uses this before any package is installed.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import os
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: Prefixes of variables that belong to Python, Jupyter, an installer or a checking tool.
FOREIGN: Final = (
    *(
        "ANYWIDGET_",
        "CONDA_",
        "COVERAGE_",
        "HATCH",
        "IPYKERNEL",
        "IPYTHON",
        "IPYWIDGETS",
        "JPY_",
        "JUPYTER",
        "MYPY",
        "NBCLIENT",
    ),
    *("NBCONVERT", "NBVAL", "NODE_OPTIONS", "PIP_", "PLOTLY_", "PY_COLORS", "PYDEVD", "PYTEST", "PYTHON", "RUFF"),
    *("TRAITLETS", "UV_", "VIRTUAL_ENV", "VOILA", "_PYTHON", "__PYVENV"),
)

#: pip's network settings, and uv's names for them if there are any.
PIP_NETWORK: Final = {
    "PIP_CERT": "SSL_CERT_FILE",
    "PIP_CLIENT_CERT": "SSL_CLIENT_CERT",
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_KEYRING_PROVIDER": "UV_KEYRING_PROVIDER",
    "PIP_NO_INDEX": "",
    "PIP_PROXY": "ALL_PROXY",
    "PIP_TRUSTED_HOST": "UV_INSECURE_HOST",
}
#: Prefixes of uv's own variables.
UV_NETWORK: Final = (
    *("UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_HTTP_TIMEOUT", "UV_INDEX", "UV_INSECURE_HOST"),
    *("UV_KEYRING_PROVIDER", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"),
)
#: Names of network settings in uv's settings file, with their variables.
UV_FILE: Final = {
    "allow-insecure-host": "UV_INSECURE_HOST",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
}


def is_foreign(name: str) -> bool:
    """Return whether the workbook drops a variable unless it has set it.

    Examples:
        >>> [is_foreign(name) for name in ("PYTHONPATH", "JUPYTER_TOKEN", "PIP_USER")]
        [True, True, True]
        >>> [is_foreign(name) for name in ("HTTPS_PROXY", "PIP_INDEX_URL", "HOME")]
        [False, False, False]
    """
    name = name.upper()
    return name.startswith(FOREIGN) and name not in PIP_NETWORK and not name.startswith(UV_NETWORK)


def without_foreign(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the variables that the workbook drops.

    Examples:
        >>> without_foreign({"PIP_USER": "1", "PYTHONHOME": "/x", "HTTPS_PROXY": "http://proxy:8080"})
        {'HTTPS_PROXY': 'http://proxy:8080'}
    """
    return {name: value for name, value in environment.items() if not is_foreign(name)}


def python_settings() -> dict[str, str]:
    """Return the settings for every Python in the workbook: text is UTF-8, and the user's own packages are ignored.

    Examples:
        >>> python_settings()["PYTHONUTF8"]
        '1'
    """
    return {"PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def installer_environment(python: str, tools: Path) -> dict[str, str]:
    """Return the environment for pip and uv, which then read no settings files.

    Args:
        python: The Python whose pip reports the network settings in its files.
        tools: The folder for uv's downloads.
    """
    environment = {**python_settings(), **without_foreign(os.environ)}
    network = pip_network(pip_settings(python)) | {name: os.environ[name] for name in PIP_NETWORK if name in os.environ}
    for name, value in network.items():
        if uv_name := PIP_NETWORK[name]:
            environment.setdefault(uv_name, value.replace(" ", ",") if uv_name == "UV_FIND_LINKS" else value)
    return {
        "UV_SYSTEM_CERTS": "1",
        **uv_settings(),
        **environment,
        **network,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_CACHE_DIR": str(tools / "cache"),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # search as pip does; all files must match the hashes in the lock
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def pip_network(settings: Mapping[str, str]) -> dict[str, str]:
    """Return pip's network settings as environment variables.

    Examples:
        >>> pip_network({"global.index-url": "https://mirror/simple", "install.user": "true", "install.timeout": "9"})
        {'PIP_INDEX_URL': 'https://mirror/simple', 'PIP_DEFAULT_TIMEOUT': '9'}
    """
    found: dict[str, str] = {}
    for section in ("global.", "install."):  # in pip's order: later settings override earlier ones
        for key, value in settings.items():
            name = f"PIP_{key.removeprefix(section).upper().replace('-', '_')}"
            name = "PIP_DEFAULT_TIMEOUT" if name == "PIP_TIMEOUT" else name
            if key.startswith(section) and name in PIP_NETWORK:
                found[name] = " ".join(value.split())
    return found


@functools.cache
def pip_settings(python: str) -> dict[str, str]:
    """Return the contents of pip's settings files by section and name; empty if there is no pip or they can't be read."""
    environment = without_foreign(os.environ) | python_settings()
    if "PIP_CONFIG_FILE" in os.environ:
        environment["PIP_CONFIG_FILE"] = os.environ["PIP_CONFIG_FILE"]
    try:
        done = subprocess.run(
            [python, "-m", "pip", "config", "list"], env=environment, capture_output=True, check=False, encoding="utf-8"
        )
    except (OSError, UnicodeDecodeError):
        return {}
    found = {}
    for line in done.stdout.splitlines():
        key, _, written = line.partition("=")
        with contextlib.suppress(SyntaxError, ValueError):
            found[key] = str(ast.literal_eval(written))
    return found


def uv_settings() -> dict[str, str]:
    """Return the package sources in uv's settings files, as uv's environment variables."""
    if os.name == "nt":
        folders = [Path(os.environ[name]) for name in ("PROGRAMDATA", "APPDATA") if name in os.environ]
    else:
        folders = [Path("/etc"), Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()]
    found: dict[str, str] = {}
    for folder in folders:  # later ones override earlier ones
        try:
            settings = tomllib.loads((folder / "uv" / "uv.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError, RuntimeError):
            continue
        for name, variable in UV_FILE.items():
            value = settings.get(name, settings.get("pip", {}).get(name))
            if value:
                found[variable] = " ".join([value] if isinstance(value, str) else value)
        for index in settings.get("index", []):
            variable = "UV_DEFAULT_INDEX" if index.get("default") else "UV_INDEX"
            more = found.get(variable) if variable == "UV_INDEX" else None
            found[variable] = " ".join(filter(None, [more, index["url"]]))
    return found
