"""Any tool that signs its webhooks by the Standard Webhooks rules and tells of tickets in JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.change import Change, Marker, Write
from schemas.delivery import Delivery, Proof
from schemas.event import Event
from schemas.model import Json
from schemas.ports import Credentials, Limiter, Validators
from schemas.source import Source
from schemas.ticket import Comment, Person, Relation, Ticket
from trackers.base import Capabilities, Headers, Tracker
from trackers.generic import address, facts, scope, translate, webhook
from trackers.generic.client import GenericClient
from trackers.http import Transport

_CAPABILITIES = Capabilities(
    restorable=True,
    polls=False,
    hooks_api=False,
    schemes=(
        "Standard Webhooks v1 (HMAC-SHA256)",
        "Standard Webhooks v1a (ed25519)",
    ),
    event_headers=frozenset(
        {
            "content-type",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "svix-id",
            "svix-timestamp",
            "svix-signature",
        }
    ),
)


@dataclass(frozen=True, slots=True)
class Generic:
    """The dialect; what it is sent is the record itself."""

    name: str = "generic"
    capabilities: Capabilities = _CAPABILITIES

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        return webhook.verify(headers, body, secrets, now)

    def parse(self, delivery: Delivery) -> list[Event]:
        return facts.parse(delivery)

    def to_ticket(self, record: Json, source: Source) -> Ticket:
        return translate.to_ticket(record, source)

    def to_comment(self, record: Json, source: Source) -> Comment:
        return translate.to_comment(record, source)

    def to_relation(self, record: Json, source: Source) -> Relation:
        return translate.to_relation(record, source)

    def marks(self, record: Json) -> list[Marker]:
        """None: nothing is written here."""
        return []

    def author(self, record: Json) -> Person | None:
        """Nobody that could be us: nothing is written here."""
        return None

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool:
        return scope.holds(ticket, source)

    def to_writes(self, change: Change, source: Source) -> list[Write]:
        """Nothing can be written."""
        return []

    def source_url(self, url: str) -> tuple[str, str | None, str]:
        return address.source_url(url)

    def project_name(self, source: Source) -> str:
        return address.project_name(source)

    def connect(
        self,
        source: Source,
        *,
        credentials: Credentials,
        limiter: Limiter,
        validators: Validators,
        transport: Transport | None = None,
    ) -> GenericClient:
        """A client that knows nothing; ConfigError when the source's filter is none of ours."""
        scope.check(source)
        return GenericClient(source)


GENERIC: Tracker = Generic()
