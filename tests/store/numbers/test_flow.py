"""Flows by hand: small stories, and what each of them takes."""

from datetime import datetime

import pytest

from schemas.ticket import StatusCategory
from store.numbers.flow import flow, spans, stays
from store.numbers.story import Story, pack, tell, unpack
from tests.store.numbers.lives import Life, hour, meaning

HOUR = 3_600


def story_of(life: Life) -> Story:
    return tell(life.ticket, life.rows, meaning)


STORIES = [
    # (what happens, lead hours, cycle hours, times done, times reopened)
    (Life().at(2, status="Doing").at(10, status="Done"), 10, 8, 1, 0),
    (Life().at(10, status="Done"), 10, None, 1, 0),  # never started
    (Life(), None, None, 0, 0),
    (Life().at(3, status="Doing"), None, None, 0, 0),
    (Life().at(2, status="Doing").at(4, status="Review").at(9, status="Done"), 9, 7, 1, 0),
    (Life().at(2, status="Doing").at(5, status="To Do").at(7, status="Doing")
     .at(9, status="Done"), 9, 7, 1, 0),  # put back: work began with the first time
    (Life().at(2, status="Doing").at(4, status="Done").at(6, status="Doing")
     .at(9, status="Done"), 9, 7, 2, 1),  # reopened: until the last time done
    (Life().at(2, status="Doing").at(4, status="Done").at(6, status="To Do"), None, None, 1, 1),
    (Life().at(4, status="Done").at(6, status="Doing").at(9, status="Done"), 9, 3, 2, 1),
    (Life().at(2, status="Doing").at(5, status="Dropped"), None, None, 0, 0),  # canceled
    (Life().at(5, status="Dropped").at(7, status="Doing").at(9, status="Done"), 9, 2, 1, 0),
    (Life().at(2, status="Doing").at(4, status="Done").at(6, status="Dropped"), None, None, 1, 0),
    (Life(created=None).at(2, status="Doing").at(9, status="Done"), None, 7, 1, 0),
    (Life(created=6).at(2, status="Doing").at(9, status="Done"), 3, 3, 1, 0),  # before its birth
    (Life(created=20).at(2, status="Doing").at(9, status="Done"), 0, 0, 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("life", "lead", "cycle", "done", "reopened"), STORIES)
def test_a_story_takes_what_it_takes(
    life: Life, lead: int | None, cycle: int | None, done: int, reopened: int
) -> None:
    found = flow(story_of(life))
    assert found is not None
    hours = [None if one is None else one * HOUR for one in (lead, cycle)]
    assert [found.lead_seconds, found.cycle_seconds] == hours
    assert (found.done_count, len(found.reopened)) == (done, reopened)


def test_work_begins_with_the_first_assignment_where_no_status_tells() -> None:
    life = Life().born(status="open").at(3, assignees=["7"]).at(5, assignees=["7", "8"])
    life.at(8, status="closed", close_reason="completed")
    found = flow(story_of(life), by_assignment=True)
    assert found is not None
    assert found.cycle_seconds == 5 * HOUR
    without = flow(story_of(life))
    assert without is not None
    assert without.cycle_seconds is None


def test_who_is_assigned_after_the_end_began_nothing() -> None:
    life = Life().born(status="open").at(3, status="closed").at(5, assignees=["7"])
    found = flow(story_of(life), by_assignment=True)
    assert found is not None
    assert (found.lead_seconds, found.cycle_seconds) == (3 * HOUR, None)


def test_a_ticket_closed_as_not_planned_is_canceled() -> None:
    life = Life().born(status="open").at(3, status="closed", close_reason="not_planned")
    found = flow(story_of(life))
    assert found is not None
    assert (found.done_at, found.ended_at) == (None, hour(3))


def test_the_spans_follow_each_other_without_a_hole() -> None:
    life = Life().at(2, status="Doing").at(4, priority="P1").at(5, status="Done")
    told = [(one.status, one.entered_at, one.left_at, one.seconds) for one in spans(story_of(life))]
    assert told == [
        ("To Do", hour(0), hour(2), 2 * HOUR),
        ("Doing", hour(2), hour(5), 3 * HOUR),
        ("Done", hour(5), None, None),
    ]


@pytest.mark.parametrize(
    ("moment", "category", "working"),
    [
        (hour(0), "todo", False),
        (hour(2), "in_progress", True),
        (hour(4.999), "in_progress", True),
        (hour(5), "done", False),
        (hour(99), "done", False),
    ],
)
def test_as_of_a_moment_it_is_what_it_was(moment: datetime, category: str, working: bool) -> None:
    life = Life().at(2, status="Doing").at(5, status="Done")
    found = flow(story_of(life), moment)
    assert found is not None
    assert (found.now.category, found.working) == (StatusCategory(category), working)


def test_before_its_birth_and_after_its_end_there_is_no_flow() -> None:
    life = Life(created=3).but(sync_status="deleted", last_synced_at=hour(9))
    assert flow(story_of(life), hour(2)) is None
    assert flow(story_of(life), hour(8)) is not None
    assert flow(story_of(life), hour(9)) is None


def test_a_closing_that_nobody_told_is_at_the_time_of_the_record() -> None:
    life = Life().born(status="Done").but(closed_at=hour(7))
    story = story_of(life)
    found, earlier = flow(story), flow(story, hour(6))
    assert found is not None
    assert found.lead_seconds == 7 * HOUR
    assert earlier is not None
    assert earlier.now.category is StatusCategory.todo
    assert [one.category for one in spans(story)] == ["todo", "done"]


def test_a_closing_that_was_told_stands_against_the_record() -> None:
    life = Life().at(5, status="Done").but(closed_at=hour(7))
    found = flow(story_of(life))
    assert found is not None
    assert found.lead_seconds == 5 * HOUR


def test_a_beginning_that_was_inferred_is_marked_so() -> None:
    exact = flow(story_of(Life().at(2, status="Doing").at(4, status="Done")))
    vague = flow(story_of(Life().at(2, "inferred", status="Doing").at(4, status="Done")))
    assert exact is not None
    assert vague is not None
    assert (exact.inferred, vague.inferred) == (False, True)


def test_stays_in_sprints_are_cut_where_points_change() -> None:
    life = Life().born(story_points=3.0).at(1, sprint="S1").at(2, story_points=5.0)
    life.at(3, status="Doing").at(4, sprint="S2").at(6, status="Done").at(8, sprint=None)
    assert [
        (one.sprint, one.points, one.done_at, one.entered_at, one.left_at)
        for one in stays(story_of(life))
    ] == [
        ("S1", 3.0, None, hour(1), hour(2)),
        ("S1", 5.0, None, hour(2), hour(4)),
        ("S2", 5.0, None, hour(4), hour(6)),
        ("S2", 5.0, hour(6), hour(6), hour(8)),
    ]


def test_what_was_done_in_one_sprint_is_not_done_in_the_next() -> None:
    life = Life().born(sprint="S1").at(2, status="Done").at(4, sprint="S2")
    assert [(one.sprint, one.done_at) for one in stays(story_of(life))] == [
        ("S1", None),
        ("S1", hour(2)),
        ("S2", None),
    ]


def test_a_renamed_label_or_sprint_is_the_same() -> None:
    life = Life().born(labels=["old"], sprint="Old").at(2, labels=None).at(3, sprint=None)
    names = {("labels", "old"): "new", ("sprint", "Old"): "New"}
    story = tell(life.ticket, life.rows, meaning, names)
    first = story.moments[0].values
    assert (first["labels"], first["sprint"]) == (["new"], "New")


@pytest.mark.parametrize("life", [row[0] for row in STORIES])
def test_a_packed_story_is_the_same_story(life: Life) -> None:
    story = story_of(life.at(30, labels=["a", "b"], assignees=["7"], story_points=2.5))
    assert unpack(pack(story)) == story


def test_a_value_that_is_no_text_is_told_as_it_is() -> None:
    """One such change must not keep all other tickets from being counted."""
    life = Life(1)
    life.rows.append(Life(1).at(5, sprint="S1").rows[0])
    odd = life.rows[0].entry.model_copy(update={"before": ["S1"], "after": None})
    life.rows[0] = life.rows[0].model_copy(update={"entry": odd})
    assert [one.values["sprint"] for one in story_of(life).moments] == [["S1"], None]
