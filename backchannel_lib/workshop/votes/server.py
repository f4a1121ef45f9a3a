"""The vote's server: one page, its state and the vote itself, for the phones of one room; a process of its own.

It answers on one address of this computer, under one short code, and opens no connection itself. It writes no log, and it
prints one line: that it answers, or why it cannot. It ends when whoever started it closes its standard input, or dies.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import errno
import functools
import hashlib
import hmac
import html
import ipaddress
import json
import logging
import math
import os
import re
import secrets
import signal
import socket
import string
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.texts import text
from backchannel_lib.workshop.votes.ballots import Ballot, Ballots
from backchannel_lib.workshop.votes.store import VoteStore

COOKIE: Final = "ballot"
MOST_BODY: Final = 1024  # bytes; a vote has a tenth of it
MOST_HEADERS: Final = 16 * 1024
MOST_CONNECTIONS: Final = 450 if os.name == "nt" else 900  # what a process may have open at once, with room to spare
PATIENCE: Final = 10  # seconds for a request to arrive whole


class VoteService:
    """What one server knows: where it answers, its page, its store and its ballots.

    Args:
        store: The rounds and counts.
        ballots: The ballots.
        host: The address on which it answers.
        port: The port.
        code: The code that stands in the page's path.
    """

    def __init__(self, store: VoteStore, ballots: Ballots, host: str, port: int, code: str) -> None:
        self.store, self.ballots, self.code = store, ballots, code
        names = (host, "localhost") if ipaddress.IPv4Address(host).is_loopback else (host,)
        self.hosts = frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())
        self.page, policy = page(code)
        self.headers = {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        }

    def state(self, ballot: Ballot) -> dict[str, Any]:
        """Tell a phone what is asked, and whether it has answered.

        Args:
            ballot: The phone's ballot.

        Returns:
            ``round``, None where nothing was asked yet; ``number``, which no other round of any store has; ``title``;
            ``choices``, pairs of id and words; ``open``; ``voted``.

        Raises:
            CaseFileError: The store cannot be used.
        """
        info = self.store.current()
        if info is None:
            return {"round": None, "number": 0, "title": "", "choices": [], "open": False, "voted": False}
        return {
            "round": info.round_id,
            "number": info.number,
            "title": info.title,
            "choices": info.choices,
            "open": info.is_open,
            "voted": self.ballots.has_voted(ballot, info.number),
        }

    def vote(self, ballot: Ballot, asked: object) -> tuple[int, str, str]:
        """Count a vote, or refuse it.

        Args:
            ballot: The phone's ballot.
            asked: What was sent: a record with ``round`` and ``choice``, if it is in order.

        Returns:
            The status (409 where the ballot has a vote counted, 410 where this one came too late), a sentence, and the cookie
            to replace the ballot's with, empty where it keeps its own.

        Raises:
            CaseFileError: The store cannot be used; the vote is not counted.
        """
        round_id, choice = (asked.get("round"), asked.get("choice")) if isinstance(asked, dict) else (None, None)
        if not (isinstance(round_id, str) and isinstance(choice, str)):
            return 400, text("votes.refused.not_a_vote"), ""
        info = self.store.current()
        if info is None or info.round_id != round_id:
            return 410, text("votes.refused.other_round"), ""
        if self.ballots.has_voted(ballot, info.number):
            return 409, text("votes.refused.voted"), ""
        if not info.is_open:
            return 410, text("votes.refused.closed"), ""
        if choice not in dict(info.choices):
            return 400, text("votes.refused.not_a_vote"), ""
        if not self.store.add(round_id, choice):  # closed between the two looks
            return 410, text("votes.refused.closed"), ""
        return 200, text("votes.page.counted"), self.ballots.vote(ballot, info.number)


def page(code: str) -> tuple[bytes, str]:
    """Give the page as it is served: whole, so that a phone asks for it once.

    Args:
        code: The code in its path.

    Returns:
        The page, and the policy that lets its own script and style run and nothing else.

    Examples:
        >>> served, policy = page("k7w3xz")
        >>> b"$" in served, policy.startswith("default-src 'none'; script-src 'sha256-")
        (False, True)
    """
    folder = Path(__file__).parent
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    texts = {
        "title": text("votes.page.title"),
        "privacy": text("votes.page.privacy"),
        "loading": text("votes.page.loading"),
        "waiting": text("votes.page.waiting"),
        "question": text("votes.page.question"),
        "choose": text("votes.page.choose"),
        "chosen": text("votes.page.chosen", choice="{choice}"),  # the page fills these in itself
        "numbered": text("votes.page.numbered", number="{number}", name="{name}"),
        "send": text("votes.page.send"),
        "sending": text("votes.page.sending"),
        "again": text("votes.page.again"),
        "counted": text("votes.page.counted"),
        "safe": text("votes.page.counted_unreached"),
        "closed": text("votes.page.closed"),
        "late": text("votes.refused.closed"),
        "before": text("votes.page.late", title="{title}"),
        "missed": text("votes.page.missed"),
        "unreached": text("votes.page.unreached"),
        "apart": text("votes.page.apart"),
        "noscript": text("votes.page.noscript"),
        "at": f"{code}/",
    }
    escaped = {name: html.escape(content) for name, content in texts.items()}
    template = string.Template((folder / "page.html").read_text(encoding="utf-8"))
    whole = template.substitute(escaped, style=style, script=script)
    policy = (
        f"default-src 'none'; script-src 'sha256-{_sum(script)}'; style-src 'sha256-{_sum(style)}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return whole.encode(), policy


def _sum(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Refusing(RequestHandler):
    """Answers whatever is none of the vote's with an empty 404, and is the ground of the rest."""

    room: VoteService

    def initialize(self, room: VoteService) -> None:
        """Take what the server knows."""
        self.room = room
        self.set_default_headers()

    def set_default_headers(self) -> None:
        """Say nothing of the server, and give what all answers have."""
        for name in ("Server", "Content-Type"):
            self.clear_header(name)
        if hasattr(self, "room"):  # tornado asks once before it hands over what is known
            for name, value in self.room.headers.items():
                self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse."""
        self.refuse()

    def refuse(self) -> None:
        """Answer as if nothing were here."""
        self.clear()
        self.set_status(404)
        self.finish()

    def tell(self, status: int, told: dict[str, Any], *, wait: float = 0) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        if wait:
            self.set_header("Retry-After", str(math.ceil(wait)))
        self.finish(json.dumps(told))

    def write_error(self, status_code: int, **_: Any) -> None:
        """Turn what tornado or a slip of ours would answer into something calm: no trace, no page."""
        if status_code >= 500:
            self.clear()
            self.tell(503, {"sentence": text("votes.refused.store")}, wait=1)
        else:
            self.refuse()

    def log_exception(self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        """Write nothing."""

    def compute_etag(self) -> None:
        """No answer is ever kept, so none needs a mark."""


class Serving(Refusing):
    """The ground of what is served: only to who came to this very address."""

    def prepare(self) -> None:
        """Refuse who names another host: a page elsewhere, whose name was made to lead here, gets nothing."""
        if self.request.headers.get("Host", "").lower() not in self.room.hosts:
            self.refuse()

    def ballot(self) -> Ballot | None:
        """Read the ballot that came along, if it is one of ours."""
        morsel = self.request.cookies.get(COOKIE)
        return self.room.ballots.read(morsel.value) if morsel else None

    def give(self, cookie: str) -> None:
        """Send a ballot: no script reads it, it goes to this page alone, and the browser forgets it when it closes."""
        self.set_cookie(COOKIE, cookie, path=f"/{self.room.code}", httponly=True, samesite="Strict")

    def too_fast(self, wait: float) -> bool:
        """Ask for patience, where it is needed."""
        if wait:
            self.tell(429, {"sentence": text("votes.refused.busy")}, wait=wait)
        return bool(wait)

    def address(self) -> str:
        """Tell where a request comes from; only the limits look at it."""
        return str(self.request.remote_ip)


class Page(Serving):
    """The page."""

    def get(self) -> None:
        """Give it."""
        ballot = self.ballot()
        ballots = self.room.ballots
        if self.too_fast(ballots.wait_to_ask(ballot) if ballot else ballots.wait_for_page(self.address())):
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.room.page)


class Typed(Serving):
    """The page's address as a person types it: in capitals, or with a slash behind it."""

    def get(self, path: str) -> None:
        """Lead to the page."""
        if hmac.compare_digest(path.lower().encode(), self.room.code.encode()):
            self.set_status(308)
            self.set_header("Location", f"/{self.room.code}")
            self.finish()
        else:
            self.refuse()


