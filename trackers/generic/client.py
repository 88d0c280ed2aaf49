"""A client without an API: what a sender tells is all there is, and nothing can be asked."""

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
from trackers.generic import address, field_list

_CORE: frozenset[Aspect] = frozenset({"core"})
_NOBODY = "this source has no API: what it sends is all there is"


class GenericClient:
    """Reading finds nothing, writing is refused with words; no request is ever sent."""

    def __init__(self, source: Source) -> None:
        self.requests = 0
        self.cached = 0
        self._source = source

    def identity(self) -> Identity:
        """Nobody: there is no credential."""
        return Identity(login=None, anonymous=True)

    def project(self) -> ProjectInfo:
        """The sending system, by its address."""
        name = address.project_name(self._source)
        return ProjectInfo(id=self._source.project_id or name, name=name, url=self._source.url)

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = _CORE) -> Fetched:
        """Nothing can be read, and that proves nothing."""
        return Hidden(ticket=ticket, reason=_NOBODY)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        """Nothing can be read, and that proves nothing."""
        return Hidden(ticket=ticket, reason=_NOBODY)

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
        """The documented fields of a message."""
        return field_list.fields(self._source)

    def projects(self) -> Iterator[ProjectInfo]:
        """The one this source is about."""
        return iter((self.project(),))

    def write(self, write: Write) -> Ref:
        """Refused."""
        raise Permanent(f"nothing can be written: {_NOBODY}")

    def find_marker(self, intent: Intent) -> Lookup:
        """Nobody can tell."""
        return Unsure(reason=_NOBODY)

    def download(self, url: str, *, largest: int | None = None) -> Iterator[bytes]:
        """Refused: an address in a message is a link for people, no file of an API."""
        raise Permanent(f"files cannot be downloaded: {_NOBODY}")

    def upload(self, ticket: str, name: str, media_type: str, content: bytes) -> Attachment:
        """Refused."""
        raise Permanent(f"files cannot be uploaded: {_NOBODY}")

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        """Never anything new; `project.configured` tells them."""
        return None

    def hooks(self) -> list[Hook]:
        """None that we could see."""
        return []

    def check_hooks(self, url: str) -> list[HookFault]:
        """Nothing that we could find."""
        return []

    def ensure_hook(self, url: str, secret: str) -> Hook:
        """Refused: the sender is told by hand."""
        told = "give the sending system this source's webhook address and the secret by hand"
        raise Permanent(f"webhooks cannot be registered here; {told}")

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
