"""Unsent: what people typed and the tracker does not have yet, laid over the ticket in its file.

So a file goes on saying what was typed into it, while everything else follows the tracker; below
the text stands what waits, and what both sides changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from schemas.mirror import Conflict
from schemas.model import Json
from schemas.ticket import Comment, Label, Milestone, Person, Ticket, TicketRef
from store import edits
from store.edits import COMMENT, Edit
from store.keys import Key, among, by_source
from store.tables import conflicts, tickets
from store.workspace.render import cell, shown_person

LONGEST_SHOWN = 200
WAITING = "waiting-"
"""How the id of a new comment begins that is not at the tracker yet."""
_OPEN = ("synced", "in_doubt", None)


@dataclass(frozen=True, slots=True)
class Unsent:
    """What is to be shown of a ticket beside what its tracker says."""

    edits: tuple[Edit, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    moved_to: str = ""


def of(connection: sa.Connection, found: Mapping[Key, Ticket]) -> dict[Key, Unsent]:
    """The same for many tickets; those without anything are left out."""
    keys = list(found)
    waiting = edits.of(connection, keys)
    open_ones = _conflicts(connection, keys)
    moved = [key for key, ticket in found.items() if ticket.sync_status == "moved"]
    places = _places(connection, moved)
    return {
        key: Unsent(tuple(waiting.get(key, ())), tuple(open_ones.get(key, ())), places.get(key, ""))
        for key in {**waiting, **open_ones, **places}
    }


def laid_over(ticket: Ticket, unsent: Unsent) -> Ticket:
    """The ticket as its file shows it."""
    if ticket.sync_status not in _OPEN or not (unsent.edits or unsent.conflicts):
        return ticket
    values = {one.field: one.value for one in unsent.edits if one.field != COMMENT}
    written = with_values(ticket, values)
    new = [one for one in unsent.edits if one.field == COMMENT]
    told = tuple(
        Comment(id=f"{WAITING}{one.id}", author=_NOBODY, body=str(one.value), created_at=one.at)
        for one in new
    )
    status = "conflict" if unsent.conflicts else "edited"
    return written.model_copy(
        update={"comments": (*written.comments, *told), "sync_status": status}
    )


_NOBODY = Person(id="", login="new comment, not sent yet")


def with_values(ticket: Ticket, values: Mapping[str, Json]) -> Ticket:
    """The ticket with values in the words of front matter; names become what is known by them."""
    changed: dict[str, Any] = {}
    for field, value in values.items():
        if field == "labels":
            known = {one.name: one for one in ticket.labels}
            changed[field] = tuple(
                known.get(name, Label(id=name, name=name)) for name in _names(value)
            )
        elif field == "assignees":
            people = {shown_person(one): one for one in ticket.assignees}
            changed[field] = tuple(
                people.get(name, Person(id=name, login=name)) for name in _names(value)
            )
        elif field == "milestone":
            changed[field] = _milestone(ticket, value)
        elif field == "due_date":
            changed[field] = date.fromisoformat(str(value)) if value else None
        else:
            changed[field] = value
    return ticket.model_copy(update=changed)


def _names(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _milestone(ticket: Ticket, value: Json) -> Milestone | None:
    if not value:
        return None
    held = ticket.milestone
    same = held is not None and held.title == value
    return held if same else Milestone(id=str(value), title=str(value))


def notes(unsent: Unsent, key: Key) -> str:
    """Markdown about what waits, what both sides changed, and where the ticket went."""
    blocks = []
    if unsent.moved_to:
        blocks.append(f"Moved to {unsent.moved_to}")
    if unsent.conflicts:
        blocks.append(_conflict_table(unsent.conflicts, key))
    failed = [one for one in unsent.edits if one.reason]
    if failed:
        lines = [f"| {cell(one.field)} | {cell(one.reason)} |" for one in failed]
        blocks += ["## Not sent yet\n\n| edit | why it waits |\n|---|---|\n" + "\n".join(lines)]
    return "\n\n".join(blocks)


def _conflict_table(found: Sequence[Conflict], key: Key) -> str:
    lines = [
        "## Conflicts",
        "",
        "Both sides changed these. Take one with `ticketsync conflicts resolve ID --take left` or "
        "`right`, or another value with `--take value --value …`.",
        "",
        "| id | field | left | right |",
        "|---|---|---|---|",
    ]
    for one in found:
        left, right = _sides(one, key)
        cells = (one.id, one.field, f"{left}: {_short(one.left)}", f"{right}: {_short(one.right)}")
        lines.append("| " + " | ".join(cell(str(part)) for part in cells) + " |")
    return "\n".join(lines)


def _sides(one: Conflict, key: Key) -> tuple[str, str]:
    """What the sides are called: the file and its tracker, or the two sources of a mirror."""
    if one.mapping is None:
        return "yours", one.source
    return one.source, one.other_source or "twin"


def _short(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    text = "nothing" if value in (None, "") else " ".join(str(value).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _conflicts(connection: sa.Connection, keys: Sequence[Key]) -> dict[Key, list[Conflict]]:
    """Open conflicts by ticket, on whichever side of them it is."""
    wanted, found = {*keys}, dict[Key, list[Conflict]]()
    sides = [(conflicts.c.source, conflicts.c.ticket)]
    sides.append((conflicts.c.other_source, conflicts.c.other_ticket))
    seen: set[int] = set()
    for source_column, ticket_column in sides:
        parts = [
            sa.and_(source_column == source, ticket_column.in_(ids))
            for source, ids in by_source(keys).items()
        ]
        query = sa.select(conflicts).where(
            conflicts.c.settled_at.is_(None), sa.or_(sa.false(), *parts)
        )
        for row in connection.execute(query.order_by(conflicts.c.id)) if parts else ():
            if row.id in seen:
                continue
            seen.add(row.id)
            one = Conflict(**row._mapping)
            here = [(one.source, one.ticket), (one.other_source or "", one.other_ticket or "")]
            for key in dict.fromkeys(here):
                if key in wanted:
                    found.setdefault(key, []).append(one)
    return found


def _places(connection: sa.Connection, keys: Sequence[Key]) -> dict[Key, str]:
    """Where moved tickets went, as a link where there is an address."""
    if not keys:
        return {}
    query = sa.select(tickets.c.source, tickets.c.external_id, tickets.c.moved_to)
    found = {}
    for row in connection.execute(query.where(among(tickets, keys))):
        if row.moved_to:
            link = TicketRef(**row.moved_to)
            name = cell(" ".join(part for part in (link.source, link.key) if part) or "there")
            found[row.source, row.external_id] = f"[{name}](<{link.url}>)" if link.url else name
    return found
