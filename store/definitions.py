"""Labels, milestones and their like, as rows with ids: a renamed one is renamed everywhere."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from schemas.event import Definition, DefinitionKind
from store import sql
from store.tables import definitions, tickets

_COLUMN = {"label": "label_ids", "component": "component_ids", "milestone": "milestone_id"}


def remember(connection: sa.Connection, seen: Iterable[tuple[str, Definition, datetime]]) -> None:
    """Stores definitions as seen at a moment; an older sight never undoes a newer one."""
    latest: dict[tuple[str, str, str], tuple[Definition, datetime]] = {}
    for source, definition, at in seen:
        key = (source, definition.kind, definition.id)
        if key not in latest or at >= latest[key][1]:
            latest[key] = (definition, at)
    sql.upsert(
        connection,
        definitions,
        [
            definition.model_dump(exclude={"id"})
            | {"source": key[0], "external_id": key[2], "seen_at": at, "deleted": False}
            for key, (definition, at) in sorted(latest.items())
        ],
        newer="seen_at",
    )


def define(connection: sa.Connection, source: str, seen: Sequence[Definition], at: datetime) -> int:
    """Stores definitions and marks the tickets that show a changed one; how many changed."""
    before = _shown(connection, source, {d.kind for d in seen})
    remember(connection, [(source, definition, at) for definition in seen])
    changed = [d for d in seen if before.get((d.kind, d.id)) not in (None, (d.name, d.color))]
    new = [d for d in seen if (d.kind, d.id) not in before]
    for definition in changed:
        _mark(connection, source, definition.kind, definition.id)
    return len(changed) + len(new)


def forget(
    connection: sa.Connection, source: str, kind: DefinitionKind, ids: Iterable[str], at: datetime
) -> int:
    """Definitions that were deleted: no ticket shows them from now on; how many it were."""
    gone = 0
    for one in ids:
        sql.upsert(
            connection,
            definitions,
            [
                {
                    "source": source,
                    "kind": kind,
                    "external_id": one,
                    "name": "",
                    "seen_at": at,
                    "deleted": True,
                }
            ],
            keep=("name",),
            newer="seen_at",
        )
        _mark(connection, source, kind, one)
        gone += 1
    return gone


def listed(
    connection: sa.Connection,
    source: str,
    kinds: Sequence[DefinitionKind],
    seen: Sequence[Definition],
    at: datetime,
) -> int:
    """The complete list of some kinds, read at `at`: others of these kinds are gone."""
    changed = define(connection, source, seen, at)
    for kind in kinds:
        here = {d.id for d in seen if d.kind == kind}
        query = sa.select(definitions.c.external_id).where(
            definitions.c.source == source,
            definitions.c.kind == kind,
            definitions.c.deleted.is_(False),
            definitions.c.seen_at < at,
        )
        missing = sorted(set(connection.execute(query).scalars()) - here)
        changed += forget(connection, source, kind, missing, at)
    return changed


def _shown(
    connection: sa.Connection, source: str, kinds: set[DefinitionKind]
) -> dict[tuple[str, str], tuple[str, str | None] | None]:
    query = sa.select(definitions).where(
        definitions.c.source == source, definitions.c.kind.in_(kinds)
    )
    return {
        (row.kind, row.external_id): (row.name, row.color) if not row.deleted else ("", None)
        for row in connection.execute(query)
    }


def _mark(connection: sa.Connection, source: str, kind: DefinitionKind, one: str) -> None:
    """Marks the tickets that carry a definition for rendering, in one statement."""
    column = tickets.c[_COLUMN.get(kind, "sprint_id")]
    if isinstance(column.type, sa.Text):
        carries = column == one
    elif connection.dialect.name == "postgresql":
        carries = column.op("@>")(sa.cast(sa.func.jsonb_build_array(one), column.type))
    else:
        each = sa.func.json_each(column).table_valued("value")
        carries = sa.exists(sa.select(1).select_from(each).where(each.c.value == one))
    connection.execute(
        tickets.update()
        .where(tickets.c.source == source, carries)
        .values(render_due=tickets.c.render_due + 1)
    )
