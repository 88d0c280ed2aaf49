"""Labels, milestones and their like, as rows with ids: a renamed one is renamed everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.event import Definition, DefinitionKind
from store import sql
from store.keys import among
from store.tables import definitions, spans, tickets

Named = tuple[str, DefinitionKind, str]
"""(source, kind, id)."""

_COLUMNS: dict[str, tuple[str, ...]] = {
    "label": ("label_ids",),
    "component": ("component_ids",),
    "milestone": ("milestone_id",),
    "sprint": ("sprint_id", "sprint_ids"),
    "state": ("status_id",),
}


def remember(
    connection: sa.Connection, seen: Iterable[tuple[str, Definition, datetime]]
) -> tuple[int, int]:
    """Stores definitions as seen at a moment; an older sight never undoes a newer one.

    Whoever tells first of a new name, be it another ticket's record: every ticket that shows the
    old one is marked for rendering. How many changed, and how many are new.
    """
    latest: dict[Named, tuple[Definition, datetime]] = {}
    for source, definition, at in seen:
        key = (source, definition.kind, definition.id)
        if key not in latest or at >= latest[key][1]:
            latest[key] = (definition, at)
    before = _before(connection, latest)
    changed = _changed(before, latest)
    sql.upsert(
        connection,
        definitions,
        [
            definition.model_dump(exclude={"id"})
            | {"source": key[0], "external_id": key[2], "seen_at": at, "deleted": False}
            | {"former": _former(before.get(key), definition)}
            for key, (definition, at) in sorted(latest.items())
        ],
        newer="seen_at",
    )
    for source, kind, one in changed:
        _mark(connection, source, kind, one, latest[source, kind, one][0])
    return len(changed), len(latest.keys() - before.keys())


def define(connection: sa.Connection, source: str, seen: Sequence[Definition], at: datetime) -> int:
    """Stores definitions of a source; how many changed or are new."""
    return sum(remember(connection, [(source, definition, at) for definition in seen]))


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


def _before(connection: sa.Connection, keys: Iterable[Named]) -> dict[Named, Any]:
    """The rows as they are."""
    ids = sorted({(source, one) for source, _, one in keys})
    if not ids:
        return {}
    query = sa.select(definitions).where(among(definitions, ids))
    return {(row.source, row.kind, row.external_id): row for row in connection.execute(query)}


def _changed(
    before: Mapping[Named, Any], latest: Mapping[Named, tuple[Definition, datetime]]
) -> list[Named]:
    """Those that tickets show otherwise until now."""
    return [
        key
        for key, (definition, at) in sorted(latest.items())
        if key in before and before[key].seen_at <= at and _differs(before[key], definition)
    ]


def _former(row: Any, definition: Definition) -> list[str] | None:
    """The names it had: a history tells of a label by the name it had then."""
    if row is None:
        return None
    names = list(row.former or ())
    if row.name and row.name != definition.name and row.name not in names:
        names.append(row.name)
    return names or None


def renamed(
    connection: sa.Connection, sources: Iterable[str], kinds: Iterable[DefinitionKind]
) -> dict[Named, str]:
    """Present names by (source, kind, former name).

    A name that was taken since means its new bearer; of two that left it, who was seen last.
    """
    table = definitions.c
    here = sa.and_(
        table.source.in_(sorted(sources)),
        table.kind.in_(sorted(kinds)),
        table.deleted.is_(False),
    )
    query = sa.select(definitions).where(here, table.former.is_not(None))
    found: dict[Named, str] = {}
    for row in connection.execute(query.order_by(table.seen_at, table.external_id)):
        found |= {(row.source, row.kind, name): row.name for name in row.former or ()}
    if not found:
        return {}
    names = sa.select(table.source, table.kind, table.name)
    wanted = sorted({name for _, _, name in found})
    taken = {tuple(row) for row in connection.execute(names.where(here, table.name.in_(wanted)))}
    return {key: name for key, name in found.items() if key not in taken}


def _differs(row: Any, definition: Definition) -> bool:
    if row.deleted or (row.name, row.color) != (definition.name, definition.color):
        return True
    return definition.kind == "state" and row.state != definition.state


def _mark(
    connection: sa.Connection,
    source: str,
    kind: DefinitionKind,
    one: str,
    now: Definition | None = None,
) -> None:
    """Marks the tickets that carry a definition for rendering and deriving, in one statement.

    A state's name stands in the ticket's own row, so that questions by status need no join.
    """
    carries = sa.or_(*(_holds(connection, tickets.c[name], one) for name in _COLUMNS[kind]))
    values: dict[str, Any] = {name: tickets.c[name] + 1 for name in ("render_due", "derive_due")}
    if kind == "state" and now is not None:
        values["status"] = now.name
        values |= {"status_category": now.state} if now.state else {}
    connection.execute(tickets.update().where(tickets.c.source == source, carries).values(values))
    if kind == "state":
        _mark_passed(connection, source, one)


def _mark_passed(connection: sa.Connection, source: str, one: str) -> None:
    """Has the tickets that were in a state counted anew: what it means now it meant then."""
    query = sa.select(definitions).where(
        definitions.c.source == source,
        definitions.c.kind == "state",
        definitions.c.external_id == one,
    )
    for row in connection.execute(query).all():
        there = sa.exists().where(
            spans.c.source == tickets.c.source,
            spans.c.ticket == tickets.c.external_id,
            spans.c.status.in_([row.name, *(row.former or ())]),
        )
        connection.execute(
            tickets.update()
            .where(tickets.c.source == source, tickets.c.derive_due == 0, there)
            .values(derive_due=1)
        )


def _holds(connection: sa.Connection, column: Any, one: str) -> Any:
    if isinstance(column.type, sa.Text):
        return column == one
    if connection.dialect.name == "postgresql":
        return column.op("@>")(sa.cast(sa.func.jsonb_build_array(one), column.type))
    each = sa.func.json_each(column).table_valued("value")
    return sa.exists(sa.select(1).select_from(each).where(each.c.value == one))
