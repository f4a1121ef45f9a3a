"""The phones' side of the round: off until asked for, told plainly what it opens, and never in the way of typed counts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from backchannel_lib.activities.saved_answers import folder
from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.page.activity_page import show_if, slot
from backchannel_lib.page.html import Markup, join, tag
from backchannel_lib.page.inputs import button

if TYPE_CHECKING:
    from backchannel_lib.workshop.votes.process import VoteServer

STORE: Final = "votes.sqlite"
PARTS: Final = ("phones", "phones.asks", "phones.shows")
ALONE: Final = "127.0.0.1"
TRIES: Final = 6  # how often an address that was in use a moment ago is tried again
PAUSE: Final = 0.4  # seconds between two tries


class Phones:
    """Whether phones can vote, and what they have said."""

    def __init__(self) -> None:
        self.state = "off"  # off, ask (what would be opened is on screen), on, or lost (it ended by itself)
        self._desk: VoteServer | None = None
        self._before: dict[str, Any] = {}  # where an earlier session was open, so that its phones find it again
        self._addresses: list[str] = []
        self._round: tuple[str, str, Sequence[tuple[str, str]]] | None = None

    # ---- what the facilitator does ----

    def ask(self) -> None:
        """Put on screen what would be opened, and to whom; nothing is opened yet."""
        try:
            from backchannel_lib.workshop.votes.process import addresses

            self._addresses = addresses()
        except (ImportError, OSError):  # in the browser there are no processes, and some systems do not tell
            self._addresses = []
        self.state = "ask"

    def open(self, address: str) -> str:
        """Open the vote.

        Args:
            address: The address of this computer to answer on; blank for the one it had, or else the likeliest.

        Returns:
            A sentence on what stood in the way; blank if nothing did.
        """
        try:
            from backchannel_lib.workshop.votes.process import VoteServer

            before = self.kept()
            desk = self._desk or VoteServer(folder() / STORE, code=before.get("code"))
            wanted = address or before.get("address")  # opened again, it is where the phones look for it
            port = before.get("port", 0) if wanted == before.get("address") else 0
            self._open_soon(desk, wanted, port)
        except (ImportError, OSError, CaseError) as error:
            self.state = "off"
            return str(error) if isinstance(error, CaseError) else text("phones.not_here")
        self._desk, self.state = desk, "on"
        return ""

    @staticmethod
    def _open_soon(desk: VoteServer, address: str | None, port: int) -> None:
        """Open the vote where it was; the one before may need a moment to leave, and else any port will do."""
        for _ in range(TRIES):
            try:
                desk.open(address, port)
            except CaseError as error:
                if not port or error.field != "port":
                    raise
                time.sleep(PAUSE)
            else:
                return
        desk.open(address)

    def close(self) -> None:
        """End the vote; what was counted stays."""
        if self._desk:
            self._desk.close()
        self.state = "off"

    def forget(self) -> None:
        """Begin to count anew, for a new session."""
        self._round = None
        if self._desk:
            self._with_store("clear")

    # ---- rounds ----

    def update(self, round_id: str, title: str, choices: Sequence[tuple[str, str]]) -> None:
        """Put a vote before the phones, if they are let in.

        Args:
            round_id: The round's name.
            title: What is asked.
            choices: Names and words of the answers.
        """
        self._round = (round_id, title, choices)
        if self.state == "on":
            self._with_store("open_round", *self._round)

    def rest(self) -> None:
        """Take no more votes until the next round."""
        if self._round and self.state == "on":
            self._with_store("close_round")
        self._round = None

    def counts(self, round_id: str) -> tuple[int, ...] | None:
        """Tell what the phones have said.

        Args:
            round_id: The round's name.

        Returns:
            Votes for each verdict, lowest first; None where phones are not let in, or the vote has ended by itself.
        """
        if self.state != "on":
            return None
        found = self._with_store("counts", round_id)
        if self._desk and not self._desk.running:
            self.state = "lost"
        if not isinstance(found, Mapping):
            return None
        return tuple(int(found.get(one.name.lower(), 0)) for one in Verdict)

    def _with_store(self, what: str, *values: object) -> object:
        """Ask the store; one that cannot be used ends the phones' vote and nothing else."""
        from backchannel_lib.workshop.votes.store import VoteStore

        try:
            with VoteStore(folder() / STORE) as store:
                return getattr(store, what)(*values)
        except CaseError:
            self.state = "lost"
            return None

    # ---- keeping ----

    def kept(self) -> dict[str, Any]:
        """Give what a session has to keep, so that the phones find it again.

        Returns:
            Address, port and code; empty where phones were never let in.
        """
        opened = self._desk.opened if self._desk else None
        if opened is None:
            return self._before
        return {"address": opened.address, "port": opened.port, "code": opened.code}

    def bring(self, record: object) -> None:
        """Take over what an earlier session kept; it was open then, and is not now.

        Args:
            record: What `kept` gave.
        """
        wanted = {"address": str, "port": int, "code": str}
        if not isinstance(record, Mapping) or not all(isinstance(record.get(name), kind) for name, kind in wanted.items()):
            return
        self._before = {name: record[name] for name in wanted}
        self.state = "lost"

    # ---- on screen ----

    def fragments(self, people: int) -> dict[str, str]:
        """Give what stands on screen about the phones.

        Args:
            people: How many people are in the room.

        Returns:
            HTML by part.
        """
        parts = self.blank()
        if self.state == "ask":
            parts["phones.asks"] = self._asks()
        if self.state == "on" and self._desk and self._desk.opened:
            parts["phones.shows"] = self._shows(people)
        return parts

    @staticmethod
    def blank() -> dict[str, str]:
        """Give the parts with nothing in them.

        Returns:
            Blanks by part.
        """
        return dict.fromkeys(PARTS, "")

    def _asks(self) -> Markup:
        """Say what would be opened, and to whom, with a button for each address of this computer."""
        return join(
            tag("p", text("phones.would_open")),
            None if self._addresses else tag("p", text("phones.no_network")),
            tag(
                "div",
                [button(text("phones.open_on", address=one), "phones_open", one) for one in self._addresses],
                button(text("phones.rehearse"), "phones_open", ALONE),
                button(text("phones.no"), "phones_close"),
                class_="bw-toolbar",
            ),
        )

    def _shows(self, people: int) -> Markup:
        """Show the QR code, the address to type, and what is open."""
        opened = self._desk.opened if self._desk else None
        if opened is None:
            return Markup("")
        return join(
            tag("div", Markup(opened.qr), class_="bw-qr"),
            tag("p", opened.url.removeprefix("http://"), class_="bw-phones-url"),
            tag(
                "details",
                tag("summary", text("phones.what")),
                tag("p", opened.sentence),
                tag("p", text("phones.people", people=people)),
                button(text("phones.close"), "phones_close"),
                class_="bw-basis",
                data_details="phones",
            ),
        )

    @staticmethod
    def page(now: Iterable[str], parts: Mapping[str, str]) -> list[Markup]:
        """Write the place of the phones on the page.

        Args:
            now: What is in sight.
            parts: The parts as they are.

        Returns:
            HTML.
        """
        return [
            show_if("phones_off", now, button(text("phones.ask"), "phones_ask")),
            show_if("phones_ask", now, slot("phones.asks", parts["phones.asks"], class_="bw-spaced")),
            show_if("phones_on", now, slot("phones.shows", parts["phones.shows"]), data_poll=True),
            show_if(
                "phones_lost",
                now,
                tag("p", text("phones.lost")),
                tag(
                    "div",
                    button(text("phones.open_again"), "phones_open", ""),
                    button(text("phones.without"), "phones_close"),
                    class_="bw-toolbar",
                ),
            ),
            slot("phones", "", "p", class_="bw-hidden"),
        ]
