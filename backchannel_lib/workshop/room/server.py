"""A room's server, which runs one session for all windows.

It answers only requests from this computer, unless a reverse proxy in front of it offers it at another address, with any path.
Each kind of window has its own key: you open the window with the key in the address, and the browser then keeps it in a cookie,
so that no address on a screen shows a key. After a crash, the same command restores the session, the addresses and the windows.

On request, a phone on the same network can open the presenter's window and nothing else. Its address works only once, so it is
useless to anyone who copies it from a screen later.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from backchannel_lib.base.files import write_file
from backchannel_lib.base.formatting import printable
from backchannel_lib.base.texts import text
from backchannel_lib.page.frontend import STATIC, bundle
from backchannel_lib.workshop.public_address import PublicAddress, optional_path
from backchannel_lib.workshop.room.pages import POLICY, ROLES, Role, room_page
from backchannel_lib.workshop.session import Session
from backchannel_lib.workshop.votes.server import LimitedHTTPServer, private_headers

ADDRESS: Final = "127.0.0.1"
#: Host names that this computer's browsers can use. Rejecting all others keeps out pages from other hosts.
HOSTS: Final = frozenset({ADDRESS, "localhost"})
#: Each window's path below the room's own.
PATHS: Final[Mapping[Role, str]] = {"projector": "", "presenter": "presenter"}
#: The keys: one for each kind of window on this computer, and one for the presenter's window on a phone.
KEY_NAMES: Final = (*ROLES, "phone")
PHONE_PEOPLE: Final = 2  # the phone and one more; this limits connections from the network
PHONE_TIMEOUT_S: Final = 20
MAX_MESSAGE: Final = 6_000_000  # bytes; the page cuts off longer files
#: What a projector can still request while another window leads: it can look, but not act.
LOOKS: Final = frozenset({"hello", "refresh"})
KEYS_LAST_S: Final = 12 * 3600  # afterward, old addresses stop working

Keys: TypeAlias = dict[str, str]
ASSETS: Final[Mapping[str, Callable[[], str]]] = {
    "panel.js": bundle,
    **{name: (STATIC / name).read_text for name in ("panel.css", "stage.css", "stage.js")},
    "room.js": Path(__file__).with_name("room.js").read_text,
}


def load_keys(folder: Path, port: int) -> Keys:
    """Return the keys of all kinds of window: the previous server's keys if they are recent, otherwise new ones.

    Args:
        folder: A folder that only its owner can read.
        port: The server's port.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     load_keys(Path(folder), 8866) == load_keys(Path(folder), 8866) != load_keys(Path(folder), 8867)
        True
    """
    file = folder / f"room-{port}.json"
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):  # its content isn't a valid record
        kept = json.loads(file.read_text(encoding="utf-8"))
        is_recent = abs(time.time() - kept.get("made", 0)) < KEYS_LAST_S  # abs() keeps windows open if the clock is set back
        if is_recent and all(isinstance(kept.get(name), str) and len(kept[name]) >= 32 for name in KEY_NAMES):
            return {name: kept[name] for name in KEY_NAMES}
    keys: Keys = {name: new_key() for name in KEY_NAMES}
    write_file(file, json.dumps({**keys, "made": int(time.time())}))
    return keys


def new_key() -> str:
    """Return a random key of 32 letters and digits.

    Examples:
        >>> len(new_key()), new_key().isalnum()
        (32, True)
    """
    return secrets.token_urlsafe(24).replace("-", "x").replace("_", "y")


@dataclass
class Door:
    """A way into a room: its host names, and which keys open which windows.

    Args:
        base: Its address, with a trailing slash.
        hosts: Host names or addresses that a browser can use.
        origins: What browsers send as the origin of this server's own pages.
        addresses: The key in the address of each window.
        cookies: The key that the browser then keeps.
        opens_once: Whether each address opens only one browser.
    """

    base: str
    hosts: frozenset[str]
    origins: frozenset[str]
    addresses: dict[Role, str]
    cookies: Mapping[Role, str]
    opens_once: bool = False

    def exchange(self, role: Role, key: str) -> str | None:
        """Return the key to keep in exchange for an address's key; None if that key is invalid or used up."""
        if role not in self.addresses or not _same(key, self.addresses[role]):
            return None
        if self.opens_once:
            del self.addresses[role]
        return self.cookies[role]

    def knows(self, role: Role, key: str) -> bool:
        """Return whether a kept key opens this kind of window."""
        return role in self.cookies and _same(key, self.cookies[role])


def _same(key: str, expected: str) -> bool:
    return hmac.compare_digest(key.encode(), expected.encode())


