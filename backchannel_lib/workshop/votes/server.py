"""The vote server, a separate process that serves one page, its state and the vote to one room's phones.

It listens on one address of this computer under one short code, and never connects to anything. It keeps no log and prints one
line, which says that it is listening or why it can't. It ends when the process that started it dies or closes its standard
input.

The number of people in the room sets the limits on votes per round and on connections per address. A whole room often shares
one address, so one address can cast as many votes as there are people.
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

from backchannel_lib.base.errors import CaseError, CaseFileError
from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.workshop.public_address import PublicAddress, optional_path, read_public_address
from backchannel_lib.workshop.votes.ballots import Ballot, Ballots
from backchannel_lib.workshop.votes.store import PEOPLE, RoundInfo, VoteStore

COOKIE: Final = "ballot"
NO_ROUND: Final = RoundInfo("", "", (), is_open=False, number=0, people=PEOPLE, votes=0)
PAGE_TEXTS: Final = (  # ids of texts; their last parts are the names in page.html
    *("title", "privacy", "loading", "waiting", "question", "choose", "send", "sending"),
    *("again", "counted", "closed", "missed", "unreached", "apart", "over", "noscript"),
)
MAX_BODY: Final = 1024  # bytes; a vote needs a tenth of that
MAX_HEADERS: Final = 16 * 1024
MAX_CONNECTIONS: Final = 450 if os.name == "nt" else 900  # less than the number of files that a process can open
REQUEST_TIMEOUT_S: Final = 10  # for a complete request
PARENT_INTERVAL_S: Final = 1.0  # between two checks of the presenter's process
EXIT_TIMEOUT_S: Final = 5.0  # to finish answers after the presenter's process has ended


def most_votes(people: int) -> int:
    """Return the most votes a round can plausibly get: 1.5 times the number of people, but at least 20 more.

    Examples:
        >>> most_votes(10), most_votes(40), most_votes(300)
        (30, 60, 450)
    """
    return people + max(20, people // 2)


def most_connections(people: int) -> int:
    """Return the connections allowed per address: four per person, because a browser opens several.

    Examples:
        >>> most_connections(10), most_connections(40), most_connections(999) < MAX_CONNECTIONS
        (100, 160, True)
    """
    return min(max(100, 4 * people), MAX_CONNECTIONS * 2 // 3)


class VoteService:
    """The vote that a server offers: its address, page, store and ballots.

    Args:
        store: Rounds and counts.
        ballots: The ballots.
        host: The address to listen on.
        port: The port.
        code: The code in the page's path.
        public: The address at which a reverse proxy offers it; None without one.
    """

    def __init__(
        self, store: VoteStore, ballots: Ballots, host: str, port: int, code: str, public: PublicAddress | None = None
    ) -> None:
        self.store, self.ballots, self.code, self.public = store, ballots, code, public
        self.people = PEOPLE  # number of people in the room, as last reported
        self._voted_from: tuple[int, set[bytes]] = (0, set())  # a round, and hashes of the addresses that voted in it
        names = (host, "localhost") if ipaddress.IPv4Address(host).is_loopback else (host,)
        self.hosts = frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())
        self.origins = frozenset(f"http://{name}" for name in self.hosts)
        if public:
            self.hosts |= {public.netloc, public.host}
            self.origins |= {public.origin}
        self.page, policy = page(code)
        self.headers = private_headers(policy)

    def state(self, ballot: Ballot | None) -> dict[str, Any]:
        """Return what a phone needs: the question, and whether its ballot has voted.

        Returns:
            ``round``, None before the first one; ``number``, which is unique across all stores; ``title``; ``choices``, pairs
            of id and label; ``open``; ``voted``; ``known``, whether the phone sent a ballot.

        Raises:
            CaseFileError: The store can't be used.
        """
        info = self._current()
        return {
            "round": info.round_id or None,
            "number": info.number,
            "title": info.title,
            "choices": info.choices,
            "open": info.is_open,
            "voted": ballot is not None and self.store.has_voted(info.number, self.ballots.mark(ballot, info.number)),
            "known": ballot is not None,
        }

    def vote(self, ballot: Ballot, body: object, address: str = "") -> tuple[int, str]:
        """Count or reject a vote.

        Args:
            ballot: The phone's ballot.
            body: The request's content; a vote is a mapping with ``round`` and ``choice``.
            address: The sender's address; only its hash is kept, in memory, until the next round.

        Returns:
            The HTTP status (409 if the ballot has already voted, 410 if the vote came too late, 507 if there are far more votes
            than people) and a sentence.

        Raises:
            CaseFileError: The store can't be used; the vote isn't counted.
        """
        round_id, choice = (body.get("round"), body.get("choice")) if isinstance(body, dict) else (None, None)
        if not (isinstance(round_id, str) and isinstance(choice, str)):
            return 400, text("votes.refused.not_a_vote")
        info = self._current()
        if not info.number or info.round_id != round_id:
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
        if not self.store.add(round_id, choice, mark):  # the round has just closed, or the vote arrived twice at the same time
            voted = self.store.has_voted(info.number, mark)
            return (409, text("votes.refused.voted")) if voted else (410, text("votes.refused.closed"))
        self._addresses(info.number).add(_hash(address))
        return 200, text("votes.page.counted")

    def _current(self) -> RoundInfo:
        info = self.store.current() or NO_ROUND
        self.people = info.people
        return info

    def _has_room(self, info: RoundInfo, address: str) -> bool:
        """Return whether a round accepts another vote.

        Someone can fill a round by flooding it from a few addresses. Even then, one vote from every other address is accepted,
        up to the number of people, so that the rest of the room isn't locked out.
        """
        most = most_votes(info.people)
        return info.votes < most or (info.votes < 2 * most and _hash(address) not in self._addresses(info.number))

    def _addresses(self, number: int) -> set[bytes]:
        if self._voted_from[0] != number:
            self._voted_from = (number, set())
        return self._voted_from[1]


def private_headers(policy: str) -> dict[str, str]:
    """Return headers for answers that no browser keeps and no other page can use, with a content security policy."""
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


_HASH_KEY: Final = secrets.token_bytes(32)


def _hash(address: str) -> bytes:
    return hmac.digest(_HASH_KEY, address.encode(), hashlib.sha256)[:8]


def page(code: str) -> tuple[bytes, str]:
    """Return the complete page for a code, and a policy that allows only its own script and style.

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
    """Answers everything outside the vote with an empty 404; the base of the other handlers."""

    service: VoteService

    def initialize(self, service: VoteService) -> None:
        """Store the service."""
        self.service = service
        self.set_default_headers()

    def set_default_headers(self) -> None:
        """Set the headers that all answers share, and reveal nothing about the server."""
        for name in ("Server", "Content-Type"):
            self.clear_header(name)
        if hasattr(self, "service"):  # tornado calls this once before `initialize`
            for name, value in self.service.headers.items():
                self.set_header(name, value)

    def prepare(self) -> None:
        """Answer every request with 404, whatever its method."""
        self.not_found()

    def not_found(self) -> None:
        """Answer as if nothing existed here."""
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
        """Replace Tornado's error pages and tracebacks: a failure here, such as an unusable store, is a 503, all else a 404."""
        if status_code >= 500:
            self.clear()
            self.send_json(503, {"sentence": text("votes.refused.store")}, retry_after=1)
        else:
            self.not_found()

    def log_exception(self, *_: object) -> None:
        """Log nothing."""

    def compute_etag(self) -> None:
        """Send no ETag, because no answer is ever cached."""


