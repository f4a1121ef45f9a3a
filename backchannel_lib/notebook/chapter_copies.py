"""Open chapters in JupyterLab as copies in the reader's folder, so that reading never changes the originals.

A copy opens under the original's path. JupyterLab makes new copies at each start, but keeps copies that the reader has changed.
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

#: The metadata entry that names a copy's original and whether it can run automatically.
MARK: Final = "backchannel"
#: Folders for the copies, inside the workbook's folder because Jupyter serves no files outside it.
FOLDERS: Final = ("my_work", "chapters")
PROTECTION: Final = ("editable", "deletable")


class ChapterCopies(AsyncLargeFileManager):
    """Jupyter's file manager, which opens copies in place of the chapters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made: dict[str, Path] = {}
        self.register_pre_save_hook(before_saving)  # type: ignore[no-untyped-call]

    def _get_os_path(self, path: str) -> str:  # jupyter_server looks up every file with this method
        """Return the location of a file on disk."""
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
        """Copy a chapter, unless there is already a copy that the reader has changed."""
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
        """Return a file as Jupyter does, but without widget views, because their kernel may be gone."""
        model = await super().get(path, *args, **kwargs)  # type: ignore[no-untyped-call]
        if model["type"] == "notebook" and model["content"]:
            drop_views(model["content"])
        return model


@cache
def chapters() -> dict[str, str]:
    """Return each chapter's audience, by chapter."""
    return {row.chapter: row.audience for row in load_chapters()}


def is_chapter(path: str) -> bool:
    """Return whether a path in JupyterLab is a chapter.

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
    """Return a chapter marked as a copy, with cells that a stray key press can't change or delete.

    Code for teachers can be edited but not deleted.
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
    """Return a hash of the source of all cells, or of the cells of one kind, without their outputs.

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
    """Return whether the reader has changed a copy."""
    try:
        notebook = json.loads(copy.read_text(encoding="utf-8"))
        return bool(notebook["metadata"][MARK]["edited"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


def before_saving(model: dict[str, Any], path: str, **_: object) -> None:
    """Prepare a notebook for saving: drop widget views, and record whether the reader has changed it.

    A copy under another name belongs to its owner, who can change anything; it doesn't run automatically.
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
    """Remove widget views from a notebook's outputs, keeping the static version of each.

    Without a kernel, JupyterLab shows "model not found" for a widget view, even if there is a static version.

    Examples:
        >>> notebook = {"cells": [{"outputs": [{"data": {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "Maybe"}}]}]}
        >>> drop_views(notebook)
        >>> notebook["cells"][0]["outputs"]
        [{'data': {'text/plain': 'Maybe'}}]
    """
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
