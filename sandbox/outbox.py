"""The way a webhook takes to its receiver: one ordered queue, one sending thread, and faults.

What happens here is what happens to real deliveries: they are lost, doubled, late, overtaken,
or imitated by somebody who does not know the secret.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from sandbox.faults import Switchboard

CHANCES = ("drop", "double", "reorder", "forge", "fail")
NUMBERS = {"delay": 0.0}


@dataclass(frozen=True, slots=True)
class Answer:
    """How the receiver took a letter; status 0 means that no answer came."""

    status: int
    reason: str
    headers: dict[str, str]
    body: str
    seconds: float


@dataclass(slots=True)
class Letter:
    """One webhook request, ready to be sent byte for byte."""

    url: str
    headers: dict[str, str]
    body: bytes
    about: str
    done: Callable[[Answer], None] | None = None
    forged: Callable[[], Letter] | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The record of one try, kept for tests and for the operator of a demo."""

    about: str
    url: str
    fate: str
    status: int
    headers: dict[str, str]
    seconds: float


@dataclass(order=True, slots=True)
class _Slot:
    due: float
    place: int
    letter: Letter = field(compare=False)
    fate: str = field(compare=False, default="sent")


class Outbox:
    """Sends letters in order, unless a fault says otherwise."""

    def __init__(self, faults: Switchboard, timeout: float = 10.0) -> None:
        self.faults = faults
        self.attempts: list[Attempt] = []
        self.counts: Counter[str] = Counter()
        self._timeout = timeout
        self._places = itertools.count()
        self._slots: list[_Slot] = []
        self._busy = 0
        self._held = False
        self._stopped = False
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def post(self, letter: Letter) -> None:
        """Queue a letter; what befalls it is decided now, so a seed repeats a run."""
        faults = self.faults
        if faults.happens("drop"):
            self._note(letter, "dropped", None)
            return
        due = time.monotonic() + faults.number("delay")
        if faults.happens("reorder"):
            due += faults.random.uniform(0.05, 0.4)
        if faults.happens("forge") and letter.forged is not None:
            self._queue(due, letter.forged(), "forged")
        self._queue(due, letter, "unreached" if faults.happens("fail") else "sent")
        if faults.happens("double"):
            self._queue(due, letter, "doubled")

    def hold(self) -> None:
        """Keep letters back until `release`: an outage on the sender's side."""
        with self._change:
            self._held = True

    def release(self) -> None:
        with self._change:
            self._held = False
            self._change.notify_all()

    def idle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is queued or under way; False if that took too long."""
        with self._change:
            return self._change.wait_for(lambda: not self._slots and not self._busy, timeout)

    def as_json(self) -> dict[str, int]:
        """`sent` counts accepted letters, `failed` those refused or not answered."""
        with self._change:
            queued = len(self._slots) + self._busy
            names = ("sent", "dropped", "failed", "doubled", "forged")
            return {"queued": queued, **{name: self.counts[name] for name in names}}

    def stop(self) -> None:
        with self._change:
            self._stopped = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join(2)

    def _queue(self, due: float, letter: Letter, fate: str) -> None:
        with self._change:
            heapq.heappush(self._slots, _Slot(due, next(self._places), letter, fate))
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def _run(self) -> None:
        with httpx.Client(timeout=self._timeout, trust_env=False) as client:
            while (slot := self._take()) is not None:
                try:
                    self._deliver(client, slot)
                finally:
                    with self._change:
                        self._busy -= 1
                        self._change.notify_all()

    def _take(self) -> _Slot | None:
        with self._change:
            while not self._stopped:
                wait = self._slots[0].due - time.monotonic() if self._slots else None
                if wait is not None and wait <= 0 and not self._held:
                    self._busy += 1
                    return heapq.heappop(self._slots)
                self._change.wait(None if self._held else wait)
        return None

    def _deliver(self, client: httpx.Client, slot: _Slot) -> None:
        letter = slot.letter
        if slot.fate == "unreached":
            answer = Answer(0, "timed out", {}, "", self._timeout)
        else:
            answer = _send(client, letter)
        if letter.done is not None and slot.fate in ("sent", "unreached"):
            letter.done(answer)
        self._note(letter, slot.fate, answer)

    def _note(self, letter: Letter, fate: str, answer: Answer | None) -> None:
        status = answer.status if answer else 0
        seconds = answer.seconds if answer else 0.0
        attempt = Attempt(letter.about, letter.url, fate, status, dict(letter.headers), seconds)
        with self._change:
            self.attempts.append(attempt)
            if fate in ("dropped", "doubled", "forged"):
                self.counts[fate] += 1
            elif 200 <= status < 400:
                self.counts["sent"] += 1
            else:
                self.counts["failed"] += 1
            self._change.notify_all()


def _send(client: httpx.Client, letter: Letter) -> Answer:
    began = time.monotonic()
    try:
        answer = client.post(letter.url, content=letter.body, headers=letter.headers)
    except httpx.TimeoutException:
        return Answer(0, "timed out", {}, "", time.monotonic() - began)
    except (httpx.HTTPError, httpx.InvalidURL):
        return Answer(0, "failed to connect to host", {}, "", time.monotonic() - began)
    spent = time.monotonic() - began
    reason = "OK" if answer.is_success else "Invalid HTTP Response: " + str(answer.status_code)
    return Answer(answer.status_code, reason, dict(answer.headers), answer.text[:4096], spent)
