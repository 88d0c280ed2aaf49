"""Webhooks look, sign and repeat as Atlassian's do."""

import base64
import hashlib
import hmac
import json
import threading

import jwt
import pytest

from sandbox.jira import app
from sandbox.jira.mail import signature
from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE, doc
from tests.trackers.stand_ins import shared

jira = jira_running.jira
jira_api = jira_running.jira_api
jira_app = jira_running.jira_app
data_center = jira_running.data_center
create = jira_running.create
ADMIN = "/rest/webhooks/1.0/webhook"
DYNAMIC = "/rest/api/3/webhook"
SECRET = "s3cret"


@pytest.fixture
def heard(jira, receiver):
    """The receiver, registered for everything."""
    jira.add_hook(receiver.url, SECRET)
    return receiver


def kinds(running, receiver) -> list[str]:
    assert running.outbox.idle(5)
    return [one.payload["webhookEvent"] for one in receiver.got]


def payload(name: str) -> dict:
    return json.loads(shared(f"reference/payloads/jira/{name}.json").read_text())


def test_the_signature_is_the_documented_one():
    vector = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert signature("It's a Secret to Everybody", b"Hello World!") == vector


def test_an_admins_webhook_is_signed_over_its_raw_body(jira, heard):
    jira.acts.open("one")
    assert kinds(jira, heard) == ["jira:issue_created"]
    (letter,) = heard.got
    digest = hmac.new(SECRET.encode(), letter.body, hashlib.sha256).hexdigest()
    assert letter.headers["x-hub-signature"] == f"sha256={digest}"
    assert letter.headers["x-atlassian-webhook-flow"] == "Primary"
    assert "x-atlassian-webhook-retry" not in letter.headers
    assert len(letter.headers["x-atlassian-webhook-identifier"]) == 36


def test_without_a_secret_there_is_no_signature(jira, receiver):
    jira.add_hook(receiver.url)
    jira.acts.open("one")
    kinds(jira, receiver)
    assert "x-hub-signature" not in receiver.got[0].headers


def like(sample, value, path="") -> list[str]:
    """What of a documented sample is missing or of another type."""
    if isinstance(sample, dict) and isinstance(value, dict):
        return [
            fault
            for name, inner in sample.items()
            if name not in ("avatarUrls", "expand")
            for fault in (
                like(inner, value[name], f"{path}/{name}") if name in value else [f"{path}/{name}"]
            )
        ]
    if isinstance(sample, list) and isinstance(value, list):
        return like(sample[0], value[0], f"{path}/0") if sample and value else []
    none = sample is None or value is None
    return [] if none or type(sample) is type(value) else [f"{path}: {value!r}"]


def lively(running) -> None:
    acts = running.acts
    acts.open("one", "words", ["a"], kind="Bug")
    acts.open("two")
    acts.transition(1, "In Progress")
    acts.comment(1, "hi", by="ben.okafor")
    comment = running.state.issue("PROJ-1").comments[0]
    acts.edit_comment(comment.id, "ho")
    acts.delete_comment(comment.id)
    link = acts.link(1, 2)
    acts.unlink(link.id)
    acts.log_work(1, 3600, "traced")
    acts.start_sprint("Harbour Sprint 8")
    acts.add_project("OPS", "Operations")
    acts.move(1, "OPS")
    acts.delete("OPS-1")


SAMPLES = {
    "jira:issue_created": "issue_created",
    "comment_created": "comment_created",
    "comment_updated": "comment_updated",
    "comment_deleted": "comment_deleted",
    "issuelink_created": "issuelink_created",
    "issuelink_deleted": "issuelink_deleted",
    "worklog_created": "worklog_created",
    "sprint_started": "sprint_started",
    "jira:issue_deleted": "issue_deleted",
}


@pytest.mark.parametrize("event", SAMPLES)
def test_every_event_has_the_documented_shape(jira, heard, event):
    lively(jira)
    kinds(jira, heard)
    body = next(one.payload for one in heard.got if one.payload["webhookEvent"] == event)
    sample = payload(SAMPLES[event])
    assert like(sample, body) == []
    assert set(body) == set(sample)
    assert "emailAddress" not in json.dumps(body)


def test_a_change_of_status_and_a_move_are_told_by_their_items(jira, heard):
    lively(jira)
    kinds(jira, heard)
    updates = {
        one.payload["issue_event_type_name"]: one.payload
        for one in heard.got
        if one.payload["webhookEvent"] == "jira:issue_updated"
    }
    status = updates["issue_generic"]
    sample = payload("issue_updated_status_assignee")
    assert like({**sample, "changelog": None}, status) == []
    (item,) = status["changelog"]["items"]
    wanted = {"field": "status", "fieldtype": "jira", "fieldId": "status", "from": "10000"}
    assert item == wanted | {"fromString": "To Do", "to": "3", "toString": "In Progress"}
    moved = updates["issue_moved"]
    assert moved["issue"]["key"] == "OPS-1"
    items = {one["field"]: one for one in moved["changelog"]["items"]}
    assert (items["Key"]["fromString"], items["Key"]["toString"]) == ("PROJ-1", "OPS-1")
    assert items["project"]["toString"] == "Operations"


