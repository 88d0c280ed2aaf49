"""What is this store's own: its name and key in marks, and numbers of the sites it knows."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import sql
from store.tables import installation

_SELF = "self"
_SITE = "site "


@dataclass(frozen=True, slots=True)
class Installation:
    """Who made a mark: `key` proves it."""

    id: str
    key: bytes
    born_at: datetime


def of(connection: sa.Connection, now: datetime) -> Installation:
    """This store's own; born when it is first asked for, and kept in every backup."""
    found = _look(connection, _SELF)
    if found is None:
        _put(connection, _SELF, secrets.token_hex(6), secrets.token_bytes(32), now)
        found = _look(connection, _SELF)
    assert found is not None  # noqa: S101 - put just now, by us or by another process
    return found


def sites(connection: sa.Connection) -> dict[str, str]:
    """The numbers of the trackers' sites, by their addresses."""
    query = sa.select(installation.c.name, installation.c.id)
    found = connection.execute(query.where(installation.c.name.startswith(_SITE)))
    return {name.removeprefix(_SITE): number for name, number in found}


def number_sites(connection: sa.Connection, origins: Iterable[str], now: datetime) -> None:
    """Gives each site that has none yet the next number; it keeps it for good."""
    known = sites(connection)
    for origin in sorted({*origins} - known.keys()):
        number = str(max((int(one) for one in known.values()), default=0) + 1)
        known[origin] = number
        _put(connection, _SITE + origin, number, b"", now)


def _look(connection: sa.Connection, name: str) -> Installation | None:
    query = sa.select(installation).where(installation.c.name == name)
    row = connection.execute(query).one_or_none()
    return Installation(row.id, bytes(row.key), row.born_at) if row else None


def _put(connection: sa.Connection, name: str, id_: str, key: bytes, now: datetime) -> None:
    insert = sql.insert(connection.dialect.name, installation)
    values = {"name": name, "id": id_, "key": key, "born_at": now}
    connection.execute(insert.values(values).on_conflict_do_nothing(index_elements=["name"]))
