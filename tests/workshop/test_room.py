"""The room's server: who gets in, what each window can see, and what invalid messages do."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.testing import bind_unused_port
from tornado.websocket import WebSocketClientConnection, websocket_connect

from backchannel_lib.workshop.public_address import read_public_address
from backchannel_lib.workshop.room.server import (
    ASSETS,
    KEY_NAMES,
    KEYS_LAST_S,
    ROLES,
    Room,
    application,
    listen_for_phone,
    load_keys,
)

HOME = "127.0.0.1"
#: Stands for this computer's address on a network.
NETWORK = "127.0.0.2"


class Served:
    """A room on a free port, with a client."""

    def __init__(self, folder: Path, public: str = "") -> None:
        socket, self.port = bind_unused_port(address=HOME)
        self.room = Room(self.port, load_keys(folder, self.port), read_public_address(public) if public else None)
        self.servers = [HTTPServer(application(self.room, self.room.local_door()))]
        self.servers[0].add_sockets([socket])
        self.windows: list[WebSocketClientConnection] = []

    def cookie(self, *roles: str) -> str:
        """Return the cookies of a browser that has opened these windows."""
        return "; ".join(f"room-{self.port}-{role}={self.room.keys[role]}" for role in roles)

    async def __aenter__(self) -> Served:
        return self

    async def __aexit__(self, *_: object) -> None:
        for window in self.windows:
            window.close()
            while await window.read_message() is not None:
                pass
        for server in self.servers:
            server.stop()
            await server.close_all_connections()

    def let_in_a_phone(self) -> str:
        """Open the way in for a phone, and return the path, with its key, that the presenter scans."""
        door = self.room.phone_door(NETWORK)
        self.servers.append(listen_for_phone(self.room, door, NETWORK))
        return self.room.address("presenter", door).removeprefix(f"http://{NETWORK}:{self.port}")

    async def get(self, path: str, *, host: str = HOME, **headers: str) -> HTTPResponse:
        """Request a path without following redirects."""
        request = HTTPRequest(f"http://{host}:{self.port}{path}", headers=headers, follow_redirects=False)
        client = SimpleAsyncHTTPClient(force_instance=True)
        try:
            return await client.fetch(request, raise_error=False)
        finally:
            client.close()

    async def window(
        self, role: str, *, host: str = HOME, origin: str | None = None, cookie: str | None = None
    ) -> WebSocketClientConnection:
        """Open a window's websocket."""
        headers = {"Cookie": self.cookie(role) if cookie is None else cookie}
        headers["Origin"] = f"http://{host}:{self.port}" if origin is None else origin
        self.windows.append(await websocket_connect(HTTPRequest(f"ws://{host}:{self.port}/socket/{role}", headers=headers)))
        return self.windows[-1]


async def say(window: WebSocketClientConnection, part: str, **message: object) -> None:
    """Send a message to a part."""
    await window.write_message(json.dumps({"part": part, "message": message}))


def run(coroutine: Any) -> Any:
    """Run a test on its own event loop in its own thread, because other tests in the process may have one running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for keys and session."""
    monkeypatch.setenv("BACKCHANNEL_WORK", str(tmp_path / "work"))
    return tmp_path


async def until(window: WebSocketClientConnection, part: str) -> dict[str, Any]:
    """Return the next answer for a part."""
    while True:
        told = json.loads(str(await asyncio.wait_for(window.read_message(), 10)))
        if told.get("part") == part:
            answer: dict[str, Any] = told["answer"]
            return answer


def test_each_key_opens_its_own_window_and_leaves_the_address(folder: Path) -> None:
    async def story() -> None:
        async with Served(folder) as served:
            for path, role, other, place in (
                ("/", "projector", "presenter", "./"),
                ("/presenter", "presenter", "projector", "presenter"),
            ):
                assert (await served.get(path)).code == 403
                assert (await served.get(f"{path}?token={served.room.keys[other]}")).code == 403
                taken = await served.get(f"{path}?token={served.room.keys[role]}")
                assert (taken.code, taken.headers["Location"]) == (302, place)
                cookie = taken.headers["Set-Cookie"]
                assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", served.room.keys[role]))
                assert (await served.get(path, Cookie=served.cookie(other))).code == 403
                page = await served.get(path, Cookie=served.cookie(role))
                assert page.code == 200
                assert all(key not in page.body.decode() for key in served.room.keys.values())

    run(story())


