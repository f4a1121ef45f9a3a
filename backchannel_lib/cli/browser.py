"""Find a Chromium for the browser tests: one that is already installed, whatever its name.

As a script, it prints the browser's path, or says how to get one and exits with 1.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

#: The environment variable that overrides the search.
VARIABLE = "CHROMIUM"

#: Names of Chromium on the PATH, the best first. The headless shell is Chromium without windows: every command here runs it
#: headless, and it needs a quarter less CPU.
COMMANDS = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)

#: Paths on macOS, under / and under the home folder.
MAC_PROGRAMS = (
    "Applications/Chromium.app/Contents/MacOS/Chromium",
    "Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)

#: Paths on Windows, under each of WINDOWS_FOLDERS.
WINDOWS_PROGRAMS = (
    "Chromium/Application/chrome.exe",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")

#: Paths that `playwright install chromium` creates in Playwright's folder.
PLAYWRIGHT_PROGRAMS = (
    "chromium_headless_shell-*/*/*headless[_-]shell",
    "chromium_headless_shell-*/*/*headless[_-]shell.exe",
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)

HOW_TO_GET_ONE = (
    "No Chromium, Chrome or Edge was found, and the browser tests need one. Install any of them "
    "(Debian, Ubuntu: sudo apt-get install chromium; any system: python -m playwright install chromium), "
    f"or set the environment variable {VARIABLE} to the path of the one you have, and run the tests again."
)


class BrowserMissingError(RuntimeError):
    """No browser was found; the message says how to get one."""


def find_chromium() -> str:
    """Return the path of a Chromium, Chrome or Edge.

    Raises:
        BrowserMissingError: There is none, or the variable CHROMIUM names a missing file.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise BrowserMissingError(
                f"The environment variable {VARIABLE} is {named!r}, which isn't a program on this computer."
            )
        return found
    for command in COMMANDS:
        found = shutil.which(command)
        if found is not None:
            return found
    for program in _usual_places():
        if program.is_file():
            return str(program)
    raise BrowserMissingError(HOW_TO_GET_ONE)


def launch_arguments() -> list[str]:
    """Return the command-line arguments that make a test browser headless and keep it from making its own network requests.

    Without them, Chromium contacts its vendor's hosts at every start, which would show up in tests that record all requests.
    Also give every browser a new, empty profile.
    """
    arguments = [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-sync",
        # Any other requests fail, because no host name except this machine's resolves.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's sandbox refuses to run as root, often the only user in a container
    return arguments


def _usual_places() -> list[Path]:
    """Return the places where a browser that isn't on the PATH could be, the most likely first."""
    mac = [top / program for top in (Path("/"), Path.home()) for program in MAC_PROGRAMS]
    folders = [Path(os.environ[name]) for name in WINDOWS_FOLDERS if name in os.environ]
    windows = [folder / program for folder in folders for program in WINDOWS_PROGRAMS]
    playwright = [
        program
        for pattern in PLAYWRIGHT_PROGRAMS
        for program in sorted(_playwright_folder().glob(pattern), reverse=True)  # the newest first
    ]
    return [*mac, *windows, *playwright]


def _playwright_folder() -> Path:
    """Return the folder with the browsers that Playwright installs."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "0")
    if named != "0":
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "ms-playwright"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/ms-playwright"
    return Path.home() / ".cache/ms-playwright"


if __name__ == "__main__":
    try:
        print(find_chromium())
    except BrowserMissingError as error:
        sys.exit(str(error))
