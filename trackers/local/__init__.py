"""Local tickets: written by people here, kept by no tracker; our own JSON is their record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.change import Change, Marker, Write
from schemas.delivery import Delivery, Proof
from schemas.errors import ConfigError, Permanent, Rejected
from schemas.event import Event
from schemas.model import Json
from schemas.ports import Credentials, Limiter, Validators
from schemas.source import Source
from schemas.ticket import Comment, Person, Relation, Ticket
from trackers.apiless import ApilessClient
from trackers.base import Capabilities, Headers, Tracker
from trackers.http import Transport
from trackers.local import translate

_NOBODY = "local tickets are in no tracker"
_CAPABILITIES = Capabilities(restorable=True, polls=False, hooks_api=False, tells=frozenset())


@dataclass(frozen=True, slots=True)
class Local:
    """The dialect of our own records; there are no webhooks, and nobody to ask."""

    name: str = "local"
    capabilities: Capabilities = _CAPABILITIES

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        """Refused: nobody may send local tickets from outside."""
        raise Rejected(401, "local tickets have no webhook")

    def parse(self, delivery: Delivery) -> list[Event]:
        """Nothing: no webhook of theirs is ever accepted."""
        raise Permanent("local tickets have no webhook")

    def to_ticket(self, record: Json, source: Source) -> Ticket:
        return translate.to_ticket(record, source)

    def to_comment(self, record: Json, source: Source) -> Comment:
        """Local tickets have no comments yet."""
        raise Permanent("local tickets have no comments")

    def to_relation(self, record: Json, source: Source) -> Relation:
        """Local tickets have no links yet."""
        raise Permanent("local tickets have no links")

    def marks(self, record: Json) -> list[Marker]:
        """None: nothing is written here."""
        return []

    def author(self, record: Json) -> Person | None:
        """Nobody at a tracker."""
        return None

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool:
        """All of them: there is no filter."""
        return True

    def to_writes(self, change: Change, source: Source) -> list[Write]:
        """Nothing can be written."""
        return []

    def source_url(self, url: str) -> tuple[str, str | None, str]:
        """Refused: local tickets are there without being added."""
        raise ConfigError('local tickets need no source: `ticketsync new "TITLE"` makes one')

    def project_name(self, source: Source) -> str:
        return source.name

    def connect(
        self,
        source: Source,
        *,
        credentials: Credentials,
        limiter: Limiter,
        validators: Validators,
        transport: Transport | None = None,
    ) -> ApilessClient:
        """A client that knows nothing."""
        return ApilessClient(source, source.name, _NOBODY)


LOCAL: Tracker = Local()