class State(Serving):
    """What is asked; a phone without a ballot gets one with the first answer.

    It is given here and not with the page: a page may be opened from elsewhere, and the browser then leaves a ballot that
    it has at home, but what the page itself asks for always brings it.
    """

    def get(self) -> None:
        """Tell it."""
        ballots = self.room.ballots
        ballot = self.ballot()
        if ballot:
            if self.too_fast(ballots.wait_to_ask(ballot)):
                return
        else:
            if self.too_fast(ballots.wait_for_new(self.address())):
                return
            cookie = ballots.new()
            ballot = ballots.read(cookie) if cookie else None
            if not (cookie and ballot):
                self.too_fast(30)
                return
            self.give(cookie)
        try:
            self.tell(200, self.room.state(ballot))
        except CaseFileError:
            self.write_error(503)


class Vote(Serving):
    """The vote."""

    def post(self) -> None:
        """Count it, or say why not."""
        if self.request.headers.get("Origin", "").lower() not in {f"http://{host}" for host in self.room.hosts}:
            self.tell(403, {"sentence": text("votes.refused.origin")})
            return
        ballot = self.ballot()
        if ballot is None:
            if not self.too_fast(self.room.ballots.wait_for_page(self.address())):
                self.tell(403, {"sentence": text("votes.refused.ballot")})
            return
        if self.too_fast(self.room.ballots.wait_to_ask(ballot)):
            return
        try:
            asked = json.loads(self.request.body)
        except (ValueError, RecursionError):
            asked = None
        try:
            status, sentence, cookie = self.room.vote(ballot, asked)
        except CaseFileError:
            self.write_error(503)
            return
        if cookie:
            self.give(cookie)
        self.tell(status, {"sentence": sentence})


