"""Definitions: one row each; renamed there, they are renamed on every ticket."""

import pytest

from schemas.event import Definition
from schemas.ticket import Person
from store import definitions, people
from store.database import Store
from tests.builders import SOURCE, an_issue, at, held, polled, row
from tests.trackers.github import github_payloads as payloads
from tests.workers.draining import drained

BUG = Definition(kind="label", id="1", name="bug", color="d73a4a")
SPRING = Definition(kind="milestone", id="7003", name="Spring", number=3)


@pytest.fixture
def labelled(store: Store) -> Store:
    """Tickets 1 (bug, Spring), 2 (bug) and 3 (neither), with nothing to render."""
    bug = payloads.a_label("bug", 1)
    drained(
        store,
        polled(an_issue(1, labels=[bug], milestone=payloads.a_milestone("Spring", 3))),
        polled(an_issue(2, labels=[bug])),
        polled(an_issue(3)),
    )
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET render_due = 0")
    return store


def marked(store: Store) -> list[int]:
    return [n for n in (1, 2, 3) if row(store, n).render_due > 0]


def define(store: Store, *seen: Definition, when: float = 60) -> int:
    with store.write() as connection:
        return definitions.define(connection, SOURCE, seen, at(when))


def listed(store: Store, *seen: Definition, when: float = 60, kinds=("label",)) -> int:
    with store.write() as connection:
        return definitions.listed(connection, SOURCE, kinds, seen, at(when))


def names(store: Store, number: int) -> list[str]:
    return [label.name for label in held(store, number).labels]


def test_a_renamed_label_shows_everywhere_and_moves_no_fingerprint(labelled: Store) -> None:
    before = row(labelled, 1)
    assert define(labelled, BUG.model_copy(update={"name": "defect"})) == 1
    assert (names(labelled, 1), names(labelled, 2)) == (["defect"], ["defect"])
    assert marked(labelled) == [1, 2]
    after = row(labelled, 1)
    assert (after.fingerprint, after.revision, after.label_ids) == (
        before.fingerprint,
        before.revision,
        before.label_ids,
    )


def test_a_renamed_milestone_shows_on_its_tickets_alone(labelled: Store) -> None:
    define(labelled, SPRING.model_copy(update={"name": "Summer"}))
    milestone = held(labelled, 1).milestone
    assert milestone is not None
    assert milestone.title == "Summer"
    assert marked(labelled) == [1]


def test_the_same_definition_again_changes_nothing(labelled: Store) -> None:
    assert define(labelled, BUG) == 0
    assert marked(labelled) == []


def test_an_older_sight_undoes_no_newer_name(labelled: Store) -> None:
    define(labelled, BUG.model_copy(update={"name": "defect"}), when=60)
    with labelled.write() as connection:
        definitions.remember(connection, [(SOURCE, BUG, at(30))])
    assert names(labelled, 1) == ["defect"]


def test_of_several_sights_in_one_call_the_newest_counts(store: Store) -> None:
    old, new = BUG, BUG.model_copy(update={"name": "defect"})
    with store.write() as connection:
        definitions.remember(connection, [(SOURCE, new, at(2)), (SOURCE, old, at(1))])
        people.remember(
            connection,
            [
                (SOURCE, Person(id="1", login="new"), at(2)),
                (SOURCE, Person(id="1", login="old"), at(1)),
            ],
        )
    drained(store, polled(an_issue(1, labels=[{"id": 1, "name": "bug"}]), when=1))
    assert names(store, 1) == ["defect"]


def test_a_deleted_label_is_shown_on_no_ticket(labelled: Store) -> None:
    with labelled.write() as connection:
        assert definitions.forget(connection, SOURCE, "label", ["1"], at(60)) == 1
    assert (names(labelled, 1), names(labelled, 2)) == ([], [])
    assert marked(labelled) == [1, 2]


def test_a_label_missing_in_the_complete_list_is_gone(labelled: Store) -> None:
    other = Definition(kind="label", id="2", name="ui")
    assert listed(labelled, other) == 2
    assert names(labelled, 1) == []
    assert held(labelled, 1).milestone is not None, "another kind was not listed"


def test_a_label_seen_after_the_list_was_read_is_not_gone(labelled: Store) -> None:
    listed(labelled, when=-60)
    assert names(labelled, 1) == ["bug"]


def test_a_deleted_label_that_is_seen_again_is_back(labelled: Store) -> None:
    with labelled.write() as connection:
        definitions.forget(connection, SOURCE, "label", ["1"], at(60))
    define(labelled, BUG, when=90)
    assert names(labelled, 1) == ["bug"]


def test_a_label_of_the_same_id_at_another_source_is_another(labelled: Store) -> None:
    with labelled.write() as connection:
        definitions.define(connection, "elsewhere", [BUG.model_copy(update={"name": "x"})], at(60))
    assert names(labelled, 1) == ["bug"]
    assert marked(labelled) == []


def test_an_id_that_is_part_of_another_marks_nothing(labelled: Store) -> None:
    """`1` is no member of `["11"]`."""
    drained(labelled, polled(an_issue(3, updated=9, labels=[payloads.a_label("x", 11)])))
    with labelled.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET render_due = 0")
    define(labelled, BUG.model_copy(update={"name": "defect"}))
    assert marked(labelled) == [1, 2]


def test_a_former_name_means_its_last_bearer_and_one_in_use_itself(store: Store) -> None:
    def named(one: str, *called: str) -> None:
        for when, name in enumerate(called):
            label = Definition(kind="label", id=one, name=name)
            define(store, label, when=int(one) * 100 + when)

    named("1", "urgent", "late", "slow")
    named("2", "urgent", "hot")
    named("3", "late")
    with store.read() as connection:
        found = definitions.renamed(connection, [SOURCE], ["label"])
    assert found == {(SOURCE, "label", "urgent"): "hot"}
