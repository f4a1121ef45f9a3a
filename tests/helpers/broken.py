"""Deliberately broken copies of the delivery code, to see whether the tests notice."""

from __future__ import annotations

import shutil
import sys
import types
from pathlib import Path
from typing import Any
from unittest.mock import patch

from backchannel_lib.activities import activity, delivery
from backchannel_lib.page.frontend import STATIC
from tests.helpers.delivery import SCRIPT

ROOT = SCRIPT.parent.parent.parent


def changed(source: str, *edits: tuple[str, str]) -> str:
    """Return a source with some texts replaced; each has to occur exactly once."""
    for old, new in edits:
        assert source.count(old) == 1, f"{old!r} is there {source.count(old)} times"
        source = source.replace(old, new)
    return source


def broken_activity(module: str, *edits: tuple[str, str]) -> type[activity.Activity[Any]]:
    """Return the base class of activities with one of its sources changed.

    Args:
        module: ``delivery`` or ``activity``.
        *edits: Texts in the source, and their replacements.
    """
    made: dict[str, Any] = {}
    for name, original in (("delivery", delivery), ("activity", activity)):
        assert original.__file__
        source = Path(original.__file__).read_text(encoding="utf-8")
        made[name] = types.ModuleType(original.__name__)
        code = compile(changed(source, *edits) if name == module else source, original.__file__, "exec")
        others = {delivery.__name__: made["delivery"], original.__name__: made[name]}
        with patch.dict(sys.modules, others):
            exec(code, made[name].__dict__)  # noqa: S102 - our own source
    return made["activity"].Activity  # type: ignore[no-any-return]


def broken_store(folder: Path, *edits: tuple[str, str]) -> Path:
    """Write the front end and its tests to a folder, with a changed store.

    Args:
        folder: An empty folder.
        *edits: Texts in store.js, and their replacements.

    Returns:
        The script for the process that runs the store.
    """
    static = folder / STATIC.relative_to(ROOT) / "js"
    shutil.copytree(STATIC / "js", static)
    tests = folder / SCRIPT.parent.relative_to(ROOT)
    tests.mkdir(parents=True)
    for file in SCRIPT.parent.glob("*.mjs"):
        shutil.copy(file, tests)
    store = static / "store.js"
    store.write_text(changed(store.read_text(encoding="utf-8"), *edits), encoding="utf-8")
    return tests / SCRIPT.name
