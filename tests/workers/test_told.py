"""What an apply tells others: tickets created, changed and lost, each once and in few words."""

from typing import Any

import pytest

from schemas.delivery import Via
from schemas.event import (
    CommentGone,
    Doubtful,
    LinksListed,
    TicketGone,
    TicketHidden,
    TicketMoved,
    TicketReturned,
    TicketSeen,
)
from schemas.notice import TYPES, ticket_created, ticket_updated
from schemas.ticket import TicketRef
from store import outbox, sources
from store.database import Store
from store.notices import Teller
from tests.builders import (
    NOW,
    SOURCE,
    a_comment_record,
    a_source,
    a_ticket,
    a_work,
    an_issue,
    comment_webhook,
    issue_webhook,
    observed,
    partial,
    polled,
    polled_comment,
)
from tests.workers.draining import drained
from workers.work import Work


class Scene:
    """A worker that tells, and what it told since the last look."""

    def __init__(self, store: Store, *, types: frozenset[str] = frozenset(TYPES)) -> None:
        self.store = store
        self.work: Work = a_work(store, tell=Teller(types))
        self._seen = 0

    def drain(self, *arrivals: Any) -> list[tuple[str, Any]]:
        """Drains deliveries; (type, changed or fate) of what that told."""
        drained(self.store, *arrivals, work=self.work)
        return [
            (one.type, one.content.get("fate") or one.content.get("changed")) for one in self.new()
        ]

    def new(self) -> list[outbox.Letter]:
        with self.store.read() as connection:
            found = outbox.find(connection, limit=1_000)[::-1]
        fresh, self._seen = found[self._seen :], len(found)
        return fresh


CREATED = ("ExternalTicketCreated", None)


def updated(*changed: str) -> tuple[str, list[str]]:
    return "ExternalTicketUpdated", list(changed)


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


@pytest.fixture
def holding(scene: Scene) -> Scene:
    """Ticket 12 is held, and was told of."""
    assert scene.drain(polled(an_issue(updated=1))) == [CREATED]
    return scene


def test_a_ticket_is_created_once(holding: Scene) -> None:
    assert holding.drain(polled(an_issue(updated=1), when=5)) == []
    assert holding.drain(issue_webhook(an_issue(updated=1), "opened", when=6)) == []


def test_what_is_told_names_the_ticket(scene: Scene) -> None:
    drained(scene.store, polled(an_issue(title="The till jams", updated=1)), work=scene.work)
    (one,) = scene.new()
    assert (one.source, one.ticket, one.at) == (SOURCE, "12", NOW)
    assert one.content["ticket"]["title"] == "The till jams"
    assert "body" not in one.content["ticket"]


def test_the_changed_fields_are_named(holding: Scene) -> None:
    assert holding.drain(polled(an_issue(updated=2, title="New"), when=2)) == [updated("title")]
    both = an_issue(updated=3, title="Newer", locked=True, body="Other")
    assert holding.drain(issue_webhook(both, when=3)) == [updated("body", "locked", "title")]


def test_a_revision_that_moved_alone_tells_nothing(holding: Scene) -> None:
    assert holding.drain(polled(an_issue(updated=9), when=9)) == []


def test_a_delivery_that_comes_late_tells_nothing(holding: Scene) -> None:
    holding.drain(polled(an_issue(updated=9, title="New"), when=9))
    assert holding.drain(issue_webhook(an_issue(updated=5, title="Old"), when=10)) == []


def test_several_deliveries_of_one_drain_are_one_change(holding: Scene) -> None:
    steps = [
        issue_webhook(an_issue(updated=2, title="A"), when=2),
        issue_webhook(an_issue(updated=3, title="B", state="closed"), when=3),
    ]
    assert holding.drain(*steps) == [updated("state", "status", "title")]


def test_a_part_of_a_record_tells_its_change_and_the_whole_one_nothing_more(
    holding: Scene,
) -> None:
    whole = an_issue(updated=2, title="New")
    slim = partial(whole, "labels")
    assert holding.drain(issue_webhook(slim, when=2)) == [updated("title")]
    assert holding.drain(polled(whole, when=3)) == []


def test_what_is_known_in_part_is_created_when_it_is_whole(scene: Scene) -> None:
    whole = an_issue(updated=2)
    assert scene.drain(issue_webhook(partial(whole, "labels"), when=2)) == []
    assert scene.drain(polled(whole, when=3)) == [CREATED]


def test_a_ticket_that_was_only_heard_of_is_created_when_it_is_read(scene: Scene) -> None:
    assert (
        scene.drain(
            observed(Doubtful(tickets=("12",), aspect="core", reason="a hint"), ticket="12")
        )
        == []
    )
    read = observed(TicketSeen(ticket="12", record=an_issue(updated=1)), via=Via.fetch, when=5)
    assert scene.drain(read) == [CREATED]


