"""The loader of `bench/intake.py`: keep-alive connections that send signed deliveries, each with
an id of its own, as fast as they are answered. Prints one JSON line."""

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import time
import uuid

import uvloop
from _intake_serve import SECRET

BODY_BYTES = 10_240
TICKETS = 512
END = b"\r\n\r\n"


def body(number: int) -> bytes:
    """A GitHub `issues` delivery of about 10 KB for one ticket."""
    person = {"login": "octo", "id": 7, "node_id": "U_7", "type": "User", "site_admin": False}
    repository = {"id": 42, "name": "bench", "full_name": "bench/bench", "private": False}
    issue = {
        "id": 1_000_000 + number,
        "number": number,
        "title": f"Ticket {number}",
        "state": "open",
        "user": person,
        "labels": [{"id": n, "name": f"label {n}", "color": "ffffff"} for n in range(8)],
        "updated_at": "2026-11-20T12:00:00Z",
        "body": "",
    }
    record = {"action": "edited", "issue": issue, "repository": repository, "sender": person}
    text = 'Steps to reproduce: open it, "quote" it\nand see.\n' * 200
    issue["body"] = text[: BODY_BYTES - len(json.dumps(record)) - 240]
    return json.dumps(record).encode()


def requests() -> list[tuple[bytes, bytes]]:
    """(what stands before the delivery id, what follows) of each ticket's request."""
    found = []
    for number in range(1, TICKETS + 1):
        raw = body(number)
        proof = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        head = (
            "POST /webhooks/bench HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "User-Agent: GitHub-Hookshot/bench\r\nAccept: */*\r\n"
            "Content-Type: application/json\r\nX-GitHub-Event: issues\r\n"
            "X-GitHub-Hook-ID: 1\r\nX-GitHub-Hook-Installation-Target-Type: repository\r\n"
            f"X-Hub-Signature-256: sha256={proof}\r\nContent-Length: {len(raw)}\r\n"
            "X-GitHub-Delivery: "
        )
        found.append((head.encode(), END + raw))
    return found


class Sender(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, load: "Load", first: int) -> None:
        self._load = load
        self._next = first
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, chunk: bytes) -> None:
        self._answer += chunk
        if END not in self._answer:
            return
        self._load.answered(self._answer[9:12], time.perf_counter() - self._began)
        self._answer = b""
        if not self._load.over:
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._load.over:
            self._load.broken += 1

    def _send(self) -> None:
        before, after = self._load.requests[self._next % TICKETS]
        key = f"{self._load.run}-{self._next}".encode()
        self._next += self._load.connections
        self._began = time.perf_counter()
        self._transport.write(before + key + after)


class Load:
    """What all connections share."""

    def __init__(self, connections: int) -> None:
        self.requests = requests()
        self.connections = connections
        self.run = uuid.uuid4().hex
        self.over = False
        self.broken = 0
        self.wrong = 0
        self.seconds: list[float] = []

    def answered(self, status: bytes, seconds: float) -> None:
        if status == b"202":
            self.seconds.append(seconds)
        else:
            self.wrong += 1


async def run(port: int, seconds: float, connections: int) -> dict[str, float]:
    """Sends for so many seconds; requests a second, latencies in milliseconds."""
    load = Load(connections)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    for first in range(connections):
        await loop.create_connection(lambda first=first: Sender(load, first), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    load.over = True
    took = time.perf_counter() - began
    ordered = sorted(load.seconds) or [0.0]
    return {
        "rate": len(load.seconds) / took,
        "p50": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[int(len(ordered) * 0.99)],
        "answered": len(load.seconds),
        "wrong": load.wrong + load.broken,
    }


def main() -> None:
    """One run against one port."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--core", type=int)
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(run(given.port, given.seconds, given.connections))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
