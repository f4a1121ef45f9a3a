"""Sets the workbook up and opens it: `python workbook.py`. Needs only Python 3.11 or later, on any system.

The first run makes the folder .venv beside this file and installs into it exactly the packages that requirements.lock
names. Later runs find it ready and open JupyterLab at once. `python workbook.py --help` tells the rest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = VENV_BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "workbook-stamp.json"
LOGS = VENV / "logs"
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements.lock"
JUPYTER = ROOT / "jupyter"
#: What Jupyter writes. Not a hidden folder: where browsers come as snaps, they may not read hidden ones, and the page
#: that sends the browser to JupyterLab with its token lies here.
LOCAL = JUPYTER / "local"
#: How JupyterLab looks when it is first opened: its side bars closed, so that the notebook has the width.
FIRST_LOOK = JUPYTER / "workspace.json"
#: The notebook that `present` shows, the port it takes if that is free, and how many ports it looks at in all.
WORKSHOP = ROOT / "notebooks" / "12_workshop.ipynb"
PRESENT_PORT = 8866
PORTS_TRIED = 50
#: The page that sends the browser to the workshop with its token, while it runs.
DOORWAY = LOCAL / "workshop.html"
#: How many seconds a browser may take to make a PDF, and what to do where none comes of it.
PDF_PATIENCE = 120
PRINT_BY_HAND = "Open the sheets above in any browser and choose Print; there, Save as PDF makes a file of them."
#: Where JupyterLab keeps what its window looked like last; the name is what it makes of "default".
LAST_LOOK = LOCAL / "config" / "lab" / "workspaces" / "default-37a8.jupyterlab-workspace"

OLDEST_PYTHON = (3, 11)

#: How many pips install at once. Most of an install is waiting for the network: two took 31 s where one took 47 s.
INSTALLERS = 2

#: What is imported once at the end of the set-up: it shows that the packages work here, and compiles just what is used.
FIRST_IMPORTS = ("jupyterlab.labapp", "ipykernel.kernelapp", "pandas", "plotly.graph_objects", "anywidget", "pytest")

#: Settings of another Python or pip that would put the packages elsewhere, or leave each import uncompiled.
FOREIGN_SETTINGS = (
    "JUPYTER_PATH",
    "PIP_PREFIX",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
)

#: What pip says when an install fails: a cause is known by any of its pieces of text. The first that fits is told.
SIGNS = {
    "disk": ("No space left on device", "Errno 28", "not enough space", "Disk quota exceeded"),
    "proxy": ("ProxyError", "Cannot connect to proxy", "Tunnel connection failed"),
    "certificate": ("CERTIFICATE_VERIFY_FAILED", "SSLError", "SSLCertVerificationError"),
    "network": (
        "after connection broken by",
        "NewConnectionError",
        "Connection refused",
        "Connection reset",
        "Network is unreachable",
        "name resolution",
        "getaddrinfo failed",
        "Read timed out",
        "IncompleteRead",
    ),
    "hash": ("DO NOT MATCH THE HASHES",),
    "python": ("No matching distribution found", "Could not find a version"),
    "rights": ("Permission denied", "Errno 13", "Access is denied", "WinError 5", "WinError 32"),
}

#: What a person can do about each cause.
ADVICE = {
    "disk": "The disk is full. Make about 2 GB of room.",
    "proxy": (
        "The network goes through a proxy that refused the connection. Set the environment variable HTTPS_PROXY to "
        "your proxy's address, or ask whoever runs the network for it."
    ),
    "certificate": (
        "The connection's certificate was not accepted, as happens behind some firewalls of schools and hospitals. "
        "Set the environment variable PIP_CERT to the certificate file of your network, or use another network."
    ),
    "network": (
        "The packages could not be fetched from the network. Check that this computer is online; behind a proxy, set "
        "the environment variable HTTPS_PROXY to its address."
    ),
    "hash": (
        "A package that arrived is not the one that this workbook was tested with, so it was not installed. Use "
        "another network; if it happens there too, tell the workbook's authors."
    ),
    "python": (
        f"A package is not to be had for Python {platform.python_version()} on this system ({platform.platform()}). "
        "Run workbook.py with one of Python 3.11 to 3.14, 64 bits."
    ),
    "rights": (
        f"Files in {VENV} could not be written. Close JupyterLab and every other program that uses this folder, and "
        "see that the folder is yours to write to."
    ),
}


class WorkbookError(Exception):
    """Something a person at the keyboard can mend; the message says what and how."""


# --------------------------------------------------------------------------------------------------------------------
# Setting up
# --------------------------------------------------------------------------------------------------------------------


def set_up() -> None:
    """Make .venv ready: at once if it is, by a full install if it is missing, half-made or out of date."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    wanted = wanted_stamp()
    found = read_stamp()
    if found == wanted and VENV_PYTHON.exists():
        return
    STAMP.unlink(missing_ok=True)  # from here to the end .venv is half-made, and the next run must know
    if {**found, "project": wanted["project"]} != wanted or not VENV_PYTHON.exists():
        print("Setting the workbook up in .venv. This is done once and takes about a minute.", flush=True)
        started = time.monotonic()
        make_environment()
        install_lock()
        install_project()
        try_imports()
        trust_notebooks()
        print(f"Set up in {time.monotonic() - started:.0f} s.", flush=True)
    else:
        install_project()
    STAMP.write_text(json.dumps(wanted, indent=2), encoding="utf-8")


