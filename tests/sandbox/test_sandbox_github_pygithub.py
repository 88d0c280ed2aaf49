"""Somebody else's client gets along with the stand-in: PyGithub lists, reads and writes."""

import github as pygithub
import pytest

from sandbox.github import app


@pytest.fixture(params=["", "/api/v3"])
def repo(request):
    with app.start(tickets=70, comments=20, pulls=3) as running:
        client = pygithub.Github(
            base_url=running.url + request.param,
            auth=pygithub.Auth.Token(app.TOKEN),
            per_page=30,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        yield client.get_repo("octo/shop")
        client.close()


def test_it_lists_all_pages(repo):
    issues = list(repo.get_issues(state="all"))
    assert len(issues) == 73
    assert sum(issue.pull_request is not None for issue in issues) == 3
    assert repo.get_issues(state="all").totalCount == 73


def test_it_creates_edits_comments_labels_and_closes(repo):
    stone = repo.create_milestone("From PyGithub")
    issue = repo.create_issue("Hallo ☕", "body", assignee="mara-lind", milestone=stone)
    issue.edit(title="Changed", body="new", state="open")
    comment = issue.create_comment("a comment")
    comment.edit("an edited comment")
    repo.create_label("py", "00ff00", "made by PyGithub")
    issue.add_to_labels("py", "bug")
    issue.remove_from_labels("bug")
    issue.edit(state="closed", state_reason="not_planned")
    seen = repo.get_issue(issue.number)
    assert (seen.title, seen.body, seen.state) == ("Changed", "new", "closed")
    assert [label.name for label in seen.labels] == ["py"]
    assert [one.body for one in seen.get_comments()] == ["an edited comment"]
    assert seen.milestone.title == "From PyGithub"
    assert [one.login for one in seen.assignees] == ["mara-lind"]
    comment.delete()
    assert repo.get_issue(issue.number).comments == 0


def test_it_sees_events_timeline_and_hooks(repo):
    issue = repo.create_issue("history")
    issue.edit(state="closed")
    assert [event.event for event in issue.get_events()] == ["closed"]
    assert [event.event for event in issue.get_timeline()] == ["closed"]
    config = {"url": "http://127.0.0.1:9/hook", "content_type": "json"}
    hook = repo.create_hook("web", config, ["issues"])
    assert [one.id for one in repo.get_hooks()] == [hook.id]
    hook.delete()


def test_its_errors_are_what_it_expects_of_github(repo):
    with pytest.raises(pygithub.UnknownObjectException):
        repo.get_issue(9999)
    with pytest.raises(pygithub.GithubException) as caught:
        repo.create_issue("x" * 300)
    assert caught.value.status == 422
