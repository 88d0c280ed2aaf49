"""History: every change of every tracked field, in our own words, whoever told of it.

A change is told in the words that a ticket itself is shown in, so that a ticket can be taken back
through its changes: see `shown`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from schemas.model import Json, Model
from schemas.ticket import Person, Ticket, TicketRef

PLAIN = (
    "title", "body", "type", "status", "close_reason", "priority", "severity", "reporter",
    "milestone", "sprint", "project", "parent", "epic", "estimate", "story_points", "weight",
    "time_estimate", "time_spent", "due_date", "customer", "locked", "confidential",
)  # fmt: skip
"""Fields with one value. What is open and what is done follows from `status` (`close_reason` and
`labels` where the tracker has no states of its own), so neither has a history of its own."""

SETS = ("labels", "assignees", "components")
"""Fields with members: a change tells who went and who came, never the whole."""

TRACKED = (*PLAIN, *SETS)

Basis = Literal["changelog", "webhook", "inferred"]
"""`changelog`: under the tracker's own id, also when a webhook told it. `webhook`: exact, but under
no id of the tracker's. `inferred`: the difference of two full records."""


class HistoryEntry(Model):
    """One change of one field, as the tracker tells it.

    `id` is stable and unique in the source (`reference/cases.md` 27); `field` one of TRACKED, or
    None for what only this tracker has. `before` and `after` of a field of ours are in the form of
    `shown`; of any other the tracker's values; None is unset. For a field of SETS they are the
    sorted lists of those that went and came. `told` False: that it changed, but not from what to
    what. `place` orders changes of one moment.
    """

    id: str
    ticket: str
    at: datetime
    actor: Person | None = None
    native_field: str
    field: str | None = None
    before: Json = None
    after: Json = None
    told: bool = True
    place: int = 0


class History(Model):
    """A ticket's changelog, oldest first. `complete` False: the tracker did not tell all of it."""

    ticket: str
    entries: tuple[HistoryEntry, ...]
    complete: bool = True


class HistoryRow(Model):
    """A row of the history: an entry, on what it is based, and when we learnt of it.

    An inferred one happened somewhere after `since` and not after `at`; `seen` is what the two
    records said, [before, after], from which it is drawn anew when exact changes turn up between.
    `covered` says that the tracker's changelog tells of the same change without its values: it
    then serves to look up the text and is neither listed nor counted.
    """

    source: str
    entry: HistoryEntry
    basis: Basis
    noted_at: datetime
    since: datetime | None = None
    seen: tuple[Json, Json] | None = None
    covered: bool = False


def shown(ticket: Ticket, field: str) -> Json:
    """A field of TRACKED as history tells it.

    Text and numbers as they are, days in ISO form; people by their id; labels, milestones,
    sprints, components and projects by name; other tickets by key, else id, else address. Sets are
    sorted lists. Unset and empty are None.
    """
    raw = getattr(ticket, field)
    if field in SETS:
        return members(_name(one) for one in raw) or None
    if raw is None or raw == "" or isinstance(raw, bool | int | float | str):
        return None if raw is None or raw == "" else raw
    return _name(raw) or None


def members(names: Iterable[str]) -> list[str]:
    """The members of a set in the form of a change."""
    return sorted({name for name in names if name})


def _name(raw: Json) -> str:
    if isinstance(raw, Person):
        return raw.id
    if isinstance(raw, TicketRef):
        return raw.key or raw.external_id or raw.url or ""
    for name in ("name", "title"):
        found = getattr(raw, name, None)
        if found:
            return str(found)
    return str(raw.isoformat()) if hasattr(raw, "isoformat") else str(raw.id)
