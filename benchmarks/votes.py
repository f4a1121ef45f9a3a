"""Measures the vote from phones: a room of voters on loopback, how many votes were lost, and how long one took under load.

    .venv/bin/python -m benchmarks.votes [--voters N] [--seconds N] [--lone N] [--out file.json]
    .venv/bin/python -m benchmarks.votes --url http://127.0.0.1:PORT/CODE      storms a vote that is open already

Each voter comes at a moment of its own, from an address of its own where the system has many for loopback, opens the page,
asks for the state, votes, and then asks every two seconds as the page does, until the time is over. A vote's time runs from
sending it until it is counted, tries in between included; it is shown as a ratio to that of a lone vote, measured first in the
same run.
"""
# ruff: noqa: INP001, T201, S311 (a command of its own, which talks to a person at a terminal and draws no secrets)

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from backchannel_lib import Verdict
from backchannel_lib.workshop.votes.process import VoteServer
from backchannel_lib.workshop.votes.store import VoteStore
from benchmarks.machine import machine_line

TRIES = 20
POLL = 2.0


@dataclass
class Storm:
    """What became of the votes.

    Args:
        sent: Voters who sent a vote.
        counted: Votes that the server said it counted.
        again: How often something had to be tried again.
        problems: Why votes were not counted.
        seconds: How long each counted vote took.
        asked: Answers to what was asked next to the votes.
    """

    sent: int = 0
    counted: int = 0
    again: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    asked: int = 0

    @property
    def lost(self) -> int:
        """Votes that were sent and not counted."""
        return self.sent - self.counted


class Voter:
    """One phone.

    Args:
        url: The vote's address.
        number: Which it is; on Linux, all of 127.0.0.0/8 is loopback, and each comes from another of it.
    """

    def __init__(self, url: str, number: int) -> None:
        parts = urlsplit(url)
        if not ipaddress.IPv4Address(parts.hostname or "").is_loopback:
            raise ValueError(f"a storm is for loopback alone, but {url} is not")
        self.host, self.port, self.path = str(parts.hostname), int(parts.port or 80), parts.path
        self.source = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0) if sys.platform == "linux" else None
        self.cookie = ""

    async def ask(self, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
        """Send one request and give the answer's status, headers and body."""
        lines = [f"{'GET' if body is None else 'POST'} {self.path}{path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        if body is not None:
            lines += [
                f"Origin: http://{self.host}:{self.port}",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
            ]
        reader, writer = await asyncio.open_connection(self.host, self.port, local_addr=self.source)
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
            await writer.drain()
            head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
            await writer.wait_closed()
        first, *others = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in others)}
        if "set-cookie" in headers:
            self.cookie = headers["set-cookie"].partition(";")[0]
        return int(first.split()[1]), headers, rest

    async def insist(self, storm: Storm, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Ask until there is an answer, later each time and never all at once, as the page does."""
        status, told = 0, b""
        for tried in range(TRIES):
            wait = 0.5
            try:
                status, headers, told = await asyncio.wait_for(self.ask(path, body), 8)
                if status not in {429, 503}:
                    break
                wait = float(headers.get("retry-after", 1))
            except (OSError, IndexError, ValueError, TimeoutError) as error:
                status, told = 0, repr(error).encode()
            storm.again += 1
            await asyncio.sleep(wait * min(2**tried, 8) * random.uniform(0.75, 1.25))
        return status, told

    async def come(self, storm: Storm, after: float, until: float) -> None:
        """Open the page, vote, and keep asking until it is over."""
        await asyncio.sleep(after)
        await self.insist(storm, "")
        _, told = await self.insist(storm, "/state")
        state = json.loads(told)
        vote = json.dumps({"round": state["round"], "choice": random.choice(state["choices"])[0]}).encode()
        storm.asked += 2
        storm.sent += 1
        started = time.perf_counter()
        status, told = await self.insist(storm, "/vote", vote)
        if status == 200:
            storm.counted += 1
            storm.seconds.append(time.perf_counter() - started)
        else:
            storm.problems.append(f"{status} {told.decode(errors='replace')}")
        while time.monotonic() + POLL < until:
            await asyncio.sleep(POLL * random.uniform(0.75, 1.25))
            await self.insist(storm, "/state")
            storm.asked += 1


def storm(url: str, voters: int, seconds: float, first: int = 0) -> Storm:
    """Send a room of voters to an open vote on loopback.

    Args:
        url: The vote's address, as `VoteDesk.open` gives it.
        voters: How many come.
        seconds: Over how many seconds they are spread; 0 for all at once.
        first: The number of the first, so that two storms have voters of their own.

    Returns:
        What became of their votes.
    """

    async def all_of_them() -> Storm:
        outcome = Storm()
        until = time.monotonic() + seconds
        draw = random.Random(voters)
        await asyncio.gather(
            *(Voter(url, first + number).come(outcome, draw.uniform(0, seconds), until) for number in range(voters))
        )
        return outcome

    return asyncio.run(all_of_them())


def p95(values: list[float]) -> float:
    """Return the value that 95 of 100 do not exceed."""
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def lone(url: str, voters: int) -> list[float]:
    """Time votes that come one after the other, with nobody else there."""
    return [second for number in range(voters) for second in storm(url, 1, 0, first=2000 + number).seconds]


def main() -> None:
    """Measure, print and, if asked to, write the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--voters", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--lone", type=int, default=60)
    parser.add_argument("--url", help="a vote that is open already, on loopback")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    asked = parser.parse_args()
    if asked.url:
        done = storm(asked.url, asked.voters, asked.seconds)
        print(json.dumps({"sent": done.sent, "counted": done.counted, "lost": done.lost, "again": done.again}))
        return

    choices = [(verdict.name.lower(), verdict.label) for verdict in Verdict]
    with tempfile.TemporaryDirectory() as folder, VoteStore(Path(folder) / "votes.sqlite") as store:
        server = VoteServer(store.path)
        try:
            url = server.open("127.0.0.1").url
            store.open_round("lone", "One vote at a time", choices, asked.lone)
            alone = lone(url, asked.lone)
            store.open_round("storm", "A room", choices, asked.voters)
            done = storm(url, asked.voters, asked.seconds)
            stored = sum(store.counts("storm").values())
        finally:
            server.close()

    floor = statistics.median(alone)
    figures = {
        "voters": asked.voters,
        "over_seconds": asked.seconds,
        "sent": done.sent,
        "counted": done.counted,
        "stored": stored,
        "lost": done.sent - stored,
        "tried_again": done.again,
        "asked_beside": done.asked,
        "median_to_lone": statistics.median(done.seconds) / floor,
        "p95_to_lone": p95(done.seconds) / floor,
        "lone_p95_to_lone": p95(alone) / floor,
    }
    machine = machine_line("tornado")
    print(f"{machine}\n{asked.voters} voters over {asked.seconds:g} s: page, state, vote, then the state every {POLL:g} s\n")
    print("| votes | |\n| --- | --- |")
    for name in ("sent", "counted", "stored", "lost", "tried_again", "asked_beside"):
        print(f"| {name.replace('_', ' ')} | {figures[name]} |")
    print("\n| a vote, lone vote's median = 1 | median | 95th of 100 |\n| --- | --- | --- |")
    print(f"| lone | 1 | {figures['lone_p95_to_lone']:.2f} |")
    print(f"| in the room | {figures['median_to_lone']:.2f} | {figures['p95_to_lone']:.2f} |")
    for problem in done.problems[:5]:
        print(f"not counted: {problem}")
    if asked.out:
        asked.out.write_text(json.dumps({"machine": machine, **figures}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