class PhoneHandler(NotFoundHandler):
    """The base of the handlers for the vote, which answer only at this exact address."""

    def prepare(self) -> None:
        """Reject other host names, so that a page whose host name was made to point here (DNS rebinding) gets nothing."""
        if self.request.headers.get("Host", "").lower() not in self.service.hosts:
            self.not_found()

    def ballot(self) -> Ballot | None:
        """Return the ballot in the request's cookie; None if it isn't valid."""
        morsel = self.request.cookies.get(COOKIE)
        return self.service.ballots.read(morsel.value) if morsel else None

    def set_ballot(self, cookie: str) -> None:
        """Send a ballot as a cookie: hidden from scripts, only for this page, and deleted when the browser closes.

        Without a path, a cookie applies to the folder of the request, which also works behind a proxy that adds a path.
        """
        public = self.service.public
        secure = public is not None and public.is_secure and self.request.headers["Host"].lower() == public.netloc
        self.set_cookie(COOKIE, cookie, path="", httponly=True, samesite="Strict", secure=secure)

    def too_fast(self, wait: float) -> bool:
        """Answer 429 if there are seconds to wait; return whether there are."""
        if wait:
            self.send_json(429, {"sentence": text("votes.refused.busy")}, retry_after=wait)
        return bool(wait)


