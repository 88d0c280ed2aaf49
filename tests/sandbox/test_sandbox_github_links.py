"""Dependencies, types, fields, pull requests and sign-in of the stand-in GitHub."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.github import app
from sandbox.github.accounts import OAuthApp

ISSUES = "/repos/octo/shop/issues"


@pytest.fixture
def three(github):
    return [github.acts.open(title) for title in ("One", "Two", "Three")]


def test_a_dependency_is_listed_counted_and_told_at_both_ends(api, three, hooked, github):
    one, two, _ = three
    path = f"{ISSUES}/{one.number}/dependencies/blocked_by"
    assert api.post(path, json={"issue_id": two.id}).status_code == 201
    assert api.post(path, json={"issue_id": two.id}).status_code == 422
    assert [issue["number"] for issue in api.get(path).json()] == [two.number]
    blocking = api.get(f"{ISSUES}/{two.number}/dependencies/blocking").json()
    assert [issue["number"] for issue in blocking] == [one.number]
    summary = api.get(f"{ISSUES}/{one.number}").json()["issue_dependencies_summary"]
    assert (summary["blocked_by"], summary["total_blocked_by"]) == (1, 1)
    assert github.outbox.idle(5)
    assert hooked.kinds()[-2:] == [
        "issue_dependencies.blocked_by_added",
        "issue_dependencies.blocking_added",
    ]
    assert api.delete(f"{path}/{two.id}").status_code == 200
    assert api.delete(f"{path}/{two.id}").status_code == 404
    assert api.get(path).json() == []


def test_a_closed_blocker_counts_in_the_total_only(api, three, github):
    one, two, _ = three
    github.acts.add_blocker(one.number, two.number)
    github.acts.close(two.number)
    summary = api.get(f"{ISSUES}/{one.number}").json()["issue_dependencies_summary"]
    assert (summary["blocked_by"], summary["total_blocked_by"]) == (0, 1)


def test_a_deleted_issue_blocks_nothing(api, three, github):
    one, two, _ = three
    github.acts.add_blocker(one.number, two.number)
    github.acts.delete(two.number)
    assert api.get(f"{ISSUES}/{one.number}/dependencies/blocked_by").json() == []


def test_types_come_from_the_organisation(api, three, hooked, github):
    number = three[0].number
    assert {one["name"] for one in api.get("/orgs/octo/issue-types").json()} >= {"Task", "Bug"}
    assert api.get("/orgs/nobody/issue-types").status_code == 404
    assert api.patch(f"{ISSUES}/{number}", json={"type": "bug"}).json()["type"]["name"] == "Bug"
    assert api.patch(f"{ISSUES}/{number}", json={"type": "Dream"}).status_code == 422
    assert api.patch(f"{ISSUES}/{number}", json={"type": None}).json()["type"] is None
    assert github.outbox.idle(5)
    assert hooked.kinds()[-2:] == ["issues.typed", "issues.untyped"]
    told = [one["event"] for one in api.get(f"{ISSUES}/{number}/timeline").json()]
    assert told == ["issue_type_added", "issue_type_removed"]


def test_field_values_are_added_and_removed_one_by_one(api, three, hooked, github):
    number = three[0].number
    path = f"{ISSUES}/{number}/issue-field-values"
    wanted = [{"field_id": 520, "value": "High"}, {"field_id": 523, "value": "Harbour"}]
    assert len(api.post(path, json={"issue_field_values": wanted}).json()) == 2
    assert api.delete(f"{path}/523").status_code == 204
    assert api.delete(f"{path}/523").status_code == 404
    [kept] = api.get(f"{ISSUES}/{number}").json()["issue_field_values"]
    assert (kept["value"], kept["single_select_option"]["name"]) == ("High", "High")
    strange = {"issue_field_values": [{"field_id": 520, "value": "Perhaps"}]}
    assert api.post(path, json=strange).status_code == 422
    assert github.outbox.idle(5)
    assert hooked.kinds()[-3:] == [*["issues.field_added"] * 2, "issues.field_removed"]


def test_a_pull_request_refers_to_issues_and_closes_them_when_merged(api, three, hooked, github):
    number = three[0].number
    pull = github.acts.open_pull("A mend", f"Fixes #{number}, see #{three[1].number}", "mend")
    [told] = api.get(f"{ISSUES}/{number}/timeline").json()
    assert (told["event"], told["source"]["issue"]["number"]) == ("cross-referenced", pull.number)
    assert api.get(f"{ISSUES}/{number}/timeline?exclude=cross-referenced").json() == []
    assert api.get(f"{ISSUES}/{number}/events").json() == []
    github.acts.edit_pull(pull.number, f"Fixes #{number}")
    github.acts.merge_pull(pull.number)
    assert api.get(f"{ISSUES}/{number}").json()["state"] == "closed"
    assert api.get(f"{ISSUES}/{three[1].number}").json()["state"] == "open"
    assert github.outbox.idle(5)
    told = [one for one in hooked.got if one.event == "pull_request"]
    assert [one.kind.partition(".")[2] for one in told] == ["opened", "edited", "closed"]
    assert told[0].payload["pull_request"]["head"]["ref"] == "mend"


def test_pins_archives_and_visibility_are_told(three, hooked, github, api):
    acts, number = github.acts, three[0].number
    acts.pin(number)
    acts.unpin(number)
    acts.archive_repo()
    assert api.patch(f"{ISSUES}/{number}", json={"title": "x"}).status_code == 403
    assert api.post(ISSUES, json={"title": "x"}).status_code == 403
    acts.unarchive_repo()
    acts.privatize_repo()
    acts.publicize_repo()
    assert github.outbox.idle(5)
    assert hooked.kinds() == [
        "issues.pinned", "issues.unpinned", "repository.archived", "repository.unarchived",
        "repository.privatized", "repository.publicized",
    ]  # fmt: skip


def signed_in(api, verifier="a" * 50, **over):
    """The answer to an exchange of a code that was just given."""
    oauth = OAuthApp()
    digest = hashlib.sha256(b"a" * 50).digest()
    asked = {
        "client_id": oauth.client_id,
        "redirect_uri": "http://127.0.0.1:9/back",
        "state": "st",
        "scope": "repo",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    sent = api.get("/login/oauth/authorize", params=asked)
    back = {key: one[0] for key, one in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    assert (sent.status_code, back["state"]) == (302, "st")
    form = {
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret,
        "code": back["code"],
        "code_verifier": verifier,
    } | over
    headers = {"accept": "application/json"}
    return api.post("/login/oauth/access_token", data=form, headers=headers).json(), form


def test_consent_leads_to_a_token_that_works_once(api, client_for, github):
    told, form = signed_in(api)
    assert (told["token_type"], told["scope"]) == ("bearer", "repo")
    assert client_for(github, told["access_token"]).get("/user").json()["login"] == "sandbox-user"
    again = api.post("/login/oauth/access_token", data=form)
    assert b"bad_verification_code" in again.content


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"code": "wrong"}, "bad_verification_code"),
        ({"code_verifier": "b" * 50}, "bad_verification_code"),
        ({"redirect_uri": "http://elsewhere.invalid"}, "bad_verification_code"),
    ],
)
def test_an_exchange_that_does_not_fit_is_refused(api, over, error):
    assert signed_in(api, **over)[0]["error"] == error


def test_the_hook_of_the_stage_is_signed_with_what_was_given(github, receiver):
    github.add_hook(receiver.url, "a secret")
    assert github.project_url == github.repo_url
    assert github.outbox.idle(5)
    assert "x-hub-signature-256" in receiver.got[0].headers
    assert app.announce(github)["environment"]["GITHUB_CLIENT_ID"] == OAuthApp().client_id
