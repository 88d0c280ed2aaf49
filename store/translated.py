"""Kept records, to be translated anew: which tickets another map or translator has made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from schemas import fingerprint
from schemas.model import Json
from schemas.ticket import Ticket
from store import rows
from store.tables import tickets
from store.tickets import lock

_SEEN = ("translation", "revision", "fingerprint", "observed_at", "last_synced_at", "native_id")
_FIELDS = {
    "label_ids": "labels",
    "assignee_ids": "assignees",
    "sprint_ids": "sprints",
    "component_ids": "components",
    "reporter_id": "reporter",
    "milestone_id": "milestone",
    "sprint_id": "sprint",
}
"""What people call the columns that hold ids."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A ticket's record, and the row that was once made of it."""

    ticket: str
    record: Json
    row: dict[str, Any]

    @property
    def observed_at(self) -> datetime:
        """When the record was read."""
        moment: datetime = self.row["observed_at"]
        return moment


@dataclass(frozen=True, slots=True)
class Anew:
    """What a record makes now: the columns that differ, by name; none when nothing does."""

    kept: Kept
    ticket: Ticket
    values: dict[str, Any]

    @property
    def fields(self) -> list[str]:
        """The fields that differ, as people call them."""
        return [_FIELDS.get(name, name) for name in self.values]


def due(connection: sa.Connection, source: str, translation: str) -> list[str]:
    """The tickets of a source that were made otherwise; three looks at an index."""
    made, of = tickets.c.translation, sa.select(tickets.c.external_id)
    mine = of.where(tickets.c.source == source)
    otherwise = (made < translation, made > translation, made.is_(None))
    query = sa.union_all(*(mine.where(one) for one in otherwise))
    return sorted(connection.execute(query).scalars())


def load(connection: sa.Connection, source: str, ids: Sequence[str]) -> list[Kept]:
    """The kept records of these tickets; one shown in part, or only heard of, has none."""
    query = sa.select(tickets).where(
        tickets.c.source == source, tickets.c.external_id.in_(ids), tickets.c.record.is_not(None)
    )
    return [
        Kept(row["external_id"], rows.unpack(row["record"]), dict(row))
        for row in connection.execute(query.order_by(tickets.c.external_id)).mappings()
    ]


def compare(kept: Kept, ticket: Ticket) -> Anew:
    """What a new translation changes of a row.

    A state that was renamed since has its new name, and what that means, in the row alone.
    """
    made = rows.ticket_row(ticket)
    made["native_id"] = made["native_id"] or kept.row["native_id"]
    same_state = made["status_id"] and made["status_id"] == kept.row["status_id"]
    if same_state and made["status"] != kept.row["status"]:
        made |= {name: kept.row[name] for name in ("status", "status_category")}
    values = {
        name: value
        for name, value in made.items()
        if name != "external_id" and _plain(value) != _plain(kept.row[name])
    }
    return Anew(kept, ticket, values)


def _plain(value: Any) -> Any:
    """As it comes back from a JSON column."""
    return orjson.loads(orjson.dumps(value)) if isinstance(value, list | dict) else value


def save(
    connection: sa.Connection, source: str, found: Sequence[Anew], translation: str, version: int
) -> list[Anew]:
    """Writes new translations under the tickets' locks; those whose row was still as it was read.

    Neither revision nor anything else that tells what the tracker did is touched.
    """
    lock(connection, [(source, one.kept.ticket) for one in found])
    query = sa.select(tickets.c.external_id, *(tickets.c[name] for name in _SEEN)).where(
        tickets.c.source == source, tickets.c.external_id.in_([one.kept.ticket for one in found])
    )
    now = {row[0]: tuple(row[1:]) for row in connection.execute(query)}
    still = [
        one
        for one in found
        if now.get(one.kept.ticket) == tuple(one.kept.row[name] for name in _SEEN)
    ]
    made = {"translation": translation, "translator_version": version}
    same = [one.kept.ticket for one in still if not _written(one)]
    if same:
        mine = sa.and_(tickets.c.source == source, tickets.c.external_id.in_(same))
        connection.execute(tickets.update().where(mine).values(made))
    for one in still:
        values = _written(one)
        if values:
            mine = sa.and_(tickets.c.source == source, tickets.c.external_id == one.kept.ticket)
            connection.execute(tickets.update().where(mine).values(made | values))
    return still


def _written(one: Anew) -> dict[str, Any]:
    """All that is written of a change; a ticket without a fingerprint waits for a full record."""
    values: dict[str, Any] = dict(one.values)
    seen = fingerprint.core(one.ticket)
    if one.kept.row["fingerprint"] not in (None, seen):
        values["fingerprint"] = seen
    if one.values:
        values |= {name: tickets.c[name] + 1 for name in ("render_due", "derive_due")}
    return values
