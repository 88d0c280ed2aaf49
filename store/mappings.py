"""Mappings: a ticket and its twin, and the pair of what both said when they last agreed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.mirror import Base, Mapping, Mirror, Side
from store import mirrors as declared
from store import rows, sql
from store.keys import Key, by_source
from store.tables import mappings, mirrors

MOVES_SETTLE = timedelta(seconds=10)
_SIDES: tuple[Side, Side] = ("left", "right")


def mark(
    connection: sa.Connection,
    keys: Iterable[Key],
    now: datetime,
    *,
    waiting: frozenset[Key] = frozenset(),
) -> int:
    """Tickets changed: their mappings are due, and new ones are born; how many mirrors care.

    A ticket is mapped once in each mirror, before anything is written (law 7). New ones of those
    that are `waiting` have ten seconds: what was just opened may be one that moved here.
    """
    changed = by_source(keys)
    caring = [one for one in declared.every(connection) if {one.source, one.target} & {*changed}]
    for mirror in caring:
        for side in _SIDES:
            ids = changed.get(mirror.at(side))
            if ids:
                _mark(connection, mirror, side, ids, now, waiting)
    return len(caring)


def _mark(
    connection: sa.Connection,
    mirror: Mirror,
    side: Side,
    ids: Sequence[str],
    now: datetime,
    waiting: frozenset[Key],
) -> None:
    column = mappings.c[side]
    waking = (
        mappings.update()
        .where(mappings.c.mirror == mirror.id, column.in_(ids))
        .values(push_due=mappings.c.push_due + 1)
        .returning(column)
    )
    known = {one for (one,) in connection.execute(waking)}
    if side == "right" and not mirror.two_way:
        return
    rows_ = [
        {
            "mirror": mirror.id,
            side: one,
            "born": side,
            "created_at": now,
            "due_at": now + MOVES_SETTLE if (mirror.at(side), one) in waiting else None,
        }
        for one in sorted({*ids} - known)
    ]
    if rows_:
        insert = sql.insert(connection.dialect.name, mappings)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["mirror", side]), rows_)


def wake(connection: sa.Connection, ids: Iterable[int]) -> None:
    """These mappings are looked at again now, whatever they waited for."""
    connection.execute(
        mappings.update()
        .where(mappings.c.id.in_(list(ids)))
        .values(push_due=mappings.c.push_due + 1, due_at=None)
    )


def stir(connection: sa.Connection, ids: Iterable[int]) -> None:
    """These mappings are looked at again when their time has come."""
    connection.execute(
        mappings.update()
        .where(mappings.c.id.in_(list(ids)))
        .values(push_due=mappings.c.push_due + 1)
    )


def due(
    connection: sa.Connection,
    mirror_ids: Sequence[int],
    now: datetime,
    most: int = 200,
) -> list[int]:
    """Mappings with something to look at, whose time has come and that nobody is at."""
    query = (
        sa.select(mappings.c.id)
        .where(
            mappings.c.push_due > 0,
            mappings.c.mirror.in_(mirror_ids),
            sa.or_(mappings.c.due_at.is_(None), mappings.c.due_at <= now),
            sa.or_(mappings.c.leased_until.is_(None), mappings.c.leased_until <= now),
        )
        .order_by(mappings.c.due_at.is_not(None), mappings.c.due_at, mappings.c.id)
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def trouble(connection: sa.Connection, mirror: int) -> str | None:
    """What keeps a mapping of a mirror from being told: of several the newest."""
    query = (
        sa.select(mappings.c.last_error, sa.func.count().over())
        .where(
            mappings.c.mirror == mirror,
            mappings.c.last_error.is_not(None),
            mappings.c.state.in_(("new", "joined", "parked")),
        )
        .order_by(mappings.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    more = f" (and {row[1] - 1} more)" if row[1] > 1 else ""
    return f"{row[0]}{more}"


def count_waiting(connection: sa.Connection, mirror_ids: Sequence[int]) -> int:
    """How many have something to look at whose time has not come."""
    query = sa.select(sa.func.count()).where(
        mappings.c.push_due > 0, mappings.c.mirror.in_(mirror_ids)
    )
    return int(connection.execute(query).scalar_one())


def lease(connection: sa.Connection, mapping: int, now: datetime, seconds: float) -> Mapping | None:
    """Takes a mapping for one worker, longer than the longest write; None when another has it."""
    statement = (
        mappings.update()
        .where(
            mappings.c.id == mapping,
            sa.or_(mappings.c.leased_until.is_(None), mappings.c.leased_until <= now),
        )
        .values(leased_until=now + timedelta(seconds=seconds))
        .returning(*mappings.c)
    )
    row = connection.execute(statement).one_or_none()
    return _mapping(row) if row else None


def renew(connection: sa.Connection, mapping: Mapping, until: datetime) -> bool:
    """Prolongs a lease that still holds; False when another worker has the mapping since."""
    held = sa.and_(mappings.c.id == mapping.id, mappings.c.leased_until == mapping.leased_until)
    return bool(
        connection.execute(mappings.update().where(held).values(leased_until=until)).rowcount
    )


def release(
    connection: sa.Connection,
    mapping: Mapping,
    *,
    due_at: datetime | None = None,
    done: bool = True,
    **columns: Any,
) -> None:
    """Gives it back, if it is still ours. `done`: what it was due for is done, unless more came
    meanwhile."""
    values: dict[str, Any] = {"leased_until": None, "due_at": due_at, **columns}
    if done:
        values["push_due"] = sa.case(
            (mappings.c.push_due == mapping.due, 0), else_=mappings.c.push_due
        )
    held = sa.and_(mappings.c.id == mapping.id, mappings.c.leased_until == mapping.leased_until)
    connection.execute(mappings.update().where(held).values(values))


def write(connection: sa.Connection, mapping: int, **columns: Any) -> None:
    """Notes something of a mapping; a base is packed."""
    if "base" in columns and columns["base"] is not None:
        columns["base"] = rows.pack(columns["base"].model_dump(mode="json"))
    connection.execute(mappings.update().where(mappings.c.id == mapping).values(columns))


def get(connection: sa.Connection, mapping: int) -> Mapping | None:
    """One mapping."""
    row = connection.execute(sa.select(mappings).where(mappings.c.id == mapping)).one_or_none()
    return _mapping(row) if row else None


def at(connection: sa.Connection, mirror: int, side: Side, ticket: str) -> Mapping | None:
    """The mapping of a ticket in a mirror."""
    query = sa.select(mappings).where(mappings.c.mirror == mirror, mappings.c[side] == ticket)
    row = connection.execute(query).one_or_none()
    return _mapping(row) if row else None


def find(
    connection: sa.Connection,
    mirror: int,
    *,
    state: str | None = None,
    limit: int = 50,
    after: int = 0,
) -> list[Mapping]:
    """Mappings of a mirror, oldest first, after one."""
    query = sa.select(mappings).where(mappings.c.mirror == mirror, mappings.c.id > after)
    if state:
        query = query.where(mappings.c.state == state)
    return [_mapping(row) for row in connection.execute(query.order_by(mappings.c.id).limit(limit))]


def of_ticket(connection: sa.Connection, key: Key) -> list[tuple[Mirror, Mapping, Side]]:
    """All mappings of a ticket, with the side it is on."""
    found: list[tuple[Mirror, Mapping, Side]] = []
    for mirror in declared.every(connection):
        for side in _SIDES:
            if mirror.at(side) == key[0]:
                one = at(connection, mirror.id, side, key[1])
                if one is not None:
                    found.append((mirror, one, side))
    return found


def insert(connection: sa.Connection, **columns: Any) -> int:
    """A mapping made by hand, or found again by its mark; its number."""
    statement = mappings.insert().values(columns).returning(mappings.c.id)
    return int(connection.execute(statement).scalar_one())


def drop(connection: sa.Connection, mapping: int) -> None:
    """A mapping that was never more than a row: its ticket turned out to be another's twin."""
    connection.execute(mappings.delete().where(mappings.c.id == mapping))


