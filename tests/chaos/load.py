"""Load: signed webhooks from several threads, and a record of what was promised for each."""

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from schemas import fingerprint
from schemas.source import Source
from trackers.github import GITHUB

SECRET = "chaos-secret-0123456789"
SOURCE = "shop"
PROJECT = "octo/shop"
PATH = f"/webhooks/{SOURCE}"
START = datetime(2026, 1, 1, tzinfo=UTC)
HOT = 1
"""One ticket gets many bodies of one `updated_at` with different titles."""
COLD = 40
UNREACHABLE = Source(name=SOURCE, slug=SOURCE, tracker="github", url="https://github.com/octo/shop")


@dataclass(frozen=True)
class Said:
    """One delivery: what its body says."""

    key: str
    ticket: int
    version: int
    title: str
    body: bytes


@dataclass
class Load:
    """Senders at work; `acked` holds the keys of all deliveries answered 2xx."""

    port: int
    threads: int = 4
    pause: float = 0.02
    said: dict[str, Said] = field(default_factory=dict)
    acked: dict[str, float] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: list[threading.Thread] = field(default_factory=list)
    _version: int = 0

    def start(self) -> None:
        self._stop.clear()
        self._running = [
            threading.Thread(target=self._send_on, args=(number,), daemon=True)
            for number in range(self.threads)
        ]
        for one in self._running:
            one.start()

    def stop(self) -> None:
        self._stop.set()
        for one in self._running:
            one.join(15)

    def wait_for(self, more: int, seconds: float = 30.0) -> None:
        """Until so many more were answered 2xx."""
        goal, until = len(self.acked) + more, time.monotonic() + seconds
        while len(self.acked) < goal:
            assert time.monotonic() < until, f"the receiver does not answer: {self.answers}"
            time.sleep(0.01)

    def promised(self, journaled: set[str]) -> dict[int, str]:
        """The title each ticket's row must have, given which deliveries were kept.

        The newest wins; of several with one time the one with the larger fingerprint (law 4).
        """
        best: dict[int, tuple[int, str, str]] = {}
        for key in journaled:
            one = self.said[key]
            rank = (one.version, fingerprint_of(one), one.title)
            best[one.ticket] = max(best.get(one.ticket, (-1, "", "")), rank)
        return {number: title for number, (_, _, title) in best.items()}

    def _send_on(self, number: int) -> None:
        chance = random.Random(number)
        link: http.client.HTTPConnection | None = None
        again: Said | None = None
        while not self._stop.is_set():
            one, again = again or self._next(chance), None
            try:
                link = link or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                link.request("POST", PATH, one.body, headers(one))
                answer = link.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                if link is not None:
                    link.close()
                link, status = None, 0
                time.sleep(0.05)
            with self._lock:
                self.answers[status] += 1
                if 200 <= status < 300:
                    self.acked.setdefault(one.key, time.time())
            if status in (0, 503) and chance.random() < 0.7:  # others are never sent again
                again = one
            self._stop.wait(self.pause)
        if link is not None:
            link.close()

    def _next(self, chance: random.Random) -> Said:
        with self._lock:
            self._version += 1
            version = self._version
        hot = chance.random() < 0.25
        ticket = HOT if hot else chance.randrange(HOT + 1, HOT + 1 + COLD)
        # Versions are told out of order now and then, as webhooks are.
        stamp = 0 if hot else max(1, version - (chance.randrange(30) if version % 7 == 0 else 0))
        key = str(uuid.uuid4())
        title = f"ticket {ticket} as of {stamp}" + (f", {key}" if hot or version % 7 == 0 else "")
        one = Said(key, ticket, stamp, title, payload(ticket, title, stamp))
        with self._lock:
            self.said[key] = one
        return one


def payload(number: int, title: str, version: int) -> bytes:
    """A full `issues.edited` of a repository that nobody can reach."""
    person = {"login": "mona", "id": 7, "type": "User"}
    stamp = f"{START + timedelta(seconds=version):%Y-%m-%dT%H:%M:%SZ}"
    issue = {
        "id": 1_000_000 + number,
        "number": number,
        "title": title,
        "body": "Steps to reproduce: open it\nand see.\n" * 20,
        "state": "open",
        "labels": [{"id": 5, "name": "bug", "color": "ff0000"}],
        "assignees": [],
        "milestone": None,
        "user": person,
        "locked": False,
        "comments": 0,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": stamp,
        "closed_at": None,
    }
    repository = {"id": 42, "name": "shop", "full_name": PROJECT, "private": False}
    content = {"action": "edited", "issue": issue, "repository": repository, "sender": person}
    return json.dumps(content).encode()


def fingerprint_of(one: Said) -> str:
    return fingerprint.core(GITHUB.to_ticket(json.loads(one.body)["issue"], UNREACHABLE))


def headers(one: Said) -> dict[str, str]:
    proof = hmac.new(SECRET.encode(), one.body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": one.key,
        "X-Hub-Signature-256": f"sha256={proof}",
    }
