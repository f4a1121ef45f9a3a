"""Three browser engines behind one small interface, for pages that have to work in all of them.

Playwright drives Chromium, and Selenium drives WebKit with its own driver. Firefox is driven by WebDriver BiDi directly,
because Debian doesn't package its usual driver.
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
from playwright.sync_api import Error as PlaywrightError
from selenium import webdriver
from selenium.common.exceptions import NoSuchFrameException, TimeoutException, WebDriverException

#: Keys without a character, as WebDriver writes them.
ENTER, RIGHT, PAGE_DOWN = "\ue007", "\ue014", "\ue00f"
KEY_NAMES: Final = {ENTER: "Enter", RIGHT: "ArrowRight", PAGE_DOWN: "PageDown"}  # as Playwright names them
MINI_BROWSERS: Final = "webkit2gtk-4.*/MiniBrowser"
PATIENCE_S: Final = 120.0
LOOK_S: Final = 0.1
#: The time after which a question is repeated: Firefox doesn't answer one asked just before the page was left.
ANSWER_S: Final = 10.0
#: Playwright's message when a page is replaced during a question.
REPLACED: Final = ("Execution context was destroyed", "Cannot find context with specified id")


class NoAnswerError(Exception):
    """The page was replaced before it could answer, or was too busy."""


class Engine(Protocol):
    """What a test needs from a browser."""

    def goto(self, address: str) -> None:
        """Open an address, and wait until the page has loaded."""

    def run(self, script: str, seconds: float = PATIENCE_S) -> Any:
        """Return the value of a JavaScript expression, which may be a promise.

        Raises:
            AssertionError: The script failed.
            NoAnswerError: The page was replaced, or didn't answer in time.
        """

    def click(self, selector: str) -> None:
        """Click the middle of an element, as a finger would."""

    def keys(self, text: str) -> None:
        """Press keys one after the other, wherever the focus is."""

    def picture(self, file: Path) -> None:
        """Take a screenshot."""


def ask(engine: Engine, question: str, *, seconds: float = PATIENCE_S) -> Any:
    """Return the value of an expression without side effects, repeating it if there is no answer.

    Raises:
        AssertionError: The script failed.
        NoAnswerError: There was no answer in time.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return engine.run(question, min(ANSWER_S, seconds))
        except NoAnswerError:
            if time.monotonic() > until:
                raise
        time.sleep(LOOK_S)


def wait_for(engine: Engine, condition: str, *, seconds: float = PATIENCE_S) -> None:
    """Wait until a JavaScript expression is true, on this page or its replacement."""
    until = time.monotonic() + seconds
    holds = f"(async () => !!(await ({condition})))()"
    while not ask(engine, holds, seconds=max(LOOK_S, until - time.monotonic())):
        if time.monotonic() > until:
            shown = ask(engine, "document.body?.innerText.slice(0, 2000)")  # a new page may not have a body yet
            raise AssertionError(f"not in {seconds:.0f} s: {condition}\n{shown}")
        time.sleep(LOOK_S)


