"""Jira Cloud (REST v3) and Data Center (REST v2)."""

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
from trackers.base import Capabilities, Headers, Tracker
from trackers.fields import if_told
from trackers.http import Authority, Session, Transport
from trackers.jira import (
    address,
    auth,
    facts,
    grant,
    limits,
    links,
    marks,
    past,
    people,
    scope,
    states,
    steps,
    translate,
    webhook,
)
from trackers.jira.client import JiraClient
from trackers.jira.draft import WRITES
from trackers.jira.shelf import Shelf
from trackers.jira.site import Site
from trackers.oauth import Granted

_CAPABILITIES = Capabilities(
    # Worklogs aside, only issues, comments and the versions and sprints among definitions have
    # events; links have them for administrators' webhooks alone, not for an OAuth app's
    # (https://developer.atlassian.com/cloud/jira/platform/webhooks/).
    tells=frozenset({"core", "comments", "comment_gone", "gone"}),
    history=past.TOLD,
    uploads=True,
    schemes=(
        "HMAC-SHA256 of the body (administrator's webhook)",
        "JWT HS256 (OAuth app's webhook)",
    ),
    text="adf",
    writes=WRITES,
    comments=frozenset({"create", "update", "delete"}),
    links=frozenset(links.KINDS),
    custom_fields=True,
    oauth=grant.PLAN,
    token_variables=("JIRA_TOKEN", "JIRA_API_TOKEN"),
    email_variables=("JIRA_EMAIL", "JIRA_USER_EMAIL"),
    secret_headers=frozenset({"authorization"}),
    event_headers=frozenset(
        {
            "content-type",
            "x-atlassian-webhook-identifier",
            "x-atlassian-webhook-flow",
            "x-atlassian-webhook-retry",
            "x-hub-signature",
        }
    ),
)
_HEADERS = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Jira:
    """The dialect; `shelf` keeps the field lists of sites in memory for some minutes."""

    name: str = "jira"
    capabilities: Capabilities = _CAPABILITIES
    shelf: Shelf = field(default_factory=Shelf, compare=False, repr=False)

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        return webhook.verify(headers, body, secrets, now)

    def parse(self, delivery: Delivery) -> list[Event]:
        return facts.parse(delivery)

    def to_ticket(self, record: Json, source: Source) -> Ticket:
        return translate.to_ticket(record, source)

    def to_comment(self, record: Json, source: Source) -> Comment:
        return translate.to_comment(record, source)

    def to_relation(self, record: Json, source: Source) -> Relation:
        return links.to_relation(record, source)

    def marks(self, record: Json) -> list[Marker]:
        return marks.found(record)

    def author(self, record: Json) -> Person | None:
        return if_told(record, people.author_of)

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool | None:
        """A JQL can be told by the tracker alone; our client notes its word beside the record."""
        return scope.holds(ticket, source, marks.inside(record))

    def to_writes(self, change: Change, source: Source) -> list[Write]:
        return steps.to_writes(change, source)

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
    ) -> JiraClient:
        """A client for one project; ConfigError for a filter that is none of ours or no e-mail."""
        scope.check(source)
        states.check(source)
        base, authority = _authority(source, credentials, transport)
        session = Session(
            base,
            authority=authority,
            limiter=limiter,
            validators=validators,
            headers=_HEADERS,
            manners=limits.manners(cloud=address.deployment(source) == "cloud"),
            transport=transport,
            on_request=lambda *told: client.note(*told),
        )
        client = JiraClient(Site(session, source, self.shelf))
        return client


def _authority(
    source: Source, credentials: Credentials, transport: Transport | None
) -> tuple[str, Authority]:
    """(base address, who asks): a grant goes by the gateway, a token to the site itself."""
    if source.auth == "oauth":
        granted = Granted(address.GATEWAY, source, credentials, grant.PLAN, transport=transport)
        return address.gateway(source, grant.cloud_id(granted.grant, source)), granted
    base = address.api_base(source)
    token = (credentials.token(source) or "").strip()
    if not token:
        return base, auth.Anonymous(base)
    if address.deployment(source) == "server":
        return base, auth.Token(base, token)
    email = (credentials.email(source) or "").strip()
    if not email:
        raise auth.email_missing(source)
    return base, auth.Account(base, email, token)


JIRA: Tracker = Jira()
