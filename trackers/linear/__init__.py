"""Linear: the issues of one team."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.change import Change, Marker, Write
from schemas.delivery import Delivery, Proof
from schemas.event import Event
from schemas.model import Json
from schemas.ports import Credentials, Limiter, Validators
from schemas.source import Source
from schemas.ticket import Comment, Person, Relation, Ticket
from schemas.tracker import Part
from trackers.base import Capabilities, Headers, Tracker
from trackers.fields import if_told
from trackers.http import Authority, Session, Transport
from trackers.kept import Kept
from trackers.linear import (
    address,
    auth,
    changes,
    chronicle,
    facts,
    people,
    scope,
    translate,
    webhook,
)
from trackers.linear.client import LinearClient
from trackers.linear.graph import Graph, manners
from trackers.linear.team import Team

# Relations have no event, nor have workflow states and milestones, so of definitions only a part is
# told (https://linear.app/developers/webhooks).
_TOLD: frozenset[Part] = frozenset({"core", "comments", "comment_gone", "gone"})

_CAPABILITIES = Capabilities(
    ack_status=200,
    tells=_TOLD,
    restorable=True,
    history=chronicle.TELLS,
    uploads=True,
    loose_uploads=True,
    files=(r"https://uploads\.linear\.app/.+", r"/uploads/.+"),
    schemes=("HMAC-SHA256 of the body, its time inside (Linear-Signature)",),
    text="markdown",
    writes=changes.WRITES,
    comments=frozenset({"create", "update", "delete"}),
    links=changes.LINKS,
    oauth=auth.PLAN,
    token_variables=("LINEAR_API_KEY",),
    event_headers=frozenset(
        {
            "content-type",
            "linear-delivery",
            "linear-event",
            "linear-signature",
            "linear-timestamp",
        }
    ),
)


@dataclass(frozen=True, slots=True)
class Linear:
    """The dialect; `kept` holds what teams call things for a moment."""

    name: str = "linear"
    capabilities: Capabilities = _CAPABILITIES
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)

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
        """None: the id itself is the marker, which only its maker can tell."""
        return []

    def author(self, record: Json) -> Person | None:
        return if_told(record, people.author_of)

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool | None:
        return scope.holds(ticket, source, record)

    def to_writes(self, change: Change, source: Source) -> list[Write]:
        return changes.to_writes(change, source)

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
    ) -> LinearClient:
        """A client for one team; ConfigError when the source's filter is none of ours."""
        scope.check(source)
        base = address.api_base(source)
        own = auth.authority(base, source, credentials, transport)
        usual = auth.usual(own)

        def opened(origin: str, authority: Authority | None) -> Session:
            return Session(
                origin,
                authority=authority or own,
                limiter=limiter,
                validators=validators,
                manners=manners(usual),
                transport=transport,
                on_request=lambda *told: client.note(*told),
            )

        client = LinearClient(Team(Graph(opened(base, None)), source), opened, self.kept)
        return client


LINEAR: Tracker = Linear()