def twins(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, list[tuple[Key, str]]]:
    """The twins of tickets: ((source, ticket), mirror name) for each, whatever the mirror."""
    pairs = (
        sa.select(
            mirrors.c.name, mirrors.c.source, mirrors.c.target, mappings.c.left, mappings.c.right
        )
        .select_from(mappings.join(mirrors, mirrors.c.id == mappings.c.mirror))
        .where(
            mirrors.c.removed_at.is_(None),
            mappings.c.left.is_not(None),
            mappings.c.right.is_not(None),
            mappings.c.state != "unlinked",
        )
    )
    found: dict[Key, list[tuple[Key, str]]] = {}
    for source, ids in by_source(keys).items():
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            here = sa.or_(
                sa.and_(mirrors.c.source == source, mappings.c.left.in_(some)),
                sa.and_(mirrors.c.target == source, mappings.c.right.in_(some)),
            )
            for row in connection.execute(pairs.where(here)):
                left, right = (row.source, row.left), (row.target, row.right)
                if row.source == source and row.left in some:
                    found.setdefault(left, []).append((right, row.name))
                if row.target == source and row.right in some:
                    found.setdefault(right, []).append((left, row.name))
    return found


def family(connection: sa.Connection, key: Key) -> list[Key]:
    """The ticket and all that are its twins, directly or by way of others; itself first."""
    seen, todo = [key], [key]
    while todo:
        now = [other for one in twins(connection, todo).values() for other, _ in one]
        todo = [one for one in dict.fromkeys(now) if one not in seen]
        seen += todo
    return seen