@pytest.mark.parametrize("path", ["", "/course/room"])
def test_a_proxy_may_keep_its_path_and_its_pages_may_connect(folder: Path, path: str) -> None:
    """Whether it keeps or removes the path, its name opens windows over HTTPS only, and other sites' pages can't connect."""

    async def story() -> None:
        async with Served(folder, "https://Hub.example/course/room/") as served:
            assert served.room.address("presenter").startswith("https://hub.example/course/room/presenter?token=")
            key = served.room.keys["presenter"]
            taken = await served.get(f"{path}/presenter?token={key}", Host="hub.example")
            assert (taken.code, taken.headers["Location"]) == (302, "presenter")
            assert "Secure" in taken.headers["Set-Cookie"]
            assert "Path" not in taken.headers["Set-Cookie"]
            at_home = await served.get(f"{path}/presenter?token={key}")
            assert (at_home.code, "Secure" in at_home.headers["Set-Cookie"]) == (302, False)
            cookie = served.cookie("presenter")
            assert (await served.get(f"{path}/assets/room.js", Host="hub.example", Cookie=cookie)).code == 200
            assert (await served.get(f"{path}/presenter", Host="evil.example", Cookie=cookie)).code == 403
            assert (await served.get("/other/presenter", Host="hub.example", Cookie=cookie)).code == 403
            await served.window("presenter", origin="https://hub.example")
            for origin in ("http://hub.example", "https://hub.example.evil", "https://evil.example"):
                with pytest.raises(HTTPClientError, match="403"):
                    await served.window("presenter", origin=origin)

    run(story())


def test_other_names_other_pages_and_other_addresses_get_nothing(folder: Path) -> None:
    async def story() -> None:
        async with Served(folder) as served:
            both = served.cookie(*ROLES)
            for path in ("/", "/presenter", "/assets/panel.js", f"/?token={served.room.keys['projector']}"):
                for name in ("evil.example", f"evil.example:{served.port}", "127.0.0.1.evil.example", "192.0.2.1"):
                    assert (await served.get(path, Host=name, Cookie=both)).code == 403, (path, name)
            for name in ASSETS:
                assert (await served.get(f"/assets/{name}")).code == 403
                answer = await served.get(f"/assets/{name}", Cookie=served.cookie("projector"))
                assert answer.code == 200
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
                assert answer.headers["Cache-Control"] == "no-store"
            for path in (
                "/assets/..%2fserver.py",
                "/assets/nothing.js",
                "/api/kernels",
                "/index.html",
                "/workshop.json",
                "/assets/",
            ):
                assert (await served.get(path, Cookie=both)).code == 403, path
            for origin in ("http://evil.example", f"http://evil.example:{served.port}", "null", "http://127.0.0.1:1"):
                with pytest.raises(Exception, match="403"):
                    await served.window("projector", origin=origin)
            for role, cookie in (("presenter", served.cookie("projector")), ("projector", "")):
                with pytest.raises(Exception, match="403"):
                    await served.window(role, cookie=cookie)

    run(story())


