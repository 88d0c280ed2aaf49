"""The client of one source: it carries out, and decides nothing."""

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
from trackers.kept import Kept
from trackers.linear import census, chronicle, fieldlist, files, hooks, read, walk
from trackers.linear.team import Team
from trackers.linear.write import Writer

_CORE: frozenset[Aspect] = frozenset({"core"})


class LinearClient:
    """One team under one credential.

    `requests` counts every request that was sent, `cached` those answered "not modified".
    """

    def __init__(self, team: Team, opened: files.Opener, kept: Kept) -> None:
        self.requests = 0
        self.cached = 0
        self.on_request: OnRequest | None = None
        self._team = team
        self._graph = team.graph
        self._opened = opened
        self._writer = Writer(team, kept)

    def note(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """Counts a request and passes it on to whoever listens."""
        self.requests += 1
        self.cached += status == 304
        if self.on_request:
            self.on_request(method, path, status, seconds)

    def identity(self) -> Identity:
        """Whom the key belongs to."""
        return read.identity(self._graph)

    def project(self) -> ProjectInfo:
        """The team as it is now."""
        return self._team.project()

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = _CORE) -> Fetched:
        """One issue by id."""
        return read.fetch(self._team, ticket, aspects)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """One comment by id."""
        return read.fetch_comment(self._team, ticket, comment)

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Tickets with all their parts, then comments; two requests when nothing changed."""
        return walk.changed_since(self._team, cursor)

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """Their changelogs, complete."""
        return chronicle.history(self._team, tickets)

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """Every issue of the team by creation, archived and trashed ones with their place."""
        return census.pages(self._team, mark)

    def activity(self, mark: str | None) -> Activity | None:
        """Nothing: there is no such list."""
        return None

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """Labels, states, cycles and milestones, always read: Linear tells no "unchanged"."""
        return read.all_definitions(self._team)

    def users(self) -> Iterator[Person]:
        """The members of the team."""
        return read.users(self._team)

    def fields(self) -> list[FieldInfo]:
        """Linear's fields and the groups of labels."""
        return fieldlist.fields(self._team)

    def projects(self) -> Iterator[ProjectInfo]:
        """The teams the key can see."""
        return read.projects(self._team)

    def write(self, write: Write) -> Ref:
        """One step of a change."""
        return self._writer.write(write)

    def find_marker(self, intent: Intent) -> Lookup:
        """By the id we chose for it."""
        return self._writer.find(intent)

    def download(
        self, url: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """A file in pieces."""
        return files.download(self._graph, self._opened, url, largest, public)

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """A file in Linear's storage; it shows where a text names it."""
        return files.upload(self._graph, self._opened, name, media_type, content)

    def hooks(self) -> list[Hook]:
        """The webhooks that tell of the team."""
        return hooks.hooks(self._team)

    def check_hooks(self, url: str) -> list[HookFault]:
        """What is wrong with our webhook."""
        return hooks.check(self._team, url)

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Registers or mends our webhook."""
        return hooks.ensure(self._team, url, secret)

    def keep_hook(self, url: str) -> datetime | None:
        """Nothing: hooks last here."""
        return None

    def remove_hook(self, url: str) -> bool:
        """Removes our webhook."""
        return hooks.remove(self._team, url)

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Linear has no list of deliveries to ask again for: none."""
        return []

    def close(self) -> None:
        """Gives connections back."""
        self._graph.session.close()
