"""GitLab Issues, on gitlab.com and on self-managed instances."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.change import Change, Marker, Write
from schemas.delivery import Delivery, Proof
from schemas.event import Event
from schemas.model import Json
from schemas.ports import Allowance, Credentials, Limiter, Validators
from schemas.source import Source
from schemas.ticket import Comment, Person, Relation, Ticket
from schemas.tracker import Part
from trackers import markers
from trackers.answers import Answer, Manners
from trackers.base import Capabilities, Headers, Tracker
from trackers.fields import if_told
from trackers.gitlab import address, auth, facts, history, scope, translate, values, webhook, write
from trackers.gitlab.auth import PLAN
from trackers.gitlab.client import GitLabClient
from trackers.gitlab.project import ABSENT, Project
from trackers.http import Authority, Session, Transport
from trackers.kept import Kept
from trackers.oauth import Granted

# No event tells that an issue or a note was deleted, an issue linked, a label or milestone edited
# (https://docs.gitlab.com/user/project/integrations/webhook_events/), so only these are told whole.
_TOLD: frozenset[Part] = frozenset({"core", "comments"})

_CAPABILITIES = Capabilities(
    verify_again=False,  # the plain token is the secret itself and is never kept
    redelivers=True,
    tells=_TOLD,
    activity=True,
    history=history.TELLS,
    uploads=True,
    loose_uploads=True,
    files=(r"/(?:[^\s?#]*/)?uploads/[0-9a-f]{32}/[^/?#]+",),
    schemes=("signing token (Standard Webhooks)", "secret token"),
    writes=write.WRITABLE,
    comments=frozenset({"create", "update", "delete"}),
    links=frozenset(write.LINKS),
    oauth=PLAN,
    token_variables=("GITLAB_TOKEN",),
    secret_headers=frozenset({"x-gitlab-token"}),
    event_headers=frozenset(
        {
            "content-type",
            "x-gitlab-event",
            "x-gitlab-instance",
            "idempotency-key",
            "webhook-id",
            "webhook-timestamp",
        }
    ),
)


@dataclass(frozen=True, slots=True)
class GitLab:
    """The dialect; `kept` holds the labels of projects for a moment."""

    name: str = "gitlab"
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
        return markers.in_texts(record, "description", "body", "note")

    def author(self, record: Json) -> Person | None:
        return if_told(record, values.author_of)

    def holds(self, ticket: Ticket, source: Source, record: Json = None) -> bool | None:
        return scope.holds(ticket, source)

    def to_writes(self, change: Change, source: Source) -> list[Write]:
        return write.to_writes(change, source)

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
    ) -> GitLabClient:
        """A client for one project; ConfigError when the source's filter is none of ours."""
        scope.check(source)
        base = address.api_base(source)
        authority = _authority(base, source, credentials, transport)
        signed_in = not isinstance(authority, auth.Anonymous)
        session = Session(
            base,
            authority=authority,
            limiter=limiter,
            validators=validators,
            headers={"Accept": "application/json"},
            manners=Manners(absent=ABSENT, limited=_limited, usual=_usual(base, signed_in)),
            transport=transport,
            on_request=lambda *told: client.note(*told),
        )
        name = address.project_name(source)
        project = Project(session, name, source.project_id, signed_in=signed_in, kept=self.kept)
        client = GitLabClient(source, project)
        return client


def _usual(base: str, signed_in: bool) -> Allowance | None:
    """GitLab.com's limits (https://docs.gitlab.com/user/gitlab_com/#rate-limits-on-gitlabcom); an
    instance of one's own has none until its administrator sets some, and then its headers tell
    (https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/)."""
    if base != address.PUBLIC_API:
        return None
    return Allowance(requests=2000 if signed_in else 500, seconds=60)


def _limited(answer: Answer) -> float | None:
    """429 alone: a 403 is a refusal or a blocked address, however much budget is left
    (https://docs.gitlab.com/security/rate_limits/)."""
    return answer.wait_seconds if answer.status == 429 else None


def _authority(
    base: str, source: Source, credentials: Credentials, transport: Transport | None
) -> Authority:
    if source.auth == "oauth":
        return Granted(
            base, source, credentials, PLAN, site=address.site(source), transport=transport
        )
    token = (credentials.token(source) or "").strip()
    return auth.Token(base, token) if token else auth.Anonymous(base)


GITLAB: Tracker = GitLab()
