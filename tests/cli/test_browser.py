"""Which browser is used, and what is said without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from backchannel_lib.cli import browser


@pytest.fixture(autouse=True)
def no_browser_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the search decide."""
    monkeypatch.delenv(browser.VARIABLE, raising=False)


def test_without_a_browser_the_message_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the tests fail with that message instead of being skipped."""
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    monkeypatch.setattr(browser, "_usual_places", list)
    with pytest.raises(browser.BrowserMissingError, match="apt-get install chromium"):
        browser.find_chromium()


def test_the_headless_shell_is_preferred_to_other_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert browser.find_chromium() == "/usr/bin/chromium-headless-shell"


@pytest.mark.parametrize("shell", ["chrome-linux/headless_shell", "chrome-headless-shell-linux64/chrome-headless-shell"])
def test_playwrights_headless_shell_is_preferred_to_its_other_browser(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shell: str
) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    monkeypatch.setattr(browser, "MAC_PROGRAMS", ())
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    for name in ("chromium-1200/chrome-linux/chrome", f"chromium_headless_shell-1200/{shell}"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert browser.find_chromium() == str(tmp_path / "chromium_headless_shell-1200" / shell)


def test_a_browser_that_is_named_but_missing_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(browser.VARIABLE, "no-such-browser")
    with pytest.raises(browser.BrowserMissingError, match="'no-such-browser', which isn't a program on this computer"):
        browser.find_chromium()
