"""The settings for a course (JupyterHub, its proxy, a container and Binder), checked without starting any of them."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent
HUB = ROOT / "hub"
VARIABLES = ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH")


def read(name: str, folder: Path = HUB) -> Config:
    """Read a settings file the way Jupyter does."""
    return PyFileConfigLoader(name, str(folder)).load_config()


def locked(name: str) -> dict[str, str]:
    """Return the version of each package in a lock file."""
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8")))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a learner's home, with the variables that the hub sets."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("BACKCHANNEL_WORK", "to be put back")
    return tmp_path


def test_learners_get_the_workbooks_settings_and_a_folder_of_their_own(home: Path) -> None:
    """Chapters and saved files are in the learner's home, and not in the workbook's folder."""
    server = read("jupyter_server_config.py").ServerApp
    folder = home / "backchannel"
    assert server.root_dir == str(folder)
    assert sorted(one.name for one in (folder / "notebooks").glob("*.ipynb")) == sorted(
        one.name for one in (ROOT / "notebooks").glob("*.ipynb")
    )
    assert os.environ["BACKCHANNEL_WORK"] == str(folder / "my_work")


def test_a_second_start_keeps_the_learners_work_and_updates_the_chapters(home: Path) -> None:
    """A chapter's tables belong to the learner, while the chapter itself is only edited in a copy."""
    read("jupyter_server_config.py")
    notebooks = home / "backchannel" / "notebooks"
    own = {"mine.ipynb": "{}", "13_students.csv": "my students"}
    for name, written in own.items():
        (notebooks / name).write_text(written, encoding="utf-8")
    chapter, table = "10_your_case.ipynb", "14_students.csv"
    (notebooks / chapter).write_text("an older version", encoding="utf-8")
    (notebooks / table).unlink()
    read("jupyter_server_config.py")
    assert {name: (notebooks / name).read_text(encoding="utf-8") for name in own} == own
    for name in (chapter, table):
        assert (notebooks / name).read_bytes() == (ROOT / "notebooks" / name).read_bytes()


def test_a_hub_prestarts_no_kernels_and_turns_off_everything_that_is_off_at_home(home: Path) -> None:
    """Kernels for chapters that nobody opens would waste the host's memory."""
    at_home = read("jupyter_server_config.py", ROOT / "jupyter").ServerApp.jpserver_extensions
    on_hub = read("jupyter_server_config.py").ServerApp.jpserver_extensions
    assert at_home == {**on_hub, "backchannel_lib.notebook.warm_kernel": True}
    assert not any(on_hub.values())


