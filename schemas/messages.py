"""Messages on the queue: ids only (law 2). Each names the actor it is for and its queue."""

from typing import ClassVar

from schemas.model import Model


class Drain(Model):
    """Lanes with pending deliveries; a key is `[source, ticket]`, ticket None the source itself."""

    actor: ClassVar[str] = "drain"
    queue: ClassVar[str] = "deliveries"
    keys: tuple[tuple[str, str | None], ...]


class Backfill(Drain):
    """Lanes of what a poll brought: they wait while a webhook's lanes are there."""

    actor: ClassVar[str] = "backfill"


class Refetch(Model):
    """Tickets of a source that are in doubt."""

    actor: ClassVar[str] = "refetch"
    queue: ClassVar[str] = "deliveries"
    source: str
    tickets: tuple[str, ...]


class Download(Model):
    """Attachments of a source are due to be brought beside their tickets' files."""

    actor: ClassVar[str] = "download"
    queue: ClassVar[str] = "deliveries"
    source: str


Message = Drain | Backfill | Refetch | Download
