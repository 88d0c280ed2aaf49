"""GitHub with a changelog of its own: what it tells of is what a test says."""

from typing import Any

from schemas.event import ChangesTold, HistoryListed
from schemas.history import HistoryEntry, HistoryRow
from store import history
from store.database import Store
from tests.builders import SOURCE, a_source, a_work, at
from trackers.github import GITHUB
from workers.work import Work


class Telling:
    """The tracker, but for the fields of its changelog."""

    def __init__(self, *fields: str) -> None:
        self.capabilities = GITHUB.capabilities.model_copy(update={"history": frozenset(fields)})

    def __getattr__(self, name: str) -> Any:
        return getattr(GITHUB, name)


def telling(store: Store, *fields: str, **over: Any) -> Work:
    """Work at a tracker whose changelog tells of these fields."""
    return a_work(store, a_source(), tracker=lambda _: Telling(*fields), **over)


def entry(
    number: str, when: float, field: str, before: Any = None, after: Any = None, **over: Any
) -> HistoryEntry:
    """One change, `when` in seconds from NOW."""
    plain: dict[str, Any] = {"ticket": "12", "native_field": field, "field": field}
    return HistoryEntry(id=number, at=at(when), before=before, after=after, **plain | over)


def told(*entries: HistoryEntry, identified: bool = False) -> ChangesTold:
    return ChangesTold(ticket="12", entries=entries, identified=identified)


def listed(*entries: HistoryEntry, complete: bool = True) -> HistoryListed:
    return HistoryListed(ticket="12", entries=entries, complete=complete)


def rows(store: Store, *, covered: bool = False) -> list[HistoryRow]:
    """The history of ticket 12."""
    with store.read() as connection:
        found = history.of(connection, [(SOURCE, "12")], covered=covered)
    return found.get((SOURCE, "12"), [])


def said(store: Store, field: str | None = None) -> list[tuple[Any, Any, str]]:
    """(before, after, basis) of each change, oldest first."""
    return [
        (one.entry.before, one.entry.after, one.basis)
        for one in rows(store)
        if field in (None, one.entry.field)
    ]
