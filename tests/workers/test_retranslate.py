"""Retranslate: another map, or another translator, makes other tickets of the same records."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from schemas import fingerprint
from schemas.errors import Permanent
from schemas.event import Definition, TicketGone
from schemas.source import Source
from schemas.ticket import Ticket
from store import definitions, journal
from store.database import Store
from store.keys import Key
from store.tables import deliveries, history, people, tickets
from tests.builders import (
    SOURCE,
    a_source,
    a_work,
    an_issue,
    at,
    held,
    issue_webhook,
    keep,
    observed,
    partial,
    polled,
    row,
)
from tests.workers.draining import drained
from trackers.registry import tracker_named
from workers.drain import drain
from workers.retranslate import Records, Retranslated, retranslate
from workers.work import Work

LABELS = [
    {"id": 1, "name": "sev:high", "color": "ff0000", "description": None},
    {"id": 2, "name": "bug", "color": "00ff00", "description": None},
]
MAPPED = a_source(severities={"sev:high": "P1"})
KEPT = ("revision", "observed_at", "confirmed_at", "last_synced_at", "fate", "record", "doubt")


@pytest.fixture
def filled(store: Store) -> Store:
    """Three tickets, one of them of a high severity, and nothing due."""
    drained(
        store, polled(an_issue(1, labels=LABELS)), *(polled(an_issue(n, labels=[])) for n in (2, 3))
    )
    with store.write() as connection:
        connection.execute(tickets.update().values(render_due=0, derive_due=0))
    return store


def anew(store: Store, source: Source = MAPPED, **given: Any) -> Retranslated:
    return retranslate(a_work(store, source), SOURCE, **given)


def due(store: Store) -> dict[str, tuple[int, int]]:
    with store.read() as connection:
        query = sa.select(tickets.c.external_id, tickets.c.render_due, tickets.c.derive_due)
        return {one: (render, derive) for one, render, derive in connection.execute(query)}


def count(store: Store, table: sa.Table) -> int:
    with store.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_map_that_changed_changes_the_tickets_it_is_about(filled: Store) -> None:
    told = anew(filled)
    assert (told.tickets, told.changed, told.left) == (3, 1, 0)
    assert dict(told.fields) == {"severity": 1}
    assert held(filled, 1).severity == "P1"
    assert due(filled) == {"1": (1, 1), "2": (0, 0), "3": (0, 0)}


def test_what_the_tracker_did_is_told_as_before_and_nobody_hears_of_it(filled: Store) -> None:
    before, kept, past = row(filled, 1), count(filled, deliveries), count(filled, history)
    anew(filled)
    after = row(filled, 1)
    assert [getattr(after, name) for name in KEPT] == [getattr(before, name) for name in KEPT]
    assert (count(filled, deliveries), count(filled, history)) == (kept, past)
    with filled.read() as connection:
        assert journal.find(connection, outcome="pending") == []


def test_the_fingerprint_is_the_one_the_next_poll_computes(filled: Store) -> None:
    anew(filled)
    for number, labels in ((1, LABELS), (2, [])):
        seen = tracker_named("github").to_ticket(an_issue(number, labels=labels), MAPPED)
        assert row(filled, number).fingerprint == fingerprint.core(seen)


def test_a_second_time_there_is_nothing_to_do_and_back_again_all(filled: Store) -> None:
    anew(filled)
    assert anew(filled).tickets == 0
    told = anew(filled, a_source())
    assert (told.tickets, told.changed) == (3, 1)
    assert held(filled, 1).severity is None


def test_what_a_translation_does_not_read_costs_nothing(filled: Store) -> None:
    other = a_source(interval_minutes=60, filter={"state": "open"}, webhook_secret_env=("X",))
    assert anew(filled, other).tickets == 0


def test_a_dry_run_counts_and_changes_nothing(filled: Store) -> None:
    before = row(filled, 1)
    told = anew(filled, dry_run=True)
    assert (told.changed, dict(told.fields)) == (1, {"severity": 1})
    assert row(filled, 1) == before
    assert anew(filled).changed == 1


def test_rows_of_before_there_was_such_a_mark_are_translated_once(filled: Store) -> None:
    with filled.write() as connection:
        connection.execute(tickets.update().values(translation=None))
    told = anew(filled, a_source())
    assert (told.tickets, told.changed) == (3, 0)
    assert due(filled)["1"] == (0, 0)
    assert anew(filled, a_source()).tickets == 0


def test_a_partial_and_a_ticket_only_heard_of_wait_for_their_record(filled: Store) -> None:
    drained(
        filled,
        issue_webhook(partial(an_issue(1, updated=9, title="Part", labels=[]), "body"), when=9),
    )
    told = anew(filled)
    assert told.tickets == 2
    assert held(filled, 1).title == "Part"


def test_a_deleted_ticket_is_translated_and_stays_deleted(filled: Store) -> None:
    drained(filled, observed(TicketGone(ticket="1", proof="410"), when=5))
    anew(filled)
    assert (held(filled, 1).severity, held(filled, 1).sync_status) == ("P1", "deleted")


class Forgetful:
    """A tracker whose new translator cannot read one record any more."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._own = tracker_named("github")
        self.capabilities = self._own.capabilities.model_copy(update={"translator_version": 99})

    def to_ticket(self, record: Mapping[str, Any], source: Source) -> Ticket:
        if record["number"] == self._number:
            raise Permanent("no title")
        return self._own.to_ticket(record, source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


def forgetful(store: Store) -> Work:
    return replace(a_work(store), tracker=lambda _: Forgetful(2))


def test_a_record_that_translates_no_more_is_left_and_named(filled: Store) -> None:
    told = retranslate(forgetful(filled), SOURCE)
    assert (told.tickets, told.left, told.changed) == (3, 1, 0)
    assert "no title" in told.example
    assert held(filled, 2).title == an_issue(2)["title"]
    assert [row(filled, n).translator_version for n in (1, 2, 3)] == [99, 1, 99]


def test_a_newer_record_that_comes_meanwhile_is_not_overwritten(filled: Store) -> None:
    """Between reading a record and writing what it makes, an apply is faster."""
    own = tracker_named("github")

    class Slow(Forgetful):
        def to_ticket(self, record: Mapping[str, Any], source: Source) -> Ticket:
            if record["number"] == 1 and record["title"] != "Newer":
                fresh = an_issue(1, updated=60, title="Newer", labels=LABELS)
                drained(filled, polled(fresh, when=61), work=a_work(filled, MAPPED))
            return own.to_ticket(record, source)

    retranslate(replace(a_work(filled, MAPPED), tracker=lambda _: Slow(0)), SOURCE)
    assert (held(filled, 1).title, held(filled, 1).severity) == ("Newer", "P1")


def test_a_renamed_state_keeps_its_new_name(store: Store) -> None:
    """The record still has the old one."""
    drained(store, polled(an_issue(1)))
    with store.write() as connection:
        connection.execute(
            tickets.update().values(status="Doing", status_id="s1", translation=None)
        )
        state = Definition(kind="state", id="s1", name="Doing", state="in_progress")
        definitions.define(connection, SOURCE, [state], at(0))

    class Stated(Forgetful):
        def to_ticket(self, record: Mapping[str, Any], source: Source) -> Ticket:
            made = super().to_ticket(record, source)
            return made.model_copy(update={"status": "In Progress", "status_id": "s1"})

    retranslate(replace(a_work(store), tracker=lambda _: Stated(0)), SOURCE)
    assert held(store, 1).status == "Doing"


def test_people_that_a_new_translation_names_are_known(filled: Store) -> None:
    with filled.write() as connection:
        connection.execute(people.delete())
        connection.execute(tickets.update().values(reporter_id=None, translation=None))
    anew(filled, a_source())
    reporter = held(filled, 1).reporter
    assert reporter is not None
    assert reporter.login == an_issue(1)["user"]["login"]


def test_in_a_worker_it_goes_on_between_sweeps_until_all_is_done(filled: Store) -> None:
    drained(filled, *(polled(an_issue(n, labels=LABELS)) for n in range(10, 210)))
    records = Records(a_work(filled, MAPPED))
    assert records.go_on(seconds=0.0)
    rounds = 0
    while records.go_on(seconds=0.000_1):
        rounds += 1
    assert rounds >= 2
    with filled.read() as connection:
        high = sa.select(sa.func.count()).where(tickets.c.severity == "P1")
        assert connection.execute(high).scalar_one() == 201
    assert not records.go_on()


def test_an_apply_marks_what_it_makes_with_the_map_of_now(filled: Store) -> None:
    mine: Key = (SOURCE, "1")
    work = a_work(filled, MAPPED)
    keep(filled, polled(an_issue(1, updated=5, labels=LABELS), when=6))
    drain(work, [mine])
    assert retranslate(work, SOURCE).tickets == 2


def test_nothing_due_is_seen_at_a_glance(sqlite_store: Store) -> None:
    """Three looks at an index, however many tickets there are."""
    drained(sqlite_store, *(polled(an_issue(n)) for n in range(1, 501)))
    work = a_work(sqlite_store)
    retranslate(work, SOURCE)
    began = time.perf_counter()
    for _ in range(20):
        retranslate(work, SOURCE)
    assert (time.perf_counter() - began) / 20 < 0.02
    with sqlite_store.read() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT external_id FROM tickets WHERE source = 'shop'"
            " AND translation < '1'"
        ).all()
    assert "COVERING INDEX tickets_translation" in str(plan)