class Room:
    """A session and the windows that show it.

    Args:
        port: Its port.
        keys: The key of each kind of window.
        public: The address at which a reverse proxy offers it; None without one.
    """

    def __init__(self, port: int, keys: Keys, public: PublicAddress | None = None) -> None:
        self.session = Session()
        self.port, self.keys, self.public = port, keys, public
        self.windows: set[WindowSocket] = set()

    def local_door(self) -> Door:
        """Return the door to both kinds of window, for this computer and for the proxy in front of it."""
        keys = {role: self.keys[role] for role in ROLES}
        base, hosts = f"http://{ADDRESS}:{self.port}/", HOSTS
        origins = frozenset(f"http://{host}:{self.port}" for host in HOSTS)
        if self.public:
            base, hosts, origins = self.public.url, hosts | {self.public.host}, origins | {self.public.origin}
        return Door(base, hosts, origins, dict(keys), keys)

    def phone_door(self, address: str) -> Door:
        """Return the door to the presenter's window, for one phone.

        Args:
            address: This computer's address on a network that it shares with the phone.
        """
        origin, hosts = f"http://{address}:{self.port}", frozenset({address})
        kept: dict[Role, str] = {"presenter": self.keys["phone"]}
        return Door(f"{origin}/", hosts, frozenset({origin}), {"presenter": new_key()}, kept, opens_once=True)

    def address(self, role: Role, door: Door | None = None) -> str:
        """Return the address, including the key, that opens a window through the local door or another one."""
        door = door or self.local_door()
        return f"{door.base}{PATHS[role]}?token={door.addresses[role]}"

    @property
    def is_led(self) -> bool:
        """Whether a presenter's window is open, so that the projector only displays."""
        return any(window.role == "presenter" for window in self.windows)

    def take(self, window: WindowSocket, part: str, message: Mapping[str, Any]) -> None:
        """Carry out a window's message, and update all windows."""
        if window.role == "projector" and self.is_led and message.get("type") not in LOOKS:
            return
        for name, answer in self.session.handle(part, printable(message)):
            self.send({"part": name, "answer": printable(answer)})
        self.tell_windows()

    def tell_windows(self, **more: object) -> None:
        """Tell every window whether a presenter leads, and what the room should see."""
        self.send({"room": {"led": self.is_led, "part": self.session.on_screen, **more}})

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message to every window, ignoring closed ones."""
        content = json.dumps(message)
        for window in list(self.windows):
            with contextlib.suppress(WebSocketClosedError):
                window.write_message(content)


class OfRoom(RequestHandler):
    """The base of all handlers, which answers only requests that came through its door, and whose answers aren't cached."""

    room: Room
    door: Door

    def initialize(self, room: Room, door: Door) -> None:
        """Store the room and the door."""
        self.room, self.door = room, door

    def set_default_headers(self) -> None:
        """Set headers that restrict what the browser does with the answer."""
        for name, value in private_headers(POLICY).items():
            self.set_header(name, value)
        self.set_header("Server", "backchannel")

    def prepare(self) -> None:
        """Reject other host names, which a page from another host could use."""
        if self.request.host_name.lower() not in self.door.hosts:
            self.refuse()

    def refuse(self) -> None:
        """Answer that access is denied."""
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(text("room.refused_phone" if self.door.opens_once else "room.refused") + "\n")

    def cookie_name(self, role: Role) -> str:
        """Return the name of the cookie with a key, including the port because all ports share cookies."""
        return f"room-{self.room.port}-{role}"

    def is_secure(self) -> bool:
        """Whether the browser came through a proxy over HTTPS."""
        public = self.room.public
        return public is not None and public.is_secure and self.request.host_name.lower() == public.host

    def may_open(self, role: Role) -> bool:
        """Return whether the browser has the key to this kind of window."""
        return self.door.knows(role, self.get_cookie(self.cookie_name(role)) or "")


class PageHandler(OfRoom):
    """A window's page."""

    def get(self) -> None:
        """Move the key from the address into a cookie, then show the page."""
        role: Role = "presenter" if self.request.path.endswith("/presenter") else "projector"
        key = self.get_query_argument("token", None)
        kept = None if key is None else self.door.exchange(role, key)
        if kept is not None:
            # Without a path, the cookie applies to this page's folder, which also works behind a proxy that adds a path.
            name, secure = self.cookie_name(role), self.is_secure()
            self.set_cookie(name, kept, httponly=True, samesite="Lax", path="", secure=secure)
            self.redirect(PATHS[role] or "./")
        elif self.may_open(role):
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish(room_page(self.room.session, role))
        else:
            self.refuse()


