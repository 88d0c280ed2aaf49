"""Service hooks of the stand-in: what is sent, with what credential, and what failures do."""

import base64
import time

import orjson
import pytest

from tests.sandbox.azure_running import api, azure

__all__ = ["api", "azure"]


@pytest.fixture
def hooked(azure, receiver):
    azure.add_hook(receiver.url, "hook:s3cret")
    return receiver


def told(azure, receiver) -> list[dict]:
    assert azure.outbox.idle(5)
    return [orjson.loads(one.body) for one in receiver.got]


def statuses(azure) -> set[str]:
    return {one.status for one in azure.state.subscriptions.values()}


def waited(ask) -> None:
    until = time.monotonic() + 5
    while not ask():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_every_event_carries_the_credential_and_the_ids(azure, hooked):
    key = azure.acts.open("A").id
    azure.acts.edit(key, title="B")
    azure.acts.comment(key, "c")
    azure.acts.delete(key)
    azure.acts.undelete(key)
    found = told(azure, hooked)
    assert [one["eventType"].partition(".")[2] for one in found] == [
        "created", "updated", "commented", "updated", "deleted", "restored",
    ]  # fmt: skip
    assert len({one["id"] for one in found}) == 6
    assert {one["resourceContainers"]["project"]["id"] for one in found} == {azure.site.home.id}
    wanted = f"Basic {base64.b64encode(b'hook:s3cret').decode()}"
    assert {one.headers["authorization"] for one in hooked.got} == {wanted}


def test_an_update_tells_its_delta_under_the_number_of_the_update(azure, hooked):
    key = azure.acts.open("A").id
    azure.acts.state(key, "Active")
    resource = told(azure, hooked)[-1]["resource"]
    assert (resource["id"], resource["workItemId"], resource["rev"]) == (2, key, 2)
    assert resource["fields"]["System.State"] == {"oldValue": "New", "newValue": "Active"}
    assert resource["revision"]["fields"]["System.CreatedBy"] == "Mara Lind <mara@shop.example>"


def test_the_test_button_sends_samples(azure, hooked):
    azure.acts.test_hooks()
    assert {one["resource"]["workItemId"] for one in told(azure, hooked)} == {0}


def test_an_enduring_failure_brings_probation_and_new_events_are_lost(azure, hooked):
    azure.faults.set(probation=1000)
    hooked.status = 500
    key = azure.acts.open("A").id
    told(azure, hooked)
    assert "onProbation" in statuses(azure)
    hooked.status = 202
    hooked.got.clear()
    azure.acts.open("B")
    assert told(azure, hooked) == []
    azure.acts.edit(key, title="C")
    assert [one["eventType"] for one in told(azure, hooked)] == ["workitem.updated"]


def test_a_success_on_probation_ends_it(azure, hooked):
    azure.faults.set(probation=0.05)
    hooked.status = 401
    azure.acts.open("A")
    told(azure, hooked)
    assert "onProbation" in statuses(azure)
    hooked.status = 202
    waited(lambda: statuses(azure) == {"enabled"})


def test_seven_more_failures_switch_it_off(azure, hooked):
    azure.faults.set(probation=0.0001)
    hooked.status = 400
    azure.acts.open("A")
    waited(lambda: "disabledBySystem" in statuses(azure))
    assert len(hooked.got) == 8


def test_a_transient_failure_is_sent_again_with_the_same_ids(azure, hooked):
    azure.faults.set(resend=0.001)
    hooked.status = 503
    azure.acts.open("A")
    waited(lambda: len(hooked.got) > 2)
    hooked.status = 202
    waited(lambda: azure.outbox.as_json()["sent"] == 1)
    assert len({one["id"] for one in told(azure, hooked)}) == 1
    assert statuses(azure) == {"enabled"}


def test_gone_switches_it_off_at_once(azure, hooked):
    hooked.status = 410
    azure.acts.open("A")
    told(azure, hooked)
    assert "disabledBySystem" in statuses(azure)


def test_a_secret_is_read_back_masked(azure, api, hooked):
    found = api.get("/_apis/hooks/subscriptions").json()["value"]
    assert {one["consumerInputs"]["basicAuthPassword"] for one in found} == {"********"}


def test_a_forgery_has_another_credential(azure, hooked):
    azure.faults.set(forge_next=1)
    azure.acts.open("A")
    told(azure, hooked)
    assert len({one.headers["authorization"] for one in hooked.got}) == 2
