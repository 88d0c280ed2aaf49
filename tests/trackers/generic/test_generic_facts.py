"""What messages say, in every shape that is documented."""

import pytest

from schemas.errors import Permanent
from schemas.event import (
    CommentGone,
    CommentSeen,
    Ignored,
    Ping,
    TicketGone,
    TicketMoved,
    TicketSeen,
)
from tests.trackers.generic.generic_payloads import URL, a_comment, a_message, a_ticket, encoded
from tests.trackers.stand_ins import a_delivery, a_source
from trackers.generic import GENERIC
from trackers.generic.webhook import KINDS, taken_apart

SOURCE = a_source("generic", URL)


def facts(message):
    return GENERIC.parse(a_delivery({}, encoded(message)))


def ticket(message):
    [seen] = [one for one in facts(message) if isinstance(one, TicketSeen)]
    return GENERIC.to_ticket(seen.record, SOURCE)


@pytest.mark.parametrize("wrap", [
    lambda one: a_message("ticket.updated", one),
    lambda one: a_message("ticket.updated", {"ticket": one}),
    lambda one: {**one, "type": "ticket.updated", "timestamp": "2026-11-20T12:00:00Z"},
    lambda one: a_message("TicketUpdated", one),
    lambda one: {"type": "TicketUpdated", "ticket": one},
])  # fmt: skip
def test_a_ticket_may_lie_in_data_inside_ticket_or_flat(wrap):
    found = ticket(wrap(a_ticket()))
    assert (found.external_id, found.key, found.full) == ("T-318", "HARBOUR-318", True)


@pytest.mark.parametrize(("theirs", "ours"), KINDS.items())
def test_the_names_of_an_in_house_system_mean_the_same(theirs, ours):
    told, meant = (taken_apart(a_message(one, a_ticket())) for one in (theirs, ours))
    assert (told.kind, told.key) == (meant.kind, meant.key)


@pytest.mark.parametrize(
    ("kind", "state", "category"),
    [("ticket.closed", "closed", "done"), ("ticket.reopened", "open", "todo")],
)
def test_closed_and_reopened_say_the_state_by_themselves(kind, state, category):
    thin = ticket(a_message(kind, {"id": "T-318"}))
    assert (thin.state, thin.status_category) == (state, category)
    assert thin.present == {
        "id", "state", "status", "status_category", "closed_at", "updated_at", "revision"
    } - {"id"}  # fmt: skip
    whole = ticket(a_message(kind, a_ticket()))
    assert (whole.state, whole.full) == (state, True)


def test_what_only_names_a_ticket_is_ignored_with_words():
    [event] = facts(a_message("ticket.updated", {"id": "T-318", "key": "HARBOUR-318"}))
    assert isinstance(event, Ignored)
    assert "no API to ask" in event.reason


def test_a_deletion_brings_the_last_state_along_when_it_is_told():
    thin = facts(a_message("ticket.deleted", {"id": "T-318"}))
    assert thin == [TicketGone(ticket="T-318", proof="ticket.deleted")]
    told = facts(a_message("TicketDeleted", a_ticket()))
    assert [type(one) for one in told] == [TicketSeen, TicketGone]


def test_a_move_tells_where_to():
    to = {"key": "PIER-4", "url": "https://tickets.example.com/pier/4"}
    [moved] = facts(a_message("ticket.moved", {"id": 318, "to": to}))
    assert isinstance(moved, TicketMoved)
    assert (moved.ticket, moved.to.key) == ("318", "PIER-4")
    [bare] = facts(a_message("ticket.moved", {"id": 318}))
    assert bare.to.key is None


@pytest.mark.parametrize("data", [
    {"comment": a_comment(), "ticket": {"id": "T-318"}},
    {"comment": a_comment(), "ticket_id": "T-318"},
    {"comment": a_comment(), "ticket": "T-318"},
    {"comment": a_comment(ticket_id="T-318")},
    a_comment(ticket_id="T-318"),
    a_comment(ticket={"id": "T-318"}),
])  # fmt: skip
def test_a_comment_names_its_ticket_in_any_of_these_ways(data):
    [seen] = facts(a_message("comment.created", data))
    assert isinstance(seen, CommentSeen)
    assert seen.ticket == "T-318"
    comment = GENERIC.to_comment(seen.record, SOURCE)
    assert (comment.id, comment.author.login, comment.body) == ("C-1", "tomas", "Seen it too.")
    [gone] = facts(a_message("comment.deleted", data))
    assert gone == CommentGone(ticket="T-318", comment="C-1")


def test_a_comment_brings_its_ticket_along():
    told = facts(a_message("comment.updated", {"comment": a_comment(), "ticket": a_ticket()}))
    assert [type(one) for one in told] == [TicketSeen, CommentSeen]


def test_comments_and_links_listed_in_a_ticket_are_complete_lists():
    lists = {"comments": [a_comment()], "relations": [{"kind": "blocks", "id": "T-9"}]}
    seen, comments, links = facts(a_message("ticket.updated", a_ticket(**lists)))
    assert "comments" not in seen.record
    assert len(comments.records) == 1
    [relation] = [GENERIC.to_relation(one, SOURCE) for one in links.records]
    assert (relation.kind, relation.target.external_id) == ("blocks", "T-9")


@pytest.mark.parametrize("kind", ["ping", "test", "webhook.test"])
def test_a_try_of_the_address_is_a_ping(kind):
    assert facts(a_message(kind, {})) == [Ping()]


@pytest.mark.parametrize("kind", ["invoice.paid", "TicketDreamt", "ticket.dreamt", "push"])
def test_what_we_do_not_keep_is_ignored_by_name(kind):
    assert facts(a_message(kind, a_ticket())) == [Ignored(reason=f"{kind} holds nothing we keep")]


def test_a_project_without_definitions_is_ignored_by_name():
    [event] = facts(a_message("ProjectConfigured", {"id": "harbour", "name": "Harbour"}))
    assert "ProjectConfigured" in event.reason


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ({"data": a_ticket()}, "type is no text"),
        ({"type": "a b", "data": a_ticket()}, "type is no text"),
        ({"type": "a" * 101}, "type is no text"),
        (a_message("ticket.created", {"title": "x"}), "data.id is missing"),
        (a_message("ticket.created", a_ticket(True)), "data.id"),
        (a_message("ticket.created", a_ticket("")), "data.id"),
        (a_message("comment.created", a_comment()), "which ticket"),
        (a_message("comment.created", {"ticket": {"id": 1}, "body": "x"}), "data.comment.id"),
        (a_message("ticket.moved", {"id": 1, "to": "PIER-4"}), "data.to is a text"),
        (a_message("ticket.updated", a_ticket(comments=["x"])), "data.comments is a text"),
        (a_message("ticket.updated", a_ticket(relations={})), "data.relations is an object"),
    ],
)
def test_what_is_broken_ends_with_its_cause(message, cause):
    with pytest.raises(Permanent, match=cause):
        facts(message)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", None])
def test_what_is_no_json_ends_with_its_cause(body):
    with pytest.raises(Permanent, match=r"JSON|dropped"):
        GENERIC.parse(a_delivery({}, body))


def test_every_fact_is_about_the_lane_of_its_delivery():
    for kind in KINDS.values():
        data = {"ticket": a_ticket(), "comment": a_comment()} if "comment" in kind else a_ticket()
        message = a_message(kind, data)
        for event in facts(message):
            assert getattr(event, "ticket", "T-318") == "T-318"
