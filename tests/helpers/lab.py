"""JupyterLab with the workbook's own settings and a chapter open, for tests that need a browser."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, ViewportSize

from backchannel_lib.cli.open_lab import FIRST_LAYOUT, LAST_LAYOUT, lab_command
from backchannel_lib.cli.project import LOCAL, NOTEBOOKS, ROOT, environment

PATIENCE = 60_000  # ms; a busy machine isn't a failure
SIZE: ViewportSize = {"width": 1280, "height": 800}
#: ms between two checks of a page. By default Playwright checks at every frame, which keeps the page busy.
GLANCE = 25
#: JupyterLab's status line for the kernel. Uses textContent because innerText makes the browser lay out the whole page.
IDLE = "document.querySelector('#jp-main-statusbar')?.textContent.includes('| Idle')"
#: The verdict of the first panel on the page, with `textContent` for the same reason.
VERDICT = "document.querySelector('.bw .bw-verdict-name').textContent.trim()"
#: Whether every part of the page has its complete answer, including deferred ones.
ANSWERED = "!document.querySelector('.bw[data-pending], .bw[data-more]')"

#: Waits for that in a single call, because tests do so after each key and Playwright's own wait takes several calls.
SETTLE = f"""async ([glance, patience]) => {{
  const until = performance.now() + patience;
  while (!({ANSWERED})) {{
    if (performance.now() > until) throw new Error('not answered in time');
    await new Promise(done => setTimeout(done, glance));
  }}
}}"""


@dataclass
class Opened:
    """A page with an executed notebook, its requests and its errors.

    Args:
        page: The page.
        hosts: All hosts that it sent requests to.
        complaints: Errors from the page and its console.
    """

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2] if "://" in request.url else "-"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    def settle(self) -> None:
        """Wait until every action has its answer."""
        self.page.evaluate(SETTLE, [GLANCE, PATIENCE])

    def wait_until_idle(self) -> None:
        """Wait until the kernel is idle."""
        self.page.wait_for_function(IDLE, polling=GLANCE, timeout=PATIENCE)

    def wait_until_live(self) -> None:
        """Wait for the first of the workbook's own widgets, which appears without any action."""
        self.page.wait_for_selector(".bw", state="attached", timeout=PATIENCE)

    def cut_off(self, kind: str = ".bw-lesson") -> list[str]:
        """List elements wider than their part of the page, once the layout is stable.

        Args:
            kind: A selector for parts: ``.bw`` matches all of them, ``.bw-lesson`` all except panels.
        """
        found: list[str] = self.page.evaluate(CUT_OFF, kind)
        return found

    def verdict(self) -> str:
        """Return the verdict on screen."""
        found: str = self.page.evaluate(VERDICT)
        return found

    def wait_for_verdict(self, verdict: str) -> None:
        """Wait until this verdict is on screen."""
        self.page.wait_for_function(
            f"verdict => {VERDICT} === verdict",
            arg=verdict,
            polling=GLANCE,
            timeout=PATIENCE,
        )

    def wait_for_notice(self, notice: str) -> None:
        """Wait until the first panel's notice is this text, which can be blank."""
        self.page.wait_for_function(
            "notice => document.querySelector('.bw [data-notice]').textContent === notice",
            arg=notice,
            polling=GLANCE,
            timeout=PATIENCE,
        )


