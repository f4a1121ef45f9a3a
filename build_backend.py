"""Build the package like hatchling, except for an editable installation, which gets no .pth file.

Before Python 3.13, .pth files are read in the machine's code page, so on many Windows computers a folder such as `Zoë Müller
(temp)` isn't found. Here a module replaces the file. It points to the library in this folder, whose path it contains in plain
ASCII.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any

from hatchling.build import (
    build_editable as build_with_pth,
)
from hatchling.build import (
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

LIBRARY = "backchannel_lib"
MODULE = '''"""Leads to the library in the workbook's own folder; written when it was installed."""

import importlib.util
import os
import sys

folder = os.path.join(os.fsdecode({root!r}), "{library}")
spec = importlib.util.spec_from_file_location(
    __name__, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
)
sys.modules[__name__] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
'''


def build_editable(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel that points to the library in this folder; return its name."""
    name = build_with_pth(wheel_directory, config_settings, metadata_directory)
    wheel = Path(wheel_directory) / name
    with zipfile.ZipFile(wheel) as archive:
        files = {one: archive.read(one) for one in archive.namelist() if not one.endswith((".pth", "/RECORD"))}
    # As bytes, which every Python that reads this decodes to the same path.
    files[f"{LIBRARY}.py"] = MODULE.format(root=os.fsencode(Path.cwd()), library=LIBRARY).encode("ascii")
    record = f"{next(one for one in files if one.endswith('/METADATA')).rpartition('/')[0]}/RECORD"
    lines = [f"{one},sha256={digest(content)},{len(content)}\n" for one, content in files.items()]
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in (files | {record: "".join([*lines, f"{record},,\n"]).encode()}).items():
            archive.writestr(one, content)
    return name


def digest(content: bytes) -> str:
    """Return a file's hash as a wheel's record writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
