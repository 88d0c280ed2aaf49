"""From the stand-in's letters to tickets: proven, read, and equal to the truth."""

from datetime import UTC, datetime

from sandbox.generic import app as stand_in
from schemas.event import (
    CommentGone,
    CommentSeen,
    CommentsListed,
    TicketGone,
    TicketMoved,
    TicketSeen,
)
from tests.trackers.stand_ins import a_delivery, a_source
from trackers.generic import GENERIC

NOWHERE = "http://127.0.0.1:9/webhooks/shop"


def test_what_was_told_last_is_what_is_true():
    with stand_in.start(tickets=4, comments=6) as running:
        source = a_source("generic", running.project_url)
        hook = running.add_hook(NOWHERE, "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
        running.people.work(250)
        tickets, comments, gone, known = {}, {}, set(), set()
        for letter in hook.sent:
            headers = {name.lower(): one for name, one in letter.headers.items()}
            secret = hook.secrets[0]
            proof = GENERIC.verify(headers, letter.body, [secret], datetime.now(UTC))
            if proof.delivery_key in known:
                continue  # a retry of what was taken already
            known.add(proof.delivery_key)
            for event in GENERIC.parse(a_delivery(headers, letter.body)):
                _take(event, proof, source, tickets, comments, gone)
        truth = running.neutral()["tickets"]
    alive = [one for one in truth if not one["deleted"]]
    assert {one["key"] for one in alive} == {t.key for k, t in tickets.items() if k not in gone}
    by_key = {ticket.key: ticket for ticket in tickets.values()}
    for one in alive:
        ticket = by_key[one["key"]]
        assert ticket.full
        assert (ticket.title, ticket.body, ticket.state) == (
            one["title"],
            one["body"],
            one["state"],
        )
        assert sorted(label.name for label in ticket.labels) == one["labels"]
        assert sorted(person.login for person in ticket.assignees) == one["assignees"]
        assert (ticket.milestone.title if ticket.milestone else None) == one["milestone"]
        said = comments.get(ticket.external_id, {})
        assert sorted((c.author.login, c.body) for c in said.values()) == sorted(
            (c["author"], c["body"]) for c in one["comments"]
        )


def _take(event, proof, source, tickets, comments, gone):
    lane = proof.ticket
    assert getattr(event, "ticket", lane) == lane
    said = comments.setdefault(lane, {})
    match event:
        case TicketSeen():
            tickets[lane] = GENERIC.to_ticket(event.record, source)
        case CommentSeen():
            comment = GENERIC.to_comment(event.record, source)
            said[comment.id] = comment
        case CommentsListed():
            for record in event.records:
                comment = GENERIC.to_comment(record, source)
                said[comment.id] = comment
        case CommentGone():
            said.pop(event.comment, None)
        case TicketGone() | TicketMoved():
            gone.add(lane)