def origins_of(connection: sa.Connection, key: Key) -> list[Key]:
    """The tickets that this one is a twin of, the nearest first, up to where each was made.

    There may be several: people can link what mirrors of two sources brought.
    """
    seen, todo = [key], [key]
    while todo:
        above = [one for below in todo for one in _above(connection, below)]
        todo = [one for one in dict.fromkeys(above) if one not in seen]
        seen += todo
    return seen[1:]


def _above(connection: sa.Connection, key: Key) -> list[Key]:
    """The tickets that this one was made from, by whatever mirror."""
    joined = mappings.join(mirrors, mirrors.c.id == mappings.c.mirror)
    living = (mirrors.c.removed_at.is_(None), mappings.c.state != "unlinked")
    found: list[Key] = []
    for born, side, home, there in (
        ("left", "right", mirrors.c.source, mirrors.c.target),
        ("right", "left", mirrors.c.target, mirrors.c.source),
    ):
        query = (
            sa.select(home, mappings.c[born])
            .select_from(joined)
            .where(
                *living,
                there == key[0],
                mappings.c[side] == key[1],
                mappings.c.born == born,
                mappings.c[born].is_not(None),
            )
            .order_by(mirrors.c.name)
        )
        found += [(source, ticket) for source, ticket in connection.execute(query)]
    return found


def _mapping(row: Any) -> Mapping:
    base = rows.unpack(row.base)
    return Mapping(
        id=row.id,
        mirror=row.mirror,
        left=row.left,
        right=row.right,
        born=row.born,
        state=row.state,
        reason=row.reason,
        generation=row.generation,
        base=Base.model_validate(base) if base else None,
        noted=tuple(row.noted or ()),
        forced=row.forced,
        adopted=row.adopted,
        due=row.push_due,
        due_at=row.due_at,
        leased_until=row.leased_until,
        attempts=row.attempts,
        last_error=row.last_error,
        joined_at=row.joined_at,
        pushed_at=row.pushed_at,
    )
