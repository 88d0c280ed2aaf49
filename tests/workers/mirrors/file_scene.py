"""Two stand-in trackers, and files that go from one to the other."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox.register import module_of
from schemas.change import TicketChange
from schemas.event import TicketSeen
from schemas.mirror import Mirror, MirrorOptions, Side
from schemas.record import Record
from schemas.source import Source
from schemas.ticket import Attachment, Ticket
from store.database import Store
from tests.builders import Clock, a_work, observed
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from tests.workers.draining import drained
from trackers.base import Client
from trackers.registry import tracker_named
from workers.mirrors.files import CarriedFiles, carry_files, look_at_files
from workers.redaction import Redactor
from workers.work import Work

PNG = b"\x89PNG\r\n\x1a\n" + b"lamp" * 400
OTHER_SIDE: dict[Side, Side] = {"left": "right", "right": "left"}


@dataclass
class Place:
    """A stand-in, its source and a client of it."""

    source: Source
    client: Client
    running: Any

    def create(self, **fields: Any) -> str:
        """A new ticket; its id."""
        given = {"source": "shop", "external_id": "", "key": "", "title": "T"} | fields
        change = TicketChange(
            wanted=Ticket.model_validate(given), fields=frozenset({"title", *fields})
        )
        tracker = tracker_named(self.source.tracker)
        [step, *_] = tracker.to_writes(change, self.source)
        return self.client.write(step).ticket

    def ticket(self, ticket: str) -> Ticket:
        found = self.client.fetch(ticket)
        assert isinstance(found, Record), found
        return tracker_named(self.source.tracker).to_ticket(found.body, self.source)

    def holds(self, url: str) -> bytes:
        return b"".join(self.client.download(url))

    def asked(self, method: str = "", part: str = "") -> int:
        """How many requests came, by method and a part of the path."""
        return sum(
            (not method or one.method == method) and part in one.path
            for one in self.running.requests.entries
        )


@dataclass
class Two:
    """A mirror between two places."""

    work: Work
    left: Place
    right: Place
    clock: Clock
    options: dict[str, Any] = field(default_factory=dict)
    leaves: Callable[[], None] = lambda: None

    @property
    def mirror(self) -> Mirror:
        return Mirror(
            id=1,
            name="m",
            source="left",
            target="right",
            options=MirrorOptions.model_validate(self.options),
            created_at=datetime(2026, 11, 20, tzinfo=UTC),
        )

    def place(self, side: Side) -> Place:
        return self.left if side == "left" else self.right

    def carry(
        self,
        *texts: str,
        to: str = "",
        side: Side = "left",
        attachments: Sequence[Attachment] = (),
        of: str = "1",
    ) -> CarriedFiles:
        here, there = self.place(side), self.place(OTHER_SIDE[side])
        return carry_files(
            self.work, self.mirror, side, of, to, texts, attachments, here.client, there.client,
            leaves=self.leaves, redact=Redactor(self.mirror.options.redact),
        )  # fmt: skip

    def look(self, *texts: str, to: str = "", side: Side = "left", of: str = "1") -> CarriedFiles:
        return look_at_files(self.work, self.mirror, side, of, to, texts, ())

    def hold(self, place: Place, ticket: str) -> None:
        """Takes a ticket into the store as it is."""
        found = place.client.fetch(ticket)
        assert isinstance(found, Record), found
        seen = TicketSeen(ticket=ticket, record=found.body)
        arrival = observed(seen, source=place.source.name, ticket=ticket)
        drained(self.work.store, arrival, work=self.work)

    def quiet(self) -> None:
        """Forgets the requests so far."""
        for place in (self.left, self.right):
            place.running.requests.clear()

    def requests(self) -> int:
        return sum(len(one.running.requests.entries) for one in (self.left, self.right))


@contextmanager
def two(
    store: Store,
    left: str = "gitlab",
    right: str = "gitlab",
    *,
    transport: httpx.BaseTransport | None = None,
    to: httpx.BaseTransport | None = None,
    **options: Any,
) -> Iterator[Two]:
    """Stand-ins of two trackers with a mirror of these options; `transport` and `to` are their
    networks."""
    with ExitStack() as stack:
        places = {
            side: stack.enter_context(_place(side, tracker, network))
            for side, tracker, network in (("left", left, transport), ("right", right, to))
        }
        clock = Clock()
        work = a_work(store, *(one.source for one in places.values()), now=clock)
        yield Two(work, places["left"], places["right"], clock, options)


@contextmanager
def _place(name: str, tracker: str, transport: httpx.BaseTransport | None) -> Iterator[Place]:
    module = module_of(tracker)
    with module.start() as running:
        told = module.announce(running)
        keys = {k: v for k, v in told.get("source", {}).items() if not k.endswith("_env")}
        keys |= {"name": name, "slug": name, "api_url": told["api_url"]}
        source = a_source(tracker, told["url"], **keys)
        login = next(iter(told.get("environment", {}).values()), None)
        client = tracker_named(tracker).connect(
            source,
            credentials=Secrets(told["token"], login=login),
            limiter=Budget(),
            validators=Memory(),
            transport=transport,
        )
        try:
            yield Place(source, client, running)
        finally:
            client.close()
