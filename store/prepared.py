"""Statements of the hot path: written in SQLAlchemy Core, compiled once, sent by the driver.

Everything a drain does to a ticket is five statements. SQLAlchemy's own way costs each of them
0.05 to 0.1 ms, which is more than SQLite needs for all five; types, dialects and errors stay its
business here, too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


class Prepared:
    """A statement; `build` writes it for a dialect (`sqlite`, `postgresql`)."""

    def __init__(self, build: Callable[[str], Any]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: sa.Connection, values: Values) -> list[tuple[Any, ...]]:
        """Sends it and reads what it selects."""
        made = self.compiled(connection)
        parameters = made.bind(values)
        with _cursor(connection, made.text, parameters) as cursor:
            cursor.execute(made.text, parameters)
            found = cursor.fetchall()
        return [made.row(one) for one in found]

    def send(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Sends it once for each row."""
        if not rows:
            return
        made = self.compiled(connection)
        parameters = [made.bind(row) for row in rows]
        with _cursor(connection, made.text, parameters) as cursor:
            if len(parameters) == 1:
                cursor.execute(made.text, parameters[0])
            else:
                cursor.executemany(made.text, parameters)

    def compiled(self, connection: sa.Connection) -> "_Compiled":
        """The statement for a connection's dialect."""
        dialect = connection.dialect
        made = self._compiled.get(dialect.name)
        if made is None:
            made = self._compiled[dialect.name] = _Compiled(self._build(dialect.name), dialect)
        return made


def after_lock(
    connection: sa.Connection, lock: Prepared, values: Values, then: Prepared, others: Values
) -> list[tuple[Any, ...]]:
    """Two statements, the second when the first is done; reads what the second selects.

    In one round trip, with the BEGIN before them. SQLite needs none of the first (a lock).
    """
    if connection.dialect.name != "postgresql":
        return then.rows(connection, others)
    one, two = lock.compiled(connection), then.compiled(connection)
    parameters = two.bind(others)
    driver: Any = connection.connection.driver_connection
    with (
        _cursor(connection, one.text, parameters) as before,
        _cursor(connection, two.text, parameters) as cursor,
    ):
        with driver.pipeline():
            before.execute(one.text, one.bind(values))
            cursor.execute(two.text, parameters)
        found = cursor.fetchall()
    return [two.row(row) for row in found]


@contextmanager
def _cursor(connection: sa.Connection, text: str, parameters: Any) -> Iterator[Any]:
    """The driver's cursor; its errors become SQLAlchemy's, as if it had sent the statement."""
    driver = connection.dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
    cursor = driver.RawCursor(raw) if hasattr(driver, "RawCursor") else raw.cursor()
    try:
        yield cursor
    except driver.Error as error:
        connection._handle_dbapi_exception(error, text, parameters, cursor, None)
    finally:
        cursor.close()


class _Compiled:
    """A statement's text for one dialect, and how values go in and come out."""

    def __init__(self, statement: Any, dialect: Any) -> None:
        if dialect.name == "postgresql":
            # As the server itself has them: the driver need not rewrite the text each time.
            dialect = type(dialect)(
                paramstyle="numeric_dollar", json_serializer=dialect._json_serializer
            )
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._inputs = [
            (name, compiled.params[name], _into(compiled.binds[name].type, dialect))
            for name in compiled.positiontup
        ]
        selected = getattr(statement, "selected_columns", ())
        self._outputs = [
            (place, convert)
            for place, convert in enumerate(_out_of(one.type, dialect) for one in selected)
            if convert is not None
        ]

    def bind(self, values: Values) -> tuple[Any, ...]:
        """The driver's parameters; what is not given has its value in the statement."""
        return tuple(
            [
                convert(values.get(name, own)) if convert else values.get(name, own)
                for name, own, convert in self._inputs
            ]
        )

    def row(self, raw: Sequence[Any]) -> tuple[Any, ...]:
        """A row of the driver's as our types have it."""
        if not self._outputs:
            return tuple(raw)
        found = list(raw)
        for place, convert in self._outputs:
            found[place] = convert(found[place])
        return tuple(found)


def among(dialect: str, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """The condition that a column is one of the values given as `name`, however many."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(column.type)))
    each = sa.func.json_each(sa.bindparam(name, type_=sa.JSON)).table_valued("value")
    return column.in_(sa.select(each.c.value))


def _into(kind: Any, dialect: sa.Dialect) -> Convert | None:
    found: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def _out_of(kind: Any, dialect: sa.Dialect) -> Convert | None:
    found: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return found
