"""The one interface every tracker has: pure functions, and a client that carries out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import httpx as http

from schemas.delivery import Delivery, Proof
from schemas.event import Aspect, Definition, DefinitionKind, Event
from schemas.model import Json, Model
from schemas.ports import Credentials, Limiter, Validators
from schemas.record import Cursor, Fetched, Gone, Hidden, Page, Record
from schemas.source import Source
from schemas.ticket import Comment, Relation, Ticket
from schemas.tracker import Hook, HookFault, Identity, MissedDelivery, ProjectInfo

Headers = Mapping[str, str]
"""Request headers with lower-case names."""


class Capabilities(Model):
    """What a tracker can do, said here rather than by raising.

    `ack_status` is the one answer it takes for success; `restorable` whether a deleted ticket may
    come back; `verify_again` whether a kept delivery can prove itself a second time (the proof is
    not itself the secret); `secret_headers` must not reach the journal, `event_headers` are what of
    a webhook's headers is journaled.
    """

    ack_status: int = 202
    restorable: bool = False
    verify_again: bool = True
    form_bodies: bool = False
    hooks_api: bool = True
    secret_headers: frozenset[str] = frozenset()
    event_headers: frozenset[str] = frozenset()
    translator_version: int = 1


class Client(Protocol):
    """The only I/O of a tracker: sync, one source, one credential.

    Every method raises Transient, Permanent or Denied (schemas/errors) and nothing else.
    """

    requests: int

    def identity(self) -> Identity:
        """Who the credential is; raises Denied when it is refused."""

    def project(self) -> ProjectInfo:
        """The source's project as the tracker names it now."""

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = ...) -> Fetched:
        """One ticket by drain key, with the parts asked for; strongly consistent."""

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """One comment by id."""

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Tickets first, then comments, in an order that is safe while items move.

        `cursor.since` None walks everything; `cursor.position` goes on inside a walk.
        """

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """All definitions of the kinds named; None when nothing changed since the last read.

        `fresh` reads them whether they changed or not: an answer that was read and then lost with
        its process would otherwise hide a change until the next one.
        """

    def hooks(self) -> list[Hook]:
        """The webhooks of the project."""

    def check_hooks(self, url: str) -> list[HookFault]:
        """What keeps the hook at `url` from telling us everything; empty when all is well."""

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Registers or mends the hook at `url`."""

    def remove_hook(self, url: str) -> bool:
        """Removes our hook; False when there was none."""

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Asks the tracker to send again what it could not deliver; what it was."""

    def close(self) -> None:
        """Gives connections back."""


class Tracker(Protocol):
    """A dialect: stateless and pure but for `connect`; one value per tracker in the registry."""

    @property
    def name(self) -> str:
        """The word for it in the configuration."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        """Proves a delivery by its raw bytes against any of the live secrets.

        Raises Rejected(401) when the proof is wrong or absent. A body that cannot be parsed is
        still proven: its `ticket` is None.
        """

    def parse(self, delivery: Delivery) -> list[Event]:
        """The facts in a webhook delivery; raises Permanent with the cause when it is broken."""

    def to_ticket(self, record: Json, source: Source) -> Ticket:
        """A record of one issue as a ticket, full or explicitly partial."""

    def to_comment(self, record: Json, source: Source) -> Comment:
        """A record of one comment."""

    def to_relation(self, record: Json, source: Source) -> Relation:
        """A record of one link, as `Record.links` holds it."""

    def holds(self, ticket: Ticket, source: Source) -> bool:
        """Whether a ticket lies inside the source's filter."""

    def source_url(self, url: str) -> tuple[str, str | None, str]:
        """(clean url, api url or None for the public one, project name) of what a user typed.

        Raises ConfigError when the address is none of this tracker's.
        """

    def project_name(self, source: Source) -> str:
        """The project's name as the tracker spells it in its payloads (`owner/repo`)."""

    def connect(
        self,
        source: Source,
        *,
        credentials: Credentials,
        limiter: Limiter,
        validators: Validators,
        transport: http.BaseTransport | None = None,
    ) -> Client:
        """A client for one source; `transport` replaces the network in tests."""
