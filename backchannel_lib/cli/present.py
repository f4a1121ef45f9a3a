"""`backchannel present`: the workshop as a full-screen page, with a second window for the presenter."""

from __future__ import annotations

import os
import sys
from typing import Final

from backchannel_lib.base.errors import CaseError
from backchannel_lib.cli.own_cases import check_own_cases
from backchannel_lib.cli.project import CommandError, exec_process, is_taken
from backchannel_lib.workshop.phones import VOTES_PORT, VOTES_URL
from backchannel_lib.workshop.public_address import read_public_address

#: The port to use if it is free, and the number of ports to try.
FIRST_PORT = 8866
PORTS_TRIED = 50
#: The ``proxy`` argument of `present` if there is no reverse proxy.
NO_PROXY: Final[tuple[str | None, str | None, int | None]] = (None, None, None)


def present(
    port: int | None,
    *,
    browser: bool,
    phone: str | None = None,
    proxy: tuple[str | None, str | None, int | None] = NO_PROXY,
) -> int:
    """Turn this process into the workshop's server until someone stops it; return its exit code.

    Args:
        port: Its port; None for 8866, or the next free one if that is in use.
        browser: Whether to open a browser.
        phone: This computer's address on the network of the presenter's phone; blank for the most likely one, None for no
            phone.
        proxy: The addresses at which a reverse proxy offers the workshop and the votes, and the votes' port (None for the next
            one); None for an address without a proxy.

    Raises:
        CommandError: No port is free, there is no folder for the session, one of your own cases has an error, or an address
            can't be used.
    """
    base_url, votes_url, votes_port = proxy
    for name, url in (("--base-url", base_url), ("--votes-url", votes_url)):
        check_address(name, url)
    phone = None if phone is None else own_address(phone)
    check_own_cases()
    wanted = FIRST_PORT if port is None else port
    free = free_port(wanted)
    if free != wanted and (base_url or votes_url):
        raise CommandError(
            f"Port {wanted} is in use by another program, so the proxy wouldn't find the workshop. Stop that program."
        )
    if votes_url:
        os.environ |= {VOTES_URL: votes_url, VOTES_PORT: str(votes_port or free + 1)}
    if free != wanted:
        print(f"Port {wanted} is in use by another program, so the workshop takes port {free} instead.", flush=True)
    print("Starting the workshop. To stop it, press Ctrl+C here.", flush=True)
    return exec_process(workshop_command(free, browser=browser and not base_url, phone=phone, base_url=base_url))


def check_address(option: str, url: str | None) -> None:
    """Reject an address that a proxy can't have.

    Raises:
        CommandError: It isn't a web address.

    Examples:
        >>> check_address("--base-url", "https://hub.example/user/ana/proxy/8866/")
    """
    try:
        read_public_address(url or "http://localhost/")
    except CaseError as error:
        raise CommandError(f"{option} {error.sentence}") from None


def own_address(asked: str) -> str:
    """Return this computer's address on a network: the given one, or the most likely one if that is blank.

    Raises:
        CommandError: There is none, or the given one isn't this computer's.
    """
    from backchannel_lib.workshop.votes.process import addresses

    known = addresses()
    if not known:
        raise CommandError("This computer is on no network, so no phone can reach it. Connect it, or leave out --phone.")
    if asked and asked not in known:
        raise CommandError(f"--phone {asked}: this computer doesn't have that address. It has {', '.join(known)}.")
    return asked or known[0]


def workshop_command(port: int, *, browser: bool = True, phone: str | None = None, base_url: str | None = None) -> list[str]:
    """Return the command that serves the workshop.

    Examples:
        >>> workshop_command(8866, browser=False)[-2:]
        ['--port=8866', '--no-browser']
    """
    command = [sys.executable, "-P", "-m", "backchannel_lib.cli.serve_workshop", f"--port={port}"]
    if phone is not None:
        command.append(f"--phone={phone}")
    if base_url is not None:
        command.append(f"--base-url={base_url}")
    return command if browser else [*command, "--no-browser"]


def free_port(wanted: int) -> int:
    """Return a port that no program uses: ``wanted``, or else the next free one.

    Raises:
        CommandError: The next 50 ports are all in use.

    Examples:
        >>> free_port(0)
        0
    """
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        if not is_taken(port):
            return port
    raise CommandError(f"No port from {wanted} to {wanted + PORTS_TRIED - 1} is free. Name another: present --port N.")
