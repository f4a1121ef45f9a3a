"""The setup: what it says if an install fails, what it leaves alone, and when it has nothing to do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import workbook

#: What pip and uv printed in trials with a full disk, a proxy, an unknown certificate, no network and so on.
PRINTED = [
    ("disk", "cause: failed to write to file `_table.py`: No space left on device (os error 28)"),
    ("disk", "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"),
    ("proxy", "error sending request for url: tunnel error: failed to create underlying connection"),
    ("proxy", "WARNING: Retrying after connection broken by 'ProxyError('Cannot connect to proxy.')'"),
    ("certificate", "Failed to fetch: invalid peer certificate: UnknownIssuer"),
    ("certificate", "connection broken by 'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]"),
    ("network", "Failed to fetch: dns error: failed to lookup address information"),
    ("network", "connection broken by 'NewConnectionError(Temporary failure in name resolution)'"),
    ("hash", "error: Hash mismatch for `anyio==4.16.0`"),
    ("hash", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."),
    ("python", "ERROR: No matching distribution found for anyio==94.16.0"),
    ("rights", "failed to create directory: Permission denied (os error 13)"),
    ("rights", "Access is denied. (os error 5)"),
    ("venv", "The virtual environment was not created successfully because ensurepip is not available."),
    ("folder", "/wb/.venv/bin/python: No module named backchannel_lib"),
    (None, "something else"),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a workbook that hasn't been set up, where no install must start."""
    for name in (workbook.READER_LOCK, workbook.TEST_LOCK, "pyproject.toml"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    venv = tmp_path / ".venv"
    monkeypatch.setattr(workbook, "ROOT", tmp_path)
    monkeypatch.setattr(workbook, "VENV", venv)
    monkeypatch.setattr(workbook, "VENV_PYTHON", venv / "python")
    monkeypatch.setattr(workbook, "STAMP", venv / "stamp.json")
    monkeypatch.setattr(workbook, "LOGS", tmp_path / "logs")
    return tmp_path


@pytest.mark.parametrize(("cause", "printed"), PRINTED)
def test_the_cause_of_a_failure_is_found_in_what_was_printed(cause: str | None, printed: str) -> None:
    """Each known cause is recognized in pip's or uv's output, and comes with advice."""
    assert workbook.cause_of(printed) == cause
    assert cause is None or workbook.ADVICE[cause]


def test_a_failed_step_says_what_to_do_and_where_its_log_is(project: Path) -> None:
    """The error gives advice for the cause, and everything that was printed is in a log."""
    (project / "logs").mkdir()
    command = [sys.executable, "-c", "import sys; sys.exit('No space left on device')"]
    with pytest.raises(workbook.SetupError, match=r"The disk is full[\s\S]*packages\.log") as caught:
        workbook.run_logged(command, "packages", cwd=project)
    assert caught.value.cause == "disk"


def test_the_target_of_a_link_is_never_emptied(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """If .venv is a link, the setup stops with a message and touches neither the link nor its target."""
    target = tmp_path_factory.mktemp("elsewhere")
    (target / "precious").write_text("x", encoding="utf-8")
    (project / ".venv").symlink_to(target, target_is_directory=True)
    with pytest.raises(workbook.SetupError, match="is a link to"):
        workbook.set_up(tests=False)
    assert [file.name for file in target.iterdir()] == ["precious"]
    assert (project / ".venv").is_symlink()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The setup's steps that ran, without installing anything."""
    ran: list[str] = []
    monkeypatch.setattr(workbook, "find_uv", lambda: "uv")
    monkeypatch.setattr(workbook, "run_logged", lambda command, name, cwd=None: ran.append(name))
    monkeypatch.setattr(workbook, "install_with_uv", lambda uv, lock, *, fresh: ran.append(f"uv {lock} {fresh}"))
    monkeypatch.setattr(workbook, "install_with_pip", lambda lock, *, fresh: ran.append(f"pip {lock} {fresh}"))
    return ran


def ready(project: Path, lock: str) -> None:
    """Create a .venv like that of a finished setup."""
    (project / ".venv").mkdir()
    (project / ".venv" / "python").touch()
    (project / ".venv" / "stamp.json").write_text(json.dumps(workbook.wanted_stamp(lock)), encoding="utf-8")


def test_readers_get_only_what_they_need_and_the_checks_add_the_rest(project: Path, steps: list[str]) -> None:
    """The first command installs the readers' lock, `test` adds its own, and later commands remove nothing."""
    (project / ".venv").mkdir()
    workbook.set_up(tests=False)
    assert steps == [f"uv {workbook.READER_LOCK} True", "first_run"]
    (project / ".venv" / "python").touch()
    workbook.set_up(tests=False)
    assert len(steps) == 2
    workbook.set_up(tests=True)
    assert steps[2:] == [f"uv {workbook.TEST_LOCK} False", "first_run"]
    workbook.set_up(tests=False)
    assert len(steps) == 4


def test_a_changed_lock_is_installed_again(project: Path, steps: list[str]) -> None:
    """The stamp says what .venv was made from, so the setup runs again if the lock changes."""
    ready(project, workbook.READER_LOCK)
    workbook.set_up(tests=False)
    assert steps == []
    (project / workbook.READER_LOCK).write_text("other", encoding="utf-8")
    workbook.set_up(tests=False)
    assert steps == [f"uv {workbook.READER_LOCK} False", "first_run"]


@pytest.mark.parametrize(("cause", "tried"), [("network", True), (None, True), ("disk", False), ("hash", False)])
def test_pip_is_tried_if_uv_fails_unless_pip_would_fail_too(
    project: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch, cause: str | None, tried: bool
) -> None:
    """Pip's network settings can differ, but a full disk or a bad package is the same for both."""
    (project / ".venv").mkdir()

    def fail(uv: str, lock: str, *, fresh: bool) -> None:
        raise workbook.SetupError("no", cause)

    monkeypatch.setattr(workbook, "install_with_uv", fail)
    if tried:
        workbook.set_up(tests=False)
        assert steps == [f"pip {workbook.READER_LOCK} True", "first_run"]
    else:
        with pytest.raises(workbook.SetupError, match="no"):
            workbook.set_up(tests=False)


def test_a_failed_step_leaves_the_setup_unfinished(project: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An incomplete .venv has no stamp, so the next command creates it again."""
    ready(project, workbook.READER_LOCK)
    (project / "pyproject.toml").write_text("other", encoding="utf-8")

    def fail(command: list[str], name: str, cwd: Path | None = None) -> None:
        raise workbook.SetupError(name)

    monkeypatch.setattr(workbook, "run_logged", fail)
    with pytest.raises(workbook.SetupError, match="first_run"):
        workbook.set_up(tests=False)
    assert workbook.read_stamp() == {}
    with pytest.raises(workbook.SetupError):
        workbook.set_up(tests=False)


def test_workbook_py_needs_no_packages_and_is_short() -> None:
    """People may want to read it before they run it."""
    assert len(Path(workbook.__file__).read_text(encoding="utf-8").splitlines()) <= 250


def test_only_packages_published_without_a_wheel_are_built() -> None:
    """Each exception is still in the readers' lock, with a single hash, that of its source."""
    lock = (Path(workbook.__file__).parent / workbook.READER_LOCK).read_text(encoding="utf-8")
    at = workbook.WHEELS.index("--no-binary")
    assert workbook.WHEELS[:at] == ("--only-binary", ":all:")
    for name in workbook.WHEELS[at + 1 :]:
        entry = lock.partition(f"\n{name}==")[2].split("\n")
        assert [line.strip().startswith("--hash=") for line in entry[:3]] == [False, True, False], name
