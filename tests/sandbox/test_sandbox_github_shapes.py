"""Answers and webhook bodies validate against GitHub's own OpenAPI descriptions."""

import functools
import gzip
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
REPO = "/repos/octo/shop"
PATH = "/repos/{owner}/{repo}"

pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(), reason=f"GitHub's API descriptions are not beside the project ({SPECS})"
)


@functools.cache
def spec(name: str) -> dict:
    return nullable_mapped(orjson.loads(gzip.decompress((SPECS / name).read_bytes())))


def nullable_mapped(node):
    """OpenAPI 3.0 says `nullable: true`; JSON Schema wants null among the types."""
    if isinstance(node, list):
        return [nullable_mapped(one) for one in node]
    if not isinstance(node, dict):
        return node
    mapped = {key: nullable_mapped(value) for key, value in node.items()}
    if mapped.pop("nullable", False) is True:
        return {"anyOf": [{"type": "null"}, mapped]}
    return mapped


def check(value, schema: dict, name: str) -> None:
    root = {**schema, "components": spec(name)["components"]}
    errors = list(Draft202012Validator(root).iter_errors(value))
    assert not errors, [(list(e.absolute_path), e.message[:300]) for e in errors[:3]]


def rest_schema(method: str, path: str, status: int) -> dict:
    answers = spec("github-rest.openapi.json.gz")["paths"][path][method.lower()]["responses"]
    return answers[str(status)]["content"]["application/json"]["schema"]


def check_rest(client, method, path, template, status=200, **more):
    answer = client.request(method, path, **more)
    assert answer.status_code == status, answer.text
    value = answer.json()
    check(value, rest_schema(method, template, status), "github-rest.openapi.json.gz")
    return value


READS = {
    "repo": (REPO, PATH),
    "issues": (f"{REPO}/issues?state=all&per_page=100", f"{PATH}/issues"),
    "issue": (f"{REPO}/issues/3", f"{PATH}/issues/{{issue_number}}"),
    "comments": (f"{REPO}/issues/comments", f"{PATH}/issues/comments"),
    "labels": (f"{REPO}/labels", f"{PATH}/labels"),
    "milestones": (f"{REPO}/milestones", f"{PATH}/milestones"),
    "assignees": (f"{REPO}/assignees", f"{PATH}/assignees"),
    "collaborators": (f"{REPO}/collaborators", f"{PATH}/collaborators"),
    "events": (f"{REPO}/issues/events", f"{PATH}/issues/events"),
    "user": ("/user", "/user"),
    "person": ("/users/mara-lind", "/users/{username}"),
    "repos": ("/user/repos", "/user/repos"),
    "rate": ("/rate_limit", "/rate_limit"),
    "search": ("/search/issues?q=steps", "/search/issues"),
}


@pytest.mark.parametrize("name", READS)
def test_reads_have_the_documented_shape(seeded_api, name):
    path, template = READS[name]
    assert check_rest(seeded_api, "GET", path, template)


def test_writes_answer_in_the_documented_shape(api):
    one = f"{PATH}/issues/{{issue_number}}"
    check_rest(api, "POST", f"{REPO}/labels", f"{PATH}/labels", 201, json={"name": "a"})
    wish = {"title": "Soon", "due_on": "2027-01-01T00:00:00Z"}
    check_rest(api, "POST", f"{REPO}/milestones", f"{PATH}/milestones", 201, json=wish)
    issue = {"title": "one", "labels": ["a"], "assignees": ["mara-lind"], "milestone": 1}
    check_rest(api, "POST", f"{REPO}/issues", f"{PATH}/issues", 201, json=issue)
    check_rest(api, "PATCH", f"{REPO}/issues/1", one, json={"state": "closed"})
    child = check_rest(api, "POST", f"{REPO}/issues", f"{PATH}/issues", 201, json={"title": "c"})
    said = {"body": "hi"}
    check_rest(api, "POST", f"{REPO}/issues/1/comments", f"{one}/comments", 201, json=said)
    link = {"sub_issue_id": child["id"]}
    check_rest(api, "POST", f"{REPO}/issues/1/sub_issues", f"{one}/sub_issues", 201, json=link)
    check_rest(api, "GET", f"{REPO}/issues/2/parent", f"{one}/parent")
    check_rest(api, "GET", f"{REPO}/issues/1/events", f"{one}/events")
    check_rest(api, "GET", f"{REPO}/issues/1/timeline", f"{one}/timeline")
    check_rest(api, "GET", f"{REPO}/issues/1/labels", f"{one}/labels")


