"""Mirrors: those of the configuration file, and those made by the API."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from schemas.errors import TicketsyncError
from schemas.mirror import Mirror, MirrorOptions
from schemas.model import Json
from schemas.settings import MirrorSettings
from store import audit, installation
from store.tables import UtcTime, mappings, mirrors, sources, tickets


def name_of(declared: MirrorSettings) -> str:
    """What a mirror is called when nobody named it."""
    return declared.name or f"{declared.source}-to-{declared.target}"


def declare(connection: sa.Connection, declared: Iterable[MirrorSettings], now: datetime) -> None:
    """Makes the table agree with the file; mirrors of the API stay as they are.

    One that the file no longer names is removed: its mappings stay, and are there again when it is.
    What `enable` and `disable` said holds as long as the file says the same as before.
    """
    installation.of(connection, now)  # it has to be in every backup, also one made before a push
    wanted = {(one.source, one.target): one for one in declared}
    held = {(row.source, row.target): row for row in connection.execute(sa.select(mirrors))}
    for pair, one in wanted.items():
        _declare(connection, one, held.get(pair), now)
    for pair, row in held.items():
        if row.origin == "file" and row.removed_at is None and pair not in wanted:
            connection.execute(
                mirrors.update().where(mirrors.c.id == row.id).values(removed_at=now)
            )


def _declare(connection: sa.Connection, one: MirrorSettings, row: Any, now: datetime) -> None:
    options = _kept(one)
    if row is None:
        making = mirrors.insert().values(
            name=name_of(one),
            source=one.source,
            target=one.target,
            origin="file",
            enabled=one.enabled,
            options=options,
            lacks=[],
            created_at=now,
            next_sync_at=now,
        )
        made = connection.execute(making.returning(mirrors.c.id)).scalar_one()
        touch_all(connection, int(made), now)
        return
    same = row.options == options and row.name == name_of(one) and row.origin == "file"
    if same and row.removed_at is None:
        return
    changed = row.options != options
    connection.execute(
        mirrors.update()
        .where(mirrors.c.id == row.id)
        .values(
            name=name_of(one),
            origin="file",
            enabled=one.enabled if changed or row.removed_at else row.enabled,
            options=options,
            removed_at=None,
            lacks=[],
        )
    )
    touch_all(connection, row.id, now)


def differ(connection: sa.Connection, declared: Iterable[MirrorSettings]) -> bool:
    """Whether `declare` has anything to do: most commands only look, and need no write lock."""
    query = sa.select(mirrors).where(mirrors.c.origin == "file", mirrors.c.removed_at.is_(None))
    held = {(row.source, row.target): (row.name, row.options) for row in connection.execute(query)}
    return held != {(one.source, one.target): (name_of(one), _kept(one)) for one in declared}


def _kept(one: MirrorSettings) -> Json:
    return one.model_dump(mode="json", exclude={"name", "source", "target"})


def touch_all(connection: sa.Connection, mirror: int, now: datetime) -> None:
    """Everything of a mirror is looked at anew: its rules have changed."""
    connection.execute(
        mappings.update()
        .where(mappings.c.mirror == mirror, mappings.c.state.not_in(("unlinked", "retired")))
        .values(push_due=mappings.c.push_due + 1, due_at=None)
    )
    made = get(connection, mirror)
    if made is not None:
        seed(connection, made, now)


def seed(connection: sa.Connection, mirror: Mirror, now: datetime) -> None:
    """Tickets that were held before the mirror was there get their mappings, where they count."""
    if not mirror.options.sync_existing_issues:
        return
    for side in ("left", "right") if mirror.two_way else ("left",):
        known = sa.select(mappings.c.id).where(
            mappings.c.mirror == mirror.id, mappings.c[side] == tickets.c.external_id
        )
        held = sa.select(
            sa.literal(mirror.id, sa.BigInteger),
            tickets.c.external_id,
            sa.literal(side),
            sa.literal(now, UtcTime),
        ).where(
            tickets.c.source == mirror.at(side),
            tickets.c.fate == "here",
            ~sa.exists(known.correlate(tickets)),
        )
        names = ["mirror", side, "born", "created_at"]
        connection.execute(mappings.insert().from_select(names, held))


def every(connection: sa.Connection) -> list[Mirror]:
    """All mirrors, by name."""
    query = sa.select(mirrors).where(mirrors.c.removed_at.is_(None)).order_by(mirrors.c.name)
    return [_mirror(row) for row in connection.execute(query)]


def get(connection: sa.Connection, mirror: int) -> Mirror | None:
    """One mirror by its number."""
    query = sa.select(mirrors).where(mirrors.c.id == mirror, mirrors.c.removed_at.is_(None))
    row = connection.execute(query).one_or_none()
    return _mirror(row) if row else None


def create(
    connection: sa.Connection,
    name: str,
    source: str,
    target: str,
    options: MirrorOptions,
    now: datetime,
    who: str,
    *,
    enabled: bool = True,
) -> Mirror:
    """A mirror made by the API; raises TicketsyncError when there is one of that pair or name.

    One that was removed comes back with its mappings, so that its twins are not made again.
    """
    for one in connection.execute(sa.select(mirrors)):
        live = one.removed_at is None
        if live and (one.name == name or (one.source, one.target) == (source, target)):
            raise TicketsyncError(f'mirror "{one.name}" ({one.source} to {one.target}) exists')
    values = {
        "name": name,
        "origin": "api",
        "enabled": enabled,
        "options": options.model_dump(mode="json"),
        "lacks": [],
        "removed_at": None,
        "next_sync_at": now,
    }
    again = (mirrors.c.source == source, mirrors.c.target == target)
    found = connection.execute(
        mirrors.update().where(*again).values(values).returning(mirrors.c.id)
    ).scalar_one_or_none()
    if found is None:
        whole = values | {"source": source, "target": target, "created_at": now}
        making = mirrors.insert().values(whole).returning(mirrors.c.id)
        found = connection.execute(making).scalar_one()
    touch_all(connection, int(found), now)
    audit.note(connection, now, who, "mirror.create", name, after=values["options"])
    made = get(connection, int(found))
    assert made is not None  # noqa: S101 - written just now
    return made


def update(
    connection: sa.Connection,
    mirror: Mirror,
    options: MirrorOptions,
    now: datetime,
    who: str,
    *,
    enabled: bool,
) -> None:
    """New options; source and target of a mirror never change."""
    values = {"options": options.model_dump(mode="json"), "enabled": enabled, "lacks": []}
    connection.execute(mirrors.update().where(mirrors.c.id == mirror.id).values(values))
    touch_all(connection, mirror.id, now)
    audit.note(
        connection,
        now,
        who,
        "mirror.update",
        mirror.name,
        before=mirror.options.model_dump(mode="json"),
        after=values["options"],
    )


def remove(connection: sa.Connection, mirror: Mirror, now: datetime, who: str) -> None:
    """The mirror is gone; its twins stay, and so do its mappings, should it be made again."""
    connection.execute(mirrors.update().where(mirrors.c.id == mirror.id).values(removed_at=now))
    audit.note(connection, now, who, "mirror.remove", mirror.name)


def enable(
    connection: sa.Connection, mirror: Mirror, enabled: bool, now: datetime, who: str
) -> None:
    """Switches a mirror on or off; what happened meanwhile is carried once it is on."""
    connection.execute(mirrors.update().where(mirrors.c.id == mirror.id).values(enabled=enabled))
    word = "mirror.enable" if enabled else "mirror.disable"
    audit.note(connection, now, who, word, mirror.name)


def lack(connection: sa.Connection, mirror: Mirror, fields: Iterable[str]) -> None:
    """The target did not keep these fields: they go as labels from now on."""
    now_lacks = sorted({*mirror.lacks, *fields})
    connection.execute(mirrors.update().where(mirrors.c.id == mirror.id).values(lacks=now_lacks))


def ran(
    connection: sa.Connection,
    mirror: int,
    status: Literal["success", "failed"],
    error: str | None,
    now: datetime,
    next_at: datetime,
) -> None:
    """Notes the end of a pass over a mirror."""
    connection.execute(
        mirrors.update()
        .where(mirrors.c.id == mirror)
        .values(
            last_sync_at=now,
            last_sync_status=status,
            last_sync_error=error,
            next_sync_at=next_at,
            session=None,
        )
    )


def ask(connection: sa.Connection, mirror: int, session: int, now: datetime) -> None:
    """A pass is wanted now, and will have this session."""
    connection.execute(
        mirrors.update().where(mirrors.c.id == mirror).values(session=session, next_sync_at=now)
    )


def idle_sources(connection: sa.Connection) -> set[str]:
    """Sources that are paused: nothing is written to them, and nothing new is known of them."""
    query = sa.select(sources.c.name).where(sources.c.status == "paused")
    return set(connection.execute(query).scalars())


def broken_sources(connection: sa.Connection) -> set[str]:
    """Sources in error: perhaps another project by now, or one whose tickets all vanished. They
    are read, and nothing is written to them or of them (laws 11 and 13)."""
    query = sa.select(sources.c.name).where(sources.c.status == "error")
    return set(connection.execute(query).scalars())


def counts(connection: sa.Connection, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many mappings of each state every mirror has."""
    query = (
        sa.select(mappings.c.mirror, mappings.c.state, sa.func.count())
        .where(mappings.c.mirror.in_(ids))
        .group_by(mappings.c.mirror, mappings.c.state)
    )
    found: dict[int, dict[str, int]] = {one: {} for one in ids}
    for mirror, state, count in connection.execute(query):
        found[mirror][state] = count
    return found


def _mirror(row: Any) -> Mirror:
    options: dict[str, Json] = {k: v for k, v in row.options.items() if k != "enabled"}
    return Mirror(
        id=row.id,
        name=row.name,
        source=row.source,
        target=row.target,
        origin=row.origin,
        enabled=row.enabled,
        options=MirrorOptions.model_validate(options),
        created_at=row.created_at,
        lacks=tuple(row.lacks),
        session=row.session,
        last_sync_at=row.last_sync_at,
        last_sync_status=row.last_sync_status,
        last_sync_error=row.last_sync_error,
        next_sync_at=row.next_sync_at,
    )
