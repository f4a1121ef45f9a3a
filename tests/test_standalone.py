"""What the project stands on, and what it keeps to itself: no package for the core, and no way out to the network."""

from __future__ import annotations

import ast
import doctest
import gzip
import hashlib
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "backchannel_lib"
MODULES = sorted(PACKAGE.rglob("*.py"))

# ---- the core needs no package ----

#: Runs in a fresh Python in which nothing but the standard library and this project can be imported. (tzdata is no code:
#: it is what zoneinfo reads where the system has no time zones. _sysconfigdata is Python's own, under a name per system.)
ALONE = """
import sys

class Refuse:
    tried = []

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        own = top in sys.stdlib_module_names or top.startswith("_sysconfigdata")
        if not own and top not in {"backchannel_lib", "tzdata"}:
            if top != "org":  # Python's own copy module asks for Jython's
                self.tried.append(name)
            raise ModuleNotFoundError(f"no module named {name!r}, since this is a Python without packages", name=name)
        return None

sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
for name in ("pandas", "numpy", "plotly", "ipywidgets", "anywidget", "traitlets", "jupyter_core", "IPython"):
    assert name not in sys.modules, name
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    raise AssertionError(f"{name} could be imported, so this test would show nothing")
Refuse.tried.clear()

import pathlib
import tempfile

import backchannel_lib as b

case = b.Case(score=228, recommender="trusted_peer", specifics=True)
assert b.judge(case).verdict.words == "Maybe"
assert b.rules_check(case).answer == "not_allowed"
assert len(b.what_would_change(case)) > 0
assert b.readings_agree(case).total == 6
assert b.amplify(case).signal < 50
assert b.match_week(2027).day == 15
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "mine.json"
    b.save_case(case, path)
    assert b.load_case(path) == case

import backchannel_lib.session
import backchannel_lib.view

session = backchannel_lib.session.Session(case)
answers = list(session.handle({"do": "set", "field": "score", "value": "240"}))
assert session.case.score == 240 and len(answers) == 2
assert list(session.handle({"do": "hold", "field": "score"}))[0]["do"] == "ahead"
assert backchannel_lib.view.page(case).startswith("<div")
assert backchannel_lib.view.as_static_html(case) and backchannel_lib.view.as_text(case)

import backchannel_lib.charts

for chart in backchannel_lib.charts.CHARTS:
    assert backchannel_lib.charts.figure(chart, case)["data"]
assert Refuse.tried == [], Refuse.tried

try:
    b.judge_frame
except ModuleNotFoundError as error:
    print("alone, and judge_frame asks for", error.name)
"""


def test_the_core_needs_nothing_but_python() -> None:
    """Where nothing but the standard library can be imported, everything but the frame and the widget works."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE, str(ROOT)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stderr == ""
    assert done.stdout in {"alone, and judge_frame asks for numpy\n", "alone, and judge_frame asks for pandas\n"}


def test_importing_the_library_imports_no_package() -> None:
    """With the packages at hand, `import backchannel_lib` and a verdict still load none of them."""
    code = (
        "import sys; before = set(sys.modules); import backchannel_lib as b; b.judge(b.Case()).verdict.words; "
        "b.rules_check(b.Case()).reason; "
        "tops = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(top for top in tops - sys.stdlib_module_names if not top.startswith('_sysconfigdata')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "['backchannel_lib']\n"


# ---- nothing leaves the machine ----

NETWORK = {
    *("socket", "socketserver", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp", "websockets"),
    *("ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "webbrowser", "asyncio", "subprocess"),
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_can_reach_the_network(path: Path) -> None:
    """No module of the library imports anything that speaks to a network, or that could start what does."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"__import__", "importlib.import_module", "os.system", "os.popen", "eval"}, called
    assert imported & NETWORK == set()


def without_comments(text: str) -> str:
    """Take the comments out of JavaScript or CSS, and leave the strings, in which `//` is no comment."""
    pattern = r'("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\])*`)|/\*.*?\*/|(?<![:\w])//[^\n]*'
    return re.sub(pattern, lambda found: found[1] or " ", text, flags=re.DOTALL)


