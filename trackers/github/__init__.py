"""GitHub Issues, on github.com and on Enterprise Server."""

from collections.abc import Callable, Sequence
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
from trackers import markers
from trackers.answers import Manners
from trackers.base import Capabilities, Headers, OAuthPlan, Reach, Tracker
from trackers.fields import Fields, if_told
from trackers.github import address, auth, facts, history, scope, translate, values, webhook, writes
from trackers.github.client import GitHubClient
from trackers.github.repository import Repository
from trackers.http import Session, Transport
from trackers.kept import Kept
from trackers.oauth import Granted


def _reach(opened: Callable[[str], Session], site: str) -> Reach:
    """Whose grant it is; it reaches whatever that account reaches at the site."""
    api = address.source_url(site)[1] or address.PUBLIC_API
    session = opened(api)
    user = Fields.of(session.get("/user").object, "user")
    return Reach(account=user.text("login"))


OAUTH = OAuthPlan(
    authorize_url="{site}/login/oauth/authorize",
    token_url="{site}/login/oauth/access_token",  # noqa: S106
    site="https://github.com",
    look=_reach,
    scopes=("repo",),
)
"""https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps; `repo` holds
issues and webhooks. GitHub has no address to revoke a grant at that takes a token alone."""

# Each of these parts has an event for every change that we read of it: `issues`, `issue_comment`
# (deleted, too), `sub_issues` and `issue_dependencies`, `label` and `milestone`, `issues.deleted`
# and `issues.transferred` (https://docs.github.com/webhooks/webhook-events-and-payloads). The one
# that has none is a pull request that merely mentions an issue.
_TELLS: frozenset[Part] = frozenset(
    {"core", "comments", "comment_gone", "links", "definitions", "gone"}
)

_CAPABILITIES = Capabilities(
    form_bodies=True,
    redelivers=True,
    tells=_TELLS,
    activity=True,
    conditional=True,
    history=history.TELLS,
    schemes=("HMAC-SHA256 of the body (X-Hub-Signature-256)",),
    files=(
        r"/user-attachments/(?:assets|files)/.+",
        r"/[^/]+/[^/]+/(?:assets|files)/\d+/.+",
        r"https://(?:private-)?user-images\.githubusercontent\.com/.+",
    ),
    writes=writes.WRITES,
    comments=frozenset({"create", "update", "delete"}),
    links=writes.LINKS,
    custom_fields=True,
    oauth=OAUTH,
    token_variables=("GITHUB_TOKEN",),
    event_headers=frozenset(
        {"content-type", "x-github-event", "x-github-delivery", "x-hub-signature-256"}
    ),
)
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True)
class GitHub:
    """The dialect; `minted` keeps installation tokens in memory, `kept` the names of labels for a
    moment; `now` is seconds since 1970."""

    name: str = "github"
    capabilities: Capabilities = _CAPABILITIES
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)
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

    def marks(self, record: Json) -> list[Marker]:
        return markers.in_texts(record, "body")

    def author(self, record: Json) -> Person | None:
        return if_told(record, values.author_of)

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool:
        return scope.holds(ticket, source)

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
    ) -> GitHubClient:
        """A client for one repository; ConfigError when the source's filter is none of ours."""
        scope.check(source)
        base, name = address.api_base(source), address.project_name(source)
        authority = self._authority(source, credentials, base, name, transport)
        session = Session(
            base,
            authority=authority,
            limiter=limiter,
            validators=validators,
            headers=_HEADERS,
            manners=Manners(usual=auth.allowance(base, authority)),
            transport=transport,
            on_request=lambda *told: client.note(*told),
        )
        if isinstance(authority, auth.App):
            authority.join(session)
        client = GitHubClient(source, Repository(session, name, self.kept), authority)
        return client

    def _authority(
        self,
        source: Source,
        credentials: Credentials,
        base: str,
        name: str,
        transport: Transport | None,
    ) -> auth.Authority:
        if source.auth == "oauth":
            site = address.site(source)
            return Granted(base, source, credentials, OAUTH, site=site, transport=transport)
        key = credentials.app(source)
        if key:
            return auth.App(base, key, name, self.minted, self.now)
        token = (credentials.token(source) or "").strip()
        return auth.Token(base, token) if token else auth.Anonymous(base)


GITHUB: Tracker = GitHub()
