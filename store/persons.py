"""Persons: who stands behind the accounts, matched by what the accounts show or by hand."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa

from schemas.source import LOCAL
from schemas.ticket import Person
from store import matching, sql
from store.database import Store
from store.keys import Key
from store.matching import Account, MatchedBy
from store.prepared import Prepared
from store.tables import hand_matches, people, persons, sources

_BEST = ("hand", "email", "login", "name", "alone")


@dataclass(frozen=True, slots=True)
class _Row:
    """An account as it stands: who it is, and whose it was until now."""

    account: Account
    person: int | None
    matched_by: str | None


def bring_up(store: Store, now: datetime) -> int:
    """Matches what is not matched yet; who only reads holds up nobody when there is nothing."""
    with store.read() as connection:
        due = _is_due(connection)
    if not due:
        return 0
    with store.write() as connection:
        return match(connection, now)


def match(connection: sa.Connection, now: datetime) -> int:
    """Matches all accounts anew when one of them is new or shows something new; how many moved.

    A person that two turn out to be goes on as the older of them, and one who is nobody's any more
    is gone. Without anything new it is one look at an index.
    """
    if not _is_due(connection):
        return 0
    _hold(connection)
    rows = _rows(connection)
    groups = matching.together([one.account for one in rows.values()], _hands(connection))
    shown = [_shown(group, rows) for group in groups]
    ids = _settle_persons(connection, shown, _owners(groups, rows), now)
    moved = [
        {"source": key[0], "external_id": key[1], "person": person, "matched_by": matched_by}
        for group, person in zip(groups, ids, strict=True)
        for key, matched_by in group.items()
        if (rows[key].person, rows[key].matched_by) != (person, matched_by)
    ]
    _MOVE.send(connection, [{f"new_{name}": value for name, value in one.items()} for one in moved])
    return len(moved)


def _hold(connection: sa.Connection) -> None:
    """Keeps all accounts as they are until the end: whoever sees one anew meanwhile waits for us.

    A transaction takes it before it changes an account: nobody can then wait for somebody who waits
    for him. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE"))


def _is_due(connection: sa.Connection) -> bool:
    unsettled = sa.select(people.c.source).where(people.c.matched_by.is_(None)).limit(1)
    return connection.execute(unsettled).first() is not None


def account_in(connection: sa.Connection, person_of: Key, source: str) -> Person | None:
    """The account that the person behind an account has in another source; None without one.

    Of several the one that was matched most surely. What was never matched has no person.
    """
    own = people.alias()
    query = sa.select(people).where(
        people.c.source == source,
        people.c.person == own.c.person,
        own.c.source == person_of[0],
        own.c.external_id == person_of[1],
    )
    found = [row for row in connection.execute(query) if row.kind == "user"]
    if not found:
        return None
    best = min(found, key=lambda row: (_BEST.index(row.matched_by or "alone"), row.external_id))
    return Person(
        id=best.external_id, login=best.login, name=best.name, email=best.email, kind=best.kind
    )


def put_together(connection: sa.Connection, account: Key, other: Key, now: datetime) -> None:
    """A person says that two accounts are one's; it holds until `release`, whatever they show."""
    _decide(connection, account, other, now)


def keep_apart(connection: sa.Connection, account: Key, now: datetime) -> None:
    """A person says that an account is nobody's whom we know; it holds until `release`."""
    _decide(connection, account, None, now)


def release(connection: sa.Connection, account: Key) -> bool:
    """Forgets what was decided by hand about an account; False when nothing was."""
    _hold(connection)
    mine = (hand_matches.c.source == account[0], hand_matches.c.external_id == account[1])
    forgotten = connection.execute(hand_matches.delete().where(*mine)).rowcount > 0
    if forgotten:
        _unsettle(connection, account)
    return forgotten


def decided(connection: sa.Connection, account: Key) -> Literal["together", "apart"] | None:
    """What was decided by hand about an account."""
    hands = _hands(connection)
    if account not in hands:
        return None
    return "apart" if hands[account] is None else "together"


def _decide(connection: sa.Connection, account: Key, other: Key | None, now: datetime) -> None:
    _hold(connection)
    row = {
        "source": account[0],
        "external_id": account[1],
        "to_source": other[0] if other else None,
        "to_external_id": other[1] if other else None,
        "at": now,
    }
    sql.upsert(connection, hand_matches, [row])
    _unsettle(connection, account)


def _unsettle(connection: sa.Connection, account: Key) -> None:
    mine = (people.c.source == account[0], people.c.external_id == account[1])
    connection.execute(people.update().where(*mine).values(matched_by=None))


