"""References: which ticket a name in a text means, and how its twin is named elsewhere."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from schemas.ticket import TicketRef
from store import mappings
from store.tables import tickets

_AT_ONCE = 400


def twins(
    connection: sa.Connection, source: str, there: str, names: Collection[str]
) -> dict[str, TicketRef]:
    """For each name that a ticket of `source` has there a twin by: the twin.

    Names are keys, numbers after a `#`, and addresses.
    """
    ids = _ids(connection, source, names)
    found = mappings.twins(connection, {(source, one) for one in ids.values()})
    wanted = {key: other for key, ones in found.items() for other, _ in ones if other[0] == there}
    refs = _refs(connection, there, [key[1] for key in wanted.values()])
    return {
        name: refs[wanted[source, id_][1]]
        for name, id_ in ids.items()
        if (source, id_) in wanted and wanted[source, id_][1] in refs
    }


def _ids(connection: sa.Connection, source: str, names: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in _parts(sorted(names)):
        numbers = {_number(name): name for name in some if _number(name) is not None}
        query = sa.select(
            tickets.c.external_id, tickets.c.key, tickets.c.number, tickets.c.url
        ).where(
            tickets.c.source == source,
            sa.or_(
                tickets.c.key.in_(some),
                tickets.c.url.in_(some),
                tickets.c.number.in_([one for one in numbers if one is not None]),
            ),
        )
        for row in connection.execute(query):
            named = {row.key, row.url, f"#{row.number}" if row.number is not None else None}
            found |= {name: row.external_id for name in named if name in names}
    return found


def _number(name: str) -> int | None:
    digits = name.removeprefix("#")
    fits = name.startswith("#") and digits.isascii() and digits.isdecimal()
    return int(digits) if fits and len(digits) < 16 else None


def _refs(connection: sa.Connection, source: str, ids: Iterable[str]) -> dict[str, TicketRef]:
    found: dict[str, TicketRef] = {}
    for some in _parts(sorted(set(ids))):
        query = sa.select(
            tickets.c.external_id, tickets.c.key, tickets.c.url, tickets.c.title
        ).where(tickets.c.source == source, tickets.c.external_id.in_(some))
        for row in connection.execute(query):
            found[row.external_id] = TicketRef(
                external_id=row.external_id, key=row.key, url=row.url, title=row.title
            )
    return found


def _parts(names: list[str]) -> list[list[str]]:
    return [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]


def id_of(connection: sa.Connection, source: str, key: str) -> str | None:
    """The stable id of a ticket by what people call it: key, `#12`, id, or address."""
    number = _number(key if key.startswith("#") else f"#{key}")
    names = [tickets.c.key == key, tickets.c.url == key, tickets.c.external_id == key]
    if number is not None:
        names.append(tickets.c.number == number)
    query = sa.select(tickets.c.external_id).where(tickets.c.source == source, sa.or_(*names))
    exact = sa.case((tickets.c.key == key, 0), (tickets.c.external_id == key, 1), else_=2)
    found: str | None = connection.execute(query.order_by(exact).limit(1)).scalar_one_or_none()
    return found
