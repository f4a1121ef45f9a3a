"""The workshop from `python workbook.py present` in a browser, for tests that need a room's screen."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.helpers.lab import ANSWERED, GLANCE, PATIENCE, ROOT, Opened

ADDRESSES = r"(http://127\.0\.0\.1:(\d+)/\S*\?token=\w+).*?(http:\S+/presenter\?token=\w+)"


class Stage:
    """A workshop that can crash and restart.

    Args:
        work: The folder with the session.
        arguments: More arguments for the command.
    """

    def __init__(self, work: Path, *arguments: str) -> None:
        self.work, self.said, self._arguments = work, "", arguments
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "backchannel_lib.cli", "present", "--no-browser", *self._arguments]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "BACKCHANNEL_WORK": str(self.work)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        while not (found := re.search(ADDRESSES, self.said, re.DOTALL)):
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line
        self.address, self.port, self.presenter = found[1], int(found[2]), found[3]

    def crash(self) -> None:
        """Kill the workshop like a crash, without any chance to save or report."""
        self.process.kill()
        self._wait()

    def start_again(self) -> None:
        """Restart the workshop with the same command, on the same port."""
        self._arguments = (f"--port={self.port}",)
        self._start()

    def stop(self) -> None:
        """Stop it the way a user does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self._wait()

    def _wait(self) -> None:
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class Screen(Opened):
    """A page of the workshop with one part on screen."""

    def press(self, *keys: str) -> None:
        """Press keys one at a time, waiting for each answer."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()

    def settle(self) -> None:
        """Wait until the part on screen has its complete answer."""
        self.page.wait_for_function("() => " + ANSWERED.replace(".bw", "[data-on] .bw"), polling=GLANCE)

    def fragment(self, name: str) -> str:
        """Return the text of a fragment of the panel on screen."""
        return self.page.inner_text(f'[data-on] [data-fragment="{name}"]')

    def wait_for_step(self, words: str) -> None:
        """Wait until the round's heading names a step."""
        self.page.wait_for_function(
            "words => document.querySelector('[data-on] [data-fragment=head]').innerText.includes(words)",
            arg=words,
            polling=GLANCE,
        )


@contextlib.contextmanager
def presented(work: Path, *arguments: str) -> Iterator[Stage]:
    """Start the workshop with its own command, and stop it the way a user does."""
    stage = Stage(work, *arguments)
    try:
        yield stage
    finally:
        stage.stop()


def opened(presenter: BrowserContext, stage: Stage, part: str, size: tuple[int, int] = (1280, 720)) -> Screen:
    """Open one part of the workshop in a new page, and wait until it is live."""
    page = presenter.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    screen = Screen(page)
    page.goto(f"{stage.address}#{part}", timeout=PATIENCE)
    wait_until_ready(screen)
    return screen


def wait_until_ready(screen: Screen) -> None:
    """Wait until the part on screen has its state."""
    screen.page.wait_for_function("() => document.querySelector('[data-on] .bw[data-ready]')", polling=GLANCE)
    screen.settle()