def _rows(connection: sa.Connection) -> dict[Key, _Row]:
    """All accounts."""
    sites = {
        row.name: f"{row.tracker} {urlsplit(row.url).netloc.casefold()}"
        for row in connection.execute(sa.select(sources.c.name, sources.c.tracker, sources.c.url))
    }
    query = sa.select(people).order_by(people.c.source, people.c.external_id)
    found = {}
    for row in connection.execute(query):
        key = (row.source, row.external_id)
        # Of a source that is configured no more the ids count for themselves.
        site = sites.get(row.source, f"source {row.source}")
        account = Account(key, site, row.login, row.name, row.email or "", row.kind)
        found[key] = _Row(account, row.person, row.matched_by)
    return found


def _hands(connection: sa.Connection) -> dict[Key, Key | None]:
    return {
        (row.source, row.external_id): (
            (row.to_source, row.to_external_id) if row.to_source is not None else None
        )
        for row in connection.execute(sa.select(hand_matches))
    }


def _shown(group: Iterable[Key], rows: Mapping[Key, _Row]) -> tuple[str, str | None] | None:
    """(name, address) of the person behind accounts; None where none of them is a person's.

    What a tracker calls somebody comes before whom this machine knew, who wrote a local ticket.
    """
    ordered = sorted(group, key=lambda key: (key[0] == LOCAL, key))
    users = [one for key in ordered if (one := rows[key].account).kind == "user"]
    if not users:
        return None
    names = [one.name for one in users] + [one.login for one in users] + [users[0].key[1]]
    emails = [one.email for one in users if one.email]
    return next(name for name in names if name), emails[0] if emails else None


def _owners(groups: Sequence[Mapping[Key, MatchedBy]], rows: Mapping[Key, _Row]) -> dict[int, int]:
    """Which group each person goes on as, older persons first; others take a new one.

    Where a person's accounts went apart it stays with most of them, and not with what was just
    taken away.
    """
    places: dict[int, Counter[int]] = defaultdict(Counter)
    stayed: Counter[int] = Counter()
    for index, group in enumerate(groups):
        for key in group:
            person = rows[key].person
            if person is not None:
                places[person][index] += 1
                stayed[index] += rows[key].matched_by is not None
    owners: dict[int, int] = {}
    for person, counted in sorted(places.items()):
        open_ones = [index for index in counted if index not in owners]
        if open_ones:
            best = max(open_ones, key=lambda index: (stayed[index] > 0, counted[index], -index))
            owners[best] = person
    return owners


def _settle_persons(
    connection: sa.Connection,
    shown: Sequence[tuple[str, str | None] | None],
    owners: Mapping[int, int],
    now: datetime,
) -> list[int | None]:
    """The person of each group: kept, made, renamed; those of none are gone."""
    known = {row.id: row for row in connection.execute(sa.select(persons))}
    ids: list[int | None] = []
    new: list[int] = []
    renamed: list[dict[str, Any]] = []
    for index, one in enumerate(shown):
        person = owners.get(index) if one else None
        if one and person in known:
            if (known[person].name, known[person].email) != one:
                renamed.append({"one": person, "new_name": one[0], "new_email": one[1]})
        elif one:
            new.append(index)
        ids.append(person if person in known else None)
    made = _make(connection, [shown[index] for index in new], now)
    for index, person in zip(new, made, strict=True):
        ids[index] = person
    _RENAME.send(connection, renamed)
    _GO.send(connection, [{"one": person} for person in sorted(known.keys() - set(ids))])
    return ids


def _make(
    connection: sa.Connection, shown: Sequence[tuple[str, str | None] | None], now: datetime
) -> list[int]:
    rows = [{"name": one[0], "email": one[1], "created_at": now} for one in shown if one]
    if not rows:
        return []
    statement = persons.insert().returning(persons.c.id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def _moving(_: str) -> Any:
    return (
        people.update()
        .where(
            people.c.source == sa.bindparam("new_source"),
            people.c.external_id == sa.bindparam("new_external_id"),
        )
        .values(person=sa.bindparam("new_person"), matched_by=sa.bindparam("new_matched_by"))
    )


def _renaming(_: str) -> Any:
    values: dict[str, Any] = {"name": sa.bindparam("new_name"), "email": sa.bindparam("new_email")}
    return persons.update().where(persons.c.id == sa.bindparam("one")).values(values)


_MOVE = Prepared(_moving)
_RENAME = Prepared(_renaming)
_GO = Prepared(lambda _: persons.delete().where(persons.c.id == sa.bindparam("one")))
