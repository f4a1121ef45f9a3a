"""Measures a class on JupyterHub: each learner's memory, how fast a chapter answers, and what happens when memory runs out.

    python -m venv HUB
    HUB/bin/pip install --require-hashes -r requirements-hub.lock
    HUB/bin/pip install --no-deps --no-build-isolation -e .
    npm ci --prefix hub
    HUB/bin/python -m benchmarks.hub [--learners N] [--moves N] [--browser]

It starts JupyterHub and its proxy with hub/jupyterhub_config.py, under a URL prefix, on free ports and in a temporary folder.
One learner arrives alone, then all others at once. Each opens a chapter as JupyterLab does, which starts their own server and
kernel, fetches the notebook through the proxy and runs its cells. Then all of them move a control repeatedly at the same time,
waiting for the panel's answer after each move. Memory is what a process alone uses (USS), and the same plus its share of shared
pages (PSS), as ratios to empty kernels running at the same time.

At the end, one learner's code fills the memory, and another learner's kernel is killed as Linux kills it when memory runs out.
With --browser (and Playwright in that Python), Chromium also opens a chapter through the hub, moves a control, and reports what
the page shows after its kernel is killed.
"""
# ruff: noqa: INP001, S101, T201 (a standalone command that prints to a terminal, and stops if a figure would be meaningless)

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
from jupyter_client.manager import KernelManager
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from benchmarks.machine import machine_line

ROOT: Final = Path(__file__).resolve().parent.parent
PREFIX: Final = "/hubtest/"
CHAPTER: Final = "notebooks/10_your_case.ipynb"
PATIENCE: Final = 300  # s; a busy machine isn't a failure
EMPTY_KERNELS: Final = 3
#: The hub's additional settings: anyone can sign in. All servers run under this user account, each with its own home folder.
SETTINGS: Final = """
load_subconfig({config!r})
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}{prefix}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.cleanup_servers = True
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.JupyterHub.services = [{{"name": "course", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "course", "scopes": ["admin:users", "admin:servers", "access:servers"], "services": ["course"]}}
]
"""


@dataclass
class Hub:
    """A running hub.

    Args:
        address: The proxy's address, with the prefix.
        token: An API token that can act for any learner.
        process: The hub; the proxy and the servers are its children.
        homes: The folder with each learner's home folder.
    """

    address: str
    token: str
    process: psutil.Process
    homes: Path

    async def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Send a request through the proxy, and return the JSON answer; None if it is empty."""
        request = HTTPRequest(
            self.address + path,
            method,
            self.headers(),
            json.dumps(body) if method != "GET" else None,
            connect_timeout=PATIENCE,
            request_timeout=PATIENCE,
        )
        answer = await AsyncHTTPClient().fetch(request)
        return json.loads(answer.body) if answer.body else None

    def headers(self) -> dict[str, str]:
        """Return the headers for every request."""
        return {"Authorization": f"token {self.token}"}

    def processes(self, part: str, learner: str = "") -> list[psutil.Process]:
        """List the hub's child processes whose command line contains a text, for one learner or for all."""
        found = []
        for one in self.process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if part in " ".join(one.cmdline()) and learner in ("", one.environ().get("JUPYTERHUB_USER", "")):
                    found.append(one)
        return found


