"""Ballots: one for each phone, so that each votes once a round, and nobody knows whose it is.

A ballot is a random token in a cookie, signed with a key that is kept in memory alone. Which ballots have voted is kept in
memory too, and only as sums from which no ballot can be read back. The limits stand here as well: how often one ballot may
ask, and how many ballots one address gets. A room often shares one address, so those are generous.
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

MOST_BALLOTS: Final = 5000  # in all: no room is as large
MOST_ROUNDS: Final = 64  # rounds of which it is remembered who has voted; going back to one must not give a second vote
MOST_ADDRESSES: Final = 2000

#: How often each may ask: so many a second, after so many at once.
ASKING: Final = (3.0, 12.0)  # one ballot; its page asks once in two seconds
NEW: Final = (10.0, 600.0)  # new ballots for one address
PAGES: Final = (50.0, 1500.0)  # pages for one address, by those who have no ballot yet


class Ballot(NamedTuple):
    """A ballot as its cookie tells it.

    Args:
        token: What tells it from others.
        mark: The number of the last round it has voted in, 0 for none. So a server that was killed and started again
            within a round still refuses a second vote.
    """

    token: bytes
    mark: int


class RateLimiter:
    """How often each of many may do something: a number at once, and then so many a second.

    Args:
        rate: How many a second.
        burst: How many at once.
        most: Of how many is remembered what they did; the one that was longest away is forgotten first.
        clock: Tells the seconds.

    Examples:
        >>> now = [0.0]
        >>> buckets = RateLimiter(rate=2, burst=2, most=10, clock=lambda: now[0])
        >>> [buckets.take(b"a") for _ in range(3)], buckets.take(b"b")
        ([0.0, 0.0, 0.5], 0.0)
        >>> now[0] = 0.5
        >>> buckets.take(b"a")
        0.0
    """

    def __init__(self, rate: float, burst: float, most: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._most, self._clock = rate, burst, most, clock
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, key: bytes) -> float:
        """Take one, if one is left.

        Args:
            key: Who asks.

        Returns:
            0 where it may; else the seconds after which to ask again.
        """
        now = self._clock()
        left, then = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._left[key] = (left if wait else left - 1, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait


class Ballots:
    """All ballots of one server.

    Args:
        key: What they are signed with; who starts a server again with the same key keeps its ballots valid.
        clock: Tells the seconds.

    Examples:
        >>> ballots = Ballots(b"k" * 32)
        >>> cookie = ballots.new()
        >>> ballot = ballots.read(cookie)
        >>> ballots.has_voted(ballot, 1), ballots.read(cookie + "x"), ballots.read("")
        (False, None, None)
        >>> marked = ballots.read(ballots.vote(ballot, 1))
        >>> ballots.has_voted(ballot, 1), ballots.has_voted(marked, 1), ballots.has_voted(marked, 2), marked.mark
        (True, True, False, 1)
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._made = 0
        self._voted: OrderedDict[int, set[bytes]] = OrderedDict()
        self._asking = RateLimiter(*ASKING, MOST_BALLOTS, clock)
        self._new = RateLimiter(*NEW, MOST_ADDRESSES, clock)
        self._pages = RateLimiter(*PAGES, MOST_ADDRESSES, clock)

    def new(self) -> str | None:
        """Make a ballot.

        Returns:
            Its cookie; None where there are as many as there may be.
        """
        if self._made >= MOST_BALLOTS:
            return None
        self._made += 1
        return self._cookie(Ballot(secrets.token_bytes(16), 0))

    def read(self, cookie: str) -> Ballot | None:
        """Read a cookie.

        Args:
            cookie: As it came, from whomever.

        Returns:
            The ballot; None where this is none of ours.
        """
        token, _, rest = cookie.partition(".")
        mark, _, signature = rest.partition(".")
        if not (cookie.isascii() and mark.isdecimal() and len(cookie) < 100):
            return None
        try:
            ballot = Ballot(base64.b64decode(token + "==", altchars=b"-_", validate=True), int(mark))
        except binascii.Error:
            return None
        right = hmac.compare_digest(self._cookie(ballot).encode(), f"{token}.{mark}.{signature}".encode())
        return ballot if right else None

    def has_voted(self, ballot: Ballot, number: int) -> bool:
        """Tell whether a ballot has voted in a round.

        Args:
            ballot: The ballot.
            number: The round's number.

        Returns:
            Whether it has.
        """
        return ballot.mark == number or self._sum(b"voted", ballot.token, number) in self._voted.get(number, ())

    def vote(self, ballot: Ballot, number: int) -> str:
        """Remember that a ballot has voted.

        Args:
            ballot: The ballot.
            number: The round's number.

        Returns:
            The cookie to replace its own with.
        """
        voted = self._voted.setdefault(number, set())
        self._voted.move_to_end(number)
        if len(voted) < MOST_BALLOTS:
            voted.add(self._sum(b"voted", ballot.token, number))
        if len(self._voted) > MOST_ROUNDS:
            self._voted.popitem(last=False)
        return self._cookie(ballot._replace(mark=number))

    def wait_to_ask(self, ballot: Ballot) -> float:
        """Tell how many seconds a ballot has to wait before it asks again; 0 where it may now.

        Args:
            ballot: The ballot.

        Returns:
            Seconds.
        """
        return self._asking.take(ballot.token)

    def wait_for_new(self, address: str) -> float:
        """Tell how many seconds an address has to wait for another new ballot; 0 where it gets one now.

        Args:
            address: The address, of which only a sum is kept, and in memory.

        Returns:
            Seconds.
        """
        return self._new.take(self._sum(b"address", address.encode(), 0))

    def wait_for_page(self, address: str) -> float:
        """Tell how many seconds one without a ballot has to wait for the page; 0 where it gets it now.

        Args:
            address: The address, of which only a sum is kept, and in memory.

        Returns:
            Seconds.
        """
        return self._pages.take(self._sum(b"address", address.encode(), 0))

    def _sum(self, kind: bytes, text: bytes, number: int) -> bytes:
        """Make a sum that only this key makes, and from which nothing can be read back."""
        return hmac.digest(self._key, kind + b"|%d|" % number + text, hashlib.sha256)[:8]

    def _cookie(self, ballot: Ballot) -> str:
        token = base64.urlsafe_b64encode(ballot.token).decode().rstrip("=")
        signed = hmac.digest(self._key, f"cookie|{token}|{ballot.mark}".encode(), hashlib.sha256)[:16]
        return f"{token}.{ballot.mark}.{signed.hex()}"