class PageHandler(PhoneHandler):
    """Serves the page."""

    def get(self) -> None:
        """Send the page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.service.page)


class TypedAddressHandler(PhoneHandler):
    """Redirects addresses that people mistype, in capitals or with a trailing slash."""

    def get(self, path: str) -> None:
        """Redirect to the page."""
        if hmac.compare_digest(path.lower().encode(), self.service.code.encode()):
            self.set_status(308)
            self.set_header("Location", f"{'../' * self.request.path.endswith('/')}{self.service.code}")
            self.finish()
        else:
            self.not_found()


class StateHandler(PhoneHandler):
    """Serves the state of the vote, and gives a ballot to a phone without one.

    The ballot isn't sent with the page, because browsers leave out cookies when a page is opened from another site, but always
    send them with the page's own requests.
    """

    def get(self) -> None:
        """Send the state."""
        ballot = self.ballot()
        if ballot and self.too_fast(self.service.ballots.wait_for_request(ballot)):
            return
        state = self.service.state(ballot)
        if not ballot:
            self.set_ballot(self.service.ballots.new())
        self.send_json(200, state)


class VoteHandler(PhoneHandler):
    """Counts votes."""

    def post(self) -> None:
        """Count the vote, or say why not."""
        if self.request.headers.get("Origin", "").lower() not in self.service.origins:
            self.send_json(403, {"sentence": text("votes.refused.origin")})
            return
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            body = None
        ballot = self.ballot()
        if ballot is None:
            self.send_json(403, {"sentence": text("votes.refused.ballot")})
        elif not self.too_fast(self.service.ballots.wait_for_request(ballot)):
            status, sentence = self.service.vote(ballot, body, str(self.request.remote_ip))
            self.send_json(status, {"sentence": sentence})


class PlainStream(IOStream):
    """A connection for plain HTTP only, which closes immediately if it begins with anything else, such as TLS."""

    _is_new = True

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        """Read, and check that the first byte after any line breaks is a letter, as an HTTP method's is."""
        count = super().read_from_fd(buf)
        if count and self._is_new:
            self._is_new = False
            if not re.match(rb"[A-Za-z\r\n]", bytes(buf[:1])):
                self.close()
                return None
        return count


class LimitedHTTPServer(HTTPServer):
    """A server that limits connections per address and in total.

    If there are too many, the oldest connection from the busiest address is closed. It is idle, or its page will try again.
    """

    def set_people(self, people: Callable[[], int]) -> None:
        """Set the function that returns the number of people in the room, which sets the limits."""
        self._people = people
        self._streams: dict[IOStream, str] = {}  # with their addresses, the oldest first

    def handle_stream(self, stream: IOStream, address: tuple[str, int]) -> None:
        """Accept a connection, and close another if there are too many."""
        plain = PlainStream(stream.socket, max_buffer_size=stream.max_buffer_size, read_chunk_size=stream.read_chunk_size)
        busiest = self._streams[plain] = str(address[0])
        super().handle_stream(plain, address)
        counts = Counter(self._streams.values())
        if counts[busiest] <= most_connections(self._people()):
            if len(self._streams) <= MAX_CONNECTIONS:
                return
            busiest = counts.most_common(1)[0][0]
        oldest = next(one for one, place in self._streams.items() if place == busiest)
        del self._streams[oldest]
        oldest.close()

    def on_close(self, server_conn: object) -> None:
        """Forget a closed connection."""
        super().on_close(server_conn)
        self._streams.pop(cast("Any", server_conn).stream, None)


