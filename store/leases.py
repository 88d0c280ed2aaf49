"""Leases: who may do a thing that only one may do, as rows, so that FLUSHALL changes nothing.

Each taking raises the fence; what a holder writes carries its fence, so one that was asleep past
its time writes nothing any more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from store import sql
from store.tables import leases

LENGTH = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as taken."""

    name: str
    holder: str
    fence: int


def take(
    connection: sa.Connection, name: str, holder: str, length: timedelta = LENGTH
) -> Lease | None:
    """Takes a lease, or takes it again; None while somebody else holds it."""
    now = _now(connection)
    statement = sql.insert(connection.dialect.name, leases).values(
        name=name, holder=holder, fence=1, expires_at=now + length
    )
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "fence": leases.c.fence + 1, "expires_at": now + length},
        where=sa.or_(leases.c.expires_at < now, leases.c.holder == holder),
    ).returning(leases.c.fence)
    fence = connection.execute(statement).scalar()
    return None if fence is None else Lease(name, holder, fence)


def renew(connection: sa.Connection, lease: Lease) -> bool:
    """Puts the end off; False when somebody else has taken it meanwhile."""
    now = _now(connection)
    statement = leases.update().where(_same(lease)).values(expires_at=now + LENGTH)
    return connection.execute(statement).rowcount == 1


def holds(connection: sa.Connection, lease: Lease) -> bool:
    """Whether nobody has taken it since; locks the row until the transaction ends."""
    query = sa.select(leases.c.fence).where(_same(lease)).with_for_update()
    return connection.execute(query).scalar() is not None


def release(connection: sa.Connection, lease: Lease) -> None:
    """Gives it back at once; the fence stays."""
    past = datetime(1970, 1, 1, tzinfo=UTC)
    connection.execute(leases.update().where(_same(lease)).values(expires_at=past))


def holder_of(connection: sa.Connection, name: str) -> str | None:
    """Who holds it now."""
    query = sa.select(leases.c.holder).where(
        leases.c.name == name, leases.c.expires_at >= _now(connection)
    )
    return connection.execute(query).scalar()


def _same(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(
        leases.c.name == lease.name,
        leases.c.holder == lease.holder,
        leases.c.fence == lease.fence,
    )


def _now(connection: sa.Connection) -> datetime:
    """The database's clock where there is one for all: hosts differ."""
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return moment
    return datetime.now(UTC)
