"""Hooks: registration, ping, signed deliveries, the deliveries API, redelivery."""

import hashlib
import hmac
from urllib.parse import parse_qs

import orjson
import pytest

REPO = "/repos/octo/shop"
SECRET = "It's a Secret to Everybody"


def register(api, receiver, **more):
    config = {"url": receiver.url, "content_type": "json", "secret": SECRET}
    body = {"name": "web", "events": ["issues", "issue_comment", "label"], "config": config}
    return api.post(f"{REPO}/hooks", json={**body, **more})


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_registering_answers_the_hook_and_pings_it(github, api, receiver):
    made = register(api, receiver)
    assert made.status_code == 201
    assert made.json()["config"]["secret"] == "********"
    assert github.outbox.idle(5)
    ping = receiver.got[0]
    assert ping.event == "ping"
    assert "action" not in ping.payload
    assert ping.payload["hook_id"] == made.json()["id"]
    assert api.get(f"{REPO}/hooks").json()[0]["last_response"]["code"] == 202
    assert api.post(f"{REPO}/hooks/{made.json()['id']}/pings").status_code == 204
    assert github.outbox.idle(5)
    assert len(receiver.got) == 2


def test_a_delivery_carries_the_documented_headers_and_a_true_signature(github, api, receiver):
    hook = register(api, receiver).json()
    api.post(f"{REPO}/issues", json={"title": "Café ☕"})
    assert github.outbox.idle(5)
    letter = receiver.got[-1]
    assert letter.headers["x-github-event"] == "issues"
    assert letter.headers["x-github-hook-id"] == str(hook["id"])
    assert letter.headers["x-github-hook-installation-target-type"] == "repository"
    assert letter.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert letter.headers["content-type"] == "application/json"
    assert letter.headers["x-hub-signature-256"] == signed(letter.body)
    assert letter.headers["x-hub-signature"].startswith("sha1=")
    assert letter.payload["issue"]["title"] == "Café ☕"
    assert letter.payload["sender"]["login"] == "sandbox-user"
    assert letter.payload["repository"]["full_name"] == "octo/shop"


def test_the_official_vector_signs_as_documented():
    assert signed(b"Hello, World!").endswith("46f4379c8b043e17")


def test_a_form_hook_signs_the_form_and_a_hook_without_secret_signs_nothing(github, api, receiver):
    config = {"url": receiver.url, "secret": SECRET}
    made = api.post(f"{REPO}/hooks", json={"config": config, "events": ["issues"]})
    assert made.json()["config"]["content_type"] == "form"
    github.acts.open("x")
    assert github.outbox.idle(5)
    letter = receiver.got[-1]
    assert letter.headers["content-type"] == "application/x-www-form-urlencoded"
    assert letter.headers["x-hub-signature-256"] == signed(letter.body)
    payload = orjson.loads(parse_qs(letter.body.decode())["payload"][0])
    assert payload["action"] == "opened"
    api.patch(f"{REPO}/hooks/{made.json()['id']}", json={"config": {"url": receiver.url}})
    github.acts.open("y")
    assert github.outbox.idle(5)
    assert "x-hub-signature-256" not in receiver.got[-1].headers


def test_only_subscribed_events_come_and_only_while_active(github, api, receiver):
    hook = register(api, receiver, events=["label"]).json()["id"]
    github.acts.open("x", labels=["fresh"])
    assert github.outbox.idle(5)
    assert receiver.got[-1].kind == "label.created"
    api.patch(f"{REPO}/hooks/{hook}", json={"add_events": ["issues"], "active": False})
    github.acts.close(1)
    assert github.outbox.idle(5)
    assert receiver.got[-1].kind == "label.created"
    assert api.delete(f"{REPO}/hooks/{hook}").status_code == 204
    assert api.get(f"{REPO}/hooks").json() == []


def test_the_same_hook_twice_is_refused(api, receiver):
    register(api, receiver)
    again = register(api, receiver)
    assert again.status_code == 422
    assert again.json()["errors"][0]["message"] == "Hook already exists on this repository"
    assert api.post(f"{REPO}/hooks", json={"config": {}}).status_code == 422


STORIES = {
    "open": (
        lambda a: a.open("x", labels=["new"], assignees=["mara-lind"], milestone="Soon"),
        [
            "label.created",
            *("issues.opened", "issues.labeled", "issues.assigned", "issues.milestoned"),
        ],
    ),
    "edit": (lambda a: a.edit(1, "t", "b"), ["issues.edited"]),
    "close": (lambda a: a.close(1), ["issues.closed"]),
    "comment": (lambda a: a.comment(1, "hi"), ["issue_comment.created"]),
    "rename label": (lambda a: a.rename_label("bug", "defect"), ["label.edited"]),
    "delete label": (lambda a: a.delete_label("bug"), ["label.deleted"]),
    "swap labels": (
        lambda a: a.set_labels(1, ["ui"]),
        ["issues.unlabeled", "issues.labeled"],
    ),
    "milestone": (
        lambda a: a.edit_milestone("Soon", title="Late", state="closed"),
        ["milestone.edited", "milestone.closed"],
    ),
    "sub-issue": (
        lambda a: a.add_sub_issue(1, 2),
        ["sub_issues.sub_issue_added", "sub_issues.parent_issue_added"],
    ),
    "lock": (lambda a: a.lock(1), ["issues.locked"]),
    "delete": (lambda a: a.delete(1), ["issues.deleted"]),
    "transfer": (lambda a: a.transfer(1, "archive"), ["issues.transferred"]),
    "rename repo": (lambda a: a.rename_repo("store"), ["repository.renamed"]),
    "pull request": (lambda a: a.comment(3, "lgtm"), ["issue_comment.created"]),
    "nothing new": (lambda a: a.edit(1, title="one"), []),
}


