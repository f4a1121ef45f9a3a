"""Only a computer's network settings reach what the workbook starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbook
from backchannel_lib.cli import settings
from backchannel_lib.cli.project import JUPYTER, LOCAL, ROOT, environment
from tests.helpers.planted import plant, variables

#: Environment variables that a network may need.
NETWORK = {
    "ALL_PROXY": "http://proxy:8080",
    "HTTPS_PROXY": "http://proxy:8080",
    "NO_PROXY": "localhost",
    "PIP_CERT": "/certificates.pem",
    "PIP_INDEX_URL": "https://mirror.example/simple",
    "SSL_CERT_FILE": "/certificates.pem",
    "UV_INDEX_MIRROR_PASSWORD": "secret",
}


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer with somebody else's settings everywhere."""
    plant(tmp_path)
    for name, value in variables(tmp_path).items():
        monkeypatch.setenv(name, value)
    settings.pip_settings.cache_clear()
    return tmp_path


def test_no_setting_from_outside_the_workbook_is_passed_on(computer: Path) -> None:
    """Each one is dropped or replaced with the workbook's own value."""
    ours, first = environment(), workbook.environment()
    for name, value in variables(computer).items():
        if name == "HOME":
            continue
        assert ours.get(name) != value, name
        assert ours.get(name) in {None, "1"} or ours[name].startswith((str(JUPYTER), sys.prefix)), (name, ours[name])
        assert first.get(name) != value, name


def test_network_settings_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package index, proxy and certificate stay unchanged."""
    for name, value in NETWORK.items():
        monkeypatch.setenv(name, value)
    assert NETWORK.items() <= environment().items()
    assert NETWORK.items() <= workbook.environment().items()


def test_everything_that_jupyter_writes_goes_into_the_workbooks_folder(computer: Path) -> None:
    """Settings, data, history and tokens are in folders of their own that only the user can open."""
    own = environment()
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        assert Path(own[name]).is_relative_to(LOCAL)
    if os.name == "posix":
        assert LOCAL.stat().st_mode & 0o077 == 0


@pytest.fixture
def pip_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pip settings file with a network's mirror, and with much that would break an install."""
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = https://mirror.example/simple\nrequire-virtualenv = true\ntimeout = 7\n"
        "[install]\nuser = true\ntarget = /nowhere\nno-binary = :all:\ntrusted-host = mirror.example\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    for name in [*settings.PIP_NETWORK, *filter(None, settings.PIP_NETWORK.values())]:
        monkeypatch.delenv(name, raising=False)
    settings.pip_settings.cache_clear()
    return file


@pytest.mark.slow
def test_only_network_settings_are_taken_from_pips_settings_file(pip_conf: Path) -> None:
    """`user = true` and the like don't break the setup, and both pip and uv get the mirror."""
    own = settings.installer_environment(workbook.BASE_PYTHON, ROOT / ".venv-tools")
    assert own["PIP_INDEX_URL"] == own["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert own["PIP_TRUSTED_HOST"] == own["UV_INSECURE_HOST"] == "mirror.example"
    assert own["PIP_DEFAULT_TIMEOUT"] == own["UV_HTTP_TIMEOUT"] == "7"
    command = [workbook.BASE_PYTHON, "-m", "pip", "config", "list"]
    seen = subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout
    assert "mirror.example" in seen
    assert not [word for word in ("user", "target", "binary", "virtualenv") if word in seen]


@pytest.mark.slow
def test_a_settings_file_that_pip_cannot_read_is_ignored(pip_conf: Path) -> None:
    """Even settings that keep pip itself from starting do no harm."""
    pip_conf.write_text("[global\nindex-url = ", encoding="utf-8")
    own = settings.installer_environment(workbook.BASE_PYTHON, ROOT / ".venv-tools")
    assert "PIP_INDEX_URL" not in own
    assert (
        subprocess.run([workbook.BASE_PYTHON, "-m", "pip", "--version"], env=own, capture_output=True, check=False).returncode
        == 0
    )


def test_only_network_settings_are_taken_from_uvs_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The index is used, in the old or the new syntax, and nothing else."""
    (tmp_path / "uv").mkdir()
    file = tmp_path / "uv" / "uv.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path))
    file.write_text('offline = true\n[pip]\nsystem = true\nindex-url = "https://mirror.example/simple"\n', encoding="utf-8")
    assert settings.uv_settings() == {"UV_DEFAULT_INDEX": "https://mirror.example/simple"}
    file.write_text(
        'no-binary = true\n[[index]]\nurl = "https://a.example"\n[[index]]\nurl = "https://b.example"\ndefault = true\n',
        encoding="utf-8",
    )
    assert settings.uv_settings() == {"UV_INDEX": "https://a.example", "UV_DEFAULT_INDEX": "https://b.example"}
    file.write_text("broken [", encoding="utf-8")
    assert settings.uv_settings() == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["workbook.py", "--help"], "usage: backchannel"),
        (["-P", "-m", "backchannel_lib.cli", "test", "tests/base/test_rich_display.py"], "0 failed"),
    ],
)
def test_both_commands_work_despite_the_planted_settings(
    computer: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], words: str
) -> None:
    """Neither `python workbook.py` nor `backchannel` runs a planted module, and the checks ignore planted options."""
    monkeypatch.delenv("PYTHONINSPECT")  # it makes Python stay open after any script, which is what its user wants
    gone = ["sitecustomize.py", "backchannel_lib.py"]  # Python itself runs these, before any code of ours
    for name in gone if "workbook.py" in command else [*gone, "json.py"]:
        (computer / "modules" / name).unlink()
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert words in done.stdout
    assert not (computer / "trace").exists(), (computer / "trace").read_text()