class Chromium:
    """Chromium, in its own window."""

    def __init__(self, browser: Browser, size: tuple[int, int], **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        self.context.set_default_timeout(1000 * PATIENCE_S)
        self.page = self.context.new_page()

    def goto(self, address: str) -> None:
        self.page.goto(address)

    def run(self, script: str, seconds: float = PATIENCE_S) -> Any:  # Chromium reports immediately that a page was replaced
        try:
            return self.page.evaluate(script)
        except PlaywrightError as error:
            kind = NoAnswerError if any(said in error.message for said in REPLACED) else AssertionError
            raise kind(f"{script}: {error.message}") from error

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def keys(self, text: str) -> None:
        for key in text:
            if name := KEY_NAMES.get(key):
                self.page.keyboard.press(name)
            else:
                self.page.keyboard.type(key)

    def picture(self, file: Path) -> None:
        self.page.screenshot(path=file)


class WebKit:
    """WebKit, in GTK's MiniBrowser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def goto(self, address: str) -> None:
        self.driver.get(address)

    def run(self, script: str, seconds: float = PATIENCE_S) -> Any:
        self.driver.set_script_timeout(seconds)
        done = "const done = arguments[arguments.length - 1];"
        run = f"{done} (async () => ({script}))().then(value => done([value, null]), error => done([null, `${{error}}`]));"
        try:
            value, error = self.driver.execute_async_script(run)
        except (NoSuchFrameException, TimeoutException) as lost:
            raise NoAnswerError(f"{script}: {lost.msg}") from lost
        except WebDriverException as ended:
            if "Could not parse script result" in str(ended.msg):  # an answer without content
                raise AssertionError("The process in which WebKit shows the page has ended.") from ended
            raise
        assert error is None, f"{script}: {error}"
        return value

    def click(self, selector: str) -> None:
        element = self.driver.find_element("css selector", selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def keys(self, text: str) -> None:
        self.driver.switch_to.active_element.send_keys(text)

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.driver.get_screenshot_as_base64()))


class Firefox:
    """Firefox, over WebDriver BiDi."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket
        self.last = 0
        self.command("session.new", capabilities={})
        self.context: str = self.command("browsingContext.getTree")["contexts"][0]["context"]

    def command(self, method: str, *, seconds: float = PATIENCE_S, **parameters: Any) -> Any:
        """Send a command, and return its result."""
        self.last += 1
        self.socket.send(json.dumps({"id": self.last, "method": method, "params": parameters}))
        until = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(LOOK_S, until - time.monotonic()))
            try:
                answer = json.loads(self.socket.recv())
            except websocket.WebSocketTimeoutException as late:
                raise NoAnswerError(f"{method}, {parameters}: not answered in {seconds:.0f} s") from late
            if answer.get("id") != self.last:  # an event, or the answer to an abandoned question
                continue
            if answer["type"] == "success":
                return answer["result"]
            kind = NoAnswerError if answer["error"] == "no such frame" else AssertionError
            raise kind(f"{method}, {parameters}: {answer['message']}")

    def resize(self, width: int, height: int) -> None:
        """Set the size of the page."""
        self.command("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def goto(self, address: str) -> None:
        self.command("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def _evaluate(self, script: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        target = {"context": self.context}
        result = self.command("script.evaluate", seconds=seconds, expression=script, target=target, awaitPromise=True)
        assert result["type"] == "success", f"{script}: {result['exceptionDetails']['text']}"
        return dict(result["result"])

    def run(self, script: str, seconds: float = PATIENCE_S) -> Any:
        expression = f"Promise.resolve({script}).then(value => JSON.stringify(value === undefined ? null : value))"
        return json.loads(self._evaluate(expression, seconds)["value"])

    def click(self, selector: str) -> None:
        quoted = json.dumps(selector)
        self.run(
            f"""new Promise(done => {{
            let before, same = 0;
            const look = () => {{
              const element = document.querySelector({quoted});
              element.scrollIntoView({{ block: "center" }});
              const {{ top }} = element.getBoundingClientRect();
              same = top === before ? same + 1 : 0;
              before = top;
              if (same < 3) requestAnimationFrame(look); else done();
            }};
            look();
            }})"""
        )  # an answer in between can move the page, so press where the element ends up
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


def open_engine(name: str, browser: Browser, size: tuple[int, int]) -> contextlib.AbstractContextManager[Engine]:
    """Open `chromium`, `firefox` or `webkit` in a window of a given size."""
    if name == "chromium":
        return open_chromium(browser, size)
    return open_firefox(size) if name == "firefox" else open_webkit(size)


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
    """Open Firefox with a new profile."""
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
    """Open WebKit on a virtual screen."""
    places = sorted(Path("/usr/lib").glob(f"*/{MINI_BROWSERS}"))
    assert places, "WebKit is missing (Debian: apt-get install webkit2gtk-driver)"
    with virtual_screen() as display:
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(places[-1])
        options.add_argument("--automation")
        # Disable OpenGL, because the software renderer in Debian's Mesa sometimes crashes the page's process.
        environment = {"DISPLAY": display, "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        environment |= {"PATH": "/usr/bin:/bin", "HOME": tempfile.gettempdir()}
        # Leave out the slowest compilers: a test's page doesn't live long enough to gain from them.
        environment |= {"JSC_useOMGJIT": "0", "JSC_useFTLJIT": "0"}
        service = webdriver.WebKitGTKService(env=environment)
        with warnings.catch_warnings():  # Selenium itself does what this warning is about
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            driver.set_page_load_timeout(PATIENCE_S)
            driver.set_window_size(*size)
            yield WebKit(driver)
        finally:
            driver.quit()


@contextlib.contextmanager
def virtual_screen() -> Iterator[str]:
    """Start a virtual screen, and yield its name."""
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


__all__ = ["Engine", "NoAnswerError", "ask", "open_chromium", "open_firefox", "open_webkit", "wait_for"]
