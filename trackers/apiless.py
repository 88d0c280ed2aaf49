"""A client without an API: nothing can be asked, and what can be told is told otherwise."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.change import Intent, Lookup, Ref, Unsure, Write
from schemas.errors import Permanent
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

_CORE: frozenset[Aspect] = frozenset({"core"})


class ApilessClient:
    """Reading finds nothing, writing is refused with words; no request is ever sent.

    `name` is the project's, `nobody` the reason in words.
    """

    def __init__(self, source: Source, name: str, nobody: str) -> None:
        self.requests = 0
        self.cached = 0
        self._source = source
        self._name = name
        self._nobody = nobody

    def identity(self) -> Identity:
        """Nobody: there is no credential."""
        return Identity(login=None, anonymous=True)

    def project(self) -> ProjectInfo:
        """The source itself."""
        id_ = self._source.project_id or self._name
        return ProjectInfo(id=id_, name=self._name, url=self._source.url)

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = _CORE) -> Fetched:
        """Nothing can be read, and that proves nothing."""
        return Hidden(ticket=ticket, reason=self._nobody)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """Nothing can be read, and that proves nothing."""
        return Hidden(ticket=ticket, reason=self._nobody)

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """No pages."""
        return iter(())

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """No entries."""
        return iter(())

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """No tickets."""
        return iter(())

    def activity(self, mark: str | None) -> Activity | None:
        """Nothing: there is no such list."""
        return None

    def users(self) -> Iterator[Person]:
        """Nobody."""
        return iter(())

    def fields(self) -> list[FieldInfo]:
        """None that anybody could map."""
        return []

    def projects(self) -> Iterator[ProjectInfo]:
        """The one this source is about."""
        return iter((self.project(),))

    def write(self, write: Write) -> Ref:
        """Refused."""
        raise Permanent(f"nothing can be written: {self._nobody}")

    def find_marker(self, intent: Intent) -> Lookup:
        """Nobody can tell."""
        return Unsure(reason=self._nobody)

    def download(
        self, url: str, *, largest: int | None = None, public: bool = False
    ) -> Iterator[bytes]:
        """Refused: an address is a link for people here, no file of an API."""
        raise Permanent(f"files cannot be downloaded: {self._nobody}")

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """Refused."""
        raise Permanent(f"files cannot be uploaded: {self._nobody}")

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """Never anything new."""
        return None

    def hooks(self) -> list[Hook]:
        """None that we could see."""
        return []

    def check_hooks(self, url: str) -> list[HookFault]:
        """Nothing that we could find."""
        return []

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Refused."""
        raise Permanent(f"webhooks cannot be registered here: {self._nobody}")

    def keep_hook(self, url: str) -> datetime | None:
        """Nothing: hooks last here."""
        return None

    def remove_hook(self, url: str) -> bool:
        """There is none that we could remove."""
        return False

    def missed_deliveries(self, url: str, since: datetime) -> list[MissedDelivery]:
        """Senders try again by themselves."""
        return []

    def close(self) -> None:
        """Nothing is open."""
