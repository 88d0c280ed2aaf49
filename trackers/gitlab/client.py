"""The client of one source: it carries out, and decides nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.change import Intent, Lookup, Ref, Write
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
from trackers.gitlab import activity as events
from trackers.gitlab import carry, census, find, history, hooks, read, schema, walk
from trackers.gitlab.people import People
from trackers.gitlab.project import Project
from trackers.http import OnRequest, Session

_CORE: frozenset[Aspect] = frozenset({"core"})


class GitLabClient:
    """One project under one credential.

    `requests` counts every request that was sent, `cached` those answered "not modified".
    """

    def __init__(self, source: Source, project: Project) -> None:
        self.requests = 0
        self.cached = 0
        self.on_request: OnRequest | None = None
        self._source = source
        self._project = project
        self._session: Session = project.session
        self._people = People(project)
        self._account: Fields | None = None
        self._licensed = False

    def note(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """Counts a request and passes it on to whoever listens."""
        self.requests += 1
        self.cached += status == 304
        if self.on_request:
            self.on_request(method, path, status, seconds)

    def identity(self) -> Identity:
        """Who we are; project and group tokens have accounts of their own."""
        if not self._project.signed_in:
            self._project.told()
            return Identity(login=None, anonymous=True)
        return Identity(login=self._me().text("username"), id=self._me().id("id"))

    def project(self) -> ProjectInfo:
        """The project under its present path."""
        return self._project.told()

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = _CORE) -> Fetched:
        """One issue by number."""
        return read.fetch(self._project, ticket, aspects)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """One note by id."""
        return read.fetch_comment(self._project, ticket, comment)

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Tickets with their comments and links; one request when nothing changed."""
        return walk.changed_since(self._project, self._source, cursor)

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """Resource events and system notes."""
        return history.history(self._project, self._source, self._people, tickets)

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """Every issue of the project by creation, whatever the filter."""
        return census.pages(self._project, self._source, mark)

    def activity(self, mark: str | None) -> Activity | None:
        """Comments, by the project's list of events; one request when there are none."""
        return events.activity(self._project, mark)

    def users(self) -> Iterator[Person]:
        """Members, inherited ones included."""
        return read.users(self._project)

    def fields(self) -> list[FieldInfo]:
        """Fields of issues, and scopes of labels."""
        return schema.fields(self._project)

    def projects(self) -> Iterator[ProjectInfo]:
        """Projects the credential is a member of."""
        return read.projects(self._project)

    def write(self, write: Write) -> Ref:
        """One step of a change."""
        return carry.write(self._project, write)

    def find_marker(self, intent: Intent) -> Lookup:
        """Among what our own account wrote since."""
        author = self._me().need_id("id") if self._project.signed_in else None
        return find.find_marker(self._project, intent, author)

    def download(
        self, url: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """A file in pieces."""
        place = carry.file_path(self._project, url)
        return self._session.download(place, largest=largest, public=public)

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """A file at the project: issues have none of their own."""
        return carry.upload(self._project, name, media_type, content)

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """Labels, milestones and iterations, always afresh: unchanged ones cost the same."""
        if not self._licensed:  # an empty project does not tell, and a licence may come
            self._licensed = read.licensed(self._project)
        return read.all_definitions(self._project, self._licensed)

    def hooks(self) -> list[Hook]:
        """The project's webhooks."""
        return hooks.hooks(self._project)

    def check_hooks(self, url: str) -> list[HookFault]:
        """What is wrong with our webhook."""
        return hooks.check(self._project, url)

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Registers or mends our webhook."""
        return hooks.ensure(self._project, url, secret)

    def keep_hook(self, url: str) -> datetime | None:
        """Nothing: hooks last here."""
        return None

    def remove_hook(self, url: str) -> bool:
        """Removes our webhook."""
        return hooks.remove(self._project, url)

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Asks GitLab to send again what failed since then, seven days at most."""
        return hooks.missed(self._project, url, since)

    def close(self) -> None:
        """Gives connections back."""
        self._session.close()

    def _me(self) -> Fields:
        """Our own account, asked for once."""
        if self._account is None:
            self._account = Fields.of(self._session.get("/user").object, "user")
        return self._account
