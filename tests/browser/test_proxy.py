"""The workshop and its votes under a reverse proxy's path, as with JupyterHub: windows, phones and other sites' requests."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from backchannel_lib.model.verdict import Verdict
from backchannel_lib.workshop.votes.store import VoteStore
from tests.helpers.lab import GLANCE, PATIENCE
from tests.helpers.proxy import proxied
from tests.helpers.stage import Screen, presented

ROOM, VOTE = "/user/ana/proxy/room", "/user/ana/proxy/vote"


def free_ports(count: int) -> list[int]:
    """Return free ports on this computer."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def status_of(port: int, path: str, method: str = "GET", **headers: str) -> int:
    """Return the HTTP status of a path on the proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.slow
def test_a_room_is_led_and_a_phone_votes_below_a_path(browser: Browser, tmp_path: Path) -> None:
    """Two windows and a phone work, their cookies have that path, and other hosts and pages get nothing."""
    outside, room_port, vote_port = free_ports(3)
    origin = f"http://127.0.0.1:{outside}"
    arguments = [f"--port={room_port}", f"--base-url={origin}{ROOM}/"]
    arguments += [f"--votes-url={origin}{VOTE}", f"--votes-port={vote_port}"]
    with (
        proxied({ROOM: room_port, VOTE: vote_port}, outside),
        presented(tmp_path, *arguments) as stage,
    ):
        context = browser.new_context(bypass_csp=True)
        presenter, projector = (Screen(context.new_page()) for _ in range(2))
        assert stage.address.startswith(f"{origin}{ROOM}/?token=")
        presenter.page.goto(stage.presenter, timeout=PATIENCE)
        projector.page.goto(stage.address, timeout=PATIENCE)
        assert (presenter.page.url, projector.page.url) == (f"{origin}{ROOM}/presenter", f"{origin}{ROOM}/")
        assert {one.get("path") for one in context.cookies(presenter.page.url)} == {ROOM}
        assert context.cookies(f"{origin}/") == []
        for window in (presenter, projector):
            window.settle()
        presenter.press("ArrowRight")
        shown = "() => document.querySelector('[data-on][data-activity=round] [data-fragment=story]')?.innerText"
        projector.page.wait_for_function(shown, timeout=PATIENCE, polling=GLANCE)

        ask = presenter.page.locator("[data-action=phones_ask]")
        while not ask.is_visible():
            presenter.press("ArrowRight")
        ask.click()
        presenter.page.click("[data-fragment='phones.asks'] [data-action=phones_open]")  # another opens it again
        projector.page.wait_for_selector(".bw-qr svg", timeout=PATIENCE)
        address = "http://" + projector.page.inner_text(".bw-phones-url")
        assert address.startswith(f"{origin}{VOTE}/")
        assert projector.page.inner_html(".bw-qr svg title").endswith(address)
        phone = browser.new_context()
        page = phone.new_page()
        page.goto(address.upper().replace("HTTP://127.0.0.1", "http://127.0.0.1").replace(VOTE.upper(), VOTE))
        assert page.url == address, "a code that is typed in capitals leads to the page"
        page.click("[data-choice=maybe]")
        page.click("#send")
        page.wait_for_selector("#said[data-kind=counted]", timeout=PATIENCE)
        (ballot,) = phone.cookies(f"{address}/state")
        assert ballot.get("path") == address.removeprefix(origin)
        phone.close()
        context.close()

        for path in (f"{ROOM}/", f"{ROOM}/presenter"):
            assert status_of(outside, path) == 403
            assert status_of(outside, f"{path}?token={stage.presenter.rpartition('=')[2]}", Host="evil.example") == 403
        vote = f"{address.removeprefix(origin)}/vote"
        assert status_of(outside, vote, "POST", Origin="http://evil.example") == 403
        assert status_of(outside, vote, "POST", Host="evil.example", Origin=origin) == 404
    with VoteStore(tmp_path / "votes.sqlite") as store:
        info = store.current()
        assert info is not None
        assert store.counts(info.round_id) == {one.name.lower(): int(one is Verdict.MAYBE) for one in Verdict}
