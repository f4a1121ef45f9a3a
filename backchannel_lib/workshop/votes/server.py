"""The vote server: one page, its state and the vote itself, for the phones of one room, in a process of its own.

It answers on one address of this computer under one short code, and opens no connections. It writes no log, and it prints
one line: that it is listening, or why it cannot. It ends when the process that started it closes its standard input or dies.

What it takes follows the number of people in the room: how many votes a round takes, and how many connections an address may
have. A whole room often shares one address, so an address may take as many votes as the room.
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
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

from backchannel_lib.base.errors import CaseFileError
from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.workshop.votes.ballots import Ballot, Ballots
from backchannel_lib.workshop.votes.store import PEOPLE, RoundInfo, VoteStore

COOKIE: Final = "ballot"
PAGE_TEXTS: Final = (  # texts whose names in page.html are the last part of their ids
    *("title", "privacy", "loading", "waiting", "question", "choose", "send", "sending"),
    *("again", "counted", "closed", "missed", "unreached", "apart", "over", "noscript"),
)
MAX_BODY: Final = 1024  # bytes; a vote takes a tenth of it
MAX_HEADERS: Final = 16 * 1024
MAX_CONNECTIONS: Final = 450 if os.name == "nt" else 900  # below what a process may have open at once
REQUEST_TIMEOUT_S: Final = 10  # for a request to arrive completely
PARENT_INTERVAL_S: Final = 1.0  # between two looks at the presenter's process
EXIT_TIMEOUT_S: Final = 5.0  # for the answers under way when the presenter's process has ended


def most_votes(people: int) -> int:
    """Return how many votes a round takes before something must be wrong: half as many again as people, at least 20 more.

    Examples:
        >>> most_votes(10), most_votes(40), most_votes(300)
        (30, 60, 450)
    """
    return people + max(20, people // 2)


def most_connections(people: int) -> int:
    """Return how many connections one address may have at once: four for each person, as a browser opens several.

    Examples:
        >>> most_connections(10), most_connections(40), most_connections(999) < MAX_CONNECTIONS
        (100, 160, True)
    """
    return min(max(100, 4 * people), MAX_CONNECTIONS * 2 // 3)


class VoteService:
    """What one server serves: its address, its page, its store and its ballots.

    Args:
        store: The rounds and counts.
        ballots: The ballots.
        host: The address on which it answers.
        port: The port.
        code: The code in the page's path.
    """

    def __init__(self, store: VoteStore, ballots: Ballots, host: str, port: int, code: str) -> None:
        self.store, self.ballots, self.code = store, ballots, code
        self.people = PEOPLE  # in the room, as far as is known
        self._voted_from: tuple[int, set[bytes]] = (0, set())  # a round, and hashes of the addresses that voted in it
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

    def state(self, ballot: Ballot | None) -> dict[str, Any]:
        """Return what a phone needs to know: what is asked, and whether its ballot has answered.

        Returns:
            ``round``, None if nothing was asked yet; ``number``, which no other round of any store has; ``title``;
            ``choices``, pairs of id and label; ``open``; ``voted``; ``known``, whether the phone has shown a ballot.

        Raises:
            CaseFileError: The store cannot be used.
        """
        info, known = self._current(), ballot is not None
        if info is None:
            return {"round": None, "number": 0, "title": "", "choices": [], "open": False, "voted": False, "known": known}
        return {
            "round": info.round_id,
            "number": info.number,
            "title": info.title,
            "choices": info.choices,
            "open": info.is_open,
            "voted": ballot is not None and self.store.has_voted(info.number, self.ballots.mark(ballot, info.number)),
            "known": known,
        }

    def vote(self, ballot: Ballot, body: object, address: str = "") -> tuple[int, str]:
        """Count a vote, or refuse it.

        Args:
            ballot: The phone's ballot.
            body: What was sent; a vote is a mapping with ``round`` and ``choice``.
            address: Where it comes from; only a hash of it is kept, in memory, until the next round.

        Returns:
            The HTTP status (409 if the ballot has already voted, 410 if this vote came too late, 507 if there are far more
            votes than people) and a sentence.

        Raises:
            CaseFileError: The store cannot be used; the vote is not counted.
        """
        round_id, choice = (body.get("round"), body.get("choice")) if isinstance(body, dict) else (None, None)
        if not (isinstance(round_id, str) and isinstance(choice, str)):
            return 400, text("votes.refused.not_a_vote")
        info = self._current()
        if info is None or info.round_id != round_id:
            return 410, text("votes.refused.other_round")
        mark = self.ballots.mark(ballot, info.number)
        if self.store.has_voted(info.number, mark):
            return 409, text("votes.refused.voted")
        if not info.is_open:
            return 410, text("votes.refused.closed")
        if choice not in dict(info.choices):
            return 400, text("votes.refused.not_a_vote")
        if not self._has_room(info, address):
            return 507, text("votes.refused.full")
        if not self.store.add(round_id, choice, mark):  # it was closed a moment ago, or the same vote came twice at once
            voted = self.store.has_voted(info.number, mark)
            return (409, text("votes.refused.voted")) if voted else (410, text("votes.refused.closed"))
        self._addresses(info.number).add(_hash(address))
        return 200, text("votes.page.counted")

    def _current(self) -> RoundInfo | None:
        info = self.store.current()
        self.people = info.people if info else PEOPLE
        return info

    def _has_room(self, info: RoundInfo, address: str) -> bool:
        """Whether a round takes one more vote.

        Whoever sends votes without end from a few addresses fills the round. From each other address one vote is taken even
        then, as many as there may be people, so that the rest of the room is not locked out.
        """
        most = most_votes(info.people)
        return info.votes < most or (info.votes < 2 * most and _hash(address) not in self._addresses(info.number))

    def _addresses(self, number: int) -> set[bytes]:
        if self._voted_from[0] != number:
            self._voted_from = (number, set())
        return self._voted_from[1]


_HASH_KEY: Final = secrets.token_bytes(32)


def _hash(address: str) -> bytes:
    return hmac.digest(_HASH_KEY, address.encode(), hashlib.sha256)[:8]


def page(code: str) -> tuple[bytes, str]:
    """Return the complete page for a code, and the policy that allows its own script and style and nothing else.

    Examples:
        >>> content, policy = page("k7w3xz")
        >>> b"$" in content, policy.startswith("default-src 'none'; script-src 'sha256-")
        (False, True)
    """
    folder = Path(__file__).parent
    style, script = ((folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    texts = {
        **{name: text(f"votes.page.{name}") for name in PAGE_TEXTS},
        "safe": text("votes.page.counted_unreached"),
        "late": text("votes.refused.closed"),
        "no_cookies": text("votes.refused.ballot"),
        "chosen": text("votes.page.chosen", choice="{choice}"),  # the page itself fills in these three
        "numbered": text("votes.page.numbered", number="{number}", name="{name}"),
        "before": text("votes.page.late", title="{title}"),
        "meanings_title": text("sheet.verdicts"),
        "at": f"{code}/",
    }
    escaped = {name: html.escape(content) for name, content in texts.items()}
    template = string.Template((folder / "page.html").read_text(encoding="utf-8"))
    meanings = "".join(f"<dt>{html.escape(verdict.label)}</dt><dd>{html.escape(verdict.sentence)}</dd>" for verdict in Verdict)
    whole = template.substitute(escaped, meanings=meanings, style=style, script=script)
    policy = (
        f"default-src 'none'; script-src 'sha256-{_sha256(script)}'; style-src 'sha256-{_sha256(style)}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return whole.encode(), policy


def _sha256(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


class NotFoundHandler(RequestHandler):
    """Answers everything that is not part of the vote with an empty 404; the base of the other handlers."""

    service: VoteService

    def initialize(self, service: VoteService) -> None:
        """Receive what the server serves."""
        self.service = service
        self.set_default_headers()

    def set_default_headers(self) -> None:
        """Reveal nothing about the server, and set what all answers have in common."""
        for name in ("Server", "Content-Type"):
            self.clear_header(name)
        if hasattr(self, "service"):  # tornado calls this once before `initialize`
            for name, value in self.service.headers.items():
                self.set_header(name, value)

    def prepare(self) -> None:
        """Answer before any method can."""
        self.not_found()

    def not_found(self) -> None:
        """Answer as if nothing were here."""
        self.clear()
        self.set_status(404)
        self.finish()

    def send_json(self, status: int, content: dict[str, Any], *, retry_after: float = 0) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        if retry_after:
            self.set_header("Retry-After", str(math.ceil(retry_after)))
        self.finish(json.dumps(content))

    def write_error(self, status_code: int, **_: Any) -> None:
        """Replace tornado's error pages and tracebacks."""
        if status_code >= 500:
            self.clear()
            self.send_json(503, {"sentence": text("votes.refused.store")}, retry_after=1)
        else:
            self.not_found()

    def log_exception(self, *_: object) -> None:
        """Log nothing."""

    def compute_etag(self) -> None:
        """Send no ETag: no answer is ever cached."""


