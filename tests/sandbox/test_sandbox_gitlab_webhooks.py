"""How the stand-in GitLab tells of what happens: headers, proofs, faults, switching hooks off."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from sandbox.gitlab import app
from tests.sandbox.gitlab_running import client_of, talking

KEY = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOWHERE = "http://127.0.0.1:9/hook"


@pytest.fixture
def yard():
    with app.start(tickets=2) as running:
        yield running


def heard(running, receiver):
    assert running.outbox.idle(5)
    return [(dict(one.headers), orjson.loads(one.body)) for one in receiver.got]


def test_a_plain_hook_sends_its_token_and_a_signing_one_a_signature(yard, receiver):
    yard.add_hook(receiver.url, "a token")
    yard.add_hook(receiver.url, KEY)
    yard.acts.open("New")
    plain, signed = heard(yard, receiver)
    assert plain[0]["x-gitlab-token"] == "a token"
    assert "webhook-signature" not in plain[0]
    assert plain[0]["webhook-id"] == plain[0]["idempotency-key"]
    assert "x-gitlab-token" not in signed[0]
    stamp, name = signed[0]["webhook-timestamp"], signed[0]["webhook-id"]
    content = f"{name}.{stamp}.".encode() + receiver.got[1].body
    digest = hmac.new(bytes(range(32)), content, hashlib.sha256).digest()
    assert signed[0]["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert plain[0]["idempotency-key"] != signed[0]["idempotency-key"]


def test_old_versions_send_fewer_headers(receiver):
    with app.start(tickets=1, version=(17, 0)) as old:
        old.add_hook(receiver.url, "a token")
        old.acts.open("New")
        [(headers, _)] = heard(old, receiver)
        assert not {"webhook-id", "idempotency-key"} & set(headers)
        assert headers["x-gitlab-event"] == "Issue Hook"


def test_each_act_tells_its_event(yard, receiver):
    yard.add_hook(receiver.url, "t")
    number = yard.acts.open("New", labels=["bug"], assignees=["ewa.nowak"]).iid
    yard.acts.edit(number, title="Newer")
    yard.acts.close(number)
    yard.acts.reopen(number)
    note = yard.acts.comment(number, "Hello")
    yard.acts.edit_comment(note.id, "Hello again")
    yard.acts.award(number)
    yard.acts.create_milestone("v9")
    told = [
        (body["object_kind"], body.get("action") or body["object_attributes"]["action"])
        for _, body in heard(yard, receiver)
    ]
    assert told == [
        ("issue", "open"),
        ("issue", "update"),
        ("issue", "close"),
        ("issue", "reopen"),
        ("note", "create"),
        ("note", "update"),
        ("emoji", "award"),
        ("milestone", "create"),
    ]
    opened, _, closed = (body for _, body in heard(yard, receiver)[:3])
    assert [one["username"] for one in opened["assignees"]] == ["ewa.nowak"]
    assert closed["changes"]["state_id"] == {"previous": 1, "current": 2}
    noted = heard(yard, receiver)[4][1]
    assert noted["object_attributes"]["created_at"].endswith(" UTC")
    assert opened["object_attributes"]["created_at"].endswith("Z")


def test_much_is_told_to_nobody(yard, receiver):
    yard.add_hook(receiver.url, "t")
    one, other = yard.acts.open("One").iid, yard.acts.open("Two").iid
    note = yard.acts.comment(one, "Hello")
    before = len(heard(yard, receiver))
    yard.acts.delete_comment(note.id)
    yard.acts.link(one, other)
    yard.acts.rename_label("bug", "defect")
    yard.acts.edit_milestone("Launch", "Landing")
    yard.acts.rename_project("ships")
    yard.acts.merge_request(one, "A mend")
    yard.acts.delete(other)
    assert len(heard(yard, receiver)) == before


def test_confidential_things_need_flags_of_their_own(yard, receiver):
    yard.acts.add_hook(receiver.url, "t", {"issues_events": True, "note_events": True})
    number = yard.acts.open("Secret", confidential=True).iid
    yard.acts.comment(number, "Hello")
    assert heard(yard, receiver) == []
    yard.add_hook(receiver.url, "t")
    yard.acts.comment(number, "Again")
    [(headers, body)] = heard(yard, receiver)
    assert headers["x-gitlab-event"] == "Confidential Note Hook"
    assert body["event_type"] == "confidential_note"


def test_tasks_are_work_items_under_the_same_header(yard, receiver):
    yard.add_hook(receiver.url, "t")
    yard.acts.open("A task", kind="task")
    [(headers, body)] = heard(yard, receiver)
    assert (headers["x-gitlab-event"], body["object_kind"]) == ("Issue Hook", "work_item")
    assert body["object_attributes"]["type"] == "Task"


def test_upload_links_are_rewritten_in_what_a_hook_tells(yard, receiver):
    yard.add_hook(receiver.url, "t")
    text = f"![a](/uploads/{'0' * 32}/a.png)"
    issue = yard.acts.open("With a picture", text)
    [(_, body)] = heard(yard, receiver)
    assert issue.description == text
    assert body["object_attributes"]["description"].startswith(f"![a]({yard.project_url}/uploads/")


def test_quick_actions_are_carried_out_and_not_kept(yard):
    issue = yard.acts.open("Closes itself", "Text\n/close\n/label ~bug")
    assert (issue.state, issue.description) == ("closed", "Text")
    assert [one.name for one in issue.labels] == ["bug"]
    assert yard.acts.comment(issue.iid, "/reopen") is None
    assert issue.state == "opened"


@pytest.mark.parametrize("secret", ["a token", KEY], ids=["token", "signed"])
def test_a_forgery_is_wrongly_proven(yard, receiver, secret):
    yard.add_hook(receiver.url, secret)
    yard.faults.set(forge_next=1)
    yard.acts.open("Real")
    forged, real = heard(yard, receiver)
    assert forged[1]["object_attributes"]["title"] == "FORGED"
    assert forged[0].get("x-gitlab-token") != "a token"
    assert forged[0].get("webhook-signature") != real[0].get("webhook-signature", "")


def test_lost_and_doubled_deliveries(yard, receiver):
    yard.add_hook(receiver.url, "t")
    yard.faults.set(drop_next=1)
    yard.acts.open("Lost")
    yard.faults.set(double_next=1)
    yard.acts.open("Doubled")
    keys = [headers["idempotency-key"] for headers, _ in heard(yard, receiver)]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_four_failures_switch_a_hook_off_for_a_while_and_forty_for_good(receiver):
    now = [datetime(2026, 11, 20, 12, tzinfo=UTC)]
    with talking(tickets=1, now=lambda: now[0]) as (yard, api):
        hook = yard.add_hook(receiver.url, "t")

        def told(count: int) -> dict:
            for _ in range(count):
                yard.acts.edit(1, title=f"At {now[0]} {len(receiver.got)}")
                assert yard.outbox.idle(5)
            return api.get(f"/hooks/{hook.id}").json()

        receiver.status = 500
        assert told(3)["alert_status"] == "executable"
        off = told(1)
        assert off["alert_status"] == "temporarily_disabled"
        assert off["disabled_until"] == "2026-11-20T12:01:00.000Z"
        told(2)
        assert len(receiver.got) == 4
        now[0] += timedelta(minutes=2)
        told(1)
        assert len(receiver.got) == 5
        now[0] += timedelta(minutes=5)
        receiver.status = 200
        assert told(1)["alert_status"] == "executable"
        hook.failures = 40
        assert told(1)["alert_status"] == "disabled"
        count = len(receiver.got)
        assert api.post(f"/hooks/{hook.id}/test/issues_events").status_code == 201
        assert yard.outbox.idle(5)
        assert told(1)["alert_status"] == "executable"
        assert len(receiver.got) == count + 2


def test_failed_calls_are_listed_and_sent_again_under_their_key(yard, receiver):
    hook = yard.add_hook(receiver.url, "a token")
    receiver.status = 500
    yard.acts.open("New")
    assert yard.outbox.idle(5)
    with client_of(yard) as api:
        [event] = api.get(f"/hooks/{hook.id}/events").json()
        assert event["response_status"] == "500"
        assert event["request_headers"]["X-Gitlab-Token"] == "[REDACTED]"
        assert event["request_data"]["object_attributes"]["title"] == "New"
        receiver.status = 200
        answer = api.post(f"/hooks/{hook.id}/events/{event['id']}/resend")
        assert (answer.status_code, answer.json()) == (201, {"response_status": 200})
        keys = {headers["idempotency-key"] for headers, _ in heard(yard, receiver)}
        assert keys == {event["request_headers"]["Idempotency-Key"]}
        more = [api.post(f"/hooks/{hook.id}/events/{event['id']}/resend") for _ in range(5)]
        assert [one.status_code for one in more] == [201] * 4 + [429]
        assert "too many times" in more[-1].json()["message"]["error"]


def test_the_people_keep_a_project_lively(yard, receiver):
    yard.add_hook(receiver.url, "t")
    yard.people.work(120)
    assert len(yard.people.done) >= 14
    assert len(heard(yard, receiver)) > 60
