"""GitHub Issues, on github.com and on Enterprise Server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.delivery import Delivery, Proof
from schemas.event import Event
from schemas.model import Json
from schemas.ports import Credentials, Limiter, Validators
from schemas.source import Source
from schemas.ticket import Comment, Relation, Ticket
from trackers.base import Capabilities, Headers, Tracker
from trackers.github import address, auth, facts, scope, translate, webhook
from trackers.github.client import GitHubClient
from trackers.github.repository import Repository
from trackers.http import Session, Transport

_CAPABILITIES = Capabilities(
    form_bodies=True,
    event_headers=frozenset(
        {"content-type", "x-github-event", "x-github-delivery", "x-hub-signature-256"}
    ),
)
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True)
class GitHub:
    """The dialect; `minted` keeps installation tokens in memory, `now` is seconds since 1970."""

    name: str = "github"
    capabilities: Capabilities = _CAPABILITIES
    minted: auth.Minted = field(default_factory=auth.Minted, compare=False, repr=False)
    now: Callable[[], float] = field(default=auth.wall_clock, compare=False, repr=False)

    def verify(self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
        """GitHub signs no time: repeats are found by the delivery key, not by age."""
        return webhook.verify(headers, body, secrets)

    def parse(self, delivery: Delivery) -> list[Event]:
        return facts.parse(delivery)

    def to_ticket(self, record: Json, source: Source) -> Ticket:
        return translate.to_ticket(record, source)

    def to_comment(self, record: Json, source: Source) -> Comment:
        return translate.to_comment(record, source)

    def to_relation(self, record: Json, source: Source) -> Relation:
        return translate.to_relation(record, source)

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool:
        return scope.holds(ticket, source)

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
    ) -> GitHubClient:
        """A client for one repository; ConfigError when the source's filter is none of ours."""
        scope.check(source)
        base, name = address.api_base(source), address.project_name(source)
        authority = self._authority(source, credentials, base, name)
        session = Session(
            base,
            authority=authority,
            limiter=limiter,
            validators=validators,
            headers=_HEADERS,
            transport=transport,
            on_request=lambda *told: client.note(*told),
        )
        if isinstance(authority, auth.App):
            authority.join(session)
        client = GitHubClient(source, Repository(session, name), authority)
        return client

    def _authority(
        self, source: Source, credentials: Credentials, base: str, name: str
    ) -> auth.Authority:
        key = credentials.app(source)
        if key:
            return auth.App(base, key, name, self.minted, self.now)
        token = (credentials.token(source) or "").strip()
        return auth.Token(base, token) if token else auth.Anonymous()


GITHUB: Tracker = GitHub()