def test_text_in_webhooks_is_wiki_markup(jira, jira_api, heard):
    marks = [{"type": "strong"}]
    rich = doc("x")
    rich["content"][0]["content"][0]["marks"] = marks
    create_body = {"project": {"key": "PROJ"}, "issuetype": {"name": "Bug"}, "summary": "s"}
    jira_api.post(ISSUE, json={"fields": create_body | {"description": rich}})
    jira_api.post(f"{ISSUE}/PROJ-1/comment", json={"body": rich})
    kinds(jira, heard)
    assert heard.got[0].payload["issue"]["fields"]["description"] == "*x*"
    assert heard.got[1].payload["comment"]["body"] == "*x*"
    assert "/rest/api/2/" in heard.got[0].payload["issue"]["self"]


def test_a_delete_is_followed_by_its_fallout_in_the_second_flow(jira, heard):
    jira.acts.open("one")
    jira.acts.open("two")
    jira.acts.comment(1, "hi")
    jira.acts.link(1, 2)
    kinds(jira, heard)
    heard.got.clear()
    jira.acts.delete(1)
    assert kinds(jira, heard) == ["jira:issue_deleted", "comment_deleted", "issuelink_deleted"]
    flows = [one.headers["x-atlassian-webhook-flow"] for one in heard.got]
    assert flows == ["Primary", "Secondary", "Secondary"]
    assert "changelog" not in heard.got[0].payload


@pytest.mark.parametrize(("status", "tries"), [(503, 6), (429, 6), (408, 6), (401, 1), (400, 1)])
def test_refused_deliveries_are_repeated_under_the_same_identifier(jira, receiver, status, tries):
    jira.faults.set(redeliver_after=0)
    receiver.status = status
    jira.add_hook(receiver.url, SECRET)
    jira.acts.open("one")
    done = threading.Event()
    for _ in range(100):
        if len(receiver.got) >= tries or done.wait(0.05):
            break
    done.wait(0.1)
    assert len(receiver.got) == tries
    assert len({one.headers["x-atlassian-webhook-identifier"] for one in receiver.got}) == 1
    retries = [one.headers.get("x-atlassian-webhook-retry") for one in receiver.got]
    assert retries == [None, *(str(number) for number in range(1, tries))]


def test_faults_on_the_way_strike_jiras_letters_too(jira, heard):
    jira.faults.set(drop_next=1, forge_next=1, double_next=1)
    jira.acts.open("lost")
    jira.acts.open("forged and doubled")
    kinds(jira, heard)
    assert jira.outbox.as_json() == {"queued": 0, "sent": 1, "dropped": 1, "failed": 0} | {
        "doubled": 1,
        "forged": 1,
    }
    digests = {
        one.headers["x-hub-signature"]: hmac.new(SECRET.encode(), one.body, hashlib.sha256)
        for one in heard.got
    }
    proven = [told == f"sha256={known.hexdigest()}" for told, known in digests.items()]
    assert sorted(proven) == [False, True]


def test_admin_webhooks_are_registered_filtered_and_never_tell_their_secret(
    jira, jira_api, receiver
):
    section = {"issue-related-events-section": "project = PROJ AND labels = mine"}
    body = {
        "name": "sync",
        "url": f"{receiver.url}/{{issue.key}}",
        "events": ["jira:issue_created", "comment_created"],
        "filters": section,
        "excludeBody": False,
        "secret": SECRET,
    }
    made = jira_api.post(ADMIN, json=body)
    assert made.status_code == 201
    assert made.json()["isSigned"] is True
    assert SECRET not in made.text
    assert SECRET not in jira_api.get(ADMIN).text
    jira.acts.open("not mine")
    jira.acts.open("mine", "", ["mine"])
    jira.acts.close("PROJ-2")
    assert kinds(jira, receiver) == ["jira:issue_created"]
    assert receiver.got[0].payload["issue"]["key"] == "PROJ-2"
    assert jira.outbox.attempts[0].url.endswith("/hook/PROJ-2")
    link = made.json()["self"]
    assert jira_api.put(link, json={"enabled": False}).json()["enabled"] is False
    jira.acts.open("mine", "", ["mine"])
    assert len(kinds(jira, receiver)) == 1
    assert jira_api.delete(link).status_code == 204
    assert jira_api.get(link).status_code == 404
    assert jira_api.post(ADMIN, json={**body, "events": ["nonsense"]}).status_code == 400


def test_strangers_and_members_register_no_admin_webhook(jira):
    ben = jira.state.user("ben.okafor")
    jira.accounts.add_token(ben, "bens")
    with jira_running.open_client(jira, auth=(ben.email, "bens")) as api:
        assert api.get(ADMIN).status_code == 403
    with jira_running.open_client(jira, auth=None) as api:
        assert api.get(ADMIN).status_code == 401


