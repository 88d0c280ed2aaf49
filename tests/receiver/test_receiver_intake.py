"""The intake alone: group commit, failing batches, deadlines, the end."""

import asyncio
import threading
import time
from datetime import UTC, datetime

import pytest

from receiver.intake import BATCH_BYTES, BATCH_ROWS, Answer, Bounds, Intake
from runtime.telemetry import Metrics
from schemas.delivery import Arrival, Via
from schemas.errors import StoreAway

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def an_arrival(key: str, body=b"{}", ticket: str | None = "1") -> Arrival:
    return Arrival("s", Via.webhook, "issues", key, ticket, body, NOW)


class Journal:
    """Keeps batches in memory; `fail` is called with each batch and may raise or wait."""

    def __init__(self, fail=lambda batch: None) -> None:
        self.batches: list[list[str]] = []
        self.fail = fail

    def keep(self, batch):
        self.fail(batch)
        known = {key for one in self.batches for key in one}
        self.batches.append([arrival.delivery_key for arrival in batch])
        return [arrival.delivery_key not in known for arrival in batch]


def run(journal, use, bounds=None, rung=None):
    """Runs `use(intake)` on a loop with a started intake; its result."""

    async def main():
        rings = rung if rung is not None else []
        intake = Intake(journal.keep, rings.append, bounds or Bounds(), Metrics())
        intake.start()
        try:
            return await use(intake)
        finally:
            await intake.close()

    return asyncio.run(main())


async def together(intake, *arrivals):
    return await asyncio.gather(*(intake.keep(arrival) for arrival in arrivals))


def test_deliveries_of_one_moment_share_one_commit():
    journal, rung = Journal(), []
    arrivals = [an_arrival(str(n), ticket=str(n % 3)) for n in range(50)]
    answers = run(journal, lambda intake: together(intake, *arrivals), rung=rung)
    assert answers == [Answer.kept] * 50
    assert len(journal.batches) == 1
    (message,) = rung
    assert message.keys == (("s", "0"), ("s", "1"), ("s", "2"))


def test_a_batch_is_bounded_in_rows():
    journal = Journal()
    arrivals = [an_arrival(str(n)) for n in range(BATCH_ROWS + 10)]
    run(journal, lambda intake: together(intake, *arrivals))
    assert [len(batch) for batch in journal.batches] == [BATCH_ROWS, 10]


