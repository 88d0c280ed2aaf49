"""The pass of snapshots: when a day is counted, and when it has to wait."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler import schedule, session
from reconciler.parts import Parts
from schemas.source import Source
from store import history, passes
from store.database import Store
from store.numbers import snapshots
from tests.builders import NOW, SOURCE, Clock, a_source, an_issue, at
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare
from trackers.base import Capabilities
from trackers.github import GITHUB

TODAY = NOW.date()


def kept(store: Store, source: str = SOURCE) -> list[int]:
    """The days that were counted, from today."""
    with store.read() as connection:
        return [(day - TODAY).days for day in snapshots.days_kept(connection, source)]


class Told:
    """GitHub's adapter with other capabilities."""

    def __init__(self, **over: Any) -> None:
        self.capabilities: Capabilities = replace_in(GITHUB.capabilities, **over)

    def __getattr__(self, name: str) -> Any:
        return getattr(GITHUB, name)


def replace_in(capabilities: Capabilities, **over: Any) -> Capabilities:
    return capabilities.model_copy(update=over)


def telling(**over: Any) -> Callable[[str], Any]:
    told = Told(**over)
    return lambda _: told


@pytest.fixture
def plain(parts: Parts) -> Parts:
    """A tracker without changelogs: nothing has to be read before days are counted."""
    return replace(parts, tracker=telling(history=frozenset()))


def sync(parts: Parts, source: Source | None = None) -> None:
    done = session.run(parts, source or a_source())
    assert done.status == "complete", done.error


def created(days: int, number: int = 12) -> dict[str, Any]:
    moment = at(days * 86_400).isoformat().replace("+00:00", "Z")
    return an_issue(number, created_at=moment, updated=0)


def test_days_that_are_over_are_counted_once(
    plain: Parts, tracker: Pretend, clock: Clock, store: Store
) -> None:
    tracker.put(created(-3))
    sync(plain)
    assert kept(store) == [-3, -2, -1]
    with store.read() as connection:
        found = snapshots.kept(connection, SOURCE, TODAY - timedelta(days=3))
        before = passes.find(connection, SOURCE, "snapshots")
    assert found["created", "all", ""].count == 1
    assert before.status == "complete"
    clock.forward(minutes=30)
    sync(plain)
    assert kept(store) == [-3, -2, -1]
    with store.read() as connection:
        assert passes.find(connection, SOURCE, "snapshots").began_at == before.began_at


def test_the_next_day_is_counted_after_midnight(
    plain: Parts, tracker: Pretend, clock: Clock, store: Store
) -> None:
    tracker.put(created(-1))
    sync(plain)
    clock.at = at(86_400)
    sync(plain)
    assert kept(store) == [-1, 0]


def test_missed_days_are_caught_up_with_for_a_quarter(
    plain: Parts, tracker: Pretend, clock: Clock, store: Store
) -> None:
    tracker.put(created(-3))
    sync(plain)
    clock.at = at(200 * 86_400)
    sync(plain)
    assert kept(store)[3:] == list(range(200 - 92, 200))


def test_days_before_we_watched_wait_for_the_changelogs(
    parts: Parts, tracker: Pretend, clock: Clock, store: Store
) -> None:
    """Without them every ticket seems to have been always what it is."""
    parts = replace(parts, tracker=telling(history=frozenset({"status"})))
    tracker.put(created(-3))
    sync(parts)
    assert kept(store) == []
    clock.at = at(86_400)
    sync(parts)
    assert kept(store) == [0]
    with store.write() as connection:
        history.unreadable(connection, SOURCE, ["12"], clock())
    sync(parts)
    assert kept(store) == [-3, -2, -1, 0]


def test_what_is_not_applied_yet_is_waited_for(
    plain: Parts, tracker: Pretend, store: Store
) -> None:
    tracker.put(created(-3))
    sync(replace(plain, settle=lambda *_: False))
    assert kept(store) == []
    sync(plain)
    assert kept(store) == [-3, -2, -1]


def test_a_source_that_lives_on_webhooks_is_counted_by_its_watch(
    store: Store, tracker: Pretend, clock: Clock
) -> None:
    source = a_source(intake="webhook")
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    parts = replace(parts, tracker=telling(history=frozenset()))
    tracker.put(created(-2))
    sync(parts, source)
    clock.at = at(2 * 86_400)
    done = session.run(parts, source, scheduled=True)
    assert done.kind == "hooks"
    assert kept(store)[:2] == [-2, -1]


def test_a_source_nobody_can_read_is_counted_by_the_daily_upkeep(
    plain: Parts, tracker: Pretend, clock: Clock, store: Store
) -> None:
    tracker.put(created(0))
    sync(plain)
    assert kept(store) == []
    clock.at = at(3 * 86_400)
    deaf = replace(plain, tracker=telling(polls=False, history=frozenset()))
    assert schedule.due(deaf) == []
    schedule._keep_up(deaf)
    assert kept(store) == [0, 1, 2]


def test_no_day_is_counted_that_the_readings_did_not_reach(
    plain: Parts, tracker: Pretend, clock: Clock, store: Store
) -> None:
    """The walk began before midnight and ended after it."""
    tracker.put(created(-3))
    clock.at = at(12 * 3_600 - 60)

    def midnight(_: int) -> None:
        clock.at = max(clock.at, at(13 * 3_600))

    tracker.between_pages = midnight
    sync(plain)
    assert kept(store) == [-3, -2, -1]


def test_today_is_never_counted(plain: Parts, tracker: Pretend, store: Store) -> None:
    tracker.put(created(0))
    sync(plain)
    assert kept(store) == []