class Bounded(HTTPServer):
    """A server with so many connections at once and no more; who comes too many is let go, and its page tries again."""

    def handle_stream(self, stream: IOStream, address: tuple[str, int]) -> None:
        """Take a connection, or let it go."""
        if len(self._connections) >= MOST_CONNECTIONS:
            stream.close()
        else:
            super().handle_stream(stream, address)


def application(room: VoteService) -> Application:
    """Give the routes.

    Args:
        room: What the server knows.

    Returns:
        The application, for tornado's server.

    Examples:
        >>> from backchannel_lib.workshop.votes.ballots import Ballots
        >>> room = VoteService(VoteStore("votes.sqlite"), Ballots(b"k" * 32), "127.0.0.1", 8888, "k7w3xz")
        >>> len(application(room).wildcard_router.rules)
        4
    """
    known = {"room": room}
    code = re.escape(room.code)
    return Application(
        [
            (f"/{code}", Page, known),
            (f"/{code}/state", State, known),
            (f"/{code}/vote", Vote, known),
            (r"/([A-Za-z0-9]{4,32})/?", Typed, known),
        ],
        default_handler_class=Refusing,
        default_handler_args=known,
        log_function=lambda _: None,
    )


def listening(host: str, port: int) -> socket.socket:
    """Open a port of one address.

    Args:
        host: An IPv4 address of this computer.
        port: The port; 0 for one that is free.

    Returns:
        The socket.

    Raises:
        OSError: The port is taken, or the address is none of this computer's.

    Examples:
        >>> with listening("127.0.0.1", 0) as opened:
        ...     opened.getsockname()[0]
        '127.0.0.1'
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(1024)  # a whole room opens the page at once
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


async def serve(room: VoteService, opened: socket.socket, ended: asyncio.Event) -> None:
    """Serve until told to end.

    Args:
        room: What the server knows.
        opened: The socket.
        ended: Set when it is to end.
    """
    server = Bounded(
        application(room),
        no_keep_alive=True,  # a connection ends with its answer: hundreds of phones do not hold hundreds of them
        max_body_size=MOST_BODY,
        max_header_size=MOST_HEADERS,
        idle_connection_timeout=PATIENCE,
        body_timeout=PATIENCE,
    )
    server.add_socket(opened)
    try:
        await ended.wait()
    finally:
        server.stop()
        await server.close_all_connections()


def main(arguments: list[str] | None = None) -> int:
    """Serve the vote, as ``python -m backchannel_lib.workshop.votes`` does.

    The first line of standard input may name the key that ballots are signed with. A line on standard output tells the port,
    or the problem: ``port_taken``, ``no_address``, ``store`` or ``other``.

    Args:
        arguments: The command's arguments; None for those it was called with.

    Returns:
        0, or 1 where it could not serve.

    Examples:
        >>> main(["--store", "votes.sqlite", "--host", "0.0.0.0", "--port", "0", "--code", "k7w3xz"])
        {"problem": "no_address"}
        1
    """
    parser = argparse.ArgumentParser(prog="python -m backchannel_lib.workshop.votes", description=text("votes.command"))
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--code", required=True)
    asked = parser.parse_args(arguments)
    try:
        host = ipaddress.IPv4Address(asked.host)
    except ValueError:
        return _report(problem="no_address")
    if host.is_unspecified or host.is_multicast:  # one address, and never all of them
        return _report(problem="no_address")
    if not re.fullmatch(r"[a-z0-9]{4,32}", asked.code):
        return _report(problem="other")
    try:
        with VoteStore(asked.store) as store:
            store.current()
            with listening(str(host), asked.port) as opened:
                return _run(store, opened, asked.code)
    except CaseFileError:
        return _report(problem="store")
    except (OSError, OverflowError) as error:
        taken = {errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}
        return _report(problem="port_taken" if getattr(error, "errno", None) in taken else "no_address")


def _report(**line: object) -> int:
    """Say in a line that it answers, or why it does not."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return 1 if "problem" in line else 0


def _run(store: VoteStore, opened: socket.socket, code: str) -> int:
    _more_files()
    logging.disable(logging.CRITICAL)  # tornado and asyncio would name addresses
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted cell is no reason to end the vote
    host, port = opened.getsockname()
    first = "" if sys.stdin.isatty() else sys.stdin.readline()
    key = bytes.fromhex(first) if re.fullmatch(r"[0-9a-f]{64}\n", first) else secrets.token_bytes(32)
    room = VoteService(store, Ballots(key), host, port, code)

    async def until_left_alone() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        watch = threading.Thread(target=_wait_for_end, args=(functools.partial(loop.call_soon_threadsafe, ended.set),))
        watch.daemon = True
        watch.start()
        _report(port=port)
        await serve(room, opened, ended)

    asyncio.run(until_left_alone())
    return 0


def _wait_for_end(end: Callable[[], object]) -> None:
    """Wait until whoever started this process closes its standard input, by intent or by dying."""
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.readline():
            pass
    with contextlib.suppress(RuntimeError):  # it has ended already
        end()


def _more_files() -> None:
    """Ask for as many open files as the connections need: some systems give a process few unless it asks."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_CONNECTIONS + 100
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
