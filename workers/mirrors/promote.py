"""Promoting: a local ticket that a mirror made at a tracker lives there from then on.

The local ticket is `moved` to its twin, its file says where, and other local tickets that name it
name the twin instead. All of it comes by the journal, like every edit of a local ticket; the
mapping is retired, since there are no longer two tickets to compare, and goes on telling where the
ticket went.
"""

from datetime import datetime

import orjson

from schemas.delivery import Arrival, Via
from schemas.event import Event, TicketMoved, TicketSeen
from schemas.mirror import Mapping, Mirror
from schemas.model import Json
from schemas.record import Observation
from schemas.source import LOCAL
from schemas.ticket import Ticket, TicketRef
from store import journal, known, local, mappings, mirrors
from store.database import Connection
from store.keys import Key
from store.whole import whole_tickets
from trackers.local import record as records
from workers.drain import drain
from workers.rules.naming import renamed
from workers.work import Work

PROMOTED, RENAMED = "local.promoted", "local.renamed"
AT_ONCE = 200


def promote_joined(work: Work) -> list[Key]:
    """Promotes every local ticket that has its twin; which these were.

    A kill in between leaves the mapping joined, and the next call goes on; what was journaled
    before is known by its key.
    """
    with work.store.read() as connection:
        found = [
            (mirror, one)
            for mirror in mirrors.every(connection)
            if mirror.source == LOCAL
            for one in mappings.find(connection, mirror.id, state="joined", limit=AT_ONCE)
        ]
    return [key for mirror, one in found if (key := _promote(work, mirror, one)) is not None]


def _promote(work: Work, mirror: Mirror, mapping: Mapping) -> Key | None:
    if mapping.left is None or mapping.right is None:
        return None
    here, there = (LOCAL, mapping.left), (mirror.target, mapping.right)
    now = work.now()
    with work.store.write() as connection:
        twins = whole_tickets(connection, [here, there])
        if here not in twins or there not in twins:
            return None
        keys = _journal(connection, twins[here], twins[there], now)
        told = f"promoted: it lives on as {there[0]} {twins[there].key}"
        mappings.write(connection, mapping.id, state="retired", reason=told)
    drain(work, keys)
    return here


def _journal(connection: Connection, here: Ticket, there: Ticket, now: datetime) -> list[Key]:
    """The move, and every local text that names the ticket; which tickets change by it."""
    to = TicketRef(
        source=there.source,
        external_id=there.external_id,
        key=there.key,
        url=there.url,
        title=there.title,
    )
    moved = TicketMoved(ticket=here.external_id, to=to)
    name = f"local:{here.external_id}:promoted:{there.source}:{there.external_id}"
    arrivals = [_arrival(PROMOTED, here.external_id, moved, name, now)]
    for ticket in local.naming(connection, here.key, but=here.external_id):
        before = known.record(connection, (LOCAL, ticket))
        if isinstance(before, dict):
            arrivals += _renaming(ticket, before, here, there, now)
    journal.keep(connection, arrivals)
    return [(LOCAL, one.ticket) for one in arrivals if one.ticket]


def _renaming(
    ticket: str, before: dict[str, Json], here: Ticket, there: Ticket, now: datetime
) -> list[Arrival]:
    body = str(before.get("body") or "")
    after = renamed(body, here.key, f"{there.source} {there.key}", there.url)
    if after == body:
        return []
    seen = TicketSeen(ticket=ticket, record=records.edited(before, {"body": after}, now))
    name = f"local:{ticket}:renamed:{here.key}:{before['updated_at']}"
    return [_arrival(RENAMED, ticket, seen, name, now)]


def _arrival(event: str, ticket: str, told: Event, name: str, now: datetime) -> Arrival:
    return Arrival(
        source=LOCAL,
        via=Via.workspace,
        event=event,
        delivery_key=name,
        ticket=ticket,
        body=orjson.dumps(Observation(events=(told,)).model_dump(mode="json")),
        received_at=now,
        observed_at=now,
    )