def wanted_stamp() -> dict[str, str]:
    """Return what .venv has to have been made from to be of use here and now."""
    return {
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "project": hashlib.sha256(PROJECT.read_bytes()).hexdigest(),
        "python": f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}",
        "python_folder": sys.base_prefix,
        "folder": str(ROOT),  # a virtual environment holds its own path, and breaks when it is moved
    }


def read_stamp() -> dict[str, str]:
    """Return what .venv was made from; nothing if it is missing or half-made."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def make_environment() -> None:
    """Make an empty .venv, over whatever is there."""
    # The Python below any virtual environment: one that is itself in .venv cannot make .venv anew.
    python = getattr(sys, "_base_executable", None) or sys.executable
    made = subprocess.run(
        [python, "-m", "venv", "--clear", str(VENV)], env=environment(), capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        return
    said = made.stdout + made.stderr
    if "ensurepip" in said:
        advice = "This Python comes without its venv module. On Debian or Ubuntu: sudo apt-get install python3-venv."
    else:
        advice = advice_on(said) or "Delete the folder .venv."
    raise WorkbookError(f"The folder .venv could not be made.\n{advice}\nThen run this again.\n\n{said.strip()}")


def install_lock() -> None:
    """Install the locked packages with several pips at once, each a share of the lock, and show how far they are."""
    packages = re.split(r"(?m)^(?=\w)", LOCK.read_text(encoding="utf-8"))[1:]
    LOGS.mkdir()
    pips = []
    for number in range(INSTALLERS):
        share = LOGS / f"packages-{number}.txt"
        share.write_text("".join(packages[number::INSTALLERS]), encoding="utf-8")
        # Uncompiled: try_imports compiles what is used, which is a small part of what is installed.
        command = pip("--require-hashes", "--only-binary", ":all:", "--no-compile", "--requirement", str(share))
        pips.append(start(command, LOGS / f"packages-{number}.log"))
    try:
        watch(pips, len(packages))
    finally:
        for process in pips:
            process.terminate()
            process.wait()
    if any(process.returncode for process in pips):
        raise install_error(logged())


def watch(pips: Sequence[subprocess.Popen[bytes]], packages: int) -> None:
    """Show the progress of the pips until all have ended or one has failed."""
    progress = Progress("Installing packages")
    site = site_packages()
    there_before = len(list(site.glob("*.dist-info")))
    warned = False
    while True:
        codes = [process.poll() for process in pips]
        said = logged()
        needed = packages - len(re.findall(r"(?m)^Ignoring ", said))  # the others are for other systems
        fetched = len(re.findall(r"(?m)^(?:Collecting|Processing) ", said))
        installed = len(list(site.glob("*.dist-info"))) - there_before
        progress.show((fetched + installed) / (2 * needed))
        if "Retrying (" in said and not warned:
            warned = True
            progress.say("The network does not answer. Trying again ...")
        if any(codes) or None not in codes:
            progress.show(1 if not any(codes) else 0)
            progress.end()
            return
        time.sleep(0.2)


def install_project() -> None:
    """Install the workbook's library as a link to this folder. Needs no network: the build backend is in the lock."""
    carry_out(pip("--no-build-isolation", "--editable", str(ROOT)), "project.log")


def try_imports() -> None:
    """Import once what the workbook stands on."""
    carry_out([str(VENV_PYTHON), "-c", f"import {', '.join(FIRST_IMPORTS)}"], "imports.log")