class AssetHandler(OfRoom):
    """Scripts and styles, which contain nothing from a session."""

    def get(self, name: str) -> None:
        """Send a file."""
        if not any(self.may_open(role) for role in ROLES) or name not in ASSETS:
            self.refuse()
            return
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.finish(ASSETS[name]())


class WindowSocket(WebSocketHandler, OfRoom):
    """A window's connection; a message is an object with ``part`` and ``message``, or with ``blank`` or ``scroll``."""

    role: Role

    def prepare(self) -> None:
        """Reject other host names, and browsers without the key."""
        super().prepare()
        self.role = "presenter" if self.request.path.endswith("presenter") else "projector"
        if not self._finished and not self.may_open(self.role):
            self.refuse()

    def check_origin(self, origin: str) -> bool:
        """Return whether the request comes from one of this server's own pages."""
        return origin.lower() in self.door.origins

    def open(self, *_: str, **__: str) -> None:
        """Add the window."""
        self.set_nodelay(True)
        self.room.windows.add(self)
        self.room.tell_windows()

    def on_message(self, message: str | bytes) -> None:
        """Handle a window's message, ignoring invalid ones."""
        try:
            asked = json.loads(message)
        except (ValueError, RecursionError):
            return
        if not isinstance(asked, dict):
            return
        if isinstance(asked.get("part"), str) and isinstance(asked.get("message"), dict):
            self.room.take(self, asked["part"], asked["message"])
        elif isinstance(asked.get("blank"), bool) and (self.role == "presenter" or not self.room.is_led):
            self.room.tell_windows(blank=asked["blank"])
        elif type(asked.get("scroll")) is int and self.role == "presenter":
            self.room.tell_windows(scroll=asked["scroll"])

    def on_close(self) -> None:
        """Remove the window."""
        self.room.windows.discard(self)
        self.room.tell_windows()


def application(room: Room, door: Door) -> Application:
    """Return the web application for a room at one of its doors."""
    known, path = {"room": room, "door": door}, optional_path(room.public)
    return Application(
        [
            (rf"{path}/(?:presenter)?", PageHandler, known),
            (rf"{path}/assets/([\w.-]+)", AssetHandler, known),
            (rf"{path}/socket/(?:projector|presenter)", WindowSocket, known),
        ],
        default_handler_class=NotFound,
        default_handler_args=known,
        websocket_max_message_size=MAX_MESSAGE,
        websocket_ping_interval=20,
        log_function=lambda _: None,
    )


class NotFound(OfRoom):
    """Answers requests for any other address."""

    def prepare(self) -> None:
        """Answer that access is denied."""
        self.refuse()


def listen_for_phone(room: Room, door: Door, address: str) -> LimitedHTTPServer:
    """Listen on the network, limiting connections to a few that end soon without a key, because anyone can connect."""
    server = LimitedHTTPServer(
        application(room, door),
        max_body_size=MAX_MESSAGE,
        idle_connection_timeout=PHONE_TIMEOUT_S,
        body_timeout=PHONE_TIMEOUT_S,
    )
    server.set_people(lambda: PHONE_PEOPLE)
    server.listen(room.port, address)
    return server


def serve(
    port: int,
    folder: Path,
    announce: Callable[[Room, Door | None], None],
    phone: str | None = None,
    public: PublicAddress | None = None,
) -> None:
    """Serve a room until someone stops the program.

    Args:
        port: Its port.
        folder: The folder for its keys, which only its owner can read.
        announce: Called once the room is reachable, with the phone's door if there is one.
        phone: This computer's address on the network of a phone that can open the presenter's window; None for no phone.
        public: The address at which a reverse proxy offers the room; None without one.

    Raises:
        OSError: The port is in use, or the address isn't this computer's.
    """
    logging.getLogger("tornado").setLevel(logging.ERROR)

    async def run() -> None:
        room = Room(port, load_keys(folder, port), public)
        server = HTTPServer(application(room, room.local_door()), max_body_size=MAX_MESSAGE)
        server.listen(port, ADDRESS)
        servers, door = [server], None
        if phone is not None:
            door = room.phone_door(phone)
            servers.append(listen_for_phone(room, door, phone))
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # on Windows, Ctrl+C ends the loop anyway
                asyncio.get_running_loop().add_signal_handler(number, ended.set)
        announce(room, door)
        try:
            await ended.wait()
        finally:
            for one in servers:
                one.stop()
            room.session.round.phones.close()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
