"""Ballots: one per phone, so that each phone votes once per round and nobody knows whose vote it is.

A ballot is a random token in a cookie, signed with a key that exists only in memory. Which ballots have voted is also kept
only in memory, as hashes that lead back to no ballot. The rate limits are here as well. A whole room often shares one
address, so the limits per address are generous.
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

MAX_BALLOTS: Final = 5000  # no room is as large
MAX_ROUNDS: Final = 64  # rounds whose voters are remembered; going back to one must not give a second vote
MAX_ADDRESSES: Final = 2000

#: Rate limits: requests per second, and how many at once.
BALLOT_LIMIT: Final = (3.0, 12.0)  # requests of one ballot; its page asks every two seconds
NEW_BALLOT_LIMIT: Final = (10.0, 600.0)  # new ballots for one address
PAGE_LIMIT: Final = (50.0, 1500.0)  # pages for one address, by phones without a ballot


class Ballot(NamedTuple):
    """A ballot as its cookie describes it.

    Args:
        token: Random bytes that identify it.
        last_round: The number of the last round it voted in, 0 for none. With it, a server that was killed and restarted
            during a round still refuses a second vote.
    """

    token: bytes
    last_round: int


class RateLimiter:
    """Limits how often each of many clients may do something (a token bucket per client).

    Args:
        rate: Requests per second.
        burst: Requests at once.
        max_keys: How many clients are remembered; the one idle the longest is dropped first.
        clock: Returns seconds.

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
        """Use one request of a client; return 0 if it is allowed, otherwise the seconds to wait."""
        now = self._clock()
        available, before = self._buckets.pop(key, (self._burst, now))
        available = min(self._burst, available + (now - before) * self._rate)
        wait = 0.0 if available >= 1 else (1 - available) / self._rate
        self._buckets[key] = (available if wait else available - 1, now)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return wait


class Ballots:
    """All ballots of one server.

    Args:
        key: Signs the cookies; a restarted server with the same key accepts the old ones.
        clock: Returns seconds.

    Examples:
        >>> ballots = Ballots(b"k" * 32)
        >>> cookie = ballots.new()
        >>> ballot = ballots.read(cookie)
        >>> ballots.has_voted(ballot, 1), ballots.read(cookie + "x"), ballots.read("")
        (False, None, None)
        >>> marked = ballots.read(ballots.vote(ballot, 1))
        >>> ballots.has_voted(ballot, 1), ballots.has_voted(marked, 1), ballots.has_voted(marked, 2), marked.last_round
        (True, True, False, 1)
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._issued = 0
        self._voted: OrderedDict[int, set[bytes]] = OrderedDict()
        self._requests = RateLimiter(*BALLOT_LIMIT, MAX_BALLOTS, clock)
        self._new = RateLimiter(*NEW_BALLOT_LIMIT, MAX_ADDRESSES, clock)
        self._pages = RateLimiter(*PAGE_LIMIT, MAX_ADDRESSES, clock)

    def new(self) -> str | None:
        """Return the cookie of a new ballot, or None if there are as many as allowed."""
        if self._issued >= MAX_BALLOTS:
            return None
        self._issued += 1
        return self._cookie(Ballot(secrets.token_bytes(16), 0))

    def read(self, cookie: str) -> Ballot | None:
        """Return the ballot in a cookie, or None unless this server's key signed it."""
        token, _, rest = cookie.partition(".")
        last_round, _, signature = rest.partition(".")
        if not (cookie.isascii() and last_round.isdecimal() and len(cookie) < 100):
            return None
        try:
            ballot = Ballot(base64.b64decode(token + "==", altchars=b"-_", validate=True), int(last_round))
        except binascii.Error:
            return None
        valid = hmac.compare_digest(self._cookie(ballot).encode(), f"{token}.{last_round}.{signature}".encode())
        return ballot if valid else None

    def has_voted(self, ballot: Ballot, number: int) -> bool:
        """Whether a ballot has voted in the round of this number."""
        return ballot.last_round == number or self._hash(b"voted", ballot.token, number) in self._voted.get(number, ())

    def vote(self, ballot: Ballot, number: int) -> str:
        """Remember that a ballot has voted in a round, and return the cookie that replaces its own."""
        voted = self._voted.setdefault(number, set())
        self._voted.move_to_end(number)
        if len(voted) < MAX_BALLOTS:
            voted.add(self._hash(b"voted", ballot.token, number))
        if len(self._voted) > MAX_ROUNDS:
            self._voted.popitem(last=False)
        return self._cookie(ballot._replace(last_round=number))

    def wait_for_request(self, ballot: Ballot) -> float:
        """Return the seconds until a ballot may ask again; 0 if it may now."""
        return self._requests.acquire(ballot.token)

    def wait_for_new(self, address: str) -> float:
        """Return the seconds until an address gets another ballot; 0 if it does now. Only a hash of it is kept, in memory."""
        return self._new.acquire(self._hash(b"address", address.encode(), 0))

    def wait_for_page(self, address: str) -> float:
        """Return the seconds until a phone without a ballot gets the page; 0 if it does now. Only a hash of it is kept."""
        return self._pages.acquire(self._hash(b"address", address.encode(), 0))

    def _hash(self, kind: bytes, content: bytes, number: int) -> bytes:
        return hmac.digest(self._key, kind + b"|%d|" % number + content, hashlib.sha256)[:8]

    def _cookie(self, ballot: Ballot) -> str:
        token = base64.urlsafe_b64encode(ballot.token).decode().rstrip("=")
        signature = hmac.digest(self._key, f"cookie|{token}|{ballot.last_round}".encode(), hashlib.sha256)[:16]
        return f"{token}.{ballot.last_round}.{signature.hex()}"