def trust_notebooks() -> None:
    """Sign the notebooks that came with the workbook: JupyterLab shows no drawing of a notebook that it does not trust.

    This is done once, with what is here at set-up. A notebook that someone adds later is not trusted until it is run.
    """
    notebooks = sorted(str(path) for path in (ROOT / "notebooks").glob("*.ipynb"))
    if notebooks:
        carry_out([str(VENV_PYTHON), "-m", "nbformat.sign", *notebooks], "trust.log")


def carry_out(command: Sequence[str], log: str) -> None:
    """Run a command of the set-up to its end, which has to be a good one."""
    if start(command, LOGS / log).wait():
        raise install_error((LOGS / log).read_text(encoding="utf-8", errors="replace"))


def start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command that asks nothing and writes all that it says to a log."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment(), cwd=ROOT
        )


def logged() -> str:
    """Return what all commands of this set-up have said so far."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace") for log in sorted(LOGS.glob("*.log")))


def install_error(said: str) -> WorkbookError:
    """Return an error that says why the install failed, as far as its command told."""
    advice = advice_on(said) or "The cause is not one that this script knows:\n" + "\n".join(said.splitlines()[-5:])
    return WorkbookError(
        "The packages could not be installed.\n"
        f"{advice}\n"
        "Then run the same command again: it begins anew, and what was fetched already is not fetched twice.\n"
        f"All that pip said is in {LOGS}"
    )


def advice_on(said: str) -> str | None:
    """Return what to do about the first known cause in what a command said."""
    return next((ADVICE[cause] for cause, signs in SIGNS.items() if any(sign in said for sign in signs)), None)


def pip(*arguments: str) -> list[str]:
    """Return a command that installs with .venv's pip, and only what is named."""
    return [str(VENV_PYTHON), "-m", "pip", "install", "--no-deps", "--retries", "2", "--no-input", *arguments]


def site_packages() -> Path:
    """Return the folder in .venv that holds the packages."""
    if os.name == "nt":
        return VENV / "Lib" / "site-packages"
    return VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


class Progress:
    """How far something is: one line that changes at a terminal, a line for every fifth of the way elsewhere."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.live = sys.stdout.isatty()
        self.shown = -1

    def show(self, part: float) -> None:
        """Show a part of the whole, between 0 and 1; it never goes back."""
        percent = min(100, int(100 * part))
        if not self.live:
            percent -= percent % 20
        if percent > self.shown:
            self.shown = percent
            self._print()

    def say(self, sentence: str) -> None:
        """Print a sentence, and at a terminal the progress below it."""
        print(f"\r{sentence}" if self.live else sentence, flush=True)
        if self.live:
            self._print()

    def end(self) -> None:
        """Leave the last line as it is, and go on below it."""
        if self.live:
            print(flush=True)

    def _print(self) -> None:
        line = f"{self.what}: {self.shown} %"
        print(f"\r{line}" if self.live else line, end="" if self.live else "\n", flush=True)


# --------------------------------------------------------------------------------------------------------------------
# Opening
# --------------------------------------------------------------------------------------------------------------------


def open_workbook(port: int | None, *, browser: bool) -> int:
    """Start JupyterLab at the first notebook, and stay until it is stopped."""
    if port is not None and is_taken(port):
        raise WorkbookError(f"Port {port} is in use by another program. Name another, or none: then a free one is found.")
    set_up()
    print("Starting JupyterLab. To stop it, press Ctrl+C here twice.", flush=True)
    return become(lab_command(port, browser=browser))


def present(port: int | None, *, browser: bool) -> int:
    """Start the workshop as a full-screen page, and stay until it is stopped."""
    set_up()
    wanted = PRESENT_PORT if port is None else port
    free = free_port(wanted)
    if free != wanted:
        print(f"Port {wanted} is in use by another program, so the workshop takes port {free} instead.", flush=True)
    print("Starting the workshop. To stop it, press Ctrl+C here.", flush=True)
    token = secrets.token_hex(16)
    address = f"http://127.0.0.1:{free}/?token={token}"
    command = present_command(free)
    server = subprocess.Popen(command, env=environment() | {"JUPYTER_TOKEN": token}, cwd=ROOT)
    try:
        while server.poll() is None and not is_taken(free):
            time.sleep(0.1)
        if server.poll() is None:
            print(f"The workshop is at {address}", flush=True)
            if browser:
                webbrowser.open(doorway(address).as_uri())
        code = server.wait()
    except KeyboardInterrupt:  # Ctrl+C reaches the server too, which ends by itself
        code = server.wait() and 0
    finally:
        server.terminate()
        DOORWAY.unlink(missing_ok=True)
    return code


def doorway(address: str) -> Path:
    """Write a page that leads the browser to an address: named on a command line, its token could be read by others here."""
    DOORWAY.touch(mode=0o600)
    DOORWAY.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
    return DOORWAY


def present_command(port: int) -> list[str]:
    """Return the command that serves the workshop through Voilà; its settings are in jupyter/voila.py."""
    return [str(VENV_PYTHON), "-m", "voila", str(WORKSHOP), f"--port={port}", "--no-browser"]


def free_port(wanted: int) -> int:
    """Return a port that no program listens on: the wanted one, or else the next that is free."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        if not is_taken(port):
            return port
    raise WorkbookError(f"No port from {wanted} to {wanted + PORTS_TRIED - 1} is free. Name another: present --port N.")


