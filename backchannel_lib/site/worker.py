"""The activities of a static page, run by Python in the browser: a message as JSON comes in, answers as JSON go out.

What an activity saves goes into files, as everywhere; the page keeps them in the browser's storage and puts them back.
"""

from __future__ import annotations

import codecs
import importlib
import inspect
import json
import pkgutil
import sys
import zipimport
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import backchannel_lib.workshop  # noqa: F401 - its kinds of activity
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.base.formatting import printable
from backchannel_lib.base.texts import all_words
from backchannel_lib.model.possible import MAY_BE_UNKNOWN
from backchannel_lib.workshop.session import Session
from backchannel_lib.workshop.stage import stage_parts

#: The packages whose modules a page may need, and those of them that it does not.
PACKAGES: Final = ("base", "model", "page", "activities", "workshop")
NOT_NEEDED: Final = (
    "backchannel_lib.workshop.votes",
    "backchannel_lib.workshop.room",
    "backchannel_lib.model.dataframe",
    "backchannel_lib.page.figures",
)
#: In which the library reads and writes files; Python imports each when it is first used, and later there is nothing to import.
ENCODINGS: Final = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman")
PANEL: Final = "case"  # the panel of chapter 10, which is no row of data/activities.csv

_opened: dict[str, Activity[Any]] = {}
_sessions: list[Session] = []  # the workshop's, once one of its parts is on a page
_saved: dict[str, str] = {}


def open_by_name(name: str) -> Activity[Any]:
    """Make an activity of the pages: one of data/activities.csv, or the panel of chapter 10.

    Examples:
        >>> open_by_name("case").key, open_by_name("forms").key
        ('case', 'forms')
    """
    return CaseActivity(unknown=MAY_BE_UNKNOWN) if name == PANEL else make_activity(name)


def answers(name: str, message: str) -> Iterator[str]:
    """Hand a message to an activity, and yield the answers, each built when it is asked for.

    Args:
        name: The activity's name on the page.
        message: One of the records in `backchannel_lib.activities.messages`, as JSON.

    Yields:
        Answers as JSON: lists of an activity's name and its answer. Parts of the workshop move each other along.

    Examples:
        >>> [json.loads(answer)[0] for answer in answers("forms", '{"type": "hello"}')]
        ['forms', 'forms']
    """
    for part, answer in _handle(name, printable(json.loads(message))):
        yield json.dumps([part, printable(answer)])


def _handle(name: str, message: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if name in stage_parts():
        if not _sessions:
            _sessions.append(Session())
        yield from _sessions[0].handle(name, message)
        return
    if name not in _opened:
        _opened[name] = open_by_name(name)
    for answer in _opened[name].handle(message):
        yield name, answer


def restore_files(files: str) -> None:
    """Write the files that the browser has kept, before any activity is opened.

    Args:
        files: A JSON object of texts by file name. A file that changed in another tab counts as it is there.
    """
    folder().mkdir(parents=True, exist_ok=True)
    for name, content in json.loads(files).items():
        target = folder() / name
        if content is None:
            target.unlink(missing_ok=True)
            _saved.pop(name, None)
        else:
            target.write_text(content, encoding="utf-8")
            _saved[name] = content


def changed_files() -> str:
    """Return what was saved or deleted since the last call: a JSON object of texts by file name, null for a deleted file."""
    now = {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in (folder().iterdir() if folder().is_dir() else ())
        if path.is_file() and not path.name.startswith(".")
    }
    changed = {name: now.get(name) for name in now.keys() | _saved.keys() if now.get(name) != _saved.get(name)}
    _saved.clear()
    _saved.update(now)
    return json.dumps(changed)


def warm_up() -> None:
    """Import and read beforehand what the pages need, so that it is part of the snapshot that they start from."""
    for package in PACKAGES:
        for found in pkgutil.walk_packages([str(Path(__file__).parents[1] / package)], f"backchannel_lib.{package}."):
            if not found.name.startswith(NOT_NEEDED):
                importlib.import_module(found.name)
    for module in [module for name, module in sys.modules.items() if name.startswith("backchannel_lib.")]:
        for name, load in list(vars(module).items()):
            if name.startswith("load_") and _needs_nothing(load):
                load()
    all_words()
    for encoding in ENCODINGS:
        codecs.lookup(encoding)


def forget_archive() -> None:
    """Forget what the standard library's archive held: after a start from the snapshot it is empty.

    What is missing is then missing, as errors expect that look for a line of its code or try to import something.
    """
    for finder in sys.path_importer_cache.values():
        if isinstance(finder, zipimport.zipimporter):
            finder.invalidate_caches()


def _needs_nothing(function: object) -> bool:
    return callable(function) and all(
        parameter.default is not parameter.empty for parameter in inspect.signature(function).parameters.values()
    )