REACHING_OUT = re.compile(
    r"https?:|wss?:|\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|\bimport\s*\(|\bimport\s+[\w{*'\"]|"
    r"importScripts|serviceWorker|@import|url\(\s*(?!(?:['\"]|&quot;)?(?:data:|#))|\.src\s*="
)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in {".js", ".css", ".html", ".svg"}],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_page_can_reach_the_network(path: Path) -> None:
    """What the browser runs names no address outside a comment, and has no call that could open one."""
    text = without_comments(path.read_text(encoding="utf-8"))
    if path.suffix in {".svg", ".html"}:  # the names of XML's own vocabularies are no addresses that anything opens
        text = re.sub(r"xmlns(:\w+)?=(['\"])http://www\.w3\.org/[\w/.]*\2", "", text)
    assert REACHING_OUT.findall(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("// see https://example.org\nlet a = 1;", False),
        ("/* https://example.org */ a {}", False),
        ('const a = "https://example.org";', True),
        ("const a = `//x` + 'http://example.org'; // no", True),
        ("fetch (x)", True),
        ("prefetch(x)", False),
        ("new XMLHttpRequest()", True),
        ("navigator.sendBeacon(x)", True),
        ("await import('./x.js')", True),
        ("import x from './x.js'", True),
        ("new WebSocket(x)", True),
        ("a { background: url(x.png) }", True),
        ("a { background: url('data:image/png;base64,x') }", False),
        ("URL.createObjectURL(x)", False),
        ("image.src = x", True),
    ],
)
def test_what_counts_as_reaching_out(text: str, found: bool) -> None:
    """The search above finds addresses and calls, and passes over comments and names that only look alike."""
    assert bool(REACHING_OUT.search(without_comments(text))) == found


def test_the_lock_names_no_host() -> None:
    """The lock names packages and hashes alone, so it installs from whatever index the reader's network has."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert lock.count("--hash=sha256:") > 100
    assert re.findall(r"https?://\S*|--(?:extra-)?index-url.*|--find-links.*|file:\S*", lock) == []


def tracked() -> list[Path]:
    """List the project's own text files: those that git knows, and new ones that it would take."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is on the PATH
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:  # an export without git's folder
        names = [path for path in ROOT.rglob("*") if ".venv" not in path.parts and path.is_file()]
    else:
        names = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in names if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


def test_the_project_stands_by_itself() -> None:
    """No file speaks of a folder outside the project, which others do not have."""
    outside = ("../" + "shared", "/work/" + "shared", "/work/" + "main")
    files = tracked()
    assert len(files) > 40
    found = [
        str(path.relative_to(ROOT))
        for path in files
        if any(place in path.read_text(encoding="utf-8", errors="replace") for place in outside)
    ]
    assert found == []


# ---- the copy of plotly.js ----

VENDOR = PACKAGE / "panel" / "vendor"


def test_the_copy_of_plotly_is_the_one_that_is_described() -> None:
    """The bundle's sum and version are those of its README, and plotly for Python brings the same version."""
    import plotly

    table = (VENDOR / "README.md").read_text(encoding="utf-8")
    row = next(line for line in table.splitlines() if line.startswith("| `plotly-basic.min.js.gz` |"))
    _, _, _, version, license_, digest, _ = (cell.strip() for cell in row.split("|"))
    text = gzip.decompress((VENDOR / "plotly-basic.min.js.gz").read_bytes())
    assert hashlib.sha256(text).hexdigest() == digest
    own = re.search(rb"plotly\.js \(basic[^)]*\) v([\d.]+)", text[:500])
    assert own is not None
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    with whole.open("rb") as file:
        brought = re.search(rb"plotly\.js v([\d.]+)", file.read(500))
    assert brought is not None
    assert version.split()[0] == own[1].decode() == brought[1].decode()
    assert license_.startswith("MIT")
    assert "MIT" in (VENDOR / "LICENSE").read_text(encoding="utf-8")


# ---- examples in docstrings ----


def module_name(path: Path) -> str:
    """Give the name under which a file of the library is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_the_examples_in_docstrings_run(path: Path) -> None:
    """Every example in a docstring gives what stands there, and a module with public functions has some."""
    module = importlib.import_module(module_name(path))
    results = doctest.testmod(module, verbose=False)
    assert results.failed == 0
    public = [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    assert results.attempted > 0 or not public


def test_every_public_name_of_the_library_is_there() -> None:
    """What `__all__` lists can be imported, in order, and what it does not list is refused by name."""
    import backchannel_lib

    assert all(getattr(backchannel_lib, name) is not None for name in backchannel_lib.__all__)
    assert backchannel_lib.judge_frame.__name__ == "judge_frame"
    with pytest.raises(AttributeError, match=r"^module 'backchannel_lib' has no attribute 'jugde'$"):
        _ = backchannel_lib.jugde
