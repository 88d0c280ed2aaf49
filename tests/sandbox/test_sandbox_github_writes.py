"""Writing by REST, and what does and does not move `updated_at`."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github import app

REPO = "/repos/octo/shop"


@pytest.fixture
def clock():
    return [datetime(2026, 11, 20, 9, 0, tzinfo=UTC)]


@pytest.fixture
def slow(clock):
    """A sandbox whose clock only moves when told to."""
    with app.start(now=lambda: clock[0]) as running:
        yield running


def test_create_read_update_close_reopen(api):
    api.post(f"{REPO}/milestones", json={"title": "Soon", "due_on": "2027-01-01T08:00:00Z"})
    wish = {"title": "Ünï", "body": "a\r\nb", "labels": ["bug"], "assignees": ["mara-lind"]}
    made = api.post(f"{REPO}/issues", json={**wish, "milestone": 1})
    assert made.status_code == 201
    assert made.headers["location"] == made.json()["url"]
    assert made.json()["body"] == "a\r\nb"
    assert made.json()["milestone"]["open_issues"] == 1
    assert made.json()["user"]["login"] == "sandbox-user"
    closed = api.patch(
        f"{REPO}/issues/1", json={"state": "closed", "state_reason": "not_planned"}
    ).json()
    assert (closed["state"], closed["state_reason"]) == ("closed", "not_planned")
    assert closed["closed_by"]["login"] == "sandbox-user"
    assert closed["milestone"]["closed_issues"] == 1
    again = api.patch(f"{REPO}/issues/1", json={"state": "open", "milestone": None}).json()
    assert (again["state_reason"], again["closed_at"]) == ("reopened", None)
    assert again["milestone"] is None


def test_an_empty_body_reads_back_as_null(api):
    assert api.post(f"{REPO}/issues", json={"title": "x", "body": ""}).json()["body"] is None


def test_patch_replaces_labels_and_assignees(api):
    api.post(f"{REPO}/issues", json={"title": "x", "labels": ["a", "b"]})
    wish = {"labels": ["b", "c"], "assignees": ["noor-haddad"]}
    issue = api.patch(f"{REPO}/issues/1", json=wish).json()
    assert sorted(label["name"] for label in issue["labels"]) == ["b", "c"]
    assert [one["login"] for one in issue["assignees"]] == ["noor-haddad"]
    assert api.patch(f"{REPO}/issues/1", json={"labels": []}).json()["labels"] == []


def test_label_endpoints_of_an_issue(api):
    api.post(f"{REPO}/issues", json={"title": "x"})
    added = api.post(f"{REPO}/issues/1/labels", json={"labels": ["new one", "a/b"]}).json()
    assert [(one["name"], one["color"]) for one in added] == [
        ("new one", "ededed"),
        ("a/b", "ededed"),
    ]
    assert [one["name"] for one in api.delete(f"{REPO}/issues/1/labels/a%2Fb").json()] == [
        "new one"
    ]
    missing = api.delete(f"{REPO}/issues/1/labels/a%2Fb")
    assert (missing.status_code, missing.json()["message"]) == (404, "Label does not exist")
    assert [one["name"] for one in api.put(f"{REPO}/issues/1/labels", json=["z"]).json()] == ["z"]
    assert api.delete(f"{REPO}/issues/1/labels").status_code == 204
    assert api.get(f"{REPO}/issues/1/labels").json() == []


def test_unassignable_logins_are_ignored(api):
    api.post(f"{REPO}/issues", json={"title": "x"})
    added = api.post(f"{REPO}/issues/1/assignees", json={"assignees": ["mara-lind", "nobody"]})
    assert added.status_code == 201
    assert [one["login"] for one in added.json()["assignees"]] == ["mara-lind"]
    gone = api.request("DELETE", f"{REPO}/issues/1/assignees", json={"assignees": ["mara-lind"]})
    assert gone.json()["assignee"] is None


def test_comments_are_created_edited_deleted(api):
    api.post(f"{REPO}/issues", json={"title": "x"})
    made = api.post(f"{REPO}/issues/1/comments", json={"body": "one"})
    assert made.status_code == 201
    url = made.json()["url"]
    assert api.patch(url, json={"body": "two"}).json()["body"] == "two"
    assert api.get(f"{REPO}/issues/1").json()["comments"] == 1
    assert api.delete(url).status_code == 204
    assert api.get(f"{REPO}/issues/1").json()["comments"] == 0
    assert api.post(f"{REPO}/issues/1/comments", json={"body": ""}).status_code == 422


def test_sub_issues_are_added_by_id_and_counted(api):
    parent, child = (api.post(f"{REPO}/issues", json={"title": t}).json() for t in "pc")
    made = api.post(f"{REPO}/issues/1/sub_issues", json={"sub_issue_id": child["id"]})
    assert made.status_code == 201
    assert made.json()["id"] == parent["id"]
    assert [one["number"] for one in api.get(f"{REPO}/issues/1/sub_issues").json()] == [2]
    assert api.get(f"{REPO}/issues/2/parent").json()["number"] == 1
    api.patch(f"{REPO}/issues/2", json={"state": "closed"})
    assert api.get(f"{REPO}/issues/1").json()["sub_issues_summary"] == {
        "total": 1,
        "completed": 1,
        "percent_completed": 100,
    }
    api.request("DELETE", f"{REPO}/issues/1/sub_issue", json={"sub_issue_id": child["id"]})
    assert api.get(f"{REPO}/issues/2/parent").status_code == 404


def test_milestones_are_listed_by_state(api):
    api.post(f"{REPO}/milestones", json={"title": "a"})
    api.post(f"{REPO}/milestones", json={"title": "b"})
    api.patch(f"{REPO}/milestones/1", json={"state": "closed"})
    assert [one["title"] for one in api.get(f"{REPO}/milestones").json()] == ["b"]
    assert len(api.get(f"{REPO}/milestones?state=all").json()) == 2
    assert api.delete(f"{REPO}/milestones/2").status_code == 204


def test_a_renamed_or_deleted_label_shows_on_every_issue(github, api):
    github.acts.open("one", labels=["bug"])
    before = api.get(f"{REPO}/issues/1").json()
    api.patch(f"{REPO}/labels/bug", json={"new_name": "defect"})
    after = api.get(f"{REPO}/issues/1").json()
    assert after["labels"][0]["name"] == "defect"
    assert after["labels"][0]["id"] == before["labels"][0]["id"]
    assert api.delete(f"{REPO}/labels/defect").status_code == 204
    assert api.get(f"{REPO}/issues/1").json()["labels"] == []


MOVING = {
    "title": lambda acts: acts.edit(1, title="new"),
    "body": lambda acts: acts.edit(1, body="new"),
    "comment": lambda acts: acts.comment(1, "new"),
    "label": lambda acts: acts.label(1, "new"),
    "unlabel": lambda acts: acts.unlabel(1, "bug"),
    "assign": lambda acts: acts.assign(1, "noor-haddad"),
    "milestone": lambda acts: acts.milestone(1, "Soon"),
    "close": lambda acts: acts.close(1),
}
STILL = {
    "sub-issue": lambda acts: acts.add_sub_issue(1, 2),
    "child": lambda acts: acts.add_sub_issue(2, 1),
    "comment edit": lambda acts: acts.edit_comment(acts.issue(1).comments[0].id, "other"),
    "comment delete": lambda acts: acts.delete_comment(acts.issue(1).comments[0].id),
    "label rename": lambda acts: acts.rename_label("bug", "defect"),
    "label delete": lambda acts: acts.delete_label("bug"),
    "milestone rename": lambda acts: acts.edit_milestone("Soon", "Later"),
    "same title": lambda acts: acts.edit(1, title="one"),
}


@pytest.mark.parametrize("name", [*MOVING, *STILL])
def test_what_moves_updated_at(slow, clock, name):
    acts = slow.acts
    acts.create_milestone("Soon")
    issue = acts.open("one", labels=["bug"])
    acts.open("two")
    acts.comment(1, "hello")
    before = issue.updated_at
    clock[0] += timedelta(seconds=5)
    {**MOVING, **STILL}[name](acts)
    assert (issue.updated_at != before) == (name in MOVING)
