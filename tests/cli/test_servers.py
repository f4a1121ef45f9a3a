"""JupyterLab and the workshop on a computer full of other people's settings, and what is still running once they're stopped."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from backchannel_lib.activities import saved_answers
from backchannel_lib.cli import project, run_jupyter
from backchannel_lib.cli.open_lab import lab_command
from backchannel_lib.cli.present import workshop_command
from backchannel_lib.cli.project import JUPYTER, ROOT, environment
from tests.helpers.planted import on_such_a_computer, plant, variables
from tests.helpers.signals import HEEDS_SIGNALS

pytestmark = pytest.mark.slow

WAIT = 90  # s; a busy machine isn't a failure


@dataclass
class Server:
    """A server on a computer with planted settings.

    Args:
        address: Its address, with the token.
        log: Everything it has printed so far.
        trace: The file that planted code would create.
    """

    address: str
    log: str
    trace: Path

    @property
    def token(self) -> str:
        """Its token."""
        return self.address.partition("token=")[2]

    def url(self, path: str) -> str:
        """Return the address of a path, without the token."""
        return f"{'/'.join(self.address.split('/')[:3])}{path}"


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[Server]:
    """Start a server as its command does, on a computer with planted settings, and wait until it prints its address."""
    trace = plant(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables(folder).items():
            patch.setenv(name, value)
        patch.setenv(saved_answers.FOLDER, str(folder / "work"))
        own = environment()
    written = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    Path(written["JUPYTER_RUNTIME_DIR"]).mkdir(mode=0o700)
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            on_such_a_computer(folder, command), cwd=ROOT, env=own | written, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        until = time.monotonic() + WAIT
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/\S*\?token=\w+", log.read_text(encoding="utf-8"))):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        server = Server(found[0], log.read_text(encoding="utf-8"), trace)
        while response(server.url("/"))[0] == 0:
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Find a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def response(url: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
    """Request a URL; return the status (0 if nothing listens), the headers and the text, without following redirects."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, sent, method=method)  # noqa: S310 - our own address
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=WAIT) as reply:
            return reply.status, dict(reply.headers), reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read().decode()
    except urllib.error.URLError:
        return 0, {}, ""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab, started by its command."""
    with running(lab_command(free_port(), browser=False), tmp_path_factory.mktemp("lab")) as server:
        yield server


def test_lab_requires_a_token_whatever_a_settings_file_says(lab: Server) -> None:
    """A settings file elsewhere on the computer can neither turn the token off nor choose it."""
    assert response(lab.url("/api/contents"))[0] == 403
    assert response(lab.url("/api/contents?token="))[0] == 403
    assert response(lab.url("/api/contents?token=known"))[0] == 403
    assert response(lab.url(f"/api/contents?token={lab.token}"))[0] == 200
    assert len(lab.token) >= 32


def test_lab_serves_only_this_computer(lab: Server) -> None:
    """Other host names and pages from other hosts get nothing, and a form without the page's XSRF token does nothing."""
    inside = f"token {lab.token}"
    assert response(lab.url("/api/contents"), Authorization=inside, Host="evil.example")[0] == 403
    _, headers, _ = response(lab.url("/login"), Origin="http://evil.example")
    assert "Access-Control-Allow-Origin" not in headers
    _, headers, _ = response(lab.url(f"/lab?token={lab.token}"))
    cookie = headers["Set-Cookie"].partition(";")[0]
    assert response(lab.url("/api/kernels"), method="POST", body=b"{}", Cookie=cookie)[0] == 403


def test_lab_has_no_terminals(lab: Server) -> None:
    """The workbook never needs one."""
    for path in ("/api/terminals",):
        assert response(lab.url(f"{path}?token={lab.token}"))[0] == 404, path


def test_lab_loads_only_extensions_of_the_workbook_and_its_environment(lab: Server) -> None:
    """System-wide extensions and those in the reader's home aren't loaded, nor are their settings and kernels."""
    _, _, page = response(lab.url(f"/lab?token={lab.token}"))
    settings = json.loads(page.partition('id="jupyter-config-data" type="application/json">')[2].partition("</script>")[0])
    names = {one["name"] for one in settings["federated_extensions"]}
    assert {"@jupyter-widgets/jupyterlab-manager", "anywidget", "backchannel-chapters"} <= names
    assert "planted" not in names
    assert "planted" not in settings
    own = json.loads((JUPYTER / "labconfig" / "page_config.json").read_text(encoding="utf-8"))
    assert settings["disabledExtensions"] == list(own["disabledExtensions"])
    assert not settings["terminalsAvailable"]
    _, _, kernels = response(lab.url(f"/api/kernelspecs?token={lab.token}"))
    assert list(json.loads(kernels)["kernelspecs"]) == ["python3"]


