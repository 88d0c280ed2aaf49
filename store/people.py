"""People: accounts at trackers, one row each; tickets and comments name them by id."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.ticket import Person
from store import sql
from store.prepared import Prepared
from store.tables import people

_SHOWN = ("login", "name", "email")
"""What many a record leaves out: each has a moment of its own, `login_at` and so on."""


def remember(connection: sa.Connection, seen: Iterable[tuple[str, Person, datetime]]) -> None:
    """Stores people as seen at a moment; an older sight never undoes a newer one.

    A sight without a login, name or address takes away none that is known: whoever is allowed to
    read less was told less. So it does not matter in which order they come. Whoever is seen with
    something new is matched with persons again (`store.persons.match`).
    """
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for source, person, at in seen:
        row = _row(source, person, at)
        known = latest.setdefault((source, person.id), row)
        if known is not row:
            _learn(known, row)
    _REMEMBER.send(connection, [row for _, row in sorted(latest.items())])


def _row(source: str, person: Person, at: datetime) -> dict[str, Any]:
    row = {
        "source": source,
        "external_id": person.id,
        "login": person.login,
        "name": person.name,
        "email": person.email or None,
        "kind": person.kind,
        "seen_at": at,
    }
    return row | {f"{name}_at": at if row[name] else None for name in _SHOWN}


def _learn(known: dict[str, Any], row: dict[str, Any]) -> None:
    """Two sights of one account in one: of each part the newer."""
    for name, moment in _PARTS:
        if row[moment] is not None and (known[moment] is None or row[moment] >= known[moment]):
            known[name], known[moment] = row[name], row[moment]


_PARTS = (*((name, f"{name}_at") for name in _SHOWN), ("kind", "seen_at"))
_NAMES = ("source", "external_id", *(name for pair in _PARTS for name in pair))


def _remembering(dialect: str) -> Any:
    given: dict[str, Any] = {name: sa.bindparam(name) for name in _NAMES}
    statement = sql.insert(dialect, people).inline().values(given)
    new, old = statement.excluded, people.c
    updated: dict[str, Any] = {}
    changed = []
    for name, moment in _PARTS:
        newer = sa.and_(
            new[moment].is_not(None), sa.or_(old[moment].is_(None), new[moment] >= old[moment])
        )
        updated[name] = sa.case((newer, new[name]), else_=old[name])
        updated[moment] = sa.case((newer, new[moment]), else_=old[moment])
        changed.append(sa.and_(newer, new[name].is_distinct_from(old[name])))
    updated["matched_by"] = sa.case((sa.or_(*changed), sa.null()), else_=old.matched_by)
    keys = ["source", "external_id"]
    return statement.on_conflict_do_update(index_elements=keys, set_=updated)


_REMEMBER = Prepared(_remembering)


def named(connection: sa.Connection, source: str, names: Iterable[str]) -> dict[str, Person]:
    """The accounts of a source that are shown by these names, whatever their case."""
    wanted = {name.casefold(): name for name in names}
    if not wanted:
        return {}
    found: dict[str, Person] = {}
    query = sa.select(people).where(people.c.source == source)
    for row in connection.execute(query.order_by(people.c.external_id)):
        for shown in (row.login, row.name, row.external_id):
            name = wanted.get((shown or "").casefold())
            if name is not None:
                person = Person(
                    id=row.external_id, login=row.login, name=row.name, email=row.email,
                    kind=row.kind,
                )  # fmt: skip
                found.setdefault(name, person)
                break
    return found
