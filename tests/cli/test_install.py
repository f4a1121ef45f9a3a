"""A notebook finds what the setup installs, whatever the folder's name and the computer's code page."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from backchannel_lib.cli import first_run
from backchannel_lib.cli.project import JUPYTER, NOTEBOOKS, ROOT, environment
from tests.helpers.planted import on_such_a_computer, plant, variables

#: A folder name such as people have, from Windows or from a browser that saved a download twice.
FOLDER = "Zoë Müller (temp)"
#: Code pages other than UTF-8, which Python before 3.13 uses on Windows.
CODE_PAGES = [
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C.UTF-8"},
]
BUILD = "import build_backend, sys; print(build_backend.build_editable(sys.argv[1]))"
JUDGE = "import backchannel_lib as b; print(b.judge(b.Case()).verdict.name, ascii(b.__file__))"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook in such a folder, with the files that an installer puts into site-packages next to it."""
    place = tmp_path_factory.mktemp("install")
    workbook = place / FOLDER
    workbook.mkdir()
    for name in ("backchannel_lib", "data", "notebooks", "build_backend.py", "pyproject.toml"):
        (workbook / name).symlink_to(ROOT / name)
    command = [sys.executable, "-c", BUILD, str(place)]
    subprocess.run(command, cwd=workbook, env=os.environ | {"PYTHONPATH": str(workbook)}, check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place


def test_no_pth_file_is_installed(installed: Path) -> None:
    """An ASCII module is installed instead, and the wheel's RECORD lists it with its hash."""
    site = installed / "site"
    assert list(site.glob("*.pth")) == []
    assert (site / "backchannel_lib.py").read_bytes().isascii()
    (record,) = site.glob("*.dist-info/RECORD")
    lines = record.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("backchannel_lib.py,sha256=") for line in lines)
    assert not any(".pth" in line for line in lines)
    assert {line.split(",")[0] for line in lines} == {
        path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()
    }


@pytest.mark.slow
@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_a_notebook_finds_the_library_in_any_folder(installed: Path, code_page: dict[str, str]) -> None:
    """It gets the library, its packages and its tables from that folder, and the command works."""
    own = environment() | {"PYTHONPATH": str(installed / "site")} | code_page

    def printed(*arguments: str) -> str:
        command = [sys.executable, "-P", *arguments]
        notebooks = installed / FOLDER / "notebooks"
        return subprocess.run(command, cwd=notebooks, env=own, capture_output=True, text=True, check=True).stdout

    judged = printed("-c", JUDGE).split(None, 1)
    assert judged[0] == "SKIMMED"
    assert "ller (temp)/backchannel_lib/__init__.py" in judged[1].replace(os.sep, "/")
    assert "usage: backchannel" in printed("-m", "backchannel_lib.cli", "--help")


def test_the_setup_ends_by_importing_the_library_from_the_notebooks_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """It imports the library as a kernel would, and reports a failure if that fails."""
    ran: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        ran.append(command)
        assert options["cwd"] == NOTEBOOKS
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    assert first_run.main() == 1
    assert [command[1:] for command in ran] == [["-P", "-c", first_run.AS_A_KERNEL]]


def run_cell(code: str, command: list[str] | None, own: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a cell in the workbook's own kernel, and return what it prints."""
    monkeypatch.setenv("JUPYTER_PATH", str(JUPYTER / "share"))
    manager = KernelManager(kernel_name="python3")
    spec = manager.kernel_spec
    assert spec is not None
    assert spec.argv[1:6] == ["-P", "-Xfrozen_modules=off", "-m", "backchannel_lib.cli.run_jupyter", "ipykernel_launcher"]
    if command is not None:
        spec.argv = command + spec.argv[spec.argv.index("-m") + 2 :]
    manager.start_kernel(env=own, cwd=str(NOTEBOOKS))
    client = manager.client()
    client.start_channels()
    output = ""
    try:
        client.wait_for_ready(timeout=90)
        client.execute(code)
        while True:
            message = client.get_iopub_msg(timeout=90)
            output += str(message["content"].get("text", "")) + "\n".join(message["content"].get("traceback", []))
            if (
                message["content"].get("execution_state") == "idle"
                and message["parent_header"].get("msg_type") == "execute_request"
            ):
                return output
    except queue.Empty:
        return output
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.mark.slow
def test_a_kernel_keeps_no_history_and_runs_nobody_elses_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This holds even if a shared computer's system folders have IPython settings."""
    trace = plant(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables(tmp_path).items():
            patch.setenv(name, value)
        own = environment() | {"IPYTHONDIR": str(tmp_path / "written")}
    driven = on_such_a_computer(tmp_path, [sys.executable, "-P", "-m", "backchannel_lib.cli.run_jupyter"])
    cell = "from backchannel_lib import Case, judge\nprint(get_ipython().history_manager.enabled, judge(Case()).verdict.name)"
    output = run_cell(cell, driven, own, monkeypatch)
    assert output.strip() == "False SKIMMED"
    assert not trace.exists(), trace.read_text()
    assert list((tmp_path / "written").rglob("*.sqlite*")) == []
