"""Arbitrary bytes and arbitrary JSON: nothing but Rejected and Permanent ever comes out."""

import json
from contextlib import suppress

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import fingerprint
from schemas.errors import Permanent, Rejected
from schemas.event import CommentSeen, TicketSeen
from schemas.record import Observation
from tests.trackers.github.github_payloads import (
    SECRET,
    URL,
    a_comment,
    a_label,
    a_milestone,
    a_payload,
    an_issue,
    headers,
)
from tests.trackers.stand_ins import NOW, a_delivery, a_source
from trackers.registry import tracker_named

GITHUB = tracker_named("github")
SOURCE = a_source("github", URL)
EVENTS = [
    "issues", "issue_comment", "sub_issues", "issue_dependencies", "label", "milestone",
    "repository", "ping", "push", "",
]  # fmt: skip

texts = st.text(st.characters(), max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
WHOLE = a_payload(
    "created",
    issue=an_issue(labels=[a_label()], milestone=a_milestone()),
    comment=a_comment(),
    sub_issue=an_issue(2),
    parent_issue=an_issue(3),
    label=a_label(),
    milestone=a_milestone(),
    changes={"repository": {"name": {"from": "old"}}},
)


def paths(value, here=()):
    yield here
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*here, key))


PATHS = [path for path in paths(WHOLE) if path]


def changed(path, value):
    copy = orjson.loads(orjson.dumps(WHOLE))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


def live_through(event, body, *, form=False):
    sent = headers(event, body, form=form)
    proof = GITHUB.verify(sent, body, [SECRET], NOW)
    proof.model_dump_json()
    with suppress(Permanent):
        events = GITHUB.parse(a_delivery(sent, body))
        Observation(events=tuple(events)).model_dump_json()
        for one in events:
            if isinstance(one, TicketSeen):
                ticket = GITHUB.to_ticket(one.record, SOURCE)
                ticket.model_dump_json()
                fingerprint.core(ticket)
            if isinstance(one, CommentSeen):
                GITHUB.to_comment(one.record, SOURCE).model_dump_json()


@given(st.sampled_from(EVENTS), st.binary(max_size=200), st.booleans())
def test_arbitrary_bytes_are_survived(event, body, form):
    live_through(event, body, form=form)


@given(st.sampled_from(EVENTS), st.dictionaries(texts, values, max_size=3))
def test_arbitrary_objects_are_survived(event, value):
    live_through(event, json.dumps(value).encode())


@settings(max_examples=400)
@given(st.sampled_from(EVENTS), st.sampled_from(PATHS), values)
def test_a_payload_with_one_odd_value_is_survived(event, path, value):
    live_through(event, json.dumps(changed(path, value)).encode())


@given(
    st.binary(max_size=60), st.dictionaries(texts, texts, max_size=3), st.lists(texts, max_size=2)
)
def test_unsigned_deliveries_are_rejected_and_nothing_else(body, sent, secrets):
    with pytest.raises(Rejected):
        GITHUB.verify(sent, body, secrets, NOW)
