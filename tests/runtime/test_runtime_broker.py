"""The queue and the bell: messages by name, and nobody waits for a queue that is away."""

import threading
import time
from functools import partial

import dramatiq
import pytest

from runtime import broker as queue
from runtime.bell import BATCH, Bell
from schemas.messages import Backfill, Drain, Refetch


def wait_until(true, seconds=5.0):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(params=["embedded", "redis"])
def broker(request):
    url = "embedded" if request.param == "embedded" else request.getfixturevalue("redis_server").url
    made = queue.connect(url)
    yield made
    made.close()


@pytest.fixture
def heard(broker):
    """What a worker of this process is sent."""
    found = []

    @dramatiq.actor(broker=broker, queue_name="deliveries", actor_name="drain")
    def drain(keys):
        found.append(("drain", keys))

    @dramatiq.actor(broker=broker, queue_name="deliveries", actor_name="refetch")
    def refetch(source, tickets):
        found.append(("refetch", source, tickets))

    worker = dramatiq.Worker(broker, worker_threads=1)
    worker.start()
    yield found
    worker.stop()


@pytest.fixture
def bell():
    """Makes bells, closed at the end."""
    made = []

    def make(send, **more):
        made.append(Bell(send, **more))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_message_reaches_the_actor_it_names(broker, heard):
    queue.ring(broker, Drain(keys=(("a", "1"), ("a", None))))
    queue.ring(broker, Refetch(source="a", tickets=("1", "2")))
    wait_until(lambda: len(heard) == 2)
    assert sorted(heard) == [("drain", [["a", "1"], ["a", None]]), ("refetch", "a", ["1", "2"])]


def test_an_idle_worker_wakes_within_a_fraction_of_a_second(broker, heard):
    time.sleep(1)
    began = time.monotonic()
    queue.ring(broker, Drain(keys=(("a", "1"),)))
    wait_until(lambda: heard)
    assert time.monotonic() - began < 0.4


def test_a_broker_knows_its_queues_and_no_middleware_of_dramatiq():
    made = queue.connect()
    assert made.get_declared_queues() == {"deliveries", "writes"}
    assert made.middleware == []


def test_two_embedded_queues_are_apart():
    one, other = queue.connect(), queue.connect()
    queue.ring(one, Drain(keys=(("a", "1"),)))
    assert one.do_qsize("deliveries") == 1
    assert other.do_qsize("deliveries") == 0


def test_a_bell_sends_lanes_in_batches_and_each_once(bell):
    sent = []
    ringing = bell(sent.append)
    lanes = tuple(("a", str(number)) for number in range(100))
    ringing.ring(Drain(keys=lanes))
    ringing.ring(Drain(keys=lanes))
    wait_until(lambda: sum(len(message.keys) for message in sent) >= 100)
    assert [len(message.keys) for message in sent] == [BATCH, 100 - BATCH]
    assert tuple(lane for message in sent for lane in message.keys) == lanes


def test_a_bell_groups_refetches_by_source(bell):
    sent = []
    ringing = bell(sent.append)
    ringing.ring(Refetch(source="a", tickets=("1", "2")))
    ringing.ring(Refetch(source="b", tickets=("1",)))
    ringing.close()
    assert sent == [Refetch(source="a", tickets=("1", "2")), Refetch(source="b", tickets=("1",))]


def test_a_bell_keeps_what_polls_brought_apart(bell):
    sent = []
    ringing = bell(sent.append)
    ringing.ring(Backfill(keys=(("a", "1"), ("a", "2"))))
    ringing.ring(Drain(keys=(("a", "1"),)))
    ringing.close()
    assert sent == [Drain(keys=(("a", "1"),)), Backfill(keys=(("a", "1"), ("a", "2")))]


def test_a_full_bell_drops_and_does_not_block(bell):
    stuck = threading.Event()
    ringing = bell(lambda _message: stuck.wait(5), capacity=10)
    began = time.monotonic()
    for number in range(200):
        ringing.ring(Drain(keys=(("a", str(number)),)))
    assert time.monotonic() - began < 1
    assert ringing.dropped > 0
    stuck.set()


def test_a_queue_that_is_away_is_rung_again_when_it_is_back(bell):
    sent, away = [], threading.Event()
    away.set()

    def send(message):
        if away.is_set():
            raise OSError("nobody there")
        sent.append(message)

    ringing = bell(send)
    ringing.ring(Drain(keys=(("a", "1"),)))
    time.sleep(0.1)
    away.clear()
    wait_until(lambda: sent)
    assert sent == [Drain(keys=(("a", "1"),))]


def test_closing_sends_what_is_left(bell):
    sent = []
    ringing = bell(sent.append)
    ringing.ring(Drain(keys=(("a", "1"),)))
    ringing.close()
    assert len(sent) == 1


def test_closing_ends_though_the_queue_is_away(bell):
    def send(_message):
        raise OSError("nobody there")

    ringing = bell(send)
    ringing.ring(Drain(keys=(("a", "1"),)))
    began = time.monotonic()
    ringing.close()
    assert time.monotonic() - began < 1.5


def test_redis_killed_and_back_is_rung_in_place(redis_server, bell):
    made = queue.connect(redis_server.url)
    ringing = bell(partial(queue.ring, made))
    redis_server.kill()
    ringing.ring(Drain(keys=(("a", "1"),)))
    time.sleep(0.2)
    redis_server.start()
    wait_until(lambda: made.do_qsize("deliveries") == 1)
    made.close()
