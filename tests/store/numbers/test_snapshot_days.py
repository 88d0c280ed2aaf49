"""Snapshots of days: taken as they end or counted later from the history, they are the same."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from store import as_of
from store.categories import Categories
from store.database import Store
from store.numbers import snapshots
from store.numbers.daily import Figure, figures, rank
from store.numbers.flow import flow
from store.numbers.story import FIELDS, tell
from tests.conftest import Databases
from tests.store.numbers.lives import START, STATES, Life, board, hold, hour, meaning

BOARD = board()
HOUR = 3_600
MONDAY = START.date()


def all_of(found: Mapping[Any, Figure]) -> dict[str, int]:
    """The counts of all tickets that are not zero."""
    return {
        metric: one.count
        for (metric, dimension, _), one in found.items()
        if dimension == "all" and one.count
    }


def counted(store: Store, day: int, source: str = "board") -> dict[Any, Figure]:
    with store.read() as connection:
        return snapshots.count(connection, source, MONDAY + timedelta(days=day))


def some() -> list[Life]:
    one = Life(1).born(assignees=["7"]).at(2, status="Doing").at(30, assignees=["8"])
    one.at(40, status="Done").at(50, status="Doing")
    two = Life(2, created=25).at(70, status="Done")
    three = Life(3, created=26).at(28, status="Dropped")
    return [one, two, three]


def test_each_day_counts_what_was_so_at_its_end(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    days = [all_of(counted(store, day)) for day in range(4)]
    assert days == [
        {"created": 1, "open": 1, "wip": 1, "age": 1},
        {"created": 2, "open": 1, "throughput": 1, "lead-time": 1, "cycle-time": 1, "canceled": 1},
        {
            "open": 1, "wip": 1, "age": 1, "reopened": 1, "throughput": 1, "lead-time": 1
        },
        {"open": 1, "wip": 1, "age": 1},
    ]  # fmt: skip


def test_who_gets_a_ticket_later_counts_later(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    first, second = counted(store, 0), counted(store, 1)
    assert first["wip", "assignee", "7"].count == 1
    assert ("wip", "assignee", "8") not in first
    assert second["throughput", "assignee", "8"].count == 1
    assert second["cycle-time", "assignee", "8"].seconds == 38 * HOUR
    assert ("throughput", "assignee", "7") not in second


def test_a_day_without_anything_is_counted_too(store: Store) -> None:
    hold(store, Life(1, created=50), sources=[BOARD])
    assert all_of(counted(store, 0)) == {}
    assert snapshots.take(store, "board", MONDAY, hour(99)) == 9
    with store.read() as connection:
        assert snapshots.days_kept(connection, "board") == [MONDAY]


def test_a_deleted_ticket_counts_until_it_went(store: Store) -> None:
    hold(store, Life(1).at(30, status="Doing"), sources=[BOARD], gone_at=hour(60))
    assert [all_of(counted(store, day)).get("open") for day in range(4)] == [1, 1, None, None]


def test_a_ticket_imported_closed_was_open_until_it_was_closed(store: Store) -> None:
    hold(store, Life(1).born(status="Done").but(closed_at=hour(30)), sources=[BOARD])
    assert all_of(counted(store, 0)) == {"created": 1, "open": 1}
    assert counted(store, 1)["lead-time", "all", ""] == Figure(1, 30 * HOUR, 30 * HOUR, 30 * HOUR)


def test_figures_that_rest_on_inferred_changes_say_so(store: Store) -> None:
    vague = Life(1).at(2, "inferred", status="Doing").at(9, status="Done")
    hold(store, vague, Life(2).at(9, status="Done"), sources=[BOARD])
    done = counted(store, 0)["throughput", "all", ""]
    assert (done.count, done.inferred) == (2, 1)


def test_taking_a_day_again_replaces_it(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    for _ in range(2):
        snapshots.take(store, "board", MONDAY, hour(99))
    with store.read() as connection:
        assert snapshots.kept(connection, "board", MONDAY) == counted(store, 0)
        assert snapshots.check(connection, "board", MONDAY) == []


def test_two_that_count_the_same_day_at_once_keep_it_once(postgres_store: Store) -> None:
    """Neither sees what the other has not committed yet."""
    store, day = postgres_store, hour(24).date()
    hold(store, *some(), sources=[BOARD])
    found = counted(store, 1)
    begun, refused = Barrier(2), []

    def keep() -> None:
        try:
            with store.write() as connection:
                connection.execute(sa.select(1))
                begun.wait(10)
                snapshots.keep(connection, "board", day, found, hour(200))
        except sa.exc.SQLAlchemyError as error:
            refused.append(error)

    both = [Thread(target=keep) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with store.read() as connection:
        kept = snapshots.kept(connection, "board", day)
    assert (refused, kept) == ([], found)


def test_history_that_was_learnt_late_is_found_and_replaced(store: Store) -> None:
    life = Life(1)
    hold(store, life, sources=[BOARD])
    snapshots.take(store, "board", MONDAY, hour(24))
    hold(store, life.at(5, status="Doing"), sources=[BOARD])
    with store.read() as connection:
        found = snapshots.check(connection, "board", MONDAY)
    wip = [one for one in found if (one.metric, one.dimension) == ("wip", "all")]
    assert [(one.stored, one.found) for one in wip] == [(Figure(0), Figure(1))]
    snapshots.take(store, "board", MONDAY, hour(48))
    with store.read() as connection:
        assert snapshots.check(connection, "board", MONDAY) == []


def test_missed_days_are_named_from_the_first_that_is_known(store: Store) -> None:
    hold(store, Life(1, created=30), sources=[BOARD])
    until = MONDAY + timedelta(days=4)
    snapshots.take(store, "board", MONDAY + timedelta(days=2), hour(99))
    with store.read() as connection:
        found = snapshots.missing(connection, "board", until, MONDAY - timedelta(days=9))
        late = snapshots.missing(connection, "board", until + timedelta(days=400), MONDAY)
        none = snapshots.missing(connection, "nobody", until, MONDAY)
    assert [(day - MONDAY).days for day in found] == [1, 3, 4]
    assert (len(late), late[-1], none) == (92, until + timedelta(days=400), [])


@pytest.mark.parametrize(
    ("values", "p50", "p85"),
    [
        ([], None, None),
        ([5], 5, 5),
        ([1, 2], 1, 2),
        ([1, 2, 3], 2, 3),
        (list(range(1, 101)), 50, 85),
    ],
)
def test_percentiles_are_values_that_were_there(
    values: list[int], p50: int | None, p85: int | None
) -> None:
    assert (rank(values, 0.5), rank(values, 0.85)) == (p50, p85)


CHANGES = st.one_of(
    st.tuples(st.just("status"), st.sampled_from(list(STATES))),
    st.tuples(st.just("assignees"), st.sampled_from([None, ["7"], ["7", "8"], ["9"]])),
    st.tuples(st.just("components"), st.sampled_from([None, ["ui"], ["api", "ui"]])),
    st.tuples(st.just("priority"), st.sampled_from([None, "P1", "P2"])),
    st.tuples(st.just("customer"), st.sampled_from([None, "Acme"])),
    st.tuples(st.just("type"), st.sampled_from(["issue", "bug"])),
    st.tuples(st.just("story_points"), st.sampled_from([None, 1.0, 3.0])),
    st.tuples(st.just("sprint"), st.sampled_from([None, "S1", "S2"])),
)
EVENTS = st.lists(
    st.tuples(st.integers(0, 2), st.floats(0.01, 119.9), CHANGES), min_size=1, max_size=30
)


@settings(max_examples=25)
@given(events=EVENTS, born=st.tuples(*[st.sampled_from([0.0, 30.0, 50.0])] * 3))
def test_taken_day_by_day_is_counted_at_the_end(
    events: list[Any], born: tuple[float, ...], sqlite_databases: Databases, tmp_path: Path
) -> None:
    """Five days pass; each is taken when it ends, knowing nothing of what comes."""
    with sqlite_databases(tmp_path) as made:
        store = made.open()
        try:
            _live_through(store, sorted(events, key=lambda one: one[1]), born)
        finally:
            store.close()


def _live_through(store: Store, events: list[Any], born: tuple[float, ...]) -> None:
    lives = [Life(number, created=at) for number, at in enumerate(born)]
    taken = {}
    for day in range(5):
        end = (day + 1) * 24
        for number, at, (field, value) in events:
            if end - 24 <= at < end and at > born[number]:
                lives[number].at(at, **{field: value})
        known = [one for one, at in zip(lives, born, strict=True) if at < end]
        if known:
            hold(store, *known, sources=[BOARD])
        date = MONDAY + timedelta(days=day)
        snapshots.take(store, "board", date, hour(end))
        with store.read() as connection:
            taken[date] = snapshots.kept(connection, "board", date)
    for date, before in taken.items():
        with store.read() as connection:
            assert snapshots.check(connection, "board", date) == []
            assert snapshots.count(connection, "board", date) == before


@settings(max_examples=150)
@given(events=EVENTS, moment=st.floats(0, 130))
def test_a_story_is_what_going_back_through_the_history_gives(
    events: list[Any], moment: float
) -> None:
    life = Life(1)
    for _, at, (field, value) in sorted(events, key=lambda one: one[1]):
        life.at(at, **{field: value})
    ticket, at = life.ticket, hour(moment)
    known = {("board", name.casefold()): means for name, means in STATES.items()}
    past = as_of.rewind(ticket, life.rows, at, as_of.Names({}, {}), Categories(known, {}, {}))
    found = flow(tell(ticket, life.rows, meaning), at)
    assert past is not None
    assert found is not None
    values, _ = as_of.values_at(ticket, life.rows, at, as_of.Names({}, {}))
    assert {name: found.now.values[name] for name in FIELDS} == {n: values[n] for n in FIELDS}
    assert found.now.category == past.ticket.status_category


@settings(max_examples=100)
@given(
    events=st.lists(st.tuples(st.floats(-50, 100), CHANGES), max_size=15),
    moment=st.floats(-60, 120),
)
def test_clocks_out_of_order_never_give_negative_numbers(events: list[Any], moment: float) -> None:
    life = Life(1)
    for at, (field, value) in events:
        life.at(at, **{field: value})
    rows = sorted(life.rows, key=lambda one: (one.entry.at, one.entry.place))
    story = tell(life.ticket, rows, meaning)
    found = flow(story, hour(moment))
    if found is not None:
        assert (found.lead_seconds or 0) >= 0
        assert (found.cycle_seconds or 0) >= 0
    for figure in figures([(story, True)], hour(moment).date()).values():
        assert figure.count >= 0
        assert (figure.seconds or 0) >= 0


def test_both_databases_give_the_same_figures(sqlite_store: Store, postgres_store: Store) -> None:
    for store in (sqlite_store, postgres_store):
        hold(store, *some(), Life(4).born(customer="Ünï", story_points=2.5), sources=[BOARD])
        snapshots.take(store, "board", MONDAY, hour(99))
    for day in range(4):
        assert counted(sqlite_store, day) == counted(postgres_store, day)
    kept = []
    for store in (sqlite_store, postgres_store):
        with store.read() as connection:
            kept.append(
                snapshots.trend(connection, "open", ["board"], MONDAY, MONDAY, dimension="customer")
            )
    assert kept[0] == kept[1]
    assert kept[0]
