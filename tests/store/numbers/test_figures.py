"""Figures of a handful of tickets whose answers are counted by hand, on both databases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from schemas.errors import TicketsyncError
from schemas.event import Definition
from schemas.source import Source
from store import definitions, derived
from store.database import Store
from store.numbers import figures, resolution, snapshots, velocity
from store.numbers.explain import behind
from store.numbers.question import Question
from store.tables import people, persons
from tests.store.numbers.lives import Life, board, hold, hour

HOUR = 3_600
BOARD, SHOP = board(team="Blue"), board("shop", team="Blue")
OTHER = board("other", team="Red")


def asked(
    *sources: Source,
    by: str | None = None,
    since: float = 0,
    until: float = 240,
    now: float = 200,
) -> Question:
    return Question(sources or (BOARD,), hour(since), hour(until), hour(now), by)


def answered(store: Store, metric: str, question: Question) -> list[Any]:
    with store.read() as connection:
        return figures.answer(connection, metric, question)


def hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / HOUR


def some() -> list[Life]:
    """Five tickets: three done, one of them reopened, one under work, one canceled."""
    one = Life(1).born(priority="P1", assignees=["7"]).at(2, status="Doing").at(6, status="Done")
    two = Life(2, created=10).born(priority="P1", assignees=["7", "8"])
    two.at(12, status="Doing").at(20, status="Done").at(30, status="Doing").at(40, status="Done")
    three = Life(3, created=5).born(components=["ui"]).at(100, status="Done")
    four = Life(4, created=50).born(assignees=["8"], customer="Acme").at(60, status="Doing")
    five = Life(5, created=60).at(70, status="Dropped")
    return [one, two, three, four, five]


def test_lead_and_cycle_time_of_all(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    (lead,) = answered(store, "lead-time", asked())
    assert (lead.count, hours(lead.p50), hours(lead.p85)) == (3, 30, 95)
    assert hours(lead.mean) == pytest.approx((6 + 30 + 95) / 3)
    (cycle,) = answered(store, "cycle-time", asked())
    assert (cycle.count, hours(cycle.p50), hours(cycle.p85)) == (2, 4, 28)


def test_only_what_happened_in_the_period_counts(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    (lead,) = answered(store, "lead-time", asked(since=40, until=100))
    assert (lead.count, hours(lead.p50)) == (1, 30)
    assert [one.count for one in answered(store, "created", asked(since=5, until=50))] == [2]


@pytest.mark.parametrize(
    ("metric", "count"),
    [("throughput", 3), ("created", 5), ("canceled", 1), ("open", 1), ("wip", 1), ("reopened", 1)],
)
def test_counts_of_all(store: Store, metric: str, count: int) -> None:
    hold(store, *some(), sources=[BOARD])
    assert [one.count for one in answered(store, metric, asked())] == [count]


def test_nothing_is_told_as_none(store: Store) -> None:
    for metric in ("lead-time", "throughput", "wip", "age", "reopen-rate"):
        (line,) = answered(store, metric, asked())
        assert (line.count, line.mean, line.rate) == (0, None, None)
    assert answered(store, "throughput", asked(by="type")) == []


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        ("priority", {"P1": 2, "(none)": 1}),
        ("assignee", {"login-7": 2, "login-8": 1, "(none)": 1}),  # both of two count
        ("component", {"(none)": 2, "ui": 1}),
        ("customer", {"(none)": 3}),
        ("type", {"issue": 3}),
        ("source", {"board": 3}),
        ("team", {"Blue": 3}),
    ],
)
def test_throughput_by_dimension(store: Store, by: str, wanted: dict[str, int]) -> None:
    hold(store, *some(), sources=[BOARD])
    found = answered(store, "throughput", asked(by=by))
    assert {one.member: one.count for one in found} == wanted


def test_sources_of_one_team_are_one_member(store: Store) -> None:
    lives = [
        Life(1).at(2, status="Doing").at(6, status="Done"),
        Life(1, "shop").at(2, status="Doing").at(10, status="Done"),
        Life(1, "other").at(9, status="Done"),
    ]
    hold(store, *lives, sources=[BOARD, SHOP, OTHER])
    everyone = (BOARD, SHOP, OTHER)
    found = answered(store, "lead-time", asked(*everyone, by="team"))
    told = {one.member: (one.count, hours(one.p50), hours(one.p85)) for one in found}
    assert told == {"Blue": (2, 6, 10), "Red": (1, 9, 9)}
    shop_alone = answered(store, "lead-time", asked(SHOP))
    assert [(one.count, hours(one.mean)) for one in shop_alone] == [(1, 10)]


def test_accounts_of_one_person_are_one_member_and_namesakes_are_two(store: Store) -> None:
    lives = [
        Life(1).born(assignees=["7"]).at(6, status="Done"),
        Life(1, "shop").born(assignees=["70"]).at(8, status="Done"),
        Life(2, "shop").born(assignees=["9"]).at(9, status="Done"),
        Life(3, "shop").born(assignees=["10"]).at(9, status="Done"),
    ]
    hold(store, *lives, sources=[BOARD, SHOP])
    behind_accounts = {("board", "7"): 1, ("shop", "70"): 1, ("shop", "9"): 2}
    with store.write() as connection:
        for number, name in ((1, "Ines Varga"), (2, "Kim"), (3, "Kim")):
            connection.execute(
                persons.insert(), {"id": number, "name": name, "created_at": hour(0)}
            )
        for (source, account), person in behind_accounts.items():
            which = (people.c.source == source, people.c.external_id == account)
            connection.execute(people.update().where(*which).values(person=person))
    found = answered(store, "throughput", asked(BOARD, SHOP, by="assignee"))
    told = {one.member: one.count for one in found}
    assert told == {"Ines Varga": 2, "Kim": 1, "login-10": 1}
    with store.write() as connection:
        connection.execute(people.update().where(people.c.external_id == "10").values(person=3))
    found = answered(store, "throughput", asked(BOARD, SHOP, by="assignee"))
    assert {one.member for one in found} == {"Ines Varga", "Kim (2)", "Kim (3)"}


def test_age_of_work_in_progress_is_counted_until_now(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    (age,) = answered(store, "age", asked())
    assert (age.count, hours(age.p50)) == (1, 140)


def test_the_reopen_rate_is_of_each_time_done(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    (line,) = answered(store, "reopen-rate", asked())
    assert (line.count, line.of, line.rate) == (1, 4, 0.25)
    by = {one.member: (one.count, one.of) for one in
          answered(store, "reopen-rate", asked(by="assignee"))}  # fmt: skip
    assert by == {"login-7": (1, 3), "login-8": (1, 2), "(none)": (0, 1)}


def test_time_in_status_adds_up_all_visits(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    found = answered(store, "time-in-status", asked())
    told = {one.status: (one.count, hours(one.p50), hours(one.p85)) for one in found}
    assert told == {"To Do": (3, 2, 95), "Doing": (2, 4, 18)}
    by = answered(store, "time-in-status", asked(by="priority"))
    assert {(one.member, one.status): one.count for one in by} == {
        ("P1", "To Do"): 2,
        ("P1", "Doing"): 2,
        ("(none)", "To Do"): 1,
    }


def test_a_deleted_ticket_is_in_no_figure(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    gone = Life(6).born(sprint="S1").at(2, status="Doing").at(6, status="Done")
    hold(store, gone, sources=[BOARD], gone_at=hour(90))
    assert [one.count for one in answered(store, "throughput", asked())] == [3]
    assert [one.of for one in answered(store, "reopen-rate", asked())] == [4]


def test_work_begins_by_assignment_where_statuses_do_not_tell(store: Store) -> None:
    life = Life(1, "shop").born(status="open").at(4, assignees=["7"])
    waiting = Life(2, "shop").born(status="open").at(6, assignees=["8"])
    life.at(9, status="closed", close_reason="completed")
    hold(store, life, waiting, sources=[SHOP], states=False)
    (cycle,) = answered(store, "cycle-time", asked(SHOP))
    assert (cycle.count, hours(cycle.p50)) == (1, 5)
    assert [one.count for one in answered(store, "wip", asked(SHOP))] == [1]


def test_a_label_that_means_work_goes_before_assignment(store: Store) -> None:
    mapped = board("shop", statuses={"doing": "in_progress"})
    life = Life(1, "shop").born(status="open").at(4, assignees=["7"])
    life.at(6, labels=["doing"]).at(9, status="closed", labels=None)
    hold(store, life, sources=[mapped], states=False)
    (cycle,) = answered(store, "cycle-time", asked(mapped))
    assert (cycle.count, hours(cycle.p50)) == (1, 3)


def test_resolution_tells_what_came_and_went(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    with store.read() as connection:
        found = resolution.movements(connection, asked(until=120))
    assert [(one.created, one.done, one.canceled, one.net, one.open) for one in found] == [
        (3, 1, 0, 2, 2),
        (0, 1, 0, -1, 1),
        (2, 0, 1, 1, 2),
        (0, 0, 0, 0, 2),
        (0, 1, 0, -1, 1),
    ]
    with store.read() as connection:
        by = resolution.movements(connection, asked(by="priority", until=120))
    assert {one.member: (one.created, one.done, one.canceled, one.open) for one in by} == {
        "P1": (2, 2, 0, 0),
        "(none)": (3, 1, 1, 1),
    }


def test_long_periods_are_told_by_weeks(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    with store.read() as connection:
        found = resolution.movements(connection, asked(until=24 * 40, now=24 * 40))
    assert [(one.created, one.done) for one in found] == [(5, 3)] + [(0, 0)] * 5


def told(found: Sequence[velocity.Velocity]) -> dict[str, tuple[Any, ...]]:
    return {
        one.sprint.name: (
            one.committed, one.completed, one.committed_tickets, one.completed_tickets
        )
        for one in found
    }  # fmt: skip


def test_velocity_counts_what_was_there_at_first_and_what_was_done_in_it(store: Store) -> None:
    """Sprint S1 lasts from hour 1 to 169, S2 from there to 337."""
    lives = [
        # committed with 3 points, done with 5: it was estimated anew.
        Life(1).born(sprint="S1", story_points=3.0).at(20, story_points=5.0).at(90, status="Done"),
        # committed, not done: moved to the next sprint, and done there.
        Life(2).born(sprint="S1", story_points=2.0).at(168, sprint="S2").at(200, status="Done"),
        # came later, and was done.
        Life(3).born(story_points=8.0).at(30, sprint="S1").at(50, status="Done"),
        # committed, and taken out again.
        Life(4).born(sprint="S1", story_points=1.0).at(40, sprint=None).at(60, status="Done"),
        # done in it, opened again, never done anew.
        Life(5).born(sprint="S1").at(60, status="Done").at(70, status="Doing"),
        # without points, and done.
        Life(6).born(sprint="S1").at(80, status="Done"),
        # done before the sprint: it adds nothing to it.
        Life(7, created=-99).born(sprint="S1", story_points=13.0).at(-60, status="Done"),
    ]
    hold(store, *lives, sources=[BOARD])
    with store.read() as connection:
        found = velocity.velocity(connection, asked(until=400, now=400))
        points = velocity.velocity(connection, asked(by="type", until=400, now=400))
    assert told(found) == {"S1": (19, 13, 6, 3), "S2": (2, 2, 1, 1)}
    assert [one.member for one in points] == ["issue", "issue"]


def test_of_many_sprints_those_that_are_told_are_explained(store: Store) -> None:
    many = [
        Life(n, created=0).born(sprint=f"S{n}", story_points=1.0).at(n, status="Doing")
        for n in range(1, 15)
    ]
    hold(store, *many, sources=[BOARD])
    question = asked(until=5_000, now=5_000)
    for every in (False, True):
        with store.read() as connection:
            sprints = velocity.velocity(connection, question, every=every)
            found = behind(connection, "velocity", question, 20, every=every)
        assert len(sprints) == len(found) == (14 if every else 12)


def test_a_sprint_under_way_is_told_as_it_stands_and_one_to_come_is_not(store: Store) -> None:
    lives = [
        Life(1).born(sprint="S1", story_points=3.0).at(90, status="Done"),
        Life(2).born(sprint="S2", story_points=5.0),
    ]
    hold(store, *lives, sources=[BOARD])
    with store.read() as connection:
        before = velocity.velocity(connection, asked(now=80))
        found = velocity.velocity(connection, asked(now=100))
    assert (told(before), told(found)) == ({"S1": (3, 0, 1, 0)}, {"S1": (3, 3, 1, 1)})


def test_how_it_stood_on_a_day_that_is_over_comes_from_its_snapshot(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    monday: datetime = hour(0)
    with pytest.raises(TicketsyncError, match="metrics snapshot --day 2026-03-02"):
        answered(store, "wip", asked(until=24))
    snapshots.take(store, "board", monday.date(), hour(200))
    assert [one.count for one in answered(store, "wip", asked(until=24))] == [0]
    snapshots.take(store, "board", hour(24).date(), hour(200))
    assert [one.count for one in answered(store, "open", asked(until=48))] == [1]
    by = answered(store, "open", asked(until=24, by="component"))
    assert {one.member: one.count for one in by} == {"ui": 1}


def test_a_sum_of_sources_lacks_none_that_had_tickets_then(store: Store) -> None:
    late = Life(1, source="other", created=100).at(110, status="Doing")
    here = Life(1, source="shop", created=1).at(2, status="Doing")
    hold(store, *some(), here, late, sources=[BOARD, SHOP, OTHER])
    every = (BOARD, SHOP, OTHER)
    snapshots.take(store, "board", hour(24).date(), hour(200))
    with pytest.raises(TicketsyncError, match="2026-03-03 was taken of shop:"):
        answered(store, "open", asked(*every, until=48))
    snapshots.take(store, "shop", hour(24).date(), hour(200))
    assert [one.count for one in answered(store, "open", asked(*every, until=48))] == [2]


def test_what_is_behind_a_figure_adds_up_to_it(store: Store) -> None:
    life = Life(9, created=100).at(110, "inferred", status="Doing").at(120, status="Done")
    hold(store, *some(), life, sources=[BOARD])
    (cycle,) = answered(store, "cycle-time", asked())
    with store.read() as connection:
        found = behind(connection, "cycle-time", asked(), 10)
        by = behind(connection, "cycle-time", asked(by="assignee"), 10)
    assert sorted(one.adds or 0 for one in found) == [4 * HOUR, 10 * HOUR, 28 * HOUR]
    assert sum(one.adds or 0 for one in found) / len(found) == cycle.mean
    steps = {
        one.ticket.key: [(s.before, s.after, s.basis, s.by) for s in one.steps] for one in found
    }
    assert steps["BOARD-9"] == [
        ("To Do", "Doing", "inferred", "ines-varga"),
        ("Doing", "Done", "changelog", "ines-varga"),
    ]
    assert {one.ticket.key: one.members for one in by}["BOARD-2"] == ("login-7", "login-8")


@pytest.mark.parametrize(
    ("metric", "keys"),
    [
        ("throughput", {"BOARD-1", "BOARD-2", "BOARD-3"}),
        ("reopened", {"BOARD-2"}),
        ("wip", {"BOARD-4"}),
        ("canceled", {"BOARD-5"}),
        ("resolution", {"BOARD-1", "BOARD-2", "BOARD-3", "BOARD-4", "BOARD-5"}),
        ("time-in-status", {"BOARD-1", "BOARD-2", "BOARD-3"}),
        ("velocity", set()),
    ],
)
def test_each_metric_can_be_explained(store: Store, metric: str, keys: set[str]) -> None:
    hold(store, *some(), sources=[BOARD])
    with store.read() as connection:
        found = behind(connection, metric, asked(), 10)
    assert {one.ticket.key for one in found} == keys


def test_what_is_behind_a_day_that_is_over_is_what_stood_then(store: Store) -> None:
    """Done since, given to another since: the snapshot of the day counts it as it was."""
    life = Life(1, created=1).born(assignees=["7"]).at(10, status="Doing")
    life.at(30, assignees=["8"]).at(50, status="Done")
    later = Life(2, created=60).born(assignees=["7"]).at(70, status="Doing")
    hold(store, life, later, sources=[BOARD])
    snapshots.take(store, "board", hour(0).date(), hour(200))
    for metric in ("open", "wip", "age"):
        question = asked(until=24, by="assignee")
        (line,) = answered(store, metric, question)
        with store.read() as connection:
            (one,) = behind(connection, metric, question, 10)
        assert (one.ticket.key, one.members) == ("BOARD-1", (line.member,))
        assert one.members == ("login-7",)
        assert [step.after for step in one.steps] == ["Doing"]
        assert one.adds == (14 * HOUR if metric == "age" else None)


def test_a_state_that_means_something_else_now_meant_it_then(store: Store) -> None:
    """Also for tickets that only passed through it."""
    life = Life(1, created=0).at(10, status="Review").at(30, status="Done")
    hold(store, life, sources=[BOARD])
    (before,) = answered(store, "cycle-time", asked())
    review = Definition(kind="state", id="Review", name="Review", state="todo")
    with store.write() as connection:
        definitions.define(connection, "board", [review], hour(40))
    derived.bring_up(store, {"board": BOARD}, hour(41))
    (after,) = answered(store, "cycle-time", asked())
    assert (before.count, after.count) == (1, 0)


def test_deriving_again_changes_nothing(store: Store) -> None:
    hold(store, *some(), sources=[BOARD])
    before = [answered(store, name, asked()) for name in ("lead-time", "time-in-status", "wip")]
    hold(store, *some(), sources=[BOARD])
    assert before == [
        answered(store, name, asked()) for name in ("lead-time", "time-in-status", "wip")
    ]