def test_refusals_have_the_documented_shape(api):
    components = spec("github-rest.openapi.json.gz")["components"]["responses"]

    def shape(name):
        return components[name]["content"]["application/json"]["schema"]

    invalid = api.post(f"{REPO}/issues", json={}).json()
    check(invalid, shape("validation_failed"), "github-rest.openapi.json.gz")
    missing = api.get(f"{REPO}/issues/9").json()
    check(missing, shape("not_found"), "github-rest.openapi.json.gz")


def test_hooks_and_deliveries_have_the_documented_shape(github, api, receiver):
    wish = {"config": {"url": receiver.url, "content_type": "json", "secret": "x"}}
    body = {**wish, "events": ["issues"]}
    hook = check_rest(api, "POST", f"{REPO}/hooks", f"{PATH}/hooks", 201, json=body)["id"]
    github.acts.open("x")
    assert github.outbox.idle(5)
    check_rest(api, "GET", f"{REPO}/hooks", f"{PATH}/hooks")
    one, base = f"{REPO}/hooks/{hook}", f"{PATH}/hooks/{{hook_id}}"
    check_rest(api, "GET", f"{one}/config", f"{base}/config")
    listed = check_rest(api, "GET", f"{one}/deliveries", f"{base}/deliveries")
    template = f"{base}/deliveries/{{delivery_id}}"
    check_rest(api, "GET", f"{one}/deliveries/{listed[0]['id']}", template)


def everything_happens(acts) -> None:
    acts.create_milestone("Soon", "text", "2027-01-01T00:00:00Z")
    acts.open("one", "body", ["bug"], ["mara-lind"], "Soon")
    acts.open("two")
    acts.edit(1, title="uno", body=None)
    acts.unlabel(1, "bug")
    acts.unassign(1, "mara-lind")
    acts.milestone(1, None)
    acts.close(1, "not_planned")
    acts.reopen(1)
    acts.lock(1, "resolved")
    acts.unlock(1)
    comment = acts.comment(1, "hi")
    acts.edit_comment(comment.id, "hello")
    acts.delete_comment(comment.id)
    acts.add_sub_issue(1, 2)
    acts.remove_sub_issue(1, 2)
    acts.edit_label("bug", "defect", "000000", "worse")
    acts.delete_label("defect")
    acts.edit_milestone("Soon", "Later", None, None, "closed")
    acts.edit_milestone("Later", state="open")
    acts.delete_milestone("Later")
    acts.transfer(1, "archive")
    acts.delete(2)
    acts.rename_repo("store")
    acts.remove_hook(next(iter(acts.repo.hooks)))


def test_every_webhook_has_the_documented_shape(github, receiver):
    github.acts.add_hook(receiver.url, "x", ["*"])
    everything_happens(github.acts)
    assert github.outbox.idle(20)
    described = spec("github-webhooks.openapi.json.gz")["x-webhooks"]
    seen = set()
    for letter in receiver.got:
        action = letter.payload.get("action")
        name = "-".join(part for part in (letter.event, action) if part).replace("_", "-")
        body = described[name]["post"]["requestBody"]["content"]["application/json"]["schema"]
        check(letter.payload, body, "github-webhooks.openapi.json.gz")
        seen.add(name)
    assert len(seen) >= 30