@dataclass
class Lab:
    """A running JupyterLab.

    Args:
        address: Its address, without the token.
        layout: The file with its window's last layout.
        folder: The folder it serves: a copy of the notebooks, and its output.
    """

    address: str
    layout: Path
    folder: Path


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Lab]:
    """Start JupyterLab with the workbook's own settings, and an empty folder for everything it writes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Use a copy of the notebooks, because JupyterLab saves what it has run and the originals have to stay unchanged.
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    command = [*lab_command(port, browser=False), f"--ServerApp.root_dir={folder}", "--IdentityProvider.token=test"]
    command.append("--LabApp.expose_app_in_browser=True")  # so that a test can open a second notebook on the same page
    written = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    log = folder / "lab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment() | written, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/api?token=test", timeout=5).close()  # noqa: S310 - our own address
                break
            except OSError:
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)
        yield Lab(address, Path(written["JUPYTER_CONFIG_DIR"]) / LAST_LAYOUT.relative_to(LOCAL / "config"), folder)
    finally:
        server.terminate()
        server.wait(30)


def open_and_run(
    context: BrowserContext, lab: Lab, notebook: str, *, before: Callable[[Page], object] = lambda _: None
) -> Opened:
    """Open a chapter in a new page, where it runs by itself, and record the page's requests and errors.

    Args:
        context: The browser's context.
        lab: The JupyterLab.
        notebook: Its file name.
        before: Called with the page before it loads.
    """
    lab.layout.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FIRST_LAYOUT, lab.layout)  # keeps JupyterLab from reopening what the last page had open
    page = context.new_page()
    before(page)
    opened = Opened(page)
    page.goto(f"{lab.address}/lab/tree/notebooks/{notebook}?token=test", timeout=PATIENCE)
    opened.wait_until_live()
    return opened


class Window:
    """A page of JupyterLab that opens one notebook after another, because loading JupyterLab takes longer than opening one.

    Args:
        context: The browser's context.
        lab: The JupyterLab.
    """

    def __init__(self, context: BrowserContext, lab: Lab) -> None:
        self.context = context
        self.lab = lab
        self.opened: Opened | None = None

    @contextlib.contextmanager
    def notebook(self, name: str) -> Iterator[Opened]:
        """Open a chapter, live; afterward close it and its kernel, or the whole page if the test failed."""
        try:
            if self.opened is None:
                self.opened = open_and_run(self.context, self.lab, name)
            else:
                self.opened.page.evaluate(OPEN, f"notebooks/{name}")
                self.opened.wait_until_live()
            yield self.opened
            self.opened.page.evaluate(CLOSE)
            self.opened.page.wait_for_selector(".jp-NotebookPanel, .bw", state="detached", timeout=PATIENCE)
        except BaseException:
            self.close()
            raise
        self.opened.page.set_viewport_size(SIZE)
        self.opened.hosts.clear()
        self.opened.complaints.clear()

    def close(self) -> None:
        """Close the page."""
        if self.opened is not None:
            self.opened.page.close()
            self.opened = None


#: Opens a notebook in JupyterLab, and waits for its kernel.
OPEN = """async path => {
  const panel = await window.jupyterapp.commands.execute('docmanager:open', { path });
  await panel.context.ready;
  await panel.sessionContext.ready;
}"""
#: Closes every notebook without saving, and shuts down its kernel.
CLOSE = """async () => {
  for (const panel of [...window.jupyterapp.shell.widgets('main')]) {
    if (!panel.context) continue;
    await panel.sessionContext.shutdown();
    panel.dispose();
  }
}"""
#: Elements that are wider than their part of the page.
CUT_OFF = """async (kind) => {
  const parts = [...document.querySelectorAll(kind)];
  const found = [];
  let begun = performance.now();
  for (const part of parts) {
    part.scrollIntoView();  // what is out of sight is not laid out anew
    // Wait until the layout has come to rest: the same size and place through five frames. A new width takes the page a while.
    let [before, still] = ['', 0];
    while (still < 5 || performance.now() - begun < 200) {
      await new Promise(requestAnimationFrame);
      const box = part.getBoundingClientRect();
      const now = [box.x, box.y, box.width, part.scrollWidth, part.scrollHeight].join();
      still = now === before ? still + 1 : 0;
      before = now;
    }
    const right = part.getBoundingClientRect().right + 1;
    for (const one of part.querySelectorAll('*')) {
      const outside = one.getBoundingClientRect().right > right && one.checkVisibility();
      if (outside && !one.closest('.bw-hidden, .bw-plot, .bw-numbers')) {
        found.push(`${part.querySelector('h2')?.textContent}: ${one.outerHTML.slice(0, 120)}`);
      }
    }
  }
  return found;
}"""
