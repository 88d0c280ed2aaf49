"""What a token can lose: one issue, the whole repository, or the last few days."""

import pytest

from sandbox.github.desk import NoSuch

REPO = "/repos/octo/shop"
ALL = {"state": "all", "per_page": 100}


def numbers(api, path="issues", **query):
    return {one["number"] for one in api.get(f"{REPO}/{path}", params={**ALL, **query}).json()}


def act(api, name, **args):
    return api.post("/_sandbox/act", json={"act": name, "args": args})


def ticket(running, number):
    return next(one for one in running.neutral()["tickets"] if one["number"] == number)


def test_a_hidden_issue_is_404_and_in_no_list(github, api):
    github.acts.open("seen")
    github.acts.open("secret", labels=["bug"])
    comment = github.acts.comment(2, "hush").id
    github.acts.add_sub_issue(1, 2)
    github.acts.hide("2")
    assert api.get(f"{REPO}/issues/2").status_code == 404
    assert api.get(f"{REPO}/issues/2/comments").status_code == 404
    assert api.get(f"{REPO}/issues/comments/{comment}").status_code == 404
    assert numbers(api) == numbers(api, sort="updated") == {1}
    assert numbers(api, labels="bug") == set()
    assert api.get(f"{REPO}/issues/comments").json() == []
    assert api.get(f"{REPO}/issues/1/sub_issues").json() == []
    assert api.get("/search/issues?q=secret").json()["total_count"] == 0
    events = api.get(f"{REPO}/issues/events").json()
    assert {one["issue"]["number"] for one in events} == {1}


def test_the_truth_about_a_hidden_issue_is_in_the_neutral_state(github):
    github.acts.open("secret")
    github.acts.hide(1)
    assert ticket(github, 1) | {"hidden": True, "deleted": False} == ticket(github, 1)
    github.acts.edit(1, title="still edited")
    github.acts.comment(1, "still talked about")
    assert (ticket(github, 1)["title"], len(ticket(github, 1)["comments"])) == ("still edited", 1)


def test_an_issue_shown_again_has_its_comments_and_its_place(github, api):
    github.acts.open("secret")
    said = github.acts.comment(1, "hush").id
    github.acts.hide(1)
    github.acts.edit_comment(said, "hush, hush")
    github.acts.unhide(1)
    assert numbers(api) == {1}
    assert [one["body"] for one in api.get(f"{REPO}/issues/comments").json()] == ["hush, hush"]
    assert not ticket(github, 1)["hidden"]


def test_a_locked_out_token_sees_no_repository(github, api):
    github.acts.open("one")
    github.acts.lock_out()
    for path in ("", "/issues", "/issues/1", "/hooks", "/labels"):
        assert api.get(REPO + path).status_code == 404
    assert api.get("/user/repos").json() == []
    assert api.get("/user").status_code == 200
    github.acts.edit(1, title="people go on")
    github.acts.let_in()
    assert api.get(f"{REPO}/issues/1").json()["title"] == "people go on"


def test_going_back_brings_the_old_state_and_the_old_revisions(seeded, seeded_api):
    before = seeded_api.get(f"{REPO}/issues", params=ALL).json()
    talk = seeded_api.get(f"{REPO}/issues/comments", params=ALL).json()
    seeded.acts.backup()
    open_one = next(one["number"] for one in before if one["state"] == "open")
    seeded.acts.edit(open_one, title="lost again")
    seeded.acts.comment(open_one, "lost again")
    seeded.acts.delete(next(one["number"] for one in before if one["number"] != open_one))
    seeded.acts.rename_label("bug", "defect")
    new = seeded.acts.open("never there")
    seeded.acts.transfer(open_one, "elsewhere")
    seeded.acts.go_back()
    assert seeded_api.get(f"{REPO}/issues", params=ALL).json() == before
    assert seeded_api.get(f"{REPO}/issues/comments", params=ALL).json() == talk
    assert seeded_api.get(f"{REPO}/issues/{new.number}").status_code == 404
    assert "elsewhere" not in {one.name for one in seeded.state.repos.values()}


def test_numbers_and_ids_are_not_given_out_again(github):
    first = github.acts.open("kept")
    github.acts.backup()
    lost = github.acts.open("lost")
    github.acts.go_back()
    new = github.acts.open("new")
    assert (first.number, lost.number, new.number) == (1, 2, 3)
    assert new.id > lost.id


def test_life_goes_on_after_going_back(github, api):
    github.acts.open("one", labels=["bug"])
    github.acts.comment(1, "said")
    github.acts.backup()
    github.acts.close(1)
    for _ in range(2):
        github.acts.go_back()
        github.acts.edit(1, title="again")
        github.acts.unlabel(1, "bug")
        assert numbers(api, state="open") == {1}
        assert api.get(f"{REPO}/issues/1").json()["title"] == "again"
    by = api.post(f"{REPO}/issues/1/comments", json={"body": "mine"}).json()["user"]["login"]
    assert by == "sandbox-user"


def test_there_must_be_a_backup_to_go_back_to(github, api):
    with pytest.raises(NoSuch, match="no backup"):
        github.acts.go_back()
    assert act(api, "go_back").status_code == 422


def test_each_can_be_asked_for_over_http(github, api):
    github.acts.open("one")
    assert act(api, "backup").status_code == 200
    assert act(api, "hide", key="1").status_code == 200
    assert api.get(f"{REPO}/issues/1").status_code == 404
    assert act(api, "unhide", key="1").status_code == 200
    assert act(api, "lock_out").status_code == 200
    assert api.get(REPO).status_code == 404
    assert act(api, "let_in").status_code == 200
    github.acts.edit(1, title="later")
    assert act(api, "go_back").status_code == 200
    assert api.get(f"{REPO}/issues/1").json()["title"] == "one"
    assert act(api, "hide", key="99").status_code == 422
