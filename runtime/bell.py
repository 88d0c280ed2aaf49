"""The bell: wakes workers from a thread of its own, and never makes anyone wait for the queue."""

import threading
from collections.abc import Callable, Iterable
from itertools import islice

import structlog

from schemas.messages import Backfill, Download, Drain, Message, Refetch

BATCH = 64
"""Lanes in one message: what a worker drains in one transaction."""

LINGER_SECONDS = 0.005
"""A moment for more notes: the queue costs a call for each message, however many lanes it names."""

RECOVER_SECONDS = 1.0

Note = tuple[str, str, str | None]
"""(actor, source, ticket): one lane that somebody has to look at."""

log = structlog.get_logger(__name__)


class Bell:
    """Collects who is to be woken and sends it in batches.

    `send` puts one message on the queue (`functools.partial(broker.ring, broker)`); it may block
    and raise. Beyond `capacity` notes new ones are dropped: the sweep finds that work (law 2).
    """

    def __init__(self, send: Callable[[Message], None], *, capacity: int = 8192) -> None:
        self._send = send
        self._capacity = capacity
        # A dictionary as a set in order of arrival.
        self._notes: dict[Note, None] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._away = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def ring(self, message: Message) -> None:
        """Takes note of a message; returns at once and never raises."""
        with self._changed:
            for note in _notes(message):
                if len(self._notes) < self._capacity or note in self._notes:
                    self._notes[note] = None
                else:
                    self.dropped += 1
            self._changed.notify()

    def close(self, seconds: float = 2.0) -> None:
        """Sends what is left, for at most so many seconds; what is noted later is not sent."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._notes or self._closed)
                self._changed.wait_for(self._enough, LINGER_SECONDS)
                if not self._notes:
                    return
                taken = list(islice(self._notes, BATCH))
                for note in taken:
                    del self._notes[note]
            if not self._deliver(taken) and not self._wait_and_return(taken):
                return

    def _enough(self) -> bool:
        return self._closed or len(self._notes) >= BATCH

    def _deliver(self, taken: list[Note]) -> bool:
        try:
            for message in _messages(taken):
                self._send(message)
        except Exception as error:  # whatever the queue's client thinks of: nobody may notice
            if not self._away:
                log.warning("queue_away", error=type(error).__name__, healed_by="sweep")
            self._away = True
            return False
        if self._away:
            log.info("queue_back", dropped=self.dropped)
        self._away = False
        return True

    def _wait_and_return(self, taken: list[Note]) -> bool:
        """Puts notes back after a pause; False when there is no time left for another try."""
        with self._changed:
            closed = self._changed.wait_for(lambda: self._closed, RECOVER_SECONDS)
            self._notes = dict.fromkeys(taken) | self._notes
        return not closed


def _notes(message: Message) -> Iterable[Note]:
    if isinstance(message, Drain):
        return ((message.actor, source, ticket) for source, ticket in message.keys)
    if isinstance(message, Download):
        return ((message.actor, message.source, None),)
    return ((Refetch.actor, message.source, ticket) for ticket in message.tickets)


def _messages(notes: list[Note]) -> Iterable[Message]:
    for kind in (Drain, Backfill):
        lanes = tuple((source, ticket) for actor, source, ticket in notes if actor == kind.actor)
        if lanes:
            yield kind(keys=lanes)
    doubts: dict[str, list[str]] = {}
    for actor, source, ticket in notes:
        if actor == Refetch.actor and ticket is not None:
            doubts.setdefault(source, []).append(ticket)
    for source, tickets in doubts.items():
        yield Refetch(source=source, tickets=tuple(tickets))
    for actor, source, _ in notes:
        if actor == Download.actor:
            yield Download(source=source)