@dataclass
class Learner:
    """A learner with a chapter open.

    Args:
        hub: The hub.
        name: The learner's name.
    """

    hub: Hub
    name: str
    kernel: str = ""
    socket: WebSocketClientConnection | None = None
    inbox: asyncio.Queue[str | bytes | None] = field(default_factory=asyncio.Queue)
    panel: str = ""
    answers: list[float] = field(default_factory=list)
    server_s: float = 0
    opened_s: float = 0

    async def open_chapter(self) -> None:
        """Start a server, open the chapter and run it."""
        begun = time.perf_counter()
        await self.hub.ask(f"hub/api/users/{self.name}", "POST")
        await self.hub.ask(f"hub/api/users/{self.name}/server", "POST")
        while not (await self.hub.ask(f"hub/api/users/{self.name}"))["servers"].get("", {}).get("ready"):
            await asyncio.sleep(0.2)
        self.server_s = time.perf_counter() - begun
        begun = time.perf_counter()
        notebook = (await self.hub.ask(f"user/{self.name}/api/contents/{CHAPTER}"))["content"]
        wanted = {"path": CHAPTER, "name": CHAPTER, "type": "notebook", "kernel": {"name": "python3"}}
        self.kernel = (await self.hub.ask(f"user/{self.name}/api/sessions", "POST", wanted))["kernel"]["id"]
        address = f"{self.hub.address}user/{self.name}/api/kernels/{self.kernel}/channels".replace("http", "ws", 1)
        self.socket = await websocket_connect(
            HTTPRequest(address, headers=self.hub.headers(), connect_timeout=PATIENCE, request_timeout=PATIENCE),
            on_message_callback=self.inbox.put_nowait,  # read immediately, as a browser does, so that pings are answered
            max_message_size=2**28,
        )
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                status = (await self.run(cell["source"]))["status"]
                assert status == "ok", f"{self.name}: a cell of {CHAPTER} failed"
        assert self.panel, f"{self.name}: {CHAPTER} shows no panel"
        self.opened_s = time.perf_counter() - begun

    async def run(self, source: str) -> Any:
        """Run a cell, record the first panel that it shows, and return the kernel's reply."""
        sent = await self.send("execute_request", {"code": source, "allow_stdin": False, "stop_on_error": True})
        reply, idle = None, False
        while reply is None or not idle:
            message = await self.receive()
            kind, content = message["msg_type"], message["content"]
            if kind == "comm_open" and "activity_id" in content["data"].get("state", {}):
                self.panel = self.panel or content["comm_id"]
            if message["parent_header"].get("msg_id") == sent:
                reply = content if kind == "execute_reply" else reply
                idle = idle or (kind == "status" and content["execution_state"] == "idle")
        return reply

    async def move(self, seq: int) -> None:
        """Move the score as the panel's page does, and record the seconds until the answer; ``seq`` 0 only says hello."""
        begun = time.perf_counter()
        message = {"type": "hello"} if not seq else {"type": "set", "field": "score", "value": 200 + seq}
        content = {"method": "custom", "content": {**message, "seq": seq, "number": seq + 1, "view": "view"}}
        await self.send("comm_msg", {"comm_id": self.panel, "data": content})
        while True:
            reply = await self.receive()
            answer = reply["content"].get("data", {}) if reply["msg_type"] == "comm_msg" else {}
            if answer.get("method") == "custom" and answer["content"].get("seq") == seq:
                break
        if seq:
            self.answers.append(time.perf_counter() - begun)

    async def send(self, kind: str, content: dict[str, Any]) -> str:
        """Send a message to the kernel, and return its id."""
        number = uuid.uuid4().hex
        header = {"msg_id": number, "msg_type": kind, "session": self.name, "username": "", "version": "5.3", "date": ""}
        assert self.socket is not None
        whole = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
        await self.socket.write_message(json.dumps(whole))
        return number

    async def receive(self) -> Any:
        """Wait for a message from the kernel, and return it without a widget's binary buffers."""
        raw = await asyncio.wait_for(self.inbox.get(), PATIENCE)
        assert raw is not None, f"{self.name}: the connection was closed"
        if isinstance(raw, bytes):
            ends = [int.from_bytes(raw[4 * at : 4 * at + 4], "big") for at in (1, 2)]
            raw = raw[ends[0] : ends[1]] if int.from_bytes(raw[:4], "big") > 1 else raw[ends[0] :]
        return json.loads(raw)


