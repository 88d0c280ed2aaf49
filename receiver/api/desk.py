"""What the operations of the API work with: the store, the sources, and the bell for workers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from runtime.bell import Bell
from runtime.credentials import Secrets
from runtime.telemetry.redact import Redactor
from schemas.messages import Drain
from schemas.source import Source
from store import queries
from store.database import Connection, Store
from store.journal import Lane
from store.keys import Key


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of all operations; `sources` are the configured ones by name, disabled ones too."""

    store: Store
    sources: dict[str, Source]
    secrets: Secrets
    bell: Bell
    now: Callable[[], datetime]
    redactor: Redactor

    def source(self, name: str) -> Source | None:
        """A source by its name or the last part of its webhook address."""
        by_slug = (one for one in self.sources.values() if one.slug == name)
        return self.sources.get(name) or next(by_slug, None)

    def wake(self, lane: Lane) -> None:
        """There is work for somebody; should the queue be away, the sweep finds it."""
        self.bell.ring(Drain(keys=(lane,)))

    def clean(self, text: str | None) -> str | None:
        """A text without any secret of ours."""
        return None if text is None else self.redactor.text(text)


def keys_of(connection: Connection, tickets: Iterable[Key]) -> dict[Key, str]:
    """What people call these tickets, as far as they are held."""
    wanted = list(dict.fromkeys(tickets))
    return {(one.source, one.external_id): one.key for one, _ in queries.listed(connection, wanted)}
