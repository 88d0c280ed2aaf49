"""Actors on a stub broker with a real worker: ids in, nothing raised."""

from collections.abc import Iterator
from typing import get_args

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker

from runtime import broker as queue
from schemas import messages
from schemas.delivery import Delivery
from schemas.errors import StoreAway
from schemas.messages import Backfill, Drain, Refetch
from store.database import Store
from tests.builders import (
    SOURCE,
    a_work,
    an_issue,
    held,
    issue_webhook,
    keep,
    outcomes,
    partial,
    polled,
)
from tests.pretend import Pretend
from workers import actors
from workers.work import Work


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    stub = StubBroker()
    stub.emit_after("process_boot")
    yield stub
    stub.close()


def send(broker: StubBroker | queue.Broker, *sent: messages.Message, threads: int = 2) -> None:
    """By name, and worked off by a real worker."""
    worker = dramatiq.Worker(broker, worker_timeout=10, worker_threads=threads)
    for message in sent:
        queue.ring(broker, message)
    worker.start()
    try:
        for name in {message.queue for message in sent}:
            broker.join(name, timeout=30_000)
        worker.join()
    finally:
        worker.stop()


def declared(broker: StubBroker, work: Work) -> list[messages.Message]:
    """What the actors ring."""
    rung: list[messages.Message] = []
    actors.declare(broker, work, rung.append)
    return rung


def test_every_message_has_an_actor_on_its_queue(broker: StubBroker, sqlite_store: Store) -> None:
    declared(broker, a_work(sqlite_store))
    for message in get_args(messages.Message):
        actor = broker.get_actor(message.actor)
        assert actor.queue_name == message.queue
    assert broker.get_declared_actors() == {one.actor for one in get_args(messages.Message)}


def test_a_drain_message_drains_and_renders(store: Store, broker: StubBroker, tmp_path) -> None:
    declared(broker, a_work(store, workspace=tmp_path))
    keep(store, issue_webhook(an_issue(title="Done")))
    send(broker, Drain(keys=((SOURCE, "12"), (SOURCE, None))))
    assert held(store).title == "Done"
    assert len(list(tmp_path.rglob("ISSUE.md"))) == 1


class Order:
    """Notes the tickets in the order they were drained in."""

    def __init__(self) -> None:
        self.tickets: list[str | None] = []

    def drained(self, delivery: Delivery, *_: object) -> None:
        self.tickets.append(delivery.ticket)


def test_a_webhook_overtakes_what_a_poll_brought(sqlite_store: Store) -> None:
    order, real = Order(), queue.connect()
    actors.declare(real, a_work(sqlite_store, observer=order), lambda _: None)
    numbers = range(1, 31)
    keep(sqlite_store, *(polled(an_issue(n)) for n in numbers), issue_webhook(an_issue(99)))
    backlog = [Backfill(keys=((SOURCE, str(n)),)) for n in numbers]
    try:
        send(real, *backlog, Drain(keys=((SOURCE, "99"),)), threads=1)
    finally:
        real.close()
    assert len(order.tickets) == 31
    assert order.tickets.index("99") < 15


def test_what_a_drain_leaves_in_doubt_is_rung_for(store: Store, broker: StubBroker) -> None:
    rung = declared(broker, a_work(store))
    keep(store, polled(an_issue(7)), issue_webhook(partial(an_issue(12), "body")))
    send(broker, Drain(keys=((SOURCE, "7"), (SOURCE, "12"))))
    assert rung == [Refetch(source=SOURCE, tickets=("12",))]


def test_a_refetch_message_asks_the_tracker(store: Store, broker: StubBroker) -> None:
    tracker = Pretend()
    tracker.put(an_issue(title="Whole"))
    declared(broker, a_work(store, connect=tracker.connect))
    keep(store, issue_webhook(partial(an_issue(title="Part"), "body")))
    send(broker, Drain(keys=((SOURCE, "12"),)))
    send(broker, Refetch(source=SOURCE, tickets=("12",)))
    assert held(store).title == "Whole"


class Broken:
    """A store of which nothing works."""

    dialect = "sqlite"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self):
        raise self._error

    write = read


@pytest.mark.parametrize("error", [StoreAway("gone"), RuntimeError("a bug of ours")])
def test_an_actor_never_raises(broker: StubBroker, error: Exception) -> None:
    declared(broker, a_work(Broken(error)))
    send(broker, Drain(keys=((SOURCE, "12"),)))
    send(broker, Refetch(source=SOURCE, tickets=("12",)))
    assert broker.dead_letters == []


def test_two_brokers_in_one_process_do_not_mix(sqlite_store: Store, broker: StubBroker) -> None:
    other = StubBroker()
    declared(broker, a_work(sqlite_store))
    assert other.get_declared_actors() == set()
    keep(sqlite_store, issue_webhook(an_issue()))
    send(broker, Drain(keys=((SOURCE, "12"),)))
    assert outcomes(sqlite_store) == ["applied"]
    other.close()