def test_comments_are_told_as_a_change(holding: Scene) -> None:
    note = a_comment_record(updated=2)
    assert holding.drain(polled_comment(note, when=2)) == [updated("comments")]
    assert holding.drain(polled_comment(note, when=3)) == []
    edited = a_comment_record(updated=4, body="Other")
    assert holding.drain(polled_comment(edited, when=4)) == [updated("comments")]
    gone = CommentGone(ticket="12", comment="40001")
    assert holding.drain(observed(gone, when=5)) == [updated("comments")]
    assert holding.drain(observed(gone, when=6)) == []


def test_the_end_of_a_comment_nobody_knew_tells_nothing(holding: Scene) -> None:
    assert holding.drain(observed(CommentGone(ticket="12", comment="7"), when=5)) == []


def test_a_comment_and_its_ticket_in_one_delivery_are_one_change(holding: Scene) -> None:
    hook = comment_webhook(an_issue(updated=4, title="New"), a_comment_record(updated=4), when=4)
    assert holding.drain(hook) == [updated("comments", "title")]


def test_links_are_told_when_they_are_others(holding: Scene) -> None:
    link = {"kind": "child", "number": 77, "here": True, "url": "https://x.example/77"}
    read = [
        observed(LinksListed(ticket="12", records=records), via=Via.fetch, when=when)
        for when, records in ((2, (link,)), (3, (link,)), (4, ()))
    ]
    assert [holding.drain(one) for one in read] == [[updated("links")], [], [updated("links")]]


@pytest.mark.parametrize(
    ("event", "fate"),
    [
        (TicketGone(ticket="12", proof="410"), "deleted"),
        (TicketHidden(ticket="12", reason="404"), "hidden"),
        (TicketMoved(ticket="12", to=TicketRef(key="other/repo#7")), "moved"),
    ],
    ids=["deleted", "hidden", "moved"],
)
def test_what_became_of_a_ticket_is_told_and_that_it_is_back(
    holding: Scene, event: Any, fate: str
) -> None:
    lost = observed(event, via=Via.fetch, when=5)
    assert holding.drain(lost) == [("ExternalTicketUpdated", fate)]
    assert holding.drain(observed(event, via=Via.fetch, when=6)) == []
    again = observed(TicketSeen(ticket="12", record=an_issue(updated=1)), via=Via.fetch, when=20)
    assert holding.drain(again) == [("ExternalTicketUpdated", "back")]


def test_one_that_is_back_and_then_read_is_not_created_anew(holding: Scene) -> None:
    holding.drain(observed(TicketGone(ticket="12", proof="410"), via=Via.fetch, when=5))
    back = observed(TicketReturned(ticket="12"), when=9)
    assert holding.drain(back) == [("ExternalTicketUpdated", "back")]
    read = observed(
        TicketSeen(ticket="12", record=an_issue(updated=1, title="New")), via=Via.fetch, when=20
    )
    assert holding.drain(read) == [updated("title")]


def test_the_end_of_a_ticket_nobody_was_told_of_tells_nothing(scene: Scene) -> None:
    assert scene.drain(observed(TicketGone(ticket="12", proof="410"), when=5)) == []


def test_a_ticket_nobody_called_open_is_told_by_its_key_alone() -> None:
    unknown = a_ticket(confidential=None, title="Secret")
    plain = {"source": SOURCE, "key": "12", "confidential": True}
    assert ticket_created(unknown, NOW).content == plain
    assert ticket_updated(unknown, NOW, changed=["title"]).content == plain


def test_an_apply_that_fails_tells_nothing(holding: Scene) -> None:
    broken = an_issue(updated=3, title="New") | {"user": 5}
    assert holding.drain(issue_webhook(broken, when=3)) == []


def test_only_what_somebody_listens_to_is_recorded(store: Store) -> None:
    scene = Scene(store, types=frozenset({"ExternalTicketCreated"}))
    assert scene.drain(polled(an_issue(updated=1))) == [CREATED]
    assert scene.drain(polled(an_issue(updated=2, title="New"), when=2)) == []


def test_without_a_listener_nothing_is_recorded(store: Store) -> None:
    scene = Scene(store, types=frozenset())
    assert scene.drain(polled(an_issue(updated=1))) == []
    assert scene.drain(polled(an_issue(updated=2, title="New"), when=2)) == []


def test_a_source_that_falls_into_error_is_told_once(store: Store) -> None:
    scene = Scene(store)
    with store.write() as connection:
        sources.declare(connection, [a_source()], NOW)
        sources.set_status(connection, SOURCE, "active")
    scene.drain(issue_webhook(an_issue(updated=1)))
    stranger = an_issue(updated=9) | {"id": 424242}
    told = scene.drain(issue_webhook(stranger), issue_webhook(stranger | {"body": "again"}))
    assert told == [("SyncStatusChanged", None)]
