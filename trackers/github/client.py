"""The client of one source: it carries out, and decides nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.change import Intent, Lookup, Ref, Write
from schemas.errors import Denied, Permanent
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.history import History
from schemas.record import Cursor, Fetched, Gone, Hidden, Page, Record
from schemas.source import Source
from schemas.ticket import Attachment, Person
from schemas.tracker import (
    Activity,
    CensusPage,
    FieldInfo,
    Hook,
    HookFault,
    Identity,
    MissedDelivery,
    ProjectInfo,
)
from trackers.fields import Fields
from trackers.github import (
    activity,
    census,
    field_list,
    find,
    history,
    hooks,
    people,
    perform,
    projects,
    read,
    walk,
)
from trackers.github.auth import Anonymous, App, Authority
from trackers.github.repository import Repository
from trackers.http import OnRequest, Session

_CORE: frozenset[Aspect] = frozenset({"core"})


class GitHubClient:
    """One repository under one credential.

    `requests` counts every request that was sent, `cached` those answered "not modified".
    """

    def __init__(self, source: Source, repository: Repository, authority: Authority) -> None:
        self.requests = 0
        self.cached = 0
        self.on_request: OnRequest | None = None
        self._source = source
        self._repository = repository
        self._session: Session = repository.session
        self._authority = authority

    def note(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """Counts a request and passes it on to whoever listens."""
        self.requests += 1
        self.cached += status == 304
        if self.on_request:
            self.on_request(method, path, status, seconds)

    def identity(self) -> Identity:
        """Who we are; a classic token tells its scopes, a fine-grained one does not
        (https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps)."""
        if isinstance(self._authority, Anonymous):
            self._session.get("/rate_limit")
            return Identity(login=None, anonymous=True)
        if isinstance(self._authority, App):
            slug = Fields.of(self._authority.ask("GET", "/app").object, "app").text("slug")
            return Identity(login=f"{slug}[bot]" if slug else None)
        answer = self._session.get("/user")
        scopes = answer.headers.get("x-oauth-scopes")
        named = None if scopes is None else tuple(s.strip() for s in scopes.split(",") if s.strip())
        user = Fields.of(answer.object, "user")
        return Identity(login=user.text("login"), id=user.id("id"), scopes=named)

    def project(self) -> ProjectInfo:
        """The repository under its present name."""
        return self._repository.project()

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = _CORE) -> Fetched:
        """One issue by number."""
        return read.fetch(self._repository, ticket, aspects)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """One comment by id."""
        return read.fetch_comment(self._repository, ticket, comment)

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Tickets, then comments; two requests that cost nothing when nothing changed."""
        return walk.changed_since(self._repository, self._source, cursor)

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """The timelines of the tickets; GitHub lists no edits of texts."""
        return history.history(self._repository, self._source, tickets)

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """Every issue of the repository, open or closed; its marks never grow old."""
        return census.census(self._repository, self._source, mark)

    def activity(self, mark: str | None) -> Activity | None:
        """Lines between issues and transfers, from the repository's issue events."""
        return activity.activity(self._repository, mark)

    def users(self) -> Iterator[Person]:
        """Assignable people and, with push access, all collaborators."""
        return people.users(self._repository)

    def fields(self) -> list[FieldInfo]:
        """GitHub's own fields and the organisation's issue fields in use here."""
        return field_list.fields(self._repository, self._source)

    def projects(self) -> Iterator[ProjectInfo]:
        """The repositories of the token's owner or of the App's installation."""
        if isinstance(self._authority, Anonymous):
            raise Denied("without a token GitHub lists no repositories")
        if isinstance(self._authority, App):
            return projects.of_installation(self._session)
        return projects.of_user(self._session)

    def write(self, write: Write) -> Ref:
        """One write of GitHub's API, never tried twice."""
        return perform.write(self._repository, write)

    def find_marker(self, intent: Intent) -> Lookup:
        """Our newest issues, or the comments of one since the call began."""
        return find.find(self._repository, intent, self.identity().login)

    def download(
        self, url: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """A file that a text names."""
        return self._session.download(url, largest=largest, public=public)

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """Nothing: GitHub takes files for issues in the browser only."""
        raise Permanent(f"GitHub has no API to upload files to issues; {name!r} can only be linked")

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """Labels and milestones, those of the two that changed, or both afresh."""
        return read.all_definitions(self._repository, fresh=fresh)

    def hooks(self) -> list[Hook]:
        """The repository's webhooks."""
        return hooks.hooks(self._repository)

    def check_hooks(self, url: str) -> list[HookFault]:
        """What is wrong with our webhook."""
        return hooks.check(self._repository, url)

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Registers or mends our webhook."""
        return hooks.ensure(self._repository, url, secret)

    def keep_hook(self, url: str) -> datetime | None:
        """Nothing: GitHub's webhooks have no end
        (https://docs.github.com/rest/repos/webhooks#create-a-repository-webhook)."""
        return None

    def remove_hook(self, url: str) -> bool:
        """Removes our webhook."""
        return hooks.remove(self._repository, url)

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Asks GitHub to deliver again what failed since then, three days at most."""
        return hooks.missed(self._repository, url, since)

    def close(self) -> None:
        """Gives connections back."""
        self._session.close()
