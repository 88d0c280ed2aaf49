"""The journal: what is kept once, found by state, and brought back by whoever sends it again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from schemas.delivery import Outcome, Via
from store import dead_letters, journal
from store.database import Store
from store.journal import Failed, Finished
from store.tables import deliveries
from tests.builders import (
    SOURCE,
    an_issue,
    at,
    issue_webhook,
    journaled,
    keep,
    outcomes,
    polled,
)

LANE = (SOURCE, "12")


def pending(store: Store, *lanes: journal.Lane, now: float = 0, limit: int = 1_000) -> list[str]:
    with store.read() as connection:
        found = journal.pending(connection, lanes or [LANE], at(now), limit)
    return [one.delivery_key for one in found]


def finish(store: Store, key: str, outcome: Outcome = Outcome.applied, **more) -> None:
    [one] = [d for d in journaled(store) if d.delivery_key == key]
    with store.write() as connection:
        journal.finish(connection, [Finished(one.id, outcome, **more)], at(1))


def fail(store: Store, key: str, number: int, next_at: float | None) -> int:
    [one] = [d for d in journaled(store) if d.delivery_key == key]
    moment = None if next_at is None else at(next_at)
    with store.write() as connection:
        journal.fail(connection, [Failed(one.id, number, "why", "Traceback", moment)], at(1))
    return one.id


def hook(key: str, **over):
    return issue_webhook(an_issue(over.pop("number", 12)), key=key, **over)


def stuck(store: Store, now: float, **over) -> list[journal.Lane]:
    plain = {"older_than": timedelta(seconds=10)}
    with store.write() as connection:
        return journal.stuck(connection, [SOURCE], at(now), **plain | over)


def test_a_delivery_is_kept_as_it_came(store: Store) -> None:
    arrival = hook("k", when=5)
    assert keep(store, arrival) == [True]
    [one] = journaled(store, with_body=True)
    assert (one.source, one.ticket, one.event) == (SOURCE, "12", "issues.edited")
    assert (one.body, one.headers) == (arrival.body, arrival.headers)
    assert (one.received_at, one.observed_at) == (at(5), at(5))
    assert (one.outcome, one.attempts, one.due_at) == (None, 0, None)


def test_a_delivery_key_is_kept_once_per_source(store: Store) -> None:
    assert keep(store, hook("k")) == [True]
    assert keep(store, hook("k"), hook("other")) == [False, True]
    assert keep(store, hook("k", source="elsewhere")) == [True]


def test_of_doubles_in_one_batch_the_first_is_kept(store: Store) -> None:
    assert keep(store, hook("k", when=1), hook("k", when=2), hook("l")) == [True, False, True]
    assert journaled(store)[0].received_at == at(1)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.dead])
def test_a_finished_delivery_sent_again_is_a_duplicate(store: Store, outcome: Outcome) -> None:
    keep(store, hook("k"))
    finish(store, "k", outcome)
    assert keep(store, hook("k")) == [False]
    assert pending(store) == []


def test_a_dead_delivery_sent_again_is_pending_again_with_fresh_attempts(store: Store) -> None:
    keep(store, hook("k"))
    assert stuck(store, 20) == [LANE]
    fail(store, "k", 5, None)
    assert keep(store, hook("k")) == [True]
    [one] = journaled(store)
    assert (one.outcome, one.attempts, one.due_at, one.done_at) == (None, 0, None, None)
    assert pending(store) == ["k"]
    assert stuck(store, 21) == [LANE], "it was not woken since it came back"


def test_what_we_read_ourselves_revives_nothing(store: Store) -> None:
    poison = polled(an_issue(), delivery_key="poison:12")
    keep(store, poison)
    fail(store, "poison:12", 1, None)
    assert keep(store, poison) == [False]
    assert outcomes(store) == ["dead"]


def test_pending_are_those_of_the_lane_that_are_due_oldest_first(store: Store) -> None:
    keep(store, hook("a"), hook("b"), hook("late"), hook("other", number=13), hook("done"))
    finish(store, "done")
    fail(store, "late", 1, 60)
    assert pending(store) == ["a", "b"]
    assert pending(store, now=60) == ["a", "b", "late"]
    assert pending(store, limit=1) == ["a"]
    assert pending(store, (SOURCE, "13"), LANE) == ["a", "b", "other"]


def test_a_sources_own_lane_is_none_of_its_tickets(store: Store) -> None:
    keep(store, hook("a"), hook("whole", ticket=None))
    assert pending(store, (SOURCE, None)) == ["whole"]
    assert pending(store) == ["a"]


def test_no_lanes_have_nothing_pending(store: Store) -> None:
    keep(store, hook("a"))
    with store.read() as connection:
        assert journal.pending(connection, [], at()) == []


def test_finishing_keeps_the_body_or_drops_it(store: Store) -> None:
    keep(store, hook("kept"), hook("dropped"))
    finish(store, "kept", reason="because")
    finish(store, "dropped", keep_body=False)
    kept, dropped = journaled(store, with_body=True)
    assert (bool(kept.body), kept.reason, kept.done_at) == (True, "because", at(1))
    assert dropped.body is None


def test_still_pending_are_those_nobody_finished(store: Store) -> None:
    keep(store, hook("a"), hook("b"))
    ids = [one.id for one in journaled(store)]
    finish(store, "a")
    with store.read() as connection:
        assert journal.still_pending(connection, [*ids, 10**6]) == {ids[1]}
        assert journal.still_pending(connection, []) == set()


def test_each_failed_attempt_is_noted_and_the_last_one_is_a_dead_letter(store: Store) -> None:
    keep(store, hook("k"))
    row = fail(store, "k", 1, 30)
    fail(store, "k", 2, None)
    [one] = journaled(store)
    assert (one.outcome, one.reason, one.last_error) == (Outcome.dead, "why", "why")
    with store.read() as connection:
        tried = journal.attempts_of(connection, row)
    assert [(t.number, t.next_at) for t in tried] == [(1, at(30)), (2, None)]


def test_stuck_lanes_come_with_webhooks_first_and_then_by_age(store: Store) -> None:
    keep(store, *(polled(an_issue(n)) for n in (1, 2)))
    keep(store, hook("h", number=3), hook("i", number=2))
    assert [ticket for _, ticket in stuck(store, 20)] == ["2", "3", "1"]


def test_young_deliveries_are_not_stuck(store: Store) -> None:
    keep(store, hook("k", when=15))
    assert stuck(store, 24) == []
    assert stuck(store, 25) == [LANE]


def test_a_woken_lane_is_left_alone_for_a_minute(store: Store) -> None:
    keep(store, hook("k"))
    assert stuck(store, 20) == [LANE]
    assert stuck(store, 79) == []
    assert stuck(store, 80) == [LANE]


def test_a_retry_that_came_due_after_its_waking_is_woken_again(store: Store) -> None:
    keep(store, hook("k"))
    stuck(store, 20)
    fail(store, "k", 1, 30)
    assert stuck(store, 29) == []
    assert stuck(store, 31) == [LANE]


def test_of_many_stuck_lanes_only_so_many_are_taken_and_marked(store: Store) -> None:
    keep(store, *(hook(f"k{n}", number=n) for n in range(1, 6)))
    assert len(stuck(store, 20, limit=3)) == 3
    assert len(stuck(store, 20, limit=3)) == 2
    assert stuck(store, 20, limit=3) == []


def test_open_lanes_are_those_with_something_pending(store: Store) -> None:
    keep(store, hook("a"), hook("b", number=13), hook("c", ticket=None), polled(an_issue(14)))
    finish(store, "b")
    with store.read() as connection:
        assert set(journal.open_lanes(connection, SOURCE)) == {
            LANE,
            (SOURCE, None),
            (SOURCE, "14"),
        }
        assert journal.open_lanes(connection, SOURCE, session=7) == []


def test_a_reopened_delivery_is_pending_with_fresh_attempts(store: Store) -> None:
    keep(store, hook("k"), hook("other"))
    row = fail(store, "k", 5, None)
    with store.write() as connection:
        assert journal.reopen(connection, [row]) == 1
    one = journaled(store)[0]
    assert (one.outcome, one.attempts, one.reason) == (None, 0, "")


def test_deliveries_are_found_by_what_an_operator_asks_for(store: Store) -> None:
    keep(store, hook("a"), hook("b", number=13), polled(an_issue(12), delivery_key="p"))
    finish(store, "a")
    for filters, keys in (
        ({}, ["a", "b", "p"]),
        ({"ticket": "13"}, ["b"]),
        ({"outcome": "pending"}, ["b", "p"]),
        ({"outcome": "applied"}, ["a"]),
        ({"event": "poll.test"}, ["p"]),
        ({"source": "elsewhere"}, []),
        ({"limit": 1}, ["p"]),
    ):
        assert [one.delivery_key for one in journaled(store, **filters)] == keys
    with store.read() as connection:
        assert journal.get(connection, 10**6) is None


def test_dead_letters_are_found_by_cause_and_dropped_with_a_name(store: Store) -> None:
    keep(store, hook("k"), hook("alive"))
    row = fail(store, "k", 1, None)
    with store.write() as connection:
        assert [one.id for one in dead_letters.find(connection, cause="wh")] == [row]
        assert dead_letters.find(connection, cause="100%") == []
        assert dead_letters.drop(connection, [row], "ines", at(2)) == 1
        assert dead_letters.find(connection) == []
    assert journaled(store)[0].reason == "dropped by ines"


def test_a_large_batch_comes_back_byte_for_byte(store: Store) -> None:
    bodies = [b"", bytes(range(256)), "☕".encode(), b"'; DROP TABLE x; --", b"{}" * 5_000] * 120
    moment = at(0.000001)
    batch = [
        hook(
            "",
            delivery_key=f"k'\"☕{n}",
            body=body,
            received_at=moment,
            ticket=f"t{n % 7}",
            headers={"a": "☕'"},
        )
        for n, body in enumerate(bodies)
    ]
    assert keep(store, *batch) == [True] * len(bodies)
    found = journaled(store, with_body=True)
    assert [one.body for one in found] == bodies
    assert [one.delivery_key for one in found] == [one.delivery_key for one in batch]
    assert {one.received_at for one in found} == {moment}
    assert found[0].headers == {"a": "☕'"}
    assert keep(store, *batch) == [False] * len(bodies)


def test_a_ticket_without_a_name_is_refused(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        keep(store, hook("k", ticket=""))


def test_times_come_back_as_aware_utc(store: Store) -> None:
    keep(store, hook("k", via=Via.webhook))
    with store.read() as connection:
        moment = connection.execute(sa.select(deliveries.c.received_at)).scalar_one()
    assert moment == at()
    assert moment.utcoffset() == timedelta(0)
