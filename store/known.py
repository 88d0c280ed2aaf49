"""What is already known: the short answers that reconciler, refetch and sweep ask for."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from schemas import fingerprint
from schemas.event import Definition, DefinitionKind
from schemas.model import Json
from schemas.ticket import Person, Relation
from store import rows
from store.keys import Key
from store.tables import comments, definitions, deliveries, people, relations, tickets


def known(
    connection: sa.Connection, source: str, ids: Sequence[str]
) -> dict[str, tuple[str | None, str | None, int | None, str]]:
    """(revision, fingerprint, comment count, fate) of those tickets that are held."""
    query = sa.select(
        tickets.c.external_id,
        tickets.c.revision,
        tickets.c.fingerprint,
        tickets.c.comment_count,
        tickets.c.fate,
    ).where(tickets.c.source == source, tickets.c.external_id.in_(ids))
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in connection.execute(query)}


def known_comments(
    connection: sa.Connection, source: str, ids: Sequence[str]
) -> dict[str, tuple[str | None, str | None, bool]]:
    """(revision, fingerprint, deleted) of those comments that are held."""
    query = sa.select(
        comments.c.external_id, comments.c.revision, comments.c.fingerprint, comments.c.deleted
    ).where(comments.c.source == source, comments.c.external_id.in_(ids))
    return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query)}


def parts(
    connection: sa.Connection, source: str, ids: Sequence[str]
) -> dict[str, tuple[frozenset[tuple[str, str | None]], str]]:
    """What is held beside the tickets: ({(comment, fingerprint)}, fingerprint of the links)."""
    notes: dict[str, set[tuple[str, str | None]]] = {}
    links: dict[str, list[Relation]] = {}
    query = sa.select(comments.c.ticket, comments.c.external_id, comments.c.fingerprint).where(
        comments.c.source == source, comments.c.ticket.in_(ids), comments.c.deleted.is_(False)
    )
    for ticket, comment, seen in connection.execute(query):
        notes.setdefault(ticket, set()).add((comment, seen))
    held = sa.select(relations.c.ticket, relations.c.kind, relations.c.reference).where(
        relations.c.source == source, relations.c.ticket.in_(ids)
    )
    for ticket, kind, reference in connection.execute(held):
        links.setdefault(ticket, []).append(rows.relation_of(kind, reference))
    return {
        one: (frozenset(notes.get(one, ())), fingerprint.links(links.get(one, ()))) for one in ids
    }


def linked(connection: sa.Connection, source: str, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many links of each kind are held of those tickets that have any."""
    query = (
        sa.select(relations.c.ticket, relations.c.kind, sa.func.count())
        .where(relations.c.source == source, relations.c.ticket.in_(ids))
        .group_by(relations.c.ticket, relations.c.kind)
    )
    found: dict[str, dict[str, int]] = {}
    for ticket, kind, count in connection.execute(query):
        found.setdefault(ticket, {})[kind] = count
    return found


def ids_here(connection: sa.Connection, source: str) -> set[str]:
    """The ids of all tickets that we believe to exist at the tracker."""
    query = sa.select(tickets.c.external_id).where(
        tickets.c.source == source, tickets.c.fate == "here"
    )
    return set(connection.execute(query).scalars())


def count_here(connection: sa.Connection, source: str) -> int:
    """How many tickets we believe to exist at the tracker."""
    query = sa.select(sa.func.count()).where(tickets.c.source == source, tickets.c.fate == "here")
    return int(connection.execute(query).scalar_one())


def live_comments(connection: sa.Connection, key: Key) -> dict[str, datetime]:
    """Comments we hold as existing, with the moment that was observed."""
    query = sa.select(comments.c.external_id, comments.c.observed_at).where(
        comments.c.source == key[0], comments.c.ticket == key[1], comments.c.deleted.is_(False)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def live_counts(connection: sa.Connection, source: str, ids: Sequence[str]) -> dict[str, int]:
    """How many comments we hold of each of these tickets; those without any are left out."""
    query = (
        sa.select(comments.c.ticket, sa.func.count())
        .where(
            comments.c.source == source, comments.c.ticket.in_(ids), comments.c.deleted.is_(False)
        )
        .group_by(comments.c.ticket)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def lost_since(connection: sa.Connection, source: str, moment: datetime) -> int:
    """How many tickets were found deleted since then."""
    query = sa.select(sa.func.count()).where(
        tickets.c.source == source,
        tickets.c.fate == "deleted",
        tickets.c.last_synced_at >= moment,
    )
    return int(connection.execute(query).scalar_one())


def miscounted(connection: sa.Connection, source: str) -> list[str]:
    """Tickets whose tracker counts other comments than we hold, and that are not in doubt yet."""
    ours = (
        sa.select(sa.func.count())
        .where(
            comments.c.source == tickets.c.source,
            comments.c.ticket == tickets.c.external_id,
            comments.c.deleted.is_(False),
        )
        .scalar_subquery()
    )
    query = sa.select(tickets.c.external_id).where(
        tickets.c.source == source,
        tickets.c.fate == "here",
        tickets.c.doubt_due_at.is_(None),
        tickets.c.comment_count.is_not(None),
        tickets.c.comment_count != ours,
    )
    return list(connection.execute(query).scalars())


def confirmed(
    connection: sa.Connection, source: str, ids: Sequence[str]
) -> dict[str, datetime | None]:
    """When those of these tickets that are held as existing were last fetched."""
    query = sa.select(tickets.c.external_id, tickets.c.confirmed_at).where(
        tickets.c.source == source, tickets.c.external_id.in_(ids), tickets.c.fate == "here"
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def unsettled(connection: sa.Connection, source: str) -> bool:
    """Whether anything of a source is still pending, in doubt, or waiting to be written."""
    waiting = sa.select(deliveries.c.id).where(
        deliveries.c.source == source, deliveries.c.outcome.is_(None)
    )
    busy = sa.select(tickets.c.external_id).where(
        tickets.c.source == source,
        sa.or_(
            tickets.c.doubt_due_at.is_not(None),
            sa.and_(tickets.c.render_due > 0, tickets.c.record.is_not(None)),
        ),
    )
    return any(connection.execute(query.limit(1)).first() for query in (waiting, busy))


def defined(
    connection: sa.Connection, source: str, kinds: Sequence[DefinitionKind]
) -> tuple[Definition, ...]:
    """What tickets of a source can refer to, of these kinds."""
    query = sa.select(definitions).where(
        definitions.c.source == source,
        definitions.c.kind.in_(kinds),
        definitions.c.deleted.is_(False),
    )
    return tuple(
        Definition(
            kind=row.kind,
            id=row.external_id,
            name=row.name,
            number=row.number,
            state=row.state,
            due_on=row.due_on,
            starts_on=row.starts_on,
        )
        for row in connection.execute(query.order_by(definitions.c.kind, definitions.c.external_id))
    )


def record(connection: sa.Connection, key: Key) -> Json:
    """The tracker's own record of a ticket, as it was last read in full."""
    query = sa.select(tickets.c.record).where(
        tickets.c.source == key[0], tickets.c.external_id == key[1]
    )
    return rows.unpack(connection.execute(query).scalar_one_or_none())


def called(connection: sa.Connection, source: str, names: Collection[str]) -> list[Person]:
    """The accounts of a source by logins in small letters, or by ids."""
    if not names:
        return []
    query = sa.select(people.c.external_id, people.c.login).where(
        people.c.source == source,
        sa.or_(sa.func.lower(people.c.login).in_(names), people.c.external_id.in_(names)),
    )
    return [Person(id=row.external_id, login=row.login) for row in connection.execute(query)]