class PhoneHandler(NotFoundHandler):
    """The base of what is served, and only to those who asked for this very address."""

    def prepare(self) -> None:
        """Refuse any other host name: a page elsewhere whose name was made to lead here (DNS rebinding) gets nothing."""
        if self.request.headers.get("Host", "").lower() not in self.service.hosts:
            self.not_found()

    def ballot(self) -> Ballot | None:
        """Return the ballot in the request's cookie, if it is valid."""
        morsel = self.request.cookies.get(COOKIE)
        return self.service.ballots.read(morsel.value) if morsel else None

    def set_ballot(self, cookie: str) -> None:
        """Send a ballot: hidden from scripts, sent to this page alone, and forgotten when the browser closes."""
        self.set_cookie(COOKIE, cookie, path=f"/{self.service.code}", httponly=True, samesite="Strict")

    def too_fast(self, wait: float) -> bool:
        """Answer 429 if there are seconds to wait; return whether there are."""
        if wait:
            self.send_json(429, {"sentence": text("votes.refused.busy")}, retry_after=wait)
        return bool(wait)


class PageHandler(PhoneHandler):
    """The page."""

    def get(self) -> None:
        """Send it."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.service.page)


class TypedAddressHandler(PhoneHandler):
    """The page's address as a person types it: in capitals, or with a slash at the end."""

    def get(self, path: str) -> None:
        """Redirect to the page."""
        if hmac.compare_digest(path.lower().encode(), self.service.code.encode()):
            self.set_status(308)
            self.set_header("Location", f"/{self.service.code}")
            self.finish()
        else:
            self.not_found()


