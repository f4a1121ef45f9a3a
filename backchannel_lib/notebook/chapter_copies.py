"""The chapters as JupyterLab reads and saves them: as copies in the reader's own folder, so that reading changes no file here.

A copy opens under the chapter's own path. It is made anew at each start, unless the reader has changed it.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

import nbformat
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

from backchannel_lib.activities.tables import load_chapters
from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.files import close_to_others, make_folder_for_owner, write_file
from backchannel_lib.base.texts import text
from backchannel_lib.page.host import WIDGET_VIEW

#: The entry of a notebook's metadata that says what it is a copy of, and whether it may be run by itself.
MARK: Final = "backchannel"
#: The folders of the copies, within that of the workbook: Jupyter serves no file from outside it.
FOLDERS: Final = ("my_work", "chapters")
PROTECTION: Final = ("editable", "deletable")


class ChapterCopies(AsyncLargeFileManager):
    """Jupyter's own files, but for the chapters, each of which is a copy."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made: dict[str, Path] = {}
        self.register_pre_save_hook(before_saving)  # type: ignore[no-untyped-call]

    def _get_os_path(self, path: str) -> str:  # jupyter_server asks for every file by this
        """Return where a file lies."""
        place: str = super()._get_os_path(path)  # type: ignore[no-untyped-call]
        path = path.strip("/")
        if not is_chapter(path) or not Path(place).is_file():
            return place
        if path not in self._made or not self._made[path].exists():
            try:
                self._made[path] = self._make_copy(path, Path(place))
            except (CaseFileError, OSError) as error:
                raise HTTPError(403, str(error)) from None
        return str(self._made[path])

    def _make_copy(self, path: str, original: Path) -> Path:
        """Copy a chapter, unless there is a copy that the reader has changed."""
        folder = Path(self.root_dir)
        for name in FOLDERS:
            folder /= name
            make_folder_for_owner(folder)
            close_to_others(folder)
        copy = folder / original.name
        if not was_edited(copy):
            notebook = prepared(nbformat.read(original, as_version=4), path)
            self.notary.sign(notebook)
            write_file(copy, nbformat.writes(notebook))
        return copy

    async def get(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """Return a file as Jupyter does, without the views of widgets, whose kernel may be gone."""
        model = await super().get(path, *args, **kwargs)  # type: ignore[no-untyped-call]
        if model["type"] == "notebook" and model["content"]:
            drop_views(model["content"])
        return model


@cache
def chapters() -> dict[str, str]:
    """Return whom each chapter is for, by its name."""
    return {row.chapter: row.audience for row in load_chapters()}


def is_chapter(path: str) -> bool:
    """Return whether a path in JupyterLab is that of a chapter.

    Examples:
        >>> (
        ...     is_chapter("notebooks/01_the_paper_bar.ipynb"),
        ...     is_chapter("notebooks/my_own.ipynb"),
        ...     is_chapter("01_the_paper_bar.ipynb"),
        ... )
        (True, False, False)
    """
    named = PurePosixPath(path)
    return named.parent.as_posix() == "notebooks" and named.suffix == ".ipynb" and named.stem in chapters()


def prepared(notebook: Any, path: str) -> Any:
    """Return a chapter ready to be read: marked, and with cells that no stray key changes or deletes.

    Teachers' code may be changed, but not deleted by a key.
    """
    reading = chapters()[PurePosixPath(path).stem] != "teacher"
    for cell in notebook["cells"]:
        cell["metadata"]["deletable"] = False
        if reading or cell["cell_type"] == "markdown":
            cell["metadata"]["editable"] = False
    drop_views(notebook)
    notebook["metadata"][MARK] = {
        "path": path,
        "reading": reading,
        "run": True,
        "not_trusted": text("lab.not_trusted"),
        "cells": fingerprint(notebook),
        "code": fingerprint(notebook, "code"),
    }
    return notebook


def fingerprint(notebook: Any, kind: str | None = None) -> str:
    """Return a short text that changes with what stands in the cells, of one kind or of all; outputs do not count.

    Examples:
        >>> one, other = ({"cells": [{"cell_type": "code", "source": source}]} for source in ("1", "2"))
        >>> fingerprint(one) == fingerprint(one), fingerprint(one) == fingerprint(other)
        (True, False)
        >>> fingerprint(one, "markdown") == fingerprint(other, "markdown")
        True
    """
    cells = [(cell["cell_type"], cell["source"]) for cell in notebook["cells"] if kind in {None, cell["cell_type"]}]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:16]


def was_edited(copy: Path) -> bool:
    """Return whether a copy holds something of the reader's own."""
    try:
        notebook = json.loads(copy.read_text(encoding="utf-8"))
        return bool(notebook["metadata"][MARK]["edited"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


def before_saving(model: dict[str, Any], path: str, **_: object) -> None:
    """Make a notebook ready to be saved: without views of widgets, and with what the reader has changed noted.

    A copy of a chapter under another name is its owner's: it is free to be changed, and is not run by itself.
    """
    notebook = model.get("content")
    if model.get("type") != "notebook" or not notebook:
        return
    drop_views(notebook)
    mark = notebook["metadata"].get(MARK)
    if not mark:
        return
    if mark["path"] == path.strip("/"):
        mark["edited"] = fingerprint(notebook) != mark["cells"]
        mark["run"] = fingerprint(notebook, "code") == mark["code"]
        return
    del notebook["metadata"][MARK]
    for cell in notebook["cells"]:
        for name in PROTECTION:
            cell["metadata"].pop(name, None)


def drop_views(notebook: Any) -> None:
    """Take the views of widgets out of a notebook's outputs; the static version beside each stays.

    Without its kernel JupyterLab has only "model not found" to show for one, even where there is a static version.

    Examples:
        >>> notebook = {"cells": [{"outputs": [{"data": {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "Maybe"}}]}]}
        >>> drop_views(notebook)
        >>> notebook["cells"][0]["outputs"]
        [{'data': {'text/plain': 'Maybe'}}]
    """
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
