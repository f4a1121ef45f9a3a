"""The public address of a workshop server that is behind a reverse proxy and otherwise reachable only from this computer."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from backchannel_lib.base.errors import CaseError

DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)
_PATH = re.compile(r"(/[\w.~@%+-]+)*/?")


class PublicAddress(NamedTuple):
    """An address on the web.

    Args:
        origin: Scheme, host and port, as browsers send them.
        host: The host name alone.
        path: The path, with a leading slash but no trailing one; blank for the root.
    """

    origin: str
    host: str
    path: str

    @property
    def url(self) -> str:
        """The address, with a trailing slash."""
        return f"{self.origin}{self.path}/"

    @property
    def netloc(self) -> str:
        """Host and port, as browsers send them."""
        return self.origin.partition("://")[2]

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it over HTTPS."""
        return self.origin.startswith("https:")


def read_public_address(written: str) -> PublicAddress:
    """Read an address, ignoring a trailing slash and the scheme's default port.

    Args:
        written: An ``http`` or ``https`` address with a host and, optionally, a port and a path.

    Raises:
        CaseError: It isn't a valid address.

    Examples:
        >>> read_public_address("https://Hub.example:443/user/ana/proxy/8866")
        PublicAddress(origin='https://hub.example', host='hub.example', path='/user/ana/proxy/8866')
    """
    try:
        parts = urlsplit(written.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise CaseError("address", "public_address", written) from None
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if not (plain and parts.scheme in DEFAULT_PORTS and _is_host(host) and _PATH.fullmatch(parts.path)):
        raise CaseError("address", "public_address", written)
    shown = f"[{host}]" if ":" in host else host
    ending = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return PublicAddress(f"{parts.scheme}://{shown}{ending}", shown, parts.path.rstrip("/"))


def optional_path(public: PublicAddress | None) -> str:
    """Return a pattern for the path that a proxy adds, optional because some proxies strip it from requests and others don't.

    Examples:
        >>> optional_path(read_public_address("https://hub.example/room/"))
        '(?:/room)?'
    """
    return f"(?:{re.escape(public.path)})?" if public and public.path else ""


def _is_host(host: str) -> bool:
    try:
        return bool(_HOST.fullmatch(host) or ipaddress.IPv6Address(host))
    except ValueError:
        return False
