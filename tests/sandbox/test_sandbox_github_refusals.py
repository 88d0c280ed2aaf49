"""How GitHub says no: codes and shapes of 400, 401, 403, 404, 410, 415, 422, 301, 307."""

import pytest

from sandbox.github import app

REPO = "/repos/octo/shop"


def test_a_wrong_token_is_401(github, client_for):
    answer = client_for(github, "wrong").get(REPO)
    assert answer.status_code == 401
    assert answer.json()["message"] == "Bad credentials"


@pytest.mark.parametrize("scheme", ["Bearer", "token"])
def test_both_schemes_are_taken(github, client_for, scheme):
    client = client_for(github, None)
    answer = client.get("/user", headers={"authorization": f"{scheme} {app.TOKEN}"})
    assert answer.json()["login"] == "sandbox-user"


def test_the_anonymous_read_a_public_repository_and_write_nothing(github, client_for):
    anonymous = client_for(github, None)
    assert anonymous.get(f"{REPO}/issues").status_code == 200
    answer = anonymous.post(f"{REPO}/issues", json={"title": "x"})
    assert answer.status_code == 401
    assert anonymous.get("/user").status_code == 401
    assert anonymous.get(f"{REPO}/hooks").status_code == 404


def test_a_private_repository_does_not_exist_for_strangers(client_for):
    with app.start(private=True) as running:
        assert client_for(running, None).get(REPO).status_code == 404
        running.accounts.add_token("poor", "drive-by-dan", push=False, admin=False, private=False)
        assert client_for(running, "poor").get(f"{REPO}/issues").status_code == 404
        assert client_for(running).get(REPO).json()["private"] is True


def test_unknown_things_are_404(api):
    for path in (f"{REPO}/issues/7", "/repos/octo/nope", "/nope", f"{REPO}/labels/nope"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert answer.json()["message"] == "Not Found"
        assert answer.json()["status"] == "404"


def test_a_deleted_issue_is_410_with_all_that_hung_on_it(github, api):
    github.acts.open("gone")
    comment = github.acts.comment(1, "gone too")
    github.acts.delete(1)
    assert api.get(f"{REPO}/issues/1").status_code == 410
    assert api.get(f"{REPO}/issues/1/comments").status_code == 410
    assert api.get(f"{REPO}/issues/comments/{comment.id}").status_code == 404
    assert api.get(f"{REPO}/issues?state=all").json() == []


def test_a_transferred_issue_is_301_and_what_hung_on_it_404(github, api):
    github.acts.open("wanders", "far")
    github.acts.comment(1, "good bye")
    new = github.acts.transfer(1, "archive")
    answer = api.get(f"{REPO}/issues/1")
    assert answer.status_code == 301
    assert answer.headers["location"] == answer.json()["url"]
    there = api.get(answer.headers["location"]).json()
    assert there["id"] == new.id
    assert there["repository_url"].endswith("/repos/octo/archive")
    assert api.get(f"{REPO}/issues/1/comments").status_code == 404
    assert [c["body"] for c in api.get("/repos/octo/archive/issues/1/comments").json()] == [
        "good bye"
    ]


def test_an_old_repository_name_redirects(github, api):
    github.acts.open("one")
    github.acts.rename_repo("store")
    answer = api.get(f"{REPO}/issues?state=all")
    assert answer.status_code == 301
    followed = api.get(f"{REPO}/issues/1", follow_redirects=True)
    assert followed.json()["html_url"].endswith("/octo/store/issues/1")
    assert api.post(f"{REPO}/issues", json={"title": "x"}).status_code == 307


def test_bad_json_is_400(api):
    answer = api.post(f"{REPO}/issues", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["message"]) == (400, "Problems parsing JSON")
    assert api.post(f"{REPO}/issues", json=["x"]).status_code == 400


def test_a_body_that_is_not_json_by_its_type_is_415(api):
    answer = api.post(f"{REPO}/issues", content=b"<x/>", headers={"content-type": "text/xml"})
    assert answer.status_code == 415


def error_of(answer) -> dict:
    assert answer.status_code == 422
    assert answer.json()["message"] == "Validation Failed"
    return answer.json()["errors"][0]


def test_invalid_issues_are_422_and_name_the_field(api):
    def refuse(body):
        return error_of(api.post(f"{REPO}/issues", json=body))

    missing = {"resource": "Issue", "field": "title", "code": "missing_field"}
    assert refuse({"body": "x"}) == missing
    assert refuse({"title": "x" * 257})["field"] == "title"
    long = refuse({"title": "x", "body": "b" * 65_537})
    assert long["message"] == "body is too long (maximum is 65536 characters)"
    assert refuse({"title": "x", "milestone": 9})["field"] == "milestone"
    assert refuse({"title": "x", "assignees": ["nobody"]})["field"] == "assignees"


def test_a_wrong_type_is_422_and_changes_nothing(github, api):
    github.acts.open("one")
    answer = api.patch(f"{REPO}/issues/1", json={"title": "two", "state": 5})
    assert answer.status_code == 422
    assert "is not a string" in answer.json()["message"]
    assert api.get(f"{REPO}/issues/1").json()["title"] == "one"


def test_label_definitions_are_checked(api):
    assert api.post(f"{REPO}/labels", json={"name": "new", "color": "ff0000"}).status_code == 201
    taken = error_of(api.post(f"{REPO}/labels", json={"name": "NEW"}))
    assert taken["code"] == "already_exists"
    assert error_of(api.post(f"{REPO}/labels", json={"name": "y", "color": "#ff0"}))
    long = {"name": "z", "description": "d" * 101}
    assert error_of(api.post(f"{REPO}/labels", json=long))["field"] == "description"


def test_without_push_rights_labels_and_assignees_are_dropped_silently(github, client_for):
    github.accounts.add_token("weak", "drive-by-dan", push=False, admin=False)
    weak = client_for(github, "weak")
    wish = {"title": "mine", "labels": ["bug"], "assignees": ["mara-lind"]}
    created = weak.post(f"{REPO}/issues", json=wish)
    assert created.status_code == 201
    assert created.json()["labels"] == created.json()["assignees"] == []
    changed = weak.patch(f"{REPO}/issues/1", json={"title": "still mine", "labels": ["bug"]})
    assert changed.status_code == 200
    assert (changed.json()["title"], changed.json()["labels"]) == ("still mine", [])
    github.acts.open("another's")
    assert weak.patch(f"{REPO}/issues/2", json={"title": "x"}).status_code == 403
    assert weak.post(f"{REPO}/issues/2/labels", json=["bug"]).status_code == 403
    assert weak.get(f"{REPO}/hooks").status_code == 404


def test_a_locked_issue_takes_no_comment_from_strangers(github, api, client_for):
    github.accounts.add_token("weak", "drive-by-dan", push=False, admin=False)
    github.acts.open("hot")
    assert api.put(f"{REPO}/issues/1/lock", json={"lock_reason": "too heated"}).status_code == 204
    weak = client_for(github, "weak")
    assert weak.post(f"{REPO}/issues/1/comments", json={"body": "x"}).status_code == 403
    issue = api.get(f"{REPO}/issues/1").json()
    assert (issue["locked"], issue["active_lock_reason"]) == (True, "too heated")


def test_a_revoked_token_is_401(github, client_for):
    github.accounts.add_token("short-lived", "noor-haddad")
    client = client_for(github, "short-lived")
    assert client.get("/user").json()["login"] == "noor-haddad"
    github.accounts.revoke("short-lived")
    assert client.get("/user").status_code == 401
