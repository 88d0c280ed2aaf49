"""Questions people ask about accounts: whose they are, and which are nobody's elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.source import LOCAL
from store.keys import Key
from store.tables import people, persons, tickets

_LARGEST = 2**31 - 1
"""Of PostgreSQL's INTEGER (https://www.postgresql.org/docs/current/datatype-numeric.html)."""


@dataclass(frozen=True, slots=True)
class Known:
    """An account with the person behind it; `assigned` are the open tickets it has now.

    `person` is None for bots, groups and whoever was deleted at the tracker.
    """

    source: str
    id: str
    login: str
    name: str
    email: str | None
    kind: str
    person: int | None
    person_name: str | None
    matched_by: str | None
    assigned: int
    seen_at: datetime

    @property
    def key(self) -> Key:
        """What it is known by."""
        return self.source, self.id


def find(
    connection: sa.Connection,
    *,
    source: str | None = None,
    unmatched: bool = False,
    limit: int = 50,
) -> list[Known]:
    """Accounts, those of a person together. `unmatched` are the users whose person has no account
    in another source; while there is but one source, beside local tickets, nobody is."""
    query = _known(connection)
    if source:
        query = query.where(people.c.source == source)
    if unmatched:
        query = query.where(*_lonely())
    name = sa.func.lower(sa.func.coalesce(persons.c.name, people.c.name))
    nobody_last = people.c.person.asc().nulls_last()
    order = (name, nobody_last, people.c.source, people.c.login, people.c.external_id)
    return [_read(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def called(connection: sa.Connection, source: str, told: str) -> list[Known]:
    """The accounts of a source that are called so: by id, else by login, address or name."""
    query = _known(connection).where(people.c.source == source)
    exact = list(connection.execute(query.where(people.c.external_id == told)))
    if exact:
        return [_read(row) for row in exact]
    for column in (people.c.login, people.c.email, people.c.name):
        # SQLite's lower() knows ASCII alone.
        same = sa.or_(column == told, sa.func.lower(column) == told.lower())
        found = [_read(row) for row in connection.execute(query.where(same))]
        if found:
            return found
    return []


def of_person(connection: sa.Connection, person: int) -> list[Known]:
    """The accounts of a person, users first; none of a number that the column cannot hold."""
    if person > _LARGEST:
        return []
    query = _known(connection).where(people.c.person == person)
    found = [_read(row) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one.kind != "user", one.key))


def _known(connection: sa.Connection) -> Any:
    assigned = _assigned(connection)
    here = sa.and_(assigned.c.source == people.c.source, assigned.c.account == people.c.external_id)
    return (
        sa.select(
            people,
            persons.c.name.label("person_name"),
            sa.func.coalesce(assigned.c.assigned, 0).label("assigned"),
        )
        .outerjoin_from(people, persons, persons.c.id == people.c.person)
        .outerjoin(assigned, here)
    )


def _assigned(connection: sa.Connection) -> Any:
    """How many open tickets each account has, counted in one go over all tickets."""
    if connection.dialect.name == "postgresql":
        each = sa.func.jsonb_array_elements_text(tickets.c.assignee_ids)
        one = each.table_valued("value").render_derived()
    else:
        one = sa.func.json_each(tickets.c.assignee_ids).table_valued("value")
    return (
        sa.select(tickets.c.source, one.c.value.label("account"), sa.func.count().label("assigned"))
        .select_from(tickets)
        .join(one, sa.true())
        .where(tickets.c.fate == "here", tickets.c.state == "open")
        .group_by(tickets.c.source, one.c.value)
        .subquery("assigned")
    )


def _lonely() -> tuple[Any, ...]:
    other, any_source = people.alias("other"), people.alias("any_source")
    elsewhere = sa.exists().where(
        other.c.person == people.c.person, other.c.source != people.c.source
    )
    counted = sa.select(sa.func.count(sa.distinct(any_source.c.source)))
    sources = counted.where(any_source.c.source != LOCAL).scalar_subquery()
    return people.c.kind == "user", ~elsewhere, sources > 1


def _read(row: Any) -> Known:
    return Known(
        source=row.source,
        id=row.external_id,
        login=row.login,
        name=row.name,
        email=row.email,
        kind=row.kind,
        person=row.person,
        person_name=row.person_name,
        matched_by=row.matched_by,
        assigned=row.assigned,
        seen_at=row.seen_at,
    )
