"""Three browser engines behind one small interface, for pages that have to work in each of them.

Chromium is driven by Playwright, WebKit by selenium through its own driver, and Firefox by WebDriver BiDi, which it speaks
itself: its usual driver is not among Debian's packages.
"""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import websocket
from playwright.sync_api import Browser
from selenium import webdriver

from backchannel_lib.cli.browser import find_chromium

ENGINES: Final = ("chromium", "firefox", "webkit")
MINI_BROWSERS: Final = "webkit2gtk-4.*/MiniBrowser"
PATIENCE_S: Final = 60.0
LOOK_S: Final = 0.1


class Engine(Protocol):
    """What a test needs of a browser."""

    def goto(self, address: str) -> None:
        """Open an address, and wait until the page has loaded."""

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression, which may be a promise."""

    def click(self, selector: str) -> None:
        """Click on the middle of an element, as a finger would."""

    def keys(self, text: str) -> None:
        """Press keys, wherever the focus is."""

    def picture(self, file: Path) -> None:
        """Save what is on screen."""


def wait_for(engine: Engine, condition: str, *, seconds: float = PATIENCE_S) -> None:
    """Wait until a JavaScript expression is true."""
    until = time.monotonic() + seconds
    while not engine.run(f"!!({condition})"):
        if time.monotonic() > until:
            shown = engine.run("document.body.innerText.slice(0, 2000)")
            raise AssertionError(f"not in {seconds:.0f} s: {condition}\n{shown}")
        time.sleep(LOOK_S)


class Chromium:
    """Chromium, in a window of its own."""

    def __init__(self, browser: Browser, size: tuple[int, int], **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        self.page = self.context.new_page()

    def goto(self, address: str) -> None:
        self.page.goto(address)

    def run(self, script: str) -> Any:
        return self.page.evaluate(script)

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def keys(self, text: str) -> None:
        self.page.keyboard.type(text)

    def picture(self, file: Path) -> None:
        self.page.screenshot(path=file)


class WebKit:
    """WebKit, as GTK's MiniBrowser shows it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def goto(self, address: str) -> None:
        self.driver.get(address)

    def run(self, script: str) -> Any:
        done = "const done = arguments[arguments.length - 1];"
        return self.driver.execute_async_script(
            f"{done} Promise.resolve({script}).then(done, error => done('ERROR ' + error));"
        )

    def click(self, selector: str) -> None:
        element = self.driver.find_element("css selector", selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def keys(self, text: str) -> None:
        self.driver.switch_to.active_element.send_keys(text)

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.driver.get_screenshot_as_base64()))


class Firefox:
    """Firefox, by WebDriver BiDi."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket
        self.last = 0
        self.command("session.new", capabilities={})
        self.context: str = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, **parameters: Any) -> Any:
        """Send a command, and return its result."""
        self.last += 1
        self.socket.send(json.dumps({"id": self.last, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.last:
                assert answer["type"] == "success", f"{method}: {answer}"
                return answer["result"]

    def resize(self, width: int, height: int) -> None:
        """Give the page this size."""
        self.command("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def goto(self, address: str) -> None:
        self.command("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def _evaluate(self, script: str, ownership: str = "none") -> dict[str, Any]:
        target = {"context": self.context}
        result = self.command("script.evaluate", expression=script, target=target, awaitPromise=True, resultOwnership=ownership)
        assert result["type"] == "success", result
        return dict(result["result"])

    def run(self, script: str) -> Any:
        text = self._evaluate(f"Promise.resolve({script}).then(value => JSON.stringify(value === undefined ? null : value))")
        return json.loads(text["value"])

    def click(self, selector: str) -> None:
        quoted = json.dumps(selector)
        self.run(f"document.querySelector({quoted}).scrollIntoView({{block: 'center'}})")
        element = self._evaluate(f"document.querySelector({quoted})")["sharedId"]
        origin = {"type": "element", "element": {"sharedId": element}}
        moves = [{"type": "pointerMove", "x": 0, "y": 0, "origin": origin}]
        moves += [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self.command("input.performActions", context=self.context, actions=[{"type": "pointer", "id": "p", "actions": moves}])

    def keys(self, text: str) -> None:
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.command("input.performActions", context=self.context, actions=[{"type": "key", "id": "k", "actions": actions}])

    def picture(self, file: Path) -> None:
        data = self.command("browsingContext.captureScreenshot", context=self.context)["data"]
        file.write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def open_chromium(browser: Browser, size: tuple[int, int]) -> Iterator[Engine]:
    """Open Chromium."""
    engine = Chromium(browser, size)
    try:
        yield engine
    finally:
        engine.context.close()


@contextlib.contextmanager
def open_firefox(size: tuple[int, int]) -> Iterator[Engine]:
    """Open Firefox with a profile of its own."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is missing (Debian: apt-get install firefox-esr)"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Port 0 lets Firefox choose a free one, which it then prints.
        command = [program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "WebDriver BiDi listening on" in line:
                    break
            address = line.rpartition(" ")[2].strip()
            engine = Firefox(websocket.create_connection(f"{address}/session", timeout=PATIENCE_S, suppress_origin=True))
            engine.resize(*size)
            try:
                yield engine
            finally:
                engine.socket.close()
        finally:
            process.terminate()
            process.communicate()


@contextlib.contextmanager
def open_webkit(size: tuple[int, int]) -> Iterator[Engine]:
    """Open WebKit on a screen that nobody sees."""
    places = sorted(Path("/usr/lib").glob(f"*/{MINI_BROWSERS}"))
    assert places, "WebKit is missing (Debian: apt-get install webkit2gtk-driver)"
    with virtual_screen() as display:
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(places[-1])
        options.add_argument("--automation")
        service = webdriver.WebKitGTKService(env={"DISPLAY": display, "PATH": "/usr/bin:/bin", "HOME": tempfile.gettempdir()})
        with warnings.catch_warnings():  # selenium itself does here what it warns of
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            driver.set_script_timeout(PATIENCE_S)
            driver.set_window_size(*size)
            yield WebKit(driver)
        finally:
            driver.quit()


@contextlib.contextmanager
def virtual_screen() -> Iterator[str]:
    """Start a screen that nobody sees, and name it."""
    program = shutil.which("Xvfb")
    assert program, "Xvfb is missing (Debian: apt-get install xvfb)"
    command = [program, "-displayfd", "1", "-screen", "0", "2000x1400x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield f":{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.communicate()


__all__ = ["ENGINES", "Engine", "find_chromium", "open_chromium", "open_firefox", "open_webkit", "wait_for"]
