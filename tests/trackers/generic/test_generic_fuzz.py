"""Strangers' JSON: whatever it is, it ends in facts or in a Permanent with a cause."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Permanent, Rejected
from schemas.event import CommentSeen, CommentsListed, LinksListed, TicketSeen
from tests.trackers.generic.generic_payloads import (
    AT,
    SECRET,
    URL,
    a_comment,
    a_message,
    a_ticket,
    encoded,
    headers,
)
from tests.trackers.stand_ins import a_delivery, a_source
from trackers.generic import GENERIC
from trackers.generic.webhook import KINDS

MAPS = {
    "fields": {"customer": "client", "weight": "floor", "due_date": "client"},
    "statuses": {"done": "canceled"},
    "severities": {"high": "P1"},
    "types": {"incident": "bug"},
}
SOURCE = a_source("generic", URL, **MAPS)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
kinds = st.sampled_from([*KINDS, *KINDS.values()])
names = st.sampled_from(
    [*a_ticket(), "comments", "relations", "to", "ticket", "partial", "revision"]
)


def translated(message):
    """Everything the house would make of a message."""
    for event in GENERIC.parse(a_delivery({}, encoded(message))):
        match event:
            case TicketSeen():
                ticket = GENERIC.to_ticket(event.record, SOURCE)
                assert ticket.external_id == event.ticket
                assert GENERIC.holds(ticket, SOURCE) in (True, False)
            case CommentSeen():
                GENERIC.to_comment(event.record, SOURCE)
            case CommentsListed():
                [GENERIC.to_comment(one, SOURCE) for one in event.records]
            case LinksListed():
                [GENERIC.to_relation(one, SOURCE) for one in event.records]


@given(kinds, names, values)
def test_one_strange_field_of_a_ticket(kind, name, value):
    with suppress(Permanent):
        translated(a_message(kind, a_ticket(**{name: value})))


@given(kinds, st.sampled_from([*a_comment(), "ticket", "ticket_id", "comment"]), values)
def test_one_strange_field_of_a_comment(kind, name, value):
    with suppress(Permanent):
        translated(a_message(kind, a_comment(ticket_id="T-318") | {name: value}))


@given(kinds, values, values)
def test_strange_messages(kind, data, timestamp):
    with suppress(Permanent):
        translated({"type": kind, "timestamp": timestamp, "data": data})


@given(values)
def test_strange_definitions(value):
    for name in ("labels", "milestones", "sprints", "statuses", "components"):
        with suppress(Permanent):
            translated(a_message("project.configured", {name: value}))


@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "svix-signature"]),
        st.text(max_size=80),
    ),
    st.lists(st.text(max_size=60), max_size=3),
)
def test_strange_headers_and_secrets_are_refused_and_nothing_else(over, secrets):
    body = encoded(a_message("ping", {}))
    with suppress(Rejected):
        GENERIC.verify(headers(body) | over, body, secrets, AT)


@given(st.sampled_from(["webhook-id", "webhook-timestamp"]), st.text(max_size=30))
def test_what_is_signed_cannot_be_changed(name, value):
    body = encoded(a_message("ping", {}))
    sent = headers(body)
    changed = {**sent, name: value if value != sent[name] else "other"}
    with pytest.raises(Rejected):
        GENERIC.verify(changed, body, [SECRET], AT)
