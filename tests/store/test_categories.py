"""What a status meant: by the tracker's own states, by what tickets have, by the configuration."""

from schemas.event import Definition
from schemas.ticket import StatusCategory
from store import categories, definitions
from store.categories import Categories
from store.database import Store
from tests.builders import SOURCE, a_source, an_issue, at, polled
from tests.workers.draining import drained

DOING = StatusCategory.in_progress


def loaded(store: Store, **over: object) -> Categories:
    with store.read() as connection:
        return categories.load(connection, [a_source(**over)])


def define(store: Store, name: str, state: str = "in_progress", seconds: float = 0) -> None:
    one = Definition(kind="state", id="7", name=name, state=state)
    with store.write() as connection:
        definitions.define(connection, SOURCE, [one], at(seconds))


def test_a_state_means_what_the_tracker_says_under_all_its_names(store: Store) -> None:
    define(store, "Doing")
    define(store, "Building", seconds=10)
    known = loaded(store)
    assert known.of(SOURCE, "doing", None) == DOING
    assert known.of(SOURCE, "Building", None) == DOING
    assert known.of("another", "Building", None) == StatusCategory.todo


def test_open_and_closed_say_no_more_than_that_but_for_labels_and_reasons(store: Store) -> None:
    known = loaded(store, statuses={"wip": "in_progress"})
    assert known.of(SOURCE, "open", None) == StatusCategory.todo
    assert known.of(SOURCE, "open", None, ["bug", "WIP"]) == DOING
    assert known.of(SOURCE, "closed", "completed", ["wip"]) == StatusCategory.done
    assert known.of(SOURCE, "closed", "not_planned") == StatusCategory.canceled


def test_a_status_that_tickets_have_means_what_it_means_there(store: Store) -> None:
    drained(store, polled(an_issue(state="closed", state_reason="duplicate"), when=1))
    assert loaded(store).of(SOURCE, "closed", "duplicate") == StatusCategory.canceled


def test_a_status_nobody_knows_is_still_to_do(store: Store) -> None:
    assert loaded(store).of(SOURCE, "Limbo", None) == StatusCategory.todo
    assert loaded(store, statuses={"limbo": "done"}).of(SOURCE, "Limbo", None) == "done"