def test_the_hub_starts_the_workbooks_lab_with_its_own_settings_first() -> None:
    """The first folder in JUPYTER_CONFIG_PATH takes precedence."""
    spawner = read("jupyterhub_config.py").Spawner
    assert spawner.environment["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(HUB), str(ROOT / "jupyter")]
    assert (Path(spawner.environment["JUPYTER_PATH"]) / "kernels" / "python3" / "kernel.json").is_file()
    assert spawner.args == ["jupyterhub.singleuser"]
    assert [one for one in spawner.cmd if one.startswith("--data=")] == [f"--data={spawner.mem_limit}"]


def test_the_hub_admits_only_users_its_host_names_and_only_through_the_proxy() -> None:
    """No authenticator accepts any password, nobody is allowed by default, and it listens only on this machine."""
    told: Any = read("jupyterhub_config.py")
    assert "Authenticator" not in told
    assert "authenticator_class" not in told.JupyterHub
    assert told.JupyterHub.hub_ip == "127.0.0.1"
    assert told.JupyterHub.bind_url.startswith("http://127.0.0.1:")


def test_the_hubs_lock_is_the_readers_lock_plus_jupyterhub() -> None:
    """Learners on a hub have the same versions as readers at home, who have no JupyterHub."""
    hub, readers = locked("requirements-hub.lock"), locked("requirements.lock")
    assert readers.items() <= hub.items()
    assert "jupyterhub" in hub
    assert "jupyterhub" not in readers


def test_every_package_of_the_proxy_is_pinned_with_a_checksum() -> None:
    """`npm ci` installs exactly what is listed, and no host is named."""
    wanted = json.loads((HUB / "package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = (HUB / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    assert packages["node_modules/configurable-http-proxy"]["version"] == wanted["configurable-http-proxy"]
    assert all(one.get("integrity", "").startswith("sha512-") for place, one in packages.items() if place)
    assert "resolved" not in lock


def test_the_container_and_binder_install_from_the_locks_and_use_the_hubs_settings() -> None:
    """Both check hashes, and neither names packages or versions of its own."""
    container = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert re.findall(r"pip install (.*)", container) == [
        "--require-hashes --requirement requirements-hub.lock",
        "--no-deps --no-build-isolation --editable .",
    ]
    assert (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()[-1] == "-r ../requirements.lock"
    start = (ROOT / ".binder" / "start").read_text(encoding="utf-8")
    spawner = read("jupyterhub_config.py").Spawner
    for name in VARIABLES:
        for place in spawner.environment[name].split(os.pathsep):
            inside = Path(place).relative_to(ROOT).as_posix()
            assert f"/srv/backchannel/{inside}" in container, name
            assert f"${{REPO_DIR}}/{inside}" in start, name
    assert container.rstrip().endswith(json.dumps(["python", *spawner.cmd[4:], *spawner.args]))


def test_the_image_contains_everything_it_needs() -> None:
    """Everything that it copies, runs or uses as settings is in the project and not excluded by the ignore file."""
    container = (ROOT / "Containerfile").read_text(encoding="utf-8")
    copied = [source for line in re.findall(r"(?m)^COPY (.+)", container) for source in line.split()[:-1]]
    settings = [place.removeprefix("/srv/backchannel/") for place in re.findall(r"/srv/backchannel/[\w/]+", container)]
    (module,) = re.findall(r'"-m", "([\w.]+)"', container)
    built_with = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    needed = [*copied, *settings, f"{module.replace('.', '/')}.py", "pyproject.toml", "data/rules.csv", "notebooks"]
    needed += [f"{built_with['build-backend']}.py", "hub/jupyter_server_config.py", "jupyter/jupyter_server_config.py"]
    ignored = [line for line in (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    for name in needed:
        assert (ROOT / name).exists(), name
        parts = [Path(*Path(name).parts[:count]).as_posix() for count in range(1, len(Path(name).parts) + 1)]
        assert not [one for one in ignored for part in parts if fnmatch.fnmatch(part, one.removeprefix("**/"))], name
    # Without build isolation, what builds the workbook comes from the locks too, and pip would reject it without a hash.
    for lock in ("requirements-hub.lock", "requirements.lock"):
        assert {re.split(r"[<>=~! ]", one)[0] for one in built_with["requires"]} <= locked(lock).keys(), lock
        entries = re.split(r"(?m)^(?=[\w.-]+==)", (ROOT / lock).read_text(encoding="utf-8"))[1:]
        assert all("--hash=sha256:" in entry for entry in entries), lock


def test_the_container_and_binder_use_a_python_that_the_workbook_supports() -> None:
    """It's the same version, within the range in pyproject.toml."""
    (container,) = re.findall(r"FROM \S+/python:(3\.\d+)-", (ROOT / "Containerfile").read_text(encoding="utf-8"))
    assert (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip() == f"python-{container}"
    assert (3, 11) <= tuple(int(part) for part in container.split(".")) < (3, 15)


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binders_scripts_are_executable(name: str) -> None:
    """They also start with a shebang."""
    script = ROOT / ".binder" / name
    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text(encoding="utf-8").startswith("#!/bin/bash\n")


def test_nothing_private_is_copied_into_the_image() -> None:
    """Files that git ignores because readers create them are listed in both of the image's ignore files."""
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8")
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8") == ignored
    assert {"my_work", "jupyter/local", ".venv", ".git"} <= set(ignored.splitlines())