@pytest.mark.parametrize("name", STORIES)
def test_what_an_act_tells(github, hooked, name):
    acts = github.acts
    acts.create_milestone("Soon")
    acts.create_label("ui")
    acts.open("one", labels=["bug"])
    acts.open("two")
    acts.open("pull", pull=True)
    assert github.outbox.idle(5)
    hooked.got.clear()
    act, expected = STORIES[name]
    act(acts)
    assert github.outbox.idle(5)
    assert hooked.kinds() == expected


def test_changes_hold_the_old_values(github, hooked):
    github.acts.open("old", "before")
    github.acts.edit(1, title="new", body="after")
    github.acts.create_label("bug")
    github.acts.edit_label("bug", "defect", "000000")
    assert github.outbox.idle(5)
    by_kind = {one.kind: one.payload for one in hooked.got}
    assert by_kind["issues.edited"]["changes"] == {
        "title": {"from": "old"},
        "body": {"from": "before"},
    }
    assert by_kind["label.edited"]["changes"] == {
        "name": {"from": "bug"},
        "color": {"from": "ededed"},
    }


def test_each_side_of_a_transfer_is_told(github, hooked):
    github.acts.open("one")
    github.acts.open("elsewhere")
    github.acts.transfer(2, "archive")
    github.acts.on("archive").add_hook(hooked.url, secret="other")
    hooked.got.clear()
    new = github.acts.transfer(1, "archive")
    assert github.outbox.idle(5)
    told = {one.kind: one.payload for one in hooked.got}
    assert told["issues.transferred"]["changes"]["new_issue"]["id"] == new.id
    assert told["issues.opened"]["changes"]["old_issue"]["number"] == 1


def test_deliveries_list_pages_by_cursor_and_filters_by_status(github, api, receiver):
    hook = register(api, receiver).json()["id"]
    for number in range(5):
        github.acts.open(f"issue {number}")
    assert github.outbox.idle(5)
    receiver.status = 500
    github.acts.open("fails")
    assert github.outbox.idle(5)
    url = f"{REPO}/hooks/{hook}/deliveries"
    first = api.get(f"{url}?per_page=4")
    assert "page=" not in first.links["next"]["url"].split("?")[1].replace("per_page=", "")
    rest = api.get(first.links["next"]["url"])
    ids = [one["id"] for one in [*first.json(), *rest.json()]]
    assert len(ids) == 7
    assert ids == sorted(ids, reverse=True)
    assert "next" not in rest.links
    failed = api.get(f"{url}?status=failure").json()
    assert [(one["status_code"], one["event"], one["action"]) for one in failed] == [
        (500, "issues", "opened")
    ]
    assert len(api.get(f"{url}?status=success").json()) == 6


def test_a_redelivery_keeps_guid_and_payload_and_gets_a_new_id(github, api, receiver):
    hook = register(api, receiver).json()["id"]
    assert github.outbox.idle(5)
    receiver.status = 500
    github.acts.open("old title")
    github.acts.edit(1, title="new title")
    assert github.outbox.idle(5)
    receiver.status = 202
    url = f"{REPO}/hooks/{hook}/deliveries"
    failed = api.get(f"{url}?status=failure").json()[-1]
    full = api.get(f"{url}/{failed['id']}").json()
    assert full["request"]["payload"]["issue"]["title"] == "old title"
    assert full["request"]["headers"]["X-GitHub-Delivery"] == failed["guid"]
    assert api.post(f"{url}/{failed['id']}/attempts").status_code == 202
    assert github.outbox.idle(5)
    letter = receiver.got[-1]
    assert letter.headers["x-github-delivery"] == failed["guid"]
    assert letter.payload["issue"]["title"] == "old title"
    assert letter.headers["x-hub-signature-256"] == signed(letter.body)
    newest = api.get(url).json()[0]
    assert (newest["guid"], newest["redelivery"]) == (failed["guid"], True)
    assert newest["id"] > failed["id"]


def test_a_receiver_that_is_away_is_a_failed_delivery(github, api):
    made = api.post(
        f"{REPO}/hooks", json={"config": {"url": "http://127.0.0.1:9/x"}, "events": ["issues"]}
    )
    assert github.outbox.idle(5)
    delivery = api.get(f"{REPO}/hooks/{made.json()['id']}/deliveries").json()[0]
    assert delivery["status_code"] == 502
    assert github.outbox.as_json()["failed"] == 1
