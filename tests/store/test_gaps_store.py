"""Gaps in SQL: what is kept, dropped, and found without reading the whole journal."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from psycopg import ClientCursor
from sqlalchemy.engine import Connection

from store import gaps, sources, status, upkeep
from store.database import Store
from store.gaps import Gap
from store.tables import deliveries
from tests.builders import NOW, SOURCE, a_source, at

DAY = timedelta(days=1)


def a_gap(ticket: str | None = "12", *, days: float = 0, **over) -> Gap:
    """A missed change, found so many days before NOW."""
    plain = {"part": "core", "changed_at": NOW - days * DAY, "verdict": "missed"}
    return Gap(ticket=ticket, found_at=NOW - days * DAY, **(plain | over))


def add(store: Store, *found: Gap, session: int = 1) -> None:
    with store.write() as connection:
        gaps.add(connection, SOURCE, session, found)


@pytest.fixture
def busy(store: Store) -> Store:
    """A journal of a month: 20,000 webhooks and as many polls, of two sources."""
    rows = [
        {
            "source": SOURCE if number % 4 else "till",
            "via": "webhook" if number % 2 else "poll",
            "event": "issues.edited",
            "delivery_key": f"key-{number}",
            "ticket": str(number % 997),
            "headers": {},
            "received_at": NOW - number * DAY / 1_300,
            "observed_at": NOW,
            "outcome": "applied",
        }
        for number in range(40_000)
    ]
    with store.write() as connection:
        connection.execute(deliveries.insert(), rows)
        if store.dialect == "postgresql":  # SQLite has no statistics of its own in a real life
            connection.execute(sa.text("ANALYZE deliveries"))
    return store


def test_gaps_are_kept_ninety_days(store: Store) -> None:
    add(store, a_gap(days=89), a_gap("13", days=91), a_gap("14", days=120, verdict="untold"))
    pruned = upkeep.prune(store, NOW, bodies=14 * DAY, rows=60 * DAY)
    assert pruned["gaps"] == 2
    with store.read() as connection:
        assert [one.ticket for one in gaps.judged(connection, SOURCE, NOW - 100 * DAY)] == ["12"]


def test_a_gap_comes_back_as_it_was_kept(store: Store) -> None:
    kept = a_gap(None, part="definitions", changed_at=None, verdict="late", told_at=at(-1))
    add(store, kept, a_gap("13", days=3))
    with store.read() as connection:
        [found] = gaps.of_lanes(connection, SOURCE, [None, "14"], NOW - DAY)
        assert gaps.of_lanes(connection, "till", [None, "13"], NOW - 9 * DAY) == []
    assert (found.id > 0, Gap(**{**vars_of(found), "id": 0})) == (True, kept)


def vars_of(gap: Gap) -> dict:
    return {name: getattr(gap, name) for name in Gap.__slots__}


def test_what_still_waits_for_a_verdict_is_shown_for_a_week(store: Store) -> None:
    waits = {"verdict": "late"}
    add(store, a_gap("1", days=6, **waits), a_gap("2", days=9, **waits), a_gap("3", days=6))
    add(store, a_gap("4", days=6, told_at=NOW - 6 * DAY, **waits), a_gap("5", verdict="polling"))
    with store.read() as connection:
        assert [one.ticket for one in gaps.judged(connection, SOURCE, NOW - DAY)] == ["1"]


def test_nothing_reads_the_whole_journal(busy: Store) -> None:
    asked: list[str] = []
    sa.event.listen(busy.engine, "before_cursor_execute", _noting(asked))
    with busy.read() as connection:
        told = gaps.coverage(connection, SOURCE, NOW)
        gaps.silent_since(connection, SOURCE)
        gaps.first_webhook(connection, SOURCE)
        heard = gaps.heard(connection, SOURCE, ["1", "3", None], NOW - DAY)
    assert 400 < told.told < 700
    assert all(one.ticket in ("1", "3") for one in heard)
    with busy.read() as connection:
        plans = [_plan(connection, busy, statement) for statement in asked]
    about = [plan for plan in plans if "deliveries" in plan]
    assert len(about) >= 4
    for plan in about:
        assert "deliveries_webhooks" in plan, plan
        assert "SCAN deliveries" not in plan, plan
        assert "Seq Scan on deliveries" not in plan, plan


def _noting(asked: list[str]):
    """Notes each statement with its values in place."""

    def note(_connection, cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith("SELECT"):
            asked.append(_spelt(cursor, statement, parameters))

    return note


def _spelt(cursor, statement: str, parameters) -> str:
    if isinstance(parameters, dict):  # psycopg
        return ClientCursor(cursor.connection).mogrify(statement, parameters)
    for value in parameters:
        statement = statement.replace(
            "?", f"'{value}'" if isinstance(value, str) else str(value), 1
        )
    return statement


def _plan(connection: Connection, store: Store, statement: str) -> str:
    word = "EXPLAIN" if store.dialect == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = connection.exec_driver_sql(f"{word} {statement}".replace("%", "%%"))
    return "\n".join(" ".join(str(cell) for cell in row) for row in rows)


def test_the_overview_counts_the_few_rows_it_asks_for(busy: Store) -> None:
    with busy.write() as connection:
        few = deliveries.c.id.in_((3, 5, 8))
        connection.execute(deliveries.update().where(few).values(outcome="dead"))
        few = deliveries.c.id.in_((4, 6))
        connection.execute(deliveries.update().where(few).values(outcome=None))
        sources.declare(connection, [a_source(), a_source("till")], NOW)
    asked: list[str] = []
    sa.event.listen(busy.engine, "before_cursor_execute", _noting(asked))
    with busy.read() as connection:
        seen = status.overview(connection, NOW)
    assert (seen.open, seen.dead, seen.total) == (2, 3, 40_000)
    assert {one.name: (one.open, one.dead) for one in seen.sources} == {
        "shop": (2, 2), "till": (0, 1),
    }  # fmt: skip
    with busy.read() as connection:
        plans = [_plan(connection, busy, one) for one in asked if "GROUP BY" in one]
    about = [plan for plan in plans if "deliveries" in plan]
    assert "deliveries_pending" in about[0], about[0]
    assert "deliveries_dead" in about[1], about[1]
