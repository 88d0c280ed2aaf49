"""What deliveries say: which work item to read, and nothing that would be believed unread."""

import json
from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Permanent
from tests.trackers.stand_ins import NOW, a_delivery, shared
from trackers.azure_devops import AZURE_DEVOPS
from trackers.azure_devops.webhook import work_item

SAMPLES = {
    "workitem_created": ["318/core"],
    "workitem_created_minimal_details": ["318/core"],
    "workitem_updated": ["318/core"],
    "workitem_updated_relation_only": ["318/core"],
    "workitem_updated_by_own_service_echo": ["318/core"],
    "workitem_commented": ["318/core", "318/comments"],
    "workitem_deleted": ["318/core"],
    "workitem_restored": ["318/core", "318/comments"],
    "workitem_updated_test_button": [],
}


def hints(body: bytes) -> list[str]:
    told = AZURE_DEVOPS.parse(a_delivery({}, body))
    return [f"{one.tickets[0]}/{one.aspect}" for one in told if one.fact == "doubtful"]


def lane(body: bytes) -> str | None:
    return AZURE_DEVOPS.verify({"x-hook-token": "t"}, body, ["t"], NOW).ticket


@pytest.mark.parametrize(("name", "expected"), SAMPLES.items())
def test_a_sample_of_the_reference_hints_at_its_work_item(name, expected):
    body = shared(f"reference/payloads/azure_devops/{name}.json").read_bytes()
    assert hints(body) == expected


def test_hints_are_about_the_lane_the_door_chose():
    for name, expected in SAMPLES.items():
        body = shared(f"reference/payloads/azure_devops/{name}.json").read_bytes()
        assert {one.partition("/")[0] for one in hints(body)} <= {lane(body)}
        assert bool(expected) == bool(hints(body))


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"id": 4, "workItemId": 12, "revision": {"id": 9}}, "12"),
        ({"id": 4, "workItemId": "12"}, "12"),
        ({"id": 4, "workItemId": 0, "revision": {"id": 12}}, "12"),
        ({"id": 4, "_links": {"parent": {"href": "https://x/_apis/wit/workItems/12"}}}, "12"),
        ({"id": 4, "url": "https://x/o/_apis/wit/workItems/12/updates/4"}, "12"),
        ({"id": 4}, None),
        ({"id": 4, "workItemId": True}, None),
        ({"id": 4, "workItemId": 2**31}, None),
        (None, None),
        ([], None),
    ],
)
def test_the_number_of_an_update_is_never_taken_for_the_work_item(resource, expected):
    assert work_item("workitem.updated", resource) == expected


def test_in_all_other_events_the_id_is_the_work_items():
    assert work_item("workitem.created", {"id": 12}) == "12"
    url = "https://x/o/p/_apis/wit/recyclebin/12"
    assert work_item("workitem.deleted", {"url": url}) is None


def test_details_that_are_switched_off_leave_nothing_to_hint_at():
    body = orjson.dumps({"eventType": "workitem.updated", "resource": None})
    [told] = AZURE_DEVOPS.parse(a_delivery({}, body))
    assert "switched off" in told.reason


def test_the_project_an_item_left_is_the_one_the_hook_is_of():
    payload = {
        "eventType": "workitem.updated",
        "resource": {
            "workItemId": 12,
            "fields": {"System.TeamProject": {"oldValue": "Harbour", "newValue": "Coast"}},
        },
        "resourceContainers": {"project": {"id": "p-1"}},
    }
    seen = AZURE_DEVOPS.parse(a_delivery({}, orjson.dumps(payload)))[0]
    assert (seen.id, seen.name) == ("p-1", "Harbour")


def test_a_test_notification_of_no_subscription_is_ignored():
    nobody = "00000000-0000-0000-0000-000000000000"
    body = {"eventType": "workitem.created", "subscriptionId": nobody, "resource": {"id": 5}}
    told = AZURE_DEVOPS.parse(a_delivery({}, orjson.dumps(body)))
    assert [one.fact for one in told] == ["ping", "ignored"]


@pytest.mark.parametrize(
    "old",
    [
        "https://lantern.visualstudio.com/_apis/wit/workItems/12",
        "http://inner.lantern.example/tfs/Coast/_apis/wit/workItems/12",
        None,
    ],
)
def test_another_address_of_the_same_organization_is_no_test(old):
    body = {
        "eventType": "workitem.created",
        "resource": {"id": 12, "url": old},
        "resourceContainers": {"project": {"id": "p", "baseUrl": "https://dev.azure.com/lantern/"}},
    }
    assert hints(orjson.dumps(body)) == ["12/core"]


def test_a_sample_of_the_documentation_is_a_test():
    url = "http://fabrikam-fiber-inc.visualstudio.com/_apis/wit/workItems/5"
    body = {
        "eventType": "workitem.created",
        "resource": {"id": 5, "url": url},
        "resourceContainers": {"project": {"id": "p", "baseUrl": "https://dev.azure.com/lantern/"}},
    }
    assert hints(orjson.dumps(body)) == []


@pytest.mark.parametrize("body", [None, b"", b"{", b"[]", b"{}", b'{"eventType": 5}'])
def test_a_broken_body_is_a_dead_letter_with_a_cause(body):
    with pytest.raises(Permanent, match=r"body|eventType"):
        AZURE_DEVOPS.parse(a_delivery({}, body))


def test_an_event_we_do_not_know_is_ignored_by_name():
    [told] = AZURE_DEVOPS.parse(a_delivery({}, b'{"eventType": "build.complete"}'))
    assert told.reason == "build.complete holds nothing we keep"


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3)
    ),
)
NAMES = st.sampled_from(
    ["id", "workItemId", "rev", "fields", "relations", "revision", "url", "_links", "revisedBy"]
)


@given(
    st.sampled_from(["workitem.updated", "workitem.created", "workitem.commented"]),
    st.dictionaries(NAMES, VALUES, max_size=6) | VALUES,
    VALUES,
)
def test_whatever_stands_in_a_delivery_is_read_or_refused_with_a_cause(event, resource, containers):
    told = {"eventType": event, "resource": resource, "resourceContainers": containers}
    body = json.dumps(told).encode()
    facts = []
    with suppress(Permanent):
        facts = AZURE_DEVOPS.parse(a_delivery({}, body))
    tickets = {one.tickets[0] for one in facts if one.fact == "doubtful"}
    assert tickets <= {lane(body)}