class StateHandler(PhoneHandler):
    """What is asked; a phone without a ballot gets one with the answer, which costs nothing and uses nothing up.

    The ballot does not come with the page: when a page is opened from elsewhere, the browser leaves out a ballot that it
    has, but what the page itself requests always includes it.
    """

    def get(self) -> None:
        """Send it."""
        try:
            ballot = self.ballot()
            if ballot and self.too_fast(self.service.ballots.wait_for_request(ballot)):
                return
            state = self.service.state(ballot)
            if not ballot:
                self.set_ballot(self.service.ballots.new())
        except CaseFileError:
            self.write_error(503)
        else:
            self.send_json(200, state)


class VoteHandler(PhoneHandler):
    """The vote."""

    def post(self) -> None:
        """Count it, or say why not."""
        if self.request.headers.get("Origin", "").lower() not in {f"http://{host}" for host in self.service.hosts}:
            self.send_json(403, {"sentence": text("votes.refused.origin")})
            return
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            body = None
        try:
            ballot = self.ballot()
            if ballot is None:
                self.send_json(403, {"sentence": text("votes.refused.ballot")})
            elif not self.too_fast(self.service.ballots.wait_for_request(ballot)):
                status, sentence = self.service.vote(ballot, body, str(self.request.remote_ip))
                self.send_json(status, {"sentence": sentence})
        except CaseFileError:
            self.write_error(503)


class PlainStream(IOStream):
    """A connection on which only HTTP is spoken: what begins like anything else, such as TLS, is closed at once."""

    _is_new = True

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        """Read, and look at the first byte: of HTTP it is a letter of the method, after line ends at most."""
        count = super().read_from_fd(buf)
        if count and self._is_new:
            self._is_new = False
            if not re.match(rb"[A-Za-z\r\n]", bytes(buf[:1])):
                self.close()
                return None
        return count


class LimitedHTTPServer(HTTPServer):
    """A server with limits on connections, for each address and in all.

    Where there are too many, the oldest of the address that has most gives way: it is idle, or its page tries again.
    """

    def set_people(self, people: Callable[[], int]) -> None:
        """Say how many people are in the room, whom the limits follow."""
        self._people = people
        self._streams: dict[IOStream, str] = {}  # with their addresses, the oldest first

    def handle_stream(self, stream: IOStream, address: tuple[str, int]) -> None:
        """Accept a connection, and close another one if there are too many."""
        plain = PlainStream(stream.socket, max_buffer_size=stream.max_buffer_size, read_chunk_size=stream.read_chunk_size)
        crowded = self._streams[plain] = str(address[0])
        super().handle_stream(plain, address)
        counts = Counter(self._streams.values())
        if counts[crowded] <= most_connections(self._people()):
            if len(self._streams) <= MAX_CONNECTIONS:
                return
            crowded = counts.most_common(1)[0][0]
        oldest = next(one for one, place in self._streams.items() if place == crowded)
        del self._streams[oldest]
        oldest.close()

    def on_close(self, server_conn: object) -> None:
        """Forget a connection that has ended."""
        super().on_close(server_conn)
        self._streams.pop(cast("Any", server_conn).stream, None)