def free_ports(count: int) -> list[int]:
    """Return free ports."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in found]


@contextlib.asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Hub]:
    """Start the hub in a folder; afterward stop it and all its child processes."""
    port, hub_port, api_port = free_ports(3)
    token, homes = secrets.token_hex(20), folder / "homes"
    settings = SETTINGS.format(
        config=str(ROOT / "hub" / "jupyterhub_config.py"),
        port=port,
        hub_port=hub_port,
        api_port=api_port,
        prefix=PREFIX,
        homes=str(homes / "{username}"),
        token=token,
    )
    (folder / "settings.py").write_text(settings, encoding="utf-8")
    log = folder / "hub.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "jupyterhub", "-f", "settings.py"]
        process = psutil.Popen(command, cwd=folder, stdout=out, stderr=out)
    hub = Hub(f"http://127.0.0.1:{port}{PREFIX}", token, process, homes)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError, HTTPClientError):  # the proxy answers before the hub does
                await hub.ask("hub/api/")
                break
            assert process.poll() is None, "the hub has ended"
            assert time.monotonic() < deadline, "the hub does not answer"
            await asyncio.sleep(0.3)
        yield hub
    except BaseException:
        print(log.read_text(encoding="utf-8")[-4000:], file=sys.stderr)
        raise
    finally:
        below = process.children(recursive=True)
        process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs([process, *below], 30)
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.kill()


@contextlib.contextmanager
def empty_kernels(count: int) -> Iterator[list[psutil.Process]]:
    """Start kernels with Jupyter's default settings and run an empty cell in each; afterward stop them."""
    managers = []
    try:
        for _ in range(count):
            manager = KernelManager(kernel_name="python3")
            manager.start_kernel(stderr=subprocess.DEVNULL)  # hides its warning about unencrypted connections
            managers.append(manager)
            client = manager.client()
            client.start_channels()
            client.wait_for_ready(PATIENCE)
            client.execute_interactive("pass", timeout=PATIENCE)
            client.stop_channels()
        yield [psutil.Process(manager.provisioner.pid) for manager in managers]
    finally:
        for manager in managers:
            manager.shutdown_kernel(now=True)


def memory(processes: Sequence[psutil.Process]) -> tuple[float, float]:
    """Return the processes' median USS and PSS, in MB."""
    found = [one.memory_full_info() for one in processes]
    return statistics.median(one.uss for one in found) / 2**20, statistics.median(one.pss for one in found) / 2**20


async def measure(learners: int, moves: int, *, browser: bool) -> None:
    """Start the hub, let all learners work, and print the figures."""
    with tempfile.TemporaryDirectory() as place:
        async with started(Path(place)) as hub:
            alone = Learner(hub, "first")
            await alone.open_chapter()
            for seq in range(moves + 1):
                await alone.move(seq)
            print(f"one learner alone: server {alone.server_s:.1f} s, chapter {alone.opened_s:.1f} s", flush=True)
            course = [Learner(hub, f"learner{number}") for number in range(1, learners)]
            answers_alone, alone.answers = alone.answers, []
            await asyncio.gather(*(one.open_chapter() for one in course))
            everybody = [alone, *course]

            async def play(one: Learner, first: int) -> None:
                for seq in range(first, first + moves + (not first)):
                    await one.move(seq)

            await asyncio.gather(play(alone, moves + 1), *(play(one, 0) for one in course))
            median_alone = statistics.median(answers_alone)
            answers = [answer for one in everybody for answer in one.answers]
            assert len(answers) == learners * moves
            print(f"{learners} at once: {learners} chapters opened, {len(answers)} moves answered, none lost")
            for name, of in (("server ready", "server_s"), ("chapter run", "opened_s")):
                times = [getattr(one, of) for one in course] or [getattr(alone, of)]
                first = getattr(alone, of)
                print(f"  {name}: median {statistics.median(times) / first:.1f}, slowest {max(times) / first:.1f} times alone"
                      f" ({max(times):.1f} s)")  # fmt: skip
            print(
                f"  move answered: median {statistics.median(answers) / median_alone:.1f}, slowest"
                f" {max(answers) / median_alone:.1f} times the median alone ({median_alone * 1000:.0f} ms);"
                f" slowest {max(answers) * 1000:.0f} ms"
            )
            with empty_kernels(EMPTY_KERNELS) as empty:
                empty_uss, empty_pss = memory(empty)
            kernels, servers = hub.processes("ipykernel_launcher"), hub.processes("jupyterhub.singleuser")
            servers = [one for one in servers if one not in kernels]
            assert len(kernels) == len(servers) == learners, (len(kernels), len(servers))
            print(f"  an empty kernel: USS {empty_uss:.0f} MB, PSS {empty_pss:.0f} MB")
            for name, processes in (("kernel with the chapter", kernels), ("JupyterLab's server", servers)):
                uss, pss = memory(processes)
                print(
                    f"  {name}: USS {uss / empty_uss:.2f}, PSS {pss / empty_pss:.2f} empty kernels ({uss:.0f} and {pss:.0f} MB)"
                )
            own = [hub.process, *hub.processes("configurable-http-proxy")]
            print(f"  hub and proxy, once for all: {sum(one.memory_full_info().uss for one in own) / 2**20:.0f} MB")
            await run_out_of_memory(everybody)
            if browser:
                await asyncio.to_thread(look, hub)
        left = [one.pid for one in kernels + servers if one.is_running()]
        print(f"processes left behind: {len(left)}")
    print(machine_line("jupyterhub", "jupyterlab", "ipykernel"))