def test_a_dynamic_webhook_comes_with_a_token_and_without_a_signature(jira, jira_app, receiver):
    wanted = {"events": ["jira:issue_created"], "jqlFilter": "project = PROJ"}
    body = {"url": f"{receiver.url}?route=lost", "webhooks": [wanted, wanted]}
    results = jira_app.post(DYNAMIC, json=body).json()["webhookRegistrationResult"]
    ids = [one["createdWebhookId"] for one in results]
    jira.acts.open("one")
    assert kinds(jira, receiver) == ["jira:issue_created"]
    (letter,) = receiver.got
    assert letter.payload["matchedWebhookIds"] == ids
    assert "x-hub-signature" not in letter.headers
    token = letter.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, app.CLIENT_SECRET, algorithms=["HS256"])
    assert claims["iss"] == app.CLIENT_ID
    assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "HS256"}
    assert "route" not in jira.outbox.attempts[0].url
    assert base64.urlsafe_b64decode(token.split(".")[1] + "==")


def test_a_registration_may_fail_inside_of_a_200(jira_app):
    sample = payload("rest_webhook_register_errors_in_200")["_request"]["body"]
    sample["webhooks"][1]["jqlFilter"] = "project = PROJ"
    answer = jira_app.post(DYNAMIC, json=sample)
    assert answer.status_code == 200
    first, second = answer.json()["webhookRegistrationResult"]
    assert "is not" in first["errors"][0]
    assert set(second) == {"createdWebhookId"}
    other = {**sample, "url": "https://elsewhere.example"}
    assert jira_app.post(DYNAMIC, json=other).status_code == 400
    unfit = {"events": ["issuelink_created"], "jqlFilter": "labels = x"}
    body = {"url": sample["url"], "webhooks": [unfit]}
    (result,) = jira_app.post(DYNAMIC, json=body).json()["webhookRegistrationResult"]
    assert len(result["errors"]) == 2
    many = [{"events": ["comment_created"], "jqlFilter": "project = PROJ"}] * 6
    results = jira_app.post(DYNAMIC, json={"url": sample["url"], "webhooks": many}).json()
    made = [one for one in results["webhookRegistrationResult"] if "createdWebhookId" in one]
    assert len(made) == 4


def test_dynamic_webhooks_are_listed_refreshed_and_deleted(jira, jira_app):
    hook = {
        "events": ["jira:issue_updated"],
        "jqlFilter": "project = PROJ",
        "fieldIdsFilter": ["summary"],
    }
    body = {"url": "https://hooks.example/jira", "webhooks": [hook]}
    (made,) = jira_app.post(DYNAMIC, json=body).json()["webhookRegistrationResult"]
    page = jira_app.get(DYNAMIC).json()
    assert (page["total"], page["isLast"]) == (1, True)
    assert page["values"][0]["id"] == made["createdWebhookId"]
    ids = {"webhookIds": [made["createdWebhookId"], 99999]}
    fresh = jira_app.put(f"{DYNAMIC}/refresh", json=ids).json()["expirationDate"]
    assert fresh >= page["values"][0]["expirationDate"]
    assert jira_app.get(f"{DYNAMIC}/failed").status_code == 403
    jira.site.hooks.dynamic[made["createdWebhookId"]].expires = 0
    assert jira_app.get(DYNAMIC).json()["values"] == []
    (made,) = jira_app.post(DYNAMIC, json=body).json()["webhookRegistrationResult"]
    gone = {"webhookIds": [made["createdWebhookId"]]}
    assert jira_app.request("DELETE", DYNAMIC, json=gone).status_code == 202
    assert jira_app.get(DYNAMIC).json()["total"] == 0


def test_only_fields_that_were_asked_for_are_told(jira, jira_app, receiver):
    hook = {"events": ["jira:issue_updated"], "jqlFilter": "project = PROJ"}
    body = {"url": receiver.url, "webhooks": [{**hook, "fieldIdsFilter": ["summary"]}]}
    jira_app.post(DYNAMIC, json=body)
    jira.acts.open("one")
    jira.acts.label(1, "x")
    jira.acts.edit(1, title="two")
    assert kinds(jira, receiver) == ["jira:issue_updated"]


def test_a_persons_token_may_not_register_a_dynamic_webhook(jira_api):
    assert jira_api.get(DYNAMIC).status_code == 403


def test_data_center_tells_a_comment_twice_and_once_without_the_issue(data_center, receiver):
    data_center.add_hook(receiver.url, SECRET)
    data_center.acts.comment(1, "DC comment", by="ben.okafor")
    assert kinds(data_center, receiver) == ["comment_created", "jira:issue_updated"]
    first, second = (one.payload for one in receiver.got)
    sample = payload("datacenter_comment_created_without_issue")
    assert like(sample, first) == []
    assert set(first) == set(sample)
    assert second["issue_event_type_name"] == "issue_commented"
    assert "changelog" not in second
    assert second["comment"]["id"] == first["comment"]["id"]
    headers = receiver.got[0].headers
    assert headers["x-hub-signature"].startswith("sha256=")
    assert "x-atlassian-webhook-identifier" not in headers
    assert first["comment"]["author"]["name"] == "ben.okafor"
    assert "accountId" not in json.dumps(first)
