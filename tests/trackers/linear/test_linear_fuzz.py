"""Arbitrary bytes and arbitrary JSON: nothing but Rejected and Permanent ever comes out."""

import json
from contextlib import suppress

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import fingerprint
from schemas.errors import Permanent
from schemas.event import CommentSeen, TicketSeen
from schemas.record import Observation
from tests.trackers.linear.linear_payloads import (
    SECRET,
    a_comment,
    an_issue,
    payload,
    signed,
    source,
)
from tests.trackers.stand_ins import NOW, a_delivery
from trackers.linear import LINEAR

KINDS = [
    "Issue", "Comment", "IssueLabel", "Cycle", "Project", "Reaction", "Attachment",
    "IssueRelation", "User", "",
]  # fmt: skip
texts = st.text(st.characters(), max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
ABOUT = {
    **a_comment(),
    **an_issue(
        labels=[{"id": "l", "name": "Bug", "color": "#eb5757", "parentId": "g"}],
        assignee={"id": "u", "name": "Otto", "url": "https://linear.app/h/profiles/otto"},
        cycle={"id": "c", "number": 7, "startsAt": "2026-11-16T08:00:00.000Z"},
        project={"id": "p", "name": "Lanterns"},
        projectMilestone={"id": "m", "name": "One", "targetDate": "2026-12-31"},
        botActor='{"id": "b", "type": "slack"}',
        parent={"id": "p", "identifier": "ENG-1"},
        reactionData=[{"emoji": "+1", "reactions": [{"id": "1"}]}],
        comments={"nodes": [{"id": "c"}], "pageInfo": {"hasNextPage": False}},
        estimate=3,
        dueDate="2026-12-24",
    ),
    "name": "A name",
    "number": 7,
    "milestones": [{"id": "m", "name": "One"}],
    "relatedIssueId": "o",
}
WHOLE = payload("Issue", "update", ABOUT, updatedFrom={"parentId": "old"}, url="https://x/y")


def paths(value, here=()):
    yield here
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*here, key))
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from paths(item, (*here, place))


PATHS = [path for path in paths(WHOLE) if path]


def changed(kind, path, value):
    copy = orjson.loads(orjson.dumps(WHOLE | {"type": kind}))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


def live_through(body):
    sent = signed(body)
    with suppress(Permanent):
        events = LINEAR.parse(a_delivery(sent, body))
        Observation(events=tuple(events)).model_dump_json()
        for one in events:
            if isinstance(one, TicketSeen):
                ticket = LINEAR.to_ticket(one.record, source())
                ticket.model_dump_json()
                fingerprint.core(ticket)
            if isinstance(one, CommentSeen):
                LINEAR.to_comment(one.record, source()).model_dump_json()


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_survived(body):
    LINEAR.verify(signed(body), body, [SECRET], NOW).model_dump_json()
    live_through(body)


@given(st.sampled_from(KINDS), st.dictionaries(texts, values, max_size=3))
def test_arbitrary_objects_are_survived(kind, value):
    live_through(json.dumps(payload(kind, "update", value)).encode())


@settings(max_examples=600)
@given(st.sampled_from(KINDS), st.sampled_from(PATHS), values)
def test_a_payload_with_one_odd_value_is_survived(kind, path, value):
    live_through(json.dumps(changed(kind, path, value)).encode())


@settings(max_examples=300)
@given(st.sampled_from([path[1:] for path in PATHS if path[0] == "data" and path[1:]]), values)
def test_a_record_with_one_odd_value_is_survived(path, value):
    record = changed("Issue", ("data", *path), value)["data"]
    with suppress(Permanent):
        LINEAR.to_ticket(record, source()).model_dump_json()
    with suppress(Permanent):
        LINEAR.to_comment(record, source()).model_dump_json()