async def run_out_of_memory(everybody: list[Learner]) -> None:
    """Fill one learner's memory, kill another one's kernel, and print what each of them and the others see."""
    one, other = everybody[0], everybody[-1]
    (kernel,) = one.hub.processes("ipykernel_launcher", one.name)
    before = kernel.pid
    reply = await one.run("filled = []\nwhile True:\n    filled.append(bytearray(64 * 2**20))")
    print(f"  at the limit a cell ends with {reply.get('ename')}", end="; ")
    reply = await one.run("del filled\n6 * 7")
    await one.move(500)
    (kernel,) = one.hub.processes("ipykernel_launcher", one.name)
    print(f"afterward the same kernel ({kernel.pid == before}) answers: cell {reply['status']}, panel answered")
    if len(everybody) > 1:
        (kernel,) = other.hub.processes("ipykernel_launcher", other.name)
        kernel.kill()
        seen: list[str] = []
        while "idle" not in seen or not {"restarting", "autorestarting"} & set(seen):
            message = await other.receive()
            if message["msg_type"] == "status":
                seen.append(message["content"]["execution_state"])
        print(f"  a kernel that was killed: {' -> '.join(dict.fromkeys(seen))}; everybody else's panel answers")
        await asyncio.gather(*(learner.move(600) for learner in everybody[:-1]))


def look(hub: Hub) -> None:
    """Sign in and open a chapter in Chromium, move a control, kill the kernel, and print what the page then shows."""
    from playwright.sync_api import sync_playwright

    from backchannel_lib.cli.browser import find_chromium, launch_arguments

    verdict = "document.querySelector('.bw [data-fragment]').parentElement.textContent"
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments()).new_page()
        page.set_default_timeout(90_000)
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(request.url.split("/")[2] if "://" in request.url else "-"))
        page.goto(f"{hub.address}hub/login?next={PREFIX}hub/user-redirect/lab/tree/{CHAPTER}")
        page.fill("input[name=username]", "eyes")
        page.fill("input[name=password]", "eyes")
        page.press("input[name=password]", "Enter")
        page.wait_for_selector(".bw .bw-verdict-name", state="attached")
        print(f"  in Chromium, at {page.url.partition('127.0.0.1')[2].partition('/')[2]}: the chapter ran by itself", end="; ")
        before = page.evaluate(verdict)
        page.wait_for_function("!document.querySelector('.bw[data-pending], .bw[data-more]')")
        slider = page.locator(".bw [data-field=score] input").first
        slider.focus()
        slider.press("Home")
        page.wait_for_function(f"before => {verdict} !== before", arg=before)
        page.wait_for_function("!document.querySelector('.bw[data-pending], .bw[data-more]')")
        print("a control moved, and the panel answered")
        (kernel,) = hub.processes("ipykernel_launcher", "eyes")
        kernel.kill()
        page.wait_for_timeout(15_000)
        dialog = page.locator(".jp-Dialog-content")
        said = [one.inner_text() for one in dialog.all()]
        notice = page.evaluate(
            "[...document.querySelectorAll('.bw [data-notice]')].map(one => one.textContent).filter(Boolean)"
        )
        print(f"  after the kernel was killed, the page shows: dialog {said}, panel {notice}")
        print(f"  hosts contacted: {', '.join(sorted(hosts))}")
        page.screenshot(path=os.environ.get("BACKCHANNEL_SHOT") or str(hub.homes / "page.png"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--learners", type=int, default=20)
    parser.add_argument("--moves", type=int, default=20)
    parser.add_argument("--browser", action="store_true", help="also open a chapter in Chromium")
    args = parser.parse_args()
    if shutil.which("npm") is None or not (ROOT / "hub" / "node_modules").is_dir():
        sys.exit("The hub's proxy is not installed. Run: npm ci --prefix hub")
    asyncio.run(measure(args.learners, args.moves, browser=args.browser))


if __name__ == "__main__":
    main()
