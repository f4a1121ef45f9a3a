"""Run a static page's activities in the browser's Python: JSON messages come in, and JSON answers go out.

Activities save to files as usual; the page keeps the files in the browser's storage and restores them.
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

import backchannel_lib.workshop  # noqa: F401 - registers the workshop's kinds of activity
from backchannel_lib.activities.activity import Activity
from backchannel_lib.activities.case_panel import CaseActivity
from backchannel_lib.activities.registry import make_activity
from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.base.formatting import printable
from backchannel_lib.base.texts import all_words
from backchannel_lib.model.possible import MAY_BE_UNKNOWN
from backchannel_lib.workshop.results import style_sheet
from backchannel_lib.workshop.session import Session
from backchannel_lib.workshop.stage import stage_parts

#: Packages whose modules a page can need, and modules in them that it never needs.
PACKAGES: Final = ("base", "model", "page", "activities", "workshop")
NOT_NEEDED: Final = (
    "backchannel_lib.workshop.votes",
    "backchannel_lib.workshop.room",
    "backchannel_lib.model.dataframe",
    "backchannel_lib.page.figures",
    # the lists of a class and the printed sheets, which only commands write
    "backchannel_lib.model.class_list",
    "backchannel_lib.activities.class_plan",
    "backchannel_lib.page.class_html",
    "backchannel_lib.workshop.handouts",
)
#: Encodings that the library uses. Import them in the snapshot, because later there is no archive to import from.
ENCODINGS: Final = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman")
PANEL: Final = "case"  # the panel in chapter 10, which has no row in data/activities.csv

_opened: dict[str, Activity[Any]] = {}
_sessions: list[Session] = []  # the workshop's session, once a page shows part of the workshop
_saved: dict[str, str] = {}


def is_needed(module: str) -> bool:
    """Return whether a page can need a module of `PACKAGES`.

    Examples:
        >>> is_needed("backchannel_lib.workshop.room.server"), is_needed("backchannel_lib.workshop.room_questions")
        (False, True)
    """
    return not any(module == one or module.startswith(f"{one}.") for one in NOT_NEEDED)


def open_by_name(name: str) -> Activity[Any]:
    """Create an activity for a page: one from data/activities.csv, or the panel in chapter 10.

    Examples:
        >>> open_by_name("case").key, open_by_name("forms").key
        ('case', 'forms')
    """
    return CaseActivity(unknown=MAY_BE_UNKNOWN) if name == PANEL else make_activity(name)


def answers(name: str, message: str) -> Iterator[str]:
    """Pass a message to an activity, and yield the urgent answers, each built on request; call `deferred` afterward.

    Args:
        name: The activity's name on the page.
        message: A record from `backchannel_lib.activities.messages`, as JSON.

    Yields:
        JSON lists of an activity's name and its answer. One part of the workshop can trigger answers from others.

    Examples:
        >>> [json.loads(answer)[0] for answer in answers("forms", '{"type": "hello"}')]
        ['forms']
    """
    for part, answer in _handle(name, printable(json.loads(message))):
        yield json.dumps([part, printable(answer)])


def deferred(name: str) -> Iterator[str]:
    """Yield the deferred answer of an activity, if there is one pending.

    The page requests it only once no message is waiting, because building it takes much longer than the first answer.

    Args:
        name: The activity's name on the page.

    Yields:
        As in `answers`.

    Examples:
        >>> _ = list(answers("forms", '{"type": "hello"}'))
        >>> len(list(deferred("forms"))), len(list(deferred("forms")))
        (1, 0)
    """
    if name in _opened:
        for answer in _opened[name].deferred_answers():
            yield json.dumps([name, printable(answer)])


def _handle(name: str, message: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if name in stage_parts():
        if not _sessions:
            _sessions.append(Session())
        yield from _sessions[0].handle(name, message)
        return
    if name not in _opened:
        _opened[name] = open_by_name(name)
    for answer in _opened[name].first_answers(message):
        yield name, answer


def restore_files(files: str) -> None:
    """Restore the files that the browser stored; call this before opening any activity.

    Args:
        files: A JSON object of contents by file name. A file that changed in another tab takes precedence.
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
    """Return the files saved or deleted since the last call, as a JSON object of contents by file name; null means deleted."""
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
    """Import and read everything that the pages need, so that the snapshot includes it."""
    for package in PACKAGES:
        for found in pkgutil.walk_packages([str(Path(__file__).parents[1] / package)], f"backchannel_lib.{package}."):
            if is_needed(found.name):
                importlib.import_module(found.name)
    for module in [module for name, module in sys.modules.items() if name.startswith("backchannel_lib.")]:
        for name, load in list(vars(module).items()):
            if name.startswith("load_") and _needs_nothing(load):
                load()
    all_words()
    style_sheet()
    for encoding in ENCODINGS:
        codecs.lookup(encoding)


def forget_archive() -> None:
    """Forget the contents of the standard library's archive, which is empty after a start from the snapshot.

    Then anything missing raises the usual errors, as expected by code that looks up source lines or tries imports.
    """
    for finder in sys.path_importer_cache.values():
        if isinstance(finder, zipimport.zipimporter):
            finder.invalidate_caches()


def _needs_nothing(function: object) -> bool:
    return callable(function) and all(
        parameter.default is not parameter.empty for parameter in inspect.signature(function).parameters.values()
    )
