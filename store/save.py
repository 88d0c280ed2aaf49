"""Writing what the merge rules decided, in few statements whatever the number of tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.held import Held, HeldComment, HeldTicket
from schemas.ticket import Relation, Ticket
from store import prepared, rows, sql
from store.keys import Key, among, by_source
from store.prepared import Prepared
from store.tables import comments, relations, tickets

_HEAD_COLUMNS = (
    "revision", "fingerprint", "fate", "fate_reason", "moved_to", "observed_at", "confirmed_at",
    "comment_count", "doubt", "doubt_due_at", "last_synced_at",
)  # fmt: skip
_UPDATE_HEAD = Prepared(
    lambda _: (
        tickets.update()
        .where(
            tickets.c.source == sa.bindparam("its_source"),
            tickets.c.external_id == sa.bindparam("its"),
        )
        .values({name: sa.bindparam(f"to_{name}") for name in _HEAD_COLUMNS})
    )
)
_MARK_RENDER = Prepared(
    lambda dialect: (
        tickets.update()
        .where(
            tickets.c.source == sa.bindparam("of_source"),
            prepared.among(dialect, tickets.c.external_id, "ids"),
        )
        .values(render_due=tickets.c.render_due + 1, derive_due=tickets.c.derive_due + 1)
    )
)


@dataclass(frozen=True, slots=True)
class Change:
    """One ticket before and after the merge."""

    key: Key
    before: Held
    after: Held
    translator_version: int = 1
    translation: str | None = None


def save(connection: sa.Connection, changes: Sequence[Change], now: datetime) -> None:
    """Writes tickets, comments and relations, and marks what has to be rendered anew."""
    ordered = sorted(changes, key=lambda one: one.key)
    touched = [one for one in ordered if one.after.ticket != one.before.ticket]
    whole = [one for one in touched if is_whole(one)]
    sql.upsert(
        connection,
        tickets,
        [_head_values(one, now) | _body_values(one) for one in whole],
        bump=("render_due", "derive_due"),
    )
    _update_heads(connection, [_head_values(one, now) for one in touched if not is_whole(one)])
    _save_comments(connection, ordered)
    _save_relations(connection, ordered)
    _mark_render(connection, [one.key for one in ordered if not is_whole(one) and _shows(one)])


def is_whole(one: Change) -> bool:
    """Whether the whole row is written: new content, or a first row for a tombstone."""
    before, after = one.before.ticket, one.after.ticket
    if after is None or after == before:
        return False
    return before is None or (after.ticket is not None and after.ticket is not before.ticket)


def _shows(one: Change) -> bool:
    """Whether something a person sees changed apart from the ticket's own row."""
    before, after = one.before.ticket, one.after.ticket
    status = before is not None and after is not None and _status(before) != _status(after)
    return status or _new_comments(one) != {} or one.after.relations is not None


def _status(held: HeldTicket) -> tuple[str, bool]:
    """What a person reads as its sync status."""
    return held.fate, held.doubt is not None


def _head_values(one: Change, now: datetime) -> dict[str, Any]:
    held = one.after.ticket
    assert held is not None  # noqa: S101 - callers filtered
    return {
        "source": one.key[0],
        "external_id": one.key[1],
        "revision": held.revision,
        "fingerprint": held.fingerprint,
        "fate": held.fate,
        "fate_reason": held.reason,
        "moved_to": held.moved_to.model_dump(mode="json") if held.moved_to else None,
        "observed_at": held.observed_at,
        "confirmed_at": held.confirmed_at,
        "comment_count": held.comment_count,
        "last_synced_at": now,
        **rows.doubt_row(held.doubt),
    }


def _body_values(one: Change) -> dict[str, Any]:
    held = one.after.ticket
    assert held is not None  # noqa: S101 - callers filtered
    ticket = held.ticket or _unknown(one.key)
    return {
        **rows.ticket_row(ticket),
        "source": one.key[0],
        "external_id": one.key[1],
        "record": rows.pack(held.record),
        "translator_version": one.translator_version,
        "translation": one.translation,
        # The tombstone of a ticket never seen has no file: due it would stay so for ever.
        "render_due": int(held.ticket is not None or held.fate == "here"),
        "derive_due": 1,
    }


def _unknown(key: Key) -> Ticket:
    """The ticket behind a tombstone that came before anything else."""
    return Ticket(source=key[0], external_id=key[1], key=key[1])


def _update_heads(connection: sa.Connection, heads: Sequence[dict[str, Any]]) -> None:
    if not heads:
        return
    _UPDATE_HEAD.send(
        connection,
        [
            {"its_source": h["source"], "its": h["external_id"]}
            | {f"to_{name}": h[name] for name in _HEAD_COLUMNS}
            for h in heads
        ],
    )


def _new_comments(one: Change) -> dict[str, HeldComment]:
    before = one.before.comments
    return {id: c for id, c in one.after.comments.items() if c is not before.get(id)}


def _save_comments(connection: sa.Connection, changes: Sequence[Change]) -> None:
    values = [
        _comment_values(one.key, comment_id, held)
        for one in changes
        for comment_id, held in sorted(_new_comments(one).items())
    ]
    sql.upsert(connection, comments, [row for row in values if not row["deleted"]])
    sql.upsert(
        connection,
        comments,
        [row for row in values if row["deleted"]],
        keep=("ticket", "author_id", "body", "url", "internal", "created_at", "updated_at"),
    )


def _comment_values(key: Key, comment_id: str, held: HeldComment) -> dict[str, Any]:
    comment = held.comment
    return {
        "source": key[0],
        "external_id": comment_id,
        "ticket": key[1],
        "author_id": comment.author.id if comment and comment.author else None,
        "body": comment.body if comment else "",
        "url": comment.url if comment else None,
        "internal": comment.internal if comment else False,
        "created_at": comment.created_at if comment else None,
        "updated_at": comment.updated_at if comment else None,
        "revision": held.revision,
        "fingerprint": held.fingerprint,
        "observed_at": held.observed_at,
        "deleted": held.deleted,
    }


def _save_relations(connection: sa.Connection, changes: Sequence[Change]) -> None:
    read = {one.key: one.after.relations for one in changes if one.after.relations is not None}
    if not read:
        return
    connection.execute(relations.delete().where(among(relations, read, "ticket")))
    values = {
        (key, relation.kind, _target(relation)): relation
        for key, found in read.items()
        for relation in found
    }
    if values:
        connection.execute(
            relations.insert(),
            [
                {
                    "source": key[0],
                    "ticket": key[1],
                    "kind": kind,
                    "target": target,
                    "reference": rows.reference_of(relation),
                }
                for (key, kind, target), relation in values.items()
            ],
        )


def _target(relation: Relation) -> str:
    target = relation.target
    return target.external_id or target.url or target.key or ""


def _mark_render(connection: sa.Connection, keys: Sequence[Key]) -> None:
    _MARK_RENDER.send(
        connection, [{"of_source": source, "ids": ids} for source, ids in by_source(keys).items()]
    )
