"""Arbitrary bytes and arbitrary JSON: nothing but Rejected and Permanent ever comes out."""

from contextlib import suppress

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import fingerprint
from schemas.errors import Permanent, Rejected
from schemas.event import TicketSeen
from schemas.record import Observation
from tests.trackers.jira.jira_payloads import (
    URL,
    a_change,
    a_comment,
    an_event,
    an_issue,
    hooked,
)
from tests.trackers.stand_ins import NOW, a_delivery, a_source
from trackers.jira import JIRA

SOURCE = a_source("jira", URL)
EVENTS = [
    "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created",
    "comment_deleted", "worklog_created", "issuelink_created", "sprint_started",
    "jira:version_deleted", "project_updated", "attachment_created",
]  # fmt: skip
texts = st.text(st.characters(), max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
WHOLE = an_event(
    "jira:issue_updated",
    issue=hooked(an_issue()),
    changelog={"id": "1", "items": [a_change("status", "1", "3"), a_change("project", "1", "2")]},
    comment=a_comment(),
    worklog={"id": "1", "issueId": "20481"},
    issueLink={"id": 1, "sourceIssueId": 20481, "destinationIssueId": 20377},
    sprint={"id": 1, "name": "S", "state": "active"},
    version={"id": "1", "name": "V", "projectId": 10500},
    project={"id": 10500, "key": "HARB"},
)


def paths(value, here=()):
    yield here
    items = value.items() if isinstance(value, dict) else ()
    for key, item in items:
        yield from paths(item, (*here, key))


def changed(value, path, new):
    if not path:
        return new
    return {**value, path[0]: changed(value[path[0]], path[1:], new)}


BODY_PATHS = [path for path in paths(WHOLE) if path]
RECORD = an_issue()
RECORD_PATHS = [path for path in paths(RECORD) if path]


def read(body: bytes):
    with suppress(Permanent):
        events = JIRA.parse(a_delivery({}, body))
        Observation(events=tuple(events)).model_dump_json()
        for event in events:
            if isinstance(event, TicketSeen):
                JIRA.to_ticket(event.record, SOURCE)


@given(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(["authorization", "x-hub-signature"]), texts),
)
def test_a_strange_delivery_is_refused_and_nothing_else(body, headers):
    with pytest.raises(Rejected):
        JIRA.verify(headers, body, ["secret"], NOW)


@given(st.binary(max_size=200))
def test_strange_bytes_are_permanent_at_most(body):
    read(body)


@settings(max_examples=300)
@given(st.sampled_from(EVENTS), st.sampled_from(BODY_PATHS), values)
def test_a_strange_value_anywhere_is_permanent_at_most(event, path, value):
    with suppress(TypeError):  # a number beyond what JSON writes
        read(orjson.dumps(changed({**WHOLE, "webhookEvent": event}, path, value)))


@settings(max_examples=300)
@given(st.sampled_from(RECORD_PATHS), values)
def test_a_strange_record_is_permanent_at_most(path, value):
    with suppress(Permanent):
        ticket = JIRA.to_ticket(changed(RECORD, path, value), SOURCE)
        ticket.model_dump_json()
        fingerprint.core(ticket)
