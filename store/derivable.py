"""What derived tables are made of: a ticket with all its parts and its history."""

from dataclasses import dataclass

from schemas.history import HistoryRow
from schemas.source import Source
from schemas.ticket import Ticket
from store.keys import Key


@dataclass(frozen=True, slots=True)
class Derivable:
    """One ticket, whole. `rows` is its history, oldest first; `source` None is configured no more.

    A `ticket` that is not here any more says so by its `sync_status`.
    """

    key: Key
    ticket: Ticket
    rows: tuple[HistoryRow, ...]
    source: Source | None
