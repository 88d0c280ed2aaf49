"""A webhook that tells of what a reading has passed and did not show: believed, and asked about."""

from datetime import datetime

import pytest

from schemas.delivery import Via
from schemas.event import Aspect
from schemas.held import Held
from schemas.record import Cursor
from store import leases, sources
from store.database import Store
from tests.builders import NOW, SOURCE, a_source, an_issue, at, issue_webhook, row
from tests.workers.draining import drained
from tests.workers.folding import FETCH, POLL, WEBHOOK, aspects_of, holding, said, seen, title_of
from workers.rules.facts import Fact, Sight
from workers.rules.fold import Folded, fold


def late(held: Held, fact: Fact, *, via: Via = WEBHOOK, read_to: datetime | None) -> Folded:
    """Something that arrives at 500 s, of a source that is read until some moment."""
    return fold(held, [fact], Sight(via, at(500), read_to=read_to), at(500))


@pytest.mark.parametrize(
    ("via", "read_to", "asked"),
    [
        (WEBHOOK, at(100), {"core"}),
        (WEBHOOK, at(5), {"core"}),
        (WEBHOOK, at(4), set()),
        (WEBHOOK, None, set()),
        (POLL, at(100), set()),
        (FETCH, at(100), set()),
    ],
)
def test_an_unknown_ticket_that_the_reading_passed_is_asked_about(
    via: Via, read_to: datetime | None, asked: set[Aspect]
) -> None:
    folded = late(Held(), seen(5, title="Told late"), via=via, read_to=read_to)
    assert title_of(folded) == "Told late"
    assert aspects_of(folded) == asked


def test_a_newer_state_that_the_reading_passed_is_asked_about() -> None:
    """As from a future that a tracker restored from its backup does not have any more."""
    folded = late(holding(5, title="Old"), seen(50, title="New"), read_to=at(100))
    assert (title_of(folded), aspects_of(folded)) == ("New", {"core"})


def test_another_webhook_as_late_is_no_answer() -> None:
    first = late(Held(), seen(5, title="Told late"), read_to=at(100)).held
    again = fold(
        first, [seen(5, title="Told late")], Sight(WEBHOOK, at(501), read_to=at(100)), at(501)
    )
    assert aspects_of(again) == {"core"}


def test_what_the_reading_showed_as_well_asks_nothing() -> None:
    held = holding(50, title="Same", via=POLL)
    folded = late(held, seen(50, title="Same"), read_to=at(100))
    assert aspects_of(folded) == set()


@pytest.mark.parametrize(("read_to", "asked"), [(at(100), {"comments"}), (at(4), set())])
def test_an_unknown_comment_that_the_reading_passed_is_asked_about(
    read_to: datetime, asked: set[Aspect]
) -> None:
    folded = late(holding(5), said(20), read_to=read_to)
    assert len(folded.held.comments) == 1
    assert aspects_of(folded) == asked


def test_a_changed_comment_that_the_reading_passed_is_asked_about() -> None:
    held = late(holding(5), said(6, body="First"), read_to=None).held
    assert aspects_of(late(held, said(20, body="Second"), read_to=at(100))) == {"comments"}


@pytest.mark.parametrize(("read_to", "asked"), [(at(100), True), (None, False)])
def test_a_drain_knows_how_far_its_source_was_read(
    store: Store, read_to: datetime | None, asked: bool
) -> None:
    with store.write() as connection:
        sources.declare(connection, [a_source()], NOW)
        lease = leases.take(connection, "reconcile", "me")
        assert lease is not None
        assert sources.move_cursor(connection, SOURCE, Cursor(since=read_to), "scope", lease)
    drained(store, issue_webhook(an_issue(updated=5)))
    assert (row(store).doubt is not None) is asked
