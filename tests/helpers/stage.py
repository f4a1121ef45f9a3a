"""The workshop as `python workbook.py present` serves it, opened in a browser, for the tests that need a room's screen."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext

from tests.helpers.lab import ANSWERED, GLANCE, PATIENCE, ROOT, Opened


@dataclass
class Stage:
    """A running workshop.

    Args:
        address: Where it is, with its token.
        process: The command that was started.
        work: The folder in which the session is kept.
        said: What the command has printed so far.
    """

    address: str
    process: subprocess.Popen[str]
    work: Path
    said: str

    def kernels(self) -> list[psutil.Process]:
        """List the processes in which the workshop's Python runs."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                is_kernel = "ipykernel_launcher" in process.cmdline()
                if is_kernel and process.environ().get("BACKCHANNEL_WORK") == str(self.work):
                    found.append(process)
        return found

    def kill_kernels(self) -> None:
        """End the workshop's Python from outside, as a crash would."""
        killed = self.kernels()
        assert killed
        for one in killed:
            one.kill()


class Screen(Opened):
    """A page with the workshop, one part of it on screen."""

    def press(self, *keys: str) -> None:
        """Press keys one after the other, each as soon as the one before it was answered."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()

    def settle(self) -> None:
        """Wait until the part on screen has its answer, first part and rest."""
        self.page.wait_for_function(ANSWERED.replace(".bw", "[data-on] .bw"), polling=GLANCE)

    def fragment(self, name: str) -> str:
        """Give the text of a part of the panel on screen."""
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
    """Start the workshop by its own command, and stop it as a reader does."""
    command = [sys.executable, "-m", "backchannel_lib.cli", "present", "--no-browser", *arguments]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "BACKCHANNEL_WORK": str(work)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    try:
        assert process.stdout is not None
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\w+", said)):
            line = process.stdout.readline()
            assert line, said
            said += line
        yield Stage(found[0], process, work, said)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.stdout:
            process.stdout.close()


def opened(presenter: BrowserContext, stage: Stage, part: str, size: tuple[int, int] = (1280, 720)) -> Screen:
    """Open one part of the workshop in a new page, and wait until it is awake."""
    page = presenter.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    screen = Screen(page)
    page.goto(f"{stage.address}#{part}", timeout=PATIENCE)
    wait_until_ready(screen)
    return screen


def wait_until_ready(screen: Screen) -> None:
    """Wait until the part on screen has been told where it stands."""
    ready = "document.querySelectorAll('.bw-lesson').length === 4 && document.querySelector('[data-on] .bw[data-ready]')"
    screen.page.wait_for_function(ready, polling=GLANCE)
    screen.settle()
    time.sleep(0.1)