def test_lab_links_a_number_to_text_and_otherwise_only_what_it_links_by_itself() -> None:
    """By itself, JupyterLab links a number to call, but takes the link from one to text."""
    own = json.loads((JUPYTER / "labconfig" / "default_setting_overrides.json").read_text(encoding="utf-8"))
    schemas = Path(sys.prefix, "share", "jupyter", "lab", "schemas", "@jupyterlab", "apputils-extension")
    schema = json.loads((schemas / "sanitizer.json").read_text(encoding="utf-8"))
    assert own["@jupyterlab/apputils-extension:sanitizer"] == {
        "allowedSchemes": [*schema["properties"]["allowedSchemes"]["default"], "sms"]
    }


def test_lab_runs_no_planted_code_and_prints_no_warning(lab: Server) -> None:
    """It doesn't even read the computer's settings files."""
    assert not lab.trace.exists(), lab.trace.read_text()
    assert "Warning" not in lab.log


def test_the_workshop_runs_no_planted_code_and_its_address_is_safe_to_show(tmp_path: Path) -> None:
    """The address opens nothing without its key, and the key disappears from the address bar."""
    with running(workshop_command(free_port(), browser=False), tmp_path) as workshop:
        assert response(workshop.url("/"))[0] == 403
        status, headers, _ = response(workshop.address)
        assert (status, headers["Location"]) == (302, "./")
        assert "Access-Control-Allow-Origin" not in headers
        assert not workshop.trace.exists(), workshop.trace.read_text()
        assert "Warning" not in workshop.log


def processes(work: Path) -> list[psutil.Process]:
    """List the processes of a workshop that saves in this folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(saved_answers.FOLDER) == str(work) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@contextlib.contextmanager
def killed_afterward(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Kill a program that is still running when its test is over, so that a test that fails doesn't hang."""
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
def test_nothing_keeps_running_once_the_workshop_has_ended(tmp_path: Path, name: str) -> None:
    """Whether it was terminated, killed or interrupted, or its terminal was closed, the server is gone and the port is free."""
    port = free_port()
    command = [sys.executable, "-c", HEEDS_SIGNALS, "-m", "backchannel_lib.cli", "present", "--no-browser", f"--port={port}"]
    own = os.environ | {saved_answers.FOLDER: str(tmp_path)}
    with killed_afterward(
        subprocess.Popen(command, cwd=ROOT, env=own, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    ) as process:
        assert process.stdout is not None
        printed = ""
        while not (found := re.search(r"http://\S+token=\w+", printed)):
            line = process.stdout.readline()
            assert line, printed
            printed += line
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        with urllib.request.build_opener(jar).open(found[0], timeout=WAIT) as page:
            assert "data-activity" in page.read().decode()
        assert any("backchannel_lib.cli.serve_workshop" in one.cmdline() for one in processes(tmp_path))
        process.send_signal(getattr(signal, name))
        process.wait(30)
    until = time.monotonic() + 30
    while (left := processes(tmp_path)) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []
    assert not project.is_taken(port)


def test_a_program_started_in_place_of_another_ends_with_it(tmp_path: Path) -> None:
    """Windows can't replace a running program, so the new one ends when the old one does, even if that is killed."""
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    watching = (
        "import os, time; from backchannel_lib.cli.run_jupyter import end_with_parent; thread = end_with_parent(os.environ)"
    )
    code = f"{watching}; print(thread.name, flush=True); time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {run_jupyter.PARENT: str(parent.pid)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent, child:
        assert child.stdout is not None
        assert child.stdout.readline() == "end-with-parent\n"
        parent.kill()
        parent.wait()
        assert child.wait(WAIT) != 0
    assert run_jupyter.end_with_parent({}) is None


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot replace a running program")
def test_a_command_replaces_the_process_that_starts_it(tmp_path: Path) -> None:
    """So there's only one process to stop."""
    code = "import sys; from backchannel_lib.cli.project import exec_process; exec_process([sys.executable, '-c', sys.argv[1]])"
    with subprocess.Popen(
        [sys.executable, "-c", code, "import os; print(os.getpid())"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.read()) == process.pid
