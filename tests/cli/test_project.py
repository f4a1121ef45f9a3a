"""The workbook's folder when it isn't writable, or when everyone can read every file in it."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

import pytest

import workbook
from backchannel_lib.cli import main, project

posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's files from others by itself")


def open_to_all(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Make every mode in these folders 0777, whatever it is set to, as on a USB stick or a Windows disk under WSL."""
    look = os.stat

    def look_at(path: str | int | os.PathLike[str], **options: bool) -> os.stat_result:
        found = look(path, **options)  # type: ignore[arg-type]
        if isinstance(path, int) or not any(Path(path).is_relative_to(folder) for folder in folders):
            return found
        return os.stat_result((found.st_mode | 0o777, *found[1:]))

    monkeypatch.setattr(os, "stat", look_at)


@posix
def test_tokens_go_elsewhere_if_everyone_can_read_every_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Jupyter refuses to keep a token there, so it goes to a folder of the user's own, the same one each time."""
    stick, private = tmp_path / "stick", tmp_path / "private"
    stick.mkdir()
    private.mkdir()
    monkeypatch.setattr(project, "LOCAL", stick)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    assert project.runtime_folder() == stick / "runtime"
    open_to_all(monkeypatch, stick)
    found = project.runtime_folder()
    assert found.parent == private
    assert project.environment()["JUPYTER_RUNTIME_DIR"] == str(found) == str(project.runtime_folder())
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
    from jupyter_core.paths import secure_write

    with secure_write(str(found / "token")) as file:
        file.write("x")
    with pytest.raises(RuntimeError), secure_write(str(stick / "token")) as file:
        file.write("x")


@posix
def test_if_no_folder_is_private_a_message_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing starts, and there's no traceback."""
    monkeypatch.setattr(project, "LOCAL", tmp_path / "stick")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    open_to_all(monkeypatch, tmp_path)
    assert main.main(["present", "--no-browser"]) == 1
    message = capsys.readouterr().err
    assert "could read the key" in message
    assert "Move the workbook to a folder in your own home." in message


@posix
def test_a_token_folder_that_somebody_else_created_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a shared folder, another user could have created a link or a folder with that name."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "theirs", target_is_directory=True)
    assert not project.keeps_secrets(tmp_path / "link")
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert not project.keeps_secrets(tmp_path / "theirs")


@pytest.mark.parametrize("command", ["open", "present"])
def test_an_unwritable_folder_gives_an_error_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """The message names the folder and says what to do, without an error number."""

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr("backchannel_lib.cli.open_lab.LAST_LAYOUT", tmp_path / "new" / "layout")
    assert main.main([command, "--no-browser"]) == 1
    message = capsys.readouterr().err
    assert f"Copy the workbook's folder, {project.ROOT}, to a place\nthat you can write to" in message
    assert os.strerror(errno.EROFS) in message
    assert "Errno" not in message


def test_the_setup_says_so_if_its_folder_is_not_writable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*, tests: bool) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(tmp_path))

    monkeypatch.setattr(workbook, "set_up", refuse)
    with pytest.raises(SystemExit) as caught:
        workbook.main(["open"])
    assert f"The folder {workbook.ROOT} could not be written to." in str(caught.value)
    assert "Errno" not in str(caught.value)


@pytest.mark.parametrize(("command", "tests"), [("test", True), ("benchmark", True), ("open", False), ("site", False)])
def test_the_setup_installs_the_packages_that_a_command_needs(
    monkeypatch: pytest.MonkeyPatch, command: str, tests: bool
) -> None:
    asked: list[bool] = []

    def stop(*, tests: bool) -> None:
        asked.append(tests)
        raise KeyboardInterrupt

    monkeypatch.setattr(workbook, "set_up", stop)
    workbook.main([command])
    assert asked == [tests]


@pytest.mark.parametrize("command", [["test"], ["test", "--mutation"], ["benchmark"]])
def test_a_command_that_needs_packages_for_tests_says_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setattr("backchannel_lib.cli.run_checks.importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("backchannel_lib.cli.benchmark.USUAL", {})
    assert main.main(command) == 1
    assert "To install them: python workbook.py test --quick" in capsys.readouterr().err