def test_a_batch_is_bounded_in_bytes_but_holds_at_least_one_row():
    journal = Journal()
    sizes = [BATCH_BYTES * 2, BATCH_BYTES // 2, BATCH_BYTES // 2, 1]
    arrivals = [an_arrival(str(n), b"x" * size) for n, size in enumerate(sizes)]
    run(journal, lambda intake: together(intake, *arrivals))
    assert journal.batches == [["0"], ["1", "2"], ["3"]]


def test_nothing_is_answered_before_the_commit_returned():
    committed = threading.Event()
    journal = Journal(lambda _batch: committed.wait(5))

    async def use(intake):
        waiting = asyncio.ensure_future(intake.keep(an_arrival("1")))
        same = asyncio.ensure_future(intake.keep(an_arrival("1")))
        await asyncio.sleep(0.3)
        early = waiting.done() or same.done()
        committed.set()
        return early, await waiting, await same

    assert run(journal, use) == (False, Answer.kept, Answer.duplicate)
    assert journal.batches == [["1"]]


def test_a_duplicate_of_one_that_fails_fails_too():
    def fail(_batch):
        raise StoreAway("gone")

    answers = run(Journal(fail), lambda i: together(i, an_arrival("1"), an_arrival("1")))
    assert answers == [Answer.store_away] * 2


def test_a_lost_connection_is_tried_once_more():
    tries = []

    def fail(batch):
        tries.append(batch)
        if len(tries) == 1:
            raise StoreAway("server closed the connection")

    assert run(Journal(fail), lambda i: together(i, an_arrival("1"))) == [Answer.kept]
    assert len(tries) == 2


def test_after_a_commit_whose_answer_was_lost_workers_are_woken_all_the_same():
    journal, rung = Journal(), []

    def keep(batch):
        found = Journal.keep(journal, batch)
        if len(journal.batches) == 1:
            raise StoreAway("lost after COMMIT")
        return found

    lost = Journal()
    lost.keep = keep
    assert run(lost, lambda i: together(i, an_arrival("1")), rung=rung) == [Answer.duplicate]
    assert [message.keys for message in rung] == [(("s", "1"),)]


def test_a_row_that_cannot_be_written_does_not_fail_the_others():
    def fail(batch):
        if any(arrival.delivery_key == "bad" for arrival in batch):
            raise ValueError("cannot be written")

    arrivals = [an_arrival(key) for key in ("a", "bad", "b")]
    answers = run(Journal(fail), lambda intake: together(intake, *arrivals))
    assert answers == [Answer.kept, Answer.store_away, Answer.kept]


def test_the_store_comes_back_in_place():
    away = threading.Event()
    away.set()

    def fail(_batch):
        if away.is_set():
            raise StoreAway("gone")

    async def use(intake):
        first = await intake.keep(an_arrival("1"))
        away.clear()
        return first, await intake.keep(an_arrival("1"))

    assert run(Journal(fail), use) == (Answer.store_away, Answer.kept)


def test_the_deadline_answers_and_what_waits_behind_is_not_written():
    release = threading.Event()
    journal = Journal(lambda _batch: release.wait(5))

    async def use(intake):
        stuck = asyncio.ensure_future(intake.keep(an_arrival("stuck")))
        await asyncio.sleep(0.05)
        behind = asyncio.ensure_future(intake.keep(an_arrival("behind")))
        began = time.monotonic()
        answers = await stuck, await behind
        took = time.monotonic() - began
        again = await intake.keep(an_arrival("stuck"))
        release.set()
        await asyncio.sleep(0.2)
        return answers, took, again, await intake.keep(an_arrival("behind"))

    answers, took, again, later = run(journal, use, Bounds(seconds=0.2))
    assert answers == (Answer.late, Answer.late)
    assert took < 1
    assert again is Answer.late
    assert later is Answer.kept
    assert journal.batches == [["stuck"], ["behind"]]


@pytest.mark.parametrize(
    ("bounds", "body"), [(Bounds(rows=2), b"{}"), (Bounds(bytes=100), b"x" * 50)]
)
def test_a_full_queue_refuses_at_once(bounds, body):
    release = threading.Event()

    async def use(intake):
        waiting = [asyncio.ensure_future(intake.keep(an_arrival(str(n), body))) for n in range(2)]
        await asyncio.sleep(0)
        refused = await intake.keep(an_arrival("3", body))
        release.set()
        return refused, await asyncio.gather(*waiting), await intake.keep(an_arrival("3", body))

    refused, waited, later = run(Journal(lambda _batch: release.wait(5)), use, bounds)
    assert refused is Answer.full
    assert waited == [Answer.kept] * 2
    assert later is Answer.kept


def test_one_delivery_larger_than_the_bound_is_taken_when_nothing_waits():
    answers = run(Journal(), lambda i: together(i, an_arrival("1", b"x" * 1000)), Bounds(bytes=100))
    assert answers == [Answer.kept]


def test_closing_writes_what_waits_and_refuses_the_rest():
    journal = Journal(lambda _batch: time.sleep(0.1))

    async def use(intake):
        waiting = [asyncio.ensure_future(intake.keep(an_arrival(str(n)))) for n in range(20)]
        await asyncio.sleep(0)
        await intake.close()
        return await asyncio.gather(*waiting), await intake.keep(an_arrival("x")), intake.alive

    answers, refused, alive = run(journal, use)
    assert answers == [Answer.kept] * 20
    assert refused is Answer.closing
    assert alive is False


def test_closing_ends_though_the_store_hangs():
    release = threading.Event()

    async def use(intake):
        waiting = asyncio.ensure_future(intake.keep(an_arrival("1")))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await intake.close(0.2)
        answer = await waiting
        took = time.monotonic() - began
        release.set()
        return answer, took

    answer, took = run(Journal(lambda _batch: release.wait(5)), use)
    assert answer is Answer.closing
    assert took < 2


def test_a_sender_that_is_cancelled_does_not_take_others_with_it():
    release = threading.Event()

    async def use(intake):
        first = asyncio.ensure_future(intake.keep(an_arrival("1")))
        second = asyncio.ensure_future(intake.keep(an_arrival("1")))
        await asyncio.sleep(0.05)
        first.cancel()
        release.set()
        return await second

    assert run(Journal(lambda _batch: release.wait(5)), use) is Answer.duplicate
