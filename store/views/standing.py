"""The views in a database: what stands there, what is missing, what is in the way.

A view of ours carries a mark with the hash of its place and text: in its comment on PostgreSQL, in
the text itself on SQLite, where a copy of ours under another name carries it, too, and does not fit
it. So nothing of anybody else's is ever touched, and a look at the catalogue is all that an
up-to-date database costs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from schemas.settings import TRACKERS, ViewSettings
from store.tables import sources
from store.views.catalogue import MARK, View, setting_of, wanted
from store.views.dialect import TABLES

Place = tuple[str | None, str]

_SCHEMA_MARK = f"{MARK}views"
_OURS = """
SELECT n.nspname, c.relname, d.description,
  ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END
    FROM aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
    WHERE a.privilege_type = 'SELECT' AND a.grantee <> c.relowner)
FROM pg_description d
JOIN pg_class c ON c.oid = d.objoid AND c.relkind = 'v'
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE d.classoid = 'pg_class'::regclass AND d.objsubid = 0
  AND d.description ~ '^ticketsync: [0-9a-f]{16}$'
"""
_TEXT = re.compile(rf" AS /\* (?P<mark>{MARK}\w+) \*/\n(?P<body>.*)", re.DOTALL)
"""What SQLite keeps of a view of ours."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a configuration wants to be shown."""

    settings: ViewSettings
    trackers: frozenset[str]


@dataclass(slots=True)
class Standing:
    """Views of ours as they stand: their marks, and who may read them (PostgreSQL)."""

    marks: dict[Place, str] = field(default_factory=dict)
    readers: dict[Place, list[str]] = field(default_factory=dict)


def up_to_date(connection: sa.Connection, config: Wanted) -> bool:
    """Whether everything stands that should, and nothing else of ours. Reads the catalogue only."""
    trackers, default = _trackers(connection, config), _default_schema(connection)
    views = wanted(connection.dialect.name, config.settings, trackers, default)
    return _found(connection).marks == {one.place: one.mark for one in views}


def lay_aside(connection: sa.Connection) -> Standing:
    """Drops our views, for a migration changes what they stand on; returns them for `bring_up`.

    One that something of a user's stands on stays.
    """
    found = _found(connection)
    for place in list(found.marks):
        _try(connection, [f"DROP VIEW {_quoted(place)}"])
    return found


def bring_up(connection: sa.Connection, config: Wanted, aside: Standing | None = None) -> list[str]:
    """Makes what is missing or of another text, drops what is wanted no more; returns what could
    not be done, a line each. In a write transaction; `aside` are views that stood before."""
    default = _default_schema(connection)
    trackers = _trackers(connection, config)
    views = wanted(connection.dialect.name, config.settings, trackers, default)
    found = _found(connection)
    readers = (aside.readers if aside else {}) | found.readers
    lost = found.marks.keys() - {one.place for one in views}
    faults = [fault for place in sorted(lost, key=str) if (fault := _drop(connection, place))]
    faults += _drop_empty(connection, {schema for schema, _ in lost if schema})
    if default is None and connection.dialect.name == "postgresql" and config.settings.enabled:
        homeless = sorted(one for one in trackers if not getattr(config.settings, one))
        faults += [
            f"{setting_of(one)}: the role has no default schema; name one" for one in homeless
        ]
    barred = _barred(connection, views)
    faults += barred.values()
    taken = _taken(connection, views) - found.marks.keys()
    in_the_way: dict[str, list[str]] = {}
    for one in views:
        if one.schema in barred or found.marks.get(one.place) == one.mark:
            continue
        if one.place in taken:
            in_the_way.setdefault(one.setting, []).append(one.shown)
        elif cause := _make(connection, one, readers.get(one.place, [])):
            faults.append(f"{one.setting}: cannot make the view {one.shown}: {cause}")
    return [*faults, *(_stays(setting, names) for setting, names in in_the_way.items())]


def _stays(setting: str, names: list[str]) -> str:
    are, they_stay = ("is", "it stays") if len(names) == 1 else ("are", "they stay")
    listed = ", ".join(names)
    return f"{setting}: {listed} {are} there and not ours, so {they_stay}: set another name"


def _trackers(connection: sa.Connection, config: Wanted) -> set[str]:
    """The trackers that are configured, and those that tickets are held of."""
    held = connection.execute(sa.select(sources.c.tracker).distinct()).scalars()
    return {*config.trackers, *held} & set(TRACKERS)


def _default_schema(connection: sa.Connection) -> str | None:
    """The first schema of the role's own search path that exists and is not ours."""
    if connection.dialect.name != "postgresql":
        return None
    path = "SELECT reset_val, current_user FROM pg_settings WHERE name = 'search_path'"
    value, user = connection.exec_driver_sql(path).one()
    names = [
        user if name in ('"$user"', "$user") else name.strip('"').replace('""', '"')
        for name in (part.strip() for part in value.split(","))
    ]
    query = sa.text("SELECT nspname FROM pg_namespace WHERE nspname = ANY(:names)")
    there = set(connection.execute(query, {"names": names}).scalars())
    return next((name for name in names if name in there and name != TABLES), None)