def lab_command(port: int | None = None, *, browser: bool = True) -> list[str]:
    """Return the command that starts JupyterLab; its settings are in jupyter/jupyter_server_config.py."""
    if not LAST_LOOK.exists():
        LAST_LOOK.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(FIRST_LOOK, LAST_LOOK)
    command = [str(VENV_PYTHON), "-m", "jupyterlab"]
    if port is not None:
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        command.append("--no-browser")
    return command


def environment() -> dict[str, str]:
    """Return the environment of every command in .venv.

    Jupyter keeps everything in this folder and looks for nothing outside it: an extension that someone has installed
    for another project might call other hosts, and would find the learner's answers here.
    """
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_SETTINGS}
    return kept | {
        "IPYTHONDIR": str(LOCAL / "ipython"),
        "JUPYTER_CONFIG_DIR": str(LOCAL / "config"),
        "JUPYTER_CONFIG_PATH": str(JUPYTER),
        "JUPYTER_DATA_DIR": str(LOCAL / "data"),
        "JUPYTER_PATH": str(JUPYTER / "share"),
        "JUPYTER_RUNTIME_DIR": str(LOCAL / "runtime"),
        "PATH": os.pathsep.join([str(VENV_BIN), os.environ.get("PATH", "")]),
        "VIRTUAL_ENV": str(VENV),
    }


