"""Measures voting by phone: how many votes a room of simulated voters loses, and how long a vote takes under load.

    .venv/bin/python -m benchmarks.votes [--voters N] [--seconds N] [--lone N] [--out file.json]
    .venv/bin/python -m benchmarks.votes --url http://127.0.0.1:PORT/CODE      sends voters to a vote that is already open

Each voter arrives at a random moment, on Linux from its own loopback address, opens the page, requests the state, votes, and
then requests the state every two seconds, as the page does, until the time is over. A vote's time runs from the first attempt
to send it until it is counted, including retries. It is reported as a ratio to a vote with nobody else voting, measured first
in the same run.
"""
# ruff: noqa: INP001, T201, S311 (a standalone command that prints to a terminal; its random numbers are not for security)

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
    """The results of many voters.

    Args:
        sent: Votes sent.
        counted: Votes that the server said it counted.
        again: Retries of any request.
        problems: Why votes were not counted.
        seconds: How long each counted vote took.
        asked: Answered requests other than votes.
    """

    sent: int = 0
    counted: int = 0
    again: int = 0
    problems: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    asked: int = 0

    @property
    def lost(self) -> int:
        """Votes that were sent but not counted."""
        return self.sent - self.counted


class Voter:
    """One phone.

    Args:
        url: The vote's address.
        number: The voter's number. On Linux it sets the source address, because all of 127.0.0.0/8 is loopback.
    """

    def __init__(self, url: str, number: int) -> None:
        parts = urlsplit(url)
        if not ipaddress.IPv4Address(parts.hostname or "").is_loopback:
            raise ValueError(f"voters are only sent to loopback addresses, and {url} is not one")
        self.host, self.port, self.path = str(parts.hostname), int(parts.port or 80), parts.path
        self.source = (f"127.0.{1 + number // 250}.{1 + number % 250}", 0) if sys.platform == "linux" else None
        self.cookie = ""

    async def ask(self, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
        """Send one request, and return the answer's status, headers and body."""
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
        """Send a request until it is answered, with increasing random delays as the page does; return its status and body."""
        status, answer = 0, b""
        for tried in range(TRIES):
            wait = 0.5
            try:
                status, headers, answer = await asyncio.wait_for(self.ask(path, body), 8)
                if status not in {429, 503}:
                    break
                wait = float(headers.get("retry-after", 1))
            except (OSError, IndexError, ValueError, TimeoutError) as error:
                status, answer = 0, repr(error).encode()
            storm.again += 1
            await asyncio.sleep(wait * min(2**tried, 8) * random.uniform(0.75, 1.25))
        return status, answer

    async def take_part(self, storm: Storm, after: float, until: float) -> None:
        """Open the page after a delay in seconds, vote, and keep requesting the state until the given time."""
        await asyncio.sleep(after)
        await self.insist(storm, "")
        _, answer = await self.insist(storm, "/state")
        state = json.loads(answer)
        vote = json.dumps({"round": state["round"], "choice": random.choice(state["choices"])[0]}).encode()
        storm.asked += 2
        storm.sent += 1
        started = time.perf_counter()
        status, answer = await self.insist(storm, "/vote", vote)
        if status == 200:
            storm.counted += 1
            storm.seconds.append(time.perf_counter() - started)
        else:
            storm.problems.append(f"{status} {answer.decode(errors='replace')}")
        while time.monotonic() + POLL < until:
            await asyncio.sleep(POLL * random.uniform(0.75, 1.25))
            await self.insist(storm, "/state")
            storm.asked += 1


def storm(url: str, voters: int, seconds: float, first: int = 0) -> Storm:
    """Send many voters to an open vote on loopback, and return the results.

    Args:
        url: The vote's address, from `VoteDesk.open`.
        voters: The number of voters.
        seconds: The time over which their arrivals are spread; 0 for all at once.
        first: The first voter's number, so that two calls can have different voters.
    """

    async def all_of_them() -> Storm:
        outcome = Storm()
        until = time.monotonic() + seconds
        draw = random.Random(voters)
        await asyncio.gather(
            *(Voter(url, first + number).take_part(outcome, draw.uniform(0, seconds), until) for number in range(voters))
        )
        return outcome

    return asyncio.run(all_of_them())


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def lone(url: str, voters: int) -> list[float]:
    """Return the seconds of votes sent one after the other, with nobody else voting."""
    return [second for number in range(voters) for second in storm(url, 1, 0, first=2000 + number).seconds]


def main() -> None:
    """Print the figures, and write them as JSON if ``--out`` is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--voters", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--lone", type=int, default=60)
    parser.add_argument("--url", help="the loopback address of a vote that is already open")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    args = parser.parse_args()
    if args.url:
        done = storm(args.url, args.voters, args.seconds)
        print(json.dumps({"sent": done.sent, "counted": done.counted, "lost": done.lost, "again": done.again}))
        return

    choices = [(verdict.name.lower(), verdict.label) for verdict in Verdict]
    with tempfile.TemporaryDirectory() as folder, VoteStore(Path(folder) / "votes.sqlite") as store:
        server = VoteServer(store.path)
        try:
            url = server.open("127.0.0.1").url
            store.open_round("lone", "One vote at a time", choices, args.lone)
            alone = lone(url, args.lone)
            store.open_round("storm", "A room", choices, args.voters)
            done = storm(url, args.voters, args.seconds)
            stored = sum(store.counts("storm").values())
        finally:
            server.close()

    floor = statistics.median(alone)
    figures = {
        "voters": args.voters,
        "over_seconds": args.seconds,
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
    print(f"{machine}\n{args.voters} voters over {args.seconds:g} s: page, state, vote, then the state every {POLL:g} s\n")
    print("| votes | |\n| --- | --- |")
    for name in ("sent", "counted", "stored", "lost", "tried_again", "asked_beside"):
        print(f"| {name.replace('_', ' ')} | {figures[name]} |")
    print("\n| time of a vote, lone vote's median = 1 | median | 95th of 100 |\n| --- | --- | --- |")
    print(f"| lone | 1 | {figures['lone_p95_to_lone']:.2f} |")
    print(f"| in the room | {figures['median_to_lone']:.2f} | {figures['p95_to_lone']:.2f} |")
    for problem in done.problems[:5]:
        print(f"not counted: {problem}")
    if args.out:
        args.out.write_text(json.dumps({"machine": machine, **figures}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