def application(service: VoteService) -> Application:
    """Return the routes of the vote.

    Examples:
        >>> from backchannel_lib.workshop.votes.ballots import Ballots
        >>> service = VoteService(VoteStore("votes.sqlite"), Ballots(lambda: b"k" * 32), "127.0.0.1", 8888, "k7w3xz")
        >>> len(application(service).wildcard_router.rules)
        4
    """
    arguments = {"service": service}
    code, path = re.escape(service.code), optional_path(service.public)
    return Application(
        [
            (f"{path}/{code}", PageHandler, arguments),
            (f"{path}/{code}/state", StateHandler, arguments),
            (f"{path}/{code}/vote", VoteHandler, arguments),
            (rf"{path}/([A-Za-z0-9]{{4,32}})/?", TypedAddressHandler, arguments),
        ],
        default_handler_class=NotFoundHandler,
        default_handler_args=arguments,
        log_function=lambda _: None,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on one IPv4 address of this computer; port 0 means any free port.

    Raises:
        OSError: The port is in use, or the address isn't this computer's.

    Examples:
        >>> with listen("127.0.0.1", 0) as opened:
        ...     opened.getsockname()[0]
        '127.0.0.1'
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows, it would let two programs share a port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(1024)  # a whole room can open the page at once
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


async def serve(service: VoteService, opened: socket.socket, stop: asyncio.Event) -> None:
    """Serve on a listening socket until ``stop`` is set."""
    server = LimitedHTTPServer(
        application(service),
        no_keep_alive=True,  # otherwise hundreds of phones would keep hundreds of connections open
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
    """Run the server, like ``python -m backchannel_lib.workshop.votes``.

    It ends when standard input ends. One line on standard output reports the port or the problem: ``port_taken``,
    ``no_address``, ``store`` or ``other``.

    Args:
        arguments: Command-line arguments; None for `sys.argv`.

    Returns:
        The exit code: 0, or 1 if it couldn't serve.

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
    parser.add_argument("--public")
    options = parser.parse_args(arguments)
    try:
        host = ipaddress.IPv4Address(options.host)
        public = read_public_address(options.public) if options.public else None
    except (ValueError, CaseError):
        return _report(problem="no_address")
    if host.is_unspecified or host.is_multicast:  # listen on a single address, never on all of them
        return _report(problem="no_address")
    if not re.fullmatch(r"[a-z0-9]{4,32}", options.code):
        return _report(problem="other")
    try:
        with VoteStore(options.store) as store:
            store.current()
            with listen(str(host), options.port) as opened:
                return _run(store, opened, options.code, public)
    except CaseFileError:
        return _report(problem="store")
    except (OSError, OverflowError) as error:
        taken = {errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}
        return _report(problem="port_taken" if getattr(error, "errno", None) in taken else "no_address")


def _report(**line: object) -> int:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return 1 if "problem" in line else 0


def _run(store: VoteStore, opened: socket.socket, code: str, public: PublicAddress | None) -> int:
    _raise_file_limit()
    logging.disable(logging.CRITICAL)  # Tornado and asyncio would log addresses
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupting a cell must not end the vote
    host, port = opened.getsockname()
    service = VoteService(store, Ballots(store.key), host, port, code, public)

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
    """Wait until the parent process is gone, even if its children still hold its pipes."""
    while os.getppid() == parent:
        time.sleep(PARENT_INTERVAL_S)
    _end(on_end)


def _wait_for_input(on_end: Callable[[], object]) -> None:
    """Wait until the parent process closes this process's standard input, intentionally or by dying."""
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.readline():
            pass
    _end(on_end)


def _end(on_end: Callable[[], object]) -> None:
    """End cleanly, or else immediately: no port may stay open once the presenter's process is gone."""
    with contextlib.suppress(RuntimeError):  # the loop has already ended
        on_end()
    time.sleep(EXIT_TIMEOUT_S)
    os._exit(0)


def _raise_file_limit() -> None:
    """Raise the limit on open files to what the connections need, because some systems allow only a few by default."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MAX_CONNECTIONS + 100
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(
                    resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
                )
