"""The core depends on no packages, and nothing sends data to the network."""

from __future__ import annotations

import ast
import gzip
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backchannel_lib.cli.lock import LOCKS, hosts_in

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "backchannel_lib"
MODULES = sorted(PACKAGE.rglob("*.py"))

# ---- the core needs no package ----

#: Runs in a fresh Python that can import only the standard library and this project. (tzdata is data, not code:
#: zoneinfo reads it if the system has no time zones. _sysconfigdata is part of Python, with a platform-specific name.)
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
assert b.judge(case).verdict.label == "Maybe"
assert b.rules_check(case).answer == "not_allowed"
assert len(b.what_would_change(case)) > 0
assert b.readings_agree(case).total == 7
assert b.amplify(case).signal < 50
assert b.match_week(2027).day == 15
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "mine.json"
    b.save_case(case, path)
    assert b.load_case(path) == case

import backchannel_lib.activities.case_panel
import backchannel_lib.page.case_page

session = backchannel_lib.activities.case_panel.CaseActivity(case)
answers = list(session.handle({"type": "set", "field": "score", "value": "240"}))
assert session.case.score == 240 and len(answers) == 2
assert list(session.handle({"type": "prefetch", "field": "score"}))[0]["type"] == "prefetched"
assert backchannel_lib.page.case_page.case_page(case).startswith("<div")
assert backchannel_lib.page.case_fragments.case_static_html(case) and backchannel_lib.page.case_fragments.case_text(case)

import backchannel_lib.page.charts

for chart in backchannel_lib.page.charts.CHARTS:
    assert backchannel_lib.page.charts.figure(chart, case)["data"]
assert Refuse.tried == [], Refuse.tried

try:
    b.judge_frame
except ModuleNotFoundError as error:
    print("alone, and judge_frame asks for", error.name)
"""


def test_the_core_needs_only_python() -> None:
    """With only the standard library importable, everything except the frame and the widget works."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE, str(ROOT)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stderr == ""
    assert done.stdout in {"alone, and judge_frame asks for numpy\n", "alone, and judge_frame asks for pandas\n"}


def test_importing_the_library_imports_no_package() -> None:
    """Even with the packages installed, `import backchannel_lib` and a verdict import none of them."""
    code = (
        "import sys; before = set(sys.modules); import backchannel_lib as b; b.judge(b.Case()).verdict.label; "
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
    *("tornado", "zmq", "selectors", "wsgiref", "multiprocessing", "concurrent", "pty", "_socket", "_posixsubprocess"),
}

#: The phone vote: its server listens, and its process starts that server. The commands start Jupyter and the checks, and
#: check whether a port is free. No other module can do any of that, and these can import only what is listed here.
EXCEPTIONS = {
    "cli/benchmark.py": {"subprocess"},
    "cli/build_site.py": {
        *("asyncio", "tornado.httpserver.HTTPServer", "tornado.netutil.bind_sockets", "tornado.web.Application"),
        *("tornado.web.StaticFileHandler", "webbrowser"),
    },
    "cli/first_run.py": {"subprocess"},
    "cli/lock.py": {"subprocess"},
    "cli/mutant_trial.py": {"multiprocessing", "multiprocessing.connection.Connection", "multiprocessing.process.BaseProcess"},
    "cli/mutation.py": {"multiprocessing.connection.wait", "subprocess"},
    "cli/print_sheets.py": {"subprocess"},
    "cli/project.py": {"socket", "subprocess"},
    "cli/run_checks.py": {"subprocess"},
    "notebook/chapter_copies.py": {"tornado.web.HTTPError"},
    "notebook/widget.py": {"asyncio.AbstractEventLoop", "asyncio.TimerHandle", "asyncio.get_running_loop"},  # to wait in
    "cli/serve_workshop.py": {"webbrowser"},
    "cli/settings.py": {"subprocess"},
    "site/node.py": {"subprocess"},
    "workshop/public_address.py": {"urllib.parse.urlsplit"},
    "workshop/room/server.py": {
        *("asyncio", "tornado.httpserver.HTTPServer", "tornado.web.Application", "tornado.web.RequestHandler"),
        *("tornado.websocket.WebSocketClosedError", "tornado.websocket.WebSocketHandler"),
    },
    "workshop/votes/server.py": {
        *("asyncio", "socket", "tornado.httpserver.HTTPServer", "tornado.iostream.IOStream"),
        *("tornado.web.Application", "tornado.web.RequestHandler"),
    },
    "workshop/votes/process.py": {"subprocess"},
}

