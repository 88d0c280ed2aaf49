"""Links between tickets: each once, whichever end told of it, across sources.

What a ticket tells of its links is kept as the sides of links; whom a side leads to follows from
the addresses of all tickets held. So the table is a function of what is held, whatever came first:
a ticket that appears, or is called something else, settles the sides of others that name it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.ticket import Relation, Ticket
from store import rows, sql
from store.derivable import Derivable
from store.keys import Key, among, by_source
from store.link_sides import (
    Address,
    Found,
    Side,
    address_of,
    links_of,
    row_of,
    side_of,
    sides_of,
)
from store.tables import addresses, link_sides, links, tickets

KINDS = {
    ("parent_of", True): "child",
    ("parent_of", False): "parent",
    ("blocks", True): "blocks",
    ("blocks", False): "blocked_by",
    ("duplicates", True): "duplicates",
    ("duplicates", False): "duplicated_by",
    ("relates", True): "relates",
    ("relates", False): "relates",
    ("pull_request", True): "pull_request",
}
"""How a link is called from its first end (True) and from its second."""

_CHUNK = 1_000


def make(connection: sa.Connection, batch: Sequence[Derivable], now: datetime) -> None:
    """Makes the links of these tickets; those of others that name them are settled anew."""
    del now
    _settle(
        connection,
        {one.key: address_of(one.key, one.ticket) for one in batch},
        [side for one in batch for side in sides_of(one.key, one.ticket)],
    )


def forget(connection: sa.Connection, keys: Iterable[Key]) -> None:
    """Drops what these tickets told; links that others tell stay, and dangle."""
    _settle(connection, dict.fromkeys(keys), [])


def of(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, list[Relation]]:
    """The relations of tickets as both ends tell them: a parent has children it never named.

    The other end is called as it is called now; its `external_id` is told inside a source only.
    """
    wanted = set(keys)
    found = _touching(connection, wanted)
    named = _names(connection, (end for row in found for end in _ends(row)))
    result: dict[Key, list[Relation]] = {}
    for row in found:
        before, after = _ends(row)
        if before in wanted:
            result.setdefault(before, []).append(_relation(row, before, after, True, named))
        if after in wanted:
            result.setdefault(after, []).append(_relation(row, after, before, False, named))
    for mine in result.values():
        mine.sort(key=lambda one: (one.kind, one.target.key or "", one.target.url or ""))
    return result


def both_ends(connection: sa.Connection, found: Mapping[Key, Ticket]) -> dict[Key, Ticket]:
    """Whole tickets with the relations that either end tells, to be shown and never compared."""
    told = of(connection, found)
    return {
        key: ticket.model_copy(update={"relations": tuple(told.get(key, ()))})
        for key, ticket in found.items()
    }


def find(
    connection: sa.Connection,
    *,
    source: str | None = None,
    dangling: bool = False,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Links with what their ends are called; `dangling` leaves those of which an end is not held.

    A pull request never is a ticket, so its link does not dangle.
    """
    before, after = tickets.alias("before"), tickets.alias("after")
    query = (
        sa.select(
            links,
            before.c.key.label("from_key_now"),
            before.c.title.label("from_title"),
            before.c.url.label("from_url_now"),
            after.c.key.label("to_key_now"),
            after.c.title.label("to_title"),
            after.c.url.label("to_url_now"),
        )
        .outerjoin_from(links, before, _is_end("from", before))
        .outerjoin(after, _is_end("to", after))
    )
    if source:
        query = query.where(sa.or_(links.c.from_source == source, links.c.to_source == source))
    if dangling:
        open_end = sa.or_(links.c.from_ticket.is_(None), links.c.to_ticket.is_(None))
        query = query.where(open_end, links.c.kind != "pull_request")
    order = (links.c.kind, links.c.from_source, links.c.from_ticket, links.c.id)
    return [_shown(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def _settle(
    connection: sa.Connection, now_at: Mapping[Key, Address | None], told: Sequence[Side]
) -> None:
    if not now_at:
        return
    if connection.dialect.name == "postgresql":
        # Two processes that settle one link would each miss what the other wrote.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(746164)"))
    named = _naming(connection, _readdress(connection, now_at))
    stale = dict(_by_identity(_sides(connection, among(link_sides, now_at, "ticket"))))
    fresh = dict(_by_identity(told))
    before = stale | dict(_by_identity(named))
    anew = {i: one for i, one in fresh.items() if _as_told(before.get(i)) != one}
    # Whom the others lead to only changes with what the tickets they name are called.
    anew |= {i: one for i, one in _by_identity(named) if i in fresh or one.teller not in now_at}
    settled = _settled(connection, [fresh.get(i, one) for i, one in anew.items()])
    changed = [one for one in settled if before.get(_identity(one)) != one]
    gone = [one for i, one in stale.items() if i not in fresh]
    _write_sides(connection, gone, changed)
    touched = {one.link for one in (*gone, *changed)}
    touched |= {before[i].link for one in changed if (i := _identity(one)) in before}
    _remake(connection, sorted(link for link in touched if link))


def _readdress(connection: sa.Connection, now_at: Mapping[Key, Address | None]) -> list[Address]:
    """Writes new addresses; returns what is to be looked for: of those moved, before and after."""
    query = sa.select(addresses).where(among(addresses, now_at, "ticket"))
    before = {(row.source, row.ticket): Address(*row) for row in connection.execute(query)}
    moved = [key for key, place in now_at.items() if place != before.get(key)]
    after = [place for key in moved if (place := now_at[key]) is not None]
    lost = [key for key in moved if now_at[key] is None]
    if lost:
        connection.execute(addresses.delete().where(among(addresses, lost, "ticket")))
    names = [column.name for column in addresses.c]
    values = [{name: getattr(one, name) for name in names} for one in after]
    sql.upsert(connection, addresses, values)
    return [*(before[key] for key in moved if key in before), *after]


def _naming(connection: sa.Connection, moved: Sequence[Address]) -> list[Side]:
    """The sides that may lead to a ticket by what it is called, or led there till now."""
    found: list[Side] = []
    if not moved:
        return found
    ids = by_source((one.source, one.ticket) for one in moved)
    for source, those in ids.items():
        met = sa.and_(link_sides.c.met_source == source, link_sides.c.met_ticket.in_(those))
        by_id = sa.and_(link_sides.c.target_id.in_(those), link_sides.c.source == source)
        found += [*_sides(connection, met), *_sides(connection, by_id)]
    keys = sorted({one.key for one in moved})
    places = sorted({one.address for one in moved if one.address})
    found += _sides(connection, link_sides.c.target_key.in_(keys))
    found += _sides(connection, link_sides.c.target_address.in_(places))
    return found


def _settled(connection: sa.Connection, sides: Sequence[Side]) -> list[Side]:
    """The sides with whom they lead to."""
    open_ones = [one for one in sides if one.kind != "pull_request"]
    by_id = {(one.source, one.target_id) for one in open_ones if one.target_id}
    places = {one.target_address for one in open_ones if one.target_address}
    keys = {one.target_key for one in open_ones if one.target_key and not one.target_address}
    found: set[Address] = set()
    for condition in (
        *_chunked(addresses.c.address, places),
        *_chunked(addresses.c.key, keys),
        *([among(addresses, by_id, "ticket")] if by_id else []),
    ):
        query = sa.select(addresses).where(condition)
        found |= {Address(*row) for row in connection.execute(query)}
    known = Found(found)
    return [known.settled(one) for one in sides]


def _write_sides(connection: sa.Connection, gone: Sequence[Side], changed: Sequence[Side]) -> None:
    primary = [column.name for column in link_sides.primary_key]
    if gone:
        same = sa.and_(*(link_sides.c[name] == sa.bindparam(f"its_{name}") for name in primary))
        values = [{f"its_{name}": getattr(one, name) for name in primary} for one in gone]
        connection.execute(link_sides.delete().where(same), values)
    sql.upsert(connection, link_sides, [row_of(one) for one in changed])


def _remake(connection: sa.Connection, touched: Sequence[str]) -> None:
    """Makes links from all that is told of them; one that nobody tells any more is no link."""
    for start in range(0, len(touched), _CHUNK):
        some = touched[start : start + _CHUNK]
        new = list(links_of(_sides(connection, link_sides.c.link.in_(some))))
        lost = sorted(set(some) - {row["id"] for row in new})
        if lost:
            connection.execute(links.delete().where(links.c.id.in_(lost)))
        sql.upsert(connection, links, new)


def _sides(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Side]:
    query = sa.select(link_sides).where(condition)
    return [side_of(row) for row in connection.execute(query).mappings()]


def _as_told(side: Side | None) -> Side | None:
    return replace(side, met=None, link=None) if side else None


def _identity(side: Side) -> tuple[Any, ...]:
    return side.source, side.ticket, side.kind, side.forward, side.target


def _by_identity(sides: Iterable[Side]) -> Iterable[tuple[tuple[Any, ...], Side]]:
    return ((_identity(one), one) for one in sides)


def _chunked(column: Any, values: Iterable[str]) -> Iterable[sa.ColumnElement[bool]]:
    """Conditions short enough for one statement each."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        yield column.in_(ordered[start : start + _CHUNK])


def _touching(connection: sa.Connection, keys: Iterable[Key]) -> list[Any]:
    found: dict[str, Any] = {}
    for source, ids in by_source(keys).items():
        for end in ("from", "to"):
            for some in _chunked(links.c[f"{end}_ticket"], ids):
                query = sa.select(links).where(links.c[f"{end}_source"] == source, some)
                found |= {row.id: row for row in connection.execute(query)}
    return list(found.values())


def _ends(row: Any) -> tuple[Key | None, Key | None]:
    before = (row.from_source, row.from_ticket) if row.from_ticket is not None else None
    after = (row.to_source, row.to_ticket) if row.to_ticket is not None else None
    return before, after


def _names(connection: sa.Connection, ends: Iterable[Key | None]) -> dict[Key, dict[str, Any]]:
    columns = (tickets.c.key, tickets.c.url, tickets.c.title)
    found: dict[Key, dict[str, Any]] = {}
    for source, ids in by_source({end for end in ends if end is not None}).items():
        for some in _chunked(tickets.c.external_id, ids):
            query = sa.select(tickets.c.external_id, *columns).where(
                tickets.c.source == source, some
            )
            for id_, key, url, title in connection.execute(query):
                found[source, id_] = {"key": key, "url": url, "title": title}
    return found


def _relation(
    row: Any, near: Key, far: Key | None, first: bool, named: Mapping[Key, dict[str, Any]]
) -> Relation:
    if far is None:
        end = "to" if first else "from"
        told = {"key": row._mapping[f"{end}_key"], "url": row._mapping[f"{end}_url"]}
        reference = told | {"title": row.title}
    else:
        inside = {"external_id": far[1]} if far[0] == near[0] else {}
        reference = named.get(far, {"key": far[1]}) | inside
    if row.pull_request:
        reference = reference | {"pull_request": row.pull_request}
    return rows.relation_of(KINDS[row.kind, first], reference)


def _is_end(end: str, table: Any) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.source == links.c[f"{end}_source"], table.c.external_id == links.c[f"{end}_ticket"]
    )


def _shown(row: Any) -> dict[str, Any]:
    """A link as a list shows it."""

    def end(name: str) -> dict[str, Any]:
        values = row._mapping
        held = values[f"{name}_ticket"] is not None
        return {
            "source": values[f"{name}_source"],
            "key": values[f"{name}_key_now" if held else f"{name}_key"],
            "title": values[f"{name}_title" if held else "title"],
            "url": values[f"{name}_url_now" if held else f"{name}_url"],
            "held": held,
        }

    return {
        "kind": row.kind,
        "from": end("from"),
        "to": end("to"),
        "told_by": row.told_by,
        "pull_request": row.pull_request,
    }