def application(service: VoteService) -> Application:
    """Return the routes of a vote.

    Examples:
        >>> from backchannel_lib.workshop.votes.ballots import Ballots
        >>> service = VoteService(VoteStore("votes.sqlite"), Ballots(lambda: b"k" * 32), "127.0.0.1", 8888, "k7w3xz")
        >>> len(application(service).wildcard_router.rules)
        4
    """
    arguments = {"service": service}
    code = re.escape(service.code)
    return Application(
        [
            (f"/{code}", PageHandler, arguments),
            (f"/{code}/state", StateHandler, arguments),
            (f"/{code}/vote", VoteHandler, arguments),
            (r"/([A-Za-z0-9]{4,32})/?", TypedAddressHandler, arguments),
        ],
        default_handler_class=NotFoundHandler,
        default_handler_args=arguments,
        log_function=lambda _: None,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on one IPv4 address of this computer; port 0 is any free one.

    Raises:
        OSError: The port is taken, or the address is not this computer's.

    Examples:
        >>> with listen("127.0.0.1", 0) as opened:
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


async def serve(service: VoteService, opened: socket.socket, stop: asyncio.Event) -> None:
    """Serve on a listening socket until the event is set."""
    server = LimitedHTTPServer(
        application(service),
        no_keep_alive=True,  # a connection ends with its answer: hundreds of phones do not hold hundreds of them
        max_body_size=MAX_BODY,
        max_header_size=MAX_HEADERS,
        idle_connection_timeout=REQUEST_TIMEOUT_S,
        body_timeout=REQUEST_TIMEOUT_S,
    )
    server.set_people(lambda: service.people)
    server.add_socket(opened)
    try:
        await stop.wait()
    finally:
        server.stop()
        await server.close_all_connections()


def main(arguments: list[str] | None = None) -> int:
    """Run the server, as ``python -m backchannel_lib.workshop.votes`` does.

    It ends when standard input does. One line on standard output reports the port, or
    the problem: ``port_taken``, ``no_address``, ``store`` or ``other``.

    Args:
        arguments: The command's arguments; None for `sys.argv`.

    Returns:
        The exit code: 0, or 1 if it could not serve.

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
    options = parser.parse_args(arguments)
    try:
        host = ipaddress.IPv4Address(options.host)
    except ValueError:
        return _report(problem="no_address")
    if host.is_unspecified or host.is_multicast:  # one address, and never all of them
        return _report(problem="no_address")
    if not re.fullmatch(r"[a-z0-9]{4,32}", options.code):
        return _report(problem="other")
    try:
        with VoteStore(options.store) as store:
            store.current()
            with listen(str(host), options.port) as opened:
                return _run(store, opened, options.code)
    except CaseFileError:
        return _report(problem="store")
    except (OSError, OverflowError) as error:
        taken = {errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}
        return _report(problem="port_taken" if getattr(error, "errno", None) in taken else "no_address")


def _report(**line: object) -> int:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return 1 if "problem" in line else 0


def _run(store: VoteStore, opened: socket.socket, code: str) -> int:
    _raise_file_limit()
    logging.disable(logging.CRITICAL)  # tornado and asyncio would log addresses
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupted cell is no reason to end the vote
    host, port = opened.getsockname()
    service = VoteService(store, Ballots(store.key), host, port, code)

    async def serve_until_parent_ends() -> None:
        stop = asyncio.Event()
        on_end = functools.partial(asyncio.get_running_loop().call_soon_threadsafe, stop.set)
        threading.Thread(target=_wait_for_input, args=(on_end,), daemon=True).start()
        threading.Thread(target=_watch_parent, args=(parent, on_end), daemon=True).start()
        _report(port=port)
        await serve(service, opened, stop)

    asyncio.run(serve_until_parent_ends())
    return 0


def _watch_parent(parent: int, on_end: Callable[[], object]) -> None:
    """Wait until the process that started this one is gone, even if it left children that hold on to its pipes."""
    while os.getppid() == parent:
        time.sleep(PARENT_INTERVAL_S)
    _end(on_end)


def _wait_for_input(on_end: Callable[[], object]) -> None:
    """Wait until the process that started this one closes its standard input, on purpose or by dying."""
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.readline():
            pass
    _end(on_end)


def _end(on_end: Callable[[], object]) -> None:
    """End in an orderly way, or else at once: nothing may be open on the network when the presenter's process is gone."""
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        on_end()
    time.sleep(EXIT_TIMEOUT_S)
    os._exit(0)


def _raise_file_limit() -> None:
    """Allow as many open files as the connections need; some systems allow a process few unless it asks."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MAX_CONNECTIONS + 100
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(
                    resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
                )
