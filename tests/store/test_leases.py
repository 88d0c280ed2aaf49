"""Leases: one holder at a time, and a fence that shuts a late one out."""

from datetime import timedelta

from schemas.record import Cursor
from store import leases, sources
from store.database import Store
from tests.builders import NOW, SOURCE, a_source

GONE = timedelta(seconds=-1)


def take(store: Store, holder: str, **over) -> leases.Lease | None:
    with store.write() as connection:
        return leases.take(connection, "reconcile:shop", holder, **over)


def test_a_lease_has_one_holder(store: Store) -> None:
    assert take(store, "a") is not None
    assert take(store, "b") is None
    with store.read() as connection:
        assert leases.holder_of(connection, "reconcile:shop") == "a"


def test_leases_of_other_names_do_not_matter(store: Store) -> None:
    take(store, "a")
    with store.write() as connection:
        assert leases.take(connection, "upkeep", "b") is not None


def test_an_expired_lease_goes_to_whoever_asks_with_a_higher_fence(store: Store) -> None:
    first = take(store, "a", length=GONE)
    second = take(store, "b")
    assert first is not None
    assert second is not None
    assert second.fence > first.fence
    with store.write() as connection:
        assert not leases.renew(connection, first)
        assert not leases.holds(connection, first)
        assert leases.holds(connection, second)


def test_taking_it_again_shuts_our_own_earlier_taking_out(store: Store) -> None:
    first, second = take(store, "a"), take(store, "a")
    assert first is not None
    assert second is not None
    with store.write() as connection:
        assert not leases.holds(connection, first)
        assert leases.renew(connection, second)


def test_a_released_lease_is_free_at_once_and_keeps_its_fence(store: Store) -> None:
    first = take(store, "a")
    assert first is not None
    with store.write() as connection:
        leases.release(connection, first)
    with store.read() as connection:
        assert leases.holder_of(connection, "reconcile:shop") is None
    second = take(store, "b")
    assert second is not None
    assert second.fence == first.fence + 1


def test_a_late_release_does_not_take_it_from_the_next_holder(store: Store) -> None:
    first = take(store, "a", length=GONE)
    second = take(store, "b")
    assert first is not None
    assert second is not None
    with store.write() as connection:
        leases.release(connection, first)
        assert leases.holds(connection, second)
    assert take(store, "c") is None


def test_a_renewed_lease_lasts(store: Store) -> None:
    lease = take(store, "a", length=timedelta(seconds=0))
    assert lease is not None
    with store.write() as connection:
        assert leases.renew(connection, lease)
    assert take(store, "b") is None


def test_a_cursor_moves_only_with_the_lease(store: Store) -> None:
    lost = take(store, "a", length=GONE)
    kept = take(store, "b")
    assert lost is not None
    assert kept is not None
    with store.write() as connection:
        sources.declare(connection, [a_source()], NOW)
        assert not sources.move_cursor(connection, SOURCE, Cursor(position="1"), "scope", lost)
        state = sources.state(connection, SOURCE)
        assert state is not None
        assert state.cursor is None
        assert sources.move_cursor(connection, SOURCE, Cursor(since=NOW), "scope", kept)
        state = sources.state(connection, SOURCE)
        assert state is not None
        assert state.cursor == Cursor(since=NOW)
        assert state.cursor_scope == "scope"
