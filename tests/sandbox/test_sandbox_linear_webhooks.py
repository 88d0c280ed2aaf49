"""The stand-in's webhooks: signed, told of each act, tried again, disabled, forged on request."""

import hashlib
import hmac
import time

import pytest

from sandbox import serve
from sandbox.linear import app
from tests.sandbox.linear_running import Listener, found, updated

SECRET = "s3cret"


@pytest.fixture
def world():
    with app.start(tickets=3, comments=1) as running:
        yield running


@pytest.fixture
def listener(world):
    here = Listener()
    served = serve.Served(here, serve.bind())
    here.url = f"{served.url}/hook"
    world.add_hook(here.url, SECRET)
    yield here
    served.stop()


def heard(world, listener):
    assert world.outbox.idle(5)
    return listener.payloads


def test_a_delivery_is_signed_over_the_raw_body_and_carries_its_time(world, listener):
    world.acts.edit("ENG-1", title="New")
    [payload] = heard(world, listener)
    headers, body = listener.got[0]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["linear-signature"] == digest
    assert headers["linear-event"] == "Issue"
    assert headers["linear-timestamp"] == str(payload["webhookTimestamp"])
    assert abs(payload["webhookTimestamp"] / 1000 - time.time()) < 10
    assert payload["webhookId"] == world.state.webhooks[0].id


def test_an_update_tells_former_values_by_id(world, listener):
    issue = world.state.issue("ENG-1")
    state, labels = issue.state.id, [label.id for label in issue.labels]
    world.acts.label("ENG-1", "Checkout")
    world.acts.close("ENG-1", "Duplicate" if issue.state.name == "Done" else "Done")
    first, second = heard(world, listener)
    assert first["updatedFrom"]["labelIds"] == labels
    assert second["updatedFrom"]["stateId"] == state
    assert "completedAt" in second["updatedFrom"] or "canceledAt" in second["updatedFrom"]
    assert second["updatedFrom"]["updatedAt"] == first["data"]["updatedAt"]


def test_every_act_tells_its_own_event(world, listener):
    acts = world.acts
    acts.open("New", labels=["Bug"])
    comment = acts.comment("ENG-1", "Hello")
    acts.edit_comment(comment.id, "Again")
    acts.delete_comment(comment.id)
    acts.react("ENG-1", "heart")
    acts.attach("ENG-1", "https://example.org", "E")
    acts.create_label("wish")
    acts.rename_label("wish", "want")
    acts.delete_label("want")
    acts.create_cycle("2027-01-01T00:00:00.000Z", "2027-01-15T00:00:00.000Z")
    acts.rename_project("Kasse", "Kassen")
    acts.delete("ENG-1")
    acts.purge("ENG-1")
    told = [f"{one['type']}.{one['action']}" for one in heard(world, listener)]
    assert told == [
        "Issue.create", "Comment.create", "Comment.update", "Comment.remove", "Reaction.create",
        "Attachment.create", "IssueLabel.create", "IssueLabel.update", "IssueLabel.remove",
        "Cycle.create", "Project.update", "Issue.update", "Issue.remove",
    ]  # fmt: skip


def test_mutations_tell_who_acted(world, listener):
    updated(world, "ENG-1", title="By the key's owner")
    [payload] = heard(world, listener)
    assert payload["actor"]["type"] == "user"
    assert payload["actor"]["url"].endswith("/profiles/sandbox-user")


def test_a_move_is_told_to_both_teams_and_others_hear_nothing(world, listener):
    other = world.acts.add_hook(listener.url, SECRET, team="OPS")
    world.acts.edit("ENG-2", title="Not for the other team")
    world.acts.transfer("ENG-1", "OPS")
    ids = [one["webhookId"] for one in heard(world, listener)]
    assert ids.count(other.id) == 1
    assert len(ids) == 3


def test_a_private_team_is_silent_to_hooks_for_all_teams(world, listener):
    public = world.acts.add_hook(listener.url, SECRET, all_public=True)
    world.acts.edit("ENG-1", title="Public")
    world.acts.hide_team("ENG")
    world.acts.edit("ENG-1", title="Private")
    ids = [one["webhookId"] for one in heard(world, listener)]
    assert ids.count(public.id) == 1


def test_anything_but_200_is_tried_again_under_the_same_delivery(world, listener):
    listener.statuses = [202, 500, 200]
    world.faults.set(retry_seconds=0.05)
    world.acts.edit("ENG-1", title="New")
    deadline = time.monotonic() + 5
    while len(listener.got) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len({headers["linear-delivery"] for headers, _ in listener.got}) == 1
    assert len({body for _, body in listener.got}) == 1
    assert len(listener.got) == 3
    query = "{ webhooks { nodes { failures { httpStatus executionId } } } }"
    failures = found(world, query)["webhooks"]["nodes"][0]["failures"]
    assert [one["httpStatus"] for one in failures] == [500, 202]


def test_a_hook_that_keeps_failing_is_switched_off(world, listener):
    listener.statuses = [500]
    world.faults.set(disable_after=2)
    for number in range(4):
        world.acts.edit("ENG-1", title=f"Title {number}")
        assert world.outbox.idle(5)
    assert len(listener.got) == 2
    assert not world.state.webhooks[0].enabled


def test_drops_doubles_and_forgeries_happen_on_request(world, listener):
    world.faults.set(drop_next=1)
    world.acts.edit("ENG-1", title="Dropped")
    world.faults.set(double_next=1)
    world.acts.edit("ENG-1", title="Doubled")
    world.faults.set(forge_next=1)
    world.acts.edit("ENG-1", title="Real")
    titles = [one["data"]["title"] for one in heard(world, listener)]
    assert sorted(titles) == ["Doubled", "Doubled", "FORGED", "Real"]
    forged = next(one for one in listener.got if b"FORGED" in one[1])
    digest = hmac.new(SECRET.encode(), forged[1], hashlib.sha256).hexdigest()
    assert forged[0]["linear-signature"] != digest
