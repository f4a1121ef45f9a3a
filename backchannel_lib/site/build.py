"""Build the site: a folder of pages, scripts, and Python for the browser, for any static host."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib.util
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from backchannel_lib.base.readers import data_root
from backchannel_lib.base.texts import text
from backchannel_lib.page.frontend import STATIC, bundle
from backchannel_lib.page.host import HOST_VARIABLE
from backchannel_lib.site import pages
from backchannel_lib.site.chapters import SiteError, chapter_rows, read_chapter, read_title
from backchannel_lib.site.node import Node, find_node, run_node
from backchannel_lib.site.worker import PACKAGES, is_needed
from backchannel_lib.workshop import results, stage

ASSETS: Final = Path(__file__).with_name("assets")
LIBRARY: Final = Path(__file__).resolve().parents[1]
#: What the browser needs from Pyodide. The standard library is only for browsers that can't use the snapshot.
PYODIDE_FILES: Final = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")
#: Files next to the pages instead of in a version's folder, because their addresses must not change.
BESIDE_PAGES: Final = ("icon.svg", "icon-192.png", "icon-512.png")
#: Files used only during the build.
BUILD_ONLY: Final = ("package.json", "package-lock.json", "snapshot.mjs", "service-worker.js")
#: Files that only browsers without the snapshot fetch.
FALLBACK: Final = ("pyodide/python_stdlib.zip", "library.zip")
CHECKED: Final = ("snapshot.bin", "library.zip", "pyodide/pyodide.asm.wasm")
#: The file that marks a folder as a site, so that a new build can replace it.
MARK: Final = "site.json"
TIME_ZONE: Final = ("__init__.py", "zoneinfo/__init__.py", "zoneinfo/America/__init__.py", "zoneinfo/America/New_York")
EMPTY_ZIP: Final = b"PK\x05\x06" + bytes(18)


def build_site(out: Path, notebooks: Path, cache: Path) -> Path:
    """Build the site, replacing an earlier one.

    Args:
        out: The output folder: empty, missing, or an earlier site.
        notebooks: The folder with the chapters.
        cache: The folder that keeps npm's packages and the snapshot for the next build.

    Returns:
        The folder.

    Raises:
        SiteError: The folder contains something else, Node.js is missing, or a step failed.
    """
    out = out.absolute()
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise SiteError(f"{out} holds something other than a site. Name an empty folder, or one that does not exist yet.")
    node = find_node()
    cache.mkdir(parents=True, exist_ok=True)
    pyodide = install_pyodide(node, cache)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.", ignore_cleanup_errors=True) as draft_name:
        draft = Path(draft_name) / "site"
        os.environ[HOST_VARIABLE] = "browser"  # the pages are for the browser
        try:
            write_site(draft, notebooks, pyodide, node, cache)
        finally:
            del os.environ[HOST_VARIABLE]
        if out.exists():
            shutil.rmtree(out)
        draft.replace(out)
    return out


def install_pyodide(node: Node, cache: Path) -> Path:
    """Install the packages in package-lock.json with npm, verified by hash, and return Pyodide's folder."""
    lock = (ASSETS / "package-lock.json").read_bytes()
    installed = cache / "package-lock.json"
    pyodide = cache / "node_modules" / "pyodide"
    if not (pyodide.is_dir() and installed.is_file() and installed.read_bytes() == lock):
        shutil.copy(ASSETS / "package.json", cache)
        shutil.copy(ASSETS / "package-lock.json", cache)
        try:
            run_node(node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=cache)
        except SiteError:
            installed.unlink(missing_ok=True)  # so that the next build tries again
            raise
    return pyodide