def is_taken(port: int) -> bool:
    """Tell whether another program listens on this port."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def become(command: list[str]) -> int:
    """Run a command in place of this script, so that it gets each key and signal itself."""
    if os.name == "posix":
        os.chdir(ROOT)
        os.execve(command[0], command, environment())
    process = subprocess.Popen(command, env=environment(), cwd=ROOT)  # Windows cannot replace a running program
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # Ctrl+C reaches JupyterLab too, which asks whether to stop


# --------------------------------------------------------------------------------------------------------------------
# Printing
# --------------------------------------------------------------------------------------------------------------------


def print_sheets(minutes: int, seed: int, folder: str | None) -> int:
    """Write the sheets of a workshop as HTML and, where a browser is here, as PDF; without one they are no less printable."""
    set_up()
    command = [str(VENV_PYTHON), "-m", "backchannel_lib.workshop.handouts", f"--plan={minutes}", f"--seed={seed}"]
    if folder is not None:
        command.append(f"--out={Path(folder).expanduser().absolute()}")
    utf8 = environment() | {"PYTHONUTF8": "1"}
    made = subprocess.run(command, env=utf8, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    if made.returncode:
        raise WorkbookError(f"The sheets were not written.\n{made.stderr.strip()}")
    pages = [Path(line) for line in made.stdout.splitlines()]
    for page in pages:
        print(page)
    from backchannel_lib.cli.browser import BrowserMissingError, find_chromium

    try:
        browser = find_chromium()
    except BrowserMissingError:
        print("No Chromium, Chrome or Edge was found here, so no PDF was made.", PRINT_BY_HAND, sep="\n", flush=True)
        return 0
    for page in pages:
        pdf = page.with_suffix(".pdf")
        if make_pdf(browser, page, pdf):
            print(pdf, flush=True)
        else:
            print(f"{pdf.name} could not be made.", PRINT_BY_HAND, sep="\n", flush=True)
    return 0


def make_pdf(browser: str, page: Path, pdf: Path) -> bool:
    """Let a browser without a window print a page; tell whether a whole PDF came of it, which alone is then left."""
    from backchannel_lib.cli.browser import launch_arguments

    draft = pdf.with_name(f"{pdf.stem}_part.pdf")
    # A profile of its own, beside the sheets: a browser that is open already would take the work over and print nothing,
    # and one that came as a snap may not use the system's folder for such things.
    with tempfile.TemporaryDirectory(dir=page.parent, prefix="browser-", ignore_cleanup_errors=True) as profile:
        command = [browser, *launch_arguments(), f"--user-data-dir={profile}", "--no-pdf-header-footer"]
        try:
            subprocess.run(
                [*command, f"--print-to-pdf={draft}", page.as_uri()], capture_output=True, check=False, timeout=PDF_PATIENCE
            )
            whole = draft.is_file() and draft.read_bytes().rstrip().endswith(b"%%EOF")
            if whole:
                draft.replace(pdf)
        except (OSError, subprocess.TimeoutExpired):
            whole = False
        finally:
            draft.unlink(missing_ok=True)
    return whole


# --------------------------------------------------------------------------------------------------------------------
# Testing
# --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What one check has shown."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def run_tests(arguments: Sequence[str]) -> int:
    """Run every check, tell the outcome of each, and return 1 if anything failed.

    Args:
        arguments: Passed on to pytest. Where one of them is a path, only what it names is run.
    """
    set_up()
    offer_browser()
    nbval = ["--nbval", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg", "--nbval-cell-timeout", "120"]
    if any((ROOT / argument.partition("::")[0]).exists() for argument in arguments):
        outcomes = [run_pytest("pytest", *nbval, *arguments)]
    else:
        outcomes = [
            run_tool("ruff check", "ruff", "check", "."),
            run_tool("ruff format", "ruff", "format", "--check", "."),
            run_tool("mypy", "mypy"),
            run_pytest("tests", "tests", *arguments, may_be_empty=bool(arguments)),
            # A call of its own: Playwright's event loop in the same process would be in the way of nbval's, which also
            # leaves a file open for each kernel. The notebooks' own warnings are outputs, and are compared.
            run_pytest(
                "notebooks",
                *nbval,
                "-W",
                "ignore::ResourceWarning",
                "notebooks",
                *arguments,
                may_be_empty=bool(arguments),
            ),
        ]
    return close(outcomes)


def offer_browser() -> None:
    """If no browser is to be found, let Playwright try to fetch one. Without one, the browser tests fail and say so."""
    from backchannel_lib.cli.browser import BrowserMissingError, find_chromium

    try:
        find_chromium()
    except BrowserMissingError as error:
        print(f"{error}\nTrying: playwright install chromium", flush=True)
        command = [str(VENV_PYTHON), "-m", "playwright", "install", "chromium"]
        tried = subprocess.run(command, env=environment(), capture_output=True, check=False)
        print("It is installed." if tried.returncode == 0 else "That failed, so the browser tests will fail.", flush=True)


def run_tool(name: str, module: str, *arguments: str) -> Outcome:
    """Run a checker, which counts as one test."""
    code, seconds = run(name, [module, *arguments])
    return Outcome(name, passed=int(code == 0), failed=int(code != 0), skipped=0, seconds=seconds)


def run_pytest(name: str, *arguments: str, may_be_empty: bool = False) -> Outcome:
    """Run pytest and count what it reports; no test at all is a failure, unless someone chose the tests."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code, seconds = run(name, ["pytest", f"--junit-xml={report}", *arguments])
        suites = list(ET.parse(report).getroot()) if report.exists() else []  # noqa: S314 (pytest just wrote it)
    tests, failures, errors, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    passed = tests - failed - skipped
    no_tests = 5  # pytest's exit code
    if failed == 0 and code != 0 and not (code == no_tests and may_be_empty):
        failed = 1  # pytest itself failed, or was stopped
    return Outcome(name, passed, failed, skipped, seconds)


def run(name: str, arguments: Sequence[str]) -> tuple[int, float]:
    """Run a module of .venv under a heading; return its exit code and how long it took."""
    shown = " ".join(argument for argument in arguments if not argument.startswith("--junit-xml"))
    print(f"\n=== {name}: {shown}", flush=True)
    started = time.monotonic()
    code = subprocess.run([str(VENV_PYTHON), "-m", *arguments], env=environment(), cwd=ROOT, check=False).returncode
    return code, time.monotonic() - started