def _found(connection: sa.Connection) -> Standing:
    standing = Standing()
    if connection.dialect.name == "postgresql":
        for schema, name, mark, readers in connection.exec_driver_sql(_OURS):
            standing.marks[schema, name] = mark
            standing.readers[schema, name] = readers
        return standing
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'view'"
    for name, text in connection.exec_driver_sql(query):
        told = _TEXT.search(text)
        if told and told["mark"] == View(None, name, told["body"], "").mark:
            standing.marks[None, name] = told["mark"]
    return standing


def _taken(connection: sa.Connection, views: Iterable[View]) -> set[Place]:
    """The places where something stands, ours or not."""
    if connection.dialect.name == "postgresql":
        query = sa.text(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE n.nspname = ANY(:schemas)"
        )
        schemas = sorted({one.schema for one in views if one.schema})
        return {(s, name) for s, name in connection.execute(query, {"schemas": schemas})}
    # To SQLite "Bugs" is "bugs": dropped would be whichever stands there.
    names = connection.exec_driver_sql("SELECT lower(name) FROM sqlite_master").scalars()
    return {(None, name) for name in names}


def _barred(connection: sa.Connection, views: Iterable[View]) -> dict[str | None, str]:
    """Schemas in which we may make nothing, and why; a missing one is made."""
    settings = {one.schema: one.setting for one in views if one.schema is not None}
    found: dict[str | None, str] = {}
    for schema, setting in settings.items():
        query = sa.text(
            "SELECT current_user, current_database(), (SELECT has_schema_privilege(oid, 'CREATE')"
            " FROM pg_namespace WHERE nspname = :schema)"
        )
        user, database, may = connection.execute(query, {"schema": schema}).one()
        if may is None:
            mark = f"COMMENT ON SCHEMA {_name(schema)} IS '{_SCHEMA_MARK}'"
            if _try(connection, [f"CREATE SCHEMA {_name(schema)}", mark]):
                grant = f"GRANT CREATE ON DATABASE {_name(database)} TO {_name(user)}"
                found[schema] = f"{setting}: cannot make the schema {schema}: `{grant}`"
        elif not may:
            grant = f"GRANT CREATE ON SCHEMA {_name(schema)} TO {_name(user)}"
            found[schema] = (
                f"{setting}: {user} may make no views in the schema {schema}:"
                f" `{grant}`, or set another name"
            )
    return found


def _make(connection: sa.Connection, view: View, readers: Iterable[str]) -> str | None:
    """Makes a view, in place of one of ours; returns why not. Who could read it still can."""
    place = _quoted(view.place)
    if connection.dialect.name != "postgresql":
        text = f"CREATE VIEW {place} AS /* {view.mark} */\n{view.body}"
        return _try(connection, [f"DROP VIEW IF EXISTS {place}", text])
    after = [f"COMMENT ON VIEW {place} IS '{view.mark}'"]
    after += [f"GRANT SELECT ON {place} TO {reader}" for reader in readers]
    new = [f"DROP VIEW IF EXISTS {place}", f"CREATE VIEW {place} AS\n{view.body}", *after]
    if _try(connection, new) is None:
        return None
    # Something of a user's may stand on it; then it can only be replaced by one with more columns.
    return _try(connection, [f"CREATE OR REPLACE VIEW {place} AS\n{view.body}", *after])


def _drop(connection: sa.Connection, place: Place) -> str | None:
    cause = _try(connection, [f"DROP VIEW IF EXISTS {_quoted(place)}"])
    shown = f"{place[0]}.{place[1]}" if place[0] else place[1]
    return f"[views]: cannot drop our view {shown}: {cause}" if cause else None


def _drop_empty(connection: sa.Connection, schemas: set[str]) -> list[str]:
    """Drops schemas that we made and nothing is in any more."""
    query = sa.text(
        "SELECT n.nspname FROM pg_namespace n WHERE n.nspname = ANY(:schemas)"
        " AND obj_description(n.oid, 'pg_namespace') = :mark"
        " AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid)"
    )
    if not schemas:
        return []
    found = connection.execute(query, {"schemas": sorted(schemas), "mark": _SCHEMA_MARK})
    causes = ((name, _try(connection, [f"DROP SCHEMA {_name(name)}"])) for name in found.scalars())
    return [f"[views]: cannot drop our schema {name}: {cause}" for name, cause in causes if cause]


def _try(connection: sa.Connection, statements: Iterable[str]) -> str | None:
    """Sends all of them, or none; returns in the database's words why not."""
    try:
        with connection.begin_nested():
            for one in statements:
                connection.exec_driver_sql(one)
    except DBAPIError as error:
        return str(error.orig).strip().split("\n")[0]
    return None


def _quoted(place: Place) -> str:
    schema, name = place
    return f"{_name(schema)}.{_name(name)}" if schema else _name(name)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
