"""Azure DevOps Boards: Services and Server."""

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
from trackers.azure_devops import (
    address,
    auth,
    facts,
    links,
    past,
    people,
    scope,
    translate,
    webhook,
    writes,
)
from trackers.azure_devops.boards import HEADERS, MANNERS, Boards, Known
from trackers.azure_devops.client import AzureDevOpsClient
from trackers.base import Capabilities, Headers, Tracker
from trackers.fields import if_told
from trackers.http import Session, Transport

_CAPABILITIES = Capabilities(
    # An edited or deleted comment has no event of its own; where it saves the work item, as it does
    # in current versions, the update tells of it. Areas, iterations and tags have no events
    # (https://learn.microsoft.com/azure/devops/service-hooks/events).
    tells=frozenset({"core", "comments", "links", "gone"}),
    activity=True,
    restorable=True,
    verify_again=False,  # the proof is the secret itself and is not kept
    history=past.TOLD,
    uploads=True,
    files=(r"/(?:.*/)?_apis/wit/attachments/[0-9A-Fa-f-]{36}",),
    schemes=("basic authentication", "token in the header X-Hook-Token"),
    text="html",
    writes=writes.FIELDS,
    comments=frozenset({"create", "update", "delete"}),
    links=frozenset(links.NATIVE),
    custom_fields=True,
    oauth=auth.PLAN,
    token_variables=("ADO_PERSONAL_ACCESS_TOKEN", "AZURE_DEVOPS_EXT_PAT"),
    secret_headers=frozenset({"authorization", webhook.TOKEN_HEADER}),
    event_headers=frozenset({"content-type", "user-agent"}),
)


@dataclass(frozen=True, slots=True)
class AzureDevOps:
    """The dialect; `known` keeps in memory what processes say of types and states."""

    name: str = "azure_devops"
    capabilities: Capabilities = _CAPABILITIES
    known: Known = field(default_factory=Known, compare=False, repr=False)

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        """Nothing is signed and no time is told: repeats are found by the event's id."""
        return webhook.verify(headers, body, secrets)

    def parse(self, delivery: Delivery) -> list[Event]:
        return facts.parse(delivery)

    def to_ticket(self, record: Json, source: Source) -> Ticket:
        return translate.to_ticket(record, source)

    def to_comment(self, record: Json, source: Source) -> Comment:
        return translate.to_comment(record, source)

    def to_relation(self, record: Json, source: Source) -> Relation:
        return links.to_relation(record, source)

    def marks(self, record: Json) -> list[Marker]:
        return links.marks(record)

    def author(self, record: Json) -> Person | None:
        return if_told(record, people.author_of)

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool | None:
        return scope.holds(ticket, source, record)

    def to_writes(self, change: Change, source: Source) -> list[Write]:
        return writes.to_writes(change, source)

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
    ) -> AzureDevOpsClient:
        """A client for one project; ConfigError when the source's filter is none of ours."""
        scope.check(source)
        base = address.api_base(source)
        authority = auth.authority(source, credentials, base, transport)
        session = Session(
            base,
            authority=authority,
            limiter=limiter,
            validators=validators,
            headers=HEADERS,
            manners=MANNERS,
            transport=transport,
            on_request=lambda *told: client.note(*told),
        )
        client = AzureDevOpsClient(Boards(session, source, self.known), authority)
        return client


AZURE_DEVOPS: Tracker = AzureDevOps()