def close(outcomes: Sequence[Outcome]) -> int:
    """Print the summary, with all counts in the last line; return 1 if anything failed."""
    print("\n=== summary")
    for outcome in outcomes:
        word = "FAILED" if outcome.failed else "ok"
        counts = f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
        print(f"{outcome.name:12} {word:7} {counts:40} {outcome.seconds:6.1f} s")
    passed, failed, skipped = (sum(getattr(one, key) for one in outcomes) for key in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return int(failed > 0)


# --------------------------------------------------------------------------------------------------------------------
# Locking
# --------------------------------------------------------------------------------------------------------------------


def make_lock(arguments: Sequence[str]) -> int:
    """Write requirements.lock anew from pyproject.toml. What is locked stays as it is unless `--upgrade` is passed."""
    if shutil.which("uv") is None:
        raise WorkbookError("Making the lock needs uv, which is not here: pip install uv. Using the lock does not.")
    command = ["uv", "pip", "compile", "--universal", "--generate-hashes", "--all-extras", "--no-annotate", "--quiet"]
    command += ["--python-version", ".".join(map(str, OLDEST_PYTHON)), "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--custom-compile-command", "python workbook.py lock", "--output-file", LOCK.name, *arguments]
    code = subprocess.run([*command, PROJECT.name], cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode
    if code:
        return code
    named = re.findall(r"(?m)^.*(?:://|file:|--(?:extra-)?index-url|--find-links).*$", LOCK.read_text(encoding="utf-8"))
    if named:
        raise WorkbookError("The lock names a host or a local path, which others do not have:\n" + "\n".join(named))
    print(f"{LOCK.name} is written.")
    return 0


# --------------------------------------------------------------------------------------------------------------------
# The command line
# --------------------------------------------------------------------------------------------------------------------


def parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Return what was asked for, and what is to be passed on to pytest or uv."""
    parser = argparse.ArgumentParser(
        prog="workbook.py",
        description="Sets the workbook up, if that is not done yet, and opens it in JupyterLab.",
        epilog="Everything is installed into the folder .venv beside this script. To remove it, delete that folder.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", title="commands for those who change the workbook")
    presenting = commands.add_parser("present", help="show the workshop as a full-screen page", allow_abbrev=False)
    for one in (parser, presenting):
        one.add_argument(
            "--no-browser", action="store_true", default=argparse.SUPPRESS, help="only print the address, open no browser"
        )
    parser.add_argument(
        "--port", type=int, metavar="N", default=argparse.SUPPRESS, help="JupyterLab's port (8888 or the next free one)"
    )
    presenting.add_argument(
        "--port",
        type=int,
        metavar="N",
        default=argparse.SUPPRESS,
        help=f"the workshop's port ({PRESENT_PORT} or the next free one)",
    )
    printing = commands.add_parser(
        "print", help="write the workshop's sheets, one for everybody and one with the answers", allow_abbrev=False
    )
    printing.add_argument("--plan", type=int, metavar="MINUTES", default=45, help="20, 45 or 90 minutes (45)")
    printing.add_argument("--seed", type=int, metavar="N", default=1, help="draws other files; the same number, the same files")
    printing.add_argument("--out", metavar="FOLDER", help="where to write them (my_work/sheets)")
    commands.add_parser(
        "test", help="run every check; arguments go to pytest: test -k phase, test tests/test_x.py", allow_abbrev=False
    )
    commands.add_parser("lock", help="write requirements.lock anew; arguments go to uv: lock --upgrade", allow_abbrev=False)
    asked, rest = parser.parse_known_args(arguments)
    if rest and asked.command not in {"test", "lock"}:
        parser.error(f"unknown: {' '.join(rest)}")
    return asked, rest


def obey(asked: argparse.Namespace, rest: Sequence[str]) -> int:
    """Do what was asked for; return the exit code."""
    if asked.command == "test":
        return run_tests(rest)
    if asked.command == "lock":
        return make_lock(rest)
    if asked.command == "print":
        return print_sheets(asked.plan, asked.seed, asked.out)
    port, browser = getattr(asked, "port", None), not getattr(asked, "no_browser", False)
    if asked.command == "present":
        return present(port, browser=browser)
    return open_workbook(port, browser=browser)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    if sys.version_info < OLDEST_PYTHON:  # in words, before anything fails in a way that only programmers can read
        oldest = ".".join(map(str, OLDEST_PYTHON))
        print(
            f"This is Python {platform.python_version()}; the workbook needs Python {oldest} or later. Install a newer "
            "one from python.org (or your system's store), and run workbook.py with it.",
            file=sys.stderr,
        )
        return 1
    asked, rest = parse(arguments)
    try:
        return obey(asked, rest)
    except (WorkbookError, OSError) as error:
        advice = advice_on(str(error)) if isinstance(error, OSError) else None
        print(f"\n{error}\n{advice or ''}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command begins anew.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
