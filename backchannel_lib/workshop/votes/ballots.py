"""Ballots: one per phone, so that each phone votes once per round and nobody knows whose vote it is.

A ballot is a random token in a cookie, signed with the store's key. Ballots aren't recorded when they are created, so they
can't run out; only a ballot that votes counts. The store then keeps a mark, a hash of ballot and round that can't be traced
back to either.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

MAX_BALLOTS: Final = 5000  # clients with counted requests; no room is this large

#: Requests per second from one ballot, and burst size; the page sends a request every two seconds.
BALLOT_LIMIT: Final = (3.0, 12.0)


class Ballot(NamedTuple):
    """A ballot, as read from its cookie.

    Args:
        token: Random bytes that identify it.
    """

    token: bytes


class RateLimiter:
    """Limits how often each of many clients can make a request, with a token bucket per client.

    Args:
        rate: Requests per second.
        burst: Requests at once.
        max_keys: Number of clients to remember; the one idle the longest is dropped first.
        clock: Returns the time in seconds.

    Examples:
        >>> now = [0.0]
        >>> limiter = RateLimiter(rate=2, burst=2, max_keys=10, clock=lambda: now[0])
        >>> [limiter.acquire(b"a") for _ in range(3)], limiter.acquire(b"b")
        ([0.0, 0.0, 0.5], 0.0)
        >>> now[0] = 0.5
        >>> limiter.acquire(b"a")
        0.0
    """

    def __init__(self, rate: float, burst: float, max_keys: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._max_keys, self._clock = rate, burst, max_keys, clock
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def acquire(self, key: bytes) -> float:
        """Count a client's request; return 0 if it is allowed, and otherwise the seconds to wait."""
        now = self._clock()
        available, before = self._buckets.pop(key, (self._burst, now))
        available = min(self._burst, available + (now - before) * self._rate)
        wait = 0.0 if available >= 1 else (1 - available) / self._rate
        self._buckets[key] = (available if wait else available - 1, now)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return wait


class Ballots:
    """The ballots of one store.

    Args:
        key: Returns the key that signs the cookies; with the same key, a restarted server accepts the old ones.
        clock: Returns the time in seconds.

    Examples:
        >>> ballots = Ballots(lambda: b"k" * 32)
        >>> cookie = ballots.new()
        >>> ballot = ballots.read(cookie)
        >>> ballots.read(cookie + "x"), ballots.read(""), ballots.mark(ballot, 1) == ballots.mark(ballot, 2)
        (None, None, False)
    """

    def __init__(self, key: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._requests = RateLimiter(*BALLOT_LIMIT, MAX_BALLOTS, clock)

    def new(self) -> str:
        """Return the cookie of a new ballot."""
        return self._cookie(Ballot(secrets.token_bytes(16)))

    def read(self, cookie: str) -> Ballot | None:
        """Return the ballot in a cookie, or None if the store's key didn't sign it."""
        token, _, _ = cookie.partition(".")
        if not (cookie.isascii() and len(cookie) < 100):
            return None
        try:
            ballot = Ballot(base64.b64decode(token + "==", altchars=b"-_", validate=True))
        except binascii.Error:
            return None
        return ballot if hmac.compare_digest(self._cookie(ballot), cookie) else None

    def mark(self, ballot: Ballot, number: int) -> bytes:
        """Return the mark that records that a ballot voted in the round with this number."""
        return hmac.digest(self._key(), b"voted|%d|" % number + ballot.token, hashlib.sha256)[:16]

    def wait_for_request(self, ballot: Ballot) -> float:
        """Return the seconds until a ballot can send another request; 0 if it can now."""
        return self._requests.acquire(ballot.token)

    def _cookie(self, ballot: Ballot) -> str:
        token = base64.urlsafe_b64encode(ballot.token).decode().rstrip("=")
        signature = hmac.digest(self._key(), f"cookie|{token}".encode(), hashlib.sha256)[:16]
        return f"{token}.{signature.hex()}"
