"""What is derived: made anew for what changed, and by one broken ticket not held up for all."""

import pytest
import sqlalchemy as sa

from store import audit, derived
from store.database import Store
from store.tables import flows, history, tickets
from tests.builders import NOW, SOURCE, a_source, an_issue, polled
from tests.workers.draining import drained

SOURCES = {SOURCE: a_source()}


def bring_up(store: Store) -> int:
    return derived.bring_up(store, SOURCES, NOW)


def counted(store: Store) -> set[str]:
    with store.read() as connection:
        return set(connection.execute(sa.select(flows.c.ticket)).scalars())


def test_only_what_changed_is_derived_anew(store: Store) -> None:
    drained(store, *(polled(an_issue(number), when=1) for number in (12, 13)))
    assert (bring_up(store), bring_up(store)) == (2, 0)
    drained(store, polled(an_issue(13, updated=60, title="Changed"), when=61))
    assert (bring_up(store), bring_up(store)) == (1, 0)
    assert counted(store) == {"12", "13"}


def test_as_much_as_is_asked_for(store: Store) -> None:
    numbers = range(1, derived.BATCH + 11)
    drained(store, *(polled(an_issue(number), when=1) for number in numbers))
    assert derived.bring_up(store, SOURCES, NOW, most=1) == derived.BATCH
    assert bring_up(store) == 10


def test_a_ticket_only_heard_of_is_in_nothing(store: Store) -> None:
    with store.write() as connection:
        drained_row = {"source": SOURCE, "external_id": "77", "fate": "unread"}
        columns = [c for c in tickets.c if not c.nullable and c.server_default is None]
        plain = {c.name: _anything(c) for c in columns}
        connection.execute(tickets.insert().values(plain | drained_row))
    assert (bring_up(store), bring_up(store)) == (1, 0)
    assert counted(store) == set()


def _anything(column: sa.Column[object]) -> object:
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.JSON):
        return []
    return NOW if "at" in column.name.split("_") else ""


def test_a_ticket_that_cannot_be_derived_holds_up_no_other_and_is_named(
    store: Store,
) -> None:
    drained(store, *(polled(an_issue(number), when=1) for number in (12, 13, 14)))

    def broken(_connection: object, batch: object, _now: object) -> None:
        if any(one.key[1] == "13" for one in batch):  # type: ignore[attr-defined]
            raise ValueError("a shape nobody expected")

    makers = (*derived.MAKERS, broken)
    assert derived.bring_up(store, SOURCES, NOW, makers=makers) == 3
    assert bring_up(store) == 0
    assert counted(store) == {"12", "14"}
    with store.read() as connection:
        (line,) = audit.find(connection)
    assert (line["action"], line["subject"]) == ("derive.failed", f"{SOURCE}/13")
    assert line["after"]["error"] == "ValueError: a shape nobody expected"


def test_a_database_that_refuses_is_no_fault_of_the_ticket(store: Store) -> None:
    drained(store, polled(an_issue(), when=1))

    def refused(connection: sa.Connection, _batch: object, _now: object) -> None:
        connection.execute(sa.text("SELECT * FROM no_such_table"))

    with pytest.raises(sa.exc.DBAPIError):
        derived.bring_up(store, SOURCES, NOW, makers=(refused,))
    assert bring_up(store) == 1


def test_its_history_alone_makes_a_ticket_due(store: Store) -> None:
    drained(store, polled(an_issue(title="A"), when=1))
    bring_up(store)
    drained(store, polled(an_issue(title="B", updated=60), when=61))
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(history)).scalar() == 1
    assert bring_up(store) == 1
