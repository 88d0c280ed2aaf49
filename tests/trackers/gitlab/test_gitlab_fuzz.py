"""Whatever arrives: an outcome or a Permanent with a cause, never another error."""

from contextlib import suppress

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import Permanent, Rejected
from schemas.event import CommentSeen, TicketSeen
from tests.trackers.gitlab.gitlab_payloads import a_note, an_issue, the_source
from tests.trackers.stand_ins import NOW, a_delivery
from trackers.gitlab import GITLAB

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**40) | st.text(max_size=8) | st.floats(0, 9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = st.sampled_from(["issue", "work_item", "note", "emoji", "milestone", "access_token"])
NAMES = st.sampled_from(["project_rename", "project_destroy", "project_update"])
ISSUE = {"iid": 12, "id": 1, "title": "A", "state": "opened", "labels": [], "project_id": 1}
PARTS = st.fixed_dictionaries(
    {"object_kind": KINDS},
    optional={
        "event_name": NAMES,
        "project": JSON | st.just({"id": 1, "path_with_namespace": "a/b"}),
        "project_id": JSON,
        "path_with_namespace": JSON,
        "user": JSON,
        "object_attributes": JSON | st.just(ISSUE) | st.just({"noteable_type": "Issue", "id": 4}),
        "issue": JSON | st.just(ISSUE),
        "assignees": JSON,
        "action": JSON,
    },
)


def lived(read) -> None:
    """Any error but a Permanent fails the test by itself."""
    with suppress(Permanent):
        read()


@settings(max_examples=300, deadline=None)
@given(PARTS)
def test_any_payload_is_read_or_refused_with_a_cause(payload):
    body = orjson.dumps(payload)
    GITLAB.verify({"x-gitlab-token": "t"}, body, ["t"], NOW)

    def read() -> None:
        for event in GITLAB.parse(a_delivery({}, body)):
            if isinstance(event, TicketSeen):
                GITLAB.to_ticket(event.record, the_source())
            if isinstance(event, CommentSeen):
                GITLAB.to_comment(event.record, the_source())

    lived(read)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(an_issue())), JSON)
def test_any_field_of_a_record_may_be_anything(name, value):
    lived(lambda: GITLAB.to_ticket(an_issue(**{name: value}), the_source()))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(a_note())), JSON)
def test_any_field_of_a_note_may_be_anything(name, value):
    lived(lambda: GITLAB.to_comment(a_note(**{name: value}), the_source()))


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["x-gitlab-token", "webhook-id", "webhook-timestamp", "webhook-signature"]),
        st.text(max_size=20),
    ),
    st.binary(max_size=40),
)
def test_any_headers_are_refused_and_nothing_else(headers, body):
    unproven = False
    with suppress(Rejected):
        GITLAB.verify(headers, body, ["whsec_" + "A" * 43 + "=", "a token"], NOW)
        unproven = headers.get("x-gitlab-token") != "a token"
    assert not unproven
