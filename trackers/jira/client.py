"""The client of one source: it carries out, and decides nothing."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.change import Intent, Lookup, Ref, Write
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.history import History
from schemas.record import Cursor, Fetched, Gone, Hidden, Page, Record
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
from trackers.http import OnRequest
from trackers.jira import census, fields, files, find, history, hooks, read, walk, write
from trackers.jira.fill import Filler
from trackers.jira.site import Site

_CORE: frozenset[Aspect] = frozenset({"core"})
_RECONCILED = 50
"""So many issues a search may be told to be fresh about."""


class JiraClient:
    """One project under one credential.

    `requests` counts every request that was sent, `cached` those answered "not modified".
    """

    def __init__(self, site: Site) -> None:
        self.requests = 0
        self.cached = 0
        self.on_request: OnRequest | None = None
        self._site = site
        self._filler = Filler(site)
        self._written: deque[int] = deque(maxlen=_RECONCILED)

    def note(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """Counts a request and passes it on to whoever listens."""
        self.requests += 1
        self.cached += status == 304
        if self.on_request:
            self.on_request(method, path, status, seconds)

    def identity(self) -> Identity:
        """Who we are."""
        return read.identity(self._site)

    def project(self) -> ProjectInfo:
        """The project under its present key."""
        return self._site.project()

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = _CORE) -> Fetched:
        """One issue by id."""
        return read.fetch(self._site, ticket, aspects)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """One comment by id."""
        return read.fetch_comment(self._site, ticket, comment)

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Issues with their comments and links; one request when nothing changed."""
        fresh = tuple(sorted(set(self._written)))
        return walk.changed_since(self._site, cursor, fresh)

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """The changelogs of issues."""
        return history.history(self._site, tickets)

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """Every issue of the project but archived ones, by creation."""
        return census.pages(self._site, mark)

    def activity(self, mark: str | None) -> Activity | None:
        """Nothing: there is no such list."""
        return None

    def users(self) -> Iterator[Person]:
        """Who can be assigned."""
        return read.users(self._site)

    def fields(self) -> list[FieldInfo]:
        """The fields of the site."""
        return fields.listed(self._site)

    def projects(self) -> Iterator[ProjectInfo]:
        """The projects of the site."""
        return read.projects(self._site)

    def write(self, write_: Write) -> Ref:
        """One step of a change."""
        ref = write.carry_out(self._site, self._filler, write_)
        if ref.ticket.isdecimal():
            self._written.append(int(ref.ticket))
        return ref

    def find_marker(self, intent: Intent) -> Lookup:
        """Whether an announced creation happened."""
        return find.find_marker(self._site, intent)

    def download(
        self, url: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """An attachment in pieces."""
        place = files.place(self._site, url)
        return self._site.session.download(place, largest=largest, public=public)

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """A file at an issue."""
        return files.upload(self._site, ticket, name, media_type, content)

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """Versions, components and states; Jira's lists know no conditional reading."""
        return read.all_definitions(self._site)

    def hooks(self) -> list[Hook]:
        """The webhooks of the site, or of our OAuth app."""
        return hooks.hooks(self._site)

    def check_hooks(self, url: str) -> list[HookFault]:
        """What is wrong with our webhook."""
        return hooks.check(self._site, url)

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Registers, mends or refreshes our webhook."""
        return hooks.ensure(self._site, url, secret)

    def keep_hook(self, url: str) -> datetime | None:
        """Under a grant: our webhook lives thirty days, and is refreshed in its last ten."""
        return hooks.keep(self._site, url)

    def remove_hook(self, url: str) -> bool:
        """Removes our webhook."""
        return hooks.remove(self._site, url)

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Jira keeps a list of failures for Connect apps alone; what was missed is polled."""
        return []

    def close(self) -> None:
        """Gives connections back."""
        self._site.session.close()
