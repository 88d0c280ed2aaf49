"""Retention; the state at a glance."""

from datetime import timedelta

import sqlalchemy as sa

from schemas.delivery import Outcome
from store import audit, journal, sources, status, upkeep
from store.database import Store
from store.journal import Failed, Finished
from store.tables import attempts, folders, renders, replaced, validators
from tests.builders import (
    NOW,
    SOURCE,
    a_source,
    an_issue,
    at,
    issue_webhook,
    journaled,
    keep,
    partial,
)
from tests.workers.draining import drained

DAY = 86_400


def aged(store: Store, key: str, days: int, outcome: Outcome | None = Outcome.applied) -> None:
    """A delivery that ended so many days ago."""
    keep(store, issue_webhook(an_issue(), key=key))
    one = journaled(store)[-1].id
    with store.write() as connection:
        journal.fail(connection, [Failed(one, 1, "why", "", None)], at(-days * DAY))
        if outcome is None:
            journal.reopen(connection, [one])
        elif outcome is not Outcome.dead:
            journal.finish(connection, [Finished(one, outcome)], at(-days * DAY))


def prune(store: Store) -> dict[str, int]:
    return upkeep.prune(store, NOW, bodies=timedelta(days=14), rows=timedelta(days=60))


def test_bodies_go_first_and_rows_later(store: Store) -> None:
    for key, days in (("fresh", 1), ("older", 20), ("old", 70)):
        aged(store, key, days)
    pruned = prune(store)
    assert (pruned["bodies"], pruned["rows"]) == (2, 1)
    left = {one.delivery_key: bool(one.body) for one in journaled(store, with_body=True)}
    assert left == {"fresh": True, "older": False}
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(attempts)).scalar() == 2


def test_what_is_dead_or_pending_stays_whole(store: Store) -> None:
    aged(store, "dead", 400, Outcome.dead)
    aged(store, "pending", 400, None)
    prune(store)
    assert [bool(one.body) for one in journaled(store, with_body=True)] == [True, True]


def test_pruning_goes_on_until_all_is_done(store: Store) -> None:
    keep(store, *(issue_webhook(an_issue(), key=str(n)) for n in range(1_203)))
    ids = [one.id for one in journaled(store)]
    with store.write() as connection:
        journal.finish(connection, [Finished(i, Outcome.applied) for i in ids], at(-70 * DAY))
    assert prune(store)["rows"] == 1_203
    assert journaled(store) == []


def test_the_state_at_a_glance(store: Store) -> None:
    with store.write() as connection:
        sources.declare(connection, [a_source(), a_source("idle")], NOW)
    drained(store, issue_webhook(an_issue(1)), issue_webhook(partial(an_issue(2), "body")))
    drained(store, issue_webhook(an_issue(3, title=7)))
    keep(store, issue_webhook(an_issue(4), when=-30))
    with store.read() as connection:
        seen = status.overview(connection, at(12))
    assert (seen.total, seen.open, seen.dead) == (4, 1, 1)
    idle, shop = seen.sources
    assert (idle.name, idle.tickets, idle.behind_seconds) == ("idle", 0, 0.0)
    assert (shop.name, shop.open, shop.dead, shop.tickets) == (SOURCE, 1, 1, 2)
    assert (shop.behind_seconds, shop.in_doubt) == (42.0, 1)


def test_the_audit_tells_who_did_what(store: Store) -> None:
    with store.write() as connection:
        audit.note(connection, NOW, "ines", "pause", "shop", before={"a": 1})
        audit.note(connection, at(1), "tom", "resume", "shop")
        found = audit.find(connection)
    assert [(one["who"], one["action"], one["before"]) for one in found] == [
        ("tom", "resume", None),
        ("ines", "pause", {"a": 1}),
    ]


def test_the_render_a_file_shows_is_never_pruned(store: Store) -> None:
    """An edit of that file starts from it, however old it is (law 11)."""
    with store.write() as connection:
        connection.execute(
            folders.insert().values(source=SOURCE, ticket="12", path="12_a", render="shown")
        )
        for name in ("shown", "older"):
            connection.execute(
                renders.insert().values(
                    id=name, source=SOURCE, ticket="12", document=b"", at=at(-100 * DAY)
                )
            )
    assert prune(store)["renders"] == 1
    with store.read() as connection:
        assert connection.execute(sa.select(renders.c.id)).scalars().all() == ["shown"]


def test_validators_that_nobody_asks_for_any_more_are_dropped(store: Store) -> None:
    def row(address: str, days: float) -> dict:
        seen = at(-days * DAY)
        return {"credential": "c", "address": address, "etag": "e", "seen_at": seen}

    with store.write() as connection:
        connection.execute(validators.insert(), [row("old", 8), row("new", 6)])
    assert prune(store)["validators"] == 1
    with store.read() as connection:
        assert connection.execute(sa.select(validators.c.address)).scalars().all() == ["new"]


def test_what_sessions_replaced_goes_with_the_rows_of_the_journal(store: Store) -> None:
    rows = [
        {"session": n, "source": SOURCE, "ticket": str(n), "delivery": n, "at": at(-days * DAY)}
        for n, days in enumerate((59, *(61 for _ in range(1_100))), 1)
    ]
    with store.write() as connection:
        connection.execute(replaced.insert(), rows)
    assert prune(store)["replaced"] == 1_100
    with store.read() as connection:
        assert connection.execute(sa.select(replaced.c.session)).scalars().all() == [1]
