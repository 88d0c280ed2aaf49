"""Statements of the hot path: written in SQLAlchemy Core, compiled once, sent by the driver.

Everything a drain does to a ticket is five statements. SQLAlchemy's own way costs each of them
0.05 to 0.1 ms, which is more than SQLite needs for all five; types, dialects and errors stay its
business here, too.
"""

from collections.abc import Callable, Mapping, Sequence
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
        made = self._for(connection)
        parameters = made.bind(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(made.text, parameters)
            found = cursor.fetchall()
        except made.driver_error as error:
            connection._handle_dbapi_exception(error, made.text, parameters, cursor, None)
        finally:
            cursor.close()
        return [made.row(one) for one in found]

    def send(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Sends it once for each row."""
        if not rows:
            return
        made = self._for(connection)
        parameters = [made.bind(row) for row in rows]
        cursor = connection.connection.cursor()
        try:
            if len(parameters) == 1:
                cursor.execute(made.text, parameters[0])
            else:
                cursor.executemany(made.text, parameters)
        except made.driver_error as error:
            connection._handle_dbapi_exception(error, made.text, parameters, cursor, None)
        finally:
            cursor.close()

    def _for(self, connection: sa.Connection) -> "_Compiled":
        dialect = connection.dialect
        made = self._compiled.get(dialect.name)
        if made is None:
            made = self._compiled[dialect.name] = _Compiled(self._build(dialect.name), dialect)
        return made


class _Compiled:
    """A statement's text for one dialect, and how values go in and come out."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self.driver_error: type[Exception] = dialect.loaded_dbapi.Error
        names: Sequence[str] = compiled.positiontup or list(compiled.params)
        self._inputs = [
            (name, compiled.params[name], _into(compiled.binds[name].type, dialect))
            for name in names
        ]
        self._by_name = compiled.positiontup is None
        selected = getattr(statement, "selected_columns", ())
        self._outputs = [
            (place, convert)
            for place, convert in enumerate(_out_of(one.type, dialect) for one in selected)
            if convert is not None
        ]

    def bind(self, values: Values) -> Any:
        """The driver's parameters; what is not given has its value in the statement."""
        if self._by_name:
            return {
                name: convert(values.get(name, own)) if convert else values.get(name, own)
                for name, own, convert in self._inputs
            }
        return tuple(
            convert(values.get(name, own)) if convert else values.get(name, own)
            for name, own, convert in self._inputs
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
