"""Whole tickets: rows joined with the people and definitions they name."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from schemas.ticket import (
    Attachment,
    Comment,
    Label,
    Milestone,
    Named,
    Person,
    Relation,
    Sprint,
    Ticket,
    TicketRef,
)
from store import rows
from store.keys import Key, among
from store.tables import comments, definitions, people, relations, tickets

_ROW = [c for c in tickets.c if c.name != "record"]
_DEFINED = {
    "label": ("label_ids",),
    "milestone": ("milestone_id",),
    "sprint": ("sprint_id", "sprint_ids"),
    "component": ("component_ids",),
}


def whole_tickets(
    connection: sa.Connection, keys: Sequence[Key], *, parts: bool = False
) -> dict[Key, Ticket]:
    """Tickets by key; with `parts` also their comments and relations."""
    if not keys:
        return {}
    query = sa.select(*_ROW).where(among(tickets, keys))
    found = assemble(connection, connection.execute(query).mappings().all())
    if parts:
        found = _with_parts(connection, found)
    return found


def assemble(connection: sa.Connection, raw: Sequence[Any]) -> dict[Key, Ticket]:
    """Rows of the table as tickets; a definition that was deleted is on none any more."""
    persons = _people(connection, raw)
    named = _definitions(connection, raw)
    keys = _keys_of_others(connection, raw)
    return {(row["source"], row["external_id"]): _ticket(row, persons, named, keys) for row in raw}


def comments_of(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, list[Comment]]:
    """Comments that exist, oldest first."""
    query = (
        sa.select(comments)
        .where(among(comments, keys, "ticket"), comments.c.deleted.is_(False))
        .order_by(comments.c.created_at, comments.c.external_id)
    )
    raw = connection.execute(query).mappings().all()
    authors = accounts(connection, {(r["source"], r["author_id"]) for r in raw if r["author_id"]})
    found: dict[Key, list[Comment]] = {}
    for row in raw:
        comment = Comment(
            id=row["external_id"],
            author=authors.get((row["source"], row["author_id"])),
            body=row["body"],
            url=row["url"],
            internal=row["internal"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            revision=row["revision"],
        )
        found.setdefault((row["source"], row["ticket"]), []).append(comment)
    return found


def _with_parts(connection: sa.Connection, found: dict[Key, Ticket]) -> dict[Key, Ticket]:
    notes = comments_of(connection, found)
    links: dict[Key, list[Relation]] = {}
    query = sa.select(relations).where(among(relations, found, "ticket"))
    for row in connection.execute(query.order_by(relations.c.kind, relations.c.target)):
        link = rows.relation_of(row.kind, row.reference)
        links.setdefault((row.source, row.ticket), []).append(link)
    return {
        key: ticket.model_copy(
            update={
                "comments": tuple(notes.get(key, ())),
                "relations": tuple(links.get(key, ())),
            }
        )
        for key, ticket in found.items()
    }


def _keys_of_others(connection: sa.Connection, raw: Sequence[Any]) -> dict[Key, str]:
    """What people call the parents and epics that were told by id alone, as webhooks do."""
    bare = {
        (row["source"], one["external_id"])
        for row in raw
        for one in (row["parent"], row["epic"])
        if one and one.get("external_id") and not one.get("key")
    }
    if not bare:
        return {}
    query = sa.select(tickets.c.source, tickets.c.external_id, tickets.c.key)
    query = query.where(among(tickets, sorted(bare)))
    return {(source, one): key for source, one, key in connection.execute(query)}


def _reference(source: str, raw: Any, keys: dict[Key, str]) -> TicketRef | None:
    if not raw:
        return None
    found = TicketRef(**raw)
    key = keys.get((source, found.external_id or ""))
    return found.model_copy(update={"key": key}) if key and not found.key else found


def _ticket(
    row: Any,
    persons: dict[Key, Person],
    named: dict[tuple[str, str, str], Any],
    keys: dict[Key, str],
) -> Ticket:
    source = row["source"]

    def these(kind: str, ids: Iterable[str]) -> tuple[Any, ...]:
        return tuple(named[source, kind, one] for one in ids if (source, kind, one) in named)

    def person(one: str) -> Person:
        return persons.get((source, one), Person(id=one))

    return Ticket(
        source=source,
        **{name: row[name] for name in rows.PLAIN},
        status_category=row["status_category"],
        privacy=row["privacy"],
        labels=tuple(_label(d) for d in these("label", row["label_ids"])),
        assignees=tuple(person(one) for one in row["assignee_ids"]),
        reporter=person(row["reporter_id"]) if row["reporter_id"] else None,
        milestone=next((_milestone(d) for d in these("milestone", [row["milestone_id"]])), None),
        sprint=next((_sprint(d) for d in these("sprint", [row["sprint_id"]])), None),
        sprints=tuple(_sprint(d) for d in these("sprint", row["sprint_ids"])),
        project=Named(**row["project"]) if row["project"] else None,
        parent=_reference(source, row["parent"], keys),
        epic=_reference(source, row["epic"], keys),
        components=tuple(
            Named(id=d.external_id, name=d.name) for d in these("component", row["component_ids"])
        ),
        attachments=tuple(Attachment(**one) for one in row["attachments"]),
        comment_count=row["comment_count"],
        revision=row["revision"],
        last_synced_at=row["last_synced_at"],
        sync_status=_sync_status(row),
    )


def _sync_status(row: Any) -> Any:
    if row["fate"] != "here":
        return row["fate"]
    return "in_doubt" if row["doubt"] else "synced"


def _label(row: Any) -> Label:
    return Label(id=row.external_id, name=row.name, color=row.color, description=row.description)


def _milestone(row: Any) -> Milestone:
    return Milestone(
        id=row.external_id, title=row.name, number=row.number, state=row.state, due_on=row.due_on
    )


def _sprint(row: Any) -> Sprint:
    return Sprint(
        id=row.external_id,
        name=row.name,
        state=row.state,
        starts_at=row.starts_on,
        ends_at=row.due_on,
    )


def _people(connection: sa.Connection, raw: Sequence[Any]) -> dict[Key, Person]:
    wanted = {(row["source"], one) for row in raw for one in row["assignee_ids"]}
    wanted |= {(row["source"], row["reporter_id"]) for row in raw if row["reporter_id"]}
    return accounts(connection, wanted)


def accounts(connection: sa.Connection, wanted: set[Key]) -> dict[Key, Person]:
    """Accounts by key, as they are shown."""
    if not wanted:
        return {}
    return {
        (row.source, row.external_id): Person(
            id=row.external_id, login=row.login, name=row.name, email=row.email, kind=row.kind
        )
        for row in connection.execute(sa.select(people).where(among(people, wanted)))
    }


def _definitions(connection: sa.Connection, raw: Sequence[Any]) -> dict[tuple[str, str, str], Any]:
    wanted: set[Key] = set()
    for row in raw:
        for columns in _DEFINED.values():
            for column in columns:
                ids = row[column] if isinstance(row[column], list) else [row[column]]
                wanted |= {(row["source"], one) for one in ids if one}
    if not wanted:
        return {}
    query = sa.select(definitions).where(
        among(definitions, wanted), definitions.c.deleted.is_(False)
    )
    return {(row.source, row.kind, row.external_id): row for row in connection.execute(query)}
