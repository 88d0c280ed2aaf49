"""Several workers on one ticket at once: a lock on what may not exist yet, and no lost update."""

import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from store import tickets
from store.database import Store
from tests.builders import (
    SOURCE,
    a_comment_record,
    a_work,
    an_issue,
    comment_webhook,
    held,
    issue_webhook,
    keep,
    outcomes,
    polled,
)
from tests.conftest import Database
from workers.drain import drain


def drain_together(database: Database, lanes: list, workers: int = 6) -> None:
    """Each worker has a store of its own and drains all lanes, in another order."""
    stores = [database.open() for _ in range(workers)]
    together = threading.Barrier(workers)

    def work(number: int) -> None:
        mine = a_work(stores[number])
        together.wait(10)
        order = lanes[number % len(lanes) :] + lanes[: number % len(lanes)]
        drain(mine, order if number % 2 else order[::-1])

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    for store in stores:
        store.close()


def test_workers_on_one_new_ticket_apply_each_delivery_once(database: Database) -> None:
    store = database.open()
    for number in range(30):
        comment = a_comment_record(50_000 + number, body=f"c{number}")
        keep(store, comment_webhook(an_issue(updated=number, title=f"t{number}"), comment))
    drain_together(database, [(SOURCE, "12")])
    assert held(store).title == "t29"
    assert len(held(store).comments) == 30
    assert set(outcomes(store)) == {"applied"}
    store.close()


def test_workers_on_many_tickets_in_any_order_block_each_other_never_for_good(
    database: Database,
) -> None:
    store = database.open()
    for number in range(1, 41):
        keep(store, issue_webhook(an_issue(number)), polled(an_issue(number, updated=5)))
    drain_together(database, [(SOURCE, str(n)) for n in range(1, 41)])
    assert outcomes(store).count(None) == 0
    assert all(held(store, n).number == n for n in range(1, 41))
    store.close()


def test_the_lock_holds_a_ticket_that_has_no_row_yet(postgres_store: Store) -> None:
    """cases.md 23: SELECT FOR UPDATE on a ticket that is not there waits for nobody."""
    entered = threading.Event()
    order: list[str] = []

    def second() -> None:
        with postgres_store.write() as connection:
            entered.set()
            tickets.lock(connection, [(SOURCE, "12")])
            order.append("second")

    with postgres_store.write() as connection:
        tickets.lock(connection, [(SOURCE, "12"), (SOURCE, None)])
        other = threading.Thread(target=second)
        other.start()
        assert entered.wait(5)
        other.join(0.2)
        order.append("first")
    other.join(10)
    assert order == ["first", "second"]


def test_the_lock_of_one_ticket_is_no_other_tickets(postgres_store: Store) -> None:
    with postgres_store.write() as one, postgres_store.write() as other:
        tickets.lock(one, [(SOURCE, "12")])
        other.execute(sa.text("SET LOCAL lock_timeout = '200ms'"))
        tickets.lock(other, [(SOURCE, "13"), (SOURCE, None), ("elsewhere", "12")])