def test_a_phone_that_was_let_in_leads_and_nobody_else_on_the_network_gets_anything(folder: Path) -> None:
    """The link opens only the presenter's window, once, on one phone. This computer's keys don't work there."""

    async def story() -> None:
        async with Served(folder) as served:
            before = {path: (await served.get(path, Host=NETWORK)).code for path in ("/", "/presenter")}
            assert set(before.values()) == {403}
            scanned = served.let_in_a_phone()
            keys = served.room.keys
            for path in ("/", "/presenter", "/assets/panel.js", *(f"/presenter?token={key}" for key in keys.values())):
                assert (await served.get(path, host=NETWORK)).code == 403, path
            local = served.cookie(*ROLES)
            for path in ("/", "/presenter", "/assets/panel.js"):
                assert (await served.get(path, host=NETWORK, Cookie=local)).code == 403, path
            assert (await served.get(scanned, host=NETWORK, Host="evil.example")).code == 403
            assert (await served.get(scanned)).code == 403, "not from this computer's own address"

            taken = await served.get(scanned, host=NETWORK)
            assert (taken.code, taken.headers["Location"]) == (302, "presenter")
            assert (await served.get(scanned, host=NETWORK)).code == 403, "a second phone"
            phone = taken.headers["Set-Cookie"].partition(";")[0]
            assert scanned.partition("token=")[2] not in phone
            page = await served.get("/presenter", host=NETWORK, Cookie=phone)
            assert page.code == 200
            assert "bw-presenter" in page.body.decode()
            assert (await served.get("/", host=NETWORK, Cookie=phone)).code == 403
            assert (await served.get("/presenter", Cookie=phone)).code == 403
            for role, cookie, host in (
                ("projector", phone, NETWORK),
                ("presenter", local, NETWORK),
                ("presenter", "", NETWORK),
                ("presenter", phone, HOME),
            ):
                with pytest.raises(Exception, match="403"):
                    await served.window(role, host=host, cookie=cookie)
            await served.window("presenter", host=NETWORK, cookie=phone)
            while not served.room.is_led:
                await asyncio.sleep(0.01)
            again = load_keys(folder, served.port)  # after a crash, the same phone comes back
            assert phone == f"room-{served.port}-presenter={again['phone']}"

    run(story())


def test_the_file_with_the_keys_is_its_owners_and_serves_one_session(folder: Path) -> None:
    """After a crash the addresses stay the same, and the next day they're new."""
    keys = load_keys(folder, 8866)
    file = folder / "room-8866.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({*keys.values()}) == len(KEY_NAMES)
    assert all(len(key) >= 32 and key.isalnum() for key in keys.values())
    assert load_keys(folder, 8866) == keys
    assert load_keys(folder, 8867) != keys
    kept = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**kept, "made": time.time() - KEYS_LAST_S - 1}), encoding="utf-8")
    assert load_keys(folder, 8866) != keys
    for broken in (
        "",
        "[]",
        "{",
        '{"made": "x"}',
        json.dumps({**kept, "projector": "short"}),
        json.dumps({**kept, "made": None}),
    ):
        file.write_text(broken, encoding="utf-8")
        assert all(len(key) >= 32 for key in load_keys(folder, 8866).values()), broken


def test_what_one_window_does_every_window_shows(folder: Path) -> None:
    async def story() -> None:
        async with Served(folder) as served:
            room, lead = await served.window("projector"), await served.window("presenter")
            for window, name in ((room, "a"), (lead, "b")):
                for part in ("run_plan", "round"):
                    await window.write_message(
                        json.dumps({"part": part, "message": {"type": "hello", "view": name, "number": 1}})
                    )
                    assert (await until(window, part))["forget"]
            await lead.write_message(
                json.dumps({"part": "round", "message": {"type": "next", "view": "b", "seq": 1, "number": 2}})
            )
            numbers = []
            for window in (room, lead):
                while "head" not in (answer := await until(window, "round"))["fragments"] or "forget" in answer:
                    pass
                numbers.append(answer["number"])
            assert numbers[0] == numbers[1]
            assert served.room.is_led
            served.windows.remove(lead)
            lead.close()
            while await lead.read_message() is not None:
                pass
            while served.room.is_led:
                await asyncio.sleep(0.01)

    run(story())


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda one: st.lists(one, max_size=3))
NEAR = st.sampled_from(["round", {}, [], 1, None, True, {"type": 5}])
STRANGE = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=60),
    JSON.map(json.dumps),
    st.dictionaries(st.sampled_from(["part", "message", "blank", "room"]), NEAR).map(json.dumps),
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.lists(STRANGE, max_size=20))
def test_no_message_ends_the_server_or_a_window(tmp_path_factory: pytest.TempPathFactory, messages: list[str | bytes]) -> None:
    async def story() -> None:
        async with Served(tmp_path_factory.mktemp("keys")) as served:
            window = await served.window("presenter")
            for message in messages:
                await window.write_message(message, binary=isinstance(message, bytes))
            await say(window, "round", type="hello", view="v", number=1)
            while "hello" not in await until(window, "round"):
                pass  # it also answers earlier messages

    run(story())
