"""A simulated network between a page and its kernel, which can lose, duplicate, delay and reorder messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

KERNEL = re.compile(r"/api/kernels/.*/channels")
ANSWER = re.compile(rb'"type": ?"show"')
FROM_PAGE = re.compile(rb'"content": ?\{ ?"type": ?"(\w+)"')


@dataclass
class Network:
    """All kernel websockets of a page; set it up before the page loads.

    Args:
        page: The page.
        answers: The fate of the next answers, in order: ``arrives``, ``lost``, ``twice``, ``late`` (right after the next one)
            or ``held`` (until `release`).
        others: The fate of later answers.
        actions: Whether the page's messages arrive; if not, they are lost.
        prefetch: Whether prefetch requests arrive; if not, they are lost, which changes nothing else.
        connect: Creates the kernel's end of a websocket; by default the server that the page asked for.
    """

    page: Page
    answers: list[str] = field(default_factory=list)
    others: str = "arrives"
    actions: bool = True
    prefetch: bool = True
    connect: Callable[[WebSocketRoute], Any] = WebSocketRoute.connect_to_server
    passed: list[str] = field(default_factory=list, init=False)  # the fate of each answer so far
    _late: list[str | bytes] = field(default_factory=list, init=False)
    _held: list[str | bytes] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.page.route_web_socket(KERNEL, self._connect)

    def _connect(self, page: WebSocketRoute) -> None:
        self._page, kernel = page, self.connect(page)
        page.on_message(lambda message: self._up(kernel, message))
        kernel.on_message(self._down)

    def _up(self, kernel: Any, message: str | bytes) -> None:
        sent = FROM_PAGE.search(raw(message))
        asks = bool(sent and sent[1] == b"prefetch")
        if sent and not (self.prefetch if asks else self.actions):
            return
        kernel.send(message)

    def _down(self, message: str | bytes) -> None:
        if not ANSWER.search(raw(message)):
            self._page.send(message)
            return
        what = self.answers.pop(0) if self.answers else self.others
        self.passed.append(what)
        if what == "late":
            self._late.append(message)
            return
        if what == "held":
            self._held.append(message)
            return
        for _ in range({"lost": 0, "twice": 2}.get(what, 1)):
            self._page.send(message)
        while self._late:
            self._page.send(self._late.pop())

    def restore(self) -> None:
        """Stop losing and holding messages, and drop held ones."""
        self.answers, self.others, self.actions, self.prefetch = [], "arrives", True, True
        self._late, self._held = [], []

    def release(self) -> None:
        """Deliver all held messages, and stop holding them."""
        self.others = "arrives"
        while self._held:
            self._page.send(self._held.pop(0))


def raw(message: str | bytes) -> bytes:
    """Return the bytes of a frame."""
    return message.encode() if isinstance(message, str) else message
