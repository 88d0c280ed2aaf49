"""POST /webhooks/{source}: proves a delivery, has it kept, answers. Raw ASGI, for it is the hot
path: Starlette's routing and Request would cost as much as the proof."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any

import anyio.to_thread
import structlog
from prometheus_client import Counter

from receiver.answers import END, Receive, Refusal, Scope, Send, refuse, start_of
from receiver.complaints import Complaints
from receiver.intake import Answer, Intake
from receiver.reading import Disconnected, Reading
from receiver.spells import Spells
from runtime.telemetry import Telemetry
from schemas.delivery import Arrival, Proof, Via
from schemas.errors import Rejected
from schemas.source import Source
from trackers.base import Tracker

PREFIX = "/webhooks/"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
ALWAYS_KEPT = frozenset({"content-type", "user-agent"})

LARGE = 256 * 1024
"""Bodies beyond this are proven in a thread: hashing and parsing them would hold up the loop."""

LONGEST = 200
MOST_SERIES = 1_000

UNKEPT = {
    Answer.full: "too many deliveries are waiting",
    Answer.late: "the store is too slow at the moment",
    Answer.store_away: "the store is away",
    Answer.closing: "the receiver is closing",
}
"""The answers that are no success, in words for the sender."""

Clock = Callable[[], datetime]
Started = dict[str, Any]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the door needs to know of one source."""

    source: Source
    tracker: Tracker
    secrets: tuple[str, ...]
    kept_headers: frozenset[str]
    accepted: Started


def gate(source: Source, tracker: Tracker, secrets: tuple[str, ...]) -> Gate:
    """The gate of a source; a header that is a secret is never kept, whoever lists it."""
    said = tracker.capabilities
    kept = (ALWAYS_KEPT | said.event_headers) - said.secret_headers
    return Gate(source, tracker, secrets, kept, start_of(said.ack_status))


class Webhooks:
    """The ASGI endpoint. `gates` maps each name and slug of an enabled source to its gate."""

    def __init__(
        self,
        gates: Mapping[str, Gate],
        intake: Intake,
        reading: Reading,
        telemetry: Telemetry,
        now: Clock,
        spells: Spells,
    ) -> None:
        self._gates = dict(gates)
        self._spells = spells
        self._intake = intake
        self._reading = reading
        self._telemetry = telemetry
        self._now = now
        self._received = telemetry.metrics.received
        self._ack_seconds = telemetry.metrics.ack_seconds
        self._counters: dict[tuple[str, str, str], Counter] = {}
        self._complaints = Complaints()
        self._duplicate = start_of(200)
        # Asked once: building a log line that nobody reads would cost more than the proof.
        self._debug = logging.getLogger(__name__).isEnabledFor(logging.DEBUG)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, answered as the table in `answers` says; no fault of ours is a 500."""
        found = self._find(scope)
        try:
            started = await self._take(scope, receive, found)
        except Refusal as refusal:
            await self._refuse(refusal, found, receive, send)
        except Disconnected:
            self._count(found, "", "disconnected")
        except Exception as error:
            self._telemetry.capture(error, source=found.source.name if found else "")
            log.error("receiver_fault", exc_info=error)
            fault = Refusal(503, "fault", "not kept, please send it again")
            await self._refuse(fault, found, receive, send)
        else:
            await send(started)
            await send(END)

    def _find(self, scope: Scope) -> Gate | None:
        path: str = scope["path"]
        name = path.removeprefix(scope.get("root_path", "")).removeprefix(PREFIX)
        return self._gates.get(name) or self._gates.get(name.rstrip("/"))

    async def _take(self, scope: Scope, receive: Receive, found: Gate | None) -> Started:
        if found is None:
            raise Refusal(404, "unknown_source", "no source is configured at this address")
        headers = _headers(scope)
        _check(scope["method"], headers, found)
        if not self._intake.alive:
            raise Refusal(503, Answer.closing, UNKEPT[Answer.closing])
        body = await self._reading.body(receive, headers.get("content-length"))
        began = perf_counter()
        proof = await _prove(found, headers, body, self._now())
        arrival = _arrival(found, headers, body, proof, self._now())
        answer = await self._intake.keep(arrival)
        self._ack_seconds.observe(perf_counter() - began)
        if answer in UNKEPT:
            self._spells.refused(arrival.source)
            raise Refusal(503, answer, UNKEPT[answer])
        self._spells.kept()
        self._count(found, arrival.event, answer)
        if self._debug:
            log.debug("delivery", **_line(arrival, answer))
        return found.accepted if answer is Answer.kept else self._duplicate

    async def _refuse(
        self, refusal: Refusal, found: Gate | None, receive: Receive, send: Send
    ) -> None:
        self._count(found, "", refusal.label)
        source = found.source.name if found else ""
        count = self._complaints.due((source, refusal.label))
        if count:
            log.warning(
                "delivery_refused",
                source=source,
                status=refusal.status,
                reason=str(refusal),
                count=count,
            )
        await refuse(refusal, receive, send)

    def _count(self, found: Gate | None, event: str, answer: str) -> None:
        key = (found.source.name if found else "", event, answer)
        counter = self._counters.get(key)
        if counter is None:
            # The event's name comes from outside: only so many become a time series.
            if event and len(self._counters) > MOST_SERIES:
                return self._count(found, "", answer)
            counter = self._counters[key] = self._received.labels(*key)
        counter.inc()
        return None


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _check(method: str, headers: dict[str, str], found: Gate) -> None:
    """All that can be said before the body is read."""
    if method != "POST":
        raise Refusal(405, "method", "deliveries are sent with POST")
    kind = headers.get("content-type", "")
    if kind != JSON:
        kind = kind.partition(";")[0].strip().lower()
        if kind != JSON and not (kind == FORM and found.tracker.capabilities.form_bodies):
            raise Refusal(415, "content_type", "deliveries are sent as application/json")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        # Never opened, so that no small body can become a large one.
        raise Refusal(415, "content_encoding", "compressed bodies are not accepted")
    if not found.secrets:
        raise Refusal(401, "no_secret", "no webhook secret is configured for this source")


async def _prove(found: Gate, headers: dict[str, str], body: bytes, now: datetime) -> Proof:
    verify = found.tracker.verify
    try:
        if len(body) <= LARGE:
            return verify(headers, body, found.secrets, now)
        return await anyio.to_thread.run_sync(verify, headers, body, found.secrets, now)
    except Rejected as error:
        raise Refusal(error.status, "not_proven", str(error)) from None


def _arrival(
    found: Gate, headers: dict[str, str], body: bytes, proof: Proof, now: datetime
) -> Arrival:
    ticket = proof.ticket
    return Arrival(
        source=found.source.name,
        via=Via.webhook,
        event=_storable(proof.event),
        delivery_key=_storable(proof.delivery_key),
        ticket=ticket if ticket and ticket == _storable(ticket) else None,
        body=body,
        received_at=now,
        headers={
            name: headers[name]
            for name in found.kept_headers
            if name in headers and "\0" not in headers[name]
        },
    )


def _storable(text: str) -> str:
    """Text that every database can hold and index; anything else is named by its hash.

    One row that cannot be written would fail the whole batch it is in.
    """
    if 0 < len(text) <= LONGEST and text.isprintable():
        return text
    return "unclean:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _line(arrival: Arrival, answer: Answer) -> dict[str, object]:
    return {
        "source": arrival.source,
        "event": arrival.event,
        "delivery_key": arrival.delivery_key,
        "ticket": arrival.ticket,
        "bytes": len(arrival.body),
        "answer": str(answer),
    }
