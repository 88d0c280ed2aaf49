"""Plans: what a push would write, kept by its digest until somebody applies it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from schemas.mirror import Plan
from store import rows
from store.tables import plans

Kind = Literal["asked", "plan", "shadow", "rollback"]


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as it is kept; `plan` None while it is only asked for."""

    id: int
    digest: str
    mirror: int
    kind: Kind
    made_at: datetime
    applied_at: datetime | None
    session: int | None
    plan: Plan | None


def ask(connection: sa.Connection, mirror: int, now: datetime) -> int:
    """A worker is to make a plan; one that waits already is not asked for twice."""
    waiting = sa.select(plans.c.id).where(plans.c.mirror == mirror, plans.c.kind == "asked")
    found = connection.execute(waiting.limit(1)).scalar_one_or_none()
    if found is not None:
        return int(found)
    values = {"digest": "", "mirror": mirror, "kind": "asked", "content": b"", "made_at": now}
    return int(connection.execute(plans.insert().values(values).returning(plans.c.id)).scalar_one())


def asked(connection: sa.Connection) -> list[tuple[int, int]]:
    """(plan, mirror) of those that were asked for."""
    query = sa.select(plans.c.id, plans.c.mirror).where(plans.c.kind == "asked")
    return [(row[0], row[1]) for row in connection.execute(query.order_by(plans.c.id))]


def keep(
    connection: sa.Connection,
    mirror: int,
    plan: Plan,
    now: datetime,
    *,
    kind: Kind = "plan",
    session: int | None = None,
    asked: int | None = None,
) -> int:
    """Keeps a plan, in the place of the one that was asked for; its number."""
    values: dict[str, Any] = {
        "digest": plan.digest,
        "mirror": mirror,
        "kind": kind,
        "content": rows.pack(plan.model_dump(mode="json")),
        "made_at": now,
        "session": session,
    }
    if asked is not None:
        connection.execute(plans.update().where(plans.c.id == asked).values(values))
        return asked
    return int(connection.execute(plans.insert().values(values).returning(plans.c.id)).scalar_one())


def newest(
    connection: sa.Connection, mirror: int, kinds: tuple[Kind, ...] = ("plan", "shadow")
) -> StoredPlan | None:
    """The newest plan of a mirror."""
    query = sa.select(plans).where(plans.c.mirror == mirror, plans.c.kind.in_(kinds))
    row = connection.execute(query.order_by(plans.c.id.desc()).limit(1)).one_or_none()
    return _stored(row) if row else None


def pending(connection: sa.Connection, mirror: int) -> bool:
    """Whether one is asked for and not made yet."""
    query = sa.select(plans.c.id).where(plans.c.mirror == mirror, plans.c.kind == "asked")
    return connection.execute(query.limit(1)).first() is not None


def by_digest(connection: sa.Connection, digest: str) -> StoredPlan | None:
    """The newest plan of that digest, or of one that begins so (eight characters at least)."""
    if len(digest) < 8:
        return None
    like = plans.c.digest.startswith(digest, autoescape=True)
    row = connection.execute(
        sa.select(plans).where(like).order_by(plans.c.id.desc()).limit(1)
    ).one_or_none()
    return _stored(row) if row else None


def applied(connection: sa.Connection, plan: int, now: datetime, session: int | None) -> bool:
    """It is carried out now; False when somebody else did that meanwhile."""
    taken = connection.execute(
        plans.update()
        .where(plans.c.id == plan, plans.c.applied_at.is_(None))
        .values(applied_at=now, session=session)
    )
    return taken.rowcount == 1


def prune(connection: sa.Connection, before: datetime) -> int:
    """Drops plans made before then; how many."""
    return connection.execute(plans.delete().where(plans.c.made_at < before)).rowcount


def _stored(row: Any) -> StoredPlan:
    content = rows.unpack(row.content) if row.content else None
    return StoredPlan(
        id=row.id,
        digest=row.digest,
        mirror=row.mirror,
        kind=row.kind,
        made_at=row.made_at,
        applied_at=row.applied_at,
        session=row.session,
        plan=Plan.model_validate(content) if content else None,
    )
