"""Open the vote to the room's phones and close it: the server's process, its address and its QR code.

Nothing here runs until a facilitator asks for it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.workshop.public_address import PublicAddress
from backchannel_lib.workshop.votes.store import VoteStore

#: The letters of a code, without look-alikes or vowels, so that codes never spell a word.
CODE_LETTERS: Final = "bcdfghjkmnpqrstvwxyz23456789"
CODE_LENGTH: Final = 6

START_TIMEOUT_S: Final = 30.0  # generous, because a busy laptop isn't a failure
STOP_TIMEOUT_S: Final = 5.0

PRIVATE_NETWORKS: Final = tuple(ipaddress.IPv4Network(net) for net in ("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12"))
#: Names of network interfaces for virtual machines and tunnels, which no phones can be on.
VIRTUAL_NETWORKS: Final = tuple(
    "docker br- veth virbr vbox virtualbox vmnet vmware vethernet utun tun tap wg".split()  # noqa: SIM905 - shorter
)


class OpenVote(NamedTuple):
    """A vote that is open to phones.

    Args:
        url: The address for phones.
        address: This computer's address in the URL.
        port: Its port.
        code: The code at the end of the URL.
        qr: The URL as a QR code: black-on-white SVG without a fixed size.
        public: Whether the URL is a reverse proxy's.
    """

    url: str
    address: str
    port: int
    code: str
    qr: str
    public: bool = False

    @property
    def sentence(self) -> str:
        """A sentence about what is open, and to whom."""
        if self.public:
            return text("votes.opens_public", url=self.url)
        local = ipaddress.IPv4Address(self.address).is_loopback
        return text("votes.only_here" if local else "votes.opens", address=self.address, port=self.port)


def addresses() -> list[str]:
    """Return this computer's IPv4 addresses on networks that phones could be on, the most likely first.

    Examples:
        >>> "127.0.0.1" in addresses()
        False
    """
    import psutil

    up = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
    interfaces = psutil.net_if_addrs().items()
    found = [(name, one.address) for name, each in interfaces if name in up for one in each if one.family.name == "AF_INET"]
    return sort_addresses(found)


def sort_addresses(found: Iterable[tuple[str, str]]) -> list[str]:
    """Sort addresses for display: private networks, others, self-assigned; virtual networks last within each group.

    Args:
        found: Names of network interfaces with addresses; loopback and similar addresses are dropped.

    Examples:
        >>> sort_addresses([("lo", "127.0.0.1"), ("docker0", "172.17.0.1"), ("eth1", "169.254.3.4"), ("wlan0", "192.168.1.20")])
        ['192.168.1.20', '172.17.0.1', '169.254.3.4']
    """
    ranked = []
    for name, written in found:
        address = ipaddress.IPv4Address(written)
        if not (address.is_loopback or address.is_unspecified or address.is_multicast):
            kind = 0 if any(address in net for net in PRIVATE_NETWORKS) else 2 if address.is_link_local else 1
            ranked.append((kind, name.lower().startswith(VIRTUAL_NETWORKS), written))
    return list(dict.fromkeys(written for *_, written in sorted(ranked, key=lambda one: one[:2])))


class VoteServer:
    """The presenter's handle on the vote server, to start and stop it.

    The server ends with the presenter's process, even if that is killed. A reopened server has the same counts and, if
    possible, the same address, so phones continue without interruption.

    Args:
        store_path: The store's file.
        code: The code of a vote that an earlier process opened; None for a new one.
        public: The address at which a reverse proxy offers the vote; None without one.

    Examples:
        >>> VoteServer("votes.sqlite").running
        False
    """

    def __init__(
        self, store_path: str | os.PathLike[str], code: str | None = None, public: PublicAddress | None = None
    ) -> None:
        self._public = public
        self.store_path = Path(store_path).resolve()
        self.opened: OpenVote | None = None
        self._process: subprocess.Popen[str] | None = None
        if code is None or len(code) != CODE_LENGTH or not set(code) <= set(CODE_LETTERS):
            code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        self._code = code

    @property
    def running(self) -> bool:
        """Whether the server's process is running."""
        return self._process is not None and self._process.poll() is None

    def open(self, address: str | None = None, port: int = 0) -> OpenVote:
        """Open the vote to phones, and return what to show the room.

        Args:
            address: The only address of this computer to listen on; None for the previous one or else the most likely one. On
                127.0.0.1, only this computer can vote.
            port: 1024 to 65535; 0 for the previous one or any free port.

        Raises:
            CaseError: There is no network, the address or the port can't be used, or the server doesn't start.
            CaseFileError: The store can't be used.
        """
        previous = self.opened
        if self.running and previous and address in {None, previous.address} and port in {0, previous.port}:
            return previous
        self.close()
        if isinstance(port, bool) or not isinstance(port, int) or not (port == 0 or 1024 <= port <= 65535):
            raise CaseError("port", "votes_port", port)
        chosen = self._choose_address(address, previous)
        with VoteStore(self.store_path) as store:
            store.current()  # raises the store's error if the store can't be used
        report: dict[str, Any] = {}
        if not port and previous and previous.address == chosen:
            report = self._start(chosen, previous.port)
        if "port" not in report:
            report = self._start(chosen, port)
        match report:
            case {"port": int(actual_port)}:
                self.opened = _open_vote(chosen, actual_port, self._code, self._public)
                return self.opened
            case {"problem": "port_taken"}:
                raise CaseError("port", "votes_port_taken", port, free=self._free_port(chosen))
            case {"problem": "no_address"}:
                raise CaseError("address", "votes_address", chosen, known=", ".join(addresses()) or "127.0.0.1")
        raise CaseError("votes", "votes_not_started", None)

    def close(self) -> None:
        """Stop the server if it is running; the counts stay in the store."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):  # the process may already be gone
                    pipe.close()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _choose_address(self, address: str | None, previous: OpenVote | None) -> str:
        known = addresses()
        if address is None:
            if previous and previous.address in {*known, "127.0.0.1"}:
                return previous.address
            if not known:
                raise CaseError("address", "votes_no_network", None)
            return known[0]
        try:
            local = ipaddress.IPv4Address(address).is_loopback
        except ValueError:
            local = False
        if not local and address not in known:
            raise CaseError("address", "votes_address", address, known=", ".join(known) or "127.0.0.1")
        return str(address)

    def _start(self, address: str, port: int) -> dict[str, Any]:
        """Start the server and return its one-line report; empty if there is none."""
        command = [sys.executable, "-m", "backchannel_lib.workshop.votes", "--store", str(self.store_path)]
        if self._public:
            command += ["--public", self._public.url]
        options: dict[str, Any] = {"start_new_session": True}  # so that Ctrl+C stops the presenter but not the vote
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            process = subprocess.Popen(  # noqa: S603 - this library's own command
                [*command, "--host", address, "--port", str(port), "--code", self._code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                cwd=Path(__file__).resolve().parents[3],  # the folder with this library, even if it isn't installed
                **options,
            )
        except OSError:
            return {}
        self._process = process
        report: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            if process.stdout:
                report = json.loads(_read_line(process.stdout) or "{}")
        if "port" not in report:
            self.close()
        return report

    def _free_port(self, address: str) -> int:
        """Find a free port by starting on any and stopping again."""
        report = self._start(address, 0)
        self.close()
        return int(report.get("port", 0))


def _read_line(pipe: IO[str]) -> str:
    """Read a line; return nothing after a timeout."""
    lines: list[str] = []

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):
            lines.append(pipe.readline())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(START_TIMEOUT_S)
    return lines[0] if lines else ""


def _open_vote(address: str, port: int, code: str, public: PublicAddress | None) -> OpenVote:
    import segno

    url = f"{public.url}{code}" if public else f"http://{address}:{port}/{code}"
    qr = segno.make(url, error="m", micro=False)
    svg = qr.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, title=text("votes.qr", url=url))
    return OpenVote(url, address, port, code, svg.replace("<svg ", '<svg role="img" ', 1), public is not None)