#: Modules that import others by a name in a string. All their strings are searched for names that reach a network.
DYNAMIC = {"__init__.py", "activities/registry.py", "base/rich_display.py", "cli/first_run.py", "site/worker.py"}

#: Calls with which a module that has sockets could contact others, or start another program.
OUTGOING = re.compile(
    r"(^|\.)(connect|connect_ex|create_connection|open_connection|open_unix_connection|sendto|create_datagram_endpoint|"
    r"getaddrinfo|gethostbyname|gethostbyaddr|getnameinfo|create_subprocess_exec|create_subprocess_shell|subprocess_exec|"
    r"subprocess_shell|fork|forkpty|posix_spawn|spawn[lv]p?e?|exec[lv]p?e?|system|popen)$"
)


def imports_of(tree: ast.AST) -> set[str]:
    """List the imports in a syntax tree, by full name."""
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
    return imported


def reaching_the_network(tree: ast.AST) -> set[str]:
    """List the imports that use a network or could start a program that does."""
    return {name for name in imports_of(tree) if name.partition(".")[0] in NETWORK}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_can_reach_the_network(path: Path) -> None:
    """Except for the vote's two modules, no module imports anything that uses a network or could start a program that does."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(PACKAGE).as_posix()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"__import__", "os.system", "os.popen", "eval", "import_module"}, called
            assert called != "importlib.import_module" or name in DYNAMIC, called
    if name in DYNAMIC:
        texts = {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
        assert {one for one in texts if re.split(r"[.:]", one)[0] in NETWORK} == set()
    assert reaching_the_network(tree) == EXCEPTIONS.get(name, set())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import tornado.httpclient", {"tornado.httpclient"}),
        ("from tornado import httpclient", {"tornado.httpclient"}),
        ("from tornado.web import Application", {"tornado.web.Application"}),
        ("def f():\n    import socket", {"socket"}),
        ("from http.client import HTTPConnection", {"http.client.HTTPConnection"}),
        ("from backchannel_lib.workshop.votes import store", set()),
    ],
)
def test_imports_that_use_a_network_are_recognized(text: str, found: set[str]) -> None:
    """The search finds imports by their full names, wherever they are."""
    assert reaching_the_network(ast.parse(text)) == found


@pytest.mark.parametrize("path", [PACKAGE / name for name in EXCEPTIONS if "votes" in name], ids=lambda path: path.name)
def test_the_vote_contacts_nobody(path: Path) -> None:
    """The vote's two modules never open a connection, look up a name or start another program, with one exception."""
    calls = [
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    assert len(calls) > 50
    assert [name for name in calls if OUTGOING.search(name)] == []
    started = [name for name in calls if name.startswith("subprocess.") and name != "subprocess.CREATE_NO_WINDOW"]
    assert started == (["subprocess.Popen"] if path.name == "process.py" else [])


@pytest.mark.slow
def test_nothing_imports_the_vote_before_it_is_needed() -> None:
    """Only programs that serve a room import the vote's server, and no module imports its process at import time."""
    serving = {PACKAGE / "workshop" / "votes" / "__main__.py", PACKAGE / "workshop" / "room" / "server.py"}
    server, desk = "backchannel_lib.workshop.votes.server", "backchannel_lib.workshop.votes.process"
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {f"{name}." for name in imports_of(tree)}
        assert any(name.startswith(f"{server}.") for name in named) == (path in serving), path
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                node.body = []  # imports in a function wait until it's called
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = []  # only for the type checker
        assert not any(f"{name}.".startswith(f"{desk}.") for name in imports_of(tree)), path


@pytest.mark.slow
def test_importing_everything_else_does_not_import_the_vote() -> None:
    """Importing every module except those of the vote and the room imports no server, Tornado or QR code."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
        if not {"votes", "room"} & {*path.parts} and "notebook" not in path.parts and "cli" not in path.parts
    ]
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "came = {name for name in sys.modules if name.partition('.')[0] in {'tornado', 'segno', 'psutil'}\n"
        "        or name in {'backchannel_lib.workshop.votes.server', 'backchannel_lib.workshop.votes.process'}}\n"
        "print(sorted(came))"
    )
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def without_comments(text: str) -> str:
    """Remove the comments from JavaScript or CSS, keeping strings, in which `//` isn't a comment."""
    pattern = r'("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\])*`)|/\*.*?\*/|(?<![:\w])//[^\n]*'
    return re.sub(pattern, lambda found: found[1] or " ", text, flags=re.DOTALL)


REACHING_OUT = re.compile(
    r"https?:|\bwss?:|\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|\bimport\s*\(|\bimport\s+[\w{*'\"]|"
    r"importScripts|serviceWorker|@import|url\(\s*(?!(?:['\"]|&quot;)?(?:data:|#))|\.src\s*="
)


@pytest.mark.parametrize(
    "path",
    [
        path
        for top in (PACKAGE, ROOT / "jupyter" / "share")
        for path in sorted(top.rglob("*"))
        if path.suffix in {".js", ".css", ".html", ".svg", ".j2"}
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_page_can_reach_the_network(path: Path) -> None:
    """Except for the vote's page, browser code has no addresses outside comments, and no calls that could use one."""
    text = without_comments(path.read_text(encoding="utf-8"))
    if path.suffix in {".svg", ".html"}:  # XML namespaces are addresses that nothing opens
        text = re.sub(r"xmlns(:\w+)?=(['\"])http://www\.w3\.org/[\w/.]*\2", "", text)
    if path.suffix == ".j2":  # the server evaluates the template's own language
        text = re.sub(r"\{[%#].*?[%#]\}", "", text, flags=re.DOTALL)
    # A module can import another one next to it.
    found = REACHING_OUT.findall(
        re.sub(r'^import (?:\{[\w, ]+\}|\w+) from "\./(?:pyodide/)?\w+\.m?js";$', "", text, flags=re.MULTILINE)
    )
    if path == VOTE_PAGE:  # the exception, with requests that a test below checks
        found = [one for one in found if one != "fetch("]
    if path == ROOM_PAGE:  # it talks to its own server, with requests that a test below checks
        found = [one for one in found if one not in {"WebSocket", "ws:"}]
    if path.parent == SITE:
        found = [one for one in found if one not in SITE_MAY.get(path.name, ())]
    assert found == []


SITE = PACKAGE / "site" / "assets"
#: How the site's scripts load their own files. Their policy allows no other host.
SITE_MAY = {
    "page.js": {"serviceWorker", "import $"},
    "worker.js": {"fetch(", "import s", "import w"},
    "service-worker.js": {"fetch("},
}
VOTE_PAGE = PACKAGE / "workshop" / "votes" / "page.js"
ROOM_PAGE = PACKAGE / "workshop" / "room" / "room.js"


def test_the_rooms_windows_talk_only_to_their_own_server() -> None:
    text = without_comments(ROOM_PAGE.read_text(encoding="utf-8"))
    assert re.findall(r"new WebSocket\((.*?)\);", text) == ["address"]
    assert re.findall(r"\baddress = (.*?);", text) == ["new URL(`socket/${role}`, location.href)"]
    assert set(re.findall(r"\baddress\.(\w+)", text)) == {"protocol", "search", "hash"}  # no host
    assert re.findall(r"\w*socket\w*:?//", text) == []


def test_the_votes_page_talks_only_to_its_own_server() -> None:
    """All requests of the vote's page go to its own path, which the server fills in and nothing can change."""
    text = without_comments(VOTE_PAGE.read_text(encoding="utf-8"))
    asked = re.findall(r"\bfetch\s*\(\s*([^,)]*)", text)
    assert len(asked) == text.count("fetch")  # it has no other name for it
    assert set(asked) == {'AT + "state"', 'AT + "vote"'}
    assert [one.strip() for one in re.findall(r"\bAT\b[^+]*?=[^=].*", text)] == ["AT = words.at;"]
    assert re.findall(r"\bwords = .*", text) == ["words = main.dataset;"]
    assert re.findall(r"\b\w+\.at\b", text) == ["words.at"]
    texts = re.findall(r""""([^"\n]*)"|'([^'\n]*)'|`([^`]*)`""", text)
    for one in ("".join(three) for three in texts):  # no text could be an address, or lead to a parent folder
        assert re.fullmatch(r"(?:[A-Za-z][\w-]*(?:[ /][A-Za-z][\w-]*)*)?|\{[a-z]+\}", one), one
    for way in (
        "location",
        "window.open",
        "href",
        "action",
        'createElement("a',
        'setAttribute("src',
        "innerHTML",
        "eval",
        "Function",
    ):
        assert way not in text, way
    for place in ("localStorage", "sessionStorage", "indexedDB", "caches", "cookie"):
        assert place not in text, place
    html = (VOTE_PAGE.with_suffix(".html")).read_text(encoding="utf-8")
    assert html.count("data-at=") == html.count('data-at="$at"') == 1
    assert re.findall(r"""\b(?:src|href|action|srcset|content)=["']([^"']*)""", html) == [
        "width=device-width, initial-scale=1",
        "light dark",
        "data:,",
    ]


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
        ("const a = 'ws://x'", True),
        ("a { grid-template-rows: 1fr }", False),
        ("a { background: url(x.png) }", True),
        ("a { background: url('data:image/png;base64,x') }", False),
        ("URL.createObjectURL(x)", False),
        ("image.src = x", True),
    ],
)
def test_addresses_and_calls_that_use_a_network_are_recognized(text: str, found: bool) -> None:
    """The search ignores comments and similar names."""
    assert bool(REACHING_OUT.search(without_comments(text))) == found


@pytest.mark.parametrize("name", LOCKS)
def test_the_locks_name_no_host(name: str) -> None:
    """A lock file lists only packages and hashes, so it installs from any index."""
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert lock.count("--hash=sha256:") > 10
    assert hosts_in(lock) == []
    assert "rfc3987" not in lock  # builds grammars on import, which takes seconds at each start


def tracked() -> list[Path]:
    """List the project's text files: those in git, and new ones that git would add."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is on the PATH
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:  # an export without the git folder
        names = [path for path in ROOT.rglob("*") if ".venv" not in path.parts and path.is_file()]
    else:
        names = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in names if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


def test_the_project_is_self_contained() -> None:
    """No file mentions a folder outside the project, which others wouldn't have."""
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

VENDOR = PACKAGE / "page" / "static" / "vendor"


def test_the_copy_of_plotly_matches_its_description() -> None:
    """The bundle's checksum and version match its README, and Plotly for Python has the same version."""
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


def test_every_public_name_of_the_library_exists() -> None:
    """Every name in `__all__` can be imported, in order, and other names raise an error that mentions them."""
    import backchannel_lib

    assert all(getattr(backchannel_lib, name) is not None for name in backchannel_lib.__all__)
    assert backchannel_lib.judge_frame.__name__ == "judge_frame"
    with pytest.raises(AttributeError, match=r"^module 'backchannel_lib' has no attribute 'jugde'$"):
        _ = backchannel_lib.jugde
