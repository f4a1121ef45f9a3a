"""A phone votes in each engine, and the room sees the result."""

from __future__ import annotations

import json
from pathlib import Path

from backchannel_lib.base.texts import text
from backchannel_lib.model.verdict import Verdict
from backchannel_lib.workshop.votes.process import VoteServer
from backchannel_lib.workshop.votes.store import VoteStore
from tests.helpers.engines import Engine, ask, wait_for

CHOICES = [(verdict.name.lower(), verdict.label) for verdict in Verdict]


def said(kind: str) -> str:
    """Return a condition for a message of this kind on the page."""
    return f"document.querySelector('#said')?.dataset.kind === '{kind}'"


def test_a_phone_votes_once_per_round_in_each_engine(engine: Engine, tmp_path: Path) -> None:
    """It votes and sees that the vote counts. It can't vote again, even after a reload, until the next round."""
    file = tmp_path / "votes.sqlite"
    server = VoteServer(file)
    opened = server.open("127.0.0.1")
    address = opened.url
    try:
        with VoteStore(file) as store:
            store.open_round("one", "Nadia", CHOICES, 40)
        engine.goto(address)
        wait_for(engine, "document.querySelector('[data-choice=maybe]')?.checkVisibility()")
        assert ask(engine, "document.documentElement.scrollWidth <= innerWidth")
        engine.click("[data-choice=maybe]")
        engine.click("#send")
        wait_for(engine, said("counted"))
        engine.goto(address)
        wait_for(engine, said("counted"))
        assert ask(engine, "[...document.querySelectorAll('button')].filter(one => one.checkVisibility()).length") == 0
        with VoteStore(file) as store:
            assert store.counts("one") == dict.fromkeys(dict(CHOICES), 0) | {"maybe": 1}
            store.close_round()
            store.open_round("two", "Samir", CHOICES, 40)
        wait_for(engine, "document.querySelector('[data-choice=ignored]')?.checkVisibility()")
        engine.click("[data-choice=ignored]")
        engine.click("#send")
        wait_for(engine, said("counted"))
        with VoteStore(file) as store:
            assert store.counts("two") == dict.fromkeys(dict(CHOICES), 0) | {"ignored": 1}
        server.close()
        server = VoteServer(file)  # the next session's, with its own code
        assert server.open("127.0.0.1", opened.port).code != opened.code
        wait_for(engine, f"document.querySelector('#said').innerText === {json.dumps(text('votes.page.over'))}")
    finally:
        server.close()
