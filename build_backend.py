"""Builds the package as hatchling does, except for an editable install, which needs no .pth file.

Python before 3.13 reads a .pth file in the code page of the machine, and so does not find a folder such as `Zoë Müller (temp)`
on many a Windows computer. Here a module takes the place of that file: it leads to the library in this folder, whose
name stands in it in plain letters.
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
    """Build a wheel that leads to the library in this folder; return its name."""
    name = build_with_pth(wheel_directory, config_settings, metadata_directory)
    wheel = Path(wheel_directory) / name
    with zipfile.ZipFile(wheel) as archive:
        files = {one: archive.read(one) for one in archive.namelist() if not one.endswith((".pth", "/RECORD"))}
    # As bytes: whatever the system calls them, they name the same folder for every Python that reads this.
    files[f"{LIBRARY}.py"] = MODULE.format(root=os.fsencode(Path.cwd()), library=LIBRARY).encode("ascii")
    record = f"{next(one for one in files if one.endswith('/METADATA')).rpartition('/')[0]}/RECORD"
    lines = [f"{one},sha256={digest(content)},{len(content)}\n" for one, content in files.items()]
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in (files | {record: "".join([*lines, f"{record},,\n"]).encode()}).items():
            archive.writestr(one, content)
    return name


def digest(content: bytes) -> str:
    """Return a file's hash as the record of a wheel gives it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
