"""States, sprints and components: rows with ids, as other trackers than GitHub have them."""

from datetime import UTC, datetime

import pytest

from schemas import fingerprint
from schemas.event import Definition
from schemas.held import Held, HeldTicket
from schemas.ticket import (
    Named,
    PullRequest,
    Relation,
    Sprint,
    StatusCategory,
    Ticket,
    TicketRef,
)
from store import definitions, known
from store.database import Store
from store.save import Change, save
from store.whole import whole_tickets
from tests.builders import SOURCE, at
from workers.rules import carried

KEY = (SOURCE, "10001")
STATE = Definition(kind="state", id="s1", name="In Review", state="in_progress")
SPRINTS = tuple(
    Sprint(id=i, name=f"Sprint {i}", state=state, ends_at=datetime(2026, 12, 1, tzinfo=UTC))
    for i, state in (("7", "closed"), ("8", "active"))
)
TICKET = Ticket(
    source=SOURCE,
    external_id="10001",
    key="PROJ-1",
    title="The gate sticks",
    status="In Review",
    status_id="s1",
    status_category=StatusCategory.in_progress,
    sprint=SPRINTS[1],
    sprints=SPRINTS,
    components=(Named(id="c1", name="Gate"),),
)
PULL = Relation(
    kind="pull_request",
    target=TicketRef(url="https://github.com/o/r/pull/3", title="Oil the gate"),
    pull_request=PullRequest(repository="o/r", number=3, branch="oil", state="merged"),
)


@pytest.fixture
def stored(store: Store) -> Store:
    head = HeldTicket("1", fingerprint.core(TICKET), "here", at(0), ticket=TICKET, record={})
    after = Held(ticket=head, relations=(PULL,))
    with store.write() as connection:
        save(connection, [Change(KEY, Held(), after)], at(0))
        definitions.define(connection, SOURCE, list(carried.definitions(TICKET)), at(0))
        connection.exec_driver_sql("UPDATE tickets SET render_due = 0")
    return store


def told(store: Store) -> Ticket:
    with store.read() as connection:
        return whole_tickets(connection, [KEY], parts=True)[KEY]


def define(store: Store, one: Definition) -> int:
    with store.write() as connection:
        return definitions.define(connection, SOURCE, [one], at(60))


def render_due(store: Store) -> int:
    with store.read() as connection:
        return connection.exec_driver_sql("SELECT render_due FROM tickets").scalar_one()


def test_a_ticket_comes_back_with_its_sprints_components_and_state(stored: Store) -> None:
    ticket = told(stored)
    assert (ticket.sprint, ticket.sprints) == (SPRINTS[1], SPRINTS)
    assert ticket.components == TICKET.components
    assert (ticket.status, ticket.status_id) == ("In Review", "s1")


def test_a_pull_request_keeps_what_is_known_of_it(stored: Store) -> None:
    assert told(stored).relations == (PULL,)
    with stored.read() as connection:
        [(_, links)] = known.parts(connection, SOURCE, [KEY[1]]).values()
    assert links == fingerprint.links([PULL])


def test_a_renamed_state_is_renamed_in_every_row_and_moves_no_fingerprint(stored: Store) -> None:
    before = fingerprint.core(told(stored))
    assert define(stored, STATE.model_copy(update={"name": "Checking", "state": "done"})) == 1
    ticket = told(stored)
    assert (ticket.status, ticket.status_category) == ("Checking", StatusCategory.done)
    assert fingerprint.core(ticket) == before
    assert render_due(stored) == 1


@pytest.mark.parametrize("sprint", SPRINTS, ids=["past", "present"])
def test_a_renamed_sprint_shows_whether_it_is_the_present_one_or_not(
    stored: Store, sprint: Sprint
) -> None:
    define(stored, Definition(kind="sprint", id=sprint.id, name="Harbour"))
    assert "Harbour" in {one.name for one in told(stored).sprints}
    assert render_due(stored) == 1


def test_a_state_known_by_its_id_alone_overwrites_no_name(stored: Store) -> None:
    bare = TICKET.model_copy(
        update={"status": "", "sprint": Sprint(id="8", name=""), "sprints": ()}
    )
    assert list(carried.definitions(bare)) == [
        Definition(kind="component", id="c1", name="Gate"),
    ]
