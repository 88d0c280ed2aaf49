"""What is known of a ticket for sure: its record is whole, and newer than what was heard of it."""

import sqlalchemy as sa

from schemas.delivery import Via
from schemas.event import Doubtful, TicketSeen
from store import pending
from store.database import Store
from tests.builders import (
    SOURCE,
    a_comment_record,
    a_work,
    an_issue,
    issue_webhook,
    keep,
    lanes,
    observed,
    outcomes,
    partial,
    polled,
    polled_comment,
)
from workers.drain import drain

KEY = (SOURCE, "12")


def unsettled(store: Store) -> bool:
    with store.read() as connection:
        found = pending.unsettled(connection, [KEY])
        assert pending.settled(connection, [KEY]) is not bool(found)
    return bool(found)


def take(store: Store, *arrivals) -> None:
    keep(store, *arrivals)
    drain(a_work(store), lanes(arrivals))


def fetched(record, when: float):
    return observed(TicketSeen(ticket="12", record=record), when=when, via=Via.fetch)


def test_a_ticket_that_nobody_holds_is_not_known(store: Store) -> None:
    assert unsettled(store)


def test_a_record_that_was_read_is_known_until_something_is_heard(store: Store) -> None:
    keep(store, polled(an_issue()))
    assert unsettled(store)
    drain(a_work(store), [KEY])
    assert not unsettled(store)
    keep(store, issue_webhook(an_issue(updated=5), when=5))
    assert unsettled(store)
    drain(a_work(store), [KEY])
    assert not unsettled(store)


def test_a_part_of_a_record_leaves_it_unknown_until_the_whole_is_read(store: Store) -> None:
    take(store, polled(an_issue()))
    take(store, issue_webhook(partial(an_issue(updated=5), "state"), when=5))
    assert unsettled(store)
    take(store, fetched(an_issue(updated=5), when=6))
    assert not unsettled(store)


def test_a_doubt_about_the_ticket_counts_and_one_about_its_comments_does_not(store: Store) -> None:
    take(store, polled(an_issue()))
    take(store, observed(Doubtful(tickets=("12",), aspect="comments", reason="x"), when=5))
    assert not unsettled(store)
    take(store, observed(Doubtful(tickets=("12",), aspect="core", reason="x"), when=6))
    assert unsettled(store)


def test_a_delivery_that_was_given_up_on_counts_until_the_ticket_was_read_again(
    store: Store,
) -> None:
    take(store, polled(an_issue()))
    take(store, issue_webhook(an_issue(title={"odd": 1}, updated=5), when=5))
    assert outcomes(store) == ["applied", "dead"]
    assert unsettled(store)
    take(store, fetched(an_issue(), when=6))  # it says what it said before
    assert not unsettled(store)


def test_a_pending_comment_counts_for_it_may_tell_of_the_ticket(store: Store) -> None:
    take(store, polled(an_issue()))
    keep(store, polled_comment(a_comment_record(), when=5))
    assert unsettled(store)


def test_news_of_another_ticket_or_source_is_not_of_this_one(store: Store) -> None:
    take(store, polled(an_issue()))
    keep(store, polled(an_issue(13), when=5), polled(an_issue(12), source="other", when=5))
    assert not unsettled(store)


def test_it_is_found_by_indexes_however_long_the_journal_is(sqlite_store: Store) -> None:
    plans = []
    with sqlite_store.read() as connection:
        for query in pending.queries({KEY}):
            plan = sa.text(f"EXPLAIN QUERY PLAN {compiled(connection, query)}")
            plans += [row.detail for row in connection.execute(plan)]
    assert plans
    assert not [detail for detail in plans if detail.startswith("SCAN")]


def compiled(connection: sa.Connection, query: sa.Select) -> str:
    return str(query.compile(connection.engine, compile_kwargs={"literal_binds": True}))
