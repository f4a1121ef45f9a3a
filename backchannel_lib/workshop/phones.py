"""The round's connection to phones, which is off until requested and works alongside raised hands."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.base.errors import CaseError, CaseFileError
from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.activity_page import show_if, slot, verdict_options
from backchannel_lib.page.components import unfolding
from backchannel_lib.page.host import host
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button, toolbar
from backchannel_lib.workshop.public_address import PublicAddress, read_public_address
from backchannel_lib.workshop.round.state import MAX_VOTES

if TYPE_CHECKING:
    from backchannel_lib.workshop.votes.process import VoteServer
    from backchannel_lib.workshop.votes.store import VoteStore

# `votes` is imported on demand because it needs SQLite and processes, which a browser doesn't have.

STORE: Final = "votes.sqlite"
LOOPBACK: Final = "127.0.0.1"
ADDRESS: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
CODE: Final = re.compile(r"[a-z0-9]{4,32}")
OPEN_ATTEMPTS: Final = 6  # in case the address was in use a moment ago
RETRY_DELAY_S: Final = 0.4
#: The environment variable with the address from `present --votes-url`.
VOTES_URL: Final = "BACKCHANNEL_VOTES_URL"
VOTES_PORT: Final = "BACKCHANNEL_VOTES_PORT"


def public_vote() -> tuple[PublicAddress, int] | None:
    """Return the reverse proxy's address for the vote, and this computer's port behind it; None if there is none.

    Examples:
        >>> public_vote() is None
        True
    """
    url, port = (os.environ.get(name, "") for name in (VOTES_URL, VOTES_PORT))
    return (read_public_address(url), int(port)) if url and port.isdecimal() else None


class Phones:
    """Whether phones can vote, and their votes.

    ``state`` is off, ask (the page shows what would be opened), on, or lost (the vote ended unexpectedly).
    """

    def __init__(self) -> None:
        self.public = public_vote()
        self.state = "off"
        self._server: VoteServer | None = None
        self._restored: dict[str, Any] = {}  # the previous session's address, so that its phones find the vote again
        self._addresses: list[str] = []
        self._is_asking = False

    # ---- the facilitator's actions ----

    def ask(self) -> None:
        """Show what would be opened, and to whom; nothing is open yet."""
        try:
            from backchannel_lib.workshop.votes.process import addresses

            self._addresses = [] if self.public else addresses()
        except (ImportError, OSError):  # some systems don't allow listing their addresses
            self._addresses = []
        self.state = "ask"

    def open(self, address: str) -> str:
        """Open the vote; return an empty string, or a sentence about what prevented it.

        Args:
            address: This computer's address to listen on; blank for the previous one or else the most likely one.
        """
        try:
            from backchannel_lib.workshop.votes.process import VoteServer
            from backchannel_lib.workshop.votes.store import VoteStore

            previous = self.to_record()
            proxied, at = self.public or (None, 0)
            server = self._server or VoteServer(folder() / STORE, code=previous.get("code"), public=proxied)
            with VoteStore(folder() / STORE) as store:
                store.close_round()  # left open by a crashed session, and nothing would read its votes
            wanted = LOOPBACK if proxied else address or previous.get("address")  # where the room's phones expect it
            port = at or (previous.get("port", 0) if wanted == previous.get("address") else 0)
            self._open_with_retries(server, wanted, port, keep=proxied is not None)
        except (ImportError, OSError, CaseError) as error:
            self.state = "off"
            if not isinstance(error, CaseError):
                return text("phones.not_here")
            return str(error) if isinstance(error, CaseFileError) else error.sentence[:1].upper() + error.sentence[1:]
        self._server, self.state = server, "on"
        return ""

    @staticmethod
    def _open_with_retries(server: VoteServer, address: str | None, port: int, *, keep: bool) -> None:
        """Open the vote on its port, waiting for the old server to release it; if that fails, use any port unless ``keep``."""
        for attempt in range(OPEN_ATTEMPTS):
            try:
                server.open(address, port)
            except CaseError as error:
                if not port or error.field != "port" or (keep and attempt == OPEN_ATTEMPTS - 1):
                    raise
                time.sleep(RETRY_DELAY_S)
            else:
                return
        server.open(address)

    def close(self) -> None:
        """Close the vote; the counts stay."""
        if self._server:
            self._server.close()
        self.state = "off"

    def clear(self) -> None:
        """Delete all counts for a new session with a new code, which tells the old session's phones that it is over."""
        self._is_asking = False
        if self._server or (folder() / STORE).exists():
            self._use_store(lambda store: store.clear())
        was_on = self.state == "on"
        self._restored = {name: value for name, value in self.to_record().items() if name != "code"}
        if self._server:
            self._server.close()
            self._server = None
        if was_on:
            self.open("")

    # ---- rounds ----

    def open_round(self, round_id: str, title: str, people: int) -> None:
        """Start a vote on the nine verdicts on the phones if they are connected.

        Args:
            round_id: The round.
            title: The question.
            people: How many people are in the room.
        """
        self._is_asking = True
        if self.state == "on":
            self._use_store(lambda store: store.open_round(round_id, title, verdict_options(), people))

    def close_round(self) -> None:
        """Stop accepting votes until the next round."""
        if self._is_asking and self.state == "on":
            self._use_store(lambda store: store.close_round())
        self._is_asking = False

    def counts(self, round_id: str) -> tuple[int, ...] | None:
        """Return a round's votes for each verdict, lowest first, at most 999 each.

        None if phones aren't connected or the vote was lost.
        """
        if self.state != "on":
            return None
        counts = self._use_store(lambda store: store.counts(round_id))
        if self._server and not self._server.running:
            self.state = "lost"
        return None if counts is None else tuple(min(MAX_VOTES, counts.get(one.name.lower(), 0)) for one in Verdict)

    def _use_store(self, action: Callable[[VoteStore], Any]) -> Any:
        """Run an action on the store; if the store fails, only the phones' vote ends."""
        from backchannel_lib.workshop.votes.store import VoteStore

        try:
            with VoteStore(folder() / STORE) as store:
                return action(store)
        except CaseError:
            self.state = "lost"
            return None

    # ---- what is saved ----

    def to_record(self) -> dict[str, Any]:
        """Return the address, port and code that let phones find a restored session; empty if the vote was never opened."""
        opened = self._server.opened if self._server else None
        if opened is None:
            return self._restored
        return {"address": opened.address, "port": opened.port, "code": opened.code}

    def restore(self, record: object) -> None:
        """Restore the result of `to_record` from an earlier session, without opening its vote again."""
        if not isinstance(record, Mapping):
            return
        address, port, code = (record.get(name) for name in ("address", "port", "code"))
        if not (isinstance(address, str) and isinstance(code, str) and ADDRESS.fullmatch(address) and CODE.fullmatch(code)):
            return
        if isinstance(port, int) and 1024 <= port <= 65535:
            self._restored = {"address": address, "port": port, "code": code}
            self.state = "lost"

    # ---- on screen ----

    def fragments(self, people: int, *, visible: bool) -> dict[str, str]:
        """Return the fragments about phones, blank unless ``visible``.

        Args:
            people: How many people are in the room.
            visible: Whether the current step shows phones.
        """
        return {
            "phones.asks": self._offer() if visible and self.state == "ask" else "",
            "phones.shows": self._invitation(people) if visible and self.state == "on" else "",
        }

    def _offer(self) -> Markup:
        """Return what would be opened and to whom, with a button for each of this computer's addresses."""
        if self.public:
            sentences = [text("phones.would_open_public", url=self.public[0].url)]
            labels = {LOOPBACK: text("phones.open_public")}
        else:
            sentences = [text("phones.would_open"), *([] if self._addresses else [text("phones.no_network")])]
            labels = {one: text("phones.open_on", address=one) for one in self._addresses}
            labels[LOOPBACK] = text("phones.rehearse")
        buttons = [button(label, "phones_open", address) for address, label in labels.items()]
        return join([tag("p", one) for one in sentences], toolbar(*buttons, button(text("phones.no"), "phones_close")))

    def _invitation(self, people: int) -> Markup:
        """Return the QR code, the address to type, and what is open."""
        opened = self._server.opened if self._server else None
        if opened is None:
            return Markup("")
        return join(
            tag("div", Markup(opened.qr), class_="bw-qr"),
            tag("p", opened.url.partition("://")[2], class_="bw-phones-url"),
            unfolding(
                "phones",
                text("phones.what"),
                tag("p", opened.sentence),
                tag("p", text("phones.people", people=people)),
                button(text("phones.close"), "phones_close"),
                class_="bw-basis",
            ),
        )

    @staticmethod
    def page(visible: Iterable[str], fragments: Mapping[str, str]) -> list[Markup]:
        """Return the phones' sections of the page with their fragments; ``visible`` lists the visible sections.

        The list is empty if Python runs in a browser, which can't open a vote.
        """
        if host() == "browser":
            return []
        return [
            show_if("phones_off", visible, button(text("phones.ask"), "phones_ask")),
            show_if("phones_ask", visible, slot("phones.asks", fragments["phones.asks"], class_="bw-spaced")),
            show_if("phones_on", visible, slot("phones.shows", fragments["phones.shows"]), data_poll=True),
            show_if(
                "phones_lost",
                visible,
                tag("p", text("phones.lost")),
                toolbar(button(text("phones.open_again"), "phones_open", ""), button(text("phones.without"), "phones_close")),
            ),
        ]
