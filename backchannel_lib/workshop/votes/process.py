"""Opening the vote to the room's phones, and closing it: the server's process, its address and its QR code.

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
from backchannel_lib.workshop.votes.store import VoteStore

#: What a code is made of. Without look-alikes, and without vowels: on a screen before a room, no word comes about.
SIGNS: Final = "bcdfghjkmnpqrstvwxyz23456789"
SIGNS_IN_CODE: Final = 6

PATIENCE: Final = 30.0  # seconds for the server to answer; a busy laptop is no failure
PARTING: Final = 5.0  # seconds for it to end by itself

HOME_NETWORKS: Final = tuple(ipaddress.IPv4Network(net) for net in ("192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12"))
#: How systems name the networks that lead to programs on this computer, or elsewhere through a tunnel: no phone is there.
NO_ROOM: Final = (
    "docker",
    "br-",
    "veth",
    "virbr",
    "vbox",
    "virtualbox",
    "vmnet",
    "vmware",
    "vethernet",
    "utun",
    "tun",
    "tap",
    "wg",
)


class Opened(NamedTuple):
    """A vote that is open to phones.

    Args:
        url: What a phone opens.
        address: This computer's address in it.
        port: Its port.
        code: The code at its end.
        qr: The URL as a QR code: SVG without a size of its own, black on white.
    """

    url: str
    address: str
    port: int
    code: str
    qr: str

    @property
    def sentence(self) -> str:
        """What is open, and to whom."""
        alone = ipaddress.IPv4Address(self.address).is_loopback
        return text("votes.only_here" if alone else "votes.opens", address=self.address, port=self.port)


def addresses() -> list[str]:
    """List this computer's addresses on networks that phones may share with it.

    Returns:
        IPv4 addresses, the likeliest first: those of a private network, then others, then those that a computer gives
        itself; the networks of virtual machines and tunnels come after the rest of their kind.

    Examples:
        >>> "127.0.0.1" in addresses()
        False
    """
    import psutil

    up = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
    found = [
        (name, one.address)
        for name, each in psutil.net_if_addrs().items()
        if name in up
        for one in each
        if one.family.name == "AF_INET"
    ]
    return in_order(found)


def in_order(found: Iterable[tuple[str, str]]) -> list[str]:
    """Put addresses in the order in which they are offered.

    Args:
        found: Names of networks and addresses on them.

    Returns:
        The addresses that are worth offering.

    Examples:
        >>> in_order([("lo", "127.0.0.1"), ("docker0", "172.17.0.1"), ("eth1", "169.254.3.4"), ("wlan0", "192.168.1.20")])
        ['192.168.1.20', '172.17.0.1', '169.254.3.4']
    """

    def rank(one: tuple[str, str]) -> tuple[int, bool]:
        name, address = one[0].lower(), ipaddress.IPv4Address(one[1])
        kind = 0 if any(address in net for net in HOME_NETWORKS) else 2 if address.is_link_local else 1
        return kind, name.startswith(NO_ROOM)

    usable = [one for one in found if not _is_nowhere(one[1])]
    return list(dict.fromkeys(address for _, address in sorted(usable, key=rank)))


def _is_nowhere(text: str) -> bool:
    address = ipaddress.IPv4Address(text)
    return address.is_loopback or address.is_unspecified or address.is_multicast


class VoteServer:
    """The vote as the presenter's process holds it: it starts the server, and ends it.

    The server ends with the presenter's process, even one that is killed. Opened again, it comes back under the same address
    if it can, with the counts it had, and phones go on without being told.

    Args:
        store_path: The store's file.
        code: The code at the end of the address, for a vote that an earlier process had opened; None for a new one.

    Examples:
        >>> desk = VoteServer("votes.sqlite")
        >>> desk.running
        False
    """

    def __init__(self, store_path: str | os.PathLike[str], code: str | None = None) -> None:
        self.store_path = Path(store_path).resolve()
        self.opened: Opened | None = None
        self._process: subprocess.Popen[str] | None = None
        self._key = secrets.token_hex(32)
        if code is None or len(code) != SIGNS_IN_CODE or not set(code) <= set(SIGNS):
            code = "".join(secrets.choice(SIGNS) for _ in range(SIGNS_IN_CODE))
        self._code = code

    @property
    def running(self) -> bool:
        """Whether the server is there."""
        return self._process is not None and self._process.poll() is None

    def open(self, address: str | None = None, port: int = 0) -> Opened:
        """Open the vote to phones.

        Args:
            address: The address of this computer to answer on, and no other; None for the one it had, or the likeliest.
                On 127.0.0.1, only this computer itself can vote.
            port: The port; 0 for the one it had, or any that is free.

        Returns:
            What to show to the room.

        Raises:
            CaseError: There is no network, the address or the port cannot be used, or the server does not start.
            CaseFileError: The store cannot be used.
        """
        had = self.opened
        if self.running and had and address in {None, had.address} and port in {0, had.port}:
            return had
        self.close()
        if isinstance(port, bool) or not isinstance(port, int) or not (port == 0 or 1024 <= port <= 65535):
            raise CaseError("port", "votes_port", port)
        chosen = self._chosen(address, had)
        with VoteStore(self.store_path) as store:
            store.current()  # a store that cannot be used is said here, by its own sentence
        told: dict[str, Any] = {}
        if not port and had and had.address == chosen:
            told = self._start(chosen, had.port)
        if "port" not in told:
            told = self._start(chosen, port)
        match told:
            case {"port": int(taken)}:
                self.opened = _opened(chosen, taken, self._code)
                return self.opened
            case {"problem": "port_taken"}:
                raise CaseError("port", "votes_port_taken", port, free=self._free_port(chosen))
            case {"problem": "no_address"}:
                raise CaseError("address", "votes_address", chosen, known=", ".join(addresses()) or "127.0.0.1")
        raise CaseError("votes", "votes_not_started", None)

    def close(self) -> None:
        """End the server, if it is there; the counts stay in the store."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):  # it may be gone already
                    pipe.close()
        try:
            process.wait(PARTING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _chosen(self, address: str | None, had: Opened | None) -> str:
        """Give the address to answer on: one of this computer's own."""
        known = addresses()
        if address is None:
            if had and had.address in {*known, "127.0.0.1"}:
                return had.address
            if not known:
                raise CaseError("address", "votes_no_network", None)
            return known[0]
        try:
            loopback = ipaddress.IPv4Address(address).is_loopback
        except ValueError:
            loopback = False
        if not loopback and address not in known:
            raise CaseError("address", "votes_address", address, known=", ".join(known) or "127.0.0.1")
        return str(address)

    def _start(self, address: str, port: int) -> dict[str, Any]:
        """Start the server, and give the line in which it tells how that went; empty where it told nothing."""
        command = [sys.executable, "-m", "backchannel_lib.workshop.votes", "--store", str(self.store_path)]
        apart: dict[str, Any] = {"start_new_session": True}  # what interrupts the presenter is not meant for the vote
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            process = subprocess.Popen(  # noqa: S603 - this library's own command
                [*command, "--host", address, "--port", str(port), "--code", self._code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                cwd=Path(__file__).resolve().parents[3],  # where this library lies, whether or not it is installed
                **apart,
            )
        except OSError:
            return {}
        self._process = process
        told: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            if process.stdin and process.stdout:
                process.stdin.write(self._key + "\n")  # by the pipe: who lists processes sees their arguments
                process.stdin.flush()
                told = json.loads(_line(process.stdout) or "{}")
        if "port" not in told:
            self.close()
        return told

    def _free_port(self, address: str) -> int:
        """Find a port that is free, by starting on any and ending again."""
        told = self._start(address, 0)
        self.close()
        return int(told.get("port", 0))


def _line(pipe: IO[str]) -> str:
    """Read a line, and give up after a while."""
    lines: list[str] = []

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):
            lines.append(pipe.readline())

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(PATIENCE)
    return lines[0] if lines else ""


def _opened(address: str, port: int, code: str) -> Opened:
    import segno

    url = f"http://{address}:{port}/{code}"
    qr = segno.make(url, error="m", micro=False)
    svg = qr.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, title=text("votes.qr", url=url))
    return Opened(url, address, port, code, svg.replace("<svg ", '<svg role="img" ', 1))