def write_site(folder: Path, notebooks: Path, pyodide: Path, node: Node, cache: Path) -> None:
    """Write all files of the site to a new folder."""
    draft = folder / "assets" / "draft"
    (draft / "pyodide").mkdir(parents=True)
    for name in PYODIDE_FILES:
        shutil.copy(pyodide / name, draft / "pyodide" / name)
    lock = json.loads((pyodide / "pyodide-lock.json").read_bytes())
    lock["packages"] = {}  # the pages need none of the hundreds that Pyodide could install
    (draft / "pyodide" / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    for asset in sorted(ASSETS.iterdir()):
        if asset.name not in BUILD_ONLY:
            shutil.copy(asset, folder if asset.name in BESIDE_PAGES else draft)
    for file in (STATIC / "panel.css", stage.STYLE, stage.SCRIPT):
        shutil.copy(file, draft)
    (draft / "panel.js").write_text(bundle(), encoding="utf-8")
    (draft / "plotly.js").write_bytes(gzip.decompress((STATIC / "vendor" / "plotly-basic.min.js.gz").read_bytes()))
    (draft / "nothing.zip").write_bytes(EMPTY_ZIP)
    write_python(draft, pyodide, node, cache)
    version = checksum(*(path.read_bytes() for path in sorted(draft.rglob("*")) if path.is_file()))[:12]
    assets = draft.rename(draft.with_name(version))
    titles = {row.chapter: read_title(notebooks / f"{row.chapter}.ipynb") for row in chapter_rows()}
    checksums = {name: checksum((assets / name).read_bytes()) for name in CHECKED}
    build = pages.Build(titles, f"assets/{version}", checksums)
    for name, page in all_pages(build, notebooks):
        (folder / name).write_text(page, encoding="utf-8")
    (folder / "manifest.webmanifest").write_text(manifest(), encoding="utf-8")
    # Some hosts read this file. For the others, every page contains the same policy.
    (folder / "_headers").write_text(f"/*\n  Content-Security-Policy: {pages.POLICY}\n", encoding="utf-8")
    (folder / ".nojekyll").touch()  # otherwise GitHub Pages skips names that start with an underscore
    write_service_worker(folder)
    (folder / MARK).write_text(json.dumps({"made_by": "backchannel site", "version": version}) + "\n", encoding="utf-8")


def all_pages(build: pages.Build, notebooks: Path) -> Iterator[tuple[str, str]]:
    """Yield each page's file name and HTML."""
    yield pages.HOME, pages.home_page(build)
    yield pages.CHAPTERS, pages.chapters_page(build)
    yield pages.SAVED, pages.saved_page(build)
    yield pages.DECK, pages.deck_page(build)
    for row in chapter_rows():
        yield f"{row.chapter}.html", pages.chapter_page(build, row.chapter, read_chapter(notebooks / f"{row.chapter}.ipynb"))


def library_source() -> bytes:
    """Return the library, its tables and New York's time zone as a reproducible zip file."""
    files: dict[str, bytes] = {}
    sources = [path for package in PACKAGES for path in (LIBRARY / package).rglob("*.py")]
    own = (LIBRARY / "__init__.py", LIBRARY / "site" / "__init__.py", LIBRARY / "site" / "worker.py")
    styles = (STATIC / "panel.css", results.STYLE)  # of the workshop's results
    for path in (*own, *sources, *styles, *(STATIC / "charts").iterdir()):
        name = path.relative_to(LIBRARY.parent).as_posix()
        if is_needed(name.removesuffix(".py").replace("/", ".")):
            files[name] = path.read_bytes()
    data = data_root()
    for path in data.rglob("*.csv"):
        files[f"backchannel_lib/data/{path.relative_to(data).as_posix()}"] = path.read_bytes()
    spec = importlib.util.find_spec("tzdata")
    if spec is None or spec.origin is None:
        raise SiteError("The package tzdata is missing: python workbook.py installs it.")
    for name in TIME_ZONE:
        files[f"tzdata/{name}"] = (Path(spec.origin).parent / name).read_bytes()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return content.getvalue()


def write_python(folder: Path, pyodide: Path, node: Node, cache: Path) -> None:
    """Write the compiled library and a memory snapshot of Python after importing it, reusing the last ones if possible."""
    source = library_source()
    scripts = [(ASSETS / name).read_bytes() for name in ("snapshot.mjs", "memory.js", "python.js", "package-lock.json")]
    kept = cache / f"python-{checksum(source, *scripts)[:16]}"
    if not kept.is_dir():
        for old in cache.glob("python-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft_name:
            draft = Path(draft_name) / "python"
            draft.mkdir()
            zipped = Path(draft_name) / "source.zip"
            zipped.write_bytes(source)
            made = draft / "library.zip", draft / "snapshot.bin"
            run_node(node.node, ASSETS / "snapshot.mjs", pyodide, zipped, *made, folder=cache)
            # Compress here instead of in Node.js, whose zlib favors speed and makes the file 40 KB larger.
            made[1].write_bytes(gzip.compress(made[1].read_bytes(), 9, mtime=0))
            with contextlib.suppress(OSError):  # another build has just created it
                draft.replace(kept)
    for path in kept.iterdir():
        shutil.copy(path, folder)


def write_service_worker(folder: Path) -> None:
    """Write the service worker with the names of all files that it stores."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    names = sorted(name for name in found if not name.endswith(FALLBACK) and name not in {"_headers", ".nojekyll"})
    version = checksum(*(name.encode() + (folder / name).read_bytes() for name in names))[:12]
    script = (ASSETS / "service-worker.js").read_text(encoding="utf-8")
    script = script.replace("%VERSION%", version).replace("%FILES%", json.dumps(names))
    (folder / "service-worker.js").write_text(script, encoding="utf-8")


def manifest() -> str:
    """Return the manifest that lets a phone install the site.

    Examples:
        >>> json.loads(manifest())["start_url"]
        'index.html'
    """
    icons = [{"src": f"icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)]
    return json.dumps(
        {
            "name": text("site.name"),
            "short_name": "Backchannel",
            "description": text("site.description"),
            "start_url": pages.HOME,
            "scope": "./",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#0b4f8a",
            "icons": [*icons, {"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}],
        },
        indent=2,
    )


def checksum(*contents: bytes) -> str:
    """Return the SHA-256 of several byte strings in sequence."""
    return hashlib.sha256(b"".join(contents)).hexdigest()
